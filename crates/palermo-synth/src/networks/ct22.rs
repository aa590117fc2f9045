//! CT-22: equal small payments of coin, every month, to one cluster; through a mixer to somebody who
//! sells after many inflows and moves the money to a bank (FT25 5 to 50; FTA24: about 150
//! transactions, over 5,000).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let vendor = s.key(10);
    let count = s.count(4, 6).max(3);
    for _ in 0..count {
        let town = s.town();
        let spec = Spec::of(s.rng.range(200, 2_000), 3_600).second(Product::Crypto);
        let consumer = s.cast(town, spec, Role::Subject, "consumer");
        let price = s.usd(10, 45, 5);
        let mut d = s.rng.range(0, 20);
        s.step("coin_buy");
        let cents = s.part(price * 6, 100, 120);
        let exchange = Who::company(27, 7);
        s.pay(s.day(d), EVENING, What::CoinBuy(Coin::Btc), (consumer, exchange), cents);
        while d < 145 {
            s.step("subscription");
            let what = What::CoinOut(Coin::Btc, CryptoCategory::Csam);
            s.coin((s.day(d + 1), NIGHT), what, (other(consumer), vendor), price);
            d += s.rng.range(28, 31);
        }
    }
    let town = s.town();
    let spec = Spec::of(s.rng.range(90, 700), 2_800).second(Product::Crypto);
    let launderer = s.cast(town, spec, Role::Subject, "exchanger");
    s.spread(launderer);
    let mixer = s.key(11);
    let inflows = s.count(110, 150);
    let mut held = 0;
    for k in 0..inflows {
        s.step("inflow");
        let cents = s.usd(12, 70, 1);
        let what = What::CoinIn(Coin::Btc, CryptoCategory::Mixer);
        s.coin((s.day(20 + k * 125 / inflows), ANY), what, (other(launderer), mixer), cents);
        held += cents;
        if k % 30 == 29 {
            s.step("sale");
            let day = s.day(21 + k * 125 / inflows);
            let buyer = Who::company(27, 7);
            let out = s.part(held, 90, 98);
            let what = What::CoinSell(Coin::Btc);
            s.pay(day, EVENING, what, (buyer, launderer), out);
            held -= out.min(held);
            s.step("to_bank");
            let boss = if k < 40 { s.ally(town, "beneficiary") } else { launderer };
            let on = s.part(out, 60, 90);
            if boss == launderer {
                s.withdraw((later(day, 1), DAY), town, launderer, on / 2_000 * 2_000);
            } else {
                s.pay(later(day, 1), DAY, What::P2p, (launderer, boss), on);
            }
        }
    }
    s.at_account(launderer)
}
