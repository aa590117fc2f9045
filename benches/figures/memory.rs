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
    let work = Work::new(payments, 3);
    eprintln!("memory: {} payments of {} bytes", work.payments.len(), work.mean_bytes());
    let shipped = Shipped::load();
    let ns = median_of("engine", runs, || one(&work, &shipped));
    figure("engine_in_memory_shipped_rules", format!("{ns:.0}"), "ns/payment");
}

fn one(work: &Work, shipped: &Shipped) -> f64 {
    let config = shipped.task(&KafkaConfig::new("127.0.0.1:1", "bench", "bench")).engine;
    let start: BTreeMap<Partition, i64> = (0..4)
        .map(|index| (Partition { role: TopicRole::Payments, index }, 0))
        .chain([(Partition { role: TopicRole::Parties, index: 0 }, 0)])
        .collect();
    let mut engine = Engine::new(config, shipped.bundle.clone(), &start, None).expect("an engine");
    let mut next = start;
    let mut effects = Vec::new();
    let mut alerts = 0_usize;
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
        alerts += effects.len();
        effects.clear();
    };
    work.parties.iter().for_each(|record| apply(TopicRole::Parties, record));
    let begun = now();
    work.payments.iter().for_each(|record| apply(TopicRole::Payments, record));
    let took = begun.elapsed();
    assert!(alerts > 0, "nothing was detected");
    took.as_nanos() as f64 / work.payments.len().max(1) as f64
}
