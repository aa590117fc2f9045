//! The rows of a Parquet file as documents: its columns are the fields of a schema by name, groups are
//! nested documents, lists are arrays. With a mapping its flat columns are those of a foreign table.
//!
//! Promises: amounts come from texts, decimals and whole numbers, never from floats; what a column holds
//! is looked at before a row is read; a file that is none, is cut short or damaged is refused, and what
//! a row says is repeated in no message. The hash is that of the file's bytes, read once more at the end.
//!
//! Cost: one row at a time, of each column one page; some allocations for each value of a row.

mod cell;
mod shape;
mod want;

use crate::error::BacktestError;
use crate::foreign::{Bound, Mapping, Row as Mapped};
use csv::StringRecord;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Row;
use parquet::record::reader::{ReaderIter, TreeBuilder};
use parquet::schema::types::{SchemaDescPtr, SchemaDescriptor, Type};
use shape::{Held, Shape};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
pub(super) use want::Schema;

/// Rows that are read ahead of each column.
const AHEAD_ROWS: usize = 256;

/// A file that is read row by row.
pub(super) struct Columns {
    path: PathBuf,
    file: SerializedFileReader<File>,
    /// What is read of it.
    descriptor: SchemaDescPtr,
    form: Form,
    /// The row group at hand, and the number of the next one.
    rows: Option<ReaderIter>,
    group: usize,
    /// Rows that were read, and all of them.
    done: u64,
    all: u64,
    value: Vec<u8>,
}

/// What becomes of a row.
enum Form {
    Documents { shapes: Vec<(String, Shape)>, before: String },
    Table(Box<Table>),
}

/// A foreign table.
struct Table {
    bound: Bound,
    /// Columns of the whole file.
    width: usize,
    /// Where each column stands that is read, and what it holds.
    columns: Vec<(usize, Held)>,
}

impl std::fmt::Debug for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Columns").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Columns {
    /// A file whose columns are the fields of a schema.
    pub(super) fn documents(path: &Path, schema: Schema) -> Result<Self, BacktestError> {
        let wrong = |what: String| BacktestError::parquet(path, what);
        let file = open(path)?;
        let root = file.metadata().file_metadata().schema_descr().root_schema();
        let (want, required) = schema.wants();
        let found = shape::find(root, &want, schema.name()).map_err(wrong)?;
        let has = |name: &str| root.get_fields().iter().any(|field| field.name() == name);
        if let Some(missing) = required.iter().find(|name| !has(name)) {
            let csv = match schema {
                Schema::Payment => "; if it is of another system, `--mapping` says what is what",
                _ => "",
            };
            let name = schema.name();
            return Err(wrong(format!("has no column `{missing}`, which `{name}` needs{csv}")));
        }
        let Some((read, Shape::Group(shapes))) = found else {
            return Err(wrong(format!("has no column of `{}`", schema.name())));
        };
        // A column that says the same in every row may be left out.
        let name = schema.name();
        let before = if has("schema") { String::new() } else { format!("\"schema\":\"{name}\"") };
        Self::new(path, file, read, Form::Documents { shapes, before })
    }

    /// A file whose columns a mapping knows.
    pub(super) fn table(path: &Path, mapping: &Mapping) -> Result<Self, BacktestError> {
        let wrong = |what: String| BacktestError::parquet(path, what);
        let file = open(path)?;
        let root = file.metadata().file_metadata().schema_descr().root_schema();
        let fields = root.get_fields();
        let header: StringRecord = fields.iter().map(|field| field.name()).collect();
        let bound = mapping.bind(&header).map_err(wrong)?;
        let (mut read, mut columns) = (Vec::new(), Vec::new());
        for (at, field) in fields.iter().enumerate().filter(|(at, _)| bound.reads(*at)) {
            let held = if field.is_primitive() { Held::of(field) } else { Err("groups or lists") };
            let held = held.and_then(|held| match held {
                Held::Float => Err("floating-point numbers, which no amount may come from"),
                held => Ok(held),
            });
            let held = held.map_err(|held| {
                let name = field.name();
                wrong(format!(
                    "holds {held} in column `{name}`, which the mapping names: write it as text"
                ))
            })?;
            read.push(Arc::clone(field));
            columns.push((at, held));
        }
        let width = fields.len();
        let read = Type::group_type_builder(root.name()).with_fields(read).build();
        let read = read.map_err(|_| wrong(BROKEN.to_owned()))?;
        Self::new(path, file, read, Form::Table(Box::new(Table { bound, width, columns })))
    }

    fn new(
        path: &Path,
        file: SerializedFileReader<File>,
        read: Type,
        form: Form,
    ) -> Result<Self, BacktestError> {
        let descriptor = Arc::new(SchemaDescriptor::new(Arc::new(read)));
        check(file.metadata()).map_err(|what| BacktestError::parquet(path, what))?;
        let all = u64::try_from(file.metadata().file_metadata().num_rows()).unwrap_or(0);
        let (rows, group, done, value) = (None, 0, 0, Vec::new());
        Ok(Self { path: path.to_path_buf(), file, descriptor, form, rows, group, done, all, value })
    }

    /// The next row as a document, and its number, counted from 1; none at the end.
    pub(super) fn next_row(&mut self) -> Result<Option<(u64, &[u8])>, BacktestError> {
        let Some(row) = self.next()? else { return Ok(None) };
        let wrong = |what| BacktestError::row(&self.path, self.done, what);
        match &self.form {
            Form::Documents { shapes, before } => {
                self.value.clear();
                cell::document(&row, shapes, before, &mut self.value)
                    .map_err(|(column, what)| wrong(format!("column `{column}` {what}")))?;
            }
            Form::Table(table) => self.value = table.row(&row, self.done).map_err(wrong)?.value,
        }
        Ok(Some((self.done, &self.value)))
    }

    /// The next row as the mapping makes it.
    pub(super) fn next_mapped(&mut self) -> Result<Option<(u64, Mapped)>, BacktestError> {
        let Some(row) = self.next()? else { return Ok(None) };
        let Form::Table(table) = &self.form else { return Ok(None) };
        let mapped = table.row(&row, self.done);
        let mapped = mapped.map_err(|what| BacktestError::row(&self.path, self.done, what))?;
        Ok(Some((self.done, mapped)))
    }

    fn next(&mut self) -> Result<Option<Row>, BacktestError> {
        let row = self.done.saturating_add(1);
        loop {
            if let Some(next) = self.rows.as_mut().and_then(Iterator::next) {
                self.done = row;
                return next.map(Some).map_err(|error| broken(&self.path, error, Some(row)));
            }
            if self.group >= self.file.num_row_groups() {
                return Ok(None);
            }
            let damaged = |error| broken(&self.path, error, Some(row));
            let group = self.file.get_row_group(self.group).map_err(damaged)?;
            let tree = TreeBuilder::new().with_batch_size(AHEAD_ROWS);
            let rows = tree.as_iter(Arc::clone(&self.descriptor), &*group).map_err(damaged)?;
            drop(group);
            self.rows = Some(rows);
            self.group = self.group.saturating_add(1);
        }
    }

    /// How many of so many bytes were read, by rows.
    pub(super) fn read_of(&self, bytes: u64) -> u64 {
        let scaled = u128::from(bytes).saturating_mul(u128::from(self.done));
        let read = scaled.checked_div(u128::from(self.all)).unwrap_or(0);
        u64::try_from(read).unwrap_or(bytes).min(bytes)
    }
}

impl Table {
    fn row(&self, row: &Row, number: u64) -> Result<Mapped, String> {
        let mut texts = vec![String::new(); self.width];
        for ((name, field), (at, held)) in row.get_column_iter().zip(&self.columns) {
            let Some(text) = texts.get_mut(*at) else { continue };
            cell::cell(field, *held, text).map_err(|wrong| format!("column `{name}` {wrong}"))?;
        }
        self.bound.payment(&StringRecord::from(texts), number)
    }
}

/// The file that was opened last.
static OPENED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// What a panic means that comes from the library that reads Parquet: it does not look at all that a
/// damaged file may say before it believes it. `None` for every other panic.
pub fn of_damage(panic: &PanicHookInfo<'_>) -> Option<BacktestError> {
    let is_its = |part: &str| part == "parquet" || part.starts_with("parquet-");
    let of_library = panic.location()?.file().split(['/', '\\']).any(is_its);
    // In a panic nobody waits for anything.
    let opened = OPENED.try_lock().ok()?.clone().filter(|_| of_library)?;
    Some(BacktestError::parquet(&opened, DAMAGED.to_owned()))
}

const DAMAGED: &str = "is damaged: what it says of its own rows contradicts itself";
const BROKEN: &str = "is cut short or damaged: what its end says of its columns cannot be read";

fn open(path: &Path) -> Result<SerializedFileReader<File>, BacktestError> {
    *OPENED.lock().unwrap_or_else(PoisonError::into_inner) = Some(path.to_path_buf());
    let wrap = || BacktestError::read(path);
    let mut file = File::open(path).map_err(wrap())?;
    let mut mark = Vec::new();
    file.by_ref().take(4).read_to_end(&mut mark).map_err(wrap())?;
    file.seek(SeekFrom::Start(0)).map_err(wrap())?;
    let what = match mark.as_slice() {
        b"PAR1" => {
            return SerializedFileReader::new(file).map_err(|error| broken(path, error, None));
        }
        b"PARE" => "is encrypted; write it without",
        _ => "is no Parquet file: it does not begin as one",
    };
    Err(BacktestError::parquet(path, what.to_owned()))
}

/// Whether everything in it can be unpacked.
fn check(metadata: &ParquetMetaData) -> Result<(), String> {
    let chunks = metadata.row_groups().iter().flat_map(|group| group.columns());
    for chunk in chunks {
        let packed = match chunk.compression() {
            Compression::BROTLI(_) => "brotli",
            Compression::LZO => "LZO",
            _ => continue,
        };
        let other = "write it with snappy, zstd, gzip or lz4";
        return Err(format!("is compressed with {packed}, which is not read: {other}"));
    }
    Ok(())
}

/// What the library says may repeat what the file holds; so it is not passed on.
fn broken(path: &Path, error: ParquetError, row: Option<u64>) -> BacktestError {
    if let ParquetError::External(inner) = error
        && let Ok(source) = inner.downcast::<std::io::Error>()
        // What unpacks says in this form what is wrong with the data.
        && source.raw_os_error().is_some()
    {
        return BacktestError::Read { path: path.to_path_buf(), source: *source };
    }
    match row {
        Some(row) => BacktestError::row(path, row, "cannot be read: the file is damaged there"),
        None => BacktestError::parquet(path, BROKEN.to_owned()),
    }
}

#[cfg(test)]
mod tests;
