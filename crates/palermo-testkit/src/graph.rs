//! Graph patterns by brute force, in the compatible definitions (those of the Graph Feature
//! Preprocessor at batch size 1), recomputed from the list of edges for every question.
//!
//! Exponential on purpose: tests keep their graphs to a dozen accounts and some tens of edges.

use std::collections::{BTreeMap, BTreeSet};

/// A payment as graph searches see it, in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Who pays.
    pub source: u32,
    /// Who is paid.
    pub target: u32,
    /// Event time.
    pub time: i64,
}

/// Windows of each pattern, and the longest simple cycle in edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the patterns")]
pub struct Windows {
    pub fan: i64,
    pub degree: i64,
    pub scatter_gather: i64,
    pub temp_cycle: i64,
    pub lc_cycle: i64,
    pub lc_cycle_len: usize,
}

/// Size of a pattern and how many of that size the edge takes part in; sizes from 2.
pub type Sizes = BTreeMap<usize, u64>;

/// What one edge completes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the patterns")]
pub struct Counts {
    pub fan_in: Sizes,
    pub fan_out: Sizes,
    pub degree_in: Sizes,
    pub degree_out: Sizes,
    pub scatter_gather: Sizes,
    pub temp_cycle: Sizes,
    pub lc_cycle: Sizes,
}

fn sizes(found: impl IntoIterator<Item = usize>) -> Sizes {
    let mut sizes = Sizes::new();
    for size in found.into_iter().filter(|size| *size >= 2) {
        let count: &mut u64 = sizes.entry(size).or_default();
        *count = count.saturating_add(1);
    }
    sizes
}

/// The counts of the last edge of `edges`, which looks at all of them.
///
/// # Panics
/// Where there is no edge.
#[expect(
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    reason = "an oracle for small numbers"
)]
pub fn compatible(edges: &[Edge], windows: &Windows) -> Counts {
    let edge = *edges.last().expect("an edge");
    let Edge { source: u, target: v, time: t } = edge;
    if u == v {
        return Counts::default();
    }
    let past: Vec<Edge> = edges.iter().copied().filter(|e| e.source != e.target).collect();
    let within = |span: i64| past.iter().filter(move |e| t - span <= e.time && e.time <= t);
    // Fan and degree: half-open, (t - w, t].
    let recent = |span: i64| within(span).filter(move |e| e.time != t - span);
    let distinct = |all: Vec<u32>| all.into_iter().collect::<BTreeSet<u32>>().len();
    let into_v = |e: &&Edge| e.target == v;
    let out_of_u = |e: &&Edge| e.source == u;
    Counts {
        fan_in: sizes([distinct(recent(windows.fan).filter(into_v).map(|e| e.source).collect())]),
        fan_out: sizes([distinct(
            recent(windows.fan).filter(out_of_u).map(|e| e.target).collect(),
        )]),
        degree_in: sizes([recent(windows.degree).filter(into_v).count()]),
        degree_out: sizes([recent(windows.degree).filter(out_of_u).count()]),
        scatter_gather: scatter_gather(within(windows.scatter_gather), edge),
        temp_cycle: temporal_cycles(within(windows.temp_cycle).filter(|e| e.time < t), edge),
        lc_cycle: simple_cycles(within(windows.lc_cycle), &past, edge, windows.lc_cycle_len),
    }
}

/// Pairs (source, sink) that the edge stands between, by how many accounts join them. No order
/// between scatter and gather.
fn scatter_gather<'a>(window: impl Iterator<Item = &'a Edge>, edge: Edge) -> Sizes {
    let (mut out, mut into) = (Neighbors::new(), Neighbors::new());
    for e in window {
        out.entry(e.source).or_default().insert(e.target);
        into.entry(e.target).or_default().insert(e.source);
    }
    let none = BTreeSet::new();
    let of = |map: &'_ Neighbors, key: u32| map.get(&key).unwrap_or(&none).clone();
    let joined = |source: u32, sink: u32| of(&out, source).intersection(&of(&into, sink)).count();
    let Edge { source: u, target: v, .. } = edge;
    let sinks = of(&out, v).into_iter().filter(|sink| *sink != u).map(|sink| joined(u, sink));
    let sources = of(&into, u).into_iter().filter(|source| *source != v).map(|s| joined(s, v));
    sizes(sinks.chain(sources))
}

type Neighbors = BTreeMap<u32, BTreeSet<u32>>;

/// Distinct sequences of accounts back to the payer with strictly increasing times.
fn temporal_cycles<'a>(window: impl Iterator<Item = &'a Edge>, edge: Edge) -> Sizes {
    let mut times: BTreeMap<u32, BTreeMap<u32, Vec<i64>>> = BTreeMap::new();
    for e in window {
        times.entry(e.source).or_default().entry(e.target).or_default().push(e.time);
    }
    let mut found = Vec::new();
    follow(&times, edge, edge.target, i64::MIN, &mut vec![edge.target], &mut found);
    sizes(found)
}

fn follow(
    times: &BTreeMap<u32, BTreeMap<u32, Vec<i64>>>,
    edge: Edge,
    from: u32,
    last: i64,
    path: &mut Vec<u32>,
    found: &mut Vec<usize>,
) {
    for (&to, stamps) in times.get(&from).into_iter().flatten() {
        let Some(&earliest) = stamps.iter().filter(|stamp| **stamp > last).min() else { continue };
        if to == edge.source {
            found.push(path.len().saturating_add(1));
        } else if !path.contains(&to) {
            path.push(to);
            follow(times, edge, to, earliest, path, found);
            path.pop();
        }
    }
}

/// Simple cycles of at most `longest` edges. Of the edges as late as this one only those count
/// whose target was seen before this one's target: the rule that makes counts agree.
fn simple_cycles<'a>(
    window: impl Iterator<Item = &'a Edge>,
    past: &[Edge],
    edge: Edge,
    longest: usize,
) -> Sizes {
    let mut seen = Vec::new();
    for account in past.iter().flat_map(|e| [e.source, e.target]) {
        if !seen.contains(&account) {
            seen.push(account);
        }
    }
    let number = |account: u32| seen.iter().position(|other| *other == account);
    let mut out = Neighbors::new();
    for e in window.filter(|e| e.time < edge.time || number(e.target) < number(edge.target)) {
        out.entry(e.source).or_default().insert(e.target);
    }
    let mut found = Vec::new();
    walk(&out, edge, longest, &mut vec![edge.target], &mut found);
    sizes(found)
}

fn walk(out: &Neighbors, edge: Edge, longest: usize, path: &mut Vec<u32>, found: &mut Vec<usize>) {
    let Some(last) = path.last().filter(|_| path.len() < longest) else { return };
    for &to in out.get(last).into_iter().flatten() {
        if to == edge.source {
            found.push(path.len().saturating_add(1));
        } else if !path.contains(&to) {
            path.push(to);
            walk(out, edge, longest, path, found);
            path.pop();
        }
    }
}

/// Payments between accounts of power-law degrees, evenly over a time, in order: the same for the
/// same seed. The `r`-th busiest account of `n` has a share of payments proportional to `r^-1/2`
/// (degrees fall with exponent 3), as payer and, in another order, as payee.
///
/// # Panics
/// Where there are fewer than two accounts.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "numbers below 2^63; the high half of a product of two 32-bit numbers fits 32 bits"
)]
pub fn power_law(seed: u64, edges: usize, accounts: u32, span: i64) -> Vec<Edge> {
    assert!(accounts > 1, "a payment needs two accounts");
    let mut state = seed;
    let mut draw = || {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let mut rank = || {
        // The square of an even number in [0, 1) has the density x^-1/2.
        let even = draw() >> 32;
        let squared = (even * even) >> 32;
        ((squared * u64::from(accounts)) >> 32) as u32
    };
    // An odd multiplier prime to the number of accounts visits each once.
    let stride = (0..)
        .map(|n| 2_654_435_761_u64 + 2 * n)
        .find(|stride| gcd(*stride, u64::from(accounts)) == 1)
        .unwrap_or(1);
    let shuffled = |rank: u32| ((u64::from(rank) * stride) % u64::from(accounts)) as u32;
    let count = i64::try_from(edges).unwrap_or(i64::MAX).max(1);
    let mut edge = |n: i64| {
        let (source, mut target) = (rank(), shuffled(rank()));
        while target == source {
            target = shuffled(rank());
        }
        Edge { source, target, time: n * span / count }
    };
    (0..count).map(&mut edge).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a.checked_rem(b).unwrap_or(0)) }
}
