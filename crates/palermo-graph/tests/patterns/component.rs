//! Components.

use crate::asked::for_each;
use palermo_graph::{ComponentAsk, ComponentSearch};
use palermo_testkit::patterns::groups::component;
use proptest::prelude::*;
use std::cell::RefCell;

#[test]
fn components_are_as_large_as_those_of_the_reference() {
    let search = RefCell::new(ComponentSearch::default());
    let asks = prop_oneof![0_u32..12, Just(1000)].prop_map(|cap| ComponentAsk { cap });
    for_each(12, 30, asks, |q| {
        let (found, small) =
            q.answers(|view, ask, budget| search.borrow_mut().search(view, ask, budget))?;
        let wanted = component(q.seen, q.hub).len();
        prop_assert_eq!(found.accounts as usize, wanted.min(q.ask.cap as usize));
        prop_assert_eq!(found.at_least, wanted >= q.ask.cap as usize);
        prop_assert!(small.found.accounts <= found.accounts);
        prop_assert!(found.at_least || !small.found.at_least);
        Ok(())
    });
}
