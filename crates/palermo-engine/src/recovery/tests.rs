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
            gaps: Vec::new(),
        },
        positions,
        watermark: Some(EventTime(i64::try_from(seq).unwrap().saturating_mul(100))),
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
        accept_gap: false,
        now: EventTime(9_000),
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
        Ok(Plan::Accept(plan)) => accepted(&plan),
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

/// From where a task goes on without what is gone, as it says itself where the state is of time 1.
fn accepted(plan: &Accept) -> String {
    let one = |base: &Base| {
        let started = base.anew.as_ref().unwrap();
        assert_eq!(base.from, started.positions);
        assert_eq!(base.segments.len(), 1);
        let mute = started.warm_up_until.map(|time| time.0);
        format!(
            "{} at {} rules {} mute {mute:?} | {}",
            base.snapshot.as_ref().unwrap().seq,
            line(&base.from),
            base.segments[0].bundle,
            plan.tell(started.gaps.last().unwrap())
        )
    };
    let bases: Vec<_> = plan.bases.iter().map(one).collect();
    let words: Vec<_> = plan.notes.iter().map(|note| format!("\n{note}")).collect();
    format!("#{} {}{}", plan.seq, bases.join("\n"), words.concat())
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

/// The same task where nothing that it needs is left: payments begin at 31, one beyond what was read.
fn gone() -> Facts {
    Facts { extents: extents(31, 40), accept_gap: true, ..kept() }
}

#[test]
fn a_gap_is_accepted_only_where_there_is_one_and_a_state_to_go_on_from() {
    const TOLD: &str = "alerts that look back before 1970-01-01T00:00:09.000Z say so, and those that \
                        were open are not updated any more";
    let three = format!(
        "3 at parties/0=6 payments/0=31 rules b mute Some(300) | `--accept-gap`: going on from \
         snapshot 3 without the offsets payments/0 30 to 31 (from 30 on never read); {TOLD}"
    );
    let two = format!(
        "2 at parties/0=5 payments/0=31 rules a mute Some(300) | `--accept-gap`: going on from \
         snapshot 2 without the offsets payments/0 20 to 31 (from 30 on never read); {TOLD}"
    );
    check(gone(), |_| {}, &format!("#3 {three}\n{two}"));
    // What was read once and can be read again is.
    check(
        gone(),
        |facts| {
            facts.extents = extents(25, 40);
            facts.snapshots.remove(0);
        },
        &format!(
            "#3 2 at parties/0=5 payments/0=25 rules a mute Some(300) | `--accept-gap`: going on from \
             snapshot 2 without the offsets payments/0 20 to 25; {TOLD}"
        ),
    );
    check(
        gone(),
        |facts| facts.extents = extents(30, 40),
        "replay parties/0=6 payments/0=30 to parties/0=6 payments/0=30 | b@parties/0=6 payments/0=30 \
         | ticks 12>100 20>170 25>160 | c3 #3 | since 3 | activate None | notes 2",
    );
    check(later(), |facts| facts.accept_gap = true, &format!("{RECOVER}None | notes 1"));
    let truncated = "log_truncated: payments/0 begins at offset 31, task `palermo-0` must replay from \
                     10; offsets 30 to 31 were never read; `--accept-gap` goes on from a snapshot, and \
                     there is none that it could go on from: begin a new task";
    check(gone(), |facts| facts.snapshots.clear(), truncated);
    check(
        gone(),
        |facts| {
            facts.snapshots.remove(0);
            facts.bundles.remove("a");
        },
        &format!(
            "{truncated}; snapshot 2 is passed over: the bundle `a` is needed and cannot be loaded \
             from `state.dir`/bundles"
        ),
    );
}

#[test]
fn nothing_but_a_gap_can_be_accepted() {
    let rows: [(Alter<Facts>, &str); 6] = [
        (|facts| facts.committed.clear(), "progress_without_offsets"),
        (|facts| facts.history = None, "offsets_without_progress"),
        (|facts| facts.committed = at(29, 6), "offsets_differ_from_progress"),
        (|facts| facts.extents = extents(10, 29), "offset_beyond_end"),
        (
            |facts| facts.extents.retain(|partition, _| *partition != PARTIES),
            "partition_count_changed",
        ),
        (|facts| facts.bundles.retain(|hash| hash != "b"), "bundle_missing"),
    ];
    for (alter, code) in rows {
        let mut facts = gone();
        alter(&mut facts);
        assert_eq!(resolve(&facts).unwrap_err().code, code);
    }
    // A bundle that a replay needs is no record that is gone, whatever else is.
    let mut facts = Facts { extents: extents(11, 40), ..gone() };
    facts.bundles.remove("a");
    facts.snapshots.clear();
    assert_eq!(resolve(&facts).unwrap_err().code, "log_truncated");
}

#[test]
fn the_oldest_records_may_be_gone_as_well() {
    let mut history = Some(History::from_middle(&past()[2]));
    History::extend(&mut history, past().remove(2)).unwrap();
    let facts = || Facts { history: history.clone(), snapshots: vec![snapshot(1)], ..gone() };
    let stop =
        "progress_gap: the oldest progress record of task `palermo-0` has the number 3, not 1";
    check(facts(), |facts| facts.accept_gap = false, stop);
    let Plan::Accept(plan) = resolve(&facts()).unwrap() else { panic!("no gap is accepted") };
    assert_eq!((plan.seq, plan.bases.len()), (3, 1));
    // The last record is that of the snapshot: what was published is known from it all the same.
    let mut history = Some(History::after(&snapshot(3)));
    History::extend(&mut history, past().remove(2)).unwrap();
    let Plan::Accept(plan) = resolve(&Facts { history, ..facts() }).unwrap() else {
        panic!("no gap is accepted")
    };
    let started = plan.bases[0].anew.as_ref().unwrap();
    assert_eq!(started.warm_up_until, Some(EventTime(300)));
    // Where no payment is gone, the order of reading alone is no gap.
    let mut facts = Facts { extents: extents(10, 40), ..facts() };
    assert_eq!(resolve(&facts).unwrap_err().code, "progress_gap");
    facts.accept_gap = false;
    check(facts, |_| {}, stop);
}

/// The records of [`past`], and those of the start that goes on after them from snapshot 2.
fn with_gap() -> Vec<Progress> {
    let facts = Facts { snapshots: vec![snapshot(2)], ..gone() };
    let Plan::Accept(plan) = resolve(&facts).unwrap() else { panic!("no gap is accepted") };
    let started = plan.bases[0].anew.clone().unwrap();
    let mut all = past();
    let record = |seq, positions, bundle: &str, bundle_since, ticks: &[(Position, i64)]| Progress {
        task: "palermo-0".into(),
        seq,
        started: started.clone(),
        positions,
        bundle: bundle.into(),
        bundle_since,
        chain: format!("c{seq}"),
        watermark: Some(EventTime(400)),
        ticks: ticks
            .iter()
            .map(|&(position, floor_ms)| Tick { partition: PAYMENTS, position, floor_ms })
            .collect(),
        ..Progress::default()
    };
    all.push(record(4, at(31, 5), "a", 4, &[]));
    all.push(record(5, at(31, 5), "b", 5, &[]));
    all.push(record(6, at(35, 6), "b", 5, &[(33, 190)]));
    all
}

/// A task that went on after a gap, with the snapshot that it went on from and one of the past that
/// was given up.
fn after_gap(records: usize) -> Facts {
    let past = with_gap().into_iter().take(records).collect();
    let history = fold(past).unwrap();
    let committed = history.as_ref().unwrap().positions.clone();
    Facts {
        history,
        committed,
        snapshots: vec![snapshot(3), snapshot(2)],
        marks: BTreeMap::new(),
        ..gone()
    }
}

#[test]
fn after_a_gap_the_past_begins_at_its_snapshot() {
    let of_old =
        "\nsnapshot 3 is passed over: it is of another task, or of another start of this one";
    for (records, rules) in [(4, "a"), (5, "a then b"), (6, "a then b")] {
        let mut facts = Facts { accept_gap: false, ..after_gap(records) };
        let Plan::Recover(plan) = resolve(&facts).unwrap() else { panic!("a first start") };
        let [base] = &plan.bases[..] else { panic!("{:?}", plan.bases) };
        assert_eq!(base.anew.as_ref(), Some(&plan.started));
        assert_eq!(bases(&plan), format!("2: parties/0=5 payments/0=31 rules {rules}{of_old}"));
        let ticks =
            if records == 6 { Ticks::from([(PAYMENTS, [(33, 190)].into())]) } else { Ticks::new() };
        assert_eq!(plan.ticks, ticks, "those of before are of other reads");
        facts.snapshots.pop();
        let stop = resolve(&facts).unwrap_err();
        assert_eq!(stop.code, "log_truncated");
        assert!(stop.reason.contains("from snapshot 2, and that is not there any more"), "{stop}");
    }
    // One that has the number, but is of another past, or of other rules.
    let alter: [Alter<Head>; 3] = [
        |head| head.task = "palermo-1".into(),
        |head| head.bundle = "b".into(),
        |head| head.started.gaps.push(palermo_codec::Gap::default()),
    ];
    for alter in alter {
        let mut facts = Facts { accept_gap: false, ..after_gap(6) };
        alter(&mut facts.snapshots[1]);
        assert_eq!(resolve(&facts).unwrap_err().code, "log_truncated");
    }
    // The topics have moved on once more.
    let mut facts = Facts { accept_gap: false, extents: extents(32, 40), ..after_gap(6) };
    assert_eq!(resolve(&facts).unwrap_err().code, "log_truncated");
    // Without a group nothing is known but the topics, and they begin too late.
    let past = facts.history.take().unwrap().past(&extents(31, 40)).unwrap_err();
    assert_eq!(past.code, "log_truncated");
    assert!(past.reason.contains("accepted at 1970-01-01T00:00:09.000Z"), "{past}");
}

fn in_gap(seq: u64) -> Head {
    let of = with_gap().into_iter().find(|progress| progress.seq == seq).unwrap();
    let (bundle, chain) = (of.bundle.clone(), of.chain.clone());
    let bundle_since = of.bundle_since;
    Head {
        seq,
        started: of.started,
        positions: of.positions,
        bundle,
        bundle_since,
        chain,
        ..snapshot(2)
    }
}

#[test]
fn after_a_gap_a_later_snapshot_is_enough() {
    let facts =
        || Facts { accept_gap: false, snapshots: vec![in_gap(6), snapshot(2)], ..after_gap(6) };
    let Plan::Recover(plan) = resolve(&facts()).unwrap() else { panic!("a first start") };
    assert_eq!(
        bases(&plan),
        "6: parties/0=6 payments/0=35 rules b | 2: parties/0=5 payments/0=31 rules a then b"
    );
    assert!(plan.bases[0].anew.is_none() && plan.bases[1].anew.is_some());
    let mut alone = Facts { extents: extents(35, 40), ..facts() };
    alone.snapshots.pop();
    let Plan::Recover(plan) = resolve(&alone).unwrap() else { panic!("a first start") };
    assert_eq!(bases(&plan), "6: parties/0=6 payments/0=35 rules b");
}

#[test]
fn a_second_gap_follows_the_first() {
    let facts =
        Facts { snapshots: vec![in_gap(6), snapshot(2)], extents: extents(36, 40), ..after_gap(6) };
    let Plan::Accept(plan) = resolve(&facts).unwrap() else { panic!("no gap is accepted") };
    let bases: Vec<u64> =
        plan.bases.iter().map(|base| base.snapshot.as_ref().unwrap().seq).collect();
    assert_eq!((bases, plan.seq), (vec![6, 2], 6));
    let lost: Vec<Vec<_>> = plan.bases[0]
        .anew
        .iter()
        .flat_map(|started| &started.gaps)
        .map(|gap| gap.lost.values().copied().collect())
        .collect();
    assert_eq!(lost, [[(20, 31)], [(35, 36)]]);
    let second = plan.bases[1].anew.as_ref().unwrap();
    assert_eq!(second.gaps[1].lost[&PAYMENTS], (20, 36));
    assert_eq!(second.warm_up_until, Some(EventTime(400)));
    // It is recovered in the same way, from either.
    for base in &plan.bases {
        let mut all = with_gap();
        let mut last = all[5].clone();
        (last.seq, last.bundle_since) = (7, 7);
        last.bundle.clone_from(&base.segments[0].bundle);
        last.started = base.anew.clone().unwrap();
        last.positions = base.from.clone();
        all.push(last);
        let history = fold(all).unwrap();
        let facts =
            Facts { history, committed: base.from.clone(), accept_gap: false, ..facts.clone() };
        let Plan::Recover(plan) = resolve(&facts).unwrap() else { panic!("a first start") };
        assert_eq!(plan.bases.len(), 1);
        assert_eq!(plan.bases[0].snapshot, base.snapshot);
    }
}

#[test]
fn records_that_tell_of_other_gaps_stop() {
    let alter: [Alter<Vec<Progress>>; 3] = [
        |past| past[5].started.gaps.clear(),
        |past| past[5].started.gaps[0].base = 1,
        |past| {
            let gap = past[3].started.gaps[0].clone();
            past[3].started.gaps.push(gap);
        },
    ];
    for alter in alter {
        let mut past = with_gap();
        alter(&mut past);
        assert_eq!(fold(past).unwrap_err().code, "progress_gap");
    }
}
