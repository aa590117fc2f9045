//! What an operator does within an hour, in a minute and under load: payments with the time of day come all
//! along, while the rules are changed and changed back, the engine is held up, and the broker is killed.
//!
//! Sees: a change of rules that only holds on a quiet stream, lag that does not drain, a payment that is met
//! twice or not at all between all of these, an end that is not orderly. `PALERMO_HOUR_SECONDS` (45) makes it
//! longer.

use crate::BINARY;
use crate::activation::{WORDS, bundle, fewer_rules, rules};
use crate::ground::{Ground, PATIENCE, audit};
use palermo_domain::{EventTime, TopicRole};
use palermo_kafka::tools::{BulkProducer, NewRecord};
use palermo_tests::{Engine, Site, clock, wait_until};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Payments that are sent at once, ten times a second.
const BURST: u64 = 40;

/// A payment of this moment, one of four hundred accounts to another.
fn payment(n: u64, now_ms: i64) -> NewRecord {
    let (from, to) = (n % 400, (n * 7 + 13) % 400);
    let text = format!(
        "{{\"schema\":\"payment.v1\",\"payment_id\":\"hour-{n}\",\"event_time\":\"{}\",\
         \"kind\":\"transfer\",\"rail\":\"p2p\",\"channel\":\"mobile\",\"amount\":\"{}.50\",\
         \"currency\":\"USD\",\"debtor\":{{\"account\":\"BANK:{from}\"}},\
         \"creditor\":{{\"account\":\"BANK:{to}\"}}}}",
        EventTime(now_ms),
        n % 900 + 20
    );
    NewRecord {
        key: Some(format!("BANK:{from}").into_bytes()),
        value: Some(text.into_bytes()),
        timestamp_ms: Some(now_ms),
        ..NewRecord::default()
    }
}

/// Sends until it is told to end; counts what was sent.
fn load(site: &Site, sent: &AtomicU64, done: &AtomicBool) {
    let clock = clock();
    let mut bulk = BulkProducer::open(site.kafka(), clock.clone()).expect("a producer");
    while !done.load(Ordering::Acquire) {
        for _ in 0..BURST {
            let n = sent.fetch_add(1, Ordering::AcqRel);
            let record = payment(n, clock.unix_ms());
            bulk.send(site.input(TopicRole::Payments), &record).expect("a payment is sent");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bulk.flush().expect("everything has arrived");
}

/// Waits until everything that was sent so far is committed; how long that took.
fn drained(site: &Site, engine: &mut Engine, sent: &AtomicU64) -> Duration {
    let begun = Instant::now();
    let wanted = i64::try_from(sent.load(Ordering::Acquire)).expect("few");
    let mut follow = site.follow();
    wait_until("the engine catches up", PATIENCE, || {
        assert!(engine.is_running(), "the engine ended:\n{}", engine.stderr());
        follow.refresh();
        follow.payments() >= wanted
    });
    begun.elapsed()
}

/// Ends the load however the test is left.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// The whole of it.
pub(crate) fn hour(ground: &Ground) {
    let seconds = std::env::var("PALERMO_HOUR_SECONDS").ok().and_then(|text| text.parse().ok());
    let ends = Instant::now() + Duration::from_secs(seconds.unwrap_or(45));
    let site = Site::new(&ground.broker, "hour").set("state.snapshot_every", "5s");
    site.create_topics();
    let (second, hash) = bundle(&site, &fewer_rules(site.folder()), None, "second.bundle");
    let (sent, done) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_ready(PATIENCE);
    let (mut changes, mut killed) = (0, false);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| load(&site, &sent, &done));
        let end = Done(&done);
        while changes == 0 || Instant::now() < ends {
            let (code, said) = rules(&site, &[["activate", &second].as_slice(), &WORDS].concat());
            assert_eq!((code, said["outcome"].as_str()), (0, Some("in_force")), "{said}");
            engine.signal("STOP");
            std::thread::sleep(Duration::from_secs(3));
            engine.signal("CONT");
            println!(
                "three seconds held up: drained after {:?}",
                drained(&site, &mut engine, &sent)
            );
            if !killed && ground.broker.is_own() {
                ground.broker.kill();
                wait_until("it says that it is not ready", PATIENCE, || !engine.is_ready());
                ground.broker.restart();
                engine.wait_ready(PATIENCE);
                let took = drained(&site, &mut engine, &sent);
                println!("the broker was killed: drained after {took:?}");
                killed = true;
            }
            let (code, said) = rules(&site, &[["rollback"].as_slice(), &WORDS].concat());
            assert_eq!((code, said["outcome"].as_str()), (0, Some("in_force")), "{said}");
            assert_ne!(said["bundle"], hash.as_str());
            changes += 2;
        }
        drop(end);
        sending.join().expect("the load ends in order");
    });
    engine.wait_caught_up(&site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(exit.stderr.contains("drained; the last commit is made"), "{}", exit.stderr);
    audit(&site);
    let progress = site.progress();
    let met: u64 = progress.last().map_or(0, |last| {
        let payments = last.fates.iter().filter(|(p, _)| p.role == TopicRole::Payments);
        payments.map(|(_, fates)| fates.processed + fates.late).sum()
    });
    assert_eq!(met, sent.load(Ordering::Acquire), "each payment is met once");
    let in_force: Vec<&str> = progress.iter().map(|one| one.bundle.as_str()).collect();
    let seen = in_force.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(seen, changes, "changes of rules on record");
    println!("{met} payments, {changes} changes of rules");
    // From nothing, by what is on record: the same chained hash, or it stops.
    std::fs::remove_dir_all(site.folder().join("state/snapshots")).expect("they are gone");
    let mut engine = Engine::start(BINARY, &site, &[]);
    engine.wait_ready(PATIENCE);
    assert_eq!(engine.terminate(PATIENCE).code, Some(0));
}
