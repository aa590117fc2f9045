//! Sequences of two to five steps.
//!
//! A step's conjuncts that name earlier steps become its ties, one for each set of steps that they
//! name; the rest of each step is a selection like any other. What a list under `same:` or
//! `distinct:` says of the steps of one occurrence is a tie as well; a single path there speaks of
//! all repeats.

mod across;

use crate::check::analysis::{all_of, any, ordered};
use crate::check::expr::Checker;
use crate::check::param::order;
use crate::check::pool::Pool;
use crate::check::scope::{ParamDef, Reads, Scope};
use crate::check::text::Source;
use crate::program::{Expr, Literal, ParamId, STEPS_MAX, Sequence, Step, When};
use crate::read::{Cx, Fields};
use crate::syntax::{Kind, StepSyntax, Syntax, parse_expression, parse_step};
use crate::yaml::{Key, Node};
use palermo_domain::Span;
use std::cmp::Ordering;
use std::ops::Range;

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
    let is_step = |key: &Key| !["repeats", "same", "distinct"].contains(&key.text.as_str());
    let written: Vec<(&Key, &Node)> = fields.entries().filter(|(key, _)| is_step(key)).collect();
    let repeats = fields.get("repeats").and_then(|node| repeats(cx, node, params));
    if !(2..=STEPS_MAX).contains(&written.len()) {
        let message = "a sequence has two to five steps";
        if written.len() < 2 {
            cx.error("E106", &fields.anchor(), message, "name each step: `deposit: …`");
        } else {
            cx.error("E107", &node.range, message, "leave out what says the least");
        }
        // What they name is not read: nothing is said of parameters that only they use.
        params.iter().for_each(|def| def.used.set(true));
        return None;
    }
    let names: Vec<String> = written.iter().map(|(key, _)| key.text.clone()).collect();
    let mut reader = Steps { cx, pool, params, rule, window, canonical: Vec::new() };
    let steps: Vec<Option<Step>> = (0..)
        .zip(&written)
        .map(|(at, (key, node))| reader.step(key, node, names.get(..at).unwrap_or(&[])))
        .collect();
    let mut canonical = reader.canonical;
    let mut steps: Vec<Step> = steps.into_iter().collect::<Option<_>>()?;
    canonical.push(raw(cx, &fields));
    let mut across = None;
    for same in [true, false] {
        let key = if same { "same" } else { "distinct" };
        let Some(node) = fields.get(key) else { continue };
        let text = cx.text().get(node.range.clone()).unwrap_or("");
        canonical.push(format!("{key}: {}", text.split_whitespace().collect::<Vec<_>>().join(" ")));
        if let Some(found) = across::tie(cx, node, &names, same, &mut steps) {
            if across.is_some() {
                let message = "repeats either share a value or differ in one";
                cx.error("E107", &node.range, message, "keep `same` or `distinct`");
            }
            across = Some(found);
        }
    }
    let sequence = Sequence { steps, across };
    Some(Checked { sequence, repeats, canonical: canonical.join("\n") })
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

struct Steps<'r, 'l> {
    cx: &'r mut Cx,
    pool: &'r mut Pool<'l>,
    params: &'r [ParamDef],
    rule: &'r str,
    window: Span,
    canonical: Vec<String>,
}

impl Steps<'_, '_> {
    fn step(&mut self, key: &Key, node: &Node, earlier: &[String]) -> Option<Step> {
        if !super::head::is_name(&key.text) {
            super::head::bad_name(self.cx, key);
        }
        let source = Source { node };
        let syntax = source.parse(self.cx, parse_step)?;
        let when = self.when(source, &syntax, earlier, &node.range);
        let conjuncts = match &syntax.condition.kind {
            Kind::And(parts) => parts.as_slice(),
            _ => std::slice::from_ref(&syntax.condition),
        };
        let (tied, free): (Vec<&Syntax>, Vec<&Syntax>) =
            conjuncts.iter().partition(|part| earlier.iter().any(|step| names(part, step)));
        let ties = self.ties(source, &tied, earlier);
        let free = self.checked(source, &free, None);
        let (mut free, ties) = (free?, ties?);
        let named = free.iter().chain(&ties).any(|expr| any(expr, &super::condition::is_status));
        if !named {
            free.push(super::condition::booked());
        }
        let label = format!("{}.{}", self.rule, key.text);
        let selection = super::condition::selection(self.pool, label, all_of(free)?);
        let after = syntax.limit.as_ref().map_or_else(String::new, |limit| {
            let around = if limit.around { "around " } else { "" };
            format!("{around}{} of {}", limit.span, limit.of.text)
        });
        self.canonical.push(format!("{}: {}, {after}", key.text, syntax.condition));
        Some(Step { name: key.text.clone(), selection, ties, when: when? })
    }

    /// What ties a step to earlier ones: one expression for each set of steps that parts name.
    fn ties(
        &mut self,
        source: Source<'_>,
        tied: &[&Syntax],
        earlier: &[String],
    ) -> Option<Vec<Expr>> {
        let of =
            |part: &Syntax| -> Vec<bool> { earlier.iter().map(|step| names(part, step)).collect() };
        let mut sets: Vec<Vec<bool>> = tied.iter().map(|part| of(part)).collect();
        sets.sort_unstable();
        sets.dedup();
        let mut all = Vec::new();
        for set in sets {
            let parts: Vec<&Syntax> = tied.iter().copied().filter(|part| of(part) == set).collect();
            let checked = self.checked(source, &parts, Some(earlier));
            all.push(checked.and_then(all_of).map(|tie| ordered(tie, &[])));
        }
        all.into_iter().collect()
    }

    fn checked(
        &mut self,
        source: Source<'_>,
        parts: &[&Syntax],
        earlier: Option<&[String]>,
    ) -> Option<Vec<Expr>> {
        let mut scope = Scope {
            pool: self.pool,
            params: self.params,
            measures: &[],
            selections: &[],
            reads: Reads::Payment,
            step: earlier,
            substitute: earlier.is_none(),
        };
        let mut checker = Checker { cx: self.cx, source, scope: &mut scope };
        let all: Vec<Option<Expr>> = parts.iter().map(|part| checker.boolean(part)).collect();
        all.into_iter().collect()
    }

    /// Where the step stands in time; `None` where what it says is wrong.
    fn when(
        &mut self,
        source: Source<'_>,
        syntax: &StepSyntax,
        earlier: &[String],
        node: &Range<usize>,
    ) -> Option<When> {
        let Some(limit) = &syntax.limit else { return Some(When::After) };
        let Some(of) = earlier.iter().position(|step| *step == limit.of.text) else {
            let range = source.at(self.cx, &limit.of.range);
            let known = earlier.iter().map(String::as_str);
            self.cx.unknown("E102", &range, "earlier step", &limit.of.text, known);
            return None;
        };
        let span = duration(&limit.span, self.params);
        let Some(span) = span else {
            let range = source.at(self.cx, &limit.span.range);
            let word = if limit.around { "around" } else { "within" };
            let message = format!("expected a length of time after `{word}`");
            self.cx.error("E103", &range, message, format!("write `{word} 48h of …`"));
            return None;
        };
        if span > self.window {
            let word = if limit.around { "around" } else { "within" };
            let message = format!("`{word} {span}` is longer than the window {}", self.window);
            self.cx.error("E112", node, message, "shorten it, or lengthen `window`");
            return None;
        }
        Some(if limit.around { When::Around { of, span } } else { When::Within { of, span } })
    }
}

/// A length of time, or a parameter that is one.
pub(crate) fn duration(syntax: &Syntax, params: &[ParamDef]) -> Option<Span> {
    match &syntax.kind {
        Kind::Duration(span) => Some(*span),
        Kind::Param(name) => {
            let def = params.iter().find(|def| def.param.name == *name)?;
            def.used.set(true);
            match def.param.value {
                Literal::Duration(span) => Some(span),
                _ => None,
            }
        }
        _ => None,
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
