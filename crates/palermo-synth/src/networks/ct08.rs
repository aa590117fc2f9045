//! CT-08: an employer who takes wages back. Within three days of payday most of the cohort's wages
//! are back with the firm, as cash over the counter or as transfers (F14-B CPCHQ), and what housing,
//! tools and transport are said to cost leaves each worker little of the gross wage: deducted before
//! the wage is paid, or charged back afterwards (SDWPS). It goes to the firm's account or to its
//! director's.
//! The firm takes in what its declared staff could earn and pays a handful of them (BCNNP).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::workers;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { turnover: Some(170_000), ..Profile::default() };
    let mcc = s.rng.pick(&[1_799, 7_349, 780]).copied().unwrap_or(1_799);
    let employer = s.found(town, (mcc, 24, 1_800), profile, (Role::Subject, "employer"));
    let count = s.count(5, 8).max(4);
    let crew = workers(s, (town, count), employer, (0, s.key(2)));
    let spec = Spec::of(1_500, 6_000).related(employer, RelationKind::Director);
    let director = s.cast(town, spec, Role::Subject, "director");
    s.spread(director);
    let in_cash = s.rng.per_mille(550);
    let before_pay = s.rng.per_mille(500);
    // To the employer or to the director (catalogue CT-08), mostly one of them.
    let to_director = if s.rng.per_mille(400) { 700 } else { 100 };
    for pay in 0..6 {
        let friday = s.friday(pay * 14);
        for &worker in &crew {
            let gross = s.usd(900, 1_300, 10);
            let net = if before_pay { s.part(gross, 28, 55) } else { s.part(gross, 62, 74) };
            s.step("wage");
            s.wage(friday, (employer, worker), net, gross);
            s.step("return");
            let back = s.part(net, 54, 78);
            let to = if s.rng.per_mille(to_director) { director } else { employer };
            give_back(s, (friday, in_cash), (worker, to), back);
            s.step("charge");
            let charge = if before_pay { s.part(net, 5, 10) } else { s.part(net, 12, 44) };
            charge_for(s, friday, (worker, employer), charge.min(net - back.min(net)));
        }
        s.step("fine");
        let worker = s.one(&crew);
        let cents = s.usd(40, 120, 20);
        s.deposit((later(friday, 2), DAY), town, (worker, director), cents);
        s.step("director_draw");
        let cents = s.usd(900, 1_800, 100);
        s.pay(later(friday, 4), DAY, What::Transfer(Code::Other), (employer, director), cents);
    }
    business(s, employer);
    s.step("integration");
    let boss = s.ally(town, "partner");
    let cents = s.usd(4_000, 9_000, 500);
    s.pay(s.day(85), DAY, What::Transfer(Code::Other), (director, boss), cents);
    s.at_account(employer)
}

/// Most of a wage, back within three days.
fn give_back(
    s: &mut Script<'_>,
    (friday, in_cash): (crate::calendar::Day, bool),
    (worker, employer): (Who, Who),
    cents: u32,
) {
    let day = later(friday, s.rng.range(0, 2));
    if in_cash {
        let town = s.town_of(worker);
        s.deposit((day, DAY), town, (worker, employer), cents / 1_000 * 1_000);
    } else {
        s.pay(day, DAY, What::P2p, (worker, employer), cents);
    }
}

/// What housing, tools and transport are said to cost.
fn charge_for(
    s: &mut Script<'_>,
    friday: crate::calendar::Day,
    (worker, employer): (Who, Who),
    cents: u32,
) {
    let day = later(friday, s.rng.range(0, 4));
    let say = if s.rng.per_mille(700) { Say::Housing } else { Say::Tools };
    s.pay_for((day, DAY), say, What::Transfer(Code::Other), (worker, employer), cents.max(1_000));
}

/// The firm's trade: invoices of what two dozen people earn, and its supplies.
fn business(s: &mut Script<'_>, employer: Who) {
    s.step("trade");
    let town = s.town_of(employer);
    for week in 0..13 {
        let day = s.day(week * 7 + 1);
        for k in 0..3 {
            let cents = s.usd(9_000, 16_000, 100);
            s.pay(later(day, k), DAY, What::Invoice, (s.company(town, 10 + k), employer), cents);
        }
        let cents = s.usd(18_000, 30_000, 100);
        s.pay(later(day, 3), DAY, What::Invoice, (employer, s.company(town, 20)), cents);
    }
}
