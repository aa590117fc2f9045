//! Parties of a test file.

use super::World;
use super::event::{Places, place};
use crate::check::condition::feeds;
use crate::read::{Cx, Fields};
use crate::yaml::{Node, Value};
use palermo_domain::{
    Activity, AgeBand, Date, FeedSet, OwnedAccount, Party, PartyKind, PartyRelation, Product,
    Redacted, RelationKind, parse_amount,
};

const KEYS: [&str; 24] = [
    "party",
    "account",
    "kind",
    "home",
    "work",
    "opened",
    "product",
    "segment",
    "since",
    "age_band",
    "industry_mcc",
    "headcount",
    "monthly_income",
    "monthly_turnover",
    "licensed",
    "phone",
    "email",
    "address",
    "relations",
    "feeds",
    "merchants",
    "terminals",
    "activity",
    "occupation_code",
];

/// Reads one party.
pub(super) fn party(cx: &mut Cx, node: &Node, places: &Places, world: &World) -> Option<Party> {
    let keys: Vec<&str> = KEYS.into_iter().chain(["incorporated"]).collect();
    let fields = Fields::open(cx, node, "a party", &keys, &[])?;
    let id = fields.need(cx, "party").and_then(|node| cx.filled(node));
    let accounts = accounts(cx, &fields);
    let mut place_of = |key| fields.get(key).and_then(|node| place(cx, node, places));
    let (home, work) = (place_of("home"), place_of("work"));
    let word =
        |cx: &mut Cx, key| fields.get(key).and_then(|node| cx.filled(node)).map(str::to_owned);
    let hidden = |cx: &mut Cx, key| word(cx, key).map(Redacted::new);
    let day = |cx: &mut Cx, key| fields.get(key).and_then(|node| cx.date(node));
    let money = |cx: &mut Cx, key| {
        let node = fields.get(key)?;
        cx.parsed(node, "an amount", "1900", |text| parse_amount(text).ok()).map(Redacted::new)
    };
    let all = |cx: &mut Cx, key| -> Vec<Redacted<String>> {
        let texts = fields.get(key).map_or_else(Vec::new, |node| cx.texts(node));
        texts.into_iter().map(Redacted::new).collect()
    };
    let (monthly_income, monthly_turnover) =
        (money(cx, "monthly_income"), money(cx, "monthly_turnover"));
    let paid = monthly_income.is_some() || monthly_turnover.is_some();
    Some(Party {
        party: Redacted::new(id?.to_owned()),
        as_of: world.start,
        kind: symbol(cx, &fields, "kind", PartyKind::ALL, PartyKind::as_str, PartyKind::parse)
            .unwrap_or(PartyKind::Person),
        accounts,
        segment: word(cx, "segment"),
        home: home.map(Redacted::new),
        work: work.map(Redacted::new),
        since: day(cx, "since"),
        age_band: symbol(cx, &fields, "age_band", AgeBand::ALL, AgeBand::as_str, AgeBand::parse),
        industry_mcc: word(cx, "industry_mcc"),
        headcount: fields.get("headcount").and_then(|node| cx.int(node)),
        monthly_income,
        monthly_turnover,
        currency: paid.then_some(world.base_currency),
        hours: Vec::new(),
        licensed: fields.get("licensed").and_then(|node| cx.boolean(node)),
        phone: hidden(cx, "phone"),
        email: hidden(cx, "email"),
        address: hidden(cx, "address"),
        relations: relations(cx, &fields),
        feeds: fields.get("feeds").map_or_else(FeedSet::default, |node| feeds(cx, node)),
        merchants: all(cx, "merchants"),
        terminals: all(cx, "terminals"),
        activity: symbol(cx, &fields, "activity", Activity::ALL, Activity::as_str, Activity::parse),
        occupation_code: word(cx, "occupation_code"),
        incorporated: day(cx, "incorporated"),
        events: Vec::new(),
        hash_key_id: None,
    })
}

fn symbol<T: Copy>(
    cx: &mut Cx,
    fields: &Fields<'_>,
    key: &str,
    all: &[T],
    text: fn(T) -> &'static str,
    parse: fn(&str) -> Option<T>,
) -> Option<T> {
    let known: Vec<&str> = all.iter().map(|value| text(*value)).collect();
    fields.get(key).and_then(|node| cx.word(node, key, &known, parse))
}

fn accounts(cx: &mut Cx, fields: &Fields<'_>) -> Vec<OwnedAccount> {
    let opened: Option<Date> = fields.get("opened").and_then(|node| cx.date(node));
    let product = symbol(cx, fields, "product", Product::ALL, Product::as_str, Product::parse);
    let names = match fields.get("account") {
        None => Vec::new(),
        Some(node) => match &node.value {
            Value::Seq(_) => cx.texts(node),
            Value::Scalar(..) | Value::Map(_) => {
                cx.filled(node).map(str::to_owned).into_iter().collect()
            }
        },
    };
    let owned = |account: String| OwnedAccount {
        account: Redacted::new(account),
        opened,
        closed: None,
        product,
        holder: true,
    };
    names.into_iter().map(owned).collect()
}

fn relations(cx: &mut Cx, fields: &Fields<'_>) -> Vec<PartyRelation> {
    let Some(node) = fields.get("relations") else { return Vec::new() };
    let mut all = Vec::new();
    for item in cx.items(node) {
        let keys = ["party", "kind", "since", "until"];
        let Some(fields) = Fields::open(cx, item, "a relation", &keys, &[]) else { continue };
        let party = fields.need(cx, "party").and_then(|node| cx.filled(node));
        fields.need(cx, "kind");
        let kind = symbol(
            cx,
            &fields,
            "kind",
            RelationKind::ALL,
            RelationKind::as_str,
            RelationKind::parse,
        );
        let since = fields.get("since").and_then(|node| cx.date(node));
        let until = fields.get("until").and_then(|node| cx.date(node));
        if let (Some(party), Some(kind)) = (party, kind) {
            let party = Redacted::new(party.to_owned());
            all.push(PartyRelation { party, kind, since, until });
        }
    }
    all
}
