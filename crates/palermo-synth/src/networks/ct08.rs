//! CT-08: an employer who takes wages back: cash into the firm's or the director's account within
//! three days of payday, and charges for housing, tools and transport (F14-B CPCHQ, SDWPS).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::workers;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { turnover: Some(120_000), ..Profile::default() };
    let trade = (1799, 24, 1_800);
    let employer = s.found(town, trade, profile, (Role::Subject, "employer"));
    let count = s.count(5, 8).max(4);
    let crew = workers(s, (town, count), employer, (0, s.key(2)));
    let spec = Spec::of(1_500, 6_000).related(employer, RelationKind::Director);
    let director = s.cast(town, spec, Role::Subject, "director");
    s.spread(director);
    for pay in 0..6 {
        let friday = s.friday(pay * 14);
        for &worker in &crew {
            let gross = s.usd(900, 1_300, 10);
            let net = s.part(gross, 62, 74);
            s.step("wage");
            s.wage(friday, (employer, worker), net, gross);
            s.step("return");
            let back = s.part(net, 52, 75);
            let to = if s.rng.per_mille(600) { employer } else { director };
            let day = later(friday, s.rng.range(0, 2));
            s.deposit((day, DAY), town, (worker, to), back / 1_000 * 1_000);
            s.step("charge");
            let charge = s.part(net, 12, 22);
            let say = if s.rng.per_mille(700) { Say::Housing } else { Say::Tools };
            s.pay_for((friday, DAY), say, What::Transfer(Code::Other), (worker, employer), charge);
        }
        s.step("director_draw");
        let cents = s.usd(900, 1_800, 100);
        s.pay(later(friday, 4), DAY, What::Transfer(Code::Other), (employer, director), cents);
    }
    s.step("integration");
    let boss = s.ally(town, "partner");
    let cents = s.usd(4_000, 9_000, 500);
    s.pay(s.day(85), DAY, What::Transfer(Code::Other), (director, boss), cents);
    s.at_account(employer)
}
