//! The lists: what they are, where their rows come from, and who reads them.

use super::Book;
use super::html::{esc, facts, link, page as whole, section};
use crate::library::{Tree, Written};

pub(super) fn page(book: &Book<'_>) -> String {
    let sections: String = book.library.lists.iter().map(|list| one(book, list)).collect();
    let body = format!(
        "<h1>Lists</h1>\n<p>Typed, dated and sourced tables that rules read. Many hold synthetic rows only: a bank supplies its own.</p>\n{sections}"
    );
    whole("Lists of the rule library", "", &body, "")
}

fn one(book: &Book<'_>, list: &Written) -> String {
    let tree = &list.tree;
    let id = tree.at("list");
    let target = format!("list {id}");
    let readers = book.edges.iter().filter(|(_, _, to)| *to == target);
    let readers: Vec<String> = readers
        .filter_map(|(from, ..)| Some(link(&book.path(book.library.rule(from)?), from)))
        .collect();
    let columns = tree.get("columns").into_iter().flat_map(Tree::entries);
    let columns: Vec<String> =
        columns.map(|(name, of)| format!("{name} ({})", of.text().unwrap_or(""))).collect();
    let rows = tree.get("rows").map_or(0, |rows| rows.items().len());
    let facts = facts(&[
        ("title", esc(tree.at("title"))),
        ("version", esc(tree.at("version"))),
        ("pack", esc(tree.at("pack"))),
        ("rows", rows.to_string()),
        ("columns", esc(&columns.join(", "))),
        ("reviewed", esc(tree.at("reviewed"))),
        ("read by", readers.join(" ")),
    ]);
    let pack = tree.at("pack");
    let anchor =
        if pack.is_empty() { anchor(id) } else { format!("{}-{}", anchor(id), super::safe(pack)) };
    let source = format!("<p>{}</p>\n", esc(tree.at("source")));
    section(&anchor, id, &(facts + &source))
}

/// Where a list stands on its page.
pub(super) fn anchor(id: &str) -> String {
    format!("list-{}", super::safe(id))
}
