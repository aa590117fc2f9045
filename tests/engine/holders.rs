//! Accounts with several holders, and people who may use an account that is not theirs.
//!
//! Sees: a finding about a holder that depends on which of the accounts the last payment touched, an
//! employee who inherits the cash of a shop, a formula of `require` that can never be true.

use crate::harness::{config, records, run, same_alerts, text};
use crate::story::{arrivals, at, nobody, transfer};
use crate::typologies::rules;
use palermo_domain::{OutputTopic, Span};
use palermo_lang::program::{Anchor, IndicatorId, Logic, Need, RuleSet};
use palermo_testkit::scene::{Arrival, party};
use palermo_testkit::world::World;
use serde_json::Value;
use std::collections::BTreeMap;

/// `ONE` holds J; `TWO` holds K, and J with `ONE`, or only may use J.
fn world(joint: bool) -> World {
    let mut world = nobody();
    world.parties.push(party("ONE", &[("BANK:J", None)], 0));
    let mut two = party("TWO", &[("BANK:J", None), ("BANK:K", None)], 0);
    two.accounts[0].holder = joint;
    world.parties.push(two);
    world
}

fn last(world: &World, rules: &RuleSet, all: Vec<Arrival>) -> BTreeMap<String, Value> {
    let config = config(Span::from_days(3), Span::from_days(30));
    run(&config, rules, 1, &records(world, &arrivals(all))).last(OutputTopic::Alerts)
}

fn anchors(alerts: &BTreeMap<String, Value>, typology: &str) -> Vec<String> {
    let of = alerts.values().filter(|alert| alert["data"]["typology"] == typology);
    let mut anchors: Vec<String> = of.map(|alert| text(&alert["subject"])).collect();
    anchors.sort();
    anchors
}

/// Credits on J, small debits on K.
fn story(credits_late: i64, debits_late: i64) -> Vec<Arrival> {
    vec![
        at(transfer("P1", 10, "BANK:B", "BANK:J", 50_000), credits_late),
        at(transfer("P2", 16, "BANK:C", "BANK:J", 50_000), credits_late),
        at(transfer("P3", 24, "BANK:K", "BANK:D", 1_000), debits_late),
        at(transfer("P4", 30, "BANK:K", "BANK:D", 1_000), debits_late),
    ]
}

#[test]
fn a_joint_account_is_both_holders() {
    let rules = rules();
    let in_order = last(&world(true), &rules, story(0, 0));
    assert_eq!(anchors(&in_order, "CT-92"), ["party/TWO"]);
    let joint_last = last(&world(true), &rules, story(40, 0));
    same_alerts(&joint_last, &in_order, "the joint account last").unwrap();
}

#[test]
fn who_may_use_an_account_does_not_hold_it() {
    for late in [0, 40] {
        let found = last(&world(false), &rules(), story(late, 0));
        assert!(anchors(&found, "CT-92").is_empty(), "{:?}", anchors(&found, "CT-92"));
    }
}

/// As the compiler lists them: every indicator, in the order in which it is written.
fn named(logic: &Logic<Need>) -> Vec<IndicatorId> {
    match logic {
        Logic::Var(Need::Here(id)) => vec![*id],
        Logic::Var(Need::Linked(_)) => Vec::new(),
        Logic::And(parts) | Logic::Or(parts) => parts.iter().flat_map(named).collect(),
        Logic::Not(inner) => named(inner),
    }
}

fn with_require(require: Logic<Need>) -> RuleSet {
    let mut rules = rules();
    rules.typologies.retain(|rule| rule.id == "CT-91");
    for rule in &mut rules.typologies {
        rule.anchor = Anchor::Account;
        rule.require = require.clone();
        rule.required = named(&require);
        // Of these only `many` (0) counts people; families are not what is looked at here.
        rule.families = Logic::And(Vec::new());
        rule.protective = true;
        rule.suppress.clear();
    }
    rules
}

/// I-1 many senders, I-2 small debits, I-3 near the limit, I-4 busy, I-5 large.
#[test]
fn every_arm_of_require_can_fire() {
    let var = |id| Logic::Var(Need::Here(IndicatorId(id)));
    let check = |require: Logic<Need>, credits_late: i64, expected: &[&str]| {
        let found = last(&nobody(), &with_require(require.clone()), one_account(credits_late));
        assert_eq!(anchors(&found, "CT-91"), expected, "{require:?}");
    };
    let a = &["account/BANK:A"][..];
    for late in [0, 40] {
        // I-3 never holds: the other arm does.
        check(Logic::And(vec![Logic::Or(vec![var(2), var(0)]), var(1)]), late, a);
        let arms = [2, 0].map(|id| Logic::And(vec![var(id), var(1)]));
        check(Logic::Or(arms.to_vec()), late, a);
        // What is denied never held.
        check(Logic::And(vec![var(0), var(1), Logic::Not(Box::new(var(2)))]), late, a);
        check(Logic::And(vec![Logic::Not(Box::new(var(2))), var(0), var(1)]), late, a);
        // What is denied holds at the end, and did not at the beginning, whichever is known first.
        check(Logic::And(vec![var(0), Logic::Not(Box::new(var(3)))]), late, a);
        check(Logic::And(vec![Logic::Not(Box::new(var(0))), var(1)]), late, &[]);
    }
}

fn one_account(credits_late: i64) -> Vec<Arrival> {
    vec![
        at(transfer("P1", 10, "BANK:B", "BANK:A", 50_000), credits_late),
        at(transfer("P2", 16, "BANK:C", "BANK:A", 50_000), credits_late),
        at(transfer("P3", 24, "BANK:A", "BANK:D", 1_000), 0),
        at(transfer("P4", 30, "BANK:A", "BANK:D", 1_000), 0),
    ]
}
