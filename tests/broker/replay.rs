//! Two runs over topics that were complete at the start: whatever the speed, the same bytes.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit};
use palermo_domain::OutputTopic;
use palermo_tests::{Engine, Site, oracle};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The run that others are compared with is right in itself: everything read, every planted
/// network alerted, no look-alike, every refusal with its reason.
pub(crate) fn undisturbed(ground: &Ground) {
    let (feed, _) = ground.feed();
    let reference = ground.reference();
    audit(&reference.site);
    let last = reference.site.progress().pop().expect("progress");
    let mut fates = [0_u64; 4];
    for (partition, counts) in &last.fates {
        if partition.role == palermo_domain::TopicRole::Payments {
            let counts = [counts.processed, counts.late, counts.duplicate, counts.dead_letter];
            fates.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }
    println!("fates of payments: processed, late, duplicate, dead_letter = {fates:?}");
    assert_eq!(fates.iter().sum::<u64>(), feed.visible as u64);
    assert_eq!(fates[2], feed.duplicates as u64, "duplicates");
    assert!(fates[1] > 100, "late payments");
    let mut refused: BTreeMap<String, u64> = BTreeMap::new();
    for letter in &reference.outputs[&OutputTopic::DeadLetter] {
        let reason = letter.headers.iter().find(|(name, _)| name == "palermo-reason");
        let reason = reason.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        *refused.entry(reason.unwrap_or_default()).or_default() += 1;
    }
    let expected: BTreeMap<String, u64> =
        feed.refused.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect();
    assert_eq!(refused, expected, "dead letters by reason");
    let anchors = anchors(&reference.outputs[&OutputTopic::Alerts]);
    println!("{} alerted anchors", anchors.len());
    for case in &feed.truth {
        let found = anchors.iter().any(|anchor| case.is_anchored_at(anchor));
        assert_eq!(found, case.is_planted(), "{} ({:?})", case.id, case.kind);
    }
}

fn anchors(alerts: &[palermo_kafka::tools::ReadRecord]) -> BTreeSet<String> {
    alerts
        .iter()
        .filter_map(|record| record.key.as_deref())
        .map(|key| String::from_utf8_lossy(key).into_owned())
        .collect()
}

/// Small fetches, small buffers, other commits, and a process that is stopped half of the time.
pub(crate) fn throttled(ground: &Ground) {
    let (_, inputs) = ground.feed();
    let reference = ground.reference();
    let site = Site::new(&ground.broker, "throttled")
        .reading(inputs)
        .set("kafka.fetch_max_bytes", "64KiB")
        .set("kafka.partition_fetch_max_bytes", "16KiB")
        .set("kafka.queued_max_bytes", "64KiB")
        .set("commit.every", "333ms")
        .set("commit.records_max", "1777");
    site.create_topics();
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    let done = AtomicBool::new(false);
    let pid = engine.pid();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                palermo_tests::signal(pid, "STOP");
                std::thread::sleep(Duration::from_millis(120));
                palermo_tests::signal(pid, "CONT");
                std::thread::sleep(Duration::from_millis(120));
            }
        });
        let _end = Finally(&done);
        engine.wait_caught_up(&site, PATIENCE * 2);
    });
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    audit(&site);
    let outputs = site.outputs();
    let mut complaints = Vec::new();
    for (topic, records) in &reference.outputs {
        complaints.extend(oracle::same_topics(topic.as_str(), records, &outputs[topic]));
    }
    assert_eq!(complaints, Vec::<String>::new());
    assert!(!reference.outputs[&OutputTopic::Alerts].is_empty(), "nothing was compared");
    let chains = |site: &Site| site.progress().pop().map(|progress| progress.chain);
    assert_eq!(chains(&site), chains(&reference.site), "hash chained over inputs and effects");
}

/// Sets the flag however its scope is left.
struct Finally<'a>(&'a AtomicBool);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
