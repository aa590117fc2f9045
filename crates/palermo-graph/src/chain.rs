//! Chains: money that goes from account to account, each passing on a share of what it got.
//!
//! Promises: the longest chain that ends with the payment that asks, up to the limit, and one such
//! chain. Cut by the budget, the longest one found.
//! Gate: the payer was paid something before that keeps. Most payments end there.
//! Cost: the payments that each account on the way was paid before; the amounts cut most branches. The
//! newest payment is tried first, and a chain of the largest length ends the search.

use crate::view::{Edge, Keeps, Moment, View};
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::{AccountId, Leg, RowId};

/// The longest chain that may be asked for.
const LONGEST: u8 = 8;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainAsk {
    /// Payments at most, the one that asks included; up to 8.
    pub hops: u8,
    /// What each passes on of the one before it.
    pub keeps: Keeps,
}

/// The longest chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chained {
    /// Its payments, the one that asks included.
    pub hops: u8,
    /// The amount of the last as a share of the first, in millionths, rounded down; `None` where it is
    /// not known.
    pub share: Option<i64>,
    /// The payments, the newest first; empty where the payment that asks is the only one.
    pub payments: Box<[RowId]>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    row: RowId,
    amount: Option<Cents>,
    /// Who made it: the chain goes on with what that account was paid before.
    debtor: AccountId,
    moment: Moment,
    /// Payments into `debtor` that were tried, from the newest back.
    tried: usize,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct Chain {
    links: Vec<Link>,
    longest: Vec<RowId>,
    first: Option<Cents>,
}

#[expect(clippy::arithmetic_side_effects, reason = "lengths are at most that of the longest chain")]
impl Chain {
    /// The longest chain that ends with the payment of a view.
    pub fn search(&mut self, view: &View<'_>, ask: &ChainAsk, budget: u32) -> Answer<Chained> {
        let mut work = Work::new(budget);
        let at = view.at();
        self.longest.clear();
        self.first = at.amount;
        let end = match at.amount {
            Some(_) => self.walk(view, ask, at, &mut work),
            // Nothing is known to be passed on by it.
            None => Ok(()),
        };
        let found = Chained {
            hops: u8::try_from(self.longest.len()).unwrap_or(LONGEST).max(1),
            share: at.amount.zip(self.first).and_then(|(last, first)| share(last, first)),
            payments: self.longest.as_slice().into(),
        };
        work.answer(found, end)
    }

    fn walk(
        &mut self,
        view: &View<'_>,
        ask: &ChainAsk,
        at: Edge,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let most = usize::from(ask.hops.min(LONGEST));
        self.links.clear();
        self.links.push(Link {
            row: at.row,
            amount: at.amount,
            debtor: at.debtor,
            moment: at.moment(),
            tried: 0,
        });
        while let Some(&link) = self.links.last() {
            if self.links.len() >= most {
                break;
            }
            match self.next(view, ask, link, work)? {
                Some(next) => {
                    self.links.push(next);
                    if self.links.len() > self.longest.len() {
                        self.longest.clear();
                        self.longest.extend(self.links.iter().map(|link| link.row));
                        self.first = next.amount;
                    }
                }
                None => {
                    self.links.pop();
                }
            }
        }
        Ok(())
    }

    /// The next payment before a link that keeps and comes from an account that is not on the chain.
    fn next(
        &mut self,
        view: &View<'_>,
        ask: &ChainAsk,
        link: Link,
        work: &mut Work,
    ) -> Result<Option<Link>, Spent> {
        let into = view.way(link.debtor, Leg::Creditor).until(link.moment);
        let mut tried = link.tried;
        let mut found = None;
        for look in into.looks().rev().skip(tried) {
            work.spend(1)?;
            tried += 1;
            let Some(step) = look else { continue };
            if !ask.keeps.holds(step.amount(), link.amount) || self.is_on(view, step.other()) {
                continue;
            }
            let (row, moment) = (step.row(), step.moment());
            found =
                Some(Link { row, amount: step.amount(), debtor: step.other(), moment, tried: 0 });
            break;
        }
        if let Some(last) = self.links.last_mut() {
            last.tried = tried;
        }
        Ok(found)
    }

    fn is_on(&self, view: &View<'_>, account: AccountId) -> bool {
        view.at().creditor == account || self.links.iter().any(|link| link.debtor == account)
    }
}

fn share(last: Cents, first: Cents) -> Option<i64> {
    let micro = i128::from(last.0).checked_mul(i128::from(Keeps::ALL))?;
    i64::try_from(micro.checked_div(i128::from(first.0))?).ok()
}
