//! Activation: the rules change at a position of the input (DESIGN §9, RULES "Deployment").
//!
//! Sees: an alert id that begins again at revision 1, an alert that was closed with its rule and is
//! raised again by the same hits, a removal that leaves something open, an activation of the same
//! rules that changes anything, a new typology that does not see what is there.

use crate::harness::{Record, Run, config, engine, records, text};
use crate::invariants::check_life;
use crate::story::{arrivals, at, finding, nobody, transfer, wage};
use crate::typologies::rules;
use palermo_domain::{OutputTopic, Span};
use palermo_engine::Bundle;
use palermo_lang::program::RuleSet;
use palermo_testkit::scene::Arrival;

/// Only this typology, in this version; the indicators stay what they are.
fn only(version: &str) -> RuleSet {
    let mut rules = rules();
    rules.typologies.retain(|rule| rule.id == "CT-91");
    for rule in &mut rules.typologies {
        rule.version = version.into();
        rule.emit.rearm = Span::from_days(30);
    }
    rules
}

fn none() -> RuleSet {
    let mut rules = only("1.0.0");
    rules.typologies.clear();
    rules
}

/// Plays parts of a stream, each under its rules.
fn play(parts: Vec<(RuleSet, Vec<Arrival>)>) -> Run {
    let count: Vec<usize> = parts.iter().map(|(_, part)| part.len()).collect();
    let all: Vec<Arrival> = parts.iter().flat_map(|(_, part)| part.clone()).collect();
    let config = config(Span::from_days(1), Span::from_days(30));
    let records: Vec<Record> = records(&nobody(), &arrivals(all));
    let first = parts.first().map(|(rules, _)| rules.clone()).expect("a part");
    let mut run =
        Run { engine: engine(&config, &first, 1), fates: Vec::new(), effects: Vec::new() };
    let mut next = 0;
    for (index, (rules, _)) in parts.into_iter().enumerate() {
        if index > 0 {
            let bundle = Bundle { sha256: "e".repeat(64), rules };
            run.engine.activate(bundle, &mut run.effects).expect("no stop");
        }
        let last = index + 1 == count.len();
        let end = if last { records.len() } else { next + count[index] };
        for record in &records[next..end] {
            let fate = run.engine.apply(record.as_ref(), &mut run.effects).expect("no stop");
            run.fates.push(fate);
        }
        next = end;
    }
    check_life(&run).unwrap();
    run
}

/// `action:episode:revision` of a topic in order, with the cause where it is not the usual one.
fn told(run: &Run, topic: OutputTopic) -> Vec<String> {
    let one = |alert: &serde_json::Value| {
        let data = &alert["data"];
        let cause = match text(&data["cause"]).as_str() {
            "on_time" => String::new(),
            cause => format!(" {cause}"),
        };
        format!("{}:{}:{}{cause}", text(&data["action"]), data["episode"]["n"], data["revision"])
    };
    run.revisions(topic).iter().map(one).collect()
}

/// One more hit of the same indicators some hours later.
fn again(day: i64) -> Vec<Arrival> {
    let id = |n: i64| format!("A{day}-{n}");
    vec![
        at(transfer(&id(1), day * 24, "BANK:B", "BANK:A", 60_000), 0),
        at(transfer(&id(2), day * 24 + 6, "BANK:C", "BANK:A", 60_000), 0),
        at(transfer(&id(3), day * 24 + 20, "BANK:A", "BANK:D", 1_000), 0),
        at(transfer(&id(4), day * 24 + 22, "BANK:A", "BANK:D", 1_000), 0),
    ]
}

#[test]
fn what_was_told_is_remembered() {
    let check = |parts: Vec<(RuleSet, Vec<Arrival>)>, expected: &[&str]| {
        assert_eq!(told(&play(parts), OutputTopic::Alerts), expected);
    };
    let quiet = || vec![at(transfer("X1", 40, "BANK:X", "BANK:Y", 100), 0)];
    // The same rules: nothing is said because of them, and the episode goes on.
    check(
        vec![(only("1.0.0"), finding()), (only("1.0.0"), quiet()), (only("1.0.0"), again(4))],
        &["created:0:1", "updated:0:2", "updated:0:3", "closed:0:4"],
    );
    // Another version: the alert is closed, the same hits raise no other one, new hits do.
    check(
        vec![(only("1.0.0"), finding()), (only("1.0.1"), quiet())],
        &["created:0:1", "updated:0:2", "closed:0:3 rule_removed"],
    );
    check(
        vec![(only("1.0.0"), finding()), (only("1.0.1"), again(4))],
        &[
            "created:0:1",
            "updated:0:2",
            "closed:0:3 rule_removed",
            "created:1:1",
            "updated:1:2",
            "closed:1:3",
        ],
    );
    // Removed, and deployed again: the episode after the last one.
    check(
        vec![(only("1.0.0"), finding()), (none(), quiet()), (only("1.0.0"), vec![])],
        &["created:0:1", "updated:0:2", "closed:0:3 rule_removed"],
    );
    check(
        vec![(only("1.0.0"), finding()), (none(), quiet()), (only("1.0.2"), again(4))],
        &[
            "created:0:1",
            "updated:0:2",
            "closed:0:3 rule_removed",
            "created:1:1",
            "updated:1:2",
            "closed:1:3",
        ],
    );
    // Deployed for the first time: it sees the hits that are there.
    check(vec![(none(), finding()), (only("1.0.0"), quiet())], &["created:0:1", "closed:0:2"]);
}

#[test]
fn a_removal_closes_what_was_held_back_as_well() {
    let mut explained = finding();
    explained.insert(0, at(wage("W1", 0, "BANK:A"), 0));
    explained.insert(1, at(wage("W2", 1, "BANK:A"), 0));
    explained.sort_by_key(|one| one.at);
    let quiet = vec![at(transfer("X1", 40, "BANK:X", "BANK:Y", 100), 0)];
    let run = play(vec![(only("1.0.0"), explained.clone()), (none(), quiet.clone())]);
    assert_eq!(
        told(&run, OutputTopic::Suppressed),
        ["suppressed:0:1", "suppressed:0:2", "closed:0:3 rule_removed"]
    );
    assert!(told(&run, OutputTopic::Alerts).is_empty());
    // Another version judges it again, and goes on where the old one was.
    let mut plain = only("1.1.0");
    plain.typologies.iter_mut().for_each(|rule| rule.suppress.clear());
    let run = play(vec![(only("1.0.0"), explained), (plain, quiet)]);
    assert_eq!(
        told(&run, OutputTopic::Suppressed),
        ["suppressed:0:1", "suppressed:0:2", "retracted:0:3"]
    );
    assert_eq!(told(&run, OutputTopic::Alerts), ["created:0:1", "closed:0:2"]);
}

/// A shadow rule's version is part of its identity.
#[test]
fn a_shadow_version_begins_from_nothing() {
    let shadow = |version| {
        let mut rules = only(version);
        rules.typologies.iter_mut().for_each(|r| r.mode = palermo_domain::alert::Mode::Shadow);
        rules
    };
    let quiet = vec![at(transfer("X1", 40, "BANK:X", "BANK:Y", 100), 0)];
    let run = play(vec![(shadow("1.0.0"), finding()), (shadow("1.0.1"), quiet)]);
    let ids: std::collections::BTreeSet<String> =
        run.revisions(OutputTopic::Shadow).iter().map(|a| text(&a["data"]["alert_id"])).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(
        told(&run, OutputTopic::Shadow),
        ["created:0:1", "updated:0:2", "closed:0:3 rule_removed", "created:0:1", "closed:0:2"]
    );
}
