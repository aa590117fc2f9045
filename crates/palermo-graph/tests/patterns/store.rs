//! A store filled from a stream, in any order of arrival, and the questions asked of it.

use palermo_domain::Cents;
use palermo_graph::{ByArrival, Edge, View};
use palermo_ledger::edges::Keep;
use palermo_ledger::{AccountId, Book, Detail, RowId, SetId};
use palermo_testkit::patterns::{Arrival, Paid, arrivals, edge, multigraph};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Windows longer than this are not asked about.
pub(crate) const KEPT: i64 = 1000;

pub(crate) fn account(number: u32) -> AccountId {
    AccountId::from_index(number)
}

pub(crate) fn number(account: AccountId) -> u32 {
    u32::try_from(account.index()).unwrap()
}

pub(crate) fn rank(row: RowId) -> usize {
    row.0 as usize
}

fn row(rank: usize) -> RowId {
    RowId(u32::try_from(rank).unwrap())
}

fn put(book: &mut Book, paid: &[Paid], rank: usize) {
    let Paid { source, target, time, amount } = paid[rank];
    // Selections by rank: a test may select any payments.
    let detail = Detail::new(amount.map(Cents), row(rank), SetId(row(rank).0));
    let ends = [source.map(account), target.map(account)];
    book.put(ends, time, [detail; 2], |known| known.row.0 < row(rank).0);
}

/// The payments of a stream, as they arrive.
pub(crate) fn filled(paid: &[Paid], arrivals: &[Arrival]) -> Book {
    let mut book = Book::new(Keep { span: None, fan: 0 });
    for arrival in arrivals {
        match *arrival {
            Arrival::Comes(rank) => put(&mut book, paid, rank),
            Arrival::Reversed(rank) => {
                let Paid { source, target, time, .. } = paid[rank];
                let ends = [source.map(account), target.map(account)];
                book.remove(ends, time, |known| known.row == row(rank));
            }
        }
    }
    book
}

/// The question that one payment of a stream asks; `None` where it is no edge.
pub(crate) fn view<'a>(
    book: &'a Book,
    paid: &[Paid],
    rank: usize,
    window: i64,
) -> Option<View<'a>> {
    let asked = edge(paid, rank)?;
    let at = Edge {
        row: row(rank),
        debtor: account(asked.source),
        creditor: account(asked.target),
        time: asked.time,
        amount: asked.amount.map(Cents),
    };
    Some(View::new(book, &ByArrival, at, window))
}

pub(crate) fn graphs() -> u32 {
    std::env::var("PALERMO_GRAPHS").ok().and_then(|n| n.parse().ok()).unwrap_or(1000)
}

/// Calls `check` with a store, the stream that is in it, a rank and a window, for random streams in
/// random orders of arrival, and every payment of each.
pub(crate) fn for_each(
    accounts: u32,
    most: usize,
    check: impl Fn(&Book, &[Paid], usize, i64) -> Result<(), TestCaseError>,
) {
    let streams = multigraph(accounts, most).prop_flat_map(|paid| {
        let order = arrivals(paid.len(), 6);
        (Just(paid), order, prop_oneof![2 => 1_i64..30, 1 => Just(KEPT)])
    });
    let mut runner = TestRunner::new(Config { cases: graphs(), ..Config::default() });
    let run = runner.run(&streams, |(paid, order, window)| {
        let book = filled(&paid, &order);
        (0..paid.len()).try_for_each(|rank| check(&book, &paid, rank, window))
    });
    if let Err(why) = run {
        panic!("{why}");
    }
}

/// The harness itself: what the store shows of each side is what the stream says.
#[test]
fn a_view_is_a_filtered_list() {
    use palermo_ledger::Leg;
    use palermo_testkit::patterns::seen;
    for_each(5, 40, |book, paid, rank_of, window| {
        let Some(view) = view(book, paid, rank_of, window) else { return Ok(()) };
        let all = seen(paid, rank_of, window);
        for of in 0..5 {
            for leg in Leg::BOTH {
                let got: Vec<_> = view
                    .side(account(of), leg)
                    .iter()
                    .map(|step| {
                        (rank(step.row()), number(step.other()), step.time(), step.amount())
                    })
                    .collect();
                let own = |edge: &palermo_testkit::patterns::Edge| match leg {
                    Leg::Debtor => (edge.source, edge.target),
                    Leg::Creditor => (edge.target, edge.source),
                };
                let wanted: Vec<_> = all
                    .iter()
                    .filter(|edge| own(edge).0 == of)
                    .map(|edge| (edge.rank, own(edge).1, edge.time, edge.amount.map(Cents)))
                    .collect();
                prop_assert_eq!(&got, &wanted);
                // Cut at every payment: strictly before, strictly after.
                let side = view.side(account(of), leg);
                for cut in &all {
                    let moment = palermo_graph::Moment { time: cut.time, row: row(cut.rank) };
                    let before = wanted.iter().filter(|w| (w.2, w.0) < cut.place()).count();
                    let after = wanted.iter().filter(|w| (w.2, w.0) > cut.place()).count();
                    prop_assert_eq!(side.until(moment).iter().count(), before);
                    prop_assert_eq!(side.after(moment).iter().count(), after);
                }
            }
        }
        Ok(())
    });
}
