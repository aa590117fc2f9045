//! Look-alikes in trade: landlords, spas, remitters, tour operators.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use super::{OTHER, holder, payee};
use crate::prelude::*;

/// A landlord: rents come in by name, taxes and insurance go out, adverts for flats.
pub(super) fn landlord(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(3_000, 6_500).does(Activity::SelfEmployed, "");
    let landlord = holder(s, town, spec.with(|p| p.licensed = Some(true)));
    let count = s.rng.range(6, 9);
    let tenants = s.public(town, count, (OTHER, "tenant"));
    let (tax, insurer) = (payee(s, town, 1, "tax_office"), payee(s, town, 2, "insurer"));
    for month in 0..3 {
        for (k, &tenant) in (0..).zip(&tenants) {
            s.step("rent_in");
            let cents = s.usd(900, 1_600, 50);
            s.pay_for(
                (s.day(month * 30 + k % 4), DAY),
                Say::Rent,
                What::Rent,
                (tenant, landlord),
                cents,
            );
            s.step("meter");
            let cents = s.usd(40, 120, 1);
            let meter = s.company(town, 20 + k);
            s.pay(s.day(month * 30 + 8), MORNING, What::Utility, (landlord, meter), cents);
        }
        s.step("tax");
        let cents = s.usd(700, 1_200, 10);
        s.pay(s.day(month * 30 + 12), DAY, What::Transfer(Code::Tax), (landlord, tax), cents);
        s.pay(
            s.day(month * 30 + 14),
            DAY,
            What::Transfer(Code::Other),
            (landlord, insurer),
            24_000,
        );
        s.step("advert");
        for k in 0..2 {
            s.advert(s.day(month * 30 + 16 + k), landlord);
        }
    }
    s.at_account(landlord)
}

/// A spa with a license that is declared to be open late, and pays its staff.
pub(super) fn late_spa(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile {
        licensed: Some(true),
        hours: Some((600, 1_430)),
        turnover: Some(26_000),
        ..Profile::default()
    };
    let spa = s.found(town, (7298, 7, 2_600), profile, (OTHER, "spa"));
    let spec = Spec::of(700, 2_400).related(spa, RelationKind::Employer);
    let staff = s.cast_many(town, &spec, 4, (OTHER, "staff"));
    for d in 0..88 {
        for _ in 0..s.rng.range(2, 5) {
            s.step("ticket");
            s.outsiders += 1;
            let guest = s.outsider(town, s.outsiders % 900);
            let cents = s.usd(60, 160, 20);
            let late = s.rng.per_mille(350);
            let hours = if late { (1_260, 1_420) } else { DAY };
            s.pay(s.day(d), hours, What::Sale { mcc: 7298 }, (guest, spa), cents);
        }
        if d % 14 == 6 {
            for &who in &staff {
                s.step("wage");
                let net = s.usd(900, 1_150, 10);
                s.wage(s.day(d), (spa, who), net, net / 100 * 124);
            }
            s.step("tax");
            let office = s.company(town, 2);
            s.pay(s.day(d + 1), DAY, What::Transfer(Code::Tax), (spa, office), 110_000);
        }
    }
    s.at_account(spa)
}

/// A remitter with a license: many in, many out, in small sums and with full data.
pub(super) fn licensed_remitter(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile {
        licensed: Some(true),
        segment: Some("msb_agent"),
        turnover: Some(120_000),
        ..Profile::default()
    };
    let shop = s.found(town, (4829, 5, 2_400), profile, (OTHER, "licensed_remitter"));
    let senders = s.public(town, 40, (OTHER, "sender"));
    let partner = payee(s, abroad::GUATEMALA, 6, "paying_partner");
    for d in 0..88 {
        let mut day_sum = 0;
        for _ in 0..3 {
            s.step("order");
            let sender = s.one(&senders);
            let cents = s.usd(60, 500, 10);
            s.pay(s.day(d), DAY, What::P2p, (sender, shop), cents);
            day_sum += cents;
        }
        s.step("payout");
        let out = s.part(day_sum, 95, 98);
        s.pay(later(s.day(d), 1), OFFICE, What::Wire(Code::Family), (shop, partner), out);
    }
    s.at_account(shop)
}

/// A licensed operator who takes groups there and back, each paid by the one who travels.
pub(super) fn pilgrimage(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { licensed: Some(true), turnover: Some(90_000), ..Profile::default() };
    let operator = s.found(town, (4722, 8, 3_000), profile, (OTHER, "tour_operator"));
    let airline = payee(s, 27, 5, "airline");
    let hotel = payee(s, abroad::ISTANBUL, 6, "hotel");
    for group in 0..2 {
        let pilgrims = s.public(town, 24, (OTHER, "traveler"));
        let leaves = 35 + group * 40;
        let mut taken = 0;
        for &pilgrim in &pilgrims {
            s.step("fare");
            let cents = s.usd(2_200, 2_600, 100);
            let day = s.day_in(leaves - 32, leaves - 10);
            s.pay_for((day, DAY), Say::Tour, What::P2p, (pilgrim, operator), cents);
            taken += cents;
        }
        s.step("flight");
        let what = What::Charter { people: 24, to: abroad::ISTANBUL, back: true };
        let cents = s.part(taken, 45, 55);
        s.pay(s.day(leaves - 2), OFFICE, what, (operator, airline), cents);
        s.step("hotel");
        let cents = s.part(taken, 22, 28);
        s.pay(s.day(leaves - 1), OFFICE, What::Wire(Code::Services), (operator, hotel), cents);
    }
    s.at_account(operator)
}

/// Firms of one family that lend to each other on contracts and pay wages and taxes.
pub(super) fn family_group(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = |turnover| Profile { turnover: Some(turnover), ..Profile::default() };
    let first = s.found(town, (5200, 30, 5_000), profile(240_000), (OTHER, "parent_firm"));
    let second = s.found(town, (1520, 22, 3_000), profile(180_000), (OTHER, "sister_firm"));
    let client = payee(s, town, 1, "client");
    for month in 0..6 {
        s.step("trade");
        let cents = s.usd(30_000, 50_000, 500);
        let day = s.day(2 + month * 29);
        s.pay_for((day, OFFICE), Say::Invoice, What::Invoice, (client, first), cents);
        s.step("loan");
        let loan = s.part(cents, 15, 25);
        s.pay(later(day, 2), OFFICE, What::Transfer(Code::Group), (first, second), loan);
        s.step("wages");
        for k in 0..8 {
            let worker = s.outsider(town, 700 + k);
            let net = s.usd(1_800, 2_600, 10);
            s.wage(later(day, 5), (second, worker), net, net / 100 * 128);
        }
        s.step("loan_back");
        if month > 1 {
            let back = s.part(loan, 40, 60);
            s.pay(later(day, 20), OFFICE, What::Transfer(Code::LoanBack), (second, first), back);
        }
    }
    s.at_account(first)
}
