//! Other values of the parameters that a change moves, tried in the pass that compares it.

use super::rules::RuleSide;
use crate::exit::Failure;
use palermo_backtest::{Curves, Judge, Knob, Played, Sweep, Tried, moved, tried};
use palermo_domain::Span;
use palermo_engine::Bundle;
use palermo_lang::Variants;
use palermo_runtime::Config;
use std::collections::BTreeSet;

/// Parameters that have a curve: those that come first in the rules.
const KNOBS_MAX: usize = 6;

/// The points, and the rules that hold all of them.
pub(super) struct Trial {
    knobs: Vec<Knob>,
    sweep: Sweep,
    typologies: BTreeSet<String>,
    pub(super) bundle: Bundle,
}

impl Trial {
    /// Lays so many values of each parameter that changed, and pairs of the first two; none where no
    /// parameter with a range changed, where none is wanted, or where no typology that can be swept rests
    /// on one.
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
        knobs.truncate(KNOBS_MAX);
        if knobs.is_empty() {
            return Ok(None);
        }
        let sweep = Sweep::new(&knobs, true, 0, 0);
        let Variants { rules, typologies, .. } = candidate.variants(&sweep.points, &[], config)?;
        let bundle = Bundle { sha256: candidate.bundle.sha256.clone(), rules };
        let is_any = !typologies.is_empty();
        Ok(is_any.then_some(Self { knobs, sweep, typologies, bundle }))
    }

    /// What each point gave, that of the candidate first.
    pub(super) fn tried(
        &self,
        played: &Played,
        judge: Judge<'_>,
        warm_up: Span,
    ) -> Option<Vec<Tried>> {
        let told = (played.trial.as_ref()?, &played.facts);
        Some(tried(told, self.sweep.points.len(), &self.typologies, judge, warm_up))
    }

    /// That for the report.
    pub(super) fn told<'a>(&'a self, tried: &'a [Tried]) -> Curves<'a> {
        Curves { knobs: &self.knobs, sweep: &self.sweep, tried }
    }
}
