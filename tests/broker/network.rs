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
    let site = ground.again(name).through(&proxy.address());
    let engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
    (site, engine)
}

/// Lets it come to the end and compares.
fn finish(ground: &Ground, proxy: &Proxy, site: &Site, mut engine: Engine) -> Exit {
    proxy.heal();
    engine.wait_caught_up(site, PATIENCE);
    let exit = engine.terminate(PATIENCE);
    assert_eq!(exit.code, Some(0), "{}", exit.stderr);
    ground.is_undisturbed(site);
    exit
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
    let exit = engine.kill();
    println!("{}", exit.stderr);
    proxy.heal();
    let engine = Engine::start(BINARY, &site, &[]);
    finish(ground, proxy, &site, engine);
    assert_ne!(error, 0, "the broker took a late commit for that of the next transaction");
}
