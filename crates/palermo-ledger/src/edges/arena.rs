//! Contiguous blocks of one kind of thing in size classes.
//!
//! Class `c` has blocks of `SMALLEST << c`. Blocks of a class stand in pages that are never moved
//! or given back: growing costs one page, not a copy of everything, so no insert waits for a table
//! to double. A freed block is used again, last freed first.

use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use std::sync::Arc;

/// Bits of a block's number that name it inside its class; the five above are the class.
const INDEX_BITS: u32 = 27;
/// What a page holds at least.
const PAGE: usize = 4096;

/// The number of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockId(pub(super) u32);

impl BlockId {
    /// No block.
    pub(super) const NONE: Self = Self(u32::MAX);

    fn class(self) -> usize {
        (self.0 >> INDEX_BITS) as usize
    }

    fn index(self) -> usize {
        (self.0 & ((1 << INDEX_BITS) - 1)) as usize
    }
}

#[derive(Clone, Debug)]
struct Class<T> {
    /// Each shared with a snapshot that is being written: then a change copies it first.
    pages: Vec<Arc<[T]>>,
    made: u32,
    free: Vec<BlockId>,
}

impl<T> Default for Class<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), made: 0, free: Vec::new() }
    }
}

/// Blocks of `SMALLEST`, twice that, four times that, …
#[derive(Clone, Debug)]
pub(super) struct Arena<T, const SMALLEST: usize> {
    classes: Vec<Class<T>>,
    bytes: usize,
}

impl<T, const SMALLEST: usize> Default for Arena<T, SMALLEST> {
    fn default() -> Self {
        Self { classes: Vec::new(), bytes: 0 }
    }
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "block numbers come from `allocate` only: class and page exist, and a page holds whole blocks"
)]
impl<T: Copy + Default, const SMALLEST: usize> Arena<T, SMALLEST> {
    /// A block of at least so many; what it holds is undefined.
    pub(super) fn allocate(&mut self, items: usize) -> BlockId {
        let class = Self::class_of(items);
        if self.classes.len() <= class {
            self.classes.resize_with(class + 1, Class::default);
        }
        let this = &mut self.classes[class];
        if let Some(block) = this.free.pop() {
            return block;
        }
        let index = this.made;
        this.made += 1;
        if Self::page_of(index as usize, class).0 == this.pages.len() {
            let size = PAGE.max(SMALLEST << class);
            this.pages.push(vec![T::default(); size].into());
            self.bytes += size * size_of::<T>();
        }
        // 2^27 blocks of a class are gigabytes: the memory cap comes first.
        BlockId(
            (u32::try_from(class).unwrap_or(31) << INDEX_BITS) | (index & ((1 << INDEX_BITS) - 1)),
        )
    }

    pub(super) fn free(&mut self, block: BlockId) {
        self.classes[block.class()].free.push(block);
    }

    pub(super) fn capacity(block: BlockId) -> usize {
        SMALLEST << block.class()
    }

    #[inline]
    pub(super) fn get(&self, block: BlockId) -> &[T] {
        let (page, start) = Self::page_of(block.index(), block.class());
        &self.classes[block.class()].pages[page][start..start + Self::capacity(block)]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, block: BlockId) -> &mut [T] {
        let (page, start) = Self::page_of(block.index(), block.class());
        let page = Arc::make_mut(&mut self.classes[block.class()].pages[page]);
        &mut page[start..start + Self::capacity(block)]
    }

    /// Moves the first `len` of a block into one for `items`, of another class, and frees it.
    pub(super) fn resize(&mut self, from: BlockId, items: usize, len: usize) -> BlockId {
        let to = self.allocate(items);
        let (source, target) = (from.class(), to.class());
        let (page, start) = Self::page_of(from.index(), source);
        let (into, begin) = Self::page_of(to.index(), target);
        if let Ok([source, target]) = self.classes.get_disjoint_mut([source, target]) {
            Arc::make_mut(&mut target.pages[into])[begin..begin + len]
                .copy_from_slice(&source.pages[page][start..start + len]);
        }
        self.free(from);
        to
    }

    /// Bytes of all pages.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn class_of(items: usize) -> usize {
        let size = items.next_power_of_two().max(SMALLEST);
        size.trailing_zeros().saturating_sub(SMALLEST.trailing_zeros()) as usize
    }

    /// Page of a block, and where it begins there. Sizes are powers of two: shifts, not divisions.
    #[inline]
    fn page_of(index: usize, class: usize) -> (usize, usize) {
        let class_bits = class + SMALLEST.trailing_zeros() as usize;
        let blocks_bits = (PAGE.trailing_zeros() as usize).saturating_sub(class_bits);
        (index >> blocks_bits, (index & ((1 << blocks_bits) - 1)) << class_bits)
    }
}

/// What has so many bytes in a snapshot, whatever its value.
pub trait Raw: Copy {
    /// So many.
    const BYTES: usize;
    /// Appends them.
    fn put(self, to: &mut Vec<u8>);
    /// From [`Raw::BYTES`] bytes.
    fn get(from: &[u8]) -> Self;
}

/// Hands values of one size over as one part.
pub(super) fn put_raw<T: Raw>(
    sink: &mut dyn Sink,
    name: &str,
    all: &[T],
) -> Result<(), SnapshotError> {
    let mut bytes = Vec::with_capacity(all.len().saturating_mul(T::BYTES));
    all.iter().for_each(|value| value.put(&mut bytes));
    sink.part(name, &bytes)
}

/// Takes as many values of one size.
pub(super) fn take_raw<T: Raw>(
    source: &mut dyn Source,
    name: &str,
    count: usize,
) -> Result<Arc<[T]>, SnapshotError> {
    let bytes = source.next_part(name)?;
    if bytes.len() != count.saturating_mul(T::BYTES) {
        return Err(SnapshotError::new(name, format_args!("not {count} entries")));
    }
    Ok(bytes.chunks_exact(T::BYTES.max(1)).map(T::get).collect())
}

impl<T: Raw + Default, const SMALLEST: usize> Arena<T, SMALLEST> {
    /// Hands every page over, free blocks included: what they hold decides nothing.
    pub(super) fn write(&self, sink: &mut dyn Sink, name: &str) -> Result<(), SnapshotError> {
        snapshot::put(sink, name, &(self.classes.len() as u64))?;
        for class in &self.classes {
            let free: Vec<u32> = class.free.iter().map(|block| block.0).collect();
            snapshot::put(sink, name, &(class.pages.len() as u64, class.made, free))?;
            class.pages.iter().try_for_each(|page| put_raw(sink, name, page))?;
        }
        Ok(())
    }

    /// Takes every page back.
    pub(super) fn read(source: &mut dyn Source, name: &str) -> Result<Self, SnapshotError> {
        let mut arena = Self::default();
        let classes: u64 = snapshot::take(source, name)?;
        if classes >= 32 {
            return Err(SnapshotError::new(name, "more classes than there are"));
        }
        for number in 0..usize::try_from(classes).unwrap_or(0) {
            let (count, made, free): (u64, u32, Vec<u32>) = snapshot::take(source, name)?;
            let size =
                PAGE.max(SMALLEST.checked_shl(u32::try_from(number).unwrap_or(0)).unwrap_or(0));
            let mut class = Class { pages: Vec::new(), made, free: Vec::new() };
            for _ in 0..count {
                class.pages.push(take_raw::<T>(source, name, size)?);
                arena.bytes = arena.bytes.saturating_add(size.saturating_mul(size_of::<T>()));
            }
            class.free = free.into_iter().map(BlockId).collect();
            arena.classes.push(class);
        }
        Ok(arena)
    }

    /// Whether a block is one of those that were made.
    pub(super) fn knows(&self, block: BlockId) -> bool {
        let class = self.classes.get(block.class());
        class.is_some_and(|class| block.index() < class.made as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tested = Arena<u64, 16>;

    #[test]
    fn blocks_do_not_overlap_and_come_back() {
        let mut arena = Tested::default();
        let sizes = [1, 16, 17, 32, 100, 4096, 5000, 16, 33];
        let blocks: Vec<BlockId> =
            sizes.iter().cycle().take(700).map(|&size| arena.allocate(size)).collect();
        for (n, &block) in (1_u64..).zip(&blocks) {
            arena.get_mut(block).fill(n);
        }
        for (n, &block) in (1_u64..).zip(&blocks) {
            assert!(arena.get(block).iter().all(|&e| e == n), "{block:?}");
        }
        for (size, &block) in sizes.iter().cycle().zip(&blocks) {
            let capacity = Tested::capacity(block);
            assert!(capacity >= *size && capacity < 2 * size.max(&16), "{size}");
        }
        let held = arena.bytes();
        arena.free(blocks[5]);
        assert_eq!((arena.allocate(4000), arena.bytes()), (blocks[5], held));
    }

    #[test]
    fn a_resized_block_keeps_what_it_held() {
        let mut arena = Tested::default();
        let small = arena.allocate(16);
        arena.get_mut(small).copy_from_slice(&[7; 16]);
        let large = arena.resize(small, 40, 16);
        assert_eq!(arena.get(large)[..16], [7; 16]);
        let again = arena.resize(large, 3, 3);
        assert_eq!((again, &arena.get(again)[..3]), (small, &[7; 3][..]));
    }
}
