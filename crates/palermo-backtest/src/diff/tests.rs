//! Rows of alerts before and after, and what each pair is called.

use super::*;
use crate::told::tests::told;
use palermo_domain::alert::Action;

/// An alert of a row: `id typology anchor at payments score`, payments as `a-d` or `a,b`.
fn one(row: &str) -> Told {
    let fields: Vec<&str> = row.split_whitespace().collect();
    let [id, typology, anchor, at, payments, score] = fields[..] else { panic!("{row}") };
    let mut told = told(id, typology, anchor, at.parse().unwrap());
    told.evidence = payments.split(',').map(str::to_owned).collect();
    told.score = score.parse().unwrap();
    told
}

#[expect(clippy::arithmetic_side_effects, reason = "small numbers written here")]
/// `before` and `after`, and each difference as `change before>after`.
fn check(before: &[&str], after: &[&str], expected: &[&str]) {
    let read = |rows: &[&str]| rows.iter().map(|row| one(row)).collect::<Vec<_>>();
    let (before, after) = (read(before), read(after));
    let none = BTreeMap::new();
    let compared = compare(&before, &after, &none, &none);
    let ids = |all: &[&Told]| all.iter().map(|told| told.id.as_str()).collect::<Vec<_>>().join("+");
    let found: Vec<String> = compared
        .all
        .iter()
        .map(|one| format!("{} {}>{}", one.change.as_str(), ids(&one.before), ids(&one.after)))
        .collect();
    assert_eq!(found, expected, "{before:?} {after:?}");
    let all: usize = compared.all.iter().map(|one| one.before.len() + one.after.len()).sum();
    assert_eq!(all, before.len() + after.len(), "each is in one difference");
    // The other way round every name is the other one.
    let back = compare(&after, &before, &none, &none);
    for (change, other) in [
        (Change::Lost, Change::New),
        (Change::Later, Change::Earlier),
        (Change::Split, Change::Merged),
        (Change::Merged, Change::Split),
        (Change::Rescored, Change::Rescored),
        (Change::Same, Change::Same),
    ] {
        assert_eq!(compared.count(change), back.count(other), "{change:?}");
    }
}

#[test]
fn every_alert_has_one_fate() {
    let a = "1 CT-14 account/A 10 a,b,c 60";
    for (before, after, expected) in [
        (&[][..], &[][..], &[][..]),
        (&[a], &[a], &["same 1>1"]),
        (&[a], &[], &["lost 1>"]),
        (&[], &[a], &["new >1"]),
        (&[a], &["1 CT-14 account/A 11 a,x,y,z 60"], &["later 1>1"]),
        (&[a], &["1 CT-14 account/A 9 a 60"], &["earlier 1>1"]),
        (&[a], &["1 CT-14 account/A 10 a,b,c 70"], &["rescored 1>1"]),
        // Another typology at the same anchor is another matter.
        (&[a], &["2 CT-01 account/A 10 a,b,c 60"], &["lost 1>", "new >2"]),
        // Another anchor with half of the evidence is the same; with less it is not.
        (&[a], &["2 CT-14 party/P 10 a,b,c,d,e,f 60"], &["same 1>2"]),
        (&[a], &["2 CT-14 party/P 10 a,b,c,d,e,f,g 60"], &["lost 1>", "new >2"]),
        // A candidate that misses the first episode counts the second as its first.
        (
            &[a, "2 CT-14 account/A 900 x 60"],
            &["1 CT-14 account/A 900 x 60"],
            &["lost 1>", "same 2>1"],
        ),
        // Two that share all of their evidence are told apart by their anchors.
        (
            &["1 CT-14 account/A 10 a,b 60", "2 CT-14 account/B 11 a,b 60"],
            &["2 CT-14 account/B 10 a,b 60", "1 CT-14 account/A 11 a,b 60"],
            &["later 1>1", "earlier 2>2"],
        ),
        // One anchor, later episodes: other matters.
        (&[a], &["2 CT-14 account/A 900 x,y 60"], &["lost 1>", "new >2"]),
        (&[a], &["2 CT-14 account/B 10 a,b 60", "3 CT-14 account/C 10 b,c 60"], &["split 1>2+3"]),
        (&["2 CT-14 account/B 10 a,b 60", "3 CT-14 account/C 12 b,c 60"], &[a], &["merged 2+3>1"]),
    ] {
        check(before, after, expected);
    }
}

#[test]
fn held_back_and_shadow_are_no_alerts_and_a_retraction_is_another_standing() {
    let a = one("1 CT-14 account/A 10 a 60");
    let held = Told { held_back: true, ..a.clone() };
    let shadow = Told { mode: palermo_domain::alert::Mode::Shadow, ..a.clone() };
    let retracted = Told { last: Action::Retracted, ..a.clone() };
    let none = BTreeMap::new();
    let change = |after: &Told| {
        let (before, after) = ([a.clone()], [after.clone()]);
        compare(&before, &after, &none, &none).all[0].change
    };
    assert_eq!(change(&held), Change::Lost);
    assert_eq!(change(&shadow), Change::Lost);
    assert_eq!(change(&retracted), Change::Rescored);
}

#[test]
fn the_reason_is_that_of_who_did_not_tell() {
    let before = [one("1 CT-14 account/A 10 a 60"), one("2 CT-14 account/B 10 b 60")];
    let after = [one("3 CT-14 account/C 10 c 60"), one("2 CT-14 account/B 12 b 60")];
    let why = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(id, why)| ((*id).to_owned(), (*why).to_owned())).collect()
    };
    let said_before = why(&[("3", "too few before")]);
    let said_after = why(&[("1", "senders: 30, needs >= 40"), ("2", "not yet")]);
    let compared = compare(&before, &after, &said_before, &said_after);
    let reasons: Vec<(Change, Option<&str>)> =
        compared.all.iter().map(|one| (one.change, one.reason.as_deref())).collect();
    assert_eq!(
        reasons,
        [
            (Change::Lost, Some("senders: 30, needs >= 40")),
            (Change::New, Some("too few before")),
            (Change::Later, Some("not yet")),
        ]
    );
}
