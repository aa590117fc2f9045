//! Sequences: steps in event-time order on one subject.

use super::{Expr, Field, SelectionId};
use palermo_domain::Span;

/// Steps of a sequence at most.
pub const STEPS_MAX: usize = 5;

/// Two to five steps in event-time order on one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// The steps, as written.
    pub steps: Vec<Step>,
    /// What repeats have in common, if anything.
    pub across: Option<Across>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its selection, without what names other steps.
    pub selection: SelectionId,
    /// What ties it to earlier steps, over [`Expr::Field`] (its own) and [`Expr::Step`] (theirs).
    pub ties: Vec<Expr>,
    /// Where it stands in time.
    pub when: When,
}

/// Where a step stands in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After every earlier step that has its place in the order.
    After,
    /// The same, and at most so long after one of them.
    Within {
        /// Which one.
        of: usize,
        /// How long.
        span: Span,
    },
    /// At most so long before or after an earlier step, and otherwise anywhere.
    Around {
        /// Which one.
        of: usize,
        /// How long.
        span: Span,
    },
}

/// What repeats have in common: a field of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Across {
    /// All repeats share it; otherwise all differ in it.
    pub same: bool,
    /// The step.
    pub step: usize,
    /// The field.
    pub field: Field,
}
