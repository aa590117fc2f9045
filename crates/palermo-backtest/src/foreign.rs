//! Foreign CSV files as `payment.v1`, through a small mapping file.
//!
//! A [`Mapping`] says in YAML which column is what: columns, constants, words and what they mean, the
//! form of times and amounts. [`Mapping::bind`] finds the columns in a header; [`Bound::payment`] makes
//! one document of one row; [`Mapping::rows`] does both over a file. Mappings of public data sets ship
//! with it ([`Mapping::shipped`]); the form is told in full in `docs/mappings.md`.
//!
//! Promises: a row becomes a document that decodes, or an error; no amount ever is a float; what a row
//! says is repeated in no error, only column names, keys of the mapping and what they should hold; an
//! unknown key of a mapping is an error and names the nearest one; the same rows give the same bytes.
//! What it does not do: it joins no files, and knows no time zones with summer time: a file has one
//! fixed offset, or its times bring their own.
//!
//! Cost: two to three passes over a row's bytes, some small allocations, and one decoding of what was
//! made, which is the proof of the promise.

mod amount;
mod bound;
mod near;
mod plan;
mod rows;
mod text;
mod time;
mod written;

pub use bound::{Bound, Row};
pub use rows::{Rows, RowsError};

use csv::StringRecord;
use plan::Plan;
use std::fmt;
use std::sync::Arc;

/// Why a text is no mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingError {
    /// Line and column of the mapping, where they are known.
    pub position: Option<(u64, u64)>,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "line {line}, column {column}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for MappingError {}

/// How the rows of a CSV file become payments.
#[derive(Clone, Debug)]
pub struct Mapping {
    about: String,
    /// The columns of a file that has no header.
    columns: Option<Vec<String>>,
    delimiter: u8,
    plan: Arc<Plan>,
}

/// Those that ship, by name.
const SHIPPED: [(&str, &str); 7] = [
    ("amlsim", include_str!("../mappings/amlsim.yaml")),
    ("amlsim-alerts", include_str!("../mappings/amlsim-alerts.yaml")),
    ("amlsim-log", include_str!("../mappings/amlsim-log.yaml")),
    ("amlworld", include_str!("../mappings/amlworld.yaml")),
    ("edges", include_str!("../mappings/edges.yaml")),
    ("paysim", include_str!("../mappings/paysim.yaml")),
    ("saml-d", include_str!("../mappings/saml-d.yaml")),
];

impl Mapping {
    /// The names of the mappings that ship, sorted.
    pub const NAMES: [&'static str; 7] =
        ["amlsim", "amlsim-alerts", "amlsim-log", "amlworld", "edges", "paysim", "saml-d"];

    /// Reads a mapping.
    ///
    /// # Errors
    /// A text that is no YAML, an unknown key, a key that is missing, or a value that cannot be.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let written = written::read(text)?;
        let wrong = |what: String| MappingError { position: None, what };
        let delimiter = written.delimiter.as_deref().map_or(Ok(b','), delimiter).map_err(wrong)?;
        let about = written.about.clone().unwrap_or_default();
        let columns = written.columns.clone();
        let plan = Arc::new(Plan::try_new(written).map_err(wrong)?);
        Ok(Self { about, columns, delimiter, plan })
    }

    /// A mapping that ships, by one of [`Mapping::NAMES`].
    pub fn shipped(name: &str) -> Option<Self> {
        let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
        Self::parse(text).ok()
    }

    /// What it is a mapping of, in its own words; empty where it does not say.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// Finds the columns that the mapping names in the header of a file.
    ///
    /// # Errors
    /// A column that the header does not have. Where it has none of them it is taken for a row of data
    /// and nothing of it is repeated.
    pub fn bind(&self, header: &StringRecord) -> Result<Bound, String> {
        let cells: Vec<&str> = header.iter().map(clean).collect();
        let named = self.plan.names.all();
        let found: Vec<Option<usize>> = named.iter().map(|name| place(&cells, name)).collect();
        if found.iter().all(Option::is_none) {
            return Err(format!(
                "has none of the columns that the mapping names ({}) in its first line: either it \
                 is another file, or it has no header, and the mapping has to name all of its \
                 columns in order under `columns`",
                near::listed(named.iter().map(String::as_str))
            ));
        }
        let mut positions = Vec::with_capacity(named.len());
        for (name, place) in named.iter().zip(found) {
            let Some(place) = place else {
                let known = near::listed(cells.iter().copied());
                return Err(format!(
                    "has no column `{name}`, which the mapping names; its columns are {known}"
                ));
            };
            positions.push(place);
        }
        Ok(Bound::new(Arc::clone(&self.plan), positions, cells.len()))
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Ok(*byte),
        _ => Err(format!("`delimiter` is `{text}`; it is one character, such as `;` or a tab")),
    }
}

/// A name of a header without what exports put around it.
fn clean(name: &str) -> &str {
    name.trim_start_matches('\u{feff}').trim()
}

/// Where a column stands. `NAME#2` is the second one of that name.
fn place(cells: &[&str], name: &str) -> Option<usize> {
    let exact = cells.iter().position(|cell| *cell == name);
    exact.or_else(|| {
        let (name, number) = name.rsplit_once('#')?;
        let before = number.parse::<usize>().ok()?.checked_sub(1)?;
        let same = |(_, cell): &(usize, &&str)| **cell == name;
        cells.iter().enumerate().filter(same).nth(before).map(|(place, _)| place)
    })
}

#[cfg(test)]
mod tests;
