//! A payment before it has an id and texts: at most 56 bytes that sort fast.

use crate::town::TownId;
use crate::who::Who;
use palermo_domain::{EventTime, PaymentKind};

/// What sort of payment a draft becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Wages.
    Payroll,
    /// A pension.
    Benefit,
    /// Rent for a home or shop.
    Rent,
    /// A bill for electricity, water or phone.
    Utility,
    /// Card at a terminal; the payee is the merchant where it banks here, else `shop` names it.
    Pos {
        /// Merchant category code.
        mcc: u16,
        /// Which merchant of the town and category.
        shop: u16,
    },
    /// Card on the web or in an app.
    Online {
        /// Merchant category code.
        mcc: u16,
        /// Which merchant of the category.
        shop: u16,
    },
    /// An advert on a classifieds site.
    Advert {
        /// Which site.
        site: u16,
    },
    /// A stay at a hotel.
    Lodging {
        /// Which hotel of the town.
        hotel: u16,
        /// Nights.
        nights: u8,
        /// Booked on the web rather than paid at the desk.
        online: bool,
    },
    /// Cash from a machine.
    Atm {
        /// Which machine of the town.
        machine: u8,
    },
    /// Cash from a counter.
    Counter {
        /// Which branch of the town.
        branch: u8,
    },
    /// Cash into a machine; the payer is who stood there.
    DepositAtm {
        /// Which machine of the town.
        machine: u8,
    },
    /// Cash over a counter; the payer is who stood there.
    DepositCounter {
        /// Which branch of the town.
        branch: u8,
    },
    /// From phone to phone.
    P2p,
    /// A remittance abroad.
    Remittance,
    /// Between two accounts of one holder.
    Own,
    /// An invoice between firms.
    Invoice,
    /// An employer's refund of expenses.
    Expenses,
    /// The bank's monthly fee.
    Fee,
}

impl What {
    /// The kind of the payment.
    pub(crate) const fn kind(self) -> PaymentKind {
        match self {
            Self::Payroll => PaymentKind::Payroll,
            Self::Benefit => PaymentKind::Benefit,
            Self::Utility => PaymentKind::DirectDebit,
            Self::Pos { .. } | Self::Online { .. } | Self::Advert { .. } | Self::Lodging { .. } => {
                PaymentKind::CardPurchase
            }
            Self::Atm { .. } | Self::Counter { .. } => PaymentKind::CashWithdrawal,
            Self::DepositAtm { .. } | Self::DepositCounter { .. } => PaymentKind::CashDeposit,
            Self::Fee => PaymentKind::Fee,
            Self::Rent
            | Self::P2p
            | Self::Remittance
            | Self::Own
            | Self::Invoice
            | Self::Expenses => PaymentKind::Transfer,
        }
    }
}

/// A payment to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft {
    /// Event time.
    pub(crate) at: EventTime,
    /// What it is.
    pub(crate) what: What,
    /// Who pays; for cash deposits who stood there.
    pub(crate) payer: Who,
    /// Who is paid.
    pub(crate) payee: Who,
    /// Amount in cents.
    pub(crate) cents: u32,
    /// Where it happened: the terminal, the merchant, or the payer's device.
    pub(crate) town: TownId,
    /// Offset of local time there.
    pub(crate) offset: i16,
    /// Number of the case it was written for, from 1; 0 for ordinary life.
    pub(crate) case: u16,
}

/// Two days of them are kept in memory.
const _: () = assert!(size_of::<Draft>() <= 56);
