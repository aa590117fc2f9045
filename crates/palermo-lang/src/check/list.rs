//! List files: typed columns and rows.
//!
//! A row has `row` (its key), one key per column, `valid_from` and optionally `valid_to`. A key
//! such as `3501..3999` stands for every number of that range, written with the same number of
//! digits. Columns `lat` and `lon` together make a list of places.

use crate::check::pool::{Lists, index};
use crate::program::{List, Literal, Type};
use crate::read::{Cx, Fields};
use crate::source::sha256_hex;
use crate::yaml::Node;
use palermo_domain::{Decimal, MicroDegrees, Span, parse_signed_amount};
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

const KEYS: [&str; 7] = ["list", "title", "version", "columns", "source", "reviewed", "rows"];
const ROW_KEYS: [&str; 3] = ["row", "valid_from", "valid_to"];
const COLUMN_TYPES: [&str; 5] = ["text", "decimal", "int", "bool", "duration"];
/// The most rows of a list, ranges expanded.
const ROWS_MAX: usize = 100_000;

/// A row: its key and one cell per column.
type Row = (String, Vec<Option<Literal>>);

/// Reads a list file into `lists`.
pub(crate) fn list(cx: &mut Cx, node: &Node, lists: &mut Lists) {
    let Some(fields) = Fields::open(cx, node, "a list", &KEYS, &[]) else { return };
    for key in ["title", "version", "source"] {
        if let Some(node) = fields.need(cx, key) {
            cx.filled(node);
        }
    }
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
    let places = places(&columns, &rows);
    let list = List { id: id.clone(), sha256: sha256_hex(cx.text()), columns, rows, places };
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
        let Some((keys, cells, at)) = row(cx, item, columns) else { continue };
        if all.len().saturating_add(keys.len()) > ROWS_MAX {
            let message = format!("the list has more than {ROWS_MAX} rows");
            cx.error("E107", &at.range, message, "split it, or load it by the topic `lists`");
            return all;
        }
        for key in keys {
            if seen.insert(key.clone()) {
                all.push((key, cells.clone()));
            } else {
                let message = format!("row `{key}` is written twice");
                cx.error("E108", &at.range, message, "keep one of the two");
            }
        }
    }
    all
}

type ReadRow<'n> = (Vec<String>, Vec<Option<Literal>>, &'n Node);

fn row<'n>(cx: &mut Cx, item: &'n Node, columns: &[(String, Type)]) -> Option<ReadRow<'n>> {
    let names = columns.iter().map(|(name, _)| name.as_str());
    let known: Vec<&str> = ROW_KEYS.into_iter().chain(names).collect();
    let fields = Fields::open(cx, item, "a row", &known, &[])?;
    for key in ["valid_from", "valid_to"] {
        if let Some(node) = fields.get(key) {
            cx.date(node);
        }
    }
    fields.need(cx, "valid_from");
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
    Some((keys, cells, node))
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
    match value_type {
        Type::Decimal => cx
            .parsed(node, "a decimal number", "0.6", |text| parse_signed_amount(text).ok())
            .map(Literal::Decimal),
        Type::Int => cx.int(node).map(Literal::Int),
        Type::Bool => cx.boolean(node).map(Literal::Bool),
        Type::Duration => cx
            .parsed(node, "a length of time", "30d", |text| Span::parse(text).ok())
            .map(Literal::Duration),
        _ => cx.scalar(node).map(|text| Literal::Text(text.to_owned())),
    }
}

fn places(columns: &[(String, Type)], rows: &[Row]) -> Vec<Option<(MicroDegrees, MicroDegrees)>> {
    let at = |name: &str| columns.iter().position(|(column, _)| column == name);
    let (Some(lat), Some(lon)) = (at("lat"), at("lon")) else { return Vec::new() };
    let read = |cells: &[Option<Literal>], at: usize, most: i64| match cells.get(at)? {
        Some(Literal::Decimal(degrees)) => micro_degrees(*degrees, most),
        _ => None,
    };
    rows.iter().map(|(_, cells)| read(cells, lat, 90).zip(read(cells, lon, 180))).collect()
}

/// Degrees as millionths, rounded half-even; `None` beyond `most`.
fn micro_degrees(degrees: Decimal, most: i64) -> Option<MicroDegrees> {
    let micro = degrees.checked_mul(Decimal::from(1_000_000))?.round();
    let micro = i32::try_from(micro).ok()?;
    let most = most.checked_mul(1_000_000)?;
    (i64::from(micro).abs() <= most).then_some(MicroDegrees(micro))
}
