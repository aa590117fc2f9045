//! Every fault that decoding can find, by reason and field, with a valid look-alike beside it.
//! The numbers A06 to A27 are the rows of the adversarial input table.

mod values;

use super::{LIST_ROW, PARTY, PAYMENT, list_row, party, payment};
use crate::{
    HEADERS_MAX, Limits, Refusal, UnknownFields, check_record, decode_payment, list_tombstone,
    party_tombstone,
};
use palermo_domain::DeadLetterReason;

/// A row: what is replaced in the valid record, by what, and what comes out (`ok` or a refusal).
type Row<'a> = (&'a str, &'a str, &'a str);

fn check<T>(record: &str, decode: fn(&[u8]) -> Result<T, Refusal>, rows: &[Row<'_>]) {
    for (from, to, expected) in rows {
        let edited = record.replacen(from, to, 1);
        assert!(from == to || edited != record, "`{from}` is not in the record");
        let found = decode(edited.as_bytes());
        let shown = found.map_or_else(|refusal| refusal.to_string(), |_| "ok".to_owned());
        assert_eq!(shown, *expected, "`{from}` -> `{to}`");
    }
}

fn check_payment(rows: &[Row<'_>]) {
    check(PAYMENT, |bytes| payment(bytes).map(|_| ()), rows);
}

#[test]
fn the_untouched_records_are_valid() {
    check_payment(&[("", "", "ok")]);
    check(PARTY, party, &[("", "", "ok")]);
    check(LIST_ROW, list_row, &[("", "", "ok")]);
}

#[test]
fn bytes_that_are_no_json_object() {
    check_payment(&[
        ("{\"schema", "\u{feff}{\"schema", "not_json"),
        ("{\"schema", " \t\r\n{\"schema", "ok"),
        ("}}", "}}x", "not_json"),
        ("}}", "}}{}", "not_json"),
        ("}}", "}} \n", "ok"),
        ("}}", "}", "not_json"),
        ("}}", "},}", "not_json"),
        ("Acme Rent", "\\ud800", "not_json"),
        ("Acme Rent", "\\udc00\\ud800", "not_json"),
        ("Acme Rent", "\\ud83d\\ude00", "ok"),
        ("Acme Rent", "a\u{1}b", "not_json"),
        ("Acme Rent", "a\nb", "not_json"),
        ("Acme Rent", "a\\nb", "ok"),
        ("Acme Rent", "\\x41", "not_json"),
        ("-300", "-0300", "not_json"),
        ("-300", "NaN", "not_json"),
        ("42.89", "Infinity", "not_json"),
        ("42.89", "42.", "not_json"),
        // In unknown fields and in fields of another type the syntax holds as well.
        ("{\"schema", "{\"x\":\"\\ud800\",\"schema", "not_json"),
        ("{\"schema", "{\"x\":[\"\\ud83d\\ude00\"],\"schema", "ok"),
        ("{\"schema", "{\"x\":1e400,\"schema", "not_json"),
        ("-300", "\"\\ud800\"", "not_json"),
        ("-300", "[1,]", "not_json"),
        // A fault of syntax behind a wrong field is still the one that is named.
        ("\"p-000000000123\"", "7", "field_type at `payment_id`"),
    ]);
    check_payment(&[(PAYMENT, "\"text\"", "not_json")]);
    for whole in ["[]", "null", "1", "true", " ", "{", "'a'", "[{}]", "{\"a\":}"] {
        check_payment(&[(PAYMENT, whole, "not_json")]);
    }
    let late = PAYMENT.replacen("\"p-000000000123\"", "7", 1).replacen("}}", "}", 1);
    check_payment(&[(PAYMENT, &late, "not_json")]);
    check_payment(&[(PAYMENT, "", "empty")]);
    for bytes in [b"\xff".as_slice(), b"{\"schema\":\"\xc3\"}", b"{\"a\xed\xa0\x80\":1}"] {
        assert_eq!(payment(bytes), Err(Refusal::whole(DeadLetterReason::NotUtf8)));
    }
}

/// A16.
#[test]
fn duplicate_fields_at_any_depth_in_any_spelling() {
    check_payment(&[
        ("\"rail\"", "\"kind\":\"fee\",\"rail\"", "duplicate_field at `kind`"),
        ("\"rail\"", "\"\\u006bind\":\"fee\",\"rail\"", "duplicate_field at `kind`"),
        ("\"kind\"", "\"\\u006bind\"", "ok"),
        ("\"rail\"", "\"Kind\":\"fee\",\"rail\"", "ok"),
        ("\"rail\"", "\"KIND\":\"fee\",\"Kind\":\"fee\",\"rail\"", "ok"),
        ("\"party\"", "\"account\":\"X:1\",\"party\"", "duplicate_field at `debtor.account`"),
        ("\"lat\"", "\"lon\":1,\"lat\"", "duplicate_field at `terminal.lon`"),
        ("\"rail\"", "\"x\":1,\"x\":1,\"rail\"", "duplicate_field"),
        ("\"rail\"", "\"x\":1,\"\\u0078\":1,\"rail\"", "duplicate_field"),
        ("\"rail\"", "\"x\":{\"y\":[{\"z\":1,\"z\":2}]},\"rail\"", "duplicate_field"),
        ("\"rail\"", "\"x\":{\"y\":[{\"z\":1},{\"z\":2}]},\"rail\"", "ok"),
        // Inside a known field of another type.
        ("-300", "{\"z\":1,\"z\":2}", "duplicate_field"),
        ("-300", "{\"z\":1}", "field_type at `utc_offset_minutes`"),
        ("\"transfer\"", "{\"z\":1,\"z\":2}", "duplicate_field"),
        ("true}", "{\"z\":1,\"z\":2}}", "duplicate_field"),
        // The second schema is a duplicate before it is a wrong one.
        ("\"kind\"", "\"schema\":\"payment.v2\",\"kind\"", "duplicate_field at `schema`"),
    ]);
    check(LIST_ROW, list_row, &[("\"fixed\"", "\"per_base\"", "duplicate_field at `fields`")]);
    check(
        PARTY,
        party,
        &[("\"opened\"", "\"account\":\"A\",\"opened\"", "duplicate_field at `accounts.account`")],
    );
}

/// A10, A20 and A09.
#[test]
fn records_beyond_the_limits() {
    let limits = Limits { depth: 4, fields: 30, items: 5, ..Limits::default() };
    let nested = |open: &str, close: &str, count: usize| {
        format!("{{\"x\":{}{},\"schema", open.repeat(count), close.repeat(count))
    };
    let objects = |count| nested("{\"a\":", "}", count).replace(":}", ":1}");
    let fields: String = (0..12).map(|n| format!("\"f{n}\":1,")).collect();
    let start = "{\"schema";
    for (to, expected) in [
        (nested("[", "]", 3), "ok"),
        (nested("[", "]", 4), "too_deep"),
        (objects(3), "ok"),
        (objects(4), "too_deep"),
        ("{\"x\":[1,2,3,4,5],\"schema".into(), "ok"),
        ("{\"x\":[1,2,3,4,5,6],\"schema".into(), "too_many_fields"),
        ("{\"x\":[1,2,3,[5]],\"y\":[6],\"schema".into(), "too_many_fields"),
        (
            "{\"travel\":{\"travelers\":[1,2,3,4,5]},\"schema".into(),
            "field_type at `travel.travelers`",
        ),
        ("{\"travel\":{\"travelers\":[1,2,3,4,5,6]},\"schema".into(), "too_many_fields"),
        ("{\"cash\":{\"notes_in\":[{},{},{},{},{},{}]},\"schema".into(), "too_many_fields"),
        ("{\"cash\":{\"notes_in\":[{\"value\":[]}]},\"schema".into(), "too_deep"),
        // The payment itself has 25 fields.
        (format!("{{{}\"schema", &fields[..35]), "ok"),
        (format!("{{{}\"schema", &fields[..42]), "too_many_fields"),
        ("{\"x\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1},\"schema".into(), "ok"),
        ("{\"x\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1},\"schema".into(), "too_many_fields"),
    ] {
        let edited = PAYMENT.replacen(start, &to, 1);
        let found = decode_payment(edited.as_bytes(), &limits, &mut UnknownFields::default());
        let shown = found.map_or_else(|refusal| refusal.to_string(), |_| "ok".into());
        assert_eq!(shown, expected, "{to}");
    }
    let big = Limits { record_bytes: 100 << 20, ..Limits::default() };
    for (to, expected) in [
        (nested("[", "]", 100_000), "too_deep"),
        (nested("{\"a\":", "}", 100_000), "too_deep"),
        (
            (0..1_000_000).fold("{".to_owned(), |text, n| text + &format!("\"f{n}\":1,"))
                + "\"schema",
            "too_many_fields",
        ),
        (format!("{{\"x\":[{}1],\"schema", "1,".repeat(1_000_000)), "too_many_fields"),
        (format!("{{\"text\":\"{}\",\"schema", "x".repeat(10 << 20)), "field_length at `text`"),
    ] {
        let edited = PAYMENT.replacen(start, &to, 1);
        let refusal = decode_payment(edited.as_bytes(), &big, &mut UnknownFields::default());
        assert_eq!(refusal.unwrap_err().to_string(), expected);
        assert_eq!(payment(edited.as_bytes()).unwrap_err().to_string(), "too_large");
    }
    // Depth is bounded below serde_json's own stop whatever the configuration says.
    let deep = Limits { depth: u32::MAX, ..Limits::default() };
    let edited = PAYMENT.replacen(start, &nested("[", "]", 101), 1);
    let refusal = decode_payment(edited.as_bytes(), &deep, &mut UnknownFields::default());
    assert_eq!(refusal.unwrap_err().to_string(), "too_deep");
}

#[test]
fn depth_inside_known_fields_of_another_type() {
    for field in ["\"transfer\"", "-300", "42.89", "\"1200.00\"", "\"p-000000000123\""] {
        check_payment(&[(field, &format!("{}{}", "[".repeat(50), "]".repeat(50)), "too_deep")]);
    }
}

#[test]
fn the_schema_comes_first() {
    check_payment(&[
        ("\"schema\":\"payment.v1\",", "", "wrong_schema at `schema`"),
        ("payment.v1", "payment.v2", "wrong_schema at `schema`"),
        ("payment.v1", "Payment.v1", "wrong_schema at `schema`"),
        ("\"payment.v1\"", "1", "wrong_schema at `schema`"),
        ("\"payment.v1\"", "null", "wrong_schema at `schema`"),
        ("payment.v1", "payment\\u002ev1", "ok"),
        (PAYMENT, "{}", "wrong_schema at `schema`"),
        (PAYMENT, "{\"kind\":7}", "wrong_schema at `schema`"),
        // Wherever it stands.
        ("}}", "},\"x\":1}", "ok"),
    ]);
    let moved = PAYMENT.replacen("\"schema\":\"payment.v1\",", "", 1);
    let moved = moved.replacen("}}", "},\"schema\":\"payment.v1\"}", 1);
    check_payment(&[(PAYMENT, &moved, "ok")]);
    check(PARTY, party, &[("party.v1", "payment.v1", "wrong_schema at `schema`")]);
    check(LIST_ROW, list_row, &[("list.v1", "party.v1", "wrong_schema at `schema`")]);
}

#[test]
fn missing_fields() {
    check_payment(&[
        ("\"payment_id\":\"p-000000000123\",", "", "missing_field at `payment_id`"),
        ("\"event_time\":\"2026-09-06T09:25:00.000Z\",", "", "missing_field at `event_time`"),
        ("\"kind\":\"transfer\",", "", "missing_field at `kind`"),
        ("\"rail\":\"ach\",", "", "missing_field at `rail`"),
        ("\"amount\":\"1200.00\",", "", "missing_field at `amount`"),
        ("\"currency\":\"USD\",", "", "missing_field at `currency`"),
        ("\"debtor\"", "\"x\"", "missing_field at `debtor`"),
        ("\"creditor\"", "\"x\"", "missing_field at `creditor`"),
        ("\"utc_offset_minutes\":-300,", "", "ok"),
        ("\"lat\":42.89,", "", "missing_field at `terminal.lat`"),
        (",\"lon\":-78.88", "", "missing_field at `terminal.lon`"),
        (",\"lat\":42.89,\"lon\":-78.88", "", "ok"),
        (
            "\"terminal\"",
            "\"cash\":{\"notes_in\":[{\"value\":\"5\"}]},\"terminal\"",
            "missing_field at `cash.notes_in.count`",
        ),
    ]);
    check(
        PARTY,
        party,
        &[
            ("\"accounts\"", "\"x\"", "missing_field at `accounts`"),
            ("\"account\":\"BANK:7731\",", "", "missing_field at `accounts.account`"),
            ("\"open\":\"09:00\",", "", "missing_field at `hours.open`"),
            ("\"code\":\"BH-10\",", "", "missing_field at `events.code`"),
            ("\"kind\":\"guardian\",", "", "missing_field at `relations.kind`"),
        ],
    );
    check(
        LIST_ROW,
        list_row,
        &[
            ("\"row\":\"USD/2026-09-05\",", "", "missing_field at `row`"),
            ("\"source\":\"central bank reference rates\",", "", "missing_field at `source`"),
        ],
    );
}

/// The conditions at the end of the schema.
#[test]
fn ends_that_must_have_an_account() {
    let no_debtor = ("\"account\":\"BANK:104422\",", "");
    let no_creditor = ("\"account\":\"OTHER:77310001\",", "");
    for (kind, without_debtor, without_creditor, without_both) in [
        ("transfer", "ok", "ok", "debtor"),
        ("card_purchase", "ok", "ok", "debtor"),
        ("cash_deposit", "ok", "creditor", "creditor"),
        ("cash_withdrawal", "debtor", "ok", "debtor"),
        ("cash_exchange", "ok", "ok", "ok"),
    ] {
        let record = PAYMENT.replacen("transfer", kind, 1);
        let one = record.replacen(no_debtor.0, no_debtor.1, 1);
        let other = record.replacen(no_creditor.0, no_creditor.1, 1);
        let both = one.replacen(no_creditor.0, no_creditor.1, 1);
        for (record, end) in
            [(one, without_debtor), (other, without_creditor), (both, without_both)]
        {
            let expected = match end {
                "ok" => "ok".to_owned(),
                end => format!("missing_field at `{end}.account`"),
            };
            check_payment(&[(PAYMENT, &record, &expected)]);
        }
    }
    check_payment(&[
        ("\"rail\"", "\"status\":\"reversed\",\"rail\"", "missing_field at `refers_to`"),
        ("\"rail\"", "\"status\":\"reversed\",\"refers_to\":\"p-1\",\"rail\"", "ok"),
        ("\"rail\"", "\"status\":\"rejected\",\"rail\"", "ok"),
        ("\"rail\"", "\"refers_to\":\"p-1\",\"rail\"", "ok"),
    ]);
}

/// A22 and A09.
#[test]
fn records_are_judged_before_they_are_decoded() {
    use DeadLetterReason::{Empty, Headers, TooLarge};
    let limits = Limits { record_bytes: 3, ..Limits::default() };
    for (value, headers, expected) in [
        (Some(b"abc".as_slice()), 0, None),
        (Some(b"abc"), HEADERS_MAX, None),
        (Some(b"abc"), HEADERS_MAX + 1, Some(Headers)),
        (None, 10_000, Some(Headers)),
        (Some(b"abcd"), 0, Some(TooLarge)),
        (Some(b""), 0, Some(Empty)),
        (None, 0, Some(Empty)),
    ] {
        assert_eq!(check_record(value, headers, &limits), expected);
    }
}

#[test]
fn keys_of_tombstones() {
    let limits = Limits::default();
    for (key, expected) in [
        (Some(b"CUS-1".as_slice()), "CUS-1"),
        (None, "missing_field at `key`"),
        (Some(b""), "field_length at `key`"),
        (Some(b"a b"), "identifier at `key`"),
        (Some(b"null"), "identifier at `key`"),
        (Some(b"\xff"), "not_utf8 at `key`"),
    ] {
        let found = party_tombstone(key, &limits);
        let shown = found.map_or_else(|r| r.to_string(), |party| party.into_inner());
        assert_eq!(shown, expected);
    }
    for (key, expected) in [
        (Some(b"fx/USD/2026-09-05".as_slice()), "fx|USD/2026-09-05"),
        (Some(b"fx/"), "field_length at `key`"),
        (Some(b"fx"), "identifier at `key`"),
        (Some(b"/row"), "identifier at `key`"),
        (Some(b"Fx/row"), "identifier at `key`"),
        (Some(b"\xff"), "not_utf8 at `key`"),
        (None, "missing_field at `key`"),
    ] {
        let found = list_tombstone(key, &limits);
        let shown = found.map_or_else(|r| r.to_string(), |(list, row)| format!("{list}|{row}"));
        assert_eq!(shown, expected);
    }
}

#[test]
fn unknown_fields_are_ignored_and_counted_by_name() {
    let record = PAYMENT
        .replacen("{\"schema", "{\"Kind\":\"fee\",\"x\":{\"inner\":1},\"schema", 1)
        .replacen("\"lat\"", "\"floor\":null,\"DE02120300000000202051\":0,\"lat\"", 1);
    let mut unknown = UnknownFields::default();
    let with = decode_payment(record.as_bytes(), &Limits::default(), &mut unknown).unwrap();
    assert_eq!(with, payment(PAYMENT.as_bytes()).unwrap());
    let counts: Vec<_> = unknown.iter().collect();
    assert_eq!(counts, [("Kind", 1), ("other", 1), ("terminal.floor", 1), ("x", 1)]);
}

#[test]
fn no_refusal_shows_content() {
    let record = PAYMENT.replacen("BANK:104422", "CANARY 104422", 1);
    let refusal = payment(record.as_bytes()).unwrap_err();
    assert!(!format!("{refusal} {refusal:?}").contains("CANARY"));
}

#[test]
fn an_ordinary_payment_is_borrowed_and_an_escaped_text_is_not() {
    use std::borrow::Cow;
    let record = PAYMENT.replacen("Acme Rent", "Acme\\u0020Rent", 1);
    let found = payment(record.as_bytes()).unwrap();
    assert!(matches!(found.payment_id.expose(), Cow::Borrowed(_)));
    let name = found.creditor.name.unwrap();
    assert!(matches!(name.expose(), Cow::Owned(text) if text == "Acme Rent"));
}

/// Every reason that decoding can give is given by some row above.
#[test]
fn no_reason_of_the_codec_is_without_a_row() {
    let rows = concat!(include_str!("refusals.rs"), include_str!("refusals/values.rs"));
    for reason in DeadLetterReason::ALL {
        use DeadLetterReason as R;
        let engine = matches!(
            reason,
            R::TimeRange
                | R::BeyondHorizon
                | R::Conflict
                | R::CanaryMixed
                | R::ReversalOfReversal
                | R::ReversalMismatch
        );
        let variant = format!("{reason:?}");
        let named = rows.contains(&format!("\"{reason}"))
            || rows.contains(&format!("Some({variant})"))
            || rows.contains(&format!("DeadLetterReason::{variant})"));
        assert!(named != engine, "{reason}");
    }
}
