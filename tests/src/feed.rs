//! What an upstream system in trouble sends: payments out of order across partitions, twice, late,
//! undecodable, in conflict, and in transactions that are aborted; with the truth about it.
//!
//! The same configuration gives the same records. Offsets of a partition hold records that no
//! reader may see (aborted) and none at all (control records).

use crate::clock;
use core::ops::Range;
use palermo_codec::{encode_party, encode_payment};
use palermo_domain::{Payment, Span, TopicRole};
use palermo_kafka::KafkaConfig;
use palermo_kafka::testing::TransactionalProducer;
use palermo_kafka::tools::{BulkProducer, NewRecord};
use palermo_synth::{Case, Config, Disorder, Lookalikes, Planted, World};
use std::collections::BTreeMap;

/// How many payments, and how they are disturbed.
#[derive(Clone, Debug)]
pub struct FeedConfig {
    /// Decides everything.
    pub seed: u64,
    /// Accounts of the world.
    pub accounts: u32,
    /// Networks and look-alikes of each kind.
    pub cases: u16,
    /// One undecodable record after so many payments.
    pub garbage_every: usize,
    /// One transaction of the upstream after so many records; every second one is aborted.
    pub transaction_every: usize,
}

/// What the upstream does, in order.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// Sends records without a transaction.
    Plain(Vec<NewRecord>),
    /// Sends records in a transaction that it commits.
    Committed(Vec<NewRecord>),
    /// Sends records in a transaction that it aborts.
    Aborted(Vec<NewRecord>),
}

/// A prepared feed.
#[derive(Debug)]
pub struct Feed {
    /// What is known of the customers.
    pub parties: Vec<NewRecord>,
    /// What happens on the topic of payments.
    pub payments: Vec<Upstream>,
    /// Records of payments that readers may see.
    pub visible: usize,
    /// Records that were aborted.
    pub aborted: usize,
    /// Undecodable and conflicting records, by reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Second copies.
    pub duplicates: usize,
    /// What was planted.
    pub truth: Vec<Case>,
}

/// An undecodable record and the reason that it must be refused for.
#[derive(Clone, Debug)]
pub struct Garbage {
    /// The value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// The value of the header `palermo-reason`.
    pub reason: &'static str,
}

impl Garbage {
    /// One of each kind that a careless upstream sends.
    pub fn all() -> Vec<Self> {
        let text = |value: &str, reason| Self { value: Some(value.as_bytes().to_vec()), reason };
        vec![
            Self { value: None, reason: "empty" },
            Self { value: Some(vec![0xff, 0xfe, b'{', b'}']), reason: "not_utf8" },
            text("{\"schema\":\"payment.v1\"", "not_json"),
            text("not a payment", "not_json"),
            text("{\"schema\":\"payment.v9\"}", "wrong_schema"),
            text("{\"schema\":\"payment.v1\",\"schema\":\"payment.v1\"}", "duplicate_field"),
            text("{\"schema\":\"payment.v1\"}", "missing_field"),
            text("{\"schema\":\"payment.v1\",\"payment_id\":7}", "field_type"),
            text(&format!("{}{}", "{\"a\":".repeat(200), "}".repeat(200)), "too_deep"),
            text(&format!("{{\"pad\":\"{}\"}}", "x".repeat(70_000)), "too_large"),
        ]
    }
}

impl Feed {
    /// Makes the feed of a configuration.
    pub fn new(config: &FeedConfig) -> Self {
        let world = World::new(&Config {
            seed: config.seed,
            accounts: config.accounts,
            planted: Planted::demo(config.cases),
            lookalikes: Lookalikes::demo(config.cases.min(1)),
            ..Config::default()
        })
        .expect("a world");
        let disorder = Disorder {
            seed: config.seed,
            partitions: 4,
            duplicates_per_mille: 10,
            late_per_mille: 5,
            // Lateness is two hours: these have the fate `late`.
            late_by: Span::from_millis(3 * 3_600_000),
            shuffle_within: Span::from_millis(30 * 60_000),
        };
        let parties = world.parties().map(|party| {
            let mut value = Vec::new();
            encode_party(&party, &mut value);
            NewRecord {
                key: Some(party.party.expose().as_bytes().to_vec()),
                value: Some(value),
                timestamp_ms: Some(party.as_of.0),
                ..NewRecord::default()
            }
        });
        let mut feed = Self {
            parties: parties.collect(),
            payments: Vec::new(),
            visible: 0,
            aborted: 0,
            refused: BTreeMap::new(),
            duplicates: 0,
            truth: world.truth(),
        };
        let mut plain = Vec::new();
        let garbage = Garbage::all();
        let mut transactions = 0_usize;
        for (number, record) in (1..).zip(disorder.apply(world.payments())) {
            let lane = i32::from(record.partition);
            let at = record.ingest.0;
            feed.duplicates += usize::from(record.duplicate);
            plain.push(payment(&record.payment, lane, at));
            if number % config.garbage_every == 0 {
                let turn = number / config.garbage_every;
                plain.push(feed.refuse(&garbage, turn, &record.payment, lane, at));
            }
            if plain.len() >= config.transaction_every {
                transactions += 1;
                feed.push(&mut plain, transactions);
            }
        }
        feed.visible += plain.len();
        feed.payments.push(Upstream::Plain(plain));
        feed
    }

    /// The next record that must be refused: garbage in turn, now and then another payment under
    /// an id that was used.
    fn refuse(
        &mut self,
        garbage: &[Garbage],
        turn: usize,
        last: &Payment<'_>,
        lane: i32,
        at: i64,
    ) -> NewRecord {
        let turn = turn % (garbage.len() + 1);
        let Some(one) = garbage.get(turn) else {
            let mut other = last.clone();
            other.amount += palermo_domain::Decimal::ONE;
            *self.refused.entry("conflict").or_default() += 1;
            // The same partition and a later time: it is read after the one it contradicts.
            return payment(&other, lane, at.saturating_add(1));
        };
        *self.refused.entry(one.reason).or_default() += 1;
        NewRecord {
            partition: Some(lane),
            key: Some(b"upstream".to_vec()),
            value: one.value.clone(),
            timestamp_ms: Some(at),
            ..NewRecord::default()
        }
    }

    /// What has gathered goes out, the end of it in a transaction, and after every second one come
    /// records that are aborted.
    fn push(&mut self, gathered: &mut Vec<NewRecord>, transactions: usize) {
        let mut plain = std::mem::take(gathered);
        self.visible += plain.len();
        // Neighbours of one partition change places: timestamps go back now and then.
        if plain.len() > 200 {
            plain.swap(100, 101);
        }
        let committed = plain.split_off(plain.len().saturating_sub(50));
        if transactions.is_multiple_of(2) {
            let void = committed.iter().map(|record| {
                let text = record.value.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
                let text = text.replace("\"p-0", "\"aborted-0");
                NewRecord { value: Some(text.into_bytes()), ..record.clone() }
            });
            let void: Vec<NewRecord> = void.collect();
            self.aborted += void.len();
            self.payments.push(Upstream::Aborted(void));
        }
        self.payments.push(Upstream::Plain(plain));
        self.payments.push(Upstream::Committed(committed));
    }

    /// Sends everything; it has arrived when this returns.
    pub fn produce(&self, kafka: &KafkaConfig) {
        self.produce_steps(kafka, 0..self.payments.len());
    }

    /// Sends these steps of the payments, and the parties before the first of them.
    pub fn produce_steps(&self, kafka: &KafkaConfig, steps: Range<usize>) {
        let mut bulk = BulkProducer::open(kafka, clock()).expect("a producer");
        let parties = if steps.start == 0 { self.parties.as_slice() } else { &[] };
        for party in parties {
            bulk.send(&kafka.inputs[&TopicRole::Parties], party).expect("a party is sent");
        }
        let id = format!("{}-upstream", kafka.task);
        let mut careful = TransactionalProducer::open(kafka, clock(), &id).expect("a producer");
        let topic = &kafka.inputs[&TopicRole::Payments];
        for step in &self.payments[steps] {
            match step {
                Upstream::Plain(records) => {
                    for record in records {
                        bulk.send(topic, record).expect("a payment is sent");
                    }
                    bulk.flush().expect("payments have arrived");
                }
                Upstream::Committed(records) | Upstream::Aborted(records) => {
                    careful.begin().expect("a transaction begins");
                    for record in records {
                        careful.send(topic, record).expect("a payment is sent");
                    }
                    if matches!(step, Upstream::Aborted(_)) {
                        careful.abort().expect("the transaction is aborted");
                    } else {
                        careful.commit().expect("the transaction is committed");
                    }
                }
            }
        }
        bulk.flush().expect("everything has arrived");
    }
}

fn payment(payment: &Payment<'_>, lane: i32, at: i64) -> NewRecord {
    let mut value = Vec::new();
    encode_payment(payment, &mut value);
    NewRecord {
        partition: Some(lane),
        key: Some(payment.payment_id.expose().as_bytes().to_vec()),
        value: Some(value),
        timestamp_ms: Some(at),
        ..NewRecord::default()
    }
}
