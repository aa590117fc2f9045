//! A network that fails between engine and broker: at exactly one request of a commit, for a while, in
//! one direction, in the middle of a frame. What is published is what an undisturbed run publishes,
//! and the engine does not say that it is ready while it cannot read.
//!
//! Sees: an answer that is taken for a refusal or the other way round, a late request that ends the
//! next transaction, a batch that is sent twice or not at all, a client that waits for ever on a
//! half-open connection, readiness that does not notice. Each test asserts that its fault happened.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE};
use palermo_tests::proxy::{Action, Proxy, Rule, Way, api};
use palermo_tests::{Chance, Engine, Exit, Site, wait_until};
use std::time::{Duration, Instant};

/// The proxy, where the broker is ours.
fn proxy(ground: &Ground) -> Option<&Proxy> {
    let proxy = ground.broker.proxy();
    match proxy {
        Some(proxy) => proxy.heal(),
        None => println!("the broker is not of this test: its network is left alone"),
    }
    proxy
}

/// Starts an engine on the small feed behind the proxy.
fn start(ground: &Ground, proxy: &Proxy, name: &str) -> (Site, Engine) {
    // Small commits, so that the feed outlasts the faults.
    let site = ground.again(name).through(&proxy.address()).set("commit.records_max", "50");
    let engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    (site, engine)
}

/// Lets it come to the end and compares.
fn finish(ground: &Ground, proxy: &Proxy, site: &Site, engine: Engine) -> Exit {
    proxy.heal();
    ground.finish(site, engine)
}

/// Every rule has acted.
fn fired(proxy: &Proxy, rules: &[usize]) {
    for rule in rules {
        assert!(proxy.fired(*rule) > 0, "fault {rule} did not happen, so nothing is proved");
    }
}

/// A commit is sent and its answer does not come: the client sends it again on a new connection. The
/// first copy arrives when the next transaction has sent its records and not yet its positions, which
/// it would commit in halves; it must be refused. Then the engine is killed there, so that halves
/// would stay halves.
pub(crate) fn late_commit(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let late = proxy.add(Rule::request(api::END_TXN, Action::Hold).after(20));
    let (site, engine) = start(ground, proxy, "late-commit");
    wait_until("a commit is held", PATIENCE, || proxy.fired(late) == 1);
    let committed = proxy.seen(Way::Answer, api::END_TXN);
    wait_until("its second copy is done", PATIENCE, || {
        proxy.seen(Way::Answer, api::END_TXN) > committed
    });
    let next = proxy.add(Rule::request(api::ADD_OFFSETS_TO_TXN, Action::Hold));
    wait_until("the next transaction has sent its records", PATIENCE, || proxy.fired(next) == 1);
    proxy.release(late);
    wait_until("the late commit is answered", PATIENCE, || !proxy.answers(late).is_empty());
    let answer = proxy.answers(late).remove(0);
    // Length, correlation id, throttle time, error.
    let error = i16::from_be_bytes([answer[12], answer[13]]);
    println!("the late commit is answered with error {error}");
    engine.kill();
    proxy.heal();
    let engine = Engine::start(BINARY, &site, &[]);
    finish(ground, proxy, &site, engine);
    assert_ne!(error, 0, "the broker took a late commit for that of the next transaction");
}

/// A commit is done and its answer lost: asked again it is done, and the engine goes on. When it cannot
/// ask again, it does not know, and finds out by reading.
pub(crate) fn lost_answer(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let (site, mut engine) = start(ground, proxy, "lost-answer");
    let mut follow = site.follow();
    let at = engine.wait_beyond(&mut follow, 0, PATIENCE);
    let lost = proxy.add(Rule::request(api::END_TXN, Action::CutAfter));
    engine.wait_said("the producer is made anew", PATIENCE);
    engine.wait_beyond(&mut follow, at, PATIENCE);
    // Done, and whoever asks again is hung up on until the engine gives up.
    let done = proxy.add(Rule::request(api::END_TXN, Action::CutAfter));
    let asked = proxy.add(Rule::request(api::END_TXN, Action::CutBefore).times(u64::MAX));
    engine.wait_said("the log is renewed", PATIENCE);
    fired(proxy, &[lost, done, asked]);
    let exit = finish(ground, proxy, &site, engine);
    assert_eq!(exit.stderr.matches("the log is renewed").count(), 1, "{}", exit.stderr);
}

/// The requests of a transaction before its end, each once without an answer on a connection that
/// stays, and once done and cut off.
pub(crate) fn unanswered(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let (site, mut engine) = start(ground, proxy, "unanswered");
    let mut follow = site.follow();
    let mut at = engine.wait_beyond(&mut follow, 0, PATIENCE);
    let keys =
        [api::ADD_PARTITIONS_TO_TXN, api::PRODUCE, api::ADD_OFFSETS_TO_TXN, api::TXN_OFFSET_COMMIT];
    for rule in keys
        .map(|key| Rule::answer(key, Action::Lose))
        .into_iter()
        .chain(keys.map(|key| Rule::request(key, Action::CutAfter)))
    {
        let begun = Instant::now();
        let id = proxy.add(rule);
        wait_until("the fault happens", PATIENCE, || proxy.fired(id) == 1);
        at = engine.wait_beyond(&mut follow, at, PATIENCE);
        println!("{rule:?}: goes on after {:?}, at {at}", begun.elapsed());
    }
    finish(ground, proxy, &site, engine);
}

/// Nothing gets through: to the broker, from it, both ways; longer than the session and any transaction
/// last. What was sent meanwhile arrives afterwards.
pub(crate) fn partitioned(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let (site, mut engine) = start(ground, proxy, "partitioned");
    let mut follow = site.follow();
    engine.wait_ready(PATIENCE);
    let mut at = engine.wait_beyond(&mut follow, 0, PATIENCE);
    let ways: [&[Way]; 3] = [&[Way::Request], &[Way::Answer], &[Way::Request, Way::Answer]];
    for ways in ways {
        let before = proxy.hindered();
        let begun = Instant::now();
        ways.iter().for_each(|way| proxy.stall(*way, true));
        wait_until("it says that it is not ready", PATIENCE, || !engine.is_ready());
        let noticed = begun.elapsed();
        std::thread::sleep(Duration::from_secs(7).saturating_sub(noticed));
        assert!(!engine.is_ready(), "ready without a broker:\n{}", engine.stderr());
        ways.iter().for_each(|way| proxy.stall(*way, false));
        let healed = Instant::now();
        assert!(proxy.hindered() > before, "nothing was held up");
        at = engine.wait_beyond(&mut follow, at, PATIENCE);
        println!("{ways:?}: not ready after {noticed:?}, goes on after {:?}", healed.elapsed());
    }
    engine.wait_ready(PATIENCE);
    finish(ground, proxy, &site, engine);
}

/// RST at a byte of chance, frames in crumbs, connections that stop one by one and move again in another
/// order, half of a connection lost: drawn from a seed.
pub(crate) fn rough(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let seed = Chance::seed_of_the_run();
    println!("seed {seed}; PALERMO_SEED={seed} draws the same faults");
    let mut chance = Chance::new(seed);
    let (site, mut engine) = start(ground, proxy, "rough");
    let mut follow = site.follow();
    let mut at = engine.wait_beyond(&mut follow, 0, PATIENCE);
    let rounds = if std::env::var_os("PALERMO_LONG").is_some() { 60 } else { 8 };
    for round in 0..rounds {
        let begun = Instant::now();
        let what = one_fault(proxy, &mut chance, round);
        at = engine.wait_beyond(&mut follow, at, PATIENCE);
        println!("{what}: goes on after {:?}, at {at}", begun.elapsed());
    }
    finish(ground, proxy, &site, engine);
}

/// Does one thing to the network, waits until it has happened, and says what.
fn one_fault(proxy: &Proxy, chance: &mut Chance, round: u64) -> String {
    let way = if chance.below(2) == 0 { Way::Request } else { Way::Answer };
    let skip = chance.below(20);
    let action = match round % 4 {
        0 => Action::Reset(usize::try_from(chance.below(60)).unwrap_or(0)),
        1 => Action::Trickle(1, Duration::from_millis(1)),
        2 => Action::Lose,
        _ => {
            let mut clogs: Vec<_> =
                (0..proxy.connections()).filter_map(|n| proxy.clog(n)).collect();
            assert!(!clogs.is_empty(), "there is no connection to stop");
            let count = clogs.len();
            std::thread::sleep(Duration::from_millis(500 + chance.below(1_500)));
            while !clogs.is_empty() {
                let next = usize::try_from(chance.below(clogs.len() as u64)).unwrap_or(0);
                clogs.swap_remove(next).free();
                std::thread::sleep(Duration::from_millis(chance.below(300)));
            }
            return format!("{count} connections stopped and freed");
        }
    };
    let rule = Rule { key: None, way, skip, times: 1, action };
    let id = proxy.add(rule);
    wait_until("the fault happens", PATIENCE, || proxy.fired(id) == 1);
    format!("{rule:?}")
}

/// The broker answers where it was asked and sends its clients to an address where nobody is.
pub(crate) fn misled(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let bootstrap = ground.broker.misleading().expect("it is ours").to_string();
    let site = ground.again("misled").through(&bootstrap);
    proxy.refuse(true);
    let exit = Engine::start(BINARY, &site, &["--start", "earliest"]).wait_exit(PATIENCE);
    proxy.heal();
    assert_eq!(exit.code, Some(4), "{}", exit.stderr);
    for words in ["log_unavailable", &bootstrap, &proxy.address(), "advertised.listeners"] {
        assert!(exit.stderr.contains(words), "`{words}` is not said:\n{}", exit.stderr);
    }
    assert!(site.progress().is_empty());
}
