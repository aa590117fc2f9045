//! `make counts`: instructions of the ledger's store and of every graph search, under valgrind.
//!
//! What: each benchmark fills a store from a stream with a fixed seed and asks [`QUESTIONS`]
//! questions. What happens within [`counted`] is counted: not the filling, and not the payments that
//! are put between two questions, where they are not the question.
//! Promise: the same code, compiler and C library give the same counts, on a busy machine too. So
//! the allocator is that of the system: the command's gives memory back by the clock.
//! Cost: filling is simulated as well; streams are as small as the density allows. All of it takes
//! half a minute on one core.

mod graph;
mod store;
mod stream;

use graph::production;
use gungraun::{Callgrind, EntryPoint, LibraryBenchmarkConfig, main};
use std::hint::black_box;
use store::ledger;

/// Questions of each benchmark; the script of `make counts` reads it here and divides by it.
const QUESTIONS: usize = 500;

/// The part that is counted; says whether something was found. Not inlined: valgrind knows it by its
/// name, and counts from its call to its return.
#[inline(never)]
fn counted(part: &mut dyn FnMut() -> bool) -> bool {
    black_box(part())
}

main!(
    config = LibraryBenchmarkConfig::default().tool(
        Callgrind::with_args(["--cache-sim=no"])
            .entry_point(EntryPoint::Custom("counts::counted".to_owned()))
    ),
    library_benchmark_groups = [ledger, production]
);
