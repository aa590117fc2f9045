//! Interned texts, accounts and places: a `u32` in the rows, the text once.
//!
//! Promises: the same text always gets the same number; numbers are given in order of first
//! sight, so they are the same in every run over the same input; nothing is ever forgotten (the
//! memory cap counts it). Cost: one hash and one comparison per look-up, no allocation for a text
//! seen before.

use crate::texts::Texts;
use hashbrown::HashTable;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{FixedState, MicroDegrees, Place, PlaceText};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::hash::BuildHasher;
use std::num::NonZeroU32;

/// An interned text. `Option<Atom>` takes four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Atom(NonZeroU32);

/// Texts by number.
#[derive(Default)]
pub struct Atoms {
    texts: Texts,
    table: HashTable<u32>,
    state: FixedState,
}

impl Atoms {
    /// The atom of a text, made on first sight.
    ///
    /// # Panics
    /// Never: the memory cap ends the engine long before 2^32 texts.
    pub fn intern(&mut self, text: &str) -> Atom {
        let Self { texts, table, state } = self;
        let hash = state.hash_one(text);
        let entry = table.entry(hash, |&i| texts.at(i) == text, |&i| state.hash_one(texts.at(i)));
        let index = match entry {
            hashbrown::hash_table::Entry::Occupied(found) => *found.get(),
            hashbrown::hash_table::Entry::Vacant(place) => {
                let index = u32::try_from(texts.len()).unwrap_or(u32::MAX - 1);
                place.insert(index);
                texts.push(text);
                index
            }
        };
        Atom(NonZeroU32::MIN.saturating_add(index))
    }

    /// A number that no text has: it is found by whoever keeps it.
    pub(crate) fn reserve(&mut self) -> Atom {
        let index = u32::try_from(self.texts.len()).unwrap_or(u32::MAX - 1);
        self.texts.push("");
        Atom(NonZeroU32::MIN.saturating_add(index))
    }

    /// The atom of a text, if it was seen.
    pub fn find(&self, text: &str) -> Option<Atom> {
        let hash = self.state.hash_one(text);
        let found = self.table.find(hash, |&i| self.texts.at(i) == text)?;
        Some(Atom(NonZeroU32::MIN.saturating_add(*found)))
    }

    /// The text of an atom.
    pub fn text(&self, atom: Atom) -> &str {
        self.texts.at(atom.index())
    }

    /// The text with this number.
    pub(crate) fn text_at(&self, index: usize) -> &str {
        self.texts.at(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.len() == 0
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.texts.bytes().saturating_add(self.table.capacity().saturating_mul(5))
    }

    /// A copy to be written.
    pub(crate) fn freeze(&self) -> FrozenTexts {
        FrozenTexts { texts: self.texts.clone(), empty: self.find("").map(Atom::index) }
    }

    /// Takes everything back. A number without a text is one that was reserved, but for one: the
    /// empty text, if it was ever seen.
    pub(crate) fn read(source: &mut dyn Source, name: &str) -> Result<Self, SnapshotError> {
        let empty: Option<u32> = snapshot::take(source, name)?;
        let texts = Texts::read(source, name)?;
        let state = FixedState::default();
        let mut table = HashTable::with_capacity(texts.len());
        for index in 0..u32::try_from(texts.len()).unwrap_or(u32::MAX) {
            let text = texts.at(index);
            if !text.is_empty() || empty == Some(index) {
                let hash = |&i: &u32| state.hash_one(texts.at(i));
                table.insert_unique(state.hash_one(text), index, hash);
            }
        }
        Ok(Self { texts, table, state })
    }
}

/// Texts as they stood, without the table that finds them.
pub(crate) struct FrozenTexts {
    texts: Texts,
    /// The number of the empty text, if it was ever seen.
    empty: Option<u32>,
}

impl FrozenTexts {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink, name: &str) -> Result<(), SnapshotError> {
        snapshot::put(sink, name, &self.empty)?;
        self.texts.write(sink, name)
    }
}

impl std::fmt::Debug for Atoms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Atoms({})", self.len())
    }
}

impl Atom {
    pub(crate) fn new(number: NonZeroU32) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> NonZeroU32 {
        self.0
    }

    /// Its number, from 0.
    pub fn index(self) -> u32 {
        self.0.get().saturating_sub(1)
    }
}

/// An interned place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlaceId(NonZeroU32);

impl PlaceId {
    pub(crate) fn number(self) -> NonZeroU32 {
        self.0
    }
}

/// The texts of a place as atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of a place")]
pub struct PlaceParts {
    pub country: Option<Atom>,
    pub region: Option<Atom>,
    pub town: Option<Atom>,
    pub locode: Option<Atom>,
}

/// Places by number.
#[derive(Default, Clone)]
pub struct Places {
    places: Vec<Place>,
    parts: Vec<PlaceParts>,
    table: HashTable<u32>,
    state: FixedState,
}

impl Places {
    /// The number of a place; `None` where nothing of it is known.
    pub fn intern(&mut self, place: &PlaceText<'_>, atoms: &mut Atoms) -> Option<PlaceId> {
        if place.absent() {
            return None;
        }
        let Self { places, parts, table, state } = self;
        let hash = state.hash_one(place);
        let same = |&i: &u32| places.get(i as usize).is_some_and(|known| equal(known, place));
        if let Some(&found) = table.find(hash, same) {
            return Some(PlaceId(NonZeroU32::MIN.saturating_add(found)));
        }
        let index = u32::try_from(places.len()).unwrap_or(u32::MAX - 1);
        places.push(place.to_place());
        let mut atom = |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| atoms.intern(text));
        parts.push(PlaceParts {
            country: atom(&place.country),
            region: atom(&place.region),
            town: atom(&place.town),
            locode: atom(&place.locode),
        });
        table.insert_unique(hash, index, |&i| {
            places.get(i as usize).map_or(0, |known| state.hash_one(borrowed(known)))
        });
        Some(PlaceId(NonZeroU32::MIN.saturating_add(index)))
    }

    /// The number of an owned place.
    pub fn intern_owned(&mut self, place: &Place, atoms: &mut Atoms) -> Option<PlaceId> {
        self.intern(&borrowed(place), atoms)
    }

    /// Its texts as atoms.
    pub fn parts(&self, id: PlaceId) -> PlaceParts {
        self.parts.get(id.0.get().saturating_sub(1) as usize).copied().unwrap_or_default()
    }

    /// The place.
    pub fn get(&self, id: PlaceId) -> Option<&Place> {
        self.places.get(id.0.get().saturating_sub(1) as usize)
    }

    /// Its coordinates, where known.
    pub fn coordinates(&self, id: PlaceId) -> Option<(MicroDegrees, MicroDegrees)> {
        self.get(id)?.coordinates
    }

    /// Bytes held, with 64 for the texts of a place.
    pub fn bytes(&self) -> usize {
        self.places.capacity().saturating_mul(size_of::<Place>().saturating_add(64))
    }
}

impl Places {
    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put_all(sink, "ledger.places", &self.places, 32)?;
        snapshot::put_all(sink, "ledger.places", &self.parts, 16)
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let places: Vec<Place> = snapshot::take_all(source, "ledger.places")?;
        let parts: Vec<PlaceParts> = snapshot::take_all(source, "ledger.places")?;
        let state = FixedState::default();
        let mut table = HashTable::with_capacity(places.len());
        let hash =
            |i: &u32| places.get(*i as usize).map_or(0, |place| state.hash_one(borrowed(place)));
        for index in 0..u32::try_from(places.len()).unwrap_or(u32::MAX) {
            table.insert_unique(hash(&index), index, hash);
        }
        Ok(Self { places, parts, table, state })
    }
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Places({})", self.places.len())
    }
}

fn borrowed(place: &Place) -> PlaceText<'_> {
    fn part(text: &Option<String>) -> Option<Cow<'_, str>> {
        text.as_deref().map(Cow::Borrowed)
    }
    PlaceText {
        country: part(&place.country),
        region: part(&place.region),
        town: part(&place.town),
        locode: part(&place.locode),
        coordinates: place.coordinates,
    }
}

fn equal(known: &Place, place: &PlaceText<'_>) -> bool {
    known.coordinates == place.coordinates
        && known.town.as_deref() == place.town.as_deref()
        && known.region.as_deref() == place.region.as_deref()
        && known.country.as_deref() == place.country.as_deref()
        && known.locode.as_deref() == place.locode.as_deref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_places_keep_their_numbers() {
        let mut atoms = Atoms::default();
        let texts: Vec<String> = (0..5_000).map(|i| format!("A{}", i % 1_000)).collect();
        let ids: Vec<Atom> = texts.iter().map(|t| atoms.intern(t)).collect();
        assert_eq!(atoms.len(), 1_000);
        for (text, id) in texts.iter().zip(&ids) {
            assert_eq!(atoms.text(*id), text);
            assert_eq!(atoms.find(text), Some(*id));
        }
        assert_eq!(atoms.find("never seen"), None);

        let mut places = Places::default();
        assert_eq!(places.intern(&PlaceText::default(), &mut atoms), None);
        let laredo = PlaceText { town: Some("Laredo".into()), ..PlaceText::default() };
        let id = places.intern(&laredo, &mut atoms);
        assert!(id.is_some());
        assert_eq!(places.intern(&laredo, &mut atoms), id);
        assert_eq!(places.intern_owned(&laredo.to_place(), &mut atoms), id);
        let elsewhere = PlaceText { region: Some("US-TX".into()), ..laredo };
        assert_ne!(places.intern(&elsewhere, &mut atoms), id);
    }
}
