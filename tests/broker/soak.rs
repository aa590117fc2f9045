//! `make soak`: a steady feed, the whole rule library, snapshots on, and a SIGKILL every minute; beside
//! it a second task reads the same topics undisturbed. At the end both have published the same.
//!
//! Sees: a lost, doubled or altered output after any of many kills, memory that grows beyond what the
//! state explains, a recovery that becomes slower. Part of no other run: it takes as long as it is told
//! (`PALERMO_SOAK_MINUTES`, at `PALERMO_SOAK_RATE` payments a second).
//!
//! The payments are those of one simulated world over 1000 days, in one partition, so that the order of
//! reading is that of the log, whenever it is read. Event time runs faster than ours: the horizon is
//! passed after a tenth of the run, the evidence horizon before its half. Bounded: records that no
//! snapshot of either task needs are deleted once a minute.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE};
use palermo_codec::{encode_party, encode_payment};
use palermo_domain::{OutputTopic, Partition, TopicRole};
use palermo_kafka::admin::{self, TopicPlan};
use palermo_kafka::tools::{BulkProducer, Isolation, NewRecord, ReadRecord, Scope, Tail};
use palermo_synth::{Config, Lookalikes, Planted, World};
use palermo_tests::{Chance, Engine, Follow, Site, clock, oracle, wait_until};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Whether it was asked for.
pub(crate) fn is_wanted() -> bool {
    number("PALERMO_SOAK_MINUTES").is_some()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Payments that an ordinary account of the simulator makes in a thousand days.
const PAYMENTS_PER_ACCOUNT: u64 = 500;
/// How often the feed sends.
const BEAT: Duration = Duration::from_millis(20);
/// What memory may gain in the last quarter beyond what the state says it holds.
const SLACK_BYTES: f64 = 64e6;

/// The feed, on a thread of its own.
struct Feeding {
    sent: Arc<AtomicI64>,
    thread: JoinHandle<()>,
}

/// A small world that lasts for the whole run.
fn world(seed: u64, payments: u64) -> World {
    let accounts = (payments / PAYMENTS_PER_ACCOUNT).clamp(200, 10_000_000);
    World::new(&Config {
        seed,
        accounts: u32::try_from(accounts).expect("clamped"),
        days: 1_000,
        planted: Planted::demo(20),
        lookalikes: Lookalikes::demo(5),
        ..Config::default()
    })
    .expect("a world")
}

/// Sends the customers, then payments at a steady rate until it is over.
fn feed(site: &Site, seed: u64, rate: u64, over: Duration) -> Feeding {
    let sent = Arc::new(AtomicI64::new(0));
    let (kafka, count) = (site.kafka().clone(), Arc::clone(&sent));
    let world = world(seed, rate * over.as_secs());
    let mut bulk = BulkProducer::open(&kafka, clock()).expect("a producer");
    for party in world.parties() {
        let mut value = Vec::new();
        encode_party(&party, &mut value);
        let timestamp_ms = Some(party.as_of.0);
        let record = NewRecord { value: Some(value), timestamp_ms, ..NewRecord::default() };
        bulk.send(&kafka.inputs[&TopicRole::Parties], &record).expect("a party is sent");
    }
    bulk.flush().expect("the customers have arrived");
    let thread = std::thread::spawn(move || {
        let topic = &kafka.inputs[&TopicRole::Payments];
        let begun = Instant::now();
        for (number, payment) in (0_u64..).zip(world.payments()) {
            let due = Duration::from_micros(number * 1_000_000 / rate);
            if due >= over {
                break;
            }
            while begun.elapsed() < due {
                bulk.flush().expect("payments arrive");
                std::thread::sleep(BEAT);
            }
            let mut value = Vec::new();
            encode_payment(&payment, &mut value);
            let timestamp_ms = Some(payment.event_time.0);
            let record = NewRecord {
                partition: Some(0),
                value: Some(value),
                timestamp_ms,
                ..NewRecord::default()
            };
            bulk.send(topic, &record).expect("a payment is sent");
            count.fetch_add(1, Ordering::AcqRel);
        }
        bulk.flush().expect("everything has arrived");
    });
    Feeding { sent, thread }
}

/// The settings of both tasks.
fn site(ground: &Ground, name: &str) -> Site {
    Site::new(&ground.broker, name)
        .set("rules.environment", "prod")
        .set("state.snapshot_every", "20s")
}

/// What is measured of a process.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    resident: f64,
    state: f64,
}

fn memory(engine: &Engine) -> Memory {
    let status = std::fs::read_to_string(format!("/proc/{}/status", engine.pid()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    let page = engine.get("/metrics").map(|(_, page)| page).unwrap_or_default();
    let values = page
        .lines()
        .filter(|line| line.starts_with("palermo_state_bytes{"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    Memory { resident: kb.unwrap_or(0.0) * 1024.0, state: values.sum() }
}

/// Kills, starts again, and measures until it is ready and has published something new.
fn kill(site: &Site, engine: Engine, alerts: &mut Tail) -> (Engine, f64, Option<f64>) {
    engine.kill();
    let mut new = 0;
    let mut count = |_: ReadRecord| new += 1;
    alerts.poll(Duration::from_millis(200), &mut count).expect("alerts can be read");
    let begun = Instant::now();
    let mut engine = Engine::start(BINARY, site, &[]);
    engine.wait_ready(PATIENCE);
    let ready = begun.elapsed().as_secs_f64();
    let mut first = None;
    while first.is_none() && begun.elapsed() < Duration::from_secs(30) {
        let mut new = 0;
        alerts.poll(Duration::from_millis(20), &mut |_| new += 1).expect("alerts can be read");
        first = (new > 0).then(|| begun.elapsed().as_secs_f64());
    }
    (engine, ready, first)
}

/// The position of payments that the oldest snapshot of a task reaches; none before the first.
fn needed(site: &Site) -> Option<i64> {
    let output = Command::new(BINARY)
        .args(["state", "inspect", "--format", "json", "--config"])
        .arg(site.config_file())
        .output()
        .expect("the command runs");
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    let snapshots = said["snapshots"].as_array()?;
    if snapshots.len() < 2 {
        return None;
    }
    snapshots.iter().filter_map(|one| one["positions"]["payments/0"].as_i64()).min()
}

/// Deletes what neither task needs any more.
fn trim(sites: [&Site; 2]) -> i64 {
    let Some(before) = sites.map(needed).into_iter().min().flatten() else { return 0 };
    let [site, _] = sites;
    let topic = site.input(TopicRole::Payments);
    admin::delete_records(site.kafka(), topic, 0, before).expect("records are deleted");
    before
}

fn median_and_worst(mut all: Vec<f64>) -> String {
    all.sort_by(f64::total_cmp);
    match (all.get(all.len() / 2), all.last()) {
        (Some(median), Some(worst)) => {
            format!("median {median:.2} s, worst {worst:.2} s, of {}", all.len())
        }
        _ => "never".to_owned(),
    }
}

/// The same records under one name of the task, which alerts hold.
fn under_one_name(site: &Site, topic: OutputTopic) -> Vec<ReadRecord> {
    let rename = |bytes: Vec<u8>| {
        String::from_utf8_lossy(&bytes).replace(&site.kafka().task, "the-task").into_bytes()
    };
    let records = site.read(site.output(topic), Isolation::Committed);
    records
        .into_iter()
        .map(|one| ReadRecord { value: one.value.map(rename), key: one.key.map(rename), ..one })
        .collect()
}

fn caught_up(engine: &mut Engine, follow: &mut Follow, sent: i64) {
    wait_until("it has read everything", PATIENCE, || {
        assert!(engine.is_running(), "it ended:\n{}", engine.stderr());
        follow.refresh();
        follow.payments() >= sent
    });
}

/// The run.
pub(crate) fn soak(ground: &Ground) {
    let seed = Chance::seed_of_the_run();
    println!("seed {seed}; PALERMO_SEED={seed} draws the same payments and moments");
    let minutes = number("PALERMO_SOAK_MINUTES").unwrap_or(60).max(1);
    let rate = number("PALERMO_SOAK_RATE").unwrap_or(2_500).max(1);
    let mut chance = Chance::new(seed);
    let killed = site(ground, "soak-k");
    let plan = TopicPlan {
        payments_partitions: 1,
        output_partitions: 2,
        replication: 1,
        ..TopicPlan::default()
    };
    let segments = [("retention.ms", "-1"), ("segment.bytes", "67108864")];
    admin::create_topic(killed.kafka(), killed.input(TopicRole::Payments), 1, &segments)
        .expect("made");
    admin::create_topics(killed.kafka(), &plan).expect("topics are made");
    let calm = site(ground, "soak-c").reading_apart(&killed);
    admin::create_topics(calm.kafka(), &plan).expect("topics are made");
    let over = Duration::from_secs(minutes * 60);
    let feeding = feed(&killed, seed, rate, over);
    let mut calm_engine = Engine::start(BINARY, &calm, &["--start", "earliest"]);
    let mut engine = Engine::start(BINARY, &killed, &["--start", "earliest"]);
    let mut follow = killed.follow();
    let topic = killed.output(OutputTopic::Alerts);
    let mut alerts =
        Tail::open(killed.kafka(), clock(), topic, Isolation::Committed, Scope::FromStart)
            .expect("alerts");
    let (mut ready, mut first, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    let begun = Instant::now();
    for minute in 1..=minutes {
        let within = Duration::from_secs(minute * 60 - 50 + chance.below(15));
        std::thread::sleep(within.saturating_sub(begun.elapsed()));
        let (again, to_ready, to_first) = kill(&killed, engine, &mut alerts);
        engine = again;
        ready.push(to_ready);
        first.extend(to_first);
        std::thread::sleep(Duration::from_secs(minute * 60).saturating_sub(begun.elapsed()));
        follow.refresh();
        let (sent, at) = (feeding.sent.load(Ordering::Acquire), follow.payments());
        samples.push(memory(&calm_engine));
        let (one, other) = (samples[samples.len() - 1], memory(&engine));
        let shown = to_first.map_or("none in 30 s".to_owned(), |s| format!("{s:.2} s"));
        println!(
            "minute {minute}: sent {sent}, lag {} records; undisturbed {:.0} MB resident, {:.0} MB of state; \
             killed {:.0} MB; ready {to_ready:.2} s after the kill, first alert {shown}; deleted to {}",
            sent - at,
            one.resident / 1e6,
            one.state / 1e6,
            other.resident / 1e6,
            trim([&killed, &calm])
        );
    }
    feeding.thread.join().expect("the feed ends");
    let sent = feeding.sent.load(Ordering::Acquire);
    caught_up(&mut engine, &mut follow, sent);
    caught_up(&mut calm_engine, &mut calm.follow(), sent);
    for ended in [engine, calm_engine] {
        let exit = ended.terminate(PATIENCE);
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    }
    println!("kill to ready: {}", median_and_worst(ready));
    println!("kill to first alert: {}", median_and_worst(first));
    same(&calm, &killed);
    flat(&samples, sent);
}

/// What both published, and where they got to.
fn same(calm: &Site, killed: &Site) {
    let mut complaints = Vec::new();
    let mut compared = 0;
    for topic in OutputTopic::ALL.into_iter().filter(|topic| *topic != OutputTopic::Progress) {
        let (expected, found) = (under_one_name(calm, topic), under_one_name(killed, topic));
        compared += expected.len();
        complaints.extend(oracle::same_records(topic.as_str(), &expected, &found));
    }
    let (a, b) = (calm.progress(), killed.progress());
    complaints.extend(oracle::chained(&a));
    complaints.extend(oracle::chained(&b));
    complaints.extend(oracle::all_closed(&killed.ends()));
    let partition = Partition { role: TopicRole::Payments, index: 0 };
    let last = |progress: &[palermo_codec::Progress]| {
        let last = progress.last().expect("progress");
        (last.positions[&partition], last.fates.get(&partition).copied())
    };
    assert_eq!(last(&a), last(&b), "positions and fates");
    assert_eq!(complaints, Vec::<String>::new());
    assert!(compared > 0, "nothing was compared");
    println!("{compared} records of outputs are the same, {} commits and {}", a.len(), b.len());
}

/// In the last quarter memory grows by no more than the state does.
fn flat(samples: &[Memory], sent: i64) {
    let quarter = (samples.len() * 3 / 4).saturating_sub(1);
    let (Some(last), Some(then)) = (samples.last(), samples.get(quarter)) else { return };
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let per_payment = last.resident / sent as f64;
    println!(
        "resident {:.0} MB, state {:.0} MB; three quarters through {:.0} and {:.0} MB; {per_payment:.0} bytes \
         resident per payment sent",
        last.resident / 1e6,
        last.state / 1e6,
        then.resident / 1e6,
        then.state / 1e6
    );
    let unexplained = (last.resident - then.resident) - (last.state - then.state).max(0.0);
    assert!(unexplained < SLACK_BYTES, "{:.0} MB are not explained", unexplained / 1e6);
}
