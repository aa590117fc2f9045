//! What is in force and where it came from.

use std::fmt;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the file.
    File {
        /// The file as it was named.
        file: String,
        /// Line from 1.
        line: usize,
    },
    /// Something that counts more than the file.
    Replaced {
        /// A variable of the environment, or an option.
        by: &'static str,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "{file}:{line}"),
            Self::Replaced { by } => f.write_str(by),
        }
    }
}

/// A key with its value in force. No key holds a secret: those are in files, and a value is their path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Full name with dots.
    pub key: &'static str,
    /// As it was written; empty: not set.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}
