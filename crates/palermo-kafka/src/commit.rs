//! One Kafka transaction per commit, in the order that was measured to cost milliseconds:
//! begin, send everything, **drain** (poll until nothing is in flight), **then** the input
//! positions, **then** commit.
//!
//! After an abortable error the same batch is sent again: the engine's state already contains it,
//! so nothing is rewound. After anything whose outcome is unknown the publisher is spent: it
//! refuses further work, and a new one fences it and recovers.
//!
//! The client sends a request again by itself when its connection breaks or no answer comes. The first
//! copy may still arrive, and the protocol that the client speaks cannot tell it from one of the next
//! transaction, which it would end in the middle (KAFKA-17754). So after a transaction in which a
//! connection broke or an answer took too long, however it ended, the producer is made anew before the
//! next one: that raises the epoch, and the broker refuses what is late.
//!
//! Cost: 4 to 10 ms a commit, of which the drain is most; an empty commit costs nothing.

use crate::config::KafkaConfig;
use crate::error::{
    CommitFacts, CommitStep, TOO_LARGE, commit_step, general, recover, refused, stop, text,
};
use crate::probe::missing;
use crate::watch::{Deliveries, Name};
use palermo_engine::port::{Batch, Clock, LogError, OutRecord};
use rdkafka::TopicPartitionList;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, PurgeConfig};
use std::sync::Arc;
use std::time::Duration;

/// How often one batch is tried before the publisher gives up.
const ATTEMPTS: u32 = 3;
/// Granularity of the drain.
const TICK: Duration = Duration::from_millis(1);
/// How long a purge may take before an abort.
const PURGE_MS: u64 = 5_000;

/// The writing half of the log.
pub(crate) struct Publisher {
    producer: BaseProducer<Deliveries>,
    config: KafkaConfig,
    clock: Arc<dyn Clock>,
    /// Something of an earlier transaction may still be on its way.
    late: bool,
    /// No further work: another engine has taken over, or the outcome of something is unknown.
    spent: Option<Spent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spent {
    Fenced,
    Unknown,
}

/// How one attempt ended.
enum Failed {
    /// Abort, then the same batch again.
    Abort(String),
    /// Abort, then tell.
    AbortAndTell(LogError),
    /// Tell at once; the publisher is spent.
    Tell(LogError),
}

impl Publisher {
    pub(crate) fn open(config: &KafkaConfig, clock: Arc<dyn Clock>) -> Result<Self, LogError> {
        let producer = producer(config)?;
        Ok(Self { producer, config: config.clone(), clock, late: false, spent: None })
    }

    /// A new producer under the same identity, with a higher epoch.
    fn renew(&mut self) -> Result<(), LogError> {
        tracing::warn!(
            "an answer within a commit was lost or late; the producer is made anew, so that no late \
             request can be taken for one of the next commit"
        );
        self.producer = producer(&self.config)?;
        // Within a commit: whoever asks for readiness waits for the end of this.
        self.fence_within(u64::from(self.config.tuning.transaction_timeout_ms))?;
        self.late = false;
        Ok(())
    }

    /// Fences every producer with this identity and ends the transaction it left open.
    pub(crate) fn fence(&mut self) -> Result<(), LogError> {
        self.fence_within(u64::from(self.config.tuning.request_timeout_ms))
    }

    fn fence_within(&mut self, patience: u64) -> Result<(), LogError> {
        let begun = self.clock.monotonic_ms();
        loop {
            let Err(error) = self.producer.init_transactions(Duration::from_millis(patience))
            else {
                return Ok(());
            };
            let spent_ms = self.clock.monotonic_ms().saturating_sub(begun);
            let retriable =
                matches!(&error, KafkaError::Transaction(e) if e.is_retriable() && !e.is_fatal());
            if !retriable || spent_ms >= patience {
                let task = &self.config.task;
                let doing = format!("fencing earlier engines of the transactional id `{task}`");
                return Err(general(&doing, &error));
            }
            self.producer.poll(Duration::from_millis(50));
        }
    }

    /// Publishes the batch and these input positions together.
    pub(crate) fn commit(
        &mut self,
        batch: &Batch,
        positions: &TopicPartitionList,
        group: &dyn Fn() -> Option<ConsumerGroupMetadata>,
    ) -> Result<(), LogError> {
        let reason = "the producer is spent by an earlier error".to_owned();
        match self.spent {
            None => {}
            Some(Spent::Fenced) => return Err(LogError::Fenced { reason }),
            Some(Spent::Unknown) => return Err(recover(reason)),
        }
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            if self.late
                && let Err(error) = self.renew()
            {
                self.spent = Some(Spent::Unknown);
                return Err(error);
            }
            let _ = self.producer.context().take_broke();
            let begun = self.clock.monotonic_ms();
            let ended = self.attempt(batch, positions, group);
            self.late = self.may_be_late(begun);
            match ended {
                Ok(()) => return Ok(()),
                Err(Failed::Abort(reason)) => {
                    tracing::warn!("a commit is aborted and sent again: {reason}");
                    self.abort()?;
                    self.late |= self.may_be_late(begun);
                    last = reason;
                }
                Err(Failed::AbortAndTell(error)) => {
                    self.abort()?;
                    return Err(error);
                }
                Err(Failed::Tell(error)) => {
                    let fenced = matches!(error, LogError::Fenced { .. });
                    self.spent = Some(if fenced { Spent::Fenced } else { Spent::Unknown });
                    return Err(error);
                }
            }
        }
        self.spent = Some(Spent::Unknown);
        Err(recover(format!("a commit failed {ATTEMPTS} times: {last}")))
    }

    /// Asks the transaction coordinator whether another engine has taken over, between commits.
    ///
    /// No transaction is open then, so none can have outlived its timeout: only a newer engine's
    /// `init_transactions` makes the coordinator refuse this producer's epoch. What the group says
    /// about the member is no answer: by now it may have forgotten us. Nothing reaches a topic of
    /// the outputs: the transaction holds one position and is aborted.
    pub(crate) fn fenced_by(
        &self,
        position: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Option<String> {
        if self.spent.is_some() {
            return None;
        }
        let begun = self.clock.monotonic_ms();
        let doing = "asking who runs as this task";
        let asked = self.call(begun, doing, |_| self.producer.begin_transaction()).and_then(|()| {
            self.call(begun, doing, |left| {
                self.producer.send_offsets_to_transaction(position, group, left)
            })
        });
        if let Err(Failed::Tell(LogError::Fenced { reason })) = asked {
            return Some(reason);
        }
        // Nothing is in flight. If this fails, the next `init_transactions` ends the transaction.
        if let Err(error) = self.producer.abort_transaction(self.left(begun)) {
            tracing::debug!("ending the question: {}", text(&error));
        }
        None
    }

    /// A transaction that writes a record into each of these partitions and one position, and is aborted.
    ///
    /// The record is this task's key with no value: nobody who reads what is committed sees it.
    pub(crate) fn touch_and_abort(
        &self,
        names: &[&Name],
        position: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), LogError> {
        let begun = self.clock.monotonic_ms();
        let doing = "ending what the broker may have forgotten of this task";
        let touched = self.touch(begun, doing, names, position, group);
        // Nothing is in flight, or the producer is renewed with the rest of the log.
        let aborted = self.call(begun, doing, |left| self.producer.abort_transaction(left));
        touched.and(aborted).map_err(|failed| match failed {
            Failed::Abort(reason) => recover(reason),
            Failed::AbortAndTell(error) | Failed::Tell(error) => error,
        })
    }

    fn touch(
        &self,
        begun: u64,
        doing: &str,
        names: &[&Name],
        position: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), Failed> {
        drop(self.producer.context().take_failed());
        self.call(begun, doing, |_| self.producer.begin_transaction())?;
        for (topic, index) in names {
            let key = self.config.task.as_bytes();
            let record = BaseRecord::<'_, [u8], [u8]>::to(topic).partition(*index).key(key);
            if let Err((error, _)) = self.producer.send(record) {
                let step = commit_step(&self.facts(begun, &error));
                return Err(failed(step, format!("{doing}: {}", self.cause(&error))));
            }
        }
        self.drain(begun)?;
        self.call(begun, doing, |left| {
            self.producer.send_offsets_to_transaction(position, group, left)
        })
    }

    fn attempt(
        &self,
        batch: &Batch,
        positions: &TopicPartitionList,
        group: &dyn Fn() -> Option<ConsumerGroupMetadata>,
    ) -> Result<(), Failed> {
        let begun = self.clock.monotonic_ms();
        drop(self.producer.context().take_failed());
        self.call(begun, "beginning a commit", |_| self.producer.begin_transaction())?;
        for record in &batch.records {
            self.send(begun, record)?;
        }
        self.drain(begun)?;
        if positions.count() > 0 {
            let doing = format!("sending the input positions to group `{}`", self.config.group);
            self.call(begun, &doing, |left| match group() {
                Some(group) => self.producer.send_offsets_to_transaction(positions, &group, left),
                None => Err(KafkaError::Global(Code::UnknownGroup)),
            })?;
        }
        self.call(begun, "committing", |left| self.producer.commit_transaction(left))
    }

    /// Whether something that was sent since then may not have been answered and was sent again: its
    /// connection broke, which the client says before it does so, or its time was up, which it says
    /// too late.
    fn may_be_late(&self, begun: u64) -> bool {
        let age = self.clock.monotonic_ms().saturating_sub(begun);
        let patience = u64::from(self.config.tuning.commit_answer_ms());
        // A little less: the clocks need not agree.
        self.producer.context().take_broke() || age >= patience.saturating_mul(9) / 10
    }

    /// What is left of the transaction's time, at least a second: the broker decides, not we.
    fn left(&self, begun: u64) -> Duration {
        let timeout = u64::from(self.config.tuning.transaction_timeout_ms);
        let age = self.clock.monotonic_ms().saturating_sub(begun);
        Duration::from_millis(timeout.saturating_sub(age).max(1_000))
    }

    fn is_too_old(&self, begun: u64) -> bool {
        let age = self.clock.monotonic_ms().saturating_sub(begun);
        age >= u64::from(self.config.tuning.transaction_timeout_ms)
    }

    /// One transaction call, repeated while the client asks for it.
    fn call(
        &self,
        begun: u64,
        doing: &str,
        ask: impl Fn(Duration) -> Result<(), KafkaError>,
    ) -> Result<(), Failed> {
        loop {
            let Err(error) = ask(self.left(begun)) else { return Ok(()) };
            let step = commit_step(&self.facts(begun, &error));
            if step == CommitStep::Again && !self.is_too_old(begun) {
                self.producer.poll(TICK);
                continue;
            }
            // The cause of an abortable error is often a delivery that failed: it knows more.
            self.check_deliveries(begun)?;
            return Err(failed(step, format!("{doing}: {}", self.cause(&error))));
        }
    }

    /// The words of the first cause, where the client keeps one, else those of this error.
    fn cause(&self, error: &KafkaError) -> String {
        self.producer.client().fatal_error().map_or_else(|| text(error), |(_, words)| words)
    }

    fn facts(&self, begun: u64, error: &KafkaError) -> CommitFacts {
        let timeout_ms = u64::from(self.config.tuning.transaction_timeout_ms);
        let age_ms = self.clock.monotonic_ms().saturating_sub(begun);
        let code = error.rdkafka_error_code().unwrap_or(Code::Unknown);
        let (fatal, abort, retriable) = match error {
            KafkaError::Transaction(e) => (e.is_fatal(), e.txn_requires_abort(), e.is_retriable()),
            _ => (false, false, false),
        };
        // A producer that is finished says so in general words; the cause is kept apart.
        let cause = self.producer.client().fatal_error().map(|(cause, _)| cause);
        let code = cause.unwrap_or(code);
        CommitFacts { code, fatal: fatal || cause.is_some(), abort, retriable, age_ms, timeout_ms }
    }

    fn send(&self, begun: u64, out: &OutRecord) -> Result<(), Failed> {
        let topic = self.config.output(out.topic);
        let size = out.size_bytes();
        loop {
            let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
            record.key = out.key.as_deref();
            record.payload = out.value.as_deref();
            record.timestamp = out.timestamp_ms;
            record.headers = headers(out.headers.iter().map(|(name, value)| (*name, value)));
            let Err((error, _)) = self.producer.send(record) else { return Ok(()) };
            match error.rdkafka_error_code() {
                Some(Code::QueueFull) if !self.is_too_old(begun) => self.producer.poll(TICK),
                Some(Code::MessageSizeTooLarge) => {
                    return Err(Failed::AbortAndTell(too_large(topic, size)));
                }
                _ => {
                    let step = commit_step(&self.facts(begun, &error));
                    self.check_deliveries(begun)?;
                    return Err(failed(
                        step,
                        format!("sending to `{topic}`: {}", self.cause(&error)),
                    ));
                }
            }
        }
    }

    /// Polls until nothing is in flight and everything has arrived.
    fn drain(&self, begun: u64) -> Result<(), Failed> {
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(TICK);
            if self.is_too_old(begun) {
                let left = self.producer.in_flight_count();
                let reason = format!("{left} records were not acknowledged in time");
                return Err(Failed::Tell(recover(reason)));
            }
        }
        self.check_deliveries(begun)
    }

    fn check_deliveries(&self, begun: u64) -> Result<(), Failed> {
        if let Some(topic) = self.producer.context().take_refused() {
            let code = Code::TopicAuthorizationFailed;
            return Err(Failed::Tell(refused(
                code,
                &format!("writing to topic `{topic}`: {code}"),
            )));
        }
        let Some(delivery) = self.producer.context().take_failed() else { return Ok(()) };
        let topic = &delivery.topic;
        let error = KafkaError::MessageProduction(delivery.code);
        let mut facts = self.facts(begun, &error);
        // What is not delivered makes a transaction abortable, unless the producer is finished.
        facts.abort = true;
        Err(match commit_step(&facts) {
            CommitStep::TooLarge => Failed::AbortAndTell(too_large(topic, delivery.size_bytes)),
            CommitStep::TopicGone => Failed::AbortAndTell(missing(topic)),
            step => failed(step, format!("sending to `{topic}`: {}", self.cause(&error))),
        })
    }

    /// Ends a transaction that must not be committed. Only after nothing is in flight: otherwise
    /// the call blocks for its whole timeout.
    fn abort(&mut self) -> Result<(), LogError> {
        self.producer.purge(PurgeConfig::default().queue());
        let begun = self.clock.monotonic_ms();
        while self.producer.in_flight_count() > 0 {
            self.producer.poll(TICK);
            if self.clock.monotonic_ms().saturating_sub(begun) > PURGE_MS {
                self.spent = Some(Spent::Unknown);
                return Err(recover("records in flight stand in the way of an abort".to_owned()));
            }
        }
        loop {
            let Err(error) = self.producer.abort_transaction(self.left(begun)) else {
                return Ok(());
            };
            let again = commit_step(&self.facts(begun, &error)) == CommitStep::Again;
            if !again || self.is_too_old(begun) {
                self.spent = Some(Spent::Unknown);
                return Err(recover(format!("aborting a commit: {}", text(&error))));
            }
        }
    }
}

fn producer(config: &KafkaConfig) -> Result<BaseProducer<Deliveries>, LogError> {
    let native = config.transactional("commit", &config.task);
    BaseProducer::from_config_and_context(&native, Deliveries::default())
        .map_err(|error| general("making the producer", &error))
}

fn failed(step: CommitStep, reason: String) -> Failed {
    match step {
        CommitStep::Abort => Failed::Abort(reason),
        CommitStep::Fenced => Failed::Tell(LogError::Fenced { reason }),
        CommitStep::TooLarge => Failed::AbortAndTell(stop(TOO_LARGE, reason)),
        CommitStep::NotAllowed(code) => Failed::Tell(refused(code, &reason)),
        // `Again` that has outlived the transaction has an unknown outcome.
        CommitStep::TopicGone | CommitStep::Again | CommitStep::Recover => {
            Failed::Tell(recover(reason))
        }
    }
}

fn too_large(topic: &str, size: usize) -> LogError {
    stop(
        TOO_LARGE,
        format!(
            "a record of {size} bytes does not fit into topic `{topic}`; raise its \
             `max.message.bytes` and start again, nothing was lost"
        ),
    )
}

/// Headers in the client's form; none where there are none.
pub(crate) fn headers<'a, V: AsRef<[u8]> + 'a>(
    list: impl ExactSizeIterator<Item = (&'a str, &'a V)>,
) -> Option<OwnedHeaders> {
    if list.len() == 0 {
        return None;
    }
    let mut headers = OwnedHeaders::new_with_capacity(list.len());
    for (key, value) in list {
        headers = headers.insert(Header { key, value: Some(value.as_ref()) });
    }
    Some(headers)
}

/// The size of a record as the broker counts it, without its frame.
trait Size {
    fn size_bytes(&self) -> usize;
}

impl Size for OutRecord {
    fn size_bytes(&self) -> usize {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| name.len().saturating_add(value.len()))
            .fold(0_usize, usize::saturating_add);
        let key = self.key.as_ref().map_or(0, Vec::len);
        let value = self.value.as_ref().map_or(0, Vec::len);
        key.saturating_add(value).saturating_add(headers)
    }
}
