//! The functions over one selection.
//!
//! Counts leave out what is not known and note it; sums, means, medians and everything made of
//! several values at once are unknown over an unknown value; shares are taken over the known values.
//! The definitions are those of `docs/rules.md`.
//!
//! Cost: linear in the payments chosen; a sort where order matters.

mod days;
mod people;
pub(super) mod series;

use super::{Match, Run, count};
use crate::bind::Node;
use crate::eval::{local_hour, local_night, read};
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::{Decimal, FixedHashSet, distance};
use palermo_lang::program::{Field, Function};

impl Run<'_> {
    pub(super) fn aggregate(
        &mut self,
        function: Function,
        value: Option<&Node>,
        arguments: &[Node],
        chosen: &[Match],
    ) -> Value {
        use Function as F;
        match function {
            F::Count => match value {
                None => count(chosen.len()),
                Some(node) => count(self.known_values(node, chosen).len()),
            },
            F::Distinct => {
                let values = value.map_or_else(Vec::new, |node| self.known_values(node, chosen));
                count(values.into_iter().collect::<FixedHashSet<Value>>().len())
            }
            F::Min | F::Max => {
                let values = value.map_or_else(Vec::new, |node| self.known_values(node, chosen));
                extreme(values.into_iter(), function == F::Max)
            }
            F::Sum | F::Avg | F::Median | F::Quantile | F::Stddev => {
                self.of_numbers(function, value, arguments, chosen)
            }
            F::First | F::Last => {
                let end = self.ends(chosen).map(|[first, last]| match function {
                    F::First => first,
                    _ => last,
                });
                end.zip(value).map_or(UNKNOWN, |(end, node)| self.value(node, end))
            }
            F::Span => self
                .ends(chosen)
                .map_or(UNKNOWN, |[first, last]| Value::Span(last.time.since(first.time))),
            F::NearShare => self.near_share(value, arguments, chosen),
            F::ModeShare | F::RoundShare => self.price_share(function, value, arguments, chosen),
            F::Trend | F::RankTrend => self.trend(function, value, chosen),
            F::Recurring => self.recurring(arguments, chosen),
            F::Groups => self.groups(chosen),
            F::TopShare => self.top_share(value, arguments, chosen),
            F::Places => self.places(value, arguments, chosen),
            F::Nights => self.nights(chosen),
            F::Days => self.days(arguments, chosen),
            F::LowBalanceDays | F::BalanceDays => self.balance_days(arguments, chosen),
            F::Absent => self.absent(chosen),
        }
    }

    /// The known values; the others are noted as left out.
    fn known_values(&self, node: &Node, chosen: &[Match]) -> Vec<Value> {
        let values = chosen.iter().map(|found| self.value(node, *found));
        values.filter(|value| self.known(*value)).collect()
    }

    /// All values as numbers, or the first unknown one.
    fn numbers(
        &self,
        value: Option<&Node>,
        chosen: &[Match],
    ) -> Result<(Vec<Decimal>, Like), Value> {
        let (mut numbers, mut like) = (Vec::with_capacity(chosen.len()), Value::Money as Like);
        for found in chosen {
            let value = value.map_or(UNKNOWN, |node| self.value(node, *found));
            let Some(number) = value.number() else {
                return Err(if value.known() { UNKNOWN } else { value });
            };
            if !matches!(value, Value::Money(_)) {
                like = Value::Decimal;
            }
            numbers.push(number);
        }
        Ok((numbers, like))
    }

    fn of_numbers(
        &mut self,
        function: Function,
        value: Option<&Node>,
        arguments: &[Node],
        chosen: &[Match],
    ) -> Value {
        let (mut numbers, like) = match self.numbers(value, chosen) {
            Ok(found) => found,
            Err(unknown) => return unknown,
        };
        let result = match function {
            // Exact, so not rounded.
            Function::Sum => return series::sum(&numbers).map_or(UNKNOWN, like),
            Function::Avg => series::mean(&numbers),
            Function::Stddev => series::deviation(&numbers),
            Function::Median => series::median(&mut numbers),
            _ => {
                let share = arguments.first().and_then(|share| self.argument(share).number());
                return share
                    .and_then(|share| series::quantile(&mut numbers, share))
                    .map_or(UNKNOWN, like);
            }
        };
        result.map_or(UNKNOWN, |number| like(six_places(number)))
    }

    /// The earliest and the latest of them, in the order of event time and payment id.
    fn ends(&self, chosen: &[Match]) -> Option<[Match; 2]> {
        let ledger = self.env.ledger;
        let order = |a: &&Match, b: &&Match| {
            a.time.cmp(&b.time).then_with(|| ledger.compare_ids(a.row, b.row))
        };
        let first = chosen.iter().min_by(order)?;
        Some([*first, *chosen.iter().max_by(order)?])
    }

    pub(super) fn in_time_order(&self, chosen: &[Match]) -> Vec<Match> {
        let mut ordered = chosen.to_vec();
        self.sort(&mut ordered);
        ordered
    }

    /// The share of the known values in `[share * limit, limit)`.
    fn near_share(&self, value: Option<&Node>, arguments: &[Node], chosen: &[Match]) -> Value {
        let (Some(value), [limit, share]) = (value, arguments) else { return UNKNOWN };
        let (mut near, mut all) = (0, 0);
        for found in chosen {
            let number = |node: &Node| {
                let value = self.value(node, *found);
                self.known(value);
                value.number()
            };
            let (Some(value), Some(limit), Some(share)) =
                (number(value), number(limit), number(share))
            else {
                continue;
            };
            all = usize::saturating_add(all, 1);
            let Some(edge) = limit.checked_mul(share) else { continue };
            if value >= edge && value < limit {
                near = usize::saturating_add(near, 1);
            }
        }
        share_of(near, all)
    }

    /// Greedy in event-time order: a place counts if it is further than `km` from every place
    /// counted before. Places without coordinates are unknown and skipped.
    fn places(&mut self, value: Option<&Node>, arguments: &[Node], chosen: &[Match]) -> Value {
        let limit = arguments.first().and_then(|km| self.argument(km).number());
        let Some(limit) = limit else { return UNKNOWN };
        let mut kept = Vec::new();
        for found in self.in_time_order(chosen) {
            let place = match value {
                Some(node) => self.value(node, found),
                None => self.place(found),
            };
            let here = match place {
                Value::Place(place) => self.env.ledger.places.coordinates(place),
                _ => None,
            };
            let Some(here) = here else {
                // Without a place, or with one that has no coordinates.
                self.skip(Some(place_field(value)));
                continue;
            };
            let apart = |known: &(_, _)| Decimal::new(distance(*known, here).0, 1) > limit;
            if kept.iter().all(apart) {
                kept.push(here);
            }
        }
        count(kept.len())
    }

    /// Where a payment happened.
    pub(super) fn place(&self, found: Match) -> Value {
        self.at(found).map_or(UNKNOWN, |at| read(Field::Place, at.env, at.row, at.leg))
    }

    fn nights(&self, chosen: &[Match]) -> Value {
        let night = |found: &Match| {
            let at = self.at(*found)?;
            if local_hour(at.row, at.leg).is_none() {
                self.skip(Some(Field::Hour));
            }
            local_night(at.row, at.leg)
        };
        count(chosen.iter().filter_map(night).collect::<FixedHashSet<_>>().len())
    }

    /// Whether nothing was chosen, where that means something: the bank delivers the feeds, and the
    /// account was there before the window.
    fn absent(&self, chosen: &[Match]) -> Value {
        if !chosen.is_empty() {
            return Value::Bool(false);
        }
        let ledger = self.env.ledger;
        let holder = ledger.parties.holder(self.account);
        let delivered = holder.is_some_and(|party| party.feeds.covers(self.condition.feeds));
        let from = self.time.minus(self.condition.window);
        if delivered && ledger.idle_before(self.account, from).is_some() {
            return Value::Bool(true);
        }
        UNKNOWN
    }
}

/// The field that a measure of places reads.
fn place_field(value: Option<&Node>) -> Field {
    match value {
        Some(Node::Field(field)) => *field,
        _ => Field::Place,
    }
}

/// The extreme of known values.
fn extreme(values: impl Iterator<Item = Value>, largest: bool) -> Value {
    let key = |value: &Value| match value {
        Value::Time(time) => Decimal::from(time.0),
        Value::Span(span) => Decimal::from(span.as_millis()),
        other => other.number().unwrap_or_default(),
    };
    let found = if largest { values.max_by_key(key) } else { values.min_by_key(key) };
    found.unwrap_or(UNKNOWN)
}

pub(super) type Like = fn(Decimal) -> Value;

/// A part of a whole; unknown of nothing.
pub(super) fn share_of(part: usize, whole: usize) -> Value {
    Decimal::from(part)
        .checked_div(Decimal::from(whole))
        .map_or(UNKNOWN, |share| Value::Decimal(six_places(share)))
}
