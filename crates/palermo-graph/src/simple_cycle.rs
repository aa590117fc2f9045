//! Simple cycles: the money comes back to its payer along payments in any order, for data whose
//! times are dates.
//!
//! Whether, and the fewest hops: a search from both ends by levels, the smaller one first, until they
//! touch; the first touch is the shortest path. Then a few paths are walked back from the payer,
//! fewest hops first, and a branch is entered only where the payee is near enough. Distances from the
//! payee are known as far as its levels go, and beyond them for accounts that are near enough to the
//! payer.
//!
//! Cost: without order nearly everything is joined with everything in a few hops: levels grow by the
//! number of neighbors. A short window or a low limit is what keeps them small; the budget cuts them.

use crate::cycle::{Cycles, Hops};
use crate::view::View;
use crate::work::{Answer, Spent, Work};
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, Leg, RowId};

/// What is asked of simple cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimpleCycleAsk {
    /// How long: within 2 to 10.
    pub hops: Hops,
    /// So many witnesses.
    pub witnesses: usize,
}

/// The longest simple cycle that may be asked for.
const LONGEST: u8 = 10;
/// The position of what was found from the payee, and from the payer.
const AHEAD: usize = 0;
const BACK: usize = 1;
const LEGS: [Leg; 2] = [Leg::Debtor, Leg::Creditor];

/// Payments from the payee and to the payer; `FAR` where that is not known.
#[derive(Clone, Copy, Debug)]
struct Distance([u32; 2]);

const FAR: u32 = u32::MAX;

impl Default for Distance {
    fn default() -> Self {
        Self([FAR; 2])
    }
}

/// Scratch of the search, used again for every payment.
#[derive(Debug, Default)]
pub struct SimpleCycleSearch {
    distances: Marks<Distance>,
    /// Whole levels from both ends: how many, and the accounts of the last one.
    depths: [u32; 2],
    levels: [Vec<AccountId>; 2],
    next: Vec<AccountId>,
    frontier: Vec<AccountId>,
    /// Distances from the payee beyond its levels, for paths of one length.
    beyond: Marks<u32>,
    walk: Walk,
}

#[derive(Debug, Default)]
struct Walk {
    /// Accounts from the payer on.
    path: Vec<AccountId>,
    /// Payments of the path, last to first.
    rows: Vec<RowId>,
    /// Where a path may go on, of every account on it.
    steps: Vec<(AccountId, RowId)>,
    seen: Marks<bool>,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the two ends; lengths are at most 9; positions of steps are those that were pushed"
)]
impl SimpleCycleSearch {
    /// The simple cycles that the payment of a view completes.
    pub fn search(&mut self, view: &View<'_>, ask: &SimpleCycleAsk, budget: u32) -> Answer<Cycles> {
        let mut work = Work::new(budget);
        let mut found = Cycles::default();
        let end = self.run(view, ask, &mut work, &mut found);
        work.answer(found, end)
    }

    fn run(
        &mut self,
        view: &View<'_>,
        ask: &SimpleCycleAsk,
        work: &mut Work,
        found: &mut Cycles,
    ) -> Result<(), Spent> {
        let Some((least, most)) = ask.hops.of_path(LONGEST) else { return Ok(()) };
        work.spend(2)?;
        let at = view.at();
        if view.side(at.creditor, Leg::Debtor).is_empty()
            || view.side(at.debtor, Leg::Creditor).is_empty()
        {
            return Ok(());
        }
        let any = least == 1 && ask.witnesses == 0;
        let Some(shortest) = self.meet(view, most, any, work)? else { return Ok(()) };
        if least == 1 {
            found.fewest = u8::try_from(shortest + 1).ok();
            if any {
                return Ok(());
            }
        }
        let mut paths = Vec::new();
        let outcome = self.each(view, (least.max(shortest), most), ask, &mut paths, work);
        if !paths.is_empty() {
            found.set(paths, ask.witnesses);
        }
        outcome
    }

    /// Payments of the shortest path, where there is one of at most `most`. The last level is left
    /// in the middle where `any` path is enough.
    fn meet(
        &mut self,
        view: &View<'_>,
        most: u32,
        any: bool,
        work: &mut Work,
    ) -> Result<Option<u32>, Spent> {
        let at = view.at();
        self.distances.clear();
        self.depths = [0; 2];
        for (way, end) in [at.creditor, at.debtor].into_iter().enumerate() {
            self.distances.of(end).0[way] = 0;
            self.levels[way].clear();
            self.levels[way].push(end);
        }
        while self.depths[AHEAD] + self.depths[BACK] < most {
            if self.deepen(view, any, work)? {
                return Ok(Some(self.depths[AHEAD] + self.depths[BACK]));
            }
            if self.levels.iter().any(Vec::is_empty) {
                break;
            }
        }
        Ok(None)
    }

    /// One more level of the smaller side. Whether it touches the other side; where `any` is enough,
    /// that ends it.
    fn deepen(&mut self, view: &View<'_>, any: bool, work: &mut Work) -> Result<bool, Spent> {
        let way = usize::from(self.levels[AHEAD].len() > self.levels[BACK].len());
        let at = view.at();
        let far_end = if way == AHEAD { at.debtor } else { at.creditor };
        self.depths[way] += 1;
        let Self { distances, depths, levels, next, .. } = self;
        next.clear();
        let mut met = false;
        for &account in levels[way].iter().filter(|account| **account != far_end) {
            work.spend(1)?;
            for look in view.way(account, LEGS[way]).looks() {
                work.spend(1)?;
                let Some(step) = look else { continue };
                let other = step.other();
                let Distance(known) = distances.of(other);
                if known[way] != FAR {
                    continue;
                }
                known[way] = depths[way];
                let touches = known[1 - way] != FAR;
                met |= touches && !view.is_hub(other);
                if met && any {
                    return Ok(true);
                }
                next.push(other);
            }
        }
        std::mem::swap(&mut levels[way], next);
        Ok(met)
    }

    /// Walks the paths of each length in turn until there are enough.
    fn each(
        &mut self,
        view: &View<'_>,
        (least, most): (u32, u32),
        ask: &SimpleCycleAsk,
        paths: &mut Vec<Vec<RowId>>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let enough = ask.witnesses.max(1);
        for length in least..=most {
            while self.depths[AHEAD] + self.depths[BACK] < length
                && self.levels.iter().all(|level| !level.is_empty())
            {
                self.deepen(view, false, work)?;
            }
            self.complete(view, length, work)?;
            let quest =
                Quest { view, length, enough, distances: &self.distances, beyond: &self.beyond };
            self.walk.search(&quest, paths, work)?;
            if paths.len() >= enough {
                break;
            }
        }
        Ok(())
    }

    /// Completes distances from the payee, of accounts that a path of this length can visit.
    fn complete(&mut self, view: &View<'_>, length: u32, work: &mut Work) -> Result<(), Spent> {
        let Self { distances, depths, levels, next, frontier, beyond, .. } = self;
        let near = |account: AccountId, depth: u32| {
            let Distance([_, back]) = distances.get(account).unwrap_or_default();
            depth < length && back <= length - depth
        };
        beyond.clear();
        frontier.clear();
        frontier.extend_from_slice(&levels[AHEAD]);
        for depth in depths[AHEAD]..length {
            next.clear();
            for &account in frontier.iter().filter(|account| near(**account, depth)) {
                work.spend(1)?;
                if account == view.at().debtor {
                    continue;
                }
                for look in view.way(account, Leg::Debtor).looks() {
                    work.spend(1)?;
                    let Some(step) = look else { continue };
                    let other = step.other();
                    let Distance([ahead, _]) = distances.get(other).unwrap_or_default();
                    if ahead == FAR && near(other, depth + 1) && !beyond.has(other) {
                        beyond.set(other, depth + 1);
                        next.push(other);
                    }
                }
            }
            std::mem::swap(frontier, next);
        }
        Ok(())
    }
}

/// Paths of one length.
struct Quest<'a> {
    view: &'a View<'a>,
    length: u32,
    enough: usize,
    distances: &'a Marks<Distance>,
    beyond: &'a Marks<u32>,
}

impl Quest<'_> {
    /// Whether a path may go back to an account by its payment of this number, counted from its end.
    fn leads(&self, payer: AccountId, payments: u32) -> bool {
        let known = self.distances.get(payer).map_or(FAR, |Distance([ahead, _])| ahead);
        let ahead = self.beyond.get(payer).map_or(known, |beyond| beyond.min(known));
        // Only the payee itself has nothing before it.
        payments < self.length && ahead > 0 && ahead <= self.length.saturating_sub(payments)
            || payments == self.length && ahead == 0
    }
}

#[expect(clippy::indexing_slicing, reason = "positions of steps are those that were pushed")]
impl Walk {
    /// Adds paths to `paths` until there are enough: their payments, first to last.
    fn search(
        &mut self,
        quest: &Quest<'_>,
        paths: &mut Vec<Vec<RowId>>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        self.path.clear();
        self.rows.clear();
        self.steps.clear();
        self.open(quest, quest.view.at().debtor, paths, work)
    }

    fn open(
        &mut self,
        quest: &Quest<'_>,
        account: AccountId,
        paths: &mut Vec<Vec<RowId>>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let begin = self.steps.len();
        self.path.push(account);
        self.gather(quest, account, work)?;
        for at in begin..self.steps.len() {
            if paths.len() >= quest.enough {
                break;
            }
            let (payer, row) = self.steps[at];
            self.rows.push(row);
            if payer == quest.view.at().creditor {
                paths.push(self.rows.iter().rev().copied().collect());
            } else {
                self.open(quest, payer, paths, work)?;
            }
            self.rows.pop();
        }
        self.steps.truncate(begin);
        self.path.pop();
        Ok(())
    }

    /// The newest payment of each account that a path may go back to, newest first.
    fn gather(
        &mut self,
        quest: &Quest<'_>,
        account: AccountId,
        work: &mut Work,
    ) -> Result<(), Spent> {
        work.spend(1)?;
        self.seen.clear();
        let payments = u32::try_from(self.path.len()).unwrap_or(FAR);
        for look in quest.view.way(account, Leg::Creditor).looks().rev() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            let payer = step.other();
            if quest.leads(payer, payments) && !self.path.contains(&payer) && !self.seen.has(payer)
            {
                self.seen.set(payer, true);
                self.steps.push((payer, step.row()));
            }
        }
        Ok(())
    }
}
