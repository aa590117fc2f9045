//! Days: how many are busy, how many close with little on the account.

use crate::bind::Node;
use crate::condition::{Match, Run, count};
use crate::eval::local_day;
use crate::value::{UNKNOWN, Value};
use palermo_domain::{Date, Decimal, FixedHashMap};
use palermo_lang::program::{EndField, Field, Side};
use std::collections::BTreeMap;

/// The balance of the subject's own end.
const BALANCE: Field = Field::End(Side::Own, EndField::BalanceAfter);

impl Run<'_> {
    /// Local days with at least so many payments.
    pub(super) fn days(&mut self, arguments: &[Node], chosen: &[Match]) -> Value {
        let least = arguments.first().and_then(|least| self.argument(least).number());
        let Some(least) = least else { return UNKNOWN };
        let mut days = FixedHashMap::<Date, u32>::default();
        for found in chosen {
            match self.at(*found).and_then(|at| local_day(at.row, at.leg)) {
                Some(day) => {
                    let seen = days.entry(day).or_default();
                    *seen = seen.saturating_add(1);
                }
                None => self.skip(Some(Field::Hour)),
            }
        }
        count(days.values().filter(|seen| Decimal::from(**seen) >= least).count())
    }

    /// UTC days, from the first with a known balance to the day that is evaluated, that closed with
    /// one below the limit (with any, where there is no limit). A day without a payment closes with
    /// what the day before left.
    pub(super) fn balance_days(&mut self, arguments: &[Node], chosen: &[Match]) -> Value {
        let limit = match arguments.first().map(|limit| self.argument(limit)) {
            None => None,
            Some(limit) => match limit.number() {
                Some(limit) => Some(limit),
                None => return limit,
            },
        };
        let mut closing = BTreeMap::<Date, Decimal>::new();
        for found in self.in_time_order(chosen) {
            match self.balance(found) {
                Some(balance) => {
                    closing.insert(found.time.date(), balance);
                }
                None => self.skip(Some(BALANCE)),
            }
        }
        let ends = closing.keys().skip(1).copied();
        let ends = ends.chain([Date(self.time.date().0.saturating_add(1))]);
        let low = closing
            .iter()
            .zip(ends)
            .filter(|((_, balance), _)| limit.is_none_or(|limit| **balance < limit));
        let days: i64 = low.map(|((day, _), end)| i64::from(end.0.saturating_sub(day.0))).sum();
        Value::Int(days)
    }

    /// What the account held after a payment, in the base currency.
    fn balance(&self, found: Match) -> Option<Decimal> {
        let row = self.env.ledger.row(found.row)?;
        let (balance, currency) = (row.balance_after(found.leg)?, row.manner().currency);
        let cents = self.env.ledger.rates.convert(balance, currency, row.time())?;
        Some(cents.to_decimal())
    }
}
