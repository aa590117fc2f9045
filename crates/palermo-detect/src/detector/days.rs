//! Indicators that are also evaluated at the end of each UTC day (`evaluate: day`): what stopped, or
//! never came, has no payment of its own at which it could be found.
//!
//! A day end is evaluated once the watermark has passed it, so that every payment in time is known;
//! one that comes late, or is taken back, leads to the ends behind the watermark whose windows contain
//! it again. So the hits are a function of the payments and of the watermark, and not of the order of
//! arrival. An end is evaluated for the subjects that have a payment in the window, and ever had one that
//! such an indicator counts: of the others it cannot hold (module `armed`).
//!
//! Bound: one place in the queue of days for each of them, and nothing where no rule asks for it. Cost: one
//! evaluation a day for each of them and each rule.

use super::armed::At;
use super::{Applied, Changed, Detector, Moment, Touched, later_times, newest_at};
use crate::bind::BoundCondition;
use crate::peers::{DAY, ends, first_end};
use palermo_domain::share::SharedMap;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{Alert, EventTime, Span, Subject};
use palermo_ledger::{AccountId, Ledger, Leg, RowId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Queued = SharedMap<AccountId, EventTime>;

/// Who is looked at when.
#[derive(Debug)]
pub(super) struct DayEnds {
    /// Indicators about each kind of subject, in the order of [`Subject::ALL`].
    groups: Vec<Group>,
    /// Subjects by the next end at which they are looked at.
    queue: BTreeMap<EventTime, BTreeSet<AccountId>>,
    queued: Queued,
    /// Every end before this time was evaluated.
    passed: EventTime,
}

/// Who was waited for.
#[derive(Debug)]
pub(super) struct FrozenDays {
    queued: Queued,
    passed: EventTime,
}

impl FrozenDays {
    /// Hands everything over.
    pub(super) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "days", &self.passed)?;
        snapshot::put_all(sink, "days", &self.queued.sorted(), 8)
    }
}

#[derive(Clone, Debug, Default)]
struct Group {
    /// Shared, as every payment asks for them.
    indicators: Arc<[u16]>,
    longest: Span,
}

impl DayEnds {
    pub(super) fn new(indicators: &[BoundCondition]) -> Self {
        let about = |kind: &Subject| {
            let daily = (0_u16..).zip(indicators).filter(|(_, bound)| bound.daily);
            let about: Vec<(u16, Span)> = daily
                .filter(|(_, bound)| bound.subject == *kind)
                .map(|(index, bound)| (index, bound.window))
                .collect();
            Group {
                indicators: about.iter().map(|(index, _)| *index).collect(),
                longest: about.iter().map(|(_, window)| *window).max().unwrap_or(Span::ZERO),
            }
        };
        let groups = Subject::ALL.iter().map(about).collect();
        let (queue, queued) = (BTreeMap::new(), Queued::default());
        Self { groups, queue, queued, passed: EventTime::MIN }
    }

    /// The same days under other rules.
    pub(super) fn renewed(&self, indicators: &[BoundCondition]) -> Self {
        Self { passed: self.passed, ..Self::new(indicators) }
    }

    /// A copy to be written.
    pub(super) fn freeze(&self) -> FrozenDays {
        FrozenDays { queued: self.queued.clone(), passed: self.passed }
    }

    /// Waits again for whom it waited.
    pub(super) fn read(&mut self, source: &mut dyn Source) -> Result<(), SnapshotError> {
        self.passed = snapshot::take(source, "days")?;
        let queued: Vec<(AccountId, EventTime)> = snapshot::take_all(source, "days")?;
        for (subject, end) in queued {
            self.queued.insert(subject, end);
            self.queue.entry(end).or_default().insert(subject);
        }
        Ok(())
    }

    /// Bytes held, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.queued.len().saturating_mul(48)
    }

    fn group(&self, kind: Subject) -> Group {
        self.groups.get(kind as usize).cloned().unwrap_or_default()
    }

    fn is_about(&self, kind: Subject) -> bool {
        self.groups.get(kind as usize).is_some_and(|group| !group.indicators.is_empty())
    }

    /// Puts a subject into the queue at the first end from a time on that was not evaluated yet.
    fn put(&mut self, subject: AccountId, time: EventTime) {
        let end = first_end(time.max(self.passed));
        match self.queued.get(&subject).copied() {
            Some(known) if known <= end => return,
            Some(known) => {
                if let Some(others) = self.queue.get_mut(&known) {
                    others.remove(&subject);
                }
            }
            None => {}
        }
        self.queued.insert(subject, end);
        self.queue.entry(end).or_default().insert(subject);
    }

    /// The subjects at the first end that the watermark has passed.
    fn next(&mut self, watermark: EventTime) -> Option<(EventTime, BTreeSet<AccountId>)> {
        if *self.queue.first_key_value()?.0 >= watermark {
            return None;
        }
        let next = self.queue.pop_first()?;
        for subject in &next.1 {
            self.queued.remove(subject);
        }
        Some(next)
    }
}

impl Detector {
    /// Evaluates the ends of days that the watermark has passed; returns the first of them.
    pub(super) fn pass_days(
        &mut self,
        ledger: &Ledger,
        watermark: Option<EventTime>,
        changed: &mut Changed,
    ) -> Option<EventTime> {
        let watermark = watermark.filter(|watermark| *watermark > self.day_ends.passed)?;
        let mut first = None;
        while let Some((end, subjects)) = self.day_ends.next(watermark) {
            first = first.or(Some(end));
            for subject in subjects {
                let kind = ledger.kind_of(subject);
                let group = self.day_ends.group(kind);
                for &index in group.indicators.iter() {
                    self.evaluate_end(ledger, index, subject, end, changed);
                }
                let next = end.plus(DAY);
                let since = next.minus(group.longest);
                let seen = |leg: &Leg| {
                    ledger.window(subject, *leg, since, EventTime::MAX).next().is_some()
                };
                if self.may_hold_daily(subject, kind) && Leg::BOTH.iter().any(seen) {
                    self.day_ends.put(subject, next);
                }
            }
        }
        self.day_ends.passed = watermark;
        first
    }

    /// Ends of days between two times that the watermark has passed.
    pub(crate) fn ends_passed(&self, from: EventTime, to: EventTime) -> Vec<EventTime> {
        ends(from, self.day_ends.passed).take_while(|end| *end <= to).collect()
    }

    /// Whether any daily indicator ever counted a payment of a subject: of the others no end of a day
    /// needs to be looked at.
    fn may_hold_daily(&self, subject: AccountId, kind: Subject) -> bool {
        let group = self.day_ends.groups.get(kind as usize);
        let mut daily = group.iter().flat_map(|group| group.indicators.iter());
        daily.any(|index| !self.armed.is_out(*index, subject))
    }

    /// The watermark has moved: what the ends of days behind it change is followed.
    pub(super) fn advance_days(
        &mut self,
        ledger: &Ledger,
        watermark: EventTime,
        applied: Applied,
        out: &mut Vec<Alert>,
    ) {
        let mut changed = Changed::default();
        let first = self.pass_days(ledger, Some(watermark), &mut changed);
        let Some(time) = first else { return };
        self.answer(ledger, &mut changed);
        let (accounts, with) = (Vec::new(), BTreeSet::new());
        let touched = Touched { accounts, with, time, late: false };
        self.follow(ledger, changed, &touched, applied, out);
    }

    /// A payment of a subject came or went at a time: ends behind the watermark are evaluated again,
    /// those before it will be.
    pub(super) fn days_since(
        &mut self,
        ledger: &Ledger,
        (subject, kind): (AccountId, Subject),
        time: EventTime,
        changed: &mut Changed,
    ) {
        if !self.may_hold_daily(subject, kind) {
            return;
        }
        for &index in self.day_ends.group(kind).indicators.iter() {
            let Some(bound) = self.indicators.get(usize::from(index)) else { continue };
            let until = match bound.reads_past() {
                true => EventTime::MAX,
                false => time.plus(bound.window),
            };
            for end in self.ends_passed(time, until) {
                self.evaluate_end(ledger, index, subject, end, changed);
            }
        }
        self.day_ends.put(subject, time);
    }

    /// After an activation: ends behind the watermark for rules that are new, and the queue anew.
    pub(super) fn days_everywhere(
        &mut self,
        ledger: &Ledger,
        subject: AccountId,
        fresh: &[u16],
        changed: &mut Changed,
    ) {
        let kind = ledger.kind_of(subject);
        if !self.day_ends.is_about(kind) {
            return;
        }
        let times = later_times(ledger, subject, EventTime::MIN, EventTime::MAX);
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return };
        for &index in self.day_ends.group(kind).indicators.iter() {
            let Some(bound) = self.indicators.get(usize::from(index)) else { continue };
            let until = last.plus(bound.window);
            let ends =
                if fresh.contains(&index) { self.ends_passed(*first, until) } else { Vec::new() };
            for end in ends {
                self.evaluate_end(ledger, index, subject, end, changed);
            }
        }
        self.day_ends.put(subject, *first);
    }

    /// Evaluates an indicator at the end of a day, seen from the newest payment of the window.
    fn evaluate_end(
        &mut self,
        ledger: &Ledger,
        index: u16,
        subject: AccountId,
        end: EventTime,
        changed: &mut Changed,
    ) {
        let Some(bound) = self.indicators.get(usize::from(index)) else { return };
        let (window, kind) = (bound.window, bound.subject);
        // A payment of this very time that comes later finds that it was looked at before.
        self.armed.first_time(subject, end);
        let at = At { ledger, sets: &self.selections.sets, subject, kind, time: end };
        let held = self.hits.log(index, subject).is_some_and(|log| log.has(end));
        if self.armed.is_out(index, subject) || !held && self.armed.cannot_hold(index, &at) {
            return;
        }
        let here: Option<(RowId, Leg)> = newest_at(ledger, subject, end.minus(window), end);
        let moment = Moment { time: end, here, first: false };
        self.evaluate_one(ledger, index, subject, moment, changed);
    }
}
