//! CT-25: an organ broker. One large payment from a patient's family to a shell for medical travel;
//! tests for people who are no relatives, tickets, a stay near a hospital, one small payment to the
//! donor afterwards, smaller ones to staff (literature, recalled; no published threshold).
//!
//! Whoever looks for a match has several people tested. The shell mostly has a second trade, as the
//! catalogue has it: consultancies through which money goes round, or papers at a fee.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;
use crate::town::TownId;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile {
        licensed: Some(false),
        incorporated: Some(s.before(260)),
        turnover: Some(10_000),
        ..Profile::default()
    };
    let broker = s.found(town, (4722, 2, 240), profile, (Role::Subject, "broker"));
    s.spread(broker);
    let official = s.ally(town, "official");
    let clinic = s.company(abroad::MUMBAI, 4);
    let pairs = s.count(2, 3).max(1);
    let [goes_round, sells_papers] = s.ties();
    let firms = goes_round.then(|| shells(s, town));
    for k in 0..pairs {
        let start = k * 35;
        tests(s, (start, k), town, broker);
        let package = package(s, start + 40, town, broker);
        if let Some(firms) = firms {
            for n in 0..3 {
                round(s, start + 43 + n * 14, broker, firms, package);
            }
        }
        if sells_papers {
            papers(s, start, town, broker);
        }
        journey(s, start + 74, (town, broker), clinic, package);
        s.step("official");
        let cents = s.part(package, 4, 9);
        let what = What::Transfer(Code::Consulting);
        s.pay_for((s.day(start + 80), OFFICE), Say::Consult, what, (broker, official), cents);
    }
    s.at_account(broker)
}

/// What the family of a patient pays.
fn package(s: &mut Script<'_>, start: u32, town: TownId, broker: Who) -> u32 {
    let spec = Spec::of(s.rng.range(2_000, 6_000), 9_000).second(Product::Savings);
    let family = s.cast(town, spec, Role::CounterpartyOnly, "recipient_family");
    s.step("package");
    let cents = s.usd(60_000, 160_000, 5_000);
    let what = What::Wire(Code::Medical);
    s.pay_for((s.day(start), OFFICE), Say::Package, what, (family, broker), cents);
    cents
}

/// Patient, donor and the others who are tested for a match, each at a laboratory, some twice.
fn tests(s: &mut Script<'_>, (start, k): (u32, u32), town: TownId, broker: Who) {
    s.step("lab");
    for n in 0..s.rng.range(3, 10) {
        let visits = if n < 2 { 2 } else { 1 };
        for visit in 0..visits {
            let mcc = if (n + visit) % 2 == 0 { 8071 } else { 8062 };
            let bill = s.usd(180, 900, 10);
            s.more = s.key(k * 16 + n + 1);
            s.shop((s.day(start + 6 + n * 4), OFFICE), (town, mcc), broker, bill);
            s.more = 0;
        }
    }
}

/// The journey of donor and patient, the stay, the clinic, and what the donor gets and owes.
fn journey(
    s: &mut Script<'_>,
    trip: u32,
    (town, broker): (TownId, Who),
    clinic: Who,
    package: u32,
) {
    let income = s.rng.range(400, 1_000);
    let spec = Spec::of(s.rng.range(200, 900), income).age(AgeBand::From26);
    let donor = s.cast(town, spec, Role::PotentialVictim, "donor");
    for people in [1, 2] {
        s.step("ticket");
        let fare = s.usd(700, 1_500, 10) * people;
        s.tickets(s.day(trip), broker, (4511, people, abroad::MUMBAI), (people == 2, fare));
    }
    s.step("abroad");
    for n in 0..4 {
        let cents = s.usd(5, 40, 1);
        s.shop((s.day(trip + 3 + n * 3), DAY), (abroad::MUMBAI, 5411), donor, cents);
    }
    s.step("stay");
    s.stay(s.day(trip + 2), town, 9, broker);
    s.step("clinic");
    let bill = s.part(package, 22, 35);
    s.pay(s.day(trip + 4), OFFICE, What::Wire(Code::Hospital), (broker, clinic), bill);
    s.step("staff");
    for n in 0..2 {
        let nurse = s.outside(town, Role::RoleUndetermined, "clinic_staff");
        let cents = s.usd(1_000, 3_000, 100);
        s.pay(s.day(trip + 8 + n), DAY, What::P2p, (broker, nurse), cents);
    }
    s.step("donor");
    let paid = s.usd(2_000, 15_000, 500);
    s.pay(s.day(trip + 20), DAY, What::P2p, (broker, donor), paid);
    s.step("donor_debt");
    let debt = s.part(paid, 50, 80);
    s.pay(s.day(trip + 23), DAY, What::Repay, (donor, s.company(town, 41)), debt);
}

/// Two consultancies.
fn shells(s: &mut Script<'_>, town: TownId) -> [Who; 2] {
    let mut firm = || {
        let profile = Profile { turnover: Some(8_000), ..Profile::default() };
        s.found(town, (7392, 1, 200), profile, (Role::Subject, "shell"))
    };
    [firm(), firm()]
}

/// Money goes round by two consultancies and comes back.
fn round(s: &mut Script<'_>, day: u32, broker: Who, [first, last]: [Who; 2], package: u32) {
    s.step("round");
    let what = What::Transfer(Code::Consulting);
    let mut cents = s.part(package, 10, 16);
    for (k, ends) in (0..).zip([(broker, first), (first, last), (last, broker)]) {
        s.pay_for((s.day(day + 2 * k), OFFICE), Say::Consult, what, ends, cents);
        cents = s.part(cents, 94, 98);
    }
}

/// Visas and invitations at a fee, for people who come for something else.
fn papers(s: &mut Script<'_>, start: u32, town: TownId, broker: Who) {
    s.step("papers");
    let fee = s.rng.range(18, 30) * 1_000;
    let clients = s.public(town, 12, (Role::CounterpartyOnly, "client"));
    for (k, &client) in (0..).zip(&clients) {
        let cents = s.noisy(fee);
        s.pay_for((s.day(start + k * 3), DAY), Say::Visa, What::P2p, (client, broker), cents);
    }
}
