//! Opening a task: facts, decision, replay (module `replay`), going live.

use super::replay::Replay;
use super::rules::Rules;
use super::{Pending, StartAt, Task, TaskConfig, TaskError, merger_config};
use crate::engine::{Bundle, EngineConfig, EngineStop};
use crate::machine::Machine;
use crate::merger::{Merger, Reading};
use crate::port::{Batch, Clock, Log, LogError};
use crate::progress;
use crate::recovery::{
    Accept, Base, FIRST_SEQ, Facts, Fresh, History, Mark, Plan, Positions, Recover, Segment, Start,
    check_chain, resolve,
};
use crate::rules::{Bundles, Waiting};
use crate::snapshot::{Head, SnapshotStore};
use crate::stats::{Phase, Stats};
use palermo_codec::{Progress, Scheduled, Started};
use palermo_domain::snapshot::SnapshotError;
use palermo_domain::{EventTime, Partition};
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;

/// How many records of the past are read between two looks at the watch.
const LOOK_EVERY: usize = 256;

/// What opening works with.
struct Opener<'a> {
    log: &'a mut dyn Log,
    clock: &'a dyn Clock,
    config: TaskConfig,
    store: Box<dyn SnapshotStore>,
    rules: Rules,
    watch: &'a mut dyn FnMut(&Stats) -> ControlFlow<()>,
    stats: Stats,
    notes: Vec<String>,
    /// The bundles that may be needed, by hash.
    bundles: BTreeMap<String, Bundle>,
}

impl<M: Machine> Task<M> {
    /// [`Task::open`] for any machine.
    ///
    /// # Errors
    /// As [`Task::open`].
    pub fn open_with(
        log: &mut dyn Log,
        clock: &dyn Clock,
        config: TaskConfig,
        bundles: Box<dyn Bundles>,
        configured: Bundle,
        store: Box<dyn SnapshotStore>,
        watch: &mut dyn FnMut(&Stats) -> ControlFlow<()>,
    ) -> Result<Self, TaskError> {
        let hash = configured.sha256.clone();
        let mut opener = Opener {
            log,
            clock,
            config,
            store,
            rules: Rules::new(bundles, hash.clone()),
            watch,
            stats: Stats::default(),
            notes: Vec::new(),
            bundles: BTreeMap::from([(hash.clone(), configured)]),
        };
        opener.look()?;
        let facts = opener.gather(hash.clone())?;
        match resolve(&facts)? {
            Plan::Fresh(plan) => opener.begin(plan, &hash),
            Plan::Recover(plan) => opener.recover(*plan),
            Plan::Accept(plan) => opener.go_on(*plan),
        }
    }
}

impl Opener<'_> {
    fn look(&mut self) -> Result<(), TaskError> {
        match (self.watch)(&self.stats) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(TaskError::Interrupted),
        }
    }

    fn gather(&mut self, configured: String) -> Result<Facts, TaskError> {
        if let Some(own) = self.config.last_seq {
            self.check_alone(own)?;
        }
        let (snapshots, words) = self.store.heads();
        self.notes = words;
        let Known { committed, history, marks } = self.fence(&snapshots)?;
        let needed = history.iter().flat_map(History::bundles);
        // Where records are gone, so may be those that would name the bundle of a snapshot.
        let of_heads = snapshots.iter().filter(|_| self.config.accept_gap);
        for hash in needed.chain(of_heads.map(|head| head.bundle.as_str())) {
            if !self.bundles.contains_key(hash)
                && let Some(bundle) =
                    self.rules.bundles.load(hash).filter(|bundle| bundle.sha256 == hash)
            {
                self.bundles.insert(hash.to_owned(), bundle);
            }
        }
        let first = history.is_none() && committed.is_empty();
        let start = match self.config.start {
            None => None,
            Some(StartAt::Time(at)) if first => Some(Start::At(self.log.positions_at(at)?)),
            Some(StartAt::Latest) => Some(Start::Latest),
            Some(StartAt::Earliest | StartAt::Time(_)) => Some(Start::Earliest),
        };
        Ok(Facts {
            task: self.config.engine.task.clone(),
            committed,
            history,
            extents: self.log.extents()?,
            start,
            mute_before: self.config.warm_up_until,
            accept_gap: self.config.accept_gap,
            now: EventTime(self.clock.unix_ms()),
            configured,
            bundles: self.bundles.keys().cloned().collect(),
            snapshots,
            marks,
        })
    }

    /// An engine that comes back after a doubtful end: where the progress topic holds a record
    /// beyond the last one that it tried to write, another engine runs as this task, and to fence it
    /// would put out the rightful one. Even an aborted record is proof.
    fn check_alone(&mut self, own: u64) -> Result<(), TaskError> {
        let mut newest = 0;
        let Self { log, watch, stats, .. } = self;
        let (mut reading, mut stopped) = (Looking::default(), false);
        log.peek(&mut |value| {
            let seq = value.and_then(|value| progress::read(value).ok()).map_or(0, |p| p.seq);
            newest = newest.max(seq);
            let flow = reading.flow(value, watch, stats);
            stopped = flow.is_break();
            flow
        })?;
        if stopped {
            return Err(TaskError::Interrupted);
        }
        if newest <= own {
            return Ok(());
        }
        let reason = format!("progress record {newest} was written after this engine's {own}");
        Err(LogError::Fenced { reason }.into())
    }

    /// Fences, and folds the past as it is read: it may be far larger than what is kept of it.
    fn fence(&mut self, snapshots: &[Head]) -> Result<Known, TaskError> {
        let Self { log, watch, stats, .. } = self;
        let (mut history, mut marks, mut ended) = (None, BTreeMap::new(), None);
        let mut reading = Looking::default();
        let committed = log.fence(&mut |value| {
            let folded = value.map_or(Ok(()), |value| {
                let progress = progress::read(value)?;
                if snapshots.iter().any(|head| head.seq == progress.seq) {
                    let (positions, chain) = (progress.positions.clone(), progress.chain.clone());
                    marks.insert(progress.seq, Mark { positions, chain });
                }
                if history.is_none() && progress.seq != FIRST_SEQ {
                    let known = oldest_known(snapshots, &progress).map(History::after);
                    history = Some(known.unwrap_or_else(|| History::from_middle(&progress)));
                }
                History::extend(&mut history, progress)
            });
            if let Err(stop) = folded {
                ended = Some(TaskError::Stop(stop));
                return ControlFlow::Break(());
            }
            let flow = reading.flow(value, watch, stats);
            if flow.is_break() {
                ended = Some(TaskError::Interrupted);
            }
            flow
        })?;
        match ended {
            Some(error) => Err(error),
            None => Ok(Known { committed, history, marks }),
        }
    }

    fn bundle(&self, hash: &str) -> Result<Bundle, EngineStop> {
        loaded(&self.bundles, hash)
    }

    /// What comes into force next: an earlier process admitted it, or the configuration asks for it.
    fn waiting(&self, next: Scheduled) -> Result<Waiting, EngineStop> {
        let Scheduled { bundle, not_before } = next;
        Ok(Waiting { bundle: self.bundle(&bundle)?, not_before })
    }

    /// The first start: nothing is read before its positions are committed.
    fn begin<M: Machine>(mut self, plan: Fresh, hash: &str) -> Result<Task<M>, TaskError> {
        let Fresh { started } = plan;
        if self.config.accept_gap {
            self.notes.push("`--accept-gap` is ignored: this is the first start".to_owned());
        }
        let bundle = self.bundle(hash)?;
        let from = started.positions.clone();
        let machine = M::start(self.config.engine.clone(), bundle, &from, started.warm_up_until)?;
        let preload_ends = started.preload_ends.clone();
        let reading = Reading { from: from.clone(), preload_ends, ..Reading::default() };
        let merger = Merger::new(merger_config(&self.config), reading);
        self.stats.phase = Phase::Restored;
        self.look()?;
        self.log.subscribe(&from)?;
        self.stats.phase = Phase::Assigned;
        let Self { log, clock, config, store, stats, notes, rules, .. } = self;
        let mut task = Task::assemble((config, store, stats, rules), machine, merger, started);
        task.notes = notes;
        task.commit(log, clock)?;
        task.forget_committed();
        Ok(task)
    }

    /// A later start without what was lost: that is committed before anything is read, so that the
    /// next start finds back here without being told.
    fn go_on<M: Machine>(mut self, plan: Accept) -> Result<Task<M>, TaskError> {
        self.notes.extend(plan.notes.iter().cloned());
        let (machine, base): (M, Base) = self.at_a_base(&Started::default(), plan.bases.clone())?;
        let started = base.anew.unwrap_or_default();
        self.notes.extend(started.gaps.last().map(|gap| plan.tell(gap)));
        let reading = Reading {
            from: started.positions.clone(),
            preload_ends: started.preload_ends.clone(),
            reached: base.snapshot.as_ref().map(|head| head.reached.clone()).unwrap_or_default(),
            ..Reading::default()
        };
        let merger = Merger::new(merger_config(&self.config), reading);
        self.stats.restored_from = base.snapshot.map(|head| head.seq);
        self.stats.phase = Phase::Restored;
        self.look()?;
        self.log.subscribe(&started.positions)?;
        self.stats.phase = Phase::Assigned;
        // The first record says so already: it must not be lost with this process.
        let other = machine.bundle_sha256() != plan.in_force;
        let next = if other { Some(at_once(plan.in_force)) } else { plan.scheduled };
        self.rules.waiting = next.map(|next| self.waiting(next)).transpose()?;
        self.rules.before = plan.before;
        let Self { log, clock, config, store, stats, notes, rules, .. } = self;
        let mut task = Task::assemble((config, store, stats, rules), machine, merger, started);
        task.next_seq = plan.seq.saturating_add(1);
        task.bundle_since = task.next_seq;
        task.notes = notes;
        task.commit(log, clock)?;
        task.forget_committed();
        task.snapshot_last.1 = task.last_commit_ms;
        Ok(task)
    }

    /// A later start: replay, compare, activate, go on.
    fn recover<M: Machine>(mut self, plan: Recover) -> Result<Task<M>, TaskError> {
        let Recover { started, bases, until, ticks, .. } = plan;
        self.notes.extend(plan.notes);
        let (machine, base) = self.at_a_base(&started, bases)?;
        let (reached, snapshot) =
            base.snapshot.map_or_else(Default::default, |head| (head.reached, Some(head.seq)));
        let reading = Reading {
            from: base.from.clone(),
            preload_ends: started.preload_ends.clone(),
            ticks,
            reached,
            until: Some(until.clone()),
        };
        let mut merger = Merger::new(merger_config(&self.config), reading);
        self.log.replay(&base.from, &until)?;
        self.stats.replay_offsets = distance(&base.from, &until);
        self.stats.restored_from = snapshot;
        let Self { log, clock, config, watch, stats, bundles, .. } = &mut self;
        let bundles = |hash: &str| loaded(bundles, hash);
        let mut replay =
            Replay { log: &mut **log, clock: *clock, config, bundles: &bundles, watch, stats };
        let on = &mut |_: &M, _: &[_]| ControlFlow::Continue(());
        let machine: M = replay.run(machine, &mut merger, base.segments.into(), on)?;
        check_chain(&plan.chain, &Machine::chain(&machine))?;
        self.stats.phase = Phase::Restored;
        self.look()?;
        merger.go_live();
        self.log.subscribe(&until)?;
        self.stats.phase = Phase::Assigned;
        self.stats.paused = 0;
        let next = plan.activate.map(at_once).or(plan.scheduled);
        self.rules.waiting = next.map(|next| self.waiting(next)).transpose()?;
        self.rules.before = plan.before;
        let (now_ms, notes) = (self.clock.monotonic_ms(), std::mem::take(&mut self.notes));
        let Self { config, store, stats, rules, .. } = self;
        let mut task = Task::assemble((config, store, stats, rules), machine, merger, started);
        task.next_seq = plan.seq.saturating_add(1);
        task.tried_seq = plan.seq;
        task.bundle_since = plan.bundle_since;
        task.notes = notes;
        task.last_commit_ms = now_ms;
        task.snapshot_last.1 = now_ms;
        Ok(task)
    }

    /// A machine at the first of the bases that can be read, and what is left to replay from there.
    fn at_a_base<M: Machine>(
        &mut self,
        started: &Started,
        bases: Vec<Base>,
    ) -> Result<(M, Base), TaskError> {
        self.stats.phase = Phase::Restoring;
        let began_ms = self.clock.monotonic_ms();
        let mut last = None;
        for mut base in bases {
            self.look()?;
            let mut segments: VecDeque<Segment> = base.segments.into();
            let first = segments.pop_front().map(|segment| segment.bundle).unwrap_or_default();
            base.segments = segments.into();
            let (engine, bundle) = (self.config.engine.clone(), self.bundle(&first)?);
            let Some(head) = &base.snapshot else {
                let from = &started.positions;
                return Ok((M::start(engine, bundle, from, started.warm_up_until)?, base));
            };
            match self.restored(head, engine, bundle, &mut base.anew) {
                Ok(machine) => {
                    self.stats.restore_ms = self.clock.monotonic_ms().saturating_sub(began_ms);
                    return Ok((machine, base));
                }
                Err(error) => {
                    self.stats.snapshots_refused = self.stats.snapshots_refused.saturating_add(1);
                    self.notes.push(format!("snapshot {} cannot be read: {error}", head.seq));
                    last = Some((head.seq, error));
                }
            }
        }
        let (seq, error) =
            last.unwrap_or_else(|| (0, SnapshotError::new("file", "there is no snapshot")));
        Err(EngineStop {
            code: "snapshot_unreadable",
            reason: format!(
                "no snapshot can be read, the last of them, {seq}, for this reason: {error}; and the \
                 topics no longer reach back to the first start"
            ),
        }
        .into())
    }

    fn restored<M: Machine>(
        &mut self,
        head: &Head,
        config: EngineConfig,
        bundle: Bundle,
        anew: &mut Option<Started>,
    ) -> Result<M, SnapshotError> {
        let mut source = self.store.read(head.seq)?;
        let mut machine = M::read(config, bundle, &mut *source)?;
        machine.know_gaps(&head.started.gaps);
        if machine.positions() != &head.positions || machine.chain() != head.chain {
            let why = "its positions or its chain are not those of its head";
            return Err(SnapshotError::new("engine", why));
        }
        if let Some(started) = anew {
            // Where the gap is on record already, it says the same.
            if let Some(gap) = started.gaps.last_mut() {
                gap.after = machine.watermark();
            }
            machine.go_on(started);
        }
        Ok(machine)
    }
}

/// The oldest snapshot from which on all records are there, the oldest of which is not the first.
fn oldest_known<'a>(snapshots: &'a [Head], oldest: &Progress) -> Option<&'a Head> {
    let reaches = |head: &&Head| head.seq.saturating_add(1) >= oldest.seq;
    let heads = snapshots.iter().filter(|head| head.task == oldest.task);
    heads.filter(reaches).min_by_key(|head| head.seq)
}

/// What the log says of the past.
struct Known {
    committed: Positions,
    history: Option<History>,
    marks: BTreeMap<u64, Mark>,
}

fn at_once(bundle: String) -> Scheduled {
    Scheduled { bundle, not_before: None }
}

fn loaded(bundles: &BTreeMap<String, Bundle>, hash: &str) -> Result<Bundle, EngineStop> {
    bundles.get(hash).cloned().ok_or_else(|| EngineStop {
        code: "bundle_missing",
        reason: format!("the bundle `{hash}` is needed and was not loaded"),
    })
}

/// How many offsets lie between.
fn distance(from: &Positions, until: &Positions) -> u64 {
    let of =
        |(p, until): (&Partition, &i64)| until.saturating_sub(from.get(p).copied().unwrap_or(0));
    u64::try_from(until.iter().map(of).fold(0, i64::saturating_add)).unwrap_or(0)
}

/// Looks at the watch now and then while the past is read.
#[derive(Default)]
struct Looking {
    read: usize,
}

impl Looking {
    fn flow(
        &mut self,
        value: Option<&[u8]>,
        watch: &mut dyn FnMut(&Stats) -> ControlFlow<()>,
        stats: &Stats,
    ) -> ControlFlow<()> {
        self.read = self.read.saturating_add(1);
        if value.is_some() && !self.read.is_multiple_of(LOOK_EVERY) {
            return ControlFlow::Continue(());
        }
        watch(stats)
    }
}

impl<M: Machine> Task<M> {
    fn assemble(
        (config, store, stats, rules): (TaskConfig, Box<dyn SnapshotStore>, Stats, Rules),
        machine: M,
        merger: Merger,
        started: Started,
    ) -> Self {
        // A long replay makes the next one due at once.
        let applied = machine.extent().0.saturating_sub(stats.replayed);
        Self {
            config,
            store,
            snapshot_last: (applied, 0),
            snapshot_kept: applied,
            machine,
            merger,
            batch: Batch::default(),
            batch_committed: false,
            pending: Pending::default(),
            started,
            next_seq: FIRST_SEQ,
            tried_seq: 0,
            bundle_since: FIRST_SEQ,
            rules,
            last_commit_ms: 0,
            ready: false,
            held_until_ms: None,
            notes: Vec::new(),
            stats,
        }
    }
}
