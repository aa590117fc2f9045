//! One compact record per payment: what evidence, rules and eviction need.
//!
//! A row holds numbers only: texts are atoms, places are place numbers, the payment id sits in the
//! byte arena of the row's day. What few payments carry is boxed ([`Rare`]).

use crate::intern::{Atom, PlaceId};
use palermo_domain::{
    Cents, Channel, Currency, Decimal, EndKind, EventTime, IngestTime, Partition, PaymentKind,
    Rail, Relation, ServiceKind, Status, TerminalKind,
};
use std::num::NonZeroU32;

/// The number of a row; given again after its payment was evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u32);

/// An interned account. `Option<AccountId>` takes four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub(crate) NonZeroU32);

impl AccountId {
    /// Its number, from 0.
    pub fn index(self) -> usize {
        self.0.get().saturating_sub(1) as usize
    }

    /// The account with this number, for those who number accounts themselves.
    pub fn from_index(index: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index))
    }
}

/// The record a payment came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Partition of the payments topic.
    pub partition: Partition,
    /// Offset there.
    pub offset: i64,
    /// The record's own timestamp.
    pub ingest: IngestTime,
}

/// Which end of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leg {
    /// Who pays: the payment goes out.
    Debtor,
    /// Who is paid: the payment comes in.
    Creditor,
}

impl Leg {
    /// Both, debtor first.
    pub const BOTH: [Self; 2] = [Self::Debtor, Self::Creditor];

    /// The other end.
    pub fn opposite(self) -> Self {
        match self {
            Self::Debtor => Self::Creditor,
            Self::Creditor => Self::Debtor,
        }
    }
}

/// A payment in the ledger.
#[derive(Clone, Debug)]
pub struct Row {
    /// Event time.
    pub time: EventTime,
    /// Where it came from.
    pub origin: Origin,
    /// Hash of its content: duplicate or conflict.
    pub content: u64,
    /// Where its id stands in the arena of its day.
    pub(crate) id: (u32, u8),
    /// Kind.
    pub kind: PaymentKind,
    /// Rail.
    pub rail: Rail,
    /// Channel.
    pub channel: Option<Channel>,
    /// Status.
    pub status: Status,
    /// Taken back by a later record: in no window.
    pub reversed: bool,
    /// In the base currency; `None` where there was no rate.
    pub amount: Option<Cents>,
    /// As sent.
    pub amount_original: Decimal,
    /// Its currency.
    pub currency: Currency,
    /// The same as text.
    pub currency_text: Atom,
    /// Local offset.
    pub utc_offset_minutes: Option<i16>,
    /// Purpose code.
    pub purpose: Option<Atom>,
    /// Declared relation.
    pub relation: Option<Relation>,
    /// Who pays.
    pub debtor: EndRow,
    /// Who is paid.
    pub creditor: EndRow,
    /// Place of the terminal.
    pub terminal_place: Option<PlaceId>,
    /// Place of the merchant.
    pub merchant_place: Option<PlaceId>,
    /// Merchant category code.
    pub merchant_mcc: Option<Atom>,
    /// Acceptor id.
    pub merchant_id: Option<Atom>,
    /// Terminal id.
    pub terminal_id: Option<Atom>,
    /// Party at the counter or machine.
    pub conductor_party: Option<Atom>,
    /// What few payments carry.
    pub rare: Option<Box<Rare>>,
}

impl Row {
    /// One end.
    pub fn end(&self, leg: Leg) -> &EndRow {
        match leg {
            Leg::Debtor => &self.debtor,
            Leg::Creditor => &self.creditor,
        }
    }

    /// Bytes held, with the box of what is rare.
    pub(crate) fn bytes(&self) -> usize {
        let rare = if self.rare.is_some() { size_of::<Rare>() } else { 0 };
        size_of::<Self>().saturating_add(rare).saturating_add(usize::from(self.id.1))
    }
}

/// One end of a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct EndRow {
    /// Account.
    pub account: Option<AccountId>,
    /// Party as the payment names it.
    pub party: Option<Atom>,
    /// Kind.
    pub kind: Option<EndKind>,
    /// Bank.
    pub bank: Option<Atom>,
    /// Place.
    pub place: Option<PlaceId>,
}

/// Fields that few payments carry.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of `payment.v1`")]
pub struct Rare {
    pub debtor: EndRare,
    pub creditor: EndRare,
    pub fee: Option<Decimal>,
    pub gross_amount: Option<Decimal>,
    pub merchant_domain: Option<Atom>,
    pub terminal_kind: Option<TerminalKind>,
    pub device_id: Option<Atom>,
    pub device_ip_country: Option<Atom>,
    pub card_token: Option<Atom>,
    pub card_prepaid: Option<bool>,
    pub card_present: Option<bool>,
    pub card_reload: Option<bool>,
    pub conductor_document: Option<Atom>,
    pub conductor_is_holder: Option<bool>,
    pub service_kind: Option<ServiceKind>,
    pub stay_nights: Option<u16>,
    pub stay_rooms: Option<u8>,
    pub refers_to: Option<Atom>,
}

impl Rare {
    /// One end.
    pub fn end(&self, leg: Leg) -> &EndRare {
        match leg {
            Leg::Debtor => &self.debtor,
            Leg::Creditor => &self.creditor,
        }
    }
}

/// What few ends carry.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of `payment.v1`")]
pub struct EndRare {
    pub alias: Option<Atom>,
    pub phone: Option<Atom>,
    pub email: Option<Atom>,
    pub address: Option<Atom>,
    pub wallet: Option<Atom>,
    pub ours: Option<bool>,
    pub balance_after: Option<Decimal>,
}
