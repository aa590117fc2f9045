//! CT-06: cards of round value from groceries, coin for cards within two days, and coin to an
//! advert host, again every second day (F20 typology 4 and its case 'Prepaid cards and Bitcoin').
//!
//! The coin is mostly bought by card at a service where people trade, and now and then from a
//! person who changes it. The handle of the holder may stand in the adverts, and several prepaid phones
//! may be topped up for those who are advertised (AU22).
#![expect(
    clippy::arithmetic_side_effects,
    reason = "days, counts and cents of one case, by the literals here"
)]

use crate::prelude::*;

/// A card's face value: multiples of 25, whatever the noise.
fn face(s: &mut Script<'_>) -> u32 {
    let cents = s.usd(100, 450, 50);
    ((cents + 1_250) / 2_500 * 2_500).min(47_500)
}

pub(crate) fn write(s: &mut Script<'_>) -> Scene {
    let town = s.town();
    let [known, phones_of_others] = s.ties();
    let spec = Spec::of(s.rng.range(60, 600), 1_900).second(Product::Crypto);
    let spec = if known { spec.with(|profile| profile.handle = Some(HANDLE)) } else { spec };
    let controller = s.cast(town, spec, Role::Subject, "controller");
    s.spread(controller);
    let exchanger = s.ally(town, "exchanger");
    let phones = s.count(4, 7);
    let rounds = s.count(12, 15);
    for k in 0..rounds {
        let d = k * 27 / rounds;
        let bought = cards(s, d, town, controller);
        advertise(s, (k, d), (controller, exchanger), bought);
        if k % 3 == 0 {
            s.step("cash_in");
            let cash = s.usd(300, 800, 20);
            s.deposit((s.day(d), NIGHT), town, (controller, controller), cash);
        }
        if phones_of_others && k % 2 == 0 {
            s.step("phone");
            for _ in 0..2 {
                let number = 20 + s.rng.range(1, phones);
                s.topup(s.day(d), controller, number);
            }
        }
    }
    if known {
        s.step("customer");
        for k in 0..6 {
            let customer = s.outside(town, Role::CounterpartyOnly, "customer");
            let cents = s.usd(120, 300, 20);
            s.pay(s.day(k * 4 + 1), EVENING, What::P2p, (customer, controller), cents);
        }
    }
    s.at_account(controller)
}

/// The handle that stands in adverts.
const HANDLE: &str = "ADVERT-HANDLE:1";

/// One to three cards. Gives their value.
fn cards(s: &mut Script<'_>, d: u32, town: u8, controller: Who) -> u32 {
    let mut bought = 0;
    for _ in 0..s.rng.range(1, 3) {
        let cents = face(s);
        let mcc = match s.rng.range(0, 9) {
            0..=4 => 5411,
            5..=7 => 5499,
            _ => 5310,
        };
        s.step("gift_card");
        s.shop((s.day(d), DAY), (town, mcc), controller, cents);
        bought += cents;
    }
    bought
}

/// Coin for the cards, and adverts for the coin.
fn advertise(
    s: &mut Script<'_>,
    (k, d): (u32, u32),
    (controller, exchanger): (Who, Who),
    bought: u32,
) {
    let day = later(s.day(d), s.rng.range(0, 1));
    let spent = s.part(bought, 85, 95);
    s.step("coin_buy");
    if k % 4 == 3 {
        s.pay(day, EVENING, What::CoinBuy(Coin::Btc), (controller, exchanger), spent);
    } else {
        let service = Who::Listed(3);
        s.pay(day, EVENING, What::CoinCard(Coin::Btc), (controller, service), spent);
    }
    s.step("advert_coin");
    let sent = s.part(spent, 92, 99);
    let what = What::CoinOut(Coin::Btc, CryptoCategory::Advert);
    let cluster = s.key(9);
    s.coin((later(day, 1), EVENING), what, (other(controller), cluster), sent);
}
