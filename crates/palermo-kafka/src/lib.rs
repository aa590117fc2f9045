//! The only crate that names librdkafka: the `Log` port over a real Kafka.
//!
//! Principal type: [`KafkaLog`], opened from a [`KafkaConfig`]. [`admin`] checks and makes topics;
//! [`survey`] looks at everything around a task without changing it; [`rights`] is what the brokers must
//! allow it; [`tools`] writes and reads whole topics for the demo, the command line and the tests;
//! [`testing`] holds what only tests want (transactions that are aborted or left open).
//!
//! Promises, on top of those of the port:
//! * Outputs, progress and input positions go in one Kafka transaction, in the order that costs
//!   milliseconds (send, drain, offsets, commit), under one `transactional.id` per task.
//! * A position is never reset. What is missing or has changed stops with a code that has a page
//!   under `docs/errors/` ([`STOP_CODES`]).
//! * No key, value or header ever reaches an error text or a log line.
//!
//! Costs: about 0.3 us a record on the reading thread, 4 to 10 ms a commit, one client for reading
//! and one for writing while running. Nothing here knows what a payment is.

mod commit;
mod config;
mod error;
mod log;
mod probe;
mod reader;
mod refusal;
mod watch;

pub mod admin;
pub mod rights;
pub mod survey;
pub mod testing;
pub mod tools;

pub use config::{Compression, KafkaConfig, Tuning};
pub use error::STOP_CODES;
pub use log::KafkaLog;
pub use watch::Health;
