//! The engine as parts of a snapshot, and back.
//!
//! [`Engine::freeze`] takes what there is at one position; [`Freeze::write`] hands it over, elsewhere
//! and later if need be, while the engine goes on.
//!
//! Promises: an engine that is read back has the same state, publishes the same bytes for the same
//! records, and has the same chained hash. Cost: `freeze` shares what is large and encodes the
//! rest; reading is linear in everything.

use super::{
    Bundle, Canary, Chain, Counters, Engine, EngineConfig, Fates, Reversals, Tallies, Watermarks,
    control_totals, settings,
};
use crate::snapshot::Freeze;
use palermo_codec::UnknownFields;
use palermo_detect::Detector;
use palermo_domain::alert::{Action, Level, Mode};
use palermo_domain::snapshot::{self, Parts, Sink, SnapshotError, Source};
use palermo_domain::{DeadLetterReason, EventTime, Partition, Position, TopicRole};
use palermo_ledger::{Ledger, RowId};
use std::collections::BTreeMap;

/// Everything of an engine at one position.
#[derive(Debug)]
pub struct Frozen {
    parts: Parts,
    tallies: control_totals::Frozen,
    ledger: palermo_ledger::Frozen,
    detector: palermo_detect::Frozen,
}

impl Freeze for Frozen {
    fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        self.ledger.write(sink)?;
        self.parts.write(sink)?;
        self.tallies.write(sink)?;
        self.detector.write(sink)
    }
}

type Read = (
    BTreeMap<Partition, Position>,
    Watermarks,
    Vec<(String, Vec<RowId>)>,
    Chain,
    (i64, u64, Option<EventTime>),
);

/// The counters that nothing else in the state says.
type Counted = (
    BTreeMap<Partition, Fates>,
    BTreeMap<(TopicRole, DeadLetterReason), u64>,
    [u64; 2],
    BTreeMap<(String, Level, Mode, Action), u64>,
    BTreeMap<(String, String), u64>,
    u64,
    BTreeMap<TopicRole, BTreeMap<String, u64>>,
    BTreeMap<String, Canary>,
);

impl Engine {
    /// Takes the state as it is now.
    ///
    /// # Errors
    /// Where a part of it cannot be encoded.
    pub fn freeze(&self) -> Result<Frozen, SnapshotError> {
        let mut parts = Parts::default();
        self.write_rest(&mut parts)?;
        let detector = self.detector.freeze()?;
        let (tallies, ledger) = (self.tallies.freeze(), self.ledger.freeze());
        Ok(Frozen { parts, tallies, ledger, detector })
    }

    fn write_rest(&self, parts: &mut Parts) -> Result<(), SnapshotError> {
        let waiting = self.reversals.waiting();
        let rest = (self.now, self.applied, self.detector.mute_before());
        let all = (&self.positions, &self.watermarks, waiting, self.chain, rest);
        snapshot::put(parts, "engine", &all)?;
        let of = |unknown: &UnknownFields| -> BTreeMap<String, u64> {
            unknown.iter().map(|(name, count)| (name.to_owned(), count)).collect()
        };
        let unknown: BTreeMap<TopicRole, BTreeMap<String, u64>> =
            self.unknown.iter().map(|(role, unknown)| (*role, of(unknown))).collect();
        let Counters { fates, dead_letters, late, alerts, suppressed, expired, canaries, .. } =
            &self.counters;
        let expired = expired.get("payments").copied().unwrap_or(0);
        let counted = (fates, dead_letters, late, alerts, suppressed, expired, unknown, canaries);
        snapshot::put(parts, "counters", &counted)
    }

    /// An engine that was written, under the rules that were in force then.
    ///
    /// # Errors
    /// Where a part is missing, damaged, or does not fit the rules.
    pub fn read(
        config: EngineConfig,
        bundle: Bundle,
        source: &mut dyn Source,
    ) -> Result<Self, SnapshotError> {
        let mut ledger = Ledger::read(source)?;
        if ledger.rates.base() != config.base_currency {
            return Err(SnapshotError::new("ledger", "it has another base currency"));
        }
        let (positions, mut watermarks, waiting, chain, (now, applied, mute_before)): Read =
            snapshot::take(source, "engine")?;
        watermarks.keep(config.lateness, config.idle_after);
        let (fates, dead_letters, late, alerts, suppressed, expired, unknown, canaries): Counted =
            snapshot::take(source, "counters")?;
        let tallies = Tallies::read(source)?;
        let settings = settings(&config, &bundle, mute_before);
        let detector = Detector::read(bundle.rules.clone(), settings, &mut ledger, source)?;
        source.ends()?;
        let counters = Counters {
            fates,
            dead_letters,
            late,
            alerts,
            suppressed,
            expired: (expired > 0).then_some(("payments", expired)).into_iter().collect(),
            canaries,
            ..Counters::default()
        };
        let unknown = unknown.into_iter().map(|(role, counts)| (role, counts.into()));
        Ok(Self {
            config,
            bundle,
            ledger,
            detector,
            watermarks,
            reversals: Reversals::waiting_for(waiting),
            tallies,
            positions,
            counters,
            unknown: unknown.collect(),
            chain,
            now,
            applied,
            alerts: Vec::new(),
        })
    }
}
