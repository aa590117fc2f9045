//! What an expression may name where it stands.

use crate::check::pool::{Pool, index};
use crate::program::{Expr, MeasureId, Param, ParamId, Type};
use std::cell::Cell;

/// A declared parameter, its type, and where it was used.
#[derive(Debug)]
pub(crate) struct ParamDef {
    pub param: Param,
    pub value_type: Type,
    pub used: Cell<bool>,
    pub in_selection: Cell<bool>,
}

/// Which fields of a payment can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Any field of the payment at hand.
    Payment,
    /// Fields of the subject's own end only: no payment is at hand.
    Subject,
}

/// What an expression may name.
pub(crate) struct Scope<'s, 'l> {
    /// Shared lists and selections.
    pub pool: &'s mut Pool<'l>,
    /// Parameters of the rule.
    pub params: &'s [ParamDef],
    /// Measures before this one, or all of them.
    pub measures: &'s [(String, Type)],
    /// Names of selections, to say what a wrong name is.
    pub selections: &'s [String],
    /// Which fields can be read.
    pub reads: Reads,
    /// The earlier steps of a sequence.
    pub step: Option<&'s [String]>,
    /// Parameters become their values (in selections).
    pub substitute: bool,
}

impl Scope<'_, '_> {
    /// A parameter as an expression.
    pub(crate) fn param(&self, name: &str) -> Option<(Expr, Type)> {
        let at = self.params.iter().position(|def| def.param.name == name)?;
        let def = self.params.get(at)?;
        def.used.set(true);
        if self.substitute {
            def.in_selection.set(true);
            return Some((Expr::Literal(def.param.value.clone()), def.value_type));
        }
        Some((Expr::Param(ParamId(index(at))), def.value_type))
    }

    /// A measure as an expression.
    pub(crate) fn measure(&self, name: &str) -> Option<(Expr, Type)> {
        let at = self.measures.iter().position(|(known, _)| known == name)?;
        let (_, value_type) = self.measures.get(at)?;
        Some((Expr::Measure(MeasureId(index(at))), *value_type))
    }

    /// Every name that could have been meant.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.measures.iter().map(|(name, _)| name.clone()).collect();
        let paths = crate::vocabulary::paths().into_iter();
        match self.reads {
            Reads::Payment => names.extend(paths),
            Reads::Subject => names.extend(paths.filter(|path| path.starts_with("self."))),
        }
        names
    }
}
