//! What can be told of `require` without an evaluation.

use palermo_lang::program::{IndicatorId, Logic, Need};

/// Whether a formula can be true where at most these variables are: a negation always can, for what
/// it denies may not hold at the time that is looked at.
pub(super) fn possible(logic: &Logic<Need>, may_hold: &dyn Fn(Need) -> bool) -> bool {
    match logic {
        Logic::Var(need) => may_hold(*need),
        Logic::And(all) => all.iter().all(|part| possible(part, may_hold)),
        Logic::Or(any) => any.iter().any(|part| possible(part, may_hold)),
        Logic::Not(_) => true,
    }
}

/// The indicators of the first part of `require` that names any other than to deny it: one of them
/// must hold on an anchor account itself.
pub(crate) fn gathering(require: &Logic<Need>) -> Vec<IndicatorId> {
    fn named(logic: &Logic<Need>, out: &mut Vec<IndicatorId>) {
        match logic {
            Logic::Var(Need::Here(id)) => out.push(*id),
            Logic::Var(Need::Linked(_)) => {}
            Logic::And(parts) | Logic::Or(parts) => {
                parts.iter().for_each(|part| named(part, out));
            }
            Logic::Not(_) => {}
        }
    }
    if let Logic::And(parts) = require {
        return parts.iter().map(gathering).find(|ids| !ids.is_empty()).unwrap_or_default();
    }
    let mut ids = Vec::new();
    named(require, &mut ids);
    ids
}

/// Whether a formula denies anything such: then its absence may be what makes it true.
pub(crate) fn denies(logic: &Logic<Need>, such: &dyn Fn(Need) -> bool) -> bool {
    fn names(logic: &Logic<Need>, such: &dyn Fn(Need) -> bool) -> bool {
        match logic {
            Logic::Var(need) => such(*need),
            Logic::And(parts) | Logic::Or(parts) => parts.iter().any(|part| names(part, such)),
            Logic::Not(inner) => names(inner, such),
        }
    }
    match logic {
        Logic::Var(_) => false,
        Logic::And(parts) | Logic::Or(parts) => parts.iter().any(|part| denies(part, such)),
        Logic::Not(inner) => names(inner, such),
    }
}
