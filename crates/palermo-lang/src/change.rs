//! What changed in meaning between two folders of rules: which rules fire more, which fire less, and
//! the version step that this needs.
//!
//! **Narrowing** is whatever can make a rule fire less often, **widening** whatever can only make it
//! fire more often; where neither can be shown, a change is **other**, which counts like narrowing: a
//! network that is no longer found is the worse surprise. Narrowing needs a major step, widening a
//! minor one, a change of words a patch (`rules/README.md`).
//!
//! What can be shown: parameters have a declared direction; a conjunct more narrows and a disjunct
//! more widens a condition; the `require` of two typologies is compared by every assignment of the
//! rules they name. A selection that narrows is taken to narrow its rule only where the rule is
//! monotone: where fewer payments can never make it hold.

mod logic;
mod step;

pub use step::Step;

use crate::check::condition::literal_text;
use crate::check::head::region;
use crate::check::param::order;
use crate::diagnostic::Diagnostics;
use crate::format::canonical;
use crate::library::{Library, Tree, Written};
use crate::program::{Condition, Param, Stricter};
use crate::syntax::{Kind, parse_expression};
use std::collections::BTreeSet;

/// What a change does to what fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing.
    Words,
    /// Only more.
    Widening,
    /// Neither more nor less can be shown.
    Other,
    /// Less.
    Narrowing,
}

impl Effect {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Widening => "widening",
            Self::Other => "other",
            Self::Narrowing => "narrowing",
        }
    }

    const fn reversed(self) -> Self {
        match self {
            Self::Widening => Self::Narrowing,
            Self::Narrowing => Self::Widening,
            same => same,
        }
    }
}

/// One change of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// What it does.
    pub effect: Effect,
    /// Where, such as `parameters.min_senders`.
    pub place: String,
    /// How it was, empty where it was not there.
    pub was: String,
    /// How it is, empty where it is gone.
    pub is: String,
}

/// What became of one rule or list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule or list.
    pub id: String,
    /// Its version before; empty where it is new.
    pub from: String,
    /// Its version now; empty where it is gone.
    pub to: String,
    /// What changed, the gravest first.
    pub details: Vec<Detail>,
}

impl Change {
    /// The gravest effect.
    pub fn effect(&self) -> Effect {
        self.details.iter().map(|detail| detail.effect).max().unwrap_or(Effect::Words)
    }

    /// The step that it needs, where the rule is in both.
    pub fn needs(&self) -> Option<Step> {
        let both = !self.from.is_empty() && !self.to.is_empty();
        (both && !self.details.is_empty()).then(|| match self.effect() {
            Effect::Words => Step::Patch,
            Effect::Widening => Step::Minor,
            Effect::Other | Effect::Narrowing => Step::Major,
        })
    }

    /// Whether its version was raised by less than it needs.
    pub fn too_small(&self) -> bool {
        self.needs().is_some_and(|needs| Step::between(&self.from, &self.to) < Some(needs))
    }
}

/// Every rule and list that differs, in order of id.
pub fn changes(before: &Library, after: &Library) -> Vec<Change> {
    let mut all = Vec::new();
    for (old, new) in [(&before.rules, &after.rules), (&before.lists, &after.lists)] {
        let ids: BTreeSet<String> =
            old.iter().chain(new).map(id_of).filter(|id| !id.is_empty()).collect();
        for id in ids {
            let newest =
                |files: &'_ [Written]| files.iter().rev().find(|file| id_of(file) == id).cloned();
            all.extend(change(&id, newest(old), newest(new), (before, after)));
        }
    }
    all
}

/// The id of a rule, or of a list with its pack: `reporting_limit/us`.
fn id_of(file: &Written) -> String {
    let parts = ["id", "list", "pack"].map(|key| file.tree.at(key));
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn change(
    id: &str,
    old: Option<Written>,
    new: Option<Written>,
    libraries: (&Library, &Library),
) -> Option<Change> {
    let version = |file: &Option<Written>| {
        file.as_ref().map_or(String::new(), |file| file.tree.at("version").to_owned())
    };
    let (from, to) = (version(&old), version(&new));
    let mut details = match (&old, &new) {
        (Some(old), Some(new)) => details(&old.tree, &new.tree, id, libraries),
        (None, Some(_)) => vec![detail(Effect::Widening, "", "", "new")],
        _ => vec![detail(Effect::Narrowing, "", "", "removed")],
    };
    details.sort_by(|a, b| b.effect.cmp(&a.effect).then_with(|| a.place.cmp(&b.place)));
    let changed = !details.is_empty() || from != to;
    changed.then(|| Change { id: id.to_owned(), from, to, details })
}

fn detail(effect: Effect, place: impl Into<String>, was: &str, is: &str) -> Detail {
    Detail { effect, place: place.into(), was: was.to_owned(), is: is.to_owned() }
}

/// Keys that decide nothing.
const WORDS: [&str; 13] = [
    "title",
    "description",
    "cite",
    "text",
    "text_not",
    "headline",
    "investigate",
    "lookalikes",
    "status",
    "report",
    "amltrix",
    "source",
    "reviewed",
];

fn details(old: &Tree, new: &Tree, id: &str, (before, after): (&Library, &Library)) -> Vec<Detail> {
    let keys: BTreeSet<&str> = old.entries().chain(new.entries()).map(|(key, _)| key).collect();
    let conditions = (condition(before, id), condition(after, id));
    let monotone = match conditions {
        (Some(old), Some(new)) => old.monotone && new.monotone,
        _ => false,
    };
    let mut all = Vec::new();
    for key in keys {
        if key == "version" {
            continue;
        }
        let (was, is) = (old.get(key), new.get(key));
        match key {
            _ if was == is => {}
            _ if WORDS.contains(&key) => all.push(detail(Effect::Words, key, "", "")),
            "parameters" => {
                all.extend(parameters(was, is, (params_of(before, id), params_of(after, id))));
            }
            "select" | "measure" => all.extend(named(key, was, is, monotone)),
            "hit" | "holds" | "when" => all.extend(expression(key, was, is)),
            "window" => all.extend(window(was, is, monotone)),
            "require" | "families" => all.extend(logic::compare(key, was, is)),
            "boost" | "applies_to" => all.extend(members(key, was, is, Effect::Widening)),
            "suppress" => all.extend(members(key, was, is, Effect::Narrowing)),
            "evaluate" => {
                // More times at which it may hold.
                let effect = if is.is_some() { Effect::Widening } else { Effect::Narrowing };
                all.push(both(effect, key, was, is));
            }
            "regions" => all.extend(regions(was, is)),
            "priority" => all.extend(priority(was, is)),
            "rows" => all.extend(rows(was, is)),
            _ => all.push(both(Effect::Other, key, was, is)),
        }
    }
    all
}

fn condition<'l>(library: &'l Library, id: &str) -> Option<&'l Condition> {
    let program = &library.program;
    let indicators = program.indicators.iter().map(|rule| &rule.condition);
    let suppressors = program.suppressors.iter().map(|rule| &rule.condition);
    indicators.chain(suppressors).find(|rule| rule.id == id)
}

/// The parameters of a rule.
fn params_of<'l>(library: &'l Library, id: &str) -> &'l [Param] {
    let modifier = library.program.modifiers.iter().find(|rule| rule.id == id);
    let params = condition(library, id).map(|rule| &rule.params);
    params.or(modifier.map(|rule| &rule.params)).map_or(&[], Vec::as_slice)
}

/// A value in one line.
fn shown(tree: Option<&Tree>) -> String {
    match tree {
        None => String::new(),
        Some(Tree::Text(text)) => canonical(text).unwrap_or_else(|| text.clone()),
        Some(Tree::List(items)) => {
            let items: Vec<String> = items.iter().map(|item| shown(Some(item))).collect();
            format!("[{}]", items.join(", "))
        }
        Some(Tree::Map(entries)) => {
            let each = |(key, value): &(String, Tree)| format!("{key}: {}", shown(Some(value)));
            format!("{{{}}}", entries.iter().map(each).collect::<Vec<_>>().join(", "))
        }
    }
}

fn both(effect: Effect, place: impl Into<String>, was: Option<&Tree>, is: Option<&Tree>) -> Detail {
    detail(effect, place, &shown(was), &shown(is))
}

fn parameters(
    was: Option<&Tree>,
    is: Option<&Tree>,
    declared: (&[Param], &[Param]),
) -> Vec<Detail> {
    let of = |params: &[Param], name: &str| -> Option<Param> {
        params.iter().find(|param| param.name == name).cloned()
    };
    let names = each_name(was, is);
    let mut all = Vec::new();
    for name in names {
        let place = format!("parameters.{name}");
        let written = (was.and_then(|was| was.get(name)), is.and_then(|is| is.get(name)));
        match (of(declared.0, name), of(declared.1, name)) {
            (Some(old), Some(new)) => {
                let (old_value, new_value) = (literal_text(&old.value), literal_text(&new.value));
                if old_value != new_value {
                    all.push(detail(direction(&old, &new), place, &old_value, &new_value));
                } else if written.0 != written.1 {
                    all.push(detail(Effect::Words, place, "", ""));
                }
            }
            // What uses it is compared where it is used.
            _ => all.push(both(Effect::Other, place, written.0, written.1)),
        }
    }
    all
}

fn direction(old: &Param, new: &Param) -> Effect {
    let Some(ordering) = order(&old.value, &new.value) else { return Effect::Other };
    let stricter = match new.stricter {
        Stricter::Up => ordering.is_lt(),
        Stricter::Down => ordering.is_gt(),
    };
    if stricter { Effect::Narrowing } else { Effect::Widening }
}

fn each_name<'t>(was: Option<&'t Tree>, is: Option<&'t Tree>) -> BTreeSet<&'t str> {
    was.into_iter().chain(is).flat_map(Tree::entries).map(|(name, _)| name).collect()
}

/// Selections and measures.
fn named(key: &str, was: Option<&Tree>, is: Option<&Tree>, monotone: bool) -> Vec<Detail> {
    let mut all = Vec::new();
    for name in each_name(was, is) {
        let (was, is) = (was.and_then(|was| was.get(name)), is.and_then(|is| is.get(name)));
        let place = format!("{key}.{name}");
        if shown(was) == shown(is) {
            continue;
        }
        let one = match (key, was, is) {
            ("select", Some(was), Some(is)) if monotone => expression(&place, Some(was), Some(is)),
            _ => Some(both(Effect::Other, place, was, is)),
        };
        all.extend(one);
    }
    all
}

/// A condition: fewer conjuncts or more disjuncts widen it.
fn expression(place: &str, was: Option<&Tree>, is: Option<&Tree>) -> Option<Detail> {
    let (old, new) = (shown(was), shown(is));
    if old == new {
        return None;
    }
    let effect = match (parts(&old), parts(&new)) {
        (Some((conjunction, old)), Some((same, new)))
            if conjunction == same || old.len() == 1 || new.len() == 1 =>
        {
            let conjunction = if old.len() == 1 { same } else { conjunction };
            let more = old.is_subset(&new);
            let fewer = new.is_subset(&old);
            match (more, fewer) {
                (true, true) => Effect::Words,
                (true, false) if conjunction => Effect::Narrowing,
                (true, false) => Effect::Widening,
                (false, true) if conjunction => Effect::Widening,
                (false, true) => Effect::Narrowing,
                (false, false) => Effect::Other,
            }
        }
        _ => Effect::Other,
    };
    Some(detail(effect, place, &old, &new))
}

/// The conjuncts (`true`) or disjuncts (`false`) of a condition.
fn parts(text: &str) -> Option<(bool, BTreeSet<String>)> {
    let syntax = parse_expression(text).ok()?;
    let texts = |parts: &[crate::syntax::Syntax]| parts.iter().map(ToString::to_string).collect();
    Some(match &syntax.kind {
        Kind::And(parts) => (true, texts(parts)),
        Kind::Or(parts) => (false, texts(parts)),
        _ => (true, BTreeSet::from([syntax.to_string()])),
    })
}

fn window(was: Option<&Tree>, is: Option<&Tree>, monotone: bool) -> Option<Detail> {
    let span = |tree: Option<&Tree>| palermo_domain::Span::parse(tree?.text()?).ok();
    let effect = match (span(was)?.cmp(&span(is)?), monotone) {
        (std::cmp::Ordering::Equal, _) => return None,
        (std::cmp::Ordering::Less, true) => Effect::Widening,
        (std::cmp::Ordering::Greater, true) => Effect::Narrowing,
        (_, false) => Effect::Other,
    };
    Some(both(effect, "window", was, is))
}

/// `+10%`: a higher place in the queue is more of what a modifier does.
fn priority(was: Option<&Tree>, is: Option<&Tree>) -> Option<Detail> {
    let percent = |tree: Option<&Tree>| tree?.text()?.trim_matches(['+', '%']).parse::<u32>().ok();
    let effect = match percent(was)?.cmp(&percent(is)?) {
        std::cmp::Ordering::Less => Effect::Widening,
        std::cmp::Ordering::Greater => Effect::Narrowing,
        std::cmp::Ordering::Equal => return None,
    };
    Some(both(effect, "priority", was, is))
}

/// A list of ids, of which one more has the given effect.
fn members(key: &str, was: Option<&Tree>, is: Option<&Tree>, more: Effect) -> Vec<Detail> {
    let set = |tree: Option<&Tree>| -> BTreeSet<String> {
        tree.map(|tree| tree.texts().into_iter().map(str::to_owned).collect()).unwrap_or_default()
    };
    let (was, is) = (set(was), set(is));
    let gone = was.difference(&is).map(|id| detail(more.reversed(), key, id, ""));
    let new = is.difference(&was).map(|id| detail(more, key, "", id));
    gone.chain(new).collect()
}

/// Where a rule runs. Everywhere is wider than any region, and `US` is `us`.
fn regions(was: Option<&Tree>, is: Option<&Tree>) -> Vec<Detail> {
    let packs =
        |tree: &Tree| Tree::List(tree.texts().into_iter().map(region).map(Tree::Text).collect());
    match (was, is) {
        (None, _) => vec![both(Effect::Narrowing, "regions", was, is)],
        (_, None) => vec![both(Effect::Widening, "regions", was, is)],
        (Some(was), Some(is)) => {
            let all = members("regions", Some(&packs(was)), Some(&packs(is)), Effect::Widening);
            let words = || vec![detail(Effect::Words, "regions", "", "")];
            if all.is_empty() { words() } else { all }
        }
    }
}

/// Rows of a list: one that only gains rows is widened; whether its rules then find more or less is
/// for them to say. Anything else changes what alerts rested on.
fn rows(was: Option<&Tree>, is: Option<&Tree>) -> Option<Detail> {
    let set = |tree: Option<&Tree>| -> BTreeSet<String> {
        tree.map(|tree| tree.items().iter().map(|row| shown(Some(row))).collect())
            .unwrap_or_default()
    };
    let (was, is) = (set(was), set(is));
    let (gone, new) = (was.difference(&is).count(), is.difference(&was).count());
    let effect = if gone == 0 { Effect::Widening } else { Effect::Other };
    let told = format!("{new} new or changed, {gone} gone or changed");
    (gone.max(new) > 0).then(|| detail(effect, "rows", "", &told))
}

/// Reads both folders and compares them; the problems of the first that does not compile.
pub fn compare(
    before: &crate::Sources,
    after: &crate::Sources,
    limits: &crate::Limits,
) -> Result<Vec<Change>, Diagnostics> {
    Ok(changes(&Library::read(before, limits)?, &Library::read(after, limits)?))
}
