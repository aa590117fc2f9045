//! What is generated and kept in the repository is what the rules and the language say now.

use super::shipped::{limits, shipped};
use crate::{Library, catalogue};
use std::path::Path;

fn kept(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap_or_default()
}

fn library() -> Library {
    Library::read(&shipped(), &limits()).unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

#[test]
fn the_catalogue_is_that_of_the_rules() {
    assert!(
        catalogue(&library(), "rules") == kept("rules/CATALOGUE.md"),
        "rules/CATALOGUE.md is out of date: run `palermo rules doc --table > rules/CATALOGUE.md`"
    );
}
