//! What is generated and kept in the repository is what the rules and the language say now.

use super::shipped::{limits, shipped};
use crate::yaml::{Node, Style, Value};
use crate::{Library, catalogue, schema};
use serde_json::json;
use std::path::Path;

fn kept(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap_or_default()
}

fn library() -> Library {
    Library::read(&shipped(), &limits()).unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

#[test]
fn the_catalogue_is_that_of_the_rules() {
    assert!(
        catalogue(&library(), "rules") == kept("rules/CATALOGUE.md"),
        "rules/CATALOGUE.md is out of date: run `palermo rules doc --table > rules/CATALOGUE.md`"
    );
}

#[test]
fn the_schema_is_that_of_the_language() {
    assert!(
        schema() == kept("docs/schemas/rules.v1.schema.json"),
        "run `palermo rules schema > docs/schemas/rules.v1.schema.json`"
    );
}

/// A value as an editor reads it: plain scalars have types, by the core schema of YAML 1.2.
fn value(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Seq(items) => items.iter().map(value).collect(),
        Value::Map(entries) => {
            let entry = |(key, node): &(crate::yaml::Key, Node)| (key.text.clone(), value(node));
            serde_json::Value::Object(entries.iter().map(entry).collect())
        }
        Value::Scalar(text, Style::Plain) => match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            "" | "null" | "~" => json!(null),
            _ => text
                .parse::<i64>()
                .map(|number| json!(number))
                .or_else(|_| text.parse::<f64>().map(|number| json!(number)))
                .unwrap_or_else(|_| json!(text)),
        },
        Value::Scalar(text, _) => json!(text),
    }
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(&schema()).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

#[test]
fn every_shipped_rule_file_satisfies_the_schema() {
    let (validator, sources) = (validator(), shipped());
    let mut wrong = Vec::new();
    for (path, text) in sources.rules() {
        let file = value(&crate::yaml::parse(text).unwrap());
        wrong.extend(
            validator.iter_errors(&file).map(|e| format!("{path} {}: {e}", e.instance_path())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_refuses_what_an_editor_should_mark() {
    let validator = validator();
    let text = shipped()
        .get("rules/laundering/ML-02-funnel-deposit-withdrawal-apart.yaml")
        .unwrap()
        .to_owned();
    let valid = |text: &str| validator.is_valid(&value(&crate::yaml::parse(text).unwrap()));
    assert!(valid(&text));
    for (from, to) in [
        ("window:", "windw:"),
        ("family: M", "family: X"),
        ("kind: Indicator", "kind: Indikator"),
        ("stricter: up,", ""),
        ("status: found}", "status: fuond}"),
        ("subject: account", "subject: acount"),
        ("14d", "a fortnight"),
        ("repeats: $min_cycles", "repeats: 0"),
        ("text: \"{paid_in}", "note: \"{paid_in}"),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(!valid(&text.replace(from, to)), "{to}");
    }
}
