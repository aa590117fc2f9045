//! The definitions of `docs/patterns.md`: one row for each payment that is applied, in order of event
//! time, once no earlier one is expected.

mod patterns;

use super::input::{Accounts, From, Line, each_line};
use super::{Stop, Summary};
use crate::args::FeaturesArgs;
use crate::exit::{Exit, Failure};
use palermo_backtest::table::{Column, Format, Kind, Output, Table};
use palermo_graph::{Came, Incoming, Settled, Stream, TakenBack};
use palermo_ledger::edges::SPAN_MAX;
use patterns::{Pattern, patterns};
use std::io::{self, Read};
use std::path::Path;

/// Work that a search may spend on one payment, unless told.
const BUDGET: u32 = 4096;

/// What became of payments and reversals.
#[derive(Debug, Default)]
struct Totals {
    rows: u64,
    cut: u64,
    late: u64,
    beyond: u64,
    duplicates: u64,
    conflicts: u64,
    reversed: u64,
    reversed_after: u64,
    not_booked: u64,
}

/// Writes the rows of settled payments.
struct Rows {
    patterns: Vec<Box<dyn Pattern>>,
    table: Table,
    budget: u32,
    mark_cut: bool,
    totals: Totals,
    written: io::Result<()>,
}

pub(super) fn run(
    arguments: &FeaturesArgs,
    format: Format,
    input: Box<dyn Read>,
    output: Output,
) -> Result<Summary, Stop> {
    let from = arguments.from.unwrap_or_else(|| by_name(&arguments.input));
    let second = match from {
        From::Edges => 1,
        From::Payments => 1000,
    };
    let patterns = patterns(arguments, second);
    let span = patterns.iter().map(|pattern| pattern.window()).max().unwrap_or(0);
    kept(span, arguments.lateness.saturating_mul(second), second).map_err(Stop::Line)?;
    let mut stream = Stream::new(span, arguments.lateness.saturating_mul(second));
    let mut columns = vec![Column::new("edge_id", Kind::Text)];
    patterns.iter().for_each(|pattern| pattern.columns(&mut columns));
    if arguments.mark_cut {
        columns.push(Column::new("cut", Kind::Whole));
    }
    let mut rows = Rows {
        patterns,
        table: Table::new(format, columns, output).map_err(Stop::Write)?,
        budget: arguments.budget.unwrap_or(BUDGET),
        mark_cut: arguments.mark_cut,
        totals: Totals::default(),
        written: Ok(()),
    };
    let mut accounts = Accounts::default();
    let read = each_line(from, arguments.currency, input, &mut accounts, &mut |line| {
        rows.take(&mut stream, line);
        std::mem::replace(&mut rows.written, Ok(()))
    });
    if let Err(stop) = read {
        // What is settled is right, and is wanted.
        rows.table.finish().map_err(Stop::Write)?;
        return Err(stop);
    }
    stream.finish(&mut |stream, settled| rows.write(stream, settled));
    rows.written.map_err(Stop::Write)?;
    rows.table.finish().map_err(Stop::Write)?;
    let waiting = stream.waiting() as u64;
    Ok(rows.totals.summary(accounts.len(), waiting))
}

/// Refuses windows that cannot be kept.
fn kept(span: i64, lateness: i64, second: i64) -> Result<(), Failure> {
    if span.saturating_add(lateness) <= SPAN_MAX {
        return Ok(());
    }
    let days = SPAN_MAX.checked_div(second.saturating_mul(86_400)).unwrap_or(0);
    let text = format!(
        "the longest window and `--lateness` are longer than can be kept together: {days} days \
         (`--pass-through` counts twice)"
    );
    Err(Failure::words(Exit::Usage, text))
}

fn by_name(input: &Path) -> From {
    match input.extension().and_then(|ending| ending.to_str()) {
        Some("jsonl" | "ndjson") => From::Payments,
        _ => From::Edges,
    }
}

impl Rows {
    fn take(&mut self, stream: &mut Stream, line: Line<'_>) {
        let more = |count: &mut u64| *count = count.saturating_add(1);
        match line {
            Line::Paid(paid) => {
                let incoming = Incoming {
                    id: &paid.id,
                    ends: paid.ends,
                    time: paid.time,
                    amount: paid.amount,
                    content: paid.content,
                };
                let came =
                    stream.add(&incoming, &mut |stream, settled| self.write(stream, settled));
                let totals = &mut self.totals;
                match came {
                    Came::Applied => {}
                    Came::Late => more(&mut totals.late),
                    Came::Duplicate => more(&mut totals.duplicates),
                    Came::Conflict => more(&mut totals.conflicts),
                    Came::Beyond => more(&mut totals.beyond),
                    Came::Reversed => more(&mut totals.reversed),
                }
            }
            Line::TakenBack { id, time } => match stream.reverse(&id, time) {
                TakenBack::Unsettled => more(&mut self.totals.reversed),
                TakenBack::Settled => more(&mut self.totals.reversed_after),
                TakenBack::Again => more(&mut self.totals.duplicates),
                TakenBack::Waits => {}
            },
            Line::NotBooked => more(&mut self.totals.not_booked),
        }
    }

    fn write(&mut self, stream: &Stream, settled: Settled) {
        let Self { patterns, table, budget, mark_cut, totals, written } = self;
        table.text(stream.id(settled.row).as_bytes());
        let mut cut = false;
        for pattern in patterns {
            cut |= pattern.ask(stream.book(), settled.edge, *budget, table);
        }
        if *mark_cut {
            table.count(u32::from(cut));
        }
        totals.rows = totals.rows.saturating_add(1);
        totals.cut = totals.cut.saturating_add(u64::from(cut));
        if written.is_ok() {
            *written = table.end_row();
        }
    }
}

impl Totals {
    fn summary(self, accounts: usize, waiting: u64) -> Summary {
        Summary {
            rows: self.rows,
            accounts,
            counts: vec![
                (
                    "cut",
                    self.cut,
                    "of them have searches that the budget cut: what they say holds, and there may \
                     be more; raise `--budget`, or see which with `--mark-cut`",
                ),
                (
                    "late",
                    self.late,
                    "of them came later than `--lateness` allows: rows of later payments were \
                     written without them, and theirs rest on what was still held; sort the input \
                     by time, or raise it",
                ),
                (
                    "beyond",
                    self.beyond,
                    "more payments are older than anything that is kept, and have no row; sort the \
                     input by time, raise `--lateness`, or look for a time far in the future",
                ),
                ("duplicates", self.duplicates, "came before: they count once"),
                (
                    "conflicts",
                    self.conflicts,
                    "have the id of another payment and say something else: they have no row",
                ),
                ("reversed", self.reversed, "were taken back: they have no row"),
                (
                    "reversed_after",
                    self.reversed_after,
                    "were taken back after rows were written with them; raise `--lateness`",
                ),
                (
                    "reversals_waiting",
                    waiting,
                    "reversals are of payments that did not come, or had left",
                ),
                ("not_booked", self.not_booked, "were attempted or rejected: no money moved"),
            ],
        }
    }
}
