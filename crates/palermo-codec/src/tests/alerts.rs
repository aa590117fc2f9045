//! The bytes of an alert: golden, valid, and shaped like the published example.

use super::schemas::{valid, validator};
use crate::{encode_alert, encode_evidence};
use palermo_domain::alert::{
    Action, Actor, Against, Cause, Cite, Counterfactual, EvidencePayment, Flow, IndicatorEvidence,
    InputRange, Level, LinkEvidence, LinkPath, LinkStep, Mode, ModifierEvidence, MoneyIn, Network,
    NetworkEdge, NetworkNode, PagedPayment, Pages, Queue, Role, RuleRef, SuppressorEvidence,
    Undecided,
};
use palermo_domain::{
    Alert, Cents, Currency, Decimal, EventTime, Partition, PaymentKind, Span, TopicRole,
};
use serde_json::Value;

fn at(text: &str) -> EventTime {
    EventTime::parse(text).unwrap()
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

fn actor(entity: &'static str, key: &str, role: Role, function: &'static str) -> Actor {
    Actor { entity, key: key.into(), role, function, masked: role == Role::PotentialVictim }
}

fn node(id: &str, role: Role, function: &'static str) -> NetworkNode {
    NetworkNode { id: id.into(), role, function }
}

fn money(cents: i64) -> MoneyIn {
    MoneyIn { value: Cents(cents), currency: Currency::try_new("USD").unwrap() }
}

fn indicator(id: &str, family: char, margin: Option<Decimal>) -> IndicatorEvidence {
    IndicatorEvidence {
        id: id.into(),
        version: "1.0.0".into(),
        family,
        tier: "A!",
        on: "account/BANK:F".into(),
        points: 30,
        text: "30 people sent \"85\" payments".into(),
        at: at("2026-03-30T00:00:00Z"),
        observed: pairs([("senders", "30"), ("median_in", "338.00"), ("zip", "007"), ("n", "0")]),
        required: pairs([("min_senders", "25"), ("max_age", "60d")]),
        margin,
        cite: Cite {
            key: "FTA26".into(),
            source: "FinCEN".into(),
            doc: "human smuggling trend analysis, 2026".into(),
        },
        evidence: texts(["p-0001", "p-0002"]),
        evidence_total: 85,
    }
}

/// Every field set.
fn full() -> Alert {
    Alert {
        alert_id: "alr_9f3c1e0b7a5d4c22b6f1".into(),
        revision: 2,
        group: "grp_97d4e78d0c90".into(),
        action: Action::Updated,
        cause: Cause::Late,
        held_back: false,
        mode: Mode::Live,
        typology: "CT-14".into(),
        title: "funnel account of smugglers".into(),
        crime: texts(["migrant_smuggling"]),
        stage: texts(["placement", "layering"]),
        amltrix: texts(["T0083", "T0059"]),
        headline: "30 senders, USD 28,475 in 28 days; 92% left as cash near Laredo".into(),
        level: Level::Critical,
        score: 100,
        score_sum: 115,
        bands: (40, 60, 80),
        truncated: true,
        episode_n: 1,
        episode_start: at("2026-03-02T00:00:00Z"),
        episode_last: at("2026-03-30T00:00:00Z"),
        anchor: "account/BANK:F".into(),
        task: "palermo-0".into(),
        subjects: vec![
            actor("account", "BANK:F", Role::Subject, "collector"),
            actor("party", "F", Role::RoleUndetermined, "collector"),
        ],
        related: vec![
            actor("account", "S1", Role::PotentialVictim, "payer"),
            actor("account", "BANK:F", Role::CounterpartyOnly, "other"),
        ],
        related_count: 30,
        amount_in: money(2_847_500),
        amount_out: money(-5),
        payments: 88,
        window: Span::from_days(150),
        triggered_by: "p-0093".into(),
        decided_at: at("2026-03-30T00:00:00Z"),
        detected_at: at("2026-03-30T00:00:00.412Z"),
        watermark: Some(at("2026-03-29T22:00:00Z")),
        is_final: true,
        in_regions: vec![("US-GA".into(), 22), ("US-IL".into(), 21)],
        out_places: vec![("US-TX/Laredo".into(), 3)],
        lists: pairs([("border", "5b0c")]),
        indicators: vec![
            indicator("MS-08", 'N', Some(Decimal::new(20, 2))),
            indicator("ML-03", 'M', None),
        ],
        families: vec!['M', 'N'],
        suppressors: vec![SuppressorEvidence {
            id: "SUP-ROSCA".into(),
            applied: false,
            because: "no sender was ever paid back: 0 of 30".into(),
        }],
        suppressed_by: Vec::new(),
        review: false,
        counterfactuals: vec![Counterfactual {
            text: "this alert would not exist with fewer than 25 senders: there were 30".into(),
            indicator: "MS-08".into(),
            param: "min_senders".into(),
            observed: "30".into(),
            threshold: "25".into(),
            margin: Decimal::new(20, 2),
        }],
        against: vec![Against {
            text: "not found: unrelated senders share contact data".into(),
            indicator: "MS-06".into(),
        }],
        network: Network {
            nodes: vec![
                node("BANK:F", Role::Subject, "collector"),
                node("S1", Role::PotentialVictim, "payer"),
                node("cash in US-TX/Laredo", Role::CounterpartyOnly, "other"),
            ],
            edges: vec![NetworkEdge {
                from: "S1".into(),
                to: "BANK:F".into(),
                by: "payment",
                payments: 3,
                amount: Some(money(93_000)),
            }],
            flows: vec![Flow {
                to: "cash in US-TX/Laredo".into(),
                amount: money(86_000),
                share: Decimal::new(92, 2),
            }],
            central: Some("BANK:F".into()),
            breaks: Some(("BANK:F".into(), Decimal::ONE)),
            truncated: false,
        },
        links: vec![LinkPath {
            text: "CT-02 on BANK:H, which paid BANK:F".into(),
            steps: vec![LinkStep {
                by: "payment",
                from: "BANK:H".into(),
                to: "BANK:F".into(),
                shared: None,
                payments: 3,
                amount: Some(money(930_000)),
                first: at("2026-03-02T00:00:00Z"),
                last: at("2026-03-09T00:00:00Z"),
                ids: texts(["p-0001", "p-0002", "p-0003"]),
            }],
            evidence: vec![LinkEvidence {
                rule: "CT-02".into(),
                on: "account/BANK:H".into(),
                at: at("2026-03-01T00:00:00Z"),
                text: "private residences used as premises".into(),
            }],
        }],
        undecided: vec![Undecided {
            indicator: "MS-06".into(),
            field: "debtor.phone".into(),
            missing: Decimal::new(71, 2),
        }],
        rule: RuleRef {
            id: "CT-14".into(),
            version: "1.0.0".into(),
            logic_sha256: "c41d".into(),
            params_sha256: "77aa".into(),
        },
        ruleset: "trafficking-core@2026.11.1".into(),
        bundle: "b00d".into(),
        input: vec![InputRange {
            partition: Partition { role: TopicRole::Payments, index: 3 },
            from: 918_220,
            to: 921_006,
        }],
        evidence: vec![EvidencePayment {
            id: "p-0001".into(),
            time: at("2026-03-02T00:00:00Z"),
            kind: PaymentKind::Transfer,
            amount: Decimal::new(31_000, 2),
            currency: Currency::try_new("USD").unwrap(),
            other: "S1".into(),
            masked: true,
        }],
        pages: Pages::default(),
        more: Vec::new(),
        investigate: texts(["who else did the senders pay", "where was the cash taken"]),
        prior_alerts: 1,
        urgent: false,
        queue: Queue {
            priority: 10,
            modifiers: vec![ModifierEvidence {
                id: "CT-30".into(),
                version: "1.0.0".into(),
                percent: 10,
                text: "Houston Sample Games in Houston".into(),
            }],
        },
        key_term: Some("FIN-2023-HUMANSMUGGLING".into()),
        report_codes: texts(["38.human_smuggling", "34.funnel_account"]),
    }
}

/// What is left of [`full`] when everything optional is gone and the alert is held back.
fn bare() -> Alert {
    Alert {
        action: Action::Suppressed,
        held_back: true,
        suppressed_by: texts(["SUP-ROSCA"]),
        review: true,
        indicators: vec![indicator("MS-08", 'N', None)],
        families: vec!['N'],
        stage: Vec::new(),
        related: Vec::new(),
        watermark: None,
        in_regions: Vec::new(),
        lists: Vec::new(),
        evidence: Vec::new(),
        investigate: Vec::new(),
        urgent: true,
        queue: Queue::default(),
        key_term: None,
        report_codes: Vec::new(),
        counterfactuals: Vec::new(),
        against: Vec::new(),
        links: Vec::new(),
        network: Network::default(),
        ..full()
    }
}

#[test]
fn the_bytes_are_golden() {
    for (alert, golden) in [
        (full(), include_str!("alert_full.golden.json")),
        (bare(), include_str!("alert_bare.golden.json")),
    ] {
        // The version of the engine changes without the format.
        let version = format!("\"engine\":{{\"version\":\"{}\"}}", crate::ENGINE_VERSION);
        let text = String::from_utf8(encode_alert(&alert)).unwrap();
        let text = text.replace(&version, "\"engine\":{\"version\":\"*\"}");
        assert_eq!(text, golden.trim_end());
        assert_eq!(encode_alert(&alert), encode_alert(&alert.clone()));
        let bytes = encode_alert(&alert);
        let (before, after) = crate::around_engine_version(&bytes);
        assert_eq!([before, b"*", after].concat(), golden.trim_end().as_bytes());
    }
}

#[test]
fn every_action_mode_and_level_is_valid() {
    let schema = validator(include_str!("../../schemas/alert.v1.schema.json"));
    valid(&schema, include_bytes!("../../schemas/alert.v1.example.json"));
    valid(&schema, &encode_alert(&bare()));
    for action in [Action::Created, Action::Updated, Action::Closed, Action::Retracted] {
        for mode in [Mode::Live, Mode::Shadow] {
            for level in [Level::Low, Level::Medium, Level::High, Level::Critical] {
                let causes = [Cause::OnTime, Cause::Late, Cause::Reversal, Cause::RuleRemoved];
                for cause in causes.into_iter().chain([Cause::Merged]) {
                    let alert = Alert { action, mode, level, cause, ..full() };
                    valid(&schema, &encode_alert(&alert));
                }
            }
        }
    }
}

/// The paths of a value; items of arrays are one.
fn shape(value: &Value, at: &str, out: &mut std::collections::BTreeSet<String>) {
    out.insert(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| shape(value, &format!("{at}.{name}"), out));
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, &format!("{at}[]"), out)),
        _ => {}
    }
}

/// What speaks against a finding without being about an indicator names none.
#[test]
fn against_names_an_indicator_where_there_is_one() {
    let mut alert = full();
    let text = "some payments before then were lost".into();
    alert.against.push(Against { text, indicator: String::new() });
    let bytes = encode_alert(&alert);
    valid(&validator(include_str!("../../schemas/alert.v1.schema.json")), &bytes);
    let alert: Value = serde_json::from_slice(&bytes).unwrap();
    let against = alert.pointer("/data/why/against").unwrap().as_array().unwrap();
    assert_eq!(against[0]["indicator"], "MS-06");
    assert_eq!(against[1].as_object().unwrap().keys().collect::<Vec<_>>(), ["text"]);
}

/// Whatever path the example has, the encoder writes, but for what an alert does not know yet.
#[test]
fn the_shape_is_that_of_the_example() {
    let example = include_str!("../../schemas/alert.v1.example.json");
    let shapes = [example.as_bytes(), &encode_alert(&full())].map(|bytes| {
        let mut paths = std::collections::BTreeSet::new();
        shape(&serde_json::from_slice(bytes).unwrap(), "", &mut paths);
        paths
    });
    let missing: Vec<_> = shapes[0]
        .difference(&shapes[1])
        .filter(|path| {
            // Named by data, not by the format.
            let free = [".observed.", ".required.", ".in_regions.", ".out_places."];
            !free.iter().any(|part| path.contains(part))
        })
        .filter(|path| {
            let later = [".counterfactuals[]", ".against[]", ".network.edges[]"];
            !later.iter().any(|part| path.contains(part))
        })
        .collect();
    assert_eq!(missing, [".data.grouping.suppressed_hits", ".data.how.engine.git"]);
}

/// Pages begin where the list of the alert ends, and name what rests on each payment.
#[test]
fn pages_of_evidence_are_valid() {
    let mut alert = full();
    let paged = |id: &str, masked: bool, indicators: &[u16]| PagedPayment {
        payment: EvidencePayment { id: id.into(), masked, ..alert.evidence[0].clone() },
        indicators: indicators.to_vec(),
    };
    let more = vec![
        vec![paged("p-3", true, &[0]), paged("p-4", false, &[0, 1])],
        vec![paged("p-2", false, &[1])],
    ];
    alert.pages = Pages { count: 3, revision: alert.revision, unlisted: 7, digest: 1 };
    alert.more = more;
    let schema = validator(include_str!("../../schemas/evidence.v1.schema.json"));
    let pages: Vec<Value> = encode_evidence(&alert)
        .map(|page| {
            valid(&schema, &page);
            serde_json::from_slice(&page).unwrap()
        })
        .collect();
    let ids: Vec<&str> = pages.iter().map(|page| page["id"].as_str().unwrap()).collect();
    let id = format!("{}:{}:alerts", alert.alert_id, alert.revision);
    assert_eq!(ids, [format!("{id}:2"), format!("{id}:3")]);
    let on = |page: usize, at: usize| pages[page]["data"]["payments"][at].clone();
    assert_eq!(on(0, 0)["masked"], true);
    assert_eq!(on(0, 1).get("masked"), None);
    let named = [alert.indicators[0].id.as_str(), alert.indicators[1].id.as_str()];
    assert_eq!(on(0, 1)["indicators"], serde_json::json!(named));
    assert_eq!(on(1, 0)["id"], "p-2");
    let told: Value = serde_json::from_slice(&encode_alert(&alert)).unwrap();
    let evidence = &told["data"]["evidence"];
    assert_eq!(evidence["pages"], 3);
    assert_eq!(evidence["pages_revision"], alert.revision);
    assert_eq!(evidence["unlisted"], 7);
}
