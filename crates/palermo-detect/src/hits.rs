//! Which indicators held on which account, and when.
//!
//! A hit is a small fact: indicator, account, event time. The numbers behind a hit are computed
//! again from the ledger while its whole window is there. Before the ledger forgets a part of it,
//! the numbers of the newest such hit of each indicator and account are kept ([`Kept`]), so that
//! evidence outlives the payments it rests on, up to the evidence horizon. No older hit is needed:
//! what is folded again lies after every window that is no longer whole (module `findings`).
//!
//! What is kept names no row of the ledger: rows are given again to other payments.
//!
//! Cost: nothing per payment; at an eviction one look per log and one evaluation per log whose
//! newest such hit has changed.

use crate::eval::site_place;
use crate::value::Value;
use palermo_domain::share::SharedMap;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{Cents, Currency, Decimal, EventTime, Partition, PaymentKind, Span};
use palermo_ledger::{AccountId, Atom, Ledger, Leg, Origin, PlaceId, RowId};
use serde::{Deserialize, Serialize};

/// Hits of one indicator on one account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Log {
    /// Event times at which it held, in order.
    times: Vec<EventTime>,
    /// The numbers of the newest one whose window the ledger no longer holds.
    kept: Option<(EventTime, Box<Kept>)>,
}

/// The numbers of a hit and the payments behind them, free of row numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// Every measure, in order.
    pub(crate) values: Vec<Value>,
    /// The newest payments behind them, in order of (event time, payment id).
    pub(crate) evidence: Vec<Witness>,
    /// How many there were.
    pub(crate) total: u64,
    /// Id and record timestamp of the payment that decided it.
    pub(crate) trigger: Option<(Box<str>, EventTime)>,
    /// The share of the window that could not be decided, by field.
    pub(crate) undecided: Vec<(String, Decimal)>,
    /// It was computed over a window of which a part had gone, or a payment came or went since.
    pub(crate) partial: bool,
}

/// Bound on the payments kept beyond the ledger.
pub(crate) const KEPT_MAX: usize = 100;

impl Kept {
    /// Whether something is missing that a whole window would show.
    pub(crate) fn truncated(&self) -> bool {
        self.partial || self.evidence.len() as u64 != self.total
    }

    fn bytes(&self) -> usize {
        let ids = self.evidence.iter().map(|one| one.id.len()).fold(0, usize::saturating_add);
        size_of::<Self>()
            .saturating_add(self.evidence.capacity().saturating_mul(size_of::<Witness>()))
            .saturating_add(self.values.capacity().saturating_mul(size_of::<Value>()))
            .saturating_add(self.undecided.len().saturating_mul(48))
            .saturating_add(ids)
    }
}

/// A payment behind a hit, with all that an alert tells of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Witness {
    /// Its id.
    pub(crate) id: Box<str>,
    /// Event time.
    pub(crate) time: EventTime,
    /// The end at which the hit is.
    pub(crate) leg: Leg,
    /// Kind.
    pub(crate) kind: PaymentKind,
    /// In the base currency.
    pub(crate) cents: Option<Cents>,
    /// As sent.
    pub(crate) amount: Decimal,
    /// Its currency.
    pub(crate) currency: Currency,
    /// Who pays.
    pub(crate) debtor: Payer,
    /// Who is paid.
    pub(crate) creditor: Option<AccountId>,
    /// Terminal, else merchant.
    pub(crate) place: Option<PlaceId>,
    /// The record it came in: what makes it the same payment.
    pub(crate) origin: Origin,
}

/// The paying end of a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payer {
    /// Account.
    pub(crate) account: Option<AccountId>,
    /// Party as the payment names it.
    pub(crate) party: Option<Atom>,
    /// Who stood at the counter.
    pub(crate) conductor: Option<Atom>,
    /// Where the payment says it is.
    pub(crate) place: Option<PlaceId>,
}

impl Witness {
    /// The payment of a row that is in the ledger.
    pub(crate) fn of(ledger: &Ledger, id: RowId, leg: Leg) -> Option<Self> {
        let row = ledger.row(id)?;
        let (account, end) = (row.account(Leg::Debtor), row.end(Leg::Debtor));
        Some(Self {
            id: (*row.payment_id()).into(),
            time: row.time(),
            leg,
            kind: row.kind(),
            cents: row.amount(),
            amount: row.amount_original(),
            currency: row.manner().currency,
            debtor: Payer {
                account,
                party: end.party,
                conductor: row.conductor_party(),
                place: end.place,
            },
            creditor: row.account(Leg::Creditor),
            place: site_place(row),
            origin: row.origin(),
        })
    }

    /// What makes it the same payment, whichever hit names it.
    pub(crate) fn payment(&self) -> (Partition, i64) {
        (self.origin.partition, self.origin.offset)
    }

    /// The account at the end at which the hit is.
    pub(crate) fn own(&self) -> Option<AccountId> {
        match self.leg {
            Leg::Debtor => self.debtor.account,
            Leg::Creditor => self.creditor,
        }
    }

    /// The account at the other end.
    pub(crate) fn other(&self) -> Option<AccountId> {
        match self.leg {
            Leg::Debtor => self.creditor,
            Leg::Creditor => self.debtor.account,
        }
    }
}

impl Log {
    /// Notes what an evaluation found; returns whether anything changed.
    pub(crate) fn set(&mut self, time: EventTime, holds: bool) -> bool {
        match (self.times.binary_search(&time), holds) {
            (Err(at), true) => {
                self.times.insert(at, time);
                true
            }
            (Ok(at), false) => {
                self.times.remove(at);
                true
            }
            _ => false,
        }
    }

    /// The newest hit with `after < time <= until`.
    pub(crate) fn latest(&self, after: EventTime, until: EventTime) -> Option<EventTime> {
        let at = self.times.partition_point(|&time| time <= until);
        self.times.get(at.checked_sub(1)?).copied().filter(|&time| time > after)
    }

    /// Whether it held at exactly this time.
    pub(crate) fn has(&self, time: EventTime) -> bool {
        self.times.binary_search(&time).is_ok()
    }

    /// Hits after `after`, in order.
    pub(crate) fn after(&self, after: EventTime) -> &[EventTime] {
        self.times.get(self.times.partition_point(|&time| time <= after)..).unwrap_or(&[])
    }

    /// Whether it never held, or every hit was taken back.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The numbers kept for a hit.
    pub(crate) fn kept(&self, time: EventTime) -> Option<&Kept> {
        self.kept.as_ref().filter(|(kept, _)| *kept == time).map(|(_, kept)| kept.as_ref())
    }

    /// A payment came into or left the window of a hit of which only the kept numbers are whole:
    /// they stand as they were, and are said to be incomplete.
    pub(crate) fn disturb(&mut self, time: EventTime) {
        if let Some((_, kept)) = self.kept.as_mut().filter(|(kept, _)| *kept == time) {
            kept.partial = true;
        }
    }

    /// The hit whose numbers must be kept before the ledger forgets what is before `after`.
    fn due(&self, window: Span, from: EventTime, after: EventTime) -> Option<EventTime> {
        let edge = after.plus(window).just_before();
        let time = self.latest(EventTime::MIN, edge)?;
        let whole = time.minus(window) >= from;
        (whole || self.kept(time).is_none()).then_some(time)
    }

    fn forget(&mut self, cutoff: EventTime) -> usize {
        let gone = self.times.partition_point(|&time| time < cutoff);
        self.times.drain(..gone);
        if self.kept.as_ref().is_some_and(|(time, _)| *time < cutoff) {
            self.kept = None;
        }
        gone
    }
}

/// All hits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hits {
    logs: SharedMap<(u16, AccountId), Log>,
    /// Hits before this time were forgotten.
    forgotten: EventTime,
}

impl Hits {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "hits", &self.forgotten)?;
        snapshot::put_all(sink, "hits", &self.logs.sorted(), 64)
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let forgotten = snapshot::take(source, "hits")?;
        let logs: Vec<((u16, AccountId), Log)> = snapshot::take_all(source, "hits")?;
        Ok(Self { logs: logs.into_iter().collect(), forgotten })
    }

    /// Notes an evaluation. A log is made only for a hit.
    pub(crate) fn set(
        &mut self,
        indicator: u16,
        account: AccountId,
        time: EventTime,
        holds: bool,
    ) -> bool {
        if holds {
            return self.logs.get_or_default((indicator, account)).set(time, true);
        }
        match self.logs.get_mut(&(indicator, account)) {
            Some(log) => log.set(time, false),
            None => false,
        }
    }

    /// The log of an indicator on an account.
    pub(crate) fn log(&self, indicator: u16, account: AccountId) -> Option<&Log> {
        self.logs.get(&(indicator, account))
    }

    /// See [`Log::disturb`].
    pub(crate) fn disturb(&mut self, indicator: u16, account: AccountId, time: EventTime) {
        if let Some(log) = self.logs.get_mut(&(indicator, account)) {
            log.disturb(time);
        }
    }

    /// Whether a hit was taken back; one that is merely forgotten was not.
    pub(crate) fn lost(&self, indicator: u16, account: AccountId, time: EventTime) -> bool {
        let there = self.log(indicator, account).is_some_and(|log| log.has(time));
        !there && time >= self.forgotten
    }

    /// Indicators and accounts with a hit, in order.
    pub(crate) fn keys(&self) -> Vec<(u16, AccountId)> {
        let mut keys: Vec<(u16, AccountId)> = self.logs.iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys
    }

    /// Hits whose numbers must be kept before the ledger, which holds everything since `from`,
    /// forgets what is before `after`.
    pub(crate) fn due(
        &self,
        window: impl Fn(u16) -> Span,
        from: EventTime,
        after: EventTime,
    ) -> Vec<(u16, AccountId, EventTime)> {
        let due = |((indicator, account), log): ((u16, AccountId), &Log)| {
            Some((indicator, account, log.due(window(indicator), from, after)?))
        };
        self.logs.iter().filter_map(due).collect()
    }

    /// Keeps the numbers of a hit.
    pub(crate) fn keep(&mut self, indicator: u16, account: AccountId, time: EventTime, kept: Kept) {
        if let Some(log) = self.logs.get_mut(&(indicator, account)) {
            log.kept = Some((time, Box::new(kept)));
        }
    }

    /// Renumbers after an activation: `new[old]` is the new number, `None` drops the hits.
    pub(crate) fn renumber(&mut self, new: &[Option<u16>]) {
        let old = std::mem::take(&mut self.logs);
        for ((indicator, account), log) in old.iter() {
            if let Some(Some(number)) = new.get(usize::from(indicator)) {
                self.logs.insert((*number, account), log.clone());
            }
        }
    }

    /// Forgets hits before `cutoff`; returns how many.
    pub(crate) fn forget(&mut self, cutoff: EventTime) -> u64 {
        let mut gone: u64 = 0;
        self.logs.retain(|_, log| {
            gone = gone.saturating_add(log.forget(cutoff) as u64);
            !log.times.is_empty()
        });
        self.forgotten = self.forgotten.max(cutoff);
        gone
    }

    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let each = |log: &Log| {
            let kept = log.kept.as_ref().map_or(0, |(_, kept)| kept.bytes());
            log.times.capacity().saturating_mul(8).saturating_add(kept).saturating_add(96)
        };
        self.logs.values().map(each).fold(0, usize::saturating_add)
    }
}
