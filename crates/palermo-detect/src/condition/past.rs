//! A measure compared with its own past: the same measure in the windows of the same length that
//! lie before this one.
//!
//! Nothing is kept for it. The earlier windows are read from the ledger when they are asked for, so
//! a late or reversed payment needs no repair; how far back they reach is bounded by what the ledger
//! keeps. Cost: that of the measure, once for each of the windows.

use super::measure::series::{mean, variance};
use super::{Doubt, Run};
use crate::bind::Node;
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::{Decimal, Span};
use palermo_lang::program::Statistic;
use rust_decimal::MathematicalOps;

impl Run<'_> {
    pub(super) fn own(&mut self, of: usize, reach: Span, statistic: Statistic) -> Value {
        let window = self.condition.window.as_millis();
        let windows = reach.as_millis().checked_div(window).unwrap_or(0);
        let earliest = window.saturating_mul(windows.saturating_add(1));
        let known_at = self.time.minus(Span::from_millis(earliest));
        if self.env.ledger.idle_before(self.account, known_at).is_none() {
            return UNKNOWN;
        }
        let (mut values, mut numbers) = (Vec::new(), Vec::new());
        for ago in 1..=windows {
            let time = self.time.minus(Span::from_millis(window.saturating_mul(ago)));
            let mut earlier = Self::new(self.env, self.sets, self.condition, self.account, time);
            let value = crate::eval::Measures::measure(&mut earlier, of);
            self.doubted(earlier.doubt_of(&Node::Measure(of)));
            let Some(number) = value.number() else { return value };
            values.push(value);
            numbers.push(number);
        }
        match statistic {
            Statistic::Max => {
                values.into_iter().max_by_key(|value| value.number()).unwrap_or(UNKNOWN)
            }
            Statistic::Mean => mean(&numbers).map_or(UNKNOWN, |mean| match values.first() {
                Some(Value::Money(_)) => Value::Money(six_places(mean)),
                _ => Value::Decimal(six_places(mean)),
            }),
            Statistic::Deviation => {
                let now = crate::eval::Measures::measure(self, of);
                self.doubted(self.doubt_of(&Node::Measure(of)));
                let found = now.number().and_then(|now| deviations(now, &numbers));
                found.map_or(UNKNOWN, |found| Value::Decimal(six_places(found)))
            }
        }
    }

    /// Notes what a window left out: it changes what is made of it by who knows how much.
    pub(super) fn doubted(&self, doubt: Option<Doubt>) {
        self.doubt.set(Doubt::and(self.doubt.get(), doubt.map(Doubt::unbounded)));
    }
}

/// How many standard deviations of `numbers` a number lies above their mean.
fn deviations(number: Decimal, numbers: &[Decimal]) -> Option<Decimal> {
    // Not rounded: that would show in the sixth place of the result.
    let deviation = variance(numbers)?.sqrt()?;
    number.checked_sub(mean(numbers)?)?.checked_div(deviation)
}
