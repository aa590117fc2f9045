//! The planted networks of every typology and the look-alikes: truth against the stream, noise,
//! evading, sharing. Sees a script that forgets a step, a role or a payment, and noise that is not
//! what it says; cannot see whether a network is like a real one.
#![expect(clippy::arithmetic_side_effects, reason = "small counts and cents in a test")]

use palermo_domain::alert::Role;
use palermo_domain::{EventTime, Payment, to_cents};
use palermo_synth::{
    Case, CaseKind, Config, ConfigError, Evasion, Lookalikes, Noise, Planted, Society, World,
    length_of, lookalikes, typologies,
};
use std::collections::{BTreeMap, BTreeSet};

fn all(seed: u64) -> Config {
    Config {
        seed,
        accounts: 100,
        days: 420,
        planted: Planted::each(4),
        lookalikes: Lookalikes::each(2),
        ..Config::default()
    }
}

#[expect(clippy::expect_used, reason = "a test stops where its world cannot be made")]
fn world(config: &Config) -> World {
    World::new(config).expect("the configuration is valid")
}

fn planted(truth: &[Case]) -> impl Iterator<Item = &Case> {
    truth.iter().filter(|case| case.is_planted())
}

#[test]
fn every_typology_and_look_alike_is_there() {
    assert_eq!(typologies().count(), 29);
    assert!(typologies().zip(1..).all(|(name, n)| name == format!("CT-{n:02}")));
    let looked: BTreeSet<&str> = lookalikes().map(|(_, typology)| typology).collect();
    for name in typologies() {
        assert!(length_of(name).is_some_and(|days| (20..=300).contains(&days)));
        // CT-08 to CT-29: the catalogue names a look-alike for each.
        assert!(looked.contains(name), "{name} has a look-alike");
    }
    let truth = world(&all(1)).truth();
    for name in typologies() {
        assert_eq!(planted(&truth).filter(|case| case.typology == name).count(), 4, "{name}");
    }
    for (name, typology) in lookalikes() {
        let here = truth.iter().filter(|case| match case.kind {
            CaseKind::Lookalike { name: own, .. } => own == name && case.typology == typology,
            CaseKind::Planted => false,
        });
        assert_eq!(here.count(), 2, "{name}");
    }
}

#[test]
fn every_network_is_complete_and_has_its_roles() {
    for case in planted(&world(&all(2)).truth()) {
        let id = &case.id;
        assert!(case.complete.is_some(), "{id} is never complete");
        assert_eq!(case.complete, case.decidable, "{id}: all of it is seen");
        assert!(case.complete >= Some(case.first) && case.complete <= Some(case.last), "{id}");
        assert!(case.evading.is_none() && case.shares.is_empty(), "{id}");
        let subjects = case.members.iter().filter(|m| m.role == Role::Subject).count();
        assert!(subjects > 0, "{id} has nobody behind it");
        let accounts: BTreeSet<&str> = case.members.iter().map(|m| m.node.key()).collect();
        assert!(accounts.len() >= 4, "{id} is no network");
        assert!(case.accounts.iter().any(|own| accounts.contains(own.as_str())), "{id}");
        assert!(case.legs.iter().all(|leg| !leg.step.is_empty()), "{id} has a leg without a step");
    }
}

#[test]
fn people_who_may_be_victims_are_in_the_typologies_that_have_them() {
    let truth = world(&all(3)).truth();
    for name in typologies() {
        let mut cases = planted(&truth).filter(|case| case.typology == name);
        let victims =
            cases.any(|case| case.members.iter().any(|m| m.role == Role::PotentialVictim));
        // Here the catalogue's victims hold no account, or only the laundering is planted.
        let without = ["CT-02", "CT-03", "CT-13", "CT-15", "CT-17", "CT-19", "CT-20", "CT-22"];
        let laundering = ["CT-06", "CT-26", "CT-27", "CT-28"];
        let expected = !without.contains(&name) && !laundering.contains(&name);
        assert_eq!(victims, expected, "{name}");
    }
}

/// The payments of a world that are named in the truth, by id.
fn named(world: &World, truth: &[Case]) -> BTreeMap<String, Payment<'static>> {
    let wanted: BTreeSet<&str> =
        truth.iter().flat_map(|case| case.payments.iter().map(String::as_str)).collect();
    let of = |p: &Payment<'_>| p.payment_id.expose().to_string();
    world.payments().map(|p| (of(&p), p)).filter(|(id, _)| wanted.contains(id.as_str())).collect()
}

#[test]
fn the_truth_and_the_stream_say_the_same() {
    for noise in [Noise::NONE, Noise::FIXED] {
        let config = Config {
            noise,
            evading_per_mille: 300,
            shared_per_mille: 500,
            society: Society::Full,
            ..all(4)
        };
        let world = world(&config);
        let truth = world.truth();
        let payments = named(&world, &truth);
        let mut seen = 0;
        for case in &truth {
            let legs = case.legs.iter().filter(|leg| leg.payment.is_some());
            assert!(
                legs.map(|leg| leg.payment.as_deref())
                    .eq(case.payments.iter().map(|id| Some(id.as_str())))
            );
            assert!(case.legs.is_sorted_by_key(|leg| leg.at), "{}", case.id);
            for leg in &case.legs {
                let Some(id) = &leg.payment else { continue };
                let payment = payments.get(id).expect("a payment of the truth is in the stream");
                seen += 1;
                assert_eq!(payment.event_time, leg.at, "{}", case.id);
                if payment.currency.as_str() == "USD" {
                    assert_eq!(to_cents(payment.amount).map(|c| c.0), Some(i64::from(leg.cents)));
                }
            }
        }
        assert_eq!(seen, payments.len(), "a payment belongs to one case");
    }
}

#[test]
fn events_are_in_order_and_none_is_far_outside() {
    let config = Config { society: Society::Full, noise: Noise::FIXED, ..all(5) };
    let world = world(&config);
    let mut last = EventTime::MIN;
    let (day, start) = (86_400_000, config.start.midnight().0);
    for payment in world.payments() {
        assert!(payment.event_time >= last);
        last = payment.event_time;
        assert!((start - day..start + 425 * day).contains(&last.0), "{last}");
    }
    assert_ne!(last, EventTime::MIN);
}

#[test]
fn the_same_seed_gives_the_same_networks_and_another_seed_others() {
    let config = Config { society: Society::Full, ..Config { noise: Noise::FIXED, ..all(6) } };
    let first = world(&config);
    let again = world(&config);
    assert!(first.payments().take(40_000).eq(again.payments().take(40_000)));
    assert!(first.parties().eq(again.parties()));
    assert_eq!(first.truth(), again.truth());
    assert_ne!(first.truth(), world(&Config { seed: 7, ..config }).truth());
}

/// How often a field that is there without noise is missing with it, in a thousand.
fn missing<T>(
    plain: &[Payment<'static>],
    thinned: &[Payment<'static>],
    field: impl Fn(&Payment<'static>) -> Option<T>,
) -> usize {
    let there = plain.iter().zip(thinned).filter(|(p, _)| field(p).is_some());
    let (all, gone) = there.fold((0, 0), |(all, gone), (_, thin)| {
        (all + 1, gone + usize::from(field(thin).is_none()))
    });
    assert!(all > 2_000, "{all} payments have the field");
    gone * 1_000 / all
}

#[test]
fn three_optional_fields_in_ten_are_missing() {
    let plain = Config { society: Society::Full, accounts: 400, days: 40, ..Config::default() };
    let noise = Noise { missing_per_mille: 300, ..Noise::NONE };
    let thinned: Vec<_> = world(&Config { noise, ..plain.clone() }).payments().collect();
    let plain: Vec<_> = world(&plain).payments().collect();
    assert_eq!(plain.len(), thinned.len());
    let rates = [
        missing(&plain, &thinned, |p| p.channel),
        missing(&plain, &thinned, |p| p.utc_offset_minutes),
        missing(&plain, &thinned, |p| p.debtor.place.town.clone()),
        missing(&plain, &thinned, |p| p.creditor.kind),
        missing(&plain, &thinned, |p| p.merchant.as_ref()?.mcc.clone()),
        missing(&plain, &thinned, |p| p.terminal.as_ref()?.id.clone()),
        missing(&plain, &thinned, |p| p.card.as_ref()?.token.clone()),
    ];
    assert!(rates.iter().all(|rate| (270..330).contains(rate)), "{rates:?}");
    // What makes a payment is never taken.
    for (whole, thin) in plain.iter().zip(&thinned) {
        assert_eq!(whole.payment_id, thin.payment_id);
        assert_eq!(whole.debtor.account, thin.debtor.account);
        assert_eq!(whole.creditor.account, thin.creditor.account);
        assert_eq!((whole.amount, whole.currency), (thin.amount, thin.currency));
    }
}

#[test]
fn one_leg_in_five_is_not_seen_and_amounts_stray_by_thirty_percent() {
    let one = Planted::NONE.with("CT-04", 20).expect("there is CT-04");
    let plain = Config { planted: one, lookalikes: Lookalikes::NONE, ..all(8) };
    let noisy = Config { noise: Noise { missing_per_mille: 0, ..Noise::FIXED }, ..plain.clone() };
    let (plain, noisy) = (world(&plain).truth(), world(&noisy).truth());
    let (mut all, mut unseen, mut ratios) = (0, 0, Vec::new());
    for (before, after) in plain.iter().zip(&noisy) {
        assert_eq!(before.legs.len(), after.legs.len(), "noise changes no structure here");
        for (leg, strayed) in before.legs.iter().zip(&after.legs) {
            assert_eq!((leg.at, leg.step), (strayed.at, strayed.step));
            all += 1;
            unseen += usize::from(strayed.payment.is_none());
            ratios.push(strayed.cents * 100 / leg.cents);
        }
    }
    let share = unseen * 1_000 / all;
    assert!((170..230).contains(&share), "{share} in a thousand are not seen");
    let (least, most) = (ratios.iter().min(), ratios.iter().max());
    // Whole tens below and above: prices stay round.
    assert!(least >= Some(&50) && least <= Some(&76), "{least:?}");
    assert!(most <= Some(&130) && most >= Some(&124), "{most:?}");
}

#[test]
fn a_case_of_which_nothing_is_seen_has_a_time() {
    let noise = Noise { unseen_per_mille: 1_000, ..Noise::NONE };
    let config = Config { noise, ..all(11) };
    let world = world(&config);
    for case in world.truth() {
        assert!(case.payments.is_empty() && case.decidable.is_none(), "{}", case.id);
        assert!(case.first <= case.last && case.first >= EventTime(0), "{}", case.id);
        assert_eq!(case.complete.is_some(), case.is_planted(), "{}", case.id);
    }
}

#[test]
fn three_networks_in_ten_evade_in_three_ways() {
    let config = Config {
        planted: Planted::each(12),
        lookalikes: Lookalikes::NONE,
        evading_per_mille: 300,
        days: 700,
        ..all(9)
    };
    let plain = world(&Config { evading_per_mille: 0, ..config.clone() }).truth();
    let truth = world(&config).truth();
    let count = |how| truth.iter().filter(|case| case.evading == Some(how)).count();
    let counts = [Evasion::Below, Evasion::Split, Evasion::Slow].map(count);
    assert!((85..=125).contains(&counts.iter().sum::<usize>()), "{counts:?}");
    assert!(counts.iter().all(|&count| count > 20), "{counts:?}");
    for (case, plain) in truth.iter().zip(&plain) {
        let sum = |case: &Case| case.legs.iter().map(|leg| u64::from(leg.cents)).sum::<u64>();
        let long = |case: &Case| case.last.0 - case.first.0;
        match case.evading {
            Some(Evasion::Below) => assert!(sum(case) < sum(plain), "{}", case.id),
            Some(Evasion::Slow) => assert!(long(case) * 10 > long(plain) * 15, "{}", case.id),
            Some(Evasion::Split) => {
                let second = case.members.iter().any(|m| m.function == "second_collector");
                assert!(second, "{}", case.id);
            }
            None => {}
        }
    }
}

#[test]
fn half_of_the_networks_share_an_account_with_another() {
    let config = Config { planted: Planted::each(10), shared_per_mille: 500, ..all(10) };
    let truth = world(&config).truth();
    let by: BTreeMap<&str, &Case> = truth.iter().map(|case| (case.id.as_str(), case)).collect();
    let sharing = planted(&truth).filter(|case| !case.shares.is_empty()).count();
    assert_eq!(sharing, 144, "half of 290, in pairs");
    for case in planted(&truth) {
        let own: BTreeSet<_> = case.members.iter().map(|member| &member.node).collect();
        for other in &case.shares {
            let other = by.get(other.as_str()).expect("a case that is in the truth");
            assert!(other.shares.contains(&case.id));
            assert!(other.members.iter().any(|m| own.contains(&m.node)), "{}", case.id);
        }
    }
    assert!(truth.iter().all(|case| case.is_planted() || case.shares.is_empty()));
}

#[test]
fn the_proof_world_has_what_it_says() {
    let config = Config { accounts: 300, ..Config::proof(77) };
    assert_eq!((config.days, config.noise), (420, Noise::FIXED));
    let world = world(&config);
    let truth = world.truth();
    assert_eq!(planted(&truth).count(), 29 * 20);
    let complete = planted(&truth).filter(|case| case.complete.is_some()).count();
    let decidable = planted(&truth).filter(|case| case.decidable.is_some()).count();
    assert!(complete >= 570, "{complete} of 580 happen in full");
    assert!(decidable >= 540 && decidable <= complete, "{decidable} are seen in full");
    let first = truth.iter().map(|case| case.first).min();
    let last = truth.iter().map(|case| case.last).max();
    assert!(last.zip(first).is_some_and(|(b, a)| b.0 - a.0 > 400 * 86_400_000));
    assert!(world.parties().all(|party| party.as_of.0 >= 0));
}

#[test]
fn worlds_too_short_for_what_is_planted_are_refused() {
    let planted = Planted::NONE.with("CT-09", 1).expect("there is CT-09");
    let config = Config { planted, days: 60, ..Config::default() };
    let refused = World::new(&config).err();
    let short = ConfigError::Short { days: 60, name: "CT-09", needed: 240 };
    assert_eq!(refused, Some(short));
    assert_eq!(short.to_string(), "`days` is 60; `CT-09` takes 240");
    assert_eq!(Planted::NONE.with("CT-30", 1), None);
    let config = Config { evading_per_mille: 1_001, ..Config::default() };
    assert_eq!(World::new(&config).err(), Some(ConfigError::Share(1_001)));
}
