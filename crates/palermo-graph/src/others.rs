//! Tells payments to an account that was met before from those to a new one.

use crate::view::{Side, Step};
use palermo_ledger::Marks;

/// The other ends of one side, walked from its newest payment to older ones.
///
/// Where the side ends with the newest payment known and nothing is left out, the flags of the
/// entries say which one is its pair's newest, and nothing is hashed.
#[derive(Debug, Default)]
pub(crate) struct Others {
    met: Marks<()>,
    flags_tell: bool,
}

impl Others {
    /// Begins with a side.
    pub(crate) fn of(&mut self, side: &Side<'_>) {
        self.flags_tell = side.is_whole();
        if !self.flags_tell {
            self.met.clear();
        }
    }

    /// Whether its other end was not met before.
    #[inline]
    pub(crate) fn is_new(&mut self, step: Step<'_>) -> bool {
        if self.flags_tell {
            return !step.has_next();
        }
        let new = !self.met.has(step.other());
        if new {
            self.met.set(step.other(), ());
        }
        new
    }
}
