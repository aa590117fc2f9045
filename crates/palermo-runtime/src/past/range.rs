//! A range of the input topics, record by record, in the order in which a task reads topics that are
//! complete.
//!
//! Promises: payments of the range and no others, and of parties and lists what stood in their topics
//! when the range ended; read committed; no record of the range is passed over: where retention has
//! taken some, it stops. Payments come first, then what the bank knew. Cost: what is read; buffers as a
//! task has them.

use crate::clock::SystemClock;
use crate::config::Config;
use crate::run::RunError;
use palermo_domain::{EventTime, Partition, Position, TopicRole};
use palermo_engine::port::{Clock, Delivery, Extent, Log, LogError, RecordRef};
use palermo_engine::{Merger, MergerConfig, Next, PushError, Reading, Ticks};
use palermo_kafka::KafkaLog;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// Buffered for each partition.
const RECORDS_MAX: usize = 4_096;
const BYTES_MAX: usize = 8 << 20;
/// At once from the client, and how long it is waited for.
const POLL_RECORDS: usize = 1_000;
const POLL_WAIT: Duration = Duration::from_millis(100);

/// Which payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// By record timestamp: in each partition from the first record at or after `since` to the first one
    /// at or after `until`, which is left out. All there is where one is not given.
    Times {
        /// From it on.
        since: Option<EventTime>,
        /// Up to it.
        until: Option<EventTime>,
    },
    /// From an offset up to another, which is left out, by number of the partition; nothing of others.
    Offsets(BTreeMap<i32, (Position, Position)>),
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeRead {
    /// The offsets of the payments, the last one left out.
    pub payments: BTreeMap<Partition, (Position, Position)>,
    /// The range reaches back to where a topic begins that has lost its beginning.
    pub from_what_is_left: bool,
    /// A topic of parties or lists has lost its beginning.
    pub reference_cut: bool,
}

/// Positions by partition.
type Positions = BTreeMap<Partition, Position>;

/// Reads a range. `each` sees every record that a task would be given, `watch` how many offsets are done
/// and how many there are; a break of either ends it, with `None`.
///
/// # Errors
/// `export_range` where the range is not there; what else the log says.
pub fn read_range(
    config: &Config,
    wanted: &Wanted,
    watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    each: &mut dyn FnMut(RecordRef<'_>) -> ControlFlow<()>,
) -> Result<Option<RangeRead>, RunError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut log = KafkaLog::open(config.kafka()?, Arc::clone(&clock))?;
    let extents = log.extents()?;
    let (from, until, from_what_is_left) = bounds(&mut log, &extents, wanted)?;
    let reference_cut = extents.iter().any(|(partition, extent)| {
        matches!(partition.role, TopicRole::Parties | TopicRole::Lists) && extent.start > 0
    });
    let mut latest = None;
    let mut seen = |record: RecordRef<'_>| {
        latest = latest.max(Some(record.timestamp_ms));
        each(record)
    };
    let mut pass = Pass { log: &mut log, clock: clock.as_ref(), watch };
    if pass.run(&from, &until, &mut seen)?.is_break() {
        return Ok(None);
    }
    let payments: BTreeMap<Partition, (Position, Position)> = from
        .iter()
        .filter(|(partition, _)| partition.role == TopicRole::Payments)
        .filter_map(|(partition, from)| Some((*partition, (*from, *until.get(partition)?))))
        .filter(|(_, (from, until))| until > from)
        .collect();
    let ended = match wanted {
        Wanted::Times { until, .. } => until.map(|until| until.0),
        Wanted::Offsets(_) => latest.map(|latest: i64| latest.saturating_add(1)),
    };
    let ends = match ended {
        Some(ended) => pass.log.positions_at(ended)?,
        None => extents.iter().map(|(partition, extent)| (*partition, extent.end)).collect(),
    };
    let known =
        |partition: &Partition| matches!(partition.role, TopicRole::Parties | TopicRole::Lists);
    let (mut from, mut until) = (Positions::new(), Positions::new());
    for (partition, extent) in &extents {
        let end = ends.get(partition).copied().filter(|_| known(partition));
        from.insert(*partition, extent.start);
        until.insert(*partition, end.unwrap_or(extent.start).max(extent.start));
    }
    let done = pass.run(&from, &until, each)?;
    Ok(done.is_continue().then_some(RangeRead { payments, from_what_is_left, reference_cut }))
}

/// Where reading of payments begins and ends, and whether it begins where the topic lost its beginning.
fn bounds(
    log: &mut KafkaLog,
    extents: &BTreeMap<Partition, Extent>,
    wanted: &Wanted,
) -> Result<(Positions, Positions, bool), RunError> {
    // Nothing of what is no payment.
    let mut from: Positions = extents.iter().map(|(p, extent)| (*p, extent.start)).collect();
    let mut until = from.clone();
    let payments = extents.iter().filter(|(p, _)| p.role == TopicRole::Payments);
    let mut at = |time: &Option<EventTime>| match time {
        Some(time) => log.positions_at(time.0).map(Some),
        None => Ok(None),
    };
    let mut cut = false;
    match wanted {
        Wanted::Times { since, until: end } => {
            let (starts, ends) = (at(since)?, at(end)?);
            let place = |of: &Option<Positions>, p| of.as_ref().and_then(|of| of.get(p).copied());
            for (partition, extent) in payments {
                let start = place(&starts, partition).unwrap_or(extent.start).max(extent.start);
                let end = place(&ends, partition).unwrap_or(extent.end).min(extent.end).max(start);
                cut |= start == extent.start && extent.start > 0;
                from.insert(*partition, start);
                until.insert(*partition, end);
            }
        }
        Wanted::Offsets(offsets) => {
            for (&index, &(start, end)) in offsets {
                let partition = Partition { role: TopicRole::Payments, index };
                let extent = extents.get(&partition).copied();
                check(partition, extent, payments.clone().count(), (start, end))?;
                from.insert(partition, start);
                until.insert(partition, end);
            }
        }
    }
    Ok((from, until, cut))
}

/// Whether all of it is there.
fn check(
    partition: Partition,
    extent: Option<Extent>,
    partitions: usize,
    (start, end): (Position, Position),
) -> Result<(), RunError> {
    let reason = match extent {
        None => format!("there is no {partition}: payments have {partitions} partitions"),
        Some(extent) if start < extent.start => format!(
            "{partition} begins at offset {}: offsets {start} to {} are gone (retention); the earliest \
             range is `--offsets {}:{}..{}`",
            extent.start,
            extent.start.saturating_sub(1),
            partition.index,
            extent.start,
            if end > extent.start { end } else { extent.end }
        ),
        Some(extent) if end > extent.end => format!(
            "{partition} ends before offset {}, so it has no offsets up to {end}",
            extent.end
        ),
        Some(_) => return Ok(()),
    };
    Err(RunError::Stop { code: "export_range", reason })
}

/// Reading from positions to positions.
struct Pass<'a> {
    log: &'a mut KafkaLog,
    clock: &'a dyn Clock,
    watch: &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>,
}

impl Pass<'_> {
    fn run(
        &mut self,
        from: &Positions,
        until: &Positions,
        each: &mut dyn FnMut(RecordRef<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, RunError> {
        let total = until.iter().map(|(partition, until)| {
            let from = from.get(partition).copied().unwrap_or(*until);
            u64::try_from(until.saturating_sub(from)).unwrap_or(0)
        });
        let total = total.fold(0, u64::saturating_add);
        self.log.replay(from, until)?;
        let config = MergerConfig { hold_ms: 0, records_max: RECORDS_MAX, bytes_max: BYTES_MAX };
        let reading = Reading {
            from: from.clone(),
            ticks: Ticks::new(),
            until: Some(until.clone()),
            ..Reading::default()
        };
        let mut merger = Merger::new(config, reading);
        let mut done = 0_u64;
        loop {
            match merger.next(0) {
                Next::Record(record) => {
                    done = done.saturating_add(1);
                    if each(record).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Next::Exhausted => return Ok(ControlFlow::Continue(())),
                Next::Wait { .. } => {
                    if (self.watch)(done, total).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    self.feed(&mut merger)?;
                }
            }
        }
    }

    fn feed(&mut self, merger: &mut Merger) -> Result<(), RunError> {
        for (partition, paused) in merger.pauses() {
            self.log.set_paused(partition, paused)?;
        }
        let now_ms = self.clock.monotonic_ms();
        let mut refused: Option<PushError> = None;
        self.log.poll(POLL_WAIT, POLL_RECORDS, &mut |delivery| match delivery {
            Delivery::Record(record) => {
                if let Err(error) = merger.push(record, now_ms) {
                    refused.get_or_insert(error);
                }
            }
            Delivery::End { partition, position } => merger.end(partition, position, now_ms),
            Delivery::Unsure { partition } => merger.unsure(partition),
        })?;
        match refused {
            None => Ok(()),
            Some(error) => Err(LogError::Recover { reason: error.to_string() }.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_is_not_there_is_told_with_the_earliest_one() {
        let partition = Partition { role: TopicRole::Payments, index: 3 };
        let extent = Some(Extent { start: 100, end: 200 });
        for (extent, range, expected) in [
            (extent, (100, 200), None),
            (extent, (200, 200), None),
            (
                extent,
                (7, 150),
                Some(
                    "payments/3 begins at offset 100: offsets 7 to 99 are gone (retention); the \
                     earliest range is `--offsets 3:100..150`",
                ),
            ),
            (extent, (100, 201), Some("payments/3 ends before offset 200, so it has no offsets")),
            (None, (0, 1), Some("there is no payments/3: payments have 2 partitions")),
        ] {
            let found = check(partition, extent, 2, range).err().map(|error| error.to_string());
            let fits = match (&found, expected) {
                (Some(found), Some(expected)) => found.starts_with(expected),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(fits, "{range:?}: {found:?}");
        }
    }
}
