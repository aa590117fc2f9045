//! What outlives the horizon: per account and day how many payments and how much, and since when two
//! accounts have paid each other.
//!
//! Days are folded in when they leave the ledger, so what is late or taken back inside the horizon
//! needs no repair here: the ledger answers for what it holds, the past for what it held.
//!
//! Promises: exact over the days that were folded in and not forgotten. Two accounts know each other
//! since the first of their payments that no silence of [`KEPT_DAYS`] days or more follows.
//! Cost: 16 bytes a day on which an account paid, and as much for one on which it was paid; some 20
//! bytes a pair. Folding is O(1) a payment.

use crate::row::{AccountId, Leg};
use hashbrown::HashTable;
use palermo_domain::share::Chunks;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{Cents, Date, FixedState};
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;
use std::sync::Arc;

/// How far back the past is kept.
pub const KEPT_DAYS: i32 = 400;
/// Pairs are kept in so many tables: none is so large that its growth or its sweep is long.
const SHARDS: usize = 1024;
/// Tables that are swept of what is old with each day.
const SWEPT: usize = 32;

/// The payments of an account in one direction on one UTC day.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Which day.
    pub date: Date,
    /// How many, in the low 31 bits; the highest says that an amount was unknown.
    count: u32,
    /// The sum of known amounts, in cents.
    sum: i64,
}

const UNKNOWN: u32 = 1 << 31;
const _: () = assert!(size_of::<Day>() == 16);

impl std::fmt::Debug for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No amount in any output.
        write!(f, "Day({})", self.date.0)
    }
}

impl Day {
    /// How many payments.
    pub fn count(&self) -> u32 {
        self.count & !UNKNOWN
    }

    /// Their sum; `None` where an amount was unknown or the sum is too large.
    pub fn sum(&self) -> Option<Cents> {
        (self.count & UNKNOWN == 0).then_some(Cents(self.sum))
    }

    fn add(&mut self, amount: Option<Cents>) {
        let sum = amount.and_then(|amount| self.sum.checked_add(amount.0));
        let unknown = if sum.is_none() { UNKNOWN } else { self.count & UNKNOWN };
        self.sum = sum.unwrap_or(self.sum);
        self.count = (self.count & !UNKNOWN).saturating_add(1).min(!UNKNOWN) | unknown;
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Pair {
    /// The smaller account number, then the larger one.
    ends: (u32, u32),
    first: Date,
    last: Date,
}

type Accounts = Chunks<[Vec<Day>; 2], 256>;

/// The past of every account. See the module.
#[derive(Clone, Default)]
pub struct Past {
    accounts: Accounts,
    pairs: Vec<Arc<HashTable<Pair>>>,
    hasher: FixedState,
    swept: usize,
    /// Days before it are forgotten, and dropped when their account is next looked after.
    oldest: Option<Date>,
    tended: usize,
    days: usize,
}

impl std::fmt::Debug for Past {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Past").field("days", &self.days).finish_non_exhaustive()
    }
}

impl Past {
    /// Folds a payment of a day in. Days come in order.
    pub fn fold(&mut self, date: Date, ends: [Option<AccountId>; 2], amount: Option<Cents>) {
        self.tend();
        for (account, leg) in ends.into_iter().zip(Leg::BOTH) {
            let Some(account) = account else { continue };
            let [out, into] = self.accounts.get_or_fill(account.index(), Default::default);
            let days = if leg == Leg::Debtor { out } else { into };
            match days.last_mut().filter(|last| last.date == date) {
                Some(last) => last.add(amount),
                None => {
                    let mut day = Day { date, count: 0, sum: 0 };
                    day.add(amount);
                    days.push(day);
                    self.days = self.days.saturating_add(1);
                }
            }
        }
        if let [Some(debtor), Some(creditor)] = ends
            && debtor != creditor
        {
            self.meet(date, debtor, creditor);
        }
    }

    fn meet(&mut self, date: Date, a: AccountId, b: AccountId) {
        let ends = pair_of(a, b);
        let hash = self.hasher.hash_one(ends);
        self.pairs.resize_with(SHARDS, Arc::default);
        let hasher = &self.hasher;
        let Some(shard) = self.pairs.get_mut(shard_of(hash)) else { return };
        let shard = Arc::make_mut(shard);
        let entry = shard.entry(hash, |pair| pair.ends == ends, |pair| hasher.hash_one(pair.ends));
        entry
            .and_modify(|pair| {
                if long(pair.last, date) {
                    pair.first = date;
                }
                pair.last = date;
            })
            .or_insert(Pair { ends, first: date, last: date });
    }

    /// The days of an account in one direction, in order.
    pub fn days(&self, account: AccountId, leg: Leg) -> &[Day] {
        let Some([out, into]) = self.accounts.get(account.index()) else { return &[] };
        let days = if leg == Leg::Debtor { out } else { into };
        days.get(self.gone(days)..).unwrap_or(&[])
    }

    /// How many of an account's days are forgotten.
    fn gone(&self, days: &[Day]) -> usize {
        days.partition_point(|day| self.oldest.is_some_and(|oldest| day.date < oldest))
    }

    /// How many of them can be dropped: all but the last, which tells how long it was silent.
    fn droppable(&self, days: &[Day]) -> usize {
        self.gone(days).min(days.len().saturating_sub(1))
    }

    /// Drops the forgotten days of the next account.
    fn tend(&mut self) {
        let at = self.tended;
        self.tended = if at < self.accounts.len() { at.saturating_add(1) } else { 0 };
        for leg in 0..2 {
            let days = self.accounts.get(at).and_then(|both| both.get(leg));
            let gone = days.map_or(0, |days| self.droppable(days));
            if gone == 0 {
                continue;
            }
            if let Some(days) = self.accounts.get_mut(at).and_then(|both| both.get_mut(leg)) {
                days.drain(..gone);
                days.shrink_to(days.len().saturating_mul(2));
                self.days = self.days.saturating_sub(gone);
            }
        }
    }

    /// The last day on which an account paid or was paid, however long ago.
    pub fn last_active(&self, account: AccountId) -> Option<Date> {
        let both = self.accounts.get(account.index())?;
        both.iter().filter_map(|days| days.last()).map(|day| day.date).max()
    }

    /// Since when two accounts had known each other, asked for a day on which one paid the other
    /// again; `None` where they had not, or had lost each other.
    pub fn known_since(&self, a: AccountId, b: AccountId, again: Date) -> Option<Date> {
        let ends = pair_of(a, b);
        let hash = self.hasher.hash_one(ends);
        let pair = self.pairs.get(shard_of(hash))?.find(hash, |pair| pair.ends == ends)?;
        (!long(pair.last, again)).then_some(pair.first)
    }

    /// Forgets what is [`KEPT_DAYS`] or more before a day; a part of it each time.
    pub fn forget(&mut self, today: Date) {
        self.oldest = Some(Date(today.0.saturating_sub(KEPT_DAYS).saturating_add(1)));
        for _ in 0..SWEPT {
            let at = self.swept;
            if let Some(shard) = self.pairs.get_mut(at) {
                Arc::make_mut(shard).retain(|pair| !long(pair.last, today));
            }
            self.swept = at.saturating_add(1).checked_rem(SHARDS).unwrap_or(0);
        }
    }

    /// Hands everything over.
    pub(crate) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        let rest = (self.pairs.len() as u64, self.swept as u64, self.oldest, self.tended as u64);
        snapshot::put(sink, "ledger.past", &rest)?;
        self.accounts.write(sink, "ledger.past")?;
        let pairs = self.pairs.iter().flat_map(|shard| shard.iter());
        let mut pairs: Vec<Pair> = pairs.copied().collect();
        pairs.sort_unstable_by_key(|pair| pair.ends);
        snapshot::put_all(sink, "ledger.past", &pairs, 12)
    }

    /// Takes everything back.
    pub(crate) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let (shards, swept, oldest, tended): (u64, u64, Option<Date>, u64) =
            snapshot::take(source, "ledger.past")?;
        let accounts = Accounts::read(source, "ledger.past")?;
        let known: Vec<Pair> = snapshot::take_all(source, "ledger.past")?;
        let hasher = FixedState::default();
        let mut pairs: Vec<Arc<HashTable<Pair>>> = Vec::new();
        pairs.resize_with(if shards == 0 { 0 } else { SHARDS }, Arc::default);
        for pair in known {
            let hash = hasher.hash_one(pair.ends);
            let Some(shard) = pairs.get_mut(shard_of(hash)) else {
                return Err(SnapshotError::new("ledger.past", "pairs without a table"));
            };
            let of = |pair: &Pair| hasher.hash_one(pair.ends);
            Arc::make_mut(shard).insert_unique(hash, pair, of);
        }
        let days = accounts.iter().flatten().map(Vec::len).fold(0, usize::saturating_add);
        let at = |number: u64| usize::try_from(number).unwrap_or(0);
        Ok(Self { accounts, pairs, hasher, swept: at(swept), oldest, tended: at(tended), days })
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let pairs: usize = self.pairs.iter().map(|shard| shard.capacity()).sum();
        self.accounts
            .bytes()
            // Vectors grow by doubling: half of it may be empty.
            .saturating_add(self.days.saturating_mul(size_of::<Day>()).saturating_mul(2))
            .saturating_add(pairs.saturating_mul(size_of::<Pair>().saturating_add(1)))
    }
}

/// Whether so much time lies between two days that the earlier one is forgotten.
fn long(earlier: Date, later: Date) -> bool {
    later.0.saturating_sub(earlier.0) >= KEPT_DAYS
}

fn pair_of(a: AccountId, b: AccountId) -> (u32, u32) {
    let number = |account: AccountId| u32::try_from(account.index()).unwrap_or(u32::MAX);
    let (a, b) = (number(a), number(b));
    (a.min(b), a.max(b))
}

fn shard_of(hash: u64) -> usize {
    // The low bits choose the slot, the highest seven its tag.
    (hash >> 48) as usize & (SHARDS - 1)
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers that the test makes itself")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn account(index: u32) -> AccountId {
        AccountId::from_index(index)
    }

    /// Day, ends, amount.
    type Paid = (i32, [Option<u32>; 2], Option<i64>);

    fn known_since(paid: &[Paid], a: u32, b: u32, again: i32) -> Option<Date> {
        let mut met: Vec<i32> = paid
            .iter()
            .filter(|(day, ends, _)| {
                *day <= again && (*ends == [Some(a), Some(b)] || *ends == [Some(b), Some(a)])
            })
            .map(|(day, ..)| *day)
            .collect();
        met.push(again);
        // From the newest back, until a silence is too long.
        let breaks = met.windows(2).rposition(|two| two[1] - two[0] >= KEPT_DAYS);
        let chain = &met[breaks.map_or(0, |at| at + 1)..];
        (chain.len() > 1).then(|| Date(chain[0]))
    }

    fn check(past: &Past, paid: &[Paid], today: i32) -> Result<(), TestCaseError> {
        for of in 0..4 {
            for (at, leg) in Leg::BOTH.into_iter().enumerate() {
                let mut wanted: Vec<(i32, u32, Option<i64>)> = Vec::new();
                let own = paid
                    .iter()
                    .filter(|(day, ends, _)| ends[at] == Some(of) && today - day < KEPT_DAYS);
                for &(day, _, amount) in own {
                    match wanted.last_mut().filter(|last| last.0 == day) {
                        Some(last) => {
                            last.1 += 1;
                            last.2 = last.2.zip(amount).map(|(sum, amount)| sum + amount);
                        }
                        None => wanted.push((day, 1, amount)),
                    }
                }
                let got: Vec<_> = past
                    .days(account(of), leg)
                    .iter()
                    .map(|day| (day.date.0, day.count(), day.sum().map(|sum| sum.0)))
                    .collect();
                prop_assert_eq!(got, wanted);
            }
            let own = paid.iter().filter(|(_, ends, _)| ends.contains(&Some(of)));
            prop_assert_eq!(past.last_active(account(of)), own.map(|paid| Date(paid.0)).max());
            for other in (0..4).filter(|other| *other != of) {
                for again in [today, today + 200, today + 500] {
                    let got = past.known_since(account(of), account(other), Date(again));
                    prop_assert_eq!(got, known_since(paid, of, other, again));
                }
            }
        }
        Ok(())
    }

    proptest! {
        /// Sees: lost or doubled days, sums over unknown amounts, acquaintances that outlive a long
        /// silence or do not survive a short one, things forgotten too early.
        #[test]
        fn the_past_is_a_list_of_payments(
            steps in prop::collection::vec(
                (
                    prop_oneof![3 => Just(0), 3 => 1..30, 1 => 150..450],
                    prop::option::weighted(0.9, 0_u32..4),
                    prop::option::weighted(0.9, 0_u32..4),
                    prop::option::weighted(0.9, 0_i64..1000),
                ),
                1..80,
            )
        ) {
            let (mut past, mut paid, mut today) = (Past::default(), Vec::<Paid>::new(), 0);
            for (ahead, debtor, creditor, amount) in steps {
                if ahead > 0 {
                    today += ahead;
                    past.forget(Date(today));
                    check(&past, &paid, today)?;
                }
                let ends = [debtor, creditor];
                past.fold(Date(today), ends.map(|end| end.map(account)), amount.map(Cents));
                paid.push((today, ends, amount));
            }
            check(&past, &paid, today)?;
            // Everything goes in the end.
            for day in 0..40 {
                past.forget(Date(today + KEPT_DAYS + day));
            }
            for _ in 0..=past.accounts.len() {
                past.tend();
            }
            let last = past.accounts.iter().flatten().filter(|days| !days.is_empty()).count();
            let pairs = past.pairs.iter().map(|shard| shard.len()).sum::<usize>();
            prop_assert_eq!((past.days, pairs), (last, 0));
        }
    }
}
