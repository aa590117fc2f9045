//! Each alert of one rule set against those of another.
//!
//! Two alerts are the same matter where they are of one typology and either have one anchor, and episodes
//! that overlap or evidence in common, or share half of their evidence (Jaccard of the payments that they
//! name, at least 0.5). Matters that hang together make a group, and what became of a group has one name
//! ([`Change`]). Every alert that was published live is in exactly one group.
//!
//! Cost: for each typology its alerts by anchor, and pairs of those that name a payment in common.

use crate::told::Told;
use palermo_domain::EventTime;
use std::collections::{BTreeMap, BTreeSet};

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The baseline told it, the candidate never does.
    Lost,
    /// The candidate tells what the baseline never did.
    New,
    /// Told later than before.
    Later,
    /// Told earlier than before.
    Earlier,
    /// One became several.
    Split,
    /// Several became one.
    Merged,
    /// Told at the same moment with another score, level or standing.
    Rescored,
    /// Told at the same moment with the same score and level.
    Same,
}

impl Change {
    /// Every change, what needs a look first.
    pub const ALL: [Self; 8] = [
        Self::Lost,
        Self::New,
        Self::Later,
        Self::Earlier,
        Self::Split,
        Self::Merged,
        Self::Rescored,
        Self::Same,
    ];

    /// The word in `diff.jsonl`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::New => "new",
            Self::Later => "later",
            Self::Earlier => "earlier",
            Self::Split => "split",
            Self::Merged => "merged",
            Self::Rescored => "rescored",
            Self::Same => "same",
        }
    }
}

/// A matter, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'a> {
    /// What became of it.
    pub change: Change,
    /// Of the baseline, by time.
    pub before: Vec<&'a Told>,
    /// Of the candidate, by time.
    pub after: Vec<&'a Told>,
    /// The first predicate that decided it, said by whoever did not tell it then.
    pub reason: Option<String>,
}

impl Difference<'_> {
    /// The typology.
    pub fn typology(&self) -> &str {
        self.one().map_or("", |told| &told.typology)
    }

    /// Whom it is about.
    pub fn anchor(&self) -> &str {
        self.one().map_or("", |told| &told.anchor)
    }

    /// When it was told first, by either.
    pub fn at(&self) -> EventTime {
        let all = self.before.iter().chain(&self.after);
        all.map(|told| told.at).min().unwrap_or_default()
    }

    fn one(&self) -> Option<&Told> {
        self.before.first().or(self.after.first()).copied()
    }
}

/// All of them, what needs a look first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared<'a> {
    /// In order of change, time, typology.
    pub all: Vec<Difference<'a>>,
}

impl<'a> Compared<'a> {
    /// Those of a kind.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &Difference<'a>> {
        self.all.iter().filter(move |one| one.change == change)
    }

    /// How many there are of a kind.
    pub fn count(&self, change: Change) -> usize {
        self.of(change).count()
    }
}

/// Compares what two rule sets told. `why_not_before` says why the baseline did not tell what the
/// candidate did, by the alert's id, and `why_not_after` the other way round.
pub fn compare<'a>(
    before: &'a [Told],
    after: &'a [Told],
    why_not_before: &BTreeMap<String, String>,
    why_not_after: &BTreeMap<String, String>,
) -> Compared<'a> {
    let before: Vec<&Told> = before.iter().filter(|told| told.was_live()).collect();
    let after: Vec<&Told> = after.iter().filter(|told| told.was_live()).collect();
    let mut all: Vec<Difference<'a>> = groups(&before, &after)
        .into_iter()
        .flat_map(|(before, after)| named(before, after))
        .map(|mut one| {
            let after = one.before.iter().find_map(|told| why_not_after.get(&told.id));
            let before = one.after.iter().find_map(|told| why_not_before.get(&told.id));
            let reason = match one.change {
                Change::Same => None,
                Change::New | Change::Earlier | Change::Merged => before.or(after),
                Change::Lost | Change::Later | Change::Split | Change::Rescored => after.or(before),
            };
            one.reason = reason.cloned();
            one
        })
        .collect();
    all.sort_by(|a, b| {
        let key = |one: &Difference<'a>| (one.change, one.at());
        key(a)
            .cmp(&key(b))
            .then_with(|| (a.typology(), a.anchor()).cmp(&(b.typology(), b.anchor())))
    });
    Compared { all }
}

/// Gives a group its name. As many before as after are pairs: of one anchor first, then by time.
fn named<'a>(before: Vec<&'a Told>, after: Vec<&'a Told>) -> Vec<Difference<'a>> {
    let made = |change, before, after| Difference { change, before, after, reason: None };
    match (before.len(), after.len()) {
        (_, 0) => before.into_iter().map(|one| made(Change::Lost, vec![one], vec![])).collect(),
        (0, _) => after.into_iter().map(|one| made(Change::New, vec![], vec![one])).collect(),
        (b, a) if b < a => vec![made(Change::Split, before, after)],
        (b, a) if b > a => vec![made(Change::Merged, before, after)],
        _ => pairs(before, after)
            .into_iter()
            .map(|(before, after)| made(of_pair(before, after), vec![before], vec![after]))
            .collect(),
    }
}

fn pairs<'a>(before: Vec<&'a Told>, mut after: Vec<&'a Told>) -> Vec<(&'a Told, &'a Told)> {
    let (mut pairs, mut rest) = (Vec::new(), Vec::new());
    for one in before {
        match after.iter().position(|other| other.anchor == one.anchor) {
            Some(at) => pairs.push((one, after.remove(at))),
            None => rest.push(one),
        }
    }
    pairs.extend(rest.into_iter().zip(after));
    pairs
}

fn of_pair(before: &Told, after: &Told) -> Change {
    let standing = |told: &Told| (told.score, told.level, told.urgent, told.stands());
    match after.at.cmp(&before.at) {
        std::cmp::Ordering::Less => Change::Earlier,
        std::cmp::Ordering::Greater => Change::Later,
        std::cmp::Ordering::Equal if standing(before) != standing(after) => Change::Rescored,
        std::cmp::Ordering::Equal => Change::Same,
    }
}

type Group<'a> = (Vec<&'a Told>, Vec<&'a Told>);

/// What hangs together. Numbers below `before.len()` are of the baseline.
fn groups<'a>(before: &[&'a Told], after: &[&'a Told]) -> Vec<Group<'a>> {
    let mut union = Union((0..before.len().saturating_add(after.len())).collect());
    let mut by_anchor: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    let mut by_payment: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (number, told) in before.iter().enumerate() {
        by_anchor.entry((&told.typology, &told.anchor)).or_default().push(number);
        for id in &told.evidence {
            by_payment.entry((&told.typology, id)).or_default().push(number);
        }
    }
    for (number, told) in after.iter().enumerate() {
        let here = by_anchor.get(&(told.typology.as_str(), told.anchor.as_str()));
        let sharing: BTreeSet<usize> = told
            .evidence
            .iter()
            .filter_map(|id| by_payment.get(&(told.typology.as_str(), id.as_str())))
            .flatten()
            .chain(here.into_iter().flatten())
            .copied()
            .collect();
        for other in sharing {
            if before.get(other).is_some_and(|before| same_matter(before, told)) {
                union.join(other, before.len().saturating_add(number));
            }
        }
    }
    let mut groups: BTreeMap<usize, Group<'a>> = BTreeMap::new();
    for (number, told) in before.iter().enumerate() {
        groups.entry(union.root(number)).or_default().0.push(told);
    }
    for (number, told) in after.iter().enumerate() {
        groups.entry(union.root(before.len().saturating_add(number))).or_default().1.push(told);
    }
    groups.into_values().collect()
}

/// Whether two alerts of one typology are about one matter.
fn same_matter(a: &Told, b: &Told) -> bool {
    let overlap = a.episode.0 <= b.episode.1 && b.episode.0 <= a.episode.1;
    let both = a.evidence.intersection(&b.evidence).count();
    if a.anchor == b.anchor && (overlap || both > 0) {
        return true;
    }
    let all = a.evidence.len().saturating_add(b.evidence.len()).saturating_sub(both);
    both > 0 && both.saturating_mul(2) >= all
}

/// Numbers that belong together; the smallest of each set names it.
struct Union(Vec<usize>);

impl Union {
    fn root(&self, mut of: usize) -> usize {
        while let Some(up) = self.0.get(of).copied().filter(|up| *up != of) {
            of = up;
        }
        of
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(of) = self.0.get_mut(a.max(b)) {
            *of = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests;
