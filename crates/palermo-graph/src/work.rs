//! The budget of a search: counted in work, never in time, so that a cut is the same everywhere.

/// What is left of a search's budget.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    left: u32,
    budget: u32,
}

/// The budget is spent: stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent;

impl Work {
    pub(crate) fn new(budget: u32) -> Self {
        Self { left: budget, budget }
    }

    /// Spends `units` (entries looked at, accounts opened).
    #[inline]
    pub(crate) fn spend(&mut self, units: usize) -> Result<(), Spent> {
        match u32::try_from(units).ok().and_then(|units| self.left.checked_sub(units)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Spent)
            }
        }
    }

    pub(crate) fn spent(&self) -> u32 {
        self.budget.saturating_sub(self.left)
    }

    /// What was found until the search ended this way.
    pub(crate) fn answer<T>(self, found: T, end: Result<(), Spent>) -> Answer<T> {
        Answer { found, truncated: end.is_err(), work: self.spent() }
    }
}

/// What a search found, and whether that is all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was found. Where the search was cut it holds, and there may be more.
    pub found: T,
    /// The budget was spent before the search was over.
    pub truncated: bool,
    /// Units of work.
    pub work: u32,
}
