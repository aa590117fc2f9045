//! `list.v1` from bytes, and the key of a row's tombstone.

use crate::party::key_text;
use crate::read::{Fields, checked, date, fields, keys, read, record, schema};
use crate::rule::Rule;
use crate::{Limits, Refusal, UnknownFields};
use palermo_domain::{Date, DeadLetterReason, ListRow};

/// Decodes and checks one row. Its fields are sorted by name; a truth value is the text `true` or
/// `false`. The field `reviewed` is checked and not kept.
pub fn decode_list_row(
    bytes: &[u8],
    limits: &Limits,
    unknown: &mut UnknownFields,
) -> Result<ListRow, Refusal> {
    let mut row = ListRow {
        list: String::new(),
        row: String::new(),
        fields: Vec::new(),
        valid_from: Date(0),
        valid_to: None,
        source: String::new(),
    };
    read(bytes, limits, unknown, &mut row)?;
    row.fields.sort();
    Ok(row)
}

/// The list and row that a tombstone removes: the key of its record is `list/row`, cut at the
/// first slash (no list id has one).
pub fn list_tombstone(key: Option<&[u8]>, limits: &Limits) -> Result<(String, String), Refusal> {
    let key = key_text(key)?;
    let wrong = |reason| Refusal::at(reason, &["key"]);
    let (list, row) = key.split_once('/').ok_or(wrong(DeadLetterReason::Identifier))?;
    Rule::ListId.check(list, limits).map_err(wrong)?;
    ROW.check(row, limits).map_err(wrong)?;
    Ok((list.to_owned(), row.to_owned()))
}

const ROW: Rule = Rule::Length(1, 128);

keys! {
    ListKey {
        Schema = "schema", List = "list" required, Row = "row" required, Fields = "fields",
        ValidFrom = "valid_from" required, ValidTo = "valid_to", Source = "source" required,
        Reviewed = "reviewed",
    }
}

record!(ListRow, ListKey, (), |self, _, map, ctx| {
    Schema => schema("list.v1", map, ctx)?,
    List => self.list = checked(Rule::ListId, map, ctx)?.unwrap_or_default(),
    Row => self.row = checked(ROW, map, ctx)?.unwrap_or_default(),
    Fields => fields(Fields { items_max: 16, out: &mut self.fields }, map, ctx)?,
    ValidFrom => self.valid_from = date(map, ctx)?.unwrap_or(Date(0)),
    ValidTo => self.valid_to = date(map, ctx)?,
    Source => self.source = checked(Rule::Length(0, 140), map, ctx)?.unwrap_or_default(),
    Reviewed => { date(map, ctx)?; },
});
