//! The in-memory form of the log: for tests, simulation, rule tests, and a demo without a broker.
//!
//! A [`MemoryBroker`] is the shared world; [`MemoryBroker::log`] gives one engine's view of it.
//! What matters to the engine is as in Kafka: a second [`Log::fence`] with the same identity makes
//! commits of the first fail, a commit is atomic, offsets have gaps, records of open and aborted
//! upstream transactions are not seen, an end is reported when it is reached and again when the
//! partition has grown. [`Delivering`] draws another interleaving for every seed.
//!
//! Promises: deterministic for a given seed and sequence of calls; reads no clock, never sleeps by
//! itself ([`MemoryLog::with_idle`] may).
//!
//! Cost: everything is kept in memory; a poll copies nothing, and holds the broker's lock while it
//! hands records over.

mod broker;
mod store;
#[cfg(test)]
mod tests;

pub use broker::{CommitFault, MemoryBroker, Published};

use crate::port::{Batch, Delivery, Extent, Log, LogError, Past};
use crate::recovery::Positions;
use palermo_domain::{Partition, Position};
use std::collections::BTreeMap;
use std::time::Duration;
use store::Store;

/// How records are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivering {
    /// With a seed, partitions take turns at random, in pieces of random length, and some have
    /// nothing to say although there is something; without, they take turns in order.
    pub seed: Option<u64>,
    /// Most records of one partition in one poll.
    pub chunk_max: usize,
}

impl Default for Delivering {
    fn default() -> Self {
        Self { seed: None, chunk_max: 1000 }
    }
}

/// One engine's view of a [`MemoryBroker`].
#[derive(Debug)]
pub struct MemoryLog {
    broker: MemoryBroker,
    identity: String,
    delivering: Delivering,
    random: u64,
    idle: Option<fn(Duration)>,
    epoch: Option<u64>,
    cursors: BTreeMap<Partition, Cursor>,
    /// Whose turn it is first.
    turn: usize,
    broken: bool,
    /// Calls until one fails.
    fails_in: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Cursor {
    position: Position,
    until: Option<Position>,
    paused: bool,
    /// The end that was reported last, and not withdrawn.
    told: Option<Position>,
}

impl MemoryLog {
    pub(super) fn new(broker: MemoryBroker, identity: String, delivering: Delivering) -> Self {
        Self {
            broker,
            identity,
            delivering,
            random: delivering.seed.unwrap_or_default(),
            idle: None,
            epoch: None,
            cursors: BTreeMap::new(),
            turn: 0,
            broken: false,
            fails_in: None,
        }
    }

    /// Calls this in a poll that finds nothing, with the time that it may wait.
    #[must_use]
    pub fn with_idle(mut self, idle: fn(Duration)) -> Self {
        self.idle = Some(idle);
        self
    }

    /// The call after so many others fails, once, and does nothing; commits and pauses do not count
    /// (see [`MemoryBroker::fail_commit`]).
    pub fn fail_in(&mut self, calls: Option<u64>) {
        self.fails_in = calls;
    }

    fn step(&mut self) -> Result<(), LogError> {
        let left = self.fails_in.take();
        self.fails_in = left.and_then(|left| left.checked_sub(1));
        match left {
            Some(0) => Err(LogError::Recover { reason: "injected".into() }),
            _ => Ok(()),
        }
    }

    /// A copy: the world is not locked while somebody looks.
    fn tell(&self, past: &mut Past<'_>) {
        let values = self.broker.world().past(&self.identity);
        let _ = values.iter().try_for_each(|value| past(Some(value)));
    }

    /// A number below `n` (splitmix64).
    fn draw(&mut self, n: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).checked_rem(n).unwrap_or_default()
    }

    fn epoch(&self) -> Result<u64, LogError> {
        match self.epoch {
            Some(epoch) if !self.broken => Ok(epoch),
            _ => Err(LogError::Recover { reason: "this log is not usable (any more)".into() }),
        }
    }

    fn open(&mut self, from: &Positions, until: Option<&Positions>) -> Result<(), LogError> {
        self.epoch()?;
        let cursor = |(&partition, &position): (&Partition, &Position)| {
            let until = until.map(|until| until.get(&partition).copied().unwrap_or(position));
            (partition, Cursor { position, until, paused: false, told: None })
        };
        self.cursors = from.iter().map(cursor).collect();
        Ok(())
    }

    /// The partitions in the order of this poll, each with how many records it may deliver.
    fn turns(&mut self) -> Vec<(Partition, usize)> {
        let mut order: Vec<_> = self.cursors.keys().copied().collect();
        self.turn = self.turn.wrapping_add(1);
        let shift = self.turn.checked_rem(order.len()).unwrap_or_default();
        order.rotate_left(shift);
        let chunk_max = self.delivering.chunk_max.max(1);
        if self.delivering.seed.is_none() {
            return order.into_iter().map(|partition| (partition, chunk_max)).collect();
        }
        let mut turns = Vec::with_capacity(order.len());
        while !order.is_empty() {
            let at = usize::try_from(self.draw(order.len() as u64)).unwrap_or_default();
            let partition = order.swap_remove(at);
            if self.draw(4) > 0 {
                let chunk = usize::try_from(self.draw(chunk_max as u64)).unwrap_or_default();
                turns.push((partition, chunk.saturating_add(1)));
            }
        }
        turns
    }
}

/// Hands over what one partition has; returns how many records.
fn deliver(
    store: &Store,
    partition: Partition,
    cursor: &mut Cursor,
    records_max: usize,
    on: &mut dyn FnMut(Delivery<'_>),
) -> Result<usize, LogError> {
    let Extent { start, end } = store.extent();
    if cursor.position < start {
        return Err(LogError::Stop {
            code: "log_truncated",
            reason: format!("{partition} begins at offset {start}, not at {}", cursor.position),
        });
    }
    let below = cursor.until.map_or(end, |until| until.min(end));
    let hand = &mut |record: crate::port::RecordRef<'_>| on(Delivery::Record(record));
    let (count, position) = store.read(partition, cursor.position, below, records_max, hand);
    cursor.position = position;
    // Fewer than asked for: nothing visible is left, and the gap up to the end is skipped.
    if count < records_max && cursor.told != Some(below) {
        cursor.position = position.max(below);
        cursor.told = Some(below);
        on(Delivery::End { partition, position: cursor.position });
    }
    Ok(count)
}

impl Log for MemoryLog {
    fn peek(&mut self, past: &mut Past<'_>) -> Result<(), LogError> {
        self.step()?;
        self.tell(past);
        Ok(())
    }

    fn fence(&mut self, past: &mut Past<'_>) -> Result<Positions, LogError> {
        self.step()?;
        let (epoch, positions) = self.broker.world().fence(&self.identity);
        self.epoch = Some(epoch);
        self.tell(past);
        Ok(positions)
    }

    fn extents(&mut self) -> Result<BTreeMap<Partition, Extent>, LogError> {
        self.step()?;
        self.epoch()?;
        Ok(self.broker.extents())
    }

    fn positions_at(&mut self, timestamp_ms: i64) -> Result<Positions, LogError> {
        self.step()?;
        self.epoch()?;
        let world = self.broker.world();
        Ok(world.inputs.iter().map(|(&p, store)| (p, store.position_at(timestamp_ms))).collect())
    }

    fn replay(&mut self, from: &Positions, until: &Positions) -> Result<(), LogError> {
        self.step()?;
        self.open(from, Some(until))
    }

    fn subscribe(&mut self, from: &Positions) -> Result<(), LogError> {
        self.step()?;
        let all = self.broker.extents();
        if !all.keys().eq(from.keys()) {
            return Err(LogError::Stop {
                code: "partial_assignment",
                reason: format!("{} partitions of {} would be read", from.len(), all.len()),
            });
        }
        self.open(from, None)
    }

    fn poll(
        &mut self,
        wait: Duration,
        records_max: usize,
        on: &mut dyn FnMut(Delivery<'_>),
    ) -> Result<usize, LogError> {
        self.step()?;
        self.epoch()?;
        let turns = self.turns();
        let mut left = records_max;
        {
            let world = self.broker.world();
            let (was, is) = (self.cursors.len(), world.inputs.len());
            if was != is && !self.cursors.is_empty() {
                return Err(LogError::Stop {
                    code: "partition_count_changed",
                    reason: format!("there were {was} input partitions and are {is}"),
                });
            }
            for (partition, chunk) in turns {
                let store = world.inputs.get(&partition);
                let cursor = self.cursors.get_mut(&partition).filter(|cursor| !cursor.paused);
                let (Some(store), Some(cursor)) = (store, cursor) else { continue };
                if world.cut.contains(&partition) {
                    if cursor.told.take().is_some() {
                        on(Delivery::Unsure { partition });
                    }
                    continue;
                }
                if left > 0 {
                    let count = deliver(store, partition, cursor, chunk.min(left), on)?;
                    left = left.saturating_sub(count);
                }
            }
        }
        let count = records_max.saturating_sub(left);
        if let Some(idle) = self.idle.filter(|_| count == 0 && !wait.is_zero()) {
            idle(wait);
        }
        Ok(count)
    }

    fn set_paused(&mut self, partition: Partition, paused: bool) -> Result<(), LogError> {
        if let Some(cursor) = self.cursors.get_mut(&partition) {
            cursor.paused = paused;
        }
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), LogError> {
        let epoch = self.epoch()?;
        let done = self.broker.world().commit(&self.identity, epoch, batch);
        self.broken = done.is_err();
        done
    }

    fn lag_records(&self) -> BTreeMap<Partition, i64> {
        let world = self.broker.world();
        let lag = |(&partition, cursor): (&Partition, &Cursor)| {
            let end = world.inputs.get(&partition)?.extent().end;
            Some((partition, end.saturating_sub(cursor.position).max(0)))
        };
        self.cursors.iter().filter_map(lag).collect()
    }
}
