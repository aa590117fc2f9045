//! Bipartite: many accounts pay many others, each of them several. Where as much comes back, they
//! settle with each other.
//!
//! Promises: the core of `docs/patterns.md`. Cut by the budget, there is no core, or one whose sum of
//! what came back is a part.
//! Gates, in order of cost: the numbers of payments, then of sources and of sinks; one of the two ends
//! is dropped.
//! Cost: the payments in the window of the sources or of the sinks, of those who have fewer, twice;
//! a pass over the pairs for each round of dropping.

use crate::sum::Sum;
use crate::view::{Side, View};
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, Leg};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BipartiteAsk {
    /// Each sink is paid by at least so many sources.
    pub sources: u32,
    /// Each source pays at least so many sinks.
    pub sinks: u32,
}

/// The core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Core {
    /// How many sources.
    pub sources: u32,
    /// How many sinks.
    pub sinks: u32,
    /// What the sources paid to the sinks.
    pub gross: Sum,
    /// What the sinks paid to the sources.
    pub back: Sum,
}

/// The sources or the sinks.
#[derive(Debug, Default)]
struct Party {
    accounts: Vec<AccountId>,
    numbers: Marks<u32>,
    /// How many of the other party each is joined with.
    joined: Vec<u32>,
    /// With fewer it is dropped.
    least: u32,
}

/// A payment from a member of one party to one of the other, by their numbers.
#[derive(Clone, Copy, Debug)]
struct Paid {
    payer: u32,
    payee: u32,
    amount: Option<Cents>,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct Bipartite {
    sources: Party,
    sinks: Party,
    paid: Vec<Paid>,
    pairs: Vec<(u32, u32)>,
}

impl Bipartite {
    /// The core around the payment that asks, if both of its ends are in it.
    pub fn search(
        &mut self,
        view: &View<'_>,
        ask: &BipartiteAsk,
        budget: u32,
    ) -> Answer<Option<Core>> {
        let (mut work, mut found) = (Work::new(budget), None);
        let end = self.find(view, *ask, &mut work, &mut found);
        work.answer(found, end)
    }

    fn find(
        &mut self,
        view: &View<'_>,
        ask: BipartiteAsk,
        work: &mut Work,
        found: &mut Option<Core>,
    ) -> Result<(), Spent> {
        let at = view.at();
        let (into, out) =
            (view.side(at.creditor, Leg::Creditor), view.side(at.debtor, Leg::Debtor));
        let [sources, sinks] = [ask.sources, ask.sinks].map(|least| least.max(1));
        if into.bound() < sources as usize || out.bound() < sinks as usize {
            return Ok(());
        }
        // The smaller party first: where it is too small, the larger one is not looked at.
        let sinks_first = out.bound() <= into.bound();
        for of_sinks in [sinks_first, !sinks_first] {
            let (party, side, least, joined) = if of_sinks {
                (&mut self.sinks, out, sinks, sources)
            } else {
                (&mut self.sources, into, sources, sinks)
            };
            party.fill(side, joined, work)?;
            if party.accounts.len() < least as usize {
                return Ok(());
            }
        }
        between(view, &self.sources, &self.sinks, work, &mut self.paid)?;
        if !self.drop_loose(at.creditor, work)? {
            return Ok(());
        }
        let mut core =
            Core { sources: self.sources.count(), sinks: self.sinks.count(), ..Core::default() };
        let (from, to) = (&self.sources, &self.sinks);
        let inside = self.paid.iter().filter(|paid| from.has(paid.payer) && to.has(paid.payee));
        inside.for_each(|paid| core.gross.add(paid.amount));
        let end = between(view, &self.sinks, &self.sources, work, &mut self.paid);
        self.paid.iter().for_each(|paid| core.back.add(paid.amount));
        *found = Some(core);
        end
    }

    /// Drops who is joined with too few, until none is left to drop. Whether any are left, and so the
    /// two ends of the payment: all sources paid v, and u paid all sinks, so they go last and both.
    fn drop_loose(&mut self, v: AccountId, work: &mut Work) -> Result<bool, Spent> {
        let Self { sources, sinks, paid, pairs } = self;
        pairs.clear();
        pairs.extend(paid.iter().map(|paid| (paid.payer, paid.payee)));
        pairs.sort_unstable();
        pairs.dedup();
        loop {
            work.spend(pairs.len())?;
            sources.join(pairs.iter().map(|pair| pair.0));
            sinks.join(pairs.iter().map(|pair| pair.1));
            if sinks.number(v).is_none() {
                return Ok(false);
            }
            let before = pairs.len();
            pairs.retain(|pair| sources.has(pair.0) && sinks.has(pair.1));
            if pairs.len() == before {
                return Ok(true);
            }
        }
    }
}

impl Party {
    /// The other ends of a side; none is dropped yet.
    fn fill(&mut self, side: Side<'_>, least: u32, work: &mut Work) -> Result<(), Spent> {
        self.least = least;
        self.accounts.clear();
        self.numbers.clear();
        self.joined.clear();
        for look in side.looks() {
            work.spend(1)?;
            let Some(account) = look.map(|step| step.other()) else { continue };
            if !self.numbers.has(account) {
                self.numbers.set(account, u32::try_from(self.accounts.len()).unwrap_or(u32::MAX));
                self.accounts.push(account);
                self.joined.push(u32::MAX);
            }
        }
        Ok(())
    }

    /// Counts anew: each number once for each account that it is joined with.
    fn join(&mut self, numbers: impl Iterator<Item = u32>) {
        self.joined.fill(0);
        for number in numbers {
            if let Some(joined) = self.joined.get_mut(number as usize) {
                *joined = joined.saturating_add(1);
            }
        }
    }

    /// Whether the one with this number is not dropped.
    fn has(&self, number: u32) -> bool {
        self.joined.get(number as usize).is_some_and(|&joined| joined >= self.least)
    }

    /// Its number, if it is not dropped.
    fn number(&self, account: AccountId) -> Option<u32> {
        self.numbers.get(account).filter(|&number| self.has(number))
    }

    /// Who is not dropped, with numbers.
    fn kept(&self) -> impl Iterator<Item = (u32, AccountId)> {
        (0..).zip(&self.accounts).filter(|(number, _)| self.has(*number)).map(|(n, &a)| (n, a))
    }

    fn count(&self) -> u32 {
        u32::try_from(self.kept().count()).unwrap_or(u32::MAX)
    }

    /// At most so many payments have those who are not dropped.
    fn bound(&self, view: &View<'_>, leg: Leg, work: &mut Work) -> Result<usize, Spent> {
        self.kept().try_fold(0_usize, |sum, (_, account)| {
            work.spend(1)?;
            Ok(sum.saturating_add(view.side(account, leg).bound()))
        })
    }
}

/// The payments of one party to the other, found on the side that has fewer. Where the budget is
/// spent, `paid` has a part of them.
fn between(
    view: &View<'_>,
    payers: &Party,
    payees: &Party,
    work: &mut Work,
    paid: &mut Vec<Paid>,
) -> Result<(), Spent> {
    paid.clear();
    let out = payers.bound(view, Leg::Debtor, work)?;
    let into = payees.bound(view, Leg::Creditor, work)?;
    let (walked, ends, leg) =
        if out <= into { (payers, payees, Leg::Debtor) } else { (payees, payers, Leg::Creditor) };
    for (own, account) in walked.kept() {
        for look in view.side(account, leg).looks() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            let Some(end) = ends.number(step.other()) else { continue };
            let (payer, payee) = if leg == Leg::Debtor { (own, end) } else { (end, own) };
            paid.push(Paid { payer, payee, amount: step.amount() });
        }
    }
    Ok(())
}
