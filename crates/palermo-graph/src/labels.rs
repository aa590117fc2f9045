//! A number for each of a few accounts, forgotten all at once.
//!
//! Open addressing over 16-byte slots; a slot counts only with the stamp of the present search, so
//! forgetting costs one addition. Accounts are listed in the order in which they were labeled:
//! nothing depends on the order of slots.

use palermo_ledger::AccountId;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    stamp: u32,
    key: u32,
    value: i64,
}

/// Labels of one search.
#[derive(Debug)]
pub(crate) struct Labels {
    slots: Box<[Slot]>,
    stamp: u32,
    keys: Vec<u32>,
}

const FIRST_SLOTS: usize = 64;

impl Default for Labels {
    fn default() -> Self {
        let slots = vec![Slot::default(); FIRST_SLOTS].into_boxed_slice();
        Self { slots, stamp: 1, keys: Vec::with_capacity(FIRST_SLOTS) }
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the number of slots is a power of two and positions are masked by it; keys are below the length that was checked"
)]
impl Labels {
    /// Forgets every label.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.slots.fill(Slot::default());
            self.stamp = 1;
        }
    }

    /// How many accounts have one.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The account that was the `at`-th to be labeled.
    #[inline]
    pub(crate) fn account(&self, at: usize) -> AccountId {
        AccountId::from_index(self.keys[at])
    }

    #[inline]
    pub(crate) fn get(&self, account: AccountId) -> Option<i64> {
        let slot = self.slots[self.slot(key(account))];
        (slot.stamp == self.stamp).then_some(slot.value)
    }

    #[inline]
    pub(crate) fn has(&self, account: AccountId) -> bool {
        self.slots[self.slot(key(account))].stamp == self.stamp
    }

    #[inline]
    pub(crate) fn set(&mut self, account: AccountId, value: i64) {
        let key = key(account);
        let at = self.slot(key);
        if self.slots[at].stamp == self.stamp {
            self.slots[at].value = value;
            return;
        }
        self.slots[at] = Slot { stamp: self.stamp, key, value };
        self.keys.push(key);
        if self.keys.len() * 2 > self.slots.len() {
            self.grow();
        }
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

#[inline]
fn key(account: AccountId) -> u32 {
    u32::try_from(account.index()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn labels_are_a_map(rounds in prop::collection::vec(prop::collection::vec((0_u32..5000, 0_i64..9), 0..300), 1..5)) {
            let mut labels = Labels::default();
            for round in rounds {
                labels.clear();
                let mut model = BTreeMap::new();
                for (key, value) in round {
                    labels.set(AccountId::from_index(key), value);
                    model.insert(key, value);
                    prop_assert_eq!(labels.len(), model.len());
                }
                for key in 0..5000 {
                    prop_assert_eq!(labels.get(AccountId::from_index(key)), model.get(&key).copied());
                }
            }
        }
    }
}
