//! Corridor: payments of one account that move along a route, from place to place.
//!
//! Promises: the longest sequence of `docs/patterns.md`. Cut by the budget, the longest among the
//! newest payments that were looked at.
//! Gates: the payment that asks has a place; the account paid before.
//! Cost: the payments of the account in the window that have a place, times those of them that lead
//! on to the payment that asks.

use crate::view::View;
use crate::work::{Answer, Spent, Work};
use palermo_ledger::{AccountId, Leg, RowId};

/// What is asked.
#[derive(Clone, Copy)]
pub struct CorridorAsk<'p> {
    /// Where a payment was made; `None` where that is not known.
    pub place_of: &'p dyn Fn(RowId) -> Option<u32>,
    /// Whether the second place comes right after the first on a route.
    pub follows: &'p dyn Fn(u32, u32) -> bool,
}

impl std::fmt::Debug for CorridorAsk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CorridorAsk")
    }
}

/// The longest sequence that ends with the payment that asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corridor {
    /// Its payments: 0 where the one that asks has no place, 1 where it comes after none.
    pub payments: u32,
    /// One such sequence, oldest first; empty for less than two payments.
    pub sequence: Box<[RowId]>,
}

/// A payment that leads on to the one that asks.
#[derive(Clone, Copy, Debug)]
struct Stop {
    row: RowId,
    place: u32,
    creditor: AccountId,
    /// Payments from it to the one that asks, both included.
    length: u32,
    /// The one after it.
    next: usize,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct CorridorSearch {
    /// Newest first; the first is the payment that asks.
    stops: Vec<Stop>,
}

impl CorridorSearch {
    /// The longest corridor of the debtor that ends with the payment that asks.
    pub fn search(
        &mut self,
        view: &View<'_>,
        ask: &CorridorAsk<'_>,
        budget: u32,
    ) -> Answer<Corridor> {
        let mut work = Work::new(budget);
        let at = view.at();
        let Some(place) = (ask.place_of)(at.row) else {
            return work.answer(Corridor::default(), Ok(()));
        };
        self.stops.clear();
        self.stops.push(Stop { row: at.row, place, creditor: at.creditor, length: 1, next: 0 });
        let end = self.walk(view, ask, &mut work);
        work.answer(self.longest(), end)
    }

    /// Goes back in time; what leads on to a known stop becomes one.
    fn walk(
        &mut self,
        view: &View<'_>,
        ask: &CorridorAsk<'_>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let at = view.at();
        for look in view.side(at.debtor, Leg::Debtor).until(at.moment()).looks().rev() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            let Some(place) = (ask.place_of)(step.row()) else { continue };
            work.spend(self.stops.len())?;
            let creditor = step.other();
            let mut best: Option<(u32, usize)> = None;
            for (next, stop) in self.stops.iter().enumerate() {
                let longer = best.is_none_or(|(length, _)| stop.length >= length);
                if longer && stop.creditor != creditor && (ask.follows)(place, stop.place) {
                    best = Some((stop.length.saturating_add(1), next));
                }
            }
            if let Some((length, next)) = best {
                self.stops.push(Stop { row: step.row(), place, creditor, length, next });
            }
        }
        Ok(())
    }

    fn longest(&self) -> Corridor {
        let stop = |number: usize| self.stops.get(number).copied();
        let Some(first) = self.stops.iter().max_by_key(|stop| stop.length) else {
            return Corridor::default();
        };
        let on = |from: &Stop| (from.length > 1).then(|| stop(from.next)).flatten();
        let sequence: Box<[RowId]> = if first.length < 2 {
            Box::default()
        } else {
            std::iter::successors(Some(*first), on).map(|stop| stop.row).collect()
        };
        Corridor { payments: first.length, sequence }
    }
}
