//! Indicators that ask for other indicators (`self.holds(ID)`, `other.holds(ID)`).
//!
//! What an indicator asks for is decided before it: indicators have levels, those that ask for none
//! are on level 0. When a hit comes or goes, the indicators that ask for it are evaluated again on
//! the same account, and on the accounts that pay or are paid by it, at every event time whose window
//! contains the hit; what changes there goes on to the next level. There are no circles (E171), so
//! this ends.
//!
//! Promises: the hits do not depend on the order of arrival. Cost: nothing where no indicator asks.
//! Else, for a change at the newest time, the accounts of the payments of that very time; for an
//! earlier one, every account that the account in question paid or was paid by in the window; and for the
//! first hit of all on an account, a look at each payment that is held of it.

use super::{Changed, Detector, Moment, later_times};
use crate::bind::BoundCondition;
use crate::hits::Log;
use palermo_domain::{EventTime, Span};
use palermo_lang::program::{RuleSet, Side};
use palermo_ledger::{AccountId, Ledger, Leg};
use std::collections::BTreeSet;

/// Who asks for whom.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// For each indicator the end about which it is asked for, and by which.
    by: Vec<Vec<(Side, u16)>>,
    levels: Vec<u16>,
    /// The newest event time, and the accounts of the payments that have it.
    newest: (EventTime, Vec<AccountId>),
}

impl Asked {
    pub(super) fn new(rules: &RuleSet) -> Self {
        let number = |id: &str| {
            let at = rules.indicators.iter().position(|rule| rule.condition.id == id);
            at.and_then(|at| u16::try_from(at).ok())
        };
        let mut by = vec![Vec::new(); rules.indicators.len()];
        for (index, rule) in (0_u16..).zip(&rules.indicators) {
            for (side, id) in &rule.condition.asks {
                let of = number(id).and_then(|asked| by.get_mut(usize::from(asked)));
                of.into_iter().for_each(|by| by.push((*side, index)));
            }
        }
        let levels = levels(&by, |(_, index)| *index);
        Self { by, levels, newest: (EventTime::MIN, Vec::new()) }
    }

    /// Takes over what was seen under the rules before.
    pub(super) fn after(mut self, before: &mut Self) -> Self {
        self.newest = std::mem::take(&mut before.newest);
        self
    }

    /// The newest event time, and whose payments have it.
    pub(super) fn newest(&self) -> &(EventTime, Vec<AccountId>) {
        &self.newest
    }

    /// Goes on from there.
    pub(super) fn set_newest(&mut self, newest: (EventTime, Vec<AccountId>)) {
        self.newest = newest;
    }

    /// The level of an indicator.
    pub(super) fn level(&self, index: u16) -> u16 {
        self.levels.get(usize::from(index)).copied().unwrap_or(0)
    }

    /// The highest level.
    pub(super) fn top(&self) -> u16 {
        self.levels.iter().copied().max().unwrap_or(0)
    }

    /// The indicators that ask for it on the subject itself.
    pub(super) fn by_owner(&self, index: u16) -> impl Iterator<Item = u16> + '_ {
        let by = self.by.get(usize::from(index)).into_iter().flatten();
        by.filter(|(side, _)| *side == Side::Own).map(|(_, dependent)| *dependent)
    }

    /// The indicators that ask for it on other ends.
    pub(super) fn by_others(&self, index: u16) -> impl Iterator<Item = u16> + '_ {
        let by = self.by.get(usize::from(index)).into_iter().flatten();
        by.filter(|(side, _)| *side == Side::Other).map(|(_, dependent)| *dependent)
    }

    /// Whether anything asks for it.
    pub(super) fn is_asked_for(&self, index: u16) -> bool {
        self.by.get(usize::from(index)).is_some_and(|by| !by.is_empty())
    }

    /// Notes whose payment was applied or taken out at a time.
    pub(super) fn note(&mut self, time: EventTime, accounts: impl Iterator<Item = AccountId>) {
        if time > self.newest.0 {
            self.newest = (time, Vec::new());
        }
        if time == self.newest.0 {
            self.newest.1.extend(accounts);
        }
    }
}

impl Detector {
    /// Evaluates everything that asks for what has changed.
    pub(super) fn answer(&mut self, ledger: &Ledger, changed: &mut Changed) {
        while let Some(((_, index, account), time)) = changed.asked.pop_first() {
            let by = self.asked.by.get(usize::from(index)).cloned().unwrap_or_default();
            for (side, dependent) in by {
                // With the earlier windows that it is compared with.
                let window = self.indicators.get(usize::from(dependent)).map(|of| of.reach);
                let Some(window) = window else { continue };
                let subjects = match side {
                    Side::Own => BTreeSet::from([account]),
                    Side::Other => self.neighbors(ledger, account, time, window),
                };
                for subject in subjects {
                    self.evaluate_between(ledger, dependent, subject, (time, window), changed);
                }
            }
        }
    }

    fn evaluate_between(
        &mut self,
        ledger: &Ledger,
        index: u16,
        account: AccountId,
        (time, window): (EventTime, Span),
        changed: &mut Changed,
    ) {
        if self.armed.skips(index, account) {
            return;
        }
        let before = time.just_before();
        for later in later_times(ledger, account, before, time.plus(window)) {
            let moment = Moment::at(ledger, account, later);
            self.evaluate_one(ledger, index, account, moment, changed);
        }
    }

    /// What was said of an account, and of those that have a payment with it, while an indicator asked for a
    /// hit that came or went, is said no longer.
    ///
    /// Of the others something was said only while there was no hit at all: the first one is news to them.
    pub(super) fn hit_changed(&mut self, ledger: &Ledger, index: u16, account: AccountId) {
        for dependent in self.asked.by_owner(index) {
            self.armed.disturb(dependent, account);
        }
        let is_first = |log: &Log| log.after(EventTime::MIN).len() == 1;
        if !self.hits.log(index, account).is_some_and(is_first) {
            return;
        }
        for dependent in self.asked.by_others(index) {
            for leg in Leg::BOTH {
                for entry in ledger.window(account, leg, EventTime::MIN, EventTime::MAX) {
                    let other = ledger.row(entry.row).and_then(|row| row.account(leg.opposite()));
                    other.into_iter().for_each(|other| self.armed.disturb(dependent, other));
                }
            }
        }
    }

    /// The accounts that may be touched at or after a time and have a payment with this one in a
    /// window that contains it.
    fn neighbors(
        &self,
        ledger: &Ledger,
        account: AccountId,
        time: EventTime,
        window: Span,
    ) -> BTreeSet<AccountId> {
        let (newest, accounts) = &self.asked.newest;
        if time >= *newest {
            return accounts.iter().copied().collect();
        }
        let (from, to) = (time.minus(window), time.plus(window));
        let mut all = BTreeSet::new();
        for leg in Leg::BOTH {
            for entry in ledger.window(account, leg, from, to) {
                let other = ledger.row(entry.row).and_then(|row| row.account(leg.opposite()));
                all.extend(other);
            }
        }
        all
    }
}

/// The level of each rule, 0 for those that rest on no other, where `above` says what rests on it. As
/// many rounds as there are levels: each lifts what rests on something not below it. There are no
/// circles (E171, E172), so this ends.
pub(super) fn levels<T>(above: &[Vec<T>], number: impl Fn(&T) -> u16) -> Vec<u16> {
    let mut levels = vec![0_u16; above.len()];
    let mut lifted = true;
    while lifted {
        lifted = false;
        for (below, above) in above.iter().enumerate() {
            let level = levels.get(below).copied().unwrap_or(0);
            for one in above {
                let own = levels.get_mut(usize::from(number(one)));
                if let Some(own) = own.filter(|own| **own <= level) {
                    *own = level.saturating_add(1);
                    lifted = true;
                }
            }
        }
    }
    levels
}

/// Indicators in an order in which what is asked for comes first.
pub(super) fn in_levels(indicators: &[BoundCondition], asked: &Asked) -> Vec<u16> {
    let mut order: Vec<u16> = (0_u16..).zip(indicators).map(|(index, _)| index).collect();
    order.sort_by_key(|index| (asked.level(*index), *index));
    order
}
