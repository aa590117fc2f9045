//! Files of payments and parties as the log of a bank: one document a line.
//!
//! Payments are put in order of event time, as they would come from a bank that is never late; their
//! record time is that. Parties, and rows of lists, come before. A line that is none of them stops,
//! with its number and without what it says.

use crate::config::Config;
use crate::run::RunError;
use palermo_codec::{Limits, UnknownFields, decode_list_row, decode_party, decode_payment};
use palermo_domain::{Currency, Partition, TopicRole};
use palermo_engine::port::{Extent, Log};
use palermo_engine::{Delivering, MemoryBroker};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// What a folder holds that `palermo synth --out` wrote.
const OF_FOLDER: [&str; 2] = ["parties.jsonl", "payments.jsonl"];
/// The longest line that is read.
const LINE_BYTES_MAX: u64 = 16 << 20;

const PARTITIONS: [Partition; 4] = [
    Partition { role: TopicRole::Control, index: 0 },
    Partition { role: TopicRole::Lists, index: 0 },
    Partition { role: TopicRole::Parties, index: 0 },
    Partition { role: TopicRole::Payments, index: 0 },
];

/// What a line holds.
struct Line {
    role: TopicRole,
    /// Event time; for parties and lists from when it holds.
    time: i64,
    value: Vec<u8>,
}

/// A log, and what its partitions hold.
pub(super) type Open = (Box<dyn Log>, BTreeMap<Partition, Extent>);

/// A log over the files, fenced and at rest.
pub(super) fn open(paths: &[PathBuf], config: &Config) -> Result<Open, RunError> {
    let mut lines = Vec::new();
    each_line(paths, &mut |line| {
        lines.push(line);
        ControlFlow::Continue(())
    })?;
    lines.sort_by_key(|line| (line.role, line.time));
    let broker = MemoryBroker::new(PARTITIONS);
    for line in &lines {
        let partition = Partition { role: line.role, index: 0 };
        broker.produce(partition, line.time.max(0), None, Some(&line.value));
    }
    let extents = broker.extents();
    let mut log = broker.log(&config.task, Delivering::default());
    // In memory there is nobody to fence; it opens the log for reading.
    log.fence(&mut |_| ControlFlow::Continue(()))?;
    Ok((Box::new(log), extents))
}

/// The currency of the first payment.
pub(super) fn currency(paths: &[PathBuf]) -> Result<Option<Currency>, RunError> {
    let mut found = None;
    let (limits, mut unknown) = (Limits::default(), UnknownFields::default());
    each_line(paths, &mut |line| {
        if line.role == TopicRole::Payments {
            let payment = decode_payment(&line.value, &limits, &mut unknown).ok();
            found = payment.map(|payment| payment.currency);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn each_line(
    paths: &[PathBuf],
    each: &mut dyn FnMut(Line) -> ControlFlow<()>,
) -> Result<(), RunError> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        if path.is_dir() {
            let inner = OF_FOLDER.iter().map(|name| path.join(name));
            files.extend(inner.filter(|file| file.exists() || !file.ends_with("parties.jsonl")));
        } else {
            files.push(path.clone());
        }
    }
    for path in &files {
        if read(path, each)?.is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn read(
    path: &Path,
    each: &mut dyn FnMut(Line) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, RunError> {
    let wrap = |source: io::Error| RunError::Input { path: path.to_path_buf(), source };
    let mut input = BufReader::with_capacity(1 << 20, File::open(path).map_err(wrap)?);
    let mut text = Vec::new();
    for number in 1_u64.. {
        text.clear();
        let taken = input.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut text);
        if taken.map_err(wrap)? == 0 {
            break;
        }
        let value = text.trim_ascii();
        if value.is_empty() {
            continue;
        }
        let line = line(value).map_err(|what| {
            let text = format!("line {number} {what}");
            wrap(io::Error::new(io::ErrorKind::InvalidData, text))
        })?;
        if each(line).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// Decides by what it decodes as; a payment that is refused says why.
fn line(value: &[u8]) -> Result<Line, String> {
    let (limits, mut unknown) = (Limits::default(), UnknownFields::default());
    let made = |role, time| Line { role, time, value: value.to_vec() };
    let refusal = match decode_payment(value, &limits, &mut unknown) {
        Ok(payment) => return Ok(made(TopicRole::Payments, payment.event_time.0)),
        Err(refusal) => refusal,
    };
    if let Ok(party) = decode_party(value, &limits, &mut unknown) {
        return Ok(made(TopicRole::Parties, party.as_of.0));
    }
    if let Ok(row) = decode_list_row(value, &limits, &mut unknown) {
        return Ok(made(TopicRole::Lists, row.valid_from.midnight().0));
    }
    let reason = refusal.reason.as_str();
    Err(match refusal.field {
        Some(field) => format!("is no payment, party or list row: `{reason}` in `{field}`"),
        None => format!("is no payment, party or list row: `{reason}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart_and_a_wrong_one_is_named_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let schemas = concat!(env!("CARGO_MANIFEST_DIR"), "/../palermo-codec/schemas");
        let one_line = |name: &str| {
            let text = std::fs::read_to_string(format!("{schemas}/{name}")).unwrap();
            text.replace('\n', " ")
        };
        let file = folder.path().join("mixed.jsonl");
        let lines = ["party.v1.example.json", "payment.v1.example.json", "list.v1.example.json"];
        let text = lines.map(one_line).join("\n");
        std::fs::write(&file, format!("{text}\n\n")).unwrap();
        let mut roles = Vec::new();
        each_line(std::slice::from_ref(&file), &mut |line| {
            roles.push(line.role);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(roles, [TopicRole::Parties, TopicRole::Payments, TopicRole::Lists]);
        assert!(currency(std::slice::from_ref(&file)).unwrap().is_some());
        std::fs::write(&file, format!("{text}\n{{\"iban\":\"CANARY\"}}\n")).unwrap();
        let error = open(&[file], &Config::defaults()).err().unwrap();
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.starts_with("line 4 is no payment, party or list row: "), "{source}");
        assert!(!format!("{error} {source}").contains("CANARY"));
        assert_eq!(error.code(), "input_unreadable");
        let missing = open(&[folder.path().to_path_buf()], &Config::defaults()).err().unwrap();
        assert!(missing.to_string().contains("payments.jsonl"), "{missing}");
    }
}
