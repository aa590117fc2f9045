//! The names an expression may use: fields with their types, closed vocabularies, functions.

use crate::program::{Direction, EndField, Field, Side, Symbol, Type, Vocabulary};
use palermo_domain as d;

use EndField as E;
use Field as F;
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
    ("idle_before", E::IdleBefore, Type::Duration),
    ("known_for", E::KnownFor, Type::Duration),
];

/// First parts of paths of the full language that this version does not read.
const LATER_ROOTS: &[&str] = &[
    "text",
    "local_date",
    "crypto",
    "travel",
    "check",
    "cash",
    "stay",
    "service",
    "device",
    "card",
    "merchant",
    "terminal",
    "conductor",
];
/// Parts of places, and what ends have in the full language only.
const LATER_PARTS: &[&str] = &[
    "name_key",
    "hours",
    "town",
    "region",
    "country",
    "locode",
    "holds",
    "id",
    "reference",
    "domain",
    "name",
    "ip",
    "check_in",
];

/// Functions of the full language that this version does not read.
pub(crate) const LATER_FUNCTIONS: &[&str] = &["holds", "peer", "lexicon", "linked", "any"];

/// What a path is.
pub(crate) enum Path {
    /// A field with its type.
    Field(Field, Type),
    /// One end.
    End(Side),
    /// A name of the full language.
    Later,
    /// No such name.
    Unknown,
}

/// Looks a path up.
pub(crate) fn path(parts: &[String]) -> Path {
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["self"] => return Path::End(Side::Own),
        ["other"] => return Path::End(Side::Other),
        [end @ ("self" | "other"), field] => {
            let side = if *end == "self" { Side::Own } else { Side::Other };
            let found = END_FIELDS.iter().find(|(name, ..)| name == field);
            if let Some((_, field, value_type)) = found {
                return Path::Field(F::End(side, *field), *value_type);
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
    if is_later(&words) { Path::Later } else { Path::Unknown }
}

fn is_later(words: &[&str]) -> bool {
    let part = words.last().is_some_and(|last| LATER_PARTS.contains(last));
    match words {
        ["text" | "local_date"] => true,
        [_] => false,
        ["crypto" | "travel" | "check" | "cash", ..] => true,
        ["self" | "other", "home" | "work", ..] => part,
        [root, _] => {
            part && (LATER_ROOTS.contains(root) || ["self", "other", "place"].contains(root))
        }
        [root, "place", _] => part && LATER_ROOTS.contains(root),
        _ => false,
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
        },
        Type::Place => "a place",
        Type::End => "an end of the payment",
    }
}
