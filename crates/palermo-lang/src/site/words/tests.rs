//! What readers see of an expression.

use super::{Said, Words, length};

fn words() -> Words {
    let params = [("min_senders", "25"), ("max_gap", "48 hours")];
    Words { params: params.map(|(name, value)| (name.to_owned(), value.to_owned())).into() }
}

fn one(text: &str) -> String {
    match words().condition(text).unwrap() {
        Said::One(said) => said,
        other => panic!("{other:?}"),
    }
}

#[test]
fn conditions_read_as_sentences() {
    assert_eq!(one("senders >= $min_senders"), "senders is at least 25 (min_senders)");
    assert_eq!(one("direction == in"), "money comes in");
    assert_eq!(one("cash_out / total_in > 0.6"), "cash out divided by total in is more than 0.6");
    assert_eq!(one("a / (b - c) < 1"), "a divided by (b minus c) is less than 1");
    assert_eq!(one("kind in [transfer, payroll]"), "kind is one of transfer or payroll");
    assert_eq!(one("!present(other.account)"), "the other end’s account is not delivered");
    assert_eq!(
        one("!(present(self.kind) && self.kind == person)"),
        "own kind is not person or is not delivered"
    );
    assert_eq!(one("$unknown > 1"), "$unknown is more than 1");
    assert_eq!(
        words().condition("a > 1 && (b > 2 || c > 3)"),
        Some(Said::All(vec![
            "a is more than 1".into(),
            "(b is more than 2 or c is more than 3)".into()
        ]))
    );
    assert_eq!(
        one("!(a > 1 || !(present(b) && b == 2))"),
        "not (a is more than 1 or (b is not 2 or is not delivered))"
    );
    assert_eq!(
        one("near(self.home, list('events'), 80, 14d, 7d)"),
        "own home is within 80 km of a row of the list events, from 14 days before its first day to 7 \
         days after its last"
    );
    assert_eq!(words().condition("a >"), None);
}

#[test]
fn measures_and_steps_read_as_sentences() {
    let said = words().measure("sum(amount) over credit where hour < 6 within 7d");
    assert_eq!(
        said.as_deref(),
        Some("the sum of amount in credit, where hour is less than 6, within any 7 days")
    );
    let (said, when) = words().step("direction == out, within $max_gap of deposit").unwrap();
    assert_eq!(said, Said::One("money goes out".into()));
    assert_eq!(when, "at most 48 hours (max_gap) after the step deposit");
}

#[test]
fn lengths_of_time() {
    assert_eq!(length("1d12h"), "1 day 12 hours");
    assert_eq!(length("90d"), "90 days");
    assert_eq!(length("soon"), "soon");
    assert_eq!(length("3"), "3");
}
