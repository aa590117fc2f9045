//! How a run begins, and what it refuses to begin with.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, left_open};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::tools::NewRecord;
use palermo_kafka::{admin, tools};
use palermo_tests::{Engine, Exit, Site};
use std::time::{Duration, Instant};

/// The exit code of a world that is not as needed.
const ENVIRONMENT: i32 = 4;

/// One refusal: the code, and the words that say what to do.
fn refused(exit: &Exit, code: i32, words: &[&str]) {
    assert_eq!(exit.code, Some(code), "{}", exit.stderr);
    for word in words {
        assert!(exit.stderr.contains(word), "`{word}` is not said:\n{}", exit.stderr);
    }
    assert!(!exit.stderr.contains("panicked"), "{}", exit.stderr);
}

fn run(site: &Site, arguments: &[&str]) -> Exit {
    Engine::start(BINARY, site, arguments).wait_exit(PATIENCE)
}

/// Nothing is assumed about where to begin.
pub(crate) fn required(ground: &Ground) {
    let site = Site::new(&ground.broker, "required");
    site.create_topics();
    refused(&run(&site, &[]), ENVIRONMENT, &["start_required", "--start"]);
    assert!(site.progress().is_empty());
}

/// `--start` counts once.
pub(crate) fn ignored_later(ground: &Ground) {
    let site = ground.small("later");
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
    let first = site.progress();
    let mut engine = Engine::start(BINARY, &site, &["--start", "latest"]);
    engine.wait_ready(PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stderr.contains("--start") && exit.stderr.contains("ignored"), "{}", exit.stderr);
    let later = site.progress();
    assert_eq!(later.last().map(|p| &p.started), first.last().map(|p| &p.started));
    assert_eq!(later.last().map(|p| &p.positions), first.last().map(|p| &p.positions));
}

/// Somebody's open transaction in the progress topic hides what was committed behind it: it is waited for,
/// its place is said, and when it is over the engine begins.
pub(crate) fn nobody_ends(ground: &Ground) {
    let site = ground.small("nobody-ends");
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
    let topic = site.output(OutputTopic::Progress).to_owned();
    let at = tools::extents(site.kafka(), &topic, tools::Isolation::Uncommitted).expect("extents")
        [0]
    .end;
    let foreign = NewRecord { key: Some(b"another-task".to_vec()), ..NewRecord::default() };
    let mut stuck = left_open(&site, &topic, &foreign);
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_said(&format!("open since offset {at}"), PATIENCE * 2);
    assert!(!engine.is_ready(), "ready beyond an open transaction");
    stuck.commit().expect("committed");
    engine.wait_ready(PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}

/// A topic that does not exist is no empty topic; `--create-topics` makes it.
pub(crate) fn topic_missing(ground: &Ground) {
    let site = Site::new(&ground.broker, "missing");
    let exit = run(&site, &["--start", "earliest"]);
    refused(
        &exit,
        ENVIRONMENT,
        &["topic_missing", site.input(TopicRole::Payments), "--create-topics"],
    );
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest", "--create-topics"]);
    engine.wait_ready(PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}

/// A replay must find old versions of a party.
pub(crate) fn parties_compacted(ground: &Ground) {
    let site = Site::new(&ground.broker, "compacted");
    let settings = [("cleanup.policy", "compact")];
    let parties = site.input(TopicRole::Parties);
    admin::create_topic(site.kafka(), parties, 1, &settings).expect("a topic");
    site.create_topics();
    refused(
        &run(&site, &["--start", "earliest"]),
        ENVIRONMENT,
        &["topic_settings", parties, "cleanup.policy", "delete"],
    );
    assert!(site.progress().is_empty());
}

/// A recovery reads every progress record; compacted alerts only lose old revisions: a warning.
pub(crate) fn progress_compacted(ground: &Ground) {
    let site = Site::new(&ground.broker, "compacted-out");
    let settings = [("cleanup.policy", "compact")];
    let progress = site.output(OutputTopic::Progress);
    let alerts = site.output(OutputTopic::Alerts);
    admin::create_topic(site.kafka(), progress, 1, &settings).expect("a topic");
    admin::create_topic(site.kafka(), alerts, 1, &settings).expect("a topic");
    site.create_topics();
    refused(
        &run(&site, &["--start", "earliest"]),
        ENVIRONMENT,
        &["topic_settings", progress, alerts, "cleanup.policy"],
    );
    assert!(site.progress().is_empty());
}

/// A dead letter that does not fit would stop the engine at the same record after every start.
pub(crate) fn small_dead_letters(ground: &Ground) {
    let site = Site::new(&ground.broker, "small-letters");
    let letters = site.output(OutputTopic::DeadLetter);
    admin::create_topic(site.kafka(), letters, 1, &[("max.message.bytes", "1048588")])
        .expect("a topic");
    site.create_topics();
    let site = site.set("limits.record_bytes", "1MiB");
    refused(
        &run(&site, &["--start", "earliest"]),
        ENVIRONMENT,
        &["topic_settings", site.output(OutputTopic::DeadLetter), "max.message.bytes"],
    );
    let site = site.set("limits.record_bytes", "64KiB");
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_ready(PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}

/// Not after the client's own long patience.
pub(crate) fn no_broker(ground: &Ground) {
    let site = Site::new(&ground.broker, "nobody").at("127.0.0.1:1");
    let begun = Instant::now();
    refused(&run(&site, &["--start", "earliest"]), ENVIRONMENT, &["127.0.0.1:1"]);
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

/// What decides results cannot change under a task that has begun.
pub(crate) fn deciding_key_changed(ground: &Ground) {
    let site = ground.small("deciding");
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
    let site = site.set("time.lateness", "3h");
    refused(&run(&site, &[]), ENVIRONMENT, &["deciding_key_changed", "time.lateness"]);
}
