//! What must be among a subject's payments before a condition can hold, or be in doubt.
//!
//! Most conditions ask for so many selected payments: with fewer the answer is *no*, whatever a missing
//! field would have said. That is read off a condition once, when it is bound, as a formula over counts
//! of selections in the last part of the window. Counting is cheap, and mostly it is not even needed:
//! a subject that lacks three payments of a selection can wait for three more ([`Met::Lacks`]).
//!
//! Promise: where the need of a condition is not met it is false for certain, in three-valued logic:
//! it neither holds nor is it undecided for lack of a field. More payments never make a need unmet.
//! Cost: per count a walk over the newest entries, which ends with the last one that is needed.

use crate::bind::{BoundCondition, BoundMeasure, BoundSequence, Node};
use crate::condition::nothing;
use crate::select::Sets;
use crate::value::{UNKNOWN, Value, arithmetic, compare, not};
use palermo_domain::{Currency, Decimal, EventTime, Span};
use palermo_lang::program::{Compare, Function, GraphValue, Pattern};
use palermo_ledger::{AccountId, Ledger, Leg};
use std::cell::RefCell;

/// A formula over counts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Need {
    /// It can hold without any payment.
    Nothing,
    /// At least so many payments of a selection.
    Count(Count),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// At least `least` payments of a selection with `t - window <= time <= t`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Count {
    selection: u16,
    window: Span,
    least: u32,
    /// The directions that it can be in.
    legs: Vec<Leg>,
}

/// How a need stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// It is met, and will be until this time if nothing is taken back.
    Until(EventTime),
    /// So many payments of its selections are missing, at the very least.
    Lacks(u32),
}

/// Walks are this long at most; beyond it, totals that are kept answer.
const WALK: usize = 64;

impl Need {
    /// What a condition needs. Money of another currency counts as what it says: the caller sees to
    /// times at which there is no rate ([`currencies`]).
    pub(crate) fn of(condition: &BoundCondition, legs: &dyn Fn(u16) -> Vec<Leg>) -> Self {
        let deriving = Deriving { condition, legs };
        let mut all = vec![deriving.of(&condition.holds)];
        for local in 0..condition.selections.len() {
            if empty(&condition.holds, condition, Some(local)) == Value::Bool(false) {
                all.push(deriving.some(local));
            }
        }
        if empty(&condition.holds, condition, None) == Value::Bool(false) {
            let any = (0..condition.selections.len()).map(|local| deriving.some(local));
            all.push(Self::any(any.collect()));
        }
        Self::all(all)
    }

    fn all(mut parts: Vec<Self>) -> Self {
        parts.retain(|part| *part != Self::Nothing);
        let mut flat: Vec<Self> = Vec::new();
        for part in parts {
            let these = if let Self::All(inner) = part { inner } else { vec![part] };
            for one in these {
                if !flat.contains(&one) {
                    flat.push(one);
                }
            }
        }
        // What asks for most is missed most often.
        flat.sort_by_key(|part| std::cmp::Reverse(part.lacking()));
        match flat.len() {
            0 => Self::Nothing,
            1 => flat.swap_remove(0),
            _ => Self::All(flat),
        }
    }

    fn any(mut parts: Vec<Self>) -> Self {
        if parts.contains(&Self::Nothing) {
            return Self::Nothing;
        }
        parts.dedup();
        if parts.len() == 1 { parts.swap_remove(0) } else { Self::Any(parts) }
    }

    /// How many payments are missing where there are none.
    pub(crate) fn lacking(&self) -> u32 {
        match self {
            Self::Nothing => 0,
            Self::Count(count) => count.least,
            Self::All(parts) => parts.iter().map(Self::lacking).max().unwrap_or(0),
            Self::Any(parts) => parts.iter().map(Self::lacking).min().unwrap_or(u32::MAX),
        }
    }

    /// Calls `each` with every selection that is counted.
    pub(crate) fn selections(&self, each: &mut dyn FnMut(u16)) {
        match self {
            Self::Nothing => {}
            Self::Count(count) => each(count.selection),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.selections(each));
            }
        }
    }

    /// How it stands at a time.
    pub(crate) fn met(
        &self,
        ledger: &Ledger,
        sets: &Sets,
        subject: AccountId,
        time: EventTime,
    ) -> Met {
        match self {
            Self::Nothing => Met::Until(EventTime::MAX),
            Self::Count(count) => count.met(ledger, sets, subject, time),
            Self::All(parts) => {
                let mut all = Met::Until(EventTime::MAX);
                for part in parts {
                    match (all, part.met(ledger, sets, subject, time)) {
                        (Met::Until(a), Met::Until(b)) => all = Met::Until(a.min(b)),
                        (_, lacks) => return lacks,
                    }
                }
                all
            }
            Self::Any(parts) => {
                let mut least = u32::MAX;
                for part in parts {
                    match part.met(ledger, sets, subject, time) {
                        Met::Lacks(more) => least = least.min(more),
                        until @ Met::Until(_) => return until,
                    }
                }
                Met::Lacks(least)
            }
        }
    }
}

impl Count {
    fn met(&self, ledger: &Ledger, sets: &Sets, subject: AccountId, time: EventTime) -> Met {
        let from = time.minus(self.window);
        // Each walk is in order of time, newest first; the last one that is needed is the oldest.
        let mut found: u32 = 0;
        let mut oldest = time;
        let mut walked = 0_usize;
        for &leg in &self.legs {
            for entry in ledger.window(subject, leg, from, time) {
                if found == self.least || walked == WALK {
                    break;
                }
                walked = walked.saturating_add(1);
                if sets.contains(entry.selections, self.selection) {
                    found = found.saturating_add(1);
                    oldest = oldest.min(entry.time);
                }
            }
        }
        if found >= self.least {
            return Met::Until(oldest.plus(self.window));
        }
        if walked == WALK {
            let chosen = |set| sets.contains(set, self.selection);
            let of = |leg: &Leg| {
                let window = (self.window, time);
                ledger.totals((subject, *leg), window, self.selection, chosen).count
            };
            found = self.legs.iter().map(of).fold(0, u32::saturating_add);
        }
        match self.least.saturating_sub(found) {
            0 => Met::Until(time),
            lacks => Met::Lacks(lacks),
        }
    }
}

/// Currencies of the amounts of a condition beside the base: where one of them has no rate, its
/// comparisons are unknown and not false.
pub(crate) fn currencies(condition: &BoundCondition, base: Currency) -> Vec<Currency> {
    let found = RefCell::new(Vec::new());
    let see = |node: &Node| {
        if let Node::Money(_, currency) = node
            && *currency != base
            && !found.borrow().contains(currency)
        {
            found.borrow_mut().push(*currency);
        }
        false
    };
    condition.holds.any(&see);
    for measure in &condition.measures {
        if let BoundMeasure::Derived(node) = measure {
            node.any(&see);
        }
    }
    found.into_inner()
}

struct Deriving<'c> {
    condition: &'c BoundCondition,
    legs: &'c dyn Fn(u16) -> Vec<Leg>,
}

/// A selection by its place in the condition, and how long its window is.
type Term = (usize, Span);

impl Deriving<'_> {
    /// What must be there for a part not to be false for certain.
    fn of(&self, node: &Node) -> Need {
        match node {
            Node::And(all) => Need::all(all.iter().map(|part| self.of(part)).collect()),
            Node::Or(any) => Need::any(any.iter().map(|part| self.of(part)).collect()),
            Node::Compare(op, a, b) => {
                let Some(least) = at_least(*op, b) else { return Need::Nothing };
                if let Node::Measure(index) = &**a
                    && let Some(need) = self.of_measure(*index, least)
                {
                    return need;
                }
                self.terms(a).map_or(Need::Nothing, |terms| self.shared(&terms, least))
            }
            _ => Need::Nothing,
        }
    }

    /// So many payments together, of one selection or of several.
    fn shared(&self, terms: &[Term], least: u32) -> Need {
        let each = least.div_ceil(u32::try_from(terms.len()).unwrap_or(u32::MAX).max(1));
        let one = |(local, window): &Term| self.count(*local, *window, each);
        Need::any(terms.iter().map(one).collect())
    }

    fn count(&self, local: usize, window: Span, least: u32) -> Need {
        let Some(&selection) = self.condition.selections.get(local) else { return Need::Nothing };
        let legs = (self.legs)(selection);
        Need::Count(Count { selection, window, least: least.max(1), legs })
    }

    /// Any payment of a selection in the longest of its windows.
    fn some(&self, local: usize) -> Need {
        let whole = self.condition.window;
        let mut longest = Span::ZERO;
        for measure in &self.condition.measures {
            let length = match measure {
                BoundMeasure::Aggregate { over, within, .. } if *over == local => {
                    within.map_or(whole, |within| within.min(whole))
                }
                BoundMeasure::Overlap { a, b, .. } | BoundMeasure::Between { a, b, .. }
                    if *a == local || *b == local =>
                {
                    whole
                }
                BoundMeasure::Repeats => whole,
                BoundMeasure::Graph(_) => self.graph_window().unwrap_or(whole),
                _ => continue,
            };
            longest = longest.max(length);
        }
        self.count(local, longest, 1)
    }

    /// The payments of a pattern lie in its own window; where a payment completes it, that one is of
    /// the very time.
    fn graph_window(&self) -> Option<Span> {
        let graph = self.condition.graph.as_ref()?;
        Some(match graph.pattern {
            Pattern::FanIn
            | Pattern::FanOut
            | Pattern::GatherScatter
            | Pattern::Corridor { .. } => graph.within,
            Pattern::Chain { .. }
            | Pattern::Cycle { .. }
            | Pattern::ScatterGather { .. }
            | Pattern::Bipartite { .. }
            | Pattern::Mirror { .. }
            | Pattern::Shared { .. } => Span::ZERO,
        })
    }

    /// What must be there for a measure that is no sum of counts to be at least so much.
    fn of_measure(&self, index: usize, least: u32) -> Option<Need> {
        match self.condition.measures.get(index)? {
            BoundMeasure::Repeats => {
                self.condition.sequence.as_ref().map(|sequence| self.repeats(sequence, least))
            }
            BoundMeasure::Overlap { a, b, .. } => {
                let each = [a, b].map(|of| self.count(*of, self.condition.window, least));
                Some(Need::all(each.to_vec()))
            }
            BoundMeasure::Graph(value) => {
                let graph = self.condition.graph.as_ref()?;
                let least = match (value, graph.pattern) {
                    (
                        GraphValue::Accounts | GraphValue::Payments,
                        Pattern::FanIn | Pattern::FanOut,
                    ) => least,
                    _ => 1,
                };
                (nothing(*value) == Value::Int(0)).then(|| {
                    self.count(graph.edges.0, self.graph_window().unwrap_or_default(), least)
                })
            }
            BoundMeasure::Aggregate { function, arguments, over, filter, within, .. } => {
                let window = within.map_or(self.condition.window, |w| w.min(self.condition.window));
                match function {
                    // Nothing is left out of a run but by a condition of its own.
                    Function::Recurring if filter.is_none() && constant(arguments) => {
                        Some(self.count(*over, window, least))
                    }
                    Function::Recurring => Some(self.count(*over, window, 1)),
                    // Each payment has one other end, whatever is known of it.
                    Function::Groups => Some(self.count(*over, window, least)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Occurrences do not overlap: each has a payment of its own for every step.
    fn repeats(&self, sequence: &BoundSequence, least: u32) -> Need {
        let each = sequence.steps.iter().map(|of| self.count(*of, self.condition.window, least));
        Need::all(each.collect())
    }

    /// Selections whose payments together are at least as many as an expression says, with those
    /// that it left out because a field was missing.
    fn terms(&self, node: &Node) -> Option<Vec<Term>> {
        match node {
            Node::ToDecimal(inner) => self.terms(inner),
            Node::Arithmetic(palermo_lang::program::Arithmetic::Add, a, b) => {
                let mut terms = self.terms(a)?;
                terms.extend(self.terms(b)?);
                Some(terms)
            }
            Node::Measure(index) => match self.condition.measures.get(*index)? {
                BoundMeasure::Aggregate { function, arguments, over, within, .. }
                    if function.counts() && constant(arguments) =>
                {
                    let whole = self.condition.window;
                    Some(vec![(*over, within.map_or(whole, |within| within.min(whole)))])
                }
                BoundMeasure::Overlap { a, .. } => Some(vec![(*a, self.condition.window)]),
                BoundMeasure::Derived(node) => self.terms(node),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What is not a constant could be unknown, and the measure with it.
fn constant(arguments: &[Node]) -> bool {
    arguments.iter().all(|argument| matches!(argument, Node::Const(_)))
}

/// The smallest count that a comparison with a constant is true for, if it is one from below.
fn at_least(op: Compare, with: &Node) -> Option<u32> {
    let limit = match with {
        Node::Const(value) => value.number()?,
        Node::ToDecimal(inner) => match &**inner {
            Node::Const(value) => value.number()?,
            _ => return None,
        },
        _ => return None,
    };
    let least = match op {
        Compare::Ge => limit.ceil(),
        Compare::Gt => limit.floor().checked_add(Decimal::ONE)?,
        _ => return None,
    };
    let least = u32::try_from(least).ok()?;
    (least > 0).then_some(least)
}

/// The value of an expression where no payment of a selection (of any, where none is named) is there
/// and no field is known. `false` is certain by the rules of three-valued logic: no field could make
/// it true.
fn empty(node: &Node, condition: &BoundCondition, only: Option<usize>) -> Value {
    let recur = |node: &Node| empty(node, condition, only);
    let gone = |selection: usize| only.is_none_or(|only| only == selection);
    match node {
        Node::Const(value) => *value,
        // Less than one could be nothing in another currency.
        Node::Money(amount, _) if amount.abs() >= Decimal::ONE => Value::Money(*amount),
        Node::Measure(index) => match condition.measures.get(*index) {
            Some(BoundMeasure::Aggregate { function, over, .. }) if gone(*over) => match function {
                _ if function.is_number() => Value::Int(0),
                Function::Sum => Value::Money(Decimal::ZERO),
                _ => UNKNOWN,
            },
            Some(BoundMeasure::Overlap { a, b, .. }) if gone(*a) && gone(*b) => Value::Int(0),
            Some(BoundMeasure::Repeats) if only.is_none() => Value::Int(0),
            Some(BoundMeasure::Graph(value)) => {
                let edges = condition.graph.as_ref().map(|graph| graph.edges.0);
                if edges.is_some_and(gone) { nothing(*value) } else { UNKNOWN }
            }
            Some(BoundMeasure::Derived(node)) => recur(node),
            _ => UNKNOWN,
        },
        Node::Not(inner) => not(recur(inner)),
        Node::And(all) => joined(all.iter().map(recur), false),
        Node::Or(any) => joined(any.iter().map(recur), true),
        Node::Compare(op, a, b) => compare(*op, recur(a), recur(b)),
        Node::Arithmetic(op, a, b) => arithmetic(*op, recur(a), recur(b)),
        Node::ToDecimal(inner) => match recur(inner) {
            Value::Int(int) => Value::Decimal(int.into()),
            other => other,
        },
        _ => UNKNOWN,
    }
}

fn joined(parts: impl Iterator<Item = Value>, stop: bool) -> Value {
    let mut all_known = true;
    for part in parts {
        match part {
            Value::Bool(truth) if truth == stop => return Value::Bool(stop),
            Value::Bool(_) => {}
            _ => all_known = false,
        }
    }
    if all_known { Value::Bool(!stop) } else { UNKNOWN }
}

#[cfg(test)]
mod tests;
