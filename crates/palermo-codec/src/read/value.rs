//! Texts, numbers and truth values, each checked against its format.
//!
//! Every function consumes exactly one value of the map, whatever it is. Where it is wrong, that is
//! noted in the context and the result is `None`.

use super::Ctx;
use super::seed::{Skip, mistyped};
use crate::rule::{Rule, Scaled, scaled};
use palermo_domain::{Date, DeadLetterReason, Decimal, EventTime, MicroDegrees};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::RangeInclusive;

/// The field `schema`. Whatever else it holds is the whole record's fault, not the field's.
pub(crate) fn schema<'de, A: MapAccess<'de>>(
    name: &str,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<(), A::Error> {
    let found = text(map, ctx)?;
    ctx.schema_right = found.is_some_and(|found| found == name);
    Ok(())
}

/// Any text.
pub(crate) fn text<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Cow<'de, str>>, A::Error> {
    map.next_value_seed(TextSeed { ctx })
}

/// A text that keeps a rule.
pub(crate) fn checked<'de, A: MapAccess<'de>, T: From<Cow<'de, str>>>(
    rule: Rule,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<T>, A::Error> {
    let Some(text) = text(map, ctx)? else {
        return Ok(None);
    };
    Ok(ctx.keeps(rule, &text).then(|| T::from(text)))
}

/// A text with a meaning.
fn parsed<'de, A: MapAccess<'de>, T>(
    parse: impl FnOnce(&str) -> Option<T>,
    reason: DeadLetterReason,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<T>, A::Error> {
    let Some(text) = text(map, ctx)? else {
        return Ok(None);
    };
    let value = parse(&text);
    if value.is_none() {
        ctx.wrong(reason);
    }
    Ok(value)
}

/// A word of a closed list.
pub(crate) fn symbol<'de, A: MapAccess<'de>, T>(
    parse: fn(&str) -> Option<T>,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<T>, A::Error> {
    parsed(parse, DeadLetterReason::FieldValue, map, ctx)
}

/// An amount, by the grammar of the domain; `parse` allows a sign or not.
pub(crate) fn amount<'de, A: MapAccess<'de>, E>(
    parse: fn(&str) -> Result<Decimal, E>,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Decimal>, A::Error> {
    parsed(|text| parse(text).ok(), DeadLetterReason::Amount, map, ctx)
}

/// First and last moment with a year of four digits in UTC: only those can be written again.
const TIMES: RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// An RFC 3339 time.
pub(crate) fn time<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<EventTime>, A::Error> {
    let parse = |text: &str| EventTime::parse(text).ok().filter(|time| TIMES.contains(&time.0));
    parsed(parse, DeadLetterReason::Time, map, ctx)
}

/// An RFC 3339 full date.
pub(crate) fn date<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<Date>, A::Error> {
    parsed(|text| Date::parse(text).ok(), DeadLetterReason::Time, map, ctx)
}

/// A truth value.
pub(crate) fn boolean<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<bool>, A::Error> {
    map.next_value_seed(BoolSeed { ctx })
}

/// An integer in a range. `300.0` and `3e2` are integers, as JSON Schema has it.
pub(crate) fn integer<'de, A: MapAccess<'de>, T: TryFrom<i64>>(
    range: RangeInclusive<i64>,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<T>, A::Error> {
    let Some(text) = number(map, ctx)? else {
        return Ok(None);
    };
    let value = match scaled(text, 0) {
        Some(Scaled { value, rounded: Ordering::Equal }) if range.contains(&value) => {
            T::try_from(value).ok()
        }
        Some(Scaled { rounded: Ordering::Less | Ordering::Greater, .. }) => {
            ctx.wrong(DeadLetterReason::FieldType);
            return Ok(None);
        }
        _ => None,
    };
    if value.is_none() {
        ctx.wrong(DeadLetterReason::FieldValue);
    }
    Ok(value)
}

/// A latitude or longitude, at most `degrees` from zero, rounded half-even to micro-degrees.
pub(crate) fn coordinate<'de, A: MapAccess<'de>>(
    degrees: i64,
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<MicroDegrees>, A::Error> {
    let Some(text) = number(map, ctx)? else {
        return Ok(None);
    };
    let max = degrees.saturating_mul(1_000_000);
    let value = scaled(text, 6)
        .filter(|number| {
            let magnitude = number.value.saturating_abs();
            magnitude < max || (magnitude == max && number.rounded != Ordering::Less)
        })
        .and_then(|number| i32::try_from(number.value).ok());
    if value.is_none() {
        ctx.wrong(DeadLetterReason::FieldValue);
    }
    Ok(value.map(MicroDegrees))
}

/// The text of a number.
fn number<'de, A: MapAccess<'de>>(
    map: &mut A,
    ctx: &mut Ctx<'_>,
) -> Result<Option<&'de str>, A::Error> {
    let text = map.next_value::<&'de RawValue>()?.get();
    if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(Some(text));
    }
    ctx.wrong(DeadLetterReason::FieldType);
    // The raw reader has no bounds and lets some bad escapes pass: walk the value again.
    let mut json = serde_json::Deserializer::from_str(text);
    Skip { ctx }.deserialize(&mut json).map_err(A::Error::custom)?;
    Ok(None)
}

pub(super) struct TextSeed<'a, 'c> {
    pub(super) ctx: &'a mut Ctx<'c>,
}

impl<'de> DeserializeSeed<'de> for TextSeed<'_, '_> {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextSeed<'_, '_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    mistyped! { 'de, None; scalar seq map }
}

struct BoolSeed<'a, 'c> {
    ctx: &'a mut Ctx<'c>,
}

impl<'de> DeserializeSeed<'de> for BoolSeed<'_, '_> {
    type Value = Option<bool>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for BoolSeed<'_, '_> {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a truth value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }

    mistyped! { 'de, None; number_or_null text seq map }
}

pub(super) struct TextOrBoolSeed<'a, 'c> {
    pub(super) ctx: &'a mut Ctx<'c>,
}

impl<'de> DeserializeSeed<'de> for TextOrBoolSeed<'_, '_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TextOrBoolSeed<'_, '_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or truth value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    mistyped! { 'de, None; number_or_null seq map }
}
