//! One `check`, many rows: facts in, the plan or the stop as text. Each row alters one thing of a
//! task that has run, so a row that comes out as another shows which check is missing.

use super::*;

/// Changes one thing.
type Alter<T> = fn(&mut T);

const PAYMENTS: Partition = Partition { role: TopicRole::Payments, index: 0 };
const OTHER: Partition = Partition { role: TopicRole::Payments, index: 1 };
const PARTIES: Partition = Partition { role: TopicRole::Parties, index: 0 };

fn at(payments: Position, parties: Position) -> Positions {
    Positions::from([(PAYMENTS, payments), (PARTIES, parties)])
}

/// Three commits: the first start, one under rules `a`, one under rules `b`.
fn past() -> Vec<Progress> {
    let record = |seq, positions, bundle: &str, bundle_since, ticks: &[(Position, i64)]| Progress {
        task: "palermo-0".into(),
        seq,
        started: Started {
            positions: at(10, 0),
            preload_ends: Positions::from([(PARTIES, 5)]),
            warm_up_until: Some(EventTime(7)),
        },
        positions,
        bundle: bundle.into(),
        bundle_since,
        chain: format!("c{seq}"),
        ticks: ticks
            .iter()
            .map(|&(position, floor_ms)| Tick { partition: PAYMENTS, position, floor_ms })
            .collect(),
        ..Progress::default()
    };
    vec![
        record(1, at(10, 0), "a", 1, &[]),
        record(2, at(20, 5), "a", 1, &[(12, 100), (20, 150)]),
        record(3, at(30, 6), "b", 3, &[(20, 170), (25, 160)]),
    ]
}

fn fold(past: Vec<Progress>) -> Result<Option<History>, EngineStop> {
    History::fold(past.into_iter().map(Ok))
}

fn extents(start: Position, end: Position) -> BTreeMap<Partition, Extent> {
    let extent = Extent { start, end };
    BTreeMap::from([(PAYMENTS, extent), (PARTIES, Extent { start: 0, end: 8 })])
}

/// A task that has run and is started again with the same rules.
fn later() -> Facts {
    Facts {
        task: "palermo-0".into(),
        committed: at(30, 6),
        history: fold(past()).unwrap(),
        extents: extents(10, 40),
        start: None,
        mute_before: None,
        configured: "b".into(),
        bundles: ["a", "b", "c"].map(str::to_owned).into(),
        snapshots: Vec::new(),
        marks: BTreeMap::new(),
    }
}

/// A task that has never run.
fn first() -> Facts {
    Facts { committed: Positions::new(), history: None, mute_before: Some(EventTime(7)), ..later() }
}

fn line(positions: &Positions) -> String {
    let each = positions.iter().map(|(partition, position)| format!("{partition}={position}"));
    each.collect::<Vec<_>>().join(" ")
}

fn show(decision: Result<Plan, EngineStop>) -> String {
    match decision {
        Err(stop) => stop.to_string(),
        Ok(Plan::Fresh(Fresh { started })) => format!(
            "fresh {} | preload {} | mute {:?}",
            line(&started.positions),
            line(&started.preload_ends),
            started.warm_up_until.map(|time| time.0)
        ),
        Ok(Plan::Recover(plan)) => {
            let [base] = &plan.bases[..] else { return bases(&plan) };
            let segments = base.segments.iter();
            let segments: Vec<_> =
                segments.map(|s| format!("{}@{}", s.bundle, line(&s.since))).collect();
            let ticks = plan.ticks.values().flatten();
            let ticks: Vec<_> =
                ticks.map(|(position, floor)| format!("{position}>{floor}")).collect();
            format!(
                "replay {} to {} | {} | ticks {} | {} #{} | since {} | activate {:?} | notes {}",
                line(&base.from),
                line(&plan.until),
                segments.join(", "),
                ticks.join(" "),
                plan.chain,
                plan.seq,
                plan.bundle_since,
                plan.activate,
                plan.notes.len()
            )
        }
    }
}

/// Where a replay can begin, and what is said of the snapshots at which it cannot.
fn bases(plan: &Recover) -> String {
    let one = |base: &Base| {
        let number = base.snapshot.as_ref().map_or("start".to_owned(), |head| head.seq.to_string());
        let rules: Vec<_> = base.segments.iter().map(|s| s.bundle.as_str()).collect();
        format!("{number}: {} rules {}", line(&base.from), rules.join(" then "))
    };
    let bases: Vec<_> = plan.bases.iter().map(one).collect();
    let words: Vec<_> = plan.notes.iter().map(|note| format!("\n{note}")).collect();
    format!("{}{}", bases.join(" | "), words.concat())
}

/// A snapshot after one of the progress records of [`past`], as that says.
fn snapshot(seq: u64) -> Head {
    let past = past();
    let of = past.iter().find(|progress| progress.seq == seq).unwrap();
    Head {
        task: of.task.clone(),
        engine: "0".into(),
        seq,
        started: of.started.clone(),
        positions: of.positions.clone(),
        reached: BTreeMap::new(),
        bundle: of.bundle.clone(),
        bundle_since: of.bundle_since,
        chain: of.chain.clone(),
        payments: 1,
        applied: 1,
    }
}

/// The same task with snapshots after records 3 and 2.
fn kept() -> Facts {
    let marks = past().into_iter().map(|progress| {
        (progress.seq, Mark { positions: progress.positions, chain: progress.chain })
    });
    let snapshots = vec![snapshot(3), snapshot(2)];
    Facts { snapshots, marks: marks.collect(), ..later() }
}

#[track_caller]
fn check(facts: Facts, alter: impl Fn(&mut Facts), expected: &str) {
    let mut facts = facts;
    alter(&mut facts);
    assert_eq!(show(resolve(&facts)), expected);
}

#[test]
fn first_starts() {
    let fresh = |payments| {
        format!("fresh parties/0=0 payments/0={payments} | preload parties/0=8 | mute Some(7)")
    };
    check(
        first(),
        |_| {},
        "start_required: task `palermo-0` has never run here; say where it begins with `--start \
         earliest`, `--start latest` or `--start TIME`",
    );
    check(first(), |facts| facts.start = Some(Start::Earliest), &fresh(10));
    check(first(), |facts| facts.start = Some(Start::Latest), &fresh(40));
    for (found, payments) in [(25, 25), (5, 10), (99, 40)] {
        check(first(), |facts| facts.start = Some(Start::At(at(found, 3))), &fresh(payments));
    }
    check(first(), |facts| facts.start = Some(Start::At(Positions::new())), &fresh(40));
}

const RECOVER: &str = "replay parties/0=0 payments/0=10 to parties/0=6 payments/0=30 | \
    a@parties/0=0 payments/0=10, b@parties/0=5 payments/0=20 | ticks 12>100 20>170 25>160 | \
    c3 #3 | since 3 | activate ";

#[test]
fn later_starts() {
    let expect = |rest: &str| format!("{RECOVER}{rest}");
    check(later(), |_| {}, &expect("None | notes 0"));
    check(later(), |facts| facts.configured = "c".into(), &expect("Some(\"c\") | notes 0"));
    check(later(), |facts| facts.start = Some(Start::Latest), &expect("None | notes 1"));
    check(later(), |facts| facts.mute_before = Some(EventTime(7)), &expect("None | notes 0"));
    check(later(), |facts| facts.mute_before = Some(EventTime(9)), &expect("None | notes 1"));
    // The bounds themselves are fine.
    check(later(), |facts| facts.extents = extents(10, 30), &expect("None | notes 0"));
}

#[test]
fn stops() {
    let rows: [(Alter<Facts>, &str); 12] = [
        (
            |facts| facts.committed.clear(),
            "progress_without_offsets: the progress topic knows task `palermo-0` up to record 3, \
             but its consumer group has no committed offsets",
        ),
        (
            |facts| facts.history = None,
            "offsets_without_progress: the consumer group has committed offsets for 2 partitions, \
             but the progress topic holds nothing of task `palermo-0`",
        ),
        (
            |facts| facts.task = "palermo-1".into(),
            "task_mismatch: the progress records are of task `palermo-0`, this is task `palermo-1`",
        ),
        (
            |facts| facts.committed = at(29, 6),
            "offsets_differ_from_progress: for payments/0 the consumer group committed `29`, \
             progress record 3 says `30`",
        ),
        (
            |facts| facts.committed = Positions::from([(PAYMENTS, 30)]),
            "offsets_differ_from_progress: for parties/0 the consumer group committed nothing, \
             progress record 3 says `6`",
        ),
        (
            |facts| {
                facts.extents.insert(OTHER, Extent { start: 0, end: 0 });
            },
            "partition_count_changed: payments had 1 partitions and has 2",
        ),
        (
            |facts| {
                facts.extents.remove(&PARTIES);
            },
            "partition_count_changed: parties had 1 partitions and has 0",
        ),
        (
            |facts| facts.extents = extents(11, 40),
            "log_truncated: payments/0 begins at offset 11, task `palermo-0` must replay from 10; \
             what is gone was read before, but the replay needs it",
        ),
        (
            |facts| facts.extents = extents(31, 40),
            "log_truncated: payments/0 begins at offset 31, task `palermo-0` must replay from 10; \
             offsets 30 to 31 were never read",
        ),
        (
            |facts| facts.extents = extents(10, 29),
            "offset_beyond_end: payments/0 ends at offset 29, but 30 was committed; was the topic \
             deleted and created again?",
        ),
        (
            |facts| facts.bundles.retain(|hash| hash != "a"),
            "bundle_missing: the bundle `a` is needed and cannot be loaded from `state.dir`/bundles",
        ),
        (
            |facts| facts.bundles.retain(|hash| hash != "b"),
            "bundle_missing: the bundle `b` is needed and cannot be loaded from `state.dir`/bundles",
        ),
    ];
    for (alter, expected) in rows {
        check(later(), alter, expected);
    }
}

#[test]
fn histories_with_holes_stop() {
    let rows: [(Alter<Vec<Progress>>, &str); 4] = [
        (
            |past| drop(past.remove(0)),
            "progress_gap: the oldest progress record of task `palermo-0` has the number 2, not 1",
        ),
        (
            |past| drop(past.remove(1)),
            "progress_gap: progress record 1 of task `palermo-0` is followed by 3",
        ),
        (
            |past| past.push(past[0].clone()),
            "progress_gap: progress record 3 of task `palermo-0` is followed by 1",
        ),
        (
            |past| past[2].task = "palermo-1".into(),
            "task_mismatch: the progress records are of task `palermo-1`, this is task `palermo-0`",
        ),
    ];
    for (alter, expected) in rows {
        let mut past = past();
        alter(&mut past);
        assert_eq!(fold(past).unwrap_err().to_string(), expected);
    }
    assert_eq!(fold(Vec::new()), Ok(None));
    let unreadable = EngineStop { code: "progress_unreadable", reason: String::new() };
    assert_eq!(History::fold([Err(unreadable.clone())]), Err(unreadable));
}

#[test]
fn chains_are_compared() {
    assert_eq!(check_chain("aa", "aa"), Ok(()));
    assert_eq!(check_chain("aa", "ab").unwrap_err().code, "chain_mismatch");
}

#[test]
fn starts_from_snapshots() {
    const THREE: &str = "3: parties/0=6 payments/0=30 rules b";
    const TWO: &str = "2: parties/0=5 payments/0=20 rules a then b";
    const START: &str = "start: parties/0=0 payments/0=10 rules a then b";
    let all = format!("{THREE} | {TWO} | {START}");
    check(kept(), |_| {}, &all);
    let without_three = |why: &str| format!("{TWO} | {START}\nsnapshot 3 is passed over: {why}");
    let another = "it is of another task, or of another start of this one";
    let rows: [(Alter<Facts>, String); 9] = [
        // Nothing to compare with is no contradiction: the chain at the end will tell.
        (|facts| facts.marks.clear(), all.clone()),
        (|facts| facts.snapshots[0].task = "palermo-1".into(), without_three(another)),
        (|facts| facts.snapshots[0].started.warm_up_until = None, without_three(another)),
        (
            |facts| facts.snapshots[0].seq = 4,
            format!(
                "{TWO} | {START}\nsnapshot 4 is passed over: it was taken after progress record 3, \
                 the last"
            ),
        ),
        (
            |facts| facts.snapshots[0].chain = "c4".into(),
            without_three("progress record 3 tells of another past"),
        ),
        (
            |facts| facts.snapshots[0].positions = at(30, 5),
            without_three("progress record 3 tells of another past"),
        ),
        (
            |facts| facts.snapshots[0].bundle = "x".into(),
            without_three("the bundle `x` is needed and cannot be loaded from `state.dir`/bundles"),
        ),
        // The topics reach back to the second, then to the first of them only.
        (|facts| facts.extents = extents(20, 40), format!("{THREE} | {TWO}")),
        (
            |facts| {
                facts.extents = extents(21, 40);
                facts.snapshots.push(snapshot(1));
            },
            format!(
                "x{THREE}\nsnapshot 2 is passed over: payments/0 begins at offset 21, task \
                 `palermo-0` must replay from 20; what is gone was read before, but the replay needs \
                 it\nsnapshot 1 is passed over: payments/0 begins at offset 21, task `palermo-0` must \
                 replay from 10; what is gone was read before, but the replay needs it"
            ),
        ),
    ];
    for (alter, expected) in rows {
        let mut facts = kept();
        alter(&mut facts);
        let Plan::Recover(plan) = resolve(&facts).unwrap() else { panic!("a first start") };
        assert_eq!(bases(&plan), expected.trim_start_matches('x'));
    }
    // Nothing is left from which everything that is needed is still there.
    check(
        kept(),
        |facts| facts.extents = extents(31, 40),
        "log_truncated: payments/0 begins at offset 31, task `palermo-0` must replay from 10; offsets \
         30 to 31 were never read",
    );
}

#[test]
fn a_past_whose_beginning_is_gone_is_known_from_a_snapshot_on() {
    let mut history = Some(History::after(&snapshot(2)));
    for progress in past().into_iter().skip(1) {
        History::extend(&mut history, progress).unwrap();
    }
    let facts = Facts { history, ..kept() };
    let Plan::Recover(plan) = resolve(&facts).unwrap() else { panic!("a first start") };
    assert_eq!(
        bases(&plan),
        "3: parties/0=6 payments/0=30 rules b | 2: parties/0=5 payments/0=20 rules a then b"
    );
    check(
        facts,
        |facts| facts.snapshots.clear(),
        "progress_gap: the progress topic of task `palermo-0` reaches back to snapshot 2 only, and \
         that cannot be used",
    );
    let gap = History::extend(&mut Some(History::after(&snapshot(1))), past().remove(2));
    assert_eq!(gap.unwrap_err().code, "progress_gap");
}
