//! The stream itself: the same bytes from the same seed, order, what the schema asks for, the shape
//! of ordinary life, and the disturbed delivery. Sees nondeterminism, bad records and gross changes
//! of proportion; cannot see whether a single life is believable.

use palermo_domain::{Payment, PaymentKind, Rail, Span};
use palermo_synth::{Config, ConfigError, Disorder, Lookalikes, Planted, World};
use std::collections::{BTreeMap, BTreeSet};

#[expect(clippy::expect_used, reason = "a test stops where its world cannot be made")]
fn world(seed: u64) -> World {
    let config = Config { seed, accounts: 1_500, ..Config::default() };
    World::new(&config).expect("the configuration is valid")
}

/// FNV-1a over what identifies a payment; the same on every machine.
fn digest(payments: impl Iterator<Item = Payment<'static>>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for p in payments {
        add(p.payment_id.expose());
        add(&p.event_time.to_string());
        add(p.kind.as_str());
        add(p.rail.as_str());
        add(&p.amount.to_string());
        add(&p.utc_offset_minutes.unwrap_or(0).to_string());
        for end in [&p.debtor, &p.creditor] {
            for text in [&end.account, &end.party, &end.phone] {
                add(text.as_ref().map_or("-", |text| text.expose()));
            }
            add(end.place.town.as_deref().unwrap_or("-"));
        }
        let merchant = p.merchant.as_ref();
        add(merchant.and_then(|m| m.id.as_ref()).map_or("-", |text| text.expose()));
        add(merchant.and_then(|m| m.mcc.as_deref()).unwrap_or("-"));
        let terminal = p.terminal.as_ref();
        add(terminal.and_then(|t| t.id.as_ref()).map_or("-", |text| text.expose()));
    }
    hash
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = world(7);
    let all = digest(first.payments());
    // Consumed in part, asked for the truth, made again: nothing changes.
    assert_eq!(first.payments().take(1_000).count(), 1_000);
    assert_eq!(first.truth(), world(7).truth());
    assert_eq!(all, digest(first.payments()));
    assert_eq!(all, digest(world(7).payments()));
    assert!(first.parties().eq(world(7).parties()));
    let shorter = Config {
        days: 21,
        planted: Planted::NONE,
        lookalikes: Lookalikes::NONE,
        ..first.config().clone()
    };
    assert_ne!(all, digest(world(8).payments()), "another seed is another world");
    assert!(World::new(&shorter).is_ok_and(|world| digest(world.payments()) != all));
}

/// Changes whenever the world does; then say so in the commit, because every recorded run changes.
#[test]
fn the_bytes_are_the_same_on_every_machine() {
    assert_eq!(digest(world(1).payments()), PINNED, "the world has changed");
}

const PINNED: u64 = 15_911_841_727_780_109_542;

#[test]
fn payments_come_in_order_with_sequential_ids() {
    let world = world(3);
    let mut before = None;
    let mut count: u64 = 0;
    for payment in world.payments() {
        assert!(before <= Some(payment.event_time));
        before = Some(payment.event_time);
        assert_eq!(payment.payment_id.expose(), &format!("p-{count:012}"));
        count += 1;
    }
    let weekly = count * 7 * 10 / u64::from(world.config().accounts) / 31;
    assert!((30..=45).contains(&weekly), "3 to 4.5 payments per account and week: {weekly}");
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:@#/+-".contains(&b))
}

fn is_hash(text: &str) -> bool {
    (16..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn check(p: &Payment<'_>) {
    assert!(is_id(p.payment_id.expose()));
    assert!(p.amount.scale() == 2 && p.amount.is_sign_positive() && !p.amount.is_zero());
    assert!(p.utc_offset_minutes.is_some_and(|m| (-480..=-240).contains(&m)));
    let (debtor, creditor) = (p.debtor.account.is_some(), p.creditor.account.is_some());
    match p.kind {
        PaymentKind::CashDeposit => assert!(creditor && !debtor),
        PaymentKind::CashWithdrawal => assert!(debtor && !creditor),
        PaymentKind::CardPurchase => assert!(debtor && p.merchant.is_some() && p.card.is_some()),
        _ if p.rail == Rail::Remittance => assert!(debtor && !creditor),
        _ => assert!(debtor && creditor, "{p:?}"),
    }
    for end in [&p.debtor, &p.creditor] {
        for text in [&end.account, &end.party].into_iter().flatten() {
            assert!(is_id(text.expose()));
        }
        assert!(end.phone.as_ref().is_none_or(|hash| is_hash(hash.expose())));
        assert!(end.name.is_none() && end.place.coordinates.is_none());
    }
    if debtor && creditor {
        assert_ne!(p.debtor.account, p.creditor.account);
    }
    if let Some(merchant) = &p.merchant {
        let mcc = merchant.mcc.as_deref().unwrap_or("");
        assert!(mcc.len() == 4 && mcc.bytes().all(|b| b.is_ascii_digit()));
        assert!(merchant.id.as_ref().is_some_and(|text| is_id(text.expose())));
    }
    if let Some(terminal) = &p.terminal {
        assert!(terminal.place.coordinates.is_some() && terminal.kind.is_some());
        assert!(terminal.id.as_ref().is_some_and(|text| is_id(text.expose())));
    }
    let hashes = [
        p.conductor.as_ref().and_then(|c| c.document.as_ref()),
        p.service.as_ref().and_then(|s| s.reference.as_ref()),
    ];
    assert!(hashes.into_iter().flatten().all(|hash| is_hash(hash.expose())));
    assert!(p.purpose.as_deref().is_none_or(|code| code.len() == 4));
    let locode = p.terminal.as_ref().and_then(|t| t.place.locode.as_deref());
    assert!(locode.is_none_or(|code| code.len() == 5 && code.starts_with("US")));
}

#[test]
fn every_payment_satisfies_the_schema() {
    for payment in world(4).payments() {
        check(&payment);
    }
}

#[test]
fn parties_hold_the_accounts_and_nothing_is_held_twice() {
    let world = world(5);
    let mut accounts = BTreeSet::new();
    let mut parties = BTreeSet::new();
    for party in world.parties() {
        assert!(is_id(party.party.expose()) && parties.insert(party.party.into_inner()));
        assert!(party.as_of < world.config().start.midnight());
        assert!(party.home.is_some_and(|home| home.expose().coordinates.is_some()));
        for hash in [party.phone, party.email, party.address].into_iter().flatten() {
            assert!(is_hash(hash.expose()));
        }
        for account in party.accounts {
            assert!(account.opened.is_some_and(|day| day < world.config().start));
            assert!(accounts.insert(account.account.into_inner()), "held once");
        }
    }
    // Ordinary ones, and those of 6 planted cases and 4 look-alikes: 3 x 2 + 3 x 2 + 2 + 2 + 1 + 2.
    assert_eq!(accounts.len(), 1_500 + 19);
    for payment in world.payments() {
        for end in [&payment.debtor, &payment.creditor] {
            if let Some(account) = &end.account {
                let ours = accounts.contains(account.expose().as_ref());
                assert_eq!(end.ours, Some(ours));
            }
        }
    }
}

#[test]
fn ordinary_life_keeps_its_proportions() {
    let mut kinds: BTreeMap<(PaymentKind, Rail), u64> = BTreeMap::new();
    let mut total = 0;
    for payment in world(6).payments() {
        *kinds.entry((payment.kind, payment.rail)).or_default() += 1;
        total += 1;
    }
    for ((kind, rail), per_mille) in [
        ((PaymentKind::CardPurchase, Rail::Card), 450..650),
        ((PaymentKind::Payroll, Rail::Ach), 60..140),
        ((PaymentKind::DirectDebit, Rail::Ach), 60..140),
        ((PaymentKind::CashWithdrawal, Rail::Cash), 40..110),
        ((PaymentKind::Transfer, Rail::P2p), 50..140),
        ((PaymentKind::Transfer, Rail::Ach), 25..80),
        ((PaymentKind::CashDeposit, Rail::Cash), 10..50),
        ((PaymentKind::Transfer, Rail::Remittance), 3..20),
        ((PaymentKind::Transfer, Rail::Internal), 5..30),
        ((PaymentKind::Benefit, Rail::Ach), 3..15),
    ] {
        let share = kinds.get(&(kind, rail)).copied().unwrap_or(0) * 1_000 / total;
        assert!(per_mille.contains(&share), "{kind:?} {rail:?}: {share} per mille");
    }
}

#[test]
fn disorder_delivers_everything_in_order_of_ingest() {
    let world = world(9);
    let how = Disorder {
        partitions: 4,
        duplicates_per_mille: 50,
        late_per_mille: 20,
        late_by: Span::from_days(2),
        shuffle_within: Span::from_millis(7_200_000),
        ..Disorder::default()
    };
    let records: Vec<_> = how
        .apply(world.payments().take(20_000))
        .map(|r| (r.ingest, r.payment.event_time, r.partition, r.duplicate, r.late))
        .collect();
    let copies = records.iter().filter(|r| r.3).count();
    assert_eq!(records.len(), 20_000 + copies);
    assert!((800..1_200).contains(&copies), "{copies}");
    let late = records.iter().filter(|r| r.4 && !r.3).count();
    assert!((300..500).contains(&late), "{late}");
    assert!(records.is_sorted_by_key(|r| r.0));
    assert!(records.iter().all(|r| r.0.0 >= r.1.0 && r.2 < 4));
    assert!(!records.is_sorted_by_key(|r| r.1), "event times are out of order");
    let used: BTreeSet<u16> = records.iter().map(|r| r.2).collect();
    assert_eq!(used.len(), 4);
    let again = how.apply(world.payments().take(20_000));
    assert!(again.map(|r| (r.ingest, r.partition)).eq(records.iter().map(|r| (r.0, r.2))));
    // The default disturbs nothing.
    let plain = Disorder::default().apply(world.payments().take(2_000)).map(|r| r.payment);
    assert!(plain.eq(world.payments().take(2_000)));
}

#[test]
fn impossible_worlds_are_refused() {
    let make = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        World::new(&config).err()
    };
    assert_eq!(make(|c| c.accounts = 99), Some(ConfigError::Accounts(99)));
    assert_eq!(make(|c| c.days = 20), Some(ConfigError::Days(20)));
    assert_eq!(make(|c| c.planted = Planted::demo(501)), Some(ConfigError::Cases(501)));
    assert_eq!(
        make(|c| c.start = palermo_domain::Date(-1)).map(|e| e.to_string()),
        Some("`start` is 1969-12-31; choose a day from 1970 to 2200".into())
    );
    let quiet = |c: &mut Config| {
        c.days = 1;
        c.planted = Planted::NONE;
        c.lookalikes = Lookalikes::NONE;
    };
    assert_eq!(make(quiet), None);
}
