//! `graph: {shared: …}` against a filtered list of payments.
//!
//! Sees: an account that is counted twice or not at all, one at the other end of what carries the attribute,
//! a payment after the one that asks, a text of one kind taken for another; hits that are not looked at again
//! where somebody else's payment comes late or is taken back; blocks that a pattern asks for and are not there.

use super::{Bank, cases, compiled_from, payments};
use crate::scene::{KEYS, Owned, account, drafts, touches};
use palermo_domain::{EventTime, Span, Subject};
use palermo_lang::program::{IndicatorId, Pattern, RuleSet};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::OnceLock;

const WITHIN: Span = Span::from_days(2);

/// One rule for each attribute, about accounts; what is paid by card is no use of it.
fn compiled() -> RuleSet {
    let rule = |by: &Subject| {
        let name = by.as_str();
        let text = format!(
            "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
             description: A rule.\ncite: [{{key: K1, item: flag, status: found}}]\n\
             kind: Indicator\nid: SH-{}\ncrime: [laundering]\nfamily: N\ntier: A\n\
             subject: account\nwindow: 3d\nparameters:\n  \
             many: {{value: 2, type: int, range: [1, 9], step: 1, stricter: up, basis: default, why: w}}\n\
             select:\n  used: kind != card_purchase\n\
             graph: {{shared: {{by: {name}, edges: used, within: 2d}}}}\n\
             hit: shared.accounts >= $many && shared.payments >= 4 || shared.accounts >= 3\n\
             text: \"{{shared.accounts}}\"\n",
            name.to_uppercase()
        );
        (format!("rules/{name}.yaml"), text)
    };
    compiled_from(Pattern::SHARED.iter().map(rule).collect())
}

fn rules() -> RuleSet {
    static RULES: OnceLock<RuleSet> = OnceLock::new();
    RULES.get_or_init(compiled).clone()
}

/// The ends of a payment, outgoing and incoming.
fn ends(payment: &Owned) -> [Option<&str>; 2] {
    [account(&payment.debtor), account(&payment.creditor)]
}

fn is_use(payment: &Owned) -> bool {
    payment.kind != palermo_domain::PaymentKind::CardPurchase
}

/// Accounts and payments that used what a payment carries at one end, up to it.
fn users(bank: &Bank, kind: Subject, key: &str, at: &Owned) -> (usize, usize) {
    let order = |payment: &Owned| (payment.event_time, payment.payment_id.expose().to_string());
    let from = at.event_time.minus(WITHIN);
    let (mut accounts, mut count) = (BTreeSet::new(), 0);
    for payment in bank.live.iter().filter(|payment| is_use(payment)) {
        if payment.event_time < from || order(payment) > order(at) {
            continue;
        }
        let touched = touches(payment, kind, key, &bank.holders);
        let used =
            ends(payment).into_iter().zip(touched).filter_map(|(end, is)| end.filter(|_| is));
        let used: Vec<String> = used.map(str::to_owned).collect();
        count += usize::from(!used.is_empty());
        accounts.extend(used);
    }
    (accounts.len(), count)
}

/// The times at which the rule about an attribute holds on an account.
fn hits(bank: &Bank, kind: Subject, own: &str) -> Vec<EventTime> {
    let mine = |payment: &&Owned| ends(payment).contains(&Some(own));
    let times: BTreeSet<EventTime> =
        bank.live.iter().filter(mine).map(|payment| payment.event_time).collect();
    let holds = |time: &EventTime| {
        let mut asks: Vec<&Owned> = bank
            .live
            .iter()
            .filter(mine)
            .filter(|payment| payment.event_time == *time && is_use(payment))
            .collect();
        asks.sort_by_key(|payment| std::cmp::Reverse(payment.payment_id.expose().to_string()));
        let mut best = (0, 0);
        for payment in asks {
            for leg in 0..2 {
                let key = KEYS.iter().find(|key| touches(payment, kind, key, &bank.holders)[leg]);
                let Some(key) = key.filter(|_| ends(payment)[leg] == Some(own)) else { continue };
                let found = users(bank, kind, key, payment);
                if found.0 > best.0 {
                    best = found;
                }
            }
        }
        best.0 >= 2 && best.1 >= 4 || best.0 >= 3
    };
    times.into_iter().filter(holds).collect()
}

fn hits_are_those_of_the_list(bank: &Bank) -> Result<usize, TestCaseError> {
    let mut all = 0;
    for (index, (rule, kind)) in (0..).zip(bank.detector.rules().indicators.iter().zip(by_id())) {
        for own in crate::scene::ACCOUNTS {
            let found = bank.ledger.find_subject(Subject::Account, own);
            let got = found.map(|id| bank.detector.hit_times(IndicatorId(index), id).to_vec());
            let wanted = hits(bank, kind, own);
            all += wanted.len();
            prop_assert_eq!(got.unwrap_or_default(), wanted, "{} {}", rule.condition.id, own);
        }
    }
    Ok(all)
}

/// The attributes in the order of the ids of their rules.
fn by_id() -> Vec<Subject> {
    let mut all = Pattern::SHARED.to_vec();
    all.sort_by_key(|kind| kind.as_str().to_uppercase());
    all
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn who_shares_is_who_the_list_says(
        drafts in drafts(1..60),
        ops in prop::collection::vec((0..12_u8, any::<u8>()), 60),
    ) {
        let mut bank = Bank::of(rules());
        for (payment, (op, what)) in payments(&drafts).iter().zip(ops) {
            bank.link(payment);
            match op {
                0 | 1 => bank.reverse(usize::from(what)),
                2 => {
                    bank.activate_rules(rules());
                    hits_are_those_of_the_list(&bank)?;
                }
                _ => {}
            }
        }
        hits_are_those_of_the_list(&bank)?;
    }
}

/// Sees: a pattern whose blocks are not made for payments that are there already.
#[test]
fn one_that_is_activated_sees_what_is_there() {
    let mut runner = proptest::test_runner::TestRunner::new(cases(1));
    let draft = Strategy::boxed(drafts(200..201));
    let drafts = proptest::strategy::ValueTree::current(&draft.new_tree(&mut runner).unwrap());
    let mut bank = Bank::new(0);
    payments(&drafts).iter().for_each(|payment| bank.link(payment));
    bank.activate_rules(rules());
    let found = hits_are_those_of_the_list(&bank).unwrap();
    assert!(found > 100, "{found} hits are little to compare");
}

/// Sees: blocks that nobody makes because only an explanation asks for them.
#[test]
fn an_explanation_may_ask_who_shares() {
    let text = "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
                description: A rule.\ncite: [{key: K1, item: flag, status: found}]\n\
                kind: Suppressor\nid: SUP-SH\nsubject: account\nwindow: 3d\nparameters:\n  \
                many: {value: 2, type: int, range: [1, 9], step: 1, stricter: up, basis: default, why: w}\n\
                graph: {shared: {by: device}}\nholds: shared.accounts >= $many\n\
                text: \"{shared.accounts}\"\ntext_not: \"{shared.accounts}\"\n";
    let mut bank = Bank::of(compiled_from([("rules/one.yaml".to_owned(), text.to_owned())].into()));
    let looks = |bank: &Bank, slot: i64| {
        let looks =
            bank.detector.looks(&bank.ledger, "SUP-SH", EventTime(slot * crate::scene::SLOT_MS));
        looks.iter().map(|look| look.parts[0].holds).collect::<Vec<_>>()
    };
    for (id, from) in [(0, 1), (1, 2)] {
        let mut payment = crate::scene::Draft::plain([from, 3], [0, 0, 1, 0, 0]).payment(id);
        payment.event_time = EventTime(i64::from(from) * crate::scene::SLOT_MS);
        bank.link(&payment);
    }
    // Of the first payment it is used by one; whoever is paid has no device.
    assert_eq!(looks(&bank, 1), [Some(false), None]);
    assert_eq!(looks(&bank, 2), [None, Some(true)]);
}

/// Sees: a rule that says nothing of the device that was not delivered.
#[test]
fn what_is_not_delivered_is_told() {
    let mut bank = Bank::of(rules());
    bank.link(&crate::scene::Draft::plain([1, 2], [0, 1, 0, 0, 0]).payment(0));
    let missing = bank.detector.field_missing();
    let of = |rule: &str, field: &str| missing.contains_key(&(rule.to_owned(), field.to_owned()));
    assert!(of("SH-DEVICE", "device.id") && of("SH-PHONE", "self.phone"), "{missing:?}");
    assert!(!of("SH-TERMINAL", "other.account"), "{missing:?}");
}

/// Sees: a machine so busy that the budget is spent, of which nothing is said, or not the newest.
#[test]
fn of_a_hub_those_are_counted_that_used_it_last() {
    let text = "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
                description: A rule.\ncite: [{key: K1, item: flag, status: found}]\n\
                kind: Indicator\nid: SH-HUB\ncrime: [laundering]\nfamily: N\ntier: A\n\
                subject: account\nwindow: 3d\nparameters:\n  \
                many: {value: 4096, type: int, range: [1, 9000], step: 1, stricter: up, basis: default, why: w}\n\
                graph: {shared: {by: terminal}}\nhit: shared.payments >= $many && shared.accounts >= 3\n\
                text: \"{shared.payments}\"\n";
    let mut bank = Bank::of(compiled_from([("rules/one.yaml".to_owned(), text.to_owned())].into()));
    // X1 pays in first; then X2 and X3 by turns, one more than the budget looks at; then X1 draws.
    let (count, gap) = (4_096_i64, 10_000_i64);
    for number in 0..=count {
        let from = if number == 0 || number == count { 1 } else { 2 + u8::from(number % 2 == 0) };
        let id = usize::try_from(number).unwrap();
        let mut payment = crate::scene::Draft::plain([from, 0], [0, 1, 0, 0, 0]).payment(id);
        payment.event_time = EventTime(number * gap);
        bank.link(&payment);
    }
    let found = bank.ledger.find_subject(Subject::Account, "X1").unwrap();
    assert_eq!(bank.detector.hit_times(IndicatorId(0), found), [EventTime(count * gap)]);
    let cut = bank.detector.searches()["shared"];
    assert!(cut[0] >= 1 && cut[1] >= 1, "{cut:?}");
}
