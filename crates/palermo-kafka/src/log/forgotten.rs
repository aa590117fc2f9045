//! Ending a transaction of this task that the broker forgot.
//!
//! A broker that comes back from a kill can take a transaction for ended before it leads the partitions that
//! hold it: its list of transactions says that nothing is open, the partitions stay open for ever, and
//! nobody reads beyond it. Fencing is then answered at once and ends nothing.
//!
//! A partition knows a transaction by its producer. So the end of any later transaction of the same identity
//! that wrote there is the end of the forgotten one as well: one is made that touches every partition that is
//! still open after fencing, and aborted. Whatever was in either is seen by nobody and decided anew.
//!
//! Promise: only transactions of this task are ended, as only its own identity is used, and they are aborted.
//! Another task's transaction that is open in the same partition at that moment is left alone.
//!
//! Cost: two questions about all output partitions each time the log is opened; where something is open a
//! transaction more, and two seconds at most until that is seen to have helped.

use super::KafkaLog;
use crate::error::{general, recover};
use crate::probe::Probe;
use crate::watch::Name;
use palermo_domain::{OutputTopic, Partition, Position};
use palermo_engine::port::LogError;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is looked whether a transaction was ended, and the pause between two looks.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// Partitions with a transaction open, and the offset since which it is.
type Open = BTreeMap<Name, i64>;

impl KafkaLog {
    /// The positions that the group has committed, after whatever this task left open has been ended.
    pub(super) fn settled_positions(
        &self,
        probe: &Probe,
    ) -> Result<BTreeMap<Partition, Position>, LogError> {
        let open = self.open_outputs(probe)?;
        if !open.is_empty() {
            self.end_forgotten(probe, &open)?;
        }
        let names = self.names();
        let found = match probe.committed(&names) {
            // The group's positions are held back, and no output says why: the same may have
            // happened to them alone.
            Err(LogError::Recover { reason }) if open.is_empty() => {
                tracing::warn!("{reason}; asked again after ending what may be left of this task");
                self.end_forgotten(probe, &open)?;
                probe.committed(&names)
            }
            other => other,
        };
        let found = found.map_err(|error| self.held_back(error))?;
        let positions = found.into_iter();
        Ok(positions.filter_map(|(name, at)| Some((self.partition(&name)?, at))).collect())
    }

    /// Output partitions in which somebody has a transaction open.
    fn open_outputs(&self, probe: &Probe) -> Result<Open, LogError> {
        let mut names = Vec::new();
        for topic in OutputTopic::ALL {
            let topic = self.config.output(topic);
            let count = probe.partitions(topic)?;
            names.extend((0..count).map(|index| (topic.to_owned(), index)));
        }
        // The stable ends first: what is written in between may look open, never ended.
        let mut open = probe.ends(&names)?;
        let all = Probe::uncommitted(&self.config, &self.health)?.ends(&names)?;
        open.retain(|name, stable| all.get(name).is_some_and(|end| *stable < *end));
        Ok(open)
    }

    /// Aborts a transaction of our own that touches these partitions and the group's positions.
    fn end_forgotten(&self, probe: &Probe, open: &Open) -> Result<(), LogError> {
        let group = probe.group().ok_or_else(|| recover("the group is not known".to_owned()))?;
        let names: Vec<&Name> = open.keys().collect();
        self.publisher.touch_and_abort(&names, &self.some_position()?, &group)?;
        if open.is_empty() {
            return Ok(());
        }
        let left = self.still_open(probe, open)?;
        for ((topic, index), since) in open {
            if !left.contains_key(&(topic.clone(), *index)) {
                tracing::warn!(
                    "partition {index} of topic `{topic}` held a Kafka transaction open since offset \
                     {since}, after this task's had been ended: if it was one of this task that the \
                     broker forgot, it is ended now, and what was in it is decided anew"
                );
            }
        }
        Ok(())
    }

    /// What of this is still open since the same offset, a moment after it should have been ended: the
    /// broker answers an abort before it has written the ends.
    fn still_open(&self, probe: &Probe, open: &Open) -> Result<Open, LogError> {
        let mut left = open.clone();
        for _ in 0..LOOKS {
            let now = self.open_outputs(probe)?;
            left.retain(|name, since| now.get(name) == Some(since));
            if left.is_empty() {
                break;
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "the broker is asked again after a pause"
            )]
            std::thread::sleep(PAUSE);
        }
        Ok(left)
    }

    /// A position of the group, for a transaction that is aborted: its value is of no matter.
    pub(super) fn some_position(&self) -> Result<TopicPartitionList, LogError> {
        let mut position = TopicPartitionList::new();
        if let Some(partition) = self.partitions.first() {
            let topic = self.config.input(partition.role);
            position
                .add_partition_offset(topic, partition.index, Offset::Offset(0))
                .map_err(|error| general("naming a position", &error))?;
        }
        Ok(position)
    }
}
