//! `palermo synth`: payments, parties and the truth about them.
//!
//! Promise: the same arguments give the same bytes, in files as on topics. Payments are written as
//! they are made: memory does not grow with their number.

use crate::args::{SynthArgs, WorldArgs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_codec::{encode_party, encode_payment};
use palermo_domain::TopicRole;
use palermo_engine::port::Clock;
use palermo_kafka::tools::{BulkProducer, NewRecord};
use palermo_runtime::SystemClock;
use palermo_synth::{
    Case, CaseKind, Config, Evasion, Leg, Lookalikes, Member, Node, Noise, Planted, Society,
    Statistics, World, lookalikes, typologies,
};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The world of a demo.
pub(crate) fn world(arguments: &WorldArgs) -> Result<World, Failure> {
    made(&Config {
        seed: arguments.seed,
        accounts: arguments.accounts,
        days: arguments.days,
        ..Config::default()
    })
}

fn made(config: &Config) -> Result<World, Failure> {
    World::new(config).map_err(|error| Failure::new(Exit::Usage, None, &error))
}

/// What the arguments describe.
fn described(arguments: &SynthArgs) -> Result<Config, Failure> {
    let WorldArgs { seed, accounts, days } = arguments.world;
    let start = arguments.start;
    if arguments.proof {
        let proof = Config::proof(seed);
        let days = days.max(proof.days);
        return Ok(Config { accounts, days, start, ..proof });
    }
    let default = |given: Option<u16>, others: bool, usual: u16| {
        given.unwrap_or(if others { 0 } else { usual })
    };
    let mut planted = Planted::demo(default(arguments.planted, !arguments.typology.is_empty(), 3));
    for (name, n) in &arguments.typology {
        planted = match name.as_str() {
            "all" => Planted::each(*n),
            _ => planted.with(name, *n).ok_or_else(|| unknown(name, typologies()))?,
        };
    }
    let mut alike =
        Lookalikes::demo(default(arguments.lookalikes, !arguments.lookalike.is_empty(), 1));
    for (name, n) in &arguments.lookalike {
        alike = match name.as_str() {
            "all" => Lookalikes::each(*n),
            _ => alike.with(name, *n).ok_or_else(|| unknown(name, lookalikes().map(|l| l.0)))?,
        };
    }
    Ok(Config {
        seed,
        accounts,
        days,
        start,
        planted,
        lookalikes: alike,
        society: if arguments.full { Society::Full } else { Society::Small },
        noise: if arguments.noise { Noise::FIXED } else { Noise::NONE },
        evading_per_mille: arguments.evading,
        shared_per_mille: arguments.shared,
        ..Config::default()
    })
}

fn unknown(name: &str, known: impl Iterator<Item = &'static str>) -> Failure {
    let known: Vec<&str> = known.collect();
    Failure::words(Exit::Usage, format!("there is no `{name}`; there are {}", known.join(", ")))
}

/// `palermo synth`.
pub(crate) fn synth(arguments: &SynthArgs, out: &mut Out) -> Result<Exit, Failure> {
    let world = made(&described(arguments)?)?;
    let statistics = arguments.statistics.then(|| world.statistics());
    if let Some(statistics) = &statistics
        && !out.json()
    {
        out.data(&statistics.to_string());
    }
    let written = match &arguments.out {
        Some(folder) => write_files(&world, folder)?,
        None if arguments.produce => produce(&world, arguments)?,
        None => {
            if let Some(statistics) = &statistics
                && out.json()
            {
                out.json_data(&statistics_json(statistics));
            }
            return Ok(Exit::Fine);
        }
    };
    let truth = match (&arguments.truth, &arguments.out) {
        (Some(path), _) => path.clone(),
        (None, folder) => folder.clone().unwrap_or_default().join("truth.json"),
    };
    let text = format!("{:#}\n", truth_json(&world));
    std::fs::write(&truth, text).map_err(|error| cannot_write(&truth, &error))?;
    if out.json() {
        out.json_data(&json!({"payments": written.payments, "parties": written.parties,
                              "to": written.to, "truth": truth,
                              "statistics": statistics.as_ref().map(statistics_json)}));
    } else {
        out.data(&format!(
            "{} payments and {} parties to {}, the truth to {}",
            written.payments,
            written.parties,
            written.to,
            truth.display()
        ));
    }
    Ok(Exit::Fine)
}

struct Written {
    payments: u64,
    parties: u64,
    to: String,
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::words(Exit::Environment, format!("cannot write `{}`: {error}", path.display()))
}

fn write_files(world: &World, folder: &Path) -> Result<Written, Failure> {
    std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let path = |name: &str| -> PathBuf { folder.join(name) };
    let parties = lines(&path("parties.jsonl"), world.parties(), |party, line| {
        encode_party(&party, line);
    })?;
    let payments = lines(&path("payments.jsonl"), world.payments(), |payment, line| {
        encode_payment(&payment, line);
    })?;
    Ok(Written { payments, parties, to: folder.display().to_string() })
}

/// One JSON object a line; returns how many.
fn lines<T>(
    path: &Path,
    items: impl Iterator<Item = T>,
    encode: impl Fn(T, &mut Vec<u8>),
) -> Result<u64, Failure> {
    let wrap = |error| cannot_write(path, &error);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).map_err(wrap)?);
    let (mut line, mut count) = (Vec::with_capacity(1024), 0_u64);
    for item in items {
        line.clear();
        encode(item, &mut line);
        line.push(b'\n');
        file.write_all(&line).map_err(wrap)?;
        count = count.saturating_add(1);
    }
    file.flush().map_err(wrap)?;
    Ok(count)
}

fn produce(world: &World, arguments: &SynthArgs) -> Result<Written, Failure> {
    let config = crate::config::read(&arguments.config.config)?;
    palermo_runtime::reach(&config.kafka.bootstrap)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut producer = BulkProducer::open(&config.kafka()?, clock)?;
    let topic = |role: TopicRole| config.inputs.get(&role).cloned().unwrap_or_default();
    let mut parties: u64 = 0;
    for party in world.parties() {
        producer.send(&topic(TopicRole::Parties), &party_record(&party))?;
        parties = parties.saturating_add(1);
    }
    let payments_topic = topic(TopicRole::Payments);
    let mut payments: u64 = 0;
    for payment in world.payments() {
        producer.send(&payments_topic, &payment_record(&payment, payment.event_time.0, None))?;
        payments = payments.saturating_add(1);
    }
    producer.flush()?;
    let to = format!("topics `{payments_topic}` and `{}`", topic(TopicRole::Parties));
    Ok(Written { payments, parties, to })
}

/// A party as a record, keyed by its id, at the time from which it holds.
pub(crate) fn party_record(party: &palermo_domain::Party) -> NewRecord {
    let mut value = Vec::with_capacity(512);
    encode_party(party, &mut value);
    NewRecord {
        key: Some(party.party.expose().clone().into_bytes()),
        value: Some(value),
        timestamp_ms: Some(party.as_of.0),
        ..NewRecord::default()
    }
}

/// A payment as a record, keyed by its id.
pub(crate) fn payment_record(
    payment: &palermo_domain::Payment<'_>,
    timestamp_ms: i64,
    partition: Option<i32>,
) -> NewRecord {
    let mut value = Vec::with_capacity(640);
    encode_payment(payment, &mut value);
    NewRecord {
        partition,
        key: Some(payment.payment_id.expose().as_bytes().to_vec()),
        value: Some(value),
        timestamp_ms: Some(timestamp_ms),
        ..NewRecord::default()
    }
}

/// The answer sheet as a document.
pub(crate) fn truth_json(world: &World) -> Value {
    let config = world.config();
    let cases: Vec<Value> = world.truth().iter().map(case_json).collect();
    json!({
        "schema": "palermo.truth/v1",
        "seed": config.seed,
        "accounts": config.accounts,
        "days": config.days,
        "start": config.start.to_string(),
        "currency": config.currency.as_str(),
        "noise": {
            "missing_per_mille": config.noise.missing_per_mille,
            "amount_percent": config.noise.amount_percent,
            "unseen_per_mille": config.noise.unseen_per_mille,
        },
        "evading_per_mille": config.evading_per_mille,
        "shared_per_mille": config.shared_per_mille,
        "cases": cases,
    })
}

/// The statistics of ordinary life as a document.
fn statistics_json(of: &Statistics) -> Value {
    let kinds = of.kinds.iter().map(|(name, kind)| {
        let value = json!({
            "count": kind.count,
            "monthly_hundredths": kind.monthly_hundredths,
            "mean_cents": kind.mean_cents,
            "quantiles_cents": kind.quantiles,
        });
        ((*name).to_owned(), value)
    });
    json!({
        "payments": of.payments,
        "people": of.people,
        "days": of.days,
        "kinds": kinds.collect::<serde_json::Map<String, Value>>(),
        "shop_hours": of.shop_hours,
        "phone_hours": of.phone_hours,
        "cash_hours": of.cash_hours,
        "weekdays": of.weekdays,
        "out_degree": of.out_degree,
        "in_degree": of.in_degree,
        "out_tail": of.out_tail,
        "in_tail": of.in_tail,
        "gap_mean_tenths": of.gap_mean_tenths,
        "gap_deviation_percent": of.gap_deviation_percent,
    })
}

fn case_json(case: &Case) -> Value {
    let (kind, name, suppressor) = match case.kind {
        CaseKind::Planted => ("planted", None, None),
        CaseKind::Lookalike { name, suppressor } => ("lookalike", Some(name), suppressor),
    };
    let members: Vec<Value> = case.members.iter().map(member_json).collect();
    json!({
        "id": case.id,
        "kind": kind,
        "name": name,
        "suppressor": suppressor,
        "typology": case.typology,
        "anchor": case.anchor.anchor(),
        "holder": case.holder,
        "accounts": case.accounts,
        "members": members,
        "first": case.first.to_string(),
        "last": case.last.to_string(),
        "complete": case.complete.map(|at| at.to_string()),
        "decidable": case.decidable.map(|at| at.to_string()),
        "evading": case.evading.map(Evasion::as_str),
        "shares": case.shares,
        "payments": case.payments,
        "legs": case.legs.iter().map(leg_json).collect::<Vec<Value>>(),
    })
}

fn leg_json(leg: &Leg) -> Value {
    json!({"payment": leg.payment, "at": leg.at.to_string(), "step": leg.step, "cents": leg.cents})
}

fn member_json(member: &Member) -> Value {
    let entity = match &member.node {
        Node::Account(_) => "account",
        Node::Party(_) => "party",
    };
    json!({"entity": entity, "key": member.node.key(), "role": member.role.as_str(),
           "function": member.function})
}
