//! What people read of a backtest: lines for a terminal, a page, a document for model risk, and the
//! differences for programs.
//!
//! Promises: the same inputs give the same bytes; the page loads nothing (a policy in it forbids it) and
//! reads without scripts, in the dark and on paper; what a rule's author or a label's file wrote is
//! escaped. What is shown is restricted: anchors, headlines, and what rules saw of them.

mod charts;
mod curves;
mod document;
mod html;
mod lines;
mod page;
mod sweep;
mod words;

use crate::diff::Compared;
use crate::error::BacktestError;
use crate::input::{AsOf, Facts};
use crate::labels::Label;
use crate::measure::{Effort, Judge, Measures};
use crate::play::OfRules;
pub use curves::{Curves, scope};
use palermo_domain::{Currency, Span};
use palermo_lang::Library;
use palermo_lang::change::Change;
use std::collections::BTreeSet;
pub use sweep::SweepReport;

/// A rule set that was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFacts {
    /// As it was asked for: a folder, or `git:REF`.
    pub origin: String,
    /// Name of `ruleset.yaml`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Hash of everything that decides.
    pub bundle: String,
    /// Live typologies, and shadow ones.
    pub typologies: (usize, usize),
    /// Ids of everything that is deployed.
    pub rules: BTreeSet<String>,
}

/// What went in, beside the data.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Version of the engine.
    pub engine: String,
    /// Currency that amounts are counted in.
    pub currency: Currency,
    /// The rule set that is judged.
    pub candidate: RuleFacts,
    /// The one that it is compared with.
    pub baseline: Option<RuleFacts>,
    /// Name and hash of the labels.
    pub labels: Option<(String, String)>,
    /// Muted at the beginning.
    pub warm_up: Span,
    /// When parties are known.
    pub as_of: AsOf,
    /// So long after its end an alert is still about a label.
    pub grace: Span,
    /// Minutes an alert.
    pub effort: Effort,
    /// Every key of the configuration that decides, `key: value`.
    pub settings: Vec<String>,
    /// What changed in the rules.
    pub changes: Vec<Change>,
}

/// A rule set with what was measured of it.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// What it told.
    pub rules: &'a OfRules,
    /// The figures.
    pub measures: &'a Measures,
}

/// Everything that a report tells.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What went in.
    pub inputs: &'a Inputs,
    /// What was read.
    pub facts: &'a Facts,
    /// The rule set that is judged.
    pub candidate: Measured<'a>,
    /// The one that it is compared with.
    pub baseline: Option<Measured<'a>>,
    /// Each alert of one against the other's.
    pub compared: Option<&'a Compared<'a>>,
    /// What other values of the parameters that changed give.
    pub curves: Option<Curves<'a>>,
    /// What is known.
    pub judge: Judge<'a>,
    /// The rules as they are written.
    pub library: &'a Library,
}

impl Report<'_> {
    /// A screen for a terminal.
    pub fn lines(&self) -> Vec<String> {
        lines::screen(self)
    }

    /// `diff.jsonl`: one difference a line; empty without a baseline.
    pub fn differences(&self) -> String {
        lines::differences(self)
    }

    /// `index.html`.
    ///
    /// # Errors
    /// A chart that cannot be drawn.
    pub fn page(&self) -> Result<String, BacktestError> {
        page::page(self)
    }

    /// `modeldoc.md`.
    pub fn document(&self) -> String {
        document::document(self)
    }

    /// The figures for programs.
    pub fn json(&self) -> serde_json::Value {
        lines::json(self)
    }

    /// Labels that say true, that the baseline finds and the candidate does not: whatever became of the
    /// alerts themselves.
    pub fn lost_true(&self) -> Vec<&Label> {
        let before = self.baseline.map(|baseline| baseline.rules.told.as_slice());
        self.judge.lost(before.unwrap_or_default(), &self.candidate.rules.told)
    }
}
