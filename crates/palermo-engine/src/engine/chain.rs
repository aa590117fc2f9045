//! The hash chained over inputs and effects.
//!
//! It answers one question: has a replay seen the same records, decided the same fates and made
//! the same effects? The version of the engine, which alerts name, is left out of it: a new version
//! may replay what an older one did, and where it would do otherwise, the chain says so. It is a 128-bit xxh3, fast enough to run over every byte (about 30 ns a
//! payment); it is not a seal against people, which the audit chain will be. Every item is folded
//! in alone, so the hash does not depend on where commits were made.

use crate::port::{OutRecord, RecordRef};
use palermo_codec::{Started, around_engine_version};
use palermo_domain::{EventTime, Fate, OutputTopic, Partition};
use serde::{Deserialize, Serialize};
use std::fmt;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// The chain.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Chain {
    state: u128,
}

impl Chain {
    pub(super) fn record(&mut self, record: &RecordRef<'_>, fate: Fate) {
        let mut item = Xxh3::new();
        item.update(&[1, record.partition.role as u8, fate as u8]);
        item.update(&record.partition.index.to_le_bytes());
        item.update(&record.offset.to_le_bytes());
        item.update(&record.timestamp_ms.to_le_bytes());
        bytes(&mut item, record.key);
        bytes(&mut item, record.value);
        self.fold(&item);
    }

    pub(super) fn effect(&mut self, effect: &OutRecord) {
        let mut item = Xxh3::new();
        item.update(&[2, effect.topic as u8]);
        item.update(&effect.timestamp_ms.unwrap_or(i64::MIN).to_le_bytes());
        bytes(&mut item, effect.key.as_deref());
        match effect.value.as_deref() {
            // An engine of another version that decides the same has the same chain.
            Some(value) if effect.topic != OutputTopic::DeadLetter => {
                let (before, after) = around_engine_version(value);
                bytes(&mut item, Some(before));
                bytes(&mut item, Some(after));
            }
            value => bytes(&mut item, value),
        }
        for (name, value) in &effect.headers {
            bytes(&mut item, Some(name.as_bytes()));
            bytes(&mut item, Some(value));
        }
        self.fold(&item);
    }

    pub(super) fn activation(&mut self, bundle: &str) {
        let mut item = Xxh3::new();
        item.update(&[3]);
        bytes(&mut item, Some(bundle.as_bytes()));
        self.fold(&item);
    }

    /// A new start after a gap: where it reads on, what it mutes, and every gap.
    pub(super) fn went_on(&mut self, started: &Started) {
        let mut item = Xxh3::new();
        item.update(&[4]);
        let place = |item: &mut Xxh3, partition: &Partition, offsets: &[i64]| {
            item.update(&[partition.role as u8]);
            item.update(&partition.index.to_le_bytes());
            offsets.iter().for_each(|offset| item.update(&offset.to_le_bytes()));
        };
        let time = |time: Option<EventTime>| time.map_or(i64::MIN, |time| time.0).to_le_bytes();
        item.update(&(started.positions.len() as u64).to_le_bytes());
        for (partition, position) in &started.positions {
            place(&mut item, partition, &[*position]);
        }
        item.update(&time(started.warm_up_until));
        for gap in &started.gaps {
            item.update(&gap.base.to_le_bytes());
            item.update(&time(gap.after));
            item.update(&gap.until.0.to_le_bytes());
            item.update(&(gap.lost.len() as u64).to_le_bytes());
            for (partition, (from, to)) in &gap.lost {
                place(&mut item, partition, &[*from, *to]);
            }
        }
        self.fold(&item);
    }

    fn fold(&mut self, item: &Xxh3) {
        let mut link = [0; 32];
        let (before, now) = link.split_at_mut(16);
        before.copy_from_slice(&self.state.to_le_bytes());
        now.copy_from_slice(&item.digest128().to_le_bytes());
        self.state = xxh3_128(&link);
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.state)
    }
}

/// Absent, empty and any other value are three different things.
fn bytes(item: &mut Xxh3, value: Option<&[u8]>) {
    let length = value.map_or(u64::MAX, |value| value.len() as u64);
    item.update(&length.to_le_bytes());
    item.update(value.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(topic: OutputTopic, value: &str) -> String {
        let mut chain = Chain::default();
        chain.effect(&OutRecord {
            topic,
            key: None,
            value: Some(value.into()),
            headers: Vec::new(),
            timestamp_ms: Some(0),
        });
        chain.to_string()
    }

    #[test]
    fn every_part_of_a_new_start_is_in_the_chain() {
        let partition = Partition { role: palermo_domain::TopicRole::Payments, index: 1 };
        let gap = palermo_codec::Gap {
            base: 3,
            after: Some(EventTime(5)),
            until: EventTime(9),
            lost: [(partition, (10, 20))].into(),
        };
        let start = Started {
            positions: [(partition, 20)].into(),
            preload_ends: [].into(),
            warm_up_until: Some(EventTime(7)),
            gaps: vec![gap],
        };
        let alter: [fn(&mut Started); 7] = [
            |_| {},
            |start| start.positions.values_mut().for_each(|position| *position = 21),
            |start| start.warm_up_until = None,
            |start| start.gaps[0].base = 4,
            |start| start.gaps[0].after = None,
            |start| start.gaps[0].until = EventTime(8),
            |start| start.gaps[0].lost.values_mut().for_each(|(from, _)| *from = 11),
        ];
        let chains: std::collections::BTreeSet<String> = alter
            .iter()
            .map(|alter| {
                let (mut chain, mut start) = (Chain::default(), start.clone());
                alter(&mut start);
                chain.went_on(&start);
                chain.to_string()
            })
            .collect();
        assert_eq!(chains.len(), alter.len());
        assert!(!chains.contains(&Chain::default().to_string()));
    }

    #[test]
    fn another_version_of_the_engine_is_no_other_effect() {
        let old = r#"{"score":3,"engine":{"version":"0.1.0"},"input":7}"#;
        let rows = [
            (r#"{"score":3,"engine":{"version":"0.10.0-rc.1"},"input":7}"#, true),
            (r#"{"score":4,"engine":{"version":"0.1.0"},"input":7}"#, false),
            (r#"{"score":3,"engine":{"version":"0.1.0"},"input":8}"#, false),
            (r#"{"score":3,"input":7}"#, false),
        ];
        for (new, same) in rows {
            for topic in [OutputTopic::Alerts, OutputTopic::Suppressed, OutputTopic::Shadow] {
                assert_eq!(after(topic, old) == after(topic, new), same, "{new}");
            }
            // What somebody else wrote is compared to the byte.
            let letter = OutputTopic::DeadLetter;
            assert_ne!(after(letter, old), after(letter, new), "{new}");
        }
    }
}
