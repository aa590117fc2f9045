//! Shared attributes: a store of uses in any order of arrival, some taken back, some forgotten.

use crate::store::{account, graphs, number};
use palermo_graph::{ByArrival, Moment, SharedAsk, SharedSearch, Uses};
use palermo_ledger::RowId;
use palermo_testkit::patterns::groups::{Use, users};
use palermo_testkit::patterns::{Arrival, arrivals};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::collections::BTreeSet;

/// Longer than any lateness in time: what comes late is still kept.
const SPAN: i64 = 100;

#[derive(Clone, Debug)]
struct Scene {
    uses: Vec<Use>,
    order: Vec<Arrival>,
    span: Option<i64>,
    forgotten: i64,
    window: i64,
    limit: usize,
    hub: usize,
    budget: u32,
}

fn scenes() -> impl Strategy<Value = Scene> {
    let one = (0_u32..3, 0_u32..6, prop::option::weighted(0.3, 0_u32..6));
    let step = prop_oneof![2 => Just(0_i64), 4 => 1_i64..4, 1 => 4_i64..12];
    let uses = prop::collection::vec((one, step), 1..80).prop_map(|drawn| {
        let mut time = 0;
        let made = drawn.into_iter().map(|((value, first, second), step)| {
            time += step;
            Use { value, accounts: [first, second.unwrap_or(first)], time }
        });
        made.collect::<Vec<_>>()
    });
    let uses = uses.prop_flat_map(|uses| {
        let order = arrivals(uses.len(), 6);
        (Just(uses), order)
    });
    let kept = (prop::option::of(Just(SPAN)), prop_oneof![Just(-1_i64), 0_i64..60]);
    let window = prop_oneof![2 => 1_i64..30, 1 => Just(1000_i64)];
    (uses, kept, window, 0_usize..6, 1_usize..6, 0_u32..20).prop_map(
        |((uses, order), (span, forgotten), window, limit, hub, budget)| Scene {
            uses,
            order,
            span,
            forgotten,
            window,
            limit,
            hub,
            budget,
        },
    )
}

fn moment(scene: &Scene, rank: usize) -> Moment {
    Moment { time: scene.uses[rank].time, row: RowId(u32::try_from(rank).unwrap()) }
}

fn filled(scene: &Scene) -> Uses {
    let (mut store, mut there) = (Uses::new(scene.span), BTreeSet::new());
    for arrival in &scene.order {
        let (Arrival::Comes(rank) | Arrival::Reversed(rank)) = *arrival;
        let (Use { value, accounts, .. }, at) = (scene.uses[rank], moment(scene, rank));
        if let Arrival::Reversed(_) = arrival {
            // One end takes it back, the other one stays.
            let user = accounts[rank % 2];
            if there.remove(&(rank, user)) {
                store.remove(value, account(user), at);
            }
            continue;
        }
        for user in accounts {
            if there.insert((rank, user)) {
                store.put(value, account(user), at, &ByArrival);
            }
        }
    }
    store.forget_before(scene.forgotten);
    store
}

fn check(
    scene: &Scene,
    rank: usize,
    store: &Uses,
    search: &mut SharedSearch,
) -> Result<(), TestCaseError> {
    let newest = scene.uses.last().unwrap().time;
    let oldest = scene.forgotten.max(newest - scene.span.unwrap_or(1000));
    if scene.uses[rank].time < oldest {
        return Ok(());
    }
    // What is forgotten is as if it had been of another value.
    let kept: Vec<Use> = scene
        .uses
        .iter()
        .map(|one| if one.time < oldest { Use { value: u32::MAX, ..*one } } else { *one })
        .collect();
    let wanted = users(&kept, rank, scene.window);
    let &Scene { window, limit, hub, budget, .. } = scene;
    let ask = SharedAsk { value: kept[rank].value, at: moment(scene, rank), window, limit, hub };
    let whole = search.search(store, &ByArrival, &ask, u32::MAX);
    let listed = if wanted.len() > hub || wanted.len() < 2 { 0 } else { limit };
    let got: Vec<u32> = whole.found.listed.iter().map(|user| number(*user)).collect();
    prop_assert!(!whole.truncated);
    prop_assert_eq!(whole.found.accounts as usize, wanted.len());
    prop_assert_eq!(&got, &wanted.iter().copied().take(listed).collect::<Vec<_>>());
    let small = search.search(store, &ByArrival, &ask, budget);
    prop_assert!(small.work <= budget);
    prop_assert_eq!(small.truncated, whole.work > budget);
    if small.truncated {
        prop_assert!(small.found.accounts <= whole.found.accounts);
        let part: Vec<u32> = small.found.listed.iter().map(|user| number(*user)).collect();
        prop_assert!(wanted.starts_with(&part) && part.len() <= limit);
    } else {
        prop_assert_eq!(small, whole);
    }
    Ok(())
}

#[test]
fn users_are_those_of_the_reference() {
    let mut runner = TestRunner::new(Config { cases: graphs(), ..Config::default() });
    let run = runner.run(&scenes(), |scene| {
        let (store, mut search) = (filled(&scene), SharedSearch::default());
        (0..scene.uses.len()).try_for_each(|rank| check(&scene, rank, &store, &mut search))
    });
    if let Err(why) = run {
        panic!("{why}");
    }
}
