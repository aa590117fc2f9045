//! `palermo alert` over the records of a demo, and `palermo why-not` over a small world: what was
//! planted is found, what looks like it says why it is not.
//!
//! Sees: an answer that contradicts the engine, a number or a word of the screen that changed. A
//! snapshot that differs is a question; accept with `INSTA_UPDATE=always`.

use crate::command::{folder, palermo};
use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Three weeks of a small bank, and the truth about them.
fn world() -> &'static (TempDir, Vec<Value>) {
    static WORLD: OnceLock<(TempDir, Vec<Value>)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = folder();
        let to = folder.path().to_str().expect("a path");
        let done =
            palermo(&["synth", "--accounts", "300", "--days", "31", "--seed", "7", "--out", to]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let truth = std::fs::read_to_string(folder.path().join("truth.json")).expect("the truth");
        let truth: Value = serde_json::from_str(&truth).expect("JSON");
        let cases = truth["cases"].as_array().expect("cases").clone();
        (folder, cases)
    })
}

fn anchor(is_it: impl Fn(&Value) -> bool) -> &'static str {
    let case = world().1.iter().find(|case| is_it(case)).expect("such a case");
    case["anchor"].as_str().expect("an anchor")
}

fn planted(typology: &str) -> &'static str {
    anchor(|case| case["kind"] == "planted" && case["typology"] == typology)
}

fn alike(name: &str) -> &'static str {
    anchor(|case| case["name"] == name)
}

fn why_not(entity: &str, typology: &str, more: &[&str]) -> (i32, String, String) {
    let from = world().0.path().to_str().expect("a path");
    let words = ["why-not", entity, "--typology", typology, "--from", from];
    let done = palermo(&[&words[..], more].concat());
    (done.code, done.stdout, done.stderr)
}

/// One screen.
const LINES_MAX: usize = 60;

#[test]
fn what_was_planted_is_found() {
    let (code, data, talk) = why_not(planted("CT-14"), "CT-14", &[]);
    assert_eq!((code, talk.as_str()), (0, ""), "{data}");
    assert!(data.contains("it is an alert (alr_"), "{data}");
    assert!(data.lines().count() <= LINES_MAX, "{data}");
    insta::assert_snapshot!("why_found", data);
}

#[test]
fn what_was_planted_is_not_another_crime() {
    let (code, data, talk) = why_not(planted("CT-01"), "ct-14", &[]);
    assert_eq!((code, talk.as_str()), (0, ""), "{data}");
    assert!(data.contains("not found: "), "{data}");
    assert!(data.contains("closest on ") && data.contains(", needs >= "), "{data}");
    assert!(data.lines().count() <= LINES_MAX, "{data}");
    insta::assert_snapshot!("why_not_found", data);
}

#[test]
fn a_savings_club_is_held_back_by_what_explains_it() {
    let (code, data, talk) = why_not(alike("savings_club"), "CT-14", &[]);
    assert_eq!((code, talk.as_str()), (0, ""), "{data}");
    assert!(data.contains("held back by SUP-ROSCA"), "{data}");
    let (code, data, _) = why_not(alike("savings_club"), "CT-14", &["--format", "json"]);
    assert_eq!(code, 0);
    let answer: Value = serde_json::from_str(&data).expect("one document of JSON");
    let suppressors = answer["suppressors"].as_array().expect("suppressors");
    let rosca = suppressors.iter().find(|one| one["id"] == "SUP-ROSCA").expect("it is tried");
    assert_eq!(rosca["holds"], true, "{data}");
    let held = answer["indicators"].as_array().expect("indicators").iter();
    assert!(held.clone().filter(|one| one["required"] == true).count() > 0);
    assert!(
        answer["findings"].as_array().expect("findings").iter().any(|f| f["held_back"] == true)
    );
}

/// Before it began nothing was there.
#[test]
fn at_an_early_time_it_had_not_come_together() {
    let (code, data, talk) =
        why_not(planted("CT-14"), "CT-14", &["--at", "2026-03-05", "--format", "json"]);
    assert_eq!(code, 0, "{talk}");
    let answer: Value = serde_json::from_str(&data).expect("one document of JSON");
    assert_eq!(answer["require_holds"], false, "{data}");
    assert!(answer["at"].as_str().is_some_and(|at| at.starts_with("2026-03-05")), "{data}");
}

#[test]
fn who_is_not_there_and_what_is_no_typology_are_said() {
    for (entity, typology, words) in [
        ("account/NOBODY", "CT-14", "payments that are held is of this entity"),
        ("A", "CT-99", "`CT-99` is no typology"),
    ] {
        let (code, data, talk) = why_not(entity, typology, &[]);
        assert_eq!((code, data.as_str()), (2, ""), "{talk}");
        assert!(talk.contains(words), "{talk}");
    }
}

/// The records of a demo, as a file.
fn recorded(to: &Path) -> Vec<Value> {
    let done =
        palermo(&["demo", "--memory", "--accounts", "300", "--seed", "7", "--format", "json"]);
    let report: Value = serde_json::from_str(&done.stdout).expect("one document of JSON");
    let alerts = report["alerts"].as_array().expect("alerts").clone();
    let lines: Vec<String> = alerts.iter().map(Value::to_string).collect();
    std::fs::write(to, lines.join("\n")).expect("the file is written");
    alerts
}

#[test]
fn the_alerts_of_a_demo_fit_on_two_screens_and_name_nobody_masked() {
    let folder = folder();
    let file = folder.path().join("alerts.jsonl");
    let alerts = recorded(&file);
    let from = file.to_str().expect("a path");
    let done = palermo(&["alert", "list", "--from", from]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert_eq!(done.stdout.lines().count(), alerts.len() + 1, "{}", done.stdout);
    insta::assert_snapshot!("alert_list", done.stdout);
    for alert in &alerts {
        let id = alert["data"]["alert_id"].as_str().expect("an id");
        let done = palermo(&["alert", "show", id, "--from", from]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let lines = done.stdout.lines().count();
        assert!(lines <= 100, "{lines} lines:\n{}", done.stdout);
        for actor in alert["data"]["who"]["related"].as_array().expect("people") {
            let key = actor["key"].as_str().expect("a key");
            assert!(actor["masked"] != true || !done.stdout.contains(key), "{}", done.stdout);
        }
    }
    let funnel = alerts.iter().find(|alert| alert["data"]["typology"] == "CT-14");
    let id = funnel.expect("a funnel")["data"]["alert_id"].as_str().expect("an id");
    let mut shown = palermo(&["alert", "show", id, "--ascii", "--from", from]).stdout;
    // The demo makes a new bundle folder each time, never another bundle.
    shown =
        shown.lines().filter(|line| !line.starts_with("  rule ")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!("alert_show", shown);
}
