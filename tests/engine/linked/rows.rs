//! Bounds of linked evidence, each at its edge, by hand beside the oracle.
//!
//! Sees: a hostel that links, a kiosk that does not at sixteen, a supermarket that carries money on, a
//! cut that is not said, a bound that is counted over another window than that of the finding.

use super::oracle::Oracle;
use super::scene::{TAGS, world};
use super::{agree, play, same, spec, told};
use crate::story::transfer;
use palermo_domain::alert::Mode;
use palermo_domain::{Device, EventTime, Status, Terminal};
use palermo_testkit::Owned;
use palermo_testkit::scene::{START, reversal, text};
use palermo_testkit::world::World;
use serde_json::Value;
use std::borrow::Cow;

const PAYMENT: u8 = 1;
const DEVICE: u8 = 2;
const TERMINAL: u8 = 64;
const ALL: u8 = 255;

/// So many minutes after the beginning; the tags are A, B, E in this order.
fn pay(id: &str, minute: i64, from: &str, to: &str, tag: Option<usize>) -> Owned {
    let mut payment = transfer(id, 0, &format!("BANK:{from}"), &format!("BANK:{to}"), 10_000);
    payment.event_time = EventTime(payment.event_time.0 + minute * 60_000);
    payment.purpose = tag.map(|tag| Cow::Borrowed(TAGS[tag]));
    payment
}

fn by(mut payment: Owned, device: &str) -> Owned {
    payment.device = Some(Device { id: Some(text(device)), ..Device::default() });
    payment
}

/// The anchor is A, and X has the evidence.
fn both(minute: i64) -> Vec<Owned> {
    vec![pay("A1", minute, "W", "A", Some(0)), pay("E1", minute + 1, "V", "X", Some(2))]
}

fn nobody() -> World {
    world(&[], false)
}

/// What CT-81 says of A: ids on the path, as in the oracle and in every order.
fn found(sent: &[Owned], left: &[Owned], mask: u8, hops: u8) -> Option<Vec<String>> {
    let rules = spec::rules([(mask, hops); 4], 3);
    let world = nobody();
    let oracle = Oracle::new(&world, left, &rules);
    let in_order = play((&world, &rules), sent, &[(0, 0)], 1).unwrap();
    agree(&in_order, &oracle, "in order").unwrap();
    let key = ("CT-81".to_owned(), Mode::Live, "account/BANK:A".to_owned());
    let told = told(&in_order).get(&key).map(path);
    // The other way round, as good as, where the lateness is enough for that.
    if sent.iter().any(|one| one.event_time.0 - START.midnight().0 > 80_000_000) {
        return told;
    }
    let since = |one: &Owned| one.event_time.0 - START.midnight().0;
    let delay = |one: &Owned| u32::try_from(170_000_000 - 2 * since(one)).expect("half a day");
    let backwards: Vec<(u32, u8)> = sent.iter().map(|one| (delay(one), 0)).collect();
    let got = play((&world, &rules), sent, &backwards, 1).unwrap();
    agree(&got, &oracle, "backwards").unwrap();
    same(&got, &in_order, "backwards").unwrap();
    told
}

fn path(alert: &Value) -> Vec<String> {
    let steps = super::list(&alert["data"]["why"]["link"][0]["path"]);
    let of = |step: &Value| {
        let end = |name: &str| super::text(&step[name]).replace("BANK:", "");
        format!("{} {}>{}", super::text(&step["by"]), end("from"), end("to"))
    };
    steps.iter().map(of).collect()
}

fn some(steps: &[&str]) -> Option<Vec<String>> {
    Some(steps.iter().map(|step| (*step).to_owned()).collect())
}

#[test]
fn sixteen_share_and_seventeen_do_not() {
    let crowd = |count: usize| -> Vec<Owned> {
        let names = ["A".to_owned(), "X".to_owned()].into_iter();
        let names = names.chain((0..).map(|at| format!("N{at:02}"))).take(count).enumerate();
        let one = |(at, name): (usize, String)| {
            by(pay(&format!("S{at:02}"), 30 + at as i64, &name, "Z", None), "DEV-9")
        };
        names.map(one).collect()
    };
    let linked = some(&["device A>X"]);
    let with = |mut all: Vec<Owned>| {
        all.extend(both(100));
        all
    };
    let check = |all: Vec<Owned>| found(&all, &all, DEVICE, 1);
    assert_eq!(check(with(crowd(16))), linked);
    assert_eq!(check(with(crowd(17))), None);
    // The seventeenth comes after the finding, which stands, or is taken back.
    let mut later = with(crowd(16));
    later.push(by(pay("S99", 200, "N99", "Z", None), "DEV-9"));
    assert_eq!(check(later.clone()), linked);
    let left = with(crowd(16));
    let mut sent = with(crowd(17));
    let of = sent.iter().find(|one| one.payment_id.expose() == "S16").unwrap().clone();
    sent.push(reversal(&of, "R1".into(), EventTime(of.event_time.0 + 7_200_000)));
    assert_eq!(found(&sent, &left, DEVICE, 1), linked);
    // One of the two ceases to share.
    let left: Vec<Owned> =
        with(crowd(5)).into_iter().filter(|one| one.payment_id.expose() != "S01").collect();
    let mut sent = with(crowd(5));
    let of = sent.iter().find(|one| one.payment_id.expose() == "S01").unwrap().clone();
    sent.push(reversal(&of, "R1".into(), EventTime(of.event_time.0 + 7_200_000)));
    assert_eq!(found(&sent, &left, DEVICE, 1), None);
}

/// So many payments between H and others, before anything else.
fn busy(account: &str, outgoing: bool, count: usize) -> Vec<Owned> {
    let one = |at: usize| {
        let (id, other) = (format!("H{at:04}"), format!("C{}", at % 40));
        let minute = at as i64 / 40;
        if outgoing {
            pay(&id, minute, account, &other, None)
        } else {
            pay(&id, minute, &other, account, None)
        }
    };
    (0..count).map(one).collect()
}

#[test]
fn a_hub_ends_a_path_and_carries_none_on() {
    let chain = || {
        let mut all =
            vec![pay("P1", 30, "A", "H", None), by(pay("P2", 31, "H", "X", None), "DEV-9")];
        all.push(by(pay("P3", 32, "X", "Z", None), "DEV-9"));
        all.extend(both(100));
        all
    };
    let check = |mut all: Vec<Owned>, mask: u8, hops: u8| {
        all.extend(chain());
        found(&all, &all, mask, hops)
    };
    let through = some(&["payment A>H", "payment H>X"]);
    assert_eq!(check(busy("H", true, 255), PAYMENT, 2), through);
    assert_eq!(check(busy("H", true, 256), PAYMENT, 2), None);
    // P1 is paid to it as well.
    assert_eq!(check(busy("H", false, 255), PAYMENT, 2), through);
    assert_eq!(check(busy("H", false, 256), PAYMENT, 2), None);
    // Nor over what it shares.
    assert_eq!(check(busy("H", false, 250), PAYMENT | DEVICE, 2).map(|path| path.len()), Some(2));
    assert_eq!(check(busy("H", false, 256), PAYMENT | DEVICE, 2), None);
    // The end and the anchor may be as busy as they like.
    assert_eq!(check(busy("X", false, 300), PAYMENT, 2), through);
    assert_eq!(check(busy("A", true, 300), PAYMENT, 2), through);
}

#[test]
fn every_kind_of_link_leads_somewhere() {
    let hash = || Some(text("00aa00aa00aa00aa"));
    let check = |change: &dyn Fn(&mut Owned)| {
        let mut all = vec![pay("P1", 30, "A", "Y", None), pay("P2", 35, "X", "Z", None)];
        all.iter_mut().for_each(change);
        all.extend(both(100));
        found(&all, &all, ALL, 1)
    };
    assert_eq!(check(&|_| {}), None);
    assert_eq!(check(&|one| one.debtor.email = hash()), some(&["email A>X"]));
    assert_eq!(check(&|one| one.debtor.wallet = hash()), some(&["wallet A>X"]));
    assert_eq!(check(&|one| one.debtor.phone = hash()), some(&["phone A>X"]));
    assert_eq!(check(&|one| one.debtor.address = hash()), some(&["address A>X"]));
    // An attempt carries as much, and pays nobody.
    let tried = |one: &mut Owned| {
        (one.debtor.email, one.status) = (hash(), Status::Rejected);
    };
    assert_eq!(check(&tried), some(&["email A>X"]));
}

#[test]
fn ten_minutes_at_one_terminal() {
    let check = |first: i64, apart_ms: i64, then: i64| {
        let mut all = vec![pay("P1", first, "A", "Y", None), pay("P2", first, "X", "Z", None)];
        all[1].event_time.0 += apart_ms;
        for one in &mut all {
            let id = Some(text("TERM-9"));
            one.terminal = Some(Terminal { id, ..Terminal::default() });
        }
        all.extend(both(then));
        found(&all, &all, TERMINAL, 1)
    };
    let linked = some(&["terminal A>X"]);
    assert_eq!(check(30, 600_000, 100), linked);
    assert_eq!(check(30, 600_001, 100), None);
    assert_eq!(check(30, -600_000, 100), linked);
    assert_eq!(check(30, -600_001, 100), None);
    // In the window of three days that ends where the evidence begins: both of them, or not.
    assert_eq!(check(5, 0, 5 + 3 * 1_440 - 1), linked);
    assert_eq!(check(5, -1, 5 + 3 * 1_440 - 1), None);
}

#[test]
fn money_goes_one_way_and_in_time() {
    let check = |all: &[(i64, &str, &str)], hops: u8| {
        let mut sent: Vec<Owned> = all
            .iter()
            .enumerate()
            .map(|(at, (minute, from, to))| pay(&format!("P{at}"), *minute, from, to, None))
            .collect();
        sent.extend(both(100));
        found(&sent, &sent, PAYMENT, hops)
    };
    let down = some(&["payment A>M", "payment M>X"]);
    assert_eq!(check(&[(10, "A", "M"), (20, "M", "X")], 2), down);
    assert_eq!(check(&[(10, "A", "M"), (10, "M", "X")], 2), down);
    assert_eq!(check(&[(20, "A", "M"), (10, "M", "X")], 3), None);
    assert_eq!(check(&[(10, "A", "M"), (20, "M", "X")], 1), None);
    assert_eq!(check(&[(20, "M", "A"), (10, "X", "M")], 2), some(&["payment M>A", "payment X>M"]));
    assert_eq!(check(&[(10, "M", "A"), (20, "X", "M")], 3), None);
    // Up and then down again is no path.
    assert_eq!(check(&[(10, "M", "A"), (20, "M", "X")], 3), None);
    assert_eq!(check(&[(10, "A", "M"), (20, "X", "M")], 3), None);
    // A second payment in time is as good as the first.
    assert_eq!(check(&[(5, "A", "M"), (20, "A", "M"), (10, "M", "X")], 2), down);
    let three = [(10, "A", "M"), (20, "M", "N"), (30, "N", "X")];
    assert_eq!(check(&three, 3).map(|path| path.len()), Some(3));
    assert_eq!(check(&three, 2), None);
}

/// What a budget cuts is said: the newest 1,024 payments of an anchor, 16,384 looks of a search.
#[test]
fn a_cut_is_said() {
    let rules = spec::rules([(PAYMENT, 2); 4], 3);
    let check = |mut all: Vec<Owned>| {
        all.extend(both(4_000));
        let run = play((&nobody(), &rules), &all, &[(0, 0)], 1).unwrap();
        let key = ("CT-81".to_owned(), Mode::Live, "account/BANK:A".to_owned());
        told(&run).get(&key).map(|alert| (path(alert), alert["data"]["truncated"].clone()))
    };
    let near = |cut: bool| Some((vec!["payment A>X".to_owned()], Value::Bool(cut)));
    let first = || vec![pay("P1", 0, "A", "X", None)];
    let last = || vec![pay("P1", 3_900, "A", "X", None)];
    // With P1 there are 1,024, and one more.
    assert_eq!(check([busy("A", true, 1_023), last()].concat()), near(false));
    assert_eq!(check([busy("A", true, 1_024), last()].concat()), near(true));
    let mut later = busy("A", true, 1_024);
    later.iter_mut().for_each(|one| one.event_time.0 += 60_000);
    assert_eq!(check([first(), later].concat()), None);
    // A pays 70 who pay 240 times each: more than the looks of a search of two hops.
    let mut wide = last();
    for middle in 0..70 {
        let name = format!("M{middle:02}");
        wide.push(pay(&format!("Q{middle:02}"), 10, "A", &name, None));
        for at in 0..240 {
            let id = format!("W{middle:02}{at:03}");
            wide.push(pay(&id, 20 + at, &name, &format!("C{}", at % 7), None));
        }
    }
    assert_eq!(check(wide), near(true));
}
