//! `palermo why-not`: why a typology was not found, and how close it came.
//!
//! Payments and parties are read once more by the rules as they are now, the typology and what it names
//! only, and the engine is asked how each part stands. Nothing is written.

mod tell;

use crate::args::WhyNotArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use palermo_domain::EventTime;
use palermo_engine::port::OutRecord;
use palermo_engine::{Bundle, Engine, Stats, WhyNot};
use palermo_lang::{Limits, Overrides, Shelf, Sources};
use palermo_runtime::{Config, ConfigOverrides, Inputs};
use serde_json::Value;
use std::ops::ControlFlow;

/// Revisions of the typology that are remembered.
const FOUND_MAX: usize = 100_000;

/// What was published of the typology.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    anchor: String,
    id: String,
    action: String,
    /// Event time that decided it.
    at: String,
    by: Vec<String>,
    /// It was held back.
    held_back: bool,
    headline: String,
}

/// What is said.
#[derive(Debug)]
struct Answer {
    typology: String,
    title: String,
    why: WhyNot,
    found: Vec<Found>,
    /// Findings before this are muted.
    muted_before: Option<EventTime>,
    /// `--at`.
    asked_at: Option<EventTime>,
}

/// Answers.
pub(crate) fn why_not(arguments: &WhyNotArgs, out: &mut Out) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let inputs = inputs(arguments);
    let config = configure(arguments, &inputs)?;
    let (bundle, typology, title) = rules(arguments, &config)?;
    let muted_before = match &inputs {
        Inputs::Kafka => {
            palermo_runtime::reach(&config.kafka.bootstrap)?;
            palermo_runtime::muted_before(&config)?
        }
        Inputs::Files(_) => None,
    };
    let mut found: Vec<Found> = Vec::new();
    let mut then: Option<Option<WhyNot>> = None;
    let mut see = |engine: &Engine, effects: &[OutRecord]| {
        let room = FOUND_MAX.saturating_sub(found.len());
        let all = effects.iter().filter_map(|record| read_found(record, &typology));
        found.extend(all.take(room));
        // As soon as everything up to then is known: later what it rests on may be forgotten.
        let passed = arguments.at.zip(engine.watermark()).is_some_and(|(at, known)| known > at);
        if passed && then.is_none() {
            then = Some(engine.why_not(&typology, &arguments.entity, arguments.at));
        }
        ControlFlow::Continue(())
    };
    let mut watch = |_: &Stats| {
        if signals.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let engine = palermo_runtime::look_back(&config, bundle, &inputs, &mut watch, &mut see)?;
    let Some(engine) = engine else {
        out.talk("interrupted");
        return Ok(signals.exit());
    };
    let now = || engine.why_not(&typology, &arguments.entity, arguments.at);
    let why = then.unwrap_or_else(now).ok_or_else(|| nothing(&engine, arguments.at.is_some()))?;
    found.retain(|one| one.anchor == why.anchor);
    let asked_at = arguments.at;
    let answer = Answer { typology, title, why, found, muted_before, asked_at };
    answer.write(out);
    Ok(Exit::Fine)
}

fn inputs(arguments: &WhyNotArgs) -> Inputs {
    if arguments.from.is_empty() { Inputs::Kafka } else { Inputs::Files(arguments.from.clone()) }
}

/// The configuration; with files it need not be there.
fn configure(arguments: &WhyNotArgs, inputs: &Inputs) -> Result<Config, Failure> {
    let path = &arguments.config.config;
    let mut config = match inputs {
        Inputs::Files(files) if !path.exists() => {
            let overrides = ConfigOverrides::default();
            let text = "the defaults";
            let mut config = Config::parse("", text, &overrides)
                .map_err(|error| Failure::words(Exit::Content, error.to_string()))?;
            if let Some(currency) = palermo_runtime::currency_of(files)? {
                config.base_currency = currency;
            }
            config
        }
        _ => crate::config::read(path)?,
    };
    if let Some(rules) = &arguments.rules {
        config.rules_path.clone_from(rules);
    }
    if let Some(currency) = arguments.base_currency {
        config.base_currency = currency;
    }
    Ok(config)
}

/// The typology with all that it names, compiled; its id as it is written, and its title.
fn rules(arguments: &WhyNotArgs, config: &Config) -> Result<(Bundle, String, String), Failure> {
    let prefix = config.rules_path.display().to_string();
    let files = palermo_runtime::read_rules(&config.rules_path, &prefix, false)
        .map_err(palermo_runtime::RunError::from)?;
    let sources = Sources::new(files).without_lock();
    let (horizon, evidence_horizon) = (config.horizon, config.evidence_horizon);
    let limits = Limits { horizon, evidence_horizon, cost: Limits::COST };
    let refused = |problems| Failure::from(palermo_runtime::RunError::Rules(problems));
    let shelf = Shelf::new(&sources, &limits).map_err(refused)?;
    let known = shelf.all().typologies.iter();
    let asked = &arguments.typology;
    let Some(typology) = known.clone().find(|rule| rule.id.eq_ignore_ascii_case(asked)) else {
        let mut ids: Vec<&str> = known.map(|rule| rule.id.as_str()).collect();
        ids.dedup();
        let text = format!("`{asked}` is no typology of `{prefix}`; there are {}", ids.join(", "));
        return Err(Failure::words(Exit::Usage, text));
    };
    let (id, title) = (typology.id.clone(), typology.title.clone());
    let rules = shelf.rule(&id, &Overrides::new()).map_err(refused)?;
    Ok((Bundle { sha256: rules.sha256.clone(), rules }, id, title))
}

/// The entity is not there. Its key may be a person's and is not repeated.
fn nothing(engine: &Engine, asked_when: bool) -> Failure {
    let held = engine.totals().payments_held;
    let when = if asked_when {
        "look at `state.horizon` where they are old"
    } else {
        "ask `--at T` where its payments are older than `state.horizon` before the newest: then those \
         before T are held"
    };
    let text = format!(
        "none of the {held} payments that are held is of this entity; name an account, `account/…` \
         or `party/…` as the payments do, and {when}"
    );
    Failure::words(Exit::Usage, text)
}

/// What a published record says, where it is about the typology.
fn read_found(record: &OutRecord, typology: &str) -> Option<Found> {
    use palermo_domain::OutputTopic;
    if matches!(
        record.topic,
        OutputTopic::Evidence | OutputTopic::DeadLetter | OutputTopic::Progress
    ) {
        return None;
    }
    let document: Value = serde_json::from_slice(record.value.as_deref()?).ok()?;
    let text =
        |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    if text("/data/typology") != typology {
        return None;
    }
    let by = document.pointer("/data/suppressed_by").and_then(Value::as_array);
    let by = by.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    Some(Found {
        anchor: text("/subject"),
        id: text("/data/alert_id"),
        action: text("/data/action"),
        at: text("/time"),
        by,
        held_back: record.topic == OutputTopic::Suppressed,
        headline: text("/data/headline"),
    })
}
