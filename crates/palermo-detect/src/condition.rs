//! Evaluation of one condition (an indicator or suppressor) on one account at one event time.
//!
//! The window is `[t - w, t]`. One walk per direction collects the entries of the condition's
//! selections; measures are computed from them lazily, so `hit` pays only for what it looks at
//! (the compiler puts the cheapest first). Every number is exact: sums in 128-bit integers,
//! everything derived in decimals of six places.
//!
//! Cost: linear in the entries of the window, plus a sort where a measure needs one.

use crate::bind::{BoundCondition, BoundMeasure, BoundSequence, Node};
use crate::eval::{At, Env, Measures, NoMeasures, eval, is_true, local_night};
use crate::select::Sets;
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::{Decimal, EventTime, FixedHashSet, distance};
use palermo_lang::program::Function;
use palermo_ledger::{AccountId, Leg, Row, RowId};

/// An entry of a window that a selection matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) time: EventTime,
    pub(crate) row: RowId,
    pub(crate) leg: Leg,
}

/// The numbers behind a condition at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// Every measure, in order.
    pub(crate) values: Vec<Value>,
    /// Payments that contributed, in event-time order, without repeats.
    pub(crate) evidence: Vec<Match>,
}

/// One evaluation.
pub(crate) struct Run<'a> {
    env: Env<'a>,
    sets: &'a Sets,
    condition: &'a BoundCondition,
    account: AccountId,
    time: EventTime,
    /// Per selection of the condition, newest first; filled by the first measure.
    collected: Option<Vec<Vec<Match>>>,
    values: Vec<Option<Value>>,
}

impl Measures for Run<'_> {
    fn measure(&mut self, index: usize) -> Value {
        if let Some(Some(known)) = self.values.get(index) {
            return *known;
        }
        let condition = self.condition;
        let value = match condition.measures.get(index) {
            Some(measure) => self.compute(measure),
            None => UNKNOWN,
        };
        if let Some(slot) = self.values.get_mut(index) {
            *slot = Some(value);
        }
        value
    }
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        env: Env<'a>,
        sets: &'a Sets,
        condition: &'a BoundCondition,
        account: AccountId,
        time: EventTime,
    ) -> Self {
        let values = vec![None; condition.measures.len()];
        Self { env, sets, condition, account, time, collected: None, values }
    }

    /// Whether the condition is true, seen from the given payment.
    pub(crate) fn holds(&mut self, row: &'a Row, leg: Leg) -> bool {
        let condition = self.condition;
        let at = At { env: self.env, row, leg, step: None };
        is_true(&condition.holds, at, self)
    }

    /// Every measure and the payments behind them.
    pub(crate) fn facts(&mut self) -> Facts {
        let condition = self.condition;
        let values = (0..condition.measures.len()).map(|index| self.measure(index)).collect();
        let mut evidence = Vec::new();
        for measure in &condition.measures {
            match measure {
                BoundMeasure::Aggregate { over, filter, within, .. } => {
                    let chosen = self.chosen(*over, filter.as_ref(), *within);
                    evidence.extend(chosen);
                }
                BoundMeasure::Overlap { a, b, .. } => {
                    evidence.extend(self.matches(*a));
                    evidence.extend(self.matches(*b));
                }
                BoundMeasure::Repeats => {
                    if let Some(sequence) = &condition.sequence {
                        let pairs = self.pairs(sequence);
                        evidence.extend(pairs.into_iter().flatten());
                    }
                }
                BoundMeasure::Derived(_) => {}
            }
        }
        self.sort(&mut evidence);
        evidence.dedup_by_key(|found| found.row);
        Facts { values, evidence }
    }

    /// How many payments of the window each selection of the condition could not be decided for.
    pub(crate) fn undecided(&self) -> Vec<(u16, u64)> {
        let from = self.time.minus(self.condition.window);
        let mut counts: Vec<(u16, u64)> =
            self.condition.selections.iter().map(|&selection| (selection, 0)).collect();
        for leg in Leg::BOTH {
            for entry in self.env.ledger.window(self.account, leg, from, self.time) {
                for (selection, count) in &mut counts {
                    if self.sets.unknown(entry.selections, *selection) {
                        *count = count.saturating_add(1);
                    }
                }
            }
        }
        counts.retain(|(_, count)| *count > 0);
        counts
    }

    fn sort(&self, matches: &mut [Match]) {
        let ledger = self.env.ledger;
        matches.sort_by(|a, b| {
            a.time.cmp(&b.time).then_with(|| ledger.payment_id(a.row).cmp(ledger.payment_id(b.row)))
        });
    }

    fn matches(&mut self, selection: usize) -> Vec<Match> {
        if self.collected.is_none() {
            self.collected = Some(self.collect());
        }
        self.collected.as_ref().and_then(|all| all.get(selection)).cloned().unwrap_or_default()
    }

    fn collect(&self) -> Vec<Vec<Match>> {
        let from = self.time.minus(self.condition.window);
        let mut all = vec![Vec::new(); self.condition.selections.len()];
        for &leg in &self.condition.legs {
            for entry in self.env.ledger.window(self.account, leg, from, self.time) {
                for (selection, found) in self.condition.selections.iter().zip(&mut all) {
                    if self.sets.contains(entry.selections, *selection) {
                        found.push(Match { time: entry.time, row: entry.row, leg });
                    }
                }
            }
        }
        all
    }

    /// The matches of a selection inside `within` for which `filter` is true.
    fn chosen(
        &mut self,
        over: usize,
        filter: Option<&Node>,
        within: Option<palermo_domain::Span>,
    ) -> Vec<Match> {
        let from = within.map_or(EventTime::MIN, |within| self.time.minus(within));
        let mut matches = self.matches(over);
        matches.retain(|found| {
            found.time >= from && filter.is_none_or(|filter| self.value(filter, *found).holds())
        });
        matches
    }

    fn at(&self, found: Match) -> Option<At<'a>> {
        let row = self.env.ledger.row(found.row)?;
        Some(At { env: self.env, row, leg: found.leg, step: None })
    }

    fn value(&self, node: &Node, found: Match) -> Value {
        self.at(found).map_or(UNKNOWN, |at| eval(node, at, &mut NoMeasures))
    }

    fn compute(&mut self, measure: &BoundMeasure) -> Value {
        match measure {
            BoundMeasure::Derived(node) => self.derived(node),
            BoundMeasure::Repeats => {
                let condition = self.condition;
                let pairs = condition.sequence.as_ref().map_or(0, |seq| self.pairs(seq).len());
                Value::Int(i64::try_from(pairs).unwrap_or(i64::MAX))
            }
            BoundMeasure::Overlap { key, a, b } => {
                let [a, b] = [*a, *b].map(|selection| {
                    let matches = self.matches(selection);
                    let keys = matches.into_iter().map(|found| self.value(key, found));
                    keys.filter(|key| key.known()).collect::<FixedHashSet<Value>>()
                });
                count(a.intersection(&b).count())
            }
            BoundMeasure::Aggregate { function, value, arguments, over, filter, within } => {
                let chosen = self.chosen(*over, filter.as_ref(), *within);
                self.aggregate(*function, value.as_ref(), arguments, &chosen)
            }
        }
    }

    /// Arithmetic over measures looks at no payment; the newest of the window lends its day to
    /// the conversion of money parameters.
    fn derived(&mut self, node: &Node) -> Value {
        let newest = (0..self.condition.selections.len())
            .filter_map(|selection| self.matches(selection).first().copied())
            .max_by_key(|found| found.time);
        match newest.and_then(|found| self.at(found)) {
            Some(at) => eval(node, at, self),
            None => UNKNOWN,
        }
    }

    fn aggregate(
        &mut self,
        function: Function,
        value: Option<&Node>,
        arguments: &[Node],
        chosen: &[Match],
    ) -> Value {
        let values = || {
            value.into_iter().flat_map(|node| chosen.iter().map(|found| self.value(node, *found)))
        };
        match function {
            Function::Count => match value {
                None => count(chosen.len()),
                Some(_) => count(values().filter(|value| value.known()).count()),
            },
            Function::Distinct => {
                let distinct: FixedHashSet<Value> =
                    values().filter(|value| value.known()).collect();
                count(distinct.len())
            }
            Function::Min => extreme(values(), false),
            Function::Max => extreme(values(), true),
            Function::Sum => {
                sum(values()).map_or_else(|unknown| unknown, |(total, like, _)| like(total))
            }
            Function::Avg => match sum(values()) {
                Err(unknown) => unknown,
                Ok((_, _, 0)) => UNKNOWN,
                Ok((total, like, n)) => total
                    .checked_div(Decimal::from(n))
                    .map_or(UNKNOWN, |mean| like(six_places(mean))),
            },
            Function::Median => median(values()),
            Function::NearShare => self.near_share(value, arguments, chosen),
            Function::Places => self.places(value, arguments, chosen),
            Function::Nights => {
                let nights: FixedHashSet<_> = chosen
                    .iter()
                    .filter_map(|found| {
                        let at = self.at(*found)?;
                        local_night(at.row, at.leg)
                    })
                    .collect();
                count(nights.len())
            }
        }
    }

    /// The share of the known values in `[share * limit, limit)`.
    fn near_share(&self, value: Option<&Node>, arguments: &[Node], chosen: &[Match]) -> Value {
        let (Some(value), [limit, share]) = (value, arguments) else { return UNKNOWN };
        let (mut near, mut all) = (0_u64, 0_u64);
        for found in chosen {
            let number = |node: &Node| self.value(node, *found).number();
            let (Some(value), Some(limit), Some(share)) =
                (number(value), number(limit), number(share))
            else {
                continue;
            };
            all = all.saturating_add(1);
            let Some(edge) = limit.checked_mul(share) else { continue };
            if value >= edge && value < limit {
                near = near.saturating_add(1);
            }
        }
        Decimal::from(near)
            .checked_div(Decimal::from(all))
            .map_or(UNKNOWN, |share| Value::Decimal(six_places(share)))
    }

    /// Greedy in event-time order: a place counts if it is further than `km` from every place
    /// counted before. Places without coordinates are unknown and skipped.
    fn places(&mut self, value: Option<&Node>, arguments: &[Node], chosen: &[Match]) -> Value {
        let mut ordered = chosen.to_vec();
        self.sort(&mut ordered);
        let mut kept = Vec::new();
        for found in ordered {
            let place = value.map_or_else(
                || {
                    self.at(found).map_or(UNKNOWN, |at| {
                        crate::eval::read(
                            palermo_lang::program::Field::Place,
                            at.env,
                            at.row,
                            at.leg,
                        )
                    })
                },
                |node| self.value(node, found),
            );
            let Value::Place(place) = place else { continue };
            let Some(here) = self.env.ledger.places.coordinates(place) else { continue };
            let limit = arguments.first().and_then(|km| self.value(km, found).number());
            let Some(limit) = limit else { return UNKNOWN };
            let apart = |known: &(_, _)| Decimal::new(distance(*known, here).0, 1) > limit;
            if kept.iter().all(apart) {
                kept.push(here);
            }
        }
        count(kept.len())
    }

    /// Non-overlapping occurrences of the sequence, as many as there can be: taking the earliest
    /// end first is optimal (interval scheduling).
    fn pairs(&mut self, sequence: &BoundSequence) -> Vec<[Match; 2]> {
        let [mut first, mut second] = sequence.steps.map(|step| self.matches(step));
        self.sort(&mut first);
        self.sort(&mut second);
        let ledger = self.env.ledger;
        let order = |a: Match, b: Match| {
            a.time.cmp(&b.time).then_with(|| ledger.payment_id(a.row).cmp(ledger.payment_id(b.row)))
        };
        let mut found: Vec<[Match; 2]> = Vec::new();
        for end in second {
            let earliest = end.time.minus(sequence.within);
            let last = found.last().map(|pair| pair[1]);
            let from = first.partition_point(|start| start.time < earliest);
            let starts = first.get(from..).unwrap_or(&[]).iter().copied();
            let start = starts.take_while(|start| order(*start, end).is_lt()).find(|start| {
                last.is_none_or(|last| order(last, *start).is_lt())
                    && sequence.tie.as_ref().is_none_or(|tie| self.tied(tie, *start, end))
            });
            if let Some(start) = start {
                found.push([start, end]);
            }
        }
        found
    }

    fn tied(&self, tie: &Node, start: Match, end: Match) -> bool {
        let (Some(mut at), Some(row)) = (self.at(end), self.env.ledger.row(start.row)) else {
            return false;
        };
        at.step = Some((row, start.leg));
        eval(tie, at, &mut NoMeasures).holds()
    }
}

fn count(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn extreme(values: impl Iterator<Item = Value>, largest: bool) -> Value {
    let key = |value: &Value| match value {
        Value::Time(time) => Decimal::from(time.0),
        Value::Span(span) => Decimal::from(span.as_millis()),
        other => other.number().unwrap_or_default(),
    };
    let known = values.filter(|value| value.known());
    let found = if largest { known.max_by_key(key) } else { known.min_by_key(key) };
    found.unwrap_or(UNKNOWN)
}

type Like = fn(Decimal) -> Value;

/// The sum, its type and how many; the first unknown value where there is one.
fn sum(values: impl Iterator<Item = Value>) -> Result<(Decimal, Like, u64), Value> {
    let (mut total, mut n, mut like) = (Decimal::ZERO, 0_u64, Value::Money as Like);
    for value in values {
        let Some(number) = value.number() else {
            return Err(if value.known() { UNKNOWN } else { value });
        };
        if !matches!(value, Value::Money(_)) {
            like = Value::Decimal;
        }
        // 96 bits hold the sum of 10^11 of the largest amounts; beyond it the sum is not known.
        total = total.checked_add(number).ok_or(UNKNOWN)?;
        n = n.saturating_add(1);
    }
    Ok((total, like, n))
}

fn median(values: impl Iterator<Item = Value>) -> Value {
    let mut numbers = Vec::new();
    let mut like: Like = Value::Money;
    for value in values {
        match value.number() {
            None => return if value.known() { UNKNOWN } else { value },
            Some(number) => numbers.push(number),
        }
        if !matches!(value, Value::Money(_)) {
            like = Value::Decimal;
        }
    }
    numbers.sort_unstable();
    let middle = numbers.len() / 2;
    let upper = numbers.get(middle).copied();
    let lower = if numbers.len().is_multiple_of(2) {
        numbers.get(middle.wrapping_sub(1)).copied()
    } else {
        upper
    };
    match (lower, upper) {
        (Some(lower), Some(upper)) => lower
            .checked_add(upper)
            .and_then(|both| both.checked_div(Decimal::TWO))
            .map_or(UNKNOWN, |mean| like(six_places(mean))),
        _ => UNKNOWN,
    }
}
