//! The engine alone: records in memory, the shipped rules, no log.

use palermo_benches::{Shipped, Work, figure, median_of, now, setting};
use palermo_domain::{Partition, TopicRole};
use palermo_engine::Engine;
use palermo_engine::port::RecordRef;
use palermo_kafka::KafkaConfig;
use palermo_kafka::tools::NewRecord;
use std::collections::BTreeMap;

pub(crate) fn figures(runs: usize) {
    let payments = setting("PALERMO_BENCH_PAYMENTS", 300_000);
    let shipped = Shipped::load();
    let cases = u16::try_from(setting("PALERMO_BENCH_CASES", 3)).unwrap_or(u16::MAX);
    let work = Work::new(payments, cases);
    eprintln!("memory: {} payments of {} bytes", work.payments.len(), work.mean_bytes());
    held("engine_bytes_held", &work, &shipped);
    let ns = median_of("engine", runs, || filled(&work, &shipped).0);
    figure("engine_in_memory_shipped_rules", format!("{ns:.0}"), "ns/payment");
    held("engine_bytes_held_25_an_account_uuids", &Work::dense(payments, 3), &shipped);
}

/// What is held after the last payment, in all and by part of the state, per payment.
fn held(name: &str, work: &Work, shipped: &Shipped) {
    let (_, engine) = filled(work, shipped);
    let counters = engine.totals();
    let each = |bytes: u64| bytes as f64 / counters.payments_held.max(1) as f64;
    let all = counters.state_bytes.values().sum::<u64>();
    figure(name, format!("{:.1}", each(all)), "bytes/payment");
    for (part, bytes) in &counters.state_bytes {
        figure(&format!("{name}_{part}"), format!("{:.1}", each(*bytes)), "bytes/payment");
    }
    eprintln!(
        "{name}: {} payments, {} customers, {} accounts named, {:.1} payments an account and side",
        counters.payments_held,
        work.parties.len(),
        work.accounts,
        counters.payments_held as f64 / work.accounts.max(1) as f64,
    );
}

/// Nanoseconds a payment, and the engine after the last one.
pub(crate) fn filled(work: &Work, shipped: &Shipped) -> (f64, Engine) {
    frozen_every(usize::MAX, work, shipped)
}

/// The same while a snapshot is held, and a new one taken every so many payments.
pub(crate) fn frozen_every(every: usize, work: &Work, shipped: &Shipped) -> (f64, Engine) {
    let config = shipped.task(&KafkaConfig::new("127.0.0.1:1", "bench", "bench")).engine;
    let start: BTreeMap<Partition, i64> = (0..4)
        .map(|index| (Partition { role: TopicRole::Payments, index }, 0))
        .chain([(Partition { role: TopicRole::Parties, index: 0 }, 0)])
        .collect();
    let mut engine = Engine::new(config, shipped.bundle.clone(), &start, None).expect("an engine");
    let mut next = start;
    let mut effects = Vec::new();
    let mut alerts = 0_usize;
    let (mut applied, mut frozen) = (0_usize, None);
    let mut apply = |role: TopicRole, record: &NewRecord| {
        let partition = Partition { role, index: record.partition.unwrap_or(0) };
        let position = next.entry(partition).or_default();
        let read = RecordRef {
            partition,
            offset: *position,
            timestamp_ms: record.timestamp_ms.unwrap_or(-1),
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: 0,
        };
        *position += 1;
        engine.apply(read, &mut effects).expect("it is applied");
        applied += 1;
        if applied.is_multiple_of(every) {
            frozen = Some(engine.freeze().expect("a state"));
        }
        alerts += effects.len();
        effects.clear();
    };
    work.parties.iter().for_each(|record| apply(TopicRole::Parties, record));
    let begun = now();
    work.payments.iter().for_each(|record| apply(TopicRole::Payments, record));
    let took = begun.elapsed();
    drop(frozen);
    assert!(alerts > 0, "nothing was detected");
    (took.as_nanos() as f64 / work.payments.len().max(1) as f64, engine)
}
