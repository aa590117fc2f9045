//! What a schema wants at each place of a document, read from the schema itself.
//!
//! Promise: a place that the schema has is known here by the same name, with the kind of what stands
//! there. Cost: one parsing of the schema for each file.

use serde_json::Value;
use std::collections::BTreeMap;

/// A schema whose documents rows become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::input) enum Schema {
    Payment,
    Party,
    List,
}

impl Schema {
    /// Its name, as documents say it.
    pub(in crate::input) const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment.v1",
            Self::Party => "party.v1",
            Self::List => "list.v1",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Payment => {
                include_str!("../../../../palermo-codec/schemas/payment.v1.schema.json")
            }
            Self::Party => include_str!("../../../../palermo-codec/schemas/party.v1.schema.json"),
            Self::List => include_str!("../../../../palermo-codec/schemas/list.v1.schema.json"),
        }
    }

    /// What stands where, and which columns a row cannot be without.
    pub(super) fn wants(self) -> (Want, Vec<String>) {
        // It is part of this program, and a test reads it.
        let schema: Value = serde_json::from_str(self.text()).unwrap_or_default();
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required = required.filter_map(Value::as_str).filter(|name| *name != "schema");
        (Want::of(&schema), required.map(str::to_owned).collect())
    }
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// A document with these fields.
    Group(BTreeMap<String, Want>),
    /// A document whose fields have any name.
    Any(Box<Want>),
    List(Box<Want>),
    One(Kind),
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A text, or true or false.
    TextOrFlag,
    Amount,
    Time,
    Day,
    Whole,
    /// Degrees: the one place where a fraction is no decimal.
    Number,
    Flag,
}

impl Kind {
    /// In words, after "wants".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Text | Self::TextOrFlag => "a text",
            Self::Amount => "an amount",
            Self::Time => "a time",
            Self::Day => "a day",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Flag => "true or false",
        }
    }
}

impl Want {
    fn of(schema: &Value) -> Self {
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        match text("type") {
            Some("object") => {
                if let Some(any) = schema.get("additionalProperties") {
                    return Self::Any(Box::new(Self::of(any)));
                }
                let fields = schema.get("properties").and_then(Value::as_object);
                let fields = fields.into_iter().flatten();
                Self::Group(fields.map(|(name, of)| (name.clone(), Self::of(of))).collect())
            }
            Some("array") => {
                Self::List(Box::new(Self::of(schema.get("items").unwrap_or(&Value::Null))))
            }
            Some("integer") => Self::One(Kind::Whole),
            Some("number") => Self::One(Kind::Number),
            Some("boolean") => Self::One(Kind::Flag),
            Some(_) => Self::One(match (text("format"), text("pattern")) {
                (Some("date-time"), _) => Kind::Time,
                (Some("date"), _) => Kind::Day,
                // No other text of the schemas is a decimal.
                (_, Some(pattern)) if pattern.ends_with("(\\.[0-9]{1,8})?$") => Kind::Amount,
                _ => Kind::Text,
            }),
            // Either of two kinds.
            None if schema.get("type").is_some() => Self::One(Kind::TextOrFlag),
            // Words of a list, or the one word that is allowed.
            None => Self::One(Kind::Text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'w>(want: &'w Want, path: &str) -> &'w Want {
        path.split('.').fold(want, |want, name| match want {
            Want::Group(fields) => &fields[name],
            Want::List(of) | Want::Any(of) => of,
            Want::One(_) => panic!("{path}"),
        })
    }

    #[test]
    fn schemas_say_what_stands_where() {
        let (payment, required) = Schema::Payment.wants();
        assert_eq!(
            required,
            [
                "payment_id",
                "event_time",
                "kind",
                "rail",
                "amount",
                "currency",
                "debtor",
                "creditor"
            ]
        );
        for (path, kind) in [
            ("schema", Kind::Text),
            ("kind", Kind::Text),
            ("event_time", Kind::Time),
            ("utc_offset_minutes", Kind::Whole),
            ("amount", Kind::Amount),
            ("creditor.balance_after", Kind::Amount),
            ("debtor.lat", Kind::Number),
            ("debtor.ours", Kind::Flag),
            ("cash.notes_in.[].value", Kind::Amount),
            ("stay.check_in", Kind::Day),
            ("crypto.debtor.exposure_percent", Kind::Amount),
            ("currency", Kind::Text),
        ] {
            assert_eq!(at(&payment, path), &Want::One(kind), "{path}");
        }
        let (party, _) = Schema::Party.wants();
        assert_eq!(at(&party, "accounts.[].opened"), &Want::One(Kind::Day));
        assert_eq!(at(&party, "hours.[].days.[]"), &Want::One(Kind::Text));
        assert_eq!(at(&party, "monthly_income"), &Want::One(Kind::Amount));
        let (list, _) = Schema::List.wants();
        assert_eq!(at(&list, "fields.per_base"), &Want::One(Kind::TextOrFlag));
    }
}
