//! Indicators and suppressors: a condition about one subject.

use crate::check::analysis::{self, all_of};
use crate::check::expr::Checker;
use crate::check::graph;
use crate::check::head::{HEAD, Head, bad_name, head, is_name, regions_text};
use crate::check::measure::{Around, measure};
use crate::check::param::params;
use crate::check::pool::{Lists, Pool, index};
use crate::check::scope::{ParamDef, Reads, Scope};
use crate::check::sequence::{self, sequence};
use crate::check::subject;
use crate::check::template::{Names, template};
use crate::check::text::Source;
use crate::compile::{Limits, Overrides};
use crate::program::{
    Compare, Condition, Expr, Family, Field, Graph, Indicator, ListId, Literal, Measure, MeasureId,
    MeasureKind, Param, Pattern, Selection, SelectionId, Sequence, Side, Suppressor, Symbol,
    Template, Tier, Type,
};
use crate::read::{Cx, Fields};
use crate::source::sha256_hex;
use crate::syntax::{parse_expression, parse_measure};
use crate::yaml::{Node, Value};
use palermo_domain::alert::Role;
use palermo_domain::{Feed, FeedSet, Span, Status};
use std::collections::BTreeSet;

/// Keys of an indicator, behind those of every rule.
pub(crate) const INDICATOR: [&str; 18] = [
    "feeds",
    "crime",
    "family",
    "tier",
    "subject",
    "window",
    "evaluate",
    "parameters",
    "select",
    "measure",
    "sequence",
    "graph",
    "hit",
    "role",
    "text",
    "lookalikes",
    "stage",
    "amltrix",
];
const SUPPRESSOR_LATER: [&str; 1] = ["evaluate"];
/// Keys of a suppressor, behind those of every rule.
pub(crate) const SUPPRESSOR: [&str; 11] = [
    "feeds",
    "subject",
    "window",
    "parameters",
    "select",
    "measure",
    "sequence",
    "graph",
    "holds",
    "text",
    "text_not",
];
/// Families of evidence.
pub(crate) const FAMILIES: [&str; 7] = ["M", "L", "C", "N", "T", "P", "G"];
/// How much a hit says.
pub(crate) const TIERS: [&str; 4] = ["A", "B", "C", "A!"];
/// The name under which a sequence's count is bound.
const REPEATS: &str = "repeats";

/// What a rule is checked against.
pub(crate) struct Env<'e, 'l> {
    pub pool: &'e mut Pool<'l>,
    pub lists: &'l Lists,
    pub limits: &'e Limits,
    pub overrides: &'e Overrides,
}

/// Checks an indicator. `None` where no condition could be made of it.
pub(crate) fn indicator(cx: &mut Cx, node: &Node, env: &mut Env<'_, '_>) -> Option<Indicator> {
    let known: Vec<&str> = HEAD.into_iter().chain(INDICATOR).collect();
    let fields = Fields::open(cx, node, "an indicator", &known, &[])?;
    let head = head(cx, &fields, true, env.lists);
    let crime = fields.need(cx, "crime").map_or_else(Vec::new, |node| cx.texts(node));
    let family = fields.need(cx, "family").and_then(|node| {
        cx.word(node, "family", &FAMILIES, |word| {
            FAMILIES.contains(&word).then(|| word.chars().next().map(Family)).flatten()
        })
    });
    let tier = fields.need(cx, "tier").and_then(|node| cx.word(node, "tier", &TIERS, tier));
    let (subject_role, other_role) = roles(cx, &fields);
    let role = |role: Option<Role>| role.map_or("none", Role::as_str);
    let extra = format!(
        "family {} tier {} role {} {}",
        family.map_or(' ', |family| family.0),
        tier.map_or("", Tier::as_str),
        role(subject_role),
        role(other_role),
    );
    let daily = daily(cx, &fields);
    // Only where it is said, so that what was locked before stays what it was.
    let extra = if daily { format!("{extra} evaluate day") } else { extra };
    let condition = condition(cx, &fields, env, head?, "hit", &extra, Some(daily))?;
    if daily && !condition.asks.is_empty() {
        let range =
            fields.get("evaluate").map_or_else(|| fields.anchor(), |node| node.range.clone());
        cx.unsupported(&range, "`evaluate: day` with `holds(…)`");
    }
    Some(Indicator { condition, crime, family: family?, tier: tier?, subject_role, other_role })
}

/// Checks a suppressor.
pub(crate) fn suppressor(cx: &mut Cx, node: &Node, env: &mut Env<'_, '_>) -> Option<Suppressor> {
    let known: Vec<&str> = HEAD.into_iter().chain(SUPPRESSOR).collect();
    let fields = Fields::open(cx, node, "a suppressor", &known, &SUPPRESSOR_LATER)?;
    let head = head(cx, &fields, true, env.lists);
    let condition = condition(cx, &fields, env, head?, "holds", "", None)?;
    if !condition.asks.is_empty() {
        let range = fields.get("holds").map_or_else(|| fields.anchor(), |node| node.range.clone());
        cx.unsupported(&range, "`holds(…)` of a suppressor");
    }
    let text_not = fields.need(cx, "text_not").map_or_else(Template::default, |node| {
        let names = Names::of(&condition.measures, &condition.params);
        template(cx, node, &names)
    });
    Some(Suppressor { condition, text_not })
}

/// `evaluate: day`. A pattern of payments is completed by one, and never at the end of a day.
fn daily(cx: &mut Cx, fields: &Fields<'_>) -> bool {
    let Some(node) = fields.get("evaluate") else { return false };
    let read = |word: &str| (word == "day").then_some(());
    let daily = cx.word(node, "time of evaluation", &["day"], read).is_some();
    if daily && fields.get("graph").is_some() {
        cx.unsupported(&node.range, "`evaluate: day` with `graph`");
    }
    daily
}

/// The tier of a word.
pub(crate) fn tier(word: &str) -> Option<Tier> {
    [Tier::A, Tier::B, Tier::C, Tier::Listed].into_iter().find(|tier| tier.as_str() == word)
}

fn roles(cx: &mut Cx, fields: &Fields<'_>) -> (Option<Role>, Option<Role>) {
    let role_names = Role::ALL.map(Role::as_str);
    let Some(node) = fields.get("role") else { return (None, None) };
    let Some(roles) = Fields::open(cx, node, "`role`", &["subject", "other"], &[]) else {
        return (None, None);
    };
    let mut role =
        |key| roles.get(key).and_then(|node| cx.word(node, "role", &role_names, Role::parse));
    (role("subject"), role("other"))
}

fn condition(
    cx: &mut Cx,
    fields: &Fields<'_>,
    env: &mut Env<'_, '_>,
    head: Head,
    holds_key: &str,
    extra: &str,
    daily: Option<bool>,
) -> Option<Condition> {
    let subject = subject::read(cx, fields, holds_key == "hit");
    let window = window(cx, fields, "window", env.limits.horizon, "state.horizon");
    let feeds = fields.get("feeds").map_or_else(FeedSet::default, |node| feeds(cx, node));
    let cited = cited(fields);
    let defs = params(cx, fields.get("parameters"), &head.id, env.overrides, &cited);
    let before = cx.errors.len();
    let selections = selections(cx, fields, env.pool, &defs, &head.id);
    let window = window?;
    let sequence = fields
        .get("sequence")
        .and_then(|node| sequence(cx, node, env.pool, &defs, &head.id, window));
    let (measures, graph) = {
        let (horizon, selections) = (env.limits.horizon, &selections);
        let mut around =
            Around { pool: env.pool, params: &defs, selections, window, horizon, feeds, daily };
        let graph = fields.get("graph").and_then(|node| graph::graph(cx, node, &mut around));
        (measures(cx, fields, &mut around, sequence.as_ref(), graph.as_ref()), graph)
    };
    let bound = Bound { params: &defs, selections: &selections, measures: &measures };
    let holds = bound.holds(cx, fields, env.pool, sequence.as_ref(), holds_key);
    unused(cx, fields, &defs, before);
    let steps = sequence.iter().flat_map(|checked| &checked.sequence.steps);
    let ties = steps.flat_map(|step| &step.ties);
    subject::without_past(cx, fields, subject, &measures, ties.chain(&holds));
    let params: Vec<Param> = defs.into_iter().map(finished).collect();
    let text = fields
        .need(cx, "text")
        .map_or_else(Template::default, |node| template(cx, node, &Names::of(&measures, &params)));
    let holds = analysis::ordered(holds?, &measures);
    let asks = asks_of(&measures, sequence.as_ref().map(|checked| &checked.sequence), &holds);
    // What another indicator found changes without a payment that a selection matches.
    let daily = daily == Some(true);
    let monotone = !daily && asks.is_empty() && analysis::monotone(&holds, &measures);
    let logic = logic_text(cx, fields, holds_key, sequence.as_ref(), extra);
    Some(Condition {
        id: head.id,
        version: head.version,
        title: head.title,
        subject,
        window,
        logic_sha256: sha256_hex(&logic),
        params_sha256: sha256_hex(&params_text(&params)),
        params,
        lists: lists_of(
            env.pool,
            &selections,
            &measures,
            sequence.as_ref().map(|checked| &checked.sequence),
            graph.as_ref(),
            &holds,
        ),
        selections,
        measures,
        feeds,
        daily,
        asks,
        sequence: sequence.map(|checked| checked.sequence),
        graph,
        holds,
        monotone,
        text,
        cite: head.cite,
    })
}

/// What the condition of a rule may name.
struct Bound<'b> {
    params: &'b [ParamDef],
    selections: &'b [(String, SelectionId)],
    measures: &'b [Measure],
}

impl Bound<'_> {
    fn holds(
        &self,
        cx: &mut Cx,
        fields: &Fields<'_>,
        pool: &mut Pool<'_>,
        sequence: Option<&sequence::Checked>,
        key: &str,
    ) -> Option<Expr> {
        let names: Vec<String> = self.selections.iter().map(|(name, _)| name.clone()).collect();
        let typed = self.measures.iter().map(|measure| (measure.name.clone(), measure.value_type));
        let typed: Vec<(String, Type)> = typed.collect();
        let mut scope = Scope {
            pool,
            params: self.params,
            measures: &typed,
            selections: &names,
            reads: Reads::Subject,
            step: None,
            substitute: false,
        };
        holds(cx, fields, &mut scope, sequence, key)
    }
}

/// The keys under `cite`.
pub(crate) fn cited<'n>(fields: &Fields<'n>) -> Vec<&'n str> {
    let Some(Node { value: Value::Seq(items), .. }) = fields.get("cite") else {
        return Vec::new();
    };
    let key = |item: &'n Node| match &item.value {
        Value::Map(entries) => entries.iter().find(|(key, _)| key.text == "key")?.1.scalar(),
        _ => None,
    };
    items.iter().filter_map(key).collect()
}

pub(crate) fn finished(def: ParamDef) -> Param {
    Param { in_selection: def.in_selection.get(), ..def.param }
}

/// A list of feeds of `party.v1`.
pub(crate) fn feeds(cx: &mut Cx, node: &Node) -> FeedSet {
    let known: Vec<&str> = Feed::ALL.iter().map(|feed| feed.as_str()).collect();
    let mut set = FeedSet::default();
    for item in cx.items(node) {
        if let Some(feed) = cx.word(item, "feed", &known, Feed::parse) {
            set.insert(feed);
        }
    }
    set
}

/// A window inside its horizon.
pub(crate) fn window(
    cx: &mut Cx,
    fields: &Fields<'_>,
    key: &str,
    horizon: Span,
    setting: &str,
) -> Option<Span> {
    let node = fields.need(cx, key)?;
    let window = cx.duration(node)?;
    if window > horizon {
        let message = format!("window {window} is beyond `{setting}` ({horizon})");
        let help = format!("shorten the window, or keep more with `{setting}`");
        cx.error("E112", &node.range, message, help);
    } else if window == Span::ZERO {
        cx.error("E112", &node.range, "an empty window", "write a length such as `30d`");
    }
    Some(window)
}

fn selections(
    cx: &mut Cx,
    fields: &Fields<'_>,
    pool: &mut Pool<'_>,
    defs: &[ParamDef],
    rule: &str,
) -> Vec<(String, SelectionId)> {
    let Some(fields) = fields.get("select").and_then(|node| Fields::any(cx, node, "`select`"))
    else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, node) in fields.entries() {
        if !is_name(&key.text) {
            bad_name(cx, key);
        }
        let mut scope = Scope {
            pool,
            params: defs,
            measures: &[],
            selections: &[],
            reads: Reads::Payment,
            step: None,
            substitute: true,
        };
        let source = Source { node };
        let checked = source
            .parse(cx, parse_expression)
            .and_then(|syntax| Checker { cx, source, scope: &mut scope }.boolean(&syntax));
        // A faulty one is kept as never true, so that its measures are checked all the same.
        let faulty = checked.is_none();
        let condition = checked.unwrap_or(Expr::Literal(Literal::Bool(false)));
        let condition = match analysis::any(&condition, &is_status) || faulty {
            true => condition,
            false => Expr::And(vec![condition, booked()]),
        };
        let id = selection(pool, format!("{rule}.{}", key.text), condition);
        all.push((key.text.clone(), id));
    }
    all
}

/// Whether an expression reads the status.
pub(crate) fn is_status(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Field(Field::Status) | Expr::Step(_, Field::Status) | Expr::Present(Field::Status)
    )
}

/// `status == booked`.
pub(crate) fn booked() -> Expr {
    let booked = Literal::Symbol(Symbol::Status(Status::Booked));
    let status = Box::new(Expr::Field(Field::Status));
    Expr::Compare(Compare::Eq, status, Box::new(Expr::Literal(booked)))
}

/// Orders, gates and shares a selection.
pub(crate) fn selection(pool: &mut Pool<'_>, label: String, condition: Expr) -> SelectionId {
    let condition = analysis::ordered(condition, &[]);
    let gate = analysis::gate(&condition);
    pool.selection(Selection { label, condition, gate })
}

fn measures(
    cx: &mut Cx,
    fields: &Fields<'_>,
    around: &mut Around<'_, '_>,
    sequence: Option<&sequence::Checked>,
    graph: Option<&Graph>,
) -> Vec<Measure> {
    let mut all = Vec::new();
    // Also where the sequence is faulty, so that what names it is checked all the same.
    if fields.get("sequence").is_some() {
        let steps = sequence.iter().flat_map(|checked| &checked.sequence.steps);
        all.push(Measure {
            name: REPEATS.to_owned(),
            value_type: Type::Int,
            kind: MeasureKind::Repeats,
            cost: analysis::sequence_cost(steps.flat_map(|step| &step.ties)),
        });
    }
    all.extend(fields.get("graph").into_iter().flat_map(|node| graph::measures(node, graph)));
    let Some(fields) = fields.get("measure").and_then(|node| Fields::any(cx, node, "`measure`"))
    else {
        return all;
    };
    for (key, node) in fields.entries() {
        if !is_name(&key.text) {
            bad_name(cx, key);
        }
        let taken = matches!(
            crate::vocabulary::path(std::slice::from_ref(&key.text)),
            crate::vocabulary::Path::Field(..) | crate::vocabulary::Path::End(_)
        );
        if taken || all.iter().any(|known| known.name == key.text) {
            let message = format!("`{}` is the name of something else", key.text);
            cx.error("E170", &key.range, message, "choose another name for the measure");
            continue;
        }
        // A faulty measure is kept as a number, so that what names it is checked all the same.
        let faulty = Measure {
            name: key.text.clone(),
            value_type: Type::Decimal,
            kind: MeasureKind::Repeats,
            cost: 0,
        };
        all.push(measure(cx, around, &all, &key.text, node).unwrap_or(faulty));
    }
    all.truncate(usize::from(index(all.len())));
    all
}

fn holds(
    cx: &mut Cx,
    fields: &Fields<'_>,
    scope: &mut Scope<'_, '_>,
    sequence: Option<&sequence::Checked>,
    key: &str,
) -> Option<Expr> {
    let mut parts = Vec::new();
    match fields.get(key) {
        Some(node) => {
            let source = Source { node };
            let syntax = source.parse(cx, parse_expression)?;
            parts.push(Checker { cx, source, scope }.boolean(&syntax)?);
        }
        None if fields.get("sequence").is_none() => {
            fields.need(cx, key);
            return None;
        }
        None => {}
    }
    if let Some(checked) = sequence
        && (checked.repeats.is_some() || parts.is_empty())
    {
        let times = checked.repeats.clone().unwrap_or(Expr::Literal(Literal::Int(1)));
        let seen = Box::new(Expr::Measure(MeasureId(0)));
        parts.push(Expr::Compare(Compare::Ge, seen, Box::new(times)));
    }
    all_of(parts)
}

/// Parameters that nothing names. Where an expression could not be read, it may be the one that
/// would have named them: then nothing is said.
pub(crate) fn unused(cx: &mut Cx, fields: &Fields<'_>, defs: &[ParamDef], before: usize) {
    let unreadable = |code: &str| matches!(code, "E100" | "E102" | "E103" | "E105" | "E190");
    if cx.errors.iter().skip(before).any(|error| unreadable(error.code)) {
        return;
    }
    let Some(Node { value: Value::Map(entries), .. }) = fields.get("parameters") else { return };
    for def in defs.iter().filter(|def| !def.used.get()) {
        let name = &def.param.name;
        if let Some((key, _)) = entries.iter().find(|(key, _)| key.text == *name) {
            let message = format!("parameter `{name}` is declared and never used");
            cx.error("E105", &key.range, message, format!("use `${name}`, or remove it"));
        }
    }
}

/// Everything that decides, in canonical form: the hash of the logic.
fn logic_text(
    cx: &Cx,
    fields: &Fields<'_>,
    holds_key: &str,
    sequence: Option<&sequence::Checked>,
    extra: &str,
) -> String {
    let mut lines = vec![extra.to_owned()];
    for key in ["subject", "window"] {
        lines.extend(fields.get(key).and_then(Node::scalar).map(|text| format!("{key} {text}")));
    }
    // In any order, and with any spacing, the same feeds.
    let mut feeds: Vec<&str> = match fields.get("feeds").map(|node| &node.value) {
        Some(Value::Seq(items)) => items.iter().filter_map(Node::scalar).collect(),
        _ => Vec::new(),
    };
    feeds.sort_unstable();
    lines.extend((!feeds.is_empty()).then(|| format!("feeds {}", feeds.join(" "))));
    lines.extend(regions_text(fields));
    let mut named = |key: &str, canonical: fn(&str) -> Option<String>| {
        if let Some(Node { value: Value::Map(entries), .. }) = fields.get(key) {
            lines.extend(entries.iter().filter_map(|(name, node)| {
                Some(format!("{key} {}: {}", name.text, canonical(node.scalar()?)?))
            }));
        }
    };
    named("select", expression_text);
    named("measure", |text| parse_measure(text).ok().map(|measure| measure.to_string()));
    lines.extend(sequence.map(|checked| format!("sequence {}", checked.canonical)));
    let graph = fields.get("graph").and_then(|node| cx.text().get(node.range.clone()));
    lines.extend(graph.map(|text| format!("graph {}", graph::canonical(text))));
    let holds = fields.get(holds_key).and_then(Node::scalar).and_then(expression_text);
    lines.extend(holds.map(|text| format!("{holds_key}: {text}")));
    lines.join("\n")
}

/// An expression in canonical form.
pub(crate) fn expression_text(text: &str) -> Option<String> {
    parse_expression(text).ok().map(|syntax| syntax.to_string())
}

pub(crate) fn params_text(params: &[Param]) -> String {
    let line = |param: &Param| format!("{} {}", param.name, literal_text(&param.value));
    params.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A value in canonical form.
pub(crate) fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Bool(truth) => truth.to_string(),
        Literal::Int(number) => number.to_string(),
        Literal::Decimal(number) => number.normalize().to_string(),
        Literal::Money(amount, currency) => format!("{} {currency}", amount.normalize()),
        Literal::Duration(span) => span.to_string(),
        Literal::Text(text) => format!("'{text}'"),
        Literal::Symbol(symbol) => format!("{symbol:?}"),
    }
}

/// Indicators that the condition asks for.
fn asks_of(measures: &[Measure], sequence: Option<&Sequence>, holds: &Expr) -> Vec<(Side, String)> {
    let mut all = BTreeSet::new();
    let mut add = |expr: &Expr| analysis::asks(expr, &mut all);
    measures.iter().flat_map(Measure::expressions).for_each(&mut add);
    let steps = sequence.iter().flat_map(|sequence| &sequence.steps);
    steps.flat_map(|step| &step.ties).for_each(&mut add);
    add(holds);
    all.into_iter().collect()
}

/// Lists that the condition consults.
fn lists_of(
    pool: &Pool<'_>,
    selections: &[(String, SelectionId)],
    measures: &[Measure],
    sequence: Option<&Sequence>,
    graph: Option<&Graph>,
    holds: &Expr,
) -> Vec<ListId> {
    let mut all = BTreeSet::new();
    let mut add = |expr: &Expr| analysis::lists(expr, &mut all);
    let steps = || sequence.iter().flat_map(|sequence| &sequence.steps);
    for id in selections.iter().map(|(_, id)| *id).chain(steps().map(|step| step.selection)) {
        pool.condition(id).into_iter().for_each(&mut add);
    }
    measures.iter().flat_map(Measure::expressions).for_each(&mut add);
    steps().flat_map(|step| &step.ties).for_each(&mut add);
    add(holds);
    if let Some(Graph { edges, pattern, .. }) = graph {
        pool.condition(*edges).into_iter().for_each(|expr| analysis::lists(expr, &mut all));
        if let Pattern::Corridor { list, .. } = pattern {
            all.insert(*list);
        }
    }
    all.into_iter().collect()
}
