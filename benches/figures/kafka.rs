//! From Kafka to committed alerts, and to readable ones.
//!
//! *Throughput*: topics that are complete; from the first applied payment to the commit that holds
//! the last, with the shipped rules and, over the same topics in turn, with [`PassThrough`] in the
//! place of the engine. *Latency*: payments at half of that rate, each stamped when it is sent; an
//! alert bears the stamp of the payment that decided it, and is read by a `read_committed` reader.

use palermo_benches::{
    Broker, PassThrough, Shipped, Work, figure, median_of, now, quantile, rate, setting,
};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_engine::port::Clock;
use palermo_engine::snapshot::NoSnapshots;
use palermo_engine::{Engine, Machine, Task};
use palermo_kafka::admin::{TopicPlan, create_topics};
use palermo_kafka::tools::{BulkProducer, Isolation, NewRecord, Scope, Tail, produce_all};
use palermo_kafka::{KafkaConfig, KafkaLog};
use palermo_runtime::SystemClock;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) fn figures(broker: &Broker, runs: usize) {
    let shipped = Shipped::load();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let work = Work::new(setting("PALERMO_BENCH_PAYMENTS", 300_000), 3);
    let feed = site(broker, "feed", None);
    eprintln!("kafka: {} payments of {} bytes", work.payments.len(), work.mean_bytes());
    produce(&feed, &clock, TopicRole::Parties, &work.parties);
    produce(&feed, &clock, TopicRole::Payments, &work.payments);
    let payments = work.payments.len();
    drop(work);
    let (mut pass, mut full) = (Vec::new(), Vec::new());
    // In turns, so that a slow minute of the machine hits both.
    for n in 0..runs.max(1) {
        let kafka = site(broker, &format!("pass-{n}"), Some(&feed));
        pass.push(catch_up::<PassThrough>(&kafka, &clock, &shipped, payments));
        let kafka = site(broker, &format!("full-{n}"), Some(&feed));
        full.push(catch_up::<Engine>(&kafka, &clock, &shipped, payments));
    }
    let median = |name: &str, values: Vec<f64>| {
        let runs = values.len();
        let mut values = values.into_iter();
        median_of(name, runs, || values.next().unwrap_or(f64::NAN))
    };
    let pass = median("pass-through", pass);
    let full = median("shipped rules", full);
    figure("kafka_pass_through", format!("{pass:.0}"), "payments/s");
    figure("kafka_to_committed_alerts_shipped_rules", format!("{full:.0}"), "payments/s");
    figure("kafka_shipped_rules_to_pass_through", format!("{:.3}", full / pass), "ratio");
    // What an engine keeps up with while producer, broker and reader have their part of the cores.
    let rate = setting("PALERMO_BENCH_RATE", (full / 2.0) as usize);
    latency(broker, &clock, &shipped, rate as f64);
}

/// Topics of its own; inputs of `reading` where given.
fn site(broker: &Broker, name: &str, reading: Option<&KafkaConfig>) -> KafkaConfig {
    let name = format!("bench-{}-{name}", std::process::id());
    let mut kafka = KafkaConfig::new(broker.bootstrap(), &name, &name);
    kafka.inputs.values_mut().for_each(|topic| *topic = format!("{name}.{topic}"));
    kafka.outputs.values_mut().for_each(|topic| *topic = format!("{name}.{topic}"));
    if let Some(other) = reading {
        kafka.inputs.clone_from(&other.inputs);
    }
    let plan = TopicPlan { replication: 1, ..TopicPlan::default() };
    create_topics(&kafka, &plan).expect("topics are made");
    kafka
}

fn produce(kafka: &KafkaConfig, clock: &Arc<dyn Clock>, role: TopicRole, records: &[NewRecord]) {
    produce_all(kafka, Arc::clone(clock), &kafka.inputs[&role], records.iter().cloned())
        .expect("records are sent");
}

fn open<M: Machine>(
    kafka: &KafkaConfig,
    clock: &Arc<dyn Clock>,
    shipped: &Shipped,
) -> (KafkaLog, Task<M>) {
    let mut log = KafkaLog::open(kafka.clone(), Arc::clone(clock)).expect("a log");
    let task = Task::open_with(
        &mut log,
        clock.as_ref(),
        shipped.task(kafka),
        Box::new(|_: &str| None),
        shipped.bundle.clone(),
        Box::new(NoSnapshots),
        &mut |_| ControlFlow::Continue(()),
    );
    (log, task.expect("a task"))
}

/// How many payments were applied.
fn applied<M: Machine>(task: &Task<M>) -> usize {
    let payments = task.machine().fates().iter().filter(|(p, _)| p.role == TopicRole::Payments);
    let counts: u64 = payments.flat_map(|(_, fates)| fates.counts).sum();
    usize::try_from(counts).unwrap_or(usize::MAX)
}

fn catch_up<M: Machine>(
    kafka: &KafkaConfig,
    clock: &Arc<dyn Clock>,
    shipped: &Shipped,
    payments: usize,
) -> f64 {
    let (mut log, mut task) = open::<M>(kafka, clock, shipped);
    let mut begun = None;
    loop {
        task.turn(&mut log, clock.as_ref()).expect("a turn");
        let so_far = applied(&task);
        // Parties come first and are not measured; what the first turns applied is left out.
        if so_far > 0 && begun.is_none() {
            begun = Some((now(), so_far));
        }
        if so_far >= payments {
            break;
        }
    }
    task.drain(&mut log, clock.as_ref()).expect("the last commit");
    let (begun, before) = begun.expect("payments");
    rate(payments - before, begun.elapsed())
}

/// Payments a second, steadily, with the reader of alerts beside it.
fn latency(broker: &Broker, clock: &Arc<dyn Clock>, shipped: &Shipped, per_second: f64) {
    let seconds = setting("PALERMO_BENCH_SECONDS", 20);
    let payments = (per_second * seconds as f64) as usize;
    // Many networks: quantiles need many alerts.
    let work = Work::new(payments, 400);
    let kafka = site(broker, "latency", None);
    produce(&kafka, clock, TopicRole::Parties, &work.parties);
    let done = AtomicBool::new(false);
    let mut waits: Vec<f64> = Vec::new();
    let (mut log, mut task) = open::<Engine>(&kafka, clock, shipped);
    // Parties are read before the load begins.
    while task.stats().preloading || task.stats().applied < work.parties.len() as u64 {
        task.turn(&mut log, clock.as_ref()).expect("a turn");
    }
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| read_alerts(&kafka, clock, &done));
        scope.spawn(|| {
            paced(&kafka, clock, &work.payments, per_second);
        });
        while applied(&task) < work.payments.len() || task.uncommitted() > 0 {
            task.turn(&mut log, clock.as_ref()).expect("a turn");
        }
        done.store(true, Ordering::Release);
        waits = reader.join().expect("the reader");
    });
    waits.sort_by(f64::total_cmp);
    eprintln!(
        "latency: {} alert revisions from {} payments at {per_second:.0} a second",
        waits.len(),
        work.payments.len()
    );
    assert!(waits.len() >= 100, "too few alerts for quantiles: {}", waits.len());
    figure("latency_load", format!("{per_second:.0}"), "payments/s");
    figure("latency_alerts", waits.len(), "alerts");
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
        let value = quantile(&waits, share);
        figure(&format!("latency_produce_to_readable_alert_{name}"), format!("{value:.0}"), "ms");
    }
}

/// Sends in steps of 5 ms; a record bears the time at which it is handed over.
fn paced(kafka: &KafkaConfig, clock: &Arc<dyn Clock>, payments: &[NewRecord], per_second: f64) {
    let mut producer = BulkProducer::open(kafka, Arc::clone(clock)).expect("a producer");
    let topic = &kafka.inputs[&TopicRole::Payments];
    let begun = now();
    let mut rest = payments.iter();
    let mut sent = 0_usize;
    loop {
        let due = (begun.elapsed().as_secs_f64() * per_second) as usize;
        for record in rest.by_ref().take(due.saturating_sub(sent)) {
            let stamped = NewRecord { timestamp_ms: Some(clock.unix_ms()), ..record.clone() };
            producer.send(topic, &stamped).expect("a payment is sent");
            sent += 1;
        }
        if sent >= payments.len() {
            break;
        }
        #[expect(clippy::disallowed_methods, reason = "half load is paced by the clock")]
        std::thread::sleep(Duration::from_millis(5));
    }
    producer.flush().expect("payments have arrived");
    let took = begun.elapsed().as_secs_f64();
    eprintln!("latency: sent {sent} payments in {took:.1} s");
}

/// Milliseconds from the stamp of each alert to when it was read.
fn read_alerts(kafka: &KafkaConfig, clock: &Arc<dyn Clock>, done: &AtomicBool) -> Vec<f64> {
    let topic = &kafka.outputs[&OutputTopic::Alerts];
    let mut tail =
        Tail::open(kafka, Arc::clone(clock), topic, Isolation::Committed, Scope::FromStart)
            .expect("a reader");
    let mut waits = Vec::new();
    let mut quiet = 0;
    // Once everything is committed, as long as something still comes.
    while quiet < 10 {
        let ended = done.load(Ordering::Acquire);
        let got = tail.poll(Duration::from_millis(20), &mut |record| {
            let wait = clock.unix_ms() - record.timestamp_ms;
            waits.push(wait as f64);
        });
        let none = got.expect("alerts can be read") == 0;
        quiet = if ended && none { quiet + 1 } else { 0 };
    }
    waits
}
