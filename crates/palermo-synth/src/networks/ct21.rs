//! CT-21: young people pay a stranger small sums, some more within two days, then nothing; the mules
//! pass it on within 48 hours, one account gathers and sends it abroad or into coin (FT25, FA25:
//! first below 250, rarely over 1,500 in all).
//!
//! Most pay once or twice and a few up to five times, until they are drained or tell somebody (FT25).
//! From one in six to one in two banks here; of the others the bank knows no age. Some buy gift cards
//! first. One to three mules take the money in.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let aggregator = s.ally(town, "aggregator");
    s.spread(aggregator);
    let spec = Spec::of(s.rng.range(10, 60), 800).age(AgeBand::From18);
    let spec = spec.does(Activity::Student, "");
    let hands = s.rng.range(1, 3);
    let mules = s.cast_many(town, &spec, hands, (Role::RoleUndetermined, "mule"));
    let count = s.count(26, 44);
    // Of six payers so many bank here.
    let here = s.rng.range(1, 3);
    let organizer = s.company(abroad::LAGOS, 1);
    for (m, mule) in (0..).zip(mules) {
        let mut held = 0;
        for k in (0..count).filter(|k| k % hands == m) {
            let d = k * 15 / count;
            let is_here = k / hands % 6 < here;
            held += burst(s, d, is_here, mule);
            if held > 10_000 {
                forward(s, d, (mule, aggregator, organizer), k % 4 < 2, held);
                held = 0;
            }
        }
    }
    s.at_account(aggregator)
}

/// How often somebody pays: mostly once or twice.
fn times(s: &mut Script<'_>) -> u32 {
    match s.rng.range(0, 99) {
        0..=51 => 1,
        52..=79 => 2,
        80..=91 => 3,
        _ => s.rng.range(4, 5),
    }
}

/// Somebody young pays, who banks here or elsewhere. Gives the sum.
fn burst(s: &mut Script<'_>, d: u32, here: bool, mule: Who) -> u32 {
    let home = s.town();
    let young = if here {
        let age = if s.rng.per_mille(400) { AgeBand::Minor } else { AgeBand::From18 };
        let spec = Spec::of(s.rng.range(60, 900), 300).age(age).does(Activity::Student, "");
        s.cast(home, spec, Role::PotentialVictim, "young_payer")
    } else {
        s.outside(home, Role::PotentialVictim, "young_payer")
    };
    let mut minute = s.minute(1_080, 1_300);
    if here && s.rng.per_mille(200) {
        s.step("gift_card");
        for n in 0..s.rng.range(3, 5) {
            let cents = s.usd(25, 100, 25);
            let mcc = if n % 2 == 0 { 5411 } else { 5947 };
            s.shop((s.day(d), (minute, minute + 30)), (home, mcc), young, cents);
        }
    }
    let (mut cents, mut sum) = (s.usd(20, 120, 10), 0);
    for n in 0..times(s) {
        s.step("victim_payment");
        let say = if n > 1 { Say::Beg } else { Say::Nothing };
        s.pay_for((s.day(d), (minute, minute)), say, What::P2p, (young, mule), cents);
        sum += cents;
        minute += s.rng.range(15, 200);
        cents = (cents / 100 * s.rng.range(105, 190)).min(30_000) / 500 * 500;
    }
    sum
}

/// What a mule holds goes to the gatherer by the next day, and from there abroad or into coin.
fn forward(
    s: &mut Script<'_>,
    d: u32,
    (mule, aggregator, organizer): (Who, Who, Who),
    coin: bool,
    held: u32,
) {
    s.step("forward");
    let on = s.part(held, 86, 96);
    let day = later(s.day(d), 1);
    s.pay(day, (420, 1_080), What::P2p, (mule, aggregator), on);
    s.step("abroad");
    let out = s.part(on, 85, 97);
    if coin {
        let vasp = Who::company(27, 7);
        s.pay(day, NIGHT, What::CoinBuy(Coin::Usdt), (aggregator, vasp), out);
    } else {
        s.pay(day, NIGHT, What::Remit { friend: true }, (aggregator, organizer), out);
    }
}
