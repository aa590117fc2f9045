//! Which indicators held on which account, and when.
//!
//! A hit is a small fact: indicator, account, event time. The numbers behind a hit are computed
//! again from the ledger when a finding needs them; those of the newest hit are kept as well, so
//! that evidence outlives the payments it rests on, up to the evidence horizon.

use crate::condition::Facts;
use palermo_domain::{EventTime, FixedHashMap};
use palermo_ledger::AccountId;

/// Hits of one indicator on one account.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Event times at which it held, in order.
    times: Vec<EventTime>,
    /// The numbers of the newest one, as they were when it was found.
    newest: Option<(EventTime, Kept)>,
}

/// Numbers that outlive the ledger's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Kept {
    /// The facts; row numbers are only valid inside the horizon.
    pub(crate) facts: Facts,
    /// Payment ids of the evidence, at most [`KEPT_IDS_MAX`], oldest first.
    pub(crate) ids: Vec<String>,
    /// How many there were.
    pub(crate) total: u64,
}

/// Bound on ids kept beyond the ledger.
pub(crate) const KEPT_IDS_MAX: usize = 50;

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
                if self.newest.as_ref().is_some_and(|(newest, _)| *newest == time) {
                    self.newest = None;
                }
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

    /// Hits after `after`, in order.
    pub(crate) fn after(&self, after: EventTime) -> &[EventTime] {
        self.times.get(self.times.partition_point(|&time| time <= after)..).unwrap_or(&[])
    }

    /// Whether it never held, or every hit was taken back.
    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Whether `time` is the newest hit, whose numbers should be kept.
    pub(crate) fn is_newest(&self, time: EventTime) -> bool {
        self.times.last() == Some(&time)
    }

    /// Keeps the numbers of the newest hit.
    pub(crate) fn keep(&mut self, time: EventTime, kept: Kept) {
        self.newest = Some((time, kept));
    }

    /// The numbers kept for a hit.
    pub(crate) fn kept(&self, time: EventTime) -> Option<&Kept> {
        self.newest.as_ref().filter(|(newest, _)| *newest == time).map(|(_, kept)| kept)
    }

    fn forget(&mut self, cutoff: EventTime) -> usize {
        let gone = self.times.partition_point(|&time| time < cutoff);
        self.times.drain(..gone);
        gone
    }
}

/// All hits.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    logs: FixedHashMap<(u16, AccountId), Log>,
}

impl Hits {
    /// Notes an evaluation. A log is made only for a hit.
    pub(crate) fn set(
        &mut self,
        indicator: u16,
        account: AccountId,
        time: EventTime,
        holds: bool,
    ) -> bool {
        if holds {
            return self.logs.entry((indicator, account)).or_default().set(time, true);
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

    /// The same, to keep numbers.
    pub(crate) fn log_mut(&mut self, indicator: u16, account: AccountId) -> Option<&mut Log> {
        self.logs.get_mut(&(indicator, account))
    }

    /// Renumbers after an activation: `new[old]` is the new number, `None` drops the hits.
    pub(crate) fn renumber(&mut self, new: &[Option<u16>]) {
        let old = std::mem::take(&mut self.logs);
        for ((indicator, account), log) in old {
            if let Some(Some(number)) = new.get(usize::from(indicator)) {
                self.logs.insert((*number, account), log);
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
        gone
    }

    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let each = |log: &Log| {
            let kept = log.newest.as_ref().map_or(0, |(_, kept)| {
                kept.facts
                    .evidence
                    .len()
                    .saturating_mul(16)
                    .saturating_add(kept.ids.len().saturating_mul(40))
            });
            log.times.capacity().saturating_mul(8).saturating_add(kept).saturating_add(96)
        };
        self.logs.values().map(each).fold(0, usize::saturating_add)
    }
}
