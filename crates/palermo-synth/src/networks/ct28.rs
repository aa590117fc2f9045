//! CT-28: integration. A network of several homes (CT-02) pays into a cash business; the business
//! pays its owner, money runs in a circle of related firms and comes back within two weeks, the
//! owner buys a home and a car (F20 typology 1, F23-S6 to S8, FT23).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::ct02;
use super::shared::dealer;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let (collector, held) = ct02::network(s, town, 88);
    let profile = |turnover| Profile { turnover: Some(turnover), ..Profile::default() };
    // Cash alone is several times the trade that a small car wash declares (F23-S6, S7).
    let declared = s.rng.range(6, 12) * 1_000;
    let front = s.found(town, (7542, 4, 900), profile(declared), (Role::Subject, "front"));
    s.spread(front);
    let roles = (Role::RoleUndetermined, "related_firm");
    let one = s.found(town, (5511, 2, 500), profile(20_000), roles);
    let two = s.found(town, (1520, 3, 400), profile(25_000), roles);
    let owner = s.ally(town, "beneficial_owner");
    for month in 1..4 {
        s.step("to_front");
        let cents = s.part(held / 3, 60, 85);
        let day = s.day(month * 29);
        s.pay(day, DAY, What::Transfer(Code::Other), (collector, front), cents);
    }
    for d in (4..176).step_by(3) {
        s.step("cash");
        let cents = s.usd(1_400, 5_200, 20);
        s.deposit((s.day(d), OFFICE), town, (front, front), cents);
    }
    for k in 0..5 {
        let mut d = 30 + k * 28;
        let mut cents = s.usd(9_000, 22_000, 500);
        for (from, to) in [(front, one), (one, two), (two, front)] {
            s.step("cycle");
            s.pay_for((s.day(d), OFFICE), Say::Invoice, What::Invoice, (from, to), cents);
            cents = s.part(cents, 93, 99);
            d += s.rng.range(1, 5);
        }
        s.step("draw");
        let cents = s.usd(8_000, 16_000, 500);
        let code = if k % 2 == 0 { Code::Dividend } else { Code::Loan };
        s.pay(s.day(34 + k * 28), OFFICE, What::Transfer(code), (front, owner), cents);
    }
    s.step("purchase");
    let car = s.usd(24_000, 52_000, 1_000);
    s.pay(s.day(120), OFFICE, What::Wire(Code::Other), (owner, dealer(s, town, 1)), car);
    let home = s.usd(40_000, 90_000, 1_000);
    s.pay(s.day(172), OFFICE, What::Wire(Code::Property), (owner, dealer(s, town, 2)), home);
    s.at_account(front)
}
