//! Makes a million payments of a full society and writes none: what the simulator itself costs.
//!
//! `time cargo run --release -p palermo-synth --example million`
#![expect(clippy::print_stdout, reason = "an example says what it did")]

use palermo_synth::{Config, ConfigError, Society, World};

fn main() -> Result<(), ConfigError> {
    let config = Config { accounts: 60_000, society: Society::Full, ..Config::default() };
    let world = World::new(&config)?;
    let last = world.payments().take(1_000_000).last();
    println!("1000000 payments to {}", last.map_or_else(String::new, |p| p.event_time.to_string()));
    Ok(())
}
