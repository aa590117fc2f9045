//! What holds of every alert and of every sequence of revisions, whatever the input.
//!
//! Sees: an alert on one indicator or too few families, a possible victim among the subjects, a
//! headline that is too long, evidence that nobody sent, a field that the schema does not know, a
//! gap in the revisions, a revision after the end, an `updated` of something never created.

use crate::harness::{self, Run, config, records, run, text, with_end};
use crate::typologies::rules;
use palermo_domain::{OutputTopic, Span};
use palermo_testkit::scene::{arrive, disturb, disturbances, drafts, payments, worlds};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| {
        harness::validator(include_str!("../../crates/palermo-codec/schemas/alert.v1.schema.json"))
    })
}

/// Everything that must hold of what a run published.
pub fn check(run: &Run, sent: &BTreeSet<String>) -> Result<(), TestCaseError> {
    for topic in [OutputTopic::Alerts, OutputTopic::Suppressed] {
        run.revisions(topic).iter().try_for_each(|alert| one(alert, sent))?;
    }
    check_life(run)
}

/// The part of it that concerns the sequence of revisions; cheap.
pub fn check_life(run: &Run) -> Result<(), TestCaseError> {
    for topic in [OutputTopic::Alerts, OutputTopic::Suppressed] {
        life(&run.revisions(topic), topic)?;
    }
    grouped(run)
}

/// Alerts that stand open have one group where one is about an account or party that the other names as
/// more than a counterparty. The whole definition is compared beside the code; this sees that the
/// engine tells the groups of what it publishes.
fn grouped(run: &Run) -> Result<(), TestCaseError> {
    let last = run.last(OutputTopic::Alerts).into_values();
    let open: Vec<Value> = last
        .map(|alert| alert["data"].clone())
        .filter(|data| data["action"] == "created" || data["action"] == "updated")
        .collect();
    let keys = |data: &Value, list: &str| -> BTreeSet<String> {
        let all = data["who"][list].as_array().cloned().unwrap_or_default();
        let named = all.iter().filter(|actor| actor["role"] != "counterparty_only");
        named.map(|actor| text(&actor["key"])).collect()
    };
    for (at, one) in open.iter().enumerate() {
        let own = keys(one, "subjects");
        let named = &own | &keys(one, "related");
        for other in open.iter().skip(at + 1) {
            let theirs = keys(other, "subjects");
            let tied = !named.is_disjoint(&theirs) || !own.is_disjoint(&keys(other, "related"));
            let (a, b) = (&one["grouping"]["group_id"], &other["grouping"]["group_id"]);
            prop_assert!(!tied || a == b, "{} and {}", one["alert_id"], other["alert_id"]);
        }
    }
    Ok(())
}

fn one(alert: &Value, sent: &BTreeSet<String>) -> Result<(), TestCaseError> {
    if let Err(error) = validator().validate(alert) {
        return Err(TestCaseError::fail(format!("{error} at {}", error.instance_path())));
    }
    let data = &alert["data"];
    let id = text(&data["alert_id"]);
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let indicators: BTreeSet<String> =
        list(&data["why"]["indicators"]).iter().map(|one| text(&one["id"])).collect();
    prop_assert!(indicators.len() >= 2, "{}: one indicator", id);
    let families: BTreeSet<String> =
        list(&data["why"]["indicators"]).iter().map(|one| text(&one["family"])).collect();
    let needed = if data["typology"] == "CT-94" { 2 } else { 3 };
    prop_assert!(families.len() >= needed, "{}: families {:?}", id, families);
    let subjects = list(&data["who"]["subjects"]);
    prop_assert!(!subjects.is_empty(), "{}: nobody", id);
    for subject in &subjects {
        prop_assert_ne!(&subject["role"], "potential_victim", "{}", id);
    }
    let headline = text(&data["headline"]);
    prop_assert!(headline.chars().count() <= 160, "{}: {}", id, headline);
    let score = data["score"].as_u64().unwrap_or(101);
    prop_assert!(score <= 100, "{}: score {}", id, score);
    for one in list(&data["why"]["indicators"]) {
        let evidence = list(&one["evidence"]);
        prop_assert!(!evidence.is_empty(), "{}: {} has no evidence", id, one["id"]);
        for payment in evidence {
            prop_assert!(sent.contains(&text(&payment)), "{}: {} was never sent", id, payment);
        }
    }
    Ok(())
}

/// Revisions of one topic.
fn life(revisions: &[Value], topic: OutputTopic) -> Result<(), TestCaseError> {
    let mut known: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut groups: BTreeMap<String, Value> = BTreeMap::new();
    for alert in revisions {
        let data = &alert["data"];
        let (id, action) = (text(&data["alert_id"]), text(&data["action"]));
        let revision = data["revision"].as_u64().unwrap_or(0);
        let (last, before) = known.get(&id).cloned().unwrap_or_default();
        prop_assert_eq!(revision, last + 1, "{}: a gap before `{}`", id, action);
        let allowed: &[&str] = match (topic, before.as_str()) {
            (OutputTopic::Suppressed, "" | "retracted") => &["suppressed"],
            (OutputTopic::Suppressed, "suppressed") => &["suppressed", "closed", "retracted"],
            (_, "" | "retracted") => &["created"],
            (_, "created" | "updated") => &["updated", "closed", "retracted"],
            // A group may merge with another after an episode has ended.
            (_, "closed") if data["cause"] == "merged" => &["closed"],
            _ => &[],
        };
        prop_assert!(allowed.contains(&action.as_str()), "{}: `{}` after `{}`", id, action, before);
        let numbers_settled = data["when"]["final"] == true || action != "closed";
        prop_assert!(numbers_settled, "{}: closed and not final", id);
        let before = groups.insert(id.clone(), data["grouping"]["group_id"].clone());
        let is_news = data["cause"] != "merged" || before.as_ref() != groups.get(&id);
        prop_assert!(is_news, "{}: merged, and the group is the same", id);
        known.insert(id, (revision, action));
    }
    Ok(())
}

proptest! {
    #![proptest_config(harness::cases(90))]

    /// Duplicates, conflicts, reversals of every sort, late payments, eviction and ends of episodes
    /// together: nothing is promised about which alerts there are, everything about each of them.
    #[test]
    fn every_alert_can_be_followed(
        world in worlds(),
        drafts in drafts(40, 10..50),
        disturbances in disturbances(8),
        delays in palermo_testkit::scene::delays(Span::from_days(3)),
        lateness in 0..4_i64,
        horizon in 4..40_i64,
    ) {
        let mut all = payments(&drafts);
        disturb(&mut all, &disturbances);
        let arrivals = with_end(arrive(&all, &delays, Span::from_days(3), 2), 2, 60);
        let sent: BTreeSet<String> =
            all.iter().map(|payment| payment.payment_id.expose().to_string()).collect();
        let config = config(Span::from_days(lateness), Span::from_days(horizon));
        let run = run(&config, &rules(), 2, &records(&world, &arrivals));
        check(&run, &sent)?;
    }
}

/// The property above is worth something only if there are alerts, and every action among them.
#[test]
fn the_scenes_make_alerts_of_every_action() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut actions: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..60 {
        let strategy = (
            worlds(),
            drafts(40, 20..50),
            disturbances(8),
            palermo_testkit::scene::delays(Span::from_days(1)),
        );
        let (world, drafts, more, delays) =
            strategy.new_tree(&mut runner).expect("a case").current();
        let mut all = payments(&drafts);
        disturb(&mut all, &more);
        let arrivals = with_end(arrive(&all, &delays, Span::from_days(1), 1), 1, 60);
        let config = config(Span::from_days(1), Span::from_days(30));
        let run = run(&config, &rules(), 1, &records(&world, &arrivals));
        for topic in [OutputTopic::Alerts, OutputTopic::Suppressed] {
            for alert in run.revisions(topic) {
                *actions.entry(text(&alert["data"]["action"])).or_default() += 1;
            }
        }
    }
    for action in ["created", "updated", "closed", "retracted", "suppressed"] {
        assert!(actions.get(action).copied().unwrap_or(0) >= 10, "{action}: {actions:?}");
    }
}
