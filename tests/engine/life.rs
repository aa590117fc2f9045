//! Payment life: a stream with a payment and its reversal ends in the same alerts as the stream
//! without the two, wherever the reversal stands (DESIGN §8).
//!
//! Sees: a reversal that leaves something behind (a hit, a sum, evidence), one that came first and
//! was forgotten, a second or mismatched one that changes anything.

use crate::harness::{cases, config, records, run, same_alerts, with_end};
use crate::typologies::plain_rules;
use palermo_domain::{Decimal, EventTime, OutputTopic, Span, Status};
use palermo_testkit::Owned;
use palermo_testkit::scene::{SLOT_MS, arrive, delays, drafts, payments, reversal, worlds};
use palermo_testkit::world::World;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

const LATENESS: Span = Span::from_days(1);

fn last(world: &World, all: &[Owned], delays: &[(u32, u8)]) -> BTreeMap<String, Value> {
    let arrivals = with_end(arrive(all, delays, LATENESS, 1), 1, 90);
    let config = config(LATENESS, Span::from_days(30));
    // Typologies that end their episodes quickly may have ended one before the reversal comes.
    let mut rules = plain_rules();
    rules.typologies.iter_mut().for_each(|rule| rule.emit.rearm = Span::from_days(30));
    run(&config, &rules, 1, &records(world, &arrivals)).last(OutputTopic::Alerts)
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_payment_and_its_reversal_leave_nothing(
        world in worlds(),
        drafts in drafts(40, 10..45),
        delays in delays(LATENESS),
        which in any::<prop::sample::Index>(),
        later in -20..40_i64,
        more in 0..4_u8,
    ) {
        let all = payments(&drafts);
        let taken = &all[which.index(all.len())];
        let without: Vec<Owned> = all.iter().filter(|payment| *payment != taken).cloned().collect();
        let at = EventTime(taken.event_time.0 + later * SLOT_MS);
        let mut with = all.clone();
        match more {
            // One that fits nothing must change nothing, before or after the right one.
            1 => with.push(Owned {
                amount: Decimal::new(777, 2),
                ..reversal(taken, "R-MISMATCH".into(), EventTime(at.0 - SLOT_MS))
            }),
            2 => with.push(reversal(taken, "R-SECOND".into(), EventTime(at.0 + SLOT_MS))),
            3 => with.push(Owned {
                refers_to: Some(palermo_testkit::scene::text("R-ONE")),
                ..reversal(taken, "R-OF-R".into(), EventTime(at.0 + SLOT_MS))
            }),
            _ => {}
        }
        with.push(reversal(taken, "R-ONE".into(), at));
        prop_assert!(with.iter().any(|payment| payment.status == Status::Reversed));
        same_alerts(&last(&world, &with, &delays), &last(&world, &without, &delays), "with")?;
    }
}
