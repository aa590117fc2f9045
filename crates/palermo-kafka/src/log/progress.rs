//! What the progress topic holds of a task, and why it can not be read.
//!
//! Promise: what is handed over ends at what was committed when reading began. Cost: the whole topic is
//! read, and a place in it that nobody decides is waited for.

use super::{KafkaLog, is_passing};
use crate::error::{general, recover};
use crate::probe::Probe;
use crate::reader::{Got, Reader, Span};
use crate::watch::ConsumerWatch;
use palermo_domain::OutputTopic;
use palermo_engine::port::{LogError, Past};
use rdkafka::ClientConfig;
use rdkafka::message::Message;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The progress topic has one partition: its order is the order of commits.
const PROGRESS_PARTITION: i32 = 0;

impl KafkaLog {
    /// Hands over this task's progress records, oldest first.
    ///
    /// Other tasks write to the same topic. While one of them has a Kafka transaction open, the
    /// last stable offset stays below it, and records of ours above it are invisible, though
    /// committed: a reader that stopped at the stable end would miss our last commit. So the end is
    /// the high watermark after fencing, and reading waits until everything below it is decided.
    pub(super) fn read_progress(
        &self,
        native: &ClientConfig,
        past: &mut Past<'_>,
    ) -> Result<(), LogError> {
        let topic = self.config.output(OutputTopic::Progress);
        let all = Probe::uncommitted(&self.config, &self.health)?;
        let found = all.extent(topic, PROGRESS_PARTITION)?;
        let span = Span {
            topic: topic.to_owned(),
            index: PROGRESS_PARTITION,
            from: found.start,
            until: Some(found.end),
        };
        let watch = ConsumerWatch::new(Arc::clone(&self.health), BTreeMap::new());
        let mut reader = Reader::assigned(native, watch, vec![span], Arc::clone(&self.clock))
            .map_err(|error| general("reading the progress topic", &error))?;
        let task = self.config.task.as_bytes();
        let mut moved_ms = self.clock.monotonic_ms();
        let mut flow = past(None);
        while !reader.is_done() && flow.is_continue() {
            let mut hand_over = |_: usize, got: Got<'_>| {
                if let Got::Record(record) = got
                    && record.key() == Some(task)
                    && flow.is_continue()
                    && let Some(value) = record.payload()
                {
                    flow = past(Some(value));
                }
            };
            let got = match reader.poll(Duration::from_millis(100), 1_000, &mut hand_over) {
                Err(fault) if !is_passing(&fault) => {
                    return Err(general("reading the progress topic", &fault.error));
                }
                other => other.unwrap_or(0),
            };
            let now = self.clock.monotonic_ms();
            if flow.is_continue() {
                flow = past(None);
            }
            if got > 0 {
                moved_ms = now;
            } else if now.saturating_sub(moved_ms) > self.patience_ms() {
                return Err(recover(self.undecided().unwrap_or_else(|| {
                    format!(
                        "topic `{topic}` could not be read to its end: the broker does not answer"
                    )
                })));
            }
        }
        Ok(())
    }

    /// Words about an open transaction in the progress topic, where there is one.
    ///
    /// After fencing, and after what the broker forgot of ours was ended (`forgotten`), it is none of ours.
    fn undecided(&self) -> Option<String> {
        let topic = self.config.output(OutputTopic::Progress);
        let extent_of = |probe: Probe| probe.extent(topic, PROGRESS_PARTITION);
        let all = Probe::uncommitted(&self.config, &self.health).and_then(extent_of).ok()?;
        let decided = self.probe().and_then(extent_of).ok()?;
        (decided.end < all.end).then(|| {
            format!(
                "partition {PROGRESS_PARTITION} of topic `{topic}` holds a Kafka transaction that is \
                 open since offset {}: one of another task, which runs or which the broker forgot to end \
                 (see the page of `log_unavailable`)",
                decided.end
            )
        })
    }

    /// The same error, with the reason where the broker holds the group's positions back.
    pub(super) fn held_back(&self, error: LogError) -> LogError {
        let LogError::Recover { reason } = error else { return error };
        recover(match self.undecided() {
            Some(why) => format!("{reason}: {why}"),
            None => reason,
        })
    }

    /// Longer than any transaction of ours lives, the broker's ten-second check included.
    fn patience_ms(&self) -> u64 {
        u64::from(self.config.tuning.request_timeout_ms)
            .saturating_add(u64::from(self.config.tuning.transaction_timeout_ms))
            .saturating_add(10_000)
    }
}
