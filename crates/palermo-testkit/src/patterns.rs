//! The graph patterns of `docs/patterns.md` by brute force, recomputed from the list of payments for
//! every question, and the multigraphs that they are tried on.
//!
//! Exponential on purpose: tests keep their graphs to a few accounts and some tens of payments.

pub mod paths;

use proptest::prelude::*;

/// A payment as patterns see it. Its rank is its place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Who pays; `None` where no account is known.
    pub source: Option<u32>,
    /// Who is paid.
    pub target: Option<u32>,
    /// Event time.
    pub time: i64,
    /// In cents.
    pub amount: Option<i64>,
}

/// An edge: a payment between two accounts, with its rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a payment")]
pub struct Edge {
    pub rank: usize,
    pub source: u32,
    pub target: u32,
    pub time: i64,
    pub amount: Option<i64>,
}

impl Edge {
    /// Where it stands in the order.
    pub fn place(&self) -> (i64, usize) {
        (self.time, self.rank)
    }
}

/// The edge that a payment is; `None` for one to oneself or with one account.
pub fn edge(paid: &[Paid], rank: usize) -> Option<Edge> {
    let &Paid { source, target, time, amount } = paid.get(rank)?;
    let (source, target) = (source?, target?);
    (source != target).then_some(Edge { rank, source, target, time, amount })
}

/// What the payment of this rank sees: edges no older than the window, not after it, in order. The
/// last is the payment itself; nothing where it is no edge.
pub fn seen(paid: &[Paid], rank: usize, window: i64) -> Vec<Edge> {
    let Some(at) = edge(paid, rank) else { return Vec::new() };
    let from = at.time.saturating_sub(window);
    let mut seen: Vec<Edge> = (0..paid.len())
        .filter_map(|rank| edge(paid, rank))
        .filter(|edge| edge.time >= from && edge.place() <= at.place())
        .collect();
    seen.sort_unstable_by_key(Edge::place);
    seen
}

/// Small, nasty multigraphs: equal times, parallel and reverse payments, hubs, payments to oneself
/// and to nobody, unknown amounts, amounts that just keep and just do not.
pub fn multigraph(accounts: u32, most: usize) -> impl Strategy<Value = Vec<Paid>> {
    // A low number is drawn more often: some accounts are busier than others.
    let account = (0..accounts, 0..accounts).prop_map(|(a, b)| a.min(b));
    let end = prop_oneof![24 => account.prop_map(Some), 1 => Just(None)];
    let amount = prop_oneof![
        6 => (0_usize..8).prop_map(|at| [10_000, 9_900, 9_000, 7_000, 6_999, 5_000, 3_000, 1].get(at).copied()),
        2 => (1_i64..200).prop_map(Some),
        1 => Just(None),
    ];
    // Steps between times, many of them none.
    let step = prop_oneof![2 => Just(0_i64), 4 => 1_i64..4, 1 => 4_i64..12];
    let paid = (end.clone(), end, step, amount);
    prop::collection::vec(paid, 1..=most).prop_map(|paid| {
        let mut now = 0_i64;
        let at = |(source, target, step, amount)| {
            now = now.saturating_add(step);
            Paid { source, target, time: now, amount }
        };
        paid.into_iter().map(at).collect()
    })
}

/// What happens to a store, in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The payment of this rank comes.
    Comes(usize),
    /// It is taken back; it comes again later.
    Reversed(usize),
}

/// An arrival order of a stream: some payments late by up to `late` places, some taken back and sent
/// again. At the end, exactly the payments of the stream are there.
pub fn arrivals(payments: usize, late: usize) -> impl Strategy<Value = Vec<Arrival>> {
    let one = (prop_oneof![3 => Just(0), 1 => 0..=late], prop::bool::weighted(0.1));
    prop::collection::vec(one, payments).prop_map(move |lots| {
        let mut order: Vec<(usize, usize)> = Vec::new();
        order.extend(lots.iter().enumerate().map(|(at, (late, _))| (at.saturating_add(*late), at)));
        order.sort_unstable();
        let mut arrivals = Vec::new();
        for (_, at) in order {
            arrivals.push(Arrival::Comes(at));
            if lots.get(at).is_some_and(|(_, reversed)| *reversed) {
                arrivals.extend([Arrival::Reversed(at), Arrival::Comes(at)]);
            }
        }
        // What is sent again comes at the very end of the others' reversals: spread them.
        let half = arrivals.len() / 2;
        let again: Vec<Arrival> = arrivals
            .iter()
            .take(half)
            .filter(|arrival| matches!(arrival, Arrival::Reversed(_)))
            .copied()
            .collect();
        arrivals.extend(again.iter().flat_map(|arrival| match arrival {
            Arrival::Reversed(at) | Arrival::Comes(at) => {
                [Arrival::Reversed(*at), Arrival::Comes(*at)]
            }
        }));
        arrivals
    })
}
