//! A table that is written while it is made: CSV, or Parquet.
//!
//! Promises: a row is written whole or not at all; nothing is held but one buffer (CSV) or one row
//! group (Parquet, 65,536 rows). Cells come in the order of the columns. An unknown cell is empty in
//! CSV and null in Parquet. Amounts and shares are decimals, never floats.

use parquet::basic::{
    Compression, DecimalType, LogicalType, Repetition, Type as Physical, ZstdLevel,
};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::io::{self, Write};
use std::sync::Arc;

/// Where a table goes.
pub type Output = Box<dyn Write + Send>;

/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 16;
const BUFFER_BYTES: usize = 1 << 20;
/// Numbers are below: 18 digits.
const DIGITS: u64 = 1_000_000_000_000_000_000;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text as it came in; never unknown.
    Text,
    /// A count, or a time in the unit of the input.
    Whole,
    /// A decimal with so many places, given as an integer.
    Decimal(u8),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: String,
    kind: Kind,
}

impl Column {
    /// A column of this name.
    pub fn new(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind }
    }
}

/// The kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines with commas, and a header.
    Csv,
    /// Columns, compressed.
    Parquet,
}

/// The table. See the module.
pub struct Table(Form);

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

enum Form {
    Csv(Csv),
    Parquet(Box<Parquet>),
}

impl Table {
    /// A table without rows; the header of CSV is its first line.
    pub fn new(format: Format, columns: Vec<Column>, output: Output) -> io::Result<Self> {
        Ok(Self(match format {
            Format::Csv => Form::Csv(Csv::new(columns, output)),
            Format::Parquet => Form::Parquet(Box::new(Parquet::new(columns, output)?)),
        }))
    }

    /// A cell of text.
    pub fn text(&mut self, text: &[u8]) {
        match &mut self.0 {
            Form::Csv(csv) => {
                csv.next();
                quoted(text, &mut csv.text);
            }
            Form::Parquet(parquet) => {
                if let Some(Cells::Text(cells)) = parquet.next() {
                    cells.push(ByteArray::from(text.to_vec()));
                }
            }
        }
    }

    /// A cell of a number, or an unknown one.
    #[inline]
    pub fn number(&mut self, number: Option<i64>) {
        match &mut self.0 {
            Form::Csv(csv) => csv.number(number),
            Form::Parquet(parquet) => {
                // More digits than the column has: unknown, not wrong.
                let number = number.filter(|number| number.unsigned_abs() < DIGITS);
                if let Some(Cells::Numbers { values, known }) = parquet.next() {
                    values.extend(number);
                    known.push(i16::from(number.is_some()));
                }
            }
        }
    }

    /// A cell of a count.
    #[inline]
    pub fn count(&mut self, count: u32) {
        match &mut self.0 {
            // Most counts are.
            Form::Csv(csv) if count == 0 => {
                csv.next();
                csv.text.push(b'0');
            }
            _ => self.number(Some(i64::from(count))),
        }
    }

    /// Ends a row.
    pub fn end_row(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Form::Csv(csv) => csv.end_row(),
            Form::Parquet(parquet) => parquet.end_row(),
        }
    }

    /// Writes what is held; the table is whole after it.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Form::Csv(mut csv) => csv.flush().and_then(|()| csv.output.flush()),
            Form::Parquet(parquet) => parquet.finish(),
        }
    }
}

struct Csv {
    columns: Vec<Column>,
    at: usize,
    text: Vec<u8>,
    output: Output,
}

impl Csv {
    fn new(columns: Vec<Column>, output: Output) -> Self {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let mut text = names.join(",").into_bytes();
        text.push(b'\n');
        Self { columns, at: 0, text, output }
    }

    #[inline]
    fn next(&mut self) {
        if self.at > 0 {
            self.text.push(b',');
        }
        self.at = self.at.saturating_add(1);
    }

    fn number(&mut self, number: Option<i64>) {
        let kind = self.columns.get(self.at).map(|column| column.kind);
        self.next();
        let Some(number) = number else { return };
        let (sign, digits) = (number < 0, number.unsigned_abs().to_string());
        if sign {
            self.text.push(b'-');
        }
        let Some(Kind::Decimal(places)) = kind else {
            self.text.extend_from_slice(digits.as_bytes());
            return;
        };
        let places = usize::from(places);
        let digits = format!("{digits:0>width$}", width = places.saturating_add(1));
        let (whole, part) = digits.split_at(digits.len().saturating_sub(places));
        self.text.extend_from_slice(whole.as_bytes());
        let part = part.trim_end_matches('0');
        if !part.is_empty() {
            self.text.push(b'.');
            self.text.extend_from_slice(part.as_bytes());
        }
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.text.push(b'\n');
        self.at = 0;
        if self.text.len() < BUFFER_BYTES {
            return Ok(());
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.write_all(&self.text)?;
        self.text.clear();
        Ok(())
    }
}

/// The cells of one column in the row group at hand.
enum Cells {
    Text(Vec<ByteArray>),
    /// The known values, and for each row whether it has one.
    Numbers {
        values: Vec<i64>,
        known: Vec<i16>,
    },
}

struct Parquet {
    cells: Vec<Cells>,
    at: usize,
    rows: usize,
    writer: SerializedFileWriter<Output>,
}

impl Parquet {
    fn new(columns: Vec<Column>, output: Output) -> io::Result<Self> {
        let fields = columns.iter().map(|column| field(column).map(Arc::new));
        let fields = fields.collect::<Result<Vec<_>, _>>().map_err(broken)?;
        let schema = Type::group_type_builder("features").with_fields(fields).build();
        let level = ZstdLevel::try_new(3).map_err(broken)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_created_by("palermo".to_owned())
            .build();
        let schema = Arc::new(schema.map_err(broken)?);
        let writer = SerializedFileWriter::new(output, schema, Arc::new(properties));
        let cells = columns.iter().map(|column| match column.kind {
            Kind::Text => Cells::Text(Vec::new()),
            _ => Cells::Numbers { values: Vec::new(), known: Vec::new() },
        });
        let cells = cells.collect();
        Ok(Self { cells, at: 0, rows: 0, writer: writer.map_err(broken)? })
    }

    fn next(&mut self) -> Option<&mut Cells> {
        let at = self.at;
        self.at = at.saturating_add(1);
        self.cells.get_mut(at)
    }

    fn end_row(&mut self) -> io::Result<()> {
        self.at = 0;
        self.rows = self.rows.saturating_add(1);
        if self.rows < GROUP_ROWS {
            return Ok(());
        }
        self.group().map_err(broken)
    }

    fn group(&mut self) -> parquet::errors::Result<()> {
        let mut group = self.writer.next_row_group()?;
        let mut cells = self.cells.iter_mut();
        while let Some(mut column) = group.next_column()? {
            match cells.next() {
                Some(Cells::Text(texts)) => {
                    column.typed::<ByteArrayType>().write_batch(texts, None, None)?;
                    texts.clear();
                }
                Some(Cells::Numbers { values, known }) => {
                    column.typed::<Int64Type>().write_batch(values, Some(known), None)?;
                    values.clear();
                    known.clear();
                }
                None => {}
            }
            column.close()?;
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        if self.rows > 0 {
            self.group().map_err(broken)?;
        }
        self.writer.close().map(|_| ()).map_err(broken)
    }
}

fn field(column: &Column) -> parquet::errors::Result<Type> {
    let name = column.name.as_str();
    match column.kind {
        Kind::Text => Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(LogicalType::String))
            .build(),
        Kind::Whole => Type::primitive_type_builder(name, Physical::INT64)
            .with_repetition(Repetition::OPTIONAL)
            .build(),
        Kind::Decimal(places) => {
            let scale = i32::from(places);
            Type::primitive_type_builder(name, Physical::INT64)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::Decimal(DecimalType { scale, precision: 18 })))
                .with_precision(18)
                .with_scale(scale)
                .build()
        }
    }
}

/// A broken pipe is one, whoever met it.
fn broken(error: parquet::errors::ParquetError) -> io::Error {
    match error {
        parquet::errors::ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(inner) => io::Error::other(inner),
        },
        error => io::Error::other(error),
    }
}

/// A field, in quotes where it has to be.
fn quoted(field: &[u8], text: &mut Vec<u8>) {
    if !field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        text.extend_from_slice(field);
        return;
    }
    text.push(b'"');
    for &byte in field {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

#[cfg(test)]
mod tests;
