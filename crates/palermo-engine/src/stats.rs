//! What a task tells about itself: plain counters for metrics, readiness and the live screen.
//!
//! Nothing here decides anything; durations come from the [`crate::port::Clock`] that the caller
//! hands in. What the inputs decide is counted by [`crate::Counters`].

use crate::snapshot::Saved;
use palermo_domain::snapshot::SnapshotError;
use palermo_domain::{OutputTopic, TopicRole};

/// How far a task has come. The order of the variants is the order in which they are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Fencing earlier engines and gathering facts.
    #[default]
    Opening,
    /// Replaying what was committed.
    Restoring,
    /// State is what it was at the committed positions, and the chained hash says so.
    Restored,
    /// Every partition of every input topic is assigned.
    Assigned,
    /// Has polled since; ready.
    Consuming,
}

/// Records and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// How many.
    pub records: u64,
    /// Their keys and values.
    pub bytes: u64,
}

impl Volume {
    pub(crate) fn add(&mut self, bytes: usize) {
        self.records = self.records.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

/// Counters since the task was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How far it has come.
    pub phase: Phase,
    /// Delivered per input topic, in the order of [`TopicRole::ALL`], replay included.
    pub delivered: [Volume; TopicRole::ALL.len()],
    /// Records applied during the replay.
    pub replayed: u64,
    /// Offsets that the replay goes over in total, delivered or not; 0 at a first start.
    pub replay_offsets: u64,
    /// How long the replay took, or has taken so far.
    pub replay_ms: u64,
    /// Number of the snapshot that the replay began at; `None` at the first start.
    pub restored_from: Option<u64>,
    /// How long it took to read it.
    pub restore_ms: u64,
    /// Snapshots that could not be read.
    pub snapshots_refused: u64,
    /// Snapshots that are kept now, since the task was opened.
    pub snapshots_taken: u64,
    /// Snapshots that could not be kept.
    pub snapshots_failed: u64,
    /// Number of the last one that is kept, and its bytes.
    pub snapshot_last: Option<(u64, u64)>,
    /// How long the last one was written.
    pub snapshot_ms: u64,
    /// How long the engine stood still for the last one.
    pub snapshot_pause_ms: u64,
    /// Why the last one is not kept, where it is not.
    pub snapshot_error: Option<SnapshotError>,
    /// Nothing was applied since the last one was taken.
    pub snapshot_is_current: bool,
    /// Records applied live.
    pub applied: u64,
    /// Published and committed, per output topic, in the order of [`OutputTopic::ALL`].
    pub published: [Volume; OutputTopic::ALL.len()],
    /// Commits that succeeded.
    pub commits: u64,
    /// Duration of the last commit.
    pub commit_ms_last: u64,
    /// Duration of the longest commit.
    pub commit_ms_max: u64,
    /// Duration of all commits.
    pub commit_ms_total: u64,
    /// Ticks recorded.
    pub ticks: u64,
    /// Records read and not yet applied.
    pub buffered_records: usize,
    /// Their bytes.
    pub buffered_bytes: usize,
    /// Partitions whose buffer is full.
    pub paused: usize,
    /// Records that the topics hold beyond what was delivered, as last reported.
    pub lag_records: u64,
    /// Whether control, lists and parties are still being read ahead of the payments.
    pub preloading: bool,
    /// When the log was last polled without an error (monotonic): not ready long after it.
    pub polled_ms: u64,
}

impl Stats {
    pub(crate) fn deliver(&mut self, role: TopicRole, bytes: usize) {
        if let Some(volume) = self.delivered.get_mut(role as usize) {
            volume.add(bytes);
        }
    }

    pub(crate) fn publish(&mut self, topic: OutputTopic, bytes: usize) {
        if let Some(volume) = self.published.get_mut(topic as usize) {
            volume.add(bytes);
        }
    }

    pub(crate) fn note_saved(&mut self, saved: &Saved) {
        self.snapshot_ms = saved.took_ms;
        match &saved.result {
            Ok(bytes) => {
                self.snapshots_taken = self.snapshots_taken.saturating_add(1);
                self.snapshot_last = Some((saved.seq, *bytes));
                self.snapshot_error = None;
            }
            Err(error) => {
                self.snapshots_failed = self.snapshots_failed.saturating_add(1);
                self.snapshot_error = Some(error.clone());
            }
        }
    }

    pub(crate) fn commit(&mut self, took_ms: u64) {
        self.commits = self.commits.saturating_add(1);
        self.commit_ms_last = took_ms;
        self.commit_ms_max = self.commit_ms_max.max(took_ms);
        self.commit_ms_total = self.commit_ms_total.saturating_add(took_ms);
    }

    /// Delivered from an input topic.
    pub fn delivered_from(&self, role: TopicRole) -> Volume {
        self.delivered.get(role as usize).copied().unwrap_or_default()
    }

    /// Published to an output topic.
    pub fn published_to(&self, topic: OutputTopic) -> Volume {
        self.published.get(topic as usize).copied().unwrap_or_default()
    }
}
