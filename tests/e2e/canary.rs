//! `palermo canary` without a broker: what can be planted, and what each mistake is told.

use crate::command::{Done, folder, palermo_in};
use std::path::Path;

/// A folder with a configuration that names a broker nobody is at.
fn site(more: &str) -> tempfile::TempDir {
    let folder = folder();
    let rules = palermo_tests::root().join("rules");
    let text = format!(
        "rules:\n  path: {}\n  environment: pilot\n  unsigned: accept\nbase_currency: USD\n\
         kafka:\n  bootstrap: 127.0.0.1:1\n{more}",
        rules.display()
    );
    std::fs::write(folder.path().join("palermo.yaml"), text).expect("it is written");
    folder
}

fn canary(folder: &Path, words: &[&str]) -> Done {
    palermo_in(folder, &[&["canary"], words].concat())
}

#[test]
fn what_can_be_planted_is_listed() {
    let site = site("");
    let done = canary(site.path(), &["list"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", done.stdout);
    assert!(lines[0].starts_with("CT-01 ") && lines[0].contains(" payments over "), "{}", lines[0]);
    assert!(
        lines[1].starts_with("CT-14 ") && lines[1].ends_with("a-month-of-small-transfers"),
        "{}",
        lines[1]
    );
    let done = canary(site.path(), &["list", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(document["canaries"][1]["typology"], "CT-14");
    assert!(document["canaries"][1]["payments"].as_u64().is_some_and(|count| count > 10));
}

#[test]
fn each_mistake_is_told() {
    let plain = site("");
    let rows: &[(&[&str], i32, &str)] = &[
        (&["once"], 4, "no broker answers at `127.0.0.1:1`"),
        (&["run"], 3, "`canary.every` is not set"),
        (&["list", "--typology", "CT-02"], 2, "no typology `CT-02` is in force"),
        (&["list", "--rules", "elsewhere"], 2, "`elsewhere` is no rule folder"),
        (&["once", "--wait", "soon"], 2, "--wait"),
    ];
    for (words, code, said) in rows {
        let done = canary(plain.path(), words);
        assert_eq!(done.code, *code, "{words:?}: {}", done.stderr);
        assert!(done.stderr.contains(said), "{words:?}: {}", done.stderr);
        assert_eq!(done.stdout, "", "{words:?}");
    }
    // In a bank of another currency, whose thresholds need rates of it.
    let text = std::fs::read_to_string(plain.path().join("palermo.yaml")).expect("it is there");
    let text = text.replace("base_currency: USD", "base_currency: EUR");
    std::fs::write(plain.path().join("palermo.yaml"), text).expect("it is written");
    let done = canary(plain.path(), &["once"]);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(done.stderr.contains("`palermo canary list` says why"), "{}", done.stderr);
    let done = canary(plain.path(), &["list"]);
    let rates = "none: its tests are paid in USD, so rates of it must be sent (`--with-rates`)";
    assert_eq!((done.code, done.stdout.matches(rates).count()), (0, 2), "{}", done.stdout);
    let done = canary(plain.path(), &["list", "--with-rates", "--typology", "CT-14"]);
    assert_eq!((done.code, done.stdout.lines().count()), (0, 1), "{}", done.stdout);
    assert!(done.stdout.contains(" payments over "), "{}", done.stdout);
}
