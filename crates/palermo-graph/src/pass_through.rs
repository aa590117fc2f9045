//! Pass-through: how much of what an account was paid it paid on, and how fast.
//!
//! Principal type: [`PassThrough`]. It replays one account's lots up to the payment that asks.
//!
//! Promises: exact, first in, first out. Where the budget cut it, the two sums hold as lower bounds
//! and nothing is said of the share and the dwell, which could be wrong either way.
//! Cost: the account's payments in view, those it received twice; no other account is looked at.

use crate::lots::{Replay, lots, lower_median, share};
use crate::view::View;
use crate::work::{Answer, Spent, Work};
use palermo_ledger::{AccountId, Leg};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassThroughAsk {
    /// Of which account.
    pub account: AccountId,
    /// A payment takes from lots that are at most so much older.
    pub within: i64,
}

/// What went through an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedThrough {
    /// Cents it was paid.
    pub credited: i128,
    /// Cents of these that it paid on.
    pub passed_on: i128,
    /// Their share in millionths, rounded down; `None` where nothing was credited or the search was
    /// cut.
    pub share: Option<u32>,
    /// The lower median of the time between the payment that brought a cent and the one that took
    /// it; `None` where nothing was passed on or the search was cut.
    pub dwell: Option<i64>,
}

/// Searches. See the module.
#[derive(Debug, Default)]
pub struct PassThrough {
    replay: Replay,
    dwells: Vec<(i64, i64)>,
}

#[expect(clippy::arithmetic_side_effects, reason = "a sum of 64-bit numbers in 128 bits")]
impl PassThrough {
    /// What went through an account, up to the payment that asks.
    pub fn search(
        &mut self,
        view: &View<'_>,
        ask: &PassThroughAsk,
        budget: u32,
    ) -> Answer<PassedThrough> {
        let mut work = Work::new(budget);
        self.replay.clear();
        let mut found = PassedThrough::default();
        let all = self.replay(view, ask, &mut work, &mut found.credited);
        found.passed_on = self.replay.takes().iter().map(|take| i128::from(take.amount)).sum();
        if all.is_ok() {
            self.dwells.clear();
            self.dwells.extend(self.replay.dwells());
            self.dwells.sort_unstable();
            found.share = share(found.passed_on, found.credited);
            found.dwell = lower_median(self.dwells.iter().copied());
        }
        Answer { found, truncated: all.is_err(), work: work.spent() }
    }

    fn replay(
        &mut self,
        view: &View<'_>,
        ask: &PassThroughAsk,
        work: &mut Work,
        credited: &mut i128,
    ) -> Result<(), Spent> {
        work.spend(1)?;
        for credit in view.side(ask.account, Leg::Creditor).looks() {
            work.spend(1)?;
            let amount = credit.and_then(|credit| credit.amount());
            *credited += amount.map_or(0, |amount| i128::from(amount.0));
        }
        let to = view.at().moment();
        let lots = lots(view, ask.account, to);
        self.replay.extend(view, (ask.account, lots), to, ask.within, work)
    }
}
