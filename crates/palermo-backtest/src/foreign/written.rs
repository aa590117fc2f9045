//! The mapping file as it stands in YAML, and what is said where it is wrong.
//!
//! Promise: an unknown key is an error with its place and the nearest known key; nothing is read
//! loosely. Blocks whose keys are fields of the payment (`debtor`, `creditor`, `merchant`) are checked
//! where they are understood, in `plan`.

use super::{MappingError, near};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_saphyr::Error;
use std::collections::BTreeMap;
use std::fmt;

/// Fields of one end or part, by name.
pub(super) type Block = BTreeMap<String, Source>;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) about: Option<String>,
    pub(super) columns: Option<Vec<String>>,
    pub(super) delimiter: Option<String>,
    pub(super) id: Source,
    pub(super) time: Time,
    pub(super) kinds: Kinds,
    pub(super) amount: Amount,
    pub(super) currency: Source,
    pub(super) counter: Option<Counter>,
    pub(super) assets: Option<Vec<String>>,
    pub(super) debtor: Option<Block>,
    pub(super) creditor: Option<Block>,
    pub(super) merchant: Option<Block>,
    pub(super) fee: Option<Amount>,
    pub(super) channel: Option<Source>,
    pub(super) status: Option<Source>,
    pub(super) refers_to: Option<Source>,
    pub(super) purpose: Option<Source>,
    pub(super) text: Option<Source>,
    pub(super) end_to_end_id: Option<Source>,
    pub(super) entity: Option<Source>,
    pub(super) source: Option<Source>,
    pub(super) label: Option<Label>,
    pub(super) typology: Option<Source>,
}

/// Where a text comes from: `"{Column}"`, or a block.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A template.
    Short(String),
    /// A block.
    Long(LongSource),
}

/// The block.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LongSource {
    pub(super) column: Option<String>,
    pub(super) template: Option<String>,
    #[serde(rename = "const")]
    pub(super) constant: Option<String>,
    pub(super) values: Option<BTreeMap<String, String>>,
    #[serde(rename = "else")]
    pub(super) otherwise: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Time {
    pub(super) column: Option<String>,
    pub(super) columns: Option<Vec<String>>,
    pub(super) format: String,
    pub(super) start: Option<String>,
    pub(super) step: Option<String>,
    pub(super) utc_offset: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kinds {
    pub(super) column: Option<String>,
    pub(super) values: Option<BTreeMap<String, Kind>>,
    #[serde(rename = "else")]
    pub(super) otherwise: Option<Kind>,
    pub(super) always: Option<Kind>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    pub(super) kind: String,
    pub(super) rail: String,
    pub(super) channel: Option<String>,
    #[serde(default)]
    pub(super) swap: bool,
    pub(super) without: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Amount {
    pub(super) column: String,
    pub(super) decimals: Option<String>,
    pub(super) point: Option<String>,
    pub(super) group: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counter {
    pub(super) amount: Option<Amount>,
    pub(super) currency: Source,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    pub(super) column: String,
    pub(super) positive: Vec<String>,
    pub(super) negative: Vec<String>,
    pub(super) unknown: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = Source;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a template such as `\"{Account}\"`, or a block with `column` or `const`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Source, E> {
        Ok(Source::Short(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Source, A::Error> {
        LongSource::deserialize(MapAccessDeserializer::new(map)).map(Source::Long)
    }
}

/// Reads the text of a mapping.
pub(super) fn read(text: &str) -> Result<Written, MappingError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let at = error.location().map(|at| (at.line(), at.column()));
        MappingError { position: at.filter(|(line, _)| *line > 0), what: in_words(&error) }
    })
}

fn in_words(error: &Error) -> String {
    match error.without_snippet() {
        Error::SerdeUnknownField { field, expected, .. } => {
            format!("unknown key `{field}`; {}", near::proposal(field, expected))
        }
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        other => {
            // Its own text ends with the place, which is said before.
            let text = other.to_string();
            let first = text.lines().next().unwrap_or("").to_owned();
            first.split(" at line ").next().unwrap_or("").to_owned()
        }
    }
}
