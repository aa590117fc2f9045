//! Coverage and nearest miss. Sees: a part counted as seen that was not, or under another name; a
//! look at another subject or another time than the closest; a hit that is there explained away.

use super::*;

fn all(edits: &[(&str, &str, &str)]) -> Vec<TestResult> {
    run(&folder(edits), &|_, _| true, &mut |_| {}).unwrap_or_else(|errors| panic!("{errors}"))
}

/// `part true false` per rule.
fn table(results: &[TestResult], rule: &str) -> Vec<String> {
    let covered = coverage(results);
    let of_rule = covered.iter().filter(|covered| covered.rule == rule);
    let parts = of_rule.flat_map(|covered| &covered.parts);
    parts.map(|seen| format!("{} {} {}", seen.part, seen.was_true, seen.was_false)).collect()
}

#[test]
fn parts_are_seen_by_what_tests_make_of_them() {
    let results = all(&[]);
    assert_eq!(table(&results, "AA-01"), ["senders >= $min_senders true true"]);
    // Its account is always young where its age is known.
    let young = table(&results, "AA-03");
    assert!(young.contains(&"self.account_age <= $max_age true false".to_owned()), "{young:?}");
    assert!(young.contains(&"payments >= 1 true false".to_owned()), "{young:?}");
    assert_eq!(table(&results, "SUP-WAGE"), ["wages >= $min_wages true true"]);
    // Both tests of the case name all three.
    let case = ["AA-01", "AA-02", "AA-03"].map(|id| format!("require {id} true false"));
    assert_eq!(table(&results, "CC-01"), case);
    let both: usize = coverage(&results).iter().map(Coverage::both).sum();
    assert_eq!(both, 3, "{:?}", coverage(&results));
}

#[test]
fn a_missing_hit_is_explained_by_what_came_closest() {
    let found = |edits: &[(&str, &str, &str)]| results(edits, SENDERS_TEST, "found");
    assert!(found(&[])[0].closest.is_empty());
    let few = found(&[("rules/senders.yaml", "{value: 3,", "{value: 6,")]);
    assert!(!few[0].passed());
    assert_eq!(
        few[0].closest,
        [
            "closest on `BANK:F` at 2026-03-05T00:00:00.000Z: 0 of 1 hold",
            "  no   senders >= $min_senders: 4, needs >= 6",
        ]
    );
    let two = "senders >= $min_senders && (senders < 3 || senders > 9)";
    let two =
        found(&[("rules/senders.yaml", "hit: senders >= $min_senders", &format!("hit: {two}"))]);
    assert_eq!(two[0].closest.len(), 3, "{two:?}");
    assert!(two[0].closest[0].ends_with("1 of 2 hold"), "{two:?}");
    assert!(
        two[0]
            .closest
            .iter()
            .any(|line| line.contains("senders < 3 || senders > 9: false, needs true")),
        "{two:?}"
    );
    let gone = found(&[(SENDERS_TEST, "on: \"BANK:F\"", "on: NOBODY")]);
    assert_eq!(gone[0].closest, ["`NOBODY` has no payment"]);
}

#[test]
fn a_quiet_test_says_what_came_closest() {
    let quiet = results(&[], "rules/wage.test.yaml", "none");
    assert!(quiet[0].passed());
    assert_eq!(quiet[0].closest.len(), 2, "{quiet:?}");
    assert_eq!(quiet[0].closest[1], "  no   wages >= $min_wages: 0, needs >= 1");
}

#[test]
fn invariants_hold_for_indicators() {
    let with = |text: &'static str| {
        let expect = "    expect: {hits";
        let line = format!("    invariants: [{text}]\n{expect}");
        results(&[(SENDERS_TEST, expect, &line)], SENDERS_TEST, "found")
    };
    for text in [
        "shuffle_within: 2h",
        "duplicate: 0.5",
        "partitions: [1, 3]",
        "restart_between_every_event: true",
    ] {
        let found = with(text);
        assert!(found[0].passed(), "{text}: {found:?}");
    }
}
