//! The real engine in a storm: the real task, recovery, snapshots and snapshot files, over a log and a
//! disk in memory, one seed a run.
//!
//! Each seed draws one to four kinds of faults ([`Fault`]), and processes that end besides, also while they recover. What was
//! published in the end must be what an engine publishes that nothing ever happened to; where rules
//! change or topics grow while it runs, what a rerun of the recorded past publishes, from its first start.
//! Sees: loss, doubling and reordering over any of it, a snapshot that is not what it says, a position
//! that goes back, a zombie that writes, a record without a fate, files that are never cleaned up, a run
//! that does not come to an end, and faults that do not happen. Does not see what the memory log does not
//! do as Kafka does: that is what the tests against a real broker are for.
//!
//! `PALERMO_STORM_SEEDS` runs so many seeds, `PALERMO_STORM_SEED` begins at another one.

mod disk;
mod faults;
mod run;
pub mod scene;

use faults::{Counts, Drawn, Fault};
use palermo_domain::OutputTopic;
use palermo_engine::MemoryBroker;
use palermo_engine::port::OutRecord;
use run::Storm;
use scene::Scene;

const SEEDS: u64 = 500;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Everything published except progress, topic by topic.
fn outputs(broker: &MemoryBroker) -> Vec<OutRecord> {
    let topics = OutputTopic::ALL.into_iter().filter(|topic| *topic != OutputTopic::Progress);
    topics.flat_map(|topic| broker.published(topic)).map(|published| published.record).collect()
}

/// The first place at which two runs differ.
fn same(got: &[OutRecord], wanted: &[OutRecord]) -> Result<(), String> {
    if let Some(at) = (0..got.len().max(wanted.len())).find(|at| got.get(*at) != wanted.get(*at)) {
        let text = |record: Option<&OutRecord>| match record {
            Some(record) => format!("{record:?}"),
            None => "nothing".to_owned(),
        };
        let (got, wanted) = (text(got.get(at)), text(wanted.get(at)));
        return Err(format!("record {at} is {got} in place of {wanted}"));
    }
    Ok(())
}

/// One seed: what happened, how much was published, or what is wrong.
fn storm(seed: u64) -> Result<(Counts, Vec<OutRecord>), String> {
    let scene = Scene::of(seed);
    let drawn = Drawn::of(seed);
    let mut storm = Storm::new(seed, &scene, drawn);
    storm.run()?;
    storm.check_progress()?;
    let published = outputs(&storm.broker);
    let wanted = if drawn.grows() { storm.rerun()? } else { Storm::calm(seed, &scene)? };
    same(&published, &wanted)?;
    Ok((storm.counts, published))
}

fn all_seeds() -> impl Iterator<Item = u64> {
    let first = setting("PALERMO_STORM_SEED", 0);
    first..first + setting("PALERMO_STORM_SEEDS", SEEDS)
}

#[test]
fn what_is_published_is_what_a_calm_run_publishes() {
    let (mut counts, mut records, mut seeds) = (Counts::default(), 0_u64, 0);
    let mut wrong = Vec::new();
    for seed in all_seeds() {
        match std::panic::catch_unwind(|| storm(seed)) {
            Ok(Ok((happened, published))) => {
                counts.add(&happened);
                records += published.len() as u64;
            }
            Ok(Err(error)) => wrong.push(format!("seed {seed} ({}): {error}", Drawn::of(seed))),
            Err(_) => wrong.push(format!("seed {seed} ({}): panicked", Drawn::of(seed))),
        }
        seeds += 1;
    }
    println!("{seeds} seeds, {records} records published, {counts}");
    assert!(wrong.is_empty(), "{} of {seeds}:\n{}", wrong.len(), wrong.join("\n"));
    // A fault that never happens proves nothing.
    for fault in Fault::ALL.into_iter().filter(|_| seeds >= SEEDS) {
        assert!(counts.of(fault) >= 20, "{} happened {} times", fault, counts.of(fault));
    }
    assert!(records > 10 * seeds, "{records} records");
}

#[test]
fn a_seed_happens_twice_alike() {
    for seed in (0..SEEDS).step_by(50) {
        assert_eq!(storm(seed), storm(seed), "seed {seed}");
    }
}

/// Each of what the comparison must see is planted in a run that is right.
#[test]
fn the_comparison_sees_what_is_planted() {
    let good = storm(1).expect("a run that is right").1;
    assert!(good.len() > 5);
    type Plant = fn(&mut Vec<OutRecord>);
    let planted: [Plant; 4] = [
        |records| drop(records.remove(2)),
        |records| records.insert(2, records[2].clone()),
        |records| records[2].value.as_mut().expect("a value")[0] ^= 1,
        |records| records.swap(2, 3),
    ];
    assert_eq!(same(&good, &good), Ok(()));
    for plant in planted {
        let mut bad = good.clone();
        plant(&mut bad);
        assert!(same(&bad, &good).is_err());
    }
}
