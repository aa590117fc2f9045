//! How many, how much, with how many: the numbers of a window that are read from its entries alone.
//!
//! Promises: exact for any selection and any time. Cost: one look at each entry of the window; an
//! other end is looked up only where the flags of the entry say that its pair may stand there twice.

use crate::detail::{Book, Detail, SetId};
use crate::edges::Entry;
use crate::marks::Marks;
use crate::row::{AccountId, Leg};
use crate::window::clip;
use palermo_domain::EventTime;

/// Numbers of the chosen payments of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Payments.
    pub count: u32,
    /// Those whose amount is known.
    pub known: u32,
    /// The sum of known amounts, in cents.
    pub cents: i128,
    /// Different accounts at the other end, where there is one and it is another one.
    pub distinct: u32,
    /// Payments without such an account.
    pub alone: u32,
}

impl Totals {
    /// Counts a payment in; whether an account stands at the other end, which the caller tells from
    /// those before.
    #[inline]
    pub(crate) fn count_in(&mut self, entry: Entry, detail: &Detail) -> bool {
        self.count = self.count.saturating_add(1);
        if let Some(amount) = detail.amount() {
            self.known = self.known.saturating_add(1);
            self.cents = self.cents.saturating_add(i128::from(amount.0));
        }
        self.alone = self.alone.saturating_add(u32::from(!entry.leads()));
        entry.leads()
    }

    /// Both together, where no account stands at the other end of both or it does not matter.
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            known: self.known.saturating_add(other.known),
            cents: self.cents.saturating_add(other.cents),
            distinct: self.distinct.saturating_add(other.distinct),
            alone: self.alone.saturating_add(other.alone),
        }
    }
}

/// Adds windows up: of one account, or of several that count as one.
#[derive(Debug, Default)]
pub struct Adder {
    met: Marks<()>,
    totals: Totals,
    /// Whether the other ends of one window may come again in another.
    several: bool,
}

impl Adder {
    /// Begins anew, for one window or for several.
    pub fn begin(&mut self, several: bool) {
        self.met.clear();
        self.totals = Totals::default();
        self.several = several;
    }

    /// What was added.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Adds the payments of one account in one direction with `from <= time <= to` that are chosen.
    pub fn add(
        &mut self,
        book: &Book,
        side: (AccountId, Leg),
        window: (EventTime, EventTime),
        chosen: impl Fn(SetId) -> bool,
    ) {
        let (entries, details) = clip(book, side, window);
        for (entry, detail) in entries.iter().zip(details) {
            if !chosen(detail.selections) || !self.totals.count_in(*entry, detail) {
                continue;
            }
            // The only one of its pair in this direction needs no look-up.
            let twice = entry.has_next() || entry.may_have_previous() || self.several;
            if !twice || !self.met.has(entry.other()) {
                self.totals.distinct = self.totals.distinct.saturating_add(1);
                if twice {
                    self.met.set(entry.other(), ());
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the test makes itself")]
mod tests {
    use super::*;
    use crate::edges::Keep;
    use crate::row::RowId;
    use palermo_domain::Cents;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Debtor, creditor, steps since the last one, steps late, amount, selections.
    type Paid = (Option<u32>, Option<u32>, i64, i64, Option<i64>, u32);

    fn streams() -> impl Strategy<Value = Vec<Paid>> {
        let end = || prop::option::weighted(0.9, 0_u32..5);
        let amount = prop::option::weighted(0.9, 0_i64..1000);
        let late = prop_oneof![3 => Just(0_i64), 1 => 0_i64..9];
        prop::collection::vec((end(), end(), 0_i64..4, late, amount, 0_u32..4), 1..80)
    }

    proptest! {
        /// Sees: other ends counted twice or not at all, whatever flags say in the past or through a
        /// selection; payments of unknown amount that are summed; ends of windows.
        #[test]
        fn totals_are_those_of_the_list(paid in streams(), window in 0_i64..60, back in 0_i64..30) {
            let mut book = Book::new(Keep { span: None, fan: 0 });
            let mut list = Vec::new();
            let mut now = 100;
            for (row, (debtor, creditor, step, late, amount, set)) in (0_u32..).zip(paid) {
                now += step;
                let ends = [debtor, creditor].map(|end| end.map(AccountId::from_index));
                let detail = Detail::new(amount.map(Cents), RowId(row), SetId(set));
                book.put(ends, now - late, [detail; 2], |known| known.row.0 < row);
                list.push((now - late, debtor, creditor, amount, set));
            }
            let (from, to) = (now - back - window, now - back);
            let mut adder = Adder::default();
            for of in 0..5 {
                for legs in [&[Leg::Debtor][..], &[Leg::Creditor], &Leg::BOTH] {
                    adder.begin(legs.len() > 1);
                    for &leg in legs {
                        let side = (AccountId::from_index(of), leg);
                        adder.add(&book, side, (EventTime(from), EventTime(to)), |set| set.0 > 0);
                    }
                    let mut wanted = Totals::default();
                    let mut others = BTreeSet::new();
                    for &(time, debtor, creditor, amount, set) in &list {
                        for &leg in legs {
                            let (own, other) = match leg {
                                Leg::Debtor => (debtor, creditor),
                                Leg::Creditor => (creditor, debtor),
                            };
                            if own != Some(of) || set == 0 || !(from..=to).contains(&time) {
                                continue;
                            }
                            wanted.count += 1;
                            wanted.known += u32::from(amount.is_some());
                            wanted.cents += i128::from(amount.unwrap_or(0));
                            match other.filter(|other| *other != of) {
                                Some(other) => _ = others.insert(other),
                                None => wanted.alone += 1,
                            }
                        }
                    }
                    wanted.distinct = u32::try_from(others.len()).unwrap();
                    prop_assert_eq!(adder.totals(), wanted);
                }
            }
        }
    }
}
