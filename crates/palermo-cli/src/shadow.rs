//! `palermo shadow report`: what rules in shadow found beside the live ones, from published alerts.
//!
//! A challenger is a version in shadow of a typology that has a live one: each alert of one is compared
//! with those of the other, by the measures of a backtest. A typology that only runs in shadow has a
//! count. Promises: what is counted is what consumers of the topics got; people who may be
//! victims are masked; a mean of a month needs both ends of the time. Cost: the topics are read from their beginning.

use crate::alert::document::{Revision, Topic, field, list, string, texts};
use crate::alert::mask::{Masks, announce};
use crate::alert::source::{self, Alerts};
use crate::args::ShadowReportArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_backtest::{Change, Compared, Difference, Share, Told, compare};
use palermo_domain::alert::{Action, Level, Mode};
use palermo_domain::statistics::poisson;
use palermo_domain::{EventTime, Span};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Days of a month.
const MONTH_DAYS: u64 = 30;
/// Differences that are shown of a typology.
const SHOWN_MAX: usize = 20;

/// What a typology told: its live versions as one, and each version in shadow.
#[derive(Debug, Default)]
struct Typology {
    title: String,
    live_versions: BTreeSet<String>,
    live: Vec<Told>,
    shadow: BTreeMap<String, Vec<Told>>,
}

/// Reads, compares, tells.
pub(crate) fn report(arguments: &ShadowReportArgs, out: &mut Out) -> Result<Exit, Failure> {
    if let (Some(since), Some(until)) = (arguments.since, arguments.until)
        && since >= until
    {
        let text = format!("`--since {since}` is not before `--until {until}`");
        return Err(Failure::words(Exit::Usage, text));
    }
    let alerts = source::read(&arguments.from, &[Topic::Alerts, Topic::Shadow], out)?;
    if arguments.unmask {
        announce(out);
    }
    let (typologies, masks) = sorted(&alerts, arguments);
    let Some(period) = Period::of(arguments, &typologies) else {
        out.talk("no alert fits: nothing to compare");
        if out.json() {
            out.json_data(&json!({"since": null, "until": null, "days": 0, "shadow": []}));
        }
        return Ok(Exit::Fine);
    };
    let with_shadow = || typologies.iter().filter(|(_, typology)| !typology.shadow.is_empty());
    if out.json() {
        let rows: Vec<Value> = with_shadow()
            .flat_map(|(id, typology)| {
                let each = typology.shadow.iter();
                each.map(|version| document(id, typology, version, &period, &masks))
            })
            .collect();
        out.json_data(
            &json!({"since": period.since.to_string(), "until": period.until.to_string(),
                              "days": period.days, "shadow": rows}),
        );
        return Ok(Exit::Fine);
    }
    out.data(&period.words());
    if with_shadow().next().is_none() {
        out.data("no rule in shadow found anything in that time");
    }
    for (id, typology) in with_shadow() {
        for version in &typology.shadow {
            out.data("");
            lines(id, typology, version, &period, &masks).iter().for_each(|line| out.data(line));
        }
    }
    Ok(Exit::Fine)
}

/// What is looked at: from a moment up to another, which is left out.
#[derive(Debug)]
struct Period {
    since: EventTime,
    until: EventTime,
    days: u64,
    /// Whether both ends were given: else they are those of the alerts, and say nothing of how often.
    is_given: bool,
}

impl Period {
    /// As it is asked for; an end that is not is the beginning of the day of the first alert, or the end of
    /// that of the last one. None where there is neither.
    fn of(arguments: &ShadowReportArgs, typologies: &BTreeMap<String, Typology>) -> Option<Self> {
        let told = || {
            typologies
                .values()
                .flat_map(|typology| typology.live.iter().chain(typology.shadow.values().flatten()))
        };
        let first = || told().map(|told| told.at.date().midnight()).min();
        let last = || told().map(|told| told.at.date().midnight().plus(Span::from_days(1))).max();
        let (since, until) = (arguments.since.or_else(first)?, arguments.until.or_else(last)?);
        let day_ms = Span::from_days(1).as_millis();
        let days = until.0.saturating_sub(since.0).saturating_add(day_ms).saturating_sub(1);
        let days = u64::try_from(days.checked_div(day_ms)?).unwrap_or(0).max(1);
        let is_given = arguments.since.is_some() && arguments.until.is_some();
        Some(Self { since, until, days, is_given })
    }

    fn words(&self) -> String {
        let how = if self.is_given {
            ""
        } else {
            "; `--since` and `--until` say from when to when both ran, for the mean of a month"
        };
        let last = self.until.plus(Span::from_millis(-1));
        format!(
            "alerts told from {} to {}, {} days{how}",
            self.since.date(),
            last.date(),
            self.days
        )
    }

    /// The mean of 30 days, with the interval of 95 % of a Poisson count; none where an end was not given.
    fn month(&self, told: usize) -> Option<(u64, u64, u64)> {
        let count = told as u64;
        let (low, high) = poisson(count);
        let whole = self.days.saturating_mul(1_000);
        let scaled = |milli: u64| milli.saturating_mul(MONTH_DAYS);
        let middle = scaled(count.saturating_mul(1_000)).saturating_add(whole.checked_div(2)?);
        let middle = middle.checked_div(whole)?;
        let (low, high) = (scaled(low).checked_div(whole)?, scaled(high).div_ceil(whole));
        self.is_given.then_some((middle, low, high))
    }
}

/// The alerts by typology, and what hides the people in each.
fn sorted(
    alerts: &Alerts,
    arguments: &ShadowReportArgs,
) -> (BTreeMap<String, Typology>, BTreeMap<String, Masks>) {
    let mut typologies: BTreeMap<String, Typology> = BTreeMap::new();
    let mut masks = BTreeMap::new();
    for revisions in alerts.streams() {
        let Some(last) = revisions.last() else { continue };
        let wanted = &arguments.typology;
        let fits = |id: &String| id.eq_ignore_ascii_case(last.typology());
        // What a suppressor explains is published by chance, one in twenty for review: it would be a
        // difference that no rule makes.
        let explained = list(last.at("/suppressed_by")).next().is_some();
        let is_asked = last.topic != Topic::Suppressed && !explained;
        if !(is_asked && (wanted.is_empty() || wanted.iter().any(fits))) {
            continue;
        }
        // What is planted is found by both.
        if last.text("/mode") == "canary" {
            continue;
        }
        let Some(told) = told(revisions) else { continue };
        let early = arguments.since.is_some_and(|since| told.at < since);
        let late = arguments.until.is_some_and(|until| told.at >= until);
        if early || late {
            continue;
        }
        let version = last.text("/how/rule/version").to_owned();
        let typology = typologies.entry(told.typology.clone()).or_default();
        typology.title = last.text("/title").to_owned();
        masks.insert(told.id.clone(), Masks::unless(arguments.unmask, last));
        if last.topic == Topic::Shadow {
            typology.shadow.entry(version).or_default().push(told);
        } else {
            typology.live_versions.insert(version);
            typology.live.push(told);
        }
    }
    for typology in typologies.values_mut() {
        for told in typology.shadow.values_mut().chain([&mut typology.live]) {
            told.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        }
    }
    (typologies, masks)
}

/// An alert as a backtest would have told it. One in shadow counts as if it were live: it is compared with
/// what is.
fn told(revisions: &[Revision]) -> Option<Told> {
    let (first, last) = (revisions.first()?, revisions.last()?);
    let time = |text: &str| EventTime::parse(text).ok();
    let mut evidence = BTreeSet::new();
    for revision in revisions {
        for indicator in list(revision.at("/why/indicators")) {
            evidence.extend(texts(field(indicator, "evidence")).map(str::to_owned));
        }
        for payment in list(revision.at("/evidence/payments")) {
            evidence.insert(string(payment, "id").to_owned());
        }
    }
    let start = time(last.text("/episode/start"))?;
    Some(Told {
        id: last.id().to_owned(),
        held_back: false,
        mode: Mode::Live,
        typology: last.typology().to_owned(),
        anchor: last.anchor().to_owned(),
        about: BTreeSet::from([last.anchor().to_owned()]),
        group: last.group().to_owned(),
        at: time(first.text("/when/detected_at"))?,
        decided_at: time(first.decided_at())?,
        episode: (start, time(last.text("/episode/last")).unwrap_or(start)),
        revisions: u32::try_from(revisions.len()).unwrap_or(u32::MAX),
        last: if last.action() == "retracted" { Action::Retracted } else { Action::Updated },
        level: level(last.level()),
        score: u32::try_from(last.score()).unwrap_or(u32::MAX),
        urgent: last.is_urgent(),
        headline: last.text("/headline").to_owned(),
        indicators: Vec::new(),
        bindings: Vec::new(),
        evidence,
        held_back_by: Vec::new(),
    })
}

fn level(word: &str) -> Level {
    let all = [Level::Critical, Level::High, Level::Medium];
    all.into_iter().find(|level| level.as_str() == word).unwrap_or(Level::Low)
}

/// Every alert of the live versions against those of one in shadow.
fn compared<'a>(typology: &'a Typology, shadow: &'a [Told]) -> Compared<'a> {
    let none = BTreeMap::new();
    compare(&typology.live, shadow, &none, &none)
}

/// Matters that both told, of all.
fn agreement(compared: &Compared<'_>) -> Share {
    Share::of(&compared.all, |one| !matches!(one.change, Change::Lost | Change::New))
}

/// What it would be called of two versions that run beside each other.
const fn word(change: Change) -> &'static str {
    match change {
        Change::Lost => "only live",
        Change::New => "only shadow",
        Change::Later => "later in shadow",
        Change::Earlier => "earlier in shadow",
        Change::Split => "split in shadow",
        Change::Merged => "merged in shadow",
        Change::Rescored => "rescored",
        Change::Same => "same",
    }
}

fn versions(typology: &Typology) -> String {
    typology.live_versions.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn month(period: &Period, told: &[Told]) -> String {
    let month = period.month(told.len());
    let month =
        month.map(|(mean, low, high)| format!(", in the mean of a month {mean} [{low}-{high}]"));
    let retracted = told.iter().filter(|told| !told.stands()).count();
    let retracted = if retracted > 0 { format!(", {retracted} taken back") } else { String::new() };
    format!("{} alerts{retracted}{}", told.len(), month.unwrap_or_default())
}

fn lines(
    id: &str,
    typology: &Typology,
    (version, shadow): (&String, &Vec<Told>),
    period: &Period,
    masks: &BTreeMap<String, Masks>,
) -> Vec<String> {
    let mut lines = vec![format!("{id} {version} in shadow: {}", typology.title)];
    lines.push(format!("  shadow     {}", month(period, shadow)));
    if typology.live_versions.is_empty() {
        lines.push("  live       no version of it told anything in that time".to_owned());
        lines.extend(
            shadow
                .iter()
                .take(SHOWN_MAX)
                .map(|told| format!("  {:<17} {}", "told", shown(told, masks))),
        );
        lines.extend(more(shadow.len()));
        return lines;
    }
    let compared = compared(typology, shadow);
    lines.push(format!("  live       {} ({})", month(period, &typology.live), versions(typology)));
    lines.push(format!("  agreement  {} of what either told", agreement(&compared)));
    let counts = Change::ALL.into_iter().filter(|change| compared.count(*change) > 0);
    let counts: Vec<String> =
        counts.map(|change| format!("{} {}", compared.count(change), word(change))).collect();
    lines.push(format!("  alerts     {}", counts.join(", ")));
    let differ: Vec<&Difference<'_>> =
        compared.all.iter().filter(|one| one.change != Change::Same).collect();
    lines.extend(differ.iter().take(SHOWN_MAX).filter_map(|one| {
        let told = one.after.first().or(one.before.first())?;
        Some(format!("  {:<17} {}", word(one.change), shown(told, masks)))
    }));
    lines.extend(more(differ.len()));
    lines
}

fn more(all: usize) -> Option<String> {
    let more = all.checked_sub(SHOWN_MAX).filter(|more| *more > 0)?;
    Some(format!("  and {more} more; `--format json` has all of them"))
}

/// One alert on a line, without those who may be victims.
fn shown(told: &Told, masks: &BTreeMap<String, Masks>) -> String {
    let none = Masks::default();
    let mask = masks.get(&told.id).unwrap_or(&none);
    format!(
        "{}  {}  {}  {} {}  {}",
        told.id,
        told.at.date(),
        mask.hide(&told.anchor),
        told.level.as_str(),
        told.score,
        mask.hide(&told.headline)
    )
}

fn document(
    id: &str,
    typology: &Typology,
    (version, shadow): (&String, &Vec<Told>),
    period: &Period,
    masks: &BTreeMap<String, Masks>,
) -> Value {
    let none = Masks::default();
    let told = |told: &&Told| {
        let mask = masks.get(&told.id).unwrap_or(&none);
        json!({"alert_id": told.id, "detected_at": told.at.to_string(), "level": told.level.as_str(),
               "score": told.score, "stands": told.stands(), "subject": mask.hide(&told.anchor),
               "headline": mask.hide(&told.headline)})
    };
    let count = |all: &[Told]| {
        let month = period.month(all.len());
        json!({"alerts": all.len(), "month_mean": month.map(|(mean, ..)| mean),
               "month_mean_interval": month.map(|(_, low, high)| [low, high])})
    };
    let compared = compared(typology, shadow);
    let changes = Change::ALL
        .into_iter()
        .map(|change| (change.as_str().to_owned(), json!(compared.count(change))));
    let agreement = agreement(&compared);
    json!({
        "typology": id,
        "title": typology.title,
        "shadow_version": version,
        "live_versions": typology.live_versions,
        "shadow": count(shadow),
        "live": count(&typology.live),
        "agreement": {"part": agreement.part, "whole": agreement.whole},
        "changes": changes.collect::<serde_json::Map<_, _>>(),
        "differences": compared.all.iter().filter(|one| one.change != Change::Same).map(|one| {
            json!({"change": one.change.as_str(), "live": one.before.iter().map(told).collect::<Vec<_>>(),
                   "shadow": one.after.iter().map(told).collect::<Vec<_>>()})
        }).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests;
