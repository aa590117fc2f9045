//! One value of a file as text, and a row as a document.
//!
//! Promises: a decimal is written from its digits, never through a float, with as many decimals as its
//! currency has and more only where they say something; a time is written in UTC, and what is finer than a millisecond is left out, as the decoder does; nulls
//! are left out. Why a value cannot be written is said without the value.

use super::shape::{Held, Shape};
use super::want::Kind;
use palermo_codec::minor_units;
use palermo_domain::{Currency, Date, EventTime};
use parquet::data_type::Decimal;
use parquet::record::{Field, List, Map, Row};
use std::fmt::Write as _;

/// Why a value of a row cannot be written: after the column's name.
pub(super) type Wrong = &'static str;

/// A row as a document; `before` is what it begins with.
pub(super) fn document(
    row: &Row,
    shapes: &[(String, Shape)],
    before: &str,
    out: &mut Vec<u8>,
) -> Result<(), (String, Wrong)> {
    let places = |of: &str| {
        let mut columns = row.get_column_iter();
        let currency = columns.find(|(name, _)| *name == of).map(|(_, field)| field);
        let Some(Field::Str(currency)) = currency else { return 0 };
        let currency = Currency::try_new(currency);
        let units = currency.and_then(|currency| minor_units(&currency));
        units.and_then(|units| usize::try_from(units).ok()).unwrap_or(0)
    };
    let (money, counter) = (places("currency"), places("counter_currency"));
    let places = |name: &str| if name == "counter_amount" { counter } else { money };
    group(row, shapes, before, &places, out)
}

/// How many decimals the amounts of a field have.
type Places<'a> = &'a dyn Fn(&str) -> usize;

fn group(
    row: &Row,
    shapes: &[(String, Shape)],
    before: &str,
    places: Places<'_>,
    out: &mut Vec<u8>,
) -> Result<(), (String, Wrong)> {
    out.push(b'{');
    out.extend_from_slice(before.as_bytes());
    let mut first = before.is_empty();
    for ((_, field), (name, shape)) in row.get_column_iter().zip(shapes) {
        if matches!(field, Field::Null) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        quoted(name, out);
        out.push(b':');
        value(field, shape, (name, places), out)
            .map_err(|(path, wrong)| (join(name, &path), wrong))?;
    }
    out.push(b'}');
    Ok(())
}

fn join(name: &str, path: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{name}.{path}") }
}

fn value(
    field: &Field,
    shape: &Shape,
    within: (&str, Places<'_>),
    out: &mut Vec<u8>,
) -> Result<(), (String, Wrong)> {
    match (shape, field) {
        (Shape::Group(shapes), Field::Group(row)) => group(row, shapes, "", within.1, out),
        (Shape::List(of), Field::ListInternal(elements)) => list(elements, of, within, out),
        (Shape::Map(of), Field::MapInternal(pairs)) => map(pairs, of, within, out),
        (Shape::One(kind, held), _) => {
            let mut text = String::new();
            cell(field, *held, &mut text).map_err(|wrong| (String::new(), wrong))?;
            if (*kind, *held) == (Kind::Amount, Held::Decimal) {
                pad(&mut text, (within.1)(within.0));
            }
            let bare = match held {
                Held::Flag => true,
                _ => matches!(kind, Kind::Whole | Kind::Number),
            };
            if bare {
                out.extend_from_slice(text.as_bytes());
            } else {
                quoted(&text, out);
            }
            Ok(())
        }
        _ => Err((String::new(), DAMAGED)),
    }
}

fn list(
    elements: &List,
    shape: &Shape,
    within: (&str, Places<'_>),
    out: &mut Vec<u8>,
) -> Result<(), (String, Wrong)> {
    out.push(b'[');
    let mut first = true;
    for element in elements.elements().iter().filter(|element| !matches!(element, Field::Null)) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        value(element, shape, within, out)?;
    }
    out.push(b']');
    Ok(())
}

fn map(
    pairs: &Map,
    shape: &Shape,
    within: (&str, Places<'_>),
    out: &mut Vec<u8>,
) -> Result<(), (String, Wrong)> {
    out.push(b'{');
    let mut first = true;
    for (key, of) in pairs.entries().iter().filter(|(_, of)| !matches!(of, Field::Null)) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        let mut name = String::new();
        cell(key, Held::Text, &mut name).map_err(|wrong| (String::new(), wrong))?;
        quoted(&name, out);
        out.push(b':');
        value(of, shape, within, out)?;
    }
    out.push(b'}');
    Ok(())
}

const DAMAGED: Wrong = "does not hold what the head of the file says";

/// A value as text, added to what is there. A null adds nothing.
pub(super) fn cell(field: &Field, held: Held, out: &mut String) -> Result<(), Wrong> {
    // Writing to a string cannot fail.
    match (held, field) {
        (_, Field::Null) => {}
        (Held::Text, Field::Str(text)) => out.push_str(text),
        (Held::Text, Field::Bytes(bytes)) => {
            out.push_str(std::str::from_utf8(bytes.data()).map_err(|_| "is not UTF-8")?);
        }
        (Held::Flag, Field::Bool(flag)) => out.push_str(if *flag { "true" } else { "false" }),
        (Held::Whole, _) => {
            let _ = write!(out, "{}", whole(field).ok_or(DAMAGED)?);
        }
        (Held::Decimal, Field::Decimal(number)) => decimal(number, out)?,
        (Held::Float, Field::Float(number)) => float(f64::from(*number), &number.to_string(), out)?,
        (Held::Float, Field::Double(number)) => float(*number, &number.to_string(), out)?,
        (Held::Day, Field::Date(days)) => {
            let _ = write!(out, "{}", Date(*days));
        }
        (Held::Time { per_ms, utc }, _) => {
            let number = whole(field).and_then(|number| i64::try_from(number).ok());
            let ms = number.and_then(|number| number.checked_div_euclid(per_ms));
            let _ = write!(out, "{}", EventTime(ms.ok_or(DAMAGED)?));
            if !utc {
                // What a clock showed, wherever it hung.
                out.pop();
            }
        }
        _ => return Err(DAMAGED),
    }
    Ok(())
}

fn whole(field: &Field) -> Option<i128> {
    Some(match field {
        Field::Byte(n) => i128::from(*n),
        Field::Short(n) => i128::from(*n),
        Field::Int(n) => i128::from(*n),
        Field::Long(n) | Field::TimestampMillis(n) | Field::TimestampMicros(n) => i128::from(*n),
        Field::UByte(n) => i128::from(*n),
        Field::UShort(n) => i128::from(*n),
        Field::UInt(n) => i128::from(*n),
        Field::ULong(n) => i128::from(*n),
        _ => return None,
    })
}

/// The shortest digits that mean the same number; a whole one without a point.
fn float(number: f64, digits: &str, out: &mut String) -> Result<(), Wrong> {
    if !number.is_finite() {
        return Err("is no number");
    }
    out.push_str(digits);
    Ok(())
}

fn decimal(number: &Decimal, out: &mut String) -> Result<(), Wrong> {
    let bytes = number.data();
    let mut wide = [if bytes.first().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 }; 16];
    let from = wide.len().checked_sub(bytes.len()).ok_or("has more than 38 digits")?;
    wide.get_mut(from..).ok_or(DAMAGED)?.copy_from_slice(bytes);
    let unscaled = i128::from_be_bytes(wide);
    let places = usize::try_from(number.scale()).map_err(|_| DAMAGED)?;
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = places.saturating_add(1));
    let (units, part) = digits.split_at(digits.len().saturating_sub(places));
    if unscaled < 0 {
        out.push('-');
    }
    out.push_str(units);
    let part = part.trim_end_matches('0');
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
    Ok(())
}

/// Zeros at the end, up to so many decimals.
fn pad(text: &mut String, places: usize) {
    let has = match text.split_once('.') {
        Some((_, part)) => part.len(),
        None if places > 0 => {
            text.push('.');
            0
        }
        None => 0,
    };
    text.extend(std::iter::repeat_n('0', places.saturating_sub(has)));
}

fn quoted(text: &str, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
