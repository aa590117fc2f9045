//! An engine that goes on after a gap: what its alerts say, under which ids, and that it is the same
//! engine after a snapshot.
//!
//! Sees: an alert that rests on what was lost and does not say so, one that says so for ever, a revision
//! that is added to an alert of before the gap, a finding that is published twice, an offset without a
//! fate, a gap that a snapshot forgets. Does not see which findings a gap costs: nobody can.

use crate::harness::{
    Record, cases, config, disturbed, engine, parts, payments_partition, read_back, records,
    step_alike, text,
};
use crate::story::{arrivals, at, finding, nobody, transfer};
use crate::typologies::{plain_rules, rules};
use palermo_domain::{EventTime, OutputTopic, Span};
use palermo_engine::port::OutRecord;
use palermo_engine::{Engine, Gap, Started};
use palermo_lang::program::RuleSet;
use palermo_testkit::scene::{Arrival, START, delays, disturbances, drafts, worlds};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

fn hour(hour: i64) -> EventTime {
    EventTime(START.midnight().0 + hour * 3_600_000)
}

/// The start that goes on from where an engine stands, without the next records of a partition.
fn start_after(engine: &Engine, gaps: &[Gap], lost: i64, until: EventTime) -> Started {
    let partition = payments_partition(0);
    let mut positions = engine.positions().clone();
    let from = positions[&partition];
    positions.insert(partition, from + lost);
    let (after, lost) = (engine.watermark(), [(partition, (from, from + lost))].into());
    let mut gaps = gaps.to_vec();
    gaps.push(Gap { base: 7, after, until, lost });
    Started { positions, warm_up_until: engine.watermark(), gaps, ..Started::default() }
}

/// One more hit of the finding, on other days.
fn again(day: i64, cents: i64) -> Vec<Arrival> {
    let id = |n: i64| format!("A{day}-{n}");
    vec![
        at(transfer(&id(1), day * 24, "BANK:B", "BANK:A", cents), 0),
        at(transfer(&id(2), day * 24 + 6, "BANK:C", "BANK:A", cents), 0),
        at(transfer(&id(3), day * 24 + 20, "BANK:A", "BANK:D", 1_000), 0),
        at(transfer(&id(4), day * 24 + 22, "BANK:A", "BANK:D", 1_000), 0),
    ]
}

fn only_one() -> RuleSet {
    let mut rules = plain_rules();
    rules.typologies.retain(|rule| rule.id == "CT-91");
    rules
}

fn alerts(effects: &[OutRecord]) -> Vec<Value> {
    let of_topic = effects.iter().filter(|effect| effect.topic == OutputTopic::Alerts);
    of_topic
        .map(|effect| {
            serde_json::from_slice(effect.value.as_ref().expect("a value")).expect("JSON")
        })
        .collect()
}

fn told(alert: &Value) -> Vec<String> {
    let against = alert["data"]["why"]["against"].as_array().expect("a list");
    let of_gap = against.iter().filter(|one| one.get("indicator").is_none());
    of_gap.map(|one| text(&one["text"])).collect()
}

fn apply(engine: &mut Engine, records: &[Record]) -> Vec<OutRecord> {
    let mut effects = Vec::new();
    for record in records {
        engine.apply(record.as_ref(), &mut effects).expect("no stop");
    }
    effects
}

/// A finding, two payments that are lost, the finding's next hits, and an episode long after.
fn story() -> Vec<Record> {
    let mut all = finding();
    all.push(at(transfer("L1", 34, "BANK:E", "BANK:A", 50_000), 0));
    all.push(at(transfer("L2", 35, "BANK:F", "BANK:A", 50_000), 0));
    all.extend(again(4, 90_000));
    all.extend(again(50, 60_000));
    records(&nobody(), &arrivals(all))
}

#[test]
fn alerts_that_look_back_at_a_gap_say_so_and_later_ones_do_not() {
    let config = config(Span::from_days(1), Span::from_days(90));
    let mut whole = engine(&config, &only_one(), 1);
    let all = story();
    let before = alerts(&apply(&mut whole, &all[..4]));
    assert_eq!(
        before.iter().map(|alert| text(&alert["data"]["action"])).collect::<Vec<_>>(),
        ["created", "updated"]
    );
    let kept = parts(&whole);
    let mut engine = read_back(&config, &only_one(), &kept);
    let mut started = start_after(&engine, &[], 2, hour(48));
    started.warm_up_until = Some(hour(31));
    engine.go_on(&started);
    let after = alerts(&apply(&mut engine, &all[6..]));
    let lines: Vec<String> = after
        .iter()
        .map(|alert| {
            let data = &alert["data"];
            let episode = &data["episode"]["n"];
            let told = told(alert).len();
            format!("{}:{episode}:{} gaps {told}", text(&data["action"]), data["revision"])
        })
        .collect();
    assert_eq!(
        lines,
        [
            "created:0:1 gaps 1",
            "closed:0:2 gaps 1",
            "created:1:1 gaps 0",
            "updated:1:2 gaps 0",
            "closed:1:3 gaps 0",
        ]
    );
    assert_eq!(
        told(&after[0]),
        [format!(
            "some payments between {} and {} were lost before they were read (a gap accepted at {}); \
             what spoke for or against this may be among them",
            hour(6),
            hour(48),
            hour(48)
        )]
    );
    // Not one of them is added to an alert of before.
    let ids = |alerts: &[Value]| -> BTreeSet<String> {
        alerts.iter().map(|alert| text(&alert["data"]["alert_id"])).collect()
    };
    assert_eq!((ids(&before).len(), ids(&after).len()), (1, 2));
    assert!(ids(&before).is_disjoint(&ids(&after)));
    // Without a gap the next hits go on with the same alert, and nothing is said.
    apply(&mut whole, &all[4..6]);
    let undisturbed = alerts(&apply(&mut whole, &all[6..]));
    assert!(!ids(&before).is_disjoint(&ids(&undisturbed)));
    assert!(undisturbed.iter().all(|alert| told(alert).is_empty()));
    // Every offset since the new start has a fate.
    let partition = payments_partition(0);
    let fates = engine.counters().fates[&partition];
    let met = fates.counts.iter().sum::<u64>() + fates.undelivered;
    let passed = engine.positions()[&partition] - started.positions[&partition];
    assert_eq!(i64::try_from(met), Ok(passed));
}

#[test]
fn what_was_decided_before_the_last_commit_is_not_published_again() {
    let config = config(Span::from_days(1), Span::from_days(90));
    let all = story();
    let cut = 2;
    for (mute, expected) in [(None, true), (Some(hour(31)), false)] {
        let mut engine = engine(&config, &only_one(), 1);
        apply(&mut engine, &all[..cut]);
        let mut started = start_after(&engine, &[], 0, hour(48));
        started.warm_up_until = mute;
        engine.go_on(&started);
        // The rest of the finding is still there, and is read again.
        let published = !alerts(&apply(&mut engine, &all[cut..4])).is_empty();
        assert_eq!(published, expected, "{mute:?}");
        let next = alerts(&apply(&mut engine, &all[4..]));
        assert!(next.iter().any(|alert| alert["data"]["action"] == "updated"));
    }
}

#[test]
fn a_snapshot_after_a_gap_needs_its_head() {
    let config = config(Span::from_days(1), Span::from_days(90));
    let all = story();
    let mut engine = engine(&config, &only_one(), 1);
    apply(&mut engine, &all[..4]);
    let started = start_after(&engine, &[], 2, hour(48));
    engine.go_on(&started);
    apply(&mut engine, &all[6..7]);
    let kept = parts(&engine);
    let expected = apply(&mut engine, &all[7..]);
    for knows in [true, false] {
        let mut again = read_back(&config, &only_one(), &kept);
        if knows {
            again.know_gaps(&started.gaps);
        }
        let effects = apply(&mut again, &all[7..]);
        assert_eq!(effects == expected, knows);
        assert_eq!(again.chain() == engine.chain(), knows);
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn an_engine_after_a_gap_is_read_back_as_it_was(
        world in worlds(),
        drafts in drafts(40, 20..60),
        disturbances in disturbances(8),
        delays in delays(Span::from_days(3)),
        gaps in prop::collection::vec((any::<prop::sample::Index>(), 0..6_i64), 1..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let arrivals = disturbed(&drafts, &disturbances, &delays, Span::from_days(3));
        let records = records(&world, &arrivals);
        let config = config(Span::from_days(1), Span::from_days(30));
        let mut never = engine(&config, &rules(), 2);
        let mut again = engine(&config, &rules(), 2);
        let mut accepted: Vec<Gap> = Vec::new();
        for (index, record) in records.iter().enumerate() {
            for (at, lost) in &gaps {
                if at.index(records.len()) == index {
                    let until = EventTime(record.at);
                    let started = start_after(&never, &accepted, *lost, until);
                    accepted.clone_from(&started.gaps);
                    let before = never.chain();
                    never.go_on(&started);
                    prop_assert_ne!(before, never.chain());
                    // One that enters the same start from the same snapshot.
                    again = read_back(&config, &rules(), &parts(&again));
                    again.know_gaps(&accepted[..accepted.len() - 1]);
                    again.go_on(&started);
                }
            }
            if cut.index(records.len()) == index {
                again = read_back(&config, &rules(), &parts(&again));
                again.know_gaps(&accepted);
            }
            let position = never.positions().get(&record.partition).copied().unwrap_or(0);
            if record.offset >= position {
                step_alike(&mut never, &mut again, record)?;
            }
        }
        let (one, other) = (parts(&never), parts(&again));
        prop_assert!(one.all().eq(other.all()), "the states differ");
    }
}
