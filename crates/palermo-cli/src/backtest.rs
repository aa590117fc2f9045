//! `palermo backtest`: recorded payments through the engine, by a rule set and by the one that it would
//! replace.
//!
//! Promises: the engine, the records and the order are those of a live task; nothing is written before
//! everything is known, and what is written is renamed into place; the same inputs give the same bytes.

pub(crate) mod rules;
mod trial;

use crate::args::{AsOfArg, BacktestArgs, DataArgs, JudgeArgs, LabelArgs};
use crate::exit::{Exit, Failure};
use crate::out::Out;
use crate::screen::{Moment, Screen};
use crate::signals::Signals;
use palermo_backtest::{
    AsOf, BacktestError, Curves, Effort, Inputs, Judge, Labels, Mapping, Measured, Plan, Played,
    Progress, Reader, Report, RuleFacts, compare, measure, play, reference,
};
use palermo_codec::ENGINE_VERSION;
use palermo_domain::Currency;
use palermo_engine::EngineConfig;
use palermo_engine::port::Clock;
use palermo_runtime::{Config, ConfigOverrides, SystemClock};
use rules::RuleSide;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use trial::Trial;

/// What `--fail-on` may name, and what it looks at.
const CONDITIONS: &str = "`lost-true`, `lost`, `new`, `recall` and `precision`, each with `<` or `>` and a \
                          number, such as `lost-true>0` or `recall<0.75`";

/// Plays, measures, tells.
pub(crate) fn backtest(arguments: &BacktestArgs, out: &mut Out) -> Result<Exit, Failure> {
    let conditions = conditions(&arguments.fail_on)?;
    let signals = Signals::listen()?;
    let mut history = History::open(&arguments.data)?;
    history.config = in_environment(history.config, arguments.environment.as_deref())?;
    let candidate = RuleSide::load(&arguments.ruleset, &history.config)?;
    let baseline = arguments.baseline.as_deref();
    let baseline = baseline.map(|origin| RuleSide::load(origin, &history.config)).transpose()?;
    for side in std::iter::once(&candidate).chain(&baseline) {
        side.must_deploy(&history.config)?;
    }
    let labels = history.labels(&arguments.data, &arguments.judge.known, &candidate)?;
    let bundles = std::iter::once(&candidate).chain(&baseline).map(|side| side.bundle.clone());
    let JudgeArgs { warm_up, grace, .. } = arguments.judge;
    let curves = arguments.out.as_ref().and(baseline.as_ref()).map(|baseline| {
        Trial::new(&candidate, baseline, usize::from(arguments.curves), &history.config)
    });
    let curves = curves.transpose()?.flatten();
    let trial = curves.as_ref().map(|curves| curves.bundle.clone());
    let plan = Plan::new(history.engine(), bundles.collect());
    let plan = Plan { skip_refused: arguments.data.skip_refused, trial, warm_up, ..plan };
    let mut drawer = arguments.out.as_deref().map(Drawer::open).transpose()?;
    let (config, as_of) = (history.config.clone(), history.as_of);
    let Some(played) = history.play(&plan, &mut drawer, &signals, out)? else {
        out.talk("interrupted; nothing was written");
        return Ok(signals.exit());
    };
    if let Some(path) = &arguments.judge.known.labels {
        labels.check_met(path, &played.facts)?;
    }
    let inputs = inputs(arguments, &config, &candidate, baseline.as_ref(), &labels, as_of);
    let judge = Judge { labels: &labels, grace, only: None };
    let tried = curves.as_ref().and_then(|curves| curves.tried(&played, judge, warm_up));
    let curves = curves.as_ref().zip(tried.as_deref()).map(|(curves, tried)| curves.told(tried));
    let outcome = tell(&played, &inputs, judge, &candidate, curves, drawer, out)?;
    // All of them are said, not the first alone.
    let held = conditions.iter().filter(|condition| condition.holds(&outcome, out)).count();
    Ok(if held > 0 { Exit::Findings } else { Exit::Fine })
}

/// Recorded payments, opened.
pub(crate) struct History {
    reader: Reader,
    as_of: AsOf,
    pub(crate) mapping: Option<Mapping>,
    pub(crate) config: Config,
}

impl History {
    /// Opens the files; nothing is played yet.
    pub(crate) fn open(arguments: &DataArgs) -> Result<Self, Failure> {
        let mapping = arguments.mapping.as_deref().map(mapping).transpose()?;
        let as_of = match arguments.as_of {
            AsOfArg::Event => AsOf::Event,
            AsOfArg::Start => AsOf::Start,
        };
        let path = &arguments.config.config;
        let given = path.exists().then(|| crate::config::read(path)).transpose()?;
        let limits = given.as_ref().unwrap_or(&Config::defaults()).engine().limits;
        let reader = Reader::open(&arguments.data, &limits, as_of, mapping.as_ref())?;
        let currency = arguments.base_currency;
        let config = match given {
            Some(config) => match currency.filter(|currency| *currency != config.base_currency) {
                Some(currency) => deciding(&config, "base_currency", currency.as_str())?,
                None => config,
            },
            None => match currency.or(reader.currency()) {
                Some(currency) => counted_in(currency)?,
                None => parse("")?,
            },
        };
        Ok(Self { reader, as_of, mapping, config })
    }

    /// What is known of the data; the reading looks out for it.
    pub(crate) fn labels(
        &mut self,
        data: &DataArgs,
        arguments: &LabelArgs,
        side: &RuleSide,
    ) -> Result<Labels, Failure> {
        let labels = match (&arguments.labels, &self.mapping) {
            (Some(path), _) => {
                let labels = Labels::read(path)?;
                labels.check_typologies(path, &side.typologies())?;
                labels
            }
            (None, Some(mapping)) if arguments.labels_in_data => {
                Labels::of_data(&data.data, mapping)?
            }
            _ => Labels::default(),
        };
        self.reader.watch_for(&labels, self.config.base_currency);
        Ok(labels)
    }

    /// Counts which fields the rows have while they are played.
    pub(crate) fn profile(&mut self) {
        self.reader.profile();
    }

    /// What decides, beside the rules.
    pub(crate) fn engine(&self) -> EngineConfig {
        EngineConfig { task: "backtest".to_owned(), ..self.config.engine() }
    }

    /// Plays with a bar; `None` where somebody interrupted.
    pub(crate) fn play(
        self,
        plan: &Plan,
        drawer: &mut Option<Drawer>,
        signals: &Signals,
        out: &mut Out,
    ) -> Result<Option<Played>, Failure> {
        played(self.reader, plan, drawer, signals, out)
    }
}

/// What `--fail-on` looks at.
struct Outcome {
    lost_true: u64,
    lost: u64,
    new: u64,
    recall_micro: Option<u64>,
    precision_micro: Option<u64>,
}

fn tell(
    played: &Played,
    inputs: &Inputs,
    judge: Judge<'_>,
    candidate: &RuleSide,
    curves: Option<Curves<'_>>,
    drawer: Option<Drawer>,
    out: &mut Out,
) -> Result<Outcome, Failure> {
    let measured: Vec<_> = played
        .rules
        .iter()
        .map(|rules| measure(rules, &played.facts, judge, inputs.warm_up, inputs.effort))
        .collect();
    let mut sides = played.rules.iter().zip(&measured);
    let mut side = || sides.next().map(|(rules, measures)| Measured { rules, measures });
    let after = side().ok_or_else(|| Failure::words(Exit::Environment, "nothing was played"))?;
    let before = side();
    let compared = before.map(|before| {
        let (b, a) = (before.rules, after.rules);
        compare(&b.told, &a.told, &b.reasons, &a.reasons)
    });
    let report = Report {
        inputs,
        facts: &played.facts,
        candidate: after,
        baseline: before,
        compared: compared.as_ref(),
        curves,
        judge,
        library: &candidate.library,
    };
    let place = drawer.as_ref().map(|drawer| drawer.folder.join("index.html"));
    if let Some(drawer) = drawer {
        let RuleFacts { name, version, .. } = &candidate.facts;
        let of = format!("{name} {version} over {} payments", played.facts.payments);
        let texts = [
            ("reference.tsv", reference(&after.rules.silences, &after.rules.told, &of)),
            ("figures.json", format!("{:#}\n", report.json())),
            ("diff.jsonl", report.differences()),
            ("modeldoc.md", report.document()),
            ("index.html", report.page()?),
        ];
        drawer.close(&texts.map(|(name, text)| (name.to_owned(), text)))?;
    }
    if out.json() {
        out.json_data(&report.json());
    } else {
        report.lines().iter().for_each(|line| out.data(line));
        if let Some(place) = place {
            out.data(&format!("report    {}", place.display()));
        }
    }
    let count = |change| compared.as_ref().map_or(0, |compared| compared.count(change) as u64);
    Ok(Outcome {
        lost_true: report.lost_true().len() as u64,
        lost: count(palermo_backtest::Change::Lost),
        new: count(palermo_backtest::Change::New),
        recall_micro: after.measures.all.episodes.micro(),
        precision_micro: after.measures.all.judged.micro(),
    })
}

/// A mapping that ships, or a file of one.
fn mapping(name: &str) -> Result<Mapping, Failure> {
    if let Some(shipped) = Mapping::shipped(name) {
        return Ok(shipped);
    }
    let text = fs::read_to_string(name).map_err(|error| {
        let known = Mapping::NAMES.join("`, `");
        let text = format!(
            "cannot read `{name}` (`--mapping`): {error}; it is no mapping that ships either (`{known}`)"
        );
        Failure::words(Exit::Usage, text)
    })?;
    Mapping::parse(&text)
        .map_err(|error| Failure::words(Exit::Content, format!("`{name}` is no mapping: {error}")))
}

/// The configuration with another value of a key that decides results; of the others a backtest reads
/// where the state is and how much memory there is.
fn deciding(config: &Config, key: &str, value: &str) -> Result<Config, Failure> {
    let prefix = format!("{key}: ");
    let lines = config.deciding().lines().filter(|line| !line.starts_with(&prefix));
    let lines: Vec<&str> = lines.collect();
    let mut changed = parse(&format!("{}\n{prefix}{value}\n", lines.join("\n")))?;
    changed.state_dir.clone_from(&config.state_dir);
    changed.memory_max_bytes = config.memory_max_bytes;
    Ok(changed)
}

/// The configuration with the environment that is asked for, if any.
pub(crate) fn in_environment(config: Config, asked: Option<&str>) -> Result<Config, Failure> {
    match asked {
        Some(environment) => deciding(&config, "rules.environment", environment),
        None => Ok(config),
    }
}

/// The defaults, with a base currency.
fn counted_in(currency: Currency) -> Result<Config, Failure> {
    parse(&format!("base_currency: {}\n", currency.as_str())).map_err(|_| {
        let text = format!(
            "the first payment is in `{}`, which is no currency that amounts can be counted in: say with \
             `--base-currency` which one is meant, and bring its rates in `lists.jsonl`",
            currency.as_str()
        );
        Failure::words(Exit::Usage, text)
    })
}

fn parse(text: &str) -> Result<Config, Failure> {
    Config::parse(text, "the settings of the backtest", &ConfigOverrides::default())
        .map_err(|error| Failure::words(Exit::Content, error.to_string()))
}

fn inputs(
    arguments: &BacktestArgs,
    config: &Config,
    candidate: &RuleSide,
    baseline: Option<&RuleSide>,
    labels: &Labels,
    as_of: AsOf,
) -> Inputs {
    let (name, hash) = labels.origin();
    let changes = baseline
        .map(|baseline| palermo_lang::change::changes(&baseline.library, &candidate.library));
    Inputs {
        engine: ENGINE_VERSION.to_owned(),
        currency: config.base_currency,
        candidate: candidate.facts.clone(),
        baseline: baseline.map(|baseline| baseline.facts.clone()),
        labels: (!name.is_empty()).then(|| (name.to_owned(), hash.to_owned())),
        warm_up: arguments.judge.warm_up,
        as_of,
        grace: arguments.judge.grace,
        effort: Effort::default(),
        settings: config.deciding().lines().map(str::to_owned).collect(),
        changes: changes.unwrap_or_default(),
    }
}

/// Plays with a bar; `None` where somebody interrupted.
fn played(
    reader: Reader,
    plan: &Plan,
    drawer: &mut Option<Drawer>,
    signals: &Signals,
    out: &mut Out,
) -> Result<Option<Played>, Failure> {
    let clock = SystemClock::new();
    let began_ms = clock.monotonic_ms();
    let mut screen = Screen::new(out.is_live());
    screen.begin("playing");
    let mut lines = |alerts: &[u8], pages: &[u8]| match drawer {
        Some(drawer) => drawer.add(alerts, pages),
        None => Ok(()),
    };
    let mut watch = |progress: Progress| {
        let (read, whole) = progress.bytes;
        let scaled = u128::from(progress.payments).saturating_mul(u128::from(whole));
        let total = scaled.checked_div(u128::from(read.max(1))).unwrap_or(0);
        let moment = Moment {
            done: progress.payments,
            total: u64::try_from(total).unwrap_or(u64::MAX).max(progress.payments),
            elapsed_ms: clock.monotonic_ms().saturating_sub(began_ms),
            lag_records: None,
            alerts: usize::try_from(progress.told).ok(),
        };
        screen.show(moment, out);
        if signals.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let played = play(reader, plan, &mut lines, &mut watch);
    screen.end();
    match played {
        Err(BacktestError::Interrupted) => Ok(None),
        other => Ok(Some(other?)),
    }
}

/// Where the report goes: files that get their names when all of them are whole.
pub(crate) struct Drawer {
    folder: PathBuf,
    alerts: BufWriter<File>,
    evidence: BufWriter<File>,
    /// Files that have no name yet.
    unfinished: Unfinished,
}

impl Drawer {
    fn open(folder: &Path) -> Result<Self, Failure> {
        let mut unfinished = Unfinished(Vec::new());
        let mut begin = |name: &str| {
            let path = unfinished.begin(folder, name)?;
            let file = File::create(&path).map_err(|error| cannot_write(&path, &error))?;
            Ok::<_, Failure>(BufWriter::with_capacity(1 << 20, file))
        };
        let (alerts, evidence) = (begin(ALERTS)?, begin(EVIDENCE)?);
        Ok(Self { folder: folder.to_path_buf(), alerts, evidence, unfinished })
    }

    fn add(&mut self, alerts: &[u8], pages: &[u8]) -> Result<(), BacktestError> {
        for (file, name, lines) in
            [(&mut self.alerts, ALERTS, alerts), (&mut self.evidence, EVIDENCE, pages)]
        {
            let path = || self.folder.join(name);
            file.write_all(lines)
                .map_err(|source| BacktestError::Write { path: path(), source })?;
        }
        Ok(())
    }

    fn close(mut self, texts: &[(String, String)]) -> Result<(), Failure> {
        for (file, name) in [(&mut self.alerts, ALERTS), (&mut self.evidence, EVIDENCE)] {
            file.flush().map_err(|error| cannot_write(&self.folder.join(name), &error))?;
        }
        self.unfinished.add(&self.folder, texts)?;
        self.unfinished.name()
    }

    /// Writes texts by their path below a folder; each is whole or not there.
    pub(crate) fn write(folder: &Path, texts: &[(String, String)]) -> Result<(), Failure> {
        let mut unfinished = Unfinished(Vec::new());
        unfinished.add(folder, texts)?;
        unfinished.name()
    }
}

/// The revisions of alerts.
const ALERTS: &str = "alerts.jsonl";

/// What is too much for them.
const EVIDENCE: &str = "evidence.jsonl";

/// Files under a name that nobody looks for, and the name that each gets. What never got it goes away.
#[derive(Default)]
pub(crate) struct Unfinished(Vec<(PathBuf, PathBuf)>);

impl Unfinished {
    pub(crate) fn begin(&mut self, folder: &Path, name: &str) -> Result<PathBuf, Failure> {
        let to = folder.join(name);
        let parent = to.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error))?;
        let file = to.file_name().unwrap_or_default().to_string_lossy();
        let from = parent.join(format!(".{file}.unfinished"));
        self.0.push((from.clone(), to));
        Ok(from)
    }

    fn add(&mut self, folder: &Path, texts: &[(String, String)]) -> Result<(), Failure> {
        for (name, text) in texts {
            let path = self.begin(folder, name)?;
            fs::write(&path, text).map_err(|error| cannot_write(&path, &error))?;
        }
        Ok(())
    }

    pub(crate) fn name(&mut self) -> Result<(), Failure> {
        for (from, to) in &self.0 {
            fs::rename(from, to).map_err(|error| cannot_write(to, &error))?;
        }
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for (from, _) in &self.0 {
            // After the renaming there is nothing of that name.
            let _ = fs::remove_file(from);
        }
    }
}

pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::words(Exit::Environment, format!("cannot write `{}`: {error}", path.display()))
}

/// A condition of `--fail-on`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    text: String,
    of: String,
    less: bool,
    micro: u64,
}

/// Those that were given; what was found and is lost is looked at in any case.
fn conditions(all: &[String]) -> Result<Vec<Condition>, Failure> {
    let mut conditions: Vec<Condition> =
        all.iter().map(|text| condition(text)).collect::<Result<_, _>>()?;
    if !conditions.iter().any(|condition| condition.of == "lost-true") {
        conditions.insert(0, condition("lost-true>0")?);
    }
    Ok(conditions)
}

fn condition(text: &str) -> Result<Condition, Failure> {
    let wrong =
        || Failure::words(Exit::Usage, format!("`--fail-on {text}` is none of {CONDITIONS}"));
    let at = text.find(['<', '>']).ok_or_else(wrong)?;
    let (of, rest) = text.split_at(at);
    let (less, number) = (rest.starts_with('<'), rest.get(1..).unwrap_or(""));
    let known = ["lost-true", "lost", "new", "recall", "precision"].contains(&of.trim());
    let number = palermo_domain::parse_amount(number.trim()).ok().filter(|_| known);
    let micro =
        number.and_then(|number| number.checked_mul(palermo_domain::Decimal::from(1_000_000)));
    let micro =
        micro.and_then(|micro| u64::try_from(micro.trunc().mantissa()).ok()).ok_or_else(wrong)?;
    Ok(Condition { text: text.to_owned(), of: of.trim().to_owned(), less, micro })
}

impl Condition {
    /// Whether it holds; then it says so.
    fn holds(&self, outcome: &Outcome, out: &mut Out) -> bool {
        let count = |count: u64| Some(count.saturating_mul(1_000_000));
        let value = match self.of.as_str() {
            "lost-true" => count(outcome.lost_true),
            "lost" => count(outcome.lost),
            "new" => count(outcome.new),
            "recall" => outcome.recall_micro,
            _ => outcome.precision_micro,
        };
        let Some(value) = value else {
            out.talk(&format!("`--fail-on {}` holds: there is nothing to judge it by", self.text));
            return true;
        };
        let holds = if self.less { value < self.micro } else { value > self.micro };
        if holds {
            out.talk(&format!("`--fail-on {}` holds", self.text));
        }
        holds
    }
}

impl From<BacktestError> for Failure {
    fn from(error: BacktestError) -> Self {
        let exit = match error {
            BacktestError::Row { .. }
            | BacktestError::Data { .. }
            | BacktestError::Parquet { .. } => Exit::Usage,
            _ => Exit::Environment,
        };
        Self::new(exit, error.code(), &error)
    }
}

#[cfg(test)]
mod tests;
