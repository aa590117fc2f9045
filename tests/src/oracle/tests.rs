//! Planted violations: each oracle must turn red on what it is there for, and stay green without.

use super::*;
use palermo_codec::{FateCounts, Progress, Started};
use palermo_domain::{Partition, TopicRole};
use std::collections::BTreeSet;

fn alert(offset: i64, id: &str, revision: u32, score: u32) -> ReadRecord {
    let value =
        format!(r#"{{"data":{{"alert_id":"{id}","revision":{revision},"score":{score}}}}}"#);
    ReadRecord {
        partition: (offset % 2) as i32,
        offset,
        timestamp_ms: 1_000 + offset,
        key: Some(b"account/x".to_vec()),
        value: Some(value.into_bytes()),
        headers: vec![("ce_type".to_owned(), b"alert".to_vec())],
    }
}

fn alerts() -> Vec<ReadRecord> {
    (0..8).map(|n| alert(n, &format!("a-{}", n / 2), (n % 2) as u32 + 1, 50)).collect()
}

/// What is done to the second run, and what the oracle says then.
type Plant = (&'static str, fn(&mut Vec<ReadRecord>), &'static str);

const ALERT_FAULTS: &[Plant] = &[
    ("drop one", |run| drop(run.remove(3)), "alert a-1 revision 2 at 1@3 is missing, 1 times"),
    (
        "duplicate one",
        |run| run.push(ReadRecord { offset: 9, ..run[3].clone() }),
        "alert a-1 revision 2 at 1@3 is there too often, 1 times",
    ),
    (
        "alter an amount",
        |run| run[3] = ReadRecord { partition: 1, ..alert(3, "a-1", 2, 51) },
        "is missing",
    ),
    ("alter a key", |run| run[3].key = Some(b"account/y".to_vec()), "is missing"),
    ("alter a timestamp", |run| run[3].timestamp_ms += 1, "is missing"),
    ("alter a header", |run| run[3].headers[0].1 = b"other".to_vec(), "is missing"),
    ("drop a header", |run| run[3].headers.clear(), "is missing"),
    ("lose the value", |run| run[3].value = None, "is missing"),
    (
        "invent one",
        |run| run.push(alert(9, "a-9", 1, 50)),
        "alert a-9 revision 1 at 1@9 is there too often",
    ),
    ("lose all", |run| run.clear(), "is missing"),
];

#[test]
fn o1_sees_a_dropped_doubled_or_altered_alert() {
    assert_eq!(same_records("alerts", &alerts(), &alerts()), Vec::<String>::new());
    let mut elsewhere = alerts();
    elsewhere.reverse();
    elsewhere.iter_mut().for_each(|record| record.offset += 7);
    assert_eq!(same_records("alerts", &alerts(), &elsewhere), Vec::<String>::new());
    for (what, plant, said) in ALERT_FAULTS {
        let mut run = alerts();
        plant(&mut run);
        let complaints = same_records("alerts", &alerts(), &run);
        assert!(complaints.iter().any(|c| c.contains(said)), "{what}: {complaints:?}");
    }
}

#[test]
fn byte_equality_sees_all_that_and_order() {
    assert_eq!(same_topics("alerts", &alerts(), &alerts()), Vec::<String>::new());
    let mut later = alerts();
    later.iter_mut().for_each(|record| record.offset += 3);
    assert_eq!(same_topics("alerts", &alerts(), &later), Vec::<String>::new());
    for (what, plant, _) in ALERT_FAULTS {
        let mut run = alerts();
        plant(&mut run);
        assert!(!same_topics("alerts", &alerts(), &run).is_empty(), "{what}");
    }
    let mut swapped = alerts();
    (swapped[2].offset, swapped[4].offset) = (4, 2);
    assert_eq!(same_records("alerts", &alerts(), &swapped), Vec::<String>::new());
    assert_eq!(
        same_topics("alerts", &alerts(), &swapped),
        ["alerts/0: record 1 differs: alert a-1 revision 1 at 0@2 and alert a-2 revision 1 at 0@2"]
    );
    let mut moved = alerts();
    moved[2].partition = 1;
    assert!(!same_topics("alerts", &alerts(), &moved).is_empty());
}

const P0: Partition = Partition { role: TopicRole::Payments, index: 0 };

/// Offsets 0 to 19 with 5, 10 and 19 empty; 7 is undecodable, 8 a duplicate.
fn input() -> BTreeMap<Partition, Input> {
    let visible = (0..20).filter(|n| ![5, 10, 19].contains(n)).collect();
    BTreeMap::from([(P0, Input { visible, end: 20 })])
}

fn commit(seq: u64, position: i64, fates: [u64; 4], undelivered: u64) -> Progress {
    let [processed, late, duplicate, dead_letter] = fates;
    Progress {
        seq,
        started: Started { positions: BTreeMap::from([(P0, 0)]), ..Started::default() },
        positions: BTreeMap::from([(P0, position)]),
        fates: BTreeMap::from([(P0, FateCounts { processed, late, duplicate, dead_letter })]),
        undelivered: BTreeMap::from([(P0, undelivered)]),
        ..Progress::default()
    }
}

fn commits() -> Vec<Progress> {
    vec![
        commit(1, 7, [5, 1, 0, 0], 1),
        commit(2, 12, [7, 1, 1, 1], 2),
        commit(3, 20, [14, 1, 1, 1], 3),
    ]
}

fn letter(offset: i64) -> ReadRecord {
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    ReadRecord {
        partition: 0,
        offset: 0,
        timestamp_ms: 0,
        key: None,
        value: Some(b"{".to_vec()),
        headers: vec![
            header("palermo-reason", "not_json"),
            header("palermo-topic", "t.payments"),
            header("palermo-partition", "0"),
            header("palermo-offset", &offset.to_string()),
        ],
    }
}

struct Facts {
    progress: Vec<Progress>,
    inputs: BTreeMap<Partition, Input>,
    letters: Vec<ReadRecord>,
}

impl Facts {
    fn sound() -> Self {
        Self { progress: commits(), inputs: input(), letters: vec![letter(7)] }
    }

    fn check(&self) -> Vec<String> {
        let topics = BTreeMap::from([("t.payments".to_owned(), TopicRole::Payments)]);
        conserved(&self.progress, &self.inputs, &self.letters, &topics, true)
    }
}

#[test]
fn o2_sees_a_skipped_offset_and_a_second_fate() {
    assert_eq!(Facts::sound().check(), Vec::<String>::new());
    type Row = (&'static str, fn(&mut Facts), &'static str);
    let rows: &[Row] = &[
        (
            "a visible record is skipped: one fate less, one gap more",
            |f| f.progress[2] = commit(3, 20, [13, 1, 1, 1], 4),
            "commit 3, payments/0 from 0 to 20: 17 records are visible and 16 met a fate; \
             3 offsets hold none and 4 were counted",
        ),
        (
            "a record met two fates",
            |f| f.progress[1] = commit(2, 12, [8, 1, 1, 1], 2),
            "11 met a fate",
        ),
        ("a record met none", |f| f.progress[1] = commit(2, 12, [6, 1, 1, 1], 2), "9 met a fate"),
        (
            "gaps are not counted",
            |f| f.progress[2] = commit(3, 20, [14, 1, 1, 1], 0),
            "0 were counted",
        ),
        (
            "an aborted record was read",
            |f| {
                f.inputs.get_mut(&P0).expect("the input").visible.remove(&3);
            },
            "5 records are visible and 6 met a fate",
        ),
        ("the end was not reached", |f| drop(f.progress.pop()), "7 records were never read"),
        ("no progress", |f| f.progress.clear(), "there is no progress record"),
        (
            "a dead letter is missing",
            |f| f.letters.clear(),
            "1 records met the fate dead_letter, 0 dead",
        ),
        (
            "a dead letter came twice",
            |f| f.letters.push(letter(7)),
            "payments/0@7 has two dead letters",
        ),
        (
            "a dead letter too many",
            |f| f.letters.push(letter(8)),
            "1 records met the fate dead_letter, 2",
        ),
        ("a dead letter of a gap", |f| f.letters[0] = letter(5), "of payments/0@5 is of no record"),
        ("a dead letter without origin", |f| f.letters[0].headers.clear(), "does not say whence"),
        (
            "a partition is forgotten",
            |f| {
                f.progress[2].positions.remove(&P0);
            },
            "commit 3 does not say where payments/0 is",
        ),
    ];
    for (what, plant, said) in rows {
        let mut facts = Facts::sound();
        plant(&mut facts);
        let complaints = facts.check();
        assert!(complaints.iter().any(|c| c.contains(said)), "{what}: {complaints:?}");
    }
}

#[test]
fn o3_sees_a_commit_of_a_zombie_and_a_step_back() {
    assert_eq!(chained(&commits()), Vec::<String>::new());
    type Row = (&'static str, fn(&mut Vec<Progress>), &'static str);
    let rows: &[Row] = &[
        (
            "a commit twice",
            |p| p.insert(1, p[1].clone()),
            "the 3th progress record has the number 2",
        ),
        ("a commit lost", |p| drop(p.remove(1)), "the 2th progress record has the number 3"),
        ("swapped", |p| p.swap(1, 2), "the 2th progress record has the number 3"),
        ("a position goes back", |p| p[2] = commit(3, 6, [14, 1, 1, 1], 3), "went from 12 to 6"),
        ("fates are forgotten", |p| p[2] = commit(3, 20, [1, 1, 1, 1], 3), "forgot fates"),
        ("another beginning", |p| p[2].started = Started::default(), "says another beginning"),
    ];
    for (what, plant, said) in rows {
        let mut progress = commits();
        plant(&mut progress);
        let complaints = chained(&progress);
        assert!(complaints.iter().any(|c| c.contains(said)), "{what}: {complaints:?}");
    }
}

#[test]
fn o5_sees_an_open_transaction() {
    let ends = |stable, end| Ends {
        partition: "alerts/0".to_owned(),
        last_stable_offset: stable,
        log_end_offset: end,
    };
    assert_eq!(all_closed(&[ends(4, 4), ends(0, 0)]), Vec::<String>::new());
    assert_eq!(
        all_closed(&[ends(4, 4), ends(4, 9)]),
        ["alerts/0: a transaction is open, readers stop at 4 of 9"]
    );
}

#[test]
fn o11_sees_a_canary_and_does_not_repeat_it() {
    let canaries = [("name", "Canary Kanarienvogel"), ("account", "XX99CANARY")];
    let clean = [("stderr", "ready\nread 12 payments\n"), ("stdout", "")];
    assert_eq!(no_canary(&canaries, &clean), Vec::<String>::new());
    let dirty = [
        ("stderr", "ready\nbad payment of Canary Kanarienvogel\n"),
        ("metrics", "x{a=\"XX99CANARY\"} 1"),
    ];
    let complaints = no_canary(&canaries, &dirty);
    assert_eq!(
        complaints,
        ["stderr:2 shows the planted name", "metrics:1 shows the planted account"]
    );
    let names: BTreeSet<&str> = canaries.iter().map(|(_, canary)| *canary).collect();
    assert!(names.iter().all(|canary| complaints.iter().all(|c| !c.contains(canary))));
}

/// Many faults are counted, not listed.
#[test]
fn complaints_are_bounded() {
    let many: Vec<ReadRecord> = (0..100).map(|n| alert(n, &format!("a-{n}"), 1, 50)).collect();
    let complaints = same_records("alerts", &many, &[]);
    assert_eq!(complaints.len(), 11);
    assert_eq!(complaints[10], "and 90 more");
}
