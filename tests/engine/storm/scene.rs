//! What happens upstream: customers, rates and payments that make alerts, with duplicates, conflicts,
//! reversals, late ones and garbage among them.

use crate::harness::{config, disturbed, records};
use crate::linked::spec;
use crate::{days, typologies};
use palermo_domain::{Partition, Span, TopicRole};
use palermo_engine::{Bundle, EngineConfig};
use palermo_testkit::scene::{delays, disturbances, drafts, worlds};
use palermo_tests::Chance;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// One thing that happens upstream.
#[derive(Clone, Debug)]
pub enum Event {
    /// A record with its timestamp.
    Record(Partition, i64, Vec<u8>),
    /// Offsets that no reader sees.
    Skip(Partition, u64),
    /// A transaction opens, and closes.
    Hold(Partition),
    Release(Partition),
}

/// A history, and how it is judged.
pub struct Scene {
    pub events: Vec<Event>,
    pub config: EngineConfig,
}

pub fn partitions() -> impl Iterator<Item = Partition> {
    let payments = (0..2).map(|index| Partition { role: TopicRole::Payments, index });
    let others = [TopicRole::Lists, TopicRole::Parties];
    payments.chain(others.map(|role| Partition { role, index: 0 }))
}

/// The rules of the storm.
pub fn bundle(number: u64) -> Bundle {
    let rules = match number {
        0 => typologies::rules(),
        1 => spec::rules([(255, 2); 4], 4),
        _ => days::rules(),
    };
    Bundle { sha256: char::from(b'a'.saturating_add(number as u8)).to_string().repeat(64), rules }
}

impl Scene {
    pub fn of(seed: u64) -> Self {
        let seeded = Config { rng_seed: RngSeed::Fixed(seed), ..Config::default() };
        let mut runner = TestRunner::new(seeded);
        let late = Span::from_days(3);
        let parts = (worlds(), drafts(30, 10..40), disturbances(8), delays(late), 4..40_i64);
        let tree = parts.new_tree(&mut runner).expect("a scene");
        let (world, drafts, disturbances, delays, horizon) = tree.current();
        let arrivals = disturbed(&drafts, &disturbances, &delays, late);
        let mut chance = Chance::new(seed ^ 0x5ce9e);
        let mut events = Vec::new();
        for record in records(&world, &arrivals) {
            if chance.below(12) == 0 {
                events.push(Event::Skip(record.partition, chance.below(3) + 1));
            }
            if chance.below(15) == 0 {
                events.push(Event::Record(record.partition, record.at, b"not a record".to_vec()));
            }
            events.push(Event::Record(record.partition, record.at, record.value));
        }
        Self { events, config: config(Span::from_days(1), Span::from_days(horizon)) }
    }
}

/// The same with transactions upstream that open and close.
pub fn held(events: Vec<Event>, seed: u64) -> Vec<Event> {
    let mut chance = Chance::new(seed ^ 0x401d);
    let all: Vec<Partition> = partitions().collect();
    let mut held = Vec::new();
    for event in events {
        let partition = all[usize::try_from(chance.below(4)).expect("small")];
        match chance.below(10) {
            0 => held.push(Event::Hold(partition)),
            1 => held.push(Event::Release(partition)),
            _ => {}
        }
        held.push(event);
    }
    held.extend(all.into_iter().map(Event::Release));
    held
}
