//! One payment as rules, evidence and eviction see it.
//!
//! A [`Row`] is a view of packed bytes (modules `pages`, `pack`, `few`): each method unpacks what it
//! is asked for and nothing else. What repeats from payment to payment is in module `shared`.

use crate::few::{self, Few};
use crate::intern::Atom;
use crate::pack;
use crate::pages::Slot;
use crate::payment_id::PaymentId;
use crate::shared::{Contact, EndRow, Manner, Shared, Site};
use palermo_domain::{Cents, Decimal, EventTime, IngestTime, Partition, PaymentKind, ServiceKind};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// The number of a row; given again after its payment was evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId(pub u32);

/// An interned account, or another subject: they share their numbers ([`crate::Carried`]).
/// `Option<AccountId>` takes four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Partition of the payments topic.
    pub partition: Partition,
    /// Offset there.
    pub offset: i64,
    /// The record's own timestamp.
    pub ingest: IngestTime,
}

/// What a payment has in common with many others: equal ones agree in everything that
/// [`Row::manner`] says, in the kind of service, in what cards and conductors are said to be, and in which
/// other parts there are at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowProfile {
    /// The number of what [`Row::manner`] says.
    pub manner: u32,
    parts: u32,
    said: u16,
    has_site: bool,
}

impl RowProfile {
    /// Whether there is a merchant or a terminal.
    pub fn has_site(self) -> bool {
        self.has_site
    }

    /// Whether there is anything of [`crate::Rare`].
    pub fn has_rare(self) -> bool {
        self.parts & (1 << Few::Rare as u32) != 0
    }
}

/// Which end of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// A payment in the ledger. `Debug` shows its kind.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    shared: &'a Shared,
    pub(crate) slot: Slot<'a>,
}

impl std::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Row({:?})", self.manner().kind)
    }
}

impl<'a> Row<'a> {
    #[inline]
    pub(crate) fn new(shared: &'a Shared, slot: Slot<'a>) -> Self {
        Self { shared, slot }
    }

    /// Event time.
    #[inline]
    pub fn time(&self) -> EventTime {
        self.slot.time()
    }

    /// Its id.
    pub fn payment_id(&self) -> PaymentId<'a> {
        PaymentId::unpack(self.slot.id())
    }

    /// Hash of its content: duplicate or conflict.
    pub fn content(&self) -> u64 {
        pack::content(self.slot.fixed)
    }

    /// Taken back by a later record: in no window.
    #[inline]
    pub fn reversed(&self) -> bool {
        pack::has(self.slot.fixed, pack::REVERSED)
    }

    /// Kind, rail, currency and the like.
    #[inline]
    pub fn manner(&self) -> &'a Manner {
        self.shared.manners.get(pack::manner(self.slot.fixed))
    }

    /// Kind.
    #[inline]
    pub fn kind(&self) -> PaymentKind {
        self.manner().kind
    }

    /// What it has in common with many others.
    pub fn profile(&self) -> RowProfile {
        let said = [Few::Marks, Few::Service].map(|few| self.byte(few).unwrap_or(u8::MAX));
        RowProfile {
            manner: pack::manner(self.slot.fixed),
            parts: u32::try_from(self.slot.parts()).unwrap_or(u32::MAX),
            said: u16::from_le_bytes(said),
            has_site: pack::site(self.slot.fixed) != 0,
        }
    }

    /// Merchant and terminal.
    #[inline]
    pub fn site(&self) -> &'a Site {
        self.shared.sites.get(pack::site(self.slot.fixed))
    }

    /// Account of one end.
    #[inline]
    pub fn account(&self, leg: Leg) -> Option<AccountId> {
        NonZeroU32::new(pack::account(self.slot.fixed, leg)).map(AccountId)
    }

    /// What the payment says of one end, beside the account.
    #[inline]
    pub fn end(&self, leg: Leg) -> &'a EndRow {
        self.shared.ends.get(pack::end(self.slot.fixed, leg))
    }

    /// How one end is reached.
    pub fn contact(&self, leg: Leg) -> &'a Contact {
        self.shared.contacts.get(self.end(leg).contact)
    }

    /// In the base currency; `None` where there was no rate.
    #[inline]
    pub fn amount(&self) -> Option<Cents> {
        match pack::amount(self.slot.fixed) {
            Ok(amount) => amount,
            Err(wide) => {
                let cents = self.slot.few(wide)?.first_chunk()?;
                Some(Cents(i64::from_le_bytes(*cents)))
            }
        }
    }

    /// As sent.
    pub fn amount_original(&self) -> Decimal {
        let amount = self.amount();
        match pack::original(self.slot.fixed, amount, self.manner().scale) {
            Ok(original) => original,
            Err(apart) => self.decimal(apart).unwrap_or_default(),
        }
    }

    /// Where it came from.
    pub fn origin(&self) -> Origin {
        let time = self.time().0;
        let ingest = match pack::ahead(self.slot.fixed) {
            Ok(ahead) => time.saturating_add(ahead),
            Err(far) => {
                let at = self.slot.few(far).and_then(<[u8]>::first_chunk);
                at.map_or(time, |at| i64::from_le_bytes(*at))
            }
        };
        let (index, offset) = pack::origin(self.slot.fixed).unwrap_or_else(|far| {
            let both = self.slot.few(far).and_then(<[u8]>::split_first_chunk);
            both.and_then(|(index, offset)| {
                Some((i32::from_le_bytes(*index), i64::from_le_bytes(*offset.first_chunk()?)))
            })
            .unwrap_or_default()
        });
        let role = self.manner().role;
        Origin { partition: Partition { role, index }, offset, ingest: IngestTime(ingest) }
    }

    fn atom(&self, few: Few) -> Option<Atom> {
        let number = self.slot.few(few)?.first_chunk()?;
        NonZeroU32::new(u32::from_le_bytes(*number)).map(Atom::new)
    }

    fn decimal(&self, few: Few) -> Option<Decimal> {
        self.slot.few(few).map(few::decimal)
    }

    fn byte(&self, few: Few) -> Option<u8> {
        self.slot.few(few)?.first().copied()
    }

    fn mark(&self, mark: Mark) -> Option<bool> {
        match self.byte(Few::Marks)? >> mark as u8 & 3 {
            0 => None,
            said => Some(said == 2),
        }
    }

    /// Balance of one end after booking.
    pub fn balance_after(&self, leg: Leg) -> Option<Decimal> {
        self.decimal(match leg {
            Leg::Debtor => Few::DebtorBalance,
            Leg::Creditor => Few::CreditorBalance,
        })
    }

    /// What it cost.
    pub fn fee(&self) -> Option<Decimal> {
        self.decimal(Few::Fee)
    }

    /// Gross pay.
    pub fn gross_amount(&self) -> Option<Decimal> {
        self.decimal(Few::GrossAmount)
    }

    /// The payer's device.
    pub fn device_id(&self) -> Option<Atom> {
        self.atom(Few::Device)
    }

    /// Country of the device's address.
    pub fn device_ip_country(&self) -> Option<Atom> {
        self.atom(Few::IpCountry)
    }

    /// The card.
    pub fn card_token(&self) -> Option<Atom> {
        self.atom(Few::CardToken)
    }

    /// Whether the card is prepaid.
    pub fn card_prepaid(&self) -> Option<bool> {
        self.mark(Mark::Prepaid)
    }

    /// Whether the card was at the terminal.
    pub fn card_present(&self) -> Option<bool> {
        self.mark(Mark::Present)
    }

    /// Whether the card was reloaded.
    pub fn card_reload(&self) -> Option<bool> {
        self.mark(Mark::Reload)
    }

    /// Party at the counter or machine.
    pub fn conductor_party(&self) -> Option<Atom> {
        self.atom(Few::Conductor)
    }

    /// Its document.
    pub fn conductor_document(&self) -> Option<Atom> {
        self.atom(Few::Document)
    }

    /// Whether it is the holder.
    pub fn conductor_is_holder(&self) -> Option<bool> {
        self.mark(Mark::Holder)
    }

    /// The service that was paid for.
    pub fn service_kind(&self) -> Option<ServiceKind> {
        ServiceKind::ALL.get(usize::from(self.byte(Few::Service)?)).copied()
    }

    /// Nights of a stay.
    pub fn stay_nights(&self) -> Option<u16> {
        self.slot.few(Few::Nights)?.first_chunk().map(|nights| u16::from_le_bytes(*nights))
    }

    /// Rooms of a stay.
    pub fn stay_rooms(&self) -> Option<u8> {
        self.byte(Few::Rooms)
    }

    /// The earlier payment this one is about.
    pub fn refers_to(&self) -> Option<Atom> {
        self.atom(Few::RefersTo)
    }
}

/// Yes, no or not said, in two bits of [`Few::Marks`] each.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Prepaid = 0,
    Present = 2,
    Reload = 4,
    Holder = 6,
}

impl Mark {
    /// The bits that say it.
    pub(crate) fn bits(self, said: Option<bool>) -> u8 {
        let code = match said {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        };
        code << self as u8
    }
}
