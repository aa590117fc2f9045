//! Records of parties in several orders, and who holds an account after them.

use super::*;
use palermo_domain::{FeedSet, OwnedAccount, Redacted};

/// A record of a party: accounts it holds, accounts it may only use.
fn record(id: &str, as_of: i64, holds: &[&str], uses: &[&str]) -> Party {
    let own = |account: &&str, holder| OwnedAccount {
        account: Redacted::new((*account).to_owned()),
        opened: None,
        closed: None,
        product: None,
        holder,
    };
    let held = holds.iter().map(|account| own(account, true));
    Party {
        party: Redacted::new(id.to_owned()),
        as_of: EventTime(as_of),
        kind: PartyKind::Person,
        accounts: held.chain(uses.iter().map(|account| own(account, false))).collect(),
        segment: None,
        home: None,
        work: None,
        since: None,
        age_band: None,
        industry_mcc: None,
        headcount: None,
        monthly_income: None,
        monthly_turnover: None,
        currency: None,
        hours: Vec::new(),
        licensed: None,
        phone: None,
        email: None,
        address: None,
        relations: Vec::new(),
        feeds: FeedSet::default(),
        merchants: Vec::new(),
        terminals: Vec::new(),
        activity: None,
        occupation_code: None,
        incorporated: None,
        events: Vec::new(),
        hash_key_id: None,
    }
}

/// Applies records (an empty one of time 0 ends its party) and says who holds `J`, first holder
/// first, and which accounts go with it.
fn held(records: &[(&str, i64, &[&str], &[&str])]) -> (String, String) {
    let (mut parties, mut atoms) = (Parties::default(), Atoms::default());
    let (mut places, mut keys) = (Places::default(), Vec::<String>::new());
    let mut number = |key: &str| {
        let at = keys.iter().position(|known| known == key).unwrap_or(keys.len());
        if at == keys.len() {
            keys.push(key.to_owned());
        }
        AccountId::from_index(u32::try_from(at).unwrap())
    };
    let joint = number("J");
    for (id, as_of, holds, uses) in records {
        if *as_of == 0 {
            parties.end(atoms.intern(id));
        } else {
            let party = record(id, *as_of, holds, uses);
            parties.apply(&party, &mut atoms, &mut places, &mut number);
        }
    }
    let names = parties.holders(joint).iter();
    let names: Vec<&str> =
        names.filter_map(|owned| Some(atoms.text(parties.get(owned.party)?.id))).collect();
    let first = parties.holder(joint).map(|party| atoms.text(party.id));
    assert_eq!(first, names.first().copied());
    let with: Vec<&str> =
        parties.held_with(joint).iter().map(|account| keys[account.index()].as_str()).collect();
    // One relation, read from both sides.
    for account in parties.held_with(joint) {
        assert!(parties.held_with(account).contains(&joint));
    }
    (names.join(" "), with.join(" "))
}

/// Sees: an account that stays with a party that let it go or ended, a mandate that counts as
/// holding, a relation that holds from one side only.
#[test]
fn accounts_and_holders_are_one_relation() {
    let check = |records: &[_], names: &str, with: &str| {
        assert_eq!(held(records), (names.to_owned(), with.to_owned()), "{records:?}");
    };
    check(&[], "", "J");
    check(&[("P", 1, &["J", "K"], &[])], "P", "J K");
    check(&[("P", 1, &["J"], &[]), ("Q", 1, &["J", "K"], &[])], "P Q", "J K");
    check(&[("P", 1, &["J"], &[]), ("Q", 1, &["K"], &["J"])], "P", "J");
    check(&[("Q", 1, &["K"], &["J"])], "", "J");
    // It moved, or the first holder left the joint account: the second is the first now.
    check(&[("P", 1, &["J", "K"], &[]), ("P", 2, &["K"], &[])], "", "J");
    check(&[("P", 1, &["J"], &[]), ("Q", 1, &["J", "K"], &[]), ("P", 2, &[], &[])], "Q", "J K");
    check(&[("P", 1, &["J"], &[]), ("P", 2, &[], &["J"])], "", "J");
    // An older record changes nothing.
    check(&[("P", 2, &["J"], &[]), ("P", 1, &[], &[])], "P", "J");
    // It ended, and came back.
    check(&[("P", 1, &["J"], &[]), ("Q", 1, &["J"], &[]), ("P", 0, &[], &[])], "Q", "J");
    check(&[("P", 1, &["J"], &[]), ("P", 0, &[], &[]), ("P", 3, &["J"], &[])], "P", "J");
}
