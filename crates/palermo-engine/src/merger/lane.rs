//! One partition inside the merger: its buffer, its floor, and what is known of its end.

use super::buffer::Buffer;
use super::{MergerConfig, preloads};
use crate::port::RecordRef;
use palermo_codec::Tick;
use palermo_domain::{Partition, Position};
use std::collections::BTreeMap;

/// Times are held inside this, so that a floor can always be one above them.
const TIME_MAX: i64 = 1 << 62;

/// One partition.
#[derive(Debug)]
pub(super) struct Lane {
    /// Time of the first buffered record.
    head: Option<i64>,
    /// No record to come has a smaller time: the largest of all times and floors so far.
    bound: i64,
    /// The same of what was handed out: where a reader would stand that never read ahead.
    reached: i64,
    /// The next offset that may be pushed.
    position: Position,
    /// Since when the client says that it has read everything; cleared by every record.
    ended_since: Option<u64>,
    /// The largest position that an end was reported at.
    ended_at: Option<Position>,
    until: Option<Position>,
    preload_end: Option<Position>,
    /// The floor was raised at the present position and not taken yet.
    raised: bool,
    paused: bool,
    partition: Partition,
    /// Floors of recorded ticks beyond the present position.
    recorded: BTreeMap<Position, i64>,
    buffer: Buffer,
}

impl Lane {
    pub(super) fn new(
        partition: Partition,
        position: Position,
        preload_end: Option<Position>,
        until: Option<Position>,
        (recorded, reached): (BTreeMap<Position, i64>, i64),
    ) -> Self {
        let mut lane = Self {
            head: None,
            bound: reached,
            reached,
            position,
            ended_since: None,
            ended_at: None,
            until,
            preload_end: preload_end.filter(|_| preloads(partition.role)),
            raised: false,
            paused: false,
            partition,
            recorded,
            buffer: Buffer::default(),
        };
        lane.reach(position);
        lane
    }

    pub(super) fn partition(&self) -> Partition {
        self.partition
    }

    pub(super) fn position(&self) -> Position {
        self.position
    }

    pub(super) fn records(&self) -> usize {
        self.buffer.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.buffer.bytes()
    }

    /// Time of the first buffered record.
    pub(super) fn head(&self) -> Option<i64> {
        self.head
    }

    /// The smallest time that a record to come can have.
    pub(super) fn bound(&self) -> i64 {
        self.bound
    }

    /// The largest of all times and floors of what was handed out.
    pub(super) fn reached(&self) -> i64 {
        self.reached
    }

    /// Nothing is buffered, but something may come.
    pub(super) fn open(&self) -> bool {
        self.head.is_none() && !self.exhausted()
    }

    /// The replay of this partition is complete.
    pub(super) fn exhausted(&self) -> bool {
        self.head.is_none() && self.until.is_some_and(|until| self.read_to(until))
    }

    /// Nothing of this lane belongs to the preload (any more).
    pub(super) fn preloaded(&self) -> bool {
        let Some(end) = self.preload_end else { return true };
        match self.buffer.front() {
            Some((offset, _)) => offset >= end,
            None => self.read_to(end) || self.exhausted(),
        }
    }

    pub(super) fn ended_since(&self) -> Option<u64> {
        self.ended_since
    }

    /// Takes a record; returns the tick that ends with it, if there is one that matters.
    pub(super) fn push(&mut self, record: &RecordRef<'_>, now_ms: u64) -> Option<Tick> {
        self.ended_since = None;
        if self.until.is_some_and(|until| record.offset >= until) {
            self.ended_at = self.ended_at.max(Some(record.offset));
            return None;
        }
        // A floor that the record would not have come below anyway changed nothing.
        let tick = self.take_tick().filter(|tick| record.timestamp_ms < tick.floor_ms);
        self.reach(record.offset);
        self.bound = self.bound.max(record.timestamp_ms.min(TIME_MAX));
        self.head.get_or_insert(self.bound);
        self.buffer.push(record, self.bound, now_ms);
        self.position = record.offset.saturating_add(1);
        self.reach(self.position);
        tick
    }

    pub(super) fn pop(&mut self) -> Option<RecordRef<'_>> {
        self.reached = self.head.unwrap_or(self.reached);
        // Reading the front first would hold the borrow of the record; the second is the next.
        self.head = self.buffer.second_time();
        self.buffer.pop(self.partition)
    }

    pub(super) fn end(&mut self, position: Position, now_ms: u64) {
        self.ended_since.get_or_insert(now_ms);
        self.ended_at = self.ended_at.max(Some(position));
    }

    /// The end is no longer known. That everything below it was read stays true.
    pub(super) fn unsure(&mut self) {
        self.ended_since = None;
    }

    /// When the first buffered record came.
    pub(super) fn arrived_ms(&self) -> Option<u64> {
        self.buffer.arrived_ms()
    }

    /// More than half of what may be buffered is.
    pub(super) fn crowded(&self, config: &MergerConfig) -> bool {
        self.buffer.len() > config.records_max / 2 || self.buffer.bytes() > config.bytes_max / 2
    }

    /// Something with a larger key passes: what comes has at least this time.
    pub(super) fn raise(&mut self, floor: i64) {
        self.bound = self.bound.max(floor);
        self.reached = self.bound;
        self.raised = true;
    }

    pub(super) fn take_tick(&mut self) -> Option<Tick> {
        let raised = std::mem::take(&mut self.raised);
        let (partition, position, floor_ms) = (self.partition, self.position, self.bound);
        raised.then_some(Tick { partition, position, floor_ms })
    }

    /// The pause to ask for, if it changes.
    pub(super) fn pause(&mut self, config: &MergerConfig) -> Option<(Partition, bool)> {
        let (records, bytes) = (self.buffer.len(), self.buffer.bytes());
        let full = records >= config.records_max.max(1) || bytes >= config.bytes_max.max(1);
        let paused = if self.paused { self.crowded(config) } else { full };
        if paused == self.paused {
            return None;
        }
        self.paused = paused;
        Some((self.partition, paused))
    }

    pub(super) fn go_live(&mut self) {
        self.until = None;
        self.ended_since = None;
        self.ended_at = None;
        self.paused = false;
    }

    fn read_to(&self, position: Position) -> bool {
        self.position >= position || self.ended_at.is_some_and(|ended| ended >= position)
    }

    /// Takes in the floors that were recorded up to a position.
    fn reach(&mut self, position: Position) {
        while let Some(entry) = self.recorded.first_entry().filter(|e| *e.key() <= position) {
            self.bound = self.bound.max(entry.remove());
        }
    }
}
