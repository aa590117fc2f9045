//! Fans and degrees.

use crate::asked::for_each;
use crate::store::account;
use palermo_graph::{FanAsk, FanSearch};
use palermo_ledger::Leg;
use palermo_testkit::patterns::stars::{fan_in, fan_out};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

#[test]
fn fans_are_those_of_the_reference() {
    let search = RefCell::new(FanSearch::default());
    for_each(
        5,
        60,
        (
            prop_oneof![Just(Leg::Debtor), Just(Leg::Creditor)],
            prop_oneof![Just(u32::MAX), 1_u32..4],
            any::<bool>(),
        )
            .prop_map(|(leg, enough, degree_only)| FanAsk { leg, enough, degree_only }),
        |q| {
            let (fan, small) =
                q.answers(|view, ask, budget| search.borrow_mut().search(view, ask, budget))?;
            let wanted = match q.ask.leg {
                Leg::Debtor => fan_out(q.seen),
                Leg::Creditor => fan_in(q.seen),
            };
            let enough = q.ask.enough;
            let least =
                |count: u32, wanted: usize| (count.min(enough), wanted.min(enough as usize));
            let (counted, all) = (least(fan.fan, wanted.0), least(fan.degree, wanted.1));
            prop_assert_eq!(all.0 as usize, all.1);
            prop_assert!(q.ask.degree_only || counted.0 as usize == counted.1);
            prop_assert!(enough < u32::MAX || fan.degree as usize == wanted.1);
            prop_assert!(small.found.fan <= fan.fan && small.found.degree <= fan.degree);
            // A cut one is that of the newest payments.
            let at = q.view.at();
            let newest = q.seen.iter().rev().filter_map(|edge| match q.ask.leg {
                Leg::Debtor => (account(edge.source) == at.debtor).then_some(edge.target),
                Leg::Creditor => (account(edge.target) == at.creditor).then_some(edge.source),
            });
            let newest: BTreeSet<u32> = newest.take(small.found.degree as usize).collect();
            prop_assert_eq!(newest.len(), small.found.fan as usize);
            Ok(())
        },
    );
}
