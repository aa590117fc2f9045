//! What it costs to be watched: metrics and canaries beside an engine with every shipped rule.
//!
//! A difference of two percent cannot be told from the noise of two runs on a shared machine, so each part
//! is timed by itself on an engine that holds a month of payments, and set against a second of work: the
//! copy of all counters, once a second; the text of `/metrics`, once in 15 s, as Prometheus is told in
//! `deploy/prometheus`; a canary of each typology in turn, once in 15 minutes. What the engine counts while
//! it works is part of every other figure.

use palermo_benches::{figure, median_of, now, setting};
use palermo_codec::{encode_party, encode_payment};
use palermo_domain::{EventTime, Partition, TopicRole};
use palermo_engine::port::RecordRef;
use palermo_engine::{Bundle, Engine};
use palermo_ops::{Metrics, Sample};
use palermo_runtime::{BundleFiles, Config, ConfigOverrides, Planter, read_rules};
use palermo_synth::{Config as WorldConfig, Planted, World};
use std::collections::BTreeMap;
use std::path::Path;

const PARTIES: Partition = Partition { role: TopicRole::Parties, index: 0 };
const PAYMENTS: Partition = Partition { role: TopicRole::Payments, index: 0 };

/// An engine and where it reads on.
struct Fed {
    engine: Engine,
    next: BTreeMap<Partition, i64>,
}

impl Fed {
    fn apply(&mut self, partition: Partition, at: EventTime, value: &[u8]) {
        let offset = self.next.entry(partition).or_default();
        let (timestamp_ms, value) = (at.0, Some(value));
        let record =
            RecordRef { partition, offset: *offset, timestamp_ms, key: None, value, headers: 0 };
        *offset += 1;
        self.engine.apply(record, &mut Vec::new()).expect("no stop");
    }
}

pub fn figures(runs: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let text = "base_currency: USD\nrules: {unsigned: accept}\n";
    let config = Config::parse(text, "bench", &ConfigOverrides::default()).expect("it is good");
    let rules = read_rules(&folder, "rules", false).expect("the rules are there");
    let files = BundleFiles::new(&palermo_lang::Sources::new(rules), &config);
    let rules = files.compile().expect("they compile").rules;
    let bundle = Bundle { sha256: files.sha256(), rules };
    let next = BTreeMap::from([(PARTIES, 0), (PAYMENTS, 0)]);
    let engine = Engine::new(config.engine(), bundle, &next, None).expect("an engine");
    let mut fed = Fed { engine, next };
    let (payment_us, last) = month(&mut fed);
    figure("overhead_payment", format!("{payment_us:.1}"), "us/payment");

    let metrics = Metrics::new().expect("metrics");
    let (lag, undecided, last_read) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let copy_us = median_of("overhead_copy", runs, || {
        let begun = now();
        for turn in 0..100 {
            metrics.update(&Sample {
                counters: &fed.engine.totals(),
                watermark: fed.engine.watermark(),
                lag_records: &lag,
                undecided: &undecided,
                last_read_ms: &last_read,
                buffered: 0,
                unix_ms: last.0,
                monotonic_ms: turn,
            });
        }
        begun.elapsed().as_secs_f64() * 1e4
    });
    figure("overhead_copy", format!("{copy_us:.0}"), "us/s");
    let text_us = median_of("overhead_text", runs, || {
        let begun = now();
        (0..100).for_each(|_| drop(metrics.text().expect("a text")));
        begun.elapsed().as_secs_f64() * 1e4
    });
    figure("overhead_text", format!("{text_us:.0}"), "us/scrape");
    let (canary_ms, worst_ms) = canaries(&mut fed, &config, &folder, last);
    figure("overhead_canary", format!("{canary_ms:.1}"), "ms/canary");
    figure("overhead_canary_worst", format!("{worst_ms:.1}"), "ms/canary");
    let metrics_share = (copy_us + text_us / 15.0) / 1e6;
    let canary_share = canary_ms / 1e3 / 900.0;
    figure("overhead_metrics_share", format!("{:.3}", metrics_share * 100.0), "percent");
    figure("overhead_canaries_share", format!("{:.4}", canary_share * 100.0), "percent");
}

/// A month of ordinary payments; microseconds a payment, and the last event time.
fn month(fed: &mut Fed) -> (f64, EventTime) {
    let accounts = u32::try_from(setting("PALERMO_OVERHEAD_ACCOUNTS", 2_000)).unwrap_or(2_000);
    let planted = Planted::demo(1);
    let config = WorldConfig { accounts, planted, ..WorldConfig::default() };
    let world = World::new(&config).expect("a world");
    let mut value = Vec::new();
    for party in world.parties() {
        value.clear();
        encode_party(&party, &mut value);
        fed.apply(PARTIES, party.as_of, &value);
    }
    let (mut count, mut last, mut spent) = (0_u32, EventTime(0), 0.0);
    for payment in world.payments() {
        value.clear();
        encode_payment(&payment, &mut value);
        last = payment.event_time;
        let begun = now();
        fed.apply(PAYMENTS, last, &value);
        spent += begun.elapsed().as_secs_f64();
        count += 1;
    }
    eprintln!("overhead: {count} payments of {accounts} accounts");
    (spent * 1e6 / f64::from(count), last)
}

/// Milliseconds that one of each typology takes: the mean, and the most.
fn canaries(fed: &mut Fed, config: &Config, folder: &Path, last: EventTime) -> (f64, f64) {
    let planter = Planter::new(config, folder, false).expect("a planter");
    let rounds: Vec<_> =
        planter.typologies().filter_map(|id| planter.plant(id, last).ok()).collect();
    let mut value = Vec::new();
    let mut times = Vec::new();
    for round in &rounds {
        let begun = now();
        for party in &round.parties {
            value.clear();
            encode_party(party, &mut value);
            fed.apply(PARTIES, last, &value);
        }
        for payment in &round.payments {
            value.clear();
            encode_payment(payment, &mut value);
            fed.apply(PAYMENTS, last, &value);
        }
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let found = &fed.engine.counters().canaries;
    let found = found.values().filter(|canary| canary.detected.is_some()).count();
    eprintln!("overhead: {} canaries, {found} found", rounds.len());
    let count = u32::try_from(times.len()).unwrap_or(1).max(1);
    (times.iter().sum::<f64>() / f64::from(count), times.iter().copied().fold(0.0, f64::max))
}
