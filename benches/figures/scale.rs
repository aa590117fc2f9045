//! Whether size alone costs: the short windows of production at equal density, with few accounts and
//! with many. Off unless `PALERMO_BENCH_LARGE` says how many payments the large stream has.
//!
//! What: payments a second in both, in turns, and the ratio of the medians. Promise: the density is
//! the same, ten payments an account in ten days. Cost: 50 million payments take about a minute a run
//! and some gigabytes, most of it lines of accounts.

use crate::production::{SHORT, run};
use palermo_benches::{figure, median_of, rate, setting};
use palermo_testkit::graph::{Edge, power_law};

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

fn once(edges: &[Edge]) -> f64 {
    let (took, said) = run(edges, SHORT, 0, &mut || {});
    let rate = rate(edges.len(), took);
    eprintln!(
        "scale: {} payments, {rate:.0} a second, {} answers cut, {:.1} units of work each, {} MB held",
        edges.len(),
        said.cut,
        said.work as f64 / edges.len() as f64,
        said.bytes >> 20,
    );
    rate
}
