//! The comparison itself: arrivals in any order, payments that are taken out again, and the hits of
//! every row against those of a plain list.
//!
//! Sees: what `measures` sees, and, with a rule alone, a later time that nobody looks at again.

use super::{Table, Thresholds, table, thresholds};
use crate::harness::{Bank, cases};
use crate::rules::Builder;
use palermo_domain::EventTime;
use palermo_testkit::Owned;
use palermo_testkit::scene::{ACCOUNTS, drafts, payments, worlds};
use palermo_testkit::window::hits;
use palermo_testkit::world::World;
use proptest::prelude::*;

/// The same on two accounts and three days, half of it cash: where sequences, overlaps and ties are.
fn crowded(drafts: &[palermo_testkit::scene::Draft]) -> Vec<palermo_testkit::scene::Draft> {
    let mut crowded = drafts.to_vec();
    for draft in crowded.iter_mut().take(16) {
        draft.ends = (draft.ends.0 % 2, draft.ends.1 % 2);
        draft.when.0 %= 12;
        if draft.rest.0 < 3 {
            draft.what.0 = 4 + draft.what.0 % 4;
        }
    }
    crowded.truncate(16);
    crowded
}

fn compare_all(
    world: &World,
    kept: &[Owned],
    bank: &Bank,
    table: &Table,
    t: Thresholds,
) -> Result<usize, TestCaseError> {
    let mut found = 0;
    for (index, row) in table.rows.iter().enumerate() {
        let width = table.width(index);
        for subject in ACCOUNTS {
            let expected = hits(kept, subject, width, |w, now| (row.naive)(world, w, now, t));
            let got: Vec<EventTime> = bank.hits(index, subject);
            found += expected.len();
            prop_assert_eq!(got, expected, "{} on {}", row.id, subject);
        }
    }
    Ok(found)
}

proptest! {
    #![proptest_config(cases(1000))]

    /// Any order of arrival; a third of the payments is taken out again in the middle of it.
    #[test]
    fn hits_are_those_of_a_plain_list(
        world in worlds(),
        drafts in drafts(36, 1..26),
        order in prop::collection::vec(any::<u16>(), 26),
        out in prop::collection::vec(any::<bool>(), 26),
        t in thresholds(),
        narrow in any::<bool>(),
    ) {
        let all = payments(&if narrow { crowded(&drafts) } else { drafts });
        arrive_and_compare(&world, &all, (&order, &out), &table(t), t)?;
    }

    /// The same with one row as the only rule: no longer window of another makes up for what the
    /// detector forgets to look at again.
    #[test]
    fn a_rule_alone_hits_as_among_others(
        world in worlds(),
        drafts in drafts(60, 1..26),
        order in prop::collection::vec(any::<u16>(), 26),
        out in prop::collection::vec(any::<bool>(), 26),
        t in thresholds(),
        narrow in any::<bool>(),
        row in any::<prop::sample::Index>(),
    ) {
        let all = payments(&if narrow { crowded(&drafts) } else { drafts });
        let table = table(t);
        let row = row.index(table.rows.len());
        arrive_and_compare(&world, &all, (&order, &out), &table.alone(row), t)?;
    }
}

fn arrive_and_compare(
    world: &World,
    all: &[Owned],
    (order, out): (&[u16], &[bool]),
    table: &Table,
    t: Thresholds,
) -> Result<(), TestCaseError> {
    let builder = Builder {
        rules: table.builder.rules.clone(),
        selections: table.builder.selections.clone(),
        ..Builder::default()
    };
    let mut bank = Bank::new(builder.build(), world);
    let mut indices: Vec<usize> = (0..all.len()).collect();
    indices.sort_by_key(|index| order[*index]);
    let mut kept = Vec::new();
    for (step, index) in indices.iter().enumerate() {
        bank.link(&all[*index]);
        kept.push(all[*index].clone());
        if out[step] && step % 3 == 2 {
            let gone = kept.remove(step / 3 % kept.len());
            bank.unlink(gone.payment_id.expose());
        }
    }
    compare_all(world, &kept, &bank, table, t).map(|_| ())
}

/// The comparison is worth something only if conditions hold and do not hold: every row does both
/// over a few hundred random cases.
#[test]
fn every_row_holds_sometimes_and_not_always() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: std::collections::BTreeMap<&str, (usize, usize)> = Default::default();
    for round in 0..300 {
        let strategy = (worlds(), drafts(36, 10..26), thresholds());
        let (world, drafts, t) = strategy.new_tree(&mut runner).expect("a case").current();
        let all = payments(&if round % 2 == 0 { crowded(&drafts) } else { drafts });
        let table = table(t);
        for (index, row) in table.rows.iter().enumerate() {
            let width = table.width(index);
            for subject in ACCOUNTS {
                let held =
                    hits(&all, subject, width, |w, now| (row.naive)(&world, w, now, t)).len();
                let touched = hits(&all, subject, width, |_, _| Some(true)).len();
                let count = seen.entry(row.id).or_default();
                *count = (count.0 + held, count.1 + touched - held);
            }
        }
    }
    for (id, (held, not)) in seen {
        assert!(held >= 20 && not >= 20, "{id}: {held} hits, {not} times none");
    }
}
