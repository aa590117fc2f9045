//! The rules of a folder as they are written: for what compares, draws or prints them.
//!
//! Where the checked program says what a rule decides, this says how its author put it: titles,
//! sources, reasons of parameters, expressions in canonical form. It is read from files that compile,
//! so nothing is reported here; what cannot be read is left out.

use crate::compile::{Limits, compile_all, root};
use crate::diagnostic::Diagnostics;
use crate::program::{Condition, Far, IndicatorId, RuleSet};
use crate::read::Cx;
use crate::source::Sources;
use crate::yaml::{Node, Value};
use std::collections::BTreeSet;

/// A value as written, without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// A scalar.
    Text(String),
    /// A sequence.
    List(Vec<Self>),
    /// A mapping, in the order of the file.
    Map(Vec<(String, Self)>),
}

impl Tree {
    fn of(node: &Node) -> Self {
        match &node.value {
            Value::Scalar(text, _) => Self::Text(text.trim().to_owned()),
            Value::Seq(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Map(entries) => {
                let entry =
                    |(key, node): &(crate::yaml::Key, Node)| (key.text.clone(), Self::of(node));
                Self::Map(entries.iter().map(entry).collect())
            }
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the value of a key, empty where there is none.
    pub fn at(&self, key: &str) -> &str {
        self.get(key).and_then(Self::text).unwrap_or("")
    }

    /// Keys and values of a mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let entries = match self {
            Self::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Items of a sequence.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// Texts of a sequence of scalars.
    pub fn texts(&self) -> Vec<&str> {
        self.items().iter().filter_map(Self::text).collect()
    }
}

/// A file of a rule folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its path.
    pub path: String,
    /// Its content.
    pub tree: Tree,
    /// Its text, with the comments that the content has not.
    pub text: String,
}

/// Who rests on whom: the id of a rule, how, and the id of a rule or `list NAME`.
pub type Edge = (String, &'static str, String);

/// A folder that compiles.
#[derive(Clone, Debug)]
pub struct Library {
    /// Indicators, suppressors, typologies and modifiers, in order of id and version.
    pub rules: Vec<Written>,
    /// Lists, in order of id.
    pub lists: Vec<Written>,
    /// `ruleset.yaml`, where there is one.
    pub deployment: Option<Written>,
    /// Test files, in order of path.
    pub tests: Vec<Written>,
    /// All of the rules, checked; every typology as if it were live.
    pub program: RuleSet,
}

impl Library {
    /// Reads a folder; whatever its lock says.
    pub fn read(sources: &Sources, limits: &Limits) -> Result<Self, Diagnostics> {
        let program = compile_all(&sources.without_lock(), limits)?.rules;
        let written = |(path, text): (&str, &str)| Written {
            path: path.to_owned(),
            tree: Tree::of(&root(&mut Cx::new(path, text))),
            text: text.to_owned(),
        };
        let mut all: Vec<Written> = sources.rules().map(written).collect();
        let tests = sources.tests().map(written).collect();
        let deployment = all.extract_if(.., |file| file.tree.at("kind") == "RuleSet").next();
        let mut lists: Vec<Written> =
            all.extract_if(.., |file| file.tree.get("kind").is_none()).collect();
        lists.sort_by(|a, b| a.tree.at("list").cmp(b.tree.at("list")));
        all.sort_by(|a, b| {
            let key = |file: &'_ Written| {
                (file.tree.at("id").to_owned(), file.tree.at("version").to_owned())
            };
            key(a).cmp(&key(b))
        });
        Ok(Self { rules: all, lists, deployment, tests, program })
    }

    /// The rule of an id (the newest version where there are several).
    pub fn rule(&self, id: &str) -> Option<&Written> {
        self.rules.iter().rev().find(|rule| rule.tree.at("id") == id)
    }

    /// The tests beside a rule.
    pub fn tests_of(&self, rule: &Written) -> Option<&Written> {
        let stem = rule.path.strip_suffix(".yaml").or(rule.path.strip_suffix(".yml"))?;
        self.tests.iter().find(|tests| tests.path.strip_suffix(".test.yaml") == Some(stem))
    }

    /// Everything that rests on something else, each once.
    pub fn edges(&self) -> BTreeSet<Edge> {
        let program = &self.program;
        let mut all = BTreeSet::new();
        let indicator = |id: &IndicatorId| {
            program.indicators.get(usize::from(id.0)).map(|rule| rule.condition.id.clone())
        };
        for rule in &program.typologies {
            let mut add = |how, to: Option<String>| {
                all.extend(to.map(|to| (rule.id.clone(), how, to)));
            };
            rule.required.iter().for_each(|id| add("requires", indicator(id)));
            rule.boost.iter().for_each(|id| add("is boosted by", indicator(id)));
            for far in rule.linked.iter().flat_map(|linked| &linked.far) {
                let to = match far {
                    Far::Indicator(id) => indicator(id),
                    Far::Typology(id) => Some(id.clone()),
                };
                add("is linked to", to);
            }
            for id in &rule.suppress {
                let rule = program.suppressors.get(usize::from(id.0));
                add("is suppressed by", rule.map(|rule| rule.condition.id.clone()));
            }
        }
        for rule in &program.modifiers {
            let to = rule.applies_to.iter();
            all.extend(to.map(|to| (rule.id.clone(), "raises in the queue", to.clone())));
            let lists = rule.lists.iter().filter_map(|id| program.lists.get(usize::from(id.0)));
            all.extend(lists.map(|list| (rule.id.clone(), "reads", format!("list {}", list.id))));
        }
        for rule in self.conditions() {
            let lists = rule.lists.iter().filter_map(|id| program.lists.get(usize::from(id.0)));
            all.extend(lists.map(|list| (rule.id.clone(), "reads", format!("list {}", list.id))));
            let asked = rule.asks.iter();
            all.extend(asked.map(|(_, id)| (rule.id.clone(), "asks for", id.clone())));
        }
        all
    }

    /// The conditions of indicators and suppressors.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let indicators = self.program.indicators.iter().map(|rule| &rule.condition);
        indicators.chain(self.program.suppressors.iter().map(|rule| &rule.condition))
    }
}
