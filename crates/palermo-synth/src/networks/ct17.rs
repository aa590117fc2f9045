//! CT-17: a travel agency as a front: bursts of payers before one-way departures of whole planes,
//! refunds to people who never paid, consultants abroad, takings far above the declared trade (FTA26:
//! over 3 million of charter flows, a hundred travelers a plane; F20: visas at one fee).
//!
//! What stands beside the charters varies as the catalogue has it: visas at a tariff, or tickets for
//! groups to the plane; payers who say that they are no relatives, or money that goes round by two
//! firms of consultants and comes back.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;
use crate::town::TownId;

/// Who is paid, and what this agency does besides.
struct Agency {
    account: Who,
    town: TownId,
    charter: Who,
    fixer: Who,
    organizer: Who,
    /// Two firms through which money comes back.
    firms: Option<[Who; 2]>,
    sells_visas: bool,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let agency = agency(s);
    s.spread(agency.account);
    for flight in 0..3 {
        let departs = 22 + flight * 26;
        let taken = fares(s, &agency, departs);
        s.step("charter");
        let seats = u8::try_from(taken.1.min(99)).unwrap_or(40);
        let what = What::Charter { people: seats, to: abroad::MANAGUA, back: false };
        let cents = s.part(taken.0, 45, 55);
        s.pay(s.day(departs - 1), OFFICE, what, (agency.account, agency.charter), cents);
        if !agency.sells_visas || s.rng.per_mille(500) {
            feeders(s, &agency, departs);
        }
        refunds(s, &agency, departs, taken.0);
        advisers(s, &agency, departs, taken.0);
    }
    s.at_account(agency.account)
}

fn agency(s: &mut Script<'_>) -> Agency {
    let town = s.town();
    let turnover = s.rng.range(20, 70) * 1_000;
    let profile = Profile { turnover: Some(turnover), licensed: Some(false), ..Profile::default() };
    let account = s.found(town, (4722, 4, 500), profile, (Role::Subject, "agency"));
    let fixer = s.outside(abroad::DUBAI, Role::Subject, "visa_fixer");
    let charter = s.company(abroad::DUBAI, 2);
    s.members.push((Part::Account(charter), Role::Subject, "charter_operator"));
    let organizer = s.ally(town, "organizer");
    let goes_round = s.rng.per_mille(400);
    let mut firm = || {
        let profile = Profile { turnover: Some(9_000), ..Profile::default() };
        s.found(town, (7392, 1, 200), profile, (Role::Subject, "shell"))
    };
    let firms = goes_round.then(|| [firm(), firm()]);
    let sells_visas = s.rng.per_mille(550);
    Agency { account, town, charter, fixer, organizer, firms, sells_visas }
}

/// What travelers and their families pay before a departure; gives the sum and how many they are.
fn fares(s: &mut Script<'_>, agency: &Agency, departs: u32) -> (u32, u32) {
    let people = s.count(24, 60);
    let payers = s.public(agency.town, people, (Role::CounterpartyOnly, "payer"));
    let strangers = agency.firms.is_none() || s.rng.per_mille(300);
    let visa = s.usd(180, 350, 10);
    let mut taken = 0;
    for &payer in &payers {
        s.step("fare");
        let day = s.day_in(departs - 14, departs - 3);
        let cents = s.usd(2_400, 3_600, 100);
        let ends = (payer, agency.account);
        match s.rng.range(0, 9) {
            0..=2 => s.deposit((day, OFFICE), agency.town, ends, cents),
            3 => s.pay(day, DAY, What::Sale { mcc: 4722 }, ends, cents),
            4..=6 if strangers => s.pay(day, DAY, What::Remit { friend: false }, ends, cents),
            _ => s.pay_for((day, DAY), Say::Tour, What::P2p, ends, cents),
        }
        taken += cents;
        if agency.sells_visas && s.rng.per_mille(500) {
            s.step("visa");
            s.pay_for((day, DAY), Say::Visa, What::P2p, ends, visa);
            taken += visa;
        }
    }
    (taken, people)
}

/// Groups on their way to the plane, by card.
fn feeders(s: &mut Script<'_>, agency: &Agency, departs: u32) {
    s.step("feeder");
    let to = s.town();
    for k in 0..s.rng.range(4, 7) {
        let people = s.rng.range(5, 11);
        let cents = s.usd(90, 260, 10) * people;
        let mcc = if k % 3 == 0 { 4131 } else { 4511 };
        s.tickets(s.day(departs - 2), agency.account, (mcc, people, to), (false, cents));
    }
}

/// Money back to people who never paid: a part of the takings.
fn refunds(s: &mut Script<'_>, agency: &Agency, departs: u32, taken: u32) {
    s.step("refund");
    let pieces = s.rng.range(5, 8);
    let all = s.part(taken, 6, 24);
    for _ in 0..pieces {
        let third = s.outside(agency.town, Role::RoleUndetermined, "third_party");
        let cents = s.part(all / pieces, 85, 115);
        let day = s.day_in(departs + 1, departs + 9);
        s.pay(day, DAY, What::Transfer(Code::Other), (agency.account, third), cents);
    }
}

/// Consultants abroad, the organizer, and the firms through which some of it comes back.
fn advisers(s: &mut Script<'_>, agency: &Agency, departs: u32, taken: u32) {
    s.step("consult");
    let cents = s.part(taken, 7, 12);
    let what = What::Wire(Code::Consulting);
    let day = s.day(departs + 2);
    s.pay_for((day, OFFICE), Say::Consult, what, (agency.account, agency.fixer), cents);
    s.step("organizer");
    let cents = s.part(taken, 8, 12);
    let what = What::Transfer(Code::Consulting);
    s.pay(s.day(departs + 4), DAY, what, (agency.account, agency.organizer), cents);
    let Some([first, last]) = agency.firms else { return };
    s.step("round");
    let mut cents = s.part(taken, 6, 9);
    for (k, ends) in (0..).zip([(agency.account, first), (first, last), (last, agency.account)]) {
        s.pay_for((s.day(departs + 3 + 2 * k), OFFICE), Say::Consult, what, ends, cents);
        cents = s.part(cents, 94, 98);
    }
}
