//! The ledger as parts of a snapshot, and back.
//!
//! [`Ledger::freeze`] is a copy to be written while the ledger goes on: pages, lines and blocks are
//! shared until one of the two changes them, so it costs a pointer for each, and a copy of what is small.
//! Tables of hashes are not written; they are made again from what they point at.
//!
//! Promises: a ledger that is read back answers every question as the one that was written, and is
//! changed by every payment in the same way; what decides nothing but speed (running totals) is not
//! kept. Cost of reading: one look-up a payment, account, text and place, and a copy of the rest.

use crate::detail::Book;
use crate::edges::Keep;
use crate::intern::{Atom, Atoms, FrozenTexts, Places};
use crate::ledger::Ledger;
use crate::pages::Pages;
use crate::party::{FrozenParties, Parties};
use crate::past::Past;
use crate::rates::Rates;
use crate::shared::{Records, Shared};
use crate::subjects::{FrozenSubjects, Subjects};
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source, sorted};
use palermo_domain::{Currency, EventTime};
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// What stands in the ledger beside its large parts.
type Rest = (Vec<(i32, Atom)>, Rates, BTreeMap<Currency, u64>, EventTime, u64);

/// A ledger as it stood. See the module.
pub struct Frozen {
    pages: Pages,
    shared: Records,
    accounts: FrozenTexts,
    subjects: FrozenSubjects,
    book: Book,
    atoms: FrozenTexts,
    places: Places,
    parties: FrozenParties,
    past: Past,
    rest: Rest,
}

impl std::fmt::Debug for Frozen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frozen").field("payments", &self.rest.4).finish_non_exhaustive()
    }
}

impl Frozen {
    /// Hands everything over.
    ///
    /// # Errors
    /// As the sink.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "ledger", &self.rest)?;
        self.atoms.write(sink, "ledger.texts")?;
        self.accounts.write(sink, "ledger.accounts")?;
        self.places.write(sink)?;
        self.shared.write(sink)?;
        self.subjects.write(sink)?;
        self.parties.write(sink)?;
        self.pages.write(sink)?;
        self.book.write(sink)?;
        self.past.write(sink)
    }
}

impl Ledger {
    /// A copy of what it holds now.
    pub fn freeze(&self) -> Frozen {
        let days = sorted(&self.days).into_iter().map(|(day, atom)| (day, *atom)).collect();
        let unconverted = self.unconverted.clone();
        Frozen {
            pages: self.pages.clone(),
            shared: self.shared.freeze(),
            accounts: self.accounts.freeze(),
            subjects: self.subjects.freeze(),
            book: self.book.clone(),
            atoms: self.atoms.freeze(),
            places: self.places.clone(),
            parties: self.parties.freeze(),
            past: self.past.clone(),
            rest: (days, self.rates.clone(), unconverted, self.kept_from, self.held),
        }
    }

    /// A ledger that was written.
    ///
    /// # Errors
    /// Where a part is missing, damaged, or does not fit the others.
    pub fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let (days, rates, unconverted, kept_from, held): Rest = snapshot::take(source, "ledger")?;
        let mut ledger = Self::new(rates.base());
        ledger.days = days.into_iter().collect();
        (ledger.rates, ledger.unconverted) = (rates, unconverted);
        (ledger.kept_from, ledger.held) = (kept_from, held);
        ledger.atoms = Atoms::read(source, "ledger.texts")?;
        ledger.accounts = Atoms::read(source, "ledger.accounts")?;
        ledger.places = Places::read(source)?;
        ledger.shared = Shared::read(source)?;
        ledger.subjects = Subjects::read(source)?;
        ledger.parties = Parties::read(source)?;
        ledger.pages = Pages::read(source)?;
        ledger.book = Book::read(source, KEEP)?;
        ledger.past = Past::read(source)?;
        ledger.number_ids()?;
        Ok(ledger)
    }

    /// Makes the table of payment ids again.
    fn number_ids(&mut self) -> Result<(), SnapshotError> {
        let Self { pages, ids, hasher, .. } = self;
        let hash = |id: u32| hasher.hash_one(pages.id(crate::RowId(id)));
        ids.fill(|| pages.ids().map(|id| id.0), hash);
        let count = pages.ids().count() as u64;
        if count == self.held {
            return Ok(());
        }
        let reason = format!("{count} rows for {} payments", self.held);
        Err(SnapshotError::new("ledger.rows", reason))
    }
}

/// Entries are kept until they are evicted; no rule asks for a running count of other ends.
pub(crate) const KEEP: Keep = Keep { span: None, fan: 0 };
