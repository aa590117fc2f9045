//! The ground moves under a running engine: topics lose records, grow or vanish, the group forgets, an
//! upstream transaction stays open. It stops and names what it found, or waits and says so; no position
//! is ever set by itself; a person may accept what is lost.
//!
//! Sees: a reset position, a topic that is made with defaults, a stop without a reason or with partial
//! output, a stuck partition that looks like an idle one, a gap that is accepted and not said.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, left_open, more_payments, send};
use crate::snapshots::{kept, killed_with_snapshots};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::admin;
use palermo_kafka::tools;
use palermo_tests::{Engine, Exit, Site, oracle, wait_until};
use std::time::Duration;

/// It ended with a code and these words, and not in a panic.
fn stopped(exit: &Exit, words: &[&str]) {
    assert_eq!(exit.code, Some(4), "{}", exit.stderr);
    println!(
        "{}",
        exit.stderr.lines().rfind(|line| line.starts_with("error[")).unwrap_or_default()
    );
    for word in words {
        assert!(exit.stderr.contains(word), "`{word}` is not said:\n{}", exit.stderr);
    }
    assert!(!exit.stderr.contains("panicked"), "{}", exit.stderr);
}

/// An engine that has read all of a small feed.
fn caught_up(site: &Site, start: &[&str]) -> Engine {
    let mut engine = Engine::start(BINARY, site, start);
    engine.wait_caught_up(site, PATIENCE);
    engine
}

/// What is committed is whole, wherever it ends.
fn whole_so_far(site: &Site) {
    wait_until("every transaction is closed", PATIENCE, || {
        oracle::all_closed(&site.ends()).is_empty()
    });
    let (progress, mut inputs) = (site.progress(), site.inputs());
    // A partition that came later is in no commit.
    inputs.retain(|partition, _| progress.iter().all(|one| one.positions.contains_key(partition)));
    let letters = site.outputs().remove(&OutputTopic::DeadLetter).unwrap_or_default();
    let mut complaints = oracle::conserved(&progress, &inputs, &letters, &site.roles(), false);
    complaints.extend(oracle::chained(&progress));
    assert_eq!(complaints, Vec::<String>::new());
}

/// Records go before they are read: while it is stopped, and while it stands still with the position
/// just before them.
pub(crate) fn records_gone(ground: &Ground) {
    let site = ground.small("gone-stopped");
    let exit = caught_up(&site, &["--start", "earliest"]).terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    let payments = site.input(TopicRole::Payments).to_owned();
    send(&site, &payments, more_payments(400));
    let before = site.progress();
    let position = before.last().expect("progress").positions
        [&palermo_domain::Partition { role: TopicRole::Payments, index: 0 }];
    let begins = position + 20;
    admin::delete_records(site.kafka(), &payments, 0, begins).expect("records are deleted");
    let exit = Engine::start(BINARY, &site, &[]).wait_exit(PATIENCE);
    let (from, to) = (position.to_string(), begins.to_string());
    stopped(&exit, &["log_truncated", "payments/0", &from, &to, "never read"]);
    assert_eq!(site.progress().len(), before.len(), "it went on past a gap");

    let site = ground.small("gone-running");
    let engine = caught_up(&site, &["--start", "earliest"]);
    let payments = site.input(TopicRole::Payments).to_owned();
    engine.signal("STOP");
    let position = site.progress().last().expect("progress").positions
        [&palermo_domain::Partition { role: TopicRole::Payments, index: 0 }];
    send(&site, &payments, more_payments(400));
    let begins = position + 20;
    admin::delete_records(site.kafka(), &payments, 0, begins).expect("records are deleted");
    // A fetch that the broker holds open may still be answered with what is gone: not for so long.
    std::thread::sleep(Duration::from_secs(1));
    engine.signal("CONT");
    let exit = engine.wait_exit(PATIENCE);
    let (from, to) = (position.to_string(), begins.to_string());
    stopped(&exit, &["offset_out_of_range", "payments/0", &from, &to]);
}

/// The offsets of every partition that have a fate since the task started, or went on after a gap.
fn conserved_since_the_start(progress: &palermo_codec::Progress) {
    for (partition, position) in &progress.positions {
        let fates = progress.fates[partition];
        let met = fates.processed + fates.late + fates.duplicate + fates.dead_letter;
        let passed = position - progress.started.positions[partition];
        assert_eq!(
            i64::try_from(met + progress.undelivered[partition]),
            Ok(passed),
            "{partition} of record {}",
            progress.seq
        );
    }
}

/// Records go beyond the newest snapshot and what was read: it stops, goes on when that is accepted,
/// says so in every alert that follows, and finds back after a kill without being told again.
pub(crate) fn gap_accepted(ground: &Ground) {
    let site = ground
        .small("gap-accepted")
        .set("state.snapshot_records", "1000")
        .set("commit.records_max", "50")
        .set("commit.every", "5ms");
    killed_with_snapshots(&site, 1);
    let payments = site.input(TopicRole::Payments).to_owned();
    let before = site.progress();
    let partition = palermo_domain::Partition { role: TopicRole::Payments, index: 0 };
    let position = before.last().expect("progress").positions[&partition];
    let begins = position + 20;
    let end = site.inputs()[&partition].end;
    assert!(begins + 100 < end, "it was too fast: {position} of {end}");
    let alerts = |site: &Site| -> Vec<String> {
        let alerts = site.outputs().remove(&OutputTopic::Alerts).unwrap_or_default();
        let text = |value: Vec<u8>| String::from_utf8(value).expect("JSON is text");
        alerts.into_iter().filter_map(|record| record.value.map(text)).collect()
    };
    let alerts_before = alerts(&site).len();
    admin::delete_records(site.kafka(), &payments, 0, begins).expect("records are deleted");
    let exit = Engine::start(BINARY, &site, &[]).wait_exit(PATIENCE);
    stopped(&exit, &["log_truncated", "payments/0", "never read"]);
    assert_eq!(site.progress().len(), before.len(), "it went on past a gap");

    let newest = kept(&site)[0]["seq"].as_u64().expect("a number");
    let mut engine = Engine::start(BINARY, &site, &["--accept-gap"]);
    engine.wait_said(&format!("going on from snapshot {newest} without the offsets"), PATIENCE);
    engine.kill();
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_caught_up(&site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    let progress = site.progress();
    progress.iter().for_each(conserved_since_the_start);
    assert!(progress.windows(2).all(|pair| pair[0].seq + 1 == pair[1].seq));
    let last = progress.last().expect("progress");
    let [gap] = &last.started.gaps[..] else { panic!("{:?}", last.started.gaps) };
    assert_eq!((gap.base, gap.lost[&partition].1), (newest, begins));
    let first = progress.iter().find(|one| !one.started.gaps.is_empty()).expect("the first");
    assert_eq!(first.positions, first.started.positions, "committed before anything was read");
    let said = alerts(&site);
    let says =
        said.iter().filter(|alert| alert.contains("were lost before they were read")).count();
    println!("{alerts_before} revisions before the gap, {says} after it");
    assert!(says > 0, "nothing was found after the gap");
    assert_eq!(says, said.len() - alerts_before, "every revision after the gap says so");
}

/// What the group had committed is gone; the progress topic still knows.
pub(crate) fn group_forgotten(ground: &Ground) {
    let site = Site::new(&ground.broker, "forgotten").reading(&ground.small_reference().site);
    site.create_topics();
    let exit = caught_up(&site, &["--start", "earliest"]).terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    wait_until("the group lets its member go", PATIENCE, || {
        admin::delete_group(site.kafka()).is_ok()
    });
    let before = site.progress().len();
    for start in [&[] as &[&str], &["--start", "earliest"]] {
        let exit = Engine::start(BINARY, &site, start).wait_exit(PATIENCE);
        stopped(&exit, &["progress_without_offsets"]);
    }
    assert_eq!(site.progress().len(), before);
}

/// An output topic is deleted while it runs: the next commit that needs it stops, and nobody makes the
/// topic anew.
pub(crate) fn output_deleted(ground: &Ground) {
    let site = ground.small("output-deleted");
    let engine = caught_up(&site, &["--start", "earliest"]);
    let letters = site.output(OutputTopic::DeadLetter).to_owned();
    admin::delete_topics(site.kafka(), &[&letters]).expect("the topic is deleted");
    let garbage = tools::NewRecord {
        partition: Some(0),
        value: Some(b"not a payment".to_vec()),
        timestamp_ms: Some(1_772_000_000_000),
        ..tools::NewRecord::default()
    };
    send(&site, site.input(TopicRole::Payments), vec![garbage]);
    let exit = engine.wait_exit(PATIENCE);
    stopped(&exit, &["topic_missing", &letters]);
    let exit = Engine::start(BINARY, &site, &[]).wait_exit(PATIENCE);
    stopped(&exit, &["topic_missing", &letters]);
    assert!(
        tools::extents(site.kafka(), &letters, tools::Isolation::Committed).is_err(),
        "somebody made the topic anew"
    );
}

/// An input gets more partitions while it runs.
pub(crate) fn partitions_added(ground: &Ground) {
    let site = ground.small("grown");
    let engine = caught_up(&site, &["--start", "earliest"]);
    let payments = site.input(TopicRole::Payments).to_owned();
    admin::add_partitions(site.kafka(), &payments, 5).expect("a partition is added");
    let exit = engine.wait_exit(PATIENCE);
    stopped(&exit, &["partition_count_changed", &payments]);
    whole_so_far(&site);
    let exit = Engine::start(BINARY, &site, &[]).wait_exit(PATIENCE);
    stopped(&exit, &["partition_count_changed", &payments]);
}

/// An alert does not fit into its topic: the commit that holds it is not made, nor a later one; when it
/// fits, everything is there.
pub(crate) fn too_large(ground: &Ground) {
    let site = Site::new(&ground.broker, "too-large").reading(&ground.small_reference().site);
    let alerts = site.output(OutputTopic::Alerts).to_owned();
    admin::create_topic(site.kafka(), &alerts, 2, &[("max.message.bytes", "1200")]).expect("made");
    site.create_topics();
    let exit = Engine::start(BINARY, &site, &["--start", "earliest"]).wait_exit(PATIENCE);
    stopped(&exit, &["record_too_large", &alerts, "max.message.bytes"]);
    whole_so_far(&site);
    admin::set_topic(site.kafka(), &alerts, &[("retention.ms", "-1")]).expect("changed");
    let exit = caught_up(&site, &[]).terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    ground.is_undisturbed(&site);
}

/// A transaction of the upstream stays open: what is behind it waits, the log and a metric say where,
/// nothing of it is read before it is decided.
pub(crate) fn upstream_open(ground: &Ground) {
    let site = ground.small("upstream-open");
    let mut engine = caught_up(&site, &["--start", "earliest"]);
    let payments = site.input(TopicRole::Payments).to_owned();
    let mut more = more_payments(300);
    // Some of partition 1 are in the transaction, the others come behind it.
    let first = more.iter().position(|record| record.partition == Some(1)).expect("one of it");
    let open = more.remove(first);
    let mut stuck = left_open(&site, &payments, &open);
    send(&site, &payments, more);
    engine.wait_said("a Kafka transaction of the upstream", PATIENCE);
    let port = site.http_port();
    let page = || palermo_tests::get(port, "/metrics").expect("metrics").1;
    let metric = "palermo_source_undecided_records{partition=\"1\",topic=\"payments\"}";
    let value = |page: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(metric));
        line.and_then(|value| value.trim().parse::<f64>().ok())
    };
    let waiting = value(&page()).expect("the metric is there");
    assert!(waiting > 1.0, "{waiting}");
    let before = site.progress().pop().expect("progress");
    let partition = palermo_domain::Partition { role: TopicRole::Payments, index: 1 };
    let at = before.positions[&partition];
    let stable = tools::extents(site.kafka(), &payments, tools::Isolation::Committed)
        .expect("extents")[1]
        .end;
    assert!(at <= stable, "it read past an open transaction: {at}, {stable}");
    assert!(engine.is_ready(), "waiting for the upstream is no fault of ours");
    stuck.commit().expect("committed");
    engine.wait_caught_up(&site, PATIENCE);
    wait_until("the metric goes back", PATIENCE, || value(&page()) == Some(0.0));
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    audit(&site);
}
