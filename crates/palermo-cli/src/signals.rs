//! SIGTERM and SIGINT as flags.
//!
//! The first signal asks for an orderly end; a second SIGINT ends the process at once with 130.

use crate::exit::{Exit, Failure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What signals have asked for.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    /// Any of them came.
    pub stop: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let interrupted = Arc::new(AtomicBool::new(false));
        let wrap = |error| Failure::new(Exit::Environment, None, &error);
        let hard = Arc::clone(&interrupted);
        flag::register_conditional_shutdown(SIGINT, i32::from(Exit::Interrupted.code()), hard)
            .map_err(wrap)?;
        flag::register(SIGINT, Arc::clone(&interrupted)).map_err(wrap)?;
        flag::register(SIGINT, Arc::clone(&stop)).map_err(wrap)?;
        flag::register(SIGTERM, Arc::clone(&stop)).map_err(wrap)?;
        Ok(Self { stop, interrupted })
    }

    /// Whether to end.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// The exit code of an orderly end.
    pub(crate) fn exit(&self) -> Exit {
        if self.interrupted.load(Ordering::Acquire) { Exit::Interrupted } else { Exit::Fine }
    }
}
