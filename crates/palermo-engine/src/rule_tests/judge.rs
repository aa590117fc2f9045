//! What came out against what the author expects, in words.

use super::{Outcome, TestResult};
use palermo_domain::Alert;
use palermo_domain::alert::{Action, Role};
use palermo_lang::{ExpectAlert, Test, TestFile};
use std::collections::{BTreeMap, BTreeSet};

/// Compares with `expect`.
pub(super) fn judge(file: &TestFile, test: &Test, outcome: &Outcome, result: &mut TestResult) {
    let expect = &test.expect;
    let expected = match (&expect.hits, &expect.holds) {
        (Some(hits), _) => Some(hits.iter().map(|hit| hit.on.clone()).collect::<Vec<_>>()),
        (None, Some(holds)) => Some(holds.iter().map(|hold| hold.on.clone()).collect()),
        (None, None) => None,
    };
    if let Some(expected) = expected {
        held(&file.rule, &expected, outcome, result);
    }
    let alerts = if test.known_gap && expect.alerts.is_none() {
        Some(&[][..])
    } else {
        expect.alerts.as_deref()
    };
    if let Some(expected) = alerts {
        let found = created(&file.rule, outcome);
        if test.known_gap && !found.is_empty() {
            result.failures.push(
                "the known gap is closed: this is found now; remove `known_gap` and expect it"
                    .into(),
            );
            return;
        }
        match_alerts(expected, &found, result);
    }
    if let Some(expected) = &expect.suppressed {
        let found: BTreeSet<(String, Vec<String>)> = outcome
            .last
            .iter()
            .filter(|((_, suppressed), alert)| *suppressed && alert.typology == file.rule)
            .filter(|(_, alert)| alert.action != Action::Retracted)
            .map(|(_, alert)| (alert.typology.clone(), alert.suppressed_by.clone()))
            .collect();
        let fits = |(typology, by): &(String, Vec<String>)| {
            expected
                .iter()
                .any(|e| e.typology == *typology && e.by.as_ref().is_none_or(|id| by.contains(id)))
        };
        if found.len() != expected.len() || !found.iter().all(fits) {
            result.failures.push(format!(
                "expected {} suppressed findings, found {}: {found:?}",
                expected.len(),
                found.len()
            ));
        }
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

/// The last revision of every alert of the rule that was created and not taken back.
fn created<'a>(rule: &str, outcome: &'a Outcome) -> Vec<&'a Alert> {
    let ids: BTreeSet<&String> = outcome.created.iter().collect();
    ids.into_iter()
        .filter_map(|id| outcome.last.get(&(id.clone(), false)))
        .filter(|alert| alert.typology == rule && alert.action != Action::Retracted)
        .collect()
}

fn match_alerts(expected: &[ExpectAlert], found: &[&Alert], result: &mut TestResult) {
    let mut left: Vec<&Alert> = found.to_vec();
    for wanted in expected {
        let same = |alert: &&Alert| {
            alert.typology == wanted.typology
                && wanted.on.as_ref().is_none_or(|on| key(alert) == on)
        };
        let Some(at) = left.iter().position(same) else {
            result
                .failures
                .push(format!("expected an alert of {}; there is none", wanted.typology));
            continue;
        };
        let alert = left.remove(at);
        compare(wanted, alert, result);
    }
    for alert in left {
        result.failures.push(format!(
            "unexpected alert of {} on `{}`: {}",
            alert.typology, alert.anchor, alert.headline
        ));
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

/// How the last revisions of two runs differ, leaving aside what may depend on arrival (DESIGN
/// §8): revision, cause, trigger, detection time, watermark, and the positions read.
pub(super) fn difference(plain: &Outcome, varied: &Outcome) -> Option<String> {
    if let Some(stopped) = &varied.stopped {
        return Some(stopped.clone());
    }
    let strip = |outcome: &Outcome| -> BTreeMap<(String, bool), Alert> {
        let kept = outcome.last.iter().filter(|(_, alert)| alert.action != Action::Retracted);
        kept.map(|(key, alert)| (key.clone(), stripped(alert))).collect()
    };
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
    let more = varied.iter().find(|(key, _)| !plain.contains_key(*key));
    more.map(|(_, alert)| format!("an alert on `{}` appears", alert.anchor))
}

fn stripped(alert: &Alert) -> Alert {
    let mut alert = alert.clone();
    alert.revision = 0;
    alert.action = Action::Created;
    alert.cause = palermo_domain::alert::Cause::OnTime;
    alert.triggered_by.clear();
    alert.detected_at = palermo_domain::EventTime::default();
    alert.watermark = None;
    alert.is_final = false;
    alert.input.clear();
    alert
}
