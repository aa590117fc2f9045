//! How rules are kept: the lock, the difference between two folders, the one form, packs.
//!
//! Sees: a version that means two things, a change whose direction is told wrongly, a formatter that
//! changes what a file says or does not come to rest, a pack that is on although it is switched off.

use super::folder::folder;
use super::shipped::{limits, shipped};
use crate::change::{Change, Effect, Step, compare};
use crate::{Lock, Sources, compile, compile_all, format};

type Edit = (&'static str, &'static str, &'static str);

/// A lock of what the folder decides, as an edit that adds it.
fn locked() -> String {
    Lock::of(&folder(&[]), &limits()).unwrap_or_else(|errors| panic!("{errors}")).to_string()
}

fn with_lock(lock: &str, edits: &[Edit]) -> Sources {
    let files = folder(edits);
    let files = files.iter().map(|(path, text)| (path.to_owned(), text.to_owned()));
    Sources::new(files.chain([("rules/rules.lock".to_owned(), lock.to_owned())]).collect())
}

#[test]
fn a_lock_reads_back_and_is_no_part_of_the_rules() {
    let text = locked();
    let lock = Lock::parse(&text).unwrap();
    assert_eq!(lock.to_string(), text);
    assert!(!lock.is_empty());
    let (with, without) = (with_lock(&text, &[]), folder(&[]));
    assert_eq!(with.sha256(), without.sha256());
    let compiled = compile(&with, "prod", &limits()).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(compiled.warnings.is_empty());
}

#[test]
fn what_decides_breaks_a_lock_and_words_do_not() {
    let rows: &[(&str, &[Edit], bool)] = &[
        ("a parameter", &[("rules/flow.yaml", "value: 5", "value: 6")], true),
        ("a condition", &[("rules/flow.yaml", "hit: senders >=", "hit: senders >")], true),
        ("a window", &[("rules/flow.yaml", "window: 30d", "window: 29d")], true),
        ("a row", &[("rules/lists/limit.yaml", "10000", "9000")], true),
        (
            "a raised version",
            &[
                ("rules/flow.yaml", "version: 1.0.0", "version: 1.0.1"),
                ("rules/flow.yaml", "value: 5", "value: 6"),
            ],
            false,
        ),
        ("a title", &[("rules/flow.yaml", "Many senders", "Many payers")], false),
        ("a reason", &[("rules/flow.yaml", "a family is smaller", "families are small")], false),
        ("spacing", &[("rules/flow.yaml", "kind == transfer &&", "kind==transfer  &&")], false),
        ("a source", &[("rules/lists/limit.yaml", "source: law", "source: the law")], false),
    ];
    let lock = locked();
    for (what, edits, broken) in rows {
        let result = compile(&with_lock(&lock, edits), "prod", &limits());
        let refused = result.as_ref().err().is_some_and(|e| e.iter().all(|e| e.code == "E180"));
        assert_eq!(refused, *broken, "{what}");
    }
}

#[test]
fn a_version_that_is_not_locked_is_a_warning() {
    let edits = [("rules/flow.yaml", "version: 1.0.0", "version: 1.1.0")];
    let compiled = compile(&with_lock(&locked(), &edits), "prod", &limits()).unwrap();
    let codes: Vec<&str> = compiled.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["W342"]);
    assert!(compiled.warnings.iter().all(|warning| warning.message.contains("AA-01@1.1.0")));
}

#[test]
fn an_extended_lock_keeps_what_was() {
    let before = Lock::parse(&locked()).unwrap();
    let edits = [
        ("rules/flow.yaml", "version: 1.0.0", "version: 2.0.0"),
        ("rules/flow.yaml", "value: 5", "value: 9"),
    ];
    let now = Lock::of(&folder(&edits), &limits()).unwrap();
    assert!(before.broken_by(&now).is_empty());
    assert_eq!(before.missing(&now), ["AA-01@2.0.0"]);
    let text = before.clone().extended(now).to_string();
    for line in before.to_string().lines() {
        assert!(text.contains(line), "{line}");
    }
    assert!(text.contains("AA-01@2.0.0"));
}

fn changed(edits: &[Edit]) -> Vec<Change> {
    compare(&folder(&[]), &folder(edits), &limits()).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn a_change_is_told_with_its_direction() {
    use Effect::{Narrowing, Other, Widening, Words};
    let rows: &[(&[Edit], &str, Effect, Step)] = &[
        (&[("rules/flow.yaml", "value: 5", "value: 6")], "AA-01", Narrowing, Step::Major),
        (&[("rules/flow.yaml", "value: 5", "value: 4")], "AA-01", Widening, Step::Minor),
        (&[("rules/flow.yaml", "Many senders", "Many payers")], "AA-01", Words, Step::Patch),
        (
            &[(
                "rules/flow.yaml",
                "hit: senders >= $min_senders",
                "hit: senders >= $min_senders && total_in > 0",
            )],
            "AA-01",
            Other,
            Step::Major,
        ),
        (
            &[(
                "rules/flow.yaml",
                "kind == transfer && unrelated",
                "kind == transfer && rail == p2p && unrelated",
            )],
            "AA-01",
            Narrowing,
            Step::Major,
        ),
        (&[("rules/flow.yaml", "window: 30d", "window: 40d")], "AA-01", Widening, Step::Minor),
        (&[("rules/flow.yaml", "tier: A", "tier: B")], "AA-01", Other, Step::Major),
        (
            &[("rules/case.yaml", "require: AA-01 && AA-02", "require: AA-01 && AA-02 && AA-03")],
            "CC-01",
            Narrowing,
            Step::Major,
        ),
        (&[("rules/lists/limit.yaml", "10000", "9000")], "limit", Other, Step::Major),
    ];
    for (edits, id, effect, step) in rows {
        let Ok(changes) = compare(&folder(&[]), &folder(edits), &limits()) else { continue };
        let [change] = changes.as_slice() else { panic!("{edits:?}: {changes:?}") };
        assert_eq!(
            (change.id.as_str(), change.effect(), change.needs()),
            (*id, *effect, Some(*step)),
            "{edits:?}"
        );
        assert!(change.too_small(), "{edits:?}");
    }
    assert!(changed(&[]).is_empty());
    let raised = changed(&[
        ("rules/flow.yaml", "value: 5", "value: 6"),
        ("rules/flow.yaml", "version: 1.0.0", "version: 2.0.0"),
    ]);
    assert!(raised.iter().all(|change| !change.too_small()));
}

#[test]
fn the_shipped_rules_stand_in_their_one_form() {
    let sources = shipped();
    let rules =
        sources.iter().filter(|(path, _)| path.ends_with(".yaml") && !path.ends_with(".test.yaml"));
    for (path, text) in rules {
        let formatted = format(text).unwrap_or_else(|| panic!("{path} cannot be read"));
        assert_eq!(formatted, text, "{path}: run `palermo rules fmt`");
    }
}

#[test]
fn the_one_form_comes_to_rest_and_says_the_same() {
    let edits: &[Edit] = &[
        ("rules/flow.yaml", "senders >= $min_senders", "( senders>=$min_senders )"),
        ("rules/flow.yaml", "kind == transfer && unrelated", "kind==transfer&&unrelated"),
        ("rules/flow.yaml", "  senders: distinct", "  senders:     distinct"),
        ("rules/flow.yaml", "window: 30d\n", "window: 30d   # a month  \r\n"),
    ];
    let messy = folder(edits);
    let once: Vec<(String, String)> =
        messy.iter().map(|(path, text)| (path.to_owned(), format(text).unwrap())).collect();
    for (path, text) in &once {
        assert_eq!(format(text).as_ref(), Some(text), "{path}");
    }
    let text = &once.iter().find(|(path, _)| path == "rules/flow.yaml").unwrap().1;
    assert!(text.contains("\nhit: senders >= $min_senders\n"), "{text}");
    assert!(text.contains("# a month\n"), "{text}");
    let hashes = |sources: &Sources| {
        let rules =
            compile_all(sources, &limits()).unwrap_or_else(|errors| panic!("{errors}")).rules;
        rules.indicators.iter().map(|rule| rule.condition.logic_sha256.clone()).collect::<Vec<_>>()
    };
    assert_eq!(hashes(&Sources::new(once.into_iter().collect())), hashes(&folder(&[])));
}

#[test]
fn a_pack_adds_its_rows_where_it_is_on() {
    const PACK: &str = "list: limit\npack: ch\ntitle: Limits\nversion: 1.2.0\nsource: a law\n\
                        reviewed: 2026-11-01\nrows:\n  - {row: CHF, cash: \"100\", valid_from: 2020-01-01}\n";
    let pack = ("rules/lists/ch.yaml", "", PACK);
    let rows = [("", true), ("packs: [ch]\n", true), ("packs: []\n", false)];
    for (packs, on) in rows {
        let deploy = format!("{packs}deploy:");
        let files = folder(&[pack]);
        let files = files.iter().map(|(path, text)| {
            let text = if path.ends_with("ruleset.yaml") {
                text.replacen("deploy:", &deploy, 1)
            } else {
                text.to_owned()
            };
            (path.to_owned(), text)
        });
        let sources = Sources::new(files.collect());
        let rules =
            compile(&sources, "prod", &limits()).unwrap_or_else(|errors| panic!("{errors}")).rules;
        let all =
            compile_all(&sources, &limits()).unwrap_or_else(|errors| panic!("{errors}")).rules;
        let has = |rules: &crate::program::RuleSet| {
            rules
                .lists
                .iter()
                .filter(|list| list.id == "limit")
                .any(|list| list.rows.iter().any(|row| row.key == "CHF"))
        };
        let read = rules.lists.iter().any(|list| list.id == "limit");
        assert_eq!(has(&rules), on && read, "{packs}");
        assert!(has(&all), "tests of single rules see every pack");
    }
}
