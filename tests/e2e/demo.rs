//! `palermo demo` on the in-memory log: finds what was planted and nothing else.

use crate::command::palermo;

#[test]
fn finds_the_planted_networks_and_no_look_alike() {
    let done = palermo(&["demo", "--memory", "--accounts", "1000", "--format", "json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let report: serde_json::Value =
        serde_json::from_str(&done.stdout).expect("one document of JSON");
    let score = &report["score"];
    assert_eq!((&score["planted"], &score["found"]), (&6.into(), &6.into()), "{score}");
    assert_eq!((&score["missed"], &score["false"]), (&serde_json::json!([]), &0.into()), "{score}");
    let alike = score["lookalikes"].as_array().expect("look-alikes");
    assert_eq!(alike.len(), 4);
    assert!(alike.iter().all(|one| one["outcome"] != "alerted"), "{score}");
    // Two of them are explained by the suppressor that is there for them.
    assert_eq!(alike.iter().filter(|one| one["outcome"] == "suppressed").count(), 2, "{score}");
    assert!(report["payments"].as_u64().unwrap() > 10_000);
    assert!(report["alerts"].as_array().unwrap().len() >= 6);
}

/// In words, and with what to do next.
#[test]
fn without_a_broker_its_first_line_says_so() {
    let done = palermo(&["demo", "--memory", "--accounts", "300"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let first = done.stdout.lines().next().unwrap_or_default();
    assert!(first.contains("memory"), "{first}");
    for words in ["planted 6  found 6  missed 0  false 0", "what to try next", "CT-14", "CT-01"] {
        assert!(done.stdout.contains(words), "`{words}`:\n{}", done.stdout);
    }
}

/// Nothing goes unencrypted over a network; the way to say how it is protected is a configuration.
#[test]
fn a_broker_elsewhere_needs_a_configuration() {
    let done = palermo(&["demo", "--bootstrap", "192.0.2.1:9092"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    for words in ["--bootstrap: `192.0.2.1` is not this machine", "palermo demo --config FILE"] {
        assert!(done.stderr.contains(words), "`{words}`:\n{}", done.stderr);
    }
    let folder = crate::command::folder();
    let file = folder.path().join("palermo.yaml");
    // Reaching it is tried, so the block was read; nobody listens there.
    std::fs::write(&file, "kafka:\n  bootstrap: 127.0.0.1:1\n  security: tls\n").unwrap();
    let done = palermo(&["demo", "--config", file.to_str().unwrap(), "--accounts", "300"]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert!(done.stderr.contains("no broker answers at `127.0.0.1:1`"), "{}", done.stderr);
    std::fs::write(&file, "kafka:\n  bootstrap: 192.0.2.1:9092\n").unwrap();
    let done = palermo(&["demo", "--config", file.to_str().unwrap()]);
    assert_eq!(done.code, 3, "{}", done.stderr);
}
