//! Look-alikes among families and friends.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use super::{OTHER, holder, payee};
use crate::prelude::*;

/// Friends who split a bill with a tip, at places with accounts of their own.
pub(super) fn split_bill(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = || Profile { licensed: Some(true), ..Profile::default() };
    let stand = s.found(town, (7230, 6, 2_000), profile(), (OTHER, "salon"));
    let stylist = s.cast(town, Spec::of(900, 2_300), OTHER, "stylist");
    let helper = s.cast(town, Spec::of(500, 1_700), OTHER, "helper");
    let guests = s.public(town, 4, (OTHER, "guest"));
    for k in 0..14 {
        let guest = s.one(&guests);
        let (day, minute) = (s.day(k * 3), s.minute(600, 1_080));
        let ends = [(stand, s.usd(20, 40, 5)), (stylist, s.usd(60, 120, 5)), (helper, 1_000)];
        for (n, (to, cents)) in (0..).zip(ends) {
            s.step("visit");
            let at = minute + n * 4;
            s.pay(day, (at, at), What::P2p, (guest, to), cents);
        }
    }
    for week in 0..6 {
        s.step("wage");
        for who in [stylist, helper] {
            let net = s.usd(420, 640, 10);
            s.wage(s.friday(week * 7), (stand, who), net, net / 100 * 120);
        }
    }
    s.at_account(stand)
}

/// Students who open accounts on one day of orientation, at one address, and live on them.
pub(super) fn student_intake(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let hall = s.key(2);
    let mut first = Who::Nobody;
    for k in 0..7 {
        let spec = Spec::of(2, 900).age(AgeBand::From18).does(Activity::Student, "");
        let student = s.cast(town, spec.shares(0, hall), OTHER, "student");
        let home = s.town();
        let parent = s.outside(home, OTHER, "parent");
        for month in 0..2 {
            s.step("allowance");
            let cents = s.usd(400, 900, 50);
            s.pay_for(
                (s.day(3 + month * 28), DAY),
                Say::Allowance,
                What::P2p,
                (parent, student),
                cents,
            );
        }
        s.step("life");
        for d in (2..58).step_by(3) {
            let cents = s.usd(8, 45, 1);
            s.shop((s.day(d), DAY), (town, 5814), student, cents);
        }
        if k == 0 {
            first = student;
        }
    }
    s.at_account(first)
}

/// A worker who pays an uncle back for the ticket, and sends home besides.
pub(super) fn family_lender(s: &mut Script<'_>) -> Scene {
    repaying(s, 240, (10, 16))
}

/// The same, from the first wage after a journey that the family paid.
pub(super) fn repaid_uncle(s: &mut Script<'_>) -> Scene {
    s.step("fare");
    let town = s.town();
    let household = s.outside(town, OTHER, "household");
    let uncle = s.outside(abroad::GUATEMALA, OTHER, "uncle");
    let cents = s.usd(900, 1_800, 50);
    s.pay(s.day(2), DAY, What::Remittance, (household, uncle), cents);
    repaying(s, 240, (14, 20))
}

fn repaying(s: &mut Script<'_>, days: u32, (low, high): (u32, u32)) -> Scene {
    let town = s.town();
    let worker = holder(s, town, Spec::of(200, 2_100).does(Activity::Employed, "7115"));
    let boss = payee(s, town, 1, "employer");
    let family = s.outside(abroad::GUATEMALA, OTHER, "family");
    for pay in 0..days / 14 - 3 {
        let friday = s.friday(20 + pay * 14);
        let net = s.usd(980, 1_240, 10);
        s.step("wage");
        s.wage(friday, (boss, worker), net, 0);
        s.step("family");
        let cents = s.part(net, low, high);
        s.pay(later(friday, 1), DAY, What::Remittance, (worker, family), cents);
        s.step("life");
        for k in 0..4 {
            let cents = s.usd(30, 90, 1);
            s.shop((later(friday, k * 3), DAY), (town, 5411), worker, cents);
        }
    }
    s.at_account(worker)
}

/// Somebody whom the benefit office appointed for one customer.
pub(super) fn appointee(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let device = s.device();
    let spec = Spec::of(1_500, 1_000).age(AgeBand::From65).does(Activity::Retired, "");
    let ward = s.cast(town, spec, OTHER, "ward");
    let spec = Spec::of(1_500, 2_800).related(ward, RelationKind::PowerOfAttorney);
    let carer = holder(s, town, spec.mandates(&[ward]));
    for k in 0..4 {
        s.step("benefit");
        let cents = s.usd(480, 520, 1);
        let office = Who::company(town, 1);
        s.pay(s.day(3 + k * 14), MORNING, What::Grant(Code::Benefit), (office, ward), cents);
        s.step("shopping");
        let cents = s.usd(80, 160, 1);
        s.shop((s.day(4 + k * 14), DAY), (town, 5411), ward, cents);
        s.step("rent");
        let cents = s.usd(240, 300, 10);
        let home = s.company(town, 4);
        s.pay_on((s.day(5 + k * 14), DAY), device, What::Rent, (ward, home), cents);
    }
    s.at_account(carer)
}

/// A family that helps a traveler on the way: one known receiver, a visa, rent and fees at the goal.
pub(super) fn lawful_traveler(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let family = holder(s, town, Spec::of(2_500, 4_200));
    let traveler = s.outside(abroad::BOGOTA, OTHER, "traveler");
    for k in 0..8 {
        s.step("support");
        let cents = s.usd(180, 220, 10);
        s.pay(s.day(2 + k * 11), DAY, What::Remittance, (family, traveler), cents);
    }
    s.step("school");
    let college = payee(s, abroad::LONDON, 4, "college");
    let cents = s.usd(2_000, 4_000, 100);
    let what = What::Wire(Code::Study);
    s.pay_for((s.day(60), OFFICE), Say::Tuition, what, (family, college), cents);
    s.tickets(s.day(40), family, (4511, 1, abroad::LONDON), (true, 90_000));
    s.at_account(family)
}

/// A collection for an operation, paid to the hospital with its invoice.
pub(super) fn surgery_fund(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let family = holder(s, town, Spec::of(2_500, 3_000).second(Product::Savings));
    let friends = s.public(town, 14, (OTHER, "friend"));
    let hospital = payee(s, town, 6, "hospital");
    for k in 0..26 {
        s.step("gift");
        let friend = s.one(&friends);
        let cents = s.usd(20, 300, 10);
        s.pay_for((s.day(1 + k / 2), ANY), Say::Help, What::P2p, (friend, family), cents);
    }
    s.step("savings");
    s.pay(s.day(9), DAY, What::Own, (other(family), family), 400_000);
    for k in 0..3 {
        s.step("hospital");
        let cents = s.usd(1_800, 4_200, 100) + k * 60_000;
        let day = s.day(6 + k * 6);
        let what = What::Transfer(Code::Hospital);
        s.pay_for((day, OFFICE), Say::Surgery, what, (family, hospital), cents);
    }
    s.at_account(family)
}

/// Relatives all over who send a household the same every month.
pub(super) fn diaspora_hub(s: &mut Script<'_>) -> Scene {
    let spec = Spec::of(900, 400).product(Product::Wallet);
    let hub = holder(s, abroad::CEBU, spec);
    let homes = [abroad::LONDON, abroad::DUBAI, 17, 27, 24];
    let family: Vec<Who> = homes.map(|home| s.outside(home, OTHER, "relative")).to_vec();
    let sums: Vec<u32> = family.iter().map(|_| s.usd(80, 180, 10)).collect();
    for month in 0..3 {
        for (&who, &cents) in family.iter().zip(&sums) {
            s.step("support");
            let day = s.day_in(2 + month * 28, 4 + month * 28);
            s.pay(day, DAY, What::Remittance, (who, hub), cents);
        }
        for k in 0..6 {
            s.step("life");
            let cents = s.usd(15, 60, 1);
            s.shop((s.day(3 + month * 20 + k * 3), DAY), (abroad::CEBU, 5411), hub, cents);
        }
    }
    s.at_account(hub)
}

/// The treasurer of a youth team: the same dues from every player, and a field to pay.
pub(super) fn team_treasurer(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let treasurer = holder(s, town, Spec::of(1_800, 3_600));
    let dues = s.usd(40, 80, 10);
    for k in 0..16 {
        s.step("dues");
        let player = if k % 3 == 0 {
            let spec = Spec::of(400, 100).age(AgeBand::Minor).does(Activity::Student, "");
            s.cast(town, spec, OTHER, "player")
        } else {
            s.outside(town, OTHER, "player")
        };
        for week in 0..2 {
            let day = s.day(1 + week * 9 + k % 4);
            s.pay_for((day, DAY), Say::Club, What::P2p, (player, treasurer), dues);
        }
    }
    s.step("field");
    let field = payee(s, town, 7, "sports_field");
    s.pay_for(
        (s.day(15), DAY),
        Say::Invoice,
        What::Transfer(Code::Services),
        (treasurer, field),
        dues * 20,
    );
    s.at_account(treasurer)
}

/// A patient who travels to a licensed hospital that an insurer shares the bill of.
pub(super) fn medical_travel(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let patient = holder(s, town, Spec::of(4_000, 8_000).second(Product::Savings));
    let hospital = payee(s, abroad::MUMBAI, 4, "licensed_hospital");
    let insurer = payee(s, town, 8, "insurer");
    s.step("hospital");
    let bill = s.usd(28_000, 60_000, 1_000);
    let what = What::Wire(Code::Hospital);
    s.pay_for((s.day(40), OFFICE), Say::Surgery, what, (patient, hospital), bill);
    s.step("ticket");
    s.tickets(s.day(45), patient, (4511, 2, abroad::MUMBAI), (true, 260_000));
    s.step("lab");
    for k in 0..3 {
        let cents = s.usd(150, 500, 10);
        s.shop((s.day(10 + k * 9), OFFICE), (town, 8071), patient, cents);
    }
    s.step("insurer");
    let back = s.part(bill, 50, 80);
    s.pay(s.day(110), MORNING, What::Transfer(Code::Medical), (insurer, patient), back);
    s.at_account(patient)
}

/// A student from abroad whose parents pay the university, and living costs once a month.
pub(super) fn foreign_student(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(120, 1_200).age(AgeBand::From18).does(Activity::Student, "");
    let student = holder(s, town, spec);
    let parents = s.outside(abroad::MUMBAI, OTHER, "parents");
    let university = payee(s, town, 5, "university");
    for month in 0..3 {
        s.step("support");
        let cents = s.usd(1_200, 1_800, 100);
        s.pay(s.day(3 + month * 28), OFFICE, What::Wire(Code::Family), (parents, student), cents);
        s.step("cash");
        let cents = s.usd(100, 300, 20);
        s.deposit((s.day(12 + month * 28), DAY), town, (student, student), cents);
        s.step("rent");
        let home = s.company(town, 3);
        let cents = s.usd(650, 800, 10);
        s.pay(s.day(5 + month * 28), DAY, What::Rent, (student, home), cents);
    }
    s.step("tuition");
    let what = What::Wire(Code::Study);
    s.pay_for((s.day(20), OFFICE), Say::Tuition, what, (parents, university), 1_400_000);
    s.at_account(student)
}
