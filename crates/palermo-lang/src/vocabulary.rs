//! The names an expression may use: fields with their types, closed vocabularies, functions.

use crate::program::{
    CryptoField, Direction, EndField, Field, PlacePart, Pole, Side, Symbol, Type, UltimateField,
    Vocabulary,
};
use palermo_domain as d;

use CryptoField as C;
use EndField as E;
use Field as F;
use UltimateField as U;
use Vocabulary as V;

/// Fields of the payment by path.
const FIELDS: &[(&str, Field, Type)] = &[
    ("direction", F::Direction, Type::Symbol(V::Direction)),
    ("kind", F::Kind, Type::Symbol(V::Kind)),
    ("rail", F::Rail, Type::Symbol(V::Rail)),
    ("channel", F::Channel, Type::Symbol(V::Channel)),
    ("status", F::Status, Type::Symbol(V::Status)),
    ("amount", F::Amount, Type::Money),
    ("amount_original", F::AmountOriginal, Type::Decimal),
    ("currency", F::Currency, Type::Text),
    ("fee", F::Fee, Type::Decimal),
    ("gross_amount", F::GrossAmount, Type::Decimal),
    ("purpose", F::Purpose, Type::Text),
    ("relation", F::Relation, Type::Symbol(V::Relation)),
    ("refers_to", F::RefersTo, Type::Text),
    ("place", F::Place, Type::Place),
    ("hour", F::Hour, Type::Int),
    ("weekday", F::Weekday, Type::Int),
    ("event_time", F::EventTime, Type::Time),
    ("merchant.id", F::MerchantId, Type::Text),
    ("merchant.mcc", F::MerchantMcc, Type::Text),
    ("merchant.domain", F::MerchantDomain, Type::Text),
    ("merchant.country", F::MerchantCountry, Type::Text),
    ("merchant.region", F::MerchantRegion, Type::Text),
    ("merchant.town", F::MerchantTown, Type::Text),
    ("merchant.place", F::MerchantPlace, Type::Place),
    ("terminal.id", F::TerminalId, Type::Text),
    ("terminal.kind", F::TerminalKind, Type::Symbol(V::TerminalKind)),
    ("terminal.country", F::TerminalCountry, Type::Text),
    ("terminal.region", F::TerminalRegion, Type::Text),
    ("terminal.town", F::TerminalTown, Type::Text),
    ("terminal.place", F::TerminalPlace, Type::Place),
    ("device.id", F::DeviceId, Type::Text),
    ("device.ip_country", F::DeviceIpCountry, Type::Text),
    ("card.token", F::CardToken, Type::Text),
    ("card.prepaid", F::CardPrepaid, Type::Bool),
    ("card.present", F::CardPresent, Type::Bool),
    ("card.reload", F::CardReload, Type::Bool),
    ("conductor.party", F::ConductorParty, Type::Text),
    ("conductor.document", F::ConductorDocument, Type::Text),
    ("conductor.is_holder", F::ConductorIsHolder, Type::Bool),
    ("service.kind", F::ServiceKind, Type::Symbol(V::ServiceKind)),
    ("stay.nights", F::StayNights, Type::Int),
    ("stay.rooms", F::StayRooms, Type::Int),
    ("place.country", F::PlacePart(PlacePart::Country), Type::Text),
    ("place.region", F::PlacePart(PlacePart::Region), Type::Text),
    ("place.town", F::PlacePart(PlacePart::Town), Type::Text),
    ("place.locode", F::PlacePart(PlacePart::Locode), Type::Text),
    ("text", F::Text, Type::Text),
    ("local_date", F::LocalDate, Type::Text),
    ("counter_amount", F::CounterAmount, Type::Decimal),
    ("counter_currency", F::CounterCurrency, Type::Text),
    ("merchant.locode", F::MerchantLocode, Type::Text),
    ("terminal.locode", F::TerminalLocode, Type::Text),
    ("device.ip", F::DeviceIp, Type::Text),
    ("service.ref", F::ServiceRef, Type::Text),
    ("stay.check_in", F::StayCheckIn, Type::Text),
    ("travel.one_way", F::TravelOneWay, Type::Bool),
    ("travel.passengers", F::TravelPassengers, Type::Int),
    ("travel.travelers", F::TravelTravelers, Type::Int),
    ("travel.from", F::TravelFrom, Type::Text),
    ("travel.to", F::TravelTo, Type::Text),
    ("travel.to_country", F::TravelToCountry, Type::Text),
    ("travel.depart", F::TravelDepart, Type::Text),
    ("travel.booking", F::TravelBooking, Type::Text),
    ("check.payee", F::CheckPayee, Type::Text),
    ("check.number", F::CheckNumber, Type::Text),
    ("cash.coins", F::CashCoins, Type::Decimal),
    ("cash.value_in", F::CashValueIn, Type::Decimal),
    ("cash.value_out", F::CashValueOut, Type::Decimal),
    ("cash.largest_in", F::CashLargestIn, Type::Decimal),
    ("cash.smallest_out", F::CashSmallestOut, Type::Decimal),
    ("crypto.chain", F::CryptoChain, Type::Text),
    ("crypto.tx_hash", F::CryptoTxHash, Type::Text),
    ("crypto.debtor.cluster", F::Crypto(Pole::Debtor, C::Cluster), Type::Text),
    ("crypto.debtor.label", F::Crypto(Pole::Debtor, C::Label), Type::Text),
    (
        "crypto.debtor.category",
        F::Crypto(Pole::Debtor, C::Category),
        Type::Symbol(V::CryptoCategory),
    ),
    (
        "crypto.debtor.confidence",
        F::Crypto(Pole::Debtor, C::Confidence),
        Type::Symbol(V::CryptoConfidence),
    ),
    ("crypto.debtor.exposure_percent", F::Crypto(Pole::Debtor, C::ExposurePercent), Type::Decimal),
    ("crypto.debtor.hops", F::Crypto(Pole::Debtor, C::Hops), Type::Int),
    ("crypto.creditor.cluster", F::Crypto(Pole::Creditor, C::Cluster), Type::Text),
    ("crypto.creditor.label", F::Crypto(Pole::Creditor, C::Label), Type::Text),
    (
        "crypto.creditor.category",
        F::Crypto(Pole::Creditor, C::Category),
        Type::Symbol(V::CryptoCategory),
    ),
    (
        "crypto.creditor.confidence",
        F::Crypto(Pole::Creditor, C::Confidence),
        Type::Symbol(V::CryptoConfidence),
    ),
    (
        "crypto.creditor.exposure_percent",
        F::Crypto(Pole::Creditor, C::ExposurePercent),
        Type::Decimal,
    ),
    ("crypto.creditor.hops", F::Crypto(Pole::Creditor, C::Hops), Type::Int),
    ("ultimate_debtor.account", F::Ultimate(Pole::Debtor, U::Account), Type::Text),
    ("ultimate_debtor.party", F::Ultimate(Pole::Debtor, U::Party), Type::Text),
    ("ultimate_debtor.kind", F::Ultimate(Pole::Debtor, U::Kind), Type::Symbol(V::EndKind)),
    ("ultimate_debtor.country", F::Ultimate(Pole::Debtor, U::Country), Type::Text),
    ("ultimate_creditor.account", F::Ultimate(Pole::Creditor, U::Account), Type::Text),
    ("ultimate_creditor.party", F::Ultimate(Pole::Creditor, U::Party), Type::Text),
    ("ultimate_creditor.kind", F::Ultimate(Pole::Creditor, U::Kind), Type::Symbol(V::EndKind)),
    ("ultimate_creditor.country", F::Ultimate(Pole::Creditor, U::Country), Type::Text),
];

/// Fields of one end, after `self.` or `other.`.
const END_FIELDS: &[(&str, EndField, Type)] = &[
    ("account", E::Account, Type::Text),
    ("party", E::Party, Type::Text),
    ("kind", E::Kind, Type::Symbol(V::EndKind)),
    ("bank", E::Bank, Type::Text),
    ("country", E::Country, Type::Text),
    ("region", E::Region, Type::Text),
    ("town", E::Town, Type::Text),
    ("locode", E::Locode, Type::Text),
    ("alias", E::Alias, Type::Text),
    ("phone", E::Phone, Type::Text),
    ("email", E::Email, Type::Text),
    ("address", E::Address, Type::Text),
    ("wallet", E::Wallet, Type::Text),
    ("ours", E::Ours, Type::Bool),
    ("balance_after", E::BalanceAfter, Type::Decimal),
    ("segment", E::Segment, Type::Text),
    ("age_band", E::AgeBand, Type::Symbol(V::AgeBand)),
    ("activity", E::Activity, Type::Symbol(V::Activity)),
    ("occupation_code", E::OccupationCode, Type::Text),
    ("industry_mcc", E::IndustryMcc, Type::Text),
    ("home", E::Home, Type::Place),
    ("work", E::Work, Type::Place),
    ("monthly_income", E::MonthlyIncome, Type::Money),
    ("headcount", E::Headcount, Type::Int),
    ("licensed", E::Licensed, Type::Bool),
    ("account_age", E::AccountAge, Type::Duration),
    ("since", E::Since, Type::Time),
    ("incorporated", E::Incorporated, Type::Time),
    ("customer_age", E::CustomerAge, Type::Duration),
    ("company_age", E::CompanyAge, Type::Duration),
    ("idle_before", E::IdleBefore, Type::Duration),
    ("known_for", E::KnownFor, Type::Duration),
    ("name_key", E::NameKey, Type::Text),
    ("home.country", E::HomePart(PlacePart::Country), Type::Text),
    ("home.region", E::HomePart(PlacePart::Region), Type::Text),
    ("home.town", E::HomePart(PlacePart::Town), Type::Text),
    ("home.locode", E::HomePart(PlacePart::Locode), Type::Text),
    ("work.country", E::WorkPart(PlacePart::Country), Type::Text),
    ("work.region", E::WorkPart(PlacePart::Region), Type::Text),
    ("work.town", E::WorkPart(PlacePart::Town), Type::Text),
    ("work.locode", E::WorkPart(PlacePart::Locode), Type::Text),
    ("monthly_turnover", E::MonthlyTurnover, Type::Money),
    ("open_at", E::OpenAt, Type::Bool),
    ("product", E::Product, Type::Symbol(V::Product)),
];

/// Functions of the full language that this version does not read.
pub(crate) const LATER_FUNCTIONS: &[&str] = &["linked", "any"];

/// What a path is.
pub(crate) enum Path {
    /// A field with its type.
    Field(Field, Type),
    /// One end.
    End(Side),
    /// Opening hours: lines of a record, and no value.
    Hours,
    /// No such name.
    Unknown,
}

/// Looks a path up.
pub(crate) fn path(parts: &[String]) -> Path {
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["self"] => return Path::End(Side::Own),
        ["other"] => return Path::End(Side::Other),
        [end @ ("self" | "other"), rest @ ..] => {
            let side = if *end == "self" { Side::Own } else { Side::Other };
            let joined = rest.join(".");
            let found = END_FIELDS.iter().find(|(name, ..)| *name == joined);
            if let Some((_, field, value_type)) = found {
                return Path::Field(F::End(side, *field), *value_type);
            }
            if let Some((field, value_type)) = asked(&joined) {
                return Path::Field(F::End(side, field), value_type);
            }
        }
        _ => {
            let joined = parts.join(".");
            let found = FIELDS.iter().find(|(name, ..)| *name == joined);
            if let Some((_, field, value_type)) = found {
                return Path::Field(*field, *value_type);
            }
        }
    }
    let hours = matches!(words.as_slice(), ["self" | "other", "hours"]);
    if hours { Path::Hours } else { Path::Unknown }
}

/// A field that is asked for with a word, as `missing` of a test names it; in an expression it is a
/// call.
fn asked(text: &str) -> Option<(EndField, Type)> {
    let (function, word) = text.strip_suffix("')")?.split_once("('")?;
    match function {
        "delivers" => Some((E::Delivers(d::Feed::parse(word)?), Type::Bool)),
        "event" => Some((E::Event(d::EventCode::parse(word)?), Type::Bool)),
        "relations" => Some((E::Relations(d::RelationKind::parse(word)?), Type::Int)),
        _ => None,
    }
}

/// Every path that is read, for proposals.
pub(crate) fn paths() -> Vec<String> {
    let ends = ["self", "other"]
        .into_iter()
        .flat_map(|end| END_FIELDS.iter().map(move |(name, ..)| format!("{end}.{name}")));
    FIELDS.iter().map(|(name, ..)| (*name).to_owned()).chain(ends).collect()
}

/// The path of a field, as it is written.
pub fn field_name(field: Field) -> String {
    if let F::End(side, end_field) = field {
        let end = if side == Side::Own { "self" } else { "other" };
        let (function, word) = match end_field {
            E::Delivers(feed) => ("delivers", feed.as_str()),
            E::Event(code) => ("event", code.as_str()),
            E::Relations(kind) => ("relations", kind.as_str()),
            _ => ("", ""),
        };
        if !function.is_empty() {
            return format!("{end}.{function}('{word}')");
        }
        let name = END_FIELDS.iter().find(|(_, known, _)| *known == end_field);
        return format!("{end}.{}", name.map_or("", |(name, ..)| name));
    }
    let name = FIELDS.iter().find(|(_, known, _)| *known == field);
    name.map_or("", |(name, ..)| name).to_owned()
}

macro_rules! vocabularies {
    ($($vocabulary:ident: $values:path, $parse:path;)*) => {
        /// The word of a vocabulary.
        pub(crate) fn symbol(vocabulary: Vocabulary, word: &str) -> Option<Symbol> {
            match vocabulary {
                V::Direction => match word {
                    "in" => Some(Symbol::Direction(Direction::In)),
                    "out" => Some(Symbol::Direction(Direction::Out)),
                    _ => None,
                },
                $(V::$vocabulary => $parse(word).map(Symbol::$vocabulary),)*
            }
        }

        /// Every word of a vocabulary.
        pub(crate) fn words(vocabulary: Vocabulary) -> Vec<&'static str> {
            match vocabulary {
                V::Direction => vec!["in", "out"],
                $(V::$vocabulary => $values.iter().map(|value| value.as_str()).collect(),)*
            }
        }
    };
}

vocabularies! {
    Kind: d::PaymentKind::ALL, d::PaymentKind::parse;
    Rail: d::Rail::ALL, d::Rail::parse;
    Channel: d::Channel::ALL, d::Channel::parse;
    Status: d::Status::ALL, d::Status::parse;
    EndKind: d::EndKind::ALL, d::EndKind::parse;
    TerminalKind: d::TerminalKind::ALL, d::TerminalKind::parse;
    Relation: d::Relation::ALL, d::Relation::parse;
    ServiceKind: d::ServiceKind::ALL, d::ServiceKind::parse;
    AgeBand: d::AgeBand::ALL, d::AgeBand::parse;
    Activity: d::Activity::ALL, d::Activity::parse;
    Product: d::Product::ALL, d::Product::parse;
    CryptoCategory: d::CryptoCategory::ALL, d::CryptoCategory::parse;
    CryptoConfidence: d::CryptoConfidence::ALL, d::CryptoConfidence::parse;
}

/// A type in words.
pub(crate) fn type_name(value_type: Type) -> &'static str {
    match value_type {
        Type::Bool => "a truth value",
        Type::Int => "a whole number",
        Type::Decimal => "a decimal number",
        Type::Money => "money",
        Type::Duration => "a length of time",
        Type::Time => "a point in time",
        Type::Text => "text",
        Type::Symbol(vocabulary) => match vocabulary {
            V::Direction => "a direction",
            V::Kind => "a kind of payment",
            V::Rail => "a rail",
            V::Channel => "a channel",
            V::Status => "a status",
            V::EndKind => "a kind of end",
            V::TerminalKind => "a kind of terminal",
            V::Relation => "a relation",
            V::ServiceKind => "a kind of service",
            V::AgeBand => "an age band",
            V::Activity => "an activity",
            V::Product => "a product",
            V::CryptoCategory => "a category of wallet",
            V::CryptoConfidence => "a level of confidence",
        },
        Type::Place => "a place",
        Type::End => "an end of the payment",
    }
}
