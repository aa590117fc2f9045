//! A store that is filled from a stream as it comes: late, twice, taken back.
//!
//! Principal type: [`Stream`]. It keeps what the longest window needs, knows which ids it has seen
//! inside that, and says when a payment is *settled*: no earlier one is expected any more, so that the
//! answers of searches are the same as if everything had come once and in order. Whoever asks about
//! settled payments only never has to revise an answer.
//!
//! Promises: an id is applied once; other content under the same id is a conflict and changes
//! nothing; a payment taken back leaves every window, whichever of the two came first.
//! Cost: per payment a hash of its id and a place in an ordered set of those not settled. Memory: the
//! payments inside span and lateness, with their ids.

use crate::view::{ByArrival, Edge, Order};
use hashbrown::HashTable;
use palermo_domain::{Cents, FixedHashSet, FixedState};
use palermo_ledger::edges::{Keep, SPAN_MAX};
use palermo_ledger::{AccountId, Book, Detail, RowId, SetId};
use std::collections::{BTreeSet, VecDeque};
use std::hash::BuildHasher;

/// A payment as it comes.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the parts of a payment")]
pub struct Incoming<'a> {
    pub id: &'a str,
    pub ends: [Option<AccountId>; 2],
    pub time: i64,
    pub amount: Option<Cents>,
    /// A hash of everything it says: tells a second delivery from a conflict.
    pub content: u64,
}

/// What became of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It is in the windows.
    Applied,
    /// The same, but earlier payments were settled before it.
    Late,
    /// It came before.
    Duplicate,
    /// Another one has its id.
    Conflict,
    /// It is older than anything that is kept.
    Beyond,
    /// It was taken back before it came.
    Reversed,
}

/// What became of a reversal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// Before anybody asked about the payment.
    Unsettled,
    /// Answers for later payments, and its own, were given with it.
    Settled,
    /// Its payment has not come yet.
    Waits,
    /// It was taken back before.
    Again,
}

/// A payment that may be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which one.
    pub row: RowId,
    /// As an edge; `None` for a payment to oneself or with one account.
    pub edge: Option<Edge>,
}

#[derive(Debug)]
struct Row {
    id: Box<str>,
    ends: [Option<AccountId>; 2],
    time: i64,
    amount: Option<Cents>,
    content: u64,
    reversed: bool,
}

/// The store. See the module.
#[derive(Debug)]
pub struct Stream {
    book: Book,
    /// In order of arrival; the first has the number `first`.
    rows: VecDeque<Row>,
    first: u64,
    ids: HashTable<u64>,
    hasher: FixedState,
    /// (event time, number), in order.
    unsettled: BTreeSet<(i64, u64)>,
    /// Ids of payments that are taken back and have not come.
    waiting: FixedHashSet<Box<str>>,
    /// The same, each with the time after which it is given up, in order of that.
    given_up_at: BTreeSet<(i64, Box<str>)>,
    given_up: usize,
    span: i64,
    lateness: i64,
    newest: Option<i64>,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "times are within edges::TIME_MAX, spans within SPAN_MAX; what is numbered is in memory"
)]
impl Stream {
    /// Keeps `span` for the longest window, and waits `lateness` for late payments. Both together
    /// are cut to what a store can keep.
    pub fn new(span: i64, lateness: i64) -> Self {
        let lateness = lateness.clamp(0, SPAN_MAX);
        let span = span.clamp(0, SPAN_MAX - lateness);
        Self {
            book: Book::new(Keep { span: None, fan: 0 }),
            rows: VecDeque::new(),
            first: 0,
            ids: HashTable::new(),
            hasher: FixedState::default(),
            unsettled: BTreeSet::new(),
            waiting: FixedHashSet::default(),
            given_up_at: BTreeSet::new(),
            given_up: 0,
            span,
            lateness,
            newest: None,
        }
    }

    /// Takes a payment in, and calls `each` for those that are settled by that, in order.
    pub fn add(&mut self, incoming: &Incoming<'_>, each: &mut dyn FnMut(&Self, Settled)) -> Came {
        let Incoming { id, ends, time, amount, content } = *incoming;
        let hash = self.hasher.hash_one(id);
        if let Some(row) = self.find(hash, id).and_then(|number| self.row(number)) {
            return if row.content == content { Came::Duplicate } else { Came::Conflict };
        }
        if self.newest.is_some_and(|newest| time < newest - self.span - self.lateness) {
            return Came::Beyond;
        }
        let late = self.newest.is_some_and(|newest| time < newest - self.lateness);
        self.newest = Some(self.newest.map_or(time, |newest| newest.max(time)));
        // Before anything is forgotten that they may look at.
        self.settle(each);
        self.forget();
        let reversed = self.waiting.remove(id);
        let number = self.first + self.rows.len() as u64;
        self.rows.push_back(Row { id: id.into(), ends, time, amount, content, reversed });
        let Self { ids, hasher, rows, first, .. } = self;
        ids.insert_unique(hash, number, |&known| {
            let row = usize::try_from(known - *first).ok().and_then(|at| rows.get(at));
            hasher.hash_one(row.map_or("", |row| &*row.id))
        });
        if reversed {
            return Came::Reversed;
        }
        let row = row_of(number);
        let detail = Detail::new(amount, row, SetId::default());
        self.book.put(ends, time, [detail; 2], |known| ByArrival.before(known.row, row));
        self.unsettled.insert((time, number));
        self.settle(each);
        if late { Came::Late } else { Came::Applied }
    }

    /// Takes the payment with this id back; `time` is the reversal's own. A payment that does not come
    /// while it could be kept, by that time or by what has come until now, is given up.
    pub fn reverse(&mut self, id: &str, time: i64) -> TakenBack {
        let hash = self.hasher.hash_one(id);
        let Some(number) = self.find(hash, id) else {
            if !self.waiting.insert(id.into()) {
                return TakenBack::Again;
            }
            // After a silence what has come until now is long ago.
            let now = self.newest.map_or(time, |newest| newest.max(time));
            self.given_up_at.insert((now + self.span + self.lateness, id.into()));
            return TakenBack::Waits;
        };
        let at = usize::try_from(number - self.first).ok();
        let Some(row) = at.and_then(|at| self.rows.get_mut(at)) else { return TakenBack::Again };
        if std::mem::replace(&mut row.reversed, true) {
            return TakenBack::Again;
        }
        self.book.remove(row.ends, row.time, |known| known.row == row_of(number));
        match self.unsettled.remove(&(row.time, number)) {
            true => TakenBack::Unsettled,
            false => TakenBack::Settled,
        }
    }

    /// Calls `each` for every payment that no earlier one is expected before.
    fn settle(&mut self, each: &mut dyn FnMut(&Self, Settled)) {
        let Some(newest) = self.newest else { return };
        while let Some(&(time, number)) = self.unsettled.first()
            && time <= newest - self.lateness
        {
            self.unsettled.pop_first();
            self.settled(time, number).into_iter().for_each(|settled| each(self, settled));
        }
    }

    /// Calls `each` for the rest: nothing more will come.
    pub fn finish(&mut self, each: &mut dyn FnMut(&Self, Settled)) {
        while let Some((time, number)) = self.unsettled.pop_first() {
            self.settled(time, number).into_iter().for_each(|settled| each(self, settled));
        }
    }

    fn settled(&self, time: i64, number: u64) -> Option<Settled> {
        let row = self.row(number)?;
        let edge = match row.ends {
            [Some(debtor), Some(creditor)] if debtor != creditor => {
                Some(Edge { row: row_of(number), debtor, creditor, time, amount: row.amount })
            }
            _ => None,
        };
        Some(Settled { row: row_of(number), edge })
    }

    /// The id of a payment that is kept.
    pub fn id(&self, row: RowId) -> &str {
        let after_first = row.0.wrapping_sub(row_of(self.first).0);
        self.rows.get(after_first as usize).map_or("", |row| &row.id)
    }

    /// Who paid whom.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Reversals whose payment did not come, or came before what is kept.
    pub fn waiting(&self) -> usize {
        self.waiting.len() + self.given_up
    }

    fn row(&self, number: u64) -> Option<&Row> {
        usize::try_from(number.checked_sub(self.first)?).ok().and_then(|at| self.rows.get(at))
    }

    fn find(&self, hash: u64, id: &str) -> Option<u64> {
        let same = |&number: &u64| self.row(number).is_some_and(|row| &*row.id == id);
        self.ids.find(hash, same).copied()
    }

    /// Forgets what no window of a payment to come can ask for.
    fn forget(&mut self) {
        let Some(newest) = self.newest else { return };
        let oldest = newest - self.span - self.lateness;
        self.book.forget_before(oldest);
        while self.rows.front().is_some_and(|row| row.time < oldest)
            && let Some(row) = self.rows.pop_front()
        {
            let number = self.first;
            let hash = self.hasher.hash_one(&*row.id);
            if let Ok(entry) = self.ids.find_entry(hash, |&known| known == number) {
                entry.remove();
            }
            self.first = number + 1;
        }
        while self.given_up_at.first().is_some_and(|(until, _)| *until < newest)
            && let Some((_, id)) = self.given_up_at.pop_first()
        {
            self.given_up += usize::from(self.waiting.remove(&id));
        }
    }
}

/// Rows are told apart by the low half of their number: fewer than 2^31 are kept at a time.
fn row_of(number: u64) -> RowId {
    RowId(u32::try_from(number & u64::from(u32::MAX)).unwrap_or(0))
}
