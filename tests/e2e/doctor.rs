//! `palermo doctor` where no broker answers: what it says of the rest, in text and as data.

use crate::command::{folder, palermo_in};
use std::os::unix::fs::PermissionsExt;

/// A folder with a configuration that names a broker nobody is at.
fn site(more: &str) -> tempfile::TempDir {
    let folder = folder();
    let rules = palermo_tests::root().join("rules");
    let text = format!(
        "rules:\n  path: {}\n  environment: pilot\n  unsigned: accept\nbase_currency: USD\nstate:\n  memory_max: 64MiB\n\
         kafka:\n  bootstrap: 127.0.0.1:1\n{more}",
        rules.display()
    );
    std::fs::write(folder.path().join("palermo.yaml"), text).unwrap();
    folder
}

#[test]
fn nobody_there_is_one_finding_among_others() {
    let folder = site("");
    let done = palermo_in(folder.path(), &["doctor"]);
    assert_eq!(done.code, 4, "{}", done.stdout);
    let line = |start: &str| done.stdout.lines().find(|line| line.starts_with(start));
    for start in [
        "ok       rules in `",
        "ok       `state` (`state.dir`): it can be written",
        "ok       `state.memory_max`: 64 MiB of ",
        "ok       core dumps: ",
        "warning  `rules.unsigned` is `accept`: ",
        "error    connection: no broker answers at `127.0.0.1:1`: ",
        "         = look at the brokers",
    ] {
        assert!(line(start).is_some(), "no line `{start}`:\n{}", done.stdout);
    }
    assert!(line("error").unwrap().ends_with(" [log_unavailable]"), "{}", done.stdout);
    assert!(done.stderr.ends_with("1 warnings, 1 errors\n"), "{}", done.stderr);
    assert!(!folder.path().join("state").exists(), "it made a folder");
}

#[test]
fn what_is_wrong_here_is_told_without_a_broker() {
    let more = "  security: sasl_tls\n  sasl_username: u\n  sasl_password_file: secret\n";
    let folder = site(more);
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hunter2\n").unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::write(folder.path().join("state"), "in the way").unwrap();
    let config = std::fs::read_to_string(folder.path().join("palermo.yaml")).unwrap();
    let config = config.replace("64MiB", "4TiB").replace("pilot", "no-such-environment");
    std::fs::write(folder.path().join("palermo.yaml"), config).unwrap();
    let done = palermo_in(folder.path(), &["doctor", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let level = |code: &str| {
        let found = findings.iter().find(|one| one["code"] == code && one["level"] != "ok");
        found.map_or("", |one| one["level"].as_str().unwrap_or(""))
    };
    for (code, expected) in [
        ("rules_invalid", "error"),
        ("secret_open", "error"),
        ("state_unwritable", "error"),
        ("memory_max_high", "warning"),
        ("log_unavailable", "error"),
    ] {
        assert_eq!(level(code), expected, "{code}: {report}");
    }
    assert!(!done.stdout.contains("hunter2"), "a secret is shown");
    assert_eq!(report["ok"], false);
}

#[test]
fn a_refused_configuration_is_not_examined() {
    let folder = site("  botstrap: x\n");
    let done = palermo_in(folder.path(), &["doctor"]);
    assert_eq!((done.code, done.stdout.as_str()), (3, ""));
    assert!(done.stderr.contains("bootstrap"), "{}", done.stderr);
    let done = palermo_in(folder.path(), &["doctor", "explain", "kafka_tls"]);
    assert!(done.code == 0 && done.stdout.starts_with("# kafka_tls"), "{}", done.stdout);
}
