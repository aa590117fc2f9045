//! `palermo demo`: a month of a bank's payments with planted networks, played through the whole
//! pipeline, and the score against the truth.
//!
//! The pipeline is the one of `palermo run`: the same task, engine, commits and topics. Only the log
//! differs where there is no broker, and then the first line says so. All input is written before
//! the first record is read, so two demos with one seed publish the same bytes.
//!
//! Cost: about the time of the pipeline; with the in-memory log all records are held in memory.

mod place;
mod play;
mod score;
mod words;

use crate::args::DemoArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::screen::Screen;
use crate::signals::Signals;
use palermo_domain::EventTime;
use palermo_runtime::{Config, ConfigOverrides, Kafka};
use palermo_synth::score::{Scorecard, Told};
use place::Place;
use play::Played;
use score::Score;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use words::AlertText;

/// Where Kafka listens unless somebody says otherwise.
const USUAL_BROKER: &str = "127.0.0.1:9092";

/// Runs the demo.
pub(crate) fn demo(arguments: &DemoArgs, out: &mut Out) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let kafka = broker(arguments)?;
    let scratch = Scratch::new();
    let mut config = configure(arguments, &scratch)?;
    let world = crate::synth::world(&arguments.world)?;
    let place = match kafka {
        None => Place::memory(),
        Some(kafka) => {
            palermo_runtime::reach(&kafka.bootstrap)?;
            config.kafka = Kafka { group: scratch.name.clone(), ..kafka };
            Place::kafka(&config, !arguments.keep)?
        }
    };
    let first = place.first_line();
    if out.json() {
        out.talk(&first)
    } else {
        out.data(&first)
    }
    let mut screen = Screen::new(out.is_live());
    let played = play::play(&config, &world, &place, &signals, &mut screen, out)?;
    let Some(played) = played else {
        place.clean()?;
        out.talk("interrupted; what was read is committed");
        return Ok(signals.exit());
    };
    let published = place.published(palermo_domain::OutputTopic::Alerts)?;
    let (alerts, first) = (words::latest(&published), words::first_told(&published));
    let suppressed = words::latest(&place.published(palermo_domain::OutputTopic::Suppressed)?);
    place.clean()?;
    let truth = world.truth();
    let told: Vec<Told> = alerts.iter().map(|alert| told(alert, &first)).collect();
    let mut card = Scorecard::default();
    card.add(&truth, &told, played.payments, played.parties);
    let score = Score::of(&truth, &alerts, &suppressed, card);
    show(&played, &alerts, &score, arguments, out);
    Ok(if score.is_perfect() { Exit::Fine } else { Exit::Findings })
}

fn show(played: &Played, alerts: &[AlertText], score: &Score, arguments: &DemoArgs, out: &mut Out) {
    if out.json() {
        let documents: Vec<_> = alerts.iter().map(|alert| alert.document().clone()).collect();
        out.json_data(&json!({
            "payments": played.payments,
            "parties": played.parties,
            "making_ms": played.making_ms,
            "playing_ms": played.playing_ms,
            "fates": played.fates(),
            "alerts": documents,
            "score": score.json(),
        }));
        return;
    }
    for line in played.lines() {
        out.data(&line);
    }
    let color = out.color_data();
    for alert in alerts {
        out.data("");
        for line in alert.lines(color) {
            out.data(&line);
        }
    }
    out.data("");
    for line in score.lines() {
        out.data(&line);
    }
    out.data("");
    for line in next_steps(&program(), arguments.world.seed) {
        out.data(&line);
    }
}

/// What the score card must know of an alert.
fn told(alert: &AlertText, first: &BTreeMap<String, EventTime>) -> Told {
    Told {
        typology: alert.typology().to_owned(),
        anchor: alert.anchor().to_owned(),
        at: first.get(alert.id()).copied().unwrap_or_default(),
    }
}

/// How this program was called, so that what is printed can be typed again.
fn program() -> String {
    std::env::args().next().unwrap_or_else(|| "palermo".to_owned())
}

/// What to try after the demo, as commands that work from the same folder.
fn next_steps(palermo: &str, seed: u64) -> Vec<String> {
    let mut lines = vec!["what to try next".to_owned()];
    let seed = seed.saturating_add(1);
    for (command, words) in [
        (format!("{palermo} demo --seed {seed}"), "another month, other people, the same crimes"),
        (format!("{palermo} rules test"), "the tests that every rule carries"),
        (
            "less rules/typologies/*.yaml".to_owned(),
            "what a detection looks like; change a number, run again",
        ),
        (format!("{palermo} synth --out month"), "such a month as files, with the truth beside it"),
    ] {
        lines.push(format!("  {command:<44} {words}"));
    }
    lines.push("on your own Kafka, with the simulator, which pays in dollars:".to_owned());
    for command in [
        "sed 's/^base_currency: EUR/base_currency: USD/' deploy/palermo.yaml > palermo.yaml",
        &format!("{palermo} run --create-topics --start earliest"),
        &format!("{palermo} synth --produce --truth truth.json    # in another terminal"),
    ] {
        lines.push(format!("  {command}"));
    }
    lines
}

/// The broker to play on and how it is reached; none: the in-memory log.
fn broker(arguments: &DemoArgs) -> Result<Option<Kafka>, Failure> {
    if arguments.memory {
        return Ok(None);
    }
    let given = arguments.bootstrap.clone().map(|address| (address, "--bootstrap"));
    let given = given.or_else(crate::config::from_environment);
    if let Some(file) = &arguments.config {
        return crate::config::read_at(file, given).map(|config| Some(config.kafka));
    }
    let usual = arguments.kafka.then(|| (USUAL_BROKER.to_owned(), "--kafka"));
    let Some(bootstrap) = given.or(usual) else { return Ok(None) };
    let overrides = ConfigOverrides { bootstrap: Some(bootstrap) };
    let config = Config::parse("", "the demo's configuration", &overrides).map_err(|error| {
        let failure = refused(&error);
        let hint = "without a configuration the broker must be on this machine; \
                    `palermo demo --config FILE` takes the `kafka:` block of one";
        Failure { text: format!("{}\n  = help: {hint}", failure.text), ..failure }
    })?;
    Ok(Some(config.kafka))
}

fn refused(error: &palermo_runtime::ConfigError) -> Failure {
    let code = Some(palermo_runtime::ConfigError::CODE);
    Failure { exit: Exit::Usage, code, text: error.to_string() }
}

/// The configuration of the demo: defaults, and names of its own.
fn configure(arguments: &DemoArgs, scratch: &Scratch) -> Result<Config, Failure> {
    let name = &scratch.name;
    let quoted = |path: &std::path::Path| json!(path.display().to_string());
    let topics: Vec<String> = [
        "payments",
        "parties",
        "lists",
        "alerts",
        "shadow",
        "suppressed",
        "dead_letter",
        "progress",
        "control",
    ]
    .iter()
    .map(|topic| format!("{topic}: {name}.{topic}"))
    .collect();
    let text = format!(
        "task: {name}\ntopics: {{{}}}\nrules: {{path: {}, environment: pilot}}\n\
         base_currency: USD\nstate: {{dir: {}}}\n",
        topics.join(", "),
        quoted(&arguments.rules),
        quoted(&scratch.folder),
    );
    Config::parse(&text, "the demo's configuration", &ConfigOverrides::default())
        .map_err(|error| refused(&error))
}

/// A folder for the demo's state, removed at the end.
#[derive(Debug)]
struct Scratch {
    name: String,
    folder: PathBuf,
}

impl Scratch {
    fn new() -> Self {
        use palermo_engine::port::Clock;
        let now = palermo_runtime::SystemClock::new().unix_ms() / 1000;
        let name = format!("palermo-demo-{now}-{}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        Self { name, folder }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the system's temporary folder is a nuisance, not a fault.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_try_next_can_be_typed() {
        let lines = next_steps("target/release/palermo", 1);
        assert!(
            lines.contains(&"  target/release/palermo run --create-topics --start earliest".into())
        );
        assert!(lines.iter().any(|line| line.contains("target/release/palermo demo --seed 2 ")));
        let example = include_str!("../../../deploy/palermo.yaml");
        assert!(example.lines().any(|line| line.starts_with("base_currency: EUR")));
    }
}
