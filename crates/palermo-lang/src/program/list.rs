//! Lists: typed rows, each with the days on which it is in force.
//!
//! A cell has one grammar, whether it stands in a list file or comes by the topic `lists`:
//! [`cell`]. Columns `lat` and `lon` together make a list of places: [`coordinates`].

use super::{Literal, Type};
use palermo_domain::{Date, Decimal, MicroDegrees, Span, parse_signed_amount};

/// A versioned list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// Id.
    pub id: String,
    /// Version.
    pub version: String,
    /// SHA-256 (hex) of the file.
    pub sha256: String,
    /// Day on which somebody last looked whether it is still true; with packs the earliest.
    pub reviewed: Date,
    /// Columns in order.
    pub columns: Vec<(String, Type)>,
    /// Rows, in file order. Number ranges such as `3501..3999` are expanded; a key may occur
    /// several times, with versions that begin on different days.
    pub rows: Vec<Row>,
}

/// One version of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The key.
    pub key: String,
    /// One cell per column.
    pub cells: Vec<Option<Literal>>,
    /// First and last day on which it is in force.
    pub valid: (Date, Date),
}

impl List {
    /// The position of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        column(&self.columns, name)
    }
}

fn column(columns: &[(String, Type)], name: &str) -> Option<usize> {
    columns.iter().position(|(column, _)| column == name)
}

/// The value of a cell in a column of that type; `None` where the text is none.
pub fn cell(text: &str, value_type: Type) -> Option<Literal> {
    match value_type {
        Type::Decimal => parse_signed_amount(text).ok().map(Literal::Decimal),
        Type::Int => text.parse().ok().map(Literal::Int),
        Type::Bool => text.parse().ok().map(Literal::Bool),
        Type::Duration => Span::parse(text).ok().map(Literal::Duration),
        _ => Some(Literal::Text(text.to_owned())),
    }
}

/// The coordinates of a row with columns `lat` and `lon`; `None` where one is missing or beyond
/// the poles.
pub fn coordinates(
    columns: &[(String, Type)],
    cells: &[Option<Literal>],
) -> Option<(MicroDegrees, MicroDegrees)> {
    let read = |name: &str, most: i64| match cells.get(column(columns, name)?)? {
        Some(Literal::Decimal(degrees)) => micro_degrees(*degrees, most),
        _ => None,
    };
    read("lat", 90).zip(read("lon", 180))
}

/// Degrees as millionths, rounded half-even; `None` beyond `most`.
fn micro_degrees(degrees: Decimal, most: i64) -> Option<MicroDegrees> {
    let micro = degrees.checked_mul(Decimal::from(1_000_000))?.round();
    let micro = i32::try_from(micro).ok()?;
    let most = most.checked_mul(1_000_000)?;
    (i64::from(micro).abs() <= most).then_some(MicroDegrees(micro))
}
