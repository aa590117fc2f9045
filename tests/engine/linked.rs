//! Evidence on linked accounts, and bare ids about other subjects, against brute force.
//!
//! Sees: a path against the order of time or one hop too long, a link over what a rejected payment
//! did not move, a shared thing that is forgotten, a relation read from the wrong side, an anchor that
//! is not looked at again when far evidence begins, goes on or is taken back, a beginning that is
//! missed because the anchor was settled, a finding on a finding that depends on the watermark, an
//! account that stands behind a device and is not found there, a tie that depends on arrival.

mod oracle;
mod rows;
mod scene;
pub mod spec;

use crate::harness::{Run, cases, config, engine, records, run, same_alerts, text, with_end};
use crate::invariants::check_life;
use oracle::{Finding, Oracle};
use palermo_domain::alert::Mode;
use palermo_domain::{Fate, OutputTopic, Span};
use palermo_engine::Bundle;
use palermo_lang::program::RuleSet;
use palermo_testkit::Owned;
use palermo_testkit::scene::{arrive, delays};
use palermo_testkit::world::World;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const LATENESS: Span = Span::from_days(2);

fn play(
    of: (&World, &RuleSet),
    sent: &[Owned],
    delays: &[(u32, u8)],
    partitions: i32,
) -> Result<Run, TestCaseError> {
    kept(of, sent, delays, partitions, Span::from_days(40))
}

/// The same with so much history.
fn kept(
    (world, rules): (&World, &RuleSet),
    sent: &[Owned],
    delays: &[(u32, u8)],
    partitions: i32,
    horizon: Span,
) -> Result<Run, TestCaseError> {
    let arrivals = with_end(arrive(sent, delays, LATENESS, partitions), partitions, 90);
    let config = config(LATENESS, horizon);
    let run = run(&config, rules, partitions, &records(world, &arrivals));
    prop_assert!(!run.fates.contains(&Fate::DeadLetter), "dead letters: {:?}", run.fates);
    check_life(&run)?;
    Ok(run)
}

/// What was published last, by typology, mode and anchor.
fn told(run: &Run) -> BTreeMap<(String, Mode, String), Value> {
    let topics = [(OutputTopic::Alerts, Mode::Live), (OutputTopic::Shadow, Mode::Shadow)];
    let last = topics
        .into_iter()
        .flat_map(|(topic, mode)| run.last(topic).into_values().map(move |alert| (mode, alert)));
    last.map(|(mode, alert)| {
        ((text(&alert["data"]["typology"]), mode, text(&alert["subject"])), alert)
    })
    .collect()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// One alert against what the oracle found.
fn agrees(alert: &Value, expected: &Finding) -> Result<(), TestCaseError> {
    let data = &alert["data"];
    let time = palermo_domain::EventTime(expected.time).to_string();
    prop_assert_eq!(text(&alert["time"]), time, "another time than {:?}", expected);
    prop_assert_eq!(&data["truncated"], &Value::Bool(false));
    let links = list(&data["why"]["link"]);
    prop_assert_eq!(links.len(), expected.links.len(), "paths of {:?}", expected);
    let mut ids: BTreeSet<String> = expected.here.clone();
    for (link, expected) in links.iter().zip(&expected.links) {
        let path: oracle::Path = list(&link["path"])
            .iter()
            .map(|step| {
                let by = palermo_lang::program::LinkKind::ALL;
                let by = by.into_iter().find(|kind| step["by"] == kind.as_str());
                (by.expect("a kind of link"), text(&step["from"]), text(&step["to"]))
            })
            .collect();
        let evidence: BTreeMap<String, String> = list(&link["evidence"])
            .iter()
            .map(|one| (text(&one["rule"]), text(&one["at"])))
            .collect();
        let times = expected
            .evidence
            .iter()
            .map(|(rule, at)| (rule.clone(), palermo_domain::EventTime(*at).to_string()));
        prop_assert_eq!(evidence, times.collect(), "another end than {:?}", expected);
        prop_assert!(expected.paths.contains(&path), "{:?} is none of {:?}", path, expected);
        ids.extend(expected.evidence.keys().filter(|id| id.starts_with('L')).cloned());
    }
    let told: BTreeSet<String> =
        list(&data["why"]["indicators"]).iter().map(|one| text(&one["id"])).collect();
    prop_assert_eq!(told, ids, "indicators of {:?}", expected);
    Ok(())
}

fn agree(run: &Run, oracle: &Oracle<'_>, name: &str) -> Result<(), TestCaseError> {
    let (told, expected) = (told(run), oracle.last());
    for key in told.keys().chain(expected.keys()) {
        match (told.get(key), expected.get(key)) {
            (Some(alert), Some(finding)) => agrees(alert, finding)
                .map_err(|error| TestCaseError::fail(format!("{name} {key:?}: {error}")))?,
            (got, wanted) => prop_assert!(
                false,
                "{} {:?}: {} instead of {:?}",
                name,
                key,
                got.map_or("nothing", |alert| alert["time"].as_str().unwrap_or("")),
                wanted
            ),
        }
    }
    Ok(())
}

fn same(got: &Run, expected: &Run, name: &str) -> Result<(), TestCaseError> {
    [OutputTopic::Alerts, OutputTopic::Shadow]
        .into_iter()
        .try_for_each(|topic| same_alerts(&got.last(topic), &expected.last(topic), name))
}

fn reach() -> impl Strategy<Value = [spec::Reach; 4]> {
    let mask = prop_oneof![1 => Just(1_u8), 1 => Just(255), 3 => 1_u8..255];
    proptest::collection::vec((mask, 1..4_u8), 4).prop_map(|all| [all[0], all[1], all[2], all[3]])
}

proptest! {
    #![proptest_config(cases(30))]

    /// The oracle knows only what is left in the end; the engine sees it come in order, in any other
    /// order within the lateness, twice, and taken back.
    #[test]
    fn findings_are_those_of_brute_force(
        world in scene::worlds(),
        drafts in scene::drafts(20, 10..70),
        disturbances in scene::disturbances(),
        reach in reach(),
        days in 2..6_i64,
        (one, other) in (delays(LATENESS), delays(LATENESS)),
    ) {
        let rules = spec::rules(reach, days);
        let plain = scene::payments(&drafts);
        let (sent, left) = scene::disturbed(&plain, &disturbances);
        let oracle = Oracle::new(&world, &left, &rules);
        let in_order = play((&world, &rules), &sent, &[(0, 0)], 1)?;
        agree(&in_order, &oracle, "in order")?;
        for (name, delays, partitions) in [("one order", &one, 1), ("another order", &other, 3)] {
            let got = play((&world, &rules), &sent, delays, partitions)?;
            agree(&got, &oracle, name)?;
            same(&got, &in_order, name)?;
        }
        // As much as the windows and the lateness need.
        let horizon = Span::from_days(days + 5);
        for (name, delays) in [("forgotten in order", &vec![(0, 0)]), ("forgotten", &one)] {
            let got = kept((&world, &rules), &sent, delays, 1, horizon)?;
            agree(&got, &oracle, name)?;
        }
    }

    /// Episodes that end, and findings that a suppressor explains: no oracle, but every order the same.
    #[test]
    fn episodes_and_suppressors_do_not_depend_on_the_order(
        world in scene::worlds(),
        drafts in scene::drafts(30, 10..80),
        disturbances in scene::disturbances(),
        reach in reach(),
        (days, quiet) in (2..5_i64, 1..4_i64),
        (one, other) in (delays(LATENESS), delays(LATENESS)),
    ) {
        let rules = spec::explained(spec::rules(reach, days), Span::from_days(quiet));
        let (sent, _) = scene::disturbed(&scene::payments(&drafts), &disturbances);
        let in_order = play((&world, &rules), &sent, &[(0, 0)], 1)?;
        for (name, delays, partitions) in [("one order", &one, 1), ("another order", &other, 3)] {
            same(&play((&world, &rules), &sent, delays, partitions)?, &in_order, name)?;
        }
    }

    /// A typology that is activated in mid-stream finds what is there, and what rests on it does.
    #[test]
    fn an_activation_finds_what_is_there(
        world in scene::worlds(),
        drafts in scene::drafts(20, 10..60),
        reach in reach(),
        days in 2..6_i64,
        delays in delays(LATENESS),
        (which, at) in (0..9_usize, any::<prop::sample::Index>()),
    ) {
        let rules = spec::rules(reach, days);
        let id = rules.typologies[which].id.clone();
        let before = spec::without(rules.clone(), &id);
        let sent = scene::payments(&drafts);
        let arrivals = with_end(arrive(&sent, &delays, LATENESS, 1), 1, 90);
        let records = records(&world, &arrivals);
        let first = records.len() - arrivals.len() + at.index(sent.len());
        let mut engine = engine(&config(LATENESS, Span::from_days(40)), &before, 1);
        let mut effects = Vec::new();
        for (at, record) in records.iter().enumerate() {
            if at == first {
                let bundle = Bundle { sha256: "e".repeat(64), rules: rules.clone() };
                engine.activate(bundle, &mut effects).expect("no stop");
            }
            engine.apply(record.as_ref(), &mut effects).expect("no stop");
        }
        let run = Run { engine, fates: Vec::new(), effects };
        check_life(&run)?;
        agree(&run, &Oracle::new(&world, &sent, &rules), &format!("{id} activated"))?;
    }
}

/// The property is worth something only if there are findings of every typology, over every kind of
/// link and of every length.
#[test]
fn the_scenes_make_findings_of_every_kind() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..80 {
        let strategy = (scene::worlds(), scene::drafts(20, 30..70), reach(), 2..6_i64);
        let (world, drafts, reach, days) =
            strategy.new_tree(&mut runner).expect("a case").current();
        let (rules, left) = (spec::rules(reach, days), scene::payments(&drafts));
        for ((id, mode, _), finding) in Oracle::new(&world, &left, &rules).last() {
            *seen.entry(format!("{id} {}", mode.as_str())).or_default() += 1;
            for path in finding.links.iter().filter_map(|link| link.paths.first()) {
                *seen.entry(format!("{} hops", path.len())).or_default() += 1;
                for (by, ..) in path {
                    *seen.entry(by.as_str().into()).or_default() += 1;
                }
            }
        }
    }
    let kinds = ["payment", "device", "address", "phone", "terminal", "relation"];
    let rules = ["81 live", "82 live", "82 shadow", "83 live", "84 shadow", "85 shadow", "86 live"];
    let rules = rules.into_iter().chain(["87 live", "88 live"]).map(|rule| format!("CT-{rule}"));
    let all = kinds.map(str::to_owned).into_iter().chain(rules);
    for one in all.chain((1..4).map(|hops| format!("{hops} hops"))) {
        assert!(seen.get(&one).copied().unwrap_or(0) >= 5, "{one}: {seen:?}");
    }
}
