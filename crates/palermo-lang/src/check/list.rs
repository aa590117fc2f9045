//! List files: typed columns and rows.
//!
//! A row has `row` (its key), one key per column, `valid_from` and optionally `valid_to` (both days
//! included). A key may occur again with another `valid_from`: a later version of the row. A key
//! such as `3501..3999` stands for every number of that range, written with the same number of
//! digits. Columns `lat` and `lon` together make a list of places.

use crate::check::pool::{Lists, index};
use crate::program::{self, List, Literal, Row, Type};
use crate::read::{Cx, Fields};
use crate::source::sha256_hex;
use crate::yaml::Node;
use palermo_domain::Date;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

const KEYS: [&str; 7] = ["list", "title", "version", "columns", "source", "reviewed", "rows"];
const ROW_KEYS: [&str; 3] = ["row", "valid_from", "valid_to"];
const COLUMN_TYPES: [&str; 5] = ["text", "decimal", "int", "bool", "duration"];
/// The most rows of a list, ranges expanded.
const ROWS_MAX: usize = 100_000;

/// Reads a list file into `lists`.
pub(crate) fn list(cx: &mut Cx, node: &Node, lists: &mut Lists) {
    let Some(fields) = Fields::open(cx, node, "a list", &KEYS, &[]) else { return };
    for key in ["title", "source"] {
        if let Some(node) = fields.need(cx, key) {
            cx.filled(node);
        }
    }
    let version = fields.need(cx, "version").and_then(|node| cx.filled(node).map(str::to_owned));
    if let Some(node) = fields.need(cx, "reviewed") {
        cx.date(node);
    }
    let id = fields.need(cx, "list").and_then(|node| {
        let read = |text: &str| is_list_id(text).then(|| text.to_owned());
        Some((cx.parsed(node, "the id of a list", "reporting_limit", read)?, node))
    });
    let columns = fields.need(cx, "columns").map_or_else(Vec::new, |node| columns(cx, node));
    let rows = fields.need(cx, "rows").map_or_else(Vec::new, |node| rows(cx, node, &columns));
    let Some((id, id_node)) = id else { return };
    let (version, sha256) = (version.unwrap_or_default(), sha256_hex(cx.text()));
    let list = List { id: id.clone(), version, sha256, columns, rows };
    match lists.entry(id) {
        Entry::Vacant(free) => {
            free.insert(list);
        }
        Entry::Occupied(taken) => {
            let message = format!("list `{}` is written in another file too", taken.key());
            cx.error("E170", &id_node.range, message, "keep one of the two");
        }
    }
}

fn is_list_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 64
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|b| plain(b) || matches!(b, b'_' | b'.' | b'-'))
}

fn columns(cx: &mut Cx, node: &Node) -> Vec<(String, Type)> {
    let Some(fields) = Fields::any(cx, node, "`columns`") else { return Vec::new() };
    let mut all = Vec::new();
    for (key, value) in fields.entries() {
        if ROW_KEYS.contains(&key.text.as_str()) || !super::head::is_name(&key.text) {
            super::head::bad_name(cx, key);
        }
        let value_type = cx.word(value, "type of a column", &COLUMN_TYPES, |word| match word {
            "text" => Some(Type::Text),
            "decimal" => Some(Type::Decimal),
            "int" => Some(Type::Int),
            "bool" => Some(Type::Bool),
            "duration" => Some(Type::Duration),
            _ => None,
        });
        all.extend(value_type.map(|value_type| (key.text.clone(), value_type)));
    }
    all.truncate(usize::from(index(all.len())));
    all
}

fn rows(cx: &mut Cx, node: &Node, columns: &[(String, Type)]) -> Vec<Row> {
    let mut all: Vec<Row> = Vec::new();
    let mut seen = BTreeSet::new();
    for item in cx.items(node) {
        let Some((keys, cells, valid, at)) = row(cx, item, columns) else { continue };
        if all.len().saturating_add(keys.len()) > ROWS_MAX {
            let message = format!("the list has more than {ROWS_MAX} rows");
            cx.error("E107", &at.range, message, "split it, or load it by the topic `lists`");
            return all;
        }
        for key in keys {
            if seen.insert((key.clone(), valid.0)) {
                all.push(Row { key, cells: cells.clone(), valid });
            } else {
                let message = format!("row `{key}` of {} is written twice", valid.0);
                let help = "keep one of the two, or let the later version begin on its own day";
                cx.error("E108", &at.range, message, help);
            }
        }
    }
    all
}

type ReadRow<'n> = (Vec<String>, Vec<Option<Literal>>, (Date, Date), &'n Node);

fn row<'n>(cx: &mut Cx, item: &'n Node, columns: &[(String, Type)]) -> Option<ReadRow<'n>> {
    let names = columns.iter().map(|(name, _)| name.as_str());
    let known: Vec<&str> = ROW_KEYS.into_iter().chain(names).collect();
    let fields = Fields::open(cx, item, "a row", &known, &[])?;
    let valid = validity(cx, &fields);
    let cells = columns
        .iter()
        .map(|(name, value_type)| {
            let node = fields.get(name)?;
            cell(cx, node, *value_type)
        })
        .collect();
    let node = fields.need(cx, "row")?;
    let key = cx.filled(node)?;
    if key.len() > 128 {
        cx.error("E107", &node.range, "a key longer than 128 bytes", "shorten it");
        return None;
    }
    let keys = match expanded(key) {
        Ok(keys) => keys,
        Err(message) => {
            cx.error("E107", &node.range, message, "write a range like `3501..3999`");
            return None;
        }
    };
    Some((keys, cells, valid?, node))
}

/// First and last day; without `valid_to` a row has no last day.
fn validity(cx: &mut Cx, fields: &Fields<'_>) -> Option<(Date, Date)> {
    let from = fields.need(cx, "valid_from").and_then(|node| cx.date(node));
    let Some(node) = fields.get("valid_to") else { return Some((from?, Date(i32::MAX))) };
    let to = cx.date(node)?;
    if from.is_some_and(|from| to < from) {
        let help = "write the last day on which it is in force, or leave it out";
        cx.error("E104", &node.range, "a row that ends before it begins", help);
        return None;
    }
    Some((from?, to))
}

/// The numbers of a range, or the key itself.
fn expanded(key: &str) -> Result<Vec<String>, &'static str> {
    let Some((low, high)) = key.split_once("..") else { return Ok(vec![key.to_owned()]) };
    let number = |text: &str| {
        let digits = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse::<u32>().ok()).flatten()
    };
    match (number(low), number(high)) {
        (Some(from), Some(to)) if low.len() == high.len() && from <= to => {
            if usize::try_from(to.saturating_sub(from)).is_ok_and(|more| more < ROWS_MAX) {
                let width = low.len();
                Ok((from..=to).map(|number| format!("{number:0width$}")).collect())
            } else {
                Err("a range of too many numbers")
            }
        }
        (Some(_), Some(_)) => Err("a range whose ends do not fit"),
        _ => Ok(vec![key.to_owned()]),
    }
}

fn cell(cx: &mut Cx, node: &Node, value_type: Type) -> Option<Literal> {
    let (what, example) = match value_type {
        Type::Decimal => ("a decimal number", "0.6"),
        Type::Int => ("a whole number", "25"),
        Type::Bool => ("`true` or `false`", "true"),
        Type::Duration => ("a length of time", "30d"),
        _ => return cx.scalar(node).map(|text| Literal::Text(text.to_owned())),
    };
    cx.parsed(node, what, example, |text| program::cell(text, value_type))
}
