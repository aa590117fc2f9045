//! Small payments in which every subject is common, and what each touches: read off the payment
//! itself, as RULES.md says it ("Context of an expression").
//!
//! Two texts are the keys of every kind of subject, and accounts have them too: who takes one kind
//! for another is found out.

use palermo_domain::{
    Card, Conductor, Currency, Decimal, Device, End, EventTime, IngestTime, Merchant, OwnedAccount,
    Partition, Party, PartyKind, Payment, PaymentKind, Rail, Redacted, Status, Subject, Terminal,
    Text, TopicRole,
};
use palermo_ledger::Origin;
use proptest::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Owned = Payment<'static>;
/// Who holds which accounts.
pub(crate) type Holders = BTreeMap<String, BTreeSet<String>>;

pub(crate) const KEYS: [&str; 2] = ["X1", "X2"];
pub(crate) const ACCOUNTS: [&str; 3] = ["X1", "X2", "X3"];
pub(crate) const SLOT_MS: i64 = 6 * 3_600_000;
const KINDS: [PaymentKind; 7] = [
    PaymentKind::Transfer,
    PaymentKind::DirectDebit,
    PaymentKind::CardPurchase,
    PaymentKind::CardRefund,
    PaymentKind::CashDeposit,
    PaymentKind::CashWithdrawal,
    PaymentKind::GamingPayout,
];

/// One payment as small numbers; 0 is nothing.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    slot: i64,
    kind: u8,
    amount: i64,
    accounts: [u8; 2],
    parties: [u8; 2],
    /// Address, phone, email, wallet of each end.
    contacts: [[u8; 4]; 2],
    /// Merchant, terminal, device, card, conductor.
    whole: [u8; 5],
}

pub(crate) fn drafts(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Draft>> {
    let key = || prop_oneof![1 => Just(0_u8), 2 => 1..3_u8];
    let ends = (0..4_u8, 0..4_u8, prop_oneof![3 => Just(0_u8), 1 => 1..3_u8], 0..3_u8);
    let four = || [key(), key(), key(), key()];
    let one = (
        0..40_i64,
        0..7_u8,
        1..400_i64,
        ends,
        [four(), four()],
        [key(), key(), key(), key(), key()],
    );
    let draft = one.prop_map(|(slot, kind, amount, (from, to, payer, payee), contacts, whole)| {
        let (accounts, parties) = ([from, to], [payer, payee]);
        Draft { slot, kind, amount, accounts, parties, contacts, whole }
    });
    prop::collection::vec(draft, count)
}

fn text(from: &[&str], number: u8) -> Option<Text<'static>> {
    let at = usize::from(number).checked_sub(1)?;
    from.get(at).map(|text| Redacted::new(Cow::Owned((*text).to_owned())))
}

impl Draft {
    /// A payment of some accounts, with merchant, terminal, device, card and conductor.
    pub(crate) fn plain(accounts: [u8; 2], whole: [u8; 5]) -> Self {
        let contacts = [[0; 4]; 2];
        Self { slot: 0, kind: 0, amount: 1, accounts, parties: [0; 2], contacts, whole }
    }

    pub(crate) fn payment(&self, id: usize) -> Owned {
        let key = |number: u8| text(&KEYS, number);
        let end = |at: usize| {
            let [address, phone, email, wallet] = self.contacts[at].map(key);
            let (account, party) = (text(&ACCOUNTS, self.accounts[at]), key(self.parties[at]));
            End { account, party, address, phone, email, wallet, ..End::default() }
        };
        let [merchant, terminal, device, card, conductor] = self.whole.map(key);
        let merchant = merchant.map(|id| Merchant { id: Some(id), ..Merchant::default() });
        let terminal = terminal.map(|id| Terminal { id: Some(id), ..Terminal::default() });
        let device = device.map(|id| Device { id: Some(id), ..Device::default() });
        let card = card.map(|token| Card { token: Some(token), ..Card::default() });
        let conductor = conductor.map(|id| Conductor { party: Some(id), ..Conductor::default() });
        let (kind, amount) = (KINDS[usize::from(self.kind)], Decimal::new(self.amount, 0));
        let ends = [end(0), end(1)];
        let payment = bare(format!("P{id:03}"), EventTime(self.slot * SLOT_MS), kind, amount, ends);
        Payment { conductor, merchant, terminal, device, card, ..payment }
    }
}

fn bare(
    id: String,
    event_time: EventTime,
    kind: PaymentKind,
    amount: Decimal,
    ends: [End<'static>; 2],
) -> Owned {
    let [debtor, creditor] = ends;
    Payment {
        payment_id: Redacted::new(Cow::Owned(id)),
        event_time,
        utc_offset_minutes: None,
        kind,
        rail: Rail::Internal,
        channel: None,
        status: Status::Booked,
        amount,
        currency: Currency::try_new("USD").unwrap(),
        fee: None,
        debtor,
        creditor,
        ultimate_debtor: None,
        ultimate_creditor: None,
        conductor: None,
        merchant: None,
        terminal: None,
        device: None,
        card: None,
        crypto: None,
        travel: None,
        cash: None,
        stay: None,
        service: None,
        check: None,
        purpose: None,
        relation: None,
        text: None,
        end_to_end_id: None,
        uetr: None,
        refers_to: None,
        gross_amount: None,
        counter_amount: None,
        counter_currency: None,
        entity: None,
        batch: None,
        source: None,
    }
}

pub(crate) fn origin(offset: i64) -> Origin {
    let partition = Partition { role: TopicRole::Payments, index: 0 };
    Origin { partition, offset, ingest: IngestTime(0) }
}

/// A record of a party that holds these accounts.
pub(crate) fn party(id: &str, accounts: &BTreeSet<String>, as_of: i64) -> Party {
    let owned = |account: &String| OwnedAccount {
        account: Redacted::new(account.clone()),
        opened: None,
        closed: None,
        product: None,
        holder: true,
    };
    Party {
        party: Redacted::new(id.to_owned()),
        as_of: EventTime(as_of),
        kind: PartyKind::Person,
        accounts: accounts.iter().map(owned).collect(),
        segment: None,
        home: None,
        work: None,
        since: None,
        age_band: None,
        industry_mcc: None,
        headcount: None,
        monthly_income: None,
        monthly_turnover: None,
        currency: None,
        hours: Vec::new(),
        licensed: None,
        phone: None,
        email: None,
        address: None,
        relations: Vec::new(),
        feeds: palermo_domain::FeedSet::default(),
        merchants: Vec::new(),
        terminals: Vec::new(),
        activity: None,
        occupation_code: None,
        incorporated: None,
        events: Vec::new(),
        hash_key_id: None,
    }
}

pub(crate) fn account<'p>(end: &'p End<'_>) -> Option<&'p str> {
    end.account.as_ref().map(|text| text.expose().as_ref())
}

/// Whether a payment touches a subject, outgoing and incoming.
pub(crate) fn touches(payment: &Owned, kind: Subject, key: &str, holders: &Holders) -> [bool; 2] {
    let is = |text: Option<&Text<'_>>| text.is_some_and(|text| text.expose() == key);
    let both = |of: &dyn Fn(&End<'_>) -> bool| [of(&payment.debtor), of(&payment.creditor)];
    // At one end only: incoming where that is the creditor's.
    let one = |carried: bool, incoming: bool| [carried && !incoming, carried && incoming];
    let back = matches!(payment.kind, PaymentKind::CardRefund | PaymentKind::GamingPayout);
    let collects = payment.debtor.account.is_none() && payment.creditor.account.is_some();
    match kind {
        Subject::Account => both(&|end| is(end.account.as_ref())),
        Subject::Address => both(&|end| is(end.address.as_ref())),
        Subject::Phone => both(&|end| is(end.phone.as_ref())),
        Subject::Email => both(&|end| is(end.email.as_ref())),
        Subject::Wallet => both(&|end| is(end.wallet.as_ref())),
        Subject::Party => both(&|end| match &end.party {
            Some(party) => party.expose() == key,
            None => account(end)
                .is_some_and(|account| holders.get(key).is_some_and(|held| held.contains(account))),
        }),
        Subject::Merchant => {
            one(is(payment.merchant.as_ref().and_then(|merchant| merchant.id.as_ref())), !back)
        }
        Subject::Terminal => {
            one(is(payment.terminal.as_ref().and_then(|terminal| terminal.id.as_ref())), collects)
        }
        Subject::Conductor => {
            one(is(payment.conductor.as_ref().and_then(|who| who.party.as_ref())), collects)
        }
        Subject::Device => {
            let collected = payment.kind == PaymentKind::DirectDebit;
            one(is(payment.device.as_ref().and_then(|device| device.id.as_ref())), collected)
        }
        Subject::Card => {
            let paid = back || payment.kind == PaymentKind::CashDeposit;
            one(is(payment.card.as_ref().and_then(|card| card.token.as_ref())), paid)
        }
        Subject::Pair => {
            let ends = (account(&payment.debtor), account(&payment.creditor));
            let pair = ends.0.zip(ends.1).map(|(from, to)| format!("{from}>{to}"));
            one(pair.as_deref() == Some(key), false)
        }
    }
}

/// Every key that a subject of this kind can have.
pub(crate) fn keys(kind: Subject) -> Vec<String> {
    let pair = |from: &&str| ACCOUNTS.map(|to| format!("{from}>{to}"));
    match kind {
        Subject::Pair => ACCOUNTS.iter().flat_map(pair).collect(),
        Subject::Account => ACCOUNTS.iter().map(|key| (*key).to_owned()).collect(),
        _ => KEYS.iter().map(|key| (*key).to_owned()).collect(),
    }
}
