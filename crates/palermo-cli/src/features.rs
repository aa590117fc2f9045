//! `palermo features`: the graph patterns that each payment completes, as columns for a model.
//!
//! Promises: one line out for each line in, in the same order, while reading: memory grows with the
//! accounts and with the payments inside the longest window, not with the file. What the budget cut
//! and what came too late is counted and said. A line that cannot be read ends the command with its
//! number; what was written before it stays.

use crate::args::FeaturesArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use csv::ByteRecord;
use palermo_engine::port::Clock;
use palermo_graph::{Counts, Histogram, LARGEST, Miner, SMALLEST, Settings};
use palermo_ledger::edges::{ACCOUNTS_MAX, TIME_MAX};
use palermo_ledger::{AccountId, Atoms};
use palermo_runtime::SystemClock;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// Code of a line that cannot be read.
const UNREADABLE: &str = "edges_unreadable";
/// Lines that are read before they are searched: their memory accesses overlap.
const BATCH: usize = 64;
const BUFFER_BYTES: usize = 1 << 20;

/// What is said at the end.
#[derive(Debug, Default)]
struct Totals {
    edges: u64,
    cut: u64,
    late: u64,
}

/// `palermo features`.
pub(crate) fn features(arguments: &FeaturesArgs, out: &mut Out) -> Result<Exit, Failure> {
    let clock = SystemClock::new();
    let began_ms = clock.monotonic_ms();
    let settings = Settings {
        fan: arguments.fan,
        degree: arguments.degree,
        scatter_gather: arguments.scatter_gather,
        temp_cycle: arguments.temp_cycle,
        lc_cycle: arguments.lc_cycle,
        lc_cycle_len: arguments.lc_cycle_len,
        lateness: arguments.lateness,
        budget: arguments.budget,
    };
    let to_stdout = arguments.output == Path::new("-");
    let mut counting = Counting::new(settings, arguments.mark_cut, open_output(&arguments.output)?);
    counting.run(open_input(&arguments.input)?).map_err(|error| match error {
        Stop::Line(failure) => failure,
        // A reader that has enough, such as `head`.
        Stop::Write(error) if to_stdout && error.kind() == io::ErrorKind::BrokenPipe => {
            Failure::words(Exit::Fine, "the reader went away")
        }
        Stop::Write(error) => cannot("write", &arguments.output, &error),
        Stop::Read(error) => cannot("read", &arguments.input, &error),
    })?;
    let Counting { totals, ids, .. } = counting;
    let ms = clock.monotonic_ms().saturating_sub(began_ms);
    if out.json() && !to_stdout {
        out.json_data(&json!({"edges": totals.edges, "accounts": ids.len(), "cut": totals.cut,
                              "late": totals.late, "took_ms": ms}));
    }
    say(&totals, ids.len(), ms, out);
    Ok(Exit::Fine)
}

fn say(totals: &Totals, accounts: usize, ms: u64, out: &mut Out) {
    let Totals { edges, cut, late } = totals;
    let rate = edges.saturating_mul(1000).checked_div(ms.max(1)).unwrap_or(0);
    out.talk(&format!("{edges} edges of {accounts} accounts in {ms} ms ({rate}/s)"));
    if *cut > 0 {
        out.talk(&format!(
            "{cut} of them have searches that the budget cut: their counts are lower bounds; raise \
             `--budget`, or see which with `--mark-cut`"
        ));
    }
    if *late > 0 {
        out.talk(&format!(
            "{late} of them came later than `--lateness` allows: their counts rest on what was \
             still held; sort the input by time, or raise it"
        ));
    }
}

/// Why counting ended.
enum Stop {
    Line(Failure),
    Read(io::Error),
    Write(io::Error),
}

struct Counting {
    settings: Settings,
    miner: Miner,
    ids: Atoms,
    mark_cut: bool,
    output: Box<dyn Write>,
    totals: Totals,
    newest: i64,
    /// Lines that were read and not yet searched.
    names: Vec<u8>,
    ends: Vec<usize>,
    batch: Vec<(AccountId, AccountId, i64)>,
    text: Vec<u8>,
}

impl Counting {
    fn new(settings: Settings, mark_cut: bool, output: Box<dyn Write>) -> Self {
        Self {
            settings,
            miner: Miner::new(settings),
            ids: Atoms::default(),
            mark_cut,
            output,
            totals: Totals::default(),
            newest: i64::MIN,
            names: Vec::new(),
            ends: Vec::with_capacity(BATCH),
            batch: Vec::with_capacity(BATCH),
            text: Vec::new(),
        }
    }

    fn run(&mut self, input: Box<dyn Read>) -> Result<(), Stop> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(input);
        header(&self.settings, self.mark_cut, &mut self.text);
        let mut record = ByteRecord::new();
        let mut first = true;
        loop {
            let more = reader.read_byte_record(&mut record).map_err(|error| {
                let line = record.position().map_or(0, csv::Position::line);
                match error.into_kind() {
                    csv::ErrorKind::Io(error) => Stop::Read(error),
                    _ => Stop::Line(unreadable(line, "is no CSV")),
                }
            })?;
            if !more {
                break;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let is_header = std::mem::take(&mut first)
                && record.len() >= 4
                && record.get(3).is_some_and(|time| whole_seconds(time).is_none());
            let taken = if is_header { Ok(()) } else { self.take(&record) };
            if self.batch.len() == BATCH || taken.is_err() {
                self.flush().map_err(Stop::Write)?;
            }
            taken.map_err(|what| Stop::Line(unreadable(line, what)))?;
        }
        self.flush().and_then(|()| self.output.flush()).map_err(Stop::Write)
    }

    /// Keeps a line until its batch is full.
    fn take(&mut self, record: &ByteRecord) -> Result<(), &'static str> {
        let field = |at| record.get(at).ok_or("has fewer than four fields");
        let (name, source, target, time) = (field(0)?, field(1)?, field(2)?, field(3)?);
        let time = whole_seconds(time).ok_or("has a time that is no whole number of seconds")?;
        let (payer, payee) = if source == target {
            // No sight of an account: numbers are given by payments between two.
            (AccountId::from_index(0), AccountId::from_index(0))
        } else {
            (self.account(source)?, self.account(target)?)
        };
        let kept_from = self.newest.saturating_sub(self.settings.lateness);
        self.totals.late = self.totals.late.saturating_add(u64::from(time < kept_from));
        self.newest = self.newest.max(time);
        self.batch.push((payer, payee, time));
        self.names.extend_from_slice(name);
        self.ends.push(self.names.len());
        Ok(())
    }

    fn account(&mut self, key: &[u8]) -> Result<AccountId, &'static str> {
        let text = std::str::from_utf8(key).map_err(|_| "names an account that is not UTF-8")?;
        if text.is_empty() {
            return Err("names no account");
        }
        let number = self.ids.intern(text).index();
        if number >= ACCOUNTS_MAX {
            return Err("names one account more than can be told apart (33 million)");
        }
        Ok(AccountId::from_index(number))
    }

    fn flush(&mut self) -> io::Result<()> {
        let Self { miner, settings, totals, names, ends, batch, text, mark_cut, .. } = self;
        let mut begin = 0;
        miner.add_each(batch, &mut |at, counts| {
            let end = ends.get(at).copied().unwrap_or(begin);
            quoted(names.get(begin..end).unwrap_or(&[]), text);
            begin = end;
            line(settings, counts, text);
            let cut = counts.truncated.any();
            if *mark_cut {
                text.extend_from_slice(if cut { b",1" } else { b",0" });
            }
            text.push(b'\n');
            totals.cut = totals.cut.saturating_add(u64::from(cut));
        });
        totals.edges = totals.edges.saturating_add(batch.len() as u64);
        self.output.write_all(text)?;
        text.clear();
        names.clear();
        ends.clear();
        batch.clear();
        Ok(())
    }
}

/// The patterns that were asked for, in the order of their columns.
fn patterns(settings: &Settings) -> impl Iterator<Item = &'static str> {
    let asked = [
        (settings.fan, &["fan_in", "fan_out"][..]),
        (settings.degree, &["degree_in", "degree_out"]),
        (settings.scatter_gather, &["scatter_gather"]),
        (settings.temp_cycle, &["temp_cycle"]),
        (settings.lc_cycle, &["lc_cycle"]),
    ];
    asked.into_iter().filter(|(window, _)| window.is_some()).flat_map(|(_, names)| names).copied()
}

fn header(settings: &Settings, mark_cut: bool, text: &mut Vec<u8>) {
    text.extend_from_slice(b"edge_id");
    for name in patterns(settings) {
        for size in SMALLEST..=LARGEST {
            text.extend_from_slice(format!(",{name}_{size}").as_bytes());
        }
    }
    if mark_cut {
        text.extend_from_slice(b",cut");
    }
    text.push(b'\n');
}

fn line(settings: &Settings, counts: &Counts, text: &mut Vec<u8>) {
    if settings.fan.is_some() {
        bins(&Histogram::of(counts.fan_in), text);
        bins(&Histogram::of(counts.fan_out), text);
    }
    if settings.degree.is_some() {
        bins(&Histogram::of(counts.degree_in), text);
        bins(&Histogram::of(counts.degree_out), text);
    }
    for (asked, found) in [
        (settings.scatter_gather, &counts.scatter_gather),
        (settings.temp_cycle, &counts.temp_cycle),
        (settings.lc_cycle, &counts.lc_cycle),
    ] {
        if asked.is_some() {
            bins(found, text);
        }
    }
}

fn bins(found: &Histogram, text: &mut Vec<u8>) {
    for count in found.bins() {
        match count {
            0 => text.extend_from_slice(b",0"),
            count => text.extend_from_slice(format!(",{count}").as_bytes()),
        }
    }
}

/// A field, in quotes where it has to be.
fn quoted(field: &[u8], text: &mut Vec<u8>) {
    if !field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        text.extend_from_slice(field);
        return;
    }
    text.push(b'"');
    for &byte in field {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

/// A whole number of seconds; a fraction of zeros is none.
fn whole_seconds(field: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(field).ok()?.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let fits = (-TIME_MAX..=TIME_MAX).contains(&seconds);
    (fits && fraction.bytes().all(|digit| digit == b'0')).then_some(seconds)
}

fn unreadable(line: u64, what: &str) -> Failure {
    Failure {
        exit: Exit::Usage,
        code: Some(UNREADABLE),
        text: format!(
            "line {line} {what}; a line is `edge_id,source,target,seconds`, more fields are not read"
        ),
    }
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::words(Exit::Environment, format!("cannot {what} `{}`: {error}", path.display()))
}

fn open_input(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(File::open(path).map_err(|error| cannot("read", path, &error))?))
}

fn open_output(path: &Path) -> Result<Box<dyn Write>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock())));
    }
    let file = File::create(path).map_err(|error| cannot("write", path, &error))?;
    Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, file)))
}
