//! One pass over the data, with every rule set beside the others.
//!
//! A thread reads and makes batches; each rule set has an engine of its own on a thread of its own, all
//! apply the same batch, and meet after it. Then each says what it told first in this batch, and the
//! others are asked why they did not: at that moment, while their windows still hold what it rests on.
//!
//! Promises: what an engine does depends on the records alone, never on its neighbours or on which
//! thread was faster; batches end where the data says so. A record that an engine refuses stops the
//! pass with its file and line. Cost: that of the slowest rule set, as long as there are cores; a
//! question costs what `palermo why-not` does, and is asked of alerts that one of them tells alone.

mod side;

use crate::error::BacktestError;
use crate::input::{Batch, Facts, Reader};
use crate::told::Told;
use palermo_domain::{Span, TopicRole};
use palermo_engine::{Bundle, Counters, EngineConfig};
use side::{Done, Question, Side};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

/// Batches that are read ahead.
const AHEAD: usize = 2;

/// What is played.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What decides results, beside the rules.
    pub config: EngineConfig,
    /// The rule sets. Of the first every revision is handed on.
    pub bundles: Vec<Bundle>,
    /// Rules that are played beside them and asked nothing: the points of a sweep.
    pub trial: Option<Bundle>,
    /// Whether rows that the engine refuses are left out; else the first one ends the pass.
    pub skip_refused: bool,
    /// Whether to note on which accounts each indicator held.
    pub hits: bool,
    /// Findings of so long after the first payment are muted: before, windows are not full.
    pub warm_up: Span,
}

impl Plan {
    /// These rule sets, all that they tell, and nothing beside them.
    pub fn new(config: EngineConfig, bundles: Vec<Bundle>) -> Self {
        let (trial, warm_up) = (None, Span::ZERO);
        Self { config, bundles, trial, skip_refused: false, hits: false, warm_up }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Payments applied.
    pub payments: u64,
    /// Bytes of files read, and of all files.
    pub bytes: (u64, u64),
    /// Alerts and held back findings of the first rule set.
    pub told: u64,
}

/// What one rule set made of the data.
#[derive(Clone, Debug)]
pub struct OfRules {
    /// Everything that it told, by time.
    pub told: Vec<Told>,
    /// Why it did not tell what another one told, by the alert's id.
    pub reasons: BTreeMap<String, String>,
    /// Counters of its engine.
    pub counters: Counters,
    /// Hash chained over inputs and effects.
    pub chain: String,
    /// By indicator, how long it is quiet in seconds; of the first rule set.
    pub silences: BTreeMap<String, u64>,
    /// By indicator the accounts on which it held, where that was asked for.
    pub held_on: BTreeMap<String, BTreeSet<String>>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Played {
    /// What was read.
    pub facts: Facts,
    /// By rule set, in the order of the plan.
    pub rules: Vec<OfRules>,
    /// What the points of a sweep told.
    pub trial: Option<OfRules>,
}

/// What a rule set is told to do.
enum Work {
    Apply(Arc<Batch>),
    Answer(Vec<Question>),
}

/// A rule set on its thread.
struct Desk<'scope> {
    work: SyncSender<Work>,
    done: Receiver<Result<Done, BacktestError>>,
    thread: std::thread::ScopedJoinHandle<'scope, OfRules>,
}

/// Takes revisions, and pages of their evidence, each with its line feed.
pub type Lines<'l> = dyn FnMut(&[u8], &[u8]) -> Result<(), BacktestError> + 'l;

/// Plays the data. `lines` takes the revisions of the first rule set as they are made, and the pages of
/// their evidence, each with its line feed; `watch` is asked after every batch, a break gives up.
///
/// # Errors
/// What [`Reader`] says of a row, a record that an engine refuses, an engine that cannot go on.
pub fn play(
    reader: Reader,
    plan: &Plan,
    lines: &mut Lines<'_>,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Played, BacktestError> {
    let (whole, first) = (reader.whole_bytes(), reader.first());
    let muted = (plan.warm_up > Span::ZERO).then(|| first.plus(plan.warm_up));
    let files: Arc<Vec<PathBuf>> = Arc::new(reader.files().to_vec());
    let mut sides = Vec::new();
    for (number, bundle) in plan.bundles.iter().chain(&plan.trial).enumerate() {
        let files = Arc::clone(&files);
        let side = Side::new(&plan.config, bundle, muted, files, number == 0)?;
        let side = if plan.hits { side.noting_hits() } else { side };
        sides.push(if plan.skip_refused { side.skipping_refused() } else { side });
    }
    std::thread::scope(|scope| {
        let (batches, reading) = read_ahead(scope, reader)?;
        let mut desks = Vec::new();
        for side in sides {
            desks.push(Desk::open(scope, side)?);
        }
        let mut told = 0_u64;
        while let Ok(batch) = batches.recv() {
            let batch = Arc::new(batch?);
            let done = apply(&desks, &batch)?;
            if let Some(first) = done.first() {
                lines(&first.lines, &first.pages)?;
                told = told.saturating_add(first.told);
            }
            let asked = plan.bundles.len();
            ask(desks.get(..asked).unwrap_or_default(), done)?;
            let bytes = (batch.read_bytes, whole);
            if watch(Progress { payments: batch.payments, bytes, told }).is_break() {
                return Err(BacktestError::Interrupted);
            }
        }
        let facts = reading.join().map_err(|_| gone())?.facts();
        let rules: Result<Vec<OfRules>, BacktestError> =
            desks.into_iter().map(Desk::close).collect();
        let mut rules = rules?;
        let trial = rules.split_off(plan.bundles.len().min(rules.len())).pop();
        Ok(Played { facts, rules, trial })
    })
}

/// A thread that panicked; where panics abort, nobody meets this.
fn gone() -> BacktestError {
    BacktestError::Thread(std::io::Error::other("a thread of the backtest ended by itself"))
}

type Reading<'scope> =
    (Receiver<Result<Batch, BacktestError>>, std::thread::ScopedJoinHandle<'scope, Reader>);

/// Reads on a thread of its own, as far as the others have room.
fn read_ahead<'scope>(
    scope: &'scope Scope<'scope, '_>,
    mut reader: Reader,
) -> Result<Reading<'scope>, BacktestError> {
    let (give, take) = sync_channel(AHEAD);
    #[expect(clippy::disallowed_methods, reason = "history is read beside the engines")]
    let builder = Builder::new();
    let thread = builder.name("read".to_owned()).spawn_scoped(scope, move || {
        while let Some(batch) = reader.batch().transpose() {
            let is_end = batch.is_err();
            // Nobody listens any more where another thread met an error first.
            if give.send(batch).is_err() || is_end {
                break;
            }
        }
        reader
    });
    Ok((take, thread.map_err(BacktestError::Thread)?))
}

/// Everybody applies the batch, at the same time.
fn apply(desks: &[Desk<'_>], batch: &Arc<Batch>) -> Result<Vec<Done>, BacktestError> {
    for desk in desks {
        desk.work.send(Work::Apply(Arc::clone(batch))).map_err(|_| gone())?;
    }
    desks.iter().map(|desk| desk.done.recv().map_err(|_| gone())?).collect()
}

/// Everybody is asked about what the others told first.
fn ask(desks: &[Desk<'_>], done: Vec<Done>) -> Result<(), BacktestError> {
    if desks.len() < 2 {
        return Ok(());
    }
    let done = done.into_iter().take(desks.len());
    let news: Vec<Vec<Question>> = done.map(|done| done.news).collect();
    for (number, desk) in desks.iter().enumerate() {
        let others = news.iter().enumerate().filter(|(of, _)| *of != number);
        let questions: Vec<Question> = others.flat_map(|(_, news)| news.clone()).collect();
        if !questions.is_empty() {
            desk.work.send(Work::Answer(questions)).map_err(|_| gone())?;
        }
    }
    Ok(())
}

impl<'scope> Desk<'scope> {
    fn open(scope: &'scope Scope<'scope, '_>, mut side: Side) -> Result<Self, BacktestError> {
        // Two: an answer is not waited for.
        let (work, to_do) = sync_channel::<Work>(2);
        let (give, done) = sync_channel(1);
        #[expect(clippy::disallowed_methods, reason = "each rule set has a thread")]
        let builder = Builder::new();
        let thread = builder.name("rules".to_owned()).spawn_scoped(scope, move || {
            while let Ok(work) = to_do.recv() {
                match work {
                    Work::Apply(batch) => {
                        if give.send(side.apply(&batch)).is_err() {
                            break;
                        }
                    }
                    Work::Answer(questions) => side.answer(&questions),
                }
            }
            side.end()
        });
        Ok(Self { work, done, thread: thread.map_err(BacktestError::Thread)? })
    }

    fn close(self) -> Result<OfRules, BacktestError> {
        drop(self.work);
        self.thread.join().map_err(|_| gone())
    }
}

impl OfRules {
    /// The same without what was told.
    pub(crate) fn clone_without_told(&self) -> Self {
        let (reasons, counters) = (BTreeMap::new(), Counters::default());
        let (silences, held_on) = (BTreeMap::new(), BTreeMap::new());
        Self { told: Vec::new(), reasons, counters, chain: self.chain.clone(), silences, held_on }
    }

    /// Payments that were late, that came twice, that were refused.
    pub fn irregular(&self) -> (u64, u64, u64) {
        let of_payments = self
            .counters
            .fates
            .iter()
            .filter(|(partition, _)| partition.role == TopicRole::Payments);
        let count = |fate: palermo_domain::Fate| {
            let counts =
                of_payments.clone().filter_map(|(_, fates)| fates.counts.get(fate as usize));
            counts.copied().fold(0, u64::saturating_add)
        };
        let refused = count(palermo_domain::Fate::DeadLetter);
        (count(palermo_domain::Fate::Late), count(palermo_domain::Fate::Duplicate), refused)
    }
}
