//! What a payment is about beside its accounts. Its selections are decided once for each end, and
//! shared by every subject that stands there; it is looked at once for each subject, and only by the
//! indicators about such a one.
//!
//! Cost: nothing for kinds that no indicator is about.

use super::armed::{At, Said};
use super::{Changed, Detector, Moment, later_times};
use crate::bind::BoundCondition;
use crate::condition::{Run, Verdict};
use crate::eval::{self, Ends, Env};
use crate::lexicon::Words;
use crate::select::is_sampled;
use crate::value::Value;
use palermo_domain::{EventTime, Span, Subject, Text};
use palermo_lang::program::{EndField, Field, Pattern, Side, Symbol};
use palermo_ledger::{AccountId, Carried, Kinds, KnownParty, Ledger, Leg, RowId, SetId};

/// The longest window of the indicators of each kind of subject.
#[derive(Debug)]
pub(super) struct BySubject {
    /// In the order of [`Subject::ALL`]; `None` where there is no indicator.
    longest: Vec<Option<Span>>,
    /// What patterns look for that accounts share.
    shared: Kinds,
}

impl BySubject {
    pub(super) fn new(indicators: &[BoundCondition], suppressors: &[BoundCondition]) -> Self {
        let mut longest = vec![None; Subject::ALL.len()];
        let patterns =
            indicators.iter().chain(suppressors).filter_map(|bound| bound.graph.as_ref());
        let shared = patterns.filter_map(|graph| match graph.pattern {
            Pattern::Shared { by } => Some(by),
            _ => None,
        });
        let shared = shared.fold(Kinds::default(), Kinds::with);
        for bound in indicators {
            if let Some(known) = longest.get_mut(bound.subject as usize) {
                *known = (*known).max(Some(bound.window));
            }
        }
        Self { longest, shared }
    }

    /// The kinds beside accounts that any indicator is about, or any rule looks at who shares.
    pub(super) fn kinds(&self) -> Kinds {
        let asked = Subject::ALL
            .iter()
            .zip(&self.longest)
            .filter(|(kind, longest)| **kind != Subject::Account && longest.is_some());
        asked.fold(self.shared, |kinds, (kind, _)| kinds.with(*kind))
    }

    /// The longest window of an indicator about such a subject.
    pub(super) fn longest(&self, kind: Subject) -> Span {
        self.longest.get(kind as usize).copied().flatten().unwrap_or(Span::ZERO)
    }
}

impl Detector {
    /// Decides the selections of both ends of a row (debtor, creditor). The text is looked at here
    /// and forgotten; without it, selections that look for words in it are unknown.
    pub fn select(&mut self, ledger: &Ledger, row: RowId, text: Option<&Text<'_>>) -> [SetId; 2] {
        let text = text.filter(|_| self.selections.reads_text);
        let words = text.map(|text| Words::of(text.expose()));
        let carried = ledger.carried(row);
        let ends = ledger.row(row).map(|row| Ends::of(ledger, row));
        Leg::BOTH.map(|leg| self.select_leg(ledger, row, leg, (&carried, words.as_ref(), ends)))
    }

    fn select_leg(
        &mut self,
        ledger: &Ledger,
        row: RowId,
        leg: Leg,
        (carried, text, ends): (&[Carried], Option<&Words>, Option<Ends<'_>>),
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
        let (hits, during, from, peers) = (None, None, None, None);
        let env = Env { ledger, lists, adder, searches, hits, during, from, peers, text, ends };
        let lacking = &mut self.lacking;
        let at = eval::At { env, row, leg, step: None };
        let set = self.selections.decide(&at, kinds, &mut |lacked| lacking.selection(lacked));
        let account = account.map(|account| (account, Subject::Account));
        for (subject, kind) in account.into_iter().chain(others().map(|of| (of.id, of.kind))) {
            self.armed.touch(&self.selections.sets, subject, kind, set);
        }
        set
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

    /// Evaluates the indicators about an account, or another subject, that may hold at a time, or
    /// held then.
    fn evaluate(
        &mut self,
        ledger: &Ledger,
        (account, kind): (AccountId, Subject),
        time: EventTime,
        changed: &mut Changed,
    ) {
        let mut due = std::mem::take(&mut self.due);
        due.clear();
        let first = self.armed.first_time(account, time);
        let at = At { ledger, sets: &self.selections.sets, subject: account, kind, time };
        if first {
            self.armed.fresh(&at, &mut due);
        } else {
            self.armed.again(&at, &mut due);
        }
        if !due.is_empty() {
            // The payments at exactly this time; none are left after a reversal.
            let moment = Moment { first, ..Moment::at(ledger, account, time) };
            debug_assert!(
                !is_sampled(time) || self.others_do_not_hold(ledger, (account, kind), moment, &due)
            );
            if first && kind == Subject::Account {
                let (record, kind) = self.own(ledger, moment);
                self.armed.see_own(account, record, kind);
            }
            for &index in &due {
                if !(first && self.repeats(ledger, index, account, moment)) {
                    self.evaluate_one(ledger, index, account, moment, changed);
                }
            }
        }
        self.due = due;
    }

    /// Whose the subject's own end is, by the revision of the record, and its kind, as a number.
    fn own(&self, ledger: &Ledger, moment: Moment) -> (u32, u8) {
        let here = moment.here.and_then(|(row, leg)| Some((ledger.row(row)?, leg)));
        let Some((row, leg)) = here else { return (0, 0) };
        let env = self.env(ledger);
        let party = eval::party_of(env, row, leg);
        let kind = match eval::read(Field::End(Side::Own, EndField::Kind), env, row, leg) {
            Value::Symbol(Symbol::EndKind(kind)) => (kind as u8).saturating_add(1),
            _ => 0,
        };
        (party.map_or(0, KnownParty::revision), kind)
    }

    /// Counts what an indicator said before, where it would say so again.
    fn repeats(&mut self, ledger: &Ledger, index: u16, account: AccountId, moment: Moment) -> bool {
        let when = (moment.time, ledger.kept_from());
        let Some(said) = self.armed.said(index, account, when) else { return false };
        debug_assert!(
            !is_sampled(moment.time) || self.says(ledger, index, account, moment, said),
            "as an evaluation says"
        );
        if said.doubt {
            let weight = self.lacking.weight(index);
            if weight.is_some() && !said.deep {
                return false;
            }
            self.lacking.rule(index, weight.unwrap_or(0), weight.and(said.undecided));
        }
        true
    }

    /// Whether an evaluation says what is repeated.
    fn says(
        &self,
        ledger: &Ledger,
        index: u16,
        account: AccountId,
        Moment { time, here, .. }: Moment,
        said: Said,
    ) -> bool {
        let here = here.and_then(|(row, leg)| Some((ledger.row(row)?, leg)));
        let Some((condition, (row, leg))) = self.indicators.get(usize::from(index)).zip(here)
        else {
            return false;
        };
        let (env, sets) = (self.env(ledger), &self.selections.sets);
        let found = Run::new(env, sets, condition, account, time).verdict(row, leg, said.deep);
        let undecided = if let (Verdict::Undecided(field), _) = found { Some(field) } else { None };
        found.0 != Verdict::Holds
            && (found.1, undecided) == (said.doubt, said.undecided.filter(|_| said.deep))
    }

    /// Whether no indicator that is left out holds; what asks for others is looked at when they are
    /// known.
    fn others_do_not_hold(
        &self,
        ledger: &Ledger,
        (account, kind): (AccountId, Subject),
        Moment { time, here, .. }: Moment,
        due: &[u16],
    ) -> bool {
        let Some((row, leg)) = here.and_then(|(row, leg)| Some((ledger.row(row)?, leg))) else {
            return true;
        };
        (0_u16..).zip(&self.indicators).all(|(index, condition)| {
            let looked_at = condition.subject != kind || due.contains(&index);
            let (env, sets) = (self.env(ledger), &self.selections.sets);
            looked_at || !Run::new(env, sets, condition, account, time).holds(row, leg)
        })
    }
}
