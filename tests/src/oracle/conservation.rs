//! O2 and O3: every record that a reader may see meets exactly one fate, and commits follow one
//! another without gap, repetition or step back.

use super::bounded;
use palermo_codec::{FateCounts, Progress};
use palermo_domain::Partition;
use palermo_kafka::tools::ReadRecord;
use std::collections::{BTreeMap, BTreeSet};

/// An input partition as a `read_committed` reader finds it, read apart from the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The offsets of the records that are delivered.
    pub visible: BTreeSet<i64>,
    /// The last stable offset.
    pub end: i64,
}

/// O2, for every progress record: per partition, fates are the visible records between start and
/// position, and what was not delivered is the rest; and each dead letter names a record of its
/// own. `dead_letters` are the records of that topic; `roles` gives the partition of a topic name
/// in their headers. With `all_read` the last position must be past every visible record.
pub fn conserved(
    progress: &[Progress],
    inputs: &BTreeMap<Partition, Input>,
    dead_letters: &[ReadRecord],
    topics: &BTreeMap<String, palermo_domain::TopicRole>,
    all_read: bool,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let Some(last) = progress.last() else { return vec!["there is no progress record".to_owned()] };
    for record in progress {
        for (partition, input) in inputs {
            complaints.extend(balanced(record, *partition, input));
        }
    }
    if all_read {
        for (partition, input) in inputs {
            let position = last.positions.get(partition).copied().unwrap_or(-1);
            let unread = input.visible.range(position.max(0)..).count();
            if unread > 0 {
                complaints.push(format!("{partition}: {unread} records were never read"));
            }
        }
    }
    complaints.extend(letters(last, inputs, dead_letters, topics));
    bounded(complaints)
}

fn balanced(progress: &Progress, partition: Partition, input: &Input) -> Option<String> {
    let seq = progress.seq;
    let (Some(&start), Some(&position)) =
        (progress.started.positions.get(&partition), progress.positions.get(&partition))
    else {
        return Some(format!("commit {seq} does not say where {partition} is"));
    };
    let fates = progress.fates.get(&partition).copied().unwrap_or_default();
    let undelivered = progress.undelivered.get(&partition).copied().unwrap_or_default();
    let offsets = u64::try_from(position.saturating_sub(start)).unwrap_or(0);
    let visible = input.visible.range(start..position.max(start)).count() as u64;
    if sum(fates) != visible || undelivered != offsets - visible.min(offsets) {
        return Some(format!(
            "commit {seq}, {partition} from {start} to {position}: {visible} records are visible and \
             {} met a fate; {} offsets hold none and {undelivered} were counted",
            sum(fates),
            offsets - visible.min(offsets)
        ));
    }
    None
}

const fn sum(fates: FateCounts) -> u64 {
    fates.processed + fates.late + fates.duplicate + fates.dead_letter
}

fn letters(
    last: &Progress,
    inputs: &BTreeMap<Partition, Input>,
    dead_letters: &[ReadRecord],
    topics: &BTreeMap<String, palermo_domain::TopicRole>,
) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut seen: BTreeMap<Partition, BTreeSet<i64>> = BTreeMap::new();
    for letter in dead_letters {
        let header = |name: &str| {
            let found = letter.headers.iter().find(|(other, _)| other == name)?;
            std::str::from_utf8(&found.1).ok()
        };
        let origin = || {
            let role = *topics.get(header("palermo-topic")?)?;
            let index = header("palermo-partition")?.parse().ok()?;
            Some((Partition { role, index }, header("palermo-offset")?.parse::<i64>().ok()?))
        };
        let Some((partition, offset)) = origin() else {
            complaints.push(format!("a dead letter at {} does not say whence", letter.offset));
            continue;
        };
        if !inputs.get(&partition).is_some_and(|input| input.visible.contains(&offset)) {
            complaints.push(format!("the dead letter of {partition}@{offset} is of no record"));
        }
        if !seen.entry(partition).or_default().insert(offset) {
            complaints.push(format!("{partition}@{offset} has two dead letters"));
        }
    }
    for partition in inputs.keys() {
        let counted = last.fates.get(partition).map_or(0, |fates| fates.dead_letter);
        let there = seen.get(partition).map_or(0, |offsets| offsets.len() as u64);
        if counted != there {
            complaints.push(format!(
                "{partition}: {counted} records met the fate dead_letter, {there} dead letters exist"
            ));
        }
    }
    complaints
}

/// O3: commits are numbered 1, 2, 3, …, begin at the same place, and no position or count goes back.
pub fn chained(progress: &[Progress]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (expected, record) in (1_u64..).zip(progress) {
        if record.seq != expected {
            complaints
                .push(format!("the {expected}th progress record has the number {}", record.seq));
            break;
        }
    }
    for pair in progress.windows(2) {
        let [before, after] = pair else { continue };
        let seq = after.seq;
        if before.started != after.started {
            complaints.push(format!("commit {seq} says another beginning"));
        }
        for (partition, position) in &before.positions {
            let next = after.positions.get(partition).copied().unwrap_or(-1);
            if next < *position {
                complaints
                    .push(format!("commit {seq}: {partition} went from {position} to {next}"));
            }
        }
        for (partition, fates) in &before.fates {
            let next = after.fates.get(partition).copied().unwrap_or_default();
            if sum(next) < sum(*fates) {
                complaints.push(format!("commit {seq}: {partition} forgot fates"));
            }
        }
    }
    bounded(complaints)
}
