//! The ledger's store: payments that come in order and late, that are taken back, and windows.

use crate::stream::{DAY, HOUR, book, put, steady, tail};
use crate::{QUESTIONS, counted};
use gungraun::{library_benchmark, library_benchmark_group};
use palermo_domain::EventTime;
use palermo_graph::{Miner, Settings};
use palermo_ledger::edges::{Edges, Keep};
use palermo_ledger::{AccountId, Adder, Book, Leg};
use palermo_testkit::graph::{Edge as Drawn, power_law};

fn filled(edges: &[Drawn]) -> Book {
    let mut book = book();
    (0..).zip(edges).for_each(|(row, edge)| _ = put(&mut book, row, edge));
    book
}

// As the miner keeps them: who, whom, when.
#[library_benchmark]
#[bench::append(steady())]
fn put_bare(edges: Vec<Drawn>) -> Edges {
    let mut store: Edges = Edges::new(Keep { span: Some(10 * DAY), fan: 12 * HOUR });
    let first = tail(&edges, QUESTIONS);
    for (row, edge) in (0_u32..).zip(&edges) {
        let ends = [edge.source, edge.target].map(|end| Some(AccountId::from_index(end)));
        let mut put = || store.put(ends, edge.time, [(); 2], |()| true)[0].degree > 0;
        let _ = if row < first { put() } else { counted(&mut put) };
    }
    store
}

// With amounts, rows and selections; in order, and a day late.
#[library_benchmark]
#[bench::append(steady(), 0)]
#[bench::late(steady(), DAY)]
fn put_with_amounts(edges: Vec<Drawn>, late: i64) -> Book {
    let (filling, last) = edges.split_at(edges.len() - QUESTIONS);
    let mut book = filled(filling);
    for (row, edge) in (tail(&edges, QUESTIONS)..).zip(last) {
        let edge = Drawn { time: edge.time - late, ..*edge };
        counted(&mut || put(&mut book, row, &edge).amount.is_some());
    }
    book
}

// A reversal of one of the newest payments.
#[library_benchmark]
#[bench::reversal(steady())]
fn remove(edges: Vec<Drawn>) -> Book {
    let mut book = filled(&edges);
    let newest = (tail(&edges, 20 * QUESTIONS)..).zip(&edges[edges.len() - 20 * QUESTIONS..]);
    for (row, edge) in newest.step_by(20) {
        let ends = [edge.source, edge.target].map(AccountId::from_index);
        let held = |book: &Book| book.side_entries(ends[0], Leg::Debtor).len();
        let before = held(&book);
        counted(&mut || {
            book.remove(ends.map(Some), edge.time, |known| known.row.0 == row);
            true
        });
        assert_eq!(held(&book) + 1, before, "it was there");
    }
    book
}

// How many, how much, with how many, at both ends of a payment, in windows of 30 days that hold
// some 118 entries together.
#[library_benchmark]
#[bench::both_ends(power_law(3, 74_000, 2_000, 60 * DAY))]
fn window_30d(edges: Vec<Drawn>) -> u32 {
    let (mut book, mut adder) = (book(), Adder::default());
    let (first, mut entries) = (tail(&edges, QUESTIONS), 0);
    for (row, edge) in (0_u32..).zip(&edges) {
        let at = put(&mut book, row, edge);
        if row < first {
            continue;
        }
        let window = (EventTime(edge.time - 30 * DAY), EventTime(edge.time));
        for side in [at.debtor, at.creditor].into_iter().zip(Leg::BOTH) {
            counted(&mut || {
                adder.begin(false);
                adder.add(&book, side, window, |set| set.0 > 0);
                true
            });
            entries += adder.totals().count;
        }
    }
    eprintln!("{} chosen entries a payment", f64::from(entries) / QUESTIONS as f64);
    entries
}

// Every pattern of the compatible counts, in short windows; the payment is put as well.
#[library_benchmark]
#[bench::steady(steady())]
fn compatible(edges: Vec<Drawn>) -> Miner {
    let mut miner = Miner::new(Settings {
        fan: Some(12 * HOUR),
        degree: Some(12 * HOUR),
        scatter_gather: Some(6 * HOUR),
        temp_cycle: Some(24 * HOUR),
        lc_cycle: Some(6 * HOUR),
        ..Settings::default()
    });
    let (first, mut found) = (tail(&edges, QUESTIONS), 0);
    for (row, edge) in (0_u32..).zip(&edges) {
        let [payer, payee] = [edge.source, edge.target].map(AccountId::from_index);
        let mut add = || miner.add(payer, payee, edge.time).work > 0;
        found += usize::from(if row < first { add() } else { counted(&mut add) });
    }
    eprintln!("{found} payments were searched for");
    miner
}

library_benchmark_group!(
    name = ledger,
    benchmarks = [put_bare, put_with_amounts, remove, window_30d, compatible]
);
