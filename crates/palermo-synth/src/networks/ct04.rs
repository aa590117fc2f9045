//! CT-04: three payments within a quarter of an hour to three accounts, small, large, small; the
//! trio changes every few weeks and keeps its phone; what comes in is swept (F26N).
//!
//! A house has a door fee and a menu of two or three prices. What the three take is swept every
//! night, or once a week; the texts of F26N ('wellness', 'personal care') stand in
//! half of the houses that sweep nightly and in all others.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// What a house charges, and how it works.
struct House {
    consumers: Vec<Who>,
    enter: u32,
    menu: Vec<u32>,
    /// How many services carry a text, in thousandths.
    texts: u16,
    sweeper: Who,
    device: u32,
    nightly: bool,
}

fn house(s: &mut Script<'_>, town: u8) -> House {
    let device = s.device();
    let sweeper = s.ally(town, "sweep");
    let visitors = s.count(34, 60);
    let consumers = s.public(town, visitors, (Role::CounterpartyOnly, "consumer"));
    let low = s.rng.range(10, 14) * 10;
    let mut menu = vec![low, low + s.rng.range(4, 7) * 10];
    if s.rng.per_mille(600) {
        menu.push(low + s.rng.range(9, 16) * 10);
    }
    let nightly = s.rng.per_mille(600);
    let silent = nightly && s.rng.per_mille(500);
    let texts = if silent { 0 } else { 350 };
    let enter = s.rng.range(3, 6) * 10;
    House { consumers, enter, menu, texts, sweeper, device, nightly }
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let phone = s.key(1);
    let house = house(s, town);
    let spec = Spec::of(60, 1_400).still().shares(phone, 0);
    let mut first = Who::Nobody;
    let sets = 2;
    for set in 0..sets {
        let door = s.cast(town, spec.clone(), Role::Subject, "door");
        let worker = s.cast(town, spec.clone(), Role::PotentialVictim, "worker");
        let tip = s.cast(town, spec.clone(), Role::Subject, "manager");
        if set == 0 {
            first = door;
            s.spread(door);
        }
        let trio = [door, worker, tip];
        let mut held = [0; 3];
        for d in 0..21 {
            let visits = s.count(1, 5);
            for _ in 0..visits {
                let paid = visit(s, set * 22 + d, &house, trio);
                held.iter_mut().zip(paid).for_each(|(sum, cents)| *sum += cents);
            }
            if house.nightly || d % 7 == 6 {
                sweep(s, set * 22 + d, &house, trio, &mut held);
            }
        }
    }
    s.at_account(first)
}

/// Door, service, tip. Gives what each was paid.
fn visit(s: &mut Script<'_>, d: u32, house: &House, [door, worker, tip]: [Who; 3]) -> [u32; 3] {
    let (day, minute) = (s.day(d), s.minute(900, 1_410));
    let guest = s.one(&house.consumers);
    let price = s.rng.pick(&house.menu).copied().unwrap_or(140);
    let service = s.noisy(price * 100);
    let (enter, thanks) = (s.noisy(house.enter * 100), s.usd(20, 50, 10));
    let second = minute + s.rng.range(1, 6);
    let third = second + s.rng.range(1, 7);
    s.step("door");
    s.pay(day, (minute, minute), What::P2p, (guest, door), enter);
    s.step("service");
    let say = match s.rng.per_mille(house.texts) {
        true if s.rng.per_mille(400) => Say::Wellness,
        true => Say::PersonalCare,
        false => Say::Nothing,
    };
    s.pay_for((day, (second, second)), say, What::P2p, (guest, worker), service);
    s.step("tip");
    s.pay_for((day, (third, third)), Say::Tip, What::P2p, (guest, tip), thanks);
    [enter, service, thanks]
}

/// What the three took goes to one account, ordered from one device after the last guest.
fn sweep(s: &mut Script<'_>, d: u32, house: &House, trio: [Who; 3], held: &mut [u32; 3]) {
    s.step("sweep");
    for (account, sum) in trio.into_iter().zip(held) {
        if *sum < 2_000 {
            continue;
        }
        let cents = s.part(*sum, 82, 98).max(1_000);
        let ends = (account, house.sweeper);
        s.pay_on((s.day(d), (1_435, 1_700)), house.device, What::P2p, ends, cents);
        *sum -= cents.min(*sum);
    }
}
