//! Sets of selections, interned: an entry of the ledger carries four bytes.
//!
//! A set says which selections are *true*, and which are *unknown* (left out of windows, but counted).
//! Cost: one hash of the few selections that are either; a look at one bit to ask for a selection.

use palermo_domain::FixedHashMap;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_ledger::SetId;

/// Stands between the true and the unknown ones.
const BETWEEN: u16 = u16::MAX;

/// The interned sets.
#[derive(Debug)]
pub(crate) struct Sets {
    /// Words of a set with one bit for each selection.
    words: usize,
    /// The true ones, set after set.
    bits: Vec<u64>,
    /// By set: the true ones in order, [`BETWEEN`], the unknown ones in order.
    listed: Vec<Box<[u16]>>,
    index: FixedHashMap<Box<[u16]>, SetId>,
}

impl Sets {
    /// Sets over so many selections; set 0 is empty.
    pub(super) fn new(selections: usize) -> Self {
        let words = selections.div_ceil(64).max(1);
        let (bits, listed, index) = (Vec::new(), Vec::new(), FixedHashMap::default());
        let mut sets = Self { words, bits, listed, index };
        sets.intern(&[BETWEEN]);
        sets
    }

    /// Hands every set over.
    pub(super) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put_all(sink, "sets", &self.listed, 32)
    }

    /// Gives every set its number again.
    pub(super) fn read(&mut self, source: &mut dyn Source) -> Result<(), SnapshotError> {
        let all: Vec<Box<[u16]>> = snapshot::take_all(source, "sets")?;
        for (number, list) in (0..).zip(&all) {
            if self.intern(list) != SetId(number) {
                return Err(SnapshotError::new("sets", "a set stands twice"));
            }
        }
        Ok(())
    }

    /// Begins the list of a set with its true ones, in order.
    pub(super) fn list(truths: &[u16], unknown: &[u16], list: &mut Vec<u16>) {
        list.clear();
        list.extend_from_slice(truths);
        list.push(BETWEEN);
        list.extend_from_slice(unknown);
    }

    /// The number of a set, made on first sight.
    pub(super) fn intern(&mut self, list: &[u16]) -> SetId {
        if let Some(&known) = self.index.get(list) {
            return known;
        }
        let id = SetId(u32::try_from(self.listed.len()).unwrap_or(u32::MAX));
        let start = self.bits.len();
        self.bits.resize(start.saturating_add(self.words), 0);
        for &selection in list.iter().take_while(|selection| **selection != BETWEEN) {
            let at = start.saturating_add(usize::from(selection / 64));
            if let Some(word) = self.bits.get_mut(at) {
                *word |= 1 << (selection % 64);
            }
        }
        self.listed.push(list.into());
        self.index.insert(list.into(), id);
        id
    }

    /// Whether the selection is true.
    #[inline]
    pub(crate) fn contains(&self, set: SetId, selection: u16) -> bool {
        let start = (set.0 as usize).saturating_mul(self.words);
        let word = self.bits.get(start.saturating_add(usize::from(selection / 64)));
        word.is_some_and(|bits| bits >> (selection % 64) & 1 == 1)
    }

    /// Whether the selection is unknown.
    pub(crate) fn unknown(&self, set: SetId, selection: u16) -> bool {
        let list = self.listed.get(set.0 as usize).map_or(&[][..], |list| list);
        list.iter().rev().take_while(|one| **one != BETWEEN).any(|one| *one == selection)
    }

    /// The true selections, in order.
    pub(crate) fn truths(&self, set: SetId) -> impl Iterator<Item = u16> + '_ {
        let list = self.listed.get(set.0 as usize).map_or(&[][..], |list| list);
        list.iter().copied().take_while(|selection| *selection != BETWEEN)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.listed.iter().map(|list| list.len().saturating_mul(4).saturating_add(48));
        lists.fold(self.bits.capacity().saturating_mul(8), usize::saturating_add)
    }
}
