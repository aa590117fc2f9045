//! Wrong values of single fields.

use super::{check, check_payment};
use crate::tests::{LIST_ROW, PARTY, PAYMENT, list_row, party};
use crate::{Limits, UnknownFields, decode_payment};

/// As [`check_payment`], for values put in place of the amount's.
fn check_amount(values: &[(&str, &str)]) {
    for (value, expected) in values {
        check_payment(&[("\"1200.00\"", value, expected)]);
    }
}

#[test]
fn known_fields_of_another_type() {
    for value in ["null", "7", "1.5", "true", "[]", "{}", "[\"transfer\"]"] {
        check_payment(&[("\"transfer\"", value, "field_type at `kind`")]);
    }
    for value in ["null", "7", "true", "[]", "\"x\""] {
        check_payment(&[
            (
                "{\"id\":\"BR-0113\",\"lat\":42.89,\"lon\":-78.88}",
                value,
                "field_type at `terminal`",
            ),
            ("{\"schema", &format!("{{\"crypto\":{value},\"schema"), "field_type at `crypto`"),
        ]);
    }
    check_payment(&[
        ("true}", "\"true\"}", "field_type at `debtor.ours`"),
        ("true}", "1}", "field_type at `debtor.ours`"),
        ("true}", "null}", "field_type at `debtor.ours`"),
        ("-300", "\"-300\"", "field_type at `utc_offset_minutes`"),
        ("-300", "null", "field_type at `utc_offset_minutes`"),
        ("-300", "-300.5", "field_type at `utc_offset_minutes`"),
        ("-300", "-300.0", "ok"),
        ("-300", "-3e2", "ok"),
        ("42.89", "\"42.89\"", "field_type at `terminal.lat`"),
        ("42.89", "null", "field_type at `terminal.lat`"),
        (
            "{\"schema",
            "{\"travel\":{\"travelers\":\"x\"},\"schema",
            "field_type at `travel.travelers`",
        ),
        (
            "{\"schema",
            "{\"travel\":{\"travelers\":[7]},\"schema",
            "field_type at `travel.travelers`",
        ),
        ("{\"schema", "{\"cash\":{\"notes_in\":[7]},\"schema", "field_type at `cash.notes_in`"),
    ]);
    check(
        PARTY,
        party,
        &[
            ("[\"M-1\"]", "null", "field_type at `merchants`"),
            ("{\"town\":\"Nuevo Laredo\"}", "null", "field_type at `work`"),
        ],
    );
    check(
        LIST_ROW,
        list_row,
        &[
            ("\"1.1042\"", "1.1042", "field_type at `fields`"),
            ("\"1.1042\"", "null", "field_type at `fields`"),
            ("{\"per_base\":\"1.1042\",\"fixed\":true}", "[]", "field_type at `fields`"),
            ("{\"per_base\":\"1.1042\",\"fixed\":true}", "{}", "ok"),
        ],
    );
}

/// A12 and A13.
#[test]
fn amounts_and_currencies() {
    check_amount(&[
        ("\"0\"", "ok"),
        ("\"0.01\"", "ok"),
        ("\"999999999999999.99\"", "ok"),
        ("\"-1\"", "amount at `amount`"),
        ("\"+1\"", "amount at `amount`"),
        ("\"1e5\"", "amount at `amount`"),
        ("\"-0\"", "amount at `amount`"),
        ("\"NaN\"", "amount at `amount`"),
        ("\"inf\"", "amount at `amount`"),
        ("\"\"", "amount at `amount`"),
        ("\" 1\"", "amount at `amount`"),
        ("\"1,000\"", "amount at `amount`"),
        ("\"1_000\"", "amount at `amount`"),
        ("\".5\"", "amount at `amount`"),
        ("\"5.\"", "amount at `amount`"),
        ("\"007\"", "amount at `amount`"),
        ("\"١٢\"", "amount at `amount`"),
        ("\"1000000000000000000000000000000\"", "amount at `amount`"),
        ("\"1.00000000000000000000000000001\"", "amount at `amount`"),
        ("null", "field_type at `amount`"),
        ("1200", "field_type at `amount`"),
        ("1200.00", "field_type at `amount`"),
        ("9007199254740993.01", "field_type at `amount`"),
    ]);
    for (amount, currency, rail, expected) in [
        ("12.34", "USD", "ach", "ok"),
        ("12.345", "USD", "ach", "amount at `amount`"),
        ("12.340", "USD", "ach", "amount at `amount`"),
        ("12", "JPY", "ach", "ok"),
        ("12.0", "JPY", "ach", "amount at `amount`"),
        ("12.345", "BHD", "ach", "ok"),
        ("12.3456", "BHD", "ach", "amount at `amount`"),
        ("12", "usd", "ach", "currency at `currency`"),
        ("12", "US", "ach", "currency at `currency`"),
        ("12", "DEM", "ach", "currency at `currency`"),
        ("12", "HRK", "ach", "currency at `currency`"),
        ("12", "XXX", "ach", "currency at `currency`"),
        ("12", "ZZZ", "ach", "currency at `currency`"),
        ("12", "BTC", "ach", "currency at `currency`"),
        ("12.12345678", "BTC", "crypto", "ok"),
        ("12.123456789", "BTC", "crypto", "amount at `amount`"),
        ("12", "USDTOLONG", "crypto", "currency at `currency`"),
        ("12.345", "USD", "crypto", "amount at `amount`"),
    ] {
        let record = PAYMENT.replacen("1200.00", amount, 1).replacen("USD", currency, 1);
        check_payment(&[(PAYMENT, &record.replacen("ach", rail, 1), expected)]);
    }
    let with = |extra: &str| format!("{{{extra},\"schema");
    check_payment(&[
        ("{\"schema", &with("\"fee\":\"0.255\""), "amount at `fee`"),
        ("{\"schema", &with("\"gross_amount\":\"0.255\""), "amount at `gross_amount`"),
        ("{\"schema", &with("\"counter_amount\":\"0.00000255\""), "ok"),
        (
            "{\"schema",
            &with("\"counter_amount\":\"1.5\",\"counter_currency\":\"JPY\""),
            "amount at `counter_amount`",
        ),
        (
            "{\"schema",
            &with("\"counter_amount\":\"1.5\",\"counter_currency\":\"BTC\""),
            "currency at `counter_currency`",
        ),
        (
            "{\"schema",
            &with("\"counter_amount\":\"1.5\",\"counter_currency\":\"eur\""),
            "currency at `counter_currency`",
        ),
        ("{\"schema", &with("\"counter_amount\":\"1.50\",\"counter_currency\":\"EUR\""), "ok"),
        (
            "\"transfer\"",
            "\"crypto_buy\",\"counter_amount\":\"0.00012345\",\"counter_currency\":\"BTC\"",
            "ok",
        ),
        ("true}", "true,\"balance_after\":\"-12.50\"}", "ok"),
        ("true}", "true,\"balance_after\":\"-0\"}", "amount at `debtor.balance_after`"),
        ("true}", "true,\"balance_after\":-12.5}", "field_type at `debtor.balance_after`"),
    ]);
    check(
        PARTY,
        party,
        &[
            ("1900.00", "1900.001", "amount at `monthly_income`"),
            ("\"0.5\"", "\"0.555\"", "amount at `monthly_turnover`"),
            ("\"USD\"", "\"USDT\"", "currency at `currency`"),
        ],
    );
}

/// A17, A18 and the first half of A19.
#[test]
fn identifiers() {
    let long = "x".repeat(65);
    for (id, expected) in [
        ("DE02120300000000202051", "ok"),
        ("a.b_c:d@e#f/g+h-i", "ok"),
        ("00", "ok"),
        ("nulls", "ok"),
        (&long[..64], "ok"),
        (&long, "field_length"),
        ("", "field_length"),
        (" ", "identifier"),
        ("BANK 1", "identifier"),
        ("null", "identifier"),
        ("NULL", "identifier"),
        ("None", "identifier"),
        ("unknown", "identifier"),
        ("0", "identifier"),
        ("n/a", "identifier"),
        ("-", "identifier"),
        ("а", "identifier"),
        ("BANK\u{200b}:1", "identifier"),
        ("BANK\u{202e}:1", "identifier"),
        ("Ba\u{301}nk", "identifier"),
        ("B\\u0000", "identifier"),
        ("B\\n", "identifier"),
        ("B\\u001b[31m", "identifier"),
        ("${jndi:ldap}", "identifier"),
        ("<script>", "identifier"),
        ("=cmd()", "identifier"),
        ("\\u0042ANK:1", "ok"),
    ] {
        let at = |field: &str| match expected {
            "ok" => "ok".to_owned(),
            reason => format!("{reason} at `{field}`"),
        };
        check_payment(&[
            ("BANK:104422", id, &at("debtor.account")),
            ("p-000000000123", id, &at("payment_id")),
            ("BR-0113", id, &at("terminal.id")),
        ]);
        check(PARTY, party, &[("T-2", id, &at("terminals"))]);
    }
    let limits = Limits { placeholders: vec!["bank:104422".into()], ..Limits::default() };
    let found = decode_payment(PAYMENT.as_bytes(), &limits, &mut UnknownFields::default());
    assert_eq!(found.unwrap_err().to_string(), "identifier at `debtor.account`");
    check(
        LIST_ROW,
        list_row,
        &[
            ("\"fx\"", "\"Fx\"", "identifier at `list`"),
            ("\"fx\"", "\"_fx\"", "identifier at `list`"),
            ("\"fx\"", "\"\"", "identifier at `list`"),
            ("\"fx\"", "\"f_x.1-\"", "ok"),
        ],
    );
}

/// A20 and the second half of A19.
#[test]
fn texts_and_their_lengths_in_characters() {
    let with = |name: &str, value: &str| format!("{{\"{name}\":\"{value}\",\"schema");
    let name = |count: usize| "é".repeat(count);
    check_payment(&[
        ("Acme Rent", &name(140), "ok"),
        ("Acme Rent", &name(141), "field_length at `creditor.name`"),
        ("Acme Rent", "", "field_length at `creditor.name`"),
        ("Acme Rent", "<script>${jndi:x}=cmd()\\u001b[31m\\u0000", "ok"),
        ("{\"schema", &with("text", &"😀".repeat(560)), "ok"),
        ("{\"schema", &with("text", &"😀".repeat(561)), "field_length at `text`"),
        ("{\"schema", &with("text", ""), "ok"),
        ("{\"schema", &with("end_to_end_id", &"x".repeat(36)), "field_length at `end_to_end_id`"),
        ("{\"schema", &with("entity", &"x".repeat(36)), "field_length at `entity`"),
        ("{\"schema", &with("source", &"x".repeat(36)), "field_length at `source`"),
        ("{\"schema", &with("source", &"x".repeat(35)), "ok"),
    ]);
    let row = "x".repeat(129);
    check(
        LIST_ROW,
        list_row,
        &[
            ("USD/2026-09-05", &row, "field_length at `row`"),
            ("USD/2026-09-05", "", "field_length at `row`"),
        ],
    );
}

#[test]
fn values_outside_a_list_or_range() {
    let with = |extra: &str| format!("{{{extra},\"schema");
    check_payment(&[
        ("transfer", "Transfer", "field_value at `kind`"),
        ("transfer", "", "field_value at `kind`"),
        ("transfer", "tr\\u0061nsfer", "ok"),
        ("\"ach\"", "\"sepa\"", "field_value at `rail`"),
        ("mobile", "fax", "field_value at `channel`"),
        ("person", "robot", "field_value at `debtor.kind`"),
        ("\"US\"", "\"us\"", "field_value at `debtor.country`"),
        ("\"US\"", "\"USA\"", "field_value at `debtor.country`"),
        ("-300", "841", "field_value at `utc_offset_minutes`"),
        ("-300", "840", "ok"),
        ("-300", "99999999999999999999999999", "field_value at `utc_offset_minutes`"),
        ("42.89", "90.0000001", "field_value at `terminal.lat`"),
        ("42.89", "90", "ok"),
        ("42.89", "1e400", "field_value at `terminal.lat`"),
        ("-78.88", "-180.5", "field_value at `terminal.lon`"),
        ("-78.88", "-1.8e2", "ok"),
        ("{\"schema", &with("\"merchant\":{\"mcc\":\"123\"}"), "field_value at `merchant.mcc`"),
        ("{\"schema", &with("\"purpose\":\"sala\""), "field_value at `purpose`"),
        ("{\"schema", &with("\"purpose\":\"SALA\""), "ok"),
        (
            "{\"schema",
            &with("\"uetr\":\"97ed4827-7b6f-4491-a06f-b548d5a7512\""),
            "field_value at `uetr`",
        ),
        ("{\"schema", &with("\"uetr\":\"97ed4827-7b6f-4491-a06f-b548d5a7512d\""), "ok"),
        (
            "{\"schema",
            &with("\"device\":{\"ip_country\":\"u\"}"),
            "field_value at `device.ip_country`",
        ),
        (
            "{\"schema",
            &with("\"conductor\":{\"document\":\"9F86D081884C7D65\"}"),
            "field_value at `conductor.document`",
        ),
        ("{\"schema", &with("\"travel\":{\"passengers\":0}"), "field_value at `travel.passengers`"),
        ("{\"schema", &with("\"stay\":{\"nights\":366}"), "field_value at `stay.nights`"),
        ("{\"schema", &with("\"stay\":{\"nights\":365,\"rooms\":99}"), "ok"),
        ("{\"schema", &with("\"stay\":{\"rooms\":100}"), "field_value at `stay.rooms`"),
        (
            "{\"schema",
            &with("\"travel\":{\"passengers\":100}"),
            "field_value at `travel.passengers`",
        ),
        (
            "{\"schema",
            &with("\"crypto\":{\"debtor\":{\"hops\":21}}"),
            "field_value at `crypto.debtor.hops`",
        ),
        (
            "{\"schema",
            &with("\"ultimate_debtor\":{\"locode\":\"USB1F\"}"),
            "field_value at `ultimate_debtor.locode`",
        ),
        ("{\"schema", &with("\"ultimate_debtor\":{\"balance_after\":7}"), "ok"),
    ]);
    let notes = "{\"value\":\"5\",\"count\":1},".repeat(20);
    let (full, over) =
        (notes.trim_end_matches(','), format!("{notes}{{\"value\":\"5\",\"count\":1}}"));
    check_payment(&[
        ("{\"schema", &with(&format!("\"cash\":{{\"notes_in\":[{full}]}}")), "ok"),
        (
            "{\"schema",
            &with(&format!("\"cash\":{{\"notes_in\":[{over}]}}")),
            "too_many_fields at `cash.notes_in`",
        ),
    ]);
    check(
        PARTY,
        party,
        &[
            ("\"joint\"", "\"owner\"", "field_value at `accounts.role`"),
            ("\"mon\"", "\"Mon\"", "field_value at `hours.days`"),
            ("09:00", "24:00", "field_value at `hours.open`"),
            ("09:00", "9:00", "field_value at `hours.open`"),
            ("BH-10", "BH-09", "field_value at `events.code`"),
            ("\"cash\"", "\"gold\"", "field_value at `feeds`"),
            ("5131", "51310", "field_value at `occupation_code`"),
            ("\"headcount\":3", "\"headcount\":-3", "field_value at `headcount`"),
        ],
    );
    let fields: String = (0..17).map(|n| format!("\"f{n}\":true,")).collect();
    let fields = format!("{{{}}}", fields.trim_end_matches(','));
    let known = "{\"per_base\":\"1.1042\",\"fixed\":true}";
    check(LIST_ROW, list_row, &[(known, &fields, "too_many_fields at `fields`")]);
}

/// The format part of A06; plausibility is the engine's.
#[test]
fn times_and_dates() {
    for (time, expected) in [
        ("\"1970-01-01T00:00:00Z\"", "ok"),
        ("\"9999-12-31T23:59:59.999Z\"", "ok"),
        ("\"9999-12-31T23:59:59.999-00:01\"", "time at `event_time`"),
        ("\"0000-01-01T00:00:00Z\"", "ok"),
        ("\"0000-01-01T00:00:00+00:01\"", "time at `event_time`"),
        ("\"-001-01-01T00:00:00Z\"", "time at `event_time`"),
        ("\"10000-01-01T00:00:00Z\"", "time at `event_time`"),
        ("\"2026-02-29T00:00:00Z\"", "time at `event_time`"),
        ("\"2026-09-06\"", "time at `event_time`"),
        ("\"2026-09-06T09:25:00\"", "time at `event_time`"),
        ("\"2026-09-06T09:25:00+02:00\"", "ok"),
        ("\"1788686700000\"", "time at `event_time`"),
        ("\"\"", "time at `event_time`"),
        ("1788686700000", "field_type at `event_time`"),
        ("1788686700000000", "field_type at `event_time`"),
        ("9223372036854775807", "field_type at `event_time`"),
        ("-1", "field_type at `event_time`"),
    ] {
        check_payment(&[("\"2026-09-06T09:25:00.000Z\"", time, expected)]);
    }
    check(
        PARTY,
        party,
        &[
            ("2025-11-20", "2025-11-31", "time at `accounts.opened`"),
            ("2001-02-03", "2001-2-3", "time at `incorporated`"),
            ("2026-08-01T00:00:00Z", "2026-08-01", "time at `as_of`"),
        ],
    );
    check(
        LIST_ROW,
        list_row,
        &[
            ("\"valid_from\":\"2026-09-05\"", "\"valid_from\":\"\"", "time at `valid_from`"),
            ("\"reviewed\":\"2026-09-06\"", "\"reviewed\":\"soon\"", "time at `reviewed`"),
        ],
    );
}
