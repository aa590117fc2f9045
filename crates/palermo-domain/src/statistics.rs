//! Counts told honestly: shares with their intervals, quantiles, rates. Whole numbers, so that two
//! machines agree.

/// Wilson's interval of 95 % of a share (Wilson 1927), in millionths; `None` of nothing.
///
/// The bounds are (2x + z² ± z √(z² + 4x(n − x)/n)) / 2(n + z²), with z² = 3.841459.
pub fn wilson(part: u64, whole: u64) -> Option<(u64, u64)> {
    const MICRO: u128 = 1_000_000;
    const Z2: u128 = 3_841_459;
    const Z: u128 = 1_959_964;
    let (x, n) = (u128::from(part.min(whole)), u128::from(whole));
    let spread = x.checked_mul(n.checked_sub(x)?)?.checked_mul(4)?.checked_mul(MICRO)?;
    let under = Z2.checked_add(spread.checked_div(n)?)?.checked_mul(MICRO)?;
    let root = Z.checked_mul(under.isqrt())?.checked_div(MICRO)?;
    let middle = x.checked_mul(2)?.checked_mul(MICRO)?.checked_add(Z2)?;
    let whole = n.checked_mul(MICRO)?.checked_add(Z2)?.checked_mul(2)?;
    let of_whole = |bound: u128| -> Option<u64> {
        u64::try_from(bound.checked_mul(MICRO)?.checked_div(whole)?).ok()
    };
    let (low, high) = (middle.saturating_sub(root), middle.checked_add(root)?.min(whole));
    Some((of_whole(low)?, of_whole(high)?))
}

/// The interval of 95 % of a count that came by chance at a steady rate, in thousandths.
///
/// Byar's approximation of the exact Poisson interval (Breslow and Day 1987, 2.13 and 2.14): n (1 − 1/9n −
/// z/3√n)³ and (n+1) (1 − 1/9(n+1) + z/3√(n+1))³, with z = 1.959964; the lower end of nothing is 0.
pub fn poisson(count: u64) -> (u64, u64) {
    const MICRO: i128 = 1_000_000;
    const Z: i128 = 1_959_964;
    let bound = |n: u64, sign: i128| -> Option<u64> {
        let n = i128::from(n);
        // √n in millionths.
        let root = n.checked_mul(MICRO)?.checked_mul(MICRO)?.isqrt();
        let spread = Z.checked_mul(MICRO)?.checked_div(root.checked_mul(3)?)?.checked_mul(sign)?;
        let base = MICRO.checked_sub(MICRO.checked_div(n.checked_mul(9)?)?)?.checked_add(spread)?;
        let square = base.max(0).checked_mul(base.max(0))?.checked_div(MICRO)?;
        let cube = square.checked_mul(base.max(0))?.checked_div(MICRO)?;
        u64::try_from(n.checked_mul(cube)?.checked_div(1_000)?).ok()
    };
    let high = bound(count.saturating_add(1), 1).unwrap_or(u64::MAX);
    (if count == 0 { 0 } else { bound(count, -1).unwrap_or(0) }, high)
}

/// The middle one, the upper of two.
pub fn median<T: Copy + Ord>(all: &[T]) -> Option<T> {
    quantile(all, 50)
}

/// The value below which so many percent lie, the upper of two; the largest for 100.
pub fn quantile<T: Copy + Ord>(all: &[T], percent: usize) -> Option<T> {
    let mut all = all.to_vec();
    all.sort_unstable();
    let at = all.len().checked_mul(percent)?.checked_div(100)?;
    all.get(at.min(all.len().checked_sub(1)?)).copied()
}

/// So many for each `each`, with so many decimals, rounded; half of the last place upward.
pub fn per(of: u64, whole: u64, each: u64, places: u32) -> String {
    let unit = 10_u128.saturating_pow(places);
    let scaled = u128::from(of).saturating_mul(u128::from(each)).saturating_mul(unit);
    let parts = u128::from(whole.max(1));
    // Half a unit more, so that the division rounds.
    let scaled = scaled.saturating_add(parts / 2).checked_div(parts).unwrap_or(0);
    let (whole, rest) = (scaled.checked_div(unit), scaled.checked_rem(unit));
    let width = usize::try_from(places).unwrap_or(0);
    match places {
        0 => whole.unwrap_or(0).to_string(),
        _ => format!("{}.{:0width$}", whole.unwrap_or(0), rest.unwrap_or(0)),
    }
}

#[cfg(test)]
#[expect(
    clippy::cast_precision_loss,
    reason = "small numbers written here, against the formula in floating point"
)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_the_interval_of_the_tables() {
        // Exact bounds, of tables of the Poisson distribution (Garwood 1936).
        for (count, low, high) in [
            (0, 0, 3_689),
            (1, 25, 5_572),
            (2, 242, 7_225),
            (5, 1_623, 11_668),
            (10, 4_795, 18_390),
            (30, 20_241, 42_827),
            (100, 81_364, 121_627),
        ] {
            let (found_low, found_high) = poisson(count);
            let near = |a: u64, b: u64| a.abs_diff(b) <= 60;
            assert!(
                near(found_low, low) && near(found_high, high),
                "{count}: {found_low} {found_high}"
            );
        }
    }

    #[test]
    fn intervals_are_those_of_the_formula() {
        for n in 1..80_u64 {
            for x in 0..=n {
                let (part, whole, z) = (x as f64, n as f64, 1.959_963_985_f64);
                let p = part / whole;
                let middle = (p + z * z / (2.0 * whole)) / (1.0 + z * z / whole);
                let half = z / (1.0 + z * z / whole)
                    * (p * (1.0 - p) / whole + z * z / (4.0 * whole * whole)).sqrt();
                let (low, high) = wilson(x, n).unwrap();
                let near = |a: u64, b: f64| (a as f64 / 1e6 - b).abs() < 3e-6;
                assert!(near(low, (middle - half).max(0.0)), "{x} of {n}: {low}");
                assert!(near(high, (middle + half).min(1.0)), "{x} of {n}: {high}");
            }
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn quantiles_and_rates_are_those_of_people() {
        assert_eq!((median(&[3, 1, 2]), median::<i64>(&[])), (Some(2), None));
        assert_eq!((quantile(&[1, 2, 3, 4], 95), quantile(&[7], 100)), (Some(4), Some(7)));
        assert_eq!(per(3, 200_000, 100_000, 2), "1.50");
        assert_eq!((per(7, 2, 1, 0), per(7, 0, 1, 1)), ("4".to_owned(), "7.0".to_owned()));
        assert_eq!((per(30, 302, 1, 2), per(6, 32, 1, 2)), ("0.10".to_owned(), "0.19".to_owned()));
    }
}
