//! What a rule folder covers: which indicators look for a crime, which typologies make alerts of them, and
//! how each is tested.
//!
//! Coverage is depth and not a count: an indicator that no live typology names makes no alert, and one
//! without a test that finds and a look-alike that does not is a claim. Whether it ever found something is
//! for a backtest to say. Cost: one pass over rules and tests.

use crate::library::{Library, Tree};
use crate::program::RuleSet;
use crate::test_notes::{Purpose, notes};
use palermo_domain::alert::Mode;
use std::collections::BTreeMap;

/// An indicator as one crime sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The crime, as it is written.
    pub crime: String,
    /// The indicator.
    pub indicator: String,
    /// Its version.
    pub version: String,
    /// What it is.
    pub title: String,
    /// Techniques of AMLTRIX that it names.
    pub amltrix: Vec<String>,
    /// The typologies that name it, and how each is deployed; `None`: not.
    pub typologies: Vec<(String, Option<Mode>)>,
    /// Its tests.
    pub tests: Tested,
}

/// Tests of a rule, by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tested {
    /// All.
    pub all: usize,
    /// Those that must find.
    pub found: usize,
    /// Lawful look-alikes.
    pub lookalikes: usize,
    /// Cases that are known to be missed.
    pub gaps: usize,
    /// Lawful cases that are known to be found.
    pub false_positives: usize,
}

impl Tested {
    /// Whether something must be found and something lawful must not.
    pub fn is_both_ways(self) -> bool {
        self.found > 0 && self.lookalikes > 0
    }
}

impl Covered {
    /// How it is deployed at best.
    pub fn mode(&self) -> Option<Mode> {
        let modes = || self.typologies.iter().filter_map(|(_, mode)| *mode);
        modes().find(|mode| *mode == Mode::Live).or_else(|| modes().next())
    }
}

/// Every indicator, once for each crime that it names; by crime and id. `deployed` says what runs.
pub fn coverage(library: &Library, deployed: &RuleSet) -> Vec<Covered> {
    let modes: BTreeMap<&str, Mode> =
        deployed.typologies.iter().map(|typology| (typology.id.as_str(), typology.mode)).collect();
    let edges = library.edges();
    let mut all = Vec::new();
    for rule in library.rules.iter().filter(|rule| rule.tree.at("kind") == "Indicator") {
        let tree = &rule.tree;
        let id = tree.at("id");
        let mut users: Vec<&str> =
            edges.iter().filter(|(_, _, to)| to == id).map(|(from, ..)| from.as_str()).collect();
        users.dedup();
        let of_kind =
            |id: &&&str| library.rule(id).is_some_and(|user| user.tree.at("kind") == "Typology");
        let typologies = users.iter().filter(of_kind);
        let typologies: Vec<(String, Option<Mode>)> =
            typologies.map(|user| ((*user).to_owned(), modes.get(user).copied())).collect();
        let tests = tested(&notes(library, rule));
        let texts = |key: &str| {
            tree.get(key).map(Tree::texts).unwrap_or_default().into_iter().map(str::to_owned)
        };
        all.extend(texts("crime").map(|crime| Covered {
            crime,
            indicator: id.to_owned(),
            version: tree.at("version").to_owned(),
            title: tree.at("title").to_owned(),
            amltrix: texts("amltrix").collect(),
            typologies: typologies.clone(),
            tests,
        }));
    }
    all.sort_by(|a, b| (&a.crime, &a.indicator).cmp(&(&b.crime, &b.indicator)));
    all
}

pub(crate) fn tested(notes: &[crate::test_notes::TestNote]) -> Tested {
    let of = |purpose| notes.iter().filter(|test| test.purpose == purpose).count();
    Tested {
        all: notes.len(),
        found: of(Purpose::Positive),
        lookalikes: notes.iter().filter(|test| !test.lookalike.is_empty()).count(),
        gaps: of(Purpose::KnownGap),
        false_positives: of(Purpose::KnownFalsePositive),
    }
}
