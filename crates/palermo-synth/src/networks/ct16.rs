//! CT-16: a family under ransom. Relatives and strangers send what they have, a loan and savings
//! follow, and growing sums go to new payees in a transit town, until they stop (a press case:
//! 18,400 over five payees, over 4,000 from a collection).
//!
//! A quarter of an ordinary year goes before: without it nobody knows what a household usually sends.
//! What confirms the ransom varies as the catalogue has it: other families pay the same collectors, or
//! the words speak of a release.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;
use crate::town::TownId;

/// When the first demand comes.
const DEMAND: u32 = 94;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(s.rng.range(700, 4_000), 2_600).second(Product::Savings);
    let payer = s.cast(town, spec, Role::PotentialVictim, "payer");
    let relatives = s.public(town, 8, (Role::PotentialVictim, "relative"));
    let hub = s.rng.pick(&[abroad::TAPACHULA, abroad::JUAREZ, abroad::NUEVO_LAREDO]).copied();
    let hub = hub.unwrap_or(abroad::TAPACHULA);
    let payees: Vec<Who> = (0..s.count(4, 5).max(3))
        .map(|_| s.outside(hub, Role::Subject, "captors_collector"))
        .collect();
    if let Some(&payee) = payees.first() {
        s.spread(payee);
    }
    let has_words = s.rng.per_mille(400);
    if !has_words || s.rng.per_mille(600) {
        other_families(s, town, &payees);
    }
    quarter_before(s, payer, &relatives);
    let say = if has_words { Say::Release } else { Say::Help };
    let last = ransoms(s, (payer, &payees), &relatives, say);
    if let (Some(boss), Some(&payee)) = (s.partner, payees.first()) {
        s.step("collector_cash");
        s.members.push((Part::Account(boss), Role::Subject, "captors_launderer"));
        s.pay(s.day(DEMAND + 22), DAY, What::Wire(Code::Other), (payee, boss), last / 2);
    }
    s.at_account(payer)
}

/// What the household sends in ordinary times: shares, presents, a little to a cousin.
fn quarter_before(s: &mut Script<'_>, payer: Who, friends: &[Who]) {
    s.step("before");
    for k in 0..9 {
        let friend = s.one(friends);
        let cents = s.usd(20, 140, 5);
        s.pay_for((s.day(k * 10), EVENING), Say::Share, What::P2p, (payer, friend), cents);
    }
}

/// Families of others who are held pay the same collectors, each once or twice, to somebody who is no
/// relative.
fn other_families(s: &mut Script<'_>, town: TownId, payees: &[Who]) {
    s.step("other_families");
    let mut towns = s.regions(town, 3);
    towns.push(town);
    for k in 0..s.count(10, 16) {
        let home = towns.get(k as usize % towns.len().max(1)).copied().unwrap_or(town);
        let spec = Spec::of(s.rng.range(500, 4_000), 2_400);
        let family = s.cast(home, spec, Role::PotentialVictim, "relative");
        // Two collectors take most of it.
        let payee = payees.get(k as usize % 2).copied().unwrap_or(Who::Nobody);
        for _ in 0..s.rng.range(1, 2) {
            let day = s.day_in(DEMAND - 16, DEMAND + 16);
            let cents = s.usd(600, 2_400, 50);
            let friend = s.rng.per_mille(500);
            s.pay_for((day, ANY), Say::Help, What::Remit { friend }, (family, payee), cents);
        }
    }
}

/// The demands and how they are met; gives the last one.
fn ransoms(s: &mut Script<'_>, (payer, payees): (Who, &[Who]), relatives: &[Who], say: Say) -> u32 {
    let town = s.town_of(payer);
    let mut ransom = s.usd(900, 1_500, 50);
    let mut d = DEMAND;
    // Three to ten payments in one to three weeks; a demand may go to one who was paid before.
    let more = s.rng.range(0, 2) as usize;
    for &payee in payees.iter().chain(payees.iter().take(more)) {
        for k in 0..5 {
            s.step("gather");
            let from = s.one(relatives);
            let cents = s.usd(50, 400, 10);
            s.pay_for((s.day(d), ANY), Say::Help, What::P2p, (from, payer), cents);
            if k == 2 && d < DEMAND + 10 {
                s.step("savings");
                let cents = s.part(ransom, 40, 60);
                s.pay(s.day(d), DAY, What::Own, (other(payer), payer), cents);
            }
        }
        if d > DEMAND + 6 && d < DEMAND + 12 {
            s.step("loan");
            let cents = s.usd(3_000, 6_000, 500);
            s.pay(s.day(d), OFFICE, What::Loan, (s.company(town, 40), payer), cents);
        }
        s.step("ransom");
        let friend = s.rng.per_mille(500);
        let what = What::Remit { friend };
        s.pay_for((s.day(d + 1), ANY), say, what, (payer, payee), ransom);
        ransom = ransom / 100 * s.rng.range(122, 165) / 1_000 * 1_000;
        d += s.rng.range(1, 4);
    }
    ransom
}
