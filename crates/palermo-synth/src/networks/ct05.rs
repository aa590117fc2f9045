//! CT-05: accounts opened under escort for people who do not hold the card; cash comes in just
//! before it is drawn elsewhere or wired on, and nothing is left in the evening (F20 typology 3 and
//! its Thai-ring case).
//!
//! On paper the holders live at one address of the ring, or each at an own one and share the phone
//! alone. One device gives the orders.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let hub = s.town();
    let towns = s.round(hub, (200, 100), 4);
    let device = s.device();
    let phone = s.key(1);
    let one_home = s.rng.per_mille(500);
    let count = s.count(3, 7).max(2);
    let mut victims = Vec::new();
    for k in 0..count {
        let address = if one_home { s.key(2) } else { s.key(20 + k) };
        let days = s.rng.range(2, 55);
        let seen = escorted(s, days, device);
        let spec = Spec::of(days, 1_400).still().shares(phone, address);
        let spec = spec.with(|profile| profile.events.push(seen));
        victims.push(s.cast(hub, spec, Role::PotentialVictim, "captured_account"));
    }
    let launderer = s.ally(hub, "launderer");
    s.spread(launderer);
    let mut held = 0;
    for d in 0..118 {
        for &victim in &victims {
            if s.rng.per_mille(280) {
                held += cycle(s, d, (victim, launderer), &towns, (hub, device));
            }
        }
        if d % 15 == 14 && held > 0 {
            s.step("abroad");
            let cents = s.part(held, 80, 95);
            let far = s.company(abroad::MAE_SOT, 1);
            s.pay_for(
                (s.day(d), OFFICE),
                Say::Debt,
                What::Wire(Code::Other),
                (launderer, far),
                cents,
            );
            held = 0;
        }
    }
    let anchor = victims.first().copied().unwrap_or(launderer);
    s.at_account(if count > 1 { launderer } else { anchor })
}

/// Cash into a captured account in one town; the same or next day out in another, or on.
fn cycle(
    s: &mut Script<'_>,
    d: u32,
    (victim, launderer): (Who, Who),
    towns: &[u8],
    (hub, device): (u8, u32),
) -> u32 {
    let town = s.rng.pick(towns).copied().unwrap_or(hub);
    let customer = s.depositor(town, Role::CounterpartyOnly, "customer");
    let cents = s.usd(200, 1_600, 20);
    s.step("deposit");
    s.deposit((s.day(d), EVENING), town, (customer, victim), cents);
    let on = s.part(cents, 92, 100);
    if s.rng.per_mille(450) {
        s.step("draw");
        s.withdraw((s.day(d + 1), DAY), hub, victim, on);
        0
    } else {
        s.step("pass");
        let day = later(s.day(d), 1);
        s.pay_on((day, MORNING), device, What::P2p, (victim, launderer), on);
        on
    }
}
