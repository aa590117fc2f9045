//! Evaluates a rule set over the ledger: hits, findings, roles, scores, episodes.
//!
//! Principal type: [`Detector`]. It is told of every payment that entered or left the ledger and
//! appends the alert revisions that follow. Promises: the revisions are a function of the payments
//! and their order; the last revision of an alert does not depend on that order within the
//! lateness; nothing is published twice; no possible victim is a subject.
//!
//! Reading order: `value` (three-valued logic), `bind` (program to nodes), `lists`, `lexicon`, `eval`
//! and `fields` (one payment), `select` (selections), `condition` (one window), `need` (what must be there), `lacking` (what could not be
//! decided), `hits`, `numbers`, `concern` (whom a hit concerns), `linked` (evidence on other accounts), `episode` (what is worth publishing), `groups` (alerts of one network), `detector` (the loop),
//! `alerts` (the words).

mod alerts;
mod bind;
mod concern;
mod condition;
mod detector;
mod episode;
mod eval;
mod fields;
mod findings;
mod groups;
mod hits;
mod lacking;
mod lexicon;
mod linked;
mod lists;
mod near;
mod need;
mod numbers;
mod peers;
mod record;
mod select;
mod steady;
mod value;

pub use alerts::why::{Asked, AskedLink, AskedSuppressor, FarSeen, Held, PartText, WhyNot};
pub use condition::{Look, Part, SearchCounts};
pub use detector::{Applied, Detector, Frozen, Lost, Settings, Stats};
pub use value::Value;
