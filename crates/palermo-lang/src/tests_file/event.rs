//! Event lines: reading them, and drawing events from them.
//!
//! A draw is a function of test name, number of the line, name of the field and index of the
//! repetition: adding a test or a line elsewhere changes nothing here.

use super::extra::{self, Extra};
use super::{Conductor, TestEvent, World};
use crate::read::{Cx, Fields};
use crate::yaml::{Node, Value};
use palermo_domain::{
    Channel, Currency, Decimal, EndKind, PaymentKind, Place, Rail, Relation, Span, Status,
    parse_amount,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Places by `REGION/Town`.
pub(super) type Places = BTreeMap<String, Place>;

/// Beside those of module `extra`.
const KEYS: [&str; 29] = [
    "start",
    "repeat",
    "every",
    "id",
    "kind",
    "rail",
    "channel",
    "status",
    "amount",
    "currency",
    "from",
    "to",
    "from_region",
    "to_region",
    "from_kind",
    "to_kind",
    "from_wallet",
    "to_wallet",
    "place",
    "mcc",
    "domain",
    "purpose",
    "relation",
    "offset",
    "conductor",
    "is_holder",
    "refers_to",
    "ip_country",
    "nights",
];
/// The most events of one line.
const REPEAT_MAX: u32 = 100_000;

/// A line of `events`, not yet expanded. Each field has one value or several that cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct EventTemplate {
    start: Span,
    repeat: u32,
    every: Span,
    kind: PaymentKind,
    rail: Vec<Rail>,
    channel: Vec<Channel>,
    status: Vec<Status>,
    amount: Vec<(Decimal, Decimal)>,
    currency: Vec<Currency>,
    from_kind: Vec<EndKind>,
    to_kind: Vec<EndKind>,
    relation: Vec<Relation>,
    place: Vec<Place>,
    offset: Vec<i16>,
    is_holder: Vec<bool>,
    nights: Vec<u16>,
    texts: BTreeMap<&'static str, Vec<Pattern>>,
    extra: Extra,
}

/// A text with `{1..30}` in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Cycle(u32, u32),
}

/// Fields that are texts.
const TEXTS: [&str; 13] = [
    "id",
    "from",
    "to",
    "from_region",
    "to_region",
    "from_wallet",
    "to_wallet",
    "mcc",
    "domain",
    "purpose",
    "conductor",
    "refers_to",
    "ip_country",
];

/// Reads one line.
pub(super) fn template(cx: &mut Cx, node: &Node, places: &Places) -> Option<EventTemplate> {
    let keys: Vec<&str> = KEYS.into_iter().chain(extra::keys()).collect();
    let fields = Fields::open(cx, node, "an event", &keys, &[])?;
    let span =
        |cx: &mut Cx, key| fields.get(key).map_or(Some(Span::ZERO), |node| cx.duration(node));
    let start = span(cx, "start");
    let every = span(cx, "every");
    let repeat = fields.get("repeat").map_or(Some(1), |node| {
        let read = |text: &str| text.parse().ok().filter(|n| (1..=REPEAT_MAX).contains(n));
        cx.parsed(node, "a number of events from 1 to 100000", "30", read)
    });
    if repeat.is_some_and(|repeat| repeat > 1) {
        fields.need(cx, "every");
    }
    let kind = fields.need(cx, "kind").and_then(|node| {
        let known: Vec<&str> = PaymentKind::ALL.iter().map(|kind| kind.as_str()).collect();
        cx.word(node, "kind of payment", &known, PaymentKind::parse)
    });
    let amount = fields.need(cx, "amount").map_or_else(Vec::new, |node| {
        cycle(cx, node, |cx, node| {
            let read = |text: &str| amounts(text, |text| parse_amount(text).ok());
            cx.parsed(node, "an amount or a range", "280..390", read)
        })
    });
    let mut texts = BTreeMap::new();
    for key in TEXTS {
        if let Some(node) = fields.get(key) {
            let read = |cx: &mut Cx, node: &Node| {
                cx.parsed(node, "a text, with ranges like `{1..30}`", "S{1..30}", pattern)
            };
            texts.insert(key, cycle(cx, node, read));
        }
    }
    let template = EventTemplate {
        start: start?,
        repeat: repeat?,
        every: every?,
        kind: kind?,
        rail: words(cx, &fields, "rail", Rail::ALL, Rail::as_str, Rail::parse),
        channel: words(cx, &fields, "channel", Channel::ALL, Channel::as_str, Channel::parse),
        status: words(cx, &fields, "status", Status::ALL, Status::as_str, Status::parse),
        amount,
        currency: values(cx, &fields, "currency", |cx, node| {
            cx.parsed(node, "a currency", "USD", Currency::try_new)
        }),
        from_kind: words(cx, &fields, "from_kind", EndKind::ALL, EndKind::as_str, EndKind::parse),
        to_kind: words(cx, &fields, "to_kind", EndKind::ALL, EndKind::as_str, EndKind::parse),
        relation: words(cx, &fields, "relation", Relation::ALL, Relation::as_str, Relation::parse),
        place: values(cx, &fields, "place", |cx, node| place(cx, node, places)),
        offset: values(cx, &fields, "offset", |cx, node| {
            let read = |text: &str| text.parse().ok().filter(|m: &i16| (-1080..=1080).contains(m));
            cx.parsed(node, "minutes east of UTC", "-300", read)
        }),
        is_holder: values(cx, &fields, "is_holder", Cx::boolean),
        nights: values(cx, &fields, "nights", Cx::int),
        texts,
        extra: Extra::read(cx, &fields),
    };
    (!template.amount.is_empty()).then_some(template)
}

/// A row of the list `places`.
pub(super) fn place(cx: &mut Cx, node: &Node, places: &Places) -> Option<Place> {
    let name = cx.filled(node)?;
    let found = places.get(name);
    if found.is_none() {
        let known = places.keys().map(String::as_str);
        cx.unknown_in("E102", &node.range, "place", name, " in the list `places`", known);
    }
    found.cloned()
}

/// One value, or those of a list.
pub(super) fn cycle<T>(
    cx: &mut Cx,
    node: &Node,
    mut read: impl FnMut(&mut Cx, &Node) -> Option<T>,
) -> Vec<T> {
    match &node.value {
        Value::Seq(items) => items.iter().filter_map(|item| read(cx, item)).collect(),
        Value::Scalar(..) | Value::Map(_) => read(cx, node).into_iter().collect(),
    }
}

fn values<T>(
    cx: &mut Cx,
    fields: &Fields<'_>,
    key: &str,
    read: impl FnMut(&mut Cx, &Node) -> Option<T>,
) -> Vec<T> {
    fields.get(key).map_or_else(Vec::new, |node| cycle(cx, node, read))
}

fn words<T: Copy>(
    cx: &mut Cx,
    fields: &Fields<'_>,
    key: &str,
    all: &[T],
    text: fn(T) -> &'static str,
    parse: fn(&str) -> Option<T>,
) -> Vec<T> {
    let known: Vec<&str> = all.iter().map(|value| text(*value)).collect();
    values(cx, fields, key, |cx, node| cx.word(node, key, &known, parse))
}

/// An amount, or the ends of a range.
pub(super) fn amounts(
    text: &str,
    read: impl Fn(&str) -> Option<Decimal>,
) -> Option<(Decimal, Decimal)> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let (low, high) = (read(low)?, read(high)?);
    (low <= high).then_some((low, high))
}

pub(super) fn pattern(text: &str) -> Option<Pattern> {
    if text.is_empty() {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (range, tail) = after.split_once('}')?;
        let (low, high) = range.split_once("..")?;
        let (low, high) = (low.parse().ok()?, high.parse().ok()?);
        if low > high {
            return None;
        }
        parts.push(Part::Text(before.to_owned()));
        parts.push(Part::Cycle(low, high));
        rest = tail;
    }
    parts.push(Part::Text(rest.to_owned()));
    Some(Pattern(parts))
}

impl Pattern {
    /// A text without ranges.
    pub(super) fn plain(text: String) -> Self {
        Self(vec![Part::Text(text)])
    }

    pub(super) fn at(&self, index: u32) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Cycle(low, high) => {
                let length = high.saturating_sub(*low).saturating_add(1);
                let offset = index.checked_rem(length).unwrap_or(0);
                low.saturating_add(offset).to_string()
            }
        };
        self.0.iter().map(part).collect()
    }
}

/// The value whose turn it is.
pub(super) fn turn<T>(all: &[T], index: u32) -> Option<&T> {
    let length = u32::try_from(all.len()).ok()?;
    all.get(usize::try_from(index.checked_rem(length)?).ok()?)
}

impl EventTemplate {
    pub(super) fn expand<'t>(
        &'t self,
        test: &'t str,
        number: usize,
        world: &'t World,
    ) -> impl Iterator<Item = TestEvent> + 't {
        (0..self.repeat).map(move |index| self.event(test, number, index, world))
    }

    fn event(&self, test: &str, number: usize, index: u32, world: &World) -> TestEvent {
        let text = |key: &str| {
            let patterns = self.texts.get(key)?;
            turn(patterns, index).map(|pattern| pattern.at(index))
        };
        let later = self.every.as_millis().saturating_mul(i64::from(index));
        let currency = turn(&self.currency, index).copied().unwrap_or(world.base_currency);
        let named = format!("p{}-{:04}", number.saturating_add(1), index.saturating_add(1));
        let (party, is_holder) = (text("conductor"), turn(&self.is_holder, index).copied());
        let conductor =
            (party.is_some() || is_holder.is_some()).then_some(Conductor { party, is_holder });
        let time = world.start.plus(self.start).plus(Span::from_millis(later));
        let extra = self.extra.at((test, number, index), time);
        let carried = |path: &str| extra.get(path).cloned();
        TestEvent {
            id: text("id").unwrap_or(named),
            time,
            kind: self.kind,
            rail: turn(&self.rail, index).copied().unwrap_or(default_rail(self.kind, currency)),
            channel: turn(&self.channel, index).copied(),
            status: turn(&self.status, index).copied().unwrap_or(Status::Booked),
            amount: self.draw(test, number, index),
            currency,
            from: text("from"),
            to: text("to"),
            from_region: text("from_region"),
            to_region: text("to_region"),
            from_kind: turn(&self.from_kind, index).copied(),
            to_kind: turn(&self.to_kind, index).copied(),
            place: turn(&self.place, index).cloned(),
            mcc: text("mcc"),
            merchant: carried("merchant.id"),
            domain: text("domain"),
            terminal: carried("terminal.id"),
            purpose: text("purpose"),
            relation: turn(&self.relation, index).copied(),
            utc_offset_minutes: turn(&self.offset, index).copied(),
            conductor,
            refers_to: text("refers_to"),
            device: carried("device.id"),
            ip_country: text("ip_country"),
            from_wallet: text("from_wallet"),
            to_wallet: text("to_wallet"),
            nights: turn(&self.nights, index).copied(),
            extra,
        }
    }

    /// An amount of the range, in units of its finest end.
    fn draw(&self, test: &str, number: usize, index: u32) -> Decimal {
        let Some((low, high)) = turn(&self.amount, index) else { return Decimal::ZERO };
        drawn(&format!("{test}\n{number}\namount\n{index}"), *low, *high)
    }
}

/// An amount of a range, in units of its finest end, by the hash of a text.
pub(super) fn drawn(of: &str, low: Decimal, high: Decimal) -> Decimal {
    let scale = low.scale().max(high.scale());
    let (mut from, mut to) = (low, high);
    from.rescale(scale);
    to.rescale(scale);
    let choices = to.mantissa().saturating_sub(from.mantissa()).saturating_add(1);
    let hash = Sha256::digest(of);
    let drawn = hash
        .iter()
        .take(15)
        .fold(0_i128, |value, byte| value.saturating_mul(256).saturating_add(i128::from(*byte)));
    let offset = drawn.checked_rem(choices).unwrap_or(0);
    let mantissa = from.mantissa().saturating_add(offset);
    Decimal::try_from_i128_with_scale(mantissa, scale).unwrap_or(from)
}

fn default_rail(kind: PaymentKind, currency: Currency) -> Rail {
    use PaymentKind as K;
    match kind {
        K::CashDeposit | K::CashWithdrawal | K::CashExchange => Rail::Cash,
        K::CardPurchase
        | K::CardRefund
        | K::CardAuthorization
        | K::GamingStake
        | K::GamingPayout => Rail::Card,
        K::CheckDeposit | K::CheckPayment => Rail::Check,
        K::CryptoBuy | K::CryptoSell | K::CryptoTransfer => Rail::Crypto,
        K::LoanDrawdown
        | K::LoanRepayment
        | K::Fee
        | K::CurrencyExchange
        | K::SecurityBuy
        | K::SecuritySell => Rail::Internal,
        K::Transfer | K::DirectDebit | K::Payroll | K::Benefit => match currency.as_str() {
            "USD" => Rail::Ach,
            "EUR" => Rail::Sct,
            _ => Rail::Wire,
        },
    }
}
