//! CT-06: cards of round value from groceries, a coin exchanger within two days, and coin to an
//! advert host, week after week (F20 typology 4 and its case 'Prepaid cards and Bitcoin').
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(s.rng.range(60, 600), 1_900).second(Product::Crypto);
    let controller = s.cast(town, spec, Role::Subject, "controller");
    s.spread(controller);
    let exchanger = s.ally(town, "exchanger");
    let rounds = s.count(8, 11);
    for k in 0..rounds {
        let d = k * 27 / rounds;
        let mut bought = 0;
        for _ in 0..s.rng.range(1, 2) {
            let cents = s.usd(100, 450, 50);
            let mcc = if s.rng.per_mille(600) { 5411 } else { 5499 };
            s.step("gift_card");
            s.shop((s.day(d), DAY), (town, mcc), controller, cents);
            bought += cents;
        }
        s.step("coin_buy");
        let day = later(s.day(d), s.rng.range(0, 1));
        let spent = s.part(bought, 85, 95);
        s.pay(day, EVENING, What::CoinBuy(Coin::Btc), (controller, exchanger), spent);
        s.step("advert_coin");
        let sent = s.part(spent, 92, 99);
        let what = What::CoinOut(Coin::Btc, CryptoCategory::Advert);
        let cluster = s.key(9);
        s.coin((later(day, 1), EVENING), what, (other(controller), cluster), sent);
        if k % 3 == 0 {
            s.step("cash_in");
            let cash = s.usd(300, 800, 20);
            s.deposit((s.day(d), NIGHT), town, (controller, controller), cash);
        }
    }
    s.at_account(controller)
}
