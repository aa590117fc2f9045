//! Hash maps with a fixed seed.
//!
//! The standard maps seed themselves at random, so their iteration order differs between two runs
//! over the same input. These are seeded with a constant: look-ups are the same everywhere. Even
//! so, no output may depend on their iteration order; sort, or use a `BTreeMap`, where it could.

/// The build hasher of every hash map in the project.
pub type FixedState = foldhash::fast::FixedState;
/// A hash map with a constant seed. Create it with `FixedHashMap::default()`.
pub type FixedHashMap<K, V> = hashbrown::HashMap<K, V, FixedState>;
/// A hash set with a constant seed. Create it with `FixedHashSet::default()`.
pub type FixedHashSet<K> = hashbrown::HashSet<K, FixedState>;
