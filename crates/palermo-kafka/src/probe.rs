//! Questions to the brokers that reading and committing do not answer: which partitions there are,
//! where they begin and end, what the group committed.
//!
//! The end of a partition here is its **last stable offset**: librdkafka asks for offsets
//! (`ListOffsets`) with the isolation level of the client, so a `read_committed` client gets the
//! last stable offset and a `read_uncommitted` one the high watermark.

use crate::config::{KafkaConfig, require_loopback};
use crate::error::{TOPIC_MISSING, general, recover, stop};
use crate::watch::{ConsumerWatch, Health, Name};
use palermo_engine::port::{Extent, LogError};
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::metadata::Metadata;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// How long a topic may be unknown before it counts as missing: a new one needs a moment until
/// every broker has heard of it.
pub(crate) const UNKNOWN_PATIENCE: u32 = 10;
/// How long the first answer of all may take before it is looked why there is none; then twice that.
const FIRST_WAIT: Duration = Duration::from_millis(300);
/// A client's queue is empty when nothing comes for so long.
const EMPTY: Duration = Duration::from_millis(5);
/// More than a client has said when it is listened to; it goes on talking while it is.
const SAID_MAX: usize = 200;
/// An attempt to read is not waited for longer than this many pauses: what does not answer is no refusal.
const TRY_POLLS: u32 = 50;
/// Between two of those questions.
const PAUSE: Duration = Duration::from_millis(100);

/// A client for questions.
pub(crate) struct Probe {
    consumer: BaseConsumer<ConsumerWatch>,
    timeout: Duration,
    group: String,
}

impl Probe {
    /// A client that sees what is committed.
    pub(crate) fn open(config: &KafkaConfig, health: &Arc<Health>) -> Result<Self, LogError> {
        Self::with(config, &config.consumer("probe"), health)
    }

    /// A client that sees the high watermark.
    pub(crate) fn uncommitted(
        config: &KafkaConfig,
        health: &Arc<Health>,
    ) -> Result<Self, LogError> {
        Self::with(config, &config.uncommitted("probe-all"), health)
    }

    fn with(
        config: &KafkaConfig,
        native: &ClientConfig,
        health: &Arc<Health>,
    ) -> Result<Self, LogError> {
        let watch = ConsumerWatch::new(Arc::clone(health), BTreeMap::new());
        // Only so does the client say that its protocol may be the wrong one.
        let mut native = native.clone();
        native.set_log_level(RDKafkaLogLevel::Info);
        let consumer = BaseConsumer::from_config_and_context(&native, watch)
            .map_err(|error| general("making a client", &error))?;
        let timeout = Duration::from_millis(u64::from(config.tuning.request_timeout_ms));
        Ok(Self { consumer, timeout, group: config.group.clone() })
    }

    /// Whether the cluster can be used as configured: a broker answers, and a plaintext connection
    /// is not led away from this machine by what the broker advertises.
    pub(crate) fn check_cluster(&self, config: &KafkaConfig) -> Result<(), LogError> {
        let metadata = self.ask_for_brokers(config)?;
        if !config.is_encrypted() {
            for broker in metadata.brokers() {
                require_loopback(broker.host())?;
            }
        }
        check_advertised(metadata.brokers().iter().map(|b| (b.host(), b.port())), config)?;
        self.consumer.context().health.set_connected(true);
        Ok(())
    }

    /// Which brokers there are. A broker that does not let us in is not asked again until the time is
    /// up: the client would, and say no more than that nobody answered.
    fn ask_for_brokers(&self, config: &KafkaConfig) -> Result<Metadata, LogError> {
        // Answering anything at all asks a broker; an unknown topic name is no error here.
        let topic = Some(config.output(palermo_domain::OutputTopic::Progress));
        let mut left = self.timeout;
        let mut patience = FIRST_WAIT;
        let mut refusal = None;
        loop {
            let error = match self.consumer.fetch_metadata(topic, patience.min(left)) {
                Ok(metadata) => return Ok(metadata),
                Err(error) => error,
            };
            listen(&self.consumer);
            refusal = self.consumer.context().take_refusal().or(refusal);
            // The others of several brokers are given time to answer, and so is one that is going away.
            let enough = |one: &mut crate::refusal::Refusal| {
                let alone = !config.bootstrap.contains(',');
                let rounds: u32 = if !one.is_certain() {
                    4
                } else if alone {
                    1
                } else {
                    2
                };
                patience >= FIRST_WAIT.saturating_mul(rounds)
            };
            if let Some(refusal) = refusal.take_if(enough) {
                return Err(refusal.into_error(config));
            }
            left = left.saturating_sub(patience);
            if left.is_zero() {
                return Err(general("asking for the brokers", &error));
            }
            patience = patience.saturating_mul(2);
        }
    }

    /// How many brokers the cluster has.
    pub(crate) fn brokers(&self, config: &KafkaConfig) -> Result<usize, LogError> {
        Ok(self.ask_for_brokers(config)?.brokers().len())
    }

    /// Fetches from the end of a topic: the broker says whether that is allowed, and nothing is read.
    pub(crate) fn try_reading(&self, topic: &str) -> Result<(), LogError> {
        let doing = format!("reading topic `{topic}`");
        let fail = |error: KafkaError| general(&doing, &error);
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, 0, Offset::End).map_err(fail)?;
        self.consumer.assign(&list).map_err(fail)?;
        let mut answer = Ok(());
        for _ in 0..TRY_POLLS {
            match self.consumer.poll(PAUSE) {
                Some(Err(KafkaError::PartitionEOF(_)) | Ok(_)) => break,
                // What the group may is asked elsewhere.
                Some(Err(error))
                    if error.rdkafka_error_code() == Some(Code::TopicAuthorizationFailed) =>
                {
                    answer = Err(fail(error));
                    break;
                }
                _ => {}
            }
        }
        self.consumer.unassign().map_err(fail)?;
        answer
    }

    /// How many partitions a topic has; it must exist.
    pub(crate) fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        Ok(self.shape(topic, UNKNOWN_PATIENCE)?.partitions)
    }

    /// How many partitions and replicas a topic has; it must exist, and is asked for so often until it
    /// counts as missing.
    pub(crate) fn shape(&self, topic: &str, tries: u32) -> Result<Shape, LogError> {
        shape(&self.consumer, topic, self.timeout, tries)?.ok_or_else(|| missing(topic))
    }

    /// First and next offset of a partition, as this client's isolation sees it.
    pub(crate) fn extent(&self, topic: &str, index: i32) -> Result<Extent, LogError> {
        extent(&self.consumer, topic, index, self.timeout)
    }

    /// The next offset of each of these partitions, as this client's isolation sees it; one question a broker.
    pub(crate) fn ends(&self, names: &[Name]) -> Result<BTreeMap<Name, i64>, LogError> {
        let doing = "asking for the ends of the output partitions";
        let mut list = TopicPartitionList::new();
        for (topic, index) in names {
            // As a time in this request it means the end.
            list.add_partition_offset(topic, *index, Offset::End)
                .map_err(|error| general(doing, &error))?;
        }
        let found = self
            .consumer
            .offsets_for_times(list, self.timeout)
            .map_err(|error| general(doing, &error))?;
        let mut ends = BTreeMap::new();
        for element in found.elements() {
            element.error().map_err(|error| {
                general(&format!("asking for the end of topic `{}`", element.topic()), &error)
            })?;
            if let Offset::Offset(end) = element.offset() {
                ends.insert((element.topic().to_owned(), element.partition()), end);
            }
        }
        Ok(ends)
    }

    /// What the group has committed for these partitions.
    pub(crate) fn committed(&self, names: &[Name]) -> Result<BTreeMap<Name, i64>, LogError> {
        let doing = format!("asking for the committed positions of group `{}`", self.group);
        let mut list = TopicPartitionList::new();
        for (topic, index) in names {
            list.add_partition(topic, *index);
        }
        let found = self.ask_the_group(list, &doing)?;
        let mut positions = BTreeMap::new();
        for element in found.elements() {
            element.error().map_err(|error| general(&doing, &error))?;
            if let Offset::Offset(position) = element.offset() {
                positions.insert((element.topic().to_owned(), element.partition()), position);
            }
        }
        Ok(positions)
    }

    /// As [`Self::ask_for_brokers`]: a client that may not ask the group asks again until the time is up.
    fn ask_the_group(
        &self,
        list: TopicPartitionList,
        doing: &str,
    ) -> Result<TopicPartitionList, LogError> {
        let mut left = self.timeout;
        let mut patience = FIRST_WAIT;
        loop {
            let error = match self.consumer.committed_offsets(list.clone(), patience.min(left)) {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            listen(&self.consumer);
            left = left.saturating_sub(patience);
            if self.consumer.context().is_denied() {
                return Err(general(doing, &KafkaError::Global(Code::GroupAuthorizationFailed)));
            }
            let out_of_time = error.rdkafka_error_code() == Some(Code::OperationTimedOut);
            if left.is_zero() || !out_of_time {
                return Err(general(doing, &error));
            }
            patience = patience.saturating_mul(2);
        }
    }

    /// The first position at or after a record timestamp; `None` where there is none.
    pub(crate) fn positions_at(
        &self,
        names: &[Name],
        timestamp_ms: i64,
    ) -> Result<BTreeMap<Name, Option<i64>>, LogError> {
        let doing = "asking for the positions at a time";
        let mut list = TopicPartitionList::new();
        for (topic, index) in names {
            // Negative numbers have other meanings in this request.
            list.add_partition_offset(topic, *index, Offset::Offset(timestamp_ms.max(0)))
                .map_err(|error| general(doing, &error))?;
        }
        let found = self
            .consumer
            .offsets_for_times(list, self.timeout)
            .map_err(|error| general(doing, &error))?;
        let mut positions = BTreeMap::new();
        for element in found.elements() {
            element.error().map_err(|error| general(doing, &error))?;
            let position = match element.offset() {
                Offset::Offset(position) => Some(position),
                _ => None,
            };
            positions.insert((element.topic().to_owned(), element.partition()), position);
        }
        Ok(positions)
    }

    /// The group's generation as a client sees it that has not joined: none. A commit made with it
    /// is accepted as that of the group's administrator.
    pub(crate) fn group(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.group_metadata()
    }
}

/// Hands what a client has said, which waits in its queue, to its context.
pub(crate) fn listen<C: ConsumerContext>(consumer: &BaseConsumer<C>) {
    for _ in 0..SAID_MAX {
        if consumer.poll(EMPTY).is_none() {
            return;
        }
    }
}

/// How a topic is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Its partitions.
    pub(crate) partitions: i32,
    /// Replicas of the partition that has the fewest.
    pub(crate) replicas: usize,
}

/// How many partitions a topic has; `None` where it does not exist.
pub(crate) fn partition_count(
    consumer: &BaseConsumer<ConsumerWatch>,
    topic: &str,
    timeout: Duration,
) -> Result<Option<i32>, LogError> {
    Ok(shape(consumer, topic, timeout, UNKNOWN_PATIENCE)?.map(|shape| shape.partitions))
}

fn shape(
    consumer: &BaseConsumer<ConsumerWatch>,
    topic: &str,
    timeout: Duration,
    tries: u32,
) -> Result<Option<Shape>, LogError> {
    let doing = &format!("asking for the partitions of topic `{topic}`");
    let mut last = Code::NoError;
    for _ in 0..tries {
        let metadata = consumer
            .fetch_metadata(Some(topic), timeout)
            .map_err(|error| general(doing, &error))?;
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            return Ok(None);
        };
        match found.error().map(Code::from) {
            None => {
                let partitions = i32::try_from(found.partitions().len()).unwrap_or(i32::MAX);
                let replicas = found.partitions().iter().map(|one| one.replicas().len());
                if let Some(replicas) = replicas.min() {
                    return Ok(Some(Shape { partitions, replicas }));
                }
            }
            Some(code) => {
                last = code;
                let wait = matches!(
                    code,
                    Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::LeaderNotAvailable
                );
                if !wait {
                    return Err(general(doing, &KafkaError::MetadataFetch(code)));
                }
            }
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "a question to the broker is asked again after a pause"
        )]
        std::thread::sleep(PAUSE);
    }
    if last == Code::LeaderNotAvailable {
        return Err(recover(format!("topic `{topic}` has no leader at present")));
    }
    Ok(None)
}

/// First and next offset of a partition, as this client's isolation sees it.
pub(crate) fn extent(
    consumer: &BaseConsumer<ConsumerWatch>,
    topic: &str,
    index: i32,
    timeout: Duration,
) -> Result<Extent, LogError> {
    match consumer.fetch_watermarks(topic, index, timeout) {
        Ok((start, end)) => Ok(Extent { start, end }),
        Err(error) => {
            Err(general(&format!("asking for the extent of `{topic}`, partition {index}"), &error))
        }
    }
}

/// How long one advertised address may take to accept a connection.
const REACH_MAX: Duration = Duration::from_secs(3);

/// Clients go where the brokers say they are, not where they were asked. Where nobody answers there,
/// every later question would run into its timeout without a word about why.
fn check_advertised<'a>(
    brokers: impl Iterator<Item = (&'a str, i32)>,
    config: &KafkaConfig,
) -> Result<(), LogError> {
    let mut silent = Vec::new();
    for (host, port) in brokers {
        let port = u16::try_from(port).unwrap_or(0);
        let found = (host, port).to_socket_addrs().into_iter().flatten();
        if found.into_iter().any(|at| TcpStream::connect_timeout(&at, REACH_MAX).is_ok()) {
            return Ok(());
        }
        silent.push(format!("`{host}:{port}`"));
    }
    Err(recover(format!(
        "the brokers at `{}` lead to {}, where nobody answers: look at their `advertised.listeners`",
        config.bootstrap,
        if silent.is_empty() { "no address".to_owned() } else { silent.join(", ") }
    )))
}

pub(crate) fn missing(topic: &str) -> LogError {
    stop(
        TOPIC_MISSING,
        format!("topic `{topic}` does not exist; make it, or start with `--create-topics`"),
    )
}
