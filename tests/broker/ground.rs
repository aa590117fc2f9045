//! What the tests share: the broker, the big feed, and the outputs of its undisturbed run.

use crate::BINARY;
use palermo_domain::OutputTopic;
use palermo_kafka::testing::TransactionalProducer;
use palermo_kafka::tools::{NewRecord, produce_all};
use palermo_tests::{
    Broker, Engine, Exit, Feed, FeedConfig, Outputs, Secured, Site, Upstream, clock, oracle,
};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long any one wait may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Accounts of the big feed; enough for 200,000 payments in its month.
const ACCOUNTS: u32 = 12_500;
/// What the issue asks for.
const PAYMENTS_MIN: usize = 200_000;

/// The shared ground.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) broker: Broker,
    feed: OnceLock<(Feed, Site)>,
    reference: OnceLock<Reference>,
    small: OnceLock<Reference>,
    secured: OnceLock<Secured>,
}

/// An undisturbed run, and the site whose input topics it read.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) site: Site,
    pub(crate) outputs: Outputs,
}

impl Ground {
    pub(crate) fn new(broker: Broker) -> Self {
        let (feed, reference, small) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { broker, feed, reference, small, secured: OnceLock::new() }
    }

    /// The broker that asks who comes.
    pub(crate) fn secured(&self) -> &Secured {
        self.secured.get_or_init(|| {
            let begun = Instant::now();
            let secured = Secured::start().expect("a secured broker starts");
            println!("secured broker: {:.1} s", begun.elapsed().as_secs_f64());
            secured
        })
    }

    /// The big feed and the site whose input topics hold it, complete.
    pub(crate) fn feed(&self) -> &(Feed, Site) {
        self.feed.get_or_init(|| {
            let feed = Feed::new(&FeedConfig {
                seed: 20_261_123,
                accounts: ACCOUNTS,
                cases: 3,
                garbage_every: 997,
                transaction_every: 5_000,
            });
            assert!(feed.visible >= PAYMENTS_MIN, "{} records", feed.visible);
            let site = Site::new(&self.broker, "reference");
            site.create_topics();
            let begun = Instant::now();
            feed.produce(site.kafka());
            println!(
                "produced {} payments ({} twice, {} refused) and {} aborted ones in {:.1} s",
                feed.visible,
                feed.duplicates,
                feed.refused.values().sum::<u64>(),
                feed.aborted,
                begun.elapsed().as_secs_f64()
            );
            (feed, site)
        })
    }

    /// The undisturbed run.
    pub(crate) fn reference(&self) -> &Reference {
        self.reference.get_or_init(|| {
            let (_, inputs) = self.feed();
            let site = Site::new(&self.broker, "undisturbed").reading(inputs);
            site.create_topics();
            let begun = Instant::now();
            let outputs = undisturbed(&site);
            println!("undisturbed run: {:.1} s", begun.elapsed().as_secs_f64());
            Reference { site, outputs }
        })
    }

    /// The undisturbed run over the small feed.
    pub(crate) fn small_reference(&self) -> &Reference {
        self.small.get_or_init(|| {
            let site = self.small("undisturbed-small");
            let outputs = undisturbed(&site);
            audit(&site);
            assert!(!outputs[&OutputTopic::Alerts].is_empty(), "there is nothing to compare");
            Reference { site, outputs }
        })
    }

    /// A site that reads the small feed again, with outputs of its own and commits back to back: a
    /// Kafka transaction is open much of the time, and a short one times out soon.
    pub(crate) fn again(&self, name: &str) -> Site {
        let site = hurried(Site::new(&self.broker, name).reading(&self.small_reference().site));
        site.create_topics();
        site
    }

    /// The same with topics of its own, to which more can be sent: whatever the speed of the engine, it
    /// has something to commit after a fault.
    pub(crate) fn fed(&self, name: &str) -> Site {
        hurried(self.small(name))
    }

    /// The same with topics of its own, which hold the first half of the small feed: what is to happen
    /// after a fault happens to [`other_half`].
    pub(crate) fn half(&self, name: &str) -> Site {
        let site = hurried(Site::new(&self.broker, name));
        site.create_topics();
        small_feed().produce_steps(site.kafka(), 0..small_feed().payments.len() / 2);
        site
    }

    /// What a site published is what the undisturbed run over the small feed did, each record has one
    /// fate, commits are chained, nothing is open: O1, O2, O3, O5.
    pub(crate) fn is_undisturbed(&self, site: &Site) {
        audit(site);
        same_records(&self.small_reference().outputs, &site.outputs());
    }

    /// What a site of [`Self::half`] or [`Self::fed`] published is what an undisturbed run over its topics does.
    pub(crate) fn is_undisturbed_alone(&self, site: &Site) {
        audit(site);
        static TURN: AtomicU32 = AtomicU32::new(0);
        let name = format!("beside-{}", TURN.fetch_add(1, Ordering::Relaxed));
        let beside = hurried(Site::new(&self.broker, &name).reading(site));
        beside.create_topics();
        let expected = undisturbed(&beside);
        assert!(!expected[&OutputTopic::Alerts].is_empty(), "there is nothing to compare");
        same_records(&expected, &site.outputs());
    }

    /// Lets an engine on the small feed come to its end, once nothing disturbs it any more, and looks at
    /// what it published.
    pub(crate) fn finish(&self, site: &Site, engine: Engine) -> Exit {
        let exit = at_its_end(site, engine);
        self.is_undisturbed(site);
        exit
    }

    /// The same of an engine on topics of [`Self::half`] or [`Self::fed`].
    pub(crate) fn finish_alone(&self, site: &Site, engine: Engine) -> Exit {
        let exit = at_its_end(site, engine);
        self.is_undisturbed_alone(site);
        exit
    }

    /// A site of its own with a small feed in its topics.
    pub(crate) fn small(&self, name: &str) -> Site {
        let site = Site::new(&self.broker, name);
        site.create_topics();
        small_feed().produce(site.kafka());
        site
    }
}

/// What an engine publishes that reads a site from its beginning and that nothing disturbs.
fn undisturbed(site: &Site) -> Outputs {
    let mut engine = Engine::start(BINARY, site, &["--start", "earliest"]);
    engine.wait_caught_up(site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    site.outputs()
}

fn at_its_end(site: &Site, mut engine: Engine) -> Exit {
    engine.wait_caught_up(site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    exit
}

fn hurried(site: Site) -> Site {
    site.set("commit.every", "5ms")
        .set("commit.records_max", "100")
        .set("kafka.transaction_timeout", "2s")
}

/// Sends what [`Ground::half`] left out.
pub(crate) fn other_half(site: &Site) {
    let steps = small_feed().payments.len();
    small_feed().produce_steps(site.kafka(), steps / 2..steps);
}

/// Some 6,000 payments.
pub(crate) fn small_feed() -> &'static Feed {
    static FEED: OnceLock<Feed> = OnceLock::new();
    FEED.get_or_init(|| {
        Feed::new(&FeedConfig {
            seed: 7,
            accounts: 300,
            cases: 1,
            garbage_every: 499,
            transaction_every: 1_000,
        })
    })
}

/// Payments of the small feed once more, under new ids and after it.
pub(crate) fn more_payments(count: usize) -> Vec<NewRecord> {
    payments_after(0, count)
}

/// The same, recorded so many milliseconds later: other ids for every `later`.
pub(crate) fn payments_after(later: i64, count: usize) -> Vec<NewRecord> {
    let plain = small_feed().payments.iter().filter_map(|step| match step {
        Upstream::Plain(records) => Some(records),
        _ => None,
    });
    let last = small_feed().payments.iter().flat_map(|step| match step {
        Upstream::Plain(r) | Upstream::Committed(r) | Upstream::Aborted(r) => r,
    });
    let end = last.filter_map(|record| record.timestamp_ms).max().unwrap_or(0) + later;
    let records = plain.flatten().filter(|record| {
        record.value.as_deref().is_some_and(|value| {
            value.starts_with(b"{\"schema\":\"payment.v1\",\"payment_id\":\"p-0")
        })
    });
    (0..)
        .zip(records.take(count))
        .map(|(n, record)| {
            let text = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default());
            let text = text.replacen("\"p-0", &format!("\"more-{end}-{count}-"), 1);
            NewRecord {
                value: Some(text.into_bytes()),
                timestamp_ms: Some(end + n),
                ..record.clone()
            }
        })
        .collect()
}

/// Writes records to a topic of a site.
pub(crate) fn send(site: &Site, topic: &str, records: Vec<NewRecord>) {
    produce_all(site.kafka(), clock(), topic, records).expect("records are sent");
}

/// O2, O3 and O5 of a site whose engine has read everything.
pub(crate) fn audit(site: &Site) {
    let (progress, inputs) = (site.progress(), site.inputs());
    let letters = site.outputs().remove(&OutputTopic::DeadLetter);
    let letters = letters.unwrap_or_default();
    let mut complaints = oracle::conserved(&progress, &inputs, &letters, &site.roles(), true);
    complaints.extend(oracle::chained(&progress));
    complaints.extend(oracle::all_closed(&site.ends()));
    assert_eq!(complaints, Vec::<String>::new());
}

/// A Kafka transaction of somebody else with one record in it, that nobody ends.
pub(crate) fn left_open(site: &Site, topic: &str, record: &NewRecord) -> TransactionalProducer {
    let mut kafka = site.kafka().clone();
    kafka.tuning.transaction_timeout_ms = 300_000;
    let id = format!("{}-stuck", kafka.task);
    let mut stuck = TransactionalProducer::open(&kafka, clock(), &id).expect("a producer");
    stuck.begin().expect("begun");
    stuck.send(topic, record).expect("sent");
    stuck.flush().expect("arrived");
    stuck
}

/// O1 over every output topic.
pub(crate) fn same_records(expected: &Outputs, found: &Outputs) {
    let complaints: Vec<String> = expected
        .iter()
        .flat_map(|(topic, records)| oracle::same_records(topic.as_str(), records, &found[topic]))
        .collect();
    assert_eq!(complaints, Vec::<String>::new());
}
