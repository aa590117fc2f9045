//! What the bank knows of its customers, bound to the ledger's atoms, and which account is whose.
//!
//! The newest `as_of` wins; an older record that comes later changes nothing. An account belongs
//! to the first holder that named it (a joint account to its first holder, RULES.md).

use crate::intern::{Atom, Atoms, PlaceId, Places};
use crate::row::AccountId;
use palermo_domain::{
    Activity, AgeBand, Currency, Date, Decimal, EventTime, FixedHashMap, Party, PartyKind,
};

/// The number of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(u32);

/// A party as rules see it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of `party.v1`")]
pub struct KnownParty {
    pub id: Atom,
    pub as_of: EventTime,
    pub ended: bool,
    pub kind: PartyKind,
    pub accounts: Vec<AccountId>,
    pub segment: Option<Atom>,
    pub home: Option<PlaceId>,
    pub work: Option<PlaceId>,
    pub since: Option<Date>,
    pub age_band: Option<AgeBand>,
    pub activity: Option<Activity>,
    pub occupation_code: Option<Atom>,
    pub industry_mcc: Option<Atom>,
    pub headcount: Option<u32>,
    pub monthly_income: Option<(Decimal, Option<Currency>)>,
    pub licensed: Option<bool>,
    pub incorporated: Option<Date>,
    pub phone: Option<Atom>,
    pub email: Option<Atom>,
    pub address: Option<Atom>,
    pub hash_key: Option<Atom>,
    /// Declared relations: other party, from, until.
    pub relations: Vec<(Atom, Option<Date>, Option<Date>)>,
}

/// All parties.
#[derive(Debug, Default)]
pub struct Parties {
    parties: Vec<KnownParty>,
    by_id: FixedHashMap<Atom, PartyId>,
    owner: FixedHashMap<AccountId, Owned>,
}

/// What is known of an account from the party that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The holder.
    pub party: PartyId,
    /// Day of opening.
    pub opened: Option<Date>,
}

impl Parties {
    /// Takes in a record; `false` where a newer one is known already.
    pub fn apply(
        &mut self,
        party: &Party,
        atoms: &mut Atoms,
        places: &mut Places,
        account: &mut dyn FnMut(&str) -> AccountId,
    ) -> bool {
        let id = atoms.intern(party.party.expose());
        if self.find(id).is_some_and(|known| known.as_of > party.as_of) {
            return false;
        }
        let known = bind(party, id, atoms, places, account);
        let party_id = self
            .by_id
            .get(&id)
            .copied()
            .unwrap_or_else(|| PartyId(u32::try_from(self.parties.len()).unwrap_or(u32::MAX)));
        self.by_id.insert(id, party_id);
        for (owned, account) in party.accounts.iter().zip(&known.accounts) {
            let free = self.owner.get(account).is_none_or(|owned| owned.party == party_id);
            if owned.holder && free {
                self.owner.insert(*account, Owned { party: party_id, opened: owned.opened });
            }
        }
        match self.parties.get_mut(party_id.0 as usize) {
            Some(slot) => *slot = known,
            None => self.parties.push(known),
        }
        true
    }

    /// Ends a party (a tombstone): its facts are no longer known.
    pub fn end(&mut self, id: Atom) {
        if let Some(known) = self.by_id.get(&id).and_then(|id| self.parties.get_mut(id.0 as usize))
        {
            known.ended = true;
        }
    }

    /// A party by its id.
    pub fn find(&self, id: Atom) -> Option<&KnownParty> {
        self.get(*self.by_id.get(&id)?)
    }

    /// A party by its number, unless it ended.
    pub fn get(&self, id: PartyId) -> Option<&KnownParty> {
        self.parties.get(id.0 as usize).filter(|known| !known.ended)
    }

    /// Whose account it is.
    pub fn owner(&self, account: AccountId) -> Option<Owned> {
        self.owner.get(&account).copied().filter(|owned| self.get(owned.party).is_some())
    }

    /// The holder of an account.
    pub fn holder(&self, account: AccountId) -> Option<&KnownParty> {
        self.get(self.owner(account)?.party)
    }

    /// Bytes held, roughly: the structs and the lists inside.
    pub fn bytes(&self) -> usize {
        self.parties
            .capacity()
            .saturating_mul(size_of::<KnownParty>().saturating_add(32))
            .saturating_add(self.owner.capacity().saturating_mul(24))
            .saturating_add(self.by_id.capacity().saturating_mul(12))
    }
}

fn bind(
    party: &Party,
    id: Atom,
    atoms: &mut Atoms,
    places: &mut Places,
    account: &mut dyn FnMut(&str) -> AccountId,
) -> KnownParty {
    let accounts = party.accounts.iter().map(|owned| account(owned.account.expose())).collect();
    let home = party.home.as_ref().and_then(|place| places.intern_owned(place.expose(), atoms));
    let work = party.work.as_ref().and_then(|place| places.intern_owned(place.expose(), atoms));
    let mut atom = |text: Option<&str>| text.map(|text| atoms.intern(text));
    KnownParty {
        id,
        as_of: party.as_of,
        ended: false,
        kind: party.kind,
        accounts,
        segment: atom(party.segment.as_deref()),
        home,
        work,
        since: party.since,
        age_band: party.age_band,
        activity: party.activity,
        occupation_code: atom(party.occupation_code.as_deref()),
        industry_mcc: atom(party.industry_mcc.as_deref()),
        headcount: party.headcount,
        monthly_income: party.monthly_income.map(|income| (*income.expose(), party.currency)),
        licensed: party.licensed,
        incorporated: party.incorporated,
        phone: atom(party.phone.as_ref().map(|hash| hash.expose().as_str())),
        email: atom(party.email.as_ref().map(|hash| hash.expose().as_str())),
        address: atom(party.address.as_ref().map(|hash| hash.expose().as_str())),
        hash_key: atom(party.hash_key_id.as_deref()),
        relations: party
            .relations
            .iter()
            .map(|relation| (atoms.intern(relation.party.expose()), relation.since, relation.until))
            .collect(),
    }
}
