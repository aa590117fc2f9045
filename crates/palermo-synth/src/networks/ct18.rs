//! CT-18: a fare that is not paid off becomes work. A household pays tranches along the way, or
//! strangers pay the organizer, and then they stop; within 120 days the first wage comes and most of
//! every wage goes to the organizer (F23 p. 6, third model).
//!
//! What ties the journey to the work is the organizer, who is paid by both, and the household, which
//! supports the worker until the wages come.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use super::shared::workers;
use crate::prelude::*;
use crate::town::TownId;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let trade = (1520, 30, 1_500);
    let employer = s.found(town, trade, Profile::default(), (Role::RoleUndetermined, "employer"));
    let organizer = s.ally(town, "organizer");
    s.spread(organizer);
    let device = s.device();
    let legs = [abroad::GUATEMALA, abroad::TAPACHULA, abroad::JUAREZ];
    let legs = legs.map(|leg| s.outside(leg, Role::Subject, "leg_collector"));
    let gathers = s.rng.per_mille(350);
    if gathers {
        strangers(s, town, organizer);
    }
    let count = s.count(3, 5).max(2);
    let crew = workers(s, (town, count), employer, (s.key(1), s.key(2)));
    for (k, &worker) in (0..).zip(&crew) {
        let start = s.rng.range(0, 20);
        let (household, paid) = fares(s, (start, town), k, &legs, organizer);
        let first = paid + s.rng.range(15, 90);
        support(s, (paid, first), household, worker);
        wages(s, first, (employer, worker), (organizer, device));
    }
    s.step("lodging");
    for month in 4..7 {
        let cents = s.usd(900, 1_600, 50);
        s.pay(s.day(month * 30), DAY, What::Rent, (organizer, s.company(town, 5)), cents);
    }
    s.at_account(organizer)
}

/// Tranches of one household, of which the last stays owing; gives the day of the last one. Two
/// households in three bank here; of the others the bank sees what reaches the organizer and the
/// worker.
fn fares(
    s: &mut Script<'_>,
    (start, town): (u32, TownId),
    k: u32,
    legs: &[Who; 3],
    organizer: Who,
) -> (Who, u32) {
    let is_here = k % 3 < 2;
    let household = if is_here {
        let spec = Spec::of(s.rng.range(500, 3_000), 2_400);
        s.cast(town, spec, Role::CounterpartyOnly, "household")
    } else {
        s.outside(town, Role::CounterpartyOnly, "household")
    };
    let mut day = start;
    for (n, &leg) in (0..).zip(legs.iter().filter(|_| is_here)) {
        if n == 1 && s.rng.per_mille(300) {
            continue;
        }
        s.step("fare");
        let cents = s.usd(1_000, 2_400, 50);
        let what = What::Remit { friend: s.rng.per_mille(500) };
        s.pay(s.day(day), DAY, what, (household, leg), cents);
        day += s.rng.range(5, 10);
    }
    s.step("fare");
    let cents = s.usd(800, 2_000, 50);
    s.pay(s.day(day), DAY, What::P2p, (household, organizer), cents);
    (household, day)
}

/// A little every two or three weeks for somebody who has arrived and earns nothing yet.
fn support(s: &mut Script<'_>, (from, until): (u32, u32), household: Who, worker: Who) {
    s.step("support");
    let mut day = from + s.rng.range(3, 9);
    while day < until + 10 {
        let cents = s.usd(40, 150, 10);
        s.pay(s.day(day), EVENING, What::P2p, (household, worker), cents);
        day += s.rng.range(12, 20);
    }
}

/// Fares of others, who say that the organizer is no relative.
fn strangers(s: &mut Script<'_>, town: TownId, organizer: Who) {
    s.step("strangers");
    for (k, from) in (0..).zip(s.regions(town, 6)) {
        for n in 0..2 {
            let payer = s.outside(from, Role::CounterpartyOnly, "household");
            let cents = s.usd(1_000, 2_400, 50);
            let what = What::Remit { friend: s.rng.per_mille(400) };
            s.pay(s.day(4 + k * 3 + n * 20), DAY, what, (payer, organizer), cents);
        }
    }
}

/// Eight paydays, and what goes to the organizer on each.
fn wages(
    s: &mut Script<'_>,
    first: u32,
    (employer, worker): (Who, Who),
    (organizer, device): (Who, u32),
) {
    for pay in 0..8 {
        let friday = s.friday(first + pay * 14);
        let net = s.usd(760, 1_060, 10);
        s.step("wage");
        s.wage(friday, (employer, worker), net, net / 100 * 122);
        s.step("debt");
        let cents = s.part(net, 55, 85);
        let hours = (600, 1_300);
        s.device = device;
        s.pay_for((friday, hours), Say::Debt, What::P2p, (worker, organizer), cents);
        s.device = 0;
    }
}
