//! `palermo sample`: packs of cases just below or just above a threshold, and what a review of one says.
//!
//! A pack is a folder: `pack/` goes to whoever looks; `keep/` stays with whoever asked: it says which case is
//! which alert, and on which side of what all of them stand. Promise: the same inputs and seed give the same pack.

use crate::args::{SampleArgs, SampleImportArgs};
use crate::backtest::{Drawer, History, rules::RuleSide};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use palermo_backtest::sample::{Case, Line, conclusion, draw, end_of_band, size};
use palermo_backtest::{Change, Knob, Plan, Told, compare, knobs, told_by_point};
use palermo_engine::Bundle;
use palermo_lang::{Point, Variants};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

const REVIEW: &str = "pack/review.csv";
const KEY: &str = "keep/key.jsonl";
const ABOUT: &str = "keep/sample.json";

/// Draws a pack.
pub(crate) fn sample(arguments: &SampleArgs, line: Line, out: &mut Out) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let history = History::open(&arguments.data)?;
    if arguments.out.join(REVIEW).exists() {
        let text =
            format!("`{}` holds a pack already: choose another folder", arguments.out.display());
        return Err(Failure::words(Exit::Usage, text));
    }
    let side = RuleSide::load(&arguments.ruleset, &history.config)?;
    let knob = knob(arguments, &side)?;
    let end = end_of_band(&knob.param, line, arguments.band).ok_or_else(|| {
        let text = format!("`{}` cannot be moved: its range ends where it stands", knob.name());
        Failure::words(Exit::Usage, text)
    })?;
    let point = Point::from([((knob.rule.clone(), knob.param.name.clone()), end.clone())]);
    let Variants { rules, typologies, .. } =
        side.variants(&[point], &arguments.typology, &history.config)?;
    let bundle = Bundle { sha256: side.bundle.sha256.clone(), rules };
    let plan = Plan::new(history.engine(), vec![bundle]);
    let plan = Plan { skip_refused: arguments.data.skip_refused, ..plan };
    let Some(played) = history.play(&plan, &mut None, &signals, out)? else {
        out.talk("interrupted; nothing was written");
        return Ok(signals.exit());
    };
    let told = played.rules.first();
    let told = told.map(|rules| told_by_point(&rules.told, &typologies)).unwrap_or_default();
    let (none, empty) = (Vec::new(), BTreeMap::new());
    let (now, then) = (told.get(&0).unwrap_or(&none), told.get(&1).unwrap_or(&none));
    let compared = compare(now, then, &empty, &empty);
    let population: Vec<&Told> = match line {
        Line::Below => compared.of(Change::New).flat_map(|one| one.after.iter().copied()).collect(),
        Line::Above => {
            compared.of(Change::Lost).flat_map(|one| one.before.iter().copied()).collect()
        }
    };
    let all = population.len() as u64;
    let wanted = size(all, arguments.max_rate, arguments.confidence);
    let stratum = |told: &Told| format!("{} {}", told.typology, told.level.as_str());
    let pack = draw(&population, &stratum, wanted, arguments.seed);
    let about = json!({
        "rule": knob.rule, "parameter": knob.param.name, "line": name(line),
        "value": knob.param.value.text(), "end_of_band": end.text(),
        "population": all, "drawn": pack.len(), "seed": arguments.seed,
        "confidence_micro": arguments.confidence, "max_rate_micro": arguments.max_rate,
        "bundle": side.bundle.sha256,
        "data": played.facts.files.iter().map(|file| json!({"name": file.name, "sha256": file.sha256}))
            .collect::<Vec<Value>>(),
    });
    if pack.is_empty() && !out.json() {
        let (line, knob, end) = (name(line), knob.name(), end.text());
        out.data(&format!("no case is {line} the line of {knob}, up to {end}: nothing is drawn"));
        return Ok(Exit::Fine);
    }
    Drawer::write(&arguments.out, &texts(&pack, &about))?;
    if out.json() {
        out.json_data(&about);
        return Ok(Exit::Fine);
    }
    out.data(&format!(
        "{} cases {} the line of {} ({} to {}); {} drawn into {}",
        all,
        name(line),
        knob.name(),
        knob.param.value.text(),
        end.text(),
        pack.len(),
        arguments.out.display()
    ));
    out.data("give `pack/` to whoever looks, keep `keep/`; when review.csv is filled:");
    out.data(&format!("  palermo sample import {}", arguments.out.display()));
    Ok(Exit::Fine)
}

fn name(line: Line) -> &'static str {
    match line {
        Line::Above => "above",
        Line::Below => "below",
    }
}

/// The one parameter that is meant.
fn knob(arguments: &SampleArgs, side: &RuleSide) -> Result<Knob, Failure> {
    let only = std::slice::from_ref(&arguments.param);
    let mut found = knobs(&side.library.program, &arguments.rule, only, 2);
    match (found.pop(), found.len()) {
        (Some(knob), 0) => Ok(knob),
        (found, _) => {
            let all = knobs(&side.library.program, &arguments.rule, &[], 2);
            let names: Vec<String> = all.iter().map(Knob::name).collect();
            let what = if found.is_some() { "more than one" } else { "no" };
            let text = format!(
                "`--param {}` names {what} parameter of `{}`; there are {}",
                arguments.param,
                arguments.rule,
                names.join(", ")
            );
            Err(Failure::words(Exit::Usage, text))
        }
    }
}

/// The files of a pack. Nothing that a reviewer gets says on which side of what a case stands.
fn texts(pack: &[Case<'_>], about: &Value) -> Vec<(String, String)> {
    let mut cases = String::new();
    let mut key = String::new();
    let mut review = "case,suspicious,note\n".to_owned();
    for case in pack {
        let told = case.told;
        let (first, last) = told.episode;
        cases.push_str(&format!(
            "{}\n",
            json!({"case": case.name, "about": told.about, "first": first.to_string(),
                   "last": last.to_string(), "payments": told.evidence})
        ));
        key.push_str(&format!(
            "{}\n",
            json!({"case": case.name, "stratum": case.stratum, "typology": told.typology,
                   "anchor": told.anchor, "score": told.score, "level": told.level.as_str(),
                   "indicators": told.indicators, "headline": told.headline})
        ));
        review.push_str(&format!("{},,\n", case.name));
    }
    [("pack/pack.jsonl", cases), (REVIEW, review), (KEY, key), (ABOUT, format!("{about:#}\n"))]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
}

/// What a review says.
pub(crate) fn import(arguments: &SampleImportArgs, out: &mut Out) -> Result<Exit, Failure> {
    let folder = &arguments.folder;
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| {
            let text = format!("cannot read `{}`: {error}", path.display());
            Failure::words(Exit::Environment, text)
        })
    };
    let about: Value = serde_json::from_str(&read(ABOUT)?)
        .map_err(|_| Failure::words(Exit::Usage, "`sample.json` is none of `palermo sample`"))?;
    let number = |key: &str| about.get(key).and_then(Value::as_u64).unwrap_or(0);
    let cases: Vec<String> = read(KEY)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|case| case.get("case").and_then(Value::as_str).map(str::to_owned))
        .collect();
    let (drawn, found) = reviewed(&folder.join(REVIEW), &read(REVIEW)?, &cases)?;
    let (population, confidence) = (number("population"), number("confidence_micro"));
    let words = conclusion(population, drawn, found, confidence);
    let most = palermo_backtest::sample::bound(population, drawn, found, confidence);
    if out.json() {
        out.json_data(&json!({"population": population, "drawn": drawn, "suspicious": found,
                              "at_most": most, "confidence_micro": confidence}));
        return Ok(if found > 0 { Exit::Findings } else { Exit::Fine });
    }
    out.data(&words);
    let below = about.get("line").and_then(Value::as_str) == Some("below");
    let text = |key: &str| about.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    if below && found > 0 {
        out.data(&format!(
            "what is below the line is worth alerts: move {}.{} from {} towards {}, and draw again below \
             the new line",
            text("rule"),
            text("parameter"),
            text("value"),
            text("end_of_band")
        ));
    }
    Ok(if found > 0 { Exit::Findings } else { Exit::Fine })
}

/// How many cases were reviewed, and how many of them are suspicious. All of the pack must be.
fn reviewed(path: &Path, text: &str, cases: &[String]) -> Result<(u64, u64), Failure> {
    let wrong = |line: u64, what: &str| {
        Failure::words(Exit::Usage, format!("`{}`, line {line}: {what}", path.display()))
    };
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let (mut seen, mut found) = (std::collections::BTreeSet::new(), 0_u64);
    for record in reader.records() {
        let record = record.map_err(|_| wrong(0, "is no CSV"))?;
        let line = record.position().map_or(0, csv::Position::line);
        let case = record.get(0).unwrap_or("");
        if !cases.iter().any(|known| known == case) {
            return Err(wrong(line, "names a case that is not of this pack"));
        }
        match record.get(1).unwrap_or("").to_ascii_lowercase().as_str() {
            "yes" => found = found.saturating_add(1),
            "no" => {}
            _ => {
                return Err(wrong(
                    line,
                    "says neither `yes` nor `no` in `suspicious`: every case is reviewed",
                ));
            }
        }
        if !seen.insert(case.to_owned()) {
            return Err(wrong(line, "names a case for the second time"));
        }
    }
    if seen.len() != cases.len() {
        let text = format!(
            "`{}` has {} of the {} cases of the pack: every case is reviewed",
            path.display(),
            seen.len(),
            cases.len()
        );
        return Err(Failure::words(Exit::Usage, text));
    }
    Ok((seen.len() as u64, found))
}
