//! The numbers of one side against a list that is filtered and summed.

use crate::store::{account, for_each, view};
use palermo_graph::{StatisticsAsk, StatisticsSearch};
use palermo_ledger::Leg;
use palermo_testkit::patterns::seen;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

#[test]
fn statistics_are_those_of_the_list() {
    let search = RefCell::new(StatisticsSearch::default());
    for_each(5, 40, |book, paid, rank, window| {
        let Some(view) = view(book, paid, rank, window) else { return Ok(()) };
        let all = seen(paid, rank, window);
        for (of, leg) in (0..5).flat_map(|of| Leg::BOTH.map(|leg| (of, leg))) {
            let own: Vec<(u32, Option<i64>)> = all
                .iter()
                .map(|edge| match leg {
                    Leg::Debtor => (edge.source, edge.target, edge.amount),
                    Leg::Creditor => (edge.target, edge.source, edge.amount),
                })
                .filter(|(own, ..)| *own == of)
                .map(|(_, other, amount)| (other, amount))
                .collect();
            let ask = StatisticsAsk { account: account(of), leg };
            let answer = search.borrow_mut().search(&view, &ask, u32::MAX);
            let found = answer.found;
            let known: Vec<i64> = own.iter().filter_map(|(_, amount)| *amount).collect();
            prop_assert!(!answer.truncated);
            prop_assert_eq!(found.degree as usize, own.len());
            let others: BTreeSet<u32> = own.iter().map(|(other, _)| *other).collect();
            prop_assert_eq!(found.fan as usize, others.len());
            prop_assert_eq!(found.known as usize, known.len());
            prop_assert_eq!(found.sum, known.iter().map(|&amount| i128::from(amount)).sum());
            prop_assert_eq!(found.smallest.map(|a| a.0), known.iter().min().copied());
            prop_assert_eq!(found.largest.map(|a| a.0), known.iter().max().copied());
            // The variance by its other definition, times n², exactly.
            let n = i128::try_from(known.len()).unwrap();
            let spread: i128 = known.iter().map(|&a| (n * i128::from(a) - found.sum).pow(2)).sum();
            let near = |cents: i64| (i128::from(cents) * 100 * n * n * n - spread).abs();
            prop_assert!(found.variance().is_none_or(|v| near(v) <= 50 * n * n * n), "{:?}", found);
            prop_assert_eq!(found.variance().is_some(), n > 0);
            let cut = search.borrow_mut().search(&view, &ask, 2);
            prop_assert_eq!(cut.truncated, answer.work > 2);
        }
        Ok(())
    });
}
