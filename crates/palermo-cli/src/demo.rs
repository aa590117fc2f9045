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
mod screen;
mod words;

use crate::args::DemoArgs;
use crate::config::bootstrap_from_environment;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use palermo_runtime::{Config, ConfigOverrides};
use place::Place;
use play::Played;
use score::Score;
use screen::Screen;
use serde_json::json;
use std::path::PathBuf;
use words::AlertText;

/// Where Kafka listens unless somebody says otherwise.
const USUAL_BROKER: &str = "127.0.0.1:9092";

/// Runs the demo.
pub(crate) fn demo(arguments: &DemoArgs, out: &mut Out) -> Result<Exit, Failure> {
    let signals = Signals::listen()?;
    let bootstrap = if arguments.memory {
        None
    } else {
        let usual = arguments.kafka.then(|| USUAL_BROKER.to_owned());
        arguments.bootstrap.clone().or_else(bootstrap_from_environment).or(usual)
    };
    let scratch = Scratch::new();
    let config = configure(arguments, bootstrap.as_deref(), &scratch)?;
    let world = crate::synth::world(&arguments.world, None, None)?;
    let place = match &bootstrap {
        None => Place::memory(),
        Some(bootstrap) => {
            palermo_runtime::reach(bootstrap)?;
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
    let alerts = words::latest(&place.published(palermo_domain::OutputTopic::Alerts)?);
    let suppressed = words::latest(&place.published(palermo_domain::OutputTopic::Suppressed)?);
    place.clean()?;
    let score = Score::of(&world.truth(), &alerts, &suppressed);
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

/// The configuration of the demo: defaults, and names of its own.
fn configure(
    arguments: &DemoArgs,
    bootstrap: Option<&str>,
    scratch: &Scratch,
) -> Result<Config, Failure> {
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
        "task: {name}\nkafka: {{group: {name}}}\ntopics: {{{}}}\nrules: {{path: {}}}\n\
         base_currency: USD\nstate: {{dir: {}}}\n",
        topics.join(", "),
        quoted(&arguments.rules),
        quoted(&scratch.folder),
    );
    let overrides = ConfigOverrides {
        bootstrap: bootstrap.map(|bootstrap| (bootstrap.to_owned(), "the broker's address")),
    };
    Config::parse(&text, "the demo's configuration", &overrides).map_err(|error| Failure {
        exit: Exit::Usage,
        code: Some(palermo_runtime::ConfigError::CODE),
        text: error.to_string(),
    })
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
