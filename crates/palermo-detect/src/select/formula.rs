//! Conditions of selections, taken apart: what several of them have in common is evaluated once for
//! each end of a payment.
//!
//! Promise: the same value as evaluating the condition as it stands. Cost: a look-up for each part that
//! is known, an evaluation for each that is not.

use crate::bind::Node;
use crate::eval::{At, NoMeasures, eval};
use crate::value::{Value, is_so};
use palermo_domain::{FixedHashMap, to_cents};
use palermo_lang::program::{Compare, Field};
use std::collections::BTreeMap;

/// A truth of three-valued logic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    No,
    Yes,
    Unknown(Option<Field>),
}

impl Truth {
    pub(super) fn of(value: Value) -> Self {
        match value {
            Value::Bool(true) => Self::Yes,
            Value::Unknown(field) => Self::Unknown(field),
            _ => Self::No,
        }
    }

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Yes => Self::No,
            Self::Unknown(_) => self,
        }
    }
}

/// What is left of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Known(Truth),
    Open(u32),
}

#[derive(Debug)]
enum Formula {
    Leaf(Node),
    /// The amount, in cents, compared with a number of them.
    Amount(Compare, i64),
    Not(u32),
    And(Box<[u32]>),
    Or(Box<[u32]>),
}

/// Formulas by number; equal ones have one.
#[derive(Debug, Default)]
pub(super) struct Formulas {
    all: Vec<Formula>,
    /// Conjunctions (`true`) and disjunctions by their parts.
    joined: FixedHashMap<(bool, Box<[u32]>), u32>,
    /// What was evaluated of the present end.
    way: Vec<(u32, Truth)>,
    /// Of the present end, where the stamp is the present one.
    known: Vec<(u32, Truth)>,
    stamp: u32,
}

/// Numbers formulas.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    by_text: BTreeMap<String, u32>,
}

impl Formulas {
    /// The number of an expression.
    pub(super) fn add(&mut self, node: &Node, numbers: &mut Numbers) -> u32 {
        // Parts of equal text are equal: nothing of an expression is left out of it.
        let text = format!("{node:?}");
        if let Some(&known) = numbers.by_text.get(&text) {
            return known;
        }
        let formula = match node {
            Node::Not(inner) => Formula::Not(self.add(inner, numbers)),
            Node::And(parts) | Node::Or(parts) => {
                let all = matches!(node, Node::And(_));
                let parts = parts.iter().map(|part| self.add(part, numbers)).collect();
                let number = self.join(all, parts);
                numbers.by_text.insert(text, number);
                return number;
            }
            leaf => amount(leaf).unwrap_or_else(|| Formula::Leaf(leaf.clone())),
        };
        let number = self.push(formula);
        numbers.by_text.insert(text, number);
        number
    }

    fn push(&mut self, formula: Formula) -> u32 {
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(formula);
        self.known.push((0, Truth::No));
        number
    }

    fn join(&mut self, all: bool, parts: Box<[u32]>) -> u32 {
        if let Some(&known) = self.joined.get(&(all, parts.clone())) {
            return known;
        }
        let formula = if all { Formula::And(parts.clone()) } else { Formula::Or(parts.clone()) };
        let number = self.push(formula);
        self.joined.insert((all, parts), number);
        number
    }

    /// What is left of a formula where some leaves are known.
    pub(super) fn rest(&mut self, number: u32, see: &dyn Fn(&Node) -> Option<Truth>) -> Rest {
        let (all, parts) = match self.all.get(number as usize) {
            Some(Formula::Leaf(node)) => {
                return see(node).map_or(Rest::Open(number), Rest::Known);
            }
            // What a profile has in common says nothing of an amount.
            Some(Formula::Amount(..)) => return Rest::Open(number),
            Some(&Formula::Not(inner)) => {
                return match self.rest(inner, see) {
                    Rest::Known(truth) => Rest::Known(truth.not()),
                    Rest::Open(_) => Rest::Open(number),
                };
            }
            Some(Formula::And(parts)) => (true, parts.clone()),
            Some(Formula::Or(parts)) => (false, parts.clone()),
            None => return Rest::Known(Truth::Unknown(None)),
        };
        let stop = if all { Truth::No } else { Truth::Yes };
        let (mut left, mut unknown, mut open) = (Vec::new(), None, false);
        for part in parts {
            match self.rest(part, see) {
                Rest::Known(truth) if truth == stop => return Rest::Known(stop),
                Rest::Known(truth @ Truth::Unknown(_)) => {
                    // It counts where nothing stops, and with its place among the others.
                    unknown = unknown.or(Some(truth));
                    left.push(part);
                }
                Rest::Known(_) => {}
                Rest::Open(part) => {
                    open = true;
                    left.push(part);
                }
            }
        }
        match (open, left.as_slice()) {
            (false, _) => Rest::Known(unknown.unwrap_or(stop.not())),
            (true, [one]) => Rest::Open(*one),
            (true, _) => Rest::Open(self.join(all, left.into())),
        }
    }

    /// Bytes held, roughly.
    pub(super) fn bytes(&self) -> usize {
        let parts = self.joined.keys().map(|(_, parts)| parts.len().saturating_mul(8));
        parts.fold(self.all.len().saturating_mul(128), usize::saturating_add)
    }

    /// Forgets what is known: another end is at hand.
    pub(super) fn begin(&mut self) {
        self.way.clear();
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.known.fill((0, Truth::No));
            self.stamp = 1;
        }
    }

    /// The value of a formula at the present end.
    pub(super) fn value(&mut self, number: u32, at: &At<'_>) -> Truth {
        let Self { all, known, stamp, way, .. } = self;
        Evaluation { all, known, way, stamp: *stamp, at }.value(number)
    }

    /// The parts that were evaluated since [`Formulas::begin`], in order, with what they said.
    pub(super) fn way(&self) -> &[(u32, Truth)] {
        &self.way
    }

    /// The value of a part that is no formula of others.
    pub(super) fn leaf(&self, number: u32, at: &At<'_>) -> Truth {
        self.all.get(number as usize).map_or(Truth::Unknown(None), |part| part.leaf(at))
    }
}

impl Formula {
    #[inline]
    fn leaf(&self, at: &At<'_>) -> Truth {
        match self {
            Self::Leaf(node) => Truth::of(eval(node, at, &mut NoMeasures)),
            Self::Amount(op, limit) => match at.row.amount() {
                Some(cents) if is_so(*op, cents.0.cmp(limit)) => Truth::Yes,
                Some(_) => Truth::No,
                None => Truth::Unknown(Some(Field::Amount)),
            },
            Self::Not(_) | Self::And(_) | Self::Or(_) => Truth::Unknown(None),
        }
    }
}

/// A comparison of the amount with money in base currency, which is whole cents.
fn amount(leaf: &Node) -> Option<Formula> {
    let Node::Compare(op, a, b) = leaf else { return None };
    let (Node::Field(Field::Amount), Node::Const(Value::Money(limit))) = (&**a, &**b) else {
        return None;
    };
    let cents = to_cents(*limit).filter(|cents| cents.to_decimal() == *limit)?;
    Some(Formula::Amount(*op, cents.0))
}

struct Evaluation<'f, 'a> {
    all: &'f [Formula],
    known: &'f mut [(u32, Truth)],
    way: &'f mut Vec<(u32, Truth)>,
    stamp: u32,
    at: &'f At<'a>,
}

impl Evaluation<'_, '_> {
    fn value(&mut self, number: u32) -> Truth {
        let at = number as usize;
        if let Some((stamp, truth)) = self.known.get(at)
            && *stamp == self.stamp
        {
            return *truth;
        }
        let truth = match self.all.get(at) {
            Some(part @ (Formula::Leaf(_) | Formula::Amount(..))) => {
                let truth = part.leaf(self.at);
                self.way.push((number, truth));
                truth
            }
            Some(Formula::Not(inner)) => self.value(*inner).not(),
            Some(Formula::And(parts)) => self.joined(parts, Truth::No, Truth::Yes),
            Some(Formula::Or(parts)) => self.joined(parts, Truth::Yes, Truth::No),
            None => Truth::Unknown(None),
        };
        if let Some(known) = self.known.get_mut(at) {
            *known = (self.stamp, truth);
        }
        truth
    }

    fn joined(&mut self, parts: &[u32], stop: Truth, mut all: Truth) -> Truth {
        for part in parts {
            match self.value(*part) {
                truth if truth == stop => return stop,
                unknown @ Truth::Unknown(_) if !matches!(all, Truth::Unknown(_)) => all = unknown,
                _ => {}
            }
        }
        all
    }
}
