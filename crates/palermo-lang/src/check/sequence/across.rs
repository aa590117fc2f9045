//! `same:` and `distinct:`: what steps of one occurrence, or all repeats, have in common.

use crate::check::text::Source;
use crate::program::{Across, Compare, Expr, Field, Step, Type};
use crate::read::Cx;
use crate::syntax::{Kind, parse_expression};
use crate::vocabulary::{self, Path, type_name};
use crate::yaml::{Node, Value};

/// A field of a step.
struct Named {
    step: usize,
    field: Field,
    value_type: Type,
}

/// Reads one of the two keys. A list becomes ties of its steps; a single path is returned.
pub(super) fn tie(
    cx: &mut Cx,
    node: &Node,
    names: &[String],
    same: bool,
    steps: &mut [Step],
) -> Option<Across> {
    let Value::Seq(items) = &node.value else {
        let Named { step, field, .. } = named(cx, node, names)?;
        return Some(Across { same, step, field });
    };
    let all: Vec<Option<Named>> = items.iter().map(|item| named(cx, item, names)).collect();
    let mut all: Vec<Named> = all.into_iter().collect::<Option<_>>()?;
    all.sort_by_key(|named| named.step);
    let twice = all.windows(2).any(|pair| matches!(pair, [a, b] if a.step == b.step));
    if all.len() < 2 || twice {
        let message = "a list names a field of each of two or more steps";
        let help = "write `[a.other.account, b.other.account]`; one path without brackets speaks \
                    of all repeats";
        cx.error("E107", &node.range, message, help);
        return None;
    }
    if let [first, rest @ ..] = all.as_slice()
        && let Some(other) = rest.iter().find(|other| other.value_type != first.value_type)
    {
        let [a, b] = [first, other].map(|named| type_name(named.value_type));
        let message = format!("compares {a} with {b}");
        let help = "both sides must be of one type: there is no conversion";
        cx.error("E103", &node.range, message, help);
        return None;
    }
    for (at, later) in all.iter().enumerate() {
        // All equal the first, or each differs from each.
        let until = if same { at.min(1) } else { at };
        for first in all.get(..until).unwrap_or(&[]) {
            let op = if same { Compare::Eq } else { Compare::Ne };
            let (own, other) = (Expr::Field(later.field), Expr::Step(first.step, first.field));
            if let Some(step) = steps.get_mut(later.step) {
                step.ties.push(Expr::Compare(op, Box::new(own), Box::new(other)));
            }
        }
    }
    None
}

/// `step.field`.
fn named(cx: &mut Cx, node: &Node, names: &[String]) -> Option<Named> {
    let source = Source { node };
    let syntax = source.parse(cx, parse_expression)?;
    let path = match &syntax.kind {
        Kind::Path(parts) => parts.split_first().filter(|(_, rest)| !rest.is_empty()),
        _ => None,
    };
    let Some((first, rest)) = path else {
        let message = "expected a field of a step";
        cx.error("E107", &node.range, message, "write `sweep.other.account`");
        return None;
    };
    let Some(step) = names.iter().position(|name| name == first) else {
        let known = names.iter().map(String::as_str);
        cx.unknown("E102", &node.range, "step", first, known);
        return None;
    };
    match vocabulary::path(rest) {
        Path::Field(field, value_type) => {
            let plain = matches!(
                value_type,
                Type::Text | Type::Symbol(_) | Type::Int | Type::Decimal | Type::Money
            );
            if !plain {
                let message = format!("cannot tell repeats apart by {}", type_name(value_type));
                let help = "name a text, a word or a number, such as `other.account`";
                cx.error("E103", &node.range, message, help);
                return None;
            }
            Some(Named { step, field, value_type })
        }
        Path::Hours => {
            let message = "cannot tell repeats apart by opening hours";
            let help = "name a text, a word or a number, such as `other.account`";
            cx.error("E103", &node.range, message, help);
            None
        }
        _ => {
            let known = vocabulary::paths();
            let known = known.iter().map(String::as_str);
            cx.unknown("E102", &node.range, "field", &rest.join("."), known);
            None
        }
    }
}
