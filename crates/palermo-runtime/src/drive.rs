//! The loop around a task: open, turn, observe; open again where the log says so.
//!
//! Used by `palermo run` over Kafka and by the demo over the in-memory log, so that both are the
//! same program.
//!
//! Promises: readiness is withdrawn before a log is dropped and given back only after the task has
//! polled again; a log that must be renewed is renewed once at once, then after pauses that double,
//! and given up after [`RENEWALS_MAX`] renewals without a minute of quiet in between.

use crate::bundle::BundleFiles;
use crate::config::Config;
use crate::observe::{Noted, Noticed, Observer};
use crate::run::{RunError, RunOptions, Services};
use crate::snapshots::Snapshots;
use palermo_engine::port::{Clock, Log, LogError};
use palermo_engine::snapshot::{NoSnapshots, Saved, SnapshotStore};
use palermo_engine::{Bundle, Counters, EngineConfig, Stats, Task, TaskConfig, TaskError};
use palermo_kafka::admin::TopicNeeds;
use palermo_ops::Phase;
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// So many renewals of the log in a row are tried.
pub const RENEWALS_MAX: u32 = 6;
/// A task that turned for so long before its log broke starts a new row of renewals.
const QUIET_MS: u64 = 60_000;
/// Pause before the second renewal of a row; doubles with each further one.
const PAUSE: Duration = Duration::from_millis(500);
/// Pieces in which a pause is waited, to see a stop.
const PAUSE_LOOK: Duration = Duration::from_millis(50);

/// A log that was just made.
pub struct Opened {
    /// The log.
    pub log: Box<dyn Log>,
    /// Whether it has every partition and a broker answers.
    pub reading: Box<dyn Fn() -> bool>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").finish_non_exhaustive()
    }
}

/// What an observer sees after every turn, and now and then while a task is opened.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Counters of the loop.
    pub stats: &'a Stats,
    /// Counters of the engine; none while a task is opened.
    pub counters: Option<&'a Counters>,
    /// What the last turn committed.
    pub committed: &'a [palermo_engine::port::OutRecord],
}

/// How a run ended in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Counters of the last task.
    pub stats: Stats,
}

/// Everything a task is opened with.
pub struct Drive {
    task: TaskConfig,
    needs: TopicNeeds,
    bundle: Bundle,
    settings: String,
    state_dir: PathBuf,
    services: Services,
    clock: Arc<dyn Clock>,
    /// None where the log ends with the process.
    snapshots: Option<Snapshots>,
    beat: Arc<AtomicU64>,
    pause: Duration,
}

impl std::fmt::Debug for Drive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drive").field("task", &self.task).finish_non_exhaustive()
    }
}

/// What ended one task.
enum End {
    Stopped(Box<Ended>),
    Renew {
        /// Text of the client.
        reason: String,
        /// How long the task had been turning.
        turned_ms: u64,
    },
}

impl Drive {
    /// A drive for this configuration and its bundle.
    pub fn new(
        config: &Config,
        options: &RunOptions,
        bundle: Bundle,
        services: Services,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let mut task = config.task();
        task.start = options.start;
        task.warm_up_until = options.warm_up_until;
        task.accept_gap = options.accept_gap;
        let beat = Arc::new(AtomicU64::new(clock.monotonic_ms()));
        let (needs, settings) = (config.topic_needs(), config.deciding().to_owned());
        let (state_dir, pause) = (config.state_dir.clone(), PAUSE);
        let snapshots = None;
        Self { task, needs, bundle, settings, state_dir, services, clock, snapshots, beat, pause }
    }

    /// Keeps snapshots below `state.dir`.
    #[must_use]
    pub fn keeping_snapshots(mut self, config: &Config) -> Self {
        let keep = usize::try_from(config.snapshots_kept).unwrap_or(usize::MAX);
        let clock = Arc::clone(&self.clock);
        let snapshots = Snapshots::new(&self.state_dir, &self.task.engine.task, keep, clock);
        snapshots.sweep();
        self.snapshots = Some(snapshots);
        self
    }

    fn store(&self) -> Box<dyn SnapshotStore> {
        match &self.snapshots {
            Some(snapshots) => Box::new(snapshots.clone()),
            None => Box::new(NoSnapshots),
        }
    }

    /// Monotonic milliseconds of the last turn.
    pub fn beat(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.beat)
    }

    /// What the topics must keep.
    pub const fn needs(&self) -> TopicNeeds {
        self.needs
    }

    /// What decides results.
    pub const fn engine(&self) -> &EngineConfig {
        &self.task.engine
    }

    /// Opens and turns until `watch` breaks, then drains.
    ///
    /// # Errors
    /// What must stop the run.
    pub fn run(
        &self,
        open: &mut dyn FnMut() -> Result<Opened, LogError>,
        watch: &mut dyn FnMut(Look<'_>) -> ControlFlow<()>,
    ) -> Result<Ended, RunError> {
        let mut renewals: u32 = 0;
        let mut noticed = Noticed::default();
        let mut last_seq = None;
        loop {
            let ended = self.one_task(open, watch, &mut noticed, &mut last_seq);
            let (reason, turned_ms) = match ended {
                Ok(End::Stopped(ended)) => return Ok(*ended),
                Ok(End::Renew { reason, turned_ms }) => (reason, turned_ms),
                Err(error) => {
                    self.not_reading();
                    self.services.metrics.commit_failed(error.code());
                    return Err(error);
                }
            };
            self.not_reading();
            self.services.metrics.commit_failed("recover");
            renewals = if turned_ms > QUIET_MS { 1 } else { renewals.saturating_add(1) };
            if renewals > RENEWALS_MAX {
                return Err(RunError::Unavailable {
                    reason: format!("the log broke {renewals} times in a row: {reason}"),
                });
            }
            tracing::warn!(renewals, "the log is renewed: {reason}");
            if self.pause(renewals, watch).is_break() {
                return Ok(Ended { stats: Stats::default() });
            }
        }
    }

    fn pause(
        &self,
        renewals: u32,
        watch: &mut dyn FnMut(Look<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let doubled = renewals.checked_sub(2).map_or(0, |n| 1_u32.checked_shl(n).unwrap_or(64));
        let mut left = self.pause.saturating_mul(doubled);
        let stats = Stats::default();
        loop {
            watch(Look { stats: &stats, counters: None, committed: &[] })?;
            if left.is_zero() {
                return ControlFlow::Continue(());
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "the loop owns its thread and its pauses"
            )]
            std::thread::sleep(PAUSE_LOOK.min(left));
            left = left.saturating_sub(PAUSE_LOOK);
        }
    }

    fn one_task(
        &self,
        open: &mut dyn FnMut() -> Result<Opened, LogError>,
        watch: &mut dyn FnMut(Look<'_>) -> ControlFlow<()>,
        noticed: &mut Noticed,
        last_seq: &mut Option<u64>,
    ) -> Result<End, RunError> {
        let opened = match open() {
            Ok(opened) => opened,
            Err(error) => return renew(error.into(), 0),
        };
        let mut log = Noted::new(opened.log);
        let changed = RefCell::new(None);
        let bundles = |hash: &str| self.load(hash, &changed);
        let mut look = |stats: &Stats| {
            self.turned();
            self.phases(stats, false);
            watch(Look { stats, counters: None, committed: &[] })
        };
        let clock = self.clock.as_ref();
        // A gap that opens while it runs was not looked at by the person who accepted the first.
        let accept_gap = self.task.accept_gap && last_seq.is_none();
        let task = Task::open(
            &mut log,
            clock,
            TaskConfig { last_seq: *last_seq, accept_gap, ..self.task.clone() },
            &bundles,
            self.bundle.clone(),
            self.store(),
            &mut look,
        );
        let mut task = match (task, changed.into_inner()) {
            (Ok(task), _) => task,
            (Err(error), changed) => {
                self.not_reading();
                return match (error, changed) {
                    (TaskError::Stop(_), Some(changed)) => Err(changed),
                    (error, _) => renew(error, 0),
                };
            }
        };
        say_how_it_opened(&task);
        let mut observer = Observer::new(&self.services.metrics, noticed, clock, task.stats());
        let began_ms = clock.monotonic_ms();
        let turned_ms = || clock.monotonic_ms().saturating_sub(began_ms);
        loop {
            if let Err(error) = task.turn(&mut log, clock) {
                self.not_reading();
                *last_seq = Some(task.tried_seq());
                return renew(error, turned_ms());
            }
            self.turned();
            self.phases(task.stats(), (opened.reading)());
            observer.turned(&task, &log);
            let counters = Some(task.engine().counters());
            let seen = Look { stats: task.stats(), counters, committed: task.committed() };
            if watch(seen).is_break() {
                break;
            }
        }
        self.services.health.set(Phase::Consuming, false);
        if let Err(error) = task.drain(&mut log, clock) {
            self.not_reading();
            *last_seq = Some(task.tried_seq());
            return renew(error, turned_ms());
        }
        observer.ended(&task, &log);
        // What was just committed is shown too; a break is what ended the loop.
        let counters = Some(task.engine().counters());
        let seen = Look { stats: task.stats(), counters, committed: task.committed() };
        let _ = watch(seen);
        tracing::info!(applied = task.stats().applied, "drained; the last commit is made");
        let stats = task.stats().clone();
        self.leave(task);
        Ok(End::Stopped(Box::new(Ended { stats })))
    }

    /// Takes a last snapshot, so that the next start has nothing to replay, and waits for it.
    fn leave(&self, task: Task) {
        let Some(snapshots) = &self.snapshots else { return };
        // One that was begun before may still be at it.
        let earlier = snapshots.wait();
        task.leave(self.clock.as_ref());
        if let Some(Saved { seq, result, took_ms }) = snapshots.wait().or(earlier) {
            match result {
                Ok(bytes) => tracing::info!(seq, bytes, took_ms, "a snapshot for the next start"),
                Err(error) => tracing::warn!(seq, "no snapshot for the next start: {error}"),
            }
        }
    }

    fn turned(&self) {
        self.beat.store(self.clock.monotonic_ms(), Ordering::Release);
    }

    fn phases(&self, stats: &Stats, reading: bool) {
        use palermo_engine::Phase as Reached;
        let health = &self.services.health;
        health.set(Phase::Restored, stats.phase >= Reached::Restored);
        health.set(Phase::Assigned, stats.phase >= Reached::Assigned);
        health.set(Phase::Consuming, stats.phase == Reached::Consuming && reading);
    }

    fn not_reading(&self) {
        for phase in [Phase::Consuming, Phase::Assigned, Phase::Restored] {
            self.services.health.set(phase, false);
        }
    }

    /// A bundle of the past. That one was made under other deciding keys is noted, so that the stop
    /// names the key.
    fn load(&self, hash: &str, changed: &RefCell<Option<RunError>>) -> Option<Bundle> {
        match load_bundle(&self.state_dir, &self.settings, hash) {
            Ok(bundle) => Some(bundle),
            Err(RunError::Stop { code, reason }) => {
                changed.replace(Some(RunError::Stop { code, reason }));
                None
            }
            Err(RunError::Rules(problems)) => {
                tracing::error!(bundle = hash, "a kept bundle no longer compiles: {problems}");
                None
            }
            Err(error) => {
                tracing::error!(code = error.code(), "{error}");
                None
            }
        }
    }
}

/// Loads and compiles a kept bundle. One that was made under other deciding keys cannot be replayed by
/// an engine that holds the present ones: that stops.
pub(crate) fn load_bundle(
    state_dir: &Path,
    settings: &str,
    hash: &str,
) -> Result<Bundle, RunError> {
    let files = BundleFiles::load(state_dir, hash)?;
    if let Some(difference) = difference(files.settings(), settings) {
        return Err(RunError::Stop {
            code: "deciding_key_changed",
            reason: format!(
                "{difference} since this task began; set it back, \
                 or begin a new task with a group of its own"
            ),
        });
    }
    let rules = files.compile().map_err(RunError::Rules)?.rules;
    Ok(Bundle { sha256: hash.to_owned(), rules })
}

/// The first deciding key beside `rules.environment` that differs, in words.
fn difference(then: &str, now: &str) -> Option<String> {
    let pairs = |text: &str| -> Vec<(String, String)> {
        let lines = text.lines().filter_map(|line| line.split_once(": "));
        let lines = lines.filter(|(key, _)| *key != "rules.environment");
        lines.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    let then = pairs(then);
    pairs(now).into_iter().find_map(|(key, value)| {
        let before = then.iter().find(|(k, _)| *k == key).map_or("not set", |(_, v)| v.as_str());
        (before != value).then(|| format!("`{key}` has changed from `{before}` to `{value}`"))
    })
}

fn say_how_it_opened(task: &Task) {
    task.notes().iter().for_each(|note| tracing::warn!("{note}"));
    let stats = task.stats();
    tracing::info!(
        snapshot = stats.restored_from,
        restore_ms = stats.restore_ms,
        replayed = stats.replayed,
        replay_ms = stats.replay_ms,
        "open; reading begins"
    );
}

fn renew(error: TaskError, turned_ms: u64) -> Result<End, RunError> {
    match error {
        TaskError::Log(LogError::Recover { reason }) => Ok(End::Renew { reason, turned_ms }),
        TaskError::Log(error) => Err(error.into()),
        TaskError::Stop(stop) => Err(stop.into()),
        TaskError::Interrupted => Ok(End::Stopped(Box::new(Ended { stats: Stats::default() }))),
    }
}

#[cfg(test)]
mod tests;
