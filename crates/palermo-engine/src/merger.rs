//! The order of reading: several partitions in, one sequence out (DESIGN §8, "Order").
//!
//! A record's key is (its *time*, its partition), its time being the largest of the record
//! timestamps so far in its partition and of the partition's *floor*. Records come out in the
//! order of their keys. A partition with nothing buffered is waited for, unless whatever comes next
//! from it sorts later anyway. Only when the client has reported the end of the partition, and
//! `hold_ms` after that and after the arrival of what is to pass, may others pass it; a report that
//! is withdrawn counts no more. What passes raises its floor, so that its next record
//! sorts after everything that passed; this is a *tick* and an input of the task: it is recorded
//! with the progress, and a replay that is given the ticks yields the same sequence.
//!
//! Three phases, each optional:
//! 1. *Replay* of what was committed: no partition may pass another, the recorded ticks say it
//!    all; a partition that has reached its `until` is exhausted and blocks nobody.
//! 2. *Preload*: control, lists and parties up to the ends seen at the first start come before any
//!    payment, merged among themselves. Nothing passes anything here either.
//! 3. Live.
//!
//! Promises:
//! * The sequence is a function of the records and the ticks: not of buffer sizes, of the
//!   interleaving of deliveries, or of time. Topics that were complete at the start need no ticks.
//! * A slow partition is waited for without limit; slow fetching is lag, never a tick.
//! * Buffers are bounded: [`Merger::pauses`] says which partitions to stop and to go on with. What
//!   is already on its way is still taken.
//!
//! Cost: one copy of key and value, and a scan over the partitions per record; no allocation per
//! record. Memory: partitions x (`bytes_max` + one delivery), and the recorded ticks to come.

mod buffer;
mod lane;

use crate::port::RecordRef;
use lane::Lane;
use palermo_codec::Tick;
use palermo_domain::{Partition, Position, TopicRole};
use std::collections::BTreeMap;

/// Recorded ticks: per partition, the floor from a position on.
pub type Ticks = BTreeMap<Partition, BTreeMap<Position, i64>>;

/// Bounds and patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergerConfig {
    /// How long after its reported end, and after their arrival, a partition holds the others
    /// (`time.merge_hold`).
    pub hold_ms: u64,
    /// Records buffered per partition before it is paused; it goes on at half of it.
    pub records_max: usize,
    /// Bytes of keys and values buffered per partition before it is paused.
    pub bytes_max: usize,
}

/// Where reading begins and what is known of it beforehand.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The next position of every input partition.
    pub from: BTreeMap<Partition, Position>,
    /// Read up to here before any payment.
    pub preload_ends: BTreeMap<Partition, Position>,
    /// Ticks of the past.
    pub ticks: Ticks,
    /// What [`Merger::reached`] said where reading begins; nothing at a first start.
    pub reached: BTreeMap<Partition, i64>,
    /// Replay up to here, then [`Next::Exhausted`].
    pub until: Option<BTreeMap<Partition, Position>>,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Next<'a> {
    /// Apply this record; it is borrowed from the buffer.
    Record(RecordRef<'a>),
    /// Nothing can be said yet: deliver more, or ask again at `until_ms` if given.
    Wait {
        /// When a held record may pass, if only time is missing.
        until_ms: Option<u64>,
    },
    /// The replay has reached its end in every partition. [`Merger::go_live`] ends this.
    Exhausted,
}

/// A delivery that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The partition was not there when the merger was made.
    #[error("{0} is not one of the partitions that this task reads")]
    Unknown(Partition),
    /// The offset was delivered before.
    #[error("{partition} delivered offset {offset} after position {position}")]
    Backward {
        /// Which partition.
        partition: Partition,
        /// What came.
        offset: i64,
        /// What was expected at the earliest.
        position: Position,
    },
}

/// Merges the partitions of all input topics into one sequence.
#[derive(Debug)]
pub struct Merger {
    config: MergerConfig,
    /// In the order of partitions, which is the order among equal times.
    lanes: Vec<Lane>,
    replay: bool,
    preload: bool,
    frozen: Vec<Tick>,
}

/// The head of a lane, or what its next record will have at least.
type Key = (i64, usize);

/// What one look over the lanes finds.
struct Scan {
    /// The smallest buffered record.
    head: Option<Key>,
    /// The smallest key with which a record may still come from a lane with nothing buffered.
    gap: Option<Key>,
}

impl Merger {
    /// A merger that has read nothing.
    pub fn new(config: MergerConfig, reading: Reading) -> Self {
        let Reading { from, preload_ends, mut ticks, reached, until } = reading;
        let lanes = from
            .iter()
            .map(|(&partition, &position)| {
                let ticks = ticks.remove(&partition).unwrap_or_default();
                let until = until.as_ref().map(|until| until.get(&partition).copied());
                let until = until.map(|until| until.unwrap_or(position));
                let preload_end = preload_ends.get(&partition).copied();
                let reached = reached.get(&partition).copied().unwrap_or(i64::MIN);
                Lane::new(partition, position, preload_end, until, (ticks, reached))
            })
            .collect();
        Self {
            config,
            lanes,
            replay: until.is_some(),
            preload: !preload_ends.is_empty(),
            frozen: Vec::new(),
        }
    }

    /// Takes a delivered record. In a replay, records at or beyond `until` are passed over.
    ///
    /// # Errors
    /// Where the partition is unknown or the offset was delivered before: the log broke a promise.
    pub fn push(&mut self, record: RecordRef<'_>, now_ms: u64) -> Result<(), PushError> {
        let Some(lane) = self.lane(record.partition) else {
            return Err(PushError::Unknown(record.partition));
        };
        if record.offset < lane.position() {
            return Err(PushError::Backward {
                partition: record.partition,
                offset: record.offset,
                position: lane.position(),
            });
        }
        let tick = lane.push(&record, now_ms);
        self.frozen.extend(tick);
        Ok(())
    }

    /// Takes the report that a partition has been read to its present end.
    pub fn end(&mut self, partition: Partition, position: Position, now_ms: u64) {
        if let Some(lane) = self.lane(partition) {
            lane.end(position, now_ms);
        }
    }

    /// Takes the report that the end of a partition is no longer known.
    pub fn unsure(&mut self, partition: Partition) {
        if let Some(lane) = self.lane(partition) {
            lane.unsure();
        }
    }

    /// The next record in order, if it can be told.
    pub fn next(&mut self, now_ms: u64) -> Next<'_> {
        let mut scan = self.scan();
        if self.preload && scan.head.is_none() && scan.gap.is_none() && !self.exhausted() {
            self.preload = false;
            scan = self.scan();
        }
        let Some(head) = scan.head else {
            let over = self.replay && self.exhausted();
            return if over { Next::Exhausted } else { Next::Wait { until_ms: None } };
        };
        if scan.gap.is_some_and(|gap| gap < head) {
            if let Err(until_ms) = self.may_pass(head, now_ms) {
                return Next::Wait { until_ms };
            }
            self.pass(head);
        }
        match self.lanes.get_mut(head.1).and_then(Lane::pop) {
            Some(record) => Next::Record(record),
            None => Next::Wait { until_ms: None },
        }
    }

    /// The partitions to pause (`true`) or to go on with (`false`), each change once.
    pub fn pauses(&mut self) -> Vec<(Partition, bool)> {
        let config = self.config;
        self.lanes.iter_mut().filter_map(|lane| lane.pause(&config)).collect()
    }

    /// The ticks since the last call, at most one per partition and position.
    pub fn take_ticks(&mut self) -> Vec<Tick> {
        let mut ticks = std::mem::take(&mut self.frozen);
        ticks.extend(self.lanes.iter_mut().filter_map(Lane::take_tick));
        ticks
    }

    /// How many ticks [`Merger::take_ticks`] would return at least: positions that were passed and
    /// have been read since.
    pub fn ticks_pending(&self) -> usize {
        self.frozen.len()
    }

    /// How far the order has come in each partition: with the positions after what was handed out, all
    /// that another merger must know to go on from there.
    pub fn reached(&self) -> BTreeMap<Partition, i64> {
        self.lanes.iter().map(|lane| (lane.partition(), lane.reached())).collect()
    }

    /// Ends a replay: what comes now is live. Floors and times are carried over. The log has been
    /// opened anew, so nothing is paused and no end has been reported.
    pub fn go_live(&mut self) {
        self.replay = false;
        self.lanes.iter_mut().for_each(Lane::go_live);
    }

    /// Records waiting in all buffers.
    pub fn buffered_records(&self) -> usize {
        self.lanes.iter().map(Lane::records).fold(0, usize::saturating_add)
    }

    /// Bytes of keys and values waiting in all buffers.
    pub fn buffered_bytes(&self) -> usize {
        self.lanes.iter().map(Lane::bytes).fold(0, usize::saturating_add)
    }

    /// Whether control, lists and parties are still being read ahead of the payments.
    pub fn preloading(&self) -> bool {
        self.preload
    }

    fn lane(&mut self, partition: Partition) -> Option<&mut Lane> {
        let at = self.lanes.binary_search_by_key(&partition, Lane::partition).ok()?;
        self.lanes.get_mut(at)
    }

    fn exhausted(&self) -> bool {
        self.lanes.iter().all(Lane::exhausted)
    }

    fn scan(&self) -> Scan {
        let (mut head, mut gap): (Option<Key>, Option<Key>) = (None, None);
        for (index, lane) in self.lanes.iter().enumerate() {
            if self.preload && lane.preloaded() {
                continue;
            }
            let slot = match lane.head() {
                Some(_) => &mut head,
                None if lane.exhausted() => continue,
                None => &mut gap,
            };
            let time = lane.head().unwrap_or_else(|| lane.bound());
            // Lanes are in order, so the first of equal times is the smallest key.
            if slot.is_none_or(|(least, _)| time < least) {
                *slot = Some((time, index));
            }
        }
        Scan { head, gap }
    }

    /// Whether every lane that `head` would pass has been at its end for long enough, and `head`
    /// here for as long: after a silence a burst comes to the lanes one after the other, and an old
    /// report of an end says nothing of it. Where much is waiting, the second counts for nothing:
    /// what is far behind would else go on by a buffer per hold. Otherwise tells when `head` may
    /// pass, if only time is missing.
    fn may_pass(&self, head: Key, now_ms: u64) -> Result<(), Option<u64>> {
        if self.replay || self.preload {
            return Err(None);
        }
        let lane = self.lanes.get(head.1).filter(|lane| !lane.crowded(&self.config));
        let arrived = lane.and_then(Lane::arrived_ms);
        let mut until = arrived.map_or(0, |arrived| arrived.saturating_add(self.config.hold_ms));
        for (_, lane) in passed(&self.lanes, head) {
            let Some(since) = lane.ended_since() else { return Err(None) };
            until = until.max(since.saturating_add(self.config.hold_ms));
        }
        if until <= now_ms { Ok(()) } else { Err(Some(until)) }
    }

    fn pass(&mut self, head: Key) {
        let (time, at) = head;
        for (index, lane) in self.lanes.iter_mut().enumerate() {
            if lane.open() && (lane.bound(), index) < head {
                lane.raise(if index > at { time } else { time.saturating_add(1) });
            }
        }
    }
}

/// The lanes with nothing buffered from which a record may still come that sorts before `head`.
fn passed(lanes: &[Lane], head: Key) -> impl Iterator<Item = (usize, &Lane)> {
    let passed = move |(index, lane): &(usize, &Lane)| lane.open() && (lane.bound(), *index) < head;
    lanes.iter().enumerate().filter(passed)
}

/// Whether a partition of this role is read ahead of the payments.
fn preloads(role: TopicRole) -> bool {
    role != TopicRole::Payments
}

#[cfg(test)]
mod tests;
