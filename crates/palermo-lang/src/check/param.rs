//! Declared parameters.

use crate::check::scope::ParamDef;
use crate::compile::Overrides;
use crate::program::{Basis, Literal, Param, Stricter, Type};
use crate::read::{Cx, Fields};
use crate::yaml::{Key, Node};
use palermo_domain::{Currency, Decimal, Span, parse_signed_amount};
use std::cell::Cell;
use std::cmp::Ordering;

/// Types a parameter can be declared with.
pub(crate) const TYPES: [&str; 9] =
    ["int", "hour", "decimal", "ratio", "km", "money", "duration", "text", "bool"];

/// Keys of a parameter.
pub(crate) const KEYS: [&str; 9] =
    ["value", "type", "ccy", "range", "step", "stricter", "basis", "cite", "why"];

/// Reads `parameters:`; a faulty one is reported and left out. `cited` are the keys under `cite` of
/// the rule, which a parameter may name.
pub(crate) fn params(
    cx: &mut Cx,
    node: Option<&Node>,
    rule: &str,
    overrides: &Overrides,
    cited: &[&str],
) -> Vec<ParamDef> {
    let Some(fields) = node.and_then(|node| Fields::any(cx, node, "`parameters`")) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, value) in fields.entries() {
        if !super::head::is_name(&key.text) {
            super::head::bad_name(cx, key);
        }
        let Some(mut def) = param(cx, key, value, cited) else { continue };
        let replaced = overrides.get(&(rule.to_owned(), key.text.clone()));
        if let Some(replaced) = replaced {
            if std::mem::discriminant(replaced) != std::mem::discriminant(&def.param.value) {
                let message = format!("`{}` is replaced by a value of another type", key.text);
                cx.error("E103", &key.range, message, "replace it by a value of its own type");
            }
            def.param.value = replaced.clone();
        }
        all.push(def);
    }
    all
}

fn param(cx: &mut Cx, key: &Key, node: &Node, cited: &[&str]) -> Option<ParamDef> {
    let what = format!("parameter `{}`", key.text);
    let fields = Fields::open(cx, node, &what, &KEYS, &[])?;
    let type_node = fields.need(cx, "type")?;
    let word = cx.scalar(type_node)?;
    if !TYPES.contains(&word) {
        cx.unknown("E102", &type_node.range, "type", word, TYPES);
        return None;
    }
    let currency = currency(cx, &fields, word == "money");
    let value_node = fields.need(cx, "value")?;
    if word == "money" && currency.is_none() {
        return None;
    }
    let value = literal(cx, value_node, word, currency)?;
    let ordered = !matches!(word, "text" | "bool");
    let range = if ordered { range(cx, key, &fields, word, currency) } else { None };
    if let (Some((low, high)), Some(range_node)) = (&range, fields.get("range")) {
        check_range(cx, key, value_node, range_node, (&value, low, high));
    }
    let step = fields.get("step").and_then(|node| literal(cx, node, word, currency));
    let (stricter, basis) = explained(cx, key, &fields, ordered);
    if let Some(node) = fields.get("cite")
        && let Some(source) = cx.filled(node)
        && !cited.contains(&source)
    {
        let what = "source of this rule";
        cx.unknown("E102", &node.range, what, source, cited.iter().copied());
    }
    Some(ParamDef {
        param: Param {
            name: key.text.clone(),
            value,
            range,
            step,
            stricter: stricter.unwrap_or(Stricter::Up),
            basis: basis.unwrap_or(Basis::Default),
            in_selection: false,
        },
        value_type: type_of(word),
        used: Cell::new(false),
        in_selection: Cell::new(false),
    })
}

/// The language type of a declared type.
fn type_of(word: &str) -> Type {
    match word {
        "int" | "hour" => Type::Int,
        "money" => Type::Money,
        "duration" => Type::Duration,
        "text" => Type::Text,
        "bool" => Type::Bool,
        _ => Type::Decimal,
    }
}

fn currency(cx: &mut Cx, fields: &Fields<'_>, money: bool) -> Option<Currency> {
    match (fields.get("ccy"), money) {
        (Some(node), true) => cx.parsed(node, "a currency", "USD", Currency::try_new),
        (None, true) => {
            fields.need(cx, "ccy");
            None
        }
        (Some(node), false) => {
            let message = "`ccy` belongs to `type: money` only";
            cx.error("E103", &node.range, message, "declare `type: money`, or remove it");
            None
        }
        (None, false) => None,
    }
}

fn literal(cx: &mut Cx, node: &Node, word: &str, currency: Option<Currency>) -> Option<Literal> {
    let decimal = |text: &str| parse_signed_amount(text).ok();
    match word {
        "int" => cx.int(node).map(Literal::Int),
        "hour" => cx
            .parsed(node, "an hour from 0 to 23", "22", |text| {
                text.parse().ok().filter(|hour| (0..24).contains(hour))
            })
            .map(Literal::Int),
        "money" => cx
            .parsed(node, "an amount", "400", decimal)
            .zip(currency)
            .map(|(amount, currency)| Literal::Money(amount, currency)),
        "duration" => cx
            .parsed(node, "a length of time", "60d", |text| Span::parse(text).ok())
            .map(Literal::Duration),
        "text" => cx.scalar(node).map(|text| Literal::Text(text.to_owned())),
        "bool" => cx.boolean(node).map(Literal::Bool),
        "ratio" => cx
            .parsed(node, "a share from 0 to 1", "0.6", |text| {
                decimal(text).filter(|ratio| (Decimal::ZERO..=Decimal::ONE).contains(ratio))
            })
            .map(Literal::Decimal),
        _ => cx.parsed(node, "a number", "0.6", decimal).map(Literal::Decimal),
    }
}

fn missing(cx: &mut Cx, key: &Key, field: &str, example: &str) {
    let message = format!("parameter `{}` has no `{field}`", key.text);
    cx.error("E109", &key.range, message, format!("add `{example}`"));
}

fn range(
    cx: &mut Cx,
    key: &Key,
    fields: &Fields<'_>,
    word: &str,
    currency: Option<Currency>,
) -> Option<(Literal, Literal)> {
    let Some(node) = fields.get("range") else {
        missing(cx, key, "range", "range: [low, high]");
        return None;
    };
    let [low, high] = cx.items(node) else {
        let help = "write `range: [low, high]`";
        cx.error("E107", &node.range, "a range has a low and a high end", help);
        return None;
    };
    let (low, high) = (literal(cx, low, word, currency), literal(cx, high, word, currency));
    Some((low?, high?))
}

fn check_range(
    cx: &mut Cx,
    key: &Key,
    value_node: &Node,
    range_node: &Node,
    (value, low, high): (&Literal, &Literal, &Literal),
) {
    let (name, shown) = (&key.text, |node: &Node, cx: &Cx| {
        cx.text().get(node.range.clone()).unwrap_or("").trim().to_owned()
    });
    if order(low, high) == Some(Ordering::Greater) {
        let message = format!("the range of `{name}` ends before it begins");
        cx.error("E104", &range_node.range, message, "write `range: [low, high]`");
    } else if order(value, low) == Some(Ordering::Less)
        || order(value, high) == Some(Ordering::Greater)
    {
        let (value, range) = (shown(value_node, cx), shown(range_node, cx));
        let message = format!("parameter `{name}` value {value} is outside its range {range}");
        let help = "change the value, or widen the range and say why";
        cx.error("E104", &value_node.range, message, help);
    }
}

/// The order of two values of one kind.
pub(crate) fn order(a: &Literal, b: &Literal) -> Option<Ordering> {
    match (a, b) {
        (Literal::Int(a), Literal::Int(b)) => Some(a.cmp(b)),
        (Literal::Decimal(a), Literal::Decimal(b)) => Some(a.cmp(b)),
        (Literal::Money(a, ccy), Literal::Money(b, other)) if ccy == other => Some(a.cmp(b)),
        (Literal::Duration(a), Literal::Duration(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn explained(
    cx: &mut Cx,
    key: &Key,
    fields: &Fields<'_>,
    ordered: bool,
) -> (Option<Stricter>, Option<Basis>) {
    let stricter = match fields.get("stricter") {
        None if ordered => {
            missing(cx, key, "stricter", "stricter: up` or `stricter: down");
            None
        }
        None => None,
        Some(node) => cx.word(node, "direction", &["up", "down"], |word| match word {
            "up" => Some(Stricter::Up),
            "down" => Some(Stricter::Down),
            _ => None,
        }),
    };
    let basis = match fields.get("basis") {
        None => {
            missing(cx, key, "basis", "basis: published` or `basis: default");
            None
        }
        Some(node) => cx.word(node, "basis", &["published", "default"], |word| match word {
            "published" => Some(Basis::Published),
            "default" => Some(Basis::Default),
            _ => None,
        }),
    };
    match fields.get("why") {
        None => missing(cx, key, "why", "why: the reason for this value"),
        Some(node) => {
            cx.filled(node);
        }
    }
    if basis == Some(Basis::Published) && fields.get("cite").is_none() {
        missing(cx, key, "cite", "cite: KEY` of the source, or `basis: default");
    }
    (stricter, basis)
}
