//! The columns of a file against what is wanted: which are read, and as what.
//!
//! Promises: a column that nobody wants is not read, whatever it holds; one that is wanted and cannot be
//! what it must be is refused by its name before a row is read, with what to do. Lists are read in the
//! form that the format has had since 2015 (`list.element`), or as repeated values in a list; in others
//! what is an element cannot be told from what is not.

use super::want::{Kind, Want};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{Type, TypePtr};
use std::sync::Arc;

/// What is read of a place, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Group(Vec<(String, Shape)>),
    List(Box<Shape>),
    /// Names and values.
    Map(Box<Shape>),
    One(Kind, Held),
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Never a value.
    Nothing,
    Text,
    Decimal,
    Whole,
    Float,
    Flag,
    Time {
        /// So many in a millisecond.
        per_ms: i64,
        /// An instant; else what a clock somewhere showed.
        utc: bool,
    },
    Day,
}

impl Held {
    /// What a primitive column holds; else in words what it is.
    pub(super) fn of(column: &Type) -> Result<Self, &'static str> {
        let info = column.get_basic_info();
        match info.logical_type_ref() {
            Some(LogicalType::Unknown) => return Ok(Self::Nothing),
            Some(LogicalType::Timestamp(of)) => {
                let per_ms = match of.unit {
                    TimeUnit::MILLIS => 1,
                    TimeUnit::MICROS => 1_000,
                    TimeUnit::NANOS => 1_000_000,
                };
                return Ok(Self::Time { per_ms, utc: of.is_adjusted_to_u_t_c });
            }
            Some(LogicalType::Time(_)) => return Err("times of a day"),
            Some(LogicalType::Uuid) => return Err("UUIDs"),
            Some(LogicalType::Float16) => return Ok(Self::Float),
            _ => {}
        }
        match (column.get_physical_type(), info.converted_type()) {
            (_, ConvertedType::DECIMAL) => Ok(Self::Decimal),
            (_, ConvertedType::DATE) => Ok(Self::Day),
            (_, ConvertedType::TIMESTAMP_MILLIS) => Ok(Self::Time { per_ms: 1, utc: true }),
            (_, ConvertedType::TIMESTAMP_MICROS) => Ok(Self::Time { per_ms: 1_000, utc: true }),
            (_, ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS) => Err("times of a day"),
            (_, ConvertedType::BSON | ConvertedType::INTERVAL) => Err("another form of data"),
            (Physical::BOOLEAN, _) => Ok(Self::Flag),
            (Physical::INT32 | Physical::INT64, _) => Ok(Self::Whole),
            (Physical::FLOAT | Physical::DOUBLE, _) => Ok(Self::Float),
            (Physical::BYTE_ARRAY, _) => Ok(Self::Text),
            (Physical::INT96, _) => Err("INT96 times, which do not say whether they are UTC"),
            (Physical::FIXED_LEN_BYTE_ARRAY, _) => Err("bytes of a fixed length"),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Text => "texts",
            Self::Decimal => "decimals",
            Self::Whole => "whole numbers",
            Self::Float => "floating-point numbers",
            Self::Flag => "true and false",
            Self::Time { utc: true, .. } => "times",
            Self::Time { utc: false, .. } => "local times without an offset",
            Self::Day => "days",
        }
    }

    /// Whether it can be read as this.
    const fn fits(self, kind: Kind) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text => !matches!(kind, Kind::Whole | Kind::Number | Kind::Flag),
            Self::Decimal | Self::Whole => !matches!(kind, Kind::Time | Kind::Day | Kind::Flag),
            Self::Float => matches!(kind, Kind::Whole | Kind::Number),
            Self::Flag => matches!(kind, Kind::Flag | Kind::TextOrFlag),
            Self::Time { utc, .. } => utc && matches!(kind, Kind::Time),
            Self::Day => matches!(kind, Kind::Day),
        }
    }
}

/// What to do about a column that holds something else.
const fn advice(kind: Kind, float: bool) -> &'static str {
    match kind {
        Kind::Amount if float => {
            "a floating-point number is not money: write it as text, DECIMAL or a whole number"
        }
        Kind::Amount => "write it as text, DECIMAL or a whole number",
        Kind::Time => {
            "write it as text with an offset (RFC 3339), or as a TIMESTAMP that is adjusted to UTC"
        }
        Kind::Day => "write it as DATE or as text such as `2026-03-02`",
        Kind::Whole => "write it as a whole number",
        Kind::Number => "write it as a number",
        Kind::Flag => "write it as BOOLEAN",
        Kind::Text | Kind::TextOrFlag => "write it as text",
    }
}

/// Finds what is wanted in the columns of a file: what of the file is read, and as what.
///
/// # Errors
/// What is wrong with a column, to be said after the file.
pub(super) fn find(
    file: &Type,
    want: &Want,
    schema: &str,
) -> Result<Option<(Type, Shape)>, String> {
    let Want::Group(wanted) = want else { return Ok(None) };
    let (mut fields, mut shapes) = (Vec::new(), Vec::new());
    for field in file.get_fields() {
        let Some(want) = wanted.get(field.name()) else { continue };
        let mut place = Place { schema, path: vec![field.name()] };
        if let Some((field, shape)) = place.read(field, want)? {
            shapes.push((field.name().to_owned(), shape));
            fields.push(field);
        }
    }
    if fields.is_empty() {
        return Ok(None);
    }
    let root = Type::group_type_builder(file.name()).with_fields(fields).build();
    root.map(|root| Some((root, Shape::Group(shapes)))).map_err(|_| UNREADABLE.to_owned())
}

const UNREADABLE: &str = "has columns in a form that cannot be read";

/// Where the search is.
struct Place<'a> {
    schema: &'a str,
    path: Vec<&'a str>,
}

impl<'a> Place<'a> {
    fn wrong(&self, held: &str, kind: &str, advice: &str) -> String {
        let column = self.path.join(".");
        format!("holds {held} in column `{column}`, where `{}` has {kind}: {advice}", self.schema)
    }

    fn read(
        &mut self,
        column: &'a TypePtr,
        want: &Want,
    ) -> Result<Option<(TypePtr, Shape)>, String> {
        if column.get_basic_info().repetition() == Repetition::REPEATED {
            return Err(self.wrong("repeated values that are no LIST", "another form", LISTS));
        }
        match want {
            Want::One(kind) => {
                if !column.is_primitive() {
                    let held = "a group or a list";
                    return Err(self.wrong(held, kind.words(), advice(*kind, false)));
                }
                let held = Held::of(column)
                    .map_err(|held| self.wrong(held, kind.words(), advice(*kind, false)))?;
                if !held.fits(*kind) {
                    let advice = advice(*kind, held == Held::Float);
                    return Err(self.wrong(held.words(), kind.words(), advice));
                }
                Ok(Some((Arc::clone(column), Shape::One(*kind, held))))
            }
            Want::Group(_) => self.group(column, want),
            Want::Any(of) if is(column, ConvertedType::MAP) => self.map(column, of),
            Want::Any(_) => self.group(column, want),
            Want::List(of) => self.list(column, of),
        }
    }

    /// A group without what nobody wants; none where nothing is left.
    fn group(
        &mut self,
        column: &'a TypePtr,
        want: &Want,
    ) -> Result<Option<(TypePtr, Shape)>, String> {
        if column.is_primitive() || !is(column, ConvertedType::NONE) {
            return Err(self.wrong("no group of columns", "a document", GROUPS));
        }
        let (mut fields, mut shapes) = (Vec::new(), Vec::new());
        for field in column.get_fields() {
            let want = match want {
                Want::Group(wanted) => wanted.get(field.name()),
                Want::Any(of) => Some(&**of),
                Want::List(_) | Want::One(_) => None,
            };
            let Some(want) = want else { continue };
            self.path.push(field.name());
            let found = self.read(field, want)?;
            self.path.pop();
            if let Some((field, shape)) = found {
                shapes.push((field.name().to_owned(), shape));
                fields.push(field);
            }
        }
        if fields.is_empty() {
            return Ok(None);
        }
        Ok(Some((rebuilt(column, None, fields)?, Shape::Group(shapes))))
    }

    fn list(
        &mut self,
        column: &'a TypePtr,
        want: &Want,
    ) -> Result<Option<(TypePtr, Shape)>, String> {
        let wrong = |place: &Self| place.wrong("no LIST", "a list", LISTS);
        if column.is_primitive() || !is(column, ConvertedType::LIST) {
            return Err(wrong(self));
        }
        let [repeated] = column.get_fields() else { return Err(wrong(self)) };
        if repeated.get_basic_info().repetition() != Repetition::REPEATED {
            return Err(wrong(self));
        }
        if repeated.is_primitive() {
            let Want::One(kind) = want else { return Err(wrong(self)) };
            let held = Held::of(repeated).ok().filter(|held| held.fits(*kind));
            let held = held.ok_or_else(|| wrong(self))?;
            let shape = Shape::List(Box::new(Shape::One(*kind, held)));
            return Ok(Some((Arc::clone(column), shape)));
        }
        let name = repeated.name();
        let [element] = repeated.get_fields() else { return Err(wrong(self)) };
        if name == "array" || name.ends_with("_tuple") {
            return Err(wrong(self));
        }
        let Some((element, shape)) = self.read(element, want)? else { return Ok(None) };
        let repeated = rebuilt(repeated, None, vec![element])?;
        let list = rebuilt(column, Some(LogicalType::List), vec![repeated])?;
        Ok(Some((list, Shape::List(Box::new(shape)))))
    }

    fn map(
        &mut self,
        column: &'a TypePtr,
        want: &Want,
    ) -> Result<Option<(TypePtr, Shape)>, String> {
        let wrong = |place: &Self| place.wrong("a MAP in another form", "a document", GROUPS);
        let [pairs] = column.get_fields() else { return Err(wrong(self)) };
        if pairs.is_primitive() || pairs.get_basic_info().repetition() != Repetition::REPEATED {
            return Err(wrong(self));
        }
        let [key, value] = pairs.get_fields() else { return Err(wrong(self)) };
        if !key.is_primitive() || Held::of(key) != Ok(Held::Text) {
            return Err(wrong(self));
        }
        let found = self.read(value, want)?;
        Ok(found.map(|(_, shape)| (Arc::clone(column), Shape::Map(Box::new(shape)))))
    }
}

const LISTS: &str = "write it as a LIST with one `element`";
const GROUPS: &str = "write it as a group of columns (a struct)";

/// Whether a group is annotated so, in the old words or the new ones.
fn is(column: &Type, converted: ConvertedType) -> bool {
    let info = column.get_basic_info();
    let found = match info.logical_type_ref() {
        Some(LogicalType::List) => ConvertedType::LIST,
        Some(LogicalType::Map) => ConvertedType::MAP,
        _ => info.converted_type(),
    };
    found == converted
}

/// A group with other fields.
fn rebuilt(
    group: &Type,
    logical: Option<LogicalType>,
    fields: Vec<TypePtr>,
) -> Result<TypePtr, String> {
    let built = Type::group_type_builder(group.name())
        .with_repetition(group.get_basic_info().repetition())
        .with_logical_type(logical)
        .with_fields(fields)
        .build();
    built.map(Arc::new).map_err(|_| UNREADABLE.to_owned())
}
