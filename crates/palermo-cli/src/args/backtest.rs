//! The arguments of the commands that play history.

use super::{ConfigArgs, currency};
use clap::{Args, Subcommand, ValueEnum};
use palermo_domain::{Currency, Decimal, EventTime, Span};
use std::path::PathBuf;

/// What is played.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// A folder with `payments.jsonl` and, where there are, `parties.jsonl` and `lists.jsonl`, each plain,
    /// `.gz` or `.zst`, or `.parquet`, in one file or several (`payments-01.jsonl`); or one file of payments.
    #[arg(long, value_name = "DIR|FILE")]
    pub data: PathBuf,
    /// How CSV or Parquet files of another system become payments: one that ships (`amlsim`, `amlsim-alerts`, `amlsim-log`,
    /// `amlworld`, `edges`, `paysim`, `saml-d`), or a file; see docs/mappings.md.
    #[arg(long, value_name = "NAME|FILE")]
    pub mapping: Option<String>,
    /// When a party of the files is known: from its `as_of` on, or from the start.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = AsOfArg::Event)]
    pub as_of: AsOfArg,
    /// Leave out and count rows that the engine refuses as it would live, such as a reversal that fits
    /// nothing or an id that comes again with other content; without it the first one ends the run.
    #[arg(long)]
    pub skip_refused: bool,
    /// Currency that amounts are converted to, in place of the configuration's `base_currency`; that of
    /// the first payment where neither says one.
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub base_currency: Option<Currency>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// What is known of it.
#[derive(Debug, Args)]
pub(crate) struct LabelArgs {
    /// What is known: `.jsonl` or `.csv` rows, or the `truth.json` of `palermo synth`.
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// Take labels from the data itself, from the columns that the mapping names.
    #[arg(long, requires = "mapping", conflicts_with = "labels")]
    pub labels_in_data: bool,
}

/// What is known of it, and how it is judged.
#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub known: LabelArgs,
    /// Mute findings of so long after the first payment: windows are not full before.
    #[arg(long, value_name = "DURATION", default_value = "0d", value_parser = span)]
    pub warm_up: Span,
    /// An alert so long after the end of what is labelled is still about it.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = span)]
    pub grace: Span,
}

/// Reads payments, parties and lists from files, plays them through the engine that runs live, and says
/// what the rules find, how much of what is labelled it is, and which alert appears, vanishes or changes
/// against a baseline. Exit codes: 0 fine, 1 a condition of `--fail-on` holds.
#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// The rules that are judged: a folder, `git:REF` (`git:REF:FOLDER`), or `bundle:HASH`, which a task of
    /// the configuration runs or ran: alerts name it.
    #[arg(long, value_name = "DIR|git:REF|bundle:HASH", default_value = "rules")]
    pub ruleset: String,
    /// The rules that they are compared with, in the same pass.
    #[arg(long, value_name = "DIR|git:REF|bundle:HASH")]
    pub baseline: Option<String>,
    /// Write `index.html`, `modeldoc.md`, `figures.json`, `diff.jsonl`, `alerts.jsonl` and
    /// `evidence.jsonl` into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// For the curves of the report, try at most so many values of each parameter that changed, the proposed
    /// one among them, and pairs of the first two; 0 tries none, which is faster.
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = curves)]
    pub curves: u16,
    /// Exit 1 where this holds: `lost-true>0`, `recall<0.75`, `precision<0.3`, `lost>9`, `new>9`; may be
    /// given more than once. `lost-true>0`, something labelled that is not found any more, is looked at
    /// unless another number is given for it.
    #[arg(long, value_name = "CONDITION")]
    pub fail_on: Vec<String>,
    /// Which block of `ruleset.yaml` `deploy`, in place of the configuration's `rules.environment`.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
}

/// Deploys a rule with other values of its parameters beside the current ones, plays the files once, and
/// shows what each value gives: alerts, recall, precision, delay, and what is lost. Nothing is chosen.
#[derive(Debug, Args)]
pub(crate) struct TuneArgs {
    /// The rule: an indicator, a suppressor, or a typology, whose required indicators are meant.
    #[arg(value_name = "RULE")]
    pub rule: String,
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// The rules: a folder, or `git:REF`.
    #[arg(long, value_name = "DIR|git:REF", default_value = "rules")]
    pub ruleset: String,
    /// Only alerts of this typology; may be given more than once. Of every typology that the rule can
    /// change where none is given, which costs more.
    #[arg(long, value_name = "ID")]
    pub typology: Vec<String>,
    /// Move only this parameter, such as `min_senders` or `MS-08.min_senders`; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub param: Vec<String>,
    /// Most values of each parameter: whole steps from the current one, evenly over its declared range.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(2..))]
    pub points: u16,
    /// Try every pair of values of two parameters as well, and draw them against each other.
    #[arg(long)]
    pub pairs: bool,
    /// Points that move all parameters together, spread evenly (Latin hypercube).
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub samples: u16,
    /// Draws the sample.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Alerts a day that there are people for: a line in the drawing, and nothing else.
    #[arg(long, value_name = "N")]
    pub capacity: Option<u64>,
    /// Write `index.html`, `points.jsonl` and, for each point that no other beats, rule files with its
    /// values (`candidates/`) into this folder.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Counts which fields payments and parties have, plays the files once with every rule, and shows which
/// rules lacked which field; with labels, what each indicator is worth by itself.
#[derive(Debug, Args)]
pub(crate) struct DataProfileArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub known: LabelArgs,
    /// The rules: a folder, or `git:REF`.
    #[arg(long, value_name = "DIR|git:REF", default_value = "rules")]
    pub ruleset: String,
}

/// Shows, by crime, which indicators look for it, which typologies make alerts of them, how they are deployed
/// and tested, and what they found in backtests. An indicator counts as covered where it is live, has a test
/// that finds and a look-alike that does not, and was part of an alert that is labelled true.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// The rules: a folder, `git:REF` (`git:REF:FOLDER`), or `bundle:HASH`.
    #[arg(long, value_name = "DIR|git:REF|bundle:HASH", default_value = "rules")]
    pub ruleset: String,
    /// Which block of `ruleset.yaml` `deploy`, in place of the configuration's `rules.environment`.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    /// What a backtest wrote with `--out`; may be given more than once.
    #[arg(long, value_name = "DIR")]
    pub backtest: Vec<PathBuf>,
    /// Only this crime, such as `migrant_smuggling`.
    #[arg(long, value_name = "NAME")]
    pub crime: Option<String>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Reads payments, parties and lists from the input topics of the configuration, and writes
/// `payments.jsonl.zst`, `parties.jsonl` and `lists.jsonl`. Payments of several partitions are put in
/// order of record time. Records that are no payment, that have a time that cannot be, or an id with other
/// content, are left out and counted. Parties and lists are those that stood in their topics when the range
/// ended. Memory: some 100 bytes for each payment of the range.
#[derive(Debug, Args)]
pub(crate) struct DataExportArgs {
    /// The folder for the files; those of the same names in it are replaced.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// From the first record with this record time (that of Kafka, not the payment's own); from the
    /// beginning where it is not given.
    #[arg(long, value_name = "TIME", value_parser = super::time, conflicts_with = "offsets")]
    pub since: Option<EventTime>,
    /// Up to the first record with this record time, which is left out; to the present end where it is
    /// not given.
    #[arg(long, value_name = "TIME", value_parser = super::time, conflicts_with = "offsets")]
    pub until: Option<EventTime>,
    /// Payments of this partition between these offsets, the second left out, such as `0:1200..5000`; may
    /// be given more than once. Nothing of partitions that are not named.
    #[arg(long, value_name = "PARTITION:FROM..TO", value_parser = offsets)]
    pub offsets: Vec<(i32, i64, i64)>,
    #[command(flatten)]
    pub config: ConfigArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SampleCommand {
    /// Just below the line: what would be told with a looser value, and is not told now.
    Btl(Box<SampleArgs>),
    /// Just above the line: what is told now, and would not be with a stricter value.
    Atl(Box<SampleArgs>),
    /// Say what a review of a pack says: how much of the population can be suspicious at most.
    Import(SampleImportArgs),
}

/// Draws cases for a blind review: as many as it takes to say, where none is found, that at most the given
/// share of all of them is suspicious.
#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// The rule.
    #[arg(value_name = "RULE")]
    pub rule: String,
    #[command(flatten)]
    pub data: DataArgs,
    /// The rules: a folder, or `git:REF`.
    #[arg(long, value_name = "DIR|git:REF", default_value = "rules")]
    pub ruleset: String,
    /// Only alerts of this typology; may be given more than once. Of every typology that the rule can
    /// change where none is given, which costs more.
    #[arg(long, value_name = "ID")]
    pub typology: Vec<String>,
    /// The parameter whose line is meant, such as `min_senders`.
    #[arg(long, value_name = "NAME")]
    pub param: String,
    /// How far from the line, as a share of the value.
    #[arg(long, value_name = "SHARE", default_value = "0.2", value_parser = band)]
    pub band: Decimal,
    /// The share that may be suspicious.
    #[arg(long, value_name = "SHARE", default_value = "0.02", value_parser = part)]
    pub max_rate: u64,
    /// The confidence of that.
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = part)]
    pub confidence: u64,
    /// Draws the sample.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Where the pack goes: `pack/` for whoever looks, `keep/` for whoever asked.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Reads `review.csv` of a pack, with `yes` or `no` for every case. Exit codes: 0 none is suspicious, 1 some
/// are.
#[derive(Debug, Args)]
pub(crate) struct SampleImportArgs {
    /// The folder of the pack.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// When a party is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AsOfArg {
    /// From its `as_of` on: no payment is judged by what the bank learned later.
    Event,
    /// From the start, whatever its `as_of`: as a task that starts now.
    Start,
}

/// A share above 0 and below 1, in millionths.
fn part(text: &str) -> Result<u64, String> {
    let micro = u64::from(super::share(text)?);
    if (1..1_000_000).contains(&micro) {
        return Ok(micro);
    }
    Err("write a share between 0 and 1 such as `0.02`".to_owned())
}

fn curves(text: &str) -> Result<u16, String> {
    let many = text.parse::<u16>().ok().filter(|many| *many == 0 || (2..=20).contains(many));
    many.ok_or_else(|| "write 0, or a number from 2 to 20".to_owned())
}

fn band(text: &str) -> Result<Decimal, String> {
    part(text).map(|micro| Decimal::new(i64::try_from(micro).unwrap_or(0), 6))
}

fn offsets(text: &str) -> Result<(i32, i64, i64), String> {
    let parse = || {
        let (partition, range) = text.split_once(':')?;
        let (from, to) = range.split_once("..")?;
        let (from, to) = (from.parse::<u64>().ok()?, to.parse::<u64>().ok()?);
        let (from, to) = (i64::try_from(from).ok()?, i64::try_from(to).ok()?);
        let partition = partition.parse::<i32>().ok()?;
        (partition >= 0 && from < to).then_some((partition, from, to))
    };
    parse().ok_or_else(|| "write a partition and its offsets such as `0:1200..5000`".to_owned())
}

fn span(text: &str) -> Result<Span, String> {
    let span = Span::parse(text).ok().filter(|span| *span >= Span::ZERO);
    span.ok_or_else(|| "write a duration such as `30d` or `12h`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_offsets_are_read() {
        assert_eq!(offsets("3:1200..5000"), Ok((3, 1200, 5000)));
        for text in ["3", "3:1", "3:1..", "3:5..5", "3:-1..5", "-1:0..5", "x:0..5", "0:0..1..2"] {
            assert!(offsets(text).is_err(), "{text}");
        }
    }
}
