//! A seeded world of people, firms and banks with planted networks and innocent look-alikes, and the truth about them.
//!
//! ```
//! use palermo_synth::{Config, World};
//!
//! let world = World::new(&Config { accounts: 500, ..Config::default() })?;
//! let first = world.payments().next().ok_or("a world has payments")?;
//! assert_eq!(first.payment_id.expose(), "p-000000000000");
//! assert!(world.truth().iter().any(|case| case.typology == "CT-14" && case.is_planted()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Promises, each held by a test: the same [`Config`] gives the same bytes however they are
//! consumed; payments come in event-time order; every one satisfies `payment.v1`; planted networks
//! show the behavior the catalogue's sources publish, with margin, and nothing ordinary does; a
//! look-alike lacks what decides, or has what its suppressor asks for. Cases are written from the
//! catalogue; who mended them had seen the rules (see `score`).
//!
//! Ordinary life is an assumption that makes a believable bank, not a measurement of one: shares,
//! rates and amounts are literals in `people`, `life` and `society`; [`Statistics`] are held to
//! published ones. Not modelled: reversals, overdrafts, prices by town, rates that move.

mod balance;
mod calendar;
mod config;
mod customers;
mod disorder;
mod draft;
mod life;
mod lookalikes;
mod networks;
mod noise;
mod ordinary;
mod people;
mod plot;
mod prelude;
mod rng;
pub mod score;
mod script;
mod society;
mod statistics;
mod town;
mod truth;
mod verbs;
mod who;
mod world;
mod write;

pub use config::{
    CASE_DAYS, Config, ConfigError, Lookalikes, MIN_CASE_DAYS, Noise, Planted, Society, length_of,
    lookalikes, typologies,
};
pub use disorder::{Disorder, Disordered, Record};
pub use statistics::{KindStatistics, Statistics};
pub use truth::{Case, CaseKind, Evasion, Leg, Member, Node};
pub use world::{Payments, World};
