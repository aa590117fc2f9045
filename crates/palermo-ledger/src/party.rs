//! What the bank knows of its customers, bound to the ledger's atoms, and which account is whose.
//!
//! The newest `as_of` wins; an older record that comes later changes nothing. Which account is whose
//! is one relation read from both sides: a party's accounts are those that it holds, an account's
//! holders are the parties that name it as theirs. Who may only use an account (a mandate, an
//! authorized user) holds nothing of it. The fields of a joint account are those of the first holder
//! that named it (RULES.md); when that one lets it go or ends, the next one takes its place.

use crate::intern::{Atom, Atoms, PlaceId, Places};
use crate::row::AccountId;
use palermo_domain::share::{Chunks, SharedMap};
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{
    Activity, AgeBand, Currency, Date, Decimal, EventCode, EventTime, FeedSet, FixedHashMap, Hours,
    Party, PartyKind, PartyRelation, Product, RelationKind,
};
use serde::{Deserialize, Serialize};

/// The number of a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartyId(u32);

/// A party as rules see it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of `party.v1`")]
pub struct KnownParty {
    pub id: Atom,
    pub as_of: EventTime,
    pub ended: bool,
    pub kind: PartyKind,
    /// The accounts that it holds, alone or with others.
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
    pub monthly_turnover: Option<(Decimal, Option<Currency>)>,
    pub feeds: FeedSet,
    pub hours: Box<[Hours]>,
    pub licensed: Option<bool>,
    pub incorporated: Option<Date>,
    pub phone: Option<Atom>,
    pub email: Option<Atom>,
    pub address: Option<Atom>,
    pub hash_key: Option<Atom>,
    pub relations: Box<[Declared]>,
    /// Coded observations; most parties have none.
    pub events: Box<[(EventCode, EventTime)]>,
    /// Another one for each record that was taken in ([`KnownParty::revision`]).
    pub(crate) revision: u32,
}

impl KnownParty {
    /// A number that no other record has, of this party or of another one; never 0.
    pub fn revision(&self) -> u32 {
        self.revision
    }
}

/// A declared relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The other party.
    pub party: Atom,
    /// What it is.
    pub kind: RelationKind,
    /// From which day.
    pub since: Option<Date>,
    /// To which day, that one included.
    pub until: Option<Date>,
}

impl Declared {
    /// Whether it is in force on a day; what is not dated has no beginning and no end.
    pub fn on(&self, day: Date) -> bool {
        self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// What a bank knows of a person is shown to nobody by accident.
impl std::fmt::Debug for KnownParty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KnownParty").field("id", &self.id).finish_non_exhaustive()
    }
}

/// All parties.
#[derive(Debug, Default)]
pub struct Parties {
    parties: Chunks<KnownParty, 64>,
    by_id: FixedHashMap<Atom, PartyId>,
    /// Who declares a relation to a party, in the order in which they did.
    declaring: SharedMap<Atom, Vec<PartyId>>,
    /// Holders of each account, in the order in which they named it.
    holders: SharedMap<AccountId, Vec<Owned>>,
    /// Records that were taken in.
    revision: u32,
}

/// What is known of an account from the party that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// The holder.
    pub party: PartyId,
    /// Day of opening.
    pub opened: Option<Date>,
    /// What it is.
    pub product: Option<Product>,
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
        let mut known = bind(party, id, atoms, places, account);
        self.revision = self.revision.saturating_add(1);
        known.revision = self.revision;
        let party_id = self
            .by_id
            .get(&id)
            .copied()
            .unwrap_or_else(|| PartyId(u32::try_from(self.parties.len()).unwrap_or(u32::MAX)));
        self.by_id.insert(id, party_id);
        self.take_back(party_id);
        for relation in &known.relations {
            let declaring = self.declaring.get_or_default(relation.party);
            if !declaring.contains(&party_id) {
                declaring.push(party_id);
            }
        }
        let before = self.parties.get(party_id.0 as usize).map(|known| known.accounts.clone());
        for account in before.unwrap_or_default() {
            if !known.accounts.contains(&account) {
                self.release(account, party_id);
            }
        }
        for (owned, account) in party.accounts.iter().filter(|own| own.holder).zip(&known.accounts)
        {
            let owned = Owned { party: party_id, opened: owned.opened, product: owned.product };
            let holders = self.holders.get_or_default(*account);
            match holders.iter_mut().find(|holder| holder.party == party_id) {
                Some(holder) => *holder = owned,
                None => holders.push(owned),
            }
        }
        match self.parties.get_mut(party_id.0 as usize) {
            Some(slot) => *slot = known,
            None => self.parties.push(known),
        }
        true
    }

    /// Ends a party (a tombstone): its facts are no longer known and its accounts not its own.
    pub fn end(&mut self, id: Atom) {
        let Some(&party) = self.by_id.get(&id) else { return };
        self.take_back(party);
        let Some(known) = self.parties.get_mut(party.0 as usize) else { return };
        known.ended = true;
        for account in std::mem::take(&mut known.accounts) {
            self.release(account, party);
        }
    }

    /// Forgets the relations that a party declared.
    fn take_back(&mut self, party: PartyId) {
        let known = self.parties.get(party.0 as usize);
        for relation in known.map(|known| known.relations.clone()).unwrap_or_default() {
            if let Some(declaring) = self.declaring.get_mut(&relation.party) {
                declaring.retain(|other| *other != party);
            }
        }
    }

    /// The parties that declare a relation to one, whenever it is in force.
    pub fn declaring(&self, to: Atom) -> impl Iterator<Item = &KnownParty> {
        let all = self.declaring.get(&to).into_iter().flatten();
        all.filter_map(|party| self.get(*party))
    }

    fn release(&mut self, account: AccountId, party: PartyId) {
        if let Some(holders) = self.holders.get_mut(&account) {
            holders.retain(|holder| holder.party != party);
            if holders.is_empty() {
                self.holders.remove(&account);
            }
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

    /// Everyone who holds an account, first the one that named it first.
    pub fn holders(&self, account: AccountId) -> &[Owned] {
        self.holders.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Whose account it is: of a joint account the first holder.
    pub fn owner(&self, account: AccountId) -> Option<Owned> {
        self.holders(account).first().copied()
    }

    /// The account and every other one of its holders, each once: one ownership step. The relation
    /// is symmetric.
    pub fn held_with(&self, account: AccountId) -> Vec<AccountId> {
        let theirs = self.holders(account).iter().filter_map(|owned| self.get(owned.party));
        let mut all: Vec<AccountId> =
            theirs.flat_map(|party| party.accounts.iter().copied()).collect();
        all.push(account);
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The holder of an account, of a joint one the first.
    pub fn holder(&self, account: AccountId) -> Option<&KnownParty> {
        self.get(self.owner(account)?.party)
    }

    /// Every account that anybody holds, with its holder, of a joint one the first; in no order.
    pub fn held(&self) -> impl Iterator<Item = (AccountId, &KnownParty)> {
        self.holders
            .iter()
            .filter_map(|(account, holders)| Some((account, self.get(holders.first()?.party)?)))
    }

    /// A copy to be written.
    pub(crate) fn freeze(&self) -> FrozenParties {
        FrozenParties {
            parties: self.parties.clone(),
            declaring: self.declaring.clone(),
            holders: self.holders.clone(),
            revision: self.revision,
        }
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let revision = snapshot::take(source, "ledger.parties")?;
        let parties = Chunks::<KnownParty, 64>::read(source, "ledger.parties")?;
        let numbered = (0..).map(PartyId).zip(parties.iter());
        let by_id = numbered.map(|(number, party)| (party.id, number)).collect();
        let declaring: Vec<(Atom, Vec<PartyId>)> = snapshot::take_all(source, "ledger.parties")?;
        let holders: Vec<(AccountId, Vec<Owned>)> = snapshot::take_all(source, "ledger.parties")?;
        let (declaring, holders) = (declaring.into_iter().collect(), holders.into_iter().collect());
        Ok(Self { parties, by_id, declaring, holders, revision })
    }

    /// Bytes held, roughly: the structs and the lists inside.
    pub fn bytes(&self) -> usize {
        self.parties
            .bytes()
            .saturating_add(self.parties.len().saturating_mul(32))
            .saturating_add(self.holders.bytes())
            .saturating_add(self.holders.len().saturating_mul(32))
            .saturating_add(self.by_id.capacity().saturating_mul(12))
            .saturating_add(self.declaring.bytes())
            .saturating_add(self.declaring.len().saturating_mul(16))
    }
}

/// Parties as they stood, without the table that finds them.
pub(crate) struct FrozenParties {
    parties: Chunks<KnownParty, 64>,
    declaring: SharedMap<Atom, Vec<PartyId>>,
    holders: SharedMap<AccountId, Vec<Owned>>,
    revision: u32,
}

impl FrozenParties {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "ledger.parties", &self.revision)?;
        self.parties.write(sink, "ledger.parties")?;
        snapshot::put_all(sink, "ledger.parties", &self.declaring.sorted(), 16)?;
        snapshot::put_all(sink, "ledger.parties", &self.holders.sorted(), 16)
    }
}

fn bind(
    party: &Party,
    id: Atom,
    atoms: &mut Atoms,
    places: &mut Places,
    account: &mut dyn FnMut(&str) -> AccountId,
) -> KnownParty {
    let held = party.accounts.iter().filter(|owned| owned.holder);
    let accounts = held.map(|owned| account(owned.account.expose())).collect();
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
        monthly_turnover: party.monthly_turnover.map(|sum| (*sum.expose(), party.currency)),
        feeds: party.feeds,
        hours: party.hours.clone().into(),
        licensed: party.licensed,
        incorporated: party.incorporated,
        phone: atom(party.phone.as_ref().map(|hash| hash.expose().as_str())),
        email: atom(party.email.as_ref().map(|hash| hash.expose().as_str())),
        address: atom(party.address.as_ref().map(|hash| hash.expose().as_str())),
        hash_key: atom(party.hash_key_id.as_deref()),
        relations: party.relations.iter().map(|relation| declared(relation, atoms)).collect(),
        events: party.events.iter().map(|event| (event.code, event.at)).collect(),
        revision: 0,
    }
}

fn declared(relation: &PartyRelation, atoms: &mut Atoms) -> Declared {
    Declared {
        party: atoms.intern(relation.party.expose()),
        kind: relation.kind,
        since: relation.since,
        until: relation.until,
    }
}

#[cfg(test)]
mod tests;
