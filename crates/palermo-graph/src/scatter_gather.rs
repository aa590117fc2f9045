//! Scatter-gather: a source pays several accounts, and then they all pay one sink.
//!
//! The payment that asks is m -> d, into the sink. Its sources are those that paid m; for each, what
//! it paid is walked, and every account in the middle is asked whether it paid d afterwards. That
//! question is answered from the middle's own payments as long as this is cheap, and from a table of
//! what d was paid as soon as the answers have cost as much as the table does: neither a sink with
//! many payers nor a middle with many payees is read whole without need.
//!
//! Promises: the sizes of `docs/patterns.md`. Cut by the budget, the sizes are those of the sources
//! that were walked whole, and the largest may be a part of one: each account in it stands between.
//! Gates, in order of cost: m was paid; d was paid twice; the source paid twice.
//! Cost: what m and d were paid in the window, and what the sources of m paid.

use crate::compatible::Histogram;
use crate::view::{Keeps, Moment, Step, View};
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, Leg};

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScatterGatherAsk {
    /// How much of what the source paid it each account in the middle passes on.
    pub keeps: Option<Keeps>,
}

/// The accounts between a source and the sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    /// Who scattered.
    pub source: AccountId,
    /// Who stood in the middle, by account number.
    pub middles: Box<[AccountId]>,
}

/// What the payment completes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScatterGatherFound {
    /// Sources, by the number of accounts in the middle.
    pub sizes: Histogram,
    /// The source with the most, the smallest account number among equals; at least two in the middle.
    pub largest: Option<Between>,
}

/// What is known of an account in the middle.
#[derive(Clone, Copy, Debug, Default)]
struct Middle {
    /// Its newest payment to the sink, in the table; from 1, 0 where it has none.
    newest: u32,
    /// The source, by number from 1, for which it was counted last.
    counted: u32,
    /// Whether no path goes through it, once that was asked.
    hub: Option<bool>,
}

/// A payment into the sink.
#[derive(Clone, Copy, Debug)]
struct Gather {
    moment: Moment,
    amount: Option<Cents>,
    /// The one before it of the same account; from 1.
    older: u32,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct ScatterGather {
    middles: Marks<Middle>,
    gathers: Vec<Gather>,
    /// Sources that were walked.
    walked: Marks<()>,
    /// The accounts between the present source and the sink, and those of the best one.
    now: Vec<AccountId>,
    best: Vec<AccountId>,
}

impl ScatterGather {
    /// The scatter-gathers that the payment that asks gathers.
    pub fn search(
        &mut self,
        view: &View<'_>,
        ask: &ScatterGatherAsk,
        budget: u32,
    ) -> Answer<ScatterGatherFound> {
        let mut found = ScatterGatherFound::default();
        let work = Work::new(budget);
        let into = view.side(view.at().debtor, Leg::Creditor);
        let price = view.side(view.at().creditor, Leg::Creditor).bound();
        if into.is_empty() || price < 2 {
            return work.answer(found, Ok(()));
        }
        self.middles.clear();
        self.walked.clear();
        self.best.clear();
        let keeps = ask.keeps;
        let mut run = Run { scratch: self, view, keeps, work, asked: 0, price, table: false };
        let mut source = None;
        let end = run.sources(&mut source, &mut found.sizes);
        let work = run.work;
        if let Some(source) = source {
            self.best.sort_unstable();
            found.largest = Some(Between { source, middles: self.best.as_slice().into() });
        }
        work.answer(found, end)
    }
}

/// One search.
struct Run<'r, 'v> {
    scratch: &'r mut ScatterGather,
    view: &'r View<'v>,
    keeps: Option<Keeps>,
    work: Work,
    /// What was spent on questions to the accounts in the middle.
    asked: usize,
    /// What the table costs.
    price: usize,
    /// Whether the table stands.
    table: bool,
}

impl Run<'_, '_> {
    /// Walks the sources of m, newest first.
    fn sources(
        &mut self,
        best: &mut Option<AccountId>,
        sizes: &mut Histogram,
    ) -> Result<(), Spent> {
        let at = self.view.at();
        let mut number = 0_u32;
        for look in self.view.side(at.debtor, Leg::Creditor).looks().rev() {
            self.work.spend(1)?;
            let Some(step) = look else { continue };
            let source = step.other();
            if source == at.creditor || self.scratch.walked.has(source) {
                continue;
            }
            if self.view.side(source, Leg::Debtor).bound() < 2 || !self.stands(step, at.debtor)? {
                continue;
            }
            self.scratch.walked.set(source, ());
            number = number.saturating_add(1);
            let end = self.between(source, number);
            let scratch = &mut *self.scratch;
            let size = scratch.now.len();
            if end.is_ok() {
                sizes.add(size);
            }
            let known = scratch.best.len();
            let equal = size == known && best.is_some_and(|best| source < best);
            if size >= 2 && (size > known || equal) {
                *best = Some(source);
                std::mem::swap(&mut scratch.now, &mut scratch.best);
            }
            end?;
        }
        Ok(())
    }

    /// Collects the accounts between a source and the sink.
    fn between(&mut self, source: AccountId, number: u32) -> Result<(), Spent> {
        self.scratch.now.clear();
        self.work.spend(1)?;
        for look in self.view.side(source, Leg::Debtor).looks() {
            self.work.spend(1)?;
            let Some(step) = look else { continue };
            let middle = step.other();
            if middle == self.view.at().creditor
                || self.scratch.middles.of(middle).counted == number
                || !self.stands(step, middle)?
            {
                continue;
            }
            self.scratch.middles.of(middle).counted = number;
            self.scratch.now.push(middle);
        }
        Ok(())
    }

    /// Whether an account passes to the sink what this payment brought it.
    fn stands(&mut self, brought: Step<'_>, middle: AccountId) -> Result<bool, Spent> {
        if !self.table && self.asked >= self.price {
            self.build()?;
        }
        if self.table && self.scratch.middles.of(middle).newest == 0 {
            return Ok(false);
        }
        if self.is_hub(middle)? {
            return Ok(false);
        }
        if self.table { self.by_table(brought, middle) } else { self.by_question(brought, middle) }
    }

    fn is_hub(&mut self, account: AccountId) -> Result<bool, Spent> {
        if let Some(hub) = self.scratch.middles.of(account).hub {
            return Ok(hub);
        }
        self.work.spend(1)?;
        let hub = self.view.is_hub(account);
        self.scratch.middles.of(account).hub = Some(hub);
        Ok(hub)
    }

    /// What the sink was paid, as a list for each account, newest first.
    fn build(&mut self) -> Result<(), Spent> {
        let Self { scratch: ScatterGather { middles, gathers, .. }, view, work, .. } = self;
        gathers.clear();
        for look in view.side(view.at().creditor, Leg::Creditor).looks() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            let middle = middles.of(step.other());
            let (moment, amount) = (step.moment(), step.amount());
            gathers.push(Gather { moment, amount, older: middle.newest });
            middle.newest = u32::try_from(gathers.len()).unwrap_or(0);
        }
        self.table = true;
        Ok(())
    }

    fn by_table(&mut self, brought: Step<'_>, middle: AccountId) -> Result<bool, Spent> {
        let mut next = self.scratch.middles.of(middle).newest;
        while let Some(gather) = self.gather(next) {
            self.work.spend(1)?;
            if !self.view.precedes(brought, gather.moment) {
                return Ok(false);
            }
            if self.keeps.is_none_or(|keeps| keeps.holds(brought.amount(), gather.amount)) {
                return Ok(true);
            }
            next = gather.older;
        }
        Ok(false)
    }

    fn gather(&self, number: u32) -> Option<Gather> {
        self.scratch.gathers.get(number.checked_sub(1)? as usize).copied()
    }

    fn by_question(&mut self, brought: Step<'_>, middle: AccountId) -> Result<bool, Spent> {
        for look in self.view.side(middle, Leg::Debtor).after(brought.moment()).looks().rev() {
            self.work.spend(1)?;
            self.asked = self.asked.saturating_add(1);
            let passes = look.is_some_and(|step| {
                step.other() == self.view.at().creditor
                    && self.keeps.is_none_or(|keeps| keeps.holds(brought.amount(), step.amount()))
            });
            if passes {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
