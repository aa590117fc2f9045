//! CT-26: a launderer for a trafficking collector, a network of several homes (CT-02): students pay
//! the cash in at several branches day after day, goods and tuition go out, and money from abroad
//! reaches the collector's beneficiary in the same value within hours, most of it through the
//! broker's own account (CML25: mirror transactions, mules, firms founded for it; FT23). The broker
//! settles with trading firms of unlike trades in sums of about 50,000 (FTPML), declares a small
//! trade and serves more than one collector.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::ct02;

/// Trades that have nothing to do with each other: electronic parts, clothes, cars, furniture.
const TRADES: [u16; 4] = [5065, 5137, 5511, 5021];

/// Who works for the broker and with whom.
struct Cast {
    town: u8,
    collector: Who,
    broker: Who,
    mules: Vec<Who>,
    firms: Vec<Who>,
    overseas: Who,
    beneficiary: Who,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let (collector, held) = ct02::network(s, town, 60);
    let cast = cast(s, town, collector);
    s.spread(cast.broker);
    s.step("to_broker");
    let cash = s.part(held, 60, 85) / 2_000 * 2_000;
    s.withdraw((s.day(30), OFFICE), town, collector, cash.max(200_000));
    let (mut purse, mut blocks) = (0, 0);
    for d in 31..87 {
        for _ in 0..s.count(1, 4) {
            if s.rng.per_mille(150) {
                continue;
            }
            purse += deposit(s, d, &cast);
        }
        // A block for goods as soon as there is enough on the account.
        if purse > 5_600_000 {
            s.step("trade");
            let block = s.usd(48, 51, 1) * 1_000;
            let firm = cast.firms.get(blocks % 4).copied().unwrap_or(Who::Nobody);
            blocks += 1;
            s.pay(s.day(d), OFFICE, What::Wire(Code::Goods), (cast.broker, firm), block);
            purse = purse.saturating_sub(block);
        }
    }
    s.at_account(cast.broker)
}

fn cast(s: &mut Script<'_>, town: u8, collector: Who) -> Cast {
    let founded = s.rng.range(30, 60);
    let profile = Profile {
        turnover: Some(s.rng.range(6, 20) * 1_000),
        incorporated: Some(s.before(founded)),
        ..Profile::default()
    };
    let opened = s.rng.range(2, 28);
    let broker = s.found(town, (5099, 1, opened), profile, (Role::Subject, "broker"));
    let spec = Spec::of(s.rng.range(40, 200), 900).age(AgeBand::From22);
    let spec = spec.does(Activity::Student, "");
    let count = s.rng.range(4, 6);
    let mules = s.cast_many(town, &spec, count, (Role::RoleUndetermined, "student_mule"));
    let mut firms = Vec::new();
    for mcc in TRADES {
        let opened = s.rng.range(400, 3_000);
        let roles = (Role::CounterpartyOnly, "trading_firm");
        firms.push(s.found(town, (mcc, 6, opened), Profile::default(), roles));
    }
    let beneficiary = s.ally(town, "beneficiary");
    let overseas = s.company(abroad::DUBAI, 5);
    s.members.push((Part::Account(overseas), Role::Subject, "overseas_payer"));
    Cast { town, collector, broker, mules, firms, overseas, beneficiary }
}

/// Cash that a mule pays in, its mirror and where it goes; gives what reaches the broker.
fn deposit(s: &mut Script<'_>, d: u32, cast: &Cast) -> u32 {
    let mule = s.one(&cast.mules);
    s.step("cash");
    let cents = s.usd(2_400, 8_800, 100);
    let minute = s.minute(560, 780);
    let day = when_open(s.day(d));
    let branch = u8::try_from(s.rng.range(0, 3)).unwrap_or(0);
    s.put((day, minute), cast.town, What::DepositCounter { branch }, (mule, mule), cents);
    if s.rng.per_mille(450) {
        mirror(s, (day, minute), cast, cents);
    }
    s.step("goods");
    let on = s.part(cents, 75, 95);
    let next = later(day, 1);
    match s.rng.below(5) {
        0 => s.web((next, DAY), 5732, mule, on),
        1 => {
            let school = s.company(cast.town, 60);
            s.pay(next, DAY, What::Transfer(Code::Study), (mule, school), on);
        }
        _ => {
            s.pay(next, DAY, What::P2p, (mule, cast.broker), on);
            return on;
        }
    }
    0
}

/// The same value from abroad to the collector's beneficiary, who hands on a part.
fn mirror(s: &mut Script<'_>, (day, minute): (crate::calendar::Day, u32), cast: &Cast, cents: u32) {
    s.step("mirror");
    // By the clock where the cash is paid in: hours away from it, whatever the hour abroad.
    let at = minute + s.rng.range(10, 90);
    let same = s.part(cents, 98, 102);
    let wire = What::Wire(Code::Trade);
    if s.rng.per_mille(700) {
        s.put((day, at), cast.town, wire, (cast.overseas, cast.broker), same);
        let then = at + s.rng.range(10, 140);
        let what = What::Transfer(Code::Other);
        s.pay(day, (then, then), what, (cast.broker, cast.beneficiary), same);
    } else {
        s.put((day, at), cast.town, wire, (cast.overseas, cast.beneficiary), same);
    }
    if s.rng.per_mille(350) {
        s.step("to_collector");
        let back = s.part(same, 30, 70);
        let ends = (cast.beneficiary, cast.collector);
        s.pay(later(day, 2), DAY, What::P2p, ends, back);
    }
}
