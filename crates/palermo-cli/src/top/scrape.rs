//! One look: the text of `/metrics` as series, and what `/readyz` says.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// An engine that takes longer to answer stands still.
const PATIENCE: Duration = Duration::from_secs(3);
/// More than any engine says.
const ANSWER_BYTES_MAX: u64 = 32 << 20;

/// What an engine said at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    /// Lines of `/readyz` that do not hold; empty where it is ready.
    pub waits_for: Vec<String>,
    series: Vec<(String, BTreeMap<String, String>, f64)>,
}

/// Asks both pages.
pub(crate) fn look(address: SocketAddr) -> std::io::Result<Look> {
    let (status, ready) = get(address, "/readyz")?;
    let waits = ready.lines().filter(|line| !line.starts_with("ok ")).map(str::to_owned);
    let mut waits_for: Vec<String> = waits.collect();
    if status != 200 && waits_for.is_empty() {
        waits_for.push(format!("`/readyz` answers {status}"));
    }
    Ok(Look { waits_for, series: parse(&get(address, "/metrics")?.1) })
}

/// Status and body. In HTTP/1.0, so that the answer comes in one piece.
fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let answer = text.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    });
    answer.ok_or_else(|| std::io::Error::other("what answers does not speak HTTP"))
}

/// The series of an exposition; what cannot be read is left out.
pub(crate) fn parse(text: &str) -> Vec<(String, BTreeMap<String, String>, f64)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(series).collect()
}

fn series(line: &str) -> Option<(String, BTreeMap<String, String>, f64)> {
    let (left, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, labels)) = left.split_once('{') else {
        return Some((left.to_owned(), BTreeMap::new(), value));
    };
    let mut found = BTreeMap::new();
    // No label of ours holds a quote or a comma: they are ids and words.
    for label in labels.trim_end_matches('}').split("\",") {
        let (key, text) = label.split_once("=\"")?;
        found.insert(key.trim().to_owned(), text.trim_end_matches('"').to_owned());
    }
    Some((name.to_owned(), found, value))
}

impl Look {
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Self {
        Self { waits_for: Vec::new(), series: parse(text) }
    }

    /// The series of a metric.
    pub(crate) fn of_metric(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (&BTreeMap<String, String>, f64)> {
        let own = self.series.iter().filter(move |(other, ..)| other == name);
        own.map(|(_, labels, value)| (labels, *value))
    }

    /// Its sum over the series that have these labels; `None` where there is no series.
    pub(crate) fn sum(&self, name: &str, wanted: &[(&str, &str)]) -> Option<f64> {
        let has = |labels: &BTreeMap<String, String>| {
            wanted.iter().all(|(key, value)| labels.get(*key).is_some_and(|found| found == value))
        };
        let found = self.of_metric(name).filter(|(labels, _)| has(labels)).map(|(_, value)| value);
        found.fold(None, |sum, value| Some(sum.unwrap_or(0.0) + value))
    }

    /// Its sums by a label.
    pub(crate) fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        for (labels, value) in self.of_metric(name) {
            if let Some(key) = labels.get(label) {
                *sums.entry(key.clone()).or_default() += value;
            }
        }
        sums
    }

    /// The series with the largest value.
    pub(crate) fn largest(&self, name: &str) -> Option<(&BTreeMap<String, String>, f64)> {
        self.of_metric(name).max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exposition_is_read() {
        let look = Look::of(
            "# HELP palermo_records_total Records\n# TYPE palermo_records_total counter\n\
             palermo_records_total{fate=\"late\",topic=\"payments\"} 3\n\
             palermo_records_total{fate=\"processed\",topic=\"payments\"} 40\n\
             palermo_restore_duration_seconds 0.25\nnot a series\n",
        );
        assert_eq!(look.sum("palermo_records_total", &[]), Some(43.0));
        assert_eq!(look.sum("palermo_records_total", &[("fate", "late")]), Some(3.0));
        assert_eq!(look.sum("palermo_records_total", &[("fate", "other")]), None);
        assert_eq!(look.sum("palermo_restore_duration_seconds", &[]), Some(0.25));
        assert_eq!(look.by("palermo_records_total", "fate")["processed"], 40.0);
        let (labels, value) = look.largest("palermo_records_total").unwrap();
        assert_eq!((labels["fate"].as_str(), value), ("processed", 40.0));
    }
}
