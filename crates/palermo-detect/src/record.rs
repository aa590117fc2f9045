//! What the record of a party says.
//!
//! Cost: linear in the events or relations of the party, which are few.

use crate::eval::{At, Env, leg_of, party_of};
use crate::fields;
use crate::value::{UNKNOWN, Value};
use palermo_domain::{Date, EndKind, EventCode, EventTime, Feed, PartyKind, RelationKind, Span};
use palermo_lang::program::{EndField, Field, Side, Symbol};
use palermo_ledger::KnownParty;

/// A field of a party, as of a time.
pub(crate) fn read(
    field: EndField,
    env: Env<'_>,
    at: EventTime,
    party: &KnownParty,
) -> Option<Value> {
    match field {
        EndField::Segment => party.segment.map(Value::Text),
        EndField::AgeBand => party.age_band.map(|band| Value::Symbol(Symbol::AgeBand(band))),
        EndField::Activity => {
            party.activity.map(|activity| Value::Symbol(Symbol::Activity(activity)))
        }
        EndField::OccupationCode => party.occupation_code.map(Value::Text),
        EndField::IndustryMcc => party.industry_mcc.map(Value::Text),
        EndField::Home => party.home.map(Value::Place),
        EndField::Work => party.work.map(Value::Place),
        EndField::HomePart(name) => fields::place_part(env, party.home, name),
        EndField::WorkPart(name) => fields::place_part(env, party.work, name),
        EndField::MonthlyIncome => fields::declared(env, party.monthly_income?, at),
        EndField::MonthlyTurnover => fields::declared(env, party.monthly_turnover?, at),
        EndField::Delivers(feed) => Some(Value::Bool(party.feeds.contains(feed))),
        EndField::Headcount => party.headcount.map(|count| Value::Int(i64::from(count))),
        EndField::Licensed => party.licensed.map(Value::Bool),
        EndField::Since => party.since.map(|day| Value::Time(day.midnight())),
        EndField::Incorporated => party.incorporated.map(|day| Value::Time(day.midnight())),
        EndField::CustomerAge | EndField::CompanyAge => {
            Some(Value::Span(at.since(began(field, party)?.midnight())))
        }
        _ => None,
    }
}

/// The day from which an age is counted that only the record of a party says.
pub(crate) fn began(age: EndField, party: &KnownParty) -> Option<Date> {
    match age {
        EndField::CustomerAge => party.since,
        EndField::CompanyAge => party.incorporated,
        _ => None,
    }
}

/// Whether something was observed of the party at an end, in `[t - within, t]`. That nothing was
/// observed is known only where somebody reports what is.
pub(crate) fn event(at: &At<'_>, side: Side, code: EventCode, within: Value) -> Value {
    let Some(within) = span(within) else { return UNKNOWN };
    let to = at.time();
    let from = to.minus(within);
    let party = party_of(at.env, at.row, leg_of(at.leg, side));
    let found = party.is_some_and(|party| {
        party.events.iter().any(|(known, when)| *known == code && (from..=to).contains(when))
    });
    let reported = party.is_some_and(|party| party.feeds.contains(Feed::PartyEvents));
    match (found, reported) {
        (false, false) => Value::Unknown(Some(Field::End(side, EndField::Event(code)))),
        (found, _) => Value::Bool(found),
    }
}

/// How many relations of a kind the party at an end declared that are in force on the payment's UTC
/// day; with a length of time, those that began at most so long before that day.
pub(crate) fn relations(
    at: &At<'_>,
    side: Side,
    kind: RelationKind,
    within: Option<Value>,
) -> Value {
    let Some(party) = party_of(at.env, at.row, leg_of(at.leg, side)) else {
        return Value::Unknown(Some(Field::End(side, EndField::Relations(kind))));
    };
    let day = at.time().date();
    let of_kind = party.relations.iter().filter(|one| one.kind == kind && one.on(day));
    let count = match within {
        None => of_kind.count(),
        Some(within) => {
            let Some(within) = span(within) else { return UNKNOWN };
            let from = day.midnight().minus(within);
            of_kind.filter(|one| one.since.is_some_and(|since| from <= since.midnight())).count()
        }
    };
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

fn span(value: Value) -> Option<Span> {
    match value {
        Value::Span(span) => Some(span),
        _ => None,
    }
}

/// What the party is, as kinds of ends have it.
pub(crate) const fn kind(party: &KnownParty) -> EndKind {
    match party.kind {
        PartyKind::Person => EndKind::Person,
        PartyKind::Business => EndKind::Business,
        PartyKind::PublicBody => EndKind::PublicBody,
    }
}
