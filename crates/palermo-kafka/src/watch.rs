//! The ears of the clients: what librdkafka says on the side (rebalances, statistics, connection,
//! the offset at which a partition ended) and the bell that wakes the reading thread.
//!
//! Callbacks run inside `poll`, on the thread that polls, except the bell, which librdkafka's own
//! threads ring while they hold a queue's lock: it must touch nothing but its flag.

use crate::refusal::{Refusal, gave_up};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::statistics::{Broker, Partition, Statistics};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A topic's partition as Kafka names it.
pub(crate) type Name = (String, i32);

/// Waits for nothing: a lock that a panicking thread left behind is still good, its data are plain.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What readiness asks; shared with other threads.
#[derive(Debug, Default)]
pub struct Health {
    connected: AtomicBool,
    /// The leader of an assigned partition cannot be reached.
    cut_off: AtomicBool,
    assigned: AtomicBool,
}

impl Health {
    /// Whether a broker answered lately and the leader of every assigned partition can be reached:
    /// false from the moment that this is known not to be so.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed) && !self.cut_off.load(Ordering::Relaxed)
    }

    fn set_cut_off(&self, cut_off: bool) {
        if !self.cut_off.swap(cut_off, Ordering::Relaxed) && cut_off {
            tracing::warn!("the leader of a partition cannot be reached; the others wait for it");
        }
    }

    /// Whether live reading has every partition of every input topic.
    pub fn is_assigned(&self) -> bool {
        self.assigned.load(Ordering::Relaxed)
    }

    pub(crate) fn set_connected(&self, connected: bool) {
        if self.connected.swap(connected, Ordering::Relaxed) && !connected {
            tracing::warn!("all brokers are down; reading goes on when one is back");
        }
    }

    pub(crate) fn set_assigned(&self, assigned: bool) {
        self.assigned.store(assigned, Ordering::Relaxed);
    }
}

/// Rung when a queue that was empty has something.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    pub(crate) fn ring(&self) {
        *lock(&self.rung) = true;
        self.changed.notify_one();
    }

    /// Before the queues are looked at: what comes from now on rings again.
    pub(crate) fn hush(&self) {
        *lock(&self.rung) = false;
    }

    /// Returns when the bell has rung since the last `hush`, or after `at_most`.
    pub(crate) fn wait(&self, at_most: Duration) {
        let rung = lock(&self.rung);
        if !*rung {
            drop(self.changed.wait_timeout(rung, at_most));
        }
    }
}

/// How partitions went, as the rebalance callback saw it.
#[derive(Debug, Default)]
pub(crate) struct Membership {
    /// Where each partition is to be read from when it is assigned.
    pub(crate) plan: BTreeMap<Name, i64>,
    /// What is assigned now.
    pub(crate) assigned: BTreeSet<Name>,
    /// Assigned, but not in the plan: the topic has grown.
    pub(crate) unexpected: BTreeSet<Name>,
    /// Something was taken away.
    pub(crate) revoked: bool,
    /// It was taken because the group had given us up.
    pub(crate) lost: bool,
    /// The client could not do it.
    pub(crate) failed: Option<String>,
}

/// The context of every reading client.
pub(crate) struct ConsumerWatch {
    pub(crate) health: Arc<Health>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) membership: Mutex<Membership>,
    /// Offset named by the last report of a partition's end.
    eof_at: Mutex<Option<i64>>,
    /// What the last statistics said of each partition.
    pub(crate) known: Mutex<BTreeMap<Name, Known>>,
    /// A connection broke since the last statistics; they will say whose it was.
    broke: AtomicBool,
    /// The last time a broker did not let us in.
    refusal: Mutex<Option<Refusal>>,
    /// The broker does not let us ask the group.
    denied: AtomicBool,
}

/// What the statistics say of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// As the leader said with its last answer; negative before the first.
    pub(crate) last_stable_offset: i64,
    /// Behind the last record, decided or not; negative before the first answer.
    pub(crate) log_end_offset: i64,
    /// The offset at which the client last reported an end; negative where it has not.
    eof: i64,
    /// The connection to the leader is up, and it answers.
    reached: bool,
}

impl Known {
    /// Whether it is no longer known that there is nothing from `next` on.
    fn is_doubtful(self, next: i64) -> bool {
        !self.reached || self.last_stable_offset > next.max(self.eof)
    }
}

/// A request that waits so long for its answer is a broker that does not answer; a fetch is
/// answered after `fetch_wait_ms`, which is far less.
const STUCK_US: i64 = 5_000_000;

/// Whether the broker that a partition is read from answers.
fn is_reached(statistics: &Statistics, partition: &Partition) -> bool {
    // Where a follower is read, its number stands beside the leader's.
    let from = if partition.broker >= 0 { partition.broker } else { partition.leader };
    statistics.brokers.values().any(|broker: &Broker| {
        let up = matches!(broker.state.as_str(), "UP" | "REAUTH");
        let quiet = broker.rxidle.min(broker.txidle) > STUCK_US;
        // The coordinator's connection has its broker's number too.
        broker.nodeid == from
            && broker.source != "logical"
            && up
            && !(broker.waitresp_cnt > 0 && quiet)
    })
}

impl ConsumerWatch {
    pub(crate) fn new(health: Arc<Health>, plan: BTreeMap<Name, i64>) -> Self {
        Self {
            health,
            bell: Arc::new(Bell::default()),
            membership: Mutex::new(Membership { plan, ..Membership::default() }),
            eof_at: Mutex::new(None),
            known: Mutex::new(BTreeMap::new()),
            broke: AtomicBool::new(false),
            refusal: Mutex::new(None),
            denied: AtomicBool::new(false),
        }
    }

    /// Whether the broker has said that we may not ask the group.
    pub(crate) fn is_denied(&self) -> bool {
        self.denied.load(Ordering::Relaxed)
    }

    /// Why a broker did not let us in, if one did not since this was last asked.
    pub(crate) fn take_refusal(&self) -> Option<Refusal> {
        lock(&self.refusal).take()
    }

    /// Whether it is no longer known that a partition holds nothing from `next` on. Before the first
    /// statistics the report of its end stands as it came.
    pub(crate) fn is_doubtful(&self, topic: &str, index: i32, next: i64) -> bool {
        let known = lock(&self.known).get(&(topic.to_owned(), index)).copied();
        self.broke.load(Ordering::Relaxed) || known.is_some_and(|known| known.is_doubtful(next))
    }

    /// The offset that the report of an end, just polled, was about.
    pub(crate) fn take_eof(&self) -> Option<i64> {
        lock(&self.eof_at).take()
    }

    fn on_assign(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let mut membership = lock(&self.membership);
        let mut wanted = TopicPartitionList::new();
        for element in list.elements() {
            let name = (element.topic().to_owned(), element.partition());
            let Some(position) = membership.plan.get(&name).copied() else {
                membership.unexpected.insert(name);
                continue;
            };
            if let Err(error) =
                wanted.add_partition_offset(&name.0, name.1, Offset::Offset(position))
            {
                membership.failed = Some(error.to_string());
            }
            membership.assigned.insert(name);
        }
        if let Err(error) = consumer.incremental_assign(&wanted) {
            membership.failed = Some(error.to_string());
        }
    }

    fn on_revoke(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let lost = consumer.assignment_lost();
        let mut membership = lock(&self.membership);
        let mut held = TopicPartitionList::new();
        for element in list.elements() {
            let name = (element.topic().to_owned(), element.partition());
            // The plan's topic may have grown: what was never taken can not be given back.
            if membership.assigned.remove(&name) {
                held.add_partition(&name.0, name.1);
                membership.revoked = true;
            }
        }
        membership.lost |= lost;
        self.health.set_assigned(false);
        if lost {
            // Given back, the client would join again at once under our `group.instance.id`, and
            // the group would put out a newer engine that has taken our place while we were silent.
            // Without a subscription it does not join; `KafkaLog` asks who runs as this task, and a
            // new client joins if it is we. (librdkafka 2.12 keeps this until the rebalance is over
            // and applies it before it would join.)
            consumer.unsubscribe();
        }
        if let Err(error) = consumer.incremental_unassign(&held) {
            membership.failed = Some(error.to_string());
        }
    }
}

/// The offset in `... reached end of partition at offset 42 (HighwaterMark 43)`. The client reports
/// an end by partition number and this text alone; the text is the only place that knows of the
/// control records before the end. Without it the caller falls back to the last record.
fn eof_offset(text: &str) -> Option<i64> {
    let (_, rest) = text.split_once("end of partition at offset ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Passes the client's own log lines on; they name brokers and topics, never records.
fn forward(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", "{facility} {message}"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", "{facility} {message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", "{facility} {message}"),
    }
}

impl ClientContext for ConsumerWatch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if let Some(refusal) = Refusal::read(facility, message) {
            *lock(&self.refusal) = Some(refusal);
        } else if gave_up(message) {
            // The client writes of an error of authentication here, and there is none.
            tracing::debug!(target: "librdkafka", "{facility} {message}");
            return;
        }
        // Of reconnecting and the like only a client for questions tells, and only so that it is read here.
        use RDKafkaLogLevel::{Info, Notice};
        let level = if matches!(level, Notice | Info) { RDKafkaLogLevel::Debug } else { level };
        forward(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::PartitionEOF) => *lock(&self.eof_at) = eof_offset(reason),
            Some(RDKafkaErrorCode::AllBrokersDown) => self.health.set_connected(false),
            Some(RDKafkaErrorCode::GroupAuthorizationFailed) => {
                self.denied.store(true, Ordering::Relaxed);
            }
            Some(RDKafkaErrorCode::BrokerTransportFailure) => {
                self.broke.store(true, Ordering::Relaxed);
                tracing::debug!("the client reports: {reason}");
            }
            _ => tracing::debug!("the client reports: {reason}"),
        }
    }

    fn stats(&self, statistics: Statistics) {
        let up = statistics.brokers.values().any(|broker| broker.state == "UP");
        if up {
            self.health.set_connected(true);
        }
        let mut all = BTreeMap::new();
        for topic in statistics.topics.values() {
            for partition in topic.partitions.values() {
                let known = Known {
                    last_stable_offset: partition.ls_offset,
                    log_end_offset: partition.hi_offset,
                    eof: partition.eof_offset,
                    reached: is_reached(&statistics, partition),
                };
                all.insert((topic.topic.clone(), partition.partition), known);
            }
        }
        let assigned = lock(&self.membership).assigned.clone();
        let cut_off = assigned.iter().any(|name| !all.get(name).is_some_and(|known| known.reached));
        self.health.set_cut_off(cut_off);
        *lock(&self.known) = all;
        self.broke.store(false, Ordering::Relaxed);
    }
}

impl ConsumerContext for ConsumerWatch {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        match event {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => self.on_assign(consumer, list),
            _ => self.on_revoke(consumer, list),
        }
    }
}

/// The first thing that went wrong with the delivery of what was sent.
#[derive(Clone, Debug)]
pub(crate) struct FailedDelivery {
    pub(crate) code: RDKafkaErrorCode,
    pub(crate) topic: String,
    pub(crate) size_bytes: usize,
}

/// The context of every writing client.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    failed: Mutex<Option<FailedDelivery>>,
    /// A connection broke or a request was not answered in time.
    broke: AtomicBool,
    /// A topic that the broker does not let us write to.
    refused: Mutex<Option<String>>,
}

impl Deliveries {
    /// Whether a connection broke since this was last asked: what was under way may arrive later. The
    /// client sends it again by itself and tells nobody but its log.
    pub(crate) fn take_broke(&self) -> bool {
        self.broke.swap(false, Ordering::AcqRel)
    }

    /// The topic that the broker did not let us write to, if there was one since this was last asked.
    pub(crate) fn take_refused(&self) -> Option<String> {
        lock(&self.refused).take()
    }

    pub(crate) fn take_failed(&self) -> Option<FailedDelivery> {
        lock(&self.failed).take()
    }
}

/// The topic in a line that says that it may not be written to. What the client then tells of its records
/// is that they were dropped with the transaction, and not why.
fn refused_topic(facility: &str, message: &str) -> Option<String> {
    let is = facility == "ADDPARTS" && message.contains("Topic authorization failed");
    is.then(|| message.split('"').nth(1).unwrap_or("").to_owned())
}

/// Whether a line of a writing client's log says that a connection ended on which something may have been
/// under way. The client writes it before it gives up what it had sent there (`rd_kafka_broker_fail`),
/// and so before it sends any of it again. A connection that was not yet up has carried nothing, and the
/// first address that was asked carries no transaction.
fn is_break(facility: &str, message: &str) -> bool {
    let up = || ["in state UP", "in state REAUTH"].iter().any(|state| message.contains(state));
    facility == "FAIL" && up() && !message.contains("/bootstrap")
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        if is_break(facility, message) {
            self.broke.store(true, Ordering::Release);
            tracing::debug!("a connection of the producer broke: {facility} {message}");
        }
        if let Some(topic) = refused_topic(facility, message) {
            *lock(&self.refused) = Some(topic);
        }
        // A transactional client's log is open further than that of others, for what is asked above.
        use RDKafkaLogLevel::{Debug, Info, Notice};
        if !matches!(level, Notice | Info | Debug) {
            forward(level, facility, message);
        }
    }

    fn error(&self, _error: KafkaError, reason: &str) {
        tracing::debug!("the client reports: {reason}");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, record)) = result else { return };
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        let purged = matches!(code, RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight);
        let mut failed = lock(&self.failed);
        // What was purged fell with something else; the first real cause is kept.
        if failed.is_none() || !purged {
            let keep = failed.as_ref().is_some_and(|first| {
                !matches!(
                    first.code,
                    RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight
                )
            });
            if !keep {
                *failed = Some(FailedDelivery {
                    code,
                    topic: record.topic().to_owned(),
                    size_bytes: record.payload_len().saturating_add(record.key_len()),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> ConsumerWatch {
        let watch = ConsumerWatch::new(Arc::new(Health::default()), BTreeMap::new());
        watch.health.set_connected(true);
        lock(&watch.membership).assigned.insert(("payments".to_owned(), 0));
        watch
    }

    /// One partition, read to 7, led by broker 2; the coordinator is the same machine.
    fn statistics(alter: impl Fn(&mut Broker, &mut Partition)) -> Statistics {
        let broker = |source: &str, nodeid| Broker {
            nodeid,
            source: source.to_owned(),
            state: "UP".to_owned(),
            ..Broker::default()
        };
        let (mut leader, other) = (broker("learned", 2), broker("learned", 1));
        let mut partition =
            Partition { broker: 2, leader: 2, ls_offset: 7, eof_offset: 7, ..Partition::default() };
        alter(&mut leader, &mut partition);
        let mut topic =
            rdkafka::statistics::Topic { topic: "payments".into(), ..Default::default() };
        topic.partitions.insert(0, partition);
        let mut statistics = Statistics::default();
        for (name, broker) in
            [("two", leader), ("one", other), ("coordinator", broker("logical", 2))]
        {
            statistics.brokers.insert(name.to_owned(), broker);
        }
        statistics.topics.insert("payments".to_owned(), topic);
        statistics
    }

    type Alter = fn(&mut Broker, &mut Partition);

    #[test]
    fn an_end_is_doubtful_while_its_leader_is_out_of_reach_or_holds_more() {
        // Doubtful for one who has read to 7; connected.
        let rows: [(Alter, bool, bool); 9] = [
            (|_, _| {}, false, true),
            (|leader, _| leader.state = "DOWN".into(), true, false),
            (|leader, _| leader.state = "CONNECT".into(), true, false),
            (|leader, _| leader.state = "REAUTH".into(), false, true),
            (|_, partition| partition.broker = -1, false, true),
            (|_, partition| (partition.broker, partition.leader) = (-1, -1), true, false),
            (
                |leader, _| {
                    let idle = STUCK_US + 1;
                    (leader.waitresp_cnt, leader.rxidle, leader.txidle) = (1, idle, idle);
                },
                true,
                false,
            ),
            (|_, partition| partition.ls_offset = 8, true, true),
            // Control records: the client has reported that end too.
            (|_, partition| (partition.ls_offset, partition.eof_offset) = (9, 9), false, true),
        ];
        for (number, (alter, doubtful, connected)) in (0..).zip(rows) {
            let watch = watch();
            watch.stats(statistics(alter));
            assert_eq!(watch.is_doubtful("payments", 0, 7), doubtful, "row {number}");
            assert_eq!(watch.health.is_connected(), connected, "row {number}");
        }
    }

    #[test]
    fn a_broken_connection_is_a_doubt_until_the_next_statistics() {
        let watch = watch();
        assert!(!watch.is_doubtful("payments", 0, 7), "an end is an end before any statistics");
        let code = RDKafkaErrorCode::BrokerTransportFailure;
        watch.error(KafkaError::Global(code), "Disconnected");
        assert!(watch.is_doubtful("payments", 0, 7));
        watch.stats(statistics(|_, _| {}));
        assert!(!watch.is_doubtful("payments", 0, 7));
    }

    #[test]
    fn a_broken_connection_of_a_producer_is_read_from_the_clients_log() {
        let deliveries = Deliveries::default();
        let debug = RDKafkaLogLevel::Debug;
        let lines = [
            (
                "FAIL",
                "[thrd:TxnCoordinator]: TxnCoordinator/1: Disconnected (after 9ms in state UP)",
                true,
            ),
            (
                "FAIL",
                "[thrd:127.0.0.1:9092/bootstrap]: 127.0.0.1:9092/bootstrap: Disconnected",
                false,
            ),
            (
                "STATE",
                "[thrd:TxnCoordinator]: TxnCoordinator/1: Broker changed state UP -> DOWN",
                false,
            ),
        ];
        for (facility, message, broke) in lines {
            deliveries.log(debug, facility, message);
            assert_eq!(deliveries.take_broke(), broke, "{facility} {message}");
        }
        assert!(!deliveries.take_broke(), "it is asked once");
    }

    #[test]
    fn a_topic_that_may_not_be_written_is_read_from_the_clients_log() {
        let deliveries = Deliveries::default();
        let line = "[thrd:main]: TxnCoordinator/1: Failed to add partition \"alerts\" [0] to \
                    transaction: Broker: Topic authorization failed";
        deliveries.log(RDKafkaLogLevel::Warning, "ADDPARTS", line);
        assert_eq!(deliveries.take_refused().as_deref(), Some("alerts"));
        assert_eq!(deliveries.take_refused(), None);
        let line = "[thrd:main]: TxnCoordinator/1: Failed to add partition \"alerts\" [0] to \
                    transaction: Broker: Not leader";
        deliveries.log(RDKafkaLogLevel::Warning, "ADDPARTS", line);
        assert_eq!(deliveries.take_refused(), None);
    }

    #[test]
    fn the_offset_of_an_end_is_read_from_the_clients_words() {
        let text = "Fetch from broker 1 reached end of partition at offset 42 (HighwaterMark 43)";
        assert_eq!(eof_offset(text), Some(42));
        assert_eq!(eof_offset("Fetch from broker 1 failed"), None);
        assert_eq!(eof_offset("end of partition at offset (none)"), None);
    }
}
