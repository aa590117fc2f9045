//! The store against a list of payments that is filtered and sorted for every question.

use super::*;
use proptest::prelude::*;

const KEEP: Keep = Keep { span: Some(60), fan: 20 };

fn account(index: u32) -> AccountId {
    AccountId::from_index(index)
}

/// What an entry carries along in these tests: the number of its payment, and of its leg.
type Detail = (u32, u8);

#[derive(Clone, Copy, Debug)]
struct Paid {
    ends: [Option<u32>; 2],
    time: i64,
    /// Ties are in order of this.
    rank: u32,
}

/// Payments that were not taken back.
#[derive(Default)]
struct Model(Vec<Paid>);

/// Time, other end, and rank: what an entry must say.
type Seen = (i64, Option<u32>, u32);

impl Model {
    /// The entries of a side in a window, in order.
    fn side(&self, of: u32, leg: Leg, from: i64, to: i64) -> Vec<Seen> {
        let seen = self.0.iter().filter_map(|&Paid { ends: [debtor, creditor], time, rank }| {
            let (own, other) = match leg {
                Leg::Debtor => (debtor, creditor),
                Leg::Creditor => (creditor, debtor),
            };
            (own == Some(of)).then_some((time, other.filter(|other| *other != of), rank))
        });
        let mut found: Vec<_> = seen.filter(|(time, ..)| (from..=to).contains(time)).collect();
        found.sort_unstable_by_key(|&(time, _, rank)| (time, rank));
        found
    }
}

fn others<'a>(found: impl IntoIterator<Item = &'a Seen>) -> Vec<u32> {
    let mut others: Vec<u32> = found.into_iter().filter_map(|(_, other, _)| *other).collect();
    others.sort_unstable();
    others.dedup();
    others
}

fn number(entry: Entry) -> Option<u32> {
    entry.leads().then(|| u32::try_from(entry.other().index()).unwrap())
}

fn check(edges: &Edges<Detail>, model: &Model, accounts: u32) -> Result<(), TestCaseError> {
    let newest = edges.newest().unwrap();
    let kept = newest - 60;
    for (of, leg) in (0..accounts).flat_map(|of| Leg::BOTH.map(|leg| (of, leg))) {
        let (entries, details) =
            (edges.side_entries(account(of), leg), edges.side_details(account(of), leg));
        let held: Vec<Seen> = entries
            .iter()
            .zip(details)
            .map(|(&entry, &(rank, _))| (edges.time(entry), number(entry), rank))
            .filter(|(time, ..)| *time >= kept)
            .collect();
        prop_assert_eq!(entries.len(), details.len());
        prop_assert!(details.iter().all(|(_, own)| *own == leg as u8));
        prop_assert_eq!(held, model.side(of, leg, kept, newest));
        for (from, to) in [(kept, newest), (newest - 33, newest - 7), (newest, newest)] {
            let slice = edges.window(account(of), leg, from, to);
            let start = Start::at(from);
            let got: Vec<_> =
                slice.entries.iter().map(|e| (e.since(start) + from, number(*e))).collect();
            let expected = model.side(of, leg, from, to);
            let wanted: Vec<_> = expected.iter().map(|&(time, other, _)| (time, other)).collect();
            prop_assert_eq!(got, wanted);
            let mut distinct: Vec<u32> = slice.distinct().filter_map(number).collect();
            distinct.sort_unstable();
            prop_assert_eq!(distinct, others(&expected));
        }
    }
    Ok(())
}

/// One step: the two ends, how far the clock goes, how late the payment is, its rank among equals,
/// and whether an earlier payment is taken back first.
#[derive(Clone, Copy, Debug)]
struct Step {
    ends: [Option<u32>; 2],
    ahead: i64,
    late: i64,
    rank: u32,
    reversed: Option<usize>,
}

fn run(steps: &[Step], accounts: u32, base: i64) -> Result<(), TestCaseError> {
    let (mut edges, mut model) = (Edges::<Detail>::new(KEEP), Model::default());
    let mut now = base;
    for (n, step) in (0_u32..).zip(steps) {
        now += step.ahead;
        // Not later than is kept behind the newest.
        let time = now - step.late.min(30);
        if let Some(at) = step.reversed
            && !model.0.is_empty()
        {
            let gone = model.0.swap_remove(at % model.0.len());
            if gone.time >= edges.oldest() {
                edges.remove(gone.ends.map(|end| end.map(account)), gone.time, |(rank, _)| {
                    *rank == gone.rank
                });
            }
        }
        // A rank of its own for every payment; those of equal times come in any order.
        let rank = step.rank * 1000 + n;
        let ends = step.ends.map(|end| end.map(account));
        let fans = edges.put(ends, time, [(rank, 0), (rank, 1)], |(known, _)| *known < rank);
        model.0.push(Paid { ends: step.ends, time, rank });
        for ((end, leg), fan) in step.ends.into_iter().zip(Leg::BOTH).zip(fans) {
            let Some(of) = end else { continue };
            let last =
                model.side(of, leg, edges.oldest(), i64::MAX).last().map_or(0, |seen| seen.0);
            let expected = model.side(of, leg, last - 20, last);
            prop_assert_eq!(fan.degree as usize, expected.len());
            prop_assert_eq!(fan.distinct as usize, others(&expected).len());
        }
        check(&edges, &model, accounts)?;
    }
    Ok(())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let end = || prop_oneof![9 => (0_u32..5).prop_map(Some), 1 => Just(None)];
    let ahead = prop_oneof![3 => 0_i64..3, 1 => 0_i64..25];
    let late = prop_oneof![4 => Just(0_i64), 1 => 0_i64..40];
    let reversed = prop_oneof![6 => Just(None), 1 => (0_usize..500).prop_map(Some)];
    let step = ([end(), end()], ahead, late, 0_u32..3, reversed);
    let step = step.prop_map(|(ends, ahead, late, rank, reversed)| Step {
        ends,
        ahead,
        late,
        rank,
        reversed,
    });
    prop::collection::vec(step, 1..160)
}

proptest! {
    /// Sees: lost, doubled or misplaced entries, details of another entry, wrong flags, wrong fan
    /// counters after growth, expiry, splices, ties, reversals; payments to oneself and to nobody.
    #[test]
    fn a_side_is_a_filtered_sorted_list(
        steps in steps(),
        base in prop_oneof![Just(0_i64), Just(-500_i64), Just(1 << 37), Just(1_790_000_000_000)],
    ) {
        run(&steps, 5, base)?;
    }

    /// Sees: entries that seem young again after the clock has turned.
    #[test]
    fn a_turn_of_the_clock_revives_nothing(
        jumps in prop::collection::vec(
            prop_oneof![
                4 => 0_i64..10,
                1 => Just(SWEEP_AT - 1), 1 => Just(SWEEP_AT + 1), 1 => Just(1_i64 << 36),
                1 => Just(1_i64 << 37), 1 => Just((1_i64 << 37) - 30), 1 => Just(3_i64 << 37),
            ],
            1..60,
        ),
    ) {
        let steps: Vec<_> = jumps
            .iter()
            .zip(0_u32..)
            .map(|(&ahead, n)| Step {
                ends: [Some(n % 3), Some((n / 2 + 1) % 3)],
                ahead,
                late: 0,
                rank: 0,
                reversed: None,
            })
            .collect();
        run(&steps, 3, 0)?;
    }
}

/// The longest span with steps as far apart as can be.
#[test]
fn the_longest_span_is_kept_whole() {
    let keep = Keep { span: Some(SPAN_MAX), fan: SPAN_MAX };
    let mut edges = Edges::new(keep);
    let times: Vec<i64> = (0..40).map(|n| n * (SPAN_MAX / 7)).collect();
    for (n, &time) in times.iter().enumerate() {
        let fans = edges.put([Some(account(0)), Some(account(1))], time, [(); 2], |()| true);
        let kept = times[..=n].iter().filter(|t| **t >= time - SPAN_MAX).count();
        let slice = edges.window(account(1), Leg::Creditor, time - SPAN_MAX, time);
        assert_eq!(slice.entries.len(), kept, "after {n}");
        assert_eq!(fans.map(|fan| fan.degree as usize), [kept; 2], "after {n}");
    }
}

/// A store without a span keeps until it is told, however far the newest time runs.
#[test]
fn what_is_not_forgotten_is_kept() {
    let mut edges = Edges::new(Keep { span: None, fan: 0 });
    let ends = [Some(account(0)), Some(account(1))];
    let put = |edges: &mut Edges<u32>, time: i64, n: u32| {
        edges.put(ends, time, [n; 2], |known| *known < n);
    };
    let day = 86_400_000;
    for (n, time) in (0_u32..).zip([0, 100, 200]) {
        put(&mut edges, time * day, n);
    }
    let side = |edges: &Edges<u32>| edges.side_details(account(1), Leg::Creditor).to_vec();
    assert_eq!(side(&edges), [0, 1, 2]);
    edges.forget_before(100 * day);
    put(&mut edges, 500 * day, 3);
    put(&mut edges, 150 * day, 4);
    put(&mut edges, 760 * day, 5);
    assert_eq!(side(&edges), [1, 4, 2, 3, 5], "after a sweep, and late by 350 days");
    assert_eq!(
        [-50, 50, 100, 890, 900].map(|time| edges.reaches(time * day)),
        [false, true, true, true, false]
    );
    put(&mut edges, 50 * day, 9);
    edges.forget_before(200 * day);
    put(&mut edges, 900 * day, 6);
    assert_eq!(side(&edges), [2, 3, 5, 6], "what is older than is kept is not added");
}

/// Nothing is forgotten for a year: the first payment does not say how far the last may be.
#[test]
fn a_store_reaches_from_the_first_payment_on() {
    let (mut edges, day) = (Edges::<u32>::new(Keep { span: None, fan: 0 }), 86_400_000);
    let ends = [Some(account(0)), Some(account(1))];
    for n in 0..790_u32 {
        assert!(edges.reaches(i64::from(n) * day), "day {n}");
        edges.put(ends, i64::from(n) * day, [n; 2], |known| *known < n);
    }
    let details = edges.side_details(account(0), Leg::Debtor);
    assert_eq!(details, (0..790).collect::<Vec<_>>());
    assert!(!edges.reaches(800 * day));
    edges.forget_before(10 * day);
    assert!(edges.reaches(800 * day));
}

/// One side alone, whose other ends are of another kind, its own number among them: late ones, and
/// ones taken back.
#[test]
fn one_side_is_kept_alone() {
    let mut edges = Edges::<u32>::new(Keep { span: None, fan: 10 });
    let own = (account(3), Leg::Debtor);
    let uses = 0..120_u32;
    // Every other one comes late.
    for rank in uses.clone().step_by(2).chain(uses.clone().skip(1).step_by(2)) {
        let time = i64::from(rank / 4);
        edges.put_at(own, account(rank % 5), time, rank, |known| *known < rank);
    }
    assert_eq!(edges.side_details(own.0, own.1), uses.clone().collect::<Vec<_>>());
    let others: Vec<_> = edges.side_entries(own.0, own.1).iter().copied().map(number).collect();
    assert_eq!(others, uses.clone().map(|rank| Some(rank % 5)).collect::<Vec<_>>());
    for other in 0..6 {
        let sides = Leg::BOTH.map(|leg| edges.side_entries(account(other), leg).len());
        assert_eq!(sides, if other == 3 { [120, 0] } else { [0, 0] });
    }
    for rank in uses.rev() {
        let ends = [Some(own.0), None];
        edges.remove(ends, i64::from(rank / 4), |known| *known == rank);
        assert_eq!(edges.side_entries(own.0, own.1).len(), rank as usize);
    }
    // What is as old as is kept is kept, and what is older is not.
    let mut edges = Edges::<u32>::new(Keep { span: Some(10), fan: 10 });
    for (time, rank) in [(100, 2), (90, 1), (89, 0)] {
        edges.put_at(own, account(1), time, rank, |known| *known < rank);
    }
    assert_eq!(edges.side_details(own.0, own.1), [1, 2]);
}

/// A store whose accounts are idle gives their blocks back.
#[test]
fn idle_accounts_give_their_blocks_back() {
    let mut edges = Edges::<u64>::new(KEEP);
    let burst = |edges: &mut Edges<u64>, at: i64| {
        for n in 0..200 {
            edges.put([Some(account(n % 3)), Some(account(3 + n))], at, [1; 2], |_| true);
        }
    };
    burst(&mut edges, 0);
    let held = edges.bytes();
    // Enough payments of two accounts that no other one is left untended.
    for n in 0..5000 {
        edges.put([Some(account(0)), Some(account(1))], 100 + n * 50, [1; 2], |_| true);
    }
    assert!(edges.side_entries(account(2), Leg::Debtor).is_empty());
    let other = |n: u32| account(n + 500);
    for n in 0..200 {
        edges.put([Some(other(n % 3)), Some(other(3 + n))], 250_100, [1; 2], |_| true);
    }
    assert_eq!(edges.bytes(), held);
}
