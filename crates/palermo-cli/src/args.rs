//! The arguments of every command.

mod alert;
mod backtest;
mod canary;
mod release;

pub(crate) use alert::{
    AlertCommand, AlertListArgs, AlertReplayArgs, AlertShowArgs, AlertsFrom, LevelArg,
    ShadowCommand, ShadowReportArgs, TopicArg, WhyNotArgs,
};

pub(crate) use backtest::{
    AsOfArg, BacktestArgs, CoverageArgs, DataArgs, DataExportArgs, DataProfileArgs, JudgeArgs,
    LabelArgs, SampleArgs, SampleCommand, SampleImportArgs, TuneArgs,
};

pub(crate) use canary::{CanaryArgs, CanaryCommand, CanaryOnceArgs};

pub(crate) use release::{
    RulesActivateArgs, RulesBundleArgs, RulesKeyArgs, RulesRollbackArgs, WordsArgs,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use palermo_domain::{Currency, Date, Decimal, EventTime, Span};
use palermo_engine::StartAt;
use std::path::PathBuf;

/// Finds the payment networks behind human trafficking and migrant smuggling in a stream of
/// payments.
#[derive(Debug, Parser)]
#[command(
    name = "palermo",
    version,
    after_help = "Exit codes: 0 fine, 1 findings, 2 usage, 3 invalid rules or configuration, \
                  4 environment, 130 interrupted."
)]
pub(crate) struct Cli {
    /// Look of the data on standard output.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code hosts and editors; `rules lint` only.
    Sarif,
    /// Workflow commands of GitHub; `rules lint` only.
    Github,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read payments from Kafka and publish alerts, exactly once.
    Run(RunArgs),
    /// Make a month of payments with planted networks, find them, and show the score.
    Demo(DemoArgs),
    /// Make payments, parties and the truth about them.
    Synth(SynthArgs),
    /// Write the graph patterns that each payment completes, as columns for a model.
    Features(Box<FeaturesArgs>),
    /// Play recorded payments through the engine: what rules find, and what changes between two sets.
    Backtest(Box<BacktestArgs>),
    /// Try other values of a rule's parameters on recorded payments.
    Tune(Box<TuneArgs>),
    /// Say by crime which indicators look for it, and what shows that they work.
    Coverage(Box<CoverageArgs>),
    /// Draw cases around a threshold for a blind review.
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Look at files of payments, and make them of topics.
    #[command(subcommand)]
    Data(DataCommand),
    /// Look at what was found.
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Look at rules that run in shadow.
    #[command(subcommand)]
    Shadow(ShadowCommand),
    /// Say why a typology was not found on an account or a party, and how close it came.
    WhyNot(Box<WhyNotArgs>),
    /// Work with detection rules.
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Find out what is wrong.
    Doctor(DoctorArgs),
    /// Watch an engine on this machine: what it reads, how far behind it is, what it finds.
    Top(TopArgs),
    /// Plant payments that must be found, to see that they are.
    #[command(subcommand)]
    Canary(CanaryCommand),
    /// Look at the snapshots of a task.
    #[command(subcommand)]
    State(StateCommand),
    /// Work with the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Say what is in the files, what is missing, and which rules lack it.
    Profile(Box<DataProfileArgs>),
    /// Write a range of the input topics as files that `--data` reads.
    Export(Box<DataExportArgs>),
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List the snapshots and what they are of; with `--seq`, one in full.
    Inspect(StateArgs),
    /// Read the snapshots whole, check every checksum, and rebuild the engine from each.
    Verify(StateArgs),
    /// Rebuild the engine from the newest snapshot, or the one of `--seq`, and say what it holds.
    Stats(StateArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct StateArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Only the snapshot after this progress record.
    #[arg(long, value_name = "N")]
    pub seq: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Run the tests beside the rules.
    Test(RulesTestArgs),
    /// Compile a rule folder and show what is wrong with it.
    #[command(alias = "check")]
    Lint(RulesLintArgs),
    /// Explain the code of a diagnostic.
    Explain {
        /// Such as `E104`.
        code: String,
    },
    /// Write rule files in their one form; comments stay.
    Fmt(RulesFmtArgs),
    /// Record what each version decides, and refuse what contradicts the record.
    Lock(RulesLockArgs),
    /// Show what changed in meaning between two rule folders, and the version steps that it needs.
    Diff(RulesDiffArgs),
    /// Draw which rules and lists rest on which, as Graphviz text.
    Graph(RulesGraphArgs),
    /// Write the rule library as a static site, or as one table of Markdown.
    Doc(RulesDocArgs),
    /// Print the JSON Schema of rule files, for editors.
    Schema,
    /// Make a pair of keys that signs bundles.
    Key(RulesKeyArgs),
    /// Make one signed file of a rule folder and the settings that decide results.
    Bundle(RulesBundleArgs),
    /// Put a bundle into force in tasks that run, at a position that is on record.
    Activate(RulesActivateArgs),
    /// Put the bundle back into force that was before, or take back what waits. Twice is back again.
    Rollback(RulesRollbackArgs),
    /// Say which bundles are in force, and what was asked for.
    Status(ConfigArgs),
}

/// Without a command: looks at configuration, rules, machine, brokers, topics and rights, and changes
/// nothing.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(subcommand)]
    pub command: Option<DoctorCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DoctorCommand {
    /// Explain why a record was dead-lettered, or why the engine stopped.
    Explain {
        /// A value of the header `palermo-reason`, or the code of an error.
        reason: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read a configuration as `run` would.
    Check(ConfigArgs),
    /// Show every key with the value in force; secrets are in files, of which the path is shown.
    Show(ConfigShowArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ConfigShowArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Show where each value came from: default, a line of the file, or the environment.
    #[arg(long)]
    pub origin: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The configuration.
    #[arg(short, long, value_name = "FILE", default_value = "palermo.yaml")]
    pub config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Time between two looks.
    #[arg(long, value_name = "DURATION", value_parser = seconds, default_value = "2s")]
    pub every: i64,
    /// End after so many frames.
    #[arg(long, value_name = "N")]
    pub frames: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Where the very first start begins: `earliest`, `latest` or a time such as
    /// `2026-03-02T00:00:00Z` (record timestamps). Ignored later, with a word.
    #[arg(long, value_parser = start)]
    pub start: Option<StartAt>,
    /// Publish nothing that was decided before this event time; counts at the first start only.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub warm_up_until: Option<EventTime>,
    /// Go on without payments that the topics no longer hold, from the newest snapshot, at this start
    /// only. Alerts that look back at the gap say so. Read `palermo doctor explain log_truncated` first.
    #[arg(long)]
    pub accept_gap: bool,
    /// Make missing topics.
    #[arg(long)]
    pub create_topics: bool,
    /// Partitions of `payments`, where it is made.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "create_topics",
          value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub partitions: i32,
}

/// What a synthetic world is made from.
#[derive(Clone, Debug, Args)]
pub(crate) struct WorldArgs {
    /// Ordinary accounts.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub accounts: u32,
    /// Days of payments.
    #[arg(long, value_name = "N", default_value_t = 31)]
    pub days: u16,
    /// The same seed gives the same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub world: WorldArgs,
    /// Use the broker at this address (also from `PALERMO_BOOTSTRAP`). Without `--config` it must
    /// be on this machine: nothing is encrypted.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "memory")]
    pub bootstrap: Option<String>,
    /// Use the broker of this configuration, reached as its `kafka:` block says; nothing else of it
    /// is used. `--bootstrap` and `PALERMO_BOOTSTRAP` replace its address.
    #[arg(short, long, value_name = "FILE", conflicts_with = "memory")]
    pub config: Option<PathBuf>,
    /// Use Kafka, at `PALERMO_BOOTSTRAP` or 127.0.0.1:9092 where `--bootstrap` is not given.
    #[arg(long, conflicts_with = "memory")]
    pub kafka: bool,
    /// Use the in-memory log, even where a broker is known.
    #[arg(long)]
    pub memory: bool,
    /// Keep the demo's topics on the broker.
    #[arg(long)]
    pub keep: bool,
    /// The rule folder.
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub rules: PathBuf,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("to").required(true).multiple(true)
    .args(["out", "produce", "statistics"]))]
pub(crate) struct SynthArgs {
    #[command(flatten)]
    pub world: WorldArgs,
    /// First day.
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "2026-03-02", value_parser = date)]
    pub start: Date,
    /// Networks planted of each of CT-01 and CT-14: 3, or none where `--typology` is given.
    #[arg(long, value_name = "N")]
    pub planted: Option<u16>,
    /// Innocent look-alikes of each of their four kinds: 1, or none where `--lookalike` is given.
    #[arg(long, value_name = "N")]
    pub lookalikes: Option<u16>,
    /// Networks planted of one typology, such as `CT-02=20`, or of each: `all=20`. Can be repeated;
    /// the days must be enough for it (CT-24 takes 300).
    #[arg(long, value_name = "ID=N", value_parser = many)]
    pub typology: Vec<(String, u16)>,
    /// Look-alikes of one kind, such as `landlord=5`, or of each: `all=5`. Can be repeated.
    #[arg(long, value_name = "KIND=N", value_parser = many)]
    pub lookalike: Vec<(String, u16)>,
    /// People live in all the ways of docs/synth.md, not only as in the month of the demo.
    #[arg(long)]
    pub full: bool,
    /// The fixed noise: of optional fields 30 percent are missing, amounts of cases stray by 30
    /// percent, one leg of a case in five is not seen.
    #[arg(long)]
    pub noise: bool,
    /// Share of the planted networks that evade: below thresholds, over two accounts, or slowly.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = per_mille)]
    pub evading: u16,
    /// Share of the planted networks that share an account with another one.
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = per_mille)]
    pub shared: u16,
    /// The world in which rules are judged: 20 networks of each typology and 10 look-alikes of each
    /// kind in at least 420 days, full, with noise, 0.3 of them evading and 0.5 sharing.
    #[arg(long, conflicts_with_all = ["planted", "lookalikes", "typology", "lookalike", "full",
          "noise", "evading", "shared"])]
    pub proof: bool,
    /// Print the statistics of ordinary life: amounts, degrees, hours, gaps.
    #[arg(long)]
    pub statistics: bool,
    /// Write `payments.jsonl` and `parties.jsonl` into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "produce")]
    pub out: Option<PathBuf>,
    /// Send payments and parties to the topics of the configuration.
    #[arg(long)]
    pub produce: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Where the truth goes; `truth.json` in the folder of `--out` where it is not given.
    #[arg(long, value_name = "FILE", required_if_eq("produce", "true"))]
    pub truth: Option<PathBuf>,
}

/// Writes, per payment, the graph patterns that it completes. Reads CSV lines
/// `edge_id,source,target,seconds[,amount]`, or payments. A pattern that is not asked for has no
/// columns; sizes are 2 to 10, where 10 is 10 or more. docs/features.md says what each column is.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("pattern").required(true).multiple(true)
    .args(["fan", "degree", "scatter_gather", "temp_cycle", "lc_cycle", "gather_scatter", "chain",
           "bipartite", "mirror", "component", "pass_through", "stats"]))]
pub(crate) struct FeaturesArgs {
    /// Use the definitions of the Graph Feature Preprocessor at batch size 1, in place of those of
    /// docs/patterns.md: windows, ties and order differ, and fewer patterns are there.
    #[arg(long)]
    pub compat: bool,
    /// What is read; `-` is standard input.
    #[arg(long = "in", value_name = "FILE", default_value = "-")]
    pub input: PathBuf,
    /// What its lines are; `payments` where the name ends in `.jsonl` or `.ndjson`.
    #[arg(long, value_name = "KIND", value_enum, conflicts_with = "compat")]
    pub from: Option<crate::features::From>,
    /// The currency of amounts, for payments: others are unknown. Not needed where there is one.
    #[arg(long, value_name = "CODE", value_parser = currency, conflicts_with = "compat")]
    pub currency: Option<Currency>,
    /// The table; `-` is standard output.
    #[arg(long = "out", value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// What the table is; `parquet` where the name of the output ends so.
    #[arg(long, value_name = "KIND", value_enum)]
    pub table: Option<crate::features::TableArg>,
    /// Distinct payers of the target and payees of the source, within such as `12h`.
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub fan: Option<i64>,
    /// Payments to the target and of the source.
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub degree: Option<i64>,
    /// Accounts that join a source and a sink.
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub scatter_gather: Option<i64>,
    /// Cycles whose payments follow each other in time; of any length with `--compat`.
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub temp_cycle: Option<i64>,
    /// Simple cycles in any order of time.
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    pub lc_cycle: Option<i64>,
    /// Longest simple cycle, in payments (10 at most without `--compat`).
    #[arg(long, value_name = "N", default_value_t = 6,
          value_parser = clap::value_parser!(u32).range(2..=64))]
    pub lc_cycle_len: u32,
    #[command(flatten)]
    pub more: MorePatterns,
    /// How much later than the newest a payment may come and still see its whole window. Without
    /// `--compat` rows wait for that, and come in order of time.
    #[arg(long, value_name = "DURATION", value_parser = lateness, default_value = "0s")]
    pub lateness: i64,
    /// Work that a search may spend on one payment; how many were cut is said at the end. With
    /// `--compat` 1,000,000 unless given, otherwise 4,096.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub budget: Option<u32>,
    /// Add a last column `cut`: 1 where the budget cut a search of this payment.
    #[arg(long)]
    pub mark_cut: bool,
}

/// What `--compat` does not know.
#[derive(Debug, Args)]
pub(crate) struct MorePatterns {
    /// Many pay the source, and it pays many afterwards.
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "compat")]
    pub gather_scatter: Option<i64>,
    /// Chains that end with the payment, each hop passing on a share of `--keeps`.
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "compat")]
    pub chain: Option<i64>,
    /// The least and the largest share that a hop of a chain passes on.
    #[arg(long, value_name = "SHARE..SHARE", value_parser = keeps, default_value = "0.5..1",
          conflicts_with = "compat")]
    pub keeps: palermo_graph::Keeps,
    /// Longest temporal cycle and chain, in payments.
    #[arg(long, value_name = "N", default_value_t = 8, conflicts_with = "compat",
          value_parser = clap::value_parser!(u8).range(2..=8))]
    pub hops: u8,
    /// Cycles that are counted of one payment, shortest first.
    #[arg(long, value_name = "N", default_value_t = 32, conflicts_with = "compat",
          value_parser = clap::value_parser!(u16).range(1..))]
    pub witnesses: u16,
    /// Many pay many: each payee is paid by `--payers`, each payer pays `--payees`.
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "compat")]
    pub bipartite: Option<i64>,
    /// See `--bipartite`.
    #[arg(long, value_name = "N", default_value_t = 3, conflicts_with = "compat",
          value_parser = clap::value_parser!(u32).range(2..))]
    pub payers: u32,
    /// See `--bipartite`.
    #[arg(long, value_name = "N", default_value_t = 3, conflicts_with = "compat",
          value_parser = clap::value_parser!(u32).range(2..))]
    pub payees: u32,
    /// Payments back between the same two, of nearly the same amount.
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "compat")]
    pub mirror: Option<i64>,
    /// How much the amounts of mirrors may differ.
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0.03",
          conflicts_with = "compat")]
    pub tolerance: u32,
    /// Accounts that payments join with the source, up to `--cap`.
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "compat")]
    pub component: Option<i64>,
    /// See `--component`.
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "compat",
          value_parser = clap::value_parser!(u32).range(2..))]
    pub cap: u32,
    /// How much of the payment is money that came to the source within this time, first in first
    /// out, how long it stayed there, and over how many payments it came.
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "compat")]
    pub pass_through: Option<i64>,
    /// Number, sum, mean, smallest, largest and variance of what debtor and creditor paid and were
    /// paid.
    #[arg(long, value_name = "DURATION", value_parser = seconds, conflicts_with = "compat")]
    pub stats: Option<i64>,
}

#[derive(Debug, Args)]
pub(crate) struct RulesTestArgs {
    /// Test files, folders or ids of rules such as `CT-14`; all of the rule folder where none is
    /// given.
    #[arg(value_name = "PATH|ID")]
    pub paths: Vec<PathBuf>,
    /// The rule folder.
    #[arg(long, value_name = "DIR", default_value = "rules")]
    pub rules: PathBuf,
    /// Show the parts of rules that no test sees true, or none false.
    #[arg(long)]
    pub coverage: bool,
    /// Show for tests that expect nothing what came closest.
    #[arg(long)]
    pub explain: bool,
    /// Write the alerts of the tests to a file, for `palermo alert show --from FILE`.
    #[arg(long, value_name = "FILE")]
    pub alerts: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RulesLintArgs {
    /// The rule folder.
    #[arg(value_name = "DIR", default_value = "rules")]
    pub path: PathBuf,
    /// Which block of `ruleset.yaml` `deploy`.
    #[arg(long, value_name = "NAME", default_value = "prod")]
    pub environment: String,
    /// Currency that amounts are converted to, as `base_currency` of the configuration says.
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub base_currency: Option<Currency>,
}

#[derive(Debug, Args)]
pub(crate) struct RulesFmtArgs {
    /// Files and folders.
    #[arg(value_name = "PATH", default_value = "rules")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; exit 1 where something would change.
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulesLockArgs {
    /// The rule folder.
    #[arg(value_name = "DIR", default_value = "rules")]
    pub path: PathBuf,
    /// Change nothing; exit 1 where a version is not locked.
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RulesDiffArgs {
    /// The folder as it was, such as a checkout of what is deployed.
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The folder as it is.
    #[arg(value_name = "AFTER", default_value = "rules")]
    pub after: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RulesGraphArgs {
    /// The rule folder.
    #[arg(value_name = "DIR", default_value = "rules")]
    pub path: PathBuf,
    /// Only what this rule rests on, and what rests on it.
    #[arg(long, value_name = "ID")]
    pub of: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("as").required(true).args(["out", "table"]))]
pub(crate) struct RulesDocArgs {
    /// The rule folder.
    #[arg(value_name = "DIR", default_value = "rules")]
    pub path: PathBuf,
    /// Write a site of HTML pages into this folder.
    #[arg(long, value_name = "SITE")]
    pub out: Option<PathBuf>,
    /// Print the table that is kept as `rules/CATALOGUE.md`.
    #[arg(long)]
    pub table: bool,
}

fn currency(text: &str) -> Result<Currency, String> {
    Currency::try_new(text).ok_or_else(|| "write a currency such as `EUR`".to_owned())
}

fn lateness(text: &str) -> Result<i64, String> {
    let span = Span::parse(text).map_err(|_| "write a duration such as `12h`".to_owned())?;
    let seconds = span.as_millis() / 1000;
    if seconds.saturating_mul(1000) != span.as_millis() || seconds < 0 {
        return Err("write whole seconds".to_owned());
    }
    if seconds > palermo_ledger::edges::SPAN_MAX / 2 {
        return Err("write at most 340 years".to_owned());
    }
    Ok(seconds)
}

fn seconds(text: &str) -> Result<i64, String> {
    match lateness(text)? {
        0 => Err("a window has a length".to_owned()),
        seconds => Ok(seconds),
    }
}

/// A share between 0 and 1,000, in millionths.
fn share(text: &str) -> Result<u32, String> {
    let share = palermo_domain::parse_amount(text).ok();
    let micro = share.and_then(|share| share.checked_mul(Decimal::from(1_000_000)));
    let micro = micro.map(|micro| micro.normalize()).filter(|micro| micro.scale() == 0);
    let micro = micro.and_then(|micro| u32::try_from(micro.mantissa()).ok());
    micro
        .filter(|micro| *micro <= 1_000_000_000)
        .ok_or_else(|| "write a share such as `0.95`, with at most six places".to_owned())
}

fn keeps(text: &str) -> Result<palermo_graph::Keeps, String> {
    let (least, most) = text.split_once("..").ok_or("write two shares such as `0.9..1`")?;
    let (least, most) = (share(least)?, share(most)?);
    if least > most {
        return Err("the first share is the smaller one".to_owned());
    }
    Ok(palermo_graph::Keeps { least, most })
}

fn time(text: &str) -> Result<EventTime, String> {
    let day = || Date::parse(text).map(Date::midnight);
    EventTime::parse(text)
        .or_else(|_| day())
        .map_err(|_| "write a time such as `2026-03-02T00:00:00Z`, or a day".to_owned())
}

fn start(text: &str) -> Result<StartAt, String> {
    match text {
        "earliest" => Ok(StartAt::Earliest),
        "latest" => Ok(StartAt::Latest),
        other => time(other).map(|at| StartAt::Time(at.0)).map_err(|_| {
            "choose `earliest`, `latest` or a time such as `2026-03-02T00:00:00Z`".to_owned()
        }),
    }
}

/// A name and how many.
fn many(text: &str) -> Result<(String, u16), String> {
    let parts = text.split_once('=').and_then(|(name, n)| Some((name.to_owned(), n.parse().ok()?)));
    parts.ok_or_else(|| "write a name and a number such as `CT-02=20`".to_owned())
}

/// A share from 0 to 1 with up to three decimals, in thousandths.
fn per_mille(text: &str) -> Result<u16, String> {
    let wrong = || "write a share such as `0.3`, from 0 to 1".to_owned();
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    if part.is_empty() || part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(wrong());
    }
    let thousandths: u16 = format!("{part:0<3}").parse().map_err(|_| wrong())?;
    match (whole, thousandths) {
        ("0", n) => Ok(n),
        ("1", 0) => Ok(1_000),
        _ => Err(wrong()),
    }
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).map_err(|_| "write a day such as `2026-03-02`".to_owned())
}
