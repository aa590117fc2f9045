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
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// How long a topic may be unknown before it counts as missing: a new one needs a moment until
/// every broker has heard of it.
const UNKNOWN_PATIENCE: u32 = 10;
/// Between two of those questions.
const PAUSE: Duration = Duration::from_millis(100);

/// A client for questions.
pub(crate) struct Probe {
    consumer: BaseConsumer<ConsumerWatch>,
    timeout: Duration,
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
        let consumer = BaseConsumer::from_config_and_context(native, watch)
            .map_err(|error| general("making a client", &error))?;
        let timeout = Duration::from_millis(u64::from(config.tuning.request_timeout_ms));
        Ok(Self { consumer, timeout })
    }

    /// Whether the cluster can be used as configured: a broker answers, and a plaintext connection
    /// is not led away from this machine by what the broker advertises.
    pub(crate) fn check_cluster(&self, config: &KafkaConfig) -> Result<(), LogError> {
        // Answering anything at all asks a broker; an unknown topic name is no error here.
        let metadata = self
            .consumer
            .fetch_metadata(
                Some(config.output(palermo_domain::OutputTopic::Progress)),
                self.timeout,
            )
            .map_err(|error| general("asking for the brokers", &error))?;
        if !config.is_encrypted() {
            for broker in metadata.brokers() {
                require_loopback(broker.host())?;
            }
        }
        check_advertised(metadata.brokers().iter().map(|b| (b.host(), b.port())), config)?;
        self.consumer.context().health.set_connected(true);
        Ok(())
    }

    /// How many partitions a topic has; it must exist.
    pub(crate) fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        partition_count(&self.consumer, topic, self.timeout)?.ok_or_else(|| missing(topic))
    }

    /// First and next offset of a partition, as this client's isolation sees it.
    pub(crate) fn extent(&self, topic: &str, index: i32) -> Result<Extent, LogError> {
        extent(&self.consumer, topic, index, self.timeout)
    }

    /// What the group has committed for these partitions.
    pub(crate) fn committed(&self, names: &[Name]) -> Result<BTreeMap<Name, i64>, LogError> {
        let mut list = TopicPartitionList::new();
        for (topic, index) in names {
            list.add_partition(topic, *index);
        }
        let found = self
            .consumer
            .committed_offsets(list, self.timeout)
            .map_err(|error| general("asking for the committed positions", &error))?;
        let mut positions = BTreeMap::new();
        for element in found.elements() {
            element
                .error()
                .map_err(|error| general("asking for the committed positions", &error))?;
            if let Offset::Offset(position) = element.offset() {
                positions.insert((element.topic().to_owned(), element.partition()), position);
            }
        }
        Ok(positions)
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

/// How many partitions a topic has; `None` where it does not exist.
pub(crate) fn partition_count(
    consumer: &BaseConsumer<ConsumerWatch>,
    topic: &str,
    timeout: Duration,
) -> Result<Option<i32>, LogError> {
    let doing = "asking for the partitions of a topic";
    let mut last = Code::NoError;
    for _ in 0..UNKNOWN_PATIENCE {
        let metadata = consumer
            .fetch_metadata(Some(topic), timeout)
            .map_err(|error| general(doing, &error))?;
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            return Ok(None);
        };
        match found.error().map(Code::from) {
            None => {
                let count = i32::try_from(found.partitions().len()).unwrap_or(i32::MAX);
                if count > 0 {
                    return Ok(Some(count));
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
        Err(error) => Err(general("asking for the extent of a partition", &error)),
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
