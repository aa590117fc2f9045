//! The searches of docs/patterns.md on the ledger's store: amounts, rows and witnesses, every payment
//! asked right after it comes. One thread.
//!
//! Density decides more than size: every figure names payments, accounts and days, and whether the
//! longest window is full or filling.

use palermo_benches::{figure, median_of, now, quantile, rate, setting};
use palermo_domain::Cents;
use palermo_graph::{
    ByArrival, ChainAsk, ChainSearch, CycleAsk, CycleSearch, Edge, FanAsk, FanSearch, Hops, Keeps,
    ScatterGather, ScatterGatherAsk, SimpleCycleAsk, SimpleCycleSearch, Trace, View,
};
use palermo_ledger::edges::Keep;
use palermo_ledger::{AccountId, Book, Detail, Leg, RowId, SetId};
use palermo_testkit::graph::{Edge as Drawn, power_law};
use std::time::Duration;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const BUDGET: u32 = 4096;
/// Payments whose lines are read together.
const AHEAD: usize = 16;

/// Windows in seconds; 0 is not asked.
#[derive(Clone, Copy, Default)]
pub(crate) struct Windows {
    fan: i64,
    scatter_gather: i64,
    cycle: i64,
    simple_cycle: i64,
    chain: i64,
    funded: i64,
}

pub(crate) const SHORT: Windows = Windows {
    fan: 12 * HOUR,
    scatter_gather: 6 * HOUR,
    cycle: DAY,
    simple_cycle: 6 * HOUR,
    chain: 0,
    funded: 0,
};

const LONG: Windows =
    Windows { fan: DAY, scatter_gather: DAY, cycle: 10 * DAY, simple_cycle: DAY, ..SHORT };

#[derive(Default)]
struct Searches {
    fan: FanSearch,
    scatter_gather: ScatterGather,
    cycle: CycleSearch,
    simple_cycle: SimpleCycleSearch,
    chain: ChainSearch,
    trace: Trace,
}

/// What a run says.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) cut: u64,
    found: u64,
    pub(crate) work: u64,
    pub(crate) bytes: usize,
}

pub(crate) fn figures(runs: usize) {
    let scale = setting("PALERMO_BENCH_EDGES", 1_000_000);
    let million = power_law(1, scale, 100_000, 10 * DAY);
    let none = Windows::default();
    for (name, windows) in [
        ("put", none),
        ("fan_degree", Windows { fan: SHORT.fan, ..none }),
        ("scatter_gather", Windows { scatter_gather: SHORT.scatter_gather, ..none }),
        ("cycle", Windows { cycle: SHORT.cycle, ..none }),
        ("simple_cycle", Windows { simple_cycle: SHORT.simple_cycle, ..none }),
        ("chain_24h", Windows { chain: DAY, ..none }),
        ("funded_72h", Windows { funded: 3 * DAY, ..none }),
        ("all", SHORT),
    ] {
        rates(&format!("production_short_{name}"), runs, &million, windows, 0);
    }
    stalls("production_short_all", &million, SHORT);
    drop(million);
    let wide = power_law(1, 5 * scale, 1_000_000, 10 * DAY);
    rates("production_short_all_5m_1m_accounts", 1, &wide, SHORT, 0);
    drop(wide);
    let steady = power_law(1, 2 * scale, 100_000, 20 * DAY);
    let half = steady.len() / 2;
    rates("production_long_steady_all", 1, &steady, LONG, half);
    rates("production_long_steady_cycle", 1, &steady, Windows { cycle: LONG.cycle, ..none }, half);
    drop(steady);
    let burst = power_law(2, 25_000, 300, 12 * HOUR);
    rates("production_burst_25k_300_accounts_12h", runs.min(3), &burst, SHORT, 0);
    stalls("production_burst_25k_300_accounts_12h", &burst, SHORT);
}

/// Fills a store and asks after each payment, from the one at `first` on.
pub(crate) fn run(
    edges: &[Drawn],
    windows: Windows,
    first: usize,
    each: &mut dyn FnMut(),
) -> (Duration, Said) {
    let longest = [
        windows.fan,
        windows.scatter_gather,
        windows.cycle,
        windows.simple_cycle,
        windows.chain,
        windows.funded,
    ];
    let span = longest.into_iter().max().unwrap_or(0).max(DAY);
    let mut book = Book::new(Keep { span: Some(span), fan: 0 });
    let (mut searches, mut said) = (Searches::default(), Said::default());
    let mut begun = now();
    let mut row = 0_u32;
    for some in edges.chunks(AHEAD) {
        let ends = |edge: &Drawn| [edge.source, edge.target].map(AccountId::from_index);
        let touched = some.iter().fold(0_u32, |sum, edge| {
            let [debtor, creditor] = ends(edge);
            sum.wrapping_add(book.touch(debtor, creditor))
        });
        std::hint::black_box(touched);
        for edge in some {
            let [debtor, creditor] = ends(edge);
            // Amounts repeat, as prices do.
            let amount = Some(Cents(1000 + i64::from(row.wrapping_mul(2_654_435_761) >> 20)));
            let detail = Detail::new(amount, RowId(row), SetId(0));
            book.put([Some(debtor), Some(creditor)], edge.time, [detail; 2], |known| {
                known.row.0 < row
            });
            let at = Edge { row: RowId(row), debtor, creditor, time: edge.time, amount };
            if row as usize == first {
                (begun, said) = (now(), Said::default());
            }
            if row as usize >= first && debtor != creditor {
                searches.ask(&book, at, &windows, &mut said);
            }
            row += 1;
            each();
        }
    }
    said.bytes = book.bytes();
    (begun.elapsed(), said)
}

impl Searches {
    fn ask(&mut self, book: &Book, at: Edge, windows: &Windows, said: &mut Said) {
        let view = |window: i64| View::new(book, &ByArrival, at, window);
        let mut note = |truncated: bool, work: u32, found: bool| {
            said.cut += u64::from(truncated);
            said.work += u64::from(work);
            said.found += u64::from(found);
        };
        if windows.fan > 0 {
            for leg in Leg::BOTH {
                let ask = FanAsk { leg, enough: u32::MAX, degree_only: false };
                let answer = self.fan.search(&view(windows.fan), &ask, BUDGET);
                note(answer.truncated, answer.work, answer.found.fan > 1);
            }
        }
        if windows.scatter_gather > 0 {
            let ask = ScatterGatherAsk { keeps: None };
            let answer = self.scatter_gather.search(&view(windows.scatter_gather), &ask, BUDGET);
            note(answer.truncated, answer.work, answer.found.largest.is_some());
        }
        if windows.cycle > 0 {
            let ask = CycleAsk { hops: Hops { least: 2, most: 8 }, keeps: None, witnesses: 3 };
            let answer = self.cycle.search(&view(windows.cycle), &ask, BUDGET);
            note(answer.truncated, answer.work, answer.found.fewest.is_some());
        }
        if windows.simple_cycle > 0 {
            let ask = SimpleCycleAsk { hops: Hops { least: 2, most: 6 }, witnesses: 3 };
            let answer = self.simple_cycle.search(&view(windows.simple_cycle), &ask, BUDGET);
            note(answer.truncated, answer.work, answer.found.fewest.is_some());
        }
        if windows.chain > 0 {
            let ask = ChainAsk { hops: 8, keeps: Keeps { least: 900_000, most: Keeps::ALL } };
            let answer = self.chain.search(&view(windows.chain), &ask, BUDGET);
            note(answer.truncated, answer.work, answer.found.hops > 1);
        }
        if windows.funded > 0 {
            let answer = self.trace.funded(&view(windows.funded), windows.funded, BUDGET);
            note(answer.truncated, answer.work, answer.found.share > 0);
        }
    }
}

fn rates(name: &str, runs: usize, edges: &[Drawn], windows: Windows, first: usize) {
    let mut said = Said::default();
    let asked = edges.len() - first;
    let median = median_of(name, runs, || {
        let (took, last) = run(edges, windows, first, &mut || {});
        said = last;
        rate(asked, took)
    });
    eprintln!(
        "{name}: {asked} payments, {} answers cut, {:.1} units of work each, {} found, {:.0} bytes held per payment read",
        said.cut,
        said.work as f64 / asked as f64,
        said.found,
        said.bytes as f64 / edges.len() as f64,
    );
    figure(name, format!("{median:.0}"), "payments/s");
}

/// Time of each payment alone, reading of the clock included, and the longest.
fn stalls(name: &str, edges: &[Drawn], windows: Windows) {
    let mut times = Vec::with_capacity(edges.len());
    let mut last = now();
    run(edges, windows, 0, &mut || {
        let read = now();
        times.push((read - last).as_nanos() as f64);
        last = read;
    });
    times.sort_by(f64::total_cmp);
    for (suffix, share) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
        figure(&format!("{name}_{suffix}"), format!("{:.0}", quantile(&times, share)), "ns");
    }
}
