//! The numbers behind `/metrics`: copied from where they are counted, shown as text.
//!
//! The engine counts (its counters are functions of the input); this module copies. A counter is
//! moved forward by the difference and never back, so a recovery that counts from the start again
//! shows no reset.
//!
//! Cost: [`Metrics::update`] is linear in the number of series (rules, partitions, reasons); it is
//! called once a second. [`Metrics::delivered`] is called per poll and adds two numbers.

use crate::health::{Health, Phase};
use crate::{Label, METRICS, Metric, MetricDef, MetricKind, totals};
use palermo_domain::{Date, EventTime, Fate, OutputTopic, Partition, TopicRole};
use palermo_engine::{ControlTotals, Counters, TotalKind, TotalState};
use prometheus::{
    GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, TextEncoder,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

/// Memory growth is measured over this long.
const GROWTH_WINDOW_MS: u64 = 600_000;
/// Longer forecasts of full memory are cut to ten years.
const FORECAST_MAX_SECONDS: f64 = 315_360_000.0;

/// Why a metric could not be made or shown: a fault of the list, found by the first test.
#[derive(Debug, thiserror::Error)]
#[error("a metric is declared wrongly")]
pub struct MetricsError(#[from] prometheus::Error);

/// What does not change while the process runs.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// Version of the program.
    pub version: &'static str,
    /// Commit it was built from.
    pub git: &'static str,
    /// Compiler.
    pub rustc: &'static str,
    /// Name of the rule set.
    pub ruleset: &'a str,
    /// Its version.
    pub ruleset_version: &'a str,
    /// Its hash.
    pub ruleset_sha256: &'a str,
    /// Typologies that are live, and in shadow.
    pub rules: (usize, usize),
    /// When they were loaded, by our clock.
    pub loaded_at_ms: i64,
    /// `state.memory_max`.
    pub memory_max_bytes: u64,
    /// Lists of the rule set, with the day of their last review.
    pub lists: Vec<(&'a str, Date)>,
}

/// One look at the engine.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    /// The engine's counters.
    pub counters: &'a Counters,
    /// Its watermark.
    pub watermark: Option<EventTime>,
    /// Records behind the end of the log.
    pub lag_records: &'a BTreeMap<Partition, i64>,
    /// Records behind an open transaction of the upstream, where there are some.
    pub undecided: &'a BTreeMap<Partition, i64>,
    /// Record timestamp last read, per partition.
    pub last_read_ms: &'a BTreeMap<Partition, i64>,
    /// Records waiting for their turn.
    pub buffered: u64,
    /// Our clock, since 1970.
    pub unix_ms: i64,
    /// Our clock, monotonic.
    pub monotonic_ms: u64,
}

#[derive(Debug)]
enum Family {
    Counter(IntCounterVec),
    Gauge(GaugeVec),
    Histogram(HistogramVec),
}

/// Every metric of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    families: Vec<Family>,
    memory_max_bytes: Mutex<u64>,
    growth: Mutex<VecDeque<(u64, u64)>>,
    /// Searches as the engine last counted them.
    searches: Mutex<BTreeMap<&'static str, [u64; 2]>>,
    /// Lists in force, with the day of their last review.
    lists: Mutex<Vec<(String, Date)>>,
    /// Typologies of which a canary is shown.
    canaries: Mutex<BTreeSet<String>>,
    control_totals: Mutex<ControlTotals>,
}

impl Metrics {
    /// Registers every metric of the list.
    ///
    /// # Errors
    /// A metric that is declared wrongly.
    pub fn new() -> Result<Self, MetricsError> {
        let registry = Registry::new();
        let families =
            METRICS.iter().map(|def| family(def, &registry)).collect::<Result<_, _>>()?;
        Ok(Self {
            registry,
            families,
            memory_max_bytes: Mutex::new(u64::MAX),
            growth: Mutex::default(),
            searches: Mutex::default(),
            canaries: Mutex::default(),
            lists: Mutex::default(),
            control_totals: Mutex::default(),
        })
    }

    /// Says what runs, once the rules are loaded.
    pub fn loaded(&self, facts: &Facts<'_>) {
        let build = [Label::Id(facts.version), Label::Id(facts.git), Label::Id(facts.rustc)];
        self.set(Metric::BuildInfo, &build, 1.0);
        let rules = [
            Label::Id(facts.ruleset),
            Label::Id(facts.ruleset_version),
            Label::Id(facts.ruleset_sha256),
        ];
        // Of the rules before, which may not have been shown yet.
        for of_before in [Metric::RulesetInfo, Metric::ListAge] {
            if let Some(Family::Gauge(gauge)) = self.family(of_before) {
                gauge.reset();
            }
        }
        self.set(Metric::RulesetInfo, &rules, 1.0);
        self.set(Metric::RulesLoaded, &[Label::Word("live")], wide(facts.rules.0 as u64));
        self.set(Metric::RulesLoaded, &[Label::Word("shadow")], wide(facts.rules.1 as u64));
        self.set(Metric::ReloadSuccessful, &[], 1.0);
        self.set(Metric::ReloadTimestamp, &[], seconds(facts.loaded_at_ms));
        self.set(Metric::MemoryMax, &[], wide(facts.memory_max_bytes));
        *lock(&self.memory_max_bytes) = facts.memory_max_bytes;
        let lists = facts.lists.iter().map(|(list, reviewed)| ((*list).to_owned(), *reviewed));
        *lock(&self.lists) = lists.collect();
    }

    /// The process began.
    pub fn started(&self, unix_ms: i64) {
        self.set(Metric::StartTimestamp, &[], seconds(unix_ms));
    }

    /// How long a rule may be quiet, and how many alerts in an hour are a flood.
    pub fn bounds(&self, rule: &str, silence_seconds: Option<u64>, flood_alerts: Option<u64>) {
        let labels = [Label::Id(rule)];
        if let Some(silence) = silence_seconds {
            self.set(Metric::RuleExpectedSilence, &labels, wide(silence));
        }
        if let Some(flood) = flood_alerts {
            self.set(Metric::RuleFlood, &labels, wide(flood));
        }
    }

    /// Canaries are planted so often.
    pub fn expects_canaries(&self, every: Duration) {
        self.set(Metric::CanaryEvery, &[], every.as_secs_f64());
    }

    /// Which conditions of being ready hold.
    pub fn ready(&self, health: &Health) {
        for phase in Phase::ALL {
            let holds = if health.holds(phase) { 1.0 } else { 0.0 };
            self.set(Metric::ReadyPhase, &[Label::Word(phase.as_str())], holds);
        }
    }

    /// Rules that an operator asked for are not taken; those in force stay.
    pub fn rules_refused(&self) {
        self.set(Metric::ReloadSuccessful, &[], 0.0);
    }

    /// The log delivered records of a topic.
    pub fn delivered(&self, topic: TopicRole, records: u64, bytes: u64) {
        let labels = [Label::Word("log"), Label::Topic(topic)];
        self.add(Metric::SourceRecords, &labels, records);
        self.add(Metric::SourceBytes, &labels, bytes);
    }

    /// A commit succeeded.
    pub fn committed(&self, took: Duration, records: &BTreeMap<OutputTopic, u64>) {
        self.observe(Metric::SinkLatency, &[Label::Word("log")], took.as_secs_f64());
        for (topic, count) in records {
            self.add(Metric::SinkRecords, &[Label::Sink(*topic)], *count);
        }
    }

    /// A commit failed.
    pub fn commit_failed(&self, code: &'static str) {
        self.add(Metric::SinkErrors, &[Label::Word("log"), Label::Word(code)], 1);
    }

    /// An alert revision became durable so long after its deciding record.
    pub fn alert_durable(&self, rule: &str, after_ms: i64) {
        self.observe(Metric::DetectionLatency, &[Label::Id(rule)], seconds(after_ms.max(0)));
    }

    /// An alert was created so long after the start of its episode, in event time.
    pub fn alert_created(&self, rule: &str, episode_ms: i64) {
        self.observe(Metric::DetectionDelay, &[Label::Id(rule)], seconds(episode_ms.max(0)));
    }

    /// Recovery took so long.
    pub fn restored(&self, took: Duration) {
        self.set(Metric::RestoreDuration, &[], took.as_secs_f64());
    }

    /// A snapshot is kept.
    pub fn snapshot_kept(&self, took: Duration, pause: Duration, size_bytes: u64, unix_ms: i64) {
        self.observe(Metric::CheckpointDuration, &[], took.as_secs_f64());
        self.set(Metric::CheckpointPause, &[], pause.as_secs_f64());
        self.set(Metric::CheckpointSize, &[], wide(size_bytes));
        self.snapshot_current(unix_ms);
    }

    /// The last snapshot says all there is to say.
    pub fn snapshot_current(&self, unix_ms: i64) {
        self.set(Metric::CheckpointSuccess, &[], seconds(unix_ms));
    }

    /// A snapshot could not be kept; `part` is what failed.
    pub fn snapshot_failed(&self, part: &str) {
        let stages = ["create", "sync", "rename"];
        let stage = stages.into_iter().find(|stage| *stage == part).unwrap_or("write");
        self.add(Metric::CheckpointFailures, &[Label::Word(stage)], 1);
    }

    /// Copies what the engine counted.
    pub fn update(&self, sample: &Sample<'_>) {
        self.copy_fates(sample.counters);
        self.copy_rules(sample.counters);
        self.copy_state(sample);
        for (list, reviewed) in lock(&self.lists).iter() {
            let age_ms = sample.unix_ms.saturating_sub(reviewed.midnight().0);
            self.set(Metric::ListAge, &[Label::Id(list)], seconds(age_ms.max(0)));
        }
        self.copy_totals(&sample.counters.control_totals);
        for (partition, lag) in sample.lag_records {
            let labels = [Label::Topic(partition.role), Label::Partition(partition.index)];
            self.set(Metric::SourceLagRecords, &labels, signed(*lag));
            let undecided = sample.undecided.get(partition).copied().unwrap_or(0);
            self.set(Metric::SourceUndecidedRecords, &labels, signed(undecided));
            let last = sample.last_read_ms.get(partition).copied().unwrap_or(sample.unix_ms);
            let behind = if *lag > 0 { sample.unix_ms.saturating_sub(last).max(0) } else { 0 };
            self.set(Metric::SourceLagSeconds, &labels, seconds(behind));
        }
    }

    fn copy_fates(&self, counters: &Counters) {
        let mut by_fate: BTreeMap<(TopicRole, Fate), u64> = BTreeMap::new();
        for (partition, fates) in &counters.fates {
            for (fate, count) in Fate::ALL.into_iter().zip(fates.counts) {
                let sum = by_fate.entry((partition.role, fate)).or_default();
                *sum = sum.saturating_add(count);
            }
            let labels = [Label::Topic(partition.role), Label::Partition(partition.index)];
            self.advance(Metric::OffsetGaps, &labels, fates.undelivered);
        }
        for ((topic, fate), count) in by_fate {
            self.advance(Metric::Records, &[Label::Topic(topic), Label::Fate(fate)], count);
            if (topic, fate) == (TopicRole::Payments, Fate::Duplicate) {
                self.advance(Metric::DuplicatePayments, &[Label::Topic(topic)], count);
            }
        }
        for ((topic, reason), count) in &counters.dead_letters {
            let labels = [Label::Topic(*topic), Label::Reason(*reason)];
            self.advance(Metric::DeadLetters, &labels, *count);
        }
        for (action, count) in ["applied", "dead_lettered"].into_iter().zip(counters.late) {
            let labels = [Label::Topic(TopicRole::Payments), Label::Word(action)];
            self.advance(Metric::LatePayments, &labels, count);
        }
    }

    fn copy_rules(&self, counters: &Counters) {
        for ((rule, level, mode, action), count) in &counters.alerts {
            let words = [level.as_str(), mode.as_str(), action.as_str()].map(Label::Word);
            let [level, mode, action] = words;
            let labels = [Label::Id(rule), level, mode, action];
            self.advance(Metric::Alerts, &labels, *count);
        }
        for ((rule, suppressor), count) in &counters.suppressed {
            let labels = [Label::Id(rule), Label::Id(suppressor)];
            self.advance(Metric::AlertsSuppressed, &labels, *count);
        }
        for (rule, count) in &counters.evaluations {
            self.advance(Metric::RuleEvaluations, &[Label::Id(rule)], *count);
        }
        for ((rule, field), count) in &counters.field_missing {
            self.advance(Metric::RuleFieldMissing, &[Label::Id(rule), Label::Id(field)], *count);
        }
        self.copy_searches(counters);
        self.copy_canaries(counters);
        for ((rule, mode), at) in &counters.last_hit {
            self.set(Metric::RuleLastHit, &[Label::Id(rule), Label::Word(mode)], seconds(at.0));
        }
    }

    /// The engine counts searches from its own beginning, and it may begin anew within the process.
    fn copy_searches(&self, counters: &Counters) {
        let mut last = lock(&self.searches);
        for (pattern, counts) in &counters.searches {
            let before = last.insert(pattern, *counts).unwrap_or_default();
            for ((outcome, now), before) in ["complete", "cut"].into_iter().zip(counts).zip(before)
            {
                let more = if *now >= before { now.saturating_sub(before) } else { *now };
                let labels = [Label::Word(pattern), Label::Word(outcome)];
                self.increase(Metric::GraphExpansions, &labels, more);
            }
        }
    }

    /// Those of a typology that is no longer in force go.
    fn copy_canaries(&self, counters: &Counters) {
        let mut known = lock(&self.canaries);
        known.retain(|typology| {
            let stays = counters.canaries.contains_key(typology);
            if !stays {
                self.remove(Metric::CanaryInjected, &[Label::Id(typology)]);
                self.remove(Metric::CanaryDetected, &[Label::Id(typology)]);
            }
            stays
        });
        for (typology, canary) in &counters.canaries {
            let labels = [Label::Id(typology)];
            self.set(Metric::CanaryInjected, &labels, seconds(canary.injected.0));
            let detected = canary.detected.map_or(0, |at| at.0);
            self.set(Metric::CanaryDetected, &labels, seconds(detected));
            known.insert(typology.clone());
        }
    }

    fn copy_state(&self, sample: &Sample<'_>) {
        let counters = sample.counters;
        let topic = [Label::Topic(TopicRole::Payments)];
        if let Some(watermark) = sample.watermark {
            self.set(Metric::Watermark, &topic, seconds(watermark.0));
        }
        let hold = counters.watermark_hold.map_or(-1, |partition| partition.index);
        self.set(Metric::WatermarkHold, &topic, f64::from(hold));
        self.set(Metric::QueueDepth, &[Label::Word("merge")], wide(sample.buffered));
        let mut total: u64 = 0;
        for (store, bytes) in &counters.state_bytes {
            total = total.saturating_add(*bytes);
            self.set(Metric::StateBytes, &[Label::Word(store)], wide(*bytes));
        }
        for (store, count) in &counters.expired {
            self.advance(Metric::StateExpired, &[Label::Word(store)], *count);
        }
        self.set(Metric::MemoryFull, &[], self.forecast(sample.monotonic_ms, total));
    }

    fn copy_totals(&self, totals: &ControlTotals) {
        for (kind, state) in
            TotalKind::ALL.into_iter().flat_map(|kind| TotalState::ALL.map(|state| (kind, state)))
        {
            let count = totals.keys.get(&(kind, state)).copied().unwrap_or(0);
            let labels = [kind.as_str(), state.as_str()].map(Label::Word);
            self.set(Metric::ControlTotals, &labels, wide(count));
        }
        self.set(Metric::ControlTotalsShort, &[], wide(totals.short_payments));
        for state in TotalState::ALL.into_iter().filter(|state| state.is_open()) {
            match totals.oldest_ms.get(&state) {
                Some(ms) => {
                    self.set(
                        Metric::ControlTotalsOldest,
                        &[Label::Word(state.as_str())],
                        seconds(*ms),
                    );
                }
                None => self.unset(Metric::ControlTotalsOldest, state.as_str()),
            }
        }
        self.advance(Metric::ControlTotalsUncounted, &[], totals.uncounted);
        self.advance(Metric::ControlTotalsDropped, &[], totals.dropped);
        lock(&self.control_totals).clone_from(totals);
    }

    /// The text that `/control-totals` answers with.
    pub fn control_totals(&self) -> String {
        totals::page(&lock(&self.control_totals))
    }

    /// Seconds until memory is full at the growth of the last ten minutes.
    fn forecast(&self, now_ms: u64, bytes: u64) -> f64 {
        let mut growth = lock(&self.growth);
        while growth.front().is_some_and(|(at, _)| now_ms.saturating_sub(*at) > GROWTH_WINDOW_MS) {
            growth.pop_front();
        }
        growth.push_back((now_ms, bytes));
        let Some((since, before)) = growth.front().copied() else { return FORECAST_MAX_SECONDS };
        let (grown, took_ms) = (bytes.saturating_sub(before), now_ms.saturating_sub(since));
        let left = lock(&self.memory_max_bytes).saturating_sub(bytes);
        if grown == 0 || took_ms == 0 {
            return FORECAST_MAX_SECONDS;
        }
        (wide(left) / wide(grown) * wide(took_ms) / 1000.0).min(FORECAST_MAX_SECONDS)
    }

    /// The text that `/metrics` answers with.
    ///
    /// # Errors
    /// A series that cannot be encoded: a fault of the list.
    pub fn text(&self) -> Result<String, MetricsError> {
        Ok(TextEncoder::new().encode_to_string(&self.registry.gather())?)
    }

    fn family(&self, metric: Metric) -> Option<&Family> {
        self.families.get(metric as usize)
    }

    fn add(&self, metric: Metric, labels: &[Label<'_>], by: u64) {
        if let Some(Family::Counter(counter)) = self.family(metric) {
            with(labels, |values| {
                counter.get_metric_with_label_values(values).map(|c| c.inc_by(by))
            });
        }
    }

    fn advance(&self, metric: Metric, labels: &[Label<'_>], to: u64) {
        if let Some(Family::Counter(counter)) = self.family(metric) {
            with(labels, |values| {
                let counter = counter.get_metric_with_label_values(values)?;
                counter.inc_by(to.saturating_sub(counter.get()));
                Ok(())
            });
        }
    }

    fn increase(&self, metric: Metric, labels: &[Label<'_>], by: u64) {
        if let Some(Family::Counter(counter)) = self.family(metric) {
            with(labels, |values| {
                counter.get_metric_with_label_values(values).map(|c| c.inc_by(by))
            });
        }
    }

    /// Takes a series of a gauge away.
    fn remove(&self, metric: Metric, labels: &[Label<'_>]) {
        if let Some(Family::Gauge(gauge)) = self.family(metric) {
            with(labels, |values| gauge.remove_label_values(values));
        }
    }

    fn set(&self, metric: Metric, labels: &[Label<'_>], to: f64) {
        if let Some(Family::Gauge(gauge)) = self.family(metric) {
            with(labels, |values| gauge.get_metric_with_label_values(values).map(|g| g.set(to)));
        }
    }

    /// Takes a series of one label away. Scrapes come at any time: those that stay must not be gone
    /// for a moment.
    fn unset(&self, metric: Metric, label: &str) {
        if let Some(Family::Gauge(gauge)) = self.family(metric) {
            // It says whether there was one, and mostly there was none.
            let _ = gauge.remove_label_values(&[label]);
        }
    }

    fn observe(&self, metric: Metric, labels: &[Label<'_>], value: f64) {
        if let Some(Family::Histogram(histogram)) = self.family(metric) {
            with(labels, |values| {
                histogram.get_metric_with_label_values(values).map(|h| h.observe(value))
            });
        }
    }
}

/// Calls `use_them` with the texts of the labels. A wrong number of labels is a fault of this file,
/// seen in debug builds.
fn with(labels: &[Label<'_>], use_them: impl FnOnce(&[&str]) -> prometheus::Result<()>) {
    let texts: Vec<_> = labels.iter().map(Label::text).collect();
    let values: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    let done = use_them(&values);
    debug_assert!(done.is_ok(), "{done:?}");
}

fn family(def: &MetricDef, registry: &Registry) -> Result<Family, prometheus::Error> {
    let opts = Opts::new(def.name, def.help);
    Ok(match def.kind {
        MetricKind::Counter => {
            let counter = IntCounterVec::new(opts, def.labels)?;
            registry.register(Box::new(counter.clone()))?;
            Family::Counter(counter)
        }
        MetricKind::Gauge => {
            let gauge = GaugeVec::new(opts, def.labels)?;
            registry.register(Box::new(gauge.clone()))?;
            Family::Gauge(gauge)
        }
        MetricKind::Histogram => {
            let opts = HistogramOpts::from(opts).buckets(def.buckets.to_vec());
            let histogram = HistogramVec::new(opts, def.labels)?;
            registry.register(Box::new(histogram.clone()))?;
            Family::Histogram(histogram)
        }
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[expect(clippy::cast_precision_loss, reason = "a gauge above 2^53 may be off by one")]
fn wide(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "a gauge above 2^53 may be off by one")]
fn signed(value: i64) -> f64 {
    value as f64
}

fn seconds(ms: i64) -> f64 {
    signed(ms) / 1000.0
}

#[cfg(test)]
mod tests;
