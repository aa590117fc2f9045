//! The runner must fail where a test says what is not so: each row is a mistake in a folder whose
//! tests pass.

mod patterns;
mod seen;

use super::*;

const HEAD: &str = "\
apiVersion: palermo.rules/v1
version: 1.0.0
title: A rule
status: test
description: A rule.
cite: [{key: K1, item: flag, status: found}]
";

const SENDERS: &str = "\
kind: Indicator
id: AA-01
crime: [laundering]
family: N
tier: A
subject: account
window: 30d
parameters:
  min_senders: {value: 3, type: int, range: [2, 8], step: 1, stricter: up, basis: default, why: few are a family}
select:
  credit: direction == in && kind == transfer
measure:
  senders: distinct(other.account) over credit
hit: senders >= $min_senders
text: \"{senders} people\"
";

const MOVED: &str = "\
kind: Indicator
id: AA-02
crime: [laundering]
family: M
tier: A
subject: account
window: 30d
parameters:
  min_moved: {value: 1, type: int, range: [1, 5], step: 1, stricter: up, basis: default, why: once is enough}
select:
  debit: direction == out && kind == transfer
measure:
  moved: count() over debit
hit: moved >= $min_moved
text: \"{moved} payments\"
";

const YOUNG: &str = "\
kind: Indicator
id: AA-03
crime: [laundering]
family: P
tier: A
subject: account
window: 30d
parameters:
  max_age: {value: 60d, type: duration, range: [5d, 180d], step: 5d, stricter: down, basis: default, why: soon after it was opened}
select:
  seen: kind == transfer
measure:
  payments: count() over seen
hit: payments >= 1 && self.account_age <= $max_age
text: \"{payments} payments\"
";

const WAGE: &str = "\
kind: Suppressor
id: SUP-WAGE
subject: account
window: 30d
parameters:
  min_wages: {value: 1, type: int, range: [1, 5], step: 1, stricter: up, basis: default, why: one is a wage}
select:
  wage: direction == in && kind == payroll
measure:
  wages: count() over wage
holds: wages >= $min_wages
text: \"{wages} wages\"
text_not: \"{wages} wages\"
";

const CASE: &str = "\
kind: Typology
id: CC-01
crime: [laundering]
anchor: account
window: 60d
require: AA-01 && AA-02 && AA-03
families: M && N && P
suppress: [SUP-WAGE]
roles: {anchor: subject_unless(control), payers: potential_victim}
emit: {update_when: [new_indicator, amount +25%], rearm: 30d quiet}
headline: \"{AA-01.senders} senders\"
";

const WORLD: &str = "\
world: {base_currency: USD, start: 2026-03-02}
parties:
  - {party: F, account: \"BANK:F\", opened: 2026-02-20}
";

const CREDITS: &str =
    "{repeat: 4, every: 1d, kind: transfer, from: \"S{1..4}\", to: \"BANK:F\", amount: 100}";
const DEBIT: &str = "{start: 4d, kind: transfer, from: \"BANK:F\", to: X, amount: 300}";
const PAYROLL: &str = "{kind: payroll, from: FIRM, to: \"BANK:F\", amount: 900}";

/// A test file of a rule: what is found, its edge, and more.
fn tests(rule: &str, found: &str, more: &str) -> String {
    format!(
        "rule: {rule}\n{WORLD}tests:\n  - name: found\n{found}  - {{name: edge, boundary: auto, from: found}}\n{more}"
    )
}

fn folder(edits: &[(&str, &str, &str)]) -> Sources {
    let missing = |field: &str, event: &str| {
        format!(
            "  - {{name: unknown, missing: {field}, events: [{event}], expect: {{hits: []}}}}\n"
        )
    };
    let hit = |rule: &str, events: &str| {
        format!(
            "    events: [{events}]\n    expect: {{hits: [{{indicator: {rule}, on: \"BANK:F\"}}]}}\n"
        )
    };
    let nameless = "{repeat: 4, every: 1d, kind: transfer, to: \"BANK:F\", amount: 100}";
    let stranger = "{kind: transfer, from: \"S1\", to: \"BANK:G\", amount: 100}";
    let both = format!("{CREDITS}, {DEBIT}");
    let quiet = format!("  - {{name: quiet, events: [{CREDITS}], expect: {{hits: []}}}}\n");
    let wage = "    events: [PAY]\n    expect: {holds: [{suppressor: SUP-WAGE, on: \"BANK:F\"}]}\n"
        .replace("PAY", PAYROLL);
    let no_wage = format!("  - {{name: none, events: [{CREDITS}], expect: {{holds: []}}}}\n");
    let case = format!(
        "    events: [{both}]\n    expect: {{alerts: [{{typology: CC-01, action: created, on: \"BANK:F\"}}]}}\n    \
         invariants: [shuffle_within: 2h, duplicate: 0.5, restart_between_every_event: true]\n"
    );
    let wages = format!(
        "  - name: wages\n    lookalike: SUP-WAGE\n    events: [{PAYROLL}, {both}]\n    \
         expect: {{alerts: [], suppressed: [{{typology: CC-01, by: SUP-WAGE, on: \"BANK:F\"}}]}}\n"
    );
    let rule = |text: &str| format!("{HEAD}{text}");
    let uncited = HEAD.replace("cite: [{key: K1, item: flag, status: found}]\n", "");
    let base = [
        ("rules/senders.yaml", rule(SENDERS)),
        ("rules/moved.yaml", rule(MOVED)),
        ("rules/young.yaml", rule(YOUNG)),
        ("rules/wage.yaml", rule(WAGE)),
        ("rules/case.yaml", format!("{uncited}{CASE}")),
        (
            "rules/senders.test.yaml",
            tests("AA-01", &hit("AA-01", CREDITS), &missing("other.account", nameless)),
        ),
        // Whose account it is is not a field of a payment; that nothing is lacking is said in vain.
        ("rules/moved.test.yaml", tests("AA-02", &hit("AA-02", &format!("{DEBIT}, {DEBIT}").replacen("4d", "5d", 1)), &(quiet + &missing("other.account", stranger)))),
        ("rules/young.test.yaml", tests("AA-03", &hit("AA-03", CREDITS), &missing("self.account_age", stranger))),
        ("rules/wage.test.yaml", tests("SUP-WAGE", &wage.replace("events: [", "events: [{start: 1d, kind: payroll, from: FIRM, to: \"BANK:F\", amount: 900}, "), &no_wage)),
        ("rules/case.test.yaml", tests("CC-01", &case, &wages)),
    ];
    let mut files: BTreeMap<String, String> =
        base.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
    for (path, from, to) in edits {
        let text = files.entry((*path).to_owned()).or_default();
        assert!(text.contains(from), "`{from}` is not in {path}:\n{text}");
        *text = text.replacen(from, to, 1);
    }
    Sources::new(files)
}

fn results(edits: &[(&str, &str, &str)], path: &str, name: &str) -> Vec<TestResult> {
    let chosen = |file: &TestFile, test: &Test| file.path == path && test.name == name;
    run(&folder(edits), &chosen, &mut |_| {}).unwrap_or_else(|errors| panic!("{errors}"))
}

const SENDERS_TEST: &str = "rules/senders.test.yaml";
const CASE_TEST: &str = "rules/case.test.yaml";

#[test]
fn what_is_so_passes() {
    for (path, name) in [
        (SENDERS_TEST, "found"),
        (SENDERS_TEST, "edge"),
        (SENDERS_TEST, "unknown"),
        ("rules/young.test.yaml", "edge"),
        ("rules/young.test.yaml", "unknown"),
        ("rules/wage.test.yaml", "found"),
        (CASE_TEST, "found"),
        (CASE_TEST, "edge"),
        (CASE_TEST, "wages"),
    ] {
        let results = results(&[], path, name);
        assert!(results.len() == 1 && results[0].passed(), "{path} {name}: {results:?}");
    }
}

/// From the test file by the wire to the selection: what an event says is what a rule reads, the text
/// as well, over restarts and repetitions; without the text it is counted as missing.
#[test]
fn what_an_event_says_is_what_a_rule_reads() {
    const LEXICON: &str = "list: lex_a\ntitle: Words\nversion: 1.0.0\ncolumns: {}\nsource: made up\nreviewed: 2026-11-20\nrows: [{row: release fee, valid_from: 2020-01-01}]\n";
    const SAYS: &str = "amount: 100, text: \"RELEASE-Fee no. {1..4}\", terminal: T1, to_alias: rosa, from_name: \"Ana {1..4}\", \
        from_phone: \"P{1..4}\", offset: -300, travel: {to: Laredo, depart: 2d, travelers: 3}, \
        stay: {check_in: 2d}, crypto: {chain: BTC, creditor: {category: mixer, hops: 1}}, \
        check: {payee: C, number: N}, cash: {notes_in: [{value: 100, count: 2}]}, \
        card: {token: K, prepaid: true}, device: {id: D, ip: 10.0.0.1}, service: {kind: phone, ref: R}, \
        ultimate_debtor: {party: U}, counter_amount: 2, counter_currency: EUR, fee: 1..2}";
    const READS: &str = " && text matches lexicon('lex_a') && present(self.alias) && present(other.name_key) \
        && present(other.phone) && stay.check_in == travel.depart && travel.to == 'Laredo' \
        && travel.travelers == 3 && crypto.creditor.category == mixer && crypto.creditor.hops <= 1 \
        && check.payee == 'C' && cash.value_in == 200 && card.prepaid && device.ip == '10.0.0.1' \
        && ultimate_debtor.party == 'U' && counter_amount == 2 && counter_currency == 'EUR' \
        && present(service.ref) && fee >= 1 && self.delivers('card') && !self.open_at";
    let edits = [
        ("rules/lists/lex.yaml", "", LEXICON),
        ("rules/senders.yaml", "kind == transfer", &format!("kind == transfer{READS}")),
        (
            SENDERS_TEST,
            "opened: 2026-02-20",
            "opened: 2026-02-20, feeds: [card], hours: [{days: [mon], open: \"01:00\", close: \"01:30\"}]",
        ),
        (SENDERS_TEST, "amount: 100}", SAYS),
        (
            SENDERS_TEST,
            "    expect: {hits",
            "    invariants: [restart_between_every_event: true, duplicate: 0.5, shuffle_within: 2h]\n    expect: {hits",
        ),
        (SENDERS_TEST, "missing: other.account", "missing: text"),
        (SENDERS_TEST, "amount: 100}", SAYS),
    ];
    for condition in READS.split(" && ").skip(1) {
        let one = format!("kind == transfer && {}", condition.trim());
        let mut edits = edits.to_vec();
        edits[1].2 = &one;
        // Alone, so that the row that fails says which.
        edits.remove(4);
        let found = results(&edits, SENDERS_TEST, "found");
        assert!(found.len() == 1 && found[0].passed(), "{condition}: {found:?}");
    }
    let found = results(&edits, SENDERS_TEST, "found");
    assert!(found.len() == 1 && found[0].passed(), "{found:?}");
    let silent = SAYS.replace("text: \"RELEASE-Fee no. {1..4}\", ", "");
    let mut edits = edits.to_vec();
    edits[6].2 = &silent;
    let unknown = results(&edits, SENDERS_TEST, "unknown");
    assert!(unknown.len() == 1 && unknown[0].passed(), "{unknown:?}");
}

/// Test file, test, the mistake, and what the runner says.
type Row = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str, &'static str)],
    &'static str,
);

const WRONG: &[Row] = &[
    (
        SENDERS_TEST,
        "found",
        &[(SENDERS_TEST, "indicator: AA-01", "indicator: AA-02")],
        "expects hits of AA-02, and only AA-01 is looked at",
    ),
    (
        SENDERS_TEST,
        "unknown",
        &[(SENDERS_TEST, "missing: other.account", "missing: amount")],
        "AA-01 does not count that it lacked `amount`",
    ),
    (
        CASE_TEST,
        "found",
        &[(CASE_TEST, "action: created", "action: updated")],
        "expected the alert to be updated; it was created",
    ),
    (
        CASE_TEST,
        "found",
        &[(CASE_TEST, "action: created", "action: retracted")],
        "expected an alert of CC-01 that was taken back; there is none",
    ),
    (
        CASE_TEST,
        "wages",
        &[(CASE_TEST, "by: SUP-WAGE, on: \"BANK:F\"", "by: SUP-WAGE, on: \"BANK:G\"")],
        "expected a finding of CC-01 on `BANK:G` held back by SUP-WAGE; there is none",
    ),
    (
        CASE_TEST,
        "wages",
        &[(CASE_TEST, "suppressed: [{", "suppressed: [{typology: CC-01, by: SUP-WAGE}, {")],
        "there is none",
    ),
    (
        SENDERS_TEST,
        "edge",
        &[("rules/senders.yaml", "stricter: up", "stricter: down")],
        "AA-01.min_senders stops holding where it is loosened to 8",
    ),
    (
        SENDERS_TEST,
        "edge",
        &[("rules/senders.yaml", "range: [2, 8]", "range: [2, 4]")],
        "no parameter binds",
    ),
    (
        CASE_TEST,
        "wages",
        &[(
            CASE_TEST,
            "lookalike: SUP-WAGE",
            "lookalike: SUP-WAGE\n    known_false_positive: true",
        )],
        "the known false positive is gone",
    ),
    (
        SENDERS_TEST,
        "found",
        &[(SENDERS_TEST, "amount: 100}", "amount: 100, counter_currency: BTC}")],
        "`p1-0001` goes to the dead letters: currency at `counter_currency`",
    ),
    (
        SENDERS_TEST,
        "found",
        &[(SENDERS_TEST, "  - name: found\n", "  - name: found\n    known_gap: true\n")],
        "the known gap is closed",
    ),
];

#[test]
fn what_is_not_so_fails() {
    for (path, name, edits, expected) in WRONG {
        let results = results(edits, path, name);
        let failures: Vec<&String> = results.iter().flat_map(|result| &result.failures).collect();
        assert!(
            failures.iter().any(|failure| failure.contains(expected)),
            "{edits:?}: {failures:?} instead of `{expected}`"
        );
    }
}

#[test]
fn what_is_known_to_be_wrong_is_named() {
    let edits = [(CASE_TEST, "invariants: [", "known_false_positive: true\n    invariants: [")];
    let results = results(&edits, CASE_TEST, "found");
    assert!(results[0].passed(), "{results:?}");
    assert_eq!(results[0].known, Some(Known::FalsePositive));
}

/// What is not found is not moved; what is found, whether the case needs it or not, is.
#[test]
fn only_what_is_found_is_moved() {
    let came = MOVED.replace("AA-02", "AA-04").replace("direction == out", "direction == in");
    let came = format!("{HEAD}{came}");
    let hit = format!(
        "    events: [{CREDITS}]\n    expect: {{hits: [{{indicator: AA-04, on: \"BANK:F\"}}]}}\n"
    );
    let unknown = "  - {name: unknown, missing: other.account, events: [{kind: transfer, from: S1, to: \"BANK:F\", amount: 1}], expect: {hits: []}}\n";
    let tested = tests("AA-04", &hit, unknown);
    let edits = [
        ("rules/came.yaml", "", came.as_str()),
        ("rules/came.test.yaml", "", &tested),
        // Each of those who pay moves money once.
        ("rules/moved.yaml", "value: 1", "value: 2"),
        ("rules/case.yaml", "AA-02 && AA-03", "AA-03 && (AA-02 || AA-04)"),
        (CASE_TEST, &format!("{CREDITS}, {DEBIT}") as &str, CREDITS),
    ];
    let found = results(&edits, CASE_TEST, "edge");
    assert!(found.len() == 1 && found[0].passed(), "{found:?}");
    let notes = &found[0].notes;
    assert!(notes.contains(&"AA-01.min_senders binds at 4".to_owned()), "{notes:?}");
    assert!(notes.contains(&"AA-04.min_moved binds at 4".to_owned()), "{notes:?}");
    let not_found = "AA-02.min_moved does not bind: AA-02 is not found here".to_owned();
    assert!(notes.contains(&not_found), "{notes:?}");
    let notes = &results(&[], CASE_TEST, "edge")[0].notes;
    assert!(notes.contains(&"AA-02.min_moved binds at 1".to_owned()), "{notes:?}");
}

/// A bench over the positive test of a rule.
fn with_bench(path: &str, check: impl Fn(&Bench<'_>, &RuleSet)) {
    let sources = folder(&[]);
    let files = parse_tests(&sources).unwrap();
    let file = files.iter().find(|file| file.path == path).unwrap();
    let limits = limits(file);
    let shelf = Shelf::new(&sources, &limits).unwrap();
    let rules = shelf.rule(&file.rule, &Overrides::new()).unwrap();
    check(&Bench { shelf: &shelf, file, test: &file.tests[0], limits: &limits }, &rules);
}

#[test]
fn a_variation_of_an_indicator_or_suppressor_is_compared() {
    for path in [SENDERS_TEST, "rules/wage.test.yaml"] {
        with_bench(path, |bench, rules| {
            let plain = bench.outcome(rules, &Feed::plain(bench.file, bench.test));
            assert!(!plain.held_at.is_empty(), "{path}");
            let same =
                bench.outcome(rules, &Feed::plain(bench.file, bench.test).duplicated(1.into()));
            assert_eq!(judge::difference(&plain, &same), None, "{path}");
            let mut other = Outcome { held_at: plain.held_at.clone(), ..Outcome::default() };
            other.held_at.values_mut().for_each(|times| {
                times.pop_last();
            });
            let found = judge::difference(&plain, &other).unwrap_or_default();
            assert!(found.contains("the rule holds on `BANK:F`"), "{path}: {found}");
        });
    }
}

#[test]
fn a_restart_that_stops_or_loses_a_record_fails() {
    with_bench(CASE_TEST, |bench, rules| {
        let mut plain = bench.outcome(rules, &Feed::plain(bench.file, bench.test));
        assert_eq!(bench.restarted(rules, &plain), Ok(()));
        plain.effects.push(Vec::new());
        assert_eq!(bench.restarted(rules, &plain), Err("a restart lost a record".to_owned()));
    });
}
