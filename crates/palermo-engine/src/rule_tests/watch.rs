//! What a run shows beside its result: which parts of a rule were ever true and ever false, and the
//! evaluation that came closest to a hit.
//!
//! The parts of an indicator or suppressor are what its `hit` or `holds` joins at the top; those of
//! a typology are the ids of `require` and `boost`, true where an alert names them. A part that no
//! test makes true, or none false, could be left out of the rule without a test failing.

use super::{Bench, Outcome, TestResult};
use palermo_detect::Look;
use palermo_lang::program::{Condition, IndicatorId, RuleSet};
use std::collections::BTreeMap;

/// A part of a rule, and how it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The part, as text.
    pub part: String,
    /// It was true at some time.
    pub was_true: bool,
    /// It was false at some time.
    pub was_false: bool,
}

impl Seen {
    /// Whether it was seen both ways.
    pub const fn both(&self) -> bool {
        self.was_true && self.was_false
    }
}

/// The parts of one rule over all its tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The rule.
    pub rule: String,
    /// Its parts, in the order of the program.
    pub parts: Vec<Seen>,
}

impl Coverage {
    /// How many parts were seen both ways.
    pub fn both(&self) -> usize {
        self.parts.iter().filter(|part| part.both()).count()
    }
}

/// What all the tests of each rule have seen together, in order of rule.
pub fn coverage(results: &[TestResult]) -> Vec<Coverage> {
    let mut rules: BTreeMap<&str, Vec<Seen>> = BTreeMap::new();
    for result in results.iter().filter(|result| !result.coverage.is_empty()) {
        let parts = rules.entry(&result.rule).or_default();
        for seen in &result.coverage {
            match parts.iter_mut().find(|known| known.part == seen.part) {
                Some(known) => {
                    known.was_true |= seen.was_true;
                    known.was_false |= seen.was_false;
                }
                None => parts.push(seen.clone()),
            }
        }
    }
    let named = |(rule, parts): (&str, Vec<Seen>)| Coverage { rule: rule.to_owned(), parts };
    rules.into_iter().map(named).collect()
}

/// What one run has shown so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Per part: true at some time, false at some time.
    seen: Vec<(bool, bool)>,
    /// Per subject the look at which most parts held, the last of them.
    closest: BTreeMap<String, Look>,
}

impl Watch {
    pub(super) fn note(&mut self, looks: Vec<Look>) {
        for look in looks {
            self.seen.resize(look.parts.len(), (false, false));
            for (seen, part) in self.seen.iter_mut().zip(&look.parts) {
                seen.0 |= part.holds == Some(true);
                seen.1 |= part.holds == Some(false);
            }
            let best = self.closest.get(&look.on);
            if best.is_none_or(|best| look.held() >= best.held()) {
                self.closest.insert(look.on.clone(), look);
            }
        }
    }

    /// Tells the result what was seen.
    pub(super) fn report(
        self,
        bench: &Bench<'_>,
        rules: &RuleSet,
        outcome: &Outcome,
        result: &mut TestResult,
    ) {
        let rule = &bench.file.rule;
        let Some(condition) = condition(rules, rule) else {
            result.coverage = of_typology(rules, rule, outcome);
            return;
        };
        let texts = condition.parts().iter().map(|part| condition.text_of(part, &rules.lists));
        let texts: Vec<String> = texts.collect();
        let seen = self.seen.iter().copied().chain(std::iter::repeat((false, false)));
        let part = |(part, (was_true, was_false)): (&String, (bool, bool))| Seen {
            part: part.clone(),
            was_true,
            was_false,
        };
        result.coverage = texts.iter().zip(seen).map(part).collect();
        self.explain(bench, &texts, outcome, result);
    }

    /// For every hit that is missing the look that came closest; for a test without hits the one
    /// of all.
    fn explain(
        &self,
        bench: &Bench<'_>,
        texts: &[String],
        outcome: &Outcome,
        result: &mut TestResult,
    ) {
        let expect = &bench.test.expect;
        let hits = expect.hits.iter().flatten().map(|hit| hit.on.as_deref());
        let holds = expect.holds.iter().flatten().map(|hold| hold.on.as_deref());
        let mut wanted: Vec<Option<&str>> = hits.chain(holds).collect();
        if wanted.is_empty() && outcome.held_on.is_empty() {
            wanted.push(None);
        }
        let missing = |on: &Option<&str>| match on {
            Some(on) => !outcome.held_on.contains(*on),
            None => outcome.held_on.is_empty(),
        };
        for on in wanted.into_iter().filter(missing) {
            let look = match on {
                Some(on) => self.closest.get(on),
                None => self.closest.values().max_by_key(|look| look.held()),
            };
            match (look, on) {
                (Some(look), _) => result.closest.extend(lines(look, texts)),
                (None, Some(on)) => result.closest.push(format!("`{on}` has no payment")),
                (None, None) => {}
            }
        }
    }
}

/// A look in lines: what was found and what is needed.
fn lines(look: &Look, texts: &[String]) -> Vec<String> {
    let (held, all) = (look.held(), look.parts.len());
    let mut lines = vec![format!("closest on `{}` at {}: {held} of {all} hold", look.on, look.at)];
    for (part, text) in look.parts.iter().zip(texts) {
        let word = match part.holds {
            Some(true) => "yes",
            Some(false) => "no ",
            None => "?  ",
        };
        let needed = if part.needed.is_empty() { "true" } else { part.needed.as_str() };
        lines.push(format!("  {word}  {text}: {}, needs {needed}", part.observed));
    }
    lines
}

fn condition<'r>(rules: &'r RuleSet, id: &str) -> Option<&'r Condition> {
    let indicators = rules.indicators.iter().map(|rule| &rule.condition);
    let suppressors = rules.suppressors.iter().map(|rule| &rule.condition);
    indicators.chain(suppressors).find(|condition| condition.id == id)
}

/// Which ids of `require` and `boost` an alert named.
fn of_typology(rules: &RuleSet, id: &str, outcome: &Outcome) -> Vec<Seen> {
    let Some(typology) = rules.typologies.iter().find(|typology| typology.id == id) else {
        return Vec::new();
    };
    let part = |key: &str, of: &IndicatorId| {
        let id = &rules.indicators.get(usize::from(of.0))?.condition.id;
        let was_true = outcome.indicators.contains(id);
        Some(Seen { part: format!("{key} {id}"), was_true, was_false: !was_true })
    };
    let required = typology.required.iter().filter_map(|of| part("require", of));
    required.chain(typology.boost.iter().filter_map(|of| part("boost", of))).collect()
}
