//! What would have had to differ for an alert not to exist, and what speaks against it.
//!
//! A threshold is a part of a condition that compares a measure with a parameter, and without which the
//! condition would not hold: of parts that are joined by `||` those of the one that what was seen leaves.
//! Its margin is the distance of what was seen from what was needed, over what was needed. Where an alert would not
//! exist without the indicator, its thresholds are told, the closest first.

use super::{Basis, Words};
use crate::detector::Detector;
use crate::episode::{Milestone, Support};
use crate::findings::stands_without;
use crate::value::Value;
use palermo_domain::alert::{Against, Counterfactual};
use palermo_domain::{Alert, Decimal, EventTime};
use palermo_lang::program::{Compare, Expr, IndicatorId, Literal, Param, Typology};

/// Thresholds told in one alert.
const TOLD_MAX: usize = 12;

/// A measure, how it is compared, and the parameter.
type Threshold = (usize, Compare, usize);

impl Detector {
    /// Adds counterfactuals and what did not hold.
    pub(super) fn reasons(
        &self,
        ledger: &palermo_ledger::Ledger,
        typology: &Typology,
        milestone: &Milestone,
        basis: &Basis,
        alert: &mut Alert,
    ) {
        let mut all: Vec<Counterfactual> = Vec::new();
        for (support, facts) in basis.facts.iter().filter(|(support, _)| !support.linked) {
            let Some(rule) = self.rules.indicators.get(usize::from(support.indicator.0)) else {
                continue;
            };
            if stands_without(&self.rules, typology, milestone, support.indicator) {
                continue;
            }
            let (condition, values) = (&rule.condition, facts.values.as_slice());
            let words = Words { ledger, condition, values };
            all.extend(words.counterfactuals(support.time));
        }
        all.sort_by(|a, b| {
            (a.margin, &a.indicator, &a.param).cmp(&(b.margin, &b.indicator, &b.param))
        });
        all.truncate(TOLD_MAX);
        alert.counterfactuals = all;
        let held = |id: &IndicatorId| {
            let here = |support: &Support| support.indicator == *id && !support.linked;
            milestone.supports.iter().any(here)
        };
        for id in typology.required.iter().chain(&typology.boost).filter(|id| !held(id)) {
            let Some(rule) = self.rules.indicators.get(usize::from(id.0)) else { continue };
            let mut title = rule.condition.title.clone();
            if let Some(first) = title.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            let indicator = rule.condition.id.clone();
            alert.against.push(Against { text: format!("not found: {title}"), indicator });
        }
    }
}

impl Words<'_> {
    /// The smallest margin of the thresholds of a condition.
    pub(super) fn margin(&self, time: EventTime) -> Option<Decimal> {
        let all = self.thresholds(time).into_iter();
        all.filter_map(|threshold| self.distance(threshold, time)).min()
    }

    fn counterfactuals(&self, time: EventTime) -> Vec<Counterfactual> {
        let told = |threshold: Threshold| {
            let (measure, op, param) = threshold;
            let margin = self.distance(threshold, time)?;
            let parameter = self.condition.params.get(param)?;
            let observed = self.measure(measure);
            let needed = self.param(parameter, super::is_share(self.condition, measure));
            let name = self.condition.measures.get(measure)?.name.replace('_', " ");
            let is_count = matches!(parameter.value, Literal::Int(_));
            let less = match (matches!(op, Compare::Ge | Compare::Gt), is_count) {
                (true, true) => format!("fewer than {needed} {name}"),
                (false, true) => format!("more than {needed} {name}"),
                (true, false) => format!("{name} under {needed}"),
                (false, false) => format!("{name} over {needed}"),
            };
            Some(Counterfactual {
                text: format!("would not exist with {less}: it was {observed}"),
                indicator: self.condition.id.clone(),
                param: parameter.name.clone(),
                observed,
                threshold: needed,
                margin,
            })
        };
        self.thresholds(time).into_iter().filter_map(told).collect()
    }

    /// The thresholds of a condition that holds without each of which it would not.
    fn thresholds(&self, time: EventTime) -> Vec<Threshold> {
        let mut all = Vec::new();
        self.rests_on(&self.condition.holds, time, &mut all);
        all
    }

    /// Of parts that are joined by `||` only one may have made it true: where what was seen rules out
    /// all others, it rests on that one; else on none of them alone.
    fn rests_on(&self, part: &Expr, time: EventTime, all: &mut Vec<Threshold>) {
        match part {
            Expr::And(parts) => parts.iter().for_each(|part| self.rests_on(part, time, all)),
            Expr::Or(parts) => {
                let mut left = parts.iter().filter(|part| !self.is_ruled_out(part, time));
                if let (Some(only), None) = (left.next(), left.next()) {
                    self.rests_on(only, time, all);
                }
            }
            leaf => all.extend(threshold(leaf)),
        }
    }

    /// Whether a part is certainly not true. What is no threshold may be.
    fn is_ruled_out(&self, part: &Expr, time: EventTime) -> bool {
        match part {
            Expr::And(parts) => parts.iter().any(|part| self.is_ruled_out(part, time)),
            Expr::Or(parts) => parts.iter().all(|part| self.is_ruled_out(part, time)),
            leaf => threshold(leaf).is_some_and(|threshold| self.falls_short(threshold, time)),
        }
    }

    fn falls_short(&self, (measure, op, param): Threshold, time: EventTime) -> bool {
        if matches!(self.values.get(measure), Some(Value::Unknown(_))) {
            return true;
        }
        let Some((observed, needed)) = self.compared((measure, param), time) else { return false };
        !match op {
            Compare::Ge => observed >= needed,
            Compare::Gt => observed > needed,
            Compare::Le => observed <= needed,
            Compare::Lt => observed < needed,
            Compare::Eq => observed == needed,
            Compare::Ne => observed != needed,
        }
    }

    /// What was seen and what it is held against, as numbers.
    fn compared(
        &self,
        (measure, param): (usize, usize),
        time: EventTime,
    ) -> Option<(Decimal, Decimal)> {
        let observed = number(*self.values.get(measure)?)?;
        Some((observed, self.needed(self.condition.params.get(param)?, time)?))
    }

    fn distance(&self, (measure, op, param): Threshold, time: EventTime) -> Option<Decimal> {
        let (observed, needed) = self.compared((measure, param), time)?;
        let above = observed.checked_sub(needed)?;
        let distance = match op {
            Compare::Ge | Compare::Gt => above,
            Compare::Le | Compare::Lt => Decimal::ZERO.checked_sub(above)?,
            Compare::Eq | Compare::Ne => return None,
        };
        Some(distance.checked_div(needed)?.round_dp(2).normalize())
    }

    /// The value of a parameter as a number, money in the base currency.
    fn needed(&self, param: &Param, time: EventTime) -> Option<Decimal> {
        match &param.value {
            Literal::Money(amount, currency) => {
                Some(self.ledger.rates.convert(*amount, *currency, time)?.to_decimal())
            }
            Literal::Int(int) => Some(Decimal::from(*int)),
            Literal::Decimal(number) => Some(*number),
            Literal::Duration(span) => Some(Decimal::from(span.as_millis())),
            Literal::Bool(_) | Literal::Text(_) | Literal::Symbol(_) => None,
        }
    }
}

fn number(value: Value) -> Option<Decimal> {
    match value {
        Value::Span(span) => Some(Decimal::from(span.as_millis())),
        other => other.number(),
    }
}

/// A part of a condition that compares a measure with a parameter.
fn threshold(part: &Expr) -> Option<Threshold> {
    let Expr::Compare(op, a, b) = part else { return None };
    match (plain(a), plain(b)) {
        (Expr::Measure(measure), Expr::Param(param)) => {
            Some((usize::from(measure.0), *op, usize::from(param.0)))
        }
        _ => None,
    }
}

fn plain(expr: &Expr) -> &Expr {
    if let Expr::ToDecimal(inner) = expr { inner } else { expr }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::UNKNOWN;
    use palermo_domain::{Currency, Span};
    use palermo_lang::{Limits, Sources, compile_all};
    use palermo_ledger::Ledger;

    /// A rule with the counts `a`, `b` and `c`, the share `s`, and the bounds `p`, `q` and `r`, which are 3.
    fn condition(hit: &str) -> palermo_lang::program::Condition {
        let param = |name: &str| {
            format!(
                "  {name}: {{value: 3, type: int, range: [1, 9], step: 1, stricter: up, basis: default, why: w}}\n"
            )
        };
        let params: String = ["p", "q", "r"]
            .into_iter()
            .filter(|name| hit.contains(&format!("${name}")))
            .map(param)
            .collect();
        let text = format!(
            "apiVersion: palermo.rules/v1\nversion: 1.0.0\ntitle: A rule\nstatus: test\n\
             description: A rule.\ncite: [{{key: K1, item: flag, status: found}}]\n\
             kind: Indicator\nid: RE-01\ncrime: [laundering]\nfamily: N\ntier: A\n\
             subject: account\nwindow: 30d\nparameters:\n{params}\
             select:\n  x: direction == in && kind == transfer\n  y: direction == out && kind == transfer\n\
             measure:\n  a: count() over x\n  b: count() over y\n  c: distinct(other.account) over x\n  \
             s: b / a\nhit: {hit}\ntext: \"{{a}} {{b}} {{c}} {{s}}\"\n"
        );
        let sources = Sources::new([("rules/one.yaml".to_owned(), text)].into());
        let limits = Limits {
            horizon: Span::from_days(90),
            evidence_horizon: Span::from_days(400),
            cost: Limits::COST,
        };
        let rules =
            compile_all(&sources, &limits).unwrap_or_else(|errors| panic!("{errors}")).rules;
        rules.indicators.into_iter().next().expect("one rule").condition
    }

    #[test]
    fn an_alert_rests_on_the_bounds_that_nothing_else_makes_up_for() {
        let int = Value::Int;
        let rows: &[(&str, [Value; 4], &str)] = &[
            ("a >= $p && b >= $q", [int(5), int(4), int(0), UNKNOWN], "p q"),
            ("a >= $p || b >= $q", [int(5), int(1), int(0), UNKNOWN], "p"),
            ("a >= $p || b >= $q", [int(5), int(4), int(0), UNKNOWN], ""),
            ("a >= $p && (b >= $q || c >= $r)", [int(3), int(9), int(2), UNKNOWN], "p q"),
            ("a >= $p && b >= $q || c >= $r", [int(3), int(2), int(9), UNKNOWN], "r"),
            // What is no threshold may be true, and may as well be what is not.
            ("a >= $p && self.kind == person || b >= $q", [int(5), int(1), int(0), UNKNOWN], "p"),
            ("self.kind == person || b >= $q", [int(5), int(9), int(0), UNKNOWN], ""),
            // What is unknown is not true.
            ("a >= $p || s >= $q", [int(5), int(9), int(0), UNKNOWN], "p"),
            // A bound is met, or passed.
            ("a > $p || b >= $q", [int(3), int(9), int(0), UNKNOWN], "q"),
            ("a < $p || b <= $q", [int(3), int(3), int(0), UNKNOWN], "q"),
            ("a >= $p || (b >= $q || c >= $r)", [int(1), int(9), int(2), UNKNOWN], "q"),
        ];
        let ledger = Ledger::new(Currency::try_new("USD").expect("a currency"));
        for (hit, values, expected) in rows {
            let condition = condition(hit);
            let words = Words { ledger: &ledger, condition: &condition, values };
            let told = words.counterfactuals(EventTime(0));
            let mut names: Vec<&str> = told.iter().map(|one| one.param.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names.join(" "), *expected, "{hit}");
        }
    }
}
