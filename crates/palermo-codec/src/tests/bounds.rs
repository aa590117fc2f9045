//! The bounds against a naive walk over `serde_json::Value`.

use crate::{Limits, UnknownFields, decode_payment};
use proptest::prelude::*;
use serde_json::Value;
use std::fmt::Write;

/// JSON that may repeat a field name, which `Value` cannot hold.
#[derive(Clone, Debug)]
enum Json {
    Leaf(&'static str),
    Array(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(text) => out.push_str(text),
            Self::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { "," });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { " ,\n" };
                    write!(out, "{comma}\"{name}\" : ").unwrap();
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// The second spelling of `a` is escaped.
const NAMES: [&str; 7] = ["a", "\\u0061", "b", "A", "debtor", "kind", "\\ud83d\\ude00"];

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop::sample::select(vec!["1", "-2.5e3", "\"x[{\\\"\"", "null", "true", "\"\""]);
    leaf.prop_map(Json::Leaf).prop_recursive(7, 60, 5, |inner| {
        let name = prop::sample::select(NAMES.to_vec());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
            prop::collection::vec((name, inner), 0..5).prop_map(Json::Object),
        ]
    })
}

/// Depth, fields and items, each counted by itself.
fn measure(json: &Json) -> (u32, u32, u32, bool) {
    let parts: Vec<_> = match json {
        Json::Leaf(_) => return (0, 0, 0, false),
        Json::Array(items) => items.iter().map(measure).collect(),
        Json::Object(fields) => fields.iter().map(|(_, value)| measure(value)).collect(),
    };
    let own = u32::try_from(parts.len()).unwrap();
    let (fields, items, twice) = match json {
        Json::Object(fields) => {
            let spelled = |name: &str| serde_json::from_str(&format!("\"{name}\"")).unwrap();
            let mut names: Vec<String> = fields.iter().map(|(name, _)| spelled(name)).collect();
            names.sort();
            let distinct = {
                names.dedup();
                names.len()
            };
            (own, 0, distinct < fields.len())
        }
        _ => (0, own, false),
    };
    parts.iter().fold((1, fields, items, twice), |(d, f, i, t), part| {
        (d.max(part.0 + 1), f + part.1, i + part.2, t || part.3)
    })
}

fn outcome(text: &str, limits: &Limits) -> String {
    let mut unknown = UnknownFields::default();
    let found = decode_payment(text.as_bytes(), limits, &mut unknown);
    found.map_or_else(|refusal| refusal.reason.to_string(), |_| "ok".into())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// With one limit tight and the others wide, exactly the records beyond it are refused for it.
    /// The value stands in an unknown field, in a text field, in a number field and in an object.
    #[test]
    fn each_limit_agrees_with_the_naive_walk(json in json()) {
        let (depth, fields, items, twice) = measure(&json);
        let mut value = String::new();
        json.write(&mut value);
        prop_assert!(serde_json::from_str::<Value>(&value).is_ok());
        let wide = Limits { depth: 100, fields: 1000, items: 1000, ..Limits::default() };
        for name in ["unknown", "kind", "utc_offset_minutes", "debtor", "cash"] {
            let text = format!("{{\"{name}\":{value},\"schema\":\"payment.v1\"}}");
            let found = outcome(&text, &wide);
            prop_assert_eq!(found == "duplicate_field", twice, "{}: {}", text, found);
            if twice {
                continue;
            }
            for (limits, reason) in [
                (Limits { depth: depth + 1, ..wide.clone() }, None),
                (Limits { depth, ..wide.clone() }, Some("too_deep")),
                (Limits { fields: fields + 2, ..wide.clone() }, None),
                (Limits { fields: fields + 1, ..wide.clone() }, Some("too_many_fields")),
                (Limits { items, ..wide.clone() }, None),
            ] {
                let found = outcome(&text, &limits);
                match reason {
                    Some(reason) => prop_assert_eq!(found, reason, "{}", text),
                    None => prop_assert!(!found.starts_with("too_"), "{}: {}", text, found),
                }
            }
            if items > 0 {
                let limits = Limits { items: items - 1, ..wide.clone() };
                prop_assert_eq!(outcome(&text, &limits), "too_many_fields", "{}", text);
            }
        }
    }
}
