//! Assembly: configuration, bundles, threads, and the loop that drives the engine over a log.
//!
//! Principal functions: [`run`] (a task over Kafka until it is told to stop) and [`Drive::run`] (the
//! same loop over any log); [`examine`] looks at what a task would need. Principal types: [`Config`] (a checked `palermo.yaml`) and
//! [`BundleFiles`] (everything that decides results, under one hash).
//!
//! The only crate that reads a clock, and with `palermo-backtest` the only one that starts threads; the
//! only one, beside the command, that reads rule, list and configuration files. It reads no environment
//! and prints nothing.

mod activate;
mod admit;
mod bundle;
mod canary;
mod clock;
mod config;
mod doctor;
mod drive;
mod observe;
mod past;
mod run;
mod settings;
mod snapshots;

pub use activate::{Asked, Outcome, TaskRules, activate, asked, rules_in_force};
pub use admit::{check_bundle, read_bundle, trust};
pub use bundle::{BundleError, BundleFile, BundleFiles, SecretKey, Trust, read_rules};
pub use canary::{Ground, NotPlanted, Planter, Round, Schedule};
pub use clock::SystemClock;
pub use config::{
    CONFIG_KEYS, Config, ConfigError, ConfigKey, ConfigOverrides, Kafka, KeyType, Origin, Problem,
    Security, Setting, configuration_markdown,
};
pub use doctor::{DOCTOR_CODES, examine};
pub use drive::{Drive, Ended, Look, Opened, RENEWALS_MAX};
pub use palermo_codec::{Activation, decode_control, is_sha256};
pub use past::{
    Inputs, RangeRead, SeeEngine, Wanted, Watch, currency_of, look_back, muted_before, read_range,
    rerun_task,
};
pub use run::{
    Build, RunError, RunOptions, Services, Side, announce, compile, prepare, reach, run,
};
pub use snapshots::{Ahead, SnapshotFiles, Verified, folder as snapshot_folder};
