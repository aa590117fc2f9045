//! `party.v1` from bytes, and the key of a party's tombstone.
//!
//! Owned values: a party is kept. Cost: linear in the bytes.

use crate::read::{
    Ctx, Objects, Strings, amount, array, boolean, checked, date, integer, keys, object, read,
    record, schema, symbol, text, time,
};
use crate::rule::Rule;
use crate::{Limits, Refusal, UnknownFields, minor_units};
use palermo_domain::{
    Activity, AgeBand, Currency, DeadLetterReason, EventCode, EventTime, Feed, FeedSet, Hours,
    OwnedAccount, Party, PartyEvent, PartyKind, PartyRelation, Place, PlaceText, Product, Redacted,
    RelationKind, parse_amount,
};
use serde::de::MapAccess;
use std::borrow::Cow;

/// Decodes and checks one party.
pub fn decode_party(
    bytes: &[u8],
    limits: &Limits,
    unknown: &mut UnknownFields,
) -> Result<Party, Refusal> {
    let mut party = blank();
    read(bytes, limits, unknown, &mut party)?;
    Ok(party)
}

/// The party that a tombstone ends: the key of its record.
pub fn party_tombstone(key: Option<&[u8]>, limits: &Limits) -> Result<Redacted<String>, Refusal> {
    let key = key_text(key)?;
    Rule::Id.check(key, limits).map_err(|reason| Refusal::at(reason, &["key"]))?;
    Ok(Redacted::new(key.to_owned()))
}

/// The text of a record's key.
pub(crate) fn key_text(key: Option<&[u8]>) -> Result<&str, Refusal> {
    let key = key.ok_or_else(|| Refusal::at(DeadLetterReason::MissingField, &["key"]))?;
    std::str::from_utf8(key).map_err(|_| Refusal::at(DeadLetterReason::NotUtf8, &["key"]))
}

keys! {
    PartyKey {
        Schema = "schema", Party = "party" required, AsOf = "as_of" required, Kind = "kind" required,
        Accounts = "accounts" required, Segment = "segment", Home = "home", Work = "work",
        Since = "since", AgeBand = "age_band", IndustryMcc = "industry_mcc",
        Headcount = "headcount", MonthlyIncome = "monthly_income",
        MonthlyTurnover = "monthly_turnover", Currency = "currency", Hours = "hours",
        Licensed = "licensed", Phone = "phone", Email = "email", Address = "address",
        Relations = "relations", Feeds = "feeds", Merchants = "merchants",
        Terminals = "terminals", Activity = "activity", OccupationCode = "occupation_code",
        Incorporated = "incorporated", Events = "events", HashKeyId = "hash_key_id",
    }
    AccountKey {
        Account = "account" required, Opened = "opened", Closed = "closed", Product = "product",
        Role = "role",
    }
    HoursKey { Days = "days" required, Open = "open" required, Close = "close" required, }
    RelationKey { Party = "party" required, Kind = "kind" required, Since = "since", Until = "until", }
    EventKey { Code = "code" required, At = "at" required, By = "by", Device = "device", }
}

record!(Party, PartyKey, (), |self, _, map, ctx| {
    Schema => schema("party.v1", map, ctx)?,
    Party => self.party = id(map, ctx)?.unwrap_or_default(),
    AsOf => self.as_of = time(map, ctx)?.unwrap_or_default(),
    Kind => self.kind = symbol(PartyKind::parse, map, ctx)?.unwrap_or(PartyKind::Person),
    Accounts => {
        let out = &mut self.accounts;
        array(Objects { items_max: 256, blank: blank_account, out }, map, ctx)?;
    },
    Segment => self.segment = checked(Rule::Length(0, 35), map, ctx)?,
    Home => self.home = place(map, ctx)?,
    Work => self.work = place(map, ctx)?,
    Since => self.since = date(map, ctx)?,
    AgeBand => self.age_band = symbol(AgeBand::parse, map, ctx)?,
    IndustryMcc => self.industry_mcc = checked(Rule::Mcc, map, ctx)?,
    Headcount => self.headcount = integer(0..=i64::from(u32::MAX), map, ctx)?,
    MonthlyIncome => self.monthly_income = amount(parse_amount, map, ctx)?.map(Redacted::new),
    MonthlyTurnover => self.monthly_turnover = amount(parse_amount, map, ctx)?.map(Redacted::new),
    Currency => self.currency = currency(map, ctx)?,
    Hours => {
        let out = &mut self.hours;
        array(Objects { items_max: 14, blank: blank_hours, out }, map, ctx)?;
    },
    Licensed => self.licensed = boolean(map, ctx)?,
    Phone => self.phone = hash(map, ctx)?,
    Email => self.email = hash(map, ctx)?,
    Address => self.address = hash(map, ctx)?,
    Relations => {
        let out = &mut self.relations;
        array(Objects { items_max: 256, blank: blank_relation, out }, map, ctx)?;
    },
    Feeds => feeds(&mut self.feeds, map, ctx)?,
    Merchants => ids(256, &mut self.merchants, map, ctx)?,
    Terminals => ids(1024, &mut self.terminals, map, ctx)?,
    Activity => self.activity = symbol(Activity::parse, map, ctx)?,
    OccupationCode => self.occupation_code = checked(Rule::Occupation, map, ctx)?,
    Incorporated => self.incorporated = date(map, ctx)?,
    Events => {
        let out = &mut self.events;
        array(Objects { items_max: 64, blank: blank_event, out }, map, ctx)?;
    },
    HashKeyId => self.hash_key_id = checked(Rule::Length(0, 35), map, ctx)?,
} finish |party, (), ctx| check_money(party, ctx));

/// Amounts have no more decimals than their currency allows, where it is named.
fn check_money(party: &Party, ctx: &mut Ctx<'_>) {
    let Some(decimals) = party.currency.as_ref().and_then(minor_units) else {
        return;
    };
    for (value, name) in
        [(&party.monthly_income, "monthly_income"), (&party.monthly_turnover, "monthly_turnover")]
    {
        if value.as_ref().is_some_and(|value| value.expose().scale() > decimals) {
            return ctx.wrong_at(DeadLetterReason::Amount, &[name]);
        }
    }
}

record!(OwnedAccount, AccountKey, (), |self, _, map, ctx| {
    Account => self.account = id(map, ctx)?.unwrap_or_default(),
    Opened => self.opened = date(map, ctx)?,
    Closed => self.closed = date(map, ctx)?,
    Product => self.product = symbol(Product::parse, map, ctx)?,
    Role => self.holder = symbol(parse_role, map, ctx)?.unwrap_or(true),
});

/// Whether the role of an account is a holder's.
fn parse_role(text: &str) -> Option<bool> {
    match text {
        "holder" | "joint" => Some(true),
        "authorized_user" | "mandate" => Some(false),
        _ => None,
    }
}

record!(Hours, HoursKey, (), |self, _, map, ctx| {
    Days => {
        let days = &mut self.days;
        let each = |text: Cow<'_, str>, ctx: &mut Ctx<'_>| {
            match DAYS.iter().position(|day| *day == text) {
                Some(day) => *days |= 1 << day,
                None => ctx.wrong(DeadLetterReason::FieldValue),
            }
        };
        array(Strings { items_max: usize::MAX, each }, map, ctx)?;
    },
    Open => self.open_minute = symbol(parse_minute, map, ctx)?.unwrap_or_default(),
    Close => self.close_minute = symbol(parse_minute, map, ctx)?.unwrap_or_default(),
});

/// The days of a week in the order of their bits.
pub(crate) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `^([01][0-9]|2[0-3]):[0-5][0-9]$` as the minute of the day.
fn parse_minute(text: &str) -> Option<u16> {
    let &[h1, h2, b':', m1, m2] = text.as_bytes() else {
        return None;
    };
    let digit = |b: u8| b.is_ascii_digit().then(|| u16::from(b.wrapping_sub(b'0')));
    let two = |a, b| digit(a)?.checked_mul(10)?.checked_add(digit(b)?);
    let (hour, minute) = (two(h1, h2)?, two(m1, m2)?);
    if hour > 23 || minute > 59 {
        return None;
    }
    hour.checked_mul(60)?.checked_add(minute)
}

record!(PartyRelation, RelationKey, (), |self, _, map, ctx| {
    Party => self.party = id(map, ctx)?.unwrap_or_default(),
    Kind => self.kind = symbol(RelationKind::parse, map, ctx)?.unwrap_or(RelationKind::Family),
    Since => self.since = date(map, ctx)?,
    Until => self.until = date(map, ctx)?,
});

record!(PartyEvent, EventKey, (), |self, _, map, ctx| {
    Code => self.code = symbol(EventCode::parse, map, ctx)?.unwrap_or(EventCode::Bh01),
    At => self.at = time(map, ctx)?.unwrap_or_default(),
    By => self.by = id(map, ctx)?,
    Device => self.device = id(map, ctx)?,
});

fn id<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Redacted<String>>, A::Error> {
    Ok(checked(Rule::Id, map, ctx)?.map(Redacted::new))
}

fn hash<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Redacted<String>>, A::Error> {
    Ok(checked(Rule::Hash, map, ctx)?.map(Redacted::new))
}

fn place<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Redacted<Place>>, A::Error> {
    let mut place = PlaceText::default();
    object(&mut place, map, ctx)?;
    Ok(Some(Redacted::new(place.to_place())))
}

/// `^[A-Z]{3}$`, of ISO 4217.
fn currency<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Currency>, A::Error> {
    let Some(code) = text(map, ctx)? else {
        return Ok(None);
    };
    let currency = Currency::try_new(&code).filter(|currency| minor_units(currency).is_some());
    if currency.is_none() {
        ctx.wrong(DeadLetterReason::Currency);
    }
    Ok(currency)
}

fn feeds<'de, A: MapAccess<'de>>(
    out: &mut FeedSet,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    let each = |text: Cow<'_, str>, ctx: &mut Ctx<'_>| match Feed::parse(&text) {
        Some(feed) => out.insert(feed),
        None => ctx.wrong(DeadLetterReason::FieldValue),
    };
    array(Strings { items_max: 32, each }, map, ctx)
}

fn ids<'de, A: MapAccess<'de>>(
    items_max: usize,
    out: &mut Vec<Redacted<String>>,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    let each = |text: Cow<'_, str>, ctx: &mut Ctx<'_>| {
        if ctx.keeps(Rule::Id, &text) {
            out.push(Redacted::new(text.into_owned()));
        }
    };
    array(Strings { items_max, each }, map, ctx)
}

fn blank_account() -> OwnedAccount {
    let account = Redacted::default();
    OwnedAccount { account, opened: None, closed: None, product: None, holder: true }
}

fn blank_hours() -> Hours {
    Hours { days: 0, open_minute: 0, close_minute: 0 }
}

fn blank_relation() -> PartyRelation {
    let party = Redacted::default();
    PartyRelation { party, kind: RelationKind::Family, since: None, until: None }
}

fn blank_event() -> PartyEvent {
    PartyEvent { code: EventCode::Bh01, at: EventTime(0), by: None, device: None }
}

/// A party with nothing in it; every required field is checked to have been read.
fn blank() -> Party {
    Party {
        party: Redacted::default(),
        as_of: EventTime(0),
        kind: PartyKind::Person,
        accounts: Vec::new(),
        segment: None,
        home: None,
        work: None,
        since: None,
        age_band: None,
        industry_mcc: None,
        headcount: None,
        monthly_income: None,
        monthly_turnover: None,
        currency: None,
        hours: Vec::new(),
        licensed: None,
        phone: None,
        email: None,
        address: None,
        relations: Vec::new(),
        feeds: FeedSet::default(),
        merchants: Vec::new(),
        terminals: Vec::new(),
        activity: None,
        occupation_code: None,
        incorporated: None,
        events: Vec::new(),
        hash_key_id: None,
    }
}
