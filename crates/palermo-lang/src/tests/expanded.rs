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
fn groups_and_contacts_become_what_a_bank_would_send() {
    let all = "{repeat: 2, every: 1d, kind: card_purchase, from: A, amount: 5, text: \"Fee {1..2}\", fee: 1..2, from_alias: [x, y], from_phone: \"P{1..2}\", to_address: 0123456789abcdef, from_town: Dallas, to_locode: USLRD, from_balance: -5, travel: {one_way: true, passengers: 3, travelers: [T1, \"T{2..3}\"], from: [Dallas, Austin], depart: 2d, booking: B}, stay: {check_in: 2026-03-09, rooms: 2}, service: {kind: phone, ref: R}, check: {payee: C, number: N}, cash: {notes_in: [{value: 100, count: 2}, {value: 5, count: 1}], coins: 0.5}, card: {token: K, prepaid: true}, crypto: {chain: BTC, creditor: {category: mixer, confidence: verified, hops: 2}}, device: {id: D, ip: 10.0.0.1, ip_country: US}, merchant: {id: M, mcc: \"7011\", domain: m.example, country: US}, ultimate_debtor: {party: U, kind: person}, ultimate_creditor: V, conductor_document: DOC, gross_amount: 9, counter_amount: 0.5, counter_currency: BTC}";
    let drawn = events(all);
    let payment = drawn[1].to_payment();
    let hidden = |text: &str| Some(Redacted::new(text.to_owned().into()));
    let keyed = |text: &str| hidden(&crate::hashed(text));
    assert_eq!((payment.text, payment.debtor.alias), (hidden("Fee 2"), hidden("y")));
    assert_eq!(payment.debtor.phone, keyed("P2"));
    assert_eq!(payment.creditor.address, hidden("0123456789abcdef"), "a hash stays as it is");
    assert_eq!(payment.debtor.place.town.as_deref(), Some("Dallas"));
    assert_eq!(payment.creditor.place.locode.as_deref(), Some("USLRD"));
    assert_eq!(payment.debtor.balance_after.unwrap().to_string(), "-5");
    let travel = payment.travel.unwrap();
    assert_eq!((travel.one_way, travel.passengers), (Some(true), Some(3)));
    assert_eq!(travel.travelers, [keyed("T1").unwrap(), keyed("T3").unwrap()]);
    assert_eq!(travel.from, hidden("Austin"));
    assert_eq!(travel.depart.unwrap().to_string(), "2026-03-05");
    let stay = payment.stay.unwrap();
    assert_eq!((stay.check_in.unwrap().to_string().as_str(), stay.rooms), ("2026-03-09", Some(2)));
    assert_eq!(payment.service.unwrap().reference, keyed("R"));
    assert_eq!(payment.check.unwrap().payee, hidden("C"));
    let cash = payment.cash.unwrap();
    assert_eq!((cash.notes_in[0].count, cash.notes_in.len(), cash.notes_out.len()), (2, 2, 0));
    assert_eq!(payment.card.unwrap().prepaid, Some(true));
    let crypto = payment.crypto.unwrap();
    let side = crypto.creditor.unwrap();
    assert_eq!((side.category.unwrap().as_str(), side.hops), ("mixer", Some(2)));
    assert_eq!((crypto.debtor, crypto.chain.as_deref()), (None, Some("BTC")));
    assert_eq!(payment.device.unwrap().ip, hidden("10.0.0.1"));
    let merchant = payment.merchant.unwrap();
    assert_eq!((merchant.id, merchant.domain), (hidden("M"), hidden("m.example")));
    assert_eq!(
        (merchant.mcc.as_deref(), merchant.place.country.as_deref()),
        (Some("7011"), Some("US"))
    );
    assert_eq!(payment.ultimate_debtor.unwrap().party, hidden("U"));
    assert_eq!(payment.ultimate_creditor.unwrap().account, hidden("V"));
    assert_eq!(payment.conductor.unwrap().document, keyed("DOC"));
    assert_eq!(payment.counter_currency.unwrap().as_str(), "BTC");
    assert!(payment.fee.is_some() && payment.gross_amount.is_some());
    let several = events("{kind: transfer, from: A, amount: 1, travel: {travelers: 4}}");
    assert_eq!(several[0].to_payment().travel.unwrap().travelers.len(), 4);
}

#[test]
fn parties_have_hours_events_and_several_accounts() {
    let more = "opened: 2026-02-20, phone: P1, feeds: [card, cash], hours: [{days: [mon, sun], open: \"20:00\", close: \"02:30\"}], events: [{code: BH-01, at: 3d}, {code: card_reissued, at: 2026-03-04}], accounts: [{account: H, opened: 2025-01-01, product: savings}, {account: I, role: mandate}]";
    let text = FILE
        .replace("EVENT", "{kind: fee, from: A, amount: 1}")
        .replace("opened: 2026-02-20", more);
    let sources =
        folder(&[("rules/lists/p.yaml", "", PLACES), ("rules/flow.test.yaml", "", &text)]);
    let files = parse_tests(&sources).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
    let party = &files[0].parties[0];
    let held: Vec<bool> = party.accounts.iter().map(|account| account.holder).collect();
    assert_eq!(held, [true, true, true, false]);
    assert_eq!(party.accounts[2].opened.map(|day| day.to_string()).as_deref(), Some("2025-01-01"));
    let hours = &party.hours[0];
    assert_eq!((hours.days, hours.open_minute, hours.close_minute), (0b100_0001, 1200, 150));
    let at: Vec<String> = party.events.iter().map(|event| event.at.to_string()).collect();
    assert_eq!(at, ["2026-03-05T00:00:00.000Z", "2026-03-04T00:00:00.000Z"]);
    assert_eq!(party.phone.as_ref().unwrap().expose(), &crate::hashed("P1"));
}

#[test]
fn one_line_stands_for_several_parties() {
    let line = "{repeat: 31, party: \"P{1..31}\", account: [\"BANK:P{1..31}\", \"BANK:Q{5..35}\"], industry_mcc: \"7230\"}";
    let read = |line: &str| {
        let text = FILE.replace("EVENT", "{kind: fee, from: A, amount: 1}");
        let text = text.replace("parties:\n", &format!("parties:\n  - {line}\n"));
        let edits =
            [("rules/lists/p.yaml", "", PLACES), ("rules/flow.test.yaml", "", text.as_str())];
        parse_tests(&folder(&edits)).map_err(|errors| errors.render(false))
    };
    let files = read(line).unwrap_or_else(|errors| panic!("{errors}"));
    let all = &files[0].parties;
    assert_eq!(all.len(), 32);
    let of = |index: usize| {
        let accounts = all[index].accounts.iter().map(|own| own.account.expose().as_str());
        (all[index].party.expose().as_str(), accounts.collect::<Vec<_>>())
    };
    assert_eq!(of(0), ("P1", vec!["BANK:P1", "BANK:Q5"]));
    assert_eq!(of(30), ("P31", vec!["BANK:P31", "BANK:Q35"]));
    assert!(all[..31].iter().all(|party| party.industry_mcc.as_deref() == Some("7230")));
    for (line, expected) in [
        ("{repeat: 3, party: P}", "error[E107]: 3 parties have 1 ids and 0 accounts"),
        ("{repeat: 3, party: \"P{1..2}\"}", "error[E107]: 3 parties have 2 ids and 0 accounts"),
        (
            "{repeat: 3, party: \"P{1..3}\", account: \"A{1..2}\"}",
            "error[E107]: 3 parties have 3 ids and 2 accounts",
        ),
        ("{repeat: 0, party: P}", "error[E107]: expected a number of parties from 1 to 1000"),
        ("{repeat: 1001, party: P}", "error[E107]: expected a number of parties from 1 to 1000"),
    ] {
        let found = read(line).err().unwrap_or_else(|| panic!("{line} is read"));
        assert!(found.starts_with(expected), "{line}:\n{found}");
    }
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
        ("{kind: fee, amount: 1, travel: {form: X}}", "8:41 E101 unknown key `form`"),
        (
            "{kind: fee, amount: 1, crypto: {debtor: {category: mixr}}}",
            "8:60 E102 unknown category `mixr`",
        ),
        (
            "{kind: fee, amount: 1, travel: {passengers: 0}}",
            "8:53 E107 expected a whole number from 1 to 99, found `0`",
        ),
        (
            "{kind: fee, amount: 1, stay: {check_in: soon}}",
            "8:49 E107 expected a day, or how long after the event, found `soon`",
        ),
        (
            "{kind: fee, amount: 1, cash: {notes_in: [{value: 5}]}}",
            "8:51 E106 notes has no `count`",
        ),
        ("{kind: fee, amount: 1, travel: fast}", "8:40 E107 expected a mapping, found `fast`"),
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
