//! What the answers of a payment decide, as a tree: which part of a condition is asked first, and after
//! each answer which is asked next.
//!
//! Of a profile the open formulas are evaluated part by part, and which part comes next depends on the
//! answers before it and on nothing else. So the way that one payment took is remembered, and the next
//! one that answers alike arrives at the same set without any formula.
//!
//! Promise: what the formulas say. Cost: one answer for each part that a formula would ask for; a new way
//! costs the formulas. Bound: [`NODES_MAX`] questions; when there are more, all are forgotten.

use super::formula::{Formulas, Truth};
use crate::eval::At;
use palermo_lang::program::Field;
use palermo_ledger::SetId;

/// So many questions are remembered: some 8 MB. Few in a debug build, so that tests forget as well.
const NODES_MAX: usize = if cfg!(debug_assertions) { 1 << 9 } else { 1 << 17 };
/// No question yet.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A question, or the end of a way.
#[derive(Debug)]
enum Step {
    Ask(Ask),
    Decided(Decision),
}

/// Which part is asked, and where each answer leads.
#[derive(Debug)]
struct Ask {
    part: u32,
    no: u32,
    yes: u32,
    unknown: Vec<(Option<Field>, u32)>,
}

impl Ask {
    #[inline]
    fn after(&self, truth: Truth) -> u32 {
        match truth {
            Truth::No => self.no,
            Truth::Yes => self.yes,
            Truth::Unknown(field) => {
                let found = self.unknown.iter().find(|(known, _)| *known == field);
                found.map_or(NOWHERE, |(_, next)| *next)
            }
        }
    }
}

/// What the end of a way decides: the set, and of the open selections those that are unknown, each for
/// lack of what.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) set: SetId,
    pub(super) lacked: Box<[(u16, Option<Field>)]>,
}

/// The trees of all profiles.
#[derive(Debug, Default)]
pub(super) struct Trees {
    steps: Vec<Step>,
}

impl Trees {
    /// Where the answers of a payment lead, if one went that way before.
    #[inline]
    pub(super) fn walk(&self, root: u32, formulas: &Formulas, at: &At<'_>) -> Option<&Decision> {
        let mut here = root;
        loop {
            match self.steps.get(here as usize)? {
                Step::Decided(decision) => return Some(decision),
                Step::Ask(ask) => here = ask.after(formulas.leaf(ask.part, at)),
            }
        }
    }

    /// Whether a way more would be one too many.
    pub(super) fn is_full(&self) -> bool {
        self.steps.len() >= NODES_MAX
    }

    /// Forgets every way.
    pub(super) fn clear(&mut self) {
        self.steps.clear();
    }

    /// Remembers a way and where it leads; returns the root.
    pub(super) fn grow(&mut self, root: u32, way: &[(u32, Truth)], decision: Decision) -> u32 {
        let mut decision = Some(decision);
        let mut step = |at: usize| match way.get(at) {
            Some((part, _)) => {
                let (no, yes, unknown) = (NOWHERE, NOWHERE, Vec::new());
                Some(Step::Ask(Ask { part: *part, no, yes, unknown }))
            }
            None => decision.take().map(Step::Decided),
        };
        let root = if root == NOWHERE { self.push(step(0)) } else { root };
        let mut here = root;
        for (at, (_, truth)) in way.iter().enumerate() {
            let mut next = self.after(here, *truth);
            if next == NOWHERE {
                next = self.push(step(at.saturating_add(1)));
                self.set_after(here, *truth, next);
            }
            here = next;
        }
        root
    }

    fn push(&mut self, step: Option<Step>) -> u32 {
        let Some(step) = step else { return NOWHERE };
        self.steps.push(step);
        u32::try_from(self.steps.len().saturating_sub(1)).unwrap_or(NOWHERE)
    }

    fn after(&self, here: u32, truth: Truth) -> u32 {
        match self.steps.get(here as usize) {
            Some(Step::Ask(ask)) => ask.after(truth),
            _ => NOWHERE,
        }
    }

    fn set_after(&mut self, here: u32, truth: Truth, next: u32) {
        let Some(Step::Ask(ask)) = self.steps.get_mut(here as usize) else { return };
        match truth {
            Truth::No => ask.no = next,
            Truth::Yes => ask.yes = next,
            Truth::Unknown(field) => ask.unknown.push((field, next)),
        }
    }

    /// Bytes held, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.steps.capacity().saturating_mul(size_of::<Step>())
    }
}
