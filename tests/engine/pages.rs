//! Evidence that is too much for an alert, against a plain list of the payments of a window.
//!
//! Sees: a payment that is on no page, on two, or on one though it does not count; pages in another order; an
//! indicator that rests on a payment and is not named; a possible victim who is not masked; a revision that
//! names pages that were never published; pages that are published twice; what a bound leaves out and
//! nobody is told of.

use crate::harness::{Run, config, records, run, text, validator, with_end};
use crate::rules::usd;
use crate::story::transfer;
use crate::typologies::plain_rules;
use palermo_domain::{EventTime, OutputTopic, Span, Status};
use palermo_testkit::Owned;
use palermo_testkit::scene::{Arrival, START, reversal};
use palermo_testkit::world::World;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const OWN: &str = "BANK:A";
const LISTED: usize = 100;
const PAGE: usize = 1000;
const PAGES: usize = 20;

/// Credits of as many senders over fifty hours, and what decides: two small debits.
fn gathered(credits: usize) -> Vec<Owned> {
    let start = START.midnight();
    let every = 50 * 3_600_000 / credits as i64;
    let mut all: Vec<Owned> = (0..credits)
        .map(|at| {
            let time = EventTime(start.0 + every * at as i64);
            Owned {
                event_time: time,
                ..transfer(&format!("C{at}"), 0, &format!("S{at}"), OWN, 2000)
            }
        })
        .collect();
    for at in 0..2 {
        let time = EventTime(start.0 + 50 * 3_600_000 + at * 1000);
        let debit = transfer(&format!("D{at}"), 0, OWN, "BANK:Z", 3000);
        all.push(Owned { event_time: time, ..debit });
    }
    all
}

/// The ids of the payments that an alert of CT-91 decided at a time rests on, oldest first: credits of
/// three days (I-1) and debits of two (I-2), without those that were taken back by then.
fn expected(all: &[Owned], gone: &BTreeSet<String>, at: EventTime) -> Vec<(String, bool)> {
    let mut found: Vec<(EventTime, String, bool)> = Vec::new();
    for payment in all.iter().filter(|payment| payment.status == Status::Booked) {
        let id = payment.payment_id.expose().to_string();
        let credit = payment.creditor.account.as_ref().is_some_and(|own| own.expose() == OWN);
        let days = if credit { 3 } else { 2 };
        let time = payment.event_time;
        if time <= at && time >= at.minus(Span::from_days(days)) && !gone.contains(&id) {
            found.push((time, id, credit));
        }
    }
    found.sort();
    found.into_iter().map(|(_, id, credit)| (id, credit)).collect()
}

type Pages = BTreeMap<(String, u64, u64), Vec<Value>>;

/// Every page by alert, revision and number.
fn pages(run: &Run) -> Pages {
    let schema = include_str!("../../crates/palermo-codec/schemas/evidence.v1.schema.json");
    let (schema, mut all) = (validator(schema), Pages::new());
    for page in run.revisions(OutputTopic::Evidence) {
        if let Err(error) = schema.validate(&page) {
            panic!("{error} at {}", error.instance_path());
        }
        let data = &page["data"];
        let number = |name: &str| data[name].as_u64().expect("a number");
        let key = (text(&data["alert_id"]), number("revision"), number("page"));
        let payments = data["payments"].as_array().cloned().expect("payments");
        assert!(all.insert(key, payments).is_none(), "a page twice");
    }
    all
}

/// A revision lists what it rests on, with its pages.
fn check(alert: &Value, all: &Pages, expected: &[(String, bool)]) {
    let data = &alert["data"];
    let evidence = &data["evidence"];
    let number = |name: &str| evidence[name].as_u64().unwrap_or(0);
    let (id, count) = (text(&data["alert_id"]), number("pages"));
    let mut listed: Vec<Value> = Vec::new();
    for page in (2..=count).rev() {
        let key = (id.clone(), number("pages_revision"), page);
        listed.extend(all.get(&key).unwrap_or_else(|| panic!("{key:?} is not there")).clone());
    }
    listed.extend(evidence["payments"].as_array().cloned().unwrap_or_default());
    let cut = expected.len().saturating_sub(LISTED + PAGE * PAGES);
    assert_eq!(number("total"), expected.len() as u64);
    assert_eq!(number("unlisted"), cut as u64);
    let ids: Vec<String> = listed.iter().map(|one| text(&one["id"])).collect();
    let wanted: Vec<String> = expected[cut..].iter().map(|(id, _)| id.clone()).collect();
    assert!(ids == wanted, "{} of {} are listed", ids.len(), wanted.len());
    for (one, (id, credit)) in listed.iter().zip(&expected[cut..]) {
        assert_eq!(one["masked"] == true, *credit, "{id}");
        let named = one["indicators"].as_array().cloned().unwrap_or_default();
        let says = |indicator: &str| named.iter().any(|known| known == indicator);
        if !named.is_empty() {
            assert_eq!((says("I-1"), says("I-2")), (*credit, !credit), "{id}");
        }
    }
}

fn revisions(run: &Run, typology: &str) -> Vec<Value> {
    let mut all = run.revisions(OutputTopic::Alerts);
    all.retain(|alert| alert["data"]["typology"] == typology);
    all
}

fn played(all: &[Owned]) -> Run {
    let world = World { base: usd(), rates: Vec::new(), parties: Vec::new() };
    let arrive = |payment: &Owned| Arrival {
        payment: payment.clone(),
        at: payment.event_time.0,
        partition: 0,
    };
    let arrivals = with_end(all.iter().map(arrive).collect(), 1, 60);
    let config = config(Span::from_days(1), Span::from_days(90));
    run(&config, &plain_rules(), 1, &records(&world, &arrivals))
}

#[test]
fn every_payment_is_on_one_page() {
    for (credits, pages_there) in [(99, 1), (100, 2), (1099, 2), (1100, 3), (2500, 4)] {
        let all = gathered(credits);
        let run = played(&all);
        let pages = pages(&run);
        let alerts = revisions(&run, "CT-91");
        assert_eq!(alerts[0]["data"]["evidence"]["pages"], pages_there, "{credits}");
        assert!(alerts.len() >= 2, "an end, too");
        for alert in &alerts {
            let at = EventTime::parse(&text(&alert["time"]));
            check(alert, &pages, &expected(&all, &BTreeSet::new(), at.expect("a time")));
        }
        // What is said again is not published again.
        let published = pages.keys().filter(|key| key.0 == text(&alerts[0]["data"]["alert_id"]));
        let said = |alert: &Value| {
            let number = |name: &str| alert["data"]["evidence"][name].as_u64();
            Some((number("pages_revision")?, number("pages")?))
        };
        let named: BTreeMap<u64, u64> = alerts.iter().filter_map(said).collect();
        assert_eq!(published.count() as u64, named.values().map(|pages| pages - 1).sum::<u64>());
    }
}

/// A payment that is taken back leaves its page, and the pages are published anew.
#[test]
fn a_reversal_changes_the_pages() {
    let mut all = gathered(1500);
    let back = EventTime(all[1501].event_time.0 + 1000);
    all.push(reversal(&all[700], "R1".to_owned(), back));
    let run = played(&all);
    let pages = pages(&run);
    let alerts = revisions(&run, "CT-91");
    // It is taken back within the lateness: the final revision is the one that knows.
    let is_final = |alert: &&Value| alert["data"]["when"]["final"] == true;
    let first = alerts.iter().find(is_final).expect("a final revision");
    assert_eq!(first["data"]["evidence"]["pages_revision"], first["data"]["revision"]);
    for alert in &alerts {
        let gone: BTreeSet<String> =
            is_final(&alert).then(|| "C700".to_owned()).into_iter().collect();
        let at = EventTime::parse(&text(&alert["time"])).expect("a time");
        check(alert, &pages, &expected(&all, &gone, at));
    }
}

/// Twenty pages and no more; how many of the oldest are left out is told.
#[test]
fn the_bound_on_pages_is_told() {
    let all = gathered(LISTED + PAGE * PAGES + 7);
    let run = played(&all);
    let pages = pages(&run);
    let alert = revisions(&run, "CT-91").remove(0);
    assert_eq!(alert["data"]["evidence"]["pages"], PAGES as u64 + 1);
    let at = EventTime::parse(&text(&alert["time"])).expect("a time");
    check(&alert, &pages, &expected(&all, &BTreeSet::new(), at));
    let sizes = run.effects.iter().filter_map(|effect| Some(effect.value.as_ref()?.len()));
    let longest = sizes.max();
    assert!(longest.is_some_and(|bytes| bytes < 1 << 20), "{longest:?} bytes");
    let nodes = alert["data"]["network"]["nodes"].as_array().expect("nodes");
    assert!(nodes.len() <= 2 * LISTED + 2, "{} nodes", nodes.len());
}
