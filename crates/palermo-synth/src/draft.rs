//! A payment before it has an id and texts: at most 72 bytes that sort fast.

use crate::town::TownId;
use crate::who::Who;
use palermo_domain::{CryptoCategory, EventTime, PaymentKind};

/// What sort of payment a draft becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Wages; `more` is the gross amount in cents where the record tells it.
    Payroll,
    /// A pension.
    Benefit,
    /// A benefit or refund of the state, under a purpose code.
    Grant(Code),
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
    /// Somebody's card of another bank at a firm that banks here.
    Sale {
        /// Merchant category code.
        mcc: u16,
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
    /// A ticket bought by card.
    Ticket {
        /// Merchant category code.
        mcc: u16,
        /// How many travel.
        people: u8,
        /// Where to.
        to: TownId,
        /// And back.
        back: bool,
    },
    /// A journey paid by transfer: a charter, a group.
    Charter {
        /// How many travel.
        people: u8,
        /// Where to.
        to: TownId,
        /// And back.
        back: bool,
    },
    /// Credit for a prepaid phone; `more` is the number.
    Topup,
    /// Money back to a card.
    Refund {
        /// Merchant category code.
        mcc: u16,
        /// Which merchant of the category.
        shop: u16,
    },
    /// Cash from a machine.
    Atm {
        /// Which machine of the town.
        machine: u8,
    },
    /// Cash from a machine that is no bank's.
    ShopAtm {
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
    /// Cash over a counter, a part of it in coins.
    DepositCoins {
        /// Which branch of the town.
        branch: u8,
        /// Coins, in percent.
        percent: u8,
    },
    /// Small notes for large ones at a counter.
    Notes {
        /// Which branch of the town.
        branch: u8,
    },
    /// A check paid in.
    Check,
    /// From phone to phone.
    P2p,
    /// From wallet to wallet.
    MobileMoney,
    /// A remittance abroad, to family.
    Remittance,
    /// A remittance to somebody whom the sender calls a friend, or does not say.
    Remit {
        /// Declared a friend.
        friend: bool,
    },
    /// Between two accounts of one holder.
    Own,
    /// An invoice between firms.
    Invoice,
    /// A transfer in a batch, under a purpose code.
    Transfer(Code),
    /// A wire, under a purpose code.
    Wire(Code),
    /// An employer's refund of expenses.
    Expenses,
    /// A lender pays out.
    Loan,
    /// A debt is paid.
    Repay,
    /// Coin for money, at an exchange.
    CoinBuy(Coin),
    /// Coin by card, as gift and prepaid cards are changed.
    CoinCard(Coin),
    /// Money for coin, at an exchange.
    CoinSell(Coin),
    /// Coin to a wallet; `more` is its cluster.
    CoinOut(Coin, CryptoCategory),
    /// Coin from a wallet; `more` is its cluster.
    CoinIn(Coin, CryptoCategory),
    /// Coin to an address of a customer that itself has a label; `more` is the cluster that sent it.
    CoinAtLabel {
        /// What the address is known for.
        category: CryptoCategory,
    },
    /// Coin that came through other wallets from where an analyst has traced it; `more` is the
    /// cluster that sent it.
    Traced {
        /// Where it comes from.
        category: CryptoCategory,
        /// Wallets in between.
        hops: u8,
        /// How much of it comes from there.
        percent: u8,
    },
    /// A stake at a casino.
    Stake,
    /// What a casino pays out.
    Winnings,
    /// The bank's monthly fee.
    Fee,
}

/// A coin. Prices are fixed: this world has no market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coin {
    /// 65,000 of the currency each.
    Btc,
    /// One of the currency each.
    Usdt,
}

macro_rules! codes {
    ($($name:ident = $text:literal,)*) => {
        /// An ISO 20022 external purpose code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $(#[doc = $text] $name,)* }

        impl Code {
            /// The code in records.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    Other = "OTHR", Goods = "GDDS", Services = "SCVE", Loan = "LOAN",
    LoanBack = "LOAR", Charity = "CHAR", Study = "STDY", Medical = "MDCS", Hospital = "HSPC",
    Tax = "TAXS", Social = "SSBE", Benefit = "BENE", State = "GOVT", Family = "FAMI",
    Dividend = "DIVD", Group = "INTC", Trade = "TRAD",
    Property = "PROP", Consulting = "CNSL",
}

macro_rules! texts {
    ($($name:ident = $text:literal,)*) => {
        /// Remittance texts, by their numbers.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) enum Say { #[doc = "Nothing."] #[default] Nothing, $(#[doc = $text] $name,)* }

        impl Say {
            /// The text; `None` where nothing is said.
            pub(crate) const fn as_str(self) -> Option<&'static str> {
                match self { Self::Nothing => None, $(Self::$name => Some($text),)* }
            }
        }
    };
}

texts! {
    Rent = "rent", Share = "my share", Dinner = "dinner", Thanks = "thank you", Gift = "gift",
    Tickets = "tickets", Birthday = "happy birthday", Groceries = "groceries",
    Wellness = "wellness", PersonalCare = "personal care", Tip = "tip", Debt = "debt",
    LoanRate = "loan repayment", Training = "training fee",
    Housing = "housing deduction", Tools = "tools and transport", Labor = "labour supply",
    Advance = "salary advance", School = "school", Medicine = "medicine", Uniform = "uniform",
    Allowance = "allowance", Help = "please help", Surgery = "surgery invoice",
    Release = "release fee", Contract = "contract exit", Tour = "tour package",
    Consult = "consulting", Visa = "visa service", Package = "medical package",
    Tuition = "tuition", Invoice = "invoice", Club = "club dues", Lesson = "lesson",
    Donation = "donation", Tax = "withdrawal tax", Order = "order",
    Beg = "please stop", Coded = "plcconone",
    RecruitmentFee = "recruitment fee", PlacementFee = "placement fee",
}

impl What {
    /// The kind of the payment.
    pub(crate) const fn kind(self) -> PaymentKind {
        match self {
            Self::Payroll => PaymentKind::Payroll,
            Self::Benefit | Self::Grant(_) => PaymentKind::Benefit,
            Self::Utility => PaymentKind::DirectDebit,
            Self::Pos { .. }
            | Self::Online { .. }
            | Self::Sale { .. }
            | Self::Advert { .. }
            | Self::Lodging { .. }
            | Self::Ticket { .. }
            | Self::Topup => PaymentKind::CardPurchase,
            Self::Refund { .. } => PaymentKind::CardRefund,
            Self::Atm { .. } | Self::ShopAtm { .. } | Self::Counter { .. } => {
                PaymentKind::CashWithdrawal
            }
            Self::DepositAtm { .. } | Self::DepositCounter { .. } | Self::DepositCoins { .. } => {
                PaymentKind::CashDeposit
            }
            Self::Notes { .. } => PaymentKind::CashExchange,
            Self::Check => PaymentKind::CheckDeposit,
            Self::Loan => PaymentKind::LoanDrawdown,
            Self::Repay => PaymentKind::LoanRepayment,
            Self::CoinBuy(_) | Self::CoinCard(_) => PaymentKind::CryptoBuy,
            Self::CoinSell(_) => PaymentKind::CryptoSell,
            Self::CoinOut(..)
            | Self::CoinIn(..)
            | Self::CoinAtLabel { .. }
            | Self::Traced { .. } => PaymentKind::CryptoTransfer,
            Self::Stake => PaymentKind::GamingStake,
            Self::Winnings => PaymentKind::GamingPayout,
            Self::Fee => PaymentKind::Fee,
            Self::Rent
            | Self::P2p
            | Self::MobileMoney
            | Self::Remittance
            | Self::Remit { .. }
            | Self::Own
            | Self::Invoice
            | Self::Transfer(_)
            | Self::Wire(_)
            | Self::Charter { .. }
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
    /// One more number, which `what` explains.
    pub(crate) more: u32,
    /// The device, where it is not the payer's own.
    pub(crate) device: u32,
    /// Where it happened: the terminal, the merchant, or the payer's device.
    pub(crate) town: TownId,
    /// Offset of local time there.
    pub(crate) offset: i16,
    /// Number of the case it was written for, from 1; 0 for ordinary life.
    pub(crate) case: u16,
    /// Which step of the case.
    pub(crate) step: u8,
    /// It happens and the bank never sees it.
    pub(crate) unseen: bool,
    /// What the payer writes.
    pub(crate) say: Say,
    /// Who stands at the counter in place of the account's holder; [`Who::Nobody`] where the holder
    /// does, or nobody is seen.
    pub(crate) hand: Who,
    /// A name that the payer gives for the payee, by a number of the case; zero where none is told.
    pub(crate) named: u32,
    /// Ties a payment to the one that it refers to: the same number, above zero, in one case.
    pub(crate) tie: u8,
}

impl Draft {
    /// Ordinary life, said by the payer's own device.
    pub(crate) const fn plain(
        at: EventTime,
        what: What,
        (payer, payee): (Who, Who),
        cents: u32,
        (town, offset): (TownId, i16),
    ) -> Self {
        Self {
            at,
            what,
            payer,
            payee,
            cents,
            more: 0,
            device: 0,
            town,
            offset,
            case: 0,
            step: 0,
            unseen: false,
            say: Say::Nothing,
            hand: Who::Nobody,
            named: 0,
            tie: 0,
        }
    }
}

/// Two days of them are kept in memory.
const _: () = assert!(size_of::<Draft>() <= 72);
