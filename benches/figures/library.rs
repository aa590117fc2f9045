//! The whole rule library: what a payment costs with every rule live, and with more rules than apply.
//!
//! Ledger and detector alone, without decoding and without Kafka, on one thread: ordinary synthetic
//! traffic of about one payment per account and day, seven weeks of it; what is timed is the last
//! ten days, when the windows of 30 days are full. The generator makes half as many: so two spans of
//! seven weeks of the same people are laid over each other, at the same hours of the day. All rules of `rules/` are evaluated, whether a
//! typology deploys them or not. More rules are copies of the indicators with every ordered parameter
//! one step stricter for each copy: other selections, other measures.

use palermo_benches::{choice, figure, median_of, now, setting};
use palermo_detect::{Applied, Detector, Settings};
use palermo_domain::alert::Cause;
use palermo_domain::{EventTime, FixedState, IngestTime, Partition, Payment, Span, TopicRole};
use palermo_lang::program::{IndicatorId, Literal, Param, RuleSet, Stricter};
use palermo_lang::{Limits, Overrides, Sources, compile_with};
use palermo_ledger::{Ledger, Leg, Origin, RowId};
use palermo_synth::{Config, Lookalikes, Planted, World};
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

/// `PALERMO_LIBRARY_ACCOUNTS` makes a smaller bank, for who counts instructions.
fn accounts() -> u32 {
    u32::try_from(setting("PALERMO_LIBRARY_ACCOUNTS", 10_000)).unwrap_or(10_000)
}
/// Whole weeks, so that weekdays stay what they are.
const DAYS: u16 = 49;
const TIMED_DAYS: i64 = 10;

pub fn figures(runs: usize) {
    let sources = sources();
    let begun = now();
    let all = rules(&sources, 0);
    figure("library_load", format!("{:.0}", begun.elapsed().as_millis()), "ms");
    let world = world();
    let payments = payments(&world);
    let (count, accounts) = (payments.len(), accounts());
    eprintln!("library: {count} payments of {accounts} accounts in {DAYS} days");
    if setting("PALERMO_LIBRARY_FIVES", 1) > 0 {
        let five = format!("{:.1}", five_terms(&world, &payments));
        figure("expression_five_terms", five, "ns/selection");
    }
    let own = all.indicators.len();
    let none = RuleSet {
        indicators: Vec::new(),
        suppressors: Vec::new(),
        selections: Vec::new(),
        typologies: Vec::new(),
        ..all.clone()
    };
    measured("library_ledger_alone", runs, &world, &payments, &none);
    measured(&format!("library_{own}_indicators"), runs, &world, &payments, &all);
    for wanted in [500, 2_000].into_iter().take(setting("PALERMO_LIBRARY_COPIES", 2)) {
        let copies = wanted / own.max(1);
        let more = rules(&sources, copies.saturating_sub(1));
        let name = format!("library_{}_indicators", more.indicators.len());
        measured(&name, runs, &world, &payments, &more);
    }
}

fn measured(
    name: &str,
    runs: usize,
    world: &World,
    payments: &[Payment<'static>],
    rules: &RuleSet,
) {
    let ns = median_of(name, runs, || one(world, payments, rules));
    figure(name, format!("{ns:.0}"), "ns/payment");
    figure(&format!("{name}_rate"), format!("{:.0}", 1e9 / ns), "payments/s");
}

/// Two spans of [`DAYS`] laid over each other, in order of event time.
fn payments(world: &World) -> Vec<Payment<'static>> {
    let mut payments: Vec<Payment<'static>> = world.payments().collect();
    let span = Span::from_days(i64::from(DAYS));
    let begin = payments.first().map_or(EventTime(0), |payment| payment.event_time);
    for payment in &mut payments {
        if payment.event_time >= begin.plus(span) {
            payment.event_time = payment.event_time.minus(span);
        }
    }
    payments.sort_by_key(|payment| payment.event_time);
    payments
}

fn world() -> World {
    World::new(&Config {
        accounts: accounts(),
        days: DAYS * 2,
        planted: Planted::NONE,
        lookalikes: Lookalikes::NONE,
        ..Config::default()
    })
    .expect("a world")
}

/// Every file of `rules/` that is no test.
pub(crate) fn sources() -> BTreeMap<String, String> {
    let shipped = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let folder = choice("PALERMO_BENCH_RULES").map_or_else(shipped, PathBuf::from);
    let read = palermo_runtime::read_rules(&folder, "rules", false).expect("the rules are there");
    read.into_iter().filter(|(path, _)| !path.ends_with(".lock")).collect()
}

/// The rules, and so many copies of each indicator.
fn rules(sources: &BTreeMap<String, String>, copies: usize) -> RuleSet {
    let limits = Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400), // The budget is for people who deploy rules; what is measured here is what they cost.
        cost: u64::MAX,
    };
    let mut files = sources.clone();
    let mut renamed = Vec::new();
    for copy in 0..copies {
        let letter = char::from(b'A' + u8::try_from(copy).expect("fewer than 26 copies"));
        for (path, text) in sources.iter().filter(|(_, text)| text.contains("\nkind: Indicator")) {
            let (before, rest) = text.split_once("\nid: ").expect("an id");
            renamed.push((rest.split_whitespace().next().expect("an id").to_owned(), letter));
            files.insert(format!("{path}.{copy}.yaml"), format!("{before}\nid: {letter}{rest}"));
        }
    }
    let none = Overrides::new();
    let plain = compile_with(&Sources::new(sources.clone()), None, &limits, &none);
    let plain = plain.expect("the shipped rules compile").rules;
    if copies == 0 {
        return plain;
    }
    let mut overrides = Overrides::new();
    for (id, letter) in renamed {
        let steps = i64::from(u32::from(letter) - u32::from('A')) + 1;
        let rule =
            plain.indicators.iter().find(|rule| rule.condition.id == id).expect("it is there");
        // How much each hop keeps has a least and a most, which steps would cross.
        let kept = |param: &&Param| !param.name.ends_with("_keep");
        for param in rule.condition.params.iter().filter(kept) {
            let moved = param
                .step
                .as_ref()
                .and_then(|step| stricter(&param.value, step, steps, param.stricter))
                .filter(|value| is_within(value, param));
            overrides
                .extend(moved.map(|value| ((format!("{letter}{id}"), param.name.clone()), value)));
        }
    }
    compile_with(&Sources::new(files), None, &limits, &overrides).expect("copies compile").rules
}

fn is_within(value: &Literal, param: &Param) -> bool {
    let Some((low, high)) = &param.range else { return true };
    match (value, low, high) {
        (Literal::Int(value), Literal::Int(low), Literal::Int(high)) => {
            (low..=high).contains(&value)
        }
        _ => true,
    }
}

fn stricter(value: &Literal, step: &Literal, steps: i64, way: Stricter) -> Option<Literal> {
    let steps = if way == Stricter::Up { steps } else { -steps };
    Some(match (value, step) {
        (Literal::Int(value), Literal::Int(step)) => Literal::Int((value + step * steps).max(1)),
        (Literal::Decimal(value), Literal::Decimal(step)) => {
            Literal::Decimal(value + step * palermo_domain::Decimal::from(steps))
        }
        (Literal::Money(value, currency), Literal::Money(step, _)) => {
            Literal::Money(value + step * palermo_domain::Decimal::from(steps), *currency)
        }
        _ => return None,
    })
}

/// A ledger that knows the parties, and a detector.
fn bank(world: &World, rules: &RuleSet) -> (Ledger, Detector) {
    let mut ledger = Ledger::new(palermo_domain::Currency::try_new("USD").expect("a currency"));
    let settings = Settings {
        task: "bench".to_owned(),
        bundle: "0".repeat(64),
        mute_before: None,
        evidence_horizon: Span::from_days(400),
    };
    let detector = Detector::new(rules.clone(), settings, &mut ledger);
    for party in world.parties() {
        ledger.apply_party(&party);
    }
    (ledger, detector)
}

fn origin(payment: &Payment<'_>, offset: i64) -> Origin {
    let partition = Partition { role: TopicRole::Payments, index: 0 };
    Origin { partition, offset, ingest: IngestTime(payment.event_time.0) }
}

/// Nanoseconds a payment of the last days.
fn one(world: &World, payments: &[Payment<'static>], rules: &RuleSet) -> f64 {
    let (mut ledger, mut detector) = bank(world, rules);
    let last = payments.last().map_or(EventTime(0), |payment| payment.event_time);
    let first_timed = last.minus(Span::from_days(TIMED_DAYS));
    let begin = payments.partition_point(|payment| payment.event_time < first_timed);
    let mut alerts = Vec::new();
    let mut offset = 0;
    let (mut longest, mut today) = (std::time::Duration::ZERO, palermo_domain::Date(0));
    let mut apply = |payment: &Payment<'static>, ledger: &mut Ledger| {
        // The clock is read where a day has ended.
        let day = payment.event_time.date();
        let begun = (day != today).then(now);
        detector.roll_up(ledger, Some(payment.event_time));
        longest = begun.map_or(longest, |begun| longest.max(begun.elapsed()));
        today = day;
        let row = ledger.insert(payment, origin(payment, offset));
        offset += 1;
        let sets = detector.select(ledger, row, payment.text.as_ref());
        ledger.link(row, sets[0], sets[1]);
        let applied = Applied { cause: Cause::OnTime, watermark: Some(payment.event_time) };
        detector.changed(ledger, row, applied, &mut alerts);
        alerts.clear();
    };
    let (warm, timed) = payments.split_at(begin);
    warm.iter().for_each(|payment| apply(payment, &mut ledger));
    let begun = now();
    timed.iter().for_each(|payment| apply(payment, &mut ledger));
    let ns = begun.elapsed().as_nanos() as f64 / timed.len().max(1) as f64;
    eprintln!("library: the longest roll-up of an end of a day took {} us", longest.as_micros());
    tell(&detector, &ledger);
    ns
}

/// What was found, so that a change of the speed that changes it is seen.
fn tell(detector: &Detector, ledger: &Ledger) {
    let (mut hits, mut digest) = (0_usize, 0_u64);
    for (index, _) in (0..).zip(&detector.rules().indicators) {
        for account in ledger.account_ids() {
            for time in detector.hit_times(IndicatorId(index), account) {
                hits += 1;
                let fact = (index, ledger.key_text(account), time.0);
                digest = digest.wrapping_add(FixedState::default().hash_one(fact));
            }
        }
    }
    if setting("PALERMO_LIBRARY_MOST", 0) > 0 {
        most_evaluated(detector);
    }
    let missing: u64 = detector.field_missing().into_values().sum();
    let all = detector.field_missing().into_iter().collect::<Vec<_>>();
    let evaluations: u64 = detector.stats().evaluations.iter().sum();
    let of_missing = FixedState::default().hash_one(all) >> 32;
    eprintln!(
        "library: {hits} hits ({:08x}), {missing} times a field was missing ({of_missing:08x}), {evaluations} evaluations",
        digest >> 32
    );
}

/// The indicators that are evaluated most, for who looks for what costs.
fn most_evaluated(detector: &Detector) {
    let rules = detector.rules().indicators.iter();
    let counts = detector.stats().evaluations.iter();
    let mut all: Vec<(u64, &str)> =
        counts.copied().zip(rules.map(|rule| rule.condition.id.as_str())).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    for (count, id) in all.into_iter().take(setting("PALERMO_LIBRARY_MOST", 0)) {
        eprintln!("library: {id} {count} evaluations");
    }
}

/// Selections of five terms each, no two of them alike.
const FIVES: usize = 120;

/// What one of them costs at one end of a payment that has the right direction.
fn five_terms(world: &World, payments: &[Payment<'static>]) -> f64 {
    let mut text = "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
                    description: A rule.\ncite: [{key: K1, item: flag, status: found}]\n\
                    kind: Indicator\nid: FT-01\ncrime: [laundering]\nfamily: N\ntier: A\n\
                    subject: account\nwindow: 30d\nselect:\n"
        .to_owned();
    for n in 1..=FIVES {
        let (most, hour) = (90_000 + n, n % 24);
        text += &format!(
            "  s{n}: direction == out && currency == USD && amount_original >= {n} && amount_original < {most} && hour != {hour}\n"
        );
    }
    text += "measure:\n";
    (1..=FIVES).for_each(|n| text += &format!("  m{n}: count() over s{n}\n"));
    let hit: Vec<String> = (1..=FIVES).map(|n| format!("m{n} >= 1000")).collect();
    text += &format!("hit: {}\ntext: \"{{m1}}\"\n", hit.join(" || "));
    let limits = Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        cost: u64::MAX,
    };
    let sources = Sources::new([("rules/five.yaml".to_owned(), text)].into());
    let rules = compile_with(&sources, None, &limits, &Overrides::new());
    let (mut ledger, mut detector) = bank(world, &rules.expect("it compiles").rules);
    let rows: Vec<RowId> = (0..)
        .zip(payments.iter().take(20_000))
        .map(|(offset, payment)| ledger.insert(payment, origin(payment, offset)))
        .collect();
    let ends = rows
        .iter()
        .filter(|row| ledger.row(**row).is_some_and(|row| row.account(Leg::Debtor).is_some()));
    let asked = ends.count() * FIVES;
    let mut select = || {
        let begun = now();
        for row in &rows {
            std::hint::black_box(detector.select(&ledger, *row, None));
        }
        begun.elapsed().as_nanos() as f64
    };
    // The first time every combination is new.
    select();
    select() / asked.max(1) as f64
}
