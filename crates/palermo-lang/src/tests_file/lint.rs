//! What the tests of a rule must have, by its kind (RULES.md, "Tests, beside the rule").

use super::{Expect, Invariants, Test};
use crate::read::{Cx, Fields};
use crate::tests_file::expect::Ids;
use crate::yaml::{Key, Node, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What test files must know of the rules.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Ids of every rule.
    pub(super) ids: Ids,
    indicators: BTreeSet<String>,
    modifiers: BTreeSet<String>,
    /// Suppressors by typology, those of every version.
    suppress: BTreeMap<String, BTreeSet<String>>,
}

impl Facts {
    /// Takes in a rule file.
    pub(super) fn add(&mut self, kind: &str, id: Option<&str>, entries: &[(Key, Node)]) {
        let Some(id) = id else { return };
        self.ids.insert(id.to_owned());
        match kind {
            "Indicator" => {
                self.indicators.insert(id.to_owned());
            }
            "Modifier" => {
                self.modifiers.insert(id.to_owned());
            }
            "Typology" => {
                let suppress = entries.iter().find(|(key, _)| key.text == "suppress");
                let named = match suppress.map(|(_, node)| &node.value) {
                    Some(Value::Seq(items)) => items.as_slice(),
                    _ => &[],
                };
                let named = named.iter().filter_map(Node::scalar).map(str::to_owned);
                self.suppress.entry(id.to_owned()).or_default().extend(named);
            }
            _ => {}
        }
    }
}

/// A rule is tested by what it finds, what it leaves alone, and where it begins; an indicator also
/// by what it does without its field, a typology by variations and by every lawful explanation.
pub(super) fn complete(
    cx: &mut Cx,
    fields: &Fields<'_>,
    rule: Option<&str>,
    tests: &[Test],
    facts: &Facts,
) {
    let Some(node) = fields.get("tests") else { return };
    if tests.is_empty() {
        if cx.errors.is_empty() {
            let help = "add one positive, one negative, one boundary";
            cx.error("E160", &node.range, "no tests", help);
        }
        return;
    }
    let any = |is: &dyn Fn(&Test) -> bool| tests.iter().any(is);
    if let Some(modifier) = rule.filter(|rule| facts.modifiers.contains(*rule)) {
        return of_modifier(cx, fields, modifier, tests);
    }
    let mut needed = vec![
        (any(&|test| finds(&test.expect)), "positive test".to_owned(), "where the rule holds"),
        (any(&|test| none(&test.expect)), "negative test".to_owned(), "where it must stay quiet"),
        (any(&|test| test.boundary_auto), "boundary test".to_owned(), "with `boundary: auto`"),
    ];
    if rule.is_some_and(|rule| facts.indicators.contains(rule)) {
        needed.push((
            any(&|test| test.missing.is_some() && none(&test.expect)),
            "test without its key field".to_owned(),
            "with `missing: other.account` that expects no hit",
        ));
    }
    if let Some(suppressors) = rule.and_then(|rule| facts.suppress.get(rule)) {
        needed.push((
            any(&|test| finds(&test.expect) && test.invariants != Invariants::default()),
            "positive test with invariants".to_owned(),
            "with `invariants: [shuffle_within: 2h, partitions: [1, 4]]`",
        ));
        for id in suppressors {
            needed.push((
                any(&|test| test.lookalike.as_ref() == Some(id)),
                format!("look-alike for `{id}`"),
                "with `lookalike: …` and the payments that it explains",
            ));
        }
    }
    missing(cx, fields, needed);
}

/// A modifier is tested by an alert that it raises and one that it leaves where it is.
fn of_modifier(cx: &mut Cx, fields: &Fields<'_>, id: &str, tests: &[Test]) {
    let expects = |test: &Test, is: &dyn Fn(&[String]) -> bool| {
        let alerts = test.expect.alerts.iter().flatten();
        alerts.filter_map(|alert| alert.modifiers.as_deref()).any(is)
    };
    let raises = |all: &[String]| all.iter().any(|found| found == id);
    let raised = tests.iter().any(|test| expects(test, &raises));
    let left = tests.iter().any(|test| expects(test, &|all| all.is_empty()));
    let boundary = tests.iter().any(|test| test.boundary_auto);
    let needed = vec![
        (raised, "positive test".to_owned(), "with an alert that names it under `modifiers`"),
        (left, "negative test".to_owned(), "with an alert and `modifiers: []`"),
        (boundary, "boundary test".to_owned(), "with `boundary: auto`"),
    ];
    missing(cx, fields, needed);
}

fn missing(cx: &mut Cx, fields: &Fields<'_>, needed: Vec<(bool, String, &str)>) {
    for (_, what, help) in needed.into_iter().filter(|(present, ..)| !present) {
        cx.error("E160", &fields.anchor(), format!("no {what}"), format!("add a test {help}"));
    }
}

fn finds(expect: &Expect) -> bool {
    expect.hits.as_ref().is_some_and(|all| !all.is_empty())
        || expect.holds.as_ref().is_some_and(|all| !all.is_empty())
        || expect.alerts.as_ref().is_some_and(|all| !all.is_empty())
}

fn none(expect: &Expect) -> bool {
    !finds(expect) && *expect != Expect::default()
}
