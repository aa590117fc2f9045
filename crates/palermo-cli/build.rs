//! Facts about the build, and the pages of error codes, for the binary to carry.
//!
//! The pages are those of `docs/errors/` at build time: a new page needs no entry anywhere. Without
//! git or the pages (a source archive) the build goes on with less.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// This is how a build script speaks to cargo.
fn say(line: &str) {
    println!("cargo::{line}");
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let done = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    done.status.success().then(|| text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by the environment")]
fn folder(name: &str) -> PathBuf {
    std::env::var_os(name).map(PathBuf::from).unwrap_or_default()
}

fn pages(docs: &Path) -> String {
    let mut names: Vec<PathBuf> = std::fs::read_dir(docs)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    names.retain(|path| path.extension().is_some_and(|end| end == "md"));
    names.sort();
    let mut text = String::from("&[\n");
    for path in names {
        if let Some(code) = path.file_stem().and_then(|stem| stem.to_str()) {
            // Writing to a string cannot fail.
            let _ =
                writeln!(text, "    ({code:?}, include_str!({:?})),", path.display().to_string());
        }
    }
    text.push_str("]\n");
    text
}

fn main() -> std::io::Result<()> {
    let root = folder("CARGO_MANIFEST_DIR").join("../..");
    let docs = root.join("docs/errors");
    let docs = docs.canonicalize().unwrap_or(docs);
    std::fs::write(folder("OUT_DIR").join("pages.rs"), pages(&docs))?;
    say(&format!("rerun-if-changed={}", docs.display()));
    // A build from an archive of the sources is told which they are.
    say("rerun-if-env-changed=PALERMO_GIT");
    let given = folder("PALERMO_GIT").display().to_string();
    let git = Some(given).filter(|given| !given.is_empty());
    let git = git.or_else(|| output("git", &["rev-parse", "--short=12", "HEAD"]));
    if let Some(head) = output("git", &["rev-parse", "--git-path", "logs/HEAD"]) {
        say(&format!("rerun-if-changed={head}"));
    }
    let rustc = folder("RUSTC");
    let rustc = output(&rustc.display().to_string(), &["--version"]);
    let rustc = rustc.and_then(|text| text.split(' ').nth(1).map(str::to_owned));
    say(&format!("rustc-env=PALERMO_GIT={}", git.unwrap_or_else(|| "unknown".to_owned())));
    say(&format!("rustc-env=PALERMO_RUSTC={}", rustc.unwrap_or_else(|| "unknown".to_owned())));
    Ok(())
}
