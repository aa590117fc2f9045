//! CT-20: a household's wallets take small sums from abroad when it is evening there, and the cash
//! is drawn the same day at one agent; names and phones rotate (FT25 facilitators, FA25: 10 to 200;
//! AUSTRAC's case: 10 to 100).
//!
//! Beside that a camera and hosting are bought, or one phone runs the wallets of people who live
//! elsewhere and many prepaid numbers are topped up, or payments of a cent carry coded words (FT25
//! producers). The coded word is the placeholder of the list as delivered: no real term is written
//! down.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// What there is beside the small payments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Kit,
    OnePhone,
    Offers,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = abroad::CEBU;
    let device = s.device();
    let beside = match s.rng.range(0, 9) {
        0..=4 => Beside::Kit,
        5..=7 => Beside::OnePhone,
        _ => Beside::Offers,
    };
    let spec = || {
        let spec = Spec::of(150, 350).still().product(Product::Wallet);
        spec.does(Activity::SelfEmployed, "9520")
    };
    let first = s.cast(town, spec().shares(s.key(1), s.key(2)), Role::Subject, "facilitator");
    s.spread(first);
    let mut wallets = vec![first];
    for k in 0..if beside == Beside::OnePhone { 3 } else { 2 } {
        let home = if beside == Beside::OnePhone { s.key(20 + k) } else { s.key(2) };
        let spec = spec().shares(s.key(3 + k), home);
        wallets.push(s.cast(town, spec, Role::RoleUndetermined, "household_wallet"));
    }
    let count = s.count(7, 10).max(4);
    let mut senders = Vec::new();
    for k in 0..count {
        let far = k % 2 == 0;
        let home = if far { abroad::LONDON } else { s.town() };
        senders.push((s.outside(home, Role::Subject, "consumer"), far));
    }
    let credits = s.count(34, 52);
    for k in 0..credits {
        let d = k * 57 / credits;
        let wallet = if d < 24 || k % 2 == 0 { first } else { s.one(&wallets) };
        let sender = s.rng.pick(&senders).copied().unwrap_or((Who::Nobody, true));
        through(s, d, sender, (wallet, device), town);
        if k % 6 == 3 {
            extra(s, d, (k, beside), (first, &wallets, device), &senders);
        }
    }
    if let Some(boss) = s.partner {
        s.step("pass");
        s.members.push((Part::Account(boss), Role::Subject, "launderer"));
        for week in 1..6 {
            let cents = s.usd(60, 200, 5);
            s.pay(s.day(week * 9), DAY, What::MobileMoney, (first, boss), cents);
        }
    }
    s.at_account(first)
}

/// A small sum comes in, and leaves within hours as cash; mostly below 100, at most 200.
fn through(
    s: &mut Script<'_>,
    d: u32,
    (sender, far): (Who, bool),
    (wallet, device): (Who, u32),
    town: u8,
) {
    s.step("credit");
    let cents = if s.rng.per_mille(750) { s.usd(15, 95, 5) } else { s.usd(100, 180, 5) };
    s.pay(s.day(d), EVENING, What::Remit { friend: true }, (sender, wallet), cents);
    s.step("cash_out");
    let out = s.part(cents, 85, 99).max(500);
    // Evening in London is early morning there, evening in America the next forenoon or afternoon.
    let hours = if far { (600, 1_260) } else { (960, 1_380) };
    let at = (later(s.day(d), 1), s.minute(hours.0, hours.1));
    s.device = device;
    s.put(at, town, What::ShopAtm { machine: 7 }, (wallet, Who::Nobody), out);
    s.device = 0;
}

/// What else is bought, run or offered.
fn extra(
    s: &mut Script<'_>,
    d: u32,
    (k, beside): (u32, Beside),
    (first, wallets, device): (Who, &[Who], u32),
    senders: &[(Who, bool)],
) {
    let day = later(s.day(d), 1);
    match beside {
        Beside::Kit => {
            s.step("kit");
            // Cameras, software to record, hosting.
            let (mcc, high) = match k / 6 % 3 {
                0 => (5946, 160),
                1 => (5734, 40),
                _ => (4816, 30),
            };
            let cents = s.usd(10, high, 1);
            s.web((day, DAY), mcc, first, cents);
        }
        Beside::OnePhone => {
            s.step("phones");
            for &wallet in wallets {
                let number = 30 + s.rng.range(1, 7);
                s.device = device;
                s.topup(day, wallet, number);
                s.topup(day, first, number + 1);
                s.device = 0;
            }
        }
        Beside::Offers => {
            s.step("offer");
            for _ in 0..3 {
                let to = s.rng.pick(senders).map_or(Who::Nobody, |&(who, _)| who);
                s.pay_for((day, ANY), Say::Coded, What::MobileMoney, (first, to), 1);
            }
        }
    }
}
