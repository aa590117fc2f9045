//! What would have had to differ for an alert not to exist, and what speaks against it.
//!
//! A threshold is a part of a condition that compares a measure with a parameter. Its margin is the
//! distance of what was seen from what was needed, over what was needed. Where an alert would not
//! exist without the indicator, its thresholds are told, the closest first.

use super::{Basis, Words};
use crate::detector::Detector;
use crate::episode::{Milestone, Support};
use crate::findings::stands_without;
use crate::value::Value;
use palermo_domain::alert::{Against, Counterfactual};
use palermo_domain::{Alert, Decimal, EventTime};
use palermo_lang::program::{Compare, Condition, Expr, IndicatorId, Literal, Param, Typology};

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
        let all = thresholds(self.condition).into_iter();
        all.filter_map(|threshold| self.distance(threshold, time)).min()
    }

    fn counterfactuals(&self, time: EventTime) -> Vec<Counterfactual> {
        let told = |threshold: Threshold| {
            let (measure, op, param) = threshold;
            let margin = self.distance(threshold, time)?;
            let parameter = self.condition.params.get(param)?;
            let observed = self.measure(measure);
            let needed = self.param(parameter);
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
        thresholds(self.condition).into_iter().filter_map(told).collect()
    }

    fn distance(&self, (measure, op, param): Threshold, time: EventTime) -> Option<Decimal> {
        let observed = number(*self.values.get(measure)?)?;
        let needed = self.needed(self.condition.params.get(param)?, time)?;
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

/// The parts of a condition, all of which must hold, that compare a measure with a parameter.
fn thresholds(condition: &Condition) -> Vec<Threshold> {
    let parts = match &condition.holds {
        Expr::And(parts) => parts.as_slice(),
        whole => std::slice::from_ref(whole),
    };
    let threshold = |part: &Expr| {
        let Expr::Compare(op, a, b) = part else { return None };
        match (plain(a), plain(b)) {
            (Expr::Measure(measure), Expr::Param(param)) => {
                Some((usize::from(measure.0), *op, usize::from(param.0)))
            }
            _ => None,
        }
    };
    parts.iter().filter_map(threshold).collect()
}

fn plain(expr: &Expr) -> &Expr {
    if let Expr::ToDecimal(inner) = expr { inner } else { expr }
}
