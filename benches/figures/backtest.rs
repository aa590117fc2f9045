//! History: one rule set over files, two side by side, and a sweep of twenty values in one pass.
//!
//! A simulated bank of ordinary traffic with some funnels, written as `payments.jsonl` and
//! `parties.jsonl` (`PALERMO_BACKTEST_ACCOUNTS`, default 5,000, over 60 days), and every rule of `rules/`
//! live. What is timed is reading, decoding, detecting and keeping the alerts; not the making of the
//! files and not the report. The ratios are of the same run.

use palermo_backtest::{AsOf, Plan, Reader, Sweep, knobs, play};
use palermo_benches::{figure, median_of, now, setting};
use palermo_codec::{Limits, encode_party, encode_payment};
use palermo_domain::{Currency, Span};
use palermo_engine::{Bundle, EngineConfig};
use palermo_lang::Sources;
use palermo_synth::{Config, Lookalikes, Planted, World};
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;

const DAYS: u16 = 60;
/// Values of the sweep, beside the current one.
const POINTS: usize = 20;

pub(crate) fn figures(runs: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let payments = write(folder.path());
    let sources = Sources::new(crate::library::sources());
    let limits = palermo_lang::Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        cost: u64::MAX,
    };
    let none = palermo_lang::Overrides::new();
    let rules =
        palermo_lang::compile_with(&sources, None, &limits, &none).expect("they compile").rules;
    let all = Bundle { sha256: "0".repeat(64), rules };
    let one = timed("backtest", runs, folder.path(), std::slice::from_ref(&all));
    figure("backtest_rate", format!("{:.0}", payments as f64 / one), "payments/s");
    let two = timed("backtest of two rule sets", runs, folder.path(), &[all.clone(), all.clone()]);
    figure("backtest_two_to_one", format!("{:.2}", two / one), "ratio");
    let only = ["min_credits".to_owned()];
    let knobs = knobs(&all.rules, "MS-08", &only, 2 * POINTS);
    let mut sweep = Sweep::new(&knobs, false, 0, 1);
    sweep.points.truncate(POINTS);
    assert_eq!(sweep.points.len(), POINTS, "so many values");
    let swept = |name: &str, only: &[&str]| {
        let only = only.iter().map(|id| (*id).to_owned()).collect();
        let variants =
            palermo_lang::variants(&sources, &limits, &sweep.points, &only, &BTreeMap::new());
        let rules = variants.expect("they compile").rules;
        timed(name, runs, folder.path(), &[Bundle { sha256: "0".repeat(64), rules }])
    };
    let all = swept("sweep of 20 values", &[]);
    figure("backtest_sweep_of_20_to_one_pass", format!("{:.2}", all / one), "ratio");
    let one_typology = swept("sweep of 20 values for CT-14", &["CT-14"]);
    let ratio = format!("{:.2}", one_typology / one);
    figure("backtest_sweep_of_20_of_one_typology_to_one_pass", ratio, "ratio");
}

/// Seconds of a pass.
fn timed(name: &str, runs: usize, folder: &Path, bundles: &[Bundle]) -> f64 {
    let milliseconds = median_of(name, runs, || {
        let begun = now();
        let reader = Reader::open(folder, &Limits::default(), AsOf::Event, None).expect("files");
        let plan = Plan::new(config(), bundles.to_vec());
        let mut lines = |_: &[u8], _: &[u8]| Ok(());
        let played = play(reader, &plan, &mut lines, &mut |_| ControlFlow::Continue(()));
        let played = played.expect("it is played");
        assert!(!played.rules[0].told.is_empty(), "{name}: nothing was found");
        begun.elapsed().as_secs_f64() * 1e3
    });
    milliseconds / 1e3
}

fn config() -> EngineConfig {
    EngineConfig {
        task: "bench".to_owned(),
        base_currency: Currency::try_new("USD").expect("a currency"),
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        lateness: Span::from_days(1),
        idle_after: Span::from_days(2),
        limits: Limits::default(),
        memory_max_bytes: u64::MAX,
        version: "0".to_owned(),
        topic_names: BTreeMap::new(),
    }
}

/// Writes the files; how many payments.
fn write(folder: &Path) -> usize {
    let accounts = u32::try_from(setting("PALERMO_BACKTEST_ACCOUNTS", 5_000)).unwrap_or(5_000);
    let world = World::new(&Config {
        seed: 4_711,
        accounts,
        days: DAYS,
        planted: Planted::demo(6),
        lookalikes: Lookalikes::demo(2),
        ..Config::default()
    })
    .expect("a world");
    let open =
        |name: &str| BufWriter::new(std::fs::File::create(folder.join(name)).expect("a file"));
    let mut line = Vec::new();
    let mut file = open("parties.jsonl");
    for party in world.parties() {
        line.clear();
        encode_party(&party, &mut line);
        line.push(b'\n');
        file.write_all(&line).expect("a line");
    }
    file.flush().expect("the file");
    let (mut file, mut payments) = (open("payments.jsonl"), 0);
    for payment in world.payments() {
        line.clear();
        encode_payment(&payment, &mut line);
        line.push(b'\n');
        file.write_all(&line).expect("a line");
        payments += 1;
    }
    file.flush().expect("the file");
    eprintln!("backtest: {payments} payments of {accounts} accounts in {DAYS} days");
    payments
}
