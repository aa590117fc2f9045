//! SIGKILL at random moments: what readers see is what an undisturbed run gives.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, same_records};
use palermo_domain::{OutputTopic, TopicRole};
use palermo_kafka::tools::Isolation;
use palermo_tests::{Chance, Engine, Site};
use std::time::{Duration, Instant};

/// How often the engine is killed, unless `PALERMO_KILLS` says otherwise.
const KILLS: u64 = 20;

/// How often a kill is aimed before it is let go.
const AIMS: u32 = 25;

/// So near the end what is left may be control records, which no commit goes past.
const NEAR_THE_END: u64 = 200;

/// Kills all over the topic, some while it finds back, some inside an open Kafka transaction.
pub(crate) fn killed(ground: &Ground) {
    let seed = Chance::seed_of_the_run();
    println!("seed {seed}; PALERMO_SEED={seed} draws the same moments");
    let mut chance = Chance::new(seed);
    let kills = std::env::var("PALERMO_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let (_, inputs) = ground.feed();
    let reference = ground.reference();
    // Commits back to back: a Kafka transaction is open much of the time.
    let site = Site::new(&ground.broker, "crash")
        .reading(inputs)
        .set("commit.every", "5ms")
        .set("state.snapshot_records", "3000");
    site.create_topics();
    // Of the payments, which is what `follow` counts.
    let inputs = inputs.inputs();
    let payments = inputs.iter().filter(|(partition, _)| partition.role == TopicRole::Payments);
    let total: i64 = payments.map(|(_, input)| input.end).sum();
    let begun = Instant::now();
    let (mut inside, mut aimed, mut recovering) = (0_u64, 0_u64, 0);
    let mut follow = site.follow();
    for n in 0..kills {
        let start: &[&str] = if n == 0 { &["--start", "earliest"] } else { &[] };
        let mut engine = Engine::start(BINARY, &site, start);
        let before = follow.payments();
        let rest = (total - before).max(0).unsigned_abs();
        if n > 0 && (chance.below(5) == 0 || rest < NEAR_THE_END) {
            // While it starts or finds back.
            std::thread::sleep(Duration::from_millis(chance.below(2_000)));
            recovering += u64::from(!engine.is_ready());
        } else {
            // Where the rest, shared out among the kills to come, takes it; short of the end, so that
            // the engine is at work.
            let step = (rest * 2 / (kills - n)).min(rest * 3 / 4);
            let target = before + i64::try_from(chance.below(step)).unwrap_or(0);
            let waiting = Instant::now();
            while follow.payments() <= target {
                assert!(engine.is_running(), "kill {n}: it ended:\n{}", engine.stderr());
                assert!(
                    waiting.elapsed() < PATIENCE,
                    "kill {n}: no progress:\n{}",
                    engine.stderr()
                );
                follow.refresh();
            }
            std::thread::sleep(Duration::from_micros(chance.below(40_000)));
            // Every third one into a transaction; the others where they fall.
            if n % 3 == 0 {
                aimed += 1;
                stop_inside(&engine, &site, &mut chance);
            }
        }
        engine.kill();
        follow.refresh();
        let open = left_open(&site);
        inside += u64::from(open);
        let (at, word) = (follow.payments(), if open { ", a transaction is open" } else { "" });
        println!("kill {n} at {at} of {total} after {:.0} s{word}", begun.elapsed().as_secs_f64());
    }
    println!(
        "{kills} kills in {:.1} s: {inside} inside an open transaction, {recovering} before it was ready, \
         {} of {total} offsets committed by then",
        begun.elapsed().as_secs_f64(),
        follow.payments()
    );
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_caught_up(&site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stderr.contains("snapshot="), "it replayed everything:\n{}", exit.stderr);
    println!("caught up after {:.1} s", begun.elapsed().as_secs_f64());
    audit(&site);
    same_records(&reference.outputs, &site.outputs());
    assert!(!reference.outputs[&OutputTopic::Alerts].is_empty(), "nothing was compared");
    // Two are granted to aims that came when there was nothing left to commit.
    assert!(
        inside > 0 && inside >= aimed.saturating_sub(2).min(3),
        "{inside} kills fell into an open transaction, of {aimed} that were aimed at one: too few \
         to prove anything about those"
    );
    let chains = |site: &Site| site.progress().pop().map(|progress| progress.chain);
    assert_eq!(chains(&site), chains(&reference.site), "hash chained over inputs and effects");
}

/// Stops the engine, again and again, until it stands inside a transaction. Killed there, it
/// leaves it open.
fn stop_inside(engine: &Engine, site: &Site, chance: &mut Chance) {
    for _ in 0..AIMS {
        engine.signal("STOP");
        if left_open(site) {
            return;
        }
        engine.signal("CONT");
        std::thread::sleep(Duration::from_micros(chance.below(10_000)));
    }
}

/// Whether the killed engine left a Kafka transaction open, with records in it: those behind the
/// last stable offset, which only a `read_uncommitted` reader sees.
fn left_open(site: &Site) -> bool {
    site.ends().into_iter().filter(|ends| ends.last_stable_offset < ends.log_end_offset).any(
        |open| {
            let (topic, partition) = open.partition.rsplit_once('/').expect("topic and partition");
            let seen = site.read(topic, Isolation::Uncommitted);
            seen.iter().any(|record| {
                record.partition.to_string() == partition
                    && record.offset >= open.last_stable_offset
            })
        },
    )
}
