//! Two versions side by side, as their topics hold them.

use super::*;

/// A revision that an alert of `payments` on an account would have.
fn revision(topic: Topic, version: &str, account: &str, day: u32, payments: &[&str]) -> Revision {
    let at = format!("2026-03-{day:02}T12:00:00Z");
    let document = json!({
        "subject": format!("account/{account}"),
        "time": at,
        "data": {
            "alert_id": format!("alr_{}_{account}", topic.as_str()),
            "revision": 1,
            "action": "created",
            "typology": "CT-14",
            "title": "Border funnel account",
            "headline": format!("{} payments to {account}", payments.len()),
            "level": "high",
            "score": 60,
            "episode": {"start": at, "last": at},
            "who": {"subjects": [{"key": account, "masked": account == "V"}]},
            "when": {"detected_at": at},
            "how": {"rule": {"version": version}},
            "why": {"indicators": [{"evidence": payments}]},
        },
    });
    Revision::read(topic, document.to_string().as_bytes()).unwrap()
}

fn arguments(since: Option<&str>, until: Option<&str>) -> ShadowReportArgs {
    use clap::Parser;
    let mut words = vec!["palermo", "shadow", "report", "--from", "x"];
    words.extend(since.iter().flat_map(|since| ["--since", since]));
    words.extend(until.iter().flat_map(|until| ["--until", until]));
    let command = crate::args::Cli::try_parse_from(words).unwrap().command;
    match command {
        crate::args::Command::Shadow(crate::args::ShadowCommand::Report(arguments)) => arguments,
        other => panic!("{other:?}"),
    }
}

fn told_by_both() -> Alerts {
    let mut alerts = Alerts::default();
    for (topic, version, account, day, payments) in [
        (Topic::Alerts, "1.0.0", "A", 1, &["p1", "p2"][..]),
        (Topic::Alerts, "1.0.0", "B", 2, &["p3"]),
        (Topic::Alerts, "1.0.0", "V", 10, &["p9"]),
        (Topic::Shadow, "1.1.0", "A", 1, &["p1", "p2"]),
        (Topic::Shadow, "1.1.0", "B", 4, &["p3"]),
        (Topic::Shadow, "1.1.0", "C", 5, &["p4"]),
    ] {
        alerts.add(revision(topic, version, account, day, payments));
    }
    alerts
}

#[test]
fn a_challenger_is_compared_alert_by_alert() {
    let arguments = arguments(None, None);
    let (typologies, masks) = sorted(&told_by_both(), &arguments);
    let period = Period::of(&arguments, &typologies).unwrap();
    assert_eq!(period.days, 10);
    let typology = &typologies["CT-14"];
    let version = typology.shadow.first_key_value().unwrap();
    let lines = lines("CT-14", typology, version, &period, &masks);
    assert_eq!(
        lines,
        [
            "CT-14 1.1.0 in shadow: Border funnel account",
            "  shadow     3 alerts",
            "  live       3 alerts (1.0.0)",
            "  agreement  2/4 50% [15-85%] of what either told",
            "  alerts     1 only live, 1 only shadow, 1 later in shadow, 1 same",
            "  only live         alr_alerts_V  2026-03-10  potential victim 1 (masked)  high 60  1 payments to potential victim 1 (masked)",
            "  only shadow       alr_alerts.shadow_C  2026-03-05  account/C  high 60  1 payments to C",
            "  later in shadow   alr_alerts.shadow_B  2026-03-04  account/B  high 60  1 payments to B",
        ]
    );
    let document = document("CT-14", typology, version, &period, &masks);
    assert_eq!(document["changes"]["lost"], 1);
    assert_eq!(document["shadow"]["month_mean"], Value::Null);
    assert!(!document.to_string().contains("account/V"), "{document}");
}

#[test]
fn only_what_was_told_in_the_time_counts() {
    // The end is left out, of a day its midnight.
    for (since, until, live, shadow, days) in [
        ("2026-03-03", "2026-03-31", 1, 2, 28),
        ("2026-03-03", "2026-03-05", 0, 1, 2),
        ("2026-03-03", "2026-03-05T12:00:00.001Z", 0, 2, 3),
        ("2026-03-01", "2026-03-02", 1, 1, 1),
    ] {
        let arguments = arguments(Some(since), Some(until));
        let (typologies, _) = sorted(&told_by_both(), &arguments);
        let period = Period::of(&arguments, &typologies).unwrap();
        let typology = &typologies["CT-14"];
        let found = typology.shadow.get("1.1.0").map_or(0, Vec::len);
        assert_eq!((typology.live.len(), found, period.days), (live, shadow, days), "{until}");
    }
}

#[test]
fn the_mean_of_a_month_needs_both_ends() {
    let month = |since, until, told| {
        let arguments = arguments(since, until);
        Period::of(&arguments, &sorted(&told_by_both(), &arguments).0).unwrap().month(told)
    };
    let (since, until) = (Some("2026-03-03"), Some("2026-03-31"));
    assert_eq!(month(since, until, 28), Some((30, 19, 44)));
    assert_eq!(month(since, until, 0), Some((0, 0, 4)));
    assert_eq!(month(since, Some("2026-05-02"), 2), Some((1, 0, 4)));
    assert_eq!((month(since, None, 28), month(None, None, 28)), (None, None));
}
