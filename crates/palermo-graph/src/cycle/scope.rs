//! The question of one cycle search: where a path begins and ends, and which payments it may use.

use crate::view::View;
use palermo_ledger::edges::{Entry, Start, first_since};
use palermo_ledger::{AccountId, Leg, RowId};

/// The direction that a search goes: along payments from the payee, or against them from the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Ahead,
    Back,
}

impl Way {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Ahead => Self::Back,
            Self::Back => Self::Ahead,
        }
    }

    /// The side of an account that it goes on by.
    pub(super) fn leg(self) -> Leg {
        match self {
            Self::Ahead => Leg::Debtor,
            Self::Back => Leg::Creditor,
        }
    }
}

/// Where a payment stands in the order. Its row, which is needed between equal times only, is read
/// when it is: the place says where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Since the beginning of the window.
    pub(super) time: i64,
    /// The account that it was met at; none is the payment that asks.
    pub(super) side: Option<AccountId>,
    /// Its position there.
    pub(super) index: u32,
    pub(super) way: Way,
}

/// See the module.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) view: &'a View<'a>,
    start: Start,
    /// The payee, where a path begins, and the payer, where it ends.
    pub(super) ends: [AccountId; 2],
    /// Times of the first payment that a path can begin with and the last that it can end with.
    pub(super) first: i64,
    pub(super) last: i64,
    /// Time of the payment that asks.
    now: i64,
    hub: usize,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "times since the beginning of the window are within a turn of the store, 2^37"
)]
impl<'a> Scope<'a> {
    /// `None` where two looks show that there is no path.
    pub(super) fn new(view: &'a View<'a>) -> Option<Self> {
        let (at, start) = (view.at(), Start::at(view.from()));
        let since = |entry: &Entry| entry.since(start);
        let leaving = view.held(at.creditor, Leg::Debtor);
        let newest = leaving.last().map(since).filter(|newest| *newest >= 0)?;
        let returning = view.held(at.debtor, Leg::Creditor);
        let last = returning.last().map(since).filter(|last| *last >= 0)?;
        let now = at.time - view.from();
        // Where a later payment is known already: slices of the work must not depend on it.
        let last = if last < now {
            last
        } else {
            view.side(at.debtor, Leg::Creditor).newest()?.saturating_sub(view.from())
        };
        let first = leaving.get(first_since(leaving, start)).map_or(newest, since);
        let ends = [at.creditor, at.debtor];
        let hub = view.hub();
        (first <= last).then_some(Self { view, start, ends, first, last, now, hub })
    }

    /// The account where this way begins.
    pub(super) fn end(&self, way: Way) -> AccountId {
        let [payee, payer] = self.ends;
        match way {
            Way::Ahead => payee,
            Way::Back => payer,
        }
    }

    /// Before everything, or after it.
    pub(super) fn origin(&self, way: Way) -> Place {
        let time = match way {
            Way::Ahead => -1,
            Way::Back => self.now,
        };
        Place { time, side: None, index: 0, way }
    }

    #[inline]
    pub(super) fn since(&self, entry: Entry) -> i64 {
        entry.since(self.start)
    }

    #[inline]
    pub(super) fn entries(&self, account: AccountId, way: Way) -> &'a [Entry] {
        self.view.held(account, way.leg())
    }

    /// Where to go on at an account from a time on (back: up to it). Payments of that very time may
    /// not follow.
    #[inline]
    pub(super) fn cut(&self, entries: &[Entry], time: i64, way: Way) -> usize {
        let time = match way {
            Way::Ahead => time.max(0),
            Way::Back => time + 1,
        };
        first_since(entries, self.start.plus(time))
    }

    pub(super) fn row(&self, place: Place) -> RowId {
        let detail = |side| self.view.detail(side, place.way.leg(), place.index as usize);
        place.side.map_or(self.view.at().row, |side| detail(side).row)
    }

    /// Whether one payment is before another.
    #[inline]
    pub(super) fn before(&self, a: Place, b: Place) -> bool {
        a.time < b.time || (a.time == b.time && self.view.breaks_tie(self.row(a), self.row(b)))
    }

    /// Whether `next` comes after `last` for one who goes this way.
    #[inline]
    pub(super) fn follows(&self, last: Place, next: Place) -> bool {
        match last.way {
            Way::Ahead => self.before(last, next),
            Way::Back => self.before(next, last),
        }
    }

    /// The same for a payment of the account where one stands, which was cut at the time of `last`:
    /// only equal times are in question, and those of the payment that asks.
    #[inline]
    pub(super) fn may_follow(&self, last: Place, next: Place) -> bool {
        if next.time != last.time && next.time != self.now {
            return true;
        }
        self.follows(last, next) && self.before(next, self.origin(Way::Back))
    }

    /// Whether no path goes through an account; `held` are the payments of the side in this way.
    #[inline]
    pub(super) fn barred(&self, account: AccountId, held: usize, way: Way) -> bool {
        (held > self.hub || self.entries(account, way.other()).len() > self.hub)
            && self.view.is_hub(account)
    }
}
