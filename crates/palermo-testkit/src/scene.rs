//! Strategies for small streams of payments in which everything that is rare in a bank is common.
//!
//! Five accounts, event times on a grid of six hours (so that they are equal, and windows of whole
//! days end exactly on a payment) with a millisecond to either side, few amounts around the limits
//! that rules have, and every field missing now and then. [`drafts`] makes payments without a life;
//! [`disturb`] adds duplicates, conflicts and reversals; [`arrive`] gives an order of arrival within
//! a lateness. All of it shrinks, because a draft is a handful of small numbers.

use crate::Owned;
use crate::world::World;
use palermo_domain::{
    Card, Conductor, Currency, Date, Decimal, End, EndKind, EventTime, Feed, FeedSet, MicroDegrees,
    OwnedAccount, Party, PartyKind, PartyRelation, PaymentKind, Place, PlaceText, Rail, Redacted,
    RelationKind, Span, Status, Terminal, Text,
};
use proptest::prelude::*;
use std::borrow::Cow;

/// The first day of every scene.
pub const START: Date = Date(20_515);
/// Six hours: the grid of event times.
pub const SLOT_MS: i64 = 6 * 3_600_000;
/// The accounts.
pub const ACCOUNTS: [&str; 5] = ["BANK:A", "BANK:B", "BANK:C", "BANK:D", "BANK:E"];

/// One payment as small numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Draft {
    /// Place on the grid, and -1, 0 or 1 milliseconds beside it.
    pub when: (u16, i8),
    /// Debtor and creditor as indices of [`ACCOUNTS`].
    pub ends: (u8, u8),
    /// Index of kind, amount and currency.
    pub what: (u8, u8, u8),
    /// Index of place, region of the ends, offset.
    pub place: (u8, u8, u8),
    /// Index of conductor, purpose, status.
    pub rest: (u8, u8, u8),
    /// Index of the debtor's balance, the creditor's, and what is said of the ends.
    pub ends_say: (u8, u8, u8),
}

/// On one line, because many of them stand in a failing case.
impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let payment = self.payment(String::new());
        let account = |end: &End<'_>| end.account.as_ref().map(|text| text.expose().to_string());
        write!(
            f,
            "{} {} {:?} -> {:?} {} {} {} [{:?} {:?} {:?}]",
            payment.event_time,
            payment.kind.as_str(),
            account(&payment.debtor),
            account(&payment.creditor),
            payment.amount,
            payment.currency,
            payment.status.as_str(),
            self.place,
            self.rest,
            self.ends_say,
        )
    }
}

/// A payment as it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// What arrives.
    pub payment: Owned,
    /// The record's own timestamp.
    pub at: i64,
    /// In which partition.
    pub partition: i32,
}

/// A text that nobody must print.
pub fn text(text: impl Into<String>) -> Text<'static> {
    Redacted::new(Cow::Owned(text.into()))
}

/// Drafts over so many slots.
pub fn drafts(
    slots: u16,
    count: impl Into<proptest::collection::SizeRange>,
) -> impl Strategy<Value = Vec<Draft>> {
    let beside = prop_oneof![6 => Just(0_i8), 1 => Just(-1), 1 => Just(1)];
    let one = (
        (0..slots, beside),
        (0..5_u8, 0..5_u8),
        (0..10_u8, 0..12_u8, 0..12_u8),
        (0..8_u8, 0..5_u8, 0..6_u8),
        (0..5_u8, 0..5_u8, 0..16_u8),
        (0..12_u8, 0..12_u8, 0..16_u8),
    )
        .prop_map(|(when, ends, what, place, rest, ends_say)| Draft {
            when,
            ends,
            what,
            place,
            rest,
            ends_say,
        });
    proptest::collection::vec(one, count)
}

/// The payments of drafts: `P000`, `P001`, …
pub fn payments(drafts: &[Draft]) -> Vec<Owned> {
    drafts.iter().enumerate().map(|(index, draft)| draft.payment(format!("P{index:03}"))).collect()
}

fn pick<T: Copy>(from: &[T], index: u8) -> Option<T> {
    from.get(usize::from(index)).copied()
}

const KINDS: [(PaymentKind, Rail); 10] = [
    (PaymentKind::Transfer, Rail::P2p),
    (PaymentKind::Transfer, Rail::P2p),
    (PaymentKind::Transfer, Rail::P2p),
    (PaymentKind::Transfer, Rail::Ach),
    (PaymentKind::CashDeposit, Rail::Cash),
    (PaymentKind::CashDeposit, Rail::Cash),
    (PaymentKind::CashWithdrawal, Rail::Cash),
    (PaymentKind::CashWithdrawal, Rail::Cash),
    (PaymentKind::CardPurchase, Rail::Card),
    (PaymentKind::Payroll, Rail::Ach),
];
/// In hundredths.
const AMOUNTS: [i64; 12] = [
    1, 5_000, 10_000, 10_005, 25_000, 40_000, 79_999, 80_000, 800_000, 900_000, 999_999, 1_000_000,
];
/// Two towns 20 km apart, two far away, one without coordinates.
const PLACES: [(&str, Option<(i32, i32)>); 5] = [
    ("Laredo", Some((27_530_000, -99_490_000))),
    ("Nearby", Some((27_700_000, -99_550_000))),
    ("Dallas", Some((32_780_000, -96_800_000))),
    ("Atlanta", Some((33_750_000, -84_390_000))),
    ("Somewhere", None),
];
const REGIONS: [&str; 3] = ["US-TX", "US-GA", "US-IL"];
/// Balances in hundredths, also overdrawn; beyond them nothing is known.
const BALANCES: [i64; 8] = [-25_000, -20_000, 0, 1, 5_000, 10_000, 25_000, 900_000];
const OFFSETS: [i16; 5] = [-300, 0, 120, 840, -840];

impl Draft {
    /// Its event time.
    pub fn time(&self) -> EventTime {
        let slots = i64::from(self.when.0).saturating_mul(SLOT_MS);
        let ms = slots.saturating_add(i64::from(self.when.1));
        EventTime(START.midnight().0.saturating_add(ms))
    }

    /// The payment, with this id.
    pub fn payment(&self, id: String) -> Owned {
        let (kind, rail) = pick(&KINDS, self.what.0).unwrap_or((PaymentKind::Transfer, Rail::P2p));
        let code = match self.what.2 {
            0 | 1 => "EUR",
            2 => "MXN",
            _ => "USD",
        };
        let (mut debtor, mut creditor) = (end(self.ends.0, self.place.1), end(self.ends.1, 1));
        // Cash has one end here; the other end of a card purchase is not always known.
        match kind {
            PaymentKind::CashDeposit => debtor = End::default(),
            PaymentKind::CashWithdrawal => creditor = End::default(),
            PaymentKind::CardPurchase if self.ends.1 == 4 => creditor.account = None,
            _ => {}
        }
        self.say(&mut debtor, &mut creditor);
        let cash = matches!(kind, PaymentKind::CashDeposit | PaymentKind::CashWithdrawal);
        Owned {
            event_time: self.time(),
            utc_offset_minutes: pick(&OFFSETS, self.place.2),
            kind,
            rail,
            status: match self.rest.2 {
                0 => Status::Attempted,
                1 => Status::Rejected,
                _ => Status::Booked,
            },
            amount: Decimal::new(pick(&AMOUNTS, self.what.1).unwrap_or(5_000), 2),
            currency: Currency::try_new(code).unwrap_or(Currency::XXX),
            debtor,
            creditor,
            conductor: (cash && self.rest.0 < 4).then(|| Conductor {
                party: Some(text(format!("V{}", self.rest.0))),
                ..Conductor::default()
            }),
            terminal: (cash && self.place.0 < 5)
                .then(|| Terminal { place: town(self.place.0), ..Terminal::default() }),
            card: (kind == PaymentKind::CardPurchase)
                .then(|| Card { prepaid: pick(&[true, false], self.rest.1), ..Card::default() }),
            purpose: pick(&["SALA", "RENT"], self.rest.1).map(Cow::Borrowed),
            ..blank(id)
        }
    }

    /// Balances; phones, addresses and a party that several ends may share.
    fn say(&self, debtor: &mut End<'static>, creditor: &mut End<'static>) {
        let (left, gained, said) = self.ends_say;
        debtor.balance_after = pick(&BALANCES, left).map(|cents| Decimal::new(cents, 2));
        creditor.balance_after = pick(&BALANCES, gained).map(|cents| Decimal::new(cents, 2));
        let hash = || Some(text("00aa00aa00aa00aa"));
        match said {
            0 => debtor.phone = hash(),
            1 => creditor.phone = hash(),
            2 => (debtor.address, creditor.address) = (hash(), hash()),
            3 => debtor.email = hash(),
            4 => debtor.party = Some(text("TWO")),
            _ => {}
        }
    }
}

/// One of the towns; beyond them nothing is known.
fn town(index: u8) -> PlaceText<'static> {
    match pick(&PLACES, index) {
        None => PlaceText::default(),
        Some((town, at)) => PlaceText {
            town: Some(Cow::Borrowed(town)),
            coordinates: at.map(|(lat, lon)| (MicroDegrees(lat), MicroDegrees(lon))),
            ..PlaceText::default()
        },
    }
}

fn end(account: u8, region: u8) -> End<'static> {
    End {
        account: pick(&ACCOUNTS, account).map(text),
        kind: Some(EndKind::Person),
        place: PlaceText {
            region: pick(&REGIONS, region).map(Cow::Borrowed),
            ..PlaceText::default()
        },
        ..End::default()
    }
}

/// A transfer of nothing, of nobody, at no time.
pub fn blank(id: String) -> Owned {
    Owned {
        payment_id: text(id),
        event_time: EventTime(0),
        utc_offset_minutes: None,
        kind: PaymentKind::Transfer,
        rail: Rail::P2p,
        channel: None,
        status: Status::Booked,
        amount: Decimal::ONE,
        currency: Currency::XXX,
        fee: None,
        debtor: End::default(),
        creditor: End::default(),
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

/// The reversal of a payment, as a record of its own.
pub fn reversal(of: &Owned, id: String, at: EventTime) -> Owned {
    Owned {
        payment_id: text(id),
        event_time: at,
        status: Status::Reversed,
        refers_to: Some(of.payment_id.clone()),
        ..of.clone()
    }
}

/// What happens to a stream beside its payments: what, to which payment, how many slots later.
pub type Disturbance = (u8, prop::sample::Index, i8);

/// Disturbances, up to so many.
pub fn disturbances(most: usize) -> impl Strategy<Value = Vec<Disturbance>> {
    proptest::collection::vec((0..9_u8, any::<prop::sample::Index>(), -6..7_i8), 0..=most)
}

/// Adds duplicates (with another batch), conflicts, reversals, second, mismatched and reversed
/// reversals, and reversals of nothing.
pub fn disturb(payments: &mut Vec<Owned>, disturbances: &[Disturbance]) {
    let plain = payments.clone();
    for (index, (what, which, slots)) in disturbances.iter().enumerate() {
        let Some(of) = plain.get(which.index(plain.len().max(1))) else { return };
        let at =
            EventTime(of.event_time.0.saturating_add(i64::from(*slots).saturating_mul(SLOT_MS)));
        let id = format!("R{index:03}");
        let mut back = reversal(of, id, at);
        match what {
            0 | 1 => {
                payments.push(Owned { batch: Some(Cow::Borrowed("again")), ..of.clone() });
                continue;
            }
            2 => {
                payments.push(Owned { amount: Decimal::new(777, 2), ..of.clone() });
                continue;
            }
            3 => back.amount = Decimal::new(778, 2),
            4 => back.debtor = End { account: Some(text("BANK:Q")), ..end(5, 5) },
            5 => back.refers_to = Some(text("NOTHING")),
            6 => back.refers_to = Some(back.payment_id.clone()),
            _ => {}
        }
        payments.push(back);
    }
}

/// An order of arrival: each payment so long after its event time, ties as they stand.
/// `delays` are used over and over; partitions are given in turn of them.
pub fn arrive(
    payments: &[Owned],
    delays: &[(u32, u8)],
    most: Span,
    partitions: i32,
) -> Vec<Arrival> {
    let steps = most.as_millis().max(1);
    let each = payments.iter().zip(delays.iter().cycle());
    let mut arrivals: Vec<Arrival> = each
        .map(|(payment, (delay, partition))| Arrival {
            payment: payment.clone(),
            at: payment.event_time.0.saturating_add(i64::from(*delay).rem_euclid(steps)),
            partition: i32::from(*partition).rem_euclid(partitions.max(1)),
        })
        .collect();
    arrivals.sort_by_key(|arrival| (arrival.at, arrival.partition));
    arrivals
}

/// Delays and partitions for [`arrive`].
pub fn delays(most: Span) -> impl Strategy<Value = Vec<(u32, u8)>> {
    let most = u32::try_from(most.as_millis()).unwrap_or(u32::MAX).max(1);
    proptest::collection::vec((0..most, 0..16_u8), 17..64)
}

/// Customers and rates: `A` and `B` belong to one party, `C` to another, `D` and `E` to nobody
/// known; now and then the other party holds `B` as well, or may use it. Some feeds are delivered. Rates of the euro on some days, none of the peso.
pub fn worlds() -> impl Strategy<Value = World> {
    let opened = || proptest::option::of(0..120_i32);
    let rates = proptest::collection::btree_map(-10..20_i32, 1..4_i64, 0..5);
    let ties = (0..4_u8, 0..4_u8, [0..4_u8, 0..4_u8]);
    (opened(), opened(), 0..6_u8, 0..6_u8, ties, rates).prop_map(
        |(first, second, home, other_home, (related, shared, delivered), rates)| {
            let mut one = party("ONE", &[("BANK:A", first), ("BANK:B", None)], home);
            let mut two = party("TWO", &[("BANK:C", second)], other_home);
            (one.feeds, two.feeds) = (feeds(delivered[0]), feeds(delivered[1]));
            match related {
                1 => one.relations.push(relation("TWO", None)),
                2 => two.relations.push(relation("ONE", Some(Date(START.0.saturating_add(3))))),
                3 => {
                    let address = Some(Redacted::new("00ff00ff00ff00ff".to_owned()));
                    one.address.clone_from(&address);
                    two.address = address;
                }
                _ => {}
            }
            if shared < 2 {
                let mut own = party("TWO", &[("BANK:B", second)], 0).accounts;
                own.iter_mut().for_each(|own| own.holder = shared == 0);
                two.accounts.extend(own);
            }
            let euro = |(day, rate): (i32, i64)| {
                let day = Date(START.0.saturating_add(day));
                Some((Currency::try_new("EUR")?, day, Decimal::new(rate.saturating_mul(33), 2)))
            };
            World {
                base: Currency::try_new("USD").unwrap_or(Currency::XXX),
                rates: rates.into_iter().filter_map(euro).collect(),
                parties: vec![one, two],
            }
        },
    )
}

/// Cash, cards, both or nothing.
fn feeds(index: u8) -> FeedSet {
    let mut feeds = FeedSet::default();
    for (feed, on) in [(Feed::Cash, index & 1 == 1), (Feed::Card, index & 2 == 2)] {
        if on {
            feeds.insert(feed);
        }
    }
    feeds
}

fn relation(party: &str, since: Option<Date>) -> PartyRelation {
    let party = Redacted::new(party.to_owned());
    PartyRelation { party, kind: RelationKind::Family, since, until: None }
}

/// A person with these accounts (opened so many days before the scene) and this home.
pub fn party(id: &str, accounts: &[(&str, Option<i32>)], home: u8) -> Party {
    let own = |(account, days): &(&str, Option<i32>)| OwnedAccount {
        account: Redacted::new((*account).to_owned()),
        opened: days.map(|days| Date(START.0.saturating_sub(days))),
        closed: None,
        product: None,
        holder: true,
    };
    let home: Option<Place> =
        Some(town(home)).filter(|place| !place.absent()).map(|place| place.to_place());
    Party {
        party: Redacted::new(id.to_owned()),
        as_of: START.midnight().minus(Span::from_days(300)),
        kind: PartyKind::Person,
        accounts: accounts.iter().map(own).collect(),
        segment: None,
        home: home.map(Redacted::new),
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
        feeds: FeedSet::default(),
        merchants: Vec::new(),
        terminals: Vec::new(),
        activity: None,
        occupation_code: None,
        incorporated: None,
        events: Vec::new(),
        hash_key_id: None,
    }
}
