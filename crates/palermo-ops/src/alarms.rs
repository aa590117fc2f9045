//! Holds the alarm rules of `deploy/prometheus` against the list of metrics and the runbooks.
//!
//! Sees: a metric that is not exposed, a label that its family does not have, an alarm without its
//! page or its cases, a page without an alarm. Does not see: whether an expression means what it
//! should; promtool runs the cases for that. The files are read as text: their shape is ours, one
//! key a line.

use crate::{METRICS, MetricKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Labels that Prometheus gives to what it scrapes.
const OF_THE_SCRAPE: [&str; 2] = ["job", "instance"];
/// Clauses whose names are labels.
const CLAUSES: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines that are not comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.starts_with('#'))
}

/// The values of a key, such as `alert`.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let rest = |line: &'a str| line.trim_start_matches("- ").strip_prefix(key)?.strip_prefix(": ");
    lines(text).filter_map(rest).map(str::trim).collect()
}

/// The names in a text, each with what follows it.
fn names(text: &str) -> Vec<(&str, &str)> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(of_name) {
        let tail = &rest[start..];
        let end = tail.find(|c| !of_name(c)).unwrap_or(tail.len());
        found.push((&tail[..end], &tail[end..]));
        rest = &tail[end..];
    }
    found
}

/// What stands between brackets at the beginning of a text.
fn bracketed(text: &str, open: char, close: char) -> Option<&str> {
    text.trim_start().strip_prefix(open)?.split_once(close).map(|(inside, _)| inside)
}

/// Every series that is exposed or recorded, with its labels.
fn series(rules: &str) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut series = BTreeMap::from([("up".to_owned(), BTreeSet::from(OF_THE_SCRAPE))]);
    for def in METRICS {
        let labels: BTreeSet<_> = def.labels.iter().copied().chain(OF_THE_SCRAPE).collect();
        if def.kind == MetricKind::Histogram {
            for part in ["_bucket", "_sum", "_count"] {
                let mut labels = labels.clone();
                labels.extend((part == "_bucket").then_some("le"));
                series.insert(format!("{}{part}", def.name), labels);
            }
        } else {
            series.insert(def.name.to_owned(), labels);
        }
    }
    let recorded = values(rules, "record").into_iter().map(|name| (name.to_owned(), all_labels()));
    series.extend(recorded);
    series
}

fn all_labels() -> BTreeSet<&'static str> {
    let of_metrics = METRICS.iter().flat_map(|def| def.labels.iter().copied());
    of_metrics.chain(OF_THE_SCRAPE).chain(["le"]).collect()
}

/// What is wrong with the names and labels in these rules.
pub(super) fn drift(rules: &str) -> Vec<String> {
    let text: String = lines(rules).flat_map(|line| [line, "\n"]).collect();
    let (series, known) = (series(rules), all_labels());
    let mut complaints = Vec::new();
    for (name, after) in names(&text) {
        if let Some(labels) = series.get(name) {
            let matched = bracketed(after.trim_end_matches('\n'), '{', '}')
                .filter(|_| after.starts_with('{'))
                .unwrap_or("");
            for matcher in matched.split(',').filter(|matcher| !matcher.trim().is_empty()) {
                let label = matcher.split(['=', '!']).next().unwrap_or("").trim();
                if !labels.contains(label) {
                    complaints.push(format!("`{name}` has no label `{label}`"));
                }
            }
        } else if name.starts_with("palermo_") || name.starts_with("palermo:") {
            complaints.push(format!("`{name}` is not exposed"));
        }
        // Other brackets after such a word are those of a sentence.
        let of_labels = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ',' | ' ');
        if CLAUSES.contains(&name)
            && let Some(labels) = bracketed(after, '(', ')').filter(|l| l.chars().all(of_labels))
        {
            let unknown = labels.split(',').map(str::trim).filter(|label| !known.contains(label));
            complaints.extend(unknown.map(|label| format!("no metric has the label `{label}`")));
        }
    }
    for after in text.split("$labels.").skip(1) {
        let label = names(after).first().map_or("", |(label, _)| *label);
        if !known.contains(label) {
            complaints.push(format!("a text names the label `{label}`, which no metric has"));
        }
    }
    complaints
}

#[test]
fn alarm_rules_name_what_is_exposed() {
    let complaints = drift(&read("deploy/prometheus/palermo.rules.yml"));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The check above sees each kind of drift.
#[test]
fn drift_is_seen() {
    for (expr, seen) in [
        ("rate(palermo_source_records_total[5m])", None),
        ("up{job=\"palermo\"} == 0", None),
        ("sum by (job, le) (rate(palermo_sink_latency_seconds_bucket{sink=\"log\"}[5m]))", None),
        ("palermo_source_record_total > 0", Some("`palermo_source_record_total` is not exposed")),
        ("palermo_sink_latency_seconds > 0", Some("`palermo_sink_latency_seconds` is not exposed")),
        ("palermo:nowhere:rate5m > 0", Some("`palermo:nowhere:rate5m` is not exposed")),
        (
            "palermo_dead_letters_total{topic=\"payments\", code=\"x\"}",
            Some("`palermo_dead_letters_total` has no label `code`"),
        ),
        ("sum by (job, worker) (up)", Some("no metric has the label `worker`")),
        (
            "up  # {{ $labels.account }}",
            Some("a text names the label `account`, which no metric has"),
        ),
    ] {
        let complaints = drift(&format!("- alert: X\n  expr: {expr}\n"));
        assert_eq!(complaints.iter().map(String::as_str).collect::<Vec<_>>(), Vec::from_iter(seen));
    }
}

#[test]
fn every_alarm_has_its_page_and_every_page_its_alarm() {
    let rules = read("deploy/prometheus/palermo.rules.yml");
    let alarms: BTreeSet<&str> = values(&rules, "alert").into_iter().collect();
    assert!(alarms.len() > 20, "only {} alarms were found", alarms.len());
    assert_eq!(alarms.len(), values(&rules, "alert").len(), "an alarm is there twice");
    let pages: Vec<String> = alarms.iter().map(|a| format!("docs/runbooks/{a}.md")).collect();
    // In the order of the file each alarm names its own page.
    let own: Vec<String> =
        values(&rules, "alert").iter().map(|a| format!("docs/runbooks/{a}.md")).collect();
    assert_eq!(values(&rules, "runbook"), own);
    for key in ["summary", "description", "for"] {
        assert_eq!(values(&rules, key).len(), alarms.len(), "`{key}` of each alarm");
    }
    let severities = values(&rules, "labels");
    assert_eq!(severities.len(), alarms.len());
    for severity in severities {
        assert!(["{severity: page}", "{severity: ticket}"].contains(&severity), "{severity}");
    }

    let index = read("docs/runbooks/README.md");
    for (alarm, page) in alarms.iter().zip(&pages) {
        assert!(read(page).starts_with(&format!("# {alarm}: ")), "{page}");
        assert!(index.contains(&format!("[{alarm}]({alarm}.md)")), "the index lacks {alarm}");
    }
    for entry in std::fs::read_dir(root().join("docs/runbooks")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let alarm = name.strip_suffix(".md").unwrap_or(&name);
        assert!(alarm == "README" || alarms.contains(alarm), "docs/runbooks/{name} has no alarm");
    }
}

#[test]
fn every_alarm_has_a_case_that_fires_and_one_that_does_not() {
    let cases = ["", ".days"].map(|part| format!("deploy/prometheus/palermo.rules{part}.test.yml"));
    let mut seen: BTreeMap<String, [bool; 2]> = BTreeMap::new();
    for cases in cases.iter().map(|path| read(path)) {
        let mut alarm = "";
        for line in lines(&cases) {
            if let Some(name) = line.strip_prefix("alertname: ") {
                alarm = name;
            } else if let Some(expected) = line.strip_prefix("exp_alerts:") {
                let [fires, quiet] = seen.entry(alarm.to_owned()).or_default();
                *(if expected.is_empty() { fires } else { quiet }) = true;
            }
        }
    }
    let rules = read("deploy/prometheus/palermo.rules.yml");
    for alarm in values(&rules, "alert") {
        assert_eq!(seen.get(alarm), Some(&[true, true]), "{alarm}: [fires, does not fire]");
    }
}
