//! Parties of a test file.

use super::World;
use super::event::{Places, pattern, place};
use super::extra::hashed;
use crate::check::condition::feeds;
use crate::read::{Cx, Fields};
use crate::yaml::{Node, Value};
use palermo_domain::{
    Activity, AgeBand, Date, EventCode, EventTime, FeedSet, Hours, OwnedAccount, Party, PartyEvent,
    PartyKind, PartyRelation, Product, Redacted, RelationKind, Span, parse_amount,
};
use std::collections::BTreeSet;

/// A line of parties may stand for so many of them.
const REPEAT_MAX: u32 = 1000;

const KEYS: [&str; 29] = [
    "party",
    "account",
    "accounts",
    "incorporated",
    "hours",
    "events",
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
    "repeat",
];

const ROLES: [&str; 4] = ["holder", "joint", "authorized_user", "mandate"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Reads a line of parties: one, or with `repeat` so many that differ in what has a range (`P{1..31}`).
pub(super) fn parties(cx: &mut Cx, node: &Node, places: &Places, world: &World) -> Vec<Party> {
    let Some(fields) = Fields::open(cx, node, "a party", &KEYS, &[]) else { return Vec::new() };
    let Some(one) = party(cx, &fields, places, world) else { return Vec::new() };
    let Some(repeat) = fields.get("repeat") else { return vec![one] };
    let read = |text: &str| text.parse().ok().filter(|n| (1..=REPEAT_MAX).contains(n));
    let Some(repeat) = cx.parsed(repeat, "a number of parties from 1 to 1000", "31", read) else {
        return Vec::new();
    };
    let at = |text: &Redacted<String>, index: u32| {
        let pattern = pattern(text.expose());
        pattern.map_or_else(|| text.clone(), |pattern| Redacted::new(pattern.at(index)))
    };
    let nth = |index: u32| {
        let mut party = one.clone();
        party.party = at(&one.party, index);
        for account in &mut party.accounts {
            account.account = at(&account.account, index);
        }
        party
    };
    let all: Vec<Party> = (0..repeat).map(nth).collect();
    let different: BTreeSet<&String> = all.iter().map(|party| party.party.expose()).collect();
    let accounts = || all.iter().flat_map(|party| &party.accounts).map(|own| own.account.expose());
    let held = accounts().collect::<BTreeSet<_>>().len();
    if different.len() < all.len() || held < accounts().count() {
        let message =
            format!("{} parties have {} ids and {held} accounts", all.len(), different.len());
        let help = "write a range: `{repeat: 31, party: \"P{1..31}\", account: \"BANK:P{1..31}\"}`";
        cx.error("E107", &node.range, message, help);
    }
    all
}

fn party(cx: &mut Cx, fields: &Fields<'_>, places: &Places, world: &World) -> Option<Party> {
    let id = fields.need(cx, "party").and_then(|node| cx.filled(node));
    let accounts = accounts(cx, fields);
    let mut place_of = |key| fields.get(key).and_then(|node| place(cx, node, places));
    let (home, work) = (place_of("home"), place_of("work"));
    let word =
        |cx: &mut Cx, key| fields.get(key).and_then(|node| cx.filled(node)).map(str::to_owned);
    let hidden = |cx: &mut Cx, key| word(cx, key).map(|text| Redacted::new(hashed(&text)));
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
        kind: symbol(cx, fields, "kind", PartyKind::ALL, PartyKind::as_str, PartyKind::parse)
            .unwrap_or(PartyKind::Person),
        accounts,
        segment: word(cx, "segment"),
        home: home.map(Redacted::new),
        work: work.map(Redacted::new),
        since: day(cx, "since"),
        age_band: symbol(cx, fields, "age_band", AgeBand::ALL, AgeBand::as_str, AgeBand::parse),
        industry_mcc: word(cx, "industry_mcc"),
        headcount: fields.get("headcount").and_then(|node| cx.int(node)),
        monthly_income,
        monthly_turnover,
        currency: paid.then_some(world.base_currency),
        hours: hours(cx, fields),
        licensed: fields.get("licensed").and_then(|node| cx.boolean(node)),
        phone: hidden(cx, "phone"),
        email: hidden(cx, "email"),
        address: hidden(cx, "address"),
        relations: relations(cx, fields),
        feeds: fields.get("feeds").map_or_else(FeedSet::default, |node| feeds(cx, node)),
        merchants: all(cx, "merchants"),
        terminals: all(cx, "terminals"),
        activity: symbol(cx, fields, "activity", Activity::ALL, Activity::as_str, Activity::parse),
        occupation_code: word(cx, "occupation_code"),
        incorporated: day(cx, "incorporated"),
        events: events(cx, fields, world),
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
    let mut all: Vec<OwnedAccount> = names.into_iter().map(owned).collect();
    let listed = fields.get("accounts").map_or(&[][..], |node| cx.items(node));
    all.extend(listed.iter().filter_map(|item| account(cx, item)));
    all
}

/// One of `accounts: [{account, opened, product, role}]`.
fn account(cx: &mut Cx, item: &Node) -> Option<OwnedAccount> {
    let keys = ["account", "opened", "closed", "product", "role"];
    let fields = Fields::open(cx, item, "an account", &keys, &[])?;
    let account = fields.need(cx, "account").and_then(|node| cx.filled(node));
    let opened = fields.get("opened").and_then(|node| cx.date(node));
    let closed = fields.get("closed").and_then(|node| cx.date(node));
    let product = symbol(cx, &fields, "product", Product::ALL, Product::as_str, Product::parse);
    let holder = fields.get("role").map_or(Some(true), |node| {
        cx.word(node, "role", &ROLES, |word| match word {
            "holder" | "joint" => Some(true),
            "authorized_user" | "mandate" => Some(false),
            _ => None,
        })
    });
    let account = Redacted::new(account?.to_owned());
    Some(OwnedAccount { account, opened, closed, product, holder: holder? })
}

/// `hours: [{days: [mon, tue], open: "09:00", close: "18:00"}]`.
fn hours(cx: &mut Cx, fields: &Fields<'_>) -> Vec<Hours> {
    let mut all = Vec::new();
    for item in fields.get("hours").map_or(&[][..], |node| cx.items(node)) {
        let keys = ["days", "open", "close"];
        let Some(fields) = Fields::open(cx, item, "hours", &keys, &[]) else { continue };
        let mut days: u8 = 0;
        for day in fields.need(cx, "days").map_or(&[][..], |node| cx.items(node)) {
            let bit = |word: &str| (0..7).zip(DAYS).find(|(_, known)| *known == word);
            days |=
                cx.word(day, "day", &DAYS, |word| bit(word).map(|(bit, _)| 1 << bit)).unwrap_or(0);
        }
        let mut minute = |key| {
            let node = fields.need(cx, key)?;
            cx.parsed(node, "a time of day", "09:30", minute)
        };
        let (open, close) = (minute("open"), minute("close"));
        all.extend(open.zip(close).map(|(open_minute, close_minute)| Hours {
            days,
            open_minute,
            close_minute,
        }));
    }
    all
}

/// The minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two =
        |text: &str, below: u16| text.parse().ok().filter(|n: &u16| text.len() == 2 && *n < below);
    two(hour, 24)?.checked_mul(60)?.checked_add(two(minute, 60)?)
}

/// `events: [{code: BH-01, at: 3d}]`; a length of time is counted from the start of the world.
fn events(cx: &mut Cx, fields: &Fields<'_>, world: &World) -> Vec<PartyEvent> {
    let mut all = Vec::new();
    for item in fields.get("events").map_or(&[][..], |node| cx.items(node)) {
        let keys = ["code", "at", "by", "device"];
        let Some(fields) = Fields::open(cx, item, "an event of a party", &keys, &[]) else {
            continue;
        };
        fields.need(cx, "code");
        let code = symbol(cx, &fields, "code", EventCode::ALL, EventCode::as_str, EventCode::parse);
        let at = fields.need(cx, "at").and_then(|node| {
            cx.parsed(node, "a time, a day, or how long after the start", "3d", |text| {
                let day = Date::parse(text).ok().map(Date::midnight);
                day.or_else(|| EventTime::parse(text).ok())
                    .or_else(|| Span::parse(text).ok().map(|span| world.start.plus(span)))
            })
        });
        let mut named = |key| {
            let named = fields.get(key).and_then(|node| cx.filled(node));
            named.map(|text| Redacted::new(text.to_owned()))
        };
        let (by, device) = (named("by"), named("device"));
        all.extend(code.zip(at).map(|(code, at)| PartyEvent { code, at, by, device }));
    }
    all
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
