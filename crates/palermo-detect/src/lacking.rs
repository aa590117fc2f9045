//! What rules could not decide, by rule and field.
//!
//! Counted are payments for which a selection is unknown (once for each rule that reads it), and
//! evaluations that did not hold and might have, had a field been delivered. A rule goes blind
//! without an error where an upstream change takes its field away; this is where it shows.
//!
//! Cost: a look through the few fields a rule ever lacked; texts are made when somebody asks.

use crate::bind::BoundCondition;
use palermo_lang::field_name;
use palermo_lang::program::{Field, RuleSet};
use std::collections::BTreeMap;

/// The counters. Rules are numbered: indicators, then suppressors.
#[derive(Debug, Default)]
pub(crate) struct Lacking {
    names: Vec<String>,
    /// The rules that read a selection.
    readers: Vec<Vec<u16>>,
    counts: Vec<Vec<(Option<Field>, u64)>>,
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
        let past = self.table();
        let indicators = rules.indicators.iter().map(|rule| rule.condition.id.clone());
        let suppressors = rules.suppressors.iter().map(|rule| rule.condition.id.clone());
        let names: Vec<String> = indicators.chain(suppressors).collect();
        let mut readers = vec![Vec::new(); rules.selections.len()];
        for (rule, condition) in (0..).zip(conditions) {
            for selection in &condition.selections {
                if let Some(readers) = readers.get_mut(usize::from(*selection)) {
                    readers.push(rule);
                }
            }
        }
        let counts = vec![Vec::new(); names.len()];
        *self = Self { names, readers, counts, past };
    }

    /// A payment for which a selection is unknown.
    pub(crate) fn selection(&mut self, selection: u16, field: Option<Field>) {
        let Some(readers) = self.readers.get(usize::from(selection)) else { return };
        for rule in readers {
            bump(&mut self.counts, *rule, field);
        }
    }

    /// An evaluation of a rule that could not be decided.
    pub(crate) fn rule(&mut self, rule: u16, field: Option<Field>) {
        bump(&mut self.counts, rule, field);
    }

    /// Every count, by rule and field as rules write it; `computed` where no field was missing,
    /// such as in a division by zero.
    pub(crate) fn table(&self) -> BTreeMap<(String, String), u64> {
        let mut table = self.past.clone();
        for (name, counts) in self.names.iter().zip(&self.counts) {
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

fn bump(counts: &mut [Vec<(Option<Field>, u64)>], rule: u16, field: Option<Field>) {
    let Some(fields) = counts.get_mut(usize::from(rule)) else { return };
    match fields.iter_mut().find(|(known, _)| *known == field) {
        Some((_, count)) => *count = count.saturating_add(1),
        None => fields.push((field, 1)),
    }
}
