//! CT-09: a recruitment fee before the journey, then an instalment to the recruiter abroad from
//! every payday; new fees keep the balance up (F20 typology 2, F14-B PESRA).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let origin = s.rng.pick(&[abroad::KATHMANDU, abroad::DHAKA, abroad::MANILA]).copied();
    let origin = origin.unwrap_or(abroad::KATHMANDU);
    let trade = (780, 60, 2_000);
    let employer = s.found(town, trade, Profile::default(), (Role::RoleUndetermined, "employer"));
    let recruiter = s.outside(origin, Role::Subject, "recruiter");
    let agent = s.ally(town, "sub_agent");
    s.spread(agent);
    let count = s.count(3, 5).max(2);
    for _ in 0..count {
        let spec = Spec::of(s.rng.range(1, 15), 1_900)
            .does(Activity::Employed, "9211")
            .related(employer, RelationKind::Employer);
        let spec = if s.rng.per_mille(600) { spec.still() } else { spec };
        let worker = s.cast(town, spec, Role::PotentialVictim, "worker");
        let household = s.outside(town, Role::PotentialVictim, "household");
        s.step("fee");
        let fee = s.usd(1_500, 6_000, 100);
        let day = s.day_in(0, 10);
        s.pay_for((day, DAY), Say::Training, What::P2p, (household, agent), fee);
        s.step("fee_abroad");
        let on = s.part(fee, 70, 90);
        let day = later(day, 2);
        s.pay_for(
            (day, DAY),
            Say::AgencyFee,
            What::Remit { friend: false },
            (agent, recruiter),
            on,
        );
        repay(s, worker, employer, recruiter);
    }
    s.at_account(agent)
}

/// Months of paydays, an instalment from each within three days.
fn repay(s: &mut Script<'_>, worker: Who, employer: Who, recruiter: Who) {
    let first = s.rng.range(35, 60);
    let rate = s.rng.range(20, 36);
    for pay in 0..13 {
        let friday = s.friday(first + pay * 14);
        let net = s.usd(820, 1_150, 10);
        s.step("wage");
        s.wage(friday, (employer, worker), net, net / 100 * 120);
        s.step("instalment");
        let cents = s.part(net, rate, rate + 2);
        let say = if pay % 4 == 3 { Say::AgencyFee } else { Say::LoanRate };
        let day = later(friday, s.rng.range(0, 3));
        s.pay_for((day, DAY), say, What::Remit { friend: false }, (worker, recruiter), cents);
    }
}
