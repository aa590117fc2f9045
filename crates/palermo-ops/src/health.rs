//! Whether the engine is alive and whether it can be relied on.
//!
//! Promises (DESIGN §3.12): never ready while it is not consuming; a stop is sticky and names its
//! code. The four phases are asked separately, so that `/readyz` says which one is missing.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// One condition of being ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Every partition of every input topic is assigned to this task.
    Assigned,
    /// What was committed before is in memory again, and its chained hash agrees.
    Restored,
    /// The rule set is compiled and in force.
    RulesLoaded,
    /// Records are being asked for, and commits succeed.
    Consuming,
}

impl Phase {
    /// Every phase, in the order of `/readyz`.
    pub const ALL: [Self; 4] = [Self::Assigned, Self::Restored, Self::RulesLoaded, Self::Consuming];

    /// The word in `/readyz`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assigned => "assigned",
            Self::Restored => "restored",
            Self::RulesLoaded => "rules loaded",
            Self::Consuming => "consuming",
        }
    }
}

/// What `/readyz` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// All four phases hold and nothing has stopped.
    pub ready: bool,
    /// One line per phase, then the stop if there is one.
    pub text: String,
}

/// Shared between the engine's thread (writes) and the HTTP thread (reads).
#[derive(Debug, Default)]
pub struct Health {
    assigned: AtomicBool,
    restored: AtomicBool,
    rules_loaded: AtomicBool,
    consuming: AtomicBool,
    stopped: Mutex<Option<&'static str>>,
}

impl Health {
    /// Nothing holds yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says whether a phase holds.
    pub fn set(&self, phase: Phase, holds: bool) {
        self.flag(phase).store(holds, Ordering::Release);
    }

    /// Whether a phase holds.
    pub fn holds(&self, phase: Phase) -> bool {
        self.flag(phase).load(Ordering::Acquire)
    }

    /// The engine has stopped for this reason; nothing makes it ready again.
    pub fn stop(&self, code: &'static str) {
        self.set(Phase::Consuming, false);
        self.stopped.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(code);
    }

    /// Whether every phase holds and nothing has stopped, with one line per phase.
    pub fn readiness(&self) -> Readiness {
        let mut text = String::new();
        let mut ready = true;
        for phase in Phase::ALL {
            let holds = self.holds(phase);
            ready &= holds;
            text.push_str(if holds { "ok   " } else { "wait " });
            text.push_str(phase.as_str());
            text.push('\n');
        }
        let stopped = *self.stopped.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(code) = stopped {
            ready = false;
            text.push_str("stop ");
            text.push_str(code);
            text.push('\n');
        }
        Readiness { ready, text }
    }

    fn flag(&self, phase: Phase) -> &AtomicBool {
        match phase {
            Phase::Assigned => &self.assigned,
            Phase::Restored => &self.restored,
            Phase::RulesLoaded => &self.rules_loaded,
            Phase::Consuming => &self.consuming,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_needs_every_phase() {
        for missing in Phase::ALL {
            let health = Health::new();
            for phase in Phase::ALL {
                health.set(phase, phase != missing);
            }
            let readiness = health.readiness();
            assert!(!readiness.ready, "{missing:?}");
            assert!(readiness.text.contains(&format!("wait {}\n", missing.as_str())));
            health.set(missing, true);
            assert!(health.readiness().ready, "{missing:?}");
        }
    }

    #[test]
    fn a_stop_is_sticky_and_keeps_its_first_code() {
        let health = Health::new();
        for phase in Phase::ALL {
            health.set(phase, true);
        }
        health.stop("fenced");
        health.stop("other");
        for phase in Phase::ALL {
            health.set(phase, true);
        }
        let readiness = health.readiness();
        assert!(!readiness.ready);
        assert!(readiness.text.ends_with("stop fenced\n"), "{}", readiness.text);
    }
}
