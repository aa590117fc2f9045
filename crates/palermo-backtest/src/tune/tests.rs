//! Which values are tried, how a sample is spread, what nothing beats.

use super::*;
use palermo_lang::program::{Basis, Stricter};

fn knob(name: &str, value: i64, range: (i64, i64), step: i64, most: usize) -> Knob {
    let param = Param {
        name: name.to_owned(),
        value: Literal::Int(value),
        range: Some((Literal::Int(range.0), Literal::Int(range.1))),
        step: Some(Literal::Int(step)),
        stricter: Stricter::Up,
        basis: Basis::Default,
        in_selection: false,
    };
    let values = values(&param, most).unwrap();
    Knob { rule: "MS-08".to_owned(), param, values, was: None }
}

fn ints(knob: &Knob) -> Vec<i64> {
    let int = |value: &Literal| match value {
        Literal::Int(int) => *int,
        other => panic!("{other:?}"),
    };
    knob.values.iter().map(int).collect()
}

#[test]
fn values_keep_the_current_one_and_stay_within_the_range() {
    for (value, range, step, most, expected) in [
        (25, (5, 45), 10, 20, vec![5, 15, 25, 35, 45]),
        (
            25,
            (5, 100),
            5,
            20,
            vec![5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100],
        ),
        (25, (5, 100), 5, 7, vec![5, 25, 40, 55, 70, 85, 100]),
        // Near one end of its range, there is a value on either side.
        (60, (10, 500), 10, 6, vec![10, 60, 170, 280, 390, 500]),
        (500, (10, 500), 10, 3, vec![10, 260, 500]),
        // The declared range does not begin a whole number of steps away.
        (7, (1, 20), 5, 20, vec![2, 7, 12, 17]),
        (5, (5, 5), 1, 20, vec![5]),
    ] {
        let knob = knob("p", value, range, step, most);
        let found = ints(&knob);
        assert_eq!(found, expected);
        assert!(found.contains(&value) && found.len() <= most);
    }
}

#[test]
fn a_sample_uses_every_value_equally_and_a_seed_gives_it_again() {
    let knobs = [knob("a", 25, (5, 100), 5, 20), knob("b", 3, (1, 4), 1, 20)];
    let sweep = Sweep::new(&knobs, false, 40, 7);
    assert_eq!(sweep.points.len() - 40, 19 + 3);
    assert_eq!(sweep.points.len(), 22 + 40);
    assert!(sweep.points[..22].iter().all(|point| point.len() == 1));
    assert_eq!(sweep, Sweep::new(&knobs, false, 40, 7));
    assert_ne!(sweep, Sweep::new(&knobs, false, 40, 8));
    for (knob, each) in knobs.iter().zip([2, 10]) {
        for value in &knob.values {
            let key = (knob.rule.clone(), knob.param.name.clone());
            let of = |point: &&Point| point.get(&key).unwrap_or(&knob.param.value) == value;
            assert_eq!(sweep.points[22..].iter().filter(of).count(), each, "{value:?}");
        }
    }
    assert_eq!(Sweep::new(&knobs, false, 0, 7).points.len(), 22);
}

#[test]
fn two_parameters_are_tried_in_pairs() {
    let knobs =
        [knob("a", 2, (1, 3), 1, 9), knob("b", 20, (10, 40), 10, 9), knob("c", 1, (1, 2), 1, 9)];
    let sweep = Sweep::new(&knobs, true, 2, 7);
    let alone = sweep.points.len() - sweep.pairs - 2;
    assert_eq!((alone, sweep.pairs, sweep.points.len()), (2 + 3 + 1, 2 * 3, 6 + 6 + 2));
    let [a, b, _] = &knobs;
    let mut numbers = Vec::new();
    for x in &a.values {
        numbers.extend(b.values.iter().map(|y| sweep.number(&[(a, x), (b, y)]).unwrap()));
    }
    // Each pair is a point of its own; that of the current values is 0.
    assert_eq!(numbers[5], 0);
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), numbers[11]), (12, 12));
    assert_eq!(sweep.number(&[(a, &Literal::Int(9))]), None);
}

/// The rules with this parameter of an indicator.
fn rules(param: &str) -> RuleSet {
    let text = format!(
        "apiVersion: palermo.rules/v1\nkind: Indicator\nid: ML-99\nversion: 1.0.0\ntitle: t\ncrime: [laundering]\nfamily: M\ntier: B\nstatus: experimental\ndescription: d\ncite: [{{key: X, item: i, status: found}}]\nsubject: account\nwindow: 7d\nparameters:\n  p: {param}\nselect:\n  credit: direction == in\nmeasure:\n  n: count() over credit\n  total: sum(amount) over credit\nhit: n >= 1 && total >= $p\ntext: \"{{n}}\"\n"
    );
    let sources = palermo_lang::Sources::new([("rules/ML-99.yaml".to_owned(), text)].into());
    let limits = palermo_lang::Limits {
        horizon: Span::from_days(30),
        evidence_horizon: Span::from_days(30),
        cost: u64::MAX,
    };
    palermo_lang::compile_all(&sources, &limits)
        .unwrap_or_else(|e| panic!("{}", e.render(false)))
        .rules
}

#[test]
fn a_parameter_that_moved_has_both_values() {
    let money = |value: &str, ccy: &str| {
        format!(
            "{{value: {value}, type: money, ccy: {ccy}, range: [10, 100], step: 10, stricter: up, basis: default, why: w}}"
        )
    };
    let of = |before: &str, after: &str, most| {
        let knobs = moved(&rules(before), &rules(after), most);
        let texts = |knob: &Knob| knob.values.iter().map(Literal::text).collect::<Vec<_>>();
        knobs
            .iter()
            .map(|knob| (knob.name(), texts(knob), knob.was.as_ref().map(Literal::text)))
            .collect::<Vec<_>>()
    };
    let usd = |value: &str| {
        Literal::Money(value.parse().unwrap(), palermo_domain::Currency::try_new("USD").unwrap())
            .text()
    };
    assert_eq!(
        of(&money("25", "USD"), &money("40", "USD"), 3),
        [("ML-99.p".to_owned(), ["10", "25", "40", "100"].map(usd).to_vec(), Some(usd("25")))]
    );
    // The same value is no change; another currency, or none where it had one, has no common scale.
    assert_eq!(of(&money("40", "USD"), &money("40", "USD"), 3), []);
    assert_eq!(of(&money("40", "EUR"), &money("40", "USD"), 3), []);
}

#[test]
fn what_nothing_beats_is_the_pareto_set() {
    let tried = |alerts, found, delay_ms| Tried {
        alerts,
        a_day: String::new(),
        recall: Share { part: found, whole: 10 },
        precision: Share::default(),
        delay_ms,
        lost: (0, 0),
        new: 0,
    };
    let all = [
        tried(10, 5, Some(10)),
        tried(12, 5, Some(10)),
        tried(12, 6, Some(10)),
        tried(10, 5, Some(10)),
        tried(20, 6, Some(5)),
        tried(0, 0, None),
        tried(30, 6, None),
    ];
    assert_eq!(pareto(&all), [0, 2, 4, 5]);
    assert_eq!(pareto(&[]), Vec::<usize>::new());
}
