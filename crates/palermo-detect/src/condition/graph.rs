//! Graph patterns around the subject, found by the searches of `palermo-graph` in its definitions.
//!
//! A pattern that a payment completes is asked of each payment of the subject at the event time that
//! is evaluated, and the answer is that of the one with the most; one that the subject's own payments
//! make is asked of its newest place in the order. All questions of one evaluation share a budget,
//! counted in work, and a search that was cut says so.
//!
//! Cost: one search for each payment of the subject at that very time, mostly one; at most [`BUDGET`].

mod route;
mod search;
mod shared;

use super::{Match, Run};
use crate::bind::BoundGraph;
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::Decimal;
use palermo_graph::{BUDGET, Edge, Order, Sum, View};
use palermo_lang::program::{GraphValue, Pattern};
use palermo_ledger::{Ledger, Leg, RowId};
use search::Question;
pub use search::SearchCounts;
pub(crate) use search::Searches;

/// What a pattern found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// What is known; see [`nothing`] for the rest.
    values: Vec<(GraphValue, Value)>,
    /// How much there is of it: the larger of two answers counts.
    size: u64,
    /// Payments that show it.
    pub(super) evidence: Vec<Match>,
    /// The budget was spent: there may be more.
    pub(super) truncated: bool,
}

/// What a pattern says of itself where there is none.
pub(crate) fn nothing(value: GraphValue) -> Value {
    match value {
        GraphValue::Found
        | GraphValue::Accounts
        | GraphValue::Payments
        | GraphValue::Middles
        | GraphValue::Sources
        | GraphValue::Targets => Value::Int(0),
        GraphValue::Hops | GraphValue::Amount | GraphValue::Share => UNKNOWN,
    }
}

impl Found {
    /// The value of a measure.
    pub(super) fn value(&self, value: GraphValue) -> Value {
        let known = self.values.iter().find(|(known, _)| *known == value);
        known.map_or_else(|| nothing(value), |(_, found)| *found)
    }

    fn with(mut self, value: GraphValue, found: Value) -> Self {
        self.values.push((value, found));
        self
    }

    fn count(self, value: GraphValue, number: u64) -> Self {
        self.with(value, Value::Int(i64::try_from(number).unwrap_or(i64::MAX)))
    }

    /// A sum of money, unknown where a part of it is.
    fn money(self, value: GraphValue, sum: Sum) -> Self {
        self.with(value, amount(sum).map_or(UNKNOWN, Value::Money))
    }

    /// What part one sum is of another.
    fn share(self, part: Sum, whole: Sum) -> Self {
        let share = amount(part).zip(amount(whole)).and_then(|(a, b)| a.checked_div(b));
        let share = share.map_or(UNKNOWN, |share| Value::Decimal(six_places(share)));
        self.with(GraphValue::Share, share)
    }
}

fn amount(sum: Sum) -> Option<Decimal> {
    let known = (sum.unknown == 0).then_some(sum.cents)?;
    Decimal::try_from_i128_with_scale(known, 2).ok()
}

/// Payments of one event time are in order of their ids: not of their arrival.
struct ById<'a>(&'a Ledger);

impl Order for ById<'_> {
    fn before(&self, a: RowId, b: RowId) -> bool {
        self.0.compare_ids(a, b).is_lt()
    }
}

impl Run<'_> {
    /// What the pattern of the condition finds at the subject.
    pub(super) fn pattern(&mut self) -> Found {
        if let Some(known) = &self.pattern {
            return known.clone();
        }
        let found = self.condition.graph.as_ref().map(|graph| self.search(graph));
        let found = found.unwrap_or_default();
        self.pattern = Some(found.clone());
        found
    }

    fn search(&self, graph: &BoundGraph) -> Found {
        let order = ById(self.env.ledger);
        let (sets, selection) = (self.sets, graph.edges.1);
        let chosen = |set| sets.contains(set, selection);
        let mut searches = self.env.searches.borrow_mut();
        let (mut best, mut left, mut truncated) = (Found::default(), BUDGET, false);
        for at in self.questions(graph) {
            let book = self.env.ledger.book();
            let view = View::new(book, &order, at, graph.within.as_millis()).selecting(&chosen);
            let question = Question {
                ledger: self.env.ledger,
                lists: self.env.lists,
                view,
                account: self.account,
                chosen: &chosen,
            };
            let answer = searches.ask(&question, &graph.pattern, left);
            searches.count(graph.pattern.as_str(), answer.truncated);
            left = left.saturating_sub(answer.work);
            truncated |= answer.truncated;
            // Of nothing at all the first that says why.
            if answer.found.size > best.size || best.values.is_empty() {
                best = answer.found;
            }
        }
        best.truncated = truncated;
        best
    }

    /// The payments that are asked, the newest first.
    fn questions(&self, graph: &BoundGraph) -> Vec<Edge> {
        let mut here = Vec::new();
        for leg in Leg::BOTH {
            here.extend(
                self.env
                    .ledger
                    .window(self.account, leg, self.time, self.time)
                    .map(|entry| (entry, leg)),
            );
        }
        here.sort_by(|(a, _), (b, _)| self.env.ledger.compare_ids(b.row, a.row));
        let (account, time) = (self.account, self.time.0);
        let alone = |entry: &palermo_ledger::Entry| {
            let (row, amount) = (entry.row, entry.amount);
            Edge { row, debtor: account, creditor: account, time, amount }
        };
        if of_the_subject(&graph.pattern) {
            return here.first().map(|(entry, _)| alone(entry)).into_iter().collect();
        }
        if let Pattern::Shared { .. } = graph.pattern {
            // What one end alone says of itself can be shared too.
            here.retain(|(entry, _)| self.sets.contains(entry.selections, graph.edges.1));
            here.dedup_by_key(|(entry, _)| entry.row);
            return here.iter().map(|(entry, _)| alone(entry)).collect();
        }
        let edge = |(entry, leg): (palermo_ledger::Entry, Leg)| {
            let row = self.env.ledger.row(entry.row)?;
            let (debtor, creditor) = (row.account(Leg::Debtor)?, row.account(Leg::Creditor)?);
            let is_edge = debtor != creditor && self.sets.contains(entry.selections, graph.edges.1);
            let edge = Edge { row: entry.row, debtor, creditor, time, amount: entry.amount };
            (is_edge && asks(&graph.pattern, leg)).then_some(edge)
        };
        here.into_iter().filter_map(edge).collect()
    }
}

/// Whether the pattern is made by the subject's own payments, whichever of them is the newest.
fn of_the_subject(pattern: &Pattern) -> bool {
    matches!(
        pattern,
        Pattern::FanIn | Pattern::FanOut | Pattern::GatherScatter | Pattern::Corridor { .. }
    )
}

/// Whether a payment completes the pattern at this end of it.
fn asks(pattern: &Pattern, leg: Leg) -> bool {
    leg == Leg::Creditor || !matches!(pattern, Pattern::ScatterGather { .. })
}
