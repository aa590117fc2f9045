//! The statistics of ordinary life: amounts, degrees, times; for print and for comparison.
//!
//! Integers only, so that they are the same everywhere. Cases are left out. Cost: one pass over the
//! world without writing it, 12 bytes a payment.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums of at most 2^40 payments of 2^32 cents in 128 bits, and counts below 2^40"
)]

use crate::draft::What;
use crate::who::Who;
use crate::world::World;
use std::collections::BTreeMap;
use std::fmt;

/// What ordinary life looks like in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Payments of ordinary life.
    pub payments: u64,
    /// Days.
    pub days: u64,
    /// People with an account.
    pub people: u64,
    /// By kind of payment; card purchases apart by place and web, transfers by rail.
    pub kinds: BTreeMap<&'static str, KindStatistics>,
    /// Card purchases at shops by local hour, in 10,000ths of all.
    pub shop_hours: [u32; 24],
    /// Payments by phone by local hour, in 10,000ths.
    pub phone_hours: [u32; 24],
    /// Cash from machines by local hour, in 10,000ths.
    pub cash_hours: [u32; 24],
    /// Card purchases by weekday from Monday, in 10,000ths.
    pub weekdays: [u32; 7],
    /// How many others an account has paid by transfer: quantiles 50, 90, 99 percent and the most.
    pub out_degree: [u64; 4],
    /// How many others have paid an account by transfer.
    pub in_degree: [u64; 4],
    /// Exponent of the tail of the out-degree (Hill's estimator from 10 up), in thousandths.
    pub out_tail: u64,
    /// The same for the in-degree.
    pub in_tail: u64,
    /// Hours between two card purchases of one person: mean, in tenths.
    pub gap_mean_tenths: u64,
    /// Their deviation in percent of the mean: 100 where they come as by a Poisson process of one
    /// rate, more where they come in bursts.
    pub gap_deviation_percent: u64,
}

/// One kind of payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindStatistics {
    /// How many.
    pub count: u64,
    /// A month and person, in hundredths.
    pub monthly_hundredths: u64,
    /// Mean amount in cents.
    pub mean_cents: u64,
    /// Amounts in cents at 10, 25, 50, 75, 90 and 99 percent.
    pub quantiles: [u64; 6],
}

/// The name that a kind has in the statistics.
fn kind(what: What) -> &'static str {
    match what {
        What::Pos { .. } => "card_shop",
        What::Sale { .. } => "card_sale",
        What::Lodging { .. } | What::Ticket { .. } => "card_travel",
        What::Online { .. } | What::Advert { .. } | What::Topup => "card_web",
        What::P2p => "transfer_phone",
        What::MobileMoney => "mobile_money",
        What::Remittance | What::Remit { .. } => "remittance",
        What::Own => "transfer_own",
        What::Counter { .. } => "cash_counter",
        What::Atm { .. } | What::ShopAtm { .. } => "cash_machine",
        What::Rent => "rent",
        What::Invoice | What::Transfer(_) | What::Wire(_) | What::Charter { .. } => "transfer_bank",
        other => other.kind().as_str(),
    }
}

#[derive(Default)]
struct Tally {
    amounts: BTreeMap<&'static str, Vec<u32>>,
    hours: BTreeMap<&'static str, [u64; 24]>,
    weekdays: [u64; 7],
    pairs: Vec<(u64, u64)>,
    last_card: BTreeMap<u64, i64>,
    gaps: u128,
    gap_sum: u128,
    gap_squares: u128,
}

impl World {
    /// The statistics of ordinary life.
    pub fn statistics(&self) -> Statistics {
        let mut tally = Tally::default();
        for draft in self.ordinary() {
            let local = draft.at.0 + i64::from(draft.offset) * 60_000;
            let name = kind(draft.what);
            tally.amounts.entry(name).or_default().push(draft.cents);
            let hour = usize::try_from(local.div_euclid(3_600_000).rem_euclid(24)).unwrap_or(0);
            if let Some(count) = tally.hours.entry(name).or_insert([0; 24]).get_mut(hour) {
                *count += 1;
            }
            let day = (local.div_euclid(86_400_000) + 3).rem_euclid(7);
            let card = matches!(name, "card_shop" | "card_web");
            if card {
                let day = usize::try_from(day).unwrap_or(0);
                if let Some(count) = tally.weekdays.get_mut(day) {
                    *count += 1;
                }
                tally.gap(draft.payer.identity(), draft.at.0);
            }
            let by_card = name.starts_with("card");
            let ends = is_account(draft.payer) && is_account(draft.payee);
            if ends && !by_card && draft.what != What::Own {
                tally.pairs.push((draft.payer.identity(), draft.payee.identity()));
                if tally.pairs.len() % (1 << 22) == 0 {
                    tally.pairs.sort_unstable();
                    tally.pairs.dedup();
                }
            }
        }
        tally.finish(u64::from(self.config().days), self.people())
    }
}

fn is_account(who: Who) -> bool {
    !matches!(who, Who::Nobody | Who::Abroad(_))
}

impl Tally {
    fn gap(&mut self, who: u64, at: i64) {
        if let Some(before) = self.last_card.insert(who, at) {
            let minutes = u128::try_from((at - before) / 60_000).unwrap_or(0);
            self.gaps += 1;
            self.gap_sum += minutes;
            self.gap_squares += minutes * minutes;
        }
    }

    fn finish(mut self, days: u64, people: u64) -> Statistics {
        let mut kinds = BTreeMap::new();
        let mut payments = 0;
        for (&name, amounts) in &mut self.amounts {
            amounts.sort_unstable();
            let count = amounts.len() as u64;
            payments += count;
            let sum: u64 = amounts.iter().map(|&cents| u64::from(cents)).sum();
            let quantile = |percent: usize| {
                let index = amounts.len() * percent / 100;
                u64::from(amounts.get(index).copied().unwrap_or(0))
            };
            let months = days * people;
            let monthly = count * 3_044 / months.max(1);
            kinds.insert(
                name,
                KindStatistics {
                    count,
                    monthly_hundredths: monthly,
                    mean_cents: sum / count.max(1),
                    quantiles: [10, 25, 50, 75, 90, 99].map(quantile),
                },
            );
        }
        self.pairs.sort_unstable();
        self.pairs.dedup();
        let outs = degrees(self.pairs.iter().map(|pair| pair.0));
        let mut back: Vec<u64> = self.pairs.iter().map(|pair| pair.1).collect();
        back.sort_unstable();
        let ins = degrees(back.into_iter());
        let hours = |name: &str| shares(self.hours.get(name).copied().unwrap_or([0; 24]));
        let mean = self.gap_sum / self.gaps.max(1);
        let variance = (self.gap_squares / self.gaps.max(1)).saturating_sub(mean * mean);
        let deviation = variance.isqrt() * 100 / mean.max(1);
        Statistics {
            payments,
            days,
            people,
            kinds,
            shop_hours: hours("card_shop"),
            phone_hours: hours("transfer_phone"),
            cash_hours: hours("cash_machine"),
            weekdays: shares(self.weekdays),
            out_degree: spread(&outs),
            in_degree: spread(&ins),
            out_tail: tail(&outs),
            in_tail: tail(&ins),
            gap_mean_tenths: u64::try_from(mean / 6).unwrap_or(0),
            gap_deviation_percent: u64::try_from(deviation).unwrap_or(0),
        }
    }
}

/// How often each of some sorted keys occurs, sorted.
fn degrees(keys: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut counts: Vec<u64> = Vec::new();
    let mut last = None;
    for key in keys {
        match counts.last_mut() {
            Some(count) if last == Some(key) => *count += 1,
            _ => counts.push(1),
        }
        last = Some(key);
    }
    counts.sort_unstable();
    counts
}

fn spread(sorted: &[u64]) -> [u64; 4] {
    let at = |percent: usize| sorted.get(sorted.len() * percent / 100).copied().unwrap_or(0);
    [at(50), at(90), at(99), sorted.last().copied().unwrap_or(0)]
}

fn shares<const N: usize>(counts: [u64; N]) -> [u32; N] {
    let all = counts.iter().sum::<u64>().max(1);
    counts.map(|count| u32::try_from(count * 10_000 / all).unwrap_or(0))
}

/// `1 + n / sum(ln(x / 9.5))` over the degrees from 10 up (Clauset, Shalizi and Newman 2009, the
/// approximation for whole numbers), in thousandths.
fn tail(sorted: &[u64]) -> u64 {
    let from = sorted.partition_point(|&degree| degree < 10);
    let above = sorted.get(from..).unwrap_or(&[]);
    let sum: u64 = above.iter().map(|&x| log2_q16(x * 2).saturating_sub(log2_q16(19))).sum();
    // ln 2 in 65,536ths.
    let natural = u128::from(sum) * 45_426 / 65_536;
    let count = above.len() as u128;
    u64::try_from(1_000 + count * 1_000 * 65_536 / natural.max(1)).unwrap_or(0)
}

/// The logarithm to the base two, in 65,536ths.
const fn log2_q16(x: u64) -> u64 {
    let whole = 63 - (x | 1).leading_zeros() as u64;
    let mut value = (x as u128) << 32 >> whole;
    let mut result = whole << 16;
    let mut bit = 1 << 15;
    while bit > 0 {
        value = (value * value) >> 32;
        if value >= 2 << 32 {
            value >>= 1;
            result |= bit;
        }
        bit >>= 1;
    }
    result
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { payments, days, people, .. } = self;
        writeln!(f, "ordinary life: {payments} payments of {people} people in {days} days")?;
        writeln!(
            f,
            "{:<16} {:>9} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9}",
            "kind", "count", "a month", "mean", "p10", "p25", "p50", "p75", "p90", "p99"
        )?;
        let money = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
        for (name, of) in &self.kinds {
            write!(
                f,
                "{name:<16} {:>9} {:>8} {:>9}",
                of.count,
                money(of.monthly_hundredths),
                money(of.mean_cents)
            )?;
            let [rest @ .., last] = of.quantiles;
            for cents in rest {
                write!(f, " {:>8}", money(cents))?;
            }
            writeln!(f, " {:>9}", money(last))?;
        }
        for (name, hours) in
            [("shops", self.shop_hours), ("phones", self.phone_hours), ("cash", self.cash_hours)]
        {
            write!(f, "hours {name:<7}")?;
            for share in hours {
                write!(f, " {}.{}", share / 100, share % 100 / 10)?;
            }
            writeln!(f, " percent")?;
        }
        write!(f, "weekdays     ")?;
        for share in self.weekdays {
            write!(f, " {}.{}", share / 100, share % 100 / 10)?;
        }
        writeln!(f, " percent from Monday")?;
        for (name, of, tail) in [
            ("paid others", self.out_degree, self.out_tail),
            ("paid by others", self.in_degree, self.in_tail),
        ] {
            let [half, ninety, top, most] = of;
            writeln!(
                f,
                "{name:<15} median {half}, p90 {ninety}, p99 {top}, most {most}, tail exponent {}.{:03}",
                tail / 1_000,
                tail % 1_000
            )?;
        }
        write!(
            f,
            "card gaps        mean {}.{} h, deviation {} percent of it",
            self.gap_mean_tenths / 10,
            self.gap_mean_tenths % 10,
            self.gap_deviation_percent
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_tails() {
        assert_eq!(log2_q16(1), 0);
        assert_eq!(log2_q16(8), 3 << 16);
        // log2(10) is 3.321928.
        assert!(log2_q16(10).abs_diff(217_706) < 4, "{}", log2_q16(10));
        // Degrees drawn as 1 / x^2: the count above x is in proportion to 1 / x.
        let mut degrees: Vec<u64> = (1..20_000_u64).map(|k| 200_000 / k).collect();
        degrees.sort_unstable();
        assert!((1_900..2_100).contains(&tail(&degrees)), "{}", tail(&degrees));
    }
}
