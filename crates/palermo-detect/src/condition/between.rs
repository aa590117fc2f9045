//! Two selections, payment by payment: what of the money of one moved on by the other, first in
//! first out, and how far apart they were made.
//!
//! A payment out takes from the oldest lots that are young enough and have something left; what it
//! cannot take was there before, or came another way. Equal times stand in the order of payment ids.
//! Cost: a sort, then each payment and each lot once; distances between at most [`PLACES_MAX`]
//! places of each selection.

use super::{Match, Matches, Run};
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::{Decimal, FixedHashMap, FixedHashSet, MicroDegrees, Span, distance};
use palermo_lang::program::{BetweenFunction, EndField, Field, Side};
use palermo_ledger::AccountId;
use std::collections::VecDeque;
use std::ops::Deref;

/// The newest so many different places of a selection are compared.
const PLACES_MAX: usize = 128;

/// Money that lies on an account.
struct Lot {
    time: palermo_domain::EventTime,
    left: i64,
}

/// What became of lots.
#[derive(Default)]
struct Flow {
    /// Cents that came in.
    brought: i128,
    /// Cents that went out.
    sent: i128,
    /// Cents of those that went out which had come in.
    taken: i128,
    /// How long cents lay, and how many.
    dwell: Vec<(i64, i64)>,
}

impl Run<'_> {
    pub(super) fn between(
        &mut self,
        function: BetweenFunction,
        [a, b]: [usize; 2],
        within: Option<Span>,
    ) -> Value {
        use BetweenFunction as F;
        let within = within.unwrap_or(self.condition.window);
        let matches = [self.matches(a), self.matches(b)];
        let found = match function {
            F::ApartKm => Ok(self.apart(&matches)),
            F::PassedShare => {
                self.flow(&matches, within).map(|flow| share(flow.taken, flow.brought))
            }
            F::DwellMedian => self.flow(&matches, within).map(|flow| dwell(flow.dwell)),
            F::FundedShare => {
                let [out, into] = matches;
                self.flow(&[into, out], within).map(|flow| share(flow.taken, flow.sent))
            }
            F::ReturnedShare => self.returned(&matches, within),
        };
        self.unbound();
        found.unwrap_or_else(|unknown| unknown)
    }

    /// Whatever was left out can change a share by any amount.
    fn unbound(&self) {
        self.doubt.set(self.doubt.get().map(super::Doubt::unbounded));
    }

    fn flow<M: Deref<Target = [Match]>>(
        &self,
        [into, out]: &[M; 2],
        within: Span,
    ) -> Result<Flow, Value> {
        let mut events: Vec<(Match, bool)> = Vec::new();
        events.extend(into.iter().map(|found| (*found, false)));
        events.extend(out.iter().map(|found| (*found, true)));
        let ledger = self.env.ledger;
        events.sort_by(|(a, a_leaves), (b, b_leaves)| {
            let order = a.time.cmp(&b.time).then_with(|| ledger.compare_ids(a.row, b.row));
            // A payment from an account to itself does not pay for itself.
            order.then_with(|| b_leaves.cmp(a_leaves))
        });
        let (mut lots, mut flow) = (VecDeque::<Lot>::new(), Flow::default());
        for (found, leaves) in events {
            let cents = self.cents(found)?;
            if !leaves {
                flow.brought = flow.brought.saturating_add(i128::from(cents));
                lots.push_back(Lot { time: found.time, left: cents });
                continue;
            }
            flow.sent = flow.sent.saturating_add(i128::from(cents));
            let oldest = found.time.minus(within);
            while lots.front().is_some_and(|lot| lot.time < oldest || lot.left == 0) {
                lots.pop_front();
            }
            let mut needed = cents;
            for lot in &mut lots {
                let take = lot.left.min(needed);
                lot.left = lot.left.saturating_sub(take);
                needed = needed.saturating_sub(take);
                flow.taken = flow.taken.saturating_add(i128::from(take));
                flow.dwell.push((found.time.since(lot.time).as_millis(), take));
                if needed == 0 {
                    break;
                }
            }
        }
        Ok(flow)
    }

    /// In cents of the base currency.
    fn cents(&self, found: Match) -> Result<i64, Value> {
        let cents = self.env.ledger.row(found.row).and_then(|row| row.amount());
        cents.map(|cents| cents.0).ok_or(Value::Unknown(Some(Field::Amount)))
    }

    /// What went out to each other end and came back from it.
    fn returned(&self, both: &[Matches; 2], within: Span) -> Result<Value, Value> {
        let mut pairs = FixedHashMap::<AccountId, [Vec<Match>; 2]>::default();
        let mut whole = 0_i128;
        for (side, matches) in both.iter().enumerate() {
            for &found in matches.iter() {
                if side == 0 {
                    whole = whole.saturating_add(i128::from(self.cents(found)?));
                }
                let row = self.env.ledger.row(found.row);
                match row.and_then(|row| row.account(found.leg.opposite())) {
                    Some(other) => {
                        let [sent, came] = pairs.entry(other).or_default();
                        if side == 0 { sent } else { came }.push(found);
                    }
                    None => self.skip(Some(Field::End(Side::Other, EndField::Account))),
                }
            }
        }
        // The order in which pairs are added up changes nothing.
        let mut taken = 0_i128;
        for pair in pairs.into_values() {
            taken = taken.saturating_add(self.flow(&pair, within)?.taken);
        }
        Ok(share(taken, whole))
    }

    /// The greatest distance between a place of one and a place of the other.
    fn apart(&self, both: &[Matches; 2]) -> Value {
        let [a, b] = both.each_ref().map(|matches| self.coordinates(matches.to_vec()));
        let pairs = a.iter().flat_map(|a| b.iter().map(|b| distance(*a, *b).0));
        pairs.max().map_or(UNKNOWN, |tenths| Value::Decimal(Decimal::new(tenths, 1)))
    }

    fn coordinates(&self, mut matches: Vec<Match>) -> Vec<(MicroDegrees, MicroDegrees)> {
        self.sort(&mut matches);
        let (mut known, mut all) = (FixedHashSet::default(), Vec::new());
        for found in matches.into_iter().rev() {
            let Value::Place(place) = self.place(found) else {
                self.skip(Some(Field::Place));
                continue;
            };
            if all.len() < PLACES_MAX && known.insert(place) {
                match self.env.ledger.places.coordinates(place) {
                    Some(here) => all.push(here),
                    None => self.skip(Some(Field::Place)),
                }
            }
        }
        all
    }
}

fn share(part: i128, whole: i128) -> Value {
    let [part, whole] = [part, whole].map(|cents| Decimal::try_from_i128_with_scale(cents, 2).ok());
    let share = part.zip(whole).and_then(|(part, whole)| part.checked_div(whole));
    share.map_or(UNKNOWN, |share| Value::Decimal(six_places(share)))
}

/// The lower median over cents.
fn dwell(mut dwell: Vec<(i64, i64)>) -> Value {
    dwell.sort_unstable();
    let all: i128 = dwell.iter().map(|(_, cents)| i128::from(*cents)).sum();
    let mut seen = 0_i128;
    let middle = dwell.into_iter().filter(|(_, cents)| *cents > 0).find(|(_, cents)| {
        seen = seen.saturating_add(i128::from(*cents));
        seen.saturating_mul(2) >= all
    });
    middle.map_or(UNKNOWN, |(ms, _)| Value::Span(Span::from_millis(ms)))
}
