//! Mirrors: payments back of nearly the amount.

use crate::asked::for_each;
use crate::store::{account, number, rank};
use palermo_graph::{Mirror, MirrorAsk};
use palermo_ledger::AccountId;
use palermo_testkit::patterns::settlement;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

const ACCOUNTS: u32 = 6;

#[derive(Clone, Debug)]
struct Asked {
    tolerance: u32,
    /// The party of each account; nothing where it stands alone.
    parties: Vec<Vec<AccountId>>,
}

fn asks() -> impl Strategy<Value = Asked> {
    let tolerance =
        prop_oneof![Just(0_u32), Just(10_000), Just(100_000), Just(300_000), 0_u32..1_500_000];
    let alone = Just(vec![Vec::new(); ACCOUNTS as usize]);
    let joined = |of: &[u32], n: u32| -> Vec<AccountId> {
        (0..ACCOUNTS).filter(|m| of[*m as usize] == of[n as usize]).map(account).collect()
    };
    let parted = prop::collection::vec(0_u32..4, ACCOUNTS as usize)
        .prop_map(move |of| (0..ACCOUNTS).map(|n| joined(&of, n)).collect());
    // Parties that overlap, and that do not agree on who is in them.
    let any = prop::collection::vec(0_u32..64, ACCOUNTS as usize).prop_map(|of| {
        let party = |n: u32| {
            let bits = of[n as usize] | 1 << n;
            (0..ACCOUNTS).filter(|m| bits >> m & 1 == 1).map(account).collect()
        };
        (0..ACCOUNTS).map(party).collect()
    });
    (tolerance, prop_oneof![alone, parted, any])
        .prop_map(|(tolerance, parties)| Asked { tolerance, parties })
}

#[test]
fn mirrors_are_those_of_the_reference() {
    let search = RefCell::new(Mirror::default());
    for_each(ACCOUNTS, 50, asks(), |q| {
        let (found, small) = q.answers(|view, ask, budget| {
            let party = |account: AccountId| ask.parties[account.index()].as_slice();
            let ask = MirrorAsk { tolerance: ask.tolerance, party: &party };
            search.borrow_mut().search(view, &ask, budget)
        })?;
        let party = |of: u32| -> BTreeSet<u32> {
            let party = q.ask.parties[of as usize].iter().map(|account| number(*account));
            party.chain([of]).collect()
        };
        let wanted = settlement::mirror(q.seen, q.ask.tolerance, &party);
        prop_assert_eq!(found.count as usize, wanted.len());
        prop_assert_eq!(found.newest.map(rank), wanted.last().map(|edge| edge.rank));
        // A cut one: not more, and a mirror.
        prop_assert!(small.found.count <= found.count);
        prop_assert_eq!(small.found.newest.is_some(), small.found.count > 0);
        if let Some(newest) = small.found.newest {
            prop_assert!(wanted.iter().any(|edge| edge.rank == rank(newest)));
        }
        Ok(())
    });
}
