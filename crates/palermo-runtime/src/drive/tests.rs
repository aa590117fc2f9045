//! Sees: readiness that outlives reading, a log that is not renewed or renewed for ever, a stop
//! that does not commit, a fenced task that goes on. Over the in-memory log and the real engine.

use super::*;
use palermo_domain::{Partition, Position, TopicRole};
use palermo_engine::port::{Batch, Delivery, Extent, Past};
use palermo_engine::{CommitFault, Delivering, MemoryBroker, StartAt};
use palermo_lang::program::RuleSet;
use std::cell::RefCell;
use std::collections::BTreeMap;

type Positions = BTreeMap<Partition, Position>;

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
        modifiers: Vec::new(),
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
            other.fence(&mut |_| ControlFlow::Continue(())).unwrap();
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
fn a_task_that_comes_back_does_not_put_out_the_one_that_ran_meanwhile() {
    let (broker, older, newer) = (broker(60), setup(), setup());
    // The third commit breaks, as that of an engine frozen for longer than its transaction lives.
    broker.fail_commit("palermo-0", 2, CommitFault::Before);
    let mut opened = 0;
    let result = older.drive.run(
        &mut || {
            opened += 1;
            if opened == 2 {
                let until = &mut |look: Look<'_>| match processed(look) {
                    50.. => ControlFlow::Break(()),
                    _ => ControlFlow::Continue(()),
                };
                newer.drive.run(&mut || open(&broker), until).unwrap();
            }
            open(&broker)
        },
        &mut |_| ControlFlow::Continue(()),
    );
    let error = result.unwrap_err();
    assert_eq!((error.code(), opened), ("fenced", 2), "{error}");
    assert_eq!(broker.epoch("palermo-0"), 2, "the older, then the newer: the older fenced nobody");
}

/// A log that says at its end whether the engine still called itself ready.
struct LastWord(Box<dyn Log>, Services, std::rc::Rc<RefCell<Vec<bool>>>);

impl Drop for LastWord {
    fn drop(&mut self) {
        self.2.borrow_mut().push(self.1.health.readiness().ready);
    }
}

impl Log for LastWord {
    fn peek(&mut self, past: &mut Past<'_>) -> Result<(), LogError> {
        self.0.peek(past)
    }
    fn fence(&mut self, past: &mut Past<'_>) -> Result<Positions, LogError> {
        self.0.fence(past)
    }
    fn extents(&mut self) -> Result<BTreeMap<Partition, Extent>, LogError> {
        self.0.extents()
    }
    fn positions_at(&mut self, timestamp_ms: i64) -> Result<Positions, LogError> {
        self.0.positions_at(timestamp_ms)
    }
    fn replay(&mut self, from: &Positions, until: &Positions) -> Result<(), LogError> {
        self.0.replay(from, until)
    }
    fn subscribe(&mut self, from: &Positions) -> Result<(), LogError> {
        self.0.subscribe(from)
    }
    fn poll(
        &mut self,
        wait: Duration,
        records_max: usize,
        on: &mut dyn FnMut(Delivery<'_>),
    ) -> Result<usize, LogError> {
        self.0.poll(wait, records_max, on)
    }
    fn set_paused(&mut self, partition: Partition, paused: bool) -> Result<(), LogError> {
        self.0.set_paused(partition, paused)
    }
    fn commit(&mut self, batch: &Batch) -> Result<(), LogError> {
        self.0.commit(batch)
    }
    fn lag_records(&self) -> BTreeMap<Partition, i64> {
        self.0.lag_records()
    }
}

#[test]
fn readiness_is_withdrawn_before_the_log_goes() {
    let (broker, setup) = (broker(30), setup());
    // One breaks in a turn, the next one ends in order.
    broker.fail_commit("palermo-0", 2, CommitFault::Before);
    let last_words = std::rc::Rc::new(RefCell::new(Vec::new()));
    let mut was_ready = false;
    let mut open_watched = || {
        let opened = open(&broker)?;
        let log = LastWord(opened.log, setup.services.clone(), std::rc::Rc::clone(&last_words));
        Ok(Opened { log: Box::new(log), ..opened })
    };
    setup
        .drive
        .run(&mut open_watched, &mut |look| {
            was_ready |= setup.services.health.readiness().ready;
            if processed(look) == 30 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert!(was_ready, "nothing is proved");
    assert_eq!(*last_words.borrow(), [false, false]);
}

#[test]
fn a_stop_while_opening_ends_in_order() {
    let (broker, setup) = (broker(5), setup());
    let ended = setup.drive.run(&mut || open(&broker), &mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!(ended.stats.applied, 0);
    assert!(broker.committed("palermo-0").is_empty());
}
