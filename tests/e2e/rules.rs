//! `palermo rules`: what an analyst reads when something is wrong.

use crate::command::{edit, palermo, palermo_in, with_rules};
use std::collections::BTreeSet;

#[test]
fn the_shipped_rules_are_fine_and_their_tests_hold() {
    let done = palermo(&["rules", "check"]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    // Thresholds keep the currency of their source, so rates must come by the topic, whatever the
    // base currency is.
    for base in ["EUR", "USD"] {
        let done = palermo(&["rules", "check", "--base-currency", base]);
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
        let warnings = done.stdout.matches("warning[").count();
        assert_eq!(warnings, done.stdout.matches("warning[W341]").count(), "{}", done.stdout);
    }
    let done = palermo(&["rules", "test", "--format", "json"]);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(report["failed"], 0);
    // Indicators, suppressors, typologies and a modifier, each with several rows.
    assert!(report["passed"].as_u64().unwrap() >= 1_900, "{}", report["passed"]);
}

/// Code, file, line, column, the underlined source and a proposal.
#[test]
fn a_broken_rule_is_shown_where_it_is_broken() {
    let folder = with_rules();
    let file = folder.path().join("rules/laundering/ML-03-structuring-near-limit.yaml");
    edit(&file, "sum(amount) over close", "sum(amuont) over close");
    edit(&file, "value: 0.8, type: ratio", "value: 0.99, type: ratio");
    edit(&file, "hit: near_limit >= $min_near", "hit: near_limit >= $min_neer");
    let done = palermo_in(folder.path(), &["rules", "check"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    insta::assert_snapshot!("broken_rule", done.stdout);
    let done = palermo_in(folder.path(), &["rules", "check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(report["ok"], false);
    for problem in report["problems"].as_array().unwrap() {
        for field in ["code", "file", "line", "column", "message", "help"] {
            assert!(!problem[field].is_null(), "{field}: {problem}");
        }
        let explained = palermo(&["rules", "explain", problem["code"].as_str().unwrap()]);
        assert_eq!(explained.code, 0, "{}", explained.stderr);
    }
}

/// A rule test that fails names the row; the command says so by its exit code.
#[test]
fn a_failing_rule_test_is_a_finding() {
    let folder = with_rules();
    let file = folder.path().join("rules/laundering/ML-03-structuring-near-limit.yaml");
    edit(&file, "hit: near_limit >= $min_near", "hit: near_limit >= $min_near + 5");
    let done = palermo_in(folder.path(), &["rules", "test", "rules/laundering"]);
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("FAIL") && done.stdout.contains("ML-03"), "{}", done.stdout);
}

/// One rule by its id, as the README of the rules says.
#[test]
fn the_tests_of_one_rule_are_chosen_by_its_id() {
    for (argument, rules) in [
        ("CT-14", &["CT-14"][..]),
        ("ml-03", &["ML-03"]),
        ("rules/organ_trafficking", &["OT-01", "OT-02", "OT-03", "OT-04", "OT-05"]),
        ("rules/laundering/ML-02-funnel-deposit-withdrawal-apart.test.yaml", &["ML-02"]),
    ] {
        let done = palermo(&["rules", "test", argument, "--format", "json"]);
        assert_eq!(done.code, 0, "{argument}: {}{}", done.stdout, done.stderr);
        let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
        let tests = report["tests"].as_array().unwrap().iter();
        let found: BTreeSet<&str> = tests.map(|test| test["rule"].as_str().unwrap()).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), rules, "{argument}");
    }
    for argument in ["CT-1", "CT-99", "nowhere/", ""] {
        let done = palermo(&["rules", "test", argument]);
        assert_eq!(done.code, 2, "{argument}: {}", done.stderr);
    }
    let done = palermo(&["rules", "test", "CT-1"]);
    assert!(
        done.stderr.contains("`CT-1` is neither a file or folder nor the id"),
        "{}",
        done.stderr
    );
}
