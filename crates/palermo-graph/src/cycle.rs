//! Cycles: the money comes back to its payer along payments that follow each other in order.
//!
//! A payment u -> v completes a cycle if a path v..u exists whose payments are in order before it.
//! Whether one exists, and the fewest hops, is decided from both ends ([`ends`]); then a few paths
//! are walked, fewest hops first ([`walk`]), and a branch is entered only where marks say that it
//! may come to its end.
//!
//! The fewest: a walk that visits an account twice can leave it as late as the last time, so where
//! the range begins at two hops the shortest walk is a path, and marks decide. Where it begins
//! higher, and with `keeps`, marks are a bound, and paths of each length are tried in turn. Few
//! payments keep what is usual to ask for, so with `keeps` a plain walk is tried first.
//!
//! Cost: two looks for most payments. Else marks of two searches of about half the length; a few
//! more, and the walk, where there is a cycle. The number of sequences may be exponential where
//! paths longer than the shortest are asked for, and the budget cuts it.

mod ends;
mod scope;
mod walk;

use crate::view::{Keeps, View};
use crate::work::{Answer, Spent, Work};
use ends::{Ends, Met, Until};
use palermo_ledger::RowId;
use scope::Scope;
use walk::{Quest, Walk};

/// Payments of a cycle, the one that completes it included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hops {
    /// At least so many; 2 is the least that there is.
    pub least: u8,
    /// At most so many.
    pub most: u8,
}

impl Hops {
    /// Payments of a path: those of the cycle without the one that completes it.
    pub(crate) fn of_path(self, most: u8) -> Option<(u32, u32)> {
        let path = |hops: u8| u32::from(hops.min(most).saturating_sub(1));
        let (least, most) = (u32::from(self.least.max(2).saturating_sub(1)), path(self.most));
        (least <= most).then_some((least, most))
    }
}

/// What is asked of cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CycleAsk {
    /// How long: within 2 to 8.
    pub hops: Hops,
    /// What each payment passes on of the one before it.
    pub keeps: Option<Keeps>,
    /// So many witnesses.
    pub witnesses: usize,
}

/// Cycles that a payment completes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cycles {
    /// Hops of the shortest one; of the shortest that was found, where the search was cut.
    pub fewest: Option<u8>,
    /// The payments of each, first to last, without the one that completes it; fewest first.
    pub witnesses: Vec<Vec<RowId>>,
}

impl Cycles {
    /// What was found is this, fewest hops first.
    pub(crate) fn set(&mut self, mut paths: Vec<Vec<RowId>>, witnesses: usize) {
        let hops = |path: &Vec<RowId>| u8::try_from(path.len().saturating_add(1)).ok();
        self.fewest = paths.first().and_then(hops);
        paths.truncate(witnesses);
        self.witnesses = paths;
    }
}

/// The longest cycle that may be asked for.
const LONGEST: u8 = 8;
/// Work of the plain walk with `keeps`.
const GLANCE: u32 = 256;

/// Scratch of the search, used again for every payment.
#[derive(Debug, Default)]
pub struct CycleSearch {
    ends: Ends,
    walk: Walk,
}

impl CycleSearch {
    /// The cycles that the payment of a view completes.
    pub fn search(&mut self, view: &View<'_>, ask: &CycleAsk, budget: u32) -> Answer<Cycles> {
        let mut work = Work::new(budget);
        let mut found = Cycles::default();
        let end = self.run(view, ask, &mut work, &mut found);
        work.answer(found, end)
    }

    fn run(
        &mut self,
        view: &View<'_>,
        ask: &CycleAsk,
        work: &mut Work,
        found: &mut Cycles,
    ) -> Result<(), Spent> {
        let Some((least, most)) = ask.hops.of_path(LONGEST) else { return Ok(()) };
        work.spend(2)?;
        let Some(scope) = Scope::new(view) else { return Ok(()) };
        if ask.keeps.is_some() && self.glance(&scope, ask, (least, most), work, found)? {
            return Ok(());
        }
        let met = self.ends.meet(&scope, most, Until::Known, work)?;
        if met == Met::None {
            return Ok(());
        }
        let mut shortest = least;
        if least == 1 && ask.keeps.is_none() {
            shortest = self.shortest(&scope, ask, met, work, found)?;
            if ask.witnesses == 0 {
                return Ok(());
            }
        }
        let mut paths = Vec::new();
        let lengths = (shortest, most);
        let outcome = self.each(&scope, ask, met == Met::All, lengths, &mut paths, work);
        if !paths.is_empty() {
            found.set(paths, ask.witnesses);
        }
        outcome
    }

    /// Shortens the path that was met until there is no shorter one.
    fn shortest(
        &mut self,
        scope: &Scope<'_>,
        ask: &CycleAsk,
        mut met: Met,
        work: &mut Work,
        found: &mut Cycles,
    ) -> Result<u32, Spent> {
        loop {
            let path = self.ends.path(scope);
            let payments = u32::try_from(path.len()).unwrap_or(1);
            found.set(vec![path], ask.witnesses);
            let limit = payments.saturating_sub(1);
            if met == Met::All || limit == 0 {
                return Ok(payments);
            }
            met = self.ends.meet(scope, limit, Until::Met, work)?;
            if met == Met::None {
                return Ok(payments);
            }
        }
    }

    /// Walks the paths of each length in turn until there are enough. Marks are made anew for each
    /// length, unless those of the longest are complete.
    fn each(
        &mut self,
        scope: &Scope<'_>,
        ask: &CycleAsk,
        complete: bool,
        (least, most): (u32, u32),
        paths: &mut Vec<Vec<RowId>>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let enough = ask.witnesses.max(1);
        for payments in least..=most {
            if !complete && self.ends.meet(scope, payments, Until::All, work)? == Met::None {
                continue;
            }
            let quest = Quest {
                scope,
                keeps: ask.keeps,
                least: payments,
                most: payments,
                ends: Some(&self.ends),
                enough,
            };
            self.walk.search(&quest, paths, work)?;
            if paths.len() >= enough {
                break;
            }
        }
        Ok(())
    }

    /// A plain walk with little work. Whether it came to its end.
    fn glance(
        &mut self,
        scope: &Scope<'_>,
        ask: &CycleAsk,
        (least, most): (u32, u32),
        work: &mut Work,
        found: &mut Cycles,
    ) -> Result<bool, Spent> {
        let quest = Quest { scope, keeps: ask.keeps, least, most, ends: None, enough: usize::MAX };
        let mut glance = Work::new(GLANCE);
        let mut paths = Vec::new();
        let over = self.walk.search(&quest, &mut paths, &mut glance).is_ok();
        paths.sort_by_key(Vec::len);
        found.set(paths, ask.witnesses);
        work.spend(glance.spent() as usize)?;
        Ok(over)
    }
}
