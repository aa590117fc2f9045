//! CT-13: smuggling fares in tranches. Households pay where the journey begins, on the way and on
//! arrival; every payee is further along; the last one, at the border, gathers, passes on and moves
//! people (F23 p. 5 and 6, F14-A, prices of the press and IOM).
//!
//! Some households bank here, so all their tranches are seen; of the others the bank sees the last
//! one. What tells the collector varies as the catalogue has it: a price that most pay (MS-12),
//! senders who say that they are no relatives (MS-13), senders behind one telephone (MS-06). What
//! moves people varies too: tickets for others, a house near the border, rented vans.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;
use crate::town::TownId;

/// What households have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Price,
    Strangers,
    Telephone,
}

/// Who is paid along the way.
struct Route {
    recruiter: Who,
    legs: [Who; 3],
    collector: Who,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let border = s.border_town();
    let sign = s.rng.pick(&[Sign::Price, Sign::Strangers, Sign::Telephone]).copied();
    let sign = sign.unwrap_or(Sign::Price);
    let route = route(s, border);
    let collector = route.collector;
    s.spread(collector);
    let organizer = s.ally(border, "organizer");
    let fare = s.rng.range(60, 100) * 100;
    let towns = s.regions(border, 6);
    let count = s.count(8, 18);
    let here = s.count(3, 6).max(3);
    let mut taken = 0;
    for k in 0..count {
        let town = towns.get(k as usize % towns.len().max(1)).copied().unwrap_or(border);
        let start = s.rng.range(0, 45);
        let (cents, arrived) = if k < here {
            let payer = household(s, town, sign);
            tranches(s, (start, fare), payer, &route, sign)
        } else {
            let payer = s.outside(town, Role::CounterpartyOnly, "household");
            let day = start + s.rng.range(20, 34);
            (arrival(s, (day, fare, 2), payer, collector, sign), day)
        };
        taken += cents;
        if k % 3 == 2 {
            s.step("organizer");
            let cents = s.part(taken, 70, 88);
            s.pay(s.day(arrived + 2), ANY, What::P2p, (collector, organizer), cents);
            taken -= cents;
        }
    }
    movement(s, border, collector, count);
    s.at_account(collector)
}

fn route(s: &mut Script<'_>, border: TownId) -> Route {
    let crossing = s.rng.pick(&[abroad::JUAREZ, abroad::NUEVO_LAREDO]).copied();
    let legs = [abroad::GUATEMALA, abroad::TAPACHULA, crossing.unwrap_or(abroad::JUAREZ)];
    let recruiter = s.outside(abroad::TEGUCIGALPA, Role::Subject, "recruiter");
    let legs = legs.map(|town| s.outside(town, Role::Subject, "leg_collector"));
    let spec = Spec::of(s.rng.range(20, 300), 1_800);
    let collector = s.cast(border, spec, Role::Subject, "arrival_collector");
    Route { recruiter, legs, collector }
}

/// A household that banks here. Where somebody sends in the names of others, under one telephone.
fn household(s: &mut Script<'_>, town: TownId, sign: Sign) -> Who {
    let mut spec = Spec::of(s.rng.range(400, 3_000), 2_400);
    if sign == Sign::Telephone {
        spec = spec.shares(s.key(1), 0);
    }
    s.cast(town, spec, Role::CounterpartyOnly, "household")
}

/// Two to five tranches over weeks; gives what arrives at the border, and on which script day.
fn tranches(
    s: &mut Script<'_>,
    (start, fare): (u32, u32),
    payer: Who,
    route: &Route,
    sign: Sign,
) -> (u32, u32) {
    let remit = What::Remit { friend: true };
    s.step("deposit");
    let cents = s.noisy(fare * 30);
    s.pay(s.day(start), DAY, remit, (payer, route.recruiter), cents);
    let (mut day, mut parts) = (start, 1);
    for &leg in &route.legs {
        if s.rng.per_mille(250) {
            continue;
        }
        day += s.rng.range(5, 11);
        parts += 1;
        s.step("leg");
        let cents = s.noisy(fare * 12);
        s.pay(s.day(day), DAY, remit, (payer, leg), cents);
    }
    day += s.rng.range(4, 9);
    let pieces = s.rng.range(1, 5 - parts);
    (arrival(s, (day, fare, pieces), payer, route.collector, sign), day)
}

/// The last tranche, in pieces of one price; gives its sum.
fn arrival(
    s: &mut Script<'_>,
    (day, fare, pieces): (u32, u32, u32),
    payer: Who,
    collector: Who,
    sign: Sign,
) -> u32 {
    s.step("arrival");
    let what = match sign {
        Sign::Strangers => What::Remit { friend: s.rng.per_mille(400) },
        Sign::Price | Sign::Telephone => What::P2p,
    };
    let piece = (s.noisy(fare * 40) / pieces / 5_000 * 5_000).max(5_000);
    for _ in 0..pieces {
        s.pay(s.day(day), ANY, what, (payer, collector), piece);
    }
    piece * pieces
}

/// How people who have arrived are kept and moved on (F23 p. 5: lodging and transport are arranged).
fn movement(s: &mut Script<'_>, border: TownId, collector: Who, arrivals: u32) {
    match s.rng.range(0, 2) {
        0 => tickets(s, border, collector, arrivals),
        1 => safe_house(s, border, collector),
        _ => vans(s, border, collector),
    }
}

/// One-way tickets for groups: a booking or so for everybody who arrives.
fn tickets(s: &mut Script<'_>, border: TownId, collector: Who, arrivals: u32) {
    s.step("tickets");
    let inland = s.regions(border, 3);
    let bookings = arrivals + s.rng.range(2, 8);
    for k in 0..bookings {
        let to = inland.get(k as usize % inland.len().max(1)).copied().unwrap_or(border);
        let people = s.rng.range(2, 5);
        let mcc = if s.rng.per_mille(700) { 4131 } else { 4511 };
        let cents = s.usd(60, 180, 5) * people;
        s.tickets(s.day(24 + k * 60 / bookings), collector, (mcc, people, to), (false, cents));
    }
}

/// A house near the border: rooms, food for many, telephone credit and bus tickets.
fn safe_house(s: &mut Script<'_>, border: TownId, collector: Who) {
    s.step("safe_house");
    let inland = s.regions(border, 3);
    for week in 0..s.rng.range(5, 8) {
        let day = 26 + week * 7;
        for room in 0..2 {
            s.stay(s.day(day), border, 3, collector);
            s.stay(s.day(day + 3 + room), border, 3, collector);
        }
        for k in 0..4 {
            let cents = s.usd(60, 420, 10);
            s.shop((s.day(day + k * 3 / 2), DAY), (border, 5411), collector, cents);
        }
        for k in 0..s.rng.range(2, 9) {
            s.topup(s.day(day + k * 6 / 9), collector, week * 10 + k);
        }
        for k in 0..s.rng.range(2, 8) {
            let to = inland.get(k as usize % inland.len().max(1)).copied().unwrap_or(border);
            let cents = s.usd(60, 180, 5);
            s.tickets(s.day(day + k * 6 / 8), collector, (4131, 1, to), (false, cents));
        }
    }
}

/// Vans and cars, rented again and again by somebody without a trade, and drivers for them.
fn vans(s: &mut Script<'_>, border: TownId, collector: Who) {
    s.step("vans");
    for k in 0..s.rng.range(8, 22) {
        let mcc = s.rng.pick(&[7512, 7513, 7519]).copied().unwrap_or(7512);
        let cents = s.usd(380, 1_100, 10);
        s.shop((s.day(24 + k * 3), DAY), (border, mcc), collector, cents);
        if k % 3 == 0 {
            let driver = s.outside(border, Role::CounterpartyOnly, "driver");
            let cents = s.usd(200, 500, 50);
            s.pay(s.day(25 + k * 3), ANY, What::P2p, (collector, driver), cents);
        }
    }
}
