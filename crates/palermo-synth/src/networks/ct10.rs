//! CT-10: labor invoices pass from a broker through young shells and leave as cash around paydays;
//! no wages, no taxes (AMX; the Europol model is recalled).
//!
//! A network may show one thing more about the chain or several, and what ties it to its workers: the money
//! passes through a third shell on the day it came, each keeping a few percent (ML-24), or the last
//! shell pays motel rooms, food and vans (LT-12), and there the courier's computer runs the shell's
//! account and those of newly hired workers (LT-10); or the broker pays wages in the names of several
//! workers to the courier's own account (LT-01).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// What a network shows besides the cash: none of these, some or all.
#[derive(Clone, Copy)]
struct Signs {
    chain: bool,
    sustenance: bool,
    names: bool,
    /// The courier's computer runs accounts of workers.
    runs: bool,
}

/// The end of the chain.
#[derive(Clone, Copy)]
struct Tail {
    last: Who,
    courier: Who,
    device: u32,
    signs: Signs,
}

fn shell(s: &mut Script<'_>, town: u8, (age, function): (u32, &'static str)) -> Who {
    let profile = Profile {
        incorporated: Some(s.before(age + 20)),
        turnover: Some(15_000),
        segment: Some("small_business"),
        ..Profile::default()
    };
    // What a shell says of its staff is anything from the director alone to a small crew.
    let staff = u16::try_from(s.rng.range(1, 9)).unwrap_or(2);
    s.found(town, (1799, staff, age), profile, (Role::RoleUndetermined, function))
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let client = s.company(town, 1);
    s.members.push((Part::Account(client), Role::CounterpartyOnly, "client"));
    let profile = Profile { turnover: Some(70_000), licensed: Some(false), ..Profile::default() };
    let broker = s.found(town, (7361, 5, 700), profile, (Role::Subject, "broker"));
    let [chain, sustenance, names, runs] = s.ties();
    let signs = Signs { chain, sustenance, names, runs };
    let age = s.rng.range(60, 200);
    let mut chain = vec![broker, shell(s, town, (age, "shell"))];
    if signs.chain {
        let age = s.rng.range(60, 160);
        chain.push(shell(s, town, (age, "shell")));
    }
    let last_age = s.rng.range(40, 150);
    let last = shell(s, town, (last_age, "last_shell"));
    chain.push(last);
    s.spread(last);
    let courier = s.ally(town, "courier");
    let crew = crew(s, town, runs);
    let tail = Tail { last, courier, device: s.device(), signs };
    for week in 0..16 {
        let friday = s.friday(week * 7);
        let invoice = s.usd(9_000, 16_000, 100);
        let two = pass(s, friday, client, &chain, invoice);
        cash(s, friday, tail, two);
        if week % 2 == 0 {
            pay_workers(s, later(friday, 4), tail, &crew);
        }
        if signs.sustenance {
            keep(s, friday, last);
        }
        if signs.names {
            names_of_others(s, friday, (broker, tail));
        }
    }
    s.at_account(last)
}

/// Workers: known from their accounts here where somebody runs these, elsewhere where not.
fn crew(s: &mut Script<'_>, town: u8, runs: bool) -> Vec<Who> {
    if !runs {
        return s.public(town, 5, (Role::PotentialVictim, "worker"));
    }
    let count = s.count(5, 8).max(4);
    let spec = Spec::of(s.rng.range(5, 30), 1_600).still().does(Activity::Employed, "9313");
    s.cast_many(town, &spec, count, (Role::PotentialVictim, "worker"))
}

/// An invoice passes down the chain; gives what reaches its end.
fn pass(
    s: &mut Script<'_>,
    friday: crate::calendar::Day,
    client: Who,
    chain: &[Who],
    invoice: u32,
) -> u32 {
    s.step("invoice");
    let (mut from, mut cents, mut hour) = (client, invoice, 520);
    for &to in chain {
        let hours = (hour, hour + 60);
        s.pay_for((friday, hours), Say::Labor, What::Invoice, (from, to), cents);
        cents = s.part(cents, 91, 98);
        from = to;
        hour += 150;
        s.step("pass");
    }
    cents
}

/// Cash within four days of the invoice, in pieces.
fn cash(s: &mut Script<'_>, friday: crate::calendar::Day, tail: Tail, came: u32) {
    s.step("cash");
    let town = s.town_of(tail.last);
    let share = if tail.signs.sustenance { (74, 84) } else { (78, 95) };
    let mut left = s.part(came, share.0, share.1);
    while left > 50_000 {
        let piece = s.usd(2_500, 7_500, 100).min(left / 1_000 * 1_000);
        let day = later(friday, s.rng.range(1, 4));
        s.withdraw((day, OFFICE), town, tail.last, piece);
        left -= piece.min(left);
    }
}

/// The courier pays a part of what is owed, and uses the accounts of those whom he hired.
fn pay_workers(s: &mut Script<'_>, day: crate::calendar::Day, tail: Tail, crew: &[Who]) {
    s.step("part_wage");
    for &worker in crew {
        let cents = s.usd(150, 420, 10);
        s.pay(day, DAY, What::P2p, (tail.courier, worker), cents);
    }
    s.step("courier_cash");
    let cents = s.usd(900, 2_200, 100);
    let town = s.town_of(tail.last);
    s.deposit((later(day, 1), DAY), town, (tail.courier, tail.courier), cents);
    if !tail.signs.runs {
        return;
    }
    s.step("run");
    for &worker in crew {
        let cents = s.usd(60, 140, 10);
        let day = later(day, 1);
        s.pay_on((day, DAY), tail.device, What::P2p, (worker, tail.courier), cents);
    }
    let cents = s.usd(100, 300, 10);
    s.pay_on((day, DAY), tail.device, What::P2p, (tail.last, tail.courier), cents);
}

/// Rooms, food and vans for the people who work.
fn keep(s: &mut Script<'_>, friday: crate::calendar::Day, last: Who) {
    s.step("sustenance");
    let town = s.town_of(last);
    for k in 0..2 {
        s.stay(later(friday, k), town, 5, last);
    }
    let cents = s.usd(250, 420, 10);
    s.shop((later(friday, 1), DAY), (town, 5_411), last, cents);
    let cents = s.usd(180, 320, 10);
    s.web((later(friday, 2), DAY), 7_512, last, cents);
}

/// Wages in the names of several workers come to one account.
fn names_of_others(s: &mut Script<'_>, friday: crate::calendar::Day, (broker, tail): (Who, Tail)) {
    s.step("wage_in_names");
    let name = s.rng.range(0, 4);
    for k in 0..2 {
        s.named = s.key(60 + (name + k) % 5);
        let net = s.usd(260, 420, 10);
        s.wage(friday, (broker, tail.courier), net, 0);
    }
    s.named = 0;
    s.step("courier_fee");
    let cents = s.usd(200, 400, 50);
    s.pay(later(friday, 2), DAY, What::P2p, (tail.last, tail.courier), cents);
}
