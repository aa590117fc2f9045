//! What a task has read, once more and in the same order: at a later start, and for whoever asks
//! what was decided and why.
//!
//! Promises: the same records, ticks and rule sets meet the machine as before; nothing is written,
//! and nobody is fenced. Cost: that of reading and applying everything again.

use super::{TaskConfig, TaskError, feed, merger_config, pause};
use crate::engine::{Bundle, EngineStop};
use crate::machine::Machine;
use crate::merger::{Merger, Next, Reading};
use crate::port::{Clock, Log, OutRecord};
use crate::recovery::{Past, Segment};
use crate::stats::{Phase, Stats};
use palermo_codec::Started;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

/// Loads a bundle by its hash.
pub(super) type Bundles<'a> = &'a dyn Fn(&str) -> Result<Bundle, EngineStop>;

/// What a replay works with.
pub(super) struct Replay<'a> {
    pub(super) log: &'a mut dyn Log,
    pub(super) clock: &'a dyn Clock,
    pub(super) config: &'a TaskConfig,
    pub(super) bundles: Bundles<'a>,
    pub(super) watch: &'a mut dyn FnMut(&Stats) -> ControlFlow<()>,
    pub(super) stats: &'a mut Stats,
}

/// Shows the machine after every record and change of rules, with what follows from it; a break ends
/// the replay there.
pub type See<'a, M> = &'a mut dyn FnMut(&M, &[OutRecord]) -> ControlFlow<()>;

impl Replay<'_> {
    /// A machine at the first start.
    pub(super) fn first<M: Machine>(
        &self,
        started: &Started,
        segments: &mut VecDeque<Segment>,
    ) -> Result<M, TaskError> {
        let first = segments.pop_front().map(|segment| segment.bundle).unwrap_or_default();
        let (engine, bundle) = (self.config.engine.clone(), (self.bundles)(&first)?);
        Ok(M::start(engine, bundle, &started.positions, started.warm_up_until)?)
    }

    /// Applies everything that the log delivers up to the merger's end, and activates what is left of the
    /// rule sets on the way.
    pub(super) fn run<M: Machine>(
        &mut self,
        mut machine: M,
        merger: &mut Merger,
        mut segments: VecDeque<Segment>,
        see: See<'_, M>,
    ) -> Result<M, TaskError> {
        let began_ms = self.clock.monotonic_ms();
        let wait = Duration::from_millis(self.config.poll_wait_max_ms);
        let polled = self.config.poll_records_max.max(1);
        let mut effects = Vec::new();
        loop {
            let due = |next: &mut Segment| next.since == *machine.positions();
            if let Some(segment) = segments.pop_front_if(due) {
                machine.activate((self.bundles)(&segment.bundle)?, &mut effects)?;
            } else {
                match merger.next(0) {
                    Next::Record(record) => {
                        machine.apply(record, &mut effects)?;
                        self.stats.replayed = self.stats.replayed.saturating_add(1);
                    }
                    Next::Wait { .. } => {
                        self.stats.replay_ms = self.clock.monotonic_ms().saturating_sub(began_ms);
                        if (self.watch)(self.stats).is_break() {
                            return Err(TaskError::Interrupted);
                        }
                        self.stats.paused = pause(self.log, merger, self.stats.paused)?;
                        feed(self.log, self.clock, merger, self.stats, wait, polled)?;
                        continue;
                    }
                    Next::Exhausted => break,
                }
            }
            if see(&machine, &effects).is_break() {
                return Ok(machine);
            }
            effects.clear();
        }
        self.stats.replay_ms = self.clock.monotonic_ms().saturating_sub(began_ms);
        match segments.front() {
            None => Ok(machine),
            Some(segment) => Err(EngineStop {
                code: "chain_mismatch",
                reason: format!(
                    "the bundle `{}` began at positions that the replay did not pass",
                    segment.bundle
                ),
            }
            .into()),
        }
    }
}

/// Runs a machine over a past and returns it as it stands at the end, or where `see` broke. The log
/// need not be fenced, and is not written to; bundles are loaded when they are needed.
///
/// # Errors
/// What the log says, a stop with a code that has a page under `docs/errors/`, or
/// [`TaskError::Interrupted`] where `watch` broke.
pub fn rerun<M: Machine>(
    log: &mut dyn Log,
    clock: &dyn Clock,
    config: &TaskConfig,
    past: Past,
    bundles: &dyn Fn(&str) -> Result<Bundle, EngineStop>,
    watch: &mut dyn FnMut(&Stats) -> ControlFlow<()>,
    see: See<'_, M>,
) -> Result<M, TaskError> {
    let Past { started, until, ticks, segments } = past;
    log.replay(&started.positions, &until)?;
    let reading = Reading {
        from: started.positions.clone(),
        preload_ends: started.preload_ends.clone(),
        ticks,
        until: Some(until),
        ..Reading::default()
    };
    let mut merger = Merger::new(merger_config(config), reading);
    let mut stats = Stats { phase: Phase::Restoring, ..Stats::default() };
    let mut replay = Replay { log, clock, config, bundles, watch, stats: &mut stats };
    let mut segments = segments.into();
    let machine = replay.first(&started, &mut segments)?;
    replay.run(machine, &mut merger, segments, see)
}
