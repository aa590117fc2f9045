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
        "the lines stand at the value before, 25 (pale), and the proposed one, 45",
        "counted: live alerts and labels of CT-14;",
        "<h3>MS-08.min_credits</h3>",
        "Two parameters against each other",
        "<table class=\"map\">",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let document = read(folder, "report/modeldoc.md");
    assert!(document.contains("### MS-08.min_senders"), "{document}");
    let figures: Value = serde_json::from_str(&read(folder, "report/figures.json")).unwrap();
    let proposed = row(&document, "MS-08.min_senders", "proposed");
    assert_eq!(proposed, alerts_and_lost(&figures, "candidate"));
    // Without curves the rest is the same.
    let done = backtest(folder, &[&common[..], &["--out", "plain", "--curves", "0"]].concat());
    assert!(done.code < 2, "{}", done.stderr);
    assert_eq!(read(folder, "plain/figures.json"), read(folder, "report/figures.json"));
    assert_eq!(read(folder, "plain/alerts.jsonl"), read(folder, "report/alerts.jsonl"));
    assert!(!read(folder, "plain/index.html").contains("What other values give"));
}

/// Puts another version of CT-14 in shadow beside the live one.
fn challenger(rules: &Path, from: &str, to: &str) {
    for ending in ["yaml", "test.yaml"] {
        let (old, new) = (format!("{CT_14}.{ending}"), format!("typologies/CT-14-next.{ending}"));
        fs::copy(rules.join(old), rules.join(new)).expect("a copy");
    }
    let next = rules.join("typologies/CT-14-next.yaml");
    edit(&next, "version: 4.0.1", "version: 4.1.0-rc.1");
    edit(&next, from, to);
    let tests = rules.join("typologies/CT-14-next.test.yaml");
    edit(&tests, "rule: CT-14\n", "rule: CT-14@4.1.0-rc.1\n");
    let live = "    live: [CT-14@4.0.1, CT-01@3.0.1]\n";
    let shadow = "    shadow: [{rule: CT-14@4.1.0-rc.1, champion: CT-14@4.0.1}]\n";
    edit(&rules.join("ruleset.yaml"), live, &format!("{live}{shadow}"));
}

/// Alerts and lost ones of a row of a curve in the model document.
fn row(document: &str, knob: &str, mark: &str) -> (u64, u64) {
    let rows = document.split(&format!("### {knob}\n")).nth(1).expect("a curve").lines();
    let line = rows.into_iter().find(|line| line.contains(&format!("| {mark} |"))).expect("a row");
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let lost = cells[7].split(' ').next().expect("a count");
    (cells[2].parse().expect("a count"), lost.parse().expect("a count"))
}

/// What a backtest says of a side: its alerts, and for the candidate those that are lost.
fn alerts_and_lost(figures: &Value, side: &str) -> (u64, u64) {
    let lost = if side == "candidate" { figures["differences"]["lost"].as_u64() } else { Some(0) };
    (figures[side]["all"]["alerts"].as_u64().expect("a count"), lost.expect("a count"))
}

/// Points are of what is deployed, in the versions that are: of a typology that is off or in another version
/// nothing is counted; where one parameter changed, both marked rows are the two rule sets.
#[test]
fn a_curve_is_about_what_is_deployed() {
    let place = quarter();
    let folder = place.path();
    challenger(
        &folder.join("rules"),
        "boost: [MS-06, MS-12, MS-07, ML-22, ML-18, MS-16]",
        "boost: [ML-18]",
    );
    copy(&folder.join("rules"), &folder.join("proposed"));
    edit(
        &folder.join("proposed").join(MS_08),
        "min_senders:    {value: 25,",
        "min_senders:    {value: 40,",
    );
    let done =
        backtest(folder, &["--baseline", "rules", "--ruleset", "proposed", "--out", "report"]);
    assert!(done.code < 2, "{}", done.stderr);
    let figures: Value = serde_json::from_str(&read(folder, "report/figures.json")).unwrap();
    let document = read(folder, "report/modeldoc.md");
    for (mark, side) in [("proposed", "candidate"), ("before", "baseline")] {
        let found = row(&document, "MS-08.min_senders", mark);
        assert_eq!(found, alerts_and_lost(&figures, side), "{mark}");
        assert!(found.0 > 0, "{mark}");
    }
    assert!(figures["differences"]["lost"].as_u64() > Some(0), "{figures}");
    // Nothing is labelled: there is no recall to be drawn.
    assert!(!read(folder, "report/index.html").contains("% of labels found"));
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
    // A challenger in shadow beside it takes nothing from the live one.
    challenger(&folder.join("rules"), "critical: 80", "critical: 95");
    assert_eq!(state(&palermo_in(folder, &shown), "MS-08"), "covered");
    // With another value it has not found anything yet, whatever its version says.
    edit(
        &folder.join("rules").join(MS_08),
        "min_senders:    {value: 25,",
        "min_senders:    {value: 30,",
    );
    assert_eq!(state(&palermo_in(folder, &shown), "MS-08"), "tested");
    let words = palermo_in(folder, &[&arguments[..], &["--backtest", "report"]].concat()).stdout;
    assert!(words.contains("other rules"), "{words}");
}

#[test]
fn a_version_in_shadow_is_compared_with_the_live_one() {
    let place = quarter();
    let folder = place.path();
    challenger(&folder.join("rules"), "score: {A: 30,", "score: {A: 10,");
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
    // Only over a stated time is there a mean of a month.
    let stated = report(&["--since", "2026-03-01", "--until", "2026-06-01"]);
    assert!(stated.stdout.contains("92 days") && stated.stdout.contains("in the mean of a month"));
    assert!(!words.contains("mean of a month 1"), "{words}");
    let silent = report(&["--since", "2030-01-01", "--until", "2030-02-01"]);
    assert!(silent.stdout.contains("no rule in shadow found anything"), "{}", silent.stdout);
    let nothing = report(&["--typology", "CT-99", "--format", "json"]);
    let document: Value = serde_json::from_str(&nothing.stdout).expect("one document");
    assert_eq!((nothing.code, &document["days"]), (0, &0.into()), "{}", nothing.stderr);
    let wrong = report(&["--since", "2030-02-01", "--until", "2030-01-01"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stdout);
}

#[test]
fn what_the_engine_refuses_ends_a_run_or_is_counted() {
    let place = quarter();
    let payments = place.path().join("quarter/payments.jsonl");
    let mut text = fs::read_to_string(&payments).expect("payments");
    let last: Value = serde_json::from_str(text.lines().last().expect("a payment")).unwrap();
    let reversal = serde_json::json!({
        "schema": "payment.v1", "payment_id": "reversal-1", "event_time": last["event_time"],
        "kind": last["kind"], "rail": last["rail"], "status": "reversed", "amount": "0.01",
        "currency": last["currency"], "debtor": last["debtor"], "creditor": last["creditor"],
        "refers_to": last["payment_id"],
    });
    text.push_str(&format!("{reversal}\n"));
    fs::write(&payments, text).expect("it is written");
    let done = backtest(place.path(), &[]);
    assert_eq!(done.code, 2, "{}", done.stdout);
    assert!(done.stderr.contains("is refused: `reversal_mismatch`"), "{}", done.stderr);
    let done = backtest(place.path(), &["--skip-refused", "--out", "report"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let page = read(place.path(), "report/index.html");
    assert!(page.contains("1 that were refused and left out"), "{page}");
    assert!(!read(place.path(), "report/alerts.jsonl").contains("reversal-1"));
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
