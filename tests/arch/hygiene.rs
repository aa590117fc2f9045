//! What must not stand in a tracked file.

use crate::repo::{Repo, SourceFile};

/// Longest source file, in lines.
const LINES_MAX: usize = 700;

/// Text is indented with spaces; make wants tabs.
pub fn tabs(repo: &Repo) -> Vec<String> {
    let written = [".rs", ".toml", ".yaml", ".yml", ".md", ".sh", ".json", ".xml"];
    let mut complaints = Vec::new();
    for file in repo.files.iter().filter(|f| written.iter().any(|end| f.path.ends_with(end))) {
        if let Some((number, _)) = file.lines().find(|(_, line)| line.contains('\t')) {
            complaints.push(format!("{}:{number} holds a tab", file.path));
        }
    }
    complaints
}

/// A source file can be read in one sitting.
pub fn long_files(repo: &Repo) -> Vec<String> {
    let sources = repo.files.iter().filter(|file| file.is_rust() || file.path.ends_with(".sh"));
    sources
        .map(|file| (file, file.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(file, lines)| format!("{} has {lines} lines, more than {LINES_MAX}", file.path))
        .collect()
}

/// Paths of one machine. Put together here so that this file does not hold them.
const MACHINE: [&str; 4] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tmp/bash", "_jobs"),
    concat!("/ho", "me/"),
];

/// Nothing knows the machine it was written on.
pub fn machine_paths(repo: &Repo) -> Vec<String> {
    found(repo, &MACHINE, |_| true)
}

/// Registries and mirrors; which one is used is the builder's own business.
const HOSTS: [&str; 9] = [
    concat!("static.cra", "tes.io"),
    concat!("index.cra", "tes.io"),
    concat!("repo.maven.apa", "che.org"),
    concat!("repo1.ma", "ven.org"),
    concat!("registry.npm", "js.org"),
    concat!("files.python", "hosted.org"),
    concat!("proxy.gol", "ang.org"),
    concat!("arti", "factory"),
    concat!("deb.deb", "ian.org"),
];

/// No registry is named by its host.
pub fn registry_hosts(repo: &Repo) -> Vec<String> {
    found(repo, &HOSTS, |file| file.path != "Cargo.lock")
}

fn found(repo: &Repo, needles: &[&str], looked_at: fn(&SourceFile) -> bool) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in repo.files.iter().filter(|file| looked_at(file)) {
        for (number, line) in file.lines() {
            if let Some(needle) = needles.iter().find(|needle| line.contains(**needle)) {
                complaints.push(format!("{}:{number} names `{needle}`", file.path));
            }
        }
    }
    complaints
}

/// The top level of DESIGN §4, besides dotfiles.
const TOP: [&str; 11] = [
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "Makefile",
    "README.md",
    "benches",
    "crates",
    "deploy",
    "docs",
    "rules",
    "tests",
];

/// Nothing lies around at the top.
pub fn top_level(repo: &Repo) -> Vec<String> {
    let mut tops: Vec<&str> =
        repo.files.iter().filter_map(|file| file.path.split('/').next()).collect();
    tops.dedup();
    tops.into_iter()
        .filter(|top| !top.starts_with('.') && !TOP.contains(top))
        .map(|top| format!("`{top}` does not belong at the top level"))
        .collect()
}

/// An exception says why.
pub fn allow_without_reason(repo: &Repo) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in repo.files.iter().filter(|file| file.is_rust()) {
        let text = file.text.as_deref().unwrap_or("");
        for (at, _) in text.match_indices("#[").chain(text.match_indices("#![")) {
            let attribute = text[at..].trim_start_matches(['#', '!', '[']);
            let Some(end) = attribute.find(")]") else { continue };
            let is = |word: &str| attribute.starts_with(word);
            if (is("allow(") || is("expect(")) && !attribute[..end].contains("reason = ") {
                let line = text[..at].matches('\n').count() + 1;
                let starts_line =
                    text[..at].rsplit('\n').next().is_some_and(|s| s.trim().is_empty());
                if starts_line {
                    complaints
                        .push(format!("{}:{line} makes an exception without a reason", file.path));
                }
            }
        }
    }
    complaints
}
