//! What must not change unnoticed: the bytes of an alert, and which alerts a known month gives.
//!
//! A red test here is a question, not a verdict: a change that is meant is accepted with
//! `INSTA_UPDATE=always cargo test -p palermo-tests --test golden`, and the difference in the
//! snapshots is what a reviewer reads. It sees any change of detection, text, identity or order; it
//! cannot tell a right change from a wrong one.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The alerts of a small month, in the order of publishing.
fn alerts() -> &'static [serde_json::Value] {
    static ALERTS: OnceLock<Vec<serde_json::Value>> = OnceLock::new();
    ALERTS.get_or_init(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_palermo-under-test"))
            .args(["demo", "--memory", "--accounts", "500", "--seed", "7", "--format", "json"])
            .current_dir(palermo_tests::root())
            .env_remove("PALERMO_BOOTSTRAP")
            .stdin(Stdio::null())
            .output()
            .expect("the demo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("one document of JSON");
        report["alerts"].as_array().expect("alerts").clone()
    })
}

#[test]
fn the_alerts_of_a_known_month() {
    let mut lines = String::new();
    for alert in alerts() {
        let data = &alert["data"];
        let typology = data["typology"]["id"].as_str().or(data["typology"].as_str());
        let _ = writeln!(
            lines,
            "{} revision {} {} {} {}",
            data["alert_id"].as_str().unwrap_or("?"),
            data["revision"],
            data["action"].as_str().unwrap_or("?"),
            typology.unwrap_or("?"),
            data["headline"].as_str().unwrap_or("?"),
        );
    }
    insta::assert_snapshot!("alerts_of_a_month", lines);
}

#[test]
fn an_alert_whole() {
    let mut first = alerts().first().expect("an alert").clone();
    // The task's name; the demo makes a new one each time.
    assert!(first["source"].as_str().is_some_and(|source| source.starts_with("palermo/")));
    first["source"] = "palermo/TASK".into();
    let text = serde_json::to_string_pretty(&first).expect("it can be written");
    insta::assert_snapshot!("first_alert", text);
}

/// Runs the command; gives its standard output.
fn palermo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_palermo-under-test"))
        .args(arguments)
        .current_dir(palermo_tests::root())
        .stdin(Stdio::null())
        .output()
        .expect("the command runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The first alert that the tests of a typology make, as an analyst reads it.
#[test]
fn an_alert_of_every_crime_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    for (crime, typology) in [
        ("sex_trafficking", "CT-02"),
        ("labor_trafficking", "CT-08"),
        ("migrant_smuggling", "CT-14"),
        ("child_exploitation", "CT-21"),
        ("forced_criminality", "CT-23"),
        ("organ_trafficking", "CT-25"),
        ("laundering", "CT-28"),
    ] {
        let path = folder.path().join(format!("{typology}.jsonl"));
        let path = path.to_str().expect("a path");
        palermo(&["rules", "test", typology, "--alerts", path]);
        let alerts = std::fs::read_to_string(path).expect("alerts");
        let mut all = alerts
            .lines()
            .map(|line| -> serde_json::Value { serde_json::from_str(line).expect("JSON") });
        // Others are there where it rests on their findings.
        let first = all.find(|alert| alert["data"]["typology"] == typology).expect("an alert");
        let of_crime = first["data"]["crime"].as_array().expect("crimes");
        assert!(of_crime.iter().any(|one| one == crime), "{typology} is about {of_crime:?}");
        let id = first["data"]["alert_id"].as_str().expect("an id");
        let shown = palermo(&["alert", "show", id, "--from", path, "--ascii"]);
        insta::assert_snapshot!(format!("alert_of_{crime}"), shown);
    }
}
