//! `palermo alert replay`: the same bytes again from the log.
//!
//! The revision that stands on the topic names its bundle; the progress records say from where, in
//! which order and by which rules payments were read. The engine runs over that, with what it would
//! publish kept in memory, until the same revision comes out, and the two are compared byte by byte,
//! key included. Nothing is left aside, not even the version of the engine.

use super::document::{Revision, Topic};
use super::source::{Alerts, records};
use crate::args::AlertReplayArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use palermo_domain::OutputTopic;
use palermo_engine::port::OutRecord;
use palermo_engine::{Engine, Stats};
use palermo_kafka::tools::ReadRecord;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Fields that are shown where they differ.
const SHOWN_MAX: usize = 20;

/// A record as it stands on its topic.
struct Standing {
    revision: Revision,
    key: Option<Vec<u8>>,
    value: Vec<u8>,
}

/// Computes an alert again.
pub(crate) fn replay(arguments: &AlertReplayArgs, out: &mut Out) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let config = crate::config::read(&arguments.config.config)?;
    palermo_runtime::reach(&config.kafka.bootstrap)?;
    let standing = find(&config, arguments, out)?;
    let revision = &standing.revision;
    let bundle = revision.text("/how/bundle").to_owned();
    let (id, number) = (revision.id().to_owned(), revision.number());
    out.talk(&format!(
        "{id} revision {number} on {}: reading again by bundle {}",
        revision.topic.as_str(),
        bundle.get(..12).unwrap_or(&bundle)
    ));
    let event = format!("\"id\":\"{id}:{number}\"");
    let topic = output(revision.topic);
    let mut found: Option<OutRecord> = None;
    let mut read = 0_u64;
    let mut see = |_: &Engine, effects: &[OutRecord]| {
        read = read.saturating_add(1);
        let is_it = |record: &&OutRecord| {
            let value = record.value.as_deref().unwrap_or_default();
            record.topic == topic && contains(value, event.as_bytes())
        };
        found = effects.iter().find(is_it).cloned();
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut watch = |_: &Stats| {
        if signals.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let engine = palermo_runtime::rerun_task(&config, &bundle, &mut watch, &mut see)?;
    let Some(engine) = engine else {
        out.talk("interrupted; nothing was written");
        return Ok(signals.exit());
    };
    let at: BTreeMap<String, i64> = engine
        .positions()
        .iter()
        .map(|(partition, position)| (partition.to_string(), *position))
        .collect();
    let result = Outcome { id, number, read, at, standing: &standing, found: found.as_ref() };
    Ok(result.tell(out))
}

fn contains(value: &[u8], needle: &[u8]) -> bool {
    value.windows(needle.len()).any(|window| window == needle)
}

const fn output(topic: Topic) -> OutputTopic {
    match topic {
        Topic::Alerts => OutputTopic::Alerts,
        Topic::Suppressed => OutputTopic::Suppressed,
        Topic::Shadow => OutputTopic::Shadow,
    }
}

/// The record to compare with.
fn find(
    config: &palermo_runtime::Config,
    arguments: &AlertReplayArgs,
    out: &mut Out,
) -> Result<Standing, Failure> {
    let mut alerts = Alerts::default();
    let mut all: Vec<(Topic, ReadRecord)> = Vec::new();
    for topic in [Topic::Alerts, Topic::Suppressed, Topic::Shadow] {
        for record in records(config, topic)? {
            let value = record.value.as_deref().unwrap_or_default();
            let Some(revision) = Revision::read(topic, value) else { continue };
            if revision.id().starts_with(&arguments.id) {
                alerts.add(revision);
                all.push((topic, record));
            }
        }
    }
    let revisions = alerts.find(&arguments.id, arguments.topic)?;
    let chosen = super::show::choose(revisions, arguments.revision)?;
    let is_it = |(topic, record): &&(Topic, ReadRecord)| {
        let value = record.value.as_deref().unwrap_or_default();
        let read = Revision::read(*topic, value);
        *topic == chosen.topic
            && read.is_some_and(|r| r.id() == chosen.id() && r.number() == chosen.number())
    };
    let copies = all.iter().filter(is_it).count();
    if copies > 1 {
        out.talk(&format!("the revision stands {copies} times on its topic; the last is compared"));
    }
    let record = all.iter().rev().find(is_it).map(|(_, record)| record.clone());
    let (key, value) = record.map_or((None, None), |record| (record.key, record.value));
    Ok(Standing { revision: chosen.clone(), key, value: value.unwrap_or_default() })
}

struct Outcome<'a> {
    id: String,
    number: u64,
    read: u64,
    at: BTreeMap<String, i64>,
    standing: &'a Standing,
    found: Option<&'a OutRecord>,
}

impl Outcome<'_> {
    fn tell(&self, out: &mut Out) -> Exit {
        let Standing { key, value, .. } = self.standing;
        let same = self.found.is_some_and(|found| {
            found.value.as_ref() == Some(value) && found.key.as_ref() == key.as_ref()
        });
        let differences = if same { Vec::new() } else { self.differences() };
        let verdict = match (same, self.found) {
            (true, _) => "same bytes",
            (false, Some(_)) => "other bytes",
            (false, None) => "not found again",
        };
        if out.json() {
            let rows: Vec<Value> = differences
                .iter()
                .map(|(field, was, is)| json!({"field": field, "topic": was, "replay": is}))
                .collect();
            out.json_data(&json!({"id": self.id, "revision": self.number, "result": verdict,
                                  "records": self.read, "positions": self.at,
                                  "differences": rows}));
            return if same { Exit::Fine } else { Exit::Findings };
        }
        let (id, number, read) = (&self.id, self.number, self.read);
        out.data(&format!("{verdict}  {id} revision {number}, {} bytes", value.len()));
        let at: Vec<String> = self.at.iter().map(|(p, at)| format!("{p} to {at}")).collect();
        out.data(&format!("  read    {read} records: {}", at.join(", ")));
        if self.found.is_none() {
            out.data("  the whole log was read by the recorded rules, and this revision did not come out");
        }
        for (field, was, is) in differences.iter().take(SHOWN_MAX) {
            out.data(&format!("  differs {field}: {was} on the topic, {is} here"));
        }
        if let Some(more) = differences.len().checked_sub(SHOWN_MAX).filter(|more| *more > 0) {
            out.data(&format!("  and {more} more; `--format json` has all of them"));
        }
        if same { Exit::Fine } else { Exit::Findings }
    }

    /// Every field that differs, with both values. Who is masked in the alert is not named.
    fn differences(&self) -> Vec<(String, String, String)> {
        let Some(found) = self.found else { return Vec::new() };
        let masks = super::mask::Masks::of(&self.standing.revision);
        let parse = |value: &[u8]| serde_json::from_slice::<Value>(value).unwrap_or(Value::Null);
        let again = parse(found.value.as_deref().unwrap_or_default());
        let mut all = Vec::new();
        differ("", self.standing.revision.document(), &again, &mut all);
        if found.key != self.standing.key {
            all.push(("(key of the record)".to_owned(), "one".to_owned(), "another".to_owned()));
        }
        if all.is_empty() {
            let words = "(order or spelling of the JSON)";
            all.push((words.to_owned(), "one".to_owned(), "another".to_owned()));
        }
        let hide = |text: String| masks.hide(&text);
        all.into_iter().map(|(field, was, is)| (hide(field), hide(was), hide(is))).collect()
    }
}

/// Collects the leaves at which two documents differ.
fn differ(place: &str, a: &Value, b: &Value, all: &mut Vec<(String, String, String)>) {
    let nothing = Value::Null;
    match (a, b) {
        _ if a == b => {}
        (Value::Object(x), Value::Object(y)) => {
            let names: std::collections::BTreeSet<&String> = x.keys().chain(y.keys()).collect();
            for name in names {
                let dot = if place.is_empty() { "" } else { "." };
                let (a, b) = (x.get(name).unwrap_or(&nothing), y.get(name).unwrap_or(&nothing));
                differ(&format!("{place}{dot}{name}"), a, b, all);
            }
        }
        (Value::Array(x), Value::Array(y)) => {
            for at in 0..x.len().max(y.len()) {
                let (a, b) = (x.get(at).unwrap_or(&nothing), y.get(at).unwrap_or(&nothing));
                differ(&format!("{place}[{at}]"), a, b, all);
            }
        }
        _ => all.push((place.to_owned(), a.to_string(), b.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named_by_their_place() {
        let a = json!({"data": {"score": 75, "why": [{"id": "A"}], "same": 1}});
        let b = json!({"data": {"score": 80, "why": [{"id": "A"}, "B"], "same": 1}});
        let mut all = Vec::new();
        differ("", &a, &b, &mut all);
        let shown: Vec<String> = all.iter().map(|(f, a, b)| format!("{f} {a} {b}")).collect();
        assert_eq!(shown, ["data.score 75 80", "data.why[1] null \"B\""]);
    }
}
