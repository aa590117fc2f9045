//! `KafkaLog`: the `Log` port over a real Kafka.
//!
//! Life: `open` -> (`peek`) -> `fence` -> (`extents`, `positions_at`, a first `commit`, `replay` + `poll`) ->
//! `subscribe` -> `poll`, `set_paused`, `commit` -> dropped. After `Recover` the whole log is
//! dropped and a new one opened: crash-only, no half-used client is ever mended.
//!
//! During `replay` each partition says `End { position: until }` exactly once, when everything
//! below `until` has been delivered (at once where there is nothing). Live, `End` carries the
//! position behind the control records of finished transactions, so that an idle partition's
//! committed position does not fall behind what retention deletes. It is withdrawn (`Unsure`) when
//! the connection to the partition's leader breaks, the leader does not answer, or it is known to
//! hold more than was delivered, and said again when that is over.

mod forgotten;
mod progress;

use crate::commit::Publisher;
use crate::config::KafkaConfig;
use crate::error::{
    CORRUPT, OUT_OF_RANGE, PARTIAL, PARTITION_COUNT, ReadTrouble, general, read_trouble, recover,
    refused, stop, text,
};
use crate::probe::{Probe, extent, missing, partition_count};
use crate::reader::{Fault, Got, Reader, Span};
use crate::watch::{ConsumerWatch, Health, Name};
use palermo_domain::{OutputTopic, Partition, Position, TopicRole};
use palermo_engine::port::{
    Batch, Clock, Delivery, Extent, Log, LogError, Past, RecordRef, Undecided,
};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A replay that stands still this long looks whether the log still holds what it waits for.
const STALLED_MS: u64 = 30_000;

/// Reads and commits for one task. One thread owns it.
pub struct KafkaLog {
    /// Closed first: no more deliveries while the producer goes away.
    reader: Option<Reader>,
    publisher: Publisher,
    config: KafkaConfig,
    clock: Arc<dyn Clock>,
    health: Arc<Health>,
    /// Every input partition, known since `fence`. A lane of the reader is an index into it.
    partitions: Vec<Partition>,
    live: bool,
    /// When something was last delivered.
    delivered_ms: u64,
}

impl std::fmt::Debug for KafkaLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaLog")
            .field("config", &self.config)
            .field("partitions", &self.partitions)
            .field("live", &self.live)
            .finish_non_exhaustive()
    }
}

impl KafkaLog {
    /// Makes the clients. Nothing is asked of the brokers yet.
    pub fn open(config: KafkaConfig, clock: Arc<dyn Clock>) -> Result<Self, LogError> {
        config.check()?;
        let publisher = Publisher::open(&config, Arc::clone(&clock))?;
        let health = Arc::new(Health::default());
        let delivered_ms = clock.monotonic_ms();
        let (partitions, live) = (Vec::new(), false);
        Ok(Self { reader: None, publisher, config, clock, health, partitions, live, delivered_ms })
    }

    /// What readiness asks; stays valid (and false) after this log is dropped.
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    fn probe(&self) -> Result<Probe, LogError> {
        Probe::open(&self.config, &self.health)
    }

    fn name(&self, partition: Partition) -> Name {
        (self.config.input(partition.role).to_owned(), partition.index)
    }

    fn names(&self) -> Vec<Name> {
        self.partitions.iter().map(|partition| self.name(*partition)).collect()
    }

    /// The partition that Kafka names so.
    fn partition(&self, name: &Name) -> Option<Partition> {
        self.partitions.iter().copied().find(|partition| self.name(*partition) == *name)
    }

    /// Every partition of every input topic.
    fn discover(&self, probe: &Probe) -> Result<Vec<Partition>, LogError> {
        let mut found = Vec::new();
        for (role, topic) in &self.config.inputs {
            let count = probe.partitions(topic)?;
            found.extend((0..count).map(|index| Partition { role: *role, index }));
        }
        for topic in OutputTopic::ALL {
            probe.partitions(self.config.output(topic))?;
        }
        Ok(found)
    }

    /// Refuses positions that are not in the log. Waits a little where the end seems to lie before
    /// them: after a change of leader it is reported late.
    fn check_positions(
        &self,
        probe: &Probe,
        from: &BTreeMap<Partition, Position>,
    ) -> Result<(), LogError> {
        let begun = self.clock.monotonic_ms();
        for (partition, position) in from {
            let (topic, index) = self.name(*partition);
            loop {
                let found = probe.extent(&topic, index)?;
                if *position < found.start {
                    return Err(out_of_range(*partition, *position, found));
                }
                if *position <= found.end {
                    break;
                }
                if self.clock.monotonic_ms().saturating_sub(begun) > 10_000 {
                    return Err(out_of_range(*partition, *position, found));
                }
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a topic that shrinks is looked at again after a pause"
                )]
                std::thread::sleep(Duration::from_millis(200));
            }
        }
        Ok(())
    }

    /// Refuses to go on when the partitions are not those that `from` speaks of.
    fn check_partitions(
        &mut self,
        probe: &Probe,
        from: &BTreeMap<Partition, Position>,
    ) -> Result<(), LogError> {
        let found = self.discover(probe)?;
        let expected: BTreeSet<Partition> = from.keys().copied().collect();
        let present: BTreeSet<Partition> = found.iter().copied().collect();
        self.partitions = found;
        if expected == present {
            return Ok(());
        }
        let one = expected.symmetric_difference(&present).next().copied();
        Err(partitions_differ(one, &self.config))
    }

    /// Waits until the group has given us every partition.
    fn await_assignment(&self, reader: &mut Reader) -> Result<(), LogError> {
        let begun = self.clock.monotonic_ms();
        let expected = self.partitions.len();
        loop {
            let mut lost = 0_u64;
            let mut miss = |_: usize, _: Got<'_>| lost = lost.saturating_add(1);
            // Records are not taken: they wait in their lanes until `poll`.
            match reader.serve(&mut miss) {
                Err(fault) if !is_passing(&fault) => return Err(self.explain(reader, &fault)),
                _ => {}
            }
            // Unless one came by the client's own queue, where nobody can leave it.
            if lost > 0 {
                return Err(recover(format!("{lost} records came before they could be taken")));
            }
            let held = reader.membership(|m| m.assigned.len());
            self.check_membership(reader, true)?;
            if held == expected {
                self.health.set_assigned(true);
                self.health.set_connected(true);
                return Ok(());
            }
            let waited = self.clock.monotonic_ms().saturating_sub(begun);
            if waited > u64::from(self.config.tuning.assignment_wait_ms) {
                return Err(if held > 0 || self.health.is_connected() {
                    self.partial(held)
                } else {
                    recover("the group did not answer in time".to_owned())
                });
            }
            reader.rest(Duration::from_millis(10));
        }
    }

    fn partial(&self, held: usize) -> LogError {
        let wanted = self.partitions.len();
        let group = &self.config.group;
        stop(
            PARTIAL,
            format!(
                "{held} of {wanted} input partitions are assigned to this engine; another member \
                 reads in group `{group}`: stop it, or give this task a group of its own"
            ),
        )
    }

    /// Turns what the rebalance callback saw into an error. While joining, a revocation is part of
    /// finding together.
    fn check_membership(&self, reader: &Reader, joining: bool) -> Result<(), LogError> {
        let (revoked, lost, unexpected, failed, held) = reader.membership(|m| {
            let unexpected = m.unexpected.iter().next().cloned();
            (m.revoked, m.lost, unexpected, m.failed.clone(), m.assigned.len())
        });
        if let Some(reason) = failed {
            return Err(recover(format!("assigning partitions: {reason}")));
        }
        if let Some((topic, index)) = unexpected {
            return Err(stop(
                PARTITION_COUNT,
                format!("topic `{topic}` has a new partition {index}; see the page of this code"),
            ));
        }
        if lost {
            return Err(self.why_lost(reader));
        }
        if revoked && !joining {
            return Err(self.why_revoked(reader, held));
        }
        if revoked {
            return Err(recover("partitions moved while joining the group".to_owned()));
        }
        Ok(())
    }

    /// The group gave this engine up for its silence, or another engine has taken its place while
    /// it was silent. The transaction coordinator knows which: a newer engine fences before it does
    /// anything else. To renew without asking would fence the rightful one.
    fn why_lost(&self, reader: &Reader) -> LogError {
        if let Some((code, reason)) = reader.consumer().client().fatal_error() {
            return match read_trouble(code) {
                ReadTrouble::Fenced => LogError::Fenced { reason },
                _ => recover(reason),
            };
        }
        let position = match self.some_position() {
            Ok(position) => position,
            Err(error) => return error,
        };
        let group = reader.consumer().group_metadata();
        match group.and_then(|group| self.publisher.fenced_by(&position, &group)) {
            Some(reason) => LogError::Fenced { reason },
            None => recover("the group gave this engine up after a silence".to_owned()),
        }
    }

    /// A topic that was deleted or has changed looks like a revocation; the brokers know which.
    fn why_revoked(&self, reader: &Reader, held: usize) -> LogError {
        for (role, topic) in &self.config.inputs {
            let expected = self.partitions.iter().filter(|p| p.role == *role).count();
            match self.count_of(reader, topic) {
                Err(error) => return error,
                Ok(None) => return missing(topic),
                Ok(Some(count)) if usize::try_from(count).ok() != Some(expected) => {
                    return partition_count_of(topic, expected, count);
                }
                Ok(Some(_)) => {}
            }
        }
        self.partial(held)
    }

    fn count_of(&self, reader: &Reader, topic: &str) -> Result<Option<i32>, LogError> {
        partition_count(reader.consumer(), topic, self.timeout())
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.config.tuning.request_timeout_ms))
    }

    /// What an error of reading means that does not pass by itself.
    fn explain(&self, reader: &Reader, fault: &Fault) -> LogError {
        let place = fault.lane.and_then(|lane| self.partitions.get(lane).copied());
        let at = place.map_or_else(|| "the reader".to_owned(), |p| p.to_string());
        let reason = format!("{at}: {}", text(&fault.error));
        // A fatal error says so in general words; the client keeps the cause.
        let fatal = reader.consumer().client().fatal_error();
        let (code, fatal_text) = match fatal {
            Some((code, words)) => (code, Some(words)),
            None => (fault.error.rdkafka_error_code().unwrap_or(Code::Unknown), None),
        };
        let reason = fatal_text.map_or(reason, |words| format!("{at}: {words}"));
        match read_trouble(code) {
            ReadTrouble::Fenced => LogError::Fenced { reason },
            ReadTrouble::NotAllowed => {
                refused(code, &format!("reading as group `{}`, {reason}", self.config.group))
            }
            ReadTrouble::Corrupt => stop(
                CORRUPT,
                format!(
                    "{reason}; the record at or after position {}",
                    fault.lane.and_then(|lane| reader.next(lane)).unwrap_or(-1)
                ),
            ),
            ReadTrouble::OutOfRange => self.explain_range(reader, fault, reason),
            ReadTrouble::TopicGone => self.explain_gone(reader, place, reason),
            ReadTrouble::Passing | ReadTrouble::Recover => recover(reason),
        }
    }

    /// Out of range for the client: is it so, or was a new leader behind for a moment?
    fn explain_range(&self, reader: &Reader, fault: &Fault, reason: String) -> LogError {
        let Some(lane) = fault.lane else { return recover(reason) };
        let (Some(span), Some(position)) = (reader.span(lane), reader.next(lane)) else {
            return recover(reason);
        };
        let Some(partition) = self.partitions.get(lane) else { return recover(reason) };
        match extent(reader.consumer(), &span.topic, span.index, self.timeout()) {
            Ok(found) if position < found.start || position > found.end => {
                out_of_range(*partition, position, found)
            }
            Ok(_) => recover(reason),
            Err(error) => error,
        }
    }

    fn explain_gone(&self, reader: &Reader, place: Option<Partition>, reason: String) -> LogError {
        let roles: Vec<TopicRole> = place
            .map_or_else(|| self.config.inputs.keys().copied().collect(), |place| vec![place.role]);
        for role in roles {
            let topic = self.config.input(role);
            let expected = self.partitions.iter().filter(|p| p.role == role).count();
            match self.count_of(reader, topic) {
                Err(error) => return error,
                Ok(None) => return missing(topic),
                Ok(Some(count)) if usize::try_from(count).ok() != Some(expected) => {
                    return partition_count_of(topic, expected, count);
                }
                Ok(Some(_)) => {}
            }
        }
        recover(reason)
    }

    /// A replay that stands still: is what it waits for still in the log?
    fn check_stalled(&self) -> Result<(), LogError> {
        let waited = self.clock.monotonic_ms().saturating_sub(self.delivered_ms);
        let Some(reader) = self.reader.as_ref().filter(|_| !self.live && waited > STALLED_MS)
        else {
            return Ok(());
        };
        for (lane, partition) in self.partitions.iter().enumerate() {
            let Some(span) = reader.span(lane) else { continue };
            let Some(until) = span.until else { continue };
            if reader.next(lane) == Some(until) {
                continue;
            }
            let found = extent(reader.consumer(), &span.topic, span.index, self.timeout())?;
            if until > found.end {
                return Err(out_of_range(*partition, until, found));
            }
        }
        Ok(())
    }

    fn spans(
        &self,
        from: &BTreeMap<Partition, Position>,
        until: Option<&BTreeMap<Partition, Position>>,
    ) -> Result<Vec<Span>, LogError> {
        let mut spans = Vec::with_capacity(self.partitions.len());
        for partition in &self.partitions {
            let (topic, index) = self.name(*partition);
            let Some(position) = from.get(partition).copied() else {
                return Err(partitions_differ(Some(*partition), &self.config));
            };
            let until = until.map(|ends| ends.get(partition).copied().unwrap_or(position));
            spans.push(Span { topic, index, from: position, until });
        }
        Ok(spans)
    }
}

impl Log for KafkaLog {
    fn peek(&mut self, past: &mut Past<'_>) -> Result<(), LogError> {
        // Committed or not: our own transaction may be open still, and would hide what follows it.
        self.read_progress(&self.config.uncommitted("progress-all"), past)
    }

    fn fence(&mut self, past: &mut Past<'_>) -> Result<BTreeMap<Partition, Position>, LogError> {
        let probe = self.probe()?;
        probe.check_cluster(&self.config)?;
        // Fence first: what is read afterwards can not change any more by an earlier engine.
        self.publisher.fence()?;
        self.partitions = self.discover(&probe)?;
        let positions = self.settled_positions(&probe)?;
        self.read_progress(&self.config.consumer("progress"), past)?;
        Ok(positions)
    }

    fn extents(&mut self) -> Result<BTreeMap<Partition, Extent>, LogError> {
        let probe = self.probe()?;
        self.partitions = self.discover(&probe)?;
        let mut extents = BTreeMap::new();
        for partition in &self.partitions {
            let (topic, index) = self.name(*partition);
            extents.insert(*partition, probe.extent(&topic, index)?);
        }
        Ok(extents)
    }

    fn positions_at(
        &mut self,
        timestamp_ms: i64,
    ) -> Result<BTreeMap<Partition, Position>, LogError> {
        let ends = self.extents()?;
        let found = self.probe()?.positions_at(&self.names(), timestamp_ms)?;
        let mut positions = BTreeMap::new();
        for (partition, extent) in ends {
            let position = found.get(&self.name(partition)).copied().flatten();
            positions.insert(partition, position.unwrap_or(extent.end).min(extent.end));
        }
        Ok(positions)
    }

    fn replay(
        &mut self,
        from: &BTreeMap<Partition, Position>,
        until: &BTreeMap<Partition, Position>,
    ) -> Result<(), LogError> {
        self.reader = None;
        let probe = self.probe()?;
        self.check_partitions(&probe, from)?;
        // Where nothing is to be replayed, nothing need be there.
        let needed = from
            .iter()
            .filter(|(partition, position)| {
                until.get(*partition).is_some_and(|end| end > *position)
            })
            .map(|(partition, position)| (*partition, *position))
            .collect();
        self.check_positions(&probe, &needed)?;
        let spans = self.spans(from, Some(until))?;
        let watch = ConsumerWatch::new(Arc::clone(&self.health), BTreeMap::new());
        let native = self.config.consumer("replay");
        let reader = Reader::assigned(&native, watch, spans, Arc::clone(&self.clock))
            .map_err(|error| general("opening the replay", &error))?;
        self.reader = Some(reader);
        self.live = false;
        self.delivered_ms = self.clock.monotonic_ms();
        Ok(())
    }

    fn subscribe(&mut self, from: &BTreeMap<Partition, Position>) -> Result<(), LogError> {
        self.reader = None;
        let probe = self.probe()?;
        self.check_partitions(&probe, from)?;
        self.check_positions(&probe, from)?;
        drop(probe);
        let spans = self.spans(from, None)?;
        let plan =
            from.iter().map(|(partition, position)| (self.name(*partition), *position)).collect();
        let watch = ConsumerWatch::new(Arc::clone(&self.health), plan);
        let topics: Vec<&str> = self.config.inputs.values().map(String::as_str).collect();
        let native = self.config.member();
        let mut reader = Reader::member(&native, watch, spans, &topics, Arc::clone(&self.clock))
            .map_err(|error| general("joining the group", &error))?;
        self.await_assignment(&mut reader)?;
        self.reader = Some(reader);
        self.live = true;
        self.delivered_ms = self.clock.monotonic_ms();
        Ok(())
    }

    fn poll(
        &mut self,
        wait: Duration,
        records_max: usize,
        on: &mut dyn FnMut(Delivery<'_>),
    ) -> Result<usize, LogError> {
        let partitions = &self.partitions;
        let Some(reader) = self.reader.as_mut() else {
            return Err(recover("nothing is open for reading".to_owned()));
        };
        let mut hand_over = |lane: usize, got: Got<'_>| {
            let Some(partition) = partitions.get(lane).copied() else { return };
            match got {
                Got::Record(record) => on(Delivery::Record(record_ref(partition, record))),
                Got::End(position) => on(Delivery::End { partition, position }),
                Got::Unsure => on(Delivery::Unsure { partition }),
            }
        };
        match reader.poll(wait, records_max, &mut hand_over) {
            Ok(got) => {
                if got > 0 {
                    self.delivered_ms = self.clock.monotonic_ms();
                } else {
                    self.check_stalled()?;
                }
                if let Some(reader) = self.reader.as_ref().filter(|_| self.live) {
                    self.check_membership(reader, false)?;
                }
                Ok(got)
            }
            Err(fault) if is_passing(&fault) => {
                tracing::debug!("reading goes on after: {}", text(&fault.error));
                Ok(0)
            }
            Err(fault) => Err(match &self.reader {
                Some(reader) => self.explain(reader, &fault),
                None => recover(text(&fault.error)),
            }),
        }
    }

    fn set_paused(&mut self, partition: Partition, paused: bool) -> Result<(), LogError> {
        let lane = self.partitions.iter().position(|known| *known == partition);
        if let (Some(reader), Some(lane)) = (self.reader.as_mut(), lane) {
            reader.set_paused(lane, paused);
        }
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), LogError> {
        if batch.records.is_empty() && batch.positions.is_empty() {
            return Ok(());
        }
        let mut positions = TopicPartitionList::with_capacity(batch.positions.len());
        for (partition, position) in &batch.positions {
            positions
                .add_partition_offset(
                    self.config.input(partition.role),
                    partition.index,
                    Offset::Offset(*position),
                )
                .map_err(|error| general("committing", &error))?;
        }
        match self.reader.as_ref().filter(|_| self.live) {
            Some(reader) => {
                let group = || reader.consumer().group_metadata();
                self.publisher.commit(batch, &positions, &group)
            }
            // The first commit of all, before anything is read.
            None => {
                let probe = self.probe()?;
                self.publisher.commit(batch, &positions, &|| probe.group())
            }
        }
    }

    fn lag_records(&self) -> BTreeMap<Partition, i64> {
        let Some(reader) = &self.reader else { return BTreeMap::new() };
        let mut lags = BTreeMap::new();
        for (lane, partition) in self.partitions.iter().enumerate() {
            let until = reader.span(lane).and_then(|span| span.until);
            let end = until.or_else(|| reader.end(lane));
            if let (Some(end), Some(next)) = (end, reader.next(lane)) {
                lags.insert(*partition, end.saturating_sub(next).max(0));
            }
        }
        lags
    }

    fn undecided(&self) -> BTreeMap<Partition, Undecided> {
        let Some(reader) = self.reader.as_ref().filter(|_| self.live) else {
            return BTreeMap::new();
        };
        let lanes = self.partitions.iter().enumerate();
        lanes
            .filter_map(|(lane, partition)| {
                let (from, records) = reader.undecided(lane)?;
                Some((*partition, Undecided { from, records }))
            })
            .collect()
    }
}

/// A record as the port shows it: borrowed, nothing copied.
fn record_ref<'a>(partition: Partition, record: &'a BorrowedMessage<'a>) -> RecordRef<'a> {
    RecordRef {
        partition,
        offset: record.offset(),
        timestamp_ms: record.timestamp().to_millis().unwrap_or(-1),
        key: record.key(),
        value: record.payload(),
        headers: record.headers().map_or(0, Headers::count),
    }
}

pub(crate) fn is_passing(fault: &Fault) -> bool {
    if matches!(fault.error, KafkaError::MessageConsumptionFatal(_)) {
        return false;
    }
    let code = fault.error.rdkafka_error_code().unwrap_or(Code::Unknown);
    read_trouble(code) == ReadTrouble::Passing
}

fn out_of_range(partition: Partition, position: Position, found: Extent) -> LogError {
    stop(
        OUT_OF_RANGE,
        format!(
            "position {position} of {partition} is not in the log, which holds {} to {}; positions \
             are never reset: see the page of this code",
            found.start, found.end
        ),
    )
}

fn partitions_differ(one: Option<Partition>, config: &KafkaConfig) -> LogError {
    let what = one.map_or_else(String::new, |partition| {
        format!("partition {} of topic `{}`", partition.index, config.input(partition.role))
    });
    stop(
        PARTITION_COUNT,
        format!("{what} is known either to the committed positions or to the brokers, not to both"),
    )
}

fn partition_count_of(topic: &str, expected: usize, found: i32) -> LogError {
    stop(PARTITION_COUNT, format!("topic `{topic}` had {expected} partitions and now has {found}"))
}
