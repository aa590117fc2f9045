//! CT-17: a travel agency as a front: bursts of payers before one-way departures of whole planes,
//! refunds to people who never paid, consultants abroad (FTA26: over 3 million of charter flows).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { turnover: Some(60_000), licensed: Some(false), ..Profile::default() };
    let agency = s.found(town, (4722, 4, 500), profile, (Role::Subject, "agency"));
    s.spread(agency);
    let fixer = s.outside(abroad::DUBAI, Role::Subject, "visa_fixer");
    let charter = s.company(abroad::DUBAI, 2);
    s.members.push((Part::Account(charter), Role::Subject, "charter_operator"));
    let organizer = s.ally(town, "organizer");
    for flight in 0..3 {
        let departs = 22 + flight * 26;
        let people = s.count(22, 32);
        let payers = s.public(town, people, (Role::CounterpartyOnly, "payer"));
        let mut taken = 0;
        for &payer in &payers {
            s.step("fare");
            let day = s.day_in(departs - 14, departs - 3);
            let cents = s.usd(2_400, 3_600, 100);
            if s.rng.per_mille(350) {
                s.deposit((day, OFFICE), town, (payer, agency), cents);
            } else {
                s.pay_for((day, DAY), Say::Tour, What::P2p, (payer, agency), cents);
            }
            taken += cents;
        }
        s.step("charter");
        let seats = u8::try_from(people.min(99)).unwrap_or(20);
        let what = What::Charter { people: seats, to: abroad::MANAGUA, back: false };
        let cents = s.part(taken, 50, 62);
        s.pay(s.day(departs - 1), OFFICE, what, (agency, charter), cents);
        for _ in 0..3 {
            s.step("refund");
            let third = s.outside(town, Role::RoleUndetermined, "third_party");
            let cents = s.usd(1_800, 3_400, 100);
            let what = What::Transfer(Code::Other);
            let day = s.day_in(departs + 1, departs + 9);
            s.pay(day, DAY, what, (agency, third), cents);
        }
        s.step("consult");
        let cents = s.part(taken, 8, 14);
        let what = What::Wire(Code::Consulting);
        s.pay_for((s.day(departs + 2), OFFICE), Say::Consult, what, (agency, fixer), cents);
        s.step("organizer");
        let cents = s.part(taken, 10, 16);
        s.pay(
            s.day(departs + 4),
            DAY,
            What::Transfer(Code::Consulting),
            (agency, organizer),
            cents,
        );
    }
    s.at_account(agency)
}
