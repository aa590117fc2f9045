//! Personal data as a type.
//!
//! A `Redacted<T>` can be compared, hashed and passed on, and never prints what it holds: its
//! `Debug` and `Display` say `‹redacted›`. Code that must see the value says so with
//! [`Redacted::expose`], which a reviewer can search for.

use std::fmt;

/// A value that must not reach logs, metrics, panics or error texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for code that computes with it or writes it to an output topic.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹redacted›")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nothing_of_what_it_holds() {
        let canary = Redacted::new("DE02120300000000202051");
        assert_eq!(format!("{canary:?} {canary}"), "‹redacted› ‹redacted›");
        assert_eq!(format!("{:?}", Some(canary)), "Some(‹redacted›)");
    }
}
