//! The words of an alert.
//!
//! Sees: a number that is printed as it was computed where a reader needs a percentage.

use crate::harness::{config, records, run, text};
use crate::rules::measure;
use crate::story::{arrivals, finding, nobody};
use crate::typologies::rules;
use palermo_domain::{OutputTopic, Span};
use palermo_lang::program::{
    Arithmetic, Expr, Measure, MeasureId, MeasureKind, Piece, Template, Type,
};

/// A share is known by what it is made of, whatever its author calls it.
#[test]
fn shares_are_percentages() {
    let of_i1 = |numerator: u16, name: &str| {
        let mut rules = rules();
        let condition = &mut rules.indicators[0].condition;
        // How many senders, and their money.
        condition.measures[0].value_type = Type::Int;
        condition.measures[1].value_type = Type::Money;
        let [a, b] = [numerator, 1].map(|id| Box::new(measure(id)));
        condition.measures.push(Measure {
            name: name.to_owned(),
            value_type: Type::Decimal,
            kind: MeasureKind::Derived(Expr::Arithmetic(Arithmetic::Div, a, b)),
            cost: 1,
        });
        condition.text = Template(vec![Piece::Measure(MeasureId(2)), Piece::Text(" of it".into())]);
        let config = config(Span::from_days(1), Span::from_days(30));
        let run = run(&config, &rules, 1, &records(&nobody(), &arrivals(finding())));
        let alert = run.revisions(OutputTopic::Alerts).remove(0);
        text(&alert["data"]["why"]["indicators"][0]["text"])
    };
    assert_eq!(of_i1(1, "returned"), "100% of it");
    assert_eq!(of_i1(0, "senders_per_dollar"), "0.002 of it");
}
