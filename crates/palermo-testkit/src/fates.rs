//! What becomes of each record, given the records before it (DESIGN §8), and what is in the windows
//! and where the watermark stands at the end: recomputed from the whole past for every record.
//!
//! Sees: a record with two fates or none, a late payment that is not called late, a watermark that
//! goes back or is held by a silent partition, a conflict that is applied, a reversal that takes out
//! too much, too little or the wrong payment, in either order of arrival.

use crate::Owned;
use crate::scene::Arrival;
use crate::window::account;
use palermo_domain::{Date, DeadLetterReason, EventTime, Fate, Span, Status};
use std::collections::BTreeMap;

/// The settings that decide fates.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many partitions there are.
    pub partitions: i32,
    /// How far the watermark stays behind.
    pub lateness: Span,
    /// When a silent partition stops holding it.
    pub idle_after: Span,
    /// How long payments are kept.
    pub horizon: Span,
}

/// The fate of one record.
pub type Judged = (Fate, Option<DeadLetterReason>);

/// A record that was taken in: not a duplicate by its id, not dead-lettered.
#[derive(Clone, Debug)]
struct Taken {
    payment: Owned,
    /// Taken back: stays so when the reversal itself is forgotten.
    reversed: bool,
}

/// What the records so far have led to.
#[derive(Clone, Debug)]
pub struct Naive {
    rules: Rules,
    taken: Vec<Taken>,
    /// Record time reached, at the first record of all and at the last of each partition.
    now: i64,
    first: Option<i64>,
    last: BTreeMap<i32, i64>,
    /// Highest event time of each partition.
    highest: BTreeMap<i32, EventTime>,
    /// The watermark.
    pub watermark: Option<EventTime>,
    /// Days before this one are forgotten: no id of theirs is known any more.
    kept_from: Date,
}

impl Naive {
    /// Nothing read yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            taken: Vec::new(),
            now: i64::MIN,
            first: None,
            last: BTreeMap::new(),
            highest: BTreeMap::new(),
            watermark: None,
            kept_from: Date(i32::MIN),
        }
    }

    /// The fate of the next record.
    pub fn judge(&mut self, arrival: &Arrival) -> Judged {
        self.now = self.now.max(arrival.at);
        self.first.get_or_insert(self.now);
        self.last.insert(arrival.partition, self.now);
        let payment = &arrival.payment;
        let dead = |reason| (Fate::DeadLetter, Some(reason));
        let (event, at) = (payment.event_time.0, arrival.at);
        let day_ms = Span::from_days(1).as_millis();
        if event < at.saturating_sub(day_ms.saturating_mul(400))
            || event > at.saturating_add(300_000)
        {
            return dead(DeadLetterReason::TimeRange);
        }
        if let Some(known) = self.find(payment.payment_id.expose()) {
            if without_origin(&known.payment) != without_origin(payment) {
                return dead(DeadLetterReason::Conflict);
            }
            self.see(arrival);
            return (Fate::Duplicate, None);
        }
        let before = self.watermark;
        let oldest = before.map(|watermark| watermark.minus(self.rules.horizon));
        if oldest.is_some_and(|oldest| payment.event_time < oldest) {
            return dead(DeadLetterReason::BeyondHorizon);
        }
        let again = match self.reversal(payment) {
            Err(reason) => return dead(reason),
            Ok(again) => again,
        };
        self.take(arrival);
        self.see(arrival);
        self.watermark = self.watermark.max(self.low());
        self.forget(before);
        let late = before.is_some_and(|watermark| payment.event_time < watermark);
        match (again, late) {
            (true, _) => (Fate::Duplicate, None),
            (false, true) => (Fate::Late, None),
            (false, false) => (Fate::Processed, None),
        }
    }

    /// Whole days are forgotten, when the watermark enters a new day and is the horizon past them.
    fn forget(&mut self, before: Option<EventTime>) {
        if let Some(watermark) = self.watermark
            && before.map(EventTime::date) != Some(watermark.date())
        {
            self.kept_from = self.kept_from.max(watermark.minus(self.rules.horizon).date());
        }
    }

    /// An event time counts for its partition, whether or not the payment was known.
    fn see(&mut self, arrival: &Arrival) {
        let time = arrival.payment.event_time;
        let highest = self.highest.entry(arrival.partition).or_insert(time);
        *highest = time.max(*highest);
    }

    fn take(&mut self, arrival: &Arrival) {
        let payment = &arrival.payment;
        // A reversal that waits for it, or the payment that it takes back.
        let waits = self.known().any(|one| {
            target(&one.payment) == Some(payment.payment_id.expose().as_ref())
                && repeats(&one.payment, payment)
        });
        let taken =
            Taken { payment: payment.clone(), reversed: waits && target(payment).is_none() };
        let kept_from = self.kept_from;
        if let Some(of) = target(payment) {
            let mut all = self.taken.iter_mut();
            let is_it = |one: &&mut Taken| known(one, kept_from) && has_id(one, of);
            if let Some(one) = all.find(is_it) {
                one.reversed = true;
            }
        }
        self.taken.push(taken);
    }

    fn known(&self) -> impl Iterator<Item = &Taken> {
        self.taken.iter().filter(|one| known(one, self.kept_from))
    }

    fn find(&self, id: &str) -> Option<&Taken> {
        self.known().find(|one| has_id(one, id))
    }

    /// Why a reversal is refused, or whether it says what another said before.
    fn reversal(&self, payment: &Owned) -> Result<bool, DeadLetterReason> {
        let Some(target) = target(payment) else { return Ok(false) };
        if target == payment.payment_id.expose().as_ref() {
            return Err(DeadLetterReason::ReversalOfReversal);
        }
        if let Some(known) = self.find(target) {
            if known.payment.status == Status::Reversed {
                return Err(DeadLetterReason::ReversalOfReversal);
            }
            if !repeats(payment, &known.payment) {
                return Err(DeadLetterReason::ReversalMismatch);
            }
            return Ok(known.reversed);
        }
        let says_the_same = |one: &Taken| {
            self::target(&one.payment) == Some(target) && repeats(&one.payment, payment)
        };
        Ok(self.known().any(says_the_same))
    }

    /// The minimum over the partitions that count of the highest event time, less the lateness.
    fn low(&self) -> Option<EventTime> {
        let first = self.first?;
        let mut low: Option<EventTime> = None;
        for partition in 0..self.rules.partitions {
            let last = self.last.get(&partition).copied().unwrap_or(first);
            if self.now.saturating_sub(last) > self.rules.idle_after.as_millis() {
                continue;
            }
            let highest = self.highest.get(&partition).copied()?;
            low = Some(low.map_or(highest, |low| low.min(highest)));
        }
        low.map(|low| low.minus(self.rules.lateness))
    }

    /// The payments that are in the windows: taken in, no reversal, not reversed, whether or not
    /// they have been forgotten since.
    pub fn applied(&self) -> Vec<Owned> {
        let stays = |one: &&Taken| target(&one.payment).is_none() && !one.reversed;
        self.taken.iter().filter(stays).map(|one| one.payment.clone()).collect()
    }
}

fn known(one: &Taken, kept_from: Date) -> bool {
    one.payment.event_time.date() >= kept_from
}

fn has_id(one: &Taken, id: &str) -> bool {
    one.payment.payment_id.expose() == id
}

/// What a reversal refers to.
fn target(payment: &Owned) -> Option<&str> {
    let refers_to = payment.refers_to.as_ref().filter(|_| payment.status == Status::Reversed)?;
    Some(refers_to.expose().as_ref())
}

/// Whether kind, amount, currency and both ends are the same.
fn repeats(a: &Owned, b: &Owned) -> bool {
    (a.kind, a.amount, a.currency) == (b.kind, b.amount, b.currency)
        && account(&a.debtor) == account(&b.debtor)
        && account(&a.creditor) == account(&b.creditor)
}

fn without_origin(payment: &Owned) -> Owned {
    Owned { source: None, batch: None, ..payment.clone() }
}
