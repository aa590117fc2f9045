//! Sees: readiness that outlives reading, a log that is not renewed or renewed for ever, a stop
//! that does not commit, a fenced task that goes on. Over the in-memory log and the real engine.

use super::*;
use palermo_domain::{Partition, TopicRole};
use palermo_engine::{CommitFault, Delivering, MemoryBroker, StartAt};
use palermo_lang::program::RuleSet;

fn partition() -> Partition {
    Partition { role: TopicRole::Payments, index: 0 }
}

fn bundle() -> Bundle {
    let rules = RuleSet {
        name: "none".to_owned(),
        version: "1".to_owned(),
        sha256: "00".to_owned(),
        indicators: Vec::new(),
        suppressors: Vec::new(),
        typologies: Vec::new(),
        selections: Vec::new(),
        lists: Vec::new(),
        suppressions: Vec::new(),
    };
    Bundle { sha256: "00".repeat(32), rules }
}

/// A broker with records that no codec reads: their fate is the dead-letter topic.
fn broker(records: i64) -> MemoryBroker {
    let broker = MemoryBroker::new([partition()]);
    for at_ms in 0..records {
        broker.produce(partition(), at_ms, None, Some(b"not json"));
    }
    broker
}

struct Setup {
    drive: Drive,
    services: Services,
}

fn setup() -> Setup {
    let mut config = Config::defaults();
    config.commit_every = Duration::from_millis(5);
    config.commit_records_max = 10;
    let options = RunOptions { start: Some(StartAt::Earliest), ..RunOptions::default() };
    let services = Services::new().unwrap();
    services.health.set(Phase::RulesLoaded, true);
    let clock = Arc::new(crate::SystemClock::new());
    let mut drive = Drive::new(&config, &options, bundle(), services.clone(), clock);
    drive.pause = Duration::from_millis(1);
    Setup { drive, services }
}

fn open(broker: &MemoryBroker) -> Result<Opened, LogError> {
    let log = broker.log("palermo-0", Delivering::default());
    Ok(Opened { log: Box::new(log), reading: Box::new(|| true) })
}

fn processed(look: Look<'_>) -> u64 {
    let fates = look.counters.and_then(|counters| counters.fates.get(&partition()));
    fates.map_or(0, |fates| fates.counts.iter().sum())
}

#[test]
fn reads_everything_is_ready_meanwhile_and_drains() {
    let (broker, setup) = (broker(25), setup());
    let mut ready = false;
    let ended = setup
        .drive
        .run(&mut || open(&broker), &mut |look| {
            ready |= setup.services.health.readiness().ready;
            if processed(look) == 25 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert!(ready, "was ready while it was consuming");
    assert!(!setup.services.health.readiness().ready, "is not when it has ended");
    assert_eq!(ended.stats.applied, 25);
    assert_eq!(broker.committed("palermo-0")[&partition()], 25);
    let text = setup.services.metrics.text().unwrap();
    assert!(text.contains("palermo_records_total{fate=\"dead_letter\",topic=\"payments\"} 25"));
    assert!(text.contains("palermo_sink_records_total{sink=\"dead_letter\"} 25"));
}

#[test]
fn a_broken_commit_is_recovered_from() {
    for fault in [CommitFault::Before, CommitFault::After] {
        let (broker, setup) = (broker(30), setup());
        broker.fail_commit("palermo-0", 2, fault);
        let mut opened = 0;
        setup
            .drive
            .run(
                &mut || {
                    opened += 1;
                    open(&broker)
                },
                &mut |look| {
                    let done = processed(look) == 30;
                    if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                },
            )
            .unwrap();
        assert_eq!(opened, 2, "{fault:?}");
        let letters = broker.published(palermo_domain::OutputTopic::DeadLetter);
        assert_eq!(letters.len(), 30, "{fault:?}: each dead letter once");
    }
}

#[test]
fn a_log_that_stays_broken_is_given_up() {
    let setup = setup();
    let mut opened = 0;
    let result = setup.drive.run(
        &mut || {
            opened += 1;
            Err(LogError::Recover { reason: "no".to_owned() })
        },
        &mut |_| ControlFlow::Continue(()),
    );
    let error = result.unwrap_err();
    assert_eq!(error.code(), "log_unavailable");
    assert_eq!(
        error.to_string(),
        "the log broke 7 times in a row: no; look at the brokers and start again, nothing was lost"
    );
    assert_eq!(opened, RENEWALS_MAX + 1);
}

#[test]
fn a_fenced_task_ends_and_writes_nothing_more() {
    let (broker, setup) = (broker(5), setup());
    let mut taken_over = false;
    let result = setup.drive.run(&mut || open(&broker), &mut |look| {
        if !taken_over && look.stats.phase == palermo_engine::Phase::Consuming {
            taken_over = true;
            let mut other = broker.log("palermo-0", Delivering::default());
            other.fence().unwrap();
            broker.produce(partition(), 9_000, None, Some(b"later"));
        }
        ControlFlow::Continue(())
    });
    assert_eq!(result.unwrap_err().code(), "fenced");
    let text = setup.services.metrics.text().unwrap();
    assert!(text.contains("palermo_sink_errors_total{code=\"fenced\",sink=\"log\"} 1\n"), "{text}");
    assert!(!setup.services.health.readiness().ready);
    let progress = broker.published(palermo_domain::OutputTopic::Progress);
    assert!(progress.iter().all(|published| published.epoch == 1));
}

#[test]
fn a_stop_while_opening_ends_in_order() {
    let (broker, setup) = (broker(5), setup());
    let ended = setup.drive.run(&mut || open(&broker), &mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!(ended.stats.applied, 0);
    assert!(broker.committed("palermo-0").is_empty());
}

#[test]
fn a_changed_deciding_key_is_named() {
    let now = Config::defaults();
    let then = now.deciding().replace("time.lateness: 2h", "time.lateness: 3h");
    assert_eq!(
        difference(&then, now.deciding()).unwrap(),
        "`time.lateness` has changed from `3h` to `2h`"
    );
    assert_eq!(difference(now.deciding(), now.deciding()), None);
    let other = now.deciding().replace("rules.environment: prod", "rules.environment: test");
    assert_eq!(difference(&other, now.deciding()), None);
}
