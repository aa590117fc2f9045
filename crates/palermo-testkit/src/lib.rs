//! Generators and naive reference detectors; knows only the domain, so that the oracle is
//! independent.
//!
//! Everything here recomputes from nothing: a list of payments, walked from its beginning for
//! every question. It is written from RULES.md and DESIGN §8 and never from the ledger or the
//! detector, which it exists to contradict. It is slow on purpose; tests keep their worlds small.
//!
//! * [`scene`]: strategies for small, nasty streams (equal times, window edges, duplicates,
//!   conflicts, reversals, missing fields, foreign money) and the arrival orders of one stream.
//! * [`three`]: three-valued logic.
//! * [`world`]: the customers and rates behind the payments, and what they say of one payment.
//! * [`window`] and [`measure`]: the payments of a window and every measure over them.
//! * [`sequence`]: the largest number of non-overlapping occurrences, by trying all of them.
//! * [`graph`]: graph patterns by brute force, as another program counts them.
//! * [`patterns`]: the patterns of `docs/patterns.md` by brute force.
//! * [`fates`]: what becomes of each record, what is in the windows then, and the watermark.

pub mod fates;
pub mod graph;
pub mod measure;
pub mod patterns;
pub mod scene;
pub mod sequence;
pub mod three;
pub mod window;
pub mod world;

pub use palermo_domain::Payment;
/// A payment that owns its texts.
pub type Owned = Payment<'static>;
