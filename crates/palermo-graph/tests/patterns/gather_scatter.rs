//! Gather-scatter.

use crate::asked::{at_most, for_each, sum};
use crate::store::graphs;
use palermo_graph::{GatherScatter, GatherScatterAsk};
use palermo_testkit::patterns::{Edge, stars};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};

#[test]
fn splits_are_those_of_the_reference() {
    let (search, parts) = (RefCell::new(GatherScatter::default()), Cell::new(0_u32));
    for_each(6, 60, Just(GatherScatterAsk {}), |q| {
        let (split, small) =
            q.answers(|view, ask, budget| search.borrow_mut().search(view, ask, budget))?;
        let wanted = stars::gather_scatter(q.seen);
        let got = split.map(|split| {
            (split.payers as usize, split.payees as usize, sum(split.paid_in), sum(split.paid_out))
        });
        let wanted = wanted
            .map(|split| (split.payers.len(), split.payees.len(), split.paid_in, split.paid_out));
        prop_assert_eq!(got, wanted);
        // A cut one is that of the newest payments of u, and what it says of them holds for all.
        let Some(part) = small.found else { return Ok(()) };
        parts.set(parts.get() + u32::from(small.truncated));
        let u = q.view.at().debtor.index();
        let own = |edge: &&Edge| edge.source as usize == u || edge.target as usize == u;
        let own: Vec<_> = q.seen.iter().filter(own).copied().collect();
        let holds = (0..own.len()).any(|from| {
            stars::gather_scatter(&own[from..]).is_some_and(|of| {
                of.payers.len() == part.payers as usize
                    && of.payees.len() == part.payees as usize
                    && of.paid_in == sum(part.paid_in)
                    && of.paid_out == sum(part.paid_out)
            })
        });
        prop_assert!(holds, "{part:?}");
        prop_assert!(at_most(part.paid_in, stars::sum(&own)));
        prop_assert!(part.size() <= split.map_or(0, |split| split.size()));
        Ok(())
    });
    assert!(parts.get() > 0 || graphs() < 1000, "no split was cut");
}
