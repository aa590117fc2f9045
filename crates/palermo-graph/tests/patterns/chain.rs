//! Chains: money that each account passes on.

use crate::asked::{Question, for_each};
use crate::store::rank;
use palermo_graph::{Chain, ChainAsk, ChainSearch, Keeps};
use palermo_testkit::patterns::paths::{hubs, longest_chain_of};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;
use std::collections::BTreeSet;

fn asks() -> impl Strategy<Value = ChainAsk> {
    let kept = crate::asked::keeps().prop_filter_map("a chain keeps", |keeps| keeps);
    (1_u8..=8, kept).prop_map(|(hops, keeps)| ChainAsk { hops, keeps })
}

/// Every payment is seen, enters the account that the next leaves, comes before it and keeps; the
/// accounts are different, and none between is a hub.
fn holds(q: &Question<'_, ChainAsk>, chain: &Chain) -> Result<(), TestCaseError> {
    let asked = q.seen.last().unwrap();
    let mut last = asked;
    let mut accounts = BTreeSet::from([asked.target, asked.source]);
    for &row in chain.before.iter().rev() {
        let edge = q.seen.iter().find(|edge| edge.rank == rank(row)).unwrap();
        prop_assert!(edge.target == last.source && edge.place() < last.place());
        prop_assert!(!hubs(q.seen, q.hub).contains(&edge.target));
        let (brought, passed) =
            (i128::from(edge.amount.unwrap()), i128::from(last.amount.unwrap()));
        let Keeps { least, most } = q.ask.keeps;
        let kept = passed * 1_000_000;
        prop_assert!(brought * i128::from(least) <= kept && kept <= brought * i128::from(most));
        prop_assert!(accounts.insert(edge.source), "an account comes twice");
        last = edge;
    }
    prop_assert_eq!(chain.before.len() + 1, usize::from(chain.hops));
    prop_assert_eq!(chain.brought.map(|brought| brought.0), last.amount);
    Ok(())
}

#[test]
fn chains_are_those_of_the_reference() {
    let search = RefCell::new(ChainSearch::default());
    for (accounts, most) in [(6, 40), (12, 50)] {
        for_each(accounts, most, asks(), |q| {
            let (found, small) =
                q.answers(|view, ask, budget| search.borrow_mut().search(view, ask, budget))?;
            let Keeps { least, most } = q.ask.keeps;
            let kept = [i64::from(least), i64::from(most)];
            let wanted = longest_chain_of(q.seen, usize::from(q.ask.hops), kept, q.hub);
            prop_assert_eq!(Some(usize::from(found.hops)), wanted);
            holds(&q, &found)?;
            holds(&q, &small.found)?;
            prop_assert!(small.found.hops <= found.hops);
            Ok(())
        });
    }
}
