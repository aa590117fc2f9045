//! CT-11: a domestic worker's wage goes back to the household within a week, every month, from the
//! household's own phone; later it stops (Mekong Club, recalled; FA18).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(2_500, 16_000);
    let household = s.cast(town, spec, Role::Subject, "household");
    s.spread(household);
    let spec = Spec::of(s.rng.range(10, 60), 1_600)
        .still()
        .does(Activity::Employed, "9111")
        .related(household, RelationKind::Employer)
        .shares(s.key(1), s.key(2));
    let worker = s.cast(town, spec, Role::PotentialVictim, "domestic_worker");
    let agent = s.ally(town, "placement_agent");
    let device = s.device();
    s.step("placement");
    let fee = s.usd(300, 800, 50);
    s.pay_on((s.day(3), DAY), device, What::P2p, (worker, agent), fee);
    let wage = s.rng.range(125, 185) * 1_000;
    let months = s.rng.range(4, 5);
    for month in 0..months {
        let day = s.day(4 + month * 30);
        let net = s.noisy(wage);
        s.step("wage");
        s.wage(day, (household, worker), net, 0);
        s.step("return");
        let back = s.part(net, 88, 108);
        let day = later(day, s.rng.range(0, 6));
        if s.rng.per_mille(750) {
            s.pay_on((day, EVENING), device, What::P2p, (worker, household), back);
        } else {
            s.withdraw((day, EVENING), town, worker, back.min(net) / 2_000 * 2_000);
        }
        s.step("household_device");
        let cents = s.usd(20, 60, 5);
        s.pay_on((later(day, 9), DAY), device, What::P2p, (household, agent), cents);
    }
    s.at_account(household)
}
