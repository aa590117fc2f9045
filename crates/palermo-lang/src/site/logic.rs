//! What decides, in the language and in words beside it.

use super::Book;
use super::html::{code, esc, list, table};
use super::words::{Said, Words, length, spaced};
use crate::library::Tree;

/// The condition of a rule: `hit`, `holds`, `when`, `sequence`, `graph`, or what a typology requires.
pub(super) fn when(book: &Book<'_>, tree: &Tree, words: &Words) -> String {
    let mut all = String::new();
    for key in ["hit", "holds", "when"] {
        if tree.get(key).is_some() {
            all.push_str(&condition(tree.at(key), words));
        }
    }
    if let Some(steps) = tree.get("sequence") {
        all.push_str(&sequence(steps, words));
    }
    if let Some(asked) = tree.get("graph") {
        all.push_str(&graph(asked, words));
    }
    if tree.at("kind") == "Typology" {
        all.push_str(&typology(book, tree));
    }
    if tree.at("kind") == "Modifier" {
        let named = tree.get("applies_to").map_or_else(Vec::new, Tree::texts);
        let named: Vec<String> = named.into_iter().map(|id| book.beside(id)).collect();
        let by = esc(tree.at("priority"));
        all.push_str(&format!(
            "<h3>Raises in the queue, by {by}, and changes nothing else</h3>\n{}",
            list(&named)
        ));
    }
    all
}

fn condition(text: &str, words: &Words) -> String {
    let said = words.condition(text).map_or_else(String::new, |said| markup(&said));
    format!("{said}<pre><code>{}</code></pre>\n", esc(text))
}

fn markup(said: &Said) -> String {
    let items = |items: &[String]| list(&items.iter().map(|item| esc(item)).collect::<Vec<_>>());
    match said {
        Said::One(one) => format!("<p>{}</p>\n", esc(one)),
        Said::All(all) => format!("<p>All of these are true:</p>\n{}", items(all)),
        Said::Any(any) => format!("<p>One of these is true:</p>\n{}", items(any)),
    }
}

/// A condition in one cell.
fn in_line(said: &Said) -> String {
    match said {
        Said::One(one) => one.clone(),
        Said::All(all) => all.join("; and "),
        Said::Any(any) => any.join("; or "),
    }
}

fn sequence(steps: &Tree, words: &Words) -> String {
    let mut rows = Vec::new();
    let mut across = Vec::new();
    for (name, step) in steps.entries() {
        let text = step.text().unwrap_or("");
        match name {
            "repeats" => {
                let times = text
                    .strip_prefix('$')
                    .map_or_else(|| text.to_owned(), |name| words.param(name));
                across.push(format!("It occurs at least {} times, without overlap.", esc(&times)));
            }
            "same" | "distinct" => {
                let paths = if text.is_empty() { step.texts().join(", ") } else { text.to_owned() };
                across.push(format!("{name}: {}", code(&paths)));
            }
            _ => {
                let (said, when) = words
                    .step(text)
                    .map_or_else(Default::default, |(said, when)| (in_line(&said), when));
                rows.push(vec![esc(&spaced(name)), code(text), esc(&said), esc(&when)]);
            }
        }
    }
    let heads = ["step", "in the language", "in words", "when"];
    table("Steps, one payment each, in this order unless said otherwise", &heads, &rows)
        + &list(&across)
}

fn graph(asked: &Tree, words: &Words) -> String {
    let mut all = String::new();
    for (pattern, keys) in asked.entries() {
        let rows: Vec<Vec<String>> = keys
            .entries()
            .map(|(key, value)| {
                let text = value.text().unwrap_or("");
                let said: Vec<String> = text
                    .split("..")
                    .map(|end| {
                        end.strip_prefix('$').map_or_else(|| length(end), |name| words.param(name))
                    })
                    .collect();
                vec![code(key), code(text), esc(&said.join(" to "))]
            })
            .collect();
        let caption = format!("Pattern of payments around the subject: {}", spaced(pattern));
        all.push_str(&table(&caption, &["asked", "in the language", "in words"], &rows));
    }
    all
}

pub(super) fn selections(tree: &Tree, words: &Words) -> String {
    let row = |(name, of): (&str, &Tree)| {
        let text = of.text().unwrap_or("");
        let said = words.condition(text).map_or_else(String::new, |said| in_line(&said));
        vec![code(name), code(text), esc(&said)]
    };
    let rows: Vec<Vec<String>> =
        tree.get("select").into_iter().flat_map(Tree::entries).map(row).collect();
    let caption = "Selections; booked payments only, unless one names the status";
    table(caption, &["name", "in the language", "in words"], &rows)
}

pub(super) fn measures(tree: &Tree, words: &Words) -> String {
    let row = |(name, of): (&str, &Tree)| {
        let text = of.text().unwrap_or("");
        vec![code(name), code(text), esc(&words.measure(text).unwrap_or_default())]
    };
    let rows: Vec<Vec<String>> =
        tree.get("measure").into_iter().flat_map(Tree::entries).map(row).collect();
    table("Measures over the window", &["name", "in the language", "in words"], &rows)
}

fn typology(book: &Book<'_>, tree: &Tree) -> String {
    let mut all = String::new();
    for (key, what) in [("require", "Required"), ("families", "Families of evidence")] {
        all.push_str(&format!("<h3>{what}</h3>\n<pre><code>{}</code></pre>\n", esc(tree.at(key))));
    }
    let id = tree.at("id");
    for (how, what) in [
        ("requires", "Indicators that it names"),
        ("is linked to", "What it looks for on linked accounts"),
        ("is boosted by", "Indicators that add points"),
        ("is suppressed by", "Lawful explanations that withhold it"),
    ] {
        let named = book.edges.iter().filter(|(from, by, _)| from == id && *by == how);
        let named: Vec<String> = named.map(|(_, _, to)| book.beside(to)).collect();
        if !named.is_empty() {
            all.push_str(&format!("<h3>{what}</h3>\n{}", list(&named)));
        }
    }
    for (key, what) in [
        ("link", "Links that it follows"),
        ("score", "Points and bands"),
        ("emit", "When it is told again"),
        ("report", "Codes for a report"),
    ] {
        if let Some(of) = tree.get(key) {
            all.push_str(&format!("<h3>{what}</h3>\n<p>{}</p>\n", esc(&flat(of))));
        }
    }
    all
}

/// A small mapping in one line.
fn flat(tree: &Tree) -> String {
    match tree {
        Tree::Text(text) => text.clone(),
        Tree::List(items) => items.iter().map(flat).collect::<Vec<_>>().join(", "),
        Tree::Map(entries) => {
            let each =
                entries.iter().map(|(key, value)| format!("{} {}", spaced(key), flat(value)));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}
