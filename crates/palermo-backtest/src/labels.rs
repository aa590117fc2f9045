//! What is known of the past: labels of payments, accounts, parties, episodes and networks.
//!
//! Three forms, by the ending of the file: `.jsonl` (one object a line), `.csv` (a header and rows with
//! the same names), and `.json` (the truth that `palermo synth` writes). A row names one thing; rows
//! with one `id` are one label, so a network of ten accounts is ten rows.
//!
//! | field | meaning |
//! |---|---|
//! | `id` | which label the row belongs to; a row without one is a label of its own |
//! | `level` | `payment`, `account`, `party`, `episode` or `network` |
//! | `key` | what it is about; of an episode or a network `account/KEY`, `party/KEY` or `payment/ID` |
//! | `verdict` | `true`: it is what the typology says; `false`: it was looked at and is innocent |
//! | `typology` | which; empty: any |
//! | `start`, `end` | of the episode, with RFC 3339 times or days; empty: always |
//! | `decidable` | when all that a person needs to know had happened |
//! | `source` | who says so: `synthetic`, `referral`, `sar`, `review` or another word |
//! | `at` | since when it is known |
//!
//! Nothing here reaches the engine: no rule can read a label.

mod mapped;
mod truth;

use crate::error::BacktestError;
use crate::foreign::Mapping;
use palermo_domain::{Date, EventTime, Span};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a label is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One payment.
    Payment,
    /// One account.
    Account,
    /// One party.
    Party,
    /// Somebody, over some time.
    Episode,
    /// Several together.
    Network,
}

/// What is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// An alert about it is right.
    True,
    /// An alert about it is false.
    False,
}

/// Something that is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name in the report.
    pub id: String,
    /// What it is about.
    pub level: Level,
    /// What is known.
    pub verdict: Verdict,
    /// Of which typology; none: of any.
    pub typology: Option<String>,
    /// `account/…` and `party/…`.
    pub entities: BTreeSet<String>,
    /// Payment ids.
    pub payments: BTreeSet<String>,
    /// From when to when.
    pub span: (EventTime, EventTime),
    /// When all that a person needs to know had happened.
    pub decidable: Option<EventTime>,
    /// Who says so.
    pub source: String,
    /// The line of its first row; 0 where it stands in no line.
    pub line: u64,
}

/// Who is labelled is shown by who asks, not by accident.
impl std::fmt::Debug for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Label").field("line", &self.line).finish_non_exhaustive()
    }
}

impl Label {
    /// Whether it is so.
    pub fn is_true(&self) -> bool {
        self.verdict == Verdict::True
    }

    /// When it began, where that is known.
    pub fn start(&self) -> Option<EventTime> {
        (self.span.0 > EventTime::MIN).then_some(self.span.0)
    }

    /// Whether a time is within it, or not longer after it than the grace.
    pub(crate) fn covers(&self, at: EventTime, grace: Span) -> bool {
        at >= self.span.0 && at <= self.span.1.plus(grace)
    }
}

/// Everything that is known.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    all: Vec<Label>,
    complete: bool,
    name: String,
    sha256: String,
}

/// A row of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(default)]
    id: String,
    level: Level,
    key: String,
    verdict: String,
    #[serde(default)]
    typology: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    end: String,
    #[serde(default)]
    decidable: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    at: String,
}

impl Labels {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read, or a row of it that says what cannot be.
    pub fn read(path: &Path) -> Result<Self, BacktestError> {
        let bytes = std::fs::read(path).map_err(BacktestError::read(path))?;
        let mut labels = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => truth::read(path, &bytes)?,
            Some("csv") => from_rows(path, csv_rows(path, &bytes)?)?,
            Some("jsonl") => from_rows(path, json_rows(path, &bytes)?)?,
            _ => {
                let what = "has no ending by which its form is known: `.jsonl`, `.csv`, or `.json` \
                            for the truth of `palermo synth`";
                return Err(BacktestError::Data { path: path.to_path_buf(), what: what.into() });
            }
        };
        labels.name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        labels.sha256 = crate::input::hex(Sha256::new().chain_update(&bytes));
        Ok(labels)
    }

    /// The labels that stand beside the payments of CSV files.
    ///
    /// # Errors
    /// Files that cannot be read, or a row that the mapping does not make a payment of.
    pub fn of_data(path: &Path, mapping: &Mapping) -> Result<Self, BacktestError> {
        let labels = mapped::read(path, mapping)?;
        Ok(Self { name: "columns of the data".to_owned(), ..labels })
    }

    /// Labels that stand in no file.
    #[cfg(test)]
    pub(crate) fn of(all: Vec<Label>, complete: bool) -> Self {
        Self { all, complete, ..Self::default() }
    }

    /// Every label, in the order of the file.
    pub fn all(&self) -> &[Label] {
        &self.all
    }

    /// Whether everything that no label is about is known to be innocent, as in a simulated world.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The name of the file, and the hash of its bytes; empty where there is none.
    pub fn origin(&self) -> (&str, &str) {
        (&self.name, &self.sha256)
    }

    /// That every typology that a label names is a rule: one that is none could never be found.
    ///
    /// # Errors
    /// The first label that names another.
    pub fn check_typologies(
        &self,
        path: &Path,
        known: &BTreeSet<String>,
    ) -> Result<(), BacktestError> {
        let is_unknown =
            |label: &&Label| label.typology.as_ref().is_some_and(|of| !known.contains(of));
        match self.all.iter().find(is_unknown) {
            None => Ok(()),
            Some(label) => {
                let of = label.typology.as_deref().unwrap_or("");
                let what = format!("names the typology `{of}`, which is none of the rules'");
                Err(BacktestError::row(path, label.line, what))
            }
        }
    }

    /// That every account, party and payment that a label names was met in the data.
    ///
    /// # Errors
    /// The first label that names one that was not.
    pub fn check_met(&self, path: &Path, facts: &crate::Facts) -> Result<(), BacktestError> {
        let seen = &facts.seen;
        for label in &self.all {
            let stranger = label.entities.iter().any(|entity| seen.strangers.contains(entity));
            let unseen = label.payments.iter().any(|id| !seen.payments.contains_key(id));
            // A simulated world knows payments that the bank never saw, and says which.
            let what = if stranger && !self.complete {
                "an account or party"
            } else if unseen && !self.complete {
                "a payment"
            } else {
                continue;
            };
            let text = format!(
                "names {what} that no row of the data does: what is found of it could not be judged; \
                 correct the key, or leave the label out"
            );
            return Err(BacktestError::row(path, label.line, text));
        }
        Ok(())
    }
}

fn json_rows(path: &Path, bytes: &[u8]) -> Result<Vec<(u64, Row)>, BacktestError> {
    let mut rows = Vec::new();
    for (line, text) in (1_u64..).zip(bytes.split(|byte| *byte == b'\n')) {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let row = serde_json::from_slice(text)
            .map_err(|error| BacktestError::row(path, line, no_label(&error)))?;
        rows.push((line, row));
    }
    Ok(rows)
}

/// What serde says without what the row holds.
fn no_label(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let about = ["unknown field", "missing field"].iter().any(|known| text.starts_with(known));
    let cause = if about { text.split(", expected").next().unwrap_or("") } else { "" };
    let cause = cause.split(" at line").next().unwrap_or("");
    let fields =
        "`id`, `level`, `key`, `verdict`, `typology`, `start`, `end`, `decidable`, `source`, `at`";
    let cause = if cause.is_empty() { String::new() } else { format!(" ({cause})") };
    format!("is no label{cause}; a label is an object with {fields}, all of them texts")
}

/// The fields of a row.
const COLUMNS: [&str; 10] =
    ["id", "level", "key", "verdict", "typology", "start", "end", "decidable", "source", "at"];

fn csv_rows(path: &Path, bytes: &[u8]) -> Result<Vec<(u64, Row)>, BacktestError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let mut rows = Vec::new();
    let headers = reader.headers().cloned().unwrap_or_default();
    if let Some(unknown) = headers.iter().find(|column| !COLUMNS.contains(column)) {
        let known = COLUMNS.join("`, `");
        let what = format!("has a column `{unknown}`; a label has `{known}`");
        return Err(BacktestError::row(path, 1, what));
    }
    for needed in ["level", "key", "verdict"] {
        if !headers.iter().any(|column| column == needed) {
            let what = format!("has no column `{needed}`; the first line names the columns");
            return Err(BacktestError::row(path, 1, what));
        }
    }
    for record in reader.into_records() {
        let wrong = |line: u64| {
            let what = "is no label: it has other columns than the first line, or a `level` that is \
                        not `payment`, `account`, `party`, `episode` or `network`";
            BacktestError::row(path, line, what)
        };
        let record = record.map_err(|error| wrong(error.position().map_or(0, |at| at.line())))?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize(Some(&headers)).map_err(|_| wrong(line))?;
        rows.push((line, row));
    }
    Ok(rows)
}

fn from_rows(path: &Path, rows: Vec<(u64, Row)>) -> Result<Labels, BacktestError> {
    let mut labels: Vec<Label> = Vec::new();
    let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
    for (line, row) in rows {
        let wrong = |what: String| BacktestError::row(path, line, what);
        let label = label(&row, line).map_err(wrong)?;
        let known = if row.id.is_empty() { None } else { by_id.get(&row.id).copied() };
        match known.and_then(|known| labels.get_mut(known)) {
            Some(known) => join(known, label).map_err(wrong)?,
            None => {
                if !row.id.is_empty() {
                    by_id.insert(row.id.clone(), labels.len());
                }
                labels.push(label);
            }
        }
    }
    Ok(Labels { all: labels, ..Labels::default() })
}

fn label(row: &Row, line: u64) -> Result<Label, String> {
    let verdict = match row.verdict.as_str() {
        "true" => Verdict::True,
        "false" => Verdict::False,
        _ => return Err("has a `verdict` that is neither `true` nor `false`".to_owned()),
    };
    let mut label = Label {
        id: if row.id.is_empty() { format!("row {line}") } else { row.id.clone() },
        level: row.level,
        verdict,
        typology: (!row.typology.is_empty()).then(|| row.typology.clone()),
        entities: BTreeSet::new(),
        payments: BTreeSet::new(),
        span: (
            time("start", &row.start)?.unwrap_or(EventTime::MIN),
            end(&row.end)?.unwrap_or(EventTime::MAX),
        ),
        decidable: time("decidable", &row.decidable)?,
        source: row.source.clone(),
        line,
    };
    time("at", &row.at)?;
    if label.span.0 > label.span.1 {
        return Err("ends before it starts".to_owned());
    }
    match row.level {
        Level::Payment => label.payments.insert(row.key.clone()),
        Level::Account => label.entities.insert(format!("account/{}", row.key)),
        Level::Party => label.entities.insert(format!("party/{}", row.key)),
        Level::Episode | Level::Network => match row.key.split_once('/') {
            Some(("payment", id)) => label.payments.insert(id.to_owned()),
            Some(("account" | "party", _)) => label.entities.insert(row.key.clone()),
            _ => {
                return Err("has a `key` that is neither `account/KEY` nor `party/KEY` nor \
                            `payment/ID`, as that of an episode or a network is"
                    .to_owned());
            }
        },
    };
    Ok(label)
}

fn join(known: &mut Label, more: Label) -> Result<(), String> {
    let same = known.level == more.level
        && known.verdict == more.verdict
        && known.typology == more.typology
        && known.span == more.span
        && known.decidable == more.decidable;
    if !same {
        let line = known.line;
        return Err(format!(
            "says other things than line {line}, which has the same `id`: rows of one label differ in \
             their `key` only"
        ));
    }
    known.entities.extend(more.entities);
    known.payments.extend(more.payments);
    Ok(())
}

fn time(field: &str, text: &str) -> Result<Option<EventTime>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = || Date::parse(text).map(Date::midnight);
    EventTime::parse(text).or_else(|_| day()).map(Some).map_err(|_| {
        format!("has a `{field}` that is neither a time such as `2026-03-02T00:00:00Z` nor a day")
    })
}

/// A day as an end is the end of that day.
fn end(text: &str) -> Result<Option<EventTime>, String> {
    let day = Date::parse(text).map(|day| day.midnight().plus(Span::from_days(1)).just_before());
    day.map_or_else(|_| time("end", text), |day| Ok(Some(day)))
}

#[cfg(test)]
mod tests;
