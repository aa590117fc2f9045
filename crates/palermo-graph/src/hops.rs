//! How long a cycle may be.

/// Payments of a cycle, the one that completes it included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops {
    /// At least so many; 2 is the least that there is.
    pub least: u8,
    /// At most so many.
    pub most: u8,
}

impl Hops {
    /// Payments of a path: those of the cycle without the one that completes it. `None` where no
    /// cycle is so long.
    pub(crate) fn of_path(self, most: u8) -> Option<(u32, u32)> {
        let path = |hops: u8| u32::from(hops.min(most).saturating_sub(1));
        let (least, most) = (u32::from(self.least.max(2).saturating_sub(1)), path(self.most));
        (least <= most).then_some((least, most))
    }
}
