//! `palermo rules key`, `bundle` and `activate`, as far as they need no broker.
//!
//! Sees: a private key that others can read or that is overwritten, a bundle that differs from machine to
//! machine, one that is taken for other settings or from a stranger.

use crate::command::{folder, palermo_in};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

const WORDS: [&str; 4] = ["--by", "me", "--reason", "a test"];

/// A folder with a configuration that trusts the key `ours.pem`, which is there.
fn place() -> TempDir {
    let place = folder();
    configure(place.path(), "");
    for key in ["ours.pem", "theirs.pem"] {
        let done = palermo_in(place.path(), &["rules", "key", key]);
        assert_eq!(done.code, 0, "{}", done.stderr);
    }
    place
}

fn configure(place: &Path, more: &str) {
    let text = format!(
        "kafka:\n  bootstrap: 127.0.0.1:1\nrules:\n  signed_by: ours.pem.pub\n  environment: pilot\n{more}"
    );
    fs::write(place.join("palermo.yaml"), text).expect("a configuration");
}

fn bundle(place: &Path, out: &str, more: &[&str]) -> Value {
    let rules = palermo_tests::root().join("rules");
    let rules = rules.to_str().expect("a path");
    let arguments = [&["rules", "bundle", rules, "--out", out, "--format", "json"], more].concat();
    let done = palermo_in(place, &arguments);
    assert_eq!(done.code, 0, "{}", done.stderr);
    serde_json::from_str(&done.stdout).expect("one document")
}

#[test]
fn a_private_key_is_for_its_owner_and_is_not_overwritten() {
    let place = place();
    let mode = |file: &str| {
        let meta = fs::metadata(place.path().join(file)).expect("a file");
        meta.permissions().mode() & 0o777
    };
    assert_eq!(mode("ours.pem"), 0o600);
    let before = fs::read(place.path().join("ours.pem")).expect("a key");
    let done = palermo_in(place.path(), &["rules", "key", "ours.pem"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("a key is not overwritten"), "{}", done.stderr);
    assert_eq!(fs::read(place.path().join("ours.pem")).expect("a key"), before);
    assert!(!done.stderr.contains("PRIVATE"), "{}", done.stderr);
}

#[test]
fn a_bundle_has_the_same_hash_wherever_it_is_made() {
    let (one, other) = (place(), place());
    let signed = bundle(one.path(), "a.bundle", &["--key", "ours.pem"]);
    let plain = bundle(other.path(), "b.bundle", &[]);
    assert_eq!(signed["bundle"], plain["bundle"]);
    assert_eq!(signed["signed_by"].as_str().map(str::len), Some(16));
    assert_eq!(plain["signed_by"], Value::Null);
    // An activation carries it in base64 to a topic that takes less than a megabyte.
    assert!(signed["bytes"].as_u64() < Some(500_000), "{signed}");
    let other_lateness = "time:\n  lateness: 3h\n";
    configure(other.path(), other_lateness);
    assert_ne!(bundle(other.path(), "c.bundle", &[])["bundle"], plain["bundle"]);
}

#[test]
fn what_no_engine_would_take_is_not_sent() {
    let place = place();
    bundle(place.path(), "good.bundle", &["--key", "ours.pem"]);
    bundle(place.path(), "unsigned.bundle", &[]);
    bundle(place.path(), "foreign.bundle", &["--key", "theirs.pem"]);
    let mut bytes = fs::read(place.path().join("good.bundle")).expect("a bundle");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(place.path().join("damaged.bundle"), bytes).expect("it is written");
    for (file, code, exit) in [
        ("unsigned.bundle", "rules_unsigned", 3),
        ("foreign.bundle", "bundle_signature", 3),
        ("damaged.bundle", "bundle_file", 3),
        ("none.bundle", "rules_unreadable", 3),
        // Everything about it is fine, and nobody listens.
        ("good.bundle", "log_unavailable", 4),
    ] {
        let arguments = [&["rules", "activate", file], WORDS.as_slice()].concat();
        let done = palermo_in(place.path(), &arguments);
        assert_eq!(done.code, exit, "{file}: {}", done.stderr);
        assert!(done.stderr.contains(code), "{file}: {}", done.stderr);
    }
    configure(place.path(), "time:\n  lateness: 3h\n");
    let arguments = [&["rules", "activate", "good.bundle"], WORDS.as_slice()].concat();
    let done = palermo_in(place.path(), &arguments);
    assert_eq!(done.code, 3, "{}", done.stderr);
    assert!(
        done.stderr.contains("`time.lateness` has changed from `2h` to `3h`"),
        "{}",
        done.stderr
    );
    let done = palermo_in(place.path(), &["rules", "activate", "good.bundle", "--by", "me"]);
    assert_eq!(done.code, 2, "a reason is needed");
    let long = "x".repeat(300);
    let arguments = ["rules", "activate", &"ab".repeat(32), "--by", "me", "--reason", &long];
    let done = palermo_in(place.path(), &arguments);
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(done.stderr.contains("field_length at `reason`"), "{}", done.stderr);
}

#[test]
fn a_start_without_keys_says_what_to_do() {
    let place = place();
    let rules = palermo_tests::root().join("rules").display().to_string();
    for (config, words) in [
        ("rules:\n  path: RULES\n", "`rules.signed_by` is not given"),
        (
            "rules:\n  path: RULES\n  signed_by: ours.pem.pub\n",
            "the folder in `rules.path` is not signed",
        ),
        ("rules:\n  path: RULES\n  signed_by: ours.pem\n", "no public ed25519 key"),
    ] {
        let text = config.replace("RULES", &rules);
        fs::write(place.path().join("palermo.yaml"), text).expect("a configuration");
        let done = palermo_in(place.path(), &["run", "--start", "earliest"]);
        assert_eq!(done.code, 3, "{}", done.stderr);
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
}
