//! Sequences of two steps.
//!
//! The second step's conjuncts that name the first become the tie; the rest of each step is a
//! selection like any other.

use crate::check::analysis::{all_of, any, ordered};
use crate::check::expr::Checker;
use crate::check::param::order;
use crate::check::pool::Pool;
use crate::check::scope::{ParamDef, Reads, Scope};
use crate::check::text::Source;
use crate::program::{Expr, Literal, ParamId, SelectionId, Sequence};
use crate::read::{Cx, Fields};
use crate::syntax::{Kind, StepSyntax, Syntax, parse_expression, parse_step};
use crate::yaml::{Key, Node};
use palermo_domain::Span;
use std::cmp::Ordering;

/// A sequence and how often it must occur, where the file says so.
pub(crate) struct Checked {
    pub sequence: Sequence,
    pub repeats: Option<Expr>,
    /// Canonical text, for the hash.
    pub canonical: String,
}

/// Reads `sequence:`.
pub(crate) fn sequence(
    cx: &mut Cx,
    node: &Node,
    pool: &mut Pool<'_>,
    params: &[ParamDef],
    rule: &str,
    window: Span,
) -> Option<Checked> {
    let fields = Fields::any(cx, node, "`sequence`")?;
    let mut steps: Vec<(&Key, &Node)> = Vec::new();
    for (key, value) in fields.entries() {
        match key.text.as_str() {
            "repeats" => {}
            "same" | "distinct" => cx.unsupported(&key.range, &format!("`{}`", key.text)),
            _ => steps.push((key, value)),
        }
    }
    let repeats = fields.get("repeats").and_then(|node| repeats(cx, node, params));
    let [(first_key, first), (second_key, second)] = steps.as_slice() else {
        if steps.len() > 2 {
            cx.unsupported(&node.range, "a sequence of more than two steps");
        } else {
            let message = "a sequence has two steps";
            cx.error("E106", &fields.anchor(), message, "name each step: `deposit: …`");
        }
        return None;
    };
    let mut reader = Steps { cx, pool, params, rule };
    let a = reader.step(first_key, first, None);
    let b = reader.step(second_key, second, Some(&first_key.text));
    let (a, b) = (a?, b?);
    let Some((within, _)) = &b.within else {
        let message = format!("`{}` does not say how soon it follows", second_key.text);
        let help = format!("add `, within 48h of {}`", first_key.text);
        cx.error("E106", &second_key.range, message, help);
        return None;
    };
    if *within > window {
        let message = format!("`within {within}` is longer than the window {window}");
        cx.error("E112", &second.range, message, "shorten it, or lengthen `window`");
        return None;
    }
    let canonical = format!("{}\n{}\n{}", a.canonical, b.canonical, raw(cx, &fields));
    let names = [first_key.text.clone(), second_key.text.clone()];
    let steps = [a.selection, b.selection];
    let sequence = Sequence { names, steps, tie: b.tie, within: *within };
    Some(Checked { sequence, repeats, canonical })
}

fn raw(cx: &Cx, fields: &Fields<'_>) -> String {
    let repeats = fields.get("repeats").and_then(|node| cx.text().get(node.range.clone()));
    format!("repeats: {}", repeats.unwrap_or(""))
}

fn repeats(cx: &mut Cx, node: &Node, params: &[ParamDef]) -> Option<Expr> {
    let source = Source { node };
    let syntax = source.parse(cx, parse_expression)?;
    match &syntax.kind {
        Kind::Int(times) if *times >= 1 => return Some(Expr::Literal(Literal::Int(*times))),
        Kind::Param(name) => {
            if let Some(at) = params.iter().position(|def| def.param.name == *name)
                && let Some(def) = params.get(at)
            {
                def.used.set(true);
                if order(&def.param.value, &Literal::Int(1)).is_some_and(Ordering::is_ge) {
                    return Some(Expr::Param(ParamId(super::pool::index(at))));
                }
            } else {
                let message = format!("parameter `${name}` is used and not declared");
                let help = format!("declare `{name}` under `parameters`");
                cx.error("E105", &node.range, message, help);
                return None;
            }
        }
        _ => {}
    }
    let message = "`repeats` is a whole number from 1, or a parameter that is one";
    cx.error("E107", &node.range, message, "write `repeats: 2`");
    None
}

struct Step {
    selection: SelectionId,
    tie: Option<Expr>,
    within: Option<(Span, String)>,
    canonical: String,
}

struct Steps<'r, 'l> {
    cx: &'r mut Cx,
    pool: &'r mut Pool<'l>,
    params: &'r [ParamDef],
    rule: &'r str,
}

impl Steps<'_, '_> {
    fn step(&mut self, key: &Key, node: &Node, earlier: Option<&str>) -> Option<Step> {
        if !super::head::is_name(&key.text) {
            super::head::bad_name(self.cx, key);
        }
        let source = Source { node };
        let syntax = source.parse(self.cx, parse_step)?;
        let within = self.within(source, &syntax, earlier);
        let conjuncts = match &syntax.condition.kind {
            Kind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(&syntax.condition),
        };
        let (tied, free): (Vec<&Syntax>, Vec<&Syntax>) =
            conjuncts.iter().partition(|part| earlier.is_some_and(|earlier| names(part, earlier)));
        let tie = self.checked(source, &tied, earlier, false);
        let free = self.checked(source, &free, None, true);
        let (mut free, tie) = (free?, tie?);
        let named = free.iter().chain(&tie).any(|expr| any(expr, &super::condition::is_status));
        if !named {
            free.push(super::condition::booked());
        }
        let label = format!("{}.{}", self.rule, key.text);
        let selection = super::condition::selection(self.pool, label, all_of(free)?);
        let tie = all_of(tie).map(|tie| ordered(tie, &[]));
        let after = syntax.within.as_ref();
        let after = after.map_or_else(String::new, |(span, of)| format!("{span} of {}", of.text));
        let canonical = format!("{}: {}, {after}", key.text, syntax.condition);
        Some(Step { selection, tie, within: within?, canonical })
    }

    fn checked(
        &mut self,
        source: Source<'_>,
        parts: &[&Syntax],
        step: Option<&str>,
        substitute: bool,
    ) -> Option<Vec<Expr>> {
        let mut scope = Scope {
            pool: self.pool,
            params: self.params,
            measures: &[],
            selections: &[],
            reads: Reads::Payment,
            step,
            substitute,
        };
        let mut checker = Checker { cx: self.cx, source, scope: &mut scope };
        let all: Vec<Option<Expr>> = parts.iter().map(|part| checker.boolean(part)).collect();
        all.into_iter().collect()
    }

    /// `Some(None)` where the step says none; `None` where what it says is wrong.
    fn within(
        &mut self,
        source: Source<'_>,
        syntax: &StepSyntax,
        earlier: Option<&str>,
    ) -> Option<Option<(Span, String)>> {
        let Some((span, of)) = &syntax.within else { return Some(None) };
        let range = source.at(self.cx, &of.range);
        if earlier != Some(of.text.as_str()) {
            self.cx.unknown("E102", &range, "earlier step", &of.text, earlier);
            return None;
        }
        let value = match &span.kind {
            Kind::Duration(span) => Some(*span),
            Kind::Param(name) => {
                self.params.iter().find(|def| def.param.name == *name).and_then(|def| {
                    def.used.set(true);
                    match def.param.value {
                        Literal::Duration(span) => Some(span),
                        _ => None,
                    }
                })
            }
            _ => None,
        };
        if value.is_none() {
            let range = source.at(self.cx, &span.range);
            let message = "expected a length of time after `within`";
            self.cx.error("E103", &range, message, "write `within 48h of …`");
        }
        value.map(|span| Some((span, of.text.clone())))
    }
}

/// Whether an expression names a step.
fn names(syntax: &Syntax, step: &str) -> bool {
    match &syntax.kind {
        Kind::Path(parts) => parts.len() > 1 && parts.first().is_some_and(|first| first == step),
        Kind::Call(_, parts) | Kind::Set(parts) | Kind::And(parts) | Kind::Or(parts) => {
            parts.iter().any(|part| names(part, step))
        }
        Kind::Not(a) | Kind::Neg(a) | Kind::Member(a, _) => names(a, step),
        Kind::Index(a, b) | Kind::Binary(_, a, b) => names(a, step) || names(b, step),
        _ => false,
    }
}
