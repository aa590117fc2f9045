//! One seed: a world, the engines that come and go in it, and what must hold of it in the end.

use super::disk::{self, Store};
use super::faults::{Counts, Drawn, Fault};
use super::outputs;
use super::scene::{Event, Scene, bundle, held, partitions};
use palermo_checkpoint::MemoryFiles;
use palermo_codec::Progress;
use palermo_domain::{OutputTopic, Partition};
use palermo_engine::port::{Log, LogError, OutRecord};
use palermo_engine::recovery::History;
use palermo_engine::{
    Bundle, CommitFault, Delivering, Engine, EngineConfig, EngineStop, ManualClock, MemoryBroker,
    MemoryLog, StartAt, Task, TaskConfig, TaskError, rerun,
};
use palermo_tests::Chance;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

const TASK: &str = "oracle";
/// Turns after which a run has not come to an end.
const TURNS_MAX: u32 = 50_000;
const STARTS_MAX: u64 = 2_000;
/// Looks at the watch after which a recovery is given up.
const LOOKS_MAX: u32 = 500;

/// A run of one seed.
pub struct Storm {
    pub broker: MemoryBroker,
    pub counts: Counts,
    engine: EngineConfig,
    files: MemoryFiles,
    drawn: Drawn,
    chance: Chance,
    clock: Arc<ManualClock>,
    /// What is still to happen, the next last.
    rest: Vec<Event>,
    cut_until: BTreeMap<Partition, u32>,
    turns: u32,
    starts: u64,
    /// Operations that failed and writes without room, as last asked.
    disk: (u32, u32),
}

/// An engine that runs.
struct Running {
    task: Task<Engine>,
    log: MemoryLog,
    store: Store,
}

/// Why an engine runs no more.
enum End {
    Done,
    Again,
}

fn task_config(engine: &EngineConfig, chance: &mut Chance) -> TaskConfig {
    let mut few = |most: u64| usize::try_from(chance.below(most)).expect("small") + 1;
    TaskConfig {
        commit_every_ms: 50,
        commit_records_max: few(20),
        commit_bytes_max: few(5_000),
        hold_ms: 50,
        buffer_records_max: few(9),
        buffer_bytes_max: few(3_000),
        poll_records_max: few(20),
        start: Some(StartAt::Earliest),
        snapshot_records_max: few(30) as u64,
        snapshot_every_ms: if few(3) == 1 { 300 } else { u64::MAX },
        ..TaskConfig::new(engine.clone())
    }
}

/// Which fault a broken log tells of.
fn cause(reason: &str) -> Fault {
    match reason {
        "injected before the commit" => Fault::CommitLost,
        "injected after the commit" => Fault::CommitUnknown,
        _ => Fault::ConnectionLost,
    }
}

fn bundle_of(hash: &str) -> Option<Bundle> {
    (0..3).map(bundle).find(|bundle| bundle.sha256 == hash)
}

fn on_the_way() -> impl FnMut(&palermo_engine::Stats) -> ControlFlow<()> {
    |_| ControlFlow::Continue(())
}

impl Storm {
    pub fn new(seed: u64, scene: &Scene, drawn: Drawn) -> Self {
        let mut events = scene.events.clone();
        if drawn.has(Fault::UpstreamHeld) {
            events = held(events, seed);
        }
        let mut storm = Self {
            broker: MemoryBroker::new(partitions()),
            counts: Counts::default(),
            engine: scene.config.clone(),
            files: MemoryFiles::default(),
            drawn,
            chance: Chance::new(seed),
            clock: Arc::new(ManualClock::new()),
            rest: events.into_iter().rev().collect(),
            cut_until: BTreeMap::new(),
            turns: 0,
            starts: 0,
            disk: (0, 0),
        };
        // Where the recorded past is not the judge, the topics are whole before the first start.
        let first = if drawn.grows() { storm.chance.below(40) } else { u64::MAX };
        storm.happen(first);
        storm
    }

    /// What an engine publishes that nothing happens to.
    pub fn calm(seed: u64, scene: &Scene) -> Result<Vec<OutRecord>, String> {
        let mut calm = Self::new(seed, scene, Drawn::nothing());
        calm.run()?;
        calm.check_progress()?;
        Ok(outputs(&calm.broker))
    }

    fn one_in(&mut self, fault: Fault, n: u64) -> bool {
        self.drawn.has(fault) && self.chance.below(n) == 0
    }

    /// The next events upstream.
    fn happen(&mut self, events: u64) {
        for _ in 0..events {
            match self.rest.pop() {
                Some(Event::Record(partition, at, value)) => {
                    self.broker.produce(partition, at, None, Some(&value));
                }
                Some(Event::Skip(partition, offsets)) => self.broker.skip(partition, offsets),
                Some(Event::Hold(partition)) => {
                    self.broker.hold_stable(partition);
                    self.counts.note(Fault::UpstreamHeld);
                }
                Some(Event::Release(partition)) => self.broker.release_stable(partition),
                None => return,
            }
        }
    }

    /// Engines come and go until everything is applied and committed.
    pub fn run(&mut self) -> Result<(), String> {
        let mut zombie: Option<Running> = None;
        loop {
            self.starts += 1;
            if self.starts > STARTS_MAX {
                return Err(format!("no end after {STARTS_MAX} starts"));
            }
            let Some(mut running) = self.start()? else { continue };
            if let Some(zombie) = zombie.take() {
                self.wake(zombie)?;
            }
            match self.live(&mut running)? {
                End::Done => {
                    running.task.leave(&*self.clock);
                    return Ok(());
                }
                End::Again => {
                    self.after_death(&running.store);
                    if self.one_in(Fault::Zombie, 2) {
                        zombie = Some(running);
                    }
                }
            }
        }
    }

    /// A process begins; `None` where it ends before it is ready.
    fn start(&mut self) -> Result<Option<Running>, String> {
        let (config, delivering) = (task_config(&self.engine, &mut self.chance), self.delivering());
        let rules = if self.drawn.has(Fault::RulesChanged) { self.chance.below(3) } else { 0 };
        self.prepare_faults();
        let fails_in = self.one_in(Fault::KilledInRecovery, 3).then(|| self.chance.below(12));
        let mut log = self.broker.log(TASK, delivering);
        log.fail_in(fails_in);
        let store = Store::new(&self.files, self.starts, Chance::new(self.chance.below(u64::MAX)));
        disk::folder(&self.files, self.starts).sweep();
        // Somebody presses ctrl-c where a leader stays away.
        let mut looks = 0_u32;
        let mut patient = |_: &palermo_engine::Stats| {
            looks += 1;
            if looks < LOOKS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let opened = Task::<Engine>::open_with(
            &mut log,
            &*self.clock,
            config,
            Box::new(bundle_of),
            bundle(rules),
            Box::new(store.clone()),
            &mut patient,
        );
        log.fail_in(None);
        match opened {
            Ok(task) => {
                self.note_start(&task);
                Ok(Some(Running { task, log, store }))
            }
            Err(TaskError::Log(LogError::Recover { reason })) => {
                if cause(&reason) == Fault::ConnectionLost {
                    self.counts.note(Fault::KilledInRecovery);
                }
                self.after_death(&store);
                Ok(None)
            }
            Err(TaskError::Interrupted) if !self.cut_until.is_empty() => {
                self.turns += 20;
                self.upstream();
                self.after_death(&store);
                Ok(None)
            }
            // The topics are cut, and for a moment the disk showed no snapshot: an operator starts it
            // again.
            Err(TaskError::Stop(EngineStop {
                code: "log_truncated" | "snapshot_unreadable",
                ..
            })) if self.drawn.has(Fault::TopicsCut) && self.drawn.has(Fault::DiskError) => {
                self.files.fail_in(u32::MAX);
                Ok(None)
            }
            Err(error) => Err(format!("start {}: {error}", self.starts)),
        }
    }

    fn note_start(&mut self, task: &Task<Engine>) {
        let stats = task.stats();
        if stats.restored_from.is_some() {
            self.counts.restored += 1;
        } else {
            self.counts.from_nothing += 1;
        }
        self.counts.refused += stats.snapshots_refused;
    }

    fn delivering(&mut self) -> Delivering {
        let chunk_max = usize::try_from(self.chance.below(7)).expect("small") + 1;
        Delivering { seed: Some(self.chance.below(u64::MAX)), chunk_max }
    }

    /// Faults that are there before a process begins, or wait for it.
    fn prepare_faults(&mut self) {
        if self.one_in(Fault::CommitLost, 3) {
            let commits = self.chance.below(4);
            self.broker.fail_commit(TASK, commits, CommitFault::Before);
        }
        if self.one_in(Fault::CommitUnknown, 3) {
            let commits = self.chance.below(4);
            self.broker.fail_commit(TASK, commits, CommitFault::After);
        }
        self.files.fail_in(u32::MAX);
        if self.one_in(Fault::DiskError, 2) {
            self.files.fail_in(u32::try_from(self.chance.below(80)).expect("small"));
        }
        let full = self.one_in(Fault::DiskFull, 2);
        let room = full.then(|| usize::try_from(self.chance.below(12_000)).expect("small"));
        self.files.set_room(room);
    }

    /// One process from its start to its end.
    fn live(&mut self, running: &mut Running) -> Result<End, String> {
        let Running { task, log, store: _ } = running;
        if self.one_in(Fault::ConnectionLost, 2) {
            log.fail_in(Some(self.chance.below(40)));
        }
        let (mut written, clock) = (0, Arc::clone(&self.clock));
        loop {
            self.turns += 1;
            if self.turns > TURNS_MAX {
                return Err(format!("no end after {TURNS_MAX} turns"));
            }
            self.upstream();
            clock.advance_ms(self.chance.below(80));
            match task.turn(log, &*clock) {
                Ok(_) => {}
                Err(TaskError::Log(LogError::Recover { reason })) => {
                    self.counts.note(cause(&reason));
                    return Ok(End::Again);
                }
                Err(error) => return Err(error.to_string()),
            }
            let taken = u32::try_from(task.stats().snapshots_taken).expect("few");
            self.counts.snapshots += taken - std::mem::replace(&mut written, taken);
            if self.is_over(task) {
                return Ok(if task.drain(log, &*clock).is_ok() { End::Done } else { End::Again });
            }
            for fault in [Fault::Killed, Fault::PowerLost] {
                if self.one_in(fault, 6) {
                    self.counts.note(fault);
                    if fault == Fault::PowerLost {
                        let chance = &mut self.chance;
                        self.files.crash(&mut |bytes| {
                            usize::try_from(chance.below(bytes as u64 + 1)).expect("small")
                        });
                    }
                    return Ok(End::Again);
                }
            }
        }
    }

    /// What happens outside while a process runs.
    fn upstream(&mut self) {
        let events = self.chance.below(4);
        self.happen(events);
        let turns = self.turns;
        let healed: Vec<Partition> = self
            .cut_until
            .iter()
            .filter(|(_, until)| **until <= turns)
            .map(|(partition, _)| *partition)
            .collect();
        for partition in healed {
            self.broker.cut(partition, false);
            self.cut_until.remove(&partition);
        }
        if self.one_in(Fault::LeaderCut, 10) && self.cut_until.is_empty() {
            let all: Vec<Partition> = partitions().collect();
            let partition = all[usize::try_from(self.chance.below(4)).expect("small")];
            self.broker.cut(partition, true);
            let until = turns + u32::try_from(self.chance.below(20)).expect("small");
            self.cut_until.insert(partition, until);
            self.counts.note(Fault::LeaderCut);
        }
    }

    /// Whether everything is there, and applied.
    fn is_over(&self, task: &Task<Engine>) -> bool {
        let ends = self.broker.extents();
        let at_end = |(partition, position): (&Partition, &i64)| {
            ends.get(partition).is_some_and(|extent| *position >= extent.end)
                || self.visible_end(*partition) == *position
        };
        self.rest.is_empty()
            && self.cut_until.is_empty()
            && task.engine().positions().iter().all(at_end)
    }

    /// Behind the last record of a partition that a reader sees.
    fn visible_end(&self, partition: Partition) -> i64 {
        let mut log = self.broker.log("reader", Delivering::default());
        log.fence(&mut |_| ControlFlow::Continue(())).expect("a reader");
        let extents = self.broker.extents();
        let start = extents[&partition].start;
        let others = extents.iter().map(|(one, extent)| (*one, extent.end));
        let from = others.chain([(partition, start)]).collect();
        log.subscribe(&from).expect("a reader");
        let mut end = start;
        let mut see = |delivery: palermo_engine::port::Delivery<'_>| {
            if let palermo_engine::port::Delivery::Record(record) = delivery {
                end = record.offset + 1;
            }
        };
        while log.poll(std::time::Duration::ZERO, 1000, &mut see).expect("a reader") > 0 {}
        end
    }

    /// What the disk refused since it was last asked.
    fn note_disk(&mut self) {
        let (failed, refused) = (self.files.failed(), self.files.refused());
        let (failed_before, refused_before) = std::mem::replace(&mut self.disk, (failed, refused));
        (failed_before..failed).for_each(|_| self.counts.note(Fault::DiskError));
        (refused_before..refused).for_each(|_| self.counts.note(Fault::DiskFull));
    }

    /// What becomes of the disk and the topics while nobody runs.
    fn after_death(&mut self, store: &Store) {
        self.note_disk();
        store.killed(&mut self.chance);
        // What failed because the process ended is no fault of the disk.
        self.disk = (self.files.failed(), self.files.refused());
        self.files.fail_in(u32::MAX);
        let whole = disk::whole(&self.files);
        // Where the topics do not reach back to the beginning, one that can be read has to be left.
        let spare = !self.drawn.has(Fault::TopicsCut) || whole.len() > 1;
        if spare && self.one_in(Fault::FileLost, 2) && disk::lose_newest(&self.files) {
            self.counts.note(Fault::FileLost);
        } else if spare && self.one_in(Fault::FileDamaged, 2) {
            self.damage();
        } else if self.one_in(Fault::TopicsCut, 2)
            && let Some(oldest) = whole.last()
        {
            let from = oldest.positions.iter();
            from.for_each(|(partition, position)| self.broker.truncate(*partition, *position));
            self.counts.note(Fault::TopicsCut);
        }
    }

    fn damage(&mut self) {
        let Some(name) = disk::newest(&self.files) else { return };
        let Self { files, chance, counts, .. } = self;
        files.damage(&name, &mut |bytes| {
            let at = usize::try_from(chance.below(bytes.len() as u64)).expect("small");
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x10;
                counts.note(Fault::FileDamaged);
            }
        });
    }

    /// An engine that was taken for dead goes on beside the one that took its place.
    fn wake(&mut self, zombie: Running) -> Result<(), String> {
        let Running { mut task, mut log, .. } = zombie;
        self.counts.note(Fault::Zombie);
        let before = self.broker.published(OutputTopic::Progress).len();
        let clock = Arc::clone(&self.clock);
        let error = (0..200).find_map(|_| {
            clock.advance_ms(60);
            task.turn(&mut log, &*clock).err()
        });
        match error {
            // Without anything to apply it writes nothing and so notices nothing.
            None | Some(TaskError::Log(LogError::Fenced { .. } | LogError::Recover { .. })) => {}
            Some(error) => return Err(format!("the zombie ended otherwise: {error}")),
        }
        if self.broker.published(OutputTopic::Progress).len() != before {
            return Err("a zombie has written".to_owned());
        }
        Ok(())
    }

    fn past(&self) -> Result<Vec<Progress>, String> {
        let published = self.broker.published(OutputTopic::Progress);
        if !published.is_sorted_by_key(|record| record.epoch) {
            return Err("an earlier engine wrote after a later one".to_owned());
        }
        let read = |record: palermo_engine::Published| {
            let value = record.record.value.unwrap_or_default();
            Progress::decode(&value).map_err(|error| error.to_string())
        };
        published.into_iter().map(read).collect()
    }

    /// Numbers, positions, fates: what must hold of any run. And files: no more than are kept.
    pub fn check_progress(&self) -> Result<(), String> {
        let mut before: Option<Progress> = None;
        for progress in self.past()? {
            let start = before.as_ref().map_or(&progress.started.positions, |b| &b.positions);
            for (partition, position) in &progress.positions {
                if *position < start[partition] {
                    return Err(format!("record {}: {partition} went back", progress.seq));
                }
                let fates = progress.fates[partition];
                let met = fates.processed + fates.late + fates.duplicate + fates.dead_letter;
                let sum = met + progress.undelivered[partition];
                let all = position - progress.started.positions[partition];
                if i64::try_from(sum).ok() != Some(all) {
                    return Err(format!("record {}: {sum} of {all} have a fate", progress.seq));
                }
            }
            if progress.seq != before.map_or(1, |before| before.seq + 1) {
                return Err(format!("record {} has another number", progress.seq));
            }
            before = Some(progress);
        }
        let last = before.ok_or("nothing was committed")?;
        if last.positions != self.broker.committed(TASK) {
            return Err("the group stands elsewhere than the progress topic".to_owned());
        }
        let files = disk::count(&self.files);
        // One that is being written by each of the last processes.
        if files > disk::KEPT + 2 {
            return Err(format!("{files} files were left"));
        }
        Ok(())
    }

    /// What the recorded past gives, from the first start.
    pub fn rerun(&mut self) -> Result<Vec<OutRecord>, String> {
        let mut history: Option<History> = None;
        let mut since = None;
        for progress in self.past()? {
            if since
                .replace(progress.bundle_since)
                .is_some_and(|last| last != progress.bundle_since)
            {
                self.counts.note(Fault::RulesChanged);
            }
            History::extend(&mut history, progress).map_err(|stop| stop.reason)?;
        }
        let history = history.ok_or("nothing was committed")?;
        let past = history.past(&self.broker.extents()).map_err(|stop| stop.reason)?;
        let mut log = self.broker.log("judge", Delivering::default());
        log.fence(&mut |_| ControlFlow::Continue(())).map_err(|error| error.to_string())?;
        let config = TaskConfig::new(self.engine.clone());
        let missing = || EngineStop { code: "bundle_missing", reason: String::new() };
        let mut all = Vec::new();
        let machine = rerun::<Engine>(
            &mut log,
            &*self.clock,
            &config,
            past,
            &|hash| bundle_of(hash).ok_or_else(missing),
            &mut on_the_way(),
            &mut |_, effects| {
                all.extend_from_slice(effects);
                ControlFlow::Continue(())
            },
        )
        .map_err(|error| error.to_string())?;
        if machine.chain() != history.chain() {
            return Err("the rerun ends with another hash".to_owned());
        }
        all.sort_by_key(|record| record.topic);
        Ok(all)
    }
}
