//! The names of fields that no schema knows, counted.
//!
//! Bounded in both directions: at most [`UnknownFields::NAMES_MAX`] names of at most 64
//! characters; what does not fit is counted under `other`. A name is a metric label, so one that
//! could be content (other characters than `[A-Za-z0-9_.-]`, or a run of five digits) is `other`.

use std::collections::BTreeMap;

/// Counts of unknown fields by dotted name, such as `debtor.nickname`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownFields {
    counts: BTreeMap<String, u64>,
    scratch: String,
}

impl From<BTreeMap<String, u64>> for UnknownFields {
    fn from(counts: BTreeMap<String, u64>) -> Self {
        Self { counts, scratch: String::new() }
    }
}

impl UnknownFields {
    /// Most distinct names; `other` is not one of them.
    pub const NAMES_MAX: usize = 100;
    const NAME_CHARS_MAX: usize = 64;
    const DIGITS_MAX: usize = 4;
    const OTHER: &'static str = "other";

    /// Counts the field `name` of the object at `path`. Allocates only for a name not seen before.
    pub(crate) fn count(&mut self, path: impl Iterator<Item = &'static str>, name: &str) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        for part in path {
            scratch.push_str(part);
            scratch.push('.');
        }
        if Self::plain(name) {
            scratch.push_str(name);
            // All ASCII, so every index is a character boundary.
            scratch.truncate(Self::NAME_CHARS_MAX);
            self.add(&scratch);
        } else {
            self.add(Self::OTHER);
        }
        self.scratch = scratch;
    }

    fn plain(name: &str) -> bool {
        let mut digits: usize = 0;
        !name.is_empty()
            && name.bytes().all(|b| {
                digits = if b.is_ascii_digit() { digits.saturating_add(1) } else { 0 };
                digits <= Self::DIGITS_MAX
                    && (b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
            })
    }

    fn add(&mut self, name: &str) {
        if let Some(count) = self.counts.get_mut(name) {
            *count = count.saturating_add(1);
            return;
        }
        let other = usize::from(self.counts.contains_key(Self::OTHER));
        let full = self.counts.len().saturating_sub(other) >= Self::NAMES_MAX;
        let name = if full { Self::OTHER } else { name };
        let count = self.counts.entry(name.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// The counts so far, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(name, &count)| (name.as_str(), count))
    }

    /// Hands over the counts and starts again from none. The bound on names starts again too; a
    /// caller that feeds labels keeps its own set of them.
    pub fn take(&mut self) -> BTreeMap<String, u64> {
        std::mem::take(&mut self.counts)
    }

    /// Whether no unknown field was seen.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_hold_no_content() {
        let mut unknown = UnknownFields::default();
        let long = "x".repeat(80);
        for name in ["b", "b", "naïve", "DE02120300000000202051", "", "a b", "y2026", &long] {
            unknown.count(std::iter::empty(), name);
        }
        unknown.count(["debtor", "x"].into_iter(), "nick");
        let counts: Vec<_> = unknown.iter().collect();
        let cut = "x".repeat(64);
        assert_eq!(
            counts,
            [("b", 2), ("debtor.x.nick", 1), ("other", 4), (cut.as_str(), 1), ("y2026", 1)]
        );
        for n in 0..300 {
            unknown.count(std::iter::empty(), &format!("n{n}"));
        }
        assert_eq!(unknown.iter().count(), UnknownFields::NAMES_MAX + 1);
        assert_eq!(unknown.take().values().sum::<u64>(), 309);
        assert!(unknown.is_empty());
    }
}
