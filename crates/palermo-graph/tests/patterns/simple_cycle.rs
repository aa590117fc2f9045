//! Simple cycles in any order of time.

use crate::asked::{Question, for_each};
use crate::store::rank;
use palermo_graph::{Cycles, Hops, SimpleCycleAsk, SimpleCycleSearch};
use palermo_testkit::patterns::Edge;
use palermo_testkit::patterns::paths::{Accounts, simple_cycles_of};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;
use std::collections::BTreeSet;

fn asks() -> impl Strategy<Value = SimpleCycleAsk> {
    let hops = (2_u8..=8, 0_u8..=6).prop_map(|(least, more)| Hops { least, most: least + more });
    let hops = prop_oneof![1 => Just(Hops { least: 2, most: 10 }), 2 => hops];
    (hops, 0_usize..6).prop_map(|(hops, witnesses)| SimpleCycleAsk { hops, witnesses })
}

/// The accounts that witnesses visit, each once; every payment is seen and joins the one before.
fn visited(
    q: &Question<'_, SimpleCycleAsk>,
    found: &Cycles,
) -> Result<BTreeSet<Accounts>, TestCaseError> {
    let asked = q.seen.last().unwrap();
    let mut all = BTreeSet::new();
    let mut length = 0;
    for witness in &found.witnesses {
        let mut accounts = vec![asked.target];
        for &row in witness {
            let edge: Option<&Edge> = q.seen.iter().find(|edge| edge.rank == rank(row));
            prop_assert!(edge.is_some_and(|edge| Some(&edge.source) == accounts.last()));
            prop_assert!(edge.unwrap().rank != asked.rank);
            accounts.push(edge.unwrap().target);
        }
        prop_assert!(witness.len() >= length, "fewest first");
        length = witness.len();
        prop_assert!(all.insert(accounts), "a sequence comes once");
    }
    Ok(all)
}

fn check(
    q: &Question<'_, SimpleCycleAsk>,
    search: &mut SimpleCycleSearch,
) -> Result<(), TestCaseError> {
    let (found, small) = q.answers(|view, ask, budget| search.search(view, ask, budget))?;
    let hops = [usize::from(q.ask.hops.least), usize::from(q.ask.hops.most.min(10))];
    let wanted = simple_cycles_of(q.seen, hops, q.hub);
    let fewest = wanted.iter().map(Vec::len).min();
    prop_assert_eq!(found.fewest.map(usize::from), fewest);
    let accounts = visited(q, &found)?;
    prop_assert_eq!(found.witnesses.len(), wanted.len().min(q.ask.witnesses));
    prop_assert!(accounts.is_subset(&wanted));
    // The fewest hops that there are.
    let mut lengths: Vec<usize> = wanted.iter().map(Vec::len).collect();
    lengths.sort_unstable();
    lengths.truncate(q.ask.witnesses);
    let got: Vec<usize> = found.witnesses.iter().map(|witness| witness.len() + 1).collect();
    prop_assert_eq!(got, lengths);
    // Cut: what it says holds.
    prop_assert!(visited(q, &small.found)?.is_subset(&wanted));
    prop_assert!(small.found.fewest.is_none_or(|hops| Some(usize::from(hops)) >= fewest));
    Ok(())
}

#[test]
fn cycles_of_few_accounts_are_those_of_the_reference() {
    let search = RefCell::new(SimpleCycleSearch::default());
    for_each(6, 30, asks(), |q| check(&q, &mut search.borrow_mut()));
}

#[test]
fn cycles_of_many_accounts_are_those_of_the_reference() {
    let search = RefCell::new(SimpleCycleSearch::default());
    for_each(14, 40, asks(), |q| check(&q, &mut search.borrow_mut()));
}
