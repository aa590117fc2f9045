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

/// A row: what the rule says, the events, and the accounts on which it holds.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

fn check((says, events, on): &Row) {
    let hit = |account: &&str| format!("{{indicator: AA-01, on: \"{account}\"}}");
    let hits: Vec<String> = on.iter().map(hit).collect();
    let test = format!(
        "rule: AA-01\nworld: {{base_currency: USD, start: 2026-03-02}}\nparties: []\ntests:\n  \
         - name: row\n    events:\n      - {}\n    expect: {{hits: [{}]}}\n    \
         invariants: [shuffle_within: 3d, duplicate: 0.5, partitions: [1, 4]]\n{LINTED}",
        events.join("\n      - "),
        hits.join(", "),
    );
    let files =
        [("rules/rule.yaml", format!("{HEAD}{RULE}{says}")), ("rules/rule.test.yaml", test)];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
    let results = run(&Sources::new(files), &|_, test| test.name == "row", &mut |_| {});
    let results = results.unwrap_or_else(|errors| panic!("{says}\n{errors}"));
    assert!(results.len() == 1 && results[0].passed(), "{says}{events:?}: {results:?}");
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
