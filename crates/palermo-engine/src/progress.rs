//! Between the engine and the progress record: what is written with each commit, and what a start
//! reads back. The format is [`palermo_codec::Progress`].

use crate::engine::{EngineStop, Fates};
use crate::machine::Machine;
use crate::port::OutRecord;
use palermo_codec::{FateCounts, Progress, Scheduled, Started, Tick};
use palermo_domain::OutputTopic;

/// What the next progress record is made of.
pub(crate) struct Now<'a, M> {
    pub(crate) task: &'a str,
    pub(crate) engine: &'a str,
    pub(crate) seq: u64,
    pub(crate) started: &'a Started,
    pub(crate) bundle_since: u64,
    pub(crate) configured: &'a str,
    pub(crate) bundle_before: Option<String>,
    pub(crate) scheduled: Option<Scheduled>,
    pub(crate) machine: &'a M,
    pub(crate) ticks: Vec<Tick>,
}

/// The progress record. It has no timestamp of its own: it is the only output that is not a
/// function of the inputs, as it depends on where commits were made.
pub(crate) fn record<M: Machine>(now: Now<'_, M>) -> OutRecord {
    let fates = now.machine.fates();
    let progress = Progress {
        task: now.task.to_owned(),
        engine: now.engine.to_owned(),
        seq: now.seq,
        started: now.started.clone(),
        positions: now.machine.positions().clone(),
        bundle: now.machine.bundle_sha256().to_owned(),
        bundle_since: now.bundle_since,
        configured: Some(now.configured.to_owned()),
        bundle_before: now.bundle_before,
        scheduled: now.scheduled,
        chain: now.machine.chain(),
        watermark: now.machine.watermark(),
        fates: fates.iter().map(|(&partition, fates)| (partition, counts(fates))).collect(),
        undelivered: fates.iter().map(|(&p, fates)| (p, fates.undelivered)).collect(),
        ticks: now.ticks,
    };
    OutRecord {
        topic: OutputTopic::Progress,
        key: Some(now.task.as_bytes().to_vec()),
        value: Some(progress.encode()),
        headers: Vec::new(),
        timestamp_ms: None,
    }
}

/// Reads a progress record back.
///
/// # Errors
/// `progress_unreadable`.
pub(crate) fn read(value: &[u8]) -> Result<Progress, EngineStop> {
    Progress::decode(value).map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        EngineStop {
            code: "progress_unreadable",
            reason: format!("{error}{}", cause.unwrap_or_default()),
        }
    })
}

fn counts(fates: &Fates) -> FateCounts {
    let [processed, late, duplicate, dead_letter] = fates.counts;
    FateCounts { processed, late, duplicate, dead_letter }
}
