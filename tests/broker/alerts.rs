//! `palermo alert` over a real Kafka: what stands on the topics is listed and shown, and comes out of
//! the log again byte for byte, beside a running engine that notices nothing. What is missing is
//! named.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::admin;
use palermo_kafka::tools::{NewRecord, ReadRecord, produce_all};
use palermo_tests::{Engine, Site, clock};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// How a command ended and what it said.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn palermo(site: &Site, arguments: &[&str]) -> Done {
    let output = Command::new(BINARY)
        .args(arguments)
        .arg("-c")
        .arg(site.config_file())
        .current_dir(site.folder())
        .env_remove("PALERMO_BOOTSTRAP")
        .stdin(Stdio::null())
        .output()
        .expect("the command runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes UTF-8");
    Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn document(record: &ReadRecord) -> Value {
    serde_json::from_slice(record.value.as_deref().expect("a value")).expect("an alert")
}

/// Reads, publishes, ends.
fn played(ground: &Ground, name: &str) -> Site {
    let site = ground.small(name);
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    site
}

/// Every revision on every topic comes out again, also while the engine runs.
pub(crate) fn same_bytes(ground: &Ground) {
    let site = played(ground, "alerts");
    let outputs = site.outputs();
    let alerts: Vec<Value> = outputs[&OutputTopic::Alerts].iter().map(document).collect();
    assert!(!alerts.is_empty());
    let done = palermo(&site, &["alert", "list", "--suppressed", "--shadow", "--format", "json"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let list: Value = serde_json::from_str(&done.stdout).expect("one document of JSON");
    let listed = |alert: &Value| {
        let rows = list["alerts"].as_array().expect("rows");
        rows.iter().any(|row| row["id"] == alert["data"]["alert_id"])
    };
    assert!(alerts.iter().all(listed), "{}", done.stdout);
    let before = site.progress().len();
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_ready(PATIENCE);
    let mut replayed = 0;
    for topic in [OutputTopic::Alerts, OutputTopic::Suppressed, OutputTopic::Shadow] {
        // The first, the last, and one of those between.
        let records = &outputs[&topic];
        let some = [0, records.len() / 2, records.len().saturating_sub(1)];
        for record in some.iter().filter_map(|at| records.get(*at)) {
            let data = &document(record)["data"];
            let (id, revision) = (data["alert_id"].as_str().unwrap(), data["revision"].to_string());
            let done = palermo(&site, &["alert", "show", id, "--format", "json"]);
            assert_eq!(done.code, Some(0), "{}", done.stderr);
            has_its_evidence(&site, topic, data);
            let words = ["alert", "replay", id, "--revision", &revision, "--topic", topic.as_str()];
            let done = palermo(&site, &words);
            assert_eq!(done.code, Some(0), "{id} {revision}: {}{}", done.stdout, done.stderr);
            assert!(done.stdout.starts_with("same bytes"), "{}", done.stdout);
            replayed += 1;
        }
    }
    assert!(replayed >= 3, "{replayed}");
    let longest = alerts.iter().max_by_key(|alert| alert["data"]["evidence"]["total"].as_u64());
    has_its_evidence(&site, OutputTopic::Alerts, &longest.expect("an alert")["data"]);
    println!("{} pages of evidence", outputs[&OutputTopic::Evidence].len());
    assert!(engine.is_running(), "a replay ended the engine:\n{}", engine.stderr());
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert_eq!(site.progress().len(), before, "a replay or an idle engine wrote something");
}

/// Every payment that a revision rests on can be listed, wherever it stands.
fn has_its_evidence(site: &Site, topic: OutputTopic, data: &Value) {
    let (id, revision) = (data["alert_id"].as_str().unwrap(), data["revision"].to_string());
    let words = ["alert", "show", id, "--evidence", "--format", "json"];
    let which = ["--revision", &revision, "--topic", topic.as_str()];
    let done = palermo(site, &[&words[..], &which[..]].concat());
    assert_eq!(done.code, Some(0), "{id} {revision}: {}", done.stderr);
    let shown: Value = serde_json::from_str(&done.stdout).expect("one document of JSON");
    let ids = shown["payments"].as_array().expect("payments").iter().map(|one| &one["id"]);
    let ids: BTreeSet<String> = ids.map(ToString::to_string).collect();
    assert_eq!(ids.len() as u64, data["evidence"]["total"].as_u64().unwrap(), "{id} {revision}");
}

/// A record that is not what the engine made is told by its fields.
pub(crate) fn other_bytes(ground: &Ground) {
    let site = played(ground, "altered");
    let outputs = site.outputs();
    let record = outputs[&OutputTopic::Alerts].last().expect("an alert");
    let mut altered = document(record);
    let id = altered["data"]["alert_id"].as_str().unwrap().to_owned();
    let revision = altered["data"]["revision"].to_string();
    altered["data"]["score"] = 1.into();
    let new = NewRecord {
        partition: Some(record.partition),
        key: record.key.clone(),
        value: Some(altered.to_string().into_bytes()),
        ..NewRecord::default()
    };
    produce_all(site.kafka(), clock(), site.output(OutputTopic::Alerts), [new]).expect("sent");
    let done = palermo(&site, &["alert", "replay", &id, "--revision", &revision]);
    assert_eq!(done.code, Some(1), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("differs data.score: 1 on the topic"), "{}", done.stdout);
}

/// A bundle that was removed, a log whose beginning is gone, and progress records that are not there.
pub(crate) fn missing(ground: &Ground) {
    let site = played(ground, "missing-input");
    let outputs = site.outputs();
    let alert = document(outputs[&OutputTopic::Alerts].last().expect("an alert"));
    let id = alert["data"]["alert_id"].as_str().unwrap();
    let refused = |site: &Site, words: &[&str]| {
        let done = palermo(site, &["alert", "replay", id]);
        assert_eq!(done.code, Some(4), "{}{}", done.stdout, done.stderr);
        for word in words {
            assert!(done.stderr.contains(word), "`{word}` is not said:\n{}", done.stderr);
        }
    };
    let bundles = site.folder().join("state/bundles");
    let aside = site.folder().join("aside");
    std::fs::rename(&bundles, &aside).expect("the bundles are moved");
    let bundle = alert["data"]["how"]["bundle"].as_str().unwrap();
    refused(&site, &["bundle_missing", bundle]);
    std::fs::rename(&aside, &bundles).expect("and back");
    assert_eq!(palermo(&site, &["alert", "replay", id]).code, Some(0));
    let payments = site.input(TopicRole::Payments);
    admin::delete_records(site.kafka(), payments, 0, 100).expect("records are deleted");
    refused(&site, &["log_truncated", "payments/0", "begins at offset 100", "must replay from 0"]);
    let progress = site.output(OutputTopic::Progress);
    admin::delete_records(site.kafka(), progress, 0, 2).expect("records are deleted");
    refused(&site, &["progress_gap"]);
}
