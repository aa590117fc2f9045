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
