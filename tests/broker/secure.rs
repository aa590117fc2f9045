//! The engine against a Kafka that asks who comes: TLS, client certificates, SCRAM, and rights.
//!
//! Sees: a connection that is not checked, a refusal that is only retried or told without its cause, a
//! right that is needed and not documented, one that is documented and not needed, and an engine that goes
//! on without it. One broker for all of them, beside the other.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, small_feed};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::rights::{Operation, Right, rights};
use palermo_kafka::tools::{NewRecord, produce_all};
use palermo_tests::{Engine, Secured, Site, clock, kafka_admin};
use std::time::{Duration, Instant};

const USER: &str = "User:palermo";
/// The principal of `/CN=palermo`, as the broker writes it.
const CERTIFIED: &str = "User:CN=palermo";

/// What the engine may take until it has said why it does not start.
const SOON: Duration = Duration::from_secs(20);

/// A site whose engine comes by SASL over TLS.
pub(crate) fn by_password(secured: &Secured, name: &str, user: &str) -> Site {
    let site = Site::new(secured.broker(), name);
    site.create_topics();
    named(secured, site, user)
}

fn named(secured: &Secured, site: Site, user: &str) -> Site {
    password(secured, site, user).through(&format!("localhost:{}", secured.sasl_port()))
}

fn password(secured: &Secured, site: Site, user: &str) -> Site {
    site.set("kafka.security", "sasl_tls")
        .set("kafka.tls_ca_file", &secured.file("ca.pem"))
        .set("kafka.sasl_username", user)
        .set("kafka.sasl_password_file", &secured.file(&format!("{user}.password")))
}

/// A site whose engine comes with a certificate.
fn by_certificate(secured: &Secured, name: &str, certificate: &str) -> Site {
    let site = Site::new(secured.broker(), name);
    site.through(&format!("localhost:{}", secured.mutual_port()))
        .set("kafka.security", "tls")
        .set("kafka.tls_ca_file", &secured.file("ca.pem"))
        .set("kafka.tls_certificate_file", &secured.file(&format!("{certificate}.pem")))
        .set("kafka.tls_key_file", &secured.file(&format!("{certificate}.key")))
}

pub(crate) fn grant_all(secured: &Secured, site: &Site, principal: &str) -> Vec<Right> {
    let all = rights(site.kafka());
    for right in &all {
        kafka_admin::grant(secured.broker().bootstrap(), principal, right);
    }
    all
}

/// Runs an engine that must stop by itself, soon, without ever having been ready; what it said.
fn stops(site: &Site, code: &str, words: &[&str]) {
    let begun = Instant::now();
    let mut engine = Engine::start(BINARY, site, &["--start", "earliest"]);
    while engine.is_running() {
        assert!(!engine.is_ready(), "ready:\n{}", engine.stderr());
        assert!(begun.elapsed() < SOON, "{code} is not said:\n{}", engine.stderr());
        std::thread::sleep(Duration::from_millis(50));
    }
    let exit = engine.wait_exit(PATIENCE);
    assert_eq!(exit.code, Some(4), "{code}: {}", exit.stderr);
    for word in words.iter().chain([&format!("error[{code}]").as_str()]) {
        assert!(exit.stderr.contains(word), "`{word}` is not said:\n{}", exit.stderr);
    }
    assert!(!exit.stderr.contains("geheim"), "a secret is shown:\n{}", exit.stderr);
}

/// The documented rights are enough for the whole of it.
pub(crate) fn scram(ground: &Ground) {
    let secured = ground.secured();
    let site = by_password(secured, "scram", "palermo");
    grant_all(secured, &site, USER);
    small_feed().produce(site.kafka());
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    audit(&site);
    let outputs = site.outputs();
    assert!(!outputs[&OutputTopic::Alerts].is_empty(), "no alert was published");
    assert!(!outputs[&OutputTopic::DeadLetter].is_empty(), "no dead letter was published");
}

/// A client certificate instead of a password.
pub(crate) fn mutual(ground: &Ground) {
    let secured = ground.secured();
    let site = by_certificate(secured, "mutual", "palermo");
    site.create_topics();
    grant_all(secured, &site, CERTIFIED);
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_ready(PATIENCE);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", engine.pid())).expect("limits");
    let dumps = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
    assert!(dumps.contains(" 0 "), "a crash would leave payments in a file: {dumps}");
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(!site.progress().is_empty(), "nothing was committed");
}

/// Each mistake in the connection is told by its own cause, soon.
pub(crate) fn mistakes(ground: &Ground) {
    let secured = ground.secured();
    let port = secured.sasl_port();
    let at = format!("localhost:{port}");
    let right = || named(secured, Site::new(secured.broker(), "mistakes"), "palermo");
    let other_ca = || secured.file("other-ca.pem");
    stops(
        &right().set("kafka.tls_ca_file", &other_ca()),
        "kafka_tls",
        &["cannot be verified", &at, "kafka.tls_ca_file"],
    );
    stops(
        &right().through(&format!("127.0.0.1:{port}")),
        "kafka_tls",
        &["not for the name", &format!("127.0.0.1:{port}"), "kafka.bootstrap"],
    );
    let wrong = secured.file("wrong.password");
    stops(
        &right().set("kafka.sasl_password_file", &wrong),
        "kafka_authentication",
        &[&at, "kafka.sasl_password_file"],
    );
    stops(
        &right().set("kafka.sasl_username", "nobody"),
        "kafka_authentication",
        &[&at, "kafka.sasl_username"],
    );
    stops(
        &right().set("kafka.sasl_mechanism", "PLAIN"),
        "kafka_authentication",
        &[&at, "kafka.sasl_mechanism"],
    );
    let gone = secured.file("no-such.pem");
    stops(
        &right().set("kafka.tls_ca_file", &gone),
        "secret_unreadable",
        &[&gone, "kafka.tls_ca_file"],
    );
    stranger(secured);
    protocols(secured);
}

/// A certificate that the broker does not know, and none.
fn stranger(secured: &Secured) {
    let named = format!("localhost:{}", secured.mutual_port());
    let site = by_certificate(secured, "stranger", "stranger");
    stops(&site, "kafka_tls", &[&named, "kafka.tls_certificate_file"]);
    let site = Site::new(secured.broker(), "bare")
        .through(&named)
        .set("kafka.security", "tls")
        .set("kafka.tls_ca_file", &secured.file("ca.pem"));
    stops(&site, "kafka_tls", &[&named, "kafka.tls_certificate_file"]);
}

/// Another protocol than the listener's.
fn protocols(secured: &Secured) {
    let plain = secured.broker().bootstrap().to_owned();
    let site = password(secured, Site::new(secured.broker(), "tls-to-plain"), "palermo");
    stops(&site.through(&plain), "kafka_tls", &[&plain, "kafka.security"]);
    let tls = format!("127.0.0.1:{}", secured.mutual_port());
    let site = Site::new(secured.broker(), "plain-to-tls").through(&tls);
    stops(&site, "kafka_tls", &[&tls, "kafka.security"]);
}

/// None of the documented rights can be missing, and the engine names the one that is.
pub(crate) fn each_right(ground: &Ground) {
    let secured = ground.secured();
    let sites = ["rights-a", "rights-b"].map(|name| by_password(secured, name, "palermo"));
    // Most of a start is waiting: two at a time, each of them with every second right.
    std::thread::scope(|scope| {
        for (turn, site) in sites.iter().enumerate() {
            scope.spawn(move || {
                let all = grant_all(secured, site, USER);
                assert_eq!(all.len(), 23, "{all:?}");
                for right in all.iter().skip(turn).step_by(2) {
                    println!("without {right}");
                    kafka_admin::revoke(secured.broker().bootstrap(), USER, right);
                    stops(site, "kafka_not_authorized", &[&format!("`{}`", right.name)]);
                    kafka_admin::grant(secured.broker().bootstrap(), USER, right);
                }
            });
        }
    });
    let site = &sites[0];
    let mut engine = Engine::start(BINARY, site, &["--start", "earliest"]);
    engine.wait_ready(PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}

/// A right that is taken away, and a user who is deleted, while it runs.
pub(crate) fn ended(ground: &Ground) {
    let secured = ground.secured();
    let at = secured.broker().bootstrap();
    let site = by_password(secured, "ended", "leaver");
    let leaver = "User:leaver";
    let all = grant_all(secured, &site, leaver);
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_ready(PATIENCE);
    let payments = site.input(TopicRole::Payments);
    let reading = all
        .iter()
        .find(|right| right.name == payments && right.operation == Operation::Read)
        .expect("it");
    kafka_admin::revoke(at, leaver, reading);
    let exit = engine.wait_exit(SOON);
    assert_eq!(exit.code, Some(4), "{}", exit.stderr);
    assert!(exit.stderr.contains("error[kafka_not_authorized]"), "{}", exit.stderr);
    kafka_admin::grant(at, leaver, reading);
    writing(&site, at, leaver, &all);
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_ready(PATIENCE);
    kafka_admin::delete_user(at, "leaver");
    let exit = engine.wait_exit(SOON);
    assert_eq!(exit.code, Some(4), "{}", exit.stderr);
    assert!(exit.stderr.contains("error[kafka_authentication]"), "{}", exit.stderr);
}

/// Write on the dead letters, taken away before there is one: the engine stops at the first.
fn writing(site: &Site, at: &str, leaver: &str, all: &[Right]) {
    let letters = site.output(OutputTopic::DeadLetter);
    let right =
        all.iter().find(|right| right.name == letters && right.operation == Operation::Write);
    let right = right.expect("it");
    let mut engine = Engine::start(BINARY, site, &[]);
    engine.wait_ready(PATIENCE);
    kafka_admin::revoke(at, leaver, right);
    let garbage = NewRecord { value: Some(b"no payment".to_vec()), ..NewRecord::default() };
    produce_all(site.kafka(), clock(), site.input(TopicRole::Payments), [garbage]).expect("sent");
    let exit = engine.wait_exit(SOON);
    assert_eq!(exit.code, Some(4), "{}", exit.stderr);
    for words in ["error[kafka_not_authorized]", &format!("`{letters}`")] {
        assert!(exit.stderr.contains(words), "{}", exit.stderr);
    }
    kafka_admin::grant(at, leaver, right);
    // Nothing was lost: it is published when it may be.
    let mut engine = Engine::start(BINARY, site, &[]);
    engine.wait_caught_up(site, PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
    audit(site);
    assert_eq!(site.outputs()[&OutputTopic::DeadLetter].len(), 1);
}
