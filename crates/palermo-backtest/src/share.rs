//! Shares as people read them.

use palermo_domain::statistics::wilson;
use std::fmt;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those that are.
    pub part: u64,
    /// All.
    pub whole: u64,
}

impl Share {
    /// Counts how many of some are.
    pub fn of<T>(all: impl IntoIterator<Item = T>, is: impl Fn(&T) -> bool) -> Self {
        let mut share = Self::default();
        for one in all {
            share.add(is(&one));
        }
        share
    }

    /// Counts one more.
    pub fn add(&mut self, is: bool) {
        self.whole = self.whole.saturating_add(1);
        self.part = self.part.saturating_add(u64::from(is));
    }

    /// In millionths, rounded down; `None` of nothing.
    pub fn micro(self) -> Option<u64> {
        let part = u128::from(self.part.min(self.whole)).saturating_mul(1_000_000);
        u64::try_from(part.checked_div(u128::from(self.whole))?).ok()
    }

    /// Wilson's interval of 95 %, in millionths; `None` of nothing.
    pub fn interval(self) -> Option<(u64, u64)> {
        wilson(self.part, self.whole)
    }
}

/// `31/72 43% [32-55%]`, or `-` of nothing.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(micro), Some((low, high))) = (self.micro(), self.interval()) else {
            return f.write_str("-");
        };
        let Self { part, whole } = self;
        write!(f, "{part}/{whole} {}% [{}-{}%]", percent(micro), percent(low), percent(high))
    }
}

/// Millionths as whole percent, rounded half up.
pub(crate) fn percent(micro: u64) -> u64 {
    micro.saturating_add(5_000).checked_div(10_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_by_people() {
        assert_eq!(Share { part: 31, whole: 72 }.to_string(), "31/72 43% [32-55%]");
        assert_eq!(Share::default().to_string(), "-");
        assert_eq!(Share::of([1, 2, 3], |n| *n > 1), Share { part: 2, whole: 3 });
    }
}
