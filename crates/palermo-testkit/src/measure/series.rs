//! Numbers in a row, each measure from its textbook definition, in whole hundredths.
//!
//! Sees: a rank that is off by one, a spread of a sample instead of a population, a price point that
//! counts twice, a tie between price points that is broken by order of arrival, a slope that is not
//! centered, ranks that are not shared, a run that goes on over a gap.

#![expect(clippy::arithmetic_side_effects, reason = "i128 holds what a scene adds up to")]

use super::exact::{all_cents, cents, fraction, over_root, root_of};
use super::{Number, ratio, whole};
use crate::window::Seen;
use palermo_domain::{Decimal, EventTime, Span};
use std::collections::BTreeSet;

/// The smallest of the values that at least `share` of them do not exceed; unknown over an unknown
/// value.
pub fn quantile(values: &[Number], share: Decimal) -> Number {
    let known = values.iter().copied().collect::<Option<Vec<Decimal>>>()?;
    let wanted = share.checked_mul(whole(known.len())?)?;
    let enough = |limit: &&Decimal| {
        whole(known.iter().filter(|value| value <= limit).count()).is_some_and(|n| n >= wanted)
    };
    known.iter().filter(enough).min().copied()
}

fn position<'s>(one: &Seen<'s>) -> (EventTime, &'s str, bool) {
    let (time, id) = one.key();
    (time, id, one.incoming)
}

/// The payment that no other one is before.
pub fn earliest<'s, 'p>(selected: &'s [Seen<'p>]) -> Option<&'s Seen<'p>> {
    selected.iter().find(|one| selected.iter().all(|other| position(one) <= position(other)))
}

/// The payment that no other one is after.
pub fn latest<'s, 'p>(selected: &'s [Seen<'p>]) -> Option<&'s Seen<'p>> {
    selected.iter().find(|one| selected.iter().all(|other| position(one) >= position(other)))
}

/// The longest time between any two of them; unknown over nothing.
pub fn span(selected: &[Seen<'_>]) -> Option<Span> {
    let times = || selected.iter().map(|one| one.payment.event_time);
    times().flat_map(|a| times().map(move |b| b.since(a))).max()
}

/// The standard deviation of a population, from the distances of all pairs.
pub fn stddev(values: &[Number]) -> Number {
    let known = all_cents(values)?;
    let n = i128::try_from(known.len()).ok()?;
    let pairs = known.iter().flat_map(|a| known.iter().map(move |b| (a - b) * (a - b)));
    // Hundredths squared are ten thousandths.
    root_of(pairs.sum(), 2 * n * n * 10_000)
}

/// The share of the known values near one of `k` price points. A price point is one of the values,
/// that with the most others within `tolerance` of itself, the smallest where several have as many;
/// what is near it is taken out before the next is looked for.
pub fn mode_share(values: &[Number], k: i64, tolerance: Decimal) -> Number {
    let mut left: Vec<Decimal> = values.iter().flatten().copied().collect();
    let all = left.len();
    let near = |point: Decimal, value: Decimal| {
        let reach = point.abs().checked_mul(tolerance);
        reach.is_some_and(|reach| (value - point).abs() <= reach)
    };
    for _ in 0..k {
        let mut points = left.clone();
        points.sort();
        let size = |point: Decimal| left.iter().filter(|value| near(point, **value)).count();
        let Some(most) = points.iter().map(|point| size(*point)).max() else { break };
        let Some(point) = points.iter().copied().find(|point| size(*point) == most) else { break };
        left.retain(|value| !near(point, *value));
    }
    ratio(whole(all - left.len())?, whole(all)?)
}

/// The share of the known values that are multiples of `base`.
pub fn round_share(values: &[Number], base: Decimal) -> Number {
    let known: Vec<Decimal> = values.iter().flatten().copied().collect();
    let base = cents(base)?;
    let round = known.iter().filter(|value| cents(**value).is_some_and(|v| v % base == 0));
    ratio(whole(round.count())?, whole(known.len())?)
}

/// `1`, `2`, … beside the values, which stand in their order.
fn numbered(values: &[i128]) -> Vec<(i128, i128)> {
    (1..).zip(values.iter().copied()).collect()
}

/// Σx, Σy, Σxy, Σx², Σy² and how many.
fn sums(pairs: &[(i128, i128)]) -> [i128; 6] {
    let of = |f: fn(i128, i128) -> i128| pairs.iter().map(|(x, y)| f(*x, *y)).sum::<i128>();
    [of(|x, _| x), of(|_, y| y), of(|x, y| x * y), of(|x, _| x * x), of(|_, y| y * y), of(|_, _| 1)]
}

/// The slope of the least-squares line through the values in their order, per payment, as a share
/// of their mean; unknown under two values, over an unknown one, or where the mean is zero.
pub fn trend(values: &[Number]) -> Number {
    let [x, y, xy, xx, _, n] = sums(&numbered(&all_cents(values)?));
    fraction(n * (n * xy - x * y), (n * xx - x * x) * y)
}

/// Pearson's correlation of the ranks with the order; equal values have the mean of their ranks.
pub fn rank_trend(values: &[Number]) -> Number {
    let known = all_cents(values)?;
    let count = |holds: &dyn Fn(&i128) -> bool| {
        i128::try_from(known.iter().filter(|value| holds(value)).count()).unwrap_or(0)
    };
    // Twice the mean rank: those below, and half of those alike.
    let rank = |value: &i128| 2 * count(&|v| v < value) + count(&|v| v == value) + 1;
    let ranks: Vec<i128> = known.iter().map(rank).collect();
    let [x, y, xy, xx, yy, n] = sums(&numbered(&ranks));
    over_root(n * xy - x * y, (n * xx - x * x) * (n * yy - y * y))
}

/// The most payments in a row each of which is at least `min` and at most `max` after the one
/// before it: every row from every beginning is tried.
pub fn recurring(selected: &[Seen<'_>], min: Span, max: Span) -> Number {
    let mut times: Vec<EventTime> = selected.iter().map(|one| one.payment.event_time).collect();
    times.sort_unstable();
    let follows = |pair: &[EventTime]| match pair {
        [a, b] => (min..=max).contains(&b.since(*a)),
        _ => false,
    };
    let rows = (0..times.len()).flat_map(|from| (from + 1..=times.len()).map(move |to| (from, to)));
    let whole_rows = rows.filter_map(|(from, to)| {
        let row = times.get(from..to)?;
        row.windows(2).all(follows).then_some(row.len())
    });
    whole(whole_rows.max().unwrap_or(0))
}

/// The largest share of the sum of the values that falls on one known key.
pub fn top_share<K: Ord>(keyed: &[(Option<K>, Number)]) -> Number {
    let values: Vec<Number> = keyed.iter().map(|(_, value)| *value).collect();
    let total: i128 = all_cents(&values)?.iter().sum();
    let keys: BTreeSet<&K> = keyed.iter().filter_map(|(key, _)| key.as_ref()).collect();
    let of = |wanted: &K| -> i128 {
        let own = keyed.iter().filter(|(key, _)| key.as_ref() == Some(wanted));
        own.filter_map(|(_, value)| cents((*value)?)).sum()
    };
    fraction(keys.into_iter().map(of).max().unwrap_or(0), total)
}

/// What is made of the values that a measure had in earlier windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// Their mean.
    Mean,
    /// The largest.
    Max,
    /// How many standard deviations of theirs the value of now is above their mean.
    Deviation,
}

/// A measure compared with its values in earlier windows; unknown where one of them is.
pub fn own(now: Number, earlier: &[Number], past: Past) -> Number {
    if past == Past::Max {
        return earlier.iter().copied().collect::<Option<Vec<Decimal>>>()?.into_iter().max();
    }
    let known = all_cents(earlier)?;
    let n = i128::try_from(known.len()).ok()?;
    let sum: i128 = known.iter().sum();
    if past == Past::Mean {
        return fraction(sum, n * 100);
    }
    let squares: i128 = known.iter().map(|value| value * value).sum();
    over_root(n * cents(now?)? - sum, n * squares - sum * sum)
}
