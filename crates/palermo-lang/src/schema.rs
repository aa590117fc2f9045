//! A JSON Schema (draft 2020-12) of rule files, for editors: keys, closed words and forms.
//!
//! Generated from the same tables that the reader uses, so a key or word that is added is in it the
//! same day; what is only known by reading several places (names, types, windows) stays with
//! `palermo rules check`. A file that compiles satisfies the schema (a test says so); the reverse is
//! not promised. Cost: once, on demand.

mod parts;

use crate::check::{condition, deploy, head, list, modifier, typology};
use serde_json::{Map, Value, json};

/// The schema, as text that ends in a line break.
pub fn schema() -> String {
    let text = serde_json::to_string_pretty(&root()).unwrap_or_default();
    format!("{text}\n")
}

/// Kinds of files that name their kind; any other file is a list.
const KINDS: [&str; 5] = ["Indicator", "Suppressor", "Typology", "Modifier", "RuleSet"];

fn root() -> Value {
    let choose = |kind: &&str| {
        json!({"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
               "then": {"$ref": format!("#/$defs/{kind}")}})
    };
    let mut all: Vec<Value> = KINDS.iter().map(choose).collect();
    all.push(json!({"if": {"required": ["kind"]},
                    "then": {"properties": {"kind": {"enum": KINDS}}},
                    "else": {"$ref": "#/$defs/List"}}));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "rules.v1.schema.json",
        "title": "palermo.rules/v1",
        "description": "A rule file of Palermo: Indicator, Suppressor, Typology, Modifier, RuleSet, or a list. \
                        Made by `palermo rules schema`; docs/rules.md explains the language, and \
                        `palermo rules check` checks what a schema cannot.",
        "type": "object",
        "allOf": all,
        "$defs": definitions(),
    })
}

fn definitions() -> Value {
    let mut all = parts::definitions();
    for name in KINDS {
        all.insert(name.to_owned(), kind(name));
    }
    let mut rows = closed(&list::KEYS, &["columns", "pack"], &[]);
    set(&mut rows, "title", json!("A typed, dated, sourced table that rules read"));
    set(&mut rows, "if", json!({"required": ["pack"]}));
    set(&mut rows, "then", json!({"properties": {"columns": false}}));
    set(&mut rows, "else", json!({"required": ["columns"]}));
    all.insert("List".to_owned(), rows);
    Value::Object(all)
}

/// Keys that an indicator or a suppressor may leave out.
const OPTIONAL: [&str; 14] = [
    "regions",
    "evaluate",
    "feeds",
    "parameters",
    "select",
    "measure",
    "sequence",
    "graph",
    "hit",
    "holds",
    "role",
    "lookalikes",
    "stage",
    "amltrix",
];
/// Keys that a typology may leave out.
const OPTIONAL_TYPOLOGY: [&str; 11] = [
    "regions",
    "cite",
    "stage",
    "amltrix",
    "link",
    "boost",
    "suppress",
    "score",
    "investigate",
    "report",
    "protective",
];

/// A file that names its kind.
fn kind(name: &str) -> Value {
    let (title, head, keys, optional): (&str, &[&str], &[&str], &[&str]) = match name {
        "Indicator" => (
            "One red flag about one subject; never an alert alone",
            &head::HEAD,
            &condition::INDICATOR,
            &OPTIONAL,
        ),
        "Suppressor" => (
            "One lawful explanation, as facts that can be tested",
            &head::HEAD,
            &condition::SUPPRESSOR,
            &OPTIONAL,
        ),
        "Typology" => (
            "Which indicators together make an alert",
            &head::HEAD,
            &typology::TYPOLOGY,
            &OPTIONAL_TYPOLOGY,
        ),
        "Modifier" => (
            "What moves an alert up in the queue; it makes none and changes nothing else",
            &head::HEAD,
            &modifier::MODIFIER,
            &["regions", "parameters"],
        ),
        _ => (
            "Which typologies run, and how",
            &[],
            &deploy::KEYS,
            &["packs", "engine", "lock", "suppressions", "approvals"],
        ),
    };
    let keys: Vec<&str> = head.iter().chain(keys).copied().collect();
    let mut object = closed(&keys, optional, &[("kind", json!({"const": name}))]);
    set(&mut object, "title", json!(title));
    object
}

fn set(object: &mut Value, key: &str, to: Value) {
    if let Some(entries) = object.as_object_mut() {
        entries.insert(key.to_owned(), to);
    }
}

/// A mapping with these keys and no others; all of them but the optional ones are needed. `own` are
/// values of keys that mean something else here than elsewhere.
fn closed(keys: &[&str], optional: &[&str], own: &[(&str, Value)]) -> Value {
    let of = |key: &str| {
        let own = own.iter().find(|(known, _)| *known == key);
        own.map_or_else(|| parts::property(key), |(_, value)| value.clone())
    };
    let properties: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), of(key))).collect();
    let required: Vec<&&str> = keys.iter().filter(|key| !optional.contains(key)).collect();
    json!({"type": "object", "properties": properties, "required": required,
           "additionalProperties": false})
}
