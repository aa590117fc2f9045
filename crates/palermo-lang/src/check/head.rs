//! What every rule file begins with: kind, id, version, title, sources.

use crate::check::pool::Lists;
use crate::program::Literal;
use crate::read::{Cx, Fields};
use crate::yaml::{Key, Node, Value};
use palermo_domain::alert::Cite;
use std::collections::BTreeSet;
use std::ops::Range;

/// Keys of the head, which every kind of rule has.
pub(crate) const HEAD: [&str; 9] =
    ["apiVersion", "kind", "id", "version", "title", "status", "regions", "description", "cite"];

/// How mature a rule is.
pub(crate) const STATUSES: [&str; 4] = ["experimental", "test", "stable", "deprecated"];
/// Keys of a citation.
pub(crate) const CITE: [&str; 3] = ["key", "item", "status"];
/// How a source was read.
pub(crate) const CITE_STATUSES: [&str; 4] = ["found", "found_secondary", "recalled", "default"];

/// The list that says what the keys under `cite` stand for.
const SOURCES: &str = "sources";

/// The head of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub id: String,
    pub version: String,
    pub title: String,
    pub cite: Cite,
}

/// Reads the head. Parts that are missing or wrong are reported; only an id is indispensable.
pub(crate) fn head(cx: &mut Cx, fields: &Fields<'_>, cited: bool, lists: &Lists) -> Option<Head> {
    if let Some(node) = fields.need(cx, "apiVersion") {
        cx.word(node, "version of the format", &["palermo.rules/v1"], |word| {
            (word == "palermo.rules/v1").then_some(())
        });
    }
    let id = fields.need(cx, "id").and_then(|node| {
        cx.parsed(node, "an id", "MS-08", |text| is_id(text).then(|| text.to_owned()))
    });
    let version = fields.need(cx, "version").and_then(|node| {
        let read = |text: &str| is_version(text).then(|| text.to_owned());
        cx.parsed(node, "a semantic version", "1.0.0", read)
    });
    let title = title(cx, fields);
    if let Some(node) = fields.need(cx, "status") {
        cx.word(node, "status", &STATUSES, |word| STATUSES.contains(&word).then_some(()));
    }
    if let Some(node) = fields.need(cx, "description") {
        cx.filled(node);
    }
    let cite = cite(cx, fields, cited, lists);
    let version = version.unwrap_or_default();
    Some(Head { id: id?, version, title, cite })
}

/// The longest title and headline that reads at a glance.
const TITLE_CHARS_MAX: usize = 160;

fn title(cx: &mut Cx, fields: &Fields<'_>) -> String {
    let Some(node) = fields.need(cx, "title") else { return String::new() };
    let title = cx.filled(node).unwrap_or("");
    if title.chars().count() > TITLE_CHARS_MAX {
        let message = format!("the title is longer than {TITLE_CHARS_MAX} characters");
        cx.warn("W340", &node.range, message, "say the rest under `description`");
    }
    title.to_owned()
}

fn cite(cx: &mut Cx, fields: &Fields<'_>, cited: bool, lists: &Lists) -> Cite {
    let mut all = Vec::new();
    match fields.get("cite") {
        Some(node) => {
            for item in cx.items(node) {
                all.extend(cite_one(cx, item, lists));
            }
            if all.is_empty() {
                no_cite(cx, &node.range);
            }
        }
        None if cited => no_cite(cx, &fields.anchor()),
        None => {}
    }
    let none = || Cite { key: String::new(), source: String::new(), doc: String::new() };
    all.into_iter().next().unwrap_or_else(none)
}

fn no_cite(cx: &mut Cx, range: &Range<usize>) {
    let help = "add `cite: [{key: FTA26, item: what the source says, status: found}]`";
    cx.error("E120", range, "no source is cited", help);
}

fn cite_one(cx: &mut Cx, node: &Node, lists: &Lists) -> Option<Cite> {
    let fields = Fields::open(cx, node, "a citation", &CITE, &[])?;
    let key_node = fields.need(cx, "key");
    let item = fields.need(cx, "item").and_then(|node| cx.filled(node));
    if let Some(node) = fields.need(cx, "status") {
        let read = |word: &str| CITE_STATUSES.contains(&word).then_some(());
        cx.word(node, "status of a citation", &CITE_STATUSES, read);
    }
    let key_node = key_node?;
    let key = cx.filled(key_node)?;
    let (source, doc) = source(cx, key_node, key, lists);
    let doc = if doc.is_empty() { item.unwrap_or("").to_owned() } else { doc };
    Some(Cite { key: key.to_owned(), source, doc })
}

/// Institution and document of a key, from the list `sources` where there is one.
fn source(cx: &mut Cx, node: &Node, key: &str, lists: &Lists) -> (String, String) {
    let Some(list) = lists.get(SOURCES) else { return (String::new(), String::new()) };
    let Some(row) = list.rows.iter().find(|row| row.key == key) else {
        let known = list.rows.iter().map(|row| row.key.as_str());
        cx.unknown("E102", &node.range, "source", key, known);
        return (String::new(), String::new());
    };
    let cell = |name: &str| match row.cells.get(list.column(name)?)? {
        Some(Literal::Text(text)) => Some(text.clone()),
        _ => None,
    };
    (cell("source").unwrap_or_default(), cell("doc").unwrap_or_default())
}

/// Packs that a rule is for, in order, from the value of `regions`; none is everywhere. Whether there are
/// such packs is seen where all of them are known.
pub(crate) fn regions(node: Option<&Node>) -> Vec<String> {
    let Some(Value::Seq(items)) = node.map(|node| &node.value) else { return Vec::new() };
    let all: BTreeSet<String> = items.iter().filter_map(Node::scalar).map(region).collect();
    all.into_iter().collect()
}

/// The pack that a region stands for: `US` is written for `us`.
pub(crate) fn region(word: &str) -> String {
    word.to_ascii_lowercase()
}

/// What stands in the hash of a rule that is for some regions. A rule for everywhere has nothing there, so
/// that what was locked before there were regions stays what it was.
pub(crate) fn regions_text(fields: &Fields<'_>) -> Option<String> {
    let regions = regions(fields.get("regions"));
    (!regions.is_empty()).then(|| format!("regions {}", regions.join(" ")))
}

/// `[A-Z]{2,5}-[A-Z0-9]+`.
pub(crate) fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(head, tail)| {
        (2..=5).contains(&head.len())
            && head.bytes().all(|b| b.is_ascii_uppercase())
            && !tail.is_empty()
            && tail.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

/// `1.0.0`, `1.1.0-rc.1`.
pub(crate) fn is_version(text: &str) -> bool {
    let (core, pre) = text.split_once('-').unwrap_or((text, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    core.split('.').count() == 3 && core.split('.').all(number) && pre.split('.').all(word)
}

/// A name of a parameter, selection, measure or step: lower-case letters, digits and `_`.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Reports a name that expressions could not use.
pub(crate) fn bad_name(cx: &mut Cx, key: &Key) {
    let message = format!("`{}` cannot be a name", key.text);
    cx.error("E107", &key.range, message, "use lower-case letters, digits and `_`: `min_senders`");
}
