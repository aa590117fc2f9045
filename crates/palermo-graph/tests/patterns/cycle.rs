//! Cycles in order of time, through selections and with every budget.

use crate::asked::{Question, for_each, keeps, shares};
use crate::store::rank;
use palermo_graph::{CycleAsk, CycleSearch, Cycles, Hops};
use palermo_testkit::patterns::Edge;
use palermo_testkit::patterns::paths::{self, Accounts, cycles_of};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;
use std::collections::BTreeSet;

fn asks() -> impl Strategy<Value = CycleAsk> {
    let hops = (2_u8..=8, 0_u8..=6).prop_map(|(least, more)| Hops { least, most: least + more });
    let hops = prop_oneof![1 => Just(Hops { least: 2, most: 8 }), 2 => hops];
    (hops, keeps(), 0_usize..6).prop_map(|(hops, keeps, witnesses)| CycleAsk {
        hops,
        keeps,
        witnesses,
    })
}

/// The accounts that witnesses visit, each once; every payment is seen, joins the one before, comes
/// after it and keeps.
fn visited(
    q: &Question<'_, CycleAsk>,
    found: &Cycles,
) -> Result<BTreeSet<Accounts>, TestCaseError> {
    let asked = q.seen.last().unwrap();
    let kept = shares(q.ask.keeps).map(|(least, most)| [i64::from(least), i64::from(most)]);
    let mut all = BTreeSet::new();
    let mut length = 0;
    for witness in &found.witnesses {
        let mut accounts = vec![asked.target];
        let mut edges: Vec<Edge> = Vec::new();
        for &row in witness {
            let edge = *q.seen.iter().find(|edge| edge.rank == rank(row)).unwrap();
            prop_assert_eq!(Some(&edge.source), accounts.last());
            accounts.push(edge.target);
            edges.push(edge);
        }
        edges.push(*asked);
        for two in edges.windows(2) {
            prop_assert!(two[0].place() < two[1].place());
            prop_assert!(kept.is_none_or(|kept| paths::keeps(&two[0], &two[1], kept)));
        }
        prop_assert!(witness.len() >= length, "fewest first");
        length = witness.len();
        prop_assert!(all.insert(accounts), "a sequence comes once");
    }
    Ok(all)
}

fn check(q: &Question<'_, CycleAsk>, search: &mut CycleSearch) -> Result<(), TestCaseError> {
    let (found, small) = q.answers(|view, ask, budget| search.search(view, ask, budget))?;
    let hops = [usize::from(q.ask.hops.least), usize::from(q.ask.hops.most.min(8))];
    let kept = shares(q.ask.keeps).map(|(least, most)| [i64::from(least), i64::from(most)]);
    let wanted = cycles_of(q.seen, hops, kept, q.hub);
    let fewest = wanted.iter().map(Vec::len).min();
    prop_assert_eq!(found.fewest.map(usize::from), fewest);
    let accounts = visited(q, &found)?;
    prop_assert!(accounts.is_subset(&wanted));
    let mut lengths: Vec<usize> = wanted.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    lengths.truncate(q.ask.witnesses);
    let got: Vec<usize> = found.witnesses.iter().map(|witness| witness.len() + 1).collect();
    prop_assert_eq!(got, lengths);
    prop_assert!(visited(q, &small.found)?.is_subset(&wanted));
    prop_assert!(small.found.fewest.is_none_or(|hops| Some(usize::from(hops)) >= fewest));
    Ok(())
}

#[test]
fn cycles_of_few_accounts_are_those_of_the_reference() {
    let search = RefCell::new(CycleSearch::default());
    for_each(5, 50, asks(), |q| check(&q, &mut search.borrow_mut()));
}

#[test]
fn cycles_of_many_accounts_are_those_of_the_reference() {
    let search = RefCell::new(CycleSearch::default());
    for_each(12, 60, asks(), |q| check(&q, &mut search.borrow_mut()));
}
