//! Topics: are they there and fit for what rests on them, and making them.
//!
//! What rests on them: a replay reads inputs again from where a snapshot ends, so records must stay
//! as long as they can still matter, all versions of them (no compaction); the progress topic is
//! the order of commits, so it has one partition.

use crate::config::{BATCH_BYTES, KafkaConfig};
use crate::error::{CONFIG, NOT_ALLOWED};
use crate::error::{
    TOPIC_MISSING, TOPIC_SETTINGS, general, is_not_allowed, recover, refused, stop,
};
use crate::probe::{Probe, Shape, UNKNOWN_PATIENCE};
use crate::watch::Health;
use palermo_domain::{OutputTopic, Position, TopicRole};
use palermo_engine::port::LogError;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigResource, NewPartitions, NewTopic,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

/// What the bundle asks of the topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicNeeds {
    /// How far back rules look.
    pub horizon_ms: i64,
    /// How late a payment may come.
    pub lateness_ms: i64,
    /// What the longest dead letter takes, with headers and frame.
    pub dead_letter_bytes: u64,
}

/// What a broker lets a topic take unless told otherwise.
const USUAL_BYTES: u64 = 1_048_588;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It works, with a disadvantage that is named.
    Warning,
    /// The engine must not start.
    Error,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicProblem {
    /// The topic's name.
    pub topic: String,
    /// How bad it is.
    pub severity: Severity,
    /// Code with a page under `docs/errors/`.
    pub code: &'static str,
    /// What was found.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

impl std::fmt::Display for TopicProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "topic `{}`: {}; {}", self.topic, self.found, self.remedy)
    }
}

impl TopicProblem {
    /// The problem as a reason to stop.
    pub fn into_error(self) -> LogError {
        let reason = self.to_string();
        stop(self.code, reason)
    }
}

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicPlan {
    /// Partitions of `payments`.
    pub payments_partitions: i32,
    /// Partitions of `alerts`, `alerts.shadow`, `alerts.suppressed`, `alerts.evidence` and
    /// `payments.dead-letter`, each.
    pub output_partitions: i32,
    /// Replicas; -1 leaves it to the broker.
    pub replication: i32,
    /// Whether `payments` gets broker time (`LogAppendTime`) as recommended. Off where payments are
    /// produced with the times at which they happened, as the demo and the tests do.
    pub payments_append_time: bool,
    /// What the longest dead letter takes; its topic is made to take it.
    pub dead_letter_bytes: u64,
}

impl Default for TopicPlan {
    fn default() -> Self {
        Self {
            payments_partitions: 4,
            output_partitions: 1,
            replication: -1,
            payments_append_time: false,
            dead_letter_bytes: USUAL_BYTES,
        }
    }
}

/// The part that a topic plays, for the choice of its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Payments,
    /// Control, lists, parties: few records, needed for ever.
    Reference(TopicRole),
    Progress,
    /// Alerts in their three forms, and evidence: every revision counts.
    Alerts,
    DeadLetter,
}

impl Part {
    const fn of_input(role: TopicRole) -> Self {
        match role {
            TopicRole::Payments => Self::Payments,
            other => Self::Reference(other),
        }
    }

    const fn of_output(topic: OutputTopic) -> Self {
        match topic {
            OutputTopic::Progress => Self::Progress,
            OutputTopic::DeadLetter => Self::DeadLetter,
            _ => Self::Alerts,
        }
    }

    /// Whether a replay reads it.
    const fn is_replayed(self) -> bool {
        !matches!(self, Self::Alerts | Self::DeadLetter)
    }

    /// How many partitions it must have, where that is fixed.
    const fn partitions(self) -> Option<i32> {
        match self {
            Self::Progress | Self::Reference(TopicRole::Control) => Some(1),
            _ => None,
        }
    }
}

fn topics(config: &KafkaConfig) -> Vec<(String, Part)> {
    let inputs = config.inputs.iter().map(|(role, name)| (name.clone(), Part::of_input(*role)));
    let outputs =
        config.outputs.iter().map(|(topic, name)| (name.clone(), Part::of_output(*topic)));
    inputs.chain(outputs).collect()
}

/// Looks at every topic of the configuration. An empty answer means that all is well.
pub fn check_topics(
    config: &KafkaConfig,
    needs: &TopicNeeds,
) -> Result<Vec<TopicProblem>, LogError> {
    config.check()?;
    let health = Arc::new(Health::default());
    let probe = Probe::open(config, &health)?;
    probe.check_cluster(config)?;
    Ok(look_at_topics(&probe, config, needs)?.into_iter().flat_map(|look| look.problems).collect())
}

/// What was seen of a topic.
pub(crate) struct TopicLook {
    pub(crate) topic: String,
    /// Where it can be seen at all.
    pub(crate) shape: Option<Shape>,
    pub(crate) problems: Vec<TopicProblem>,
}

/// What was seen of each topic of the configuration. One that may not be looked at is a problem of that
/// topic: all that is missing is said at once.
pub(crate) fn look_at_topics(
    probe: &Probe,
    config: &KafkaConfig,
    needs: &TopicNeeds,
) -> Result<Vec<TopicLook>, LogError> {
    let brokers = probe.brokers(config)?;
    let mut looks = Vec::new();
    let mut present = Vec::new();
    // What makes one topic unknown for a moment has passed for the others too.
    let mut tries = UNKNOWN_PATIENCE;
    for (topic, part) in topics(config) {
        let (shape, problems) = match probe.shape(&topic, tries) {
            Ok(shape) => {
                present.push((looks.len(), topic.clone(), part, shape));
                (Some(shape), Vec::new())
            }
            Err(error) => {
                tries = 1;
                (None, vec![problem(&topic, error)?])
            }
        };
        looks.push(TopicLook { topic, shape, problems });
    }
    // Only a restart would find out that it may not read what it wrote.
    let progress = config.output(OutputTopic::Progress);
    for look in looks.iter_mut().filter(|look| look.topic == progress && look.shape.is_some()) {
        if let Err(error) = probe.try_reading(progress) {
            look.problems.push(problem(progress, error)?);
        }
    }
    let settings = settings(config, present.iter().map(|(_, name, ..)| name.as_str()))?;
    for ((at, name, part, shape), found) in present.into_iter().zip(settings) {
        let Some(look) = looks.get_mut(at) else { continue };
        match found {
            Ok(found) => {
                judge(&name, part, shape.partitions, &found, needs, &mut look.problems);
                let read = matches!(part, Part::Payments | Part::Reference(_));
                let copies = Copies { replicas: shape.replicas, brokers, read };
                judge_copies(&name, copies, &found, &mut look.problems);
            }
            Err(error) => look.problems.push(problem(&name, error)?),
        }
    }
    Ok(looks)
}

/// An error that is about one topic, as a problem of it; another one stays an error.
fn problem(topic: &str, error: LogError) -> Result<TopicProblem, LogError> {
    let (code, found, remedy) = match error {
        LogError::Stop { code: TOPIC_MISSING, .. } => (
            TOPIC_MISSING,
            "it does not exist".to_owned(),
            "make it, or start with `--create-topics`".to_owned(),
        ),
        LogError::Stop { code: NOT_ALLOWED, reason } => {
            let (found, remedy) = reason.split_once("; ").unwrap_or((&reason, ""));
            (NOT_ALLOWED, found.to_owned(), remedy.to_owned())
        }
        other => return Err(other),
    };
    Ok(TopicProblem { topic: topic.to_owned(), severity: Severity::Error, code, found, remedy })
}

/// How often a topic is there.
#[derive(Clone, Copy)]
struct Copies {
    replicas: usize,
    brokers: usize,
    /// An input: others write to it, in ways of theirs.
    read: bool,
}

/// Whether a broker may be lost. A cluster of one has no copies to ask for.
fn judge_copies(
    name: &str,
    Copies { replicas, brokers, read }: Copies,
    found: &Settings,
    problems: &mut Vec<TopicProblem>,
) {
    let least = found.get("min.insync.replicas").and_then(|value| value.parse::<usize>().ok());
    let least = least.unwrap_or(1);
    let (severity, seen, remedy) = if least > replicas {
        (
            if read { Severity::Warning } else { Severity::Error },
            format!("`min.insync.replicas` is {least} and it has {replicas} replicas"),
            "who asks for all copies cannot write to it: lower the one or raise the other",
        )
    } else if brokers > 1 && replicas < 2 {
        (
            Severity::Warning,
            format!("it has one replica in a cluster of {brokers} brokers"),
            "give it 3 replicas: with its broker it would be gone",
        )
    } else if replicas > 1 && least < 2 {
        (
            Severity::Warning,
            format!("`min.insync.replicas` is {least} of {replicas} replicas"),
            "set it to 2: what is acknowledged could be on one broker alone",
        )
    } else {
        return;
    };
    let (topic, remedy) = (name.to_owned(), remedy.to_owned());
    problems.push(TopicProblem { topic, severity, code: TOPIC_SETTINGS, found: seen, remedy });
}

/// The settings of a topic, as the broker names them.
type Settings = BTreeMap<String, String>;

/// Compares what is with what must be.
fn judge(
    name: &str,
    part: Part,
    partitions: i32,
    found: &Settings,
    needs: &TopicNeeds,
    problems: &mut Vec<TopicProblem>,
) {
    let mut say = |severity, found: String, remedy: String| {
        let topic = name.to_owned();
        problems.push(TopicProblem { topic, severity, code: TOPIC_SETTINGS, found, remedy });
    };
    if let Some(fixed) = part.partitions().filter(|fixed| *fixed != partitions) {
        say(
            Severity::Error,
            format!("it has {partitions} partitions"),
            format!("make it anew with {fixed}: its order is the order of events"),
        );
    }
    let policy = found.get("cleanup.policy").map_or("delete", String::as_str);
    if policy.contains("compact") {
        let severity = if part.is_replayed() { Severity::Error } else { Severity::Warning };
        say(
            severity,
            format!("`cleanup.policy` is `{policy}`"),
            "set it to `delete`: compaction drops old versions, which are needed".to_owned(),
        );
    }
    judge_retention(part, found, needs, &mut say);
    let most = found.get("max.message.bytes").and_then(|value| value.parse::<u64>().ok());
    let needed = needs.dead_letter_bytes.max(u64::from(BATCH_BYTES));
    if let Some(most) = most.filter(|most| part == Part::DeadLetter && *most < needed) {
        say(
            Severity::Error,
            format!("`max.message.bytes` is {most}"),
            format!("set it to at least {needed}, else one bad record could stop the engine"),
        );
    }
    let kind = found.get("message.timestamp.type").map_or("CreateTime", String::as_str);
    if part == Part::Payments && kind != "LogAppendTime" {
        say(
            Severity::Warning,
            format!("`message.timestamp.type` is `{kind}`"),
            "`LogAppendTime` is recommended: a producer's clock then can not disturb the order of \
             reading"
                .to_owned(),
        );
    }
}

fn judge_retention(
    part: Part,
    found: &Settings,
    needs: &TopicNeeds,
    say: &mut impl FnMut(Severity, String, String),
) {
    if !part.is_replayed() {
        return;
    }
    let number = |key: &str| found.get(key).and_then(|value| value.parse::<i64>().ok());
    let retention = number("retention.ms").unwrap_or(-1);
    let needed = needs.horizon_ms.saturating_add(needs.lateness_ms);
    if retention >= 0 && retention < needed {
        say(
            Severity::Error,
            format!("`retention.ms` is {retention}"),
            format!("set it to -1 or at least {needed}: a replay needs horizon plus lateness"),
        );
    } else if retention >= 0 {
        say(
            Severity::Warning,
            format!("`retention.ms` is {retention}"),
            "set it to -1, or keep `state.dir` safe: once something since the first start was \
             deleted, a later start needs a snapshot"
                .to_owned(),
        );
    }
    if let Some(bytes) = number("retention.bytes").filter(|bytes| *bytes >= 0) {
        say(
            Severity::Warning,
            format!("`retention.bytes` is {bytes}"),
            "set it to -1: by size, records can go before their time".to_owned(),
        );
    }
}

/// Makes the topics that are missing; returns their names. Those that exist are left as they are.
pub fn create_topics(config: &KafkaConfig, plan: &TopicPlan) -> Result<Vec<String>, LogError> {
    config.check()?;
    if plan.payments_partitions < 1 || plan.output_partitions < 1 {
        return Err(stop(CONFIG, "a topic needs at least one partition".to_owned()));
    }
    let all = topics(config);
    let letters = plan.dead_letter_bytes.max(USUAL_BYTES).to_string();
    let wanted: Vec<NewTopic<'_>> = all
        .iter()
        .map(|(name, part)| {
            let partitions = match part {
                Part::Payments => plan.payments_partitions,
                Part::Reference(_) | Part::Progress => 1,
                Part::Alerts | Part::DeadLetter => plan.output_partitions,
            };
            let replication = TopicReplication::Fixed(plan.replication);
            let kind = if *part == Part::Payments && plan.payments_append_time {
                "LogAppendTime"
            } else {
                "CreateTime"
            };
            // Record timestamps are often event times in the past: anything but unlimited
            // retention would delete such records at once.
            let topic = NewTopic::new(name, partitions, replication)
                .set("cleanup.policy", "delete")
                .set("retention.ms", "-1")
                .set("message.timestamp.type", kind);
            match part {
                Part::DeadLetter => topic.set("max.message.bytes", &letters),
                _ => topic,
            }
        })
        .collect();
    let made = make(config, &wanted)?;
    let probe = Probe::open(config, &Arc::new(Health::default()))?;
    for (name, _) in &all {
        probe.partitions(name)?;
    }
    Ok(made)
}

/// Makes one topic, for tests and tools. An existing one is left as it is.
pub fn create_topic(
    config: &KafkaConfig,
    name: &str,
    partitions: i32,
    settings: &[(&str, &str)],
) -> Result<bool, LogError> {
    config.check()?;
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(-1));
    for (key, value) in settings {
        topic = topic.set(key, value);
    }
    let made = make(config, std::slice::from_ref(&topic))?;
    Probe::open(config, &Arc::new(Health::default()))?.partitions(name)?;
    Ok(!made.is_empty())
}

/// Deletes topics, for tests.
pub fn delete_topics(config: &KafkaConfig, names: &[&str]) -> Result<(), LogError> {
    config.check()?;
    let client = client(config)?;
    let results = block_on(client.delete_topics(names, &options(config)))
        .map_err(|error| general("deleting topics", &error))?;
    for result in results {
        if let Err((name, code)) = result
            && code != Code::UnknownTopicOrPartition
        {
            return Err(recover(format!("deleting topic `{name}`: {code}")));
        }
    }
    Ok(())
}

/// Deletes the records of a partition before an offset, as retention would.
///
/// # Errors
/// What the broker says.
pub fn delete_records(
    config: &KafkaConfig,
    topic: &str,
    index: i32,
    before: Position,
) -> Result<(), LogError> {
    config.check()?;
    let mut offsets = TopicPartitionList::new();
    offsets
        .add_partition_offset(topic, index, Offset::Offset(before))
        .map_err(|error| general("deleting records", &error))?;
    let client = client(config)?;
    block_on(client.delete_records(&offsets, &options(config)))
        .map(drop)
        .map_err(|error| general("deleting records", &error))
}

/// Gives a topic more partitions, for tests of what must not be done.
///
/// # Errors
/// What the broker says.
pub fn add_partitions(config: &KafkaConfig, topic: &str, total: usize) -> Result<(), LogError> {
    let doing = "adding partitions";
    let new = NewPartitions::new(topic, total);
    let results = block_on(client(config)?.create_partitions([&new], &options(config)));
    each(doing, results.map_err(|error| general(doing, &error))?)
}

/// Gives a topic these settings and no others, for tests.
///
/// # Errors
/// What the broker says.
pub fn set_topic(
    config: &KafkaConfig,
    topic: &str,
    settings: &[(&str, &str)],
) -> Result<(), LogError> {
    let doing = "changing a topic";
    let mut new = AlterConfig::new(ResourceSpecifier::Topic(topic));
    for (key, value) in settings {
        new = new.set(key, value);
    }
    let results = block_on(client(config)?.alter_configs([&new], &options(config)));
    let results = results.map_err(|error| general(doing, &error))?;
    each(doing, results.into_iter().map(|one| one.map_err(|(_, code)| (String::new(), code))))
}

/// Deletes the group and what it has committed, for tests.
///
/// # Errors
/// What the broker says.
pub fn delete_group(config: &KafkaConfig) -> Result<(), LogError> {
    let doing = "deleting the group";
    let results = block_on(client(config)?.delete_groups(&[&config.group], &options(config)));
    each(doing, results.map_err(|error| general(doing, &error))?)
}

fn each<T>(
    doing: &str,
    results: impl IntoIterator<Item = Result<T, (String, Code)>>,
) -> Result<(), LogError> {
    for result in results {
        result.map_err(|(_, code)| recover(format!("{doing}: {code}")))?;
    }
    Ok(())
}

fn make(config: &KafkaConfig, wanted: &[NewTopic<'_>]) -> Result<Vec<String>, LogError> {
    let client = client(config)?;
    let results = block_on(client.create_topics(wanted, &options(config)))
        .map_err(|error| general("making topics", &error))?;
    let mut made = Vec::new();
    for result in results {
        match result {
            Ok(name) => made.push(name),
            Err((_, Code::TopicAlreadyExists)) => {}
            Err((name, code)) if is_not_allowed(code) => {
                return Err(stop(NOT_ALLOWED, format!("making topic `{name}`: {code}")));
            }
            Err((name, code)) => {
                return Err(stop(TOPIC_SETTINGS, format!("making topic `{name}`: {code}")));
            }
        }
    }
    Ok(made)
}

/// The settings of each of these topics, in their order.
fn settings<'a>(
    config: &KafkaConfig,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<Vec<Result<Settings, LogError>>, LogError> {
    let asked: Vec<ResourceSpecifier<'_>> = names.clone().map(ResourceSpecifier::Topic).collect();
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let client = client(config)?;
    let results: Vec<Result<ConfigResource, Code>> =
        block_on(client.describe_configs(&asked, &options(config)))
            .map_err(|error| general("asking for the settings of topics", &error))?;
    // The client answers in the order of the question. It keeps a refusal to itself and gives no entry
    // then, where a topic has dozens.
    let each = names.zip(results).map(|(name, result)| {
        let doing = format!("asking for the settings of topic `{name}`");
        let entries = result.map_err(|code| general(&doing, &KafkaError::AdminOp(code)))?.entries;
        if entries.is_empty() {
            let what =
                format!("the broker does not show its settings (DescribeConfigs on `{name}`)");
            return Err(refused(Code::TopicAuthorizationFailed, &what));
        }
        Ok(entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect())
    });
    Ok(each.collect())
}

fn client(config: &KafkaConfig) -> Result<AdminClient<DefaultClientContext>, LogError> {
    AdminClient::from_config(&config.admin())
        .map_err(|error| general("making the administration client", &error))
}

fn options(config: &KafkaConfig) -> AdminOptions {
    let timeout = Duration::from_millis(u64::from(config.tuning.request_timeout_ms));
    AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout))
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for an answer of the administration client, which has a thread of its own; its requests
/// carry their own timeouts.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker: Waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: TopicNeeds =
        TopicNeeds { horizon_ms: 90, lateness_ms: 10, dead_letter_bytes: 1_056_768 };

    fn found(part: Part, partitions: i32, settings: &[(&str, &str)]) -> Vec<(Severity, String)> {
        let settings =
            settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let mut problems = Vec::new();
        judge("t", part, partitions, &settings, &NEEDS, &mut problems);
        problems.into_iter().map(|problem| (problem.severity, problem.found)).collect()
    }

    #[test]
    fn copies_are_judged_where_there_can_be_any() {
        use Severity::{Error, Warning};
        for (replicas, brokers, least, expected) in [
            (1, 1, "1", None),
            (1, 3, "1", Some(Warning)),
            (3, 3, "1", Some(Warning)),
            (3, 3, "2", None),
            (2, 3, "3", Some(Error)),
            (1, 1, "2", Some(Error)),
        ] {
            let found = [("min.insync.replicas".to_owned(), least.to_owned())].into();
            let mut problems = Vec::new();
            judge_copies("t", Copies { replicas, brokers, read: false }, &found, &mut problems);
            let severity = problems.first().map(|problem| problem.severity);
            assert_eq!(severity, expected, "{replicas} {brokers} {least}");
            problems.clear();
            judge_copies("t", Copies { replicas, brokers, read: true }, &found, &mut problems);
            let severity = problems.first().map(|problem| problem.severity);
            assert_eq!(severity, expected.map(|_| Warning), "an input: {replicas} {least}");
        }
    }

    /// Part, partitions, settings, what is expected.
    type Row = (Part, i32, &'static [(&'static str, &'static str)], &'static [Severity]);

    #[test]
    fn settings_are_judged_by_the_part_that_a_topic_plays() {
        use Severity::{Error, Warning};
        const TIME: (&str, &str) = ("message.timestamp.type", "LogAppendTime");
        let parties = Part::Reference(TopicRole::Parties);
        let rows: [Row; 15] = [
            (Part::Payments, 4, &[("retention.ms", "-1"), TIME], &[]),
            (Part::Payments, 4, &[("retention.ms", "100"), TIME], &[Warning]),
            (Part::Payments, 4, &[("retention.ms", "99"), TIME], &[Error]),
            (Part::Payments, 4, &[("retention.ms", "-1")], &[Warning]),
            (Part::Payments, 4, &[("retention.bytes", "7"), TIME], &[Warning]),
            (Part::Payments, 4, &[("cleanup.policy", "compact,delete"), TIME], &[Error]),
            (parties, 2, &[("cleanup.policy", "compact")], &[Error]),
            (parties, 2, &[("retention.ms", "100")], &[Warning]),
            (Part::Reference(TopicRole::Control), 2, &[], &[Error]),
            (Part::Progress, 2, &[], &[Error]),
            (Part::Progress, 1, &[("retention.ms", "99")], &[Error]),
            (Part::Alerts, 3, &[("cleanup.policy", "compact"), ("retention.ms", "1")], &[Warning]),
            (Part::Alerts, 3, &[("max.message.bytes", "1056767")], &[]),
            (Part::DeadLetter, 3, &[("max.message.bytes", "1056767")], &[Error]),
            (Part::DeadLetter, 3, &[("max.message.bytes", "1056768")], &[]),
        ];
        for (part, partitions, settings, expected) in rows {
            let severities: Vec<Severity> = found(part, partitions, settings)
                .into_iter()
                .map(|(severity, _)| severity)
                .collect();
            assert_eq!(severities, expected, "{part:?} {settings:?}");
        }
    }
}
