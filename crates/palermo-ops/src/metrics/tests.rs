//! Sees: a counter that goes back, a label from the wrong list, a metric without help, a series
//! whose text no scraper can read. Does not see: whether the engine counts right.

use super::*;
use palermo_domain::DeadLetterReason;
use palermo_domain::alert::{Action, Level, Mode};
use palermo_engine::{Canary, Fates};

fn partition(index: i32) -> Partition {
    Partition { role: TopicRole::Payments, index }
}

fn counters() -> Counters {
    let mut counters = Counters::default();
    counters.fates.insert(partition(0), Fates { counts: [10, 2, 3, 1], undelivered: 4 });
    counters.fates.insert(partition(1), Fates { counts: [5, 0, 0, 0], undelivered: 0 });
    counters.dead_letters.insert((TopicRole::Payments, DeadLetterReason::Amount), 1);
    counters.late = [2, 1];
    counters.alerts.insert(("CT-14".into(), Level::High, Mode::Live, Action::Created), 2);
    counters.suppressed.insert(("CT-01".into(), "SUP-HOSP".into()), 1);
    counters.evaluations.insert("MS-08".into(), 40);
    counters.field_missing.insert(("MS-06".into(), "debtor.phone".into()), 9);
    counters.state_bytes.insert("entries", 1_000);
    counters.expired.insert("rows", 7);
    counters.watermark_hold = Some(partition(1));
    counters.last_hit.insert(("MS-08".into(), "live"), EventTime(1_500));
    counters.control_totals = ControlTotals {
        keys: BTreeMap::from([((TotalKind::Batch, TotalState::Short), 2)]),
        short_payments: 5,
        oldest_ms: BTreeMap::from([(TotalState::Short, 4_000)]),
        uncounted: 3,
        dropped: 1,
        open: Vec::new(),
    };
    counters
}

fn update(metrics: &Metrics, counters: &Counters, monotonic_ms: u64) -> String {
    let lag = BTreeMap::from([(partition(0), 5), (partition(1), 0)]);
    let last = BTreeMap::from([(partition(0), 7_000), (partition(1), 1_000)]);
    metrics.update(&Sample {
        counters,
        watermark: Some(EventTime(2_000)),
        lag_records: &lag,
        undecided: &lag,
        last_read_ms: &last,
        buffered: 12,
        unix_ms: 10_000,
        monotonic_ms,
    });
    metrics.text().unwrap()
}

#[test]
fn the_engine_counters_are_copied() {
    let metrics = Metrics::new().unwrap();
    let text = update(&metrics, &counters(), 0);
    for line in [
        "palermo_records_total{fate=\"processed\",topic=\"payments\"} 15",
        "palermo_records_total{fate=\"dead_letter\",topic=\"payments\"} 1",
        "palermo_duplicate_payments_total{topic=\"payments\"} 3",
        "palermo_offset_gaps_total{partition=\"0\",topic=\"payments\"} 4",
        "palermo_dead_letters_total{reason=\"amount\",topic=\"payments\"} 1",
        "palermo_late_payments_total{action=\"dead_lettered\",topic=\"payments\"} 1",
        "palermo_alerts_total{action=\"created\",level=\"high\",mode=\"live\",rule=\"CT-14\"} 2",
        "palermo_alerts_suppressed_total{rule=\"CT-01\",suppression=\"SUP-HOSP\"} 1",
        "palermo_rule_evaluations_total{rule=\"MS-08\"} 40",
        "palermo_rule_field_missing_total{field=\"debtor.phone\",rule=\"MS-06\"} 9",
        "palermo_rule_last_hit_timestamp_seconds{mode=\"live\",rule=\"MS-08\"} 1.5",
        "palermo_watermark_timestamp_seconds{topic=\"payments\"} 2",
        "palermo_watermark_hold_partition{topic=\"payments\"} 1",
        "palermo_queue_depth_events{operator=\"merge\"} 12",
        "palermo_state_bytes{store=\"entries\"} 1000",
        "palermo_state_expired_keys_total{store=\"rows\"} 7",
        "palermo_source_lag_records{partition=\"0\",topic=\"payments\"} 5",
        "palermo_source_undecided_records{partition=\"0\",topic=\"payments\"} 5",
        "palermo_source_lag_seconds{partition=\"0\",topic=\"payments\"} 3",
        "palermo_source_lag_seconds{partition=\"1\",topic=\"payments\"} 0",
        "palermo_memory_full_seconds 315360000",
        "palermo_control_totals{kind=\"batch\",state=\"short\"} 2",
        "palermo_control_totals{kind=\"day\",state=\"balanced\"} 0",
        "palermo_control_totals_short_payments 5",
        "palermo_control_totals_oldest_timestamp_seconds{state=\"short\"} 4",
        "palermo_control_totals_uncounted_payments_total 3",
        "palermo_control_totals_dropped_total 1",
    ] {
        assert!(text.lines().any(|shown| shown == line), "missing: {line}\n{text}");
    }
}

#[test]
fn the_age_of_what_does_not_balance_is_gone_with_it() {
    let metrics = Metrics::new().unwrap();
    let oldest = "palermo_control_totals_oldest_timestamp_seconds{";
    assert!(!update(&metrics, &Counters::default(), 0).contains(oldest));
    let mut counters = counters();
    assert!(update(&metrics, &counters, 1).contains(oldest));
    counters.control_totals.oldest_ms = BTreeMap::from([(TotalState::Over, 9_000)]);
    let text = update(&metrics, &counters, 2);
    assert_eq!(text.lines().filter(|line| line.starts_with(oldest)).count(), 1, "{text}");
    assert!(text.contains("seconds{state=\"over\"} 9\n"), "{text}");
    assert!(!update(&metrics, &Counters::default(), 3).contains(oldest));
}

#[test]
fn a_recovery_that_counts_anew_moves_no_counter_back() {
    let metrics = Metrics::new().unwrap();
    update(&metrics, &counters(), 0);
    let line = "palermo_records_total{fate=\"processed\",topic=\"payments\"} 15";
    assert!(update(&metrics, &Counters::default(), 1).contains(line));
    assert!(update(&metrics, &counters(), 2).contains(line));
    let mut more = counters();
    more.fates.insert(partition(1), Fates { counts: [6, 0, 0, 0], undelivered: 0 });
    assert!(update(&metrics, &more, 3).contains(&line.replace("15", "16")));
}

fn facts<'a>(lists: &[(&'a str, Date)]) -> Facts<'a> {
    Facts {
        version: "0.1.0",
        git: "abc1234",
        rustc: "1.95.0",
        ruleset: "trafficking-core",
        ruleset_version: "2026.11.1",
        ruleset_sha256: "00",
        rules: (2, 1),
        loaded_at_ms: 1_000,
        memory_max_bytes: 11_000,
        lists: lists.to_vec(),
    }
}

/// Sees: rules that are told twice before anybody looks; the age of a list that is no longer there.
#[test]
fn lists_grow_old_while_they_are_in_force() {
    let metrics = Metrics::new().unwrap();
    let ages = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("palermo_list_age_seconds{"));
        lines.map(|line| line["palermo_list_age_seconds".len()..].to_owned()).collect()
    };
    metrics.loaded(&facts(&[("fx", Date(0)), ("border", Date(0))]));
    metrics.loaded(&facts(&[("fx", Date(0)), ("border", Date(0))]));
    let text = update(&metrics, &counters(), 0);
    assert_eq!(ages(&text), ["{list=\"border\"} 10", "{list=\"fx\"} 10"]);
    // Reviewed tomorrow, by a clock that goes before: as old as today.
    metrics.loaded(&facts(&[("fx", Date(1))]));
    assert_eq!(ages(&update(&metrics, &counters(), 1)), ["{list=\"fx\"} 0"]);
}

#[test]
fn the_forecast_is_what_is_left_over_the_growth() {
    let metrics = Metrics::new().unwrap();
    metrics.loaded(&facts(&[("fx", Date(0))]));
    update(&metrics, &counters(), 0);
    let mut more = counters();
    more.state_bytes.insert("entries", 2_000);
    // 1,000 bytes in 10 s, 9,000 left.
    let text = update(&metrics, &more, 10_000);
    assert!(text.contains("palermo_memory_full_seconds 90\n"), "{text}");
    assert!(text.contains("palermo_rules_loaded{mode=\"live\"} 2\n"));
    assert!(
        text.contains("palermo_build_info{git=\"abc1234\",rustc=\"1.95.0\",version=\"0.1.0\"} 1")
    );
}

#[test]
fn what_the_log_does_is_counted() {
    let metrics = Metrics::new().unwrap();
    metrics.delivered(TopicRole::Parties, 3, 600);
    metrics.committed(Duration::from_millis(4), &BTreeMap::from([(OutputTopic::Alerts, 2)]));
    metrics.commit_failed("fenced");
    metrics.alert_durable("CT-14", 40);
    metrics.alert_created("CT-14", 2_592_000_000);
    metrics.restored(Duration::from_secs(2));
    let text = metrics.text().unwrap();
    for line in [
        "palermo_source_records_total{source=\"log\",topic=\"parties\"} 3",
        "palermo_source_bytes_total{source=\"log\",topic=\"parties\"} 600",
        "palermo_sink_latency_seconds_bucket{sink=\"log\",le=\"0.005\"} 1",
        "palermo_sink_records_total{sink=\"alerts\"} 2",
        "palermo_sink_errors_total{code=\"fenced\",sink=\"log\"} 1",
        "palermo_detection_latency_seconds_bucket{rule=\"CT-14\",le=\"0.05\"} 1",
        "palermo_detection_delay_seconds_bucket{rule=\"CT-14\",le=\"2592000\"} 1",
        "palermo_restore_duration_seconds 2",
    ] {
        assert!(text.lines().any(|shown| shown == line), "missing: {line}\n{text}");
    }
    for line in text.lines().filter(|line| line.starts_with("# HELP")) {
        assert!(METRICS.iter().any(|def| line == format!("# HELP {} {}", def.name, def.help)));
    }
}

#[test]
fn a_canary_that_nothing_can_find_any_more_is_not_shown() {
    let metrics = Metrics::new().unwrap();
    let mut counters = counters();
    let canary = Canary { injected: EventTime(5_000), detected: None };
    for typology in ["CT-01", "CT-14"] {
        counters.canaries.insert(typology.to_owned(), canary);
    }
    let text = update(&metrics, &counters, 0);
    let injected = |typology: &str| {
        format!("palermo_canary_last_injected_timestamp_seconds{{typology=\"{typology}\"}} 5\n")
    };
    assert!(text.contains(&injected("CT-01")) && text.contains(&injected("CT-14")), "{text}");
    counters.canaries.remove("CT-01");
    let text = update(&metrics, &counters, 1);
    assert!(!text.contains("typology=\"CT-01\"") && text.contains(&injected("CT-14")), "{text}");
}

/// An engine that begins anew within the process counts from nothing.
#[test]
fn searches_are_counted_on_by_the_next_engine() {
    let metrics = Metrics::new().unwrap();
    let mut counters = counters();
    for (counts, shown) in
        [([7, 1], [7, 1]), ([9, 1], [9, 1]), ([2, 0], [11, 1]), ([3, 4], [12, 5])]
    {
        counters.searches.insert("cycle", counts);
        let text = update(&metrics, &counters, 0);
        for (outcome, count) in ["complete", "cut"].into_iter().zip(shown) {
            let line = format!(
                "palermo_graph_expansions_total{{outcome=\"{outcome}\",pattern=\"cycle\"}} {count}\n"
            );
            assert!(text.contains(&line), "no {line} in {text}");
        }
    }
}
