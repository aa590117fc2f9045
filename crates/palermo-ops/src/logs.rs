//! Log lines: text for people, JSON for collectors, always to standard error.
//!
//! Promise: one subscriber per process. What is logged is decided where it is logged; personal
//! data has a type whose text is `‹redacted›` (domain).

use tracing_subscriber::filter::LevelFilter;

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Why logs could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// Not a level.
    #[error("`{0}` is not a log level; choose `error`, `warn`, `info`, `debug` or `trace`")]
    Level(String),
    /// A second call in one process.
    #[error("the logs are set up already")]
    Again,
}

/// Sends log lines of `level` and above to standard error.
///
/// # Errors
/// An unknown level, or a second call.
pub fn init_logs(format: LogFormat, level: &str) -> Result<(), LogsError> {
    let filter: LevelFilter = match level {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        other => return Err(LogsError::Level(other.to_owned())),
    };
    let builder = tracing_subscriber::fmt().with_max_level(filter).with_writer(std::io::stderr);
    let set = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    set.map_err(|_| LogsError::Again)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_a_closed_list() {
        let error = init_logs(LogFormat::Text, "loud").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`loud` is not a log level; choose `error`, `warn`, `info`, `debug` or `trace`"
        );
    }
}
