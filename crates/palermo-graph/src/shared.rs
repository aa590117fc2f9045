//! Shared attribute: which accounts used the same device, address, telephone number.
//!
//! Principal types: [`Uses`], a store of who used which attribute value and when, and
//! [`SharedSearch`]. The store is that of payments, one side of it: an attribute value stands in the
//! place of the account, the account in that of the other end. So uses that come late, are taken
//! back or grow old are dealt with as payments are.
//!
//! Promises: the answer depends on the uses in the window and their order, not on that of arrival.
//! Cost: a use O(1), a late one or one taken back O(uses of the value); 128 bytes a value, and what
//! `Edges` says for each use; a question one look at each use in the window.

use crate::view::{Edge, Moment, Order, View};
use crate::work::{Answer, Spent, Work};
use palermo_ledger::Marks;
use palermo_ledger::edges::Keep;
use palermo_ledger::{AccountId, Book, Detail, Leg, SetId};

/// Who used which attribute value, and when. Values are numbered densely by the caller, below
/// [`palermo_ledger::edges::ACCOUNTS_MAX`].
#[derive(Debug)]
pub struct Uses {
    book: Book,
}

impl Uses {
    /// Nothing is used yet. `span`: a use is kept while it is no older than this against the newest;
    /// where it is `None`, until [`Uses::forget_before`] says so.
    pub fn new(span: Option<i64>) -> Self {
        Self { book: Book::new(Keep { span, fan: 0 }) }
    }

    /// An account used a value in the payment that stands there. Once for each of the three.
    pub fn put(&mut self, value: u32, account: AccountId, at: Moment, order: &dyn Order) {
        let own = (AccountId::from_index(value), Leg::Debtor);
        let user = user(account);
        // Both ends of a payment may use one value: then the account says which is which.
        let earlier = |known: &Detail| {
            order.before(known.row, at.row) || (known.row == at.row && known.selections < user)
        };
        self.book.put_at(own, account, at.time, Detail::new(None, at.row, user), earlier);
    }

    /// The use is taken back. Nothing happens where it is not there.
    pub fn remove(&mut self, value: u32, account: AccountId, at: Moment) {
        let (ends, user) = ([Some(AccountId::from_index(value)), None], user(account));
        let meant = |known: &Detail| known.row == at.row && known.selections == user;
        self.book.remove(ends, at.time, meant);
    }

    /// Forgets what is older.
    pub fn forget_before(&mut self, time: i64) {
        self.book.forget_before(time);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.book.bytes()
    }
}

/// The account of a use, in the place of its selections: it has none.
fn user(account: AccountId) -> SetId {
    SetId(u32::try_from(account.index()).unwrap_or(u32::MAX))
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedAsk {
    /// The attribute value.
    pub value: u32,
    /// The payment that asks.
    pub at: Moment,
    /// Length of the window.
    pub window: i64,
    /// At most so many accounts are listed.
    pub limit: usize,
    /// Above so many none is listed.
    pub hub: usize,
}

/// Who shares a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// How many different accounts.
    pub accounts: u32,
    /// Some of them, the newest use first; nothing where one alone used it.
    pub listed: Box<[AccountId]>,
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct SharedSearch {
    met: Marks<()>,
    listed: Vec<AccountId>,
}

impl SharedSearch {
    /// The accounts that used the value in the window that ends at the payment that asks.
    pub fn search(
        &mut self,
        uses: &Uses,
        order: &dyn Order,
        ask: &SharedAsk,
        budget: u32,
    ) -> Answer<Shared> {
        let (mut work, mut found) = (Work::new(budget), Shared::default());
        self.met.clear();
        self.listed.clear();
        let end = self.walk(uses, order, ask, &mut work, &mut found.accounts);
        if found.accounts >= 2 && found.accounts as usize <= ask.hub {
            found.listed = self.listed.as_slice().into();
        }
        work.answer(found, end)
    }

    fn walk(
        &mut self,
        uses: &Uses,
        order: &dyn Order,
        ask: &SharedAsk,
        work: &mut Work,
        accounts: &mut u32,
    ) -> Result<(), Spent> {
        let value = AccountId::from_index(ask.value);
        let Moment { time, row } = ask.at;
        let at = Edge { row, debtor: value, creditor: value, time, amount: None };
        let view = View::new(&uses.book, order, at, ask.window);
        for look in view.side(value, Leg::Debtor).looks().rev() {
            work.spend(1)?;
            let Some(account) = look.map(|step| step.other()) else { continue };
            if self.met.has(account) {
                continue;
            }
            self.met.set(account, ());
            *accounts = accounts.saturating_add(1);
            if self.listed.len() < ask.limit {
                self.listed.push(account);
            }
        }
        Ok(())
    }
}
