//! `palermo data export`: a range of the input topics as files that `--data` reads.
//!
//! Promises: each file is whole or not there; what live goes to the dead letters is left out and counted,
//! with the place of the first and nothing of its content; duplicates stay. Cost: one pass over the
//! range, and some 100 bytes of memory for each payment: whether an id comes again with other content.

use crate::args::DataExportArgs;
use crate::backtest::{Unfinished, cannot_write};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::screen::{Moment, Screen, grouped};
use crate::signals::Signals;
use palermo_codec::{
    Limits, UnknownFields, check_record, decode_list_row, decode_party, decode_payment,
};
use palermo_domain::{EventTime, FixedHashMap, Partition, TopicRole};
use palermo_engine::in_time;
use palermo_engine::port::{Clock, RecordRef};
use palermo_runtime::{RangeRead, SystemClock, Wanted, read_range};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Quick to write and to read.
const LEVEL: i32 = 3;

/// What a task reads of files, and where it comes from.
const FILES: [(TopicRole, &str); 3] = [
    (TopicRole::Payments, "payments.jsonl.zst"),
    (TopicRole::Parties, "parties.jsonl"),
    (TopicRole::Lists, "lists.jsonl"),
];

/// Reads, writes, tells.
pub(crate) fn data_export(arguments: &DataExportArgs, out: &mut Out) -> Result<Exit, Failure> {
    let wanted = wanted(arguments)?;
    alone(&arguments.out)?;
    let signals = Signals::listen()?;
    let config = crate::config::read(&arguments.config.config)?;
    palermo_runtime::reach(&config.kafka.bootstrap)?;
    let mut unfinished = Unfinished::default();
    let mut export = Export::begin(&arguments.out, config.engine().limits, &mut unfinished)?;
    let clock = SystemClock::new();
    let began_ms = clock.monotonic_ms();
    let mut screen = Screen::new(out.is_live());
    screen.begin("reading");
    let mut watch = |done, total| {
        let elapsed_ms = clock.monotonic_ms().saturating_sub(began_ms);
        let moment = Moment { done, total, elapsed_ms, lag_records: None, alerts: None };
        screen.show(moment, out);
        if signals.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let read = read_range(&config, &wanted, &mut watch, &mut |record| export.take(record));
    screen.end();
    let read = read?;
    let counts = export.finish()?;
    let Some(read) = read else {
        out.talk("interrupted; nothing was written");
        return Ok(signals.exit());
    };
    if counts.rows.first().is_none_or(|payments| *payments == 0) {
        let text = "there is no payment in this range; nothing was written";
        return Err(Failure::words(Exit::Environment, text));
    }
    unfinished.name()?;
    tell(arguments, &read, &counts, out);
    Ok(Exit::Fine)
}

/// What lies in the folder and would be read with the export would be other data than the range.
fn alone(folder: &Path) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let of_data = ["payments", "parties", "lists"].iter().any(|kind| name.starts_with(kind));
        if of_data && !FILES.iter().any(|(_, ours)| *ours == name) {
            let folder = folder.display();
            let text = format!(
                "`{folder}` holds `{name}`, which `--data` would read beside the export: give another \
                 folder (`--out`)"
            );
            return Err(Failure::words(Exit::Usage, text));
        }
    }
    Ok(())
}

fn wanted(arguments: &DataExportArgs) -> Result<Wanted, Failure> {
    let usage = |text: String| Err(Failure::words(Exit::Usage, text));
    let (since, until) = (arguments.since, arguments.until);
    if arguments.offsets.is_empty() {
        if since.zip(until).is_some_and(|(since, until)| since >= until) {
            return usage("`--since` is not before `--until`".to_owned());
        }
        return Ok(Wanted::Times { since, until });
    }
    let mut offsets = BTreeMap::new();
    for &(partition, from, to) in &arguments.offsets {
        if offsets.insert(partition, (from, to)).is_some() {
            return usage(format!("`--offsets` names partition {partition} twice"));
        }
    }
    Ok(Wanted::Offsets(offsets))
}

/// What was left out, by role and reason: how often, and where first.
type Left = BTreeMap<(TopicRole, &'static str), (u64, Partition, i64)>;

/// What was written, in the order of [`FILES`], and what was not.
struct Counts {
    rows: [u64; 3],
    left: Left,
}

/// The three files, while they are written.
struct Export {
    limits: Limits,
    unknown: UnknownFields,
    payments: zstd::Encoder<'static, BufWriter<File>>,
    others: [BufWriter<File>; 2],
    paths: [PathBuf; 3],
    /// What each payment id says.
    known: FixedHashMap<Box<str>, u64>,
    counts: Counts,
    failed: Option<(PathBuf, io::Error)>,
}

impl Export {
    fn begin(folder: &Path, limits: Limits, unfinished: &mut Unfinished) -> Result<Self, Failure> {
        let mut open = |(_, name): (TopicRole, &str)| -> Result<_, Failure> {
            let path = unfinished.begin(folder, name)?;
            let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
            Ok((path, BufWriter::with_capacity(1 << 20, file)))
        };
        let [payments, parties, lists] = FILES;
        let (payments, parties, lists) = (open(payments)?, open(parties)?, open(lists)?);
        let encoder = zstd::Encoder::new(payments.1, LEVEL);
        let encoder = encoder.map_err(|error| cannot_write(&payments.0, &error))?;
        Ok(Self {
            limits,
            unknown: UnknownFields::default(),
            payments: encoder,
            others: [parties.1, lists.1],
            paths: [payments.0, parties.0, lists.0],
            known: FixedHashMap::default(),
            counts: Counts { rows: [0; 3], left: Left::new() },
            failed: None,
        })
    }

    fn take(&mut self, record: RecordRef<'_>) -> ControlFlow<()> {
        let role = record.partition.role;
        let Some(at) = FILES.iter().position(|(of, _)| *of == role) else {
            return ControlFlow::Continue(());
        };
        if let Err(reason) = self.judge(record) {
            let first = (0, record.partition, record.offset);
            let left = self.counts.left.entry((role, reason)).or_insert(first);
            left.0 = left.0.saturating_add(1);
            return ControlFlow::Continue(());
        }
        let value = record.value.unwrap_or_default();
        let written = match (role, &mut self.others) {
            (TopicRole::Parties, [parties, _]) => line(value, parties),
            (TopicRole::Lists, [_, lists]) => line(value, lists),
            _ => line(value, &mut self.payments),
        };
        match written {
            Ok(()) => {
                if let Some(rows) = self.counts.rows.get_mut(at) {
                    *rows = rows.saturating_add(1);
                }
                ControlFlow::Continue(())
            }
            Err(error) => {
                let path = self.paths.get(at).cloned().unwrap_or_default();
                self.failed = Some((path, error));
                ControlFlow::Break(())
            }
        }
    }

    /// Why a task would not apply it, in the words of the dead letters.
    fn judge(&mut self, record: RecordRef<'_>) -> Result<(), &'static str> {
        let (limits, unknown) = (&self.limits, &mut self.unknown);
        let value = record.value.unwrap_or_default();
        let role = record.partition.role;
        if record.value.is_none() && role != TopicRole::Payments {
            return Err(TOMBSTONE);
        }
        if let Some(reason) = check_record(record.value, record.headers, limits) {
            return Err(reason.as_str());
        }
        match role {
            TopicRole::Parties => decode_party(value, limits, unknown).map(|_| ()),
            TopicRole::Lists => decode_list_row(value, limits, unknown).map(|_| ()),
            _ => match decode_payment(value, limits, unknown) {
                Err(refusal) => Err(refusal),
                Ok(payment) => {
                    let ingest = EventTime(record.timestamp_ms);
                    if record.timestamp_ms >= 0 && !in_time(payment.event_time, ingest) {
                        return Err("time_range");
                    }
                    let (id, content): (&str, u64) =
                        (payment.payment_id.expose(), payment.content_hash());
                    match self.known.get(id) {
                        Some(known) if *known != content => return Err("conflict"),
                        Some(_) => {}
                        None => drop(self.known.insert(id.into(), content)),
                    }
                    Ok(())
                }
            },
        }
        .map_err(|refusal| refusal.reason.as_str())
    }

    fn finish(self) -> Result<Counts, Failure> {
        if let Some((path, error)) = self.failed {
            return Err(cannot_write(&path, &error));
        }
        let [payments, parties, lists] = &self.paths;
        let [mut of_parties, mut of_lists] = self.others;
        let whole = self.payments.finish().and_then(|mut inner| inner.flush());
        whole.map_err(|error| cannot_write(payments, &error))?;
        of_parties.flush().map_err(|error| cannot_write(parties, &error))?;
        of_lists.flush().map_err(|error| cannot_write(lists, &error))?;
        Ok(self.counts)
    }
}

/// What a file has no word for.
const TOMBSTONE: &str = "tombstone";

/// One line. Between the parts of a document there may be ends of lines, inside a text there is none.
fn line(value: &[u8], to: &mut dyn Write) -> io::Result<()> {
    let mut parts = value.split(|byte| matches!(byte, b'\n' | b'\r'));
    parts.try_for_each(|part| to.write_all(part))?;
    to.write_all(b"\n")
}

fn tell(arguments: &DataExportArgs, read: &RangeRead, counts: &Counts, out: &mut Out) {
    let [payments, parties, lists] = counts.rows;
    if out.json() {
        let ranges = read.payments.iter().map(
            |(partition, (from, to))| json!({"partition": partition.index, "from": from, "to": to}),
        );
        let left = counts.left.iter().map(|((role, reason), (count, at, offset))| {
            json!({"topic": role.as_str(), "reason": reason, "records": count,
                   "first": {"partition": at.index, "offset": offset}})
        });
        out.json_data(&json!({
            "payments": payments, "parties": parties, "list_rows": lists,
            "offsets": ranges.collect::<Vec<Value>>(), "left_out": left.collect::<Vec<Value>>(),
            "from_what_is_left": read.from_what_is_left, "reference_cut": read.reference_cut,
        }));
    } else {
        let (payments, parties, lists) = (grouped(payments), grouped(parties), grouped(lists));
        let folder = arguments.out.display();
        out.data(&format!(
            "{payments} payments, {parties} versions of parties and {lists} rows of lists to {folder}"
        ));
        let ranges = read.payments.iter();
        let ranges = ranges.map(|(p, (from, to))| format!("--offsets {}:{from}..{to}", p.index));
        out.data(&format!("the same payments again: {}", ranges.collect::<Vec<_>>().join(" ")));
    }
    if read.from_what_is_left {
        out.talk(
            "the range begins where a partition begins that has lost its beginning: what was there \
             before, and whether it was of the range, is not known",
        );
    }
    if read.reference_cut {
        out.talk(
            "the topic of parties or of lists has lost its beginning: what the bank knew first is not in \
             the files",
        );
    }
    for ((role, reason), (count, at, offset)) in &counts.left {
        let (count, place) = (grouped(*count), format!("{at} offset {offset}"));
        out.talk(&match *reason {
            TOMBSTONE => format!(
                "{count} tombstones of {role} were left out, the first at {place}: a file cannot take back"
            ),
            reason => format!(
                "{count} records of {role} were left out, as live: `{reason}`, the first at {place}"
            ),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_data_are_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        assert!(alone(&folder.path().join("none")).is_ok());
        for name in ["payments.jsonl.zst", "parties.jsonl", "lists.jsonl", "truth.json"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(alone(folder.path()).is_ok());
        std::fs::write(folder.path().join("payments-01.parquet"), "").unwrap();
        let error = alone(folder.path()).err().unwrap();
        assert!(error.text.contains("holds `payments-01.parquet`"), "{}", error.text);
    }

    #[test]
    fn a_document_of_several_lines_becomes_one() {
        let mut text = Vec::new();
        line(b"{\"a\":\r\n 1,\n\"b\":\"x\\ny\"}", &mut text).unwrap();
        assert_eq!(text, b"{\"a\": 1,\"b\":\"x\\ny\"}\n");
    }
}
