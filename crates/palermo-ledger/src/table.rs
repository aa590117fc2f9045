//! Small records that many payments share: each stands once, a payment names its number.
//!
//! Promises: equal records have one number; numbers are given in order of first sight, so they are
//! the same in every run over the same input; number 0 is the record that says nothing. Nothing is
//! ever forgotten, as with texts; every byte is counted. Cost: one hash and one comparison per
//! look-up; growing copies no record.

use crate::shards::Shards;
use palermo_domain::FixedState;
use palermo_domain::share::Chunks;
use palermo_domain::snapshot::{SnapshotError, Source};
use serde::de::DeserializeOwned;
use std::hash::{BuildHasher, Hash};

/// Records by number less one.
pub(crate) type Records<T> = Chunks<T, 1024>;
/// Tables of the index, as a power of two: ten million records grow 40,000 at a time.
const SHARDS: u32 = 8;

/// Records by number.
pub(crate) struct Table<T> {
    nothing: T,
    records: Records<T>,
    index: Shards,
    state: FixedState,
}

impl<T: Copy + Default + Eq + Hash> Default for Table<T> {
    fn default() -> Self {
        Self {
            nothing: T::default(),
            records: Records::default(),
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
        let Self { nothing, records, index, state } = self;
        let hash = state.hash_one(record);
        if let Some(known) = index.find(hash, |number| *at(records, nothing, number) == record) {
            return known;
        }
        records.push(record);
        // The memory cap ends the engine long before 2^32 records.
        let number = u32::try_from(records.len()).unwrap_or(u32::MAX);
        index.insert(hash, number, |number| state.hash_one(at(records, nothing, number)));
        number
    }

    /// The record with this number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &T {
        at(&self.records, &self.nothing, number)
    }

    /// Every record, in order of its number, without the index that finds it.
    pub(crate) fn records(&self) -> Records<T> {
        self.records.clone()
    }

    /// Takes every record back.
    pub(crate) fn read(source: &mut dyn Source, name: &str) -> Result<Self, SnapshotError>
    where
        T: DeserializeOwned,
    {
        let mut table = Self::default();
        for (number, record) in (1_u32..).zip(Records::<T>::read(source, name)?.iter()) {
            if table.intern(*record) != number {
                return Err(SnapshotError::new(name, "a record stands twice"));
            }
        }
        Ok(table)
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.records.bytes().saturating_add(self.index.bytes())
    }
}

#[inline]
fn at<'a, T>(records: &'a Records<T>, nothing: &'a T, number: u32) -> &'a T {
    let index = number.checked_sub(1);
    index.and_then(|index| records.get(index as usize)).unwrap_or(nothing)
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
