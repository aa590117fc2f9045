//! One payment, and what a search for it may see.
//!
//! Principal type: [`View`]. It is the window that ends at a payment, in the order of (event time,
//! rank), through the selection of the rule that asks. A [`Side`] is what one account paid or was
//! paid there, oldest first, and can be cut at a [`Moment`] in O(log n). Amounts and rows are read
//! only where a step is asked for them.

use palermo_domain::Cents;
use palermo_ledger::edges::{Entry, Start, first_since};
use palermo_ledger::{AccountId, Book, Detail, Leg, RowId, SetId};

/// Payments in one direction above which an account is no way through, unless told otherwise.
pub const HUB: usize = 10_000;

/// Which of two payments of the same event time comes first.
pub trait Order {
    /// Whether `a` comes before `b`. A strict order: `false` for the same payment.
    fn before(&self, a: RowId, b: RowId) -> bool;
}

/// A payment between two accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of a payment")]
pub struct Edge {
    pub row: RowId,
    pub debtor: AccountId,
    pub creditor: AccountId,
    pub time: i64,
    pub amount: Option<Cents>,
}

/// By row number, which may wrap: for those who number payments as they arrive.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByArrival;

impl Order for ByArrival {
    fn before(&self, a: RowId, b: RowId) -> bool {
        a.0.wrapping_sub(b.0).cast_signed() < 0
    }
}

impl Edge {
    /// Where it stands in the order.
    pub fn moment(&self) -> Moment {
        Moment { time: self.time, row: self.row }
    }
}

/// A place in the order of payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the parts of the order")]
pub struct Moment {
    pub time: i64,
    pub row: RowId,
}

/// How much of what one payment brings the next one passes on, in millionths; both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeps {
    /// At least this share.
    pub least: u32,
    /// At most this share.
    pub most: u32,
}

impl Keeps {
    /// One.
    pub const ALL: u32 = 1_000_000;

    /// Whether it does; `false` where an amount is unknown.
    #[inline]
    #[expect(clippy::arithmetic_side_effects, reason = "a 64-bit by a 32-bit number in 128 bits")]
    pub fn holds(self, brought: Option<Cents>, passed: Option<Cents>) -> bool {
        let (Some(brought), Some(passed)) = (brought, passed) else { return false };
        let share = |share: u32| i128::from(brought.0) * i128::from(share);
        let passed = i128::from(passed.0) * i128::from(Self::ALL);
        share(self.least) <= passed && passed <= share(self.most)
    }
}

/// What a search for one payment may see. See the module.
#[derive(Clone, Copy)]
pub struct View<'a> {
    book: &'a Book,
    order: &'a dyn Order,
    selection: Option<&'a dyn Fn(SetId) -> bool>,
    at: Edge,
    from: i64,
    hub: usize,
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("from", &self.from).field("to", &self.at.time).finish()
    }
}

impl<'a> View<'a> {
    /// The window of this length that ends at a payment of the store. What the store forgot is not
    /// in it.
    pub fn new(book: &'a Book, order: &'a dyn Order, at: Edge, window: i64) -> Self {
        let from = at.time.saturating_sub(window).max(book.oldest());
        Self { book, order, selection: None, at, from, hub: HUB }
    }

    /// Only payments whose selections please. `chosen` must say the same of the two ends of a payment:
    /// searches look at it from either.
    pub fn selecting(self, selection: &'a dyn Fn(SetId) -> bool) -> Self {
        Self { selection: Some(selection), ..self }
    }

    /// No path goes through an account with more payments in one direction than this; [`HUB`] unless
    /// set.
    pub fn with_hub(self, hub: usize) -> Self {
        Self { hub, ..self }
    }

    /// The payment that asks.
    pub fn at(&self) -> Edge {
        self.at
    }

    /// The beginning of the window.
    pub fn from(&self) -> i64 {
        self.from
    }

    /// Payments in one direction above which an account is no way through.
    #[inline]
    pub(crate) fn hub(&self) -> usize {
        self.hub
    }

    /// Every payment of one side that is still held, oldest first, in and out of the window: for
    /// searches that cut it themselves.
    #[inline]
    pub(crate) fn held(&self, account: AccountId, leg: Leg) -> &'a [Entry] {
        self.book.side_entries(account, leg)
    }

    /// What the payment at a position of such a side carries along.
    #[inline]
    pub(crate) fn detail(&self, account: AccountId, leg: Leg, at: usize) -> Detail {
        self.book.side_details(account, leg).get(at).copied().unwrap_or_default()
    }

    /// Whether the payment at a position of such a side is an edge, and chosen.
    #[inline(always)]
    pub(crate) fn sees(&self, entry: Entry, account: AccountId, leg: Leg, at: usize) -> bool {
        entry.leads()
            && self.selection.is_none_or(|chosen| chosen(self.detail(account, leg, at).selections))
    }

    /// Whether one payment comes before another of the same time.
    #[inline]
    pub(crate) fn breaks_tie(&self, a: RowId, b: RowId) -> bool {
        self.order.before(a, b)
    }

    /// Whether one place comes before another.
    #[inline]
    pub fn before(&self, a: Moment, b: Moment) -> bool {
        a.time < b.time || (a.time == b.time && self.order.before(a.row, b.row))
    }

    /// Whether a payment comes before a place in the order. Its row is read only where the times are
    /// equal.
    #[inline]
    pub fn precedes(&self, step: Step<'_>, moment: Moment) -> bool {
        let time = step.time();
        time < moment.time || (time == moment.time && self.order.before(step.row(), moment.row))
    }

    /// What an account paid (or was paid) in the window, up to and including the payment that asks.
    #[inline]
    pub fn side(&self, account: AccountId, leg: Leg) -> Side<'a> {
        let entries = self.book.side_entries(account, leg);
        let all = Side { view: *self, account, leg, entries, begin: 0 };
        // The newest first: most sides have nothing in the window, and say so with one look.
        if entries.last().is_none_or(|newest| newest.since(Start::at(self.from)) < 0) {
            return Side { entries: &[], ..all };
        }
        all.cut(first_since(entries, Start::at(self.from)), entries.len()).through(self.at.moment())
    }

    /// The side of an account where a path goes on: empty where it is a hub.
    pub fn way(&self, account: AccountId, leg: Leg) -> Side<'a> {
        let side = self.side(account, leg);
        if self.is_hub(account) { Side { entries: &[], ..side } } else { side }
    }

    /// Whether no path goes through an account. The two ends of the payment that asks are never hubs.
    pub fn is_hub(&self, account: AccountId) -> bool {
        account != self.at.debtor && account != self.at.creditor && self.has_many(account)
    }

    /// Whether an account has so many payments in one direction, be it an end or not.
    pub(crate) fn has_many(&self, account: AccountId) -> bool {
        // The many are counted only where there could be so many: mostly one look at each header.
        let held = |leg| self.book.side_entries(account, leg).len();
        Leg::BOTH.iter().any(|&leg| {
            held(leg) > self.hub && self.side(account, leg).iter().nth(self.hub).is_some()
        })
    }
}

/// What one account paid, or was paid, in view; oldest first.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    view: View<'a>,
    account: AccountId,
    leg: Leg,
    entries: &'a [Entry],
    /// Where `entries` begin among all of the side.
    begin: usize,
}

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl<'a> Side<'a> {
    /// Whether nothing is in it. `false` may still mean that nothing in it is selected.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Event time of its newest payment.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.entries.last().map(|newest| self.view.book.time(*newest))
    }

    /// An upper bound of the number of its payments.
    pub fn bound(&self) -> usize {
        self.entries.len()
    }

    /// Its payments after a place in the order.
    pub fn after(self, moment: Moment) -> Self {
        let begin = self.position(|row| !self.view.order.before(moment.row, row), moment.time);
        self.cut(begin, self.entries.len())
    }

    /// Its payments before a place in the order.
    pub fn until(self, moment: Moment) -> Self {
        let end = self.position(|row| self.view.order.before(row, moment.row), moment.time);
        self.cut(0, end)
    }

    /// Its payments up to and including a place in the order.
    pub(crate) fn through(self, moment: Moment) -> Self {
        let end = self.position(
            |row| row == moment.row || self.view.order.before(row, moment.row),
            moment.time,
        );
        self.cut(0, end)
    }

    /// How many of the payments are earlier than `time`, or of that time and `low`.
    fn position(self, low: impl Fn(RowId) -> bool, time: i64) -> usize {
        let start = Start::at(time);
        if self.entries.last().is_none_or(|newest| newest.since(start) < 0) {
            return self.entries.len();
        }
        let first = first_since(self.entries, start);
        let ties = self.entries.get(first..).unwrap_or(&[]);
        let ties = ties.partition_point(|entry| entry.since(start) <= 0);
        // They stand in their order: a file of dates may have thousands of one time.
        let details = self.details().get(first..first.saturating_add(ties)).unwrap_or(&[]);
        first.saturating_add(details.partition_point(|detail| low(detail.row)))
    }

    fn cut(self, from: usize, to: usize) -> Self {
        let entries = self.entries.get(from..to).unwrap_or(&[]);
        Self { entries, begin: self.begin.saturating_add(from), ..self }
    }

    fn details(&self) -> &'a [Detail] {
        let all = self.view.book.side_details(self.account, self.leg);
        all.get(self.begin..).unwrap_or(&[])
    }

    /// The payments between two accounts, oldest first.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Step<'a>> + use<'a> {
        self.looks().flatten()
    }

    /// Every entry, oldest first: each costs a look, whether it is a payment in view or not. For
    /// searches that count their work.
    pub(crate) fn looks(self) -> impl DoubleEndedIterator<Item = Option<Step<'a>>> + use<'a> {
        let Self { view, entries, .. } = self;
        let selection = view.selection;
        let details = self.details().get(..entries.len()).unwrap_or(&[]);
        entries.iter().zip(details).map(move |(entry, detail)| {
            let seen = entry.leads() && selection.is_none_or(|chosen| chosen(detail.selections));
            seen.then_some(Step { book: view.book, entry: *entry, detail })
        })
    }

    /// Whether a payment is the newest of its pair in view exactly where no newer one is known at all:
    /// where nothing is left out and nothing comes later.
    pub(crate) fn is_whole(&self) -> bool {
        let all = self.view.book.side_entries(self.account, self.leg).len();
        self.view.selection.is_none() && self.begin.saturating_add(self.entries.len()) == all
    }
}

/// A payment met on the way.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    book: &'a Book,
    entry: Entry,
    detail: &'a Detail,
}

impl std::fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Step({})", self.time())
    }
}

impl Step<'_> {
    /// The account at the other end.
    #[inline]
    pub fn other(self) -> AccountId {
        self.entry.other()
    }

    /// Whether a newer payment between the same two is known, in view or not.
    #[inline]
    pub fn has_next(self) -> bool {
        self.entry.has_next()
    }

    /// Whether an older payment between the same two may be known.
    #[inline]
    pub fn may_have_previous(self) -> bool {
        self.entry.may_have_previous()
    }

    /// Event time.
    #[inline]
    pub fn time(self) -> i64 {
        self.book.time(self.entry)
    }

    /// The payment itself. Reads the block of details, as `amount` and `moment` do.
    #[inline]
    pub fn row(self) -> RowId {
        self.detail.row
    }

    /// Amount in the base currency; `None` where there was no rate.
    #[inline]
    pub fn amount(self) -> Option<Cents> {
        self.detail.amount()
    }

    /// Where it stands in the order.
    #[inline]
    pub fn moment(self) -> Moment {
        Moment { time: self.time(), row: self.row() }
    }
}
