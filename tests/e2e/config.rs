//! `palermo config check`: every problem of a file at once, each with its place and a proposal.

use crate::command::{folder, palermo, palermo_in};

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
