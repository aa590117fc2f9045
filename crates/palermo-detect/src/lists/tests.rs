//! Versions, types, places and hashes of lists. Sees a row that counts on the wrong day, a cell of the
//! topic that is typed otherwise than in the file, and a binding that forgets what was sent.

use super::*;
use palermo_domain::{Currency, distance};
use palermo_lang::program::Row;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn sent(key: &str, fields: &[(&str, &str)], from: &str, to: Option<&str>) -> ListRow {
    ListRow {
        list: "limit".into(),
        row: key.into(),
        fields: fields.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect(),
        valid_from: day(from),
        valid_to: to.map(day),
        source: "test".into(),
    }
}

fn rules(columns: &[(&str, Type)], rows: &[(&str, &[&str], &str, Option<&str>)]) -> RuleSet {
    let columns: Vec<(String, Type)> =
        columns.iter().map(|(name, kind)| ((*name).into(), *kind)).collect();
    let row = |(key, cells, from, to): &(&str, &[&str], &str, Option<&str>)| Row {
        key: (*key).into(),
        cells: cells
            .iter()
            .zip(&columns)
            .map(|(text, (_, kind))| Some(program::cell(text, *kind).unwrap()))
            .collect(),
        valid: (day(from), to.map_or(Date(i32::MAX), day)),
    };
    let rows = rows.iter().map(row).collect();
    let (id, version, sha256) = ("limit".into(), "1.0.0".into(), "file".into());
    let list = List { id, version, sha256, reviewed: Date(0), columns, rows };
    RuleSet {
        name: String::new(),
        version: String::new(),
        sha256: String::new(),
        indicators: Vec::new(),
        suppressors: Vec::new(),
        typologies: Vec::new(),
        selections: Vec::new(),
        lists: vec![list],
        modifiers: Vec::new(),
        suppressions: Vec::new(),
    }
}

fn ledger() -> Ledger {
    Ledger::new(Currency::try_new("USD").unwrap())
}

/// The first cell of a key, as text, on a day.
fn cell(list: &BoundList, ledger: &Ledger, key: &str, on: &str) -> Option<String> {
    let key = ledger.atoms.find(key)?;
    list.cell(key, 0, day(on)).map(|node| format!("{node:?}"))
}

const DECIMAL: &[(&str, Type)] = &[("cash", Type::Decimal)];

#[test]
fn of_the_versions_in_force_the_one_that_began_last_counts() {
    let rows: &[(&str, &[&str], &str, Option<&str>)] = &[
        ("USD", &["10"], "2020-01-01", None),
        ("USD", &["20"], "2026-03-01", Some("2026-03-31")),
        ("CAD", &["30"], "2026-05-01", None),
        ("AUD", &["40"], "2020-01-01", Some("2025-12-31")),
    ];
    let mut ledger = ledger();
    let mut topic = Sent::default();
    let (mut lists, _) = topic.bind(&rules(DECIMAL, rows), &mut ledger);
    let later = sent("USD", &[("cash", "99")], "2026-06-01", None);
    topic.apply(&later, &mut lists, &mut ledger).unwrap();
    for (key, on, expected) in [
        ("USD", "2019-12-31", None),
        ("USD", "2026-02-28", Some("10")),
        ("USD", "2026-03-31", Some("20")),
        ("USD", "2026-04-01", Some("10")),
        ("USD", "2026-05-31", Some("10")),
        ("USD", "2026-06-01", Some("99")),
        ("CAD", "2026-04-30", None),
        ("CAD", "2026-05-01", Some("30")),
        ("AUD", "2026-01-01", None),
    ] {
        let found = cell(&lists[0], &ledger, key, on);
        let expected = expected.map(|text| format!("Const(Decimal({text}))"));
        assert_eq!(found, expected, "{key} on {on}");
    }
}

#[test]
fn cells_of_the_topic_have_the_types_of_the_file() {
    for (kind, text, expected) in [
        (Type::Decimal, "-97.4975", Some("Const(Decimal(-97.4975))")),
        (Type::Decimal, "north", None),
        (Type::Int, "12", Some("Const(Int(12))")),
        (Type::Int, "1.5", None),
        (Type::Bool, "false", Some("Const(Bool(false))")),
        (Type::Bool, "yes", None),
        (Type::Duration, "30d", Some("Const(Span(")),
        (Type::Duration, "soon", None),
    ] {
        let mut ledger = ledger();
        let mut topic = Sent::default();
        let (mut lists, _) = topic.bind(&rules(&[("cash", kind)], &[]), &mut ledger);
        let row = sent("USD", &[("cash", text)], "2020-01-01", None);
        let applied = topic.apply(&row, &mut lists, &mut ledger);
        let found = cell(&lists[0], &ledger, "USD", "2026-01-01");
        match expected {
            Some(expected) => {
                assert!(found.is_some_and(|found| found.starts_with(expected)), "{text}");
            }
            None => assert_eq!((applied, found), (Err("fields"), None), "{text}"),
        }
    }
}

#[test]
fn places_follow_the_rows() {
    let columns = &[("lat", Type::Decimal), ("lon", Type::Decimal)];
    let rows: &[(&str, &[&str], &str, Option<&str>)] =
        &[("LAREDO", &["27.5306", "-99.4803"], "2020-01-01", Some("2026-12-31"))];
    let mut ledger = ledger();
    let mut topic = Sent::default();
    let (mut lists, _) = topic.bind(&rules(columns, rows), &mut ledger);
    let near = |lists: &[BoundList], lat: i32, lon: i32, on: &str| {
        let here = (MicroDegrees(lat), MicroDegrees(lon));
        lists[0].any_place(day(on), |place| distance(place, here).0 < 100)
    };
    let (laredo, brownsville) = ((27_530_600, -99_480_300), (25_901_700, -97_497_500));
    assert!(near(&lists, laredo.0, laredo.1, "2026-12-31"));
    assert!(!near(&lists, laredo.0, laredo.1, "2027-01-01"), "expired");
    let row = sent("B", &[("lat", "25.9017"), ("lon", "-97.4975")], "2026-06-01", None);
    topic.apply(&row, &mut lists, &mut ledger).unwrap();
    assert!(!near(&lists, brownsville.0, brownsville.1, "2026-05-31"), "not yet");
    assert!(near(&lists, brownsville.0, brownsville.1, "2026-06-01"));
    topic.remove("limit", "B", &mut lists, &mut ledger);
    topic.remove("limit", "LAREDO", &mut lists, &mut ledger);
    assert!(!near(&lists, brownsville.0, brownsville.1, "2026-06-01"));
    assert!(!near(&lists, laredo.0, laredo.1, "2026-06-01"));
}

#[test]
fn a_binding_knows_what_was_sent_and_has_the_same_hash() {
    let rows: &[(&str, &[&str], &str, Option<&str>)] =
        &[("USD", &["10"], "2020-01-01", None), ("CAD", &["30"], "2020-01-01", None)];
    let (mut ledger, mut other) = (ledger(), ledger());
    let (mut early, mut late) = (Sent::default(), Sent::default());
    let rules = rules(DECIMAL, rows);
    let (mut lists, _) = early.bind(&rules, &mut ledger);
    assert_eq!(lists[0].sha256, "file");
    let all = [
        sent("USD", &[("cash", "1")], "2026-01-01", None),
        sent("USD", &[("cash", "2")], "2026-01-01", None),
        sent("EUR", &[("cash", "3")], "2026-01-01", None),
    ];
    for row in &all {
        early.apply(row, &mut lists, &mut ledger).unwrap();
        // No rule names the list: kept all the same.
        late.apply(row, &mut [], &mut other).unwrap();
    }
    early.remove("limit", "CAD", &mut lists, &mut ledger);
    late.remove("limit", "CAD", &mut [], &mut other);
    let (bound, refused) = late.bind(&rules, &mut other);
    assert_eq!((refused, &bound[0].sha256), (0, &lists[0].sha256));
    assert_ne!(bound[0].sha256, "file");
    for (key, expected) in [("USD", Some("2")), ("EUR", Some("3")), ("CAD", None)] {
        let expected = expected.map(|text| format!("Const(Decimal({text}))"));
        assert_eq!(cell(&lists[0], &ledger, key, "2026-02-01"), expected, "{key}");
        assert_eq!(cell(&bound[0], &other, key, "2026-02-01"), expected, "{key}");
    }
    let (_, refused) = late.bind(&self::rules(&[("cash", Type::Duration)], &[]), &mut other);
    assert_eq!(refused, 2, "rows that no longer fit are counted");
}
