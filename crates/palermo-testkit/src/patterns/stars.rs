//! Fans, scatter-gather and gather-scatter by brute force, from what [`seen`](super::seen) gives.

use super::Edge;
use std::collections::{BTreeMap, BTreeSet};

/// A sum of known amounts, and how many were not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub struct Sum {
    pub cents: i128,
    pub unknown: u32,
}

/// Adds the amounts up.
#[expect(clippy::arithmetic_side_effects, reason = "a test's worth of 64-bit numbers in 128 bits")]
pub fn sum<'a>(edges: impl IntoIterator<Item = &'a Edge>) -> Sum {
    edges.into_iter().fold(Sum::default(), |mut sum, edge| {
        match edge.amount {
            Some(amount) => sum.cents += i128::from(amount),
            None => sum.unknown += 1,
        }
        sum
    })
}

/// Whether no path goes through an account: more than `hub` edges in one direction, and no end of
/// the payment that asks.
pub fn is_barrier(seen: &[Edge], account: u32, hub: usize) -> bool {
    let Some(at) = seen.last() else { return false };
    let out = seen.iter().filter(|edge| edge.source == account).count();
    let into = seen.iter().filter(|edge| edge.target == account).count();
    account != at.source && account != at.target && (out > hub || into > hub)
}

/// Whether `q` passes on what `p` brought, in the shares `(lo, hi)`; any do where no shares are asked.
#[expect(clippy::arithmetic_side_effects, reason = "a 64-bit by a 32-bit number in 128 bits")]
pub fn keeps(p: &Edge, q: &Edge, shares: Option<(u32, u32)>) -> bool {
    let Some((lo, hi)) = shares else { return true };
    let (Some(p), Some(q)) = (p.amount, q.amount) else { return false };
    let (p, q) = (i128::from(p), i128::from(q));
    i128::from(lo) * p <= q * 1_000_000 && q * 1_000_000 <= i128::from(hi) * p
}

/// The different debtors that paid v, and how many edges there are into v.
pub fn fan_in(seen: &[Edge]) -> (usize, usize) {
    let Some(at) = seen.last() else { return (0, 0) };
    let into: Vec<u32> =
        seen.iter().filter(|edge| edge.target == at.target).map(|edge| edge.source).collect();
    (into.iter().collect::<BTreeSet<_>>().len(), into.len())
}

/// The different creditors that u paid, and how many edges there are out of u.
pub fn fan_out(seen: &[Edge]) -> (usize, usize) {
    let Some(at) = seen.last() else { return (0, 0) };
    let out: Vec<u32> =
        seen.iter().filter(|edge| edge.source == at.source).map(|edge| edge.target).collect();
    (out.iter().collect::<BTreeSet<_>>().len(), out.len())
}

/// For each s such that m stands in the middle between s and d: every account that does.
pub fn scatter_gather(
    seen: &[Edge],
    shares: Option<(u32, u32)>,
    hub: usize,
) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut between = BTreeMap::<u32, BTreeSet<u32>>::new();
    let Some(at) = seen.last() else { return between };
    for (p, q) in seen.iter().flat_map(|p| seen.iter().map(move |q| (p, q))) {
        let (s, middle, d) = (p.source, p.target, at.target);
        let joined = middle == q.source && q.target == d && p.place() < q.place();
        let different = middle != s && middle != d && s != d;
        if joined && different && !is_barrier(seen, middle, hub) && keeps(p, q, shares) {
            between.entry(s).or_default().insert(middle);
        }
    }
    between.retain(|_, middles| middles.contains(&at.source));
    between
}

/// The best split of what an account was paid and paid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a split")]
pub struct Split {
    pub payers: BTreeSet<u32>,
    pub payees: BTreeSet<u32>,
    pub paid_in: Sum,
    pub paid_out: Sum,
}

/// The best split at u: the largest size, the earliest among equals; none where no size is above 0.
pub fn gather_scatter(seen: &[Edge]) -> Option<Split> {
    let u = seen.last()?.source;
    let own: Vec<Edge> =
        seen.iter().filter(|edge| edge.source == u || edge.target == u).copied().collect();
    let mut best: Option<Split> = None;
    for cut in 0..=own.len() {
        let into: Vec<&Edge> = own.iter().take(cut).filter(|edge| edge.target == u).collect();
        let out: Vec<&Edge> = own.iter().skip(cut).filter(|edge| edge.source == u).collect();
        let payers: BTreeSet<u32> = into.iter().map(|edge| edge.source).collect();
        let payees: BTreeSet<u32> = out.iter().map(|edge| edge.target).collect();
        let rank = |payers: &BTreeSet<u32>, payees: &BTreeSet<u32>| {
            (payers.len().min(payees.len()), payers.len().max(payees.len()))
        };
        let known = best.as_ref().map_or((0, 0), |best| rank(&best.payers, &best.payees));
        if rank(&payers, &payees) > known && rank(&payers, &payees).0 > 0 {
            best = Some(Split { payers, payees, paid_in: sum(into), paid_out: sum(out) });
        }
    }
    best
}
