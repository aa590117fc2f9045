//! That the in-memory log keeps the promises of the port; the simulation of the task rests on it.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers in a test")]

use super::*;
use crate::port::OutRecord;
use palermo_domain::{OutputTopic, TopicRole};
use std::ops::ControlFlow;

const P0: Partition = Partition { role: TopicRole::Payments, index: 0 };
const P1: Partition = Partition { role: TopicRole::Payments, index: 1 };

fn broker() -> MemoryBroker {
    MemoryBroker::new([P0, P1])
}

fn produce(broker: &MemoryBroker, partition: Partition, timestamp_ms: i64) -> i64 {
    broker.produce(partition, timestamp_ms, Some(b"key"), Some(b"value"))
}

/// Fences; the committed positions and the progress records.
fn fenced(log: &mut MemoryLog) -> (Positions, Vec<Vec<u8>>) {
    let mut past = Vec::new();
    let positions = log.fence(&mut |value| {
        past.extend(value.map(<[u8]>::to_vec));
        ControlFlow::Continue(())
    });
    (positions.unwrap(), past)
}

fn opened(broker: &MemoryBroker, delivering: Delivering) -> MemoryLog {
    let mut log = broker.log("task", delivering);
    fenced(&mut log);
    log.subscribe(&Positions::from([(P0, 0), (P1, 0)])).unwrap();
    log
}

/// Polls until nothing comes for a while; `p@offset` and `p!end`.
fn all(log: &mut MemoryLog) -> Vec<String> {
    let mut seen = Vec::new();
    let mut quiet = 0;
    while quiet < 30 {
        let before = seen.len();
        let on = &mut |delivery: Delivery<'_>| match delivery {
            Delivery::Record(r) => seen.push(format!("{}@{}", r.partition.index, r.offset)),
            Delivery::End { partition, position } => {
                seen.push(format!("{}!{position}", partition.index));
            }
            Delivery::Unsure { partition } => seen.push(format!("{}?", partition.index)),
        };
        log.poll(Duration::ZERO, 5, on).unwrap();
        quiet = if seen.len() == before { quiet + 1 } else { 0 };
    }
    seen
}

fn of(seen: &[String], partition: &str) -> Vec<String> {
    seen.iter().filter(|text| text.starts_with(partition)).cloned().collect()
}

fn batch(word: &str, position: Position) -> Batch {
    let record = OutRecord {
        topic: OutputTopic::Progress,
        key: Some(b"task".to_vec()),
        value: Some(word.as_bytes().to_vec()),
        headers: Vec::new(),
        timestamp_ms: None,
    };
    Batch { records: vec![record], positions: Positions::from([(P0, position), (P1, 0)]) }
}

#[test]
fn gaps_are_skipped_and_ends_are_told_once() {
    let broker = broker();
    produce(&broker, P0, 1);
    broker.skip(P0, 2);
    produce(&broker, P0, 2);
    broker.skip(P0, 1);
    let mut log = opened(&broker, Delivering::default());
    assert_eq!(of(&all(&mut log), "0"), ["0@0", "0@3", "0!5"]);
    assert_eq!(all(&mut log), [""; 0]);
    produce(&broker, P0, 3);
    assert_eq!(all(&mut log), ["0@5", "0!6"]);
    assert_eq!(log.lag_records(), BTreeMap::from([(P0, 0), (P1, 0)]));
}

#[test]
fn open_transactions_hide_what_follows_until_they_close() {
    let broker = broker();
    produce(&broker, P0, 5);
    broker.hold_stable(P0);
    produce(&broker, P0, 3);
    let mut log = opened(&broker, Delivering::default());
    assert_eq!(of(&all(&mut log), "0"), ["0@0", "0!1"]);
    assert_eq!(log.extents().unwrap()[&P0], Extent { start: 0, end: 1 });
    broker.release_stable(P0);
    assert_eq!(all(&mut log), ["0@1", "0!2"]);
    assert_eq!(log.positions_at(4).unwrap(), Positions::from([(P0, 0), (P1, 0)]));
    assert_eq!(log.positions_at(9).unwrap(), Positions::from([(P0, 2), (P1, 0)]));
}

#[test]
fn every_seed_delivers_everything_in_the_order_of_offsets() {
    let broker = broker();
    for n in 0..40 {
        produce(&broker, if n % 3 == 0 { P0 } else { P1 }, n);
    }
    let mut interleavings = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let mut log = opened(&broker, Delivering { seed: Some(seed), chunk_max: 4 });
        let seen = all(&mut log);
        for (partition, count) in [("0", 14), ("1", 26)] {
            let mut expected: Vec<_> = (0..count).map(|n| format!("{partition}@{n}")).collect();
            expected.push(format!("{partition}!{count}"));
            assert_eq!(of(&seen, partition), expected, "seed {seed}");
        }
        interleavings.insert(seen);
    }
    assert!(interleavings.len() > 15);
}

#[test]
fn paused_partitions_are_silent_and_replays_stop_where_they_should() {
    let broker = broker();
    (0..4).for_each(|n| {
        produce(&broker, P0, n);
        produce(&broker, P1, n);
    });
    let mut log = opened(&broker, Delivering::default());
    log.set_paused(P0, true).unwrap();
    assert_eq!(of(&all(&mut log), "0"), [""; 0]);
    log.set_paused(P0, false).unwrap();
    assert_eq!(of(&all(&mut log), "0").len(), 5);
    let from = Positions::from([(P0, 1), (P1, 2)]);
    log.replay(&from, &Positions::from([(P0, 3), (P1, 2)])).unwrap();
    let seen = all(&mut log);
    assert_eq!(
        (of(&seen, "0"), of(&seen, "1")),
        (vec!["0@1".into(), "0@2".into(), "0!3".into()], vec!["1!2".into()])
    );
}

#[test]
fn commits_are_atomic_and_fence() {
    let broker = broker();
    let mut old = opened(&broker, Delivering::default());
    old.commit(&batch("one", 1)).unwrap();
    let mut new = broker.log("task", Delivering::default());
    let mut seen = 0;
    let count = &mut |value: Option<&[u8]>| {
        seen += usize::from(value.is_some());
        ControlFlow::Continue(())
    };
    new.peek(count).unwrap();
    assert_eq!(seen, 1, "a look fences nobody");
    old.commit(&batch("more", 1)).unwrap();
    let (positions, past) = fenced(&mut new);
    assert_eq!(positions[&P0], 1);
    assert_eq!(past, [&b"one"[..], b"more"]);
    assert!(matches!(old.commit(&batch("zombie", 9)), Err(LogError::Fenced { .. })));
    new.commit(&batch("two", 2)).unwrap();
    assert_eq!(broker.committed("task")[&P0], 2);
    let published = broker.published(OutputTopic::Progress);
    assert_eq!(published.iter().map(|p| p.epoch).collect::<Vec<_>>(), [1, 1, 2]);
    let mut other = broker.log("other", Delivering::default());
    assert!(fenced(&mut other).1.is_empty(), "another task's records are not mine");
}

#[test]
fn an_end_is_withdrawn_while_its_leader_is_out_of_reach() {
    let broker = broker();
    produce(&broker, P0, 1);
    let mut log = opened(&broker, Delivering::default());
    assert_eq!(of(&all(&mut log), "0"), ["0@0", "0!1"]);
    broker.cut(P0, true);
    produce(&broker, P0, 2);
    assert_eq!(of(&all(&mut log), "0"), ["0?"], "once");
    broker.cut(P0, false);
    assert_eq!(of(&all(&mut log), "0"), ["0@1", "0!2"]);
    broker.cut(P0, true);
    assert_eq!(of(&all(&mut log), "0"), ["0?"]);
    broker.cut(P0, false);
    assert_eq!(of(&all(&mut log), "0"), ["0!2"], "the same end once more");
}

#[test]
fn faults_hit_before_or_after_the_effect_and_end_the_log() {
    for (fault, position) in [(CommitFault::Before, 1), (CommitFault::After, 2)] {
        let broker = broker();
        broker.fail_commit("task", 1, fault);
        let mut log = opened(&broker, Delivering::default());
        log.commit(&batch("one", 1)).unwrap();
        assert!(matches!(log.commit(&batch("two", 2)), Err(LogError::Recover { .. })));
        assert_eq!(broker.committed("task")[&P0], position);
        assert_eq!(broker.published(OutputTopic::Progress).len() as i64, position);
        assert!(matches!(log.extents(), Err(LogError::Recover { .. })), "unusable from now on");
        assert!(log.commit(&batch("three", 3)).is_err());
    }
}

#[test]
fn the_call_after_so_many_fails_once_and_does_nothing() {
    let broker = broker();
    for calls in 0..3 {
        let mut log = broker.log("task", Delivering::default());
        let epoch = broker.epoch("task");
        log.fail_in(Some(calls));
        let mut failed = Vec::new();
        failed.push(log.peek(&mut |_| ControlFlow::Continue(())).is_err());
        failed.push(log.fence(&mut |_| ControlFlow::Continue(())).is_err());
        // A log that did not fence is of no use.
        if calls != 1 {
            failed.push(log.extents().is_err());
            assert!(log.extents().is_ok());
        }
        let expected: Vec<bool> = (0..failed.len() as u64).map(|call| call == calls).collect();
        assert_eq!(failed, expected);
        assert_eq!(broker.epoch("task"), epoch + u64::from(calls != 1));
    }
}

#[test]
fn what_is_gone_and_what_is_not_assigned_stops() {
    let broker = broker();
    produce(&broker, P0, 1);
    produce(&broker, P0, 2);
    let mut log = opened(&broker, Delivering::default());
    broker.truncate(P0, 1);
    let stopped = (0..9).find_map(|_| log.poll(Duration::ZERO, 9, &mut |_| {}).err());
    assert!(matches!(stopped, Some(LogError::Stop { code: "log_truncated", .. })));
    let mut log = opened(&broker, Delivering::default());
    broker.add_partition(Partition { index: 2, ..P0 });
    let stopped = log.poll(Duration::ZERO, 9, &mut |_| {});
    assert!(matches!(stopped, Err(LogError::Stop { code: "partition_count_changed", .. })));
    let part = log.subscribe(&Positions::from([(P0, 1)]));
    assert!(matches!(part, Err(LogError::Stop { code: "partial_assignment", .. })));
}

#[test]
fn long_partitions_are_read_over_many_segments() {
    let broker = MemoryBroker::new([P0]);
    let value = vec![7; 300_000];
    for n in 0..10 {
        broker.produce(P0, n, None, if n == 4 { None } else { Some(&value) });
    }
    let mut log = broker.log("task", Delivering { seed: None, chunk_max: 3 });
    fenced(&mut log);
    log.subscribe(&Positions::from([(P0, 0)])).unwrap();
    let mut lengths = Vec::new();
    let mut on = |delivery: Delivery<'_>| {
        if let Delivery::Record(record) = delivery {
            assert_eq!(record.key, None);
            lengths.push((record.offset, record.value.map(<[u8]>::len)));
        }
    };
    while log.poll(Duration::ZERO, 100, &mut on).unwrap() > 0 {}
    let expected = (0..10).map(|n| (n, (n != 4).then_some(300_000)));
    assert_eq!(lengths, expected.collect::<Vec<_>>());
}
