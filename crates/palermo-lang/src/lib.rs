//! Rule and test text to a checked, compiled rule set, with diagnostics a rule author can act on.
//!
//! Text becomes a spanned tree (`yaml`), its expressions a spanned syntax (`syntax`), and both a
//! checked [`program::RuleSet`] (`check`), stage by stage; test files become [`TestFile`]s whose
//! events expand to payments. [`compile`] is the way in, [`Diagnostics`] the way out.
//!
//! ```
//! use palermo_domain::Span;
//! use palermo_lang::{Limits, Sources, compile_all};
//! use std::collections::BTreeMap;
//!
//! let text = "kind: Indicator\nid: MS-08\nwindw: 30d\n";
//! let sources = Sources::new(BTreeMap::from([("rules/a.yaml".into(), text.into())]));
//! let limits =
//!     Limits { horizon: Span::from_days(90), evidence_horizon: Span::from_days(400), cost: Limits::COST };
//! let problems = compile_all(&sources, &limits).expect_err("a key is misspelled");
//! let misspelled = problems.iter().find(|problem| problem.code == "E101").expect("it is named");
//! assert_eq!(misspelled.line(), "rules/a.yaml:3:1 E101 unknown key `windw`");
//! assert_eq!(misspelled.help.as_deref(), Some("did you mean `window`?"));
//! ```
//!
//! What this crate does not do: it reads no files, evaluates nothing and knows neither ledger nor
//! engine.

pub mod program;

mod catalogue;
pub mod change;
mod check;
mod compile;
mod coverage;
mod format;
mod library;
mod lock;
mod rates;
mod read;
mod schema;
mod site;
mod source;
mod syntax;
mod test_notes;
mod tests_file;
mod variants;
mod vocabulary;
mod yaml;

mod codes;
mod diagnostic;
mod suggest;

pub use catalogue::{CATALOGUE_FILE, catalogue};
pub use codes::{codes, explain};
pub use compile::{Compiled, Limits, Overrides, Shelf, compile, compile_all, compile_with};
pub use coverage::{Covered, Tested, coverage, decides};
pub use diagnostic::{Diagnostics, RuleError, Severity};
pub use format::format;
pub use library::{Edge, Library, Tree, Written};
pub use lock::{Broken, LOCK_FILE, Lock};
pub use rates::rate_warnings;
pub use schema::schema;
pub use site::site;
pub use source::Sources;
pub use suggest::closest;
pub use tests_file::{
    Conductor, EventTemplate, Expect, ExpectAlert, ExpectHit, ExpectHold, ExpectSuppressed,
    Invariants, Test, TestEvent, TestFile, World, hashed, parse_tests,
};
pub use variants::{Point, Variants, all_live, original, variants};
pub use vocabulary::field_name;

#[cfg(test)]
mod tests;
