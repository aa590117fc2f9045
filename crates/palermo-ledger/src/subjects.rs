//! What a payment is about beside its accounts: parties, devices, terminals, merchants and the like.
//!
//! A subject has a number of the same kind as an account, and its payments stand in the same blocks,
//! each in the direction of the end that carries it ([`Carried`]). So windows, totals and hits of a
//! device are those of an account. No text of an account has the number of a subject, whatever it
//! says: the two are found in different tables.
//!
//! Promises: blocks exist only for the kinds that were asked for ([`Ledger::want`]), and are made
//! from the payments that are kept when one is asked for anew; the window of a subject is every
//! payment in the ledger that carries it, whatever the order of arrival. A payment belongs to the
//! party that its end names, else to every present holder of its account: a party record that adds
//! or releases an account moves its payments ([`Ledger::follow_party`]).
//! Cost: one test per payment where nothing is asked for; else a look-up for each subject it carries
//! at each step of its life, 24 bytes an entry and some 200 a subject. A change of holders costs the
//! payments of the party; a new kind costs all that is kept.

mod carried;

use crate::detail::{Detail, SetId};
use crate::intern::{Atom, Atoms};
use crate::ledger::Ledger;
use crate::payment_id::compare;
use crate::row::{AccountId, Leg, Row, RowId};
use palermo_domain::share::Chunks;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{FixedHashMap, Status, Subject, canary};
use serde::{Deserialize, Serialize};

/// Kinds of subjects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds(u16);

impl Kinds {
    /// With one more.
    #[must_use]
    #[inline]
    pub fn with(self, kind: Subject) -> Self {
        Self(self.0 | bit(kind))
    }

    /// These and others.
    #[must_use]
    #[inline]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a kind is among them.
    #[inline]
    pub fn has(self, kind: Subject) -> bool {
        self.0 & bit(kind) != 0
    }

    /// Those that are not among others.
    #[must_use]
    fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }
}

#[inline]
fn bit(kind: Subject) -> u16 {
    1 << kind as u8
}

/// A subject at one end of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Its number, in the place of an account's.
    pub id: AccountId,
    /// What it is.
    pub kind: Subject,
    /// The end that carries it.
    pub leg: Leg,
}

/// What tells subjects apart: the number of a text, or those of two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, PartialOrd, Ord)]
pub(crate) struct Key {
    kind: Subject,
    first: u32,
    second: u32,
}

type Keys = Chunks<(AccountId, Key), 1024>;

/// Subjects by number.
#[derive(Default)]
pub(crate) struct Subjects {
    wanted: Kinds,
    numbers: FixedHashMap<Key, AccountId>,
    /// In order of number.
    keys: Keys,
}

impl Subjects {
    /// The kinds that rules ask for.
    #[inline]
    pub(crate) fn wanted(&self) -> Kinds {
        self.wanted
    }

    /// The number of a subject, made on first sight.
    fn number(&mut self, key: Key, accounts: &mut Atoms) -> AccountId {
        let Self { numbers, keys, .. } = self;
        *numbers.entry(key).or_insert_with(|| {
            let id = AccountId::from_index(accounts.reserve().index());
            keys.push((id, key));
            id
        })
    }

    fn key(&self, id: AccountId) -> Option<Key> {
        let at = self.keys.partition_point(|(known, _)| *known < id);
        self.keys.get(at).filter(|(known, _)| *known == id).map(|(_, key)| *key)
    }

    /// A copy to be written.
    pub(crate) fn freeze(&self) -> FrozenSubjects {
        FrozenSubjects { wanted: self.wanted, keys: self.keys.clone() }
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let wanted = snapshot::take(source, "ledger.subjects")?;
        let keys = Keys::read(source, "ledger.subjects")?;
        let numbers = keys.iter().map(|(id, key)| (*key, *id)).collect();
        Ok(Self { wanted, numbers, keys })
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let each = size_of::<(Key, AccountId)>();
        let numbers = self.numbers.capacity().saturating_mul(each.saturating_add(1));
        numbers.saturating_add(self.keys.bytes())
    }
}

/// Subjects as they stood, without the table that finds them.
pub(crate) struct FrozenSubjects {
    wanted: Kinds,
    keys: Keys,
}

impl FrozenSubjects {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "ledger.subjects", &self.wanted)?;
        self.keys.write(sink, "ledger.subjects")
    }
}

/// A reversal refers to the payment that it takes back; it is in no window itself.
fn enters(row: Row<'_>) -> bool {
    row.manner().status != Status::Reversed || row.refers_to().is_none()
}

impl Ledger {
    /// Says which subjects beside accounts rules ask for. Those that are new get their blocks from
    /// the payments that are kept, with no selections; of those that are no longer asked for nothing
    /// stays but the number.
    pub fn want(&mut self, wanted: Kinds) {
        let before = self.subjects.wanted;
        self.subjects.wanted = wanted;
        let (gone, new) = (before.without(wanted), wanted.without(before));
        for (id, key) in self.subjects.keys.iter() {
            if gone.has(key.kind) {
                self.book.clear(*id);
                self.running.get_mut().disturb(*id);
            }
        }
        if new.is_empty() {
            return;
        }
        let kept = self.row_ids().into_iter();
        let mut rows: Vec<RowId> = kept.filter(|id| self.row(*id).is_some_and(enters)).collect();
        // In order of time nothing has to be spliced in.
        rows.sort_by_key(|id| self.row(*id).map(|row| row.time()));
        for id in rows {
            self.meet_subjects(id);
            self.link_subjects(id, new, [SetId::default(); 2]);
        }
    }

    /// The kinds that rules ask for.
    pub fn wanted(&self) -> Kinds {
        self.subjects.wanted
    }

    /// The subjects beside accounts that a payment touches; none of a kind that nobody asks for.
    #[inline]
    pub fn carried(&self, id: RowId) -> Vec<Carried> {
        match self.subjects.wanted {
            nothing if nothing.is_empty() => Vec::new(),
            wanted => self.look_up(id, wanted),
        }
    }

    fn look_up(&self, id: RowId, wanted: Kinds) -> Vec<Carried> {
        let mut all = Vec::new();
        let Some(row) = self.row(id) else { return all };
        carried::each(row, &self.parties, wanted, &mut |key, leg| {
            if let Some(&id) = self.subjects.numbers.get(&key) {
                all.push(Carried { id, kind: key.kind, leg });
            }
        });
        all
    }

    /// What a number is the number of.
    pub fn kind_of(&self, id: AccountId) -> Subject {
        self.subjects.key(id).map_or(Subject::Account, |key| key.kind)
    }

    /// The key of an account or another subject: its id as payments say it, of a pair `FROM>TO`.
    pub fn key_text(&self, id: AccountId) -> String {
        let Some(key) = self.subjects.key(id) else { return self.account_text(id).to_owned() };
        if key.kind != Subject::Pair {
            return self.atoms.text_at(key.first as usize).to_owned();
        }
        let end = |number| self.account_text(AccountId::from_index(number));
        format!("{}>{}", end(key.first), end(key.second))
    }

    /// Whether an account or another subject is in the range of canaries.
    pub fn is_reserved(&self, id: AccountId) -> bool {
        let Some(key) = self.subjects.key(id) else {
            return canary::is_canary(self.account_text(id));
        };
        match key.kind {
            // Both ends of a pair are in it, or none.
            Subject::Pair => canary::is_canary(self.account_text(AccountId::from_index(key.first))),
            Subject::Phone | Subject::Email | Subject::Address => {
                canary::is_canary_hash(self.atoms.text_at(key.first as usize))
            }
            _ => canary::is_canary(self.atoms.text_at(key.first as usize)),
        }
    }

    /// The number of a subject, if it was ever met.
    pub fn find_subject(&self, kind: Subject, text: &str) -> Option<AccountId> {
        let known = |key: Key| self.subjects.numbers.get(&key).copied();
        match kind {
            Subject::Account => self.find_account(text),
            // An account may have the sign in its own text.
            Subject::Pair => text.match_indices('>').find_map(|(at, sign)| {
                let from = self.find_account(text.get(..at)?)?;
                let to = self.find_account(text.get(at.saturating_add(sign.len())..)?)?;
                known(carried::pair(from, to))
            }),
            _ => known(carried::text(kind, self.atoms.find(text)?)),
        }
    }

    /// Gives every subject of a payment that has none a number.
    pub(crate) fn meet_subjects(&mut self, id: RowId) {
        let Self { pages, shared, parties, subjects, accounts, .. } = self;
        let Some(row) = pages.row(shared, id) else { return };
        carried::each(row, parties, subjects.wanted, &mut |key, _| {
            subjects.number(key, accounts);
        });
    }

    /// Puts a row into the windows of its subjects of some kinds, with the selections of each end.
    pub(crate) fn link_subjects(&mut self, id: RowId, kinds: Kinds, sets: [SetId; 2]) {
        for carried in self.carried(id) {
            if kinds.has(carried.kind) {
                let [debtor, creditor] = sets;
                let set = if carried.leg == Leg::Debtor { debtor } else { creditor };
                self.put_subject((carried.id, carried.leg), id, set);
            }
        }
    }

    fn put_subject(&mut self, (subject, leg): (AccountId, Leg), id: RowId, set: SetId) {
        let Self { pages, shared, book, running, .. } = self;
        let Some(row) = pages.row(shared, id) else { return };
        let newest = book.side_entries(subject, leg).last();
        if newest.is_some_and(|newest| row.time().0 < book.time(*newest)) {
            running.get_mut().disturb(subject);
        }
        // Whoever asks for other ends looks at the payment: the entry leads nowhere.
        let detail = Detail::new(row.amount(), id, set);
        book.put(alone(subject, leg), row.time().0, [detail; 2], |known| {
            compare(pages.id(known.row), pages.id(id)).is_lt()
        });
    }

    /// Takes a row out of the windows of its subjects.
    pub(crate) fn unlink_subjects(&mut self, id: RowId) {
        let all = self.carried(id);
        let Self { pages, shared, book, running, .. } = self;
        let Some(row) = pages.row(shared, id) else { return };
        for Carried { id: subject, leg, .. } in all {
            running.get_mut().disturb(subject);
            book.remove(alone(subject, leg), row.time().0, |known| known.row == id);
        }
    }

    /// The accounts that a party holds, where somebody asks for the payments of parties.
    pub(crate) fn held_by(&self, party: &str) -> Vec<AccountId> {
        if !self.subjects.wanted.has(Subject::Party) {
            return Vec::new();
        }
        let known = self.atoms.find(party).and_then(|id| self.parties.find(id));
        let mut held = known.map(|party| party.accounts.clone()).unwrap_or_default();
        held.sort_unstable();
        held.dedup();
        held
    }

    /// A party may hold other accounts than it did: its payments are put together anew.
    pub(crate) fn follow_party(&mut self, party: &str, before: Vec<AccountId>) {
        let now = self.held_by(party);
        if before == now {
            return;
        }
        let Some(atom) = self.atoms.find(party) else { return };
        let key = carried::text(Subject::Party, atom);
        let subject = self.subjects.number(key, &mut self.accounts);
        let mut all: Vec<(i64, Leg, Detail)> = Vec::new();
        for leg in Leg::BOTH {
            let named = |detail: &Detail| self.names(detail.row, leg) == Some(atom);
            self.kept_of((subject, leg), named, &mut all);
            for account in &now {
                let nobody = |detail: &Detail| self.names(detail.row, leg).is_none();
                self.kept_of((*account, leg), nobody, &mut all);
            }
        }
        all.sort_by_key(|(time, ..)| *time);
        self.book.clear(subject);
        self.running.get_mut().disturb(subject);
        for (_, leg, detail) in all {
            self.put_subject((subject, leg), detail.row, detail.selections);
        }
    }

    /// The party that an end of a payment names.
    fn names(&self, id: RowId, leg: Leg) -> Option<Atom> {
        self.row(id)?.end(leg).party
    }

    /// The entries of one side that are kept and meant.
    fn kept_of(
        &self,
        (of, leg): (AccountId, Leg),
        meant: impl Fn(&Detail) -> bool,
        into: &mut Vec<(i64, Leg, Detail)>,
    ) {
        let kept = self.kept_from().0.max(self.book.oldest());
        let entries = self.book.side_entries(of, leg).iter();
        for (entry, detail) in entries.zip(self.book.side_details(of, leg)) {
            let time = self.book.time(*entry);
            if time >= kept && meant(detail) {
                into.push((time, leg, *detail));
            }
        }
    }
}

/// The ends of an entry that stands at one of them only.
fn alone(subject: AccountId, leg: Leg) -> [Option<AccountId>; 2] {
    match leg {
        Leg::Debtor => [Some(subject), None],
        Leg::Creditor => [None, Some(subject)],
    }
}
