//! `make bench`: one line per figure, `bench <name> <value> <unit>`, on standard output.
//!
//! What is measured: `benches/README.md`. Settings from the environment: `PALERMO_BENCH_RUNS`
//! (default 5 in memory, 3 over Kafka), `PALERMO_BENCH_PAYMENTS` (default 300,000),
//! `PALERMO_BENCH_SECONDS` of paced load for the latencies (default 20). An argument selects:
//! `backtest`, `decode`, `memory`, `snapshot`, `library`, `windows`, `graph`, `production`, `overhead`, `scale`, `score`, `kafka`; `scale`
//! only where `PALERMO_BENCH_LARGE` says how many payments the large stream has, such as 50000000.
//! `score` is what the rules find of planted networks, and takes minutes a seed.

mod backtest;
mod decode;
mod graph;
mod kafka;
mod library;
mod memory;
mod overhead;
mod production;
mod scale;
mod score;
mod snapshot;
mod windows;

use palermo_benches::{Broker, setting};
use std::process::ExitCode;

/// As in the command.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // cargo hands `--bench` over.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|other| other == name);
    if wants("decode") {
        decode::figures(setting("PALERMO_BENCH_RUNS", 5));
    }
    if wants("memory") {
        memory::figures(setting("PALERMO_BENCH_RUNS", 5));
    }
    if wants("snapshot") {
        snapshot::figures(setting("PALERMO_BENCH_RUNS", 3));
    }
    if wants("library") {
        library::figures(setting("PALERMO_BENCH_RUNS", 3));
    }
    if wants("backtest") {
        backtest::figures(setting("PALERMO_BENCH_RUNS", 3));
    }
    if wants("windows") {
        windows::figures(setting("PALERMO_BENCH_RUNS", 3));
    }
    if wants("graph") {
        graph::figures(setting("PALERMO_BENCH_RUNS", 5));
    }
    if wants("production") {
        production::figures(setting("PALERMO_BENCH_RUNS", 3));
    }
    if wants("overhead") {
        overhead::figures(setting("PALERMO_BENCH_RUNS", 5));
    }
    if wants("scale") {
        scale::figures(setting("PALERMO_BENCH_RUNS", 3));
    }
    if wants("score") {
        score::figures();
    }
    if wants("kafka") {
        match Broker::start() {
            Ok(broker) => kafka::figures(&broker, setting("PALERMO_BENCH_RUNS", 3)),
            Err(why) => {
                eprintln!("no figures over Kafka: {why}");
                return ExitCode::from(4);
            }
        }
    }
    ExitCode::SUCCESS
}
