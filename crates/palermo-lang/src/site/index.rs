//! The first page: what there is, what it covers, and every rule in one table.

use super::html::{esc, link, page as whole, section, table};
use super::words::spaced;
use super::{Book, family};
use crate::library::{Tree, Written};
use std::collections::BTreeMap;

pub(super) fn page(book: &Book<'_>) -> String {
    let library = book.library;
    let (name, version) = (&library.program.name, &library.program.version);
    let told = format!("{} rules, {} lists", library.rules.len(), library.lists.len());
    let body = format!(
        "<h1>Rule library</h1>\n<p>{} {}: {told}. An indicator is one red flag and never an alert alone; \
         a typology says which indicators together make one; a suppressor is a lawful explanation.</p>\n{}{}{}",
        esc(name),
        esc(version),
        section("all", "Rules", &(search() + &rules(book))),
        section("counts", "How many", &counts(book)),
        section("coverage", "What is covered", &coverage(book)),
    );
    whole("Rule library", "", &body, include_str!("search.js"))
}

/// Shown by the script only: without it the table is whole.
fn search() -> String {
    "<div class=\"find\" role=\"search\" hidden>\
     <label for=\"find\">Find a rule (words of its row)</label>\
     <input id=\"find\" type=\"search\" autocomplete=\"off\"><p id=\"found\" role=\"status\"></p></div>\n"
        .to_owned()
}

fn rules(book: &Book<'_>) -> String {
    let row = |rule: &Written| {
        let tree = &rule.tree;
        let subject = if tree.get("subject").is_some() { "subject" } else { "anchor" };
        vec![
            link(&book.path(rule), tree.at("id")),
            esc(tree.at("title")),
            esc(tree.at("kind")),
            esc(&listed(tree, "crime")),
            esc(&format!("{} {}", tree.at("family"), tree.at("tier"))),
            esc(tree.at(subject)),
            esc(tree.at("status")),
        ]
    };
    let rows: Vec<Vec<String>> = book.library.rules.iter().map(row).collect();
    let heads = ["id", "title", "kind", "crime", "family, tier", "about", "status"];
    format!("<div id=\"rules\">{}</div>\n", table("Every rule", &heads, &rows))
}

fn listed(tree: &Tree, key: &str) -> String {
    let words = tree.get(key).map_or_else(Vec::new, Tree::texts);
    words.into_iter().map(spaced).collect::<Vec<_>>().join(", ")
}

fn counts(book: &Book<'_>) -> String {
    let by = |key: &str, caption: &str| {
        let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
        for rule in &book.library.rules {
            let word = rule.tree.at(key);
            if word.is_empty() {
                continue;
            }
            let at = KINDS.iter().position(|kind| *kind == rule.tree.at("kind"));
            let count = at.and_then(|at| counts.entry(word).or_default().get_mut(at));
            if let Some(count) = count {
                *count = count.saturating_add(1);
            }
        }
        let row = |(word, counts): (&&str, &[usize; 4])| {
            let letter = if key == "family" { family(word) } else { "" };
            let mut cells = vec![esc(format!("{word} {letter}").trim())];
            cells.extend(counts.map(|count| count.to_string()));
            cells
        };
        let rows: Vec<Vec<String>> = counts.iter().map(row).collect();
        table(caption, &[key, "indicators", "suppressors", "typologies", "modifiers"], &rows)
    };
    [by("status", "By status"), by("family", "By family of evidence"), by("tier", "By tier")]
        .concat()
}

const KINDS: [&str; 4] = ["Indicator", "Suppressor", "Typology", "Modifier"];

fn coverage(book: &Book<'_>) -> String {
    let by = |key: &str, caption: &str, head: &str| {
        let mut named: BTreeMap<&str, Vec<&Written>> = BTreeMap::new();
        for rule in &book.library.rules {
            for word in rule.tree.get(key).map_or_else(Vec::new, Tree::texts) {
                named.entry(word).or_default().push(rule);
            }
        }
        let row = |(word, rules): (&&str, &Vec<&Written>)| {
            let links = |typologies: bool| {
                let of =
                    rules.iter().filter(|rule| (rule.tree.at("kind") == "Typology") == typologies);
                let links: Vec<String> =
                    of.map(|rule| link(&book.path(rule), rule.tree.at("id"))).collect();
                links.join(" ")
            };
            vec![esc(&spaced(word)), rules.len().to_string(), links(true), links(false)]
        };
        let rows: Vec<Vec<String>> = named.iter().map(row).collect();
        table(caption, &[head, "rules", "typologies", "indicators"], &rows)
    };
    [
        by("crime", "By crime", "crime"),
        by("stage", "By stage of laundering, of the rules that name one", "stage"),
        by(
            "amltrix",
            "By technique of AMLTRIX (by Amlyze), of the rules that name one",
            "technique",
        ),
    ]
    .concat()
}
