//! Small streams written by hand, for cases that have a name.

use crate::harness::with_end;
use palermo_domain::{Decimal, EventTime, PaymentKind, Rail};
use palermo_testkit::Owned;
use palermo_testkit::scene::{Arrival, START, blank, text as word};
use palermo_testkit::world::World;

const HOUR_MS: i64 = 3_600_000;

pub fn nobody() -> World {
    World { base: crate::rules::usd(), rates: Vec::new(), parties: Vec::new() }
}

pub fn transfer(id: &str, hour: i64, from: &str, to: &str, cents: i64) -> Owned {
    let mut payment = blank(id.to_owned());
    payment.event_time = EventTime(START.midnight().0 + hour * HOUR_MS);
    payment.currency = crate::rules::usd();
    payment.amount = Decimal::new(cents, 2);
    payment.debtor.account = Some(word(from));
    payment.creditor.account = Some(word(to));
    payment
}

pub fn wage(id: &str, hour: i64, to: &str) -> Owned {
    let mut payment = transfer(id, hour, "BANK:W", to, 100);
    payment.kind = PaymentKind::Payroll;
    payment.rail = Rail::Ach;
    payment.purpose = Some("SALA".into());
    payment
}

pub fn at(payment: Owned, hours_later: i64) -> Arrival {
    let at = payment.event_time.0 + hours_later * HOUR_MS;
    Arrival { payment, at, partition: 0 }
}

pub fn arrivals(mut all: Vec<Arrival>) -> Vec<Arrival> {
    all.sort_by_key(|arrival| arrival.at);
    with_end(all, 1, 90)
}

/// A finding on `BANK:A` after 30 hours: two senders, two small debits in a day.
pub fn finding() -> Vec<Arrival> {
    vec![
        at(transfer("P1", 0, "BANK:B", "BANK:A", 50_000), 0),
        at(transfer("P2", 6, "BANK:C", "BANK:A", 50_000), 0),
        at(transfer("P3", 24, "BANK:A", "BANK:D", 1_000), 0),
        at(transfer("P4", 30, "BANK:A", "BANK:D", 1_000), 0),
    ]
}
