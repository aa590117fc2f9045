//! Which accounts a hit concerns, and when.
//!
//! A hit of an indicator about accounts concerns the account. A hit about a device, a merchant or
//! another subject concerns every account that stands at the subject's end of a payment which the
//! indicator selected in the window of the hit; of a pair, both ends. That is what a bare id in
//! `require` asks: one ownership step from the account, through its own payments.
//!
//! Promises: the answer is a function of the payments; of a window that the ledger no longer holds
//! whole, it is what was noted while it did.
//! Cost: nothing for indicators about accounts; else a walk over the subject's window for each change
//! of its hits, and over its payments when a typology asks.

use crate::detector::Detector;
use crate::hits::Log;
use palermo_domain::share::SharedMap;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{EventTime, Subject};
use palermo_lang::program::IndicatorId;
use palermo_ledger::{AccountId, Ledger, Leg};
use std::collections::BTreeSet;

/// Subjects with hits that may concern an account, by indicator and account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Concerns {
    of: SharedMap<(u16, AccountId), Vec<AccountId>>,
}

impl Concerns {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put_all(sink, "concerns", &self.of.sorted(), 12)
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let of: Vec<((u16, AccountId), Vec<AccountId>)> = snapshot::take_all(source, "concerns")?;
        Ok(Self { of: of.into_iter().collect() })
    }

    fn note(&mut self, indicator: u16, account: AccountId, subject: AccountId) {
        if self.get(indicator, account).contains(&subject) {
            return;
        }
        let subjects = self.of.get_or_default((indicator, account));
        subjects.push(subject);
    }

    fn get(&self, indicator: u16, account: AccountId) -> &[AccountId] {
        self.of.get(&(indicator, account)).map_or(&[], Vec::as_slice)
    }

    /// Forgets everything: indicators have other numbers now.
    pub(crate) fn clear(&mut self) {
        self.of.clear();
    }

    /// Bytes held, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let each = self.of.values().map(|all| all.capacity().saturating_mul(4));
        each.fold(self.of.bytes(), usize::saturating_add)
    }
}

/// Hits on one subject, with the times at which an account stood behind it.
pub(crate) struct On<'a> {
    /// What the hits are on.
    pub(crate) subject: AccountId,
    log: &'a Log,
    /// `None` where the subject is the account itself.
    carried: Option<Carried>,
}

struct Carried {
    /// Times of the account's selected payments, in order.
    times: Vec<EventTime>,
    window: palermo_domain::Span,
    /// Windows that begin before are not whole.
    kept_from: EventTime,
}

impl Carried {
    fn has(&self, time: EventTime) -> bool {
        let from = time.minus(self.window);
        if from < self.kept_from {
            return true;
        }
        let at = self.times.partition_point(|paid| *paid < from);
        self.times.get(at).is_some_and(|paid| *paid <= time)
    }
}

impl On<'_> {
    /// The newest hit with `after < time <= until` that concerns the account.
    pub(crate) fn latest(&self, after: EventTime, until: EventTime) -> Option<EventTime> {
        let Some(carried) = &self.carried else { return self.log.latest(after, until) };
        let mut until = until;
        loop {
            let time = self.log.latest(after, until)?;
            if carried.has(time) {
                return Some(time);
            }
            until = time.just_before();
        }
    }

    /// Hits after a time that concern the account, in order.
    pub(crate) fn after(&self, after: EventTime) -> impl Iterator<Item = EventTime> + '_ {
        let concerns = |time: &EventTime| self.carried.as_ref().is_none_or(|all| all.has(*time));
        self.log.after(after).iter().copied().filter(concerns)
    }
}

impl Detector {
    /// The hits of an indicator that concern an account, by subject.
    pub(crate) fn on(
        &self,
        ledger: &Ledger,
        indicator: IndicatorId,
        account: AccountId,
    ) -> Vec<On<'_>> {
        let Some(condition) = self.indicators.get(usize::from(indicator.0)) else {
            return Vec::new();
        };
        if condition.subject == Subject::Account {
            let log = self.hits.log(indicator.0, account);
            return log
                .map(|log| On { subject: account, log, carried: None })
                .into_iter()
                .collect();
        }
        let subjects = self.concerns.get(indicator.0, account).iter();
        let found = subjects.filter_map(|&subject| {
            let log = self.hits.log(indicator.0, subject)?;
            let from = log.after(EventTime::MIN).first()?.minus(condition.window);
            let mut times = Vec::new();
            self.each_selected(ledger, indicator.0, subject, (from, EventTime::MAX), |of, time| {
                if of.contains(&Some(account)) {
                    times.push(time);
                }
            });
            times.sort_unstable();
            let (window, kept_from) = (condition.window, ledger.kept_from());
            Some(On { subject, log, carried: Some(Carried { times, window, kept_from }) })
        });
        found.collect()
    }

    /// The accounts that hits of an indicator on a subject in a stretch of time concern, in order.
    pub(crate) fn concerned(
        &self,
        ledger: &Ledger,
        (indicator, subject): (u16, AccountId),
        (from, until): (EventTime, EventTime),
    ) -> Vec<AccountId> {
        let Some(condition) = self.indicators.get(usize::from(indicator)) else {
            return Vec::new();
        };
        if condition.subject == Subject::Account {
            return vec![subject];
        }
        let mut all = BTreeSet::new();
        let from = from.minus(condition.window);
        self.each_selected(ledger, indicator, subject, (from, until), |of, _| {
            all.extend(of.into_iter().flatten());
        });
        all.into_iter().collect()
    }

    /// Notes whom changed hits of a subject concern; returns these accounts.
    pub(crate) fn note_concerned(
        &mut self,
        ledger: &Ledger,
        (indicator, subject): (u16, AccountId),
        times: (EventTime, EventTime),
    ) -> Vec<AccountId> {
        let accounts = self.concerned(ledger, (indicator, subject), times);
        if ledger.kind_of(subject) != Subject::Account {
            for account in &accounts {
                self.concerns.note(indicator, *account, subject);
            }
        }
        accounts
    }

    /// Calls `each` with the accounts behind a subject and the time of every payment that an
    /// indicator selected in a stretch of time.
    fn each_selected(
        &self,
        ledger: &Ledger,
        indicator: u16,
        subject: AccountId,
        (from, until): (EventTime, EventTime),
        mut each: impl FnMut([Option<AccountId>; 2], EventTime),
    ) {
        let Some(condition) = self.indicators.get(usize::from(indicator)) else { return };
        let sets = &self.selections.sets;
        for leg in Leg::BOTH {
            for entry in ledger.window(subject, leg, from, until) {
                let is_selected = |of: &u16| sets.contains(entry.selections, *of);
                if !condition.selections.iter().any(is_selected) {
                    continue;
                }
                let Some(row) = ledger.row(entry.row) else { continue };
                let pair = condition.subject == Subject::Pair;
                let other = pair.then(|| row.account(leg.opposite())).flatten();
                each([row.account(leg), other], entry.time);
            }
        }
    }
}
