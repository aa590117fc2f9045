//! Scatter-gather: a source pays several accounts that all pay one sink.
//!
//! A payment u -> v can be the scatter (v is in the middle: look at who v paid) or the gather (u is
//! in the middle: look at who paid u). Either way one side is fixed: the accounts that u paid, or
//! that paid v. They are put into a set once, at the first far account that could match two, and
//! the entries of each far account are tested against it.
//!
//! Gates, in order of cost: the middle leads on; the fixed side has two entries; the far account has
//! two.
//! Cost: entries of the far accounts inside the window.

use super::at::At;
use super::counts::Histogram;
use crate::work::{Spent, Work};
use palermo_ledger::Marks;
use palermo_ledger::edges::{Edges, Slice};
use palermo_ledger::{AccountId, Leg};

#[derive(Debug, Default)]
pub(super) struct ScatterGather {
    middles: Marks<()>,
}

impl ScatterGather {
    pub(super) fn search(
        &mut self,
        edges: &Edges,
        at: At,
        work: &mut Work,
        found: &mut Histogram,
    ) -> Result<(), Spent> {
        let At { payer, payee, .. } = at;
        self.half(edges, at, (payer, payee), Leg::Debtor, work, found)?;
        self.half(edges, at, (payee, payer), Leg::Creditor, work, found)
    }

    /// `near` pays (or is paid by, with `Leg::Creditor`) the account in the middle.
    fn half(
        &mut self,
        edges: &Edges,
        at: At,
        (near, middle): (AccountId, AccountId),
        leg: Leg,
        work: &mut Work,
        found: &mut Histogram,
    ) -> Result<(), Spent> {
        let beyond = edges.window(middle, leg, at.from, at.to);
        if beyond.entries.is_empty() {
            return Ok(());
        }
        let fixed = edges.window(near, leg, at.from, at.to);
        if fixed.entries.len() < 2 {
            return Ok(());
        }
        let mut built = false;
        for entry in beyond.distinct() {
            work.spend(1)?;
            let far = entry.other();
            if far == near {
                continue;
            }
            let entries = edges.window(far, leg.opposite(), at.from, at.to);
            if entries.entries.len() < 2 {
                continue;
            }
            if !built {
                self.build(fixed, work)?;
                built = true;
            }
            work.spend(entries.entries.len())?;
            found.add(entries.distinct().filter(|entry| self.middles.has(entry.other())).count());
        }
        Ok(())
    }

    fn build(&mut self, fixed: Slice<'_>, work: &mut Work) -> Result<(), Spent> {
        work.spend(fixed.entries.len())?;
        self.middles.clear();
        fixed.distinct().for_each(|entry| self.middles.set(entry.other(), ()));
        Ok(())
    }
}
