//! Texts of a row: columns, templates, constants, and tables from the source's words to ours.
//!
//! Promise: an empty cell is no text, so a template with one is absent as a whole; a word that a table
//! does not have is an error that names the column and not the word. Words are compared without ASCII
//! case. Cost: a single column is borrowed, a template is joined once, a table is one look-up.

use super::near::{listed, proposal};
use super::written::{LongSource, Source};
use csv::StringRecord;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A column that the mapping names, by its number in [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column(usize);

/// Every column that the mapping names, once.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn column(&mut self, name: &str) -> Column {
        let known = self.0.iter().position(|known| known == name);
        Column(known.unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len().saturating_sub(1)
        }))
    }

    pub(super) fn all(&self) -> &[String] {
        &self.0
    }
}

/// The cells of one row.
#[derive(Clone, Copy)]
pub(super) struct Cells<'r> {
    pub(super) record: &'r StringRecord,
    /// Where each of the names stands.
    pub(super) positions: &'r [usize],
    pub(super) names: &'r Names,
    pub(super) line: u64,
}

impl<'r> Cells<'r> {
    /// What stands in a column, without spaces around it.
    pub(super) fn text(&self, column: Column) -> &'r str {
        let place = self.positions.get(column.0);
        place.and_then(|place| self.record.get(*place)).unwrap_or("").trim()
    }

    /// The columns, for messages: ``column `A` `` or ``columns `A`, `B` ``.
    pub(super) fn listed(&self, columns: &[Column]) -> String {
        let word = if columns.len() == 1 { "column" } else { "columns" };
        let names = columns.iter().filter_map(|column| self.names.0.get(column.0));
        format!("{word} {}", listed(names.map(String::as_str)))
    }
}

/// From the words of the source to what they mean.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    /// Where it stands in the mapping.
    path: String,
    values: BTreeMap<String, T>,
    otherwise: Option<T>,
}

impl<T> Table<T> {
    pub(super) fn try_new(
        path: String,
        written: impl IntoIterator<Item = (String, T)>,
        otherwise: Option<T>,
    ) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        for (word, meaning) in written {
            if values.insert(word.trim().to_ascii_lowercase(), meaning).is_some() {
                return Err(format!(
                    "`{path}` has the word `{word}` twice; words are compared without case"
                ));
            }
        }
        Ok(Self { path, values, otherwise })
    }

    /// What a word means; the columns are those that it was read from.
    pub(super) fn find(
        &self,
        word: &str,
        columns: &[Column],
        cells: &Cells<'_>,
    ) -> Result<&T, String> {
        self.exact(word).or(self.otherwise.as_ref()).ok_or_else(|| {
            let (place, path) = (cells.listed(columns), &self.path);
            format!("has a word in {place} that `{path}` does not have; add it there, or an `else`")
        })
    }

    fn exact(&self, word: &str) -> Option<&T> {
        if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.values.get(&word.to_ascii_lowercase());
        }
        self.values.get(word)
    }

    /// Everything that words can mean.
    fn meanings(&self) -> impl Iterator<Item = &T> {
        self.values.values().chain(&self.otherwise)
    }
}

#[derive(Clone, Debug)]
enum Part {
    Literal(String),
    Column(Column),
    /// The line of the row.
    Line,
}

/// Where a text comes from.
#[derive(Clone, Debug)]
pub(super) struct Text {
    path: String,
    parts: Vec<Part>,
    columns: Vec<Column>,
    table: Option<Table<String>>,
}

impl Text {
    pub(super) fn try_new(source: Source, path: &str, names: &mut Names) -> Result<Self, String> {
        let (parts, values, otherwise) = match source {
            Source::Short(text) => (template(&text, path, names)?, None, None),
            Source::Long(written) => {
                let LongSource { column, template: text, constant, values, otherwise } = written;
                let parts = match (column, text, constant) {
                    (Some(name), None, None) => vec![Part::Column(names.column(&name))],
                    (None, Some(text), None) => template(&text, path, names)?,
                    (None, None, Some(text)) => vec![Part::Literal(text)],
                    _ => {
                        let keys = "`column`, `template` and `const`";
                        return Err(format!("`{path}` has to have one of {keys}"));
                    }
                };
                (parts, values, otherwise)
            }
        };
        let of = |part: &Part| match part {
            Part::Column(column) => Some(*column),
            Part::Literal(_) | Part::Line => None,
        };
        let columns: Vec<Column> = parts.iter().filter_map(of).collect();
        let table = match (values, otherwise) {
            (None, None) => None,
            (None, Some(_)) => return Err(format!("`{path}` has an `else` without `values`")),
            (Some(_), _) if columns.is_empty() => {
                return Err(format!("`{path}` has `values` without a column"));
            }
            (Some(values), otherwise) => {
                Some(Table::try_new(format!("{path}.values"), values, otherwise)?)
            }
        };
        Ok(Self { path: path.to_owned(), parts, columns, table })
    }

    /// What the row says; none where a cell is empty and the table has no word for that.
    pub(super) fn read<'r>(&'r self, cells: &Cells<'r>) -> Result<Option<Cow<'r, str>>, String> {
        let text = self.joined(cells);
        let Some(table) = &self.table else { return Ok(text) };
        let meaning = match &text {
            None => table.exact(""),
            Some(word) => Some(table.find(word, &self.columns, cells)?),
        };
        Ok(meaning.map(|text| Cow::Borrowed(text.as_str())))
    }

    /// That every text it can come to by itself is one that `is_known` knows.
    pub(super) fn check(
        &self,
        is_known: impl Fn(&str) -> bool,
        known: &[&str],
    ) -> Result<(), String> {
        let literal = match (self.parts.as_slice(), &self.table) {
            ([Part::Literal(text)], None) => Some(text),
            _ => None,
        };
        let meanings = self.table.iter().flat_map(Table::meanings);
        match literal.into_iter().chain(meanings).find(|text| !is_known(text)) {
            None => Ok(()),
            Some(text) => Err(format!("`{}` says `{text}`; {}", self.path, proposal(text, known))),
        }
    }

    /// What to say of a text that is not what it has to be.
    pub(super) fn wrong(&self, cells: &Cells<'_>, expected: &str) -> String {
        let path = &self.path;
        if self.columns.is_empty() {
            return format!("has no `{path}` that is {expected}: the mapping says it");
        }
        format!("has a `{path}`, from {}, that is not {expected}", cells.listed(&self.columns))
    }

    /// What to say where it is absent and must not be.
    pub(super) fn absent(&self, cells: &Cells<'_>) -> String {
        let path = &self.path;
        if self.columns.is_empty() {
            return format!("has no `{path}`");
        }
        format!("has no `{path}`: there is nothing in {}", cells.listed(&self.columns))
    }

    fn joined<'r>(&'r self, cells: &Cells<'r>) -> Option<Cow<'r, str>> {
        if self.columns.iter().any(|column| cells.text(*column).is_empty()) {
            return None;
        }
        match self.parts.as_slice() {
            [Part::Column(column)] => return Some(Cow::Borrowed(cells.text(*column))),
            [Part::Literal(text)] => return Some(Cow::Borrowed(text.as_str())),
            _ => {}
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Column(column) => text.push_str(cells.text(*column)),
                Part::Line => {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "{}", cells.line);
                }
            }
        }
        Some(Cow::Owned(text))
    }
}

/// `"{From Bank}:{Account}"` as its parts.
fn template(text: &str, path: &str, names: &mut Names) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            return Err(format!("`{path}` is `{text}`, where a `{{` has no `}}`"));
        };
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
        let line = name == "line";
        parts.push(if line { Part::Line } else { Part::Column(names.column(name)) });
        rest = tail;
    }
    if parts.iter().all(|part| matches!(part, Part::Literal(_))) {
        // Without this a column whose braces were forgotten would be the same text in every payment.
        return Err(format!(
            "`{path}` is `{text}` and names no column; write `\"{{{text}}}\"` for what stands in a \
             column, or `{{const: {text}}}` for what is the same in every row"
        ));
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(parts)
}
