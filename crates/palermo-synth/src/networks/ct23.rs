//! CT-23: a scam's victims send small trials and then large wires to a new firm; within a day the
//! money crosses four accounts, becomes stable coin within hours and leaves to a guarantee market
//! (PB23, financial flag 6: several small transfers to an exchange end, then high wires; F26S, CML25).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile { incorporated: Some(s.before(40)), ..Profile::default() };
    let front = s.found(town, (7372, 1, 25), profile, (Role::RoleUndetermined, "front_mule"));
    s.spread(front);
    let spec = Spec::of(s.rng.range(8, 50), 1_400).still();
    // Three or four hands: with three, the fourth payment of the day is the one to the exchange.
    let hands = s.rng.range(1, 2);
    let middle = s.cast_many(town, &spec, hands, (Role::RoleUndetermined, "mule"));
    let spec = spec.second(Product::Crypto);
    let last = s.cast(town, spec, Role::RoleUndetermined, "exit_mule");
    let chain: Vec<Who> = [front].into_iter().chain(middle).chain([last]).collect();
    let market = s.key(12);
    let skimmer = s.ally(town, "herder");
    let count = s.count(3, 5).max(2);
    for k in 0..count {
        let home = s.town();
        let spec = Spec::of(s.rng.range(2_000, 7_000), 5_200)
            .age(AgeBand::From65)
            .second(Product::Savings)
            .does(Activity::Retired, "");
        let target = s.cast(home, spec, Role::PotentialVictim, "scam_victim");
        let d = k * 12;
        let mut tried = 0;
        for n in 0..s.rng.range(2, 4) {
            s.step("trial");
            let cents = s.usd(200, 900, 50);
            let what = What::CoinBuy(Coin::Usdt);
            s.pay(s.day(d + n), DAY, what, (target, Who::company(27, 7)), cents);
            tried += cents;
        }
        s.step("trial_back");
        let back = s.part(tried, 105, 125);
        let what = What::CoinSell(Coin::Usdt);
        s.pay(s.day(d + 4), DAY, what, (Who::company(27, 7), target), back);
        for n in 0..s.rng.range(1, 3) {
            s.step("savings");
            let large = s.usd(12_000, 48_000, 1_000);
            let day = s.day(d + 9 + n * 6);
            s.pay(day, MORNING, What::Own, (other(target), target), large);
            s.step("large");
            let say = if n > 0 { Say::Tax } else { Say::Nothing };
            s.pay_for((day, OFFICE), say, What::Wire(Code::Other), (target, front), large);
            layers(s, day, &chain, (large, market));
        }
    }
    s.step("herder");
    let cents = s.usd(1_500, 4_000, 100);
    s.pay(s.day(56), DAY, What::P2p, (last, skimmer), cents);
    s.at_account(front)
}

/// Through every account of the chain within hours, and out.
fn layers(
    s: &mut Script<'_>,
    day: crate::calendar::Day,
    chain: &[Who],
    (large, market): (u32, u32),
) {
    let mut minute = 1_015;
    let mut cents = large;
    for (&from, &to) in chain.iter().zip(chain.iter().skip(1)) {
        s.step("hop");
        minute += s.rng.range(10, 70);
        cents = s.part(cents, 94, 99);
        let what = if cents > 1_000_000 { What::Wire(Code::Other) } else { What::P2p };
        s.pay(day, (minute, minute), what, (from, to), cents);
    }
    let Some(&last) = chain.last() else { return };
    s.step("convert");
    minute += s.rng.range(15, 120);
    if chain.len() < 4 {
        // Nearly all goes by transfer to an exchange elsewhere, a little is changed at the bank's
        // own desk.
        let away = s.part(cents, 91, 96);
        let exchange = Who::Listed(3 + u8::try_from(s.rng.range(0, 3)).unwrap_or(0));
        s.pay(day, (minute, minute), What::P2p, (last, exchange), away);
        cents = s.part(cents, 2, 4).max(5_000);
        minute += s.rng.range(3, 30);
    } else {
        cents = s.part(cents, 95, 99);
    }
    let what = What::CoinBuy(Coin::Usdt);
    s.pay(day, (minute, minute), what, (last, Who::company(27, 7)), cents);
    s.step("exit");
    minute += s.rng.range(10, 90);
    let what = What::CoinOut(Coin::Usdt, CryptoCategory::GuaranteeMarket);
    s.coin((day, (minute, minute)), what, (other(last), market), cents / 100 * 99);
}
