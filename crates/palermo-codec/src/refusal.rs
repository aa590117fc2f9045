//! Why a record was refused: a reason of the closed list and a path of the schema.
//!
//! Neither ever holds a byte of the record, so both may go to logs, metrics and headers. Both are
//! plain values; making one allocates nothing.

use palermo_domain::DeadLetterReason;
use std::fmt;

/// A path of the schema, such as `debtor.account`; items of arrays have no number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FieldPath {
    parts: [&'static str; FieldPath::PARTS_MAX],
}

impl FieldPath {
    /// No schema nests its fields more deeply.
    pub(crate) const PARTS_MAX: usize = 4;

    /// The path of these parts; parts beyond the fourth are left out.
    pub fn new(parts: &[&'static str]) -> Self {
        let mut path = Self::default();
        for part in parts {
            path = path.join(part);
        }
        path
    }

    /// The path of a field of the object at this path.
    pub(crate) fn join(mut self, part: &'static str) -> Self {
        if let Some(free) = self.parts.iter_mut().find(|part| part.is_empty()) {
            *free = part;
        }
        self
    }

    /// The parts of the path, outermost first.
    pub fn parts(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.parts.iter().copied().take_while(|part| !part.is_empty())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{part}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a record was refused, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The value of `palermo-reason`.
    pub reason: DeadLetterReason,
    /// The value of `palermo-field`, where the reason is about one field of the schema.
    pub field: Option<FieldPath>,
}

impl Refusal {
    /// A refusal of the record as a whole.
    pub const fn whole(reason: DeadLetterReason) -> Self {
        Self { reason, field: None }
    }

    /// A refusal because of one field.
    pub fn at(reason: DeadLetterReason, parts: &[&'static str]) -> Self {
        Self { reason, field: Some(FieldPath::new(parts)) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field {
            Some(field) => write!(f, "{} at `{field}`", self.reason),
            None => write!(f, "{}", self.reason),
        }
    }
}

impl std::error::Error for Refusal {}
