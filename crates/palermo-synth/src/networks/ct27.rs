//! CT-27: coin from a trader who has bank accounts: many names pay in, coin is bought at an exchange
//! the same day and a few sellers are paid, every day of the week; the trader lives on the spread.
//! The collector of a trafficking network is one of those who pay, and the coin goes where it is
//! sent (FT21, FTA24): to a guarantee market, or to a host of adverts with coin bought by card; or
//! coin of a seller of abuse material comes in and small sums go out to nominees.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

use super::shared::predicate;

/// Whom the trader pays, buys from and serves.
struct Trade {
    trader: Who,
    buyers: Vec<Who>,
    sellers: Vec<Who>,
    exchange: Who,
    nominee: Who,
    wallet: u32,
    /// What the collector's coin is for.
    side: u64,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let (collector, mut held) = predicate(s, 28);
    let town = s.town_of(collector);
    let spec = Spec::of(s.rng.range(100, 900), 2_600).second(Product::Crypto);
    let trader = s.cast(town, spec, Role::Subject, "coin_trader");
    s.spread(trader);
    let (buyers, sellers) = (s.count(24, 80), s.count(10, 40));
    let trade = Trade {
        trader,
        buyers: s.public(town, buyers, (Role::CounterpartyOnly, "buyer")),
        sellers: s.public(town, sellers, (Role::RoleUndetermined, "seller")),
        exchange: Who::Listed(3 + u8::try_from(s.rng.range(0, 3)).unwrap_or(0)),
        nominee: s.ally(town, "nominee"),
        wallet: s.key(13),
        side: s.rng.below(3),
    };
    let mut purse = 0;
    for d in 0..39 {
        if d > 10 && d % 5 == 2 && held > 100_000 {
            s.step("pay_trader");
            let paid = s.part(held, 35, 55);
            s.pay(s.day(d), DAY, What::P2p, (collector, trader), paid);
            held -= paid;
            purse += paid;
            serve(s, d, &trade, paid);
        }
        purse = trading_day(s, d, &trade, purse);
        if trade.side == 2 {
            material(s, d, &trade);
        }
    }
    s.at_account(trader)
}

/// What came in goes out the same day, but for the spread: a part to sellers of coin, the rest to
/// the exchange. Gives what is left.
fn trading_day(s: &mut Script<'_>, d: u32, trade: &Trade, purse: u32) -> u32 {
    let mut purse = purse;
    for _ in 0..s.rng.range(2, 4) {
        s.step("buyer");
        let buyer = s.one(&trade.buyers);
        let cents = s.usd(80, 900, 10);
        s.pay(s.day(d), (0, 1_300), What::P2p, (buyer, trade.trader), cents);
        purse += cents;
    }
    for _ in 0..s.rng.range(1, 2) {
        s.step("seller");
        let seller = s.one(&trade.sellers);
        let cents = s.part(purse, 5, 14);
        s.pay(s.day(d), (600, 1_310), What::P2p, (trade.trader, seller), cents);
        purse -= cents;
    }
    s.step("exchange");
    let cents = s.part(purse, 93, 99);
    let ends = (trade.trader, trade.exchange);
    s.pay(s.day(d), (1_320, 1_435), What::Transfer(Code::Other), ends, cents);
    purse - cents
}

/// The coin that the collector has paid for.
fn serve(s: &mut Script<'_>, d: u32, trade: &Trade, paid: u32) {
    let coin = s.part(paid, 93, 98);
    let from = (other(trade.trader), trade.wallet);
    match trade.side {
        0 => {
            s.step("coin");
            let what = What::CoinOut(Coin::Usdt, CryptoCategory::GuaranteeMarket);
            s.coin((s.day(d), NIGHT), what, from, coin);
        }
        1 => {
            // Adverts are renewed every day or two: coin for them is bought in small pieces
            // (FT21, types 8).
            for n in 0..3 {
                let day = later(s.day(d), n);
                s.step("card_buy");
                let what = What::CoinCard(Coin::Btc);
                let desk = (other(trade.trader), Who::company(27, 7));
                s.pay(day, EVENING, what, desk, coin / 3);
                s.step("coin");
                let what = What::CoinOut(Coin::Btc, CryptoCategory::Advert);
                s.coin((later(day, 1), DAY), what, from, coin / 3);
            }
        }
        _ => {
            s.step("coin");
            let what = What::CoinOut(Coin::Usdt, CryptoCategory::Other);
            s.coin((s.day(d), NIGHT), what, from, coin);
        }
    }
}

/// Small coin of a seller of abuse material, changed and paid out to nominees (FTA24: some 150
/// payments and 5,000 dollars in one case).
fn material(s: &mut Script<'_>, d: u32, trade: &Trade) {
    let (own, seller) = (other(trade.trader), trade.wallet + 1);
    let mut taken = 0;
    for _ in 0..s.rng.range(1, 3) {
        s.step("labeled_coin");
        let cents = s.usd(15, 60, 1);
        let what = What::CoinIn(Coin::Btc, CryptoCategory::Csam);
        s.coin((s.day(d), (0, 1_200)), what, (own, seller), cents);
        taken += cents;
    }
    s.step("sell_coin");
    let what = What::CoinSell(Coin::Btc);
    s.pay(s.day(d), (1_210, 1_300), what, (Who::company(27, 7), trade.trader), taken);
    s.step("nominee");
    let on = s.part(taken, 88, 96);
    s.pay(later(s.day(d), 1), DAY, What::P2p, (trade.trader, trade.nominee), on);
}
