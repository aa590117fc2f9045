//! CT-03: a parlor whose cards run after hours, its nominee, and the next parlor on the same phone
//! and address when the first one closes (F20-F3, FT21 'Storefront').
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// A parlor: mostly open by day, on the books.
fn parlor(s: &mut Script<'_>, town: u8, k: u32, (opened, function): (u32, &'static str)) -> Who {
    let profile = Profile {
        phone: s.key(1),
        address: s.key(2),
        hours: Some((600, 1_200)),
        turnover: Some(s.rng.range(9, 14) * 1_000),
        segment: Some("small_business"),
        ..Profile::default()
    };
    let mcc = if k == 0 { 7297 } else { 7298 };
    s.found(town, (mcc, 3, opened), profile, (Role::Subject, function))
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(400, 1_800).still();
    let nominee = s.cast(town, spec, Role::RoleUndetermined, "nominee_owner");
    let first = parlor(s, town, 0, (320, "parlor"));
    let second = parlor(s, town, 1, (10, "successor_parlor"));
    let owner = s.ally(town, "beneficial_owner");
    s.spread(nominee);
    let closes = s.rng.range(80, 100);
    let gap = s.rng.range(5, 28);
    let mut week = 0;
    for d in 0..178 {
        if (closes..closes + gap).contains(&d) {
            continue;
        }
        let shop = if d < closes { first } else { second };
        let mcc = if d < closes { 7297 } else { 7298 };
        week += tickets(s, d, (shop, mcc), town);
        if d % 7 == 6 {
            settle(s, d, (shop, nominee, owner), &mut week);
        }
    }
    s.step("abroad");
    for month in 1..6 {
        let cents = s.usd(1_500, 4_000, 100);
        let far = s.company(abroad::MANILA, 7);
        s.pay(s.day(month * 30), DAY, What::Wire(Code::Other), (owner, far), cents);
    }
    s.at_account(first)
}

/// A day's tickets at two prices; a quarter or more of them after closing. Gives their sum.
fn tickets(s: &mut Script<'_>, d: u32, (shop, mcc): (Who, u16), town: u8) -> u32 {
    let mut sum = 0;
    let visits = s.count(1, 4);
    for _ in 0..visits {
        let late = s.rng.per_mille(380);
        let price = if s.rng.per_mille(600) { 80 } else { 160 } + s.rng.range(0, 3) * 20;
        let cents = s.noisy(price * 100);
        let (step, hours) = if late { ("late_ticket", (1_290, 1_600)) } else { ("ticket", DAY) };
        s.step(if mcc == 7298 { "successor_ticket" } else { step });
        s.outsiders += 1;
        let payer = s.outsider(town, s.outsiders % 900);
        s.pay(s.day(d), hours, What::Sale { mcc }, (payer, shop), cents);
        sum += cents;
    }
    sum
}

/// Takings go to the nominee and on to the owner; hardly anybody is paid.
fn settle(s: &mut Script<'_>, d: u32, (shop, nominee, owner): (Who, Who, Who), week: &mut u32) {
    let all = s.part(*week, 85, 95);
    s.step("settlement");
    s.pay(s.day(d + 1), DAY, What::Transfer(Code::Other), (shop, nominee), all);
    s.step("owner_draw");
    let on = s.part(all, 80, 95);
    s.pay(s.day(d + 2), DAY, What::Transfer(Code::Other), (nominee, owner), on);
    s.step("cash");
    let cash = s.usd(600, 1_800, 20);
    let town = s.town_of(shop);
    s.deposit((s.day(d), (1_290, 1_500)), town, (nominee, shop), cash);
    if d % 28 == 6 {
        s.step("one_wage");
        let net = s.part(all, 5, 8).max(10_000);
        let (worker, pay) = (s.outsider(town, 990), net);
        s.wage(s.day(d), (shop, worker), pay, 0);
    }
    *week = 0;
}
