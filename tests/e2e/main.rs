//! The command as people and scripts use it, without a broker: what it prints, and how it exits.

mod alerts;
mod backtest;
mod canary;
mod command;
mod config;
mod demo;
mod deploy;
mod doctor;
mod features;
mod parquet;
mod readme;
mod release;
mod rules;
mod synth;
mod tuning;

use command::palermo;

#[test]
fn usage_errors_exit_2_and_talk_on_standard_error() {
    for arguments in [
        &["rnu"][..],
        &["run", "--strat", "earliest"],
        &["run", "--start", "yesterday"],
        &["synth"],
        &[],
    ] {
        let done = palermo(arguments);
        assert_eq!(done.code, 2, "{arguments:?}: {}", done.stderr);
        assert_eq!(done.stdout, "", "{arguments:?}");
        assert!(done.stderr.contains("Usage") || done.stderr.contains("error"), "{}", done.stderr);
    }
}

#[test]
fn help_and_version_are_data_and_fine() {
    for arguments in [&["--help"][..], &["--version"], &["run", "--help"], &["demo", "--help"]] {
        let done = palermo(arguments);
        assert_eq!((done.code, done.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(done.stdout.contains("palermo"), "{arguments:?}");
    }
    let exits = palermo(&["--help"]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        exits.contains(
            "0 fine, 1 findings, 2 usage, 3 invalid rules or configuration, 4 environment, 130 interrupted"
        ),
        "{exits}"
    );
}

#[test]
fn nobody_listening_is_the_environment() {
    let folder = command::folder();
    let file = folder.path().join("palermo.yaml");
    let rules = palermo_tests::root().join("rules");
    let text = format!(
        "kafka:\n  bootstrap: 127.0.0.1:1\nhttp:\n  listen: 127.0.0.1:0\nrules:\n  path: {}\n  unsigned: accept\nstate:\n  dir: {}\n",
        rules.display(),
        folder.path().join("state").display()
    );
    std::fs::write(&file, text).unwrap();
    let done = palermo(&["run", "-c", file.to_str().unwrap(), "--start", "earliest"]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert!(done.stderr.contains("no broker answers at `127.0.0.1:1`"), "{}", done.stderr);
}

#[test]
fn every_dead_letter_reason_and_stop_code_is_explained() {
    let reasons = palermo_domain::DeadLetterReason::ALL.iter().map(|reason| reason.as_str());
    for code in reasons.chain(palermo_kafka::STOP_CODES) {
        let done = palermo(&["doctor", "explain", code]);
        assert_eq!(done.code, 0, "{code}: {}", done.stderr);
        assert!(done.stdout.len() > code.len() + 25, "{code}: {}", done.stdout);
    }
    assert_eq!(palermo(&["doctor", "explain", "no_such_code"]).code, 2);
}
