//! Temporal cycles: the money comes back to its payer along payments that follow each other in time.
//!
//! A payment u -> v at t closes a cycle if a walk v..u with strictly increasing times before t
//! exists. *Existence* is decided from both ends: whatever moment m is chosen, a walk stands on
//! exactly one account at m. So one side marks what v reaches by payments up to m (earliest
//! arrival), the other what still reaches u by payments after m (latest departure), and they meet or
//! there is no cycle. The window is cut into slices, and the side that has worked less takes the
//! next one. Most searches are small and end before that: one side alone is tried first, with little
//! work ([`GLANCE`]). *Counting* then walks from v with the latest departures as a bound: a branch
//! is entered only where some walk from it still closes. Distinct sequences of accounts are counted;
//! taking the earliest payment to each next account leaves the most choice, so no other is tried.
//!
//! Cost: marks of two half-depth searches where there is no cycle; where there are, the number of
//! sequences may be exponential, and the budget cuts it.

use super::at::At;
use super::counts::Histogram;
use crate::work::{Spent, Work};
use palermo_ledger::Marks;
use palermo_ledger::edges::{Edges, Entry, Start, first_since};
use palermo_ledger::{AccountId, Leg};

/// Slices of time that the two sides share out.
const SLICES: i64 = 8;
/// Work of the first look from one side.
const GLANCE: u32 = 16;

/// When an account is reached from the payee, and when it must be left to reach the payer; in time
/// since the start of the window.
#[derive(Clone, Copy, Debug)]
struct Mark {
    arrival: i64,
    departure: i64,
}

const NEVER: i64 = i64::MAX;
const NOWHERE: i64 = i64::MIN;

impl Default for Mark {
    fn default() -> Self {
        Self { arrival: NEVER, departure: NOWHERE }
    }
}

#[derive(Debug, Default)]
pub(super) struct Temporal {
    marks: Marks<Mark>,
    /// Accounts with an arrival, and with a departure.
    arrived: Vec<AccountId>,
    departing: Vec<AccountId>,
    queue: Vec<AccountId>,
    on_path: Marks<bool>,
}

/// The question: where the walk begins and ends, and the window.
#[derive(Clone, Copy)]
struct Scope<'a> {
    edges: &'a Edges,
    at: At,
    start: Start,
    /// Time of the last payment that a walk may use.
    last: i64,
}

impl<'a> Scope<'a> {
    /// Payments of an account that a walk may leave it by, after this time.
    #[inline]
    fn leaving(self, account: AccountId, after: i64) -> &'a [Entry] {
        let entries = self.edges.side_entries(account, Leg::Debtor);
        let begin = first_since(entries, self.start.plus(after.saturating_add(1)));
        entries.get(begin..).unwrap_or(&[])
    }

    #[inline]
    fn since(self, entry: Entry) -> i64 {
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
    reason = "times since the start of the window are below 2^37; positions come from the same slice"
)]
impl Temporal {
    /// Counts cycles by number of accounts. `at` is the window without the payment's own time.
    pub(super) fn search(
        &mut self,
        edges: &Edges,
        at: At,
        work: &mut Work,
        found: &mut Histogram,
    ) -> Result<(), Spent> {
        let start = Start::at(at.from);
        let leaves = edges.window(at.payee, Leg::Debtor, at.from, at.to).entries;
        let Some(first) = leaves.first() else { return Ok(()) };
        let returns = edges.window(at.payer, Leg::Creditor, at.from, at.to).entries;
        let Some(last) = returns.last() else { return Ok(()) };
        // Nothing before the first departure or after the last arrival can be on the way.
        let (first, last) = (first.since(start), last.since(start));
        if first > last {
            return Ok(());
        }
        let scope = Scope { edges, at, start, last };
        if self.hopeless(scope, first, leaves.len() <= returns.len(), work)? {
            return Ok(());
        }
        let Some(reached) = self.meet(scope, first, work)? else { return Ok(()) };
        self.bound(scope, first, reached, work)?;
        self.count(scope, work, found)
    }

    fn begin(&mut self, scope: Scope<'_>) {
        self.marks.clear();
        self.marks.of(scope.at.payee).arrival = -1;
        self.marks.of(scope.at.payer).departure = NEVER;
        self.arrived.clear();
        self.arrived.push(scope.at.payee);
        self.departing.clear();
        self.departing.push(scope.at.payer);
    }

    /// Whether little work from the side with less to try shows that no walk exists.
    fn hopeless(
        &mut self,
        scope: Scope<'_>,
        first: i64,
        from_payee: bool,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        self.begin(scope);
        let mut glance = Work::new(GLANCE);
        let met = if from_payee {
            self.arrive(scope, first - 1, scope.last, &mut glance)
        } else {
            self.depart(scope, first, scope.last + 1, Looking::ForMeeting, &mut glance)
        };
        work.spend(glance.spent() as usize)?;
        Ok(met == Ok(false))
    }

    /// Whether a walk exists: the times up to which arrivals and from which departures are known.
    fn meet(
        &mut self,
        scope: Scope<'_>,
        first: i64,
        work: &mut Work,
    ) -> Result<Option<(i64, i64)>, Spent> {
        self.begin(scope);
        let (mut before, mut after) = (first - 1, scope.last + 1);
        let step = (scope.last - first) / SLICES + 1;
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

    /// Marks arrivals by payments in `(before, to]`; `true` as soon as both sides meet.
    fn arrive(
        &mut self,
        scope: Scope<'_>,
        before: i64,
        to: i64,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        let Self { marks, arrived, queue, .. } = self;
        queue.clear();
        queue.extend_from_slice(arrived);
        while let Some(account) = queue.pop() {
            let after = marks.of(account).arrival.max(before);
            work.spend(1)?;
            for &entry in scope.leaving(account, after) {
                let time = scope.since(entry);
                if time > to {
                    break;
                }
                work.spend(1)?;
                let mark = marks.of(entry.other());
                if mark.departure != NOWHERE {
                    return Ok(true);
                }
                if time < mark.arrival {
                    if mark.arrival == NEVER {
                        arrived.push(entry.other());
                    }
                    mark.arrival = time;
                    queue.push(entry.other());
                }
            }
        }
        Ok(false)
    }

    /// Marks departures by payments in `[from, after)`.
    fn depart(
        &mut self,
        scope: Scope<'_>,
        from: i64,
        after: i64,
        looking: Looking,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        let Self { marks, departing, queue, .. } = self;
        queue.clear();
        queue.extend_from_slice(departing);
        while let Some(account) = queue.pop() {
            let before = marks.of(account).departure.min(after);
            work.spend(1)?;
            let entries = scope.edges.side_entries(account, Leg::Creditor);
            let end = first_since(entries, scope.start.plus(before));
            for &entry in entries[..end].iter().rev() {
                let time = scope.since(entry);
                if time < from {
                    break;
                }
                work.spend(1)?;
                let other = entry.other();
                if other == scope.at.payer {
                    continue;
                }
                let mark = marks.of(other);
                match looking {
                    Looking::ForMeeting if mark.arrival != NEVER => return Ok(true),
                    // Only what the payee reaches before matters there.
                    Looking::BehindArrivals if mark.arrival >= time => continue,
                    _ => {}
                }
                if time > mark.departure {
                    if mark.departure == NOWHERE {
                        departing.push(other);
                    }
                    mark.departure = time;
                    queue.push(other);
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
        let Self { marks, on_path, .. } = self;
        let At { payer, payee, .. } = scope.at;
        on_path.clear();
        on_path.set(payee, true);
        let mut path = vec![Frame { account: payee, entries: scope.leaving(payee, -1), next: 0 }];
        while let Some(depth) = path.len().checked_sub(1) {
            let frame = &mut path[depth];
            let next =
                frame.entries.get(frame.next).filter(|entry| scope.since(**entry) <= scope.last);
            let Some(&entry) = next else {
                on_path.set(frame.account, false);
                path.pop();
                continue;
            };
            let earlier = &frame.entries[..frame.next];
            frame.next += 1;
            work.spend(1)?;
            let (to, time) = (entry.other(), scope.since(entry));
            let closes = to == payer;
            let goes_on = || {
                marks.get(to).is_some_and(|mark| mark.departure > time)
                    && on_path.get(to) != Some(true)
            };
            if !closes && !goes_on() {
                continue;
            }
            if entry.may_have_previous() && earlier.iter().any(|entry| entry.other() == to) {
                continue;
            }
            if closes {
                found.add(depth + 2);
                continue;
            }
            on_path.set(to, true);
            path.push(Frame { account: to, entries: scope.leaving(to, time), next: 0 });
        }
        Ok(())
    }
}

/// What a pass over departures is for.
#[derive(Clone, Copy)]
enum Looking {
    ForMeeting,
    Everywhere,
    BehindArrivals,
}
