//! Windows of rules, read from the ledger's entries: count, sum and different other ends in 30 days, at
//! both ends of every payment, asked right after it comes.

use palermo_benches::{figure, median_of, now, rate, setting};
use palermo_domain::{Cents, EventTime};
use palermo_ledger::edges::Keep;
use palermo_ledger::{AccountId, Adder, Book, Detail, Leg, RowId, SetId};
use palermo_testkit::graph::{Edge, power_law};
use std::hint::black_box;

const DAY_MS: i64 = 86_400_000;
const WINDOW_MS: i64 = 30 * DAY_MS;

pub(crate) fn figures(runs: usize) {
    let scale = setting("PALERMO_BENCH_EDGES", 1_000_000);
    let accounts = u32::try_from(scale / 5).unwrap_or(u32::MAX);
    // The second half of the time has a full window before it.
    let edges = power_law(3, scale * 5, accounts, 60 * 86_400);
    let put = median_of("window_put", runs, || run(&edges, false).0);
    let mut seen = 0;
    let all = median_of("window_all", runs, || {
        let (ns, entries) = run(&edges, true);
        seen = entries;
        ns
    });
    let per_payment = seen as f64 / (edges.len() - edges.len() / 2) as f64;
    eprintln!(
        "windows: {} payments, {accounts} accounts, 60 days; {per_payment:.0} entries a payment in the full half",
        edges.len()
    );
    figure("ledger_put", format!("{put:.0}"), "ns/payment");
    figure("window_30d_count_sum_distinct_both_ends", format!("{:.0}", all - put), "ns/payment");
    figure("window_30d_entries", format!("{per_payment:.0}"), "entries/payment");
    figure("window_30d_rate", format!("{:.0}", 1e9 / all), "payments/s");
}

/// Time of a payment in the half with full windows, and the entries that its windows hold.
fn run(edges: &[Edge], ask: bool) -> (f64, u64) {
    let mut book = Book::new(Keep { span: None, fan: 0 });
    let (mut adder, mut entries) = (Adder::default(), 0_u64);
    let (filling, full) = edges.split_at(edges.len() / 2);
    let put = |book: &mut Book, (row, edge): (u32, &Edge)| {
        let ends = [edge.source, edge.target].map(AccountId::from_index);
        let detail = Detail::new(Some(Cents(i64::from(row % 100_000))), RowId(row), SetId(row % 8));
        book.put(ends.map(Some), edge.time * 1000, [detail; 2], |known| known.row.0 < row);
        ends
    };
    (0..).zip(filling).for_each(|payment| _ = put(&mut book, payment));
    let begun = now();
    for (row, edge) in (u32::try_from(filling.len()).unwrap_or(0)..).zip(full) {
        let ends = put(&mut book, (row, edge));
        book.forget_before(edge.time * 1000 - WINDOW_MS);
        if ask {
            let window = (EventTime(edge.time * 1000 - WINDOW_MS), EventTime(edge.time * 1000));
            for side in ends.into_iter().zip(Leg::BOTH) {
                adder.begin(false);
                // Seven of eight are chosen.
                adder.add(&book, side, window, |set| set.0 > 0);
                entries += u64::from(black_box(adder.totals()).count);
            }
        }
    }
    let ns = 1e9 / rate(full.len(), begun.elapsed());
    (ns, entries * 8 / 7)
}
