//! Trace, funded and pass-through against a simulation that moves all money forward.
#![expect(clippy::arithmetic_side_effects, reason = "small sums that the tests make themselves")]

use crate::store::{KEPT, account, for_each, number, rank, view};
use palermo_domain::Cents;
use palermo_graph::{
    Funded, PassThrough, PassThroughAsk, PassedThrough, Trace, TraceAsk, TraceEnd, TracePath,
    Traced, View,
};
use palermo_ledger::edges::Keep;
use palermo_ledger::{Book, Detail, RowId, SetId};
use palermo_testkit::patterns::lots::{self as naive, Limits};
use palermo_testkit::patterns::{Edge, Paid, seen};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

const ACCOUNTS: u32 = 5;
const WITHIN: [i64; 4] = [0, 3, 12, KEPT];
const HOPS: [usize; 5] = [1, 2, 3, 5, 8];
const HUBS: [usize; 2] = [3, 10_000];
const SHARES: [u32; 4] = [0, 100_000, 500_000, 1_000_000];

/// How often something was seen, so that a family that never sees it fails.
#[derive(Default)]
struct Seen(RefCell<BTreeMap<&'static str, u64>>);

impl Seen {
    fn count(&self, what: &'static str, seen: bool) {
        *self.0.borrow_mut().entry(what).or_default() += u64::from(seen);
    }

    fn all(&self) {
        for (what, times) in self.0.borrow().iter() {
            assert!(*times > 20, "{what}: seen {times} times");
        }
    }
}

fn ask(limits: Limits, min_share: u32) -> TraceAsk {
    TraceAsk { within: limits.within, hops: limits.hops, min_share, paths: usize::MAX }
}

fn millionths(part: i128, whole: i128) -> Option<u32> {
    (whole > 0).then(|| u32::try_from(part * 1_000_000 / whole).unwrap())
}

fn plain(path: &TracePath) -> (i64, Vec<usize>, u32, Option<naive::End>) {
    let end = match path.end {
        TraceEnd::Own => Some(naive::End::Own),
        TraceEnd::Hops => Some(naive::End::Hops),
        TraceEnd::Hub => Some(naive::End::Hub),
        TraceEnd::Cut => None,
    };
    let payments = path.payments.iter().map(|payment| rank(payment.row)).collect();
    (path.amount.0, payments, number(path.begins), end)
}

fn wanted(path: &naive::Path) -> (i64, Vec<usize>, u32, Option<naive::End>) {
    (path.amount, path.payments.clone(), path.begins, Some(path.end))
}

fn beginnings(traced: &Traced) -> Vec<(u32, i64)> {
    traced.beginnings.iter().map(|(account, sum)| (number(*account), sum.0)).collect()
}

fn funded(wanted: &naive::Traced, amount: Option<i64>) -> Funded {
    let share = millionths(wanted.funded.into(), amount.unwrap_or(0).into());
    Funded { amount: Cents(wanted.funded), share: share.unwrap_or(0), dwell: wanted.dwell }
}

/// Payments of an answer are those of the stream, each paid to the payer of the newer one.
fn is_a_way(paid: &[Paid], path: &TracePath) -> Result<(), TestCaseError> {
    for payment in &path.payments {
        let known = paid[rank(payment.row)];
        prop_assert_eq!(known.source.map(account), Some(payment.debtor));
        prop_assert_eq!(known.target.map(account), Some(payment.creditor));
        prop_assert_eq!((known.time, known.amount.map(Cents)), (payment.time, payment.amount));
    }
    for pair in path.payments.windows(2) {
        prop_assert_eq!(pair[0].debtor, pair[1].creditor);
    }
    prop_assert_eq!(path.payments.last().map(|oldest| oldest.debtor), Some(path.begins));
    Ok(())
}

/// Every limit that is tried.
fn limits() -> impl Iterator<Item = Limits> {
    let all = WITHIN.into_iter().flat_map(|within| HOPS.map(|hops| (within, hops)));
    all.flat_map(|(within, hops)| HUBS.map(|hub| Limits { within, hops, hub }))
}

#[test]
fn a_trace_is_the_money_moved_forward() {
    let counts = Seen::default();
    for_each(ACCOUNTS, 40, |book, paid, rank_of, window| {
        let Some(view) = view(book, paid, rank_of, window) else { return Ok(()) };
        let seen = seen(paid, rank_of, window);
        let mut trace = Trace::default();
        // Two in five of the limits for each payment, in turn.
        for (turn, limits) in limits().enumerate().filter(|(turn, _)| (turn + rank_of) % 5 < 2) {
            let naive = naive::trace(&seen, limits);
            let share = SHARES[(turn / 2 + rank_of) % SHARES.len()];
            let got = trace.search(&view.with_hub(limits.hub), &ask(limits, share), u32::MAX);
            prop_assert!(!got.truncated);
            let found = got.found;
            let paths: Vec<_> = found.paths.iter().map(plain).collect();
            let wanted: Vec<_> = naive.paths.iter().map(wanted).collect();
            prop_assert_eq!(paths, wanted, "{:?}", limits);
            prop_assert_eq!(found.depth, naive.depth(share));
            prop_assert_eq!(beginnings(&found), naive.beginnings());
            prop_assert_eq!(found.funded, funded(&naive, view.at().amount.map(|cents| cents.0)));
            prop_assert_eq!((found.unlisted, found.cut), Default::default());
            found.paths.iter().try_for_each(|path| is_a_way(paid, path))?;
            for (what, end) in
                [("own", TraceEnd::Own), ("hops", TraceEnd::Hops), ("hub", TraceEnd::Hub)]
            {
                counts.count(what, found.paths.iter().any(|path| path.end == end));
            }
            counts.count("long", found.paths.iter().any(|path| path.payments.len() > 4));
            counts.count("many", found.paths.len() > 4);
        }
        Ok(())
    });
    counts.all();
}

#[test]
fn the_cheap_question_is_the_first_step() {
    for_each(ACCOUNTS, 40, |book, paid, rank_of, window| {
        let Some(view) = view(book, paid, rank_of, window) else { return Ok(()) };
        let seen = seen(paid, rank_of, window);
        let mut trace = Trace::default();
        for within in WITHIN {
            let naive = naive::trace(&seen, Limits { within, hops: 1, hub: 0 });
            let whole = funded(&naive, view.at().amount.map(|cents| cents.0));
            let got = trace.funded(&view, within, u32::MAX);
            prop_assert_eq!((got.found, got.truncated), (whole, false));
            for budget in 0..=got.work {
                let cut = trace.funded(&view, within, budget);
                prop_assert!(cut.work <= budget);
                prop_assert_eq!(cut.truncated, budget < got.work);
                let wanted = if cut.truncated { Funded::default() } else { whole };
                prop_assert_eq!(cut.found, wanted);
            }
        }
        Ok(())
    });
}

#[test]
fn what_passes_through_is_the_money_moved_forward() {
    let counts = Seen::default();
    for_each(ACCOUNTS, 40, |book, paid, rank_of, window| {
        let Some(view) = view(book, paid, rank_of, window) else { return Ok(()) };
        let seen = seen(paid, rank_of, window);
        let mut search = PassThrough::default();
        for of in 0..ACCOUNTS {
            let within = WITHIN[(rank_of + of as usize) % WITHIN.len()];
            let naive = naive::pass_through(&seen, of, within);
            let whole = PassedThrough {
                credited: naive.credited,
                passed_on: naive.passed_on,
                share: millionths(naive.passed_on, naive.credited),
                dwell: naive.dwell,
            };
            let ask = PassThroughAsk { account: account(of), within };
            // A hub is asked about as well as any other.
            let got = search.search(&view.with_hub(0), &ask, u32::MAX);
            prop_assert_eq!((got.found, got.truncated), (whole, false));
            prop_assert!(whole.passed_on <= whole.credited);
            for budget in 0..=got.work {
                let cut = search.search(&view, &ask, budget);
                prop_assert!(cut.work <= budget);
                prop_assert_eq!(cut.truncated, budget < got.work);
                if cut.truncated {
                    let PassedThrough { credited, passed_on, share, dwell } = cut.found;
                    prop_assert!(credited <= whole.credited && passed_on <= whole.passed_on);
                    prop_assert!(passed_on <= credited);
                    prop_assert_eq!((share, dwell), (None, None));
                } else {
                    prop_assert_eq!(cut.found, whole);
                }
            }
            counts.count("dwell", whole.dwell.is_some_and(|dwell| dwell > 0));
            counts.count("all", whole.share == Some(1_000_000));
            counts.count("some", whole.share.is_some_and(|share| share > 0 && share < 1_000_000));
        }
        Ok(())
    });
    counts.all();
}

/// The cents of a payment, one path after the other.
fn intervals<P>(paths: &[P], amount: impl Fn(&P) -> i64) -> Vec<(i64, i64, &P)> {
    let mut at = 0;
    let place = |path| {
        let begin = at;
        at += amount(path);
        (begin, at, path)
    };
    paths.iter().map(place).collect()
}

/// What a cut answer says is part of the whole one.
fn holds(cut: &Traced, whole: &[naive::Path], share: u32) -> Result<(), TestCaseError> {
    let whole = intervals(whole, |path| path.amount);
    let said = intervals(&cut.paths, |path| path.amount.0);
    prop_assert_eq!(said.last().map(|last| last.1), whole.last().map(|last| last.1));
    let (mut sums, mut depth, mut lost) = (BTreeMap::<u32, i64>::new(), 0, 0);
    for (begin, end, path) in said {
        let (amount, payments, begins, why) = plain(path);
        if let Some(why) = why {
            let wanted = naive::Path { amount, payments, begins, end: why };
            prop_assert!(whole.contains(&(begin, end, &wanted)), "{:?} is not there", wanted);
            *sums.entry(begins).or_default() += amount;
            let all = whole.last().map_or(0, |last| last.1);
            if i128::from(amount) * 1_000_000 >= i128::from(all) * i128::from(share) {
                depth = depth.max(path.payments.len());
            }
            continue;
        }
        lost += amount;
        for (_, _, known) in whole.iter().filter(|known| known.0 < end && begin < known.1) {
            prop_assert!(known.payments.starts_with(&payments));
        }
    }
    let mut sums: Vec<(u32, i64)> = sums.into_iter().collect();
    sums.sort_by_key(|(account, sum)| (-*sum, *account));
    prop_assert_eq!(beginnings(cut), sums);
    prop_assert_eq!((cut.depth, cut.cut), (depth, Cents(lost)));
    Ok(())
}

fn cut_everywhere(
    (view, seen): (&View<'_>, &[Edge]),
    (limits, share): (Limits, u32),
    counts: &Seen,
) -> Result<(), TestCaseError> {
    let naive = naive::trace(seen, limits);
    let mut trace = Trace::default();
    let ask = ask(limits, share);
    let whole = trace.search(view, &ask, u32::MAX);
    let mut followed = 0;
    for budget in 0..=whole.work {
        let got = trace.search(view, &ask, budget);
        prop_assert!(got.work <= budget);
        // Exactly the whole work is enough, and what is not enough is said.
        prop_assert_eq!(got.truncated, budget < whole.work);
        prop_assert_eq!(got.truncated, got.found.cut > Cents(0));
        if !got.truncated {
            prop_assert_eq!(&got, &whole);
        }
        prop_assert!([Funded::default(), whole.found.funded].contains(&got.found.funded));
        holds(&got.found, &naive.paths, share)?;
        // More budget, more followed.
        let sum = got.found.beginnings.iter().map(|(_, sum)| sum.0).sum::<i64>();
        prop_assert!(sum >= followed);
        followed = sum;
        counts.count("cut inside", got.truncated && got.found.paths.len() > 2);
        counts.count("cut", got.truncated);
    }
    Ok(())
}

#[test]
fn a_cut_trace_holds_and_says_so() {
    let counts = Seen::default();
    for_each(ACCOUNTS, 40, |book, paid, rank_of, window| {
        let Some(view) = view(book, paid, rank_of, window) else { return Ok(()) };
        let seen = seen(paid, rank_of, window);
        let limits = Limits {
            within: WITHIN[rank_of % WITHIN.len()],
            hops: HOPS[rank_of % HOPS.len()],
            hub: HUBS[rank_of / 4 % HUBS.len()],
        };
        let share = SHARES[rank_of / 3 % SHARES.len()];
        cut_everywhere((&view.with_hub(limits.hub), &seen), (limits, share), &counts)
    });
    counts.all();
}

#[test]
fn a_short_list_begins_like_the_long_one() {
    let unlisted = Cell::new(0);
    for_each(ACCOUNTS, 40, |book, paid, rank_of, window| {
        let Some(view) = view(book, paid, rank_of, window) else { return Ok(()) };
        let mut trace = Trace::default();
        let ask = TraceAsk { within: 12, hops: 5, min_share: 100_000, paths: usize::MAX };
        for budget in [9, u32::MAX] {
            let long = trace.search(&view, &ask, budget);
            for paths in 0..4 {
                let short = trace.search(&view, &TraceAsk { paths, ..ask }, budget);
                let listed = paths.min(long.found.paths.len());
                let (first, rest) = long.found.paths.split_at(listed);
                prop_assert_eq!(&short.found.paths[..], first);
                prop_assert_eq!(short.found.unlisted.paths, rest.len());
                let sum = rest.iter().map(|path| path.amount.0).sum();
                prop_assert_eq!(short.found.unlisted.amount, Cents(sum));
                // Nothing else depends on how many are listed.
                let same = Traced {
                    paths: long.found.paths.clone(),
                    unlisted: long.found.unlisted,
                    ..short.found
                };
                prop_assert_eq!(&same, &long.found);
                unlisted.set(unlisted.get() + rest.len());
            }
        }
        Ok(())
    });
    assert!(unlisted.get() > 100);
}

/// No cent is had twice: of no payment more is found in a later one, or in all later ones together,
/// than it brought; and the parts of a payment are the payment.
#[test]
fn money_is_conserved() {
    for_each(ACCOUNTS, 40, |book, paid, rank_of, _| {
        // The last payment's question asks all of them, in windows that all begin at the beginning.
        if rank_of + 1 < paid.len() {
            return Ok(());
        }
        let brought = |of: usize| paid[of].amount.unwrap_or(0);
        let mut trace = Trace::default();
        for within in WITHIN {
            let mut taken: BTreeMap<usize, i64> = BTreeMap::new();
            for of in 0..paid.len() {
                let Some(view) = view(book, paid, of, KEPT) else { continue };
                let limits = Limits { within, hops: 8, hub: 0 };
                let found = trace.search(&view, &ask(limits, 0), u32::MAX).found;
                let sum: i64 = found.paths.iter().map(|path| path.amount.0).sum();
                prop_assert_eq!(sum, brought(of));
                let mut here: BTreeMap<usize, i64> = BTreeMap::new();
                for path in &found.paths {
                    for payment in &path.payments {
                        *here.entry(rank(payment.row)).or_default() += path.amount.0;
                    }
                    if let Some(lot) = path.payments.get(1) {
                        *taken.entry(rank(lot.row)).or_default() += path.amount.0;
                    }
                }
                prop_assert!(here.iter().all(|(of, sum)| *sum <= brought(*of)));
            }
            prop_assert!(taken.iter().all(|(of, sum)| *sum <= brought(*of)), "taken > brought");
        }
        Ok(())
    });
}

/// Payments that the rule did not select, and those that the store forgot, move nothing.
#[test]
fn only_what_is_in_view_moves_money() {
    let counts = Seen::default();
    for_each(ACCOUNTS, 40, |_, paid, rank_of, window| {
        // The smaller kind of payments is one in three.
        let kind = |rank: usize| SetId(u32::from(rank.is_multiple_of(3)));
        let mut book = Book::new(Keep { span: None, fan: 0 });
        for (rank, payment) in paid.iter().enumerate() {
            let row = RowId(u32::try_from(rank).unwrap());
            let detail = Detail::new(payment.amount.map(Cents), row, kind(rank));
            let ends = [payment.source.map(account), payment.target.map(account)];
            book.put(ends, payment.time, [detail; 2], |known| known.row < row);
        }
        let oldest = paid[rank_of].time / 4;
        book.forget_before(oldest);
        let Some(view) = view(&book, paid, rank_of, window) else { return Ok(()) };
        let mut seen = seen(paid, rank_of, window);
        seen.retain(|edge| edge.time >= oldest && kind(edge.rank) == kind(rank_of));
        let selected = |selections| selections == kind(rank_of);
        let view = view.selecting(&selected).with_hub(3);
        let limits = Limits { within: 12, hops: 5, hub: 3 };
        let mut trace = Trace::default();
        let naive = naive::trace(&seen, limits);
        let got = trace.search(&view, &ask(limits, 0), u32::MAX);
        let paths: Vec<_> = got.found.paths.iter().map(plain).collect();
        prop_assert_eq!(paths, naive.paths.iter().map(wanted).collect::<Vec<_>>());
        cut_everywhere((&view, &seen), (limits, 0), &counts)
    });
    counts.all();
}
