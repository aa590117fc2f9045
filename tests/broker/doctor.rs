//! `palermo doctor` against a real broker: what it says of a good site, of each thing that is wrong, and
//! that it leaves no trace.
//!
//! Sees: a finding that is missing, wrong, or of another level; anything written to a topic, a group that
//! it made, and an engine that it fenced.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE};
use crate::secure::{by_password, grant_all};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::admin;
use palermo_kafka::rights::{Operation, Resource, Right};
use palermo_kafka::tools::{self, Isolation};
use palermo_tests::{Engine, Site, kafka_admin};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Exit code and findings.
fn doctor(site: &Site) -> (Option<i32>, Vec<Value>) {
    let output = Command::new(BINARY)
        .args(["doctor", "--format", "json", "-c"])
        .arg(site.config_file())
        .current_dir(site.folder())
        .env_remove("PALERMO_BOOTSTRAP")
        .output()
        .expect("the doctor runs");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["ok"], output.status.code() == Some(0), "{report}");
    (output.status.code(), report["findings"].as_array().expect("findings").clone())
}

/// Level, code and words of each finding that is not ok.
fn bad(findings: &[Value]) -> Vec<(String, String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or("").to_owned();
    let bad = findings.iter().filter(|one| one["level"] != "ok");
    bad.map(|one| {
        let words = ["about", "seen", "remedy"].map(|key| text(one, key)).join(" | ");
        (text(one, "level"), text(one, "code"), words)
    })
    .collect()
}

fn errors(findings: &[Value]) -> Vec<(String, String)> {
    let all = bad(findings).into_iter().filter(|(level, ..)| level == "error");
    all.map(|(_, code, words)| (code, words)).collect()
}

/// As `deploy/kafka/topics.tsv` has it; the broker of the tests is alone, and that is said.
fn good(ground: &Ground, name: &str) -> Site {
    let site = Site::new(&ground.broker, name).set("state.memory_max", "64MiB");
    let list = palermo_tests::root().join("deploy/kafka/topics.tsv");
    let list = std::fs::read_to_string(list).expect("the list of topics");
    for row in list.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [topic, partitions, settings] = columns[..] else { panic!("three columns: {row}") };
        let settings: Vec<(&str, &str)> =
            settings.split(',').filter_map(|setting| setting.split_once('=')).collect();
        let topic = format!("{}.{topic}", site.kafka().task);
        let partitions = partitions.parse().expect("a number");
        admin::create_topic(site.kafka(), &topic, partitions, &settings).expect("a topic");
    }
    site
}

pub(crate) fn fine(ground: &Ground) {
    let site = good(ground, "doctor");
    let (code, findings) = doctor(&site);
    let codes: Vec<String> = bad(&findings).into_iter().map(|(_, code, _)| code).collect();
    let expected = ["rules_unsigned", "broker_alone"].map(str::to_owned).to_vec();
    assert_eq!((code, codes), (Some(0), expected), "{findings:#?}");
    for code in ["rules_invalid", "state_unwritable", "topic_settings", "kafka_not_authorized"] {
        assert!(findings.iter().any(|one| one["code"] == code), "nothing of {code}");
    }
    let old = findings.iter().find(|one| one["code"] == "broker_old").expect("versions");
    assert!(old["seen"].as_str().is_some_and(|seen| seen.contains("Kafka 4.0 or newer")), "{old}");
    // Nothing was written, and a running engine is not disturbed.
    let kafka = site.kafka();
    for topic in kafka.inputs.values().chain(kafka.outputs.values()) {
        for extent in tools::extents(kafka, topic, Isolation::Uncommitted).expect("extents") {
            assert_eq!((extent.start, extent.end), (0, 0), "something was written to {topic}");
        }
    }
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_ready(PATIENCE);
    assert_eq!(doctor(&site).0, Some(0));
    assert!(engine.is_ready() && engine.is_running(), "{}", engine.stderr());
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}

pub(crate) fn wrong(ground: &Ground) {
    let site = Site::new(&ground.broker, "doctor-wrong");
    let parties = site.input(TopicRole::Parties).to_owned();
    let settings = [("cleanup.policy", "compact")];
    admin::create_topic(site.kafka(), &parties, 1, &settings).expect("a topic");
    let (code, findings) = doctor(&site);
    let errors = errors(&findings);
    assert_eq!(code, Some(1), "{findings:#?}");
    let said = |code: &str, words: &[&str]| {
        let fits =
            |(c, text): &(String, String)| c == code && words.iter().all(|w| text.contains(w));
        assert!(errors.iter().any(fits), "{code} {words:?} is not said: {errors:#?}");
    };
    said("topic_settings", &[&parties, "cleanup.policy", "delete"]);
    said("topic_missing", &[site.input(TopicRole::Payments), "--create-topics"]);
    let nobody = Site::new(&ground.broker, "doctor-nobody").at("127.0.0.1:1");
    let (code, findings) = doctor(&nobody);
    assert_eq!(code, Some(4), "{findings:#?}");
    let rules = nobody.set("rules.path", "no-such-folder");
    let (_, findings) = doctor(&rules);
    let codes: Vec<&str> = findings.iter().filter_map(|one| one["code"].as_str()).collect();
    assert!(codes.contains(&"rules_unreadable"), "{findings:#?}");
}

pub(crate) fn rights(ground: &Ground) {
    let secured = ground.secured();
    let user = "User:palermo";
    let site = by_password(secured, "doctor-rights", "palermo");
    let all = grant_all(secured, &site, user);
    let (code, findings) = doctor(&site);
    assert_eq!(code, Some(0), "{:#?}", bad(&findings));
    let at = secured.broker().bootstrap();
    // What only a commit can tell it says, and does not try.
    let progress = site.output(OutputTopic::Progress);
    let is_untried = |right: &Right| {
        right.operation == Operation::Write
            && (right.resource == Resource::TransactionalId || right.name == progress)
    };
    // One of each kind: what the engine does without each of all is shown beside.
    let (mut kinds, mut tried) = (Vec::new(), Vec::new());
    for right in all.iter().filter(|right| !is_untried(right)) {
        let kind = (right.resource, right.operation, right.name == progress);
        if !kinds.contains(&kind) {
            kinds.push(kind);
            tried.push(right);
        }
    }
    assert!(tried.len() >= 5, "{tried:?}");
    for right in tried {
        kafka_admin::revoke(at, user, right);
        let (code, findings) = doctor(&site);
        let errors = errors(&findings);
        let named = |(code, words): &(String, String)| {
            code == "kafka_not_authorized" && words.contains(&format!("`{}`", right.name))
        };
        assert!(code == Some(1) && errors.iter().any(named), "{right:?}: {errors:#?}");
        kafka_admin::grant(at, user, right);
    }
    let password = secured.file("palermo.password");
    let mode = |bits| {
        std::fs::set_permissions(&password, PermissionsExt::from_mode(bits)).expect("its mode");
    };
    mode(0o644);
    let (code, findings) = doctor(&site);
    mode(0o600);
    let open = errors(&findings);
    assert!(code == Some(1) && open.iter().any(|(code, _)| code == "secret_open"), "{open:#?}");
}
