//! Windows and hits of devices, parties, terminals and every other subject against a filtered list
//! of payments.
//!
//! Sees: a payment lost, doubled, out of order, at the wrong end or under another subject, after
//! payments that come late or twice, reversals, evictions, changed holders and activations that ask
//! for more or fewer subjects; a subject taken for an account or another kind with the same text;
//! hits that are not looked at again; blocks that stay when nobody asks for them.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "small numbers and known texts that the tests make themselves"
)]

mod scene;
mod shared;
mod steady;

use palermo_detect::{Applied, Detector, Settings};
use palermo_domain::alert::Cause;
use palermo_domain::{Currency, Decimal, EventTime, PaymentKind, Redacted, Span, Status, Subject};
use palermo_lang::program::{IndicatorId, RuleSet};
use palermo_lang::{Limits, Sources, compile_all};
use palermo_ledger::{Known, Ledger, Leg};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed};
use scene::{Draft, Holders, KEYS, Owned, SLOT_MS, account, drafts, keys, origin, party, touches};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

fn cases(cases: u32) -> Config {
    let seed = RngSeed::Fixed(20_261_129);
    Config { cases, rng_seed: seed, failure_persistence: None, ..Config::default() }
}

const WINDOW: Span = Span::from_days(3);

fn compiled(kinds: &[Subject]) -> RuleSet {
    compiled_with(kinds, "kind != fee")
}

/// One rule about each kind: many payments with several others, or much money in.
fn compiled_with(kinds: &[Subject], seen: &str) -> RuleSet {
    let rule = |subject: &Subject| {
        let name = subject.as_str();
        let text = format!(
            "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
             description: A rule.\ncite: [{{key: K1, item: flag, status: found}}]\n\
             kind: Indicator\nid: SB-{}\ncrime: [laundering]\nfamily: N\ntier: A\n\
             subject: {name}\nwindow: 3d\nparameters:\n  \
             many: {{value: 3, type: int, range: [1, 9], step: 1, stricter: up, basis: default, why: w}}\n\
             select:\n  seen: {seen}\n  paid: direction == in && kind != fee\n\
             measure:\n  n: count() over seen\n  others: distinct(other.account) over seen\n  \
             money: sum(amount) over paid\n\
             hit: (n >= $many && others >= 2) || money >= 600\ntext: \"{{n}}\"\n",
            name.to_uppercase()
        );
        (format!("rules/{name}.yaml"), text.replace("money >= 600", "money >= $much").replace(
            "select:",
            "  much: {value: 600, type: money, ccy: USD, range: [1, 9000], step: 1, stricter: up, basis: default, why: w}\nselect:",
        ))
    };
    compiled_from(kinds.iter().map(rule).collect())
}

fn compiled_from(files: BTreeMap<String, String>) -> RuleSet {
    let sources = Sources::new(files);
    let limits = Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        cost: Limits::COST,
    };
    compile_all(&sources, &limits).unwrap_or_else(|errors| panic!("{errors}")).rules
}

/// Rules about accounts only, about half of the kinds, about all.
fn rules(which: usize) -> RuleSet {
    static SETS: OnceLock<[RuleSet; 3]> = OnceLock::new();
    let sets = SETS.get_or_init(|| {
        let half: Vec<Subject> = Subject::ALL.iter().copied().step_by(2).collect();
        [compiled(&[Subject::Account]), compiled(&half), compiled(Subject::ALL)]
    });
    sets[which].clone()
}

struct Bank {
    ledger: Ledger,
    detector: Detector,
    offset: i64,
    /// What is in the windows.
    live: Vec<Owned>,
    holders: Holders,
}

impl Bank {
    fn new(which: usize) -> Self {
        Self::of(rules(which))
    }

    fn of(rules: RuleSet) -> Self {
        let mut ledger = Ledger::new(Currency::try_new("USD").unwrap());
        let settings = Settings {
            task: "oracle".into(),
            bundle: String::new(),
            mute_before: None,
            evidence_horizon: Span::from_days(400),
        };
        let detector = Detector::new(rules, settings, &mut ledger);
        Self { ledger, detector, offset: 0, live: Vec::new(), holders: Holders::new() }
    }

    fn applied() -> Applied {
        Applied { cause: Cause::OnTime, watermark: None }
    }

    fn link(&mut self, payment: &Owned) {
        if self.ledger.find(payment.payment_id.expose()) != Known::New {
            return;
        }
        self.offset += 1;
        let row = self.ledger.insert(payment, origin(self.offset));
        let sets = self.detector.select(&self.ledger, row, None);
        self.ledger.link(row, sets[0], sets[1]);
        self.detector.changed(&self.ledger, row, Self::applied(), &mut Vec::new());
        self.live.push(payment.clone());
    }

    /// A reversal whose payment is not known yet: it waits, in no window.
    fn wait(&mut self, payment: &Owned) {
        self.offset += 1;
        let mut reversal = payment.clone();
        reversal.payment_id = Redacted::new(format!("R{}", self.offset).into());
        reversal.status = Status::Reversed;
        reversal.refers_to = Some(Redacted::new("not known".into()));
        self.ledger.insert(&reversal, origin(self.offset));
    }

    fn reverse(&mut self, at: usize) {
        if self.live.is_empty() {
            return;
        }
        let gone = self.live.remove(at % self.live.len());
        let Known::Seen(row) = self.ledger.find(gone.payment_id.expose()) else { panic!("lost") };
        self.ledger.unlink(row);
        self.detector.changed(&self.ledger, row, Self::applied(), &mut Vec::new());
    }

    /// A party says which accounts it holds, or ends.
    fn hold(&mut self, id: &str, accounts: Option<BTreeSet<String>>) {
        self.offset += 1;
        match accounts {
            Some(accounts) => {
                self.ledger.apply_party(&party(id, &accounts, self.offset));
                self.holders.insert(id.to_owned(), accounts);
            }
            None => {
                self.ledger.end_party(id);
                self.holders.remove(id);
            }
        }
    }

    fn evict(&mut self, cutoff: EventTime) {
        self.detector.keep(&self.ledger, cutoff);
        self.ledger.evict(cutoff);
        let from = cutoff.date().midnight();
        self.live.retain(|payment| payment.event_time >= from);
    }

    fn activate(&mut self, which: usize) {
        self.activate_rules(rules(which));
    }

    fn activate_rules(&mut self, rules: RuleSet) {
        let Self { ledger, detector, .. } = self;
        detector.activate(rules, String::new(), ledger, Self::applied(), &mut Vec::new());
    }

    fn asks(&self, kind: Subject) -> bool {
        kind == Subject::Account || self.ledger.wanted().has(kind)
    }
}

/// Ids of the payments of a subject in one direction, in order.
fn listed(
    bank: &Bank,
    (kind, key): (Subject, &str),
    incoming: bool,
    from: EventTime,
    to: EventTime,
) -> Vec<String> {
    let mut seen: Vec<(EventTime, String)> = bank
        .live
        .iter()
        .filter(|payment| touches(payment, kind, key, &bank.holders)[usize::from(incoming)])
        .filter(|payment| (from..=to).contains(&payment.event_time))
        .map(|payment| (payment.event_time, payment.payment_id.expose().to_string()))
        .collect();
    seen.sort();
    seen.into_iter().map(|(_, id)| id).collect()
}

fn windows_are_lists(bank: &Bank, probes: &[(i64, i64)]) -> Result<(), TestCaseError> {
    for kind in Subject::ALL {
        for key in keys(*kind) {
            let found = bank.ledger.find_subject(*kind, &key);
            if let Some(found) = found {
                prop_assert_eq!(bank.ledger.kind_of(found), *kind);
                prop_assert_eq!(bank.ledger.key_text(found), key.clone());
            }
            for (slot, width) in probes {
                let to = EventTime(slot * SLOT_MS);
                let from = EventTime((slot - width) * SLOT_MS);
                for (leg, incoming) in [(Leg::Debtor, false), (Leg::Creditor, true)] {
                    let wanted = match bank.asks(*kind) {
                        true => listed(bank, (*kind, &key), incoming, from, to),
                        false => Vec::new(),
                    };
                    let window = found.map(|id| bank.ledger.window(id, leg, from, to));
                    let mut got: Vec<String> = window
                        .into_iter()
                        .flatten()
                        .map(|entry| bank.ledger.payment_id(entry.row).to_string())
                        .collect();
                    got.reverse();
                    prop_assert_eq!(got, wanted, "{} {} {:?}", kind.as_str(), key, leg);
                }
            }
        }
    }
    Ok(())
}

/// The event times at which the rule about a subject holds.
fn hits(bank: &Bank, kind: Subject, key: &str) -> Vec<EventTime> {
    let mut times = BTreeMap::<EventTime, ()>::new();
    for payment in &bank.live {
        if touches(payment, kind, key, &bank.holders).contains(&true) {
            times.insert(payment.event_time, ());
        }
    }
    let holds = |at: &EventTime| {
        let (mut n, mut others, mut money) = (0, BTreeSet::new(), Decimal::ZERO);
        let inside = |payment: &&Owned| (at.minus(WINDOW)..=*at).contains(&payment.event_time);
        for payment in bank.live.iter().filter(inside) {
            let [out, into] = touches(payment, kind, key, &bank.holders);
            for (touched, other) in [(out, &payment.creditor), (into, &payment.debtor)] {
                n += usize::from(touched);
                others.extend(account(other).filter(|_| touched));
            }
            money += if into { payment.amount } else { Decimal::ZERO };
        }
        (n >= 3 && others.len() >= 2) || money >= Decimal::from(600)
    };
    times.into_keys().filter(holds).collect()
}

fn hits_are_those_of_the_list(bank: &Bank) -> Result<(), TestCaseError> {
    for (index, rule) in (0..).zip(&bank.detector.rules().indicators) {
        let kind = rule.condition.subject;
        let mut on = Vec::new();
        for key in keys(kind) {
            let found = bank.ledger.find_subject(kind, &key);
            let got = found.map(|id| bank.detector.hit_times(IndicatorId(index), id).to_vec());
            let wanted = hits(bank, kind, &key);
            if !wanted.is_empty() {
                on.push(key.clone());
            }
            prop_assert_eq!(got.unwrap_or_default(), wanted, "{} {}", kind.as_str(), key);
        }
        on.sort();
        prop_assert_eq!(bank.detector.accounts_hit(&bank.ledger, &rule.condition.id), on);
    }
    Ok(())
}

fn some(accounts: u8) -> BTreeSet<String> {
    let each = scene::ACCOUNTS.iter().enumerate();
    each.filter(|(at, _)| accounts >> at & 1 == 1).map(|(_, key)| (*key).to_owned()).collect()
}

fn payments(drafts: &[Draft]) -> Vec<Owned> {
    drafts.iter().enumerate().map(|(id, draft)| draft.payment(id)).collect()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn windows_of_subjects_are_filtered_lists(
        drafts in drafts(1..60),
        first in 0..3_usize,
        ops in prop::collection::vec((0..14_u8, any::<u8>()), 60),
        probes in prop::collection::vec((0..42_i64, 0..20_i64), 4),
    ) {
        let mut bank = Bank::new(first);
        let mut cutoff = EventTime(0);
        let all = payments(&drafts);
        for (payment, (op, what)) in all.iter().zip(ops) {
            // Nothing is given to the ledger that is beyond the horizon (the engine sees to it).
            if payment.event_time >= cutoff {
                bank.link(payment);
            }
            let key = KEYS[usize::from(what) % 2];
            match op {
                0 => bank.reverse(usize::from(what)),
                1 => {
                    cutoff = cutoff.max(EventTime(i64::from(what % 30) * SLOT_MS));
                    bank.evict(cutoff);
                }
                2 | 3 => bank.hold(key, Some(some(what >> 1))),
                4 => bank.hold(key, None),
                5 => {
                    bank.activate(usize::from(what) % 3);
                    windows_are_lists(&bank, &probes)?;
                }
                7 => bank.wait(payment),
                // Known already, taken back already, or only early.
                6 => {
                    let again = &all[usize::from(what) % all.len()];
                    if again.event_time >= cutoff {
                        bank.link(again);
                    }
                }
                _ => {}
            }
        }
        windows_are_lists(&bank, &probes)?;
        windows_are_lists(&bank, &[(100, 200)])?;
    }

    #[test]
    fn hits_on_subjects_are_those_of_the_list(
        drafts in drafts(1..60),
        first in 0..3_usize,
        holders in [0..8_u8, 0..8_u8],
        ops in prop::collection::vec((0..10_u8, any::<u8>()), 60),
    ) {
        let mut bank = Bank::new(first);
        for (key, held) in KEYS.iter().zip(holders) {
            bank.hold(key, Some(some(held)));
        }
        let all = payments(&drafts);
        for (payment, (op, what)) in all.iter().zip(ops) {
            bank.link(payment);
            match op {
                0 | 1 => bank.reverse(usize::from(what)),
                2 => bank.activate(usize::from(what) % 3),
                _ => {}
            }
        }
        hits_are_those_of_the_list(&bank)?;
    }
}

proptest! {
    #![proptest_config(cases(12))]

    /// Sees: totals of a long window that are kept although a payment came late or was taken back.
    #[test]
    fn totals_of_a_busy_subject_are_those_of_the_list(
        drafts in drafts(500..501),
        ops in prop::collection::vec((0..6_u8, any::<u8>()), 500),
    ) {
        let mut bank = Bank::new(2);
        let mut all = payments(&drafts);
        all.sort_by_key(|payment| payment.event_time);
        for (at, (op, _)) in ops.iter().enumerate().filter(|(_, (op, _))| *op == 0) {
            all.swap(at.saturating_sub(60), at - usize::from(*op));
        }
        let to = EventTime(39 * SLOT_MS);
        let from = to.minus(Span::from_days(9));
        for (payment, (op, what)) in all.iter().zip(ops) {
            bank.link(payment);
            if op == 1 {
                bank.reverse(usize::from(what));
            }
            let Some(id) = bank.ledger.find_subject(Subject::Phone, "X1") else { continue };
            for (leg, incoming) in [(Leg::Debtor, false), (Leg::Creditor, true)] {
                let span = Span::from_days(9);
                let totals = bank.ledger.totals((id, leg), (span, to), 0, |_| true);
                let wanted = listed(&bank, (Subject::Phone, "X1"), incoming, from, to);
                prop_assert_eq!(totals.count as usize, wanted.len());
            }
        }
    }
}

fn whole(id: usize, slot: i64, kind: PaymentKind) -> Owned {
    let mut payment = drafts_of_one().payment(id);
    (payment.event_time, payment.kind) = (EventTime(slot * SLOT_MS), kind);
    payment
}

/// From X1 to X2 with device X1, and nothing else.
fn drafts_of_one() -> Draft {
    Draft::plain([1, 2], [0, 0, 1, 0, 0])
}

/// Sees: an evaluation that is skipped because nobody looked at the payments when they came.
#[test]
fn a_party_that_turns_out_to_hold_an_account_is_looked_at() {
    let mut bank = Bank::new(2);
    for id in 0..3 {
        let mut payment = whole(id, 1, PaymentKind::Transfer);
        payment.creditor.account = Some(Redacted::new(format!("Y{id}").into()));
        bank.link(&payment);
    }
    bank.hold("P", Some(some(1)));
    // No selection takes this one.
    bank.link(&whole(3, 2, PaymentKind::Fee));
    let at =
        bank.detector.rules().indicators.iter().position(|rule| rule.condition.id == "SB-PARTY");
    let index = IndicatorId(u16::try_from(at.unwrap()).unwrap());
    let party = bank.ledger.find_subject(Subject::Party, "P").unwrap();
    assert_eq!(bank.detector.hit_times(index, party), [EventTime(2 * SLOT_MS)]);
    // A pair is no party, and a key is none of another kind.
    assert_eq!(bank.ledger.find_subject(Subject::Party, "X1>Y0"), None);
    assert!(bank.ledger.find_subject(Subject::Pair, "X1>Y0").is_some());
    assert_eq!(bank.ledger.find_subject(Subject::Pair, "Y0>X1"), None);
    assert_eq!(bank.ledger.find_subject(Subject::Terminal, "X1"), None);
}

/// Sees: a rule that is said to lack a field of payments that are none of its subject.
#[test]
fn only_payments_of_the_subject_are_undecided() {
    let mut bank = Bank::of(compiled_with(&[Subject::Device, Subject::Terminal], "hour >= 0"));
    bank.link(&whole(0, 1, PaymentKind::Transfer));
    let missing: Vec<String> =
        bank.detector.field_missing().into_keys().map(|(rule, _)| rule).collect();
    assert_eq!(missing, ["SB-DEVICE"]);
}

#[test]
fn blocks_go_when_nobody_asks() {
    let draft = Strategy::boxed(drafts(400..401));
    let mut runner = proptest::test_runner::TestRunner::new(cases(1));
    let drafts = draft.new_tree(&mut runner).unwrap().current();
    let mut bank = Bank::new(2);
    payments(&drafts).iter().for_each(|payment| bank.link(payment));
    let full = bank.ledger.bytes().entries;
    bank.activate(0);
    assert!(bank.ledger.wanted().is_empty());
    let id = bank.ledger.find_subject(Subject::Device, "X1").unwrap();
    assert_eq!(bank.ledger.window(id, Leg::Debtor, EventTime::MIN, EventTime::MAX).count(), 0);
    // Freed blocks are given again, not back: the same rules again take no more than before.
    bank.activate(2);
    assert!(bank.ledger.window(id, Leg::Debtor, EventTime::MIN, EventTime::MAX).count() > 50);
    assert!(bank.ledger.bytes().entries <= full, "{} {full}", bank.ledger.bytes().entries);
}
