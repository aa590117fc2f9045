//! Eight bytes a payment: its time, the other end, and whether others of the pair stand before or
//! after it.

use super::arena::Raw;
use crate::row::AccountId;

pub(super) const TIME_BITS: u32 = 37;
const TIME_SHIFT: u32 = u64::BITS - TIME_BITS;
const OTHER_SHIFT: u32 = 2;
const OTHER_MASK: u64 = (1 << (TIME_SHIFT - OTHER_SHIFT)) - 1;
const NEXT: u64 = 0b10;
const PREV: u64 = 0b01;
/// Numbers of accounts are below this.
pub const ACCOUNTS_MAX: u32 = (1 << (TIME_SHIFT - OTHER_SHIFT)) - 1;
/// In the place of an account: the payment leads to no other one.
const NOBODY: u64 = ACCOUNTS_MAX as u64;

/// One payment seen from one end.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Entry(pub(super) u64);

impl Raw for Entry {
    const BYTES: usize = 8;

    fn put(self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.0.to_le_bytes());
    }

    fn get(from: &[u8]) -> Self {
        Self(from.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
    }
}

impl Default for Entry {
    fn default() -> Self {
        Self::NONE
    }
}

impl Entry {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn new(time: i64, other: Option<AccountId>) -> Self {
        // What leads nowhere is nobody's newest: no count of other ends sees it.
        let other = other.map_or((NOBODY << OTHER_SHIFT) | NEXT, |other| {
            (other.index() as u64 & OTHER_MASK) << OTHER_SHIFT
        });
        Self((time.cast_unsigned() << TIME_SHIFT) | other)
    }

    /// The account at the other end; of an entry that leads nowhere, one that does not exist.
    #[inline]
    pub fn other(self) -> AccountId {
        AccountId::from_index(u32::try_from((self.0 >> OTHER_SHIFT) & OTHER_MASK).unwrap_or(0))
    }

    /// Whether there is an account at the other end, and not the same one.
    #[inline]
    pub fn leads(self) -> bool {
        (self.0 >> OTHER_SHIFT) & OTHER_MASK != NOBODY
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

    pub(super) fn set_next(&mut self, known: bool) {
        self.0 = if known { self.0 | NEXT } else { self.0 & !NEXT };
    }

    pub(super) fn set_previous(&mut self) {
        self.0 |= PREV;
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
    pub(super) fn start(self) -> Start {
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
    pub(super) fn before(self, span: i64) -> Self {
        Self(self.0.wrapping_sub(span.cast_unsigned() << TIME_SHIFT))
    }
}

/// The entries of one side in a window, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    /// In the window.
    pub entries: &'a [Entry],
    /// Later than the window; empty unless the question is about the past.
    pub(super) later: &'a [Entry],
}

impl<'a> Slice<'a> {
    pub(super) const EMPTY: Self = Self { entries: &[], later: &[] };

    /// The newest entry of each other end, oldest first. No look-ups: an entry without `NEXT` is
    /// one; one with it is only where its follower lies behind the window.
    #[inline]
    pub fn distinct(self) -> impl Iterator<Item = Entry> + 'a {
        let Self { entries, later } = self;
        entries.iter().enumerate().filter_map(move |(at, &entry)| {
            let newest = !entry.has_next()
                || (!later.is_empty()
                    && entry.leads()
                    && !any_with(entries.get(at.saturating_add(1)..)?, entry));
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

pub(super) fn any_with(entries: &[Entry], like: Entry) -> bool {
    entries.iter().any(|entry| entry.same_other(like))
}

/// Entries up to this many are not searched by halving.
const FEW: usize = 16;

/// Where the entries at or after `start` begin, among entries in order of time. Most sides are
/// short: their entries are all looked at, without a branch that could be guessed wrong.
#[inline]
pub fn first_since(entries: &[Entry], start: Start) -> usize {
    if entries.len() <= FEW {
        return entries.iter().filter(|entry| entry.since(start) < 0).count();
    }
    entries.partition_point(|entry| entry.since(start) < 0)
}

/// How many entries, and how many of them without `NEXT`.
pub(super) fn count<'a>(entries: impl Iterator<Item = &'a Entry>) -> (u32, u32) {
    entries.fold((0, 0), |(all, last), entry| {
        let without: u32 = u32::from(!entry.has_next());
        (all.saturating_add(1), last.saturating_add(without))
    })
}
