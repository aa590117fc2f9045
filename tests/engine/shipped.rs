//! The shipped rules through the compiler, over a month of a border funnel account made by hand.
//!
//! Sees: a shipped rule that goes blind without saying so, a rule file that compiles to another meaning than its text, an alert of the shipped
//! typology that depends on the order of arrival, a payer of the shipped rules who becomes a
//! subject, and a worker who is named in the alert of another. Does not see wrong thresholds: those are the catalogue's.

use crate::harness::{Run, config, records, run, same_alerts, text, with_end};
use crate::invariants::check;
use palermo_domain::{Date, EventTime, OutputTopic, Span};
use palermo_engine::rule_tests::{self, Known};
use palermo_lang::program::RuleSet;
use palermo_lang::{Limits, Sources, Test, TestFile, compile};
use palermo_testkit::Owned;
use palermo_testkit::scene::{START, arrive, blank, text as word, worlds};
use palermo_testkit::world::World;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folder `rules` of the workspace; `PALERMO_ROOT` names another one.
fn sources() -> Sources {
    fn walk(folder: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).expect("the folder `rules`") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, root, files);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                let name = path.strip_prefix(root).expect("below the root");
                let text = std::fs::read_to_string(&path).expect("a readable file");
                files.insert(name.to_string_lossy().into_owned(), text);
            }
        }
    }
    let root = std::env::var("PALERMO_ROOT")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/..").to_owned());
    let mut files = BTreeMap::new();
    walk(&Path::new(&root).join("rules"), Path::new(&root), &mut files);
    Sources::new(files)
}

fn shipped() -> RuleSet {
    let limits = Limits {
        horizon: Span::from_days(180),
        evidence_horizon: Span::from_days(400),
        cost: Limits::COST,
    };
    match compile(&sources(), "prod", &limits) {
        Ok(compiled) => compiled.rules,
        Err(problems) => panic!("the shipped rules do not compile: {problems:?}"),
    }
}

const HOUR_MS: i64 = 3_600_000;

/// Ninety small transfers of thirty people in a month, then four withdrawals under the limit.
fn funnel(amounts: &[u8]) -> Vec<Owned> {
    let start = START.midnight().0;
    let usd = crate::rules::usd();
    let regions = ["US-GA", "US-IL", "US-NC", "US-NY"];
    let mut all = Vec::new();
    for index in 0..90_i64 {
        let mut credit = blank(format!("C{index:02}"));
        credit.event_time = EventTime(start + index * 8 * HOUR_MS);
        let extra = amounts[usize::try_from(index).unwrap_or(0) % amounts.len()];
        credit.amount = (280 + i64::from(extra % 110)).into();
        credit.currency = usd;
        credit.debtor.account = Some(word(format!("OTHER:S{}", index % 30)));
        credit.debtor.place.region = Some(regions[usize::try_from(index % 4).unwrap_or(0)].into());
        credit.creditor.account = Some(word("BANK:C"));
        all.push(credit);
    }
    for index in 0..4_i64 {
        let mut cash = blank(format!("W{index}"));
        cash.kind = palermo_domain::PaymentKind::CashWithdrawal;
        cash.rail = palermo_domain::Rail::Cash;
        cash.event_time = EventTime(start + (24 + index) * 24 * HOUR_MS);
        cash.amount = (8_200 + index * 300).into();
        cash.currency = usd;
        cash.debtor.account = Some(word("BANK:C"));
        all.push(cash);
    }
    all
}

/// The holder lives in Laredo and opened the account twenty days before.
fn world() -> World {
    let mut world = worlds().new_tree(&mut TestRunner::deterministic()).expect("one").current();
    let holder = world.parties.last_mut().expect("two parties");
    holder.relations.clear();
    holder.address = None;
    holder.accounts[0].opened = Some(Date(START.0 - 20));
    holder.home = Some(palermo_domain::Redacted::new(palermo_domain::Place {
        country: Some("US".into()),
        region: Some("US-TX".into()),
        town: Some("Laredo".into()),
        locode: None,
        coordinates: Some((
            palermo_domain::MicroDegrees(27_530_000),
            palermo_domain::MicroDegrees(-99_490_000),
        )),
    }));
    world.parties[0].relations.clear();
    world
}

fn play(all: &[Owned], rules: &RuleSet, delays: &[(u32, u8)], partitions: i32) -> Run {
    let lateness = Span::from_days(1);
    let arrivals = with_end(arrive(all, delays, lateness, partitions), partitions, 120);
    let config = config(lateness, Span::from_days(180));
    run(&config, rules, partitions, &records(&world(), &arrivals))
}

/// The feed loses a field, and the rule that cannot do without it says so; what is known to be
/// wrong still is.
#[test]
fn what_the_shipped_rules_lack_or_get_wrong_is_said() {
    let mut seen = (0, BTreeSet::new());
    let chosen = |_: &TestFile, test: &Test| {
        test.missing.is_some() || test.known_gap || test.known_false_positive
    };
    let results = rule_tests::run(&sources(), &chosen, &mut |result| {
        seen.0 += usize::from(result.known.is_none());
        seen.1.extend(result.known.map(|known| (known, result.rule.clone())));
    });
    for result in results.expect("rules that compile") {
        assert!(result.passed(), "{} {}: {:?}", result.rule, result.name, result.failures);
    }
    let indicators =
        sources().iter().filter(|(_, text)| text.contains("\nkind: Indicator\n")).count();
    assert!(seen.0 >= indicators, "{} tests without a field, {indicators} indicators", seen.0);
    for typology in ["CT-01", "CT-14"] {
        assert!(seen.1.contains(&(Known::FalsePositive, typology.to_owned())), "{typology}");
    }
    assert!(seen.1.contains(&(Known::Gap, "CT-14".to_owned())));
}

#[test]
fn the_border_funnel_is_found_alike_in_every_order() {
    let rules = shipped();
    let mut runner = TestRunner::new(crate::harness::cases(6));
    let strategy = (
        prop::collection::vec(any::<u8>(), 90),
        palermo_testkit::scene::delays(Span::from_days(1)),
    );
    runner
        .run(&strategy, |(amounts, delays)| {
            let all = funnel(&amounts);
            let sent: BTreeSet<String> =
                all.iter().map(|one| one.payment_id.expose().to_string()).collect();
            let in_order = play(&all, &rules, &[(0, 0)], 1);
            check(&in_order, &sent)?;
            let expected = in_order.last(OutputTopic::Alerts);
            let found: Vec<String> =
                expected.values().map(|alert| text(&alert["data"]["typology"])).collect();
            prop_assert_eq!(found, ["CT-14"]);
            for alert in expected.values() {
                let related = alert["data"]["who"]["related"].as_array().cloned();
                let related = related.unwrap_or_default();
                prop_assert_eq!(related.len(), 30);
                for payer in &related {
                    prop_assert_eq!(&payer["role"], "potential_victim");
                }
            }
            for partitions in [1, 4, 16] {
                let other = play(&all, &rules, &delays, partitions);
                check(&other, &sent)?;
                same_alerts(&other.last(OutputTopic::Alerts), &expected, "other order")?;
            }
            Ok(())
        })
        .unwrap();
}

/// Whoever LT-01 asks about, and finds a possible victim by LT-02, is masked in every alert that rests on it,
/// and not only in an alert of her own.
#[test]
fn workers_are_masked_in_the_alerts_of_each_other() {
    let workers = ["BANK:W1", "BANK:W2", "BANK:W3", "BANK:W4"];
    let chosen = |file: &TestFile, test: &Test| {
        file.rule == "CT-07" && test.name == "four-wages-to-the-one-who-lodges-them"
    };
    let mut results =
        rule_tests::run(&sources(), &chosen, &mut |_| {}).expect("rules that compile");
    let alerts = results.pop().expect("the test").alerts;
    let alerts =
        alerts.iter().map(|one| -> Value { serde_json::from_slice(one).expect("an alert") });
    // The newest of the first worker, who borrows after the last payday of all four.
    let own = |alert: &Value| text(&alert["data"]["who"]["subjects"][0]["key"]);
    let newest = alerts.rev().find(|alert| own(alert) == workers[0]).expect("an alert of hers");
    let data = &newest["data"];
    let nodes = data["network"]["nodes"].as_array().expect("a network");
    let roles: BTreeMap<String, String> =
        nodes.iter().map(|node| (text(&node["id"]), text(&node["role"]))).collect();
    let said = workers.map(|worker| roles.get(worker).map_or("absent", String::as_str));
    let victim = "potential_victim";
    assert_eq!(said, ["role_undetermined", victim, victim, victim]);
    assert_eq!(data["victim_protection"]["masked_parties"], true);
}
