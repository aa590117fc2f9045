//! `control.v1`: what operators say to a running task, from bytes and back.
//!
//! One kind so far, the activation of a rule bundle. It names the bundle by its hash and may carry it
//! whole; who verifies a bundle knows its format, here it is text. Reading is strict: a field that
//! is not known, given twice or of another type refuses the record, because nobody should have to guess
//! what an operator meant.
//!
//! ```json
//! {"schema":"control.v1","kind":"activate_rules","bundle":"<64 hex digits>","file":"<base64>",
//!  "not_before":"2026-12-01T06:00:00Z","by":"m.rossi","approved_by":"a.chen","reason":"border list, Q4"}
//! ```

use crate::Refusal;
use crate::limits::HEADERS_MAX;
use crate::progress::is_sha256;
use crate::write::JsonWriter;
use palermo_domain::{DeadLetterReason, EventTime, Redacted};
use serde::Deserialize;

const SCHEMA: &str = "control.v1";
const ACTIVATE: &str = "activate_rules";

/// Longest value of a record: what a broker takes by default, with room for the rest of the batch.
pub const CONTROL_BYTES_MAX: usize = 900 * 1024;
/// Longest name and reason, in bytes.
const WORDS_MAX: usize = 280;

/// Puts a bundle of rules into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// SHA-256 of the bundle, 64 lower-case hex digits.
    pub bundle: String,
    /// The bundle's file in base64; without it, tasks take the one that they keep under the hash.
    pub file: Option<String>,
    /// After the first payment whose record is at least so new; at once where it is not given.
    pub not_before: Option<EventTime>,
    /// Who asked for it.
    pub by: Redacted<String>,
    /// Who agreed.
    pub approved_by: Option<Redacted<String>>,
    /// Why.
    pub reason: Redacted<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: String,
    kind: String,
    bundle: String,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    not_before: Option<String>,
    by: String,
    #[serde(default)]
    approved_by: Option<String>,
    reason: String,
}

/// Only what tells a foreign record from a wrong one.
#[derive(Deserialize)]
struct Named {
    schema: Option<String>,
}

/// Reads and checks one record.
///
/// # Errors
/// What is wrong with it, for its dead letter.
pub fn decode_control(value: Option<&[u8]>, headers: usize) -> Result<Activation, Refusal> {
    use DeadLetterReason as Reason;
    if headers > HEADERS_MAX {
        return Err(Refusal::whole(Reason::Headers));
    }
    let bytes = value.filter(|bytes| !bytes.is_empty()).ok_or(Refusal::whole(Reason::Empty))?;
    if bytes.len() > CONTROL_BYTES_MAX {
        return Err(Refusal::whole(Reason::TooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::whole(Reason::NotUtf8))?;
    let wire: Wire = serde_json::from_str(text).map_err(|error| unreadable(text, &error))?;
    if wire.schema != SCHEMA {
        return Err(Refusal::at(Reason::WrongSchema, &["schema"]));
    }
    if wire.kind != ACTIVATE {
        return Err(Refusal::at(Reason::FieldValue, &["kind"]));
    }
    if !is_sha256(&wire.bundle) {
        return Err(Refusal::at(Reason::FieldValue, &["bundle"]));
    }
    let not_before = wire.not_before.map(|text| EventTime::parse(&text)).transpose();
    let not_before = not_before.map_err(|_| Refusal::at(Reason::Time, &["not_before"]))?;
    Ok(Activation {
        bundle: wire.bundle,
        file: wire.file,
        not_before,
        by: words(wire.by, "by")?,
        approved_by: wire.approved_by.map(|name| words(name, "approved_by")).transpose()?,
        reason: words(wire.reason, "reason")?,
    })
}

fn words(text: String, field: &'static str) -> Result<Redacted<String>, Refusal> {
    if text.trim().is_empty() || text.len() > WORDS_MAX {
        return Err(Refusal::at(DeadLetterReason::FieldLength, &[field]));
    }
    // They are shown in terminals.
    if text.chars().any(char::is_control) {
        return Err(Refusal::at(DeadLetterReason::FieldValue, &[field]));
    }
    Ok(Redacted::new(text))
}

/// Which of the structural faults it is, without a word of what the record says.
fn unreadable(text: &str, error: &serde_json::Error) -> Refusal {
    use DeadLetterReason as Reason;
    if !error.is_data() {
        return Refusal::whole(Reason::NotJson);
    }
    let named: Option<Named> = serde_json::from_str(text).ok();
    if named.is_none_or(|named| named.schema.as_deref() != Some(SCHEMA)) {
        return Refusal::at(Reason::WrongSchema, &["schema"]);
    }
    let error = error.to_string();
    Refusal::whole(if error.starts_with("duplicate field") {
        Reason::DuplicateField
    } else if error.starts_with("missing field") {
        Reason::MissingField
    } else if error.starts_with("unknown field") {
        Reason::FieldValue
    } else {
        Reason::FieldType
    })
}

impl Activation {
    /// The record's value. The same activation always gives the same bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out =
            Vec::with_capacity(self.file.as_ref().map_or(0, String::len).saturating_add(512));
        JsonWriter::new(&mut out).object(|json| {
            json.field("schema", SCHEMA);
            json.field("kind", ACTIVATE);
            json.field("bundle", &self.bundle);
            json.field_opt("file", self.file.as_deref());
            if let Some(time) = self.not_before {
                json.plain_field("not_before", time);
            }
            json.field("by", self.by.expose());
            json.field_opt(
                "approved_by",
                self.approved_by.as_ref().map(|name| name.expose().as_str()),
            );
            json.field("reason", self.reason.expose());
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Activation {
        Activation {
            bundle: "0123456789abcdef".repeat(4),
            file: Some("cGFsZXJtbw==".to_owned()),
            not_before: Some(EventTime::parse("2026-12-01T06:00:00Z").unwrap()),
            by: Redacted::new("m.rossi".to_owned()),
            approved_by: Some(Redacted::new("a.chen".to_owned())),
            reason: Redacted::new("border list \"Q4\"".to_owned()),
        }
    }

    #[test]
    fn an_activation_survives_the_round_trip() {
        let least = Activation { file: None, not_before: None, approved_by: None, ..full() };
        for activation in [full(), least] {
            assert_eq!(decode_control(Some(&activation.encode()), 0).unwrap(), activation);
        }
        let shown = format!("{:?}", full());
        assert!(!shown.contains("rossi") && !shown.contains("border"), "{shown}");
    }

    #[test]
    fn what_is_no_activation_is_refused_by_its_fault() {
        let good = String::from_utf8(full().encode()).unwrap();
        for (from, to, refusal) in [
            ("control.v1", "control.v2", "wrong_schema at `schema`"),
            ("\"schema\"", "\"scheme\"", "wrong_schema at `schema`"),
            ("activate_rules", "activate_ruler", "field_value at `kind`"),
            ("0123456789abcdef0", "0123456789ABCDEF0", "field_value at `bundle`"),
            ("0123456789abcdef0", "0", "field_value at `bundle`"),
            ("2026-12-01", "2026-13-01", "time at `not_before`"),
            ("m.rossi", "", "field_length at `by`"),
            ("a.chen", " ", "field_length at `approved_by`"),
            ("a.chen", "a\\u001b[2Jb", "field_value at `approved_by`"),
            ("border", "bor\\nder", "field_value at `reason`"),
            ("\"by\":", "\"bi\":", "field_value"),
            ("\"by\":\"m.rossi\",", "", "missing_field"),
            ("\"by\":\"m.rossi\",", "\"by\":\"m.rossi\",\"by\":\"me\",", "duplicate_field"),
            ("\"by\":\"m.rossi\",", "\"by\":7,", "field_type"),
            ("{", "[", "not_json"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            let found = decode_control(Some(bad.as_bytes()), 0).unwrap_err();
            assert_eq!(found.to_string(), refusal, "{from} -> {to}");
        }
        let long = vec![b' '; CONTROL_BYTES_MAX + 1];
        let whole = |value, headers| decode_control(value, headers).unwrap_err().to_string();
        assert_eq!(whole(None, 0), "empty");
        assert_eq!(whole(Some(b""), 0), "empty");
        assert_eq!(whole(Some(b"\xff"), 0), "not_utf8");
        assert_eq!(whole(Some(b"{}"), 65), "headers");
        assert_eq!(whole(Some(&long), 0), "too_large");
        let long = good.replace("m.rossi", &"m".repeat(WORDS_MAX + 1));
        let found = decode_control(Some(long.as_bytes()), 0).unwrap_err();
        assert_eq!(found.to_string(), "field_length at `by`");
    }
}
