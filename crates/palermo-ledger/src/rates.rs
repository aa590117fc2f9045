//! Daily rates, as rows of the list `fx`: `USD/2026-09-05` with `per_base`.
//!
//! A payment is converted with the newest rate dated before its UTC day and at most seven days
//! old, rounded half-even to hundredths (RULES.md, `amount`). No rate: unknown, never 1.

use palermo_domain::{Cents, Currency, Date, Decimal, EventTime, to_cents};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How old a rate may be, in days before the day of the payment.
const AGE_DAYS_MAX: i32 = 7;

/// Rates to the base currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rates {
    base: Currency,
    per_base: BTreeMap<(Currency, Date), Decimal>,
}

impl Rates {
    /// No rates yet but that of the base currency itself.
    pub fn new(base: Currency) -> Self {
        Self { base, per_base: BTreeMap::new() }
    }

    /// The base currency.
    pub fn base(&self) -> Currency {
        self.base
    }

    /// Takes in a row; `false` where the key or value is not one of a rate.
    pub fn set(&mut self, row: &str, per_base: Option<Decimal>) -> bool {
        let Some((currency, date)) = row.split_once('/') else { return false };
        let (Some(currency), Ok(date)) = (Currency::try_new(currency), Date::parse(date)) else {
            return false;
        };
        match per_base {
            Some(rate) if rate > Decimal::ZERO => {
                self.per_base.insert((currency, date), rate);
                true
            }
            Some(_) => false,
            None => self.per_base.remove(&(currency, date)).is_some(),
        }
    }

    /// An amount in the base currency at the time of a payment; `None` where there is no rate.
    pub fn convert(&self, amount: Decimal, currency: Currency, at: EventTime) -> Option<Cents> {
        if currency == self.base {
            return to_cents(amount);
        }
        let day = at.date();
        let oldest = Date(day.0.saturating_sub(AGE_DAYS_MAX));
        let mut dated = self.per_base.range((currency, oldest)..(currency, day));
        let (_, rate) = dated.next_back()?;
        to_cents(amount.checked_div(*rate)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_rate_before_the_day_holds_for_seven_days() {
        let currency = |code| Currency::try_new(code).unwrap();
        let mut rates = Rates::new(currency("EUR"));
        let hundred = Decimal::new(100, 0);
        let at = |text: &str| EventTime::parse(text).unwrap();
        assert!(rates.set("USD/2026-09-05", Some(Decimal::new(11042, 4))));
        assert!(rates.set("USD/2026-09-04", Some(Decimal::new(2, 0))));
        for (when, cents) in [
            ("2026-09-05T23:59:59Z", Some(5000)),
            ("2026-09-06T00:00:00Z", Some(9056)),
            ("2026-09-12T23:59:59Z", Some(9056)),
            ("2026-09-13T00:00:00Z", None),
            ("2026-09-04T12:00:00Z", None),
        ] {
            let got = rates.convert(hundred, currency("USD"), at(when));
            assert_eq!(got, cents.map(Cents), "{when}");
        }
        assert_eq!(
            rates.convert(hundred, currency("EUR"), at("1999-01-01T00:00:00Z")),
            Some(Cents(10_000))
        );
        assert!(
            !rates.set("USD", Some(hundred)) && !rates.set("USD/2026-09-05", Some(Decimal::ZERO))
        );
    }
}
