//! What a snapshot is of, and the port to where snapshots are kept.
//!
//! Principal types: [`Head`], which binds a state to the task, the progress record, the rules and the
//! order of reading that it belongs to, and [`SnapshotStore`]. [`MemorySnapshots`] is its in-memory
//! form; `palermo-checkpoint` holds the real one.
//!
//! A snapshot is never the truth: the log is. One that is missing, damaged or of another past is passed
//! over, and recovery replays from further back.

use crate::recovery::Positions;
use palermo_codec::Started;
use palermo_domain::Partition;
use palermo_domain::snapshot::{Parts, Sink, SnapshotError, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a snapshot is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The task.
    pub task: String,
    /// Version of the engine that took it.
    pub engine: String,
    /// Number of the progress record after which it was taken.
    pub seq: u64,
    /// What the first start decided.
    pub started: Started,
    /// The next position of every partition.
    pub positions: Positions,
    /// How far the order of reading had come in each partition (see [`crate::Merger::reached`]).
    pub reached: BTreeMap<Partition, i64>,
    /// The rules in force.
    pub bundle: String,
    /// Number of the first progress record under them.
    pub bundle_since: u64,
    /// Chained hash there.
    pub chain: String,
    /// Payments that the state holds.
    pub payments: u64,
    /// Records that were applied since the first start.
    pub applied: u64,
}

/// A state that stands still and can be handed over, by another thread if need be.
pub trait Freeze: Send {
    /// Hands everything over.
    ///
    /// # Errors
    /// As the sink.
    fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError>;
}

/// What became of a snapshot that was handed to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Number of the progress record after which it was taken.
    pub seq: u64,
    /// Bytes that it takes where it is kept, or why it is not.
    pub result: Result<u64, SnapshotError>,
    /// How long it took.
    pub took_ms: u64,
}

/// Keeps snapshots. One task owns it.
pub trait SnapshotStore: Send {
    /// What is there, newest first, as far as it says what it is; and a word on each that does not.
    fn heads(&mut self) -> (Vec<Head>, Vec<String>);

    /// The parts of one.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn read(&mut self, seq: u64) -> Result<Box<dyn Source + '_>, SnapshotError>;

    /// Whether one is still being written; then no other is taken.
    fn is_busy(&self) -> bool;

    /// Takes one to keep, and does not wait until it is kept.
    fn save(&mut self, head: Head, state: Box<dyn Freeze>);

    /// What became of the last one, once.
    fn saved(&mut self) -> Option<Saved>;
}

/// Keeps nothing: every start replays everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSnapshots;

impl SnapshotStore for NoSnapshots {
    fn heads(&mut self) -> (Vec<Head>, Vec<String>) {
        (Vec::new(), Vec::new())
    }

    fn read(&mut self, seq: u64) -> Result<Box<dyn Source + '_>, SnapshotError> {
        Err(SnapshotError::new("file", format_args!("no snapshot {seq} is kept")))
    }

    /// So that none is ever taken for nothing.
    fn is_busy(&self) -> bool {
        true
    }

    fn save(&mut self, _: Head, _: Box<dyn Freeze>) {}

    fn saved(&mut self) -> Option<Saved> {
        None
    }
}

/// Snapshots in memory, by number.
pub type Kept = BTreeMap<u64, (Head, Parts)>;

/// Keeps snapshots in memory. Clones share what is kept.
#[derive(Clone, Debug, Default)]
pub struct MemorySnapshots {
    kept: std::sync::Arc<std::sync::Mutex<Kept>>,
    saved: Option<Saved>,
}

impl MemorySnapshots {
    fn with<T>(&self, of: impl FnOnce(&mut Kept) -> T) -> T {
        of(&mut self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Changes what is kept, as a disk may.
    pub fn change(&self, change: &mut dyn FnMut(&mut Kept)) {
        self.with(change);
    }
}

impl SnapshotStore for MemorySnapshots {
    fn heads(&mut self) -> (Vec<Head>, Vec<String>) {
        let heads = self.with(|kept| kept.values().rev().map(|(head, _)| head.clone()).collect());
        (heads, Vec::new())
    }

    fn read(&mut self, seq: u64) -> Result<Box<dyn Source + '_>, SnapshotError> {
        let parts = self.with(|kept| kept.get(&seq).map(|(_, parts)| parts.clone()));
        let missing = || SnapshotError::new("file", format_args!("no snapshot {seq} is kept"));
        Ok(Box::new(parts.ok_or_else(missing)?.rewound()))
    }

    fn is_busy(&self) -> bool {
        false
    }

    fn save(&mut self, head: Head, state: Box<dyn Freeze>) {
        let mut parts = Parts::default();
        let seq = head.seq;
        let result = state.write(&mut parts).map(|()| {
            let bytes = parts.bytes() as u64;
            self.with(|kept| {
                kept.insert(seq, (head, parts));
                while kept.len() > 3 {
                    kept.pop_first();
                }
            });
            bytes
        });
        self.saved = Some(Saved { seq, result, took_ms: 0 });
    }

    fn saved(&mut self) -> Option<Saved> {
        self.saved.take()
    }
}
