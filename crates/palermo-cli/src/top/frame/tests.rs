//! Sees: a line over a metric that no engine exposes, a rate over a restart, a frame that changes its height.

use super::*;

fn look(records: u64, evaluations: u64) -> Look {
    Look::of(&format!(
        "palermo_ruleset_info{{ruleset=\"trafficking-core\",version=\"2026.11.3\",ruleset_sha256=\"0123456789abcdef\"}} 1\n\
         palermo_rules_loaded{{mode=\"live\"}} 26\npalermo_rules_loaded{{mode=\"shadow\"}} 3\n\
         palermo_source_records_total{{source=\"log\",topic=\"payments\"}} {records}\n\
         palermo_source_lag_records{{partition=\"0\",topic=\"payments\"}} 1200\n\
         palermo_source_lag_records{{partition=\"1\",topic=\"payments\"}} 34\n\
         palermo_source_lag_seconds{{partition=\"0\",topic=\"payments\"}} 75\n\
         palermo_watermark_timestamp_seconds{{topic=\"payments\"}} 1764500400\n\
         palermo_watermark_hold_partition{{topic=\"payments\"}} 3\n\
         palermo_records_total{{fate=\"processed\",topic=\"payments\"}} {records}\n\
         palermo_records_total{{fate=\"dead_letter\",topic=\"payments\"}} 4\n\
         palermo_dead_letters_total{{reason=\"not_json\",topic=\"payments\"}} 4\n\
         palermo_control_totals{{kind=\"batch\",state=\"balanced\"}} 9\n\
         palermo_control_totals{{kind=\"day\",state=\"balanced\"}} 2\n\
         palermo_control_totals{{kind=\"day\",state=\"short\"}} 1\n\
         palermo_control_totals_short_payments 1234\n\
         palermo_sink_latency_seconds_count{{sink=\"log\"}} {}\n\
         palermo_alerts_total{{action=\"created\",level=\"high\",mode=\"live\",rule=\"CT-14\"}} 2\n\
         palermo_canary_last_injected_timestamp_seconds{{typology=\"CT-14\"}} 1764500880\n\
         palermo_canary_last_detected_timestamp_seconds{{typology=\"CT-14\"}} 1764500880\n\
         palermo_canary_last_injected_timestamp_seconds{{typology=\"CT-02\"}} 1764500000\n\
         palermo_canary_last_detected_timestamp_seconds{{typology=\"CT-02\"}} 0\n\
         palermo_state_bytes{{store=\"rows\"}} 3221225472\npalermo_memory_max_bytes 17179869184\n\
         palermo_memory_full_seconds 360000\n\
         palermo_checkpoint_last_success_timestamp_seconds 1764500988\npalermo_checkpoint_size_bytes 2097152\n\
         palermo_rule_evaluations_total{{rule=\"MS-08\"}} {evaluations}\n\
         palermo_rule_evaluations_total{{rule=\"ML-03\"}} 7\n",
        records / 100
    ))
}

#[test]
fn a_frame_is_what_the_metrics_say() {
    let lines =
        lines("palermo-0", &look(52_000, 900), &look(50_000, 500), (2_000, 1_764_501_000_500));
    let expected = "\
palermo-0  ready  2025-11-30T11:10:00.000Z
  rules      trafficking-core 2026.11.3  0123456789ab  live 26, shadow 3
  read       1,000 payments/s
  behind     1,234 records, the oldest 1 min 15 s in payments/0
  watermark  2025-11-30T11:00:00.000Z, 10 min ago, held by payments/3
  fates      processed 52,000  late 0  duplicate 0  dead letters 4 (not_json 4)
  totals     balanced 11  short 1 (1,234 payments)  over 0  differs 0
  commits    10/s, 0 broken
  alerts     live: created 2, updated 0, closed 0, retracted 0; shadow: created 0; withheld 0
  canaries   2 typologies, the last one 2 min ago; NOT FOUND: CT-02
  memory     3.0 GiB of 16.0 GiB (19 %), full in 4 d 4 h
  snapshot   12 s ago, 2.0 MiB
  busiest    MS-08 200/s";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn a_frame_has_the_same_height_whatever_is_known() {
    let mut nothing = Look::default();
    nothing.waits_for.push("wait assigned".to_owned());
    let lines = lines("palermo-0", &nothing, &nothing, (1_000, 0));
    assert_eq!(lines.len(), 13);
    assert!(lines[0].contains("NOT READY: wait assigned"), "{}", lines[0]);
    assert!(lines.iter().all(|line| !line.contains("NaN") && !line.contains("inf")), "{lines:?}");
}

#[test]
fn an_engine_that_began_anew_has_no_rate() {
    let document = document(&look(10, 1), &look(50_000, 500), 1_000);
    assert_eq!(document["payments_per_second"], Value::Null);
    assert_eq!(document["records"]["processed"], 10.0);
}

/// Every metric that a frame asks for is exposed.
#[test]
fn what_is_asked_for_is_exposed() {
    let source = include_str!("../frame.rs");
    let names = source.split('"').filter(|text| text.starts_with("palermo_"));
    let mut asked = 0;
    for name in names {
        let base = name.trim_end_matches("_count");
        assert!(palermo_ops::METRICS.iter().any(|def| def.name == base), "`{name}`");
        asked += 1;
    }
    assert!(asked > 20, "{asked}");
}
