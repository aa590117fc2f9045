//! Who may know whom.

use crate::repo::{Repo, is_test_file, without_tests};

/// A crate depends only on crates with a strictly smaller layer, in tests too; every crate has a
/// layer and every layer a crate.
pub fn layers(repo: &Repo) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in &repo.packages {
        let Some(own) = repo.layers.get(&package.name) else {
            complaints
                .push(format!("`{}` is missing in [workspace.metadata.layers]", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let Some(other) = repo.layers.get(&dependency.name) else { continue };
            let direction = if other > own {
                "upward"
            } else if other == own {
                "sideways"
            } else {
                continue;
            };
            let kind = if dependency.dev { " (in its tests)" } else { "" };
            complaints.push(format!(
                "`{}` (layer {own}) depends {direction} on `{}` (layer {other}){kind}",
                package.name, dependency.name
            ));
        }
    }
    let absent = |name: &&String| !repo.packages.iter().any(|package| package.name == **name);
    complaints.extend(repo.layers.keys().filter(absent).map(|name| {
        format!("[workspace.metadata.layers] names `{name}`, which is no crate of the workspace")
    }));
    complaints
}

/// A library with an owner is named by nobody else.
pub fn owners(repo: &Repo) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in &repo.packages {
        for dependency in &package.dependencies {
            if let Some(owner) = repo.owners.get(&dependency.name)
                && *owner != package.name
            {
                complaints.push(format!(
                    "`{}` names `{}`, which only `{owner}` may",
                    package.name, dependency.name
                ));
            }
        }
    }
    complaints
}

/// The oracle stays out of the product.
pub fn testkit(repo: &Repo) -> Vec<String> {
    let product = repo.packages.iter().filter(|package| package.folder.starts_with("crates/"));
    product
        .filter(|p| p.dependencies.iter().any(|d| d.name == "palermo-testkit" && !d.dev))
        .map(|p| format!("`{}` depends on palermo-testkit outside its tests", p.name))
        .collect()
}

/// Every crate of the product takes the lints of the workspace.
pub fn lints(repo: &Repo) -> Vec<String> {
    let product = repo.packages.iter().filter(|package| package.folder.starts_with("crates/"));
    product
        .filter(|package| {
            let manifest = repo.text(&format!("{}/Cargo.toml", package.folder)).unwrap_or("");
            !manifest.contains("[lints]\nworkspace = true")
        })
        .map(|package| format!("`{}` does not say `[lints] workspace = true`", package.name))
        .collect()
}

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Everything comes from the default registry, with a checksum.
pub fn lock(repo: &Repo) -> Vec<String> {
    let Some(lock) = repo.text("Cargo.lock") else {
        return vec!["Cargo.lock is missing".to_owned()];
    };
    let mut complaints = Vec::new();
    for block in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let start = format!("{name} = \"");
            block.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"'))
        };
        let name = field("name").unwrap_or("?");
        match field("source") {
            Some(REGISTRY) if field("checksum").is_none() => {
                complaints.push(format!("`{name}` has no checksum in Cargo.lock"));
            }
            None if repo.packages.iter().all(|package| package.name != name) => {
                complaints.push(format!("`{name}` comes from a path outside the workspace"));
            }
            Some(REGISTRY) | None => {}
            Some(other) => complaints.push(format!("`{name}` comes from `{other}`")),
        }
    }
    complaints
}

/// Highest layer without input, output, clock, chance, threads or environment.
const PURE_UP_TO: u64 = 5;
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::env::",
    "std::process",
    "std::thread",
    "time::Instant",
    "SystemTime",
    "std::random",
];

/// DESIGN §3.1: the core does nothing but compute.
pub fn pure(repo: &Repo) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in &repo.packages {
        if repo.layers.get(&package.name).is_none_or(|layer| *layer > PURE_UP_TO) {
            continue;
        }
        let sources = format!("{}/src/", package.folder);
        for file in repo.files.iter().filter(|f| f.is_rust() && f.path.starts_with(&sources)) {
            if is_test_file(&file.path) {
                continue;
            }
            let text = without_tests(file.text.as_deref().unwrap_or(""));
            for (number, line) in (1..).zip(text.lines()) {
                let code = line.split("//").next().unwrap_or("");
                if let Some(what) = IMPURE.iter().find(|what| code.contains(**what)) {
                    complaints.push(format!("{}:{number} names `{what}`", file.path));
                }
            }
        }
    }
    complaints
}
