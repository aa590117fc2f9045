//! The loop around a task: open, turn, observe; open again where the log says so.
//!
//! Used by `palermo run` over Kafka and by the demo over the in-memory log, so that both are the
//! same program.
//!
//! Promises: readiness is withdrawn before a log is dropped and given back only after the task has
//! polled again; a log that must be renewed is renewed once at once, then after pauses that double,
//! and given up after [`RENEWALS_MAX`] renewals without a minute of quiet in between.

use crate::admit::Kept;
use crate::bundle::Trust;
use crate::config::Config;
use crate::observe::{Noted, Noticed, Observer};
use crate::run::{Build, RunError, RunOptions, Services, tell_rules};
use crate::snapshots::Snapshots;
use palermo_engine::port::{Clock, Log, LogError};
use palermo_engine::snapshot::{NoSnapshots, Saved, SnapshotStore};
use palermo_engine::{
    Bundle, Counters, Engine, EngineConfig, RulesNews, Stats, Task, TaskConfig, TaskError,
};
use palermo_kafka::admin::TopicNeeds;
use palermo_ops::Phase;
use std::ops::ControlFlow;
use std::path::PathBuf;
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
    trust: Trust,
    build: Build,
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
        let (trust, snapshots) = (Trust::default(), None);
        Self {
            task,
            needs,
            bundle,
            trust,
            build: options.build,
            settings,
            state_dir,
            services,
            clock,
            snapshots,
            beat,
            pause,
        }
    }

    /// Takes the rules that these keys signed; without it, none beside those that it begins with.
    #[must_use]
    pub fn trusting(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
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
        let bundles = Kept::new(&self.state_dir, &self.settings, &self.trust);
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
            Box::new(bundles.clone()),
            self.bundle.clone(),
            self.store(),
            &mut look,
        );
        let mut task = match (task, bundles.take_stop()) {
            (Ok(task), _) => task,
            (Err(error), changed) => {
                self.not_reading();
                return match (error, changed) {
                    (TaskError::Stop(_), Some(changed)) => Err(changed),
                    (error, _) => renew(error, 0),
                };
            }
        };
        self.say_how_it_opened(&task);
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
            task.take_rules_news().iter().for_each(|news| self.tell(news, task.engine()));
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

    fn tell_rules(&self, bundle: &Bundle) {
        let memory_max_bytes = self.task.engine.memory_max_bytes;
        tell_rules(&self.services, bundle, self.build, memory_max_bytes, self.clock.as_ref());
    }

    fn say_how_it_opened(&self, task: &Task) {
        task.notes().iter().for_each(|note| tracing::warn!("{note}"));
        let stats = task.stats();
        tracing::info!(
            snapshot = stats.restored_from,
            restore_ms = stats.restore_ms,
            replayed = stats.replayed,
            replay_ms = stats.replay_ms,
            "open; reading begins"
        );
        // Where an operator has activated others, those of the configuration are not in force.
        self.tell_rules(task.engine().bundle());
    }

    /// What became of an activation.
    fn tell(&self, news: &RulesNews, engine: &Engine) {
        match news {
            RulesNews::Scheduled { bundle, not_before } => {
                let not_before = not_before.map(|time| time.to_string());
                tracing::info!(bundle, not_before, "rules are admitted");
            }
            RulesNews::Activated { bundle, seq } => {
                self.tell_rules(engine.bundle());
                let (name, version) = (&engine.bundle().rules.name, &engine.bundle().rules.version);
                tracing::info!(ruleset = name, version, bundle, seq, "rules are in force");
            }
            RulesNews::Refused { bundle, why } => {
                self.services.metrics.rules_refused();
                let code = why.code;
                tracing::error!(code, bundle, "rules are not admitted: {}", why.reason);
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
