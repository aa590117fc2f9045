//! One account's money, first in, first out: which cents of which lots each of its payments took.
//!
//! Principal type: [`Replay`]. An edge into an account adds a lot, an edge out of it takes from the
//! oldest lots that are young enough. What a payment takes is a sequence of [`Take`]s: cents of the
//! payment that are, in the same order, cents of a lot.
//!
//! Nothing is kept between questions: a replay reads the store when it is asked, so a late, reversed
//! or forgotten payment needs no repair. Lots kept as state would cost O(1) for a payment that comes
//! in order; one that comes late or is reversed changes what every later payment of the account
//! took, and of every account that the money went to, in every window and selection asked about.
//!
//! Promises: takes are exact, in cents; they depend on the payments in view only.
//! Cost: an account's payments in view up to the payment in question, each looked at once, whatever
//! the number of lots that lie there: the oldest lot is found by going through the credits once. A
//! replay goes on from where it stopped when a later payment is in question.

use crate::view::{Edge, Keeps, Moment, Side, Step, View};
use crate::work::{Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::{AccountId, Leg};
use std::ops::Range;

/// A replay with more takes than this gives its memory back.
const LARGE: usize = 4096;

/// Cents that a payment took from the front of what was left of a lot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Take {
    /// The payment that brought the lot.
    pub(crate) lot: Edge,
    /// The first of these cents among those of the lot.
    pub(crate) in_lot: i64,
    /// The first of them among those of the payment that took them.
    pub(crate) at: i64,
    /// Their number.
    pub(crate) amount: i64,
}

/// A payment that an account made. Its takes begin where those of the one before end.
#[derive(Clone, Copy, Debug)]
struct Debit {
    moment: Moment,
    end: usize,
}

/// The oldest lot that may have something left.
#[derive(Clone, Copy, Debug)]
struct Front {
    lot: Edge,
    taken: i64,
    left: i64,
}

/// What the payments of an account took, as far as it was asked.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    front: Option<Front>,
    debits: Vec<Debit>,
    takes: Vec<Take>,
}

/// The payments that brought the lots of an account, before a payment that it made.
pub(crate) fn lots<'a>(view: &View<'a>, account: AccountId, to: Moment) -> Side<'a> {
    view.side(account, Leg::Creditor).until(to)
}

/// Whether none of the lots is young enough for a payment. `false` may be wrong.
pub(crate) fn is_dry(lots: Side<'_>, payment: Moment, within: i64) -> bool {
    let too_old = payment.time.saturating_sub(within.max(0)).saturating_sub(1);
    lots.after(Moment { time: too_old, row: payment.row }).is_empty()
}

/// The lower median, over cents, of (how long, how many) in order of how long.
#[expect(clippy::arithmetic_side_effects, reason = "a sum of 64-bit numbers in 128 bits")]
pub(crate) fn lower_median(
    sorted: impl DoubleEndedIterator<Item = (i64, i64)> + Clone,
) -> Option<i64> {
    let all: i128 = sorted.clone().map(|(_, cents)| i128::from(cents)).sum();
    let mut sum = 0;
    sorted.filter(|(_, cents)| *cents > 0).find_map(|(dwell, cents)| {
        sum += i128::from(cents);
        (2 * sum >= all).then_some(dwell)
    })
}

/// `part` of `whole` in millionths, rounded down; `None` of nothing.
pub(crate) fn share(part: i128, whole: i128) -> Option<u32> {
    let millionths = part.checked_mul(i128::from(Keeps::ALL))?;
    u32::try_from(millionths.checked_div(whole)?).ok()
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "what is taken is at most what is left and at most what is needed, and amounts are not negative; times are within edges::TIME_MAX"
)]
impl Replay {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        if self.takes.capacity().max(self.debits.capacity()) > LARGE {
            *self = Self::default();
        }
        self.front = None;
        self.debits.clear();
        self.takes.clear();
    }

    /// Goes on up to and including a payment that `account` made, given the [`lots`] before it. After
    /// `Err`, the takes that are there hold, and no more may be asked.
    pub(crate) fn extend(
        &mut self,
        view: &View<'_>,
        (account, lots): (AccountId, Side<'_>),
        to: Moment,
        within: i64,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let last = self.debits.last().map(|debit| debit.moment);
        if last.is_some_and(|last| !view.before(last, to)) {
            return Ok(());
        }
        work.spend(1)?;
        let mut lots = after(lots, self.front.map(|front| front.lot.moment())).looks();
        for debit in after(view.side(account, Leg::Debtor).through(to), last).looks() {
            work.spend(1)?;
            if let Some(debit) = debit {
                self.pay(view, account, debit, within, &mut lots, work)?;
            }
        }
        Ok(())
    }

    fn pay<'a>(
        &mut self,
        view: &View<'_>,
        account: AccountId,
        debit: Step<'a>,
        within: i64,
        lots: &mut impl Iterator<Item = Option<Step<'a>>>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let moment = debit.moment();
        let mut need = debit.amount().map_or(0, |amount| amount.0);
        let mut at = 0;
        while need > 0 {
            let Some(front) = self.front.as_mut().filter(|front| front.left > 0) else {
                let Some(lot) = lots.next() else { break };
                work.spend(1)?;
                self.front = lot.map(|lot| front_of(lot, account)).or(self.front);
                continue;
            };
            if !view.before(front.lot.moment(), moment) {
                break;
            }
            if moment.time - front.lot.time > within {
                // Nor is it young enough for any later payment.
                front.left = 0;
                continue;
            }
            let amount = need.min(front.left);
            self.takes.push(Take { lot: front.lot, in_lot: front.taken, at, amount });
            front.taken += amount;
            front.left -= amount;
            need -= amount;
            at += amount;
        }
        self.debits.push(Debit { moment, end: self.takes.len() });
        Ok(())
    }

    /// Where the takes of a payment stand among all; `None` where the account did not make it.
    pub(crate) fn of(&self, view: &View<'_>, payment: Moment) -> Option<Range<usize>> {
        let at = self.debits.partition_point(|debit| view.before(debit.moment, payment));
        let debit = self.debits.get(at).filter(|debit| debit.moment == payment)?;
        let before = at.checked_sub(1).and_then(|before| self.debits.get(before));
        Some(before.map_or(0, |before| before.end)..debit.end)
    }

    /// All takes.
    pub(crate) fn takes(&self) -> &[Take] {
        &self.takes
    }

    /// How long, and how many cents, of every take.
    pub(crate) fn dwells(&self) -> impl Iterator<Item = (i64, i64)> {
        let mut debits = self.debits.iter().peekable();
        self.takes.iter().enumerate().filter_map(move |(at, take)| {
            while debits.next_if(|debit| debit.end <= at).is_some() {}
            let debit = debits.peek()?;
            Some((debit.moment.time - take.lot.time, take.amount))
        })
    }
}

fn after(side: Side<'_>, moment: Option<Moment>) -> Side<'_> {
    match moment {
        Some(moment) => side.after(moment),
        None => side,
    }
}

fn front_of(lot: Step<'_>, account: AccountId) -> Front {
    let (row, time, amount) = (lot.row(), lot.time(), lot.amount());
    let lot = Edge { row, debtor: lot.other(), creditor: account, time, amount };
    Front { lot, taken: 0, left: amount.map_or(0, |Cents(amount)| amount) }
}
