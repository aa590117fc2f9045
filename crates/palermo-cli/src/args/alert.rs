//! The arguments of `palermo alert` and `palermo why-not`.

use super::{ConfigArgs, time};
use clap::{Args, Subcommand, ValueEnum};
use palermo_domain::{Currency, EventTime};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// List the alerts, the last revision of each; urgent and protective ones first.
    List(AlertListArgs),
    /// Show one alert: what it is about, why, who, and what to do next.
    Show(AlertShowArgs),
    /// Compute an alert once more from the log, and compare the bytes.
    Replay(AlertReplayArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ShadowCommand {
    /// Compare what versions in shadow told with what the live ones did.
    Report(ShadowReportArgs),
}

/// Reads `alerts` and `alerts.shadow`. A version in shadow of a typology that is live is compared with it,
/// alert by alert; of others there is a count. What a suppressor explains is left out, also where it was
/// published for review. With both ends given, the mean of 30 days stands there
/// with its interval of 95 % (Poisson); what one month brings varies more.
#[derive(Debug, Args)]
pub(crate) struct ShadowReportArgs {
    #[command(flatten)]
    pub from: AlertsFrom,
    /// Only this typology, such as `CT-14`; may be given more than once.
    #[arg(long, value_name = "ID")]
    pub typology: Vec<String>,
    /// From when both ran: a day, or a time with its zone; of the first alert where it is not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<EventTime>,
    /// Until when, which is left out, of a day its midnight; all that there is where it is not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<EventTime>,
    /// Name people who may be victims.
    #[arg(long)]
    pub unmask: bool,
}

/// Where alerts are read from.
#[derive(Clone, Debug, Args)]
pub(crate) struct AlertsFrom {
    /// Read alert records from this file, one a line as the topic has it, and not from Kafka; may be
    /// given more than once. `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub from: Vec<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// How urgent an alert is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// One of the topics that alerts are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TopicArg {
    Alerts,
    Suppressed,
    Shadow,
}

#[derive(Debug, Args)]
pub(crate) struct AlertListArgs {
    #[command(flatten)]
    pub from: AlertsFrom,
    /// Also what a suppressor or an exception holds back (`alerts.suppressed`).
    #[arg(long)]
    pub suppressed: bool,
    /// Also what rules in shadow find (`alerts.shadow`).
    #[arg(long)]
    pub shadow: bool,
    /// Only this typology, such as `CT-14`; may be given more than once.
    #[arg(long, value_name = "ID")]
    pub typology: Vec<String>,
    /// Only this level and those above it.
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub level: Option<LevelArg>,
    /// Only what was decided at or after this event time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<EventTime>,
    /// Only alerts of this group, such as `grp_1f0a93cc20b7`: of one network.
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// Only what still stands: neither closed nor retracted.
    #[arg(long)]
    pub open: bool,
    /// Show the keys of possible victims.
    #[arg(long)]
    pub unmask: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AlertShowArgs {
    /// Id of the alert, or the beginning of it.
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub from: AlertsFrom,
    /// This revision, in place of the last one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub revision: Option<u64>,
    /// The topic to look on; where an alert stands on more than one, it moved, and the one on which it
    /// was not taken back is shown.
    #[arg(long, value_name = "TOPIC", value_enum)]
    pub topic: Option<TopicArg>,
    /// Every revision, and what changed from one to the next.
    #[arg(long, conflicts_with = "revision")]
    pub history: bool,
    /// Every payment it rests on, oldest first, in place of the alert: also those that stand on pages of
    /// their own (`alerts.evidence`).
    #[arg(long, conflicts_with = "history")]
    pub evidence: bool,
    /// Show the keys of possible victims.
    #[arg(long)]
    pub unmask: bool,
    /// Draw with ASCII characters only.
    #[arg(long)]
    pub ascii: bool,
}

/// Reads the progress records of the task, finds the rules in `state.dir/bundles`, and runs the
/// engine over payments, parties and lists from where the task began. Writes nothing: neither the
/// task nor its group notices. Exit codes: 0 the same bytes, 1 they differ, 4 an input is missing.
#[derive(Debug, Args)]
pub(crate) struct AlertReplayArgs {
    /// Id of the alert, or the beginning of it.
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The topic to look on; where an alert stands on more than one, it moved, and the one on which it
    /// was not taken back is taken.
    #[arg(long, value_name = "TOPIC", value_enum)]
    pub topic: Option<TopicArg>,
    /// This revision, in place of the last one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub revision: Option<u64>,
}

/// Reads payments and parties, from Kafka or from files, by the rules as they are now, and says of
/// every indicator of the typology whether it held, and else how close it came.
#[derive(Debug, Args)]
pub(crate) struct WhyNotArgs {
    /// An account, or `account/…`, or `party/…`.
    #[arg(value_name = "ENTITY")]
    pub entity: String,
    /// The typology, such as `CT-14`.
    #[arg(long, value_name = "ID")]
    pub typology: String,
    /// Judge at this event time; the time at which most of it held where it is not given.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub at: Option<EventTime>,
    /// Read payments and parties from these files, one JSON document a line, or from a folder that
    /// `palermo synth --out` wrote, and not from Kafka; may be given more than once.
    #[arg(long, value_name = "FILE|DIR")]
    pub from: Vec<PathBuf>,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The rule folder, in place of the configuration's `rules.path`.
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Currency that amounts are converted to, in place of the configuration's `base_currency`; with
    /// `--from` that of the first payment where neither says one.
    #[arg(long, value_name = "CODE", value_parser = super::currency)]
    pub base_currency: Option<Currency>,
}
