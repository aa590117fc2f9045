//! Sequences: the payments that the steps select, in order, and what ties them.
//!
//! Cost: [`search`] says it; the ties are expressions over the payments at hand, and the values that
//! repeats have in common are read once for each payment of their step.

mod search;
mod shape;
#[cfg(test)]
mod tests;

use super::{Match, Run};
use crate::bind::{BoundSequence, Key};
use crate::eval::{At, NoMeasures, eval, read};
use crate::value::Value;
use palermo_domain::FixedHashMap;
use palermo_lang::program::Field;
use search::{Across, BUDGET, Chosen, Search, Spot, Tied};
pub(crate) use shape::{STEPS_MAX, Shape};
use std::cell::RefCell;

/// The occurrences of a sequence.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    /// The payments of each, by step.
    pub(super) all: Vec<Vec<Match>>,
    /// There may be more: the budget was spent.
    pub(super) truncated: bool,
}

impl<'a> Run<'a> {
    /// The occurrences of the sequence; notes those ends at which nothing was counted for lack of a
    /// field.
    pub(super) fn occurrences(&mut self, sequence: &BoundSequence) -> Occurrences {
        let steps = self.in_order(&sequence.steps);
        let spots = self.spots(&steps);
        let missing: RefCell<Option<Option<Field>>> = RefCell::new(None);
        let tied = |tie: usize, chosen: &Chosen| {
            let value = self.tied(sequence, tie, &steps, chosen);
            match value {
                Value::Bool(true) => Tied::Yes,
                Value::Unknown(field) => {
                    missing.borrow_mut().get_or_insert(field);
                    Tied::Unknown
                }
                _ => Tied::No,
            }
        };
        let classes = sequence.key.map(|(_, step, field)| self.classes(&steps, step, field));
        let classes = classes.unwrap_or_default();
        let across = match sequence.key {
            None => Across::Free,
            Some((Key::Same, step, _)) => Across::Same(step, &classes),
            Some((Key::Distinct, step, _)) => Across::Distinct(step, &classes),
        };
        let found = Search::new(&sequence.shape, &spots, across, &tied, BUDGET).run();
        let field = missing.borrow().flatten();
        found.doubtful.iter().for_each(|_| self.skip(field));
        let payments = |chosen: &Chosen| {
            let each = steps.iter().zip(chosen);
            each.filter_map(|(matches, at)| matches.get((*at)?).copied()).collect()
        };
        let all = found.occurrences.iter().map(payments).collect();
        Occurrences { all, truncated: found.truncated }
    }

    /// What each step selects, in order.
    fn in_order(&mut self, steps: &[usize]) -> Vec<Vec<Match>> {
        let mut all: Vec<Vec<Match>> =
            steps.iter().map(|step| self.matches(*step).to_vec()).collect();
        for matches in &mut all {
            self.sort(matches);
        }
        all
    }

    /// The places of the payments among all of them.
    fn spots(&self, steps: &[Vec<Match>]) -> Vec<Vec<Spot>> {
        let mut all: Vec<Match> = steps.iter().flatten().copied().collect();
        self.sort(&mut all);
        all.dedup_by_key(|found| found.row);
        let ranks: FixedHashMap<_, u32> =
            all.iter().zip(0..).map(|(found, rank)| (found.row, rank)).collect();
        let spot = |found: &Match| Spot {
            time: found.time.0,
            rank: ranks.get(&found.row).copied().unwrap_or(u32::MAX),
        };
        steps.iter().map(|matches| matches.iter().map(spot).collect()).collect()
    }

    /// Numbers for the different values that repeats are to have in common or not.
    fn classes(&self, steps: &[Vec<Match>], step: usize, field: Field) -> Vec<Option<u32>> {
        let mut known: FixedHashMap<Value, u32> = FixedHashMap::default();
        let matches = steps.get(step).into_iter().flatten();
        let class = |found: &Match| {
            let at = self.at(*found)?;
            let value = read(field, at.env, at.row, at.leg);
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            self.known(value).then(|| *known.entry(value).or_insert(next))
        };
        matches.map(class).collect()
    }

    fn tied(
        &self,
        sequence: &BoundSequence,
        tie: usize,
        steps: &[Vec<Match>],
        chosen: &Chosen,
    ) -> Value {
        let mut payments = [None; STEPS_MAX];
        for ((payment, matches), at) in payments.iter_mut().zip(steps).zip(chosen) {
            *payment = at.and_then(|at| matches.get(at).copied());
        }
        let tie = sequence.ties.get(tie);
        let own = tie.and_then(|(owner, node)| Some((payments.get(*owner).copied()??, node)));
        let Some((own, node)) = own else { return Value::Bool(false) };
        let Some(row) = self.env.ledger.row(own.row) else { return Value::Bool(false) };
        let at = At { env: self.env, row, leg: own.leg, step: Some(&payments) };
        eval(node, &at, &mut NoMeasures)
    }
}
