//! Known gaps, each with its smallest case. They fail today and are ignored; whoever closes one
//! takes its `ignore` away.

use crate::harness::{config, records, run, text};
use crate::invariants::check;
use crate::story::{arrivals, at, finding, nobody, transfer};
use crate::typologies::rules;
use palermo_domain::{OutputTopic, Span};
use std::collections::BTreeSet;

/// RULES "Typology": hits are kept as facts with values and payment ids for the evidence horizon.
/// Only those of the newest hit of an indicator are; where a newer one was found since and the
/// payments are gone, an indicator is published without evidence, which `alert.v1` refuses.
#[test]
#[ignore = "open: facts of hits that are not the newest do not outlive the payments"]
fn facts_outlive_the_payments() {
    let mut all = finding();
    // Far beyond the horizon of the first days another pair of debits makes new hits; the credits of
    // the first days still support the finding (the typology looks back 20 days).
    for day in [8, 9, 10] {
        let id = |n| format!("Q{day}{n}");
        all.push(at(transfer(&id(1), day * 24, "BANK:A", "BANK:D", 90_000), 0));
        all.push(at(transfer(&id(2), day * 24 + 2, "BANK:A", "BANK:D", 1_000), 0));
    }
    let sent: BTreeSet<String> =
        all.iter().map(|one| one.payment.payment_id.expose().to_string()).collect();
    let mut rules = rules();
    for rule in &mut rules.typologies {
        rule.emit.rearm = Span::from_days(30);
    }
    let config = config(Span::from_days(1), Span::from_days(5));
    let run = run(&config, &rules, 1, &records(&nobody(), &arrivals(all)));
    check(&run, &sent).unwrap();
}

/// A late payment inside the horizon is evaluated over a window of which the older part has been
/// forgotten: a finding that rests on that part is taken back, although the late payment took
/// nothing away.
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
    let mut rules = rules();
    for rule in &mut rules.typologies {
        rule.emit.rearm = Span::from_days(30);
    }
    let config = config(Span::from_days(1), Span::from_days(3));
    let run = run(&config, &rules, 1, &records(&nobody(), &arrivals(all)));
    let actions: Vec<String> = run
        .revisions(OutputTopic::Alerts)
        .iter()
        .map(|alert| text(&alert["data"]["action"]))
        .collect();
    assert!(actions.contains(&"created".to_owned()), "{actions:?}");
    assert!(!actions.contains(&"retracted".to_owned()), "{actions:?}");
}
