//! Rules that are changed while an engine runs over a real broker.
//!
//! Sees: a payment that is evaluated twice or not at all around a change, one that a restart would make
//! elsewhere, rules of strangers in force, a command that says what did not happen.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, other_half, send};
use palermo_codec::Activation;
use palermo_domain::{EventTime, OutputTopic, Redacted, TopicRole};
use palermo_kafka::tools::NewRecord;
use palermo_runtime::BundleFile;
use palermo_tests::{Engine, Site, wait_until};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The words that an activation needs.
pub(crate) const WORDS: [&str; 6] =
    ["--by", "m.rossi", "--approved-by", "a.chen", "--reason", "a test of changes"];

fn palermo(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).output().expect("the command runs")
}

fn path(file: &Path) -> &str {
    file.to_str().expect("a path in UTF-8")
}

/// Runs a command about rules with the configuration of the site; its exit code and its one document.
pub(crate) fn rules(site: &Site, arguments: &[&str]) -> (i32, Value) {
    let config = site.config_file();
    let mut all = vec!["rules"];
    all.extend(arguments);
    all.extend(["--format", "json", "-c", path(&config)]);
    let done = palermo(&all);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let document = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{all:?}: {said}{}", String::from_utf8_lossy(&done.stderr)));
    (done.status.code().expect("a code"), document)
}

fn activate(site: &Site, bundle: &str) -> (i32, Value) {
    rules(site, &[["activate", bundle].as_slice(), &WORDS].concat())
}

/// A copy of the rules in which one of the two live typologies of the environment is not.
pub(crate) fn fewer_rules(into: &Path) -> PathBuf {
    let folder = into.join("fewer");
    copy(&palermo_tests::root().join("rules"), &folder);
    let file = folder.join("ruleset.yaml");
    let text = fs::read_to_string(&file).expect("a rule set");
    let changed = text.replace("live: [CT-14@4.0.1, CT-01@3.0.1]", "live: [CT-14@4.0.1]");
    assert_ne!(changed, text, "the environment is another one by now");
    fs::write(file, changed).expect("it is written");
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Makes a bundle of a folder; its file and hash.
pub(crate) fn bundle(
    site: &Site,
    folder: &Path,
    key: Option<&Path>,
    name: &str,
) -> (String, String) {
    let out = site.folder().join(name);
    let mut arguments = vec!["bundle", path(folder), "--out", path(&out)];
    arguments.extend(key.iter().flat_map(|key| ["--key", path(key)]));
    let (code, said) = rules(site, &arguments);
    assert_eq!(code, 0, "{said}");
    (path(&out).to_owned(), said["bundle"].as_str().expect("a hash").to_owned())
}

/// Asks for a bundle as `palermo rules activate` does, with a timestamp in the middle of what is still to
/// come: payments of the simulator are older than anything that is sent now.
fn ask_in_the_middle(site: &Site, file: &str, hash: &str) {
    let sealed = BundleFile::decode(&fs::read(file).expect("a bundle")).expect("a bundle");
    let words = || Redacted::new("a test".to_owned());
    let activation = Activation {
        bundle: hash.to_owned(),
        file: Some(sealed.encode_text().expect("text")),
        not_before: None,
        by: words(),
        approved_by: None,
        reason: words(),
    };
    let record = NewRecord {
        partition: Some(0),
        value: Some(activation.encode()),
        timestamp_ms: Some(EventTime::parse("2026-03-24T12:00:00Z").expect("a time").0),
        ..NewRecord::default()
    };
    send(site, site.input(TopicRole::Control), vec![record]);
}

/// What the alerts say at a place.
fn named(site: &Site, pointer: &str) -> BTreeSet<String> {
    let alerts = site.outputs().remove(&OutputTopic::Alerts).unwrap_or_default();
    let alert = |value: &Vec<u8>| serde_json::from_slice::<Value>(value).expect("an alert");
    let values = alerts.iter().filter_map(|record| record.value.as_ref()).map(alert);
    values.map(|alert| alert.pointer(pointer).map_or(String::new(), Value::to_string)).collect()
}

/// Activated and rolled back under load, killed between: everything is met once, and a replay of what is
/// on record arrives where the engine did.
pub(crate) fn under_load(ground: &Ground) {
    let site = ground.half("activation");
    let key = site.folder().join("signing.pem");
    assert!(palermo(&["rules", "key", path(&key)]).status.success());
    let site = site.set("rules.signed_by", path(&key.with_added_extension("pub")));
    let shipped = palermo_tests::root().join("rules");
    let (first, first_hash) = bundle(&site, &shipped, Some(&key), "first.bundle");
    let fewer = fewer_rules(site.folder());
    let (second, second_hash) = bundle(&site, &fewer, Some(&key), "second.bundle");
    let (unsigned, _) = bundle(&site, &fewer, None, "unsigned.bundle");
    let site = site.set("rules.unsigned", "refuse").set("rules.path", &first);

    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    let refused = palermo(
        &[["rules", "activate", &unsigned, "-c", path(&site.config_file())].as_slice(), &WORDS]
            .concat(),
    );
    assert_eq!(refused.status.code(), Some(3), "it is not even sent");
    ask_in_the_middle(&site, &second, &second_hash);
    let mut engine = std::thread::scope(|scope| {
        let load = scope.spawn(|| other_half(&site));
        engine.wait_said("rules are in force", PATIENCE);
        engine.kill();
        let mut engine = Engine::start(BINARY, &site, &[]);
        engine.wait_ready(PATIENCE);
        load.join().expect("the other half is sent");
        engine
    });
    engine.wait_caught_up(&site, PATIENCE);
    // Back, by the hash alone: the engine keeps what was in force.
    let (code, said) = rules(&site, &[["rollback"].as_slice(), &WORDS].concat());
    assert_eq!((code, said["outcome"].as_str()), (0, Some("in_force")), "{said}");
    assert_eq!(said["bundle"], first_hash.as_str());
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
    audit(&site);
    let (_, status) = rules(&site, &["status"]);
    assert_eq!(status["tasks"][0]["bundle"], first_hash.as_str());
    assert_eq!(status["tasks"][0]["before"], second_hash.as_str());
    assert_eq!(status["asked"][1]["activation"]["by"], "m.rossi");
    assert_eq!(status["asked"].as_array().map(Vec::len), Some(2), "{status}");
    let both = [first_hash, second_hash].map(|hash| format!("\"{hash}\""));
    assert_eq!(named(&site, "/data/how/bundle"), BTreeSet::from(both), "what found them");
    assert!(
        named(&site, "/data/cause").contains("\"rule_removed\""),
        "what is not looked for ends"
    );
    // Without a snapshot all of it is computed again, and compared with the recorded hash.
    fs::remove_dir_all(site.folder().join("state/snapshots")).expect("they are gone");
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_ready(PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(!exit.stderr.contains("replayed=0"), "{}", exit.stderr);
}

/// What somebody writes to `control` who has no key changes nothing, and it is said.
pub(crate) fn strangers(ground: &Ground) {
    let site = ground.half("activation-strangers");
    let (ours, theirs) = (site.folder().join("ours.pem"), site.folder().join("theirs.pem"));
    for key in [&ours, &theirs] {
        assert!(palermo(&["rules", "key", path(key)]).status.success());
    }
    let shipped = palermo_tests::root().join("rules");
    let (first, first_hash) = bundle(&site, &shipped, Some(&ours), "first.bundle");
    let fewer = fewer_rules(site.folder());
    let (foreign, _) = bundle(&site, &fewer, Some(&theirs), "foreign.bundle");
    let site = site.set("rules.unsigned", "refuse").set("rules.path", &first);
    let engine_site = site.set("rules.signed_by", path(&ours.with_added_extension("pub")));
    let mut engine = Engine::start(BINARY, &engine_site, &["--start", "earliest"]);
    engine.wait_caught_up(&engine_site, PATIENCE);
    // They trust themselves.
    let site = engine_site.set("rules.signed_by", path(&theirs.with_added_extension("pub")));
    let (code, said) = activate(&site, &foreign);
    assert_eq!((code, said["outcome"].as_str()), (3, Some("refused")), "{said}");
    let (code, said) = activate(&site, &"ab".repeat(32));
    assert_eq!((code, said["outcome"].as_str()), (3, Some("refused")), "{said}");
    wait_until("the refusal is a metric", PATIENCE, || {
        let page = engine.get("/metrics").map(|(_, page)| page).unwrap_or_default();
        page.contains("palermo_rules_last_reload_successful 0")
    });
    other_half(&site);
    engine.wait_caught_up(&site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    for word in ["rules are not admitted", "bundle_signature", "bundle_missing"] {
        assert!(exit.stderr.contains(word), "`{word}` is not said:\n{}", exit.stderr);
    }
    audit(&site);
    assert_eq!(named(&site, "/data/how/bundle"), BTreeSet::from([format!("\"{first_hash}\"")]));
}
