//! Lines: the screen of a terminal, `diff.jsonl`, and the figures as one document.

use super::words::{count, days, money, span};
use super::{Measured, Report};
use crate::diff::{Change, Difference};
use crate::measure::{Judged, Measures, OfTypology};
use crate::share::{Share, percent};
use crate::told::Told;
use palermo_domain::statistics::{median, per, quantile};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Names of the columns.
const NAME: usize = 26;
const VALUE: usize = 26;

pub(super) fn screen(report: &Report<'_>) -> Vec<String> {
    let mut lines = head(report);
    lines.push(String::new());
    lines.extend(table(report));
    if let Some(compared) = report.compared {
        lines.push(String::new());
        let counts =
            Change::ALL.map(|change| format!("{} {}", compared.count(change), change.as_str()));
        lines.push(format!("each alert of both: {}", counts.join(", ")));
        let serious = compared.all.iter().filter(|one| one.change == Change::Lost);
        for one in serious.clone().take(LOST_MAX) {
            lines.push(format!("  {}", difference(report, one)));
        }
        if let Some(more) = serious.count().checked_sub(LOST_MAX).filter(|more| *more > 0) {
            lines.push(format!("  and {more} more that were lost; see diff.jsonl"));
        }
    }
    lines.push(String::new());
    lines.push(verdict(report));
    lines
}

/// Lost alerts that a screen shows.
const LOST_MAX: usize = 5;

fn head(report: &Report<'_>) -> Vec<String> {
    let facts = report.facts;
    let (inputs, measures) = (report.inputs, report.candidate.measures);
    let candidate = &inputs.candidate;
    let against = inputs.baseline.as_ref().map_or(String::new(), |baseline| {
        format!("  against  {} {} ({})", baseline.name, baseline.version, baseline.origin)
    });
    let muted = if inputs.warm_up > palermo_domain::Span::ZERO {
        format!(", after {} of warm-up", span(inputs.warm_up))
    } else {
        String::new()
    };
    let left_out = match report.candidate.rules.irregular() {
        (_, _, 0) => String::new(),
        (_, _, refused) => format!("; {} refused and left out", count(refused)),
    };
    vec![
        format!(
            "backtest  {} {} ({}){against}",
            candidate.name, candidate.version, candidate.origin
        ),
        format!(
            "data      {} payments, {} parties, {} list rows; {} days count{muted}{left_out}",
            count(facts.payments),
            count(facts.parties),
            count(facts.list_rows),
            measures.days
        ),
    ]
}

/// One measure: its name, and how it is read.
type Row = (&'static str, fn(&Report<'_>, &Measures) -> String);

/// The rows of the headline table.
pub(super) const ROWS: [Row; 18] = [
    ("alerts", |_, m| count(m.all.alerts)),
    ("alerts a day, mean/p95/max", |_, m| {
        let (mean, p95, max) = m.a_day();
        format!("{mean} / {p95} / {max}")
    }),
    ("alerts per 10k payments", |_, m| per(m.all.alerts, m.payments, 10_000, 3)),
    ("precision, judged", |_, m| m.all.judged.to_string()),
    ("precision, floor", |_, m| m.all.floor.to_string()),
    ("episode recall", |_, m| m.all.episodes.to_string()),
    ("told by another typology", |_, m| count(m.all.also)),
    ("entity recall", |_, m| m.entity_recall.to_string()),
    ("entity precision", |_, m| m.entity_precision.to_string()),
    ("payment recall", |_, m| m.payment_recall.to_string()),
    ("payment precision", |_, m| m.payment_precision.to_string()),
    ("amount recall", |report, m| match m.amount_micro() {
        None => "-".to_owned(),
        Some(micro) => {
            format!("{}% of {}", percent(micro), money(m.amount.1, report.inputs.currency))
        }
    }),
    ("delay from start, p50/p90", |_, m| pair(&m.all.delays, days)),
    ("from decidable, p50/p90", |_, m| pair(&m.all.from_decidable, days)),
    ("moved before, p50/p90", |_, m| pair(&m.all.moved, |micro| format!("{}%", percent(micro)))),
    ("repeat rate; groups", |_, m| format!("{}; {}", share(m.repeats), count(m.groups))),
    ("analyst hours (assumed)", |_, m| per(m.minutes, 60, 1, 1)),
    ("undecided for a field", |_, m| {
        let (undecided, evaluations) = m.undecided;
        format!("{} times, {} evaluations", count(undecided), count(evaluations))
    }),
];

/// A share without its interval: of things that were all looked at.
fn share(share: Share) -> String {
    share.micro().map_or("-".to_owned(), |micro| {
        let hundredths = micro.checked_div(100).unwrap_or(0);
        format!("{}%", per(hundredths, 100, 1, 2))
    })
}

fn pair<T: Copy + Ord>(all: &[T], words: impl Fn(T) -> String) -> String {
    match (median(all), quantile(all, 90)) {
        (Some(half), Some(most)) => format!("{} / {}", words(half), words(most)),
        _ => "-".to_owned(),
    }
}

fn table(report: &Report<'_>) -> Vec<String> {
    let candidate = report.candidate.measures;
    let Some(Measured { measures: baseline, .. }) = report.baseline else {
        return ROWS
            .iter()
            .map(|(name, value)| format!("{name:<NAME$}  {}", value(report, candidate)))
            .chain(typologies(report))
            .collect();
    };
    let mut lines = vec![format!("{:<NAME$}  {:<VALUE$}  candidate", "", "baseline")];
    lines.extend(ROWS.iter().map(|(name, value)| {
        let (before, after) = (value(report, baseline), value(report, candidate));
        let after = if before == after { "=".to_owned() } else { after };
        format!("{name:<NAME$}  {before:<VALUE$}  {after}")
    }));
    lines.extend(typologies(report));
    lines
}

/// Recall of each typology that has a label.
fn typologies(report: &Report<'_>) -> Vec<String> {
    let of = |measures: &Measures, name: &str| {
        let of = measures.typologies.get(name).cloned().unwrap_or_default();
        let OfTypology { episodes, alerts, .. } = of;
        format!("{}/{} found, {alerts} alerts", episodes.part, episodes.whole)
    };
    let labelled = |name: &&str| {
        let found = report.candidate.measures.typologies.get(*name);
        found.is_some_and(|of| of.episodes.whole > 0)
    };
    names(report)
        .into_iter()
        .filter(labelled)
        .map(|name| {
            let after = of(report.candidate.measures, name);
            match report.baseline {
                None => format!("  {name:<width$}  {after}", width = NAME.saturating_sub(2)),
                Some(baseline) => {
                    let before = of(baseline.measures, name);
                    let after = if before == after { "=".to_owned() } else { after };
                    let width = NAME.saturating_sub(2);
                    format!("  {name:<width$}  {before:<VALUE$}  {after}")
                }
            }
        })
        .collect()
}

/// Typologies with an alert or a label, of either.
pub(super) fn names<'a>(report: &Report<'a>) -> Vec<&'a str> {
    let before = report.baseline.map(|baseline| &baseline.measures.typologies);
    let all = before.into_iter().chain([&report.candidate.measures.typologies]);
    let mut names: Vec<&str> = all.flat_map(|all| all.keys().map(String::as_str)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn difference(report: &Report<'_>, one: &Difference<'_>) -> String {
    let day = one.at().date();
    let judged = judged(report, one).as_str();
    let reason = one.reason.as_deref().unwrap_or("");
    let (change, typology) = (one.change.as_str(), one.typology());
    format!("{change} {typology} {}, told {day}, labelled {judged}: {reason}", one.anchor())
}

/// What is known of a difference: of what the baseline told, else of what the candidate tells.
pub(super) fn judged(report: &Report<'_>, one: &Difference<'_>) -> Judged {
    let told = one.before.first().or(one.after.first());
    told.map_or(Judged::Unknown, |told| report.judge.alert(told))
}

/// The one sentence that stands first.
pub(super) fn verdict(report: &Report<'_>) -> String {
    let Some(compared) = report.compared else {
        let measures = report.candidate.measures;
        return format!(
            "{} alerts; {}",
            count(measures.all.alerts),
            match report.inputs.labels {
                None =>
                    "nothing is labelled, so nothing is said of whether they are right".to_owned(),
                Some(_) => format!("{} of what is labelled was found", measures.all.episodes),
            }
        );
    };
    let of = |wanted: Judged| {
        compared.of(Change::Lost).filter(|one| judged(report, one) == wanted).count()
    };
    let (right, unknown, wrong) = (of(Judged::True), of(Judged::Unknown), of(Judged::False));
    let new = compared.count(Change::New);
    let lost = report.lost_true();
    if let Some(first) = lost.first() {
        return format!(
            "WORSE: {} of what is labelled true is found by the baseline and not by the candidate, {} the \
             first of it; alerts lost: {right} true, {wrong} false, {unknown} unlabelled; {new} new",
            lost.len(),
            first.id
        );
    }
    let unlabelled = if unknown > 0 {
        ". That nobody labelled them is no evidence that they were false: draw a sample"
    } else {
        ""
    };
    format!(
        "nothing that is labelled true and was found is lost; alerts lost: {right} true, {wrong} false, \
         {unknown} unlabelled; {new} new{unlabelled}"
    )
}

pub(super) fn differences(report: &Report<'_>) -> String {
    let all = report.compared.map(|compared| compared.all.as_slice()).unwrap_or_default();
    let mut text = String::new();
    for one in all {
        let told = |told: &&Told| {
            json!({"alert_id": told.id, "at": told.at.to_string(), "level": told.level.as_str(),
                   "score": told.score, "payments": told.evidence.len(), "stands": told.stands(),
                   "indicators": told.indicators, "headline": told.headline})
        };
        let value = json!({
            "change": one.change.as_str(),
            "typology": one.typology(),
            "anchor": one.anchor(),
            "labelled": judged(report, one).as_str(),
            "reason": one.reason,
            "before": one.before.iter().map(told).collect::<Vec<Value>>(),
            "after": one.after.iter().map(told).collect::<Vec<Value>>(),
        });
        text.push_str(&format!("{value}\n"));
    }
    text
}

/// For each indicator that is deployed what decides it, and by typology how many standing alerts of the
/// candidate name it, how many of them are judged true or false.
fn indicators(report: &Report<'_>) -> Value {
    let deployed = &report.inputs.candidate.rules;
    let told = report.candidate.rules.told.iter().filter(|told| told.stands());
    let mut counts: BTreeMap<(&str, &str), [u64; 3]> = BTreeMap::new();
    for told in told {
        let judged = report.judge.alert(told);
        for indicator in &told.indicators {
            let [all, right, wrong] = counts.entry((indicator, &told.typology)).or_default();
            *all = all.saturating_add(1);
            *right = right.saturating_add(u64::from(judged == Judged::True));
            *wrong = wrong.saturating_add(u64::from(judged == Judged::False));
        }
    }
    let written = report.library.program.indicators.iter().map(|rule| &rule.condition);
    let each = written.filter(|condition| deployed.contains(&condition.id)).map(|condition| {
        let of = counts.iter().filter(|((id, _), _)| *id == condition.id);
        let of = of.map(|((_, typology), [alerts, right, wrong])| {
            let counts = json!({"alerts": alerts, "true": right, "false": wrong});
            ((*typology).to_owned(), counts)
        });
        let value = json!({"version": condition.version, "sha256": palermo_lang::decides(condition),
                           "typologies": of.collect::<serde_json::Map<_, _>>()});
        (condition.id.clone(), value)
    });
    Value::Object(each.collect())
}

pub(super) fn json(report: &Report<'_>) -> Value {
    let share = |share: Share| {
        json!({"part": share.part, "whole": share.whole,
               "interval_micro": share.interval().map(|(low, high)| [low, high])})
    };
    let of = |of: &OfTypology| {
        json!({"alerts": of.alerts, "precision_judged": share(of.judged),
               "precision_floor": share(of.floor), "episode_recall": share(of.episodes),
               "also": of.also, "delay_p50_ms": median(&of.delays),
               "from_decidable_p50_ms": median(&of.from_decidable),
               "moved_before_p50_micro": median(&of.moved)})
    };
    let one = |measured: &Measured<'_>| {
        let measures = measured.measures;
        let typologies = measures.typologies.iter().map(|(name, each)| (name.clone(), of(each)));
        json!({"all": of(&measures.all), "typologies": typologies.collect::<serde_json::Map<_, _>>(),
               "days": measures.days, "payments": measures.payments, "per_day": measures.per_day,
               "retracted": measures.retracted, "held_back": measures.held_back,
               "shadow": measures.shadow, "entity_recall": share(measures.entity_recall),
               "entity_precision": share(measures.entity_precision),
               "payment_recall": share(measures.payment_recall),
               "payment_precision": share(measures.payment_precision),
               "amount_recall_micro": measures.amount_micro(), "groups": measures.groups,
               "repeats": share(measures.repeats), "minutes": measures.minutes,
               "undecided": measures.undecided.0, "evaluations": measures.undecided.1, "chain": measured.rules.chain})
    };
    let changes = report.compared.map(|compared| {
        let counts = Change::ALL
            .into_iter()
            .map(|change| (change.as_str().to_owned(), json!(compared.count(change))));
        counts.collect::<serde_json::Map<_, _>>()
    });
    json!({
        "rules": {"name": report.inputs.candidate.name, "version": report.inputs.candidate.version},
        "indicators": indicators(report),
        "verdict": verdict(report),
        "candidate": one(&report.candidate),
        "baseline": report.baseline.as_ref().map(one),
        "differences": changes,
        "lost_true": report.lost_true().iter().map(|label| &label.id).collect::<Vec<_>>(),
        "bundle": report.inputs.candidate.bundle,
        "data": report.facts.files.iter().map(|file| {
            json!({"name": file.name, "sha256": file.sha256, "rows": file.rows})
        }).collect::<Vec<Value>>(),
    })
}
