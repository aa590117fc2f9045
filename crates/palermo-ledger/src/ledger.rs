//! The store itself: rows, ids, accounts and their entries, eviction and accounting.
//!
//! Life of a payment: [`Ledger::find`] tells duplicates and conflicts; [`Ledger::insert`] makes
//! the row; the caller decides selections; [`Ledger::link`] puts an entry at both accounts.
//! [`Ledger::unlink`] takes a reversed payment out of every window. [`Ledger::evict`] forgets
//! whole UTC days that end before the cutoff: pages at once, and for each payment of such a day its
//! id and what outlives it, a few microseconds in the one call that passes midnight.

use crate::detail::{Book, Detail, SetId};
use crate::edges::{ACCOUNTS_MAX, Start, first_since};
use crate::few::Gathered;
use crate::intern::{Atom, Atoms, Places};
use crate::pack::REVERSED;
use crate::pages::Pages;
use crate::party::Parties;
use crate::past::{KEPT_DAYS, Past};
use crate::payment_id::{Packed, PaymentId, compare};
use crate::rates::Rates;
use crate::row::{AccountId, Leg, Origin, Row, RowId};
use crate::running::Running;
use crate::shards::Shards;
use crate::shared::Shared;
use crate::snapshot::KEEP;
use crate::subjects::Subjects;
use crate::totals::Totals;
use crate::window::Window;
use palermo_domain::{Currency, Date, EventTime, FixedHashMap, FixedState, Payment, Span, Status};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// Tables of payment ids, as a power of two: with a hundred million payments one of them grows by
/// some 24,000 at a time, which takes milliseconds.
const ID_SHARDS: u32 = 12;

/// Accounts that may come between two looks at whether there is room.
const ACCOUNTS_SLACK: usize = 1 << 20;
/// Longer than this neither silence nor acquaintance is told.
const LONGEST: Span = Span::from_days(KEPT_DAYS as i64);

/// The payments inside the horizon, and what outlives it.
pub struct Ledger {
    pub(crate) pages: Pages,
    /// What rows share; nothing of it is forgotten.
    pub(crate) shared: Shared,
    /// Rows by payment id.
    pub(crate) ids: Shards,
    pub(crate) hasher: FixedState,
    pub(crate) accounts: Atoms,
    /// Devices, terminals and the like, where a rule asks for them.
    pub(crate) subjects: Subjects,
    pub(crate) book: Book,
    /// Totals of long windows; interior, since questions keep them.
    pub(crate) running: RefCell<Running>,
    /// Days that payments name, or happened on where they did, as texts.
    pub(crate) days: FixedHashMap<i32, Atom>,
    /// Texts other than accounts and payment ids.
    pub atoms: Atoms,
    /// Places.
    pub places: Places,
    /// Customers.
    pub parties: Parties,
    /// Daily rates.
    pub rates: Rates,
    pub(crate) unconverted: BTreeMap<Currency, u64>,
    pub(crate) past: Past,
    pub(crate) kept_from: EventTime,
    pub(crate) held: u64,
    few: Gathered,
}

/// What is known of a payment id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Never seen inside the horizon.
    New,
    /// Seen, with this row.
    Seen(RowId),
}

/// Bytes held, by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of the ledger")]
pub struct Memory {
    pub rows: usize,
    pub entries: usize,
    pub texts: usize,
    pub parties: usize,
    pub past: usize,
}

impl Memory {
    /// All of it.
    pub fn total(self) -> usize {
        self.rows
            .saturating_add(self.entries)
            .saturating_add(self.texts)
            .saturating_add(self.parties)
            .saturating_add(self.past)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("payments", &self.held).finish_non_exhaustive()
    }
}

impl Ledger {
    /// An empty ledger.
    pub fn new(base: Currency) -> Self {
        Self {
            pages: Pages::default(),
            shared: Shared::default(),
            ids: Shards::new(ID_SHARDS),
            hasher: FixedState::default(),
            accounts: Atoms::default(),
            subjects: Subjects::default(),
            book: Book::new(KEEP),
            running: RefCell::default(),
            days: FixedHashMap::default(),
            atoms: Atoms::default(),
            places: Places::default(),
            parties: Parties::default(),
            rates: Rates::new(base),
            unconverted: BTreeMap::new(),
            past: Past::default(),
            kept_from: EventTime::MIN,
            held: 0,
            few: Gathered::default(),
        }
    }

    /// The number of an account, made on first sight.
    pub fn account(&mut self, key: &str) -> AccountId {
        AccountId::from_index(self.accounts.intern(key).index())
    }

    /// The number of an account, if it was ever seen.
    pub fn find_account(&self, key: &str) -> Option<AccountId> {
        self.accounts.find(key).map(|atom| AccountId::from_index(atom.index()))
    }

    /// The text of an account.
    pub fn account_text(&self, account: AccountId) -> &str {
        // Accounts have their own atoms, so the numbers are the same.
        self.accounts.text_at(account.index())
    }

    /// How many accounts and other subjects were seen.
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Whether one more payment can be kept: accounts beyond 33 million and rows beyond 275 GB could
    /// not be told apart.
    pub fn has_room(&self) -> bool {
        self.accounts.len().saturating_add(ACCOUNTS_SLACK) <= ACCOUNTS_MAX as usize
            && self.pages.has_room()
    }

    /// Whether a payment of this time can be kept beside what is kept: times 795 days from each
    /// other could not be told apart.
    pub fn reaches(&self, time: EventTime) -> bool {
        self.book.reaches(time.0)
    }

    /// Who paid whom: for graph searches.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Every account and other subject, in order of first sight.
    pub fn account_ids(&self) -> impl Iterator<Item = AccountId> + use<> {
        (0..u32::try_from(self.accounts.len()).unwrap_or(u32::MAX)).map(AccountId::from_index)
    }

    /// Takes in a party record; `false` where a newer one is known.
    pub fn apply_party(&mut self, party: &palermo_domain::Party) -> bool {
        let before = self.held_by(party.party.expose());
        let Self { atoms, places, parties, accounts, .. } = self;
        let newer = parties.apply(party, atoms, places, &mut |key| {
            AccountId::from_index(accounts.intern(key).index())
        });
        self.follow_party(party.party.expose(), before);
        newer
    }

    /// Ends a party (a tombstone).
    pub fn end_party(&mut self, party: &str) {
        let before = self.held_by(party);
        if let Some(id) = self.atoms.find(party) {
            self.parties.end(id);
        }
        self.follow_party(party, before);
    }

    /// Whether a payment id was seen inside the horizon.
    pub fn find(&self, payment_id: &str) -> Known {
        let packed = Packed::new(payment_id);
        let hash = self.hasher.hash_one(packed.bytes());
        let same = |number| self.pages.id(RowId(number)) == packed.bytes();
        self.ids.find(hash, same).map_or(Known::New, |number| Known::Seen(RowId(number)))
    }

    /// A payment.
    #[inline]
    pub fn row(&self, id: RowId) -> Option<Row<'_>> {
        self.pages.row(&self.shared, id)
    }

    /// The id of a payment as text.
    pub fn payment_id(&self, id: RowId) -> PaymentId<'_> {
        PaymentId::unpack(self.pages.id(id))
    }

    /// How the ids of two payments compare as texts.
    pub fn compare_ids(&self, a: RowId, b: RowId) -> std::cmp::Ordering {
        if a == b {
            return std::cmp::Ordering::Equal;
        }
        compare(self.pages.id(a), self.pages.id(b))
    }

    /// Every payment that is in a window, in order of row number.
    pub fn row_ids(&self) -> Vec<RowId> {
        let linked = |id: &RowId| self.row(*id).is_some_and(|row| !row.reversed());
        self.pages.ids().filter(linked).collect()
    }

    /// Makes the row of a payment; it is in no window until it is linked.
    pub fn insert(&mut self, payment: &Payment<'_>, origin: Origin) -> RowId {
        let mut few = std::mem::take(&mut self.few);
        let fixed = self.bind(payment, origin, &mut few);
        let packed = Packed::new(payment.payment_id.expose());
        let id = self.pages.insert(payment.event_time, fixed, &packed, &few);
        self.few = few;
        self.held = self.held.saturating_add(1);
        let Self { ids, hasher, pages, .. } = self;
        let hash = hasher.hash_one(packed.bytes());
        ids.insert(hash, id.0, |number| hasher.hash_one(pages.id(RowId(number))));
        if !self.subjects.wanted().is_empty() {
            self.meet_subjects(id);
        }
        id
    }

    /// Puts a row into the windows of its accounts, with the selections of each end.
    pub fn link(&mut self, id: RowId, debtor: SetId, creditor: SetId) {
        let Self { pages, shared, book, running, .. } = self;
        let Some(row) = pages.row(shared, id) else { return };
        for (account, leg) in ends(row).into_iter().zip(Leg::BOTH) {
            let Some(account) = account else { continue };
            let newest = book.side_entries(account, leg).last();
            if newest.is_some_and(|newest| row.time().0 < book.time(*newest)) {
                running.get_mut().disturb(account);
            }
        }
        let detail = |selections| Detail::new(row.amount(), id, selections);
        book.put(ends(row), row.time().0, [detail(debtor), detail(creditor)], |known| {
            compare(pages.id(known.row), pages.id(id)).is_lt()
        });
        if !self.subjects.wanted().is_empty() {
            let wanted = self.subjects.wanted();
            self.link_subjects(id, wanted, [debtor, creditor]);
        }
    }

    /// The selections of both ends of a payment that is in the windows of its accounts (debtor,
    /// creditor); an end without an account has none.
    pub fn selections(&self, id: RowId) -> [SetId; 2] {
        let Some(row) = self.row(id) else { return [SetId::default(); 2] };
        Leg::BOTH.map(|leg| {
            let Some(account) = row.account(leg) else { return SetId::default() };
            let mut same = self.window(account, leg, row.time(), row.time());
            same.find(|entry| entry.row == id).map_or(SetId::default(), |entry| entry.selections)
        })
    }

    /// Takes a payment out of every window; its id stays known.
    pub fn unlink(&mut self, id: RowId) {
        self.pages.set(id, REVERSED);
        let Self { pages, shared, book, running, .. } = self;
        let Some(row) = pages.row(shared, id) else { return };
        ends(row).into_iter().flatten().for_each(|account| running.get_mut().disturb(account));
        book.remove(ends(row), row.time().0, |known| known.row == id);
        if !self.subjects.wanted().is_empty() {
            self.unlink_subjects(id);
        }
    }

    /// Entries of an account with `from <= time <= to`, newest first.
    pub fn window(
        &self,
        account: AccountId,
        leg: Leg,
        from: EventTime,
        to: EventTime,
    ) -> Window<'_> {
        Window::new(&self.book, account, leg, from.max(self.kept_from), to)
    }

    /// How many, how much, with how many accounts: the payments of one side with
    /// `to - length <= time <= to` that `chosen` says `true` for. It is the test of the selection
    /// with this number, and says the same until the next [`Ledger::reselect`].
    pub fn totals(
        &self,
        side: (AccountId, Leg),
        (length, to): (Span, EventTime),
        selection: u16,
        chosen: impl Fn(SetId) -> bool + Copy,
    ) -> Totals {
        let window = (length.as_millis(), to);
        self.running.borrow_mut().totals(&self.book, side, window, selection, chosen)
    }

    /// Decides the selections of every entry anew (after an activation).
    pub fn reselect(&mut self, decide: &mut dyn FnMut(&Self, RowId, Leg) -> SetId) {
        self.running.get_mut().clear();
        let mut sets = FixedHashMap::default();
        // An end without an account may carry another subject.
        let others = !self.subjects.wanted().is_empty();
        for id in self.row_ids() {
            for leg in Leg::BOTH {
                if others || self.row(id).is_some_and(|row| row.account(leg).is_some()) {
                    sets.insert((id, leg), decide(self, id, leg));
                }
            }
        }
        for account in self.account_ids() {
            for leg in Leg::BOTH {
                for detail in self.book.side_details_mut(account, leg) {
                    if let Some(set) = sets.get(&(detail.row, leg)) {
                        detail.selections = *set;
                    }
                }
            }
        }
    }

    /// Forgets the UTC days that end before `cutoff`; returns how many payments.
    pub fn evict(&mut self, cutoff: EventTime) -> u64 {
        let mut gone: u64 = 0;
        while let Some((ends, rows)) = self.pages.oldest_until(cutoff) {
            for &id in &rows {
                self.fold(id);
                let hash = self.hasher.hash_one(self.pages.id(id));
                self.ids.remove(hash, id.0);
            }
            self.pages.forget_oldest();
            gone = gone.saturating_add(rows.len() as u64);
            self.kept_from = self.kept_from.max(ends);
        }
        self.held = self.held.saturating_sub(gone);
        if gone > 0 {
            self.past.forget(self.kept_from.date());
        }
        // Their entries are in no window from here on; accounts drop them when they are next met. After
        // a silence nothing stands in the days before the cutoff's either, whatever came last.
        self.book.forget_before(self.kept_from.max(cutoff.date().midnight()).0);
        gone
    }

    /// Folds a payment that leaves into what outlives it: booked ones that were not taken back.
    fn fold(&mut self, id: RowId) {
        let Self { pages, shared, past, .. } = self;
        let row = pages.row(shared, id);
        let counts = |row: &Row<'_>| row.manner().status == Status::Booked && !row.reversed();
        if let Some(row) = row.filter(counts) {
            past.fold(row.time().date(), ends(row), row.amount());
        }
    }

    /// How long an account was silent before a time: since the end of the UTC day of its last booked
    /// payment in either direction; [`KEPT_DAYS`] at most. `None` where no payment before is known.
    /// To the day, so that it says the same whether that payment has left the ledger or not.
    pub fn idle_before(&self, account: AccountId, time: EventTime) -> Option<Span> {
        let until = time.just_before();
        let last = |leg| {
            self.window(account, leg, EventTime::MIN, until)
                .find(|entry| self.is_booked(entry.row))
                .map(|entry| entry.time)
        };
        let held = last(Leg::Debtor).max(last(Leg::Creditor)).map(EventTime::date);
        let last = held.or_else(|| self.past.last_active(account))?;
        let ended = Date(last.0.saturating_add(1)).midnight();
        Some(time.since(ended.min(time)).min(LONGEST))
    }

    /// The first booked payment of an account, in either direction, at or after a time.
    pub fn first_booked(&self, account: AccountId, from: EventTime) -> Option<EventTime> {
        let from = from.0.max(self.kept_from.0).max(self.book.oldest());
        let first = |leg| {
            let entries = self.book.side_entries(account, leg);
            let begin = first_since(entries, Start::at(from));
            let details = self.book.side_details(account, leg).iter().skip(begin);
            let mut both = entries.iter().skip(begin).zip(details);
            both.find(|(_, detail)| self.is_booked(detail.row))
                .map(|(entry, _)| EventTime(self.book.time(*entry)))
        };
        Leg::BOTH.into_iter().filter_map(first).min()
    }

    /// How long two accounts have known each other: since the UTC day of the first of their booked
    /// payments that no silence of [`KEPT_DAYS`] follows; that long at most. `None` where they had none
    /// before. To the day, as [`Ledger::idle_before`] is.
    pub fn known_for(&self, account: AccountId, other: AccountId, time: EventTime) -> Option<Span> {
        let kept = self.kept_from.0.max(self.book.oldest());
        let first = |leg: Leg| {
            // From the end that has fewer: a hub costs its neighbors nothing.
            let sides = [(account, leg, other), (other, leg.opposite(), account)];
            let (of, leg, with) = sides
                .into_iter()
                .min_by_key(|(of, leg, _)| self.book.side_entries(*of, *leg).len())?;
            let details = self.book.side_details(of, leg);
            let both = self.book.side_entries(of, leg).iter().zip(details);
            both.filter(|(entry, _)| entry.leads() && entry.other() == with)
                .map(|(entry, detail)| (self.book.time(*entry), detail.row))
                .find(|(at, row)| (kept..time.0).contains(at) && self.is_booked(*row))
                .map(|(at, _)| EventTime(at))
        };
        let held = [Leg::Debtor, Leg::Creditor].into_iter().filter_map(first).min();
        let held = held.map(EventTime::date);
        let past = self.past.known_since(account, other, held.unwrap_or(time.date()));
        Some(time.since(past.or(held)?.midnight()).min(LONGEST))
    }

    fn is_booked(&self, id: RowId) -> bool {
        self.row(id).is_some_and(|row| row.manner().status == Status::Booked)
    }

    /// What [`Ledger::kept_from`] will be after [`Ledger::evict`] with this cutoff.
    pub fn kept_from_after(&self, cutoff: EventTime) -> EventTime {
        let gone = self.pages.days().take_while(|ends| *ends <= cutoff).last();
        gone.map_or(self.kept_from, |ends| ends.max(self.kept_from))
    }

    /// Whether any payment is held of a UTC day that lies between two times or holds one of them.
    pub fn has_days(&self, from: EventTime, to: EventTime) -> bool {
        let begins = |ends: EventTime| ends.minus(Span::from_days(1));
        self.pages.days().any(|ends| from < ends && begins(ends) <= to)
    }

    /// Payments before this time are no longer all here.
    pub fn kept_from(&self) -> EventTime {
        self.kept_from
    }

    /// How many payments are held.
    pub fn payments(&self) -> u64 {
        self.held
    }

    /// How many payments came whose amount is unknown in the base currency, by their own.
    pub fn unconverted(&self) -> &BTreeMap<Currency, u64> {
        &self.unconverted
    }

    /// Bytes held, by part.
    pub fn bytes(&self) -> Memory {
        Memory {
            rows: self.pages.bytes().saturating_add(self.ids.bytes()),
            entries: self.book.bytes().saturating_add(self.running.borrow().bytes()),
            texts: self
                .atoms
                .bytes()
                .saturating_add(self.accounts.bytes())
                .saturating_add(self.days.capacity().saturating_mul(10))
                .saturating_add(self.places.bytes())
                .saturating_add(self.shared.bytes())
                .saturating_add(self.subjects.bytes()),
            parties: self.parties.bytes(),
            past: self.past.bytes(),
        }
    }

    pub(crate) fn count_unconverted(&mut self, currency: Currency) {
        let count = self.unconverted.entry(currency).or_default();
        *count = count.saturating_add(1);
    }
}

fn ends(row: Row<'_>) -> [Option<AccountId>; 2] {
    Leg::BOTH.map(|leg| row.account(leg))
}
