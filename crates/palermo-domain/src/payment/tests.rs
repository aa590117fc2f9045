//! Sees: a part of a payment that prints what it holds. Every field that is not of a closed list holds
//! a canary here; a new field must be filled, as the literal names them all.

use super::*;
use crate::MicroDegrees;

/// In every text, and as the digits of every number.
const CANARIES: [&str; 3] = ["canary", "7741", "2077"];

fn text() -> Option<Text<'static>> {
    Some(Redacted::new(Cow::Borrowed("canary")))
}

fn plain() -> Option<Cow<'static, str>> {
    Some(Cow::Borrowed("canary"))
}

fn number() -> Option<Decimal> {
    Some(Decimal::new(7741, 2))
}

fn day() -> Option<Date> {
    Date::parse("2077-01-01").ok()
}

fn place() -> PlaceText<'static> {
    PlaceText {
        country: plain(),
        region: plain(),
        town: plain(),
        locode: plain(),
        coordinates: Some((MicroDegrees(7741), MicroDegrees(-7741))),
    }
}

fn end() -> End<'static> {
    End {
        account: text(),
        party: text(),
        name: text(),
        kind: None,
        bank: plain(),
        place: place(),
        alias: text(),
        phone: text(),
        email: text(),
        address: text(),
        wallet: text(),
        ours: Some(true),
        balance_after: number(),
    }
}

fn side() -> Option<CryptoSide<'static>> {
    let exposure_percent = number();
    let (cluster, label, as_of) = (text(), text(), day());
    Some(CryptoSide { cluster, label, as_of, exposure_percent, ..CryptoSide::default() })
}

fn full() -> Payment<'static> {
    let notes = vec![CashNotes { value: Decimal::from(7741), count: 7741 }];
    Payment {
        payment_id: Redacted::new(Cow::Borrowed("canary")),
        event_time: EventTime::parse("2077-01-01T00:00:00Z").unwrap(),
        utc_offset_minutes: Some(60),
        kind: PaymentKind::Transfer,
        rail: Rail::Ach,
        channel: None,
        status: Status::Booked,
        amount: Decimal::new(7741, 2),
        currency: Currency::try_new("EUR").unwrap(),
        fee: number(),
        debtor: end(),
        creditor: end(),
        ultimate_debtor: Some(Box::new(end())),
        ultimate_creditor: Some(Box::new(end())),
        conductor: Some(Conductor { party: text(), document: text(), is_holder: Some(true) }),
        merchant: Some(Merchant {
            id: text(),
            mcc: None,
            name: text(),
            domain: text(),
            place: place(),
        }),
        terminal: Some(Terminal { id: text(), kind: None, place: place() }),
        device: Some(Device { id: text(), ip: text(), ip_country: plain() }),
        card: Some(Card { token: text(), ..Card::default() }),
        crypto: Some(Box::new(Crypto {
            tx_hash: text(),
            chain: None,
            debtor: side(),
            creditor: side(),
        })),
        travel: Some(Box::new(Travel {
            one_way: Some(true),
            passengers: Some(1),
            from: text(),
            to: text(),
            to_country: plain(),
            depart: day(),
            booking: text(),
            travelers: vec![Redacted::new(Cow::Borrowed("canary"))],
        })),
        cash: Some(Box::new(Cash { notes_in: notes.clone(), notes_out: notes, coins: number() })),
        stay: Some(Stay { check_in: day(), nights: Some(7741), rooms: None }),
        service: Some(Service { kind: None, reference: text() }),
        check: Some(Check { payee: text(), number: text() }),
        purpose: plain(),
        relation: None,
        text: text(),
        end_to_end_id: text(),
        uetr: text(),
        refers_to: text(),
        gross_amount: number(),
        counter_amount: number(),
        counter_currency: None,
        entity: plain(),
        batch: plain(),
        source: plain(),
    }
}

#[test]
fn nothing_of_a_payment_or_its_parts_prints_what_it_holds() {
    let payment = full();
    let shown = [
        format!("{payment:?}"),
        format!("{payment:#?}"),
        format!("{:?} {:?}", payment.debtor, payment.debtor.place.to_place()),
        format!("{:?} {:?}", payment.ultimate_debtor, payment.conductor),
        format!("{:?} {:?} {:?}", payment.merchant, payment.terminal, payment.device),
        format!("{:?} {:?} {:?}", payment.card, payment.crypto, payment.travel),
        format!("{:?} {:?} {:?}", payment.cash, payment.stay, payment.service),
        format!("{:?} {:?} {:?}", payment.check, payment.text, payment.refers_to),
    ];
    for shown in shown {
        for canary in CANARIES {
            assert!(!shown.contains(canary), "{shown}");
        }
    }
    assert_eq!(format!("{payment:?}"), "Payment { kind: Transfer, rail: Ach, status: Booked, .. }");
}
