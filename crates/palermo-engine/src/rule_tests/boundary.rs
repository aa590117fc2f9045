//! `boundary: auto`: for each parameter, the strictest value at which the rule still holds, found
//! by moving the parameter in its steps; there it holds, one step stricter it does not.
//!
//! An indicator that does not hold anywhere in the test with the parameters that are written is none the
//! less so with stricter ones, and nothing hangs on how loose it is: those of its parameters do not bind,
//! and are not moved.
//!
//! A parameter at whose strict end the rule still holds does not bind in this test; that is noted,
//! not failed, unless no parameter binds. At the loose end of its range the rule must hold as well:
//! where it does not, `stricter` points the wrong way. The search is by halving, so a parameter
//! with 100 steps takes eight runs.

use super::feed::Feed;
use super::{Bench, Outcome, TestResult};
use palermo_domain::Decimal;
use palermo_domain::alert::Action;
use palermo_lang::Overrides;
use palermo_lang::program::{Condition, Param, RuleSet, Stricter};

/// Bound on the steps of one parameter.
const STEPS_MAX: i64 = 1 << 16;

pub(super) fn run(bench: &Bench<'_>, rules: &RuleSet, result: &mut TestResult) {
    let own = bench.outcome(rules, &Feed::plain(bench.file, bench.test));
    if !is_held(bench, &own) {
        result.failures.push("the rule does not hold with its own parameters".to_owned());
        return;
    }
    let parameters = parameters(bench, rules);
    let moves = |rule: &str| rule == bench.file.rule || own.hit.contains(rule);
    let mut binds = false;
    for (rule, param) in &parameters {
        if moves(rule) {
            binds |= check(bench, rule, param, result);
        } else {
            result
                .notes
                .push(format!("{rule}.{} does not bind: {rule} is not found here", param.name));
        }
    }
    if !parameters.is_empty() && !binds && result.failures.is_empty() {
        let text = "no parameter binds: the rule holds here whatever they say".to_owned();
        result.failures.push(text);
    }
}

/// The parameters of the rule, or of the indicators that a typology requires.
fn parameters(bench: &Bench<'_>, rules: &RuleSet) -> Vec<(String, Param)> {
    let rule = &bench.file.rule;
    let all = |condition: &Condition| -> Vec<(String, Param)> {
        condition.params.iter().map(|param| (condition.id.clone(), param.clone())).collect()
    };
    if let Some(typology) = rules.typologies.iter().find(|typology| typology.id == *rule) {
        let required = typology.required.iter();
        let conditions = required.filter_map(|id| rules.indicators.get(usize::from(id.0)));
        return conditions.flat_map(|indicator| all(&indicator.condition)).collect();
    }
    if let Some(modifier) = rules.modifiers.iter().find(|modifier| modifier.id == *rule) {
        return modifier.params.iter().map(|param| (rule.clone(), param.clone())).collect();
    }
    let indicators = rules.indicators.iter().map(|indicator| &indicator.condition);
    let suppressors = rules.suppressors.iter().map(|suppressor| &suppressor.condition);
    indicators.chain(suppressors).filter(|condition| condition.id == *rule).flat_map(all).collect()
}

/// Whether the parameter binds.
fn check(bench: &Bench<'_>, rule: &str, param: &Param, result: &mut TestResult) -> bool {
    let (Some((low, high)), Some(step)) = (&param.range, &param.step) else {
        result.notes.push(format!("{rule}.{} has no step: not moved", param.name));
        return false;
    };
    let (end, loose) = if param.stricter == Stricter::Up { (high, low) } else { (low, high) };
    let numbers = (param.value.number(), end.number(), loose.number(), step.number());
    let (Some(value), Some(end), Some(loose), Some(step)) = numbers else {
        result.notes.push(format!("{rule}.{} is not a number: not moved", param.name));
        return false;
    };
    let room_to = |end: Decimal| {
        let steps = end.saturating_sub(value).abs().checked_div(step);
        i64::try_from(steps.unwrap_or_default().floor()).unwrap_or(0).min(STEPS_MAX)
    };
    let (room, loose_room) = (room_to(end), room_to(loose));
    let at = |steps: i64| {
        let moved = step.checked_mul(Decimal::from(steps)).unwrap_or_default();
        let up = param.stricter == Stricter::Up;
        let value = if up { value.saturating_add(moved) } else { value.saturating_sub(moved) };
        param.value.with_number(value)
    };
    let mut holds_at = |steps: i64| -> Option<bool> {
        let key = (rule.to_owned(), param.name.clone());
        let overrides = Overrides::from([(key, at(steps)?)]);
        match bench.shelf.rule(&bench.file.rule, &overrides) {
            Ok(rules) => Some(holds(bench, &rules)),
            Err(diagnostics) => {
                result.failures.push(format!("{rule}.{}: {diagnostics}", param.name));
                None
            }
        }
    };
    let name = format!("{rule}.{}", param.name);
    let (mut notes, mut failures) = (Vec::new(), Vec::new());
    // Less strict than it is written, the rule must hold all the more.
    if loose_room > 0 && holds_at(loose_room.saturating_neg()) == Some(false) {
        let loosest = at(loose_room.saturating_neg()).map_or_else(String::new, |at| at.text());
        failures.push(format!(
            "{name} stops holding where it is loosened to {loosest}: does `stricter` point the \
             wrong way?"
        ));
    }
    // `low_steps` holds, `high_steps` does not.
    let (mut low_steps, mut high_steps) = (0, room);
    let binds = room > 0 && holds_at(room) == Some(false);
    while binds && high_steps.saturating_sub(low_steps) > 1 {
        let middle = low_steps.midpoint(high_steps);
        match holds_at(middle) {
            None => break,
            Some(true) => low_steps = middle,
            Some(false) => high_steps = middle,
        }
    }
    if binds {
        let edge = at(low_steps).map_or_else(String::new, |edge| edge.text());
        notes.push(format!("{name} binds at {edge}"));
    } else {
        notes.push(format!("{name} does not bind in this test"));
    }
    result.notes.append(&mut notes);
    result.failures.append(&mut failures);
    binds
}

/// Whether the rule under test holds under these rules.
fn holds(bench: &Bench<'_>, rules: &RuleSet) -> bool {
    is_held(bench, &bench.outcome(rules, &Feed::plain(bench.file, bench.test)))
}

/// Whether it held: an alert of it, or one that it raises, was created and stands, or it hit.
fn is_held(bench: &Bench<'_>, outcome: &Outcome) -> bool {
    let rule = &bench.file.rule;
    let stands = outcome.last.iter().any(|((_, suppressed), alert)| {
        let raised = alert.queue.modifiers.iter().any(|found| found.id == *rule);
        let of_rule = alert.typology == *rule || raised;
        !suppressed && of_rule && alert.action != Action::Retracted
    });
    stands || !outcome.held_on.is_empty()
}
