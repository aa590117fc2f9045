//! Sums of money that may be incomplete.

use palermo_domain::Cents;

/// A sum of known amounts, and how many amounts were not known. In 128 bits: no number of payments
/// makes it overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// In cents of the base currency.
    pub cents: i128,
    /// Payments of unknown amount.
    pub unknown: u32,
}

impl Sum {
    pub(crate) fn add(&mut self, amount: Option<Cents>) {
        match amount {
            Some(amount) => self.cents = self.cents.saturating_add(i128::from(amount.0)),
            None => self.unknown = self.unknown.saturating_add(1),
        }
    }

    /// Takes an amount out that was added.
    pub(crate) fn take(&mut self, amount: Option<Cents>) {
        match amount {
            Some(amount) => self.cents = self.cents.saturating_sub(i128::from(amount.0)),
            None => self.unknown = self.unknown.saturating_sub(1),
        }
    }
}
