//! The law of the repository, as checks over data.
//!
//! [`repo::Repo`] is what there is to look at (packages and their dependencies, files, the lists of
//! metrics, codes and configuration keys); [`repo::read`] fills it from `cargo metadata`, the root
//! manifest and the files that git knows. A check is a function from it to complaints. So each is
//! tested twice: on the real repository it finds nothing, and on a small sound one with a planted
//! violation ([`planted`]) it finds exactly that.

mod dependencies;
mod documents;
mod hygiene;
mod planted;
mod repo;
mod tokens;

use repo::Repo;

/// A check and the name under which it reports.
type Check = (&'static str, fn(&Repo) -> Vec<String>);

/// Every check.
const CHECKS: &[Check] = &[
    ("layers", dependencies::layers),
    ("owners", dependencies::owners),
    ("testkit is for tests", dependencies::testkit),
    ("lints", dependencies::lints),
    ("lock", dependencies::lock),
    ("core is pure", dependencies::pure),
    ("core libraries", dependencies::core_libraries),
    ("first doc line", documents::first_lines),
    ("metrics", documents::metrics),
    ("error codes", documents::codes),
    ("error pages", documents::pages),
    ("configuration keys", documents::keys),
    ("tabs", hygiene::tabs),
    ("long files", hygiene::long_files),
    ("machine paths", hygiene::machine_paths),
    ("registry hosts", hygiene::registry_hosts),
    ("top level", hygiene::top_level),
    ("allow without reason", hygiene::allow_without_reason),
];

#[test]
fn the_repository_keeps_its_law() {
    let repo = repo::read();
    let complaints: Vec<String> = CHECKS
        .iter()
        .flat_map(|(name, check)| {
            check(&repo).into_iter().map(move |what| format!("{name}: {what}"))
        })
        .collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

/// A reader that finds nothing to look at must not pass for a clean repository.
#[test]
fn the_reader_sees_the_repository() {
    let repo = repo::read();
    let has = |path: &str| repo.files.iter().any(|file| file.path == path);
    assert!(has("crates/palermo-domain/src/lib.rs") && has("tests/arch/main.rs") && has("LICENSE"));
    assert!(!repo.files.iter().any(|file| file.path.starts_with("target/")));
    assert!(repo.packages.len() >= 15, "{}", repo.packages.len());
    let engine = repo.packages.iter().find(|p| p.name == "palermo-engine").expect("the engine");
    assert!(engine.dependencies.iter().any(|d| d.name == "palermo-detect" && !d.dev));
    assert!(repo.layers.len() >= 15 && repo.owners.contains_key("rdkafka"));
    assert!(repo.core_libraries.contains("rust_decimal"));
    assert!(repo.metrics.len() > 20 && repo.keys.len() > 30);
    for code in ["partial_assignment", "missing_field", "chain_mismatch", "bundle_damaged"] {
        assert!(repo.codes.contains(code), "`{code}` was not found in the sources");
    }
}
