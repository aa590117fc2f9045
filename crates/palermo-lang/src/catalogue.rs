//! The rules of a folder as one table of Markdown: what there is, how mature, how tested, used by whom.
//!
//! The table is a function of the folder alone, in order of kind and id, so that a copy of it can be
//! kept in the repository and compared (`rules/CATALOGUE.md`). Cost: one pass over rules and tests.

use crate::coverage::{Tested, tested};
use crate::library::{Edge, Library, Written};
use crate::test_notes::{TestNote, notes};
use std::collections::BTreeSet;

/// Where the table is kept, inside of the rule folder.
pub const CATALOGUE_FILE: &str = "CATALOGUE.md";

const INTRODUCTION: &str = "# Catalogue of the rules

Made by `palermo rules doc --table > rules/CATALOGUE.md`; a test fails where it is out of date. An id of
the catalogue that is not here has no file yet. Tests are counted as: all, those that must be found,
lawful look-alikes, known gaps, known false positives.
";

/// The table of a folder whose paths begin with `folder`, such as `rules`.
pub fn catalogue(library: &Library, folder: &str) -> String {
    let edges = library.edges();
    let mut text = INTRODUCTION.to_owned();
    for (kind, heading) in [
        ("Indicator", "Indicators"),
        ("Suppressor", "Suppressors"),
        ("Typology", "Typologies"),
        ("Modifier", "Modifiers"),
    ] {
        let rules: Vec<&Written> =
            library.rules.iter().filter(|rule| rule.tree.at("kind") == kind).collect();
        if rules.is_empty() {
            continue;
        }
        text.push_str(&format!("\n## {heading} ({})\n", rules.len()));
        text.push_str("| id | title | file | family, tier | subject | status | tests: all, found, look-alikes, gaps, false positives | used by |\n");
        text.push_str("|---|---|---|---|---|---|---|---|\n");
        for rule in rules {
            text.push_str(&row(library, rule, folder, &edges));
        }
    }
    text
}

fn row(library: &Library, rule: &Written, folder: &str, edges: &BTreeSet<Edge>) -> String {
    let tree = &rule.tree;
    let inside = rule.path.strip_prefix(folder).unwrap_or(&rule.path).trim_start_matches('/');
    let name = inside.rsplit('/').next().unwrap_or(inside);
    let subject =
        if tree.get("subject").is_some() { tree.at("subject") } else { tree.at("anchor") };
    let cells = [
        tree.at("id").to_owned(),
        tree.at("title").to_owned(),
        format!("[{}]({inside})", name.trim_end_matches(".yaml")),
        format!("{} {}", tree.at("family"), tree.at("tier")),
        subject.to_owned(),
        tree.at("status").to_owned(),
        counted(&notes(library, rule)),
        users(edges, tree.at("id")).join(", "),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| cell_text(cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn counted(tests: &[TestNote]) -> String {
    let Tested { all, found, lookalikes, gaps, false_positives } = tested(tests);
    let counts = [all, found, lookalikes, gaps, false_positives];
    counts.map(|count| count.to_string()).join(" / ")
}

/// The typologies that name a rule.
fn users<'e>(edges: &'e BTreeSet<Edge>, id: &str) -> Vec<&'e str> {
    let mut all: Vec<&str> =
        edges.iter().filter(|(_, _, to)| to == id).map(|(from, ..)| from.as_str()).collect();
    all.dedup();
    all
}

/// One line, in which nothing ends a cell.
fn cell_text(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
