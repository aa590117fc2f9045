//! Gather-scatter: many pay one account, and then it pays many.
//!
//! The best split of what the account was paid and paid is found in one walk: towards later cuts the
//! payers only grow and the payees only shrink, so the smaller of the two numbers rises and then
//! falls.
//!
//! Promises: the split of `docs/patterns.md`. Cut by the budget, it is the best split of the newest
//! payments that were looked at: its payees and their sum are exact, its payers and theirs are a part.
//! Cost: one look at each payment of the account in the window, both directions.

use crate::sum::Sum;
use crate::view::{Side, Step, View};
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, Leg};

/// Nothing is to be chosen: the split is that of the debtor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatherScatterAsk {}

/// The best split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Different accounts that paid before the cut.
    pub payers: u32,
    /// Different accounts that were paid after it.
    pub payees: u32,
    /// What the account was paid before the cut.
    pub paid_in: Sum,
    /// What it paid after it.
    pub paid_out: Sum,
}

impl Split {
    /// By size, then by everybody who takes part.
    fn rank(&self) -> (u32, u32) {
        (self.size(), self.payers.saturating_add(self.payees))
    }

    /// The smaller of the two numbers.
    pub fn size(&self) -> u32 {
        self.payers.min(self.payees)
    }
}

/// One payment into or out of the account.
#[derive(Clone, Copy, Debug)]
struct Own {
    leg: Leg,
    amount: Option<Cents>,
    other: AccountId,
    /// Out of the account: whether it pays this other end for the last time.
    last: bool,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct GatherScatter {
    met: Marks<()>,
    /// Newest first.
    own: Vec<Own>,
}

impl GatherScatter {
    /// The best split of the payments of the debtor; none where no size is above 0.
    pub fn search(
        &mut self,
        view: &View<'_>,
        _: &GatherScatterAsk,
        budget: u32,
    ) -> Answer<Option<Split>> {
        let mut work = Work::new(budget);
        let account = view.at().debtor;
        let into = view.side(account, Leg::Creditor);
        let out = view.side(account, Leg::Debtor);
        if into.is_empty() || out.is_empty() {
            return work.answer(None, Ok(()));
        }
        let end = self.collect(view, into, out, &mut work);
        work.answer(self.best(), end)
    }

    /// Merges the two directions, newest first.
    fn collect(
        &mut self,
        view: &View<'_>,
        into: Side<'_>,
        out: Side<'_>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        self.own.clear();
        self.met.clear();
        let (mut into, mut out) = (into.looks().rev(), out.looks().rev());
        let mut heads = [next(&mut into, work)?, next(&mut out, work)?];
        loop {
            let leg = match heads {
                [None, None] => return Ok(()),
                [Some(_), None] => Leg::Creditor,
                [None, Some(_)] => Leg::Debtor,
                [Some(a), Some(b)] if view.precedes(a, b.moment()) => Leg::Debtor,
                _ => Leg::Creditor,
            };
            let [into_head, out_head] = &mut heads;
            let (head, rest): (_, &mut dyn Iterator<Item = _>) = match leg {
                Leg::Creditor => (into_head, &mut into),
                Leg::Debtor => (out_head, &mut out),
            };
            if let Some(step) = *head {
                self.push(leg, step);
            }
            *head = next(rest, work)?;
        }
    }

    fn push(&mut self, leg: Leg, step: Step<'_>) {
        let other = step.other();
        let last = leg == Leg::Debtor && !self.met.has(other);
        if last {
            self.met.set(other, ());
        }
        self.own.push(Own { leg, amount: step.amount(), other, last });
    }

    /// Walks the cuts from the earliest on.
    fn best(&mut self) -> Option<Split> {
        self.met.clear();
        let (mut now, mut best) = (Split::default(), Split::default());
        for own in self.own.iter().filter(|own| own.leg == Leg::Debtor) {
            now.payees = now.payees.saturating_add(u32::from(own.last));
            now.paid_out.add(own.amount);
        }
        for own in self.own.iter().rev() {
            match own.leg {
                Leg::Creditor => {
                    if !self.met.has(own.other) {
                        self.met.set(own.other, ());
                        now.payers = now.payers.saturating_add(1);
                    }
                    now.paid_in.add(own.amount);
                }
                Leg::Debtor => {
                    now.payees = now.payees.saturating_sub(u32::from(own.last));
                    now.paid_out.take(own.amount);
                }
            }
            if now.rank() > best.rank() {
                best = now;
            }
        }
        (best.size() > 0).then_some(best)
    }
}

/// The next payment in view; every entry on the way is a look.
fn next<'a>(
    looks: &mut dyn Iterator<Item = Option<Step<'a>>>,
    work: &mut Work,
) -> Result<Option<Step<'a>>, Spent> {
    for look in looks {
        work.spend(1)?;
        if look.is_some() {
            return Ok(look);
        }
    }
    Ok(None)
}
