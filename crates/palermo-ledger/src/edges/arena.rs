//! Contiguous blocks of entries in size classes.
//!
//! Class `c` has blocks of `16 << c` entries. Blocks of a class stand in pages that are never moved
//! or given back: growing costs one page, not a copy of everything, so no insert waits for a table
//! to double. A freed block is used again, last freed first.

use super::Entry;

/// Entries of the smallest block.
const SMALLEST: usize = 16;
/// Bits of a block's number that name it inside its class; the five above are the class.
const INDEX_BITS: u32 = 27;
/// Entries a page holds at least: 32 KiB.
const PAGE_ENTRIES: usize = 4096;

/// The number of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockId(u32);

impl BlockId {
    /// No block: the entries stand in the account's own line.
    pub(super) const NONE: Self = Self(u32::MAX);

    pub(super) fn capacity(self) -> usize {
        SMALLEST << self.class()
    }

    fn class(self) -> usize {
        (self.0 >> INDEX_BITS) as usize
    }

    fn index(self) -> usize {
        (self.0 & ((1 << INDEX_BITS) - 1)) as usize
    }
}

#[derive(Debug, Default)]
struct Class {
    pages: Vec<Box<[Entry]>>,
    made: u32,
    free: Vec<BlockId>,
}

/// The blocks of every account.
#[derive(Debug, Default)]
pub(super) struct Arena {
    classes: Vec<Class>,
    bytes: usize,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "block numbers come from `allocate` only: class and page exist, and a page holds whole blocks"
)]
impl Arena {
    /// A block of at least `entries`; what it holds is undefined.
    pub(super) fn allocate(&mut self, entries: usize) -> BlockId {
        let class = class_of(entries);
        if self.classes.len() <= class {
            self.classes.resize_with(class + 1, Class::default);
        }
        let this = &mut self.classes[class];
        if let Some(block) = this.free.pop() {
            return block;
        }
        let index = this.made;
        this.made += 1;
        if page_of(index as usize, class).0 == this.pages.len() {
            let size = PAGE_ENTRIES.max(SMALLEST << class);
            this.pages.push(vec![Entry::NONE; size].into_boxed_slice());
            self.bytes += size * size_of::<Entry>();
        }
        // 2^27 blocks of a class are 16 GiB at least: the memory cap comes first.
        BlockId(
            (u32::try_from(class).unwrap_or(31) << INDEX_BITS) | (index & ((1 << INDEX_BITS) - 1)),
        )
    }

    pub(super) fn free(&mut self, block: BlockId) {
        self.classes[block.class()].free.push(block);
    }

    #[inline]
    pub(super) fn get(&self, block: BlockId) -> &[Entry] {
        let (page, start) = page_of(block.index(), block.class());
        &self.classes[block.class()].pages[page][start..start + block.capacity()]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, block: BlockId) -> &mut [Entry] {
        let (page, start) = page_of(block.index(), block.class());
        &mut self.classes[block.class()].pages[page][start..start + block.capacity()]
    }

    /// Copies the first `len` entries of a block into one of a larger class.
    pub(super) fn copy(&mut self, from: BlockId, to: BlockId, len: usize) {
        let (small, large) = (from.class(), to.class());
        let (below, above) = self.classes.split_at_mut(large);
        let (page, start) = page_of(from.index(), small);
        let source = &below[small].pages[page][start..start + len];
        let (page, start) = page_of(to.index(), large);
        above[0].pages[page][start..start + len].copy_from_slice(source);
    }

    /// Bytes of all pages.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn class_of(entries: usize) -> usize {
    entries
        .next_power_of_two()
        .max(SMALLEST)
        .trailing_zeros()
        .saturating_sub(SMALLEST.trailing_zeros()) as usize
}

/// Page of a block, and where it begins there. Sizes are powers of two: shifts, not divisions.
#[inline]
#[expect(clippy::arithmetic_side_effects, reason = "shifts by less than 32, class below 32")]
fn page_of(index: usize, class: usize) -> (usize, usize) {
    let class_bits = class + SMALLEST.trailing_zeros() as usize;
    let blocks_bits = (PAGE_ENTRIES.trailing_zeros() as usize).saturating_sub(class_bits);
    (index >> blocks_bits, (index & ((1 << blocks_bits) - 1)) << class_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_do_not_overlap_and_come_back() {
        let mut arena = Arena::default();
        let sizes = [1, 16, 17, 32, 100, 4096, 5000, 16, 33];
        let blocks: Vec<BlockId> =
            sizes.iter().cycle().take(700).map(|&size| arena.allocate(size)).collect();
        for (n, &block) in (1_u64..).zip(&blocks) {
            arena.get_mut(block).fill(Entry(n));
        }
        for (n, &block) in (1_u64..).zip(&blocks) {
            assert!(arena.get(block).iter().all(|&e| e == Entry(n)), "{block:?}");
        }
        for (size, block) in sizes.iter().cycle().zip(&blocks) {
            assert!(block.capacity() >= *size && block.capacity() < 2 * size.max(&16), "{size}");
        }
        let held = arena.bytes();
        arena.free(blocks[5]);
        assert_eq!((arena.allocate(4000), arena.bytes()), (blocks[5], held));
    }
}
