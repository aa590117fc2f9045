//! Scatter-gather.

use crate::asked::{for_each, keeps, shares};
use crate::store::{graphs, number};
use palermo_graph::{Between, Histogram, ScatterGather, ScatterGatherAsk};
use palermo_testkit::patterns::stars;
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

#[test]
fn sizes_and_middles_are_those_of_the_reference() {
    let (search, parts) = (RefCell::new(ScatterGather::default()), Cell::new(0_u32));
    for_each(6, 50, keeps().prop_map(|keeps| ScatterGatherAsk { keeps }), |q| {
        let (found, small) =
            q.answers(|view, ask, budget| search.borrow_mut().search(view, ask, budget))?;
        let between = stars::scatter_gather(q.seen, shares(q.ask.keeps), q.hub);
        let mut sizes = Histogram::default();
        between.values().for_each(|middles| sizes.add(middles.len()));
        prop_assert_eq!(found.sizes, sizes);
        let largest = between
            .iter()
            .filter(|(_, middles)| middles.len() >= 2)
            .max_by_key(|(source, middles)| (middles.len(), std::cmp::Reverse(**source)));
        let got = found.largest.as_ref().map(numbers);
        prop_assert_eq!(got, largest.map(|(source, middles)| (*source, middles.clone())));
        // A cut one: no size that is not there, and middles that stand between.
        for (part, whole) in small.found.sizes.bins().iter().zip(sizes.bins()) {
            prop_assert!(part <= whole);
        }
        if let Some((source, middles)) = small.found.largest.as_ref().map(numbers) {
            parts.set(parts.get() + u32::from(middles.len() < between[&source].len()));
            prop_assert!(middles.len() >= 2 && middles.is_subset(&between[&source]));
        }
        Ok(())
    });
    assert!(parts.get() > 0 || graphs() < 1000, "no walk of a source was cut");
}

fn numbers(between: &Between) -> (u32, BTreeSet<u32>) {
    let middles: BTreeSet<u32> = between.middles.iter().map(|&middle| number(middle)).collect();
    assert_eq!(middles.len(), between.middles.len());
    (number(between.source), middles)
}
