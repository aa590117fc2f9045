//! Graph patterns per payment: the compatible counts, one thread, each payment its own batch, without
//! reading and writing files. Interning of account numbers is part of the time.
//!
//! Density decides more than size: every figure names payments, accounts and days, and whether the
//! longest window is full or filling.

use palermo_benches::{figure, median_of, now, quantile, rate, setting};
use palermo_domain::FixedHashMap;
use palermo_graph::{Counts, Miner, Settings};
use palermo_ledger::AccountId;
use palermo_testkit::graph::{Edge, power_law};
use std::time::Duration;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Payments that are numbered before they are searched.
const BATCH: usize = 64;
/// A budget that cuts nothing in short windows and bounds the rest.
const BUDGET: u32 = 4096;

/// The windows of a day and less.
const SHORT: Settings = Settings {
    fan: Some(12 * HOUR),
    degree: Some(12 * HOUR),
    scatter_gather: Some(6 * HOUR),
    temp_cycle: Some(24 * HOUR),
    lc_cycle: Some(6 * HOUR),
    lc_cycle_len: 6,
    lateness: 0,
    budget: BUDGET,
};

/// The windows of a day, with ten for temporal cycles.
const LONG: Settings = Settings {
    fan: Some(DAY),
    degree: Some(DAY),
    scatter_gather: Some(DAY),
    temp_cycle: Some(10 * DAY),
    lc_cycle: Some(DAY),
    ..SHORT
};

const NONE: Settings = Settings {
    fan: None,
    degree: None,
    scatter_gather: None,
    temp_cycle: None,
    lc_cycle: None,
    ..SHORT
};

pub(crate) fn figures(runs: usize) {
    let scale = setting("PALERMO_BENCH_EDGES", 1_000_000);
    let million = power_law(1, scale, 100_000, 10 * DAY);
    let patterns = [
        ("fan_degree", Settings { fan: SHORT.fan, degree: SHORT.degree, ..NONE }),
        ("scatter_gather", Settings { scatter_gather: SHORT.scatter_gather, ..NONE }),
        ("temp_cycle", Settings { temp_cycle: SHORT.temp_cycle, ..NONE }),
        ("lc_cycle", Settings { lc_cycle: SHORT.lc_cycle, ..NONE }),
        ("all", SHORT),
    ];
    for (name, settings) in patterns {
        rates(&format!("graph_short_{name}"), runs, &million, settings);
    }
    stalls("graph_short_all", &million, SHORT);
    rates("graph_long_filling_all", 1, &million, LONG);
    drop(million);
    let wide = power_law(1, 5 * scale, 1_000_000, 10 * DAY);
    rates("graph_short_all_5m_edges_1m_accounts", runs.min(3), &wide, SHORT);
    drop(wide);
    let hub = with_hub(power_law(1, scale, 100_000, 10 * DAY));
    rates("graph_short_all_hub_1_percent_in_and_out", runs.min(3), &hub, SHORT);
    let burst = power_law(2, 25_000, 300, 12 * HOUR);
    rates("graph_burst_25k_edges_300_accounts_12h", runs.min(3), &burst, SHORT);
}

/// One payment in a hundred goes to one account, and one comes from it.
fn with_hub(mut edges: Vec<Edge>) -> Vec<Edge> {
    let hub = 100_000;
    edges.iter_mut().step_by(100).for_each(|edge| edge.target = hub);
    edges.iter_mut().skip(50).step_by(100).for_each(|edge| edge.source = hub);
    edges
}

/// Numbers accounts as they come and hands payments over in batches.
fn run(edges: &[Edge], settings: Settings, each: &mut dyn FnMut(&Counts)) -> (Duration, usize) {
    let begun = now();
    let mut miner = Miner::new(settings);
    let mut numbers: FixedHashMap<u32, u32> = FixedHashMap::default();
    let mut batch = Vec::with_capacity(BATCH);
    for some in edges.chunks(BATCH) {
        batch.clear();
        for edge in some {
            let mut number = |account| {
                let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                AccountId::from_index(*numbers.entry(account).or_insert(next))
            };
            let (payer, payee) = (number(edge.source), number(edge.target));
            batch.push((payer, payee, edge.time));
        }
        miner.add_each(&batch, &mut |_, counts| each(counts));
    }
    (begun.elapsed(), miner.bytes())
}

fn rates(name: &str, runs: usize, edges: &[Edge], settings: Settings) {
    let (mut cut, mut found, mut work, mut bytes) = (0_usize, 0_u64, 0_u64, 0);
    let median = median_of(name, runs, || {
        (cut, found, work) = (0, 0, 0);
        let (took, held) = run(edges, settings, &mut |counts| {
            cut += usize::from(counts.truncated.any());
            work += u64::from(counts.work);
            found += u64::from(counts.fan_in > 1);
        });
        bytes = held;
        rate(edges.len(), took)
    });
    eprintln!(
        "{name}: {} payments, {cut} cut, {:.1} units of work each, {:.0} bytes held per payment read, {found} fans",
        edges.len(),
        work as f64 / edges.len() as f64,
        bytes as f64 / edges.len() as f64,
    );
    figure(name, format!("{median:.0}"), "payments/s");
}

/// Time of each payment alone, reading of the clock included, and the longest.
fn stalls(name: &str, edges: &[Edge], settings: Settings) {
    let mut times = Vec::with_capacity(edges.len());
    let mut last = now();
    run(edges, settings, &mut |_| {
        let read = now();
        times.push((read - last).as_nanos() as f64);
        last = read;
    });
    times.sort_by(f64::total_cmp);
    for (suffix, share) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)] {
        figure(&format!("{name}_{suffix}"), format!("{:.0}", quantile(&times, share)), "ns");
    }
}
