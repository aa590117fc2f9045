//! Canaries: planted payments in a reserved range ([`palermo_domain::canary`]), found like any other.
//!
//! They are kept in the same ledger and judged by the same rules, as that is what they prove. What they
//! must not do is change anything about real payments: they move neither the watermark nor the record
//! time reached, count as processed and never as late, and their alerts have a mode of their own and go
//! to the shadow topic.
//!
//! Cost: that of a payment. One entry is kept per typology of the rule set.

use super::{Engine, Refusal};
use crate::port::{OutRecord, RecordRef};
use palermo_domain::alert::{Action, Cause, Mode};
use palermo_domain::{Alert, DeadLetterReason, EventTime, Fate, Payment, canary};
use serde::{Deserialize, Serialize};

/// What became of the canaries of one typology.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Record timestamp of the newest payment that was planted.
    pub injected: EventTime,
    /// Record timestamp of the newest payment that an alert rests on.
    pub detected: Option<EventTime>,
}

impl Engine {
    /// Applies a payment of the reserved range.
    pub(super) fn canary(
        &mut self,
        payment: &Payment<'_>,
        record: RecordRef<'_>,
        effects: &mut Vec<OutRecord>,
        seen: &mut dyn FnMut(&Alert),
    ) -> Result<Fate, Refusal> {
        self.check_time(payment, record)?;
        if let Some(fate) = self.seen_before(payment)? {
            return Ok(fate);
        }
        let watermark = self.watermarks.watermark();
        if self.is_beyond_horizon(payment) {
            return Err(Refusal::at(DeadLetterReason::BeyondHorizon, &["event_time"]));
        }
        if !self.ledger.reaches(payment.event_time) {
            return Err(Refusal::at(DeadLetterReason::TimeRange, &["event_time"]));
        }
        let reverses = self.reversals.judge(&self.ledger, payment)?;
        let row = self.insert(payment, record);
        let late = watermark.is_some_and(|watermark| payment.event_time < watermark);
        let cause = if late { Cause::Late } else { Cause::OnTime };
        let fate = self.enter(payment, row, reverses, cause);
        self.note_planted(payment, EventTime(record.timestamp_ms));
        self.publish(effects, seen);
        Ok(fate)
    }

    /// Takes in that a canary was read, if a rule of that name could find it.
    fn note_planted(&mut self, payment: &Payment<'_>, at: EventTime) {
        let Some(typology) = canary::planted(payment.payment_id.expose()) else { return };
        if !self.has_typology(typology) {
            return;
        }
        let known = self.counters.canaries.entry(typology.to_owned()).or_default();
        known.injected = known.injected.max(at);
    }

    fn has_typology(&self, id: &str) -> bool {
        self.bundle.rules.typologies.iter().any(|rule| rule.id == id)
    }

    /// Forgets canaries of typologies that are in force no longer: nothing could find them.
    pub(super) fn forget_canaries(&mut self) {
        let mut canaries = std::mem::take(&mut self.counters.canaries);
        canaries.retain(|typology, _| self.has_typology(typology));
        self.counters.canaries = canaries;
    }

    /// Takes in an alert about a canary, if it is the one that was planted.
    pub(super) fn note_canary(&mut self, alert: &Alert) {
        let stands = matches!(alert.action, Action::Created | Action::Updated);
        if !stands || canary::planted(&alert.triggered_by) != Some(alert.typology.as_str()) {
            return;
        }
        if let Some(known) = self.counters.canaries.get_mut(&alert.typology) {
            known.detected = known.detected.max(Some(EventTime(alert.detected_at.0)));
        }
    }

    /// The record time of an alert: that reached by what is real, and of a canary its own.
    pub(super) fn told_at(&self, alert: &Alert) -> i64 {
        let reached = self.now.max(0);
        if alert.mode == Mode::Canary { reached.max(alert.detected_at.0) } else { reached }
    }
}
