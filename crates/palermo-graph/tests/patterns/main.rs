//! Every pattern of `docs/patterns.md` against its brute-force reference, on random multigraphs.
//!
//! What the families can see: a wrong answer of a search (windows, ties, pruning, hubs); a store
//! whose late, reversed or forgotten payments leave something behind; a cut search that claims more
//! than there is, or hides the cut. `PALERMO_GRAPHS=N` tries more graphs.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test: a panic is how it says no; the number of graphs is set from outside"
)]

mod asked;
mod bipartite;
mod chain;
mod component;
mod corridor;
mod cycle;
mod fan;
mod gather_scatter;
mod lots;
mod mirror;
mod paths;
mod scatter_gather;
mod shared;
mod simple_cycle;
mod statistics;
mod store;
mod stream;
mod witnesses;
