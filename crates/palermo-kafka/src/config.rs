//! What a connection needs to know, checked before a client exists.
//!
//! Only an allow-list of librdkafka's own keys passes ([`KafkaConfig::security`]): some of the
//! others load code or switch off what exactly-once rests on. Plaintext is for loopback; anything
//! else has to say how it is secured. `Debug` shows no secret.

use crate::error::{CONFIG, INSECURE, stop};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_engine::port::LogError;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

/// Keys of librdkafka that a configuration file may set; `true` marks a secret.
const SECURITY_KEYS: [(&str, bool); 11] = [
    ("client.rack", false),
    ("sasl.mechanism", false),
    ("sasl.mechanisms", false),
    ("sasl.password", true),
    ("sasl.username", false),
    ("security.protocol", false),
    ("ssl.ca.location", false),
    ("ssl.certificate.location", false),
    ("ssl.crl.location", false),
    ("ssl.key.location", false),
    ("ssl.key.password", true),
];

/// Records are sent together up to this size, or one alone that is larger: what every output topic
/// must take, whatever its records are. The client's default, below the broker's.
pub(crate) const BATCH_BYTES: u32 = 1_000_000;

/// How long a reading client waits for one answer before it connects anew.
const ANSWER_MS: u32 = 10_000;

/// How outputs are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Fast.
    #[default]
    Lz4,
    /// Small.
    Zstd,
}

impl Compression {
    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

/// Sizes and times of the client. None of them changes a result, only speed and patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The broker answers a fetch when it has this much, or after `fetch_wait_ms`.
    pub fetch_min_bytes: u32,
    /// At most this much in one answer.
    pub fetch_max_bytes: u32,
    /// At most this much of one partition in one answer.
    pub partition_fetch_bytes: u32,
    /// How long the broker holds a fetch that has nothing to give. The end of a partition is
    /// reported by such an empty answer: this is the delay of a tick.
    pub fetch_wait_ms: u32,
    /// Read ahead at most this much, per partition.
    pub queued_kbytes: u32,
    /// Of the outputs.
    pub compression: Compression,
    /// The largest record that is handed to the client. Above everything that Palermo makes (a dead
    /// letter has at most 1 MiB of value, 4 KiB of key, and headers): the topic's own limit decides.
    pub record_max_bytes: u32,
    /// A Kafka transaction older than this is aborted by the broker.
    pub transaction_timeout_ms: u32,
    /// After this silence the group gives the partitions of this engine away. 6 s is the broker's
    /// usual minimum.
    pub session_timeout_ms: u32,
    /// How long to wait until every partition is assigned.
    pub assignment_wait_ms: u32,
    /// How long to wait for the answer to a question (metadata, offsets, fencing).
    pub request_timeout_ms: u32,
}

impl Tuning {
    /// How long a writing client waits for one answer before it connects anew and asks again.
    pub(crate) const fn commit_answer_ms(&self) -> u32 {
        self.transaction_timeout_ms / 2
    }
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            fetch_min_bytes: 1,
            fetch_max_bytes: 52_428_800,
            partition_fetch_bytes: 1_048_576,
            fetch_wait_ms: 50,
            queued_kbytes: 16_384,
            compression: Compression::Lz4,
            record_max_bytes: 4 << 20,
            transaction_timeout_ms: 10_000,
            session_timeout_ms: 6_000,
            assignment_wait_ms: 30_000,
            request_timeout_ms: 30_000,
        }
    }
}

/// Where the log is, under which identity it is used, and which topics play which part.
#[derive(Clone)]
pub struct KafkaConfig {
    /// `host:port`, several separated by commas.
    pub bootstrap: String,
    /// The consumer group.
    pub group: String,
    /// The task: `transactional.id`, `group.instance.id` and key of its progress records. Two
    /// engines with the same task fence each other.
    pub task: String,
    /// Input topics. `payments` is required; a role without a topic is not read.
    pub inputs: BTreeMap<TopicRole, String>,
    /// Output topics, all of them.
    pub outputs: BTreeMap<OutputTopic, String>,
    /// Sizes and times.
    pub tuning: Tuning,
    /// TLS and SASL, as librdkafka's own keys (see the allow-list in this module).
    pub security: BTreeMap<String, String>,
}

impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let security: BTreeMap<&str, &str> = self
            .security
            .iter()
            .map(|(key, value)| (key.as_str(), if is_open(key) { value.as_str() } else { "***" }))
            .collect();
        f.debug_struct("KafkaConfig")
            .field("bootstrap", &self.bootstrap)
            .field("group", &self.group)
            .field("task", &self.task)
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .field("tuning", &self.tuning)
            .field("security", &security)
            .finish()
    }
}

/// Whether the value of a key may be shown.
fn is_open(key: &str) -> bool {
    SECURITY_KEYS.iter().any(|(name, secret)| *name == key && !secret)
}

impl KafkaConfig {
    /// The usual topic names (DESIGN §10), all roles, usual sizes, no security.
    pub fn new(bootstrap: &str, group: &str, task: &str) -> Self {
        let inputs = [
            (TopicRole::Control, "palermo.control"),
            (TopicRole::Lists, "lists"),
            (TopicRole::Parties, "parties"),
            (TopicRole::Payments, "payments"),
        ];
        let outputs = [
            (OutputTopic::Alerts, "alerts"),
            (OutputTopic::Shadow, "alerts.shadow"),
            (OutputTopic::Suppressed, "alerts.suppressed"),
            (OutputTopic::Evidence, "alerts.evidence"),
            (OutputTopic::DeadLetter, "payments.dead-letter"),
            (OutputTopic::Progress, "palermo.progress"),
        ];
        Self {
            bootstrap: bootstrap.to_owned(),
            group: group.to_owned(),
            task: task.to_owned(),
            inputs: inputs.into_iter().map(|(role, name)| (role, name.to_owned())).collect(),
            outputs: outputs.into_iter().map(|(topic, name)| (topic, name.to_owned())).collect(),
            tuning: Tuning::default(),
            security: BTreeMap::new(),
        }
    }

    /// Refuses what can not work or must not be done. Every way in calls it.
    pub fn check(&self) -> Result<(), LogError> {
        self.check_names()?;
        self.check_security()?;
        let tuning = &self.tuning;
        if tuning.session_timeout_ms < 3_000 || tuning.transaction_timeout_ms < 2_000 {
            return Err(stop(
                CONFIG,
                "the session timeout must be at least 3 s and the transaction timeout 2 s"
                    .to_owned(),
            ));
        }
        if tuning.fetch_max_bytes < 1_000 || tuning.partition_fetch_bytes < 1_000 {
            return Err(stop(CONFIG, "the fetch sizes must be at least 1000 bytes".to_owned()));
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), LogError> {
        if self.bootstrap.is_empty() || self.group.is_empty() || self.task.is_empty() {
            return Err(stop(
                CONFIG,
                "`bootstrap`, `group` and `task` must not be empty".to_owned(),
            ));
        }
        for text in [&self.bootstrap, &self.group, &self.task] {
            if text.contains('\0') {
                return Err(stop(CONFIG, "a name contains a zero byte".to_owned()));
            }
        }
        if !self.inputs.contains_key(&TopicRole::Payments) {
            return Err(stop(CONFIG, "no topic is named for `payments`".to_owned()));
        }
        if let Some(topic) = OutputTopic::ALL.iter().find(|topic| !self.outputs.contains_key(topic))
        {
            return Err(stop(CONFIG, format!("no topic is named for `{}`", topic.as_str())));
        }
        let mut seen = BTreeSet::new();
        for name in self.inputs.values().chain(self.outputs.values()) {
            check_topic_name(name)?;
            if !seen.insert(name) {
                return Err(stop(CONFIG, format!("topic `{name}` is named for two parts")));
            }
        }
        Ok(())
    }

    fn check_security(&self) -> Result<(), LogError> {
        for (key, value) in &self.security {
            if !SECURITY_KEYS.iter().any(|(name, _)| name == key) {
                let known: Vec<&str> = SECURITY_KEYS.iter().map(|(name, _)| *name).collect();
                return Err(stop(
                    CONFIG,
                    format!(
                        "the client key `{key}` is not allowed; allowed are {}",
                        known.join(", ")
                    ),
                ));
            }
            if value.contains('\0') {
                return Err(stop(CONFIG, format!("the value of `{key}` contains a zero byte")));
            }
        }
        if self.is_encrypted() {
            return Ok(());
        }
        for address in self.bootstrap.split(',') {
            require_loopback(host_of(address.trim()))?;
        }
        Ok(())
    }

    /// Whether what goes over the wire is encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.security
            .get("security.protocol")
            .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "ssl" | "sasl_ssl"))
    }

    /// The topic of an output; `check` has seen to it that there is one.
    pub(crate) fn output(&self, topic: OutputTopic) -> &str {
        self.outputs.get(&topic).map_or("", String::as_str)
    }

    /// The topic of an input role, where it is read.
    pub(crate) fn input(&self, role: TopicRole) -> &str {
        self.inputs.get(&role).map_or("", String::as_str)
    }

    /// What every client sets.
    fn base(&self, client_id: &str) -> ClientConfig {
        let mut native = ClientConfig::new();
        native
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", format!("palermo-{}-{client_id}", self.task))
            .set("topic.metadata.refresh.interval.ms", "10000")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set_log_level(RDKafkaLogLevel::Warning);
        for (key, value) in &self.security {
            native.set(key, value);
        }
        native
    }

    /// A reader that sees only what is committed and never resets a position.
    pub(crate) fn consumer(&self, client_id: &str) -> ClientConfig {
        let tuning = &self.tuning;
        let mut native = self.base(client_id);
        native
            .set("group.id", &self.group)
            .set("isolation.level", "read_committed")
            // A connection that is half open is given up after this; the client's own patience is a
            // minute. A fetch is answered after `fetch_wait_ms`.
            .set("socket.timeout.ms", ANSWER_MS.to_string())
            .set("auto.offset.reset", "error")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("check.crcs", "true")
            .set("fetch.min.bytes", tuning.fetch_min_bytes.to_string())
            .set("fetch.max.bytes", tuning.fetch_max_bytes.to_string())
            .set("max.partition.fetch.bytes", tuning.partition_fetch_bytes.to_string())
            .set("fetch.wait.max.ms", tuning.fetch_wait_ms.to_string())
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.error.backoff.ms", "100")
            .set("queued.min.messages", "50000")
            .set("queued.max.messages.kbytes", tuning.queued_kbytes.to_string());
        // Of a consumer this key only bounds `fetch.max.bytes` from below.
        native.set("message.max.bytes", tuning.fetch_max_bytes.min(1_000_000).to_string());
        // Room for the answer, its frame, and one record that is larger than any limit here.
        let receive = u64::from(tuning.fetch_max_bytes.max(tuning.partition_fetch_bytes));
        native.set("receive.message.max.bytes", receive.saturating_add(67_108_864).to_string());
        native
    }

    /// The member of the group that the engine reads with.
    pub(crate) fn member(&self) -> ClientConfig {
        let mut native = self.consumer("live");
        native
            .set("group.protocol", "classic")
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("group.instance.id", &self.task)
            .set("session.timeout.ms", self.tuning.session_timeout_ms.to_string())
            .set("heartbeat.interval.ms", "500")
            // A change of rules evaluates whole windows anew before the next poll; by itself the client would
            // leave the group after five minutes, and the change would begin again, for ever.
            .set("max.poll.interval.ms", "86400000")
            .set("statistics.interval.ms", "1000");
        native
    }

    /// A reader that sees everything, committed or not.
    pub(crate) fn uncommitted(&self, client_id: &str) -> ClientConfig {
        let mut native = self.consumer(client_id);
        native.set("isolation.level", "read_uncommitted");
        native
    }

    /// What every producer sets.
    pub(crate) fn producer(&self, client_id: &str) -> ClientConfig {
        let mut native = self.base(client_id);
        native
            .set("enable.idempotence", "true")
            .set("compression.type", self.tuning.compression.as_str())
            .set("partitioner", "murmur2_random")
            .set("batch.size", BATCH_BYTES.to_string())
            .set("message.max.bytes", self.tuning.record_max_bytes.to_string());
        native
    }

    /// A producer under a transactional identity.
    pub(crate) fn transactional(&self, client_id: &str, id: &str) -> ClientConfig {
        let mut native = self.producer(client_id);
        native
            .set("transactional.id", id)
            .set("transaction.timeout.ms", self.tuning.transaction_timeout_ms.to_string())
            .set("socket.timeout.ms", self.tuning.commit_answer_ms().to_string())
            .set("retry.backoff.ms", "5")
            // Only so does the client say of every connection that it broke (`Deliveries::take_broke`).
            .set("debug", "broker")
            .set_log_level(RDKafkaLogLevel::Debug)
            // As Java clients place keys; records without one go to one partition, not to any:
            // outputs are a function of the inputs.
            .set("partitioner", "murmur2")
            .set("linger.ms", "1");
        native
    }

    /// A client for administration.
    pub(crate) fn admin(&self) -> ClientConfig {
        self.base("admin")
    }
}

fn check_topic_name(name: &str) -> Result<(), LogError> {
    let fine = !name.is_empty()
        && name.len() <= 249
        && name != "."
        && name != ".."
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if fine {
        return Ok(());
    }
    Err(stop(CONFIG, format!("`{}` is not a topic name", name.escape_default())))
}

/// The host of `host:port`, `[v6]:port` or either with a `protocol://` before it.
fn host_of(address: &str) -> &str {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    if let Some(rest) = address.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(host, _)| host);
    }
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

/// Refuses a host that plaintext must not go to.
pub(crate) fn require_loopback(host: &str) -> Result<(), LogError> {
    let loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if loopback {
        return Ok(());
    }
    Err(stop(
        INSECURE,
        format!(
            "`{host}` is not on this machine and the connection is not encrypted; set \
             `security.protocol` to `ssl` or `sasl_ssl` with its certificates"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(config: &KafkaConfig) -> &'static str {
        match config.check() {
            Ok(()) => "ok",
            Err(LogError::Stop { code, .. }) => code,
            Err(_) => "other",
        }
    }

    #[test]
    fn plaintext_is_for_loopback() {
        for (bootstrap, protocol, expected) in [
            ("127.0.0.1:9092", "", "ok"),
            ("localhost:9092,[::1]:9093", "", "ok"),
            ("PLAINTEXT://127.9.9.9:9092", "", "ok"),
            ("kafka.bank:9092", "", INSECURE),
            ("127.0.0.1:9092,10.0.0.1:9092", "", INSECURE),
            ("localhost.evil.example:9092", "", INSECURE),
            ("10.0.0.1:9092", "sasl_plaintext", INSECURE),
            ("10.0.0.1:9092", "ssl", "ok"),
            ("10.0.0.1:9092", "SASL_SSL", "ok"),
        ] {
            let mut config = KafkaConfig::new(bootstrap, "g", "t");
            if !protocol.is_empty() {
                config.security.insert("security.protocol".to_owned(), protocol.to_owned());
            }
            assert_eq!(code(&config), expected, "{bootstrap} {protocol}");
        }
    }

    #[test]
    fn only_listed_client_keys_pass_and_secrets_are_not_shown() {
        let mut config = KafkaConfig::new("127.0.0.1:1", "g", "t");
        config.security.insert("sasl.password".to_owned(), "hunter2".to_owned());
        assert_eq!(code(&config), "ok");
        assert!(!format!("{config:?}").contains("hunter2"));
        for key in ["plugin.library.paths", "enable.ssl.certificate.verification", "group.id"] {
            let mut config = KafkaConfig::new("127.0.0.1:1", "g", "t");
            config.security.insert(key.to_owned(), "x".to_owned());
            assert_eq!(code(&config), CONFIG, "{key}");
        }
    }

    #[test]
    fn topics_are_named_once_and_legally() {
        let mut config = KafkaConfig::new("127.0.0.1:1", "g", "t");
        config.inputs.insert(TopicRole::Payments, "alerts".to_owned());
        assert_eq!(code(&config), CONFIG);
        config.inputs.insert(TopicRole::Payments, "pay ments".to_owned());
        assert_eq!(code(&config), CONFIG);
        config.inputs.remove(&TopicRole::Payments);
        assert_eq!(code(&config), CONFIG);
        let mut config = KafkaConfig::new("127.0.0.1:1", "g", "t");
        config.inputs.remove(&TopicRole::Control);
        assert_eq!(code(&config), "ok");
        config.outputs.remove(&OutputTopic::Shadow);
        assert_eq!(code(&config), CONFIG);
    }
}
