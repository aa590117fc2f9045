//! CT-02: private homes, several of them, rented by a collector; payers, adverts, and the same
//! month three to five rents in towns that do not fit (FT21 'Private residences', F20-F2). Adverts
//! are renewed every other day, and daily while somebody is moved in. Laundering networks have one
//! of these behind them.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let home = s.town();
    let boss = s.ally(home, "controller");
    let (collector, taken) = network(s, home, 88);
    s.step("integration");
    let cents = s.part(taken, 15, 25);
    s.pay(s.day(86), OFFICE, What::Transfer(Code::Other), (collector, boss), cents);
    s.at_account(collector)
}

/// The homes, over some days from the first of the case; gives the collector and what came in.
pub(crate) fn network(s: &mut Script<'_>, home: u8, days: u32) -> (Who, u32) {
    let towns = s.round(home, (0, 60), 4);
    let spec = Spec::of(s.rng.range(120, 900), 2_200);
    let collector = s.cast(home, spec, Role::Subject, "collector");
    s.spread(collector);
    let spec = Spec::of(90, 1_500).still().shares(s.key(1), 0);
    let nominees = s.cast_many(home, &spec, 2, (Role::RoleUndetermined, "nominee_tenant"));
    let payers = s.public(home, 30, (Role::CounterpartyOnly, "payer"));
    let device = s.device();
    let prices = [s.rng.range(10, 14) * 10, s.rng.range(16, 22) * 10, s.rng.range(28, 36) * 10];
    let mut taken = 0;
    let mut moving = 0;
    for d in 0..days {
        let visits = s.count(1, 3);
        for _ in 0..visits {
            let payer = s.one(&payers);
            let to = if s.rng.per_mille(500) { collector } else { s.one(&nominees) };
            let price = s.rng.pick(&prices).copied().unwrap_or(160);
            let cents = s.noisy(price * 100);
            s.step("receipt");
            s.pay(s.day(d), EVENING, What::P2p, (payer, to), cents);
            taken += cents;
            if to != collector && s.rng.per_mille(700) {
                s.step("nominee_sweep");
                let on = s.part(cents, 85, 98);
                s.pay_on((s.day(d + 1), DAY), device, What::P2p, (to, collector), on);
            }
        }
        if d % 2 == 0 || d < moving {
            s.step("advert");
            s.advert(s.day(d), collector);
        }
        if d % 18 == 4 {
            moving = d + s.rng.range(4, 8);
            s.step("moving_in");
            let town = s.rng.pick(&towns).copied().unwrap_or(home);
            s.stay(s.day(d), town, 2, collector);
            s.topup(s.day(d), collector, d / 18);
        }
    }
    premises(s, collector, &towns, days);
    (collector, taken)
}

/// Three to five homes, each with rent on the first days of the month and a meter.
fn premises(s: &mut Script<'_>, collector: Who, towns: &[u8], days: u32) {
    let homes = s.count(3, 5).max(3);
    for month in 0..days.div_ceil(30) {
        for k in 0..homes {
            let cycle = towns.len().max(1);
            let place = towns.get(k as usize % cycle).copied().unwrap_or(0);
            let rent = s.usd(900, 2_100, 50);
            s.step("rent");
            let day = s.day(month * 30 + k % 3);
            s.pay(day, DAY, What::Rent, (collector, s.company(place, k)), rent);
            s.step("meter");
            let bill = s.usd(60, 160, 1);
            let day = s.day(month * 30 + 6 + k);
            s.pay(day, MORNING, What::Utility, (collector, s.company(place, 20 + k)), bill);
        }
    }
}
