//! A number for each of a few accounts or payments, forgotten all at once.
//!
//! Open addressing; a slot counts only with the stamp of the present search, so
//! forgetting costs one addition. Marks are only looked up, never listed: nothing depends on the
//! order of slots.

use crate::row::{AccountId, RowId};

#[derive(Clone, Copy, Debug, Default)]
struct Slot<V> {
    stamp: u32,
    key: u32,
    value: V,
}

/// Marks of one search.
#[derive(Debug)]
pub struct Marks<V> {
    slots: Box<[Slot<V>]>,
    stamp: u32,
    len: usize,
}

const FIRST_SLOTS: usize = 64;

impl<V: Copy + Default> Default for Marks<V> {
    fn default() -> Self {
        let slots = vec![Slot::default(); FIRST_SLOTS].into_boxed_slice();
        Self { slots, stamp: 1, len: 0 }
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the number of slots is a power of two and positions are masked by it"
)]
impl<V: Copy + Default> Marks<V> {
    /// Forgets every mark.
    #[inline]
    pub fn clear(&mut self) {
        self.len = 0;
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.slots.fill(Slot::default());
            self.stamp = 1;
        }
    }

    /// The mark of one, if it has any.
    #[inline]
    pub fn get(&self, of: impl Key) -> Option<V> {
        let slot = &self.slots[self.slot(of.key())];
        (slot.stamp == self.stamp).then_some(slot.value)
    }

    /// Whether it has a mark.
    #[inline]
    pub fn has(&self, of: impl Key) -> bool {
        self.slots[self.slot(of.key())].stamp == self.stamp
    }

    /// Marks it.
    #[inline]
    pub fn set(&mut self, of: impl Key, value: V) {
        *self.of(of) = value;
    }

    /// The mark of one, the default one where it had none.
    #[inline]
    pub fn of(&mut self, of: impl Key) -> &mut V {
        let key = of.key();
        let mut at = self.slot(key);
        if self.slots[at].stamp != self.stamp {
            self.len += 1;
            if self.len * 2 > self.slots.len() {
                self.grow();
                at = self.slot(key);
            }
            self.slots[at] = Slot { stamp: self.stamp, key, value: V::default() };
        }
        &mut self.slots[at].value
    }

    /// The slot of a key, or the free one where it would go.
    #[inline]
    fn slot(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        // Fibonacci hashing: account numbers are dense, their products by this odd number are not.
        let mut at = (key.wrapping_mul(0x9E37_79B1) >> 7) as usize & mask;
        while self.slots[at].stamp == self.stamp && self.slots[at].key != key {
            at = (at + 1) & mask;
        }
        at
    }

    #[cold]
    fn grow(&mut self) {
        let bigger = vec![Slot::default(); self.slots.len() * 2].into_boxed_slice();
        let old = std::mem::replace(&mut self.slots, bigger);
        for slot in old.iter().filter(|slot| slot.stamp == self.stamp) {
            let at = self.slot(slot.key);
            self.slots[at] = *slot;
        }
    }
}

/// What can have a mark.
pub trait Key: Copy {
    /// A number that no other of its kind has.
    fn key(self) -> u32;
}

impl Key for AccountId {
    #[inline]
    fn key(self) -> u32 {
        u32::try_from(self.index()).unwrap_or(u32::MAX)
    }
}

impl Key for RowId {
    #[inline]
    fn key(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn marks_are_a_map(rounds in prop::collection::vec(prop::collection::vec((0_u32..5000, 0_i64..9), 0..300), 1..5)) {
            let mut marks = Marks::<i64>::default();
            for round in rounds {
                marks.clear();
                let mut model = BTreeMap::new();
                for (key, value) in round {
                    marks.set(AccountId::from_index(key), value);
                    model.insert(key, value);
                    prop_assert_eq!(marks.len, model.len());
                }
                for key in 0..5000 {
                    prop_assert_eq!(marks.get(AccountId::from_index(key)), model.get(&key).copied());
                }
            }
        }
    }
}
