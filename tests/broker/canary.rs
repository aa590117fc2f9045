//! Nothing personal is written anywhere but to the output topics.
//!
//! Canaries stand in every place where a careless message would show them: in records that are
//! refused, and in a network that is found, whose holder, account, town and payment ids are canaries.
//! What is searched: both streams of the log at its most talkative, every page of HTTP, the files of
//! the task, and the refusal of a later start.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, send};
use palermo_codec::{encode_party, encode_payment};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::tools::NewRecord;
use palermo_synth::{Config, Lookalikes, Planted, World};
use palermo_tests::{Engine, Site, oracle};
use std::path::Path;

/// What is planted.
const CANARIES: [(&str, &str); 8] = [
    ("payment id", "canary-payment-7741"),
    ("name", "Kanarienvogel Quetzalcoatl"),
    ("account", "CANARYBANK:99887766554"),
    ("IBAN", "DE02120300000000202051"),
    ("party id", "canary-party-7742"),
    ("text", "canary remittance text"),
    ("record key", "canary-key-7743"),
    ("town", "Kanarienstadt"),
];

fn record(value: String, timestamp_ms: i64) -> NewRecord {
    NewRecord {
        partition: Some(0),
        key: Some(b"canary-key-7743".to_vec()),
        value: Some(value.into_bytes()),
        timestamp_ms: Some(timestamp_ms),
        ..NewRecord::default()
    }
}

/// One payment twice, broken in nine ways, and reversed; and a party that cannot be read.
fn refused(site: &Site) -> usize {
    let record = |value: String| record(value, 1_772_000_000_000);
    let payment = r#"{"schema":"payment.v1","payment_id":"canary-payment-7741","event_time":"2026-02-25T06:00:00Z","kind":"transfer","rail":"sct_inst","amount":"812.50","currency":"USD","debtor":{"account":"DE02120300000000202051","name":"Kanarienvogel Quetzalcoatl"},"creditor":{"account":"CANARYBANK:99887766554","party":"canary-party-7742"},"text":"canary remittance text"}"#;
    let breaks: [fn(&str) -> String; 9] = [
        |p| p.replace("812.50", "8,12"),
        |p| p.replace("\"USD\"", "\"Kanarienvogel Quetzalcoatl\""),
        |p| p.replace("2026-02-25T06:00:00Z", "canary-payment-7741"),
        |p| p.replace("\"transfer\"", "\"canary remittance text\""),
        |p| p.replace("\"CANARYBANK:99887766554\"", "\"CANARYBANK:99887766554 \\u0000\""),
        |p| p.replace("\"canary-party-7742\"", "[\"canary-party-7742\"]"),
        |p| p.replace("\"text\":", "\"text\":\"canary remittance text\",\"text\":"),
        |p| p.replace("812.50", "813.50"),
        |p| p.trim_end_matches('}').to_owned(),
    ];
    let mut payments = vec![record(payment.to_owned()), record(payment.to_owned())];
    payments.extend(breaks.iter().map(|broken| record(broken(payment))));
    let reversal = payment.replace("\"canary-payment-7741\"", "\"canary-payment-7741-r\"").replace(
        "\"currency\"",
        "\"status\":\"reversed\",\"refers_to\":\"canary-payment-7741\",\"currency\"",
    );
    payments.push(record(reversal));
    send(site, site.input(TopicRole::Payments), payments);
    let party = r#"{"schema":"party.v1","party":"canary-party-7742","as_of":"2026-01-01T00:00:00Z","kind":"Kanarienvogel Quetzalcoatl","accounts":[{"account":"CANARYBANK:99887766554"}]}"#;
    send(site, site.input(TopicRole::Parties), vec![record(party.to_owned())]);
    breaks.len()
}

/// A small world with one network of CT-14, whose holder is made of canaries.
fn found(site: &Site) {
    let world = World::new(&Config {
        seed: 7,
        accounts: 300,
        planted: Planted::NONE.with("CT-14", 1).expect("there is CT-14"),
        lookalikes: Lookalikes::NONE,
        ..Config::default()
    })
    .expect("a world");
    let truth = world.truth();
    let [case] = truth.as_slice() else { panic!("{} cases are planted", truth.len()) };
    let (holder, account) = (&case.holder, &case.accounts[0]);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("JSON is UTF-8");
    let parties: Vec<(String, i64)> = world
        .parties()
        .map(|party| {
            let mut value = Vec::new();
            encode_party(&party, &mut value);
            (text(value), party.as_of.0)
        })
        .collect();
    let (home, _) = parties.iter().find(|(party, _)| party.contains(holder)).expect("the holder");
    let home: serde_json::Value = serde_json::from_str(home).expect("a party");
    let town = format!("\"town\":{}", home["home"]["town"]);
    assert!(!town.contains("null"), "the holder has a home");
    let disguise = |value: String| {
        value
            .replace(holder, "canary-party-7742")
            .replace(account, "CANARYBANK:99887766554")
            .replace(&town, "\"town\":\"Kanarienstadt\"")
            .replace("\"payment_id\":\"", "\"payment_id\":\"canary-payment-7741-")
    };
    let parties = parties.into_iter().map(|(value, at)| record(disguise(value), at)).collect();
    let payments = world.payments().map(|payment| {
        let mut value = Vec::new();
        encode_payment(&payment, &mut value);
        record(disguise(text(value)), payment.event_time.0)
    });
    send(site, site.input(TopicRole::Parties), parties);
    send(site, site.input(TopicRole::Payments), payments.collect());
}

/// Every file below a folder, with its name.
fn files(folder: &Path, all: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, all);
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            let shown = path.display().to_string();
            all.push((shown.clone(), shown));
            all.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

/// The alerts that were published hold the canaries: there they belong.
fn published(site: &Site, refused: usize) {
    let outputs = site.outputs();
    assert!(outputs[&OutputTopic::DeadLetter].len() >= refused, "the bad ones were not refused");
    let alerts = outputs[&OutputTopic::Alerts].iter().filter_map(|alert| alert.value.as_deref());
    let alerts: Vec<_> = alerts.map(String::from_utf8_lossy).collect();
    for canary in [
        "canary-payment-7741",
        "CANARYBANK:99887766554",
        "canary-party-7742",
        "Kanarienstadt",
        "CT-14",
    ] {
        assert!(alerts.iter().any(|alert| alert.contains(canary)), "no alert names `{canary}`");
    }
}

/// The log at its most talkative, good and bad records, a found network, and every page of HTTP.
pub(crate) fn nowhere(ground: &Ground) {
    let site = Site::new(&ground.broker, "canaries").set("log.level", "trace");
    site.create_topics();
    let broken = refused(&site);
    found(&site);
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    let pages: Vec<(String, String)> = ["/metrics", "/readyz", "/livez", "/", "/canary"]
        .iter()
        .filter_map(|path| Some(((*path).to_owned(), engine.get(path)?.1)))
        .collect();
    assert_eq!(pages.len(), 5);
    let stopped = engine.terminate(PATIENCE);
    assert_eq!(stopped.code, Some(0), "{}", stopped.stderr);
    audit(&site);
    published(&site, broken);
    let mut state = Vec::new();
    files(&site.folder().join("state"), &mut state);
    assert!(state.len() > 2, "nothing is kept that could be searched");
    // Refusing to start must not show data either.
    let site = site.set("time.lateness", "3h");
    let again = Engine::start(BINARY, &site, &[]).wait_exit(PATIENCE);
    let mut written: Vec<(&str, &str)> = vec![
        ("stdout", &stopped.stdout),
        ("stderr", &stopped.stderr),
        ("stdout of the refusal", &again.stdout),
        ("stderr of the refusal", &again.stderr),
    ];
    let more = pages.iter().chain(&state);
    written.extend(more.map(|(place, text)| (place.as_str(), text.as_str())));
    assert!(
        stopped.stderr.lines().count() > 3,
        "too little was written to search:\n{}",
        stopped.stderr
    );
    assert_eq!(oracle::no_canary(&CANARIES, &written), Vec::<String>::new());
}
