//! A table of numbers by hash that never stops for long to grow.
//!
//! One table of a hundred million numbers would be made anew as a whole, seconds during which no
//! payment is applied. Here a hash belongs to one of some thousand small tables, and only that one
//! grows. They hold unequal shares, the largest twice the smallest, so that their growths are spread
//! evenly over time and the memory grows smoothly instead of doubling at once.
//!
//! Promises: exact; what is equal is for the caller to say. Never looks at its numbers in the order
//! of their hashes. Cost: five bytes a slot, of which 7 to 14 in 16 are full, 10 on average; a
//! look-up reads one more line than in one table.

use hashbrown::HashTable;

/// Bits of a hash that choose the table; the tables themselves use the lowest and the highest ones.
const CHOICE_BITS: u32 = 24;
const CHOICE_FROM: u32 = 28;
/// `2^24 * (log2(1 + u) - u) / (u * (1 - u))`, about: makes shares that differ by up to two.
const CURVE: u64 = 5_756_000;

/// Numbers by hash.
pub(crate) struct Shards {
    tables: Box<[HashTable<u32>]>,
    bits: u32,
    bytes: usize,
}

impl Shards {
    /// Two to the power of `bits` tables.
    pub(crate) fn new(bits: u32) -> Self {
        let bits = bits.min(CHOICE_BITS);
        let tables: Box<[HashTable<u32>]> = (0..1_u32 << bits).map(|_| HashTable::new()).collect();
        let bytes = tables.len().saturating_mul(size_of::<HashTable<u32>>());
        Self { tables, bits, bytes }
    }

    /// The table of a hash: `u (1 + c (1 - u))` is near `log2(1 + u)`, whose steps are equal where
    /// shares grow by equal factors.
    #[expect(clippy::arithmetic_side_effects, reason = "factors of at most 25 and 24 bits")]
    fn table_of(bits: u32, hash: u64) -> usize {
        let one = 1_u64 << CHOICE_BITS;
        let u = (hash >> CHOICE_FROM) & (one - 1);
        let bent = u * (one + ((CURVE * (one - u)) >> CHOICE_BITS));
        usize::try_from(bent >> (2 * CHOICE_BITS - bits)).unwrap_or(0)
    }

    /// The number for which `same` holds among those with this hash.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut same: impl FnMut(u32) -> bool) -> Option<u32> {
        let table = self.tables.get(Self::table_of(self.bits, hash))?;
        table.find(hash, |&number| same(number)).copied()
    }

    /// Adds a number that is not there.
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        let Some(table) = self.tables.get_mut(Self::table_of(self.bits, hash)) else { return };
        let grows = table.len() == table.capacity();
        let before = if grows { table.allocation_size() } else { 0 };
        table.insert_unique(hash, number, |&number| hash_of(number));
        if grows {
            let more = table.allocation_size().saturating_sub(before);
            self.bytes = self.bytes.saturating_add(more);
        }
    }

    /// Puts numbers into empty tables, each of which is made as large as it needs to be at once. They
    /// are gone through twice.
    pub(crate) fn fill<I: Iterator<Item = u32>>(
        &mut self,
        numbers: impl Fn() -> I,
        hash_of: impl Fn(u32) -> u64,
    ) {
        let mut counts = vec![0_usize; self.tables.len()];
        for number in numbers() {
            if let Some(count) = counts.get_mut(Self::table_of(self.bits, hash_of(number))) {
                *count = count.saturating_add(1);
            }
        }
        for (table, count) in self.tables.iter_mut().zip(counts) {
            table.reserve(count, |&number| hash_of(number));
            self.bytes = self.bytes.saturating_add(table.allocation_size());
        }
        numbers().for_each(|number| self.insert(hash_of(number), number, &hash_of));
    }

    /// Takes out a number.
    pub(crate) fn remove(&mut self, hash: u64, number: u32) {
        let Some(table) = self.tables.get_mut(Self::table_of(self.bits, hash)) else { return };
        if let Ok(entry) = table.find_entry(hash, |&other| other == number) {
            entry.remove();
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_domain::FixedState;
    use std::hash::BuildHasher;

    #[test]
    fn shares_differ_by_a_factor_of_two_and_growths_are_spread() {
        let (state, bits) = (FixedState::default(), 6);
        let mut shards = Shards::new(bits);
        let hash = |number: u32| state.hash_one(number);
        let (mut most, mut tables) = (0_usize, shards.bytes());
        for number in 0..400_000_u32 {
            shards.insert(hash(number), number, hash);
            if number > 100_000 {
                most = most.max(shards.bytes() - tables);
            }
            tables = shards.bytes();
        }
        let sizes: Vec<usize> = shards.tables.iter().map(HashTable::len).collect();
        let (low, high) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        assert!((17..26).contains(&(high * 10 / low)), "{low} to {high}");
        // One table of 400,000 would have grown by 1.3 million bytes at once.
        assert!(most < 100_000, "{most}");
        let per_number = shards.bytes() * 10 / 400_000;
        assert!((65..95).contains(&per_number), "{per_number} tenths of a byte");
        let real: usize = shards.tables.iter().map(HashTable::allocation_size).sum();
        assert_eq!(shards.bytes(), real + 64 * size_of::<HashTable<u32>>());
        let mut filled = Shards::new(bits);
        filled.fill(|| 0..400_000, hash);
        assert!((0..400_000).all(|n| filled.find(hash(n), |other| other == n) == Some(n)));
        let real: usize = filled.tables.iter().map(HashTable::allocation_size).sum();
        assert_eq!(filled.bytes(), real + 64 * size_of::<HashTable<u32>>());
        for number in (0..400_000).step_by(7) {
            assert_eq!(shards.find(hash(number), |other| other == number), Some(number));
            shards.remove(hash(number), number);
            assert_eq!(shards.find(hash(number), |other| other == number), None);
            assert!(shards.find(hash(number + 1), |other| other == number + 1).is_some());
        }
    }
}
