//! What an entry carries along beside its eight bytes: amount, payment, selections.

use crate::edges::{Edges, Raw};
use crate::row::RowId;
use palermo_domain::Cents;
use serde::{Deserialize, Serialize};

/// An interned set of selections.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct SetId(pub u32);

/// The entries of the ledger: who paid whom, when, how much, in which payment.
pub type Book = Edges<Detail>;

/// Sixteen bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Detail {
    /// Base amount in cents; [`UNKNOWN`] where there was no rate.
    cents: i64,
    /// The whole payment.
    pub row: RowId,
    /// Which selections hold at this end.
    pub selections: SetId,
}

/// No amount has this value: they are not negative.
impl Raw for Detail {
    const BYTES: usize = 16;

    fn put(self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.cents.to_le_bytes());
        to.extend_from_slice(&self.row.0.to_le_bytes());
        to.extend_from_slice(&self.selections.0.to_le_bytes());
    }

    fn get(from: &[u8]) -> Self {
        let word = |at: usize| {
            let bytes = from.get(at..).and_then(<[u8]>::first_chunk);
            bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        let cents = from.first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes));
        Self { cents, row: RowId(word(8)), selections: SetId(word(12)) }
    }
}

const UNKNOWN: i64 = i64::MIN;
const _: () = assert!(size_of::<Detail>() == 16);

impl std::fmt::Debug for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No amount in any output.
        write!(f, "Detail({:?}, {:?})", self.row, self.selections)
    }
}

impl Default for Detail {
    fn default() -> Self {
        Self { cents: UNKNOWN, row: RowId(0), selections: SetId(0) }
    }
}

impl Detail {
    /// The detail of one end of a payment.
    pub fn new(amount: Option<Cents>, row: RowId, selections: SetId) -> Self {
        Self { cents: amount.map_or(UNKNOWN, |amount| amount.0), row, selections }
    }

    /// Amount in the base currency; `None` where there was no rate.
    #[inline]
    pub fn amount(&self) -> Option<Cents> {
        (self.cents != UNKNOWN).then_some(Cents(self.cents))
    }
}
