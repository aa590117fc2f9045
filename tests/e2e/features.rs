//! `palermo features`: the columns it promises, with the counts of the brute-force reference.

use crate::command::{Done, folder, palermo_in};
use palermo_testkit::graph::{Edge, Sizes, Windows, compatible, power_law};
use std::path::Path;

const WINDOWS: [&str; 11] = [
    "--fan",
    "60s",
    "--degree",
    "50s",
    "--scatter-gather",
    "45s",
    "--temp-cycle",
    "30s",
    "--lc-cycle",
    "20s",
    "--compat",
];

fn features(folder: &Path, edges: &str, more: &[&str]) -> Done {
    std::fs::write(folder.join("edges.csv"), edges).unwrap();
    palermo_in(folder, &[&["features", "--in", "edges.csv"], more].concat())
}

fn columns(sizes: &Sizes) -> String {
    let at = |size: usize| match size {
        10 => sizes.range(10..).map(|(_, count)| count).sum(),
        size => sizes.get(&size).copied().unwrap_or(0),
    };
    (2..=10).map(|size| format!(",{}", at(size))).collect()
}

#[test]
fn its_columns_hold_the_counts_of_the_reference() {
    let edges: Vec<Edge> = power_law(3, 500, 24, 900);
    let windows = Windows {
        fan: 60,
        degree: 50,
        scatter_gather: 45,
        temp_cycle: 30,
        lc_cycle: 20,
        lc_cycle_len: 6,
    };
    let line =
        |(n, e): (usize, &Edge)| format!("e{n},A-{},A-{},{},12.50\n", e.source, e.target, e.time);
    let text: String = edges.iter().enumerate().map(line).collect();
    let folder = folder();
    let done = features(folder.path(), &format!("id,from,to,at,amount\n{text}"), &WINDOWS);
    assert_eq!(done.code, 0, "{}", done.stderr);
    let mut lines = done.stdout.lines();
    let header = lines.next().unwrap();
    let names = [
        "fan_in",
        "fan_out",
        "degree_in",
        "degree_out",
        "scatter_gather",
        "temp_cycle",
        "lc_cycle",
    ];
    let expected: String =
        names.iter().flat_map(|name| (2..=10).map(move |size| format!(",{name}_{size}"))).collect();
    assert_eq!(header, format!("edge_id{expected}"));
    let mut found = 0;
    for (n, line) in lines.enumerate() {
        let c = compatible(&edges[..=n], &windows);
        let all = [
            &c.fan_in,
            &c.fan_out,
            &c.degree_in,
            &c.degree_out,
            &c.scatter_gather,
            &c.temp_cycle,
            &c.lc_cycle,
        ];
        found += all[4].len() + all[5].len() + all[6].len();
        assert_eq!(line, format!("e{n}{}", all.map(columns).concat()));
    }
    assert_eq!(done.stdout.lines().count(), 501);
    assert!(found > 100, "{found} patterns are too few to say anything");
    assert!(done.stderr.starts_with("500 edges of "), "{}", done.stderr);
}

#[test]
fn what_is_not_asked_for_has_no_columns() {
    let folder = folder();
    let done = features(
        folder.path(),
        "a,x,y,0\nb,y,x,5\nc,y,y,6\n",
        &["--compat", "--temp-cycle", "1m", "--mark-cut"],
    );
    let bins: String = (2..=10).map(|size| format!(",temp_cycle_{size}")).collect();
    let expected =
        format!("edge_id{bins},cut\na{0},0\nb,1{1},0\nc{0},0\n", ",0".repeat(9), ",0".repeat(8));
    assert_eq!((done.code, done.stdout), (0, expected), "{}", done.stderr);
}

#[test]
fn what_the_budget_cut_is_said() {
    let text: String = power_law(4, 300, 12, 300)
        .iter()
        .map(|e| format!("0,{},{},{}\n", e.source, e.target, e.time))
        .collect();
    let folder = folder();
    let done = features(
        folder.path(),
        &text,
        &[
            "--compat",
            "--temp-cycle",
            "60s",
            "--budget",
            "50",
            "--mark-cut",
            "--out",
            "counts.csv",
            "--format",
            "json",
        ],
    );
    let counts = std::fs::read_to_string(folder.path().join("counts.csv")).unwrap();
    let marked = counts.lines().filter(|line| line.ends_with(",1")).count();
    assert!(marked > 10, "{marked}");
    assert!(
        done.stderr.contains(&format!("{marked} of them have searches that the budget cut")),
        "{}",
        done.stderr
    );
    let totals: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(
        (totals["edges"].as_u64(), totals["cut"].as_u64()),
        (Some(300), u64::try_from(marked).ok())
    );
}

#[test]
fn what_comes_too_late_is_said() {
    let folder = folder();
    let edges = "a,x,y,100\nb,y,x,40\nc,x,z,100\n";
    let late = |more: &[&str]| {
        features(folder.path(), edges, &[&["--compat", "--fan", "10s"], more].concat()).stderr
    };
    assert!(late(&[]).contains("1 of them came later than"), "{}", late(&[]));
    assert!(!late(&["--lateness", "1m"]).contains("later than"), "{}", late(&["--lateness", "1m"]));
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    let folder = folder();
    let good = "a,x,y,0\n";
    for (bad, what) in [
        ("b,x,y\n", "line 2 has fewer than four fields"),
        ("b,x,y,soon\n", "line 2 has a time that is no whole number of seconds"),
        ("b,x,y,1.5\n", "line 2 has a time that is no whole number of seconds"),
        ("b,x,y,99999999999999999999\n", "line 2 has a time that is no whole number of seconds"),
        ("b,,y,1\n", "line 2 names no account"),
    ] {
        let done = features(
            folder.path(),
            &format!("{good}{bad}c,x,y,3\n"),
            &["--compat", "--fan", "10s"],
        );
        assert_eq!(done.code, 2, "{bad}");
        assert!(
            done.stderr.starts_with(&format!("error[edges_unreadable]: {what}")),
            "{}",
            done.stderr
        );
        assert_eq!(done.stdout.lines().count(), 2, "what came before is written: {bad}");
    }
    let done =
        palermo_in(folder.path(), &["features", "--compat", "--fan", "1h", "--in", "none.csv"]);
    assert_eq!(done.code, 4);
    assert!(done.stderr.starts_with("error: cannot read `none.csv`: "), "{}", done.stderr);
}

/// A small ring, an account that passes money on, and a gatherer; the definitions of
/// docs/patterns.md without `--compat`.
const STORY: &str = "\
id,from,to,at,amount
a,x,y,100,1000
b,y,z,200,950
c,z,x,300,900.5
d,p,h,310,10
e,q,h,320,20
f,r,h,330,30
g,h,s,400,25
h,h,t,410,25
i,y,y,415,5
";

/// The cells of one column by the ids of its rows.
fn column(table: &str, name: &str) -> Vec<(String, String)> {
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = header.iter().position(|column| *column == name);
    let at = at.unwrap_or_else(|| panic!("no column `{name}` in {header:?}"));
    lines.map(|cells| (cells[0].to_owned(), cells[at].to_owned())).collect()
}

#[track_caller]
fn is(table: &str, name: &str, wanted: &[(&str, &str)]) {
    let got = column(table, name);
    for (id, cell) in wanted {
        let found = got.iter().find(|(row, _)| row == id).map(|(_, cell)| cell.as_str());
        assert_eq!(found, Some(*cell), "{name} of {id}");
    }
}

const ALL: [&str; 24] = [
    "--fan",
    "1h",
    "--degree",
    "1h",
    "--scatter-gather",
    "1h",
    "--temp-cycle",
    "1h",
    "--lc-cycle",
    "1h",
    "--gather-scatter",
    "1h",
    "--chain",
    "1h",
    "--bipartite",
    "1h",
    "--mirror",
    "1h",
    "--component",
    "1h",
    "--pass-through",
    "1h",
    "--stats",
    "1h",
];

#[test]
fn production_columns_tell_the_story() {
    let folder = folder();
    let done = features(folder.path(), STORY, &[&ALL[..], &["--keeps", "0.9..1"]].concat());
    assert_eq!(done.code, 0, "{}", done.stderr);
    let table = &done.stdout;
    assert_eq!(table.lines().count(), 10);
    is(table, "temp_cycle_3", &[("a", "0"), ("b", "0"), ("c", "1"), ("i", "0")]);
    is(table, "lc_cycle_3", &[("b", "0"), ("c", "1")]);
    is(table, "fan_in_3", &[("e", "0"), ("f", "1"), ("g", "0")]);
    is(table, "degree_out_2", &[("g", "0"), ("h", "1")]);
    is(table, "chain_hops", &[("a", "1"), ("b", "2"), ("c", "2"), ("g", "1"), ("i", "0")]);
    is(table, "chain_share", &[("a", "1"), ("b", "0.95"), ("c", "0.947894"), ("i", "")]);
    is(table, "gather_scatter_payers", &[("g", "3"), ("h", "3")]);
    is(table, "gather_scatter_payees", &[("h", "2")]);
    is(table, "gather_scatter_in", &[("h", "60")]);
    is(table, "gather_scatter_out", &[("h", "50")]);
    // g took d's 10 and 15 of e's 20; h the other 5 of e's and 20 of f's 30.
    is(table, "pass_through_share", &[("a", "0"), ("b", "1"), ("g", "1"), ("h", "1"), ("i", "")]);
    is(table, "pass_through_dwell", &[("a", ""), ("b", "100"), ("g", "80"), ("h", "80")]);
    is(table, "pass_through_depth", &[("a", "1"), ("b", "2"), ("c", "3"), ("g", "2")]);
    is(table, "component", &[("a", "2"), ("b", "3"), ("c", "3"), ("h", "6"), ("i", "0")]);
    is(table, "debtor_in_sum", &[("g", "60"), ("a", "0")]);
    is(table, "debtor_in_mean", &[("g", "20"), ("a", "")]);
    is(table, "debtor_in_variance", &[("g", "66.67")]);
    is(table, "creditor_in_max", &[("f", "30")]);
}

#[test]
fn late_and_doubled_lines_leave_the_rows_of_clean_ones() {
    let folder = folder();
    let clean = features(folder.path(), STORY, &ALL);
    let mut lines: Vec<&str> = STORY.lines().collect();
    // Each up to 60 s late, and some twice.
    lines.swap(4, 6);
    lines.swap(7, 8);
    lines.insert(6, lines[4]);
    lines.push(lines[9]);
    let messy =
        features(folder.path(), &lines.join("\n"), &[&ALL[..], &["--lateness", "60s"]].concat());
    assert_eq!(messy.stdout, clean.stdout, "{}", messy.stderr);
    assert!(messy.stderr.contains("2 came before: they count once"), "{}", messy.stderr);
}

#[test]
fn payments_are_read_and_taken_back() {
    let folder = folder();
    let payment = |id: &str, from: &str, to: &str, at: &str, more: &str| {
        format!(
            r#"{{"schema":"payment.v1","payment_id":"{id}","event_time":"{at}","amount":"100.00","currency":"EUR","kind":"transfer","rail":"sct","status":"booked","debtor":{{"account":"{from}"}},"creditor":{{"account":"{to}"}}{more}}}"#
        )
    };
    let first = payment("1", "A", "B", "2026-03-02T10:00:00.000Z", "");
    let back = payment("3", "A", "B", "2026-03-02T10:01:00.000Z", r#","refers_to":"1""#)
        .replace("booked", "reversed");
    let second = payment("2", "C", "B", "2026-03-02T11:00:00.000Z", "");
    let odd = payment("4", "D", "B", "2026-03-02T12:00:00.000Z", "").replace("EUR", "USD");
    let text = [first.clone(), back, second, odd].join("\n");
    std::fs::write(folder.path().join("p.jsonl"), text).unwrap();
    let run = |more: &[&str]| {
        palermo_in(
            folder.path(),
            &[&["features", "--in", "p.jsonl", "--fan", "1d", "--stats", "1d"], more].concat(),
        )
    };
    let done = run(&["--lateness", "10m"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("line 4 is in USD after EUR"), "{}", done.stderr);
    let done = run(&["--lateness", "10m", "--currency", "EUR"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    is(&done.stdout, "creditor_in_count", &[("2", "1"), ("4", "2")]);
    is(&done.stdout, "creditor_in_sum", &[("2", "100"), ("4", "")]);
    assert!(done.stderr.contains("1 were taken back: they have no row"), "{}", done.stderr);
    assert_eq!(column(&done.stdout, "fan_in_2").len(), 2);
    // Without the patience, the row of the first is written before it is taken back.
    let hasty = run(&["--currency", "EUR"]);
    assert_eq!(column(&hasty.stdout, "fan_in_2").len(), 3);
    assert!(hasty.stderr.contains("1 were taken back after rows"), "{}", hasty.stderr);
    std::fs::write(folder.path().join("p.jsonl"), format!("{first}\n{{\"schema\":1}}\n")).unwrap();
    let done = run(&[]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.starts_with("error[edges_unreadable]: line 2 is no"), "{}", done.stderr);
    assert_eq!(done.stdout.lines().count(), 2, "what came before is written");
}

#[test]
fn parquet_comes_from_the_name_of_the_output() {
    let folder = folder();
    for mode in [&["--compat", "--fan", "1h"][..], &["--fan", "1h", "--stats", "1h"]] {
        let done = features(folder.path(), STORY, &[mode, &["--out", "features.parquet"]].concat());
        assert_eq!(done.code, 0, "{}", done.stderr);
        let bytes = std::fs::read(folder.path().join("features.parquet")).unwrap();
        assert_eq!((&bytes[..4], &bytes[bytes.len() - 4..]), (&b"PAR1"[..], &b"PAR1"[..]));
    }
    let done = features(folder.path(), STORY, &["--compat", "--chain", "1h"]);
    assert_eq!(done.code, 2, "compatible definitions know no chain: {}", done.stderr);
    // What came before a line that cannot be read is a whole table.
    let bad = format!("{STORY}j,x\n");
    let done = features(folder.path(), &bad, &["--fan", "1h", "--out", "features.parquet"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    let bytes = std::fs::read(folder.path().join("features.parquet")).unwrap();
    assert_eq!(&bytes[bytes.len() - 4..], b"PAR1");
}

#[test]
fn what_would_mislead_is_refused() {
    let folder = folder();
    let edges = "a,x,y,1,5\n";
    for (text, more, what) in [
        (edges, &["--fan", "1h", "--out", "edges.csv"][..], "are the same file"),
        (edges, &["--lc-cycle", "1h", "--lc-cycle-len", "20"], "at most 10 payments"),
        ("a,x,y,1.5\n", &["--fan", "1h"], "line 1 has a time that is no whole number"),
        ("{\"schema\":1},a,b,c\n", &["--fan", "1h"], "line 1 looks like JSON"),
        (",x,y,1\n", &["--fan", "1h"], "line 1 has no id"),
        (
            "a,x,y,1,5,\"oops\nb,x,y,2\nc,x,y,3\n",
            &["--fan", "1h"],
            "line 1 begins a field in quotes",
        ),
        ("a,x,y,1,5e3\n", &["--fan", "1h"], "line 1 has an amount that is no plain decimal"),
    ] {
        let done = features(folder.path(), text, more);
        assert_eq!(done.code, 2, "{text}: {}", done.stderr);
        assert!(done.stderr.contains(what), "{text}: {}", done.stderr);
        let left = std::fs::read_to_string(folder.path().join("edges.csv")).unwrap();
        assert_eq!(left, text, "the input is as it was");
    }
    std::fs::write(folder.path().join("p.jsonl"), "").unwrap();
    let done = palermo_in(folder.path(), &["features", "--in", "p.jsonl", "--fan", "300d"]);
    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("longer than can be kept together: 248 days"), "{}", done.stderr);
}
