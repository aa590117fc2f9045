//! Other values of a rule's parameters, tried on history in one pass: how many alerts each gives, and
//! how much of what is known it finds.
//!
//! Every point is deployed beside the others, as copies of the rules that it changes
//! ([`palermo_lang::variants`]), and the engine decides them all: a point is what a backtest of rules
//! with these values would be, whatever the parameter is part of. First each parameter alone, over its
//! declared range; then a sample of all together (Latin hypercube: of each parameter every value as often
//! as the others). What nothing else beats in recall, alerts a day and delay at once is the Pareto set;
//! there is no best point, and how many people there are to look at alerts decides nothing.
//!
//! Cost: one pass over the data for all points; a point costs what its copies do not share.

use crate::input::Facts;
use crate::measure::{Effort, Judge, Measures, measure};
use crate::play::OfRules;
use crate::share::Share;
use crate::told::Told;
use crate::{Change, compare};
use palermo_domain::statistics::median;
use palermo_domain::{Decimal, Span};
use palermo_lang::program::{Condition, Literal, Param, RuleSet};
use palermo_lang::{Point, original};
use std::collections::{BTreeMap, BTreeSet};

/// In how many parts a stratum is drawn from.
const WITHIN: u64 = 1 << 16;
const WITHIN_SIZE: usize = 1 << 16;

/// Points of one sweep.
pub const POINTS_MAX: usize = 500;

/// A parameter that is moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// The rule.
    pub rule: String,
    /// The parameter as it is declared.
    pub param: Param,
    /// Values to be tried in order of size, the current one among them.
    pub values: Vec<Literal>,
    /// The value that another rule set has, where it is one of a change.
    pub was: Option<Literal>,
}

impl Knob {
    /// `MS-08.min_senders`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.rule, self.param.name)
    }

    fn at(&self, value: &Literal) -> ((String, String), Literal) {
        ((self.rule.clone(), self.param.name.clone()), value.clone())
    }
}

/// The parameters of a rule, or of what a typology requires, that have a range and a step; at most so
/// many values of each. With `only` those of these names, as `min_senders` or `MS-08.min_senders`.
pub fn knobs(rules: &RuleSet, rule: &str, only: &[String], most: usize) -> Vec<Knob> {
    let indicators = rules.indicators.iter().map(|indicator| &indicator.condition);
    let suppressors = rules.suppressors.iter().map(|suppressor| &suppressor.condition);
    let typology = rules.typologies.iter().find(|typology| typology.id == rule);
    let required: Vec<&str> = typology
        .into_iter()
        .flat_map(|typology| &typology.required)
        .filter_map(|id| rules.indicators.get(usize::from(id.0)))
        .map(|indicator| indicator.condition.id.as_str())
        .collect();
    let is_meant =
        |condition: &&Condition| condition.id == rule || required.contains(&condition.id.as_str());
    let mut knobs = Vec::new();
    for condition in indicators.chain(suppressors).filter(is_meant) {
        for param in &condition.params {
            let full = format!("{}.{}", condition.id, param.name);
            let asked = only.is_empty() || only.iter().any(|o| *o == param.name || *o == full);
            if let Some(values) = values(param, most).filter(|_| asked) {
                let (rule, param) = (condition.id.clone(), param.clone());
                knobs.push(Knob { rule, param, values, was: None });
            }
        }
    }
    knobs
}

/// The parameters that have a range and a step, and another value before than after; at most so many values
/// of each, and the one that it had.
pub fn moved(before: &RuleSet, after: &RuleSet, most: usize) -> Vec<Knob> {
    fn conditions(rules: &RuleSet) -> impl Iterator<Item = &Condition> {
        let indicators = rules.indicators.iter().map(|rule| &rule.condition);
        indicators.chain(rules.suppressors.iter().map(|rule| &rule.condition))
    }
    let mut knobs = Vec::new();
    for condition in conditions(after) {
        let Some(old) = conditions(before).find(|old| old.id == condition.id) else { continue };
        for param in &condition.params {
            let was = old.params.iter().find(|was| was.name == param.name).map(|was| &was.value);
            let Some(was) = was.filter(|was| **was != param.value) else { continue };
            let (true, Some(mut values)) = (same_kind(was, &param.value), values(param, most))
            else {
                continue;
            };
            if !values.contains(was) {
                values.push(was.clone());
                values.sort_by_key(Literal::number);
            }
            let (rule, param) = (condition.id.clone(), param.clone());
            knobs.push(Knob { rule, param, values, was: Some(was.clone()) });
        }
    }
    knobs
}

/// Values from one end of the range to the other in whole steps from the current one, thinned evenly on
/// both sides of it.
fn values(param: &Param, most: usize) -> Option<Vec<Literal>> {
    let (low, high) = param.range.as_ref()?;
    let (now, step) = (param.value.number()?, param.step.as_ref()?.number()?);
    let (low, high) = (low.number()?, high.number()?);
    if step <= Decimal::ZERO || low > high {
        return None;
    }
    let room = |to: Decimal| -> Option<i64> {
        i64::try_from(to.saturating_sub(now).abs().checked_div(step)?.floor()).ok()
    };
    let (down, up) = (room(low.min(now))?, room(high.max(now))?);
    let others = i64::try_from(most.max(2)).ok()?.saturating_sub(1);
    let all = down.saturating_add(up);
    let (below, above) = if all <= others {
        (down, up)
    } else {
        // On each side as its share of the range, and one at least where there is room.
        let share = others.saturating_mul(down).checked_div(all)?;
        let below = share.max(i64::from(down > 0)).min(others.saturating_sub(i64::from(up > 0)));
        (below, others.saturating_sub(below).min(up))
    };
    // Evenly from the current value to the end of the range.
    let lower = (1..=below)
        .rev()
        .map(|n| down.saturating_mul(n).checked_div(below).map(i64::saturating_neg));
    let upper = (1..=above).map(|n| up.saturating_mul(n).checked_div(above));
    let at = |n: Option<i64>| {
        let steps = Decimal::from(n?);
        param.value.with_number(now.saturating_add(step.saturating_mul(steps)))
    };
    lower.chain([Some(0)]).chain(upper).map(at).collect()
}

/// Whether one value can stand where the other does.
fn same_kind(a: &Literal, b: &Literal) -> bool {
    match (a, b) {
        (Literal::Money(_, of), Literal::Money(_, other)) => of == other,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// The points of a sweep: every value of each parameter alone, then a sample of all together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sweep {
    /// The points; the current values are no point, they are always played.
    pub points: Vec<Point>,
    /// How many of them, after those that move one parameter alone, move two of them.
    pub pairs: usize,
}

impl Sweep {
    /// Lays the points, with every pair of values of the first two parameters where that is wanted. The
    /// same seed gives the same sample.
    pub fn new(knobs: &[Knob], pairs: bool, samples: usize, seed: u64) -> Self {
        let mut points = Vec::new();
        for knob in knobs {
            let others = knob.values.iter().filter(|value| **value != knob.param.value);
            points.extend(others.map(|value| Point::from([knob.at(value)])));
        }
        let alone = points.len();
        if let ([a, b, ..], true) = (knobs, pairs) {
            for value in a.values.iter().filter(|value| **value != a.param.value) {
                let others = b.values.iter().filter(|other| **other != b.param.value);
                points.extend(others.map(|other| Point::from([a.at(value), b.at(other)])));
            }
        }
        let pairs = points.len().saturating_sub(alone);
        points.extend(hypercube(knobs, samples, seed));
        Self { points, pairs }
    }

    /// The number of the point at which parameters have these values and all others their own: 0 where
    /// these are their own as well.
    pub fn number(&self, values: &[(&Knob, &Literal)]) -> Option<usize> {
        let moved = values.iter().filter(|(knob, value)| **value != knob.param.value);
        let point: Point = moved.map(|(knob, value)| knob.at(value)).collect();
        if point.is_empty() {
            return Some(0);
        }
        let at = self.points.iter().position(|other| *other == point)?;
        Some(at.saturating_add(1))
    }
}

/// So many points; of each parameter every value comes as often as the others, give or take one.
fn hypercube(knobs: &[Knob], samples: usize, seed: u64) -> Vec<Point> {
    let mut points = vec![Point::new(); samples];
    let mut draw = Draw(seed);
    for knob in knobs {
        let mut order: Vec<usize> = (0..samples).collect();
        draw.shuffle(&mut order);
        for (place, point) in order.into_iter().zip(&mut points) {
            // Somewhere within its stratum, so that every value can come where there are few points.
            let within = usize::try_from(draw.next().checked_rem(WITHIN).unwrap_or(0)).unwrap_or(0);
            let place = place.saturating_mul(WITHIN_SIZE).saturating_add(within);
            let strata = samples.saturating_mul(WITHIN_SIZE);
            let at = place.saturating_mul(knob.values.len()).checked_div(strata).unwrap_or(0);
            if let Some(value) = knob.values.get(at).filter(|value| **value != knob.param.value) {
                point.extend([knob.at(value)]);
            }
        }
    }
    points
}

/// Numbers from a seed (SplitMix64, Steele 2014): the same on every machine.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Fisher and Yates.
    fn shuffle(&mut self, all: &mut [usize]) {
        for at in (1..all.len()).rev() {
            let bound = (at as u64).saturating_add(1);
            let other = usize::try_from(self.next().checked_rem(bound).unwrap_or(0)).unwrap_or(0);
            all.swap(at, other);
        }
    }
}

/// What one point gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Alerts, and of which typologies.
    pub alerts: u64,
    /// Mean a day, with two decimals.
    pub a_day: String,
    /// Labels found.
    pub recall: Share,
    /// True of those judged.
    pub precision: Share,
    /// Median delay in milliseconds: from decidable where any label says when that was, else from the
    /// start.
    pub delay_ms: Option<i64>,
    /// Alerts of now that are lost, and labels that are found now and are not with it.
    pub lost: (u64, u64),
    /// Alerts that are new.
    pub new: u64,
}

/// What the points of a sweep give: that of the current values first, then those of the points. Counted
/// are alerts of the typologies that the sweep is about, and labels of these or of any. Lost is what `before`
/// told, or what the current values do, and a point does not.
pub fn tried(
    (all, facts): (&OfRules, &Facts),
    points: usize,
    typologies: &BTreeSet<String>,
    judge: Judge<'_>,
    warm_up: Span,
    before: Option<&[Told]>,
) -> Vec<Tried> {
    let told = told_by_point(&all.told, typologies);
    let judge = Judge { only: Some(typologies), ..judge };
    let none = Vec::new();
    let before = before.and_then(|before| told_by_point(before, typologies).remove(&0));
    let now = before.as_ref().or(told.get(&0)).unwrap_or(&none);
    (0..=points)
        .map(|point| {
            let told = told.get(&point).unwrap_or(&none);
            let rules = OfRules { told: told.clone(), ..all.clone_without_told() };
            let measures = measure(&rules, facts, judge, warm_up, Effort::default());
            one(&measures, now, told, judge)
        })
        .collect()
}

/// What each point told of these typologies, under the ids of the rules as they are written. What they
/// look for on linked accounts is played as well, and no point changes it.
pub fn told_by_point(all: &[Told], typologies: &BTreeSet<String>) -> BTreeMap<usize, Vec<Told>> {
    let mut told: BTreeMap<usize, Vec<Told>> = BTreeMap::new();
    for one in all {
        let (typology, point) = original(&one.typology);
        if !typologies.contains(typology) {
            continue;
        }
        let (id, of) = (typology.to_owned(), told.entry(point).or_default());
        let indicators = one.indicators.iter().map(|id| original(id).0.to_owned()).collect();
        of.push(Told { typology: id, indicators, ..one.clone() });
    }
    told
}

fn one(measures: &Measures, now: &[Told], then: &[Told], judge: Judge<'_>) -> Tried {
    let none = BTreeMap::new();
    let compared = compare(now, then, &none, &none);
    let right = judge.lost(now, then).len();
    let all = &measures.all;
    // One basis for all points: what is compared must be the same thing.
    let is_decidable = judge.labels.all().iter().any(|label| label.decidable.is_some());
    let delays = if is_decidable { &all.from_decidable } else { &all.delays };
    Tried {
        alerts: all.alerts,
        a_day: measures.a_day().0,
        recall: all.episodes,
        precision: all.judged,
        delay_ms: median(delays),
        lost: (compared.count(Change::Lost) as u64, right as u64),
        new: compared.count(Change::New) as u64,
    }
}

/// The numbers of those that nothing else beats: none finds more with fewer alerts and sooner. Of equal
/// ones the first.
pub fn pareto(all: &[Tried]) -> Vec<usize> {
    let beats = |a: &Tried, b: &Tried| {
        let delay = |tried: &Tried| tried.delay_ms.unwrap_or(i64::MAX);
        let no_worse =
            a.recall.part >= b.recall.part && a.alerts <= b.alerts && delay(a) <= delay(b);
        let better = a.recall.part > b.recall.part || a.alerts < b.alerts || delay(a) < delay(b);
        (no_worse, better)
    };
    let is_beaten = |at: usize, one: &Tried| {
        all.iter().enumerate().any(|(other, tried)| match beats(tried, one) {
            (true, true) => true,
            (true, false) => other < at,
            _ => false,
        })
    };
    (0..all.len()).filter(|at| all.get(*at).is_some_and(|one| !is_beaten(*at, one))).collect()
}

#[cfg(test)]
mod tests;
