//! Who paid whom and when, per account and direction: what windows and graph searches read.
//!
//! Principal type: [`Edges`]. One 64-byte line per account and direction holds a header and up to
//! six entries; more stand in a contiguous block of a size class. An [`Entry`] is eight bytes: event
//! time, other end, and two flags. What an entry carries along (`D`: amount, selections, row) stands
//! in a block beside it, in the same order, and is read only where a search asks for it. A window is
//! a slice, and a test whether an entry lies in one is a subtraction and a comparison.
//!
//! `NEXT` says that a newer entry with the same other end follows, `PREV` that an older one may
//! precede. So the distinct other ends of a window that ends at the newest entry are the entries
//! without `NEXT`, and no search hashes to tell parallel payments apart.
//!
//! Promises: entries of a side are in order of event time, and at equal times in the order that the
//! caller gives, whatever the order of arrival; an entry that is no older than [`Edges::oldest`] is
//! never dropped.
//! Cost: append O(1), and a scan of the smaller side for the pair's previous payment; a late one is
//! spliced in O(side), a reversed one taken out in O(side). 128 bytes an account, 16 a payment beyond
//! the first six of a side, twice the details, and what growth by doubling leaves empty.
//!
//! Times are integers in one unit of the caller's (milliseconds, or seconds). 37 bits are kept: two
//! entries 2^37 apart would look alike, so a sweep drops what is old before that can happen.

mod arena;
mod entry;
mod side;

use crate::row::{AccountId, Leg};
use entry::{TIME_BITS, any_with, count};
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use side::{Blocks, Side};
use std::sync::Arc;

pub use arena::Raw;
pub use entry::{ACCOUNTS_MAX, Entry, Slice, Start, first_since};

/// Accounts in a chunk: 128 KiB. Chunks are never moved.
const CHUNK: usize = 1024;
/// The longest that entries can be kept: 248 days in milliseconds.
pub const SPAN_MAX: i64 = 5 << (TIME_BITS - 5);
/// Times may lie in `-TIME_MAX..=TIME_MAX`.
pub const TIME_MAX: i64 = 1 << 60;
/// Entries lie less than half a turn apart: a signed difference tells before from after. So the
/// newest time may be so far from the oldest that is kept, 795 days in milliseconds.
pub const REACH: i64 = 1 << (TIME_BITS - 1);
/// A sweep is due where the newest time is so far from what the last one left.
const SWEEP_AT: i64 = REACH - (REACH >> 4);
const _: () = assert!(SPAN_MAX + SPAN_MAX < SWEEP_AT);
/// So many payments look after one account, in turn: idle ones give their blocks back.
const TEND_EVERY: u32 = 4;

/// How long entries are kept, and the window whose distinct other ends are counted as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// An entry is kept while it is no older than this against the newest time seen; where it is
    /// `None`, until [`Edges::forget_before`] says so.
    pub span: Option<i64>,
    /// [`Edges::put`] counts the entries and the other ends in `[t - fan, t]`, t the newest of a side.
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

/// The store. See the module.
#[derive(Clone, Debug)]
pub struct Edges<D = ()> {
    /// Each chunk shared with a snapshot that is being written: then a change copies it first.
    accounts: Vec<Arc<[[Side; 2]]>>,
    blocks: Blocks<D>,
    keep: Keep,
    newest: i64,
    /// What is older is forgotten.
    oldest: i64,
    /// No entry that is still held is older.
    lowest: i64,
    /// The next account to look after, and the payments until then.
    tended: usize,
    untended: u32,
    empty: bool,
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "`make` makes the lines of every account that is added; positions are at most the side's length, which is at most its capacity; times are at most TIME_MAX"
)]
impl<D: Copy + Default> Edges<D> {
    /// An empty store. Spans above [`SPAN_MAX`] are cut to it.
    pub fn new(keep: Keep) -> Self {
        let span = keep.span.map(|span| span.clamp(0, SPAN_MAX));
        Self {
            accounts: Vec::new(),
            blocks: Blocks::default(),
            keep: Keep { span, fan: keep.fan.clamp(0, span.unwrap_or(SPAN_MAX)) },
            newest: 0,
            oldest: -TIME_MAX,
            lowest: 0,
            tended: 0,
            untended: 0,
            empty: true,
        }
    }

    /// The newest time seen.
    pub fn newest(&self) -> Option<i64> {
        (!self.empty).then_some(self.newest)
    }

    /// The beginning of what is kept: nothing that is older is in any window.
    #[inline]
    pub fn oldest(&self) -> i64 {
        self.oldest.max(self.lowest)
    }

    /// Whether a payment of this time can be added: less than [`REACH`] from everything that is kept.
    pub fn reaches(&self, time: i64) -> bool {
        self.empty || (self.newest - time < REACH && time - self.oldest() < REACH)
    }

    /// Event time of an entry.
    #[inline]
    pub fn time(&self, entry: Entry) -> i64 {
        self.lowest + entry.since(Start::at(self.lowest))
    }

    /// Entries of one side with `from <= time <= to`, where `from` is inside what is kept.
    #[inline]
    pub fn window(&self, account: AccountId, leg: Leg, from: i64, to: i64) -> Slice<'_> {
        let Some(side) = self.side(account, leg) else { return Slice::EMPTY };
        let (all, start) = (side.entries(&self.blocks), Start::at(from));
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
        self.side(account, leg).map_or(&[], |side| side.entries(&self.blocks))
    }

    /// What they carry along, in the same order.
    #[inline]
    pub fn side_details(&self, account: AccountId, leg: Leg) -> &[D] {
        self.side(account, leg).map_or(&[], |side| side.details(&self.blocks))
    }

    /// The same, to change it.
    pub fn side_details_mut(&mut self, account: AccountId, leg: Leg) -> &mut [D] {
        let Self { accounts, blocks, .. } = self;
        let index = account.index();
        let Some(chunk) = accounts.get(index / CHUNK) else { return &mut [] };
        let side = &chunk[index % CHUNK][leg as usize];
        let (len, details) = (side.len(), side.details_mut(blocks));
        details.get_mut(..len).unwrap_or(&mut [])
    }

    /// Reads the four lines of a payment that will be added soon, so that they are on their way
    /// from memory meanwhile. Worth it for several payments in a row: their misses overlap. The sum
    /// means nothing; using it keeps the reads.
    #[inline]
    pub fn touch(&self, debtor: AccountId, creditor: AccountId) -> u32 {
        let line = |account, leg| self.side(account, leg).map_or(0, |side| side.fan);
        let both = |account| line(account, Leg::Debtor).wrapping_add(line(account, Leg::Creditor));
        both(debtor).wrapping_add(both(creditor))
    }

    /// Adds a payment, and gives the fans of the debtor's outgoing and the creditor's incoming side.
    ///
    /// An end without an account has no side. Numbers of accounts are below [`ACCOUNTS_MAX`]; a
    /// payment to oneself is an entry of both sides that leads nowhere. The time is within
    /// [`TIME_MAX`]; a payment of a time that the store does not reach ([`Edges::reaches`]) is not
    /// added. `earlier` says whether a known payment of the same time comes before this one.
    #[inline]
    pub fn put(
        &mut self,
        ends: [Option<AccountId>; 2],
        time: i64,
        details: [D; 2],
        earlier: impl Fn(&D) -> bool,
    ) -> [Fan; 2] {
        if !self.admits(time) {
            return [Fan::default(); 2];
        }
        let [debtor, creditor] = ends;
        let others = if debtor == creditor { [None; 2] } else { [creditor, debtor] };
        self.make(ends.into_iter().flatten().map(AccountId::index).max().unwrap_or(0));
        let known = match ends {
            [Some(debtor), Some(creditor)] if debtor != creditor => self.pair(debtor, creditor),
            _ => false,
        };
        let mut fans = [Fan::default(); 2];
        for (at, leg) in Leg::BOTH.into_iter().enumerate() {
            if let Some(account) = ends[at] {
                let entry = Entry::new(time, others[at]);
                fans[at] = self.put_one((account, leg), entry, details[at], known, &earlier);
            }
        }
        fans
    }

    /// Adds to one side only, for stores in which the own end and the other are not of one kind: an
    /// attribute value in the place of the account, and who used it. [`Edges::remove`] takes it out.
    ///
    /// No scan for the pair's previous entry, however long the side is: none of these says `NEXT` or
    /// `PREV`, and [`Slice::distinct`] does not tell them apart.
    pub fn put_at(
        &mut self,
        own: (AccountId, Leg),
        other: AccountId,
        time: i64,
        detail: D,
        earlier: impl Fn(&D) -> bool,
    ) {
        if self.admits(time) {
            self.make(own.0.index());
            self.put_one(own, Entry::new(time, Some(other)), detail, false, earlier);
        }
    }

    /// Takes a payment out of both sides: the one of this time whose detail is meant. Nothing
    /// happens where it is not there.
    pub fn remove(&mut self, ends: [Option<AccountId>; 2], time: i64, meant: impl Fn(&D) -> bool) {
        let (start, fan) = (Start::at(time), self.keep.fan);
        for (account, leg) in ends.into_iter().zip(Leg::BOTH) {
            let Some(account) = account else { continue };
            let Some(side) = self.side(account, leg) else { continue };
            let (entries, details) = (side.entries(&self.blocks), side.details(&self.blocks));
            let first = first_since(entries, start);
            let same = entries[first..].iter().take_while(|entry| entry.since(start) == 0).count();
            let meant_at =
                details.get(first..first + same).and_then(|same| same.iter().position(&meant));
            let Some(at) = meant_at else { continue };
            let Self { accounts, blocks, .. } = self;
            let index = account.index();
            let side =
                &mut Arc::make_mut(&mut accounts[index / CHUNK])[index % CHUNK][leg as usize];
            side.remove(blocks, first + at, fan);
        }
    }

    /// Takes every entry of an account out, and gives its blocks back.
    pub fn clear(&mut self, account: AccountId) {
        let Self { accounts, blocks, .. } = self;
        let index = account.index();
        let chunk = accounts.get_mut(index / CHUNK).map(Arc::make_mut);
        for side in chunk.into_iter().flat_map(|chunk| &mut chunk[index % CHUNK]) {
            side.forget(blocks, side.len());
            side.settle(blocks);
        }
    }

    /// Forgets what is older.
    pub fn forget_before(&mut self, time: i64) {
        self.oldest = self.oldest.max(time);
    }

    /// Moves the clock, and says whether a payment of this time can be added.
    #[inline]
    fn admits(&mut self, time: i64) -> bool {
        // A store with a span forgets by the payment itself what is too far behind it.
        let far = match self.keep.span {
            None => !self.reaches(time),
            Some(_) => !self.empty && self.newest - time >= REACH,
        };
        if far || time < self.oldest {
            return false;
        }
        self.advance(time);
        true
    }

    /// Moves the newest time, and sweeps when the clock has run far.
    #[inline]
    fn advance(&mut self, time: i64) {
        if self.empty {
            (self.newest, self.lowest, self.empty) = (time, time, false);
        }
        self.lowest = self.lowest.min(time);
        if time >= self.newest {
            self.newest = time;
            if let Some(span) = self.keep.span {
                self.oldest = self.oldest.max(time - span);
            }
            if time - self.lowest > SWEEP_AT && self.oldest > self.lowest {
                self.sweep();
            }
        }
        self.untended += 1;
        if self.untended == TEND_EVERY {
            self.tend();
        }
    }

    /// Drops what is older than kept from every side.
    #[cold]
    fn sweep(&mut self) {
        let (lowest, past) = (Start::at(self.lowest), self.oldest - self.lowest);
        let Self { accounts, blocks, .. } = self;
        for side in
            accounts.iter_mut().map(Arc::make_mut).flat_map(|chunk| chunk.iter_mut().flatten())
        {
            // Counted from the lowest, not from what is kept: after a jump that may be a turn away.
            let gone = side.entries(blocks).partition_point(|entry| entry.since(lowest) < past);
            if gone > 0 {
                side.forget(blocks, gone);
                side.settle(blocks);
            }
        }
        self.lowest = self.oldest;
    }

    /// Drops what is older than kept from both sides of the next account.
    fn tend(&mut self) {
        let oldest = Start::at(self.oldest());
        let Self { accounts, blocks, tended, untended, .. } = self;
        let chunk = accounts.get_mut(*tended / CHUNK).map(Arc::make_mut);
        for side in chunk.into_iter().flat_map(|chunk| &mut chunk[*tended % CHUNK]) {
            if side.entries(blocks).first().is_some_and(|first| first.since(oldest) < 0) {
                let gone = side.expired(blocks, oldest);
                side.forget(blocks, gone);
                side.settle(blocks);
            }
        }
        *tended = if *tended / CHUNK < accounts.len() { *tended + 1 } else { 0 };
        *untended = 0;
    }

    /// Whether the two had a payment in this direction that may still be held. Scans the smaller
    /// side: a hub costs its neighbors nothing.
    fn pair(&self, debtor: AccountId, creditor: AccountId) -> bool {
        let out = self.side_entries(debtor, Leg::Debtor);
        let into = self.side_entries(creditor, Leg::Creditor);
        if out.len() <= into.len() {
            any_with(out, Entry::new(0, Some(creditor)))
        } else {
            any_with(into, Entry::new(0, Some(debtor)))
        }
    }

    /// Puts an entry into one side. `known`: the pair may have others there.
    fn put_one(
        &mut self,
        (account, leg): (AccountId, Leg),
        mut entry: Entry,
        detail: D,
        known: bool,
        earlier: impl Fn(&D) -> bool,
    ) -> Fan {
        let (oldest, fan) = (Start::at(self.oldest()), self.keep.fan);
        let Self { accounts, blocks, .. } = self;
        let chunk = Arc::make_mut(&mut accounts[account.index() / CHUNK]);
        let side = &mut chunk[account.index() % CHUNK][leg as usize];
        side.make_room(blocks, oldest);
        let (len, head) = (side.len(), side.head as usize);
        let start = entry.start();
        let entries = side.entries(blocks);
        let mut at = len;
        // Later ones make room: only a late payment, or one of the same time, finds any.
        if entries.last().is_some_and(|newest| newest.since(start) >= 0) {
            at = entries.partition_point(|other| other.since(start) <= 0);
            let first = entries.partition_point(|other| other.since(start) < 0);
            if let Some(ties) = side.details(blocks).get(first..at) {
                at = first + ties.partition_point(earlier);
            }
        }
        // Whether one more of the counted entries is now without `NEXT`.
        let mut more = at >= head && !entry.has_next();
        if known {
            let entries = side.slots(blocks);
            let same = |other: &Entry| other.same_other(entry);
            let newer = entries[at..len].iter().position(same);
            if let Some(older) = entries[..at].iter().rposition(same) {
                // The one before hands its place among the counted over.
                more &= older < head;
                entries[older].set_next(true);
                entry.set_previous();
            }
            if let Some(newer) = newer {
                entries[at + newer].set_previous();
                entry.set_next(true);
                more = false;
            }
        }
        side.insert(blocks, at, entry, detail);
        // Its window moves with the newest entry.
        let first = head + usize::from(at < head);
        let entries = side.entries(blocks);
        let from = entries[len].start().before(fan);
        let passed = entries[first..].iter().take_while(|entry| entry.since(from) < 0);
        let (gone, lost) = count(passed);
        side.head = u32::try_from(first).unwrap_or(0) + gone;
        side.fan = side.fan + u32::from(more) - lost;
        Fan { degree: u32::try_from(len + 1).unwrap_or(0) - side.head, distinct: side.fan }
    }

    #[inline]
    fn make(&mut self, index: usize) {
        if self.accounts.len() * CHUNK <= index {
            self.make_chunks(index);
        }
    }

    #[cold]
    fn make_chunks(&mut self, index: usize) {
        while self.accounts.len() * CHUNK <= index {
            self.accounts.push(vec![[Side::EMPTY; 2]; CHUNK].into());
        }
    }

    #[inline]
    fn side(&self, account: AccountId, leg: Leg) -> Option<&Side> {
        let index = account.index();
        Some(&self.accounts.get(index / CHUNK)?[index % CHUNK][leg as usize])
    }

    /// Bytes held by lines and blocks.
    pub fn bytes(&self) -> usize {
        self.accounts.len() * CHUNK * size_of::<[Side; 2]>() + self.blocks.bytes()
    }
}

impl<D: Raw + Default> Edges<D> {
    /// Hands every line and block over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        let times = (self.newest, self.oldest, self.lowest, self.empty);
        let rest = (self.accounts.len() as u64, times, self.tended as u64, self.untended);
        snapshot::put(sink, "ledger.entries", &rest)?;
        for chunk in &self.accounts {
            arena::put_raw(sink, "ledger.entries", chunk)?;
        }
        self.blocks.write(sink)
    }

    /// Takes them back.
    pub(crate) fn read(source: &mut dyn Source, keep: Keep) -> Result<Self, SnapshotError> {
        let (chunks, times, tended, untended): (u64, (i64, i64, i64, bool), u64, u32) =
            snapshot::take(source, "ledger.entries")?;
        let mut edges = Self::new(keep);
        for _ in 0..chunks {
            edges.accounts.push(arena::take_raw(source, "ledger.entries", CHUNK)?);
        }
        edges.blocks = Blocks::read(source)?;
        (edges.newest, edges.oldest, edges.lowest, edges.empty) = times;
        edges.tended = usize::try_from(tended).unwrap_or(0);
        edges.untended = untended;
        let mut sides = edges.accounts.iter().flat_map(|chunk| chunk.iter().flatten());
        if !sides.all(|side| edges.blocks.know(side)) {
            return Err(SnapshotError::new("ledger.entries", "a block that is not there"));
        }
        Ok(edges)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the tests make themselves")]
mod tests;
