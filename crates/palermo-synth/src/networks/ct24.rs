//! CT-24: an agency sends young adults one way to a border town of casinos; months later families
//! pay growing sums for their release (F26S, UNTIP-FC; practice example 8,000).
//!
//! What joins the two halves is the recruiter, as the catalogue says: the compound pays by the head,
//! or a family pays part of the 'contract debt' to the agency that wrote the contract, or one
//! telephone serves the agency and who collects here for the compound.
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
        incorporated: Some(s.before(220)),
        turnover: Some(12_000),
        ..Profile::default()
    };
    let agency = s.found(town, (7361, 3, 200), profile, (Role::Subject, "recruiter"));
    s.spread(agency);
    let hub = s.rng.pick(&[abroad::SIHANOUKVILLE, abroad::MAE_SOT]).copied();
    let hub = hub.unwrap_or(abroad::SIHANOUKVILLE);
    // How recruiter and compound are tied: not at all, or in some of these ways.
    let [commission, contract, runner] = s.ties();
    let collector = if runner {
        let spec = Spec::of(s.rng.range(60, 300), 1_600);
        s.cast(town, spec, Role::Subject, "compound_collector")
    } else {
        s.outside(hub, Role::Subject, "compound_collector")
    };
    let backer = s.ally(town, "backer");
    let first = s.count(8, 13).max(5);
    journeys(s, (0, first), (backer, agency), hub);
    let device = s.device();
    for month in 1..10 {
        s.step("office");
        let cents = s.usd(700, 1_100, 50);
        s.device = if runner { device } else { 0 };
        s.pay(s.day(month * 30), DAY, What::Rent, (agency, s.company(town, 6)), cents);
        s.device = 0;
        if commission && month > 1 {
            s.step("commission");
            let cents = s.usd(1_500, 4_500, 100);
            let what = What::Wire(Code::Services);
            s.pay(s.day(month * 30 + 6), OFFICE, what, (collector, agency), cents);
        }
    }
    let count = s.count(3, 5).max(2);
    for k in 0..count {
        let first = 95 + k * 25 + s.rng.range(0, 40);
        let spec = Spec::of(s.rng.range(900, 4_000), 2_400).second(Product::Savings);
        let family = s.cast(town, spec, Role::PotentialVictim, "family");
        let contract = contract.then_some(agency);
        release(s, first, family, (collector, contract));
        if runner {
            exit(s, first + 12, collector, device);
        }
    }
    s.at_account(agency)
}

/// Tickets and visas for one or two people at a time, every few days, paid for by somebody behind.
fn journeys(
    s: &mut Script<'_>,
    (from, bookings): (u32, u32),
    (backer, agency): (Who, Who),
    hub: TownId,
) {
    for k in 0..bookings {
        s.step("fund");
        if k % 4 == 0 {
            let cents = s.usd(3_000, 6_000, 500);
            s.pay(
                s.day(from + k * 3),
                DAY,
                What::Transfer(Code::Consulting),
                (backer, agency),
                cents,
            );
        }
        s.step("ticket");
        let mcc = if k % 3 == 0 { 4722 } else { 4511 };
        let cents = s.usd(420, 980, 10);
        let people = s.rng.range(1, 2);
        s.tickets(s.day(from + 1 + k * 3), agency, (mcc, people, hub), (false, cents * people));
        if k % 2 == 0 {
            s.step("visa");
            let cents = s.usd(60, 220, 10);
            let what = What::Transfer(Code::Other);
            let far = s.company(abroad::PHNOM_PENH, 3);
            s.pay_for((s.day(from + 2 + k * 3), DAY), Say::Visa, what, (agency, far), cents);
        }
    }
}

/// What a family pays, more each time; the first part to the agency where that wrote the contract.
fn release(s: &mut Script<'_>, first: u32, family: Who, (collector, contract): (Who, Option<Who>)) {
    let mut day = first;
    let mut cents = s.usd(1_500, 2_800, 100);
    for n in 0..s.rng.range(2, 4) {
        s.step("release");
        let say = if n % 2 == 0 { Say::Release } else { Say::Contract };
        let what = What::Remit { friend: true };
        let payee = contract.filter(|_| n == 0).unwrap_or(collector);
        s.pay_for((s.day(day), ANY), say, what, (family, payee), cents);
        cents = cents / 100 * s.rng.range(125, 190);
        day += s.rng.range(3, 12);
    }
}

/// Who collects here changes it into coin, on the telephone of the agency.
fn exit(s: &mut Script<'_>, day: u32, collector: Who, device: u32) {
    s.step("coin");
    s.device = device;
    for k in 0..3 {
        let cents = s.usd(1_200, 2_400, 100);
        let what = What::CoinBuy(Coin::Usdt);
        s.pay(s.day(day + k), ANY, what, (collector, Who::Listed(3)), cents);
    }
    s.device = 0;
}
