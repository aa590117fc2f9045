//! The Grafana dashboards of `deploy/grafana`, written from one list of panels.
//!
//! `UPDATE_DOCS=1 cargo test -p palermo-ops` writes them anew. Sees: a file that is not what the list
//! says, a panel over a metric or label that is not exposed, one without words. Whether Prometheus takes an
//! expression and has something to answer is asked of a real one (tests/broker/watched.rs).
#![expect(clippy::arithmetic_side_effects, reason = "places on a page")]

use crate::alarms::drift;
use serde_json::{Value, json};
use std::path::Path;

/// How a panel shows its numbers.
#[derive(Clone, Copy)]
enum Look {
    /// One number, green up to the first bound, red from the second on.
    Stat(f64, f64),
    /// Lines over time.
    Lines,
    /// One row per series.
    Table,
}

struct Panel {
    title: &'static str,
    /// What it says, and where to go on from.
    words: &'static str,
    /// Unit in the words of Grafana.
    unit: &'static str,
    look: Look,
    /// Expressions with their legends.
    exprs: &'static [(&'static str, &'static str)],
}

struct Dashboard {
    uid: &'static str,
    title: &'static str,
    panels: &'static [Panel],
}

const fn panel(
    title: &'static str,
    words: &'static str,
    (unit, look): (&'static str, Look),
    exprs: &'static [(&'static str, &'static str)],
) -> Panel {
    Panel { title, words, unit, look, exprs }
}

use Look::{Lines, Stat, Table};

/// Every expression asks for the chosen jobs and engines.
const OVERVIEW: &[Panel] = &[
    panel(
        "Are all payments read?",
        "Records behind the end that a reader can see. Red: PalermoLag, PalermoPartitionUnread.",
        ("short", Stat(10_000.0, 1_000_000.0)),
        &[("sum(palermo_source_lag_records{job=~\"$job\", instance=~\"$instance\"})", "behind")],
    ),
    panel(
        "In time?",
        "Age of the oldest record that waits. Red: PalermoLagGrowing.",
        ("s", Stat(60.0, 600.0)),
        &[("max(palermo_source_lag_seconds{job=~\"$job\", instance=~\"$instance\"})", "oldest")],
    ),
    panel(
        "Understood?",
        "Share of payments of a day that could not be read. Red: PalermoDeadLettersMany.",
        ("percentunit", Stat(0.0001, 0.001)),
        &[(
            "sum(increase(palermo_dead_letters_total{job=~\"$job\", instance=~\"$instance\", topic=\"payments\"}[1d])) \
             / sum(increase(palermo_records_total{job=~\"$job\", instance=~\"$instance\", topic=\"payments\"}[1d]))",
            "dead letters",
        )],
    ),
    panel(
        "By the same rules?",
        "Different rule sets in force. More than one is red: PalermoRulesDiffer.",
        ("short", Stat(1.5, 1.5)),
        &[(
            "count(count by (ruleset_sha256) (palermo_ruleset_info{job=~\"$job\", instance=~\"$instance\"}))",
            "rule sets",
        )],
    ),
    panel(
        "Would we notice?",
        "Planted networks that were read and not found. Red: PalermoCanaryMissed. No data: none is planted.",
        ("short", Stat(1.0, 1.0)),
        &[(
            "count(max by (typology) (palermo_canary_last_injected_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"}) - 900 \
             > max by (typology) (palermo_canary_last_detected_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"}) \
             and max by (typology) (palermo_canary_last_injected_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"}) < time() - 900) \
             or 0 * count(palermo_canary_last_injected_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"})",
            "missed",
        )],
    ),
    panel(
        "Is every batch whole?",
        "How long the batch or day that was stated and is short has stood still. Red: PalermoControlTotalsShort; `/control-totals` says which.",
        ("s", Stat(1_800.0, 3_600.0)),
        &[(
            "max(time() - palermo_control_totals_oldest_timestamp_seconds{job=~\"$job\", instance=~\"$instance\", state=\"short\"}) or vector(0)",
            "short",
        )],
    ),
    panel(
        "Can alerts get out?",
        "Commits that broke within half an hour. Red: PalermoLogRenewed, PalermoNothingCommitted.",
        ("short", Stat(1.0, 4.0)),
        &[(
            "sum(increase(palermo_sink_errors_total{job=~\"$job\", instance=~\"$instance\"}[30m])) or vector(0)",
            "broken",
        )],
    ),
    panel(
        "Ready",
        "The conditions of `/readyz`, by engine. 0 for long: PalermoNotReady.",
        ("short", Lines),
        &[(
            "min by (instance, phase) (palermo_ready_phase{job=~\"$job\", instance=~\"$instance\"})",
            "{{instance}} {{phase}}",
        )],
    ),
    panel(
        "Payments read",
        "Records a second, by topic.",
        ("rps", Lines),
        &[(
            "sum by (topic) (rate(palermo_source_records_total{job=~\"$job\", instance=~\"$instance\"}[5m]))",
            "{{topic}}",
        )],
    ),
    panel(
        "Detection latency",
        "From the record that decided to the alert that a reader sees, 99 of 100, by typology.",
        ("s", Lines),
        &[(
            "histogram_quantile(0.99, sum by (rule, le) (rate(palermo_detection_latency_seconds_bucket{job=~\"$job\", instance=~\"$instance\"}[1h])))",
            "{{rule}}",
        )],
    ),
    panel(
        "Alerts an hour",
        "New alerts of live typologies, by level.",
        ("short", Lines),
        &[(
            "sum by (level) (increase(palermo_alerts_total{job=~\"$job\", instance=~\"$instance\", mode=\"live\", action=\"created\"}[1h]))",
            "{{level}}",
        )],
    ),
    panel(
        "Rules in force",
        "Rule set, version and hash by engine. `palermo rules status` says since when, and what was asked for.",
        ("short", Table),
        &[("palermo_ruleset_info{job=~\"$job\", instance=~\"$instance\"}", "")],
    ),
    panel(
        "Engines",
        "Version, commit and compiler by engine.",
        ("short", Table),
        &[("palermo_build_info{job=~\"$job\", instance=~\"$instance\"}", "")],
    ),
];

const PIPELINE: &[Panel] = &[
    panel(
        "Lag by partition",
        "Records behind the end that a reader can see. PalermoLag.",
        ("short", Lines),
        &[(
            "palermo_source_lag_records{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}} {{topic}}/{{partition}}",
        )],
    ),
    panel(
        "Age of the oldest record that waits",
        "By partition. PalermoLagGrowing, PalermoPartitionUnread.",
        ("s", Lines),
        &[(
            "palermo_source_lag_seconds{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}} {{topic}}/{{partition}}",
        )],
    ),
    panel(
        "Behind an open transaction",
        "Records that nobody can read until a producer of the upstream ends its Kafka transaction. PalermoUpstreamTransactionOpen.",
        ("short", Lines),
        &[(
            "palermo_source_undecided_records{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}} {{topic}}/{{partition}}",
        )],
    ),
    panel(
        "Watermark behind the clock",
        "How old the event time is up to which everything is decided. PalermoWatermarkStalled.",
        ("s", Lines),
        &[(
            "time() - palermo_watermark_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}} {{topic}}",
        )],
    ),
    panel(
        "Partition that holds the watermark",
        "-1 where none does.",
        ("short", Lines),
        &[(
            "palermo_watermark_hold_partition{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}} {{topic}}",
        )],
    ),
    panel(
        "What became of records",
        "A second, by fate. Their sum and the offsets that were not delivered are the positions.",
        ("rps", Lines),
        &[(
            "sum by (topic, fate) (rate(palermo_records_total{job=~\"$job\", instance=~\"$instance\"}[5m]))",
            "{{topic}} {{fate}}",
        )],
    ),
    panel(
        "Offsets not delivered",
        "Control records, aborted records and compaction, a second.",
        ("short", Lines),
        &[(
            "sum by (topic) (rate(palermo_offset_gaps_total{job=~\"$job\", instance=~\"$instance\"}[5m]))",
            "{{topic}}",
        )],
    ),
    panel(
        "Dead letters",
        "An hour, by reason. `palermo doctor explain REASON`; PalermoDeadLetters.",
        ("short", Lines),
        &[(
            "sum by (topic, reason) (increase(palermo_dead_letters_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
            "{{topic}} {{reason}}",
        )],
    ),
    panel(
        "Control totals",
        "Batches and days, by how they stand to what was stated. `/control-totals` says which; PalermoControlTotalsShort, PalermoControlTotalsDiffer.",
        ("short", Lines),
        &[(
            "sum by (kind, state) (palermo_control_totals{job=~\"$job\", instance=~\"$instance\"})",
            "{{kind}} {{state}}",
        )],
    ),
    panel(
        "Outside control totals",
        "Payments that statements still miss; those that name neither batch nor source, and batches and days dropped for want of room, an hour.",
        ("short", Lines),
        &[
            (
                "sum(palermo_control_totals_short_payments{job=~\"$job\", instance=~\"$instance\"})",
                "missing",
            ),
            (
                "sum(increase(palermo_control_totals_uncounted_payments_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
                "neither batch nor source",
            ),
            (
                "sum(increase(palermo_control_totals_dropped_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
                "dropped",
            ),
        ],
    ),
    panel(
        "Late payments",
        "Behind the watermark, an hour. `dead_lettered`: beyond the horizon, lost to detection. PalermoLatePaymentsLost, PalermoLatePaymentsMany.",
        ("short", Lines),
        &[(
            "sum by (action) (increase(palermo_late_payments_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
            "{{action}}",
        )],
    ),
    panel(
        "Waiting in the engine",
        "Records that were read and wait for their turn.",
        ("short", Lines),
        &[(
            "palermo_queue_depth_events{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}} {{operator}}",
        )],
    ),
    panel(
        "Commits",
        "Outputs, progress and positions together: half of them, and 99 of 100. PalermoCommitsSlow.",
        ("s", Lines),
        &[
            (
                "histogram_quantile(0.5, sum by (le) (rate(palermo_sink_latency_seconds_bucket{job=~\"$job\", instance=~\"$instance\"}[5m])))",
                "median",
            ),
            (
                "histogram_quantile(0.99, sum by (le) (rate(palermo_sink_latency_seconds_bucket{job=~\"$job\", instance=~\"$instance\"}[5m])))",
                "99 of 100",
            ),
        ],
    ),
    panel(
        "Written",
        "Records a second, by topic.",
        ("rps", Lines),
        &[(
            "sum by (sink) (rate(palermo_sink_records_total{job=~\"$job\", instance=~\"$instance\"}[5m]))",
            "{{sink}}",
        )],
    ),
    panel(
        "Broken commits",
        "An hour, by code. `palermo doctor explain CODE`; PalermoLogRenewed.",
        ("short", Lines),
        &[(
            "sum by (code) (increase(palermo_sink_errors_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
            "{{code}}",
        )],
    ),
];

const DETECTION: &[Panel] = &[
    panel(
        "Alerts by typology",
        "New, an hour. PalermoRuleFlood, PalermoNothingFound.",
        ("short", Lines),
        &[(
            "sum by (rule, mode) (increase(palermo_alerts_total{job=~\"$job\", instance=~\"$instance\", action=\"created\"}[1h]))",
            "{{rule}} {{mode}}",
        )],
    ),
    panel(
        "What becomes of alerts",
        "Revisions an hour: created, updated, closed, retracted, suppressed.",
        ("short", Lines),
        &[(
            "sum by (action) (increase(palermo_alerts_total{job=~\"$job\", instance=~\"$instance\", mode!=\"canary\"}[1h]))",
            "{{action}}",
        )],
    ),
    panel(
        "Age of lists",
        "Since somebody last looked whether they are still true, the oldest first. PalermoListOld.",
        ("s", Table),
        &[(
            "topk(10, max by (list) (palermo_list_age_seconds{job=~\"$job\", instance=~\"$instance\"}))",
            "",
        )],
    ),
    panel(
        "Canaries",
        "Since the last one of each typology that was found. PalermoCanaryMissed, PalermoCanaryGone.",
        ("s", Lines),
        &[(
            "time() - max by (typology) (palermo_canary_last_detected_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"} > 0)",
            "{{typology}}",
        )],
    ),
    panel(
        "Silence by indicator",
        "Event time since it last held, the longest first. PalermoRuleSilent.",
        ("s", Table),
        &[(
            "topk(30, scalar(max(palermo_watermark_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"})) \
             - max by (rule) (palermo_rule_last_hit_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"}))",
            "",
        )],
    ),
    panel(
        "Silence to what is expected",
        "Times what a reference backtest expects (`rules.reference`), the longest first. Above 1: PalermoRuleSilent.",
        ("short", Table),
        &[(
            "topk(30, (scalar(max(palermo_watermark_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"})) \
             - max by (rule) (palermo_rule_last_hit_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"})) \
             / on (rule) max by (rule) (palermo_rule_expected_silence_seconds{job=~\"$job\", instance=~\"$instance\"}))",
            "",
        )],
    ),
    panel(
        "Fields that are missing",
        "Payments and evaluations a second that a rule could not decide for lack of a field. PalermoRuleInputMissing.",
        ("short", Table),
        &[(
            "topk(30, sum by (rule, field) (rate(palermo_rule_field_missing_total{job=~\"$job\", instance=~\"$instance\"}[30m])))",
            "",
        )],
    ),
    panel(
        "Evaluations",
        "A second, the busiest indicators.",
        ("ops", Lines),
        &[(
            "topk(15, sum by (rule) (rate(palermo_rule_evaluations_total{job=~\"$job\", instance=~\"$instance\"}[5m])))",
            "{{rule}}",
        )],
    ),
    panel(
        "Withheld",
        "Findings a day that a lawful explanation or an exception kept from the queue.",
        ("short", Lines),
        &[(
            "sum by (rule, suppression) (increase(palermo_alerts_suppressed_total{job=~\"$job\", instance=~\"$instance\"}[1d]))",
            "{{rule}} {{suppression}}",
        )],
    ),
    panel(
        "Detection delay",
        "Event time from the start of the episode to its first alert, half of them, by typology.",
        ("s", Lines),
        &[(
            "histogram_quantile(0.5, sum by (rule, le) (rate(palermo_detection_delay_seconds_bucket{job=~\"$job\", instance=~\"$instance\"}[1d])))",
            "{{rule}}",
        )],
    ),
    panel(
        "Rules by mode",
        "Typologies that are live and in shadow. None live: PalermoNoLiveRules.",
        ("short", Lines),
        &[(
            "palermo_rules_loaded{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}} {{mode}}",
        )],
    ),
    panel(
        "Were the last rules taken?",
        "0: an activation was refused. PalermoRulesRefused.",
        ("short", Lines),
        &[(
            "palermo_rules_last_reload_successful{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}}",
        )],
    ),
];

const STATE: &[Panel] = &[
    panel(
        "Share of the memory limit",
        "At 1 the engine stops with `memory_full`. PalermoMemoryNearLimit.",
        ("percentunit", Stat(0.8, 0.9)),
        &[(
            "max(sum by (instance) (palermo_state_bytes{job=~\"$job\", instance=~\"$instance\"}) \
             / on (instance) max by (instance) (palermo_memory_max_bytes{job=~\"$job\", instance=~\"$instance\"}))",
            "fullest",
        )],
    ),
    panel(
        "Searches of the graph",
        "An hour, by pattern; those that are cut may have missed some of it.",
        ("short", Lines),
        &[(
            "sum by (pattern, outcome) (increase(palermo_graph_expansions_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
            "{{pattern}} {{outcome}}",
        )],
    ),
    panel(
        "Memory is full in",
        "At the growth of the last minutes; no data where it does not grow. PalermoMemoryFullSoon, PalermoMemoryFilling.",
        ("s", Lines),
        &[("palermo_memory_full_seconds{job=~\"$job\", instance=~\"$instance\"}", "{{instance}}")],
    ),
    panel(
        "State by part",
        "Bytes: rows and entries of payments, texts, parties, roll-ups, hits.",
        ("bytes", Lines),
        &[(
            "sum by (store) (palermo_state_bytes{job=~\"$job\", instance=~\"$instance\"})",
            "{{store}}",
        )],
    ),
    panel(
        "Forgotten beyond the horizon",
        "Entries an hour.",
        ("short", Lines),
        &[(
            "sum by (store) (increase(palermo_state_expired_keys_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
            "{{store}}",
        )],
    ),
    panel(
        "Age of the last good snapshot",
        "PalermoSnapshotStale.",
        ("s", Lines),
        &[(
            "time() - palermo_checkpoint_last_success_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}}",
        )],
    ),
    panel(
        "Snapshots",
        "Time that one takes aside (99 of 100), and for which the last one stopped the stream.",
        ("s", Lines),
        &[
            (
                "histogram_quantile(0.99, sum by (le) (rate(palermo_checkpoint_duration_seconds_bucket{job=~\"$job\", instance=~\"$instance\"}[1h])))",
                "aside",
            ),
            (
                "max(palermo_checkpoint_pause_seconds{job=~\"$job\", instance=~\"$instance\"})",
                "the stream stops",
            ),
        ],
    ),
    panel(
        "Size of the last snapshot",
        "Compressed.",
        ("bytes", Lines),
        &[(
            "palermo_checkpoint_size_bytes{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}}",
        )],
    ),
    panel(
        "Snapshots that failed",
        "An hour, by stage. PalermoSnapshotFailing.",
        ("short", Lines),
        &[(
            "sum by (stage) (increase(palermo_checkpoint_failures_total{job=~\"$job\", instance=~\"$instance\"}[1h]))",
            "{{stage}}",
        )],
    ),
    panel(
        "Last recovery",
        "Reading the snapshot and replaying what came after it. PalermoRecoveryLong.",
        ("s", Lines),
        &[(
            "palermo_restore_duration_seconds{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}}",
        )],
    ),
    panel(
        "Running since",
        "Three starts in half an hour: PalermoRestartLoop.",
        ("s", Lines),
        &[(
            "time() - palermo_start_timestamp_seconds{job=~\"$job\", instance=~\"$instance\"}",
            "{{instance}}",
        )],
    ),
];

const DASHBOARDS: &[Dashboard] = &[
    Dashboard { uid: "palermo-overview", title: "Palermo: overview", panels: OVERVIEW },
    Dashboard { uid: "palermo-pipeline", title: "Palermo: pipeline", panels: PIPELINE },
    Dashboard { uid: "palermo-detection", title: "Palermo: detection", panels: DETECTION },
    Dashboard { uid: "palermo-state", title: "Palermo: graph and state", panels: STATE },
];

fn datasource() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

fn variable(name: &str) -> Value {
    json!({
        "name": name, "type": "query", "label": name, "datasource": datasource(), "refresh": 2,
        "query": format!("label_values(palermo_build_info, {name})"), "multi": true,
        "includeAll": true, "current": {"text": "All", "value": "$__all"},
    })
}

fn panel_json(panel: &Panel, number: usize, place: (usize, usize, usize, usize)) -> Value {
    let (kind, thresholds, options) = match panel.look {
        Stat(green, red) => (
            "stat",
            json!({"mode": "absolute", "steps": [
                {"color": "green", "value": null}, {"color": "orange", "value": green},
                {"color": "red", "value": red},
            ]}),
            json!({"colorMode": "background", "reduceOptions": {"calcs": ["lastNotNull"]}}),
        ),
        Lines => (
            "timeseries",
            json!({"mode": "absolute", "steps": [{"color": "green", "value": null}]}),
            json!({"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}}),
        ),
        Table => (
            "table",
            json!({"mode": "absolute", "steps": [{"color": "green", "value": null}]}),
            json!({"showHeader": true}),
        ),
    };
    let table = matches!(panel.look, Table);
    let targets = panel.exprs.iter().zip('A'..='Z').map(|((expr, legend), name)| {
        json!({
            "refId": name.to_string(), "expr": expr, "legendFormat": legend,
            "datasource": datasource(), "instant": table, "range": !table,
            "format": if table { "table" } else { "time_series" },
        })
    });
    let (x, y, w, h) = place;
    json!({
        "id": number, "type": kind, "title": panel.title, "description": panel.words,
        "datasource": datasource(), "gridPos": {"x": x, "y": y, "w": w, "h": h},
        "fieldConfig": {"defaults": {"unit": panel.unit, "thresholds": thresholds}, "overrides": []},
        "options": options, "targets": targets.collect::<Vec<_>>(),
    })
}

/// The file of a dashboard: numbers in a row of six, the rest in two columns.
fn file(dashboard: &Dashboard) -> String {
    let stats = dashboard.panels.iter().filter(|panel| matches!(panel.look, Stat(..))).count();
    let mut rest = 0;
    let panels: Vec<Value> = (dashboard.panels.iter().enumerate())
        .map(|(index, panel)| {
            let place = if matches!(panel.look, Stat(..)) {
                (index % 6 * 4, index / 6 * 4, 4, 4)
            } else {
                rest += 1;
                ((rest - 1) % 2 * 12, stats.div_ceil(6) * 4 + (rest - 1) / 2 * 8, 12, 8)
            };
            panel_json(panel, index + 1, place)
        })
        .collect();
    let datasources = json!({"name": "datasource", "type": "datasource", "label": "datasource", "query": "prometheus"});
    let all = json!({
        "uid": dashboard.uid, "title": dashboard.title, "tags": ["palermo"], "timezone": "utc",
        "schemaVersion": 39, "editable": false, "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [datasources, variable("job"), variable("instance")]},
        "links": [{"type": "dashboards", "tags": ["palermo"], "title": "Palermo", "asDropdown": true,
                   "keepTime": true, "includeVars": true}],
        "panels": panels,
    });
    let mut text = serde_json::to_string_pretty(&all).expect("JSON");
    text.push('\n');
    text
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the files are written where that is asked for")]
fn the_files_are_what_the_list_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/grafana");
    let write = std::env::var_os("UPDATE_DOCS").is_some();
    for dashboard in DASHBOARDS {
        let path = folder.join(format!("{}.json", dashboard.uid));
        let text = file(dashboard);
        if write {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == text,
            "{} is stale: UPDATE_DOCS=1 cargo test -p palermo-ops",
            path.display()
        );
    }
    let there = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(there, DASHBOARDS.len(), "a file that no list knows");
}

#[test]
fn every_panel_says_what_it_shows_by_what_is_exposed() {
    let mut complaints = Vec::new();
    for dashboard in DASHBOARDS {
        assert!(dashboard.panels.len() > 5);
        for panel in dashboard.panels {
            let place = format!("{}: {}", dashboard.uid, panel.title);
            if !panel.words.ends_with('.') || panel.unit.is_empty() || panel.exprs.is_empty() {
                complaints.push(format!("{place}: words, a unit and an expression"));
            }
            for (expr, _) in panel.exprs {
                let found = drift(&format!("- alert: X\n  expr: {expr}\n"));
                complaints.extend(found.into_iter().map(|one| format!("{place}: {one}")));
                if !expr.contains("$job") || !expr.contains("$instance") {
                    complaints.push(format!("{place}: it does not ask for the chosen engines"));
                }
            }
            for alarm in panel.words.split(|c: char| !c.is_ascii_alphanumeric()) {
                let page = format!("../../docs/runbooks/{alarm}.md");
                let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
                if alarm.starts_with("Palermo") && !page.exists() {
                    complaints.push(format!("{place}: there is no alarm `{alarm}`"));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A metric that nobody looks at is a metric too much, or a panel is missing.
#[test]
fn every_metric_is_on_a_dashboard() {
    let all: String = DASHBOARDS.iter().map(file).collect();
    let unseen = |name: &str| !all.contains(name);
    let unseen: Vec<&str> =
        crate::METRICS.iter().map(|def| def.name).filter(|name| unseen(name)).collect();
    // The sums of others, what only a comparison over days says something about, or an alarm's bound.
    let known = [
        "palermo_source_bytes_total",
        "palermo_duplicate_payments_total",
        "palermo_rule_flood_threshold_alerts",
        "palermo_rules_last_reload_timestamp_seconds",
        "palermo_canary_every_seconds",
    ];
    assert_eq!(unseen, known);
}
