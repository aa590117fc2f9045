//! The rule folder of the repository.

use crate::{Compiled, Limits, Sources, compile, compile_all, parse_tests, rate_warnings};
use palermo_domain::Span;
use palermo_domain::alert::Mode;
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
    assert_eq!(live.rules.typologies.len(), 29);
    let shadow = live.rules.typologies.iter().filter(|rule| rule.mode == Mode::Shadow);
    let shadow: Vec<&str> = shadow.map(|rule| rule.id.as_str()).collect();
    assert_eq!(shadow, ["CT-19", "CT-25", "CT-27"], "`rules/ruleset.yaml` says why");
    assert_eq!(live.rules.sha256, all.rules.sha256);
    let written = sources.iter().filter(|(_, text)| text.contains("\nkind: Indicator\n")).count();
    assert_eq!(all.rules.indicators.len(), written);
    let named =
        live.rules.typologies.iter().flat_map(|rule| rule.required.iter().chain(&rule.boost));
    let named: std::collections::BTreeSet<_> = named.collect();
    assert!(named.len() <= live.rules.indicators.len() && live.rules.indicators.len() < written);
    assert!(live.warnings.is_empty());
    // Thresholds keep the currency of their source: whoever counts in another one must send rates.
    let without_rates = |code| {
        let base = palermo_domain::Currency::try_new(code).unwrap();
        let warnings = rate_warnings(&sources, &live.rules, base);
        warnings.iter().map(|warning| warning.path.clone()).collect::<Vec<_>>()
    };
    let in_dollars = "rules/migrant_smuggling/MS-08-p2p-funnel-cash-out.yaml".to_owned();
    assert!(!without_rates("USD").contains(&in_dollars));
    assert!(without_rates("EUR").contains(&in_dollars));
}

#[test]
fn the_shipped_tests_parse_and_expand() {
    let files = parse_tests(&shipped()).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let file = files.iter().find(|file| file.rule == "CT-14").unwrap();
    let test = &file.tests[0];
    let events = file.events(test);
    assert_eq!(events.len(), 93);
}

/// A rule that cannot be read makes whatever names it wrong as well: only the cause is told.
#[test]
fn a_rule_that_cannot_be_read_is_the_only_error() {
    let path = "rules/migrant_smuggling/MS-08-p2p-funnel-cash-out.yaml";
    let shipped = shipped();
    let files = shipped.iter().map(|(name, text)| {
        let end = if name == path { "\n  : : [\n" } else { "" };
        (name.to_owned(), format!("{text}{end}"))
    });
    let broken = Sources::new(files.collect());
    let of_tests = parse_tests(&broken).map(|_| ()).unwrap_err();
    let of_rules = compile_all(&broken, &limits()).map(|_| ()).unwrap_err();
    for errors in [of_tests, of_rules] {
        let all: Vec<(&str, &str)> =
            errors.iter().map(|error| (error.code, error.path.as_str())).collect();
        assert_eq!(all, [("E100", path)]);
    }
}
