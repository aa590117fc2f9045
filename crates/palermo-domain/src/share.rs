//! Long lists and maps that are copied at once and apart.
//!
//! A copy shares everything with what it was made of; whoever changes a part of it first copies that
//! part. So a state can stand still for a snapshot while the engine goes on, and the engine waits for a
//! counter of each part, not for the parts.
//!
//! Promises: a copy never changes with what it was made of. Cost: a copy is one counter for each chunk
//! or shard; a look-up reads one pointer more than in a list; a first change after a copy copies a chunk
//! of some kilobytes.

use crate::FixedState;
use crate::snapshot::{self, Sink, SnapshotError, Source};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// A list in chunks of `EACH`.
#[derive(Clone, Debug)]
pub struct Chunks<T, const EACH: usize> {
    /// All but the last are full.
    chunks: Vec<Arc<Vec<T>>>,
}

impl<T, const EACH: usize> Default for Chunks<T, EACH> {
    fn default() -> Self {
        Self { chunks: Vec::new() }
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "a chunk holds something")]
impl<T, const EACH: usize> Chunks<T, EACH> {
    /// How many there are.
    pub fn len(&self) -> usize {
        let Some(last) = self.chunks.last() else { return 0 };
        let full = self.chunks.len().saturating_sub(1).saturating_mul(EACH);
        full.saturating_add(last.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// One of them.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.chunks.get(at / EACH)?.get(at % EACH)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// How many there are before the first of which something does not hold, where it holds of all
    /// before one and of none after.
    pub fn partition_point(&self, holds: impl Fn(&T) -> bool) -> usize {
        let full = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&holds));
        let inside = self.chunks.get(full).map_or(0, |chunk| chunk.partition_point(&holds));
        full.saturating_mul(EACH).saturating_add(inside).min(self.len())
    }

    /// Bytes of the list itself, without what its items hold elsewhere.
    pub fn bytes(&self) -> usize {
        self.chunks.len().saturating_mul(EACH).saturating_mul(size_of::<T>())
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "it is filled up to there; a chunk holds something"
)]
impl<T: Clone, const EACH: usize> Chunks<T, EACH> {
    /// One of them, to change it.
    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        own(self.chunks.get_mut(at / EACH)?, EACH).get_mut(at % EACH)
    }

    /// One of them, to change it; the list is filled up to it with `fill`.
    #[inline]
    pub fn get_or_fill(&mut self, at: usize, fill: impl Fn() -> T) -> &mut T {
        self.fill(at, &fill);
        let chunk = own(&mut self.chunks[at / EACH], EACH);
        &mut chunk[at % EACH]
    }

    fn fill(&mut self, at: usize, fill: &dyn Fn() -> T) {
        while self.len() <= at {
            self.push(fill());
        }
    }

    /// Adds one.
    pub fn push(&mut self, item: T) {
        match self.chunks.last_mut().filter(|last| last.len() < EACH) {
            Some(last) => own(last, EACH).push(item),
            None => {
                let mut chunk = Vec::with_capacity(EACH);
                chunk.push(item);
                self.chunks.push(Arc::new(chunk));
            }
        }
    }

    /// All of them in order, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.chunks.iter_mut().flat_map(|chunk| own(chunk, EACH).iter_mut())
    }

    /// Takes all of them out.
    pub fn drain(&mut self) -> impl Iterator<Item = T> + use<T, EACH> {
        let chunks = std::mem::take(&mut self.chunks);
        chunks.into_iter().flat_map(Arc::unwrap_or_clone)
    }
}

/// A chunk that nobody else has, with room for `each`.
#[inline]
fn own<T: Clone>(chunk: &mut Arc<Vec<T>>, each: usize) -> &mut Vec<T> {
    if Arc::strong_count(chunk) > 1 {
        copy(chunk, each);
    }
    Arc::make_mut(chunk)
}

#[cold]
fn copy<T: Clone>(chunk: &mut Arc<Vec<T>>, each: usize) {
    let mut own = Vec::with_capacity(each);
    own.extend_from_slice(chunk);
    *chunk = Arc::new(own);
}

impl<T: Clone, const EACH: usize> FromIterator<T> for Chunks<T, EACH> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut all = Self::default();
        items.into_iter().for_each(|item| all.push(item));
        all
    }
}

impl<T: Serialize, const EACH: usize> Chunks<T, EACH> {
    /// Hands every chunk over.
    ///
    /// # Errors
    /// As the sink.
    pub fn write(&self, sink: &mut dyn Sink, name: &str) -> Result<(), SnapshotError> {
        snapshot::put(sink, name, &(self.chunks.len() as u64))?;
        self.chunks.iter().try_for_each(|chunk| snapshot::put(sink, name, &**chunk))
    }
}

impl<T: DeserializeOwned, const EACH: usize> Chunks<T, EACH> {
    /// Takes every chunk back.
    ///
    /// # Errors
    /// As the source; where one that is not the last is not full.
    pub fn read(source: &mut dyn Source, name: &str) -> Result<Self, SnapshotError> {
        let count: u64 = snapshot::take(source, name)?;
        let mut chunks: Vec<Arc<Vec<T>>> = Vec::new();
        while (chunks.len() as u64) < count {
            let more: Vec<T> = snapshot::take(source, name)?;
            let is_last = chunks.len() as u64 == count.saturating_sub(1);
            if more.is_empty() || more.len() > EACH || (more.len() < EACH && !is_last) {
                return Err(SnapshotError::new(name, "a chunk of another length"));
            }
            let mut chunk = more;
            chunk.reserve_exact(EACH.saturating_sub(chunk.len()));
            chunks.push(Arc::new(chunk));
        }
        Ok(Self { chunks })
    }
}

/// Shards of a map, as a power of two.
const SHARD_BITS: u32 = 9;

/// A map in shards.
#[derive(Clone)]
pub struct SharedMap<K, V> {
    /// None until something is in it.
    shards: Vec<Arc<HashTable<(K, V)>>>,
    state: FixedState,
    len: usize,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self { shards: Vec::new(), state: FixedState::default(), len: 0 }
    }
}

impl<K, V> std::fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SharedMap").field("len", &self.len).finish_non_exhaustive()
    }
}

/// The low bits choose the slot of a table, the highest seven its tag.
fn shard_of(hash: u64) -> usize {
    (hash >> 40) as usize & ((1 << SHARD_BITS) - 1)
}

impl<K: Copy + Eq + Hash, V> SharedMap<K, V> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What stands under a key.
    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        let hash = self.state.hash_one(key);
        let found = self.shards.get(shard_of(hash))?.find(hash, |(known, _)| known == key);
        found.map(|(_, value)| value)
    }

    /// All of them, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.shards.iter().flat_map(|shard| shard.iter().map(|(key, value)| (*key, value)))
    }

    /// What stands under the keys, in no order that means anything.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        (self.shards, self.len) = (Vec::new(), 0);
    }

    /// Bytes of the tables, without what the values hold elsewhere.
    pub fn bytes(&self) -> usize {
        let tables = self.shards.iter().map(|shard| shard.allocation_size());
        tables.fold(self.shards.len().saturating_mul(64), usize::saturating_add)
    }
}

#[expect(clippy::indexing_slicing, reason = "there are as many shards as bits can say")]
impl<K: Copy + Eq + Hash, V: Clone> SharedMap<K, V> {
    /// What stands under a key, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let hash = self.state.hash_one(key);
        let shard = self.shards.get_mut(shard_of(hash))?;
        // Nothing is copied for what is not there.
        shard.find(hash, |(known, _)| known == key)?;
        let found = Arc::make_mut(shard).find_mut(hash, |(known, _)| known == key);
        found.map(|(_, value)| value)
    }

    /// What stands under a key, to change it, made where nothing did.
    pub fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let Self { shards, state, len } = self;
        if shards.is_empty() {
            shards.resize_with(1 << SHARD_BITS, Arc::default);
        }
        let hash = state.hash_one(key);
        let shard = Arc::make_mut(&mut shards[shard_of(hash)]);
        let of = |(known, _): &(K, V)| state.hash_one(known);
        match shard.entry(hash, |(known, _)| *known == key, of) {
            Entry::Occupied(found) => &mut found.into_mut().1,
            Entry::Vacant(place) => {
                *len = len.saturating_add(1);
                &mut place.insert((key, V::default())).into_mut().1
            }
        }
    }

    /// Puts a value under a key.
    pub fn insert(&mut self, key: K, value: V)
    where
        V: Default,
    {
        *self.get_or_default(key) = value;
    }

    /// Takes out what stands under a key.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let hash = self.state.hash_one(key);
        let shard = self.shards.get_mut(shard_of(hash))?;
        shard.find(hash, |(known, _)| known == key)?;
        let found = Arc::make_mut(shard).find_entry(hash, |(known, _)| known == key).ok()?;
        self.len = self.len.saturating_sub(1);
        Some(found.remove().0.1)
    }

    /// Keeps what `keep` says; each value may be changed on the way. Looks at all, and copies what is
    /// shared.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.len = 0;
        for shard in self.shards.iter_mut().filter(|shard| !shard.is_empty()) {
            let shard = Arc::make_mut(shard);
            shard.retain(|(key, value)| keep(key, value));
            self.len = self.len.saturating_add(shard.len());
        }
    }
}

impl<K: Copy + Ord + Hash, V> SharedMap<K, V> {
    /// All of them, in order of their keys.
    pub fn sorted(&self) -> Vec<(K, &V)> {
        let mut all: Vec<(K, &V)> = self.iter().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }
}

impl<K: Copy + Eq + Hash, V: Clone + Default> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(items: I) -> Self {
        let mut all = Self::default();
        items.into_iter().for_each(|(key, value)| all.insert(key, value));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Parts;
    use std::collections::BTreeMap;

    #[test]
    fn a_copy_of_a_list_stands_still() {
        let mut list: Chunks<u32, 4> = (0..10).collect();
        let still = list.clone();
        list.push(10);
        *list.get_mut(1).unwrap() = 100;
        *list.get_or_fill(14, || 7) = 14;
        assert_eq!(still.iter().copied().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        let now: Vec<u32> = list.iter().copied().collect();
        assert_eq!(now, [0, 100, 2, 3, 4, 5, 6, 7, 8, 9, 10, 7, 7, 7, 14]);
        assert_eq!((list.len(), still.len()), (15, 10));
        assert_eq!((list.get(15), still.get(10), list.get(1)), (None, None, Some(&100)));
        assert_eq!(list.drain().count(), 15);
        assert!(list.is_empty());
    }

    #[test]
    fn a_list_is_searched_like_a_slice() {
        for count in 0..20_u32 {
            let list: Chunks<u32, 4> = (0..count).collect();
            for sought in 0..22 {
                let plain: Vec<u32> = (0..count).collect();
                let wanted = plain.partition_point(|one| *one < sought);
                assert_eq!(list.partition_point(|one| *one < sought), wanted);
            }
        }
    }

    #[test]
    fn a_list_comes_back_and_one_of_other_chunks_does_not() {
        for count in [0, 1, 4, 5, 11] {
            let list: Chunks<u32, 4> = (0..count).collect();
            let mut parts = Parts::default();
            list.write(&mut parts, "list").unwrap();
            let mut parts = parts.rewound();
            let mut back = Chunks::<u32, 4>::read(&mut parts, "list").unwrap();
            assert!(back.iter().eq(list.iter()));
            back.push(99);
            assert_eq!(back.get(count as usize), Some(&99));
            let other = Chunks::<u32, 3>::read(&mut parts.rewound(), "list");
            assert_eq!(other.is_err(), count > 3, "{count}");
        }
    }

    #[test]
    fn a_copy_of_a_map_stands_still() {
        let mut map: SharedMap<u32, Vec<u32>> = (0..5000).map(|n| (n, vec![n])).collect();
        let mut plain: BTreeMap<u32, Vec<u32>> = (0..5000).map(|n| (n, vec![n])).collect();
        let (still, was) = (map.clone(), plain.clone());
        let equal = |map: &SharedMap<u32, Vec<u32>>, plain: &BTreeMap<u32, Vec<u32>>| {
            assert!(map.sorted().into_iter().eq(plain.iter().map(|(key, value)| (*key, value))));
            assert_eq!(map.len(), plain.len());
        };
        for n in (0..6000).step_by(3) {
            map.get_or_default(n).push(1);
            plain.entry(n).or_default().push(1);
            assert_eq!(map.remove(&(n + 1)), plain.remove(&(n + 1)));
            assert_eq!(map.get_mut(&(n + 1)), None);
        }
        equal(&map, &plain);
        map.retain(|key, value| {
            value.push(2);
            key % 2 == 0
        });
        plain.retain(|key, value| {
            value.push(2);
            key % 2 == 0
        });
        equal(&map, &plain);
        equal(&still, &was);
        map.clear();
        assert!(map.is_empty() && map.get(&0).is_none() && !still.is_empty());
    }
}
