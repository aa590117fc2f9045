//! `evaluate: day`: what may ask for it, and what it means for versions.
//!
//! Sees: a rule that would be evaluated at the end of a day and can never hold there, a rule that is
//! evaluated so without a new version, a lock of rules that do not ask for it that no longer fits.

use super::folder::folder;
use super::shipped::limits;
use crate::change::{Effect, Step, compare};
use crate::{Lock, compile, compile_all};

type Edit = (&'static str, &'static str, &'static str);

const DAILY: Edit = ("rules/flow.yaml", "window: 30d\n", "window: 30d\nevaluate: day\n");

#[test]
fn mistakes_are_explained() {
    let graph = "graph:\n  fan_in: {edges: credit, within: 3d}\nmeasure:\n";
    let rows: &[(&[Edit], &str)] = &[
        (
            &[("rules/flow.yaml", "window: 30d\n", "window: 30d\nevaluate: week\n")],
            "E102 14:11 unknown time of evaluation `week`",
        ),
        (
            &[DAILY, ("rules/flow.yaml", "measure:\n", graph)],
            "E190 14:11 `evaluate: day` with `graph` is not supported by this version yet",
        ),
        (
            &[DAILY, ("rules/flow.yaml", "hit: ", "hit: self.holds(AA-02) && ")],
            "E190 14:11 `evaluate: day` with `holds(…)` is not supported by this version yet",
        ),
        (
            &[("rules/club.yaml", "window: 90d\n", "window: 90d\nevaluate: day\n")],
            "E190 11:1 `evaluate` of a suppressor is not supported by this version yet",
        ),
    ];
    for (edits, expected) in rows {
        let errors = compile(&folder(edits), "prod", &limits()).err();
        let told: Vec<String> = errors
            .iter()
            .flat_map(|errors| errors.iter())
            .map(|e| format!("{} {}:{} {}", e.code, e.line, e.column, e.message))
            .collect();
        assert!(told.iter().any(|one| one == expected), "{told:?}");
    }
}

#[test]
fn it_is_part_of_what_a_version_decides() {
    let rules = |edits: &[Edit]| {
        compile_all(&folder(edits), &limits()).unwrap_or_else(|errors| panic!("{errors}")).rules
    };
    let (plain, daily) = (rules(&[]), rules(&[DAILY]));
    let of = |rules: &crate::program::RuleSet, id: &str| {
        let rule = rules.indicators.iter().find(|rule| rule.condition.id == id).unwrap();
        (rule.condition.daily, rule.condition.monotone, rule.condition.logic_sha256.clone())
    };
    assert_eq!((of(&plain, "AA-01").0, of(&daily, "AA-01").0), (false, true));
    // Days go by without payments: fewer of them are no longer less.
    assert_eq!((of(&plain, "AA-01").1, of(&daily, "AA-01").1), (true, false));
    assert_ne!(of(&plain, "AA-01").2, of(&daily, "AA-01").2);
    assert_eq!(of(&plain, "AA-02"), of(&daily, "AA-02"));
    let changes = compare(&folder(&[]), &folder(&[DAILY]), &limits()).unwrap();
    let change = changes.first().expect("a change");
    assert_eq!((change.effect(), change.needs()), (Effect::Widening, Some(Step::Minor)));
    let changes = compare(&folder(&[DAILY]), &folder(&[]), &limits()).unwrap();
    assert_eq!(changes.first().map(|change| change.effect()), Some(Effect::Narrowing));
    let lock = Lock::of(&folder(&[]), &limits()).unwrap();
    let broken = lock.broken_by(&Lock::of(&folder(&[DAILY]), &limits()).unwrap());
    assert_eq!(broken.len(), 1);
}
