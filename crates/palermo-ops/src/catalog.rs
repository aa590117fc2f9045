//! The list of metrics, as data.
//!
//! Names and labels are a contract with dashboards and alarm rules; they are those of the shared
//! `metrics.tsv`, as far as they have a meaning now, and some more. A metric whose part of the program does
//! not exist yet is left out, so that a dashboard shows *no data* and not a comforting zero.

/// What a metric's number does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

impl MetricKind {
    /// The word in the exposition format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a metric's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Always 1; the labels are the information.
    Info,
    /// Records of an input or output topic.
    Records,
    /// Payments.
    Payments,
    /// Alert revisions.
    Alerts,
    /// Seconds, or seconds since 1970 in a `timestamp`.
    Seconds,
    /// Bytes.
    Bytes,
    /// Anything else that is counted.
    Count,
}

impl Unit {
    /// The word in the documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "1",
            Self::Records => "records",
            Self::Payments => "payments",
            Self::Alerts => "alert revisions",
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Count => "count",
        }
    }
}

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricDef {
    /// Full name.
    pub name: &'static str,
    /// Kind.
    pub kind: MetricKind,
    /// Label names, in order.
    pub labels: &'static [&'static str],
    /// One line, as exposed.
    pub help: &'static str,
    /// Unit.
    pub unit: Unit,
    /// What exactly is measured, and what it is good for; documentation only.
    pub note: &'static str,
    /// Upper edges of a histogram's buckets.
    pub buckets: &'static [f64],
}

/// Buckets for the time of one commit.
const CHECKPOINT_SECONDS: &[f64] = &[0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 300.0];
const COMMIT_SECONDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Buckets for the time from a record to a durable alert; 5 s is the promise to operators.
const LATENCY_SECONDS: &[f64] =
    &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0];
/// Buckets for the length of an episode: an hour to 180 days.
const DELAY_SECONDS: &[f64] = &[
    3_600.0,
    21_600.0,
    86_400.0,
    259_200.0,
    604_800.0,
    1_209_600.0,
    2_592_000.0,
    5_184_000.0,
    7_776_000.0,
    15_552_000.0,
];

macro_rules! metrics {
    (@buckets) => { &[] };
    (@buckets $buckets:ident) => { $buckets };
    ($($variant:ident = $name:literal $kind:ident [$($label:literal),*] $unit:ident
        $help:literal, $note:literal $(, $buckets:ident)?;)*) => {
        /// Every metric, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Metric { $(#[doc = $help] $variant,)* }

        impl Metric {
            /// Every metric, in the order of the documentation and of [`METRICS`].
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
        }

        /// Every metric's definition, in the order of the documentation.
        pub const METRICS: &[MetricDef] = &[$(MetricDef {
            name: $name,
            kind: MetricKind::$kind,
            labels: &[$($label),*],
            help: $help,
            unit: Unit::$unit,
            note: $note,
            buckets: metrics!(@buckets $($buckets)?),
        },)*];
    };
}

metrics! {
    BuildInfo = "palermo_build_info" Gauge ["version", "git", "rustc"] Info
        "Build facts, value 1", "which binary runs";
    SourceRecords = "palermo_source_records_total" Counter ["source", "topic"] Records
        "Events read and parsed", "records delivered by the log since the start of the process, without those that a recovery reads again; `topic` is the role in `palermo.yaml`";
    SourceBytes = "palermo_source_bytes_total" Counter ["source", "topic"] Bytes
        "Bytes read", "keys and values of those records";
    SourceLagRecords = "palermo_source_lag_records" Gauge ["topic", "partition"] Records
        "Events behind the end of the log", "as last reported by the client";
    SourceUndecidedRecords = "palermo_source_undecided_records" Gauge ["topic", "partition"] Records
        "Events behind an open Kafka transaction of the upstream", "readers stop before them and so do we: not counted as lag; a value that stays is an upstream producer that neither commits nor aborts";
    SourceLagSeconds = "palermo_source_lag_seconds" Gauge ["topic", "partition"] Seconds
        "Age of the oldest unprocessed event", "our clock less the record timestamp last read in the partition; 0 where nothing is behind";
    Records = "palermo_records_total" Counter ["topic", "fate"] Records
        "Records delivered, by fate: processed, late, duplicate, dead_letter", "a function of the input: after a restart it goes on where recovery left it";
    OffsetGaps = "palermo_offset_gaps_total" Counter ["topic", "partition"] Records
        "Offsets not delivered: control records, aborted records, compaction", "fates and gaps together equal position less start, in every partition";
    DeadLetters = "palermo_dead_letters_total" Counter ["topic", "reason"] Records
        "Events that could not be read or typed", "each one is a payment, party or list row that no rule has seen; `palermo doctor explain REASON`";
    DuplicatePayments = "palermo_duplicate_payments_total" Counter ["topic"] Payments
        "Events dropped as already seen", "same id and same content";
    LatePayments = "palermo_late_payments_total" Counter ["topic", "action"] Payments
        "Payments behind the watermark, applied or dead_lettered", "dead_lettered: beyond `state.horizon`";
    Watermark = "palermo_watermark_timestamp_seconds" Gauge ["topic"] Seconds
        "Event-time watermark", "no earlier payment is expected";
    WatermarkHold = "palermo_watermark_hold_partition" Gauge ["topic"] Count
        "Partition that holds the watermark back, -1 if none", "look at this partition's producer first";
    QueueDepth = "palermo_queue_depth_events" Gauge ["operator"] Records
        "Events waiting before an operator", "operator `merge`: records buffered until their turn in the order of reading";
    RuleEvaluations = "palermo_rule_evaluations_total" Counter ["rule"] Count
        "Evaluations of a rule", "per rule id";
    RuleFieldMissing = "palermo_rule_field_missing_total" Counter ["rule", "field"] Count
        "Payments and evaluations that a rule could not decide for lack of a field", "an upstream change can blind a rule without any error: alarm on its share of the evaluations";
    RuleExpectedSilence = "palermo_rule_expected_silence_seconds" Gauge ["rule"] Seconds
        "p99.9 gap between hits in the reference backtest", "event time, per indicator, of `rules.reference`: 999 of 1,000 moments lie in a gap that is no longer; no series for a rule that hit too rarely to tell";
    RuleFlood = "palermo_rule_flood_threshold_alerts" Gauge ["rule"] Alerts
        "Alerts in an hour that are a flood", "per typology, of `rules.reference`";
    RuleLastHit = "palermo_rule_last_hit_timestamp_seconds" Gauge ["rule", "mode"] Seconds
        "Last hit", "event time";
    Alerts = "palermo_alerts_total" Counter ["rule", "level", "mode", "action"] Alerts
        "Alert revisions emitted", "per typology; `mode` is live, shadow, or canary for what was planted, whatever the rule; `action` is created, updated, closed or retracted";
    AlertsSuppressed = "palermo_alerts_suppressed_total" Counter ["rule", "suppression"] Count
        "Hits kept from the queue by a named suppression", "they are published to the suppressed topic";
    DetectionLatency = "palermo_detection_latency_seconds" Histogram ["rule"] Seconds
        "Ingest of the deciding event to durable alert", "record timestamp of the deciding record to the commit of the alert, by our clock", LATENCY_SECONDS;
    DetectionDelay = "palermo_detection_delay_seconds" Histogram ["rule"] Seconds
        "Episode start to alert, in event time", "first revisions only", DELAY_SECONDS;
    GraphExpansions = "palermo_graph_expansions_total" Counter ["pattern", "outcome"] Count
        "Graph look-ups, complete or cut by the bound", "searches for a pattern of an indicator, or for the `link` of a typology, since the start of the process; one that is `cut` may have missed some of it";
    StateBytes = "palermo_state_bytes" Gauge ["store"] Bytes
        "State size", "by part of the state";
    StateExpired = "palermo_state_expired_keys_total" Counter ["store"] Count
        "Keys removed by time to live", "by part of the state";
    MemoryFull = "palermo_memory_full_seconds" Gauge [] Seconds
        "Seconds until the memory limit at the present rate", "growth over the last ten minutes against `state.memory_max`; at most ten years";
    RestoreDuration = "palermo_restore_duration_seconds" Gauge [] Seconds
        "Time of the last restore", "reading the snapshot, and replaying what came after it";
    CheckpointDuration = "palermo_checkpoint_duration_seconds" Histogram [] Seconds
        "Time of a snapshot", "how long it was written, beside the engine", CHECKPOINT_SECONDS;
    CheckpointPause = "palermo_checkpoint_pause_seconds" Gauge [] Seconds
        "Time that the engine stood still for the last snapshot", "nothing is read meanwhile";
    CheckpointSize = "palermo_checkpoint_size_bytes" Gauge [] Bytes
        "Size of the last snapshot", "of its file, compressed";
    CheckpointFailures = "palermo_checkpoint_failures_total" Counter ["stage"] Count
        "Failed snapshots", "stage create, write, sync or rename; the ones before still stand, and a restart replays more";
    CheckpointSuccess = "palermo_checkpoint_last_success_timestamp_seconds" Gauge [] Seconds
        "Last good snapshot", "by our clock; also while nothing new is there to keep";
    SinkRecords = "palermo_sink_records_total" Counter ["sink"] Records
        "Alerts delivered", "records committed, per output topic";
    SinkErrors = "palermo_sink_errors_total" Counter ["sink", "code"] Count
        "Failed deliveries", "sink `log`; code `recover`, `fenced` or a stop code";
    SinkLatency = "palermo_sink_latency_seconds" Histogram ["sink"] Seconds
        "Delivery time", "sink `log`: one commit of outputs, progress and positions together", COMMIT_SECONDS;
    RulesetInfo = "palermo_ruleset_info" Gauge ["ruleset", "version", "ruleset_sha256"] Info
        "Rule set in force, value 1", "all engines must show the same hash";
    RulesLoaded = "palermo_rules_loaded" Gauge ["mode"] Count
        "Rules by deployment mode", "typologies, live and shadow";
    ReloadSuccessful = "palermo_rules_last_reload_successful" Gauge [] Count
        "1 if the last reload was accepted", "a start counts as a reload";
    ReloadTimestamp = "palermo_rules_last_reload_timestamp_seconds" Gauge [] Seconds
        "Time of the last accepted reload", "by our clock";
    CanaryInjected = "palermo_canary_last_injected_timestamp_seconds" Gauge ["typology"] Seconds
        "Last planted pattern", "record timestamp of the newest canary of `palermo canary` that was read";
    CanaryDetected = "palermo_canary_last_detected_timestamp_seconds" Gauge ["typology"] Seconds
        "Last planted pattern found", "record timestamp of the canary that the newest alert of that typology about one rests on; 0 while none was found";
    CanaryEvery = "palermo_canary_every_seconds" Gauge [] Seconds
        "Canaries are planted so often", "`canary.every`; no series where it is not set";
    ListAge = "palermo_list_age_seconds" Gauge ["list"] Seconds
        "Age of a reference list", "since the day in `reviewed` of its file, the earliest of its packs; rows of the topic `lists` do not change it";
    StartTimestamp = "palermo_start_timestamp_seconds" Gauge [] Seconds
        "Start of the process", "by our clock";
    ReadyPhase = "palermo_ready_phase" Gauge ["phase"] Count
        "1 if the engine is there, by condition of `/readyz`", "`assigned`, `restored`, `rules loaded`, `consuming`; as they stand when it is asked";
    MemoryMax = "palermo_memory_max_bytes" Gauge [] Bytes
        "The engine stops before it holds more", "`state.memory_max`; what it holds is the sum of `palermo_state_bytes`";
    ControlTotals = "palermo_control_totals" Gauge ["kind", "state"] Count
        "Batches and days, by how they stand to what was stated", "`kind` batch or day; `state` balanced, short, over, differs (as many payments, another sum), unstated, before_start (stated before the first payment that was read). Which ones: `/control-totals`";
    ControlTotalsShort = "palermo_control_totals_short_payments" Gauge [] Payments
        "Payments that stated totals still miss", "summed over batches and days: one payment may be missing in both";
    ControlTotalsOldest = "palermo_control_totals_oldest_timestamp_seconds" Gauge ["state"] Seconds
        "Since when the batch or day that has stood still longest has done so, by state", "record time of its last payment or statement; `state` short, over or differs, absent where none is so";
    ControlTotalsUncounted = "palermo_control_totals_uncounted_payments_total" Counter [] Payments
        "Payments that name neither batch nor source", "no statement covers them";
    ControlTotalsDropped = "palermo_control_totals_dropped_total" Counter [] Count
        "Batches and days dropped for want of room", "65,536 are held; what balances goes first. A statement that comes for one of them will be short";
}

/// Metrics beyond the contract, and why they are there.
#[cfg(test)]
const ADDED: &[(&str, &str)] = &[
    (
        "palermo_source_undecided_records",
        "what waits behind an open transaction of the upstream is in no lag",
    ),
    ("palermo_checkpoint_pause_seconds", "the stream stops while the state is copied"),
    ("palermo_start_timestamp_seconds", "a start is no reload: rules change while it runs"),
    ("palermo_ready_phase", "nothing else says which condition is not met"),
    ("palermo_memory_max_bytes", "a share of the limit needs the limit"),
    ("palermo_control_totals", "whether every batch is whole is asked of nothing else"),
    ("palermo_control_totals_short_payments", "how much is missing"),
    (
        "palermo_control_totals_oldest_timestamp_seconds",
        "a batch that still comes is short as well",
    ),
    ("palermo_control_totals_uncounted_payments_total", "what no statement can cover"),
    ("palermo_control_totals_dropped_total", "what a bound cut is said"),
    (
        "palermo_canary_every_seconds",
        "that none was planted is seen only against how often it should be",
    ),
];

/// Metrics of the contract that are not there yet, and why not.
pub(crate) const ABSENT: &[(&str, &str)] = &[
    (
        "palermo_source_rebalances_total",
        "a task has every partition or none: a change of the assignment ends the log and is counted as `palermo_sink_errors_total`",
    ),
    (
        "palermo_event_time_skew_seconds",
        "the engine decodes and has no clock; `palermo_source_lag_seconds` and the watermark say the same of the whole stream",
    ),
    (
        "palermo_rule_evaluation_seconds",
        "the engine has no clock; `benches/` measure what rules cost",
    ),
    (
        "palermo_rule_errors_total",
        "an evaluation cannot fail: what is missing makes a condition unknown and is counted as `palermo_rule_field_missing_total`",
    ),
    ("palermo_rule_near_misses_total", "margins are computed for hits only"),
    (
        "palermo_rule_state_keys",
        "rules keep no keys: a window is a walk over the ledger; `palermo_state_bytes` says what is held",
    ),
    ("palermo_alert_groups_open", "comes with cases"),
    (
        "palermo_graph_edges",
        "the graph is the ledger's entries: `palermo_state_bytes` of `entries` says what it holds",
    ),
    (
        "palermo_operator_busy_ratio",
        "one thread does all; its share of a core is the process's CPU time",
    ),
    (
        "palermo_operator_backpressure_ratio",
        "one thread does all: what it cannot take stays in the log as lag",
    ),
    ("palermo_shadow_disagreements_total", "comes with the comparison of two versions of a rule"),
    ("palermo_queue_open_alerts", "comes with cases"),
    ("palermo_queue_overdue_alerts", "comes with cases"),
    ("palermo_alert_handling_seconds", "comes with cases"),
    ("palermo_dispositions_total", "comes with cases"),
    ("palermo_input_drift_psi_ratio", "comes with reference windows of a backtest"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_follow_the_convention() {
        let mut seen = BTreeSet::new();
        for def in METRICS {
            assert!(seen.insert(def.name), "{} is listed twice", def.name);
            assert!(def.name.starts_with("palermo_"), "{}", def.name);
            let counter = def.kind == MetricKind::Counter;
            assert_eq!(counter, def.name.ends_with("_total"), "{}", def.name);
            assert_eq!(def.kind == MetricKind::Histogram, !def.buckets.is_empty(), "{}", def.name);
            assert!(def.buckets.is_sorted(), "{}", def.name);
            assert!(def.labels.len() <= 4, "{}", def.name);
        }
        assert_eq!(METRICS.len(), Metric::ALL.len());
    }

    /// The contract, where `PALERMO_SHARED` names its folder (it is not part of the repository).
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the contract is found by the environment")]
    fn every_metric_is_in_the_contract() {
        let Some(shared) = std::env::var_os("PALERMO_SHARED") else { return };
        let path = std::path::Path::new(&shared).join("examples/metrics.tsv");
        let contract = std::fs::read_to_string(path).unwrap();
        for def in METRICS {
            if ADDED.iter().any(|(added, _)| *added == def.name) {
                continue;
            }
            let labels =
                if def.labels.is_empty() { "none".to_owned() } else { def.labels.join(",") };
            // Its words are its own: the help says `snapshot` where the contract says `checkpoint`.
            let row = [def.name, def.kind.as_str(), &labels, ""].join("\t");
            assert!(contract.lines().any(|line| line.starts_with(&row)), "not in it: {row}");
        }
        for name in contract.lines().filter_map(|line| line.split('\t').next()) {
            let there = METRICS.iter().filter(|def| def.name == name).count();
            let absent = ABSENT.iter().filter(|(absent, _)| *absent == name).count();
            assert_eq!(there + absent, 1, "`{name}` must be listed once: as there or as absent");
        }
    }
}
