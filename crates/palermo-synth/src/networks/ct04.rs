//! CT-04: three payments within a quarter of an hour to three accounts, small, large, small; the
//! trio changes every few weeks and keeps its phone; what comes in is swept (F26N).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let device = s.device();
    let phone = s.key(1);
    let sweeper = s.ally(town, "sweep");
    let spec = Spec::of(60, 1_400).still().shares(phone, 0);
    let consumers = s.public(town, 14, (Role::CounterpartyOnly, "consumer"));
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
        let visits = s.count(14, 22);
        for k in 0..visits {
            let d = set * 22 + k * 21 / visits;
            let guest = s.one(&consumers);
            visit(s, d, guest, [door, worker, tip]);
        }
        for (k, account) in (0..).zip([door, worker, tip]) {
            for week in 1..4 {
                let day = s.day(set * 22 + week * 7);
                let cents =
                    s.usd(if k == 1 { 500 } else { 120 }, if k == 1 { 900 } else { 260 }, 10);
                s.step("sweep");
                s.pay_on((day, NIGHT), device, What::P2p, (account, sweeper), cents);
            }
        }
    }
    s.at_account(first)
}

/// Door, service, tip.
fn visit(s: &mut Script<'_>, d: u32, guest: Who, [door, worker, tip]: [Who; 3]) {
    let (day, minute) = (s.day(d), s.minute(900, 1_420));
    let service = s.usd(120, 280, 20);
    let (enter, thanks) = (s.usd(30, 60, 10), s.usd(20, 80, 10));
    let second = minute + s.rng.range(1, 6);
    let third = second + s.rng.range(1, 7);
    s.step("door");
    s.pay(day, (minute, minute), What::P2p, (guest, door), enter);
    s.step("service");
    let say = if s.rng.per_mille(300) { Say::Wellness } else { Say::PersonalCare };
    s.pay_for((day, (second, second)), say, What::P2p, (guest, worker), service);
    s.step("tip");
    s.pay_for((day, (third, third)), Say::Tip, What::P2p, (guest, tip), thanks);
}
