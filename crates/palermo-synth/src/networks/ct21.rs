//! CT-21: young people pay a stranger small sums, more within two days, then nothing; the mules pass
//! it on within 48 hours, one account gathers and sends it abroad or into coin (FT25, FA25: first
//! below 250, rarely over 1,500 in all).
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
    let mules = s.cast_many(town, &spec, 3, (Role::RoleUndetermined, "mule"));
    let count = s.count(11, 18);
    let organizer = s.company(abroad::LAGOS, 1);
    let mut gathered = 0;
    for k in 0..count {
        let home = s.town();
        let young = if k % 3 == 0 {
            let age = if s.rng.per_mille(400) { AgeBand::Minor } else { AgeBand::From18 };
            let spec = Spec::of(s.rng.range(60, 900), 300).age(age).does(Activity::Student, "");
            s.cast(home, spec, Role::PotentialVictim, "young_payer")
        } else {
            s.outside(home, Role::PotentialVictim, "young_payer")
        };
        let mule = s.one(&mules);
        let d = k * 15 / count;
        let minute = s.minute(1_080, 1_400);
        let mut cents = s.usd(20, 120, 10);
        for n in 0..s.rng.range(1, 4) {
            s.step("victim_payment");
            let at = minute + n * s.rng.range(25, 500);
            let say = if n > 1 { Say::Help } else { Say::Nothing };
            s.pay_for((s.day(d), (at, at)), say, What::P2p, (young, mule), cents);
            gathered += cents;
            cents = (cents / 100 * s.rng.range(105, 190)).min(30_000) / 500 * 500;
        }
        if gathered > 20_000 {
            s.step("forward");
            let on = s.part(gathered, 88, 96);
            let day = later(s.day(d), 1);
            s.pay(day, ANY, What::P2p, (mule, aggregator), on);
            s.step("abroad");
            let out = s.part(on, 85, 97);
            let day = later(day, 1);
            if k % 2 == 0 {
                let vasp = Who::company(27, 7);
                s.pay(day, NIGHT, What::CoinBuy(Coin::Usdt), (aggregator, vasp), out);
            } else {
                s.pay(day, NIGHT, What::Remit { friend: true }, (aggregator, organizer), out);
            }
            gathered = 0;
        }
    }
    s.at_account(aggregator)
}
