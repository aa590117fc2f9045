//! Typed expressions: values, fields and operators, in three-valued logic.

use super::{Direction, ListId, MeasureId, ParamId};
use palermo_domain::{
    Channel, Currency, Decimal, EndKind, EventCode, Feed, PaymentKind, Product, Rail, Relation,
    RelationKind, ServiceKind, Span, Status, TerminalKind,
};
use serde::{Deserialize, Serialize};

/// The static type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// True, false or unknown.
    Bool,
    /// A whole number.
    Int,
    /// A decimal number, such as a ratio, an original amount or kilometers.
    Decimal,
    /// Money in the base currency.
    Money,
    /// A length of time.
    Duration,
    /// A point in time.
    Time,
    /// Text, compared byte for byte.
    Text,
    /// A word of a closed vocabulary.
    Symbol(Vocabulary),
    /// A place.
    Place,
    /// One end of the payment; only as an argument of `unrelated` and before `in list`.
    End,
}

/// The closed vocabularies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// `in`, `out`.
    Direction,
    /// Kinds of payment.
    Kind,
    /// Rails.
    Rail,
    /// Channels.
    Channel,
    /// Status.
    Status,
    /// Kinds of an end.
    EndKind,
    /// Kinds of terminal.
    TerminalKind,
    /// Declared relations.
    Relation,
    /// Kinds of service.
    ServiceKind,
    /// Age bands.
    AgeBand,
    /// Activities.
    Activity,
    /// Products.
    Product,
    /// What a wallet is.
    CryptoCategory,
    /// How sure that is.
    CryptoConfidence,
}

/// A word of a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant names its vocabulary")]
pub enum Symbol {
    Direction(Direction),
    Kind(PaymentKind),
    Rail(Rail),
    Channel(Channel),
    Status(Status),
    EndKind(EndKind),
    TerminalKind(TerminalKind),
    Relation(Relation),
    ServiceKind(ServiceKind),
    AgeBand(palermo_domain::AgeBand),
    Activity(palermo_domain::Activity),
    Product(Product),
    CryptoCategory(palermo_domain::CryptoCategory),
    CryptoConfidence(palermo_domain::CryptoConfidence),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`, `false`.
    Bool(bool),
    /// `25`.
    Int(i64),
    /// `0.6`.
    Decimal(Decimal),
    /// An amount with its currency; converted to the base currency like a payment of that day.
    Money(Decimal, Currency),
    /// `48h`.
    Duration(Span),
    /// `'SALA'` or a bare word compared with a text field.
    Text(String),
    /// A word of a vocabulary.
    Symbol(Symbol),
}

impl Literal {
    /// The number of an ordered value: as written, of a duration its milliseconds.
    pub fn number(&self) -> Option<Decimal> {
        match self {
            Self::Int(int) => Some(Decimal::from(*int)),
            Self::Decimal(number) | Self::Money(number, _) => Some(*number),
            Self::Duration(span) => Some(Decimal::from(span.as_millis())),
            Self::Bool(_) | Self::Text(_) | Self::Symbol(_) => None,
        }
    }

    /// A value of the same type with another number; whole where the type is.
    pub fn with_number(&self, number: Decimal) -> Option<Self> {
        let whole = || i64::try_from(number.round()).ok();
        match self {
            Self::Int(_) => whole().map(Self::Int),
            Self::Decimal(_) => Some(Self::Decimal(number)),
            Self::Money(_, currency) => Some(Self::Money(number, *currency)),
            Self::Duration(_) => whole().map(|ms| Self::Duration(Span::from_millis(ms))),
            Self::Bool(_) | Self::Text(_) | Self::Symbol(_) => None,
        }
    }
}

/// Which end of the payment, seen from the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// The subject's own end.
    Own,
    /// The other end.
    Other,
}

/// Something a payment or its ends carry. Every field may be missing in a given payment: reading
/// a missing one gives *unknown*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the names of RULES.md")]
pub enum Field {
    Direction,
    Kind,
    Rail,
    Channel,
    Status,
    /// Base currency.
    Amount,
    AmountOriginal,
    Currency,
    Fee,
    GrossAmount,
    Purpose,
    Relation,
    RefersTo,
    /// Terminal, else merchant, else the own end.
    Place,
    /// Local hour 0-23.
    Hour,
    /// Local weekday 1-7, Monday is 1.
    Weekday,
    EventTime,
    MerchantId,
    MerchantMcc,
    MerchantDomain,
    MerchantCountry,
    MerchantRegion,
    MerchantTown,
    MerchantPlace,
    TerminalId,
    TerminalKind,
    TerminalCountry,
    TerminalRegion,
    TerminalTown,
    TerminalPlace,
    DeviceId,
    DeviceIpCountry,
    CardToken,
    CardPrepaid,
    CardPresent,
    CardReload,
    ConductorParty,
    ConductorDocument,
    ConductorIsHolder,
    ServiceKind,
    StayNights,
    StayRooms,
    /// A part of [`Field::Place`].
    PlacePart(PlacePart),
    /// Remittance text. It is never kept: it can be asked for, and matched while a payment is applied.
    Text,
    /// Local day, as text.
    LocalDate,
    CounterAmount,
    CounterCurrency,
    MerchantLocode,
    TerminalLocode,
    DeviceIp,
    ServiceRef,
    StayCheckIn,
    TravelOneWay,
    TravelPassengers,
    /// How many are named.
    TravelTravelers,
    TravelFrom,
    TravelTo,
    TravelToCountry,
    TravelDepart,
    TravelBooking,
    CheckPayee,
    CheckNumber,
    CashCoins,
    CashValueIn,
    CashValueOut,
    CashLargestIn,
    CashSmallestOut,
    CryptoChain,
    CryptoTxHash,
    /// What analytics says of one side.
    Crypto(Pole, CryptoField),
    /// On whose behalf, or for whose benefit.
    Ultimate(Pole, UltimateField),
    /// A field of one end.
    End(Side, EndField),
}

/// Which end of the payment, whoever the subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Pole {
    /// Who pays.
    Debtor,
    /// Who is paid.
    Creditor,
}

/// A part of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the names of RULES.md")]
pub enum PlacePart {
    Country,
    Region,
    Town,
    Locode,
}

/// What analytics says of one side of a crypto payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the names of RULES.md")]
pub enum CryptoField {
    Cluster,
    Label,
    Category,
    Confidence,
    ExposurePercent,
    Hops,
}

/// A field of an ultimate end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the names of RULES.md")]
pub enum UltimateField {
    Account,
    Party,
    Kind,
    Country,
}

/// A field of one end: first those of the payment, then those of the party, where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are the names of RULES.md")]
pub enum EndField {
    Account,
    Party,
    Kind,
    Bank,
    Country,
    Region,
    Town,
    Locode,
    Alias,
    Phone,
    Email,
    Address,
    Wallet,
    Ours,
    BalanceAfter,
    Segment,
    AgeBand,
    Activity,
    OccupationCode,
    IndustryMcc,
    Home,
    Work,
    MonthlyIncome,
    Headcount,
    Licensed,
    AccountAge,
    Since,
    Incorporated,
    /// How long the party has been a customer.
    CustomerAge,
    /// How long ago the firm was incorporated.
    CompanyAge,
    /// Unknown until the ledger keeps roll-ups.
    IdleBefore,
    /// Unknown until the ledger keeps roll-ups.
    KnownFor,
    /// Stands for the name, which is not kept.
    NameKey,
    HomePart(PlacePart),
    WorkPart(PlacePart),
    MonthlyTurnover,
    /// Whether the local time lies in the opening hours.
    OpenAt,
    /// Whether the bank delivers this feed.
    Delivers(Feed),
    /// The product that the account is.
    Product,
    /// What is missing where [`Expr::Event`] is unknown.
    Event(EventCode),
    /// What is missing where [`Expr::Relations`] is unknown.
    Relations(RelationKind),
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the operators")]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Arithmetic operators. Division by zero is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the variants are the operators")]
pub enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
}

/// A typed expression in three-valued logic.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A constant.
    Literal(Literal),
    /// A field of the payment at hand.
    Field(Field),
    /// A field of the payment that an earlier step of the sequence matched, by its number.
    Step(usize, Field),
    /// A parameter of the rule.
    Param(ParamId),
    /// A measure of the rule.
    Measure(MeasureId),
    /// Negation.
    Not(Box<Self>),
    /// All of them; the compiler puts the cheapest first.
    And(Vec<Self>),
    /// Any of them; the compiler puts the cheapest first.
    Or(Vec<Self>),
    /// A comparison of two values of one type (`Int` and `Decimal` only after a conversion that
    /// the compiler writes as [`Expr::ToDecimal`]).
    Compare(Compare, Box<Self>, Box<Self>),
    /// Arithmetic; `Money / Money` and `Int / Int` are `Decimal`, `Decimal * Money` is `Money`.
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    /// `Int` as `Decimal`; the only conversion, never of money.
    ToDecimal(Box<Self>),
    /// Text in the rows of a list.
    InList(Box<Self>, ListId),
    /// A text or an alias that contains a term of a lexicon as whole words.
    Matches(Box<Self>, ListId),
    /// An end in a list: its account, party, bank, wallet, alias, merchant id or domain is a row,
    /// in that order.
    EndInList(Side, ListId),
    /// `list('id')[key].column`; unknown where there is no such row.
    Lookup(ListId, Box<Self>, u16, Type),
    /// Great-circle distance of two places as `Decimal` kilometers with one place.
    Distance(Box<Self>, Box<Self>),
    /// Whether a row of a list of places is within so many kilometers.
    Near(Box<Self>, ListId, Box<Self>),
    /// The same over the rows that are in force on a UTC day at most `after` back or `before` ahead.
    NearDays(Box<NearDays>),
    /// False only on evidence that the two ends are related.
    Unrelated,
    /// Whether the field was delivered; never unknown.
    Present(Field),
    /// Whether another indicator holds on the account of that end, inside the rule's window.
    Holds(Side, String),
    /// Whether something was observed of the party at that end, at most so long before.
    Event(Side, EventCode, Box<Self>),
    /// How many relations of a kind the party at that end declared, at most so long before where a
    /// length of time is given.
    Relations(Side, RelationKind, Option<Box<Self>>),
}

/// `near(place, list, km, before, after)`.
#[derive(Clone, Debug, PartialEq)]
pub struct NearDays {
    /// The place.
    pub place: Expr,
    /// The list of places.
    pub list: ListId,
    /// Within so many kilometers.
    pub km: Expr,
    /// How long before its first day a row counts.
    pub before: Expr,
    /// How long after its last day a row counts.
    pub after: Expr,
}

impl NearDays {
    /// Its expressions.
    pub(crate) const fn parts(&self) -> [&Expr; 4] {
        [&self.place, &self.km, &self.before, &self.after]
    }
}
