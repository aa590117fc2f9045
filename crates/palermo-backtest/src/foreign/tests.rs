//! Every shipped mapping on rows of its format, and every way in which a mapping or a row can be wrong.

use super::amount::Amount;
use super::text::{Cells, Names};
use super::time::Time;
use super::{Mapping, Row, SHIPPED, written};
use csv::StringRecord;
use palermo_codec::{Limits, UnknownFields, decode_payment};
use palermo_domain::{Currency, End};

/// What a test row says where it is wrong; no error may repeat it.
const CANARY: &str = "CANARY";

const MAPPING: &str = r#"
id: "{id}"
time: {column: when, format: "%Y-%m-%d %H:%M", utc_offset: "+01:00"}
kinds:
  column: what
  values:
    pay: {kind: transfer, rail: wire}
    cash: {kind: cash_deposit, rail: cash, without: debtor}
amount: {column: amount}
currency: "{currency}"
debtor: {account: "{from}"}
creditor: {account: "{to}"}
label: {column: label, positive: ["1"], negative: ["0"]}
"#;
const HEADER: &str = "id,when,what,amount,currency,from,to,label";

fn mapped(mapping: &Mapping, file: &str) -> Result<Vec<Row>, String> {
    let mut rows = mapping.rows(file.as_bytes()).map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    while let Some((_, row)) = rows.next_row().map_err(|error| error.to_string())? {
        all.push(row);
    }
    Ok(all)
}

/// A row as one line: id, time, kind and rail, amounts, ends, label.
fn told(row: &Row) -> String {
    let limits = Limits::default();
    let payment = decode_payment(&row.value, &limits, &mut UnknownFields::default())
        .expect("what a row becomes decodes");
    assert_eq!(payment.payment_id.expose().to_string(), row.id);
    assert_eq!(payment.event_time, row.time);
    let account = |end: &End<'_>| {
        let account = end.account.as_ref();
        account.map_or_else(|| "-".to_owned(), |account| account.expose().to_string())
    };
    let counter = payment.counter_currency.map_or_else(String::new, |currency| {
        let amount =
            payment.counter_amount.map_or_else(|| "?".to_owned(), |amount| amount.to_string());
        format!(" for {amount} {currency}")
    });
    let label = match row.label {
        None => "",
        Some(true) => " yes",
        Some(false) => " no",
    };
    let typology = row.typology.as_ref().map_or_else(String::new, |word| format!(" {word}"));
    format!(
        "{} {} {}/{} {} {}{counter}, {} to {}{label}{typology}",
        row.id,
        row.time,
        payment.kind.as_str(),
        payment.rail.as_str(),
        payment.amount,
        payment.currency,
        account(&payment.debtor),
        account(&payment.creditor),
    )
}

#[test]
fn every_shipped_mapping_reads() {
    for ((name, text), known) in SHIPPED.iter().zip(Mapping::NAMES) {
        assert_eq!(*name, known);
        let mapping = Mapping::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!mapping.about().is_empty(), "{name}");
        assert!(Mapping::shipped(name).is_some(), "{name}");
    }
    assert!(Mapping::NAMES.is_sorted());
    assert!(Mapping::shipped("no-such").is_none());
}

fn check(name: &str, sample: &str, expected: &[&str]) {
    let mapping = Mapping::shipped(name).expect("it ships");
    let rows = mapped(&mapping, sample).unwrap_or_else(|error| panic!("{name}: {error}"));
    let told: Vec<String> = rows.iter().map(told).collect();
    assert_eq!(told, expected, "{name}");
}

#[test]
fn amlworld() {
    check(
        "amlworld",
        include_str!("../../samples/amlworld.csv"),
        &[
            "amlworld:2 2022-09-01T00:20:00.000Z transfer/internal 3100.25 USD, \
             077:90000A110 to 077:90000A110 no",
            "amlworld:3 2022-09-01T00:21:00.000Z check_payment/check 0.01 USD, \
             0771:90000B220 to 002:90000C330 no",
            "amlworld:4 2022-09-01T00:22:00.000Z card_purchase/card 52.10 EUR, \
             0771:90000B220 to 002:90000C330 no",
            "amlworld:5 2022-09-01T00:23:00.000Z transfer/wire 1204 JPY, \
             0771:90000B220 to 0112:90000D440 no",
            "amlworld:6 2022-09-01T00:24:00.000Z transfer/ach 99.50 USD for 85.00 EUR, \
             002:90000C330 to 0112:90000D440 yes",
            "amlworld:7 2022-09-01T00:25:00.000Z crypto_transfer/crypto 0.01420000 BTC, \
             002:90000C330 to 0112:90000D440 no",
            "amlworld:8 2022-09-01T00:26:00.000Z crypto_buy/ach 30.00 USD for 0.00150000 BTC, \
             002:90000C330 to 0112:90000D440 no",
            "amlworld:9 2022-09-01T00:27:00.000Z crypto_sell/ach 30.00 USD for 0.00150000 BTC, \
             0112:90000D440 to 002:90000C330 no",
            "amlworld:10 2022-09-01T00:28:00.000Z transfer/cash 400.00 CHF, \
             0112:90000D440 to 077:90000A110 yes",
        ],
    );
}

#[test]
fn amlsim() {
    check(
        "amlsim",
        include_str!("../../samples/amlsim.csv"),
        &[
            "amlsim:1 2017-01-01T00:00:00.000Z transfer/ach 747.50 USD, amlsim:0 to amlsim:21 no",
            "amlsim:2 2017-01-01T00:00:00.000Z transfer/ach 120.00 USD, amlsim:21 to amlsim:34 yes",
            "amlsim:3 2017-01-02T00:00:00.000Z transfer/ach 119.99 USD, amlsim:34 to amlsim:0 yes",
            "amlsim:4 2017-01-02T00:00:00.000Z cash_deposit/cash 55.00 USD, - to amlsim:34 no",
            "amlsim:5 2017-01-03T00:00:00.000Z cash_withdrawal/cash 20.00 USD, amlsim:21 to - no",
        ],
    );
    check(
        "amlsim-alerts",
        include_str!("../../samples/amlsim-alerts.csv"),
        &[
            "amlsim:2 2017-01-01T00:00:00.000Z transfer/ach 120.00 USD, \
             amlsim:21 to amlsim:34 yes cycle",
            "amlsim:3 2017-01-02T00:00:00.000Z transfer/ach 119.99 USD, \
             amlsim:34 to amlsim:0 yes cycle",
            "amlsim:6 2017-01-05T00:00:00.000Z transfer/ach 300.10 USD, amlsim:40 to amlsim:41 no",
        ],
    );
    check(
        "amlsim-log",
        include_str!("../../samples/amlsim-log.csv"),
        &[
            "amlsim-log:2 2017-01-01T00:00:00.000Z transfer/ach 747.50 USD, \
             amlsim:0 to amlsim:21 no",
            "amlsim-log:3 2017-01-01T00:00:00.000Z transfer/ach 120.00 USD, \
             amlsim:21 to amlsim:34 yes",
            "amlsim-log:4 2017-01-02T00:00:00.000Z transfer/ach 119.99 USD, \
             amlsim:34 to amlsim:0 yes",
            "amlsim-log:5 2017-06-29T00:00:00.000Z cash_withdrawal/cash 20.00 USD, \
             amlsim:21 to - no",
        ],
    );
}

#[test]
fn saml_d() {
    check(
        "saml-d",
        include_str!("../../samples/saml-d.csv"),
        &[
            "saml-d:2 2022-10-07T10:35:19.000Z cash_deposit/cash 1459.15 GBP, \
             - to saml-d:7000000002 no",
            "saml-d:3 2022-10-07T10:35:20.000Z transfer/wire 6019.64 GBP for ? AED, \
             saml-d:7000000002 to saml-d:7000000003 no",
            "saml-d:4 2022-10-07T10:35:21.000Z check_payment/check 14.10 GBP, \
             saml-d:7000000002 to saml-d:7000000004 no",
            "saml-d:5 2022-10-07T10:35:22.000Z transfer/ach 311 JPY for ? GBP, \
             saml-d:7000000004 to saml-d:7000000005 yes Smurfing",
            "saml-d:6 2022-10-07T10:35:23.000Z card_purchase/card 80.00 EUR, \
             saml-d:7000000005 to saml-d:7000000006 no",
            "saml-d:7 2022-10-07T10:35:24.000Z card_purchase/card 81.50 GBP, \
             saml-d:7000000005 to saml-d:7000000006 no",
            "saml-d:8 2023-08-23T23:59:59.000Z cash_withdrawal/cash 900.00 GBP, \
             saml-d:7000000006 to - yes Cash_Withdrawal",
        ],
    );
}

#[test]
fn paysim() {
    let sample = include_str!("../../samples/paysim.csv");
    check(
        "paysim",
        sample,
        &[
            "paysim:2 2017-01-01T00:00:00.000Z transfer/mobile_money 4100.64 USD, \
             C9000000001 to M9000000001 no",
            "paysim:3 2017-01-01T00:00:00.000Z transfer/mobile_money 250.00 USD, \
             C9000000002 to C9000000003 yes",
            "paysim:4 2017-01-01T00:00:00.000Z cash_withdrawal/cash 250.00 USD, \
             C9000000003 to - yes",
            "paysim:5 2017-01-01T01:00:00.000Z cash_deposit/cash 1200.00 USD, \
             - to C9000000005 no",
            "paysim:6 2017-01-01T23:00:00.000Z transfer/mobile_money 33.33 USD, \
             C9000000005 to C9000000007 no",
            "paysim:7 2017-01-31T22:00:00.000Z transfer/mobile_money 1000.00 USD, \
             C9000000005 to C9000000002 no",
        ],
    );
    let mapping = Mapping::shipped("paysim").expect("it ships");
    let rows = mapped(&mapping, sample).expect("it reads");
    let text = |at: usize| String::from_utf8(rows[at].value.clone()).expect("JSON");
    for (at, part) in [
        (0, r#""balance_after":"165899.36""#),
        (0, r#""kind":"business""#),
        (0, r#""utc_offset_minutes":0"#),
        // Cash in: the customer is the creditor, and the balance goes with him.
        (3, r#""debtor":{},"creditor":{"account":"C9000000005","balance_after":"1300.50"}"#),
        (3, r#""channel":"agent""#),
    ] {
        assert!(text(at).contains(part), "{part} in {}", text(at));
    }
}

#[test]
fn edges() {
    check(
        "edges",
        include_str!("../../samples/edges.csv"),
        &[
            "e1 2016-01-01T00:00:00.000Z crypto_transfer/crypto 1.00000000 BTC, \
             node:900000001 to node:900000002",
            "e2 2016-01-01T00:00:00.000Z crypto_transfer/crypto 0.50000000 BTC, \
             node:900000002 to node:900000003 yes",
            "e3 2016-01-15T00:00:00.000Z crypto_transfer/crypto 0.12345678 BTC, \
             node:900000002 to node:900000004 no",
            "e4 2016-01-15T00:00:00.000Z crypto_transfer/crypto 12.00000000 BTC, \
             node:900000004 to node:0",
        ],
    );
}

/// The first error of a file with this header and these rows, in the mapping of the tests.
fn refused(header: &str, rows: &str) -> String {
    let mapping = Mapping::parse(MAPPING).expect("the mapping of the tests");
    mapped(&mapping, &format!("{header}\n{rows}\n")).expect_err(rows)
}

/// A row after a good one, and what is said of it.
fn wrong(row: &str, expected: &str) {
    let good = "p0,2026-03-02 09:00,pay,1,EUR,A:1,B:2,1";
    let error = refused(HEADER, &format!("{good}\n{row}"));
    assert_eq!(error, format!("line 3: {expected}"), "{row}");
    assert!(!error.contains(CANARY), "{error}");
}

#[test]
fn a_row_that_the_mapping_refuses_is_told_by_its_line_and_column() {
    for (row, expected) in [
        (
            "p1,CANARY,pay,12.50,EUR,A:1,B:2,0",
            "has a time in column `when` that is not of the form `%Y-%m-%d %H:%M`",
        ),
        (
            "p1,2026-02-30 10:00,pay,12.50,EUR,A:1,CANARY,0",
            "has a time in column `when` that is not of the form `%Y-%m-%d %H:%M`",
        ),
        (
            "p1,2026-03-02 10:00,CANARY,12.50,EUR,A:1,B:2,0",
            "has a word in column `what` that `kinds.values` does not have; add it there, or an `else`",
        ),
        (
            "p1,2026-03-02 10:00,pay,12.CANARY,EUR,A:1,B:2,0",
            "has an amount in column `amount` that is no plain decimal of at most 8 decimals \
             (`decimals` rounds others)",
        ),
        (
            "p1,2026-03-02 10:00,pay,-12.50,EUR,CANARY,B:2,0",
            "has an amount in column `amount` that is negative: who pays is the debtor",
        ),
        (
            "p1,2026-03-02 10:00,pay,,EUR,CANARY,B:2,0",
            "has no amount: there is nothing in column `amount`",
        ),
        (
            "p1,2026-03-02 10:00,pay,12.50,CANARYEUR,A:1,B:2,0",
            "has a `currency`, from column `currency`, that is not a code such as `USD`",
        ),
        (
            ",2026-03-02 10:00,pay,12.50,EUR,CANARY,B:2,0",
            "has no `id`: there is nothing in column `id`",
        ),
        (
            "p1,2026-03-02 10:00,pay,12.50,EUR,A:1,B:2,CANARY",
            "has a word in column `label` that `label` does not have; add it to one of its keys",
        ),
        ("p1,2026-03-02 10:00,CANARY", "has 3 columns, and the header has 8"),
    ] {
        wrong(row, expected);
    }
}

#[test]
fn a_row_that_makes_no_payment_is_told_in_the_words_of_dead_letters() {
    let decimals =
        "an amount is not a plain decimal text, is out of range, or has too many decimals";
    let identifier = "an identifier has characters outside the schema's set, or is a placeholder";
    let currency = "the currency is not an ISO 4217 code (or asset ticker on the crypto rail)";
    for (row, field, why) in [
        ("p1,2026-03-02 10:00,pay,12.505,EUR,CANARY,B:2,0", "`amount` in `amount`", decimals),
        ("p1,2026-03-02 10:00,pay,12.50,QQQ,CANARY,B:2,0", "`currency` in `currency`", currency),
        (
            "p1,2026-03-02 10:00,pay,12.50,EUR,THE CANARY,B:2,0",
            "`identifier` in `debtor.account`",
            identifier,
        ),
        (
            "p1,2026-03-02 10:00,pay,12.50,EUR,CANARY,Unknown,0",
            "`identifier` in `creditor.account`",
            identifier,
        ),
        (
            "CANARY,2026-03-02 10:00,pay,12.50,EUR,,,0",
            "`missing_field` in `debtor.account`",
            "a field that the schema requires is missing",
        ),
    ] {
        wrong(row, &format!("makes no `payment.v1` with this mapping: {field}: {why}"));
    }
}

#[test]
fn a_header_that_does_not_fit_is_told() {
    let row = "p1,2026-03-02 10:00,pay,12.50,EUR,A:1,B:2,0";
    assert_eq!(
        refused("id,when,what,amount,currency,from,payee,label", row),
        "has no column `to`, which the mapping names; its columns are `id`, `when`, `what`, `amount`, \
         `currency`, `from`, `payee`, `label`"
    );
    // A file without a header: its first row is somebody's payment.
    let error = refused("CANARY,2026-03-02 10:00,pay,12.50,EUR,A:1,B:2,0", row);
    assert!(
        error.starts_with(
            "has none of the columns that the mapping names (`id`, `when`, `what`, `amount`, \
             `currency`, `from`, `to`, `label`) in its first line"
        ),
        "{error}"
    );
    assert!(!error.contains(CANARY), "{error}");
}

#[test]
fn a_file_may_have_no_header_another_mark_and_another_order() {
    let more =
        "columns: [label, to, from, currency, amount, what, when, id, note]\ndelimiter: \";\"\n";
    let mapping = Mapping::parse(&format!("{MAPPING}{more}")).expect("it reads");
    let file = "0; B:2 ;A:1;EUR;12.50;PAY;2026-03-02 10:00;p1;\"a; b\"\n1;B:2;A:1;EUR;5;Cash;2026-03-02 10:00;p2;\n";
    let rows = mapped(&mapping, file).expect("it reads");
    let told: Vec<String> = rows.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "p1 2026-03-02T09:00:00.000Z transfer/wire 12.50 EUR, A:1 to B:2 no",
            "p2 2026-03-02T09:00:00.000Z cash_deposit/cash 5 EUR, - to B:2 yes",
        ]
    );
    // A byte order mark, and the quotes of an export.
    let mapping = Mapping::parse(MAPPING).expect("the mapping of the tests");
    let header = "\u{feff}\"id\",when ,what,amount,currency,from,to,label";
    let row = "p1,2026-03-02 10:00,pay,12.50,EUR,A:1,B:2,0";
    assert_eq!(mapped(&mapping, &format!("{header}\n{row}\n")).map(|rows| rows.len()), Ok(1));
}

#[test]
fn a_mapping_that_is_wrong_is_told() {
    for (from, to, expected) in [
        ("{column: amount}", "{colum: amount}", "unknown key `colum`; did you mean `column`?"),
        ("currency: \"", "curency: \"", "unknown key `curency`; did you mean `currency`?"),
        ("id: \"{id}\"\n", "", "the key `id` is missing"),
        (
            "kind: transfer",
            "kind: trasnfer",
            "`kinds.values.pay.kind` is `trasnfer`; did you mean `transfer`?",
        ),
        ("rail: wire", "rail: wires", "`kinds.values.pay.rail` is `wires`; did you mean `wire`?"),
        (
            "debtor: {account:",
            "debtor: {acount:",
            "unknown key `debtor.acount`; did you mean `account`?",
        ),
        (
            "\"{from}\"",
            "from",
            "`debtor.account` is `from` and names no column; write `\"{from}\"`",
        ),
        ("\"{from}\"", "\"{from\"", "`debtor.account` is `{from`, where a `{` has no `}`"),
        ("\"{currency}\"", "{const: EUX}", "`currency` says `EUX`; did you mean `EUR`?"),
        (
            "\"{currency}\"",
            "{column: currency, values: {euro: EU}}",
            "`currency` says `EU`; did you mean `EUR`?",
        ),
        (
            "\"{currency}\"",
            "{column: currency, else: EUR}",
            "`currency` has an `else` without `values`",
        ),
        (
            "\"{currency}\"",
            "{column: currency, const: EUR}",
            "`currency` has to have one of `column`, `template` and `const`",
        ),
        ("%Y-%m-%d %H:%M", "%Y-%m", "`time.format` is `%Y-%m`; it has to have a year"),
        ("%Y-%m-%d %H:%M", "%Y-%m-%d %Q", "of the parts that begin with `%` it may have"),
        ("%Y-%m-%d %H:%M", "epoch_secnds", "did you mean `epoch_seconds`?"),
        ("%Y-%m-%d %H:%M", "step", "the format `step` needs `time.start`"),
        ("\"+01:00\"", "Europe/Berlin", "it is a fixed offset such as `\"+01:00\"`"),
        ("\"+01:00\"", "\"+15:00\"", "it is a fixed offset such as `\"+01:00\"`"),
        (
            "{column: amount}",
            "{column: amount, decimals: 9}",
            "`amount.decimals` is `9`; it is a number of 0 to 8, or `currency`",
        ),
        (
            "negative: [\"0\"]",
            "negative: [\"1\"]",
            "`label` has the word `1` under two of its keys",
        ),
        ("  column: what\n", "", "`kinds` has to have `column` and `values`"),
        (
            "without: debtor",
            "without: debitor",
            "`kinds.values.cash.without` is `debitor`; did you",
        ),
        (
            "label: {",
            "assets: [EUR]\nlabel: {",
            "`assets` has `EUR`, which is no ticker of an asset",
        ),
    ] {
        assert!(MAPPING.contains(from), "{from}");
        let error = Mapping::parse(&MAPPING.replacen(from, to, 1)).expect_err(to);
        assert!(error.what.contains(expected), "{to}: {error}");
    }
}

#[test]
fn words_and_empty_cells_are_what_the_mapping_says() {
    let change = |from: &str, to: &str| {
        assert!(MAPPING.contains(from), "{from}");
        Mapping::parse(&MAPPING.replacen(from, to, 1)).expect(to)
    };
    let row = |cells: &str| format!("{HEADER}\n{cells}\n");
    let country =
        "{account: \"{to}\", country: {column: label, values: {\"1\": DE, \"\": FR}, else: GB}}";
    let with_country = change("{account: \"{to}\"}", country);
    let with_country = |label: &str| {
        let rows =
            mapped(&with_country, &row(&format!("p,2026-03-02 10:00,pay,1,EUR,A:1,B:2,{label}")));
        String::from_utf8(rows.expect("it reads")[0].value.clone()).expect("JSON")
    };
    assert!(with_country("1").contains(r#""creditor":{"account":"B:2","country":"DE"}"#));
    assert!(with_country("0").contains(r#""creditor":{"account":"B:2","country":"GB"}"#));
    // A template with an empty cell is absent as a whole.
    let template = change("\"{from}\"", "\"{what}:{from}\"");
    let rows = mapped(&template, &row("p,2026-03-02 10:00,pay,1,EUR,,B:2,0")).expect("it reads");
    assert_eq!(told(&rows[0]), "p 2026-03-02T09:00:00.000Z transfer/wire 1 EUR, - to B:2 no");
    // A merchant, a channel, a reversal and a fee.
    let more = "merchant: {id: \"{to}\"}\nchannel: {const: online}\nstatus: {const: reversed}\n\
                refers_to: \"{from}\"\nfee: {column: amount}\nlabel: {";
    let rows = mapped(&change("label: {", more), &row("p,2026-03-02 10:00,pay,1,EUR,A:1,B:2,0"));
    let text = String::from_utf8(rows.expect("it reads")[0].value.clone()).expect("JSON");
    for part in [
        r#""channel":"online","status":"reversed","amount":"1","currency":"EUR","fee":"1""#,
        r#""merchant":{"id":"B:2"}"#,
        r#""refers_to":"A:1""#,
        r#""utc_offset_minutes":60"#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn amounts_are_read_as_written_or_rounded_half_to_even() {
    let read = |decimals: Option<&str>, marks: (&str, &str), text: &str, currency: &str| {
        let own = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let written = written::Amount {
            column: "a".to_owned(),
            decimals: decimals.map(str::to_owned),
            point: own(marks.0),
            group: own(marks.1),
        };
        let amount = Amount::try_new(&written, "amount", &mut Names::default()).expect("it reads");
        let currency = Currency::try_new(currency).expect("a code");
        amount.signed(text, &currency).map(|amount| amount.to_string())
    };
    let long = "999999999999999.99";
    for (decimals, text, expected) in [
        (None, "12.50", Some("12.50")),
        (None, "1E+3", None),
        (None, "12.123456789", None),
        (Some("2"), "3697.340000000", Some("3697.34")),
        (Some("2"), "9839.64", Some("9839.64")),
        (Some("2"), "181", Some("181.00")),
        (Some("2"), "1E+3", Some("1000.00")),
        (Some("2"), "1.5e-2", Some("0.02")),
        (Some("2"), "0.025", Some("0.02")),
        (Some("2"), "0.0251", Some("0.03")),
        (Some("2"), "0.0049", Some("0.00")),
        (Some("2"), "0.0004", Some("0.00")),
        (Some("2"), "1e-400", Some("0.00")),
        (Some("2"), "1e400", None),
        (Some("2"), long, Some(long)),
        (Some("2"), "999999999999999.995", None),
        (Some("2"), "NaN", None),
        (Some("2"), "", None),
        (Some("2"), "5.", None),
        (Some("2"), ".5", None),
        (Some("2"), "007", None),
        (Some("2"), "+5", None),
        (Some("2"), "1,000.00", None),
        (Some("2"), "-12.345", Some("-12.34")),
        (Some("2"), "-0.001", Some("0.00")),
        (Some("currency"), "12.345", Some("12.34")),
    ] {
        assert_eq!(read(decimals, ("", ""), text, "EUR").as_deref(), expected, "{text}");
    }
    for (currency, expected) in [("JPY", "12"), ("BHD", "12.345"), ("BTC", "12.34500000")] {
        let found = read(Some("currency"), ("", ""), "12.345", currency);
        assert_eq!(found.as_deref(), Some(expected), "{currency}");
    }
    for (marks, text, expected) in [
        ((",", "."), "1.234.567,5", Some("1234567.50")),
        ((",", "."), "1.234", Some("1234.00")),
        ((",", "."), "1234,5", Some("1234.50")),
        ((",", "."), "12.34", None),
        ((",", "."), "1234.567", None),
        ((",", "."), "1,234.5", None),
        ((",", ""), "1.234", None),
        (("", ","), "1,234.56", Some("1234.56")),
        (("", ","), "1,23.45", None),
        (("", "'"), "1'234.5", Some("1234.50")),
    ] {
        assert_eq!(read(Some("2"), marks, text, "EUR").as_deref(), expected, "{marks:?} {text}");
    }
}

#[test]
fn times_are_read_whole_or_not_at_all() {
    let read = |format: &str, utc_offset: Option<&str>, text: &str| {
        let mut names = Names::default();
        let written = written::Time {
            column: Some("t".to_owned()),
            columns: None,
            format: format.to_owned(),
            start: None,
            step: None,
            utc_offset: utc_offset.map(str::to_owned),
        };
        let time = Time::try_new(&written, &mut names).expect("it reads");
        let record = StringRecord::from(vec![text]);
        let cells = Cells { record: &record, positions: &[0], names: &names, line: 2 };
        time.read(&cells).ok().map(|time| time.to_string())
    };
    for (format, utc_offset, text, expected) in [
        ("%Y/%m/%d %H:%M", None, "2022/09/01 00:20", Some("2022-09-01T00:20:00.000Z")),
        ("%Y/%m/%d %H:%M", None, "2022/9/1 0:20", Some("2022-09-01T00:20:00.000Z")),
        ("%Y/%m/%d %H:%M", Some("-05:30"), "2022/09/01 00:20", Some("2022-09-01T05:50:00.000Z")),
        ("%Y/%m/%d %H:%M", None, "2022/09/01 00:20:00", None),
        ("%Y/%m/%d %H:%M", None, "2022/09/01 24:00", None),
        ("%Y/%m/%d %H:%M", None, "2022/09/01", None),
        ("%Y-%m-%d", None, "2023-02-29", None),
        ("%Y-%m-%d", None, "2024-02-29", Some("2024-02-29T00:00:00.000Z")),
        ("%d %b %Y", None, "2 Mar 2026", Some("2026-03-02T00:00:00.000Z")),
        ("%d %b %Y", None, "2 Mrz 2026", None),
        ("%m/%d/%Y %I:%M:%S %p", None, "1/31/2026 12:05:09 am", Some("2026-01-31T00:05:09.000Z")),
        ("%m/%d/%Y %I:%M:%S %p", None, "1/31/2026 12:05:09 PM", Some("2026-01-31T12:05:09.000Z")),
        ("%m/%d/%Y %I:%M:%S %p", None, "1/31/2026 13:05:09 PM", None),
        (
            "%Y-%m-%dT%H:%M:%S.%f%z",
            Some("+01:00"),
            "2026-03-02T10:00:00.123456+02:00",
            Some("2026-03-02T08:00:00.123Z"),
        ),
        ("%Y%m%d%H%M%S%z", None, "20260302100000Z", Some("2026-03-02T10:00:00.000Z")),
        ("%Y%m%d%H%M%S%z", None, "20260302100000-0130", Some("2026-03-02T11:30:00.000Z")),
        ("rfc3339", None, "2026-03-02T10:00:00+02:00", Some("2026-03-02T08:00:00.000Z")),
        ("rfc3339", None, "2026-03-02", None),
        ("epoch_seconds", None, "1451606400", Some("2016-01-01T00:00:00.000Z")),
        ("epoch_seconds", None, "1451606400.5", None),
        ("epoch_seconds", None, "99999999999999999999", None),
        ("epoch_millis", None, "1451606400123", Some("2016-01-01T00:00:00.123Z")),
        ("epoch_millis", None, "", None),
    ] {
        assert_eq!(read(format, utc_offset, text).as_deref(), expected, "{format} {text}");
    }
}

#[test]
fn nothing_of_a_row_is_shown_by_accident() {
    let mapping = Mapping::parse(MAPPING).expect("the mapping of the tests");
    let file = format!("{HEADER}\nCANARY,2026-03-02 10:00,pay,12.50,EUR,CANARY:1,B:2,0\n");
    let rows = mapped(&mapping, &file).expect("it reads");
    assert_eq!(rows.len(), 1);
    assert!(!format!("{rows:?}").contains(CANARY));
    let mut rows = mapping.rows(file.as_bytes()).expect("it opens");
    rows.next_row().expect("it reads");
    assert!(!format!("{rows:?}").contains(CANARY));
    // What is no UTF-8 is an error of its row.
    let bytes = [file.as_bytes(), b"p2,\xff,pay,1,EUR,A,B,0\n"].concat();
    let mut rows = mapping.rows(bytes.as_slice()).expect("it opens");
    rows.next_row().expect("the first row reads");
    assert_eq!(rows.next_row().expect_err("not UTF-8").to_string(), "line 3: is not UTF-8");
}
