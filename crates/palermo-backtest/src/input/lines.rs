//! The rows of one file, plain or compressed, and the hash of its bytes.

use super::FileFacts;
use super::columns::{Columns, Schema};
use crate::error::{BacktestError, is_parquet};
use crate::foreign::{self, Mapping, RowsError};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The longest line that is read.
const LINE_BYTES_MAX: u64 = 16 << 20;
const BUFFER_BYTES: usize = 1 << 20;

#[derive(Debug, Default)]
struct Tally {
    hash: Sha256,
    bytes: u64,
}

/// A file whose bytes are hashed as they pass.
#[derive(Debug)]
struct Hashed {
    file: File,
    tally: Arc<Mutex<Tally>>,
}

impl Read for Hashed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let taken = self.file.read(into)?;
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.hash.update(into.get(..taken).unwrap_or_default());
        tally.bytes = tally.bytes.saturating_add(taken as u64);
        Ok(taken)
    }
}

/// The bytes of a file, unpacked, and the tally of what lies there.
struct Opened {
    path: PathBuf,
    input: Box<dyn BufRead + Send>,
    tally: Arc<Mutex<Tally>>,
}

fn open(path: &Path) -> Result<Opened, BacktestError> {
    let wrap = || BacktestError::read(path);
    let tally = Arc::new(Mutex::new(Tally::default()));
    let file = File::open(path).map_err(wrap())?;
    let hashed = Hashed { file, tally: Arc::clone(&tally) };
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or("");
    let input: Box<dyn Read + Send> = match ending {
        // Several members after each other are one file, as `gzip` and `cat` make them.
        "gz" => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(
            BUFFER_BYTES,
            hashed,
        ))),
        "zst" => Box::new(zstd::Decoder::new(hashed).map_err(wrap())?),
        _ => Box::new(hashed),
    };
    let input = Box::new(BufReader::with_capacity(BUFFER_BYTES, input));
    Ok(Opened { path: path.to_path_buf(), input, tally })
}

/// The rows of a file: documents a line, CSV through a mapping, or Parquet.
pub(super) struct Rows {
    form: Form,
    path: PathBuf,
    tally: Arc<Mutex<Tally>>,
    rows: u64,
}

enum Form {
    Lines { input: Box<dyn BufRead + Send>, text: Vec<u8>, number: u64 },
    Table { rows: Box<foreign::Rows<Box<dyn BufRead + Send>>>, value: Vec<u8> },
    Columns { rows: Box<Columns>, bytes: u64 },
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Rows {
    /// One document a line.
    pub(super) fn lines(path: &Path) -> Result<Self, BacktestError> {
        let Opened { path, input, tally } = open(path)?;
        let form = Form::Lines { input, text: Vec::new(), number: 0 };
        Ok(Self { form, path, tally, rows: 0 })
    }

    /// CSV, each row of which the mapping makes a document.
    pub(super) fn table(path: &Path, mapping: &Mapping) -> Result<Self, BacktestError> {
        let Opened { path, input, tally } = open(path)?;
        let rows = mapping.rows(input).map_err(|error| of_csv(&path, error))?;
        let form = Form::Table { rows: Box::new(rows), value: Vec::new() };
        Ok(Self { form, path, tally, rows: 0 })
    }

    /// Parquet, each row of which is a document.
    pub(super) fn columns(path: &Path, schema: Schema) -> Result<Self, BacktestError> {
        Self::parquet(path, Columns::documents(path, schema)?)
    }

    /// Parquet, each row of which the mapping makes a document.
    pub(super) fn mapped_columns(path: &Path, mapping: &Mapping) -> Result<Self, BacktestError> {
        Self::parquet(path, Columns::table(path, mapping)?)
    }

    fn parquet(path: &Path, rows: Columns) -> Result<Self, BacktestError> {
        let bytes = std::fs::metadata(path).map_err(BacktestError::read(path))?.len();
        let form = Form::Columns { rows: Box::new(rows), bytes };
        Ok(Self { form, path: path.to_path_buf(), tally: Arc::default(), rows: 0 })
    }

    /// The next row and its line; none at the end.
    pub(super) fn next_row(&mut self) -> Result<Option<(u64, &[u8])>, BacktestError> {
        let path = &self.path;
        let next = match &mut self.form {
            Form::Lines { input, text, number } => {
                next_line(input, text, number, path)?.map(|line| (line, text.trim_ascii()))
            }
            Form::Table { rows, value } => {
                let next = rows.next_row().map_err(|error| of_csv(path, error))?;
                next.map(|(line, row)| {
                    *value = row.value;
                    (line, value.as_slice())
                })
            }
            Form::Columns { rows, .. } => rows.next_row()?,
        };
        self.rows = self.rows.saturating_add(u64::from(next.is_some()));
        Ok(next)
    }

    /// Bytes of the file that were read.
    pub(super) fn read_bytes(&self) -> u64 {
        match &self.form {
            Form::Columns { rows, bytes } => rows.read_of(*bytes),
            _ => self.tally.lock().unwrap_or_else(PoisonError::into_inner).bytes,
        }
    }

    /// The hash of the whole file, and its size; to be asked at the end.
    pub(super) fn close(self) -> Result<(FileFacts, u64), BacktestError> {
        let Self { form, path, tally, rows } = self;
        let mut rest: Box<dyn Read> = match form {
            // A packed file may hold something behind what was unpacked.
            Form::Lines { input, .. } => input,
            // It was read here and there.
            Form::Columns { .. } => {
                let file = File::open(&path).map_err(BacktestError::read(&path))?;
                Box::new(Hashed { file, tally: Arc::clone(&tally) })
            }
            Form::Table { .. } => Box::new(io::empty()),
        };
        io::copy(&mut rest, &mut io::sink()).map_err(BacktestError::read(&path))?;
        drop(rest);
        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let facts = FileFacts { name, sha256: hex(tally.hash.clone()), rows };
        Ok((facts, tally.bytes))
    }
}

/// Every row of a CSV or Parquet file.
pub(super) fn each_row(
    path: &Path,
    mapping: &Mapping,
    each: &mut dyn FnMut(u64, foreign::Row),
) -> Result<(), BacktestError> {
    if is_parquet(path) {
        let mut rows = Columns::table(path, mapping)?;
        while let Some((row, mapped)) = rows.next_mapped()? {
            each(row, mapped);
        }
        return Ok(());
    }
    let Opened { path, input, .. } = open(path)?;
    let wrap = |error| of_csv(&path, error);
    let mut rows = mapping.rows(input).map_err(wrap)?;
    while let Some((line, row)) = rows.next_row().map_err(wrap)? {
        each(line, row);
    }
    Ok(())
}

/// The number of the next line that holds something; its text is in `text`.
fn next_line(
    input: &mut dyn BufRead,
    text: &mut Vec<u8>,
    number: &mut u64,
    path: &Path,
) -> Result<Option<u64>, BacktestError> {
    loop {
        text.clear();
        *number = number.saturating_add(1);
        let taken = input.take(LINE_BYTES_MAX).read_until(b'\n', text);
        let taken = taken.map_err(BacktestError::read(path))? as u64;
        if taken == 0 {
            return Ok(None);
        }
        if taken >= LINE_BYTES_MAX {
            let what = "is longer than 16 MiB; one document stands on each line";
            return Err(BacktestError::row(path, *number, what));
        }
        if !text.trim_ascii().is_empty() {
            return Ok(Some(*number));
        }
    }
}

/// What a mapping says, with the file.
fn of_csv(path: &Path, error: RowsError) -> BacktestError {
    match error {
        RowsError::Read(source) => BacktestError::Read { path: path.to_path_buf(), source },
        RowsError::Header(what) => BacktestError::Data { path: path.to_path_buf(), what },
        RowsError::Row { line, what } => BacktestError::row(path, line, what),
    }
}

/// A hash as lower-case hex.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
