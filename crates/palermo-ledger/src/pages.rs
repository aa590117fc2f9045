//! The rows themselves, in pages of one UTC day each.
//!
//! A page is filled from both sides: fixed parts of rows from the front, what belongs to each (id,
//! and what few payments carry) from the back, until they meet. A [`RowId`] is the number of the page
//! and the place in it. Whole days are forgotten, so whole pages are: their numbers are given again,
//! their bytes go back to the allocator, and nothing stands per payment to remember its day or to be
//! freed.
//!
//! Promises: no row is ever moved or copied, and no insert waits for more than one page to be made.
//! Cost: 55 bytes a payment and its tail; a page is begun for each day in which there is a payment.

use crate::few::{Few, Gathered};
use crate::pack::{self, DAY_MS, Fixed, ROW};
use crate::payment_id::{self, Packed};
use crate::row::{Row, RowId};
use crate::shared::Shared;
use palermo_domain::EventTime;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes of a page.
pub(crate) const PAGE: usize = 16 * 1024;
/// Rows in a page have numbers of so many bits.
const PLACE_BITS: u32 = 8;
const ROWS_MAX: u16 = 1 << PLACE_BITS;
/// As many pages as can be told apart: 275 GB.
const PAGES_MAX: usize = 1 << (32 - PLACE_BITS);

/// Rows by number.
#[derive(Clone, Default)]
pub(crate) struct Pages {
    pages: Vec<Page>,
    /// Numbers to be given again.
    free: Vec<u32>,
    /// Pages of each day, the last of which is being filled.
    days: BTreeMap<i64, Vec<u32>>,
    scratch: Vec<u8>,
}

#[derive(Clone, Default)]
struct Page {
    /// Midnight at which its day begins.
    midnight: i64,
    rows: u16,
    /// Where the tails begin.
    tails: u16,
    /// Shared with a snapshot that is being written: then a change copies it first.
    bytes: Option<Arc<[u8; PAGE]>>,
}

/// A page in a snapshot. What is free in between is nothing but zeros.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    midnight: i64,
    rows: u16,
    tails: u16,
    live: bool,
    #[serde(serialize_with = "whole")]
    front: &'a [u8],
    #[serde(serialize_with = "whole")]
    back: &'a [u8],
}

/// At once, not byte by byte.
fn whole<S: Serializer>(bytes: &&[u8], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytes)
}

impl Page {
    fn kept(&self) -> Kept<'_> {
        let bytes = self.bytes.as_deref().map_or(&[][..], |bytes| bytes);
        Kept {
            midnight: self.midnight,
            rows: self.rows,
            tails: self.tails,
            live: self.bytes.is_some(),
            front: bytes.get(..usize::from(self.rows).saturating_mul(ROW)).unwrap_or(&[]),
            back: bytes.get(usize::from(self.tails)..).unwrap_or(&[]),
        }
    }
}

impl Kept<'_> {
    /// The page; `None` where its parts do not fit into one.
    fn page(&self) -> Option<Page> {
        let Self { midnight, rows, tails, live, front, back } = *self;
        if !live {
            return Some(Page { midnight, rows, tails, bytes: None });
        }
        let fits = front.len() == usize::from(rows).checked_mul(ROW)?
            && back.len() == PAGE.checked_sub(usize::from(tails))?
            && front.len() <= usize::from(tails)
            && rows <= ROWS_MAX;
        let mut bytes = fits.then_some([0; PAGE])?;
        bytes.get_mut(..front.len())?.copy_from_slice(front);
        bytes.get_mut(usize::from(tails)..)?.copy_from_slice(back);
        Some(Page { midnight, rows, tails, bytes: Some(Arc::new(bytes)) })
    }
}

/// A row as it lies in its page.
#[derive(Clone, Copy)]
pub(crate) struct Slot<'a> {
    page: &'a [u8; PAGE],
    pub(crate) fixed: &'a Fixed,
    midnight: i64,
}

impl<'a> Slot<'a> {
    /// Event time.
    #[inline]
    pub(crate) fn time(self) -> EventTime {
        // A time is its midnight and the rest, also where the midnight is before the first time.
        EventTime(self.midnight.wrapping_add(pack::millis(self.fixed)))
    }

    /// The packed id.
    pub(crate) fn id(self) -> &'a [u8] {
        let tail = self.page.get(pack::tail(self.fixed)..).unwrap_or(&[]);
        tail.get(..payment_id::length(tail)).unwrap_or(&[])
    }

    /// Which parts stand behind the id, by their bits.
    pub(crate) fn parts(self) -> u64 {
        if !pack::has(self.fixed, pack::MORE) {
            return 0;
        }
        let tail = self.page.get(pack::tail(self.fixed)..).unwrap_or(&[]);
        crate::few::mask(tail.get(payment_id::length(tail)..).unwrap_or(&[]))
    }

    /// What stands behind the id.
    #[inline]
    pub(crate) fn few(self, few: Few) -> Option<&'a [u8]> {
        if !pack::has(self.fixed, pack::MORE) {
            return None;
        }
        let tail = self.page.get(pack::tail(self.fixed)..)?;
        crate::few::find(tail.get(payment_id::length(tail)..)?, few)
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "`tails` is at most PAGE and never below what the rows take, as a row is added only where it fits; numbers of pages come from `open`"
)]
impl Pages {
    /// Whether another thousand payments can be numbered.
    pub(crate) fn has_room(&self) -> bool {
        self.pages.len() + 1024 <= PAGES_MAX
    }

    /// Adds a row with its id and the rest.
    pub(crate) fn insert(
        &mut self,
        time: EventTime,
        mut fixed: Fixed,
        id: &Packed,
        few: &Gathered,
    ) -> RowId {
        let mut tail = std::mem::take(&mut self.scratch);
        tail.clear();
        tail.extend_from_slice(id.bytes());
        if !few.is_empty() {
            few.write(&mut tail);
        }
        let number = self.open(time, tail.len());
        let page = &mut self.pages[number as usize];
        page.tails -= u16::try_from(tail.len()).unwrap_or(0);
        pack::set_tail(&mut fixed, page.tails);
        let (start, at) = (usize::from(page.rows) * ROW, usize::from(page.tails));
        if let Some(bytes) = page.bytes.as_mut().map(Arc::make_mut) {
            bytes[start..start + ROW].copy_from_slice(&fixed);
            bytes[at..at + tail.len()].copy_from_slice(&tail);
        }
        let id = RowId(number << PLACE_BITS | u32::from(page.rows));
        page.rows += 1;
        self.scratch = tail;
        id
    }

    /// The page of a day that has room for one more row.
    fn open(&mut self, time: EventTime, tail: usize) -> u32 {
        let day = time.0.div_euclid(DAY_MS);
        let of_day = self.days.entry(day).or_default();
        if let Some(&number) = of_day.last() {
            let page = &self.pages[number as usize];
            let full = usize::from(page.rows + 1) * ROW + tail > usize::from(page.tails);
            if page.rows < ROWS_MAX && !full {
                return number;
            }
        }
        let midnight = day.wrapping_mul(DAY_MS);
        let bytes = Some(Arc::new([0; PAGE]));
        let page = Page { midnight, rows: 0, tails: u16::try_from(PAGE).unwrap_or(0), bytes };
        let number = self.free.pop().unwrap_or_else(|| {
            self.pages.push(Page::default());
            u32::try_from(self.pages.len() - 1).unwrap_or(u32::MAX)
        });
        self.pages[number as usize] = page;
        of_day.push(number);
        number
    }

    /// A row.
    #[inline]
    pub(crate) fn slot(&self, id: RowId) -> Option<Slot<'_>> {
        let page = self.pages.get((id.0 >> PLACE_BITS) as usize)?;
        let place = id.0 & u32::from(ROWS_MAX - 1);
        if place >= u32::from(page.rows) {
            return None;
        }
        let bytes = page.bytes.as_deref()?;
        let fixed = bytes.get(place as usize * ROW..)?.first_chunk()?;
        Some(Slot { page: bytes, fixed, midnight: page.midnight })
    }

    /// A row, to be read.
    #[inline]
    pub(crate) fn row<'a>(&'a self, shared: &'a Shared, id: RowId) -> Option<Row<'a>> {
        Some(Row::new(shared, self.slot(id)?))
    }

    /// The packed id of a row.
    pub(crate) fn id(&self, id: RowId) -> &[u8] {
        self.slot(id).map_or(&[], Slot::id)
    }

    /// Sets a flag of a row.
    pub(crate) fn set(&mut self, id: RowId, flag: u32) {
        let page = self.pages.get_mut((id.0 >> PLACE_BITS) as usize);
        let place = id.0 & u32::from(ROWS_MAX - 1);
        let Some(page) = page.filter(|page| place < u32::from(page.rows)) else { return };
        let start = place as usize * ROW;
        let bytes = page.bytes.as_mut().map(Arc::make_mut);
        let row = bytes.and_then(|bytes| bytes[start..].first_chunk_mut());
        if let Some(row) = row {
            pack::set(row, flag);
        }
    }

    /// Every row, in order of its number.
    pub(crate) fn ids(&self) -> impl Iterator<Item = RowId> + '_ {
        let rows = |(number, page): (u32, &Page)| {
            (0..u32::from(page.rows)).map(move |place| RowId(number << PLACE_BITS | place))
        };
        (0..).zip(&self.pages).flat_map(rows)
    }

    /// Days in which there is a payment, each with the time at which it ends, in order.
    pub(crate) fn days(&self) -> impl Iterator<Item = EventTime> + '_ {
        self.days.keys().map(|day| end_of(*day))
    }

    /// The rows of the oldest day, if it ends no later than `cutoff`, and when it ends.
    pub(crate) fn oldest_until(&self, cutoff: EventTime) -> Option<(EventTime, Vec<RowId>)> {
        let (day, pages) = self.days.first_key_value()?;
        let ends = end_of(*day);
        if ends > cutoff {
            return None;
        }
        let rows = |&number: &u32| {
            let rows = self.pages.get(number as usize).map_or(0, |page| page.rows);
            (0..u32::from(rows)).map(move |place| RowId(number << PLACE_BITS | place))
        };
        Some((ends, pages.iter().flat_map(rows).collect()))
    }

    /// Forgets the oldest day.
    pub(crate) fn forget_oldest(&mut self) {
        let Some((_, pages)) = self.days.pop_first() else { return };
        for &number in &pages {
            self.pages[number as usize] = Page::default();
        }
        self.free.extend(pages);
    }

    /// Hands every page over: of one that is not full, its two ends.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        snapshot::put(sink, "ledger.days", &(self.pages.len() as u64, &self.free, &self.days))?;
        for pages in self.pages.chunks(snapshot::PART_BYTES / PAGE) {
            let pages: Vec<Kept<'_>> = pages.iter().map(Page::kept).collect();
            snapshot::put(sink, "ledger.rows", &pages)?;
        }
        Ok(())
    }

    /// Takes every page back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let (count, free, days): (u64, Vec<u32>, BTreeMap<i64, Vec<u32>>) =
            snapshot::take(source, "ledger.days")?;
        let mut pages = Vec::new();
        while (pages.len() as u64) < count {
            let bytes = source.next_part("ledger.rows")?;
            let more: Vec<Kept<'_>> = snapshot::decode("ledger.rows", &bytes)?;
            if more.is_empty() {
                return Err(SnapshotError::new("ledger.rows", "a part without pages"));
            }
            for kept in more {
                let damaged = || SnapshotError::new("ledger.rows", "a page does not fit");
                pages.push(kept.page().ok_or_else(damaged)?);
            }
        }
        let known = |number: &u32| (*number as usize) < pages.len();
        if !free.iter().chain(days.values().flatten()).all(known) {
            return Err(SnapshotError::new("ledger.days", "a page that is not there"));
        }
        Ok(Self { pages, free, days, scratch: Vec::new() })
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        let live = self.pages.len() - self.free.len();
        live * PAGE
            + self.pages.capacity() * size_of::<Page>()
            + self.free.capacity() * size_of::<u32>()
            + self.scratch.capacity()
            // A number in the list of its day, at most half of which is empty, and the list.
            + live * 8
            + self.days.len() * 48
    }
}

fn end_of(day: i64) -> EventTime {
    EventTime(day.saturating_add(1).saturating_mul(DAY_MS))
}
