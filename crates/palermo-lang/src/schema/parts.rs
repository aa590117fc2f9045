//! The parts of the schema: one property for each key, and what several of them share.

use super::closed;
use crate::check::{condition, graph, head, list, measure, param, typology};
use crate::program::{LinkKind, Pattern, Vocabulary as V};
use crate::vocabulary::{paths, words};
use palermo_domain::alert::Role;
use palermo_domain::{Feed, Subject};
use serde_json::{Map, Value, json};

const NAME: &str = "^[a-z][a-z0-9_]*$";
const ID: &str = "^[A-Z]{2,5}-[A-Z0-9]+$";
const VERSION: &str = "^[0-9]+\\.[0-9]+\\.[0-9]+(-[A-Za-z0-9.]+)?$";

fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn texts() -> Value {
    json!({"type": "array", "items": shared("text")})
}

fn ids() -> Value {
    json!({"type": "array", "items": shared("id"), "uniqueItems": true})
}

/// What stands under a key of a file.
pub(super) fn property(key: &str) -> Value {
    match key {
        "apiVersion" => json!({"const": "palermo.rules/v1"}),
        "kind" => json!({"type": "string"}),
        "id" => shared("id"),
        "version" => shared("version"),
        "title" => said("At most 160 characters"),
        "status" => {
            json!({"enum": head::STATUSES, "description": "How mature the rule is; whether it runs is said in ruleset.yaml"})
        }
        "cite" => json!({"type": "array", "items": shared("cite"), "minItems": 1}),
        "feeds" => {
            json!({"type": "array", "items": {"enum": Feed::ALL.iter().map(|feed| feed.as_str()).collect::<Vec<_>>()}})
        }
        "family" => json!({"enum": condition::FAMILIES}),
        "tier" => json!({"enum": condition::TIERS}),
        "subject" => {
            json!({"enum": Subject::ALL.iter().map(|subject| subject.as_str()).collect::<Vec<_>>()})
        }
        "window" => shared("duration"),
        "evaluate" => {
            json!({"enum": ["day"], "description": "Also at the end of each UTC day, for what stopped or never came"})
        }
        "parameters" => named(&shared("parameter")),
        "select" => named(&shared("expression")),
        "measure" => named(&shared("measure")),
        "sequence" => sequence(),
        "graph" => patterns(),
        "hit" | "holds" | "require" | "when" => shared("expression"),
        "role" => {
            json!({"type": "object", "properties": {"subject": role(), "other": role()}, "additionalProperties": false})
        }
        "lookalikes" | "boost" | "suppress" | "applies_to" => ids(),
        "crime" | "stage" | "investigate" | "packs" => texts(),
        "regions" => {
            json!({"type": "array", "items": shared("text"), "minItems": 1, "description": "Packs of which one must be on for the rule to run: `[us]`"})
        }
        "amltrix" => {
            json!({"type": "array", "items": {"type": "string", "pattern": "^T[0-9]{4}(\\.[0-9]{3})?$"}})
        }
        "anchor" => json!({"enum": ["account", "party"]}),
        "families" => {
            json!({"type": "string", "pattern": "^[MLCNTPG&|!() ]+$", "description": "Families that must be among the evidence: `M && N && (L || P)`"})
        }
        "link" => json!({"type": "object", "properties": {
            "by": {"type": "array", "items": {"enum": LinkKind::ALL.map(LinkKind::as_str)}},
            "hops": {"type": "integer", "minimum": 1, "maximum": 3},
            "families": {"type": "boolean"}},
            "required": ["by", "hops"], "additionalProperties": false}),
        "priority" => {
            json!({"type": "string", "pattern": "^\\+(100|[1-9][0-9]?)%$", "examples": ["+10%"]})
        }
        "protective" => json!({"type": "boolean"}),
        "list" => json!({"type": "string", "pattern": "^[a-z0-9][a-z0-9_.-]{0,63}$"}),
        "pack" => said("The regional pack that adds these rows"),
        "reviewed" => shared("date"),
        _ => larger(key),
    }
}

/// Keys whose values are mappings or texts with a rule of their own.
fn larger(key: &str) -> Value {
    match key {
        "description" => said("What it means and what it does not"),
        "text" | "text_not" | "headline" => {
            said("`{measure}`, `{$parameter}` and `{MS-08.senders}` are places for values")
        }
        "score" => score(),
        "roles" => {
            json!({"type": "object", "properties": {"anchor": anchor_role(), "payers": role()}, "required": ["anchor"], "additionalProperties": false})
        }
        "emit" => json!({"type": "object", "properties": {
            "update_when": {"type": "array", "items": {"type": "string", "pattern": "^(new_indicator|amount \\+[0-9]+%)$"}},
            "rearm": {"type": "string", "pattern": " quiet$", "examples": ["30d quiet"]}},
            "required": ["rearm"], "additionalProperties": false}),
        "report" => {
            json!({"type": "object", "properties": {"fincen": texts(), "goaml": texts(), "key_term": shared("text")}, "additionalProperties": false})
        }
        "name" | "source" | "engine" => shared("text"),
        "deploy" => json!({"type": "object", "additionalProperties": environment()}),
        "suppressions" => json!({"type": "array", "items": suppression()}),
        "columns" => {
            json!({"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": {"enum": list::COLUMN_TYPES}})
        }
        "rows" => json!({"type": "array", "items": row()}),
        // Read by people only.
        _ => json!(true),
    }
}

fn said(what: &str) -> Value {
    json!({"type": "string", "minLength": 1, "description": what})
}

/// A mapping from names of the author's choice.
fn named(to: &Value) -> Value {
    json!({"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": to})
}

fn role() -> Value {
    json!({"enum": Role::ALL.map(Role::as_str)})
}

fn anchor_role() -> Value {
    let names = Role::ALL.into_iter().filter(|role| *role != Role::PotentialVictim);
    json!({"enum": names.map(Role::as_str).chain([typology::SUBJECT_UNLESS_CONTROL]).collect::<Vec<_>>()})
}

fn sequence() -> Value {
    json!({
        "type": "object",
        "properties": {
            "repeats": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^\\$[a-z][a-z0-9_]*$"}]},
            "same": {"anyOf": [shared("text"), texts()]},
            "distinct": {"anyOf": [shared("text"), texts()]},
        },
        "propertyNames": {"pattern": NAME},
        "additionalProperties": {"type": "string", "description": "A step: `EXPRESSION`, `EXPRESSION, within 48h of STEP` or `EXPRESSION, around 21d of STEP`"},
        "minProperties": 2,
    })
}

fn patterns() -> Value {
    let pattern = |(name, keys): &(&str, &[&str])| {
        let properties: Map<String, Value> =
            keys.iter().map(|key| ((*key).to_owned(), asked(key))).collect();
        let pattern =
            json!({"type": "object", "properties": properties, "additionalProperties": false});
        ((*name).to_owned(), pattern)
    };
    let properties: Map<String, Value> = graph::ASKED.iter().map(pattern).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false,
           "minProperties": 1, "maxProperties": 1})
}

/// What a pattern is asked.
fn asked(key: &str) -> Value {
    match key {
        "edges" => {
            json!({"type": "string", "pattern": NAME, "description": "A selection; every booked payment where it is left out"})
        }
        "within" => {
            json!({"type": "string", "description": "A length of time or a parameter; the window where it is left out"})
        }
        "list" => said("The list of routes"),
        "by" => json!({"enum": Pattern::SHARED.map(Subject::as_str)}),
        _ => {
            json!({"type": ["number", "string"], "description": "A number, a range `3..6`, or parameters in their place"})
        }
    }
}

fn score() -> Value {
    let points = json!({"type": "integer", "minimum": 0});
    let mut properties: Map<String, Value> =
        condition::TIERS.iter().map(|tier| ((*tier).to_owned(), points.clone())).collect();
    let band = json!({"type": "integer", "minimum": 0, "maximum": 100});
    properties.insert(
        "bands".into(),
        json!({
        "type": "object", "properties": {"medium": band, "high": band, "critical": band},
        "required": ["medium", "high", "critical"], "additionalProperties": false}),
    );
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn environment() -> Value {
    let reference = json!({"type": "string", "pattern": "^[A-Z]{2,5}-[A-Z0-9]+@"});
    let entry = json!({"anyOf": [reference, {
        "type": "object",
        "properties": {"rule": reference, "champion": reference, "until": shared("date"), "reason": shared("text")},
        "required": ["rule"], "additionalProperties": false}]});
    let entries = json!({"type": "array", "items": entry});
    json!({
        "type": "object",
        "properties": {"default": {"enum": ["live", "shadow", "off"]}, "live": entries, "shadow": entries, "off": entries},
        "additionalProperties": false,
    })
}

fn suppression() -> Value {
    json!({
        "type": "object",
        "properties": {
            "typology": shared("id"), "when": shared("expression"), "reason": shared("text"),
            "owner": shared("text"), "approved_by": shared("text"), "expires": shared("date"), "sample": true,
        },
        "required": ["typology", "when", "reason", "owner", "approved_by", "expires"],
        "additionalProperties": false,
    })
}

fn row() -> Value {
    let dates = list::ROW_KEYS.iter().filter(|key| key.starts_with("valid_"));
    let mut properties: Map<String, Value> =
        dates.map(|key| ((*key).to_owned(), shared("date"))).collect();
    properties.insert("row".into(), json!({"type": ["string", "number"]}));
    json!({"type": "object", "properties": properties, "required": ["row", "valid_from"],
           "additionalProperties": shared("scalar")})
}

/// What several properties share.
pub(super) fn definitions() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, value: Value| all.insert(name.to_owned(), value);
    add("id", json!({"type": "string", "pattern": ID}));
    add("version", json!({"type": "string", "pattern": VERSION}));
    add("text", json!({"type": "string", "minLength": 1}));
    add("date", json!({"type": "string", "format": "date"}));
    add(
        "duration",
        json!({"type": "string", "pattern": "^([0-9]+(ms|s|m|h|d|w))+$", "examples": ["30d", "48h"]}),
    );
    add("scalar", json!({"type": ["string", "number", "boolean"]}));
    add(
        "expression",
        json!({"type": "string", "minLength": 1, "description": format!("Fields: {}", paths().join(", "))}),
    );
    let functions = measure::FUNCTIONS.join(", ");
    add(
        "measure",
        json!({"type": "string", "minLength": 1, "description": format!("`FUNCTION(…) over SELECTION [where EXPRESSION] [within DURATION]`, with {functions}; or arithmetic over measures above it")}),
    );
    let key = json!({"type": "string", "description": "A row of lists/sources.yaml"});
    let status = json!({"enum": head::CITE_STATUSES, "description": "How the source was read"});
    let own = [("key", key), ("item", shared("text")), ("status", status)];
    add("cite", closed(&head::CITE, &[], &own));
    add("parameter", parameter());
    add("vocabulary", vocabulary());
    all
}

fn parameter() -> Value {
    let mut properties: Map<String, Value> =
        param::KEYS.iter().map(|key| ((*key).to_owned(), of_parameter(key))).collect();
    properties.insert("type".into(), json!({"enum": param::TYPES}));
    let when = |key: &str, words: &[&str], then: &[&str]| json!({"if": {"properties": {key: {"enum": words}}, "required": [key]}, "then": {"required": then}});
    let ordered: Vec<&str> =
        param::TYPES.into_iter().filter(|word| !["text", "bool"].contains(word)).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": ["value", "type", "basis", "why"],
        "additionalProperties": false,
        "allOf": [when("type", &["money"], &["ccy"]), when("type", &ordered, &["range", "stricter"]),
                  when("basis", &["published"], &["cite"])],
    })
}

fn of_parameter(key: &str) -> Value {
    match key {
        "ccy" => json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
        "range" => {
            json!({"type": "array", "items": shared("scalar"), "minItems": 2, "maxItems": 2})
        }
        "stricter" => {
            json!({"enum": ["up", "down"], "description": "The direction in which fewer things fire"})
        }
        "basis" => {
            json!({"enum": ["published", "default"], "description": "published: the source under `cite` prints this number; default: our choice"})
        }
        "cite" | "why" => shared("text"),
        _ => shared("scalar"),
    }
}

/// Closed words that expressions may compare with, for editors that complete them.
fn vocabulary() -> Value {
    let all = [
        ("direction", V::Direction),
        ("kind", V::Kind),
        ("rail", V::Rail),
        ("channel", V::Channel),
        ("status", V::Status),
        ("end.kind", V::EndKind),
        ("terminal.kind", V::TerminalKind),
        ("relation", V::Relation),
        ("service.kind", V::ServiceKind),
        ("age_band", V::AgeBand),
        ("activity", V::Activity),
        ("crypto.category", V::CryptoCategory),
        ("crypto.confidence", V::CryptoConfidence),
    ];
    let each = all.map(|(name, of)| (name.to_owned(), json!({"enum": words(of)})));
    Value::Object(each.into_iter().collect())
}
