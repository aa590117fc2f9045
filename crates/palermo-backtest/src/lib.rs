//! History through the engine that runs live: what rule sets find in recorded payments, how much of
//! what is known it is, what changes between two of them, and a report that says so.
//!
//! Principal functions: [`play`] (one pass over the data, every rule set beside the others),
//! [`measure`] (what was found against what is known), [`compare`] (each alert of one against the
//! other's), [`tried`] (what other values of parameters would give) and [`Report`] (files that people
//! read); [`table`] writes rows as CSV or Parquet. Principal types: [`Reader`] (files as the records
//! that the engine reads), [`Labels`] (what is known) and [`Told`] (an alert as it was published).
//!
//! Promises: the engine is the production engine and its records the encoded bytes, so a backtest finds
//! what the live task finds in the same records; the same inputs give the same bytes, no output holds a
//! clock reading; a row that cannot be read stops with its file and line, and nothing is half written.
//! What it does not do: it decides nothing about payments, reads no configuration and prints nothing.
//!
//! Cost: one thread for each rule set and one that reads. Memory: what the engine keeps (its horizon),
//! the parties, the labels, and the alerts.

mod diff;
mod error;
mod fair;
mod foreign;
mod input;
mod labels;
mod measure;
mod play;
mod profile;
mod reason;
mod reference;
mod report;
pub mod sample;
mod share;
pub mod table;
mod told;
mod tune;

pub use diff::{Change, Compared, Difference, compare};
pub use error::BacktestError;
pub use fair::{By, OfGroup};
pub use foreign::{Bound, Mapping, MappingError, Row, Rows, RowsError};
pub use input::{AsOf, Facts, FileFacts, Reader, of_damage};
pub use labels::{Label, Labels, Level, Verdict};
pub use measure::{Effort, Judge, Judged, Measures, OfTypology, measure};
pub use play::{Lines, OfRules, Plan, Played, Progress, play};
pub use profile::{Alone, Profile, Undecided, alone, undecided};
pub use reference::reference;
pub use report::{Curves, Inputs, Measured, Report, RuleFacts, SweepReport, scope};
pub use share::Share;
pub use told::{Binding, Told};
pub use tune::{Knob, POINTS_MAX, Sweep, Tried, knobs, moved, pareto, told_by_point, tried};
