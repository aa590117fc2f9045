//! Values and bytes there and back.

use super::generate::Dice;
use super::{LIST_ROW, PARTY, PAYMENT, list_row, party, payment};
use crate::{Progress, encode_list_row, encode_party, encode_payment};
use proptest::prelude::*;

fn written<T>(value: &T, encode: fn(&T, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out);
    out
}

/// Whatever the bytes are, no decoder panics, and what one accepts survives the round trip.
fn check_bytes(bytes: &[u8]) {
    if let Ok(found) = payment(bytes) {
        let again = written(&found, |payment, out| encode_payment(payment, out));
        assert_eq!(payment(&again).as_ref(), Ok(&found));
        assert_eq!(payment(&again).unwrap().content_hash(), found.content_hash());
    }
    if let Ok(found) = party(bytes) {
        assert_eq!(party(&written(&found, encode_party)), Ok(found));
    }
    if let Ok(found) = list_row(bytes) {
        assert_eq!(list_row(&written(&found, encode_list_row)), Ok(found));
    }
    if let Ok(found) = Progress::decode(bytes) {
        assert_eq!(Progress::decode(&found.encode()).unwrap(), found);
    }
}

/// Replaces, removes, repeats or inserts, near anything.
fn mutate(mut bytes: Vec<u8>, edits: &[(u16, u8, u8)]) -> Vec<u8> {
    const TOKENS: [&[u8]; 12] =
        [b"{", b"}", b"[", b"]", b",", b":", b"\"", b"null", b"1e9", b"\\u0000", b"\xff", b"-0.5"];
    for &(at, what, with) in edits {
        let at = usize::from(at) % bytes.len().max(1);
        let end = bytes.len().min(at + usize::from(with % 16));
        let token = TOKENS[usize::from(with) % TOKENS.len()];
        match what % 4 {
            0 => drop(bytes.splice(at..(at + 1).min(bytes.len()), [with])),
            1 => drop(bytes.splice(at..end, [])),
            2 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            _ => drop(bytes.splice(at..end.min(at + token.len()), token.iter().copied())),
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<(u16, u8, u8)>> {
    prop::collection::vec(any::<(u16, u8, u8)>(), 1..4)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1000))]

    #[test]
    fn random_values_survive(seed in prop::collection::vec(any::<u8>(), 0..3000)) {
        let made = Dice::new(&seed).payment();
        let bytes = written(&made, |payment, out| encode_payment(payment, out));
        let read = payment(&bytes);
        prop_assert_eq!(read.as_ref(), Ok(&made));
        let again = written(&read.unwrap(), |payment, out| encode_payment(payment, out));
        prop_assert_eq!(again, bytes);
        let made = Dice::new(&seed).party();
        prop_assert_eq!(party(&written(&made, encode_party)), Ok(made));
        let made = Dice::new(&seed).list_row();
        prop_assert_eq!(list_row(&written(&made, encode_list_row)), Ok(made));
    }
}

proptest! {
    #![proptest_config(config(5000))]

    #[test]
    fn mutated_bytes_never_panic_and_what_is_accepted_survives(edits in edits(), which in 0..4) {
        let progress = Progress { bundle: "0".repeat(64), chain: "0".into(), ..Progress::default() };
        check_bytes(&mutate(match which {
            0 => PAYMENT.into(),
            1 => PARTY.into(),
            2 => LIST_ROW.into(),
            _ => progress.encode(),
        }, &edits));
    }

    #[test]
    fn mutated_random_payments(
        seed in prop::collection::vec(any::<u8>(), 0..2000), edits in edits()
    ) {
        let made = Dice::new(&seed).payment();
        check_bytes(&mutate(written(&made, |payment, out| encode_payment(payment, out)), &edits));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check_bytes(&bytes);
    }
}

#[test]
fn the_full_records_of_the_tests_survive() {
    for record in [PAYMENT, PARTY, LIST_ROW] {
        check_bytes(record.as_bytes());
    }
    assert!(party(PARTY.as_bytes()).is_ok() && list_row(LIST_ROW.as_bytes()).is_ok());
}

/// A field that is swapped with another on both ways survives a round trip; here it does not.
#[test]
fn names_mean_what_they_say() {
    let record = PAYMENT.replacen(
        "{\"schema",
        "{\"travel\":{\"from\":\"A\",\"to\":\"B\"},\"cash\":{\"notes_in\":[{\"value\":\"5\",\"count\":2}]},\
         \"ultimate_debtor\":{\"phone\":\"00000000000000aa\",\"email\":\"00000000000000bb\",\
         \"address\":\"00000000000000cc\"},\"schema",
        1,
    );
    let found = payment(record.as_bytes()).unwrap();
    let shown = |text: &Option<palermo_domain::Text<'_>>| {
        text.as_ref().map(|text| text.expose().to_string()).unwrap_or_default()
    };
    assert_eq!(shown(&found.debtor.account), "BANK:104422");
    assert_eq!(shown(&found.debtor.party), "CUS-104422");
    assert_eq!(shown(&found.creditor.account), "OTHER:77310001");
    assert_eq!(shown(&found.creditor.name), "Acme Rent");
    assert_eq!(found.debtor.place.region.as_deref(), Some("US-NY"));
    let coordinates = found.terminal.and_then(|terminal| terminal.place.coordinates).unwrap();
    assert_eq!((coordinates.0.0, coordinates.1.0), (42_890_000, -78_880_000));
    let travel = found.travel.unwrap();
    assert_eq!((shown(&travel.from), shown(&travel.to)), ("A".into(), "B".into()));
    let cash = found.cash.unwrap();
    assert_eq!((cash.notes_in.len(), cash.notes_in[0].count, cash.notes_out.len()), (1, 2, 0));
    let ultimate = found.ultimate_debtor.unwrap();
    assert!(found.ultimate_creditor.is_none());
    for (field, end) in
        [(&ultimate.phone, "aa"), (&ultimate.email, "bb"), (&ultimate.address, "cc")]
    {
        assert!(shown(field).ends_with(end));
    }
    let found = party(PARTY.as_bytes()).unwrap();
    let account = &found.accounts[0];
    assert!(account.opened < account.closed);
    assert_eq!([true, false], [account.holder, found.accounts[1].holder]);
    assert_eq!(found.hours[0].days, 0b100_0001);
    assert_eq!((found.hours[0].open_minute, found.hours[0].close_minute), (540, 150));
    assert!(found.relations[0].since < found.relations[0].until);
    assert!(found.since > found.incorporated);
    assert_eq!(found.events[0].by.as_ref().map(|by| by.expose().as_str()), Some("STAFF-1"));
    let found = list_row(LIST_ROW.as_bytes()).unwrap();
    let fields: Vec<_> = found.fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(fields, [("fixed", "true"), ("per_base", "1.1042")]);
    assert!(Some(found.valid_from) < found.valid_to);
}
