//! CT-26: a launderer for a trafficking collector: students pay the cash in at several branches,
//! goods and tuition go out, and an account abroad pays the same value within hours (CML25, FT23).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::predicate;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let (collector, held) = predicate(s, 30);
    let town = s.town_of(collector);
    let spec = Spec::of(s.rng.range(300, 1_500), 3_000);
    let broker = s.cast(town, spec, Role::Subject, "broker");
    s.spread(broker);
    let spec = Spec::of(s.rng.range(40, 200), 900).age(AgeBand::From22);
    let spec = spec.does(Activity::Student, "");
    let mules = s.cast_many(town, &spec, 4, (Role::RoleUndetermined, "student_mule"));
    let beneficiary = s.ally(town, "beneficiary");
    let overseas = s.company(abroad::DUBAI, 5);
    s.members.push((Part::Account(overseas), Role::Subject, "overseas_payer"));
    s.step("to_broker");
    let cash = s.part(held, 60, 85) / 2_000 * 2_000;
    s.withdraw((s.day(30), OFFICE), town, collector, cash.max(200_000));
    for d in 31..87 {
        if s.rng.per_mille(300) {
            continue;
        }
        let mule = s.one(&mules);
        s.step("cash");
        let cents = s.usd(2_400, 8_800, 100);
        let minute = s.minute(560, 780);
        let day = when_open(s.day(d));
        let branch = u8::try_from(d % 4).unwrap_or(0);
        let what = What::DepositCounter { branch };
        s.put((day, minute), town, what, (mule, mule), cents);
        if d % 4 == 1 {
            s.step("mirror");
            let at = minute + s.rng.range(20, 220);
            let same = s.part(cents, 98, 102);
            s.pay(day, (at, at), What::Wire(Code::Trade), (overseas, beneficiary), same);
        }
        s.step("goods");
        let on = s.part(cents, 75, 95);
        match d % 3 {
            0 => s.web((later(day, 1), DAY), 5732, mule, on),
            1 => s.pay(
                later(day, 1),
                DAY,
                What::Transfer(Code::Study),
                (mule, s.company(town, 60)),
                on,
            ),
            _ => s.pay(later(day, 1), DAY, What::P2p, (mule, broker), on),
        }
        if d % 20 == 10 {
            s.step("trade");
            let block = s.usd(48, 51, 1) * 1_000;
            s.pay(
                day,
                OFFICE,
                What::Wire(Code::Goods),
                (broker, s.company(abroad::DUBAI, 6)),
                block,
            );
        }
    }
    s.at_account(broker)
}
