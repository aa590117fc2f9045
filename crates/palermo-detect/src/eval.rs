//! Evaluation of a bound expression on one payment, seen from one of its ends.
//!
//! Cost: one visit per node; conjunctions stop at the first false, disjunctions at the first true.
//! Nothing here allocates, but for an alias that is looked up in a lexicon.

use crate::bind::Node;
use crate::condition::{Match, Searches};
use crate::fields;
use crate::hits::Hits;
use crate::lexicon::Words;
use crate::lists::BoundList;
use crate::near;
use crate::peers::Peers;
use crate::record;
use crate::value::{UNKNOWN, Value, arithmetic, compare, not};
use palermo_domain::{
    Date, Decimal, EventTime, MicroDegrees, PaymentKind, Span, TenthKm, distance,
};
use palermo_lang::program::{Direction, EndField, Field, Side, Symbol};
use palermo_ledger::{AccountId, Adder, Atom, KnownParty, Ledger, Leg, PlaceId, PlaceParts, Row};
use std::cell::RefCell;

/// What an expression may look at.
#[derive(Clone, Copy)]
pub(crate) struct Env<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) lists: &'a [BoundList],
    /// Scratch of those who add windows up.
    pub(crate) adder: &'a RefCell<Adder>,
    /// Scratch of graph searches.
    pub(crate) searches: &'a RefCell<Searches>,
    /// The beginning of the window, where a condition is evaluated over one and not a payment alone.
    pub(crate) from: Option<EventTime>,
    /// What indicators found, and the window in which it counts.
    pub(crate) hits: Option<&'a Hits>,
    pub(crate) during: Option<(EventTime, EventTime)>,
    /// What peers had at ends of days, where conditions are evaluated.
    pub(crate) peers: Option<&'a Peers>,
    /// The remittance text, while its payment is applied.
    pub(crate) text: Option<&'a Words>,
    /// What was looked up of both ends of the payment at hand.
    pub(crate) ends: Option<Ends<'a>>,
}

/// What is looked up of the ends of a payment once, for all expressions that ask: of the debtor, then of
/// the creditor.
#[derive(Clone, Copy)]
pub(crate) struct Ends<'a> {
    /// The text of the account, as lists know it.
    keys: [Option<Atom>; 2],
    parties: [Option<&'a KnownParty>; 2],
}

impl<'a> Ends<'a> {
    pub(crate) fn of(ledger: &'a Ledger, row: Row<'_>) -> Self {
        Self {
            keys: Leg::BOTH.map(|leg| account_key(ledger, row, leg)),
            parties: Leg::BOTH.map(|leg| known_party(ledger, row, leg)),
        }
    }
}

/// Of two that stand as [`Leg::BOTH`] does.
fn of_leg<T>([debtor, creditor]: [T; 2], leg: Leg) -> T {
    match leg {
        Leg::Debtor => debtor,
        Leg::Creditor => creditor,
    }
}

/// One payment from one end, with the payments of a sequence, by step, where there is one.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) env: Env<'a>,
    pub(crate) row: Row<'a>,
    pub(crate) leg: Leg,
    pub(crate) step: Option<&'a [Option<Match>]>,
}

impl At<'_> {
    /// The time that is evaluated where a window is looked at as a whole, else that of the payment.
    pub(crate) fn time(&self) -> EventTime {
        match (self.env.from, self.env.during) {
            (Some(_), Some((_, until))) => until,
            _ => self.row.time(),
        }
    }
}

/// Gives the measures of the condition at hand.
pub(crate) trait Measures {
    fn measure(&mut self, index: usize) -> Value;
}

/// For expressions without measures.
pub(crate) struct NoMeasures;

impl Measures for NoMeasures {
    fn measure(&mut self, _: usize) -> Value {
        UNKNOWN
    }
}

pub(crate) fn eval(node: &Node, at: &At<'_>, measures: &mut dyn Measures) -> Value {
    match node {
        Node::Const(value) => *value,
        Node::Money(amount, currency) => {
            let cents = at.env.ledger.rates.convert(*amount, *currency, at.row.time());
            Value::or_missing(cents.map(|cents| Value::Money(cents.to_decimal())), Field::Amount)
        }
        Node::Field(field) => read(*field, at.env, at.row, at.leg),
        Node::Step(step, field) => {
            let payment = at.step.and_then(|steps| steps.get(*step).copied().flatten());
            let row = payment.and_then(|found| Some((at.env.ledger.row(found.row)?, found.leg)));
            // It is another payment than the one at hand.
            let env = Env { ends: None, ..at.env };
            row.map_or(UNKNOWN, |(row, leg)| read(*field, env, row, leg))
        }
        Node::Measure(index) => measures.measure(*index),
        Node::Not(inner) => not(eval(inner, at, measures)),
        Node::And(all) => fold(all, false, at, measures),
        Node::Or(any) => fold(any, true, at, measures),
        Node::Compare(op, a, b) => {
            let (a, b) = (eval(a, at, measures), eval(b, at, measures));
            compare(*op, same_kind(a, b, at.env), same_kind(b, a, at.env))
        }
        Node::Arithmetic(op, a, b) => arithmetic(*op, eval(a, at, measures), eval(b, at, measures)),
        Node::ToDecimal(inner) => match eval(inner, at, measures) {
            Value::Int(int) => Value::Decimal(Decimal::from(int)),
            other => other,
        },
        Node::InList(text, list) => match eval(text, at, measures) {
            Value::Unknown(field) => Value::Unknown(field),
            value => Value::Bool(in_list(at, *list, as_text(value, at.env))),
        },
        Node::Matches(text, list) => matches(at, text, *list),
        Node::EndInList(side, list) => end_in_list(at, *side, *list),
        Node::Lookup(list, key, column) => {
            let found = lookup(at, *list, eval(key, at, measures), *column);
            // A key without a row is what was missing.
            if found == UNKNOWN { Value::Unknown(field_of(key)) } else { found }
        }
        Node::Distance(a, b) => {
            let [a, b] = [a, b].map(|node| (eval(node, at, measures), field_of(node)));
            kilometers(at.env, a, b)
        }
        Node::Near(place, list, km) => {
            let place = (eval(place, at, measures), field_of(place));
            is_near(at, place, *list, eval(km, at, measures))
        }
        Node::NearDays(near) => near::holds(at, near),
        Node::Unrelated => Value::Bool(!related(at)),
        Node::Holds(side, indicator) => held(at, *side, *indicator),
        Node::Event(side, code, within) => {
            record::event(at, *side, *code, eval(within, at, measures))
        }
        Node::Relations(side, kind, within) => {
            let within = within.as_ref().map(|within| eval(within, at, measures));
            record::relations(at, *side, *kind, within)
        }
        Node::Present(field) => Value::Bool(read(*field, at.env, at.row, at.leg).known()),
    }
}

/// Whether an expression is true: the same answer as [`eval`], found sooner. Where only truth
/// matters an unknown part of a conjunction decides it as a false one does.
pub(crate) fn is_true(node: &Node, at: &At<'_>, measures: &mut dyn Measures) -> bool {
    match node {
        Node::And(all) => all.iter().all(|part| is_true(part, at, measures)),
        Node::Or(any) => any.iter().any(|part| is_true(part, at, measures)),
        other => eval(other, at, measures).holds(),
    }
}

/// `And` with `stop == false`, `Or` with `stop == true`.
fn fold(parts: &[Node], stop: bool, at: &At<'_>, measures: &mut dyn Measures) -> Value {
    let mut unknown = None;
    for part in parts {
        match eval(part, at, measures) {
            Value::Bool(truth) if truth == stop => return Value::Bool(stop),
            Value::Bool(_) => {}
            other => unknown = unknown.or(Some(other)),
        }
    }
    unknown.unwrap_or(Value::Bool(!stop))
}

/// An account compared with a text is compared as text.
fn same_kind(value: Value, other: Value, env: Env<'_>) -> Value {
    match (value, other) {
        (Value::Account(_), Value::Text(_)) => match as_text(value, env) {
            Some(atom) => Value::Text(atom),
            None => value,
        },
        _ => value,
    }
}

/// Whether an indicator held on the account of an end, inside the window.
fn held(at: &At<'_>, side: Side, indicator: u16) -> Value {
    let (Some(hits), Some((from, to))) = (at.env.hits, at.env.during) else { return UNKNOWN };
    let Some(account) = at.row.account(leg_of(at.leg, side)) else {
        return Value::Unknown(Some(Field::End(side, EndField::Account)));
    };
    let before = from.just_before();
    let log = hits.log(indicator, account);
    Value::Bool(log.is_some_and(|log| log.latest(before, to).is_some()))
}

fn as_text(value: Value, env: Env<'_>) -> Option<Atom> {
    match value {
        Value::Text(atom) => Some(atom),
        Value::Account(account) => account_text(env.ledger, account),
        _ => None,
    }
}

fn in_list(at: &At<'_>, list: usize, key: Option<Atom>) -> bool {
    let Some((list, key)) = at.env.lists.get(list).zip(key) else { return false };
    list.contains(key, at.row.time().date())
}

/// A text is at hand while its payment is applied, and never after; an alias is kept.
fn matches(at: &At<'_>, node: &Node, list: usize) -> Value {
    let found = |words: &Words| {
        let list = at.env.lists.get(list);
        Value::Bool(list.is_some_and(|list| list.matches(words, at.row.time().date())))
    };
    if let Node::Field(Field::Text) = node {
        return at.env.text.map_or(Value::Unknown(Some(Field::Text)), found);
    }
    match eval(node, at, &mut NoMeasures) {
        Value::Text(alias) => found(&Words::of(at.env.ledger.atoms.text(alias))),
        other => other,
    }
}

fn end_in_list(at: &At<'_>, side: Side, list: usize) -> Value {
    let leg = leg_of(at.leg, side);
    let (end, contact) = (at.row.end(leg), at.row.contact(leg));
    let account = match at.env.ends {
        Some(ends) => of_leg(ends.keys, leg),
        None => account_key(at.env.ledger, at.row, leg),
    };
    // The acceptor is the creditor's end, but for money that comes back.
    let back = matches!(at.row.kind(), PaymentKind::CardRefund | PaymentKind::GamingPayout);
    let acceptor = if back { Leg::Debtor } else { Leg::Creditor };
    let (merchant, domain) = if leg == acceptor {
        let site = at.row.site();
        (site.merchant_id, site.merchant_domain)
    } else {
        (None, None)
    };
    let keys = [account, end.party, end.bank, contact.wallet, contact.alias, merchant, domain];
    // An account that no text of a rule or payment names is in no list; that is known all the same.
    if at.row.account(leg).is_none() && keys.iter().all(Option::is_none) {
        return Value::Unknown(Some(Field::End(side, EndField::Account)));
    }
    Value::Bool(keys.into_iter().any(|key| in_list(at, list, key)))
}

/// The text of an account, if anything else has the same.
fn account_key(ledger: &Ledger, row: Row<'_>, leg: Leg) -> Option<Atom> {
    account_text(ledger, row.account(leg)?)
}

fn account_text(ledger: &Ledger, account: AccountId) -> Option<Atom> {
    ledger.atoms.find(ledger.account_text(account))
}

fn lookup(at: &At<'_>, list: usize, key: Value, column: usize) -> Value {
    if let Value::Unknown(field) = key {
        return Value::Unknown(field);
    }
    let (Some(list), Some(key)) = (at.env.lists.get(list), as_text(key, at.env)) else {
        return UNKNOWN;
    };
    match list.cell(key, column, at.row.time().date()) {
        Some(node) => eval(node, at, &mut NoMeasures),
        None => UNKNOWN,
    }
}

/// The field that an expression is, for those that want to say what they lacked.
pub(crate) fn field_of(node: &Node) -> Option<Field> {
    match node {
        Node::Field(field) | Node::Step(_, field) => Some(*field),
        _ => None,
    }
}

/// The coordinates of a place; unknown for lack of its field where it has none.
pub(crate) fn coordinates(
    env: Env<'_>,
    (place, field): (Value, Option<Field>),
) -> Result<(MicroDegrees, MicroDegrees), Value> {
    match place {
        Value::Unknown(field) => Err(Value::Unknown(field)),
        Value::Place(place) => env.ledger.places.coordinates(place).ok_or(Value::Unknown(field)),
        _ => Err(UNKNOWN),
    }
}

fn kilometers(env: Env<'_>, a: (Value, Option<Field>), b: (Value, Option<Field>)) -> Value {
    match (coordinates(env, a), coordinates(env, b)) {
        (Ok(a), Ok(b)) => as_km(distance(a, b)),
        (Err(unknown), _) | (_, Err(unknown)) => unknown,
    }
}

fn as_km(tenths: TenthKm) -> Value {
    Value::Decimal(Decimal::new(tenths.0, 1))
}

fn is_near(at: &At<'_>, place: (Value, Option<Field>), list: usize, km: Value) -> Value {
    let here = match coordinates(at.env, place) {
        Ok(here) => here,
        Err(unknown) => return unknown,
    };
    let (Some(limit), Some(list)) = (km.number(), at.env.lists.get(list)) else { return UNKNOWN };
    let day = at.row.time().date();
    let within = |row| Decimal::new(distance(here, row).0, 1) <= limit;
    Value::Bool(list.any_place(day, within))
}

pub(crate) fn leg_of(own: Leg, side: Side) -> Leg {
    match side {
        Side::Own => own,
        Side::Other => own.opposite(),
    }
}

/// The party record behind one end: the holder of its account, else the party the payment names.
pub(crate) fn party_of<'a>(env: Env<'a>, row: Row<'_>, leg: Leg) -> Option<&'a KnownParty> {
    if let Some(ends) = env.ends {
        return of_leg(ends.parties, leg);
    }
    known_party(env.ledger, row, leg)
}

fn known_party<'a>(ledger: &'a Ledger, row: Row<'_>, leg: Leg) -> Option<&'a KnownParty> {
    let holder = row.account(leg).and_then(|account| ledger.parties.holder(account));
    holder.or_else(|| ledger.parties.find(row.end(leg).party?))
}

/// Whether there is evidence that the two ends know each other: the same party, a declared
/// relation, or a shared address, phone or e-mail.
fn related(at: &At<'_>) -> bool {
    let [a, b] = Leg::BOTH.map(|leg| party_of(at.env, at.row, leg));
    let [a_id, b_id] =
        Leg::BOTH.map(|leg| at.row.end(leg).party.or(party_of(at.env, at.row, leg).map(|p| p.id)));
    if a_id.is_some() && a_id == b_id {
        return true;
    }
    let accounts = Leg::BOTH.map(|leg| at.row.account(leg));
    if accounts[0].is_some() && accounts[0] == accounts[1] {
        return true;
    }
    let day = at.row.time().date();
    let declares = |party: Option<&KnownParty>, other: Option<Atom>| {
        party.zip(other).is_some_and(|(party, other)| {
            party.relations.iter().any(|relation| relation.party == other && relation.on(day))
        })
    };
    if declares(a, b_id) || declares(b, a_id) {
        return true;
    }
    let shared = |x: Option<Atom>, y: Option<Atom>| x.is_some() && x == y;
    if let Some((a, b)) = a.zip(b)
        && a.hash_key == b.hash_key
        && (shared(a.address, b.address) || shared(a.phone, b.phone) || shared(a.email, b.email))
    {
        return true;
    }
    let [a, b] = Leg::BOTH.map(|leg| at.row.contact(leg));
    shared(a.address, b.address) || shared(a.phone, b.phone) || shared(a.email, b.email)
}

pub(crate) fn local_ms(row: Row<'_>, leg: Leg) -> Option<i64> {
    // Known at the payer's end, or at a terminal or merchant (RULES.md, `hour`).
    let site = row.site();
    let located = leg == Leg::Debtor
        || site.terminal_id.is_some()
        || site.terminal_place.is_some()
        || site.merchant_id.is_some()
        || site.merchant_place.is_some();
    let offset = row.manner().utc_offset_minutes.filter(|_| located)?;
    Some(row.time().0.saturating_add(i64::from(offset).saturating_mul(60_000)))
}

/// The local hour, 0-23.
pub(crate) fn local_hour(row: Row<'_>, leg: Leg) -> Option<i64> {
    Some(EventTime(local_ms(row, leg)?).millis_of_day() / 3_600_000)
}

/// The local day.
pub(crate) fn local_day(row: Row<'_>, leg: Leg) -> Option<Date> {
    Some(EventTime(local_ms(row, leg)?).date())
}

/// The local day on which the night of this payment began, if it was made between 22:00 and 06:00.
pub(crate) fn local_night(row: Row<'_>, leg: Leg) -> Option<Date> {
    let day = EventTime(local_ms(row, leg)?).date();
    match local_hour(row, leg)? {
        22.. => Some(day),
        0..6 => Some(Date(day.0.saturating_sub(1))),
        _ => None,
    }
}

/// A field of a payment, seen from one end.
pub(crate) fn read(field: Field, env: Env<'_>, row: Row<'_>, leg: Leg) -> Value {
    let text = |atom: Option<Atom>| atom.map(Value::Text);
    let place = |place: Option<PlaceId>| place.map(Value::Place);
    let symbol = |symbol: Option<Symbol>| symbol.map(Value::Symbol);
    let truth = |truth: Option<bool>| truth.map(Value::Bool);
    let value = match field {
        Field::Direction => symbol(Some(Symbol::Direction(match leg {
            Leg::Debtor => Direction::Out,
            Leg::Creditor => Direction::In,
        }))),
        Field::Kind => symbol(Some(Symbol::Kind(row.kind()))),
        Field::Rail => symbol(Some(Symbol::Rail(row.manner().rail))),
        Field::Channel => symbol(row.manner().channel.map(Symbol::Channel)),
        Field::Status => symbol(Some(Symbol::Status(row.manner().status))),
        Field::Amount => row.amount().map(|cents| Value::Money(cents.to_decimal())),
        Field::AmountOriginal => Some(Value::Decimal(row.amount_original())),
        Field::Currency => text(row.manner().currency_text),
        Field::Fee => row.fee().map(Value::Decimal),
        Field::GrossAmount => row.gross_amount().map(Value::Decimal),
        Field::Purpose => text(row.manner().purpose),
        Field::Relation => symbol(row.manner().relation.map(Symbol::Relation)),
        Field::RefersTo => text(row.refers_to()),
        Field::Place => place(site_place(row).or(row.end(leg).place)),
        Field::Hour => local_hour(row, leg).map(Value::Int),
        Field::Weekday => local_ms(row, leg).map(|ms| {
            Value::Int(
                i64::from(EventTime(ms).date().0).saturating_add(3).rem_euclid(7).saturating_add(1),
            )
        }),
        Field::EventTime => Some(Value::Time(row.time())),
        Field::MerchantId => text(row.site().merchant_id),
        Field::MerchantMcc => text(row.site().merchant_mcc),
        Field::MerchantDomain => text(row.site().merchant_domain),
        Field::MerchantCountry => part(env, row.site().merchant_place, |p| p.country),
        Field::MerchantRegion => part(env, row.site().merchant_place, |p| p.region),
        Field::MerchantTown => part(env, row.site().merchant_place, |p| p.town),
        Field::MerchantPlace => place(row.site().merchant_place),
        Field::TerminalId => text(row.site().terminal_id),
        Field::TerminalKind => symbol(row.site().terminal_kind.map(Symbol::TerminalKind)),
        Field::TerminalCountry => part(env, row.site().terminal_place, |p| p.country),
        Field::TerminalRegion => part(env, row.site().terminal_place, |p| p.region),
        Field::TerminalTown => part(env, row.site().terminal_place, |p| p.town),
        Field::TerminalPlace => place(row.site().terminal_place),
        Field::DeviceId => text(row.device_id()),
        Field::DeviceIpCountry => text(row.device_ip_country()),
        Field::CardToken => text(row.card_token()),
        Field::CardPrepaid => truth(row.card_prepaid()),
        Field::CardPresent => truth(row.card_present()),
        Field::CardReload => truth(row.card_reload()),
        Field::ConductorParty => text(row.conductor_party()),
        Field::ConductorDocument => text(row.conductor_document()),
        Field::ConductorIsHolder => truth(row.conductor_is_holder()),
        Field::ServiceKind => symbol(row.service_kind().map(Symbol::ServiceKind)),
        Field::StayNights => row.stay_nights().map(|nights| Value::Int(i64::from(nights))),
        Field::StayRooms => row.stay_rooms().map(|rooms| Value::Int(i64::from(rooms))),
        Field::End(side, end_field) => read_end(end_field, env, row, leg_of(leg, side)),
        rare => fields::read(rare, env, row, leg),
    };
    Value::or_missing(value, field)
}

/// The place of the terminal, else of the merchant.
pub(crate) fn site_place(row: Row<'_>) -> Option<PlaceId> {
    let site = row.site();
    site.terminal_place.or(site.merchant_place)
}

pub(crate) fn part(
    env: Env<'_>,
    place: Option<PlaceId>,
    part: impl Fn(&PlaceParts) -> Option<Atom>,
) -> Option<Value> {
    part(&env.ledger.places.parts(place?)).map(Value::Text)
}

fn read_end(field: EndField, env: Env<'_>, row: Row<'_>, leg: Leg) -> Option<Value> {
    let end = row.end(leg);
    // The payment's own word comes first.
    let said = |own: Option<Atom>, held: fn(&KnownParty) -> Option<Atom>| {
        own.or_else(|| held(party_of(env, row, leg)?)).map(Value::Text)
    };
    match field {
        EndField::Account => row.account(leg).map(Value::Account),
        EndField::Party => {
            end.party.or_else(|| party_of(env, row, leg).map(|party| party.id)).map(Value::Text)
        }
        EndField::Kind => {
            let kind = end.kind.or_else(|| party_of(env, row, leg).map(record::kind));
            kind.map(|kind| Value::Symbol(Symbol::EndKind(kind)))
        }
        EndField::Bank => end.bank.map(Value::Text),
        EndField::Country => part(env, end.place, |p| p.country),
        EndField::Region => part(env, end.place, |p| p.region),
        EndField::Town => part(env, end.place, |p| p.town),
        EndField::Locode => part(env, end.place, |p| p.locode),
        EndField::Alias => row.contact(leg).alias.map(Value::Text),
        EndField::Phone => said(row.contact(leg).phone, |party| party.phone),
        EndField::Email => said(row.contact(leg).email, |party| party.email),
        EndField::Address => said(row.contact(leg).address, |party| party.address),
        EndField::Wallet => row.contact(leg).wallet.map(Value::Text),
        EndField::BalanceAfter => row.balance_after(leg).map(Value::Decimal),
        EndField::Ours => {
            let account = row.account(leg);
            let held = account.is_some_and(|account| env.ledger.parties.owner(account).is_some());
            end.ours.or(held.then_some(true)).map(Value::Bool)
        }
        EndField::Product => {
            let product = env.ledger.parties.owner(row.account(leg)?)?.product?;
            Some(Value::Symbol(Symbol::Product(product)))
        }
        EndField::AccountAge => {
            let opened = env.ledger.parties.owner(row.account(leg)?)?.opened?;
            Some(Value::Span(row.time().since(opened.midnight())))
        }
        EndField::IdleBefore => {
            let account = row.account(leg)?;
            // Over a window: the silence before it, which its first payment ended.
            let first = env.from.and_then(|from| env.ledger.first_booked(account, from));
            let ended = first.map_or(row.time(), |first| first.min(row.time()));
            env.ledger.idle_before(account, ended).map(Value::Span)
        }
        EndField::KnownFor => {
            let (account, other) = (row.account(leg)?, row.account(leg.opposite())?);
            env.ledger.known_for(account, other, row.time()).map(Value::Span)
        }
        EndField::NameKey => row.contact(leg).name_key.map(Value::Text),
        EndField::OpenAt => fields::open_at(row, leg, party_of(env, row, leg)?),
        _ => record::read(field, env, row.time(), party_of(env, row, leg)?),
    }
}

/// Days between two times, a begun day as a whole one.
pub(crate) fn days_between(from: EventTime, to: EventTime) -> i64 {
    let day = Span::from_days(1).as_millis();
    let ms = to.since(from).as_millis().saturating_add(day.saturating_sub(1));
    ms.checked_div(day).unwrap_or(0)
}

/// Both ends of a payment that are accounts, with their side.
pub(crate) fn touched(row: Row<'_>) -> impl Iterator<Item = (AccountId, Leg)> + '_ {
    Leg::BOTH.into_iter().filter_map(move |leg| Some((row.account(leg)?, leg)))
}
