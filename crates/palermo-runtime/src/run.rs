//! `palermo run`: from a configuration to a running task, and the end of it.
//!
//! Promises: nothing is read before the rules compile, the bundle is kept and the topics are
//! checked; a panic of any thread ends the process; the result says what a person must do.

use crate::admit::{configured, trust};
use crate::bundle::{BundleError, BundleFile, BundleFiles};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::drive::{Drive, Ended, Look, Opened};
use crate::reference;
use palermo_domain::EventTime;
use palermo_engine::port::{Clock, LogError};
use palermo_engine::{Bundle, EngineStop, StartAt};
use palermo_kafka::admin::{self, Severity, TopicPlan, TopicProblem};
use palermo_kafka::{KafkaConfig, KafkaLog};
use palermo_lang::Diagnostics;
use palermo_lang::program::RuleSet;
use palermo_ops::{Facts, Health, Metrics, Phase};
use std::collections::BTreeSet;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the first contact with a broker may take.
const REACH_MAX: Duration = Duration::from_secs(3);
/// How often the supervisor looks at the engine's thread.
const SUPERVISE: Duration = Duration::from_millis(100);
/// An engine thread that has not turned for so long is not consuming.
const SILENT_MAX_MS: u64 = 15_000;

/// What the operator asked for beside the configuration.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// `--start`.
    pub start: Option<StartAt>,
    /// `--warm-up-until`.
    pub warm_up_until: Option<EventTime>,
    /// `--accept-gap`.
    pub accept_gap: bool,
    /// `--create-topics`.
    pub create_topics: Option<TopicPlan>,
    /// Facts about the binary.
    pub build: Build,
}

/// Facts about the binary, for `palermo_build_info`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// Version.
    pub version: &'static str,
    /// Commit.
    pub git: &'static str,
    /// Compiler.
    pub rustc: &'static str,
}

/// What the engine tells, shared with whoever shows it.
#[derive(Clone, Debug)]
pub struct Services {
    /// Numbers.
    pub metrics: Arc<Metrics>,
    /// Readiness.
    pub health: Arc<Health>,
}

impl Services {
    /// Fresh ones.
    ///
    /// # Errors
    /// A metric that is declared wrongly.
    pub fn new() -> Result<Self, RunError> {
        let metrics = Arc::new(Metrics::new().map_err(RunError::Metrics)?);
        Ok(Self { metrics, health: Arc::new(Health::new()) })
    }
}

/// Something that runs beside the engine until the flag is set, on a thread of its own.
pub struct Side {
    /// Name of the thread.
    pub name: &'static str,
    /// What it does; an error is logged and changes nothing else.
    pub work: Box<dyn FnOnce(Arc<AtomicBool>) -> Result<(), String> + Send>,
}

impl std::fmt::Debug for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a run could not begin or go on. Each has a code with a page under `docs/errors/`.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The rules do not compile.
    #[error("the rules do not compile")]
    Rules(Diagnostics),
    /// The bundle cannot be read or kept.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A file of payments or parties cannot be read.
    #[error("cannot read `{path}` (`--from`)", path = path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// Of the system, or which line is wrong.
        source: io::Error,
    },
    /// A password, key or certificate cannot be read.
    #[error("cannot read `{path}` (`{key}`)", path = path.display())]
    Secret {
        /// Which key of the configuration names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Of the system.
        source: io::Error,
    },
    /// The bounds of alarms cannot be read.
    #[error("cannot read `{path}` (`rules.reference`)", path = path.display())]
    Reference {
        /// The file.
        path: PathBuf,
        /// Of the system, or which line is wrong.
        source: io::Error,
    },
    /// Topics are missing or have the wrong settings.
    #[error("{}", list(.0))]
    Topics(Vec<TopicProblem>),
    /// Another engine runs as this task.
    #[error(
        "fenced: another engine has taken over this task and this one has stopped; \
         run one engine per `task`, or give this one a name and group of its own"
    )]
    Fenced {
        /// Text of the client.
        reason: String,
    },
    /// The log cannot be reached, or breaks again and again.
    #[error("{reason}; look at the brokers and start again, nothing was lost")]
    Unavailable {
        /// What was tried.
        reason: String,
    },
    /// A person must decide.
    #[error("{reason}")]
    Stop {
        /// Code with a page.
        code: &'static str,
        /// What was found.
        reason: String,
    },
    /// A fault of the program.
    #[error("the metrics cannot be set up")]
    Metrics(#[source] palermo_ops::MetricsError),
    /// The system gave no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

fn list(problems: &[TopicProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl RunError {
    /// Code with a page under `docs/errors/`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Rules(_) => "rules_invalid",
            Self::Bundle(error) => error.code(),
            Self::Input { .. } => "input_unreadable",
            Self::Secret { .. } => "secret_unreadable",
            Self::Reference { .. } => "reference_unreadable",
            Self::Topics(problems) => problems.first().map_or("topic_settings", |first| first.code),
            Self::Fenced { .. } => "fenced",
            Self::Unavailable { .. } => "log_unavailable",
            Self::Stop { code, .. } => code,
            Self::Metrics(_) | Self::Thread(_) => "internal",
        }
    }

    /// Whether rules or configuration are at fault, and not the world around.
    pub const fn is_content(&self) -> bool {
        matches!(
            self,
            Self::Rules(_)
                | Self::Reference { .. }
                | Self::Bundle(
                    BundleError::Read { .. }
                        | BundleError::Unfit { .. }
                        | BundleError::File(_)
                        | BundleError::Unsigned(_)
                        | BundleError::NoKeys
                        | BundleError::Settings(_)
                        | BundleError::Signature { .. }
                        | BundleError::Key { .. }
                )
        )
    }
}

impl From<LogError> for RunError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Recover { reason } => Self::Unavailable { reason },
            LogError::Fenced { reason } => Self::Fenced { reason },
            LogError::Stop { code, reason } => Self::Stop { code, reason },
        }
    }
}

impl From<EngineStop> for RunError {
    fn from(stop: EngineStop) -> Self {
        Self::Stop { code: stop.code, reason: stop.reason }
    }
}

/// Reads, compiles and keeps the rules in the folder that the configuration names, whoever wrote them.
///
/// # Errors
/// Rules that do not compile or folders that cannot be read or written.
pub fn prepare(config: &Config) -> Result<Bundle, RunError> {
    keep(config, &BundleFile::seal(BundleFiles::gather(config)?, None))
}

/// Compiles and keeps a bundle.
fn keep(config: &Config, file: &BundleFile) -> Result<Bundle, RunError> {
    let rules = compile(config, &file.files)?;
    file.keep(&config.state_dir)?;
    Ok(Bundle { sha256: file.sha256().to_owned(), rules })
}

/// Compiles a bundle, and warns of what is doubtful in it.
///
/// # Errors
/// Rules that do not compile.
pub fn compile(config: &Config, files: &BundleFiles) -> Result<RuleSet, RunError> {
    let compiled = files.compile().map_err(|problems| {
        RunError::Rules(if config.rules_path.is_dir() { diagnose(config) } else { problems })
    })?;
    let rates =
        palermo_lang::rate_warnings(&files.sources(), &compiled.rules, config.base_currency);
    for warning in compiled.warnings.iter().chain(rates.iter()) {
        tracing::warn!(code = warning.code, "{}", warning.line());
    }
    for (id, version, reason) in &compiled.idle {
        tracing::warn!("{id}@{version} is deployed and does not run here: {reason}");
    }
    Ok(compiled.rules)
}

/// The problems once more, with the paths that the operator knows.
fn diagnose(config: &Config) -> Diagnostics {
    let prefix = config.rules_path.display().to_string();
    let limits = palermo_lang::Limits {
        horizon: config.horizon,
        evidence_horizon: config.evidence_horizon,
        cost: palermo_lang::Limits::COST,
    };
    let files = crate::bundle::read_rules(&config.rules_path, &prefix, false).unwrap_or_default();
    let sources = palermo_lang::Sources::new(files);
    palermo_lang::compile(&sources, &config.environment, &limits).err().unwrap_or_default()
}

/// Runs the task against Kafka until `stop` is set, an error ends it, or a thread panics. Blocks.
///
/// # Errors
/// See [`RunError`].
pub fn run(
    config: &Config,
    options: &RunOptions,
    services: &Services,
    sides: Vec<Side>,
    stop: &Arc<AtomicBool>,
) -> Result<Ended, RunError> {
    forbid_core_dumps();
    let trust = trust(config)?;
    let bundle = keep(config, &configured(config, &trust)?)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    services.metrics.started(clock.unix_ms());
    if let Some(every) = config.canary_every {
        services.metrics.expects_canaries(every);
    }
    expect_of_rules(config, services, &bundle)?;
    announce(services, &bundle, config, options.build, clock.as_ref());
    let kafka = config.kafka()?;
    let drive = Drive::new(config, options, bundle, services.clone(), Arc::clone(&clock))
        .keeping_snapshots(config)
        .trusting(trust);
    let beat = drive.beat();
    let work_options = options.clone();
    let (work_clock, work_stop) = (Arc::clone(&clock), Arc::clone(stop));
    let side_stop = Arc::new(AtomicBool::new(false));
    let mut side_threads = Vec::new();
    for side in sides {
        let flag = Arc::clone(&side_stop);
        let name = side.name;
        side_threads.push(spawn(name, move || {
            if let Err(error) = (side.work)(flag) {
                tracing::error!(thread = name, "{error}");
            }
        })?);
    }
    let engine = spawn("engine", move || {
        topics(&kafka, &drive, &work_options)?;
        let mut open = || {
            let log = KafkaLog::open(kafka.clone(), Arc::clone(&work_clock))?;
            let health = log.health();
            let reading = move || health.is_assigned() && health.is_connected();
            Ok(Opened { log: Box::new(log), reading: Box::new(reading) })
        };
        drive.run(&mut open, &mut |_: Look<'_>| {
            if work_stop.load(Ordering::Acquire) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
    })?;
    while !engine.is_finished() {
        #[expect(clippy::disallowed_methods, reason = "the supervisor looks now and then")]
        std::thread::sleep(SUPERVISE);
        let silent_ms = clock.monotonic_ms().saturating_sub(beat.load(Ordering::Acquire));
        if silent_ms > SILENT_MAX_MS {
            services.health.set(Phase::Consuming, false);
        }
    }
    let ended = join(engine);
    if let Err(error) = &ended {
        services.health.stop(error.code());
        // The command says the rest; a collector of logs sees at least the code.
        tracing::error!(code = error.code(), "stopped");
    }
    side_stop.store(true, Ordering::Release);
    side_threads.into_iter().for_each(join);
    ended
}

/// A crash must not leave payments and names in a file.
fn forbid_core_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let forbidden = setrlimit(Resource::Core, none)
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable));
    if let Err(error) = forbidden {
        tracing::warn!("core dumps cannot be forbidden: {error}");
    }
}

/// Says in the metrics what a reference backtest makes us expect of rules.
fn expect_of_rules(config: &Config, services: &Services, bundle: &Bundle) -> Result<(), RunError> {
    let Some(path) = &config.rules_reference else { return Ok(()) };
    let indicators = bundle.rules.indicators.iter().map(|rule| rule.condition.id.as_str());
    let typologies = bundle.rules.typologies.iter().map(|rule| rule.id.as_str());
    let known: BTreeSet<&str> = indicators.chain(typologies).collect();
    for bounds in reference::read(path)? {
        if !known.contains(bounds.rule.as_str()) {
            let rule = &bounds.rule;
            tracing::warn!(rule, "`rules.reference` names a rule that is not in force");
        }
        services.metrics.bounds(&bounds.rule, bounds.silence_seconds, bounds.flood_alerts);
    }
    Ok(())
}

/// Says what runs, in metrics and readiness.
pub fn announce(
    services: &Services,
    bundle: &Bundle,
    config: &Config,
    build: Build,
    clock: &dyn Clock,
) {
    let live = tell_rules(services, bundle, build, config.memory_max_bytes, clock);
    services.health.set(Phase::RulesLoaded, true);
    tracing::info!(
        task = config.task,
        ruleset = bundle.rules.name,
        version = bundle.rules.version,
        bundle = bundle.sha256,
        live,
        "rules loaded"
    );
}

/// Says in the metrics which rules are in force; returns how many typologies of them are live.
pub(crate) fn tell_rules(
    services: &Services,
    bundle: &Bundle,
    build: Build,
    memory_max_bytes: u64,
    clock: &dyn Clock,
) -> usize {
    let typologies = &bundle.rules.typologies;
    let live = typologies.iter().filter(|t| t.mode == palermo_domain::alert::Mode::Live).count();
    services.metrics.loaded(&Facts {
        version: build.version,
        git: build.git,
        rustc: build.rustc,
        ruleset: &bundle.rules.name,
        ruleset_version: &bundle.rules.version,
        ruleset_sha256: &bundle.rules.sha256,
        rules: (live, typologies.len().saturating_sub(live)),
        loaded_at_ms: clock.unix_ms(),
        memory_max_bytes,
        lists: bundle.rules.lists.iter().map(|list| (list.id.as_str(), list.reviewed)).collect(),
    });
    live
}

/// Checks the topics, makes them where that was asked for, and says what is only a pity.
fn topics(kafka: &KafkaConfig, drive: &Drive, options: &RunOptions) -> Result<(), RunError> {
    reach(&kafka.bootstrap)?;
    if let Some(plan) = options.create_topics {
        let plan = TopicPlan { dead_letter_bytes: drive.needs().dead_letter_bytes, ..plan };
        for name in admin::create_topics(kafka, &plan)? {
            tracing::info!(topic = name, "topic made");
        }
    }
    let (errors, warnings): (Vec<_>, Vec<_>) = admin::check_topics(kafka, &drive.needs())?
        .into_iter()
        .partition(|problem| problem.severity == Severity::Error);
    for warning in warnings {
        tracing::warn!(code = warning.code, "{warning}");
    }
    if errors.is_empty() { Ok(()) } else { Err(RunError::Topics(errors)) }
}

/// Says quickly that nobody listens; the client itself would try for a long time.
///
/// # Errors
/// `log_unavailable` where no address accepts a connection.
pub fn reach(bootstrap: &str) -> Result<(), RunError> {
    let mut last = None;
    for address in bootstrap.split(',').map(str::trim) {
        let found = match address.to_socket_addrs() {
            Ok(found) => found,
            Err(error) => {
                last = Some(error);
                continue;
            }
        };
        for socket in found {
            match TcpStream::connect_timeout(&socket, REACH_MAX) {
                Ok(_) => return Ok(()),
                Err(error) => last = Some(error),
            }
        }
    }
    let why = last.map_or("no address".to_owned(), |error| error.to_string());
    Err(RunError::Unavailable { reason: format!("no broker answers at `{bootstrap}`: {why}") })
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes threads")]
fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<std::thread::JoinHandle<T>, RunError> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(RunError::Thread)
}

/// A thread that panicked has said so; the process must not go on without it.
fn join<T>(thread: std::thread::JoinHandle<T>) -> T {
    thread.join().unwrap_or_else(|_| std::process::abort())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_who_must_act() {
        for (error, code, content) in [
            (RunError::from(LogError::Fenced { reason: "r".into() }), "fenced", false),
            (RunError::from(LogError::Recover { reason: "r".into() }), "log_unavailable", false),
            (RunError::Stop { code: "memory_full", reason: "r".into() }, "memory_full", false),
            (RunError::Rules(Diagnostics::default()), "rules_invalid", true),
        ] {
            assert_eq!((error.code(), error.is_content()), (code, content), "{error}");
        }
    }

    #[test]
    fn a_silent_broker_is_named_at_once() {
        let error = reach("127.0.0.1:1").unwrap_err();
        assert!(error.to_string().starts_with("no broker answers at `127.0.0.1:1`: "), "{error}");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        reach(&format!("127.0.0.1:1,{}", listener.local_addr().unwrap())).unwrap();
    }
}
