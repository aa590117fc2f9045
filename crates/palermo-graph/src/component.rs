//! Component: how many accounts hang together with the debtor.
//!
//! Promises: the number of `docs/patterns.md`, hubs counted and not walked through; cut by the budget,
//! a smaller one.
//! Cost: the payments of the accounts reached in the window, both directions, until the cap.

use crate::view::{Side, View};
use crate::work::{Answer, Spent, Work};
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, Leg};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentAsk {
    /// It is not counted further than this.
    pub cap: u32,
}

/// The size of a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Component {
    /// How many accounts, the debtor among them.
    pub accounts: u32,
    /// The cap was reached: there may be more.
    pub at_least: bool,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct ComponentSearch {
    reached: Marks<()>,
    /// Accounts that were reached, in this order; the first ones were walked.
    queue: Vec<AccountId>,
}

impl ComponentSearch {
    /// The component of the debtor.
    pub fn search(
        &mut self,
        view: &View<'_>,
        ask: &ComponentAsk,
        budget: u32,
    ) -> Answer<Component> {
        let mut work = Work::new(budget);
        let cap = ask.cap as usize;
        self.reached.clear();
        self.queue.clear();
        self.reach(view.at().debtor);
        let end = self.walk(view, cap, &mut work);
        let accounts = u32::try_from(self.queue.len()).unwrap_or(u32::MAX).min(ask.cap);
        work.answer(Component { accounts, at_least: accounts == ask.cap }, end)
    }

    fn walk(&mut self, view: &View<'_>, cap: usize, work: &mut Work) -> Result<(), Spent> {
        let mut next = 0_usize;
        while let Some(&account) = self.queue.get(next) {
            next = next.saturating_add(1);
            if self.queue.len() >= cap {
                return Ok(());
            }
            work.spend(1)?;
            if view.is_hub(account) {
                continue;
            }
            for leg in Leg::BOTH {
                self.side(view.side(account, leg), cap, work)?;
            }
        }
        Ok(())
    }

    fn side(&mut self, side: Side<'_>, cap: usize, work: &mut Work) -> Result<(), Spent> {
        for look in side.looks().rev() {
            if self.queue.len() >= cap {
                return Ok(());
            }
            work.spend(1)?;
            if let Some(step) = look {
                self.reach(step.other());
            }
        }
        Ok(())
    }

    fn reach(&mut self, account: AccountId) {
        if !self.reached.has(account) {
            self.reached.set(account, ());
            self.queue.push(account);
        }
    }
}
