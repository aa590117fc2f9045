//! Innocent lives that look like CT-14 and CT-01.
//!
//! Two are explained by a suppressor only: a savings club near a border has every number of the
//! funnel, but equal contributions that go round to everybody who pays in (SUP-ROSCA); a hotel's
//! relief worker lodges, pays tips in by night and draws cash in city after city and even renews
//! an advert, but is paid by a hotel and pays in nobody's cash but the own (SUP-HOSP). Two must
//! stay quiet without one: a border trader has the senders but little of it leaves as cash; a
//! sales representative has the hotels but no cash comes in.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums of at most 1,000 amounts below 100,000 cents, or of 10 below 1,000,000"
)]

use crate::draft::What;
use crate::people::Firm;
use crate::script::{Part, Scene, Script, later, nights, when_open};
use crate::town::{Town, TownId};
use crate::who::Who;
use palermo_domain::alert::Role;
use palermo_domain::{Date, Product};

const ROUNDS: u32 = 14;

/// A club opens an account, pays in at every round, pays each member a pot by phone when it is
/// their turn, and shares the rest out in cash at the end.
pub(crate) fn savings_club(script: &mut Script<'_>) -> Scene {
    let home = script.border_town();
    let (age, club_age) = (script.rng.range(700, 4_000), script.rng.range(6, 18));
    let income = script.rng.range(18, 32) * 10_000;
    let second = Some((Product::Current, script.before(club_age)));
    let keeper = script.customer(home, (script.before(age), income), second);
    let pot = Who::Second(keeper);
    let count = script.rng.range(30, 36);
    let mut members = script.neighbors(home, count / 2, 0);
    for (k, town) in (1..).zip(script.regions(home, 3)) {
        members.extend(script.neighbors(town, count.div_ceil(6), k * 100));
    }
    members.truncate(usize::try_from(count).unwrap_or(30));

    // Two thirds leave as cash, four of fourteen contributions come back by phone.
    let pieces = script.rng.range(3, 4);
    let piece = script.rng.range(168, 180) * 5_000;
    let dollars = pieces * piece / (count * ROUNDS * 67);
    for round in 0..ROUNDS {
        let day = script.day(1 + round * 20 / (ROUNDS - 1));
        for &member in &members {
            let at = (day, script.minute(420, 1_380));
            let town = script.town_of(member);
            script.put(at, town, What::P2p, (member, pot), dollars * 100);
        }
    }
    for (k, &member) in (0..).zip(&members) {
        let at = (script.day(5 + k * 16 / count), script.minute(1_385, 1_425));
        script.put(at, home, What::P2p, (pot, member), dollars * 400);
    }
    for (k, script_day) in (0..pieces).zip([22, 24, 26, 27]) {
        let at = (when_open(script.day(script_day)), script.minute(560, 1_000));
        let counter = What::Counter { branch: u8::try_from(k % 2).unwrap_or(0) };
        script.put(at, home, counter, (pot, Who::Nobody), piece);
    }
    let people = members.iter().map(|&who| (Part::Account(who), "member")).collect();
    let accounts = vec![Who::Person(keeper), pot];
    scene(script, Part::Account(pot), accounts, people)
}

/// A relief worker of a hotel group, ten houses in three weeks.
pub(crate) fn hotel_worker(script: &mut Script<'_>) -> Scene {
    let home = Town::draw(&mut script.rng);
    let age = script.rng.range(300, 3_000);
    let worker = script.customer(home, (script.before(age), 270_000), None);
    let own = Who::Person(worker);
    let opened = script.before(3_500);
    let hotel = script.people.add_firm(hotel_of(home, opened));
    let round = script.round(home, (170, 170), 4);

    let pay = script.rng.range(640, 720) * 100;
    for week in 0..5 {
        let at = (script.day(7 * week), script.minute(300, 420));
        script.put(at, home, What::Payroll, (Who::Firm(hotel), own), pay);
    }
    for stop in 0..10 {
        let cycle = round.len().max(1);
        let town = round.get(usize::try_from(stop).unwrap_or(0) % cycle).copied().unwrap_or(home);
        relief_stop(script, own, town, stop);
    }
    for k in 0..9 {
        let at = (later(script.day(5), k), script.minute(700, 1_200));
        script.put(at, home, What::Advert { site: 0 }, (own, Who::Nobody), 600);
    }
    let people = vec![(Part::Account(Who::Firm(hotel)), "employer")];
    scene(script, Part::Customer(own), vec![own], people)
}

fn relief_stop(script: &mut Script<'_>, own: Who, town: TownId, stop: u32) {
    let arrival = script.day(1 + 2 * stop);
    let nights = nights(arrival, script.day(3 + 2 * stop));
    let stay = What::Lodging { hotel: 3, nights: u8::try_from(nights).unwrap_or(1), online: false };
    let rate = nights * script.rng.range(52, 78) * 100;
    let at = (arrival, script.minute(840, 1_080));
    script.put(at, town, stay, (own, Who::Nobody), rate);
    if stop > 0 {
        // Cash for the days to come, drawn where the next house is.
        let at = (arrival, script.minute(720, 835));
        let cents = script.rng.range(3, 5) * 2_000;
        let machine = u8::try_from(script.rng.range(0, 5)).unwrap_or(0);
        script.put(at, town, What::Atm { machine }, (own, Who::Nobody), cents);
    }
    for night in 0..nights {
        // Tips, after the shift.
        let at = (later(arrival, night), script.minute(1_385, 1_600));
        let cents = script.rng.range(6, 14) * 500;
        let machine = u8::try_from(script.rng.range(0, 5)).unwrap_or(0);
        script.put(at, town, What::DepositAtm { machine }, (own, own), cents);
    }
}

/// A stall in a border town: many small senders, also from afar, and suppliers to pay.
pub(crate) fn border_trader(script: &mut Script<'_>) -> Scene {
    let home = script.border_town();
    let age = script.rng.range(500, 3_000);
    let income = script.rng.range(20, 34) * 10_000;
    let trader = script.customer(home, (script.before(age), income), None);
    let own = Who::Person(trader);
    let mut buyers = script.neighbors(home, 30, 0);
    for (k, town) in (1..).zip(script.regions(home, 4)) {
        buyers.extend(script.neighbors(town, 5, k * 100));
    }
    let mut total = 0;
    for k in 0..script.rng.range(110, 150) {
        let sure = usize::try_from(k).ok().and_then(|k| buyers.get(k)).copied();
        let buyer = sure.or_else(|| script.rng.pick(&buyers).copied()).unwrap_or(Who::Nobody);
        let cents = script.rng.range(3, 36) * 500;
        let at = (script.day(k % 29), script.minute(480, 1_200));
        let town = script.town_of(buyer);
        script.put(at, town, What::P2p, (buyer, own), cents);
        total += cents;
    }
    let suppliers = 7;
    for k in 0..suppliers {
        let supplier = Who::company(home, 60 + k % 3);
        let at = (script.day(4 + 4 * k), script.minute(300, 600));
        let cents = total / 100 * 75 / suppliers;
        script.put(at, home, What::Invoice, (own, supplier), cents);
    }
    for k in 0..5 {
        let at = (script.day(2 + 5 * k), script.minute(560, 1_100));
        let cents = script.rng.range(4, 10) * 2_000;
        script.put(at, home, What::Atm { machine: 1 }, (own, Who::Nobody), cents);
        let at = (when_open(script.day(4 + 5 * k)), script.minute(560, 1_000));
        let cents = script.rng.range(8, 40) * 1_000;
        script.put(at, home, What::DepositCounter { branch: 0 }, (own, own), cents);
    }
    let people = buyers.iter().map(|&who| (Part::Account(who), "buyer")).collect();
    scene(script, Part::Account(own), vec![own], people)
}

/// A sales representative: eight stops in five cities, meals, fuel, a little cash by day.
pub(crate) fn sales_rep(script: &mut Script<'_>) -> Scene {
    let home = Town::draw(&mut script.rng);
    let age = script.rng.range(300, 3_000);
    let rep = script.customer(home, (script.before(age), 520_000), None);
    let own = Who::Person(rep);
    let opened = script.before(3_500);
    let firm = script.people.add_firm(office_of(home, opened));
    let round = script.round(home, (170, 100), 5);
    for k in 0..2 {
        let at = (script.day(3 + 14 * k), script.minute(300, 420));
        script.put(at, home, What::Payroll, (Who::Firm(firm), own), 260_000);
        let at = (script.day(10 + 14 * k), script.minute(600, 900));
        let cents = script.rng.range(700, 1_100) * 100;
        script.put(at, home, What::Expenses, (Who::Firm(firm), own), cents);
    }
    for stop in 0..8 {
        let cycle = round.len().max(1);
        let town = round.get(usize::try_from(stop).unwrap_or(0) % cycle).copied().unwrap_or(home);
        sales_stop(script, own, town, stop);
    }
    let people = vec![(Part::Account(Who::Firm(firm)), "employer")];
    scene(script, Part::Customer(own), vec![own], people)
}

fn sales_stop(script: &mut Script<'_>, own: Who, town: TownId, stop: u32) {
    let arrival = script.day(1 + 3 * stop);
    let nights = nights(arrival, script.day(3 + 3 * stop));
    let stay = What::Lodging {
        hotel: 5,
        nights: u8::try_from(nights).unwrap_or(1),
        online: stop.is_multiple_of(2),
    };
    let rate = nights * script.rng.range(115, 185) * 100;
    let at = (arrival, script.minute(840, 1_200));
    script.put(at, town, stay, (own, Who::Nobody), rate);
    for (mcc, low, high) in [(5812, 1_800, 7_500), (5541, 3_000, 6_500)] {
        let shop = u16::try_from(script.rng.range(0, 20)).unwrap_or(0);
        let at = (arrival, script.minute(700, 1_260));
        let cents = script.rng.range(low, high);
        script.put(at, town, What::Pos { mcc, shop }, (own, Who::Nobody), cents);
    }
    if stop.is_multiple_of(3) {
        let at = (arrival, script.minute(600, 1_100));
        let cents = script.rng.range(3, 8) * 2_000;
        script.put(at, town, What::Atm { machine: 2 }, (own, Who::Nobody), cents);
    }
}

/// The scene of a look-alike: the holder, the accounts, and who else is there.
fn scene(
    script: &mut Script<'_>,
    anchor: Part,
    accounts: Vec<Who>,
    others: Vec<(Part, &'static str)>,
) -> Scene {
    let holder = accounts.first().copied().unwrap_or(Who::Nobody);
    let held = accounts.iter().map(|&who| (Part::Account(who), Role::CounterpartyOnly, "account"));
    let others = others.into_iter().map(|(part, name)| (part, Role::CounterpartyOnly, name));
    let members = [(Part::Customer(holder), Role::CounterpartyOnly, "holder")];
    script.members = members.into_iter().chain(held).chain(others).collect();
    Scene { anchor, holder, accounts }
}

fn hotel_of(town: TownId, opened: Date) -> Firm {
    Firm { town, mcc: 7011, cash: false, headcount: 160, opened, still: false, profile: None }
}

fn office_of(town: TownId, opened: Date) -> Firm {
    Firm { town, mcc: 5045, cash: false, headcount: 90, opened, still: false, profile: None }
}
