//! The ports of the engine: what it needs of the world, as traits that an adapter implements.
//!
//! There are two: [`Log`] (where records come from and effects go to) and [`Clock`]. The engine's
//! own state machine uses neither; the loop around it (runtime) does. [`crate::MemoryLog`] is the
//! in-memory form; `palermo-kafka` holds the real one.
//!
//! Promises every `Log` keeps:
//! * Records of a partition are delivered in offset order, each at most once, only those that a
//!   `read_committed` reader may see.
//! * [`Delivery::End`] is said only when the client has reported the end of the partition (under
//!   `read_committed` the last stable offset), never because fetching is slow; it is withdrawn by
//!   [`Delivery::Unsure`] when the client can no longer know it.
//! * [`Log::commit`] makes outputs, progress record and input positions visible together or not
//!   at all.

use palermo_domain::{OutputTopic, Partition, Position};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// A source of monotonic time, for pauses and metrics only; never for detection.
pub trait Clock: Send + Sync {
    /// Milliseconds since some fixed moment; never goes back.
    fn monotonic_ms(&self) -> u64;
    /// Milliseconds since 1970, for lag metrics and log lines.
    fn unix_ms(&self) -> i64;
}

/// What a log hands over in one call of [`Log::poll`].
#[derive(Debug)]
pub enum Delivery<'a> {
    /// One record.
    Record(RecordRef<'a>),
    /// The partition has been read to its present end; `position` is the next offset to read.
    End {
        /// Which partition.
        partition: Partition,
        /// The next offset that the client will deliver at the earliest.
        position: Position,
    },
    /// The end that was reported of this partition counts no more: its leader cannot be reached, or
    /// holds more than was delivered. A record or another [`Delivery::End`] follows.
    Unsure {
        /// Which partition.
        partition: Partition,
    },
}

/// One record of an input topic, borrowed from the client's buffer.
#[derive(Clone, Copy)]
pub struct RecordRef<'a> {
    /// Which partition.
    pub partition: Partition,
    /// Its number there.
    pub offset: i64,
    /// The record's own timestamp in milliseconds since 1970; -1 where the broker has none.
    pub timestamp_ms: i64,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// How many headers it has.
    pub headers: usize,
}

impl std::fmt::Debug for RecordRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.partition, self.offset)
    }
}

/// One record to be published.
#[derive(Clone, PartialEq, Eq)]
pub struct OutRecord {
    /// Which output topic.
    pub topic: OutputTopic,
    /// Key; decides the partition (murmur2, as Java clients do).
    pub key: Option<Vec<u8>>,
    /// Value; `None` only for a dead-lettered tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers, in order.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// Record timestamp, a function of the inputs. `None` (progress only): let the client set it.
    pub timestamp_ms: Option<i64>,
}

impl std::fmt::Debug for OutRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = self.value.as_ref().map_or(0, Vec::len);
        write!(f, "{}[{size} bytes]", self.topic.as_str())
    }
}

/// What one commit publishes, atomically.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Outputs in order, the progress record last.
    pub records: Vec<OutRecord>,
    /// The next position of every input partition.
    pub positions: BTreeMap<Partition, Position>,
}

/// Why a log could not go on. The variant says what the caller must do.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The outcome of a commit is unknown, or the client is no longer usable: drop this log, open
    /// a new one and recover from what was committed.
    #[error("the connection to the log must be renewed: {reason}")]
    Recover {
        /// Text of the client.
        reason: String,
    },
    /// Another engine with the same identity has taken over. Exit; write nothing more.
    #[error("fenced: another engine runs as this task: {reason}")]
    Fenced {
        /// Text of the client.
        reason: String,
    },
    /// A person must decide: missing offsets, a truncated log, a missing topic, other settings
    /// than needed. `code` has a page under `docs/errors/`.
    #[error("{code}: {reason}")]
    Stop {
        /// Code with a page.
        code: &'static str,
        /// What was found and what to do.
        reason: String,
    },
}

/// Takes the past of a task, one progress record's value at a time, oldest first; `None` now and
/// then while the log waits for the next. A break ends the reading.
pub type Past<'a> = dyn FnMut(Option<&[u8]>) -> ControlFlow<()> + 'a;

/// First and next-to-be-written offsets of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The oldest offset that is still there.
    pub start: Position,
    /// The last stable offset: the end for a `read_committed` reader.
    pub end: Position,
}

/// Records in, commits out. One thread owns it.
pub trait Log {
    /// Hands over what the progress topic holds of this task, committed or not, and changes
    /// nothing: nobody is fenced. Asked before [`Log::fence`] by an engine that comes back, to see
    /// whether another one has written meanwhile.
    fn peek(&mut self, past: &mut Past<'_>) -> Result<(), LogError>;

    /// Fences every earlier engine with this identity, hands over the progress records that it
    /// committed, and returns the committed positions of the consumer group, none at the very first
    /// start. Called once, before anything that follows. After a break of `past` what it returns
    /// means nothing.
    fn fence(&mut self, past: &mut Past<'_>) -> Result<BTreeMap<Partition, Position>, LogError>;

    /// Every partition of every input topic with its present extent.
    fn extents(&mut self) -> Result<BTreeMap<Partition, Extent>, LogError>;

    /// The first position of each payments, lists and parties partition at or after a record
    /// timestamp (`--start TIME`); the end where there is none.
    fn positions_at(
        &mut self,
        timestamp_ms: i64,
    ) -> Result<BTreeMap<Partition, Position>, LogError>;

    /// Opens reading at these positions with these ends excluded: used for recovery (replay up to
    /// what was committed). Does not join the group.
    fn replay(
        &mut self,
        from: &BTreeMap<Partition, Position>,
        until: &BTreeMap<Partition, Position>,
    ) -> Result<(), LogError>;

    /// Joins the group and opens live reading at these positions. Fails with `partial_assignment`
    /// where not every partition of every input topic is assigned to this engine.
    fn subscribe(&mut self, from: &BTreeMap<Partition, Position>) -> Result<(), LogError>;

    /// Waits at most `wait` for the first delivery, then hands over what is there, at most
    /// `records_max`. Must be called often, also while everything is paused.
    fn poll(
        &mut self,
        wait: Duration,
        records_max: usize,
        on: &mut dyn FnMut(Delivery<'_>),
    ) -> Result<usize, LogError>;

    /// Stops or goes on with the delivery of a partition whose buffer is full.
    fn set_paused(&mut self, partition: Partition, paused: bool) -> Result<(), LogError>;

    /// Publishes the batch and the positions together. An abortable error is handled inside by
    /// aborting and sending the same batch again.
    fn commit(&mut self, batch: &Batch) -> Result<(), LogError>;

    /// How many records the log holds beyond what was delivered, per partition, as last reported.
    fn lag_records(&self) -> BTreeMap<Partition, i64>;

    /// What nobody may read yet because a Kafka transaction of the upstream is open before it, per
    /// partition that has some, as last reported. It is no lag: there is nothing that could be read.
    fn undecided(&self) -> BTreeMap<Partition, Undecided> {
        BTreeMap::new()
    }
}

/// Records behind an open Kafka transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// The last stable offset: where readers stop.
    pub from: Position,
    /// How many offsets lie behind it.
    pub records: i64,
}
