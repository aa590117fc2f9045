//! Indicators by what they are about: a payment is looked at once for each subject it carries, and
//! only by the indicators about such a subject.
//!
//! Cost: nothing for kinds that no indicator is about.

use crate::bind::BoundCondition;
use palermo_domain::{Span, Subject};
use palermo_ledger::Kinds;

/// Indicators of each kind of subject.
#[derive(Debug)]
pub(super) struct BySubject {
    /// In the order of [`Subject::ALL`].
    groups: Vec<Group>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    indicators: Vec<u16>,
    longest: Span,
}

impl BySubject {
    pub(super) fn new(indicators: &[BoundCondition]) -> Self {
        let mut groups = vec![Group::default(); Subject::ALL.len()];
        for (index, bound) in (0_u16..).zip(indicators) {
            if let Some(group) = groups.get_mut(bound.subject as usize) {
                group.indicators.push(index);
                group.longest = group.longest.max(bound.window);
            }
        }
        Self { groups }
    }

    /// The kinds beside accounts that any indicator is about.
    pub(super) fn kinds(&self) -> Kinds {
        let asked = Subject::ALL
            .iter()
            .zip(&self.groups)
            .filter(|(kind, group)| **kind != Subject::Account && !group.indicators.is_empty());
        asked.fold(Kinds::default(), |kinds, (kind, _)| kinds.with(*kind))
    }

    /// The indicator about such a subject with this place among them.
    #[inline]
    pub(super) fn indicator(&self, kind: Subject, at: usize) -> Option<u16> {
        self.groups.get(kind as usize)?.indicators.get(at).copied()
    }

    /// The longest window of an indicator about such a subject.
    pub(super) fn longest(&self, kind: Subject) -> Span {
        self.groups.get(kind as usize).map_or(Span::ZERO, |group| group.longest)
    }
}
