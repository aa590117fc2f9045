//! What every search is asked: one payment, and the window it looks into.

use palermo_ledger::AccountId;

/// Where a search stands: the payment's ends and the window, both ends included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub(crate) payer: AccountId,
    pub(crate) payee: AccountId,
    pub(crate) from: i64,
    pub(crate) to: i64,
}
