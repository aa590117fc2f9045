//! CT-27: coin from a trader who has bank accounts: many names pay in, coin goes to the collector's
//! wallet, or coin comes in and small sums go out to nominees, every day of the week (FT21, FTA24).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::predicate;

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let (collector, mut held) = predicate(s, 28);
    let town = s.town_of(collector);
    let spec = Spec::of(s.rng.range(100, 900), 2_600).second(Product::Crypto);
    let trader = s.cast(town, spec, Role::Subject, "coin_trader");
    s.spread(trader);
    let buyers = s.public(town, 34, (Role::CounterpartyOnly, "buyer"));
    let nominee = s.ally(town, "nominee");
    let sellers = s.public(town, 16, (Role::RoleUndetermined, "seller"));
    let wallet = s.key(13);
    for d in 0..39 {
        for _ in 0..s.rng.range(2, 4) {
            s.step("buyer");
            let buyer = s.one(&buyers);
            let cents = s.usd(80, 900, 10);
            s.pay(s.day(d), ANY, What::P2p, (buyer, trader), cents);
        }
        for _ in 0..s.rng.range(1, 2) {
            s.step("seller");
            let seller = s.one(&sellers);
            let cents = s.usd(60, 600, 10);
            s.pay(s.day(d), ANY, What::P2p, (trader, seller), cents);
        }
        s.step("exchange");
        let cents = s.usd(400, 1_400, 50);
        let vasp = Who::company(27, 7);
        s.pay(s.day(d), ANY, What::CoinBuy(Coin::Usdt), (trader, vasp), cents);
        if d > 10 && d % 5 == 2 && held > 100_000 {
            s.step("pay_trader");
            let paid = s.part(held, 35, 55);
            s.pay(s.day(d), ANY, What::P2p, (collector, trader), paid);
            held -= paid;
            s.step("coin");
            let what = What::CoinOut(Coin::Usdt, CryptoCategory::Other);
            let coin = s.part(paid, 93, 98);
            s.coin((s.day(d), NIGHT), what, (other(trader), wallet), coin);
            s.step("nominee");
            let back = s.part(paid, 10, 20);
            s.pay(later(s.day(d), 1), DAY, What::P2p, (trader, nominee), back);
        }
    }
    s.at_account(trader)
}
