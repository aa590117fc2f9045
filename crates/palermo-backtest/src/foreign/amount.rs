//! Amounts as files write them, without a float.
//!
//! Without `decimals` an amount keeps the grammar of `payment.v1` exactly. With it, other plain decimals
//! (`3697.340000000`, `1E+3`) are rounded half to even, to that many places or to those of the currency.
//! Promise: what is read is the number that stands there, or rounded once, or an error; a sign is an
//! error, since a payment has a debtor and a creditor instead. Cost: a few passes over the digits.

use super::text::{Cells, Column, Names};
use super::written;
use palermo_codec::minor_units;
use palermo_domain::{Currency, Decimal, parse_amount};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The most decimals of an asset, by the grammar of amounts.
const ASSET_DECIMALS: u32 = 8;
/// The most digits before the point, by the same.
const WHOLE_DIGITS: u32 = 15;
/// More digits than this are no amount.
const DIGITS_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decimals {
    /// The grammar of `payment.v1`.
    AsWritten,
    /// Rounded to so many.
    Fixed(u32),
    /// Rounded to those that the currency has.
    OfCurrency,
}

/// How an amount is read.
#[derive(Clone, Debug)]
pub(super) struct Amount {
    column: Column,
    decimals: Decimals,
    point: char,
    group: Option<char>,
}

impl Amount {
    pub(super) fn try_new(
        written: &written::Amount,
        path: &str,
        names: &mut Names,
    ) -> Result<Self, String> {
        let decimals = match written.decimals.as_deref() {
            None => Decimals::AsWritten,
            Some("currency") => Decimals::OfCurrency,
            Some(text) => match text.parse::<u32>() {
                Ok(places) if places <= ASSET_DECIMALS => Decimals::Fixed(places),
                _ => {
                    return Err(format!(
                        "`{path}.decimals` is `{text}`; it is a number of 0 to 8, or `currency`"
                    ));
                }
            },
        };
        let point = match written.point.as_deref() {
            None => '.',
            Some(text) => mark(text, &format!("{path}.point"))?,
        };
        let group = match written.group.as_deref() {
            None => None,
            Some(text) => Some(mark(text, &format!("{path}.group"))?),
        };
        if group == Some(point) {
            return Err(format!("`{path}.group` is the same as the decimal point"));
        }
        let column = names.column(&written.column);
        Ok(Self { column, decimals, point, group })
    }

    /// The amount of a row; none where the cell is empty.
    pub(super) fn read(
        &self,
        cells: &Cells<'_>,
        currency: &Currency,
    ) -> Result<Option<Decimal>, String> {
        let text = cells.text(self.column);
        if text.is_empty() {
            return Ok(None);
        }
        self.number(text, currency).map(Some).ok_or_else(|| {
            let place = cells.listed(&[self.column]);
            if text.starts_with('-') {
                return format!(
                    "has an amount in {place} that is negative: who pays is the debtor"
                );
            }
            let hint = match self.decimals {
                Decimals::AsWritten => " of at most 8 decimals (`decimals` rounds others)",
                Decimals::Fixed(_) | Decimals::OfCurrency => {
                    " of at most 15 digits before the point"
                }
            };
            format!("has an amount in {place} that is no plain decimal{hint}")
        })
    }

    /// What to say of a row without an amount.
    pub(super) fn absent(&self, cells: &Cells<'_>) -> String {
        format!("has no amount: there is nothing in {}", cells.listed(&[self.column]))
    }

    /// A number that may have a minus, such as a balance, written as this amount is.
    pub(super) fn signed(&self, text: &str, currency: &Currency) -> Option<Decimal> {
        let Some(rest) = text.strip_prefix('-') else { return self.number(text, currency) };
        let amount = self.number(rest, currency)?;
        // Nothing is not negative.
        Some(if amount.is_zero() { amount } else { Decimal::ZERO.saturating_sub(amount) })
    }

    fn number(&self, text: &str, currency: &Currency) -> Option<Decimal> {
        let plain = self.plain(text)?;
        match self.decimals {
            Decimals::AsWritten => parse_amount(&plain).ok(),
            Decimals::Fixed(places) => rounded(&plain, places),
            Decimals::OfCurrency => {
                rounded(&plain, minor_units(currency).unwrap_or(ASSET_DECIMALS))
            }
        }
    }

    /// With a point as the decimal point, and nothing between groups.
    fn plain<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if self.point == '.' && self.group.is_none() {
            return Some(Cow::Borrowed(text));
        }
        let (whole, fraction) = match text.split_once(self.point) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let whole = match self.group {
            None => Cow::Borrowed(whole),
            Some(group) => Cow::Owned(ungrouped(whole, group)?),
        };
        // A point that is left here would be taken for the decimal point: an amount a thousand times
        // too small.
        if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(match fraction {
            None => whole,
            Some(fraction) => Cow::Owned(format!("{whole}.{fraction}")),
        })
    }
}

/// `1.234.567` without its marks; none where the groups are not of three digits.
fn ungrouped(whole: &str, group: char) -> Option<String> {
    let mut groups = whole.split(group);
    let first = groups.next()?;
    let mut joined = first.to_owned();
    for digits in groups {
        if digits.len() != 3 || !(1..=3).contains(&first.len()) {
            return None;
        }
        joined.push_str(digits);
    }
    Some(joined)
}

fn mark(text: &str, path: &str) -> Result<char, String> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(mark), None) if !mark.is_ascii_alphanumeric() && !matches!(mark, '-' | '+') => {
            Ok(mark)
        }
        _ => Err(format!("`{path}` is `{text}`; it is one character that is no digit and no sign")),
    }
}

/// Reads `12.3400`, `1E+3` or `1.5e-2`, rounded half to even to so many decimals.
fn rounded(text: &str, places: u32) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return None,
        Some(halves) => halves,
        None => (mantissa, ""),
    };
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let is_padded = whole.len() > 1 && whole.starts_with('0');
    if whole.is_empty()
        || is_padded
        || digits.len() > DIGITS_MAX
        || !digits.iter().all(u8::is_ascii_digit)
    {
        return None;
    }
    // In units of the last place the value is `digits` times ten to this power.
    let shift = exponent
        .checked_sub(i32::try_from(fraction.len()).ok()?)?
        .checked_add(i32::try_from(places).ok()?)?;
    let power = shift.unsigned_abs();
    let units = if shift >= 0 {
        integer(&digits)?.checked_mul(10_i128.checked_pow(power)?)?
    } else {
        half_even(&digits, usize::try_from(power).ok()?)?
    };
    let bound = 10_i128.checked_pow(places.checked_add(WHOLE_DIGITS)?)?;
    let held = (units < bound).then_some(units)?;
    Decimal::try_from_i128_with_scale(held, places).ok()
}

fn integer(digits: &[u8]) -> Option<i128> {
    digits.iter().try_fold(0_i128, |value, digit| {
        value.checked_mul(10)?.checked_add(i128::from(digit.wrapping_sub(b'0')))
    })
}

/// The digits without the last `cut` of them, rounded by what these say.
fn half_even(digits: &[u8], cut: usize) -> Option<i128> {
    // Less than a tenth of a unit.
    let Some(kept) = digits.len().checked_sub(cut) else { return Some(0) };
    let (kept, rest) = digits.split_at_checked(kept)?;
    let units = integer(kept)?;
    let (first, tail) = rest.split_first()?;
    let up = match first.cmp(&b'5') {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => tail.iter().any(|digit| *digit != b'0') || units % 2 == 1,
    };
    units.checked_add(i128::from(up))
}
