//! What a rule could not decide is counted, by rule and field, and only that.
//!
//! Sees: a rule that goes blind with its counter at 0, a selection of several rules that is counted
//! for one of them, an evaluation that was false for certain and counted all the same, an alert
//! that names a selection instead of a field.

use crate::harness::{Bank, config, records, run};
use crate::rules::*;
use palermo_domain::{OutputTopic, PaymentKind, Span};
use palermo_lang::program::*;
use palermo_testkit::Owned;
use palermo_testkit::scene::{Arrival, START, blank, text};
use palermo_testkit::world::World;
use std::collections::BTreeMap;

fn nobody() -> World {
    World { base: usd(), rates: Vec::new(), parties: Vec::new() }
}

/// So many transfers to `BANK:Z`, a day apart, each as `change` makes it.
fn transfers(count: i64, change: impl Fn(&mut Owned)) -> Vec<Owned> {
    (0..count)
        .map(|index| {
            let mut payment = blank(format!("P{index}"));
            payment.event_time = START.midnight().plus(Span::from_days(index));
            payment.currency = usd();
            payment.debtor.account = Some(text(format!("OTHER:{index}")));
            payment.creditor.account = Some(text("BANK:Z"));
            change(&mut payment);
            payment
        })
        .collect()
}

fn counted(rules: RuleSet, payments: &[Owned]) -> Vec<(String, String, u64)> {
    let mut bank = Bank::new(rules, &nobody());
    payments.iter().for_each(|payment| bank.link(payment));
    let table = bank.detector.field_missing().into_iter();
    table.map(|((rule, field), count)| (rule, field, count)).collect()
}

fn credit() -> Expr {
    Expr::And(vec![incoming(), kind(PaymentKind::Transfer)])
}

fn wage() -> Expr {
    let purpose =
        cmp(Compare::Eq, field(Field::Purpose), Expr::Literal(Literal::Text("SALA".into())));
    Expr::And(vec![credit(), purpose])
}

#[test]
fn a_selection_counts_for_every_rule_that_reads_it() {
    let mut b = Builder::default();
    let shared = b.select("A-1.wage", wage());
    for id in ["A-1", "A-2"] {
        let draft = Draft::days(30).aggregate(Function::Count, None, shared);
        b.indicator(id, 'M', draft, cmp(Compare::Ge, measure(0), int(9)));
    }
    let own = |rule: &str| (rule.to_owned(), "purpose".to_owned(), 3);
    assert_eq!(counted(b.build(), &transfers(3, |_| {})), [own("A-1"), own("A-2")]);
}

#[test]
fn an_evaluation_counts_where_a_field_could_have_changed_it() {
    use Compare::{Ge, Le};
    let at_least = |index: u16, n: i64| cmp(Ge, measure(index), int(n));
    let young = || {
        let age = Expr::Literal(Literal::Duration(Span::from_days(60)));
        cmp(Le, field(own(EndField::AccountAge)), age)
    };
    let night = || cmp(Ge, field(Field::Hour), int(18));
    let count = |over| Draft::days(30).aggregate(Function::Count, None, over);
    let senders = |over| {
        Draft::days(30).aggregate(Function::Distinct, Some(field(other(EndField::Account))), over)
    };
    let by_night =
        |over| Draft::days(30).full(Function::Count, None, Vec::new(), over, Some(night()), None);
    let sum_by_night = |over| {
        let amount = Some(field(Field::Amount));
        Draft::days(30).full(Function::Sum, amount, Vec::new(), over, Some(night()), None)
    };
    let places = |over| {
        let km = vec![number("40")];
        Draft::days(30).full(Function::Places, None, km, over, None, None)
    };
    let sum = |over| {
        senders(over).aggregate(Function::Count, Some(field(Field::Purpose)), over).with(
            over,
            MeasureKind::Derived(Expr::Arithmetic(
                Arithmetic::Add,
                Box::new(measure(0)),
                Box::new(measure(1)),
            )),
        )
    };
    type Row<'a> = (&'a str, &'a dyn Fn(SelectionId) -> Draft, Expr, Option<(&'a str, u64)>);
    // Three transfers without anything but accounts: what is undecided when.
    let rows: [Row<'_>; 9] = [
        // An unknown part beside one that is false until the second transfer.
        (
            "unknown",
            &count,
            Expr::And(vec![young(), at_least(0, 2)]),
            Some(("self.account_age", 2)),
        ),
        ("false for certain", &count, Expr::And(vec![young(), at_least(0, 4)]), None),
        (
            "true all the same",
            &count,
            Expr::And(vec![Expr::Or(vec![young(), at_least(0, 1)]), at_least(0, 1)]),
            None,
        ),
        // `where` leaves out one, two, three: at two the first time it matters.
        ("where", &by_night, at_least(0, 2), Some(("hour", 2))),
        ("where, too few", &by_night, at_least(0, 4), None),
        // A sum can grow by any amount: one payment that was left out is enough.
        ("sum where", &sum_by_night, cmp(Ge, measure(0), money("999999")), Some(("hour", 3))),
        ("places", &places, at_least(0, 3), Some(("place", 1))),
        ("known senders", &senders, at_least(0, 4), None),
        ("a sum of counts", &sum, at_least(2, 5), Some(("purpose", 1))),
    ];
    for (name, draft, holds, expected) in rows {
        let mut b = Builder::default();
        let credits = b.select("B-1.credit", credit());
        b.indicator("B-1", 'M', draft(credits), holds);
        let expected: Vec<_> = expected
            .map(|(field, n)| ("B-1".to_owned(), field.to_owned(), n))
            .into_iter()
            .collect();
        assert_eq!(counted(b.build(), &transfers(3, |_| {})), expected, "{name}");
    }
    // The senders' accounts get lost.
    let mut b = Builder::default();
    let credits = b.select("B-1.credit", credit());
    b.indicator("B-1", 'M', senders(credits), at_least(0, 2));
    let nameless = transfers(3, |payment| payment.debtor.account = None);
    let expected = ("B-1".to_owned(), "other.account".to_owned(), 2);
    assert_eq!(counted(b.build(), &nameless), [expected]);
}

/// What is not a count can be larger by any amount: a payment without a place may have been far
/// away, and an earlier window without a sender's account may have had many.
#[test]
fn a_distance_and_a_past_that_lack_something_count() {
    let far = |b: &mut Builder| {
        let credits = b.select("D-1.credit", credit());
        let between =
            Between { function: BetweenFunction::ApartKm, a: credits, b: credits, within: None };
        let draft = Draft::days(30).with(credits, MeasureKind::Between(between));
        b.indicator("D-1", 'M', draft, cmp(Compare::Ge, measure(0), number("100")));
    };
    // The last of three has no place; the first two are at the same one.
    let at_home = |payment: &mut Owned| {
        payment.creditor.place.coordinates = Some((
            palermo_domain::MicroDegrees(1_000_000),
            palermo_domain::MicroDegrees(1_000_000),
        ));
        payment.creditor.place.town = Some("Town".into());
    };
    let mut payments = transfers(3, at_home);
    payments[2].creditor.place = palermo_domain::PlaceText::default();
    let mut b = Builder::default();
    far(&mut b);
    // Over nothing, and without a past, there is nothing to compute, whatever was delivered.
    let missing = |rules, payments: &[Owned]| {
        let mut counted = counted(rules, payments);
        counted.retain(|(_, field, _)| field != "computed");
        counted
    };
    assert_eq!(missing(b.build(), &payments), [("D-1".to_owned(), "place".to_owned(), 1)]);

    let past = |statistic| {
        let mut b = Builder::default();
        let credits = b.select("E-1.credit", credit());
        let draft = Draft { window: Span::from_millis(86_399_999), ..Draft::days(1) };
        let reach = draft.window;
        let draft = draft
            .aggregate(Function::Distinct, Some(field(other(EndField::Account))), credits)
            .with(credits, MeasureKind::Own { of: MeasureId(0), reach, statistic });
        b.indicator("E-1", 'M', draft, cmp(Compare::Ge, measure(1), number("5")));
        b.build()
    };
    // Of four, the third lacks its sender: the fourth has it in the window before.
    let mut payments = transfers(4, |_| {});
    payments[2].debtor.account = None;
    let expected = ("E-1".to_owned(), "other.account".to_owned(), 1);
    assert_eq!(missing(past(Statistic::Max), &payments), [expected]);
}

#[test]
fn an_undecided_tie_counts() {
    let mut b = Builder::default();
    let step = b.select("C-1.deposit", credit());
    let next = b.select("C-1.draw", credit());
    let apart =
        Expr::Distance(Box::new(field(Field::Place)), Box::new(Expr::Step(0, Field::Place)));
    let mut draft = Draft::days(30).with(step, MeasureKind::Repeats);
    draft.sequence =
        Some(two_steps([step, next], cmp(Compare::Ge, apart, number("100")), Span::from_days(2)));
    b.indicator("C-1", 'M', draft, cmp(Compare::Ge, measure(0), int(1)));
    let expected = ("C-1".to_owned(), "place".to_owned(), 2);
    assert_eq!(counted(b.build(), &transfers(3, |_| {})), [expected]);
}

#[test]
fn an_alert_names_the_field_and_its_share() {
    let mut rules = crate::typologies::plain_rules();
    rules.typologies.retain(|typology| typology.id == "CT-91");
    let selection = SelectionId(u16::try_from(rules.selections.len()).expect("few"));
    rules.selections.push(Selection {
        label: "I-1.wage".into(),
        condition: wage(),
        gate: Gate::default(),
    });
    // A measure more, over a selection that two of the four payments leave undecided.
    rules.indicators[0].condition.measures.push(Measure {
        name: "wages".into(),
        value_type: Type::Int,
        kind: MeasureKind::Aggregate(Aggregate {
            function: Function::Count,
            value: None,
            arguments: Vec::new(),
            over: selection,
            filter: None,
            within: None,
        }),
        cost: 1,
    });
    rules.typologies[0].families = Logic::Var(Family('N'));
    rules.typologies[0].protective = true;
    let mut payments = transfers(2, |_| {});
    payments.extend(transfers(2, |payment| {
        payment.payment_id =
            palermo_domain::Redacted::new(format!("D{}", payment.payment_id.expose()).into());
        std::mem::swap(&mut payment.debtor, &mut payment.creditor);
        payment.event_time = payment.event_time.plus(Span::from_millis(3_600_000));
    }));
    payments.sort_by_key(|payment| payment.event_time);
    let arrivals: Vec<Arrival> = payments
        .into_iter()
        .map(|payment| Arrival { at: payment.event_time.0, payment, partition: 0 })
        .collect();
    let config = config(Span::from_days(1), Span::from_days(30));
    let done = run(&config, &rules, 1, &records(&nobody(), &arrivals));
    let alert = done.revisions(OutputTopic::Alerts).pop().expect("an alert");
    let undecided = alert["data"]["why"]["undecided"].as_array().cloned().unwrap_or_default();
    let found: BTreeMap<String, String> = undecided
        .iter()
        .filter(|one| one["indicator"] == "I-1")
        .map(|one| (crate::harness::text(&one["field"]), crate::harness::text(&one["missing"])))
        .collect();
    let (field, share) = found.iter().next().expect("something undecided");
    assert_eq!((field.as_str(), found.len()), ("purpose", 1));
    assert!(["0.5", "0.67", "1"].contains(&share.as_str()), "{share}");
}
