//! Modifiers: what moves an alert up in the queue. They make no alert and weaken no condition.

use crate::check::analysis;
use crate::check::condition::{Env, cited, expression_text, finished, params_text, unused};
use crate::check::expr::Checker;
use crate::check::head::{HEAD, head, regions_text};
use crate::check::param::params;
use crate::check::pool::Pool;
use crate::check::scope::{ParamDef, Reads, Scope};
use crate::check::template::{Names, template};
use crate::check::text::Source;
use crate::program::{EndField, Expr, Field, ListId, Modifier, Param, Template};
use crate::read::{Cx, Fields};
use crate::source::sha256_hex;
use crate::syntax::parse_expression;
use crate::yaml::Node;
use std::collections::BTreeSet;

/// Keys of a modifier, behind those of every rule.
pub(crate) const MODIFIER: [&str; 5] = ["applies_to", "parameters", "when", "priority", "text"];

/// The typologies of a folder.
pub(crate) struct Known<'k> {
    pub typologies: &'k BTreeSet<String>,
    /// Every file could be read: one that is not among them is wrong.
    pub complete: bool,
}

/// Checks a modifier.
pub(crate) fn modifier(
    cx: &mut Cx,
    node: &Node,
    env: &mut Env<'_, '_>,
    known: &Known<'_>,
) -> Option<Modifier> {
    let keys: Vec<&str> = HEAD.into_iter().chain(MODIFIER).collect();
    let fields = Fields::open(cx, node, "a modifier", &keys, &[])?;
    let head = head(cx, &fields, true, env.lists);
    let applies_to = applies_to(cx, &fields, known);
    let percent = fields.need(cx, "priority").and_then(|node| percent(cx, node));
    let head = head?;
    let cited = cited(&fields);
    let defs = params(cx, fields.get("parameters"), &head.id, env.overrides, &cited);
    let before = cx.errors.len();
    let when = when(cx, &fields, env.pool, &defs);
    unused(cx, &fields, &defs, before);
    let params: Vec<Param> = defs.into_iter().map(finished).collect();
    let near = when.as_ref().and_then(near);
    let text = text(cx, &fields, env.pool, &params, when.is_none(), near);
    let when = when?;
    let mut lists = BTreeSet::new();
    analysis::lists(&when, &mut lists);
    let near = near_of(&when);
    let (applies_to, percent) = (applies_to?, percent?);
    let logic = logic_text(&fields, &applies_to, percent);
    Some(Modifier {
        id: head.id,
        version: head.version,
        title: head.title,
        applies_to,
        logic_sha256: sha256_hex(&logic),
        params_sha256: sha256_hex(&params_text(&params)),
        params,
        lists: lists.into_iter().collect(),
        when,
        near,
        percent,
        text,
    })
}

fn applies_to(cx: &mut Cx, fields: &Fields<'_>, known: &Known<'_>) -> Option<Vec<String>> {
    let node = fields.need(cx, "applies_to")?;
    let mut all: Vec<String> = Vec::new();
    let items = cx.items(node);
    for item in items {
        let Some(id) = cx.filled(item) else { continue };
        if all.iter().any(|seen| seen == id) {
            let message = format!("`{id}` is written twice under `applies_to`");
            cx.error("E108", &item.range, message, "keep one of the two");
        } else if known.typologies.contains(id) {
            all.push(id.to_owned());
        } else if known.complete {
            let typologies = known.typologies.iter().map(String::as_str);
            cx.unknown("E102", &item.range, "typology", id, typologies);
        }
    }
    if items.is_empty() {
        let help = "name at least one typology, or remove the file";
        cx.error("E106", &node.range, "a modifier of nothing", help);
    }
    (!all.is_empty()).then_some(all)
}

/// `+10%`. A place in the queue is never lowered: what waits longer for a modifier is a case too.
fn percent(cx: &mut Cx, node: &Node) -> Option<u32> {
    let read = |text: &str| {
        let percent = text.strip_prefix('+')?.strip_suffix('%')?;
        percent.parse::<u32>().ok().filter(|percent| (1..=100).contains(percent))
    };
    cx.parsed(node, "a raise of 1 to 100 percent", "+10%", read)
}

fn when(
    cx: &mut Cx,
    fields: &Fields<'_>,
    pool: &mut Pool<'_>,
    params: &[ParamDef],
) -> Option<Expr> {
    let node = fields.need(cx, "when")?;
    let source = Source { node };
    let syntax = source.parse(cx, parse_expression)?;
    let mut scope = Scope {
        pool,
        params,
        measures: &[],
        selections: &[],
        reads: Reads::Subject,
        step: None,
        substitute: false,
    };
    let when = Checker { cx, source, scope: &mut scope }.boolean(&syntax)?;
    let unreadable = [
        ("`self.holds(…)`", (|part| matches!(part, Expr::Holds(..))) as fn(&Expr) -> bool),
        ("`self.idle_before`", |part| {
            let (Expr::Field(field) | Expr::Present(field)) = part else { return false };
            matches!(field, Field::End(_, EndField::IdleBefore | EndField::KnownFor))
        }),
    ];
    for (what, is) in unreadable {
        if analysis::any(&when, &is) {
            cx.unsupported(&node.range, &format!("{what} of a modifier"));
            return None;
        }
    }
    Some(when)
}

/// The list of the first `near`, whose row the text may name.
fn near(when: &Expr) -> Option<ListId> {
    match near_of(when)? {
        Expr::Near(_, list, _) => Some(list),
        Expr::NearDays(near) => Some(near.list),
        _ => None,
    }
}

fn near_of(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Near(..) | Expr::NearDays(_) => Some(expr.clone()),
        _ => analysis::parts(expr).into_iter().find_map(near_of),
    }
}

fn text(
    cx: &mut Cx,
    fields: &Fields<'_>,
    pool: &Pool<'_>,
    params: &[Param],
    faulty: bool,
    near: Option<ListId>,
) -> Template {
    let Some(node) = fields.need(cx, "text") else { return Template::default() };
    if faulty {
        // Without the condition a row cannot be told from a wrong name.
        return Template::default();
    }
    let row = near.and_then(|id| pool.named(id));
    template(cx, node, &Names { measures: &[], params, indicators: &[], row })
}

/// Everything that decides, in canonical form.
fn logic_text(fields: &Fields<'_>, applies_to: &[String], percent: u32) -> String {
    let mut ids = applies_to.to_vec();
    ids.sort();
    let when = fields.get("when").and_then(Node::scalar).and_then(expression_text);
    let when = when.unwrap_or_default();
    let regions = regions_text(fields).map_or(String::new(), |regions| format!("\n{regions}"));
    format!("applies_to {}\nwhen {when}\npriority {percent}{regions}", ids.join(" "))
}
