//! Look-alikes at work: crews, workers' homes, shelters, tutors, buskers.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use super::{OTHER, holder, payee};
use crate::prelude::*;

fn employer(s: &mut Script<'_>, town: u8, (mcc, headcount): (u16, u16)) -> Who {
    let profile = Profile { licensed: Some(true), ..Profile::default() };
    s.found(town, (mcc, headcount, 3_000), profile, (OTHER, "employer"))
}

/// Workers of one employer who live their own lives.
fn crew(s: &mut Script<'_>, town: u8, count: u32, boss: Who, address: u32) -> Vec<Who> {
    (0..count)
        .map(|_| {
            let spec = Spec::of(s.rng.range(30, 600), 2_000)
                .does(Activity::Employed, "9211")
                .shares(0, address)
                .related(boss, RelationKind::Employer);
            s.cast(town, spec, OTHER, "worker")
        })
        .collect()
}

/// What a life costs, every few days.
fn live(s: &mut Script<'_>, town: u8, who: Who, days: u32) {
    s.step("life");
    for d in (1..days).step_by(4) {
        let cents = s.usd(25, 110, 1);
        s.shop((s.day(d), DAY), (town, 5411), who, cents);
    }
}

/// Workers who pay the lead tenant their share of the rent, below half of the wage.
pub(super) fn house_share(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let boss = employer(s, town, (7349, 60));
    let lead = holder(s, town, Spec::of(1_200, 2_300));
    let mates = crew(s, town, 4, boss, s.key(2));
    let landlord = payee(s, town, 3, "landlord");
    for pay in 0..5 {
        let friday = s.friday(pay * 14);
        for &mate in &mates {
            let net = s.usd(780, 1_020, 10);
            s.step("wage");
            s.wage(friday, (boss, mate), net, 0);
            s.step("rent_share");
            let cents = s.part(net, 28, 38);
            s.pay_for((friday, DAY), Say::Rent, What::P2p, (mate, lead), cents);
        }
        if pay % 2 == 0 {
            s.step("rent");
            let cents = s.usd(1_900, 2_300, 50);
            s.pay(later(friday, 3), DAY, What::Rent, (lead, landlord), cents);
        }
    }
    for &mate in &mates {
        live(s, town, mate, 68);
    }
    s.at_account(lead)
}

/// Pickers in a dormitory of the farm: wages kept, spent and sent home by themselves.
pub(super) fn seasonal_crew(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let boss = employer(s, town, (763, 120));
    let hands = crew(s, town, 6, boss, s.key(2));
    for (k, &hand) in (0..).zip(&hands) {
        for pay in 0..10 {
            let friday = s.friday(pay * 7);
            let net = s.usd(420, 560, 10);
            s.step("wage");
            s.wage(friday, (boss, hand), net, net / 100 * 112);
            s.step("home");
            if pay % 2 == 1 {
                let family = s.outside(abroad::GUATEMALA, OTHER, "family");
                let family = if k == 0 { family } else { s.outsider(abroad::GUATEMALA, 500 + k) };
                let cents = s.part(net, 30, 60);
                s.pay(later(friday, 1), DAY, What::Remittance, (hand, family), cents);
            }
        }
        live(s, town, hand, 68);
    }
    s.at_account(boss)
}

/// An advance on wages, paid back at 10 percent, and tools refunded.
pub(super) fn salary_advance(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let boss = employer(s, town, (1520, 30));
    let hands = crew(s, town, 5, boss, 0);
    for &hand in &hands {
        s.step("advance");
        let cents = s.usd(500, 900, 50);
        s.pay_for((s.day(2), DAY), Say::Advance, What::Transfer(Code::Loan), (boss, hand), cents);
        for pay in 0..6 {
            let friday = s.friday(pay * 14);
            let net = s.usd(1_050, 1_350, 10);
            s.step("wage");
            s.wage(friday, (boss, hand), net, net / 100 * 125);
            s.step("back");
            let cents = s.part(net, 8, 11);
            let what = What::Transfer(Code::LoanBack);
            s.pay_for((later(friday, 1), DAY), Say::Advance, what, (hand, boss), cents);
        }
        live(s, town, hand, 88);
    }
    s.at_account(boss)
}

/// A licensed labor firm that pays everybody on the books, and taxes.
pub(super) fn subcontractor(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let firm = employer(s, town, (7361, 40));
    let client = payee(s, town, 1, "client");
    let tax = payee(s, town, 2, "tax_office");
    let hands = crew(s, town, 8, firm, 0);
    for pay in 0..8 {
        let friday = s.friday(pay * 14);
        s.step("invoice");
        let cents = s.usd(14_000, 17_000, 100);
        s.pay_for((friday, MORNING), Say::Labor, What::Invoice, (client, firm), cents);
        for &hand in &hands {
            s.step("wage");
            let net = s.usd(900, 1_250, 10);
            s.wage(later(friday, 1), (firm, hand), net, net / 100 * 128);
        }
        s.step("tax");
        let due = s.part(cents, 18, 24);
        s.pay(later(friday, 3), DAY, What::Transfer(Code::Tax), (firm, tax), due);
        s.step("small_cash");
        let cents = s.usd(200, 600, 20);
        s.withdraw((later(friday, 2), DAY), town, firm, cents);
    }
    s.at_account(firm)
}

/// A household manager who is paid, buys for the house and is refunded.
pub(super) fn household_manager(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let house = s.cast(town, Spec::of(2_000, 15_000), OTHER, "household");
    let spec = Spec::of(900, 2_600).does(Activity::Employed, "5152");
    let manager = holder(s, town, spec.related(house, RelationKind::Employer));
    for month in 0..5 {
        s.step("wage");
        let net = s.usd(2_200, 2_700, 50);
        s.wage(s.day(3 + month * 30), (house, manager), net, net / 100 * 125);
        for week in 0..4 {
            s.step("shopping");
            let cents = s.usd(120, 320, 1);
            let day = s.day(5 + month * 30 + week * 6);
            s.shop((day, DAY), (town, 5411), manager, cents);
            s.step("refund");
            let say = Say::Groceries;
            s.pay_for((later(day, 1), DAY), say, What::P2p, (house, manager), cents);
        }
    }
    live(s, town, manager, 145);
    s.at_account(manager)
}

/// A shelter that opens accounts with people who have just arrived, and pays rooms and phones.
pub(super) fn resettlement(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { licensed: Some(true), ..Profile::default() };
    let shelter = s.found(town, (8398, 25, 4_000), profile, (OTHER, "shelter"));
    let device = s.device();
    let state = payee(s, town, 1, "benefit_office");
    for k in 0..5 {
        let spec = Spec::of(3 + k * 6, 900)
            .does(Activity::Unemployed, "")
            .shares(0, s.key(2))
            .related(shelter, RelationKind::Introducer);
        let guest = s.cast(town, spec, OTHER, "newcomer");
        for month in 0..4 {
            s.step("benefit");
            let cents = s.usd(600, 900, 1);
            s.pay(
                s.day(5 + month * 28),
                MORNING,
                What::Grant(Code::Benefit),
                (state, guest),
                cents,
            );
            s.step("phone");
            s.device = device;
            s.topup(s.day(6 + month * 28), shelter, k);
            s.device = 0;
        }
        live(s, town, guest, 115);
    }
    for week in 0..16 {
        s.step("rooms");
        let rooms = s.rng.range(2, 5);
        for _ in 0..rooms {
            s.stay(s.day(week * 7), town, 4, shelter);
        }
        s.step("donation");
        let giver = s.outside(town, OTHER, "donor");
        let cents = s.usd(20, 200, 5);
        s.pay_for((s.day(week * 7), DAY), Say::Donation, What::P2p, (giver, shelter), cents);
    }
    s.at_account(shelter)
}

/// A tutor whom pupils in several countries pay by the lesson, through a platform and directly.
pub(super) fn online_tutor(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(800, 2_200).does(Activity::SelfEmployed, "2353");
    let tutor = holder(s, town, spec);
    let platform = payee(s, 18, 9, "platform");
    let pupils = [abroad::LONDON, abroad::BOGOTA, abroad::ATHENS, abroad::ISTANBUL];
    let pupils: Vec<Who> = pupils.map(|place| s.outside(place, OTHER, "pupil")).to_vec();
    for d in 0..118 {
        if d % 7 == 2 {
            s.step("payout");
            let cents = s.usd(220, 420, 1);
            s.pay(s.day(d), MORNING, What::Transfer(Code::Services), (platform, tutor), cents);
        }
        if d % 6 == 3 {
            s.step("lesson");
            let pupil = s.one(&pupils);
            let cents = s.usd(40, 80, 20);
            let what = What::Remit { friend: false };
            s.pay_for((s.day(d), DAY), Say::Lesson, what, (pupil, tutor), cents);
        }
    }
    live(s, town, tutor, 115);
    s.at_account(tutor)
}

/// A firm that flies its staff out and home again, and pays them.
pub(super) fn staff_rotation(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let firm = employer(s, town, (7011, 80));
    let staff = crew(s, town, 6, firm, 0);
    for k in 0..10 {
        s.step("ticket");
        let people = s.rng.range(1, 3);
        let cents = s.usd(700, 1_300, 10) * people;
        s.tickets(s.day(k * 28), firm, (4511, people, abroad::PHNOM_PENH), (true, cents));
        s.step("visa");
        let visa = payee(s, town, 3, "visa_service");
        let cents = s.usd(60, 180, 10);
        s.pay_for((s.day(k * 28 + 1), DAY), Say::Visa, What::Invoice, (firm, visa), cents);
        for &who in &staff {
            s.step("wage");
            let net = s.usd(2_400, 3_000, 50);
            s.wage(s.day(k * 30 + 2), (firm, who), net, net / 100 * 130);
        }
    }
    s.at_account(firm)
}

/// A busker with a license, coins and all.
pub(super) fn busker(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(700, 1_500).does(Activity::SelfEmployed, "2652");
    let busker = holder(s, town, spec);
    for d in 0..29 {
        if d % 2 == 0 {
            s.step("coins");
            let cents = s.usd(35, 150, 1);
            let percent = u8::try_from(s.rng.range(25, 60)).unwrap_or(30);
            let at = (when_open(s.day(d)), s.minute(600, 1_000));
            s.put(at, town, What::DepositCoins { branch: 0, percent }, (busker, busker), cents);
        }
        if d % 3 == 0 {
            s.step("tip");
            let giver = s.outside(town, OTHER, "listener");
            let cents = s.usd(5, 20, 5);
            s.pay(s.day(d), DAY, What::P2p, (giver, busker), cents);
        }
    }
    live(s, town, busker, 28);
    s.at_account(busker)
}
