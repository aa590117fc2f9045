//! Counts against the brute-force reference, and the reference against recorded ones.
//!
//! What the families can see: `recorded` a definition that was misread by both; `random` a wrong
//! count of the miner (flags, windows, ties, bounds, pruning), on graphs with equal timestamps,
//! parallel and reverse payments, hubs, self-payments, and expiry; `late` the same where payments
//! come out of order; `budget` a cut search that claims more than there is, or hides the cut.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test: a panic is how it says no; the number of graphs is set from outside"
)]

use palermo_graph::{Counts, Histogram, LARGEST, Miner, Settings};
use palermo_ledger::AccountId;
use palermo_testkit::graph::{Edge, Sizes, Windows, compatible};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::collections::BTreeMap;

const UNBOUNDED: u32 = u32::MAX;

fn settings(windows: &Windows) -> Settings {
    Settings {
        fan: Some(windows.fan),
        degree: Some(windows.degree),
        scatter_gather: Some(windows.scatter_gather),
        temp_cycle: Some(windows.temp_cycle),
        lc_cycle: Some(windows.lc_cycle),
        lc_cycle_len: u32::try_from(windows.lc_cycle_len).unwrap(),
        lateness: 0,
        budget: UNBOUNDED,
    }
}

/// Numbers in order of first sight, payer first; a self-payment is no sight.
#[derive(Default)]
struct Numbers(BTreeMap<u32, u32>);

impl Numbers {
    fn of(&mut self, edge: &Edge) -> [AccountId; 2] {
        let Edge { source, target, .. } = *edge;
        let mut number = |account: u32| {
            let next = u32::try_from(self.0.len()).unwrap();
            AccountId::from_index(*self.0.entry(account).or_insert(next))
        };
        if source == target {
            return [AccountId::from_index(0); 2];
        }
        [number(source), number(target)]
    }
}

fn mine(edges: &[Edge], settings: Settings) -> Vec<Counts> {
    let (mut miner, mut numbers) = (Miner::new(settings), Numbers::default());
    let mut add = |edge: &Edge| {
        let [payer, payee] = numbers.of(edge);
        miner.add(payer, payee, edge.time)
    };
    edges.iter().map(&mut add).collect()
}

/// Sizes above the last one fall into it.
fn clip(sizes: &Sizes, last: usize) -> BTreeMap<usize, u64> {
    let mut clipped = BTreeMap::new();
    for (size, count) in sizes {
        *clipped.entry((*size).min(last)).or_default() += count;
    }
    clipped
}

fn of_one(size: u32) -> BTreeMap<usize, u64> {
    if size < 2 { BTreeMap::new() } else { BTreeMap::from([(size as usize, 1)]) }
}

fn of_all(histogram: &Histogram) -> BTreeMap<usize, u64> {
    let bins = (2_usize..).zip(histogram.bins());
    bins.filter(|(_, count)| **count > 0).map(|(size, count)| (size, u64::from(*count))).collect()
}

type Named = [(&'static str, BTreeMap<usize, u64>); 7];

fn named(counts: &Counts) -> Named {
    [
        ("fan-in", of_one(counts.fan_in)),
        ("fan-out", of_one(counts.fan_out)),
        ("degree-in", of_one(counts.degree_in)),
        ("degree-out", of_one(counts.degree_out)),
        ("scatter-gather", of_all(&counts.scatter_gather)),
        ("temp-cycle", of_all(&counts.temp_cycle)),
        ("lc-cycle", of_all(&counts.lc_cycle)),
    ]
}

fn expected(edges: &[Edge], windows: &Windows) -> Named {
    let counts = compatible(edges, windows);
    [
        ("fan-in", counts.fan_in),
        ("fan-out", counts.fan_out),
        ("degree-in", counts.degree_in),
        ("degree-out", counts.degree_out),
        ("scatter-gather", clip(&counts.scatter_gather, LARGEST)),
        ("temp-cycle", clip(&counts.temp_cycle, LARGEST)),
        ("lc-cycle", clip(&counts.lc_cycle, LARGEST)),
    ]
}

fn check(edges: &[Edge], windows: &Windows, settings: Settings) -> Result<(), TestCaseError> {
    for (n, counts) in (1..).zip(mine(edges, settings)) {
        prop_assert!(!counts.truncated.any());
        prop_assert_eq!(named(&counts), expected(&edges[..n], windows), "after edge {}", n);
    }
    Ok(())
}

#[test]
fn recorded_counts_come_out() {
    let text = include_str!("cases.json");
    let cases: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut edges_seen = 0;
    for case in cases["cases"].as_array().unwrap() {
        let number = |value: &serde_json::Value| value.as_i64().unwrap();
        let window = |name: &str| number(&case["windows"][name]);
        let windows = Windows {
            fan: window("fan"),
            degree: window("degree"),
            scatter_gather: window("scatter-gather"),
            temp_cycle: window("temp-cycle"),
            lc_cycle: window("lc-cycle"),
            lc_cycle_len: usize::try_from(number(&case["lc_len"])).unwrap(),
        };
        let account = |value: &serde_json::Value| u32::try_from(number(value)).unwrap();
        let edges: Vec<Edge> = case["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| Edge { source: account(&e[0]), target: account(&e[1]), time: number(&e[2]) })
            .collect();
        let recorded = case["counts"].as_array().unwrap();
        assert_eq!(recorded.len(), edges.len());
        let read = |row: &serde_json::Value, name: &str| -> BTreeMap<usize, u64> {
            let bins = row[name].as_object().into_iter().flatten();
            bins.map(|(size, count)| (size.parse().unwrap(), count.as_u64().unwrap())).collect()
        };
        for (n, (row, counts)) in recorded.iter().zip(mine(&edges, settings(&windows))).enumerate()
        {
            let reference = expected(&edges[..=n], &windows);
            for ((name, found), (_, reference)) in named(&counts).into_iter().zip(reference) {
                let last =
                    if name.starts_with("fan") || name.starts_with("degree") { 8 } else { 10 };
                let at = format!("seed {}, edge {n}, {name}", case["seed"]);
                assert_eq!(clip(&reference, last), read(row, name), "the reference: {at}");
                assert_eq!(clip(&found, last), read(row, name), "the miner: {at}");
            }
            edges_seen += 1;
        }
    }
    assert_eq!(edges_seen, 5004);
}

fn windows() -> impl Strategy<Value = Windows> {
    let window = || prop_oneof![3 => 1_i64..12, 1 => 12_i64..60];
    (window(), window(), window(), window(), window(), 2_usize..8).prop_map(
        |(fan, degree, scatter_gather, temp_cycle, lc_cycle, lc_cycle_len)| Windows {
            fan,
            degree,
            scatter_gather,
            temp_cycle,
            lc_cycle,
            lc_cycle_len,
        },
    )
}

/// Shapes of graphs: few accounts (dense), more (sparse), and a hub at both ends.
fn edges(longest: usize) -> impl Strategy<Value = Vec<Edge>> {
    let ends = prop_oneof![
        (0_u32..4, 0_u32..4),
        (0_u32..7, 0_u32..7),
        (0_u32..12, 0_u32..12),
        (0_u32..9, Just(0_u32)),
        (Just(0_u32), 0_u32..9),
    ];
    let ahead = prop_oneof![3 => Just(0_i64), 4 => Just(1_i64), 2 => 1_i64..4, 1 => 5_i64..40];
    prop::collection::vec((ends, ahead), 1..longest).prop_map(|steps| {
        let mut time = -20;
        let step = |((source, target), ahead): ((u32, u32), i64)| {
            time += ahead;
            Edge { source, target, time }
        };
        steps.into_iter().map(step).collect()
    })
}

/// How many random graphs, unless `PALERMO_GRAPHS` says otherwise.
fn graphs(fewer: u32) -> Config {
    let all = std::env::var("PALERMO_GRAPHS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    Config { cases: (all / fewer).max(1), failure_persistence: None, ..Config::default() }
}

#[test]
fn random_graphs_count_as_the_reference() {
    TestRunner::new(graphs(1))
        .run(&(edges(36), windows()), |(edges, windows)| {
            check(&edges, &windows, settings(&windows))
        })
        .unwrap();
}

#[test]
fn longer_random_graphs_count_as_the_reference() {
    let narrow = Windows {
        fan: 30,
        degree: 50,
        scatter_gather: 20,
        temp_cycle: 14,
        lc_cycle: 9,
        lc_cycle_len: 5,
    };
    TestRunner::new(graphs(50))
        .run(&edges(260), |edges| check(&edges, &narrow, settings(&narrow)))
        .unwrap();
}

#[test]
fn late_payments_count_as_the_reference() {
    let late = prop::collection::vec(prop_oneof![3 => Just(0_i64), 1 => 0_i64..15], 36);
    TestRunner::new(graphs(2))
        .run(&(edges(36), windows(), late), |(mut edges, windows, late)| {
            for (edge, late) in edges.iter_mut().zip(late) {
                edge.time -= late;
            }
            let settings = Settings { lateness: 20, ..settings(&windows) };
            check(&edges, &windows, settings)
        })
        .unwrap();
}

#[test]
fn a_cut_search_says_so_and_claims_nothing() {
    let budgets = prop_oneof![0_u32..40, 40_u32..400];
    TestRunner::new(graphs(10))
        .run(&(edges(60), windows(), budgets), |(edges, windows, budget)| {
            let whole = mine(&edges, settings(&windows));
            let cut = mine(&edges, Settings { budget, ..settings(&windows) });
            for (whole, cut) in whole.iter().zip(&cut) {
                let pairs = [
                    (cut.truncated.scatter_gather, cut.scatter_gather, whole.scatter_gather),
                    (cut.truncated.temp_cycle, cut.temp_cycle, whole.temp_cycle),
                    (cut.truncated.lc_cycle, cut.lc_cycle, whole.lc_cycle),
                ];
                for (truncated, cut, whole) in pairs {
                    let bins = cut.bins().iter().zip(whole.bins());
                    prop_assert!(bins.clone().all(|(cut, whole)| cut <= whole));
                    prop_assert!(truncated || cut == whole);
                }
                prop_assert!(cut.work <= 3 * budget);
            }
            Ok(())
        })
        .unwrap();
}
