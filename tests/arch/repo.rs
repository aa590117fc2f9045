//! What there is to look at, and how it is read.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository as far as its law is concerned.
#[derive(Clone, Debug, Default)]
pub struct Repo {
    /// Workspace members.
    pub packages: Vec<Package>,
    /// `[workspace.metadata.layers]`.
    pub layers: BTreeMap<String, u64>,
    /// `[workspace.metadata.owners]`.
    pub owners: BTreeMap<String, String>,
    /// `[workspace.metadata.core-libraries]`: what the pure crates may name.
    pub core_libraries: BTreeSet<String>,
    /// Files that git knows or would add, by path from the root.
    pub files: Vec<SourceFile>,
    /// Names of metrics.
    pub metrics: BTreeSet<String>,
    /// Error codes, stop codes and dead-letter reasons.
    pub codes: BTreeSet<String>,
    /// Configuration keys.
    pub keys: BTreeSet<String>,
}

/// A workspace member.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder from the root.
    pub folder: String,
    /// What its manifest names.
    pub dependencies: Vec<Dependency>,
}

/// A dependency.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Of which package.
    pub name: String,
    /// For tests only.
    pub dev: bool,
}

/// A file; `text` is `None` where it is not UTF-8.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// From the root, with `/`.
    pub path: String,
    /// Its content.
    pub text: Option<String>,
}

impl SourceFile {
    /// Lines with their numbers, from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.as_deref().unwrap_or("").lines())
    }

    /// Whether it is Rust source.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

impl Repo {
    /// The text of a file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path)?.text.as_deref()
    }
}

/// Reads the repository that this test belongs to.
pub fn read() -> Repo {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root");
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .expect("cargo metadata");
    let packages = metadata
        .packages
        .iter()
        .map(|package| Package {
            name: package.name.to_string(),
            folder: folder(&root, package.manifest_path.as_std_path()),
            dependencies: package
                .dependencies
                .iter()
                .map(|dependency| Dependency {
                    name: dependency.name.clone(),
                    dev: dependency.kind == DependencyKind::Development,
                })
                .collect(),
        })
        .collect();
    let table =
        |name: &str| metadata.workspace_metadata[name].as_object().cloned().unwrap_or_default();
    let layers = table("layers").into_iter().filter_map(|(k, v)| Some((k, v.as_u64()?))).collect();
    let owners = table("owners")
        .into_iter()
        .filter_map(|(k, v)| Some((k, v.as_str()?.to_owned())))
        .collect();
    let core_libraries = table("core-libraries").into_iter().map(|(name, _)| name).collect();
    let files = files(&root);
    let codes = codes(&files);
    Repo {
        packages,
        layers,
        owners,
        core_libraries,
        metrics: palermo_ops::METRICS.iter().map(|metric| metric.name.to_owned()).collect(),
        codes,
        keys: palermo_runtime::CONFIG_KEYS.iter().map(|key| key.key.to_owned()).collect(),
        files,
    }
}

fn folder(root: &Path, manifest: &Path) -> String {
    let folder = manifest.parent().and_then(|path| path.strip_prefix(root).ok());
    folder.map_or_else(String::new, |path| path.to_string_lossy().into_owned())
}

/// What git tracks, and what it would add: a check that waits for the commit comes too late.
fn files(root: &Path) -> Vec<SourceFile> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .expect("git lists the files");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut files: Vec<SourceFile> = listed
        .split('\0')
        .filter(|path| !path.is_empty())
        // Deleted and not yet committed.
        .filter(|path| root.join(path).is_file())
        .map(|path| SourceFile { path: path.to_owned(), text: text(root.join(path)) })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    files
}

fn text(path: PathBuf) -> Option<String> {
    String::from_utf8(std::fs::read(path).expect("a listed file can be read")).ok()
}

/// Lists in the product where there is one, and what the sources say.
fn codes(files: &[SourceFile]) -> BTreeSet<String> {
    let mut codes: BTreeSet<String> = palermo_domain::DeadLetterReason::ALL
        .iter()
        .map(|reason| reason.as_str().to_owned())
        .chain(palermo_kafka::STOP_CODES.iter().map(|code| (*code).to_owned()))
        .collect();
    let product = files.iter().filter(|f| f.is_rust() && f.path.starts_with("crates/"));
    for file in product.filter(|file| !is_test_file(&file.path)) {
        codes_in(without_tests(file.text.as_deref().unwrap_or("")), &mut codes);
    }
    codes
}

/// `code: "…"` in a literal of a struct, `CODE: &str = "…"`, the texts in the body of a `fn code(`,
/// and every text like `E104` or `W340`.
pub fn codes_in(text: &str, codes: &mut BTreeSet<String>) {
    let mut inside: Option<usize> = None;
    for line in text.lines() {
        let code = line.trim_start();
        let literals = || line.split('"').skip(1).step_by(2);
        codes.extend(literals().filter(|text| is_diagnostic(text)).map(str::to_owned));
        for start in ["code: \"", " CODE: &str = \"", " CODE: &'static str = \""] {
            for (at, _) in code.match_indices(start) {
                let before = code[..at].chars().last().unwrap_or(' ');
                let text = code[at + start.len()..].split('"').next().unwrap_or("");
                let apart = start.starts_with(' ') || !(before.is_alphanumeric() || before == '_');
                if is_code(text) && apart {
                    codes.insert(text.to_owned());
                }
            }
        }
        if code.contains("fn code(") && code.contains("&'static str") {
            inside = Some(line.len() - code.len());
        } else if let Some(indent) = inside {
            for literal in literals().filter(|literal| is_code(literal)) {
                codes.insert(literal.to_owned());
            }
            if code == "}" && line.len() - code.len() == indent {
                inside = None;
            }
        }
    }
}

fn is_diagnostic(text: &str) -> bool {
    let digits = text.strip_prefix(['E', 'W']).unwrap_or("");
    digits.len() == 3 && digits.chars().all(|c| c.is_ascii_digit())
}

fn is_code(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Files that hold nothing but tests.
pub fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || path.contains("/tests/")
        || path.contains("/benches/")
        || path.contains("/examples/")
        || path.ends_with("_tests.rs")
}

/// The text before the module of tests, which comes last in a file.
pub fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}
