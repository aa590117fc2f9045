//! A JSON Schema (draft 2020-12) of rule files, for editors: keys, closed words and forms.
//!
//! Generated from the same tables that the reader uses, so a key or word that is added is in it the
//! same day; what is only known by reading several places (names, types, windows) stays with
//! `palermo rules check`. A file that compiles satisfies the schema (a test says so); the reverse is
//! not promised. Cost: once, on demand.

mod parts;

use crate::check::{condition, deploy, head, list, typology};
use serde_json::{Map, Value, json};

/// The schema, as text that ends in a line break.
pub fn schema() -> String {
    let text = serde_json::to_string_pretty(&root()).unwrap_or_default();
    format!("{text}\n")
}

/// Kinds of files that name their kind; any other file is a list.
const KINDS: [&str; 4] = ["Indicator", "Suppressor", "Typology", "RuleSet"];

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
        "description": "A rule file of Palermo: Indicator, Suppressor, Typology, RuleSet, or a list. \
                        Made by `palermo rules schema`; docs/rules.md explains the language, and \
                        `palermo rules check` checks what a schema cannot.",
        "type": "object",
        "allOf": all,
        "$defs": definitions(),
    })
}

fn definitions() -> Value {
    let mut all = parts::definitions();
    let kind = |known: &[&str]| -> Vec<String> {
        head::HEAD.iter().chain(known).map(|key| (*key).to_owned()).collect()
    };
    let rule = |title: &str, name: &str, keys: &[&str], optional: &[&str]| {
        let keys = kind(keys);
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut object = closed(&keys, optional);
        object["title"] = title.into();
        object["properties"]["kind"] = json!({"const": name});
        object
    };
    let optional = [
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
    all.insert(
        "Indicator".into(),
        rule(
            "One red flag about one subject; never an alert alone",
            "Indicator",
            &condition::INDICATOR,
            &optional,
        ),
    );
    all.insert(
        "Suppressor".into(),
        rule(
            "One lawful explanation, as facts that can be tested",
            "Suppressor",
            &condition::SUPPRESSOR,
            &optional,
        ),
    );
    let optional = [
        "cite",
        "stage",
        "amltrix",
        "boost",
        "suppress",
        "score",
        "investigate",
        "report",
        "protective",
    ];
    all.insert(
        "Typology".into(),
        rule("Which indicators together make an alert", "Typology", &typology::TYPOLOGY, &optional),
    );
    let optional = ["packs", "engine", "lock", "suppressions", "approvals"];
    let mut ruleset = closed(&deploy::KEYS, &optional);
    ruleset["title"] = "Which typologies run, and how".into();
    ruleset["properties"]["kind"] = json!({"const": "RuleSet"});
    all.insert("RuleSet".into(), ruleset);
    let mut rows = closed(&list::KEYS, &["columns", "pack"]);
    rows["title"] = "A typed, dated, sourced table that rules read".into();
    rows["if"] = json!({"required": ["pack"]});
    rows["then"] = json!({"properties": {"columns": false}});
    rows["else"] = json!({"required": ["columns"]});
    all.insert("List".into(), rows);
    Value::Object(all)
}

/// A mapping with these keys and no others; all of them but the optional ones are needed.
fn closed(keys: &[&str], optional: &[&str]) -> Value {
    let properties: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), parts::property(key))).collect();
    let required: Vec<&&str> = keys.iter().filter(|key| !optional.contains(key)).collect();
    json!({"type": "object", "properties": properties, "required": required,
           "additionalProperties": false})
}
