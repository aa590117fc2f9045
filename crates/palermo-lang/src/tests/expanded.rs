//! Test files: what their events become, and what is wrong with them.

use super::folder::folder;
use crate::{TestEvent, TestFile, parse_tests};
use palermo_domain::{PaymentKind, Rail, Redacted};

const PLACES: &str = "\
list: places
title: Towns
version: 1.0.0
columns: {country: text, region: text, town: text, lat: decimal, lon: decimal}
source: public geography
reviewed: 2026-11-20
rows:
  - {row: US-TX/Laredo, country: US, region: US-TX, town: Laredo, lat: \"27.5306\", lon: \"-99.4803\", valid_from: 2020-01-01}
";

const FILE: &str = "\
rule: AA-01
world: {base_currency: USD, start: 2026-03-02}
parties:
  - {party: F, account: [\"BANK:F\", \"BANK:G\"], home: US-TX/Laredo, opened: 2026-02-20, monthly_income: 1900}
tests:
  - name: one
    events:
      - EVENT
    expect: {hits: [{indicator: AA-01, on: \"BANK:F\"}]}
  - {name: edge, boundary: auto, from: one}
  - {name: quiet, missing: other.account, events: [{kind: fee, amount: 1, from: A}], expect: {hits: []}}
";

fn parsed(event: &str) -> Result<TestFile, Vec<String>> {
    let text = FILE.replace("EVENT", event);
    let sources =
        folder(&[("rules/lists/p.yaml", "", PLACES), ("rules/flow.test.yaml", "", &text)]);
    let files = parse_tests(&sources)
        .map_err(|errors| errors.iter().map(crate::RuleError::line).collect::<Vec<_>>())?;
    Ok(files.into_iter().next().unwrap())
}

fn events(event: &str) -> Vec<TestEvent> {
    let file = parsed(event).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(file.events(&file.tests[0]), file.events(&file.tests[1]), "`from` borrows them");
    file.events(&file.tests[0])
}

#[test]
fn lists_and_ranges_cycle_and_amounts_are_drawn_by_hash() {
    let drawn = events(
        "{start: 1d, repeat: 5, every: 8h, kind: transfer, from: \"S{1..3}\", from_region: [US-GA, US-IL], to: \"BANK:F\", amount: 280..390}",
    );
    let from: Vec<&str> = drawn.iter().map(|event| event.from.as_deref().unwrap()).collect();
    assert_eq!(from, ["S1", "S2", "S3", "S1", "S2"]);
    let regions: Vec<&str> = drawn.iter().map(|e| e.from_region.as_deref().unwrap()).collect();
    assert_eq!(regions, ["US-GA", "US-IL", "US-GA", "US-IL", "US-GA"]);
    let amounts: Vec<String> = drawn.iter().map(|event| event.amount.to_string()).collect();
    // The draw is a function of the text: another result here changes every rule test.
    assert_eq!(amounts, ["378", "355", "371", "297", "368"]);
    assert_eq!(drawn[1].time.to_string(), "2026-03-03T08:00:00.000Z");
    assert_eq!((drawn[0].rail, drawn[4].id.as_str()), (Rail::Ach, "p1-0005"));
}

#[test]
fn fractions_are_drawn_in_their_finest_unit() {
    let drawn =
        events("{repeat: 40, every: 1h, kind: transfer, from: A, to: B, amount: 1.5..2.25}");
    assert!(drawn.iter().all(|event| event.amount.scale() == 2));
    let (low, high) = (drawn.iter().map(|e| e.amount).min(), drawn.iter().map(|e| e.amount).max());
    assert!(
        low < high
            && low.unwrap().to_string().as_str() >= "1.50"
            && high.unwrap().to_string().as_str() <= "2.25"
    );
}

#[test]
fn whoever_brings_cash_has_no_account_here() {
    let payment = events("{kind: cash_deposit, conductor: \"D{1..2}\", to: \"BANK:F\", amount: 10, terminal: T1, place: US-TX/Laredo, offset: -300}")[0].to_payment();
    let hidden = |text: &str| Some(Redacted::new(text.to_owned().into()));
    assert_eq!((payment.debtor.account, payment.debtor.party), (None, hidden("D1")));
    assert_eq!(payment.conductor.unwrap().party, hidden("D1"));
    assert_eq!(payment.creditor.account, hidden("BANK:F"));
    let terminal = payment.terminal.unwrap();
    assert_eq!(terminal.id, hidden("T1"));
    assert_eq!(terminal.place.region.as_deref(), Some("US-TX"));
    assert_eq!(terminal.place.coordinates.map(|(lat, _)| lat.0), Some(27_530_600));
    assert_eq!((payment.rail, payment.utc_offset_minutes), (Rail::Cash, Some(-300)));
}

#[test]
fn cards_are_used_at_merchants() {
    let payment = events("{kind: card_purchase, from: \"BANK:F\", merchant: M1, mcc: \"7011\", amount: 10, place: US-TX/Laredo, nights: 2}")[0].to_payment();
    let merchant = payment.merchant.unwrap();
    assert_eq!(
        (merchant.mcc.as_deref(), merchant.place.town.as_deref()),
        (Some("7011"), Some("Laredo"))
    );
    assert_eq!((payment.terminal, payment.kind), (None, PaymentKind::CardPurchase));
    assert_eq!(payment.stay.and_then(|stay| stay.nights), Some(2));
}

#[test]
fn parties_become_records() {
    let file = parsed("{kind: fee, from: A, amount: 1}").unwrap();
    let party = &file.parties[0];
    assert_eq!(party.accounts.len(), 2);
    assert_eq!(party.accounts[1].opened.map(|day| day.to_string()), Some("2026-02-20".to_owned()));
    assert_eq!(party.as_of, file.world.start);
    assert_eq!(party.home.as_ref().unwrap().expose().town.as_deref(), Some("Laredo"));
    assert_eq!(party.currency, Some(file.world.base_currency));
}

#[test]
fn mistakes_in_tests_are_explained_like_those_in_rules() {
    for (event, expected) in [
        ("{kind: transfr, amount: 1}", "8:16 E102 unknown kind of payment `transfr`"),
        ("{kind: fee}", "8:10 E106 an event has no `amount`"),
        ("{kind: fee, amount: 9..1}", "8:29 E107 expected an amount or a range, found `9..1`"),
        ("{kind: fee, amount: 1e3}", "8:29 E107 expected an amount or a range, found `1e3`"),
        (
            "{kind: fee, amount: 1, place: US-TX/Lared}",
            "8:39 E102 unknown place `US-TX/Lared` in the list `places`",
        ),
        ("{kind: fee, amount: 1, repeat: 3}", "8:10 E106 an event has no `every`"),
        ("{kind: fee, amount: 1, frm: A}", "8:32 E101 unknown key `frm`"),
        (
            "{kind: fee, amount: 1, from: \"S{3..1}\"}",
            "8:38 E107 expected a text, with ranges like `{1..30}`, found `S{3..1}`",
        ),
    ] {
        let errors = parsed(event).err().unwrap_or_else(|| panic!("{event} is read"));
        assert_eq!(errors, [format!("rules/flow.test.yaml:{expected}")], "{event}");
    }
}

#[test]
fn a_file_without_a_boundary_test_is_refused() {
    let text = FILE.replace("EVENT", "{kind: fee, amount: 1}").replace(
        "boundary: auto, from: one",
        "events: [{kind: fee, amount: 1}], expect: {hits: []}",
    );
    let sources =
        folder(&[("rules/lists/p.yaml", "", PLACES), ("rules/flow.test.yaml", "", &text)]);
    let errors = parse_tests(&sources).unwrap_err();
    let lines: Vec<String> = errors.iter().map(crate::RuleError::line).collect();
    assert_eq!(lines, ["rules/flow.test.yaml:1:1 E160 no boundary test"]);
}

/// What each kind of rule must be tested by.
#[test]
fn every_kind_of_rule_has_tests_of_its_own() {
    const CASE: &str = "\
rule: CC-01
world: {base_currency: USD, start: 2026-03-02}
tests:
  - name: one
    events: [{kind: fee, amount: 1, from: A}]
    expect: {alerts: [{typology: CC-01}]}
    invariants: [duplicate: 0.2]
  - {name: edge, boundary: auto, from: one}
  - {name: club, lookalike: SUP-CLUB, events: [{kind: fee, amount: 1, from: A}], expect: {alerts: []}}
";
    let flow = FILE.replace("EVENT", "{kind: fee, amount: 1}");
    for (text, from, to, expected) in [
        (flow.as_str(), "", "", None),
        (&flow, "missing: other.account, ", "", Some("no test without its key field")),
        (CASE, "", "", None),
        (CASE, "    invariants: [duplicate: 0.2]\n", "", Some("no positive test with invariants")),
        (CASE, "lookalike: SUP-CLUB, ", "", Some("no look-alike for `SUP-CLUB`")),
        (CASE, "lookalike: SUP-CLUB", "lookalike: a club", Some("no look-alike for `SUP-CLUB`")),
    ] {
        let text = text.replacen(from, to, 1);
        let sources =
            folder(&[("rules/lists/p.yaml", "", PLACES), ("rules/x.test.yaml", "", &text)]);
        let lines: Vec<String> = match parse_tests(&sources) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(crate::RuleError::line).collect(),
        };
        let expected: Vec<String> =
            expected.iter().map(|what| format!("rules/x.test.yaml:1:1 E160 {what}")).collect();
        assert_eq!(lines, expected, "without `{from}`");
    }
}

#[test]
fn a_missing_field_is_one_that_rules_can_name() {
    let text =
        FILE.replace("EVENT", "{kind: fee, amount: 1}").replace("other.account", "other.acount");
    let sources =
        folder(&[("rules/lists/p.yaml", "", PLACES), ("rules/flow.test.yaml", "", &text)]);
    let errors = parse_tests(&sources).unwrap_err();
    let found = errors.iter().find(|error| error.code == "E102").unwrap();
    assert_eq!(found.help.as_deref(), Some("did you mean `other.account`?"));
}
