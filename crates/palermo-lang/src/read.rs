//! Strict reading of a YAML tree: unknown, duplicate and missing keys and values of a wrong form
//! are reported where they stand, and reading goes on, so that one run shows every problem.

use crate::diagnostic::{RuleError, Severity};
use crate::suggest::closest;
use crate::yaml::{Key, Node, Value};
use miette::NamedSource;
use palermo_domain::{Date, Span};
use std::ops::Range;
use std::sync::Arc;

/// A file being checked, and what was found wrong with it.
#[derive(Debug)]
pub(crate) struct Cx {
    path: String,
    text: Arc<str>,
    /// Everything found so far.
    pub errors: Vec<RuleError>,
}

impl Cx {
    /// Starts on a file.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: Arc::from(text), errors: Vec::new() }
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The file's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line and column, from 1, of a byte.
    pub(crate) fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count().saturating_add(1);
        let column = before.rsplit('\n').next().unwrap_or("").chars().count().saturating_add(1);
        (line, column)
    }

    /// Reports an error and what to do.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        range: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<Help>,
    ) {
        self.push(Severity::Error, code, range, message.into(), help.into());
    }

    /// Reports a warning and what to do.
    pub(crate) fn warn(
        &mut self,
        code: &'static str,
        range: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<Help>,
    ) {
        self.push(Severity::Warning, code, range, message.into(), help.into());
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        range: &Range<usize>,
        message: String,
        help: Help,
    ) {
        let (line, column) = self.position(range.start);
        let length = range.end.saturating_sub(range.start);
        self.errors.push(RuleError {
            code,
            severity,
            message,
            help: help.0,
            path: self.path.clone(),
            line,
            column,
            source: NamedSource::new(&self.path, Arc::clone(&self.text)),
            span: (range.start, length).into(),
        });
    }

    /// A word that is not known, with the closest that is.
    pub(crate) fn unknown<'k>(
        &mut self,
        code: &'static str,
        range: &Range<usize>,
        what: &str,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        self.unknown_in(code, range, what, word, "", known);
    }

    /// The same, with what it is a part of.
    pub(crate) fn unknown_in<'k>(
        &mut self,
        code: &'static str,
        range: &Range<usize>,
        what: &str,
        word: &str,
        of: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let help = match closest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => format!("there is no {what} here"),
            None => format!("known: {}", listed(&known)),
        };
        self.error(code, range, format!("unknown {what} `{word}`{of}"), help);
    }

    /// A construct of the full language that this version does not read.
    pub(crate) fn unsupported(&mut self, range: &Range<usize>, what: &str) {
        self.error(
            "E190",
            range,
            format!("{what} is not supported by this version yet"),
            "leave it out, or wait for the version that reads it: a rule is never half read",
        );
    }

    fn wrong_form(&mut self, node: &Node, wanted: &str, help: impl Into<Help>) {
        let found = match node.scalar() {
            Some(text) => format!("`{}`", shortened(text)),
            None => node.describe().to_owned(),
        };
        self.error("E107", &node.range, format!("expected {wanted}, found {found}"), help);
    }

    /// The text of a scalar.
    pub(crate) fn scalar<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let text = node.scalar();
        if text.is_none() {
            self.wrong_form(node, "a single value", None);
        }
        text
    }

    /// Text that is not empty.
    pub(crate) fn filled<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let text = self.scalar(node)?;
        if text.trim().is_empty() {
            self.wrong_form(node, "a text", "write the text, or remove the key");
            return None;
        }
        Some(text)
    }

    /// The items of a list.
    pub(crate) fn items<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::Seq(items) => items,
            Value::Scalar(..) | Value::Map(_) => {
                self.wrong_form(node, "a list", "write `[…]` around it");
                &[]
            }
        }
    }

    /// A value that `read` understands; `wanted` says what, `example` how it is written.
    pub(crate) fn parsed<T>(
        &mut self,
        node: &Node,
        wanted: &str,
        example: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.scalar(node)?;
        let value = read(text);
        if value.is_none() {
            self.wrong_form(node, wanted, format!("write it like `{example}`"));
        }
        value
    }

    /// A word of a closed set.
    pub(crate) fn word<T>(
        &mut self,
        node: &Node,
        what: &str,
        known: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.scalar(node)?;
        let value = read(text);
        if value.is_none() {
            self.unknown("E102", &node.range, what, text, known.iter().copied());
        }
        value
    }

    /// A whole number.
    pub(crate) fn int<T: std::str::FromStr>(&mut self, node: &Node) -> Option<T> {
        self.parsed(node, "a whole number", "25", |text| text.parse().ok())
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, node: &Node) -> Option<bool> {
        self.parsed(node, "`true` or `false`", "true", |text| text.parse().ok())
    }

    /// A length of time.
    pub(crate) fn duration(&mut self, node: &Node) -> Option<Span> {
        self.parsed(node, "a length of time", "30d", |text| Span::parse(text).ok())
    }

    /// A day.
    pub(crate) fn date(&mut self, node: &Node) -> Option<Date> {
        self.parsed(node, "a day", "2026-03-02", |text| Date::parse(text).ok())
    }

    /// Texts of a list of scalars.
    pub(crate) fn texts(&mut self, node: &Node) -> Vec<String> {
        let items = self.items(node);
        items.iter().filter_map(|item| self.filled(item).map(str::to_owned)).collect()
    }
}

/// A proposal, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct Help(Option<String>);

impl From<String> for Help {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl From<&str> for Help {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

impl From<Option<String>> for Help {
    fn from(text: Option<String>) -> Self {
        Self(text)
    }
}

/// A mapping with known keys.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'n> {
    node: &'n Node,
    what: String,
    entries: Vec<(&'n Key, &'n Node)>,
    /// Keys that an unknown one was most likely meant to be.
    meant: Vec<String>,
}

impl<'n> Fields<'n> {
    /// Opens a mapping: `known` keys are read, `later` ones are named as not supported yet, any
    /// other is unknown.
    pub(crate) fn open(
        cx: &mut Cx,
        node: &'n Node,
        what: &str,
        known: &[&str],
        later: &[&str],
    ) -> Option<Self> {
        let mut fields = Self::any(cx, node, what)?;
        for (key, value) in &fields.entries {
            let cut = key.text.contains(' ') && value.scalar() == Some("");
            if cut {
                // `{item: a, b}` reads as two keys.
                let message = format!("`{}` stands after a comma", key.text);
                cx.error("E101", &key.range, message, "put the text with the comma in quotes");
            } else if later.contains(&key.text.as_str()) {
                cx.unsupported(&key.range, &format!("`{}` of {what}", key.text));
            } else if !known.contains(&key.text.as_str()) {
                cx.unknown("E101", &key.range, "key", &key.text, known.iter().copied());
                fields.meant.extend(closest(&key.text, known.iter().copied()).map(str::to_owned));
            }
        }
        Some(fields)
    }

    /// Opens a mapping whose keys are the author's; duplicates are reported and dropped.
    pub(crate) fn any(cx: &mut Cx, node: &'n Node, what: &str) -> Option<Self> {
        let Value::Map(all) = &node.value else {
            cx.wrong_form(node, "a mapping", format!("{what} is written as `key: value` lines"));
            return None;
        };
        let mut entries: Vec<(&Key, &Node)> = Vec::with_capacity(all.len());
        for (key, value) in all {
            if entries.iter().any(|(seen, _)| seen.text == key.text) {
                let message = format!("key `{}` is written twice", key.text);
                cx.error("E108", &key.range, message, "keep one of the two");
            } else {
                entries.push((key, value));
            }
        }
        Some(Self { node, what: what.to_owned(), entries, meant: Vec::new() })
    }

    /// Every key and value, in file order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'n Key, &'n Node)> + use<'n, '_> {
        self.entries.iter().copied()
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|(k, _)| k.text == key).map(|(_, value)| *value)
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, cx: &mut Cx, key: &str) -> Option<&'n Node> {
        let value = self.get(key);
        if value.is_none() && !self.meant.iter().any(|meant| meant == key) {
            let message = format!("{} has no `{key}`", self.what);
            cx.error("E106", &self.anchor(), message, format!("add `{key}: …`"));
        }
        value
    }

    /// Where to point for what is missing: the first key, else the mapping.
    pub(crate) fn anchor(&self) -> Range<usize> {
        self.entries.first().map_or(self.node.range.clone(), |(key, _)| key.range.clone())
    }
}

/// Words of a help text, at most a dozen.
pub(crate) fn listed(words: &[&str]) -> String {
    let mut shown: Vec<String> = words.iter().take(12).map(|word| format!("`{word}`")).collect();
    if words.len() > shown.len() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 40 {
        return text.replace('\n', " ");
    }
    text.chars().take(40).chain(['…']).collect::<String>().replace('\n', " ")
}
