//! Whether a path in order exists, and how short: marks from both ends that meet.
//!
//! A mark says that an account is reached from the payee by so many payments up to a place in the
//! order, or that it must be left by a place to reach the payer in so many. Of two marks of an
//! account the one with fewer payments *and* the earlier arrival (later departure) makes the other
//! superfluous; with fewer but a later one, both stand.
//!
//! The two sides share the work along one axis: time, on which each payment of a path counts as a
//! step more ([`HOP`]). Payment `m` of a path lies at its time plus m steps, which grows along the
//! path. So whatever point of the axis is chosen, the first payments of any path lie up to it and
//! the others behind: one side marks what lies up to it, the other what lies behind, and they meet
//! in the account between or there is no path. A side does not know m of a path that it has half;
//! the backward one takes the largest possible, which only makes it look at more. The axis is cut
//! into slices, and the side that has worked less takes the next one. Neither time alone nor the
//! number of payments alone splits the work as evenly: marks grow with both.
//!
//! Accounts wait in their slice until it is due, and only then is the account opened.

use super::scope::{Place, Scope, Way};
use crate::work::{Spent, Work};
use palermo_ledger::Marks;
use palermo_ledger::edges::Entry;
use palermo_ledger::{AccountId, RowId};

/// Slices of the axis, at most.
const SLICES: usize = 32;
/// A payment counts as one part in so many of the time between the first and the last payment.
const HOP: i64 = 12;
/// Payments of a path, at most.
const LONGEST: usize = 8;
/// In the place of a payment to go on with: the account of the mark was not opened.
const UNOPENED: u32 = u32::MAX;
/// The same: it never goes on. Another mark made it superfluous, or the account is a hub. What it
/// says is still true: a path that it is part of can be followed back.
const DEAD: u32 = u32::MAX - 1;
/// So many accounts are read together: their misses overlap.
const BATCH: usize = 16;
/// In the place of the next one that waits: the account is opened for the first time.
const FRESH: u32 = u32::MAX;
const AHEAD: usize = Way::Ahead as usize;
const BACK: usize = Way::Back as usize;
const WAYS: [Way; 2] = [Way::Ahead, Way::Back];
/// In the place of an index: none. A dummy stands there.
const NONE: u32 = 0;

/// See the module.
#[derive(Clone, Copy, Debug)]
struct Mark {
    account: AccountId,
    hops: u32,
    /// The payment that brought it: when, and where it was met; none is an end of the path.
    time: i64,
    side: Option<AccountId>,
    index: u32,
    /// The next one of the account and the way.
    next: u32,
    /// The next one that waits in the same slice.
    waits: u32,
    /// The payment of the account to go on with.
    resume: u32,
}

impl Mark {
    fn place(&self, way: Way) -> Place {
        Place { time: self.time, side: self.side, index: self.index, way }
    }
}

/// One side: what waits in each slice.
#[derive(Debug, Default)]
struct Front {
    slices: [u32; SLICES],
    /// Slices where something waits, as bits.
    due: u32,
    spent: u32,
    /// What to add to the time of the next payment of a mark, by its hops, to get a point of the
    /// axis.
    axis: [i64; LONGEST],
}

impl Front {
    #[inline]
    fn first(&self) -> usize {
        self.due.trailing_zeros() as usize
    }
}

/// The two marks of an account where a path is complete.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    hops: u32,
    marks: [u32; 2],
}

/// How much is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Until a path is met.
    Met,
    /// Until all is known, unless that takes much more work than the first path took.
    Known,
    /// Until all is known.
    All,
    /// The same, where the other side is done: only what it can complete.
    Rest,
}

impl Until {
    /// Work at which to stop, where a path took so much.
    fn enough(self, spent: u32) -> u32 {
        match self {
            Self::Met => 0,
            Self::Known => spent.saturating_mul(3).saturating_add(256),
            Self::All | Self::Rest => u32::MAX,
        }
    }
}

/// What is known after a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// There is no path.
    None,
    /// There is one; there may be shorter ones.
    Some,
    /// Every path, as far as marks can tell.
    All,
}

/// Marks of one question.
#[derive(Debug, Default)]
pub(super) struct Ends {
    heads: Marks<[u32; 2]>,
    marks: Vec<Mark>,
    fronts: [Front; 2],
    /// Those that are opened next.
    ready: Vec<u32>,
    /// Payments of a path, at most.
    limit: u32,
    /// The length of a slice, as a power of two.
    shift: u32,
    meeting: Option<Meeting>,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indexes of marks are those that were pushed; slices are below 32 and hops at most 8; times are below 2^37"
)]
impl Ends {
    /// Looks for paths of at most `limit` payments.
    pub(super) fn meet(
        &mut self,
        scope: &Scope<'_>,
        limit: u32,
        until: Until,
        work: &mut Work,
    ) -> Result<Met, Spent> {
        self.begin(scope, limit);
        let begun = work.spent();
        // Work at which it is given up, once a path is known.
        let mut enough = None;
        loop {
            let [ahead, back] = &self.fronts;
            let (first, last) = (ahead.first(), SLICES - back.due.leading_zeros() as usize);
            // One side has done what is before the first, the other what is not before the last.
            if first >= last {
                break;
            }
            let before = work.spent();
            if ahead.spent <= back.spent {
                self.drain::<AHEAD>(scope, first, until, work)?;
                self.fronts[0].spent += work.spent() - before;
            } else {
                self.drain::<BACK>(scope, last - 1, until, work)?;
                self.fronts[1].spent += work.spent() - before;
            }
            if self.meeting.is_some() {
                let spent = work.spent() - begun;
                if spent > *enough.get_or_insert_with(|| until.enough(spent)) {
                    return Ok(Met::Some);
                }
            }
        }
        if self.meeting.is_none() {
            return Ok(Met::None);
        }
        while self.fronts[0].due != 0 {
            self.drain::<AHEAD>(scope, self.fronts[0].first(), Until::Rest, work)?;
        }
        Ok(Met::All)
    }

    /// The payments of the shortest path that was met, first to last.
    pub(super) fn path(&self, scope: &Scope<'_>) -> Vec<RowId> {
        let Some(meeting) = self.meeting else { return Vec::new() };
        let mut path = Vec::new();
        let mut mark = self.marks[meeting.marks[AHEAD] as usize];
        while let Some(from) = mark.side {
            path.push((from, mark.place(Way::Ahead)));
            mark = self.earlier(scope, from, mark, Way::Ahead);
        }
        path.reverse();
        let mut mark = self.marks[meeting.marks[BACK] as usize];
        while let Some(to) = mark.side {
            path.push((mark.account, mark.place(Way::Back)));
            mark = self.earlier(scope, to, mark, Way::Back);
        }
        // Whoever is visited again may be left as late as the last time.
        let mut rows = Vec::with_capacity(path.len());
        let mut at = 0;
        while let Some(&(account, _)) = path.get(at) {
            let last = path.iter().rposition(|(again, _)| *again == account).unwrap_or(at);
            rows.push(scope.row(path[last].1));
            at = last + 1;
        }
        rows
    }

    /// The mark of an account that this one may have come from: the one it was made from, or one
    /// that made that superfluous.
    fn earlier(&self, scope: &Scope<'_>, account: AccountId, mark: Mark, way: Way) -> Mark {
        let mut at = self.heads.get(account).map_or(NONE, |heads| heads[way as usize]);
        while at != NONE {
            let before = self.marks[at as usize];
            if before.hops < mark.hops && scope.follows(before.place(way), mark.place(way)) {
                return before;
            }
            at = before.next;
        }
        Mark { side: None, ..mark }
    }

    /// Whether the payee reaches an account by at most so many payments before a place.
    #[inline]
    pub(super) fn reaches(
        &self,
        scope: &Scope<'_>,
        account: AccountId,
        hops: u32,
        place: Place,
    ) -> bool {
        let mut at = self.heads.get(account).map_or(NONE, |heads| heads[AHEAD]);
        while at != NONE {
            let mark = &self.marks[at as usize];
            if mark.hops <= hops && scope.before(mark.place(Way::Ahead), place) {
                return true;
            }
            at = mark.next;
        }
        false
    }

    fn begin(&mut self, scope: &Scope<'_>, limit: u32) {
        self.heads.clear();
        self.marks.clear();
        self.meeting = None;
        self.limit = limit;
        let span = scope.last - scope.first;
        let step = (span / HOP).max(1);
        let length = span + i64::from(limit) * step;
        self.shift = (i64::BITS - length.leading_zeros()).saturating_sub(SLICES.trailing_zeros());
        // The first payment that a mark of so many hops leads to is one more of the path; back, it
        // is as late a one as it can be.
        let low = scope.first + step;
        let [ahead, back] = &mut self.fronts;
        for hops in 0..limit {
            ahead.axis[hops as usize] = i64::from(hops + 1) * step - low;
            back.axis[hops as usize] = i64::from(limit - hops) * step - low;
        }
        let dummy = Mark {
            account: scope.ends[0],
            hops: 0,
            time: -1,
            side: None,
            index: 0,
            next: NONE,
            waits: NONE,
            resume: UNOPENED,
        };
        self.marks.push(dummy);
        for (way, due) in [(Way::Ahead, scope.first), (Way::Back, scope.last)] {
            let (account, time) = (scope.end(way), scope.origin(way).time);
            let front = &mut self.fronts[way as usize];
            front.slices = [NONE; SLICES];
            (front.due, front.spent) = (0, 0);
            self.heads.of(account)[way as usize] = number(self.marks.len());
            self.marks.push(Mark { account, time, hops: 0, ..dummy });
            self.wait(way as usize, number(self.marks.len()) - 1, due, 0);
        }
    }

    /// Lets a mark wait until its next payment, of this time, is due.
    #[inline]
    fn wait(&mut self, way: usize, at: u32, time: i64, hops: u32) {
        let front = &mut self.fronts[way];
        let point = (time + front.axis[hops as usize]) >> self.shift;
        let slice = usize::try_from(point).unwrap_or(0).min(SLICES - 1);
        front.due |= 1 << slice;
        self.marks[at as usize].waits = std::mem::replace(&mut front.slices[slice], at);
    }

    /// Opens every account that waits in a slice.
    fn drain<const WAY: usize>(
        &mut self,
        scope: &Scope<'_>,
        slice: usize,
        until: Until,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let mut sides: [&[Entry]; BATCH] = [&[]; BATCH];
        loop {
            self.take::<WAY>(scope, slice, &mut sides);
            if self.ready.is_empty() {
                return Ok(());
            }
            for (at, &entries) in sides.iter().enumerate().take(self.ready.len()) {
                let mark = self.ready[at];
                let met = self.open::<WAY>(scope, mark, entries, slice, until, work)?;
                if met && until == Until::Met {
                    return Ok(());
                }
            }
        }
    }

    /// Takes some of those that wait in a slice. One loop for their headers and one for their
    /// payments: the misses of each overlap.
    fn take<'a, const WAY: usize>(
        &mut self,
        scope: &Scope<'a>,
        slice: usize,
        sides: &mut [&'a [Entry]; BATCH],
    ) {
        let way = WAYS[WAY];
        self.ready.clear();
        let front = &mut self.fronts[WAY];
        let mut at = front.slices[slice];
        for side in sides.iter_mut() {
            if at == NONE {
                front.due &= !(1 << slice);
                break;
            }
            let mark = &mut self.marks[at as usize];
            self.ready.push(at);
            at = mark.waits;
            *side = scope.entries(mark.account, way);
        }
        front.slices[slice] = at;
        for (at, side) in self.ready.iter().zip(sides) {
            let mark = &mut self.marks[*at as usize];
            if mark.resume == UNOPENED {
                mark.resume = number(scope.cut(side, mark.time, way));
                mark.waits = FRESH;
                if scope.barred(mark.account, side.len(), way) {
                    mark.resume = DEAD;
                }
            }
        }
    }

    /// Follows the payments of an account that lie in a slice. Whether a path was met.
    fn open<const WAY: usize>(
        &mut self,
        scope: &Scope<'_>,
        at: u32,
        entries: &[Entry],
        slice: usize,
        until: Until,
        work: &mut Work,
    ) -> Result<bool, Spent> {
        let mark = self.marks[at as usize];
        let way = WAYS[WAY];
        if mark.waits == FRESH {
            work.spend(1)?;
        }
        if mark.resume == DEAD {
            return Ok(false);
        }
        let place = mark.place(way);
        if until == Until::Rest && self.across(scope, mark.account, mark.hops, place) == NONE {
            return Ok(false);
        }
        // Payments up to here (back: from here on) lie in the slice.
        let edge = (i64::try_from(slice + 1 - WAY).unwrap_or(0) << self.shift)
            - self.fronts[WAY].axis[mark.hops as usize];
        let edge = if WAY == AHEAD { edge.min(scope.last + 1) } else { edge.max(scope.first) };
        let mut index = mark.resume as usize;
        let mut met = false;
        while let Some(&entry) = entries.get(index.wrapping_sub(WAY)) {
            let (position, time) = (index - WAY, scope.since(entry));
            if (WAY == AHEAD && time >= edge) || (WAY == BACK && time < edge) {
                if (scope.first..=scope.last).contains(&time) {
                    self.marks[at as usize].resume = number(index);
                    self.wait(WAY, at, time, mark.hops);
                }
                break;
            }
            work.spend(1)?;
            index = if WAY == AHEAD { index + 1 } else { position };
            let next = Place { time, side: Some(mark.account), index: number(position), way };
            if !scope.view.sees(entry, mark.account, way.leg(), position)
                || !scope.may_follow(place, next)
            {
                continue;
            }
            met |= self.reach::<WAY>(scope, entry.other(), mark.hops + 1, next, until);
            if met && until == Until::Met {
                break;
            }
        }
        Ok(met)
    }

    /// Marks an account, unless it has a better one. Whether a path was met.
    #[inline]
    fn reach<const WAY: usize>(
        &mut self,
        scope: &Scope<'_>,
        account: AccountId,
        hops: u32,
        place: Place,
        until: Until,
    ) -> bool {
        let this = number(self.marks.len());
        let heads = self.heads.of(account);
        let Place { time, side, index, .. } = place;
        let (next, waits, resume) = (heads[WAY], NONE, UNOPENED);
        let mark = Mark { account, hops, time, side, index, next, waits, resume };
        if *heads != [NONE; 2] {
            return self.reach_again::<WAY>(scope, mark, until);
        }
        if until == Until::Rest {
            return false;
        }
        heads[WAY] = this;
        self.marks.push(mark);
        if hops < self.limit {
            self.wait(WAY, this, time, hops);
        }
        false
    }

    /// The same, where the account has marks.
    fn reach_again<const WAY: usize>(
        &mut self,
        scope: &Scope<'_>,
        mark: Mark,
        until: Until,
    ) -> bool {
        let Mark { account, hops, time, next: head, .. } = mark;
        let way = WAYS[WAY];
        let place = mark.place(way);
        let mut at = head;
        while at != NONE {
            let known = &self.marks[at as usize];
            if known.hops <= hops && !scope.follows(place, known.place(way)) {
                return false;
            }
            at = known.next;
        }
        let far = self.across(scope, account, hops, place);
        if until == Until::Rest && far == NONE {
            return false;
        }
        let mut at = head;
        while at != NONE {
            let known = &mut self.marks[at as usize];
            if known.hops >= hops && !scope.follows(known.place(way), place) {
                known.resume = DEAD;
            }
            at = known.next;
        }
        let this = number(self.marks.len());
        self.heads.of(account)[WAY] = this;
        self.marks.push(mark);
        if hops < self.limit && account != scope.ends[1 - WAY] {
            self.wait(WAY, this, time, hops);
        }
        if far == NONE || until == Until::Rest {
            return false;
        }
        let hops = hops + self.marks[far as usize].hops;
        if self.meeting.is_some_and(|meeting| meeting.hops <= hops) || scope.view.is_hub(account) {
            return false;
        }
        let marks = if WAY == AHEAD { [this, far] } else { [far, this] };
        self.meeting = Some(Meeting { hops, marks });
        true
    }

    /// The mark of the other way that completes a path with this one in the fewest payments.
    fn across(&self, scope: &Scope<'_>, account: AccountId, hops: u32, place: Place) -> u32 {
        let far = place.way.other();
        let mut at = self.heads.get(account).map_or(NONE, |heads| heads[far as usize]);
        let (mut best, mut left) = (NONE, self.limit - hops + 1);
        while at != NONE {
            let mark = &self.marks[at as usize];
            if mark.hops < left && scope.follows(place, mark.place(far)) {
                (best, left) = (at, mark.hops);
            }
            at = mark.next;
        }
        best
    }
}

fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
