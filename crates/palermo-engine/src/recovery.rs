//! What to do at a start: facts in, one decision out.
//!
//! [`resolve`] looks at what the group and the progress topic hold, at what the topics still hold
//! and at what the operator said, and answers with a [`Plan`] or with a stop that names what a
//! person must decide. It does nothing itself; [`crate::Task::open`] gathers the facts and acts.
//!
//! Promises:
//! * An offset is never guessed and never reset. What does not fit together stops, with a code
//!   that has a page under `docs/errors/`.
//! * A plan to recover replays exactly the records, ticks and rule sets that led to the committed
//!   positions, from the newest snapshot that belongs to that past, or else from the task's first
//!   position, as far as the topics still reach back.
//! * `--start` and `--warm-up-until` count at the first start only; later they are ignored and a
//!   note says so.
//! * Only where the topics no longer reach back, and the operator says `--accept-gap`, does a task go
//!   on without what was lost (module `gap`).
//!
//! Cost: linear in the progress records, which are folded in one by one; what is kept of them is
//! one map of ticks, and of those only the ones that changed the order.

mod gap;
mod rules;

use crate::EngineStop;
use crate::merger::Ticks;
use crate::port::Extent;
use crate::snapshot::Head;
pub use gap::Accept;
use palermo_codec::{Progress, Scheduled, Started, Tick};
use palermo_domain::{EventTime, Partition, Position, TopicRole};
use std::collections::{BTreeMap, BTreeSet};

/// The number of the first progress record of a task.
pub const FIRST_SEQ: u64 = 1;

/// One position per partition.
pub type Positions = BTreeMap<Partition, Position>;

/// What the operator asked for with `--start`, times already looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The oldest records that are there.
    Earliest,
    /// Only what comes from now on.
    Latest,
    /// These positions (`--start TIME`, answered by [`crate::port::Log::positions_at`]).
    At(Positions),
}

/// A rule set and the positions from which on it was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Hash of the bundle.
    pub bundle: String,
    /// In force from here on.
    pub since: Positions,
    /// Number of the first progress record under it.
    pub first_seq: u64,
}

/// What a replay reads, in which order and by which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// What the first start decided; the replay begins at its positions.
    pub started: Started,
    /// The replay ends here.
    pub until: Positions,
    /// The recorded ticks.
    pub ticks: Ticks,
    /// Rule sets in the order in which they were in force; never empty.
    pub segments: Vec<Segment>,
}

/// From where on the past is known.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// The first start.
    Start,
    /// The snapshot with this number.
    Snapshot(u64),
    /// The progress record with this number; nothing is there to begin from.
    Record(u64),
    /// The newest gap that was accepted; the snapshot that it names is where all begins.
    Gap,
}

/// All progress records of a task, folded into what recovery needs: those since the task started, or
/// went on after a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    task: String,
    started: Started,
    seq: u64,
    positions: Positions,
    chain: String,
    segments: Vec<Segment>,
    bundle_since: u64,
    ticks: Ticks,
    watermark: Option<EventTime>,
    last: rules::LastWord,
    origin: Origin,
}

impl History {
    /// A past that is known from a snapshot on: records up to it are passed over, later ones are added.
    pub fn after(head: &Head) -> Self {
        let segment = Segment {
            bundle: head.bundle.clone(),
            since: head.positions.clone(),
            first_seq: head.bundle_since,
        };
        Self {
            task: head.task.clone(),
            started: head.started.clone(),
            seq: head.seq,
            positions: head.positions.clone(),
            chain: head.chain.clone(),
            segments: vec![segment],
            bundle_since: head.bundle_since,
            ticks: Ticks::new(),
            watermark: None,
            last: rules::LastWord::default(),
            origin: Origin::Snapshot(head.seq),
        }
    }

    /// A past of which nothing is known before this record, its oldest: nothing can be replayed, but
    /// what stands at its end is known.
    pub fn from_middle(oldest: &Progress) -> Self {
        let before = Self::before(oldest);
        Self { seq: oldest.seq.saturating_sub(1), origin: Origin::Record(oldest.seq), ..before }
    }

    /// Folds progress records, oldest first; `None` where there are none.
    ///
    /// # Errors
    /// The first record that could not be read; `progress_gap` where the first or one in between
    /// is missing, `task_mismatch` where they are of more than one task.
    pub fn fold(
        records: impl IntoIterator<Item = Result<Progress, EngineStop>>,
    ) -> Result<Option<Self>, EngineStop> {
        let mut history = None;
        for progress in records {
            Self::extend(&mut history, progress?)?;
        }
        Ok(history)
    }

    /// Folds one record more in.
    ///
    /// # Errors
    /// As [`History::fold`].
    pub fn extend(history: &mut Option<Self>, progress: Progress) -> Result<(), EngineStop> {
        match history {
            Some(history) => history.add(progress),
            None => {
                *history = Some(Self::first(progress)?);
                Ok(())
            }
        }
    }

    /// Folds the value of one record more in.
    ///
    /// # Errors
    /// As [`History::fold`].
    pub fn read(history: &mut Option<Self>, value: &[u8]) -> Result<(), EngineStop> {
        crate::progress::read(value).and_then(|progress| Self::extend(history, progress))
    }

    fn first(progress: Progress) -> Result<Self, EngineStop> {
        if progress.seq != FIRST_SEQ {
            return Err(gap(&progress.task, 0, progress.seq));
        }
        let mut history = Self::before(&progress);
        history.add(progress)?;
        Ok(history)
    }

    /// What the first record adds to.
    fn before(first: &Progress) -> Self {
        Self {
            task: first.task.clone(),
            started: first.started.clone(),
            seq: 0,
            positions: first.started.positions.clone(),
            chain: String::new(),
            segments: Vec::new(),
            bundle_since: 0,
            ticks: Ticks::new(),
            watermark: None,
            last: rules::LastWord::default(),
            origin: Origin::Start,
        }
    }

    fn add(&mut self, progress: Progress) -> Result<(), EngineStop> {
        if progress.task != self.task {
            return Err(task_mismatch(&self.task, &progress.task));
        }
        if matches!(self.origin, Origin::Snapshot(seq) if progress.seq <= seq) {
            // What the snapshot's head does not say.
            self.watermark = progress.watermark;
            self.last = rules::LastWord::of(&progress);
            return Ok(());
        }
        if Some(progress.seq) != self.seq.checked_add(1) {
            return Err(gap(&self.task, self.seq, progress.seq));
        }
        if progress.started.gaps != self.started.gaps {
            self.begin_anew(&progress)?;
        }
        self.last = rules::LastWord::of(&progress);
        // Rules are changed between commits, so they begin where the commit before ended.
        let same = self.segments.last().is_some_and(|last| last.bundle == progress.bundle);
        if !same || progress.bundle_since != self.bundle_since {
            let since = self.positions.clone();
            let first_seq = progress.bundle_since;
            self.segments.push(Segment { bundle: progress.bundle, since, first_seq });
        }
        self.note_ticks(&progress.ticks);
        self.bundle_since = progress.bundle_since;
        self.seq = progress.seq;
        self.positions = progress.positions;
        self.chain = progress.chain;
        self.watermark = progress.watermark;
        Ok(())
    }

    fn note_ticks(&mut self, ticks: &[Tick]) {
        for tick in ticks {
            let floor = self
                .ticks
                .entry(tick.partition)
                .or_default()
                .entry(tick.position)
                .or_insert(tick.floor_ms);
            *floor = tick.floor_ms.max(*floor);
        }
    }

    /// What a replay of all of it reads, if the topics still hold that. It needs no group: it goes
    /// up to the last progress record.
    ///
    /// # Errors
    /// `log_truncated`, also where the task went on after a gap; `offset_beyond_end` or
    /// `partition_count_changed`.
    pub fn past(&self, extents: &BTreeMap<Partition, Extent>) -> Result<Past, EngineStop> {
        self.check_whole()?;
        let facts = Facts {
            task: self.task.clone(),
            committed: self.positions.clone(),
            extents: extents.clone(),
            ..Facts::default()
        };
        check_partitions(&facts)?;
        check_starts(&facts, &self.started.positions)?;
        check_ends(&facts)?;
        Ok(Past {
            started: self.started.clone(),
            until: self.positions.clone(),
            ticks: self.ticks.clone(),
            segments: self.segments.clone(),
        })
    }

    /// What the first start decided.
    pub const fn started(&self) -> &Started {
        &self.started
    }

    /// The chained hash at the last progress record.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Number of the last progress record.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Hashes of every bundle that a later start needs.
    pub fn bundles(&self) -> BTreeSet<&str> {
        let next = self.last.scheduled.iter().map(|next| next.bundle.as_str());
        self.segments.iter().map(|segment| segment.bundle.as_str()).chain(next).collect()
    }
}

/// Everything the decision rests on.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Name of this task.
    pub task: String,
    /// Committed positions of the group; empty where there are none.
    pub committed: Positions,
    /// What the progress topic says.
    pub history: Option<History>,
    /// What the input topics hold now.
    pub extents: BTreeMap<Partition, Extent>,
    /// `--start`, if given.
    pub start: Option<Start>,
    /// `--warm-up-until`, if given.
    pub mute_before: Option<EventTime>,
    /// Hash of the bundle that the configuration asks for.
    pub configured: String,
    /// Hashes of the bundles that can be loaded.
    pub bundles: BTreeSet<String>,
    /// `--accept-gap`.
    pub accept_gap: bool,
    /// When the decision is made: what a gap that is accepted is recorded with.
    pub now: EventTime,
    /// Snapshots, the newest first.
    pub snapshots: Vec<Head>,
    /// What the progress records say after which they were taken, by number.
    pub marks: BTreeMap<u64, Mark>,
}

/// Where a progress record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its positions.
    pub positions: Positions,
    /// Its chained hash.
    pub chain: String,
}

/// Where a replay can begin: at a snapshot, or at the first start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// The snapshot; `None` at the first start.
    pub snapshot: Option<Head>,
    /// Positions there.
    pub from: Positions,
    /// Rule sets from there on, in the order in which they were in force; never empty.
    pub segments: Vec<Segment>,
    /// The start that the task goes on with from the snapshot, where it is not that of the snapshot.
    pub anew: Option<Started>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The first start: commit where it begins, then read.
    Fresh(Fresh),
    /// A later start: replay, compare, go on.
    Recover(Box<Recover>),
    /// A later start that goes on without what was lost.
    Accept(Box<Accept>),
}

/// The plan of a first start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// Committed with the first progress record before anything is read.
    pub started: Started,
}

/// The plan of a later start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recover {
    /// What the first start decided.
    pub started: Started,
    /// Where the replay can begin, the best first; never empty.
    pub bases: Vec<Base>,
    /// The replay ends here: what was committed.
    pub until: Positions,
    /// The recorded ticks.
    pub ticks: Ticks,
    /// The chained hash that the replay must arrive at.
    pub chain: String,
    /// Number of the last progress record.
    pub seq: u64,
    /// Number of the first one under the last rule set.
    pub bundle_since: u64,
    /// Bundle to activate after the replay, where it is not the last one.
    pub activate: Option<String>,
    /// What waits for its time.
    pub scheduled: Option<Scheduled>,
    /// Hash of the bundle that was in force before the last one.
    pub before: Option<String>,
    /// Words for the operator.
    pub notes: Vec<String>,
}

/// Decides.
///
/// # Errors
/// A stop whose code has a page under `docs/errors/`.
pub fn resolve(facts: &Facts) -> Result<Plan, EngineStop> {
    match (&facts.history, facts.committed.is_empty()) {
        (None, true) => fresh(facts).map(Plan::Fresh),
        (Some(history), false) => match recover(facts, history) {
            Err(stop) if facts.accept_gap && gap::is_one(&stop) => {
                gap::accept(facts, history, stop).map(Box::new).map(Plan::Accept)
            }
            found => found.map(Box::new).map(Plan::Recover),
        },
        (Some(history), true) => Err(EngineStop {
            code: "progress_without_offsets",
            reason: format!(
                "the progress topic knows task `{}` up to record {}, but its consumer group has no \
                 committed offsets",
                history.task, history.seq
            ),
        }),
        (None, false) => Err(EngineStop {
            code: "offsets_without_progress",
            reason: format!(
                "the consumer group has committed offsets for {} partitions, but the progress topic \
                 holds nothing of task `{}`",
                facts.committed.len(),
                facts.task
            ),
        }),
    }
}

/// Compares the chained hash after a replay with the recorded one.
///
/// # Errors
/// `chain_mismatch`.
pub fn check_chain(recorded: &str, replayed: &str) -> Result<(), EngineStop> {
    if recorded == replayed {
        return Ok(());
    }
    Err(EngineStop {
        code: "chain_mismatch",
        reason: format!(
            "the replay arrived at `{replayed}`, the progress record says `{recorded}`; nothing was \
             published"
        ),
    })
}

fn fresh(facts: &Facts) -> Result<Fresh, EngineStop> {
    let Some(start) = &facts.start else {
        return Err(EngineStop {
            code: "start_required",
            reason: format!(
                "task `{}` has never run here; say where it begins with `--start earliest`, \
                 `--start latest` or `--start TIME`",
                facts.task
            ),
        });
    };
    let mut started = Started { warm_up_until: facts.mute_before, ..Started::default() };
    for (&partition, extent) in &facts.extents {
        // What the bank knows is read from its beginning wherever the payments begin.
        let reference = partition.role != TopicRole::Payments;
        let position = match start {
            _ if reference => extent.start,
            Start::Earliest => extent.start,
            Start::Latest => extent.end,
            Start::At(found) => {
                let at = found.get(&partition).copied().unwrap_or(extent.end);
                at.max(extent.start).min(extent.end)
            }
        };
        started.positions.insert(partition, position);
        if reference {
            started.preload_ends.insert(partition, extent.end);
        }
    }
    Ok(Fresh { started })
}

fn recover(facts: &Facts, history: &History) -> Result<Recover, EngineStop> {
    if history.task != facts.task {
        return Err(task_mismatch(&facts.task, &history.task));
    }
    check_positions(facts, history)?;
    check_partitions(facts)?;
    check_ends(facts)?;
    rules::check(facts, history)?;
    let mut notes = notes(facts, history);
    if facts.accept_gap {
        notes.push("`--accept-gap` is ignored: nothing that is needed is missing".to_owned());
    }
    let mut bases = Vec::new();
    for head in &facts.snapshots {
        match of_snapshot(facts, history, head) {
            Ok(base) => bases.push(base),
            // From there the task went on after a gap: the beginning of all that follows.
            Err(_) if history.is_base(head) => {}
            Err(why) => notes.push(format!("snapshot {} is passed over: {why}", head.seq)),
        }
    }
    match of_beginning(facts, history) {
        Ok(base) => bases.push(base),
        // From a snapshot nobody has to go back so far.
        Err(stop) if bases.is_empty() => return Err(stop),
        Err(_) => {}
    }
    let in_force = history.to_be_in_force(facts);
    Ok(Recover {
        started: history.started.clone(),
        until: facts.committed.clone(),
        bases,
        ticks: history.ticks.clone(),
        chain: history.chain.clone(),
        seq: history.seq,
        bundle_since: history.bundle_since,
        activate: (history.last_bundle() != in_force).then(|| in_force.to_owned()),
        scheduled: history.still_waits(facts),
        before: history.last.before.clone(),
        notes,
    })
}

/// Whether a snapshot is of this past, and the topics and bundles from there on are still here.
fn of_snapshot(facts: &Facts, history: &History, head: &Head) -> Result<Base, String> {
    if head.task != history.task || head.started != history.started {
        return Err("it is of another task, or of another start of this one".to_owned());
    }
    agrees(facts, history, head)?;
    if !history.reaches(head.seq) {
        return Err("the progress topic no longer reaches back to it".to_owned());
    }
    check_starts(facts, &head.positions).map_err(|stop| stop.reason)?;
    let (bundle, since) = (head.bundle.clone(), head.positions.clone());
    let mut segments = vec![Segment { bundle, since, first_seq: head.bundle_since }];
    let later = history.segments.iter().filter(|segment| segment.first_seq > head.seq);
    segments.extend(later.cloned());
    check_bundles(facts, &segments).map_err(|stop| stop.reason)?;
    Ok(Base { snapshot: Some(head.clone()), from: head.positions.clone(), segments, anew: None })
}

/// Whether a snapshot tells of the past that the progress records tell of.
fn agrees(facts: &Facts, history: &History, head: &Head) -> Result<(), String> {
    if head.seq > history.seq {
        return Err(format!("it was taken after progress record {}, the last", history.seq));
    }
    let agrees = |mark: &Mark| mark.positions == head.positions && mark.chain == head.chain;
    if facts.marks.get(&head.seq).is_some_and(|mark| !agrees(mark)) {
        return Err(format!("progress record {} tells of another past", head.seq));
    }
    Ok(())
}

/// The first start, or where the task went on after the newest gap.
fn of_beginning(facts: &Facts, history: &History) -> Result<Base, EngineStop> {
    let stop = |reason| Err(EngineStop { code: "progress_gap", reason });
    let snapshot = match history.origin {
        Origin::Start => None,
        Origin::Snapshot(seq) => {
            return stop(format!(
                "the progress topic of task `{}` reaches back to snapshot {seq} only, and that \
                 cannot be used",
                history.task
            ));
        }
        Origin::Record(seq) => return Err(gap(&history.task, 0, seq)),
        Origin::Gap => Some(gap::base_of(facts, history)?.clone()),
    };
    check_starts(facts, &history.started.positions)?;
    check_bundles(facts, &history.segments)?;
    let from = history.started.positions.clone();
    let anew = snapshot.is_some().then(|| history.started.clone());
    Ok(Base { snapshot, from, segments: history.segments.clone(), anew })
}

fn check_positions(facts: &Facts, history: &History) -> Result<(), EngineStop> {
    let all: BTreeSet<_> = facts.committed.keys().chain(history.positions.keys()).collect();
    let differs = all
        .into_iter()
        .map(|p| (p, facts.committed.get(p), history.positions.get(p)))
        .find(|(_, group, progress)| group != progress);
    let Some((partition, group, progress)) = differs else {
        return Ok(());
    };
    let text = |at: Option<&Position>| at.map_or("nothing".to_owned(), |at| format!("`{at}`"));
    Err(EngineStop {
        code: "offsets_differ_from_progress",
        reason: format!(
            "for {partition} the consumer group committed {}, progress record {} says {}",
            text(group),
            history.seq,
            text(progress)
        ),
    })
}

fn check_partitions(facts: &Facts) -> Result<(), EngineStop> {
    if facts.committed.keys().eq(facts.extents.keys()) {
        return Ok(());
    }
    let mut changes = Vec::new();
    for role in TopicRole::ALL {
        let count =
            |of: &mut dyn Iterator<Item = &Partition>| of.filter(|p| p.role == role).count();
        let was = count(&mut facts.committed.keys());
        let is = count(&mut facts.extents.keys());
        if was != is {
            changes.push(format!("{role} had {was} partitions and has {is}"));
        }
    }
    if changes.is_empty() {
        changes.push("the partitions have other numbers than before".to_owned());
    }
    Err(EngineStop { code: "partition_count_changed", reason: changes.join(", ") })
}

fn check_starts(facts: &Facts, from: &Positions) -> Result<(), EngineStop> {
    for (partition, extent) in &facts.extents {
        let committed = facts.committed.get(partition).copied().unwrap_or_default();
        let from = from.get(partition).copied().unwrap_or_default();
        if extent.start > from {
            let lost = if extent.start > committed {
                format!("offsets {committed} to {} were never read", extent.start)
            } else {
                "what is gone was read before, but the replay needs it".to_owned()
            };
            return Err(EngineStop {
                code: "log_truncated",
                reason: format!(
                    "{partition} begins at offset {}, task `{}` must replay from {from}; {lost}",
                    extent.start, facts.task
                ),
            });
        }
    }
    Ok(())
}

fn check_ends(facts: &Facts) -> Result<(), EngineStop> {
    for (partition, extent) in &facts.extents {
        let committed = facts.committed.get(partition).copied().unwrap_or_default();
        if extent.end < committed {
            return Err(EngineStop {
                code: "offset_beyond_end",
                reason: format!(
                    "{partition} ends at offset {}, but {committed} was committed; was the topic \
                     deleted and created again?",
                    extent.end
                ),
            });
        }
    }
    Ok(())
}

fn check_bundles(facts: &Facts, segments: &[Segment]) -> Result<(), EngineStop> {
    let missing = segments.iter().find(|segment| !facts.bundles.contains(&segment.bundle));
    missing.map_or(Ok(()), |segment| Err(bundle_missing(&segment.bundle)))
}

fn bundle_missing(hash: &str) -> EngineStop {
    EngineStop {
        code: "bundle_missing",
        reason: format!(
            "the bundle `{hash}` is needed and cannot be loaded from `state.dir`/bundles"
        ),
    }
}

fn notes(facts: &Facts, history: &History) -> Vec<String> {
    let mut notes = Vec::new();
    if facts.start.is_some() {
        notes.push("`--start` is ignored: this task has started before".to_owned());
    }
    if facts.mute_before.is_some() && facts.mute_before != history.started.warm_up_until {
        notes.push("`--warm-up-until` is ignored: the first start decided it".to_owned());
    }
    notes.extend(history.tell_of_rules(facts));
    notes
}

fn gap(task: &str, before: u64, after: u64) -> EngineStop {
    let reason = if before == 0 {
        format!(
            "the oldest progress record of task `{task}` has the number {after}, not {FIRST_SEQ}"
        )
    } else {
        format!("progress record {before} of task `{task}` is followed by {after}")
    };
    EngineStop { code: "progress_gap", reason }
}

fn task_mismatch(expected: &str, found: &str) -> EngineStop {
    EngineStop {
        code: "task_mismatch",
        reason: format!("the progress records are of task `{found}`, this is task `{expected}`"),
    }
}

#[cfg(test)]
mod tests;
