//! The numbers behind a hit: computed again from the ledger, or as they were kept.
//!
//! While the ledger holds the whole window of a hit, its numbers are what the window says now. Before
//! a part of it is forgotten they are kept ([`Detector::keep`]), and from then on they stand. What is
//! handed to alerts names no row ([`Detector::tell`]).

use crate::condition::{Facts, Run};
use crate::detector::{Detector, newest_at};
use crate::episode::Support;
use crate::hits::{KEPT_MAX, Kept, Witness};
use palermo_domain::{Cents, Decimal, EventTime, FixedHashMap, Partition, Span};
use palermo_lang::program::IndicatorId;
use palermo_ledger::Ledger;

/// The numbers of a hit: computed from a ledger that has its window, or as they were kept.
enum Numbers<'a> {
    Now(Facts),
    Kept(&'a Kept),
}

impl Detector {
    /// The numbers of a support: from the ledger while its whole window is there, else as they
    /// were kept, else what is left of them. The flag says that something may be missing.
    fn numbers(&self, ledger: &Ledger, support: Support) -> (Numbers<'_>, bool) {
        let Some(condition) = self.indicators.get(usize::from(support.indicator.0)) else {
            return (Numbers::Now(Facts::default()), true);
        };
        let whole = support.time.minus(condition.reach) >= ledger.kept_from();
        let log = self.hits.log(support.indicator.0, support.on);
        if let (false, Some(kept)) = (whole, log.and_then(|log| log.kept(support.time))) {
            return (Numbers::Kept(kept), kept.truncated());
        }
        let (env, sets) = (self.env(ledger), &self.selections.sets);
        let mut run = Run::new(env, sets, condition, support.on, support.time);
        (Numbers::Now(run.facts()), !whole)
    }

    /// The numbers of a support and at most so many of its payments, the newest, free of rows.
    pub(crate) fn tell(&self, ledger: &Ledger, support: Support, most: usize) -> Kept {
        let (facts, partial) = match self.numbers(ledger, support) {
            (Numbers::Kept(kept), _) => return kept.clone(),
            (Numbers::Now(facts), partial) => {
                let partial = partial || facts.truncated;
                (facts, partial)
            }
        };
        let total = facts.evidence.len();
        let newest = facts.evidence.iter().skip(total.saturating_sub(most));
        let evidence = newest.filter_map(|found| Witness::of(ledger, found.row, found.leg));
        // At the end of a day there may be none: then the newest before it.
        let decided = newest_at(ledger, support.on, EventTime::MIN, support.time);
        let trigger = decided.and_then(|(id, _)| {
            let ingest = ledger.row(id)?.origin().ingest;
            Some(((*ledger.payment_id(id)).into(), EventTime(ingest.0)))
        });
        Kept {
            evidence: evidence.collect(),
            values: facts.values,
            total: total as u64,
            trigger,
            undecided: self.undecided(ledger, support),
            partial,
        }
    }

    /// Keeps the numbers of hits whose windows the ledger is about to forget a part of; called
    /// before it evicts with the same cutoff.
    pub fn keep(&mut self, ledger: &Ledger, cutoff: EventTime) {
        let (from, after) = (ledger.kept_from(), ledger.kept_from_after(cutoff));
        if after <= from {
            return;
        }
        let window = |indicator: u16| {
            self.indicators.get(usize::from(indicator)).map_or(Span::ZERO, |found| found.reach)
        };
        for (indicator, account, time) in self.hits.due(window, from, after) {
            let indicator_id = IndicatorId(indicator);
            let support =
                Support { indicator: indicator_id, on: account, account, time, linked: false };
            let kept = self.tell(ledger, support, KEPT_MAX);
            self.hits.keep(indicator, account, time, kept);
        }
    }

    /// Base money of the evidence; a payment that several supports name counts once.
    pub(crate) fn money(&self, ledger: &Ledger, supports: &[Support]) -> i128 {
        let mut cents: FixedHashMap<(Partition, i64), Option<Cents>> = FixedHashMap::default();
        for support in supports {
            match self.numbers(ledger, *support).0 {
                Numbers::Now(facts) => {
                    let rows = facts.evidence.iter().filter_map(|found| ledger.row(found.row));
                    let each = rows.map(|row| {
                        let origin = row.origin();
                        ((origin.partition, origin.offset), row.amount())
                    });
                    cents.extend(each);
                }
                Numbers::Kept(kept) => {
                    let each = kept.evidence.iter().map(|w| (w.payment(), w.cents));
                    cents.extend(each);
                }
            }
        }
        let amounts = cents.into_values().flatten();
        amounts.map(|cents| i128::from(cents.0)).fold(0, i128::saturating_add)
    }

    /// The share of a hit's window that could not be decided, by field.
    fn undecided(&self, ledger: &Ledger, support: Support) -> Vec<(String, Decimal)> {
        let index = usize::from(support.indicator.0);
        let Some(bound) = self.indicators.get(index) else { return Vec::new() };
        let (env, sets) = (self.env(ledger), &self.selections.sets);
        let mut run = Run::new(env, sets, bound, support.on, support.time);
        let lacked = run.undecided(&self.selections).into_iter();
        lacked.map(|(field, missing)| (crate::lacking::name_of(field), missing)).collect()
    }
}
