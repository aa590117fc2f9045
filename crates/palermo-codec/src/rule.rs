//! Formats of texts and numbers, as the schemas state them.
//!
//! Pure functions over one value; each costs one pass at most. Lengths are counted in Unicode
//! characters, as JSON Schema does.

use crate::Limits;
use palermo_domain::DeadLetterReason;
use std::cmp::Ordering;

/// What a text must look like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// `^[A-Za-z0-9._:@#/+-]+$`, 1 to 64, no placeholder.
    Id,
    /// `^[a-z0-9][a-z0-9_.-]{0,63}$`.
    ListId,
    /// `^[0-9a-f]{16,64}$`.
    Hash,
    /// `^[A-Z]{2}$`.
    Country,
    /// `^[A-Z]{2}[A-Z2-9]{3}$`.
    Locode,
    /// `^[0-9]{4}$`.
    Mcc,
    /// `^[A-Z0-9]{4}$`.
    Purpose,
    /// `^[0-9]{1,4}$`.
    Occupation,
    /// RFC 4122 text form.
    Uuid,
    /// Any characters, from the first to the second number of them.
    Length(usize, usize),
}

impl Rule {
    /// Why `text` breaks the rule, if it does.
    pub(crate) fn check(self, text: &str, limits: &Limits) -> Result<(), DeadLetterReason> {
        let bytes = text.as_bytes();
        let all = |plain: fn(u8) -> bool| bytes.iter().all(|&b| plain(b));
        let upper_or_digit = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
        let right = match self {
            Self::Id => return check_id(text, limits),
            Self::Length(min, max) => return check_length(text, min, max),
            Self::ListId => return check_list_id(bytes),
            Self::Hash => {
                (16..=64).contains(&bytes.len()) && all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            }
            Self::Country => bytes.len() == 2 && all(|b| b.is_ascii_uppercase()),
            Self::Locode => {
                let (country, place) = bytes.split_at(bytes.len().min(2));
                bytes.len() == 5
                    && country.iter().all(u8::is_ascii_uppercase)
                    && place.iter().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'9'))
            }
            Self::Mcc => bytes.len() == 4 && all(|b| b.is_ascii_digit()),
            Self::Purpose => bytes.len() == 4 && all(upper_or_digit),
            Self::Occupation => (1..=4).contains(&bytes.len()) && all(|b| b.is_ascii_digit()),
            Self::Uuid => is_uuid(bytes),
        };
        if right { Ok(()) } else { Err(DeadLetterReason::FieldValue) }
    }
}

fn check_id(text: &str, limits: &Limits) -> Result<(), DeadLetterReason> {
    check_length(text, 1, 64)?;
    let plain = text.bytes().all(|b| ID_BYTES.get(usize::from(b)) == Some(&true));
    if !plain || limits.placeholder(text) {
        return Err(DeadLetterReason::Identifier);
    }
    Ok(())
}

/// `[A-Za-z0-9._:@#/+-]`, as a table: identifiers are most of a payment's bytes.
#[expect(clippy::indexing_slicing, reason = "a constant: the compiler checks the bounds")]
const ID_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut b: u8 = 0;
    while b < 128 {
        table[b as usize] = b.is_ascii_alphanumeric()
            || matches!(b, b'.' | b'_' | b':' | b'@' | b'#' | b'/' | b'+' | b'-');
        b += 1;
    }
    table
};

fn check_list_id(bytes: &[u8]) -> Result<(), DeadLetterReason> {
    let word = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let right = bytes.len() <= 64
        && bytes.first().is_some_and(word)
        && bytes.iter().all(|b| word(b) || matches!(b, b'_' | b'.' | b'-'));
    if right { Ok(()) } else { Err(DeadLetterReason::Identifier) }
}

fn check_length(text: &str, min: usize, max: usize) -> Result<(), DeadLetterReason> {
    let length = if text.is_ascii() { text.len() } else { text.chars().count() };
    if (min..=max).contains(&length) { Ok(()) } else { Err(DeadLetterReason::FieldLength) }
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A decimal number as an integer of units of ten to the minus `scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scaled {
    /// Rounded half-even.
    pub(crate) value: i64,
    /// How the rounded magnitude compares with the true one.
    pub(crate) rounded: Ordering,
}

/// Reads the text of a JSON number without a float. `None` where it has more than 18 digits before
/// the last unit, or is no number. Cost: one pass; allocates only for an exponent or digits beyond
/// `scale`.
pub(crate) fn scaled(text: &str, scale: u32) -> Option<Scaled> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let plain = plain_scaled(digits.as_bytes(), scale).map(|value| (value, Ordering::Equal));
    let (value, rounded) = plain.or_else(|| long_scaled(digits, scale))?;
    let value = if negative { value.checked_neg()? } else { value };
    Some(Scaled { value, rounded })
}

/// The common form: at most 18 digits, no exponent, no more decimals than `scale`.
fn plain_scaled(digits: &[u8], scale: u32) -> Option<i64> {
    let mut value: i64 = 0;
    let mut decimals: Option<u32> = None;
    for &b in digits {
        match b {
            b'0'..=b'9' => {
                value = value.checked_mul(10)?.checked_add(i64::from(b.wrapping_sub(b'0')))?;
                decimals = decimals.map(|count| count.saturating_add(1));
            }
            b'.' => decimals = Some(0),
            _ => return None,
        }
    }
    let missing = scale.checked_sub(decimals.unwrap_or(0))?;
    value.checked_mul(10_i64.checked_pow(missing)?)
}

fn long_scaled(digits: &str, scale: u32) -> Option<(i64, Ordering)> {
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).skip_while(|&b| b == b'0').collect();
    if all.is_empty() {
        return Some((0, Ordering::Equal));
    }
    // The value is `all` times ten to this power.
    let power = exponent
        .saturating_sub(i64::try_from(fraction.len()).ok()?)
        .saturating_add(i64::from(scale));
    let count = i64::try_from(all.len()).ok()?;
    let kept_count = usize::try_from(count.saturating_add(power.min(0)).max(0)).ok()?;
    let (kept, cut) = all.split_at(kept_count.min(all.len()));
    let mut value: i64 = 0;
    for b in kept {
        value = value.checked_mul(10)?.checked_add(i64::from(b.wrapping_sub(b'0')))?;
    }
    if power >= 0 {
        let power = u32::try_from(power.min(64)).ok()?;
        return Some((value.checked_mul(10_i64.checked_pow(power)?)?, Ordering::Equal));
    }
    // Zeros between the point and the first digit are cut digits too.
    let led_by_zero = count.saturating_add(power) < 0;
    let (first, rest) = cut.split_first()?;
    let tail = rest.iter().any(|&b| b != b'0');
    if led_by_zero {
        return Some((value, Ordering::Less));
    }
    Some(match (first.cmp(&b'5'), tail) {
        (Ordering::Less, false) if *first == b'0' => (value, Ordering::Equal),
        (Ordering::Less, _) => (value, Ordering::Less),
        (Ordering::Equal, false) if value % 2 == 0 => (value, Ordering::Less),
        _ => (value.checked_add(1)?, Ordering::Greater),
    })
}

fn parse_exponent(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text.as_bytes()),
    };
    let mut value: i64 = 0;
    for &b in digits {
        if !b.is_ascii_digit() {
            return None;
        }
        value = value.saturating_mul(10).saturating_add(i64::from(b.wrapping_sub(b'0')));
    }
    Some(if negative { value.saturating_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scaled_exactly_or_rounded_half_even() {
        use Ordering::{Equal, Greater, Less};
        for (text, value, rounded) in [
            ("42.89", 42_890_000, Equal),
            ("-78.88", -78_880_000, Equal),
            ("0", 0, Equal),
            ("-0", 0, Equal),
            ("0.0000005", 0, Less),
            ("0.0000015", 2, Greater),
            ("0.00000151", 2, Greater),
            ("0.00000149", 1, Less),
            ("0.00000005", 0, Less),
            ("0.0000000", 0, Equal),
            ("89.99999999", 90_000_000, Greater),
            ("90.0000001", 90_000_000, Less),
            ("42.890000000000000000000000000000", 42_890_000, Equal),
            ("42.889999999999999999999999999999", 42_890_000, Greater),
            ("1e1", 10_000_000, Equal),
            ("1E+1", 10_000_000, Equal),
            ("4289e-2", 42_890_000, Equal),
            ("1e-400", 0, Less),
            ("0e999999999999999999999", 0, Equal),
        ] {
            assert_eq!(scaled(text, 6), Some(Scaled { value, rounded }), "{text}");
        }
        for text in ["1e400", "1e13", "123456789012345678901", "1e999999999999999999999"] {
            assert_eq!(scaled(text, 6), None, "{text}");
        }
        assert_eq!(scaled("-300.0", 0), Some(Scaled { value: -300, rounded: Equal }));
        assert_eq!(scaled("3e2", 0), Some(Scaled { value: 300, rounded: Equal }));
    }
}
