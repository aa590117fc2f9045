//! Simple cycles of limited length, whatever the order of their payments in time.
//!
//! Two breadth-first searches, from the payee along payments and from the payer against them, the
//! smaller frontier first. Most never meet. Where they do, distances to the payer are completed as
//! far as a path can use them, and paths are walked length by length with the distance as a bound, so
//! that the shortest come first and no more than the witnesses are walked.
//!
//! Promises: the fewest hops are exact; every sequence of accounts comes once. Cut by the budget,
//! what was found holds.
//! Cost: the payments of the accounts that either side meets; of each path that is walked, those of
//! its accounts.

use crate::hops::Hops;
use crate::others::Others;
use crate::view::View;
use crate::work::{Answer, Spent, Work};
use palermo_ledger::{AccountId, Labels, Leg, RowId};

/// The longest cycle that may be asked for.
const LONGEST: u8 = 10;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimpleCycleAsk {
    /// How long: within 2 to 10.
    pub hops: Hops,
    /// So many witnesses.
    pub witnesses: usize,
}

/// Simple cycles that a payment completes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimpleCycles {
    /// Hops of the shortest one; of the shortest that was found, where the search was cut.
    pub fewest: Option<u8>,
    /// The payments of each, first to last, without the one that completes it; fewest first.
    pub witnesses: Vec<Vec<RowId>>,
}

/// An account that was paid, and a payment that did it.
#[derive(Clone, Copy, Debug)]
struct Neighbor {
    account: AccountId,
    row: RowId,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    account: AccountId,
    /// Its neighbors yet to be tried are `neighbors[next..end]`.
    next: usize,
    end: usize,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct SimpleCycleSearch {
    others: Others,
    /// Payments from the payee.
    from_payee: Labels<u32>,
    /// Payments to the payer.
    to_payer: Labels<u32>,
    frontiers: [Vec<AccountId>; 2],
    following: Vec<AccountId>,
    neighbors: Vec<Neighbor>,
    on_path: Labels<bool>,
    frames: Vec<Frame>,
    path: Vec<RowId>,
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "lengths are at most that of the longest cycle; positions are those of the frames, which point into `neighbors`"
)]
impl SimpleCycleSearch {
    /// The simple cycles that the payment of a view completes.
    pub fn search(
        &mut self,
        view: &View<'_>,
        ask: &SimpleCycleAsk,
        budget: u32,
    ) -> Answer<SimpleCycles> {
        let mut work = Work::new(budget);
        let mut found = SimpleCycles::default();
        let end = self.run(view, ask, &mut work, &mut found);
        let hops = |path: &Vec<RowId>| u8::try_from(path.len() + 1).ok();
        found.fewest = found.witnesses.first().and_then(hops);
        found.witnesses.truncate(ask.witnesses);
        work.answer(found, end)
    }

    fn run(
        &mut self,
        view: &View<'_>,
        ask: &SimpleCycleAsk,
        work: &mut Work,
        found: &mut SimpleCycles,
    ) -> Result<(), Spent> {
        let Some((least, most)) = ask.hops.of_path(LONGEST) else { return Ok(()) };
        let at = view.at();
        if view.side(at.creditor, Leg::Debtor).is_empty()
            || view.side(at.debtor, Leg::Creditor).is_empty()
        {
            return Ok(());
        }
        let Some((ahead, back)) = self.meet(view, most, work)? else { return Ok(()) };
        self.bound(view, (ahead, back), most, work)?;
        for length in least.max(ahead + back)..=most {
            self.walk(view, length, ask.witnesses.max(1), work, found)?;
        }
        Ok(())
    }

    /// The fewest payments of a path from payee to payer, as depths that each side has labeled;
    /// `None` where it takes more than `most`.
    fn meet(
        &mut self,
        view: &View<'_>,
        most: u32,
        work: &mut Work,
    ) -> Result<Option<(u32, u32)>, Spent> {
        let at = view.at();
        self.from_payee.clear();
        self.to_payer.clear();
        self.from_payee.set(at.creditor, 0);
        self.to_payer.set(at.debtor, 0);
        for (frontier, end) in self.frontiers.iter_mut().zip([at.creditor, at.debtor]) {
            frontier.clear();
            frontier.push(end);
        }
        let (mut ahead, mut back) = (0, 0);
        while ahead + back < most {
            let [out, into] = &self.frontiers;
            if out.is_empty() || into.is_empty() {
                break;
            }
            let met = if out.len() <= into.len() {
                ahead += 1;
                self.level(view, Leg::Debtor, ahead, work)?
            } else {
                back += 1;
                self.level(view, Leg::Creditor, back, work)?
            };
            if met {
                return Ok(Some((ahead, back)));
            }
        }
        Ok(None)
    }

    /// One more level of one side; whether it touches the other side.
    fn level(
        &mut self,
        view: &View<'_>,
        leg: Leg,
        depth: u32,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        let at = view.at();
        let mut frontier = std::mem::take(&mut self.frontiers[leg as usize]);
        self.following.clear();
        let mut met = false;
        for &account in &frontier {
            // A path ends where it meets its other end.
            let is_end = account == at.debtor || account == at.creditor;
            if is_end && depth > 1 {
                continue;
            }
            self.neighbors.clear();
            self.pay(view, account, leg, work)?;
            for at in 0..self.neighbors.len() {
                let other = self.neighbors[at].account;
                let (own, far) = match leg {
                    Leg::Debtor => (&mut self.from_payee, &self.to_payer),
                    Leg::Creditor => (&mut self.to_payer, &self.from_payee),
                };
                if !own.has(other) && !view.is_hub(other) {
                    own.set(other, depth);
                    met |= far.has(other);
                    self.following.push(other);
                }
            }
        }
        std::mem::swap(&mut frontier, &mut self.following);
        self.frontiers[leg as usize] = frontier;
        Ok(met)
    }

    /// Appends the different accounts that `account` paid, or that paid it, to the neighbors.
    fn pay(
        &mut self,
        view: &View<'_>,
        account: AccountId,
        leg: Leg,
        work: &mut Work,
    ) -> Result<(), Spent> {
        work.spend(1)?;
        let side = view.side(account, leg);
        self.others.of(&side);
        for look in side.looks().rev() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            if self.others.is_new(step) {
                self.neighbors.push(Neighbor { account: step.other(), row: step.row() });
            }
        }
        Ok(())
    }

    /// Completes distances to the payer, of accounts that a path can reach in time.
    fn bound(
        &mut self,
        view: &View<'_>,
        (ahead, back): (u32, u32),
        most: u32,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let at = view.at();
        for depth in back + 1..most {
            let reach = most - depth;
            let mut frontier = std::mem::take(&mut self.frontiers[Leg::Creditor as usize]);
            self.following.clear();
            for &account in frontier.iter().filter(|account| **account != at.creditor) {
                self.neighbors.clear();
                self.pay(view, account, Leg::Creditor, work)?;
                for &Neighbor { account: other, .. } in &self.neighbors {
                    let distance = self.from_payee.get(other).unwrap_or(ahead + 1);
                    let useful = other != at.debtor && distance <= reach;
                    if useful && !self.to_payer.has(other) && !view.is_hub(other) {
                        self.to_payer.set(other, depth);
                        self.following.push(other);
                    }
                }
            }
            std::mem::swap(&mut frontier, &mut self.following);
            self.frontiers[Leg::Creditor as usize] = frontier;
        }
        Ok(())
    }

    /// Walks the paths of exactly `length` payments, until there are enough witnesses.
    fn walk(
        &mut self,
        view: &View<'_>,
        length: u32,
        enough: usize,
        work: &mut Work,
        found: &mut SimpleCycles,
    ) -> Result<(), Spent> {
        let at = view.at();
        self.on_path.clear();
        self.frames.clear();
        self.neighbors.clear();
        self.path.clear();
        if found.witnesses.len() < enough {
            self.open(view, at.creditor, work)?;
        }
        while let Some(frame) = self.frames.last_mut() {
            if frame.next == frame.end || found.witnesses.len() >= enough {
                self.close();
                continue;
            }
            let Neighbor { account: to, row } = self.neighbors[frame.next];
            frame.next += 1;
            work.spend(1)?;
            let depth = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
            if to == at.debtor {
                if depth == length {
                    self.path.push(row);
                    found.witnesses.push(self.path.clone());
                    self.path.pop();
                }
                continue;
            }
            let leads = self.to_payer.get(to).is_some_and(|distance| depth + distance <= length);
            if leads && self.on_path.get(to) != Some(true) {
                self.path.push(row);
                self.open(view, to, work)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, view: &View<'_>, account: AccountId, work: &mut Work) -> Result<(), Spent> {
        let next = self.neighbors.len();
        self.on_path.set(account, true);
        let opened = self.pay(view, account, Leg::Debtor, work);
        self.frames.push(Frame { account, next, end: self.neighbors.len() });
        opened
    }

    fn close(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.on_path.set(frame.account, false);
            self.neighbors.truncate(self.frames.last().map_or(0, |last| last.end));
            self.path.pop();
        }
    }
}
