//! CT-18: a fare that is not paid off becomes work. Tranches by the household stop; within 120 days
//! the first wage comes and most of every wage goes to the organizer (F23 p. 6, third model).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::workers;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let trade = (1520, 30, 1_500);
    let employer = s.found(town, trade, Profile::default(), (Role::RoleUndetermined, "employer"));
    let organizer = s.ally(town, "organizer");
    s.spread(organizer);
    let device = s.device();
    let leg = s.outside(abroad::TAPACHULA, Role::Subject, "leg_collector");
    let count = s.count(3, 5).max(2);
    let crew = workers(s, (town, count), employer, (s.key(1), s.key(2)));
    for (k, &worker) in (0..).zip(&crew) {
        let household = s.outside(town, Role::CounterpartyOnly, "household");
        let start = s.rng.range(0, 20);
        for (n, payee) in (0..).zip([leg, organizer]) {
            s.step("fare");
            let cents = s.usd(1_000, 2_400, 50);
            let remit = payee == leg;
            let what = if remit { What::Remit { friend: true } } else { What::P2p };
            s.pay(s.day(start + n * 12), DAY, what, (household, payee), cents);
        }
        let first = start + s.rng.range(45, 110);
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
        if k == 0 {
            s.step("lodging");
            for month in 4..7 {
                let cents = s.usd(900, 1_600, 50);
                s.pay(s.day(month * 30), DAY, What::Rent, (organizer, s.company(town, 5)), cents);
            }
        }
    }
    s.at_account(organizer)
}
