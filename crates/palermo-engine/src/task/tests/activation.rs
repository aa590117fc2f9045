//! Rules that are changed while a task runs.
//!
//! Sees: an activation that is lost or made twice by a crash, one that comes into force elsewhere than on an
//! undisturbed run or by other commits, a configuration that undoes one at the next start, or does not where it asks for
//! something new.

use super::sim::{Fake, activation_of, bundle, last_progress};
use super::*;
use crate::rules::RulesNews;

fn control() -> Partition {
    Partition { role: TopicRole::Control, index: 0 }
}

/// A task that has begun, before anything is in its topics.
fn begun() -> (MemoryBroker, ManualClock) {
    let broker = MemoryBroker::new([payments(0), control()]);
    let clock = ManualClock::new();
    let mut log = broker.log(TASK, Delivering::default());
    let config = TaskConfig { commit_records_max: 3, ..started(Some(StartAt::Earliest)) };
    open::<Fake>(&mut log, &clock, config, 0).unwrap();
    (broker, clock)
}

fn pay(broker: &MemoryBroker, times: std::ops::Range<i64>) {
    for time in times {
        broker.produce(payments(0), time, None, Some(format!("p{time}").as_bytes()));
    }
}

fn ask(broker: &MemoryBroker, at_ms: i64, rules: u64, not_before: Option<i64>) {
    let activation = activation_of(&bundle(rules).sha256, not_before.map(EventTime));
    broker.produce(control(), at_ms, None, Some(&activation.encode()));
}

/// Runs until everything is applied and committed, starting anew after every fault; what was told of rules.
fn finish(broker: &MemoryBroker, clock: &ManualClock, configured: u64) -> Vec<RulesNews> {
    finish_by(broker, clock, configured, 3)
}

/// The same with so many records in a commit.
fn finish_by(
    broker: &MemoryBroker,
    clock: &ManualClock,
    configured: u64,
    records_max: usize,
) -> Vec<RulesNews> {
    let mut news = Vec::new();
    'open: loop {
        let mut log = broker.log(TASK, Delivering::default());
        let config = TaskConfig {
            commit_records_max: records_max,
            // So that nothing else decides where a commit ends.
            commit_bytes_max: usize::MAX,
            commit_every_ms: 10_000,
            buffer_records_max: 100,
            buffer_bytes_max: 10_000,
            poll_records_max: 100,
            ..started(None)
        };
        let mut task = open::<Fake>(&mut log, clock, config, configured).unwrap();
        for _ in 0..60 {
            clock.advance_ms(200);
            let turn = task.turn(&mut log, clock);
            news.extend(task.take_rules_news());
            if turn.is_err() {
                continue 'open;
            }
        }
        if task.drain(&mut log, clock).is_ok() {
            return news;
        }
    }
}

/// The rules that every alert was made by, in order.
fn rules_of(broker: &MemoryBroker) -> Vec<String> {
    let alerts = outputs_of(broker, OutputTopic::Alerts);
    let word = |text: String| text.split(' ').nth(1).map(str::to_owned);
    let texts = alerts.into_iter().filter_map(|record| String::from_utf8(record.value?).ok());
    texts.filter_map(word).collect()
}

#[test]
fn an_activation_comes_into_force_once_wherever_the_task_is_killed() {
    for not_before in [None, Some(14), Some(-5)] {
        let run = |records_max, fault: Option<(u64, CommitFault)>| {
            let (broker, clock) = begun();
            pay(&broker, 0..10);
            ask(&broker, 10, 1, not_before);
            pay(&broker, 11..30);
            if let Some((commit, fault)) = fault {
                broker.fail_commit(TASK, commit, fault);
            }
            finish_by(&broker, &clock, 0, records_max);
            let last = last_progress(&broker);
            assert_eq!((last.bundle, last.scheduled), (bundle(1).sha256, None), "{fault:?}");
            (outputs(&broker), rules_of(&broker))
        };
        let (calm, rules) = run(3, None);
        assert!(rules.is_sorted_by_key(|rule| rule == "11"), "{rules:?}");
        assert!(rules.iter().any(|rule| rule == "aa") && rules.iter().any(|rule| rule == "11"));
        for records_max in [1, 2, 5, 40] {
            assert_eq!(run(records_max, None).0, calm, "{not_before:?}, {records_max} in a commit");
        }
        for commit in 0..12 {
            for fault in [CommitFault::Before, CommitFault::After] {
                assert_eq!(
                    run(3, Some((commit, fault))).0,
                    calm,
                    "{not_before:?} {commit} {fault:?}"
                );
            }
        }
    }
}

#[test]
fn what_comes_later_waits_and_the_newest_word_counts() {
    let (broker, clock) = begun();
    pay(&broker, 0..5);
    ask(&broker, 5, 1, Some(1_000));
    finish(&broker, &clock, 0);
    let waits = last_progress(&broker);
    assert_eq!(waits.bundle, bundle(0).sha256);
    let scheduled = waits.scheduled.unwrap();
    assert_eq!(
        (scheduled.bundle, scheduled.not_before),
        (bundle(1).sha256, Some(EventTime(1_000)))
    );
    // A rollback at once also takes back what still waits.
    ask(&broker, 6, 0, None);
    pay(&broker, 1_000..1_010);
    let news = finish(&broker, &clock, 0);
    let last = last_progress(&broker);
    assert_eq!((last.bundle, last.scheduled), (bundle(0).sha256, None));
    assert!(matches!(news.last(), Some(RulesNews::Activated { .. })), "{news:?}");
    assert_eq!(last.bundle_since, 1, "the same rules are no change");
}

#[test]
fn the_configuration_undoes_an_activation_only_where_it_says_something_new() {
    let (broker, clock) = begun();
    pay(&broker, 0..5);
    ask(&broker, 5, 1, None);
    finish(&broker, &clock, 0);
    let in_force = || last_progress(&broker).bundle;
    assert_eq!(in_force(), bundle(1).sha256);
    assert_eq!(last_progress(&broker).bundle_before, Some(bundle(0).sha256));
    let mut log = broker.log(TASK, Delivering::default());
    let task = open::<Fake>(&mut log, &clock, started(None), 0).unwrap();
    let note = "was activated while the task ran and stays in force";
    assert!(task.notes().iter().any(|line| line.contains(note)), "{:?}", task.notes());
    pay(&broker, 6..9);
    finish(&broker, &clock, 0);
    assert_eq!(in_force(), bundle(1).sha256, "the folder holds what it held");
    assert_eq!(last_progress(&broker).bundle_before, Some(bundle(0).sha256), "also after a start");
    finish(&broker, &clock, 2);
    assert_eq!(in_force(), bundle(2).sha256, "the folder was changed");
    finish(&broker, &clock, 0);
    assert_eq!(in_force(), bundle(0).sha256, "and changed back");
}

#[test]
fn what_is_refused_changes_nothing_and_is_told() {
    let (broker, clock) = begun();
    let unknown = activation_of(&"f".repeat(64), None);
    broker.produce(control(), 1, None, Some(&unknown.encode()));
    broker.produce(control(), 2, None, Some(b"{}"));
    pay(&broker, 3..6);
    let news = finish(&broker, &clock, 0);
    assert!(matches!(&news[..], [RulesNews::Refused { why, .. }] if why.code == "bundle_missing"));
    let last = last_progress(&broker);
    assert_eq!((last.bundle, last.bundle_since), (bundle(0).sha256, 1));
}
