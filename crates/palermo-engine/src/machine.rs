//! What a task drives: the [`Engine`] in production, something smaller in simulation tests.
//!
//! The trait is exactly the part of the engine's contract that commits and recovery rest on, so a
//! test of the loop does not depend on detection, and detection does not know the loop.

use crate::port::{OutRecord, RecordRef};
use crate::recovery::Positions;
use crate::snapshot::Freeze;
use crate::{Bundle, Engine, EngineConfig, EngineStop, Fates};
use palermo_codec::{Gap, Started};
use palermo_domain::snapshot::{SnapshotError, Source};
use palermo_domain::{EventTime, Fate, Partition};
use std::collections::BTreeMap;

/// A deterministic state machine over records.
pub trait Machine: Sized {
    /// One that has read nothing; see [`Engine::new`].
    ///
    /// # Errors
    /// A stop with a code.
    fn start(
        config: EngineConfig,
        bundle: Bundle,
        from: &Positions,
        mute_before: Option<EventTime>,
    ) -> Result<Self, EngineStop>;

    /// Applies one record; see [`Engine::apply`].
    ///
    /// # Errors
    /// A stop with a code.
    fn apply(
        &mut self,
        record: RecordRef<'_>,
        effects: &mut Vec<OutRecord>,
    ) -> Result<Fate, EngineStop>;

    /// A state that stands still; see [`Engine::freeze`].
    ///
    /// # Errors
    /// Where it cannot be encoded.
    fn freeze(&self) -> Result<Box<dyn Freeze>, SnapshotError>;

    /// One whose state was written, under the rules that were in force then; see [`Engine::read`].
    ///
    /// # Errors
    /// Where a part is missing, damaged or does not fit the rules.
    fn read(
        config: EngineConfig,
        bundle: Bundle,
        source: &mut dyn Source,
    ) -> Result<Self, SnapshotError>;

    /// Tells one that was read back what its task went on without; see [`Engine::know_gaps`].
    fn know_gaps(&mut self, gaps: &[Gap]);

    /// Goes on from a new start of the task; see [`Engine::go_on`].
    fn go_on(&mut self, started: &Started);

    /// How many records were applied since the first start, and how many payments are held.
    fn extent(&self) -> (u64, u64);

    /// Changes the rules here; see [`Engine::activate`].
    ///
    /// # Errors
    /// A stop with a code.
    fn activate(&mut self, bundle: Bundle, effects: &mut Vec<OutRecord>) -> Result<(), EngineStop>;

    /// Hash of the bundle in force.
    fn bundle_sha256(&self) -> &str;

    /// The next position of every partition.
    fn positions(&self) -> &Positions;

    /// Fates and undelivered offsets per partition.
    fn fates(&self) -> &BTreeMap<Partition, Fates>;

    /// Timestamp of the newest record with a payment that was applied; before all others where none was.
    fn now(&self) -> EventTime;

    /// The watermark.
    fn watermark(&self) -> Option<EventTime>;

    /// The hash chained over inputs and effects.
    fn chain(&self) -> String;
}

impl Machine for Engine {
    fn start(
        config: EngineConfig,
        bundle: Bundle,
        from: &Positions,
        mute_before: Option<EventTime>,
    ) -> Result<Self, EngineStop> {
        Self::new(config, bundle, from, mute_before)
    }

    fn apply(
        &mut self,
        record: RecordRef<'_>,
        effects: &mut Vec<OutRecord>,
    ) -> Result<Fate, EngineStop> {
        Self::apply(self, record, effects)
    }

    fn freeze(&self) -> Result<Box<dyn Freeze>, SnapshotError> {
        Self::freeze(self).map(|frozen| Box::new(frozen) as Box<dyn Freeze>)
    }

    fn read(
        config: EngineConfig,
        bundle: Bundle,
        source: &mut dyn Source,
    ) -> Result<Self, SnapshotError> {
        Self::read(config, bundle, source)
    }

    fn know_gaps(&mut self, gaps: &[Gap]) {
        Self::know_gaps(self, gaps);
    }

    fn go_on(&mut self, started: &Started) {
        Self::go_on(self, started);
    }

    fn extent(&self) -> (u64, u64) {
        Self::extent(self)
    }

    fn activate(&mut self, bundle: Bundle, effects: &mut Vec<OutRecord>) -> Result<(), EngineStop> {
        Self::activate(self, bundle, effects)
    }

    fn bundle_sha256(&self) -> &str {
        &self.bundle().sha256
    }

    fn positions(&self) -> &Positions {
        Self::positions(self)
    }

    fn fates(&self) -> &BTreeMap<Partition, Fates> {
        &self.counters().fates
    }

    fn now(&self) -> EventTime {
        Self::now(self)
    }

    fn watermark(&self) -> Option<EventTime> {
        Self::watermark(self)
    }

    fn chain(&self) -> String {
        Self::chain(self)
    }
}
