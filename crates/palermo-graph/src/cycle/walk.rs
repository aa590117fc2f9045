//! The paths themselves: from the payer back to the payee, each sequence of accounts once.
//!
//! Without `keeps` the latest payment from each next account is taken: it leaves the most choice. With
//! `keeps` another one may pass where the latest does not, so every payment that passes is carried
//! along for its account: a sequence is visited once, however many choices of payments it has.

use super::ends::Ends;
use super::scope::{Place, Scope, Way};
use crate::view::Keeps;
use crate::work::{Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::Marks;
use palermo_ledger::{AccountId, RowId};

const NONE: u32 = u32::MAX;

/// A payment on the way back.
#[derive(Clone, Copy, Debug)]
struct Step {
    payer: AccountId,
    place: Place,
    amount: Option<Cents>,
    /// The payment that comes after it.
    after: u32,
    /// An older one from the same account to the same one.
    older: u32,
    /// Whether it is the newest of them: the one that stands for all.
    newest: bool,
}

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Quest<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) keeps: Option<Keeps>,
    /// Payments of a path.
    pub(super) least: u32,
    pub(super) most: u32,
    /// What is known of the way from the payee, for paths of `most`.
    pub(super) ends: Option<&'a Ends>,
    /// So many are enough.
    pub(super) enough: usize,
}

/// Scratch of the walk.
#[derive(Debug, Default)]
pub(super) struct Walk {
    steps: Vec<Step>,
    /// Accounts from the payer on.
    path: Vec<AccountId>,
    /// The newest and the oldest step from an account, one more than their positions.
    groups: Marks<[u32; 2]>,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "positions of steps are those that were pushed; a path has at most 8 payments"
)]
impl Walk {
    /// Adds paths to `found` until there are enough: their payments, first to last.
    pub(super) fn search(
        &mut self,
        quest: &Quest<'_>,
        found: &mut Vec<Vec<RowId>>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let scope = quest.scope;
        self.path.clear();
        self.steps.clear();
        self.steps.push(Step {
            payer: scope.end(Way::Back),
            place: scope.origin(Way::Back),
            amount: scope.view.at().amount,
            after: NONE,
            older: NONE,
            newest: true,
        });
        self.open(quest, 0, found, work)
    }

    /// Goes on from the payer of a step.
    fn open(
        &mut self,
        quest: &Quest<'_>,
        step: usize,
        found: &mut Vec<Vec<RowId>>,
        work: &mut Work,
    ) -> Result<(), Spent> {
        let account = self.steps[step].payer;
        work.spend(1)?;
        if quest.scope.view.is_hub(account) {
            return Ok(());
        }
        let begin = self.steps.len();
        self.path.push(account);
        self.gather(quest, step, work)?;
        for at in begin..self.steps.len() {
            if found.len() >= quest.enough {
                break;
            }
            let Step { payer, newest, .. } = self.steps[at];
            if !newest {
                continue;
            }
            if payer == quest.scope.end(Way::Ahead) {
                found.push(self.rows(quest.scope, at));
            } else {
                self.open(quest, at, found, work)?;
            }
        }
        self.steps.truncate(begin);
        self.path.pop();
        Ok(())
    }

    /// The payments that a path may go back by from the payer of a step, newest first.
    fn gather(&mut self, quest: &Quest<'_>, step: usize, work: &mut Work) -> Result<(), Spent> {
        let Quest { scope, keeps, .. } = *quest;
        let Step { payer: account, place, .. } = self.steps[step];
        let entries = scope.entries(account, Way::Back);
        let leg = Way::Back.leg();
        self.groups.clear();
        for index in (0..scope.cut(entries, place.time, Way::Back)).rev() {
            let entry = entries[index];
            let time = scope.since(entry);
            if time < scope.first {
                break;
            }
            work.spend(1)?;
            let payer = entry.other();
            let here = Place {
                time,
                side: Some(account),
                index: u32::try_from(index).unwrap_or(NONE),
                way: Way::Back,
            };
            if !scope.view.sees(entry, account, leg, index) || !self.leads(quest, payer, here) {
                continue;
            }
            let mut pushed =
                Step { payer, place: here, amount: None, after: NONE, older: NONE, newest: false };
            match keeps {
                // The newest was there before: an older one of the two cannot do more.
                None if entry.has_next() && self.groups.has(payer) => continue,
                None if !scope.before(here, place) => continue,
                None => pushed.after = u32::try_from(step).unwrap_or(NONE),
                Some(keeps) => {
                    pushed.amount = scope.view.detail(account, leg, index).amount();
                    pushed.after = self.passes(scope, step, &pushed, keeps);
                    if pushed.after == NONE {
                        continue;
                    }
                }
            }
            self.push(pushed);
        }
        Ok(())
    }

    /// Whether a path may go on from an account.
    fn leads(&self, quest: &Quest<'_>, payer: AccountId, place: Place) -> bool {
        let payments = u32::try_from(self.path.len()).unwrap_or(NONE);
        if payer == quest.scope.end(Way::Ahead) {
            return payments >= quest.least;
        }
        let reached = |ends: &Ends| ends.reaches(quest.scope, payer, quest.most - payments, place);
        payments < quest.most && !self.path.contains(&payer) && quest.ends.is_none_or(reached)
    }

    /// The payment, of those that a step stands for, that passes on what this one brings.
    fn passes(&self, scope: &Scope<'_>, step: usize, brings: &Step, keeps: Keeps) -> u32 {
        let mut at = u32::try_from(step).unwrap_or(NONE);
        while at != NONE {
            let next = &self.steps[at as usize];
            if !scope.before(brings.place, next.place) {
                return NONE;
            }
            if keeps.holds(brings.amount, next.amount) {
                return at;
            }
            at = next.older;
        }
        NONE
    }

    fn push(&mut self, mut step: Step) {
        let this = u32::try_from(self.steps.len()).unwrap_or(NONE);
        let group = self.groups.of(step.payer);
        if *group == [0, 0] {
            *group = [this + 1; 2];
            step.newest = true;
        } else {
            let oldest = std::mem::replace(&mut group[1], this + 1);
            self.steps[oldest as usize - 1].older = this;
        }
        self.steps.push(step);
    }

    fn rows(&self, scope: &Scope<'_>, first: usize) -> Vec<RowId> {
        let mut rows = Vec::with_capacity(self.path.len());
        let mut at = first;
        // The last one is the payment that asks.
        while self.steps[at].after != NONE {
            rows.push(scope.row(self.steps[at].place));
            at = self.steps[at].after as usize;
        }
        rows
    }
}
