//! Simple cycles of limited length, whatever the order of their payments in time.
//!
//! Two breadth-first searches, from the payee along payments and from the payer against them, the
//! smaller frontier first. Most never meet. Where they do, distances to the payer are completed as
//! far as a path can use them, and paths are walked with the distance as a bound.
//!
//! Of the payments as late as this one, only those count whose payee was seen before this one's
//! (the compatible rule for ties; account numbers are given in order of first sight).

use super::at::At;
use super::counts::Histogram;
use crate::work::{Spent, Work};
use palermo_ledger::Marks;
use palermo_ledger::edges::{Edges, Start};
use palermo_ledger::{AccountId, Leg};

#[derive(Debug, Default)]
pub(super) struct Simple {
    /// Payments from the payee.
    from_payee: Marks<i64>,
    /// Payments to the payer.
    to_payer: Marks<i64>,
    frontiers: [Vec<AccountId>; 2],
    next: Vec<AccountId>,
    neighbors: Vec<AccountId>,
    on_path: Marks<bool>,
    frames: Vec<Frame>,
}

#[derive(Clone, Copy, Debug)]
struct Frame {
    account: AccountId,
    /// Its neighbors yet to be tried are `neighbors[next..end]`.
    next: usize,
    end: usize,
}

#[derive(Clone, Copy)]
struct Scope<'a> {
    edges: &'a Edges,
    at: At,
    start: Start,
    /// Longest path from payee to payer, in payments.
    longest: i64,
}

#[expect(clippy::arithmetic_side_effects, reason = "lengths are at most that of the longest cycle")]
impl Scope<'_> {
    /// Distinct accounts that `account` paid (`Debtor`) or that paid it, under the rule for ties.
    fn neighbors(
        self,
        account: AccountId,
        leg: Leg,
        work: &mut Work,
        into: &mut Vec<AccountId>,
    ) -> Result<(), Spent> {
        let Self { edges, at: At { payee, from, to, .. }, start, .. } = self;
        let all = edges.window(account, leg, from, to);
        work.spend(all.entries.len() + 1)?;
        let earlier = all.until(start, to - from - 1);
        let ties = all.entries.get(earlier.entries.len()..).unwrap_or(&[]);
        match leg {
            // The payee of each is this account.
            Leg::Creditor if account < payee => into.extend(all.distinct().map(|e| e.other())),
            Leg::Creditor => into.extend(earlier.distinct().map(|e| e.other())),
            Leg::Debtor => {
                into.extend(earlier.distinct().map(|e| e.other()));
                let begin = into.len() - earlier.distinct().count();
                for tie in ties.iter().filter(|tie| tie.other() < payee) {
                    let other = tie.other();
                    if !into.iter().skip(begin).any(|known| *known == other) {
                        into.push(other);
                    }
                }
            }
        }
        Ok(())
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "lengths are at most that of the longest cycle; positions are those of the frames, which point into `neighbors`"
)]
impl Simple {
    /// Counts cycles by number of payments, at most `longest`.
    pub(super) fn search(
        &mut self,
        edges: &Edges,
        at: At,
        longest: u32,
        work: &mut Work,
        found: &mut Histogram,
    ) -> Result<(), Spent> {
        let scope = Scope { edges, at, start: Start::at(at.from), longest: i64::from(longest) - 1 };
        if longest < 2
            || edges.window(at.payee, Leg::Debtor, at.from, at.to).entries.is_empty()
            || edges.window(at.payer, Leg::Creditor, at.from, at.to).entries.is_empty()
        {
            return Ok(());
        }
        if let Some((out, back)) = self.meet(scope, work)? {
            self.bound(scope, out, back, work)?;
            self.count(scope, work, found)?;
        }
        Ok(())
    }

    /// Whether a path of at most `longest` payments exists: the depths that are marked whole.
    fn meet(&mut self, scope: Scope<'_>, work: &mut Work) -> Result<Option<(i64, i64)>, Spent> {
        let At { payer, payee, .. } = scope.at;
        self.from_payee.clear();
        self.to_payer.clear();
        self.from_payee.set(payee, 0);
        self.to_payer.set(payer, 0);
        let [out, into] = &mut self.frontiers;
        out.clear();
        out.push(payee);
        into.clear();
        into.push(payer);
        let (mut ahead, mut back) = (0, 0);
        while ahead + back < scope.longest {
            let forward = self.frontiers[0].len() <= self.frontiers[1].len();
            let met = if forward {
                ahead += 1;
                self.level(scope, Leg::Debtor, ahead, work)?
            } else {
                back += 1;
                self.level(scope, Leg::Creditor, back, work)?
            };
            if met {
                return Ok(Some((ahead, back)));
            }
            if self.frontiers.iter().any(Vec::is_empty) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// One more level of one side; whether it touches the other side.
    fn level(
        &mut self,
        scope: Scope<'_>,
        leg: Leg,
        depth: i64,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        let At { payer, payee, .. } = scope.at;
        let Self { from_payee, to_payer, frontiers, next, neighbors, .. } = self;
        let (own, far, frontier) = match leg {
            Leg::Debtor => (from_payee, to_payer, &mut frontiers[0]),
            Leg::Creditor => (to_payer, from_payee, &mut frontiers[1]),
        };
        let mut met = false;
        next.clear();
        for &account in frontier.iter() {
            // A path ends where it meets its other end.
            if depth > 1 && (account == payer || account == payee) {
                continue;
            }
            neighbors.clear();
            scope.neighbors(account, leg, work, neighbors)?;
            for &other in neighbors.iter() {
                if !own.has(other) {
                    own.set(other, depth);
                    met |= far.has(other);
                    next.push(other);
                }
            }
        }
        std::mem::swap(frontier, next);
        Ok(met)
    }

    /// Completes distances to the payer, of accounts that a path can reach in time.
    fn bound(
        &mut self,
        scope: Scope<'_>,
        ahead: i64,
        back: i64,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let At { payer, payee, .. } = scope.at;
        let Self { from_payee, to_payer, frontiers, next, neighbors, .. } = self;
        let frontier = &mut frontiers[1];
        for depth in back + 1..scope.longest {
            let reach = scope.longest - depth;
            next.clear();
            for &account in frontier.iter().filter(|account| **account != payee) {
                neighbors.clear();
                scope.neighbors(account, Leg::Creditor, work, neighbors)?;
                for &other in neighbors.iter() {
                    let distance = from_payee.get(other).unwrap_or(ahead + 1);
                    if other != payer && distance <= reach && !to_payer.has(other) {
                        to_payer.set(other, depth);
                        next.push(other);
                    }
                }
            }
            std::mem::swap(frontier, next);
        }
        Ok(())
    }

    fn count(
        &mut self,
        scope: Scope<'_>,
        work: &mut Work,
        found: &mut Histogram,
    ) -> Result<(), Spent> {
        let At { payer, payee, .. } = scope.at;
        self.on_path.clear();
        self.frames.clear();
        self.neighbors.clear();
        self.open(scope, payee, work)?;
        while let Some(depth) = self.frames.len().checked_sub(1) {
            let frame = &mut self.frames[depth];
            if frame.next == frame.end {
                self.on_path.set(frame.account, false);
                let left = self.frames.pop().map_or(0, |_| self.frames.last().map_or(0, |f| f.end));
                self.neighbors.truncate(left);
                continue;
            }
            let to = self.neighbors[frame.next];
            frame.next += 1;
            work.spend(1)?;
            if to == payer {
                found.add(depth + 2);
                continue;
            }
            let left = scope.longest - i64::try_from(depth + 1).unwrap_or(i64::MAX);
            if self.to_payer.get(to).is_some_and(|distance| distance <= left)
                && self.on_path.get(to) != Some(true)
            {
                self.open(scope, to, work)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, scope: Scope<'_>, account: AccountId, work: &mut Work) -> Result<(), Spent> {
        let next = self.neighbors.len();
        scope.neighbors(account, Leg::Debtor, work, &mut self.neighbors)?;
        self.on_path.set(account, true);
        self.frames.push(Frame { account, next, end: self.neighbors.len() });
        Ok(())
    }
}
