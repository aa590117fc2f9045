//! Copies of rules that differ in parameters, side by side in one rule set: what a sweep of thresholds
//! plays.
//!
//! A point of a sweep gives some parameters other values. Every rule on which such a parameter has an
//! influence is copied for that point, with an id of its own (`MS-08V007`), and names the copies of the
//! others: so one pass of the engine decides every point as if it had been deployed alone. What none of
//! them touches is shared, and equal selections are decided once.
//!
//! Promises: the rule set holds what the points decide and what that rests on, and nothing else; point
//! 0 is the rules as they are written. Of `ruleset.yaml` it knows the packs, and no named exceptions.

use crate::check::head::region;
use crate::compile::{Compiled, Limits, Overrides, compile_placed, compile_with};
use crate::diagnostic::Diagnostics;
use crate::library::{Library, Written};
use crate::program::{Literal, RuleSet};
use crate::source::Sources;
use std::collections::{BTreeMap, BTreeSet};

/// What stands between the id of a rule and the number of a point; digits alone follow it.
const MARK: char = 'V';

/// Other values of parameters, by rule and name: one point of a sweep.
pub type Point = BTreeMap<(String, String), Literal>;

/// A rule set in which every point stands beside the others.
#[derive(Clone, Debug)]
pub struct Variants {
    /// The rules; every typology as if it were live.
    pub rules: RuleSet,
    /// Typologies that a point can change, as they are written: what a sweep is about.
    pub typologies: BTreeSet<String>,
    /// Typologies that a point could change and that are left out: they look for any indicator of a kind,
    /// and would take those of all points for it; with them those that look for them.
    pub left_out: BTreeSet<String>,
}

/// Compiles the points of a sweep: of every typology that they can change, or of those in `only`. Of a
/// typology that has several versions the one in `versions`, by id, else the newest.
///
/// # Errors
/// Rules that do not compile; with a value for which they cannot mean anything, that value's.
pub fn variants(
    sources: &Sources,
    limits: &Limits,
    points: &[Point],
    only: &BTreeSet<String>,
    versions: &BTreeMap<String, String>,
) -> Result<Variants, Diagnostics> {
    let library = Library::read(sources, limits)?;
    let edges: Vec<(String, String)> = library
        .edges()
        .into_iter()
        .filter(|(_, how, _)| *how != "raises in the queue" && *how != "reads")
        .map(|(from, _, to)| (from, to))
        .collect();
    let upwards = |id: &str| -> Vec<String> {
        edges.iter().filter(|(_, to)| to == id).map(|(from, _)| from.clone()).collect()
    };
    let downwards = |id: &str| -> Vec<String> {
        edges.iter().filter(|(from, _)| from == id).map(|(_, to)| to.clone()).collect()
    };
    let is_open = |rule: &&Written| rule.tree.at("require").contains("any(");
    let open = library.rules.iter().filter(is_open).map(|rule| rule.tree.at("id").to_owned());
    let open = closure(open.collect(), upwards);
    let moved = points.iter().flat_map(Point::keys).map(|(rule, _)| rule.clone()).collect();
    let mut all = closure(moved, upwards);
    if !only.is_empty() {
        let reached = closure(only.clone(), downwards);
        all.retain(|id| reached.contains(id));
    }
    let touched: BTreeSet<String> = all.difference(&open).cloned().collect();
    let needed = closure(touched.clone(), downwards);
    let mut files = lists_in_force(&library);
    let mut typologies = BTreeSet::new();
    for rule in newest(&library, versions).filter(|rule| needed.contains(rule.tree.at("id"))) {
        let (id, kind) = (rule.tree.at("id"), rule.tree.at("kind"));
        files.insert(rule.path.clone(), rule.text.clone());
        if !touched.contains(id) {
            continue;
        }
        if kind == "Typology" && (only.is_empty() || only.contains(id)) {
            typologies.insert(id.to_owned());
        }
        for number in 1..=points.len() {
            let path = format!("{}.{number}.yaml", rule.path);
            files.insert(path, renamed(&rule.text, &touched, number));
        }
    }
    let mut overrides = Overrides::new();
    for (number, point) in (1_usize..).zip(points) {
        for ((rule, param), value) in point {
            overrides.insert((variant(rule, number), param.clone()), value.clone());
        }
    }
    let limits = Limits { cost: u64::MAX, ..*limits };
    let rules = in_force(&library, files, &limits, &overrides)?.rules;
    // What runs nowhere here is not what the sweep is about.
    typologies.retain(|id| rules.typologies.iter().any(|rule| rule.id == *id));
    let left_out = all.intersection(&open).cloned().collect();
    Ok(Variants { rules, typologies, left_out })
}

/// Every rule as if it were live, the newest version of each, with the lists of the packs that are on.
///
/// # Errors
/// Rules that do not compile.
pub fn all_live(sources: &Sources, limits: &Limits) -> Result<RuleSet, Diagnostics> {
    let library = Library::read(sources, limits)?;
    let mut files = lists_in_force(&library);
    files.extend(
        newest(&library, &BTreeMap::new()).map(|rule| (rule.path.clone(), rule.text.clone())),
    );
    let limits = Limits { cost: u64::MAX, ..*limits };
    Ok(in_force(&library, files, &limits, &Overrides::new())?.rules)
}

/// Compiles files of a library as live, where the deployment's packs are on.
fn in_force(
    library: &Library,
    files: BTreeMap<String, String>,
    limits: &Limits,
    overrides: &Overrides,
) -> Result<Compiled, Diagnostics> {
    let sources = Sources::new(files);
    match packs(library) {
        Some(packs) => compile_placed(&sources, &packs, limits, overrides),
        None => compile_with(&sources, None, limits, overrides),
    }
}

/// The packs that the deployment switches on; all of them where it does not say.
fn packs(library: &Library) -> Option<BTreeSet<String>> {
    let named = library.deployment.as_ref()?.tree.get("packs")?.texts();
    Some(named.into_iter().map(region).collect())
}

/// Rules but for modifiers, one version of each: that in `versions`, else the newest.
fn newest<'l>(
    library: &'l Library,
    versions: &BTreeMap<String, String>,
) -> impl Iterator<Item = &'l Written> {
    let rules = library.rules.iter().filter(|rule| {
        let wanted = versions.get(rule.tree.at("id"));
        let is_it = wanted.is_none_or(|version| version == rule.tree.at("version"));
        rule.tree.at("kind") != "Modifier" && is_it
    });
    let by_id: BTreeMap<&str, &Written> = rules.map(|rule| (rule.tree.at("id"), rule)).collect();
    by_id.into_values()
}

/// The lists, without those of packs that the deployment does not switch on.
fn lists_in_force(library: &Library) -> BTreeMap<String, String> {
    let packs = packs(library);
    let is_on = |list: &&Written| {
        let pack = list.tree.at("pack");
        pack.is_empty() || packs.as_ref().is_none_or(|packs| packs.contains(pack))
    };
    let lists = library.lists.iter().filter(is_on);
    lists.map(|list| (list.path.clone(), list.text.clone())).collect()
}

/// The id of a rule at a point.
fn variant(id: &str, number: usize) -> String {
    format!("{id}{MARK}{number:03}")
}

/// The rule of an id of [`Variants`], and its point; 0 where it is as it is written.
pub fn original(id: &str) -> (&str, usize) {
    let split = id.rsplit_once(MARK).filter(|(_, number)| number.len() >= 3);
    let split = split.and_then(|(id, number)| Some((id, number.parse().ok()?)));
    split.unwrap_or((id, 0))
}

/// Everything that is reached from some ids, they themselves included.
fn closure(from: BTreeSet<String>, next: impl Fn(&str) -> Vec<String>) -> BTreeSet<String> {
    let mut waiting: Vec<String> = from.iter().cloned().collect();
    let mut all = from;
    while let Some(id) = waiting.pop() {
        for other in next(&id) {
            if all.insert(other.clone()) {
                waiting.push(other);
            }
        }
    }
    all
}

/// A rule's text with every id of a set as that of a point, wherever it stands as a word of its own.
fn renamed(text: &str, ids: &BTreeSet<String>, number: usize) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, word_on) = rest.split_at(start);
        let end = word_on.find(|c| !is_part(c)).unwrap_or(word_on.len());
        let (word, after) = word_on.split_at(end);
        out.push_str(before);
        // A text is none: `self.event('BH-05', 90d)` names the code of an observation.
        let is_text = before.ends_with('\'') && after.starts_with('\'');
        if ids.contains(word) && !is_text {
            out.push_str(&variant(word, number));
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_renamed_where_it_is_a_word() {
        let ids = BTreeSet::from(["MS-08".to_owned(), "CT-14".to_owned()]);
        for (text, expected) in [
            (
                "require: MS-08 && (MS-01 || linked(MS-08, 2))",
                "require: MS-08V007 && (MS-01 || linked(MS-08V007, 2))",
            ),
            ("\"{MS-08.senders} of {MS-081.x}\"", "\"{MS-08V007.senders} of {MS-081.x}\""),
            ("id: CT-14\n", "id: CT-14V007\n"),
            ("FIN-MS-08 MS-08-a MS-08_b", "FIN-MS-08 MS-08-a MS-08_b"),
            ("é MS-08", "é MS-08V007"),
            (
                "self.event('MS-08', 2d) # a collector's MS-08",
                "self.event('MS-08', 2d) # a collector's MS-08V007",
            ),
            ("", ""),
        ] {
            assert_eq!(renamed(text, &ids, 7), expected);
        }
    }

    #[test]
    fn an_id_says_its_point() {
        for (id, expected) in [
            ("CT-14V007", ("CT-14", 7)),
            ("CT-14", ("CT-14", 0)),
            ("SUP-V1", ("SUP-V1", 0)),
            ("SUP-VV012", ("SUP-V", 12)),
            ("CT-14V1000", ("CT-14", 1000)),
        ] {
            assert_eq!(original(id), expected, "{id}");
        }
        assert!(crate::check::head::is_id(&variant("MS-08", 7)));
        assert_eq!(original(&variant("MS-08", 1234)), ("MS-08", 1234));
    }
}
