//! Expressions in plain words, from their syntax alone: the same expression always reads the same.
//!
//! It is an aid beside the expression, never in place of it. A form that has no phrase of its own is
//! said as it is written. Cost: one visit per part of an expression.

mod call;
mod measure;

use crate::library::Tree;
use crate::syntax::{Kind, Op, Syntax, parse_expression, parse_step};
use std::collections::BTreeMap;

/// The parameters of a rule by name, as a reader sees them.
#[derive(Debug, Default)]
pub(super) struct Words {
    params: BTreeMap<String, String>,
}

/// A condition as a reader sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// One statement.
    One(String),
    /// Statements that must all be true.
    All(Vec<String>),
    /// Statements of which one must be true.
    Any(Vec<String>),
}

impl Words {
    /// The words of a rule.
    pub(super) fn of(rule: &Tree) -> Self {
        let params = rule.get("parameters").into_iter().flat_map(Tree::entries);
        let params = params.map(|(name, param)| (name.to_owned(), value(param, param.at("value"))));
        Self { params: params.collect() }
    }

    /// A condition, its outermost `&&` or `||` taken apart.
    pub(super) fn condition(&self, text: &str) -> Option<Said> {
        let syntax = parse_expression(text).ok()?;
        let each = |parts: &[Syntax]| parts.iter().map(|part| self.say(part)).collect();
        Some(match &syntax.kind {
            Kind::And(parts) => Said::All(each(parts)),
            Kind::Or(parts) => Said::Any(each(parts)),
            _ => Said::One(self.say(&syntax)),
        })
    }

    /// A step of a sequence, with where it stands in time.
    pub(super) fn step(&self, text: &str) -> Option<(Said, String)> {
        let syntax = parse_step(text).ok()?;
        let said = self.condition(&syntax.condition.to_string())?;
        let when = syntax.limit.map_or_else(String::new, |limit| {
            let (span, of) = (self.say(&limit.span), spaced(&limit.of.text));
            if limit.around {
                format!("at most {span} before or after the step {of}")
            } else {
                format!("at most {span} after the step {of}")
            }
        });
        Some((said, when))
    }

    /// A parameter named in a text or as `$name`.
    pub(super) fn param(&self, name: &str) -> String {
        match self.params.get(name) {
            Some(value) => format!("{value} ({name})"),
            None => format!("${name}"),
        }
    }

    /// A part of an expression.
    fn say(&self, syntax: &Syntax) -> String {
        match &syntax.kind {
            Kind::Int(number) => number.to_string(),
            Kind::Decimal(number) => number.to_string(),
            Kind::Duration(span) => length(&span.to_string()),
            Kind::Text(text) => format!("“{text}”"),
            Kind::Bool(value) => value.to_string(),
            Kind::Path(parts) => path(parts),
            Kind::Id(id) => id.clone(),
            Kind::Param(name) => self.param(name),
            Kind::Call(name, arguments) => self.call(&name.join("."), arguments),
            Kind::Index(of, key) => format!("the row of {} for {}", self.say(of), self.say(key)),
            Kind::Member(of, column) => format!("{} in {}", spaced(column), self.say(of)),
            Kind::Set(items) => either(&self.each(items)),
            Kind::Not(inner) => self.negated(inner),
            Kind::Neg(inner) => format!("minus {}", self.say(inner)),
            Kind::And(parts) => format!("({})", self.nested(parts).join(" and ")),
            Kind::Or(parts) => format!("({})", self.nested(parts).join(" or ")),
            Kind::Binary(op, left, right) => self.binary(*op, left, right),
        }
    }

    fn each(&self, parts: &[Syntax]) -> Vec<String> {
        parts.iter().map(|part| self.say(part)).collect()
    }

    /// Parts of a conjunction or disjunction: what says `or` itself stands in brackets.
    fn nested(&self, parts: &[Syntax]) -> Vec<String> {
        let one = |part: &Syntax| match &part.kind {
            Kind::Not(inner) if matches!(&inner.kind, Kind::And(_)) => {
                format!("({})", self.say(part))
            }
            _ => self.say(part),
        };
        parts.iter().map(one).collect()
    }

    fn binary(&self, op: Op, left: &Syntax, right: &Syntax) -> String {
        if let (Op::Eq, Kind::Path(field), Kind::Path(way)) = (op, &left.kind, &right.kind)
            && field.join(".") == "direction"
        {
            return if way.join(".") == "in" { "money comes in" } else { "money goes out" }
                .to_owned();
        }
        if let Some(sign) = arithmetic(op) {
            return format!("{} {sign} {}", self.operand(left), self.operand(right));
        }
        let phrase = match (op, &right.kind) {
            (Op::In, Kind::Set(_)) => "is one of",
            (Op::In, _) => "is in",
            (op, _) => said(op),
        };
        format!("{} {phrase} {}", self.say(left), self.say(right))
    }

    /// A part of a calculation, in brackets where it is one itself.
    fn operand(&self, syntax: &Syntax) -> String {
        match &syntax.kind {
            Kind::Binary(op, ..) if arithmetic(*op).is_some() => format!("({})", self.say(syntax)),
            _ => self.say(syntax),
        }
    }

    fn negated(&self, syntax: &Syntax) -> String {
        match &syntax.kind {
            Kind::Call(name, arguments) if name.join(".") == "present" => {
                format!("{} is not delivered", self.each(arguments).join(", "))
            }
            Kind::Binary(op, left, right) if arithmetic(*op).is_none() => {
                self.opposite(*op, left, right)
            }
            // `!(present(x) && x == y)`: x is not y, or is not delivered.
            Kind::And(parts) => match parts.as_slice() {
                [first, Syntax { kind: Kind::Binary(op, left, right), .. }]
                    if asks_for(first, left) && arithmetic(*op).is_none() =>
                {
                    format!("{} or is not delivered", self.opposite(*op, left, right))
                }
                _ => format!("not {}", self.say(syntax)),
            },
            Kind::Or(_) => format!("not {}", self.say(syntax)),
            _ => format!("it is not so that {}", self.say(syntax)),
        }
    }

    fn opposite(&self, op: Op, left: &Syntax, right: &Syntax) -> String {
        let phrase = match (op, &right.kind) {
            (Op::Eq, _) => "is not",
            (Op::Ne, _) => "is",
            (Op::Lt, _) => "is at least",
            (Op::Le, _) => "is more than",
            (Op::Gt, _) => "is at most",
            (Op::Ge, _) => "is less than",
            (Op::In, Kind::Set(_)) => "is none of",
            (Op::In, _) => "is not in",
            _ => "does not match",
        };
        format!("{} {phrase} {}", self.say(left), self.say(right))
    }
}

/// Whether `first` is `present(…)` of what `left` is.
fn asks_for(first: &Syntax, left: &Syntax) -> bool {
    matches!(&first.kind, Kind::Call(name, arguments)
        if name.join(".") == "present" && arguments.first() == Some(left))
}

const fn arithmetic(op: Op) -> Option<&'static str> {
    match op {
        Op::Add => Some("plus"),
        Op::Sub => Some("minus"),
        Op::Mul => Some("times"),
        Op::Div => Some("divided by"),
        _ => None,
    }
}

const fn said(op: Op) -> &'static str {
    match op {
        Op::Eq => "is",
        Op::Ne => "is not",
        Op::Lt => "is less than",
        Op::Le => "is at most",
        Op::Gt => "is more than",
        Op::Ge => "is at least",
        _ => "matches",
    }
}

fn path(parts: &[String]) -> String {
    let words: Vec<String> = parts.iter().map(|part| spaced(part)).collect();
    match words.as_slice() {
        [end] if end == "self" => "the subject’s own end".to_owned(),
        [end] if end == "other" => "the other end".to_owned(),
        [end, rest @ ..] if end == "self" => format!("own {}", rest.join(" ")),
        [end, rest @ ..] if end == "other" => format!("the other end’s {}", rest.join(" ")),
        _ => words.join(" "),
    }
}

/// A name as words.
pub(super) fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

fn either(items: &[String]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// A value of a parameter with its unit.
pub(super) fn value(param: &Tree, text: &str) -> String {
    match param.at("type") {
        "money" => format!("{} {text}", param.at("ccy")),
        "duration" => length(text),
        "km" => format!("{text} km"),
        "hour" => format!("{text}:00"),
        "text" => format!("“{text}”"),
        _ => text.to_owned(),
    }
}

/// A length of time: `1d12h` is `1 day 12 hours`.
pub(super) fn length(text: &str) -> String {
    let mut said = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(|c: char| !c.is_ascii_digit()).filter(|end| *end > 0) {
        let (number, tail) = rest.split_at(end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_end);
        let word = match unit {
            "ms" => "millisecond",
            "s" => "second",
            "m" => "minute",
            "h" => "hour",
            "d" => "day",
            "w" => "week",
            _ => return text.to_owned(),
        };
        said.push(format!("{number} {word}{}", if number == "1" { "" } else { "s" }));
        rest = next;
    }
    if rest.is_empty() && !said.is_empty() { said.join(" ") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
