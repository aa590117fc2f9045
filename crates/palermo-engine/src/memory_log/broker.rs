//! The world that in-memory logs share: input partitions, published records, committed positions.

use super::store::Store;
use super::{Delivering, MemoryLog};
use crate::port::{Batch, Extent, LogError, OutRecord};
use crate::recovery::Positions;
use palermo_domain::{OutputTopic, Partition, Position};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What goes wrong with a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// The connection breaks before the commit took effect: nothing of it is there.
    Before,
    /// The connection breaks after it took effect, before the answer: all of it is there.
    After,
}

/// A record that was published and committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The record.
    pub record: OutRecord,
    /// Who wrote it.
    pub identity: String,
    /// Which incarnation of it: 1 for the first that fenced.
    pub epoch: u64,
    /// Number of the commit in the whole broker.
    pub commit: u64,
}

/// A handle to the shared world; clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct MemoryBroker(Arc<Mutex<World>>);

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) inputs: BTreeMap<Partition, Store>,
    outputs: BTreeMap<OutputTopic, Vec<Published>>,
    tasks: BTreeMap<String, TaskState>,
    commits: u64,
    /// Partitions whose leader no engine reaches.
    pub(super) cut: BTreeSet<Partition>,
}

#[derive(Debug, Default)]
struct TaskState {
    epoch: u64,
    positions: Positions,
    /// Commits that go well before a fault, and the fault.
    faults: VecDeque<(u64, CommitFault)>,
}

impl MemoryBroker {
    /// A world with these input partitions, all empty.
    pub fn new(partitions: impl IntoIterator<Item = Partition>) -> Self {
        let broker = Self::default();
        for partition in partitions {
            broker.add_partition(partition);
        }
        broker
    }

    /// A new engine's view of the world; every log with the same identity is the same task.
    pub fn log(&self, identity: &str, delivering: Delivering) -> MemoryLog {
        MemoryLog::new(self.clone(), identity.to_owned(), delivering)
    }

    /// Adds an input partition.
    pub fn add_partition(&self, partition: Partition) {
        self.world().inputs.entry(partition).or_default();
    }

    /// Deletes an input partition with all that is in it and creates it anew.
    pub fn recreate_partition(&self, partition: Partition) {
        self.world().inputs.insert(partition, Store::default());
    }

    /// Appends a record; returns its offset. An unknown partition is created.
    pub fn produce(
        &self,
        partition: Partition,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> i64 {
        self.world().inputs.entry(partition).or_default().append(timestamp_ms, key, value, 0)
    }

    /// As [`MemoryBroker::produce`], with that many headers.
    pub fn produce_with_headers(
        &self,
        partition: Partition,
        timestamp_ms: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: usize,
    ) -> i64 {
        self.world().inputs.entry(partition).or_default().append(timestamp_ms, key, value, headers)
    }

    /// Uses up offsets that no reader sees: control records, aborted records.
    pub fn skip(&self, partition: Partition, offsets: u64) {
        self.world().inputs.entry(partition).or_default().skip(offsets);
    }

    /// Opens an upstream transaction: nothing from here on is visible until
    /// [`MemoryBroker::release_stable`].
    pub fn hold_stable(&self, partition: Partition) {
        self.world().inputs.entry(partition).or_default().hold();
    }

    /// Closes the upstream transaction; what was written meanwhile becomes visible.
    pub fn release_stable(&self, partition: Partition) {
        self.world().inputs.entry(partition).or_default().release();
    }

    /// Cuts the engines, not the producers, off from a partition's leader, or joins them again.
    pub fn cut(&self, partition: Partition, cut: bool) {
        let mut world = self.world();
        if cut {
            world.cut.insert(partition)
        } else {
            world.cut.remove(&partition)
        };
    }

    /// Deletes what is older than an offset, as retention does.
    pub fn truncate(&self, partition: Partition, start: Position) {
        self.world().inputs.entry(partition).or_default().truncate(start);
    }

    /// First and next-to-be-written visible offsets.
    pub fn extents(&self) -> BTreeMap<Partition, Extent> {
        self.world().inputs.iter().map(|(&partition, store)| (partition, store.extent())).collect()
    }

    /// Hands over what was published to a topic and committed, from the `from`-th record on;
    /// returns how many there are. `on` must not use the broker.
    pub fn read_published(
        &self,
        topic: OutputTopic,
        from: usize,
        on: &mut dyn FnMut(&Published),
    ) -> usize {
        let world = self.world();
        let all = world.outputs.get(&topic).map_or(&[][..], Vec::as_slice);
        all.iter().skip(from).for_each(on);
        all.len()
    }

    /// A copy of what was published to a topic and committed.
    pub fn published(&self, topic: OutputTopic) -> Vec<Published> {
        self.world().outputs.get(&topic).cloned().unwrap_or_default()
    }

    /// The committed positions of a task.
    pub fn committed(&self, identity: &str) -> Positions {
        self.world().tasks.get(identity).map(|task| task.positions.clone()).unwrap_or_default()
    }

    /// How often a task was fenced so far.
    pub fn epoch(&self, identity: &str) -> u64 {
        self.world().tasks.get(identity).map_or(0, |task| task.epoch)
    }

    /// Lets a commit of a task fail, after `commits` that go well from now (or from the fault
    /// scheduled before it).
    pub fn fail_commit(&self, identity: &str, commits: u64, fault: CommitFault) {
        self.world().task(identity).faults.push_back((commits, fault));
    }

    /// Deletes the committed positions of a task, as an expired or deleted group.
    pub fn delete_positions(&self, identity: &str) {
        self.world().task(identity).positions.clear();
    }

    /// Deletes the progress topic's records.
    pub fn delete_progress(&self) {
        self.world().outputs.remove(&OutputTopic::Progress);
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    fn task(&mut self, identity: &str) -> &mut TaskState {
        self.tasks.entry(identity.to_owned()).or_default()
    }

    /// Starts a new incarnation; returns its epoch and the positions that the earlier ones committed.
    pub(super) fn fence(&mut self, identity: &str) -> (u64, Positions) {
        let task = self.task(identity);
        task.epoch = task.epoch.saturating_add(1);
        (task.epoch, task.positions.clone())
    }

    /// Values of the progress records of a task.
    pub(super) fn past(&self, identity: &str) -> Vec<Vec<u8>> {
        let progress = self.outputs.get(&OutputTopic::Progress).into_iter().flatten();
        progress
            .filter(|published| published.record.key.as_deref() == Some(identity.as_bytes()))
            .filter_map(|published| published.record.value.clone())
            .collect()
    }

    /// Refuses an incarnation that is not the latest.
    pub(super) fn check(&self, identity: &str, epoch: u64) -> Result<(), LogError> {
        match self.tasks.get(identity) {
            Some(task) if task.epoch == epoch => Ok(()),
            _ => Err(LogError::Fenced { reason: format!("epoch {epoch} is not the latest") }),
        }
    }

    pub(super) fn commit(
        &mut self,
        identity: &str,
        epoch: u64,
        batch: &Batch,
    ) -> Result<(), LogError> {
        self.check(identity, epoch)?;
        let fault = self.next_fault(identity);
        let broken = |when| LogError::Recover { reason: format!("injected {when} the commit") };
        if fault == Some(CommitFault::Before) {
            return Err(broken("before"));
        }
        self.commits = self.commits.saturating_add(1);
        for record in &batch.records {
            self.outputs.entry(record.topic).or_default().push(Published {
                record: record.clone(),
                identity: identity.to_owned(),
                epoch,
                commit: self.commits,
            });
        }
        self.task(identity).positions.clone_from(&batch.positions);
        if fault == Some(CommitFault::After) { Err(broken("after")) } else { Ok(()) }
    }

    fn next_fault(&mut self, identity: &str) -> Option<CommitFault> {
        let faults = &mut self.task(identity).faults;
        let (left, fault) = faults.front_mut()?;
        if let Some(fewer) = left.checked_sub(1) {
            *left = fewer;
            return None;
        }
        let fault = *fault;
        faults.pop_front();
        Some(fault)
    }
}
