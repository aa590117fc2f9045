//! Every record meets exactly one fate, and the right one.
//!
//! Sees: a record without a fate or with two, a conflict that is applied, a late payment that is not
//! called late, a watermark that goes back or is held by a partition that fell silent, a reversal
//! that is judged by what came before or after it in the wrong way, a payment beyond the horizon that
//! is applied, an eviction that makes a window inexact, a memory cap that is not looked at.

use crate::harness::{
    Bank, Record, Run, cases, config, engine, payments_partition, records, run, with_end,
};
use crate::typologies::rules;
use palermo_domain::{EventTime, Fate, OutputTopic, Partition, Span, TopicRole};
use palermo_testkit::Owned;
use palermo_testkit::fates::{Naive, Rules};
use palermo_testkit::scene::{
    ACCOUNTS, Arrival, START, arrive, delays, disturb, disturbances, drafts, payments, worlds,
};
use palermo_testkit::world::World;
use proptest::prelude::*;

/// Plays the arrivals and compares each step with the naive fates; returns the naive end.
fn play(
    world: &World,
    arrivals: &[Arrival],
    rules_of: Rules,
) -> Result<(Run, Naive), TestCaseError> {
    let mut config = config(rules_of.lateness, rules_of.horizon);
    config.idle_after = rules_of.idle_after;
    let mut records = records(world, arrivals);
    let control = records.len() - arrivals.len();
    // Reference data was loaded a year after the payments were made: its clock is not theirs.
    let loaded = START.midnight().plus(Span::from_days(365)).0;
    records[..control].iter_mut().for_each(|record| record.at = loaded);
    let rules = rules();
    let mut engine = engine(&config, &rules, rules_of.partitions);
    let (mut effects, mut fates) = (Vec::new(), Vec::new());
    let mut naive = Naive::new(rules_of);
    for (index, record) in records.iter().enumerate() {
        let (first, before) = (effects.len(), engine.watermark());
        let fate = engine.apply(record.as_ref(), &mut effects).expect("no stop");
        let dead = effects[first..].iter().filter(|e| e.topic == OutputTopic::DeadLetter);
        let reasons: Vec<String> = dead
            .flat_map(|letter| &letter.headers)
            .filter(|(name, _)| *name == "palermo-reason")
            .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            .collect();
        prop_assert_eq!(reasons.len(), usize::from(fate == Fate::DeadLetter));
        prop_assert!(engine.watermark() >= before, "the watermark went back");
        fates.push(fate);
        if index < control {
            prop_assert_eq!(fate, Fate::Processed);
            continue;
        }
        let arrival = &arrivals[index - control];
        let (expected, reason) = naive.judge(arrival);
        let id = arrival.payment.payment_id.expose();
        let reason = reason.map(|reason| reason.as_str().to_owned());
        prop_assert_eq!((fate, reasons.first().cloned()), (expected, reason), "{}", id);
        prop_assert_eq!(engine.watermark(), naive.watermark, "after {}", id);
    }
    Ok((Run { engine, fates, effects }, naive))
}

/// Fates and undelivered offsets equal position minus start, and every counter says the same.
fn conserved(run: &Run, arrivals: &[Arrival], partitions: i32) -> Result<(), TestCaseError> {
    let counters = run.engine.totals();
    for partition in (0..partitions).map(payments_partition) {
        let fates = counters.fates[&partition];
        let sent = arrivals.iter().filter(|one| one.partition == partition.index).count() as u64;
        let position = u64::try_from(run.engine.positions()[&partition]).expect("not negative");
        prop_assert_eq!(fates.counts.iter().sum::<u64>() + fates.undelivered, position);
        prop_assert_eq!(position, sent);
    }
    let of = |fate: Fate| -> u64 {
        let payments = counters.fates.iter().filter(|(p, _)| p.role == TopicRole::Payments);
        payments.map(|(_, fates)| fates.counts[fate as usize]).sum()
    };
    prop_assert_eq!(of(Fate::DeadLetter), counters.dead_letters.values().sum::<u64>());
    prop_assert_eq!(of(Fate::Late), counters.late[0], "late payments that were applied");
    Ok(())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_record_meets_the_fate_it_should(
        world in worlds(),
        drafts in drafts(60, 5..40),
        disturbances in disturbances(14),
        delays in delays(Span::from_days(6)),
        lateness in 0..4_i64,
        idle in 1..4_i64,
        horizon in 2..12_i64,
        partitions in prop::sample::select(vec![1, 2, 4]),
        prompt in any::<bool>(),
    ) {
        let mut all = payments(&drafts);
        disturb(&mut all, &disturbances);
        // At once, record times are on the grid, and a partition is silent for exactly the limit.
        let late = |(delay, partition): &(u32, u8)| (if prompt { 0 } else { *delay }, *partition);
        let delays: Vec<(u32, u8)> = delays.iter().map(late).collect();
        let arrivals = arrive(&all, &delays, Span::from_days(6), partitions);
        let rules = Rules {
            partitions,
            lateness: Span::from_days(lateness),
            idle_after: Span::from_days(idle),
            horizon: Span::from_days(horizon),
        };
        let (run, _) = play(&world, &arrivals, rules)?;
        conserved(&run, &arrivals, partitions)?;
    }

    /// Too old and too new against the record's own timestamp: dead letters that move nothing.
    #[test]
    fn times_that_cannot_be_move_no_watermark(
        world in worlds(),
        drafts in drafts(20, 2..10),
        far in prop::collection::vec(prop::sample::select(vec![
            0, 300_000_i64, 300_001, -400 * 86_400_000, -400 * 86_400_000 - 1, 86_400_000,
        ]), 10),
    ) {
        let all = payments(&drafts);
        let mut arrivals = arrive(&all, &[(0, 0)], Span::from_days(1), 1);
        for (arrival, far) in arrivals.iter_mut().zip(&far) {
            // Event time minus ingest time is `far`.
            arrival.at = arrival.payment.event_time.0 - far;
        }
        arrivals.sort_by_key(|arrival| arrival.at);
        let rules = Rules {
            partitions: 1,
            lateness: Span::from_days(1),
            idle_after: Span::from_days(2),
            horizon: Span::from_days(30),
        };
        let (run, _) = play(&world, &arrivals, rules)?;
        conserved(&run, &arrivals, 1)?;
    }

    /// A short horizon: what comes in time is evaluated over whole windows, although most of the
    /// stream has been forgotten by then. Compared with a bank that forgets nothing.
    #[test]
    fn eviction_keeps_windows_exact_inside_the_horizon(
        world in worlds(),
        drafts in drafts(120, 20..60),
        delays in delays(Span::from_days(1)),
    ) {
        let all = payments(&drafts);
        let arrivals = arrive(&all, &delays, Span::from_days(1), 1);
        let rules = rules();
        // The longest window of the rules is four days.
        let config = config(Span::from_days(1), Span::from_days(4));
        let got = run(&config, &rules, 1, &records(&world, &arrivals));
        prop_assert!(!got.fates.contains(&Fate::DeadLetter));
        let mut bank = Bank::new(rules.clone(), &world);
        all.iter().for_each(|payment| bank.link(payment));
        for (index, rule) in rules.indicators.iter().enumerate() {
            for account in ACCOUNTS {
                let hits = got.engine.hit_times(&rule.condition.id, account);
                prop_assert_eq!(hits, bank.hits(index, account), "{} {}", rule.condition.id, account);
            }
        }
        let held = got.engine.totals().payments_held;
        let oldest = got.engine.watermark().map(|mark| mark.minus(Span::from_days(4)).date());
        let stays = |payment: &&Owned| Some(payment.event_time.date()) >= oldest;
        prop_assert_eq!(held, all.iter().filter(stays).count() as u64);
    }
}

/// What is in the windows at the end is what the naive life of payments leaves there.
#[test]
fn hits_after_a_disturbed_stream_are_those_of_what_is_left() {
    let mut runner = proptest::test_runner::TestRunner::new(cases(200));
    let strategy = (
        worlds(),
        drafts(40, 10..40),
        disturbances(14),
        delays(Span::from_days(3)),
        prop::sample::select(vec![1, 4]),
    );
    runner
        .run(&strategy, |(world, drafts, more, delays, partitions)| {
            let mut all = payments(&drafts);
            disturb(&mut all, &more);
            let arrivals = arrive(&all, &delays, Span::from_days(3), partitions);
            let rules_of = Rules {
                partitions,
                lateness: Span::from_days(1),
                idle_after: Span::from_days(2),
                horizon: Span::from_days(60),
            };
            let (run, naive) = play(&world, &arrivals, rules_of)?;
            let mut bank = Bank::new(rules(), &world);
            naive.applied().iter().for_each(|payment| bank.link(payment));
            for (index, rule) in rules().indicators.iter().enumerate() {
                for account in ACCOUNTS {
                    let hits = run.engine.hit_times(&rule.condition.id, account);
                    let id = &rule.condition.id;
                    prop_assert_eq!(hits, bank.hits(index, account), "{} {}", id, account);
                }
            }
            Ok(())
        })
        .unwrap();
}

/// The time of an alert is that of the payments, although the parties were loaded a year later; and
/// a record without a timestamp gives its dead letter that of the payments before it.
#[test]
fn outputs_have_the_time_of_the_payments() {
    let world = World { base: crate::rules::usd(), rates: Vec::new(), parties: Vec::new() };
    let arrivals = with_end(Vec::new(), 1, 3);
    let mut records = records(&world, &arrivals);
    let paid = arrivals.iter().map(|arrival| arrival.at).max();
    let party = Record {
        partition: Partition { role: TopicRole::Parties, index: 0 },
        offset: 0,
        at: START.midnight().plus(Span::from_days(365)).0,
        value: b"not json".to_vec(),
    };
    let last = records.len() as i64;
    let payments = payments_partition(0);
    let timeless = Record { partition: payments, offset: last, at: -1, value: b"not json".into() };
    records.insert(0, party.clone());
    records.push(timeless);
    let got = run(&config(Span::from_days(1), Span::from_days(30)), &rules(), 1, &records);
    let times: Vec<_> = got.effects.iter().map(|letter| letter.timestamp_ms).collect();
    assert_eq!(times, [Some(party.at), paid]);
}

/// A partition that delivers nothing new is not a silent one: it holds the watermark.
#[test]
fn duplicates_and_dead_letters_keep_a_partition_from_being_idle() {
    let world = World { base: crate::rules::usd(), rates: Vec::new(), parties: Vec::new() };
    // Payments of partition 0 on five days; partition 1 sends one of the first day again and again.
    for (again, text, expected) in
        [(true, None, Some(0)), (true, Some("not json"), Some(0)), (false, None, Some(4))]
    {
        let mut arrivals = with_end(Vec::new(), 2, 0);
        for day in 1..=4 {
            let mut more = with_end(Vec::new(), 1, day);
            more.truncate(1);
            more[0].payment.payment_id = palermo_testkit::scene::text(format!("D{day}"));
            if again {
                arrivals.push(Arrival { at: more[0].at, ..arrivals[1].clone() });
            }
            arrivals.append(&mut more);
        }
        let mut records = records(&world, &arrivals);
        if let Some(text) = text {
            let ones = records.iter_mut().filter(|r| r.partition.index == 1).skip(2);
            ones.for_each(|record| record.value = text.into());
        }
        let mut config = config(Span::from_days(0), Span::from_days(30));
        config.idle_after = Span::from_days(2);
        let got = run(&config, &rules(), 2, &records);
        let days = got.engine.watermark().map(|mark| mark.since(START.midnight()).as_days());
        assert_eq!(days, expected, "again {again} {text:?}");
    }
}

#[test]
fn a_full_memory_stops_with_a_reason() {
    let world = World { base: crate::rules::usd(), rates: Vec::new(), parties: Vec::new() };
    let arrivals: Vec<Arrival> = (0..60).fold(Vec::new(), |all, round| {
        with_end(all, 20, i64::from(round))
            .into_iter()
            .enumerate()
            .map(|(index, mut one)| {
                one.partition = 0;
                one.payment.payment_id = palermo_testkit::scene::text(format!("M{index}"));
                one
            })
            .collect()
    });
    let mut config = config(Span::from_days(1), Span::from_days(400));
    config.memory_max_bytes = 50_000;
    let mut engine = engine(&config, &rules(), 1);
    let mut effects = Vec::new();
    let stop = records(&world, &arrivals)
        .iter()
        .find_map(|record| engine.apply(record.as_ref(), &mut effects).err());
    let stop = stop.expect("it stops");
    assert_eq!(stop.code, "memory_full");
    assert!(stop.reason.contains("state.memory_max"), "{}", stop.reason);
    // A record that the engine stopped at was still applied and counted: nothing is dropped.
    let counters = engine.totals();
    assert_eq!(counters.payments_held, counters.fates[&payments_partition(0)].counts[0]);
    assert_eq!(engine.watermark().map(EventTime::date), engine.watermark().map(|t| t.date()));
}
