//! `palermo tune`: other values of a rule's parameters, tried on history.
//!
//! Promises: one pass of the engine that runs live for all points; nothing is written before everything
//! is known; the same inputs and seed give the same bytes.

use crate::args::{JudgeArgs, TuneArgs};
use crate::backtest::{Drawer, History, rules::RuleSide};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use palermo_backtest::{
    Curves, Judge, Knob, POINTS_MAX, Plan, Sweep, SweepReport, knobs, scope, tried,
};
use palermo_engine::Bundle;
use palermo_lang::Variants;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Tries and tells.
pub(crate) fn tune(arguments: &TuneArgs, out: &mut Out) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let JudgeArgs { known, warm_up, grace } = &arguments.judge;
    let mut history = History::open(&arguments.data)?;
    let side = RuleSide::load(&arguments.ruleset, &history.config)?;
    let labels = history.labels(&arguments.data, known, &side)?;
    let knobs = knobs(
        &side.library.program,
        &arguments.rule,
        &arguments.param,
        usize::from(arguments.points),
    );
    if knobs.is_empty() {
        return Err(nothing_to_move(arguments, &side));
    }
    let sweep = laid(arguments, &knobs)?;
    let variants = side.variants(&sweep.points, &arguments.typology, &history.config)?;
    let Variants { rules, typologies, left_out } = variants;
    if typologies.is_empty() {
        return Err(nothing_to_sweep(&arguments.rule, &left_out));
    }
    let bundle = Bundle { sha256: side.bundle.sha256.clone(), rules };
    let plan = Plan::new(history.engine(), vec![bundle]);
    let plan = Plan { skip_refused: arguments.data.skip_refused, warm_up: *warm_up, ..plan };
    let mut drawer = None;
    let Some(played) = history.play(&plan, &mut drawer, &signals, out)? else {
        out.talk("interrupted; nothing was written");
        return Ok(signals.exit());
    };
    if let Some(path) = &known.labels {
        labels.check_met(path, &played.facts)?;
    }
    let judge = Judge { labels: &labels, grace: *grace, only: None };
    let told = played.rules.first().map(|rules| (rules, &played.facts));
    let points = sweep.points.len();
    let tried = told.map(|told| tried(told, points, &typologies, judge, *warm_up, None));
    let tried = tried.unwrap_or_default();
    let origin = labels.origin();
    let notes = scope("alerts", &typologies, &left_out);
    let report = SweepReport {
        rule: &arguments.rule,
        rules: &side.facts,
        facts: &played.facts,
        labels: (!origin.0.is_empty()).then_some(origin),
        curves: Curves { knobs: &knobs, sweep: &sweep, tried: &tried, notes: &notes },
        capacity: arguments.capacity,
        spans: (*warm_up, *grace),
        seed: arguments.seed,
        library: &side.library,
    };
    if let Some(folder) = &arguments.out {
        write(&report, folder)?;
    }
    tell(&report, arguments, out);
    Ok(Exit::Fine)
}

/// The points of a sweep, as many as there may be.
fn laid(arguments: &TuneArgs, knobs: &[Knob]) -> Result<Sweep, Failure> {
    if arguments.pairs && knobs.len() != 2 {
        return Err(no_pair(knobs));
    }
    let samples = usize::from(arguments.samples);
    let sweep = Sweep::new(knobs, arguments.pairs, samples, arguments.seed);
    if sweep.points.len() > POINTS_MAX {
        let text = format!(
            "{} points are more than {POINTS_MAX}: name parameters with `--param`, or lower `--points` or \
             `--samples`",
            sweep.points.len()
        );
        return Err(Failure::words(Exit::Usage, text));
    }
    Ok(sweep)
}

fn write(report: &SweepReport<'_>, folder: &Path) -> Result<(), Failure> {
    let mut texts = vec![
        ("points.jsonl".to_owned(), report.points()),
        ("index.html".to_owned(), report.page()?),
    ];
    let candidates = report.candidates().into_iter();
    texts.extend(candidates.map(|(path, text)| (format!("candidates/{path}"), text)));
    // Those of an earlier sweep would stand between them.
    let old = folder.join("candidates");
    if old.is_dir() {
        std::fs::remove_dir_all(&old).map_err(|error| {
            let text = format!("cannot remove `{}`: {error}", old.display());
            Failure::words(Exit::Environment, text)
        })?;
    }
    Drawer::write(folder, &texts)
}

fn tell(report: &SweepReport<'_>, arguments: &TuneArgs, out: &mut Out) {
    if out.json() {
        let points = report.points();
        let points: Vec<Value> =
            points.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        out.json_data(&json!({"rule": report.rule, "points": points}));
        return;
    }
    report.lines().iter().for_each(|line| out.data(line));
    if let Some(folder) = &arguments.out {
        out.data("");
        out.data(&format!("report    {}", folder.join("index.html").display()));
    }
}

/// No alert that could change, or only such as a sweep leaves out.
fn nothing_to_sweep(rule: &str, left_out: &BTreeSet<String>) -> Failure {
    let ids: Vec<&str> = left_out.iter().map(String::as_str).collect();
    let text = match ids.as_slice() {
        [] => format!("no typology rests on `{rule}`: no value of it makes an alert"),
        ids => format!(
            "what rests on `{rule}` looks for any indicator of a kind, or for what does, and cannot be \
             swept: {}",
            ids.join(", ")
        ),
    };
    Failure::words(Exit::Usage, text)
}

/// `--pairs` of one parameter, or of many.
fn no_pair(knobs: &[Knob]) -> Failure {
    let names: Vec<String> = knobs.iter().map(Knob::name).collect();
    let text = format!(
        "`--pairs` needs two parameters: name them with `--param`; there are {}",
        names.join(", ")
    );
    Failure::words(Exit::Usage, text)
}

/// Which parameters there would be.
fn nothing_to_move(arguments: &TuneArgs, side: &RuleSide) -> Failure {
    let rule = &arguments.rule;
    let all = knobs(&side.library.program, rule, &[], 2);
    let text = if side.library.rule(rule).is_none() {
        format!("`{rule}` is no rule of `{}`", arguments.ruleset)
    } else if all.is_empty() {
        format!("`{rule}` has no parameter with a range and a step: there is nothing to move")
    } else {
        let names: Vec<String> = all.iter().map(Knob::name).collect();
        format!("`--param` names no parameter of `{rule}`; there are {}", names.join(", "))
    };
    Failure::words(Exit::Usage, text)
}
