//! What surrounds a backtest: other values in its report, what is covered, and versions in shadow.

use crate::command::{Done, copy, edit, palermo_in, with_rules};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const MS_08: &str = "migrant_smuggling/MS-08-p2p-funnel-cash-out.yaml";
const CT_14: &str = "typologies/CT-14-border-p2p-funnel";

/// A folder with `rules/` and a quarter with four funnel accounts.
fn quarter() -> TempDir {
    let place = with_rules();
    let made = palermo_in(
        place.path(),
        &[
            "synth",
            "--out",
            "quarter",
            "--accounts",
            "300",
            "--days",
            "90",
            "--seed",
            "11",
            "--typology",
            "CT-14=4",
        ],
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    place
}

fn backtest(folder: &Path, more: &[&str]) -> Done {
    let arguments = ["backtest", "--data", "quarter", "--environment", "pilot"];
    palermo_in(folder, &[&arguments[..], more].concat())
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("a file of the report")
}

#[test]
fn a_change_of_parameters_has_curves_and_a_map() {
    let place = quarter();
    let folder = place.path();
    let copied = folder.join("proposed");
    copy(&folder.join("rules"), &copied);
    edit(&copied.join(MS_08), "min_senders:    {value: 25,", "min_senders:    {value: 45,");
    edit(&copied.join(MS_08), "min_credits:    {value: 60,", "min_credits:    {value: 70,");
    let common = ["--baseline", "rules", "--ruleset", "proposed", "--labels", "quarter/truth.json"];
    let done = backtest(folder, &[&common[..], &["--out", "report"]].concat());
    assert!(done.code < 2, "{}", done.stderr);
    let page = read(folder, "report/index.html");
    for words in [
        "What other values give",
        "the lines stand at the current value, 25 (pale), and the proposed one, 45",
        "<h3>MS-08.min_credits</h3>",
        "Two parameters against each other",
        "<table class=\"map\">",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let document = read(folder, "report/modeldoc.md");
    assert!(document.contains("### MS-08.min_senders"), "{document}");
    // A point is what a backtest of these values is: the proposed one, and the one that it was.
    let figures: Value = serde_json::from_str(&read(folder, "report/figures.json")).unwrap();
    let row = |mark: &str| -> u64 {
        let rows = document.split("### MS-08.min_senders").nth(1).unwrap().lines();
        let line = rows.into_iter().find(|line| line.contains(&format!("| {mark} |"))).unwrap();
        line.split('|').nth(2).unwrap().trim().parse().unwrap()
    };
    assert_eq!(row("proposed"), figures["candidate"]["typologies"]["CT-14"]["alerts"]);
    // Without curves the rest is the same.
    let done = backtest(folder, &[&common[..], &["--out", "plain", "--curves", "0"]].concat());
    assert!(done.code < 2, "{}", done.stderr);
    assert_eq!(read(folder, "plain/figures.json"), read(folder, "report/figures.json"));
    assert_eq!(read(folder, "plain/alerts.jsonl"), read(folder, "report/alerts.jsonl"));
    assert!(!read(folder, "plain/index.html").contains("What other values give"));
}

#[test]
fn coverage_is_what_a_backtest_showed() {
    let place = quarter();
    let folder = place.path();
    let done = backtest(folder, &["--labels", "quarter/truth.json", "--out", "report"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let arguments = ["coverage", "--environment", "pilot", "--crime", "migrant_smuggling"];
    let state = |done: &Done, id: &str| -> String {
        let document: Value = serde_json::from_str(&done.stdout).expect("one document");
        let rows = document["indicators"].as_array().expect("rows").clone();
        let row = rows.into_iter().find(|row| row["indicator"] == id).expect("a row");
        row["state"].as_str().expect("a word").to_owned()
    };
    let json = ["--format", "json"];
    let bare = palermo_in(folder, &[&arguments[..], &json].concat());
    let shown = [&arguments[..], &["--backtest", "report"], &json].concat();
    let found = palermo_in(folder, &shown);
    for (id, before, after) in [
        ("MS-08", "tested", "covered"),
        ("MS-12", "tested", "tested"),
        ("MS-05", "unused", "unused"),
        ("MS-03", "off", "off"),
    ] {
        assert_eq!((state(&bare, id), state(&found, id)), (before.into(), after.into()), "{id}");
    }
    // Another version of it has not found anything yet.
    edit(&folder.join("rules").join(MS_08), "version: 1.0.2", "version: 1.0.3");
    assert_eq!(state(&palermo_in(folder, &shown), "MS-08"), "tested");
    let words = palermo_in(folder, &[&arguments[..], &["--backtest", "report"]].concat()).stdout;
    assert!(words.contains("other version"), "{words}");
}

#[test]
fn a_version_in_shadow_is_compared_with_the_live_one() {
    let place = quarter();
    let folder = place.path();
    let rules = folder.join("rules");
    for ending in ["yaml", "test.yaml"] {
        let (from, to) = (
            rules.join(format!("{CT_14}.{ending}")),
            rules.join(format!("typologies/CT-14-next.{ending}")),
        );
        fs::copy(from, to).expect("a copy");
    }
    let next = rules.join("typologies/CT-14-next.yaml");
    edit(&next, "version: 4.0.1", "version: 4.1.0-rc.1");
    edit(
        &next,
        "bands: {medium: 40, high: 60, critical: 80}",
        "bands: {medium: 40, high: 60, critical: 95}",
    );
    edit(&rules.join("typologies/CT-14-next.test.yaml"), "rule: CT-14", "rule: CT-14@4.1.0-rc.1");
    edit(
        &rules.join("ruleset.yaml"),
        "    live: [CT-14@4.0.1, CT-01@3.0.1]\n",
        "    live: [CT-14@4.0.1, CT-01@3.0.1]\n    shadow: [{rule: CT-14@4.1.0-rc.1, champion: CT-14@4.0.1}]\n",
    );
    let done = backtest(folder, &["--out", "report"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report = |more: &[&str]| {
        let arguments = ["shadow", "report", "--from", "report/alerts.jsonl"];
        palermo_in(folder, &[&arguments[..], more].concat())
    };
    let told = report(&["--format", "json"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let document: Value = serde_json::from_str(&told.stdout).expect("one document");
    let one = &document["shadow"][0];
    assert_eq!(one["shadow_version"], "4.1.0-rc.1");
    assert_eq!(one["shadow"]["alerts"], one["live"]["alerts"], "{one}");
    assert_eq!(one["changes"]["lost"], 0, "{one}");
    assert!(one["changes"]["rescored"].as_u64() > Some(0), "{one}");
    let words = report(&[]).stdout;
    assert!(words.contains("CT-14 4.1.0-rc.1 in shadow") && words.contains("rescored"), "{words}");
    let silent = report(&["--since", "2030-01-01", "--until", "2030-02-01"]);
    assert!(silent.stdout.contains("no rule in shadow found anything"), "{}", silent.stdout);
}

#[test]
fn pairs_need_two_parameters() {
    let place = quarter();
    let tune = |more: &[&str]| {
        let arguments = [
            "tune",
            "MS-08",
            "--typology",
            "CT-14",
            "--points",
            "3",
            "--data",
            "quarter",
            "--pairs",
        ];
        palermo_in(place.path(), &[&arguments[..], more].concat())
    };
    let done = tune(&["--param", "min_senders"]);
    assert_eq!(done.code, 2, "{}", done.stdout);
    assert!(done.stderr.contains("`--pairs` needs two parameters"), "{}", done.stderr);
    let done = tune(&["--param", "min_senders", "--param", "min_credits", "--out", "report"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(read(place.path(), "report/index.html").contains("<table class=\"map\">"));
}
