//! `palermo top`: what an engine does, second by second, from its own `/metrics` and `/readyz`.
//!
//! Reads loopback HTTP and nothing else; it works where there is no Prometheus, and says the same as one would.
//! Rates are over the time between two looks.

mod frame;
mod scrape;

use crate::args::TopArgs;
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::signals::Signals;
use palermo_engine::port::Clock;
use palermo_runtime::SystemClock;
use scrape::Look;
use std::time::Duration;

/// Pieces in which the time between two looks is waited, to see a stop.
const PIECE: Duration = Duration::from_millis(50);

/// `palermo top`.
pub(crate) fn top(arguments: &TopArgs, out: &mut Out) -> Result<Exit, Failure> {
    let config = crate::config::read(&arguments.config.config)?;
    let signals = Signals::listen()?;
    let clock = SystemClock::new();
    let every = Duration::from_secs(u64::try_from(arguments.every).unwrap_or(1).max(1));
    let mut before: Option<(Look, u64)> = None;
    let mut frames: u64 = 0;
    loop {
        let now_ms = clock.monotonic_ms();
        let look = scrape::look(config.http_listen).map_err(|error| Failure {
            exit: Exit::Environment,
            code: None,
            text: format!(
                "no engine answers at {} (`http.listen`): {error}; is `palermo run` up, with this configuration?",
                config.http_listen
            ),
        })?;
        // A rate needs two looks; the first one of many is not shown.
        if let Some((earlier, at_ms)) = &before {
            let span_ms = now_ms.saturating_sub(*at_ms);
            if out.json() {
                out.json_data(&frame::document(&look, earlier, span_ms));
            } else {
                let lines = frame::lines(&config.task, &look, earlier, (span_ms, clock.unix_ms()));
                if out.columns().is_some() && frames > 0 {
                    // Back to the first line, and nothing below stays.
                    out.raw(&format!("\u{1b}[{}A\u{1b}[J", lines.len()));
                }
                // A line that the terminal breaks would be two, and the next frame would leave one behind.
                let most = out.columns().unwrap_or(usize::MAX);
                let cut = |line: &String| line.chars().take(most).collect::<String>();
                lines.iter().map(cut).for_each(|line| out.data(&line));
            }
            frames = frames.saturating_add(1);
        }
        before = Some((look, now_ms));
        if arguments.frames.is_some_and(|most| frames >= most) || wait(&signals, every) {
            return Ok(signals.exit());
        }
    }
}

/// Waits; whether somebody wants to end.
fn wait(signals: &Signals, every: Duration) -> bool {
    let mut left = every;
    while !left.is_zero() && !signals.stopped() {
        #[expect(clippy::disallowed_methods, reason = "the command waits for its next look")]
        std::thread::sleep(PIECE.min(left));
        left = left.saturating_sub(PIECE);
    }
    signals.stopped()
}
