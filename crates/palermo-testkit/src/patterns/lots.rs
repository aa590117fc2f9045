//! Whose money is it, by moving all of it: every payment that is seen, in order, takes parts from
//! the lots of its payer and brings a lot to its payee. Every part carries the whole way it came.

use super::Edge;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What limits an answer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Lots are taken that are at most so much older.
    pub within: i64,
    /// Payments that a path names at most, the one that asks included.
    pub hops: usize,
    /// Payments in one direction above which a path ends.
    pub hub: usize,
}

/// Why a path ends where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the reasons")]
pub enum End {
    Own,
    Hops,
    Hub,
}

/// Cents that came the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// How many.
    pub amount: i64,
    /// Ranks of the payments they came by, the newest first.
    pub payments: Vec<usize>,
    /// Who made the oldest of them.
    pub begins: u32,
    /// Why there.
    pub end: End,
}

/// What the last of the payments seen took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traced {
    /// Cents of lots of its payer.
    pub funded: i64,
    /// The lower median of how long they lay there.
    pub dwell: Option<i64>,
    /// All of its cents, in their order.
    pub paths: Vec<Path>,
}

impl Traced {
    /// Payments of the longest path that carries at least `share` millionths.
    pub fn depth(&self, share: u32) -> usize {
        let all: i128 = self.paths.iter().map(|path| i128::from(path.amount)).sum();
        let carries = |path: &&Path| {
            i128::from(path.amount).saturating_mul(1_000_000)
                >= all.saturating_mul(i128::from(share))
        };
        self.paths.iter().filter(carries).map(|path| path.payments.len()).max().unwrap_or(0)
    }

    /// Cents by the account where their paths begin, the largest sum first, then the smallest
    /// account.
    pub fn beginnings(&self) -> Vec<(u32, i64)> {
        let accounts: BTreeSet<u32> = self.paths.iter().map(|path| path.begins).collect();
        let sum = |account| {
            let own = self.paths.iter().filter(|path| path.begins == account);
            (account, own.map(|path| path.amount).sum())
        };
        let mut sums: Vec<(u32, i64)> = accounts.into_iter().map(sum).collect();
        sums.sort_by_key(|(account, sum)| (std::cmp::Reverse(*sum), *account));
        sums
    }
}

/// What went through an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of the definition")]
pub struct PassedThrough {
    pub credited: i128,
    pub passed_on: i128,
    pub dwell: Option<i64>,
}

/// Cents in a lot or a payment that came the same way: ranks of payments, the newest first.
#[derive(Clone, Debug)]
struct Part {
    amount: i64,
    way: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Lot {
    time: i64,
    parts: VecDeque<Part>,
}

/// Some cents left a lot.
#[derive(Clone, Copy, Debug)]
struct Taken {
    account: u32,
    by: usize,
    amount: i64,
    dwell: i64,
}

/// What became of the money: the parts of each payment, and what was taken of lots.
#[derive(Clone, Debug, Default)]
struct Moved {
    parts: BTreeMap<usize, Vec<Part>>,
    taken: Vec<Taken>,
}

/// Moves all money. `seen` is in order.
fn moved(seen: &[Edge], within: i64) -> Moved {
    let mut lots: BTreeMap<u32, VecDeque<Lot>> = BTreeMap::new();
    let mut moved = Moved::default();
    for edge in seen {
        let Some(amount) = edge.amount else { continue };
        let (mut need, mut parts) = (amount, Vec::new());
        for lot in lots.entry(edge.source).or_default() {
            let dwell = edge.time.saturating_sub(lot.time);
            if dwell > within {
                continue;
            }
            let got = take(lot, need);
            let sum: i64 = got.iter().map(|part| part.amount).sum();
            need = need.saturating_sub(sum);
            moved.taken.push(Taken { account: edge.source, by: edge.rank, amount: sum, dwell });
            parts.extend(got);
        }
        // What is missing is the payer's own.
        parts.push(Part { amount: need, way: Vec::new() });
        parts.retain(|part| part.amount > 0);
        for part in &mut parts {
            part.way.insert(0, edge.rank);
        }
        let lot = Lot { time: edge.time, parts: parts.iter().cloned().collect() };
        lots.entry(edge.target).or_default().push_back(lot);
        moved.parts.insert(edge.rank, parts);
    }
    moved
}

/// Takes at most `need` from the front of a lot.
fn take(lot: &mut Lot, need: i64) -> Vec<Part> {
    let (mut need, mut got) = (need, Vec::new());
    while need > 0 {
        let Some(mut part) = lot.parts.pop_front() else { break };
        let amount = part.amount.min(need);
        got.push(Part { amount, way: part.way.clone() });
        need = need.saturating_sub(amount);
        part.amount = part.amount.saturating_sub(amount);
        if part.amount > 0 {
            lot.parts.push_front(part);
        }
    }
    got
}

/// Whose money the last of `seen` is. `seen` is in order.
pub fn trace(seen: &[Edge], limits: Limits) -> Traced {
    let Some(at) = seen.last() else { return Traced::default() };
    let moved = moved(seen, limits.within);
    let mut paths: Vec<Path> = Vec::new();
    for part in moved.parts.get(&at.rank).into_iter().flatten() {
        let Some(path) = shown(seen, at.source, limits, part) else { continue };
        match paths.last_mut() {
            Some(last) if last.payments == path.payments && last.end == path.end => {
                last.amount = last.amount.saturating_add(path.amount);
            }
            _ => paths.push(path),
        }
    }
    let taken: Vec<Taken> = moved.taken.into_iter().filter(|taken| taken.by == at.rank).collect();
    let funded = taken.iter().map(|taken| taken.amount).sum();
    Traced { funded, dwell: dwell(&taken), paths }
}

/// As much of the way of a part as an answer shows.
fn shown(seen: &[Edge], payer: u32, limits: Limits, part: &Part) -> Option<Path> {
    let many = |account: u32| {
        let out = seen.iter().filter(|edge| edge.source == account).count();
        let into = seen.iter().filter(|edge| edge.target == account).count();
        account != payer && (out > limits.hub || into > limits.hub)
    };
    let (mut payments, mut begins, mut end) = (Vec::new(), payer, End::Own);
    for &rank in &part.way {
        payments.push(rank);
        begins = seen.iter().find(|edge| edge.rank == rank)?.source;
        if payments.len() >= limits.hops {
            end = End::Hops;
            break;
        }
        if many(begins) {
            end = End::Hub;
            break;
        }
    }
    Some(Path { amount: part.amount, payments, begins, end })
}

/// The smallest dwell such that at least half of the cents dwelt no longer.
fn dwell(taken: &[Taken]) -> Option<i64> {
    let sum = |longest: i64| -> i128 {
        let short = taken.iter().filter(|taken| taken.dwell <= longest);
        short.map(|taken| i128::from(taken.amount)).sum()
    };
    let enough = |longest: &i64| sum(*longest).saturating_mul(2) >= sum(i64::MAX);
    let moved = taken.iter().filter(|taken| taken.amount > 0);
    moved.map(|taken| taken.dwell).filter(enough).min()
}

/// What went through an account, of the payments seen, in order.
pub fn pass_through(seen: &[Edge], account: u32, within: i64) -> PassedThrough {
    let credits = seen.iter().filter(|edge| edge.target == account);
    let credited = credits.filter_map(|edge| edge.amount).map(i128::from).sum();
    let taken = moved(seen, within).taken;
    let taken: Vec<Taken> = taken.into_iter().filter(|taken| taken.account == account).collect();
    let passed_on = taken.iter().map(|taken| i128::from(taken.amount)).sum();
    PassedThrough { credited, passed_on, dwell: dwell(&taken) }
}
