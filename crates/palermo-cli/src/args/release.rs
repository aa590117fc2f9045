//! The arguments of commands that put rules into force.

use super::{ConfigArgs, seconds, time};
use clap::Args;
use palermo_domain::EventTime;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct RulesKeyArgs {
    /// Where the private key is written, for its owner alone; the public one goes beside it as `FILE.pub`.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RulesBundleArgs {
    /// The rule folder.
    #[arg(value_name = "DIR", default_value = "rules")]
    pub path: PathBuf,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The file to write.
    #[arg(short, long, value_name = "FILE")]
    pub out: PathBuf,
    /// Private key (PEM) that signs it; without one only engines for development take it.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RulesActivateArgs {
    /// A file of `palermo rules bundle`, or the hash of a bundle that was in force before.
    #[arg(value_name = "BUNDLE")]
    pub bundle: String,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub words: WordsArgs,
    /// Only after the first payment whose record is at least so new.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub at: Option<EventTime>,
}

#[derive(Debug, Args)]
pub(crate) struct RulesRollbackArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub words: WordsArgs,
}

/// Who, why, and how long to wait for an answer.
#[derive(Clone, Debug, Args)]
pub(crate) struct WordsArgs {
    /// Who asks for it; on record.
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Who agreed; on record.
    #[arg(long, value_name = "NAME")]
    pub approved_by: Option<String>,
    /// Why; on record.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// How long to wait for the task of the configuration to say what becomes of it.
    #[arg(long, value_name = "DURATION", value_parser = seconds, default_value = "60s")]
    pub wait: i64,
}
