//! Parties and rows of lists: what is told about the world beside the payments.
//!
//! A row of a list goes to the rules; one of the reserved list `control_totals` is about the feed, and goes
//! to its tallies. Neither moves the time of the engine.

use super::{Engine, control_totals};
use crate::port::RecordRef;
use palermo_codec::{
    Limits, Refusal, check_record, decode_list_row, decode_party, list_tombstone, party_tombstone,
};
use palermo_domain::canary::Range;
use palermo_domain::{DeadLetterReason, Fate, TopicRole};

impl Engine {
    pub(super) fn party(&mut self, record: RecordRef<'_>) -> Result<Fate, Refusal> {
        let limits = &self.config.limits;
        let Some(value) = value_or_tombstone(record, limits)? else {
            let id = party_tombstone(record.key, limits)?;
            self.ledger.end_party(id.expose());
            return Ok(Fate::Processed);
        };
        let unknown = self.unknown.entry(TopicRole::Parties).or_default();
        let party = decode_party(value, limits, unknown)?;
        if party.range() == Range::Mixed {
            return Err(Refusal::whole(DeadLetterReason::CanaryMixed));
        }
        // An older record than the one in force changes nothing; that is its fate as well.
        self.ledger.apply_party(&party);
        Ok(Fate::Processed)
    }

    pub(super) fn list(&mut self, record: RecordRef<'_>) -> Result<Fate, Refusal> {
        let limits = &self.config.limits;
        let Some(value) = value_or_tombstone(record, limits)? else {
            let (list, row) = list_tombstone(record.key, limits)?;
            match list == control_totals::LIST {
                true => self.tallies.unstate(&row),
                false => self.detector.remove_list_row(&list, &row, &mut self.ledger),
            }
            return Ok(Fate::Processed);
        };
        let unknown = self.unknown.entry(TopicRole::Lists).or_default();
        let row = decode_list_row(value, limits, unknown)?;
        if row.list == control_totals::LIST {
            let at = Some(record.timestamp_ms).filter(|at| *at >= 0).unwrap_or(self.now.max(0));
            self.tallies.state(&row, at)?;
            return Ok(Fate::Processed);
        }
        match self.detector.apply_list_row(&row, &mut self.ledger) {
            Ok(()) => Ok(Fate::Processed),
            Err(field) => Err(Refusal::at(DeadLetterReason::FieldValue, &[field])),
        }
    }
}

/// The value of a record of a topic that has tombstones.
fn value_or_tombstone<'a>(
    record: RecordRef<'a>,
    limits: &Limits,
) -> Result<Option<&'a [u8]>, Refusal> {
    match (check_record(record.value, record.headers, limits), record.value) {
        (Some(DeadLetterReason::Empty), None) => Ok(None),
        (Some(reason), _) => Err(Refusal::whole(reason)),
        (None, value) => Ok(value),
    }
}
