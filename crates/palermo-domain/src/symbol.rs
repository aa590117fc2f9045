//! The closed vocabularies of the wire schemas, one enum each.

use serde::{Deserialize, Serialize};

macro_rules! symbols {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum $name { $(#[doc = concat!("`", $text, "`")] $variant,)* }

        impl $name {
            /// Every value, in the order of the schema.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The text in records and rules.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value of a text, or `None` where the schema has no such word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

symbols! {
    /// What kind of money event a payment is.
    PaymentKind {
        Transfer = "transfer", DirectDebit = "direct_debit", CardPurchase = "card_purchase",
        CardRefund = "card_refund", CashDeposit = "cash_deposit", CashWithdrawal = "cash_withdrawal",
        CheckDeposit = "check_deposit", CheckPayment = "check_payment", Payroll = "payroll",
        Benefit = "benefit", LoanDrawdown = "loan_drawdown", LoanRepayment = "loan_repayment",
        Fee = "fee", CryptoBuy = "crypto_buy", CryptoSell = "crypto_sell",
        CryptoTransfer = "crypto_transfer", CardAuthorization = "card_authorization",
        CashExchange = "cash_exchange", CurrencyExchange = "currency_exchange",
        SecurityBuy = "security_buy", SecuritySell = "security_sell",
        GamingStake = "gaming_stake", GamingPayout = "gaming_payout",
    }
    /// The rail a payment moved on.
    Rail {
        Sct = "sct", SctInst = "sct_inst", Wire = "wire", Ach = "ach", Internal = "internal",
        Card = "card", Cash = "cash", Check = "check", P2p = "p2p", Remittance = "remittance",
        MobileMoney = "mobile_money", Crypto = "crypto",
    }
    /// Where the payer gave the order.
    Channel {
        Branch = "branch", Atm = "atm", Online = "online", Mobile = "mobile", Pos = "pos",
        Ecommerce = "ecommerce", Agent = "agent", Kiosk = "kiosk", Api = "api",
        Telephone = "telephone",
    }
    /// The state of a payment's life.
    Status { Booked = "booked", Attempted = "attempted", Rejected = "rejected", Reversed = "reversed", }
    /// What stands at one end of a payment.
    EndKind { Person = "person", Business = "business", PublicBody = "public_body", Unknown = "unknown", }
    /// What a rule is about.
    Subject {
        Account = "account", Party = "party", Merchant = "merchant", Terminal = "terminal",
        Device = "device", Address = "address", Phone = "phone", Email = "email",
        Wallet = "wallet", Card = "card", Conductor = "conductor", Pair = "pair",
    }
    /// The kind of a terminal.
    TerminalKind {
        BankAtm = "bank_atm", WhiteLabelAtm = "white_label_atm", Pos = "pos", Branch = "branch",
        Kiosk = "kiosk", Agent = "agent",
    }
    /// What the sender declared the receiver to be.
    Relation {
        Family = "family", Friend = "friend", Employer = "employer", Employee = "employee",
        Business = "business", Landlord = "landlord", Other = "other", Unknown = "unknown",
    }
    /// What was paid for, where it is a service.
    ServiceKind {
        Phone = "phone", Utility = "utility", Rent = "rent", PropertyTax = "property_tax",
        Visa = "visa", Tuition = "tuition", Medical = "medical", DetentionCall = "detention_call",
        Other = "other",
    }
    /// What blockchain analytics says a wallet cluster is.
    CryptoCategory {
        Exchange = "exchange", Otc = "otc", Mixer = "mixer", Bridge = "bridge", Kiosk = "kiosk",
        Advert = "advert", Csam = "csam", GuaranteeMarket = "guarantee_market", Scam = "scam",
        Gambling = "gambling", Other = "other",
    }
    /// How sure the analytics is.
    CryptoConfidence { Verified = "verified", Likely = "likely", Unverified = "unverified", }
    /// The kind of a customer.
    PartyKind { Person = "person", Business = "business", PublicBody = "public_body", }
    /// The product an account is.
    Product {
        Current = "current", Savings = "savings", Card = "card", Prepaid = "prepaid", Loan = "loan",
        Brokerage = "brokerage", Wallet = "wallet", Merchant = "merchant", Gaming = "gaming",
        Crypto = "crypto",
    }
    /// The age band of a person.
    AgeBand {
        Minor = "minor", From18 = "18-21", From22 = "22-25", From26 = "26-34", From35 = "35-49",
        From50 = "50-64", From65 = "65+",
    }
    /// What a person does.
    Activity {
        Employed = "employed", SelfEmployed = "self_employed", Student = "student",
        Homemaker = "homemaker", Retired = "retired", Unemployed = "unemployed", Unknown = "unknown",
    }
    /// A declared relation between two parties.
    RelationKind {
        Family = "family", Employer = "employer", Employee = "employee", Director = "director",
        BeneficialOwner = "beneficial_owner", Guardian = "guardian",
        PowerOfAttorney = "power_of_attorney", JointHolder = "joint_holder",
        AuthorizedUser = "authorized_user", Introducer = "introducer",
    }
    /// What staff or systems observed of a party, in codes. `BH-09` is left out on purpose: it would be
    /// special category data.
    EventCode {
        Bh01 = "BH-01", Bh02 = "BH-02", Bh03 = "BH-03", Bh04 = "BH-04", Bh05 = "BH-05",
        Bh06 = "BH-06", Bh07 = "BH-07", Bh08 = "BH-08", Bh10 = "BH-10",
        ThirdPartyId = "third_party_id", UnqualifiedMinor = "unqualified_minor",
        OpenedUnderEscort = "opened_under_escort", ContactChanged = "contact_changed",
        CardReissued = "card_reissued", LoginNewDevice = "login_new_device",
    }
    /// A feed that the bank delivers for a party.
    Feed {
        Card = "card", Cash = "cash", Transfer = "transfer", Payroll = "payroll",
        Remittance = "remittance", Crypto = "crypto", Device = "device",
        TerminalGeo = "terminal_geo", Balance = "balance", Check = "check", Telecom = "telecom",
        Travel = "travel", Conductor = "conductor", PartyEvents = "party_events",
    }
}
