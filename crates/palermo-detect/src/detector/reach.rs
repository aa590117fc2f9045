//! Whom a payment concerns that is no end of it: accounts whose graph patterns it may be a part of.
//!
//! A window changes at the two ends of a payment, and those are evaluated again. A cycle changes at
//! the ends of the payment that completes it, which may be several payments later. So a payment that
//! comes late, or is taken back, is followed onwards along the selected payments after it, as far as
//! a pattern reaches, and every account on the way is evaluated again at its later times. In order of
//! event time nothing comes later, and nothing is done. What accounts share changes at each later use of it.
//!
//! Promises: hits do not depend on the order of arrival, unless the way on is wider than [`REACH`]
//! looks; then what was found at accounts farther on stands as it was, and is counted.
//! Cost: nothing in order; else at most [`REACH`] looks and the evaluations that follow, per rule.

use super::{Changed, Detector, Moment, later_times};
use crate::bind::BoundGraph;
use palermo_domain::{EventTime, FixedHashMap, Subject};
use palermo_lang::program::Pattern;
use palermo_ledger::{AccountId, Carried, Ledger, Leg, Row, RowId};
use std::collections::{BTreeMap, BTreeSet};

/// Looks for one payment and one rule.
const REACH: u32 = 16_384;

impl Detector {
    /// Evaluates graph patterns again at accounts that are no end of a payment; returns these.
    pub(super) fn beyond(
        &mut self,
        ledger: &Ledger,
        row: RowId,
        payment: Row<'_>,
        changed: &mut Changed,
    ) -> Vec<AccountId> {
        let time = payment.time();
        let in_order = self.newest.is_none_or(|newest| time > newest);
        self.newest = self.newest.max(Some(time));
        if in_order {
            return Vec::new();
        }
        let mut all = BTreeSet::new();
        for index in 0..u16::try_from(self.indicators.len()).unwrap_or(u16::MAX) {
            let Some(condition) = self.indicators.get(usize::from(index)) else { continue };
            let Some(graph) = condition.graph.as_ref().filter(|graph| spreads(graph)) else {
                continue;
            };
            let until = time.plus(graph.within);
            let (reached, cut) = self.reached(ledger, graph, (row, payment));
            self.stats.late_reach_cut = self.stats.late_reach_cut.saturating_add(cut.into());
            for (account, uses) in reached {
                // Without times of its own at any later one.
                let times = match uses.is_empty() {
                    true => later_times(ledger, account, time.just_before(), until),
                    false => uses.into_iter().collect(),
                };
                for later in times {
                    let moment = Moment::at(ledger, account, later);
                    self.evaluate_one(ledger, index, account, moment, changed);
                }
                all.insert(account);
            }
        }
        all.into_iter().collect()
    }

    /// The accounts that a payment may matter to, beside its ends, in order, with the times at which it
    /// does where these are known; whether there may be more.
    fn reached(
        &self,
        ledger: &Ledger,
        graph: &BoundGraph,
        (id, payment): (RowId, Row<'_>),
    ) -> (BTreeMap<AccountId, BTreeSet<EventTime>>, bool) {
        let mut walk = Walk { detector: self, ledger, graph, left: REACH, met: BTreeMap::new() };
        let cut = match graph.pattern {
            Pattern::Shared { by } => walk.users(ledger.carried(id), payment.time(), by),
            _ => walk.run(payment),
        };
        let cut = cut.is_none();
        let mut met = walk.met;
        for leg in Leg::BOTH {
            payment.account(leg).map(|end| met.remove(&end));
        }
        (met, cut)
    }
}

/// Whether a payment matters to accounts that are no end of it.
fn spreads(graph: &BoundGraph) -> bool {
    matches!(graph.pattern, Pattern::Shared { .. }) || legs(graph).is_some()
}

/// In which directions, and over how many payments, a change spreads; `None` for patterns that the
/// subject's own payments make, and for what is shared.
fn legs(graph: &BoundGraph) -> Option<(&'static [Leg], u8)> {
    match graph.pattern {
        Pattern::Chain { hops: (_, most), .. } | Pattern::Cycle { hops: (_, most), .. } => {
            Some((&[Leg::Debtor], most.saturating_sub(1)))
        }
        Pattern::ScatterGather { .. } => Some((&[Leg::Debtor], 1)),
        Pattern::Bipartite { .. } => Some((&Leg::BOTH, 1)),
        Pattern::FanIn
        | Pattern::FanOut
        | Pattern::GatherScatter
        | Pattern::Mirror { .. }
        | Pattern::Corridor { .. }
        | Pattern::Shared { .. } => None,
    }
}

struct Walk<'w> {
    detector: &'w Detector,
    ledger: &'w Ledger,
    graph: &'w BoundGraph,
    left: u32,
    met: BTreeMap<AccountId, BTreeSet<EventTime>>,
}

impl Walk<'_> {
    /// `None` where the looks were spent.
    fn run(&mut self, payment: Row<'_>) -> Option<()> {
        let (directions, most) = legs(self.graph)?;
        let (from, until) = (payment.time(), payment.time().plus(self.graph.within));
        if let [_, _] = directions {
            // Neighbors on either side of either end, before the payment as well as after it.
            let from = from.minus(self.graph.within);
            for own in Leg::BOTH {
                let Some(end) = payment.account(own) else { continue };
                for &leg in directions {
                    self.step(end, leg, (from, until), &mut |_, _| {})?;
                }
            }
            return Some(());
        }
        // By account, the earliest time at which the money can be there: from then on it goes anywhere
        // that it goes from later on.
        let mut seen: FixedHashMap<AccountId, EventTime> = FixedHashMap::default();
        let mut now: Vec<(AccountId, EventTime)> = Vec::new();
        now.extend(payment.account(Leg::Creditor).map(|end| (end, from)));
        for _ in 0..most {
            let mut next: FixedHashMap<AccountId, EventTime> = FixedHashMap::default();
            for (account, arrival) in now {
                if seen.get(&account).is_some_and(|known| *known <= arrival) {
                    continue;
                }
                seen.insert(account, arrival);
                self.step(account, Leg::Debtor, (arrival, until), &mut |other, time| {
                    let known = next.entry(other).or_insert(time);
                    *known = (*known).min(time);
                })?;
            }
            now = next.into_iter().collect();
            now.sort_unstable();
        }
        Some(())
    }

    /// Meets the accounts that use later, or as late, what the payment carries, at these uses.
    fn users(&mut self, carried: Vec<Carried>, from: EventTime, by: Subject) -> Option<()> {
        let until = from.plus(self.graph.within);
        for value in carried.into_iter().filter(|carried| carried.kind == by) {
            for leg in Leg::BOTH {
                for entry in self.ledger.window(value.id, leg, from, until) {
                    self.left = self.left.checked_sub(1)?;
                    let row = self.ledger.row(entry.row);
                    if let Some(account) = row.and_then(|row| row.account(leg)) {
                        self.met.entry(account).or_default().insert(entry.time);
                    }
                }
            }
        }
        Some(())
    }

    /// Meets the other ends of the selected payments of one side.
    fn step(
        &mut self,
        account: AccountId,
        leg: Leg,
        (from, to): (EventTime, EventTime),
        met: &mut dyn FnMut(AccountId, EventTime),
    ) -> Option<()> {
        let sets = &self.detector.selections.sets;
        for entry in self.ledger.window(account, leg, from, to) {
            self.left = self.left.checked_sub(1)?;
            if !sets.contains(entry.selections, self.graph.edges.1) {
                continue;
            }
            let row = self.ledger.row(entry.row);
            let Some(other) = row.and_then(|row| row.account(leg.opposite())) else { continue };
            self.met.entry(other).or_default();
            met(other, entry.time);
        }
        Some(())
    }
}
