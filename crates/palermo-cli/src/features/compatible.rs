//! Counts in the definitions of the Graph Feature Preprocessor: one row for each line, in its order.

use super::input::{Accounts, EdgeLine, EdgeLines, From, unreadable};
use super::{Stop, Summary};
use crate::args::FeaturesArgs;
use palermo_backtest::table::{Column, Format, Kind, Output, Table};
use palermo_graph::compatible::{Counts, Histogram, LARGEST, Miner, SMALLEST, Settings};
use palermo_ledger::AccountId;
use std::io::{self, Read};

/// Lines that are read before they are searched: their memory accesses overlap.
const BATCH: usize = 64;

pub(super) fn run(
    arguments: &FeaturesArgs,
    format: Format,
    input: Box<dyn Read>,
    output: Output,
) -> Result<Summary, Stop> {
    let settings = Settings {
        fan: arguments.fan,
        degree: arguments.degree,
        scatter_gather: arguments.scatter_gather,
        temp_cycle: arguments.temp_cycle,
        lc_cycle: arguments.lc_cycle,
        lc_cycle_len: arguments.lc_cycle_len,
        lateness: arguments.lateness,
        budget: arguments.budget.unwrap_or(1_000_000),
    };
    let columns = columns(&settings, arguments.mark_cut);
    let mut counting = Counting {
        settings,
        miner: Miner::new(settings),
        accounts: Accounts::default(),
        mark_cut: arguments.mark_cut,
        table: Table::new(format, columns, output).map_err(Stop::Write)?,
        totals: Totals::default(),
        newest: i64::MIN,
        names: Vec::new(),
        ends: Vec::with_capacity(BATCH),
        batch: Vec::with_capacity(BATCH),
    };
    let run = counting.run(EdgeLines::new(input));
    let Counting { totals, accounts, table, .. } = counting;
    // What came before a line that cannot be read is right, and is wanted.
    table.finish().map_err(Stop::Write)?;
    run?;
    Ok(Summary {
        rows: totals.edges,
        accounts: accounts.len(),
        counts: vec![
            (
                "cut",
                totals.cut,
                "of them have searches that the budget cut: their counts are lower bounds; raise \
                 `--budget`, or see which with `--mark-cut`",
            ),
            (
                "late",
                totals.late,
                "of them came later than `--lateness` allows: their counts rest on what was still \
                 held; sort the input by time, or raise it",
            ),
        ],
    })
}

/// What is said at the end.
#[derive(Debug, Default)]
struct Totals {
    edges: u64,
    cut: u64,
    late: u64,
}

struct Counting {
    settings: Settings,
    miner: Miner,
    accounts: Accounts,
    mark_cut: bool,
    table: Table,
    totals: Totals,
    newest: i64,
    /// Lines that were read and not yet searched.
    names: Vec<u8>,
    ends: Vec<usize>,
    batch: Vec<(AccountId, AccountId, i64)>,
}

impl Counting {
    fn run(&mut self, mut lines: EdgeLines<Box<dyn Read>>) -> Result<(), Stop> {
        while let Some((number, record)) = lines.next()? {
            let taken = EdgeLine::of(record).and_then(|line| self.take(line));
            if self.batch.len() == BATCH || taken.is_err() {
                self.search().map_err(Stop::Write)?;
            }
            if let Err(what) = taken {
                return Err(Stop::Line(unreadable(From::Edges, number, what)));
            }
        }
        self.search().map_err(Stop::Write)
    }

    /// Keeps a line until its batch is full.
    fn take(&mut self, line: EdgeLine<'_>) -> Result<(), &'static str> {
        let EdgeLine { id, source, target, seconds, .. } = line;
        let (payer, payee) = if source == target {
            // No sight of an account: numbers are given by payments between two.
            (AccountId::from_index(0), AccountId::from_index(0))
        } else {
            (self.accounts.of(source)?, self.accounts.of(target)?)
        };
        let kept_from = self.newest.saturating_sub(self.settings.lateness);
        self.totals.late = self.totals.late.saturating_add(u64::from(seconds < kept_from));
        self.newest = self.newest.max(seconds);
        self.batch.push((payer, payee, seconds));
        self.names.extend_from_slice(id);
        self.ends.push(self.names.len());
        Ok(())
    }

    fn search(&mut self) -> io::Result<()> {
        let Self { miner, settings, totals, names, ends, batch, table, mark_cut, .. } = self;
        let (mut begin, mut written) = (0, Ok(()));
        miner.add_each(batch, &mut |at, counts| {
            let end = ends.get(at).copied().unwrap_or(begin);
            table.text(names.get(begin..end).unwrap_or(&[]));
            begin = end;
            row(settings, counts, table);
            let cut = counts.truncated.any();
            if *mark_cut {
                table.count(u32::from(cut));
            }
            totals.cut = totals.cut.saturating_add(u64::from(cut));
            if written.is_ok() {
                written = table.end_row();
            }
        });
        totals.edges = totals.edges.saturating_add(batch.len() as u64);
        names.clear();
        ends.clear();
        batch.clear();
        written
    }
}

fn columns(settings: &Settings, mark_cut: bool) -> Vec<Column> {
    let asked = [
        (settings.fan, &["fan_in", "fan_out"][..]),
        (settings.degree, &["degree_in", "degree_out"]),
        (settings.scatter_gather, &["scatter_gather"]),
        (settings.temp_cycle, &["temp_cycle"]),
        (settings.lc_cycle, &["lc_cycle"]),
    ];
    let mut columns = vec![Column::new("edge_id", Kind::Text)];
    for (_, names) in asked.into_iter().filter(|(window, _)| window.is_some()) {
        names.iter().for_each(|name| sizes(name, &mut columns));
    }
    if mark_cut {
        columns.push(Column::new("cut", Kind::Whole));
    }
    columns
}

/// A column for each size.
pub(super) fn sizes(name: &str, columns: &mut Vec<Column>) {
    let sized =
        (SMALLEST..=LARGEST).map(|size| Column::new(&format!("{name}_{size}"), Kind::Whole));
    columns.extend(sized);
}

fn row(settings: &Settings, counts: &Counts, table: &mut Table) {
    if settings.fan.is_some() {
        bins(&Histogram::of(counts.fan_in), table);
        bins(&Histogram::of(counts.fan_out), table);
    }
    if settings.degree.is_some() {
        bins(&Histogram::of(counts.degree_in), table);
        bins(&Histogram::of(counts.degree_out), table);
    }
    for (asked, found) in [
        (settings.scatter_gather, &counts.scatter_gather),
        (settings.temp_cycle, &counts.temp_cycle),
        (settings.lc_cycle, &counts.lc_cycle),
    ] {
        if asked.is_some() {
            bins(found, table);
        }
    }
}

pub(super) fn bins(found: &Histogram, table: &mut Table) {
    found.bins().iter().for_each(|&count| table.count(count));
}
