//! CT-01: adverts, short stays, cash at night in city after city, drawn far away the next day.
//!
//! Written from the catalogue (F20 typologies 1, 3 and 4; FT21; AU22): one holder with two
//! accounts. The card of the first pays advert sites in multiples of 12 dollars, stays of one or
//! two nights and rides in four to six cities; on the second, people who are not the holder pay in
//! 200 to 800 dollars of cash each between 22:00 and 06:00 where the stay is, and the next day the
//! holder draws most of it at a counter 300 km away or more. Nine stops in three weeks, two to four
//! people who are moved.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums of at most 200 amounts below 1,000,000 cents"
)]

use crate::calendar::Day;
use crate::draft::What;
use crate::script::{Part, Scene, Script, later, nights, when_open};
use crate::town::{Town, TownId};
use crate::who::Who;
use palermo_domain::Product;
use palermo_domain::alert::Role;

const STOPS: u32 = 9;

/// The people and places of one instance.
struct Cast {
    hub: TownId,
    round: Vec<TownId>,
    /// Adverts, rooms, rides.
    card: Who,
    /// Cash in and out.
    funnel: Who,
    victims: Vec<Who>,
}

/// Writes one instance.
pub(crate) fn write(script: &mut Script<'_>) -> Scene {
    let hub = Town::draw(&mut script.rng);
    let cities = usize::try_from(script.rng.range(4, 6)).unwrap_or(4);
    let round = script.round(hub, (300, 80), cities);
    let (age, second_age) = (script.rng.range(200, 1_500), script.rng.range(20, 120));
    let income = script.rng.range(12, 24) * 10_000;
    let second = Some((Product::Current, script.before(second_age)));
    let holder = script.customer(hub, (script.before(age), income), second);
    let count = script.rng.range(2, 4);
    let victims: Vec<Who> =
        round.iter().cycle().zip(0..count).map(|(&town, k)| script.outsider(town, k)).collect();
    let cast = Cast { hub, round, card: Who::Person(holder), funnel: Who::Second(holder), victims };

    members(script, &cast);
    script.spread(cast.funnel);
    let mut balance = 0;
    for stop in 0..STOPS {
        balance = write_stop(script, &cast, stop, balance);
    }
    if let Some(boss) = script.partner {
        script.step("boss_share");
        for week in 0..3 {
            let cents = script.noisy(45_000);
            let at = (script.day(6 + 7 * week), script.minute(600, 1_300));
            script.put(at, hub, What::P2p, (cast.funnel, boss), cents);
        }
        script.members.push((Part::Account(boss), Role::Subject, "boss"));
    }
    let accounts = vec![cast.card, cast.funnel];
    Scene { anchor: Part::Customer(cast.card), holder: cast.card, accounts }
}

/// One stop; gives the balance of the funnel account after it.
fn write_stop(script: &mut Script<'_>, cast: &Cast, stop: u32, balance: u32) -> u32 {
    let cycle = cast.round.len().max(1);
    let town = cast.round.get(usize::try_from(stop).unwrap_or(0) % cycle).copied().unwrap_or(0);
    let arrival = script.day(2 + 2 * stop);
    let nights = nights(arrival, script.day(4 + 2 * stop));
    let hotel = u16::try_from(script.rng.range(0, 11)).unwrap_or(0);
    let room = nights * script.rng.range(75, 130) * 100;
    let room = script.noisy(room);
    script.step("stay");
    let minute = script.minute(600, 1_000);
    let what = What::Lodging { hotel, nights: u8::try_from(nights).unwrap_or(1), online: true };
    script.put((arrival, minute), town, what, (cast.card, Who::Nobody), room);

    let mut balance = balance;
    for night in 0..nights {
        let day = later(arrival, night);
        adverts_and_rides(script, cast, day, town);
        balance += night_cash(script, cast, day, town);
        if night == 0 {
            balance -= draw(script, cast, when_open(later(day, 1)), balance);
        }
    }
    if let Some(&victim) = script.rng.pick(&cast.victims) {
        let cents = script.rng.range(10, 40) * 1_000;
        let cents = script.noisy(cents);
        script.step("receipt");
        let at = (later(arrival, 1), script.minute(600, 1_430));
        script.put(at, town, What::P2p, (victim, cast.funnel), cents);
        balance += cents;
    }
    if stop % 3 == 2 {
        script.step("own");
        let cents = balance / 2_000 * 1_000;
        let at = (later(arrival, 3), script.minute(600, 800));
        script.put(at, cast.hub, What::Own, (cast.funnel, cast.card), cents);
        balance -= cents;
    }
    balance
}

fn adverts_and_rides(script: &mut Script<'_>, cast: &Cast, day: Day, town: TownId) {
    let none = Who::Nobody;
    for _ in 0..script.rng.range(1, 2) {
        let site = u16::try_from(script.rng.range(1, 3)).unwrap_or(1);
        let cents = script.rng.range(1, 4) * 1_200;
        let cents = script.noisy(cents);
        script.step("advert");
        let minute = script.minute(480, 1_200);
        script.put((day, minute), cast.hub, What::Advert { site }, (cast.card, none), cents);
    }
    if script.rng.per_mille(700) {
        let shop = u16::try_from(script.rng.range(0, 2)).unwrap_or(0);
        let cents = script.rng.range(900, 3_800);
        let cents = script.noisy(cents);
        script.step("ride");
        let minute = script.minute(1_080, 1_430);
        let ride = What::Online { mcc: 4121, shop };
        script.put((day, minute), town, ride, (cast.card, none), cents);
    }
}

/// Two deposits in the night at two machines; gives their sum.
fn night_cash(script: &mut Script<'_>, cast: &Cast, day: Day, town: TownId) -> u32 {
    let first = script.rng.range(0, 5);
    let mut sum = 0;
    for k in 0..2 {
        let Some(&victim) = script.rng.pick(&cast.victims) else { continue };
        let machine = u8::try_from((first + k) % 6).unwrap_or(0);
        let cents = script.rng.range(10, 40) * 2_000;
        let cents = script.noisy(cents);
        script.step("night_cash");
        let minute = script.minute(1_330 + 200 * k, 1_520 + 240 * k);
        let what = What::DepositAtm { machine };
        script.put((day, minute), town, what, (victim, cast.funnel), cents);
        sum += cents;
    }
    sum
}

/// The holder draws most of it, far away, the day after; gives what was drawn.
fn draw(script: &mut Script<'_>, cast: &Cast, day: Day, balance: u32) -> u32 {
    let cents = balance / 100 * script.rng.range(65, 85) / 2_000 * 2_000;
    script.step("draw");
    let branch = u8::try_from(script.rng.range(0, 2)).unwrap_or(0);
    let minute = script.minute(720, 1_010);
    script.put(
        (day, minute),
        cast.hub,
        What::Counter { branch },
        (cast.funnel, Who::Nobody),
        cents,
    );
    cents
}

fn members(script: &mut Script<'_>, cast: &Cast) {
    let mut members = vec![
        (Part::Customer(cast.card), Role::Subject, "holder"),
        (Part::Account(cast.funnel), Role::Subject, "collector"),
        (Part::Account(cast.card), Role::Subject, "card"),
    ];
    for &victim in &cast.victims {
        members.push((Part::Conductor(victim), Role::PotentialVictim, "depositor"));
        members.push((Part::Account(victim), Role::PotentialVictim, "payer"));
    }
    script.members = members;
}
