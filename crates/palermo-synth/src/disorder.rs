//! Delivery as it happens: late, twice, out of order, spread over partitions.
//!
//! A deterministic adaptor over a stream in event-time order, for tests of what reads from a
//! broker. Each payment gets a record timestamp (ingest time) of event time + a delay below
//! `shuffle_within`, + `late_by` for the late share; records come in the order of their ingest
//! times. A duplicate is the same payment with a delay and a partition of its own. The delay and
//! partition are a function of (seed, number in the stream, copy), so the same input gives the
//! same records. Memory: the payments of `shuffle_within + late_by`.

use crate::rng::Rng;
use palermo_domain::{IngestTime, Payment, Span};
use std::collections::BTreeMap;

/// How a stream is disturbed. The default disturbs nothing and uses four partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// Decides delays, duplicates and partitions.
    pub seed: u64,
    /// Partitions to spread over; zero counts as one.
    pub partitions: u16,
    /// How many in a thousand come twice.
    pub duplicates_per_mille: u16,
    /// How many in a thousand come late.
    pub late_per_mille: u16,
    /// Extra delay of those that come late.
    pub late_by: Span,
    /// Delays of all records are below this.
    pub shuffle_within: Span,
}

impl Default for Disorder {
    fn default() -> Self {
        Self {
            seed: 1,
            partitions: 4,
            duplicates_per_mille: 0,
            late_per_mille: 0,
            late_by: Span::ZERO,
            shuffle_within: Span::ZERO,
        }
    }
}

/// A payment as it is delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The payment.
    pub payment: Payment<'static>,
    /// Record timestamp, never before the event time.
    pub ingest: IngestTime,
    /// Below `partitions`.
    pub partition: u16,
    /// The second copy of a payment that comes twice; it may arrive before the first.
    pub duplicate: bool,
    /// Delayed by `late_by`.
    pub late: bool,
}

/// The records of a disturbed stream, in the order of their ingest times.
#[derive(Debug)]
pub struct Disordered<I> {
    how: Disorder,
    inner: I,
    waiting: BTreeMap<(i64, u64), Box<Record>>,
    taken: u64,
    passed_ms: i64,
    ended: bool,
}

impl Disorder {
    /// Disturbs a stream that is in event-time order.
    pub fn apply<I: Iterator<Item = Payment<'static>>>(self, payments: I) -> Disordered<I> {
        Disordered {
            how: self,
            inner: payments,
            waiting: BTreeMap::new(),
            taken: 0,
            passed_ms: i64::MIN,
            ended: false,
        }
    }

    fn record(&self, payment: Payment<'static>, number: u64, copy: u64, late: bool) -> Record {
        let mut rng = Rng::of(self.seed, [0x6465_6c69_7665_7279, number, copy]);
        let shuffle = self.shuffle_within.as_millis().unsigned_abs().max(1);
        let jitter = i64::try_from(rng.below(shuffle)).unwrap_or(0);
        let extra = if late { self.late_by.as_millis() } else { 0 };
        let ingest = payment.event_time.0.saturating_add(jitter).saturating_add(extra);
        let partition = rng.below(u64::from(self.partitions.max(1)));
        Record {
            payment,
            ingest: IngestTime(ingest),
            partition: u16::try_from(partition).unwrap_or(0),
            duplicate: copy == 1,
            late,
        }
    }
}

impl<I: Iterator<Item = Payment<'static>>> Disordered<I> {
    fn take_one(&mut self) {
        let Some(payment) = self.inner.next() else {
            self.ended = true;
            return;
        };
        self.passed_ms = payment.event_time.0;
        let mut rng = Rng::of(self.how.seed, [0x6f72_6465_7200_0000, self.taken, 0]);
        let late = rng.per_mille(self.how.late_per_mille);
        let copy = rng.per_mille(self.how.duplicates_per_mille).then(|| payment.clone());
        let slot = self.taken.saturating_mul(2);
        let first = self.how.record(payment, self.taken, 0, late);
        self.waiting.insert((first.ingest.0, slot), Box::new(first));
        if let Some(copy) = copy {
            let second = self.how.record(copy, self.taken, 1, late);
            self.waiting.insert((second.ingest.0, slot.saturating_add(1)), Box::new(second));
        }
        self.taken = self.taken.saturating_add(1);
    }
}

impl<I: Iterator<Item = Payment<'static>>> Iterator for Disordered<I> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            // What comes later in the stream has an ingest time of at least `passed_ms`.
            let first = self.waiting.first_key_value().map(|((ingest, _), _)| *ingest);
            if first.is_some_and(|ingest| self.ended || ingest < self.passed_ms) {
                return self.waiting.pop_first().map(|(_, record)| *record);
            }
            if self.ended {
                return None;
            }
            self.take_one();
        }
    }
}
