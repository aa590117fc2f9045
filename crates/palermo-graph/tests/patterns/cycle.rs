//! Cycles in order of time, through selections and with every budget.

use crate::asked::{Question, for_each, keeps, shares};
use crate::store::{filled, view};
use crate::witnesses::{hold, hops};
use palermo_graph::{CycleAsk, CycleSearch, Hops};
use palermo_testkit::patterns::paths::{self, cycles_of};
use palermo_testkit::patterns::{Arrival, Edge, Paid, seen};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;

fn asks() -> impl Strategy<Value = CycleAsk> {
    (hops(8), keeps(), 0_usize..6).prop_map(|(hops, keeps, witnesses)| CycleAsk {
        hops,
        keeps,
        witnesses,
    })
}

fn check(q: &Question<'_, CycleAsk>, search: &mut CycleSearch) -> Result<(), TestCaseError> {
    let (found, small) = q.answers(|view, ask, budget| search.search(view, ask, budget))?;
    let hops = [usize::from(q.ask.hops.least), usize::from(q.ask.hops.most.min(8))];
    let kept = shares(q.ask.keeps).map(|(least, most)| [i64::from(least), i64::from(most)]);
    let wanted = cycles_of(q.seen, hops, kept, q.hub);
    // Each payment comes after the one before it and keeps; the one that asks is the last.
    let in_order = |path: &[Edge]| {
        let whole: Vec<Edge> = path.iter().chain(q.seen.last()).copied().collect();
        for two in whole.windows(2) {
            prop_assert!(two[0].place() < two[1].place());
            prop_assert!(kept.is_none_or(|kept| paths::keeps(&two[0], &two[1], kept)));
        }
        Ok(())
    };
    hold(q.seen, &wanted, q.ask.witnesses, (&found, &small), in_order)
}

#[test]
fn cycles_of_few_accounts_are_those_of_the_reference() {
    let search = RefCell::new(CycleSearch::default());
    for_each(5, 50, asks(), |q| check(&q, &mut search.borrow_mut()));
}

#[test]
fn cycles_of_many_accounts_are_those_of_the_reference() {
    let search = RefCell::new(CycleSearch::default());
    for_each(12, 60, asks(), |q| check(&q, &mut search.borrow_mut()));
}

/// A mark that another made superfluous was half of the shortest path met so far: the path was then
/// followed back over other marks and came out longer.
#[test]
fn the_shortest_path_met_is_followed_back_as_it_was_met() {
    let paid: Vec<Paid> = REPLAY
        .split_terminator(';')
        .map(|paid| {
            let fields: Vec<&str> = paid.split(' ').collect();
            let end = |at: usize| fields[at].parse().ok();
            Paid { source: end(0), target: end(1), time: fields[2].parse().unwrap(), amount: None }
        })
        .collect();
    let asking = paid.len() - 1;
    let arrivals: Vec<Arrival> = (0..paid.len()).map(Arrival::Comes).collect();
    let book = filled(&paid, &arrivals);
    let hops = Hops { least: 2, most: 8 };
    let wanted = cycles_of(&seen(&paid, asking, 1000), [2, 8], None, palermo_graph::HUB);
    let fewest = wanted.iter().map(Vec::len).min();
    for witnesses in [0, 1, 3, 1000] {
        let view = view(&book, &paid, asking, 1000).unwrap();
        let ask = CycleAsk { hops, keeps: None, witnesses };
        let answer = CycleSearch::default().search(&view, &ask, u32::MAX);
        assert_eq!(answer.found.fewest.map(usize::from), fewest, "{witnesses} witnesses");
    }
}

/// Payer, payee and time of payments; the last one asks.
const REPLAY: &str = "4 0 2;1 - 12;- 0 14;1 12 14;6 10 17;4 4 17;1 4 20;2 1 21;3 8 27;2 4 38;5 4 46;1 8 46;\
    7 0 49;2 5 60;4 0 66;6 2 69;9 6 71;- 1 76;2 7 77;9 5 78;11 4 79;1 1 80;2 3 83;4 5 86;\
    11 2 86;0 2 86;8 5 86;7 0 96;9 10 99;3 3 99;4 6 102;10 0 107;2 6 116;9 6 118;2 6 119;\
    1 11 121;13 6 123;5 0 123;0 0 127;6 4 133;6 2 135;7 4 136;1 4 139;1 8 142;1 11 145;\
    3 1 148;10 8 149;7 3 152;8 2 155;8 4 158;0 2 160;7 7 169;2 0 172;3 0 172;- 0 174;5 5 176;\
    2 7 176;7 4 176;0 0 176;0 4 179;3 2 179;4 10 179;6 4 179;8 6 181;11 4 188;2 4 190;7 6 191;\
    12 1 192;4 0 193;5 8 194;0 2 197;1 1 198;1 7 200;6 2 201;10 9 201;- 2 202;8 2 202;1 3 206;\
    6 9 216;3 12 216;8 5 219;4 2 229;0 8 230;6 3 233;4 10 234;- 3 237;2 1 244;10 3 244;\
    8 4 248;1 5 249;9 11 249;1 6 258;1 2 260;3 2 263;1 3 264;0 2 266;2 0 273;2 2 273;0 1 275;\
    1 0 279;5 4 282;5 2 285;4 1 288;7 10 289;11 11 294;5 - 294;2 8 295;8 0 298;0 2 301;\
    5 8 304;2 4 307;8 4 313;11 9 315;6 0 318;0 0 319;9 4 320;7 7 321;8 - 322;6 - 322;5 0 322;\
    9 1 325;8 7 328;0 0 330;11 1 331;8 6 331;9 1 332;1 8 333;4 4 336;6 7 336;5 6 338;2 - 346;\
    1 2 346;2 2 348;3 2 348;3 1 348;6 11 350;7 3 353;8 0 356;1 1 356;11 0 358;- 1 358;9 7 360;\
    1 0 370;5 2 370;2 5 371;2 - 374;6 6 376;10 0 376;8 12 382;9 1 382;6 8 382;0 5 382;0 3 382;\
    9 5 385;7 6 385;4 6 385;2 1 395;6 4 395;2 - 395;11 4 397;10 3 400;9 4 405;6 2 408;0 0 409;\
    3 6 410;0 9 410;11 1 412;3 0 413;1 5 414;8 1 416;10 6 419;10 0 429;10 0 429;1 6 431;\
    7 1 431;4 4 434;9 8 436;5 4 444;6 2 449;4 8 459;8 1 459;0 2 461;1 7 461;5 11 462;4 3 465;";
