//! Who paid whom and when, per account and direction: what graph searches read.
//!
//! Principal type: [`Edges`]. One 64-byte line per account and direction holds a header and up to
//! six entries; more stand in a contiguous block of a size class. An [`Entry`] is eight bytes: event
//! time, other end, and two flags. A window is a slice, and a test whether an entry lies in one is
//! a subtraction and a comparison.
//!
//! `NEXT` says that a newer entry with the same other end follows, `PREV` that an older one may
//! precede. So the distinct other ends of a window that ends at the newest entry are the entries
//! without `NEXT`, and no search hashes to tell parallel payments apart.
//!
//! Promises: entries of a side are in order of (event time, arrival), whatever the order of arrival;
//! an entry inside [`Keep::span`] of the newest time seen is never dropped.
//! Cost: append O(1), and a scan of the smaller side for the pair's previous payment; a late one is
//! spliced in O(side). 128 bytes an account, 16 a payment beyond the first six of a side, and what
//! growth by doubling leaves empty.
//!
//! Times are integers in one unit of the caller's (milliseconds, or seconds). 37 bits are kept: two
//! entries 2^37 apart would look alike, so a sweep drops what is old before that can happen.

mod arena;

use crate::row::{AccountId, Leg};
use arena::{Arena, BlockId};

const TIME_BITS: u32 = 37;
const TIME_SHIFT: u32 = u64::BITS - TIME_BITS;
const OTHER_SHIFT: u32 = 2;
const OTHER_MASK: u64 = (1 << (TIME_SHIFT - OTHER_SHIFT)) - 1;
const NEXT: u64 = 0b10;
const PREV: u64 = 0b01;
/// Entries in the line of an account.
const INLINE: usize = 6;
/// Accounts in a chunk: 128 KiB. Chunks are never moved.
const CHUNK: usize = 1024;
/// Numbers of accounts are below this.
pub const ACCOUNTS_MAX: u32 = 1 << (TIME_SHIFT - OTHER_SHIFT);
/// The longest that entries can be kept: 298 days in milliseconds.
pub const SPAN_MAX: i64 = 3 << (TIME_BITS - 4);
/// Times may lie in `-TIME_MAX..=TIME_MAX`.
pub const TIME_MAX: i64 = 1 << 60;
/// Time between two sweeps.
const SWEEP_EVERY: i64 = 1 << (TIME_BITS - 3);
// The oldest entry that can be met is younger than half a turn: a signed difference tells before
// from after. It was kept at the last sweep, less than one interval and one jump ago.
const _: () = assert!(SPAN_MAX + SWEEP_EVERY + SPAN_MAX <= 1 << (TIME_BITS - 1));

/// One payment seen from one end.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Entry(u64);

impl Entry {
    const NONE: Self = Self(0);

    fn new(time: i64, other: AccountId) -> Self {
        let other = other.index() as u64 & OTHER_MASK;
        Self((time.cast_unsigned() << TIME_SHIFT) | (other << OTHER_SHIFT))
    }

    /// The account at the other end.
    #[inline]
    pub fn other(self) -> AccountId {
        AccountId::from_index(u32::try_from((self.0 >> OTHER_SHIFT) & OTHER_MASK).unwrap_or(0))
    }

    /// Whether a newer payment between the same two, in the same direction, is known.
    #[inline]
    pub fn has_next(self) -> bool {
        self.0 & NEXT != 0
    }

    /// Whether an older one may be known.
    #[inline]
    pub fn may_have_previous(self) -> bool {
        self.0 & PREV != 0
    }

    /// Whether both have the same other end.
    #[inline]
    pub fn same_other(self, entry: Self) -> bool {
        (self.0 ^ entry.0) & (OTHER_MASK << OTHER_SHIFT) == 0
    }

    /// Time since `start`; negative where the entry is older.
    #[inline]
    pub fn since(self, start: Start) -> i64 {
        self.0.wrapping_sub(start.0).cast_signed() >> TIME_SHIFT
    }

    /// Its time, as a start.
    #[inline]
    fn start(self) -> Start {
        Start(self.0 >> TIME_SHIFT << TIME_SHIFT)
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No number of an account in any output.
        write!(f, "Entry({})", self.0 >> TIME_SHIFT)
    }
}

/// A time, as entries hold it: the beginning of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start(u64);

impl Start {
    /// A window that begins at this time.
    #[inline]
    pub fn at(time: i64) -> Self {
        // The low bits of two's complement: differences come out right modulo a turn.
        Self(time.cast_unsigned() << TIME_SHIFT)
    }

    /// So much later.
    #[inline]
    pub fn plus(self, span: i64) -> Self {
        Self(self.0.wrapping_add(span.cast_unsigned() << TIME_SHIFT))
    }

    #[inline]
    fn before(self, span: i64) -> Self {
        Self(self.0.wrapping_sub(span.cast_unsigned() << TIME_SHIFT))
    }
}

/// How long entries are kept, and the window whose distinct other ends are counted as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// An entry is kept while it is no older than this against the newest time seen.
    pub span: i64,
    /// [`Edges::add`] counts the entries and the other ends in `[t - fan, t]`, t the newest of a side.
    pub fan: i64,
}

/// What the fan window of a side holds that ends at its newest entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fan {
    /// Entries.
    pub degree: u32,
    /// Distinct other ends.
    pub distinct: u32,
}

/// The entries of one side in a window, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    /// In the window.
    pub entries: &'a [Entry],
    /// Later than the window; empty unless the question is about the past.
    later: &'a [Entry],
}

impl<'a> Slice<'a> {
    const EMPTY: Self = Self { entries: &[], later: &[] };

    /// The newest entry of each other end, oldest first. No look-ups: an entry without `NEXT` is
    /// one; one with it is only where its follower lies behind the window.
    #[inline]
    pub fn distinct(self) -> impl Iterator<Item = Entry> + 'a {
        let Self { entries, later } = self;
        entries.iter().enumerate().filter_map(move |(at, &entry)| {
            let newest = !entry.has_next()
                || (!later.is_empty() && !any_with(entries.get(at.saturating_add(1)..)?, entry));
            newest.then_some(entry)
        })
    }

    /// The part of the window before `since`, counted from `start`.
    #[inline]
    pub fn until(self, start: Start, since: i64) -> Self {
        let Self { entries, later } = self;
        if entries.last().is_none_or(|last| last.since(start) <= since) {
            return self;
        }
        // What is cut off stands before `later`; where both are there, only whether any is matters.
        let (entries, cut) =
            entries.split_at(entries.partition_point(|entry| entry.since(start) <= since));
        Self { entries, later: if cut.is_empty() { later } else { cut } }
    }
}

fn any_with(entries: &[Entry], like: Entry) -> bool {
    entries.iter().any(|entry| entry.same_other(like))
}

/// Entries up to this many are searched one by one.
const FEW: usize = 16;

/// Where the entries at or after `start` begin, among entries in order of time. Most sides are
/// short: their entries are passed one by one.
#[inline]
pub fn first_since(entries: &[Entry], start: Start) -> usize {
    if entries.len() <= FEW {
        return entries.iter().take_while(|entry| entry.since(start) < 0).count();
    }
    entries.partition_point(|entry| entry.since(start) < 0)
}

#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Side {
    block: BlockId,
    len: u32,
    /// Entries before it are older than the fan window was at the last append.
    head: u32,
    /// Entries from `head` on without `NEXT`.
    fan: u32,
    line: [Entry; INLINE],
}

const EMPTY: Side =
    Side { block: BlockId::NONE, len: 0, head: 0, fan: 0, line: [Entry::NONE; INLINE] };
const _: () = assert!(size_of::<Side>() == 64);

impl Side {
    fn entries<'a>(&'a self, arena: &'a Arena) -> &'a [Entry] {
        let all = match self.block {
            BlockId::NONE => &self.line[..],
            block => arena.get(block),
        };
        all.get(..self.len as usize).unwrap_or(all)
    }

    fn slots<'a>(&'a mut self, arena: &'a mut Arena) -> &'a mut [Entry] {
        match self.block {
            BlockId::NONE => &mut self.line,
            block => arena.get_mut(block),
        }
    }
}

/// The store. See the module.
#[derive(Debug)]
pub struct Edges {
    accounts: Vec<Box<[[Side; 2]]>>,
    arena: Arena,
    keep: Keep,
    newest: i64,
    swept: i64,
    empty: bool,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "`make` makes the lines of every account that is added; positions are at most the side's length, which is at most its capacity; times are at most TIME_MAX"
)]
impl Edges {
    /// An empty store. Spans above [`SPAN_MAX`] are cut to it.
    pub fn new(keep: Keep) -> Self {
        let span = keep.span.clamp(0, SPAN_MAX);
        let keep = Keep { span, fan: keep.fan.clamp(0, span) };
        let (accounts, arena) = (Vec::new(), Arena::default());
        Self { accounts, arena, keep, newest: 0, swept: 0, empty: true }
    }

    /// The newest time seen.
    pub fn newest(&self) -> Option<i64> {
        (!self.empty).then_some(self.newest)
    }

    /// Entries of one side with `from <= time <= to`, where `from` is inside what is kept.
    #[inline]
    pub fn window(&self, account: AccountId, leg: Leg, from: i64, to: i64) -> Slice<'_> {
        let Some(side) = self.side(account, leg) else { return Slice::EMPTY };
        let (all, start) = (side.entries(&self.arena), Start::at(from));
        // The newest first: most sides have nothing in the window, and say so with one look.
        if all.last().is_none_or(|newest| newest.since(start) < 0) {
            return Slice::EMPTY;
        }
        Slice { entries: &all[first_since(all, start)..], later: &[] }.until(start, to - from)
    }

    /// Every entry of one side that is still held, oldest first; some may be older than what is
    /// kept. For searches that look for their own beginning.
    #[inline]
    pub fn side_entries(&self, account: AccountId, leg: Leg) -> &[Entry] {
        self.side(account, leg).map_or(&[], |side| side.entries(&self.arena))
    }

    /// Reads the four lines of a payment that will be added soon, so that they are on their way
    /// from memory meanwhile. Worth it for several payments in a row: their misses overlap. The sum
    /// means nothing; using it keeps the reads.
    #[inline]
    pub fn touch(&self, debtor: AccountId, creditor: AccountId) -> u32 {
        let line = |account, leg| self.side(account, leg).map_or(0, |side| side.len);
        let both = |account| line(account, Leg::Debtor).wrapping_add(line(account, Leg::Creditor));
        both(debtor).wrapping_add(both(creditor))
    }

    /// Adds a payment, and gives the fans of the debtor's outgoing and the creditor's incoming side.
    /// The two accounts differ and have numbers below [`ACCOUNTS_MAX`]; the time is within
    /// [`TIME_MAX`].
    pub fn add(&mut self, debtor: AccountId, creditor: AccountId, time: i64) -> [Fan; 2] {
        self.make(debtor.index().max(creditor.index()));
        self.advance(time);
        let known = self.pair(debtor, creditor);
        [
            self.put(debtor, Leg::Debtor, Entry::new(time, creditor), known),
            self.put(creditor, Leg::Creditor, Entry::new(time, debtor), known),
        ]
    }

    /// Moves the newest time, and sweeps when the clock has run far.
    fn advance(&mut self, time: i64) {
        if self.empty {
            (self.newest, self.swept, self.empty) = (time, time, false);
        }
        if time <= self.newest {
            return;
        }
        let jump = time - self.newest;
        self.newest = time;
        if time - self.swept > SWEEP_EVERY {
            // After a jump this far nothing is left; entries may be a turn of the clock away.
            self.sweep(jump > self.keep.span);
        }
    }

    /// Drops what is older than kept from every side.
    fn sweep(&mut self, all: bool) {
        let oldest = self.oldest();
        let Self { accounts, arena, .. } = self;
        for side in accounts.iter_mut().flat_map(|chunk| chunk.iter_mut().flatten()) {
            let entries = side.entries(arena);
            let gone = if all { entries.len() } else { expired(entries, oldest) };
            if gone > 0 {
                forget(side, arena, gone);
                settle(side, arena);
            }
        }
        self.swept = self.newest;
    }

    /// The beginning of what is kept.
    fn oldest(&self) -> Start {
        Start::at(self.newest - self.keep.span)
    }

    /// Whether the two had a payment in this direction that may still be held. Scans the smaller
    /// side: a hub costs its neighbors nothing.
    fn pair(&self, debtor: AccountId, creditor: AccountId) -> bool {
        let out = self.side_entries(debtor, Leg::Debtor);
        let into = self.side_entries(creditor, Leg::Creditor);
        if out.len() <= into.len() {
            any_with(out, Entry::new(0, creditor))
        } else {
            any_with(into, Entry::new(0, debtor))
        }
    }

    /// Puts an entry into one side. `known`: the pair may have others there.
    fn put(&mut self, account: AccountId, leg: Leg, mut entry: Entry, known: bool) -> Fan {
        let (oldest, fan) = (self.oldest(), self.keep.fan);
        let Self { accounts, arena, .. } = self;
        let side = &mut accounts[account.index() / CHUNK][account.index() % CHUNK][leg as usize];
        make_room(side, arena, oldest);
        let (len, head) = (side.len as usize, side.head as usize);
        let entries = side.slots(arena);
        let start = entry.start();
        let mut at = len;
        // Later ones make room: only a late payment finds any.
        if len > 0 && entries[len - 1].since(start) > 0 {
            at = entries[..len].partition_point(|other| other.since(start) <= 0);
            entries.copy_within(at..len, at + 1);
        }
        // Whether one more of the counted entries is now without `NEXT`.
        let mut more = at >= head;
        if known {
            let same = |other: &Entry| other.same_other(entry);
            let newer = entries[at + 1..=len].iter().position(same);
            let older = entries[..at].iter().rposition(same);
            if let Some(older) = older {
                // The one before hands its place among the counted over.
                more &= older < head;
                entries[older].0 |= NEXT;
                entry.0 |= PREV;
            }
            if let Some(newer) = newer {
                entries[at + 1 + newer].0 |= PREV;
                entry.0 |= NEXT;
                more = false;
            }
        }
        entries[at] = entry;
        // Its window moves with the newest entry.
        let from = entries[len].start().before(fan);
        let first = head + usize::from(at < head);
        let passed = entries[first..=len].iter().take_while(|entry| entry.since(from) < 0);
        let (gone, lost) = count(passed);
        side.len += 1;
        side.head = u32::try_from(first).unwrap_or(0) + gone;
        side.fan = side.fan + u32::from(more) - lost;
        Fan { degree: side.len - side.head, distinct: side.fan }
    }

    fn make(&mut self, index: usize) {
        while self.accounts.len() * CHUNK <= index {
            self.accounts.push(vec![[EMPTY; 2]; CHUNK].into_boxed_slice());
        }
    }

    #[inline]
    fn side(&self, account: AccountId, leg: Leg) -> Option<&Side> {
        let index = account.index();
        Some(&self.accounts.get(index / CHUNK)?[index % CHUNK][leg as usize])
    }

    /// Bytes held by lines and blocks.
    pub fn bytes(&self) -> usize {
        self.accounts.len() * CHUNK * size_of::<[Side; 2]>() + self.arena.bytes()
    }
}

/// How many entries, and how many of them without `NEXT`.
fn count<'a>(entries: impl Iterator<Item = &'a Entry>) -> (u32, u32) {
    entries.fold((0, 0), |(all, last), entry| {
        let without: u32 = u32::from(!entry.has_next());
        (all.saturating_add(1), last.saturating_add(without))
    })
}

fn expired(entries: &[Entry], oldest: Start) -> usize {
    entries.partition_point(|entry| entry.since(oldest) < 0)
}

/// Makes place for one more: first where expired entries stood, then in a block twice as large.
#[expect(clippy::arithmetic_side_effects, reason = "small multiples of a capacity")]
fn make_room(side: &mut Side, arena: &mut Arena, oldest: Start) {
    let capacity = side.slots(arena).len();
    if (side.len as usize) < capacity {
        return;
    }
    let gone = expired(side.entries(arena), oldest);
    if gone > 0 {
        forget(side, arena, gone);
    }
    if (side.len as usize) * 4 > capacity * 3 {
        move_to(side, arena, capacity * 2);
    } else {
        settle(side, arena);
    }
}

/// Takes the oldest `gone` entries out.
fn forget(side: &mut Side, arena: &mut Arena, gone: usize) {
    let head = side.head as usize;
    // An idle side still counts entries that its fan window would have left.
    let (_, lost) = count(side.entries(arena).iter().take(gone).skip(head));
    let len = side.len as usize;
    side.slots(arena).copy_within(gone..len, 0);
    let less = |number: u32| number.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
    (side.len, side.head, side.fan) =
        (less(side.len), less(side.head), side.fan.saturating_sub(lost));
}

/// Brings few entries back into the line.
fn settle(side: &mut Side, arena: &mut Arena) {
    if side.block != BlockId::NONE && (side.len as usize) <= INLINE / 2 {
        let old = side.block;
        let mut line = [Entry::NONE; INLINE];
        line.iter_mut().zip(side.entries(arena)).for_each(|(to, from)| *to = *from);
        (side.block, side.line) = (BlockId::NONE, line);
        arena.free(old);
    }
}

fn move_to(side: &mut Side, arena: &mut Arena, capacity: usize) {
    let (old, len) = (side.block, side.len as usize);
    let new = arena.allocate(capacity);
    match old {
        BlockId::NONE => copy(arena.get_mut(new), &side.line, len),
        block => {
            // Between two blocks of one arena: through a small buffer would be another copy.
            arena.copy(block, new, len);
            arena.free(block);
        }
    }
    side.block = new;
}

fn copy(to: &mut [Entry], from: &[Entry], len: usize) {
    to.iter_mut().zip(from).take(len).for_each(|(to, from)| *to = *from);
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the tests make themselves")]
mod tests;
