//! Payments to measure with.

use palermo_codec::{encode_party, encode_payment};
use palermo_domain::{FixedHashSet, Text};
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
    /// How many accounts the payments name, those elsewhere included.
    pub accounts: usize,
}

impl Work {
    /// So many payments of a month; with `cases` planted networks of each kind.
    pub fn new(payments: usize, cases: u16) -> Self {
        // Some 16 payments an account and month.
        Self::of(payments, payments / 15, 30, cases, |_| None)
    }

    /// So many payments of seven weeks, 25 for each account at the bank, with UUIDs as ids.
    pub fn dense(payments: usize, cases: u16) -> Self {
        Self::of(payments, payments / 25, 60, cases, |number| Some(uuid(number)))
    }

    fn of(
        payments: usize,
        accounts: usize,
        days: u16,
        cases: u16,
        id: impl Fn(u64) -> Option<String>,
    ) -> Self {
        let world = World::new(&Config {
            accounts: u32::try_from(accounts).unwrap_or(u32::MAX).max(1_000),
            days,
            planted: Planted::demo(cases),
            lookalikes: Lookalikes::NONE,
            ..Config::default()
        })
        .expect("a world");
        let parties = world.parties().map(|party| {
            let mut value = Vec::new();
            encode_party(&party, &mut value);
            record(value, party.as_of.0, 0)
        });
        let mut accounts = FixedHashSet::default();
        let made = world.payments().take(payments).zip(0_u64..).map(|(mut payment, n)| {
            let ends = [&payment.debtor, &payment.creditor].into_iter();
            let named = ends.filter_map(|end| end.account.as_ref());
            accounts.extend(named.map(|account| account.expose().to_string()));
            if let Some(id) = id(n) {
                payment.payment_id = Text::new(id.into());
            }
            let mut value = Vec::new();
            encode_payment(&payment, &mut value);
            record(value, payment.event_time.0, i32::try_from(n % 4).unwrap_or(0))
        });
        let payments = made.collect();
        Self { parties: parties.collect(), payments, accounts: accounts.len() }
    }

    /// Mean size of a payment in bytes.
    pub fn mean_bytes(&self) -> usize {
        let bytes: usize =
            self.payments.iter().filter_map(|record| record.value.as_ref()).map(Vec::len).sum();
        bytes / self.payments.len().max(1)
    }
}

/// A UUID of version 4 that follows from a number.
fn uuid(number: u64) -> String {
    // Steps of SplitMix64.
    let mix = |x: u64| {
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    let (a, b) = (mix(number.wrapping_add(0x9e37_79b9_7f4a_7c15)), mix(!number));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        b >> 48 & 0x3fff | 0x8000,
        b & 0xffff_ffff_ffff
    )
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
