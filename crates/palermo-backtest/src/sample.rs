//! Samples just above or just below a threshold, for people to look at without knowing on which side.
//!
//! *Below the line*: what a rule would tell with a parameter loosened to the end of a band, and does not
//! tell now. *Above the line*: what it tells now, and would not with the parameter tightened. Both are
//! decided by the engine ([`palermo_lang::variants`]). A pack is drawn by a seed, by stratum in proportion,
//! and shows neither score nor threshold nor indicator; the key that says which case is which alert is a
//! file of its own.
//!
//! *Size*: the fewest cases of which, if none is found suspicious, at most the stated share of the
//! population can be, at the stated confidence (hypergeometric, zero found). *Bound*: the largest share
//! that fits what was found (hypergeometric, one-sided).

use crate::told::Told;
use palermo_domain::Decimal;
use palermo_domain::statistics::per;
use palermo_lang::program::{Literal, Param, Stricter};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Which side of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Told now, not with a stricter value.
    Above,
    /// Not told now, told with a looser value.
    Below,
}

/// The value of a parameter at the end of a band: `share` of it away, in whole steps, within its range.
/// `None` where it is no number, or the range ends at the current value.
pub fn end_of_band(param: &Param, line: Line, share: Decimal) -> Option<Literal> {
    let (now, step) = (param.value.number()?, param.step.as_ref()?.number()?);
    let (low, high) = param.range.as_ref()?;
    let (low, high) = (low.number()?, high.number()?);
    let away = now.checked_mul(share)?.checked_div(step)?.ceil().max(Decimal::ONE);
    let away = away.checked_mul(step)?;
    let up = (param.stricter == Stricter::Up) == (line == Line::Above);
    let end = if up { now.checked_add(away)?.min(high) } else { now.checked_sub(away)?.max(low) };
    (end != now).then(|| param.value.with_number(end)).flatten()
}

/// The fewest cases of a population of which, none being found, at most `rate` (in millionths) can be
/// suspicious at `confidence` (in millionths). All of them where it is small.
pub fn size(population: u64, rate_micro: u64, confidence_micro: u64) -> u64 {
    let bad = bad_of(population, rate_micro);
    let doubt = 1.0 - micro(confidence_micro);
    let mut chance = 1.0_f64;
    for drawn in 0..population {
        if chance <= doubt {
            return drawn;
        }
        let (rest, good) = (population.saturating_sub(drawn), population.saturating_sub(bad));
        chance *= whole(good.saturating_sub(drawn)) / whole(rest);
    }
    population
}

/// How many of a population a share is, at least one.
fn bad_of(population: u64, rate_micro: u64) -> u64 {
    let bad = u128::from(population).saturating_mul(u128::from(rate_micro));
    let bad = bad.div_ceil(1_000_000);
    u64::try_from(bad).unwrap_or(u64::MAX).max(1).min(population)
}

/// The largest number of a population that can be suspicious where `found` of `drawn` were: with more,
/// so few would be found with a chance of at most one minus the confidence.
pub fn bound(population: u64, drawn: u64, found: u64, confidence_micro: u64) -> u64 {
    let doubt = 1.0 - micro(confidence_micro);
    let most = population.saturating_sub(drawn.saturating_sub(found));
    // The chance falls with the number: halving finds the last one that still fits.
    let (mut fits, mut over) = (found.min(most), most.saturating_add(1));
    while over.saturating_sub(fits) > 1 {
        let middle = fits.midpoint(over);
        if at_most(population, middle, drawn, found) > doubt {
            fits = middle;
        } else {
            over = middle;
        }
    }
    fits
}

/// The chance of at most so many of `bad` in a draw without putting back.
fn at_most(population: u64, bad: u64, drawn: u64, found: u64) -> f64 {
    let good = population.saturating_sub(bad);
    let least = drawn.saturating_sub(good);
    if found < least {
        return 0.0;
    }
    // P(least): a product over the draw, of the good ones first.
    let mut chance = Scaled::ONE;
    for at in 0..drawn.saturating_sub(least) {
        chance.multiply(whole(good.saturating_sub(at)) / whole(population.saturating_sub(at)));
    }
    for at in 0..least {
        let gone = drawn.saturating_sub(least).saturating_add(at);
        let ways = whole(gone.saturating_add(1)) / whole(at.saturating_add(1));
        chance.multiply(
            whole(bad.saturating_sub(at)) / whole(population.saturating_sub(gone)) * ways,
        );
    }
    // Each further one from the one before it.
    let mut sum = chance;
    for k in least..found.min(drawn).min(bad) {
        let good_left = good.saturating_add(k).saturating_add(1).saturating_sub(drawn);
        let more = whole(bad.saturating_sub(k)) * whole(drawn.saturating_sub(k));
        chance.multiply(more / (whole(k.saturating_add(1)) * whole(good_left)));
        sum.add(chance);
    }
    sum.value()
}

/// A number with an exponent of its own: a product of thousands of shares is none of `f64`. Steps are
/// powers of two, so that nothing is rounded that would not be else.
#[derive(Clone, Copy)]
struct Scaled {
    value: f64,
    /// In steps of [`Scaled::STEP`].
    steps: i32,
}

impl Scaled {
    const ONE: Self = Self { value: 1.0, steps: 0 };
    /// 2 to the 512th.
    const STEP: f64 = 1.340_780_792_994_259_7e154;

    fn multiply(&mut self, by: f64) {
        self.value *= by;
        if self.value > Self::STEP {
            self.value /= Self::STEP;
            self.steps = self.steps.saturating_add(1);
        } else if self.value > 0.0 && self.value < 1.0 / Self::STEP {
            self.value *= Self::STEP;
            self.steps = self.steps.saturating_sub(1);
        }
    }

    fn add(&mut self, other: Self) {
        // What is a step smaller changes no digit.
        match self.steps.cmp(&other.steps) {
            std::cmp::Ordering::Less => *self = other,
            std::cmp::Ordering::Equal => self.value += other.value,
            std::cmp::Ordering::Greater => {}
        }
    }

    fn value(self) -> f64 {
        match self.steps {
            0 => self.value,
            steps if steps > 0 => f64::INFINITY,
            _ => self.value / Self::STEP.powi(self.steps.saturating_neg()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of alerts, for a chance")]
fn whole(number: u64) -> f64 {
    number as f64
}

fn micro(number: u64) -> f64 {
    whole(number) / 1e6
}

/// A case of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case<'a> {
    /// A name that says nothing.
    pub name: String,
    /// Which stratum it was drawn from.
    pub stratum: String,
    /// What it is about.
    pub told: &'a Told,
}

/// Draws a pack: of each stratum in proportion (largest remainder), in an order that says nothing. The
/// same seed gives the same pack.
pub fn draw<'a>(
    population: &[&'a Told],
    stratum: &dyn Fn(&Told) -> String,
    wanted: u64,
    seed: u64,
) -> Vec<Case<'a>> {
    let mut strata: BTreeMap<String, Vec<(String, &'a Told)>> = BTreeMap::new();
    for told in population {
        strata.entry(stratum(told)).or_default().push((name(told, seed), told));
    }
    let all = population.len() as u64;
    let wanted = wanted.min(all);
    let parts = |members: &Vec<(String, &'a Told)>| wanted.saturating_mul(members.len() as u64);
    let whole = |members: &_| parts(members).checked_div(all).unwrap_or(0);
    let mut left = wanted.saturating_sub(strata.values().map(whole).fold(0, u64::saturating_add));
    let mut order: Vec<(u64, &String)> = strata
        .iter()
        .map(|(stratum, members)| (parts(members).checked_rem(all).unwrap_or(0), stratum))
        .collect();
    order.sort_by(|a, b| (b.0, a.1).cmp(&(a.0, b.1)));
    let mut shares: BTreeMap<String, u64> = BTreeMap::new();
    for (_, stratum) in order {
        let own = strata.get(stratum).map_or(0, whole);
        let more = u64::from(left > 0);
        left = left.saturating_sub(more);
        shares.insert(stratum.clone(), own.saturating_add(more));
    }
    let mut cases = Vec::new();
    for (stratum, mut members) in strata {
        // By name: the hash is the lot.
        members.sort_by(|a, b| a.0.cmp(&b.0));
        let share = shares.get(&stratum).copied().unwrap_or(0);
        let share = usize::try_from(share).unwrap_or(usize::MAX);
        cases.extend(members.into_iter().take(share).map(|(name, told)| Case {
            name,
            stratum: stratum.clone(),
            told,
        }));
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn name(told: &Told, seed: u64) -> String {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update([u8::from(told.held_back)]);
    hash.update(told.id.as_bytes());
    let hex = crate::input::hex(hash);
    format!("case_{}", hex.get(..12).unwrap_or(&hex))
}

/// What a review of a pack says, in one line.
pub fn conclusion(population: u64, drawn: u64, found: u64, confidence_micro: u64) -> String {
    let most = bound(population, drawn, found, confidence_micro);
    // Rounded down: nobody is to be more certain than that.
    let confidence = confidence_micro / 10_000;
    // An upper bound is rounded up.
    let tenths = most.saturating_mul(1_000).div_ceil(population.max(1));
    let rate = per(tenths, 10, 1, 1);
    format!(
        "{found} of {drawn} were suspicious: at {confidence}% confidence at most {most} of the {population} \
         are, {rate}%"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::told::tests::told;
    use palermo_lang::program::Basis;

    /// The table of the field: cases to look at, where none is found, for 95 % confidence.
    #[test]
    fn sizes_are_those_of_the_published_table() {
        for (population, sizes) in [
            (200, [51, 105, 155]),
            (1_000, [57, 138, 258]),
            (5_000, [59, 147, 290]),
            (100_000, [59, 149, 298]),
        ] {
            for (rate, expected) in [50_000, 20_000, 10_000].into_iter().zip(sizes) {
                let found = size(population, rate, 950_000);
                assert_eq!(found, expected, "{population} at {rate}");
            }
        }
        assert_eq!((size(0, 20_000, 950_000), size(3, 20_000, 950_000)), (0, 3));
    }

    /// Counts every way of drawing, for small numbers.
    #[expect(clippy::arithmetic_side_effects, reason = "small numbers written here")]
    fn by_counting(population: u64, bad: u64, drawn: u64, found: u64) -> f64 {
        let (mut ways, mut few) = (0_u32, 0_u32);
        for set in 0_u32..1 << population {
            if u64::from(set.count_ones()) != drawn {
                continue;
            }
            ways += 1;
            let in_it = (set & ((1 << bad) - 1)).count_ones();
            few += u32::from(u64::from(in_it) <= found);
        }
        f64::from(few) / f64::from(ways)
    }

    #[test]
    fn chances_are_those_of_counting() {
        for population in 1..=9 {
            for bad in 0..=population {
                for drawn in 0..=population {
                    for found in 0..=drawn {
                        let (a, b) = (
                            at_most(population, bad, drawn, found),
                            by_counting(population, bad, drawn, found),
                        );
                        assert!(
                            (a - b).abs() < 1e-9,
                            "{population} {bad} {drawn} {found}: {a} {b}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_bound_is_the_last_number_that_fits() {
        for population in [1_u64, 5, 9] {
            for drawn in 0..=population {
                for found in 0..=drawn {
                    let most = bound(population, drawn, found, 950_000);
                    let fits = |bad: u64| {
                        bad >= found
                            && bad <= population - (drawn - found)
                            && by_counting(population, bad, drawn, found) > 0.05
                    };
                    let by_trying = (0..=population).filter(|bad| fits(*bad)).max();
                    assert_eq!(Some(most), by_trying, "{population} {drawn} {found}");
                }
            }
        }
        assert_eq!(
            conclusion(1_000, 138, 0, 950_000),
            "0 of 138 were suspicious: at 95% confidence at most 19 of the 1000 are, 1.9%"
        );
        assert!(conclusion(1_009, 138, 0, 950_000).ends_with(" 2.0%"), "20 of 1,009, rounded up");
    }

    /// Chances of large draws are far below what a float holds; the bound is never below what was found.
    #[test]
    fn a_large_draw_is_bounded_as_well() {
        for (population, drawn, found) in
            [(5_000, 290, 288), (100_000, 2_000, 900), (1_000_000, 5_000, 0), (3_000, 3_000, 17)]
        {
            let most = bound(population, drawn, found, 950_000);
            assert!(most.saturating_mul(drawn) >= found.saturating_mul(population), "{most}");
            assert!(at_most(population, most, drawn, found) > 0.05);
            let over = at_most(population, most.saturating_add(1), drawn, found);
            assert!(over <= 0.05 || most == population - (drawn - found), "{over}");
        }
    }

    #[test]
    fn a_band_ends_within_the_range_and_a_step_away_at_least() {
        let param = |value: i64, stricter| Param {
            name: "p".to_owned(),
            value: Literal::Int(value),
            range: Some((Literal::Int(5), Literal::Int(100))),
            step: Some(Literal::Int(5)),
            stricter,
            basis: Basis::Default,
            in_selection: false,
        };
        let fifth = Decimal::new(2, 1);
        for (value, stricter, line, expected) in [
            (25, Stricter::Up, Line::Below, Some(20)),
            (25, Stricter::Up, Line::Above, Some(30)),
            (25, Stricter::Down, Line::Below, Some(30)),
            (60, Stricter::Up, Line::Below, Some(45)),
            (5, Stricter::Up, Line::Below, None),
            (95, Stricter::Up, Line::Above, Some(100)),
        ] {
            let found = end_of_band(&param(value, stricter), line, fifth);
            assert_eq!(found, expected.map(Literal::Int), "{value} {stricter:?} {line:?}");
        }
    }

    #[test]
    fn a_pack_is_drawn_by_stratum_and_a_seed_gives_it_again() {
        let all: Vec<Told> = (0..100)
            .map(|n| {
                told(&format!("alr_{n}"), "CT-14", if n < 90 { "account/A" } else { "party/B" }, n)
            })
            .collect();
        let population: Vec<&Told> = all.iter().collect();
        let stratum = |told: &Told| told.anchor.split('/').next().unwrap_or("").to_owned();
        let pack = draw(&population, &stratum, 20, 7);
        let of = |name: &str| pack.iter().filter(|case| case.stratum == name).count();
        assert_eq!((of("account"), of("party")), (18, 2));
        assert_eq!(pack, draw(&population, &stratum, 20, 7));
        assert_ne!(pack, draw(&population, &stratum, 20, 8));
        assert_eq!(draw(&population, &stratum, 1_000, 7).len(), 100);
        assert!(draw(&[], &stratum, 20, 7).is_empty());
        assert_eq!(draw(&population, &stratum, 3, 7).len(), 3);
        let mut names: Vec<&str> = pack.iter().map(|case| case.name.as_str()).collect();
        assert!(names.is_sorted());
        names.dedup();
        assert_eq!(names.len(), 20);
    }
}
