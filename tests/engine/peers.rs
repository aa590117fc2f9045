//! `peer(…)`: what a measure is of the accounts of the same group at the end of a day, against an oracle
//! that goes through the calendar of a plain list of payments and adds up whole numbers.
//!
//! Sees: a payment that is taken back and counts, or does not, as the order of arrival has it; a group of
//! too few; a place among peers that is one off; an end that is rolled up before it is passed, or twice;
//! an account without payments that count among the peers; of two reversals the later one; roll-ups that a
//! snapshot or an activation loses; a rule that finds something at a payment.

use crate::harness::{Record, Run, cases, config, engine, records, run, same_alerts, with_end};
use crate::rules::*;
use crate::story::transfer;
use palermo_domain::{Date, EventTime, OutputTopic, Party, Span, Status};
use palermo_engine::Bundle;
use palermo_lang::program::*;
use palermo_testkit::Owned;
use palermo_testkit::scene::{START, arrive, delays, party, reversal};
use palermo_testkit::world::World;
use proptest::prelude::*;
use serde_json::json;

const LATENESS: Span = Span::from_days(1);
const LAST_DAY: i64 = 30;
const WINDOW: i64 = 5;
const HOUR: i64 = 3_600_000;
/// Accounts of the large group, of one that has too few, and of nobody.
const LARGE: usize = 34;
const SMALL: usize = 4;
const NOBODY: usize = 2;

fn account(index: usize) -> String {
    format!("BANK:P{index:02}")
}

fn world() -> World {
    let customer = |index: usize| {
        let account = account(index);
        let mut customer: Party = party(&format!("C{index:02}"), &[(account.as_str(), None)], 0);
        customer.segment = Some(if index < LARGE { "shops" } else { "farms" }.to_owned());
        customer
    };
    let parties = (0..LARGE + SMALL).map(customer).collect();
    World { base: usd(), rates: Vec::new(), parties }
}

const NAMES: [&str; 5] = ["P-1", "P-2", "P-3", "P-4", "P-5"];

/// What a rule asks of the cents of an account, and of those of its peers, itself among them.
fn asks(rule: &str, own: i128, peers: &[i128]) -> bool {
    let (n, sum) = (i128::try_from(peers.len()).unwrap(), peers.iter().sum::<i128>());
    let mut sorted = peers.to_vec();
    sorted.sort_unstable();
    let not_above = i128::try_from(peers.iter().filter(|other| **other <= own).count()).unwrap();
    match rule {
        "P-1" => not_above * 100 / n >= 90,
        "P-2" => {
            let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
            own >= low + high
        }
        // own >= 2 * mean
        "P-3" => n * own >= 2 * sum,
        // own - mean >= 1.5 deviations: both sides times n, squared.
        "P-4" => {
            let squares: i128 = peers.iter().map(|other| other * other).sum();
            let (above, variance) = (n * own - sum, n * squares - sum * sum);
            variance > 0 && above >= 0 && 4 * above * above >= 9 * variance
        }
        _ => not_above * 100 / n < 10,
    }
}

fn rules() -> RuleSet {
    rules_with("d")
}

/// The same rules under other hashes are other rules.
fn rules_with(logic: &str) -> RuleSet {
    use PeerStatistic::{Deviation, Mean, Median, Percentile};
    let mut b = Builder::default();
    let credits = b.select("P.credit", incoming());
    let compared = |statistic| {
        let kind = MeasureKind::Peer { of: MeasureId(0), group: PeerGroup::Segment, statistic };
        let draft = Draft::days(WINDOW);
        let draft = draft.aggregate(Function::Sum, Some(field(Field::Amount)), credits);
        Draft { daily: true, ..draft.with(credits, kind) }
    };
    let twice = || {
        let two = Expr::Arithmetic(Arithmetic::Mul, Box::new(number("2")), Box::new(measure(1)));
        cmp(Compare::Ge, measure(0), two)
    };
    let first =
        b.indicator("P-1", 'M', compared(Percentile), cmp(Compare::Ge, measure(1), int(90)));
    let second = b.indicator("P-2", 'N', compared(Median), twice());
    b.indicator("P-3", 'P', compared(Mean), twice());
    b.indicator("P-4", 'P', compared(Deviation), cmp(Compare::Ge, measure(1), number("1.5")));
    b.indicator("P-5", 'P', compared(Percentile), cmp(Compare::Lt, measure(1), int(10)));
    let var = |id: IndicatorId| Logic::Var(Need::Here(id));
    let both = Logic::And(vec![var(first), var(second)]);
    let boost = [IndicatorId(2), IndicatorId(3)];
    let (required, rearm) = ([first, second], Span::from_days(10));
    b.typology("CT-82", Anchor::Account, both, &required, &boost, rearm).families =
        Logic::Var(Family('M'));
    let mut rules = b.build();
    for rule in &mut rules.indicators {
        rule.condition.logic_sha256 = logic.repeat(64);
    }
    rules
}

/// A payment to one of the accounts, and when it was taken back.
#[derive(Clone, Debug)]
struct Paid {
    to: usize,
    hour: i64,
    cents: i64,
    undone: Option<i64>,
    /// Taken back once more, and when.
    again: Option<i64>,
    /// No selection matches it where it is not booked.
    booked: bool,
}

impl Paid {
    fn stands_until(&self) -> Option<i64> {
        self.undone.map(|hour| self.again.map_or(hour, |again| again.min(hour)))
    }
}

fn paid() -> impl Strategy<Value = Vec<Paid>> {
    let to = 0..LARGE + SMALL + NOBODY;
    // Around midnight more often than not; a reversal that is older than its payment as well.
    let undone = prop::option::weighted(0.4, prop_oneof![-3..40_i64, Just(24), Just(48)]);
    let hour = prop_oneof![0..240_i64, (0..10_i64).prop_map(|day| day * 24)];
    let again = prop::option::weighted(0.2, -3..60_i64);
    let booked = prop::bool::weighted(0.8);
    let one = (to, hour, prop_oneof![Just(100), 1..5_000_i64], undone, again, booked);
    let one = one.prop_map(|(to, hour, cents, after, again, booked)| Paid {
        to,
        hour,
        cents,
        undone: after.map(|after| hour + after),
        again: again.map(|after| hour + after),
        booked,
    });
    prop::collection::vec(one, 20..90).prop_map(|more| {
        // Nearly everybody has one payment in the first days: enough for a group, but not always.
        let each = |to: usize| {
            let hour = i64::try_from(to).unwrap() * 3;
            // Some of them have none that counts.
            let booked = to % 16 != 3;
            Paid { to, hour, cents: 100 + 10 * hour, undone: None, again: None, booked }
        };
        (0..LARGE + SMALL + NOBODY).map(each).chain(more).collect()
    })
}

fn stream(all: &[Paid]) -> Vec<Owned> {
    let mut payments = Vec::new();
    for (index, paid) in all.iter().enumerate() {
        let to = account(paid.to);
        let mut payment = transfer(&format!("P{index:03}"), paid.hour, "BANK:S", &to, paid.cents);
        if !paid.booked {
            payment.status = Status::Rejected;
        }
        let again = paid.again.filter(|_| paid.undone.is_some());
        for (name, hour) in [("R", paid.undone), ("Q", again)] {
            let at = hour.map(|hour| EventTime(START.midnight().0 + hour * HOUR));
            payments.extend(at.map(|at| reversal(&payment, format!("{name}{index:03}"), at)));
        }
        payments.push(payment);
    }
    payments
}

/// Every end of a day at which a rule holds on an account.
fn naive(all: &[Paid], rule: &str, of: usize, until: i64) -> Vec<EventTime> {
    let inside = |to: usize, end: i64, stands: &dyn Fn(&Paid) -> bool| -> Vec<&Paid> {
        let seen = all.iter().filter(|paid| paid.to == to && stands(paid));
        seen.filter(|paid| (end - WINDOW * 24..=end).contains(&paid.hour)).collect()
    };
    let cents = |seen: &[&Paid]| -> i128 {
        seen.iter().filter(|paid| paid.booked).map(|paid| i128::from(paid.cents)).sum()
    };
    let holds = |end: &i64| {
        let group = if of < LARGE { 0..LARGE } else { LARGE..LARGE + SMALL };
        let then = |paid: &Paid| paid.stands_until().is_none_or(|hour| hour > *end);
        let theirs = group.map(|other| inside(other, *end, &then));
        let peers = theirs.filter(|seen| seen.iter().any(|paid| paid.booked));
        let peers: Vec<i128> = peers.map(|seen| cents(&seen)).collect();
        let own = inside(of, *end, &|paid| paid.undone.is_none());
        let known = !own.is_empty() && of < LARGE + SMALL && peers.len() >= 30;
        known && asks(rule, cents(&own), &peers)
    };
    let ends = (0..=until).map(|day| day * 24).filter(holds);
    ends.map(|hour| EventTime(START.midnight().0 + hour * HOUR)).collect()
}

fn play(all: &[Owned], delays: &[(u32, u8)], partitions: i32) -> Run {
    let arrivals = with_end(arrive(all, delays, LATENESS, partitions), partitions, LAST_DAY);
    run(&settings(), &rules(), partitions, &records(&world(), &arrivals))
}

fn settings() -> palermo_engine::EngineConfig {
    config(LATENESS, Span::from_days(40))
}

fn same_hits(
    engine: &palermo_engine::Engine,
    all: &[Paid],
    name: &str,
) -> Result<(), TestCaseError> {
    for rule in NAMES {
        for of in 0..LARGE + SMALL + NOBODY {
            let found = engine.hit_times(rule, &account(of));
            let naive = naive(all, rule, of, LAST_DAY - 2);
            prop_assert_eq!(&found, &naive, "{} {} {}", name, rule, account(of));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn peers_are_those_of_the_day_in_every_order(
        all in paid(),
        one in delays(LATENESS),
        other in delays(LATENESS),
    ) {
        let payments = stream(&all);
        let mut turned = payments.clone();
        turned.reverse();
        let expected = play(&payments, &[(0, 0)], 1);
        same_hits(&expected.engine, &all, "in order")?;
        for (name, got) in [
            // A reversal of the same arrival before its payment, and after it.
            ("turned", play(&turned, &[(0, 0)], 1)),
            ("one order", play(&payments, &one, 1)),
            ("4 partitions", play(&turned, &other, 4)),
        ] {
            same_hits(&got.engine, &all, name)?;
            let topic = OutputTopic::Alerts;
            same_alerts(&got.last(topic), &expected.last(topic), name)?;
        }
    }

    /// Rules that come into force later find what they would have found: the days are rolled up anew,
    /// with what was taken back since; and what is rolled up goes on under rules that stay.
    #[test]
    fn an_activation_rolls_up_the_days_behind_the_watermark(
        all in paid(),
        delays in delays(LATENESS),
        cut in any::<prop::sample::Index>(),
        twice in any::<prop::sample::Index>(),
    ) {
        let arrivals = with_end(arrive(&stream(&all), &delays, LATENESS, 1), 1, LAST_DAY);
        let records: Vec<Record> = records(&world(), &arrivals);
        let (cut, twice) = (cut.index(records.len()), twice.index(records.len()));
        let mut before = rules_with("0");
        before.indicators.iter_mut().for_each(|rule| rule.condition.daily = false);
        let mut engine = engine(&settings(), &before, 1);
        let mut effects = Vec::new();
        for (index, record) in records.iter().enumerate() {
            for (at, sha256) in [(cut, "e"), (twice.max(cut), "9")] {
                if at == index {
                    let bundle = Bundle { sha256: sha256.repeat(64), rules: rules() };
                    engine.activate(bundle, &mut effects).expect("no stop");
                }
            }
            engine.apply(record.as_ref(), &mut effects).expect("no stop");
        }
        same_hits(&engine, &all, "activated")?;
    }
}

/// The numbers of an alert are those of its day: 33 shops of 100 dollars, one of 4,000.
#[test]
fn an_alert_says_what_peers_had() {
    let all: Vec<Owned> = (0..LARGE)
        .map(|index| {
            let cents = if index == 7 { 400_000 } else { 10_000 };
            transfer(&format!("P{index:02}"), 5, "BANK:S", &account(index), cents)
        })
        .collect();
    let run = play(&all, &[(0, 0)], 1);
    let end = Date(START.0 + 1).midnight();
    let ends: Vec<EventTime> = (0..5).map(|day| end.plus(Span::from_days(day))).collect();
    assert_eq!(run.engine.hit_times("P-2", &account(7)), ends);
    let alerts = run.last(OutputTopic::Alerts);
    assert_eq!(alerts.len(), 1);
    let alert = alerts.values().next().unwrap();
    let told = alert["data"]["why"]["indicators"].as_array().unwrap();
    let of = |id: &str| told.iter().find(|one| one["id"] == id).unwrap()["observed"].clone();
    assert_eq!((&of("P-2")["m0"], &of("P-2")["m1"]), (&json!("4000.00"), &json!("100.00")));
    assert_eq!(of("P-3")["m1"], json!("214.71"));
}
