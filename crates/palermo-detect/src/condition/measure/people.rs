//! Other ends, and which of them belong together.

use crate::condition::{Match, Run, count};
use crate::eval::party_of;
use crate::value::Value;
use palermo_domain::FixedHashMap;
use palermo_lang::program::{EndField, Field, Side};
use palermo_ledger::{AccountId, Atom};

/// What two ends must share to belong together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Tie {
    Account(AccountId),
    Party(Atom),
    /// Attribute of a payment, by kind.
    Paid(u8, Atom),
    /// Attribute of a party's record, by kind, with the key of its hash; like `unrelated`, records
    /// that name no key are taken to share one.
    Shared(u8, Option<Atom>, Atom),
}

/// Sets that grow together.
#[derive(Default)]
struct Unions {
    parents: Vec<usize>,
    by_tie: FixedHashMap<Tie, usize>,
}

impl Unions {
    fn root(&mut self, mut at: usize) -> usize {
        while let Some(&parent) = self.parents.get(at)
            && parent != at
        {
            // Every second step is cut out, so that no way gets long.
            let above = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.parents.get_mut(at) {
                *slot = above;
            }
            at = parent;
        }
        at
    }

    /// Joins everything that carries one of the ties. The smaller number stays: what is joined does
    /// not depend on the order, and neither does the number of sets.
    fn join(&mut self, ties: &[Tie]) {
        let new = self.parents.len();
        self.parents.push(new);
        let mut own = new;
        for tie in ties {
            let known = *self.by_tie.entry(*tie).or_insert(new);
            let (a, b) = (self.root(known), self.root(own));
            own = a.min(b);
            for at in [a, b, new] {
                if let Some(parent) = self.parents.get_mut(at) {
                    *parent = own;
                }
            }
        }
    }

    fn count(&self) -> usize {
        self.parents.iter().enumerate().filter(|(at, parent)| at == *parent).count()
    }
}

impl Run<'_> {
    /// Other ends after joining those that are one party, declare a relation, or share an address,
    /// a phone or an e-mail. An end of which neither account nor party is known is left out.
    pub(super) fn groups(&mut self, chosen: &[Match]) -> Value {
        let mut unions = Unions::default();
        for found in chosen {
            let ties = self.ties(*found);
            let known = ties.iter().any(|tie| matches!(tie, Tie::Account(_) | Tie::Party(_)));
            match known {
                true => unions.join(&ties),
                false => self.skip(Some(Field::End(Side::Other, EndField::Account))),
            }
        }
        count(unions.count())
    }

    fn ties(&self, found: Match) -> Vec<Tie> {
        let Some(row) = self.env.ledger.row(found.row) else { return Vec::new() };
        let (leg, day) = (found.leg.opposite(), found.time.date());
        let (party, contact) = (party_of(self.env, row, leg), row.contact(leg));
        let account = row.account(leg).map(Tie::Account);
        let ids = [row.end(leg).party, party.map(|party| party.id)];
        let shared = [contact.address, contact.phone, contact.email];
        let mut ties: Vec<Tie> = account.into_iter().collect();
        ties.extend(ids.into_iter().flatten().map(Tie::Party));
        let kinds = 0_u8..;
        ties.extend(
            kinds.clone().zip(shared).filter_map(|(kind, atom)| Some(Tie::Paid(kind, atom?))),
        );
        let Some(party) = party else { return ties };
        let declared = party.relations.iter().filter(|relation| relation.on(day));
        ties.extend(declared.map(|relation| Tie::Party(relation.party)));
        let shared = [party.address, party.phone, party.email];
        ties.extend(
            kinds
                .zip(shared)
                .filter_map(|(kind, atom)| Some(Tie::Shared(kind, party.hash_key, atom?))),
        );
        ties
    }
}
