//! The store itself: rows, ids, accounts and their entries, eviction and accounting.
//!
//! Life of a payment: [`Ledger::find`] tells duplicates and conflicts; [`Ledger::insert`] makes
//! the row; the caller decides selections; [`Ledger::link`] puts an entry at both accounts.
//! [`Ledger::unlink`] takes a reversed payment out of every window. [`Ledger::evict`] forgets
//! whole UTC days that end before the cutoff, so eviction costs nothing per payment but the trim.

use crate::detail::{Book, Detail, SetId};
use crate::edges::{ACCOUNTS_MAX, Keep};
use crate::intern::{Atom, Atoms, PlaceId, Places};
use crate::party::Parties;
use crate::rates::Rates;
use crate::row::{AccountId, EndRare, EndRow, Leg, Origin, Rare, Row, RowId};
use crate::window::Window;
use hashbrown::HashTable;
use palermo_domain::{Currency, Date, End, EventTime, FixedState, Payment, PlaceText, Text};
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// The payments inside the horizon.
pub struct Ledger {
    rows: Vec<Option<Row>>,
    free: Vec<RowId>,
    ids: HashTable<RowId>,
    hasher: FixedState,
    days: BTreeMap<Date, Day>,
    accounts: Atoms,
    book: Book,
    /// Texts other than accounts and payment ids.
    pub atoms: Atoms,
    /// Places.
    pub places: Places,
    /// Customers.
    pub parties: Parties,
    /// Daily rates.
    pub rates: Rates,
    unconverted: BTreeMap<Currency, u64>,
    kept_from: EventTime,
    held: u64,
    row_bytes: usize,
}

#[derive(Debug, Default)]
struct Day {
    rows: Vec<RowId>,
    ids: Vec<u8>,
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
}

impl Memory {
    /// All of it.
    pub fn total(self) -> usize {
        self.rows
            .saturating_add(self.entries)
            .saturating_add(self.texts)
            .saturating_add(self.parties)
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
            rows: Vec::new(),
            free: Vec::new(),
            ids: HashTable::new(),
            hasher: FixedState::default(),
            days: BTreeMap::new(),
            accounts: Atoms::default(),
            // Kept until evicted; no rule asks for a running count of other ends.
            book: Book::new(Keep { span: None, fan: 0 }),
            atoms: Atoms::default(),
            places: Places::default(),
            parties: Parties::default(),
            rates: Rates::new(base),
            unconverted: BTreeMap::new(),
            kept_from: EventTime::MIN,
            held: 0,
            row_bytes: 0,
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

    /// How many accounts were seen.
    pub fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Whether one more payment can be kept: accounts beyond 33 million could not be told apart.
    pub fn has_room(&self) -> bool {
        self.accounts.len().saturating_add(2) <= ACCOUNTS_MAX as usize
    }

    /// Whether a payment of this time can be kept beside what is kept: times 795 days apart could
    /// not be told apart.
    pub fn reaches(&self, time: EventTime) -> bool {
        self.book.reaches(time.0)
    }

    /// Who paid whom: for graph searches.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Every account, in order of first sight.
    pub fn account_ids(&self) -> impl Iterator<Item = AccountId> + use<> {
        (0..u32::try_from(self.accounts.len()).unwrap_or(u32::MAX)).map(AccountId::from_index)
    }

    /// Takes in a party record; `false` where a newer one is known.
    pub fn apply_party(&mut self, party: &palermo_domain::Party) -> bool {
        let Self { atoms, places, parties, accounts, .. } = self;
        parties.apply(party, atoms, places, &mut |key| {
            AccountId::from_index(accounts.intern(key).index())
        })
    }

    /// Whether a payment id was seen inside the horizon.
    pub fn find(&self, payment_id: &str) -> Known {
        let hash = self.hasher.hash_one(payment_id);
        match self.ids.find(hash, |&row| self.payment_id(row) == payment_id) {
            Some(&row) => Known::Seen(row),
            None => Known::New,
        }
    }

    /// A payment.
    pub fn row(&self, id: RowId) -> Option<&Row> {
        self.rows.get(id.0 as usize)?.as_ref()
    }

    /// The id of a payment as text.
    pub fn payment_id(&self, id: RowId) -> &str {
        let Some(row) = self.row(id) else { return "" };
        let Some(day) = self.days.get(&row.time.date()) else { return "" };
        let (start, length) = (row.id.0 as usize, usize::from(row.id.1));
        let bytes = day.ids.get(start..start.saturating_add(length)).unwrap_or(&[]);
        std::str::from_utf8(bytes).unwrap_or("")
    }

    /// Every payment that is in a window, in order of row number.
    pub fn row_ids(&self) -> Vec<RowId> {
        let linked = |row: &Option<Row>| row.as_ref().is_some_and(|row| !row.reversed);
        (0..).map(RowId).zip(&self.rows).filter(|(_, row)| linked(row)).map(|(id, _)| id).collect()
    }

    /// Makes the row of a payment; it is in no window until it is linked.
    pub fn insert(&mut self, payment: &Payment<'_>, origin: Origin) -> RowId {
        let row = self.bind(payment, origin);
        self.row_bytes = self.row_bytes.saturating_add(row.bytes());
        let id = self.free.pop().unwrap_or_else(|| {
            self.rows.push(None);
            RowId(u32::try_from(self.rows.len().saturating_sub(1)).unwrap_or(u32::MAX))
        });
        self.days.entry(row.time.date()).or_default().rows.push(id);
        if let Some(slot) = self.rows.get_mut(id.0 as usize) {
            *slot = Some(row);
        }
        self.held = self.held.saturating_add(1);
        let hash = self.hasher.hash_one(payment.payment_id.expose().as_ref());
        let Self { ids, hasher, rows, days, .. } = self;
        ids.insert_unique(hash, id, |&row| {
            let text = rows.get(row.0 as usize).and_then(Option::as_ref).and_then(|row| {
                let start = row.id.0 as usize;
                let day = days.get(&row.time.date())?;
                let bytes = day.ids.get(start..start.saturating_add(usize::from(row.id.1)))?;
                std::str::from_utf8(bytes).ok()
            });
            hasher.hash_one(text.unwrap_or(""))
        });
        id
    }

    /// Puts a row into the windows of its accounts, with the selections of each end.
    pub fn link(&mut self, id: RowId, debtor: SetId, creditor: SetId) {
        let Self { rows, days, book, .. } = self;
        let Some(Some(row)) = rows.get(id.0 as usize) else { return };
        let detail = |selections| Detail::new(row.amount, id, selections);
        let text = id_of(rows, days, id);
        book.put(ends(row), row.time.0, [detail(debtor), detail(creditor)], |known| {
            id_of(rows, days, known.row) < text
        });
    }

    /// Takes a payment out of every window; its id stays known.
    pub fn unlink(&mut self, id: RowId) {
        let Some(Some(row)) = self.rows.get_mut(id.0 as usize) else { return };
        row.reversed = true;
        self.book.remove(ends(row), row.time.0, |known| known.row == id);
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

    /// Decides the selections of every entry anew (after an activation).
    pub fn reselect(&mut self, decide: &mut dyn FnMut(&Self, RowId, Leg) -> SetId) {
        let all: Vec<(RowId, Option<AccountId>, Option<AccountId>)> = self
            .rows
            .iter()
            .zip(0_u32..)
            .filter_map(|(row, id)| {
                let row = row.as_ref().filter(|row| !row.reversed)?;
                Some((RowId(id), row.debtor.account, row.creditor.account))
            })
            .collect();
        let mut sets = palermo_domain::FixedHashMap::default();
        for (row, debtor, creditor) in all {
            for (leg, account) in [(Leg::Debtor, debtor), (Leg::Creditor, creditor)] {
                if account.is_some() {
                    sets.insert((row, leg), decide(self, row, leg));
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
        while let Some(day) = self.days.first_entry() {
            let ends = Date(day.key().0.saturating_add(1)).midnight();
            if ends > cutoff {
                break;
            }
            let rows = day.get().rows.clone();
            for &id in &rows {
                self.forget(id);
            }
            gone = gone.saturating_add(rows.len() as u64);
            self.free.extend(rows);
            self.kept_from = self.kept_from.max(ends);
            self.days.pop_first();
        }
        // Their entries are in no window from here on; accounts drop them when they are next met.
        self.book.forget_before(self.kept_from.0);
        gone
    }

    fn forget(&mut self, id: RowId) {
        let hash = self.hasher.hash_one(self.payment_id(id));
        if let Ok(entry) = self.ids.find_entry(hash, |&row| row == id) {
            entry.remove();
        }
        let Some(row) = self.rows.get_mut(id.0 as usize).and_then(Option::take) else { return };
        self.row_bytes = self.row_bytes.saturating_sub(row.bytes());
        self.held = self.held.saturating_sub(1);
    }

    /// What [`Ledger::kept_from`] will be after [`Ledger::evict`] with this cutoff.
    pub fn kept_from_after(&self, cutoff: EventTime) -> EventTime {
        let ends = self.days.keys().map(|day| Date(day.0.saturating_add(1)).midnight());
        let gone = ends.take_while(|ends| *ends <= cutoff).last();
        gone.map_or(self.kept_from, |ends| ends.max(self.kept_from))
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
        let slots = self.rows.capacity().saturating_sub(self.rows.len());
        Memory {
            rows: self
                .row_bytes
                .saturating_add(slots.saturating_mul(size_of::<Option<Row>>()))
                .saturating_add(self.ids.capacity().saturating_mul(5))
                .saturating_add(self.rows.len().saturating_mul(size_of::<RowId>())),
            entries: self.book.bytes(),
            texts: self
                .atoms
                .bytes()
                .saturating_add(self.accounts.bytes())
                .saturating_add(self.places.bytes()),
            parties: self.parties.bytes(),
        }
    }

    fn atom(&mut self, text: Option<&Text<'_>>) -> Option<Atom> {
        text.map(|text| self.atoms.intern(text.expose()))
    }

    fn plain(&mut self, text: Option<&str>) -> Option<Atom> {
        text.map(|text| self.atoms.intern(text))
    }

    fn place(&mut self, place: Option<&PlaceText<'_>>) -> Option<PlaceId> {
        place.and_then(|place| self.places.intern(place, &mut self.atoms))
    }

    fn end(&mut self, end: &End<'_>) -> EndRow {
        EndRow {
            account: end.account.as_ref().map(|text| self.account(text.expose())),
            party: self.atom(end.party.as_ref()),
            kind: end.kind,
            bank: self.plain(end.bank.as_deref()),
            place: self.place(Some(&end.place)),
        }
    }

    fn bind(&mut self, payment: &Payment<'_>, origin: Origin) -> Row {
        let amount = self.rates.convert(payment.amount, payment.currency, payment.event_time);
        if amount.is_none() {
            let count = self.unconverted.entry(payment.currency).or_default();
            *count = count.saturating_add(1);
        }
        let ids = &mut self.days.entry(payment.event_time.date()).or_default().ids;
        let text = payment.payment_id.expose().as_bytes();
        let start = u32::try_from(ids.len()).unwrap_or(u32::MAX);
        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        ids.extend_from_slice(text.get(..usize::from(length)).unwrap_or(text));
        let merchant = payment.merchant.as_ref();
        let terminal = payment.terminal.as_ref();
        Row {
            time: payment.event_time,
            origin,
            content: payment.content_hash(),
            id: (start, length),
            kind: payment.kind,
            rail: payment.rail,
            channel: payment.channel,
            status: payment.status,
            reversed: false,
            amount,
            amount_original: payment.amount,
            currency: payment.currency,
            currency_text: self.atoms.intern(payment.currency.as_str()),
            utc_offset_minutes: payment.utc_offset_minutes,
            purpose: self.plain(payment.purpose.as_deref()),
            relation: payment.relation,
            debtor: self.end(&payment.debtor),
            creditor: self.end(&payment.creditor),
            terminal_place: self.place(terminal.map(|terminal| &terminal.place)),
            merchant_place: self.place(merchant.map(|merchant| &merchant.place)),
            merchant_mcc: self.plain(merchant.and_then(|merchant| merchant.mcc.as_deref())),
            merchant_id: self.atom(merchant.and_then(|merchant| merchant.id.as_ref())),
            terminal_id: self.atom(terminal.and_then(|terminal| terminal.id.as_ref())),
            conductor_party: self
                .atom(payment.conductor.as_ref().and_then(|conductor| conductor.party.as_ref())),
            rare: self.rare(payment),
        }
    }

    fn rare(&mut self, payment: &Payment<'_>) -> Option<Box<Rare>> {
        let device = payment.device.as_ref();
        let card = payment.card.as_ref();
        let conductor = payment.conductor.as_ref();
        let rare = Rare {
            debtor: self.end_rare(&payment.debtor),
            creditor: self.end_rare(&payment.creditor),
            fee: payment.fee,
            gross_amount: payment.gross_amount,
            merchant_domain: self
                .atom(payment.merchant.as_ref().and_then(|merchant| merchant.domain.as_ref())),
            terminal_kind: payment.terminal.as_ref().and_then(|terminal| terminal.kind),
            device_id: self.atom(device.and_then(|device| device.id.as_ref())),
            device_ip_country: self.plain(device.and_then(|device| device.ip_country.as_deref())),
            card_token: self.atom(card.and_then(|card| card.token.as_ref())),
            card_prepaid: card.and_then(|card| card.prepaid),
            card_present: card.and_then(|card| card.present),
            card_reload: card.and_then(|card| card.reload),
            conductor_document: self
                .atom(conductor.and_then(|conductor| conductor.document.as_ref())),
            conductor_is_holder: conductor.and_then(|conductor| conductor.is_holder),
            service_kind: payment.service.as_ref().and_then(|service| service.kind),
            stay_nights: payment.stay.and_then(|stay| stay.nights),
            stay_rooms: payment.stay.and_then(|stay| stay.rooms),
            refers_to: self.atom(payment.refers_to.as_ref()),
        };
        if rare == Rare::default() { None } else { Some(Box::new(rare)) }
    }

    fn end_rare(&mut self, end: &End<'_>) -> EndRare {
        EndRare {
            alias: self.atom(end.alias.as_ref()),
            phone: self.atom(end.phone.as_ref()),
            email: self.atom(end.email.as_ref()),
            address: self.atom(end.address.as_ref()),
            wallet: self.atom(end.wallet.as_ref()),
            ours: end.ours,
            balance_after: end.balance_after,
        }
    }
}

fn ends(row: &Row) -> [Option<AccountId>; 2] {
    [row.debtor.account, row.creditor.account]
}

fn id_of<'a>(rows: &'a [Option<Row>], days: &'a BTreeMap<Date, Day>, id: RowId) -> &'a [u8] {
    let Some(row) = rows.get(id.0 as usize).and_then(Option::as_ref) else { return &[] };
    let start = row.id.0 as usize;
    let end = start.saturating_add(usize::from(row.id.1));
    days.get(&row.time.date()).and_then(|day| day.ids.get(start..end)).unwrap_or(&[])
}
