//! A store and a question drawn together, and what every answer must fulfil whatever its budget.

use crate::store::{filled, graphs, view};
use palermo_graph::{Answer, Keeps, Sum, View};
use palermo_ledger::SetId;
use palermo_testkit::patterns::stars::Sum as Expected;
use palermo_testkit::patterns::{Edge, Paid, arrivals, multigraph, seen};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::fmt::Debug;

/// What every question is asked with.
#[derive(Clone, Copy, Debug)]
struct Frame {
    window: i64,
    hub: usize,
    /// A payment is selected if the bit of its rank is set, or if it asks.
    selected: Option<u64>,
}

fn frames() -> impl Strategy<Value = Frame> {
    let window = prop_oneof![2 => 1_i64..30, 1 => Just(crate::store::KEPT)];
    let selected =
        prop_oneof![2 => Just(None), 1 => any::<[u64; 2]>().prop_map(|[a, b]| Some(a | b))];
    (window, prop_oneof![Just(3_usize), Just(palermo_graph::HUB)], selected)
        .prop_map(|(window, hub, selected)| Frame { window, hub, selected })
}

/// One question of one payment.
pub(crate) struct Question<'a, A> {
    pub(crate) view: View<'a>,
    /// What it sees, for the reference.
    pub(crate) seen: &'a [Edge],
    pub(crate) hub: usize,
    pub(crate) ask: &'a A,
    /// Any number: a small budget is made of it.
    pub(crate) budget: u32,
}

/// Calls `check` with every edge of random streams, in random orders of arrival, windows, hubs and
/// selections, with random questions.
pub(crate) fn for_each<A: Debug>(
    accounts: u32,
    most: usize,
    asks: impl Strategy<Value = A>,
    check: impl Fn(Question<'_, A>) -> Result<(), TestCaseError>,
) {
    let streams = multigraph(accounts, most).prop_flat_map(|paid| {
        let order = arrivals(paid.len(), 6);
        (Just(paid), order)
    });
    let mut runner = TestRunner::new(Config { cases: graphs(), ..Config::default() });
    let run = runner.run(
        &(streams, frames(), asks, any::<u32>()),
        |((paid, order), frame, ask, budget)| {
            let book = filled(&paid, &order);
            for asking in 0..paid.len() {
                let chosen = |rank: usize| {
                    rank == asking || frame.selected.is_none_or(|bits| bits >> (rank % 64) & 1 == 1)
                };
                let selection = |set: SetId| chosen(set.0 as usize);
                let Some(view) = view(&book, &paid, asking, frame.window) else { continue };
                let view = view.with_hub(frame.hub);
                let view = if frame.selected.is_some() { view.selecting(&selection) } else { view };
                let unseen = Paid { source: None, target: None, time: 0, amount: None };
                let selected: Vec<Paid> = (0..)
                    .zip(&paid)
                    .map(|(at, paid)| if chosen(at) { *paid } else { unseen })
                    .collect();
                let seen = seen(&selected, asking, frame.window);
                check(Question { view, seen: &seen, hub: frame.hub, ask: &ask, budget })?;
            }
            Ok(())
        },
    );
    if let Err(why) = run {
        panic!("{why}");
    }
}

impl<A> Question<'_, A> {
    /// Asks without a limit, and with the small budget: a cut is said, and where none is said the
    /// answers are equal. Returns the two.
    pub(crate) fn answers<T: PartialEq + Debug>(
        &self,
        mut search: impl FnMut(&View<'_>, &A, u32) -> Answer<T>,
    ) -> Result<(T, Answer<T>), TestCaseError> {
        let whole = search(&self.view, self.ask, u32::MAX);
        // Anywhere between nothing and a little more than is needed.
        let budget = self.budget % (whole.work + 3);
        let small = search(&self.view, self.ask, budget);
        prop_assert!(!whole.truncated);
        prop_assert!(small.work <= budget);
        prop_assert_eq!(small.truncated, whole.work > budget, "{:?} of {:?}", small, whole);
        if !small.truncated {
            prop_assert_eq!(&small.found, &whole.found);
            prop_assert_eq!(small.work, whole.work);
        }
        Ok((whole.found, small))
    }
}

/// Shares around those of the multigraphs.
pub(crate) fn keeps() -> impl Strategy<Value = Option<Keeps>> {
    let least =
        prop_oneof![Just(900_000_u32), Just(500_000), Just(700_000), Just(0), 0_u32..1_000_000];
    let most = prop_oneof![Just(Keeps::ALL), Just(990_000_u32), Just(2_000_000), 1_u32..1_500_000];
    let some = (least, most).prop_map(|(least, most)| Some(Keeps { least, most }));
    prop_oneof![1 => Just(None), 2 => some]
}

pub(crate) fn shares(keeps: Option<Keeps>) -> Option<(u32, u32)> {
    keeps.map(|keeps| (keeps.least, keeps.most))
}

pub(crate) fn sum(sum: Sum) -> Expected {
    Expected { cents: sum.cents, unknown: sum.unknown }
}

/// Whether one sum may be a part of another.
pub(crate) fn at_most(part: Sum, whole: Expected) -> bool {
    part.cents <= whole.cents && part.unknown <= whole.unknown
}
