//! HTTP: `/livez`, `/readyz`, `/metrics`, `/control-totals`; later the web console. The only crate that names axum.
//!
//! Principal type: [`Console`], bound before the engine starts so that a bad address is an error
//! of the configuration and not of the night.
//!
//! Promises: only a loopback address is bound (S1); every connection that is silent for
//! [`IDLE_MAX`] is closed, at most [`CONNECTIONS_MAX`] are open, and stopping takes at most
//! [`STOP_MAX`]. Nothing here can slow the engine: it runs on a thread and a runtime of its own.
//!
//! What this crate does not do: it counts nothing and decides nothing (ops), and owns no thread
//! (runtime lends one).

mod connection;
mod server;

pub use connection::{CONNECTIONS_MAX, EXCHANGE_MAX, IDLE_MAX};
pub use server::{Console, ConsoleError, STOP_MAX};
