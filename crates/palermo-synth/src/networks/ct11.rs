//! CT-11: the wages of domestic workers go back to the household within a week, every month, and
//! their accounts are used from one phone that is not theirs (Mekong Club, recalled; FA18).
//!
//! Either a large household has several live-in workers, whose accounts its own device runs, or a
//! placement agent has put workers into as many households and keeps their accounts on one phone.
//! The control shows in none, one or several of three ways: the wage stops and the device goes on (OSCE,
//! recalled); the employer or agent draws at the counter on the accounts of all of them; staff noted who
//! spoke and who kept the papers when the accounts were opened. Half of the networks are what is most
//! usual, one household and one worker, where nothing clusters.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// How the control shows, where it does.
#[derive(Clone, Copy)]
struct Signs {
    stopped: bool,
    counter: bool,
    noted: bool,
}

/// Who has the accounts in hand.
#[derive(Clone, Copy)]
struct Hand {
    device: u32,
    /// At counters.
    holder: Who,
    /// The wage is paid from the same device.
    pays: bool,
    signs: Signs,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let device = s.device();
    let agent = s.ally(town, "placement_agent");
    let count = if s.rng.per_mille(500) { 1 } else { s.count(3, 5).max(2) };
    let [stopped, counter, noted] = s.ties();
    let signs = Signs { stopped, counter, noted };
    if s.rng.per_mille(600) {
        let household = household(s, town, 3);
        s.spread(household);
        let second = household_of(s, town, 3, "household_second");
        let hand = Hand { device, holder: household, pays: true, signs };
        for k in 0..count {
            served(s, (household, 3), (agent, k), hand);
        }
        own_use(s, device, (household, second));
        return s.at_account(household);
    }
    // Nobody's wage stops at once in several households.
    let signs = Signs { stopped: false, ..signs };
    let hand = Hand { device, holder: agent, pays: false, signs };
    for k in 0..count {
        let household = household(s, town, 4 + k);
        served(s, (household, 4 + k), (agent, k), hand);
    }
    let payee = s.company(town, 9);
    own_use(s, device, (agent, payee));
    s.at_account(agent)
}

fn household(s: &mut Script<'_>, town: u8, door: u32) -> Who {
    household_of(s, town, door, "household")
}

fn household_of(s: &mut Script<'_>, town: u8, door: u32, function: &'static str) -> Who {
    let spec = Spec::of(2_500, 16_000).shares(0, s.key(door));
    s.cast(town, spec, Role::Subject, function)
}

/// The owner's own payments from the device.
fn own_use(s: &mut Script<'_>, device: u32, pair: (Who, Who)) {
    s.step("own_use");
    for week in 0..20 {
        let cents = s.usd(30, 160, 5);
        s.pay_on((s.day(3 + week * 7), EVENING), device, What::P2p, pair, cents);
        if matches!(pair.1, Who::Person(_)) {
            let cents = s.usd(20, 90, 5);
            let back = (pair.1, pair.0);
            s.pay_on((s.day(5 + week * 7), EVENING), device, What::P2p, back, cents);
        }
    }
}

/// One worker: months of wages and what becomes of them.
fn served(s: &mut Script<'_>, (household, door): (Who, u32), (agent, k): (Who, u32), hand: Hand) {
    let town = s.town_of(household);
    let opened = s.rng.range(10, 40);
    let noted = [(EventCode::Bh01, s.before(opened), 0), (EventCode::Bh04, s.before(opened), 0)];
    let spec = Spec::of(opened, 1_600)
        .still()
        .does(Activity::Employed, "9111")
        .related(household, RelationKind::Employer)
        .shares(0, s.key(door))
        .with(|profile| {
            if hand.signs.noted {
                profile.events.extend(noted);
            }
        });
    let worker = s.cast(town, spec, Role::PotentialVictim, "domestic_worker");
    s.step("placement");
    let fee = s.usd(300, 800, 50);
    s.pay_on((s.day(3 + k), DAY), hand.device, What::P2p, (worker, agent), fee);
    let wage = s.rng.range(125, 185) * 1_000;
    let months = if hand.signs.stopped { s.rng.range(2, 3) } else { 5 };
    for month in 0..months {
        let day = s.day(4 + month * 30);
        let net = s.noisy(wage);
        s.step("wage");
        s.device = if hand.pays { hand.device } else { 0 };
        s.wage(day, (household, worker), net, 0);
        s.device = 0;
        s.step("return");
        let back = s.part(net, 88, 108);
        let day = later(day, s.rng.range(1, 6));
        give_back(s, day, (worker, household), (hand, net, back));
    }
    s.step("employer_device");
    for visit in 0..9 {
        let cents = s.usd(20, 60, 5);
        let day = s.day(15 + visit * 14);
        s.pay_on((day, DAY), hand.device, What::P2p, (worker, agent), cents);
    }
}

/// About the wage goes back: by the device, or at the counter, where somebody else stands.
fn give_back(
    s: &mut Script<'_>,
    day: crate::calendar::Day,
    (worker, household): (Who, Who),
    (hand, net, back): (Hand, u32, u32),
) {
    if !hand.signs.counter {
        s.pay_on((day, EVENING), hand.device, What::P2p, (worker, household), back);
        return;
    }
    let what = What::Counter { branch: 1 };
    if hand.holder == household {
        let cents = back.min(net) / 2_000 * 2_000;
        s.by_hand(household, |s| {
            s.pay(when_open(day), OFFICE, what, (worker, Who::Nobody), cents);
        });
    } else {
        s.pay_on((day, EVENING), hand.device, What::P2p, (worker, household), back);
        let coins = s.usd(20, 60, 10);
        let day = when_open(later(day, 1));
        s.by_hand(hand.holder, |s| s.pay(day, OFFICE, what, (worker, Who::Nobody), coins));
    }
}
