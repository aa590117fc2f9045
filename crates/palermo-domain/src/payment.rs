//! One payment, decoded and checked, borrowed from the bytes of its record.
//!
//! The fields are those of `payment.v1`. Texts that identify people are [`Redacted`], and what says
//! together who did what where (amounts, balances, places, journeys) is not shown by `Debug` either;
//! strings without JSON escapes are borrowed, so decoding an ordinary payment allocates nothing.

use crate::{
    Channel, CryptoCategory, CryptoConfidence, Currency, Date, EndKind, EventTime, PaymentKind,
    PlaceText, Rail, Redacted, Relation, ServiceKind, Status, TerminalKind,
};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, Hash};

/// Text of a record that may name a person or thing; never printed.
pub type Text<'a> = Redacted<Cow<'a, str>>;

/// One payment as a bank, processor, remitter or exchange knows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payment<'a> {
    /// Unique per record.
    pub payment_id: Text<'a>,
    /// When it happened.
    pub event_time: EventTime,
    /// Offset of the place where it happened, where known.
    pub utc_offset_minutes: Option<i16>,
    /// The kind of money event.
    pub kind: PaymentKind,
    /// The rail it moved on.
    pub rail: Rail,
    /// Where the order was given.
    pub channel: Option<Channel>,
    /// The state of its life; `booked` where the record does not say.
    pub status: Status,
    /// In `currency`, exactly as sent; at most 23 digits, at most 8 decimals.
    pub amount: Decimal,
    /// ISO 4217, or an asset's ticker on the crypto rail.
    pub currency: Currency,
    /// What it cost.
    pub fee: Option<Decimal>,
    /// Who pays.
    pub debtor: End<'a>,
    /// Who is paid.
    pub creditor: End<'a>,
    /// On whose behalf it is paid.
    pub ultimate_debtor: Option<Box<End<'a>>>,
    /// For whose benefit it is paid.
    pub ultimate_creditor: Option<Box<End<'a>>>,
    /// Who stood at the counter or machine.
    pub conductor: Option<Conductor<'a>>,
    /// The card acceptor.
    pub merchant: Option<Merchant<'a>>,
    /// The machine or counter.
    pub terminal: Option<Terminal<'a>>,
    /// The payer's device.
    pub device: Option<Device<'a>>,
    /// The card.
    pub card: Option<Card<'a>>,
    /// What analytics says of each side of a crypto payment.
    pub crypto: Option<Box<Crypto<'a>>>,
    /// A journey that was paid for.
    pub travel: Option<Box<Travel<'a>>>,
    /// Notes and coins.
    pub cash: Option<Box<Cash>>,
    /// A stay that was paid for.
    pub stay: Option<Stay>,
    /// A service that was paid for.
    pub service: Option<Service<'a>>,
    /// A check.
    pub check: Option<Check<'a>>,
    /// ISO 20022 external purpose code.
    pub purpose: Option<Cow<'a, str>>,
    /// Relation that the sender declared.
    pub relation: Option<Relation>,
    /// Remittance text: matched against lexicons, never kept.
    pub text: Option<Text<'a>>,
    /// End-to-end id.
    pub end_to_end_id: Option<Text<'a>>,
    /// Unique end-to-end transaction reference.
    pub uetr: Option<Text<'a>>,
    /// The earlier payment this record is about.
    pub refers_to: Option<Text<'a>>,
    /// Gross pay.
    pub gross_amount: Option<Decimal>,
    /// What the creditor's end received, where it differs.
    pub counter_amount: Option<Decimal>,
    /// Its currency or asset.
    pub counter_currency: Option<Currency>,
    /// Legal entity or branch that owns the data.
    pub entity: Option<Cow<'a, str>>,
    /// Batch of the sending system; not part of the content.
    pub batch: Option<Cow<'a, str>>,
    /// Where the record was mapped from; not part of the content.
    pub source: Option<Cow<'a, str>>,
}

impl Payment<'_> {
    /// A hash of the decoded content without `source` and `batch`: what tells a duplicate from a
    /// conflict among records with the same payment id. Independent of field order and spacing.
    pub fn content_hash(&self) -> u64 {
        let mut content = self.clone();
        content.batch = None;
        content.source = None;
        foldhash::quality::FixedState::with_seed(0x7061_6c65_726d_6f31).hash_one(&content)
    }
}

/// The kind of event; nothing of who, where, when and how much.
impl fmt::Debug for Payment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment")
            .field("kind", &self.kind)
            .field("rail", &self.rail)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// `Debug` that says what it is and no more.
macro_rules! opaque {
    ($($name:ident $(<$life:lifetime>)?),*) => {
        $(impl fmt::Debug for $name $(<$life>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })*
    };
}

opaque!(End<'_>, Device<'_>, CryptoSide<'_>, Travel<'_>, Cash, CashNotes, Stay);

/// One end of a payment.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct End<'a> {
    /// Globally unique account.
    pub account: Option<Text<'a>>,
    /// Party id.
    pub party: Option<Text<'a>>,
    /// Name.
    pub name: Option<Text<'a>>,
    /// Person, business, public body.
    pub kind: Option<EndKind>,
    /// BIC or scheme member id.
    pub bank: Option<Cow<'a, str>>,
    /// Where the end is.
    pub place: PlaceText<'a>,
    /// Proxy of a P2P scheme.
    pub alias: Option<Text<'a>>,
    /// Keyed hash.
    pub phone: Option<Text<'a>>,
    /// Keyed hash.
    pub email: Option<Text<'a>>,
    /// Keyed hash.
    pub address: Option<Text<'a>>,
    /// On-chain address.
    pub wallet: Option<Text<'a>>,
    /// Held at the reporting institution.
    pub ours: Option<bool>,
    /// Balance after booking.
    pub balance_after: Option<Decimal>,
}

/// Who stood at the counter or machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Conductor<'a> {
    /// Party id.
    pub party: Option<Text<'a>>,
    /// Keyed hash of a document.
    pub document: Option<Text<'a>>,
    /// Whether it is the holder.
    pub is_holder: Option<bool>,
}

/// The card acceptor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Merchant<'a> {
    /// Acceptor id.
    pub id: Option<Text<'a>>,
    /// Merchant category code, four digits.
    pub mcc: Option<Cow<'a, str>>,
    /// Name.
    pub name: Option<Text<'a>>,
    /// Domain.
    pub domain: Option<Text<'a>>,
    /// Where it is.
    pub place: PlaceText<'a>,
}

/// The machine or counter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Terminal<'a> {
    /// Terminal id.
    pub id: Option<Text<'a>>,
    /// Its kind.
    pub kind: Option<TerminalKind>,
    /// Where it is.
    pub place: PlaceText<'a>,
}

/// The payer's device.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Device<'a> {
    /// Device id.
    pub id: Option<Text<'a>>,
    /// IP address.
    pub ip: Option<Text<'a>>,
    /// Country of the address.
    pub ip_country: Option<Cow<'a, str>>,
}

/// The card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Card<'a> {
    /// Token.
    pub token: Option<Text<'a>>,
    /// Prepaid.
    pub prepaid: Option<bool>,
    /// Present at the terminal.
    pub present: Option<bool>,
    /// A reload of the card.
    pub reload: Option<bool>,
}

/// A crypto payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Crypto<'a> {
    /// Hash of the on-chain transaction.
    pub tx_hash: Option<Text<'a>>,
    /// Chain.
    pub chain: Option<Cow<'a, str>>,
    /// The payer's side.
    pub debtor: Option<CryptoSide<'a>>,
    /// The receiver's side.
    pub creditor: Option<CryptoSide<'a>>,
}

/// What analytics says of one side.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct CryptoSide<'a> {
    /// Cluster id.
    pub cluster: Option<Text<'a>>,
    /// Label.
    pub label: Option<Text<'a>>,
    /// Category.
    pub category: Option<CryptoCategory>,
    /// Confidence.
    pub confidence: Option<CryptoConfidence>,
    /// As of which day.
    pub as_of: Option<Date>,
    /// Exposure in percent.
    pub exposure_percent: Option<Decimal>,
    /// Hops to the exposure.
    pub hops: Option<u8>,
}

/// A journey.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Travel<'a> {
    /// One way.
    pub one_way: Option<bool>,
    /// How many passengers.
    pub passengers: Option<u8>,
    /// From where.
    pub from: Option<Text<'a>>,
    /// To where.
    pub to: Option<Text<'a>>,
    /// Destination country.
    pub to_country: Option<Cow<'a, str>>,
    /// Day of departure.
    pub depart: Option<Date>,
    /// Keyed hash of the booking.
    pub booking: Option<Text<'a>>,
    /// Keyed hashes of the travelers.
    pub travelers: Vec<Text<'a>>,
}

/// Notes and coins.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Cash {
    /// Notes taken in.
    pub notes_in: Vec<CashNotes>,
    /// Notes given out.
    pub notes_out: Vec<CashNotes>,
    /// Coins.
    pub coins: Option<Decimal>,
}

/// Notes of one value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CashNotes {
    /// Value of one note.
    pub value: Decimal,
    /// How many.
    pub count: u32,
}

/// A stay.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Stay {
    /// First night.
    pub check_in: Option<Date>,
    /// How many nights.
    pub nights: Option<u16>,
    /// How many rooms.
    pub rooms: Option<u8>,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Service<'a> {
    /// Its kind.
    pub kind: Option<ServiceKind>,
    /// Keyed hash of the number, meter, lease or patient.
    pub reference: Option<Text<'a>>,
}

/// A check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Check<'a> {
    /// Payee.
    pub payee: Option<Text<'a>>,
    /// Keyed hash of the number.
    pub number: Option<Text<'a>>,
}

#[cfg(test)]
mod tests;
