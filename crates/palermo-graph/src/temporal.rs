//! Temporal cycles: the money comes back to its payer along payments that follow each other in time.
//!
//! A payment u -> v at t closes a cycle if a walk v..u with strictly increasing times before t
//! exists. *Existence* is decided from both ends: whatever moment m is chosen, a walk stands on
//! exactly one account at m. So one side labels what v reaches by payments up to m (earliest
//! arrival), the other what still reaches u by payments after m (latest departure), and they meet or
//! there is no cycle. The window is cut into slices, and the side that has worked less takes the
//! next one. *Counting* then walks from v with the latest departures as a bound: a branch is entered
//! only where some walk from it still closes. Distinct sequences of accounts are counted; taking
//! the earliest payment to each next account leaves the most choice, so no other is tried.
//!
//! Cost: labels of two half-depth searches where there is no cycle; where there are, the number of
//! sequences may be exponential, and the budget cuts it.

use crate::labels::Labels;
use crate::scatter_gather::At;
use crate::work::{Spent, Work};
use crate::counts::Histogram;
use palermo_ledger::edges::{Edges, Entry, Start};
use palermo_ledger::{AccountId, Leg};

/// Slices of time that the two sides share out.
const SLICES: i64 = 8;

#[derive(Debug, Default)]
pub(crate) struct Temporal {
    /// Earliest arrival from the payee.
    arrival: Labels,
    /// Latest departure towards the payer.
    departure: Labels,
    on_path: Labels,
    queue: Vec<AccountId>,
}

/// The question: where the walk begins and ends, and the window.
#[derive(Clone, Copy)]
struct Scope<'a> {
    edges: &'a Edges,
    /// Window of the payments on the walk, both ends included.
    at: At,
    start: Start,
}

impl<'a> Scope<'a> {
    fn entries(self, account: AccountId, leg: Leg) -> &'a [Entry] {
        self.edges.window(account, leg, self.at.from, self.at.to).entries
    }

    fn since(self, entry: &Entry) -> i64 {
        entry.since(self.start)
    }
}

struct Frame<'a> {
    account: AccountId,
    /// Payments of the account after the arrival there.
    entries: &'a [Entry],
    next: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "times since the start of the window are below 2^36; positions come from the same slice"
)]
impl Temporal {
    /// Counts cycles by number of accounts. `at` is the window without the payment's own time.
    pub(crate) fn search(
        &mut self,
        edges: &Edges,
        at: At,
        work: &mut Work,
        found: &mut Histogram,
    ) -> Result<(), Spent> {
        let scope = Scope { edges, at, start: Start::at(at.from) };
        let leaves = scope.entries(at.payee, Leg::Debtor);
        let Some(first) = leaves.first() else { return Ok(()) };
        let returns = scope.entries(at.payer, Leg::Creditor);
        let Some(last) = returns.last() else { return Ok(()) };
        // Nothing before the first departure or after the last arrival can be on the way.
        let (first, last) = (scope.since(first), scope.since(last));
        if first > last {
            return Ok(());
        }
        let Some(reached) = self.meet(scope, first, last, work)? else { return Ok(()) };
        self.bound(scope, first, reached, work)?;
        self.count(scope, work, found)
    }

    /// Whether a walk exists: the times up to which arrivals and from which departures are known.
    fn meet(
        &mut self,
        scope: Scope<'_>,
        first: i64,
        last: i64,
        work: &mut Work,
    ) -> Result<Option<(i64, i64)>, Spent> {
        self.arrival.clear();
        self.departure.clear();
        self.arrival.set(scope.at.payee, -1);
        self.departure.set(scope.at.payer, i64::MAX);
        let (mut before, mut after) = (first - 1, last + 1);
        let step = (last - first) / SLICES + 1;
        let (mut ahead, mut back) = (0_u32, 0_u32);
        while before + 1 < after {
            let spent = work.spent();
            let met = if ahead <= back {
                let to = (before + step).min(after - 1);
                let met = self.arrive(scope, before, to, work)?;
                ahead = ahead.saturating_add(work.spent() - spent);
                if !met {
                    before = to;
                }
                met
            } else {
                let from = (after - step).max(before + 1);
                let met = self.depart(scope, from, after, Looking::ForMeeting, work)?;
                back = back.saturating_add(work.spent() - spent);
                if !met {
                    after = from;
                }
                met
            };
            if met {
                return Ok(Some((before, after)));
            }
        }
        Ok(None)
    }

    /// Labels arrivals by payments in `(before, to]`; `true` as soon as both sides meet.
    fn arrive(
        &mut self,
        scope: Scope<'_>,
        before: i64,
        to: i64,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        self.fill_queue_from(Side::Arrival);
        while let Some(account) = self.queue.pop() {
            let Some(arrived) = self.arrival.get(account) else { continue };
            let entries = scope.entries(account, Leg::Debtor);
            let after = arrived.max(before);
            let begin = entries.partition_point(|entry| scope.since(entry) <= after);
            work.spend(1)?;
            for entry in &entries[begin..] {
                let time = scope.since(entry);
                if time > to {
                    break;
                }
                work.spend(1)?;
                let other = entry.other();
                if self.departure.has(other) {
                    return Ok(true);
                }
                if self.arrival.get(other).is_none_or(|known| time < known) {
                    self.arrival.set(other, time);
                    self.queue.push(other);
                }
            }
        }
        Ok(false)
    }

    /// Labels departures by payments in `[from, after)`.
    fn depart(
        &mut self,
        scope: Scope<'_>,
        from: i64,
        after: i64,
        looking: Looking,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        self.fill_queue_from(Side::Departure);
        while let Some(account) = self.queue.pop() {
            let Some(departs) = self.departure.get(account) else { continue };
            let entries = scope.entries(account, Leg::Creditor);
            let before = departs.min(after);
            let end = entries.partition_point(|entry| scope.since(entry) < before);
            work.spend(1)?;
            for entry in entries[..end].iter().rev() {
                let time = scope.since(entry);
                if time < from {
                    break;
                }
                work.spend(1)?;
                let other = entry.other();
                if other == scope.at.payer {
                    continue;
                }
                let arrived = self.arrival.get(other);
                match looking {
                    Looking::ForMeeting if arrived.is_some() => return Ok(true),
                    // Only what the payee reaches before matters there.
                    Looking::BehindArrivals if arrived.is_none_or(|a| a >= time) => continue,
                    _ => {}
                }
                if self.departure.get(other).is_none_or(|known| time > known) {
                    self.departure.set(other, time);
                    self.queue.push(other);
                }
            }
        }
        Ok(false)
    }

    /// Completes the latest departures of every account that a walk from the payee can visit.
    fn bound(
        &mut self,
        scope: Scope<'_>,
        first: i64,
        (before, after): (i64, i64),
        work: &mut Work,
    ) -> Result<(), Spent> {
        self.depart(scope, before + 1, after, Looking::Everywhere, work)?;
        self.depart(scope, first, before + 1, Looking::BehindArrivals, work)?;
        Ok(())
    }

    fn count(
        &mut self,
        scope: Scope<'_>,
        work: &mut Work,
        found: &mut Histogram,
    ) -> Result<(), Spent> {
        self.on_path.clear();
        self.on_path.set(scope.at.payee, 1);
        let mut path = vec![Frame {
            account: scope.at.payee,
            entries: scope.entries(scope.at.payee, Leg::Debtor),
            next: 0,
        }];
        while let Some(depth) = path.len().checked_sub(1) {
            let frame = &mut path[depth];
            let Some(&entry) = frame.entries.get(frame.next) else {
                self.on_path.set(frame.account, 0);
                path.pop();
                continue;
            };
            let earlier = &frame.entries[..frame.next];
            frame.next += 1;
            work.spend(1)?;
            let to = entry.other();
            let time = scope.since(&entry);
            let closes = to == scope.at.payer;
            if !closes
                && (self.departure.get(to).is_none_or(|departs| departs <= time)
                    || self.on_path.get(to) == Some(1))
            {
                continue;
            }
            if entry.may_have_previous() && earlier.iter().any(|entry| entry.other() == to) {
                continue;
            }
            if closes {
                found.add(depth + 2);
                continue;
            }
            let entries = scope.entries(to, Leg::Debtor);
            let begin = entries.partition_point(|entry| scope.since(entry) <= time);
            self.on_path.set(to, 1);
            path.push(Frame { account: to, entries: &entries[begin..], next: 0 });
        }
        Ok(())
    }

    fn fill_queue_from(&mut self, side: Side) {
        let labels = match side {
            Side::Arrival => &self.arrival,
            Side::Departure => &self.departure,
        };
        self.queue.clear();
        self.queue.extend((0..labels.len()).rev().map(|at| labels.account(at)));
    }
}

#[derive(Clone, Copy)]
enum Side {
    Arrival,
    Departure,
}

/// What a pass over departures is for.
#[derive(Clone, Copy)]
enum Looking {
    ForMeeting,
    Everywhere,
    BehindArrivals,
}
