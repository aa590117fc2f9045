//! The rule folder of the repository.

use crate::{Compiled, Limits, Sources, compile, compile_all, parse_tests, rate_warnings};
use palermo_domain::Span;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn limits() -> Limits {
    Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        cost: Limits::COST,
    }
}

pub(super) fn shipped() -> Sources {
    fn walk(root: &Path, at: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = BTreeMap::new();
    walk(&root, &root.join("rules"), &mut files);
    Sources::new(files)
}

fn compiled(result: Result<Compiled, crate::Diagnostics>) -> Compiled {
    result.unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

#[test]
fn the_shipped_rules_compile() {
    let sources = shipped();
    let all = compiled(compile_all(&sources, &limits()));
    let live = compiled(compile(&sources, "prod", &limits()));
    assert_eq!(live.rules.typologies.len(), 2);
    assert_eq!(live.rules.sha256, all.rules.sha256);
    let written = sources.iter().filter(|(_, text)| text.contains("\nkind: Indicator\n")).count();
    assert_eq!(all.rules.indicators.len(), written);
    let named =
        live.rules.typologies.iter().flat_map(|rule| rule.required.iter().chain(&rule.boost));
    let named: std::collections::BTreeSet<_> = named.collect();
    assert!(named.len() <= live.rules.indicators.len() && live.rules.indicators.len() < written);
    assert!(live.warnings.is_empty());
    // Thresholds are in USD; a bank that counts in EUR must send rates.
    let currency = |code| palermo_domain::Currency::try_new(code).unwrap();
    assert!(rate_warnings(&sources, &live.rules, currency("USD")).is_empty());
    let euro = rate_warnings(&sources, &live.rules, currency("EUR"));
    let silent: Vec<&str> = euro.iter().map(|warning| warning.path.as_str()).collect();
    assert!(
        silent.contains(&"rules/migrant_smuggling/MS-08-p2p-funnel-cash-out.yaml"),
        "{silent:?}"
    );
}

#[test]
fn the_shipped_tests_parse_and_expand() {
    let files = parse_tests(&shipped()).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let file = files.iter().find(|file| file.rule == "CT-14").unwrap();
    let test = &file.tests[0];
    let events = file.events(test);
    assert_eq!(events.len(), 93);
}
