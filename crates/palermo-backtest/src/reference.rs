//! What rules do on known history, as bounds for alarms: how long an indicator is quiet, and how many
//! alerts a typology makes in an hour.
//!
//! The file is a table with tabs, one rule a line, which an engine reads (`rules.reference`) and shows as
//! gauges; it may be edited by hand. Silence is the 99.9th percentile of the gaps between two newest hits of
//! an indicator, whoever they are about, by time: of all moments, 999 of 1,000 lie in a gap that is no longer.
//! By number the long gaps of quiet nights would vanish among the many short ones of the day. None where
//! there were fewer than thirty gaps, as a rule that has hit a few times says nothing of how often it will. A flood is more than twice the
//! most alerts of any hour, and never fewer than ten.
//!
//! Cost: a look at every indicator's newest hit per record; memory is a number for each gap of a minute or
//! more, so at most one for each minute of the data and rule.

use crate::told::Told;
use palermo_domain::alert::Mode;
use palermo_domain::{EventTime, Span};
use std::collections::BTreeMap;

/// Fewer gaps say nothing.
const GAPS_MIN: u64 = 30;
/// So many alerts in an hour are no flood.
const FLOOD_MIN: u64 = 10;
/// Shorter gaps are counted and not kept.
const SHORT_SECONDS: u64 = 60;
const HOUR: Span = Span::from_millis(3_600_000);

/// The gaps between the hits of one indicator.
#[derive(Clone, Debug, Default)]
struct Gaps {
    newest: Option<EventTime>,
    short: u64,
    short_ms: u64,
    /// In seconds.
    long: Vec<u64>,
}

impl Gaps {
    fn hit(&mut self, at: EventTime) {
        if let Some(before) = self.newest.replace(at) {
            let gap_ms = at.since(before).as_millis().unsigned_abs();
            let seconds = gap_ms.div_euclid(1000);
            if seconds < SHORT_SECONDS {
                self.short = self.short.saturating_add(1);
                self.short_ms = self.short_ms.saturating_add(gap_ms);
            } else {
                self.long.push(seconds);
            }
        }
    }

    /// The 99.9th percentile by time, in seconds.
    fn silence(&self) -> Option<u64> {
        let long = u64::try_from(self.long.len()).unwrap_or(u64::MAX);
        if self.short.saturating_add(long) < GAPS_MIN {
            return None;
        }
        let all = self.long.iter().copied().fold(self.short_seconds(), u64::saturating_add);
        let mut long = self.long.clone();
        long.sort_unstable_by(|a, b| b.cmp(a));
        let (mut above, spare) = (0_u64, all.div_euclid(1000));
        let reaches = |gap: &u64| {
            above = above.saturating_add(*gap);
            above > spare
        };
        Some(long.into_iter().find(reaches).unwrap_or(SHORT_SECONDS))
    }

    const fn short_seconds(&self) -> u64 {
        self.short_ms / 1000
    }
}

/// The gaps of every indicator of a rule set, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Silences {
    gaps: Vec<Gaps>,
}

impl Silences {
    /// Takes in the newest hit of every indicator.
    pub(crate) fn look(&mut self, newest: &[Option<EventTime>]) {
        self.gaps.resize_with(newest.len(), Gaps::default);
        for (gaps, newest) in self.gaps.iter_mut().zip(newest) {
            if gaps.newest != *newest
                && let Some(at) = newest
            {
                gaps.hit(*at);
            }
        }
    }

    /// Seconds by rule, of those that can be told.
    pub(crate) fn by_rule<'a>(
        &self,
        rules: impl Iterator<Item = &'a str>,
    ) -> BTreeMap<String, u64> {
        let known = |(rule, gaps): (&str, &Gaps)| Some((rule.to_owned(), gaps.silence()?));
        rules.zip(&self.gaps).filter_map(known).collect()
    }
}

/// By typology, the bound of what it may make in an hour.
fn floods(told: &[Told]) -> BTreeMap<String, u64> {
    let mut times: BTreeMap<String, Vec<EventTime>> = BTreeMap::new();
    for told in told.iter().filter(|told| told.mode == Mode::Live && !told.held_back) {
        times.entry(told.typology.clone()).or_default().push(told.at);
    }
    let most = |mut times: Vec<EventTime>| {
        times.sort_unstable();
        let inside = |(at, end): (usize, &EventTime)| {
            let first = times.partition_point(|time| end.since(*time) >= HOUR);
            at.saturating_add(1).saturating_sub(first)
        };
        times.iter().enumerate().map(inside).max().unwrap_or(0) as u64
    };
    let bound = |most: u64| most.saturating_mul(2).max(FLOOD_MIN);
    times.into_iter().map(|(rule, times)| (rule, bound(most(times)))).collect()
}

/// The file; `of` says what it was made of, in one line.
pub fn reference(silences: &BTreeMap<String, u64>, told: &[Told], of: &str) -> String {
    let mut text = format!(
        "# palermo reference 1\n# {of}\n\
         # seconds of event time: 999 of 1,000 moments lie in a shorter gap between hits; alerts in an hour that are a flood\n\
         rule\texpected_silence_seconds\tflood_alerts\n"
    );
    for (rule, seconds) in silences {
        text.push_str(&format!("{rule}\t{seconds}\t-\n"));
    }
    for (rule, alerts) in floods(told) {
        text.push_str(&format!("{rule}\t-\t{alerts}\n"));
    }
    text
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the test makes itself")]
mod tests {
    use super::*;

    fn gaps(seconds: &[i64]) -> Gaps {
        let mut gaps = Gaps::default();
        let mut at = EventTime(0);
        gaps.hit(at);
        for gap in seconds {
            at = at.plus(Span::from_millis(gap * 1000));
            gaps.hit(at);
        }
        gaps
    }

    /// Against every second of the history, each in its gap, sorted.
    #[test]
    fn the_percentile_is_that_of_all_moments() {
        // A busy rule that sleeps at night; a rare one; one with a single long gap among few.
        let night: Vec<i64> =
            (0..30).flat_map(|_| std::iter::repeat_n(5, 4_000).chain([6 * 3_600])).collect();
        let rare: Vec<i64> = (1..=40).map(|n| n * 1_000).collect();
        let single: Vec<i64> = std::iter::repeat_n(100, 40).chain([50_000]).collect();
        for seconds in [night, rare, single, vec![5; 40]] {
            let mut moments: Vec<u64> = Vec::new();
            for gap in &seconds {
                let gap = u64::try_from(*gap).unwrap();
                moments.extend(std::iter::repeat_n(gap, usize::try_from(gap).unwrap()));
            }
            moments.sort_unstable();
            let expected = moments[moments.len() - 1 - moments.len() / 1000];
            assert_eq!(gaps(&seconds).silence(), Some(expected.max(SHORT_SECONDS)));
        }
        assert_eq!(gaps(&[100; 29]).silence(), None, "too few");
    }

    #[test]
    fn a_hit_counts_once_however_often_it_is_looked_at() {
        let mut silences = Silences::default();
        for at in [0, 0, 90_000, 90_000, 200_000] {
            silences.look(&[Some(EventTime(at)), None]);
        }
        assert_eq!(silences.gaps[0].long, [90, 110]);
        assert_eq!(silences.gaps[1].newest, None);
        assert!(silences.by_rule(["A", "B"].into_iter()).is_empty());
    }
}
