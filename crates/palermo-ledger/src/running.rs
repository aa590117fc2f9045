//! Totals of long windows that are kept from one question to the next.
//!
//! A busy account is asked for the same windows with each of its payments. Walking ten thousand
//! entries each time would make it slow; so the totals of what lies strictly before the end of the
//! last window, and before the newest payment of the side, are kept, what left the window since is
//! taken off, what came is added, and only payments of the very end are walked. Short windows are
//! walked whole and keep nothing.
//!
//! Promises: the same totals as a walk ([`Adder`]), whatever the order of arrival: whoever puts a
//! payment before the newest of a side, takes one out, or changes selections says so
//! ([`Running::disturb`], [`Running::clear`]), and the next question walks again.
//! Cost: what entered and left the window since the last question, and a look-up each. Memory: of a
//! window that is kept, some 100 bytes and 8 for each different account in it; when they become too
//! many, all are forgotten and begin anew.

use crate::detail::{Book, Detail, SetId};
use crate::edges::{Entry, Start, first_since};
use crate::row::{AccountId, Leg};
use crate::totals::{Adder, Totals};
use crate::window::clip;
use palermo_domain::{EventTime, FixedHashMap};

/// Entries of a window from which on its totals are kept.
const LONG: usize = 64;
/// Accounts over all windows that are kept, at most.
const HELD_MAX: usize = 1 << 22;
/// Bytes of an account in a table that is half full.
const PER_ACCOUNT: usize = 2 * size_of::<(AccountId, u32)>();

/// A window of one account in one direction, through one selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    account: AccountId,
    leg: Leg,
    selection: u16,
    length: i64,
}

/// What is known of entries with `from <= time < to`.
#[derive(Debug, Default)]
struct Kept {
    from: i64,
    to: i64,
    totals: Totals,
    /// How many payments with each account at the other end.
    others: FixedHashMap<AccountId, u32>,
}

/// Totals by window. See the module.
#[derive(Debug)]
pub(crate) struct Running {
    kept: FixedHashMap<AccountId, Vec<(Key, Kept)>>,
    /// Accounts over all of it.
    held: usize,
    long: usize,
    adder: Adder,
}

impl Default for Running {
    fn default() -> Self {
        Self { kept: FixedHashMap::default(), held: 0, long: LONG, adder: Adder::default() }
    }
}

impl Running {
    /// The chosen payments of one side with `to - length <= time <= to`.
    pub(crate) fn totals(
        &mut self,
        book: &Book,
        (account, leg): (AccountId, Leg),
        (length, to): (i64, EventTime),
        selection: u16,
        chosen: impl Fn(SetId) -> bool + Copy,
    ) -> Totals {
        let entries = book.side_entries(account, leg);
        let from = to.0.saturating_sub(length).max(book.oldest());
        let inside = entries.len().saturating_sub(first_since(entries, Start::at(from)));
        // Kept for the present: a question about the past is walked, as a short window is.
        let present = entries.last().is_some_and(|last| book.time(*last) <= to.0);
        if !present || inside < self.long {
            self.adder.begin(false);
            self.adder.add(book, (account, leg), (EventTime(from), to), chosen);
            return self.adder.totals();
        }
        let key = Key { account, leg, selection, length };
        self.slide(book, key, (from, to.0), chosen)
    }

    fn slide(
        &mut self,
        book: &Book,
        key: Key,
        (from, to): (i64, i64),
        chosen: impl Fn(SetId) -> bool + Copy,
    ) -> Totals {
        if self.held > HELD_MAX {
            self.clear();
        }
        let Self { kept, held, .. } = self;
        let of = kept.entry(key.account).or_default();
        let known = of.iter().position(|(of, _)| *of == key);
        let at = known.unwrap_or_else(|| {
            of.push((key, Kept::default()));
            of.len().saturating_sub(1)
        });
        let Some((_, kept)) = of.get_mut(at) else { return Totals::default() };
        // Nothing beyond the newest is known for good: what comes next may be before the end.
        let newest = book.side_entries(key.account, key.leg).last();
        let end = newest.map_or(to, |newest| book.time(*newest).min(to));
        let before = kept.others.len();
        // Only forward, and while everything that has to be taken off is still held.
        let goes_on =
            known.is_some() && from >= kept.from && end >= kept.to && book.oldest() <= kept.from;
        if !goes_on {
            *kept = Kept { from, to: from, ..Kept::default() };
        }
        let side = (key.account, key.leg);
        for (entry, detail) in between(book, side, kept.from, from.min(kept.to)) {
            if chosen(detail.selections) {
                kept.take(entry, detail);
            }
        }
        for (entry, detail) in between(book, side, kept.to.max(from), end) {
            if chosen(detail.selections) {
                kept.add(entry, detail);
            }
        }
        (kept.from, kept.to) = (from, end);
        *held = held.saturating_add(kept.others.len()).saturating_sub(before);
        // Payments of the end itself: more of the same time may come in any order.
        let mut totals = kept.totals;
        let mut ends: Vec<AccountId> = Vec::new();
        for (entry, detail) in between(book, side, end, to.saturating_add(1)) {
            if chosen(detail.selections)
                && totals.count_in(entry, detail)
                && !kept.others.contains_key(&entry.other())
            {
                ends.push(entry.other());
            }
        }
        ends.sort_unstable();
        ends.dedup();
        totals.distinct =
            totals.distinct.saturating_add(u32::try_from(ends.len()).unwrap_or(u32::MAX));
        totals
    }

    /// Something other than an append happened to an account.
    pub(crate) fn disturb(&mut self, account: AccountId) {
        if let Some(gone) = self.kept.remove(&account) {
            let accounts: usize = gone.iter().map(|(_, kept)| kept.others.len()).sum();
            self.held = self.held.saturating_sub(accounts);
        }
    }

    /// Selections changed.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.held = 0;
    }

    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let windows = self.kept.len().saturating_mul(size_of::<(Key, Kept)>());
        windows.saturating_add(self.held.saturating_mul(PER_ACCOUNT))
    }
}

impl Kept {
    fn add(&mut self, entry: Entry, detail: &Detail) {
        if !self.totals.count_in(entry, detail) {
            return;
        }
        let times = self.others.entry(entry.other()).or_default();
        *times = times.saturating_add(1);
        self.totals.distinct = u32::try_from(self.others.len()).unwrap_or(u32::MAX);
    }

    fn take(&mut self, entry: Entry, detail: &Detail) {
        let totals = &mut self.totals;
        totals.count = totals.count.saturating_sub(1);
        if let Some(amount) = detail.amount() {
            totals.known = totals.known.saturating_sub(1);
            totals.cents = totals.cents.saturating_sub(i128::from(amount.0));
        }
        if !entry.leads() {
            totals.alone = totals.alone.saturating_sub(1);
            return;
        }
        if let Some(times) = self.others.get_mut(&entry.other()) {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.others.remove(&entry.other());
            }
        }
        totals.distinct = u32::try_from(self.others.len()).unwrap_or(u32::MAX);
    }
}

/// The payments of a side with `from <= time < to`.
fn between(
    book: &Book,
    side: (AccountId, Leg),
    from: i64,
    to: i64,
) -> impl Iterator<Item = (Entry, &Detail)> {
    let window = (EventTime(from), EventTime(to.saturating_sub(1)));
    let (entries, details) = clip(book, side, window);
    entries.iter().copied().zip(details)
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the test makes itself")]
mod tests {
    use super::*;
    use crate::edges::Keep;
    use crate::row::RowId;
    use palermo_domain::Cents;
    use proptest::prelude::*;

    /// The other end, steps since the last one, steps late, amount, selections, and what is taken
    /// out before.
    type Step = (Option<u32>, i64, i64, Option<i64>, u32, Option<usize>);

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let other = prop::option::weighted(0.9, 0_u32..5);
        let amount = prop::option::weighted(0.9, 0_i64..1000);
        let late = prop_oneof![8 => Just(0_i64), 1 => 0_i64..9];
        let gone = prop::option::weighted(0.1, 0_usize..100);
        let step = (other, 0_i64..4, late, amount, 0_u32..4, gone);
        prop::collection::vec(step, 1..120)
    }

    proptest! {
        /// Sees: totals that are not those of a walk, after payments that come late, at the same
        /// time, are taken out or forgotten; windows of several lengths and selections mixed up.
        #[test]
        fn kept_totals_are_those_of_a_walk(steps in steps(), lengths in (1_i64..20, 20_i64..60)) {
            let (own, leg) = (AccountId::from_index(9), Leg::Creditor);
            let mut book = Book::new(Keep { span: None, fan: 0 });
            let mut running = Running { long: 4, ..Running::default() };
            let (mut adder, mut now, mut list) = (Adder::default(), 100, Vec::new());
            for (row, (other, step, late, amount, set, gone)) in (0_u32..).zip(steps) {
                if let Some(at) = gone.filter(|_| !list.is_empty()) {
                    let (ends, time, row) = list.swap_remove(at % list.len());
                    book.remove(ends, time, |known: &Detail| known.row == row);
                    running.disturb(own);
                }
                now += step;
                let time = now - late;
                let last = book.side_entries(own, leg).last().map(|last| book.time(*last));
                if last.is_some_and(|last| time < last) {
                    running.disturb(own);
                }
                // What is forgotten here may be dropped by the payment that comes.
                if row % 5 == 0 {
                    book.forget_before(now - 45);
                }
                let ends = [other.map(AccountId::from_index), Some(own)];
                let detail = Detail::new(amount.map(Cents), RowId(row), SetId(set));
                book.put(ends, time, [detail; 2], |known| known.row.0 < row);
                list.push((ends, time, RowId(row)));
                if row % 7 == 0 {
                    book.forget_before(now - 45);
                    list.retain(|(_, time, _)| *time >= now - 45);
                }
                for (length, least) in [(lengths.0, 0), (lengths.1, 0), (lengths.1, 1)] {
                    // Also a time that nothing has reached yet, and payments that come between.
                    for to in [now, time] {
                        let chosen = |set: SetId| set.0 >= least;
                        let to = EventTime(to);
                        let selection = u16::try_from(least).unwrap();
                        let got = running.totals(&book, (own, leg), (length, to), selection, chosen);
                        adder.begin(false);
                        adder.add(&book, (own, leg), (EventTime(to.0 - length), to), chosen);
                        prop_assert_eq!(got, adder.totals());
                    }
                }
                let held = running.kept.values().flatten().map(|(_, kept)| kept.others.len());
                prop_assert_eq!(running.held, held.sum::<usize>());
            }
        }
    }
}
