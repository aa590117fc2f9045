//! Control totals: how many payments and what sum a batch or a day holds, as the system that feeds
//! them states it, against what was taken.
//!
//! A statement is a row of the reserved list `control_totals` (`statement`). Each payment that was
//! processed, in time or late, counts to its batch (`batch/BATCH`) where it names one, and to the UTC
//! day of its event time (`day/SOURCE/DAY`) where it names its source; both where it names both.
//! Duplicates and dead letters count to nothing, so that what could not be understood shows as missing.
//!
//! Promises: a function of the records alone, whatever comes first, statement or payments; no clock.
//! At most `KEYS_MAX` keys are held, and what went for want of room is counted. A key that balances,
//! or of which nobody stated anything, goes when nothing has happened to it for a horizon; one that
//! does not balance stays until it does, is stated anew or is taken back.
//! Cost: a payment of the same batch and day as the one before costs two comparisons, else a look-up by
//! hash for each of the two; what is forgotten is looked for once a day of event time, or once per
//! `ROOM` new keys. [`ControlTotals`] is made in one pass over all keys.

mod statement;

use palermo_codec::Refusal;
use palermo_domain::snapshot::{self, Sink, SnapshotError, Source};
use palermo_domain::{Date, Decimal, EventTime, FixedHashMap, ListRow, Payment};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The reserved list of statements; no rule reads it, and it needs no file.
pub(super) const LIST: &str = "control_totals";
/// So many batches and days are held.
const KEYS_MAX: usize = 1 << 16;
/// So many go at once where there is no room.
const ROOM: usize = KEYS_MAX / 16;
/// So many that do not balance are shown, the oldest first.
const OPEN_MAX: usize = 100;
/// Sums are counted in units of the eighth decimal, the last one that an amount may have.
const DECIMALS: u32 = 8;
/// Powers of ten, by what an amount lacks of those decimals.
const UNITS: [u128; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];
/// Bytes of a day behind a source, as `/2026-11-30`.
const DAY_BYTES: usize = 11;
/// A longer run of digits in a key, or more of them beside a date, may be the number of an account or card.
const RUN_MAX: usize = 8;
const DIGITS_MAX: usize = 12;
/// Bytes of a key, its entry and its place in the table of keys, roughly.
const BYTES_EACH: usize = 256;

/// What a key gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TotalKind {
    /// The payments of a batch.
    Batch,
    /// The payments of a source on a UTC day.
    Day,
}

impl TotalKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Batch, Self::Day];

    /// The word in metrics, and at the beginning of a key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Day => "day",
        }
    }
}

/// How what was taken stands to what was stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TotalState {
    /// The same.
    Balanced,
    /// Fewer payments than stated.
    Short,
    /// More payments than stated.
    Over,
    /// As many payments, with another sum.
    Differs,
    /// Nothing was stated.
    Unstated,
    /// Stated before the first payment that this task read, where it did not begin at the beginning of
    /// the topic: what is missing may have been before.
    BeforeStart,
}

impl TotalState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Balanced, Self::Short, Self::Over, Self::Differs, Self::Unstated, Self::BeforeStart];

    /// The word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::Short => "short",
            Self::Over => "over",
            Self::Differs => "differs",
            Self::Unstated => "unstated",
            Self::BeforeStart => "before_start",
        }
    }

    /// Whether somebody has to look.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Short | Self::Over | Self::Differs)
    }
}

/// So many payments with that sum of amounts, irrespective of currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many payments.
    pub count: u64,
    /// In units of the eighth decimal.
    units: u128,
}

impl Tally {
    /// So many payments with that sum; none where it is below zero or has more decimals than an amount.
    pub fn try_new(count: u64, sum: Decimal) -> Option<Self> {
        let fits = !sum.is_sign_negative() && sum.normalize().scale() <= DECIMALS;
        fits.then(|| Self { count, units: units(sum.normalize()) })
    }

    /// How many payments more this is than another, and how much; with a minus where it is less.
    pub fn less(self, other: Self) -> (String, String) {
        let sign = |is_less| if is_less { "-" } else { "" };
        let count = self.count.abs_diff(other.count);
        let sum = Self { count: 0, units: self.units.abs_diff(other.units) };
        let [count_sign, sum_sign] = [self.count < other.count, self.units < other.units].map(sign);
        (format!("{count_sign}{count}"), format!("{sum_sign}{sum}"))
    }

    fn add(&mut self, amount: Decimal) {
        // The grammar of amounts allows 23 digits: 10^15 payments of the largest one fit.
        self.count = self.count.saturating_add(1);
        self.units = self.units.saturating_add(units(amount));
    }
}

fn units(amount: Decimal) -> u128 {
    let scale = DECIMALS.saturating_sub(amount.scale()) as usize;
    let unit = UNITS.get(scale).copied().unwrap_or(1);
    amount.mantissa().unsigned_abs().saturating_mul(unit)
}

/// The sum, without zeros at its end.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS.last().copied().unwrap_or(1);
        let whole = self.units.checked_div(unit).unwrap_or(0);
        let rest = self.units.checked_rem(unit).unwrap_or(0);
        write!(f, "{whole}")?;
        let rest = format!("{rest:08}");
        match rest.trim_end_matches('0') {
            "" => Ok(()),
            rest => write!(f, ".{rest}"),
        }
    }
}

/// A batch or day that does not balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTotal {
    /// The key of the statement, or a part of its hash where it may say who somebody is.
    pub key: String,
    /// How it stands.
    pub state: TotalState,
    /// What was stated.
    pub stated: Tally,
    /// What was taken.
    pub taken: Tally,
    /// Record time of the last statement or payment of it.
    pub moved_ms: i64,
}

/// How everything that was stated stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlTotals {
    /// How many keys there are of each kind and state.
    pub keys: BTreeMap<(TotalKind, TotalState), u64>,
    /// Payments that statements still miss.
    pub short_payments: u64,
    /// Of each state in which somebody has to look, the key that has stood still longest: since this
    /// record time.
    pub oldest_ms: BTreeMap<TotalState, i64>,
    /// Payments that name neither batch nor source.
    pub uncounted: u64,
    /// Keys that went for want of room.
    pub dropped: u64,
    /// Those that do not balance, the longest still first, at most a hundred.
    pub open: Vec<OpenTotal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Statement {
    tally: Tally,
    at_ms: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Total {
    key: String,
    statement: Option<Statement>,
    taken: Tally,
    moved_ms: i64,
}

impl Total {
    fn kind(&self) -> TotalKind {
        if self.key.starts_with("day/") { TotalKind::Day } else { TotalKind::Batch }
    }
}

/// What is true of all keys.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Whole {
    /// Some payments were before the first position.
    began_later: bool,
    /// Record time of the first payment that was taken.
    first_ms: Option<i64>,
    uncounted: u64,
    dropped: u64,
}

impl Whole {
    fn state(&self, total: &Total) -> TotalState {
        let Some(Statement { tally: stated, at_ms }) = total.statement else {
            return TotalState::Unstated;
        };
        let before = self.began_later && self.first_ms.is_none_or(|first| at_ms < first);
        match total.taken.count.cmp(&stated.count) {
            _ if total.taken == stated => TotalState::Balanced,
            _ if before => TotalState::BeforeStart,
            std::cmp::Ordering::Less => TotalState::Short,
            std::cmp::Ordering::Greater => TotalState::Over,
            std::cmp::Ordering::Equal => TotalState::Differs,
        }
    }
}

/// Every batch and day of which a payment was taken or something was stated.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    all: Vec<Total>,
    at: FixedHashMap<String, usize>,
    whole: Whole,
    /// Where the batch of the payment before is, and its source and day.
    last_batch: Option<usize>,
    last_day: Option<(usize, Date)>,
    /// A day, and how it is written.
    day: Option<(Date, String)>,
    /// Where a key is put together.
    key: String,
}

impl Tallies {
    /// None yet. `began_later`: reading does not begin at the beginning of the payments.
    pub(super) fn new(began_later: bool) -> Self {
        Self { whole: Whole { began_later, ..Whole::default() }, ..Self::default() }
    }

    /// Counts a payment that was taken, at this record time.
    pub(super) fn take(&mut self, payment: &Payment<'_>, now_ms: i64) {
        self.whole.first_ms.get_or_insert(now_ms);
        let batch = payment.batch.as_deref().map(|batch| self.batch(batch));
        if let Some(at) = batch {
            self.last_batch = Some(at);
            self.add(at, payment.amount, now_ms);
        }
        // A source is text of any kind; an empty one names nobody.
        let source = payment.source.as_deref().filter(|source| !source.is_empty());
        if let Some(source) = source {
            let day = payment.event_time.date();
            let at = self.day(source, day);
            self.last_day = Some((at, day));
            self.add(at, payment.amount, now_ms);
        }
        if batch.is_none() && source.is_none() {
            self.whole.uncounted = self.whole.uncounted.saturating_add(1);
        }
    }

    fn add(&mut self, at: usize, amount: Decimal, now_ms: i64) {
        if let Some(total) = self.all.get_mut(at) {
            total.taken.add(amount);
            total.moved_ms = total.moved_ms.max(now_ms);
        }
    }

    fn batch(&mut self, batch: &str) -> usize {
        let before = self.last_batch.and_then(|at| Some((at, self.all.get(at)?)));
        match before {
            Some((at, total)) if total.key.strip_prefix("batch/") == Some(batch) => at,
            _ => self.find(&["batch/", batch]),
        }
    }

    fn day(&mut self, source: &str, day: Date) -> usize {
        let same_day = self.last_day.filter(|(_, last)| *last == day);
        let before = same_day.and_then(|(at, _)| Some((at, self.all.get(at)?)));
        match before {
            // Of the same day: what stands between is the source.
            Some((at, total))
                if total.key.get(4..).is_some_and(|key| {
                    key.strip_prefix(source).is_some_and(|rest| rest.len() == DAY_BYTES)
                }) =>
            {
                at
            }
            _ => {
                // Written once a day: most payments are of the same one.
                if self.day.as_ref().is_none_or(|(known, _)| *known != day) {
                    self.day = Some((day, day.to_string()));
                }
                let text = self.day.take();
                let written = text.as_ref().map_or("", |(_, text)| text.as_str());
                let at = self.find(&["day/", source, "/", written]);
                self.day = text;
                at
            }
        }
    }

    /// The entry of a key, a new one where there is none.
    fn find(&mut self, parts: &[&str]) -> usize {
        self.key.clear();
        self.key.extend(parts.iter().copied());
        if let Some(at) = self.at.get(&self.key) {
            return *at;
        }
        if self.all.len() >= KEYS_MAX {
            self.make_room();
        }
        let (at, key) = (self.all.len(), self.key.clone());
        self.at.insert(key.clone(), at);
        let (taken, moved_ms) = (Tally::default(), i64::MIN);
        self.all.push(Total { key, statement: None, taken, moved_ms });
        at
    }

    /// Takes in a row of the list; a newer one takes the place of an older one.
    ///
    /// # Errors
    /// The field that is not as it should be.
    pub(super) fn state(&mut self, row: &ListRow, at_ms: i64) -> Result<(), Refusal> {
        let tally = statement::read(row)?;
        let at = self.find(&[&row.row]);
        if let Some(total) = self.all.get_mut(at) {
            total.statement = Some(Statement { tally, at_ms });
            total.moved_ms = total.moved_ms.max(at_ms);
        }
        Ok(())
    }

    /// Takes a statement back.
    pub(super) fn unstate(&mut self, key: &str) {
        let Some(total) = self.at.get(key).and_then(|at| self.all.get_mut(*at)) else { return };
        total.statement = None;
        if total.taken.count == 0 {
            self.retain(|total| total.key != key);
        }
    }

    /// Forgets what is settled, or was never stated, and has not moved since.
    pub(super) fn forget(&mut self, cutoff: EventTime) {
        let whole = self.whole;
        let stays = |total: &Total| total.moved_ms >= cutoff.0 || whole.state(total).is_open();
        if !self.all.iter().all(stays) {
            self.retain(stays);
        }
    }

    /// Drops what nobody stated, then what is settled, then the rest; of each what has stood still
    /// longest.
    fn make_room(&mut self) {
        let whole = self.whole;
        let rank = |total: &Total| match whole.state(total) {
            TotalState::Unstated => 0_u8,
            TotalState::Balanced | TotalState::BeforeStart => 1,
            TotalState::Short | TotalState::Over | TotalState::Differs => 2,
        };
        let of = |total: &Total| (rank(total), total.moved_ms, total.key.clone());
        let mut order: Vec<_> = self.all.iter().map(of).collect();
        order.sort_unstable();
        let Some(first_kept) = order.into_iter().nth(ROOM) else { return };
        let before = self.all.len();
        self.retain(|total| of(total) >= first_kept);
        let gone = before.saturating_sub(self.all.len()) as u64;
        self.whole.dropped = self.whole.dropped.saturating_add(gone);
    }

    fn retain(&mut self, stays: impl Fn(&Total) -> bool) {
        self.all.retain(stays);
        self.settle();
    }

    /// Finds every key where it is now.
    fn settle(&mut self) {
        (self.last_batch, self.last_day) = (None, None);
        let keys = self.all.iter().enumerate().map(|(at, total)| (total.key.clone(), at));
        self.at.clear();
        self.at.extend(keys);
    }

    /// Bytes held, roughly.
    pub(super) const fn bytes(&self) -> usize {
        self.all.len().saturating_mul(BYTES_EACH)
    }

    /// How everything stands.
    pub(super) fn view(&self) -> ControlTotals {
        let Whole { uncounted, dropped, .. } = self.whole;
        let mut view = ControlTotals { uncounted, dropped, ..ControlTotals::default() };
        let mut open = Vec::new();
        for total in &self.all {
            let state = self.whole.state(total);
            let count = view.keys.entry((total.kind(), state)).or_default();
            *count = count.saturating_add(1);
            let Some(statement) = total.statement.filter(|_| state.is_open()) else { continue };
            let stated = statement.tally;
            let missing = stated.count.saturating_sub(total.taken.count);
            view.short_payments = view.short_payments.saturating_add(missing);
            let oldest = view.oldest_ms.entry(state).or_insert(total.moved_ms);
            *oldest = total.moved_ms.min(*oldest);
            open.push((total.moved_ms, total.key.as_str(), state, stated, total.taken));
        }
        if open.len() > OPEN_MAX {
            open.select_nth_unstable_by_key(OPEN_MAX, |open| (open.0, open.1));
            open.truncate(OPEN_MAX);
        }
        open.sort_unstable_by_key(|open| (open.0, open.1));
        view.open.extend(open.into_iter().map(|(moved_ms, key, state, stated, taken)| OpenTotal {
            key: shown(key),
            state,
            stated,
            taken,
            moved_ms,
        }));
        view
    }

    /// What is to be written, as it is now.
    pub(super) fn freeze(&self) -> Frozen {
        Frozen { whole: self.whole, all: self.all.clone() }
    }

    /// What was written.
    pub(super) fn read(source: &mut dyn Source) -> Result<Self, SnapshotError> {
        let whole = snapshot::take(source, LIST)?;
        let all = snapshot::take_all(source, LIST)?;
        let mut tallies = Self { whole, all, ..Self::default() };
        tallies.settle();
        Ok(tallies)
    }
}

/// The key of a statement as a page or a log line may show it: as it is where it consists of letters,
/// digits and `._-/:` and has few digits beside a date, as accounts and cards have more, however they are
/// grouped; else a part of its hash (`printf %s KEY | sha256sum`).
fn shown(key: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "._-/:".contains(c);
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    let of_date = key.split('/').any(|part| Date::parse(part).is_ok());
    let most = if of_date { DIGITS_MAX.saturating_add(8) } else { DIGITS_MAX };
    let long = |run: &str| run.len() > RUN_MAX;
    let has_long = key.split(|c: char| !c.is_ascii_digit()).any(long);
    if key.chars().all(harmless) && !has_long && digits <= most {
        return key.to_owned();
    }
    let hash = Sha256::digest(key);
    let start: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{start}")
}

/// All totals at one position.
#[derive(Debug)]
pub(super) struct Frozen {
    whole: Whole,
    all: Vec<Total>,
}

impl Frozen {
    /// Hands them over in order of their keys.
    pub(super) fn write(&self, sink: &mut dyn Sink) -> Result<(), SnapshotError> {
        let mut all: Vec<&Total> = self.all.iter().collect();
        all.sort_unstable_by_key(|total| total.key.as_str());
        snapshot::put(sink, LIST, &self.whole)?;
        snapshot::put_all(sink, LIST, &all, 64)
    }
}

#[cfg(test)]
mod tests;
