//! The broker dies under an open transaction, and the engine sleeps through the end of its own.
//!
//! Sees: readiness without a broker, an engine that gives up or starts anew over a short outage, a
//! transaction that the broker has ended and the engine believes in, a zombie's write.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE};
use crate::twins::settled_ends;
use palermo_tests::proxy::{Action, Rule, api};
use palermo_tests::{Broker, Engine, Site, oracle, wait_until};
use std::time::{Duration, Instant};

/// Longer than the session (6 s), the transaction (2 s) and the broker's look at old ones (each 10 s).
///
/// The broker's look is left at its ten seconds: a broker that comes back from a kill and looks before it
/// leads its own partitions takes a transaction for ended that is open in them, and nobody ends it then.
const BEYOND_BOTH: Duration = Duration::from_secs(13);

/// An engine in the middle of its work, stopped inside an open transaction: the request that would end it
/// is lost. None where the broker is not ours.
fn frozen(ground: &Ground, name: &str) -> Option<(Site, Engine)> {
    let Some(proxy) = ground.broker.proxy() else {
        println!("the broker is not of this test and is left alone");
        return None;
    };
    proxy.heal();
    let site = ground.again(name).through(&proxy.address());
    let mut engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    engine.wait_ready(PATIENCE);
    let end = proxy.add(Rule::request(api::END_TXN, Action::Lose));
    wait_until("a transaction is complete but for its end", PATIENCE, || proxy.fired(end) == 1);
    engine.signal("STOP");
    let open = oracle::all_closed(&site.ends());
    assert!(!open.is_empty(), "no transaction is open, so nothing is proved");
    Some((site, engine))
}

/// SIGKILL of the only broker while a transaction is open, and a start on the same data and port.
pub(crate) fn broker_killed(ground: &Ground) {
    let Some((site, mut engine)) = frozen(ground, "broker-killed") else { return };
    let committed = site.progress().len();
    ground.broker.kill();
    engine.signal("CONT");
    let begun = Instant::now();
    wait_until("it says that it is not ready", PATIENCE, || !engine.is_ready());
    println!("not ready after {:?}", begun.elapsed());
    // Ten minutes, scaled.
    while begun.elapsed() < Duration::from_secs(20) {
        assert!(engine.is_running() && !engine.is_ready(), "{}", engine.stderr());
        std::thread::sleep(Duration::from_millis(100));
    }
    ground.broker.restart();
    let back = Instant::now();
    wait_until("it commits again", PATIENCE, || {
        assert!(engine.is_running(), "{}", engine.stderr());
        site.progress().len() > committed + 1
    });
    println!("commits {:?} after the broker is back", back.elapsed());
    ground.finish(&site, engine);
}

/// The broker ends a transaction for its age while the engine sleeps; nobody else is there.
pub(crate) fn too_old(ground: &Ground) {
    let Some((site, engine)) = frozen(ground, "too-old") else { return };
    let begun = Instant::now();
    wait_until("the broker ends the transaction", PATIENCE, || {
        oracle::all_closed(&site.ends()).is_empty()
    });
    println!("ended by the broker after {:?}", begun.elapsed());
    std::thread::sleep(BEYOND_BOTH.saturating_sub(begun.elapsed()));
    engine.signal("CONT");
    let said = ground.finish(&site, engine).stderr;
    let renewals = said.matches("the log is renewed").count();
    assert!((1..=2).contains(&renewals), "renewed {renewals} times:\n{said}");
}

/// The same, and another engine has taken over meanwhile: the sleeper ends and writes nothing.
pub(crate) fn too_old_and_replaced(ground: &Ground) {
    let Some((site, older)) = frozen(ground, "replaced") else { return };
    let begun = Instant::now();
    let twin = site.twin();
    let mut newer = Engine::start(BINARY, &twin, &[]);
    newer.wait_caught_up(&site, PATIENCE);
    std::thread::sleep(BEYOND_BOTH.saturating_sub(begun.elapsed()));
    let before = settled_ends(&site);
    older.signal("CONT");
    let exit = older.wait_exit(PATIENCE);
    assert!(exit.code.is_some_and(|code| code != 0), "exit {:?}\n{}", exit.code, exit.stderr);
    assert!(exit.stderr.contains("error[fenced]"), "{}", exit.stderr);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(settled_ends(&site), before, "the fenced engine wrote");
    ground.finish(&site, newer);
}

/// How often it is tried to make the broker forget.
const TRIES: u32 = 5;

/// The broker takes a transaction for ended that is open in its partitions: it looked for old ones before it
/// knew who leads them. The next engine of the task ends it.
///
/// On a broker of its own: one with the topics of all other tests takes so long that it seldom happens there.
pub(crate) fn forgotten(ground: &Ground) {
    if !ground.broker.is_own() {
        println!("the broker is not of this test and is left alone");
        return;
    }
    let ground = &Ground::new(Broker::start_with(&[]).expect("a broker of its own"));
    for turn in 0..TRIES {
        let Some((site, engine)) = frozen(ground, &format!("left-open-{turn}")) else { return };
        ground.broker.kill();
        engine.kill();
        // Older than it may be, when the broker looks.
        std::thread::sleep(Duration::from_secs(3));
        let hasty = site.folder().join("hasty.properties");
        let look = "transaction.abort.timed.out.transaction.cleanup.interval.ms=20\n";
        std::fs::write(&hasty, look).expect("properties are written");
        ground.broker.restart_with(&[("KAFKA_EXTRA", &hasty.display().to_string())]);
        // What it still means to do, it does at its next look.
        std::thread::sleep(Duration::from_secs(3));
        let open = oracle::all_closed(&site.ends());
        println!("the broker forgot: {open:?}");
        if open.is_empty() {
            continue;
        }
        let engine = Engine::start(BINARY, &site, &[]);
        let said = ground.finish(&site, engine).stderr;
        assert!(said.contains("held a Kafka transaction open"), "{said}");
        return;
    }
    println!("the broker ended what was open {TRIES} times: nothing is proved this time");
}
