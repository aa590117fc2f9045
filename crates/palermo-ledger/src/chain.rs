//! The entries of one account and direction, in event-time order, in contiguous blocks.
//!
//! A chain is a doubly linked list of blocks of 4, 16 or 64 entries: small for the many accounts
//! with few payments, large where windows are long. Walking is a scan over contiguous memory with
//! a jump every block. A late entry is spliced into its block; a full block splits in two.
//!
//! Promises: entries are ordered by (event time, payment id), whatever the order of arrival.
//! Cost: append O(1); splice O(block) after a walk back over the later blocks; trim O(removed).

use crate::{AccountId, RowId, SetId};
use palermo_domain::{Cents, EventTime};

/// What windows and searches read of one payment, seen from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Event time.
    pub time: EventTime,
    /// The account at the other end, where it is known.
    pub other: Option<AccountId>,
    /// Base amount; `None` where there was no rate.
    pub amount: Option<Cents>,
    /// Which selections hold, interned.
    pub selections: SetId,
    /// The whole payment.
    pub row: RowId,
}

/// Capacities of the block size classes.
const CLASSES: [usize; 3] = [4, 16, 64];
const NONE: u32 = u32::MAX;

/// Handle of one chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    head: u32,
    tail: u32,
    len: u32,
}

impl Default for Chain {
    fn default() -> Self {
        Self { head: NONE, tail: NONE, len: 0 }
    }
}

#[derive(Debug)]
struct Block {
    entries: Vec<Entry>,
    class: u8,
    prev: u32,
    next: u32,
}

/// The blocks of all chains.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    blocks: Vec<Block>,
    free: [Vec<u32>; CLASSES.len()],
    bytes: usize,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "block numbers come from this module only and are below blocks.len(); positions are below the block's length, which is at most 64"
)]
impl Chains {
    /// Inserts in order. `before(a, b)` breaks ties of equal event times by payment id.
    pub(crate) fn insert(
        &mut self,
        chain: &mut Chain,
        entry: Entry,
        before: impl Fn(RowId, RowId) -> bool,
    ) {
        let after = |known: &Entry| {
            known.time > entry.time || (known.time == entry.time && before(entry.row, known.row))
        };
        chain.len += 1;
        let mut at = chain.tail;
        while at != NONE {
            let block = &self.blocks[at as usize];
            let later_first = block.entries.first().is_some_and(&after);
            if !later_first || block.prev == NONE {
                break;
            }
            at = block.prev;
        }
        if at == NONE {
            let block = self.allocate(0);
            self.blocks[block as usize].entries.push(entry);
            (chain.head, chain.tail) = (block, block);
            return;
        }
        let position = self.blocks[at as usize].entries.partition_point(|known| !after(known));
        self.insert_at(chain, at, position, entry);
    }

    fn insert_at(&mut self, chain: &mut Chain, at: u32, position: usize, entry: Entry) {
        let block = &mut self.blocks[at as usize];
        let capacity = CLASSES[block.class as usize];
        if block.entries.len() < capacity {
            block.entries.insert(position, entry);
            return;
        }
        let class = (block.class as usize + 1).min(CLASSES.len() - 1);
        let appends = at == chain.tail && position == capacity;
        let moved = if appends { Vec::new() } else { block.entries.split_off(capacity / 2) };
        let fresh = self.allocate(class);
        self.link_after(chain, at, fresh);
        self.blocks[fresh as usize].entries.extend(moved);
        let half = self.blocks[at as usize].entries.len();
        if appends || position > half {
            self.blocks[fresh as usize]
                .entries
                .insert(if appends { 0 } else { position - half }, entry);
        } else {
            self.blocks[at as usize].entries.insert(position, entry);
        }
    }

    fn allocate(&mut self, class: usize) -> u32 {
        if let Some(block) = self.free[class].pop() {
            return block;
        }
        let block = u32::try_from(self.blocks.len()).unwrap_or(NONE);
        self.blocks.push(Block {
            entries: Vec::with_capacity(CLASSES[class]),
            class: u8::try_from(class).unwrap_or(0),
            prev: NONE,
            next: NONE,
        });
        self.bytes += size_of::<Block>() + CLASSES[class] * size_of::<Entry>();
        block
    }

    fn link_after(&mut self, chain: &mut Chain, at: u32, fresh: u32) {
        let next = self.blocks[at as usize].next;
        self.blocks[fresh as usize].prev = at;
        self.blocks[fresh as usize].next = next;
        self.blocks[at as usize].next = fresh;
        if next == NONE {
            chain.tail = fresh;
        } else {
            self.blocks[next as usize].prev = fresh;
        }
    }

    fn release_if_empty(&mut self, chain: &mut Chain, at: u32) {
        let block = &mut self.blocks[at as usize];
        if !block.entries.is_empty() {
            return;
        }
        let (prev, next, class) = (block.prev, block.next, block.class as usize);
        (block.prev, block.next) = (NONE, NONE);
        if prev == NONE {
            chain.head = next;
        } else {
            self.blocks[prev as usize].next = next;
        }
        if next == NONE {
            chain.tail = prev;
        } else {
            self.blocks[next as usize].prev = prev;
        }
        self.free[class].push(at);
    }

    /// Takes one payment out (reversal). Does nothing where it is not in the chain.
    pub(crate) fn remove(&mut self, chain: &mut Chain, time: EventTime, row: RowId) {
        let mut at = chain.tail;
        while at != NONE {
            let block = &mut self.blocks[at as usize];
            if block.entries.first().is_some_and(|first| first.time <= time)
                && let Some(position) = block.entries.iter().position(|entry| entry.row == row)
            {
                block.entries.remove(position);
                chain.len -= 1;
                self.release_if_empty(chain, at);
                return;
            }
            if block.entries.last().is_some_and(|last| last.time < time) {
                return;
            }
            at = block.prev;
        }
    }

    /// Forgets every entry before `cutoff`; returns how many.
    pub(crate) fn trim(&mut self, chain: &mut Chain, cutoff: EventTime) -> usize {
        let mut removed = 0;
        while chain.head != NONE {
            let at = chain.head;
            let block = &mut self.blocks[at as usize];
            let gone = block.entries.partition_point(|entry| entry.time < cutoff);
            if gone == 0 {
                break;
            }
            block.entries.drain(..gone);
            removed += gone;
            self.release_if_empty(chain, at);
        }
        chain.len -= u32::try_from(removed).unwrap_or(0);
        removed
    }

    /// Entries with `from <= time <= to`, newest first.
    pub(crate) fn window(&self, chain: Chain, from: EventTime, to: EventTime) -> Window<'_> {
        let mut at = chain.tail;
        // Whole blocks after the window (an evaluation in the past) are skipped by their first.
        while at != NONE && self.blocks[at as usize].entries.first().is_some_and(|e| e.time > to) {
            at = self.blocks[at as usize].prev;
        }
        let position = if at == NONE {
            0
        } else {
            self.blocks[at as usize].entries.partition_point(|e| e.time <= to)
        };
        Window { chains: self, at, position, from }
    }

    /// Calls `change` on every entry of the chain (selections after an activation).
    pub(crate) fn update(&mut self, chain: Chain, mut change: impl FnMut(&mut Entry)) {
        let mut at = chain.head;
        while at != NONE {
            let block = &mut self.blocks[at as usize];
            block.entries.iter_mut().for_each(&mut change);
            at = block.next;
        }
    }

    /// Bytes held by blocks.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Entries of a window, newest first.
#[derive(Debug)]
pub struct Window<'a> {
    chains: &'a Chains,
    at: u32,
    position: usize,
    from: EventTime,
}

impl<'a> Iterator for Window<'a> {
    type Item = &'a Entry;

    fn next(&mut self) -> Option<&'a Entry> {
        loop {
            let block = self.chains.blocks.get(self.at as usize)?;
            let Some(position) = self.position.checked_sub(1) else {
                self.at = block.prev;
                self.position =
                    self.chains.blocks.get(self.at as usize).map_or(0, |block| block.entries.len());
                continue;
            };
            self.position = position;
            return block.entries.get(position).filter(|entry| entry.time >= self.from);
        }
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the test makes itself")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(time: i64, row: u32) -> Entry {
        Entry {
            time: EventTime(time),
            other: None,
            amount: None,
            selections: SetId(0),
            row: RowId(row),
        }
    }

    fn all(chains: &Chains, chain: Chain) -> Vec<(i64, u32)> {
        let mut found: Vec<_> = chains
            .window(chain, EventTime::MIN, EventTime::MAX)
            .map(|e| (e.time.0, e.row.0))
            .collect();
        found.reverse();
        found
    }

    proptest! {
        /// Sees: lost or doubled entries, wrong order after splices and splits, wrong trims and
        /// removals, broken links after blocks are released and used again.
        #[test]
        fn a_chain_is_a_sorted_list(ops in prop::collection::vec((0_u8..10, 0_i64..60), 1..400)) {
            let mut chains = Chains::default();
            let (mut chain, mut model) = (Chain::default(), Vec::<(i64, u32)>::new());
            for (row, (op, time)) in (0_u32..).zip(ops) {
                match op {
                    0 if !model.is_empty() => {
                        let (t, r) = model.remove(usize::try_from(time).unwrap() % model.len());
                        chains.remove(&mut chain, EventTime(t), RowId(r));
                    }
                    1 => {
                        let before = model.len();
                        model.retain(|(t, _)| *t >= time / 3);
                        let gone = chains.trim(&mut chain, EventTime(time / 3));
                        prop_assert_eq!(gone, before - model.len());
                    }
                    _ => {
                        chains.insert(&mut chain, entry(time, row), |a, b| a.0 < b.0);
                        model.push((time, row));
                        model.sort_unstable();
                    }
                }
                prop_assert_eq!(chain.len as usize, model.len());
                prop_assert_eq!(&all(&chains, chain), &model);
            }
            for from in (0..60).step_by(7) {
                let walked: Vec<_> = chains
                    .window(chain, EventTime(from), EventTime(from + 11))
                    .map(|e| (e.time.0, e.row.0))
                    .collect();
                let mut expected: Vec<_> =
                    model.iter().copied().filter(|(t, _)| (from..=from + 11).contains(t)).collect();
                expected.reverse();
                prop_assert_eq!(walked, expected);
            }
        }
    }
}
