//! A rule folder that is read and checked once, from which single rules are compiled again and
//! again: what tests of rules need.
//!
//! [`Shelf::rule`] compiles one rule with all that it names (the indicators and suppressors of a
//! typology, what an indicator asks for) and nothing else, so its cost does not grow with the
//! folder. What comes out decides as the whole folder would: rules do not see each other but
//! through what they name.

use super::place::Place;
use super::{Compiled, Folder, Limits, Overrides, What, compile_all};
use crate::check::condition::Env;
use crate::check::deploy::RuleSetFile;
use crate::check::pool::{Lists, Pool};
use crate::diagnostic::{Diagnostics, RuleError, Severity};
use crate::program::{Condition, RuleSet};
use crate::source::Sources;
use std::collections::BTreeSet;

/// Every file of a folder, read and checked.
pub struct Shelf {
    folder: Folder,
    lists: Lists,
    limits: Limits,
    all: RuleSet,
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shelf").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Shelf {
    /// Reads and checks every file, as [`compile_all`] does. Cost: two readings of the folder.
    ///
    /// # Errors
    /// Those of [`compile_all`].
    pub fn new(sources: &Sources, limits: &Limits) -> Result<Self, Diagnostics> {
        let all = compile_all(sources, limits)?.rules;
        let mut folder = Folder::read(sources);
        let (lists, _) = folder.lists(Place::Everywhere);
        Ok(Self { folder, lists, limits: *limits, all })
    }

    /// Every rule of the folder, as live.
    pub const fn all(&self) -> &RuleSet {
        &self.all
    }

    /// A rule, in every version that the folder has of it, with what it names; parameters
    /// replaced. The hash of the rule set stays that of the sources. An id that no rule has gives
    /// a rule set without rules.
    ///
    /// # Errors
    /// What is wrong with the rule under these parameters.
    pub fn rule(&self, id: &str, overrides: &Overrides) -> Result<RuleSet, Diagnostics> {
        let mut scratch = self.folder.restricted(&self.needed(id));
        let ids = scratch.ids(What::Indicator);
        let mut pool = Pool::new(&self.lists, &ids);
        let mut env = Env { pool: &mut pool, lists: &self.lists, limits: &self.limits, overrides };
        let conditions = scratch.conditions(&mut env);
        scratch.asked(&conditions);
        let typologies = scratch.typologies(&mut env, &conditions);
        let modifiers = scratch.modifiers(&mut env, &scratch.ids(What::Typology));
        let errors: Vec<RuleError> = scratch
            .into_errors()
            .into_iter()
            .filter(|error| error.severity == Severity::Error)
            .collect();
        if !errors.is_empty() {
            return Err(Diagnostics::new(errors));
        }
        let ruleset = RuleSetFile {
            name: self.all.name.clone(),
            version: self.all.version.clone(),
            suppressions: self.all.suppressions.clone(),
            ..RuleSetFile::default()
        };
        let Compiled { mut rules, .. } = conditions.with(typologies, modifiers, pool, ruleset);
        rules.sha256.clone_from(&self.all.sha256);
        Ok(rules)
    }

    /// The id and those of all that the rule names, directly or not.
    fn needed(&self, id: &str) -> BTreeSet<String> {
        let all = &self.all;
        let mut ids = BTreeSet::from([id.to_owned()]);
        let mut linked = vec![id.to_owned()];
        // A modifier is tested with the typologies that it orders.
        for modifier in all.modifiers.iter().filter(|modifier| modifier.id == id) {
            ids.extend(modifier.applies_to.iter().cloned());
            linked.extend(modifier.applies_to.iter().cloned());
        }
        while let Some(id) = linked.pop() {
            for typology in all.typologies.iter().filter(|typology| typology.id == id) {
                let further = typology.typologies().filter(|id| ids.insert((*id).to_owned()));
                linked.extend(further.map(str::to_owned));
            }
        }
        let named = ids.clone();
        for typology in all.typologies.iter().filter(|typology| named.contains(&typology.id)) {
            for named in typology.indicators() {
                let rule = all.indicators.get(usize::from(named.0));
                ids.extend(rule.map(|rule| rule.condition.id.clone()));
            }
            for named in &typology.suppress {
                let rule = all.suppressors.get(usize::from(named.0));
                ids.extend(rule.map(|rule| rule.condition.id.clone()));
            }
        }
        let indicators = all.indicators.iter().map(|rule| &rule.condition);
        let suppressors = all.suppressors.iter().map(|rule| &rule.condition);
        let conditions: Vec<&Condition> = indicators.chain(suppressors).collect();
        let mut next: Vec<String> = ids.iter().cloned().collect();
        while let Some(id) = next.pop() {
            let asks = conditions.iter().filter(|rule| rule.id == id).flat_map(|rule| &rule.asks);
            next.extend(asks.filter(|(_, id)| ids.insert(id.clone())).map(|(_, id)| id.clone()));
        }
        ids
    }
}
