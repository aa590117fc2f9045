//! The oracles: what must hold of what was read, whatever was done to the engine in between.
//!
//! Pure functions from facts to complaints; an empty list is a pass. Each sees the faults that its
//! tests plant and says so in words that lead to the record:
//!
//! | function | sees | does not see |
//! |---|---|---|
//! | [`same_records`] (O1) | a record lost, doubled, invented or altered in any byte | order |
//! | [`same_topics`] | the same, and order, offsets aside | where a commit ended |
//! | [`conserved`] (O2) | a visible record without a fate or with two, in any progress record; a dead letter without its record, or two for one | a fate of the wrong kind, unless it is `dead_letter` |
//! | [`chained`] (O3) | a commit lost or made twice (a zombie's), a position that goes back | a writer that stops early |
//! | [`all_closed`] (O5) | a Kafka transaction left open | |
//! | [`no_canary`] (O11) | personal data in anything that was written | data in another encoding |

mod conservation;
#[cfg(test)]
mod tests;

pub use conservation::{Input, chained, conserved};

use palermo_kafka::tools::ReadRecord;
use std::collections::BTreeMap;

/// The most complaints of one kind that are spelled out.
const SHOWN_MAX: usize = 10;

/// A record as a reader keeps it: everything but where it stood.
type Content<'a> = (&'a Option<Vec<u8>>, &'a Option<Vec<u8>>, i64, &'a Vec<(String, Vec<u8>)>);

fn content(record: &ReadRecord) -> Content<'_> {
    (&record.key, &record.value, record.timestamp_ms, &record.headers)
}

/// O1: two topics hold the same records, each as often, byte for byte.
pub fn same_records(topic: &str, expected: &[ReadRecord], found: &[ReadRecord]) -> Vec<String> {
    let mut balance: BTreeMap<Content<'_>, (i64, &ReadRecord)> = BTreeMap::new();
    for record in expected {
        balance.entry(content(record)).or_insert((0, record)).0 -= 1;
    }
    for record in found {
        balance.entry(content(record)).or_insert((0, record)).0 += 1;
    }
    let complaints =
        balance.into_values().filter(|(times, _)| *times != 0).map(|(times, record)| {
            let what = if times < 0 { "is missing" } else { "is there too often" };
            format!("{topic}: {} {what}, {} times", name(record), times.unsigned_abs())
        });
    bounded(complaints.collect())
}

/// Two runs wrote the same topic: per partition the same records in the same order. Offsets may
/// differ, as commits end with a record of their own.
pub fn same_topics(topic: &str, expected: &[ReadRecord], found: &[ReadRecord]) -> Vec<String> {
    let mut complaints = Vec::new();
    let partitions = |records: &[ReadRecord]| {
        let mut lanes: BTreeMap<i32, Vec<ReadRecord>> = BTreeMap::new();
        for record in records {
            lanes.entry(record.partition).or_default().push(record.clone());
        }
        lanes.values_mut().for_each(|lane| lane.sort_by_key(|record| record.offset));
        lanes
    };
    let (expected, found) = (partitions(expected), partitions(found));
    for partition in expected.keys().chain(found.keys()).collect::<std::collections::BTreeSet<_>>()
    {
        let none = Vec::new();
        let (a, b) =
            (expected.get(partition).unwrap_or(&none), found.get(partition).unwrap_or(&none));
        if a.len() != b.len() {
            let (a, b) = (a.len(), b.len());
            complaints
                .push(format!("{topic}/{partition}: {a} records in one run, {b} in the other"));
        }
        if let Some(n) = a.iter().zip(b).position(|(a, b)| content(a) != content(b)) {
            complaints.push(format!(
                "{topic}/{partition}: record {n} differs: {} and {}",
                name(&a[n]),
                name(&b[n])
            ));
        }
    }
    bounded(complaints)
}

/// First and next offsets of a partition for both kinds of reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Topic and partition, for the complaint.
    pub partition: String,
    /// Where a `read_committed` reader stops.
    pub last_stable_offset: i64,
    /// Where a `read_uncommitted` reader stops.
    pub log_end_offset: i64,
}

/// O5: no Kafka transaction is open on any of these partitions.
pub fn all_closed(partitions: &[Ends]) -> Vec<String> {
    let open = partitions.iter().filter(|ends| ends.last_stable_offset != ends.log_end_offset);
    open.map(|ends| {
        format!(
            "{}: a transaction is open, readers stop at {} of {}",
            ends.partition, ends.last_stable_offset, ends.log_end_offset
        )
    })
    .collect()
}

/// O11: none of the planted texts occurs in anything that was written. Each text comes with a name
/// for it, as the complaint must not repeat what it complains about.
pub fn no_canary(canaries: &[(&str, &str)], written: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, canary) in canaries {
        for (place, text) in written {
            for (number, line) in (1..).zip(text.lines()) {
                if line.contains(canary) {
                    complaints.push(format!("{place}:{number} shows the planted {name}"));
                }
            }
        }
    }
    bounded(complaints)
}

/// A record in a complaint: what it is about, not what it says.
fn name(record: &ReadRecord) -> String {
    let place = format!("{}@{}", record.partition, record.offset);
    let header = |name: &str| {
        let found = record.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    if let (Some(reason), Some(partition), Some(offset)) =
        (header("palermo-reason"), header("palermo-partition"), header("palermo-offset"))
    {
        return format!("the dead letter of {partition}@{offset} ({reason}) at {place}");
    }
    let json: serde_json::Value =
        record.value.as_deref().and_then(|v| serde_json::from_slice(v).ok()).unwrap_or_default();
    let data = &json["data"];
    match (data["alert_id"].as_str(), data["revision"].as_u64()) {
        (Some(id), Some(revision)) => format!("alert {id} revision {revision} at {place}"),
        _ => format!("a record at {place}"),
    }
}

fn bounded(mut complaints: Vec<String>) -> Vec<String> {
    let more = complaints.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        complaints.truncate(SHOWN_MAX);
        complaints.push(format!("and {more} more"));
    }
    complaints
}
