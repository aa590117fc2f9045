//! Parts that several typologies have in common.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// A collector of fixed prices: unrelated payers, two or three prices of 100 to 800 (AU22, mean
/// 250), over some days. Gives what came in. The step is `predicate`.
pub(crate) fn priced_receipts(
    s: &mut Script<'_>,
    (from, days): (u32, u32),
    collector: Who,
    visits: u32,
) -> u32 {
    let town = s.town_of(collector);
    let payers = s.public(town, (visits * 3).div_ceil(4), (Role::CounterpartyOnly, "payer"));
    let prices = [s.rng.range(10, 16) * 10, s.rng.range(18, 28) * 10, s.rng.range(30, 44) * 10];
    let mut total = 0;
    for k in 0..visits {
        let payer = s.one(&payers);
        let price = s.rng.pick(&prices).copied().unwrap_or(200);
        let cents = s.noisy(price * 100);
        let day = s.day(from + k * days / visits.max(1));
        s.pay(day, EVENING, What::P2p, (payer, collector), cents);
        total += cents;
    }
    total
}

/// A trafficking collector before a laundering network: receipts over a month, under the step
/// `predicate`; gives the account and what is on it.
pub(crate) fn predicate(s: &mut Script<'_>, days: u32) -> (Who, u32) {
    let town = s.town();
    let spec = Spec::of(s.rng.range(60, 500), 1_900);
    let collector = s.cast(town, spec, Role::Subject, "trafficking_collector");
    s.step("predicate");
    let visits = s.count(24, 40);
    let total = priced_receipts(s, (0, days), collector, visits);
    for k in 0..4 {
        let day = s.day(1 + k * days / 4);
        s.advert(day, collector);
    }
    (collector, total)
}

/// Workers of one employer: customers with little on their accounts, opened within weeks.
pub(crate) fn workers(
    s: &mut Script<'_>,
    (town, count): (u8, u32),
    employer: Who,
    (phone, address): (u32, u32),
) -> Vec<Who> {
    (0..count)
        .map(|_| {
            let spec = Spec::of(s.rng.range(25, 80), 1_900)
                .still()
                .does(Activity::Employed, "9211")
                .shares(phone, address)
                .related(employer, RelationKind::Employer);
            s.cast(town, spec, Role::PotentialVictim, "worker")
        })
        .collect()
}

/// A dealer of homes or cars elsewhere.
pub(crate) fn dealer(s: &Script<'_>, town: u8, k: u32) -> Who {
    s.company(town, 80 + k)
}
