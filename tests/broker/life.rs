//! Readiness, an orderly end, and dead letters.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, send};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::tools::{NewRecord, ReadRecord};
use palermo_tests::{Engine, Garbage, Site, oracle, wait_until};
use std::time::{Duration, Instant};

/// SIGTERM in the middle of reading: what was applied is committed, and the next start goes on.
pub(crate) fn sigterm(ground: &Ground) {
    let (_, inputs) = ground.feed();
    let site = Site::new(&ground.broker, "sigterm").reading(inputs);
    site.create_topics();
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    let mut follow = site.follow();
    wait_until("it is in the middle", PATIENCE, || {
        assert!(engine.is_running(), "{}", engine.stderr());
        follow.refresh();
        follow.payments() > 20_000
    });
    let begun = Instant::now();
    let exit = engine.terminate(PATIENCE);
    let took = begun.elapsed();
    // The transaction timeout of the default configuration.
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    let (progress, inputs) = (site.progress(), site.inputs());
    let mut outputs = site.outputs();
    let letters = outputs.remove(&OutputTopic::DeadLetter).unwrap_or_default();
    let mut complaints = oracle::conserved(&progress, &inputs, &letters, &site.roles(), false);
    complaints.extend(oracle::chained(&progress));
    complaints.extend(oracle::all_closed(&site.ends()));
    assert_eq!(complaints, Vec::<String>::new());
    follow.refresh();
    let committed = follow.payments();
    let total: i64 = inputs.values().map(|input| input.end).sum();
    println!("SIGTERM at {committed} of {total} offsets: gone after {took:?}");
    // Interrupted from the terminal it ends as well, with the code for that.
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_ready(PATIENCE);
    engine.signal("INT");
    let exit = engine.wait_exit(Duration::from_secs(10));
    assert!(matches!(exit.code, Some(0 | 130)), "{:?}\n{}", exit.code, exit.stderr);
    assert_eq!(oracle::all_closed(&site.ends()), Vec::<String>::new());
}

/// Never ready before it consumes: not while it starts, not while it finds back.
pub(crate) fn readiness(ground: &Ground) {
    let reference = ground.reference();
    // The task of the undisturbed run once more: it has 200,000 payments to replay first.
    let mut engine = Engine::start(BINARY, &reference.site, &[]);
    let mut refused = 0;
    let begun = Instant::now();
    let ready = loop {
        match engine.get("/readyz") {
            Some((200, body)) => break body,
            Some((status, body)) => {
                assert_eq!(status, 503, "{body}");
                assert!(body.contains("consuming"), "{body}");
                refused += 1;
            }
            None => assert!(engine.is_running(), "{}", engine.stderr()),
        }
        assert!(begun.elapsed() < PATIENCE, "{}", engine.stderr());
        std::thread::sleep(Duration::from_millis(10));
    };
    println!("ready after {:?}, 503 {refused} times before; {ready}", begun.elapsed());
    assert!(refused > 0, "it was never seen not ready, so nothing is proved");
    assert_eq!(engine.get("/livez").map(|(status, _)| status), Some(200));
    // Gauges of the client appear with its first report.
    let (mut metrics, mut not_exposed) = (String::new(), Vec::<String>::new());
    let waiting = Instant::now();
    wait_until("every metric of a running engine is exposed", Duration::from_secs(20), || {
        metrics = engine.get("/metrics").map(|(_, body)| body).unwrap_or_default();
        let missing = RUNNING.iter().filter(|name| !metrics.contains(**name)).collect::<Vec<_>>();
        not_exposed = missing.iter().map(|name| (**name).to_owned()).collect();
        missing.is_empty() || waiting.elapsed() > Duration::from_secs(15)
    });
    assert_eq!(not_exposed, Vec::<String>::new(), "not exposed");
    let exposed = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for name in exposed.filter_map(|line| line.split(' ').next()) {
        let known = palermo_ops::METRICS.iter().any(|metric| metric.name == name);
        assert!(known, "`{name}` is exposed and not in the list");
    }
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}

/// Metrics that a running engine shows.
const RUNNING: [&str; 15] = [
    "palermo_build_info",
    "palermo_source_records_total",
    "palermo_source_lag_records",
    "palermo_records_total",
    "palermo_offset_gaps_total",
    "palermo_dead_letters_total",
    "palermo_watermark_timestamp_seconds",
    "palermo_alerts_total",
    "palermo_state_bytes",
    "palermo_restore_duration_seconds",
    "palermo_ruleset_info",
    "palermo_rules_loaded",
    "palermo_rule_evaluations_total",
    "palermo_rule_last_hit_timestamp_seconds",
    "palermo_watermark_hold_partition",
];

/// Each kind of garbage as it was sent, with the reason and the way back to the record.
pub(crate) fn dead_letters(ground: &Ground) {
    let site = Site::new(&ground.broker, "letters");
    site.create_topics();
    let topic = site.input(TopicRole::Payments).to_owned();
    let garbage = Garbage::all();
    let record = |key: &[u8], value: Option<Vec<u8>>| NewRecord {
        partition: Some(2),
        key: Some(key.to_vec()),
        value,
        timestamp_ms: Some(1_772_000_000_000),
        ..NewRecord::default()
    };
    let mut records: Vec<_> =
        garbage.iter().map(|one| record(b"its key", one.value.clone())).collect();
    // Whole, it would not fit into the dead-letter topic with its headers.
    let long_key = vec![b'k'; 1_048_300];
    records.push(record(&long_key, Some(b"not a payment".to_vec())));
    send(&site, &topic, records);
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
    audit(&site);
    let outputs = site.outputs();
    let letters = &outputs[&OutputTopic::DeadLetter];
    assert_eq!(letters.len(), garbage.len() + 1);
    let header = |letter: &ReadRecord, name: &str| {
        let found = letter.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    let of = |offset: usize| {
        let from =
            |letter: &&ReadRecord| header(letter, "palermo-offset") == Some(offset.to_string());
        letters.iter().find(from).expect("a dead letter for each")
    };
    for (offset, one) in garbage.iter().enumerate() {
        let letter = of(offset);
        assert_eq!(header(letter, "palermo-reason").as_deref(), Some(one.reason));
        assert_eq!(header(letter, "palermo-topic").as_deref(), Some(topic.as_str()));
        assert_eq!(header(letter, "palermo-partition").as_deref(), Some("2"));
        assert_eq!(letter.key.as_deref(), Some(b"its key".as_slice()));
        if one.reason == "too_large" {
            assert_eq!(header(letter, "palermo-truncated").as_deref(), Some("true"));
            assert_eq!(letter.value.as_ref().map(Vec::len), Some(4096));
        } else {
            assert_eq!(letter.value, one.value, "{} is not unchanged", one.reason);
        }
        assert_eq!(header(letter, "palermo-key-sha256"), None);
    }
    let letter = of(garbage.len());
    assert_eq!(letter.key.as_deref(), long_key.get(..4096));
    assert_eq!(letter.value.as_deref(), Some(b"not a payment".as_slice()));
    assert_eq!(header(letter, "palermo-key-sha256").map(|hex| hex.len()), Some(64));
}

/// The longest value that a configuration allows, kept whole: above what a client sends unasked, and
/// not to be squeezed below it.
pub(crate) fn long_letter(ground: &Ground) {
    let site = Site::new(&ground.broker, "long-letter").set("limits.record_bytes", "1MiB");
    let mut noise: u64 = 1;
    let mut byte = || {
        noise =
            noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        b'!' + u8::try_from((noise >> 33) % 90).expect("below 90")
    };
    let value: Vec<u8> = (0..1_048_000).map(|_| byte()).collect();
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest", "--create-topics"]);
    engine.wait_ready(PATIENCE);
    let record = NewRecord {
        value: Some(value.clone()),
        timestamp_ms: Some(1_772_000_000_000),
        ..NewRecord::default()
    };
    send(&site, site.input(TopicRole::Payments), vec![record]);
    engine.wait_caught_up(&site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    audit(&site);
    let letters = &site.outputs()[&OutputTopic::DeadLetter];
    assert!(letters.len() == 1 && letters[0].value.as_ref() == Some(&value), "it is not whole");
}
