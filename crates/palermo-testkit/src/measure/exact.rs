//! Fractions and roots in whole numbers, rounded once, at the very end.
//!
//! Sees: a rounding in the middle of a computation, and a root that is a little off.

#![expect(clippy::arithmetic_side_effects, reason = "i128 holds what a scene adds up to")]

use super::Number;
use palermo_domain::Decimal;

const PLACES: u32 = 6;
const UNIT: i128 = 1_000_000;

/// Hundredths of a number; none where it has finer parts.
pub(super) fn cents(number: Decimal) -> Option<i128> {
    let hundred = number.checked_mul(Decimal::ONE_HUNDRED)?.normalize();
    (hundred.scale() == 0).then(|| hundred.mantissa())
}

/// Hundredths of every number; none where one is unknown.
pub(super) fn all_cents(values: &[Number]) -> Option<Vec<i128>> {
    values.iter().map(|value| cents((*value)?)).collect()
}

/// Rounded half-even to six places; unknown over zero.
pub(super) fn fraction(numerator: i128, denominator: i128) -> Number {
    if denominator == 0 {
        return None;
    }
    let (numerator, denominator) =
        (numerator * denominator.signum() * UNIT, denominator * denominator.signum());
    let (below, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    let up = match (rest * 2).cmp(&denominator) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => below.rem_euclid(2),
        std::cmp::Ordering::Greater => 1,
    };
    Decimal::try_from_i128_with_scale(below + up, PLACES).ok()
}

/// `numerator / sqrt(square)`, rounded to six places; unknown over zero.
pub(super) fn over_root(numerator: i128, square: i128) -> Number {
    if square <= 0 {
        return None;
    }
    let whole = numerator.abs() * UNIT;
    root(whole * whole, square).map(|root| if numerator < 0 { -root } else { root })
}

/// `sqrt(numerator / denominator)` in units of the sixth place, to the nearest.
fn root(numerator: i128, denominator: i128) -> Number {
    let below = (numerator / denominator).isqrt();
    let half = 2 * below + 1;
    let up = i128::from(half * half * denominator < 4 * numerator);
    Decimal::try_from_i128_with_scale(below + up, PLACES).ok()
}

/// `sqrt(numerator / denominator)`, rounded to six places.
pub(super) fn root_of(numerator: i128, denominator: i128) -> Number {
    if denominator <= 0 || numerator < 0 {
        return None;
    }
    root(numerator * UNIT * UNIT, denominator)
}
