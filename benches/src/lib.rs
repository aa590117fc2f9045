//! Workloads and measuring helpers of the benches.
//!
//! A figure is the median of several runs with the lowest and highest beside it on standard error;
//! `bench <name> <value> <unit>` on standard output is the result and nothing else is.

mod broker;
mod pass_through;
mod rules;
mod work;

pub use broker::Broker;
pub use pass_through::PassThrough;
pub use rules::Shipped;
pub use work::{TYPICAL, Work};

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Now.
#[expect(clippy::disallowed_methods, reason = "a bench measures with the machine's clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// A number from the environment, such as `PALERMO_BENCH_PAYMENTS`.
pub fn setting(name: &str, default: usize) -> usize {
    choice(name).and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A text from the environment, such as `PALERMO_SCORE_ONLY`.
#[expect(clippy::disallowed_methods, reason = "the size of a bench is set from outside")]
pub fn choice(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Prints one figure.
pub fn figure(name: &str, value: impl Display, unit: &str) {
    println!("bench {name} {value} {unit}");
}

/// Runs it several times and gives the median; the spread goes to standard error.
pub fn median_of(name: &str, runs: usize, mut run: impl FnMut() -> f64) -> f64 {
    let mut values: Vec<f64> = (0..runs.max(1)).map(|_| run()).collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[0], values[values.len() - 1]);
    let median = values[values.len() / 2];
    eprintln!("{name}: median {median:.0} of {} runs, {low:.0} to {high:.0}", values.len());
    median
}

/// The value below which this share of the sorted values lies.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(at.saturating_sub(1).min(last)).copied().unwrap_or(f64::NAN)
}

/// So many a second.
pub fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let values: Vec<f64> = (1..=1000).map(f64::from).collect();
        let at = |share| quantile(&values, share);
        assert_eq!((at(0.5), at(0.99), at(0.999), at(1.0)), (500.0, 990.0, 999.0, 1000.0));
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn the_median_is_the_middle() {
        let mut values = [3.0, 1.0, 2.0].into_iter();
        assert_eq!(median_of("x", 3, || values.next().unwrap_or_default()), 2.0);
    }
}
