//! The store against a list of payments that is filtered and sorted for every question.

use super::*;
use proptest::prelude::*;

const KEEP: Keep = Keep { span: 60, fan: 20 };

fn account(index: u32) -> AccountId {
    AccountId::from_index(index)
}

/// Payments in order of arrival: debtor, creditor, time.
#[derive(Default)]
struct Model(Vec<(u32, u32, i64)>);

impl Model {
    /// Other end and time of the entries of a side that are kept, in order.
    fn side(&self, of: u32, leg: Leg, from: i64, to: i64) -> Vec<(u32, i64)> {
        let seen = self.0.iter().filter_map(|&(debtor, creditor, time)| match leg {
            Leg::Debtor => (debtor == of).then_some((creditor, time)),
            Leg::Creditor => (creditor == of).then_some((debtor, time)),
        });
        let mut found: Vec<_> = seen.filter(|(_, time)| (from..=to).contains(time)).collect();
        found.sort_by_key(|(_, time)| *time);
        found
    }
}

fn others<'a>(found: impl IntoIterator<Item = &'a (u32, i64)>) -> Vec<u32> {
    let mut others: Vec<u32> = found.into_iter().map(|(other, _)| *other).collect();
    others.sort_unstable();
    others.dedup();
    others
}

fn check(edges: &Edges, model: &Model, accounts: u32) -> Result<(), TestCaseError> {
    let newest = edges.newest().unwrap();
    for (of, leg) in (0..accounts).flat_map(|of| Leg::BOTH.map(|leg| (of, leg))) {
        for (from, to) in [(newest - 60, newest), (newest - 33, newest - 7), (newest, newest)] {
            let slice = edges.window(account(of), leg, from, to);
            let start = Start::at(from);
            let got: Vec<(u32, i64)> = slice
                .entries
                .iter()
                .map(|e| (u32::try_from(e.other().index()).unwrap(), e.since(start) + from))
                .collect();
            let expected = model.side(of, leg, from, to);
            prop_assert_eq!(&got, &expected);
            let mut distinct: Vec<u32> =
                slice.distinct().map(|e| u32::try_from(e.other().index()).unwrap()).collect();
            distinct.sort_unstable();
            prop_assert_eq!(distinct, others(&expected));
        }
    }
    Ok(())
}

fn run(steps: &[(u32, u32, i64, i64)], accounts: u32, base: i64) -> Result<(), TestCaseError> {
    let (mut edges, mut model) = (Edges::new(KEEP), Model::default());
    let mut now = base;
    for &(debtor, creditor, ahead, late) in steps {
        now += ahead;
        // Not later than is kept behind the newest.
        let time = now - late.min(30);
        let creditor = if debtor == creditor { (creditor + 1) % accounts } else { creditor };
        let fans = edges.add(account(debtor), account(creditor), time);
        model.0.push((debtor, creditor, time));
        now = now.max(time);
        for (of, leg, fan) in [(debtor, Leg::Debtor, fans[0]), (creditor, Leg::Creditor, fans[1])] {
            let last = model.side(of, leg, i64::MIN, i64::MAX).last().map_or(0, |(_, time)| *time);
            let expected = model.side(of, leg, last - 20, last);
            prop_assert_eq!(fan.degree as usize, expected.len());
            prop_assert_eq!(fan.distinct as usize, others(&expected).len());
        }
        check(&edges, &model, accounts)?;
    }
    Ok(())
}

proptest! {
    /// Sees: lost, doubled or misplaced entries, wrong flags, wrong fan counters after growth,
    /// expiry, splices and ties.
    #[test]
    fn a_side_is_a_filtered_sorted_list(
        steps in prop::collection::vec(
            (0_u32..5, 0_u32..5, prop_oneof![3 => 0_i64..3, 1 => 0_i64..25], prop_oneof![4 => Just(0_i64), 1 => 0_i64..40]),
            1..160,
        ),
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
                1 => Just(SWEEP_EVERY - 1), 1 => Just(SWEEP_EVERY + 1), 1 => Just(1_i64 << 36),
                1 => Just(1_i64 << 37), 1 => Just((1_i64 << 37) - 30), 1 => Just(3_i64 << 37),
            ],
            1..60,
        ),
    ) {
        let steps: Vec<_> = jumps
            .iter()
            .zip(0_u32..)
            .map(|(&ahead, n)| (n % 3, (n / 2 + 1) % 3, ahead, 0))
            .collect();
        run(&steps, 3, 0)?;
    }
}

/// The longest span with steps as far apart as can be.
#[test]
fn the_longest_span_is_kept_whole() {
    let keep = Keep { span: SPAN_MAX, fan: SPAN_MAX };
    let mut edges = Edges::new(keep);
    let times: Vec<i64> = (0..40).map(|n| n * (SPAN_MAX / 7)).collect();
    for (n, &time) in times.iter().enumerate() {
        let fans = edges.add(account(0), account(1), time);
        let kept = times[..=n].iter().filter(|t| **t >= time - SPAN_MAX).count();
        let slice = edges.window(account(1), Leg::Creditor, time - SPAN_MAX, time);
        assert_eq!(slice.entries.len(), kept, "after {n}");
        assert_eq!(fans.map(|fan| fan.degree as usize), [kept; 2], "after {n}");
    }
}

/// A store whose accounts are idle gives their blocks back.
#[test]
fn a_sweep_gives_blocks_back() {
    let mut edges = Edges::new(KEEP);
    let burst = |edges: &mut Edges, at: i64| {
        for n in 0..200 {
            edges.add(account(n % 3), account(3 + n), at);
        }
    };
    burst(&mut edges, 0);
    let held = edges.bytes();
    burst(&mut edges, SWEEP_EVERY + 1);
    assert_eq!(edges.bytes(), held);
}
