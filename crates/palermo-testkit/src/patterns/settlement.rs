//! Bipartite cores and mirrors by brute force, from what [`seen`](super::seen) gives.

use super::Edge;
use super::stars::{Sum, sum};
use std::collections::BTreeSet;

/// Who settles with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a core")]
pub struct Core {
    pub sources: BTreeSet<u32>,
    pub sinks: BTreeSet<u32>,
    pub gross: Sum,
    pub back: Sum,
}

/// The core of the sources of v and the sinks of u, if u and v are in it.
///
/// Not by dropping: every set of sources is tried. The sinks that go with it are those that at least
/// `p` of them paid; it stands where each of its sources paid at least `q` of these. The core is the
/// largest that stands: two that stand, put together, stand.
pub fn bipartite(seen: &[Edge], p: usize, q: usize) -> Option<Core> {
    let at = seen.last()?;
    let payers: BTreeSet<u32> =
        seen.iter().filter(|edge| edge.target == at.target).map(|edge| edge.source).collect();
    let payees: BTreeSet<u32> =
        seen.iter().filter(|edge| edge.source == at.source).map(|edge| edge.target).collect();
    let joined = |s: u32, t: u32| seen.iter().any(|edge| edge.source == s && edge.target == t);
    let sinks_of = |sources: &BTreeSet<u32>| -> BTreeSet<u32> {
        let enough = |t: &u32| sources.iter().filter(|s| joined(**s, *t)).count() >= p;
        payees.iter().copied().filter(enough).collect()
    };
    let mut largest: Option<(BTreeSet<u32>, BTreeSet<u32>)> = None;
    for chosen in 0..1_u32.checked_shl(u32::try_from(payers.len()).ok()?)? {
        let sources: BTreeSet<u32> = (0..)
            .zip(&payers)
            .filter(|(bit, _)| chosen.checked_shr(*bit).unwrap_or(0) & 1 == 1)
            .map(|(_, payer)| *payer)
            .collect();
        let sinks = sinks_of(&sources);
        let stands = sources.iter().all(|s| sinks.iter().filter(|t| joined(*s, **t)).count() >= q);
        if stands && largest.as_ref().is_none_or(|known| sources.len() > known.0.len()) {
            largest = Some((sources, sinks));
        }
    }
    let (sources, sinks) = largest?;
    let paid = |from: &BTreeSet<u32>, to: &BTreeSet<u32>| {
        sum(seen.iter().filter(|edge| from.contains(&edge.source) && to.contains(&edge.target)))
    };
    let (gross, back) = (paid(&sources, &sinks), paid(&sinks, &sources));
    (sources.contains(&at.source) && sinks.contains(&at.target)).then_some(Core {
        sources,
        sinks,
        gross,
        back,
    })
}

/// The mirrors of the payment that asks, oldest first. `party` gives the accounts of an account's
/// party, itself included; `tolerance` is in millionths.
#[expect(clippy::arithmetic_side_effects, reason = "a 64-bit by a 32-bit number in 128 bits")]
pub fn mirror(seen: &[Edge], tolerance: u32, party: &dyn Fn(u32) -> BTreeSet<u32>) -> Vec<Edge> {
    let Some((at, before)) = seen.split_last() else { return Vec::new() };
    let (own, theirs) = (party(at.source), party(at.target));
    let near = |f: &Edge| match (f.amount, at.amount) {
        (Some(f), Some(e)) => {
            let (f, e) = (i128::from(f), i128::from(e));
            (f - e).abs() * 1_000_000 <= i128::from(tolerance) * e
        }
        _ => false,
    };
    let back = |f: &Edge| {
        theirs.contains(&f.source) && own.contains(&f.target) && !theirs.contains(&f.target)
    };
    before.iter().filter(|f| back(f) && near(f)).copied().collect()
}
