//! A clock that stands still until it is told to move: the in-memory form of the port.

use crate::port::Clock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock moved by hand. Both of its readings start at zero.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock at zero.
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Moves it on.
    pub fn advance_ms(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn monotonic_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn unix_ms(&self) -> i64 {
        i64::try_from(self.monotonic_ms()).unwrap_or(i64::MAX)
    }
}
