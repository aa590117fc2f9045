//! A rule about each kind of subject, with its tests, over the whole engine.
//!
//! Sees: a subject whose payments are lost, doubled or given to another one, at the wrong end or
//! under another key; hits that depend on order, duplicates, partitions or restarts; a test that
//! passes although the hit is elsewhere.

use super::*;

/// What a rule about a subject counts, what makes it hit, on what, and the same payments without a
/// hit: each on another subject.
struct Row {
    subject: &'static str,
    select: &'static str,
    counted: &'static str,
    event: &'static str,
    on: &'static str,
    apart: (&'static str, &'static str),
}

const ROWS: &[Row] = &[
    Row {
        subject: "device",
        select: "direction == out && kind == transfer",
        counted: "distinct(self.account)",
        event: "kind: transfer, from: \"A{1..3}\", to: X, device: D1",
        on: "D1",
        apart: ("device: D1", "device: \"D{1..3}\""),
    },
    Row {
        // Who collects gives the order.
        subject: "device",
        select: "direction == in && kind == direct_debit",
        counted: "distinct(self.account)",
        event: "kind: direct_debit, from: X, to: \"A{1..3}\", device: D1, terminal: T9",
        on: "D1",
        apart: ("device: D1", "device: \"D{1..3}\""),
    },
    Row {
        subject: "terminal",
        select: "direction == out && kind == cash_withdrawal",
        counted: "distinct(self.account)",
        event: "kind: cash_withdrawal, from: \"A{1..3}\", terminal: T1",
        on: "T1",
        apart: ("terminal: T1", "terminal: \"T{1..3}\""),
    },
    Row {
        subject: "conductor",
        select: "direction == in && kind == cash_deposit",
        counted: "distinct(self.account)",
        event: "kind: cash_deposit, to: \"A{1..3}\", terminal: T1, conductor: R",
        on: "R",
        apart: ("conductor: R", "conductor: \"R{1..3}\""),
    },
    Row {
        subject: "merchant",
        select: "direction == in && kind == card_purchase",
        counted: "distinct(other.account)",
        event: "kind: card_purchase, from: \"A{1..3}\", merchant: M1",
        on: "M1",
        apart: ("merchant: M1", "merchant: \"M{1..3}\""),
    },
    Row {
        subject: "merchant",
        select: "direction == out && kind == card_refund",
        counted: "distinct(other.account)",
        event: "kind: card_refund, to: \"A{1..3}\", merchant: M1",
        on: "M1",
        apart: ("merchant: M1", "merchant: \"M{1..3}\""),
    },
    Row {
        subject: "wallet",
        select: "direction == out && kind == crypto_transfer",
        counted: "distinct(other.wallet)",
        event: "kind: crypto_transfer, from: A1, from_wallet: W1, to_wallet: \"W{2..4}\", currency: USD",
        on: "W1",
        apart: ("from_wallet: W1", "from_wallet: \"W{7..9}\""),
    },
    Row {
        subject: "pair",
        select: "kind == transfer",
        counted: "count()",
        event: "kind: transfer, from: A1, to: A2",
        on: "A1>A2",
        apart: ("from: A1", "from: \"A{4..6}\""),
    },
    Row {
        // Two accounts of one party.
        subject: "party",
        select: "direction == out && kind == transfer",
        counted: "distinct(self.account)",
        event: "kind: transfer, from: \"A{1..3}\", to: X",
        on: "P",
        apart: ("from: \"A{1..3}\"", "from: [A1, B1, B2]"),
    },
];

fn sources(row: &Row) -> Sources {
    let Row { subject, select, counted, event, on, apart } = row;
    let rule = format!(
        "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
         description: A rule.\ncite: [{{key: K1, item: flag, status: found}}]\n\
         kind: Indicator\nid: SB-01\ncrime: [laundering]\nfamily: N\ntier: A\n\
         subject: {subject}\nwindow: 7d\nparameters:\n  \
         min: {{value: 3, type: int, range: [2, 8], step: 1, stricter: up, basis: default, why: w}}\n\
         select: {{seen: {select} && hour >= 0}}\n\
         measure: {{n: {counted} over seen}}\n\
         hit: n >= $min\ntext: \"{{n}}\"\n"
    );
    let events = format!("{{repeat: 3, every: 30h, {event}, amount: 100, offset: 0}}");
    let quiet = events.replace(apart.0, apart.1);
    assert_ne!(quiet, events, "{subject}");
    let unknown = events.replace(", offset: 0", "");
    let long = events.replace("30h", "85h");
    let tests = format!(
        "rule: SB-01\nworld: {{base_currency: USD, start: 2026-03-02}}\n\
         parties: [{{party: P, account: [A1, A2, A3]}}]\ntests:\n  \
         - name: found\n    events: [{events}]\n    \
         expect: {{hits: [{{indicator: SB-01, on: \"{on}\"}}]}}\n    \
         invariants: [shuffle_within: 2h, duplicate: 0.5, restart_between_every_event: true, partitions: [3]]\n  \
         - {{name: edge, boundary: auto, from: found}}\n  \
         - {{name: apart, events: [{quiet}], expect: {{hits: []}}}}\n  \
         - {{name: long, events: [{long}], expect: {{hits: []}}}}\n  \
         - {{name: elsewhere, events: [{events}], expect: {{hits: [{{indicator: SB-01, on: X}}]}}}}\n  \
         - {{name: unknown, missing: hour, events: [{unknown}], expect: {{hits: []}}}}\n"
    );
    let files = [("rules/one.yaml", rule), ("rules/one.test.yaml", tests)];
    Sources::new(files.map(|(path, text)| (path.to_owned(), text)).into())
}

#[test]
fn a_rule_about_every_subject_holds_where_it_says() {
    for row in ROWS {
        let results = run(&sources(row), &|_, _| true, &mut |_| {})
            .unwrap_or_else(|errors| panic!("{}: {errors}", row.subject));
        assert_eq!(results.len(), 6);
        for result in results {
            let elsewhere = result.name == "elsewhere";
            assert_eq!(result.passed(), !elsewhere, "{}: {result:?}", row.subject);
        }
    }
}
