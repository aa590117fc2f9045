//! CT-12: identities harvested: benefits, loans and purchases on credit in several names, opened
//! under escort from one device, passed on within a day (UKFIU guides, recalled). The controller's
//! own account is used from the same device. Some are registered at the controller's address, others
//! where they lived; in some networks benefits are also paid straight to the controller, under the
//! names of those to whom they are due (LT-15).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let device = s.device();
    let shared = if s.rng.per_mille(500) { (s.key(1), s.key(2)) } else { (0, 0) };
    let controller = s.ally(town, "controller");
    s.spread(controller);
    let count = s.count(3, 5).max(2);
    let stacked = s.rng.per_mille(400);
    let mut gone = 0;
    for k in 0..count {
        gone += harvest(s, controller, device, (k, shared));
        if stacked {
            stack(s, controller, k);
        }
    }
    s.step("own_use");
    for week in 0..8 {
        let cents = s.usd(30, 180, 5);
        let payee = s.company(town, 30 + week % 3);
        s.pay_on((s.day(3 + week * 7), EVENING), device, What::P2p, (controller, payee), cents);
    }
    s.step("controller_draw");
    let cents = s.part(gone, 30, 45) / 2_000 * 2_000;
    s.withdraw((s.day(55), DAY), town, controller, cents.max(20_000));
    s.at_account(controller)
}

/// Products in one name, and what they bring; gives what went on.
fn harvest(
    s: &mut Script<'_>,
    controller: Who,
    device: u32,
    (k, (phone, address)): (u32, (u32, u32)),
) -> u32 {
    let town = s.town_of(controller);
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
    let mut gone = 0;
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
    gone
}

/// A benefit in the name of one of them, paid to the controller.
fn stack(s: &mut Script<'_>, controller: Who, k: u32) {
    s.step("stacked_benefit");
    let town = s.town_of(controller);
    s.named = s.key(70 + k);
    for month in 0..2 {
        let cents = s.usd(300, 900, 1);
        let day = s.day(6 + k + month * 28);
        s.pay(day, MORNING, What::Grant(Code::Social), (Who::company(town, 1), controller), cents);
    }
    s.named = 0;
}
