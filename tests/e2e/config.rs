//! `palermo config check`: every problem of a file at once, each with its place and a proposal.

use crate::command::{folder, palermo, palermo_in, palermo_with};

#[test]
fn the_shipped_configuration_is_fine() {
    let done = palermo(&["config", "check", "-c", "deploy/palermo.yaml"]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    assert!(done.stdout.contains("deploy/palermo.yaml: fine"), "{}", done.stdout);
}

#[test]
fn every_problem_is_named_with_its_place() {
    let folder = folder();
    let text = "task: palermo 0\nkafka:\n  botstrap: 127.0.0.1:9092\n  security: tsl\ncommit:\n  every: soon\n\
                http:\n  listen: 0.0.0.0:9464\ntopics:\n  alerts: payments\ntime:\n  lateness: 100d\n";
    std::fs::write(folder.path().join("palermo.yaml"), text).unwrap();
    let done = palermo_in(folder.path(), &["config", "check"]);
    assert_eq!((done.code, done.stdout.as_str()), (3, ""));
    insta::assert_snapshot!("broken_configuration", done.stderr);
    let done = palermo_in(folder.path(), &["config", "check", "--format", "json"]);
    assert_eq!(done.code, 3);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(report["problems"].as_array().unwrap().len() >= 5, "{report}");
}

#[test]
fn run_refuses_the_same_file() {
    let folder = folder();
    std::fs::write(folder.path().join("palermo.yaml"), "kafka:\n  botstrap: x:1\n").unwrap();
    let done = palermo_in(folder.path(), &["run", "--start", "earliest"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(
        done.stderr.contains("palermo.yaml:2:3") && done.stderr.contains("bootstrap"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let done = palermo(&["config", "check", "-c", "no-such.yaml"]);
    assert_eq!(done.code, 3);
    assert!(done.stderr.contains("no-such.yaml"), "{}", done.stderr);
}

#[test]
fn each_value_is_shown_with_where_it_came_from() {
    let folder = folder();
    let text = "task: t\nkafka:\n  bootstrap: 127.0.0.1:1\n  security: sasl_tls\n  sasl_username: u\n  \
                sasl_password_file: secret\n";
    std::fs::write(folder.path().join("palermo.yaml"), text).unwrap();
    std::fs::write(folder.path().join("secret"), "hunter2\n").unwrap();
    let done = palermo_in(folder.path(), &["config", "show", "--origin"]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    let words = |key: &str| -> Vec<String> {
        let line = done.stdout.lines().find(|line| line.split_whitespace().next() == Some(key));
        line.unwrap_or("").split_whitespace().skip(1).map(str::to_owned).collect()
    };
    assert_eq!(words("task"), ["t", "palermo.yaml:1"]);
    assert_eq!(words("kafka.bootstrap"), ["127.0.0.1:1", "palermo.yaml:3"]);
    assert_eq!(words("kafka.sasl_password_file"), ["secret", "palermo.yaml:6"]);
    assert_eq!(words("kafka.tls_ca_file"), ["not", "set", "default"]);
    assert_eq!(words("time.lateness"), ["2h", "default"]);
    assert!(!done.stdout.contains("hunter2"), "a secret is shown");
    let lines = done.stdout.lines().count();
    assert_eq!(lines, palermo_runtime::CONFIG_KEYS.len(), "every key, once");
    let done = palermo_in(folder.path(), &["config", "show", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let origin = |key: &str| {
        let all = report["settings"].as_array().unwrap().iter();
        all.filter(|one| one["key"] == key).map(|one| one["origin"].clone()).next().unwrap()
    };
    assert_eq!(
        origin("task"),
        serde_json::json!({"kind": "file", "file": "palermo.yaml", "line": 1})
    );
    assert_eq!(origin("time.lateness"), serde_json::json!({"kind": "default"}));
}

#[test]
fn the_environment_counts_more_than_the_file_and_is_named() {
    let folder = folder();
    std::fs::write(folder.path().join("palermo.yaml"), "kafka:\n  bootstrap: 127.0.0.1:1\n")
        .unwrap();
    let environment = [("PALERMO_BOOTSTRAP", "127.0.0.1:2")];
    let done = palermo_with(folder.path(), &["config", "show", "--origin"], &environment);
    let line = done.stdout.lines().find(|line| line.starts_with("kafka.bootstrap ")).unwrap();
    assert!(line.contains("127.0.0.1:2") && line.ends_with("PALERMO_BOOTSTRAP"), "{line}");
    std::fs::write(folder.path().join("palermo.yaml"), "kafka:\n  botstrap: 127.0.0.1:1\n")
        .unwrap();
    let done = palermo_in(folder.path(), &["config", "show"]);
    assert_eq!((done.code, done.stdout.as_str()), (3, ""));
}
