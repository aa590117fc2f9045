//! Numbers in a row: means, quantiles, price points, trends, cadence.

use super::{Like, share_of};
use crate::bind::Node;
use crate::condition::{Match, Run, count};
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::{Decimal, FixedHashMap};
use palermo_lang::program::Function;
use rust_decimal::MathematicalOps;

impl Run<'_> {
    /// The share of the known values near the most frequent price points, or of round ones.
    pub(super) fn price_share(
        &mut self,
        function: Function,
        value: Option<&Node>,
        arguments: &[Node],
        chosen: &[Match],
    ) -> Value {
        let values = value.map_or_else(Vec::new, |node| self.known_values(node, chosen));
        let mut numbers: Vec<Decimal> = values.into_iter().filter_map(Value::number).collect();
        let mut arguments = arguments.iter().map(|node| self.argument(node).number());
        let Some(Some(first)) = arguments.next() else { return UNKNOWN };
        let of = numbers.len();
        let part = if function == Function::RoundShare {
            let is_round =
                |number: &Decimal| number.checked_rem(first).is_some_and(|rest| rest.is_zero());
            numbers.iter().filter(|number| is_round(number)).count()
        } else {
            let Some(Some(tolerance)) = arguments.next() else { return UNKNOWN };
            let points = usize::try_from(first.trunc().mantissa()).unwrap_or(0);
            numbers.sort_unstable();
            in_modes(numbers, points, tolerance)
        };
        share_of(part, of)
    }

    /// How values move with their order.
    pub(super) fn trend(
        &mut self,
        function: Function,
        value: Option<&Node>,
        chosen: &[Match],
    ) -> Value {
        let numbers = match self.numbers(value, &self.in_time_order(chosen)) {
            Ok((numbers, _)) => numbers,
            Err(unknown) => return unknown,
        };
        let found = match function {
            Function::Trend => slope(&numbers),
            _ => rank_correlation(&numbers),
        };
        found.map_or(UNKNOWN, |number| Value::Decimal(six_places(number)))
    }

    /// The longest run of payments, each at the given distance from the one before.
    pub(super) fn recurring(&mut self, arguments: &[Node], chosen: &[Match]) -> Value {
        let [Some(Value::Span(min)), Some(Value::Span(max))] =
            [0, 1].map(|at| arguments.get(at).map(|node| self.argument(node)))
        else {
            return UNKNOWN;
        };
        let (mut longest, mut run, mut last) = (0_usize, 0_usize, None);
        for found in self.in_time_order(chosen) {
            let gap = last.map(|last| found.time.since(last));
            let follows = gap.is_some_and(|gap| (min..=max).contains(&gap));
            run = if follows { run.saturating_add(1) } else { 1 };
            longest = longest.max(run);
            last = Some(found.time);
        }
        count(longest)
    }

    /// The largest share of the values' sum that falls on one key.
    pub(super) fn top_share(
        &mut self,
        value: Option<&Node>,
        arguments: &[Node],
        chosen: &[Match],
    ) -> Value {
        let Some(key) = arguments.first() else { return UNKNOWN };
        let (numbers, _): (_, Like) = match self.numbers(value, chosen) {
            Ok(found) => found,
            Err(unknown) => return unknown,
        };
        let (mut total, mut top) = (Decimal::ZERO, Decimal::ZERO);
        let mut sums = FixedHashMap::<Value, Decimal>::default();
        for (number, found) in numbers.into_iter().zip(chosen) {
            let Some(sum) = total.checked_add(number) else { return UNKNOWN };
            total = sum;
            let key = self.value(key, *found);
            if !self.known(key) {
                continue;
            }
            let of_key = sums.entry(key).or_default();
            *of_key = of_key.saturating_add(number);
            top = top.max(*of_key);
        }
        let share = top.checked_div(total);
        share.map_or(UNKNOWN, |share| Value::Decimal(six_places(share)))
    }
}

/// How many of the sorted numbers lie near one of so many price points: each point is the number
/// with the most others within the tolerance, the smallest where several have as many, among those
/// that lie near none before it.
fn in_modes(mut sorted: Vec<Decimal>, points: usize, tolerance: Decimal) -> usize {
    let mut covered = 0_usize;
    for _ in 0..points {
        let Some((from, to)) = densest(&sorted, tolerance) else { break };
        covered = covered.saturating_add(to.saturating_sub(from));
        sorted.drain(from..to);
    }
    covered
}

fn densest(sorted: &[Decimal], tolerance: Decimal) -> Option<(usize, usize)> {
    let mut best = None;
    for point in sorted {
        // Balances may be negative.
        let reach = point.abs().checked_mul(tolerance)?;
        let (low, high) = (point.checked_sub(reach)?, point.checked_add(reach)?);
        let from = sorted.partition_point(|number| *number < low);
        let to = sorted.partition_point(|number| *number <= high).max(from);
        let size = to.saturating_sub(from);
        if best.is_none_or(|(from, to): (usize, usize)| size > to.saturating_sub(from)) {
            best = Some((from, to));
        }
    }
    best
}

/// The sum; 96 bits hold that of 10^11 of the largest amounts, beyond it is not known.
pub(super) fn sum(numbers: &[Decimal]) -> Option<Decimal> {
    numbers.iter().try_fold(Decimal::ZERO, |sum, number| sum.checked_add(*number))
}

pub(in crate::condition) fn mean(numbers: &[Decimal]) -> Option<Decimal> {
    sum(numbers)?.checked_div(Decimal::from(numbers.len()))
}

/// The standard deviation of a population.
pub(super) fn deviation(numbers: &[Decimal]) -> Option<Decimal> {
    square_root(variance(numbers)?)
}

/// The variance of a population.
pub(in crate::condition) fn variance(numbers: &[Decimal]) -> Option<Decimal> {
    let mean = mean(numbers)?;
    let squares = numbers.iter().try_fold(Decimal::ZERO, |sum, number| {
        let apart = number.checked_sub(mean)?;
        sum.checked_add(apart.checked_mul(apart)?)
    });
    squares?.checked_div(Decimal::from(numbers.len()))
}

/// To six places.
fn square_root(number: Decimal) -> Option<Decimal> {
    number.sqrt().map(six_places)
}

/// The middle one, or the mean of the two in the middle.
pub(in crate::condition) fn median(numbers: &mut [Decimal]) -> Option<Decimal> {
    numbers.sort_unstable();
    let middle = numbers.len() / 2;
    let upper = *numbers.get(middle)?;
    if !numbers.len().is_multiple_of(2) {
        return Some(upper);
    }
    let lower = numbers.get(middle.checked_sub(1)?)?;
    lower.checked_add(upper)?.checked_div(Decimal::TWO)
}

/// The smallest number that at least `share` of the numbers do not exceed.
pub(super) fn quantile(numbers: &mut [Decimal], share: Decimal) -> Option<Decimal> {
    numbers.sort_unstable();
    quantile_of_sorted(numbers, share)
}

/// The same of numbers in order.
pub(in crate::condition) fn quantile_of_sorted(
    numbers: &[Decimal],
    share: Decimal,
) -> Option<Decimal> {
    let rank = share.checked_mul(Decimal::from(numbers.len()))?.ceil();
    let rank = usize::try_from(rank.trunc().mantissa()).unwrap_or(0);
    numbers.get(rank.clamp(1, numbers.len().max(1)).saturating_sub(1)).copied()
}

/// Twice the distance of each place in a row of `n` from the middle of the row.
fn centered(n: usize) -> impl Iterator<Item = i64> {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    (0..n).map(move |at| at.saturating_mul(2).saturating_add(1).saturating_sub(n))
}

/// The slope of the least-squares line through the numbers in order, divided by their mean.
/// With c the doubled distance from the middle, it is 2 * sum(c * v) / sum(c * c) * n / sum(v).
fn slope(numbers: &[Decimal]) -> Option<Decimal> {
    let (mut product, mut squares) = (Decimal::ZERO, Decimal::ZERO);
    for (number, c) in numbers.iter().zip(centered(numbers.len())) {
        let c = Decimal::from(c);
        product = product.checked_add(number.checked_mul(c)?)?;
        squares = squares.checked_add(c.checked_mul(c)?)?;
    }
    let slope = product.checked_mul(Decimal::TWO)?.checked_div(squares)?;
    slope.checked_div(mean(numbers)?)
}

/// Spearman's rank correlation with the order; equal numbers share the mean of their ranks.
fn rank_correlation(numbers: &[Decimal]) -> Option<Decimal> {
    let n = numbers.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|at| numbers.get(*at));
    // Twice the rank, less its mean: whole numbers, whatever is shared.
    let mut ranks = vec![0_i64; n];
    let places: Vec<i64> = centered(n).collect();
    let mut from = 0;
    for group in order.chunk_by(|a, b| numbers.get(*a) == numbers.get(*b)) {
        let to = usize::saturating_add(from, group.len());
        let ends = [places.get(from), places.get(to.saturating_sub(1))];
        let shared = ends.into_iter().flatten().sum::<i64>() / 2;
        for at in group {
            *ranks.get_mut(*at)? = shared;
        }
        from = to;
    }
    let (mut product, mut a, mut b) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    for (rank, place) in ranks.into_iter().zip(places) {
        let (rank, place) = (Decimal::from(rank), Decimal::from(place));
        product = product.checked_add(rank.checked_mul(place)?)?;
        a = a.checked_add(rank.checked_mul(rank)?)?;
        b = b.checked_add(place.checked_mul(place)?)?;
    }
    product.checked_div(a.sqrt()?.checked_mul(b.sqrt()?)?)
}
