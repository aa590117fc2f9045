//! Every payment of a full, noisy world with every typology against the rules of `payment.v1`, by
//! hand: this crate may not see the codec, and tests/e2e/synth.rs decodes the same with it. Sees a
//! record that the engine would refuse.

use palermo_domain::{Payment, PaymentKind, Rail};
use palermo_synth::{Config, Lookalikes, Noise, Planted, Society, World};
use std::collections::BTreeSet;

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:@#/+-".contains(&b))
}

fn is_hash(text: &str) -> bool {
    (16..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn ends(p: &Payment<'_>) {
    let (debtor, creditor) = (p.debtor.account.is_some(), p.creditor.account.is_some());
    match p.kind {
        PaymentKind::CashDeposit => assert!(creditor, "{p:?}"),
        PaymentKind::CashWithdrawal => assert!(debtor, "{p:?}"),
        PaymentKind::CashExchange => {}
        _ => assert!(debtor || creditor, "{p:?}"),
    }
    if debtor && creditor {
        assert_ne!(p.debtor.account, p.creditor.account, "{p:?}");
    }
    for end in [&p.debtor, &p.creditor] {
        for id in [&end.account, &end.party].into_iter().flatten() {
            assert!(is_id(id.expose()), "{p:?}");
        }
        assert!(end.phone.as_ref().is_none_or(|hash| is_hash(hash.expose())));
        assert!(end.place.country.as_deref().is_none_or(is_country));
        assert!(end.place.region.as_deref().is_none_or(|region| region.starts_with("US-")));
        assert!(end.bank.as_deref().is_none_or(|bank| bank.len() <= 35));
    }
}

fn parts(p: &Payment<'_>) {
    if let Some(merchant) = &p.merchant {
        let mcc = merchant.mcc.as_deref();
        assert!(mcc.is_none_or(|mcc| mcc.len() == 4 && mcc.bytes().all(|b| b.is_ascii_digit())));
        assert!(merchant.id.as_ref().is_none_or(|id| is_id(id.expose())));
    }
    if let Some(travel) = &p.travel {
        assert!(travel.passengers.is_none_or(|n| (1..=99).contains(&n)));
        assert!(travel.to_country.as_deref().is_none_or(is_country));
        assert!(travel.booking.as_ref().is_none_or(|hash| is_hash(hash.expose())));
        assert!(travel.travelers.iter().all(|hash| is_hash(hash.expose())));
    }
    for code in [p.terminal.as_ref().and_then(|t| t.place.locode.as_deref())].into_iter().flatten()
    {
        assert!(code.len() == 5 && code.bytes().all(|b| b.is_ascii_alphanumeric()), "{code}");
    }
    let device = p.device.as_ref().and_then(|device| device.id.as_ref());
    assert!(device.is_none_or(|id| is_id(id.expose())));
    assert!(p.purpose.as_deref().is_none_or(|code| code.len() == 4));
    assert!(p.text.as_ref().is_none_or(|text| text.expose().len() <= 560));
    assert_eq!(p.counter_amount.is_some(), p.counter_currency.is_some());
    assert!(p.utc_offset_minutes.is_none_or(|minutes| (-840..=840).contains(&minutes)));
    // A name is a word and a number, so that it sounds like nobody from anywhere.
    let names = [p.debtor.name.as_ref(), p.creditor.name.as_ref()].into_iter().flatten();
    for name in names {
        let digits = name.expose().strip_prefix("NAME ").or(name.expose().strip_prefix("FIRM "));
        assert!(digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())));
    }
    // No place of a person: what a rule may not read is not there.
    assert!(p.debtor.place.coordinates.is_none() && p.creditor.place.coordinates.is_none());
}

#[test]
fn every_payment_of_a_full_world_satisfies_the_schema() {
    let config = Config {
        seed: 12,
        accounts: 400,
        days: 300,
        society: Society::Full,
        noise: Noise::FIXED,
        planted: Planted::each(2),
        lookalikes: Lookalikes::each(1),
        evading_per_mille: 300,
        shared_per_mille: 500,
        ..Config::default()
    };
    let world = World::new(&config).expect("the configuration is valid");
    let (mut ids, mut kinds, mut currencies) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut refers = 0;
    for p in world.payments() {
        let id = p.payment_id.expose().to_string();
        if let Some(earlier) = &p.refers_to {
            refers += 1;
            assert!(ids.contains(earlier.expose().as_ref()), "{id} refers to one before it");
        }
        assert!(is_id(&id) && ids.insert(id));
        assert!(p.amount.is_sign_positive() && !p.amount.is_zero() && p.amount.scale() <= 8);
        let coin = matches!(p.currency.as_str(), "BTC" | "USDT");
        assert_eq!(coin, p.rail == Rail::Crypto, "{p:?}");
        ends(&p);
        parts(&p);
        kinds.insert(p.kind.as_str());
        currencies.insert(p.currency.as_str().to_owned());
    }
    assert!(kinds.len() >= 16, "{kinds:?}");
    assert!(currencies.len() >= 5, "{currencies:?}");
    assert!(refers >= 10, "{refers}");
}

#[test]
fn nothing_says_what_a_rule_may_not_know() {
    let config = Config { society: Society::Full, accounts: 400, ..Config::default() };
    let world = World::new(&config).expect("the configuration is valid");
    // The party has no field for nationality, religion or sex; homes of customers are in the
    // bank's country, but for wallets of networks and look-alikes abroad.
    let abroad = world.parties().filter(|party| {
        let home = party.home.as_ref().and_then(|home| home.expose().country.clone());
        home.is_some_and(|country| country != "US")
    });
    assert_eq!(abroad.count(), 0);
}
