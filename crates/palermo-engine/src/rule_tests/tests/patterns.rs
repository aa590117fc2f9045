//! Sequences and graph patterns in rule tests: what is written, what happens, on whom it holds.
//! Every row runs in another order, with duplicates and over several partitions as well.

use super::*;

const RULE: &str = "\
kind: Indicator
id: AA-01
crime: [laundering]
family: N
tier: A
subject: account
window: 30d
text: \"found\"
";

/// What the lint wants to see beside it; not run.
const LINTED: &str = "  \
  - {name: edge, boundary: auto, from: row}
  - {name: some, events: [{kind: fee, from: A, amount: 1}], expect: {hits: [{indicator: AA-01, on: A}]}}
  - {name: none, events: [{kind: fee, from: A, amount: 1}], expect: {hits: []}}
  - {name: lacking, missing: amount, events: [{kind: fee, from: A, amount: 1}], expect: {hits: []}}
";

const PLACES: &str = include_str!("../../../../../rules/lists/places.yaml");
const ROUTES: &str = "\
list: corridor
title: Towns on routes
version: 1.0.0
columns: {route: text, stage: int, lat: decimal, lon: decimal}
source: a map
reviewed: 2026-01-01
rows:
  - {row: north/1, route: north, stage: 1, lat: \"27.5306\", lon: \"-99.4803\", valid_from: 2020-01-01}
  - {row: north/2, route: north, stage: 2, lat: \"29.4241\", lon: \"-98.4936\", valid_from: 2020-01-01}
  - {row: north/3, route: north, stage: 3, lat: \"29.7604\", lon: \"-95.3698\", valid_from: 2020-01-01}
";

/// A row: what the rule says, the events, and the accounts on which it holds.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

fn check((says, events, on): &Row) {
    let sources = written(says, events, on);
    let results = run(&sources, &|_, test| test.name == "row", &mut |_| {});
    let results = results.unwrap_or_else(|errors| panic!("{says}\n{errors}"));
    assert!(results.len() == 1 && results[0].passed(), "{says}{events:?}: {results:?}");
}

/// The folder of a row.
fn written(says: &str, events: &[&str], on: &[&str]) -> Sources {
    let hit = |account: &&str| format!("{{indicator: AA-01, on: \"{account}\"}}");
    let hits: Vec<String> = on.iter().map(hit).collect();
    let test = format!(
        "rule: AA-01\nworld: {{base_currency: USD, start: 2026-03-02}}\nparties: []\ntests:\n  \
         - name: row\n    events:\n      - {}\n    expect: {{hits: [{}]}}\n    \
         invariants: [shuffle_within: 3d, duplicate: 0.5, partitions: [1, 4]]\n{LINTED}",
        events.join("\n      - "),
        hits.join(", "),
    );
    let files = [
        ("rules/rule.yaml", format!("{HEAD}{RULE}{says}")),
        ("rules/rule.test.yaml", test),
        ("rules/lists/places.yaml", PLACES.to_owned()),
        ("rules/lists/corridor.yaml", ROUTES.to_owned()),
    ];
    Sources::new(files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect())
}

const WAGES: &str = "\
sequence:
  wage: direction == in && kind == payroll
  sweep: direction == out && kind == transfer && amount >= 0.7 * wage.amount, within 24h of wage
  repeats: 3
  same: sweep.other.account
";
const WAGE: &str = "{repeat: 3, every: 7d, kind: payroll, from: FIRM, to: W, amount: 1000}";

const RESALE: &str = "\
sequence:
  reload: direction == in && kind == transfer
  advert: direction == out && amount_original <= 50, within 2d of reload
  guests: direction == in && kind == transfer, within 2d of advert
  visa: direction == out && amount_original == 7, around 3d of guests
  distinct: [reload.other.account, guests.other.account]
  repeats: 1
";

const SEQUENCES: &[Row] = &[
    (
        WAGES,
        &[
            WAGE,
            "{start: 2h, repeat: 3, every: 7d, kind: transfer, from: W, to: BOSS, amount: 800}",
        ],
        &["W"],
    ),
    // To three of them, or of two wages only, or too little.
    (
        WAGES,
        &[
            WAGE,
            "{start: 2h, repeat: 3, every: 7d, kind: transfer, from: W, to: \"B{1..3}\", amount: 800}",
        ],
        &[],
    ),
    (
        WAGES,
        &[
            WAGE,
            "{start: 2h, repeat: 2, every: 7d, kind: transfer, from: W, to: BOSS, amount: 800}",
        ],
        &[],
    ),
    (
        WAGES,
        &[
            WAGE,
            "{start: 2h, repeat: 3, every: 7d, kind: transfer, from: W, to: BOSS, amount: 600}",
        ],
        &[],
    ),
    // A shop between the wage and the sweep to the boss changes nothing.
    (
        WAGES,
        &[
            WAGE,
            "{start: 1h, repeat: 3, every: 7d, kind: transfer, from: W, to: SHOP, amount: 900}",
            "{start: 2h, repeat: 3, every: 7d, kind: transfer, from: W, to: BOSS, amount: 800}",
        ],
        &["W"],
    ),
    (
        RESALE,
        &[
            "{kind: transfer, from: A, to: X, amount: 90}",
            "{start: 1d, kind: transfer, from: X, to: ADS, amount: 40}",
            "{start: 2d, kind: transfer, from: B, to: X, amount: 90}",
            "{start: 4d, kind: fee, from: X, to: ADS, amount: 7}",
        ],
        &["X"],
    ),
    // Around is on either side; here it is before the first step.
    (
        RESALE,
        &[
            "{start: 1h, kind: transfer, from: A, to: X, amount: 90}",
            "{start: 1d, kind: transfer, from: X, to: ADS, amount: 40}",
            "{start: 2d, kind: transfer, from: B, to: X, amount: 90}",
            "{kind: fee, from: X, to: ADS, amount: 7}",
        ],
        &["X"],
    ),
    // The same account pays twice.
    (
        RESALE,
        &[
            "{kind: transfer, from: A, to: X, amount: 90}",
            "{start: 1d, kind: transfer, from: X, to: ADS, amount: 40}",
            "{start: 2d, kind: transfer, from: A, to: X, amount: 90}",
            "{start: 4d, kind: fee, from: X, to: ADS, amount: 7}",
        ],
        &[],
    ),
    // Too late on either side.
    (
        RESALE,
        &[
            "{kind: transfer, from: A, to: X, amount: 90}",
            "{start: 1d, kind: transfer, from: X, to: ADS, amount: 40}",
            "{start: 2d, kind: transfer, from: B, to: X, amount: 90}",
            "{start: 6d, kind: fee, from: X, to: ADS, amount: 7}",
        ],
        &[],
    ),
];

#[test]
fn sequences_hold_where_they_are_and_nowhere_else() {
    SEQUENCES.iter().for_each(check);
}

const CYCLE: &str = "\
select:
  moved: kind == transfer
graph: {cycle: {edges: moved, hops: 3..6, within: 10d, keeps: 0.7}}
hit: cycle.found >= 1 && cycle.hops >= 3
";
const CHAIN: &str = "\
select:
  moved: kind == transfer
graph: {chain: {edges: moved, hops: 3..8, within: 10d, keeps: 0.5..0.95}}
hit: chain.found >= 1 && chain.keeps >= 0.6
";
const FAN_IN: &str = "graph: {fan_in: {within: 5d}}\nhit: fan_in.accounts >= 4\n";
const FAN_OUT: &str = "\
select:
  paid: direction == out && unrelated(self, other)
graph: {fan_out: {edges: paid, within: 5d}}
hit: fan_out.accounts >= 3 && fan_out.payments >= 4
";
const GATHERED: &str = "\
graph: {gather_scatter: {}}
hit: gather_scatter.sources >= 4 && gather_scatter.targets >= 3 && gather_scatter.passed >= 0.9
";
const BETWEEN: &str = "\
graph: {scatter_gather: {within: 10d, keeps: 0.8}}
hit: scatter_gather.middles >= 3
";
const BIPARTITE: &str = "\
graph: {bipartite: {sources: 2, sinks: 3}}
hit: bipartite.left >= 3 && bipartite.right >= 3 && bipartite.returned <= 0.1
";
const MIRROR: &str = "graph: {mirror: {tolerance: 0.05, within: 5d}}\nhit: mirror.pairs >= 1\n";
const CORRIDOR: &str = "graph: {corridor: {}}\nhit: corridor.stages >= 3\n";

const AB: &str = "{kind: transfer, from: A, to: B, amount: 1000}";
const BC: &str = "{start: 1d, kind: transfer, from: B, to: C, amount: 900}";
const CA: &str = "{start: 2d, kind: transfer, from: C, to: A, amount: 700}";
const CD: &str = "{start: 2d, kind: transfer, from: C, to: D, amount: 700}";
const IN_4: &str = "{repeat: 4, every: 1d, kind: transfer, from: \"S{1..4}\", to: H, amount: 100}";
const OUT_3: &str =
    "{start: 4d, repeat: 3, every: 1h, kind: transfer, from: H, to: \"T{1..3}\", amount: 130}";
const OUT_TO_3: &str =
    "{repeat: 3, every: 1h, kind: transfer, from: S, to: \"M{1..3}\", amount: 100}";
const IN_FROM_3: &str =
    "{start: 1d, repeat: 3, every: 1h, kind: transfer, from: \"M{1..3}\", to: D, amount: 90}";
const ALL_TO_ALL: &[&str] = &[
    "{repeat: 3, every: 1h, kind: transfer, from: L1, to: \"R{1..3}\", amount: 100}",
    "{start: 1d, repeat: 3, every: 1h, kind: transfer, from: L2, to: \"R{1..3}\", amount: 100}",
    "{start: 2d, repeat: 3, every: 1h, kind: transfer, from: L3, to: \"R{1..3}\", amount: 100}",
];

const GRAPHS: &[Row] = &[
    // At both ends of the payment that completes it, and not at the others.
    (CYCLE, &[AB, BC, CA], &["A", "C"]),
    (CYCLE, &[AB, BC, "{start: 2d, kind: transfer, from: C, to: A, amount: 600}"], &[]),
    (CYCLE, &[AB, BC, "{start: 11d, kind: transfer, from: C, to: A, amount: 700}"], &[]),
    (CYCLE, &[AB, "{start: 1d, kind: payroll, from: B, to: C, amount: 900}", CA], &[]),
    (CYCLE, &[AB, "{start: 1d, kind: transfer, from: B, to: A, amount: 900}"], &[]),
    (CHAIN, &[AB, BC, CD], &["C", "D"]),
    (
        CHAIN,
        &[AB, BC, CD, "{start: 3d, kind: transfer, from: D, to: E, amount: 610}"],
        &["C", "D", "E"],
    ),
    (CHAIN, &[AB, BC, "{start: 2d, kind: transfer, from: C, to: D, amount: 900}"], &[]),
    (FAN_IN, &[IN_4], &["H"]),
    (
        FAN_IN,
        &["{repeat: 4, every: 2d, kind: transfer, from: \"S{1..4}\", to: H, amount: 100}"],
        &[],
    ),
    (
        FAN_OUT,
        &["{repeat: 4, every: 1d, kind: transfer, from: H, to: \"T{1..3}\", amount: 9}"],
        &["H"],
    ),
    (
        FAN_OUT,
        &["{repeat: 4, every: 1d, kind: transfer, from: H, to: \"T{1..2}\", amount: 9}"],
        &[],
    ),
    (GATHERED, &[IN_4, OUT_3], &["H"]),
    (
        GATHERED,
        &[
            OUT_3,
            "{start: 5d, repeat: 4, every: 1d, kind: transfer, from: \"S{1..4}\", to: H, amount: 100}",
        ],
        &[],
    ),
    (BETWEEN, &[OUT_TO_3, IN_FROM_3], &["D"]),
    (
        BETWEEN,
        &[
            OUT_TO_3,
            "{start: 1d, repeat: 3, every: 1h, kind: transfer, from: \"M{1..3}\", to: D, amount: 70}",
        ],
        &[],
    ),
    (BIPARTITE, ALL_TO_ALL, &["L3", "R3"]),
    (MIRROR, &[AB, "{start: 1d, kind: transfer, from: B, to: A, amount: 960}"], &["A", "B"]),
    (MIRROR, &[AB, "{start: 1d, kind: transfer, from: B, to: A, amount: 900}"], &[]),
    (
        CORRIDOR,
        &[
            "{kind: cash_withdrawal, from: V, amount: 50, place: US-TX/Laredo}",
            "{start: 1d, kind: cash_withdrawal, from: V, amount: 50, place: US-TX/Laredo}",
            "{start: 2d, kind: cash_withdrawal, from: V, amount: 50, place: US-TX/San Antonio}",
            "{start: 3d, kind: cash_withdrawal, from: V, amount: 50, place: US-TX/Houston}",
        ],
        &["V"],
    ),
    (
        CORRIDOR,
        &[
            "{kind: cash_withdrawal, from: V, amount: 50, place: US-TX/Laredo}",
            "{start: 2d, kind: cash_withdrawal, from: V, amount: 50, place: US-TX/Houston}",
            "{start: 3d, kind: cash_withdrawal, from: V, amount: 50, place: US-TX/San Antonio}",
        ],
        &[],
    ),
];

#[test]
fn graph_patterns_hold_where_they_are_and_nowhere_else() {
    GRAPHS.iter().for_each(check);
}

/// Five accounts pay each other for ten days, two payments at a time.
const CROWD: &[&str] = &[
    "{repeat: 30, every: 8h, kind: transfer, from: \"A{1..5}\", to: [A2, A4, A3, A1, A5, A1, A2], amount: 100..140}",
    "{repeat: 30, every: 8h, kind: transfer, from: [A3, A1, A5, A4, A2, A5, A3], to: \"A{1..5}\", amount: 100..140}",
];

const LOOSE: &[&str] = &[
    "graph: {cycle: {hops: 3..5, within: 2d, keeps: 0.8..1.2}}\nhit: cycle.found >= 1\n",
    "graph: {cycle: {hops: 3..5, within: 3d}}\nhit: cycle.found >= 2\n",
    "graph: {chain: {hops: 3..6, within: 3d, keeps: 0.8..1.2}}\nhit: chain.found == 1\n",
    "graph: {scatter_gather: {within: 2d}}\nhit: scatter_gather.middles >= 2\n",
    "graph: {bipartite: {sources: 2, sinks: 2, within: 2d}}\nhit: bipartite.right >= 2\n",
    "graph: {mirror: {tolerance: 0.1, within: 2d}}\nhit: mirror.pairs >= 1\n",
    "graph: {gather_scatter: {within: 1d}}\nhit: gather_scatter.targets >= 2\n",
    "graph: {fan_in: {within: 3d}}\nhit: fan_in.accounts >= 3\n",
    "sequence:\n  a: direction == in\n  b: direction == out, within 1d of a\n  c: amount > a.amount, around 1d of b\n  same: b.other.account\n  repeats: 2\n",
];

#[test]
fn the_order_of_arrival_changes_no_hit() {
    for says in LOOSE {
        let sources = written(says, CROWD, &[]);
        let files = parse_tests(&sources).unwrap();
        let limits = limits(&files[0]);
        let shelf = Shelf::new(&sources, &limits).unwrap();
        let (file, test) = (&files[0], &files[0].tests[0]);
        let rules = shelf.rule(&file.rule, &Overrides::new()).unwrap();
        let bench = Bench { shelf: &shelf, file, test, limits: &limits };
        let plain = bench.outcome(&rules, &Feed::plain(file, test));
        let times: usize = plain.held_at.values().map(BTreeSet::len).sum();
        assert!((5..100).contains(&times), "{says}: {times} hits");
        for seed in 0..20 {
            let feed = Feed::plain(file, test).shuffled(Span::from_days(3), seed);
            let other = bench.outcome(&rules, &feed);
            assert_eq!(judge::difference(&plain, &other), None, "{says}, seed {seed}");
        }
    }
}

/// The rules of the repository whose files are named; prints nothing where they pass.
fn shipped(chosen: &dyn Fn(&str) -> bool) -> Vec<TestResult> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root.parent().unwrap()).unwrap();
                let text = std::fs::read_to_string(&path).unwrap();
                files.insert(name.to_string_lossy().into_owned(), text);
            }
        }
    }
    run(&Sources::new(files), &|file, _| chosen(&file.rule), &mut |_| {}).unwrap()
}

#[test]
fn the_shipped_sequence_finds_what_it_found() {
    let results = shipped(&|rule| rule == "ML-02");
    assert!(results.len() >= 6);
    for result in results {
        assert!(result.passed(), "{result:?}");
    }
}
