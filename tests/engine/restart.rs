//! A restart between any two records changes nothing: an engine rebuilt from the records before
//! decides the next one alike, with the same effects and the same chain.
//!
//! Sees: anything that is decided by hash order, by an address, by what was in memory and not in the
//! input, and an effect that depends on where the engine was last rebuilt.

use crate::harness::{cases, config, disturbed, engine, records, step_alike};
use crate::typologies::rules;
use palermo_domain::Span;
use palermo_testkit::scene::{delays, disturbances, drafts, worlds};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn a_restart_between_any_two_records_changes_nothing(
        world in worlds(),
        drafts in drafts(24, 10..24),
        disturbances in disturbances(6),
        delays in delays(Span::from_days(2)),
    ) {
        let arrivals = disturbed(&drafts, &disturbances, &delays, Span::from_days(2));
        let records = records(&world, &arrivals);
        let config = config(Span::from_days(1), Span::from_days(10));
        let mut never = engine(&config, &rules(), 2);
        let mut alerts = 0;
        for (index, record) in records.iter().enumerate() {
            let mut again = engine(&config, &rules(), 2);
            let mut unseen = Vec::new();
            for before in &records[..index] {
                again.apply(before.as_ref(), &mut unseen).expect("no stop");
            }
            prop_assert_eq!(never.chain(), again.chain());
            prop_assert_eq!(never.watermark(), again.watermark());
            alerts += step_alike(&mut never, &mut again, record)?.len();
        }
        prop_assert!(alerts < 10_000);
    }
}
