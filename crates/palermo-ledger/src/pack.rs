//! The fixed part of a row: 55 bytes.
//!
//! Numbers stand at fixed places, in as few bytes as nearly all payments need; what does not fit
//! stands whole in the part behind the id (module `few`). Nothing is lossy. What payments share is a
//! number into a [`Table`](crate::table::Table): ends, contacts, sites, manners.

use crate::few::{Few, Gathered};
use crate::row::{Leg, Origin};
use palermo_domain::{Cents, Decimal, EventTime};

/// Bytes of the fixed part.
pub(crate) const ROW: usize = 55;
/// The fixed part.
pub(crate) type Fixed = [u8; ROW];

pub(crate) const DAY_MS: i64 = 86_400_000;

/// Millisecond of the day in 27 bits, flags in the five above.
const TIME: usize = 0;
const CONTENT: usize = 4;
/// Base amount in cents, five bytes without a sign.
const CENTS: usize = 12;
const PARTITION: usize = 17;
/// Six bytes.
const OFFSET: usize = 19;
/// Ingest time less event time.
const INGEST: usize = 25;
/// Where id and the rest begin in the page.
const TAIL: usize = 29;
/// Account of the debtor and of the creditor, 0 where there is none.
const ACCOUNTS: [usize; 2] = [31, 35];
const ENDS: [usize; 2] = [39, 43];
const SITE: usize = 47;
const MANNER: usize = 51;
const _: () = assert!(MANNER + 4 == ROW);

const TIME_BITS: u32 = 27;
/// Taken back by a later record.
pub(crate) const REVERSED: u32 = 1 << TIME_BITS;
/// There is a part behind the id.
pub(crate) const MORE: u32 = 1 << 28;
/// There was no rate.
const NO_AMOUNT: u32 = 1 << 29;
/// The base amount stands behind the id.
const WIDE_AMOUNT: u32 = 1 << 30;
/// The amount as sent is the base amount with another scale.
const SAME_AMOUNT: u32 = 1 << 31;
/// The ingest time stands behind the id.
const FAR_INGEST: i32 = i32::MIN;
/// The origin stands behind the id.
const FAR_ORIGIN: u16 = u16::MAX;
const AMOUNT_MAX: i64 = (1 << 40) - 1;
const OFFSET_MAX: i64 = (1 << 48) - 1;

/// What is packed.
pub(crate) struct Parts {
    pub(crate) time: EventTime,
    pub(crate) content: u64,
    pub(crate) amount: Option<Cents>,
    pub(crate) origin: Origin,
    pub(crate) accounts: [u32; 2],
    pub(crate) ends: [u32; 2],
    pub(crate) site: u32,
    pub(crate) manner: u32,
}

/// Packs a row; what does not fit goes to `few`, which holds nothing from [`Few::Amount`] on. The
/// original amount must have been gathered by [`gather_original`].
#[expect(clippy::indexing_slicing, reason = "constant places inside a row")]
pub(crate) fn pack(parts: &Parts, same: bool, few: &mut Gathered) -> Fixed {
    let mut row = [0; ROW];
    let mut set = |at: usize, bytes: &[u8]| row[at..][..bytes.len()].copy_from_slice(bytes);
    let mut word = u32::try_from(parts.time.millis_of_day()).unwrap_or(0);
    if same {
        word |= SAME_AMOUNT;
    }
    match parts.amount {
        None => word |= NO_AMOUNT,
        Some(cents) if (0..=AMOUNT_MAX).contains(&cents.0) => {
            set(CENTS, &cents.0.to_le_bytes()[..5]);
        }
        Some(cents) => {
            word |= WIDE_AMOUNT;
            few.put(Few::Amount, &cents.0.to_le_bytes());
        }
    }
    let ingest = parts.origin.ingest.0;
    let ahead = ingest.checked_sub(parts.time.0).and_then(|ms| i32::try_from(ms).ok());
    let ahead = ahead.unwrap_or(FAR_INGEST);
    if ahead == FAR_INGEST {
        few.put(Few::Ingest, &ingest.to_le_bytes());
    }
    set(INGEST, &ahead.to_le_bytes());
    let (partition, offset) = (parts.origin.partition.index, parts.origin.offset);
    let near = u16::try_from(partition).ok();
    let near = near.filter(|at| *at != FAR_ORIGIN && (0..=OFFSET_MAX).contains(&offset));
    if near.is_none() {
        let mut both = [0; 12];
        both[..4].copy_from_slice(&partition.to_le_bytes());
        both[4..].copy_from_slice(&offset.to_le_bytes());
        few.put(Few::Origin, &both);
    }
    set(PARTITION, &near.unwrap_or(FAR_ORIGIN).to_le_bytes());
    set(OFFSET, &offset.to_le_bytes()[..6]);
    set(CONTENT, &parts.content.to_le_bytes());
    for leg in [0, 1] {
        set(ACCOUNTS[leg], &parts.accounts[leg].to_le_bytes());
        set(ENDS[leg], &parts.ends[leg].to_le_bytes());
    }
    set(SITE, &parts.site.to_le_bytes());
    set(MANNER, &parts.manner.to_le_bytes());
    if !few.is_empty() {
        word |= MORE;
    }
    set(TIME, &word.to_le_bytes());
    row
}

/// Whether the amount as sent follows from the base amount and its scale; else it is gathered.
pub(crate) fn gather_original(
    amount: Option<Cents>,
    original: Decimal,
    few: &mut Gathered,
) -> bool {
    let made = amount.and_then(|cents| rescaled(cents, scale_of(original)));
    let same = made.is_some_and(|made| made.serialize() == original.serialize());
    if !same {
        few.put_decimal(Few::Original, original);
    }
    same
}

/// Decimals of an amount.
pub(crate) fn scale_of(amount: Decimal) -> u8 {
    u8::try_from(amount.scale()).unwrap_or(0)
}

/// Cents as a decimal of no, one or two decimals, cut to them.
fn rescaled(cents: Cents, scale: u8) -> Option<Decimal> {
    let unit = match scale {
        0 => 100,
        1 => 10,
        2 => 1,
        _ => return None,
    };
    Some(Decimal::new(cents.0.checked_div(unit)?, u32::from(scale)))
}

#[inline]
fn bytes<const N: usize>(row: &Fixed, at: usize) -> [u8; N] {
    row.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
}

#[inline]
fn number(row: &Fixed, at: usize) -> u32 {
    u32::from_le_bytes(bytes(row, at))
}

#[inline]
pub(crate) fn has(row: &Fixed, flag: u32) -> bool {
    number(row, TIME) & flag != 0
}

/// Sets a flag.
pub(crate) fn set(row: &mut Fixed, flag: u32) {
    let word = number(row, TIME) | flag;
    if let Some(place) = row.first_chunk_mut() {
        *place = word.to_le_bytes();
    }
}

/// Says where the part behind the row is.
pub(crate) fn set_tail(row: &mut Fixed, at: u16) {
    if let Some(place) = row.get_mut(TAIL..).and_then(|rest| rest.first_chunk_mut()) {
        *place = at.to_le_bytes();
    }
}

#[inline]
pub(crate) fn tail(row: &Fixed) -> usize {
    usize::from(u16::from_le_bytes(bytes(row, TAIL)))
}

/// Milliseconds since midnight.
#[inline]
pub(crate) fn millis(row: &Fixed) -> i64 {
    i64::from(number(row, TIME) & (REVERSED - 1))
}

#[inline]
pub(crate) fn content(row: &Fixed) -> u64 {
    u64::from_le_bytes(bytes(row, CONTENT))
}

/// The base amount; `Err` where it stands behind the id.
#[inline]
pub(crate) fn amount(row: &Fixed) -> Result<Option<Cents>, Few> {
    if has(row, NO_AMOUNT | WIDE_AMOUNT) {
        return if has(row, NO_AMOUNT) { Ok(None) } else { Err(Few::Amount) };
    }
    let [a, b, c, d, e] = bytes(row, CENTS);
    Ok(Some(Cents(i64::from_le_bytes([a, b, c, d, e, 0, 0, 0]))))
}

/// The amount as sent, where it follows from the base amount; `Err` where it stands behind the id.
pub(crate) fn original(row: &Fixed, amount: Option<Cents>, scale: u8) -> Result<Decimal, Few> {
    let same = has(row, SAME_AMOUNT);
    amount.filter(|_| same).and_then(|cents| rescaled(cents, scale)).ok_or(Few::Original)
}

/// Ingest time less event time; `Err` where the ingest time stands behind the id.
pub(crate) fn ahead(row: &Fixed) -> Result<i64, Few> {
    let ahead = i32::from_le_bytes(bytes(row, INGEST));
    if ahead == FAR_INGEST { Err(Few::Ingest) } else { Ok(i64::from(ahead)) }
}

/// Partition and offset; `Err` where they stand behind the id.
pub(crate) fn origin(row: &Fixed) -> Result<(i32, i64), Few> {
    let partition = u16::from_le_bytes(bytes(row, PARTITION));
    if partition == FAR_ORIGIN {
        return Err(Few::Origin);
    }
    let [a, b, c, d, e, f] = bytes(row, OFFSET);
    Ok((i32::from(partition), i64::from_le_bytes([a, b, c, d, e, f, 0, 0])))
}

/// Number of the account of an end, 0 where there is none.
#[inline]
pub(crate) fn account(row: &Fixed, leg: Leg) -> u32 {
    number(
        row,
        match leg {
            Leg::Debtor => ACCOUNTS[0],
            Leg::Creditor => ACCOUNTS[1],
        },
    )
}

#[inline]
pub(crate) fn end(row: &Fixed, leg: Leg) -> u32 {
    number(
        row,
        match leg {
            Leg::Debtor => ENDS[0],
            Leg::Creditor => ENDS[1],
        },
    )
}

#[inline]
pub(crate) fn site(row: &Fixed) -> u32 {
    number(row, SITE)
}

#[inline]
pub(crate) fn manner(row: &Fixed) -> u32 {
    number(row, MANNER)
}
