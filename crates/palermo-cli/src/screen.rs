//! The live screen: a bar on a terminal, a plain line now and then elsewhere. Always talk, never
//! data.

use crate::out::Out;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A plain line is shown so often.
const PLAIN_EVERY_MS: u64 = 5_000;
/// The bar is drawn so often a second.
const DRAWS_PER_SECOND: u8 = 10;
const STYLE: &str = "{prefix:>9} [{bar:32}] {human_pos}/{human_len}  {msg}";

/// What is being done now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// How much is done.
    pub done: u64,
    /// How much there is.
    pub total: u64,
    /// Time since this part began.
    pub elapsed_ms: u64,
    /// Records that are not applied yet.
    pub lag_records: Option<u64>,
    /// Alerts so far.
    pub alerts: Option<usize>,
}

impl Moment {
    /// Per second, since this part began.
    pub(crate) fn per_second(self) -> u64 {
        self.done.saturating_mul(1000).checked_div(self.elapsed_ms).unwrap_or(0)
    }

    fn words(self) -> String {
        let mut words = format!("{}/s", grouped(self.per_second()));
        if let Some(lag) = self.lag_records {
            words.push_str(&format!("  lag {}", grouped(lag)));
        }
        if let Some(alerts) = self.alerts {
            words.push_str(&format!("  alerts {alerts}"));
        }
        words
    }
}

/// The screen.
#[derive(Debug)]
pub(crate) struct Screen {
    live: Option<(MultiProgress, ProgressBar)>,
    name: &'static str,
    shown_ms: u64,
}

impl Screen {
    /// A bar where `live`, else lines.
    pub(crate) fn new(live: bool) -> Self {
        let live = live.then(|| {
            let target = ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND);
            let multi = MultiProgress::with_draw_target(target);
            let bar = multi.add(ProgressBar::new(0));
            let style = ProgressStyle::with_template(STYLE);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            (multi, bar)
        });
        Self { live, name: "", shown_ms: 0 }
    }

    /// A new part begins.
    pub(crate) fn begin(&mut self, name: &'static str) {
        self.name = name;
        self.shown_ms = 0;
        if let Some((_, bar)) = &self.live {
            bar.reset();
            bar.set_prefix(name);
        }
    }

    /// Shows how far it is.
    pub(crate) fn show(&mut self, moment: Moment, out: &mut Out) {
        if let Some((_, bar)) = &self.live {
            bar.set_length(moment.total);
            bar.set_position(moment.done);
            bar.set_message(moment.words());
        } else if moment.elapsed_ms.saturating_sub(self.shown_ms) >= PLAIN_EVERY_MS {
            self.shown_ms = moment.elapsed_ms;
            let (done, total) = (grouped(moment.done), grouped(moment.total));
            out.talk(&format!("{} {done}/{total}  {}", self.name, moment.words()));
        }
    }

    /// A line above the bar.
    pub(crate) fn line(&mut self, line: &str, out: &mut Out) {
        match &self.live {
            // A terminal that went away is no reason to stop.
            Some((multi, _)) => drop(multi.println(line)),
            None => out.talk(line),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&mut self) {
        if let Some((multi, bar)) = &self.live {
            bar.finish_and_clear();
            drop(multi.clear());
        }
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    palermo_domain::grouped(number.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_rates_are_per_second() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        let moment = Moment {
            done: 3_000,
            total: 9_000,
            elapsed_ms: 1_500,
            lag_records: Some(6_000),
            alerts: Some(2),
        };
        assert_eq!(moment.words(), "2,000/s  lag 6,000  alerts 2");
        assert_eq!(Moment { elapsed_ms: 0, ..moment }.per_second(), 0);
    }
}
