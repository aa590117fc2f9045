//! `palermo features`: the graph patterns that each payment completes, as columns for a model.
//!
//! Promises: one row for each payment, while reading: memory grows with the accounts and with the
//! payments inside the longest window, not with the file. What the budget cut, what came too late,
//! twice or with other content is counted and said. A line that cannot be read ends the command with
//! its number; what was written before it stays.
//!
//! `compatible` counts in the definitions of another program, `production` in those of
//! `docs/patterns.md`; `input` reads, and the tables are
//! those of `palermo_backtest`.

mod compatible;
mod input;
mod production;

use crate::args::FeaturesArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use palermo_backtest::table::{self, Format};
use palermo_engine::port::Clock;
use palermo_runtime::SystemClock;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{self, BufWriter, Read};
use std::path::Path;

pub(crate) use input::From;

/// What a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TableArg {
    /// Lines with commas, and a header.
    Csv,
    /// Columns, compressed.
    Parquet,
}

/// Code of a line that cannot be read.
const UNREADABLE: &str = "edges_unreadable";
const BUFFER_BYTES: usize = 1 << 20;

/// Why counting ended.
enum Stop {
    Line(Failure),
    Read(io::Error),
    Write(io::Error),
}

/// What is said at the end.
#[derive(Debug, Default)]
struct Summary {
    /// Rows written.
    rows: u64,
    accounts: usize,
    /// Counts by name, for `--format json`, and the words for those that matter.
    counts: Vec<(&'static str, u64, &'static str)>,
}

/// `palermo features`.
pub(crate) fn features(arguments: &FeaturesArgs, out: &mut Out) -> Result<Exit, Failure> {
    let clock = SystemClock::new();
    let began_ms = clock.monotonic_ms();
    let to_stdout = arguments.output == Path::new("-");
    refuse(arguments)?;
    let (input, output) = (open_input(&arguments.input)?, open_output(&arguments.output)?);
    let run = if arguments.compat { compatible::run } else { production::run };
    let summary =
        run(arguments, format(arguments), input, output).map_err(|error| match error {
            Stop::Line(failure) => failure,
            // A reader that has enough, such as `head`.
            Stop::Write(error) if to_stdout && error.kind() == io::ErrorKind::BrokenPipe => {
                Failure::words(Exit::Fine, "the reader went away")
            }
            Stop::Write(error) => cannot("write", &arguments.output, &error),
            Stop::Read(error) => cannot("read", &arguments.input, &error),
        })?;
    let ms = clock.monotonic_ms().saturating_sub(began_ms);
    if out.json() && !to_stdout {
        let mut all = Map::new();
        all.insert("edges".to_owned(), Value::from(summary.rows));
        all.insert("accounts".to_owned(), Value::from(summary.accounts));
        for (name, count, _) in &summary.counts {
            all.insert((*name).to_owned(), Value::from(*count));
        }
        all.insert("took_ms".to_owned(), Value::from(ms));
        out.json_data(&Value::Object(all));
    }
    say(&summary, ms, out);
    Ok(Exit::Fine)
}

/// What the options do not go together with.
fn refuse(arguments: &FeaturesArgs) -> Result<(), Failure> {
    let usage = |text: &str| Err(Failure::words(Exit::Usage, text));
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(&arguments.input, &arguments.output) {
        return usage(
            "`--in` and `--out` are the same file: it would be emptied before it is read",
        );
    }
    if !arguments.compat && arguments.lc_cycle_len > 10 {
        return usage(
            "without `--compat` a simple cycle has at most 10 payments: `--lc-cycle-len 10`",
        );
    }
    Ok(())
}

fn say(summary: &Summary, ms: u64, out: &mut Out) {
    let Summary { rows, accounts, counts } = summary;
    let rate = rows.saturating_mul(1000).checked_div(ms.max(1)).unwrap_or(0);
    out.talk(&format!("{rows} edges of {accounts} accounts in {ms} ms ({rate}/s)"));
    for (_, count, words) in counts.iter().filter(|(_, count, _)| *count > 0) {
        out.talk(&format!("{count} {words}"));
    }
}

/// What is asked for, or what the name of the output says.
fn format(arguments: &FeaturesArgs) -> Format {
    let parquet = arguments.output.extension().is_some_and(|ending| ending == "parquet");
    match arguments.table {
        Some(TableArg::Csv) => Format::Csv,
        Some(TableArg::Parquet) => Format::Parquet,
        None if parquet => Format::Parquet,
        None => Format::Csv,
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

fn open_output(path: &Path) -> Result<table::Output, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, io::stdout())));
    }
    let file = File::create(path).map_err(|error| cannot("write", path, &error))?;
    Ok(Box::new(BufWriter::with_capacity(BUFFER_BYTES, file)))
}
