//! Chains: what a payment passes on of what one before it brought, and so on back; those that shed a
//! little at each hop are peeling chains.
//!
//! From the payment that asks back through its payer, payment by payment, depth first; the first
//! chain of the longest length asked for ends the search. How many payments can go before a payment
//! does not depend on what comes after it, unless an account that was visited there was in the way:
//! where none was, it is kept for each payment, and no payment is gone through twice for nothing.
//!
//! Cost: most payments pass nothing on, and end with a look at each payment to their payer. Else the
//! payments that lead to this one by amounts that keep, at most one time for each length; more only
//! where money runs in circles, and the budget cuts it.

use crate::view::{Keeps, Moment, View};
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, Leg, RowId};

/// What is asked of chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainAsk {
    /// Payments of a chain, at most; 8 is the most.
    pub hops: u8,
    /// What each payment passes on of the one before it.
    pub keeps: Keeps,
}

/// The longest chain that a payment ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Its payments, the one that asks included: 1 where nothing came before it.
    pub hops: u8,
    /// Those before the one that asks, first to last.
    pub before: Vec<RowId>,
    /// What the first payment brought. The share that is left is the amount of the payment that asks
    /// against this one.
    pub brought: Option<Cents>,
}

/// The longest chain that may be asked for.
const LONGEST: u8 = 8;

/// What is known of the payments that can go before one.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// At most so many were looked for.
    of: u8,
    /// No more than so many can go before.
    longest: u8,
    known: bool,
}

/// A payment of a chain.
#[derive(Clone, Copy, Debug)]
struct Link {
    payer: AccountId,
    moment: Moment,
    amount: Option<Cents>,
}

/// Scratch of the search, used again for every payment.
#[derive(Debug, Default)]
pub struct ChainSearch {
    known: Marks<Known>,
    /// Accounts from the last payee to the first payer.
    path: Vec<AccountId>,
    /// Payments, last to first, without the one that asks.
    rows: Vec<RowId>,
    best: Vec<RowId>,
    /// What the first payment of the best brought.
    brought: Option<Cents>,
}

/// What came of going back from a payment.
#[derive(Clone, Copy)]
struct Back {
    /// No more payments than these can go before it.
    longest: u8,
    /// The nearest to the end of the accounts that were in the way, as a position of the path.
    in_the_way: usize,
}

impl Back {
    const NOTHING: Self = Self { longest: 0, in_the_way: usize::MAX };
}

#[expect(clippy::arithmetic_side_effects, reason = "a chain has at most 8 payments")]
impl ChainSearch {
    /// The longest chain that the payment of a view ends.
    pub fn search(&mut self, view: &View<'_>, ask: &ChainAsk, budget: u32) -> Answer<Chain> {
        let mut work = Work::new(budget);
        let at = view.at();
        self.known.clear();
        self.rows.clear();
        self.best.clear();
        self.brought = at.amount;
        self.path.clear();
        self.path.extend([at.creditor, at.debtor]);
        let link = Link { payer: at.debtor, moment: at.moment(), amount: at.amount };
        let left = ask.hops.clamp(1, LONGEST) - 1;
        let truncated = match at.amount {
            None => false,
            Some(_) => self.back(view, ask.keeps, link, left, &mut work).is_err(),
        };
        let before = self.best.iter().rev().copied().collect::<Vec<RowId>>();
        let hops = u8::try_from(before.len() + 1).unwrap_or(LONGEST);
        let found = Chain { hops, before, brought: self.brought };
        Answer { found, truncated, work: work.spent() }
    }

    /// Goes back from a payment by at most `left` more.
    fn back(
        &mut self,
        view: &View<'_>,
        keeps: Keeps,
        link: Link,
        left: u8,
        work: &mut Work,
    ) -> Result<Back, Spent> {
        if left == 0 {
            return Ok(Back::NOTHING);
        }
        if let Some(longest) = self.known(link.moment.row, left)
            && self.rows.len() + usize::from(longest) <= self.best.len()
        {
            return Ok(Back { longest, ..Back::NOTHING });
        }
        work.spend(1)?;
        let mut found = Back::NOTHING;
        for look in view.way(link.payer, Leg::Creditor).until(link.moment).looks().rev() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            if !keeps.holds(step.amount(), link.amount) {
                continue;
            }
            let payer = step.other();
            if let Some(at) = self.path.iter().position(|account| *account == payer) {
                // The accounts of the payment that asks are in the way of every chain.
                if at > 1 {
                    found.in_the_way = found.in_the_way.min(at);
                }
                continue;
            }
            let link = Link { payer, moment: step.moment(), amount: step.amount() };
            self.path.push(payer);
            self.rows.push(link.moment.row);
            if self.rows.len() > self.best.len() {
                self.best.clone_from(&self.rows);
                self.brought = link.amount;
            }
            let before = self.back(view, keeps, link, left - 1, work)?;
            self.rows.pop();
            self.path.pop();
            found.longest = found.longest.max(before.longest + 1);
            found.in_the_way = found.in_the_way.min(before.in_the_way);
            if self.best.len() == self.rows.len() + usize::from(left) {
                return Ok(found);
            }
        }
        // The two accounts of the payment itself are in the way whatever comes after it.
        if found.in_the_way >= self.path.len() - 2 {
            let known = Known { of: left, longest: found.longest, known: true };
            self.known.set(link.moment.row, known);
        }
        Ok(found)
    }

    /// How many payments can go before one, of at most `left`, at most.
    fn known(&self, row: RowId, left: u8) -> Option<u8> {
        let Known { of, longest, .. } = self.known.get(row).filter(|known| known.known)?;
        // What came up to its limit may go on.
        (longest < of || left <= of).then_some(longest.min(left))
    }
}
