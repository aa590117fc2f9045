//! CT-20: a household's wallets take small sums from abroad when it is evening there, and the cash
//! is drawn the same day at one agent; names and phones rotate (FT25 facilitators, FA25).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = abroad::CEBU;
    let device = s.device();
    let spec = || Spec::of(150, 350).still().product(Product::Wallet);
    let first = s.cast(town, spec().shares(s.key(1), s.key(2)), Role::Subject, "facilitator");
    s.spread(first);
    let mut wallets = vec![first];
    for k in 0..2 {
        let spec = spec().shares(s.key(3 + k), s.key(2));
        wallets.push(s.cast(town, spec, Role::RoleUndetermined, "household_wallet"));
    }
    let count = s.count(7, 10).max(4);
    let mut senders = Vec::new();
    for k in 0..count {
        let home = if k % 2 == 0 { abroad::LONDON } else { s.town() };
        senders.push(s.outside(home, Role::Subject, "consumer"));
    }
    let credits = s.count(30, 46);
    for k in 0..credits {
        let d = k * 57 / credits;
        let wallet = if d < 20 { first } else { s.one(&wallets) };
        let sender = s.one(&senders);
        s.step("credit");
        let cents = s.usd(15, 180, 5);
        let what = What::Remit { friend: true };
        s.pay(s.day(d), EVENING, what, (sender, wallet), cents);
        s.step("cash_out");
        let out = s.part(cents, 85, 99);
        let day = later(s.day(d), 1);
        let at = (day, s.minute(600, 1_260));
        s.device = device;
        s.put(at, town, What::ShopAtm { machine: 7 }, (wallet, Who::Nobody), out);
        s.device = 0;
        if k % 7 == 3 {
            s.step("kit");
            let mcc = if k % 2 == 0 { 5732 } else { 4814 };
            let cents = s.usd(10, 60, 1);
            s.web((day, DAY), mcc, wallet, cents);
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
