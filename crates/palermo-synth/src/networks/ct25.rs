//! CT-25: an organ broker. One large payment from a patient's family to a shell for medical travel;
//! tests for people who are no relatives, tickets, a stay near a hospital, one small payment to the
//! donor afterwards (literature, recalled; no published threshold).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

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
    for k in 0..pairs {
        let spec = Spec::of(s.rng.range(2_000, 6_000), 9_000).second(Product::Savings);
        let family = s.cast(town, spec, Role::CounterpartyOnly, "recipient_family");
        let spec = Spec::of(s.rng.range(200, 900), 900).age(AgeBand::From26);
        let donor = s.cast(town, spec, Role::PotentialVictim, "donor");
        let start = k * 35;
        s.step("package");
        let cents = s.usd(60_000, 160_000, 5_000);
        let what = What::Wire(Code::Medical);
        s.pay_for((s.day(start), OFFICE), Say::Package, what, (family, broker), cents);
        for n in 0..4 {
            s.step("lab");
            let mcc = if n % 2 == 0 { 8071 } else { 8062 };
            let bill = s.usd(180, 900, 10);
            s.shop((s.day(start + 6 + n * 9), OFFICE), (town, mcc), broker, bill);
        }
        let trip = start + 70;
        for people in [1, 2] {
            s.step("ticket");
            let fare = s.usd(700, 1_500, 10) * people;
            s.tickets(s.day(trip), broker, (4511, people, abroad::MUMBAI), (people == 2, fare));
        }
        s.step("stay");
        s.stay(s.day(trip + 2), town, 9, broker);
        s.step("clinic");
        let bill = s.part(cents, 22, 35);
        s.pay(s.day(trip + 4), OFFICE, What::Wire(Code::Hospital), (broker, clinic), bill);
        s.step("donor");
        let paid = s.usd(2_000, 9_000, 500);
        s.pay(s.day(trip + 20), DAY, What::P2p, (broker, donor), paid);
        s.step("donor_debt");
        let debt = s.part(paid, 50, 80);
        s.pay(s.day(trip + 23), DAY, What::Repay, (donor, s.company(town, 41)), debt);
        s.step("official");
        let cents = s.part(cents, 4, 9);
        let what = What::Transfer(Code::Consulting);
        s.pay_for((s.day(trip + 10), OFFICE), Say::Consult, what, (broker, official), cents);
    }
    s.at_account(broker)
}
