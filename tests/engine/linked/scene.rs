//! Small nasty worlds for linked evidence: ten accounts, some held together, some by parties that
//! declare relations; payments whose purpose says which flag they raise, with devices, telephones,
//! addresses, terminals and shops that a few accounts share.

use palermo_domain::{
    Date, Decimal, Device, EventTime, Merchant, PartyRelation, Redacted, RelationKind, Status,
    Terminal,
};
use palermo_testkit::Owned;
use palermo_testkit::scene::{START, blank, party, reversal, text};
use palermo_testkit::world::World;
use proptest::prelude::*;
use std::borrow::Cow;

/// What a payment is for: flags look at nothing else.
pub const TAGS: [&str; 7] = ["SALA", "RENT", "GDDS", "TAXS", "CASH", "LOAN", "OTHR"];
/// The accounts.
const ACCOUNTS: u8 = 10;
/// Twelve hours.
const SLOT_MS: i64 = 12 * 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// Beside the grid: so that a terminal is shared within ten minutes, and just not.
const BESIDE: [i64; 8] = [0, 0, 0, 0, 1, 5 * MINUTE_MS, 10 * MINUTE_MS, 10 * MINUTE_MS + 1];

/// A payment as small numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Draft {
    when: (u8, u8),
    ends: (u8, u8),
    tag: u8,
    device: u8,
    /// Telephones of both ends, address of the creditor.
    said: (u8, u8, u8),
    terminal: u8,
    shop: u8,
    status: u8,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let payment = self.payment(String::new());
        let tag = payment.purpose.as_deref().unwrap_or("-");
        let Self { ends: (from, to), device, said, terminal, shop, .. } = self;
        write!(f, "{} {from} -> {to} {tag} {} ", payment.event_time, payment.status.as_str())?;
        write!(f, "[d{device} {said:?} t{terminal} s{shop}]")
    }
}

pub fn account(index: u8) -> String {
    format!("BANK:{index}")
}

/// The payments of a world, over so many half days.
pub fn drafts(
    slots: u8,
    count: impl Into<proptest::collection::SizeRange>,
) -> impl Strategy<Value = Vec<Draft>> {
    let one = (
        (0..slots, 0..8_u8),
        (0..ACCOUNTS, 0..ACCOUNTS),
        0..9_u8,
        0..9_u8,
        (0..14_u8, 0..14_u8, 0..12_u8),
        (0..8_u8, 0..6_u8, 0..12_u8),
    );
    let one = one.prop_map(|(when, ends, tag, device, said, (terminal, shop, status))| Draft {
        when,
        ends,
        tag,
        device,
        said,
        terminal,
        shop,
        status,
    });
    proptest::collection::vec(one, count)
}

/// Small numbers say nothing, so that failing cases shrink to bare payments.
fn hash(kind: &str, index: u8) -> Option<palermo_domain::Text<'static>> {
    (index > 0).then(|| text(format!("{kind}00aa00aa00aa0{index}")))
}

impl Draft {
    pub fn payment(&self, id: String) -> Owned {
        let mut payment = blank(id);
        let beside = BESIDE[usize::from(self.when.1)];
        let ms = i64::from(self.when.0) * SLOT_MS + beside;
        payment.event_time = EventTime(START.midnight().0 + ms);
        payment.currency = crate::rules::usd();
        payment.amount = Decimal::new(10_000 + i64::from(self.tag) * 100, 2);
        let tag = usize::from(self.tag).checked_sub(2);
        payment.purpose = tag.map(|tag| Cow::Borrowed(TAGS[tag]));
        payment.status = match self.status {
            11 => Status::Attempted,
            10 => Status::Rejected,
            _ => Status::Booked,
        };
        payment.debtor.account = Some(text(account(self.ends.0)));
        payment.creditor.account = Some(text(account(self.ends.1)));
        payment.debtor.phone = hash("aa", self.said.0.saturating_sub(10));
        payment.creditor.phone = hash("aa", self.said.1.saturating_sub(10));
        payment.creditor.address = hash("bb", self.said.2.saturating_sub(8));
        payment.device = (self.device > 5).then(|| Device {
            id: Some(text(format!("DEV-{}", self.device))),
            ..Device::default()
        });
        payment.terminal = (self.terminal > 5).then(|| Terminal {
            id: Some(text(format!("TERM-{}", self.terminal))),
            ..Terminal::default()
        });
        payment.merchant = (self.shop > 3).then(|| Merchant {
            id: Some(text(format!("SHOP-{}", self.shop))),
            ..Merchant::default()
        });
        payment
    }
}

/// The payments of drafts: `P000`, `P001`, …
pub fn payments(drafts: &[Draft]) -> Vec<Owned> {
    drafts.iter().enumerate().map(|(at, draft)| draft.payment(format!("P{at:03}"))).collect()
}

/// What happens to a payment beside being sent: sent again, or taken back so many half days later.
pub type Disturbance = (bool, prop::sample::Index, u8);

pub fn disturbances() -> impl Strategy<Value = Vec<Disturbance>> {
    proptest::collection::vec((any::<bool>(), any::<prop::sample::Index>(), 0..8_u8), 0..8)
}

/// Everything that is sent, and what is left of it in the end.
pub fn disturbed(plain: &[Owned], disturbances: &[Disturbance]) -> (Vec<Owned>, Vec<Owned>) {
    let (mut sent, mut left) = (plain.to_vec(), plain.to_vec());
    for (at, (again, which, later)) in disturbances.iter().enumerate() {
        let of = &plain[which.index(plain.len())];
        if *again {
            sent.push(Owned { batch: Some(Cow::Borrowed("again")), ..of.clone() });
        } else if left.iter().any(|one| one.payment_id == of.payment_id) {
            let time = EventTime(of.event_time.0 + i64::from(*later) * SLOT_MS);
            sent.push(reversal(of, format!("R{at:03}"), time));
            left.retain(|one| one.payment_id != of.payment_id);
        }
    }
    (sent, left)
}

/// Who declares a relation to whom: from which day of the scene, to which.
type Tie = (u8, u8, Option<i8>, Option<i8>);

/// Four parties: the first holds two accounts, the second one of these and another, the third and
/// the fourth one each. The other accounts belong to nobody known.
pub fn worlds() -> impl Strategy<Value = World> {
    let day = || proptest::option::of(-2..9_i8);
    let ties = proptest::collection::vec((0..4_u8, 0..4_u8, day(), day()), 0..5);
    (ties, any::<bool>()).prop_map(|(ties, joint)| world(&ties, joint))
}

pub fn world(ties: &[Tie], joint: bool) -> World {
    let held: [&[u8]; 4] = [&[0, 1], if joint { &[1, 2] } else { &[2] }, &[3], &[4]];
    let mut parties: Vec<_> = held
        .iter()
        .enumerate()
        .map(|(at, accounts)| {
            let texts: Vec<String> = accounts.iter().map(|one| account(*one)).collect();
            let accounts: Vec<(&str, Option<i32>)> =
                texts.iter().map(|text| (text.as_str(), None)).collect();
            party(&format!("PARTY-{at}"), &accounts, 0)
        })
        .collect();
    for (from, to, since, until) in ties {
        let day = |day: Option<i8>| day.map(|day| Date(START.0 + i32::from(day)));
        let until = day(*until).filter(|until| day(*since).is_none_or(|since| since <= *until));
        parties[usize::from(*from)].relations.push(PartyRelation {
            party: Redacted::new(format!("PARTY-{to}")),
            kind: RelationKind::Family,
            since: day(*since),
            until,
        });
    }
    World { base: crate::rules::usd(), rates: Vec::new(), parties }
}
