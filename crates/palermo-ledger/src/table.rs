//! Small records that many payments share: each stands once, a payment names its number.
//!
//! Promises: equal records have one number; numbers are given in order of first sight, so they are
//! the same in every run over the same input; number 0 is the record that says nothing. Nothing is
//! ever forgotten, as with texts; every byte is counted. Cost: one hash and one comparison per
//! look-up; growing copies no record.

use crate::shards::Shards;
use palermo_domain::FixedState;
use palermo_domain::snapshot::{self, SnapshotError, Source};
use serde::de::DeserializeOwned;
use std::hash::{BuildHasher, Hash};

/// Records in a chunk; chunks are never moved.
const CHUNK: usize = 1024;
/// Tables of the index, as a power of two: ten million records grow 40,000 at a time.
const SHARDS: u32 = 8;

/// Records by number.
pub(crate) struct Table<T> {
    nothing: T,
    chunks: Vec<Vec<T>>,
    index: Shards,
    state: FixedState,
}

impl<T: Copy + Default + Eq + Hash> Default for Table<T> {
    fn default() -> Self {
        Self {
            nothing: T::default(),
            chunks: Vec::new(),
            index: Shards::new(SHARDS),
            state: FixedState::default(),
        }
    }
}

impl<T: Copy + Default + Eq + Hash> Table<T> {
    /// The number of a record, made on first sight.
    pub(crate) fn intern(&mut self, record: T) -> u32 {
        if record == self.nothing {
            return 0;
        }
        let Self { nothing, chunks, index, state } = self;
        let hash = state.hash_one(record);
        if let Some(known) = index.find(hash, |number| *at(chunks, nothing, number) == record) {
            return known;
        }
        if chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            chunks.push(Vec::with_capacity(CHUNK));
        }
        let full = chunks.len().saturating_sub(1).saturating_mul(CHUNK);
        let mut number = 0;
        if let Some(chunk) = chunks.last_mut() {
            chunk.push(record);
            // The memory cap ends the engine long before 2^32 records.
            number = u32::try_from(full.saturating_add(chunk.len())).unwrap_or(u32::MAX);
        }
        index.insert(hash, number, |number| state.hash_one(at(chunks, nothing, number)));
        number
    }

    /// The record with this number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &T {
        at(&self.chunks, &self.nothing, number)
    }

    /// Every record, in order of its number, without the index that finds it.
    pub(crate) fn records(&self) -> Vec<T> {
        self.chunks.iter().flatten().copied().collect()
    }

    /// Takes every record back.
    pub(crate) fn read(source: &mut dyn Source, name: &str) -> Result<Self, SnapshotError>
    where
        T: DeserializeOwned,
    {
        let mut table = Self::default();
        for (number, record) in (1_u32..).zip(snapshot::take_all::<T>(source, name)?) {
            if table.intern(record) != number {
                return Err(SnapshotError::new(name, "a record stands twice"));
            }
        }
        Ok(table)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let records = self.chunks.len().saturating_mul(CHUNK).saturating_mul(size_of::<T>());
        let chunks = self.chunks.capacity().saturating_mul(size_of::<Vec<T>>());
        records.saturating_add(chunks).saturating_add(self.index.bytes())
    }
}

#[inline]
fn at<'a, T>(chunks: &'a [Vec<T>], nothing: &'a T, number: u32) -> &'a T {
    let Some(index) = number.checked_sub(1) else { return nothing };
    let (chunk, at) = (index as usize / CHUNK, index as usize % CHUNK);
    chunks.get(chunk).and_then(|chunk| chunk.get(at)).unwrap_or(nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_one_number_and_nothing_has_none() {
        let mut table = Table::<(u32, Option<u8>)>::default();
        assert_eq!(table.intern((0, None)), 0);
        let numbers: Vec<u32> = (0..5_000).map(|n| table.intern((n % 2_500, Some(1)))).collect();
        assert_eq!(numbers[0], 1);
        assert_eq!(numbers[..2_500], numbers[2_500..]);
        for (n, number) in (0..2_500).zip(&numbers) {
            assert_eq!(*table.get(*number), (n, Some(1)));
        }
        assert_eq!(*table.get(0), (0, None));
        assert!(table.bytes() >= 2_500 * 8);
    }
}
