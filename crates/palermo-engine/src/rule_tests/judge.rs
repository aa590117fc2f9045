//! What came out against what the author expects, in words.

use super::{Outcome, TestResult};
use palermo_domain::alert::{Action, Role};
use palermo_domain::{Alert, EventTime};
use palermo_lang::{ExpectAlert, ExpectSuppressed, Test, TestFile};
use std::collections::{BTreeMap, BTreeSet};

/// Compares with `expect`.
pub(super) fn judge(file: &TestFile, test: &Test, outcome: &Outcome, result: &mut TestResult) {
    let expect = &test.expect;
    if let Some(problem) = known(file, test, outcome) {
        result.failures.push(problem);
        return;
    }
    let expected: Option<Vec<(&String, &Option<String>)>> = match (&expect.hits, &expect.holds) {
        (Some(hits), _) => Some(hits.iter().map(|hit| (&hit.indicator, &hit.on)).collect()),
        (None, Some(holds)) => {
            Some(holds.iter().map(|hold| (&hold.suppressor, &hold.on)).collect())
        }
        (None, None) => None,
    };
    if let Some(expected) = expected {
        for (rule, _) in expected.iter().filter(|(rule, _)| **rule != file.rule) {
            let only = &file.rule;
            result.failures.push(format!("expects hits of {rule}, and only {only} is looked at"));
        }
        let on: Vec<Option<String>> = expected.into_iter().map(|(_, on)| on.clone()).collect();
        held(&file.rule, &on, outcome, result);
    }
    if let Some(expected) = &expect.alerts {
        match_alerts(&file.rule, expected, outcome, result);
    }
    if let Some(expected) = &expect.suppressed {
        match_suppressed(&file.rule, expected, outcome, result);
    }
    if let Some(field) = test.missing.as_ref().filter(|field| !outcome.lacked.contains(*field)) {
        let lacked = &outcome.lacked;
        result.failures.push(format!(
            "{} does not count that it lacked `{field}`; it counts {lacked:?}",
            file.rule
        ));
    }
}

/// Whether what is known to be wrong no longer is.
fn known(file: &TestFile, test: &Test, outcome: &Outcome) -> Option<String> {
    let finds = !outcome.held_on.is_empty() || !standing(&file.rule, outcome).is_empty();
    if test.known_gap && test.expect.alerts.is_none() && finds {
        let help = "the known gap is closed: this is found now; remove `known_gap` and expect it";
        return Some(help.to_owned());
    }
    if test.known_false_positive && !finds {
        let help = "the known false positive is gone: this is no longer found; remove \
                    `known_false_positive` and expect nothing";
        return Some(help.to_owned());
    }
    None
}

fn match_suppressed(
    rule: &str,
    expected: &[ExpectSuppressed],
    outcome: &Outcome,
    result: &mut TestResult,
) {
    let mut left: Vec<&Alert> = outcome
        .last
        .iter()
        .filter(|((_, suppressed), alert)| *suppressed && outcome.concerns(alert, rule))
        .map(|(_, alert)| alert)
        .filter(|alert| alert.action != Action::Retracted)
        .collect();
    for wanted in expected {
        let fits = |alert: &&Alert| {
            alert.typology == wanted.typology
                && wanted.by.as_ref().is_none_or(|by| alert.suppressed_by.contains(by))
                && wanted.on.as_ref().is_none_or(|on| key(alert) == on)
        };
        match left.iter().position(fits) {
            Some(at) => {
                left.remove(at);
            }
            None => {
                let by = wanted.by.as_deref().unwrap_or("some explanation");
                let on = wanted.on.as_deref().unwrap_or("some anchor");
                let text = format!(
                    "expected a finding of {} on `{on}` held back by {by}; there is none",
                    wanted.typology
                );
                result.failures.push(text);
            }
        }
    }
    for alert in left {
        result.failures.push(format!(
            "unexpected finding of {} on `{}`, held back by {:?}",
            alert.typology, alert.anchor, alert.suppressed_by
        ));
    }
}

fn held(rule: &str, expected: &[Option<String>], outcome: &Outcome, result: &mut TestResult) {
    for (at, on) in expected.iter().enumerate() {
        let missing = match on {
            Some(on) => !outcome.held_on.contains(on),
            None => outcome.held_on.len() <= at,
        };
        if missing {
            let on = on.as_deref().unwrap_or("some account");
            result.failures.push(format!("expected {rule} to hold on `{on}`; it never did"));
        }
    }
    if outcome.held_on.len() > expected.len() {
        let more: Vec<&String> =
            outcome.held_on.iter().filter(|on| !expected.contains(&Some((*on).clone()))).collect();
        result.failures.push(format!("{rule} holds where nothing was expected: {more:?}"));
    }
}

/// The last revision of every alert of the rule that was created, taken back or not.
fn created<'a>(rule: &str, outcome: &'a Outcome) -> Vec<&'a Alert> {
    let ids: BTreeSet<&String> = outcome.created.iter().collect();
    ids.into_iter()
        .filter_map(|id| outcome.last.get(&(id.clone(), false)))
        .filter(|alert| outcome.concerns(alert, rule))
        .collect()
}

fn standing<'a>(rule: &str, outcome: &'a Outcome) -> Vec<&'a Alert> {
    let mut all = created(rule, outcome);
    all.retain(|alert| alert.action != Action::Retracted);
    all
}

/// Every alert that stands must be expected, and one that was taken back only where that is said.
fn match_alerts(rule: &str, expected: &[ExpectAlert], outcome: &Outcome, result: &mut TestResult) {
    let mut left = created(rule, outcome);
    let retracted = |alert: &Alert| alert.action == Action::Retracted;
    for wanted in expected {
        let back = wanted.action.as_deref() == Some(Action::Retracted.as_str());
        let same = |alert: &&Alert| {
            alert.typology == wanted.typology
                && retracted(alert) == back
                && wanted.on.as_ref().is_none_or(|on| key(alert) == on)
        };
        let Some(at) = left.iter().position(same) else {
            let (typology, how) =
                (&wanted.typology, if back { " that was taken back" } else { "" });
            let text = format!("expected an alert of {typology}{how}; there is none");
            result.failures.push(text);
            continue;
        };
        let alert = left.remove(at);
        went_through(wanted, alert, outcome, result);
        compare(wanted, alert, result);
    }
    for alert in left.into_iter().filter(|alert| !retracted(alert)) {
        result.failures.push(format!(
            "unexpected alert of {} on `{}`: {}",
            alert.typology, alert.anchor, alert.headline
        ));
    }
}

/// `action` is one of those that the alert went through.
fn went_through(wanted: &ExpectAlert, alert: &Alert, outcome: &Outcome, result: &mut TestResult) {
    let Some(action) = wanted.action.as_deref() else { return };
    let through = outcome.actions.get(&alert.alert_id);
    if !through.is_some_and(|through| through.contains(action)) {
        let through = through.map(|all| all.iter().copied().collect::<Vec<_>>().join(", "));
        let through = through.unwrap_or_default();
        result.failures.push(format!("expected the alert to be {action}; it was {through}"));
    }
}

fn key(alert: &Alert) -> &str {
    alert.anchor.split_once('/').map_or("", |(_, key)| key)
}

fn compare(wanted: &ExpectAlert, alert: &Alert, result: &mut TestResult) {
    if let Some(indicators) = &wanted.indicators {
        let wanted: BTreeSet<&str> = indicators.iter().map(String::as_str).collect();
        let found: BTreeSet<&str> = alert.indicators.iter().map(|i| i.id.as_str()).collect();
        if wanted != found {
            result.failures.push(format!("expected indicators {wanted:?}, found {found:?}"));
        }
    }
    if let Some(modifiers) = &wanted.modifiers {
        let wanted: BTreeSet<&str> = modifiers.iter().map(String::as_str).collect();
        let found: BTreeSet<&str> = alert.queue.modifiers.iter().map(|m| m.id.as_str()).collect();
        if wanted != found {
            result.failures.push(format!("expected modifiers {wanted:?}, found {found:?}"));
        }
    }
    let roles: BTreeMap<&str, Role> = alert
        .subjects
        .iter()
        .chain(&alert.related)
        .map(|actor| (actor.key.as_str(), actor.role))
        .collect();
    for (who, role) in &wanted.roles {
        let found = roles.get(who.as_str()).map_or("nobody", |role| role.as_str());
        if found != role.as_str() {
            result
                .failures
                .push(format!("expected `{who}` to be {}, found {found}", role.as_str()));
        }
    }
    if wanted.level.as_deref().is_some_and(|level| level != alert.level.as_str()) {
        result.failures.push(format!("expected another level than {}", alert.level.as_str()));
    }
    if wanted.score.is_some_and(|score| score != alert.score) {
        result.failures.push(format!("expected another score than {}", alert.score));
    }
}

/// How the last revisions of two runs, or the times at which the rule under test holds, differ,
/// leaving aside what may depend on arrival (DESIGN
/// §8): revision, cause, trigger, detection time, watermark, and the positions read.
pub(super) fn difference(plain: &Outcome, varied: &Outcome) -> Option<String> {
    if let Some(stopped) = &varied.stopped {
        return Some(stopped.clone());
    }
    let strip = |outcome: &Outcome| -> BTreeMap<(String, bool), Alert> {
        let kept = outcome.last.iter().filter(|(_, alert)| alert.action != Action::Retracted);
        kept.map(|(key, alert)| (key.clone(), stripped(alert))).collect()
    };
    let (plain_times, varied_times) = (&plain.held_at, &varied.held_at);
    let (plain, varied) = (strip(plain), strip(varied));
    for (key, alert) in &plain {
        match varied.get(key) {
            None => return Some(format!("the alert on `{}` is missing", alert.anchor)),
            Some(other) if other != alert => {
                return Some(format!(
                    "the alert on `{}` says `{}` instead of `{}`",
                    alert.anchor, other.headline, alert.headline
                ));
            }
            Some(_) => {}
        }
    }
    if let Some((_, alert)) = varied.iter().find(|(key, _)| !plain.contains_key(*key)) {
        return Some(format!("an alert on `{}` appears", alert.anchor));
    }
    let mut accounts = plain_times.keys().chain(varied_times.keys());
    let other = accounts.find(|account| plain_times.get(*account) != varied_times.get(*account))?;
    let times = |held: Option<&BTreeSet<EventTime>>| held.map_or(0, BTreeSet::len);
    Some(format!(
        "the rule holds on `{other}` at {} times instead of {}, or at others",
        times(varied_times.get(other)),
        times(plain_times.get(other))
    ))
}

fn stripped(alert: &Alert) -> Alert {
    let mut alert = alert.clone();
    alert.revision = 0;
    alert.action = Action::Created;
    alert.cause = palermo_domain::alert::Cause::OnTime;
    alert.triggered_by.clear();
    alert.detected_at = EventTime::default();
    alert.watermark = None;
    alert.is_final = false;
    alert.input.clear();
    alert
}
