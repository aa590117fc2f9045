//! A measure compared with what it is of peers, when a day has ended.
//!
//! What peers had is read from a roll-up (module `peers`); at any other time, where fewer than
//! [`FEWEST`] peers are known, and where the record of the holder does not say the group, it is
//! unknown. Cost: a look-up; for a place among peers the measure itself.

use super::Run;
use super::measure::series::{mean, median, quantile_of_sorted, variance};
use crate::bind::Node;
use crate::eval::Measures;
use crate::peers::group_of;
use crate::value::{UNKNOWN, Value, six_places};
use palermo_domain::Decimal;
use palermo_lang::program::{PeerGroup, PeerStatistic};
use rust_decimal::MathematicalOps;
use serde::{Deserialize, Serialize};

/// Of fewer accounts nothing is said (RULES.md, "Measures").
pub(crate) const FEWEST: usize = 30;

/// What the accounts of one group had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    money: bool,
    median: Decimal,
    mean: Decimal,
    /// Not rounded: that would show in the sixth place of what is made of it.
    deviation: Option<Decimal>,
    /// The quantiles of 0 to 100 in a hundred, where a rule asks for them.
    percentiles: Vec<Decimal>,
}

impl Summary {
    /// Of the known values of all of them; the same in any order.
    pub(crate) fn of(values: &[Value], percentiles: bool) -> Option<Self> {
        let money = matches!(values.first(), Some(Value::Money(_)));
        let mut numbers: Vec<Decimal> = values.iter().filter_map(|value| value.number()).collect();
        if numbers.len() < FEWEST {
            return None;
        }
        // Sums of decimals may be rounded, and then it matters in which order.
        numbers.sort_unstable();
        let deviation = variance(&numbers).and_then(|variance| variance.sqrt());
        let at = |percent: i64| quantile_of_sorted(&numbers, Decimal::new(percent, 2));
        let percents = if percentiles { 0..101 } else { 0..0 };
        let percentiles: Option<Vec<Decimal>> = percents.map(at).collect();
        Some(Self {
            money,
            median: six_places(median(&mut numbers)?),
            mean: six_places(mean(&numbers)?),
            deviation,
            percentiles: percentiles?,
        })
    }

    fn like(&self, number: Decimal) -> Value {
        if self.money { Value::Money(number) } else { Value::Decimal(number) }
    }

    /// How many in a hundred have a value that is not larger, rounded down.
    fn percentile(&self, number: Decimal) -> Value {
        let not_above = self.percentiles.partition_point(|of| *of <= number);
        Value::Int(i64::try_from(not_above.saturating_sub(1)).unwrap_or(i64::MAX))
    }

    fn deviations(&self, number: Decimal) -> Option<Decimal> {
        number.checked_sub(self.mean)?.checked_div(self.deviation?).map(six_places)
    }
}

impl Run<'_> {
    pub(super) fn peer(
        &mut self,
        of: usize,
        group: PeerGroup,
        statistic: PeerStatistic,
        roll_up: usize,
    ) -> Value {
        let holder = self.env.ledger.parties.holder(self.account);
        let Some(name) = holder.and_then(|holder| group_of(holder, group)) else {
            return Value::Unknown(Some(group.field()));
        };
        let rolled = self.env.peers.and_then(|peers| peers.summary(roll_up, self.time, name));
        let Some(found) = rolled else { return UNKNOWN };
        match statistic {
            PeerStatistic::Median => return found.like(found.median),
            PeerStatistic::Mean => return found.like(found.mean),
            PeerStatistic::Percentile | PeerStatistic::Deviation => {}
        }
        let now = self.measure(of);
        self.doubted(self.doubt_of(&Node::Measure(of)));
        let Some(number) = now.number() else { return now };
        match statistic {
            PeerStatistic::Percentile => found.percentile(number),
            _ => found.deviations(number).map_or(UNKNOWN, Value::Decimal),
        }
    }
}
