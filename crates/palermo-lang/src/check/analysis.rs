//! What can be read off a checked expression: cost, order, gate, monotony.
//!
//! **Cost model.** Relative units; 1 is a comparison of two fields of the payment at hand. A text
//! in a list costs 2, a look-up 3, a distance 8, evidence of relation 12, a lexicon 20, the nearest
//! of a list of places 40. A measure costs what its function does per payment of the window, times 16 (a
//! window of a few dozen payments), plus its expressions. The evaluator computes measures lazily,
//! so conjuncts are put in order of what they add; the order never changes a result, because
//! three-valued `&&` and `||` do not depend on it.

use crate::program::{
    Aggregate, Arithmetic, BetweenFunction, Compare, Direction, Expr, Field, Function, Gate,
    ListId, Literal, Measure, MeasureId, MeasureKind, Pattern, Side, Symbol,
};
use palermo_domain::{PaymentKind, Span};
use std::collections::BTreeSet;

/// Payments in a window, for the static cost.
const WINDOW: u32 = 16;
/// The highest cost of all rules of a set together.
pub(crate) const COST_MAX: u64 = 100_000;

/// Direct parts of an expression.
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Not(a)
        | Expr::ToDecimal(a)
        | Expr::InList(a, _)
        | Expr::Matches(a, _)
        | Expr::Lookup(_, a, ..)
        | Expr::Event(_, _, a) => vec![a],
        Expr::Relations(_, _, within) => within.iter().map(|within| &**within).collect(),
        Expr::And(all) | Expr::Or(all) => all.iter().collect(),
        Expr::Compare(_, a, b)
        | Expr::Arithmetic(_, a, b)
        | Expr::Distance(a, b)
        | Expr::Near(a, _, b) => vec![a, b],
        Expr::NearDays(near) => near.parts().to_vec(),
        Expr::Literal(_)
        | Expr::Field(_)
        | Expr::Step(..)
        | Expr::Param(_)
        | Expr::Measure(_)
        | Expr::EndInList(..)
        | Expr::Unrelated
        | Expr::Present(_)
        | Expr::Holds(..) => Vec::new(),
    }
}

/// Whether any part of an expression, itself included, is as asked.
pub(crate) fn any(expr: &Expr, is: &dyn Fn(&Expr) -> bool) -> bool {
    is(expr) || parts(expr).into_iter().any(|part| any(part, is))
}

/// Adds the indicators that an expression asks for.
pub(crate) fn asks(expr: &Expr, into: &mut BTreeSet<(Side, String)>) {
    if let Expr::Holds(side, id) = expr {
        into.insert((*side, id.clone()));
    }
    parts(expr).into_iter().for_each(|part| asks(part, into));
}

/// Adds the lists that an expression consults.
pub(crate) fn lists(expr: &Expr, into: &mut BTreeSet<ListId>) {
    if let Expr::InList(_, id)
    | Expr::Matches(_, id)
    | Expr::EndInList(_, id)
    | Expr::Lookup(id, ..)
    | Expr::Near(_, id, _) = expr
    {
        into.insert(*id);
    }
    if let Expr::NearDays(near) = expr {
        into.insert(near.list);
    }
    parts(expr).into_iter().for_each(|part| lists(part, into));
}

/// Cost of one evaluation, given the cost of each measure.
pub(crate) fn cost(expr: &Expr, measures: &[Measure]) -> u32 {
    let own = match expr {
        Expr::Measure(id) => measures.get(usize::from(id.0)).map_or(1, |measure| measure.cost),
        Expr::Compare(..) | Expr::Arithmetic(..) | Expr::Present(_) => 1,
        Expr::InList(..) => 2,
        Expr::Lookup(..) | Expr::Event(..) | Expr::Relations(..) => 3,
        Expr::Holds(..) => 4,
        Expr::EndInList(..) => 6,
        Expr::Distance(..) => 8,
        Expr::Unrelated => 12,
        Expr::Matches(..) => 20,
        Expr::Near(..) | Expr::NearDays(_) => 40,
        _ => 0,
    };
    let below = parts(expr).into_iter().map(|part| cost(part, measures));
    below.fold(own, u32::saturating_add)
}

/// Cost of an aggregate over a window.
pub(crate) fn aggregate_cost(aggregate: &Aggregate) -> u32 {
    let own = match aggregate.function {
        Function::Count | Function::Sum | Function::Min | Function::Max | Function::Avg => 1,
        Function::First | Function::Last | Function::Span | Function::Absent => 1,
        Function::NearShare | Function::RoundShare | Function::Recurring => 2,
        Function::Distinct | Function::Nights | Function::Days | Function::TopShare => 4,
        Function::LowBalanceDays | Function::BalanceDays => 4,
        Function::Median | Function::Quantile | Function::Stddev => 6,
        Function::Trend | Function::RankTrend | Function::ModeShare => 8,
        Function::Places | Function::Groups => 12,
    };
    let expressions = aggregate.value.iter().chain(&aggregate.arguments).chain(&aggregate.filter);
    let each = expressions.map(|expr| cost(expr, &[])).fold(own, u32::saturating_add);
    each.saturating_mul(WINDOW)
}

/// Cost of counting the keys that two selections share.
pub(crate) fn overlap_cost(key: &Expr) -> u32 {
    cost(key, &[]).saturating_add(8).saturating_mul(WINDOW)
}

/// Cost of comparing two selections.
pub(crate) fn between_cost(function: BetweenFunction) -> u32 {
    let own: u32 = match function {
        BetweenFunction::PassedShare | BetweenFunction::FundedShare => 6,
        BetweenFunction::DwellMedian | BetweenFunction::ReturnedShare => 8,
        BetweenFunction::ApartKm => 16,
    };
    own.saturating_mul(WINDOW)
}

/// Cost of a measure in all of the windows of a reach.
pub(crate) fn own_cost(one: u32, reach: Span, window: Span) -> u32 {
    let windows = reach.as_millis().checked_div(window.as_millis()).unwrap_or(0);
    one.saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX))
}

/// Cost of walking a sequence.
pub(crate) fn sequence_cost<'e>(ties: impl Iterator<Item = &'e Expr>) -> u32 {
    let ties = ties.map(|tie| cost(tie, &[])).fold(0, u32::saturating_add);
    ties.saturating_mul(4).saturating_add(8).saturating_mul(WINDOW)
}

/// Cost of a graph search: what a search of its kind mostly looks at, in entries.
pub(crate) fn graph_cost(pattern: &Pattern) -> u32 {
    let sides: u32 = match pattern {
        Pattern::FanIn | Pattern::FanOut | Pattern::Mirror { .. } => 1,
        Pattern::Shared { .. } => 2,
        Pattern::GatherScatter | Pattern::Corridor { .. } => 2,
        Pattern::ScatterGather { .. } | Pattern::Bipartite { .. } => 8,
        Pattern::Chain { .. } | Pattern::Cycle { .. } => 16,
    };
    sides.saturating_mul(WINDOW)
}

/// The expression with the parts of every `&&` and `||` cheapest first, nested ones joined.
pub(crate) fn ordered(expr: Expr, measures: &[Measure]) -> Expr {
    let sorted = |mut all: Vec<Expr>| {
        all.sort_by_key(|part| cost(part, measures));
        all
    };
    match expr {
        Expr::And(all) => Expr::And(sorted(flat(all, measures, as_and))),
        Expr::Or(all) => Expr::Or(sorted(flat(all, measures, as_or))),
        Expr::Not(inner) => Expr::Not(Box::new(ordered(*inner, measures))),
        other => other,
    }
}

fn as_and(expr: Expr) -> Result<Vec<Expr>, Expr> {
    if let Expr::And(parts) = expr { Ok(parts) } else { Err(expr) }
}

fn as_or(expr: Expr) -> Result<Vec<Expr>, Expr> {
    if let Expr::Or(parts) = expr { Ok(parts) } else { Err(expr) }
}

fn flat(
    parts: Vec<Expr>,
    measures: &[Measure],
    split: fn(Expr) -> Result<Vec<Expr>, Expr>,
) -> Vec<Expr> {
    let ordered_parts = parts.into_iter().map(|part| ordered(part, measures));
    ordered_parts.flat_map(|part| split(part).unwrap_or_else(|one| vec![one])).collect()
}

/// All of the parts; the part itself where there is one.
pub(crate) fn all_of(mut parts: Vec<Expr>) -> Option<Expr> {
    if parts.len() <= 1 { parts.pop() } else { Some(Expr::And(parts)) }
}

/// Necessary conditions on kind and direction. Exact for conjunctions and disjunctions of
/// equalities; anything else allows everything.
pub(crate) fn gate(condition: &Expr) -> Gate {
    let mut kinds = kinds(condition).unwrap_or_default();
    kinds.sort_unstable();
    kinds.dedup();
    Gate { kinds, direction: direction(condition) }
}

fn equals(expr: &Expr, field: Field) -> Option<Symbol> {
    match expr {
        Expr::Compare(Compare::Eq, a, b) => match (&**a, &**b) {
            (Expr::Field(found), Expr::Literal(Literal::Symbol(symbol))) if *found == field => {
                Some(*symbol)
            }
            _ => None,
        },
        _ => None,
    }
}

fn kinds(expr: &Expr) -> Option<Vec<PaymentKind>> {
    match expr {
        Expr::And(all) => all.iter().filter_map(kinds).reduce(|a, b| {
            // Two kinds at once: nothing matches, and the narrower of the two is as good a gate.
            let both: Vec<PaymentKind> =
                a.iter().copied().filter(|kind| b.contains(kind)).collect();
            if both.is_empty() { a } else { both }
        }),
        Expr::Or(any) => {
            let each: Option<Vec<Vec<PaymentKind>>> = any.iter().map(kinds).collect();
            each.map(|each| each.concat())
        }
        _ => match equals(expr, Field::Kind) {
            Some(Symbol::Kind(kind)) => Some(vec![kind]),
            _ => None,
        },
    }
}

fn direction(expr: &Expr) -> Option<Direction> {
    match expr {
        Expr::And(all) => all.iter().find_map(direction),
        Expr::Or(any) => {
            let mut each = any.iter().map(direction);
            let first = each.next()??;
            each.all(|one| one == Some(first)).then_some(first)
        }
        _ => match equals(expr, Field::Direction) {
            Some(Symbol::Direction(direction)) => Some(direction),
            _ => None,
        },
    }
}

/// Which way a value moves when more payments are selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trend {
    Fixed,
    Up,
    Down,
}

impl Trend {
    const fn reversed(self) -> Self {
        match self {
            Self::Fixed => Self::Fixed,
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }

    fn joined(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Fixed, trend) | (trend, Self::Fixed) => Some(trend),
            (a, b) => (a == b).then_some(a),
        }
    }
}

/// Whether more payments of a selection can only make `holds` true, and nothing else can. Only
/// counts, distinct counts, nights, overlaps, minima and maxima, their sums and differences,
/// compared with constants, qualify: a sum becomes unknown by an unknown amount, a mean moves both
/// ways, and what is read off the subject's record can change without any payment.
pub(crate) fn monotone(holds: &Expr, measures: &[Measure]) -> bool {
    match holds {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().all(|part| monotone(part, measures)),
        Expr::Compare(op, a, b) => {
            let difference = trend(a, measures)
                .zip(trend(b, measures))
                .and_then(|(a, b)| a.joined(b.reversed()));
            match op {
                Compare::Ge | Compare::Gt => difference == Some(Trend::Up),
                Compare::Le | Compare::Lt => difference == Some(Trend::Down),
                Compare::Eq | Compare::Ne => false,
            }
        }
        _ => false,
    }
}

/// Whether a measure is made of earlier windows or of peers, itself or by one that it is derived from:
/// a second look back would reach further than a window and what `own` says, and what peers have is
/// known at ends of days only.
pub(crate) fn looks_back(id: MeasureId, measures: &[Measure]) -> bool {
    let at = usize::from(id.0);
    let Some((measure, before)) = measures.get(at).zip(measures.get(..at)) else { return false };
    let named = |part: &Expr| matches!(part, Expr::Measure(id) if looks_back(*id, before));
    match &measure.kind {
        MeasureKind::Own { .. } | MeasureKind::Peer { .. } => true,
        MeasureKind::Derived(expr) => any(expr, &named),
        MeasureKind::Aggregate(aggregate) => {
            aggregate.arguments.iter().any(|argument| any(argument, &named))
        }
        MeasureKind::Overlap { .. }
        | MeasureKind::Repeats
        | MeasureKind::Between(_)
        | MeasureKind::Graph(_) => false,
    }
}

fn trend(expr: &Expr, measures: &[Measure]) -> Option<Trend> {
    match expr {
        Expr::Literal(literal) => match literal {
            // Converted by the rate of a day: not fixed.
            Literal::Money(..) => None,
            _ => Some(Trend::Fixed),
        },
        Expr::Param(_) => Some(Trend::Fixed),
        Expr::ToDecimal(inner) => trend(inner, measures),
        Expr::Arithmetic(Arithmetic::Add, a, b) => trend(a, measures)?.joined(trend(b, measures)?),
        Expr::Arithmetic(Arithmetic::Sub, a, b) => {
            trend(a, measures)?.joined(trend(b, measures)?.reversed())
        }
        Expr::Measure(id) => {
            let at = usize::from(id.0);
            match &measures.get(at)?.kind {
                MeasureKind::Aggregate(aggregate) => match aggregate.function {
                    Function::Count | Function::Distinct | Function::Nights | Function::Max => {
                        Some(Trend::Up)
                    }
                    Function::Days | Function::Span => Some(Trend::Up),
                    Function::Min => Some(Trend::Down),
                    _ => None,
                },
                MeasureKind::Overlap { .. } => Some(Trend::Up),
                // A measure depends on earlier ones only, so this ends.
                MeasureKind::Derived(derived) => trend(derived, measures.get(..at)?),
                MeasureKind::Repeats
                | MeasureKind::Between(_)
                | MeasureKind::Own { .. }
                | MeasureKind::Peer { .. }
                | MeasureKind::Graph(_) => None,
            }
        }
        _ => None,
    }
}
