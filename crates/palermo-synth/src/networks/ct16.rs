//! CT-16: a family under ransom. Relatives and strangers send what they have, a loan and savings
//! follow, and growing sums go to new payees in a transit town, until they stop (a press case:
//! 18,400 over five payees, over 4,000 from a collection).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(s.rng.range(700, 4_000), 2_600).second(Product::Savings);
    let payer = s.cast(town, spec, Role::PotentialVictim, "payer");
    let relatives = s.public(town, 8, (Role::PotentialVictim, "relative"));
    let count = s.count(4, 5).max(3);
    let hub = s.rng.pick(&[abroad::TAPACHULA, abroad::JUAREZ, abroad::NUEVO_LAREDO]).copied();
    let hub = hub.unwrap_or(abroad::TAPACHULA);
    let mut payees = Vec::new();
    for _ in 0..count {
        payees.push(s.outside(hub, Role::Subject, "captors_collector"));
    }
    if let Some(&payee) = payees.first() {
        s.spread(payee);
    }
    let mut ransom = s.usd(900, 1_500, 50);
    let mut d = 2;
    for &payee in &payees {
        for k in 0..5 {
            s.step("gather");
            let from = s.one(&relatives);
            let cents = s.usd(50, 400, 10);
            s.pay_for((s.day(d), ANY), Say::Help, What::P2p, (from, payer), cents);
            if k == 2 && d < 12 {
                s.step("savings");
                let cents = s.part(ransom, 40, 60);
                s.pay(s.day(d), DAY, What::Own, (other(payer), payer), cents);
            }
        }
        if d > 8 && d < 14 {
            s.step("loan");
            let cents = s.usd(3_000, 6_000, 500);
            s.pay(s.day(d), OFFICE, What::Loan, (s.company(town, 40), payer), cents);
        }
        s.step("ransom");
        let day = s.day(d + 1);
        s.pay_for((day, ANY), Say::Help, What::Remit { friend: true }, (payer, payee), ransom);
        ransom = ransom / 100 * s.rng.range(125, 175) / 1_000 * 1_000;
        d += s.rng.range(2, 4);
    }
    if let Some(boss) = s.partner {
        s.step("collector_cash");
        s.members.push((Part::Account(boss), Role::Subject, "captors_launderer"));
        if let Some(&payee) = payees.first() {
            s.pay(s.day(24), DAY, What::Wire(Code::Other), (payee, boss), ransom / 2);
        }
    }
    s.at_account(payer)
}
