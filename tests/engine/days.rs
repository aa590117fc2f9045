//! `evaluate: day`: indicators that are also evaluated at the ends of days, against an oracle that
//! goes through the calendar of a plain list of payments.
//!
//! Sees: an end that is forgotten or evaluated too early, one that stays as it was when a late payment
//! came or one was taken back, a subject that is looked at when it has nothing in the window, a hit
//! that depends on where the watermark happened to be, a rule that is evaluated so without asking.

use crate::harness::{Run, cases, config, engine, records, run, same_alerts, with_end};
use crate::rules::*;
use crate::story::{arrivals, at, nobody, transfer};
use palermo_domain::{Date, EventTime, Feed, FeedSet, OutputTopic, PaymentKind, Span, Status};
use palermo_engine::Bundle;
use palermo_lang::program::*;
use palermo_testkit::Owned;
use palermo_testkit::measure::people::absent;
use palermo_testkit::scene::{START, arrive, delays, drafts, payments, reversal, worlds};
use palermo_testkit::three::{Truth, and};
use palermo_testkit::window::{Seen, select, touching, window};
use palermo_testkit::world::World;
use proptest::prelude::*;
use std::collections::BTreeSet;

const LATENESS: Span = Span::from_days(1);
const ACCOUNTS: [&str; 5] = ["BANK:A", "BANK:B", "BANK:C", "BANK:D", "BANK:E"];
const LAST_DAY: i64 = 90;

fn cash() -> FeedSet {
    let mut cash = FeedSet::default();
    cash.insert(Feed::Cash);
    cash
}

fn daily(draft: Draft) -> Draft {
    Draft { daily: true, ..draft }
}

/// Which rules there are: the number of the indicator, the window in days, whether it is daily.
const RULES: [(&str, i64, bool); 4] =
    [("D-1", 5, true), ("D-2", 3, true), ("D-3", 2, true), ("D-4", 3, false)];

pub fn rules() -> RuleSet {
    use Compare::{Eq, Ge};
    let mut b = Builder::default();
    let credits = b.select("D.credit", incoming());
    let debits = b.select("D.debit", outgoing());
    let withdrawals = b.select("D.withdrawal", kind(PaymentKind::CashWithdrawal));
    let all = b.select("D.all", Expr::Present(Field::EventTime));
    let two_days = Some(Span::from_days(2));
    // Money came in before, and none in the last two days, while something went out.
    let stopped = Draft::days(5)
        .aggregate(Function::Count, None, credits)
        .full(Function::Count, None, Vec::new(), credits, None, two_days)
        .aggregate(Function::Count, None, debits);
    let holds = Expr::And(vec![
        cmp(Ge, measure(0), int(1)),
        cmp(Eq, measure(1), int(0)),
        cmp(Ge, measure(2), int(1)),
    ]);
    let first = b.indicator("D-1", 'M', daily(stopped), holds);
    let lone = || Draft::days(3).aggregate(Function::Count, None, all);
    let second = b.indicator("D-2", 'N', daily(lone()), cmp(Eq, measure(0), int(1)));
    let draft = Draft::days(2).aggregate(Function::Absent, None, withdrawals);
    b.indicator("D-3", 'P', Draft { feeds: cash(), ..daily(draft) }, measure(0));
    b.indicator("D-4", 'P', lone(), cmp(Eq, measure(0), int(1)));
    let var = |id: IndicatorId| Logic::Var(Need::Here(id));
    let both = Logic::And(vec![var(first), var(second)]);
    let boost = [IndicatorId(2), IndicatorId(3)];
    let rearm = Span::from_days(10);
    b.typology("CT-81", Anchor::Account, both, &[first, second], &boost, rearm).families =
        Logic::Var(Family('M'));
    b.build()
}

/// Whether a rule holds at a time, seen from the newest payment until then.
fn holds(world: &World, seen: &[Seen<'_>], rule: &str, days: i64, at: EventTime) -> Truth {
    let inside = window(seen, at, Span::from_days(days));
    let now = inside.last()?;
    let booked = |one: &Seen<'_>| Some(one.payment.status == Status::Booked);
    let count = |seen: &[Seen<'_>], is: &dyn Fn(&Seen<'_>) -> bool| {
        select(seen, |one| and(booked(one), Some(is(one)))).len()
    };
    Some(match rule {
        "D-1" => {
            let late = window(seen, at, Span::from_days(2));
            count(&inside, &|one| one.incoming) >= 1
                && count(&late, &|one| one.incoming) == 0
                && count(&inside, &|one| !one.incoming) >= 1
        }
        "D-3" => {
            let drawn = select(&inside, |one| {
                and(booked(one), Some(one.payment.kind == PaymentKind::CashWithdrawal))
            });
            let from = at.minus(Span::from_days(days));
            return absent(world, &drawn, (seen, from), now, cash());
        }
        _ => count(&inside, &|_| true) == 1,
    })
}

/// Every time at which a rule holds on an account, ends before the watermark among them.
fn naive(
    world: &World,
    all: &[Owned],
    (rule, days, daily): (&str, i64, bool),
    account: &str,
    watermark: EventTime,
) -> Vec<EventTime> {
    let seen = touching(all, account);
    let mut times: Vec<EventTime> = seen.iter().map(|one| one.payment.event_time).collect();
    let ends = (START.0 - 30..START.0 + 100).map(|day| Date(day).midnight());
    times.extend(ends.filter(|end| daily && *end < watermark));
    times.sort_unstable();
    times.dedup();
    times.retain(|at| holds(world, &seen, rule, days, *at) == Some(true));
    times
}

fn play(world: &World, all: &[Owned], delays: &[(u32, u8)], partitions: i32, late: Span) -> Run {
    let arrivals = with_end(arrive(all, delays, late, partitions), partitions, LAST_DAY);
    let config = config(LATENESS, Span::from_days(40));
    run(&config, &rules(), partitions, &records(world, &arrivals))
}

/// With the reversals of some payments, a few hours later; and what they leave.
fn reversed(plain: &[Owned], which: &[prop::sample::Index]) -> (Vec<Owned>, Vec<Owned>) {
    let chosen: BTreeSet<usize> = which.iter().map(|index| index.index(plain.len())).collect();
    let (mut all, mut stands) = (plain.to_vec(), Vec::new());
    for (index, payment) in plain.iter().enumerate() {
        if chosen.contains(&index) {
            let later = payment.event_time.plus(Span::from_millis(6 * 3_600_000));
            all.push(reversal(payment, format!("R{index:03}"), later));
        } else {
            stands.push(payment.clone());
        }
    }
    (all, stands)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn ends_of_days_are_evaluated_like_times_of_payments(
        world in worlds(),
        drafts in drafts(40, 5..25),
        taken_back in prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        one in delays(LATENESS),
        other in delays(Span::from_days(6)),
    ) {
        let (all, stands) = reversed(&payments(&drafts), &taken_back);
        let watermark = START.midnight().plus(Span::from_days(LAST_DAY)).minus(LATENESS);
        let in_order: Vec<(u32, u8)> = vec![(0, 0)];
        let far = Span::from_days(6);
        let expected = play(&world, &all, &in_order, 1, LATENESS);
        for (name, got, in_time) in [
            ("one order", play(&world, &all, &one, 1, LATENESS), true),
            ("beyond the lateness", play(&world, &all, &other, 1, far), false),
            ("4 partitions", play(&world, &all, &one, 4, LATENESS), true),
        ] {
            for rule in RULES {
                for account in ACCOUNTS {
                    let found = got.engine.hit_times(rule.0, account);
                    let naive = naive(&world, &stands, rule, account, watermark);
                    prop_assert_eq!(&found, &naive, "{} {} {}", name, rule.0, account);
                }
            }
            let (got, expected) =
                (got.last(OutputTopic::Alerts), expected.last(OutputTopic::Alerts));
            if in_time {
                same_alerts(&got, &expected, name)?;
            }
        }
    }
}

/// A wage that stops: three days after the last one, at the end of a day on which nothing happened.
#[test]
fn what_stopped_is_found_without_a_payment() {
    let all = vec![
        at(transfer("P1", 10, "BANK:B", "BANK:A", 50_000), 0),
        at(transfer("P2", 12, "BANK:A", "BANK:C", 1_000), 0),
    ];
    let config = config(LATENESS, Span::from_days(30));
    let run = run(&config, &rules(), 1, &records(&nobody(), &arrivals(all)));
    let days = |hits: Vec<EventTime>| -> Vec<i64> {
        hits.iter().map(|hit| (hit.0 - START.midnight().0) / 3_600_000).collect()
    };
    assert_eq!(days(run.engine.hit_times("D-1", "BANK:A")), [72, 96, 120]);
    // The window of three days holds the second payment alone for two hours, at no end.
    assert_eq!(days(run.engine.hit_times("D-2", "BANK:A")), [10]);
    assert_eq!(days(run.engine.hit_times("D-2", "BANK:B")), [10, 24, 48, 72]);
    assert_eq!(days(run.engine.hit_times("D-4", "BANK:B")), [10]);
}

/// The watermark at the very end of a day has not passed it: payments of that time may still come.
#[test]
fn an_end_is_evaluated_when_the_watermark_has_passed_it() {
    let config = config(LATENESS, Span::from_days(30));
    let hits = |more: i64| {
        let mut last = transfer("P2", 48, "BANK:X", "BANK:Y", 1);
        last.event_time = EventTime(last.event_time.0 + more);
        let all = vec![at(transfer("P1", 10, "BANK:B", "BANK:A", 50_000), 0), at(last, 0)];
        run(&config, &rules(), 1, &records(&nobody(), &all)).engine.hit_times("D-2", "BANK:B").len()
    };
    assert_eq!((hits(0), hits(1)), (1, 2));
}

/// A payment at midnight is taken back: the end of the day is still evaluated, without it.
#[test]
fn what_is_taken_back_at_midnight_leaves_the_end_of_the_day() {
    let midnight = transfer("P2", 72, "BANK:C", "BANK:A", 1_000);
    let mut all = vec![
        at(transfer("P1", 30, "BANK:B", "BANK:A", 50_000), 0),
        at(midnight.clone(), 0),
        at(transfer("P3", 200, "BANK:X", "BANK:Y", 1), 0),
    ];
    let later = EventTime(START.midnight().0 + 201 * 3_600_000);
    all.push(at(reversal(&midnight, "R".into(), later), 0));
    let config = config(LATENESS, Span::from_days(30));
    let run = run(&config, &rules(), 1, &records(&nobody(), &arrivals(all)));
    let hits = run.engine.hit_times("D-2", "BANK:A");
    assert_eq!(hits, [30, 48, 72, 96].map(|hour| EventTime(START.midnight().0 + hour * 3_600_000)));
}

/// A rule that begins to be evaluated so sees the days that have gone by.
#[test]
fn an_activation_sees_the_days_behind_the_watermark() {
    let all = vec![
        at(transfer("P1", 10, "BANK:B", "BANK:A", 50_000), 0),
        at(transfer("P2", 12, "BANK:A", "BANK:C", 1_000), 0),
        at(transfer("P3", 24 * 20, "BANK:X", "BANK:Y", 1_000), 0),
    ];
    let records = records(&nobody(), &all);
    let config = config(LATENESS, Span::from_days(30));
    let mut before = rules();
    for rule in &mut before.indicators {
        rule.condition.daily = false;
        rule.condition.logic_sha256 = "0".repeat(64);
    }
    let mut engine = engine(&config, &before, 1);
    let mut effects = Vec::new();
    for record in &records {
        engine.apply(record.as_ref(), &mut effects).expect("no stop");
    }
    assert!(engine.hit_times("D-1", "BANK:A").is_empty());
    let bundle = Bundle { sha256: "e".repeat(64), rules: rules() };
    engine.activate(bundle, &mut effects).expect("no stop");
    assert_eq!(engine.hit_times("D-1", "BANK:A").len(), 3);
    // And goes on with those before it.
    let watermark = engine.watermark().expect("payments came");
    assert_eq!(engine.hit_times("D-2", "BANK:X").len(), 1, "{watermark}");
    let end = with_end(Vec::new(), 1, 40);
    for (index, arrival) in end.iter().enumerate() {
        let mut value = Vec::new();
        palermo_codec::encode_payment(&arrival.payment, &mut value);
        let partition = crate::harness::payments_partition(0);
        let offset = i64::try_from(all.len() + index).expect("few");
        let record = crate::harness::Record { partition, offset, at: arrival.at, value };
        engine.apply(record.as_ref(), &mut effects).expect("no stop");
    }
    assert_eq!(engine.hit_times("D-2", "BANK:X").len(), 4);
}
