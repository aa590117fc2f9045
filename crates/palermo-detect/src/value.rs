//! Values of the rule language at run time, in three-valued logic.
//!
//! A missing field gives [`Value::Unknown`], which names the field so that a rule can say what it
//! lacked. `unknown && false` is false, `unknown || true` is true, everything else that touches an
//! unknown is unknown (RULES.md, "Three values"). Decimals are rounded half-even to six places.

use palermo_domain::{Decimal, EventTime, Span};
use palermo_lang::program::{Arithmetic, Compare, Field, Symbol};
use palermo_ledger::{AccountId, Atom, PlaceId};
use rust_decimal::RoundingStrategy;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Value {
    /// Not known, with the field that was missing, where there is one.
    Unknown(Option<Field>),
    /// A truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Decimal(Decimal),
    /// Base currency.
    Money(Decimal),
    /// A length of time.
    Span(Span),
    /// A point in time.
    Time(EventTime),
    /// A text.
    Text(Atom),
    /// An account.
    Account(AccountId),
    /// A word of a vocabulary.
    Symbol(Symbol),
    /// A place.
    Place(PlaceId),
}

/// Unknown for a reason other than a missing field: nothing to compute from.
pub(crate) const UNKNOWN: Value = Value::Unknown(None);

impl Value {
    /// Whether it is true; unknown is not.
    pub fn holds(self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// Whether it is known.
    pub fn known(self) -> bool {
        !matches!(self, Self::Unknown(_))
    }

    /// The value, or unknown for lack of `field`.
    pub(crate) fn or_missing(value: Option<Self>, field: Field) -> Self {
        value.unwrap_or(Self::Unknown(Some(field)))
    }

    /// Its number, for decimals and money.
    pub fn number(self) -> Option<Decimal> {
        match self {
            Self::Int(int) => Some(Decimal::from(int)),
            Self::Decimal(number) | Self::Money(number) => Some(number),
            _ => None,
        }
    }
}

/// Rounds as every derived number is rounded.
pub(crate) fn six_places(number: Decimal) -> Decimal {
    number.round_dp_with_strategy(6, RoundingStrategy::MidpointNearestEven).normalize()
}

/// Negation.
pub(crate) fn not(value: Value) -> Value {
    match value {
        Value::Bool(truth) => Value::Bool(!truth),
        other => other,
    }
}

/// A comparison; unknown where either side is. The compiler has seen to equal types.
pub(crate) fn compare(op: Compare, a: Value, b: Value) -> Value {
    let ordering = match (a, b) {
        (Value::Unknown(field), _) | (_, Value::Unknown(field)) => return Value::Unknown(field),
        (Value::Int(a), Value::Int(b)) => a.cmp(&b),
        (Value::Span(a), Value::Span(b)) => a.cmp(&b),
        (Value::Time(a), Value::Time(b)) => a.cmp(&b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
        (a, b) => match (a.number(), b.number()) {
            (Some(a), Some(b)) => a.cmp(&b),
            // Texts, accounts, symbols and places are only equal or not.
            _ if a == b => Ordering::Equal,
            _ => return Value::Bool(op == Compare::Ne),
        },
    };
    Value::Bool(is_so(op, ordering))
}

/// Whether a comparison is true of two that stand so to each other.
pub(crate) fn is_so(op: Compare, ordering: Ordering) -> bool {
    match op {
        Compare::Eq => ordering.is_eq(),
        Compare::Ne => ordering.is_ne(),
        Compare::Lt => ordering.is_lt(),
        Compare::Le => ordering.is_le(),
        Compare::Gt => ordering.is_gt(),
        Compare::Ge => ordering.is_ge(),
    }
}

/// Arithmetic; unknown on division by zero or where the result cannot be held exactly enough.
pub(crate) fn arithmetic(op: Arithmetic, a: Value, b: Value) -> Value {
    if let (Value::Span(a), Value::Span(b)) = (a, b) {
        let (a, b) = (a.as_millis(), b.as_millis());
        let ms = match op {
            Arithmetic::Add => a.saturating_add(b),
            Arithmetic::Sub => a.saturating_sub(b),
            Arithmetic::Mul | Arithmetic::Div => return UNKNOWN,
        };
        return Value::Span(Span::from_millis(ms));
    }
    if let (Value::Int(a), Value::Int(b)) = (a, b)
        && op != Arithmetic::Div
    {
        let result = match op {
            Arithmetic::Add => a.checked_add(b),
            Arithmetic::Sub => a.checked_sub(b),
            _ => a.checked_mul(b),
        };
        return result.map_or(UNKNOWN, Value::Int);
    }
    let (left, right) = match (a, b) {
        (Value::Unknown(field), _) | (_, Value::Unknown(field)) => return Value::Unknown(field),
        (a, b) => match (a.number(), b.number()) {
            (Some(a), Some(b)) => (a, b),
            _ => return UNKNOWN,
        },
    };
    let result = match op {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Sub => left.checked_sub(right),
        Arithmetic::Mul => left.checked_mul(right),
        Arithmetic::Div => left.checked_div(right),
    };
    let money = matches!(
        (op, a, b),
        (Arithmetic::Add | Arithmetic::Sub, Value::Money(_), _)
            | (Arithmetic::Mul, Value::Money(_), _)
            | (Arithmetic::Mul, _, Value::Money(_))
    ) || (op == Arithmetic::Div
        && matches!(a, Value::Money(_))
        && !matches!(b, Value::Money(_)));
    match result.map(six_places) {
        None => UNKNOWN,
        Some(number) if money => Value::Money(number),
        Some(number) => Value::Decimal(number),
    }
}
