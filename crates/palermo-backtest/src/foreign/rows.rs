//! A whole CSV file through a mapping, row by row.
//!
//! Promise: every row becomes a [`Row`] or ends the reading with its line; of a row that is wrong nothing
//! is repeated. Cost: one row is held at a time.

use super::{Bound, Mapping, Row};
use csv::{ErrorKind, Position, Reader, ReaderBuilder, StringRecord};
use std::fmt;
use std::io;

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The system, or the decompression.
    #[error("cannot be read")]
    Read(#[source] io::Error),
    /// Its header does not fit the mapping.
    #[error("{0}")]
    Header(String),
    /// A row says what cannot be.
    #[error("line {line}: {what}")]
    Row {
        /// Where it begins, counted from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// The rows of a file.
pub struct Rows<R> {
    reader: Reader<R>,
    bound: Bound,
    record: StringRecord,
}

impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("bound", &self.bound).finish_non_exhaustive()
    }
}

impl Mapping {
    /// Begins to read a file: its header, where it has one, is looked through.
    ///
    /// # Errors
    /// A file that cannot be read, or whose columns are not those that the mapping names.
    pub fn rows<R: io::Read>(&self, input: R) -> Result<Rows<R>, RowsError> {
        let mut reader = ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(self.columns.is_none())
            // Rows of another length are refused by the mapping, with their line.
            .flexible(true)
            .from_reader(input);
        let header = match &self.columns {
            Some(columns) => StringRecord::from(columns.clone()),
            None => reader.headers().map_err(unreadable)?.clone(),
        };
        let bound = self.bind(&header).map_err(RowsError::Header)?;
        Ok(Rows { reader, bound, record: StringRecord::new() })
    }
}

impl<R: io::Read> Rows<R> {
    /// The next row and its line; none at the end.
    ///
    /// # Errors
    /// A file that cannot be read on, or a row that says what cannot be.
    pub fn next_row(&mut self) -> Result<Option<(u64, Row)>, RowsError> {
        if !self.reader.read_record(&mut self.record).map_err(unreadable)? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, Position::line);
        let row = self.bound.payment(&self.record, line);
        row.map(|row| Some((line, row))).map_err(|what| RowsError::Row { line, what })
    }
}

fn unreadable(error: csv::Error) -> RowsError {
    let line = error.position().map_or(1, Position::line);
    match error.into_kind() {
        ErrorKind::Io(source) => RowsError::Read(source),
        ErrorKind::Utf8 { .. } => RowsError::Row { line, what: "is not UTF-8".to_owned() },
        _ => RowsError::Row { line, what: "is no CSV".to_owned() },
    }
}
