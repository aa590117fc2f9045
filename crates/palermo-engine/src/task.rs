//! The loop of one task: read, put in order, apply, commit; and before that, find back to where
//! it was.
//!
//! [`Task::open`] fences earlier engines, decides what to do ([`crate::recovery::resolve`]),
//! replays what was committed with its outputs suppressed, compares the chained hash, activates
//! the configured rules if they are others, and subscribes. [`Task::turn`] is one turn of the loop,
//! [`Task::drain`] the last commit before an orderly end. The caller owns the thread, the log and
//! the clock, and decides when to stop.
//!
//! Promises:
//! * What is committed together: the effects of whole records, the positions after them, the
//!   ticks that ordered them. Nothing pending, no commit.
//! * A commit holds at most `commit_records_max` records and about `commit_bytes_max` bytes of
//!   effects (one record's effects more), so a Kafka transaction stays far below its timeout.
//! * After an error of the log nothing more is written; the task must be dropped. The batch is
//!   either in the log as a whole or not at all, and the next [`Task::open`] finds out which.
//! * Time decides only when to commit and how long a partition at its end holds the others; the
//!   latter is recorded.
//!
//! Cost: per turn one poll, one scan per record (merger), what the engine does, and one commit at
//! most; now and then a snapshot, by how much there would be to replay. Opening costs reading the
//! newest snapshot and a replay of what came after it.

mod open;
mod replay;
mod rules;

pub use replay::{See, rerun};

use crate::engine::{Bundle, Engine, EngineConfig, EngineStop};
use crate::machine::Machine;
use crate::merger::{Merger, MergerConfig, Next, PushError};
use crate::port::{Batch, Clock, Delivery, Log, LogError, OutRecord};
use crate::progress;
use crate::rules::Bundles;
use crate::snapshot::{Head, Saved, SnapshotStore};
use crate::stats::{Phase, Stats};
use palermo_codec::Started;
use palermo_domain::EventTime;
use rules::Rules;
use std::ops::ControlFlow;
use std::time::Duration;

/// Where a first start begins (`--start`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartAt {
    /// At the oldest records.
    Earliest,
    /// At the present end.
    Latest,
    /// At the first records with this timestamp (milliseconds since 1970) or a later one.
    Time(i64),
}

/// The settings of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskConfig {
    /// What decides results.
    pub engine: EngineConfig,
    /// Commit at least this often while there is something to commit (`commit.every`).
    pub commit_every_ms: u64,
    /// Most records in one commit (`commit.records_max`).
    pub commit_records_max: usize,
    /// Bytes of effects after which a commit is made at once.
    pub commit_bytes_max: usize,
    /// How long after its reported end a partition holds the others (`time.merge_hold`).
    pub hold_ms: u64,
    /// Records buffered per partition before it is paused.
    pub buffer_records_max: usize,
    /// Bytes buffered per partition before it is paused.
    pub buffer_bytes_max: usize,
    /// Take a snapshot after so many records (`state.snapshot_records`): as many there are to replay.
    pub snapshot_records_max: u64,
    /// Take one at least this often while there is something new (`state.snapshot_every`).
    pub snapshot_every_ms: u64,
    /// Most records taken in one poll.
    pub poll_records_max: usize,
    /// Longest wait in one poll.
    pub poll_wait_max_ms: u64,
    /// `--start`; needed at the first start, ignored afterwards.
    pub start: Option<StartAt>,
    /// `--warm-up-until`; counts at the first start only.
    pub warm_up_until: Option<EventTime>,
    /// `--accept-gap`: go on without records that are gone; counts only where some are needed.
    pub accept_gap: bool,
    /// Where this process opens the task again: [`Task::tried_seq`] of the one before. Opening ends
    /// as fenced where another engine has written since.
    pub last_seq: Option<u64>,
}

impl TaskConfig {
    /// The defaults of `palermo.yaml` around these settings.
    pub fn new(engine: EngineConfig) -> Self {
        Self {
            engine,
            commit_every_ms: 100,
            commit_records_max: 100_000,
            commit_bytes_max: 8 * 1024 * 1024,
            hold_ms: 50,
            buffer_records_max: 20_000,
            buffer_bytes_max: 16 * 1024 * 1024,
            snapshot_records_max: 2_000_000,
            snapshot_every_ms: 60_000,
            poll_records_max: 10_000,
            poll_wait_max_ms: 50,
            start: None,
            warm_up_until: None,
            accept_gap: false,
            last_seq: None,
        }
    }
}

/// Why a task cannot go on. What the caller must do: see [`LogError`] and the code's page.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The log cannot go on: renew it and open again, exit, or stop for a person.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A person must decide.
    #[error(transparent)]
    Stop(#[from] EngineStop),
    /// The observer of [`Task::open`] asked to stop. Nothing was written.
    #[error("interrupted before reading began")]
    Interrupted,
}

/// What one turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Records that were delivered by the log.
    pub delivered: usize,
    /// Records that were applied.
    pub applied: usize,
    /// Whether a commit was made; [`Task::committed`] holds it until the next turn.
    pub committed: bool,
}

/// One task: an engine, the order of its inputs, and what is not yet committed.
pub struct Task<M: Machine = Engine> {
    config: TaskConfig,
    store: Box<dyn SnapshotStore>,
    /// How many records had been applied since the first start when the last snapshot was taken, and when
    /// that was.
    snapshot_last: (u64, u64),
    /// Records that had been applied when the last one was taken that is kept.
    snapshot_kept: u64,
    machine: M,
    merger: Merger,
    /// Effects since the last commit; after a commit, what it published (until the next turn).
    batch: Batch,
    batch_committed: bool,
    pending: Pending,
    started: Started,
    next_seq: u64,
    /// Number of the last progress record that a commit was tried with, however it went.
    tried_seq: u64,
    /// Number of the first progress record under the rules in force.
    bundle_since: u64,
    rules: Rules,
    last_commit_ms: u64,
    /// Records can be applied without waiting.
    ready: bool,
    /// When a held record may pass.
    held_until_ms: Option<u64>,
    notes: Vec<String>,
    stats: Stats,
}

impl<M: Machine> std::fmt::Debug for Task<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("seq", &self.next_seq).finish_non_exhaustive()
    }
}

/// What the next commit will hold.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    records: usize,
    effects: usize,
    bytes: usize,
    /// Rules were changed: commit even without a record.
    activation: bool,
    /// Rules are to be changed: nothing more may come into this commit.
    before_rules: bool,
}

impl Pending {
    fn is_empty(self) -> bool {
        self.records == 0 && !self.activation
    }
}

/// Ticks in one progress record; keeps the record below 1 MiB.
const TICKS_MAX: usize = 4096;
/// How many records are applied between two looks at the clock.
const CLOCK_EVERY: usize = 256;

impl Task<Engine> {
    /// Finds back to where the task was, or begins it, and subscribes.
    ///
    /// `bundles` loads the rule sets of the past by their hash and admits those to come, `configured`
    /// is the one that the configuration asks for, `store` keeps snapshots. `watch` is called now and then
    /// with the present counters; when it breaks, opening ends with [`TaskError::Interrupted`].
    ///
    /// # Errors
    /// What the log says, or a stop with a code that has a page under `docs/errors/`.
    pub fn open(
        log: &mut dyn Log,
        clock: &dyn Clock,
        config: TaskConfig,
        bundles: Box<dyn Bundles>,
        configured: Bundle,
        store: Box<dyn SnapshotStore>,
        watch: &mut dyn FnMut(&Stats) -> ControlFlow<()>,
    ) -> Result<Self, TaskError> {
        Self::open_with(log, clock, config, bundles, configured, store, watch)
    }

    /// The engine, for its counters.
    pub fn engine(&self) -> &Engine {
        &self.machine
    }
}

impl<M: Machine> Task<M> {
    /// One turn: poll, put in order, apply, commit when due. Waits inside the poll only.
    ///
    /// # Errors
    /// After any error the task must be dropped.
    pub fn turn(&mut self, log: &mut dyn Log, clock: &dyn Clock) -> Result<Turn, TaskError> {
        self.forget_committed();
        self.activate_due()?;
        let wait = Duration::from_millis(self.wait_ms(clock.monotonic_ms()));
        let polled = self.config.poll_records_max.max(1);
        let delivered = feed(log, clock, &mut self.merger, &mut self.stats, wait, polled)?;
        self.stats.phase = Phase::Consuming;
        self.stats.polled_ms = clock.monotonic_ms();
        if let Some(saved) = self.store.saved() {
            if saved.result.is_ok() {
                self.snapshot_kept = self.snapshot_last.0;
            }
            self.stats.note_saved(&saved);
        }
        let applied = self.apply_ready(clock)?;
        self.stats.paused = pause(log, &mut self.merger, self.stats.paused)?;
        self.observe(log);
        let committed = self.due(clock.monotonic_ms());
        if committed {
            self.commit(log, clock)?;
        }
        self.keep(clock);
        Ok(Turn { delivered, applied, committed })
    }

    /// Applies nothing more and commits what was applied. What is buffered is read again at the
    /// next start. Returns whether there was anything to commit.
    ///
    /// # Errors
    /// As [`Task::turn`].
    pub fn drain(&mut self, log: &mut dyn Log, clock: &dyn Clock) -> Result<bool, TaskError> {
        self.forget_committed();
        if self.pending.is_empty() {
            return Ok(false);
        }
        self.commit(log, clock)?;
        Ok(true)
    }

    /// What the last turn committed, progress record last; empty where it made no commit.
    pub fn committed(&self) -> &[OutRecord] {
        if self.batch_committed { &self.batch.records } else { &[] }
    }

    /// The counters of the loop.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Number of the last progress record that is this task's own, or may be: what another engine
    /// writes later has a higher one.
    pub fn tried_seq(&self) -> u64 {
        self.tried_seq
    }

    /// Words for the operator, from the decision at the start.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What it drives.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// Records applied and not yet committed.
    pub fn uncommitted(&self) -> usize {
        self.pending.records
    }

    fn wait_ms(&self, now_ms: u64) -> u64 {
        if self.ready || self.full() {
            return 0;
        }
        let mut wait = self.config.poll_wait_max_ms;
        if !self.pending.is_empty() {
            wait = wait.min(self.due_ms().saturating_sub(now_ms));
        }
        if let Some(until) = self.held_until_ms {
            wait = wait.min(until.saturating_sub(now_ms));
        }
        wait
    }

    fn apply_ready(&mut self, clock: &dyn Clock) -> Result<usize, TaskError> {
        let mut applied: usize = 0;
        let mut now_ms = clock.monotonic_ms();
        (self.ready, self.held_until_ms) = (false, None);
        loop {
            if self.full() || (applied > 0 && self.due(now_ms)) {
                self.ready = true;
                break;
            }
            match self.merger.next(now_ms) {
                Next::Record(record) => {
                    self.machine.apply(record, &mut self.batch.records)?;
                    self.pending.before_rules = self.rules.hear(&record, self.machine.now());
                }
                Next::Wait { until_ms } => {
                    self.held_until_ms = until_ms;
                    break;
                }
                Next::Exhausted => break,
            }
            applied = applied.saturating_add(1);
            self.pending.records = self.pending.records.saturating_add(1);
            self.weigh_effects();
            if applied.is_multiple_of(CLOCK_EVERY) {
                now_ms = clock.monotonic_ms();
            }
        }
        self.stats.applied = self.stats.applied.saturating_add(wide(applied));
        Ok(applied)
    }

    /// Adds what was appended to the batch since the last call to the pending bytes.
    fn weigh_effects(&mut self) {
        let fresh = self.batch.records.get(self.pending.effects..).unwrap_or_default();
        let bytes = fresh.iter().map(size_bytes).fold(0, usize::saturating_add);
        self.pending.bytes = self.pending.bytes.saturating_add(bytes);
        self.pending.effects = self.batch.records.len();
    }

    fn full(&self) -> bool {
        self.pending.before_rules
            || self.pending.records >= self.config.commit_records_max.max(1)
            || self.pending.bytes >= self.config.commit_bytes_max.max(1)
            || self.merger.ticks_pending() >= TICKS_MAX
    }

    fn due_ms(&self) -> u64 {
        self.last_commit_ms.saturating_add(self.config.commit_every_ms)
    }

    fn due(&self, now_ms: u64) -> bool {
        !self.pending.is_empty()
            && (self.full() || self.pending.activation || now_ms >= self.due_ms())
    }

    fn commit(&mut self, log: &mut dyn Log, clock: &dyn Clock) -> Result<(), TaskError> {
        let ticks = self.merger.take_ticks();
        self.stats.ticks = self.stats.ticks.saturating_add(wide(ticks.len()));
        self.batch.records.push(progress::record(progress::Now {
            task: &self.config.engine.task,
            engine: &self.config.engine.version,
            seq: self.next_seq,
            started: &self.started,
            bundle_since: self.bundle_since,
            configured: &self.rules.configured,
            bundle_before: self.rules.before.clone(),
            scheduled: self.rules.scheduled(),
            machine: &self.machine,
            ticks,
        }));
        self.batch.positions.clone_from(self.machine.positions());
        let began_ms = clock.monotonic_ms();
        self.tried_seq = self.next_seq;
        log.commit(&self.batch)?;
        let ended_ms = clock.monotonic_ms();
        self.stats.commit(ended_ms.saturating_sub(began_ms));
        for record in &self.batch.records {
            self.stats.publish(record.topic, size_bytes(record));
        }
        self.next_seq = self.next_seq.saturating_add(1);
        self.last_commit_ms = ended_ms;
        self.pending = Pending::default();
        self.batch_committed = true;
        Ok(())
    }

    /// Takes a snapshot of what was committed, if one is due and nothing else is there: of what came
    /// since the last one that is kept, by time, so that one that failed is tried again; of what came
    /// since the last one that was taken, by number.
    fn keep(&mut self, clock: &dyn Clock) {
        let applied = self.machine.extent().0;
        let (last, last_ms) = self.snapshot_last;
        let old_ms = clock.monotonic_ms().saturating_sub(last_ms);
        let due = applied.saturating_sub(last) >= self.config.snapshot_records_max.max(1)
            || (applied > self.snapshot_kept && old_ms >= self.config.snapshot_every_ms);
        let committed = self.pending.is_empty() && self.merger.ticks_pending() == 0;
        if due && committed && !self.store.is_busy() {
            self.snapshot(clock);
        }
    }

    /// Hands the state over to be kept. It must be what was committed.
    fn snapshot(&mut self, clock: &dyn Clock) {
        let (applied, payments) = self.machine.extent();
        let head = Head {
            task: self.config.engine.task.clone(),
            engine: self.config.engine.version.clone(),
            seq: self.tried_seq,
            started: self.started.clone(),
            positions: self.machine.positions().clone(),
            reached: self.merger.reached(),
            bundle: self.machine.bundle_sha256().to_owned(),
            bundle_since: self.bundle_since,
            chain: self.machine.chain(),
            payments,
            applied,
        };
        let began_ms = clock.monotonic_ms();
        match self.machine.freeze() {
            Ok(state) => self.store.save(head, state),
            Err(error) => {
                let result = Err(error);
                self.stats.note_saved(&Saved { seq: self.tried_seq, result, took_ms: 0 });
            }
        }
        let ended_ms = clock.monotonic_ms();
        self.stats.snapshot_pause_ms = ended_ms.saturating_sub(began_ms);
        self.snapshot_last = (applied, ended_ms);
    }

    /// Takes a last snapshot of what was committed, so that the next start has nothing to replay.
    /// Nothing may be pending. Whoever gave the store knows what becomes of it.
    pub fn leave(mut self, clock: &dyn Clock) {
        let new = self.machine.extent().0 > self.snapshot_kept;
        if new && self.pending.is_empty() && !self.store.is_busy() {
            self.snapshot(clock);
        }
    }

    fn forget_committed(&mut self) {
        if std::mem::take(&mut self.batch_committed) {
            self.batch.records.clear();
        }
    }

    fn observe(&mut self, log: &dyn Log) {
        let kept = self.stats.snapshots_taken > 0 || self.stats.restored_from.is_some();
        let current = kept && self.machine.extent().0 == self.snapshot_kept;
        self.stats.snapshot_is_current = current && self.stats.snapshot_error.is_none();
        self.stats.buffered_records = self.merger.buffered_records();
        self.stats.buffered_bytes = self.merger.buffered_bytes();
        self.stats.preloading = self.merger.preloading();
        let lag = log.lag_records().into_values().fold(0, i64::saturating_add);
        self.stats.lag_records = u64::try_from(lag).unwrap_or(0);
    }
}

/// Polls once and hands what comes to the merger. An end counts from the moment it is reported.
fn feed(
    log: &mut dyn Log,
    clock: &dyn Clock,
    merger: &mut Merger,
    stats: &mut Stats,
    wait: Duration,
    records_max: usize,
) -> Result<usize, TaskError> {
    let (mut refused, mut arrived_ms) = (None, None);
    let delivered = log.poll(wait, records_max, &mut |delivery| match delivery {
        Delivery::Record(record) => {
            let length = |part: Option<&[u8]>| part.map_or(0, <[u8]>::len);
            let bytes = length(record.key).saturating_add(length(record.value));
            stats.deliver(record.partition.role, bytes);
            // What one poll finds has arrived when its first record is seen.
            let now_ms = *arrived_ms.get_or_insert_with(|| clock.monotonic_ms());
            if let Err(error) = merger.push(record, now_ms) {
                refused.get_or_insert(error);
            }
        }
        Delivery::End { partition, position } => {
            merger.end(partition, position, clock.monotonic_ms());
        }
        Delivery::Unsure { partition } => merger.unsure(partition),
    })?;
    match refused {
        None => Ok(delivered),
        Some(error) => Err(refuse(error).into()),
    }
}

fn refuse(error: PushError) -> EngineStop {
    let code = match error {
        PushError::Unknown(_) => "partition_count_changed",
        PushError::Backward { .. } => "position",
    };
    EngineStop { code, reason: error.to_string() }
}

/// Passes the merger's wishes on; returns how many partitions are paused.
fn pause(log: &mut dyn Log, merger: &mut Merger, mut count: usize) -> Result<usize, TaskError> {
    for (partition, paused) in merger.pauses() {
        log.set_paused(partition, paused)?;
        count = if paused { count.saturating_add(1) } else { count.saturating_sub(1) };
    }
    Ok(count)
}

fn merger_config(config: &TaskConfig) -> MergerConfig {
    MergerConfig {
        hold_ms: config.hold_ms,
        records_max: config.buffer_records_max,
        bytes_max: config.buffer_bytes_max,
    }
}

fn size_bytes(record: &OutRecord) -> usize {
    let length = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
    let headers = record.headers.iter().map(|(name, value)| name.len().saturating_add(value.len()));
    headers.fold(length(&record.key).saturating_add(length(&record.value)), usize::saturating_add)
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
