//! Two engines with one identity: the older one is fenced.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, audit, more_payments, send};
use palermo_domain::TopicRole;
use palermo_tests::{Engine, Site, oracle, wait_until};
use std::time::{Duration, Instant};

/// Long enough for the group to give the silent engine up: the session takes 6 s.
const BEYOND_THE_SESSION: Duration = Duration::from_secs(8);

/// The older one wakes while the group still counts it in: its next heartbeat or commit tells it.
pub(crate) fn fenced(ground: &Ground) {
    // A session that outlasts the freeze however busy the machine is.
    let site = ground.small("twins").set("kafka.session_timeout", "60s");
    sleeps_through(&site, Duration::ZERO);
}

/// The older one wakes when the group has given it up: to join again would put the newer one out.
pub(crate) fn fenced_beyond_the_session(ground: &Ground) {
    sleeps_through(&ground.small("twins-long"), BEYOND_THE_SESSION);
}

/// A pause without anybody else is no reason to end: it finds back and goes on.
pub(crate) fn paused_alone(ground: &Ground) {
    let site = ground.small("alone");
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_caught_up(&site, PATIENCE);
    engine.signal("STOP");
    send(&site, site.input(TopicRole::Payments), more_payments(300));
    std::thread::sleep(BEYOND_THE_SESSION);
    engine.signal("CONT");
    engine.wait_caught_up(&site, PATIENCE);
    std::thread::sleep(Duration::from_secs(2));
    assert!(engine.is_running() && engine.is_ready(), "{}", engine.stderr());
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    audit(&site);
}

/// The older one sleeps through the start of the newer one, at least for so long, wakes with
/// payments before it, and may publish none of what it makes of them. The newer one goes on.
fn sleeps_through(site: &Site, at_least: Duration) {
    let mut older = Engine::start(BINARY, site, &["--start", "earliest"]);
    older.wait_caught_up(site, PATIENCE);
    older.signal("STOP");
    let frozen = Instant::now();
    // New work for whoever is awake; the older one has it waiting when it wakes.
    send(site, site.input(TopicRole::Payments), more_payments(500));
    let twin = site.twin();
    let mut newer = Engine::start(BINARY, &twin, &[]);
    newer.wait_caught_up(site, PATIENCE);
    std::thread::sleep(at_least.saturating_sub(frozen.elapsed()));
    let before = settled_ends(site);
    older.signal("CONT");
    println!("frozen for {:?}", frozen.elapsed());
    let exit = older.wait_exit(PATIENCE);
    assert!(exit.code.is_some_and(|code| code != 0), "exit {:?}\n{}", exit.code, exit.stderr);
    let said = exit.stderr.to_lowercase();
    assert!(said.contains("fenced") && said.contains("another engine"), "{}", exit.stderr);
    // Nothing, not even uncommitted: the newer one is idle, so every record would be the older's.
    // And the newer one, whose heartbeats are half a second apart, does not learn that it is gone.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(settled_ends(site), before, "the fenced engine wrote");
    assert!(newer.is_running() && newer.is_ready(), "{}", newer.stderr());
    send(site, site.input(TopicRole::Payments), more_payments(200));
    newer.wait_caught_up(site, PATIENCE);
    wait_until("it stays ready", Duration::from_secs(5), || newer.is_ready());
    let exit = newer.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    assert!(!exit.stderr.contains("is renewed"), "the newer one was disturbed:\n{}", exit.stderr);
    // A commit of a zombie would repeat a number or take a position back.
    assert_eq!(oracle::chained(&site.progress()), Vec::<String>::new());
    audit(site);
}

/// The log ends of the outputs, once no transaction is open: the markers of a commit are written
/// after the commit was acknowledged.
pub(crate) fn settled_ends(site: &Site) -> Vec<i64> {
    let mut ends = Vec::new();
    wait_until("every transaction is closed", PATIENCE, || {
        ends = site.ends();
        oracle::all_closed(&ends).is_empty()
    });
    ends.into_iter().map(|ends| ends.log_end_offset).collect()
}
