//! Where rules run. `regions` of a rule names packs; a rule of which no pack is on does not run.
//!
//! Such a rule is checked and locked like any other and left out of the program: a typology with a reason,
//! an indicator or suppressor as one that never holds. What then can hold no longer is left out too: a
//! typology whose `require` cannot hold or whose families are not reached without it. Whoever deploys by
//! name what cannot run is told (E173), since a typology that waits for ever looks like one that finds
//! nothing.
//!
//! Cost: one visit of each rule and each formula, at compilation. Nothing of it is left at run time.

use super::{Conditions, Folder, Off, What};
use crate::check::deploy::{Idle, packs as packs_of};
use crate::check::head::{region, regions as regions_of};
use crate::check::pool::index;
use crate::program::{Family, Far, IndicatorId, Linked, Logic, Need, Typology};
use crate::yaml;
use std::collections::BTreeSet;

/// Which packs are on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'p> {
    /// All, as in tests of single rules.
    Everywhere,
    /// Those of `ruleset.yaml`; all where it names none.
    RuleSet,
    /// These, of a folder that was checked before.
    Packs(&'p BTreeSet<String>),
}

/// The packs of a folder that are on; `None` is all of them.
pub(super) type On = Option<BTreeSet<String>>;

impl Folder {
    /// Which packs are on, and what of `packs` and `regions` names none of those that there are.
    pub(super) fn packs(&mut self, known: &BTreeSet<String>, place: Place<'_>) -> On {
        let mut named = None;
        for file in self.of(What::RuleSet) {
            named = packs_of(&mut file.cx, &file.root, known);
        }
        let on = match place {
            Place::Everywhere => None,
            Place::RuleSet => named,
            Place::Packs(packs) => return Some(packs.clone()),
        };
        for file in self.files.iter_mut().filter(|file| file.what.is_rule()) {
            let Some(node) = file.root.at("regions") else { continue };
            let items = file.cx.items(node);
            if items.is_empty() && matches!(node.value, yaml::Value::Seq(_)) {
                let help =
                    "name packs such as `us`, or leave `regions` out: the rule runs everywhere";
                file.cx.error("E106", &node.range, "a rule for no region", help);
            }
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            for item in items {
                let is_known = |word: &str| known.contains(&region(word)).then_some(());
                file.cx.word(item, "pack", &names, is_known);
            }
        }
        on
    }

    /// Ids of the indicators, suppressors and modifiers that are off.
    pub(super) fn off(&self, on: &On) -> BTreeSet<String> {
        let files = self.files.iter().filter(|file| {
            file.what.is_rule()
                && file.what != What::Typology
                && !runs(&regions_of(file.root.at("regions")), on)
        });
        files.map(|file| file.id.clone()).collect()
    }

    /// Typologies that cannot run where these rules are off.
    pub(super) fn idle(
        &self,
        typologies: &[Typology],
        all: &Conditions,
        off: &BTreeSet<String>,
        on: &On,
    ) -> Idle {
        let reason = |rule: &Typology| {
            let is_it = |file: &&super::File| {
                file.what == What::Typology && file.id == rule.id && file.version == rule.version
            };
            let regions =
                self.files.iter().find(is_it).map(|file| regions_of(file.root.at("regions")));
            let elsewhere = regions.filter(|regions| !runs(regions, on));
            elsewhere.map(|regions| format!("its regions are off: {}", listed(&regions))).or_else(
                || lacks(rule, all, off).map(|ids| format!("it cannot hold without {ids}")),
            )
        };
        let each = |rule: &Typology| Some(((rule.id.clone(), rule.version.clone()), reason(rule)?));
        typologies.iter().filter_map(each).collect()
    }
}

/// The typologies that can run, without the rules that are off, and why the others do not.
pub(super) fn placed(
    typologies: Vec<Typology>,
    all: &Conditions,
    off: &BTreeSet<String>,
    idle: &Idle,
) -> (Vec<Typology>, Off) {
    let (mut kept, mut left) = (Vec::new(), Off::new());
    for rule in typologies {
        let key = (rule.id.clone(), rule.version.clone());
        match idle.get(&key) {
            Some(reason) => left.push((key.0, key.1, reason.clone())),
            None => kept.push(without(rule, all, off)),
        }
    }
    (kept, left)
}

fn runs(regions: &[String], on: &On) -> bool {
    let Some(on) = on else { return true };
    regions.is_empty() || regions.iter().any(|region| on.contains(region))
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Whether a rule that is off has this number.
fn is_off(all: &Conditions, off: &BTreeSet<String>, id: IndicatorId) -> bool {
    let rule = all.indicators.get(usize::from(id.0));
    rule.is_some_and(|rule| off.contains(&rule.condition.id))
}

/// The rules that are off without which a typology cannot hold.
fn lacks(rule: &Typology, all: &Conditions, off: &BTreeSet<String>) -> Option<String> {
    let kept = |id: &IndicatorId| !is_off(all, off, *id);
    let ways: Vec<&Linked> =
        rule.linked.iter().filter(|linked| !ends_nowhere(linked, &kept)).collect();
    let own = rule.required.iter().chain(&rule.boost).copied();
    let far = ways.iter().filter(|_| rule.counts_linked()).flat_map(|way| way.indicators());
    let left = own.chain(far).filter(|id| kept(id));
    let families = left.filter_map(|id| all.indicators.get(usize::from(id.0))).map(|i| i.family);
    // A path to evidence elsewhere is evidence of a network.
    let path = (!ways.is_empty()).then_some(Family('N'));
    let reached: BTreeSet<Family> =
        families.filter(|family| *family != Family('G')).chain(path).collect();
    let may_hold = require(rule, &kept) != Err(false);
    if may_hold && rule.families.eval(&mut |family| reached.contains(&family)) {
        return None;
    }
    let ids: BTreeSet<String> = rule
        .indicators()
        .filter(|id| !kept(id))
        .filter_map(|id| all.indicators.get(usize::from(id.0)))
        .map(|rule| rule.condition.id.clone())
        .collect();
    // What was short of families before is told elsewhere.
    (!ids.is_empty()).then(|| listed(&ids.into_iter().collect::<Vec<_>>()))
}

/// A typology without the rules that are off; one that can hold without them.
fn without(rule: Typology, all: &Conditions, off: &BTreeSet<String>) -> Typology {
    let kept = |id: &IndicatorId| !is_off(all, off, *id);
    let left = require(&rule, &kept);
    let suppress = rule.suppress.into_iter().filter(|id| {
        let known = all.suppressors.get(usize::from(id.0));
        known.is_none_or(|rule| !off.contains(&rule.condition.id))
    });
    Typology {
        require: left.unwrap_or(rule.require),
        linked: rule.linked.into_iter().map(|linked| nearer(linked, &kept)).collect(),
        required: rule.required.into_iter().filter(kept).collect(),
        boost: rule.boost.into_iter().filter(kept).collect(),
        suppress: suppress.collect(),
        ..rule
    }
}

/// What is left of `require`; see [`reduced`].
fn require(rule: &Typology, kept: &dyn Fn(&IndicatorId) -> bool) -> Result<Logic<Need>, bool> {
    let is_false = |need| match need {
        Need::Here(id) => !kept(&id),
        Need::Linked(at) => {
            rule.linked.get(usize::from(at)).is_some_and(|linked| ends_nowhere(linked, kept))
        }
    };
    reduced(&rule.require, &|need| is_false(need).then_some(false))
}

/// Whether a `linked(…)` cannot hold. It never holds of itself: something must be found at its end, also
/// where what it denies is off.
fn ends_nowhere(linked: &Linked, kept: &dyn Fn(&IndicatorId) -> bool) -> bool {
    reduced(&linked.of, &|at| gone(linked, at, kept)) == Err(false)
}

/// False where a position of `linked(…)` names what is off.
fn gone(linked: &Linked, at: u16, kept: &dyn Fn(&IndicatorId) -> bool) -> Option<bool> {
    match linked.far.get(usize::from(at)) {
        Some(Far::Indicator(id)) => (!kept(id)).then_some(false),
        _ => None,
    }
}

/// `linked(…)` without what is off. One of which nothing is left keeps its place, as `require` counts them,
/// and nothing is looked for; of one that denied what is off anything that it names is enough.
fn nearer(linked: Linked, kept: &dyn Fn(&IndicatorId) -> bool) -> Linked {
    let of = reduced(&linked.of, &|at| gone(&linked, at, kept));
    let of = of.unwrap_or_else(|known| match known {
        true => Logic::And(Vec::new()),
        false => Logic::Or(Vec::new()),
    });
    let stays = |at: &u16| gone(&linked, *at, kept).is_none();
    let positions: Vec<u16> = (0_u16..).take(linked.far.len()).filter(stays).collect();
    let place = |at: u16| positions.iter().position(|old| *old == at).unwrap_or(usize::MAX);
    let of = of.map(&|at| index(place(at)));
    let far = positions.iter().filter_map(|at| linked.far.get(usize::from(*at)).cloned());
    Linked { of, far: far.collect(), ..linked }
}

/// A formula without the variables that are known; `Err` is its truth where nothing else is left.
fn reduced<T: Copy>(logic: &Logic<T>, of: &dyn Fn(T) -> Option<bool>) -> Result<Logic<T>, bool> {
    match logic {
        Logic::Var(variable) => of(*variable).map_or(Ok(Logic::Var(*variable)), Err),
        Logic::And(parts) => joined(parts, true, Logic::And, of),
        Logic::Or(parts) => joined(parts, false, Logic::Or, of),
        Logic::Not(inner) => match reduced(inner, of) {
            Ok(inner) => Ok(Logic::Not(Box::new(inner))),
            Err(known) => Err(!known),
        },
    }
}

/// The same of several; `neutral` is the truth that a part may have without deciding.
fn joined<T: Copy>(
    parts: &[Logic<T>],
    neutral: bool,
    all: fn(Vec<Logic<T>>) -> Logic<T>,
    of: &dyn Fn(T) -> Option<bool>,
) -> Result<Logic<T>, bool> {
    let mut left = Vec::new();
    for part in parts {
        match reduced(part, of) {
            Ok(part) => left.push(part),
            Err(known) if known == neutral => {}
            Err(known) => return Err(known),
        }
    }
    let last = left.pop().ok_or(neutral)?;
    if left.is_empty() {
        return Ok(last);
    }
    left.push(last);
    Ok(all(left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn formula() -> impl Strategy<Value = Logic<u16>> {
        (0_u16..5).prop_map(Logic::Var).prop_recursive(4, 24, 4, |inner| {
            let parts = || prop::collection::vec(inner.clone(), 1..4);
            prop_oneof![
                parts().prop_map(Logic::And),
                parts().prop_map(Logic::Or),
                inner.clone().prop_map(|inner| Logic::Not(Box::new(inner))),
            ]
        })
    }

    fn variables(logic: &Logic<u16>, all: &mut BTreeSet<u16>) {
        match logic {
            Logic::Var(variable) => {
                all.insert(*variable);
            }
            Logic::And(parts) | Logic::Or(parts) => {
                parts.iter().for_each(|part| variables(part, all));
            }
            Logic::Not(inner) => variables(inner, all),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        /// The oracle asks the whole formula under every assignment of the variables that are not known.
        #[test]
        fn what_is_left_of_a_formula_is_true_where_the_whole_is(
            logic in formula(),
            off in prop::collection::btree_set(0_u16..5, 0..4),
        ) {
            let left = reduced(&logic, &|at| off.contains(&at).then_some(false));
            let mut truths = BTreeSet::new();
            for set in 0_u16..32 {
                let whole = logic.eval(&mut |at| set >> at & 1 == 1 && !off.contains(&at));
                truths.insert(whole);
                let told = left.as_ref().map_or_else(|known| *known, |left| left.eval(&mut |at| set >> at & 1 == 1));
                prop_assert_eq!(told, whole);
            }
            // What is left names nothing that is off. It may still hold always or never, as `A && !A` does.
            if let Ok(left) = &left {
                let mut named = BTreeSet::new();
                variables(left, &mut named);
                prop_assert!(named.is_disjoint(&off));
            } else {
                prop_assert_eq!(truths.len(), 1);
            }
        }
    }
}
