//! Topics that no longer reach back to the newest snapshot, and a task that goes on nevertheless.
//!
//! Sees: a gap that is accepted unasked, or must be accepted twice; an acceptance that is half there; a
//! start after a gap that comes out otherwise when it is recovered, or whose counts do not add up.

use super::*;
use palermo_codec::Progress;

/// What is asked for at a start; nothing is kept by itself.
fn asking(accept_gap: bool) -> TaskConfig {
    TaskConfig {
        accept_gap,
        snapshot_records_max: u64::MAX,
        snapshot_every_ms: u64::MAX,
        commit_every_ms: 0,
        commit_records_max: 1,
        ..started(None)
    }
}

fn opened(world: &World, config: TaskConfig, rules: u64) -> Result<Task<Fake>, TaskError> {
    let mut log = world.broker.log(TASK, Delivering::default());
    let clock = ManualClock::new();
    clock.advance_ms(5_000);
    open_on(&mut log, &clock, config, rules, Box::new(world.snapshots.clone()))
}

/// A world of which a task has read a part, with one snapshot on the way; then payments are gone from
/// there on. `None` where none could be lost.
fn overtaken(seed: u64) -> Option<World> {
    let mut dice = Dice(seed);
    let world = World::complete(&World::records(&mut dice));
    let clock = ManualClock::new();
    let mut log = world.broker.log(TASK, Delivering::default());
    let config = TaskConfig { start: Some(StartAt::Earliest), ..asking(false) };
    let store = Box::new(world.snapshots.clone());
    let mut task = open_on::<Fake>(&mut log, &clock, config, 0, store).unwrap();
    let kept = dice.below(25) + 1;
    let read = kept + dice.below(8);
    for _ in 0..400 {
        if task.machine().applied == kept && task.snapshot_last.0 < kept {
            task.snapshot(&clock);
        }
        if task.machine().applied == read {
            break;
        }
        clock.advance_ms(60);
        task.turn(&mut log, &clock).unwrap();
    }
    let mut positions = BTreeMap::new();
    world.snapshots.change(&mut |kept| {
        positions =
            kept.values().next().map(|(head, _)| head.positions.clone()).unwrap_or_default();
    });
    let mut lost = 0;
    for (partition, extent) in world.broker.extents() {
        if let Some(position) = positions.get(&partition)
            && partition.role == TopicRole::Payments
            && extent.end > *position
        {
            let beyond = dice.below((extent.end - position).unsigned_abs()) + u64::from(lost == 0);
            lost += beyond;
            world.broker.truncate(partition, position.saturating_add_unsigned(beyond));
        }
    }
    (lost > 0).then_some(world)
}

/// One of these worlds with much that is still to be read, where nobody changes rules.
fn one() -> World {
    let much = |world: &World| {
        let extents = world.broker.extents();
        let control = Partition { role: TopicRole::Control, index: 0 };
        let nobody = extents.get(&control).is_none_or(|extent| extent.end == 0);
        let left = extents.into_values().map(|extent| extent.end - extent.start);
        nobody && left.sum::<i64>() > 20
    };
    (0..).find_map(|seed| overtaken(seed).filter(much)).unwrap()
}

fn progresses(world: &World) -> Vec<Progress> {
    let published = world.broker.published(OutputTopic::Progress).into_iter();
    published.map(|one| progress::read(&one.record.value.unwrap()).unwrap()).collect()
}

/// Numbers without holes, positions that go back with a new gap only, every offset since then counted.
fn check_starts(world: &World) {
    let all = progresses(world);
    for pair in all.windows(2) {
        let [before, now] = pair else { unreachable!() };
        assert_eq!(now.seq, before.seq + 1);
        if now.started == before.started {
            assert!(now.positions.iter().all(|(p, position)| *position >= before.positions[p]));
        } else {
            assert_eq!(now.started.gaps.len(), before.started.gaps.len() + 1);
            assert_eq!(now.positions, now.started.positions, "committed before anything is read");
        }
        for (partition, position) in &now.positions {
            let fates = now.fates[partition];
            let met = fates.processed + fates.late + fates.duplicate + fates.dead_letter;
            let sum = i64::try_from(met + now.undelivered[partition]).unwrap();
            assert_eq!(sum, position - now.started.positions[partition], "{partition}");
        }
    }
    assert_eq!(all.last().unwrap().positions, world.broker.committed(TASK));
}

#[test]
fn a_start_after_a_gap_is_recovered_as_any_other() {
    let (mut worlds, mut crashes, mut never_read, mut after) = (0, 0, 0, 0);
    for seed in 0..200 {
        let (Some(mut calm), Some(mut stormy)) = (overtaken(seed), overtaken(seed)) else {
            continue;
        };
        for world in [&mut calm, &mut stormy] {
            let before = progresses(world).len();
            match opened(world, asking(false), 0) {
                Err(TaskError::Stop(stop)) => assert_eq!(stop.code, "log_truncated", "{stop}"),
                other => panic!("seed {seed}: {:?}", other.map(|_| ())),
            }
            assert_eq!(progresses(world).len(), before);
            // It is killed at once: that it was accepted is all that is there.
            let task = opened(world, asking(true), 0).unwrap();
            let told = task.notes().last().unwrap();
            assert!(told.contains("without the offsets payments/"), "{told}");
            never_read += u32::from(told.contains("never read"));
            assert_eq!(progresses(world).len(), before + 1);
            // Of what is kept, one that can be read is left from here on.
            world.spoiled.cut = 1;
        }
        disturbed::<Fake>(&mut calm, &mut Dice(0), u64::MAX, false);
        crashes += disturbed::<Fake>(&mut stormy, &mut Dice(seed), 4, false);
        assert_eq!(outputs(&stormy.broker), outputs(&calm.broker), "seed {seed}");
        let last = [&calm, &stormy].map(|world| sim::last_progress(&world.broker));
        assert_eq!(last[0].chain, last[1].chain, "seed {seed}");
        assert_eq!(last[0].started, last[1].started, "seed {seed}");
        check_starts(&calm);
        check_starts(&stormy);
        let is_after = |record: &OutRecord| record.value.as_ref().unwrap().contains(&b'\'');
        after += outputs(&calm.broker).iter().filter(|record| is_after(record)).count();
        worlds += 1;
    }
    assert!(worlds > 120 && crashes > 300, "{worlds} worlds, {crashes} crashes");
    assert!(never_read > 50 && after > 500, "{never_read} never read, {after} outputs after");
}

#[test]
fn without_a_snapshot_no_gap_is_accepted() {
    let world = one();
    world.snapshots.change(&mut |kept| kept.clear());
    let before = progresses(&world).len();
    match opened(&world, asking(true), 0) {
        Err(TaskError::Stop(stop)) => {
            assert_eq!(stop.code, "log_truncated");
            assert!(stop.reason.contains("begin a new task"), "{stop}");
        }
        other => panic!("{:?}", other.map(|_| ())),
    }
    assert_eq!(progresses(&world).len(), before);
}

#[test]
fn the_flag_does_nothing_where_nothing_is_missing() {
    let (broker, clock) = (small(), ManualClock::new());
    let config = TaskConfig { start: Some(StartAt::Earliest), ..asking(true) };
    let task =
        open::<Fake>(&mut broker.log(TASK, Delivering::default()), &clock, config, 0).unwrap();
    assert_eq!(task.notes(), ["`--accept-gap` is ignored: this is the first start"]);
    let world = one();
    drop(opened(&world, asking(true), 0).unwrap());
    let (before, gaps) = (progresses(&world), 1);
    // Given again, and as before: the gap that is on record is the only one.
    let task = opened(&world, asking(true), 0).unwrap();
    let needless = "`--accept-gap` is ignored: nothing that is needed is missing";
    assert_eq!(task.notes(), [needless]);
    assert_eq!(progresses(&world), before);
    assert_eq!(before.last().unwrap().started.gaps.len(), gaps);
}

#[test]
fn an_acceptance_is_there_as_a_whole_or_not_at_all() {
    for (fault, accepted) in [(CommitFault::Before, false), (CommitFault::After, true)] {
        let world = one();
        let before = progresses(&world).len();
        world.broker.fail_commit(TASK, 0, fault);
        let broken = opened(&world, asking(true), 0);
        assert!(matches!(broken, Err(TaskError::Log(LogError::Recover { .. }))));
        assert_eq!(progresses(&world).len(), before + usize::from(accepted));
        let again = opened(&world, asking(false), 0);
        assert_eq!(again.is_ok(), accepted, "{:?}", again.map(|_| ()));
        drop(opened(&world, asking(true), 0).unwrap());
        assert_eq!(progresses(&world).len(), before + 1);
    }
}

#[test]
fn a_second_gap_is_accepted_from_the_same_snapshot_and_from_a_later_one() {
    for later in [false, true] {
        let world = one();
        let clock = ManualClock::new();
        let mut task = opened(&world, asking(true), 0).unwrap();
        if later {
            let mut log = world.broker.log(TASK, Delivering::default());
            let store = Box::new(world.snapshots.clone());
            task = open_on(&mut log, &clock, asking(false), 0, store).unwrap();
            clock.advance_ms(600);
            for _ in 0..3 {
                task.turn(&mut log, &clock).unwrap();
                clock.advance_ms(60);
            }
            task.snapshot(&clock);
        }
        drop(task);
        let extents = world.broker.extents();
        extents
            .iter()
            .for_each(|(partition, extent)| world.broker.truncate(*partition, extent.end));
        let stopped = opened(&world, asking(false), 0);
        assert!(
            matches!(stopped, Err(TaskError::Stop(EngineStop { code: "log_truncated", .. }))),
            "{:?}",
            stopped.map(|_| ())
        );
        drop(opened(&world, asking(true), 0).unwrap());
        let gaps = progresses(&world).pop().unwrap().started.gaps;
        assert_eq!((gaps.len(), gaps[0].base == gaps[1].base), (2, !later));
        drop(opened(&world, asking(false), 0).unwrap());
        check_starts(&world);
    }
}

#[test]
fn other_rules_come_after_the_gap_and_once() {
    for killed in [false, true] {
        let world = one();
        let closed = || {
            let alerts = outputs_of(&world.broker, OutputTopic::Alerts).into_iter();
            alerts.filter(|alert| alert.value.as_ref().unwrap().starts_with(b"closed")).count()
        };
        let clock = ManualClock::new();
        let mut log = world.broker.log(TASK, Delivering::default());
        let store = || Box::new(world.snapshots.clone());
        let mut task = open_on::<Fake>(&mut log, &clock, asking(true), 1, store()).unwrap();
        if killed {
            log = world.broker.log(TASK, Delivering::default());
            task = open_on(&mut log, &clock, asking(false), 1, store()).unwrap();
        }
        assert_eq!(closed(), 0);
        assert!(task.turn(&mut log, &clock).unwrap().committed, "even without a record");
        assert_eq!(closed(), 1);
        drop(opened(&world, asking(false), 1).unwrap());
        assert_eq!(closed(), 1);
        check_starts(&world);
    }
}
