//! What every search is asked: one payment, and the window it looks into.

use palermo_ledger::AccountId;

/// Where a search stands: the payment's ends and the window, both ends included.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) payer: AccountId,
    pub(super) payee: AccountId,
    pub(super) from: i64,
    pub(super) to: i64,
}
