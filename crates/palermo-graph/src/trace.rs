//! Trace: whose money a payment is, cent by cent, back through the accounts it came by.
//!
//! Principal type: [`Trace`]. From the payment that asks, an interval of cents at a time is followed
//! to the lots it was taken from, which are intervals of older payments, and so on.
//! [`Trace::funded`] asks only the first step: how much of a payment its payer was paid shortly
//! before.
//!
//! Promises: the paths of an answer, listed or not, are disjoint and together the whole payment, cut
//! or not. A path that the budget did not let be followed says so ([`TraceEnd::Cut`]); the payments
//! that it names still brought that money.
//! Cost: per account that is met, its payments in view up to the latest payment of it that is on a
//! path ([`Replay`]), once per search however often it is met; and one unit for every part. What a
//! search keeps is bounded by what it looked at, which the budget bounds. Whether an account is a
//! hub is asked once per account and not counted.

use crate::lots::{Replay, Take, is_dry, lots, lower_median, share};
use crate::view::{Edge, Keeps, View};
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::AccountId;
use palermo_ledger::Marks;
use std::cmp::Reverse;
use std::ops::Range;

/// Replays whose memory is kept for the next search.
const KEPT: usize = 64;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceAsk {
    /// A payment takes from lots that are at most so much older.
    pub within: i64,
    /// Payments that a path names at most, the one that asks included.
    pub hops: usize,
    /// The depth is that of paths that carry at least this share of the payment, in millionths.
    pub min_share: u32,
    /// Paths that are listed at most.
    pub paths: usize,
}

/// Why a path goes no further back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceEnd {
    /// It is the money of the account where the path begins, or of that account's past before the
    /// window.
    Own,
    /// The path names as many payments as were asked for.
    Hops,
    /// The account where it begins is a hub.
    Hub,
    /// The budget was spent. The money came by these payments; where it began is not known.
    Cut,
}

/// Cents of the payment that came by the same payments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracePath {
    /// How many.
    pub amount: Cents,
    /// The payments, the newest first: the one that asks, then the one that brought the money to
    /// its payer, and so on.
    pub payments: Vec<Edge>,
    /// Who made the oldest of them.
    pub begins: AccountId,
    /// Why the path begins there.
    pub end: TraceEnd,
}

/// What does not stand in the list of paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unlisted {
    /// Number of paths.
    pub paths: usize,
    /// What they carry.
    pub amount: Cents,
}

/// How much of a payment its payer passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funded {
    /// What the payment took of lots.
    pub amount: Cents,
    /// Its share of the payment in millionths, rounded down.
    pub share: u32,
    /// The lower median, over these cents, of the time they lay with the payer; `None` of nothing.
    pub dwell: Option<i64>,
}

/// Whose money a payment is. Empty where its amount is unknown or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// What the payer passed on; nothing where the budget did not do for one account.
    pub funded: Funded,
    /// Payments of the longest path that carries the share asked for; cut paths do not count. A
    /// payment of the payer's own money has depth 1.
    pub depth: usize,
    /// The paths, in the order of the money in the payment.
    pub paths: Vec<TracePath>,
    /// The paths for which the list is too short. They are the last ones.
    pub unlisted: Unlisted,
    /// What began at which account, of all paths that are not cut: the largest sum first, then the
    /// smallest account number.
    pub beginnings: Vec<(AccountId, Cents)>,
    /// What the cut paths carry.
    pub cut: Cents,
}

/// Searches. See the module.
#[derive(Debug, Default)]
pub struct Trace {
    met: Marks<Met>,
    /// Those of the accounts met are the first `open`.
    replays: Vec<Replay>,
    open: usize,
    frames: Vec<Frame>,
}

/// What is known of an account.
#[derive(Clone, Copy, Debug, Default)]
enum Met {
    #[default]
    Not,
    Hub,
    /// No hub; not replayed so far.
    Way,
    Open(usize),
}

/// A payment on the path, and the cents of it that are yet to be followed.
#[derive(Clone, Debug)]
struct Frame {
    payment: Edge,
    cents: Range<i64>,
    /// The replay of its payer, and the payment's takes there that are yet to be followed.
    replay: usize,
    takes: Range<usize>,
}

#[expect(clippy::arithmetic_side_effects, reason = "counts of what is in memory")]
impl Trace {
    /// Whose money the payment that asks is.
    pub fn search(&mut self, view: &View<'_>, ask: &TraceAsk, budget: u32) -> Answer<Traced> {
        let mut work = Work::new(budget);
        self.clear();
        let at = view.at();
        let mut tally = Tally::new(ask, at.amount);
        let followed = self.follow(view, ask, &mut work, &mut tally);
        // What is left, the innermost first: that is its order in the payment.
        while !self.frames.is_empty() {
            self.end(TraceEnd::Cut, &mut tally);
        }
        Answer { found: tally.found(), truncated: followed.is_err(), work: work.spent() }
    }

    /// How much of the payment that asks its payer passed on. Looks at no other account.
    pub fn funded(&mut self, view: &View<'_>, within: i64, budget: u32) -> Answer<Funded> {
        let mut work = Work::new(budget);
        self.clear();
        let funded = self.open(view, &view.at(), within, &mut work);
        let truncated = funded.is_err();
        let found = match funded {
            Ok(Some((replay, takes))) => self.sum(view.at(), replay, takes),
            Ok(None) | Err(Spent) => Funded::default(),
        };
        Answer { found, truncated, work: work.spent() }
    }

    fn follow(
        &mut self,
        view: &View<'_>,
        ask: &TraceAsk,
        work: &mut Work,
        tally: &mut Tally<'_>,
    ) -> Result<(), Spent> {
        let at = view.at();
        let Some(Cents(amount)) = at.amount.filter(|amount| amount.0 > 0) else { return Ok(()) };
        self.frames.push(Frame { payment: at, cents: 0..amount, replay: 0, takes: 0..0 });
        let opened = self.open(view, &at, ask.within, work)?;
        if let Some((replay, takes)) = opened.clone() {
            tally.found.funded = self.sum(at, replay, takes);
        }
        if ask.hops > 1 {
            self.aim(opened);
        } else {
            self.end(TraceEnd::Hops, tally);
        }
        while let Some(frame) = self.frames.last_mut() {
            if frame.cents.is_empty() {
                self.frames.pop();
                continue;
            }
            work.spend(1)?;
            let takes = self.replays.get(frame.replay).map_or(&[][..], Replay::takes);
            let next = takes.get(frame.takes.clone()).and_then(<[Take]>::first);
            // What was not taken from a lot is the last of a payment.
            let Some(take) = next.filter(|take| take.at < frame.cents.end) else {
                self.end(TraceEnd::Own, tally);
                continue;
            };
            let behind = frame.take(take);
            self.frames.push(behind);
            self.look_behind(view, ask, work, tally)?;
        }
        Ok(())
    }

    /// Finds the takes of the newest payment on the path, or ends the path there.
    fn look_behind(
        &mut self,
        view: &View<'_>,
        ask: &TraceAsk,
        work: &mut Work,
        tally: &mut Tally<'_>,
    ) -> Result<(), Spent> {
        let Some(&Frame { payment, .. }) = self.frames.last() else { return Ok(()) };
        if self.frames.len() >= ask.hops {
            self.end(TraceEnd::Hops, tally);
        } else if self.is_hub(view, payment.debtor) {
            self.end(TraceEnd::Hub, tally);
        } else {
            let opened = self.open(view, &payment, ask.within, work)?;
            self.aim(opened);
        }
        Ok(())
    }

    /// Goes to the first take that is to be followed of the newest payment on the path.
    fn aim(&mut self, opened: Option<(usize, Range<usize>)>) {
        let (Some((replay, takes)), Some(frame)) = (opened, self.frames.last_mut()) else { return };
        let all = self.replays.get(replay).map_or(&[][..], Replay::takes);
        let all = all.get(takes.clone()).unwrap_or(&[]);
        let before = all.partition_point(|take| take.at + take.amount <= frame.cents.start);
        frame.replay = replay;
        frame.takes = takes.start + before..takes.end;
    }

    /// Ends the path that stands.
    fn end(&mut self, end: TraceEnd, tally: &mut Tally<'_>) {
        if let Some(frame) = self.frames.last() {
            tally.add(&self.frames, frame.cents.end - frame.cents.start, end);
        }
        self.frames.pop();
    }

    /// The replay of a payment's payer, as far as that payment, and its takes there; `None` where
    /// there are none.
    fn open(
        &mut self,
        view: &View<'_>,
        payment: &Edge,
        within: i64,
        work: &mut Work,
    ) -> Result<Option<(usize, Range<usize>)>, Spent> {
        work.spend(1)?;
        let (account, to) = (payment.debtor, payment.moment());
        let lots = lots(view, account, to);
        if is_dry(lots, to, within) {
            return Ok(None);
        }
        let at = match self.met.get(account) {
            Some(Met::Open(at)) => at,
            _ => {
                let at = self.open;
                self.open += 1;
                if self.replays.len() == at {
                    self.replays.push(Replay::default());
                }
                self.met.set(account, Met::Open(at));
                at
            }
        };
        let Some(replay) = self.replays.get_mut(at) else { return Ok(None) };
        replay.extend(view, (account, lots), to, within, work)?;
        Ok(replay.of(view, to).map(|takes| (at, takes)))
    }

    fn is_hub(&mut self, view: &View<'_>, account: AccountId) -> bool {
        match self.met.get(account) {
            Some(Met::Hub) => true,
            Some(Met::Open(_) | Met::Way) => false,
            Some(Met::Not) | None => {
                // `View::is_hub` spares both ends. Here money may come by the payee as by any other
                // account, and the payer is open from the first step, be it a hub or not.
                let hub = view.has_many(account);
                self.met.set(account, if hub { Met::Hub } else { Met::Way });
                hub
            }
        }
    }

    fn sum(&self, payment: Edge, replay: usize, takes: Range<usize>) -> Funded {
        let all = self.replays.get(replay).map_or(&[][..], Replay::takes);
        let takes = all.get(takes).unwrap_or(&[]);
        let amount = takes.iter().map(|take| take.amount).sum();
        let whole = payment.amount.map_or(0, |amount| amount.0);
        // The oldest lots were taken first.
        let dwells = takes.iter().rev().map(|take| (payment.time - take.lot.time, take.amount));
        Funded {
            amount: Cents(amount),
            share: share(amount.into(), whole.into()).unwrap_or(0),
            dwell: lower_median(dwells),
        }
    }

    fn clear(&mut self) {
        self.met.clear();
        self.frames.clear();
        self.replays.iter_mut().take(self.open).for_each(Replay::clear);
        self.replays.truncate(KEPT);
        self.open = 0;
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "a take lies inside its lot, and the cents to be followed inside the take"
)]
impl Frame {
    /// Takes off the cents that stand in a take: the same cents of the payment behind.
    fn take(&mut self, take: &Take) -> Self {
        let end = self.cents.end.min(take.at + take.amount);
        let begin = take.in_lot + (self.cents.start - take.at);
        let cents = begin..begin + (end - self.cents.start);
        self.cents.start = end;
        self.takes.start += 1;
        Self { payment: take.lot, cents, replay: 0, takes: 0..0 }
    }
}

/// What is known of the paths so far.
struct Tally<'a> {
    ask: &'a TraceAsk,
    whole: i64,
    found: Traced,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "paths are disjoint: sums are at most the payment's amount; products of a 64-bit and a 32-bit number in 128 bits"
)]
impl<'a> Tally<'a> {
    fn new(ask: &'a TraceAsk, amount: Option<Cents>) -> Self {
        let whole = amount.map_or(0, |amount| amount.0);
        Self { ask, whole, found: Traced::default() }
    }

    fn add(&mut self, path: &[Frame], amount: i64, end: TraceEnd) {
        let Some(oldest) = path.last().filter(|_| amount > 0) else { return };
        let begins = oldest.payment.debtor;
        if end == TraceEnd::Cut {
            self.found.cut.0 += amount;
        } else {
            self.found.beginnings.push((begins, Cents(amount)));
            let carried = i128::from(amount) * i128::from(Keeps::ALL);
            if carried >= i128::from(self.whole) * i128::from(self.ask.min_share) {
                self.found.depth = self.found.depth.max(path.len());
            }
        }
        if self.found.paths.len() < self.ask.paths {
            let payments = path.iter().map(|frame| frame.payment).collect();
            self.found.paths.push(TracePath { amount: Cents(amount), payments, begins, end });
        } else {
            self.found.unlisted.paths += 1;
            self.found.unlisted.amount.0 += amount;
        }
    }

    fn found(mut self) -> Traced {
        let sums = &mut self.found.beginnings;
        sums.sort_unstable_by_key(|(account, _)| *account);
        sums.dedup_by(|(account, amount), (first, sum)| {
            let same = account == first;
            if same {
                sum.0 += amount.0;
            }
            same
        });
        sums.sort_unstable_by_key(|(account, sum)| (Reverse(*sum), *account));
        self.found
    }
}
