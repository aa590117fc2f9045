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
//! Reading order: `view`, `work`, then any search.

mod bipartite;
mod chain;
pub mod compatible;
mod component;
mod corridor;
mod cycle;
mod fan;
mod gather_scatter;
mod lots;
mod mirror;
mod others;
mod pass_through;
mod scatter_gather;
mod shared;
mod simple_cycle;
mod statistics;
mod stream;
mod sum;
mod trace;
mod view;
mod work;

pub use bipartite::{Bipartite, BipartiteAsk, Core};
pub use chain::{Chain, ChainAsk, ChainSearch};
pub use compatible::{BUDGET, Counts, Histogram, LARGEST, Miner, SMALLEST, Settings, Truncated};
pub use component::{Component, ComponentAsk, ComponentSearch};
pub use corridor::{Corridor, CorridorAsk, CorridorSearch};
pub use cycle::{CycleAsk, CycleSearch, Cycles, Hops};
pub use fan::{Fan, FanAsk, FanSearch};
pub use gather_scatter::{GatherScatter, GatherScatterAsk, Split};
pub use mirror::{Mirror, MirrorAsk, Mirrors};
pub use pass_through::{PassThrough, PassThroughAsk, PassedThrough};
pub use scatter_gather::{Between, ScatterGather, ScatterGatherAsk, ScatterGatherFound};
pub use shared::{Shared, SharedAsk, SharedSearch, Uses};
pub use simple_cycle::{SimpleCycleAsk, SimpleCycleSearch};
pub use statistics::{Statistics, StatisticsAsk, StatisticsSearch};
pub use stream::{Came, Incoming, Settled, Stream, TakenBack};
pub use sum::Sum;
pub use trace::{Funded, Trace, TraceAsk, TraceEnd, TracePath, Traced, Unlisted};
pub use view::{ByArrival, Edge, HUB, Keeps, Moment, Order, Side, Step, View};
pub use work::Answer;
