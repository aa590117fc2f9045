//! Measures over the selected payments of a window, each by its definition (RULES.md, "Measures").
//!
//! `count` and `distinct` skip unknown values, `sum`, `avg` and `median` over one are unknown,
//! `min` and `max` look at the known ones; a share or mean over nothing is unknown. Every derived
//! number is rounded half-even to six places (DESIGN §11).
//!
//! Sees: a wrong middle of an even number of values, an edge of a band on the wrong side, an
//! unknown value that became zero, a night counted on the wrong day, a rounding that drifts.

pub mod days;
mod exact;
pub mod flow;
pub mod people;
pub mod series;

use crate::window::Seen;
use palermo_domain::{Decimal, EventTime, MicroDegrees, PlaceText, distance};
use rust_decimal::RoundingStrategy;
use std::collections::BTreeSet;

/// A number or unknown.
pub type Number = Option<Decimal>;

/// Half-even to six places.
pub fn rounded(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven)
}

/// A whole number.
pub fn whole(count: usize) -> Number {
    i64::try_from(count).ok().map(Decimal::from)
}

/// How many.
pub fn count(selected: &[Seen<'_>]) -> Number {
    whole(selected.len())
}

/// How many different known values.
pub fn distinct<T: Ord>(values: impl IntoIterator<Item = Option<T>>) -> Number {
    whole(values.into_iter().flatten().collect::<BTreeSet<T>>().len())
}

/// The sum; zero over nothing.
pub fn sum(values: &[Number]) -> Number {
    values.iter().try_fold(Decimal::ZERO, |total, value| total.checked_add((*value)?))
}

/// The mean.
pub fn avg(values: &[Number]) -> Number {
    ratio(sum(values)?, whole(values.len())?)
}

/// `a / b`, unknown where `b` is zero.
pub fn ratio(a: Decimal, b: Decimal) -> Number {
    a.checked_div(b).map(rounded)
}

/// The smallest known value.
pub fn min(values: &[Number]) -> Number {
    values.iter().flatten().copied().min()
}

/// The largest known value.
pub fn max(values: &[Number]) -> Number {
    values.iter().flatten().copied().max()
}

/// The middle one, or the mean of the two in the middle.
pub fn median(values: &[Number]) -> Number {
    let mut known = values.iter().copied().collect::<Option<Vec<Decimal>>>()?;
    known.sort();
    // Takes the outermost two away until one or two are left.
    while known.len() > 2 {
        known.pop();
        known.remove(0);
    }
    avg(&known.into_iter().map(Some).collect::<Vec<_>>())
}

/// The share of the known values `v` with `share * limit <= v < limit`.
pub fn near_share(values: &[Number], limit: Decimal, share: Decimal) -> Number {
    let known: Vec<Decimal> = values.iter().flatten().copied().collect();
    let edge = share.checked_mul(limit)?;
    let near = known.iter().filter(|value| **value >= edge && **value < limit);
    ratio(whole(near.count())?, whole(known.len())?)
}

/// How many keys occur on both sides.
pub fn overlap<T: Ord>(
    a: impl IntoIterator<Item = Option<T>>,
    b: impl IntoIterator<Item = Option<T>>,
) -> Number {
    let a: BTreeSet<T> = a.into_iter().flatten().collect();
    let b: BTreeSet<T> = b.into_iter().flatten().collect();
    whole(a.iter().filter(|key| b.contains(key)).count())
}

/// Where a payment happened: terminal, else merchant, else the own end.
pub fn place<'p>(seen: &Seen<'p>) -> Option<&'p PlaceText<'static>> {
    let payment = seen.payment;
    let known = |place: &'p PlaceText<'static>| Some(place).filter(|place| !place.absent());
    payment
        .terminal
        .as_ref()
        .and_then(|terminal| known(&terminal.place))
        .or_else(|| payment.merchant.as_ref().and_then(|merchant| known(&merchant.place)))
        .or_else(|| known(&seen.own().place))
}

/// Kilometers between two places, unknown where one has no coordinates.
pub fn kilometers(
    a: Option<(MicroDegrees, MicroDegrees)>,
    b: Option<(MicroDegrees, MicroDegrees)>,
) -> Number {
    Some(Decimal::new(distance(a?, b?).0, 1))
}

/// How many places, one after the other in event-time order, that are further than `km` from every
/// one counted before.
pub fn places(selected: &[Seen<'_>], km: Decimal) -> Number {
    let mut ordered = selected.to_vec();
    ordered.sort_by(|a, b| a.key().cmp(&b.key()));
    let mut counted: Vec<(MicroDegrees, MicroDegrees)> = Vec::new();
    for here in ordered.iter().filter_map(|one| place(one)?.coordinates) {
        let far = |known: &(_, _)| kilometers(Some(*known), Some(here)).is_some_and(|d| d > km);
        if counted.iter().all(far) {
            counted.push(here);
        }
    }
    whole(counted.len())
}

/// Local time in milliseconds, known at the payer's end and at a terminal or merchant, where the
/// offset is.
pub fn local(seen: &Seen<'_>) -> Option<EventTime> {
    let payment = seen.payment;
    if seen.incoming && payment.terminal.is_none() && payment.merchant.is_none() {
        return None;
    }
    let minutes = i64::from(payment.utc_offset_minutes?);
    Some(EventTime(payment.event_time.0.saturating_add(minutes.saturating_mul(60_000))))
}

/// How many different local nights: 22:00 to 06:00, named by the day on which they begin.
pub fn nights(selected: &[Seen<'_>]) -> Number {
    const HOUR_MS: i64 = 3_600_000;
    distinct(selected.iter().map(|one| {
        let time = local(one)?;
        let hour = time.0.rem_euclid(24 * HOUR_MS).div_euclid(HOUR_MS);
        // Six hours earlier, the whole night lies on the day on which it began.
        let day = time.0.saturating_sub(6 * HOUR_MS).div_euclid(24 * HOUR_MS);
        (!(6..22).contains(&hour)).then_some(day)
    }))
}
