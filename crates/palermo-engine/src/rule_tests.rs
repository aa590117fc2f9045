//! The runner of rule tests: feeds the events of a test file to a real engine in virtual time and
//! compares what comes out with what the author expects.
//!
//! A test runs on the same [`Engine`] that runs in production, over encoded records. Variations
//! (`invariants`) run the same payments in another order, with duplicates, over several
//! partitions, and with a restart between every two events; the last revision of every alert must
//! be the same, and so must the times at which an indicator or suppressor under test holds (for
//! restarts: every effect, byte for byte). `boundary: auto` recompiles the rule with one parameter
//! moved at a time.
//!
//! A run has the rule under test and what that names, nothing else of the folder. There are no
//! threads here: [`Runner`] may be shared between those of its caller, and every test gives the
//! same result wherever it runs.
//!
//! Cost: one engine per run; a boundary takes a handful of runs per parameter.

mod boundary;
mod feed;
mod judge;
#[cfg(test)]
mod subjects;
#[cfg(test)]
mod tests;
mod watch;

use crate::engine::{Bundle, Engine, EngineConfig, EngineStop};
use crate::port::OutRecord;
use feed::Feed;
use palermo_codec::Limits as RecordLimits;
use palermo_domain::alert::Action;
use palermo_domain::{Alert, EventTime, Fate, OutputTopic, Span, TopicRole};
use palermo_lang::program::{Indicator, RuleSet};
use palermo_lang::{Diagnostics, Limits, Overrides, Shelf, Sources, Test, TestFile, parse_tests};
use std::collections::{BTreeMap, BTreeSet};
use watch::Watch;
pub use watch::{Coverage, Seen, coverage};

/// What became of one test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Path of the test file.
    pub path: String,
    /// Line of the test, from 1.
    pub line: usize,
    /// The rule under test.
    pub rule: String,
    /// Name of the test.
    pub name: String,
    /// What is wrong; empty where it passed.
    pub failures: Vec<String>,
    /// What is worth knowing, such as parameters that do not bind.
    pub notes: Vec<String>,
    /// Which parts of the rule were seen true and false.
    pub coverage: Vec<Seen>,
    /// The evaluation that came closest to a hit, in lines, where one is missing or none is wanted.
    pub closest: Vec<String>,
    /// What the rule is known to do wrong here, where it passed because it still does.
    pub known: Option<Known>,
    /// Revisions of alerts as they would be published, those that are held back included, in order.
    pub alerts: Vec<Vec<u8>>,
}

/// What a rule is known to do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// It finds nothing, and should.
    Gap,
    /// It finds something, and should not.
    FalsePositive,
}

impl Known {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "known gap",
            Self::FalsePositive => "known false positive",
        }
    }
}

impl TestResult {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The tests of a rule folder, read; each can be run by itself, in any order and by any thread.
#[derive(Debug)]
pub struct Runner {
    files: Vec<TestFile>,
    /// The rules under every pair of bounds that a chosen file sets.
    shelves: Vec<(Limits, Shelf)>,
}

impl Runner {
    /// Reads and checks rules and tests; keeps the test files with a test that `chosen` takes.
    /// Cost: one compilation of the folder per pair of bounds that test files set.
    ///
    /// # Errors
    /// The diagnostics of rule or test files that do not compile.
    pub fn new(
        sources: &Sources,
        chosen: &dyn Fn(&TestFile, &Test) -> bool,
    ) -> Result<Self, Diagnostics> {
        let mut files = parse_tests(sources)?;
        let mut shelves: Vec<(Limits, Shelf)> = Vec::new();
        for file in &files {
            if !file.tests.iter().any(|test| chosen(file, test)) {
                continue;
            }
            let limits = limits(file);
            if !shelves.iter().any(|(known, _)| *known == limits) {
                shelves.push((limits, Shelf::new(sources, &limits)?));
            }
        }
        files.retain(|file| file.tests.iter().any(|test| chosen(file, test)));
        Ok(Self { files, shelves })
    }

    /// The chosen test files, in order of path.
    pub fn files(&self) -> &[TestFile] {
        &self.files
    }

    /// Runs a test of one of the files.
    ///
    /// Cost: that of its payments, each with the rule under test and what that names.
    pub fn run(&self, file: &TestFile, test: &Test) -> TestResult {
        let mut result = TestResult {
            path: file.path.clone(),
            line: test.position.0,
            rule: file.rule.clone(),
            name: test.name.clone(),
            failures: Vec::new(),
            notes: Vec::new(),
            coverage: Vec::new(),
            closest: Vec::new(),
            known: match (test.known_gap, test.known_false_positive) {
                (true, _) => Some(Known::Gap),
                (_, true) => Some(Known::FalsePositive),
                _ => None,
            },
            alerts: Vec::new(),
        };
        let limits = limits(file);
        let Some((_, shelf)) = self.shelves.iter().find(|(known, _)| *known == limits) else {
            result.failures.push("the file is not one of those that were chosen".to_owned());
            return result;
        };
        let bench = Bench { shelf, file, test, limits: &limits };
        match shelf.rule(&file.rule, &Overrides::new()) {
            Ok(rules) => bench.run(&rules, &mut result),
            Err(problems) => result.failures.push(problems.to_string()),
        }
        result
    }
}

/// Runs every test of the sources that `chosen` takes, in order of path and file.
///
/// # Errors
/// The diagnostics of rule or test files that do not compile.
pub fn run(
    sources: &Sources,
    chosen: &dyn Fn(&TestFile, &Test) -> bool,
    done: &mut dyn FnMut(&TestResult),
) -> Result<Vec<TestResult>, Diagnostics> {
    let runner = Runner::new(sources, chosen)?;
    let mut results = Vec::new();
    for file in runner.files() {
        for test in file.tests.iter().filter(|test| chosen(file, test)) {
            let result = runner.run(file, test);
            done(&result);
            results.push(result);
        }
    }
    Ok(results)
}

/// The defaults of `palermo.yaml`, where the file says nothing else.
fn limits(file: &TestFile) -> Limits {
    Limits {
        horizon: file.world.horizon.unwrap_or(Span::from_days(90)),
        evidence_horizon: file.world.evidence_horizon.unwrap_or(Span::from_days(400)),
        cost: Limits::COST,
    }
}

/// One test with what it needs.
pub(crate) struct Bench<'a> {
    shelf: &'a Shelf,
    file: &'a TestFile,
    test: &'a Test,
    limits: &'a Limits,
}

/// What one run of a test gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Last revision per alert id and topic.
    pub(crate) last: BTreeMap<(String, bool), Alert>,
    /// Alert ids that were created, in order.
    pub(crate) created: Vec<String>,
    /// What every alert went through.
    pub(crate) actions: BTreeMap<String, BTreeSet<&'static str>>,
    /// Accounts the rule under test held on.
    pub(crate) held_on: BTreeSet<String>,
    /// Indicators that hit anything at any time.
    pub(crate) hit: BTreeSet<String>,
    /// When it held on them, seen from the end: whatever the order of arrival.
    pub(crate) held_at: BTreeMap<String, BTreeSet<EventTime>>,
    /// Fields that the rule under test says it lacked.
    pub(crate) lacked: BTreeSet<String>,
    /// Effects per record.
    pub(crate) effects: Vec<Vec<OutRecord>>,
    /// Indicators of alerts of the rule under test, held back or not.
    pub(crate) indicators: BTreeSet<String>,
    /// Why the engine stopped, if it did.
    pub(crate) stopped: Option<String>,
    /// The rule under test is a modifier: every alert of what it orders is looked at.
    pub(crate) of_modifier: bool,
    /// Records of the test that went to the dead letters, and why.
    pub(crate) refused: Vec<String>,
}

impl Outcome {
    /// Whether an alert is of the rule under test, or ordered by it.
    pub(crate) fn concerns(&self, alert: &Alert, rule: &str) -> bool {
        self.of_modifier || alert.typology == rule
    }

    /// Notes a revision of an alert.
    fn see(&mut self, alert: &Alert, rule: &str) {
        if alert.typology == rule {
            self.indicators.extend(alert.indicators.iter().map(|found| found.id.clone()));
        }
        let known = self.actions.entry(alert.alert_id.clone()).or_default();
        known.insert(alert.action.as_str());
        if alert.action == Action::Created {
            self.created.push(alert.alert_id.clone());
        }
        self.last.insert((alert.alert_id.clone(), alert.held_back), alert.clone());
    }
}

impl Bench<'_> {
    fn run(&self, rules: &RuleSet, result: &mut TestResult) {
        if self.test.boundary_auto {
            boundary::run(self, rules, result);
            return;
        }
        let mut watch = Watch::default();
        let feed = Feed::plain(self.file, self.test);
        let plain = self.watched(rules, &feed, &mut |engine, time| {
            watch.note(engine.looks(&self.file.rule, time));
        });
        if let Some(stopped) = &plain.stopped {
            result.failures.push(stopped.clone());
            return;
        }
        // A test that says what the engine does not take tests nothing.
        result.failures.extend(plain.refused.iter().cloned());
        judge::judge(self.file, self.test, &plain, result);
        watch.report(self, rules, &plain, result);
        self.variations(rules, &plain, result);
        let topics = [OutputTopic::Alerts, OutputTopic::Shadow, OutputTopic::Suppressed];
        let told = plain.effects.into_iter().flatten();
        let told = told.filter(|effect| topics.contains(&effect.topic));
        result.alerts.extend(told.filter_map(|effect| effect.value));
    }

    fn variations(&self, rules: &RuleSet, plain: &Outcome, result: &mut TestResult) {
        let invariants = &self.test.invariants;
        let mut check = |name: String, feed: Feed| {
            let varied = self.outcome(rules, &feed);
            if let Some(difference) = judge::difference(plain, &varied) {
                result.failures.push(format!("{name}: {difference}"));
            }
        };
        if let Some(within) = invariants.shuffle_within {
            for seed in 0..3 {
                let feed = Feed::plain(self.file, self.test).shuffled(within, seed);
                check(format!("shuffled within {within} (seed {seed})"), feed);
            }
        }
        if let Some(share) = invariants.duplicate {
            let feed = Feed::plain(self.file, self.test).duplicated(share);
            check(format!("with {share} of the payments twice"), feed);
        }
        for &partitions in &invariants.partitions {
            let feed = Feed::plain(self.file, self.test).partitioned(partitions);
            check(format!("over {partitions} partitions"), feed);
        }
        if invariants.restart_between_every_event
            && let Err(difference) = self.restarted(rules, plain)
        {
            result.failures.push(difference);
        }
    }

    /// An engine rebuilt before every event makes the same effects. One that stops makes none.
    ///
    /// What is rebuilt before event n has read the n events before it from the start, and has no
    /// other memory; so has one engine that goes on. A second one is therefore held against the
    /// first after every event.
    fn restarted(&self, rules: &RuleSet, plain: &Outcome) -> Result<(), String> {
        let feed = Feed::plain(self.file, self.test);
        let stopped = |at: usize, stop: EngineStop| {
            format!("a restart before record {at} stops the engine: {stop}")
        };
        let mut engine = self.engine(rules, &feed).map_err(|stop| stopped(0, stop))?;
        let mut effects = Vec::new();
        for (at, expected) in plain.effects.iter().enumerate() {
            effects.clear();
            let record = feed.record(at).ok_or("a restart lost a record")?;
            engine.apply(record, &mut effects).map_err(|stop| stopped(at, stop))?;
            if effects != *expected {
                return Err(format!("a restart before record {at} changes what it publishes"));
            }
        }
        Ok(())
    }

    fn engine(&self, rules: &RuleSet, feed: &Feed) -> Result<Engine, EngineStop> {
        let config = EngineConfig {
            task: "test".to_owned(),
            base_currency: self.file.world.base_currency,
            horizon: self.limits.horizon,
            evidence_horizon: self.limits.evidence_horizon,
            lateness: self.lateness(),
            idle_after: Span::from_days(400),
            limits: RecordLimits::default(),
            memory_max_bytes: 1 << 32,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            topic_names: BTreeMap::new(),
        };
        let bundle = Bundle { sha256: rules.sha256.clone(), rules: rules.clone() };
        Engine::new(config, bundle, &feed.start(), None)
    }

    fn lateness(&self) -> Span {
        self.file.world.lateness.unwrap_or(Span::from_millis(2 * 3_600_000))
    }

    pub(crate) fn outcome(&self, rules: &RuleSet, feed: &Feed) -> Outcome {
        self.watched(rules, feed, &mut |_, _| {})
    }

    /// Runs, and shows the engine after every payment.
    fn watched(
        &self,
        rules: &RuleSet,
        feed: &Feed,
        watch: &mut dyn FnMut(&Engine, EventTime),
    ) -> Outcome {
        let of_modifier = rules.modifiers.iter().any(|modifier| modifier.id == self.file.rule);
        let mut outcome = Outcome { of_modifier, ..Outcome::default() };
        let flushed = feed.with_flush(self.lateness());
        let mut engine = match self.engine(rules, feed) {
            Ok(engine) => engine,
            Err(stop) => {
                outcome.stopped = Some(stop.to_string());
                return outcome;
            }
        };
        // At the ends of days a rule is found by the watermark, which the flush moves.
        let of_rule = |rule: &Indicator| rule.condition.id == self.file.rule;
        let daily = rules.indicators.iter().find(|rule| of_rule(rule));
        let daily = daily.is_some_and(|rule| rule.condition.daily);
        let mut index = 0;
        while let Some(record) = flushed.record(index) {
            let mut effects = Vec::new();
            let mut seen = |alert: &Alert| outcome.see(alert, &self.file.rule);
            match engine.apply_seen(record, &mut effects, &mut seen) {
                Ok(Fate::DeadLetter) if index < feed.len() => {
                    outcome.refused.push(refused(feed.id(index), &effects));
                }
                Ok(_) => {}
                Err(stop) => {
                    outcome.stopped = Some(stop.to_string());
                    return outcome;
                }
            }
            if record.partition.role == TopicRole::Payments {
                self.note_suppressor(&engine, &flushed, index, &mut outcome);
            }
            if index < feed.len() {
                feed.time(index).into_iter().for_each(|time| watch(&engine, time));
                outcome.effects.push(effects);
            }
            index = index.saturating_add(1);
            // Before the flush, which forgets what is old.
            if index == feed.len() && !daily {
                self.note_times(&engine, feed, &mut outcome);
            }
        }
        if daily {
            self.note_times(&engine, feed, &mut outcome);
        }
        outcome.held_on.extend(engine.accounts_hit(&self.file.rule));
        let ids = rules.indicators.iter().map(|rule| &rule.condition.id);
        outcome.hit = ids.filter(|id| !engine.accounts_hit(id).is_empty()).cloned().collect();
        let lacked = engine.totals().field_missing.into_keys();
        outcome.lacked =
            lacked.filter(|(rule, _)| *rule == self.file.rule).map(|key| key.1).collect();
        outcome
    }

    /// When the rule under test holds, with everything known.
    fn note_times(&self, engine: &Engine, feed: &Feed, outcome: &mut Outcome) {
        let rule = &self.file.rule;
        for account in engine.accounts_hit(rule) {
            let times = engine.hit_times(rule, &account).into_iter().collect();
            outcome.held_at.insert(account, times);
        }
        if !rule.starts_with("SUP-") {
            return;
        }
        let touched: BTreeSet<(&str, EventTime)> =
            (0..feed.len()).flat_map(|index| feed.touched(index)).collect();
        for (account, time) in touched {
            if engine.suppressor_holds(rule, account, time) {
                outcome.held_at.entry(account.to_owned()).or_default().insert(time);
            }
        }
    }

    fn note_suppressor(&self, engine: &Engine, feed: &Feed, index: usize, outcome: &mut Outcome) {
        if !self.file.rule.starts_with("SUP-") {
            return;
        }
        for (account, time) in feed.touched(index) {
            let time: EventTime = time;
            if engine.suppressor_holds(&self.file.rule, account, time) {
                outcome.held_on.insert(account.to_owned());
            }
        }
    }
}

/// Why a record is a dead letter.
fn refused(id: &str, effects: &[OutRecord]) -> String {
    let letter = effects.iter().find(|effect| effect.topic == OutputTopic::DeadLetter);
    let header = |name: &str| {
        let found = letter.and_then(|letter| letter.headers.iter().find(|(key, _)| *key == name));
        found.map_or_else(|| "-".into(), |(_, value)| String::from_utf8_lossy(value))
    };
    let (reason, field) = (header("palermo-reason"), header("palermo-field"));
    format!("`{id}` goes to the dead letters: {reason} at `{field}`")
}
