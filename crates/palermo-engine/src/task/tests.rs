//! The loop, simulated: random worlds, random interleavings, crashes at random places.
//!
//! A small machine stands in for the engine: its outputs depend on the order of everything before
//! them, so a record too many, too few or out of place shows in every later byte. What each test
//! can see: `crashes_change_nothing` loss, duplication and reordering over crashes where the topics
//! are complete; `what_was_published_is_what_a_pure_run_publishes` the same where they grow, with
//! ticks, rule changes and zombies, against an oracle that sorts by definition and knows neither
//! merger nor task; `the_comparison_sees` that these comparisons can fail. All of it over snapshots that
//! are taken at random commits, lost, damaged, exchanged for older ones, and written by zombies, and
//! topics that are cut off behind them.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers in a test")]

mod activation;
mod gap;
mod sim;

use super::*;
use crate::machine::Machine;
use crate::memory_log::{CommitFault, Delivering, MemoryBroker};
use crate::port::Extent;
use crate::{ManualClock, Tick};
use palermo_domain::{OutputTopic, Partition, TopicRole};
use sim::{
    Dice, Fake, Spoiled, World, config, open, open_on, open_watched, oracle, outputs, outputs_of,
};
use std::collections::BTreeMap;

const TASK: &str = "palermo-0";

/// Runs until `stop` says so, crashing and reopening at random. Returns how many crashes.
fn disturbed<M: Machine>(world: &mut World, dice: &mut Dice, crash_in: u64, growing: bool) -> u32 {
    let clock = ManualClock::new();
    let mut crashes = 0;
    let mut zombie: Option<(Task<M>, crate::MemoryLog)> = None;
    'open: loop {
        let hash = if growing { dice.below(3) } else { 0 };
        if dice.below(4) == 0 {
            let fault = [CommitFault::Before, CommitFault::After];
            let at = dice.index(2);
            world.broker.fail_commit(TASK, dice.below(4), fault[at]);
        }
        let mut log = world.broker.log(TASK, dice.delivering());
        let store = Box::new(world.snapshots.clone());
        let opened = open_on(&mut log, &clock, config(dice), hash, store);
        let mut task = match opened {
            Ok(task) => {
                world.note_restored(task.stats());
                task
            }
            Err(TaskError::Log(LogError::Recover { .. })) => {
                crashes += 1;
                continue 'open;
            }
            Err(error) => panic!("{error}"),
        };
        if let Some((mut old, mut its_log)) = zombie.take() {
            let error = (0..200).find_map(|_| {
                clock.advance_ms(200);
                old.turn(&mut its_log, &clock).err()
            });
            // Without anything to apply it writes nothing and so notices nothing.
            let fenced = matches!(error, Some(TaskError::Log(LogError::Fenced { .. })));
            assert!(fenced || error.is_none(), "{error:?}");
        }
        loop {
            if growing && world.left() > 0 {
                world.grow(dice);
            }
            clock.advance_ms(dice.below(80));
            match task.turn(&mut log, &clock) {
                Ok(_) => {}
                Err(TaskError::Log(LogError::Recover { .. })) => {
                    crashes += 1;
                    world.spoil(dice, !growing);
                    continue 'open;
                }
                Err(error) => panic!("{error}"),
            }
            if world.left() == 0 && task.stats().lag_records == 0 && world.applied(&task) {
                match task.drain(&mut log, &clock) {
                    Ok(_) => return crashes,
                    Err(_) => continue 'open,
                }
            }
            if dice.below(crash_in) == 0 {
                crashes += 1;
                world.spoil(dice, !growing);
                zombie = (dice.below(2) == 0).then_some((task, log));
                continue 'open;
            }
        }
    }
}

/// Sequence numbers, positions, epochs, fates: what must hold of any run.
fn check_progress(world: &World) {
    let mut before: Option<palermo_codec::Progress> = None;
    let published = world.broker.published(OutputTopic::Progress);
    assert!(published.is_sorted_by_key(|record| record.epoch), "no zombie writes");
    for record in published {
        let progress = progress::read(&record.record.value.unwrap()).unwrap();
        let start = before.as_ref().map_or(&progress.started.positions, |b| &b.positions);
        for (partition, position) in &progress.positions {
            assert!(*position >= start[partition], "positions never go back");
            let first = progress.started.positions[partition];
            let fates = progress.fates[partition];
            let met = fates.processed + fates.late + fates.duplicate + fates.dead_letter;
            let sum = met + progress.undelivered[partition];
            assert_eq!(i64::try_from(sum).unwrap(), position - first, "every offset is counted");
        }
        assert_eq!(progress.seq, before.map_or(1, |before| before.seq + 1));
        before = Some(progress);
    }
    assert_eq!(before.unwrap().positions, world.broker.committed(TASK));
}

#[test]
fn crashes_change_nothing_where_the_topics_are_complete() {
    let (mut crashes, mut published, mut spoiled) = (0, 0, Spoiled::default());
    for seed in 0..150 {
        let mut dice = Dice(seed);
        let records = World::records(&mut dice);
        let mut calm = World::complete(&records);
        disturbed::<Fake>(&mut calm, &mut Dice(0), u64::MAX, false);
        let mut stormy = World::complete(&records);
        crashes += disturbed::<Fake>(&mut stormy, &mut dice, 6, false);
        assert_eq!(outputs(&stormy.broker), outputs(&calm.broker), "seed {seed}");
        check_progress(&calm);
        check_progress(&stormy);
        published += outputs(&calm.broker).len();
        spoiled.add(&stormy.spoiled);
    }
    assert!(crashes > 500, "{crashes} crashes");
    spoiled.check();
    assert!(spoiled.cut > 20, "{spoiled:?}");
    assert!(published > 2000, "{published} outputs");
}

#[test]
fn the_real_engine_survives_the_same_storm() {
    let (mut crashes, mut letters, mut fates) = (0, 0, [0; 4]);
    let mut spoiled = Spoiled::default();
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let records = World::payments(&mut dice);
        let mut calm = World::complete(&records);
        disturbed::<Engine>(&mut calm, &mut Dice(0), u64::MAX, false);
        let mut stormy = World::complete(&records);
        crashes += disturbed::<Engine>(&mut stormy, &mut dice, 6, false);
        assert_eq!(outputs(&stormy.broker), outputs(&calm.broker), "seed {seed}");
        check_progress(&stormy);
        spoiled.add(&stormy.spoiled);
        let [calm, stormy] = [calm, stormy].map(|world| sim::last_progress(&world.broker));
        assert_eq!((&calm.chain, &calm.fates), (&stormy.chain, &stormy.fates), "seed {seed}");
        assert_eq!(calm.undelivered, stormy.undelivered);
        letters += calm.fates.values().map(|fates| fates.dead_letter).sum::<u64>();
        for counts in calm.fates.values() {
            let met = [counts.processed, counts.late, counts.duplicate, counts.dead_letter];
            fates.iter_mut().zip(met).for_each(|(sum, met)| *sum += met);
        }
    }
    assert!(crashes > 100 && letters > 100, "{crashes} crashes, {letters} dead letters");
    assert!(spoiled.restored > 50, "{spoiled:?}");
    assert!(fates.iter().all(|count| *count > 20), "{fates:?}");
}

#[test]
fn what_was_published_is_what_a_pure_run_publishes() {
    let (mut crashes, mut ticks, mut rules) = (0, 0, 0);
    let mut spoiled = Spoiled::default();
    for seed in 1000..1150 {
        let mut dice = Dice(seed);
        let mut world = World::growing(&World::records(&mut dice), &mut dice);
        crashes += disturbed::<Fake>(&mut world, &mut dice, 8, true);
        check_progress(&world);
        let pure = oracle(&world);
        assert_eq!(outputs(&world.broker), pure.outputs, "seed {seed}");
        spoiled.add(&world.spoiled);
        ticks += pure.ticks;
        rules += pure.rule_changes;
    }
    assert!(crashes > 300, "{crashes} crashes");
    assert!(ticks > 300, "{ticks} ticks");
    assert!(rules > 100, "{rules} rule changes");
    spoiled.check();
}

#[test]
fn the_comparison_sees_a_record_that_is_missing_doubled_or_altered() {
    let mut dice = Dice(7);
    let records = World::records(&mut dice);
    let mut world = World::complete(&records);
    disturbed::<Fake>(&mut world, &mut dice, u64::MAX, false);
    let good = outputs(&world.broker);
    assert!(good.len() > 3);
    let mut missing = good.clone();
    missing.remove(1);
    let mut doubled = good.clone();
    doubled.insert(1, good[1].clone());
    let mut altered = good.clone();
    altered[1].value.as_mut().unwrap()[0] ^= 1;
    for bad in [missing, doubled, altered] {
        assert_ne!(bad, good);
    }
}

fn nothing() -> Box<dyn SnapshotStore> {
    Box::new(crate::snapshot::NoSnapshots)
}

fn payments(index: i32) -> Partition {
    Partition { role: TopicRole::Payments, index }
}

/// Two payments partitions and one of parties, with a few records.
fn small() -> MemoryBroker {
    let parties = Partition { role: TopicRole::Parties, index: 0 };
    let broker = MemoryBroker::new([payments(0), payments(1), parties]);
    for n in 0..6 {
        broker.produce(payments(n % 2), i64::from(n), None, Some(format!("p{n}").as_bytes()));
    }
    broker.produce(parties, 100, None, Some(b"party"));
    broker
}

fn started(start: Option<StartAt>) -> TaskConfig {
    TaskConfig { start, ..config(&mut Dice(1)) }
}

#[test]
fn the_first_start_commits_its_positions_before_it_reads() {
    let rows = [
        (StartAt::Earliest, [0, 0, 0]),
        (StartAt::Latest, [0, 3, 3]),
        (StartAt::Time(2), [0, 1, 1]),
        (StartAt::Time(99), [0, 3, 3]),
    ];
    for (start, positions) in rows {
        let (broker, clock) = (small(), ManualClock::new());
        let mut log = broker.log(TASK, Delivering::default());
        let task = open::<Fake>(&mut log, &clock, started(Some(start)), 0).unwrap();
        let committed: Vec<_> = broker.committed(TASK).into_values().collect();
        assert_eq!(committed, positions, "{start:?}");
        assert_eq!(task.machine().applied, 0);
        assert_eq!(broker.published(OutputTopic::Progress).len(), 1);
        assert!(task.notes().is_empty() && task.committed().is_empty());
        let again = open::<Fake>(&mut log, &clock, started(Some(start)), 0).unwrap();
        assert_eq!(again.notes(), ["`--start` is ignored: this task has started before"]);
    }
}

#[test]
fn a_first_start_without_a_word_stops() {
    let (broker, clock) = (small(), ManualClock::new());
    let mut log = broker.log(TASK, Delivering::default());
    let error = open::<Fake>(&mut log, &clock, started(None), 0).unwrap_err();
    assert!(matches!(error, TaskError::Stop(EngineStop { code: "start_required", .. })));
    assert!(broker.committed(TASK).is_empty());
}

/// Applies and commits everything of `small`.
fn run(broker: &MemoryBroker) {
    let clock = ManualClock::new();
    let mut log = broker.log(TASK, Delivering::default());
    let mut task = open::<Fake>(&mut log, &clock, started(Some(StartAt::Earliest)), 0).unwrap();
    while task.stats().lag_records > 0 || task.machine().applied < 7 {
        clock.advance_ms(60);
        task.turn(&mut log, &clock).unwrap();
    }
    task.drain(&mut log, &clock).unwrap();
}

#[test]
fn what_does_not_fit_together_stops_and_writes_nothing() {
    type Spoil = fn(&MemoryBroker);
    let rows: [(&str, Spoil); 6] = [
        ("progress_without_offsets", |broker| broker.delete_positions(TASK)),
        ("offsets_without_progress", MemoryBroker::delete_progress),
        ("log_truncated", |broker| broker.truncate(payments(1), 1)),
        ("offset_beyond_end", |broker| broker.recreate_partition(payments(1))),
        ("partition_count_changed", |broker| broker.add_partition(payments(2))),
        ("bundle_missing", |broker| sim::progress_with(broker, |p| p.bundle = "0".repeat(64))),
    ];
    for (code, spoil) in rows {
        let (broker, clock) = (small(), ManualClock::new());
        run(&broker);
        spoil(&broker);
        let before = broker.published(OutputTopic::Progress).len();
        let mut log = broker.log(TASK, Delivering::default());
        match open::<Fake>(&mut log, &clock, started(None), 0) {
            Err(TaskError::Stop(stop)) => assert_eq!(stop.code, code, "{}", stop.reason),
            other => panic!("{code}: {:?}", other.map(|_| ())),
        }
        assert_eq!(broker.published(OutputTopic::Progress).len(), before);
    }
}

#[test]
fn a_replay_that_arrives_elsewhere_stops() {
    let (broker, clock) = (small(), ManualClock::new());
    run(&broker);
    sim::progress_with(&broker, |progress| progress.chain = "0123456789abcdef".into());
    let mut log = broker.log(TASK, Delivering::default());
    let error = open::<Fake>(&mut log, &clock, started(None), 0).unwrap_err();
    assert!(matches!(error, TaskError::Stop(EngineStop { code: "chain_mismatch", .. })));
}

#[test]
fn commits_are_bounded_by_records_bytes_and_time() {
    let rows = [(2, usize::MAX, vec![2, 2, 2]), (100, 1, vec![1; 6]), (100, usize::MAX, vec![6])];
    for (records_max, bytes_max, expected) in rows {
        let clock = ManualClock::new();
        let broker = MemoryBroker::new([payments(0)]);
        (0..6).for_each(|n| {
            broker.produce(payments(0), n, None, Some(b"bad"));
        });
        let mut log = broker.log(TASK, Delivering::default());
        let config = TaskConfig {
            commit_records_max: records_max,
            commit_bytes_max: bytes_max,
            poll_records_max: 100,
            buffer_records_max: 100,
            commit_every_ms: 100,
            ..started(Some(StartAt::Earliest))
        };
        let mut task = open::<Fake>(&mut log, &clock, config, 0).unwrap();
        let mut sizes = Vec::new();
        for now in 0..20 {
            if now == 10 {
                clock.advance_ms(100);
            }
            let turn = task.turn(&mut log, &clock).unwrap();
            if turn.committed {
                sizes.push(task.committed().len() - 1);
                assert_eq!(task.uncommitted(), 0);
            }
        }
        assert_eq!(sizes, expected);
        assert_eq!(task.stats().commits, 1 + expected.len() as u64, "nothing pending, no commit");
    }
}

#[test]
fn draining_commits_what_was_applied_and_nothing_more() {
    let clock = ManualClock::new();
    let broker = MemoryBroker::new([payments(0)]);
    (0..6).for_each(|n| {
        broker.produce(payments(0), n, None, Some(b"bad"));
    });
    let mut log = broker.log(TASK, Delivering { chunk_max: 4, seed: None });
    let config = TaskConfig {
        commit_every_ms: 1000,
        commit_bytes_max: usize::MAX,
        buffer_records_max: 100,
        poll_records_max: 4,
        commit_records_max: 100,
        ..started(Some(StartAt::Earliest))
    };
    let mut task = open::<Fake>(&mut log, &clock, config, 0).unwrap();
    assert!(!task.drain(&mut log, &clock).unwrap(), "nothing to commit");
    task.turn(&mut log, &clock).unwrap();
    assert_eq!(broker.published(OutputTopic::DeadLetter).len(), 0);
    assert!(task.drain(&mut log, &clock).unwrap());
    assert_eq!(broker.published(OutputTopic::DeadLetter).len(), 4);
    assert_eq!(broker.committed(TASK), BTreeMap::from([(payments(0), 4)]));
}

#[test]
fn readiness_comes_in_steps() {
    let (broker, clock) = (small(), ManualClock::new());
    run(&broker);
    let mut log = broker.log(TASK, Delivering::default());
    let mut seen = Vec::new();
    let mut watch = |stats: &Stats| {
        seen.push(stats.phase);
        ControlFlow::Continue(())
    };
    let opened = open_watched::<Fake>(&mut log, &clock, started(None), (0, nothing()), &mut watch);
    let mut task = opened.unwrap();
    seen.dedup();
    assert_eq!(seen, [Phase::Opening, Phase::Restoring, Phase::Restored]);
    assert_eq!((task.stats().replayed, task.stats().replay_offsets), (7, 7));
    assert_eq!(task.stats().phase, Phase::Assigned);
    task.turn(&mut log, &clock).unwrap();
    assert_eq!(task.stats().phase, Phase::Consuming);
    let mut stop = |_: &Stats| ControlFlow::Break(());
    let stopped = open_watched::<Fake>(&mut log, &clock, started(None), (0, nothing()), &mut stop);
    assert!(matches!(stopped, Err(TaskError::Interrupted)));
}

#[test]
fn a_long_past_is_folded_as_it_is_read_and_can_be_interrupted() {
    let clock = ManualClock::new();
    let broker = MemoryBroker::new([payments(0)]);
    (0..1000).for_each(|n| {
        broker.produce(payments(0), n, None, Some(b"bad"));
    });
    let mut log = broker.log(TASK, Delivering::default());
    let config = TaskConfig { commit_records_max: 1, ..started(Some(StartAt::Earliest)) };
    let mut task = open::<Fake>(&mut log, &clock, config.clone(), 0).unwrap();
    while task.machine().applied < 1000 {
        task.turn(&mut log, &clock).unwrap();
    }
    assert!(broker.published(OutputTopic::Progress).len() > 1000);
    for (last_seq, reads) in [(None, 1), (Some(5000), 2)] {
        let config = TaskConfig { last_seq, ..config.clone() };
        let mut looks = 0;
        let mut opening = |stats: &Stats| {
            looks += usize::from(stats.phase == Phase::Opening);
            ControlFlow::Continue(())
        };
        let mut log = broker.log(TASK, Delivering::default());
        let given = config.clone();
        open_watched::<Fake>(&mut log, &clock, given, (0, nothing()), &mut opening).unwrap();
        assert!(looks > 3 * reads, "{looks} looks in a past of 1,000 records");
        let mut left = 3;
        let mut stop = |stats: &Stats| {
            assert_eq!(stats.phase, Phase::Opening, "stopped before the replay");
            left -= 1;
            if left > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let stopped = open_watched::<Fake>(&mut log, &clock, config, (0, nothing()), &mut stop);
        assert!(matches!(stopped, Err(TaskError::Interrupted)));
    }
}

#[test]
fn a_partition_whose_leader_is_out_of_reach_is_not_passed() {
    let clock = ManualClock::new();
    let broker = MemoryBroker::new([payments(0), payments(1)]);
    let mut log = broker.log(TASK, Delivering::default());
    let mut task = open::<Fake>(&mut log, &clock, started(Some(StartAt::Earliest)), 0).unwrap();
    let mut turns = |task: &mut Task<Fake>| {
        for _ in 0..20 {
            clock.advance_ms(100);
            task.turn(&mut log, &clock).unwrap();
        }
        task.machine().applied
    };
    assert_eq!(turns(&mut task), 0, "both have reported their end");
    broker.cut(payments(0), true);
    turns(&mut task);
    // Producers still reach both.
    broker.produce(payments(0), 10, None, Some(b"first"));
    broker.produce(payments(1), 20, None, Some(b"second"));
    assert_eq!(turns(&mut task), 0, "lag, not a tick");
    broker.cut(payments(0), false);
    assert_eq!(turns(&mut task), 2);
    let ticks = broker
        .published(OutputTopic::Progress)
        .into_iter()
        .flat_map(|published| progress::read(&published.record.value.unwrap()).unwrap().ticks);
    assert!(ticks.into_iter().all(|tick| tick.partition != payments(0) || tick.position > 0));
}

#[test]
fn other_rules_are_activated_at_once_and_on_record() {
    let (broker, clock) = (small(), ManualClock::new());
    run(&broker);
    let before = outputs(&broker).len();
    let mut log = broker.log(TASK, Delivering::default());
    let mut task = open::<Fake>(&mut log, &clock, started(None), 1).unwrap();
    assert!(task.turn(&mut log, &clock).unwrap().committed, "even without a record");
    assert_eq!(outputs(&broker).len(), before + 1, "the closed alert");
    let mut task = open::<Fake>(&mut log, &clock, started(None), 1).unwrap();
    assert!(!task.turn(&mut log, &clock).unwrap().committed, "the same rules change nothing");
    let extents: Vec<Extent> = broker.extents().into_values().collect();
    assert_eq!(extents.len(), 3);
    assert_eq!(outputs_of(&broker, OutputTopic::Shadow), []);
    assert_eq!(task.merger.take_ticks(), Vec::<Tick>::new());
}
