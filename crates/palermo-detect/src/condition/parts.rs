//! How the parts of a condition stand at one time: what tests and people ask about a rule that is
//! silent. Nothing here decides anything.
//!
//! Cost: that of every measure; nothing is skipped because another part is false already.

use super::Run;
use crate::alerts::plain;
use crate::bind::{BoundCondition, Node};
use crate::detector::{Detector, newest_at};
use crate::eval::{At, eval};
use crate::value::{Value, six_places};
use palermo_domain::{Decimal, EventTime};
use palermo_lang::field_name;
use palermo_lang::program::Compare;
use palermo_ledger::{AccountId, Ledger, Leg, Row};

/// One part of a condition, in the order of `palermo_lang::program::Condition::parts`.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// Whether it holds; `None` where that is unknown.
    pub holds: Option<bool>,
    /// What was found: the left side of a comparison, else the truth.
    pub observed: String,
    /// What it is compared with, such as `>= 3`; empty where it is no comparison.
    pub needed: String,
    /// How much of the bound the value is beyond it, negative where it falls short; `None` where
    /// there is no such number.
    pub margin: Option<Decimal>,
    /// The field for lack of which it is unknown, where there is one.
    pub missing: Option<String>,
    /// Of a part that joins others: these, in order; empty for all others.
    pub inner: Vec<Self>,
}

/// Amounts and keys are shown by who asks for them, not by accident.
impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("holds", &self.holds).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Look").field("parts", &self.parts).finish_non_exhaustive()
    }
}

/// The parts of a condition on one subject at one time.
#[derive(Clone, PartialEq, Eq)]
pub struct Look {
    /// The subject, as text.
    pub on: String,
    /// Event time.
    pub at: EventTime,
    /// The parts.
    pub parts: Vec<Part>,
}

impl Look {
    /// How many parts hold.
    pub fn held(&self) -> usize {
        self.parts.iter().filter(|part| part.holds == Some(true)).count()
    }

    /// What a look is compared by, to find the closest: how many parts hold, then how little the
    /// others fall short, a part without a number by the whole.
    pub fn closeness(&self) -> (usize, Decimal) {
        let short = |part: &Part| {
            let margin = part.margin.filter(|margin| margin.is_sign_negative());
            margin.unwrap_or(Decimal::NEGATIVE_ONE).max(Decimal::NEGATIVE_ONE)
        };
        let others = self.parts.iter().filter(|part| part.holds != Some(true));
        (self.held(), others.map(short).fold(Decimal::ZERO, Decimal::saturating_add))
    }
}

/// How far `a` is beyond `b`, as a share of `b`.
fn margin(op: Compare, a: Value, b: Value) -> Option<Decimal> {
    let number = |value: Value| match value {
        Value::Span(span) => Some(Decimal::from(span.as_millis())),
        other => other.number(),
    };
    let (a, b) = (number(a)?, number(b)?);
    let over = match op {
        Compare::Ge | Compare::Gt => a.checked_sub(b)?,
        Compare::Le | Compare::Lt => b.checked_sub(a)?,
        Compare::Eq | Compare::Ne => return None,
    };
    over.checked_div(b.abs()).map(six_places)
}

impl<'a> Run<'a> {
    fn parts(&mut self, row: Row<'a>, leg: Leg) -> Vec<Part> {
        let condition = self.condition;
        let at = At { env: self.over_window(), row, leg, step: None };
        let parts = match &condition.holds {
            Node::And(parts) | Node::Or(parts) => parts.as_slice(),
            whole => std::slice::from_ref(whole),
        };
        parts.iter().map(|part| self.part(part, &at)).collect()
    }

    fn part(&mut self, node: &Node, at: &At<'a>) -> Part {
        let whole = eval(node, at, self);
        let holds = match whole {
            Value::Bool(truth) => Some(truth),
            _ => None,
        };
        let missing = match whole {
            Value::Unknown(field) => field.map(field_name),
            _ => None,
        };
        let (observed, needed, margin) = match node {
            Node::Compare(op, a, b) => {
                let [a, b] = [a, b].map(|side| eval(side, at, self));
                let [observed, bound] = [a, b].map(|value| plain(self.env.ledger, value));
                (observed, format!("{} {bound}", op.as_str()), margin(*op, a, b))
            }
            _ => {
                let truth = holds.map_or("unknown", |holds| if holds { "true" } else { "false" });
                (truth.to_owned(), String::new(), None)
            }
        };
        let mut inner = Vec::new();
        leaves(node, &mut |leaf| inner.push(self.part(leaf, at)));
        Part { holds, observed, needed, margin, missing, inner }
    }
}

/// What a node joins, down to what joins nothing; nothing where it is such a one itself.
fn leaves<'n>(node: &'n Node, each: &mut dyn FnMut(&'n Node)) {
    let (Node::And(parts) | Node::Or(parts)) = node else { return };
    for part in parts {
        if matches!(part, Node::And(_) | Node::Or(_)) {
            leaves(part, each);
        } else {
            each(part);
        }
    }
}

impl Detector {
    /// How an indicator or suppressor stands on everything that has a payment at this very time
    /// and that it is about, in order of number. Pure: nothing is noted.
    ///
    /// Cost: a look at every subject, and one whole evaluation for each that has a payment.
    pub fn looks(&self, ledger: &Ledger, rule: &str, time: EventTime) -> Vec<Look> {
        let indicators = self.rules.indicators.iter().map(|rule| &rule.condition);
        let suppressors = self.rules.suppressors.iter().map(|rule| &rule.condition);
        let ids = indicators.chain(suppressors).map(|condition| condition.id.as_str());
        let bound = self.indicators.iter().chain(&self.suppressors);
        let Some((_, condition)) = ids.zip(bound).find(|(id, _)| *id == rule) else {
            return Vec::new();
        };
        let of_kind = |subject: &_| ledger.kind_of(*subject) == condition.subject;
        let look = |subject| self.look_on(ledger, condition, subject, time);
        ledger.account_ids().filter(of_kind).filter_map(look).collect()
    }

    /// How a condition stands on a subject that has a payment at this very time, or at the end of a day
    /// one before it, where the condition is evaluated then.
    pub(crate) fn look_on(
        &self,
        ledger: &Ledger,
        condition: &BoundCondition,
        subject: AccountId,
        time: EventTime,
    ) -> Option<Look> {
        let from = if condition.daily { time.minus(condition.window) } else { time };
        let (row, leg) = newest_at(ledger, subject, from, time)?;
        let (env, sets) = (self.env(ledger), &self.selections.sets);
        let mut run = Run::new(env, sets, condition, subject, time);
        let parts = run.parts(ledger.row(row)?, leg);
        Some(Look { on: ledger.key_text(subject), at: time, parts })
    }
}
