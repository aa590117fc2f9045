//! Every measure counted by hand on a few alerts.

use super::*;
use crate::input::{Seen, SeenPayment};
use crate::labels::{Level as Of, Verdict};
use crate::told::tests::told;
use palermo_domain::alert::Action;
use palermo_domain::{Cents, EventTime};
use palermo_engine::Counters;

#[expect(clippy::arithmetic_side_effects, reason = "small numbers written here")]
fn hours(n: i64) -> EventTime {
    EventTime(n * 3_600_000)
}

fn label(id: &str, verdict: Verdict, typology: Option<&str>, entities: &[&str]) -> Label {
    Label {
        id: id.to_owned(),
        level: Of::Network,
        verdict,
        typology: typology.map(str::to_owned),
        entities: entities.iter().map(|one| (*one).to_owned()).collect(),
        payments: BTreeSet::new(),
        span: (hours(0), hours(48)),
        decidable: None,
        source: String::new(),
        line: 0,
    }
}

fn facts(payments: &[(&str, i64, Option<i64>)]) -> Facts {
    let seen = payments.iter().map(|(id, hour, cents)| {
        ((*id).to_owned(), SeenPayment { at: hours(*hour), amount: cents.map(Cents) })
    });
    Facts {
        payments: 20_000,
        span: Some((hours(0), hours(24 * 9 + 1))),
        first_row: Some(hours(0)),
        by_day: (0..10).map(|day| (Date(day), 2_000)).collect(),
        seen: Seen { payments: seen.collect(), ..Seen::default() },
        ..Facts::default()
    }
}

fn rules(told: Vec<Told>) -> OfRules {
    let counters = Counters {
        evaluations: BTreeMap::from([("MS-08".to_owned(), 200)]),
        field_missing: BTreeMap::from([
            (("MS-08".to_owned(), "creditor.town".to_owned()), 5),
            (("MS-01".to_owned(), "kind".to_owned()), 15),
        ]),
        ..Counters::default()
    };
    let (reasons, held_on) = (BTreeMap::new(), BTreeMap::new());
    let silences = BTreeMap::new();
    OfRules { told, reasons, counters, chain: String::new(), silences, held_on }
}

fn measured(told: Vec<Told>, facts: &Facts, labels: Vec<Label>, complete: bool) -> Measures {
    let labels = Labels::of(labels, complete);
    let judge = Judge { labels: &labels, grace: Span::from_days(1), only: None };
    measure(&rules(told), facts, judge, Span::ZERO, Effort::default())
}

#[test]
fn every_alert_and_every_label_is_counted_once() {
    let mut found = label("found", Verdict::True, Some("CT-14"), &["account/F", "party/H"]);
    found.payments = ["a", "b", "c", "d"].map(str::to_owned).into();
    found.decidable = Some(hours(10));
    let labels = vec![
        found,
        label("also", Verdict::True, Some("CT-14"), &["account/O"]),
        label("missed", Verdict::True, Some("CT-01"), &["account/M"]),
        label("alike", Verdict::False, None, &["account/C"]),
    ];
    let mut first = told("1", "CT-14", "account/F", 12);
    first.evidence = ["a", "b", "x"].map(str::to_owned).into();
    first.about.insert("party/H".to_owned());
    let strict = vec![told("1", "CT-14", "account/nobody", 12)];
    let retracted = Told { last: Action::Retracted, ..told("5", "CT-01", "account/M", 20) };
    let all = vec![
        first,
        told("2", "CT-14", "account/F", 30),
        told("3", "CT-01", "account/O", 20),
        told("4", "CT-14", "account/C", 20),
        retracted,
        told("6", "CT-14", "account/nobody", 20),
        // Too long after it.
        told("7", "CT-14", "account/O", 100),
        Told { held_back: true, ..told("8", "CT-14", "account/M", 20) },
        Told { mode: Mode::Shadow, ..told("9", "CT-14", "account/M", 20) },
    ];
    let payments =
        [("a", 1, Some(100)), ("b", 11, Some(100)), ("c", 13, Some(200)), ("d", 14, None)];
    let facts = facts(&payments);
    let known = Labels::of(labels.clone(), false);
    let judge = Judge { labels: &known, grace: Span::from_days(1), only: None };
    let ids = |lost: Vec<&Label>| lost.iter().map(|label| label.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(judge.lost(&all, &strict)), ["found"]);
    assert_eq!(ids(judge.lost(&all, &all)), Vec::<String>::new());
    let other = BTreeSet::from(["CT-01".to_owned()]);
    assert_eq!(
        ids(Judge { only: Some(&other), ..judge }.lost(&all, &strict)),
        Vec::<String>::new()
    );
    let measures = measured(all.clone(), &facts, labels.clone(), false);
    let share = |part, whole| Share { part, whole };
    assert_eq!(measures.all.alerts, 7);
    assert_eq!((measures.retracted, measures.held_back, measures.shadow), (1, 1, 1));
    // 1, 2 and 3 are true, 4 is false, 6 and 7 are unknown.
    assert_eq!((measures.all.judged, measures.all.floor), (share(3, 4), share(3, 6)));
    assert_eq!((measures.all.episodes, measures.all.also), (share(1, 3), 1));
    assert_eq!(measures.typologies["CT-14"].episodes, share(1, 2));
    assert_eq!(measures.typologies["CT-01"].episodes, share(0, 1));
    // Of F, H, O and M all but M.
    assert_eq!(measures.entity_recall, share(3, 4));
    assert_eq!(measures.entity_precision, share(2, 3));
    assert_eq!(measures.payment_recall, share(2, 4));
    assert_eq!(measures.payment_precision, share(2, 3));
    assert_eq!((measures.amount, measures.unconverted), ((200, 400), 1));
    assert_eq!(measures.amount_micro(), Some(500_000));
    let hour = 3_600_000;
    assert_eq!(measures.all.delays, [12 * hour]);
    assert_eq!(measures.all.from_decidable, [2 * hour]);
    assert_eq!(measures.all.moved, [500_000]);
    assert_eq!((measures.repeats, measures.groups), (share(2, 7), 7));
    assert_eq!((measures.days, measures.payments), (10, 20_000));
    assert_eq!(measures.per_day, [5, 1, 0, 0, 1, 0, 0, 0, 0, 0]);
    assert_eq!(measures.a_day(), ("0.70".to_owned(), 5, 5));
    assert_eq!(measures.minutes, 7 * 60);
    assert_eq!(measures.undecided, (20, 200));
    assert_eq!(measures.missing[0], ("MS-01".to_owned(), "kind".to_owned(), 15));
    // In a simulated world whoever has no label is innocent.
    let measures = measured(all, &facts, labels, true);
    assert_eq!((measures.all.judged, measures.all.floor), (share(3, 6), share(3, 6)));
}

#[test]
fn a_label_of_payments_is_met_by_evidence() {
    let mut label = label("p", Verdict::True, None, &[]);
    label.payments = BTreeSet::from(["a".to_owned()]);
    let mut alert = told("1", "CT-26", "account/F", 12);
    let facts = facts(&[("a", 1, Some(100))]);
    let recall = |alert: &Told| {
        measured(vec![alert.clone()], &facts, vec![label.clone()], false).all.episodes.part
    };
    assert_eq!(recall(&alert), 0);
    alert.evidence.insert("a".to_owned());
    assert_eq!(recall(&alert), 1);
}

#[test]
fn the_warm_up_takes_its_days_and_payments_away() {
    let labels = Labels::default();
    let judge = Judge { labels: &labels, grace: Span::ZERO, only: None };
    let (facts, none) = (facts(&[]), rules(Vec::new()));
    let measures = measure(&none, &facts, judge, Span::from_days(4), Effort::default());
    assert_eq!((measures.days, measures.payments), (6, 12_000));
    // A day that is muted in part counts for nothing.
    let some = measure(&none, &facts, judge, Span::from_millis(5), Effort::default());
    assert_eq!((some.days, some.payments), (9, 18_000));
    assert_eq!(measures.all, OfTypology::default());
    assert_eq!(measures.all.judged.to_string(), "-");
}

#[test]
fn weeks_begin_on_monday() {
    for (day, monday_of) in
        [("2026-03-02", "2026-03-02"), ("2026-03-08", "2026-03-02"), ("1969-12-31", "1969-12-29")]
    {
        let day = Date::parse(day).unwrap();
        assert_eq!(monday(day).to_string(), monday_of);
    }
}
