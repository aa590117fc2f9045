//! Look-alikes with coin: gamers, subscriptions, investors, desks.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use super::{OTHER, holder};
use crate::prelude::*;

/// Somebody who gives round cards and keeps a little coin at home.
pub(super) fn gift_gamer(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let gamer = holder(s, town, Spec::of(1_200, 2_900).second(Product::Crypto));
    for k in 0..6 {
        s.step("gift_card");
        let cents = s.usd(25, 100, 25);
        s.shop((s.day(k * 4), DAY), (town, 5947), gamer, cents);
        s.step("game");
        let cents = s.usd(10, 60, 1);
        s.web((s.day(k * 4 + 1), EVENING), 5816, gamer, cents);
    }
    s.step("coin");
    for k in 0..3 {
        let what = What::CoinBuy(Coin::Btc);
        s.pay(s.day(k * 9), EVENING, what, (gamer, Who::company(27, 7)), 5_000);
    }
    s.at_account(gamer)
}

/// A subscription paid in coin, and its maker who sells what comes in.
pub(super) fn vpn_wallet(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let maker = holder(s, town, Spec::of(1_500, 3_800).second(Product::Crypto));
    let price = s.usd(8, 14, 1);
    let mut held = 0;
    for k in 0..60 {
        s.step("subscription");
        let what = What::CoinIn(Coin::Btc, CryptoCategory::Other);
        let cluster = s.key(20 + k % 30);
        s.coin((s.day(k * 5 / 2), ANY), what, (other(maker), cluster), price);
        held += price;
        if k % 20 == 19 {
            s.step("sale");
            let what = What::CoinSell(Coin::Btc);
            s.pay(s.day(k * 5 / 2), DAY, what, (Who::company(27, 7), maker), held);
            held = 0;
        }
    }
    s.at_account(maker)
}

/// Somebody who puts the same sum into coin every month, and keeps it.
pub(super) fn coin_investor(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let spec = Spec::of(2_000, 7_000).second(Product::Crypto);
    let investor = holder(s, town, spec.age(AgeBand::From35));
    for k in 0..8 {
        s.step("buy");
        let what = What::CoinBuy(Coin::Btc);
        s.pay(s.day(k * 7), EVENING, what, (investor, Who::company(27, 7)), 50_000);
    }
    s.step("large_buy");
    let cents = s.usd(4_000, 9_000, 500);
    let what = What::CoinBuy(Coin::Btc);
    s.pay(s.day(40), OFFICE, what, (investor, Who::company(27, 7)), cents);
    s.at_account(investor)
}

/// A licensed desk with a declared turnover.
pub(super) fn otc_desk(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let profile = Profile {
        licensed: Some(true),
        turnover: Some(400_000),
        segment: Some("licensed_exchange"),
        ..Profile::default()
    };
    let desk = s.found(town, (6051, 12, 1_600), profile, (OTHER, "licensed_desk"));
    let clients = s.public(town, 30, (OTHER, "client"));
    for d in 0..39 {
        for _ in 0..4 {
            s.step("client");
            let client = s.one(&clients);
            let cents = s.usd(200, 3_000, 50);
            s.pay(s.day(d), DAY, What::P2p, (client, desk), cents);
        }
        s.step("client_out");
        let client = s.one(&clients);
        let cents = s.usd(200, 2_500, 50);
        s.pay(s.day(d), DAY, What::P2p, (desk, client), cents);
        s.step("exchange");
        let cents = s.usd(3_000, 6_000, 100);
        s.pay(s.day(d), OFFICE, What::CoinBuy(Coin::Usdt), (desk, Who::company(27, 7)), cents);
    }
    s.at_account(desk)
}
