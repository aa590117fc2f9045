//! CT-24: an agency sends young adults one way to a border town of casinos; months later families
//! pay growing sums for their release (F26S, UNTIP-FC; practice example 8,000).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile {
        licensed: Some(false),
        incorporated: Some(s.before(220)),
        turnover: Some(12_000),
        ..Profile::default()
    };
    let agency = s.found(town, (7361, 3, 200), profile, (Role::Subject, "recruiter"));
    s.spread(agency);
    let hub = s.rng.pick(&[abroad::SIHANOUKVILLE, abroad::MAE_SOT]).copied();
    let hub = hub.unwrap_or(abroad::SIHANOUKVILLE);
    let collector = s.outside(hub, Role::Subject, "compound_collector");
    let backer = s.ally(town, "backer");
    let count = s.count(8, 13).max(5);
    for k in 0..count {
        s.step("fund");
        if k % 4 == 0 {
            let cents = s.usd(3_000, 6_000, 500);
            s.pay(s.day(k * 4), DAY, What::Transfer(Code::Consulting), (backer, agency), cents);
        }
        s.step("ticket");
        let mcc = if k % 3 == 0 { 4722 } else { 4511 };
        let cents = s.usd(420, 980, 10);
        let people = s.rng.range(1, 2);
        s.tickets(s.day(1 + k * 4), agency, (mcc, people, hub), (false, cents * people));
        if k % 2 == 0 {
            s.step("visa");
            let cents = s.usd(60, 220, 10);
            let what = What::Transfer(Code::Other);
            let far = s.company(abroad::PHNOM_PENH, 3);
            s.pay_for((s.day(2 + k * 4), DAY), Say::Visa, what, (agency, far), cents);
        }
    }
    let families = s.count(3, 5).max(2);
    for k in 0..families {
        let spec = Spec::of(s.rng.range(900, 4_000), 2_400).second(Product::Savings);
        let family = s.cast(town, spec, Role::PotentialVictim, "family");
        let mut d = 95 + k * 25 + s.rng.range(0, 40);
        let mut cents = s.usd(1_500, 2_800, 100);
        for n in 0..s.rng.range(2, 4) {
            s.step("release");
            let say = if n % 2 == 0 { Say::Release } else { Say::Contract };
            let what = What::Remit { friend: true };
            s.pay_for((s.day(d), ANY), say, what, (family, collector), cents);
            cents = cents / 100 * s.rng.range(125, 190);
            d += s.rng.range(3, 12);
        }
    }
    s.at_account(agency)
}
