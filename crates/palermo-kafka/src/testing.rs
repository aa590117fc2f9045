//! What only tests want: transactions that are aborted, or left open, as an upstream producer in
//! trouble would.

use crate::config::KafkaConfig;
use crate::error::general;
use crate::tools::{NewRecord, drain, send};
use crate::watch::Deliveries;
use palermo_engine::port::{Clock, LogError};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::producer::{BaseProducer, Producer};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);

/// A producer whose transactions end as the test says. Dropped inside one, it leaves it open until
/// the broker ends it by its age.
pub struct TransactionalProducer {
    producer: BaseProducer<Deliveries>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for TransactionalProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransactionalProducer").finish_non_exhaustive()
    }
}

impl TransactionalProducer {
    /// Opens a producer under this identity and fences earlier ones.
    pub fn open(config: &KafkaConfig, clock: Arc<dyn Clock>, id: &str) -> Result<Self, LogError> {
        config.check()?;
        let native = config.transactional("test", id);
        let producer = BaseProducer::from_config_and_context(&native, Deliveries::default())
            .map_err(|error| general("making a producer", &error))?;
        producer
            .init_transactions(PATIENCE)
            .map_err(|error| general("fencing a producer", &error))?;
        Ok(Self { producer, clock })
    }

    /// Begins a transaction.
    pub fn begin(&mut self) -> Result<(), LogError> {
        self.producer.begin_transaction().map_err(|error| general("beginning", &error))
    }

    /// Sends a record in it.
    pub fn send(&mut self, topic: &str, record: &NewRecord) -> Result<(), LogError> {
        send(&self.producer, topic, record)
    }

    /// Waits until everything sent is on the broker, still undecided.
    pub fn flush(&mut self) -> Result<(), LogError> {
        drain(&self.producer, self.clock.as_ref())
    }

    /// Makes it visible.
    pub fn commit(&mut self) -> Result<(), LogError> {
        self.flush()?;
        self.producer.commit_transaction(PATIENCE).map_err(|error| general("committing", &error))
    }

    /// Makes it void; what was sent takes offsets all the same.
    pub fn abort(&mut self) -> Result<(), LogError> {
        self.flush()?;
        self.producer.abort_transaction(PATIENCE).map_err(|error| general("aborting", &error))
    }
}
