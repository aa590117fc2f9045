//! Scatter-gather.

use crate::asked::{for_each, keeps, shares};
use crate::store::{filled, number, view};
use palermo_graph::{Between, Histogram, ScatterGather, ScatterGatherAsk};
use palermo_testkit::patterns::{Arrival, Paid, stars};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

#[test]
fn sizes_and_middles_are_those_of_the_reference() {
    let search = RefCell::new(ScatterGather::default());
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
            prop_assert!(middles.len() >= 2 && middles.is_subset(&between[&source]));
        }
        Ok(())
    });
}

/// The walk of one source, cut at every place: what it says is a part of the middles.
#[test]
fn a_source_that_is_cut_says_a_part() {
    let paid = |source, target, time| Paid {
        source: Some(source),
        target: Some(target),
        time,
        amount: None,
    };
    // 0 pays 2 to 9, who pay 1; 9 last.
    let out = (2..10).map(|middle| paid(0, middle, i64::from(middle)));
    let stream: Vec<Paid> =
        out.chain((2..10).map(|middle| paid(middle, 1, 20 + i64::from(middle)))).collect();
    let arrivals: Vec<Arrival> = (0..stream.len()).map(Arrival::Comes).collect();
    let book = filled(&stream, &arrivals);
    let view = view(&book, &stream, stream.len() - 1, 100).unwrap();
    let ask = ScatterGatherAsk { keeps: None };
    let mut search = ScatterGather::default();
    let whole = search.search(&view, &ask, u32::MAX);
    let all = numbers(whole.found.largest.as_ref().unwrap());
    assert_eq!(all, (0, (2..10).collect()));
    let mut parts = 0;
    for budget in 0..=whole.work {
        let answer = search.search(&view, &ask, budget);
        assert_eq!(answer.truncated, budget < whole.work);
        if let Some((source, middles)) = answer.found.largest.as_ref().map(numbers) {
            assert!(source == 0 && middles.len() >= 2 && middles.is_subset(&all.1));
            parts += u32::from(middles.len() < all.1.len());
        }
    }
    assert!(parts > 0, "every cut took all or nothing");
}

fn numbers(between: &Between) -> (u32, BTreeSet<u32>) {
    let middles: BTreeSet<u32> = between.middles.iter().map(|&middle| number(middle)).collect();
    assert_eq!(middles.len(), between.middles.len());
    (number(between.source), middles)
}
