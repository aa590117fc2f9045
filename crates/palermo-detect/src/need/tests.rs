//! Sees: a need that is stricter than the condition (a hit that is never looked at), one that is not
//! read off where it could be, money of a currency that has no rate.

use super::*;
use crate::bind;
use palermo_lang::program::RuleSet;
use palermo_lang::{Limits, Sources, compile_all};
use palermo_ledger::Atoms;

fn rules(measures: &str, hit: &str) -> RuleSet {
    let named = [("much", "USD"), ("rich", "EUR")].map(|(name, ccy)| match hit.contains(name) {
        true => format!(
            "  {name}: {{value: 900, type: money, ccy: {ccy}, range: [1, 9000], step: 1, stricter: up, basis: default, why: w}}\n"
        ),
        false => String::new(),
    });
    let named = named.concat();
    let parameters = if named.is_empty() { "" } else { "parameters:\n" };
    let text = format!(
        "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
         description: A rule.\ncite: [{{key: K1, item: flag, status: found}}]\n\
         kind: Indicator\nid: ND-01\ncrime: [laundering]\nfamily: N\ntier: A\n\
         subject: account\nwindow: 30d\n{parameters}{named}\
         select:\n  a: direction == in && kind == transfer\n  b: direction == out && kind == transfer\n\
         measure:\n  sum_a: sum(amount) over a\n  n_a: count() over a\n  n_b: count() over b\n{measures}\
         hit: {hit}\ntext: \"{{n_a}}\"\n"
    );
    let sources = Sources::new([("rules/one.yaml".to_owned(), text)].into());
    let limits = Limits {
        horizon: Span::from_days(90),
        evidence_horizon: Span::from_days(400),
        cost: Limits::COST,
    };
    match compile_all(&sources, &limits) {
        Ok(compiled) => compiled.rules,
        Err(errors) => panic!("{errors}"),
    }
}

fn bound(measures: &str, hit: &str) -> BoundCondition {
    let rules = rules(measures, hit);
    let condition = &rules.indicators.first().expect("one rule").condition;
    bind::condition(condition, &rules.selections, &[], &mut Atoms::default())
}

/// `a` is the selection that the condition names first.
fn told(need: &Need, condition: &BoundCondition) -> String {
    let joined = |parts: &[Need], by: &str| {
        let parts: Vec<String> = parts.iter().map(|part| told(part, condition)).collect();
        format!("({})", parts.join(by))
    };
    match need {
        Need::Nothing => "nothing".to_owned(),
        Need::Count(count) => {
            let at = condition.selections.iter().position(|id| *id == count.selection);
            let name = ["a", "b"].get(at.unwrap_or(9)).unwrap_or(&"?");
            format!("{name} >= {} in {}", count.least, count.window)
        }
        Need::All(parts) => joined(parts, " && "),
        Need::Any(parts) => joined(parts, " || "),
    }
}

#[test]
fn a_need_is_what_cannot_be_missing() {
    let seq = "  who: distinct(other.account) over a\n  both: overlap(other.account, a, b)\n  \
               late: count() over a where hour >= 22 within 7d\n  ratio: n_a / n_b\n  \
               all: n_a + n_b\n  passed: passed_share(a, b, 3d)\n";
    for (hit, need) in [
        ("n_a >= 4", "a >= 4 in 30d"),
        ("n_a > 4", "a >= 5 in 30d"),
        ("who >= 3 && n_b >= 2", "(a >= 3 in 30d && b >= 2 in 30d)"),
        ("n_a >= 4 || n_b >= 2", "(a >= 4 in 30d || b >= 2 in 30d)"),
        ("n_a >= 4 || self.kind == person", "nothing"),
        ("n_a >= 4 && self.kind == person", "a >= 4 in 30d"),
        ("n_a <= 4", "nothing"),
        ("n_a == 0", "nothing"),
        ("(!(n_a >= 4))", "nothing"),
        ("both >= 3", "(a >= 3 in 30d && b >= 3 in 30d)"),
        ("late >= 2", "a >= 2 in 7d"),
        ("all >= 5", "(a >= 3 in 30d || b >= 3 in 30d)"),
        ("sum_a >= $much", "a >= 1 in 30d"),
        ("passed >= 0.5", "nothing"),
        ("ratio >= 0.5", "nothing"),
    ] {
        let condition = bound(seq, hit);
        let legs = |_| vec![Leg::Creditor];
        let told = told(&Need::of(&condition, &legs), &condition);
        // Whatever else follows from nothing being there stands behind what asks for most.
        let begins = need.trim_end_matches(')');
        assert!(told.contains(begins), "{hit}: {told}, not {need}");
    }
}

#[test]
fn money_without_a_rate_is_nothing_to_rely_on() {
    let base = Currency::try_new("USD").expect("a currency");
    let euro = Currency::try_new("EUR").expect("a currency");
    assert_eq!(currencies(&bound("", "sum_a >= $much"), base), []);
    assert_eq!(currencies(&bound("", "sum_a >= $rich && n_a >= 2"), base), [euro]);
}
