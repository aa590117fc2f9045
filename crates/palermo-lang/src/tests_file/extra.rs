//! What few payments carry, as events of tests say it: journeys, notes, crypto analytics, contacts.
//!
//! A value is known by its path (`travel.from`, `from_phone`), which is how an event writes it: a group
//! is a mapping, and where a group has an id it may be that alone (`device: D1`). Values cycle as all
//! others do. Phones, emails, addresses and documents are keyed hashes on the wire: what does not look
//! like one is hashed here, so that a test may say `from_phone: P1` (see [`hashed`]).

use super::event::{Pattern, amounts, cycle, drawn, pattern, turn};
use crate::program::Vocabulary;
use crate::read::{Cx, Fields};
use crate::source::sha256_hex;
use crate::vocabulary;
use crate::yaml::{Node, Value};
use palermo_domain::{Date, Decimal, EventTime, Span, parse_amount, parse_signed_amount};
use std::collections::BTreeMap;

/// How a value is written.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Id,
    Hash,
    Country,
    Currency,
    Locode,
    Mcc,
    Bool,
    Int(u32, u32),
    Amount,
    Signed,
    /// A day, or how long after the event.
    Day,
    Word(Vocabulary),
    /// Who travels: names, or how many.
    Travelers,
    Notes,
}

use Shape as S;
use Vocabulary as V;

const SHAPES: &[(&str, Shape)] = &[
    ("text", S::Text),
    ("fee", S::Amount),
    ("gross_amount", S::Amount),
    ("counter_amount", S::Amount),
    ("counter_currency", S::Currency),
    ("from_name", S::Text),
    ("to_name", S::Text),
    ("from_party", S::Id),
    ("to_party", S::Id),
    ("from_bank", S::Text),
    ("to_bank", S::Text),
    ("from_ours", S::Bool),
    ("to_ours", S::Bool),
    ("from_alias", S::Text),
    ("to_alias", S::Text),
    ("from_phone", S::Hash),
    ("to_phone", S::Hash),
    ("from_email", S::Hash),
    ("to_email", S::Hash),
    ("from_address", S::Hash),
    ("to_address", S::Hash),
    ("from_country", S::Country),
    ("to_country", S::Country),
    ("from_town", S::Text),
    ("to_town", S::Text),
    ("from_locode", S::Locode),
    ("to_locode", S::Locode),
    ("from_balance", S::Signed),
    ("to_balance", S::Signed),
    ("conductor_is_holder", S::Bool),
    ("conductor_document", S::Hash),
    ("merchant.id", S::Id),
    ("merchant.mcc", S::Mcc),
    ("merchant.name", S::Text),
    ("merchant.domain", S::Text),
    ("merchant.country", S::Country),
    ("merchant.region", S::Text),
    ("merchant.town", S::Text),
    ("merchant.locode", S::Locode),
    ("terminal.id", S::Id),
    ("terminal.kind", S::Word(V::TerminalKind)),
    ("terminal.country", S::Country),
    ("terminal.region", S::Text),
    ("terminal.town", S::Text),
    ("terminal.locode", S::Locode),
    ("device.id", S::Id),
    ("device.ip", S::Text),
    ("device.ip_country", S::Country),
    ("card.token", S::Id),
    ("card.prepaid", S::Bool),
    ("card.present", S::Bool),
    ("card.reload", S::Bool),
    ("service.kind", S::Word(V::ServiceKind)),
    ("service.ref", S::Hash),
    ("check.payee", S::Id),
    ("check.number", S::Hash),
    ("stay.check_in", S::Day),
    ("stay.nights", S::Int(0, 365)),
    ("stay.rooms", S::Int(1, 99)),
    ("travel.one_way", S::Bool),
    ("travel.passengers", S::Int(1, 99)),
    ("travel.travelers", S::Travelers),
    ("travel.from", S::Text),
    ("travel.to", S::Text),
    ("travel.to_country", S::Country),
    ("travel.depart", S::Day),
    ("travel.booking", S::Hash),
    ("cash.notes_in", S::Notes),
    ("cash.notes_out", S::Notes),
    ("cash.coins", S::Amount),
    ("crypto.chain", S::Text),
    ("crypto.tx_hash", S::Text),
    ("crypto.debtor.cluster", S::Id),
    ("crypto.debtor.label", S::Text),
    ("crypto.debtor.category", S::Word(V::CryptoCategory)),
    ("crypto.debtor.confidence", S::Word(V::CryptoConfidence)),
    ("crypto.debtor.exposure_percent", S::Amount),
    ("crypto.debtor.hops", S::Int(0, 20)),
    ("crypto.creditor.cluster", S::Id),
    ("crypto.creditor.label", S::Text),
    ("crypto.creditor.category", S::Word(V::CryptoCategory)),
    ("crypto.creditor.confidence", S::Word(V::CryptoConfidence)),
    ("crypto.creditor.exposure_percent", S::Amount),
    ("crypto.creditor.hops", S::Int(0, 20)),
    ("ultimate_debtor.account", S::Id),
    ("ultimate_debtor.party", S::Id),
    ("ultimate_debtor.kind", S::Word(V::EndKind)),
    ("ultimate_debtor.country", S::Country),
    ("ultimate_creditor.account", S::Id),
    ("ultimate_creditor.party", S::Id),
    ("ultimate_creditor.kind", S::Word(V::EndKind)),
    ("ultimate_creditor.country", S::Country),
];

/// Groups that may be written as one value, and which of theirs that is.
const SHORT: [(&str, &str); 5] = [
    ("merchant", "merchant.id"),
    ("terminal", "terminal.id"),
    ("device", "device.id"),
    ("ultimate_debtor", "ultimate_debtor.account"),
    ("ultimate_creditor", "ultimate_creditor.account"),
];
/// The most travelers of an event.
const TRAVELERS_MAX: u32 = 99;

/// One value of a template.
#[derive(Clone, Debug, PartialEq)]
enum Draw {
    Text(Pattern),
    Hash(Pattern),
    Hashes(Vec<Pattern>),
    Amount(Decimal, Decimal),
    After(Span),
}

/// What the events of a line carry, by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Extra(BTreeMap<&'static str, Vec<Draw>>);

/// Keys of an event that begin a path, each once.
pub(super) fn keys() -> Vec<&'static str> {
    below("")
}

/// The next words of the paths that begin with a prefix.
fn below(prefix: &str) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for (path, _) in SHAPES {
        let rest = path.strip_prefix(prefix);
        let rest = rest
            .and_then(|rest| if prefix.is_empty() { Some(rest) } else { rest.strip_prefix('.') });
        let next = rest.and_then(|rest| rest.split('.').next());
        if let Some(next) = next
            && !all.contains(&next)
        {
            all.push(next);
        }
    }
    all
}

impl Extra {
    /// Reads what an event says of it.
    pub(super) fn read(cx: &mut Cx, fields: &Fields<'_>) -> Self {
        let mut all = Self::default();
        for key in keys() {
            if let Some(node) = fields.get(key) {
                all.path(cx, node, key);
            }
        }
        all
    }

    fn path(&mut self, cx: &mut Cx, node: &Node, path: &str) {
        if let Some((path, shape)) = SHAPES.iter().find(|(known, _)| *known == path) {
            let draws = shape.read(cx, node, path);
            self.0.insert(path, draws);
            return;
        }
        let short = SHORT.iter().find(|(group, _)| *group == path);
        if let Some((_, id)) = short
            && !matches!(node.value, Value::Map(_))
        {
            return self.path(cx, node, id);
        }
        let keys = below(path);
        let Some(fields) = Fields::open(cx, node, &format!("`{path}`"), &keys, &[]) else { return };
        for key in keys {
            if let Some(node) = fields.get(key) {
                self.path(cx, node, &format!("{path}.{key}"));
            }
        }
    }

    /// What the event of this turn carries, as texts.
    pub(super) fn at(
        &self,
        (test, number, index): (&str, usize, u32),
        time: EventTime,
    ) -> BTreeMap<&'static str, String> {
        let one = |(path, draws): (&&'static str, &Vec<Draw>)| {
            let text = match turn(draws, index)? {
                Draw::Text(pattern) => pattern.at(index),
                Draw::Hash(pattern) => hashed(&pattern.at(index)),
                Draw::Hashes(all) => {
                    let all: Vec<String> = all.iter().map(|one| hashed(&one.at(index))).collect();
                    all.join(",")
                }
                Draw::Amount(low, high) => {
                    drawn(&format!("{test}\n{number}\n{path}\n{index}"), *low, *high).to_string()
                }
                Draw::After(span) => time.plus(*span).date().to_string(),
            };
            Some((*path, text))
        };
        self.0.iter().filter_map(one).collect()
    }
}

/// A keyed hash as it is, any other text as the hash that stands for it in tests.
pub fn hashed(text: &str) -> String {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if (16..=64).contains(&text.len()) && text.bytes().all(hex) {
        return text.to_owned();
    }
    sha256_hex(text).chars().take(32).collect()
}

impl Shape {
    fn read(self, cx: &mut Cx, node: &Node, path: &str) -> Vec<Draw> {
        match self {
            Self::Travelers => return travelers(cx, node).into_iter().collect(),
            Self::Notes => return notes(cx, node).into_iter().collect(),
            _ => {}
        }
        cycle(cx, node, |cx, node| match self {
            Self::Word(words) => {
                let known = vocabulary::words(words);
                let what = path.rsplit('.').next().unwrap_or(path);
                let word = cx.word(node, what, &known, |word| {
                    vocabulary::symbol(words, word).map(|_| word.to_owned())
                })?;
                Some(Draw::Text(Pattern::plain(word)))
            }
            Self::Amount | Self::Signed => {
                let read: fn(&str) -> Option<Decimal> = match self {
                    Self::Amount => |text| parse_amount(text).ok(),
                    _ => |text| parse_signed_amount(text).ok(),
                };
                let (low, high) = cx
                    .parsed(node, "an amount or a range", "280..390", |text| amounts(text, read))?;
                Some(Draw::Amount(low, high))
            }
            Self::Day => cx.parsed(node, "a day, or how long after the event", "3d", |text| {
                let day =
                    Date::parse(text).ok().map(|day| Draw::Text(Pattern::plain(day.to_string())));
                day.or_else(|| Span::parse(text).ok().map(Draw::After))
            }),
            _ => {
                let (wanted, example) = self.wanted();
                let read = |text: &str| pattern(text).filter(|pattern| self.fits(&pattern.at(0)));
                let pattern = cx.parsed(node, wanted, example, read)?;
                Some(if matches!(self, Self::Hash) {
                    Draw::Hash(pattern)
                } else {
                    Draw::Text(pattern)
                })
            }
        })
    }

    const fn wanted(self) -> (&'static str, &'static str) {
        match self {
            Self::Id => ("an id without blanks, with ranges like `{1..30}`", "S{1..30}"),
            Self::Country => ("a country of two capital letters", "US"),
            Self::Currency => ("a currency or asset in capital letters", "USD"),
            Self::Locode => ("a UN/LOCODE", "USLRD"),
            Self::Mcc => ("a merchant category code of four digits", "7011"),
            Self::Bool => ("`true` or `false`", "true"),
            Self::Int(1, _) => ("a whole number from 1 to 99", "2"),
            Self::Int(..) => ("a small whole number", "2"),
            _ => ("a text, with ranges like `{1..30}`", "S{1..30}"),
        }
    }

    /// Whether a drawn text is what the schema lets through.
    fn fits(self, text: &str) -> bool {
        let upper = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase());
        match self {
            Self::Id => text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:@#/+-".contains(&b)),
            Self::Country => text.len() == 2 && upper(text),
            Self::Currency => {
                (3..=8).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            }
            Self::Locode => text.len() == 5 && text.get(..2).is_some_and(upper),
            Self::Mcc => text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()),
            Self::Bool => text == "true" || text == "false",
            Self::Int(low, high) => text.parse().is_ok_and(|number| (low..=high).contains(&number)),
            _ => true,
        }
    }
}

/// `[T1, T2]`, or how many: `6`.
fn travelers(cx: &mut Cx, node: &Node) -> Option<Draw> {
    let read = |text: &str| pattern(text);
    match &node.value {
        Value::Seq(items) => {
            let each = items.iter().filter_map(|item| {
                cx.parsed(item, "a text, with ranges like `{1..30}`", "T{1..30}", read)
            });
            Some(Draw::Hashes(each.collect()))
        }
        _ => {
            let many = cx.parsed(node, "who travels, or how many", "[T1, T2]", |text| {
                text.parse().ok().filter(|many| (1..=TRAVELERS_MAX).contains(many))
            })?;
            let each = (1..=many).map(|one| Pattern::plain(format!("traveler-{one}")));
            Some(Draw::Hashes(each.collect()))
        }
    }
}

/// `[{value, count}]`, as `value*count,…`.
fn notes(cx: &mut Cx, node: &Node) -> Option<Draw> {
    let mut all = Vec::new();
    for item in cx.items(node) {
        let fields = Fields::open(cx, item, "notes", &["value", "count"], &[])?;
        let value = fields.need(cx, "value").and_then(|node| {
            cx.parsed(node, "the value of a note", "100", |text| parse_amount(text).ok())
        });
        let count = fields.need(cx, "count").and_then(|node| cx.int::<u32>(node));
        all.extend(value.zip(count).map(|(value, count)| format!("{value}*{count}")));
    }
    Some(Draw::Text(Pattern::plain(all.join(","))))
}
