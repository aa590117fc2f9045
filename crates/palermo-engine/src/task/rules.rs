//! Changing the rules of a task that runs.
//!
//! Promises: rules change between two commits and nowhere else, so the progress record says after which
//! records; what was admitted comes into force although the process ends before it did; the newest word
//! counts, and replaces one that still waits.

use super::{Task, TaskError};
use crate::engine::Bundle;
use crate::machine::Machine;
use crate::port::RecordRef;
use crate::rules::{Bundles, RulesNews, Waiting};
use palermo_codec::{Activation, Scheduled, decode_control};
use palermo_domain::{EventTime, TopicRole};

/// What a task knows of the rules beside those that are in force.
pub(super) struct Rules {
    /// Where bundles come from.
    pub(super) bundles: Box<dyn Bundles>,
    /// Hash of what the configuration asks for.
    pub(super) configured: String,
    /// Hash of what was in force before.
    pub(super) before: Option<String>,
    /// What is to come into force.
    pub(super) waiting: Option<Waiting>,
    /// What happened, until it is taken.
    pub(super) news: Vec<RulesNews>,
}

impl Rules {
    pub(super) fn new(bundles: Box<dyn Bundles>, configured: String) -> Self {
        Self { bundles, configured, before: None, waiting: None, news: Vec::new() }
    }

    /// What the next progress record says of what waits.
    pub(super) fn scheduled(&self) -> Option<Scheduled> {
        let waiting = self.waiting.as_ref()?;
        let (bundle, not_before) = (waiting.bundle.sha256.clone(), waiting.not_before);
        Some(Scheduled { bundle, not_before })
    }

    /// Hears what a record of `control` says. Whether the rules are to change after this record, for which
    /// it must be committed first. `now` is the newest record of a payment that was applied, this one
    /// included.
    pub(super) fn hear(&mut self, record: &RecordRef<'_>, now: EventTime) -> bool {
        if record.partition.role == TopicRole::Control
            // Of what cannot be read the machine makes a dead letter.
            && let Ok(activation) = decode_control(record.value, record.headers)
        {
            self.judge(&activation);
        }
        let Some(waiting) = &mut self.waiting else { return false };
        let is_due = waiting.is_due(now);
        if is_due {
            // So that whoever finds it in the progress record need not wait for another payment.
            waiting.not_before = None;
        }
        is_due
    }

    fn judge(&mut self, activation: &Activation) {
        match self.bundles.admit(activation) {
            Ok(bundle) => {
                let (hash, not_before) = (bundle.sha256.clone(), activation.not_before);
                self.news.push(RulesNews::Scheduled { bundle: hash, not_before });
                self.waiting = Some(Waiting { bundle, not_before });
            }
            Err(why) => {
                let bundle = activation.bundle.clone();
                self.news.push(RulesNews::Refused { bundle, why });
            }
        }
    }

    /// What comes into force now.
    fn take_due(&mut self) -> Option<Bundle> {
        let due = self.waiting.take_if(|waiting| waiting.not_before.is_none())?;
        Some(due.bundle)
    }
}

impl<M: Machine> Task<M> {
    /// Puts what is due into force. Everything that was applied must be committed; what follows from it
    /// is committed with this turn. Where it is in force already, that nothing waits any more is committed.
    pub(super) fn activate_due(&mut self) -> Result<(), TaskError> {
        if !self.pending.is_empty() {
            return Ok(());
        }
        let Some(bundle) = self.rules.take_due() else { return Ok(()) };
        self.pending.activation = true;
        let (hash, before) = (bundle.sha256.clone(), self.machine.bundle_sha256().to_owned());
        if hash != before {
            self.machine.activate(bundle, &mut self.batch.records)?;
            self.bundle_since = self.next_seq;
            self.rules.before = Some(before);
            self.weigh_effects();
        }
        self.rules.news.push(RulesNews::Activated { bundle: hash, seq: self.bundle_since });
        Ok(())
    }

    /// What became of activations since the last call.
    pub fn take_rules_news(&mut self) -> Vec<RulesNews> {
        std::mem::take(&mut self.rules.news)
    }
}
