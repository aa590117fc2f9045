//! Mirrors: about the same amount came the other way before.
//!
//! Promises: the number and the newest of `docs/patterns.md`. Cut by the budget, the newest is that of
//! the mirrors that were found.
//! Gates: the amount is known; the accounts of the two parties.
//! Cost: the payments of one party in the window, of the one that has fewer.

use crate::view::{Keeps, Moment, View};
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, Leg, RowId};
use std::slice;

/// What is asked.
#[derive(Clone, Copy)]
pub struct MirrorAsk<'g> {
    /// How far the amounts may lie apart, in millionths of that of the payment that asks.
    pub tolerance: u32,
    /// The accounts of an account's party, itself among them, each once; nothing where it stands
    /// alone.
    pub party: &'g dyn Fn(AccountId) -> &'g [AccountId],
}

impl std::fmt::Debug for MirrorAsk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MirrorAsk").field("tolerance", &self.tolerance).finish_non_exhaustive()
    }
}

/// The mirrors of a payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mirrors {
    /// How many.
    pub count: u32,
    /// The newest.
    pub newest: Option<RowId>,
}

/// On which side of a mirror an account can stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Role {
    #[default]
    Payer,
    Payee,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct Mirror {
    roles: Marks<Role>,
}

impl Mirror {
    /// The mirrors of the payment that asks.
    pub fn search(&mut self, view: &View<'_>, ask: &MirrorAsk<'_>, budget: u32) -> Answer<Mirrors> {
        let work = Work::new(budget);
        let at = view.at();
        let Some(amount) = at.amount else { return work.answer(Mirrors::default(), Ok(())) };
        let [payers, payees] = [party(ask, &at.creditor), party(ask, &at.debtor)];
        let (found, newest) = (Mirrors::default(), None);
        let mut run = Run { view, amount, tolerance: ask.tolerance, work, found, newest };
        let end = self.parties(&mut run, payers, payees);
        run.work.answer(run.found, end)
    }

    /// Walks the accounts of the party with fewer payments in the direction of a mirror.
    fn parties(
        &mut self,
        run: &mut Run<'_, '_>,
        payers: &[AccountId],
        payees: &[AccountId],
    ) -> Result<(), Spent> {
        self.roles.clear();
        let out = run.bound(payers, Leg::Debtor)?;
        payers.iter().for_each(|&payer| self.roles.set(payer, Role::Payer));
        let into = run.bound(payees, Leg::Creditor)?;
        for &payee in payees {
            // Who is of both parties is no payee: within a party nothing is a mirror.
            if !self.roles.has(payee) {
                self.roles.set(payee, Role::Payee);
            }
        }
        let (accounts, leg, role, other) = if out <= into {
            (payers, Leg::Debtor, Role::Payer, Role::Payee)
        } else {
            (payees, Leg::Creditor, Role::Payee, Role::Payer)
        };
        for &account in accounts.iter().filter(|&&account| self.roles.get(account) == Some(role)) {
            run.walk(account, leg, |end| self.roles.get(end) == Some(other))?;
        }
        Ok(())
    }
}

/// One search.
struct Run<'r, 'v> {
    view: &'r View<'v>,
    amount: Cents,
    tolerance: u32,
    work: Work,
    found: Mirrors,
    newest: Option<Moment>,
}

impl Run<'_, '_> {
    /// At most so many payments have these accounts in this direction.
    fn bound(&mut self, accounts: &[AccountId], leg: Leg) -> Result<usize, Spent> {
        self.work.spend(accounts.len())?;
        let bounds = accounts.iter().map(|&account| self.view.side(account, leg).bound());
        Ok(bounds.fold(0, usize::saturating_add))
    }

    /// Counts the mirrors on one side.
    fn walk(
        &mut self,
        account: AccountId,
        leg: Leg,
        ends: impl Fn(AccountId) -> bool,
    ) -> Result<(), Spent> {
        for look in self.view.side(account, leg).looks().rev() {
            self.work.spend(1)?;
            let Some(step) = look.filter(|step| ends(step.other())) else { continue };
            if !self.near(step.amount()) {
                continue;
            }
            self.found.count = self.found.count.saturating_add(1);
            if self.newest.is_none_or(|newest| self.view.before(newest, step.moment())) {
                self.newest = Some(step.moment());
                self.found.newest = Some(step.row());
            }
        }
        Ok(())
    }

    #[expect(clippy::arithmetic_side_effects, reason = "64-bit by 32-bit numbers in 128 bits")]
    fn near(&self, amount: Option<Cents>) -> bool {
        let Some(amount) = amount else { return false };
        let (own, other) = (i128::from(self.amount.0), i128::from(amount.0));
        (other - own).abs() * i128::from(Keeps::ALL) <= i128::from(self.tolerance) * own
    }
}

/// The accounts of a party.
fn party<'s, 'g: 's>(ask: &MirrorAsk<'g>, account: &'s AccountId) -> &'s [AccountId] {
    match (ask.party)(*account) {
        [] => slice::from_ref(account),
        party => party,
    }
}
