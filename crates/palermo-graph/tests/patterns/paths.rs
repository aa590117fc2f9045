//! Cycles, simple cycles and chains.
//!
//! Whatever is drawn (hop ranges, keeps, witnesses, hubs) is drawn from the stream itself, so that a
//! stream that failed once fails again.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers that the test makes itself")]

use crate::store::{for_each, rank, view};
use palermo_graph::{
    Answer, ChainAsk, ChainSearch, CycleAsk, CycleSearch, Cycles, Hops, Keeps, SimpleCycleAsk,
    SimpleCycleSearch,
};
use palermo_ledger::RowId;
use palermo_testkit::patterns::paths::{self, Accounts};
use palermo_testkit::patterns::{Edge, Paid, edge, seen};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Some number below `below`, different for every payment of every stream.
struct Draw(u64);

impl Draw {
    fn new(paid: &[Paid], rank: usize, window: i64) -> Self {
        let sum: i64 = paid.iter().map(|p| p.time + p.amount.unwrap_or(7)).sum();
        Self((sum * 1_000_003 + window * 331 + i64::try_from(rank).unwrap()).unsigned_abs())
    }

    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn hops(&mut self, most: u8) -> Hops {
        let ends = [0; 2].map(|_| u8::try_from(self.below(u64::from(most - 1))).unwrap() + 2);
        // Half of them begin at two, half end at the most there is.
        let least = if self.below(2) == 0 { 2 } else { ends[0].min(ends[1]) };
        let most = if self.below(2) == 0 { most } else { ends[0].max(ends[1]) };
        Hops { least, most }
    }

    fn keeps(&mut self) -> Keeps {
        // Tight ones, and ones that nearly every payment keeps.
        let (least, most) = match self.below(3) {
            0 => self.of(&[(900_000, 1_000_000), (700_000, 999_999), (0, 1_000_000)]),
            1 => (500_000, 2_000_000),
            _ => (0, u32::MAX),
        };
        Keeps { least, most }
    }

    fn hub(&mut self) -> usize {
        self.of(&[2, 3, 10_000])
    }
}

fn millionths(keeps: Keeps) -> paths::Keeps {
    [i64::from(keeps.least), i64::from(keeps.most)]
}

fn range(hops: Hops) -> [usize; 2] {
    [usize::from(hops.least), usize::from(hops.most)]
}

/// The payments of a witness, and that they are edges in view, each entering the account that the
/// next leaves.
fn payments(
    rows: &[RowId],
    paid: &[Paid],
    of: usize,
    window: i64,
) -> Result<Vec<Edge>, TestCaseError> {
    let visible = seen(paid, of, window);
    let mut all = Vec::new();
    for row in rows {
        let found = visible.iter().find(|edge| edge.rank == rank(*row));
        prop_assert!(found.is_some_and(|edge| edge.rank != of), "{row:?} is not in view");
        all.extend(found.copied());
    }
    all.extend(edge(paid, of));
    prop_assert!(all.windows(2).all(|two| two[0].target == two[1].source), "broken: {all:?}");
    Ok(all)
}

fn in_order(all: &[Edge], keeps: Option<Keeps>) -> bool {
    all.windows(2).all(|two| {
        two[0].place() < two[1].place()
            && keeps.is_none_or(|keeps| paths::keeps(&two[0], &two[1], millionths(keeps)))
    })
}

/// What a cycle's witness visits: from the payee to the payer.
fn visited(all: &[Edge], hubs: &BTreeSet<u32>) -> Result<Accounts, TestCaseError> {
    let accounts: Accounts = all.iter().map(|edge| edge.source).collect();
    let different: BTreeSet<u32> = accounts.iter().copied().collect();
    prop_assert_eq!(different.len(), accounts.len(), "visited twice: {:?}", all);
    prop_assert!(accounts.iter().all(|account| !hubs.contains(account)), "a hub: {:?}", all);
    prop_assert_eq!(all[0].source, all[all.len() - 1].target);
    Ok(accounts)
}

struct Question<'a> {
    paid: &'a [Paid],
    rank: usize,
    window: i64,
    hub: usize,
    hops: Hops,
    witnesses: usize,
    ordered: bool,
    keeps: Option<Keeps>,
}

/// What is reported holds; if the search was not cut, it is all.
fn cycles_hold(
    answer: &Answer<Cycles>,
    all: &BTreeSet<Accounts>,
    question: &Question<'_>,
) -> Result<(), TestCaseError> {
    let &Question { paid, rank, window, hub, hops, witnesses, ordered, keeps } = question;
    let Answer { found: Cycles { fewest, witnesses: got }, truncated, .. } = answer;
    let hubs = paths::hubs(&seen(paid, rank, window), hub);
    let mut sequences = BTreeSet::new();
    let mut lengths = Vec::new();
    for rows in got {
        let path = payments(rows, paid, rank, window)?;
        prop_assert!(!ordered || in_order(&path, keeps), "out of order: {path:?}");
        prop_assert!(range(hops)[0] <= path.len() && path.len() <= range(hops)[1]);
        prop_assert!(sequences.insert(visited(&path, &hubs)?), "the same twice");
        lengths.push(path.len());
    }
    prop_assert!(lengths.is_sorted(), "fewest first: {lengths:?}");
    prop_assert!(got.len() <= witnesses);
    let shortest = all.iter().map(Vec::len).min();
    let reported = fewest.map(usize::from);
    prop_assert!(reported.is_none_or(|hops| Some(hops) >= shortest && shortest.is_some()));
    // Without order the shortest may be known before a path is walked.
    if !got.is_empty() || (ordered && witnesses > 0) {
        prop_assert_eq!(reported, lengths.first().copied());
    }
    if !truncated {
        prop_assert_eq!(reported, shortest);
        prop_assert_eq!(got.len(), witnesses.min(all.len()));
        let mut wanted: Vec<usize> = all.iter().map(Vec::len).collect();
        wanted.sort_unstable();
        prop_assert_eq!(lengths, &wanted[..got.len()]);
    }
    Ok(())
}

/// Cycles of streams of so many accounts and payments, with one budget or another.
fn cycles(accounts: u32, most: usize, budgets: &[u32]) {
    let search = RefCell::new(CycleSearch::default());
    for_each(accounts, most, |book, paid, rank, window| {
        let mut draw = Draw::new(paid, rank, window);
        let (hops, hub, witnesses) = (draw.hops(8), draw.hub(), draw.of(&[0, 1, 3, 1000]));
        let keeps = (draw.below(2) == 0).then(|| draw.keeps());
        let Some(view) = view(book, paid, rank, window) else { return Ok(()) };
        let view = view.with_hub(hub);
        let ask = CycleAsk { hops, keeps, witnesses };
        let budget = draw.of(budgets);
        let answer = search.borrow_mut().search(&view, &ask, budget);
        prop_assert!(answer.work <= budget);
        prop_assert!(budget < u32::MAX || !answer.truncated);
        let kept = keeps.map(millionths);
        let all = paths::cycles(paid, rank, window, range(hops), kept, hub);
        let question = Question { paid, rank, window, hub, hops, witnesses, ordered: true, keeps };
        cycles_hold(&answer, &all, &question)
    });
}

#[test]
fn cycles_are_those_of_the_reference() {
    cycles(6, 150, &[u32::MAX]);
}

/// More accounts than a path visits: long detours, few ways.
#[test]
fn cycles_of_many_accounts_are_those_of_the_reference() {
    cycles(14, 300, &[u32::MAX]);
}

#[test]
fn a_cut_search_for_cycles_says_so_and_holds() {
    cycles(7, 150, &[0, 1, 2, 5, 10, 20, 30, 50, 80, 130, 300, 600]);
}

/// Simple cycles, in the same manner.
fn simple_cycles(accounts: u32, most: usize, budgets: &[u32]) {
    let search = RefCell::new(SimpleCycleSearch::default());
    for_each(accounts, most, |book, paid, rank, window| {
        let mut draw = Draw::new(paid, rank, window);
        let (hops, hub, witnesses) = (draw.hops(10), draw.hub(), draw.of(&[0, 1, 3, 100_000]));
        let Some(view) = view(book, paid, rank, window) else { return Ok(()) };
        let view = view.with_hub(hub);
        let budget = draw.of(budgets);
        let ask = SimpleCycleAsk { hops, witnesses };
        let answer = search.borrow_mut().search(&view, &ask, budget);
        prop_assert!(answer.work <= budget);
        prop_assert!(budget < u32::MAX || !answer.truncated);
        let all = paths::simple_cycles(paid, rank, window, range(hops), hub);
        let question =
            Question { paid, rank, window, hub, hops, witnesses, ordered: false, keeps: None };
        cycles_hold(&answer, &all, &question)
    });
}

#[test]
fn simple_cycles_are_those_of_the_reference() {
    simple_cycles(6, 120, &[u32::MAX]);
}

#[test]
fn simple_cycles_of_many_accounts_are_those_of_the_reference() {
    simple_cycles(14, 45, &[u32::MAX]);
}

#[test]
fn a_cut_search_for_simple_cycles_says_so_and_holds() {
    simple_cycles(7, 100, &[0, 1, 2, 5, 10, 20, 30, 50, 80, 130, 300]);
}

/// Chains, in the same manner.
fn chains(accounts: u32, most: usize, budgets: &[u32]) {
    let search = RefCell::new(ChainSearch::default());
    for_each(accounts, most, |book, paid, rank, window| {
        let mut draw = Draw::new(paid, rank, window);
        let (hops, hub, keeps) =
            (draw.of(&[1, 2, 3, 4, 5, 6, 7, 8, 8, 8]), draw.hub(), draw.keeps());
        let Some(view) = view(book, paid, rank, window) else { return Ok(()) };
        let view = view.with_hub(hub);
        let budget = draw.of(budgets);
        let answer = search.borrow_mut().search(&view, &ChainAsk { hops, keeps }, budget);
        prop_assert!(answer.work <= budget);
        prop_assert!(budget < u32::MAX || !answer.truncated);
        let found = &answer.found;
        let chain = payments(&found.before, paid, rank, window)?;
        prop_assert_eq!(chain.len(), usize::from(found.hops));
        prop_assert_eq!(found.brought.map(|brought| brought.0), chain[0].amount);
        prop_assert!(in_order(&chain, Some(keeps)), "out of order: {chain:?}");
        let accounts: BTreeSet<u32> =
            chain.iter().flat_map(|edge| [edge.source, edge.target]).collect();
        prop_assert_eq!(accounts.len(), chain.len() + 1, "visited twice: {:?}", chain);
        let hubs = paths::hubs(&seen(paid, rank, window), hub);
        prop_assert!(chain[1..].iter().all(|edge| !hubs.contains(&edge.source)));
        let longest =
            paths::longest_chain(paid, rank, window, usize::from(hops), millionths(keeps), hub);
        prop_assert!(Some(chain.len()) <= longest);
        prop_assert!(answer.truncated || Some(chain.len()) == longest);
        Ok(())
    });
}

#[test]
fn chains_are_those_of_the_reference() {
    chains(6, 150, &[u32::MAX]);
}

#[test]
fn chains_of_many_accounts_are_those_of_the_reference() {
    chains(16, 300, &[u32::MAX]);
}

#[test]
fn a_cut_search_for_chains_says_so_and_holds() {
    chains(8, 200, &[0, 1, 2, 5, 10, 20, 30, 50, 80, 130, 300]);
}
