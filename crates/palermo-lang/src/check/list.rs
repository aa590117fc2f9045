//! List files: typed columns and rows.
//!
//! A row has `row` (its key), one key per column, `valid_from` and optionally `valid_to` (both days
//! included). A key may occur again with another `valid_from`: a later version of the row. A key
//! such as `3501..3999` stands for every number of that range, written with the same number of
//! digits. Columns `lat` and `lon` together make a list of places.
//!
//! What differs by place of the bank stands in regional packs: a file with `pack` adds its rows to the
//! list of that id, where `ruleset.yaml` switches the pack on. It has no columns of its own.

use crate::check::pool::{Lists, index};
use crate::program::{self, List, Literal, Row, Type};
use crate::read::{Cx, Fields};
use crate::source::sha256_hex;
use crate::yaml::Node;
use palermo_domain::Date;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

/// Keys of a list.
pub(crate) const KEYS: [&str; 8] =
    ["list", "title", "version", "columns", "source", "reviewed", "rows", "pack"];
/// Keys of every row, beside its columns.
pub(crate) const ROW_KEYS: [&str; 3] = ["row", "valid_from", "valid_to"];
/// Types of columns.
pub(crate) const COLUMN_TYPES: [&str; 5] = ["text", "decimal", "int", "bool", "duration"];
/// Rows of the topic `lists` under this id are statements about the feed, and never reach rules.
const CONTROL_TOTALS: &str = "control_totals";
/// The most rows of a list, ranges expanded.
const ROWS_MAX: usize = 100_000;

/// The rows of a regional pack for one list.
#[derive(Clone, Debug)]
pub(crate) struct PackRows {
    /// The pack.
    pub pack: String,
    /// The list with these rows only; its id is that of the list.
    pub list: List,
    range: std::ops::Range<usize>,
}

/// Reads a list file into `lists`; one of a pack only where it is asked for, with `packs`.
pub(crate) fn list(cx: &mut Cx, node: &Node, lists: &mut Lists) {
    let Some(fields) = Fields::open(cx, node, "a list", &KEYS, &[]) else { return };
    if fields.get("pack").is_some() {
        return;
    }
    let (version, reviewed, id) = head(cx, &fields);
    let columns = fields.need(cx, "columns").map_or_else(Vec::new, |node| columns(cx, node));
    let rows = fields.need(cx, "rows").map_or_else(Vec::new, |node| rows(cx, node, &columns));
    let Some((id, id_node)) = id else { return };
    if id == CONTROL_TOTALS {
        let message = format!("`{id}` is the list of what batches and days hold");
        cx.error("E170", &id_node.range, message, "choose another id; no rule reads that list");
    }
    let (list_id, sha256) = (id.clone(), sha256_hex(cx.text()));
    let list = List { id: list_id, version, sha256, reviewed, columns, rows };
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

/// Reads the rows of a pack, given the lists that they are for.
pub(crate) fn pack_rows(cx: &mut Cx, node: &Node, lists: &Lists) -> Option<PackRows> {
    let fields = Fields::any(cx, node, "a list")?;
    let pack_node = fields.get("pack")?;
    let read = |text: &str| is_list_id(text).then(|| text.to_owned());
    let pack = cx.parsed(pack_node, "the name of a pack", "us", read);
    let (version, reviewed, id) = head(cx, &fields);
    if let Some(node) = fields.get("columns") {
        let help = "the columns are those of the list that the rows are added to";
        cx.error("E101", &node.range, "`columns` in a pack", help);
    }
    let (id, id_node) = id?;
    let Some(base) = lists.get(&id) else {
        cx.unknown("E102", &id_node.range, "list", &id, lists.keys().map(String::as_str));
        return None;
    };
    let columns = base.columns.clone();
    let rows = fields.need(cx, "rows").map_or_else(Vec::new, |node| rows(cx, node, &columns));
    let list = List { id, version, sha256: sha256_hex(cx.text()), reviewed, columns, rows };
    Some(PackRows { pack: pack?, list, range: pack_node.range.clone() })
}

/// Adds the rows of a pack to their list; what the list has already is a mistake.
pub(crate) fn add(cx: &mut Cx, rows: &PackRows, lists: &mut Lists) {
    let Some(list) = lists.get_mut(&rows.list.id) else { return };
    let known: BTreeSet<(&str, Date)> =
        list.rows.iter().map(|row| (row.key.as_str(), row.valid.0)).collect();
    let twice = rows.list.rows.iter().find(|row| known.contains(&(&row.key, row.valid.0)));
    if let Some(row) = twice {
        let message = format!("row `{}` of {} is in the list already", row.key, row.valid.0);
        cx.error("E108", &rows.range, message, "keep it in the list or in one pack");
        return;
    }
    list.rows.extend(rows.list.rows.iter().cloned());
    list.reviewed = list.reviewed.min(rows.list.reviewed);
    list.version = format!("{}+{}.{}", list.version, rows.pack, rows.list.version);
    list.sha256 = sha256_hex(&format!("{} {} {}", list.sha256, rows.pack, rows.list.sha256));
}

type Id<'n> = Option<(String, &'n Node)>;

/// What every list file begins with: its version, its last review, and its id.
fn head<'n>(cx: &mut Cx, fields: &Fields<'n>) -> (String, Date, Id<'n>) {
    for key in ["title", "source"] {
        if let Some(node) = fields.need(cx, key) {
            cx.filled(node);
        }
    }
    let version = fields.need(cx, "version").and_then(|node| {
        let read = |text: &str| super::head::is_version(text).then(|| text.to_owned());
        cx.parsed(node, "a semantic version", "1.0.0", read)
    });
    let reviewed = fields.need(cx, "reviewed").and_then(|node| cx.date(node));
    let id = fields.need(cx, "list").and_then(|node| {
        let read = |text: &str| is_list_id(text).then(|| text.to_owned());
        Some((cx.parsed(node, "the id of a list", "reporting_limit", read)?, node))
    });
    // Where it lacks one, the file is refused.
    (version.unwrap_or_default(), reviewed.unwrap_or(Date(0)), id)
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
