//! What rules could not decide, by rule and field.
//!
//! Counted are payments for which a selection is unknown (once for each rule that reads it), and
//! evaluations that did not hold and might have, had a field been delivered. A rule goes blind
//! without an error where an upstream change takes its field away; this is where it shows.
//!
//! Whether a missing field is why a rule does not hold costs the evaluation of every part that
//! would not have been looked at otherwise. So the first [`WHOLE`] evaluations of a rule that meet a
//! missing field are followed to the end, and of the later ones one in [`ONE_IN`], which counts for
//! that many. Turns are counted, not drawn: a replay counts the same.
//!
//! Cost: a look through the few fields a rule ever lacked; texts are made when somebody asks.

use crate::bind::BoundCondition;
use crate::select::Lacked;
use palermo_domain::Subject;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_lang::field_name;
use palermo_lang::program::{Field, RuleSet};
use std::collections::BTreeMap;

/// So many evaluations that meet a missing field are followed to the end, each.
const WHOLE: u64 = 1024;
/// Of the later ones, one in so many.
const ONE_IN: u64 = 16;

/// The counters. Rules are numbered: indicators, then suppressors.
#[derive(Debug, Default)]
pub(crate) struct Lacking {
    names: Vec<String>,
    /// The rules that read a selection, and what they are about.
    readers: Vec<Vec<(u16, Subject)>>,
    counts: Vec<Vec<(Option<Field>, u64)>>,
    /// Evaluations that met a missing field, decided or not.
    met: Vec<u64>,
    /// Of rule sets that were in force before.
    past: BTreeMap<(String, String), u64>,
}

impl Lacking {
    /// Counts for another rule set from now on; what was counted stays.
    pub(crate) fn renew<'c>(
        &mut self,
        rules: &RuleSet,
        conditions: impl Iterator<Item = &'c BoundCondition>,
    ) {
        let past = self.table(|_| {});
        let indicators = rules.indicators.iter().map(|rule| rule.condition.id.clone());
        let suppressors = rules.suppressors.iter().map(|rule| rule.condition.id.clone());
        let names: Vec<String> = indicators.chain(suppressors).collect();
        let mut readers = vec![Vec::new(); rules.selections.len()];
        for (rule, condition) in (0..).zip(conditions) {
            for selection in &condition.selections {
                if let Some(readers) = readers.get_mut(usize::from(*selection)) {
                    readers.push((rule, condition.subject));
                }
            }
        }
        let (counts, met) = (vec![Vec::new(); names.len()], vec![0; names.len()]);
        *self = Self { names, readers, counts, met, past };
    }

    /// Hands over what was counted, with what is `pending`.
    pub(crate) fn write(
        &self,
        sink: &mut dyn Sink,
        pending: impl FnOnce(&mut dyn FnMut(Lacked)),
    ) -> Result<(), SnapshotError> {
        let table: Vec<_> = self.table(pending).into_iter().collect();
        snapshot::put(sink, "lacking", &self.met)?;
        snapshot::put_all(sink, "lacking", &table, 32)
    }

    /// Goes on counting from there.
    pub(crate) fn read(&mut self, source: &mut dyn Source) -> Result<(), SnapshotError> {
        self.met = snapshot::take(source, "lacking")?;
        let table: Vec<((String, String), u64)> = snapshot::take_all(source, "lacking")?;
        self.past = table.into_iter().collect();
        Ok(())
    }

    /// Ends of payments for which a selection is unknown, and the kinds of subjects that stand
    /// there: they are no payments of the others.
    pub(crate) fn selection(&mut self, lacked: Lacked) {
        note(&self.readers, &mut self.counts, lacked);
    }

    /// How many evaluations the next one of a rule stands for, if it is one to follow to the end.
    pub(crate) fn weight(&self, rule: u16) -> Option<u64> {
        match self.met.get(usize::from(rule)).copied().unwrap_or(0) {
            met if met < WHOLE => Some(1),
            met => met.is_multiple_of(ONE_IN).then_some(ONE_IN),
        }
    }

    /// An evaluation of a rule that met a missing field; with the first one where it could not be
    /// decided for lack of it.
    pub(crate) fn rule(&mut self, rule: u16, weight: u64, undecided: Option<Option<Field>>) {
        if let Some(met) = self.met.get_mut(usize::from(rule)) {
            *met = met.saturating_add(1);
        }
        if let Some(field) = undecided {
            bump(&mut self.counts, rule, field, weight);
        }
    }

    /// Every count, by rule and field as rules write it; `computed` where no field was missing,
    /// such as in a division by zero.
    /// `pending` tells of unknown selections that are not counted yet.
    pub(crate) fn table(
        &self,
        pending: impl FnOnce(&mut dyn FnMut(Lacked)),
    ) -> BTreeMap<(String, String), u64> {
        let mut table = self.past.clone();
        let mut all = self.counts.clone();
        pending(&mut |lacked| note(&self.readers, &mut all, lacked));
        for (name, counts) in self.names.iter().zip(&all) {
            for (field, count) in counts {
                let known = table.entry((name.clone(), name_of(*field))).or_default();
                *known = known.saturating_add(*count);
            }
        }
        table
    }
}

/// The name of what was missing.
pub(crate) fn name_of(field: Option<Field>) -> String {
    field.map_or_else(|| "computed".to_owned(), field_name)
}

fn note(
    readers: &[Vec<(u16, Subject)>],
    counts: &mut [Vec<(Option<Field>, u64)>],
    (selection, field, kinds, times): Lacked,
) {
    let readers = readers.get(usize::from(selection)).into_iter().flatten();
    for (rule, _) in readers.filter(|(_, subject)| kinds.has(*subject)) {
        bump(counts, *rule, field, times);
    }
}

fn bump(counts: &mut [Vec<(Option<Field>, u64)>], rule: u16, field: Option<Field>, more: u64) {
    let Some(fields) = counts.get_mut(usize::from(rule)) else { return };
    match fields.iter_mut().find(|(known, _)| *known == field) {
        Some((_, count)) => *count = count.saturating_add(more),
        None => fields.push((field, more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_first_evaluations_one_in_sixteen_counts_for_sixteen() {
        let (names, counts) = (vec!["A-1".to_owned()], vec![Vec::new()]);
        let mut lacking = Lacking { names, counts, met: vec![0], ..Lacking::default() };
        for _ in 0..WHOLE + 10 * ONE_IN {
            // Undecided where anybody looks.
            let weight = lacking.weight(0);
            lacking.rule(0, weight.unwrap_or(0), weight.map(|_| Some(Field::Hour)));
        }
        let key = ("A-1".to_owned(), "hour".to_owned());
        assert_eq!(lacking.table(|_| {}), BTreeMap::from([(key, WHOLE + 10 * ONE_IN)]));
    }
}
