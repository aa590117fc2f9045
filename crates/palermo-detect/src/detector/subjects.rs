//! What a payment is about beside its accounts. Its selections are decided once for each end, and
//! shared by every subject that stands there; it is looked at once for each subject, and only by the
//! indicators about such a one.
//!
//! Cost: nothing for kinds that no indicator is about.

use super::asked::{Asked, in_levels};
use super::{Changed, Detector, later_times, newest_at};
use crate::bind::BoundCondition;
use crate::eval::Env;
use crate::lexicon::Words;
use palermo_domain::{EventTime, Span, Subject, Text};
use palermo_ledger::{AccountId, Carried, Kinds, Ledger, Leg, RowId, SetId};

/// Indicators of each kind of subject.
#[derive(Debug)]
pub(super) struct BySubject {
    /// In the order of [`Subject::ALL`].
    groups: Vec<Group>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    indicators: Vec<u16>,
    longest: Span,
}

impl BySubject {
    pub(super) fn new(indicators: &[BoundCondition], asked: &Asked) -> Self {
        let mut groups = vec![Group::default(); Subject::ALL.len()];
        for index in in_levels(indicators, asked) {
            let Some(bound) = indicators.get(usize::from(index)) else { continue };
            if let Some(group) = groups.get_mut(bound.subject as usize) {
                group.indicators.push(index);
                group.longest = group.longest.max(bound.window);
            }
        }
        Self { groups }
    }

    /// The kinds beside accounts that any indicator is about.
    pub(super) fn kinds(&self) -> Kinds {
        let asked = Subject::ALL
            .iter()
            .zip(&self.groups)
            .filter(|(kind, group)| **kind != Subject::Account && !group.indicators.is_empty());
        asked.fold(Kinds::default(), |kinds, (kind, _)| kinds.with(*kind))
    }

    /// The indicator about such a subject with this place among them.
    #[inline]
    pub(super) fn indicator(&self, kind: Subject, at: usize) -> Option<u16> {
        self.groups.get(kind as usize)?.indicators.get(at).copied()
    }

    /// The longest window of an indicator about such a subject.
    pub(super) fn longest(&self, kind: Subject) -> Span {
        self.groups.get(kind as usize).map_or(Span::ZERO, |group| group.longest)
    }
}

impl Detector {
    /// Decides the selections of both ends of a row (debtor, creditor). The text is looked at here
    /// and forgotten; without it, selections that look for words in it are unknown.
    pub fn select(&mut self, ledger: &Ledger, row: RowId, text: Option<&Text<'_>>) -> [SetId; 2] {
        let text = text.filter(|_| self.selections.reads_text);
        let words = text.map(|text| Words::of(text.expose()));
        let carried = ledger.carried(row);
        Leg::BOTH.map(|leg| self.select_leg(ledger, row, leg, (&carried, words.as_ref())))
    }

    fn select_leg(
        &mut self,
        ledger: &Ledger,
        row: RowId,
        leg: Leg,
        (carried, text): (&[Carried], Option<&Words>),
    ) -> SetId {
        let Some(row) = ledger.row(row) else { return SetId::default() };
        let account = row.account(leg);
        let others = || carried.iter().filter(|carried| carried.leg == leg);
        let kinds = account.map_or(Kinds::default(), |_| Kinds::default().with(Subject::Account));
        let kinds = others().fold(kinds, |kinds, carried| kinds.with(carried.kind));
        if kinds.is_empty() {
            return SetId::default();
        }
        let (lists, adder, searches) = (&self.lists[..], &self.adder, &self.searches);
        let (hits, during, from) = (None, None, None);
        let env = Env { ledger, lists, adder, searches, hits, during, from, text };
        let lacking = &mut self.lacking;
        let set = self.selections.decide(env, row, leg, &mut |selection, field| {
            lacking.selection(selection, field, kinds);
        });
        for subject in account.into_iter().chain(others().map(|carried| carried.id)) {
            self.note_seen(subject, set);
        }
        set
    }

    fn note_seen(&mut self, subject: AccountId, set: SetId) {
        let words = self.selections.sets.words();
        let start = subject.index().saturating_mul(words);
        if self.seen.len() < start.saturating_add(words) {
            self.seen.resize(start.saturating_add(words), 0);
        }
        let truths = self.selections.sets.truths(set);
        for (seen, truth) in self.seen.iter_mut().skip(start).zip(truths) {
            *seen |= truth;
        }
    }

    /// Evaluates at a time, and at every later one whose window contains it.
    pub(super) fn evaluate_since(
        &mut self,
        ledger: &Ledger,
        subject: (AccountId, Subject),
        time: EventTime,
        changed: &mut Changed,
    ) {
        self.evaluate(ledger, subject, time, changed);
        let until = time.plus(self.by_subject.longest(subject.1));
        for later in later_times(ledger, subject.0, time, until) {
            self.evaluate(ledger, subject, later, changed);
        }
    }

    /// Evaluates every indicator about an account, or another subject, at a time.
    fn evaluate(
        &mut self,
        ledger: &Ledger,
        (account, kind): (AccountId, Subject),
        time: EventTime,
        changed: &mut Changed,
    ) {
        // The payments at exactly this time; none are left after a reversal.
        let here = newest_at(ledger, account, time, time);
        let mut at = 0;
        while let Some(index) = self.by_subject.indicator(kind, at) {
            at = at.saturating_add(1);
            if !self.skip(index, account) {
                self.evaluate_one(ledger, index, account, (time, here), changed);
            }
        }
    }
}
