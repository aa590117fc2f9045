//! Snapshots over a real broker: what is left of them after a kill is enough, and what cannot be kept
//! takes nothing with it.
//!
//! Sees: a start that ignores its snapshot or believes a damaged one, a replay that needs more of the
//! topics than it says, outputs that differ behind one, a disk that stops detection.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, same_records};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::admin;
use palermo_tests::{Engine, Exit, Site, wait_until};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Instant;

/// Often enough for several within the small feed.
const EVERY: &str = "1000";

fn state(site: &Site, command: &str) -> Output {
    Command::new(BINARY)
        .args(["state", command, "--format", "json", "--config"])
        .arg(site.config_file())
        .output()
        .expect("the command runs")
}

/// What `palermo state inspect` says, newest first.
pub(crate) fn kept(site: &Site) -> Vec<Value> {
    let output = state(site, "inspect");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    said["snapshots"].as_array().expect("a list").clone()
}

fn files(site: &Site) -> Vec<PathBuf> {
    let tasks = std::fs::read_dir(site.folder().join("state/snapshots")).expect("a folder");
    let task = tasks.map(|task| task.expect("an entry").path()).next().expect("a task");
    let mut files: Vec<PathBuf> = std::fs::read_dir(task)
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "snapshot"));
    files.sort();
    files
}

/// Runs until so many snapshots are kept, and is killed there.
pub(crate) fn killed_with_snapshots(site: &Site, count: usize) {
    let engine = Engine::start(BINARY, site, &["--start", "earliest"]);
    let begun = Instant::now();
    while kept(site).len() < count {
        assert!(begun.elapsed() < PATIENCE, "no snapshots:\n{}", engine.stderr());
    }
    engine.kill();
}

fn catch_up(site: &Site) -> Exit {
    let mut engine = Engine::start(BINARY, site, &[]);
    engine.wait_caught_up(site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    exit
}

fn undisturbed(inputs: &Site, ground: &Ground, name: &str) -> palermo_tests::Outputs {
    let site = Site::new(&ground.broker, name).reading(inputs);
    site.create_topics();
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
    site.outputs()
}

/// Killed, its newest snapshot damaged, the topics cut off behind the oldest: it finds back, and what
/// is published is what an undisturbed run publishes. Without any snapshot it stops and says why.
pub(crate) fn found_back(ground: &Ground) {
    let inputs = ground.small("snapshots-inputs");
    let expected = undisturbed(&inputs, ground, "snapshots-undisturbed");
    let site = Site::new(&ground.broker, "snapshots")
        .reading(&inputs)
        .set("state.snapshot_records", EVERY)
        .set("commit.records_max", "100")
        .set("commit.every", "5ms");
    site.create_topics();
    killed_with_snapshots(&site, 3);
    let snapshots = kept(&site);
    let newest = files(&site).pop().expect("a file");
    let mut bytes = std::fs::read(&newest).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&newest, bytes).expect("it is written");
    assert_eq!(state(&site, "verify").status.code(), Some(1), "a damaged one is a finding");
    let oldest = snapshots.last().expect("a snapshot");
    let positions: BTreeMap<String, i64> =
        serde_json::from_value(oldest["positions"].clone()).expect("positions");
    let payments = site.input(TopicRole::Payments).to_owned();
    let mut cut = 0;
    for (partition, position) in positions {
        if let Some(index) = partition.strip_prefix("payments/") {
            let index = index.parse().expect("a number");
            admin::delete_records(site.kafka(), &payments, index, position).expect("deleted");
            cut += position;
        }
    }
    assert!(cut > 500, "{cut} records are gone");
    // So that nothing but the snapshots knows the beginning.
    let progress = site.output(OutputTopic::Progress).to_owned();
    admin::delete_records(site.kafka(), &progress, 0, 2).expect("deleted");
    let exit = catch_up(&site);
    let second = snapshots[1]["seq"].as_u64().expect("a number");
    let damaged = snapshots[0]["seq"].as_u64().expect("a number");
    assert!(exit.stderr.contains(&format!("snapshot={second}")), "{}", exit.stderr);
    assert!(exit.stderr.contains(&format!("snapshot {damaged} ")), "{}", exit.stderr);
    same_records(&expected, &site.outputs());
    assert!(!expected[&OutputTopic::Alerts].is_empty(), "nothing was compared");
    // The last one was taken at the orderly end: nothing is left to replay.
    let exit = catch_up(&site);
    assert!(exit.stderr.contains("replayed=0"), "{}", exit.stderr);
    assert_eq!(state(&site, "verify").status.code(), Some(0));
    let stats: Value = serde_json::from_slice(&state(&site, "stats").stdout).expect("JSON");
    assert!(stats["payments_held"].as_u64() > Some(1_000), "{stats}");
    std::fs::remove_dir_all(site.folder().join("state/snapshots")).expect("they are gone");
    let exit = Engine::start(BINARY, &site, &[]).wait_exit(PATIENCE);
    assert_eq!(exit.code, Some(4), "{}", exit.stderr);
    assert!(exit.stderr.contains("progress_gap"), "{}", exit.stderr);
}

/// Where snapshots cannot be kept, detection goes on and the log says so.
pub(crate) fn nowhere_to_keep(ground: &Ground) {
    let site = ground.small("snapshots-nowhere").set("state.snapshot_records", EVERY);
    std::fs::create_dir_all(site.folder().join("state")).expect("a folder");
    std::fs::write(site.folder().join("state/snapshots"), b"in the way").expect("a file");
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    let failures = "palermo_checkpoint_failures_total{stage=\"create\"}";
    // Metrics are copied once a second.
    wait_until("the failure is counted", PATIENCE, || {
        engine.get("/metrics").is_some_and(|(_, page)| page.contains(failures))
    });
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stderr.contains("a snapshot is not kept"), "{}", exit.stderr);
    audit(&site);
}
