//! CT-19: senders in several countries who do not know each other pay one person abroad small sums,
//! again and again, several a day, late in their evening, more over the weeks (FA25 10 to 200, FT25
//! below 200, AIC TI589 on escalation).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let facilitator = s.outside(abroad::CEBU, Role::Subject, "facilitator");
    s.spread(facilitator);
    let mut senders = Vec::new();
    let ours = s.count(4, 6).max(3);
    for _ in 0..ours {
        let town = s.town();
        let spec = Spec::of(s.rng.range(400, 4_000), 4_200).age(AgeBand::From50);
        senders.push(s.cast(town, spec, Role::Subject, "consumer"));
    }
    let elsewhere = s.count(3, 5).max(2);
    for _ in 0..elsewhere {
        senders.push(s.outside(abroad::LONDON, Role::Subject, "consumer"));
    }
    for &sender in &senders {
        let start = s.rng.range(0, 30);
        let sends = s.rng.range(9, 16);
        let mut d = start;
        let mut gap = s.rng.range(9, 13);
        let mut dollars = s.rng.range(15, 45);
        // Whoever writes a pretext writes the same one again.
        let pretext = match s.rng.below(7) {
            0 => Say::School,
            1 => Say::Medicine,
            2 => Say::Allowance,
            3 => Say::Uniform,
            _ => Say::Nothing,
        };
        // Every second one also pays sites with cameras, week after week (FT25, AUCSE).
        let cams = s.rng.per_mille(500);
        for k in 0..sends {
            s.step("send");
            let times = if s.rng.per_mille(350) { 2 } else { 1 };
            for _ in 0..times {
                let cents = s.noisy(dollars * 100);
                let say = if s.rng.per_mille(850) { pretext } else { Say::Nothing };
                let day = s.day(d);
                let hours = (1_200, 1_620);
                let what = What::Remit { friend: true };
                s.pay_for((day, hours), say, what, (sender, facilitator), cents);
            }
            d += gap;
            gap = gap.saturating_sub(1).max(2);
            dollars = (dollars + s.rng.range(2, 14)).min(190);
            if cams || k % 4 == 1 {
                s.step("cam_site");
                let cents = s.usd(15, 60, 1);
                let mcc = if s.rng.per_mille(700) { 5967 } else { 7273 };
                s.web((s.day(d), NIGHT), mcc, sender, cents);
            }
        }
    }
    if let Some(boss) = s.partner {
        s.step("pass");
        s.members.push((Part::Account(boss), Role::Subject, "launderer"));
        for month in 1..4 {
            let cents = s.usd(200, 700, 10);
            s.pay(s.day(month * 28), DAY, What::Remit { friend: true }, (facilitator, boss), cents);
        }
    }
    s.at_account(facilitator)
}
