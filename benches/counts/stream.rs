//! The streams that are asked about, and a store that is filled with one.
//!
//! Densities are those of the figures of `make bench`; the number of accounts is a tenth.

use crate::{QUESTIONS, counted};
use palermo_domain::Cents;
use palermo_graph::{ByArrival, Edge, View};
use palermo_ledger::edges::Keep;
use palermo_ledger::{AccountId, Book, Detail, RowId, SetId};
use palermo_testkit::graph::{Edge as Drawn, power_law};

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// One payment an account and day.
pub(crate) fn steady() -> Vec<Drawn> {
    power_law(1, 100_000, 10_000, 10 * DAY)
}

/// Four payments an account and day: some cycles close within a day.
pub(crate) fn busy() -> Vec<Drawn> {
    power_law(3, 40_000, 1_000, 10 * DAY)
}

/// Everybody with everybody in half a day: most budgets are spent.
pub(crate) fn burst() -> Vec<Drawn> {
    power_law(2, 25_000, 300, 12 * HOUR)
}

/// An empty store that forgets nothing by itself.
pub(crate) fn book() -> Book {
    Book::new(Keep { span: None, fan: 0 })
}

/// Puts the payment of this number, and says how it asks.
pub(crate) fn put(book: &mut Book, row: u32, edge: &Drawn) -> Edge {
    let [debtor, creditor] = [edge.source, edge.target].map(AccountId::from_index);
    // Amounts repeat, as prices do.
    let amount = Some(Cents(1000 + i64::from(row.wrapping_mul(2_654_435_761) >> 20)));
    // Seven of eight have a selection.
    let detail = Detail::new(amount, RowId(row), SetId(row % 8));
    let ends = [Some(debtor), Some(creditor)];
    book.put(ends, edge.time, [detail; 2], |known| known.row.0 < row);
    Edge { row: RowId(row), debtor, creditor, time: edge.time, amount }
}

/// The number of the first of the last so many payments.
pub(crate) fn tail(edges: &[Drawn], last: usize) -> u32 {
    u32::try_from(edges.len().saturating_sub(last)).expect("small streams")
}

/// Asks after each of the last payments, right when it was put; gives how many found something.
pub(crate) fn asked(edges: &[Drawn], window: i64, ask: &mut dyn FnMut(&View<'_>) -> bool) -> usize {
    asked_where(edges, QUESTIONS, window, &mut |_| true, ask)
}

/// The same after those of the last `of` payments that please, until all questions are asked.
pub(crate) fn asked_where(
    edges: &[Drawn],
    of: usize,
    window: i64,
    pleases: &mut dyn FnMut(&View<'_>) -> bool,
    ask: &mut dyn FnMut(&View<'_>) -> bool,
) -> usize {
    let (mut book, first) = (book(), tail(edges, of));
    let (mut asked, mut found) = (0, 0);
    for (row, edge) in (0_u32..).zip(edges) {
        let at = put(&mut book, row, edge);
        if row < first || asked == QUESTIONS {
            continue;
        }
        let view = View::new(&book, &ByArrival, at, window);
        if pleases(&view) {
            found += usize::from(counted(&mut || ask(&view)));
            asked += 1;
        }
    }
    assert_eq!(asked, QUESTIONS, "too few payments please");
    eprintln!("{found} of {asked} questions found something");
    found
}
