//! What is generated and kept in the repository is what the rules and the language say now.

use super::shipped::{limits, shipped};
use crate::yaml::{Node, Style, Value};
use crate::{Library, catalogue, schema, site};
use serde_json::json;
use std::collections::BTreeMap;
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
        ("repeats:    $min_cycles", "repeats: 0"),
        ("text: \"{paid_in}", "note: \"{paid_in}"),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(!valid(&text.replace(from, to)), "{to}");
    }
}
#[test]
fn every_page_of_the_site_is_whole_and_links_to_pages_that_exist() {
    let pages: BTreeMap<String, String> = site(&library()).into_iter().collect();
    assert!(pages.contains_key("index.html") && pages.contains_key("rules/CT-14.html"));
    for (path, page) in &pages {
        assert!(page.ends_with("</html>\n") && !page.contains("http://"), "{path}");
        let base = if path.contains('/') { "rules/" } else { "" };
        for link in page.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to =
                file.strip_prefix("../").map_or_else(|| format!("{base}{file}"), str::to_owned);
            let target = pages.get(&to).unwrap_or_else(|| panic!("{path} leads to {link}"));
            assert!(anchor.is_empty() || target.contains(&format!("id=\"{anchor}\"")), "{link}");
        }
    }
}

#[test]
fn the_site_says_what_a_rule_says() {
    let pages: BTreeMap<String, String> = site(&library()).into_iter().collect();
    let page = &pages["rules/MS-08.html"];
    for said in ["senders is at least 25 (min_senders)", "requires it", "FinCEN", "stricter is"] {
        assert!(page.contains(said), "{said}");
    }
    let page = &pages["rules/CT-14.html"];
    assert!(
        page.contains("known false positive") && page.contains("handed out in cash within a week")
    );
}

#[test]
fn nothing_of_a_rule_is_markup() {
    let mut library = library();
    let mut text = |rule: &mut crate::Written| {
        poison(&mut rule.tree);
        rule.text = String::new();
    };
    library.rules.iter_mut().for_each(&mut text);
    library.lists.iter_mut().for_each(&mut text);
    library.tests.iter_mut().for_each(&mut text);
    for (path, page) in site(&library) {
        assert!(!page.contains("<img") && !page.contains("alert(1)>"), "{path}");
    }
}

/// Puts markup behind every text, but those that pages are found by.
fn poison(tree: &mut crate::Tree) {
    match tree {
        crate::Tree::Text(text) => text.push_str("<img src=x onerror=alert(1)>'\""),
        crate::Tree::List(items) => items.iter_mut().for_each(poison),
        crate::Tree::Map(entries) => {
            for (key, value) in entries {
                if key == "kind" || key == "list" {
                    continue;
                }
                poison(value);
                if !["parameters", "select", "cite", "tests", "rows"].contains(&key.as_str()) {
                    continue;
                }
                if let crate::Tree::Map(names) = value {
                    names.iter_mut().for_each(|(name, _)| name.push_str("<img>"));
                }
            }
        }
    }
}

#[test]
fn every_indicator_is_in_the_coverage_of_each_of_its_crimes() {
    let library = library();
    let compiled = crate::compile(&shipped(), "pilot", &limits()).unwrap();
    let all = crate::coverage(&library, &compiled.rules);
    let indicators = library.rules.iter().filter(|rule| rule.tree.at("kind") == "Indicator");
    let crimes =
        indicators.map(|rule| rule.tree.get("crime").map_or(0, |crime| crime.texts().len()));
    assert_eq!(all.len(), crimes.sum::<usize>());
    // `pilot` runs CT-01 and CT-14 alone.
    let one = all.iter().find(|one| one.indicator == "MS-08").unwrap();
    assert_eq!(one.crime, "migrant_smuggling");
    assert_eq!(one.mode(), Some(palermo_domain::alert::Mode::Live));
    let live = one.typologies.iter().filter(|(_, mode)| mode.is_some());
    assert_eq!(live.map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["CT-14"]);
    assert!(one.tests.is_both_ways());
    let unused = all.iter().find(|one| one.indicator == "ML-05").unwrap();
    assert_eq!((unused.typologies.len(), unused.mode()), (0, None));
}
