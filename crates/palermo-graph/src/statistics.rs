//! The payments of one account in one direction as numbers: how many, with how many, how much.
//!
//! Sums are exact in 128 bits. What is derived from them is a whole number of millionths, rounded
//! half-even, so that it is the same on every machine. Payments of unknown amount are counted and not
//! summed. Cost: the payments of the side.

use crate::others::Others;
use crate::view::View;
use crate::work::{Answer, Spent, Work};
use palermo_domain::Cents;
use palermo_ledger::{AccountId, Leg};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct StatisticsAsk {
    /// Whose payments.
    pub account: AccountId,
    /// In which direction.
    pub leg: Leg,
}

/// Numbers of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Payments.
    pub degree: u32,
    /// Different other ends.
    pub fan: u32,
    /// Payments whose amount is known.
    pub known: u32,
    /// Their sum, in cents.
    pub sum: i128,
    /// The smallest; `None` where none is known.
    pub smallest: Option<Cents>,
    /// The largest.
    pub largest: Option<Cents>,
    /// The sum of squares, in cents squared; `None` where it is too large.
    squares: Option<i128>,
}

const MICRO: i128 = 1_000_000;

impl Statistics {
    /// The mean amount, in millionths of the currency.
    pub fn mean(&self) -> Option<i64> {
        let micro = self.sum.checked_mul(MICRO)?;
        rounded(micro, i128::from(self.known).checked_mul(100)?)
    }

    /// The variance of the amounts as a population, in hundredths of the currency squared.
    pub fn variance(&self) -> Option<i64> {
        let known = i128::from(self.known);
        let spread =
            known.checked_mul(self.squares?)?.checked_sub(self.sum.checked_mul(self.sum)?)?;
        rounded(spread, known.checked_mul(known)?.checked_mul(100)?)
    }
}

/// A quotient of numbers that are not negative, half to even; `None` for a division by zero.
fn rounded(a: i128, b: i128) -> Option<i64> {
    let (whole, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    let twice = rest.checked_mul(2)?;
    let odd = whole.checked_rem(2)? != 0;
    let up = twice > b || (twice == b && odd);
    i64::try_from(whole.checked_add(i128::from(up))?).ok()
}

/// The search. See the module.
#[derive(Debug, Default)]
pub struct StatisticsSearch {
    others: Others,
}

impl StatisticsSearch {
    /// The numbers of one side, in view.
    pub fn search(
        &mut self,
        view: &View<'_>,
        ask: &StatisticsAsk,
        budget: u32,
    ) -> Answer<Statistics> {
        let mut work = Work::new(budget);
        let mut found = Statistics { squares: Some(0), ..Statistics::default() };
        let end = self.walk(view, ask, &mut work, &mut found);
        work.answer(found, end)
    }

    fn walk(
        &mut self,
        view: &View<'_>,
        ask: &StatisticsAsk,
        work: &mut Work,
        found: &mut Statistics,
    ) -> Result<(), Spent> {
        let side = view.side(ask.account, ask.leg);
        self.others.of(&side);
        // Newest first: what a cut leaves out is the oldest.
        for look in side.looks().rev() {
            work.spend(1)?;
            let Some(step) = look else { continue };
            found.degree = found.degree.saturating_add(1);
            found.fan = found.fan.saturating_add(u32::from(self.others.is_new(step)));
            let Some(amount) = step.amount() else { continue };
            let cents = i128::from(amount.0);
            found.known = found.known.saturating_add(1);
            found.sum = found.sum.saturating_add(cents);
            found.smallest = Some(found.smallest.map_or(amount, |least| least.min(amount)));
            found.largest = Some(found.largest.map_or(amount, |most| most.max(amount)));
            let square = cents.checked_mul(cents);
            found.squares = found
                .squares
                .and_then(|squares| square.and_then(|square| squares.checked_add(square)));
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers that the test makes itself")]
mod tests {
    use super::*;

    fn of(amounts: &[i64]) -> Statistics {
        Statistics {
            known: u32::try_from(amounts.len()).unwrap(),
            sum: amounts.iter().map(|&amount| i128::from(amount)).sum(),
            squares: Some(amounts.iter().map(|&a| i128::from(a) * i128::from(a)).sum()),
            ..Statistics::default()
        }
    }

    #[test]
    fn mean_and_variance_are_rounded_half_even() {
        for (amounts, mean, variance) in [
            (&[][..], None, None),
            (&[1250], Some(12_500_000), Some(0)),
            (&[100, 200], Some(1_500_000), Some(25)),
            (&[100, 100, 200], Some(1_333_333), Some(22)),
            (&[100, 900_000_000], Some(4_500_000_500_000), Some(2_024_999_550_000_025)),
            // Too large to be held: unknown, not wrong.
            (&[i64::MAX, i64::MAX, 0], None, None),
        ] {
            let found = of(amounts);
            assert_eq!((found.mean(), found.variance()), (mean, variance), "{amounts:?}");
        }
        assert_eq!(
            [(1, 2), (3, 2), (5, 2), (7, 3), (8, 3)].map(|(a, b)| rounded(a, b)),
            [Some(0), Some(2), Some(2), Some(2), Some(3)]
        );
    }
}
