//! Rows against the payments that they were made of.
//!
//! Sees: a field that is lost, rounded, cut or swapped by packing, at the edges of what numbers can
//! be as well; an id that comes back as another text; a row that shows something of a payment that
//! was forgotten and whose number it was given; memory per payment above what is promised.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "small numbers and known texts that the tests make themselves"
)]

mod given;
mod same;

use given::{DAY_MS, any_time, bare, cases, given};
use palermo_domain::{
    Cash, CashNotes, Currency, Decimal, EventTime, IngestTime, Partition, Payment, Text, TopicRole,
};
use palermo_ledger::{Known, Ledger, Origin, Rare, RowId};
use proptest::prelude::*;
use same::same;
use std::borrow::Cow;

fn ledger() -> Ledger {
    Ledger::new(Currency::try_new("USD").unwrap())
}

/// Times of one day.
fn one_day() -> BoxedStrategy<EventTime> {
    (0..DAY_MS).prop_map(EventTime).boxed()
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn a_row_is_its_payment(all in prop::collection::vec(given(any_time), 1..60)) {
        let mut ledger = ledger();
        let mut rows = Vec::new();
        for (payment, origin) in &all {
            // The newest of several with the same id is found or not; the engine gives none twice.
            let new = ledger.find(payment.payment_id.expose()) == Known::New;
            let id = ledger.insert(payment, *origin);
            if new {
                prop_assert_eq!(ledger.find(payment.payment_id.expose()), Known::Seen(id));
            }
            rows.push(id);
        }
        for (id, given) in rows.iter().zip(&all) {
            let row = ledger.row(*id);
            prop_assert!(row.is_some());
            same(&ledger, row.unwrap(), given)?;
            let Known::Seen(found) = ledger.find(given.0.payment_id.expose()) else {
                return Err(TestCaseError::fail("its id is not known"));
            };
            prop_assert_eq!(&*ledger.payment_id(found), given.0.payment_id.expose().as_ref());
        }
        rows.sort_unstable();
        prop_assert_eq!(ledger.row_ids(), rows);
    }

    #[test]
    fn a_number_given_again_shows_only_the_new_payment(
        old in prop::collection::vec(given(one_day), 1..40),
        new in prop::collection::vec(given(one_day), 1..40),
        taken_back in any::<u64>(),
    ) {
        let mut ledger = ledger();
        let mut before = Vec::new();
        for (at, (payment, origin)) in old.iter().enumerate() {
            let id = ledger.insert(payment, *origin);
            if taken_back >> at & 1 == 1 {
                ledger.unlink(id);
                prop_assert!(ledger.row(id).is_some_and(|row| row.reversed()));
            }
            before.push(id);
        }
        prop_assert_eq!(ledger.evict(EventTime(DAY_MS)), old.len() as u64);
        for (id, (payment, _)) in before.iter().zip(&old) {
            prop_assert!(ledger.row(*id).is_none());
            prop_assert_eq!(&*ledger.payment_id(*id), "");
            prop_assert_eq!(ledger.find(payment.payment_id.expose()), Known::New);
        }
        let mut after = Vec::new();
        for (payment, origin) in &new {
            let mut later = payment.clone();
            later.event_time = EventTime(payment.event_time.0 + DAY_MS);
            after.push((ledger.insert(&later, *origin), (later, *origin)));
        }
        prop_assert_eq!(after[0].0, before[0], "numbers are given again");
        for (id, given) in &after {
            same(&ledger, ledger.row(*id).unwrap(), given)?;
        }
        let shown: Vec<RowId> = after.iter().map(|(id, _)| *id).collect();
        for id in before.iter().filter(|id| !shown.contains(id)) {
            prop_assert!(ledger.row(*id).is_none());
        }
    }
}

/// Typical payments: few accounts, one merchant each, UUIDs.
#[test]
fn a_typical_payment_takes_less_than_ninety_bytes() {
    let mut ledger = ledger();
    let (payments, days) = (60_000_i64, 30);
    for n in 0..payments {
        let id = format!("{:08x}-0000-4000-8000-{:012x}", n * 2_654_435_761 % (1 << 32), n);
        let mut payment = bare(&id, EventTime(n * days * DAY_MS / payments));
        for (end, who) in [(&mut payment.debtor, n % 997), (&mut payment.creditor, n % 499)] {
            end.account = Some(Text::new(format!("ACC{who}").into()));
            end.party = Some(Text::new(format!("CUS{who}").into()));
            end.ours = Some(true);
        }
        let origin = Origin {
            partition: Partition { role: TopicRole::Payments, index: 3 },
            offset: n,
            ingest: IngestTime(payment.event_time.0 + 700),
        };
        ledger.insert(&payment, origin);
    }
    let rows = ledger.bytes().rows as i64;
    assert!(rows < 90 * payments, "{} bytes a payment", rows / payments);
    let texts = ledger.bytes().texts as i64;
    assert!((20_000..400_000).contains(&texts), "{texts}");
    let full = ledger.bytes();
    ledger.evict(EventTime(days * DAY_MS));
    assert!(ledger.bytes().rows < full.rows / 4, "pages go back");
    assert_eq!(ledger.bytes().texts, full.texts, "what rows share is not forgotten");
    assert_eq!(ledger.row_ids(), []);
}

/// Days that come and go in the same numbers take no more and more.
#[test]
fn forgetting_gives_everything_back_but_what_rows_share() {
    let mut ledger = ledger();
    let mut held = Vec::new();
    for day in 0..60_i64 {
        for n in 0..3_000 {
            let time = EventTime(day * DAY_MS + n);
            let payment = bare(&format!("{day}-{n}"), time);
            let origin = Origin {
                partition: Partition { role: TopicRole::Payments, index: 0 },
                offset: day * 3_000 + n,
                ingest: IngestTime(time.0),
            };
            ledger.insert(&payment, origin);
        }
        ledger.evict(EventTime((day - 1) * DAY_MS));
        held.push(ledger.bytes().rows);
    }
    assert!(held[59] < held[9] * 11 / 10, "{} then, {} now", held[9], held[59]);
    assert_eq!(ledger.payments(), 6_000);
}

/// Puts two texts, or two words, into a payment.
type Say = fn(&mut Payment<'static>, [Text<'static>; 2], [Cow<'static, str>; 2]);

#[test]
fn what_rows_share_is_counted() {
    let word = |n: usize| Text::new(Cow::Owned(format!("W{n}")));
    let name = |n: usize| Cow::Owned(format!("W{n}"));
    let kinds: [(usize, Say); 4] = [
        (20, |payment, [party, _], [_, bank]| {
            payment.debtor.party = Some(party);
            payment.debtor.bank = Some(bank);
        }),
        // With the end that names it.
        (40, |payment, [phone, email], _| {
            payment.creditor.phone = Some(phone);
            payment.creditor.email = Some(email);
        }),
        (28, |payment, [id, machine], _| {
            payment.merchant = Some(palermo_domain::Merchant {
                id: Some(id),
                ..palermo_domain::Merchant::default()
            });
            let terminal = palermo_domain::Terminal::default();
            payment.terminal = Some(palermo_domain::Terminal { id: Some(machine), ..terminal });
        }),
        (24, |payment, _, [purpose, code]| {
            payment.purpose = Some(purpose);
            payment.utc_offset_minutes = code[1..].parse().ok();
        }),
    ];
    for (size, say) in kinds {
        let mut ledger = ledger();
        let mut give = |a: usize, b: usize| {
            let mut payment = bare(&format!("{a}-{b}"), EventTime(0));
            say(&mut payment, [word(a), word(b)], [name(a), name(b)]);
            let partition = Partition { role: TopicRole::Payments, index: 0 };
            ledger.insert(&payment, Origin { partition, offset: 0, ingest: IngestTime(0) });
            ledger.bytes().texts
        };
        let few = (0..60).map(|n| give(n, n)).last().unwrap();
        let many = (0..3_600).map(|n| give(n / 60, n % 60)).last().unwrap();
        assert!(many - few > 3_000 * size, "{} for 3,540 records of {size}", many - few);
    }
}

/// Sums of notes, and that another reader than the right one gives nothing.
#[test]
fn notes_are_added_up() {
    let note = |value: i64, count| CashNotes { value: Decimal::from(value), count };
    let mut payment = bare("1", EventTime(0));
    let notes_in = vec![note(500, 0), note(100, 2), note(5, 3)];
    payment.cash = Some(Box::new(Cash { notes_in, notes_out: vec![note(50, 4)], coins: None }));
    let mut ledger = ledger();
    let partition = Partition { role: TopicRole::Payments, index: 0 };
    let id = ledger.insert(&payment, Origin { partition, offset: 0, ingest: IngestTime(0) });
    let row = ledger.row(id).unwrap();
    for (part, expected) in [
        (Rare::ValueIn, Some(215)),
        (Rare::LargestIn, Some(100)),
        (Rare::ValueOut, Some(200)),
        (Rare::SmallestOut, Some(50)),
        (Rare::Coins, None),
        (Rare::Chain, None),
    ] {
        assert_eq!(row.rare_decimal(part), expected.map(Decimal::from), "{part:?}");
        assert_eq!((row.rare_text(part), row.rare_byte(part)), (None, None), "{part:?}");
    }
}
