//! Other values of the parameters that a change moves, tried in the pass that compares it.

use super::rules::RuleSide;
use crate::exit::Failure;
use palermo_backtest::{Curves, Judge, Knob, Played, Sweep, Tried, moved, scope, tried};
use palermo_domain::Span;
use palermo_engine::Bundle;
use palermo_lang::Variants;
use palermo_runtime::Config;
use std::collections::BTreeSet;

/// Parameters that have a curve: those that come first in the rules.
const KNOBS_MAX: usize = 6;
/// Points that are played beside the two rule sets.
const POINTS_MAX: usize = 80;

/// The points, and the rules that hold all of them.
pub(super) struct Trial {
    knobs: Vec<Knob>,
    sweep: Sweep,
    typologies: BTreeSet<String>,
    notes: Vec<String>,
    pub(super) bundle: Bundle,
}

impl Trial {
    /// Lays so many values of each parameter that changed, and pairs of the first two; none where no
    /// parameter with a range changed, where none is wanted, or where nothing that is live and can be swept
    /// rests on one.
    pub(super) fn new(
        candidate: &RuleSide,
        baseline: &RuleSide,
        values: usize,
        config: &Config,
    ) -> Result<Option<Self>, Failure> {
        if values == 0 {
            return Ok(None);
        }
        let mut knobs = moved(&baseline.library.program, &candidate.library.program, values);
        let (sweep, not_tried) = laid(&mut knobs);
        if knobs.is_empty() {
            return Ok(None);
        }
        let variants = candidate.variants_deployed(&sweep.points, config)?;
        let Variants { rules, typologies, left_out } = variants;
        if typologies.is_empty() {
            return Ok(None);
        }
        let mut notes = scope("live alerts", &typologies, &left_out);
        notes.splice(1..1, not_tried);
        notes.push("named exceptions are no part of it".to_owned());
        let bundle = Bundle { sha256: candidate.bundle.sha256.clone(), rules };
        Ok(Some(Self { knobs, sweep, typologies, notes, bundle }))
    }

    /// What each point gave, that of the candidate first; lost is what the baseline told.
    pub(super) fn tried(
        &self,
        played: &Played,
        judge: Judge<'_>,
        warm_up: Span,
    ) -> Option<Vec<Tried>> {
        let told = (played.trial.as_ref()?, &played.facts);
        let before = played.rules.get(1).map(|rules| rules.told.as_slice());
        let points = self.sweep.points.len();
        Some(tried(told, points, &self.typologies, judge, warm_up, before))
    }

    /// That for the report.
    pub(super) fn told<'a>(&'a self, tried: &'a [Tried]) -> Curves<'a> {
        Curves { knobs: &self.knobs, sweep: &self.sweep, tried, notes: &self.notes }
    }
}

/// As many points as there may be: without pairs where these are too many, then of fewer parameters.
fn laid(knobs: &mut Vec<Knob>) -> (Sweep, Vec<String>) {
    let mut left_out: Vec<Knob> = knobs.split_off(knobs.len().min(KNOBS_MAX));
    let mut notes = Vec::new();
    let mut sweep = Sweep::new(knobs, true, 0, 0);
    if sweep.points.len() > POINTS_MAX {
        sweep = Sweep::new(knobs, false, 0, 0);
        notes.push(
            "pairs of values are too many and were not tried: `palermo tune --pairs`".to_owned(),
        );
    }
    while sweep.points.len() > POINTS_MAX {
        left_out.splice(0..0, knobs.pop());
        sweep = Sweep::new(knobs, false, 0, 0);
    }
    if !left_out.is_empty() {
        let names: Vec<String> = left_out.iter().map(Knob::name).collect();
        notes.push(format!("changed as well, and not tried: {}", names.join(", ")));
    }
    (sweep, notes)
}
