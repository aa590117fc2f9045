//! The page: what a reviewer reads, in the order of the questions that are asked.

use super::charts::{AFTER, Axes, BEFORE, Form, JUDGED, Series, chart, float};
use super::html::{esc, figure, page as whole, section, table};
use super::lines::{ROWS, judged, names, verdict};
use super::words::{count, days, moment, span};
use super::{Measured, Report, RuleFacts};
use crate::diff::Change;
use crate::error::BacktestError;
use crate::input::AsOf;
use crate::measure::{Judged, Measures, OfTypology};
use palermo_domain::alert::Level;
use palermo_domain::statistics::median;
use palermo_domain::{Date, Decimal};
use palermo_lang::change::{Change as RuleChange, Detail};
use std::collections::BTreeMap;

/// Parameters whose values are drawn: those that bind most alerts.
const BINDINGS_MAX: usize = 6;
/// Rows of the table of differences.
const DIFFERENCES_MAX: usize = 5_000;
/// Groups of people of each kind that are shown, beside those that are flagged.
const GROUPS_MAX: usize = 25;
/// Fields that are named as missing.
const MISSING_MAX: usize = 20;

pub(super) fn page(report: &Report<'_>) -> Result<String, BacktestError> {
    let mut body = head(report);
    body.push_str(&section("inputs", "Inputs and hashes", &inputs(report)));
    body.push_str(&section("figures", "Figures", &figures(report)));
    body.push_str(&section("typologies", "By typology", &typologies(report)));
    body.push_str(&section("weeks", "Alerts by week", &weeks(report)?));
    if report.inputs.labels.is_some() {
        body.push_str(&section("delay", "How soon", &delays(report)?));
    }
    body.push_str(&section("binding", "Binding values", &bindings(report)?));
    if let Some(drawn) = curves(report)? {
        body.push_str(&section("curves", "What other values give", &drawn));
    }
    if report.compared.is_some() {
        body.push_str(&section("rules", "What changed in the rules", &changes(report)));
        body.push_str(&section("differences", "Each alert of both", &differences(report)));
    }
    body.push_str(&section("groups", "Whom they fall on", &groups(report)));
    body.push_str(&section("data", "Quality of the data", &data(report)));
    body.push_str(&section("assumptions", "Assumptions and known gaps", &assumptions(report)));
    body.push_str(&section("glossary", "Glossary", &glossary()));
    let candidate = &report.inputs.candidate;
    Ok(whole(&format!("Backtest of {} {}", candidate.name, candidate.version), &body))
}

fn head(report: &Report<'_>) -> String {
    let candidate = &report.inputs.candidate;
    let against = report.inputs.baseline.as_ref().map_or(String::new(), |baseline| {
        let same = if baseline.bundle == candidate.bundle { ", the same rules" } else { "" };
        format!(" against {} {} ({}){same}", baseline.name, baseline.version, baseline.origin)
    });
    let words = verdict(report);
    let class = if words.starts_with("WORSE") { "verdict worse" } else { "verdict" };
    let (from, to) = report
        .facts
        .days()
        .map_or((String::new(), String::new()), |(from, to)| (from.to_string(), to.to_string()));
    let against_another = report.compared.is_some();
    let contents = [
        ("inputs", "Inputs and hashes"),
        ("figures", "Figures"),
        ("typologies", "By typology"),
        ("weeks", "Alerts by week"),
        ("delay", "How soon"),
        ("binding", "Binding values"),
        ("curves", "What other values give"),
        ("rules", "What changed in the rules"),
        ("differences", "Each alert of both"),
        ("groups", "Whom they fall on"),
        ("data", "Quality of the data"),
        ("assumptions", "Assumptions and known gaps"),
        ("glossary", "Glossary"),
    ];
    let is_there = |id: &str| match id {
        "delay" => report.inputs.labels.is_some(),
        "curves" => report.curves.is_some(),
        "rules" | "differences" => against_another,
        _ => true,
    };
    let there = contents.iter().filter(|(id, _)| is_there(id));
    let items: String =
        there.map(|(id, title)| format!("<li><a href=\"#{id}\">{title}</a></li>")).collect();
    format!(
        "<header>\n<h1>Backtest of {} {}</h1>\n<p class=\"soft\">{} ({}){}; payments of {from} to {to}. \
         Restricted: names accounts and parties.</p>\n<p class=\"{class}\">{}</p>\n</header>\n\
         <nav aria-label=\"Contents\"><ul>{}</ul></nav>\n",
        esc(&candidate.name),
        esc(&candidate.version),
        esc(&candidate.name),
        esc(&candidate.origin),
        esc(&against),
        esc(&words),
        items
    )
}

fn inputs(report: &Report<'_>) -> String {
    let inputs = report.inputs;
    let mut rows = Vec::new();
    let rules = |name: &str, rules: &RuleFacts| {
        let (live, shadow) = rules.typologies;
        vec![
            name.to_owned(),
            format!(
                "{} {} ({}); {live} live typologies, {shadow} shadow",
                esc(&rules.name),
                esc(&rules.version),
                esc(&rules.origin)
            ),
            code(&rules.bundle),
        ]
    };
    rows.push(rules("candidate", &inputs.candidate));
    rows.extend(inputs.baseline.as_ref().map(|baseline| rules("baseline", baseline)));
    for file in &report.facts.files {
        let what = format!("{}, {} rows", esc(&file.name), count(file.rows));
        rows.push(vec!["data".to_owned(), what, code(&file.sha256)]);
    }
    if let Some((name, hash)) = &inputs.labels {
        rows.push(vec!["labels".to_owned(), esc(name), code(hash)]);
    }
    rows.push(vec!["engine".to_owned(), esc(&inputs.engine), String::new()]);
    let chains = [Some(report.candidate), report.baseline].into_iter().flatten();
    for (name, one) in ["candidate", "baseline"].into_iter().zip(chains) {
        let what = format!("what {name} made of it, record by record");
        rows.push(vec!["chain".to_owned(), what, code(&one.rules.chain)]);
    }
    let settings: Vec<String> = inputs.settings.iter().map(|line| esc(line)).collect();
    let mut text = table("What went in, and the SHA-256 of it", &["input", "what", "hash"], &rows);
    text.push_str(&format!("<p class=\"soft\">Settings: {}</p>\n", settings.join("; ")));
    text
}

fn code(hash: &str) -> String {
    format!("<code>{}</code>", esc(hash))
}

fn figures(report: &Report<'_>) -> String {
    let after = report.candidate.measures;
    let rows: Vec<Vec<String>> = ROWS
        .iter()
        .map(|(name, value)| {
            let before = report.baseline.map(|baseline| esc(&value(report, baseline.measures)));
            let after = esc(&value(report, after));
            std::iter::once(esc(name)).chain(before).chain([after]).collect()
        })
        .collect();
    let head: &[&str] = match report.baseline {
        None => &["measure", "candidate"],
        Some(_) => &["measure", "baseline", "candidate"],
    };
    let mut text = table("Intervals are Wilson's, of 95 %", head, &rows);
    let levels = |measures: &Measures| {
        let named = [Level::Low, Level::Medium, Level::High, Level::Critical];
        let each =
            named.iter().zip(measures.levels).map(|(level, n)| format!("{n} {}", level.as_str()));
        each.collect::<Vec<_>>().join(", ")
    };
    text.push_str(&format!(
        "<p>Candidate: {}; {} taken back, {} held back by a suppressor, {} shadow.</p>\n",
        levels(after),
        after.retracted,
        after.held_back,
        after.shadow
    ));
    text
}

fn typologies(report: &Report<'_>) -> String {
    let none = OfTypology::default();
    let rows: Vec<Vec<String>> = names(report)
        .into_iter()
        .map(|name| {
            let of = |one: &Measured<'_>| one.measures.typologies.get(name).cloned();
            let after = of(&report.candidate).unwrap_or_else(|| none.clone());
            let before =
                report.baseline.as_ref().map(|one| of(one).unwrap_or_else(|| none.clone()));
            let alerts = match &before {
                None => after.alerts.to_string(),
                Some(before) if before.alerts != after.alerts => {
                    format!("{} &rarr; {}", before.alerts, after.alerts)
                }
                Some(_) => after.alerts.to_string(),
            };
            let found = match &before {
                Some(before) if before.episodes != after.episodes => {
                    format!("{} &rarr; {}", before.episodes, after.episodes)
                }
                _ => after.episodes.to_string(),
            };
            let delay = median(&after.from_decidable).or(median(&after.delays));
            vec![
                esc(name),
                alerts,
                found,
                after.also.to_string(),
                after.judged.to_string(),
                after.floor.to_string(),
                delay.map_or("-".to_owned(), days),
            ]
        })
        .collect();
    let head =
        ["typology", "alerts", "episode recall", "also", "precision, judged", "floor", "delay p50"];
    table("Baseline &rarr; candidate where they differ", &head, &rows)
}

fn weeks(report: &Report<'_>) -> Result<String, BacktestError> {
    let after = &report.candidate.measures.by_week;
    let before = report.baseline.map(|baseline| &baseline.measures.by_week);
    let all = before.into_iter().chain([after]).flat_map(|weeks| weeks.keys().copied());
    let mut all: Vec<Date> = all.collect();
    all.sort_unstable();
    let weeks: Vec<Date> = match (all.first(), all.last()) {
        (Some(first), Some(last)) => (first.0..=last.0).step_by(7).map(Date).collect(),
        _ => return Ok("<p>No alert.</p>\n".to_owned()),
    };
    let series = |name, color, by_week: &BTreeMap<Date, u64>| Series {
        name,
        color,
        points: (0_u64..)
            .zip(&weeks)
            .map(|(x, week)| (float(x), float(by_week.get(week).copied().unwrap_or(0))))
            .collect(),
    };
    let mut drawn: Vec<Series> =
        before.map(|before| series("baseline", BEFORE, before)).into_iter().collect();
    drawn.push(series("candidate", AFTER, after));
    let label = |x: f64| {
        let near = (0_u64..).zip(&weeks).find(|(at, _)| (float(*at) - x).abs() < 0.25);
        near.map_or(String::new(), |(_, week)| week.to_string())
    };
    let axes = Axes { x: "week that begins on", y: "alerts", x_label: &label };
    let drawing = chart(&axes, &drawn, Form::Bars)?;
    let rows: Vec<Vec<String>> = weeks
        .iter()
        .map(|week| {
            let of =
                |by_week: &BTreeMap<Date, u64>| by_week.get(week).copied().unwrap_or(0).to_string();
            std::iter::once(week.to_string()).chain(before.map(of)).chain([of(after)]).collect()
        })
        .collect();
    let head: &[&str] =
        if before.is_some() { &["week", "baseline", "candidate"] } else { &["week", "candidate"] };
    let numbers = table("Alerts, by the week in which they were told", head, &rows);
    Ok(format!(
        "{}<details><summary>The numbers</summary>{numbers}</details>\n",
        figure(&drawing, "New alerts by week of the data.")
    ))
}

fn delays(report: &Report<'_>) -> Result<String, BacktestError> {
    let found = |measures: &Measures| -> Vec<(f64, f64)> {
        let all = &measures.all;
        let mut from =
            if all.from_decidable.is_empty() { &all.delays } else { &all.from_decidable }.clone();
        from.sort_unstable();
        let whole = float(all.episodes.whole.max(1));
        (1_u64..).zip(from).map(|(n, ms)| (in_days(ms), 100.0 * float(n) / whole)).collect()
    };
    let mut drawn = Vec::new();
    if let Some(baseline) = report.baseline {
        let points = found(baseline.measures);
        drawn.push(Series { name: "baseline", color: BEFORE, points });
    }
    let points = found(report.candidate.measures);
    drawn.push(Series { name: "candidate", color: AFTER, points });
    if drawn.iter().all(|one| one.points.is_empty()) {
        return Ok("<p>Nothing that is labelled was found.</p>\n".to_owned());
    }
    let label = |x: f64| format!("{x:.0}");
    let axes = Axes { x: "days from decidable", y: "% of labels found", x_label: &label };
    let drawing = chart(&axes, &drawn, Form::Steps)?;
    let words = "Share of the labelled episodes that had an alert of their typology so many days after \
                 they could have been known; below zero: before all of it was there. Where no label says \
                 when it was decidable, days are counted from its start.";
    Ok(figure(&drawing, words))
}

/// Milliseconds to be drawn.
fn in_days(ms: i64) -> f64 {
    let minutes = ms.checked_div(60_000).and_then(|minutes| i32::try_from(minutes).ok());
    f64::from(minutes.unwrap_or(i32::MAX)) / 1_440.0
}

/// A parameter of an indicator: its dots by judgment, and the newest threshold.
#[derive(Default)]
struct Bound {
    dots: [Vec<(f64, f64)>; 3],
    threshold: f64,
    text: String,
}

fn bindings(report: &Report<'_>) -> Result<String, BacktestError> {
    let Some((first, _)) = report.facts.days() else { return Ok(String::new()) };
    let mut bounds: BTreeMap<(&str, &str), Bound> = BTreeMap::new();
    for told in report.candidate.rules.told.iter().filter(|told| told.was_live()) {
        let place = match report.judge.alert(told) {
            Judged::True => 0,
            Judged::False => 1,
            Judged::Unknown => 2,
        };
        let x = f64::from(told.at.date().0.saturating_sub(first.0));
        for binding in &told.bindings {
            let (Some(y), Some(threshold)) =
                (number(&binding.observed), number(&binding.threshold))
            else {
                continue;
            };
            let bound = bounds.entry((&binding.indicator, &binding.param)).or_default();
            if let Some(dots) = bound.dots.get_mut(place) {
                dots.push((x, y));
            }
            bound.threshold = threshold;
            bound.text.clone_from(&binding.threshold);
        }
    }
    let many = |bound: &Bound| bound.dots.iter().map(Vec::len).fold(0, usize::saturating_add);
    let mut order: Vec<(&(&str, &str), &Bound)> = bounds.iter().collect();
    order.sort_by_key(|(name, bound)| (std::cmp::Reverse(many(bound)), **name));
    let mut text = "<p>What the candidate's alerts saw, against what was needed. On the other side of \
                    the line there is nothing: what did not pass it made no alert. A threshold that can \
                    move past false dots alone is one to look at.</p>\n"
        .to_owned();
    if order.is_empty() {
        text.push_str("<p>No alert was bound by a number.</p>\n");
    }
    for ((indicator, param), bound) in order.into_iter().take(BINDINGS_MAX) {
        let names = ["labelled true", "labelled false", "unknown"];
        let series: Vec<Series> = names
            .into_iter()
            .zip(JUDGED)
            .zip(&bound.dots)
            .filter(|(_, dots)| !dots.is_empty())
            .map(|((name, color), dots)| Series { name, color, points: dots.clone() })
            .collect();
        let label = |x: f64| format!("{x:.0}");
        let axes = Axes { x: "day of the data", y: param, x_label: &label };
        let drawing = chart(&axes, &series, Form::Dots(bound.threshold))?;
        let words =
            format!("{} <code>{}</code>: needed {}", esc(indicator), esc(param), esc(&bound.text));
        text.push_str(&figure(&drawing, &words));
    }
    Ok(text)
}

/// A number to be drawn; spans and words are none.
fn number(text: &str) -> Option<f64> {
    // `USD 9,300`, `72%`, `25`.
    let plain = text.rsplit(' ').next().unwrap_or(text).trim_end_matches('%').replace(',', "");
    let decimal: Decimal = plain.parse().ok()?;
    decimal.to_string().parse().ok()
}

/// What other values of the parameters that changed give, each alone and the first two together.
fn curves(report: &Report<'_>) -> Result<Option<String>, BacktestError> {
    let Some(curves) = report.curves else { return Ok(None) };
    let what = super::curves::WHAT.replace('`', "");
    let mut text = format!("<p>{what} No value is the best one.</p>\n");
    let notes: Vec<String> = curves.notes.iter().map(|note| esc(note)).collect();
    text.push_str(&format!("<p class=\"soft\">{}.</p>\n", notes.join("; ")));
    for knob in curves.knobs {
        text.push_str(&format!("<h3>{}</h3>\n{}", esc(&knob.name()), curves.knob(knob)?));
    }
    if let Some(map) = curves.map() {
        text.push_str(&format!("<h3>Two parameters against each other</h3>\n{map}"));
    }
    Ok(Some(text))
}

fn changes(report: &Report<'_>) -> String {
    if report.inputs.changes.is_empty() {
        return "<p>Nothing: both are the same rules.</p>\n".to_owned();
    }
    let rows: Vec<Vec<String>> = report.inputs.changes.iter().flat_map(change).collect();
    let head = ["rule", "effect", "where", "was", "is"];
    table("By meaning, not by line", &head, &rows)
}

fn change(change: &RuleChange) -> Vec<Vec<String>> {
    let id = match (change.from.as_str(), change.to.as_str()) {
        (from, to) if from == to => format!("{} {from}", change.id),
        ("", to) => format!("{} new {to}", change.id),
        (from, "") => format!("{} {from} removed", change.id),
        (from, to) => format!("{} {from} to {to}", change.id),
    };
    let row = |detail: &Detail| {
        let effect = detail.effect.as_str().to_owned();
        let texts = [&detail.place, &detail.was, &detail.is]
            .map(|text| format!("<code>{}</code>", esc(text)));
        [esc(&id), effect].into_iter().chain(texts).collect()
    };
    change.details.iter().map(row).collect()
}

fn differences(report: &Report<'_>) -> String {
    let Some(compared) = report.compared else { return String::new() };
    let boxes = Change::ALL.map(|change| {
        let (word, many) = (change.as_str(), compared.count(change));
        let checked = if change == Change::Same { "" } else { " checked" };
        format!("<label><input type=\"checkbox\" value=\"{word}\"{checked}> {word} {many}</label>")
    });
    let mut text = format!(
        "<form class=\"filter\" hidden>{}<label>words <input type=\"search\"></label><output></output></form>\n",
        boxes.concat()
    );
    let rows: Vec<Vec<String>> = compared
        .all
        .iter()
        .take(DIFFERENCES_MAX)
        .map(|one| {
            let told = one.after.first().or(one.before.first());
            vec![
                one.change.as_str().to_owned(),
                esc(one.typology()),
                format!("<code>{}</code>", esc(one.anchor())),
                one.before.first().map_or("-".to_owned(), |told| moment(told.at)),
                one.after.first().map_or("-".to_owned(), |told| moment(told.at)),
                judged(report, one).as_str().to_owned(),
                esc(one.reason.as_deref().unwrap_or("")),
                esc(told.map_or("", |told| &told.headline)),
            ]
        })
        .collect();
    let head = [
        "change",
        "typology",
        "anchor",
        "baseline",
        "candidate",
        "labelled",
        "decided by",
        "headline",
    ];
    text.push_str(&table("What needs a look comes first", &head, &rows));
    if let Some(more) = compared.all.len().checked_sub(DIFFERENCES_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("<p>{more} more stand in <code>diff.jsonl</code>.</p>\n"));
    }
    text
}

fn groups(report: &Report<'_>) -> String {
    let groups = &report.candidate.measures.groups_of_people;
    if groups.is_empty() {
        return "<p>No party says a segment or a region, and no payment crosses a border.</p>\n"
            .to_owned();
    }
    let share = |share: crate::Share| {
        let micro = share.micro().unwrap_or(0);
        format!("{}%", palermo_domain::statistics::per(micro, 10_000, 1, 1))
    };
    let kinds = groups.chunk_by(|a, b| a.by == b.by);
    let shown = kinds.flat_map(|kind| {
        let each = kind.iter().enumerate();
        each.filter(|(at, group)| *at < GROUPS_MAX || group.flagged.is_some())
    });
    let rows: Vec<Vec<String>> = shown
        .map(|(_, group)| {
            let flag = group
                .flagged
                .as_deref()
                .map(|rule| format!("<b>far more than its payments, by {}</b>", esc(rule)));
            vec![
                group.by.as_str().to_owned(),
                esc(&group.name),
                share(group.ends),
                group.alerts.to_string(),
                group.precision.to_string(),
                group.wrong.to_string(),
                flag.unwrap_or_default(),
            ]
        })
        .collect();
    let head = ["by", "group", "of payments", "alerts", "precision, judged", "of false alerts", ""];
    let mut text = table(
        "Standing alerts of the candidate, by segment, home region and corridor of whom they are about",
        &head,
        &rows,
    );
    text.push_str(
        "<p class=\"soft\">A group is marked where the lower end of the interval of its share of false \
         alerts is above twice its share of payments, with five of them at least.</p>\n",
    );
    text
}

fn data(report: &Report<'_>) -> String {
    let facts = report.facts;
    let (late, twice, refused) = report.candidate.rules.irregular();
    let mut text = format!(
        "<p>{} payments: {} out of order by more than the lateness, {} that came twice with the same \
         content, {} that were refused and left out. {} versions of parties were learned after the last payment and decided nothing{}. \
         Labelled payments in another currency, which count in no amount: {}.</p>\n",
        count(facts.payments),
        count(late),
        count(twice),
        count(refused),
        count(facts.parties_unused),
        match report.inputs.as_of {
            AsOf::Event => "",
            AsOf::Start => "; parties are known from the start, whatever their date",
        },
        count(report.candidate.measures.unconverted)
    );
    let rows: Vec<Vec<String>> = report
        .candidate
        .measures
        .missing
        .iter()
        .take(MISSING_MAX)
        .map(|(rule, field, many)| vec![esc(rule), esc(field), count(*many)])
        .collect();
    if rows.is_empty() {
        text.push_str("<p>Nothing was undecided for lack of a field.</p>\n");
    } else {
        let caption = "How often a missing field left something undecided, the most first";
        text.push_str(&table(caption, &["rule", "field", "times"], &rows));
    }
    text
}

fn assumptions(report: &Report<'_>) -> String {
    let inputs = report.inputs;
    let [low, medium, high, critical] = inputs.effort.minutes;
    let complete = if report.judge.labels.is_complete() {
        "The labels are complete, as those of a simulated world or of a labelled data set: whatever they do \
         not name is innocent."
    } else {
        "What no label names is unknown: it counts in no judged precision, and as false in the floor."
    };
    let mut items = vec![
        format!(
            "Minutes of an analyst for an alert: {low} low, {medium} medium, {high} high, {critical} \
             critical. An assumption, not a measurement."
        ),
        complete.to_owned(),
        format!("An alert is about a label up to {} after its end.", span(inputs.grace)),
        format!("Findings of the first {} are muted.", span(inputs.warm_up)),
        "What the past shows of these labels holds for such cases as somebody labelled: networks that \
         nobody ever looked at are in no figure."
            .to_owned(),
    ];
    let gaps = super::document::known_gaps(report);
    items.extend(gaps.iter().map(|(rule, gap)| format!("{}: {}", esc(rule), esc(gap))));
    let items: String = items.into_iter().map(|item| format!("<li>{item}</li>\n")).collect();
    format!("<ul>\n{items}</ul>\n")
}

fn glossary() -> String {
    let rows: Vec<Vec<String>> = super::document::GLOSSARY
        .iter()
        .map(|(word, meaning)| vec![esc(word), esc(meaning)])
        .collect();
    table("Each measure has one definition", &["measure", "definition"], &rows)
}
