//! CT-09: a recruitment fee before the work, then an instalment to the recruiter abroad from every
//! payday; new fees keep the balance up (F20 typology 2). A lender pays the fee of most workers: the
//! loan comes to the worker's new account and goes on to the agency within a day.
//!
//! Besides the debt each network shows one of three things: the agency that collects the fees stands
//! in no register (F14-B PESRA, LT-09); or the employer deducts most of the wage (SDWPS, LT-05); or
//! the recruiter's agent acts at the counter on the accounts of the workers, to whom nothing is left
//! to live on (AFQSC, LT-07).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// What a network shows besides the debt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Agency,
    Deductions,
    Mandate,
}

/// Who is who around the workers.
#[derive(Clone, Copy)]
struct Around {
    employer: Who,
    agency: Who,
    recruiter: Who,
    /// The agency's man, who stands at counters.
    agent: Who,
    sign: Sign,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let origin = s.rng.pick(&[abroad::KATHMANDU, abroad::DHAKA, abroad::MANILA]).copied();
    let origin = origin.unwrap_or(abroad::KATHMANDU);
    let trade = (780, 60, 2_000);
    let employer = s.found(town, trade, Profile::default(), (Role::RoleUndetermined, "employer"));
    let recruiter = s.outside(origin, Role::Subject, "recruiter");
    let profile = Profile { licensed: Some(false), turnover: Some(20_000), ..Profile::default() };
    let agency = s.found(town, (7_361, 3, 500), profile, (Role::Subject, "sub_agency"));
    let agent = s.ally(town, "sub_agent");
    s.spread(agent);
    let sign = match s.rng.range(0, 9) {
        0..6 => Sign::Agency,
        6..8 => Sign::Deductions,
        _ => Sign::Mandate,
    };
    let around = Around { employer, agency, recruiter, agent, sign };
    let count = s.count(4, 6).max(3);
    for k in 0..count {
        let spec = Spec::of(s.rng.range(1, 15), 1_900)
            .does(Activity::Employed, "9211")
            .related(employer, RelationKind::Employer);
        let still = sign == Sign::Mandate || s.rng.per_mille(600);
        let spec = if still { spec.still() } else { spec };
        let worker = s.cast(town, spec, Role::PotentialVictim, "worker");
        let lent = k == 0 || s.rng.per_mille(600);
        fee(s, around, worker, lent);
        repay(s, around, worker);
    }
    s.at_account(agency)
}

/// The fee of one worker: lent, or gathered by the household at home.
fn fee(s: &mut Script<'_>, around: Around, worker: Who, lent: bool) {
    let town = s.town_of(worker);
    let fee = s.usd(1_500, 6_000, 100);
    let day = s.day_in(0, 10);
    let household = s.outside(town, Role::PotentialVictim, "household");
    if lent {
        s.step("loan");
        s.pay(day, MORNING, What::Loan, (s.company(town, 30), worker), fee);
        s.step("fee");
        let on = s.part(fee, 86, 98);
        s.pay_for((day, DAY), Say::Training, What::P2p, (worker, around.agency), on);
    } else {
        s.step("fee");
        s.pay_for((day, DAY), Say::Training, What::P2p, (household, around.agency), fee);
    }
    s.step("fee_abroad");
    let on = s.part(fee, 60, 75);
    let far = What::Wire(Code::Consulting);
    s.pay_for((later(day, 2), OFFICE), Say::Consult, far, (around.agency, around.recruiter), on);
    let cents = s.part(fee, 8, 12);
    s.pay(later(day, 3), DAY, What::P2p, (around.agency, around.agent), cents);
}

/// A new fee of the agency, so that the balance never falls.
fn new_fee(s: &mut Script<'_>, around: Around, worker: Who, day: crate::calendar::Day) {
    s.step("new_fee");
    let cents = s.usd(80, 200, 10);
    s.pay_for((day, DAY), Say::PlacementFee, What::P2p, (worker, around.agency), cents);
}

/// Months of paydays, an instalment from each within three days.
fn repay(s: &mut Script<'_>, around: Around, worker: Who) {
    let first = s.rng.range(35, 60);
    let rate = s.rng.range(20, 36);
    for pay in 0..13 {
        let friday = s.friday(first + pay * 14);
        let gross = s.usd(1_000, 1_400, 10);
        let kept = if around.sign == Sign::Deductions { (30, 39) } else { (76, 84) };
        let net = s.part(gross, kept.0, kept.1);
        s.step("wage");
        s.wage(friday, (around.employer, worker), net, gross);
        s.step("instalment");
        let cents = s.part(net, rate, rate + 2);
        let day = later(friday, s.rng.range(0, 3));
        let say = if s.rng.per_mille(300) { Say::LoanRate } else { Say::RecruitmentFee };
        if pay % 4 == 3 {
            new_fee(s, around, worker, later(friday, 5));
        }
        let pair = (worker, around.recruiter);
        if around.sign == Sign::Mandate {
            let wire = What::Wire(Code::Loan);
            s.by_hand(around.agent, |s| s.pay_for((day, OFFICE), say, wire, pair, cents));
            s.step("rest");
            let rest = s.part(net, 50, 60);
            let (pair, wire) = ((worker, around.agent), What::Wire(Code::Other));
            s.by_hand(around.agent, |s| s.pay(day, OFFICE, wire, pair, rest));
        } else {
            s.pay_for((day, DAY), say, What::Remit { friend: false }, pair, cents);
        }
    }
}
