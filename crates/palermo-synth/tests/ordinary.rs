//! Ordinary people have every kind of data that planted people have. Sees a field that gives a case
//! away; cannot see whether the shares are those of a real bank.
#![expect(clippy::arithmetic_side_effects, reason = "small counts in a test")]

use palermo_domain::{EventCode, EventTime, Payment, PaymentKind, Product, RelationKind};
use palermo_synth::{Config, Lookalikes, Planted, Society, World};
use std::collections::{BTreeMap, BTreeSet};

#[expect(clippy::expect_used, reason = "a test stops where its world cannot be made")]
fn world() -> World {
    let config = Config {
        seed: 11,
        accounts: 4_000,
        days: 90,
        society: Society::Full,
        planted: Planted::NONE,
        lookalikes: Lookalikes::NONE,
        ..Config::default()
    };
    World::new(&config).expect("the configuration is valid")
}

fn text(value: Option<&palermo_domain::Text<'_>>) -> Option<String> {
    value.map(|text| text.expose().clone().into_owned())
}

fn ends<'a>(
    payments: &'a [Payment<'static>],
) -> impl Iterator<Item = &'a palermo_domain::End<'static>> {
    payments.iter().flat_map(|p| [&p.debtor, &p.creditor])
}

fn share(part: usize, whole: usize) -> usize {
    part * 100 / whole.max(1)
}

#[test]
fn records_of_ordinary_payments_say_what_those_of_cases_say() {
    let payments: Vec<Payment<'static>> = world().payments().collect();
    let of = |kind: PaymentKind| payments.iter().filter(move |p| p.kind == kind);

    let wages: Vec<_> = of(PaymentKind::Payroll).collect();
    let named = wages.iter().filter(|p| p.creditor.name.is_some()).count();
    assert!((75..98).contains(&share(named, wages.len())), "{named} of {}", wages.len());
    assert!(wages.iter().any(|p| p.gross_amount.is_some()));

    let by_phone = payments.iter().filter(|p| p.rail == palermo_domain::Rail::P2p);
    let payees: Vec<_> = by_phone.map(|p| p.creditor.alias.is_some()).collect();
    let with = payees.iter().filter(|known| **known).count();
    assert!((30..80).contains(&share(with, payees.len())), "{with} of {}", payees.len());
    let advertised = |end: &&palermo_domain::End<'_>| {
        text(end.alias.as_ref()).is_some_and(|alias| alias == "ADVERT-HANDLE:1")
    };
    assert!(ends(&payments).any(|end| advertised(&end)));

    for listed in ["ADULTPAY:", "VASP:", "MSB:"] {
        let met = ends(&payments)
            .filter_map(|end| text(end.account.as_ref()))
            .any(|account| account.starts_with(listed));
        assert!(met, "{listed}");
    }

    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for payment in &payments {
        let device = payment.device.as_ref().and_then(|device| text(device.id.as_ref()));
        if let (Some(device), Some(party)) = (device, text(payment.debtor.party.as_ref())) {
            users.entry(device).or_default().insert(party);
        }
    }
    assert!(users.values().filter(|parties| parties.len() >= 3).count() > 20);

    let by_others = of(PaymentKind::CashWithdrawal)
        .filter(|p| p.conductor.as_ref().is_some_and(|who| who.is_holder == Some(false)));
    assert!(by_others.count() > 5);
    let coin = of(PaymentKind::CryptoTransfer).count();
    assert!(coin > 100, "{coin}");
}

#[test]
fn records_of_ordinary_customers_say_what_those_of_cases_say() {
    let world = world();
    let start = world.config().start.midnight();
    let parties: Vec<_> = world.parties().collect();
    let people = parties.len();
    let dated = |kind: RelationKind| {
        let relations = parties.iter().flat_map(|party| &party.relations);
        relations.filter(|one| one.kind == kind && one.since.is_some()).count()
    };
    let added = dated(RelationKind::AuthorizedUser);
    assert!((2..25).contains(&share(added, people)), "{added} of {people}");
    assert!(dated(RelationKind::PowerOfAttorney) > 0 && dated(RelationKind::JointHolder) > 0);
    for code in [EventCode::Bh01, EventCode::Bh02, EventCode::Bh04] {
        let seen = parties.iter().filter(|party| party.events.iter().any(|e| e.code == code));
        let seen = seen.count();
        assert!(seen > 0 && share(seen, people) < 3, "{seen} of {people}");
    }
    let wallets = parties.iter().flat_map(|party| &party.accounts);
    assert!(wallets.clone().any(|account| account.product == Some(Product::Crypto)));
    let opened = wallets.filter_map(|account| account.opened);
    let later = opened.filter(|day| day.midnight() > start).count();
    assert!((3..12).contains(&share(later, people)), "{later} of {people}");
}

#[test]
fn nobody_is_paid_before_the_account_is_opened() {
    let world = world();
    let mut opened: BTreeMap<String, EventTime> = BTreeMap::new();
    for party in world.parties() {
        for account in &party.accounts {
            if let Some(day) = account.opened {
                opened.insert(account.account.expose().clone(), day.midnight());
            }
        }
    }
    for payment in world.payments() {
        for end in [&payment.debtor, &payment.creditor] {
            let account = text(end.account.as_ref());
            if let Some(day) = account.and_then(|account| opened.get(&account)) {
                assert!(payment.event_time >= *day, "{}", payment.payment_id.expose());
            }
        }
    }
}
