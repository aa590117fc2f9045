//! The text of a rule folder, handed in by the caller: this crate reads no files.
//!
//! A [`Sources`] maps relative paths to text. Its hash is a function of paths and bytes only, so
//! the same folder gives the same bundle on every machine. Test files are not part of the hash:
//! they decide nothing, and a bundle need not carry them.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The longest file that is read, in bytes.
pub(crate) const FILE_BYTES_MAX: usize = 1 << 20;

/// Every file of a rule folder by its path relative to the folder's parent, such as
/// `rules/ruleset.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    files: BTreeMap<String, String>,
}

impl Sources {
    /// The files as given. Files that do not end in `.yaml` are hashed and otherwise ignored.
    pub const fn new(files: BTreeMap<String, String>) -> Self {
        Self { files }
    }

    /// The text of a file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Every path and text, in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The path and the text of the lock file, where there is one.
    pub(crate) fn lock(&self) -> Option<(&str, &str)> {
        self.iter().find(|(path, _)| is_lock(path))
    }

    /// The same without the lock file: nothing is held to what was.
    pub fn without_lock(&self) -> Self {
        let files = self.files.iter().filter(|(path, _)| !is_lock(path));
        Self { files: files.map(|(path, text)| (path.clone(), text.clone())).collect() }
    }

    /// Rule, list and deployment files, in path order.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(path, _)| is_yaml(path) && !is_test(path))
    }

    /// Test files, in path order.
    pub(crate) fn tests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(path, _)| is_test(path))
    }

    /// SHA-256 (hex) over path, length and bytes of every file except tests and the lock, in path
    /// order.
    /// Cost: one pass over the bytes.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (path, text) in self.iter().filter(|(path, _)| !is_test(path) && !is_lock(path)) {
            for part in [path, text] {
                hash.update(part.len().to_string());
                hash.update([b'\n']);
                hash.update(part);
            }
        }
        hex(&hash.finalize())
    }
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn is_lock(path: &str) -> bool {
    path.rsplit('/').next() == Some(crate::lock::LOCK_FILE)
}

/// Whether the path names a test file.
pub(crate) fn is_test(path: &str) -> bool {
    path.ends_with(".test.yaml") || path.ends_with(".test.yml")
}

/// SHA-256 (hex) of a text.
pub(crate) fn sha256_hex(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
