//! Components, and attributes that accounts share, by brute force.

use super::Edge;
use super::stars::is_barrier;
use std::collections::BTreeSet;

/// The accounts that edges join with u, u included: passes over all edges until none adds any.
pub fn component(seen: &[Edge], hub: usize) -> BTreeSet<u32> {
    let Some(at) = seen.last() else { return BTreeSet::new() };
    let mut joined = BTreeSet::from([at.source]);
    loop {
        let known = joined.len();
        for edge in seen {
            for (from, to) in [(edge.source, edge.target), (edge.target, edge.source)] {
                if joined.contains(&from) && !is_barrier(seen, from, hub) {
                    joined.insert(to);
                }
            }
        }
        if joined.len() == known {
            return joined;
        }
    }
}

/// That a payment used an attribute value: at one end, or at both. Its rank is its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a use")]
pub struct Use {
    pub value: u32,
    /// The accounts that used it; twice the same where only one did.
    pub accounts: [u32; 2],
    pub time: i64,
}

/// The different accounts that used the value of the use of this rank in the window that ends with
/// it, the newest use first; of one payment, the larger account number first.
pub fn users(uses: &[Use], rank: usize, window: i64) -> Vec<u32> {
    let Some(at) = uses.get(rank) else { return Vec::new() };
    let from = at.time.saturating_sub(window);
    let mut inside: Vec<(i64, usize, u32)> = uses
        .iter()
        .enumerate()
        .filter(|(_, other)| other.value == at.value && other.time >= from)
        .flat_map(|(rank, other)| other.accounts.map(|account| (other.time, rank, account)))
        .filter(|(time, other, _)| (*time, *other) <= (at.time, rank))
        .collect();
    inside.sort_unstable();
    let mut users = Vec::new();
    for (.., account) in inside.into_iter().rev() {
        if !users.contains(&account) {
            users.push(account);
        }
    }
    users
}
