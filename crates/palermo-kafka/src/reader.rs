//! Reading partitions: one queue ("lane") per partition, drained in turns.
//!
//! The client can merge all partitions into one queue, but then its report of a partition's end
//! names neither the topic nor the offset. So each partition keeps its own queue
//! (`split_partition_queue`), which also makes pausing free: a paused lane is not polled, its
//! read-ahead stays bounded, and nothing that was fetched is thrown away and fetched again.
//! Queues are split before anything is assigned (librdkafka keeps them through the start of
//! fetching), and dropped before the client is.
//!
//! Waiting is done on a bell that librdkafka rings when an empty queue fills. A bell that was not
//! heard costs at most [`NAP`], because the queues are then looked at anyway.
//!
//! Cost: about 0.3 us a record, no copy, no allocation.

use crate::watch::{Bell, ConsumerWatch, Known, Membership, Name, lock};
use palermo_engine::port::Clock;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::Duration;

/// The longest sleep without a look at the queues.
const NAP: Duration = Duration::from_millis(20);
/// A lane gives at most this many records before the next one has its turn.
const TURN_RECORDS: usize = 256;
/// Events of the client itself served per look (rebalance, statistics, errors).
const SERVED_EVENTS: usize = 16;

/// What to read.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) topic: String,
    pub(crate) index: i32,
    /// First offset.
    pub(crate) from: i64,
    /// Offset to stop before; none: go on for ever.
    pub(crate) until: Option<i64>,
}

/// What a lane gives.
#[derive(Debug)]
pub(crate) enum Got<'a> {
    /// A record.
    Record(&'a BorrowedMessage<'a>),
    /// The lane has nothing more below this position.
    End(i64),
    /// Whether it has is no longer known.
    Unsure,
}

/// Why reading can not go on. `lane` is the one concerned, where one is.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) lane: Option<usize>,
    pub(crate) error: KafkaError,
}

struct Lane {
    queue: PartitionQueue<ConsumerWatch>,
    span: Span,
    /// The next offset that can come.
    next: i64,
    /// `until` is reached.
    done: bool,
    /// It was reached before anything was read, and this has still to be said.
    unsaid: bool,
    paused: bool,
    said: Said,
}

/// What was last said of a lane's end, while nothing has come since. The client reports an end once
/// per offset, so what was withdrawn must be said again from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Said {
    /// Nothing, or records have come since.
    #[default]
    Nothing,
    End,
    Unsure,
}

impl Said {
    /// What is to be said now, if anything.
    fn next(self, doubtful: bool) -> Option<Self> {
        match (self, doubtful) {
            (Self::End, true) => Some(Self::Unsure),
            (Self::Unsure, false) => Some(Self::End),
            _ => None,
        }
    }
}

/// A consumer with its lanes. Fields are dropped in this order: queues before their client.
pub(crate) struct Reader {
    lanes: Vec<Lane>,
    consumer: Arc<BaseConsumer<ConsumerWatch>>,
    clock: Arc<dyn Clock>,
    bell: Arc<Bell>,
    /// The lane whose turn is next.
    turn: usize,
}

impl Reader {
    /// A reader that has its queues but nothing assigned yet.
    fn open(
        config: &ClientConfig,
        watch: ConsumerWatch,
        spans: Vec<Span>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KafkaError> {
        let bell = Arc::clone(&watch.bell);
        let mut consumer = BaseConsumer::from_config_and_context(config, watch)?;
        consumer.set_nonempty_callback(ringer(&bell));
        let consumer = Arc::new(consumer);
        let mut lanes = Vec::with_capacity(spans.len());
        for span in spans {
            let Some(mut queue) = consumer.split_partition_queue(&span.topic, span.index) else {
                return Err(KafkaError::Subscription(format!("no queue for {}", span.topic)));
            };
            queue.set_nonempty_callback(ringer(&bell));
            let done = span.until.is_some_and(|until| span.from >= until);
            let (next, unsaid, paused, said) = (span.from, done, false, Said::Nothing);
            lanes.push(Lane { queue, next, done, unsaid, paused, said, span });
        }
        Ok(Self { lanes, consumer, clock, bell, turn: 0 })
    }

    /// Reads these spans without being a member of any group.
    pub(crate) fn assigned(
        config: &ClientConfig,
        watch: ConsumerWatch,
        spans: Vec<Span>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KafkaError> {
        let mut list = TopicPartitionList::new();
        for span in spans.iter().filter(|span| span.until.is_none_or(|until| span.from < until)) {
            list.add_partition_offset(&span.topic, span.index, Offset::Offset(span.from))?;
        }
        let reader = Self::open(config, watch, spans, clock)?;
        if list.count() > 0 {
            reader.consumer.assign(&list)?;
        }
        Ok(reader)
    }

    /// Joins the group for these topics; partitions come by the rebalance callback, which takes
    /// the positions from the watch's plan.
    pub(crate) fn member(
        config: &ClientConfig,
        watch: ConsumerWatch,
        spans: Vec<Span>,
        topics: &[&str],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KafkaError> {
        let reader = Self::open(config, watch, spans, clock)?;
        reader.consumer.subscribe(topics)?;
        Ok(reader)
    }

    pub(crate) fn consumer(&self) -> &BaseConsumer<ConsumerWatch> {
        &self.consumer
    }

    pub(crate) fn membership<T>(&self, look: impl FnOnce(&Membership) -> T) -> T {
        look(&lock(&self.consumer.context().membership))
    }

    /// The next offset of a lane.
    pub(crate) fn next(&self, lane: usize) -> Option<i64> {
        self.lanes.get(lane).map(|lane| lane.next)
    }

    pub(crate) fn span(&self, lane: usize) -> Option<&Span> {
        self.lanes.get(lane).map(|lane| &lane.span)
    }

    /// What the statistics last said of a lane.
    fn known(&self, lane: usize) -> Option<Known> {
        let span = self.span(lane)?;
        let name: Name = (span.topic.clone(), span.index);
        lock(&self.consumer.context().known).get(&name).copied()
    }

    /// The last stable offset of a lane, as last reported by the statistics.
    pub(crate) fn end(&self, lane: usize) -> Option<i64> {
        self.known(lane).map(|known| known.last_stable_offset).filter(|end| *end >= 0)
    }

    /// The last stable offset, and how many offsets are behind it.
    pub(crate) fn undecided(&self, lane: usize) -> Option<(i64, i64)> {
        let Known { last_stable_offset: from, log_end_offset: end, .. } = self.known(lane)?;
        (from >= 0 && end > from).then(|| (from, end.saturating_sub(from)))
    }

    pub(crate) fn set_paused(&mut self, lane: usize, paused: bool) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.paused = paused;
        }
    }

    /// Whether the lanes have an end to reach.
    pub(crate) fn is_bounded(&self) -> bool {
        self.lanes.iter().any(|lane| lane.span.until.is_some())
    }

    /// Whether every lane has reached its `until`.
    pub(crate) fn is_done(&self) -> bool {
        self.lanes.iter().all(|lane| lane.done)
    }

    /// Waits at most `wait` for something, then hands over what is there, at most `max`.
    pub(crate) fn poll(
        &mut self,
        wait: Duration,
        max: usize,
        on: &mut dyn FnMut(usize, Got<'_>),
    ) -> Result<usize, Fault> {
        let begun = self.clock.monotonic_ms();
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        loop {
            self.bell.hush();
            self.serve(on)?;
            self.weigh_ends(on);
            let got = self.drain(max, on)?;
            let spent = self.clock.monotonic_ms().saturating_sub(begun);
            if got > 0 || spent >= wait_ms || self.is_done() {
                return Ok(got);
            }
            self.bell.wait(NAP.min(Duration::from_millis(wait_ms.saturating_sub(spent))));
            if self.disturbed() {
                return Ok(0);
            }
        }
    }

    /// Withdraws the ends that are no longer known, and says again those that are.
    fn weigh_ends(&mut self, on: &mut dyn FnMut(usize, Got<'_>)) {
        let watch = self.consumer.context();
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            // A replay ends where it must, whatever the leader says.
            if lane.said == Said::Nothing || lane.span.until.is_some() {
                continue;
            }
            let doubtful = watch.is_doubtful(&lane.span.topic, lane.span.index, lane.next);
            match lane.said.next(doubtful) {
                Some(Said::Unsure) => on(number, Got::Unsure),
                Some(Said::End) => on(number, Got::End(lane.next)),
                Some(Said::Nothing) | None => continue,
            }
            lane.said = if doubtful { Said::Unsure } else { Said::End };
        }
    }

    /// Whether the group took something away: the caller wants to know at once.
    fn disturbed(&self) -> bool {
        self.membership(|m| m.revoked || !m.unexpected.is_empty() || m.failed.is_some())
    }

    /// Sleeps until something happens, at most this long.
    pub(crate) fn rest(&self, at_most: Duration) {
        self.bell.hush();
        self.bell.wait(at_most);
    }

    /// Lets the client say what it has to say. Records do not come this way, except those of a
    /// partition that was fetched before its queue was split; they are older than the queue's.
    pub(crate) fn serve(&mut self, on: &mut dyn FnMut(usize, Got<'_>)) -> Result<(), Fault> {
        for _ in 0..SERVED_EVENTS {
            match self.consumer.poll(Duration::ZERO) {
                None => return Ok(()),
                Some(Ok(record)) => {
                    let found = self.lanes.iter_mut().enumerate().find(|(_, lane)| {
                        lane.span.topic == record.topic() && lane.span.index == record.partition()
                    });
                    if let Some((number, lane)) = found {
                        lane.give(number, &record, on);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {}
                Some(Err(error)) => return Err(Fault { lane: None, error }),
            }
        }
        Ok(())
    }

    fn drain(&mut self, max: usize, on: &mut dyn FnMut(usize, Got<'_>)) -> Result<usize, Fault> {
        let lanes = self.lanes.len();
        let mut got = 0_usize;
        let mut silent = 0_usize;
        while got < max && silent < lanes {
            let number = self.turn.checked_rem(lanes).unwrap_or(0);
            self.turn = number.saturating_add(1);
            let most = TURN_RECORDS.min(max.saturating_sub(got));
            let Some(lane) = self.lanes.get_mut(number) else { break };
            let given = lane.drain(number, self.consumer.context(), most, on)?;
            got = got.saturating_add(given);
            silent = if given == 0 { silent.saturating_add(1) } else { 0 };
        }
        if got > 0 {
            self.consumer.context().health.set_connected(true);
        }
        Ok(got)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.consumer.context().health.set_assigned(false);
    }
}

impl Lane {
    /// Hands over at most `most` deliveries; returns how many.
    fn drain(
        &mut self,
        number: usize,
        watch: &ConsumerWatch,
        most: usize,
        on: &mut dyn FnMut(usize, Got<'_>),
    ) -> Result<usize, Fault> {
        let mut given = 0_usize;
        if self.unsaid && most > 0 {
            self.unsaid = false;
            on(number, Got::End(self.next));
            return Ok(1);
        }
        if self.done || self.paused {
            return Ok(0);
        }
        while given < most && !self.done {
            match self.queue.poll(Duration::ZERO) {
                None => break,
                Some(Ok(record)) => {
                    self.said = Said::Nothing;
                    // Borrowing the queue and changing the lane: the fields are apart.
                    let (span, next, done) = (&self.span, &mut self.next, &mut self.done);
                    give(span, next, done, number, &record, on);
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    let position = watch.take_eof().unwrap_or(self.next).max(self.next);
                    self.end(number, position, on);
                }
                Some(Err(error)) => return Err(Fault { lane: Some(number), error }),
            }
            given = given.saturating_add(1);
        }
        Ok(given)
    }

    fn give(
        &mut self,
        number: usize,
        record: &BorrowedMessage<'_>,
        on: &mut dyn FnMut(usize, Got<'_>),
    ) {
        self.said = Said::Nothing;
        give(&self.span, &mut self.next, &mut self.done, number, record, on);
    }

    fn end(&mut self, number: usize, position: i64, on: &mut dyn FnMut(usize, Got<'_>)) {
        match self.span.until {
            Some(until) if position >= until => {
                self.next = until;
                self.done = true;
                on(number, Got::End(until));
            }
            // Short of where it must get to: more will come.
            Some(_) => self.next = position,
            None => {
                self.next = position;
                self.said = Said::End;
                on(number, Got::End(position));
            }
        }
    }
}

/// Hands a record over and moves the lane on; a record seen before is dropped, one at or beyond
/// `until` ends the lane.
fn give(
    span: &Span,
    next: &mut i64,
    done: &mut bool,
    number: usize,
    record: &BorrowedMessage<'_>,
    on: &mut dyn FnMut(usize, Got<'_>),
) {
    let offset = record.offset();
    if *done || offset < *next {
        return;
    }
    if let Some(until) = span.until.filter(|until| offset >= *until) {
        *next = until;
        *done = true;
        on(number, Got::End(until));
        return;
    }
    *next = offset.saturating_add(1);
    on(number, Got::Record(record));
    if span.until == Some(*next) {
        *done = true;
        on(number, Got::End(*next));
    }
}

fn ringer(bell: &Arc<Bell>) -> impl Fn() + Send + Sync + 'static {
    let bell = Arc::clone(bell);
    move || bell.ring()
}

#[cfg(test)]
mod tests {
    use super::Said;

    #[test]
    fn an_end_is_withdrawn_once_and_said_again_once() {
        for (said, doubtful, expected) in [
            (Said::Nothing, true, None),
            (Said::Nothing, false, None),
            (Said::End, true, Some(Said::Unsure)),
            (Said::End, false, None),
            (Said::Unsure, true, None),
            (Said::Unsure, false, Some(Said::End)),
        ] {
            assert_eq!(said.next(doubtful), expected, "{said:?} {doubtful}");
        }
    }
}
