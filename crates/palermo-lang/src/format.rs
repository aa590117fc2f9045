//! One way to write a rule file: `palermo rules fmt`.
//!
//! Comments, key order, quoting and line breaks stay as their author put them. What changes: line
//! ends and trailing blanks; expressions get one spacing; the values of a block of one-line entries
//! stand in one column, and so do the keys of parameters that are written as `{…}` in one line.
//!
//! Promises: the file says the same before and after (its tree is compared, and what would differ is
//! left alone), and what is formatted once is not changed again; a property test holds both. Cost: a
//! few passes over the text.

use crate::check::condition::expression_text;
use crate::syntax::parse_measure;
use crate::yaml::{self, Key, Node, Style, Value};
use std::ops::Range;

/// Entries of one block are aligned where no key is longer than this; a longer one stands alone.
const KEY_LENGTH_MAX: usize = 24;
/// A column of a parameter is padded to this width at most.
const COLUMN_MAX: usize = 40;

/// The text in its one form; `None` where it is not a rule file that can be read.
pub fn format(text: &str) -> Option<String> {
    let plain = tidied(text);
    let mut formatted = expressions(&plain)?;
    for block in ["parameters", "select", "measure", "sequence"] {
        formatted = aligned(&formatted, block)?;
    }
    same(text, &formatted).then_some(formatted)
}

/// No carriage returns, no trailing blanks, one line end at the end.
fn tidied(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut tidy = lines.join("\n").trim_end_matches('\n').to_owned();
    tidy.push('\n');
    tidy
}

fn top(text: &str) -> Option<Vec<(Key, Node)>> {
    match yaml::parse(text).ok()?.value {
        Value::Map(entries) => Some(entries),
        _ => None,
    }
}

/// Whether two texts are the same tree, but for the spacing of expressions.
fn same(a: &str, b: &str) -> bool {
    match (yaml::parse(a), yaml::parse(b)) {
        (Ok(a), Ok(b)) => same_nodes(&a, &b),
        _ => false,
    }
}

fn same_nodes(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Scalar(a, _), Value::Scalar(b, _)) => {
            a == b || canonical(a).is_some_and(|one| canonical(b) == Some(one))
        }
        (Value::Seq(a), Value::Seq(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_nodes(a, b))
        }
        (Value::Map(a), Value::Map(b)) => {
            let entry = |(a, b): (&(Key, Node), &(Key, Node))| {
                a.0.text == b.0.text && same_nodes(&a.1, &b.1)
            };
            a.len() == b.len() && a.iter().zip(b).all(entry)
        }
        _ => false,
    }
}

pub(crate) fn canonical(text: &str) -> Option<String> {
    expression_text(text).or_else(|| parse_measure(text).ok().map(|measure| measure.to_string()))
}

/// Every expression that stands plain in one line, in its canonical form.
fn expressions(text: &str) -> Option<String> {
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (key, node) in top(text)? {
        match (key.text.as_str(), &node.value) {
            ("hit" | "holds" | "require" | "families" | "when", _) => {
                edits.extend(edit(text, &node))
            }
            ("select" | "measure", Value::Map(entries)) => {
                edits.extend(entries.iter().filter_map(|(_, node)| edit(text, node)));
            }
            _ => {}
        }
    }
    Some(applied(text, edits))
}

fn edit(text: &str, node: &Node) -> Option<(Range<usize>, String)> {
    let Value::Scalar(value, Style::Plain) = &node.value else { return None };
    let raw = text.get(node.range.clone())?;
    let new = canonical(value)?;
    (raw == value && !raw.contains('\n') && new != *value && new.len() < 400)
        .then(|| (node.range.clone(), new))
}

fn applied(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = text.to_owned();
    for (range, new) in edits.into_iter().rev() {
        if out.get(range.clone()).is_some() {
            out.replace_range(range, &new);
        }
    }
    out
}

/// The entries of a block in columns.
fn aligned(text: &str, block: &str) -> Option<String> {
    let found = top(text)?.into_iter().find(|(key, _)| key.text == block);
    let Some((_, Node { value: Value::Map(entries), .. })) = found else {
        return Some(text.to_owned());
    };
    let lines: Vec<&(Key, Node)> =
        entries.iter().filter(|(key, node)| in_line(text, key, node)).collect();
    let widths = lines.iter().map(|(key, _)| key.range.len()).filter(|w| *w <= KEY_LENGTH_MAX);
    let width = widths.max().unwrap_or(0);
    let columns = columns(text, &lines);
    let mut edits = Vec::new();
    for (key, node) in &lines {
        let pad = " ".repeat(width.saturating_sub(key.range.len()).saturating_add(1));
        let colon = text.get(key.range.end..)?.find(':')?;
        let gap = key.range.end.saturating_add(colon).saturating_add(1)..node.range.start;
        edits.push((gap, pad));
        if block == "parameters" {
            edits.extend(row(text, node, &columns).map(|row| (node.range.clone(), row)));
        }
    }
    Some(applied(text, edits))
}

/// Whether an entry is one line: key, colon, value.
fn in_line(text: &str, key: &Key, node: &Node) -> bool {
    let between = text.get(key.range.end..node.range.start);
    between.is_some_and(|between| between.trim() == ":" && !between.contains('\n'))
        && text.get(node.range.clone()).is_some_and(|value| !value.contains('\n'))
}

/// `key: value` of each entry of a parameter that is written `{…}` in one line.
fn cells<'t>(text: &'t str, node: &Node) -> Option<Vec<(&'t str, &'t str)>> {
    let Value::Map(entries) = &node.value else { return None };
    let raw = text.get(node.range.clone())?;
    if !raw.starts_with('{') || raw.contains(['\n', '#']) {
        return None;
    }
    let cell = |(key, node): &(Key, Node)| {
        Some((text.get(key.range.clone())?, text.get(node.range.clone())?))
    };
    entries.iter().map(cell).collect()
}

/// How wide each key with its value is, over all parameters that have it.
fn columns<'t>(text: &'t str, lines: &[&(Key, Node)]) -> Vec<(&'t str, usize)> {
    let mut widths: Vec<(&str, usize)> = Vec::new();
    for (_, node) in lines {
        for (key, value) in cells(text, node).unwrap_or_default() {
            let width = key.chars().count().saturating_add(value.chars().count());
            match widths.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = (*known).max(width),
                None => widths.push((key, width)),
            }
        }
    }
    widths
}

fn row(text: &str, node: &Node, columns: &[(&str, usize)]) -> Option<String> {
    let cells = cells(text, node)?;
    let last = cells.len().saturating_sub(1);
    let mut out = String::from("{");
    for (at, (key, value)) in cells.into_iter().enumerate() {
        out.push_str(&format!("{key}: {value}"));
        if at == last {
            break;
        }
        out.push_str(", ");
        let width = columns.iter().find(|(known, _)| *known == key).map_or(0, |(_, width)| *width);
        let own = key.chars().count().saturating_add(value.chars().count());
        if width <= COLUMN_MAX {
            out.push_str(&" ".repeat(width.saturating_sub(own)));
        }
    }
    out.push('}');
    Some(out)
}
