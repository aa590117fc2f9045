//! Rule sets that come and go while a task runs: where bundles come from, and what a task says of them.
//!
//! A record of the topic `control` asks for a bundle. Whether it may come into force depends on keys and
//! files that are the world's, so a port ([`Bundles`]) decides that, once, when the record is applied; the
//! commit that holds the record says what is scheduled, and the commit after it what came into force where.
//! So a replay does what was done without asking anybody again, also where the keys are others by then.

use crate::engine::Bundle;
use palermo_codec::Activation;
use palermo_domain::EventTime;

/// Where bundles are kept and admitted.
pub trait Bundles {
    /// The bundle with this hash, if it is kept here and can be used.
    fn load(&self, sha256: &str) -> Option<Bundle>;

    /// Judges an activation. What is admitted must be kept, so that [`Bundles::load`] finds it ever after.
    ///
    /// # Errors
    /// Why the bundle does not come into force.
    fn admit(&mut self, activation: &Activation) -> Result<Bundle, NotAdmitted> {
        self.load(&activation.bundle).ok_or_else(|| NotAdmitted {
            code: "bundle_missing",
            reason: format!("the bundle `{}` is not kept here", activation.bundle),
        })
    }
}

impl<F: Fn(&str) -> Option<Bundle>> Bundles for F {
    fn load(&self, sha256: &str) -> Option<Bundle> {
        self(sha256)
    }
}

/// Why a bundle does not come into force. `code` has a page under `docs/errors/`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {reason}")]
pub struct NotAdmitted {
    /// Code with a page.
    pub code: &'static str,
    /// What was found and what to do.
    pub reason: String,
}

/// What became of an activation, for whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesNews {
    /// It will come into force.
    Scheduled {
        /// Hash of the bundle.
        bundle: String,
        /// Not before this.
        not_before: Option<EventTime>,
    },
    /// It is in force.
    Activated {
        /// Hash of the bundle.
        bundle: String,
        /// Number of the first progress record under it.
        seq: u64,
    },
    /// It is not taken; the rules in force stay.
    Refused {
        /// Hash of the bundle.
        bundle: String,
        /// Why.
        why: NotAdmitted,
    },
}

/// A bundle that waits for its time.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) bundle: Bundle,
    pub(crate) not_before: Option<EventTime>,
}

impl Waiting {
    /// Whether its time has come, by the newest record of a payment.
    pub(crate) fn is_due(&self, now: EventTime) -> bool {
        self.not_before.is_none_or(|time| now >= time)
    }
}
