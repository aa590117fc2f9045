//! From a running task to its metrics.
//!
//! Cost: per record one comparison (the timestamp last read, per partition); per committed alert
//! one reading of its envelope; once a second a copy of all counters.

use palermo_domain::alert::Mode;
use palermo_domain::{Currency, OutputTopic, Partition, Position, TopicRole};
use palermo_engine::port::{
    Batch, Clock, Delivery, Extent, Log, LogError, OutRecord, Past, Undecided,
};
use palermo_engine::{ControlTotals, Counters, Stats, Task, Volume};
use palermo_ops::{Metrics, Sample};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Counters are copied so often.
const COPY_EVERY_MS: u64 = 1_000;

/// A transaction of the upstream that is open for so long is worth a word.
const OPEN_LONG_MS: u64 = 10_000;

/// A batch or day that does not balance and has stood still for so long is worth a word.
const UNBALANCED_LONG_MS: i64 = 3_600_000;

/// A log that notes the timestamp last read in each partition.
pub(crate) struct Noted {
    inner: Box<dyn Log>,
    last_read_ms: BTreeMap<Partition, i64>,
}

impl std::fmt::Debug for Noted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Noted").finish_non_exhaustive()
    }
}

impl Noted {
    pub(crate) fn new(inner: Box<dyn Log>) -> Self {
        Self { inner, last_read_ms: BTreeMap::new() }
    }
}

impl Log for Noted {
    fn peek(&mut self, past: &mut Past<'_>) -> Result<(), LogError> {
        self.inner.peek(past)
    }

    fn fence(&mut self, past: &mut Past<'_>) -> Result<BTreeMap<Partition, Position>, LogError> {
        self.inner.fence(past)
    }

    fn extents(&mut self) -> Result<BTreeMap<Partition, Extent>, LogError> {
        self.inner.extents()
    }

    fn positions_at(&mut self, at_ms: i64) -> Result<BTreeMap<Partition, Position>, LogError> {
        self.inner.positions_at(at_ms)
    }

    fn replay(
        &mut self,
        from: &BTreeMap<Partition, Position>,
        until: &BTreeMap<Partition, Position>,
    ) -> Result<(), LogError> {
        self.inner.replay(from, until)
    }

    fn subscribe(&mut self, from: &BTreeMap<Partition, Position>) -> Result<(), LogError> {
        self.inner.subscribe(from)
    }

    fn poll(
        &mut self,
        wait: Duration,
        records_max: usize,
        on: &mut dyn FnMut(Delivery<'_>),
    ) -> Result<usize, LogError> {
        // Records come in runs of one partition: the map is touched once per run.
        let mut run: Option<(Partition, i64)> = None;
        let last_read_ms = &mut self.last_read_ms;
        let polled = self.inner.poll(wait, records_max, &mut |delivery| {
            if let Delivery::Record(record) = &delivery {
                let next = (record.partition, record.timestamp_ms);
                let before = run.replace(next);
                if let Some((partition, ms)) = before.filter(|(p, _)| *p != next.0) {
                    last_read_ms.insert(partition, ms);
                }
            }
            on(delivery);
        });
        self.last_read_ms.extend(run);
        polled
    }

    fn set_paused(&mut self, partition: Partition, paused: bool) -> Result<(), LogError> {
        self.inner.set_paused(partition, paused)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), LogError> {
        self.inner.commit(batch)
    }

    fn lag_records(&self) -> BTreeMap<Partition, i64> {
        self.inner.lag_records()
    }

    fn undecided(&self) -> BTreeMap<Partition, Undecided> {
        self.inner.undecided()
    }
}

/// What the log lines have said already: each once in the life of the process.
#[derive(Debug, Default)]
pub(crate) struct Noticed {
    unconverted: BTreeSet<Currency>,
    unknown_fields: BTreeSet<(TopicRole, String)>,
    /// Partitions with an open transaction of the upstream: where readers stop, since when, and whether
    /// that was said.
    open: BTreeMap<Partition, (Position, u64, bool)>,
    /// Keys of control totals that do not balance.
    unbalanced: BTreeSet<String>,
    totals_dropped: bool,
}

impl Noticed {
    /// Warns of a partition whose readable end stands still before records: once per place.
    fn look_at_open(&mut self, undecided: &BTreeMap<Partition, Undecided>, now_ms: u64) {
        self.open.retain(|partition, (from, ..)| {
            undecided.get(partition).is_some_and(|found| found.from == *from)
        });
        for (partition, found) in undecided {
            let (_, since_ms, said) =
                self.open.entry(*partition).or_insert((found.from, now_ms, false));
            let open_ms = now_ms.saturating_sub(*since_ms);
            if open_ms >= OPEN_LONG_MS && !*said {
                *said = true;
                tracing::warn!(
                    partition = %partition,
                    position = found.from,
                    records = found.records,
                    "a Kafka transaction of the upstream has been open for a while; nobody can read \
                     past it, and its payments wait: look at that producer"
                );
            }
        }
    }

    /// Warns of batches and days that do not balance, given the record time that reading has come to:
    /// once, and again where one balanced in between.
    fn look_at_totals(&mut self, totals: &ControlTotals, reached_ms: i64) {
        self.unbalanced.retain(|key| totals.open.iter().any(|open| open.key == *key));
        for open in &totals.open {
            let still_ms = reached_ms.saturating_sub(open.moved_ms);
            if still_ms >= UNBALANCED_LONG_MS && self.unbalanced.insert(open.key.clone()) {
                let (payments, sum) = open.taken.less(open.stated);
                tracing::warn!(
                    key = open.key,
                    state = open.state.as_str(),
                    payments,
                    sum,
                    "a batch or day is not what was stated of it, and nothing more of it came for an \
                     hour; the numbers are what was taken less what was stated"
                );
            }
        }
        if totals.dropped > 0 && !std::mem::replace(&mut self.totals_dropped, true) {
            tracing::warn!(
                dropped = totals.dropped,
                "there are more batches and days than control totals are held for; those that were \
                 dropped cannot be reconciled any more"
            );
        }
    }

    /// Warns of what blinds rules without any error.
    fn look(&mut self, counters: &Counters, base: Currency) {
        for currency in counters.unconverted.keys() {
            if self.unconverted.insert(*currency) {
                tracing::warn!(
                    currency = currency.as_str(),
                    base_currency = base.as_str(),
                    "payments cannot be converted for lack of a rate, and no condition on their \
                     amount holds; send rates as rows of the list `fx`, or set `base_currency` to \
                     what most payments are made in"
                );
            }
        }
        // The codec bounds the names and lets none through that could be content.
        for (topic, field) in counters.unknown_fields.keys() {
            if self.unknown_fields.insert((*topic, field.clone())) {
                tracing::warn!(
                    topic = topic.as_str(),
                    field,
                    "records carry a field that the schema does not know; no rule can read it"
                );
            }
        }
    }
}

/// Copies what a task counts.
#[derive(Debug)]
pub(crate) struct Observer<'a> {
    metrics: &'a Metrics,
    clock: ClockRef<'a>,
    noticed: &'a mut Noticed,
    delivered: [Volume; TopicRole::ALL.len()],
    /// Snapshots kept and not kept, as last seen.
    snapshots: (u64, u64),
    copied_ms: Option<u64>,
}

/// A clock that can be shown.
struct ClockRef<'a>(&'a dyn Clock);

impl std::fmt::Debug for ClockRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

impl<'a> Observer<'a> {
    /// Begins after a task was opened with these counters: what a recovery read is not counted.
    pub(crate) fn new(
        metrics: &'a Metrics,
        noticed: &'a mut Noticed,
        clock: &'a dyn Clock,
        stats: &Stats,
    ) -> Self {
        let restored_ms = stats.restore_ms.saturating_add(stats.replay_ms);
        metrics.restored(Duration::from_millis(restored_ms));
        let delivered = stats.delivered;
        let snapshots = (0, 0);
        Self { metrics, noticed, clock: ClockRef(clock), delivered, snapshots, copied_ms: None }
    }

    /// After every turn.
    pub(crate) fn turned(&mut self, task: &Task, log: &Noted) {
        self.committed(task);
        let now_ms = self.clock.0.monotonic_ms();
        let due = |at: u64| now_ms.saturating_sub(at) >= COPY_EVERY_MS;
        if self.copied_ms.is_none_or(due) {
            self.copied_ms = Some(now_ms);
            self.copy(task, log);
        }
    }

    /// After the last commit.
    pub(crate) fn ended(&mut self, task: &Task, log: &Noted) {
        self.committed(task);
        self.copy(task, log);
    }

    /// What became of snapshots since the last look.
    fn snapshots(&mut self, stats: &Stats) {
        let (taken, failed) = self.snapshots;
        self.snapshots = (stats.snapshots_taken, stats.snapshots_failed);
        let unix_ms = self.clock.0.unix_ms();
        if stats.snapshots_taken > taken {
            let (took, pause) = (stats.snapshot_ms, stats.snapshot_pause_ms);
            let [took, pause] = [took, pause].map(Duration::from_millis);
            let size_bytes = stats.snapshot_last.map_or(0, |(_, bytes)| bytes);
            self.metrics.snapshot_kept(took, pause, size_bytes, unix_ms);
        } else if stats.snapshot_is_current {
            self.metrics.snapshot_current(unix_ms);
        }
        if stats.snapshots_failed > failed
            && let Some(error) = &stats.snapshot_error
        {
            tracing::error!("a snapshot is not kept, and a restart would replay more: {error}");
            self.metrics.snapshot_failed(&error.part);
        }
    }

    fn copy(&mut self, task: &Task, log: &Noted) {
        let stats = task.stats();
        self.snapshots(stats);
        for role in TopicRole::ALL {
            let now = stats.delivered_from(role);
            let Some(before) = self.delivered.get_mut(role as usize) else { continue };
            let records = now.records.saturating_sub(before.records);
            let bytes = now.bytes.saturating_sub(before.bytes);
            *before = now;
            self.metrics.delivered(role, records, bytes);
        }
        // With what is counted where it happens: evaluations, last hits, memory, who holds the watermark.
        let counters = task.engine().totals();
        self.noticed.look(&counters, task.engine().config().base_currency);
        let reached_ms = reached(&log.lag_records(), &log.last_read_ms, self.clock.0.unix_ms());
        self.noticed.look_at_totals(&counters.control_totals, reached_ms);
        let undecided = log.undecided();
        self.noticed.look_at_open(&undecided, self.clock.0.monotonic_ms());
        let undecided = undecided.into_iter().map(|(partition, found)| (partition, found.records));
        self.metrics.update(&Sample {
            counters: &counters,
            watermark: task.engine().watermark(),
            lag_records: &log.lag_records(),
            undecided: &undecided.collect(),
            last_read_ms: &log.last_read_ms,
            buffered: u64::try_from(stats.buffered_records).unwrap_or(u64::MAX),
            unix_ms: self.clock.0.unix_ms(),
            monotonic_ms: self.clock.0.monotonic_ms(),
        });
    }

    fn committed(&self, task: &Task) {
        let records = task.committed();
        if records.is_empty() {
            return;
        }
        let mut by_topic: BTreeMap<OutputTopic, u64> = BTreeMap::new();
        let now_ms = self.clock.0.unix_ms();
        for record in records {
            let count = by_topic.entry(record.topic).or_default();
            *count = count.saturating_add(1);
            if matches!(record.topic, OutputTopic::Alerts | OutputTopic::Shadow) {
                self.alert(record, now_ms);
            }
        }
        let took = Duration::from_millis(task.stats().commit_ms_last);
        self.metrics.committed(took, &by_topic);
    }

    fn alert(&self, record: &OutRecord, now_ms: i64) {
        let value = record.value.as_deref().unwrap_or_default();
        let (Ok(alert), Some(detected_ms)) =
            (serde_json::from_slice::<Envelope<'_>>(value), record.timestamp_ms)
        else {
            return;
        };
        let data = &alert.data;
        if data.mode == Mode::Canary.as_str() {
            return;
        }
        self.metrics.alert_durable(&data.typology, now_ms.saturating_sub(detected_ms));
        if data.action == "created" && data.revision == 1 {
            let time = |text: &str| palermo_domain::EventTime::parse(text).ok();
            if let (Some(at), Some(start)) = (time(&alert.time), time(&data.episode.start)) {
                self.metrics.alert_created(&data.typology, at.since(start).as_millis());
            }
        }
    }
}

/// The record time up to which payments were read: now where nothing waits.
fn reached(
    lag_records: &BTreeMap<Partition, i64>,
    last_read_ms: &BTreeMap<Partition, i64>,
    unix_ms: i64,
) -> i64 {
    let behind = lag_records.iter().filter(|(p, lag)| p.role == TopicRole::Payments && **lag > 0);
    // Of one that waits and was not read yet nothing is known.
    let last =
        behind.map(|(partition, _)| last_read_ms.get(partition).copied().unwrap_or(i64::MIN));
    last.min().unwrap_or(unix_ms)
}

/// What metrics need of an alert.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    typology: Cow<'a, str>,
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow)]
    mode: Cow<'a, str>,
    revision: u32,
    #[serde(borrow)]
    episode: Episode<'a>,
}

#[derive(Deserialize)]
struct Episode<'a> {
    #[serde(borrow)]
    start: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_that_stays_open_is_said_once_and_again_at_another_place() {
        let partition = Partition { role: TopicRole::Payments, index: 2 };
        let mut noticed = Noticed::default();
        let mut said = |from: Option<i64>, now_ms| {
            let open = from.map(|from| (partition, Undecided { from, records: 3 }));
            noticed.look_at_open(&open.into_iter().collect(), now_ms);
            noticed.open.get(&partition).is_some_and(|(.., said)| *said)
        };
        assert!(!said(Some(7), 0) && !said(Some(7), 9_999), "short ones are usual");
        assert!(said(Some(7), 10_000) && said(Some(7), 20_000));
        assert!(!said(Some(9), 30_000) && !said(None, 40_000) && !said(Some(9), 41_000));
        assert!(said(Some(9), 51_000));
    }

    #[test]
    fn a_batch_that_does_not_balance_is_said_once_and_again_after_it_balanced() {
        let short = palermo_engine::OpenTotal {
            key: "batch/EOD-1".to_owned(),
            state: palermo_engine::TotalState::Short,
            stated: palermo_engine::Tally::default(),
            taken: palermo_engine::Tally::default(),
            moved_ms: 1_000,
        };
        let mut noticed = Noticed::default();
        let mut said = |open: &[&palermo_engine::OpenTotal], reached_ms| {
            let open = open.iter().map(|open| (*open).clone()).collect();
            let totals = ControlTotals { open, ..ControlTotals::default() };
            noticed.look_at_totals(&totals, reached_ms);
            noticed.unbalanced.contains("batch/EOD-1")
        };
        assert!(!said(&[&short], i64::MIN) && !said(&[&short], 3_600_999), "it may still come");
        assert!(said(&[&short], 3_601_000) && said(&[&short], 3_602_000));
        assert!(!said(&[], 3_603_000), "it balances");
        assert!(said(&[&short], 3_604_000));
    }

    #[test]
    fn reading_has_come_to_the_record_that_is_furthest_behind() {
        let partition = |role, index| Partition { role, index };
        let [one, two] = [0, 1].map(|index| partition(TopicRole::Payments, index));
        let lists = partition(TopicRole::Lists, 0);
        for (lag, last, expected) in [
            (vec![(one, 0), (two, 0), (lists, 9)], vec![(one, 5), (lists, 1)], 100),
            (vec![(one, 3), (two, 0)], vec![(one, 5), (two, 4)], 5),
            (vec![(one, 3), (two, 1)], vec![(one, 5), (two, 4)], 4),
            (vec![(one, 3), (two, 1)], vec![(one, 5)], i64::MIN),
        ] {
            let (lag, last) = (lag.into_iter().collect(), last.into_iter().collect());
            assert_eq!(reached(&lag, &last, 100), expected, "{lag:?} {last:?}");
        }
    }

    #[test]
    fn each_currency_without_a_rate_and_each_unknown_field_is_said_once() {
        let currency = |code| Currency::try_new(code).unwrap();
        let mut counters = Counters::default();
        let mut noticed = Noticed::default();
        noticed.look(&counters, currency("EUR"));
        assert!(noticed.unconverted.is_empty() && noticed.unknown_fields.is_empty());
        for (code, count) in [("USD", 1), ("USD", 7), ("GBP", 1)] {
            counters.unconverted.insert(currency(code), count);
            noticed.look(&counters, currency("EUR"));
        }
        let field = (TopicRole::Payments, "debtor.nickname".to_owned());
        for count in [1, 9] {
            counters.unknown_fields.insert(field.clone(), count);
            noticed.look(&counters, currency("EUR"));
        }
        assert_eq!(noticed.unknown_fields, BTreeSet::from([field]));
        assert_eq!(noticed.unconverted, BTreeSet::from([currency("GBP"), currency("USD")]));
    }
}
