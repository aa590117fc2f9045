//! The watermark: no payment before it is expected any more.
//!
//! It is the minimum over the partitions of the payments topic of (highest event time - lateness),
//! and never goes back. A partition whose last record, whatever its fate, is more than `idle_after`
//! of record time behind the record being applied does not hold it; one that never delivered counts
//! from the first record of the topic. One that delivers nothing but dead letters is not idle and
//! has no event time: it holds, because payments are missing. All of it is a function of the inputs
//! in their order (DESIGN §8).

use palermo_domain::{EventTime, Partition, Span};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Seen {
    highest: Option<EventTime>,
    last_key: Option<i64>,
}

/// Watermarks of one task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Watermarks {
    partitions: BTreeMap<Partition, Seen>,
    lateness: Span,
    idle_after: Span,
    first_key: Option<i64>,
    watermark: Option<EventTime>,
}

impl Watermarks {
    pub(super) fn new(
        partitions: impl Iterator<Item = Partition>,
        lateness: Span,
        idle_after: Span,
    ) -> Self {
        Self {
            partitions: partitions.map(|partition| (partition, Seen::default())).collect(),
            lateness,
            idle_after,
            first_key: None,
            watermark: None,
        }
    }

    /// Goes on under these settings.
    pub(super) fn keep(&mut self, lateness: Span, idle_after: Span) {
        (self.lateness, self.idle_after) = (lateness, idle_after);
    }

    /// Takes in that a record came; `key` is the record time reached.
    pub(super) fn touch(&mut self, partition: Partition, key: i64) {
        self.first_key.get_or_insert(key);
        self.partitions.entry(partition).or_default().last_key = Some(key);
    }

    /// Takes in an event time; the watermark follows with the next one that is applied.
    pub(super) fn see(&mut self, partition: Partition, time: EventTime) {
        let seen = self.partitions.entry(partition).or_default();
        seen.highest = seen.highest.max(Some(time));
    }

    /// Takes in an event time that is applied; `key` is the record time reached.
    pub(super) fn observe(&mut self, partition: Partition, time: EventTime, key: i64) {
        self.see(partition, time);
        let mut lowest: Option<EventTime> = None;
        for seen in self.partitions.values() {
            if self.idle(seen, key) {
                continue;
            }
            let Some(highest) = seen.highest else { return };
            lowest = Some(lowest.map_or(highest, |lowest| lowest.min(highest)));
        }
        let reached = lowest.map(|lowest| lowest.minus(self.lateness));
        self.watermark = self.watermark.max(reached);
    }

    fn idle(&self, seen: &Seen, key: i64) -> bool {
        let since = seen.last_key.or(self.first_key).unwrap_or(key);
        key.saturating_sub(since) > self.idle_after.as_millis()
    }

    pub(super) fn watermark(&self) -> Option<EventTime> {
        self.watermark
    }

    /// The partition that holds the watermark back: the lowest of those that count.
    pub(super) fn holder(&self, key: i64) -> Option<Partition> {
        let counting = self.partitions.iter().filter(|(_, seen)| !self.idle(seen, key));
        counting.min_by_key(|(partition, seen)| (seen.highest, **partition)).map(|(p, _)| *p)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the test makes itself")]
mod tests {
    use super::*;
    use palermo_domain::TopicRole;

    /// Rows: partition, event time (s), record time (s), watermark after it (s).
    fn check(partitions: i32, rows: &[(i32, i64, i64, Option<i64>)]) {
        let partition = |index| Partition { role: TopicRole::Payments, index };
        let seconds = |s: i64| Span::from_millis(s * 1000);
        let all = (0..partitions).map(partition);
        let mut marks = Watermarks::new(all, seconds(10), seconds(60));
        for &(index, event, key, expected) in rows {
            marks.touch(partition(index), key * 1000);
            marks.observe(partition(index), EventTime(event * 1000), key * 1000);
            let got = marks.watermark().map(|mark| mark.0 / 1000);
            assert_eq!(got, expected, "after partition {index} event {event} key {key}");
        }
    }

    #[test]
    fn the_slowest_partition_that_counts_holds_the_watermark() {
        check(1, &[(0, 100, 0, Some(90)), (0, 50, 1, Some(90)), (0, 101, 2, Some(91))]);
        // Partition 1 has not spoken: it holds until it is idle.
        check(2, &[(0, 100, 0, None), (0, 200, 60, None), (0, 300, 61, Some(290))]);
        // It speaks late with old times: the watermark does not go back.
        check(
            2,
            &[
                (0, 100, 0, None),
                (1, 90, 1, Some(80)),
                (0, 500, 2, Some(80)),
                (0, 600, 62, Some(590)),
                (1, 95, 63, Some(590)),
                (1, 700, 64, Some(590)),
                (0, 800, 65, Some(690)),
            ],
        );
    }
}
