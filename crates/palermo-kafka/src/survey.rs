//! A look at what a task needs of the brokers, which changes nothing there: `palermo doctor`.
//!
//! Promise: nothing is written, no group is joined, nobody is fenced. So what only a commit can tell
//! (WRITE on a topic beside READ, READ on the group, WRITE on the transactional id) is not tried, and
//! that is said. Topics are judged by the same function as at the start of a run.

use crate::admin::{Severity, TopicLook, TopicNeeds, look_at_topics};
use crate::config::KafkaConfig;
use crate::error::{NOT_ALLOWED, TOPIC_SETTINGS};
use crate::probe::{Probe, listen};
use crate::rights::{Operation, Resource, rights};
use crate::watch::{Health, lock};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_engine::port::LogError;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Code of an answer that no broker gave.
const UNAVAILABLE: &str = "log_unavailable";
/// The brokers are older than what Palermo rests on.
const OLD: &str = "broker_old";
/// Records are dated after this machine's clock.
const CLOCK: &str = "clock_behind";
/// One broker holds everything.
const ALONE: &str = "broker_alone";

/// Codes of findings of this module that have no stop; each has a page under `docs/errors/`.
pub const SURVEY_CODES: [&str; 3] = [OLD, CLOCK, ALONE];

/// How long one attempt to read may take.
const READ_WAIT: Duration = Duration::from_secs(5);
/// A record dated later than this after now: a clock is wrong, not just a little off.
const AHEAD_MS: i64 = 60_000;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, with a disadvantage that is named.
    Warning,
    /// The engine does not start, or stops.
    Error,
}

impl Level {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// Code with a page under `docs/errors/`.
    pub code: &'static str,
    /// What it is about.
    pub about: String,
    /// What was seen.
    pub seen: String,
    /// What to do; empty where nothing is.
    pub remedy: String,
}

impl Finding {
    /// All is well.
    pub fn fine(code: &'static str, about: impl Into<String>, seen: impl Into<String>) -> Self {
        let (about, seen) = (about.into(), seen.into());
        Self { level: Level::Ok, code, about, seen, remedy: String::new() }
    }

    /// Something to do.
    pub fn new(
        level: Level,
        code: &'static str,
        about: impl Into<String>,
        seen: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (about, seen, remedy) = (about.into(), seen.into(), remedy.into());
        Self { level, code, about, seen, remedy }
    }

    /// Why a question had no answer.
    fn of(about: &str, error: LogError) -> Self {
        let (code, reason) = match error {
            LogError::Stop { code, reason } => (code, reason),
            LogError::Recover { reason } => (UNAVAILABLE, reason),
            LogError::Fenced { reason } => ("fenced", reason),
        };
        let (seen, remedy) =
            reason.rsplit_once("; ").unwrap_or((&reason, "look at the brokers and at the network"));
        Self::new(Level::Error, code, about, seen, remedy)
    }
}

/// Looks at everything. `now_ms` is this machine's clock.
pub fn survey(config: &KafkaConfig, needs: &TopicNeeds, now_ms: i64) -> Vec<Finding> {
    let about = format!("brokers at `{}`", config.bootstrap);
    let health = Arc::new(Health::default());
    let opened = config.check().and_then(|()| {
        let probe = Probe::open(config, &health)?;
        probe.check_cluster(config)?;
        let brokers = probe.brokers(config)?;
        Ok((probe, brokers))
    });
    let (probe, brokers) = match opened {
        Ok(opened) => opened,
        Err(error) => return vec![Finding::of(&about, error)],
    };
    let mut found = vec![Finding::fine(UNAVAILABLE, &about, reached(config, brokers))];
    if brokers == 1 {
        found.push(Finding::new(
            Level::Warning,
            ALONE,
            &about,
            "the cluster has one broker",
            "fine for a trial; with three, a broker may be lost without losing payments or alerts",
        ));
    }
    found.push(versions(config, &about));
    match look_at_topics(&probe, config, needs) {
        Ok(looks) => {
            let visible: Vec<&TopicLook> =
                looks.iter().filter(|look| look.shape.is_some()).collect();
            looks.iter().for_each(|look| topic(look, &mut found));
            access(&probe, config, &visible, &mut found);
            found.extend(clock(&probe, config, &visible, now_ms));
        }
        Err(error) => found.push(Finding::of("the topics", error)),
    }
    found
}

fn reached(config: &KafkaConfig, brokers: usize) -> String {
    let open = |key: &str| config.security.get(key).map_or("", String::as_str);
    let how = match (config.is_encrypted(), open("sasl.username")) {
        (false, _) => "unencrypted, on this machine".to_owned(),
        (true, "") if !open("ssl.certificate.location").is_empty() => {
            "by TLS with a client certificate".to_owned()
        }
        (true, "") => "by TLS, without saying who we are".to_owned(),
        (true, user) => format!("by TLS as user `{user}` ({})", open("sasl.mechanism")),
    };
    format!("{brokers} answer, {how}")
}

/// The least that a look says of a topic that is fine.
fn topic(look: &TopicLook, found: &mut Vec<Finding>) {
    let about = format!("topic `{}`", look.topic);
    for problem in &look.problems {
        let level = match problem.severity {
            Severity::Warning => Level::Warning,
            Severity::Error => Level::Error,
        };
        found.push(Finding::new(level, problem.code, &about, &problem.found, &problem.remedy));
    }
    if let Some(shape) = look.shape.filter(|_| look.problems.is_empty()) {
        let seen = format!(
            "{} partitions, {} replicas, settings as needed",
            shape.partitions, shape.replicas
        );
        found.push(Finding::fine(TOPIC_SETTINGS, about, seen));
    }
}

/// What can be tried of the rights without a trace.
fn access(probe: &Probe, config: &KafkaConfig, visible: &[&TopicLook], found: &mut Vec<Finding>) {
    let mut refused =
        visible.iter().any(|look| look.problems.iter().any(|p| p.code == NOT_ALLOWED));
    // The progress topic was tried with its settings.
    for look in visible.iter().filter(|look| config.inputs.values().any(|i| *i == look.topic)) {
        if let Err(error) = probe.try_reading(&look.topic) {
            refused = true;
            found.push(Finding::of(&format!("topic `{}`", look.topic), error));
        }
    }
    if let Err(error) = probe.committed(&partitions(config, visible)) {
        refused = true;
        found.push(Finding::of(&format!("group `{}`", config.group), error));
    }
    if !refused {
        let untried: Vec<String> = rights(config)
            .into_iter()
            .filter(|right| match right.resource {
                Resource::Topic => right.operation == Operation::Write,
                Resource::Group | Resource::TransactionalId => true,
            })
            .map(|right| right.to_string())
            .collect();
        let seen =
            format!("reading is allowed; not tried, as only a commit can: {}", untried.join(", "));
        found.push(Finding::fine(NOT_ALLOWED, "access", seen));
    }
}

/// Every partition of the input topics that can be seen.
fn partitions(config: &KafkaConfig, visible: &[&TopicLook]) -> Vec<(String, i32)> {
    let inputs = visible.iter().filter(|look| config.inputs.values().any(|i| *i == look.topic));
    inputs
        .flat_map(|look| {
            let count = look.shape.map_or(0, |shape| shape.partitions);
            (0..count).map(|index| (look.topic.clone(), index))
        })
        .collect()
}

/// Whether a record is dated after now: then this machine's clock is behind, or a producer's ahead.
fn clock(
    probe: &Probe,
    config: &KafkaConfig,
    visible: &[&TopicLook],
    now_ms: i64,
) -> Option<Finding> {
    let payments = config.input(TopicRole::Payments);
    let mut names = partitions(config, visible);
    names.retain(|(topic, _)| topic == payments);
    if names.is_empty() {
        return None;
    }
    let ahead = probe.positions_at(&names, now_ms.saturating_add(AHEAD_MS)).ok()?;
    let at = ahead.into_iter().find_map(|((_, index), position)| Some((index, position?)));
    Some(match at {
        Some((index, position)) => Finding::new(
            Level::Warning,
            CLOCK,
            "clock",
            format!(
                "`{payments}`, partition {index}, holds a record at {position} that is dated more than \
                 a minute after this machine's clock"
            ),
            "synchronize the clocks of this machine, of the brokers and of the producers",
        ),
        None => Finding::fine(
            CLOCK,
            "clock",
            format!("no record of `{payments}` is dated after this machine's clock"),
        ),
    })
}

/// What the brokers can do, as far as they say it to a client.
fn versions(config: &KafkaConfig, about: &str) -> Finding {
    let offered = offered(config);
    let most = |api: &str| offered.get(api).copied();
    let (Some(produce), Some(offsets)) = (most("Produce"), most("TxnOffsetCommit")) else {
        return Finding::fine(OLD, about, "the brokers do not say what they can do");
    };
    let seen = format!("they offer Produce {produce} and TxnOffsetCommit {offsets}");
    if offsets < 3 {
        let remedy =
            "use Kafka 2.5 or newer: an older one cannot fence an engine that was replaced";
        Finding::new(Level::Error, OLD, about, seen, remedy)
    } else if produce < 12 {
        let remedy = "use Kafka 4.0 or newer: in an older one a late request can leave a transaction \
                      open, which holds up every reader behind it (KIP-890)";
        Finding::new(Level::Warning, OLD, about, seen, remedy)
    } else {
        Finding::fine(OLD, about, format!("{seen}: Kafka 4.0 or newer"))
    }
}

/// The highest version of each request that the first broker takes, from the client's log.
fn offered(config: &KafkaConfig) -> BTreeMap<String, i32> {
    let mut native = config.admin();
    native.set("debug", "feature").set_log_level(RDKafkaLogLevel::Debug);
    let client = match BaseConsumer::from_config_and_context(&native, Offers::default()) {
        Ok(client) => client,
        Err(_) => return BTreeMap::new(),
    };
    let _ = client.fetch_metadata(Some(config.output(OutputTopic::Progress)), READ_WAIT);
    listen(&client);
    std::mem::take(&mut *lock(&client.context().apis))
}

#[derive(Debug, Default)]
struct Offers {
    apis: Mutex<BTreeMap<String, i32>>,
}

impl ClientContext for Offers {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        if let Some((api, most)) = offer(message).filter(|_| facility == "APIVERSION") {
            lock(&self.apis).insert(api, most);
        }
    }

    fn error(&self, _error: KafkaError, _reason: &str) {}
}

impl ConsumerContext for Offers {}

/// `... ApiKey Produce (0) Versions 3..12`
fn offer(message: &str) -> Option<(String, i32)> {
    let (_, rest) = message.split_once("ApiKey ")?;
    let (name, rest) = rest.split_once(" (")?;
    let (_, versions) = rest.split_once("Versions ")?;
    let (_, most) = versions.split_once("..")?;
    Some((name.to_owned(), most.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_offers_is_read_from_the_clients_words() {
        let line = "[thrd:main]: localhost:9092/1:   ApiKey TxnOffsetCommit (28) Versions 0..5";
        assert_eq!(offer(line), Some(("TxnOffsetCommit".to_owned(), 5)));
        assert_eq!(offer("Broker API support:"), None);
    }

    #[test]
    fn every_code_has_a_page() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        for code in SURVEY_CODES {
            let page = std::fs::read_to_string(format!("{root}/{code}.md")).unwrap_or_default();
            assert!(page.starts_with(&format!("# {code}\n")), "docs/errors/{code}.md is missing");
        }
    }

    #[test]
    fn nobody_there_is_one_finding() {
        let mut config = KafkaConfig::new("kafka.bank:9092", "g", "t");
        let needs = TopicNeeds { horizon_ms: 1, lateness_ms: 1, dead_letter_bytes: 1 };
        let found = survey(&config, &needs, 0);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].level, found[0].code), (Level::Error, "insecure_connection"));
        assert!(found[0].remedy.contains("security.protocol"), "{found:?}");
        config.group.clear();
        assert_eq!(survey(&config, &needs, 0)[0].code, "kafka_config");
    }
}
