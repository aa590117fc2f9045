//! CT-29: begging and county lines. Coins and small notes every day from people without an income
//! into one account; young accounts that take small payments and pass them on within hours, and
//! tickets to other towns (Polaris 25; NCA, recalled).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let towns = s.round(town, (60, 60), 3);
    let controller = s.ally(town, "controller");
    s.spread(controller);
    let device = s.device();
    let spec = Spec::of(s.rng.range(40, 400), 200).age(AgeBand::From18);
    let young = s.cast_many(town, &spec, 3, (Role::PotentialVictim, "young_account"));
    let beggars: Vec<Who> =
        (0..4).map(|_| s.depositor(town, Role::PotentialVictim, "depositor")).collect();
    let payers = s.public(town, 22, (Role::CounterpartyOnly, "payer"));
    for d in 0..29 {
        for _ in 0..s.count(1, 3) {
            s.step("coins");
            let by = s.one(&beggars);
            let cents = s.usd(30, 160, 1);
            let percent = u8::try_from(s.rng.range(20, 55)).unwrap_or(30);
            let at = (when_open(s.day(d)), s.minute(840, 1_010));
            let what = What::DepositCoins { branch: 1, percent };
            s.put(at, town, what, (by, controller), cents);
        }
        let account = s.one(&young);
        let mut taken = 0;
        for _ in 0..s.count(1, 3) {
            s.step("credit");
            let payer = s.one(&payers);
            let cents = s.usd(20, 120, 10);
            s.pay(s.day(d), DAY, What::P2p, (payer, account), cents);
            taken += cents;
        }
        s.step("sweep");
        let on = s.part(taken, 82, 97);
        let hours = (1_265, 1_560);
        s.pay_on((s.day(d), hours), device, What::P2p, (account, controller), on);
        if d % 4 == 1 {
            s.step("travel");
            let to = s.rng.pick(&towns).copied().unwrap_or(town);
            let cents = s.usd(18, 60, 1);
            let mcc = if s.rng.per_mille(700) { 4112 } else { 4131 };
            s.tickets(s.day(d), account, (mcc, 1, to), (false, cents));
        }
    }
    s.at_account(controller)
}
