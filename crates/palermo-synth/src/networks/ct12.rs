//! CT-12: identities harvested: benefits, loans and purchases on credit in several names, opened
//! under escort from one device, passed on within a day (UKFIU guides, recalled).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let device = s.device();
    let (phone, address) = (s.key(1), s.key(2));
    let controller = s.ally(town, "controller");
    s.spread(controller);
    let count = s.count(3, 5).max(2);
    let mut gone = 0;
    for k in 0..count {
        let opened = s.rng.range(2, 20);
        let seen = escorted(s, opened, device);
        let spec = Spec::of(opened, 900)
            .still()
            .second(Product::Prepaid)
            .does(Activity::Unemployed, "")
            .shares(phone, address)
            .with(|profile| profile.events.push(seen));
        let victim = s.cast(town, spec, Role::PotentialVictim, "harvested_identity");
        let products = s.count(3, 6);
        for p in 0..products {
            let day = s.day(4 + k * 8 + p * 4);
            let (what, payer, cents) = match p % 3 {
                0 => (What::Loan, s.company(town, 40 + p), s.usd(900, 4_000, 100)),
                1 => (What::Grant(Code::Social), Who::company(town, 1), s.usd(300, 900, 1)),
                _ => (What::Grant(Code::State), Who::company(town, 3), s.usd(500, 1_400, 1)),
            };
            s.step("product");
            s.pay(day, MORNING, what, (payer, victim), cents);
            s.step("forward");
            let on = s.part(cents, 82, 97);
            s.pay_on((day, (600, 1_430)), device, What::P2p, (victim, controller), on);
            gone += on;
            if p == 1 {
                s.step("phone_contract");
                let cents = s.usd(700, 1_100, 50);
                s.device = device;
                s.web((later(day, 1), DAY), 4812, victim, cents);
                s.device = 0;
            }
        }
    }
    s.step("controller_draw");
    let cents = s.part(gone, 30, 45) / 2_000 * 2_000;
    s.withdraw((s.day(55), DAY), town, controller, cents.max(20_000));
    s.at_account(controller)
}
