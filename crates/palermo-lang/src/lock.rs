//! `rules.lock`: which detection each version of a rule and of a list stands for.
//!
//! A version is a promise to those who defend an alert: what is written under it does not change. The
//! lock records, for every version there ever was, the hash of what decides (logic, parameters; for
//! lists the rows). A rule that decides otherwise under a version that is locked is refused (E180); a
//! version that is not locked yet is a warning (W342), so that work in progress can be tried. Texts,
//! sources and tests decide nothing and are not in the hashes.
//!
//! Format: one line for each version, sorted, so that a merge of two branches is a merge of lines.

use crate::check::condition::literal_text;
use crate::compile::{Limits, Overrides, compile_and_lock};
use crate::diagnostic::Diagnostics;
use crate::program::{Condition, List, Modifier, Typology};
use crate::source::{Sources, sha256_hex};
use std::collections::BTreeMap;
use std::fmt;

/// The name of the file, at the top of the rule folder.
pub const LOCK_FILE: &str = "rules.lock";

const HEADER: &str = "# What each version of a rule and of a list decides. Written by `palermo rules \
                      lock`; a version that stands here never changes.\n";

/// A rule or list and its version, such as `MS-08@1.0.1`.
type Key = String;

/// What is locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<Key, String>,
}

/// A version that stands for something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule or list.
    pub id: String,
    /// Its version.
    pub version: String,
}

impl Lock {
    /// Reads a lock file; `Err` is the number of the first line that is none.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut entries = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, hash) = line.rsplit_once(' ').ok_or(number)?;
            let hash = hash.trim();
            let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_hash || !key.contains('@') {
                return Err(number);
            }
            // Two lines of one version that differ: two branches gave it two meanings.
            if entries.insert(key.to_owned(), hash.to_owned()).is_some_and(|old| old != hash) {
                return Err(number);
            }
        }
        Ok(Self { entries })
    }

    /// What the rules of a folder decide now.
    pub fn of(sources: &Sources, limits: &Limits) -> Result<Self, Diagnostics> {
        let (sources, none) = (sources.without_lock(), Overrides::new());
        compile_and_lock(&sources, None, limits, &none).map(|(_, now)| now)
    }

    pub(crate) fn of_parts<'r>(
        conditions: impl Iterator<Item = &'r Condition>,
        typologies: &[Typology],
        modifiers: &[Modifier],
        lists: impl Iterator<Item = &'r List>,
    ) -> Self {
        let both = |logic: &str, params: &str| sha256_hex(&format!("{logic} {params}"));
        let conditions = conditions.map(|rule| {
            let hash = both(&rule.logic_sha256, &rule.params_sha256);
            (format!("{}@{}", rule.id, rule.version), hash)
        });
        let typologies = typologies.iter().map(|rule| {
            let hash = both(&rule.logic_sha256, &rule.params_sha256);
            (format!("{}@{}", rule.id, rule.version), hash)
        });
        let modifiers = modifiers.iter().map(|rule| {
            let hash = both(&rule.logic_sha256, &rule.params_sha256);
            (format!("{}@{}", rule.id, rule.version), hash)
        });
        let lists = lists
            .map(|list| (format!("{}@{}", list.id, list.version), sha256_hex(&rows_text(list))));
        Self { entries: conditions.chain(typologies).chain(modifiers).chain(lists).collect() }
    }

    /// The versions of `now` that this lock holds to something else.
    pub fn broken_by(&self, now: &Self) -> Vec<Broken> {
        let differs = |(key, hash): (&Key, &String)| {
            let locked = self.entries.get(key)?;
            let (id, version) = key.split_once('@')?;
            (locked != hash).then(|| Broken { id: id.to_owned(), version: version.to_owned() })
        };
        now.entries.iter().filter_map(differs).collect()
    }

    /// The versions of `now` that are not here yet.
    pub fn missing(&self, now: &Self) -> Vec<String> {
        let new = now.entries.keys().filter(|key| !self.entries.contains_key(*key));
        new.cloned().collect()
    }

    /// Adds what is new; what is locked stays.
    pub fn extended(mut self, now: Self) -> Self {
        for (key, hash) in now.entries {
            self.entries.entry(key).or_insert(hash);
        }
        self
    }

    /// How many versions are locked.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is locked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Columns and rows: what rules can read of a list.
fn rows_text(list: &List) -> String {
    let columns = list.columns.iter().map(|(name, of)| format!("{name} {of:?}\n"));
    let mut text: String = columns.collect();
    for row in &list.rows {
        let cells = row.cells.iter().map(|cell| cell.as_ref().map_or(String::new(), literal_text));
        let cells: Vec<String> = cells.collect();
        let (from, to) = row.valid;
        text.push_str(&format!("{} {from} {to} {}\n", row.key, cells.join(" | ")));
    }
    text
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (key, hash) in &self.entries {
            writeln!(f, "{key} {hash}")?;
        }
        Ok(())
    }
}
