//! `palermo data export`: what stands in the topics becomes files, and a backtest of them finds what the
//! task found.

use crate::alerts::{Done, palermo};
use crate::ground::{Ground, more_payments, send, small_feed};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::admin;
use palermo_tests::Site;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

fn export(site: &Site, folder: &str, more: &[&str]) -> Done {
    let arguments = ["data", "export", "--out", folder, "--format", "json"];
    palermo(site, &[&arguments[..], more].concat())
}

/// The last revision of each alert of a topic.
fn standing(alerts: impl IntoIterator<Item = Value>) -> BTreeMap<String, (String, String)> {
    let mut last = BTreeMap::new();
    let text = |alert: &Value, at: &str| {
        alert.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    for alert in alerts {
        let state = (text(&alert, "/data/anchor"), text(&alert, "/data/action"));
        last.insert(text(&alert, "/data/alert_id"), state);
    }
    last
}

/// The whole range, by time and by offsets; played, it gives the alerts that the task published.
pub(crate) fn range(ground: &Ground) {
    let reference = ground.small_reference();
    let site = &reference.site;
    let done = export(site, "all", &[]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    let told: Value = serde_json::from_str(&done.stdout).expect("one document");
    let feed = small_feed();
    let refused: u64 = feed.refused.values().sum();
    let count = |name: &str| told[name].as_u64().expect("a count");
    assert_eq!(count("payments") + refused, feed.visible as u64, "{told}");
    assert_eq!(count("parties"), feed.parties.len() as u64);
    let left = told["left_out"].as_array().expect("reasons").iter();
    let left: BTreeMap<&str, u64> = left
        .map(|one| (one["reason"].as_str().unwrap(), one["records"].as_u64().unwrap()))
        .collect();
    let refused = feed.refused.iter().map(|(reason, count)| (*reason, *count));
    assert_eq!(left, refused.collect(), "what live goes to the dead letters");
    assert!(done.stderr.contains("`not_json`, the first at payments/"), "{}", done.stderr);

    let bytes = |folder: &str, name: &str| fs::read(site.folder().join(folder).join(name)).unwrap();
    let ranges = told["offsets"]
        .as_array()
        .expect("ranges")
        .iter()
        .map(|range| format!("{}:{}..{}", range["partition"], range["from"], range["to"]));
    let ranges: Vec<String> = ranges.flat_map(|range| ["--offsets".to_owned(), range]).collect();
    let ranges: Vec<&str> = ranges.iter().map(String::as_str).collect();
    let done = export(site, "again", &ranges);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for name in ["payments.jsonl.zst", "parties.jsonl", "lists.jsonl"] {
        assert_eq!(bytes("again", name), bytes("all", name), "{name}");
    }
    let files = fs::read_dir(site.folder().join("all")).unwrap().count();
    assert_eq!(files, 3, "nothing unfinished is left");
    parts(site, count("payments"));
    played(site, &reference.outputs[&OutputTopic::Alerts]);
}

/// Two halves by time are the whole; parties that came later are in the second alone.
fn parts(site: &Site, payments: u64) {
    let middle = "2026-03-17";
    let mut sum = 0;
    for (folder, more) in [("before", ["--until", middle]), ("after", ["--since", middle])] {
        let done = export(site, folder, &more);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        let told: Value = serde_json::from_str(&done.stdout).unwrap();
        let of = told["payments"].as_u64().unwrap();
        assert!(of > 100, "{told}");
        sum += of;
    }
    // An id that comes again with other content is told within a range.
    assert!((payments..=payments + 10).contains(&sum), "{sum} of {payments}");
}

fn played(site: &Site, published: &[palermo_kafka::tools::ReadRecord]) {
    let rules = palermo_tests::root().join("rules");
    let rules = rules.to_str().expect("UTF-8");
    let arguments =
        ["backtest", "--data", "all", "--as-of", "start", "--ruleset", rules, "--out", "report"];
    let done = palermo(site, &arguments);
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    let told = fs::read_to_string(site.folder().join("report/alerts.jsonl")).unwrap();
    let told = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told = told.filter(|alert| {
        alert.pointer("/data/mode") == Some(&"live".into())
            && alert.pointer("/data/action") != Some(&"suppressed".into())
    });
    let told = standing(told);
    let live = published
        .iter()
        .map(|record| serde_json::from_slice::<Value>(record.value.as_deref().unwrap()).unwrap());
    let live = standing(live);
    let ids = |of: &BTreeMap<String, (String, String)>| of.keys().cloned().collect::<BTreeSet<_>>();
    println!("{} alerts live, {} in the backtest", live.len(), told.len());
    let (found, expected) = (ids(&told), ids(&live));
    assert!(!expected.is_empty());
    for id in found.symmetric_difference(&expected) {
        println!("{id} live {:?} backtest {:?}", live.get(id), told.get(id));
    }
    assert_eq!(told, live);
}

/// What retention has taken is named, with what is still there.
pub(crate) fn gone(ground: &Ground) {
    let site = Site::new(&ground.broker, "export-gone");
    site.create_topics();
    let payments = site.input(TopicRole::Payments);
    send(&site, payments, more_payments(200));
    admin::delete_records(site.kafka(), payments, 0, 7).expect("records are deleted");
    let done = export(&site, "some", &["--offsets", "0:3..9"]);
    assert_eq!(done.code, Some(4), "{}", done.stderr);
    for word in ["error[export_range]", "begins at offset 7", "`--offsets 0:7..9`"] {
        assert!(done.stderr.contains(word), "`{word}`: {}", done.stderr);
    }
    let done = export(&site, "some", &["--offsets", "0:7..100000"]);
    assert!(done.stderr.contains("error[export_range]"), "{}", done.stderr);
    assert_eq!(fs::read_dir(site.folder().join("some")).map_or(0, Iterator::count), 0);
    let done = export(&site, "some", &[]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("has lost its beginning"), "{}", done.stderr);
}
