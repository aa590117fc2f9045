//! Money: a strict decimal grammar in, checked integers inside.
//!
//! Amounts arrive as text and are read without a float (DESIGN §11). What the engine sums is
//! [`Cents`]: hundredths of the base currency in an `i64`, with checked arithmetic. The grammar
//! allows 15 digits before the point, so one amount is at most 10^17 cents and the sum of 90
//! amounts of that size is the first that could overflow; an overflow is an error, never a wrap.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a plain decimal amount: at most 15 digits, a point, at most 8 digits, no sign, no exponent"
)]
pub struct AmountError;

/// Reads `(0|[1-9][0-9]{0,14})(\.[0-9]{1,8})?`, exactly. Cost: one pass over the bytes.
pub fn parse_amount(text: &str) -> Result<Decimal, AmountError> {
    let bytes = text.as_bytes();
    let point = bytes.iter().position(|&b| b == b'.');
    let (whole, fraction) = match point {
        Some(at) => {
            let (whole, rest) = bytes.split_at(at);
            (whole, rest.get(1..).ok_or(AmountError)?)
        }
        None => (bytes, &[][..]),
    };
    let fraction_allowed = if point.is_some() { 1..=8 } else { 0..=0 };
    if !(1..=15).contains(&whole.len())
        || !fraction_allowed.contains(&fraction.len())
        || (whole.len() > 1 && whole.first() == Some(&b'0'))
    {
        return Err(AmountError);
    }
    let mut mantissa: i128 = 0;
    for &digit in whole.iter().chain(fraction) {
        if !digit.is_ascii_digit() {
            return Err(AmountError);
        }
        // At most 23 digits: far below the 38 of an i128.
        mantissa = mantissa.wrapping_mul(10).wrapping_add(i128::from(digit.wrapping_sub(b'0')));
    }
    let scale = u32::try_from(fraction.len()).map_err(|_| AmountError)?;
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(|_| AmountError)
}

/// Reads an amount with an optional leading minus sign (balances). `-0` is refused.
pub fn parse_signed_amount(text: &str) -> Result<Decimal, AmountError> {
    match text.strip_prefix('-') {
        None => parse_amount(text),
        Some(rest) => {
            let amount = parse_amount(rest)?;
            if amount.is_zero() {
                Err(AmountError)
            } else {
                Ok(Decimal::ZERO.saturating_sub(amount))
            }
        }
    }
}

/// Hundredths of the base currency.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Cents(pub i64);

/// A sum of money left the range of [`Cents`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sum of money is too large to be held exactly")]
pub struct MoneyOverflow;

impl Cents {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// The sum, or an error where it cannot be held.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyOverflow> {
        self.0.checked_add(other.0).map(Self).ok_or(MoneyOverflow)
    }

    /// The amount as a decimal with two places.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_decimal())
    }
}

/// `28475.3` as `28,475`: whole units, for people.
pub fn grouped(amount: Decimal) -> String {
    let whole = amount.round().normalize().to_string();
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole.as_str()), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && digits.len().saturating_sub(at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rounds half-even to hundredths (DESIGN §11). `None` where the amount is too large.
pub fn to_cents(amount: Decimal) -> Option<Cents> {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    rounded.rescale(2);
    i64::try_from(rounded.mantissa()).ok().map(Cents)
}

/// A currency or asset code: three to eight of `[A-Z0-9]`, kept inline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Currency([u8; 8]);

impl Currency {
    /// ISO 4217 `XXX`: no currency.
    pub const NONE: Self = Self([b'X', b'X', b'X', 0, 0, 0, 0, 0]);

    /// ISO 4217 `XXX`: no currency. No accepted payment has it.
    pub const XXX: Self = Self(*b"XXX\0\0\0\0\0");

    /// A code of three to eight upper-case letters or digits.
    pub fn try_new(code: &str) -> Option<Self> {
        let bytes = code.as_bytes();
        let plain = bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if !(3..=8).contains(&bytes.len()) || !plain {
            return None;
        }
        let mut inline = [0; 8];
        inline.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self(inline))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|&b| b == 0).unwrap_or(self.0.len());
        self.0.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_of_amounts_is_strict() {
        for good in ["0", "1", "10.5", "999999999999999.99999999", "0.00000001", "0.00"] {
            assert_eq!(parse_amount(good).map(|d| d.to_string()), Ok(good.to_owned()), "{good}");
        }
        for bad in [
            "",
            "-1",
            "+1",
            "01",
            "00",
            ".5",
            "5.",
            "1e5",
            "1E5",
            "NaN",
            "inf",
            "1_000",
            "1,000",
            " 1",
            "1 ",
            "1.123456789",
            "1000000000000000",
            "٣",
            "１",
            "0x1",
            "1..2",
            "-0",
        ] {
            assert_eq!(parse_amount(bad), Err(AmountError), "{bad}");
        }
        assert_eq!(parse_signed_amount("-12.30").map(|d| d.to_string()), Ok("-12.30".into()));
        assert_eq!(parse_signed_amount("-0"), Err(AmountError));
    }

    #[test]
    fn cents_round_half_even() {
        for (text, cents) in
            [("0.005", 0), ("0.015", 2), ("0.025", 2), ("1.999", 200), ("12", 1200), ("0.0051", 1)]
        {
            assert_eq!(parse_amount(text).ok().and_then(to_cents), Some(Cents(cents)), "{text}");
        }
        assert_eq!(Cents(i64::MAX).checked_add(Cents(1)), Err(MoneyOverflow));
    }

    #[test]
    fn currencies_are_short_codes() {
        assert_eq!(Currency::try_new("USD").map(|c| c.to_string()), Some("USD".into()));
        assert_eq!(Currency::try_new("USDT2345").map(|c| c.to_string()), Some("USDT2345".into()));
        for bad in ["", "US", "usd", "USDUSDUSD", "U$D"] {
            assert_eq!(Currency::try_new(bad), None, "{bad}");
        }
    }
}
