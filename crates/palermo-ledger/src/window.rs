//! A window: the entries of one account and direction between two event times, newest first.

use crate::detail::{Book, Detail, SetId};
use crate::edges::{Entry as Eight, Start, first_since};
use crate::row::{AccountId, Leg, RowId};
use palermo_domain::{Cents, EventTime};

/// What windows read of one payment, seen from one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Event time.
    pub time: EventTime,
    /// Base amount; `None` where there was no rate.
    pub amount: Option<Cents>,
    /// Which selections hold, interned.
    pub selections: SetId,
    /// The whole payment.
    pub row: RowId,
}

/// Entries in order of (event time, payment id), newest first. A scan of two contiguous blocks.
#[derive(Debug)]
pub struct Window<'a> {
    book: &'a Book,
    entries: &'a [Eight],
    details: &'a [Detail],
}

impl<'a> Window<'a> {
    pub(crate) fn new(
        book: &'a Book,
        account: AccountId,
        leg: Leg,
        from: EventTime,
        to: EventTime,
    ) -> Self {
        let (entries, details) = clip(book, (account, leg), (from, to));
        Self { book, entries, details }
    }
}

/// The entries of one side with `from <= time <= to`, oldest first, and what they carry along.
#[inline]
pub(crate) fn clip(
    book: &Book,
    (account, leg): (AccountId, Leg),
    (from, to): (EventTime, EventTime),
) -> (&[Eight], &[Detail]) {
    let Some(newest) = book.newest() else { return (&[], &[]) };
    // What is kept bounds the question: a difference of times is known within what is kept.
    let (from, to) = (from.0.max(book.oldest()), to.0.min(newest));
    let entries = book.side_entries(account, leg);
    // The newest first: most sides have nothing in the window, and say so with one look.
    if to < from || entries.last().is_none_or(|last| last.since(Start::at(from)) < 0) {
        return (&[], &[]);
    }
    let begin = first_since(entries, Start::at(from));
    let end = match entries.last() {
        Some(last) if last.since(Start::at(to)) > 0 => {
            entries.partition_point(|entry| entry.since(Start::at(to)) <= 0)
        }
        _ => entries.len(),
    };
    let details = book.side_details(account, leg);
    entries.get(begin..end).zip(details.get(begin..end)).unwrap_or((&[], &[]))
}

impl Iterator for Window<'_> {
    type Item = Entry;

    #[inline]
    fn next(&mut self) -> Option<Entry> {
        let (entry, entries) = self.entries.split_last()?;
        let (detail, details) = self.details.split_last()?;
        (self.entries, self.details) = (entries, details);
        Some(Entry {
            time: EventTime(self.book.time(*entry)),
            amount: detail.amount(),
            selections: detail.selections,
            row: detail.row,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.entries.len(), Some(self.entries.len()))
    }
}
