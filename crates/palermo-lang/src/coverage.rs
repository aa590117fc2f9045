//! What a rule folder covers: which indicators look for a crime, which of its typologies make alerts of them,
//! and how each is tested.
//!
//! Coverage is depth and not a count: an indicator that no live typology names makes no alert, and one
//! without a test that finds and a look-alike that does not is a claim. Whether it ever found something is
//! for a backtest to say. Cost: one pass over rules and tests.

use crate::library::{Library, Tree};
use crate::program::{Condition, RuleSet, Typology};
use crate::source::sha256_hex;
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
    /// What decides, logic and parameters ([`decides`]).
    pub sha256: String,
    /// What it is.
    pub title: String,
    /// Techniques of AMLTRIX that it names.
    pub amltrix: Vec<String>,
    /// The typologies of this crime that name it, and how each is deployed at best; `None`: not.
    pub typologies: Vec<(String, Option<Mode>)>,
    /// Whether typologies of other crimes name it.
    pub elsewhere: bool,
    /// Its tests.
    pub tests: Tested,
}

/// A hash of what decides an indicator, logic and parameters.
pub fn decides(condition: &Condition) -> String {
    sha256_hex(&format!("{} {}", condition.logic_sha256, condition.params_sha256))
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
    let program = &library.program;
    let mode = |id: &str, version: &str| {
        let runs = deployed.typologies.iter().find(|rule| rule.id == id && rule.version == version);
        runs.map(|rule| rule.mode)
    };
    let mut all = Vec::new();
    for (number, rule) in (0_u16..).zip(&program.indicators) {
        let Some(written) = library.rule(&rule.condition.id) else { continue };
        let tests = tested(&notes(library, written));
        let amltrix = written.tree.get("amltrix").map(Tree::texts).unwrap_or_default();
        let users = || {
            let names = move |user: &&Typology| user.indicators().any(|id| id.0 == number);
            program.typologies.iter().filter(names)
        };
        for crime in &rule.crime {
            // The versions of one typology are one: live where any of them is.
            let mut typologies: BTreeMap<&str, Option<Mode>> = BTreeMap::new();
            for user in users().filter(|user| user.crime.contains(crime)) {
                let runs = mode(&user.id, &user.version);
                let best = typologies.entry(&user.id).or_default();
                *best = match (*best, runs) {
                    (Some(Mode::Live), _) | (_, Some(Mode::Live)) => Some(Mode::Live),
                    (known, other) => known.or(other),
                };
            }
            all.push(Covered {
                crime: crime.clone(),
                indicator: rule.condition.id.clone(),
                version: rule.condition.version.clone(),
                sha256: decides(&rule.condition),
                title: rule.condition.title.clone(),
                amltrix: amltrix.iter().map(|&id| id.to_owned()).collect(),
                elsewhere: users().any(|user| !user.crime.contains(crime)),
                typologies: typologies
                    .into_iter()
                    .map(|(id, mode)| (id.to_owned(), mode))
                    .collect(),
                tests,
            });
        }
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
