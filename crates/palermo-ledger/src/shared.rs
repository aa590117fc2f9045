//! What rows share: each of these records stands once, and a row names it by number.
//!
//! Ends of payments repeat (a few for each account), so do contacts, sites (one for each machine or
//! shop) and manners (some thousand in all). Like other texts they are never forgotten, also when
//! the last payment that names them is; [`Ledger::bytes`](crate::Ledger::bytes) counts them among the
//! texts. A payment whose end, site or manner is its own costs 40 to 60 bytes more than one that
//! shares it.

use crate::intern::{Atom, PlaceId};
use crate::table::{self, Table};
use palermo_domain::snapshot::{Sink, SnapshotError, Source};
use palermo_domain::{
    Channel, Currency, EndKind, PaymentKind, Rail, Relation, Status, TerminalKind, TopicRole,
};
use serde::{Deserialize, Serialize};
use std::hash::{Hash, Hasher};

/// What a payment says of one end, beside the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRow {
    /// Party as the payment names it.
    pub party: Option<Atom>,
    /// Kind.
    pub kind: Option<EndKind>,
    /// Bank.
    pub bank: Option<Atom>,
    /// Place.
    pub place: Option<PlaceId>,
    /// Held at the reporting institution.
    pub ours: Option<bool>,
    /// Number of the [`Contact`].
    pub(crate) contact: u32,
}

/// How an end is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of `payment.v1`")]
pub struct Contact {
    pub alias: Option<Atom>,
    pub phone: Option<Atom>,
    pub email: Option<Atom>,
    pub address: Option<Atom>,
    pub wallet: Option<Atom>,
    /// Stands for the name, which is not kept.
    pub name_key: Option<Atom>,
}

/// Where a payment was made: the merchant and its terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Acceptor id.
    pub merchant_id: Option<Atom>,
    /// Merchant category code.
    pub merchant_mcc: Option<Atom>,
    /// Its domain.
    pub merchant_domain: Option<Atom>,
    /// Place of the merchant.
    pub merchant_place: Option<PlaceId>,
    /// Terminal id.
    pub terminal_id: Option<Atom>,
    /// Its kind.
    pub terminal_kind: Option<TerminalKind>,
    /// Place of the terminal.
    pub terminal_place: Option<PlaceId>,
}

/// What sort of payment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    /// Kind.
    pub kind: PaymentKind,
    /// Rail.
    pub rail: Rail,
    /// Channel.
    pub channel: Option<Channel>,
    /// Status.
    pub status: Status,
    /// Declared relation.
    pub relation: Option<Relation>,
    /// Purpose code.
    pub purpose: Option<Atom>,
    /// Currency of the amount as sent.
    pub currency: Currency,
    /// The same as text; every payment has one.
    pub currency_text: Option<Atom>,
    /// Local offset.
    pub utc_offset_minutes: Option<i16>,
    /// There was a remittance text, which is not kept.
    pub worded: bool,
    /// Decimals of the amount as sent.
    pub(crate) scale: u8,
    /// Topic of the record.
    pub(crate) role: TopicRole,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            kind: PaymentKind::Transfer,
            rail: Rail::Internal,
            channel: None,
            status: Status::Booked,
            relation: None,
            purpose: None,
            currency: Currency::NONE,
            currency_text: None,
            utc_offset_minutes: None,
            worded: false,
            scale: 0,
            role: TopicRole::Payments,
        }
    }
}

/// The number of a text, 0 where there is none.
fn raw(atom: Option<Atom>) -> u64 {
    atom.map_or(0, |atom| u64::from(atom.number().get()))
}

/// The number of a place, 0 where there is none.
fn raw_place(place: Option<PlaceId>) -> u64 {
    place.map_or(0, |place| u64::from(place.number().get()))
}

// Every payment looks up a record of each table, so they are hashed by whole words: the derived
// hashes take each field and whether it is there for itself. What is equal has equal words.

impl Hash for EndRow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(raw(self.party) | raw(self.bank) << 32);
        state.write_u64(raw_place(self.place) | u64::from(self.contact) << 32);
        let kind = self.kind.map_or(255, |kind| kind as u16);
        state.write_u16(kind << 8 | self.ours.map_or(2, u16::from));
    }
}

impl Hash for Contact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(raw(self.alias) | raw(self.phone) << 32);
        state.write_u64(raw(self.email) | raw(self.address) << 32);
        state.write_u64(raw(self.wallet) | raw(self.name_key) << 32);
    }
}

impl Hash for Site {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(raw(self.merchant_id) | raw(self.merchant_mcc) << 32);
        state.write_u64(raw(self.merchant_domain) | raw_place(self.merchant_place) << 32);
        state.write_u64(raw(self.terminal_id) | raw_place(self.terminal_place) << 32);
        state.write_u8(self.terminal_kind.map_or(u8::MAX, |kind| kind as u8));
    }
}

impl Hash for Manner {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let optional = [
            self.channel.map_or(u8::MAX, |channel| channel as u8),
            self.relation.map_or(u8::MAX, |relation| relation as u8),
        ];
        let [channel, relation] = optional;
        let (kind, rail, status) = (self.kind as u8, self.rail as u8, self.status as u8);
        let role = self.role as u8;
        let all = [kind, rail, status, channel, relation, self.scale, role, u8::from(self.worded)];
        state.write_u64(u64::from_le_bytes(all));
        state.write_u64(raw(self.purpose) | raw(self.currency_text) << 32);
        state.write_u32(
            self.utc_offset_minutes.map_or(u32::MAX, |offset| u32::from(offset.cast_unsigned())),
        );
    }
}

/// What rows share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) ends: Table<EndRow>,
    pub(crate) contacts: Table<Contact>,
    pub(crate) sites: Table<Site>,
    pub(crate) manners: Table<Manner>,
}

/// What rows share as it stood, without what finds it.
pub(crate) struct Records {
    ends: table::Records<EndRow>,
    contacts: table::Records<Contact>,
    sites: table::Records<Site>,
    manners: table::Records<Manner>,
}

impl Records {
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        self.ends.write(sink, "ledger.ends")?;
        self.contacts.write(sink, "ledger.contacts")?;
        self.sites.write(sink, "ledger.sites")?;
        self.manners.write(sink, "ledger.manners")
    }
}

impl Shared {
    /// A copy to be written.
    pub(crate) fn freeze(&self) -> Records {
        Records {
            ends: self.ends.records(),
            contacts: self.contacts.records(),
            sites: self.sites.records(),
            manners: self.manners.records(),
        }
    }

    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        Ok(Self {
            ends: Table::read(source, "ledger.ends")?,
            contacts: Table::read(source, "ledger.contacts")?,
            sites: Table::read(source, "ledger.sites")?,
            manners: Table::read(source, "ledger.manners")?,
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.ends
            .bytes()
            .saturating_add(self.contacts.bytes())
            .saturating_add(self.sites.bytes())
            .saturating_add(self.manners.bytes())
    }
}
