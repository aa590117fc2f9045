//! Whole topics, written and read: for the demo, the command line, benches and tests. The engine
//! uses none of it.

use crate::commit::headers;
use crate::config::KafkaConfig;
use crate::error::{TOO_LARGE, general, recover, stop};
use crate::probe::Probe;
use crate::reader::{Got, Reader, Span};
use crate::watch::{ConsumerWatch, Deliveries, Health};
use palermo_engine::port::{Clock, Extent, LogError};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long what was sent may take to arrive.
const FLUSH_MS: u64 = 60_000;
/// How long reading may stand still.
const STALL_MS: u64 = 30_000;

/// A record to write.
#[derive(Clone, Default)]
pub struct NewRecord {
    /// Which partition; by the key's murmur2 hash where it is not said.
    pub partition: Option<i32>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Milliseconds since 1970; the client's clock where it is not said.
    pub timestamp_ms: Option<i64>,
}

impl fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record[{} bytes]", self.value.as_ref().map_or(0, Vec::len))
    }
}

/// A record that was read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadRecord {
    /// Which partition.
    pub partition: i32,
    /// Its number there.
    pub offset: i64,
    /// Milliseconds since 1970; -1 where there is none.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers, in order.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl fmt::Debug for ReadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.value.as_ref().map_or(0, Vec::len);
        write!(f, "{}@{}[{size} bytes]", self.partition, self.offset)
    }
}

impl ReadRecord {
    fn copy(record: &BorrowedMessage<'_>) -> Self {
        let headers = record.headers().map_or_else(Vec::new, |headers| {
            headers
                .iter()
                .map(|header| (header.key.to_owned(), header.value.unwrap_or_default().to_vec()))
                .collect()
        });
        Self {
            partition: record.partition(),
            offset: record.offset(),
            timestamp_ms: record.timestamp().to_millis().unwrap_or(-1),
            key: record.key().map(<[u8]>::to_vec),
            value: record.payload().map(<[u8]>::to_vec),
            headers,
        }
    }
}

/// What a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// What is committed, up to the last stable offset.
    Committed,
    /// Everything, also of open and aborted transactions, up to the high watermark.
    Uncommitted,
}

/// A plain idempotent producer for much: the queue gives way when it is full, nothing is lost.
pub struct BulkProducer {
    producer: BaseProducer<Deliveries>,
    clock: Arc<dyn Clock>,
    sent: u64,
}

impl fmt::Debug for BulkProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BulkProducer[{} sent]", self.sent)
    }
}

impl BulkProducer {
    /// A producer that sends large batches.
    pub fn open(config: &KafkaConfig, clock: Arc<dyn Clock>) -> Result<Self, LogError> {
        config.check()?;
        let mut native = config.producer("bulk");
        native.set("linger.ms", "5").set("queue.buffering.max.messages", "200000");
        let producer = BaseProducer::from_config_and_context(&native, Deliveries::default())
            .map_err(|error| general("making the producer", &error))?;
        Ok(Self { producer, clock, sent: 0 })
    }

    /// Hands one record to the client. It has arrived after the next `flush` that says so.
    pub fn send(&mut self, topic: &str, record: &NewRecord) -> Result<(), LogError> {
        send(&self.producer, topic, record)?;
        self.sent = self.sent.saturating_add(1);
        // Delivery reports have to be fetched now and then.
        if self.sent.is_multiple_of(1_000) {
            self.producer.poll(Duration::ZERO);
            failed(&self.producer)?;
        }
        Ok(())
    }

    /// Waits until everything has arrived.
    pub fn flush(&mut self) -> Result<(), LogError> {
        drain(&self.producer, self.clock.as_ref())
    }
}

/// Hands a record to the client, waiting while its queue is full.
pub(crate) fn send(
    producer: &BaseProducer<Deliveries>,
    topic: &str,
    new: &NewRecord,
) -> Result<(), LogError> {
    loop {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
        record.partition = new.partition;
        record.key = new.key.as_deref();
        record.payload = new.value.as_deref();
        record.timestamp = new.timestamp_ms;
        record.headers = headers(new.headers.iter().map(|(name, value)| (name.as_str(), value)));
        let Err((error, _)) = producer.send(record) else { return Ok(()) };
        match error.rdkafka_error_code() {
            Some(Code::QueueFull) => producer.poll(Duration::from_millis(1)),
            Some(Code::MessageSizeTooLarge) => {
                let size = new.value.as_ref().map_or(0, Vec::len);
                return Err(stop(
                    TOO_LARGE,
                    format!("a record of {size} bytes is too large for topic `{topic}`"),
                ));
            }
            _ => return Err(general("sending", &error)),
        }
        failed(producer)?;
    }
}

/// Polls until nothing is in flight.
pub(crate) fn drain(
    producer: &BaseProducer<Deliveries>,
    clock: &dyn Clock,
) -> Result<(), LogError> {
    let begun = clock.monotonic_ms();
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(1));
        if clock.monotonic_ms().saturating_sub(begun) > FLUSH_MS {
            return Err(recover("records were not acknowledged in time".to_owned()));
        }
    }
    failed(producer)
}

fn failed(producer: &BaseProducer<Deliveries>) -> Result<(), LogError> {
    match producer.context().take_failed() {
        None => Ok(()),
        Some(failed) if failed.code == Code::MessageSizeTooLarge => Err(stop(
            TOO_LARGE,
            format!("a record of {} bytes is too large for `{}`", failed.size_bytes, failed.topic),
        )),
        Some(failed) => Err(recover(format!("sending to `{}`: {}", failed.topic, failed.code))),
    }
}

/// Writes records to a topic and waits until all have arrived; returns how many.
pub fn produce_all(
    config: &KafkaConfig,
    clock: Arc<dyn Clock>,
    topic: &str,
    records: impl IntoIterator<Item = NewRecord>,
) -> Result<u64, LogError> {
    let mut producer = BulkProducer::open(config, clock)?;
    for record in records {
        producer.send(topic, &record)?;
    }
    producer.flush()?;
    Ok(producer.sent)
}

/// Every record of a topic from its first one to its present end, by partition and offset.
pub fn read_all(
    config: &KafkaConfig,
    clock: Arc<dyn Clock>,
    topic: &str,
    isolation: Isolation,
) -> Result<Vec<ReadRecord>, LogError> {
    let mut records = Vec::new();
    let mut tail = Tail::open(config, clock, topic, isolation, Scope::ToPresentEnd)?;
    while !tail.is_done() {
        tail.poll(Duration::from_millis(200), &mut |record| records.push(record))?;
    }
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

/// First and next offset of every partition of a topic, in order. A partition whose committed end
/// lies before its uncommitted one holds a Kafka transaction that is still open.
pub fn extents(
    config: &KafkaConfig,
    topic: &str,
    isolation: Isolation,
) -> Result<Vec<Extent>, LogError> {
    config.check()?;
    let health = Arc::new(Health::default());
    let probe = match isolation {
        Isolation::Committed => Probe::open(config, &health)?,
        Isolation::Uncommitted => Probe::uncommitted(config, &health)?,
    };
    (0..probe.partitions(topic)?).map(|index| probe.extent(topic, index)).collect()
}

/// Which records a [`Tail`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// From the first record to the end as it is at opening.
    ToPresentEnd,
    /// From the first record on, for ever.
    FromStart,
    /// What comes after opening.
    FromPresentEnd,
    /// At most so many offsets before the end as it is at opening, in every partition.
    Last(i64),
}

/// Reads one topic, all partitions, without a group.
pub struct Tail {
    reader: Reader,
    clock: Arc<dyn Clock>,
    moved_ms: u64,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").finish_non_exhaustive()
    }
}

impl Tail {
    /// Opens reading.
    pub fn open(
        config: &KafkaConfig,
        clock: Arc<dyn Clock>,
        topic: &str,
        isolation: Isolation,
        scope: Scope,
    ) -> Result<Self, LogError> {
        config.check()?;
        let health = Arc::new(Health::default());
        let (probe, native) = match isolation {
            Isolation::Committed => (Probe::open(config, &health)?, config.consumer("tail")),
            Isolation::Uncommitted => {
                (Probe::uncommitted(config, &health)?, config.uncommitted("tail"))
            }
        };
        let mut spans = Vec::new();
        for index in 0..probe.partitions(topic)? {
            let found = probe.extent(topic, index)?;
            let from = match scope {
                Scope::FromPresentEnd => found.end,
                Scope::Last(offsets) => found.end.saturating_sub(offsets).max(found.start),
                Scope::ToPresentEnd | Scope::FromStart => found.start,
            };
            let bounded = matches!(scope, Scope::ToPresentEnd | Scope::Last(_));
            let until = bounded.then_some(found.end);
            spans.push(Span { topic: topic.to_owned(), index, from, until });
        }
        let watch = ConsumerWatch::new(health, BTreeMap::new());
        let reader = Reader::assigned(&native, watch, spans, Arc::clone(&clock))
            .map_err(|error| general("opening a reader", &error))?;
        let moved_ms = clock.monotonic_ms();
        Ok(Self { reader, clock, moved_ms })
    }

    /// Whether the end that was asked for is reached.
    pub fn is_done(&self) -> bool {
        self.reader.is_done()
    }

    /// Waits at most `wait`, then shows what is there; returns how many records.
    pub fn poll(
        &mut self,
        wait: Duration,
        on: &mut dyn FnMut(ReadRecord),
    ) -> Result<usize, LogError> {
        let mut records = 0_usize;
        let mut show = |_: usize, got: Got<'_>| {
            if let Got::Record(record) = got {
                records = records.saturating_add(1);
                on(ReadRecord::copy(record));
            }
        };
        let got = match self.reader.poll(wait, 10_000, &mut show) {
            Ok(got) => got,
            Err(fault) if crate::log::is_passing(&fault) => 0,
            Err(fault) => return Err(general("reading", &fault.error)),
        };
        let now = self.clock.monotonic_ms();
        if got > 0 {
            self.moved_ms = now;
        } else if self.reader.is_bounded() && now.saturating_sub(self.moved_ms) > STALL_MS {
            return Err(recover("reading stands still".to_owned()));
        }
        Ok(records)
    }
}
