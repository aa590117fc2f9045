//! Two formulas of typologies compared by every assignment of what they name.

use super::{Detail, Effect, both};
use crate::library::Tree;
use crate::syntax::{Kind, Syntax, parse_expression};
use std::collections::BTreeSet;

/// With more variables than this (65,536 assignments) nothing is claimed.
const VARIABLES_MAX: usize = 16;

pub(super) fn compare(key: &str, was: Option<&Tree>, is: Option<&Tree>) -> Option<Detail> {
    let parsed = |tree: Option<&Tree>| parse_expression(tree?.text()?).ok();
    let effect = match (parsed(was), parsed(is)) {
        (Some(was), Some(is)) => implied(&was, &is),
        _ => Effect::Other,
    };
    Some(both(effect, key, was, is))
}

/// Whether one formula follows from the other.
fn implied(was: &Syntax, is: &Syntax) -> Effect {
    let mut names = BTreeSet::new();
    variables(was, &mut names);
    variables(is, &mut names);
    let names: Vec<String> = names.into_iter().collect();
    if names.len() > VARIABLES_MAX {
        return Effect::Other;
    }
    let (mut lost, mut won) = (false, false);
    for assignment in 0..1_u32 << names.len() {
        let holds = |name: &str| {
            let at = names.iter().position(|known| known == name);
            at.is_some_and(|at| assignment >> at & 1 == 1)
        };
        let (before, now) = (truth(was, &holds), truth(is, &holds));
        lost |= before && !now;
        won |= now && !before;
    }
    match (lost, won) {
        (false, false) => Effect::Words,
        (false, true) => Effect::Widening,
        (true, false) => Effect::Narrowing,
        (true, true) => Effect::Other,
    }
}

/// What is neither `&&`, `||` nor `!` is a variable by its canonical text.
fn variables(syntax: &Syntax, into: &mut BTreeSet<String>) {
    match &syntax.kind {
        Kind::And(parts) | Kind::Or(parts) => {
            parts.iter().for_each(|part| variables(part, into));
        }
        Kind::Not(inner) => variables(inner, into),
        _ => {
            into.insert(syntax.to_string());
        }
    }
}

fn truth(syntax: &Syntax, holds: &dyn Fn(&str) -> bool) -> bool {
    match &syntax.kind {
        Kind::And(parts) => parts.iter().all(|part| truth(part, holds)),
        Kind::Or(parts) => parts.iter().any(|part| truth(part, holds)),
        Kind::Not(inner) => !truth(inner, holds),
        _ => holds(&syntax.to_string()),
    }
}
