//! A machine that decodes and does nothing more: what the loop, the log and the commits cost by
//! themselves. Driven by the same [`palermo_engine::Task`] as the engine.

use palermo_codec::{Limits, UnknownFields, check_record, decode_party, decode_payment};
use palermo_domain::snapshot::{SnapshotError, Source};
use palermo_domain::{EventTime, Fate, Partition, TopicRole};
use palermo_engine::port::{OutRecord, RecordRef};
use palermo_engine::recovery::Positions;
use palermo_engine::snapshot::Freeze;
use palermo_engine::{Bundle, EngineConfig, EngineStop, Fates, Gap, Machine, Started};
use std::collections::BTreeMap;

/// Decodes, counts, keeps nothing.
#[derive(Debug)]
pub struct PassThrough {
    bundle: String,
    limits: Limits,
    positions: Positions,
    fates: BTreeMap<Partition, Fates>,
    unknown: UnknownFields,
}

impl Machine for PassThrough {
    fn start(
        config: EngineConfig,
        bundle: Bundle,
        from: &Positions,
        _mute_before: Option<EventTime>,
    ) -> Result<Self, EngineStop> {
        Ok(Self {
            bundle: bundle.sha256,
            limits: config.limits,
            positions: from.clone(),
            fates: from.keys().map(|partition| (*partition, Fates::default())).collect(),
            unknown: UnknownFields::default(),
        })
    }

    fn apply(
        &mut self,
        record: RecordRef<'_>,
        _effects: &mut Vec<OutRecord>,
    ) -> Result<Fate, EngineStop> {
        let passes = check_record(record.value, record.headers, &self.limits).is_none();
        let read =
            record.value.filter(|_| passes).is_some_and(|value| match record.partition.role {
                TopicRole::Payments => decode_payment(value, &self.limits, &mut self.unknown)
                    .map(|payment| drop(std::hint::black_box(payment)))
                    .is_ok(),
                TopicRole::Parties => decode_party(value, &self.limits, &mut self.unknown).is_ok(),
                TopicRole::Control | TopicRole::Lists => true,
            });
        let fate = if read { Fate::Processed } else { Fate::DeadLetter };
        if let Some(fates) = self.fates.get_mut(&record.partition) {
            fates.counts[fate as usize] += 1;
        }
        self.positions.insert(record.partition, record.offset + 1);
        Ok(fate)
    }

    fn freeze(&self) -> Result<Box<dyn Freeze>, SnapshotError> {
        Err(SnapshotError::new("engine", "it keeps nothing"))
    }

    fn read(_: EngineConfig, _: Bundle, _: &mut dyn Source) -> Result<Self, SnapshotError> {
        Err(SnapshotError::new("engine", "it keeps nothing"))
    }

    fn know_gaps(&mut self, _: &[Gap]) {}

    fn go_on(&mut self, started: &Started) {
        self.positions.clone_from(&started.positions);
        self.fates.values_mut().for_each(|fates| *fates = Fates::default());
    }

    fn extent(&self) -> (u64, u64) {
        (0, 0)
    }

    fn activate(&mut self, bundle: Bundle, _: &mut Vec<OutRecord>) -> Result<(), EngineStop> {
        self.bundle = bundle.sha256;
        Ok(())
    }

    fn bundle_sha256(&self) -> &str {
        &self.bundle
    }

    fn positions(&self) -> &Positions {
        &self.positions
    }

    fn fates(&self) -> &BTreeMap<Partition, Fates> {
        &self.fates
    }

    fn now(&self) -> EventTime {
        EventTime(i64::MIN)
    }

    fn watermark(&self) -> Option<EventTime> {
        None
    }

    fn chain(&self) -> String {
        "00".to_owned()
    }
}
