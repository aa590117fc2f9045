//! Windows of the ledger against a filtered list.
//!
//! Sees: an entry lost, doubled, out of order or on the wrong side of an edge after inserts out of
//! order, reversals and evictions; a payment forgotten that is inside the horizon; an id that is
//! known after it was forgotten, or the other way round.

use crate::harness::{Bank, cases};
use crate::rules::Builder;
use palermo_domain::{Date, End, EventTime, Span, Status};
use palermo_ledger::{Known, Leg};
use palermo_testkit::Owned;
use palermo_testkit::scene::{ACCOUNTS, SLOT_MS, START, drafts, payments, worlds};
use palermo_testkit::window::{Seen, touching};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn windows_are_a_filtered_list(
        world in worlds(),
        drafts in drafts(60, 1..120),
        order in prop::collection::vec(any::<u16>(), 120),
        ops in prop::collection::vec(0..12_u8, 120),
        probes in prop::collection::vec((0..62_i64, -1..2_i64, 0..30_i64), 12),
    ) {
        let all = payments(&drafts);
        let mut bank = Bank::new(Builder::default().build(), &world);
        let mut indices: Vec<usize> = (0..all.len()).collect();
        indices.sort_by_key(|index| order[*index]);
        let mut kept: Vec<Owned> = Vec::new();
        // With those that have left since.
        let mut ever: Vec<Owned> = Vec::new();
        let mut cutoff = EventTime::MIN;
        for (step, index) in indices.iter().enumerate() {
            let payment = &all[*index];
            // Nothing is given to the ledger that is beyond the horizon (the engine sees to it).
            if payment.event_time < cutoff {
                continue;
            }
            bank.link(payment);
            kept.push(payment.clone());
            ever.push(payment.clone());
            match ops[step] {
                0 => {
                    let gone = kept.remove(step % kept.len());
                    bank.unlink(gone.payment_id.expose());
                    ever.retain(|payment| payment.payment_id != gone.payment_id);
                }
                1 => {
                    let slots = i64::try_from(step / 3).unwrap_or(0);
                    let to = EventTime(START.midnight().0 + slots * SLOT_MS);
                    bank.ledger.evict(to);
                    cutoff = cutoff.max(to);
                    // Whole days are forgotten; what is at or after the cutoff never.
                    let from = cutoff.date().midnight();
                    for payment in &kept {
                        let known = bank.ledger.find(payment.payment_id.expose());
                        let stays = payment.event_time >= from;
                        prop_assert_eq!(matches!(known, Known::Seen(_)), stays);
                    }
                    kept.retain(|payment| payment.event_time >= from);
                    prop_assert!(bank.ledger.kept_from() <= cutoff);
                }
                _ => {}
            }
        }
        for account in ACCOUNTS {
            let Some(id) = bank.ledger.find_account(account) else { continue };
            let seen = touching(&kept, account);
            for (slot, beside, width) in &probes {
                let to = EventTime(START.midnight().0 + slot * SLOT_MS + beside);
                let from = to.minus(Span::from_millis(width * SLOT_MS));
                for (leg, incoming) in [(Leg::Debtor, false), (Leg::Creditor, true)] {
                    let mut got: Vec<(EventTime, String)> = bank
                        .ledger
                        .window(id, leg, from, to)
                        .map(|entry| (entry.time, bank.ledger.payment_id(entry.row).to_string()))
                        .collect();
                    got.reverse();
                    let inside = |time| from <= time && time <= to;
                    let expected: Vec<(EventTime, String)> = seen
                        .iter()
                        .filter(|one| one.incoming == incoming && inside(one.payment.event_time))
                        .map(|one| (one.key().0, one.key().1.to_owned()))
                        .collect();
                    prop_assert_eq!(got, expected, "{} {:?} {}..{}", account, leg, from, to);
                }
                if to >= bank.ledger.kept_from() {
                    let got = bank.ledger.idle_before(id, to);
                    prop_assert_eq!(got, idle_before(&ever, account, to));
                    for other in ACCOUNTS.into_iter().filter(|other| *other != account) {
                        let Some(with) = bank.ledger.find_account(other) else { continue };
                        let got = bank.ledger.known_for(id, with, to);
                        prop_assert_eq!(got, known_for(&ever, [account, other], to));
                    }
                }
            }
        }
    }
}

/// Since the end of the day of the last booked payment of an account before a time.
fn idle_before(ever: &[Owned], account: &str, time: EventTime) -> Option<Span> {
    let before =
        |one: &Seen<'_>| one.payment.event_time < time && one.payment.status == Status::Booked;
    let seen = touching(ever, account);
    let last = seen.iter().filter(|one| before(one)).map(|one| one.payment.event_time).max()?;
    Some(time.since(Date(last.date().0 + 1).midnight().min(time)))
}

/// Since the day of the first booked payment of two accounts before a time.
fn known_for(ever: &[Owned], [a, b]: [&str; 2], time: EventTime) -> Option<Span> {
    let pair = |payment: &&Owned| {
        let key = |end: &End<'_>| end.account.as_ref().map(|key| key.expose().to_string());
        let ends = [key(&payment.debtor), key(&payment.creditor)];
        let is = |x: &str, y: &str| ends == [Some(x.to_owned()), Some(y.to_owned())];
        payment.event_time < time && payment.status == Status::Booked && (is(a, b) || is(b, a))
    };
    let first = ever.iter().filter(pair).map(|payment| payment.event_time).min()?;
    Some(time.since(first.date().midnight()))
}
