//! A network that fails between engine and broker: at exactly one request of a commit, for a while, in
//! one direction, in the middle of a frame. What is published is what an undisturbed run publishes,
//! and the engine does not say that it is ready while it cannot read.
//!
//! Sees: an answer that is taken for a refusal or the other way round, a late request that ends the
//! next transaction, a batch that is sent twice or not at all, a client that waits for ever on a
//! half-open connection, readiness that does not notice. Each test asserts that its fault happened.

use crate::BINARY;
use crate::ground::{Ground, PATIENCE, payments_after, send};
use palermo_domain::TopicRole;
use palermo_tests::proxy::{Action, Proxy, Rule, Way, api};
use palermo_tests::{Chance, Engine, Exit, Follow, Site, wait_until};
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

/// Behind the proxy, and with a commit for every 50 records.
fn small_commits(site: Site, proxy: &Proxy) -> Site {
    site.through(&proxy.address()).set("commit.records_max", "50")
}

/// An engine behind the proxy that is sent more after each fault. A feed that was complete at the
/// beginning would be read to its end by a fast engine while a test still makes faults, and whoever waits
/// for one more commit then waits for ever.
struct Fed {
    site: Site,
    engine: Engine,
    follow: Follow,
    turns: i64,
}

impl Fed {
    /// Payments that are sent each time: six commits.
    const MORE: usize = 300;

    /// Starts, and waits until the first commit.
    fn start(ground: &Ground, proxy: &Proxy, name: &str) -> Self {
        let site = small_commits(ground.fed(name), proxy);
        let engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
        let follow = site.follow();
        let mut fed = Self { site, engine, follow, turns: 0 };
        fed.engine.wait_beyond(&mut fed.follow, 0, PATIENCE);
        fed
    }

    /// Gives it something to commit.
    fn more(&mut self) {
        self.turns += 1;
        let more = payments_after(self.turns * Self::MORE as i64, Self::MORE);
        send(&self.site, self.site.input(TopicRole::Payments), more);
    }

    /// Waits until it commits more than now; where it has come to, in offsets of payments.
    fn goes_on(&mut self) -> i64 {
        self.follow.refresh();
        let at = self.follow.payments();
        self.more();
        self.engine.wait_beyond(&mut self.follow, at, PATIENCE)
    }

    /// Lets it come to the end and compares with an engine beside it that nothing disturbs.
    fn finish(self, ground: &Ground, proxy: &Proxy) -> Exit {
        proxy.heal();
        ground.finish_alone(&self.site, self.engine)
    }
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
    let site = small_commits(ground.again("late-commit"), proxy);
    let engine = Engine::start(BINARY, &site, &["--start", "earliest"]);
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
    ground.finish(&site, engine);
    assert_ne!(error, 0, "the broker took a late commit for that of the next transaction");
}

/// A commit is done and its answer lost: asked again it is done, and the engine goes on. When it cannot
/// ask again, it does not know, and finds out by reading.
pub(crate) fn lost_answer(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let mut fed = Fed::start(ground, proxy, "lost-answer");
    let lost = proxy.add(Rule::request(api::END_TXN, Action::CutAfter));
    fed.more();
    fed.engine.wait_said("the producer is made anew", PATIENCE);
    fed.goes_on();
    // Done, and whoever asks again is hung up on until the engine gives up.
    let done = proxy.add(Rule::request(api::END_TXN, Action::CutAfter));
    let asked = proxy.add(Rule::request(api::END_TXN, Action::CutBefore).times(u64::MAX));
    fed.more();
    fed.engine.wait_said("the log is renewed", PATIENCE);
    fired(proxy, &[lost, done, asked]);
    let exit = fed.finish(ground, proxy);
    assert_eq!(exit.stderr.matches("the log is renewed").count(), 1, "{}", exit.stderr);
}

/// The requests of a transaction before its end, each once without an answer on a connection that
/// stays, and once done and cut off.
pub(crate) fn unanswered(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let mut fed = Fed::start(ground, proxy, "unanswered");
    let keys =
        [api::ADD_PARTITIONS_TO_TXN, api::PRODUCE, api::ADD_OFFSETS_TO_TXN, api::TXN_OFFSET_COMMIT];
    for rule in keys
        .map(|key| Rule::answer(key, Action::Lose))
        .into_iter()
        .chain(keys.map(|key| Rule::request(key, Action::CutAfter)))
    {
        let begun = Instant::now();
        let id = proxy.add(rule);
        fed.more();
        wait_until("the fault happens", PATIENCE, || proxy.fired(id) == 1);
        let at = fed.goes_on();
        println!("{rule:?}: goes on after {:?}, at {at}", begun.elapsed());
    }
    fed.finish(ground, proxy);
}

/// Nothing gets through: to the broker, from it, both ways; longer than the session and any transaction
/// last. What was sent meanwhile arrives afterwards.
pub(crate) fn partitioned(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let mut fed = Fed::start(ground, proxy, "partitioned");
    fed.engine.wait_ready(PATIENCE);
    let ways: [&[Way]; 3] = [&[Way::Request], &[Way::Answer], &[Way::Request, Way::Answer]];
    for ways in ways {
        let before = proxy.hindered();
        let begun = Instant::now();
        ways.iter().for_each(|way| proxy.stall(*way, true));
        wait_until("it says that it is not ready", PATIENCE, || !fed.engine.is_ready());
        let noticed = begun.elapsed();
        std::thread::sleep(Duration::from_secs(7).saturating_sub(noticed));
        assert!(!fed.engine.is_ready(), "ready without a broker:\n{}", fed.engine.stderr());
        ways.iter().for_each(|way| proxy.stall(*way, false));
        let healed = Instant::now();
        assert!(proxy.hindered() > before, "nothing was held up");
        fed.goes_on();
        println!("{ways:?}: not ready after {noticed:?}, goes on after {:?}", healed.elapsed());
    }
    fed.engine.wait_ready(PATIENCE);
    fed.finish(ground, proxy);
}

/// RST at a byte of chance, frames in crumbs, connections that stop one by one and move again in another
/// order, half of a connection lost: drawn from a seed.
pub(crate) fn rough(ground: &Ground) {
    let Some(proxy) = proxy(ground) else { return };
    let seed = Chance::seed_of_the_run();
    println!("seed {seed}; PALERMO_SEED={seed} draws the same faults");
    let mut chance = Chance::new(seed);
    let mut fed = Fed::start(ground, proxy, "rough");
    let rounds = if std::env::var_os("PALERMO_LONG").is_some() { 60 } else { 8 };
    for round in 0..rounds {
        let begun = Instant::now();
        let what = one_fault(proxy, &mut chance, round);
        let at = fed.goes_on();
        println!("{what}: goes on after {:?}, at {at}", begun.elapsed());
    }
    fed.finish(ground, proxy);
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
            // Right after a lost answer the engine may just be connecting anew.
            let mut clogs = Vec::new();
            wait_until("there is a connection to stop", PATIENCE, || {
                clogs.extend((0..proxy.connections()).filter_map(|n| proxy.clog(n)));
                !clogs.is_empty()
            });
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
