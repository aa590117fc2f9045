//! Runs the command in a folder of its own.

use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs it from the root of the repository.
pub(crate) fn palermo(arguments: &[&str]) -> Done {
    palermo_in(&palermo_tests::root(), arguments)
}

/// Runs it in a folder, without a terminal and without the environment's broker.
pub(crate) fn palermo_in(folder: &Path, arguments: &[&str]) -> Done {
    palermo_with(folder, arguments, &[])
}

/// The same with variables of the environment.
pub(crate) fn palermo_with(
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Done {
    let output = Command::new(env!("CARGO_BIN_EXE_palermo-under-test"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("PALERMO_BOOTSTRAP")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the command runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it writes UTF-8");
    Done {
        code: output.status.code().expect("it was not killed"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new().prefix("palermo-e2e-").tempdir().expect("a temporary folder")
}

/// A copy of the shipped rules in `rules/` of a new folder.
pub(crate) fn with_rules() -> TempDir {
    let folder = folder();
    copy(&palermo_tests::root().join("rules"), &folder.path().join("rules"));
    folder
}

/// Copies a folder.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Replaces text in a file; it must be there once.
pub(crate) fn edit(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("the file");
    assert_eq!(text.matches(from).count(), 1, "`{from}` in {}", file.display());
    std::fs::write(file, text.replace(from, to)).expect("the file is written");
}
