//! Simple cycles in any order of time.

use crate::asked::{Question, for_each};
use crate::witnesses::{hold, hops};
use palermo_graph::{SimpleCycleAsk, SimpleCycleSearch};
use palermo_testkit::patterns::paths::simple_cycles_of;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;

fn asks() -> impl Strategy<Value = SimpleCycleAsk> {
    (hops(10), 0_usize..6).prop_map(|(hops, witnesses)| SimpleCycleAsk { hops, witnesses })
}

fn check(
    q: &Question<'_, SimpleCycleAsk>,
    search: &mut SimpleCycleSearch,
) -> Result<(), TestCaseError> {
    let (found, small) = q.answers(|view, ask, budget| search.search(view, ask, budget))?;
    let hops = [usize::from(q.ask.hops.least), usize::from(q.ask.hops.most.min(10))];
    let wanted = simple_cycles_of(q.seen, hops, q.hub);
    hold(q.seen, &wanted, q.ask.witnesses, (&found, &small), |_| Ok(()))
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
