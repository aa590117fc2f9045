//! The harness of the tests across crates: a broker of their own, the engine as a process, feeds
//! with known content, and oracles that are tested themselves.
//!
//! * [`Broker`]: a real Kafka on a free port in a temporary folder, gone with the test.
//! * [`Secured`]: a second Kafka with TLS, user names and an authorizer, and the certificates for it.
//! * [`Site`]: topics, group, task and folders of one engine under test; reads what it published.
//! * [`Engine`]: `palermo run` as a process, with everything it says kept.
//! * [`Feed`]: payments out of order, twice, late, undecodable and aborted, with the truth about
//!   what a reader must see.
//! * [`proxy`]: a network between engine and broker that fails as it is told, each fault counted.
//! * [`oracle`]: O1, O2, O3, O5 and O11 of the reliability notes, as functions over what was read.
//!   Each returns complaints, and each has tests that plant what it must see.

mod broker;
mod engine;
mod feed;
mod http;
mod secured;
mod site;

pub mod adversarial;
pub mod oracle;
pub mod proxy;

pub use broker::{Absent, Broker, free_port};
pub use engine::{Engine, Exit, signal};
pub use feed::{Feed, FeedConfig, Garbage, Upstream};
pub use http::{get, get_plain};
pub use secured::{Secured, kafka_admin};
pub use site::{Follow, Outputs, Site};

use palermo_engine::port::Clock;
use palermo_runtime::SystemClock;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The root of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the root")
}

/// The clock that clients of the broker want.
pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::default())
}

/// Asks until it is true; says what was waited for when it does not come.
///
/// # Panics
/// After the deadline.
pub fn wait_until(what: &str, within: Duration, mut ready: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !ready() {
        assert!(begun.elapsed() < within, "waited {within:?} in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Chance that can be had again: SplitMix64.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From `PALERMO_SEED`, else from the clock. The caller prints it first.
    pub fn seed_of_the_run() -> u64 {
        std::env::var("PALERMO_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
            let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            u64::from(since.subsec_nanos()) ^ since.as_secs()
        })
    }

    /// The next number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}
