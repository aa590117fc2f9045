//! Counts per payment in the definitions of another program, so that the two can be compared.
//!
//! Principal type: [`Miner`]. It is told of every payment and answers which patterns that payment
//! completes, by size: fan-in and fan-out, degrees, scatter-gather, temporal cycles, simple cycles,
//! as the Graph Feature Preprocessor does at batch size 1.
//!
//! Promises: the answer for a payment depends on the payments before it and on nothing else; every
//! search spends at most [`Settings::budget`] units of work on a payment (an entry looked at, an
//! account opened) and says where it was cut ([`Counts::truncated`]).
//! Cost: fans and degrees O(1); a search that finds nothing ends, as a rule, at its gates.
//!
//! Reading order: `settings`, `counts`, `miner`, then the searches: `scatter_gather`, `temporal`,
//! `simple`.

mod at;
mod counts;
mod miner;
mod scatter_gather;
mod settings;
mod simple;
mod temporal;

pub use counts::{Counts, Histogram, LARGEST, SMALLEST, Truncated};
pub use miner::Miner;
pub use settings::{BUDGET, Settings};
