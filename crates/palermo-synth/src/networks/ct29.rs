//! CT-29: begging and county lines. Coins and small notes every day from people without an income
//! into one account; young accounts that take small payments after school and pass them on the same
//! evening, from a phone that is not theirs, and tickets to other towns and back (Polaris 25; NCA,
//! recalled; FT21 'General' on one device behind several accounts).
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
    let count = s.rng.range(3, 5);
    let young = s.cast_many(town, &spec, count, (Role::PotentialVictim, "young_account"));
    let beggars: Vec<Who> =
        (0..4).map(|_| s.depositor(town, Role::PotentialVictim, "depositor")).collect();
    let payers = s.public(town, 22, (Role::CounterpartyOnly, "payer"));
    let lead = s.rng.range(4, 6);
    for d in 0..29 {
        coins(s, (d, town), &beggars, controller);
        for (k, &account) in (0..).zip(&young) {
            // The lines run on most days, over each account of the phone.
            if s.rng.per_mille(250) {
                continue;
            }
            let mut taken = 0;
            for _ in 0..s.count(1, 3) {
                s.step("credit");
                let payer = s.one(&payers);
                let cents = s.usd(20, 120, 10);
                s.pay(s.day(d), AFTER_SCHOOL, What::P2p, (payer, account), cents);
                taken += cents;
            }
            s.step("sweep");
            let on = s.part(taken, 82, 97);
            s.pay_on((s.day(d), (1_255, 1_500)), device, What::P2p, (account, controller), on);
            // Out one day and back the next or the one after.
            if (d + 2 * k) % lead == 1 {
                let to = s.rng.pick(&towns).copied().unwrap_or(town);
                let back = d + s.rng.range(1, 2);
                journey(s, (d, account), to);
                journey(s, (back, account), town);
            }
        }
        // The phone that empties the accounts is the controller's: the own bills are paid from it.
        if d % 9 == 4 {
            s.step("own_phone");
            let cents = s.usd(30, 90, 5);
            let shop = s.company(town, 40);
            s.pay_on((s.day(d), EVENING), device, What::P2p, (controller, shop), cents);
        }
    }
    s.at_account(controller)
}

/// From the end of school to the evening.
const AFTER_SCHOOL: (u32, u32) = (840, 1_240);

fn coins(s: &mut Script<'_>, (d, town): (u32, u8), beggars: &[Who], controller: Who) {
    for _ in 0..s.count(1, 3) {
        s.step("coins");
        let by = s.one(beggars);
        let cents = s.usd(30, 160, 1);
        let percent = u8::try_from(s.rng.range(20, 55)).unwrap_or(30);
        let at = (when_open(s.day(d)), s.minute(840, 1_010));
        let what = What::DepositCoins { branch: 1, percent };
        s.put(at, town, what, (by, controller), cents);
    }
}

/// A ticket by rail or coach, one way.
fn journey(s: &mut Script<'_>, (d, account): (u32, Who), to: u8) {
    s.step("travel");
    let cents = s.usd(18, 60, 1);
    let mcc = if s.rng.per_mille(700) { 4112 } else { 4131 };
    s.tickets(s.day(d), account, (mcc, 1, to), (false, cents));
}
