//! CT-07: wages stripped. Workers of one employer pass most of the wage to one person within a day,
//! or their cards are drawn one after another at the same machine; nothing else happens on their
//! accounts (F20 typology 2, F26N). A network keeps to its way: what is drawn at a machine is almost
//! all of the wage, and the gang master's phone clears the rest.
//!
//! What ties the workers together differs, and may be nothing that a bank sees: the gang master's phone is the one that all of their
//! accounts are used from (LT-10, ML-10); or wages of workers without an account come to the gang
//! master's own, under their names (LT-01); or the gang master holds a mandate and stands at the
//! counter as well (LT-07). Some crews are housed together, others are registered where they lived.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::workers;

/// What ties the workers to one another: none of these, some or all.
#[derive(Clone, Copy)]
struct Ties {
    phone: bool,
    names: bool,
    counter: bool,
}

/// How a network strips its wages.
#[derive(Clone, Copy)]
struct Way {
    device: u32,
    ties: Ties,
    by_machine: bool,
    machine: u8,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { turnover: Some(90_000), ..Profile::default() };
    let trade = (780, 40, 2_400);
    let employer = s.found(town, trade, profile, (Role::RoleUndetermined, "employer"));
    let housed = s.rng.per_mille(500);
    let shared = if housed { (s.key(1), s.key(2)) } else { (0, 0) };
    let count = s.count(5, 8).max(3);
    let crew = workers(s, (town, count), employer, shared);
    let master = s.ally(town, "gang_master");
    s.spread(master);
    let device = s.device();
    let [phone, names, counter] = s.ties();
    let ties = Ties { phone, names, counter };
    let by_machine = s.rng.per_mille(300);
    let way = Way { device, ties, by_machine, machine: 3 };
    // Crews whose cards are drawn are paid by the week or, as day laborers, every few days; the
    // others every other week.
    let daily = s.rng.per_mille(500);
    let (pays, apart, dollars) = match (by_machine, daily) {
        (true, true) => (22, 3, (180, 290)),
        (true, false) => (9, 7, (380, 620)),
        (false, _) => (5, 14, (720, 1_080)),
    };
    for pay in 0..pays {
        let friday = if apart == 3 { s.day(pay * 3) } else { s.friday(pay * apart) };
        let start = s.minute(960, 1_150);
        for (k, &worker) in (0..).zip(&crew) {
            let net = s.usd(dollars.0, dollars.1, 10);
            s.step("wage");
            s.wage(friday, (employer, worker), net, net / 100 * 125);
            s.step("strip");
            strip(s, way, (friday, start + k), (worker, master), net);
        }
        if ties.names {
            others(s, friday, (employer, master));
        }
        if (pay + 1) * apart % 14 < apart {
            spend(s, later(friday, 1), (master, town), count);
        }
    }
    s.at_account(master)
}

/// Most of one wage leaves.
fn strip(
    s: &mut Script<'_>,
    way: Way,
    (friday, minute): (crate::calendar::Day, u32),
    (worker, master): (Who, Who),
    net: u32,
) {
    let town = s.town_of(worker);
    let hours = (600, 1_300);
    if way.by_machine {
        let drawn = s.part(net, 84, 97) / 2_000 * 2_000;
        let machine = What::Atm { machine: way.machine };
        s.put((friday, minute), town, machine, (worker, Who::Nobody), drawn);
        let rest = (net - drawn.min(net)) / 100 * 90;
        s.device = if way.ties.phone { way.device } else { 0 };
        s.pay(later(friday, 1), DAY, What::P2p, (worker, master), rest.max(100));
        s.device = 0;
        return;
    }
    let cents = s.part(net, 68, 95);
    s.device = if way.ties.phone { way.device } else { 0 };
    s.pay(friday, hours, What::P2p, (worker, master), cents);
    s.device = 0;
    if way.ties.counter {
        // Some of what is left is drawn at the counter, by who holds the mandate.
        let coins = s.usd(20, 60, 10);
        let (day, what) = (later(friday, 3), What::Counter { branch: 1 });
        s.by_hand(master, |s| s.pay(day, OFFICE, what, (worker, Who::Nobody), coins));
    }
}

/// Wages of workers without an account, under their names.
fn others(s: &mut Script<'_>, friday: crate::calendar::Day, (employer, master): (Who, Who)) {
    s.step("wage_of_others");
    for k in 0..4 {
        let net = s.usd(720, 1_080, 10);
        s.named = s.key(40 + k);
        s.wage(friday, (employer, master), net, net / 100 * 125);
    }
    s.named = 0;
}

/// The gang master's costs and gains.
fn spend(s: &mut Script<'_>, day: crate::calendar::Day, (master, town): (Who, u8), count: u32) {
    s.step("master_spend");
    let cents = s.usd(60, 110, 1) * count;
    s.shop((day, DAY), (town, 5411), master, cents);
    let cents = s.usd(70, 150, 5) * count;
    s.pay(day, DAY, What::Rent, (master, s.company(town, 3)), cents);
    let cents = s.usd(200, 500, 20) * count;
    let far = s.company(abroad::KATHMANDU, 2);
    s.pay(later(day, 1), OFFICE, What::Wire(Code::Family), (master, far), cents);
}
