//! Modifiers against an oracle that goes through the calendar day by day.
//!
//! Sees: a modifier that makes, changes or hides an alert, one that is read at another time than the
//! deciding one or for another person than the holder of the anchor, a row that counts a day too long
//! or where a later version lies over it, a place in the queue that depends on the order of arrival.

use crate::harness::{Run, cases, config, records, run, same_alerts, text, with_end};
use crate::rules::*;
use crate::story::{arrivals, at, finding, nobody, transfer};
use crate::typologies;
use palermo_domain::{Date, EventTime, MicroDegrees, OutputTopic, Party, Span, distance};
use palermo_lang::program::*;
use palermo_testkit::Owned;
use palermo_testkit::scene::{Arrival, START, arrive, delays, drafts, party, payments, worlds};
use palermo_testkit::world::World;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

const LATENESS: Span = Span::from_days(1);
const KM: i64 = 150;

/// A version of a row: its key, town, first day and last day of the scene.
type Drawn = (u8, u8, i32, i32);

fn calendar() -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec((0..3_u8, 0..6_u8, -6..24_i32, 0..7_i32), 0..6)
}

fn key(index: u8) -> String {
    format!("E{index}")
}

fn coordinates(of: &Party) -> Option<(MicroDegrees, MicroDegrees)> {
    of.home.as_ref()?.expose().coordinates
}

/// As the compiler reads it: one version for each first day, the last one written counts.
fn versions(drawn: &[Drawn]) -> BTreeMap<(String, Date), (u8, Date)> {
    let day = |day: i32| Date(START.0 + day);
    drawn
        .iter()
        .map(|&(row, town, from, days)| ((key(row), day(from)), (town, day(from + days))))
        .collect()
}

fn list(drawn: &[Drawn]) -> List {
    // Not in order of keys: that decides between rows that are equally near.
    let rows = versions(drawn).into_iter().rev().filter_map(|((key, from), (town, to))| {
        let (lat, lon) = coordinates(&party("X", &[], town))?;
        let degrees = |micro: MicroDegrees| {
            let micro = i64::from(micro.0);
            Some(Literal::Decimal(palermo_domain::Decimal::new(micro, 6)))
        };
        Some(Row { key, cells: vec![degrees(lat), degrees(lon)], valid: (from, to) })
    });
    List {
        id: "events".into(),
        version: "1.0.0".into(),
        sha256: "9".repeat(64),
        reviewed: Date(0),
        columns: vec![("lat".into(), Type::Decimal), ("lon".into(), Type::Decimal)],
        rows: rows.collect(),
    }
}

/// The typologies of the oracle with two modifiers, one of them of one typology only.
fn rules(drawn: &[Drawn], before: i64, after: i64) -> RuleSet {
    let days = |days: i64| Expr::Literal(Literal::Duration(Span::from_days(days)));
    let near = Expr::NearDays(Box::new(NearDays {
        place: field(own(EndField::Home)),
        list: ListId(0),
        km: number(&KM.to_string()),
        before: days(before),
        after: days(after),
    }));
    let modifier = |id: &str, applies_to: &[&str], percent, when: Expr| Modifier {
        id: id.into(),
        version: "1.0.0".into(),
        title: id.into(),
        applies_to: applies_to.iter().map(|id| (*id).to_owned()).collect(),
        params: Vec::new(),
        lists: vec![ListId(0)],
        near: Some(near.clone()),
        when,
        percent,
        text: Template(vec![
            Piece::Row(RowPart::Key),
            Piece::Text(" ".into()),
            Piece::Row(RowPart::From),
            Piece::Text(" ".into()),
            Piece::Row(RowPart::To),
            Piece::Text(" ".into()),
            Piece::Row(RowPart::Km),
        ]),
        logic_sha256: "7".repeat(64),
        params_sha256: "8".repeat(64),
    };
    let mut rules = typologies::plain_rules();
    rules.lists = vec![list(drawn)];
    rules.modifiers = vec![
        modifier("QQ-01", &["CT-91", "CT-92", "CT-93"], 10, near.clone()),
        modifier("QQ-02", &["CT-92"], 5, Expr::Not(Box::new(near.clone()))),
    ];
    rules
}

/// The row that the text must name: over every day that counts, the version in force on it.
fn naive(
    drawn: &[Drawn],
    home: (MicroDegrees, MicroDegrees),
    at: EventTime,
    (before, after): (i64, i64),
) -> Option<String> {
    let all = versions(drawn);
    let today = at.date().0;
    let mut found = Vec::new();
    for day in today - i32::try_from(after).ok()?..=today + i32::try_from(before).ok()? {
        for row in 0..3 {
            let in_force = all.iter().filter(|((known, from), (_, to))| {
                *known == key(row) && from.0 <= day && day <= to.0
            });
            let Some(((key, from), (town, to))) = in_force.max_by_key(|((_, from), _)| *from)
            else {
                continue;
            };
            let Some(place) = coordinates(&party("X", &[], *town)) else { continue };
            let tenths = distance(home, place).0;
            if tenths <= KM * 10 {
                let km = palermo_domain::Decimal::new(tenths, 1).normalize();
                found.push((tenths, key.clone(), *from, format!("{key} {from} {to} {km}")));
            }
        }
    }
    found.into_iter().min().map(|(.., text)| text)
}

/// The home of the holder of an anchor, where a payment of theirs was there by then.
fn home(
    world: &World,
    payments: &[Owned],
    anchor: &str,
    at: EventTime,
) -> Option<(MicroDegrees, MicroDegrees)> {
    let first = |account: &str| {
        world.parties.iter().find(|party| {
            party.accounts.iter().any(|own| own.holder && own.account.expose() == account)
        })
    };
    let (kind, key) = anchor.split_once('/')?;
    let holder = if kind == "account" {
        first(key)?
    } else {
        let party = world.parties.iter().find(|party| party.party.expose() == key)?;
        let pays = |account: &str| {
            payments.iter().any(|payment| {
                let ends = [&payment.debtor, &payment.creditor];
                payment.event_time <= at
                    && ends.iter().any(|end| {
                        end.account.as_ref().is_some_and(|own| own.expose().as_ref() == account)
                    })
            })
        };
        let mine = |own: &&palermo_domain::OwnedAccount| {
            let account = own.account.expose();
            first(account).is_some_and(|of| of.party.expose() == key) && pays(account)
        };
        party.accounts.iter().find(mine)?;
        party
    };
    coordinates(holder)
}

fn play(world: &World, all: &[Owned], delays: &[(u32, u8)], rules: &RuleSet) -> Run {
    let arrivals = with_end(arrive(all, delays, LATENESS, 1), 1, 90);
    let config = config(LATENESS, Span::from_days(30));
    run(&config, rules, 1, &records(world, &arrivals))
}

/// An alert without its place in the queue and the lists that decide it.
fn without_queue(alerts: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields
                    .retain(|name, _| !["priority", "modifiers", "lists"].contains(&name.as_str()));
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let stripped = |(id, mut alert): (String, Value)| {
        strip(&mut alert);
        (id, alert)
    };
    alerts.into_iter().map(stripped).collect()
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_modifier_says_where_in_the_queue_and_nothing_else(
        world in worlds(),
        drafts in drafts(40, 10..45),
        late in delays(LATENESS),
        drawn in calendar(),
        before in 0..5_i64,
        after in 0..5_i64,
    ) {
        let all = payments(&drafts);
        let rules = rules(&drawn, before, after);
        let last = play(&world, &all, &[(0, 0)], &rules).last(OutputTopic::Alerts);
        let mut plain = rules.clone();
        plain.modifiers.clear();
        let without = play(&world, &all, &[(0, 0)], &plain).last(OutputTopic::Alerts);
        same_alerts(&without_queue(last.clone()), &without_queue(without), "with modifiers")?;
        let other = play(&world, &all, &late, &rules).last(OutputTopic::Alerts);
        same_alerts(&other, &last, "in another order")?;
        for alert in last.values() {
            let data = &alert["data"];
            let at = EventTime::parse(&text(&alert["time"])).expect("a deciding time");
            let typology = text(&data["typology"]);
            let home = home(&world, &all, &text(&alert["subject"]), at);
            let row = home.and_then(|home| naive(&drawn, home, at, (before, after)));
            let mut expected = Vec::new();
            if let Some(row) = row.clone().filter(|_| typology != "CT-94") {
                expected.push(("QQ-01".to_owned(), 10, row));
            }
            if typology == "CT-92" && home.is_some() && row.is_none() {
                let unknown = "something unknown ".repeat(4).trim_end().to_owned();
                expected.push(("QQ-02".to_owned(), 5, unknown));
            }
            let queue = &data["workflow"];
            let found: Vec<(String, u64, String)> = queue["modifiers"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| {
                    let percent = one["priority"].as_u64().unwrap_or_default();
                    (text(&one["id"]), percent, text(&one["text"]))
                })
                .collect();
            let sum: u64 = expected.iter().map(|(_, percent, _)| percent).sum();
            prop_assert_eq!(&found, &expected, "{} decided at {}", typology, at);
            prop_assert_eq!(queue["priority"].as_u64(), Some(sum));
        }
    }
}

/// A town that is farther from the first one than the modifiers look.
fn far() -> u8 {
    let here = coordinates(&party("X", &[], 0)).expect("the first town has coordinates");
    let is_far = |town: &u8| {
        coordinates(&party("X", &[], *town)).is_some_and(|there| distance(here, there).0 > KM * 10)
    };
    (1..6).find(is_far).expect("a town far away")
}

/// Which modifiers raise the finding of `story`, by anchor of CT-92.
fn raised(
    parties: Vec<Party>,
    more: Vec<Arrival>,
    drawn: &[Drawn],
    days: (i64, i64),
) -> BTreeMap<String, Vec<String>> {
    let mut world = nobody();
    world.parties = parties;
    let all = arrivals(finding().into_iter().chain(more).collect());
    let config = config(LATENESS, Span::from_days(30));
    let run = run(&config, &rules(drawn, days.0, days.1), 1, &records(&world, &all));
    let last = run.last(OutputTopic::Alerts);
    let of = last.values().filter(|alert| alert["data"]["typology"] == "CT-92");
    of.map(|alert| {
        let all = alert["data"]["workflow"]["modifiers"].as_array().expect("a list");
        (text(&alert["subject"]), all.iter().map(|one| text(&one["id"])).collect())
    })
    .collect()
}

/// A party that holds an account beside another one is not read through it, nor by what comes later.
#[test]
fn the_home_is_that_of_the_holder_of_the_anchor() {
    let near = party("ONE", &[("BANK:A", None)], 0);
    let other = party("TWO", &[("BANK:A", None), ("BANK:C9", None)], far());
    let event = [(0, 0, -2, 6)];
    let later = at(transfer("L", 60, "BANK:X", "BANK:C9", 1), 0);
    let found = raised(vec![near, other], vec![later], &event, (0, 0));
    let expected = [("party/ONE", vec!["QQ-01"]), ("party/TWO", vec![])];
    let expected = expected.map(|(anchor, ids)| {
        (anchor.to_owned(), ids.into_iter().map(str::to_owned).collect::<Vec<String>>())
    });
    assert_eq!(found, BTreeMap::from(expected));
}

/// A version that another one lies over counts again from the day after that one on.
#[test]
fn a_version_counts_on_the_days_on_which_it_is_in_force() {
    let one = || vec![party("ONE", &[("BANK:A", None)], 0)];
    // The finding is decided on the second day, on which the row is far away.
    let moved = [(0, 0, -6, 26), (0, far(), 0, 1)];
    let ids = |days| raised(one(), Vec::new(), &moved, days).remove("party/ONE").expect("an alert");
    assert_eq!(ids((0, 0)), ["QQ-02"]);
    assert_eq!(ids((1, 0)), ["QQ-01"]);
    assert_eq!(ids((0, 1)), ["QQ-02"]);
    assert_eq!(ids((0, 2)), ["QQ-01"]);
}
