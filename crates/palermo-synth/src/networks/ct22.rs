//! CT-22: equal small payments of coin, every month, to one cluster; on to somebody who sells after
//! many inflows and moves the money to a bank (FT25: CAD 5 to 50; FTA24: a case of about 150
//! transactions, over 5,000).
//!
//! Three ways lead to the seller: the subscribers pay straight to an address that the seller holds
//! here; a wallet or two lie between, and each payment is passed on; or a mixer pays out in sums of
//! its own, from addresses that are new each time. What comes through others is traced by analysts,
//! with the steps and the share that they found. The seller sells at an exchange and, as the
//! exchangers of FTA24 do, to private people here and abroad.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// How the coin comes to the seller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Straight,
    PassedOn,
    Mixed,
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let way = match s.rng.range(0, 2) {
        0 => Way::Straight,
        1 => Way::PassedOn,
        _ => Way::Mixed,
    };
    // One price for all, less what the chain costs where others pass it on.
    let price = s.usd(15, 35, 5);
    let town = s.town();
    let spec = Spec::of(s.rng.range(90, 700), 2_800).second(Product::Crypto);
    let launderer = s.cast(town, spec, Role::Subject, "exchanger");
    s.spread(launderer);
    let vendor = s.key(10);
    let count = s.count(4, 6).max(3);
    for _ in 0..count {
        let to = if way == Way::Straight { other(launderer) } else { Who::Nobody };
        consumer(s, (to, vendor), price);
    }
    let buyers = buyers(s, town);
    let inflows = s.count(110, 150);
    let mut held = 0;
    for k in 0..inflows {
        let day = s.day(20 + k * 125 / inflows);
        held += inflow(s, day, (way, k), other(launderer), price);
        if k % 3 == 2 {
            s.step("sale");
            let buyer = s.one(&buyers);
            let cents = s.usd(20, 75, 5).min(held);
            let abroad = matches!(buyer, Who::Outside(_)) && s.town_of(buyer) == abroad::LONDON;
            let what = if abroad { What::Remit { friend: false } } else { What::P2p };
            s.pay(later(day, 1), EVENING, what, (buyer, launderer), cents);
            held -= cents;
        }
        if k % 30 == 29 {
            sell(s, (later(day, 1), k), (town, launderer), &mut held);
        }
    }
    s.at_account(launderer)
}

/// Somebody who pays the same price every month.
fn consumer(s: &mut Script<'_>, (to, vendor): (Who, u32), price: u32) {
    let town = s.town();
    let spec = Spec::of(s.rng.range(200, 2_000), 3_600).second(Product::Crypto);
    let consumer = s.cast(town, spec, Role::Subject, "consumer");
    let mut d = s.rng.range(0, 20);
    s.step("coin_buy");
    let cents = s.part(price * 6, 100, 120);
    let exchange = Who::company(27, 7);
    s.pay(s.day(d), EVENING, What::CoinBuy(Coin::Btc), (consumer, exchange), cents);
    while d < 145 {
        s.step("subscription");
        let what = What::CoinOut(Coin::Btc, CryptoCategory::Csam);
        let at = (s.day(d + 1), NIGHT);
        s.more = vendor;
        s.pay(at.0, at.1, what, (other(consumer), to), price);
        s.more = 0;
        d += s.rng.range(28, 31);
    }
}

/// One payment of the many; in a mixer's sums between 5 and 36, the published range in dollars.
fn inflow(
    s: &mut Script<'_>,
    day: crate::calendar::Day,
    (way, k): (Way, u32),
    to: Who,
    price: u32,
) -> u32 {
    s.step("inflow");
    let category = CryptoCategory::Csam;
    let (what, cents) = match way {
        Way::Straight => (What::CoinAtLabel { category }, price),
        Way::PassedOn => {
            let (hops, percent) = (s.rng.range(1, 2), s.rng.range(60, 100));
            (traced(category, hops, percent), price * s.rng.range(95, 100) / 100)
        }
        Way::Mixed => {
            let (hops, percent) = (s.rng.range(1, 3), s.rng.range(15, 70));
            (traced(category, hops, percent), s.usd(5, 36, 1))
        }
    };
    // Subscribers and mixers pay from addresses of their own; one in four comes back.
    s.more = s.key(40 + k % 110);
    s.pay(day, ANY, what, (Who::Nobody, to), cents);
    s.more = 0;
    cents
}

fn traced(category: CryptoCategory, hops: u32, percent: u32) -> What {
    let (hops, percent) = (u8::try_from(hops).unwrap_or(1), u8::try_from(percent).unwrap_or(20));
    What::Traced { category, hops, percent }
}

/// People who buy coin from somebody rather than at an exchange, here and abroad.
fn buyers(s: &mut Script<'_>, town: u8) -> Vec<Who> {
    let count = s.rng.range(5, 8);
    (0..count)
        .map(|k| {
            let home = if k % 3 == 2 { abroad::LONDON } else { town };
            s.outside(home, Role::CounterpartyOnly, "buyer")
        })
        .collect()
}

/// What is held is sold at an exchange, and the money goes on.
fn sell(
    s: &mut Script<'_>,
    (day, k): (crate::calendar::Day, u32),
    (town, launderer): (u8, Who),
    held: &mut u32,
) {
    s.step("sale");
    let exchange = Who::company(27, 7);
    let out = s.part(*held, 90, 98).max(100);
    s.pay(day, EVENING, What::CoinSell(Coin::Btc), (exchange, launderer), out);
    *held -= out.min(*held);
    s.step("to_bank");
    let on = s.part(out, 60, 90);
    if k < 40 {
        let boss = s.ally(town, "beneficiary");
        s.pay(later(day, 1), DAY, What::P2p, (launderer, boss), on);
    } else {
        s.withdraw((later(day, 1), DAY), town, launderer, (on / 2_000 * 2_000).max(2_000));
    }
}
