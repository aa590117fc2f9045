//! Cycles, simple cycles and chains by walking every path.

use super::{Edge, Paid, seen};
use std::collections::BTreeSet;

/// What each payment passes on of the one before it: at least and at most, in millionths.
pub type Keeps = [i64; 2];

/// The accounts of a path, in the order in which the money visits them.
pub type Accounts = Vec<u32>;

/// Whether `next` passes on what `last` brought.
#[expect(clippy::arithmetic_side_effects, reason = "an oracle for small numbers")]
pub fn keeps(last: &Edge, next: &Edge, [least, most]: Keeps) -> bool {
    let (Some(brought), Some(passed)) = (last.amount, next.amount) else { return false };
    least * brought <= passed * 1_000_000 && passed * 1_000_000 <= most * brought
}

/// Accounts that no path goes through: more than `hub` of the edges in one direction, and not an end
/// of the edge that asks, which is the last.
pub fn hubs(seen: &[Edge], hub: usize) -> BTreeSet<u32> {
    let many = |account: u32, end: fn(&Edge) -> u32| {
        seen.iter().filter(|edge| end(edge) == account).count() > hub
    };
    seen.iter()
        .flat_map(|edge| [edge.source, edge.target])
        .filter(|account| many(*account, |edge| edge.source) || many(*account, |edge| edge.target))
        .filter(|account| seen.last().is_some_and(|e| ![e.source, e.target].contains(account)))
        .collect()
}

/// Every cycle that a payment completes: the different sequences of accounts, from its payee to its
/// payer. `hops` counts the payment itself; both ends included.
pub fn cycles(
    paid: &[Paid],
    rank: usize,
    window: i64,
    hops: [usize; 2],
    kept: Option<Keeps>,
    hub: usize,
) -> BTreeSet<Accounts> {
    cycles_of(&seen(paid, rank, window), hops, kept, hub)
}

/// The same of the last payment that is seen.
pub fn cycles_of(
    all: &[Edge],
    hops: [usize; 2],
    kept: Option<Keeps>,
    hub: usize,
) -> BTreeSet<Accounts> {
    let Some(&at) = all.last() else { return BTreeSet::new() };
    let keep = |last: &Edge, next: &Edge| kept.is_none_or(|kept| keeps(last, next, kept));
    let mut found = BTreeSet::new();
    walk(all, &hubs(all, hub), at, hops, &keep, &mut Vec::new(), &mut found);
    found
}

/// Tries every payment that may follow those of `path`.
fn walk(
    all: &[Edge],
    hubs: &BTreeSet<u32>,
    at: Edge,
    hops: [usize; 2],
    keep: &dyn Fn(&Edge, &Edge) -> bool,
    path: &mut Vec<Edge>,
    found: &mut BTreeSet<Accounts>,
) {
    let accounts: Accounts =
        std::iter::once(at.target).chain(path.iter().map(|edge| edge.target)).collect();
    let here = path.last().map_or(at.target, |last| last.target);
    let with_this = path.len().saturating_add(1);
    if here == at.source {
        if with_this >= hops[0] && path.last().is_some_and(|last| keep(last, &at)) {
            found.insert(accounts);
        }
        return;
    }
    if with_this >= hops[1] || hubs.contains(&here) {
        return;
    }
    for next in all.iter().filter(|next| next.rank != at.rank && next.source == here) {
        let follows =
            path.last().is_none_or(|last| last.place() < next.place() && keep(last, next));
        if follows && !accounts.contains(&next.target) {
            path.push(*next);
            walk(all, hubs, at, hops, keep, path, found);
            path.pop();
        }
    }
}

/// The same without any order among the payments before this one.
pub fn simple_cycles(
    paid: &[Paid],
    rank: usize,
    window: i64,
    hops: [usize; 2],
    hub: usize,
) -> BTreeSet<Accounts> {
    simple_cycles_of(&seen(paid, rank, window), hops, hub)
}

/// The same of the last payment that is seen.
pub fn simple_cycles_of(all: &[Edge], hops: [usize; 2], hub: usize) -> BTreeSet<Accounts> {
    let Some(&at) = all.last() else { return BTreeSet::new() };
    let hubs = hubs(all, hub);
    let joined: BTreeSet<(u32, u32)> = all
        .iter()
        .filter(|edge| edge.rank != at.rank)
        .map(|edge| (edge.source, edge.target))
        .collect();
    let mut found = BTreeSet::new();
    // Every sequence of different accounts that payments join, by one account more each time.
    let mut sequences = vec![vec![at.target]];
    for length in 2..=hops[1] {
        let mut longer = Vec::new();
        for sequence in &sequences {
            let here = sequence.last().copied();
            if here.is_none_or(|here| hubs.contains(&here)) {
                continue;
            }
            for &(_, next) in joined.iter().filter(|(from, _)| Some(*from) == here) {
                let mut accounts = sequence.clone();
                accounts.push(next);
                if next == at.source && length >= hops[0] {
                    found.insert(accounts);
                } else if next != at.source && !sequence.contains(&next) {
                    longer.push(accounts);
                }
            }
        }
        sequences = longer;
    }
    found
}

/// The largest number of payments of a chain that ends with this one, up to `hops`; `None` where it
/// is no edge.
pub fn longest_chain(
    paid: &[Paid],
    rank: usize,
    window: i64,
    hops: usize,
    kept: Keeps,
    hub: usize,
) -> Option<usize> {
    longest_chain_of(&seen(paid, rank, window), hops, kept, hub)
}

/// The same of the last payment that is seen.
pub fn longest_chain_of(all: &[Edge], hops: usize, kept: Keeps, hub: usize) -> Option<usize> {
    let &at = all.last()?;
    Some(longest(all, &hubs(all, hub), hops, kept, &mut vec![at]))
}

/// `chain` holds the payments from the last to the first.
fn longest(
    all: &[Edge],
    hubs: &BTreeSet<u32>,
    hops: usize,
    kept: Keeps,
    chain: &mut Vec<Edge>,
) -> usize {
    let mut most = chain.len();
    let Some(&first) = chain.last().filter(|_| chain.len() < hops) else { return most };
    if hubs.contains(&first.source) {
        return most;
    }
    for before in all.iter().filter(|edge| edge.target == first.source) {
        let visited = chain.iter().any(|edge| [edge.source, edge.target].contains(&before.source));
        if !visited && before.place() < first.place() && keeps(before, &first, kept) {
            chain.push(*before);
            most = most.max(longest(all, hubs, hops, kept, chain));
            chain.pop();
        }
    }
    most
}
