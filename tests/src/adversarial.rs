//! Records made to break a reader, each with the fate that it must meet.
//!
//! One list for the test that plays it through the engine and for the table of what is proved. The
//! numbers are those of the threat list: rows of one letter and number are variants of one attack. What
//! is refused must be refused by this reason and kept unchanged, and nothing around it may change.

use palermo_domain::{DeadLetterReason, Fate};

/// A record, and what must become of it.
#[derive(Clone, Debug)]
pub struct Adversary {
    /// Its number, with a letter for variants.
    pub id: &'static str,
    /// What it is, in plain words.
    pub what: &'static str,
    /// Its value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: usize,
    /// The fate, and the reason where that is `dead_letter`.
    pub fate: Fate,
    /// See above.
    pub reason: Option<DeadLetterReason>,
}

/// The time of the good payments around it, and of the record itself.
pub const TIME: &str = "2026-09-06T09:25:00Z";

/// A payment that nothing is wrong with.
pub fn good(id: &str) -> String {
    format!(
        "{{\"schema\":\"payment.v1\",\"payment_id\":\"{id}\",\"event_time\":\"{TIME}\",\
         \"kind\":\"transfer\",\"rail\":\"sct_inst\",\"channel\":\"online\",\"amount\":\"12.00\",\
         \"currency\":\"USD\",\"debtor\":{{\"account\":\"B:1\"}},\"creditor\":{{\"account\":\"B:2\",\
         \"name\":\"Acme\"}},\"text\":\"rent\"}}"
    )
}

/// What is edited in the good payment, and by what.
type Edit = (&'static str, &'static str);

fn edited((from, to): Edit) -> String {
    let text = good("adversary").replacen(from, to, 1);
    assert!(text != good("adversary"), "`{from}` is not in the record");
    text
}

fn deep(levels: usize) -> String {
    let nested = format!("{{\"x\":{}1{},\"schema", "[".repeat(levels), "]".repeat(levels));
    good("adversary").replacen("{\"schema", &nested, 1)
}

fn many(count: usize) -> String {
    let fields: String = (0..count).map(|n| format!("\"f{n}\":1,")).collect();
    good("adversary").replacen("{\"schema", &format!("{{{fields}\"schema"), 1)
}

fn items(count: usize) -> String {
    let items = format!("{{\"x\":[{}1],\"schema", "1,".repeat(count));
    good("adversary").replacen("{\"schema", &items, 1)
}

/// Edits of a good payment, with what must become of each.
const EDITS: &[(&str, &str, Edit, Result<Fate, DeadLetterReason>)] = {
    use DeadLetterReason as R;
    use Fate::{Duplicate, Processed};
    &[
        ("A03", "a payment to oneself", ("B:2", "B:1"), Ok(Processed)),
        ("A06a", "a time in 1970", (TIME, "1970-01-01T00:00:00Z"), Err(R::TimeRange)),
        (
            "A06b",
            "a time in 9999, to run the watermark away",
            (TIME, "9999-12-31T23:59:59Z"),
            Err(R::TimeRange),
        ),
        (
            "A06c",
            "a time ten minutes ahead of the record",
            (TIME, "2026-09-06T09:35:00Z"),
            Err(R::TimeRange),
        ),
        (
            "A06d",
            "microseconds since 1970 in the place of a time",
            ("\"2026-09-06T09:25:00Z\"", "1788686700000000"),
            Err(R::FieldType),
        ),
        ("A06e", "a day that does not exist", (TIME, "2026-02-30T09:25:00Z"), Err(R::Time)),
        (
            "A12a",
            "an amount of zero: allowed, as for a refused attempt",
            ("12.00", "0.00"),
            Ok(Processed),
        ),
        ("A12b", "a negative amount", ("12.00", "-12.00"), Err(R::Amount)),
        (
            "A12c",
            "an amount of thirty digits",
            ("12.00", "999999999999999999999999999999"),
            Err(R::Amount),
        ),
        (
            "A12d",
            "an amount of twenty-nine decimals",
            ("12.00", "1.00000000000000000000000000001"),
            Err(R::Amount),
        ),
        ("A12e", "an amount with an exponent", ("12.00", "1e5"), Err(R::Amount)),
        ("A12f", "minus zero", ("12.00", "-0"), Err(R::Amount)),
        ("A12g", "not a number", ("12.00", "NaN"), Err(R::Amount)),
        ("A12h", "an amount with a thousands separator", ("12.00", "1,000.00"), Err(R::Amount)),
        ("A12i", "an amount with an underscore", ("12.00", "1_000"), Err(R::Amount)),
        ("A12j", "an empty amount", ("12.00", ""), Err(R::Amount)),
        (
            "A12k",
            "an amount as a number, which a float would round",
            ("\"12.00\"", "9007199254740993.01"),
            Err(R::FieldType),
        ),
        ("A12l", "no amount", ("\"amount\":\"12.00\",", ""), Err(R::MissingField)),
        ("A12m", "digits of another script", ("12.00", "\u{0661}\u{0662}"), Err(R::Amount)),
        ("A13a", "a currency that is none", ("USD", "ZZZ"), Err(R::Currency)),
        ("A13b", "a currency in small letters", ("USD", "usd"), Err(R::Currency)),
        ("A13c", "yen with decimals", ("USD", "JPY"), Err(R::Amount)),
        (
            "A13d",
            "a currency without a rate: in no sum, and counted",
            ("USD", "CHF"),
            Ok(Processed),
        ),
        ("A14", "the same payment again", ("adversary", "before"), Ok(Duplicate)),
        (
            "A15",
            "the same id with another amount",
            (
                "adversary\",\"event_time\":\"2026-09-06T09:25:00Z\",\"kind\":\"transfer\",\"rail\":\"sct_inst\",\"channel\":\"online\",\"amount\":\"12.00",
                "before\",\"event_time\":\"2026-09-06T09:25:00Z\",\"kind\":\"transfer\",\"rail\":\"sct_inst\",\"channel\":\"online\",\"amount\":\"13.00",
            ),
            Err(R::Conflict),
        ),
        (
            "A16a",
            "a field twice",
            ("\"kind\"", "\"kind\":\"fee\",\"kind\""),
            Err(R::DuplicateField),
        ),
        (
            "A16b",
            "a field twice, once with an escape",
            ("\"kind\"", "\"\\u006bind\":\"fee\",\"kind\""),
            Err(R::DuplicateField),
        ),
        (
            "A17a",
            "no account of the debtor: allowed, and it joins nobody",
            ("\"account\":\"B:1\"", ""),
            Ok(Processed),
        ),
        ("A17b", "an account of null", ("\"B:1\"", "null"), Err(R::FieldType)),
        ("A17c", "an account whose text is `null`", ("B:1", "null"), Err(R::Identifier)),
        ("A17d", "an account whose text is `0`", ("B:1", "0"), Err(R::Identifier)),
        ("A17e", "an empty account", ("B:1", ""), Err(R::FieldLength)),
        ("A17f", "an account of spaces", ("B:1", "   "), Err(R::Identifier)),
        ("A18a", "a Cyrillic letter in an account", ("B:1", "\u{0412}:1"), Err(R::Identifier)),
        ("A18b", "a zero-width space in an account", ("B:1", "B\u{200b}:1"), Err(R::Identifier)),
        (
            "A18c",
            "an override of writing direction in an account",
            ("B:1", "B\u{202e}:1"),
            Err(R::Identifier),
        ),
        ("A19a", "a NUL in an account", ("B:1", "B\\u0000:1"), Err(R::Identifier)),
        (
            "A19b",
            "line breaks in an account, to forge a log line",
            ("B:1", "B\\r\\n:1"),
            Err(R::Identifier),
        ),
        (
            "A19c",
            "a look-up of a logging library in a text: kept as it is",
            ("rent", "${jndi:ldap://x}"),
            Ok(Processed),
        ),
        (
            "A19d",
            "a script, a formula and an escape sequence in a name: kept as they are",
            ("Acme", "=cmd()<script>\\u001b[2J"),
            Ok(Processed),
        ),
        ("A20", "a name of ten thousand letters", ("Acme", NAME), Err(R::FieldLength)),
        ("A23", "another version of the schema", ("payment.v1", "payment.v2"), Err(R::WrongSchema)),
        (
            "A57a",
            "a type that changed: an amount as an object",
            ("\"12.00\"", "{\"value\":\"12.00\"}"),
            Err(R::FieldType),
        ),
        (
            "A57b",
            "a word that the schema does not know",
            ("\"transfer\"", "\"teleport\""),
            Err(R::FieldValue),
        ),
        (
            "A57c",
            "a new field that nobody knows: ignored, and counted by name",
            ("\"rail\"", "\"new_field\":{\"a\":[1]},\"rail\""),
            Ok(Processed),
        ),
    ]
};

/// Ten thousand letters.
const NAME: &str = {
    const LETTERS: [u8; 10_000] = [b'a'; 10_000];
    match std::str::from_utf8(&LETTERS) {
        Ok(text) => text,
        Err(_) => "",
    }
};

/// Every one of them.
pub fn all() -> Vec<Adversary> {
    use DeadLetterReason as R;
    let dead = |id, what, value: Option<Vec<u8>>, reason| Adversary {
        id,
        what,
        value,
        headers: 0,
        fate: Fate::DeadLetter,
        reason: Some(reason),
    };
    let mut all: Vec<Adversary> = EDITS
        .iter()
        .map(|&(id, what, edit, outcome)| Adversary {
            id,
            what,
            value: Some(edited(edit).into_bytes()),
            headers: 0,
            fate: outcome.unwrap_or(Fate::DeadLetter),
            reason: outcome.err(),
        })
        .collect();
    let text = |text: String| Some(text.into_bytes());
    all.extend([
        dead("A09a", "a record of two megabytes", Some(vec![b' '; 2 << 20]), R::TooLarge),
        dead(
            "A09b",
            "a hundred thousand levels in an unknown field",
            text(deep(100_000)),
            R::TooLarge,
        ),
        dead("A10a", "twenty levels in an unknown field", text(deep(20)), R::TooDeep),
        dead("A10b", "five thousand fields", text(many(5_000)), R::TooManyFields),
        dead("A10c", "five thousand items of a list", text(items(5_000)), R::TooManyFields),
        dead("A22a", "a tombstone", None, R::Empty),
        dead("A22b", "no bytes at all", Some(Vec::new()), R::Empty),
        Adversary {
            headers: 10_000,
            ..dead("A22c", "ten thousand headers", text(good("adversary")), R::Headers)
        },
        dead("A27a", "bytes that are no text", Some(vec![0xff, 0xfe, 0x00]), R::NotUtf8),
        dead("A27b", "a text that is no object", text("\"payment\"".into()), R::NotJson),
        dead("A27c", "half a record", text(good("adversary")[..80].to_owned()), R::NotJson),
        dead("A27d", "half of a pair of surrogates", text(edited(("Acme", "\\ud800"))), R::NotJson),
        dead(
            "A27e",
            "a byte-order mark",
            text(format!("\u{feff}{}", good("adversary"))),
            R::NotJson,
        ),
        dead("A27f", "two objects in one record", text(good("adversary").repeat(2)), R::NotJson),
    ]);
    all.sort_by_key(|one| one.id);
    all
}
