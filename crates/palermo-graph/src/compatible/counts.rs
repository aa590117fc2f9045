//! What a payment completes.

/// The smallest size that is counted.
pub const SMALLEST: usize = 2;
/// Sizes from here on are counted together.
pub const LARGEST: usize = 10;

/// How many of each size, from [`SMALLEST`] to [`LARGEST`] "or more".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram([u32; LARGEST - SMALLEST + 1]);

impl Histogram {
    /// Counts one of this size; smaller ones than the smallest are not counted.
    #[inline]
    pub fn add(&mut self, size: usize) {
        let Some(bin) = size.min(LARGEST).checked_sub(SMALLEST) else { return };
        if let Some(count) = self.0.get_mut(bin) {
            *count = count.saturating_add(1);
        }
    }

    /// A histogram of one size.
    pub fn of(size: u32) -> Self {
        let mut one = Self::default();
        one.add(size as usize);
        one
    }

    /// Counts by size, smallest first.
    pub const fn bins(&self) -> &[u32; LARGEST - SMALLEST + 1] {
        &self.0
    }
}

/// Which searches were cut by the budget: what they counted is what was found until then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the patterns")]
pub struct Truncated {
    pub scatter_gather: bool,
    pub temp_cycle: bool,
    pub lc_cycle: bool,
}

impl Truncated {
    /// Whether any was.
    pub const fn any(self) -> bool {
        self.scatter_gather || self.temp_cycle || self.lc_cycle
    }
}

/// What one payment completes. A pattern that is not searched has zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Distinct payers of the payee.
    pub fan_in: u32,
    /// Distinct payees of the payer.
    pub fan_out: u32,
    /// Payments to the payee.
    pub degree_in: u32,
    /// Payments of the payer.
    pub degree_out: u32,
    /// By number of accounts between.
    pub scatter_gather: Histogram,
    /// By number of accounts on the cycle.
    pub temp_cycle: Histogram,
    /// By number of payments of the cycle.
    pub lc_cycle: Histogram,
    /// What the budget cut.
    pub truncated: Truncated,
    /// Work spent by all searches together.
    pub work: u32,
}
