//! What an alert rests on outlives the payments: evidence and explanations beyond the horizon.
//!
//! Sees: evidence that is looked up where other payments stand now, numbers that a look at half a
//! window replaced, something missing that the alert does not say, and an explanation that is gone
//! because its payments were forgotten.

use crate::harness::{Run, config, records, run, text};
use crate::invariants::check;
use crate::story::{arrivals, at, finding, nobody, transfer, wage};
use crate::typologies::rules;
use palermo_domain::{EventTime, Fate, OutputTopic, Span};
use palermo_lang::program::RuleSet;
use palermo_testkit::scene::{Arrival, reversal};
use serde_json::Value;
use std::collections::BTreeSet;

/// Episodes that do not end within these stories.
fn patient() -> RuleSet {
    let mut rules = rules();
    rules.typologies.iter_mut().for_each(|rule| rule.emit.rearm = Span::from_days(30));
    rules
}

fn play(rules: &RuleSet, all: Vec<Arrival>, horizon_days: i64) -> Run {
    let sent: BTreeSet<String> =
        all.iter().map(|one| one.payment.payment_id.expose().to_string()).collect();
    let config = config(Span::from_days(1), Span::from_days(horizon_days));
    let run = run(&config, rules, 1, &records(&nobody(), &arrivals(all)));
    check(&run, &sent).unwrap();
    run
}

fn of<'a>(revisions: &'a [Value], typology: &str) -> Vec<&'a Value> {
    let revisions = revisions.iter().map(|alert| &alert["data"]);
    revisions.filter(|data| data["typology"] == typology).collect()
}

fn keys(list: &Value, key: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|item| text(&item[key])).collect()
}

/// Credits of two senders on the first day; the debits that complete the finding come when the
/// ledger has forgotten that day and strangers' payments stand in its rows.
#[test]
fn an_alert_names_nobody_else() {
    let mut all = vec![
        at(transfer("P1", 0, "BANK:B", "BANK:A", 50_000), 0),
        at(transfer("P2", 6, "BANK:C", "BANK:A", 50_000), 0),
        at(transfer("T1", 8 * 24, "BANK:X", "BANK:Y", 90_000), 0),
    ];
    for n in 0..6 {
        let stranger = format!("BANK:S{n}");
        all.push(at(transfer(&format!("S{n}"), 8 * 24 + 1 + n, &stranger, "BANK:Y", 70_000), 0));
    }
    all.push(at(transfer("P3", 9 * 24, "BANK:A", "BANK:D", 1_000), 0));
    all.push(at(transfer("P4", 9 * 24 + 2, "BANK:A", "BANK:D", 1_000), 0));
    let run = play(&patient(), all, 5);
    let revisions = run.revisions(OutputTopic::Alerts);
    let found = of(&revisions, "CT-91");
    assert!(!found.is_empty());
    for data in found {
        assert_eq!(keys(&data["who"]["related"], "key"), ["BANK:B", "BANK:C"]);
        assert_eq!(data["what"]["amount_in"]["value"], "1000.00");
        let ids = keys(&data["evidence"]["payments"], "id");
        let own = ["P1", "P2", "P3", "P4"];
        assert!(ids.iter().all(|id| own.contains(&id.as_str())), "{ids:?}");
        assert!(ids.len() >= 3, "{ids:?}");
        assert_eq!(data["truncated"], false);
    }
}

/// One more credit comes late, when half of the window that it falls into is forgotten: what was
/// found over the whole window stands, and the alert says that it may not be all.
#[test]
fn half_a_window_replaces_nothing() {
    let all = vec![
        at(transfer("P1", 20, "BANK:B", "BANK:A", 50_000), 0),
        at(transfer("P2", 26, "BANK:C", "BANK:A", 50_000), 0),
        at(transfer("P5", 30, "BANK:C", "BANK:A", 100), 0),
        at(transfer("T1", 121, "BANK:X", "BANK:Y", 90_000), 0),
        at(transfer("L1", 28, "BANK:C", "BANK:A", 100), 94),
        at(transfer("P3", 130, "BANK:A", "BANK:D", 1_000), 0),
        at(transfer("P4", 132, "BANK:A", "BANK:D", 1_000), 0),
    ];
    let run = play(&patient(), all, 3);
    let revisions = run.revisions(OutputTopic::Alerts);
    let found = of(&revisions, "CT-91");
    assert!(!found.is_empty());
    for data in found {
        assert_eq!(keys(&data["who"]["related"], "key"), ["BANK:B", "BANK:C"]);
        assert_eq!(data["truncated"], true);
    }
}

/// A finding was explained by wages that the ledger has forgotten since. A reversal of something
/// recent looks at the episode again: the explanation stands, nobody is alerted about.
#[test]
fn an_explanation_outlives_its_payments() {
    // Of what was folded for good, and of what was not.
    ["Q2", "Q5"].into_iter().for_each(explained_and_reversed);
}

fn explained_and_reversed(reversed: &str) {
    let mut rules = patient();
    let horizon = 5;
    rules.suppressors[0].condition.window = Span::from_days(horizon);
    // Without I-5, which would name the same credits as I-1.
    rules.typologies.iter_mut().for_each(|rule| rule.boost.retain(|id| id.0 != 4));
    let mut all = finding();
    all.push(at(wage("W1", 1, "BANK:A"), 0));
    all.push(at(wage("W2", 2, "BANK:A"), 0));
    // More of the same goes on in the episode, all of it explained when it comes.
    let later = [(70, "Q1"), (72, "Q2"), (110, "Q3"), (112, "Q4"), (118, "Q5"), (119, "Q6")];
    for (hour, id) in later {
        all.push(at(transfer(id, hour, "BANK:A", "BANK:D", 1_000), 0));
    }
    let back = all.iter().map(|one| &one.payment).find(|one| one.payment_id.expose() == reversed);
    let back = back.expect("a payment").clone();
    all.push(at(transfer("T1", 176, "BANK:X", "BANK:Y", 90_000), 0));
    let at_hour = |hour: i64| EventTime(all[0].payment.event_time.0 + hour * 3_600_000);
    let (time, at) = (at_hour(176), at_hour(177).0);
    all.push(Arrival { payment: reversal(&back, "R1".into(), time), at, partition: 0 });
    let run = play(&rules, all, horizon);
    let held_back = run.revisions(OutputTopic::Suppressed);
    // The numbers of the beginning stand too: nothing later is news against what is left of them.
    let actions: Vec<String> =
        of(&held_back, "CT-91").iter().map(|data| text(&data["action"])).collect();
    assert_eq!(actions, ["suppressed", "closed"], "{reversed}");
    let alerts = run.revisions(OutputTopic::Alerts);
    assert!(of(&alerts, "CT-91").is_empty(), "{:?}", of(&alerts, "CT-91"));
}

/// A finding goes on resting on hits whose payments are gone, while newer hits are found.
#[test]
fn facts_outlive_the_payments() {
    let mut all = finding();
    // Far beyond the horizon of the first days another pair of debits makes new hits; the credits of
    // the first days still support the finding (the typology looks back 20 days).
    for day in [8, 9, 10] {
        let id = |n| format!("Q{day}{n}");
        all.push(at(transfer(&id(1), day * 24, "BANK:A", "BANK:D", 90_000), 0));
        all.push(at(transfer(&id(2), day * 24 + 2, "BANK:A", "BANK:D", 1_000), 0));
    }
    play(&patient(), all, 5);
}

/// A late payment inside the horizon is evaluated over a window of which the older part has been
/// forgotten: a finding that rests on that part stands, because the late payment took nothing away.
#[test]
fn a_late_payment_takes_nothing_back() {
    let mut all = vec![
        at(transfer("P1", 20, "BANK:B", "BANK:A", 50_000), 0),
        at(transfer("P2", 26, "BANK:C", "BANK:A", 50_000), 0),
        at(transfer("P3", 30, "BANK:A", "BANK:D", 1_000), 0),
        at(transfer("P4", 34, "BANK:A", "BANK:D", 1_000), 0),
    ];
    // The watermark reaches hour 97: with a horizon of three days the first day is forgotten, and
    // P1 with it. Then one more credit of a known sender comes, of hour 25.
    all.push(at(transfer("T1", 121, "BANK:X", "BANK:Y", 90_000), 0));
    all.push(at(transfer("L1", 25, "BANK:C", "BANK:A", 100), 98));
    let run = play(&patient(), all, 3);
    let alerts = run.revisions(OutputTopic::Alerts);
    let actions: Vec<String> = alerts.iter().map(|alert| text(&alert["data"]["action"])).collect();
    assert!(actions.contains(&"created".to_owned()), "{actions:?}");
    assert!(!actions.contains(&"retracted".to_owned()), "{actions:?}");
}

/// Sees: a payment refused because of how far the first one was, or the last one before a silence.
#[test]
fn a_long_horizon_an_old_beginning_and_a_silence_refuse_nothing() {
    let day = 24_i64;
    let steady = (0..500).map(|n| (n * day, 0)).collect::<Vec<_>>();
    // Delivered when it was a year old, then live.
    let old = std::iter::once((0, 399 * day)).chain((400..700).map(|n| (n * day, 0))).collect();
    let silent = (0..20).chain(1_200..1_230).map(|n| (n * day, 0)).collect();
    for (name, horizon, times) in
        [("steady", 240, steady), ("old", 90, old), ("silent", 90, silent)] as [(_, _, Vec<_>); 3]
    {
        let mut all: Vec<Arrival> = times
            .iter()
            .zip(0..)
            .map(|((hour, later), n)| {
                at(transfer(&format!("P{n}"), *hour, "BANK:B", "BANK:A", 5_000), *later)
            })
            .collect();
        all.sort_by_key(|arrival| arrival.at);
        let config = config(Span::from_days(2), Span::from_days(horizon));
        let run = run(&config, &rules(), 1, &records(&nobody(), &all));
        let refused = run.fates.iter().filter(|fate| **fate == Fate::DeadLetter).count();
        assert_eq!(refused, 0, "{name}");
    }
}
