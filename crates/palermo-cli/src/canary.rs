//! `palermo canary`: plants what must be found, and looks whether it is.
//!
//! A process of its own, with rights of its own: the engine that is watched cannot write what it reads.

use crate::args::{CanaryArgs, CanaryOnceArgs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use crate::synth::{party_record, payment_record};
use palermo_domain::{EventTime, OutputTopic, Party, TopicRole};
use palermo_engine::port::{Clock, LogError};
use palermo_kafka::KafkaConfig;
use palermo_kafka::tools::{Isolation, NewRecord, Scope, Tail, produce_all};
use palermo_runtime::{Config, Ground, Planter, Round, Schedule, SystemClock};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How long one look for the alert waits.
const PAUSE: Duration = Duration::from_millis(200);

/// Everything that planting needs.
struct Setup {
    config: Config,
    planter: Planter,
    /// Those that are asked for; all where none is named.
    asked: Vec<String>,
    /// Those of them that can be planted.
    typologies: Vec<String>,
    clock: Arc<dyn Clock>,
}

impl Setup {
    fn new(arguments: &CanaryArgs) -> Result<Self, Failure> {
        let config = crate::config::read(&arguments.config.config)?;
        let folder = arguments.rules.as_ref().unwrap_or(&config.rules_path);
        if !folder.is_dir() {
            let text = format!(
                "`{}` is no rule folder, and canaries are made of the tests beside rules: give the \
                 folder that the bundle was made of with `--rules`",
                folder.display()
            );
            return Err(Failure::words(Exit::Usage, text));
        }
        let planter = Planter::new(&config, folder, arguments.with_rates)?;
        for asked in &arguments.typology {
            if !planter.typologies().any(|known| known == asked) {
                let text = format!("no typology `{asked}` is in force under these rules");
                return Err(Failure::words(Exit::Usage, text));
            }
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let is_asked = |id: &&str| {
            arguments.typology.is_empty() || arguments.typology.iter().any(|asked| asked == id)
        };
        let asked = planter.typologies().filter(is_asked).map(str::to_owned).collect();
        let mut setup = Self { config, planter, asked, typologies: Vec::new(), clock };
        let now = setup.now();
        let plantable = |id: &&String| setup.planter.plant(id, now).is_ok();
        setup.typologies = setup.asked.iter().filter(plantable).cloned().collect();
        Ok(setup)
    }

    /// What is planted by turns; an error where that is nothing.
    fn schedule(&self, every: Duration) -> Result<Schedule<'_>, Failure> {
        if self.typologies.is_empty() {
            let text =
                "nothing can be planted for these typologies: `palermo canary list` says why";
            return Err(Failure::words(Exit::Content, text));
        }
        Ok(Schedule { planter: &self.planter, typologies: &self.typologies, every })
    }

    fn now(&self) -> EventTime {
        EventTime(self.clock.unix_ms())
    }

    fn ground(&self) -> Result<Topics<'_>, Failure> {
        let topic = |role| self.config.inputs.get(&role).cloned().unwrap_or_default();
        let (parties, payments) = (topic(TopicRole::Parties), topic(TopicRole::Payments));
        Ok(Topics { kafka: self.config.kafka()?, clock: &self.clock, parties, payments })
    }
}

/// The topics that the engine reads.
struct Topics<'a> {
    kafka: KafkaConfig,
    clock: &'a Arc<dyn Clock>,
    parties: String,
    payments: String,
}

impl Topics<'_> {
    fn send(&self, topic: &str, records: Vec<NewRecord>) -> Result<u64, LogError> {
        produce_all(&self.kafka, Arc::clone(self.clock), topic, records)
    }
}

impl Ground for Topics<'_> {
    fn plant(&mut self, round: &Round) -> Result<u64, LogError> {
        let now_ms = self.clock.unix_ms();
        let at = |record| NewRecord { timestamp_ms: Some(now_ms), ..record };
        let parties = round.parties.iter().map(|party| at(party_record(party))).collect();
        self.send(&self.parties, parties)?;
        let payment = |payment| payment_record(payment, now_ms, None);
        self.send(&self.payments, round.payments.iter().map(payment).collect())
    }

    fn end(&mut self, round: &Round) -> Result<(), LogError> {
        let timestamp_ms = Some(self.clock.unix_ms());
        let end = |party: &Party| NewRecord {
            key: Some(party.party.expose().clone().into_bytes()),
            timestamp_ms,
            ..NewRecord::default()
        };
        self.send(&self.parties, round.parties.iter().map(end).collect()).map(drop)
    }
}

/// `palermo canary list`.
pub(crate) fn list(arguments: &CanaryArgs, out: &mut Out) -> Result<Exit, Failure> {
    let setup = Setup::new(arguments)?;
    let mut rows = Vec::new();
    for typology in &setup.asked {
        let round = setup.planter.plant(typology, setup.now());
        match &round {
            _ if out.json() => {}
            Ok(round) => out.data(&format!(
                "{typology:<8} {:>4} payments over {:>4} d  {}",
                round.payments.len(),
                round.span().as_millis().div_euclid(86_400_000),
                round.test
            )),
            Err(why) => out.data(&format!("{typology:<8} none: {why}")),
        }
        rows.push(json!({
            "typology": typology,
            "test": round.as_ref().ok().map(|round| &round.test),
            "payments": round.as_ref().ok().map(|round| round.payments.len()),
            "why_not": round.as_ref().err().map(ToString::to_string),
        }));
    }
    if out.json() {
        out.json_data(&json!({"canaries": rows}));
    }
    Ok(Exit::Fine)
}

/// `palermo canary once`.
pub(crate) fn once(arguments: &CanaryOnceArgs, out: &mut Out) -> Result<Exit, Failure> {
    let setup = Setup::new(&arguments.which)?;
    // By the second: who asks twice gets another one.
    let schedule = setup.schedule(Duration::from_secs(1))?;
    palermo_runtime::reach(&setup.config.kafka.bootstrap)?;
    let mut ground = setup.ground()?;
    let round = schedule
        .turn(setup.now())
        .map_err(|why| Failure::words(Exit::Content, format!("nothing is planted: {why}")))?;
    let name = setup.config.outputs.get(&OutputTopic::Shadow).cloned().unwrap_or_default();
    let clock = Arc::clone(&setup.clock);
    let mut tail =
        Tail::open(&ground.kafka, clock, &name, Isolation::Committed, Scope::FromPresentEnd)?;
    let signals = Signals::listen()?;
    let began_ms = setup.clock.monotonic_ms();
    let sent = ground.plant(&round);
    if let Ok(sent) = &sent {
        out.talk(&format!("{}: {sent} payments planted (`{}`)", round.typology, round.test));
    }
    let wait_ms = u64::try_from(arguments.wait).unwrap_or(0).saturating_mul(1000);
    let until_ms = setup.clock.monotonic_ms().saturating_add(wait_ms);
    let waits = || !signals.stopped() && setup.clock.monotonic_ms() < until_ms;
    let mut look = || -> Result<bool, LogError> {
        let mut found = false;
        while !found && waits() {
            tail.poll(PAUSE, &mut |record| {
                found |= is_about(record.value.as_deref().unwrap_or_default(), &round);
            })?;
        }
        Ok(found)
    };
    let found = if sent.is_ok() { look() } else { Ok(false) };
    // Whatever came of it, its parties go.
    let ended = ground.end(&round);
    let (sent, found) = (sent?, found?);
    ended?;
    if signals.stopped() && !found {
        return Ok(signals.exit());
    }
    let took_ms = setup.clock.monotonic_ms().saturating_sub(began_ms);
    if out.json() {
        out.json_data(&json!({"typology": round.typology, "test": round.test, "payments": sent,
                              "found": found, "took_ms": took_ms}));
    } else if found {
        let (seconds, tenths) = (took_ms / 1000, took_ms % 1000 / 100);
        out.data(&format!("{} found {seconds}.{tenths} s after planting began", round.typology));
    } else {
        out.data(&format!(
            "{} NOT found within {} s: see docs/runbooks/PalermoCanaryMissed.md",
            round.typology, arguments.wait
        ));
    }
    Ok(if found { Exit::Fine } else { Exit::Findings })
}

/// Whether a record of the shadow topic is an alert about this canary.
fn is_about(value: &[u8], round: &Round) -> bool {
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(value) else { return false };
    let text = |pointer: &str| document.pointer(pointer).and_then(|text| text.as_str());
    let trigger = text("/data/when/triggered_by").unwrap_or("");
    text("/data/mode") == Some("canary")
        && text("/data/typology") == Some(round.typology.as_str())
        && trigger.starts_with(&round.prefix)
}

/// `palermo canary run`.
pub(crate) fn run(arguments: &CanaryArgs, out: &mut Out) -> Result<Exit, Failure> {
    let setup = Setup::new(arguments)?;
    let Some(every) = setup.config.canary_every else {
        let text = "`canary.every` is not set: put it into the configuration that the engine reads as \
                    well, so that its alarms know how often to expect a canary";
        return Err(Failure::words(Exit::Content, text));
    };
    let schedule = setup.schedule(every)?;
    palermo_ops::init_logs(setup.config.log_format, &setup.config.log_level)
        .map_err(|error| Failure::new(Exit::Environment, None, &error))?;
    let signals = Signals::listen()?;
    palermo_runtime::reach(&setup.config.kafka.bootstrap)?;
    let mut ground = setup.ground()?;
    let planted = schedule.keep(&mut ground, &|| signals.stopped(), setup.clock.as_ref());
    if out.json() {
        out.json_data(&json!({"planted": planted}));
    }
    Ok(signals.exit())
}
