//! Expressions as they are written: tokens, spanned syntax and its canonical text.
//!
//! The canonical text reads back to the same syntax (a property test says so), which makes it fit
//! for hashing: spacing, quoting of YAML and comments do not change the hash of a rule.

mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use parser::{
    MeasureSyntax, Name, StepSyntax, SyntaxError, parse_expression, parse_measure, parse_step,
};

use palermo_domain::{Decimal, Span};
use std::fmt;
use std::ops::Range;

/// The longest expression, in bytes.
pub(crate) const LENGTH_MAX: usize = 4096;
/// The deepest nesting of an expression.
pub(crate) const DEPTH_MAX: u8 = 64;

/// An expression and where it stands in its text. Equal where it says the same, wherever it
/// stands.
#[derive(Clone, Debug)]
pub(crate) struct Syntax {
    /// What it says.
    pub kind: Kind,
    /// Where, in bytes of the expression's text.
    pub range: Range<usize>,
    /// How deep it is.
    pub depth: u8,
}

impl PartialEq for Syntax {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What an expression says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// `25`.
    Int(i64),
    /// `0.6`.
    Decimal(Decimal),
    /// `48h`.
    Duration(Span),
    /// `'text'`.
    Text(String),
    /// `true`, `false`.
    Bool(bool),
    /// `self.home`, or a bare word.
    Path(Vec<String>),
    /// `MS-08`.
    Id(String),
    /// `$name`.
    Param(String),
    /// `name(…)`, also `self.holds(…)`.
    Call(Vec<String>, Vec<Syntax>),
    /// `…[key]`.
    Index(Box<Syntax>, Box<Syntax>),
    /// `….column` of what is not a path.
    Member(Box<Syntax>, String),
    /// `[a, b]`.
    Set(Vec<Syntax>),
    /// `!…`.
    Not(Box<Syntax>),
    /// `-…`.
    Neg(Box<Syntax>),
    /// `… && …`.
    And(Vec<Syntax>),
    /// `… || …`.
    Or(Vec<Syntax>),
    /// Any other operator.
    Binary(Op, Box<Syntax>, Box<Syntax>),
}

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `matches`
    Matches,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

impl Op {
    /// How it is written.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::Matches => "matches",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }

    /// How tightly it binds: `||` is 1, `&&` 2, comparisons 3.
    pub(crate) const fn binding(self) -> u8 {
        match self {
            Self::Add | Self::Sub => 4,
            Self::Mul | Self::Div => 5,
            _ => 3,
        }
    }
}

impl Syntax {
    /// How tightly its outermost operator binds.
    const fn binding(&self) -> u8 {
        match &self.kind {
            Kind::Or(_) => 1,
            Kind::And(_) => 2,
            Kind::Binary(op, ..) => op.binding(),
            Kind::Not(_) | Kind::Neg(_) => 6,
            _ => 7,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, at_least: u8) -> fmt::Result {
        if self.binding() < at_least {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match &self.kind {
            Kind::Int(value) => write!(f, "{value}"),
            Kind::Decimal(value) => write!(f, "{value}"),
            Kind::Duration(value) => write!(f, "{value}"),
            Kind::Text(value) => write!(f, "'{}'", value.replace('\'', "''")),
            Kind::Bool(value) => write!(f, "{value}"),
            Kind::Path(parts) => f.write_str(&parts.join(".")),
            Kind::Id(id) => f.write_str(id),
            Kind::Param(name) => write!(f, "${name}"),
            Kind::Call(name, arguments) => {
                write!(f, "{}(", name.join("."))?;
                write_all(f, arguments, ", ", 0)?;
                f.write_str(")")
            }
            Kind::Index(of, key) => {
                of.write(f, 7)?;
                f.write_str("[")?;
                key.write(f, 0)?;
                f.write_str("]")
            }
            Kind::Member(of, name) => {
                of.write(f, 7)?;
                write!(f, ".{name}")
            }
            Kind::Set(items) => {
                f.write_str("[")?;
                write_all(f, items, ", ", 0)?;
                f.write_str("]")
            }
            Kind::Not(inner) => {
                f.write_str("!")?;
                inner.write(f, 6)
            }
            Kind::Neg(inner) => {
                f.write_str("-")?;
                inner.write(f, 6)
            }
            Kind::And(parts) => write_all(f, parts, " && ", 3),
            Kind::Or(parts) => write_all(f, parts, " || ", 2),
            Kind::Binary(op, left, right) => {
                let (low, high) = match op.binding() {
                    3 => (4, 4),
                    binding => (binding, binding.saturating_add(1)),
                };
                left.write(f, low)?;
                write!(f, " {} ", op.as_str())?;
                right.write(f, high)
            }
        }
    }
}

fn write_all(
    f: &mut fmt::Formatter<'_>,
    items: &[Syntax],
    between: &str,
    at_least: u8,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        item.write(f, at_least)?;
    }
    Ok(())
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
