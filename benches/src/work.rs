//! Payments to measure with.

use palermo_codec::{encode_party, encode_payment};
use palermo_kafka::tools::NewRecord;
use palermo_synth::{Config, Lookalikes, Planted, World};

/// A payment of 441 bytes, the mean that the notes measured with.
pub const TYPICAL: &[u8] = br#"{"schema":"payment.v1","payment_id":"p-000000000123","event_time":"2026-09-06T09:25:00.000Z","utc_offset_minutes":-300,"kind":"transfer","rail":"ach","channel":"mobile","amount":"1200.00","currency":"USD","debtor":{"account":"BANK:104422","party":"CUS-104422","kind":"person","country":"US","region":"US-NY","ours":true},"creditor":{"account":"OTHER:77310001","kind":"business","country":"US","region":"US-TX"},"text":"rent, september 2026"}"#;

/// The customers and payments of a world, encoded.
#[derive(Debug)]
pub struct Work {
    /// Parties.
    pub parties: Vec<NewRecord>,
    /// Payments in event-time order, over four partitions.
    pub payments: Vec<NewRecord>,
}

impl Work {
    /// So many payments of a month; with `cases` planted networks of each kind.
    pub fn new(payments: usize, cases: u16) -> Self {
        // Some 16 payments an account and month.
        let accounts = u32::try_from(payments / 15).unwrap_or(u32::MAX).max(1_000);
        let world = World::new(&Config {
            accounts,
            planted: Planted { ct01: cases, ct14: cases },
            lookalikes: Lookalikes::NONE,
            ..Config::default()
        })
        .expect("a world");
        let parties = world.parties().map(|party| {
            let mut value = Vec::new();
            encode_party(&party, &mut value);
            record(value, party.as_of.0, 0)
        });
        let made = world.payments().take(payments).zip(0_i32..).map(|(payment, n)| {
            let mut value = Vec::new();
            encode_payment(&payment, &mut value);
            record(value, payment.event_time.0, n % 4)
        });
        Self { parties: parties.collect(), payments: made.collect() }
    }

    /// Mean size of a payment in bytes.
    pub fn mean_bytes(&self) -> usize {
        let bytes: usize =
            self.payments.iter().filter_map(|record| record.value.as_ref()).map(Vec::len).sum();
        bytes / self.payments.len().max(1)
    }
}

fn record(value: Vec<u8>, timestamp_ms: i64, lane: i32) -> NewRecord {
    NewRecord {
        partition: Some(lane),
        key: None,
        value: Some(value),
        headers: Vec::new(),
        timestamp_ms: Some(timestamp_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use palermo_codec::{Limits, UnknownFields, decode_payment};

    #[test]
    fn the_typical_payment_is_one_and_has_its_size() {
        assert_eq!(TYPICAL.len(), 441);
        decode_payment(TYPICAL, &Limits::default(), &mut UnknownFields::default()).unwrap();
    }
}
