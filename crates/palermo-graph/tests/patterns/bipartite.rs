//! Bipartite cores.

use crate::asked::{at_most, for_each, sum};
use crate::store::graphs;
use palermo_graph::{Bipartite, BipartiteAsk};
use palermo_testkit::patterns::settlement;
use proptest::prelude::*;
use std::cell::{Cell, RefCell};

#[test]
fn cores_are_those_of_the_reference() {
    let (search, parts) = (RefCell::new(Bipartite::default()), Cell::new(0_u32));
    let asks = (2_u32..4, 2_u32..4).prop_map(|(sources, sinks)| BipartiteAsk { sources, sinks });
    for_each(6, 50, asks, |q| {
        let (core, small) =
            q.answers(|view, ask, budget| search.borrow_mut().search(view, ask, budget))?;
        let wanted = settlement::bipartite(q.seen, q.ask.sources as usize, q.ask.sinks as usize);
        let got = core.map(|core| {
            (core.sources as usize, core.sinks as usize, sum(core.gross), sum(core.back))
        });
        let expected = wanted.as_ref();
        let expected =
            expected.map(|core| (core.sources.len(), core.sinks.len(), core.gross, core.back));
        prop_assert_eq!(got, expected);
        // A cut one: the core, and a part of what came back.
        if let Some(part) = small.found {
            parts.set(parts.get() + u32::from(small.truncated));
            let (whole, wanted) = (core.unwrap(), wanted.unwrap());
            prop_assert_eq!((part.sources, part.sinks), (whole.sources, whole.sinks));
            prop_assert_eq!(part.gross, whole.gross);
            prop_assert!(at_most(part.back, wanted.back));
        }
        Ok(())
    });
    assert!(parts.get() > 0 || graphs() < 1000, "no core was cut");
}
