//! Which rules a later start goes on with: whoever spoke last counts, the configuration or an operator on the
//! topic `control`.
//!
//! The progress records say what the configuration asked for when the task was last started. Where it asks
//! for the same again, it has said nothing new, and what was in force stays, with what waits for its time.
//! Where it asks for something else, that comes into force, and nothing waits any more.

use super::{Facts, History, bundle_missing};
use crate::EngineStop;
use palermo_codec::{Progress, Scheduled};

/// What the newest record says of rules beside those in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LastWord {
    /// What the configuration asked for, where the record says so.
    configured: Option<String>,
    /// What was admitted and is not in force yet.
    pub(super) scheduled: Option<Scheduled>,
    /// What was in force before.
    pub(super) before: Option<String>,
}

impl LastWord {
    pub(super) fn of(progress: &Progress) -> Self {
        Self {
            configured: progress.configured.clone(),
            scheduled: progress.scheduled.clone(),
            before: progress.bundle_before.clone(),
        }
    }
}

impl History {
    /// The bundle that was in force last.
    pub(super) fn last_bundle(&self) -> &str {
        self.segments.last().map_or("", |segment| segment.bundle.as_str())
    }

    /// Whether the configuration asks for what it asked for before. Records that do not say what that was
    /// were written where nobody else could change rules.
    fn is_asked_again(&self, facts: &Facts) -> bool {
        self.last.configured.as_deref().unwrap_or(self.last_bundle()) == facts.configured
    }

    /// The bundle that is to be in force.
    pub(super) fn to_be_in_force<'a>(&'a self, facts: &'a Facts) -> &'a str {
        if self.is_asked_again(facts) { self.last_bundle() } else { &facts.configured }
    }

    /// What waits for its time, and still does.
    pub(super) fn still_waits(&self, facts: &Facts) -> Option<Scheduled> {
        self.last.scheduled.clone().filter(|_| self.is_asked_again(facts))
    }

    /// What an operator who looks at the configuration would not expect.
    pub(super) fn tell_of_rules(&self, facts: &Facts) -> Option<String> {
        let (last, configured) = (self.last_bundle(), &facts.configured);
        if !self.is_asked_again(facts) || last == configured {
            return None;
        }
        Some(format!(
            "the bundle `{last}` was activated while the task ran and stays in force; `rules.path` holds \
             `{configured}`, as before"
        ))
    }
}

/// Whether what is to come into force can be loaded.
pub(super) fn check(facts: &Facts, history: &History) -> Result<(), EngineStop> {
    let waits = history.still_waits(facts).map(|next| next.bundle);
    let needed = [Some(history.to_be_in_force(facts)), waits.as_deref()];
    let missing = needed.into_iter().flatten().find(|hash| !facts.bundles.contains(*hash));
    missing.map_or(Ok(()), |hash| Err(bundle_missing(hash)))
}
