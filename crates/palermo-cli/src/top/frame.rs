//! What is shown of two looks: lines for people, a document for programs.

use super::scrape::Look;
use crate::screen::grouped;
use palermo_domain::EventTime;
use serde_json::{Value, json};

/// How many rules are named.
const RULES: usize = 5;

/// How much a counter grew in a second; `None` where it was not there, or the engine began anew.
fn rate(now: Option<f64>, before: Option<f64>, span_ms: u64) -> Option<f64> {
    let grown = now? - before.unwrap_or(0.0);
    let seconds = std::time::Duration::from_millis(span_ms).as_secs_f64();
    (grown >= 0.0 && seconds > 0.0).then(|| grown / seconds)
}

/// A whole number with separators.
fn whole(value: f64) -> String {
    let text = format!("{:.0}", value.max(0.0));
    text.parse().map_or(text, grouped)
}

fn or_dash(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), whole)
}

fn bytes(value: f64) -> String {
    const STEP: f64 = 1024.0;
    let (mut value, mut unit) = (value, "B");
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if value >= STEP {
            (value, unit) = (value / STEP, larger);
        }
    }
    format!("{value:.1} {unit}")
}

/// A length of time in its two largest units.
fn span(seconds: f64) -> String {
    let whole: u64 = format!("{:.0}", seconds.max(0.0)).parse().unwrap_or(u64::MAX);
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = whole;
    let mut parts = Vec::new();
    for (length, unit) in units {
        let count = left.checked_div(length).unwrap_or(0);
        left = left.checked_rem(length).unwrap_or(0);
        if count > 0 && parts.len() < 2 {
            parts.push(format!("{count} {unit}"));
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// Rules by their evaluations a second, the busiest first.
fn busiest(now: &Look, before: &Look, span_ms: u64) -> Vec<(String, f64)> {
    let earlier = before.by("palermo_rule_evaluations_total", "rule");
    let each =
        now.by("palermo_rule_evaluations_total", "rule").into_iter().filter_map(|(rule, count)| {
            let rate = rate(Some(count), earlier.get(&rule).copied(), span_ms)?;
            (rate > 0.0).then_some((rule, rate))
        });
    let mut all: Vec<(String, f64)> = each.collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(RULES);
    all
}

/// What a person reads.
pub(crate) fn lines(
    task: &str,
    now: &Look,
    before: &Look,
    (span_ms, unix_ms): (u64, i64),
) -> Vec<String> {
    let per_second =
        |name, labels: &[_]| rate(now.sum(name, labels), before.sum(name, labels), span_ms);
    let clock = EventTime(unix_ms.saturating_sub(unix_ms.rem_euclid(1_000)));
    let state = if now.waits_for.is_empty() {
        "ready".to_owned()
    } else {
        format!("NOT READY: {}", now.waits_for.join(", "))
    };
    let mut lines = vec![format!("{task}  {state}  {clock}")];
    let mut row = |name: &str, words: String| lines.push(format!("  {name:<10} {words}"));
    row("rules", rules(now));
    let payments = per_second("palermo_source_records_total", &[("topic", "payments")]);
    row("read", format!("{} payments/s", or_dash(payments)));
    row("behind", behind(now));
    row("watermark", watermark(now, unix_ms));
    row("fates", fates(now));
    row("totals", totals(now));
    row(
        "commits",
        format!(
            "{}/s, {} broken",
            or_dash(per_second("palermo_sink_latency_seconds_count", &[])),
            whole(now.sum("palermo_sink_errors_total", &[]).unwrap_or(0.0))
        ),
    );
    row("alerts", alerts(now));
    row("canaries", canaries(now, unix_ms).unwrap_or_else(|| "none was read".to_owned()));
    row("memory", memory(now));
    row("snapshot", snapshot(now, unix_ms));
    let rules = busiest(now, before, span_ms).into_iter();
    let rules: Vec<String> =
        rules.map(|(rule, rate)| format!("{rule} {}/s", whole(rate))).collect();
    row(
        "busiest",
        if rules.is_empty() { "no rule is evaluated".to_owned() } else { rules.join("  ") },
    );
    lines
}

fn rules(now: &Look) -> String {
    let Some((labels, _)) = now.largest("palermo_ruleset_info") else { return "-".to_owned() };
    let label = |name| labels.get(name).map_or("", String::as_str);
    let count = |mode| whole(now.sum("palermo_rules_loaded", &[("mode", mode)]).unwrap_or(0.0));
    let refused = now.sum("palermo_rules_last_reload_successful", &[]) == Some(0.0);
    format!(
        "{} {}  {}  live {}, shadow {}{}",
        label("ruleset"),
        label("version"),
        label("ruleset_sha256").get(..12).unwrap_or_default(),
        count("live"),
        count("shadow"),
        if refused { "  NEW RULES WERE REFUSED" } else { "" }
    )
}

fn behind(now: &Look) -> String {
    let records = now.sum("palermo_source_lag_records", &[]);
    let oldest = now.largest("palermo_source_lag_seconds");
    let place = oldest.filter(|(_, seconds)| *seconds > 0.0).map(|(labels, _)| {
        let label = |name| labels.get(name).map_or("", String::as_str);
        format!(" in {}/{}", label("topic"), label("partition"))
    });
    format!(
        "{} records, the oldest {}{}",
        or_dash(records),
        span(oldest.map_or(0.0, |(_, seconds)| seconds)),
        place.unwrap_or_default()
    )
}

fn watermark(now: &Look, unix_ms: i64) -> String {
    let Some(at) = now.sum("palermo_watermark_timestamp_seconds", &[]) else {
        return "none yet: a partition has delivered no payment".to_owned();
    };
    let at_ms: i64 = format!("{:.0}", at * 1_000.0).parse().unwrap_or(0);
    let behind = std::time::Duration::from_millis(unix_ms.abs_diff(at_ms)).as_secs_f64();
    let holder = now.sum("palermo_watermark_hold_partition", &[]).filter(|index| *index >= 0.0);
    let holder = holder.map(|index| format!(", held by payments/{index:.0}"));
    format!("{}, {} ago{}", EventTime(at_ms), span(behind), holder.unwrap_or_default())
}

fn fates(now: &Look) -> String {
    let count = |fate| whole(now.sum("palermo_records_total", &[("fate", fate)]).unwrap_or(0.0));
    let reasons = now.by("palermo_dead_letters_total", "reason").into_iter();
    let reasons: Vec<String> = reasons
        .filter(|(_, count)| *count > 0.0)
        .map(|(reason, count)| format!("{reason} {}", whole(count)))
        .collect();
    let reasons =
        if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!(
        "processed {}  late {}  duplicate {}  dead letters {}{reasons}",
        count("processed"),
        count("late"),
        count("duplicate"),
        count("dead_letter")
    )
}

fn totals(now: &Look) -> String {
    let by_state = now.by("palermo_control_totals", "state");
    let count = |state| whole(by_state.get(state).copied().unwrap_or(0.0));
    let missing = now.sum("palermo_control_totals_short_payments", &[]).unwrap_or(0.0);
    let missing =
        if missing > 0.0 { format!(" ({} payments)", whole(missing)) } else { String::new() };
    format!(
        "balanced {}  short {}{missing}  over {}  differs {}",
        count("balanced"),
        count("short"),
        count("over"),
        count("differs")
    )
}

fn alerts(now: &Look) -> String {
    let of = |mode, action| {
        let labels = [("mode", mode), ("action", action)];
        whole(now.sum("palermo_alerts_total", &labels).unwrap_or(0.0))
    };
    format!(
        "live: created {}, updated {}, closed {}, retracted {}; shadow: created {}; withheld {}",
        of("live", "created"),
        of("live", "updated"),
        of("live", "closed"),
        of("live", "retracted"),
        of("shadow", "created"),
        whole(now.sum("palermo_alerts_suppressed_total", &[]).unwrap_or(0.0))
    )
}

/// A canary that is not found after so long is missed (PalermoCanaryMissed).
const CANARY_SECONDS: f64 = 900.0;

/// What was planted last, and what of it was not found; nothing where no canaries are planted.
fn canaries(now: &Look, unix_ms: i64) -> Option<String> {
    let injected = now.by("palermo_canary_last_injected_timestamp_seconds", "typology");
    let detected = now.by("palermo_canary_last_detected_timestamp_seconds", "typology");
    let newest = injected.values().copied().reduce(f64::max)?;
    let found = |typology: &str| detected.get(typology).copied().unwrap_or(0.0);
    let unix = std::time::Duration::from_millis(unix_ms.unsigned_abs()).as_secs_f64();
    let missed: Vec<&str> = injected
        .iter()
        .filter(|(typology, at)| {
            found(typology) < **at - CANARY_SECONDS && unix - **at > CANARY_SECONDS
        })
        .map(|(typology, _)| typology.as_str())
        .collect();
    let missed = if missed.is_empty() {
        String::new()
    } else {
        format!("; NOT FOUND: {}", missed.join(", "))
    };
    let (count, age) = (injected.len(), span((unix - newest).max(0.0)));
    Some(format!("{count} typologies, the last one {age} ago{missed}"))
}

fn memory(now: &Look) -> String {
    let held = now.sum("palermo_state_bytes", &[]).unwrap_or(0.0);
    let limit = now.sum("palermo_memory_max_bytes", &[]).unwrap_or(0.0);
    let share =
        if limit > 0.0 { format!(" ({:.0} %)", held / limit * 100.0) } else { String::new() };
    let full = now.sum("palermo_memory_full_seconds", &[]).filter(|seconds| seconds.is_finite());
    let full = full.map(|seconds| format!(", full in {}", span(seconds)));
    format!("{} of {}{share}{}", bytes(held), bytes(limit), full.unwrap_or_default())
}

fn snapshot(now: &Look, unix_ms: i64) -> String {
    let Some(at) = now.sum("palermo_checkpoint_last_success_timestamp_seconds", &[]) else {
        return "none yet".to_owned();
    };
    let at_ms: i64 = format!("{:.0}", at * 1_000.0).parse().unwrap_or(0);
    let age = std::time::Duration::from_millis(unix_ms.abs_diff(at_ms)).as_secs_f64();
    let size = now.sum("palermo_checkpoint_size_bytes", &[]).map_or("-".to_owned(), bytes);
    let failed = now.sum("palermo_checkpoint_failures_total", &[]).unwrap_or(0.0);
    let failed = if failed > 0.0 { format!(", {} FAILED", whole(failed)) } else { String::new() };
    format!("{} ago, {size}{failed}", span(age))
}

/// What a program reads: sums and rates under the names of the metrics.
pub(crate) fn document(now: &Look, before: &Look, span_ms: u64) -> Value {
    let per_second =
        |name, labels: &[_]| rate(now.sum(name, labels), before.sum(name, labels), span_ms);
    let rules = busiest(now, before, span_ms).into_iter();
    json!({
        "ready": now.waits_for.is_empty(),
        "waits_for": now.waits_for,
        "payments_per_second": per_second("palermo_source_records_total", &[("topic", "payments")]),
        "commits_per_second": per_second("palermo_sink_latency_seconds_count", &[]),
        "lag_records": now.sum("palermo_source_lag_records", &[]),
        "lag_seconds_max": now.largest("palermo_source_lag_seconds").map(|(_, seconds)| seconds),
        "watermark_timestamp_seconds": now.sum("palermo_watermark_timestamp_seconds", &[]),
        "records": now.by("palermo_records_total", "fate"),
        "dead_letters": now.by("palermo_dead_letters_total", "reason"),
        "control_totals": now.by("palermo_control_totals", "state"),
        "alerts": now.by("palermo_alerts_total", "action"),
        "state_bytes": now.by("palermo_state_bytes", "store"),
        "memory_max_bytes": now.sum("palermo_memory_max_bytes", &[]),
        "evaluations_per_second": rules.collect::<std::collections::BTreeMap<_, _>>(),
    })
}

#[cfg(test)]
mod tests;
