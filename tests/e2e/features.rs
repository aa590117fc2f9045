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
