//! Where alerts come from: the topics of a Kafka cluster, read committed, or files with their records.
//!
//! Cost: the topics are read from their beginning; every revision of every alert is kept, and pages of
//! evidence where they are asked for.

use super::document::{EVIDENCE, Revision, Topic};
use crate::args::{AlertsFrom, TopicArg};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_domain::OutputTopic;
use palermo_engine::port::Clock;
use palermo_kafka::tools::{Isolation, ReadRecord, read_all};
use palermo_runtime::{Config, SystemClock};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// The longest line of a file: alerts are bounded far below it.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// Revisions by alert and topic, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    all: BTreeMap<(String, Topic), Vec<Revision>>,
    /// By alert, topic, revision and number.
    pages: BTreeMap<(String, Topic, u64, u64), Value>,
}

impl Alerts {
    /// Adds a revision; the same one twice counts once.
    pub(crate) fn add(&mut self, revision: Revision) {
        let key = (revision.id().to_owned(), revision.topic);
        let revisions = self.all.entry(key).or_default();
        let at = revisions.partition_point(|known| known.number() < revision.number());
        match revisions.get_mut(at).filter(|known| known.number() == revision.number()) {
            Some(known) => *known = revision,
            None => revisions.insert(at, revision),
        }
    }

    /// Adds a page of evidence; `None` where a record is no such page.
    fn add_page(&mut self, page: &mut Value) -> Option<()> {
        if page.get("type")?.as_str()? != EVIDENCE {
            return None;
        }
        let data = page.get_mut("data")?;
        let topic = Topic::of_key(data.get("topic")?.as_str()?)?;
        let number = |name| data.get(name)?.as_u64();
        let (revision, page) = (number("revision")?, number("page")?);
        let id = data.get("alert_id")?.as_str()?.to_owned();
        self.pages.insert((id, topic, revision, page), data.get_mut("payments")?.take());
        Some(())
    }

    /// The payments of a page of an alert, published with this revision.
    pub(crate) fn page(&self, alert: &Revision, revision: u64, number: u64) -> Option<&Value> {
        self.pages.get(&(alert.id().to_owned(), alert.topic, revision, number))
    }

    /// The revisions of each alert in each topic, oldest first.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &[Revision]> {
        self.all.values().map(Vec::as_slice)
    }

    /// The last revision of each alert in each topic.
    pub(crate) fn last(&self) -> impl Iterator<Item = &Revision> {
        self.all.values().filter_map(|revisions| revisions.last())
    }

    /// The revisions of the alert with this id, or whose id alone begins so. Where it stands in more
    /// than one topic, it moved: that is the one in which it was not taken back.
    pub(crate) fn find(&self, id: &str, on: Option<TopicArg>) -> Result<&[Revision], Failure> {
        let on = on.map(|on| match on {
            TopicArg::Alerts => Topic::Alerts,
            TopicArg::Suppressed => Topic::Suppressed,
            TopicArg::Shadow => Topic::Shadow,
        });
        let looked_on = |topic: Topic| on.is_none_or(|on| on == topic);
        let usage = |text: String| Failure::words(Exit::Usage, text);
        let mut fitting: Vec<&str> = Vec::new();
        let all =
            self.all.keys().filter(|(known, topic)| known.starts_with(id) && looked_on(*topic));
        for (known, _) in all {
            if known == id {
                fitting = vec![known];
                break;
            }
            if !fitting.contains(&known.as_str()) {
                fitting.push(known);
            }
        }
        let found = match fitting.as_slice() {
            [one] => *one,
            [] if on.is_some() && self.all.keys().any(|(known, _)| known.starts_with(id)) => {
                let text = format!("alert `{id}` stands on another topic: leave `--topic` out");
                return Err(usage(text));
            }
            [] => {
                let text =
                    format!("no alert `{id}` was read; `palermo alert list` shows those there are");
                return Err(usage(text));
            }
            many => {
                let all = many.iter().take(5).copied().collect::<Vec<_>>().join("`, `");
                let text = format!("`{id}` begins the ids of {} alerts: `{all}`", many.len());
                return Err(usage(text));
            }
        };
        let streams = self.all.iter().filter(|((id, topic), _)| id == found && looked_on(*topic));
        let best = streams.min_by_key(|((_, topic), revisions)| {
            (revisions.last().is_some_and(|last| last.action() == "retracted"), *topic)
        });
        Ok(best.map_or(&[][..], |(_, revisions)| revisions.as_slice()))
    }

    /// Whether nothing was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// Lines that are no alerts are told one by one up to so many.
const PASSED_OVER_TOLD: u64 = 3;

/// Reads what is asked for; from files every record, from Kafka those topics.
pub(crate) fn read(from: &AlertsFrom, topics: &[Topic], out: &mut Out) -> Result<Alerts, Failure> {
    let mut alerts = Alerts::default();
    if from.from.is_empty() {
        let config = crate::config::read(&from.config.config)?;
        palermo_runtime::reach(&config.kafka.bootstrap)?;
        for topic in topics {
            for record in records(&config, *topic)? {
                let value = record.value.as_deref().unwrap_or_default();
                alerts_add(&mut alerts, Revision::read(*topic, value), out, || {
                    format!("record {}/{} of `{}`", record.partition, record.offset, topic.as_str())
                });
            }
        }
        return Ok(alerts);
    }
    for path in &from.from {
        read_file(path, &mut alerts, out)?;
    }
    Ok(alerts)
}

fn alerts_add(
    alerts: &mut Alerts,
    revision: Option<Revision>,
    out: &mut Out,
    place: impl Fn() -> String,
) {
    match revision {
        Some(revision) => alerts.add(revision),
        None => out.talk(&format!("{} is no alert and was passed over", place())),
    }
}

/// Reads the pages of evidence, where they are not in files that were read already.
pub(crate) fn read_pages(from: &AlertsFrom, alerts: &mut Alerts) -> Result<(), Failure> {
    if from.from.is_empty() {
        let config = crate::config::read(&from.config.config)?;
        for record in records_of(&config, OutputTopic::Evidence)? {
            let value = record.value.as_deref().unwrap_or_default();
            serde_json::from_slice(value).ok().and_then(|mut page| alerts.add_page(&mut page));
        }
    }
    Ok(())
}

/// The records of one topic of alerts.
pub(crate) fn records(config: &Config, topic: Topic) -> Result<Vec<ReadRecord>, Failure> {
    let output = match topic {
        Topic::Alerts => OutputTopic::Alerts,
        Topic::Suppressed => OutputTopic::Suppressed,
        Topic::Shadow => OutputTopic::Shadow,
    };
    records_of(config, output)
}

fn records_of(config: &Config, output: OutputTopic) -> Result<Vec<ReadRecord>, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let name = config.outputs.get(&output).cloned().unwrap_or_default();
    Ok(read_all(&config.kafka()?, clock, &name, Isolation::Committed)?)
}

fn read_file(path: &Path, alerts: &mut Alerts, out: &mut Out) -> Result<(), Failure> {
    let unreadable = |exit: Exit, why: String| Failure {
        exit,
        code: Some("input_unreadable"),
        text: format!("`{}` (`--from`): {why}", path.display()),
    };
    let wrap = |error: std::io::Error| {
        unreadable(Exit::Environment, format!("it cannot be read: {error}"))
    };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(wrap)?)
    };
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    let (mut taken, mut passed_over) = (0_u64, 0_u64);
    for number in 1_u64.. {
        line.clear();
        let read =
            input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(wrap)?;
        if read == 0 {
            break;
        }
        // Some editors put a mark of the encoding before the first line.
        let text = line.strip_prefix(&[0xEF, 0xBB, 0xBF]).filter(|_| number == 1);
        let text = text.unwrap_or(&line);
        if text.trim_ascii().is_empty() {
            continue;
        }
        let mut document: Value = serde_json::from_slice(text).unwrap_or_default();
        if alerts.add_page(&mut document).is_some() {
            taken = taken.saturating_add(1);
            continue;
        }
        if let Some(mut revision) = Revision::of(Topic::Alerts, document) {
            revision.topic = topic_of(&revision, alerts);
            alerts.add(revision);
            taken = taken.saturating_add(1);
            continue;
        }
        passed_over = passed_over.saturating_add(1);
        if passed_over <= PASSED_OVER_TOLD {
            let name = path.display();
            out.talk(&format!("line {number} of `{name}` is no alert and was passed over"));
        }
    }
    if taken == 0 && passed_over > 0 {
        let what = "give `alerts.jsonl` of a backtest, or records of the topics of alerts";
        let why = format!("none of its {passed_over} lines is an alert; {what}");
        return Err(unreadable(Exit::Usage, why));
    }
    if passed_over > PASSED_OVER_TOLD {
        let name = path.display();
        out.talk(&format!("{passed_over} lines of `{name}` in all were passed over"));
    }
    Ok(())
}

/// The topic that a record of a file came from. What was held back ends in the topic in which it
/// stands, and each topic numbers its own revisions.
fn topic_of(revision: &Revision, alerts: &Alerts) -> Topic {
    if matches!(revision.text("/mode"), "shadow" | "canary") {
        return Topic::Shadow;
    }
    if revision.action() == "suppressed" {
        return Topic::Suppressed;
    }
    let last = |topic| {
        let known = alerts.all.get(&(revision.id().to_owned(), topic));
        known.and_then(|revisions| revisions.last()).map_or(0, Revision::number)
    };
    let before = revision.number().saturating_sub(1);
    let ends = !revision.is_open();
    if ends && last(Topic::Suppressed) == before && last(Topic::Alerts) != before && before > 0 {
        return Topic::Suppressed;
    }
    Topic::Alerts
}
