//! What witnesses of cycles must fulfill, with or without an order of time.

use crate::store::rank;
use palermo_graph::{Answer, Cycles, Hops};
use palermo_testkit::patterns::Edge;
use palermo_testkit::patterns::paths::Accounts;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::collections::BTreeSet;

/// Ranges of hops: the whole one more often.
pub(crate) fn hops(most: u8) -> impl Strategy<Value = Hops> {
    let some = (2_u8..=8, 0_u8..=6).prop_map(|(least, more)| Hops { least, most: least + more });
    prop_oneof![1 => Just(Hops { least: 2, most }), 2 => some]
}

/// The accounts that witnesses visit, each once, fewest first; every payment is seen, is not the one
/// that asks, and joins the one before. `each` looks at the payments of one.
pub(crate) fn visited(
    seen: &[Edge],
    found: &Cycles,
    each: impl Fn(&[Edge]) -> Result<(), TestCaseError>,
) -> Result<BTreeSet<Accounts>, TestCaseError> {
    let asked = seen.last().unwrap();
    let mut all = BTreeSet::new();
    let mut length = 0;
    for witness in &found.witnesses {
        let mut accounts = vec![asked.target];
        let mut edges: Vec<Edge> = Vec::new();
        for &row in witness {
            let edge = *seen.iter().find(|edge| edge.rank == rank(row)).unwrap();
            prop_assert_eq!(Some(&edge.source), accounts.last());
            prop_assert!(edge.rank != asked.rank);
            accounts.push(edge.target);
            edges.push(edge);
        }
        each(&edges)?;
        prop_assert!(witness.len() >= length, "fewest first");
        length = witness.len();
        prop_assert!(all.insert(accounts), "a sequence comes once");
    }
    Ok(all)
}

/// The whole answer is the fewest that there are, a cut one holds.
pub(crate) fn hold(
    seen: &[Edge],
    wanted: &BTreeSet<Accounts>,
    witnesses: usize,
    (found, cut): (&Cycles, &Answer<Cycles>),
    each: impl Fn(&[Edge]) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let fewest = wanted.iter().map(Vec::len).min();
    prop_assert_eq!(found.fewest.map(usize::from), fewest);
    prop_assert!(visited(seen, found, &each)?.is_subset(wanted));
    prop_assert_eq!(found.witnesses.len(), wanted.len().min(witnesses));
    let mut lengths: Vec<usize> = wanted.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    lengths.truncate(witnesses);
    let got: Vec<usize> = found.witnesses.iter().map(|witness| witness.len() + 1).collect();
    prop_assert_eq!(got, lengths);
    prop_assert!(visited(seen, &cut.found, &each)?.is_subset(wanted));
    prop_assert!(cut.found.fewest.is_none_or(|hops| Some(usize::from(hops)) >= fewest));
    Ok(())
}
