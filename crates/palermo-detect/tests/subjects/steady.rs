//! What is repeated of an evaluation against a detector that repeats nothing.
//!
//! Sees: an indicator that is left out although a payment, a record of the holder, a hit or the passing of
//! time changed what it says; a missing field that is counted once too often or not at all. Late
//! payments, equal times, reversals and changed records are among the steps.

use super::*;
use palermo_domain::{
    AgeBand, Date, EventCode, Feed, PartyEvent, PartyKind, PartyRelation, RelationKind,
};

/// One step as small numbers: what, and by how much.
#[derive(Clone, Debug)]
enum Step {
    /// So many slots later than the last one, or earlier.
    Pay(i64, Box<Draft>),
    Record(usize, Vec<u8>),
    End(usize),
    Reverse(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let slots = prop_oneof![10 => 0_i64..4, 1 => -9_i64..0, 1 => 4_i64..20];
    let pay = (slots, drafts(1..2))
        .prop_map(|(slots, mut drafts)| Step::Pay(slots, Box::new(drafts.remove(0))));
    let record = (0_usize..3, prop::collection::vec(0_u8..6, 8..9));
    let step = prop_oneof![
        12 => pay,
        2 => record.prop_map(|(who, what)| Step::Record(who, what)),
        1 => (0_usize..3).prop_map(Step::End),
        1 => (0_usize..50).prop_map(Step::Reverse),
    ];
    prop::collection::vec(step, 1..70)
}

/// Conditions that rest on different things each.
fn indicators() -> RuleSet {
    let rule = |(number, hit): (usize, &str)| {
        let text = format!(
            "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
             description: A rule.\ncite: [{{key: K1, item: flag, status: found}}]\n\
             kind: Indicator\nid: SY-{number:02}\ncrime: [laundering]\nfamily: N\ntier: A\n\
             subject: account\nwindow: 3d\nselect:\n  seen: kind != fee\n  \
             paid: direction == in && kind == transfer\n  \
             sent: direction == out && kind != cash_withdrawal\n  \
             rare: direction == in && kind == gaming_payout\n\
             measure:\n  n: count() over seen\n  n_rare: count() over rare\n  \
             came: sum(amount) over paid\n  went: sum(amount) over sent\n  \
             lately: count() over sent within 1d\n  \
             payers: distinct(other.account) over paid where present(other.account)\n  \
             phones: distinct(other.phone) over paid\n  \
             top: top_share(other.account, amount) over sent\n  \
             part: went / came\n  passed: passed_share(rare, sent, 1d)\n\
             hit: {hit}\ntext: \"{{n}}\"\n"
        );
        (format!("rules/{number}.yaml"), text)
    };
    let hits = [
        "n >= 1 && self.event('BH-01', 2d) && self.relations('guardian') == 0",
        "passed >= 0.5",
        "n >= 3 && part >= 0.4",
        "n >= 1 && self.kind == business && payers >= 2",
        "n >= 2 && part <= 0.4 && self.holds(SY-03)",
        "phones >= 2 && top >= 0.5",
        "n >= 1 && self.account_age <= 5d && self.age_band == minor",
        "n >= 2 && (self.company_age > 3d || !present(self.customer_age) && self.account_age <= 4d)",
        "n >= 1 && self.customer_age <= 5d && !present(self.company_age)",
        "(n_rare >= 1 || lately >= 3) && self.delivers('card') && n >= 2",
    ];
    let sources = Sources::new((1..).zip(hits).map(rule).collect());
    let limits = Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        cost: Limits::COST,
    };
    compile_all(&sources, &limits).unwrap_or_else(|errors| panic!("{errors}")).rules
}

impl Bank {
    fn record(&mut self, who: usize, what: &[u8], slot: i64) {
        self.offset += 1;
        let accounts = scene::ACCOUNTS[who..=who].iter().map(|text| (*text).to_owned()).collect();
        let mut party = party(&format!("P{who}"), &accounts, self.offset);
        let at = |back: u8| EventTime((slot + 3 - i64::from(back)) * SLOT_MS);
        if what[0] > 2 {
            party.kind = PartyKind::Business;
        }
        party.accounts[0].opened = (what[1] > 1).then_some(at(what[1]).date());
        party.since = (what[2] > 1).then_some(at(what[2]).date());
        party.incorporated = (what[0] > 1).then_some(at(what[0]).date());
        party.age_band = (what[2] > 2).then_some(AgeBand::Minor);
        if what[3] > 1 {
            party.feeds.insert(Feed::PartyEvents);
        }
        if what[4] > 3 {
            party.feeds.insert(Feed::Card);
        }
        if what[5] > 2 {
            let (code, by, device) = (EventCode::ALL[0], None, None);
            party.events = vec![PartyEvent { code, at: at(what[5]), by, device }];
        }
        if what[6] > 3 {
            let day: Date = at(what[7]).date();
            party.relations = vec![PartyRelation {
                party: Redacted::new("G".to_owned()),
                kind: RelationKind::Guardian,
                since: Some(day),
                until: (what[7] > 2).then_some(day),
            }];
        }
        self.ledger.apply_party(&party);
    }

    fn step(&mut self, step: &Step, number: usize, now: &mut i64) {
        match step {
            Step::Pay(slots, draft) => {
                let slot = *now + slots;
                *now = (*now).max(slot);
                let mut payment = draft.payment(number);
                payment.event_time = EventTime(slot * SLOT_MS);
                self.link(&payment);
            }
            Step::Record(who, what) => self.record(*who, what, *now),
            Step::End(who) => self.ledger.end_party(&format!("P{who}")),
            Step::Reverse(at) => self.reverse(*at),
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_is_repeated_is_what_would_be_said(steps in steps()) {
        static RULES: OnceLock<RuleSet> = OnceLock::new();
        let rules = RULES.get_or_init(indicators);
        let (mut bank, mut forgetful) = (Bank::of(rules.clone()), Bank::of(rules.clone()));
        let (mut now, mut also) = (40, 40);
        for (number, step) in steps.iter().enumerate() {
            bank.step(step, number, &mut now);
            // A list that nobody names says something else: nothing is repeated.
            forgetful.detector.remove_list_row("none", "none", &mut forgetful.ledger);
            forgetful.step(step, number, &mut also);
            prop_assert_eq!(bank.detector.field_missing(), forgetful.detector.field_missing());
        }
        for index in 0..u16::try_from(rules.indicators.len()).unwrap() {
            for account in bank.ledger.account_ids() {
                let id = IndicatorId(index);
                prop_assert_eq!(
                    bank.detector.hit_times(id, account),
                    forgetful.detector.hit_times(id, account)
                );
            }
        }
        let evaluations = |bank: &Bank| bank.detector.stats().evaluations.iter().sum::<u64>();
        prop_assert!(evaluations(&bank) <= evaluations(&forgetful));
    }
}
