//! `palermo synth`: same seed, same bytes.

use crate::command::{folder, palermo, palermo_in};
use std::collections::BTreeMap;
use std::path::Path;

fn world(folder: &Path, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let arguments = [&["synth", "--accounts", "300", "--out", "out"], more].concat();
    let done = palermo_in(folder, &arguments);
    assert_eq!(done.code, 0, "{}", done.stderr);
    std::fs::read_dir(folder.join("out"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap()))
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let folders = [folder(), folder(), folder()];
    let [one, two, three] = &folders;
    let first = world(one.path(), &["--seed", "7"]);
    assert_eq!(first.keys().collect::<Vec<_>>(), ["parties.jsonl", "payments.jsonl", "truth.json"]);
    assert!(first.values().all(|bytes| !bytes.is_empty()));
    let second = world(two.path(), &["--seed", "7"]);
    assert!(first == second, "two runs differ");
    let other = world(three.path(), &["--seed", "8"]);
    assert!(first["payments.jsonl"] != other["payments.jsonl"]);
}

/// What it writes is what the engine reads, and the truth names payments that are there.
#[test]
fn what_is_written_can_be_read() {
    readable(&["--seed", "9", "--planted", "1"]);
}

/// So it is with every typology, noise and all.
#[test]
fn the_whole_catalogue_can_be_read() {
    readable(&[
        "--seed",
        "10",
        "--days",
        "300",
        "--typology",
        "all=1",
        "--lookalike",
        "all=1",
        "--full",
        "--noise",
        "--evading",
        "0.5",
        "--shared",
        "0.5",
    ]);
}

fn readable(arguments: &[&str]) {
    let folder = folder();
    let files = world(folder.path(), arguments);
    let payments = String::from_utf8(files["payments.jsonl"].clone()).unwrap();
    let limits = palermo_codec::Limits::default();
    let mut unknown = palermo_codec::UnknownFields::default();
    let mut ids = std::collections::BTreeSet::new();
    for line in payments.lines() {
        let payment = palermo_codec::decode_payment(line.as_bytes(), &limits, &mut unknown);
        ids.insert(payment.expect("a payment").payment_id.expose().to_string());
    }
    assert!(ids.len() > 1_000 && ids.len() == payments.lines().count());
    let truth: serde_json::Value = serde_json::from_slice(&files["truth.json"]).unwrap();
    let text = truth.to_string();
    assert!(text.contains("CT-01") && text.contains("CT-14"), "{text}");
    let named = strings(&truth).into_iter().filter(|text| text.starts_with("p-0")).count();
    assert!(
        named > 10
            && strings(&truth).iter().filter(|t| t.starts_with("p-0")).all(|t| ids.contains(*t))
    );
}

fn strings(value: &serde_json::Value) -> Vec<&str> {
    match value {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(items) => items.iter().flat_map(strings).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn an_impossible_world_is_refused_in_words() {
    let done = palermo(&["synth", "--accounts", "3", "--out", "/dev/null/x"]);
    assert_ne!(done.code, 0);
    assert!(done.stderr.contains("`accounts` is 3"), "{}", done.stderr);
}
