//! Where the demo plays: a real Kafka, or the in-memory log behind the same port.

use crate::exit::Failure;
use crate::synth::{party_record, payment_record};
use palermo_domain::{OutputTopic, Partition, Party, TopicRole};
use palermo_engine::port::{Clock, LogError};
use palermo_engine::{Delivering, MemoryBroker};
use palermo_kafka::admin::{self, TopicPlan};
use palermo_kafka::tools::{BulkProducer, Isolation, NewRecord, read_all};
use palermo_kafka::{KafkaConfig, KafkaLog};
use palermo_runtime::{Config, Opened, SystemClock};
use palermo_synth::Record;
use std::sync::Arc;

/// Partitions of `payments`.
pub(crate) const PARTITIONS: u16 = 4;

/// A log to play on.
pub(crate) enum Place {
    /// No broker.
    Memory { broker: MemoryBroker },
    /// A broker, with topics of the demo's own.
    Kafka { config: Box<KafkaConfig>, clock: Arc<dyn Clock>, clean: bool },
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Memory { .. } => "Memory",
            Self::Kafka { .. } => "Kafka",
        })
    }
}

/// Writes the input.
pub(crate) enum Writer<'a> {
    Memory(&'a MemoryBroker),
    Kafka(Box<BulkProducer>, &'a KafkaConfig),
}

fn partition(role: TopicRole, index: u16) -> Partition {
    Partition { role, index: i32::from(index) }
}

impl Place {
    /// Without a broker.
    pub(crate) fn memory() -> Self {
        let others = [TopicRole::Control, TopicRole::Lists, TopicRole::Parties];
        let payments = (0..PARTITIONS).map(|index| partition(TopicRole::Payments, index));
        let all = payments.chain(others.map(|role| partition(role, 0)));
        Self::Memory { broker: MemoryBroker::new(all) }
    }

    /// On a broker; makes the topics.
    pub(crate) fn kafka(config: &Config, clean: bool) -> Result<Self, Failure> {
        let kafka = config.kafka()?;
        let plan = TopicPlan { payments_partitions: i32::from(PARTITIONS), ..TopicPlan::default() };
        admin::create_topics(&kafka, &plan)?;
        Ok(Self::Kafka { config: Box::new(kafka), clock: Arc::new(SystemClock::new()), clean })
    }

    /// What the first line says.
    pub(crate) fn first_line(&self) -> String {
        match self {
            Self::Memory { .. } => "palermo demo: in-memory log, not Kafka: no broker was given \
                                    (`make demo` starts one where Java runs)"
                .to_owned(),
            Self::Kafka { config, clean, .. } => {
                let end = if *clean { "deleted at the end" } else { "kept" };
                let task = &config.task;
                format!("palermo demo: Kafka at {}, topics `{task}.*`, {end}", config.bootstrap)
            }
        }
    }

    /// Begins to write the input.
    pub(crate) fn writer(&self) -> Result<Writer<'_>, Failure> {
        Ok(match self {
            Self::Memory { broker } => Writer::Memory(broker),
            Self::Kafka { config, clock, .. } => {
                let producer = BulkProducer::open(config, Arc::clone(clock))?;
                Writer::Kafka(Box::new(producer), config)
            }
        })
    }

    /// A log for the task.
    pub(crate) fn open(&self, task: &str) -> Result<Opened, LogError> {
        Ok(match self {
            Self::Memory { broker } => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "an empty log in memory waits as a broker would"
                )]
                let log = broker.log(task, Delivering::default()).with_idle(std::thread::sleep);
                Opened { log: Box::new(log), reading: Box::new(|| true) }
            }
            Self::Kafka { config, clock, .. } => {
                let log = KafkaLog::open((**config).clone(), Arc::clone(clock))?;
                let health = log.health();
                let reading = move || health.is_assigned() && health.is_connected();
                Opened { log: Box::new(log), reading: Box::new(reading) }
            }
        })
    }

    /// Values of what was published and committed, in order.
    pub(crate) fn published(&self, topic: OutputTopic) -> Result<Vec<Vec<u8>>, Failure> {
        Ok(match self {
            Self::Memory { broker } => {
                let all = broker.published(topic).into_iter();
                all.filter_map(|published| published.record.value).collect()
            }
            Self::Kafka { config, clock, .. } => {
                let name = config.outputs.get(&topic).cloned().unwrap_or_default();
                let all = read_all(config, Arc::clone(clock), &name, Isolation::Committed)?;
                all.into_iter().filter_map(|record| record.value).collect()
            }
        })
    }

    /// Removes the demo's topics.
    pub(crate) fn clean(&self) -> Result<(), Failure> {
        if let Self::Kafka { config, clean: true, .. } = self {
            let names: Vec<&str> =
                config.inputs.values().chain(config.outputs.values()).map(String::as_str).collect();
            admin::delete_topics(config, &names)?;
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// A party.
    pub(crate) fn party(&mut self, party: &Party) -> Result<(), Failure> {
        self.send(TopicRole::Parties, 0, party_record(party))
    }

    /// A payment as it is delivered.
    pub(crate) fn payment(&mut self, record: &Record) -> Result<(), Failure> {
        let index = i32::from(record.partition);
        let new = payment_record(&record.payment, record.ingest.0, Some(index));
        self.send(TopicRole::Payments, record.partition, new)
    }

    fn send(&mut self, role: TopicRole, index: u16, record: NewRecord) -> Result<(), Failure> {
        match self {
            Self::Memory(broker) => {
                let at = record.timestamp_ms.unwrap_or(-1);
                let (key, value) = (record.key.as_deref(), record.value.as_deref());
                broker.produce(partition(role, index), at, key, value);
            }
            Self::Kafka(producer, config) => {
                let topic = config.inputs.get(&role).map_or("", String::as_str);
                producer.send(topic, &record)?;
            }
        }
        Ok(())
    }

    /// Waits until everything is there.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        if let Self::Kafka(mut producer, _) = self {
            producer.flush()?;
        }
        Ok(())
    }
}
