//! Why a backtest ended early.

use palermo_engine::EngineStop;
use std::io;
use std::path::{Path, PathBuf};

/// Why a backtest ended early. Nothing that it wrote is left behind.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A file cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Of the system.
        source: io::Error,
    },
    /// A report cannot be written.
    #[error("cannot write `{path}`", path = path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Of the system.
        source: io::Error,
    },
    /// A row says what cannot be. Nothing of what it says is repeated.
    #[error("`{path}`, {unit} {line}: {what}", path = path.display(), unit = unit(path))]
    Row {
        /// The file.
        path: PathBuf,
        /// Counted from 1; of Parquet the number of the row.
        line: u64,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A folder or file holds nothing that can be played.
    #[error("`{path}` {what}", path = path.display())]
    Data {
        /// Which.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
    /// A Parquet file is none, is damaged, or has columns that no row can come from.
    #[error("`{path}` {what}", path = path.display())]
    Parquet {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The engine cannot go on.
    #[error("{}", .0.reason)]
    Stop(EngineStop),
    /// The system gave no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// A chart could not be drawn.
    #[error("cannot draw a chart: {0}")]
    Chart(String),
    /// Whoever watches gave up.
    #[error("interrupted; nothing was written")]
    Interrupted,
}

/// Its reason is what it displays, so it is no cause beside it.
impl From<EngineStop> for BacktestError {
    fn from(stop: EngineStop) -> Self {
        Self::Stop(stop)
    }
}

impl BacktestError {
    /// Code with a page under `docs/errors/`; none where the system has said it all.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            Self::Read { .. } => Some("input_unreadable"),
            Self::Row { .. } => Some("data_row"),
            Self::Data { .. } => Some("data_missing"),
            Self::Parquet { .. } => Some("data_parquet"),
            Self::Stop(stop) => Some(stop.code),
            Self::Write { .. } | Self::Thread(_) | Self::Chart(_) | Self::Interrupted => None,
        }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn parquet(path: &Path, what: String) -> Self {
        Self::Parquet { path: path.to_path_buf(), what }
    }

    pub(crate) fn row(path: &Path, line: u64, what: impl Into<String>) -> Self {
        Self::Row { path: path.to_path_buf(), line, what: what.into() }
    }
}

/// What the number of a row counts in a file of this name.
fn unit(path: &Path) -> &'static str {
    if is_parquet(path) { "row" } else { "line" }
}

/// By its name, as every form of file is told.
pub(crate) fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "parquet")
}
