//! Who may know whom.

use crate::repo::{Package, Repo, is_test_file, without_tests};
use crate::tokens::paths;
use std::collections::BTreeSet;

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
/// Modules of the standard library that the core names nothing of.
const IMPURE_MODULES: [&str; 7] = ["fs", "net", "env", "process", "thread", "random", "os"];
/// Names that are clocks and chance wherever they come from.
const IMPURE_NAMES: [&str; 4] = ["Instant", "SystemTime", "UNIX_EPOCH", "RandomState"];

fn is_impure(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let module = match path.as_slice() {
        // All of it under another name, or every name of it.
        ["std"] | ["std", "*"] | ["std", "time"] | ["std", "time", "*"] => true,
        ["std", module, ..] => IMPURE_MODULES.contains(module),
        _ => false,
    };
    module || path.iter().any(|name| IMPURE_NAMES.contains(name))
}

/// DESIGN §3.1: the core does nothing but compute.
pub fn pure(repo: &Repo) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in core(repo) {
        let sources = format!("{}/src/", package.folder);
        for file in repo.files.iter().filter(|f| f.is_rust() && f.path.starts_with(&sources)) {
            if is_test_file(&file.path) {
                continue;
            }
            let text = without_tests(file.text.as_deref().unwrap_or(""));
            let impure = paths(text).into_iter().filter(|(_, path)| is_impure(path));
            complaints.extend(
                impure.map(|(line, path)| {
                    format!("{}:{line} names `{}`", file.path, path.join("::"))
                }),
            );
        }
    }
    complaints
}

fn core(repo: &Repo) -> impl Iterator<Item = &Package> {
    let layer = |package: &&Package| repo.layers.get(&package.name);
    repo.packages.iter().filter(move |p| layer(p).is_some_and(|layer| *layer <= PURE_UP_TO))
}

/// What the core links can do input and output too: a library is taken in on purpose, with a
/// reason, or not at all.
pub fn core_libraries(repo: &Repo) -> Vec<String> {
    let (mut complaints, mut used) = (Vec::new(), BTreeSet::new());
    for package in core(repo) {
        for dependency in package.dependencies.iter().filter(|d| !d.dev) {
            let name = &dependency.name;
            used.insert(name);
            if !repo.layers.contains_key(name) && !repo.core_libraries.contains(name) {
                complaints.push(format!(
                    "`{}` names `{name}`, which is missing in [workspace.metadata.core-libraries]",
                    package.name
                ));
            }
        }
    }
    let unused = repo.core_libraries.iter().filter(|name| !used.contains(name));
    complaints.extend(unused.map(|name| {
        format!(
            "[workspace.metadata.core-libraries] lists `{name}`, which no crate of the core names"
        )
    }));
    complaints
}
