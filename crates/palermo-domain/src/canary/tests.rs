//! Sees: an identifier that may stand on either side unnoticed. Every field that names an account, a
//! person or a thing is exchanged by itself.

use super::*;
use crate::{
    Card, Currency, Device, EventTime, Merchant, PaymentKind, Rail, Redacted, Status, Terminal,
};
use rust_decimal::Decimal;
use std::borrow::Cow;

const HASH: &str = "ca9a47f00dca9a47ab12";
const REAL_HASH: &str = "00000000000000a1";

fn text(text: &'static str) -> Option<Text<'static>> {
    Some(Redacted::new(Cow::Borrowed(text)))
}

fn end(id: &'static str, hash: &'static str) -> End<'static> {
    End {
        account: text(id),
        party: text(id),
        name: text("Maria Muster"),
        alias: text(id),
        phone: text(hash),
        email: text(hash),
        address: text(hash),
        wallet: text(id),
        ..End::default()
    }
}

/// A payment with every identifier, all of them these.
fn full(id: &'static str, hash: &'static str) -> Payment<'static> {
    Payment {
        payment_id: Redacted::new(Cow::Borrowed(id)),
        event_time: EventTime::parse("2026-03-02T00:00:00Z").unwrap(),
        utc_offset_minutes: None,
        kind: PaymentKind::Transfer,
        rail: Rail::Ach,
        channel: None,
        status: Status::Booked,
        amount: Decimal::ONE,
        currency: Currency::try_new("EUR").unwrap(),
        fee: None,
        debtor: end(id, hash),
        creditor: end(id, hash),
        ultimate_debtor: Some(Box::new(end(id, hash))),
        ultimate_creditor: Some(Box::new(end(id, hash))),
        conductor: Some(Conductor { party: text(id), document: text(hash), is_holder: None }),
        merchant: Some(Merchant {
            id: text(id),
            domain: text("advert.example"),
            ..Merchant::default()
        }),
        terminal: Some(Terminal { id: text(id), ..Terminal::default() }),
        device: Some(Device { id: text(id), ..Device::default() }),
        card: Some(Card { token: text(id), ..Card::default() }),
        crypto: None,
        travel: None,
        cash: None,
        stay: None,
        service: None,
        check: None,
        purpose: None,
        relation: None,
        text: text("CANARY:CT-01:1:1"),
        end_to_end_id: None,
        uetr: None,
        refers_to: text(id),
        gross_amount: None,
        counter_amount: None,
        counter_currency: None,
        entity: None,
        batch: None,
        source: None,
    }
}

type Exchange = fn(&mut Payment<'static>, &'static str, &'static str);

/// Every identifier; a new one belongs here.
const FIELDS: &[(&str, Exchange)] = &[
    ("payment_id", |p, id, _| p.payment_id = Redacted::new(Cow::Borrowed(id))),
    ("refers_to", |p, id, _| p.refers_to = text(id)),
    ("debtor.account", |p, id, _| p.debtor.account = text(id)),
    ("debtor.party", |p, id, _| p.debtor.party = text(id)),
    ("debtor.alias", |p, id, _| p.debtor.alias = text(id)),
    ("debtor.wallet", |p, id, _| p.debtor.wallet = text(id)),
    ("debtor.phone", |p, _, hash| p.debtor.phone = text(hash)),
    ("creditor.email", |p, _, hash| p.creditor.email = text(hash)),
    ("creditor.address", |p, _, hash| p.creditor.address = text(hash)),
    ("creditor.account", |p, id, _| p.creditor.account = text(id)),
    ("ultimate_debtor", |p, id, _| p.ultimate_debtor.as_mut().unwrap().account = text(id)),
    ("ultimate_creditor", |p, id, _| p.ultimate_creditor.as_mut().unwrap().party = text(id)),
    ("conductor.party", |p, id, _| p.conductor.as_mut().unwrap().party = text(id)),
    ("conductor.document", |p, _, hash| p.conductor.as_mut().unwrap().document = text(hash)),
    ("merchant.id", |p, id, _| p.merchant.as_mut().unwrap().id = text(id)),
    ("terminal.id", |p, id, _| p.terminal.as_mut().unwrap().id = text(id)),
    ("device.id", |p, id, _| p.device.as_mut().unwrap().id = text(id)),
    ("card.token", |p, id, _| p.card.as_mut().unwrap().token = text(id)),
];

#[test]
fn every_identifier_counts() {
    const CANARY: &str = "CANARY:CT-01:1:1";
    assert_eq!(full(CANARY, HASH).range(), Range::Canary);
    assert_eq!(full("BANK:1", REAL_HASH).range(), Range::Real);
    for (name, exchange) in FIELDS {
        let mut payment = full(CANARY, HASH);
        exchange(&mut payment, "BANK:1", REAL_HASH);
        assert_eq!(payment.range(), Range::Mixed, "{name} of a canary is real");
        let mut payment = full("BANK:1", REAL_HASH);
        exchange(&mut payment, CANARY, HASH);
        assert_eq!(payment.range(), Range::Mixed, "{name} of a real payment is reserved");
    }
}

#[test]
fn the_range_is_what_begins_so() {
    for (id, expected) in
        [("CANARY:", true), ("CANARY:x", true), ("canary:x", false), ("CANARY", false), ("", false)]
    {
        assert_eq!(is_canary(id), expected, "{id}");
    }
    for (hash, expected) in [
        (HASH, true),
        (REAL_HASH, false),
        ("ca9a47f00dca9a47", false),
        ("ca9a47f00dca9a471", true),
        ("0ca9a47f00dca9a471", false),
        // What a feed may write for nothing.
        (&"0".repeat(64), false),
    ] {
        assert_eq!(is_canary_hash(hash), expected, "{hash}");
    }
    for (id, expected) in [
        ("CANARY:CT-14:6f:7", Some("CT-14")),
        ("CANARY:CT-14", None),
        ("BANK:CT-14:7", None),
        ("CANARY::7", Some("")),
    ] {
        assert_eq!(planted(id), expected, "{id}");
    }
}
