//! Whether size alone costs: the short windows of production at equal density, with few accounts and
//! with many. Off unless `PALERMO_BENCH_LARGE` says how many payments the large stream has.
//!
//! What: payments a second in both, in turns, and the ratio of the medians. Seconds are those of the
//! processor: a busy machine costs cache, not turns. Promise: the density is the same, ten payments
//! an account in ten days. Cost: 50 million payments take 16 bytes each, and 25 for what is held.

use crate::production::{SHORT, run};
use palermo_benches::{figure, median_of, rate, setting};
use palermo_testkit::graph::{Edge, power_law};
use std::time::Duration;

const DAY: i64 = 86_400;
const SMALL: usize = 1_000_000;
const PER_ACCOUNT: usize = 10;

pub(crate) fn figures(runs: usize) {
    let large = setting("PALERMO_BENCH_LARGE", 0);
    if large == 0 {
        eprintln!("scale: not measured, PALERMO_BENCH_LARGE=50000000 does");
        return;
    }
    let streams = [SMALL, large].map(|payments| {
        let accounts = u32::try_from(payments / PER_ACCOUNT).unwrap_or(u32::MAX);
        power_law(1, payments, accounts, 10 * DAY)
    });
    let mut rates = [Vec::new(), Vec::new()];
    // In turns, so that a slow minute of the machine hits both.
    for _ in 0..runs.max(1) {
        for (edges, rates) in streams.iter().zip(&mut rates) {
            rates.push(once(edges));
        }
    }
    let [small, large] = rates.map(|rates| {
        let (runs, mut rates) = (rates.len(), rates.into_iter());
        median_of("scale", runs, || rates.next().unwrap_or(f64::NAN))
    });
    figure("production_scale_1m", format!("{small:.0}"), "payments/s");
    figure("production_scale_large", format!("{large:.0}"), "payments/s");
    figure("production_scale_ratio", format!("{:.3}", large / small), "ratio");
}

/// How long this thread was on a processor, where the system says it.
fn on_processor() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn once(edges: &[Edge]) -> f64 {
    let before = on_processor();
    let (took, said) = run(edges, SHORT, 0, &mut || {});
    let worked = on_processor().zip(before).map_or(took, |(after, before)| after - before);
    let payments = edges.len();
    let (rate, wall) = (rate(payments, worked), rate(payments, took));
    eprintln!(
        "scale: {payments} payments, {rate:.0} a second ({wall:.0} by the clock), {} answers cut, {:.1} units of work each, {} MB held",
        said.cut,
        said.work as f64 / payments as f64,
        said.bytes >> 20,
    );
    rate
}
