//! Bounded, time-respecting pattern search over the ledger.
//!
//! Two families. [`compatible`] counts patterns per payment as a published program does. The others
//! answer what rules and alerts ask, in the definitions of `docs/patterns.md`: whether, how short, how
//! large, and a few witnesses; never every sequence, whose number is exponential in a burst. They
//! ask a [`View`]: one payment, and what it may see of the ledger's store.
//!
//! Promises: an answer depends on the payments in view and on nothing else, not on the order of
//! arrival, not on the clock; every search has a budget counted in work and says where it was cut
//! ([`Answer::truncated`]).
//!
//! Reading order: `view`, `work`, `labels`, then any search.

mod chain;
pub mod compatible;
mod cycle;
mod labels;
mod simple_cycle;
mod view;
mod work;

pub use chain::{Chain, ChainAsk, ChainSearch};
pub use compatible::{BUDGET, Counts, Histogram, LARGEST, Miner, SMALLEST, Settings, Truncated};
pub use cycle::{CycleAsk, CycleSearch, Cycles, Hops};
pub use simple_cycle::{SimpleCycleAsk, SimpleCycleSearch};
pub use view::{ByArrival, Edge, HUB, Keeps, Moment, Order, Side, Step, View};
pub use work::Answer;
