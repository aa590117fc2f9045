//! CT-07: wages stripped. Workers of one employer pass most of the wage to one person within a day,
//! or draw it one after another at the same machine; nothing else happens on their accounts (F20
//! typology 2, F26N).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::workers;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { turnover: Some(90_000), ..Profile::default() };
    let trade = (780, 40, 2_400);
    let employer = s.found(town, trade, profile, (Role::RoleUndetermined, "employer"));
    let shared = (s.key(1), s.key(2));
    let count = s.count(5, 8).max(3);
    let crew = workers(s, (town, count), employer, shared);
    let master = s.ally(town, "gang_master");
    s.spread(master);
    let device = s.device();
    for pay in 0..5 {
        let friday = s.friday(pay * 14);
        let by_machine = s.rng.per_mille(300);
        let start = s.minute(960, 1_150);
        for (k, &worker) in (0..).zip(&crew) {
            let net = s.usd(720, 1_080, 10);
            s.step("wage");
            s.wage(friday, (employer, worker), net, net / 100 * 125);
            s.step("strip");
            let strip = s.part(net, 68, 95);
            if by_machine {
                let minute = start + k * 2;
                let machine = What::Atm { machine: 3 };
                s.put(
                    (friday, minute),
                    town,
                    machine,
                    (worker, Who::Nobody),
                    strip / 2_000 * 2_000,
                );
            } else {
                let hours = (600, 1_300);
                s.pay_on((friday, hours), device, What::P2p, (worker, master), strip);
            }
        }
        spend(s, later(friday, 1), (master, town), count);
    }
    s.at_account(master)
}

/// The gang master's costs and gains.
fn spend(s: &mut Script<'_>, day: crate::calendar::Day, (master, town): (Who, u8), count: u32) {
    s.step("master_spend");
    let cents = s.usd(60, 110, 1) * count;
    s.shop((day, DAY), (town, 5411), master, cents);
    let cents = s.usd(70, 150, 5) * count;
    s.pay(day, DAY, What::Rent, (master, s.company(town, 3)), cents);
    let cents = s.usd(200, 500, 20) * count;
    let far = s.company(abroad::KATHMANDU, 2);
    s.pay(later(day, 1), OFFICE, What::Wire(Code::Family), (master, far), cents);
}
