//! The arguments of `palermo canary`.

use super::{ConfigArgs, seconds};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum CanaryCommand {
    /// Plant a canary now, and wait until an engine finds it.
    Once(CanaryOnceArgs),
    /// Plant canaries on the schedule of `canary.every`, for ever.
    Run(CanaryArgs),
    /// List what can be planted, and for which typologies nothing can be.
    List(CanaryArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CanaryArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The rule folder, with its tests; `rules.path` where it is not given.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Plant this typology only; can be repeated. All by turns where none is given.
    #[arg(long, value_name = "ID")]
    pub typology: Vec<String>,
    /// Rates are sent as rows of the list `fx`: plant also what is paid in another currency than
    /// `base_currency`.
    #[arg(long)]
    pub with_rates: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CanaryOnceArgs {
    #[command(flatten)]
    pub which: CanaryArgs,
    /// How long to wait for the alert.
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = seconds)]
    pub wait: i64,
}
