//! CT-10: labor invoices pass from a broker through young shells and leave as cash around paydays;
//! no wages, no taxes (AMX; the Europol model is recalled).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

fn shell(s: &mut Script<'_>, town: u8, (age, function): (u32, &'static str)) -> Who {
    let profile = Profile {
        incorporated: Some(s.before(age + 20)),
        turnover: Some(15_000),
        segment: Some("small_business"),
        ..Profile::default()
    };
    s.found(town, (1799, 2, age), profile, (Role::RoleUndetermined, function))
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let client = s.company(town, 1);
    s.members.push((Part::Account(client), Role::CounterpartyOnly, "client"));
    let profile = Profile { turnover: Some(70_000), licensed: Some(false), ..Profile::default() };
    let broker = s.found(town, (7361, 5, 700), profile, (Role::Subject, "broker"));
    let first_age = s.rng.range(60, 200);
    let first = shell(s, town, (first_age, "shell"));
    let last_age = s.rng.range(40, 150);
    let last = shell(s, town, (last_age, "last_shell"));
    s.spread(last);
    let courier = s.ally(town, "courier");
    let crew = s.public(town, 5, (Role::PotentialVictim, "worker"));
    for week in 0..16 {
        let friday = s.friday(week * 7);
        let invoice = s.usd(9_000, 16_000, 100);
        s.step("invoice");
        let day = later(friday, 0);
        s.pay_for((day, MORNING), Say::Labor, What::Invoice, (client, broker), invoice);
        let one = s.part(invoice, 88, 95);
        s.step("pass");
        s.pay_for((day, DAY), Say::Labor, What::Invoice, (broker, first), one);
        let two = s.part(one, 93, 98);
        let day = later(day, 1);
        s.pay_for((day, DAY), Say::Labor, What::Invoice, (first, last), two);
        s.step("cash");
        let mut left = s.part(two, 74, 92);
        while left > 50_000 {
            let piece = s.usd(2_500, 7_500, 100).min(left / 1_000 * 1_000);
            let day = later(day, s.rng.range(1, 4));
            s.withdraw((day, OFFICE), town, last, piece);
            left -= piece.min(left);
        }
        if week % 2 == 0 {
            s.step("part_wage");
            let worker = s.one(&crew);
            let cents = s.usd(150, 420, 10);
            s.pay(later(day, 4), DAY, What::P2p, (courier, worker), cents);
            s.step("courier_cash");
            let cents = s.usd(900, 2_200, 100);
            s.deposit((later(day, 3), DAY), town, (courier, courier), cents);
        }
    }
    s.at_account(last)
}
