//! Corridor: payments of the subject that move along a route, from place to place.
//!
//! A stay, a ticket, a tank of fuel is often paid to a merchant without an account, and no edge then:
//! so this reads the windows of rules, in the definition of `docs/patterns.md`.
//!
//! Promises: the longest sequence that ends with the payment that asks. Cut by the budget, the longest
//! among the newest payments that were looked at.
//! Cost: the payments of the window, times those that lead on to the one that asks; the list once for
//! each place.

use super::search::Question;
use super::{Found, Match};
use crate::eval::site_place;
use palermo_domain::{EventTime, FixedHashMap};
use palermo_graph::Answer;
use palermo_lang::program::GraphValue;
use palermo_ledger::{AccountId, Atom, Leg, PlaceId, Row};
use std::rc::Rc;

/// Routes and how far along them a place is.
type Stages = Rc<[(Atom, i64)]>;

/// A payment that leads on to the one that asks.
struct Stop {
    found: Match,
    stages: Stages,
    paid: (Option<AccountId>, Option<Atom>),
    /// Payments from it to the one that asks, both included.
    length: u32,
    next: usize,
}

/// The list of routes with the columns of route and stage.
type Routes = (usize, (u16, u16));

pub(super) fn corridor(question: &Question<'_>, routes: Routes, budget: u32) -> Answer<Found> {
    let (mut stops, mut left): (Vec<Stop>, u32) = (Vec::new(), budget);
    let mut known = FixedHashMap::default();
    let mut truncated = false;
    let to = EventTime(question.view.at().time);
    let from = EventTime(question.view.from());
    for entry in question.ledger.window(question.account, Leg::Debtor, from, to) {
        let price = u32::try_from(stops.len()).unwrap_or(u32::MAX).saturating_add(1);
        let Some(rest) = left.checked_sub(price) else {
            truncated = true;
            break;
        };
        left = rest;
        if !(question.chosen)(entry.selections) {
            continue;
        }
        let Some(row) = question.ledger.row(entry.row) else { continue };
        let Some(stages) = stages(question, routes, row, &mut known) else { continue };
        let found = Match { time: entry.time, row: entry.row, leg: Leg::Debtor };
        let paid = (row.account(Leg::Creditor), row.site().merchant_id);
        let asks = entry.row == question.view.at().row;
        if let Some((length, next)) = longest(&stops, &stages, paid, asks) {
            stops.push(Stop { found, stages, paid, length, next });
        }
    }
    let work = budget.saturating_sub(left);
    Answer { found: told(question, &stops), truncated, work }
}

/// The longest sequence that a payment begins.
fn longest(
    stops: &[Stop],
    stages: &Stages,
    paid: (Option<AccountId>, Option<Atom>),
    asks: bool,
) -> Option<(u32, usize)> {
    if asks {
        return Some((1, usize::MAX));
    }
    let on = |stop: &Stop| {
        // Who was paid may be known of neither.
        (stop.paid != paid || paid == (None, None))
            && stages.iter().any(|(route, stage)| {
                stop.stages.iter().any(|(other, later)| other == route && later > stage)
            })
    };
    let leads = stops.iter().enumerate().filter(|(_, stop)| on(stop));
    let best = leads.max_by_key(|(_, stop)| stop.length);
    best.map(|(next, stop)| (stop.length.saturating_add(1), next))
}

fn stages(
    question: &Question<'_>,
    (list, columns): Routes,
    row: Row<'_>,
    known: &mut FixedHashMap<PlaceId, Stages>,
) -> Option<Stages> {
    let place = site_place(row)?;
    if let Some(stages) = known.get(&place) {
        return Some(Rc::clone(stages));
    }
    let here = question.ledger.places.coordinates(place)?;
    let stages = question.lists.get(list)?.stages(here, columns, row.time().date());
    let stages: Stages = stages.into();
    known.insert(place, Rc::clone(&stages));
    Some(stages)
}

fn told(question: &Question<'_>, stops: &[Stop]) -> Found {
    let first = stops.iter().max_by_key(|stop| stop.length).filter(|stop| stop.length >= 2);
    let mut found = question.of(first.map_or(0, |stop| stop.length.into()));
    let mut next = first;
    if let Some(stop) = first {
        found = found.count(GraphValue::Hops, stop.length.into());
    }
    while let Some(stop) = next {
        found.evidence.push(stop.found);
        next = stops.get(stop.next);
    }
    found
}
