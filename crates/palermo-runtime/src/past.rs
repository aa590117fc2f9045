//! What was read, once more: a recorded task over its topics, or payments and parties by the rules of
//! today. Reads only: nobody is fenced, no group is joined, nothing is written.
//!
//! Promises: the loop is that of recovery (`palermo_engine::rerun`), so what it computes is what the
//! task computed; an input that is missing stops with a code that has a page under `docs/errors/`.
//! Cost: that of reading and applying everything from the start; files are held in memory.

mod files;
mod range;

use crate::admit::load_bundle;
use crate::bundle::{BundleError, BundleFiles};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::run::RunError;
use palermo_domain::{OutputTopic, Partition, TopicRole};
use palermo_engine::port::{Clock, Extent, Log, OutRecord};
use palermo_engine::recovery::{History, Past, Segment, check_chain};
use palermo_engine::{Bundle, Engine, EngineStop, Machine, Stats, TaskError, rerun};
use palermo_kafka::tools::{self, Isolation};
use palermo_kafka::{KafkaConfig, KafkaLog};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

pub use range::{RangeRead, Wanted, read_range};

/// Sees the engine after every record, with what it would publish; a break ends the reading there.
pub type SeeEngine<'a> = &'a mut dyn FnMut(&Engine, &[OutRecord]) -> ControlFlow<()>;
/// Is asked now and then; a break gives up.
pub type Watch<'a> = &'a mut dyn FnMut(&Stats) -> ControlFlow<()>;

/// Where payments and parties are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// The input topics of the configuration, from their first records to their present ends.
    Kafka,
    /// Files with one document a line, or folders with `payments.jsonl` and `parties.jsonl`.
    Files(Vec<PathBuf>),
}

/// Runs the recorded task of the configuration once more, by the bundles and in the order of its
/// progress records. `None` where `watch` gave up.
///
/// # Errors
/// `bundle_missing`, `bundle_damaged`, `deciding_key_changed`, `log_truncated`, `progress_gap` and
/// what else the log says; `chain_mismatch` where everything was read and came out otherwise.
pub fn rerun_task(
    config: &Config,
    bundle: &str,
    watch: Watch<'_>,
    see: SeeEngine<'_>,
) -> Result<Option<Engine>, RunError> {
    kept(config, bundle)?;
    let kafka = config.kafka()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let history = history(config, &kafka, &clock)?.ok_or_else(|| RunError::Stop {
        code: "progress_gap",
        reason: format!("the progress topic holds nothing of task `{}`", config.task),
    })?;
    if !history.bundles().contains(bundle) {
        return Err(RunError::Stop {
            code: "progress_gap",
            reason: format!(
                "no progress record of task `{}` names the bundle `{bundle}`: it was another task, \
                 or its records are gone",
                config.task
            ),
        });
    }
    let mut log = KafkaLog::open(kafka, Arc::clone(&clock))?;
    let past = history.past(&log.extents()?)?;
    let bundles = |hash: &str| kept(config, hash).map_err(stop);
    let mut broke = false;
    let mut seen = |engine: &Engine, effects: &[OutRecord]| {
        let flow = see(engine, effects);
        broke = flow.is_break();
        flow
    };
    let engine = run(&mut log, clock.as_ref(), config, past, &bundles, watch, &mut seen)?;
    if let Some(engine) = engine.as_ref().filter(|_| !broke) {
        check_chain(history.chain(), &Machine::chain(engine))?;
    }
    Ok(engine)
}

/// Applies payments and parties by these rules and returns the engine as it stands then. `None` where
/// `watch` gave up.
///
/// # Errors
/// Files that cannot be read, and what the log says.
pub fn look_back(
    config: &Config,
    bundle: Bundle,
    inputs: &Inputs,
    watch: Watch<'_>,
    see: SeeEngine<'_>,
) -> Result<Option<Engine>, RunError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (mut log, extents): (Box<dyn Log>, _) = match inputs {
        Inputs::Kafka => {
            let mut log = KafkaLog::open(config.kafka()?, Arc::clone(&clock))?;
            let extents = log.extents()?;
            (Box::new(log), extents)
        }
        Inputs::Files(paths) => files::open(paths, config)?,
    };
    let past = from_first_to_last(&bundle.sha256, &extents);
    let bundles = |_: &str| Ok(bundle.clone());
    run(log.as_mut(), clock.as_ref(), config, past, &bundles, watch, see)
}

/// When the task of the configuration began to publish (`--warm-up-until`), if its progress records
/// say so. After a gap they say what is not published again, and not what never was.
///
/// # Errors
/// What the log says.
pub fn muted_before(config: &Config) -> Result<Option<palermo_domain::EventTime>, RunError> {
    let kafka = config.kafka()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let history = history(config, &kafka, &clock)?;
    let started = history.as_ref().map(History::started).filter(|one| one.gaps.is_empty());
    Ok(started.and_then(|started| started.warm_up_until))
}

/// The currency of the first payment of some files.
///
/// # Errors
/// Files that cannot be read.
pub fn currency_of(paths: &[PathBuf]) -> Result<Option<palermo_domain::Currency>, RunError> {
    files::currency(paths)
}

fn run(
    log: &mut dyn Log,
    clock: &dyn Clock,
    config: &Config,
    past: Past,
    bundles: &dyn Fn(&str) -> Result<Bundle, EngineStop>,
    watch: Watch<'_>,
    see: SeeEngine<'_>,
) -> Result<Option<Engine>, RunError> {
    match rerun(log, clock, &config.task(), past, bundles, watch, see) {
        Ok(engine) => Ok(Some(engine)),
        Err(TaskError::Interrupted) => Ok(None),
        Err(TaskError::Log(error)) => Err(error.into()),
        Err(TaskError::Stop(stop)) => Err(stop.into()),
    }
}

/// A kept bundle. One that is not there is an input that is missing, and no mistake in the rules.
fn kept(config: &Config, hash: &str) -> Result<Bundle, RunError> {
    match load_bundle(&config.state_dir, config.deciding(), hash) {
        Err(RunError::Bundle(BundleError::Read { .. } | BundleError::Unfit { .. })) => {
            let others = BundleFiles::kept(&config.state_dir).len();
            Err(RunError::Stop {
                code: "bundle_missing",
                reason: format!(
                    "the bundle `{hash}` is not in `{}` (`state.dir`); {others} others are",
                    config.state_dir.join("bundles").display()
                ),
            })
        }
        other => other,
    }
}

fn stop(error: RunError) -> EngineStop {
    EngineStop { code: error.code(), reason: error.to_string() }
}

/// The progress records of the task, folded. Read committed: what is not committed was not decided.
fn history(
    config: &Config,
    kafka: &KafkaConfig,
    clock: &Arc<dyn Clock>,
) -> Result<Option<History>, RunError> {
    let topic = config.outputs.get(&OutputTopic::Progress).map_or("", String::as_str);
    let records = tools::read_all(kafka, Arc::clone(clock), topic, Isolation::Committed)?;
    let mut history = None;
    for record in records {
        if record.key.as_deref() == Some(config.task.as_bytes())
            && let Some(value) = &record.value
        {
            History::read(&mut history, value)?;
        }
    }
    Ok(history)
}

/// Everything that is there; what the bank knows comes before the payments.
fn from_first_to_last(bundle: &str, extents: &BTreeMap<Partition, Extent>) -> Past {
    let reference = extents.iter().filter(|(partition, _)| partition.role != TopicRole::Payments);
    let started = palermo_engine::Started {
        positions: extents.iter().map(|(partition, extent)| (*partition, extent.start)).collect(),
        preload_ends: reference.map(|(partition, extent)| (*partition, extent.end)).collect(),
        warm_up_until: None,
        gaps: Vec::new(),
    };
    Past {
        until: extents.iter().map(|(partition, extent)| (*partition, extent.end)).collect(),
        ticks: BTreeMap::new(),
        segments: vec![Segment {
            bundle: bundle.to_owned(),
            since: started.positions.clone(),
            first_seq: 1,
        }],
        started,
    }
}
