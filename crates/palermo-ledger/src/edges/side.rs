//! The entries of one account in one direction: a line, and a block when they are many; beside them
//! a block of what each carries along.

use super::arena::{Arena, BlockId, Raw};
use super::entry::{Entry, Start, count};
use palermo_domain::snapshot::{Sink, SnapshotError, Source};

/// Entries in the line of an account.
pub(super) const INLINE: usize = 6;
/// In `place`: the entries stand in a block.
const IN_BLOCK: u32 = 1 << 31;

/// The blocks of every account: entries, and details in the same order.
#[derive(Clone, Debug)]
pub(super) struct Blocks<D> {
    pub(super) entries: Arena<Entry, 16>,
    details: Arena<D, 2>,
}

impl<D> Default for Blocks<D> {
    fn default() -> Self {
        Self { entries: Arena::default(), details: Arena::default() }
    }
}

impl<D: Raw + Default> Blocks<D> {
    pub(super) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        self.entries.write(sink, "ledger.blocks")?;
        self.details.write(sink, "ledger.details")
    }

    pub(super) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        Ok(Self {
            entries: Arena::read(source, "ledger.blocks")?,
            details: Arena::read(source, "ledger.details")?,
        })
    }

    /// Whether the blocks of a side are here.
    pub(super) fn know(&self, side: &Side) -> bool {
        let details = side.details_block();
        let entries = !side.in_block() || self.entries.knows(side.block);
        let details = details == BlockId::NONE || self.details.knows(details);
        entries && details
    }
}

impl Raw for [Side; 2] {
    const BYTES: usize = 2 * size_of::<Side>();

    fn put(self, to: &mut Vec<u8>) {
        for Side { block, place, head, fan, line } in self {
            for number in [block.0, place, head, fan] {
                to.extend_from_slice(&number.to_le_bytes());
            }
            line.into_iter().for_each(|entry| entry.put(to));
        }
    }

    fn get(from: &[u8]) -> Self {
        let mut sides = [Side::EMPTY; 2];
        let word = |bytes: &[u8], at: usize| {
            let bytes = bytes.get(at.saturating_mul(4)..).and_then(<[u8]>::first_chunk);
            bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
        };
        for (side, bytes) in sides.iter_mut().zip(from.chunks_exact(size_of::<Side>())) {
            side.block = BlockId(word(bytes, 0));
            (side.place, side.head, side.fan) = (word(bytes, 1), word(bytes, 2), word(bytes, 3));
            let line = bytes.get(16..).unwrap_or(&[]).chunks_exact(Entry::BYTES);
            side.line.iter_mut().zip(line).for_each(|(entry, bytes)| *entry = Entry::get(bytes));
        }
        sides
    }
}

impl<D: Copy + Default> Blocks<D> {
    /// Details of no size are not stored.
    const DETAILED: bool = size_of::<D>() > 0;

    pub(super) fn bytes(&self) -> usize {
        self.entries.bytes().saturating_add(self.details.bytes())
    }
}

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Side {
    /// The block of entries; while they stand in the line, the block of details.
    block: BlockId,
    /// How many entries, and where they stand.
    place: u32,
    /// Entries before it are older than the fan window was at the last append.
    pub(super) head: u32,
    /// Entries from `head` on without `NEXT`.
    pub(super) fan: u32,
    /// Entries; while they stand in a block, its first place names the block of details.
    line: [Entry; INLINE],
}

const _: () = assert!(size_of::<Side>() == 64);

impl Side {
    pub(super) const EMPTY: Self =
        Self { block: BlockId::NONE, place: 0, head: 0, fan: 0, line: [Entry::NONE; INLINE] };
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "positions are at most the side's length, which is at most its capacity and below 2^31"
)]
impl Side {
    #[inline]
    pub(super) fn len(&self) -> usize {
        (self.place & !IN_BLOCK) as usize
    }

    pub(super) fn set_len(&mut self, len: usize) {
        self.place = (self.place & IN_BLOCK) | (u32::try_from(len).unwrap_or(0) & !IN_BLOCK);
    }

    #[inline]
    fn in_block(&self) -> bool {
        self.place & IN_BLOCK != 0
    }

    #[inline]
    pub(super) fn entries<'a, D: Copy + Default>(&'a self, blocks: &'a Blocks<D>) -> &'a [Entry] {
        let all = if self.in_block() { blocks.entries.get(self.block) } else { &self.line[..] };
        all.get(..self.len()).unwrap_or(all)
    }

    /// The places for entries, taken or not.
    pub(super) fn slots<'a, D: Copy + Default>(
        &'a mut self,
        blocks: &'a mut Blocks<D>,
    ) -> &'a mut [Entry] {
        if self.in_block() { blocks.entries.get_mut(self.block) } else { &mut self.line }
    }

    #[inline]
    pub(super) fn details<'a, D: Copy + Default>(&self, blocks: &'a Blocks<D>) -> &'a [D] {
        match self.details_block() {
            BlockId::NONE => &[],
            block => blocks.details.get(block).get(..self.len()).unwrap_or(&[]),
        }
    }

    pub(super) fn details_mut<'a, D: Copy + Default>(
        &self,
        blocks: &'a mut Blocks<D>,
    ) -> &'a mut [D] {
        match self.details_block() {
            BlockId::NONE => &mut [],
            block => blocks.details.get_mut(block),
        }
    }

    fn details_block(&self) -> BlockId {
        if self.in_block() {
            BlockId(u32::try_from(self.line[0].0).unwrap_or(u32::MAX))
        } else {
            self.block
        }
    }

    fn set_details_block(&mut self, block: BlockId) {
        if self.in_block() {
            self.line[0] = Entry(u64::from(block.0));
        } else {
            self.block = block;
        }
    }

    /// Makes place for one more: first where expired entries stood, then in a block twice as large.
    #[inline]
    pub(super) fn make_room<D: Copy + Default>(&mut self, blocks: &mut Blocks<D>, oldest: Start) {
        if self.len() == self.capacity() {
            let gone = self.expired(blocks, oldest);
            if gone > 0 {
                self.forget(blocks, gone);
            }
            let capacity = self.capacity();
            if self.len() * 4 > capacity * 3 {
                self.move_to(blocks, capacity * 2);
            } else {
                self.settle(blocks);
            }
        }
        if Blocks::<D>::DETAILED {
            let (block, len) = (self.details_block(), self.len());
            if block == BlockId::NONE {
                self.set_details_block(blocks.details.allocate(1));
            } else if Arena::<D, 2>::capacity(block) == len {
                self.set_details_block(blocks.details.resize(block, len + 1, len));
            }
        }
    }

    fn capacity(&self) -> usize {
        if self.in_block() { Arena::<Entry, 16>::capacity(self.block) } else { INLINE }
    }

    pub(super) fn expired<D: Copy + Default>(&self, blocks: &Blocks<D>, oldest: Start) -> usize {
        self.entries(blocks).partition_point(|entry| entry.since(oldest) < 0)
    }

    /// Puts an entry and its detail at a position; room was made.
    #[inline]
    pub(super) fn insert<D: Copy + Default>(
        &mut self,
        blocks: &mut Blocks<D>,
        at: usize,
        entry: Entry,
        detail: D,
    ) {
        let len = self.len();
        let entries = self.slots(blocks);
        entries.copy_within(at..len, at + 1);
        entries[at] = entry;
        if Blocks::<D>::DETAILED {
            let details = self.details_mut(blocks);
            details.copy_within(at..len, at + 1);
            details[at] = detail;
        }
        self.set_len(len + 1);
    }

    /// Takes `count` entries from `at` on out. Counters are the caller's.
    fn take<D: Copy + Default>(&mut self, blocks: &mut Blocks<D>, at: usize, count: usize) {
        let len = self.len();
        self.slots(blocks).copy_within(at + count..len, at);
        if Blocks::<D>::DETAILED {
            self.details_mut(blocks).copy_within(at + count..len, at);
        }
        self.set_len(len - count);
    }

    /// Takes the oldest `gone` entries out.
    pub(super) fn forget<D: Copy + Default>(&mut self, blocks: &mut Blocks<D>, gone: usize) {
        let head = self.head as usize;
        // An idle side still counts entries that its fan window would have left.
        let (_, lost) = count(self.entries(blocks).iter().take(gone).skip(head));
        self.take(blocks, 0, gone);
        self.head = self.head.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
        self.fan = self.fan.saturating_sub(lost);
    }

    /// Takes one entry out, wherever it stands; `fan` is the length of the fan window.
    pub(super) fn remove<D: Copy + Default>(
        &mut self,
        blocks: &mut Blocks<D>,
        at: usize,
        fan: i64,
    ) {
        let entries = self.slots(blocks);
        let entry = entries[at];
        if entry.leads() && !entry.has_next() {
            // The one before it is the newest of the pair again.
            if let Some(older) = entries[..at].iter().rposition(|other| other.same_other(entry)) {
                entries[older].set_next(false);
            }
        }
        self.take(blocks, at, 1);
        // The window may have moved back with its newest entry: counted anew.
        let entries = self.entries(blocks);
        let (head, fan) = entries.last().map_or((0, 0), |newest| {
            let from = newest.start().before(fan);
            let head = entries.partition_point(|entry| entry.since(from) < 0);
            (head, count(entries[head..].iter()).1)
        });
        (self.head, self.fan) = (u32::try_from(head).unwrap_or(0), fan);
        self.settle(blocks);
    }

    /// Gives back what few entries do not need: into the line, or into smaller blocks.
    pub(super) fn settle<D: Copy + Default>(&mut self, blocks: &mut Blocks<D>) {
        let len = self.len();
        if self.in_block() && len <= INLINE / 2 {
            let (old, details) = (self.block, self.details_block());
            let mut line = [Entry::NONE; INLINE];
            line.iter_mut().zip(self.entries(blocks)).for_each(|(to, from)| *to = *from);
            (self.line, self.place) = (line, self.place & !IN_BLOCK);
            blocks.entries.free(old);
            self.set_details_block(details);
        } else if self.in_block() && len * 8 <= self.capacity() {
            let class = Arena::<Entry, 16>::class_of(len * 2);
            if class < Arena::<Entry, 16>::class_of(self.capacity()) {
                self.block = blocks.entries.resize(self.block, len * 2, len);
            }
        }
        let block = self.details_block();
        if !Blocks::<D>::DETAILED || block == BlockId::NONE {
            return;
        }
        if len == 0 {
            blocks.details.free(block);
            self.set_details_block(BlockId::NONE);
        } else if Arena::<D, 2>::capacity(block) > 2 && len * 4 <= Arena::<D, 2>::capacity(block) {
            self.set_details_block(blocks.details.resize(block, len * 2, len));
        }
    }

    fn move_to<D: Copy + Default>(&mut self, blocks: &mut Blocks<D>, capacity: usize) {
        let len = self.len();
        if self.in_block() {
            self.block = blocks.entries.resize(self.block, capacity, len);
            return;
        }
        let details = self.block;
        let block = blocks.entries.allocate(capacity);
        blocks.entries.get_mut(block)[..INLINE].copy_from_slice(&self.line);
        (self.block, self.place) = (block, self.place | IN_BLOCK);
        self.set_details_block(details);
    }
}
