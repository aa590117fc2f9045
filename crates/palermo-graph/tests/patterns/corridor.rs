//! Corridors: payments that follow a route from place to place.

use crate::asked::{Question, for_each};
use crate::store::rank;
use palermo_graph::{Corridor, CorridorAsk, CorridorSearch};
use palermo_ledger::RowId;
use palermo_testkit::patterns::Edge;
use palermo_testkit::patterns::places::{Route, corridor};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;

const PLACES: u32 = 4;

#[derive(Clone, Debug)]
struct Asked {
    /// Places of payments, in turn.
    places: Vec<Option<u32>>,
    /// Bit n: whether place n % 4 comes right after place n / 4.
    follows: u16,
}

impl Asked {
    fn place_of(&self, rank: usize) -> Option<u32> {
        self.places[rank % self.places.len()]
    }

    fn follows(&self, a: u32, b: u32) -> bool {
        self.follows >> (a * PLACES + b) & 1 == 1
    }
}

fn asks() -> impl Strategy<Value = Asked> {
    let place = prop_oneof![5 => (0..PLACES).prop_map(Some), 1 => Just(None)];
    // A line, a ring, anything.
    let follows = prop_oneof![Just(0b1000_0100_0010), Just(0b1_1000_0100_0010), any::<u16>()];
    (prop::collection::vec(place, 20..30), follows)
        .prop_map(|(places, follows)| Asked { places, follows })
}

/// The sequence is one, as long as is said, and ends with the payment that asks.
fn holds(q: &Question<'_, Asked>, found: &Corridor) -> Result<(), TestCaseError> {
    let (place_of, follows) = (|rank| q.ask.place_of(rank), |a: u32, b: u32| q.ask.follows(a, b));
    let route = Route { place_of: &place_of, follows: &follows };
    let edge = |row: &RowId| *q.seen.iter().find(|edge| edge.rank == rank(*row)).unwrap();
    let sequence: Vec<Edge> = found.sequence.iter().map(edge).collect();
    if found.payments < 2 {
        prop_assert!(sequence.is_empty());
        return Ok(());
    }
    prop_assert_eq!(sequence.len(), found.payments as usize);
    prop_assert_eq!(sequence.last(), q.seen.last());
    prop_assert!(sequence.windows(2).all(|pair| route.goes_on(&pair[0], &pair[1])));
    Ok(())
}

#[test]
fn corridors_are_as_long_as_those_of_the_reference() {
    let search = RefCell::new(CorridorSearch::default());
    for_each(4, 28, asks(), |q| {
        let (found, small) = q.answers(|view, ask, budget| {
            let (place_of, follows) =
                (|row| ask.place_of(rank(row)), |a: u32, b: u32| ask.follows(a, b));
            let ask = CorridorAsk { place_of: &place_of, follows: &follows };
            search.borrow_mut().search(view, &ask, budget)
        })?;
        let (place_of, follows) =
            (|rank| q.ask.place_of(rank), |a: u32, b: u32| q.ask.follows(a, b));
        let wanted = corridor(q.seen, Route { place_of: &place_of, follows: &follows });
        prop_assert_eq!(found.payments as usize, wanted);
        prop_assert!(small.found.payments <= found.payments);
        holds(&q, &found)?;
        holds(&q, &small.found)
    });
}
