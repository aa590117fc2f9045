//! Going on from a state that the topics no longer reach back to (`--accept-gap`).
//!
//! Promises: a function of the state and of what the start says, so a replay that enters the same
//! start from the same snapshot is the same engine.

use super::{Engine, Fates};
use palermo_codec::{Gap, Started};
use palermo_detect::Lost;

impl Engine {
    /// Reads on from the positions of a new start of the task, without what was lost before them.
    ///
    /// Fates are counted from there. What was published counts as not published, alerts have other ids
    /// from here on, and those that look back at the gap say so.
    pub fn go_on(&mut self, started: &Started) {
        self.positions.clone_from(&started.positions);
        self.counters.fates =
            started.positions.keys().map(|partition| (*partition, Fates::default())).collect();
        self.chain.went_on(started);
        self.detector.go_on(lost(&started.gaps), started.warm_up_until);
    }

    /// Tells an engine that was read back what its task went on without before: the head of the
    /// snapshot says it, not the state.
    pub fn know_gaps(&mut self, gaps: &[Gap]) {
        self.detector.set_lost(lost(gaps));
    }
}

fn lost(gaps: &[Gap]) -> Vec<Lost> {
    gaps.iter().map(|gap| Lost { after: gap.after, until: gap.until }).collect()
}
