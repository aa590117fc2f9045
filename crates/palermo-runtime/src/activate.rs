//! Asking running tasks for other rules, and what they say to it: over the topics `control` and
//! `palermo.progress`, without a group, beside the engines.
//!
//! Promises: what is sent was checked as an engine will check it, as far as this machine can know; what is
//! said of a task is what its own progress records say.
//! Cost: a tail of the progress topic; the topic `control` is read whole.

use crate::clock::SystemClock;
use crate::config::Config;
use crate::run::{RunError, reach};
use palermo_codec::{Activation, CONTROL_BYTES_MAX, Progress, Scheduled, decode_control};
use palermo_domain::{EventTime, OutputTopic, Partition, Position, TopicRole};
use palermo_engine::port::Clock;
use palermo_kafka::tools::{self, Isolation, NewRecord, ReadRecord, Scope, Tail};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Offsets of the progress topic that are looked at for what is in force. Commits of ten minutes or more.
const LOOK_BACK: i64 = 20_000;
/// One wait for a record.
const WAIT: Duration = Duration::from_millis(100);
const CONTROL: Partition = Partition { role: TopicRole::Control, index: 0 };

/// What a task says of its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRules {
    /// Number of the newest progress record.
    pub seq: u64,
    /// Hash of the bundle in force.
    pub bundle: String,
    /// Number of the first record under it.
    pub since: u64,
    /// What was in force before.
    pub before: Option<String>,
    /// What the configuration asked for at the last start.
    pub configured: Option<String>,
    /// What waits for its time.
    pub scheduled: Option<Scheduled>,
    /// Version of the engine.
    pub engine: String,
    /// How far it has read `control`.
    control: Position,
}

/// A record of `control`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its offset.
    pub offset: Position,
    /// When it was written, by the broker's or the writer's clock.
    pub at: EventTime,
    /// What it says; `None` where it cannot be read.
    pub activation: Option<Activation>,
}

/// What became of an activation in one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// In force since this progress record.
    InForce(u64),
    /// Waits for its time.
    Scheduled,
    /// Read, and neither in force nor waiting: not taken, as the task's log says, or replaced by a later one.
    Refused,
    /// Nothing heard in time.
    Silent,
}

fn read(record: &ReadRecord) -> Option<(String, TaskRules)> {
    let progress = Progress::decode(record.value.as_deref()?).ok()?;
    let control = progress.positions.get(&CONTROL).copied().unwrap_or(0);
    Some((
        progress.task,
        TaskRules {
            seq: progress.seq,
            bundle: progress.bundle,
            since: progress.bundle_since,
            before: progress.bundle_before,
            configured: progress.configured,
            scheduled: progress.scheduled,
            engine: progress.engine,
            control,
        },
    ))
}

/// What every task that committed lately says of its rules.
///
/// # Errors
/// What the log says.
pub fn rules_in_force(config: &Config) -> Result<BTreeMap<String, TaskRules>, RunError> {
    let (kafka, clock) = connection(config)?;
    let topic = config.outputs.get(&OutputTopic::Progress).map_or("", String::as_str);
    let mut tasks = BTreeMap::new();
    let scope = Scope::Last(LOOK_BACK);
    let mut tail = Tail::open(&kafka, clock, topic, Isolation::Committed, scope)?;
    while !tail.is_done() {
        tail.poll(WAIT, &mut |record| tasks.extend(read(&record)))?;
    }
    Ok(tasks)
}

/// Everything that was asked for on `control`, oldest first.
///
/// # Errors
/// What the log says.
pub fn asked(config: &Config) -> Result<Vec<Asked>, RunError> {
    let (kafka, clock) = connection(config)?;
    let topic = config.inputs.get(&TopicRole::Control).map_or("", String::as_str);
    let records = tools::read_all(&kafka, clock, topic, Isolation::Committed)?;
    let asked = |record: ReadRecord| Asked {
        offset: record.offset,
        at: EventTime(record.timestamp_ms),
        activation: decode_control(record.value.as_deref(), record.headers.len()).ok(),
    };
    Ok(records.into_iter().map(asked).collect())
}

/// Sends an activation and waits until the task of the configuration has said what becomes of it, at most
/// so long. `heard` is told of every task whose record says it.
///
/// # Errors
/// `record_too_large`, and what the log says.
pub fn activate(
    config: &Config,
    activation: &Activation,
    patience: Duration,
    heard: &mut dyn FnMut(&str, &Outcome),
) -> Result<Outcome, RunError> {
    let value = activation.encode();
    if value.len() > CONTROL_BYTES_MAX {
        return Err(RunError::Stop {
            code: "record_too_large",
            reason: format!(
                "the bundle takes {} bytes as a record and `control` takes {CONTROL_BYTES_MAX}: shorten the \
                 rules, or split the lists out of them",
                value.len()
            ),
        });
    }
    let (kafka, clock) = connection(config)?;
    let topic = |names: Option<&String>| names.cloned().unwrap_or_default();
    let progress = topic(config.outputs.get(&OutputTopic::Progress));
    let control = topic(config.inputs.get(&TopicRole::Control));
    let committed = Isolation::Committed;
    let end = Scope::FromPresentEnd;
    let mut tail = Tail::open(&kafka, Arc::clone(&clock), &progress, committed, end)?;
    let record = NewRecord {
        partition: Some(CONTROL.index),
        key: Some(config.task.clone().into_bytes()),
        value: Some(value),
        headers: Vec::new(),
        timestamp_ms: None,
    };
    tools::produce_all(&kafka, Arc::clone(&clock), &control, [record])?;
    let after = tools::extents(&kafka, &control, committed)?;
    let after = after.first().map_or(0, |extent| extent.end);
    let until = clock.monotonic_ms().saturating_add(millis(patience));
    let mut told: BTreeMap<String, Outcome> = BTreeMap::new();
    while clock.monotonic_ms() < until {
        let mut said = Vec::new();
        tail.poll(WAIT, &mut |record| said.extend(read(&record)))?;
        for (task, rules) in said {
            let Some(outcome) = outcome(&rules, &activation.bundle, after) else { continue };
            // What waits for no time is in force with the next record.
            let now = EventTime(clock.unix_ms());
            let at_once = activation.not_before.is_none_or(|time| time <= now);
            let passing = outcome == Outcome::Scheduled && at_once;
            if passing || told.insert(task.clone(), outcome.clone()) == Some(outcome.clone()) {
                continue;
            }
            heard(&task, &outcome);
            if task == config.task {
                return Ok(outcome);
            }
        }
    }
    Ok(Outcome::Silent)
}

/// What a record says of an activation that ends before this position of `control`.
fn outcome(rules: &TaskRules, bundle: &str, after: Position) -> Option<Outcome> {
    if rules.control < after {
        return None;
    }
    Some(if rules.bundle == bundle {
        Outcome::InForce(rules.since)
    } else if rules.scheduled.as_ref().is_some_and(|next| next.bundle == bundle) {
        Outcome::Scheduled
    } else {
        Outcome::Refused
    })
}

fn connection(config: &Config) -> Result<(palermo_kafka::KafkaConfig, Arc<dyn Clock>), RunError> {
    let kafka = config.kafka()?;
    reach(&kafka.bootstrap)?;
    Ok((kafka, Arc::new(SystemClock::new())))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_what_the_record_says_once_it_was_read() {
        let rules = |control, bundle: &str, next: Option<&str>| TaskRules {
            seq: 9,
            bundle: bundle.to_owned(),
            since: 7,
            before: None,
            configured: None,
            scheduled: next.map(|bundle| Scheduled { bundle: bundle.to_owned(), not_before: None }),
            engine: "0".to_owned(),
            control,
        };
        for (control, in_force, next, expected) in [
            (4, "new", None, None),
            (5, "new", None, Some(Outcome::InForce(7))),
            (5, "old", Some("new"), Some(Outcome::Scheduled)),
            (5, "old", Some("other"), Some(Outcome::Refused)),
            (6, "old", None, Some(Outcome::Refused)),
        ] {
            let found = outcome(&rules(control, in_force, next), "new", 5);
            assert_eq!(found, expected, "{control} {in_force} {next:?}");
        }
    }
}
