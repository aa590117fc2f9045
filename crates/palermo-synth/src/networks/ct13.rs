//! CT-13: smuggling fares in tranches. Households pay where the journey begins, on the way and on
//! arrival; every payee is further along; the last one, at the border, gathers and passes on (F23
//! p. 6 three payment modes, F14-A, prices of the press and IOM).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let border = s.border_town();
    let crossing = s.rng.pick(&[abroad::JUAREZ, abroad::NUEVO_LAREDO]).copied();
    let route = [abroad::TEGUCIGALPA, abroad::GUATEMALA, abroad::TAPACHULA];
    let recruiter = s.outside(abroad::TEGUCIGALPA, Role::Subject, "recruiter");
    let legs = [
        s.outside(route.get(1).copied().unwrap_or(border), Role::Subject, "leg_collector"),
        s.outside(route.get(2).copied().unwrap_or(border), Role::Subject, "leg_collector"),
        s.outside(crossing.unwrap_or(abroad::JUAREZ), Role::Subject, "leg_collector"),
    ];
    let spec = Spec::of(s.rng.range(20, 300), 1_800);
    let collector = s.cast(border, spec, Role::Subject, "arrival_collector");
    s.spread(collector);
    let organizer = s.ally(border, "organizer");
    let fare = s.rng.range(60, 100) * 100;
    let count = s.count(8, 13);
    let towns = s.regions(border, 6);
    let mut taken = 0;
    for k in 0..count {
        let town = towns.get(k as usize % towns.len().max(1)).copied().unwrap_or(border);
        let household = s.public(town, 1, (Role::CounterpartyOnly, "household"));
        let Some(&payer) = household.first() else { continue };
        let start = s.rng.range(0, 45);
        taken += journey(s, (start, fare), payer, (recruiter, collector), &legs);
        if k % 3 == 2 {
            s.step("organizer");
            let cents = s.part(taken, 70, 88);
            s.pay(s.day(start + 44), ANY, What::P2p, (collector, organizer), cents);
            taken -= cents;
        }
    }
    s.step("driver");
    for k in 0..3 {
        let driver = s.outside(border, Role::CounterpartyOnly, "driver");
        let cents = s.usd(200, 500, 50);
        s.pay(s.day(30 + k * 12), ANY, What::P2p, (collector, driver), cents);
    }
    s.at_account(collector)
}

/// Three or four tranches over weeks; gives what arrives at the border.
fn journey(
    s: &mut Script<'_>,
    (start, fare): (u32, u32),
    payer: Who,
    (recruiter, collector): (Who, Who),
    legs: &[Who; 3],
) -> u32 {
    let remit = What::Remit { friend: true };
    s.step("deposit");
    let cents = s.noisy(fare * 30);
    s.pay(s.day(start), DAY, remit, (payer, recruiter), cents);
    let mut day = start;
    for &leg in legs {
        if s.rng.per_mille(250) {
            continue;
        }
        day += s.rng.range(5, 11);
        s.step("leg");
        let cents = s.noisy(fare * 12);
        s.pay(s.day(day), DAY, remit, (payer, leg), cents);
    }
    s.step("arrival");
    let cents = s.noisy(fare * 40);
    let day = s.day_in(day + 3, day + 8);
    let mut left = cents;
    let pieces = if s.rng.per_mille(600) { 3 } else { 1 };
    for _ in 0..pieces {
        let piece = (cents / pieces / 5_000 * 5_000).max(5_000);
        s.pay(day, ANY, What::P2p, (payer, collector), piece);
        left = left.saturating_sub(piece);
    }
    cents - left
}
