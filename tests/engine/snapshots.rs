//! An engine that a snapshot was read into is the engine that it was taken of.
//!
//! Sees: state that a snapshot forgets or makes otherwise, an order that depends on how a table grew,
//! a number that is given anew, a cache that decides something. Every other property of this suite runs
//! over a snapshot too ([`crate::harness::run`]). Does not see what no scene brings about.

use crate::harness::{cases, config, disturbed, engine, parts, read_back, records, step_alike};
use crate::linked::spec;
use crate::storm::scene::{Event, Scene, bundle, partitions};
use crate::{days, typologies};
use palermo_checkpoint::{FORMAT, Folder, MemoryFiles, Reader, read_head};
use palermo_domain::snapshot::Parts;
use palermo_domain::{Partition, Span, TopicRole};
use palermo_engine::port::RecordRef;
use palermo_engine::snapshot::{Freeze, Head};
use palermo_engine::{Bundle, Engine};
use palermo_lang::program::RuleSet;
use palermo_testkit::scene::{delays, disturbances, drafts, worlds};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::collections::BTreeMap;

fn sets() -> impl Strategy<Value = RuleSet> {
    prop_oneof![
        3 => Just(typologies::rules()),
        2 => (1..4_u8).prop_map(|hops| spec::rules([(255, hops); 4], 4)),
        1 => Just(days::rules()),
    ]
}

/// The first part in which two snapshots differ.
fn same_parts(one: &Parts, other: &Parts) -> Result<(), TestCaseError> {
    prop_assert_eq!(one.all().count(), other.all().count(), "another number of parts");
    for (number, (a, b)) in one.all().zip(other.all()).enumerate() {
        prop_assert_eq!(a.0, b.0);
        prop_assert!(a.1 == b.1, "part {} (`{}`) differs", number, a.0);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(90))]

    #[test]
    fn an_engine_read_back_goes_on_as_the_one_that_was_written(
        world in worlds(),
        rules in sets(),
        drafts in drafts(40, 10..60),
        disturbances in disturbances(8),
        delays in delays(Span::from_days(3)),
        horizon in 4..40_i64,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
    ) {
        let arrivals = disturbed(&drafts, &disturbances, &delays, Span::from_days(3));
        let records = records(&world, &arrivals);
        let config = config(Span::from_days(1), Span::from_days(horizon));
        let mut never = engine(&config, &rules, 2);
        let mut again = engine(&config, &rules, 2);
        for (index, record) in records.iter().enumerate() {
            if cuts.iter().any(|cut| cut.index(records.len()) == index) {
                let written = parts(&again);
                same_parts(&written, &parts(&never))?;
                again = read_back(&config, &rules, &written);
                same_parts(&written, &parts(&again))?;
            }
            step_alike(&mut never, &mut again, record)?;
        }
        same_parts(&parts(&never), &parts(&again))?;
        let (one, other) = (never.totals(), again.totals());
        prop_assert_eq!(one.alerts, other.alerts);
        prop_assert_eq!(one.field_missing, other.field_missing);
        prop_assert_eq!(one.evaluations, other.evaluations);
        prop_assert_eq!(one.expired, other.expired);
        // Rules that change afterwards find the same as well.
        let other_rules = Bundle { sha256: "e".repeat(64), rules: typologies::plain_rules() };
        let activate = |engine: &mut Engine| {
            let mut effects = Vec::new();
            engine.activate(other_rules.clone(), &mut effects).expect("no stop");
            effects
        };
        prop_assert!(activate(&mut never) == activate(&mut again), "the activations differ");
        same_parts(&parts(&never), &parts(&again))?;
    }
}

/// A snapshot is being written while the engine goes on: what is written is what was.
#[test]
fn a_frozen_state_does_not_move() {
    let mut runner = proptest::test_runner::TestRunner::new(cases(20));
    let scene = (worlds(), drafts(40, 20..60));
    runner
        .run(&scene, |(world, drafts)| {
            let arrivals = disturbed(&drafts, &[], &[(0, 0)], Span::ZERO);
            let records = records(&world, &arrivals);
            let config = config(Span::from_days(1), Span::from_days(10));
            let mut engine = engine(&config, &typologies::rules(), 2);
            let mut taken = Vec::new();
            let mut effects = Vec::new();
            for record in &records {
                if taken.len() < 40 {
                    taken.push((engine.freeze().expect("a state"), parts(&engine)));
                }
                engine.apply(record.as_ref(), &mut effects).expect("no stop");
            }
            for (frozen, expected) in &taken {
                let mut written = Parts::default();
                frozen.write(&mut written).expect("parts");
                same_parts(&written, expected)?;
            }
            Ok(())
        })
        .expect("every state stands still");
}

/// Whatever is missing or cut of a snapshot, it is refused with the name of a part, and no other part is
/// taken for it.
#[test]
fn a_damaged_snapshot_is_refused() {
    let config = config(Span::from_days(1), Span::from_days(10));
    let rules = typologies::rules();
    let written = parts(&engine(&config, &rules, 2));
    let bundle = || Bundle { sha256: "f".repeat(64), rules: rules.clone() };
    let all: Vec<(String, Vec<u8>)> =
        written.all().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    let refused = |parts: &[(String, Vec<u8>)]| {
        let mut damaged = Parts::default();
        for (name, bytes) in parts {
            palermo_domain::snapshot::Sink::part(&mut damaged, name, bytes).expect("a part");
        }
        Engine::read(config.clone(), bundle(), &mut damaged).is_err()
    };
    assert!(!refused(&all));
    for at in 0..all.len() {
        let mut without = all.clone();
        without.remove(at);
        // An empty list of parts is as good as none; every other one is missed.
        assert!(refused(&without), "part {at} (`{}`) is not missed", all[at].0);
        if !all[at].1.is_empty() {
            let mut cut = all.clone();
            cut[at].1.pop();
            assert!(refused(&cut), "part {at} (`{}`) can be cut", all[at].0);
        }
    }
}

/// A control total, so that the kept file has one.
fn state_a_batch(engine: &mut Engine) {
    let partition = Partition { role: TopicRole::Lists, index: 0 };
    let offset = engine.positions().get(&partition).copied().unwrap_or(0);
    let row = br#"{"schema":"list.v1","list":"control_totals","row":"batch/EOD-7","fields":{"count":"3","sum":"37.50"},"valid_from":"2026-11-30","source":"test"}"#;
    let (at, value) = (1_000, Some(&row[..]));
    let record = RecordRef { partition, offset, timestamp_ms: at, key: None, value, headers: 0 };
    engine.apply(record, &mut Vec::new()).expect("no stop");
    assert_eq!(engine.totals().control_totals.short_payments, 3);
}

/// The state of a fixed scene, as the file that an engine of today writes.
fn of_today() -> (Engine, Vec<u8>) {
    let scene = Scene::of(7);
    let start = partitions().map(|partition| (partition, 0)).collect();
    let mut engine = Engine::new(scene.config, bundle(0), &start, None).expect("an engine");
    let (mut effects, mut offsets) = (Vec::new(), BTreeMap::new());
    for event in &scene.events {
        let Event::Record(partition, timestamp_ms, value) = event else { continue };
        let offset = offsets.entry(*partition).or_insert(0);
        let (partition, value) = (*partition, Some(value.as_slice()));
        let record = RecordRef {
            partition,
            offset: *offset,
            timestamp_ms: *timestamp_ms,
            key: None,
            value,
            headers: 0,
        };
        engine.apply(record, &mut effects).expect("no stop");
        *offset += 1;
    }
    state_a_batch(&mut engine);
    let head = Head {
        task: "oracle".into(),
        engine: "0.1.0".into(),
        seq: 1,
        positions: engine.positions().clone(),
        bundle: "a".repeat(64),
        bundle_since: 1,
        chain: engine.chain(),
        ..Head::default()
    };
    let files = MemoryFiles::default();
    let folder = Folder::new(Box::new(files.clone()), "today", 1);
    folder.write(&head, &engine.freeze().expect("a state")).expect("a file");
    let name = folder.standing().expect("a folder").remove(0).name;
    let bytes = files.bytes(&name).expect("its bytes");
    (engine, bytes)
}

/// Every part of a snapshot in a file.
fn parts_of(bytes: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut from = std::io::Cursor::new(bytes);
    read_head(&mut from).expect("a head of this format");
    let mut all = Vec::new();
    let mut each = |name: &str, bytes: &[u8]| all.push((name.to_owned(), bytes.to_vec()));
    Reader::new(from).verify_each(&mut each).expect("every part");
    all
}

/// A file that an engine of this format wrote once says the same as one of today, and is read: whoever
/// changes what a part means raises [`FORMAT`] and renews the file (`UPDATE_SNAPSHOT=1`). Sees a format
/// that changes under its old number.
#[test]
fn a_file_of_this_format_is_still_read() {
    let path =
        palermo_tests::root().join(format!("tests/engine/fixtures/format-{FORMAT}.snapshot"));
    let (engine, today) = of_today();
    if std::env::var_os("UPDATE_SNAPSHOT").is_some() {
        std::fs::write(&path, &today).expect("it is written");
    }
    let kept = std::fs::read(&path).expect("the file of this format: UPDATE_SNAPSHOT=1 makes it");
    let (kept_parts, parts) = (parts_of(kept.clone()), parts_of(today));
    let same = kept_parts.iter().zip(&parts).find(|(kept, today)| kept != today);
    let name = same.map(|(kept, _)| kept.0.as_str());
    assert_eq!(name, None, "this part is another one: raise FORMAT, then UPDATE_SNAPSHOT=1");
    assert_eq!(kept_parts.len(), parts.len());
    let mut from = std::io::Cursor::new(kept);
    read_head(&mut from).expect("a head");
    let mut reader = Reader::new(from);
    let read = Engine::read(engine.config().clone(), bundle(0), &mut reader).expect("an engine");
    assert_eq!(read.chain(), engine.chain());
    assert_eq!(read.positions(), engine.positions());
}
