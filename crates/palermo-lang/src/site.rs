//! The rule library as a static site: an index and a page for each rule, for a reader without tools.
//!
//! A pure function from the library to pages; the same rules give the same bytes. Pages load nothing
//! (a policy in each forbids it), work without scripts, on a phone and on paper. Everything that an
//! author wrote is escaped. Cost: a few megabytes for some hundred rules.

mod html;
mod index;
mod lists;
mod logic;
mod rule;
mod words;

use crate::library::{Edge, Library, Tree, Written};
use std::collections::{BTreeMap, BTreeSet};

/// Paths and pages of the site, `index.html` first.
pub fn site(library: &Library) -> Vec<(String, String)> {
    let book = Book::new(library);
    let mut pages = vec![
        ("index.html".to_owned(), index::page(&book)),
        ("lists.html".to_owned(), lists::page(&book)),
    ];
    pages.extend(library.rules.iter().map(|one| (book.path(one), rule::page(&book, one))));
    pages
}

/// The library with what pages look up.
struct Book<'l> {
    library: &'l Library,
    edges: BTreeSet<Edge>,
    /// Institution and document of a source.
    sources: BTreeMap<&'l str, (&'l str, &'l str)>,
}

impl<'l> Book<'l> {
    fn new(library: &'l Library) -> Self {
        let of = |list: &&Written| list.tree.at("list") == "sources";
        let rows = library.lists.iter().filter(of).filter_map(|list| list.tree.get("rows"));
        let row = |row: &'l Tree| (row.at("row"), (row.at("source"), row.at("doc")));
        let sources = rows.flat_map(Tree::items).map(row).collect();
        Self { library, edges: library.edges(), sources }
    }

    /// The page of a rule: `rules/MS-08.html`, an older version beside it.
    fn path(&self, rule: &Written) -> String {
        let id = safe(rule.tree.at("id"));
        let newest = self.library.rule(rule.tree.at("id"));
        if newest == Some(rule) {
            format!("rules/{id}.html")
        } else {
            format!("rules/{id}-{}.html", safe(rule.tree.at("version")))
        }
    }

    /// A rule of an id as a link from another rule's page; the bare id where it has no page.
    fn beside(&self, id: &str) -> String {
        match self.library.rule(id) {
            Some(rule) => {
                let to = format!("{}.html", safe(id));
                format!("{} {}", html::link(&to, id), html::esc(rule.tree.at("title")))
            }
            None => html::esc(id),
        }
    }
}

/// A part of a file name, in which nothing leads elsewhere.
fn safe(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    text.chars().map(plain).collect()
}

/// What a family of evidence is.
fn family(letter: &str) -> &'static str {
    match letter {
        "M" => "money flow",
        "L" => "logistics",
        "C" => "control",
        "N" => "network",
        "T" => "text or list",
        "P" => "profile break",
        "G" => "geography",
        _ => "",
    }
}
