//! Thresholds in a currency that nothing converts: the rule is loaded, and can decide nothing.
//!
//! Cost: one pass over the rule files, at load.

use crate::check::pool::RATES;
use crate::diagnostic::Diagnostics;
use crate::program::{Condition, Literal, RuleSet};
use crate::read::Cx;
use crate::source::Sources;
use crate::yaml::{Node, Value};
use palermo_domain::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// Warns of every loaded rule with a money parameter in a currency other than `base` for which the
/// list files know no rate. Rates may still come by the topic `lists`; until they do, every
/// comparison with the parameter is unknown and the rule is silent.
pub fn rate_warnings(sources: &Sources, rules: &RuleSet, base: Currency) -> Diagnostics {
    let rated: BTreeSet<&str> = rules
        .lists
        .iter()
        .filter(|list| list.id == RATES)
        .flat_map(|list| &list.rows)
        .filter_map(|row| row.key.split_once('/').map(|(currency, _)| currency))
        .collect();
    let unrated = |condition: &Condition| {
        condition.params.iter().find_map(|param| match &param.value {
            Literal::Money(_, currency)
                if *currency != base && !rated.contains(currency.as_str()) =>
            {
                Some((condition.id.clone(), (param.name.clone(), *currency)))
            }
            _ => None,
        })
    };
    let indicators = rules.indicators.iter().map(|rule| &rule.condition);
    let suppressors = rules.suppressors.iter().map(|rule| &rule.condition);
    let silent: BTreeMap<String, (String, Currency)> =
        indicators.chain(suppressors).filter_map(unrated).collect();
    let mut warnings = Vec::new();
    for (path, text) in sources.rules().filter(|_| !silent.is_empty()) {
        let mut cx = Cx::new(path, text);
        let root = crate::compile::root(&mut cx);
        cx.errors.clear();
        if get(&root, "kind").is_some()
            && let Some((param, currency)) =
                get(&root, "id").and_then(Node::scalar).and_then(|id| silent.get(id))
            && let Some(node) =
                get(&root, "parameters").and_then(|all| get(all, param)).and_then(|p| get(p, "ccy"))
        {
            let message = format!(
                "`{param}` is in {currency}, amounts are in {base}, and no list file has a rate"
            );
            let help = format!(
                "until rows `{currency}/DAY` of the list `fx` come, by file or topic, the rule can \
                 decide nothing; or set the parameter in {base}"
            );
            cx.warn("W341", &node.range, message, help);
        }
        warnings.append(&mut cx.errors);
    }
    Diagnostics::new(warnings)
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(known, _)| known.text == key).map(|(_, value)| value)
}
