//! The last revision of each alert does not depend on the order of arrival within the lateness, nor
//! on the number of partitions, nor on duplicates (DESIGN §8).
//!
//! Sees: a finding that was not looked at again when an earlier payment came, an episode whose end
//! depends on where the watermark happened to be, a tie that is decided by numbering, a duplicate
//! that counts.

use crate::harness::{Run, cases, config, records, run, same_alerts, with_end};
use crate::invariants::check_life;
use crate::story::{arrivals, at, finding, nobody, transfer, wage};
use crate::typologies::rules;
use palermo_domain::{Fate, OutputTopic, Span};
use palermo_testkit::Owned;
use palermo_testkit::scene::{arrive, delays, drafts, payments, worlds};
use palermo_testkit::world::World;
use proptest::prelude::*;
use std::borrow::Cow;

const LATENESS: Span = Span::from_days(1);

fn play(
    world: &World,
    payments: &[Owned],
    delays: &[(u32, u8)],
    partitions: i32,
) -> Result<Run, TestCaseError> {
    let arrivals = with_end(arrive(payments, delays, LATENESS, partitions), partitions, 90);
    let config = config(LATENESS, Span::from_days(30));
    let run = run(&config, &rules(), partitions, &records(world, &arrivals));
    prop_assert!(!run.fates.contains(&Fate::DeadLetter), "dead letters: {:?}", run.fates);
    check_life(&run)?;
    Ok(run)
}

proptest! {
    #![proptest_config(cases(90))]

    #[test]
    fn the_last_revisions_are_the_same_in_every_order(
        world in worlds(),
        drafts in drafts(40, 10..45),
        one in delays(LATENESS),
        other in delays(LATENESS),
        doubled in prop::collection::vec(0..5_u8, 45),
    ) {
        let all = payments(&drafts);
        let in_order: Vec<(u32, u8)> = vec![(0, 0)];
        let expected = play(&world, &all, &in_order, 1)?;
        // What stands in the suppressed topic depends on the order as little.
        let same = |got: &Run, name: &str| {
            [OutputTopic::Alerts, OutputTopic::Suppressed].into_iter().try_for_each(|topic| {
                same_alerts(&got.last(topic), &expected.last(topic), name)
            })
        };
        for (name, delays, partitions) in
            [("one order", &one, 1), ("another order", &other, 1), ("4", &one, 4), ("16", &other, 16)]
        {
            same(&play(&world, &all, delays, partitions)?, name)?;
        }
        let mut with_doubles = all.clone();
        for (payment, doubled) in all.iter().zip(&doubled) {
            if *doubled == 0 {
                with_doubles.push(Owned { batch: Some(Cow::Borrowed("again")), ..payment.clone() });
            }
        }
        for partitions in [1, 4] {
            let got = play(&world, &with_doubles, &one, partitions)?;
            let duplicates = got.fates.iter().filter(|fate| **fate == Fate::Duplicate).count();
            prop_assert_eq!(duplicates, with_doubles.len() - all.len());
            same(&got, "with duplicates")?;
        }
    }
}

/// DESIGN §8: the last revision does not depend on the order of arrival. A finding that was
/// published before the payment came that explains it is taken back: in the other order it was never
/// there.
#[test]
fn an_explanation_that_comes_second_counts_as_much() {
    let play = |later: i64| {
        let mut all = finding();
        all.push(at(wage("S1", 12, "BANK:A"), later));
        all.push(at(wage("S2", 18, "BANK:A"), later));
        let config = config(Span::from_days(2), Span::from_days(30));
        run(&config, &rules(), 1, &records(&nobody(), &arrivals(all))).last(OutputTopic::Alerts)
    };
    same_alerts(&play(36), &play(0), "explained after the finding").unwrap();
}

/// A hit that was not worth publishing becomes so by a payment that makes no hit of its own.
#[test]
fn a_later_hit_is_looked_at_again_when_its_money_grows() {
    let play = |cents: [i64; 2]| {
        let mut all = finding();
        let [first, second] = cents;
        // The watermark passes what was published, so that nothing but the new payments can lead
        // to another look at it.
        all.push(at(transfer("X1", 80, "BANK:X", "BANK:Y", 100_000), 0));
        // The same event time; the names decide nothing, the order of arrival must not either.
        let name = |cents: i64| format!("G{cents}");
        all.push(at(transfer(&name(first), 40, "BANK:B", "BANK:A", first), 41));
        all.push(at(transfer(&name(second), 40, "BANK:B", "BANK:A", second), 42));
        let config = config(Span::from_days(2), Span::from_days(30));
        run(&config, &rules(), 1, &records(&nobody(), &arrivals(all))).last(OutputTopic::Alerts)
    };
    same_alerts(&play([1, 500_000]), &play([500_000, 1]), "the large one second").unwrap();
}

/// A finding that was held back is alerted about when its unexplained beginning becomes known, even
/// where that changes none of its numbers.
#[test]
fn an_unexplained_beginning_that_comes_second_counts_as_much() {
    let mut world = nobody();
    let accounts = ["BANK:A", "BANK:B"].map(|account| (account, None));
    world.parties.push(palermo_testkit::scene::party("ONE", &accounts, 0));
    let salary = |mut payment: Owned| {
        payment.purpose = Some(Cow::Borrowed("SALA"));
        payment
    };
    let deposit = |id, hour, cents| {
        let mut payment = transfer(id, hour, "BANK:X", "BANK:A", cents);
        payment.kind = palermo_domain::PaymentKind::CashDeposit;
        payment.rail = palermo_domain::Rail::Cash;
        payment.debtor.account = None;
        salary(payment)
    };
    let play = |later: i64| {
        let all = vec![
            at(deposit("C1", 0, 1), 0),
            at(salary(transfer("P1", 30, "BANK:A", "BANK:A", 1)), 0),
            at(deposit("C2", 84, 800_000), 0),
            at(transfer("P2", 102, "BANK:C", "BANK:A", 40_000), 0),
            // Money of the other account of the holder completes the finding, unexplained.
            at(transfer("P3", 132, "BANK:A", "BANK:B", 80_000), later),
            // Explained from here on: the second salary in three days.
            at(salary(transfer("P4", 150, "BANK:B", "BANK:A", 40_000)), 0),
        ];
        let config = config(LATENESS, Span::from_days(30));
        run(&config, &rules(), 1, &records(&world, &arrivals(all))).last(OutputTopic::Alerts)
    };
    let expected = play(0);
    assert!(expected.values().any(|alert| alert["data"]["typology"] == "CT-91"));
    same_alerts(&play(19), &expected, "the beginning second").unwrap();
}
